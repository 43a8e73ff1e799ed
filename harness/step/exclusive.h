/*
 * Load-exclusive / store-exclusive sequences of aarch64. A trap between the two ends the exclusive access, so that a
 * sequence that is single-stepped fails and repeats for ever: it has to be crossed at full speed, to a breakpoint at
 * each of its ends.
 */
#ifndef ENCBENCH_STEP_EXCLUSIVE_H
#define ENCBENCH_STEP_EXCLUSIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STEP_EXCLUSIVE_INSTRUCTIONS_MAX = 16, STEP_EXCLUSIVE_EXITS_MAX = 4 };

struct step_exclusive {
    size_t count; /* instructions from the load to the store */
    struct {
        int64_t target;  /* instruction that it leads to, counted from the load: below 0 or at least `count` */
        size_t executed; /* instructions executed on this way out, the branch included */
    } exits[STEP_EXCLUSIVE_EXITS_MAX]; /* the first is behind the store */
    size_t exit_count;
};

/* Whether `code` starts a sequence that can be crossed: a load-exclusive, no calls or jumps, conditional branches only
 * out of it, a store-exclusive. Reads no word beyond the store. Pure, and the same on every machine. */
bool step_exclusive_find(const uint32_t *code, struct step_exclusive *sequence);

#endif
