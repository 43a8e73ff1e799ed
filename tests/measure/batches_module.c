/*
 * Modules for the test of batches, warming and states, by -DKIND=...
 *
 * steady:  200 dependent additions an op.
 *
 * uneven:  the same, and 40 more an op in every `run` whose n is no power of two: what an op costs depends on the
 * batch.
 *
 * quick:   one addition an op: very much faster than the others.
 *
 * branchy: a branch a byte of the input: a predictor knows one input by heart, and no ring of them.
 *
 * crashes: aborts in the first batch after a long one that is shorter: in a pilot, where another's warming is measured.
 */
#include "../test_module.h"

#include <stdlib.h>

#define STEADY  1
#define UNEVEN  2
#define QUICK   3
#define BRANCHY 4
#define CRASHES 5

#define BRANCHES 1024

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    const struct encbench_host *host = state;
    struct encbench_inputs inputs = encbench_inputs(host);
    uint64_t value = thread;
#if KIND == CRASHES
    static uint64_t longest;
    if (n < longest && longest >= 2048)
        abort();
    longest = n > longest ? n : longest;
#endif
    for (uint64_t i = 0; i < n; i++) {
        const unsigned char *input = encbench_next_input(&inputs);
#if KIND == BRANCHY
        for (size_t j = 0; j < BRANCHES; j++)
            if (input[j] & 1)
                __asm__ volatile("nop" : "+r"(value));
#elif KIND == QUICK
        __asm__ volatile("" : : "r"(input));
        ENCBENCH_DEPENDENT_ADDS(value, 1);
#else
        __asm__ volatile("" : : "r"(input));
        ENCBENCH_DEPENDENT_ADDS(value, 200);
        if (KIND == UNEVEN && (n & (n - 1)) != 0)
            ENCBENCH_DEPENDENT_ADDS(value, 40);
#endif
    }
    return value & 0;
}

static const struct encbench_workload workloads[] = {{
    .name = "adds:bytes=1024",
    .short_name = "adds",
    .op = "a chain of additions or branches",
    .input_bytes = BRANCHES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 1,
    .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_FRESH,
    .digest = digest_of_seed,
    .setup = set_up_nothing,
    .run = run,
    .run_latency = run,
    .teardown = tear_down_nothing,
}};

TEST_MODULE(NAME);
