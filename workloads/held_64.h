/*
 * held_64: 64 buffers always held, 64 mapped sources: what the heap and the address space do over many ops. Never
 * timed.
 *
 * One op: the oldest buffer put; every 16th time its source's turn comes, the owner drops that mapping and makes
 * another; a buffer got from that source, and 1024 bytes of it encoded to hex. A buffer is put exactly before its
 * source is renewed, so that after every op the same number of buffers and of mappings is live, unless something
 * keeps them. Not offered where a buffer cannot be held: in the caller's frame, or without one.
 */
#ifdef WORKLOAD_TABLE

#if defined(ENCBUF_POOL_THREAD) || defined(ENCBUF_POOL_NONE)
{
    .name = "held:buffers=64:encoding=hex:size=1024:codec=table16",
    .short_name = "held_64",
    .op = "the oldest of 64 buffers put and another got and 1024 bytes of a mapped file encoded to hex into it",
    .bytes_per_op = 2 * WORKLOAD_HELD_INPUT_BYTES,
    .batch_multiple_ops = 1,
    .threads_max = 1,
    .flags = ENCBENCH_HEAP,
    .digest = workload_held_64_digest,
    .setup = workload_held_64_setup,
    .run = workload_held_64_run,
    .teardown = workload_held_64_teardown,
},
#endif

#elif defined(ENCBUF_POOL_THREAD) || defined(ENCBUF_POOL_NONE)

#include "codec.h"
#include "encbuf.h"
#include "source_file.h"
#include "workload.h"

#define WORKLOAD_HELD_BUFFERS      64
#define WORKLOAD_HELD_RENEW_ROUNDS 16
#define WORKLOAD_HELD_INPUT_BYTES  1024

struct workload_held {
    int file;
    uint64_t op_count;
    struct mapping *sources[WORKLOAD_HELD_BUFFERS];
    struct encbuf *buffers[WORKLOAD_HELD_BUFFERS];
};

ENCBUF_HOT struct encbuf *workload_held_64_get(struct mapping *source)
{
    struct encbuf *buffer;

    encbuf_source_set(source);
    buffer = encbuf_get(NULL, 2 * WORKLOAD_HELD_INPUT_BYTES);
    codec_encode(CODEC_HEX, buffer->data, source->address, WORKLOAD_HELD_INPUT_BYTES);
    return buffer;
}

static int workload_held_64_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                  size_t message_bytes)
{
    struct workload_held *self = malloc(sizeof *self);

    (void)host;
    if (self == NULL) {
        snprintf(message, message_bytes, "held_64: out of memory");
        return 1;
    }
    self->op_count = 0;
    self->file = workload_source_open(seed, message, message_bytes);
    if (self->file < 0) {
        free(self);
        return 1;
    }
    encbuf_pool_setup();
    for (size_t i = 0; i < WORKLOAD_HELD_BUFFERS; i++) {
        self->sources[i] = workload_source_map(self->file);
        self->buffers[i] = workload_held_64_get(self->sources[i]);
    }
    *state = self;
    return 0;
}

ENCBUF_SLOW static void workload_held_64_renew_slow(struct workload_held *self, size_t place)
{
    mapping_release(self->sources[place]);
    self->sources[place] = workload_source_map(self->file);
}

static uint64_t workload_held_64_run(void *state, unsigned thread, uint64_t n)
{
    struct workload_held *self = state;
    uint64_t bytes = 0;

    (void)thread;
    for (uint64_t i = 0; i < n; i++, self->op_count++) {
        size_t place = self->op_count % WORKLOAD_HELD_BUFFERS;

        encbuf_put(self->buffers[place]);
        if ((self->op_count / WORKLOAD_HELD_BUFFERS + place) % WORKLOAD_HELD_RENEW_ROUNDS == 0)
            workload_held_64_renew_slow(self, place);
        self->buffers[place] = workload_held_64_get(self->sources[place]);
        bytes += self->buffers[place]->length;
    }
    return bytes;
}

static void workload_held_64_teardown(void *state)
{
    struct workload_held *self = state;

    encbuf_source_set(NULL);
    for (size_t i = 0; i < WORKLOAD_HELD_BUFFERS; i++) {
        encbuf_put(self->buffers[i]);
        mapping_release(self->sources[i]);
    }
    encbuf_pool_teardown();
    close(self->file);
    free(self);
}

/* What all held buffers hold after each source was renewed. */
static uint64_t workload_held_64_digest(struct encbench_host *host, uint64_t seed)
{
    uint64_t hash = WORKLOAD_HASH_START;
    const struct workload_held *self;
    char message[256];
    void *state;

    if (workload_held_64_setup(host, seed, &state, message, sizeof message) != 0)
        return 0;
    self = state;
    workload_held_64_run(state, 0, WORKLOAD_HELD_BUFFERS * WORKLOAD_HELD_RENEW_ROUNDS);
    for (size_t i = 0; i < WORKLOAD_HELD_BUFFERS; i++)
        hash = workload_hash(hash, self->buffers[i]->data, self->buffers[i]->length);
    workload_held_64_teardown(state);
    return hash;
}

#endif
