/*
 * The workload that both ways offer: every byte of 4 KiB added up, mod 2^64. A way is one source file that defines SUM_VARIANT and
 * `sum`, and then includes this; encbench compares the two because the short name, `sum_4k`, is the same.
 */
#include "module.h" /* of encbench */

#include <stddef.h>
#include <stdint.h>

enum { SUM_BYTES = 4096 };

/* Equal for all ways, or encbench refuses the pair: lengths around the op's, because that is where sums of words go wrong. */
static uint64_t sum_digest(struct encbench_host *host, uint64_t seed)
{
    uint64_t hash = seed;
    for (size_t bytes = SUM_BYTES - 16; bytes <= SUM_BYTES; bytes++)
        hash = hash * 31 + sum(host->input, bytes);
    return hash;
}

static int sum_setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)seed, (void)message, (void)message_bytes;
    *state = host;
    return 0;
}

static uint64_t sum_run(void *state, unsigned thread, uint64_t n)
{
    const struct encbench_host *host = state; /* the input moves from batch to batch */
    uint64_t total = 0;
    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        total += sum(host->input, SUM_BYTES);
        __asm__ volatile("" : "+r"(total) : : "memory"); /* so that every op is done */
    }
    return n * sizeof total;
}

static void sum_teardown(void *state)
{
    (void)state;
}

static const struct encbench_workload sum_workloads[] = {{
    .name = "sum:size=4096",
    .short_name = "sum_4k",
    .op = "4096 bytes summed",
    .input_bytes = SUM_BYTES,
    .bytes_per_op = sizeof(uint64_t),
    .batch_multiple_ops = 1,
    .rewarm_ops = 8,
    .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT,
    .digest = sum_digest,
    .setup = sum_setup,
    .run = sum_run,
    .teardown = sum_teardown,
}};

ENCBENCH_EXPORT extern const struct encbench_module encbench_module;
const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .workload_count = 1,
    .variant = SUM_VARIANT,
    .workloads = sum_workloads,
};
