#include "summary.h"

#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Mean ns per op of each arm in a block: the mean of its two mirrored batches. */
static void arm_times(const struct plan_cell *cell, const struct measure_block *block, double *ns_per_op)
{
    for (size_t i = 0; i < cell->arm_count; i++)
        ns_per_op[i] = 0;
    for (size_t slot = 0; slot < 2 * cell->arm_count; slot++) {
        const size_t arm = block->slot_arm[slot];
        ns_per_op[arm] += (double)block->elapsed_ns[slot] / (2.0 * (double)cell->arms[arm].iterations);
    }
}

/* Adds to each arm where in the block its batches were, by the clock: 0.5 for all when they are mirrored. */
static void add_positions(const struct plan_cell *cell, const struct measure_block *block, double *positions)
{
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (size_t slot = 0; slot < 2 * cell->arm_count; slot++) {
        first_ns = block->centre_ns[slot] < first_ns ? block->centre_ns[slot] : first_ns;
        last_ns = block->centre_ns[slot] > last_ns ? block->centre_ns[slot] : last_ns;
    }
    const double span_ns = last_ns > first_ns ? (double)(last_ns - first_ns) : NAN;
    for (size_t slot = 0; slot < 2 * cell->arm_count; slot++)
        positions[block->slot_arm[slot]] += (double)(block->centre_ns[slot] - first_ns) / (2 * span_ns);
}

static void contrast_of_blocks(const struct plan_cell *cell, const struct plan_contrast *contrast, const double *times,
                               size_t count, double *difference, double *log_ratio)
{
    for (size_t b = 0; b < count; b++) {
        difference[b] = log_ratio[b] = 0;
        for (size_t i = 0; i < cell->arm_count; i++)
            if (contrast->weights[i] != 0) {
                difference[b] += contrast->weights[i] * times[b * MEASURE_ARMS_MAX + i];
                log_ratio[b] += contrast->weights[i] * log(times[b * MEASURE_ARMS_MAX + i]);
            }
    }
}

static void summarise_contrast(const struct plan_cell *cell, const struct plan_contrast *contrast, const double *times,
                               size_t kept, double *difference, double *log_ratio, struct summary_contrast *result)
{
    contrast_of_blocks(cell, contrast, times, kept, difference, log_ratio);
    result->difference_ns = stats_trimmed_mean(difference, kept, SUMMARY_TRIM);
    result->log_ratio = stats_trimmed_mean(log_ratio, kept, SUMMARY_TRIM);
    result->plain_mean_ns = stats_mean(difference, kept);
    result->plain_mean_log_ratio = stats_mean(log_ratio, kept);
    const size_t batches =
        kept / SUMMARY_BATCH_BLOCKS_MIN < SUMMARY_BATCHES ? kept / SUMMARY_BATCH_BLOCKS_MIN : SUMMARY_BATCHES;
    result->block_standard_error_ns = stats_batch_standard_error(difference, kept, batches, SUMMARY_TRIM);
}

/* The times of the blocks in one state; how many there are. */
static size_t choose_state(const uint8_t *states, size_t kept, enum state state, const double *times, double *chosen)
{
    size_t count = 0;
    for (size_t b = 0; b < kept; b++)
        if (states[b] == state)
            memcpy(&chosen[count++ * MEASURE_ARMS_MAX], &times[b * MEASURE_ARMS_MAX], MEASURE_ARMS_MAX * sizeof *times);
    return count;
}

/* Where the process is wholly in one state, its contrasts are that state's. */
static void summarise_state(const struct plan_cell *cell, enum state state, const double *times, size_t count,
                            double *difference, double *log_ratio, struct summary *summary)
{
    summary->by_state[state] =
        count >= SUMMARY_BLOCKS_MIN && state_of_process(summary->blocks_kept, summary->blocks_in[STATE_QUIET],
                                                        summary->blocks_in[STATE_SHARED], SUMMARY_BLOCKS_MIN) != state;
    for (size_t c = 0; summary->by_state[state] && c < cell->contrast_count; c++) {
        contrast_of_blocks(cell, &cell->contrasts[c], times, count, difference, log_ratio);
        summary->state_contrasts[state][c] = (struct summary_state_contrast){
            stats_trimmed_mean(difference, count, SUMMARY_TRIM), stats_trimmed_mean(log_ratio, count, SUMMARY_TRIM)};
    }
}

int64_t summary_blocks_least(int64_t planned)
{
    return planned < 2 * SUMMARY_BLOCKS_MIN ? SUMMARY_LONG_BLOCKS_MIN : SUMMARY_BLOCKS_MIN;
}

bool summary_of_blocks(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                       struct summary *summary)
{
    *summary = (struct summary){0};
    double *times = malloc((block_count + 1) * MEASURE_ARMS_MAX * sizeof *times);
    double *difference = malloc((block_count + 1) * sizeof *difference);
    double *log_ratio = malloc((block_count + 1) * sizeof *log_ratio);
    double *chosen = malloc((block_count + 1) * MEASURE_ARMS_MAX * sizeof *chosen);
    uint8_t *states = malloc(block_count + 1);
    const bool enough_memory = times && difference && log_ratio && chosen && states;
    size_t kept = 0;
    bool clock_moved = true;
    for (size_t b = 0; enough_memory && b < block_count; b++) {
        if (blocks[b].dropped)
            continue;
        arm_times(cell, &blocks[b], &times[kept * MEASURE_ARMS_MAX]);
        for (size_t i = 0; i < cell->arm_count; i++)
            clock_moved &= times[kept * MEASURE_ARMS_MAX + i] > 0;
        add_positions(cell, &blocks[b], summary->mean_position);
        summary->blocks_in[blocks[b].state]++;
        states[kept++] = blocks[b].state;
    }
    summary->blocks_kept = (uint32_t)kept;
    summary->blocks_dropped = (uint32_t)(block_count - kept);
    summary->valid = enough_memory && clock_moved && (int64_t)kept >= summary_blocks_least(cell->blocks);
    for (size_t i = 0; summary->valid && i < cell->arm_count; i++) {
        for (size_t b = 0; b < kept; b++)
            difference[b] = times[b * MEASURE_ARMS_MAX + i];
        summary->time_ns_per_op[i] = stats_trimmed_mean(difference, kept, SUMMARY_TRIM);
        summary->plain_mean_ns_per_op[i] = stats_mean(difference, kept);
        summary->mean_position[i] /= (double)kept;
    }
    for (size_t c = 0; summary->valid && c < cell->contrast_count; c++)
        summarise_contrast(cell, &cell->contrasts[c], times, kept, difference, log_ratio, &summary->contrasts[c]);
    for (enum state state = STATE_QUIET; summary->valid && state < STATE_COUNT; state++)
        summarise_state(cell, state, chosen, choose_state(states, kept, state, times, chosen), difference, log_ratio,
                        summary);
    free(chosen);
    free(states);
    free(times);
    free(difference);
    free(log_ratio);
    return enough_memory;
}
