/*
 * Counts the instructions that a function executes, exactly, without a PMU: the processor is made to trap after every
 * instruction. Two sources of traps, one way of counting (step_record.h):
 *
 * STEP_TRAP_FLAG (x86-64): the trap flag and a SIGTRAP handler in the same process.
 * STEP_PTRACE: PTRACE_SINGLESTEP from the parent of a forked copy of the process. Any architecture; 10 times slower.
 *
 * A step of the trap flag leaves a virtual machine (11 us each on the VM this was written on, 35 us on others); a
 * breakpoint does not (1-2 us). So under STEP_TRAP_FLAG a run of instructions without a branch is stepped through once;
 * from then on a breakpoint stands on the branch that ends it, the run is crossed at full speed and its known length is
 * added. The direct branches and the common indirect ones are followed by the handler itself. `every` turns all that
 * off and steps through every instruction each time: the same counts, 50 times slower; the test compares them.
 *
 * A repeated string instruction (which traps at every iteration) counts as one, a system call as the one instruction
 * that it is. What runs inside the shared ranges, and what that calls, is counted beside: nothing is assumed about what
 * its count depends on.
 *
 * One use at a time in a process, single-threaded; the handler calls nothing outside this program, because breakpoints
 * may stand anywhere in libc. Not supported: code that reads its own bytes or the trap flag (pushf).
 */
#ifndef ENCBENCH_STEP_H
#define ENCBENCH_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Two sessions (n and 2n ops) whose executions are kept apart. */
enum { STEP_SESSIONS = 2 };

enum step_source { STEP_TRAP_FLAG, STEP_PTRACE };

/* "trap flag", "ptrace" */
const char *step_source_name(enum step_source source);

struct step_range {
    uintptr_t low, high; /* [low, high) */
};

struct step_options {
    enum step_source source;
    bool every;
    const struct step_range *shared;
    size_t shared_count;
    uint64_t traps_max; /* a session that needs more is given up */
};

struct step_count {
    uint64_t instructions;
    uint64_t shared; /* of them in the shared ranges or called from there */
    uint64_t traps;
};

typedef uint64_t step_function(void *state, unsigned thread, uint64_t n);

/* Options are borrowed until the process ends. False: `reason` says why there can be no count here. */
bool step_open(const struct step_options *options, char *reason, size_t reason_bytes);

/* Runs function(state, 0, n) to its end and adds to *count what was executed (a constant more, the same for every n).
 * False: `reason`; the function has been run to its end all the same. */
bool step_run(unsigned session, step_function *function, void *state, uint64_t n, uint64_t *bytes,
              struct step_count *count, char *reason, size_t reason_bytes);

/* Every executed instruction, once for each run of instructions that it was part of. */
void step_visit(void (*visit)(void *context, uintptr_t address, const uint64_t executions[STEP_SESSIONS]),
                void *context);

#endif
