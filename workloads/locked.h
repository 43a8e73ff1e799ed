/*
 * locked: one locked operation: the ruler for what a release protocol costs. One op: 1 added to a word in the cache,
 * sequentially consistent, that nobody else touches. Every variant's is the same code. Produces no bytes.
 */
#ifdef WORKLOAD_TABLE

{
    .name = "locked",
    .short_name = "locked",
    .op = "1 added to a word by one locked operation",
    .batch_multiple_ops = 1,
    .rewarm_ops = 16,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(128),
    .threads_max = 1,
    .flags = WORKLOAD_TIMED | ENCBENCH_EXACT,
    .digest = workload_idle_digest,
    .setup = workload_locked_setup,
    .run = workload_locked_run,
    .teardown = workload_locked_teardown,
},

#else

#include "workload.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static int workload_locked_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                 size_t message_bytes)
{
    _Atomic uint32_t *word = malloc(sizeof *word);

    (void)host;
    (void)seed;
    if (word == NULL) {
        snprintf(message, message_bytes, "locked: out of memory");
        return 1;
    }
    atomic_init(word, 0);
    *state = word;
    return 0;
}

static uint64_t workload_locked_run(void *state, unsigned thread, uint64_t n)
{
    _Atomic uint32_t *word = state;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        WORKLOAD_PLANT(word, 128);
        atomic_fetch_add(word, 1);
    }
    return 0;
}

static void workload_locked_teardown(void *state)
{
    free(state);
}

#endif
