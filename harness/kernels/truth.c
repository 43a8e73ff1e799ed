/*
 * Known truths (kernels.h has the table): chains of dependent operations that differ by a known number of them, whose
 * time differs by a known number of cycles. One object, so that all arms of a process come from one link. A module like
 * any other.
 */
#include "kernels/kernel.h"
#include "kernels/kernels.h"

/* Loads go round in it, out of the first-level cache. Not to itself: a load that always finds the same may be elided.
 */
#define NEXT(i) &ring[i]
static void *ring[16] = {NEXT(1), NEXT(2),  NEXT(3),  NEXT(4),  NEXT(5),  NEXT(6),  NEXT(7),  NEXT(8),
                         NEXT(9), NEXT(10), NEXT(11), NEXT(12), NEXT(13), NEXT(14), NEXT(15), NEXT(0)};

static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    kernel_setup(host, seed, state, message, message_bytes);
    *state = ring;
    return 0;
}

#define DO_add(value, count)      ENCBENCH_DEPENDENT_ADDS(value, count)
#define DO_multiply(value, count) KERNEL_MULTIPLIES(value, count)
#define DO_load(value, count)     KERNEL_LOADS(value, count)

#define RUN(workload, base, operation, operations, extra, every)                                                       \
    static uint64_t workload##_run(void *state, unsigned thread, uint64_t n)                                           \
    {                                                                                                                  \
        uint64_t value = (uint64_t)(uintptr_t)state + thread;                                                          \
        for (uint64_t i = 0; i < n; i += every)                                                                        \
            DO_##operation(value, operations *every + extra);                                                          \
        return value & 0;                                                                                              \
    }
TRUTH_WORKLOADS(RUN)

#define WORKLOAD(workload, base, operation, operations, extra, every)                                                  \
    KERNEL_WORKLOAD(#workload, #operations " + " #extra "/" #every " dependent " #operation " operations",             \
                    workload##_run, .batch_multiple_ops = every, .rewarm_ops = 2 * every,                              \
                    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT, .setup = setup, .teardown = kernel_teardown),

static const struct encbench_workload workloads[] = {TRUTH_WORKLOADS(WORKLOAD)};

KERNEL_EXPORT(TRUTH_VARIANT);
