/*
 * A module as a user would have it: two workloads, one slower by SLOW additions in a chain, and data of its own,
 * without which it is not set up. NAME names the variant.
 */
#include "test_module.h"

#include <stdio.h>

static struct {
    uint64_t sum;
} self;

static int set_up_with_data(struct encbench_host *host, uint64_t seed, void **state, char *message,
                            size_t message_bytes)
{
    char path[4096];
    (void)seed;
    snprintf(path, sizeof path, "%s/words.txt", host->data_directory);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        snprintf(message, message_bytes, "no words in the data directory");
        return 1;
    }
    fclose(file);
    self.sum = 0;
    *state = host;
    return 0;
}

static uint64_t add(unsigned count, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        for (unsigned j = 0; j < count; j++)
            __asm__ volatile("" : "+r"(self.sum) : : "memory");
    return n * sizeof self.sum;
}

static uint64_t run_short(void *state, unsigned thread, uint64_t n)
{
    (void)state, (void)thread;
    return add(20 + SLOW, n);
}

static uint64_t run_long(void *state, unsigned thread, uint64_t n)
{
    (void)state, (void)thread;
    return add(200 + SLOW, n);
}

#define WORKLOAD(own_name, function)                                                                                   \
    {                                                                                                                  \
        .name = own_name ":of=nothing", .short_name = own_name, .op = "a chain", .bytes_per_op = sizeof self.sum,      \
        .batch_multiple_ops = 1, .threads_max = 1, .flags = ENCBENCH_TIMED | ENCBENCH_EXACT, .digest = digest_of_seed, \
        .setup = set_up_with_data, .run = function, .teardown = tear_down_nothing,                                     \
    }

static const struct encbench_workload workloads[] = {
    WORKLOAD("a_chain_with_a_name_that_takes_its_room", run_long),
    WORKLOAD("chain", run_short),
};

TEST_MODULE(NAME);
