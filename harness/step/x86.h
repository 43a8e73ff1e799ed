/*
 * The few instructions of x86-64 that a stepper must know.
 */
#ifndef ENCBENCH_STEP_X86_H
#define ENCBENCH_STEP_X86_H

#include <stdbool.h>
#include <stdint.h>

enum { STEP_X86_BYTES_MAX = 15 }; /* of an instruction */

enum step_x86_kind {
    STEP_X86_PLAIN,
    STEP_X86_BRANCH,
    STEP_X86_REPEATED,    /* string instruction: traps at every iteration */
    STEP_X86_SYSTEM_CALL, /* under the trap flag the kernel comes back without a trap until the next instruction is
                             done, too */
};

struct step_x86 {
    enum step_x86_kind kind;
    unsigned prefix_bytes; /* REX included */
    unsigned opcode;
    unsigned bytes; /* of a repeated instruction or a system call */
    bool unusual;   /* prefixes that step_trap_flag.c does not follow a branch with */
    bool rex_b;
};

/* The instruction at an address of this process; `first_byte` is what a breakpoint there hides, -1 without one. Calls
 * nothing. */
struct step_x86 step_x86_decode(uintptr_t address, int first_byte);

#endif
