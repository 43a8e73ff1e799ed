#include "calibrate/internal.h"

#include "base/process.h"
#include "base/progress.h"
#include "base/random.h"
#include "schema.h"
#include "summary/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNK = 14,        /* processes linked together and recorded together: what an interruption may lose */
    CHUNK_PRECISE = 2, /* of half a second each */
    FAILED_MAX = 5,    /* workers of a case that fail before one ends well: it will not get better */
};
/* Layouts of sets have numbers of their own, beyond those of processes and pilots. */
#define SET_FIRST (1ull << 33)
#define SET_SPAN  (1ull << 16)

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct chunk {
    size_t kase, count;
    int64_t set; /* -1: fresh layouts */
    double link_s_per_process;
    struct launch_layouts *linked, drawn; /* `drawn`: of one process from a set */
    size_t linked_count;
};

/* The case that has had least of its share. */
static size_t next_case(const struct calibrate_campaign *campaign)
{
    size_t best = 0;
    for (size_t c = 1; c < campaign->cases->count; c++)
        if (campaign->case_spent_s[c] / campaign->cases->cases[c].share <
            campaign->case_spent_s[best] / campaign->cases->cases[best].share)
            best = c;
    return best;
}

static int link_chunk(struct calibrate_campaign *campaign, struct chunk *chunk, struct error *error)
{
    const struct calibrate_case *kase = &campaign->cases->cases[chunk->kase];
    const bool in_sets = kase->set_processes > 0;
    const double start_s = now_s();
    chunk->count = in_sets ? kase->set_processes : kase->purpose == CALIBRATE_PRECISE ? CHUNK_PRECISE : CHUNK;
    chunk->set = in_sets ? campaign->next_set++ : -1;
    chunk->linked_count = in_sets ? kase->set_layouts : chunk->count;
    const uint64_t first = in_sets ? SET_FIRST + (uint64_t)chunk->set * SET_SPAN : (uint64_t)campaign->next_process;
    if ((chunk->linked = calloc(chunk->linked_count, sizeof *chunk->linked)) == NULL)
        return error_out_of_memory(error);
    launch_link_all(campaign->launch, kase->cell, first, chunk->linked_count, campaign->seed, chunk->linked, error);
    chunk->link_s_per_process = (now_s() - start_s) / (double)chunk->count;
    return error->code;
}

/* Layouts of one process: its own, or every arm's drawn from the set with replacement. */
static const struct launch_layouts *layouts_of(const struct calibrate_campaign *campaign, struct chunk *chunk,
                                               size_t index)
{
    const struct plan_cell *cell = campaign->cases->cases[chunk->kase].cell;
    if (chunk->set < 0)
        return &chunk->linked[index];
    struct random_stream stream =
        random_stream_of(campaign->seed, RANDOM_LAYOUT, (uint64_t)campaign->next_process, UINT64_MAX);
    size_t from = 0;
    for (size_t a = 0; a < cell->arm_count; a++) {
        if (a <= cell->first_shared)
            from = random_below(&stream, chunk->linked_count);
        memcpy(chunk->drawn.files[a], chunk->linked[from].files[a], sizeof chunk->drawn.files[a]);
    }
    chunk->drawn.count = cell->arm_count;
    return &chunk->drawn;
}

static void put_sizes(const struct calibrate_case *kase, const struct summary *summary, size_t pair,
                      struct calibrate_row *row)
{
    const struct summary_linearity *of[CALIBRATE_SIZES];
    for (size_t size = 0; size < MEASURE_SIZES - 1; size++) {
        of[CALIBRATE_LEVEL_DOUBLE + size] = &summary->linear_arms[kase->pairs[pair].baseline_arm][size];
        of[CALIBRATE_CONTRAST_DOUBLE + size] = &summary->linear_contrasts[pair][size];
    }
    for (size_t i = 0; i < CALIBRATE_SIZES; i++) {
        row->size_change[i] = of[i]->there ? of[i]->change_log : NAN;
        row->size_error[i] = of[i]->there ? of[i]->standard_error_log : NAN;
        row->size_blocks[i] = of[i]->blocks;
    }
}

static void put_process(struct csv_writer *writer, const struct calibrate_campaign *campaign, const struct chunk *chunk,
                        const struct summary *summary, double wall_ms, const char *reason)
{
    const struct calibrate_case *kase = &campaign->cases->cases[chunk->kase];
    const struct summary_contrast *cycle = &summary->contrasts[kase->pair_count];
    for (size_t p = 0; p < kase->pair_count; p++) {
        const struct summary_contrast *contrast = &summary->contrasts[p];
        struct calibrate_row row = {
            .process = campaign->next_process,
            .set = chunk->set,
            .kase = chunk->kase,
            .pair = p,
            .baseline_ns = summary->time_ns_per_op[kase->pairs[p].baseline_arm],
            .contender_ns = summary->time_ns_per_op[kase->pairs[p].contender_arm],
            .difference_ns = contrast->difference_ns,
            .log_ratio = contrast->log_ratio,
            .plain_ns = contrast->plain_mean_ns,
            .plain_log_ratio = contrast->plain_mean_log_ratio,
            .standard_error_ns = contrast->block_standard_error_ns,
            .cycle_ns = cycle->difference_ns,
            .plain_cycle_ns = cycle->plain_mean_ns,
            .wall_ms = wall_ms,
            .blocks_kept = summary->blocks_kept,
            .ok = reason == NULL,
            .reason = reason,
        };
        put_sizes(kase, summary, p, &row);
        calibrate_put_row(writer, &row);
    }
}

/* How the processes of a case ended in this call. */
struct ends {
    size_t ok, failed;
};

static int run_process(struct calibrate_campaign *campaign, struct chunk *chunk, size_t index,
                       struct csv_writer *writer, struct ends *ends, struct error *error)
{
    const struct calibrate_case *kase = &campaign->cases->cases[chunk->kase];
    struct launch_measured measured;
    struct summary summary;
    const double start_s = now_s();
    if (launch_measure(campaign->launch, kase->cell, (uint64_t)campaign->next_process, campaign->seed,
                       layouts_of(campaign, chunk, index), &measured, error) != 0)
        return error->code;
    /* By our own user, whose Ctrl-C reaches the worker too: not a result, not even a void one. */
    const bool interrupted = measured.stopped || (measured.void_reason[0] && process_stop_requested());
    if (measured.faulty && !interrupted) { /* not void: what crashes in some layouts would be judged from the others */
        error_set(error, EXIT_USAGE, "%s: process %" PRId64 " (%s): %s; what was measured is kept", campaign->directory,
                  campaign->next_process, kase->pairs[0].contender, measured.void_reason);
    } else if (!interrupted) {
        if (!summary_of_blocks(kase->cell, measured.blocks, measured.block_count, measured.reading_ns, &summary))
            error_out_of_memory(error);
        const char *reason = measured.void_reason[0] ? measured.void_reason
                             : summary.valid         ? NULL
                                                     : "too few blocks kept";
        put_process(writer, campaign, chunk, &summary, 1e3 * (now_s() - start_s + chunk->link_s_per_process), reason);
        campaign->next_process++;
        ends->ok += reason == NULL;
        ends->failed += measured.void_reason[0] != '\0';
        if (ends->ok == 0 && ends->failed >= FAILED_MAX)
            error_set(error, EXIT_UNFIT, "%s: all processes of %s are void: %s; what was measured is kept",
                      campaign->directory, kase->pairs[0].contender, reason);
    }
    launch_measured_free(&measured);
    return error->code;
}

/* A set that the budget ends would be no trial: it is measured whole. So is the first chunk, or a small budget gives
 * nothing. */
static bool stop_here(const struct calibrate_campaign *campaign, const struct chunk *chunk, double start_s)
{
    const bool whole = chunk->set >= 0 || campaign->chunks == 0;
    return process_stop_requested() || (!whole && campaign->spent_s + now_s() - start_s >= campaign->budget_s);
}

static int run_chunk(struct calibrate_campaign *campaign, struct csv_writer *writer, struct ends *ends,
                     struct error *error)
{
    struct chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL)
        return error_out_of_memory(error);
    const double start_s = now_s();
    chunk->kase = next_case(campaign);
    if (link_chunk(campaign, chunk, error) == 0)
        for (size_t i = 0; i < chunk->count && error->code == 0 && !stop_here(campaign, chunk, start_s); i++)
            run_process(campaign, chunk, i, writer, &ends[chunk->kase], error);
    if (chunk->linked)
        launch_unlink_round(chunk->linked, chunk->linked_count);
    campaign->case_spent_s[chunk->kase] += now_s() - start_s;
    campaign->spent_s += now_s() - start_s;
    campaign->chunks++;
    free(chunk->linked);
    free(chunk);
    struct error flushing = {0}; /* what was measured is recorded, whatever ended it */
    if (csv_writer_flush(writer, &flushing) != 0 && error->code == 0)
        *error = flushing;
    return error->code;
}

int calibrate_campaign_run(struct calibrate_campaign *campaign, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer = NULL;
    struct progress progress;
    struct ends ends[CALIBRATE_CASES_MAX] = {{0}};
    if (paths_join(path, campaign->directory, schema_calibration_processes.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_calibration_processes, access(path, F_OK) == 0 ? CSV_APPEND : CSV_CREATE,
                        error) != 0)
        return error->code;
    progress_start(&progress, "calibrating, seconds", (size_t)campaign->budget_s, campaign->quiet);
    while ((campaign->chunks == 0 || campaign->spent_s < campaign->budget_s) && !process_stop_requested() &&
           error->code == 0) {
        run_chunk(campaign, writer, ends, error);
        while (progress.done < progress.total && (double)progress.done + 1 <= campaign->spent_s)
            progress_step(&progress);
    }
    progress_end(&progress);
    struct error closing = {0};
    if (csv_writer_close(writer, &closing) != 0 && error->code == 0)
        *error = closing;
    return error->code;
}
