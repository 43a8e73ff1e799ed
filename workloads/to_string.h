/*
 * to_string: the original's 958 ns op: 1 KiB encoded to hex, as a fresh string.
 *
 * One op: a buffer for the output got, the input encoded into it, a string of exactly the output's bytes malloc'ed,
 * the output copied into it, the buffer put, the string freed. A design without a buffer encodes into the string.
 * In the state `repeat`, the original's, the input is one; in `fresh` another in every op.
 * Freeing is part of the op in every variant, because a string that is never freed would measure a growing heap.
 *
 * Counted: how often a buffer that was reused came out of the pool with something in the disputed field, of 100 times.
 *
 * Re-warming: after five other variants had run 25 us each, op by op (means of the middle 80 % of 3001 rounds on a
 * Zen 5), the unpooled variant was back at its steady level at the 9th op (1369 cycles at first, then 1295), the
 * pooled one at the 8th (1258, then 1231).
 */
#ifdef WORKLOAD_TABLE

{
    .name = "to_string:encoding=hex:size=1024:codec=table16",
    .short_name = "to_string_1k",
    .op = "1024 bytes encoded to hex into a fresh string that is freed",
    .input_bytes = WORKLOAD_TO_STRING_INPUT_BYTES,
    .bytes_per_op = 2 * WORKLOAD_TO_STRING_INPUT_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 12,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256),
    .threads_max = 2,
    .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | ENCBENCH_HEAP | ENCBENCH_FRESH | WORKLOAD_SIGHTINGS_FLAG,
    .digest = workload_to_string_digest,
    .setup = workload_to_string_setup,
    .run = workload_to_string_run,
    .teardown = workload_string_teardown,
    .metrics = WORKLOAD_SIGHTINGS_METRICS,
    .objects = workload_string_objects,
},

#else

#include "string_loop.h"

#define WORKLOAD_TO_STRING_INPUT_BYTES 1024

static int workload_to_string_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                    size_t message_bytes)
{
    (void)seed;
    return workload_string_setup(host, WORKLOAD_TO_STRING_INPUT_BYTES, 1, state, message, message_bytes);
}

static uint64_t workload_to_string_run(void *state, unsigned thread, uint64_t n)
{
    (void)thread;
    return workload_string_loop(state, CODEC_HEX, n);
}

static uint64_t workload_to_string_digest(struct encbench_host *host, uint64_t seed)
{
    (void)seed; /* the host's input is a function of it */
    return workload_string_digest(host, CODEC_HEX, WORKLOAD_TO_STRING_INPUT_BYTES - 2, WORKLOAD_TO_STRING_INPUT_BYTES);
}

#if defined(ENCBUF_POOL_THREAD) && defined(ENCBUF_HAS_MMAP_RES)

#define WORKLOAD_SIGHTINGS_FLAG    ENCBENCH_COUNTED
#define WORKLOAD_SIGHTINGS_METRICS workload_to_string_metrics
#define WORKLOAD_SIGHTINGS_REUSES  100

/* A metric only if every one of the gets was a reuse of the buffer that was put first. */
static size_t workload_to_string_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
    const size_t size = codec_encoded_bytes(CODEC_HEX, WORKLOAD_TO_STRING_INPUT_BYTES);
    unsigned sightings = 0, reuses = 0;
    struct encbuf *first;

    (void)seed;
    encbuf_pool_setup();
    first = encbuf_get(NULL, size);
    encbuf_put(first);
    for (unsigned i = 0; i < WORKLOAD_SIGHTINGS_REUSES; i++) {
        struct encbuf *buffer = encbuf_get(NULL, size);

        reuses += buffer == first;
        sightings += buffer->mmap_res != NULL;
        codec_encode(CODEC_HEX, buffer->data, host->input, WORKLOAD_TO_STRING_INPUT_BYTES);
        free(encbuf_to_string(buffer));
    }
    encbuf_pool_teardown();
    metrics[0] = (struct encbench_metric){"non_null_sightings", sightings};
    return reuses == WORKLOAD_SIGHTINGS_REUSES ? 1 : 0;
}

#else
#define WORKLOAD_SIGHTINGS_FLAG    0
#define WORKLOAD_SIGHTINGS_METRICS NULL
#endif

#endif
