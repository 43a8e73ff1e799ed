/*
 * The clock arms of every panel: a chain of dependent additions (the cycle clock), the same chain with a known number of
 * additions more (the live positive control), and a chain of multiplications (cross-check of the clock).
 * A module like any other.
 */
#include "kernels.h"
#include "module.h"

#if defined(__x86_64__)
#define DEPENDENT_MULTIPLIES(value, count)                                                                             \
    __asm__ volatile(".rept " ENCBENCH_STRING(count) "\n\timulq %1, %0\n\t.endr"                                       \
                     : "+r"(value)                                                                                     \
                     : "r"((uint64_t)1)                                                                                \
                     : "cc")
#else
#define DEPENDENT_MULTIPLIES(value, count)                                                                             \
    __asm__ volatile(".rept " ENCBENCH_STRING(count) "\n\tmul %0, %0, %1\n\t.endr" : "+r"(value) : "r"((uint64_t)1))
#endif

static uint64_t no_digest(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    return seed;
}

static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)host;
    (void)seed;
    (void)message;
    (void)message_bytes;
    *state = NULL;
    return 0;
}

static void teardown(void *state)
{
    (void)state;
}

static uint64_t chain_run(void *state, unsigned thread, uint64_t n)
{
    uint64_t value = thread;
    (void)state;
    for (uint64_t i = 0; i < n; i++)
        ENCBENCH_DEPENDENT_ADDS(value, CHAIN_CYCLES_PER_OP);
    return value & 0;
}

/* The plant stands in the middle of the chain, in the loop and on the critical path like the rest. */
static uint64_t chain_planted_run(void *state, unsigned thread, uint64_t n)
{
    uint64_t value = thread;
    (void)state;
    for (uint64_t i = 0; i < n; i++) {
        ENCBENCH_DEPENDENT_ADDS(value, CHAIN_CYCLES_PER_OP);
        ENCBENCH_DEPENDENT_ADDS(value, CHAIN_PLANTED_EXTRA_CYCLES);
    }
    return value & 0;
}

static uint64_t chain_multiply_run(void *state, unsigned thread, uint64_t n)
{
    uint64_t value = thread;
    (void)state;
    for (uint64_t i = 0; i < n; i++)
        DEPENDENT_MULTIPLIES(value, CHAIN_MULTIPLIES_PER_OP);
    return value & 0;
}

#define KERNEL(kernel_name, kernel_op, kernel_run, planted)                                                            \
    {                                                                                                                  \
        .name = kernel_name, .short_name = kernel_name, .op = kernel_op, .batch_multiple_ops = 1, .rewarm_ops = 2,     \
        .planted_cycles_per_op = planted, .threads_max = 1, .flags = ENCBENCH_TIMED | ENCBENCH_EXACT,                  \
        .digest = no_digest, .setup = setup, .run = kernel_run, .teardown = teardown,                                  \
    }

static const struct encbench_workload workloads[] = {
    KERNEL("chain", ENCBENCH_STRING(CHAIN_CYCLES_PER_OP) " dependent additions", chain_run, 0),
    KERNEL(
        "chain_planted",
        ENCBENCH_STRING(CHAIN_CYCLES_PER_OP) " + " ENCBENCH_STRING(CHAIN_PLANTED_EXTRA_CYCLES) " dependent additions",
        chain_planted_run, CHAIN_PLANTED_EXTRA_CYCLES),
    KERNEL("chain_multiply", ENCBENCH_STRING(CHAIN_MULTIPLIES_PER_OP) " dependent multiplications", chain_multiply_run,
           0),
};

ENCBENCH_EXPORT extern const struct encbench_module encbench_module;
const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .workload_count = sizeof workloads / sizeof workloads[0],
    .variant = CHAIN_VARIANT,
    .workloads = workloads,
};
