#include "summary/summary.h"

#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rounds that a batch is measured in. */
static double rounds_of(const struct plan_cell *cell, const struct plan_arm *arm, uint64_t iterations)
{
    const uint64_t round_ops = arm->role == PLAN_CLOCK ? 0 : cell->state == MEASURE_COLD ? 1 : cell->ladder.round_ops;
    return round_ops > 0 ? (double)((iterations + round_ops - 1) / round_ops) : 1;
}

/* ns per op of one batch, without what its rounds cost beside their ops. */
static double batch_ns_per_op(const struct plan_cell *cell, const struct measure_block *block, size_t slot,
                              double reading_ns)
{
    const struct plan_arm *arm = &cell->arms[block->slot_arm[slot]];
    const uint64_t iterations = plan_iterations(arm, block->size);
    return ((double)block->elapsed_ns[slot] - reading_ns * rounds_of(cell, arm, iterations)) / (double)iterations;
}

/* Mean ns per op of each arm in a block: the mean of its two mirrored batches; NaN of an arm that it does not have. */
static void arm_times(const struct plan_cell *cell, const struct measure_block *block, double reading_ns,
                      double *ns_per_op)
{
    for (size_t i = 0; i < cell->arm_count; i++)
        ns_per_op[i] = NAN;
    for (size_t slot = 0; slot < block->slot_count; slot++) {
        const size_t i = block->slot_arm[slot];
        ns_per_op[i] = (isnan(ns_per_op[i]) ? 0 : ns_per_op[i]) + batch_ns_per_op(cell, block, slot, reading_ns) / 2;
    }
}

/* Adds to each arm where in the block its batches were, by the clock: 0.5 for all when they are mirrored. */
static void add_positions(const struct measure_block *block, double *positions)
{
    uint64_t first_ns = UINT64_MAX, last_ns = 0;
    for (size_t slot = 0; slot < block->slot_count; slot++) {
        first_ns = block->centre_ns[slot] < first_ns ? block->centre_ns[slot] : first_ns;
        last_ns = block->centre_ns[slot] > last_ns ? block->centre_ns[slot] : last_ns;
    }
    const double span_ns = last_ns > first_ns ? (double)(last_ns - first_ns) : NAN;
    for (size_t slot = 0; slot < block->slot_count; slot++)
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

/* What each block adds to the trimmed mean: the value, no further out than the first that is kept, over the share that
 * is kept. */
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

/* How many blocks of a purpose share a heap; those of the clock arms stand evenly between the others. */
static uint32_t epoch_blocks_of(const struct plan_cell *cell, enum measure_purpose purpose, size_t block_count)
{
    const uint32_t planned = purpose == MEASURE_CLOCK ? cell->clock_blocks : cell->blocks;
    return measure_epoch_blocks(planned > 0 ? planned : (uint32_t)block_count,
                                cell->epochs ? cell->epochs : PLAN_EPOCHS);
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

static bool is_of_clock(const struct plan_cell *cell, const struct plan_contrast *contrast);
static bool is_in(const struct plan_cell *cell, enum measure_purpose purpose, bool of_clock);

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
        if (!is_in(cell, MEASURE_EFFECT, is_of_clock(cell, &cell->contrasts[c])))
            continue;
        contrast_of_blocks(cell, &cell->contrasts[c], times, count, difference, log_ratio);
        summary->state_contrasts[state][c] =
            (struct summary_state_contrast){true, stats_trimmed_mean(difference, count, SUMMARY_TRIM),
                                            stats_trimmed_mean(log_ratio, count, SUMMARY_TRIM)};
    }
}

int64_t summary_blocks_least(int64_t planned)
{
    return planned < 2 * SUMMARY_BLOCKS_MIN ? SUMMARY_LONG_BLOCKS_MIN : SUMMARY_BLOCKS_MIN;
}

/* ---- clock arms with blocks of their own ---- */

static bool is_of_clock(const struct plan_cell *cell, const struct plan_contrast *contrast)
{
    for (size_t i = 0; i < cell->arm_count; i++)
        if (contrast->weights[i] != 0 && cell->arms[i].role == PLAN_CLOCK)
            return true;
    return false;
}

/* Whether an arm or contrast is measured by blocks of this purpose. */
static bool is_in(const struct plan_cell *cell, enum measure_purpose purpose, bool of_clock)
{
    return cell->clock_blocks == 0 ? purpose == MEASURE_EFFECT : of_clock == (purpose == MEASURE_CLOCK);
}

/* ---- linearity ---- */

/*
 * ns per op of each arm by the faster of its two batches in a block. What a hypervisor takes (30 to 50 us, seen every
 * few milliseconds) falls into a batch of 2n twice as often as into one of n: of their means a third of the blocks were
 * hit, more than trimming takes, and processes scattered by 1.7 % where the middle half of them was within 0.5. It
 * seldom hits both. The same of the clock arms, whose batches are shorter than what is taken.
 */
static void fastest_times(const struct plan_cell *cell, const struct measure_block *block, double reading_ns,
                          double *ns_per_op)
{
    for (size_t i = 0; i < cell->arm_count; i++)
        ns_per_op[i] = NAN;
    for (size_t slot = 0; slot < block->slot_count; slot++) {
        const size_t i = block->slot_arm[slot];
        ns_per_op[i] =
            fmin(ns_per_op[i], batch_ns_per_op(cell, block, slot, reading_ns)); /* of NaN and a number: the number */
    }
}

/* Of one arm; `scratch` has room for four numbers a block. */
static void summarise_linearity(const struct plan_cell *cell, size_t arm, uint8_t size,
                                const struct measure_block *blocks, size_t block_count, double reading_ns,
                                double *scratch, struct summary_linearity *result)
{
    double *values = scratch, *others = scratch + block_count, *changes = scratch + 2 * block_count,
           *logs = scratch + 3 * block_count;
    size_t count = 0;
    for (size_t b = 0; b + MEASURE_SIZES <= block_count; b += MEASURE_SIZES) {
        double times[MEASURE_ARMS_MAX], others_ns[MEASURE_ARMS_MAX];
        if (!measure_linearity_counts(&blocks[b]))
            continue;
        fastest_times(cell, &blocks[b], reading_ns, times);
        fastest_times(cell, &blocks[b + size], reading_ns, others_ns);
        if (!(times[arm] > 0 && others_ns[arm] > 0))
            continue; /* a block of other arms, or not of this size */
        values[count] = times[arm];
        others[count] = others_ns[arm];
        changes[count] = others[count] - values[count];
        logs[count] = log(others[count] / values[count]);
        count++;
    }
    *result = (struct summary_linearity){.there = count > 0, .blocks = (uint32_t)count};
    if (count == 0)
        return;
    result->value_ns = stats_trimmed_mean(values, count, SUMMARY_LINEARITY_TRIM);
    result->other_ns = stats_trimmed_mean(others, count, SUMMARY_LINEARITY_TRIM);
    result->change_ns = stats_trimmed_mean(changes, count, SUMMARY_LINEARITY_TRIM);
    result->change_log = stats_trimmed_mean(logs, count, SUMMARY_LINEARITY_TRIM);
    result->standard_error_ns = stats_standard_deviation(changes, count) / sqrt((double)count);
    result->standard_error_log = stats_standard_deviation(logs, count) / sqrt((double)count);
}

/* From its arms: each is compared with itself, so that blocks need not be the same. */
static void combine_linearity(const struct plan_cell *cell, const struct plan_contrast *contrast, size_t size,
                              const struct summary *summary, struct summary_linearity *result)
{
    struct summary_linearity whole = {.there = true, .blocks = UINT32_MAX};
    double variance_ns = 0, variance_log = 0;
    for (size_t i = 0; i < cell->arm_count; i++) {
        const struct summary_linearity *arm = &summary->linear_arms[i][size];
        const double weight = contrast->weights[i];
        if (weight == 0)
            continue;
        whole.there = whole.there && arm->there;
        whole.value_ns += weight * arm->value_ns;
        whole.other_ns += weight * arm->other_ns;
        whole.change_ns += weight * arm->change_ns;
        whole.change_log += weight * arm->change_log;
        variance_ns += weight * weight * arm->standard_error_ns * arm->standard_error_ns;
        variance_log += weight * weight * arm->standard_error_log * arm->standard_error_log;
        whole.blocks = arm->blocks < whole.blocks ? arm->blocks : whole.blocks;
    }
    whole.standard_error_ns = sqrt(variance_ns);
    whole.standard_error_log = sqrt(variance_log);
    *result = whole.there ? whole : (struct summary_linearity){0};
}

static void summarise_sizes(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                            double reading_ns, double *scratch, struct summary *summary)
{
    for (size_t b = 0; b + MEASURE_SIZES <= block_count; b += MEASURE_SIZES)
        summary->linearity_blocks_kept += measure_linearity_counts(&blocks[b]);
    for (uint8_t size = 1; size < MEASURE_SIZES; size++) {
        for (size_t i = 0; i < cell->arm_count; i++)
            if (cell->arms[i].role != PLAN_CLOCK)
                summarise_linearity(cell, i, size, blocks, block_count, reading_ns, scratch,
                                    &summary->linear_arms[i][size - 1]);
        for (size_t c = 0; c < cell->contrast_count; c++)
            if (!is_of_clock(cell, &cell->contrasts[c]))
                combine_linearity(cell, &cell->contrasts[c], size - 1, summary,
                                  &summary->linear_contrasts[c][size - 1]);
    }
}

/* ---- the whole ---- */

/* What a summary is made with; each has room for all blocks. */
struct room {
    double *times, *difference, *log_ratio, *chosen;
    uint8_t *states;
    uint32_t *epoch; /* of each kept block */
};

static bool room_make(struct room *room, size_t block_count)
{
    *room = (struct room){.times = malloc((block_count + 1) * MEASURE_ARMS_MAX * sizeof(double)),
                          .difference = malloc((block_count + 1) * sizeof(double)),
                          .log_ratio = malloc((block_count + 1) * sizeof(double)),
                          .chosen = malloc((block_count + 1) * MEASURE_ARMS_MAX * sizeof(double)),
                          .states = malloc(block_count + 1),
                          .epoch = malloc((block_count + 1) * sizeof(uint32_t))};
    return room->epoch && room->times && room->difference && room->log_ratio && room->chosen && room->states;
}

static void room_free(struct room *room)
{
    free(room->times);
    free(room->difference);
    free(room->log_ratio);
    free(room->chosen);
    free(room->states);
    free(room->epoch);
}

/* Kept blocks of a purpose: their times and states; false when a batch took no time at all. */
static bool take_blocks(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                        enum measure_purpose purpose, double reading_ns, struct room *room, struct summary *summary,
                        size_t *kept, size_t *dropped)
{
    const uint32_t epoch_blocks = epoch_blocks_of(cell, purpose, block_count);
    bool clock_moved = true;
    uint32_t number = 0;
    *kept = *dropped = 0;
    for (size_t b = 0; b < block_count; b++) {
        double *times = &room->times[*kept * MEASURE_ARMS_MAX];
        if (blocks[b].purpose != purpose)
            continue;
        room->epoch[*kept] = number++ / epoch_blocks;
        if (blocks[b].dropped) {
            ++*dropped;
            continue;
        }
        (purpose == MEASURE_CLOCK ? fastest_times : arm_times)(cell, &blocks[b], reading_ns, times);
        for (size_t i = 0; i < cell->arm_count; i++)
            clock_moved &= !(times[i] <= 0);
        add_positions(&blocks[b], summary->mean_position);
        room->states[(*kept)++] = blocks[b].state;
    }
    return clock_moved;
}

static void summarise_purpose(const struct plan_cell *cell, enum measure_purpose purpose, struct room *room,
                              size_t kept, struct summary *summary)
{
    for (size_t i = 0; i < cell->arm_count; i++) {
        if (!is_in(cell, purpose, cell->arms[i].role == PLAN_CLOCK))
            continue;
        for (size_t b = 0; b < kept; b++)
            room->difference[b] = room->times[b * MEASURE_ARMS_MAX + i];
        summary->time_ns_per_op[i] = stats_trimmed_mean(room->difference, kept, SUMMARY_TRIM);
        summary->plain_mean_ns_per_op[i] = stats_mean(room->difference, kept);
        summary->mean_position[i] /= (double)kept;
    }
    for (size_t c = 0; c < cell->contrast_count; c++)
        if (is_in(cell, purpose, is_of_clock(cell, &cell->contrasts[c])))
            summarise_contrast(cell, &cell->contrasts[c], room->times, room->epoch, kept, room->difference,
                               room->log_ratio, &summary->contrasts[c]);
}

static void summarise_clock(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                            double reading_ns, struct room *room, struct summary *summary)
{
    size_t kept, dropped;
    summary->valid &= take_blocks(cell, blocks, block_count, MEASURE_CLOCK, reading_ns, room, summary, &kept, &dropped);
    summary->clock_blocks_kept = (uint32_t)kept;
    summary->valid &= kept >= SUMMARY_LONG_BLOCKS_MIN;
    if (summary->valid)
        summarise_purpose(cell, MEASURE_CLOCK, room, kept, summary);
}

static size_t first_of(const struct measure_block *blocks, size_t block_count, enum measure_purpose purpose)
{
    size_t first = 0;
    while (first < block_count && blocks[first].purpose != purpose)
        first++;
    return first;
}

bool summary_of_blocks(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                       double reading_ns, struct summary *summary)
{
    struct room room;
    size_t kept = 0, dropped = 0;
    *summary = (struct summary){0};
    const bool enough_memory = room_make(&room, block_count);
    const bool clock_moved = enough_memory && take_blocks(cell, blocks, block_count, MEASURE_EFFECT, reading_ns, &room,
                                                          summary, &kept, &dropped);
    summary->blocks_kept = (uint32_t)kept;
    summary->blocks_dropped = (uint32_t)dropped;
    for (size_t b = 0; b < kept; b++)
        summary->blocks_in[room.states[b]]++;
    summary->valid = clock_moved && (int64_t)kept >= summary_blocks_least(cell->blocks);
    if (summary->valid)
        summarise_purpose(cell, MEASURE_EFFECT, &room, kept, summary);
    for (enum state state = STATE_QUIET; summary->valid && state < STATE_COUNT; state++)
        summarise_state(cell, state, room.chosen, choose_state(room.states, kept, state, room.times, room.chosen),
                        room.difference, room.log_ratio, summary);
    if (summary->valid && cell->clock_blocks > 0)
        summarise_clock(cell, blocks, block_count, reading_ns, &room, summary);
    const size_t linearity = first_of(blocks, block_count, MEASURE_LINEARITY);
    if (summary->valid)
        summarise_sizes(cell, &blocks[linearity], block_count - linearity, reading_ns, room.times, summary);
    room_free(&room);
    return enough_memory;
}

/* ---- threads ---- */

/* ns per op of an arm in a block, by the mean of its two batches: of thread `thread`, or of all together when there are
 * no more. */
static double thread_ns_per_op(const struct plan_cell *cell, const struct measure_block *block,
                               const struct measure_thread_times *times, size_t arm, size_t thread, double reading_ns)
{
    const double ops = (double)cell->arms[arm].iterations * (thread < cell->threads ? 1 : cell->threads),
                 readings_ns = reading_ns * rounds_of(cell, &cell->arms[arm], cell->arms[arm].iterations);
    double sum = 0;
    for (size_t slot = 0; slot < block->slot_count; slot++)
        if (block->slot_arm[slot] == arm)
            sum += (double)(thread < cell->threads ? times->own_ns[slot][thread] : times->span_ns[slot]) - readings_ns;
    return sum / 2 / ops;
}

bool summary_of_threads(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                        double reading_ns, const struct measure_thread_times *times, struct summary *summary)
{
    double *values = malloc((block_count + 1) * sizeof *values);
    if (times == NULL || values == NULL) {
        free(values);
        return times == NULL;
    }
    summary->threads = cell->threads;
    summary->thread_times = times;
    for (size_t arm = 0; arm < plan_real_arms(cell); arm++)
        for (size_t thread = 0; thread <= cell->threads; thread++) {
            size_t kept = 0;
            for (size_t b = 0; b < block_count && blocks[b].purpose == MEASURE_EFFECT; b++)
                if (!blocks[b].dropped)
                    values[kept++] = thread_ns_per_op(cell, &blocks[b], &times[b], arm, thread, reading_ns);
            const double mean = stats_trimmed_mean(values, kept, SUMMARY_TRIM);
            if (thread < cell->threads)
                summary->thread_ns_per_op[arm][thread] = mean;
            else
                summary->total_ns_per_op[arm] = mean;
        }
    free(values);
    return true;
}
