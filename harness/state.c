#include "state.h"

#include "kernels/kernels.h"
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const state_words[STATE_COUNT] = {[STATE_UNKNOWN] = "", [STATE_QUIET] = "quiet", [STATE_SHARED] = "shared"};

enum state state_of_word(const char *word)
{
    for (enum state state = STATE_QUIET; state < STATE_COUNT; state++)
        if (strcmp(word, state_words[state]) == 0)
            return state;
    return STATE_UNKNOWN;
}

/* Length of a cycle in a block, by the faster of the chain's two batches: what interrupts one of them seldom interrupts both. NaN when
 * the chain was not there. */
static double cycle_ns(const struct plan_cell *cell, const struct measure_block *block)
{
    const size_t chain = plan_arm_index(cell, CHAIN_VARIANT);
    double fastest_ns = INFINITY;
    if (chain == cell->arm_count || cell->arms[chain].iterations == 0)
        return NAN;
    for (size_t slot = 0; slot < 2 * cell->arm_count; slot++)
        if (block->slot_arm[slot] == chain)
            fastest_ns = fmin(fastest_ns, (double)block->elapsed_ns[slot]);
    return fastest_ns / ((double)cell->arms[chain].iterations * CHAIN_CYCLES_PER_OP);
}

/* Both probes in cycles; NaN where there was none. */
static void probe_cycles(const struct plan_cell *cell, const struct measure_block *block,
                         double cycles[static MEASURE_PROBES])
{
    const double one_ns = cycle_ns(cell, block);
    for (size_t i = 0; i < MEASURE_PROBES; i++)
        cycles[i] = block->probe_ns[i] > 0 && one_ns > 0 ? block->probe_ns[i] / one_ns : NAN;
}

static double fastest_mode(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                           double *scratch)
{
    size_t count = 0;
    for (size_t b = 0; b < block_count; b++) {
        double cycles[MEASURE_PROBES];
        probe_cycles(cell, &blocks[b], cycles);
        if (!blocks[b].dropped && isfinite(cycles[0]) && isfinite(cycles[1]))
            scratch[count++] = fmin(cycles[0], cycles[1]);
    }
    return stats_quantile(scratch, count, STATE_FAST_QUANTILE);
}

static enum state state_of_block(const double cycles[static MEASURE_PROBES], double fastest)
{
    const double limit = STATE_SHARED_RATIO * fastest;
    if (cycles[0] <= limit && cycles[1] <= limit)
        return STATE_QUIET;
    if (cycles[0] > limit && cycles[1] > limit)
        return STATE_SHARED;
    return STATE_UNKNOWN;
}

bool state_classify(const struct plan_cell *cell, struct measure_block *blocks, size_t block_count,
                    double *fastest_cycles)
{
    double *scratch = malloc((block_count + 1) * sizeof *scratch);
    const double fastest = scratch ? fastest_mode(cell, blocks, block_count, scratch) : NAN;
    if (fastest > 0 && (*fastest_cycles <= 0 || fastest < *fastest_cycles))
        *fastest_cycles = fastest;
    for (size_t b = 0; b < block_count; b++) {
        double cycles[MEASURE_PROBES];
        probe_cycles(cell, &blocks[b], cycles);
        blocks[b].state = scratch ? (uint8_t)state_of_block(cycles, *fastest_cycles) : STATE_UNKNOWN;
    }
    free(scratch);
    return scratch != NULL;
}

enum state state_of_process(uint32_t blocks_kept, uint32_t blocks_quiet, uint32_t blocks_shared, uint32_t blocks_min)
{
    const double wholly = STATE_WHOLLY * blocks_kept;
    if (blocks_quiet >= blocks_min && blocks_quiet >= wholly && blocks_shared < blocks_min)
        return STATE_QUIET;
    if (blocks_shared >= blocks_min && blocks_shared >= wholly && blocks_quiet < blocks_min)
        return STATE_SHARED;
    return STATE_UNKNOWN;
}
