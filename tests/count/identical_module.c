/* The same source many times, each time with one thing changed, for identical_test.c. */
#include "../test_module.h"

#include <stdio.h>

#ifndef LONGER
#define LONGER ""
#endif
#ifndef CONSTANT
#define CONSTANT 3
#endif
#ifndef CALLEE
#define CALLEE 5
#endif
#ifndef TABLE
#define TABLE 7
#endif
#ifndef STRING
#define STRING "out of luck"
#endif
#ifndef SETUP
#define SETUP 2
#endif
#ifndef UNUSED
#define UNUSED 1
#endif
#ifndef REWARM
#define REWARM 8
#endif
#ifndef EXTERNAL
#define EXTERNAL puts
#endif

static const uint32_t table[] = {1, 2, TABLE, 4, 9, 6, 1, 8};
static uint64_t memory[16] = {SETUP};

static uint64_t digest(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    return seed + UNUSED;
}

static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)host;
    (void)seed;
    snprintf(message, message_bytes, STRING);
    *state = memory;
    return 0;
}

static __attribute__((noinline)) uint64_t callee(uint64_t value);

static __attribute__((noinline)) uint64_t deeper(uint64_t value)
{
    return value & 1 ? callee(value >> 1) : value * CALLEE;
}

static uint64_t callee(uint64_t value)
{
    return deeper(value) + 1;
}

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    uint64_t *sum = state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++)
        *sum += callee(i + CONSTANT) + table[(i + *sum) & 7];
    if (*sum == 1)
        EXTERNAL("never");
    return n;
}

static uint64_t other_run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    __asm__ volatile(".rept " ENCBENCH_STRING(UNUSED) "\n\tnop\n\t.endr");
    return n;
}

#define WORKLOAD(NAME, RUN)                                                                                            \
    {                                                                                                                  \
        .name = NAME, .short_name = NAME, .op = NAME, .bytes_per_op = 1, .batch_multiple_ops = 1,                      \
        .rewarm_ops = REWARM, .threads_max = 1, .flags = ENCBENCH_TIMED | ENCBENCH_EXACT, .digest = digest,            \
        .setup = setup, .run = RUN, .teardown = tear_down_nothing,                                                     \
    }

static const struct encbench_workload workloads[] = {WORKLOAD("other", other_run), WORKLOAD("op", run)};

TEST_MODULE(VARIANT LONGER);
