/*
 * A stranger's module for the end-to-end test, wrong in one way chosen at compile time:
 * STRANGE_ABI another ABI version, STRANGE_NAME a variant name that is not legal, STRANGE_DIGEST another output than
 * the rest, STRANGE_BYTES fewer bytes than promised, STRANGE_SETUP a setup that fails, STRANGE_CRASH a crash in the op,
 * STRANGE_HANG a constructor that never returns, STRANGE_STUCK a setup that never does, STRANGE_PRINT prints wherever
 * it can, STRANGE_FREE an op that takes no time, STRANGE_INPUT bytes of input, STRANGE_LATE ends the process in the op
 * with status 127, but only where it is set up many times: when timed, STRANGE_SOMETIMES the same in some layouts:
 * where the code lies that far into a page or less, of 4096 bytes, STRANGE_MANY crashes behind so many ops in one
 * process, STRANGE_FORK leaves children behind, STRANGE_HIDDEN needs what nobody has. STRANGE_OP another `op`,
 * STRANGE_FIELDS and STRANGE_STRUCTURE_BYTES a structure, STRANGE_METRICS names of figures of its own, STRANGE_PLANTED
 * cycles. With none of them it is a good one.
 */
#include "module.h"

#ifndef STRANGE_OP
#define STRANGE_OP "40 dependent additions"
#endif
#ifdef STRANGE_FIELDS
static const struct encbench_field fields[] = {STRANGE_FIELDS};
#ifndef STRANGE_STRUCTURE_BYTES
#define STRANGE_STRUCTURE_BYTES 16
#endif
#endif
#ifndef STRANGE_PLANTED
#define STRANGE_PLANTED 0
#endif

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#ifndef STRANGE_INPUT
#define STRANGE_INPUT 0
#endif

static int setups;

#ifdef STRANGE_HIDDEN
__attribute__((visibility("hidden"))) extern int nobody_has_this;
#endif

#if defined STRANGE_HANG || defined STRANGE_PRINT || defined STRANGE_FORK
__attribute__((constructor)) static void when_loaded(void)
{
#ifdef STRANGE_HANG
    for (;;)
        pause();
#endif
#ifdef STRANGE_PRINT
    printf("variant\tprinted\nend\n");
    fflush(stdout);
#endif
#ifdef STRANGE_FORK
    if (fork() == 0) {
        execlp("sleep", "sleep", STRANGE_FORK, (char *)NULL);
        _exit(1);
    }
#endif
}
#endif

static uint64_t digest(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    return seed + STRANGE_DIGEST;
}

static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)host;
    (void)seed;
    *state = NULL;
    setups++;
#ifdef STRANGE_HIDDEN
    setups += nobody_has_this;
#endif
#ifdef STRANGE_STUCK
    for (;;)
        pause();
#endif
    snprintf(message, message_bytes, "no luck today");
    return STRANGE_SETUP;
}

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    uint64_t value = thread;
#ifdef STRANGE_FREE
    return n * 16;
#endif
#ifdef STRANGE_LATE
    if (setups > 2)
        _exit(127);
#endif
#ifdef STRANGE_SOMETIMES
    if (setups > 2 && (uintptr_t)digest % 4096 <= STRANGE_SOMETIMES)
        _exit(127);
#endif
#ifdef STRANGE_MANY
    static uint64_t done;
    if ((done += n) > STRANGE_MANY)
        raise(SIGSEGV);
#endif
#ifdef STRANGE_PRINT
    printf("a line of a module\n");
#endif
    for (uint64_t i = 0; i < n; i++)
        ENCBENCH_DEPENDENT_ADDS(value, 40);
    if (STRANGE_CRASH)
        *(volatile int *)state = 1;
    return n * (16 - STRANGE_BYTES);
}

static void teardown(void *state)
{
    (void)state;
}

#ifdef STRANGE_METRICS
#ifndef STRANGE_METRIC_VALUE
#define STRANGE_METRIC_VALUE 1
#endif
static size_t metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *found)
{
    static const char *const names[] = {STRANGE_METRICS};
    const size_t count = sizeof names / sizeof names[0];
    (void)host;
    (void)seed;
    for (size_t i = 0; i < count; i++)
        found[i] = (struct encbench_metric){names[i], STRANGE_METRIC_VALUE};
    return count;
}
#endif

static const struct encbench_workload workloads[] = {{
    .name = "adds:count=40",
    .short_name = "adds",
    .op = STRANGE_OP,
    .bytes_per_op = 16,
    .input_bytes = STRANGE_INPUT,
    .batch_multiple_ops = 1,
    .rewarm_ops = 2,
    .threads_max = 1,
    .planted_cycles_per_op = STRANGE_PLANTED,
#ifdef STRANGE_METRICS
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_COUNTED,
    .metrics = metrics,
#else
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT,
#endif
    .digest = digest,
    .setup = setup,
    .run = run,
    .teardown = teardown,
}};

ENCBENCH_EXPORT extern const struct encbench_module encbench_module;
const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION + STRANGE_ABI,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .workload_count = 1,
    .variant = STRANGE_NAME,
#ifdef STRANGE_FIELDS
    .field_count = sizeof fields / sizeof fields[0],
    .structure = "strange",
    .fields = fields,
#endif
#ifdef STRANGE_STRUCTURE_BYTES
    .structure_bytes = STRANGE_STRUCTURE_BYTES,
#endif
    .workloads = workloads,
};
