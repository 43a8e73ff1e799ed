/*
 * put: the put alone, of 256 buffers of 2048 bytes that were got before the clock started.
 *
 * One op: one put. A round has at most 256 ops, because that many buffers have to be live at a time; their structures
 * and the first lines of their data are in the cache, got in the order in which they are put. What a put does less
 * often than once in an op is part of it: pool thread exchanges its magazine in one of 64. What two readings of
 * the clock cost a round (some 40 ns / 256) is taken off by the harness.
 * "Bytes" are those handed back. Not offered by a design without a buffer.
 */
#ifdef WORKLOAD_TABLE

#ifndef ENCBUF_POOL_DIRECT
{
    .name = "put:size=2048",
    .short_name = "put",
    .op = "one buffer of 2048 bytes put that was got untimed",
    .bytes_per_op = WORKLOAD_PUT_BYTES,
    .batch_max_ops = WORKLOAD_PUT_LIVE,
    .batch_multiple_ops = 1,
    .rewarm_ops = 256,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(128),
    .threads_max = 1,
    .flags = WORKLOAD_TIMED,
    .digest = workload_put_digest,
    .setup = workload_put_setup,
    .before = workload_put_before,
    .run = workload_put_run,
    .teardown = workload_put_teardown,
},
#endif

#elif !defined(ENCBUF_POOL_DIRECT)

#include "encbuf.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

#define WORKLOAD_PUT_BYTES 2048
#define WORKLOAD_PUT_LIVE  256

struct workload_put {
    encbuf_ref refs[WORKLOAD_PUT_LIVE];
    struct encbuf frames[WORKLOAD_PUT_LIVE];
};

static int workload_put_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                              size_t message_bytes)
{
    struct workload_put *self = malloc(sizeof *self);

    (void)host;
    (void)seed;
    if (self == NULL) {
        snprintf(message, message_bytes, "put: out of memory");
        return 1;
    }
    encbuf_pool_setup();
    *state = self;
    return 0;
}

static void workload_put_before(void *state, uint64_t n)
{
    struct workload_put *self = state;

    for (uint64_t i = 0; i < n; i++)
        self->refs[i] = encbuf_ref_get(&self->frames[i], WORKLOAD_PUT_BYTES);
}

static uint64_t workload_put_run(void *state, unsigned thread, uint64_t n)
{
    struct workload_put *self = state;
    uint64_t bytes = 0;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        encbuf_ref ref = self->refs[i];

        bytes += encbuf_of(ref)->length;
        WORKLOAD_PLANT(ref, 128);
        encbuf_ref_put(ref);
    }
    return bytes;
}

static void workload_put_teardown(void *state)
{
    encbuf_pool_teardown();
    free(state);
}

/* A round: all buffers live at once, written and read back, then put; and once more with those. */
static uint64_t workload_put_digest(struct encbench_host *host, uint64_t seed)
{
    uint64_t hash = WORKLOAD_HASH_START;
    char message[64];
    void *state;

    if (workload_put_setup(host, seed, &state, message, sizeof message) != 0)
        return 0;
    for (unsigned round = 0; round < 2; round++) {
        struct workload_put *self = state;

        workload_put_before(self, WORKLOAD_PUT_LIVE);
        for (size_t i = 0; i < WORKLOAD_PUT_LIVE; i++)
            for (size_t byte = 0; byte < WORKLOAD_PUT_BYTES; byte += 64)
                encbuf_of(self->refs[i])->data[byte] = (unsigned char)(seed + i + byte / 64 + round);
        for (size_t i = 0; i < WORKLOAD_PUT_LIVE; i++)
            for (size_t byte = 0; byte < WORKLOAD_PUT_BYTES; byte += 64)
                hash = workload_hash(hash, &encbuf_of(self->refs[i])->data[byte], 1);
        hash ^= workload_put_run(self, 0, WORKLOAD_PUT_LIVE);
    }
    workload_put_teardown(state);
    return hash;
}

#endif
