#include "summary/state.h"

#include "kernels/kernels.h"
#include "stats/stats.h"

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

/* The faster of the chain's two batches in a block: what interrupts one of them seldom interrupts both. */
static double chain_ns(size_t chain, const struct measure_block *block)
{
    double fastest_ns = INFINITY;
    for (size_t slot = 0; slot < block->slot_count; slot++)
        if (block->slot_arm[slot] == chain)
            fastest_ns = fmin(fastest_ns, (double)block->elapsed_ns[slot]);
    return fastest_ns;
}

/* Length of a cycle in the process; NaN when the chain was not there. */
static double cycle_ns(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                       double *scratch)
{
    const size_t chain = plan_arm_index(cell, CHAIN_VARIANT);
    size_t count = 0;
    if (chain == cell->arm_count || cell->arms[chain].iterations == 0)
        return NAN;
    for (size_t b = 0; b < block_count; b++)
        if (!blocks[b].dropped && blocks[b].purpose != MEASURE_LINEARITY && isfinite(chain_ns(chain, &blocks[b])))
            scratch[count++] = chain_ns(chain, &blocks[b]);
    return stats_quantile(scratch, count, STATE_FAST_QUANTILE) /
           ((double)cell->arms[chain].iterations * CHAIN_CYCLES_PER_OP);
}

/* The probes of a process in its fast mode; NaN when there were none. */
static double fast_probe_ns(const struct measure_block *blocks, size_t block_count, double *scratch)
{
    size_t count = 0;
    for (size_t b = 0; b < block_count; b++)
        if (!blocks[b].dropped && blocks[b].probe_ns[0] > 0 && blocks[b].probe_ns[1] > 0)
            scratch[count++] = fmin(blocks[b].probe_ns[0], blocks[b].probe_ns[1]);
    return stats_quantile(scratch, count, STATE_FAST_QUANTILE);
}

static enum state state_of_block(const struct measure_block *block, double limit_ns)
{
    unsigned slow = 0;
    for (size_t i = 0; i < MEASURE_PROBES; i++) {
        if (block->probe_ns[i] == 0 || !(limit_ns > 0))
            return STATE_UNKNOWN;
        slow += block->probe_ns[i] > limit_ns;
    }
    return slow == 0 ? STATE_QUIET : slow == MEASURE_PROBES ? STATE_SHARED : STATE_UNKNOWN;
}

bool state_classify(const struct plan_cell *cell, struct measure_block *blocks, size_t block_count,
                    double *fastest_cycles)
{
    double *scratch = malloc((block_count + 1) * sizeof *scratch);
    const double one_ns = scratch ? cycle_ns(cell, blocks, block_count, scratch) : NAN;
    const double cycles = scratch ? fast_probe_ns(blocks, block_count, scratch) / one_ns : NAN;
    if (cycles > 0 && (*fastest_cycles <= 0 || cycles < *fastest_cycles))
        *fastest_cycles = cycles;
    for (size_t b = 0; b < block_count; b++)
        blocks[b].state = (uint8_t)state_of_block(&blocks[b], STATE_SHARED_RATIO * *fastest_cycles * one_ns);
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
