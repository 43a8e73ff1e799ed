/*
 * The workload that both ways offer: every byte of 4 KiB added up, mod 2^64. A way is one source file that defines
 * SUM_VARIANT and `sum`, and then includes this; encbench compares the two because the short name, `sum_4k`, is the
 * same.
 */
#include "module.h" /* of encbench */

#include <stddef.h>
#include <stdint.h>

enum { SUM_BYTES = 4096 };

static struct {
    const struct encbench_host *host;
    uint64_t total; /* of the last op */
} sum_state;

static int sum_setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)seed, (void)message, (void)message_bytes;
    sum_state.host = host;
    *state = &sum_state;
    return 0;
}

static uint64_t sum_run(void *state, unsigned thread, uint64_t n)
{
    struct encbench_inputs inputs = encbench_inputs(sum_state.host);
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        sum_state.total = sum(encbench_next_input(&inputs), SUM_BYTES);
        __asm__ volatile("" : : : "memory"); /* so that every op is done */
    }
    return n * sizeof sum_state.total;
}

/* Equal for all ways on every input that encbench tries, or it refuses the pair. */
static size_t sum_output(void *state, unsigned thread, const void **bytes)
{
    (void)state, (void)thread;
    *bytes = &sum_state.total;
    return sizeof sum_state.total;
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
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH,
    .setup = sum_setup,
    .run = sum_run,
    .teardown = sum_teardown,
    .output = sum_output,
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
