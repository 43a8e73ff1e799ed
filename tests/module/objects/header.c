/* module.h alone and its macros, in C and in C++, with every warning on. */
#include "module.h"

ENCBENCH_NEEDS("z");

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    struct encbench_inputs inputs = encbench_inputs_of_thread((const struct encbench_host *)state, thread);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++)
        sum += *encbench_next_input(&inputs);
    ENCBENCH_DEPENDENT_ADDS(sum, 4);
    return sum;
}

static const struct encbench_workload workload = {"header",
                                                  "header",
                                                  "one byte read",
                                                  1,
                                                  1,
                                                  0,
                                                  1,
                                                  0,
                                                  0,
                                                  1,
                                                  ENCBENCH_TIMED,
                                                  0,
                                                  0,
                                                  0,
                                                  run,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0,
                                                  0};

const struct encbench_module encbench_module = {ENCBENCH_ABI_VERSION,
                                                sizeof(struct encbench_module),
                                                sizeof(struct encbench_workload),
                                                0,
                                                0,
                                                1,
                                                0,
                                                0,
                                                "header",
                                                0,
                                                0,
                                                0,
                                                &workload};
