/*
 * mixed: buffers of very different sizes, as a server might ask for them: 80 % of 1 to 64 KiB, 15 % of 64 KiB to 2 MiB,
 * 5 % of 2 to 10 MiB.
 *
 * One op: 100 buffers got and put one after the other: sizes asked of the pool, drawn evenly in bytes from each range
 * in exactly these shares, shuffled, from a seed that never changes, so that the op is the same in every run and
 * machine. Into each its first 64 bytes are written: enough to touch it; encoding 5 MiB would drown what a pool does.
 * "Bytes" are those written. Not offered by a design without a buffer.
 *
 * Counted, from an empty pool over one op: hits per get, and what rests in the pool afterwards.
 */
#ifdef WORKLOAD_TABLE

#ifndef ENCBUF_POOL_DIRECT
{
    .name = "mixed:small=80:middle=15:large=5",
    .short_name = "mixed",
    .op = "100 buffers of 1 KiB to 10 MiB got and written 64 bytes to and put",
    .bytes_per_op = WORKLOAD_MIXED_GETS * WORKLOAD_MIXED_WRITTEN_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 0,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(128 * WORKLOAD_MIXED_GETS),
    .threads_max = 1,
    .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | WORKLOAD_POOL_COUNTED,
    .digest = workload_mixed_digest,
    .setup = workload_mixed_setup,
    .run = workload_mixed_run,
    .teardown = workload_mixed_teardown,
    .metrics = WORKLOAD_POOL_METRICS(workload_mixed_metrics),
},
#endif

#elif !defined(ENCBUF_POOL_DIRECT)

#include "encbuf.h"
#include "pool_metrics.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKLOAD_MIXED_GETS          100
#define WORKLOAD_MIXED_SMALL         80
#define WORKLOAD_MIXED_MIDDLE        15
#define WORKLOAD_MIXED_WRITTEN_BYTES 64

struct workload_mixed {
    size_t sizes[WORKLOAD_MIXED_GETS];
};

/* 0 to `bound` - 1; a bound of megabytes out of 64 bits leaves no bias to speak of. */
static inline uint64_t workload_mixed_below(uint64_t *random, uint64_t bound)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint64_t)((unsigned __int128)*random * bound >> 64);
}

static inline size_t workload_mixed_size(uint64_t *random, size_t index)
{
    const size_t kib = 1024, mib = 1024 * kib;

    if (index < WORKLOAD_MIXED_SMALL)
        return kib + workload_mixed_below(random, 63 * kib + 1);
    if (index < WORKLOAD_MIXED_SMALL + WORKLOAD_MIXED_MIDDLE)
        return 64 * kib + 1 + workload_mixed_below(random, 2 * mib - 64 * kib);
    return 2 * mib + 1 + workload_mixed_below(random, 8 * mib);
}

static void workload_mixed_fill(struct workload_mixed *self)
{
    uint64_t random = 1;

    for (size_t i = 0; i < WORKLOAD_MIXED_GETS; i++)
        self->sizes[i] = workload_mixed_size(&random, i);
    for (size_t i = WORKLOAD_MIXED_GETS - 1; i > 0; i--) {
        size_t other = workload_mixed_below(&random, i + 1), size = self->sizes[i];

        self->sizes[i] = self->sizes[other];
        self->sizes[other] = size;
    }
}

static int workload_mixed_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                size_t message_bytes)
{
    struct workload_mixed *self = malloc(sizeof *self);

    (void)host;
    (void)seed;
    if (self == NULL) {
        snprintf(message, message_bytes, "mixed: out of memory");
        return 1;
    }
    workload_mixed_fill(self);
    encbuf_pool_setup();
    *state = self;
    return 0;
}

static uint64_t workload_mixed_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_mixed *self = state;
    uint64_t bytes = 0;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        for (const size_t *size = self->sizes; size != self->sizes + WORKLOAD_MIXED_GETS; size++) {
            struct encbuf frame, *buffer = encbuf_get(&frame, *size);

            memset(buffer->data, (int)*size, WORKLOAD_MIXED_WRITTEN_BYTES);
            WORKLOAD_CONSUME(buffer);
            bytes += WORKLOAD_MIXED_WRITTEN_BYTES;
            WORKLOAD_PLANT(buffer, 128);
            encbuf_put(buffer);
        }
    }
    return bytes;
}

static void workload_mixed_teardown(void *state)
{
    encbuf_pool_teardown();
    free(state);
}

/* Lengths, and the first and last bytes of what was written and read back. */
static uint64_t workload_mixed_digest(struct encbench_host *host, uint64_t seed)
{
    uint64_t hash = workload_hash(WORKLOAD_HASH_START, &seed, sizeof seed);
    struct workload_mixed self;

    (void)host;
    workload_mixed_fill(&self);
    encbuf_pool_setup();
    for (size_t i = 0; i < WORKLOAD_MIXED_GETS; i++) {
        struct encbuf frame, *buffer = encbuf_get(&frame, self.sizes[i]);
        unsigned char *end = buffer->data + buffer->length - sizeof i;

        memset(buffer->data, (int)self.sizes[i], WORKLOAD_MIXED_WRITTEN_BYTES);
        memcpy(end, &i, sizeof i);
        WORKLOAD_CONSUME(buffer);
        hash = workload_hash(hash, &buffer->length, sizeof buffer->length);
        hash = workload_hash(hash, buffer->data, WORKLOAD_MIXED_WRITTEN_BYTES);
        hash = workload_hash(hash, end, sizeof i);
        encbuf_put(buffer);
    }
    encbuf_pool_teardown();
    return hash;
}

#ifdef ENCBUF_POOLED

static size_t workload_mixed_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
    struct workload_pool_count count = {0};
    struct workload_mixed self;
    size_t metric_count;

    (void)host;
    (void)seed;
    workload_mixed_fill(&self);
    encbuf_pool_setup();
    for (size_t i = 0; i < WORKLOAD_MIXED_GETS; i++)
        workload_pool_visit(&count, self.sizes[i]);
    metric_count = workload_pool_report(&count, metrics);
    encbuf_pool_teardown();
    return metric_count;
}

#endif

#endif
