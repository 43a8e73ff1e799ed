/*
 * What the harness's own kernels have in common, so that each holds nothing but what it does: functions of workloads
 * without output and state, chains of dependent operations, the table entry and the exported symbol.
 */
#ifndef ENCBENCH_KERNEL_H
#define ENCBENCH_KERNEL_H

#include "module.h"

/* Like ENCBENCH_DEPENDENT_ADDS: `count` dependent operations through `value`, which comes out unchanged; for loads
 * `value` is the address of a pointer in a ring, and comes out as that of the pointer `count` further. */
#if defined(__x86_64__)
#define KERNEL_MULTIPLIES(value, count)                                                                                \
    __asm__ volatile(".rept " ENCBENCH_STRING(count) "\n\timulq %1, %0\n\t.endr"                                       \
                     : "+r"(value)                                                                                     \
                     : "r"((uint64_t)1)                                                                                \
                     : "cc")
#define KERNEL_LOADS(value, count)                                                                                     \
    __asm__ volatile(".rept " ENCBENCH_STRING(count) "\n\tmovq (%0), %0\n\t.endr" : "+r"(value) : : "memory")
#else
#define KERNEL_MULTIPLIES(value, count)                                                                                \
    __asm__ volatile(".rept " ENCBENCH_STRING(count) "\n\tmul %0, %0, %1\n\t.endr" : "+r"(value) : "r"((uint64_t)1))
#define KERNEL_LOADS(value, count)                                                                                     \
    __asm__ volatile(".rept " ENCBENCH_STRING(count) "\n\tldr %0, [%0]\n\t.endr" : "+r"(value) : : "memory")
#endif

static inline uint64_t kernel_digest(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    return seed;
}

static inline int kernel_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                               size_t message_bytes)
{
    (void)host;
    (void)seed;
    (void)message;
    (void)message_bytes;
    *state = NULL;
    return 0;
}

static inline void kernel_teardown(void *state)
{
    (void)state;
}

/* The fields of a workload that every kernel has; the rest follows as designated initialisers. */
#define KERNEL_WORKLOAD(workload_name, workload_op, workload_run, ...)                                                 \
    {                                                                                                                  \
        .name = workload_name, .short_name = workload_name, .op = workload_op, .threads_max = 1,                       \
        .digest = kernel_digest, .run = workload_run, __VA_ARGS__                                                      \
    }

#define KERNEL_EXPORT(variant_name)                                                                                    \
    ENCBENCH_EXPORT extern const struct encbench_module encbench_module;                                               \
    const struct encbench_module encbench_module = {                                                                   \
        .abi_version = ENCBENCH_ABI_VERSION,                                                                           \
        .module_bytes = sizeof(struct encbench_module),                                                                \
        .workload_bytes = sizeof(struct encbench_workload),                                                            \
        .workload_count = sizeof workloads / sizeof workloads[0],                                                      \
        .variant = variant_name,                                                                                       \
        .workloads = workloads,                                                                                        \
    }

#endif
