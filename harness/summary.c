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

/* ---- what varies within a process ---- */

/* What each block adds to the trimmed mean: the value, no further out than the first that is kept, over the share that is kept. */
static void clip_as_trimmed(const double *values, size_t count, double *clipped)
{
    const double cut = floor(SUMMARY_TRIM * (double)count), last = fmax(1, (double)count - 1);
    const double low = stats_quantile(values, count, cut / last), high = stats_quantile(values, count, 1 - cut / last);
    for (size_t b = 0; b < count; b++)
        clipped[b] = fmin(fmax(values[b], low), high) / (1 - 2 * cut / (double)count);
}

static double mean_square(const double *values, size_t count, double about)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (values[i] - about) * (values[i] - about);
    return sum / (double)count;
}

/* Of the differences of halves: about their mean, since the first half may always be the colder one. */
static double variance_of_halves(const double *halves, size_t count)
{
    return count < 3 ? mean_square(halves, count, 0)
                     : mean_square(halves, count, stats_mean(halves, count)) * (double)count / (double)(count - 1);
}

/* `clipped` of the kept blocks in order, `epoch` that each is in. */
static void split_within(const double *clipped, const uint32_t *epoch, size_t kept, struct summary_contrast *result)
{
    double halves[PLAN_EPOCHS], steps[PLAN_EPOCHS], last = NAN;
    size_t epochs = 0;
    for (size_t first = 0, end; first < kept; first = end) {
        for (end = first; end < kept && epoch[end] == epoch[first];)
            end++;
        if (end - first < 2 || epochs == PLAN_EPOCHS) /* one block has no halves */
            continue;
        const size_t middle = first + (end - first) / 2;
        const double one = stats_mean(&clipped[first], middle - first);
        const double other = stats_mean(&clipped[middle], end - middle);
        halves[epochs] = other - one;
        steps[epochs++] = (one + other) / 2 - last;
        last = (one + other) / 2;
    }
    result->block_noise_standard_error_ns = result->heap_standard_error_ns = NAN;
    if (epochs < 2)
        return;
    const double noise = variance_of_halves(halves, epochs) / 4, both = mean_square(&steps[1], epochs - 1, 0) / 2;
    result->block_noise_standard_error_ns = sqrt(noise / (double)epochs);
    result->heap_standard_error_ns = sqrt(fmax(0, both - noise) / (double)epochs);
}

/* The epoch of each kept block. */
static void find_epochs(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                        uint32_t *epoch)
{
    const uint32_t planned = cell->blocks > 0 ? cell->blocks : (uint32_t)block_count;
    const uint32_t epoch_blocks = measure_epoch_blocks(planned, cell->epochs ? cell->epochs : PLAN_EPOCHS);
    for (size_t b = 0, kept = 0; b < block_count; b++)
        if (!blocks[b].dropped)
            epoch[kept++] = (uint32_t)b / epoch_blocks;
}

static void summarise_contrast(const struct plan_cell *cell, const struct plan_contrast *contrast, const double *times,
                               const uint32_t *epoch, size_t kept, double *difference, double *log_ratio,
                               struct summary_contrast *result)
{
    contrast_of_blocks(cell, contrast, times, kept, difference, log_ratio);
    result->difference_ns = stats_trimmed_mean(difference, kept, SUMMARY_TRIM);
    result->log_ratio = stats_trimmed_mean(log_ratio, kept, SUMMARY_TRIM);
    result->plain_mean_ns = stats_mean(difference, kept);
    result->plain_mean_log_ratio = stats_mean(log_ratio, kept);
    const size_t batches =
        kept / SUMMARY_BATCH_BLOCKS_MIN < SUMMARY_BATCHES ? kept / SUMMARY_BATCH_BLOCKS_MIN : SUMMARY_BATCHES;
    result->block_standard_error_ns = stats_batch_standard_error(difference, kept, batches, SUMMARY_TRIM);
    clip_as_trimmed(difference, kept, log_ratio); /* which is no longer needed */
    split_within(log_ratio, epoch, kept, result);
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
    uint32_t *epoch = malloc((block_count + 1) * sizeof *epoch);
    const bool enough_memory = times && difference && log_ratio && chosen && states && epoch;
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
    if (enough_memory)
        find_epochs(cell, blocks, block_count, epoch);
    for (size_t c = 0; summary->valid && c < cell->contrast_count; c++)
        summarise_contrast(cell, &cell->contrasts[c], times, epoch, kept, difference, log_ratio,
                           &summary->contrasts[c]);
    for (enum state state = STATE_QUIET; summary->valid && state < STATE_COUNT; state++)
        summarise_state(cell, state, chosen, choose_state(states, kept, state, times, chosen), difference, log_ratio,
                        summary);
    free(chosen);
    free(states);
    free(epoch);
    free(times);
    free(difference);
    free(log_ratio);
    return enough_memory;
}
