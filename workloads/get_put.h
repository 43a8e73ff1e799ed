/*
 * get_put: one buffer of 2048 bytes got and put; what a pool and the release protocol cost by themselves.
 *
 * One op: get(2048) and put. Nothing is written to the data. The size comes from memory, so that the scan of the
 * classes is not folded away. "Bytes" are those handed out: the sum of the buffers' lengths, read back from the
 * structure. Not offered by a design without a buffer.
 *
 * Re-warming: after five other variants had run 25 us each, op by op (means of the middle 80 % of 3001 rounds on a
 * Zen 5), the unpooled variant was back at its steady level at the 11th op (162 cycles at first, then 158), the
 * pooled one at the 2nd.
 */
#ifdef WORKLOAD_TABLE

#ifndef ENCBUF_POOL_DIRECT
{
    .name = "get_put:size=2048",
    .short_name = "get_put",
    .op = "one buffer of 2048 bytes got and put",
    .bytes_per_op = WORKLOAD_GET_PUT_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 16,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(128),
    .threads_max = 2,
    .flags = WORKLOAD_TIMED | ENCBENCH_EXACT,
    .digest = workload_get_put_digest,
    .setup = workload_get_put_setup,
    .run = workload_get_put_run,
    .teardown = workload_get_put_teardown,
    .objects = workload_get_put_objects,
},
#endif

#elif !defined(ENCBUF_POOL_DIRECT)

#include "encbuf.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

#define WORKLOAD_GET_PUT_BYTES 2048

struct workload_get_put {
    size_t size;
};

static int workload_get_put_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                  size_t message_bytes)
{
    struct workload_get_put *self = malloc(sizeof *self);

    (void)host;
    (void)seed;
    if (self == NULL) {
        snprintf(message, message_bytes, "get_put: out of memory");
        return 1;
    }
    self->size = WORKLOAD_GET_PUT_BYTES;
    encbuf_pool_setup();
    *state = self;
    return 0;
}

static uint64_t workload_get_put_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_get_put *self = state;
    const size_t size = self->size;
    uint64_t bytes = 0;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        struct encbuf frame;
        encbuf_ref ref = encbuf_ref_get(&frame, size);

        WORKLOAD_CONSUME(ref);
        bytes += encbuf_of(ref)->length;
        WORKLOAD_PLANT(ref, 128);
        encbuf_ref_put(ref);
    }
    return bytes;
}

static size_t workload_get_put_objects(void *state, struct encbench_object *objects)
{
    (void)state;
    return workload_buffer_objects(WORKLOAD_GET_PUT_BYTES, objects);
}

static void workload_get_put_teardown(void *state)
{
    encbuf_pool_teardown();
    free(state);
}

/* Lengths, and a pattern written to all of the data and read back, over sizes around the op's. */
static uint64_t workload_get_put_digest(struct encbench_host *host, uint64_t seed)
{
    uint64_t hash = WORKLOAD_HASH_START;

    (void)host;
    encbuf_pool_setup();
    for (size_t size = WORKLOAD_GET_PUT_BYTES - 8; size <= WORKLOAD_GET_PUT_BYTES + 8; size++) {
        struct encbuf frame, *buffer = encbuf_get(&frame, size);

        for (size_t i = 0; i < size; i++)
            buffer->data[i] = (unsigned char)((seed >> i % 8 * 8) + i * size);
        WORKLOAD_CONSUME(buffer);
        hash = workload_hash(hash, &buffer->length, sizeof buffer->length);
        hash = workload_hash(hash, buffer->data, buffer->length);
        encbuf_put(buffer);
    }
    encbuf_pool_teardown();
    return hash;
}

#endif
