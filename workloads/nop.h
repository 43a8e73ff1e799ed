/*
 * nop: nothing. One op: one turn of a loop that the compiler may not remove. Tests the infrastructure: every variant's
 * nop is the same code, so that any difference is the harness's. Produces no bytes.
 */
#ifdef WORKLOAD_TABLE

{
    .name = "nop",
    .short_name = "nop",
    .op = "one turn of an empty loop",
    .batch_multiple_ops = 1,
    .rewarm_ops = 16,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(128),
    .threads_max = 1,
    .flags = WORKLOAD_TIMED | ENCBENCH_EXACT,
    .digest = workload_idle_digest,
    .setup = workload_idle_setup,
    .run = workload_nop_run,
    .teardown = workload_idle_teardown,
},

#else

#include "workload.h"

static uint64_t workload_nop_run(void *state, unsigned thread, uint64_t n)
{
    const char *nothing = state;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        WORKLOAD_PLANT(nothing, 128);
        WORKLOAD_CONSUME(nothing);
    }
    return 0;
}

#endif
