#include "step/step.h"

#include "step/engines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    bool (*open)(struct step_record *record, char *reason, size_t reason_bytes);
    bool (*run)(struct step_record *record, step_function *function, void *state, uint64_t n, uint64_t *bytes,
                char *reason, size_t reason_bytes);
} sources[] = {
    [STEP_TRAP_FLAG] = {"trap flag", step_trap_flag_open, step_trap_flag_run},
    [STEP_PTRACE] = {"ptrace", step_ptrace_open, step_ptrace_run},
};

static struct step_record record;

const char *step_source_name(enum step_source source)
{
    return sources[source].name;
}

__attribute__((noinline)) void step_end_of_session(void)
{
    __asm__ volatile("" ::: "memory");
}

static uint64_t do_nothing(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    __asm__ volatile("" ::: "memory");
    return n + thread;
}

/* Opened is what has counted something. */
bool step_open(const struct step_options *options, char *reason, size_t reason_bytes)
{
    struct step_count count = {0};
    uint64_t bytes = 0;
    if (!step_record_open(&record, options)) {
        snprintf(reason, reason_bytes, "no memory for the record: %s", strerror(errno));
        return false;
    }
    if (!sources[options->source].open(&record, reason, reason_bytes) ||
        !step_run(0, do_nothing, NULL, 1, &bytes, &count, reason, reason_bytes))
        return false;
    for (size_t i = 0; i < STEP_BLOCKS; i++)
        record.blocks[i].executions[0] = 0;
    return true;
}

bool step_run(unsigned session, step_function *function, void *state, uint64_t n, uint64_t *bytes,
              struct step_count *count, char *reason, size_t reason_bytes)
{
    step_record_begin(&record, session);
    const bool ok = sources[record.options->source].run(&record, function, state, n, bytes, reason, reason_bytes);
    count->instructions += record.count.instructions;
    count->shared += record.count.shared;
    count->traps += record.count.traps;
    return ok;
}

void step_visit(void (*visit)(void *context, uintptr_t address, const uint64_t executions[STEP_SESSIONS]),
                void *context)
{
    for (size_t i = 0; i < STEP_BLOCKS; i++) {
        const struct step_block *block = &record.blocks[i];
        for (size_t k = 0; block->start != 0 && k < block->count; k++)
            visit(context, record.addresses[block->first + k], block->executions);
    }
}
