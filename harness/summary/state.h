/*
 * The state of the machine while a block ran. On a rented core another thread may share the core unseen (no steal time,
 * no switch): code that is bound by throughput then takes 1.5 to 2 times as long, code that waits for its own results
 * hardly any longer, so that even ratios between arms move. Pure.
 *
 * A probe of independent additions stands before and after every block. It is read in cycles of the dependent chain of
 * the same process, which a neighbour slows little (by 15 % where the probe takes 1.5 to 2 times as long) and the
 * core's frequency alike. What counts as fast is the fastest mode seen so far in the run, so that a process that was
 * wholly in the slow state is still known for it. Blocks are never dropped for their state.
 */
#ifndef ENCBENCH_STATE_H
#define ENCBENCH_STATE_H

#include "measure/measure.h"
#include "plan/plan.h"

enum state {
    STATE_UNKNOWN, /* the probes of a block disagree, or there is none */
    STATE_QUIET,
    STATE_SHARED,
    STATE_COUNT,
};
extern const char *const state_words[STATE_COUNT]; /* "" for unknown, as CSV has it */
enum state state_of_word(const char *word);        /* STATE_UNKNOWN for any other */

/* A probe slower than the fastest mode by more than this is that of a shared core: halfway, in ratio, to the least
 * slowdown seen of 1.5; the probe itself scatters by 2 %. */
#define STATE_SHARED_RATIO MEASURE_STATE_RATIO
/* The fast mode of a process, of its chain and of its probes, is this quantile of its blocks. With 5 %, and the chain
 * of each block for itself, blocks of a busy machine in which the chain had met a neighbour and the probes had not made
 * it 12 % too fast. */
#define STATE_FAST_QUANTILE 0.25
/* States that were told apart by a mode slower than the run's fastest by more than this are not believed: the fast one
 * had not been seen then. */
#define STATE_FASTEST_TOLERANCE 1.1
/* So much of a process must be in one state for the process to be wholly in it: what trimming leaves. */
#define STATE_WHOLLY 0.8

/* Fills in `state` of all blocks. `*fastest_cycles`: length of a probe in the fastest mode of the run so far, in
 * cycles, 0 before the first; lowered when this process had a faster one. False when memory is short: all states are
 * unknown then. */
bool state_classify(const struct plan_cell *cell, struct measure_block *blocks, size_t block_count,
                    double *fastest_cycles);

/* The state of a process as a whole from its kept blocks and those of them in either state; unknown when it had both or
 * neither. `blocks_min`: as many make a figure of their own. */
enum state state_of_process(uint32_t blocks_kept, uint32_t blocks_quiet, uint32_t blocks_shared, uint32_t blocks_min);

#endif
