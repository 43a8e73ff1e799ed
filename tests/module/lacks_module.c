/* Two workloads that are nothing but additions, of which the second needs what this machine lacks: LACKS, a text or
 * NULL. LACKS_OLD: built against a header without a way to say so. */
#include "module.h"

#include <stdio.h>

static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)host;
    (void)seed;
    (void)message;
    (void)message_bytes;
    *state = NULL;
    return 0;
}

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    uint64_t sum = (uintptr_t)state;

    (void)thread;
    for (uint64_t i = 0; i < n; i++)
        ENCBENCH_DEPENDENT_ADDS(sum, 40);
    return sum == 1 ? 1 : n;
}

static void teardown(void *state)
{
    (void)state;
}

static uint64_t digest(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    return seed;
}

#ifndef LACKS_OLD
static int lacks(char *reason, size_t reason_bytes)
{
    const char *const text = LACKS;

    if (text == NULL)
        return 0;
    snprintf(reason, reason_bytes, "%s", text);
    return 1;
}
#endif

#define ADDITIONS                                                                                                      \
    .op = "40 dependent additions", .bytes_per_op = 1, .batch_multiple_ops = 1, .threads_max = 1,                      \
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT, .digest = digest, .setup = setup, .run = run, .teardown = teardown

static const struct encbench_workload workloads[] = {
    {.name = "adds", .short_name = "adds", ADDITIONS},
#ifdef LACKS_OLD
    {.name = "more", .short_name = "more", ADDITIONS},
#else
    {.name = "more", .short_name = "more", ADDITIONS, .lacks = lacks},
#endif
};
static const struct encbench_axis axes[] = {{"axis", NAME}};

ENCBENCH_EXPORT const struct encbench_module encbench_module = {.abi_version = ENCBENCH_ABI_VERSION,
                                                                .module_bytes = sizeof(struct encbench_module),
                                                                .workload_bytes = sizeof(struct encbench_workload),
                                                                .axis_count = 1,
                                                                .workload_count =
                                                                    sizeof workloads / sizeof workloads[0],
                                                                .variant = NAME,
                                                                .axes = axes,
                                                                .workloads = workloads};
