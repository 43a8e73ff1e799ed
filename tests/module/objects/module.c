/* The module around the fixtures of this folder: an op is a call of theirs, and its output the text that they say. */
#include "../../test_module.h"

#include <string.h>

extern const char *objects_op(void);

static const char *said;

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++)
        said = objects_op();
    return n;
}

static size_t output(void *state, unsigned thread, const void **bytes)
{
    (void)state, (void)thread;
    *bytes = said;
    return strlen(said);
}

static const struct encbench_workload workloads[] = {{
    .name = "said",
    .short_name = "said",
    .op = "one call",
    .bytes_per_op = 1,
    .batch_multiple_ops = 1,
    .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT,
    .setup = set_up_nothing,
    .run = run,
    .teardown = tear_down_nothing,
    .output = output,
}};

TEST_MODULE(OBJECTS_VARIANT);
