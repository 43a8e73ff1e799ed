/*
 * What was executed while an op was stepped through, whatever made it trap: the trap flag (step_trap_flag.c) or ptrace
 * (step_ptrace.c). Both enter, record and execute blocks here, so that a count means the same from either.
 *
 * A block is a run of instructions that follow each other without a branch, and the branch that ends it; or one
 * instruction. Calls nothing and allocates only in step_record_open: it is used in a signal handler while breakpoints
 * may stand anywhere in libc.
 */
#ifndef ENCBENCH_STEP_RECORD_H
#define ENCBENCH_STEP_RECORD_H

#include "step/step.h"

enum {
    STEP_BLOCKS_LOG2 = 15,
    STEP_BLOCKS = 1 << STEP_BLOCKS_LOG2, /* half of them can be used */
    STEP_ADDRESSES = 1 << 18,            /* of instructions, over all blocks */
};

struct step_block {
    uintptr_t start;           /* 0: free */
    uint32_t first, count;     /* in `addresses`; the branch is the last */
    bool crossable;            /* step_trap_flag.c: a breakpoint stands on the branch while a session runs ... */
    unsigned char branch_byte; /* ... and this stood there */
    uint64_t executions[STEP_SESSIONS];
};

struct step_record {
    const struct step_options *options;
    unsigned session;
    struct step_count count;
    struct step_block *blocks; /* STEP_BLOCKS of them; by hash of `start` */
    size_t block_count;
    uintptr_t *addresses;
    size_t address_count;
    size_t recorded; /* addresses[address_count ... + recorded) belong to the block that is not closed yet */
    bool in_shared;  /* since a call at stack pointer shared_stack */
    uintptr_t shared_stack;
};

/* False with errno when there is no memory. Mapped, never freed: a worker steps one op in its life. */
bool step_record_open(struct step_record *record, const struct step_options *options);

/* A session begins: counts start at 0. */
void step_record_begin(struct step_record *record, unsigned session);

/* The block that starts there, or the free place for it. Execution goes on at `start` with that stack pointer. */
struct step_block *step_record_enter(struct step_record *record, uintptr_t start, uintptr_t stack);

/* Appends an instruction to a block that is not closed yet; false when the table is full. */
bool step_record_add(struct step_record *record, uintptr_t address);
/* Makes what was appended the block that starts at `start`; false when the table is full. */
bool step_record_close(struct step_record *record, struct step_block *block, uintptr_t start);

/* All of the block was executed once. */
void step_record_execute(struct step_record *record, struct step_block *block);

#endif
