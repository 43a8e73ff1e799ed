/*
 * The clock arms of every panel: a chain of dependent additions (the cycle clock), the same chain with a known number
 * of additions more (the live positive control), and a chain of multiplications (cross-check of the clock). A module
 * like any other.
 */
#include "kernels/kernel.h"
#include "kernels/kernels.h"

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
        KERNEL_MULTIPLIES(value, CHAIN_MULTIPLIES_PER_OP);
    return value & 0;
}

#define KERNEL(kernel_name, kernel_op, kernel_run, planted)                                                            \
    KERNEL_WORKLOAD(kernel_name, kernel_op, kernel_run, .batch_multiple_ops = 1, .rewarm_ops = 2,                      \
                    .planted_cycles_per_op = planted, .flags = ENCBENCH_TIMED | ENCBENCH_EXACT, .setup = kernel_setup, \
                    .teardown = kernel_teardown)

static const struct encbench_workload workloads[] = {
    KERNEL("chain", ENCBENCH_STRING(CHAIN_CYCLES_PER_OP) " dependent additions", chain_run, 0),
    KERNEL(
        "chain_planted",
        ENCBENCH_STRING(CHAIN_CYCLES_PER_OP) " + " ENCBENCH_STRING(CHAIN_PLANTED_EXTRA_CYCLES) " dependent additions",
        chain_planted_run, CHAIN_PLANTED_EXTRA_CYCLES),
    KERNEL("chain_multiply", ENCBENCH_STRING(CHAIN_MULTIPLIES_PER_OP) " dependent multiplications", chain_multiply_run,
           0),
};

KERNEL_EXPORT(CHAIN_VARIANT);
