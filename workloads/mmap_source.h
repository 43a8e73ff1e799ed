/*
 * mmap_source: the input is a mapped file, as a Buffer made from a file has it.
 *
 * One op: the mapping pinned (one reference more), its first 1024 bytes encoded to hex into a fresh string that is
 * freed, the mapping released. The source owns the mapping all the time, so that no op maps or unmaps. Each arm maps a
 * file of its own, at the start of a page.
 *
 * Counted: bytes of the file that are mapped after a source was mapped, encoded 100 times and released by its owner,
 * less those before it was mapped.
 */
#ifdef WORKLOAD_TABLE

{
    .name = "mmap_source:encoding=hex:size=1024:codec=table16",
    .short_name = "mmap_source",
    .op = "1024 bytes of a mapped and pinned file encoded to hex into a fresh string that is freed",
    .bytes_per_op = 2 * WORKLOAD_MMAP_SOURCE_INPUT_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 12,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256),
    .threads_max = 1,
    .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | ENCBENCH_COUNTED,
    .digest = workload_mmap_source_digest,
    .setup = workload_mmap_source_setup,
    .run = workload_mmap_source_run,
    .teardown = workload_mmap_source_teardown,
    .metrics = workload_mmap_source_metrics,
},

#else

#include "encode.h"
#include "source_file.h"
#include "workload.h"

#define WORKLOAD_MMAP_SOURCE_INPUT_BYTES 1024
#define WORKLOAD_MMAP_SOURCE_COUNTED_OPS 100

struct workload_mmap_source {
    struct mapping *mapping;
};

static int workload_mmap_source_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                      size_t message_bytes)
{
    struct workload_mmap_source *self;
    int file = workload_source_open(seed, message, message_bytes);

    (void)host;
    if (file < 0)
        return 1;
    self = malloc(sizeof *self);
    if (self == NULL) {
        snprintf(message, message_bytes, "mmap_source: out of memory");
        close(file);
        return 1;
    }
    self->mapping = workload_source_map(file);
    close(file);
    encbuf_pool_setup();
    encbuf_source_set(self->mapping);
    *state = self;
    return 0;
}

ENCBUF_HOT unsigned char *workload_mmap_source_op(struct mapping *mapping, const unsigned char *input,
                                                  size_t *string_bytes)
{
    unsigned char *string;

    mapping_retain(mapping);
    string = encode_to_string(CODEC_HEX, input, WORKLOAD_MMAP_SOURCE_INPUT_BYTES, string_bytes);
    mapping_release_inline(mapping);
    return string;
}

static uint64_t workload_mmap_source_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_mmap_source *self = state;
    struct mapping *mapping = self->mapping;
    uint64_t bytes = 0;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        const unsigned char *source = mapping->address;
        unsigned char *string;
        size_t string_bytes;

        WORKLOAD_PLANT(source, 256);
        string = workload_mmap_source_op(mapping, source, &string_bytes);
        WORKLOAD_CONSUME(string);
        bytes += string_bytes;
        free(string);
    }
    return bytes;
}

static void workload_mmap_source_teardown(void *state)
{
    struct workload_mmap_source *self = state;

    encbuf_source_set(NULL);
    encbuf_pool_teardown();
    mapping_release(self->mapping);
    free(self);
}

static uint64_t workload_mmap_source_digest(struct encbench_host *host, uint64_t seed)
{
    uint64_t hash = WORKLOAD_HASH_START;
    struct workload_mmap_source *self;
    char message[256];
    void *state;

    if (workload_mmap_source_setup(host, seed, &state, message, sizeof message) != 0)
        return 0;
    self = state;
    for (unsigned i = 0; i < 3; i++) {
        size_t string_bytes;
        unsigned char *string = workload_mmap_source_op(self->mapping, self->mapping->address, &string_bytes);

        hash = workload_hash(hash, string, string_bytes);
        free(string);
    }
    workload_mmap_source_teardown(state);
    return hash;
}

/* Nothing where the kernel does not show that the source was mapped at all: the count would be blind. */
static size_t workload_mmap_source_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
    char message[256];
    int file = workload_source_open(seed, message, sizeof message);
    struct mapping *mapping;
    int64_t before, while_mapped, after;

    (void)host;
    if (file < 0)
        return 0;
    encbuf_pool_setup();
    before = mapping_file_mapped_bytes(file);
    mapping = workload_source_map(file);
    encbuf_source_set(mapping);
    while_mapped = mapping_file_mapped_bytes(file);
    for (unsigned i = 0; i < WORKLOAD_MMAP_SOURCE_COUNTED_OPS; i++) {
        size_t string_bytes;

        free(workload_mmap_source_op(mapping, mapping->address, &string_bytes));
    }
    encbuf_source_set(NULL);
    mapping_release(mapping); /* the owner's */
    after = mapping_file_mapped_bytes(file);
    encbuf_pool_teardown();
    close(file);
    metrics[0] = (struct encbench_metric){"mapped_bytes_after_minus_before", (double)(after - before)};
    return before >= 0 && while_mapped == before + WORKLOAD_SOURCE_BYTES ? 1 : 0;
}

#endif
