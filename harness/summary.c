#include "summary.h"

#include "stats.h"

#include <math.h>
#include <stdlib.h>

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

static void summarise_contrast(const struct plan_cell *cell, const struct plan_contrast *contrast, const double *times,
                               size_t kept, double *difference, double *log_ratio, struct summary_contrast *result)
{
    for (size_t b = 0; b < kept; b++) {
        difference[b] = log_ratio[b] = 0;
        for (size_t i = 0; i < cell->arm_count; i++)
            if (contrast->weights[i] != 0) {
                difference[b] += contrast->weights[i] * times[b * MEASURE_ARMS_MAX + i];
                log_ratio[b] += contrast->weights[i] * log(times[b * MEASURE_ARMS_MAX + i]);
            }
    }
    result->difference_ns = stats_trimmed_mean(difference, kept, SUMMARY_TRIM);
    result->log_ratio = stats_trimmed_mean(log_ratio, kept, SUMMARY_TRIM);
    result->plain_mean_ns = stats_mean(difference, kept);
    result->plain_mean_log_ratio = stats_mean(log_ratio, kept);
    const size_t batches =
        kept / SUMMARY_BATCH_BLOCKS_MIN < SUMMARY_BATCHES ? kept / SUMMARY_BATCH_BLOCKS_MIN : SUMMARY_BATCHES;
    result->block_standard_error_ns = stats_batch_standard_error(difference, kept, batches, SUMMARY_TRIM);
}

size_t summary_blocks_least(size_t block_count)
{
    return block_count < 2 * SUMMARY_BLOCKS_MIN ? SUMMARY_LONG_BLOCKS_MIN : SUMMARY_BLOCKS_MIN;
}

bool summary_of_blocks(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                       struct summary *summary)
{
    *summary = (struct summary){0};
    double *times = malloc((block_count + 1) * MEASURE_ARMS_MAX * sizeof *times);
    double *difference = malloc((block_count + 1) * sizeof *difference);
    double *log_ratio = malloc((block_count + 1) * sizeof *log_ratio);
    const bool enough_memory = times && difference && log_ratio;
    size_t kept = 0;
    bool clock_moved = true;
    for (size_t b = 0; enough_memory && b < block_count; b++) {
        if (blocks[b].dropped)
            continue;
        arm_times(cell, &blocks[b], &times[kept * MEASURE_ARMS_MAX]);
        for (size_t i = 0; i < cell->arm_count; i++)
            clock_moved &= times[kept * MEASURE_ARMS_MAX + i] > 0;
        kept++;
    }
    summary->blocks_kept = (uint32_t)kept;
    summary->blocks_dropped = (uint32_t)(block_count - kept);
    summary->valid = enough_memory && clock_moved && kept >= summary_blocks_least(block_count);
    for (size_t i = 0; summary->valid && i < cell->arm_count; i++) {
        for (size_t b = 0; b < kept; b++)
            difference[b] = times[b * MEASURE_ARMS_MAX + i];
        summary->time_ns_per_op[i] = stats_trimmed_mean(difference, kept, SUMMARY_TRIM);
        summary->plain_mean_ns_per_op[i] = stats_mean(difference, kept);
    }
    for (size_t c = 0; summary->valid && c < cell->contrast_count; c++)
        summarise_contrast(cell, &cell->contrasts[c], times, kept, difference, log_ratio, &summary->contrasts[c]);
    free(times);
    free(difference);
    free(log_ratio);
    return enough_memory;
}
