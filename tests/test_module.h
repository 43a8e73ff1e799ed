/* What modules of the tests share: the parts of a workload that are nobody's subject there, and the table that a module
 * exports. */
#ifndef ENCBENCH_TEST_MODULE_H
#define ENCBENCH_TEST_MODULE_H

#include "module.h"

static inline uint64_t digest_of_seed(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    return seed;
}

static inline int set_up_nothing(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                 size_t message_bytes)
{
    (void)seed, (void)message, (void)message_bytes;
    *state = host;
    return 0;
}

static inline void tear_down_nothing(void *state)
{
    (void)state;
}

/* Exports the array `workloads`. */
#define TEST_MODULE(name)                                                                                              \
    ENCBENCH_EXPORT extern const struct encbench_module encbench_module;                                               \
    const struct encbench_module encbench_module = {                                                                   \
        .abi_version = ENCBENCH_ABI_VERSION,                                                                           \
        .module_bytes = sizeof(struct encbench_module),                                                                \
        .workload_bytes = sizeof(struct encbench_workload),                                                            \
        .workload_count = sizeof workloads / sizeof workloads[0],                                                      \
        .variant = name,                                                                                               \
        .workloads = workloads,                                                                                        \
    }

#endif
