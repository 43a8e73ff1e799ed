/* The workload hash_64 of bench_all.c, written over module.h alone: the same code, so that what bench.h adds to an op
 * is seen. */
#include "module.h"

#define ENCBENCH_BENCH_H
#define ENCBENCH_VARIANT(...)  _Static_assert(1, "")
#define ENCBENCH_WORKLOAD(...) _Static_assert(1, "")
#include <string.h>

#include "bench_all.c"

struct by_hand {
    struct encbench_host *host;
    size_t bytes;
    uint64_t zero, hash;
};
static struct by_hand self;

static int by_hand_set_up(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)seed, (void)message, (void)message_bytes;
    self = (struct by_hand){.host = host, .bytes = 64};
    *state = &self;
    return 0;
}

/* Every op waits for the one before, as ENCBENCH_SERIAL says. */
static uint64_t by_hand_run(void *state, unsigned thread, uint64_t n)
{
    struct by_hand *by_hand = state;
    struct encbench_inputs inputs = encbench_inputs(by_hand->host);
    const size_t bytes = by_hand->bytes;
    const uint64_t zero = by_hand->zero;
    uint64_t hash = 0;
    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        hash = fnv(encbench_next_input(&inputs) + (hash & zero), bytes);
        by_hand->hash = hash;
        __asm__ volatile("" : : : "memory");
    }
    return 0;
}

static size_t by_hand_output(void *state, unsigned thread, const void **bytes)
{
    (void)thread;
    *bytes = &((struct by_hand *)state)->hash;
    return sizeof(uint64_t);
}

static void by_hand_tear_down(void *state)
{
    (void)state;
}

static const struct encbench_workload by_hand_workloads[] = {{
    .name = "hash:bytes=64",
    .short_name = "hash_64",
    .op = "one hash of 64 bytes",
    .input_bytes = 64,
    .batch_multiple_ops = 1,
    .rewarm_ops = 1,
    .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH | ENCBENCH_FRESH_ALONE,
    .setup = by_hand_set_up,
    .run = by_hand_run,
    .teardown = by_hand_tear_down,
    .output = by_hand_output,
}};

ENCBENCH_EXPORT extern const struct encbench_module encbench_module;
const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .workload_count = 1,
    .variant = "by_hand",
    .workloads = by_hand_workloads,
};
