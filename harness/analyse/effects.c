#include "analyse/analysis.h"
#include "base/words.h"
#include "schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const clock_arms[] = {"chain", "chain_planted", "chain_multiply"};

/* ---- samples ---- */

static int samples_allocate(struct analyse_samples *samples, size_t capacity, struct error *error)
{
    *samples = (struct analyse_samples){0};
    double *block = calloc(8 * capacity + 1, sizeof *block);
    samples->process = calloc(capacity + 1, sizeof *samples->process);
    samples->row = calloc(capacity + 1, sizeof *samples->row);
    samples->value = block;
    if (!block || !samples->process || !samples->row)
        return error_out_of_memory(error);
    samples->plain = block + capacity;
    samples->log_ratio = block + 2 * capacity;
    samples->plain_log_ratio = block + 3 * capacity;
    samples->standard_error = block + 4 * capacity;
    samples->block_noise = block + 5 * capacity;
    samples->heap = block + 6 * capacity;
    samples->shared = block + 7 * capacity;
    return 0;
}

void analyse_samples_free(struct analyse_samples *samples)
{
    free(samples->value);
    free(samples->process);
    free(samples->row);
    *samples = (struct analyse_samples){0};
}

/* One value a process: a second row would count a process twice. */
static int samples_claim(struct analyse_samples *samples, const struct analyse_process *process,
                         const struct csv_data *table, size_t row, struct error *error)
{
    for (size_t i = 0; i < samples->count; i++)
        if (samples->process[i] == process)
            return error_set(error, EXIT_USAGE, "%s:%zu: process %lld has this row twice; expected it once",
                             table->path, row + 2, (long long)process->id);
    samples->row[samples->count] = row;
    samples->process[samples->count++] = process;
    return 0;
}

int analyse_samples_of_contrast(const struct analyse_data *data, size_t panel, size_t workload, const char *contrast,
                                struct analyse_samples *samples, struct error *error)
{
    const struct csv_data *rows = &data->contrasts;
    if (samples_allocate(samples, analyse_cell_processes(data, panel, workload, true), error) != 0)
        return error->code;
    for (size_t row = 0; row < rows->row_count; row++) {
        if (strcmp(csv_text(rows, row, SCHEMA_contrasts_contrast), contrast) != 0)
            continue;
        const struct analyse_process *process =
            analyse_data_process(data, csv_integer(rows, row, SCHEMA_contrasts_process));
        if (!process->ok || process->panel != panel || process->workload != workload)
            continue;
        size_t i = samples->count;
        if (samples_claim(samples, process, rows, row, error) != 0)
            return error->code;
        samples->value[i] = csv_number(rows, row, SCHEMA_contrasts_difference_ns);
        samples->plain[i] = csv_number(rows, row, SCHEMA_contrasts_plain_mean_ns);
        samples->log_ratio[i] = csv_number(rows, row, SCHEMA_contrasts_log_ratio);
        samples->plain_log_ratio[i] = csv_number(rows, row, SCHEMA_contrasts_plain_mean_log_ratio);
        samples->standard_error[i] = csv_number(rows, row, SCHEMA_contrasts_block_standard_error_ns);
        samples->block_noise[i] = csv_number(rows, row, SCHEMA_contrasts_block_noise_standard_error_ns);
        samples->heap[i] = csv_number(rows, row, SCHEMA_contrasts_heap_standard_error_ns);
        samples->shared[i] = process->shared_share;
    }
    return 0;
}

static int samples_of_arm(const struct analyse_data *data, struct analyse_level *level, struct error *error)
{
    const struct csv_data *rows = &data->processes;
    struct analyse_samples *samples = &level->samples;
    if (samples_allocate(samples, analyse_cell_processes(data, level->panel, level->workload, true), error) != 0)
        return error->code;
    for (size_t row = 0; row < rows->row_count; row++) {
        if (strcmp(csv_text(rows, row, SCHEMA_processes_arm), level->arm) != 0)
            continue;
        const struct analyse_process *process =
            analyse_data_process(data, csv_integer(rows, row, SCHEMA_processes_process));
        if (!process->ok || process->panel != level->panel || process->workload != level->workload)
            continue;
        size_t i = samples->count;
        if (samples_claim(samples, process, rows, row, error) != 0)
            return error->code;
        samples->value[i] = csv_number(rows, row, SCHEMA_processes_time_ns_per_op);
        samples->plain[i] = csv_number(rows, row, SCHEMA_processes_plain_mean_ns_per_op);
        if (strcmp(csv_text(rows, row, SCHEMA_processes_layout), "single") == 0)
            level->single_layout = true;
    }
    return 0;
}

/* ---- collecting ---- */

static bool is_clock_arm(const char *arm)
{
    for (size_t i = 0; i < sizeof clock_arms / sizeof clock_arms[0]; i++)
        if (strcmp(arm, clock_arms[i]) == 0)
            return true;
    return false;
}

/* Appends the arms of a cell in the order in which they first appear. */
static int collect_levels(struct analyse_effects *effects, const struct analyse_data *data, size_t panel,
                          size_t workload, struct error *error)
{
    const struct csv_data *rows = &data->processes;
    size_t first = effects->level_count;
    for (size_t row = 0; row < rows->row_count; row++) {
        const struct analyse_process *process =
            analyse_data_process(data, csv_integer(rows, row, SCHEMA_processes_process));
        if (!process->ok || process->panel != panel || process->workload != workload)
            continue;
        const char *arm = csv_text(rows, row, SCHEMA_processes_arm);
        bool known = false;
        for (size_t i = first; i < effects->level_count && !known; i++)
            known = strcmp(effects->level[i].arm, arm) == 0;
        if (known)
            continue;
        struct analyse_level *grown = realloc(effects->level, (effects->level_count + 1) * sizeof *grown);
        if (!grown)
            return error_out_of_memory(error);
        effects->level = grown;
        struct analyse_level *level = &effects->level[effects->level_count++];
        *level = (struct analyse_level){.panel = panel,
                                        .workload = workload,
                                        .arm = arm,
                                        .variant = csv_text(rows, row, SCHEMA_processes_variant),
                                        .role = csv_text(rows, row, SCHEMA_processes_role)};
        if (samples_of_arm(data, level, error) != 0)
            return error->code;
    }
    return 0;
}

/* Whether an arm of the cell that takes part in the contrast had one layout only. */
static bool has_single_layout(const struct analyse_effects *effects, const struct analyse_effect *effect)
{
    for (size_t i = 0; i < effects->level_count; i++) {
        const struct analyse_level *level = &effects->level[i];
        bool compared = words_has(effect->baseline, level->variant) || words_has(effect->contender, level->variant);
        if (level->panel == effect->panel && level->workload == effect->workload && !is_clock_arm(level->arm) &&
            compared && level->single_layout)
            return true;
    }
    return false;
}

static int collect_effects(struct analyse_effects *effects, const struct analyse_data *data, size_t panel,
                           size_t workload, struct error *error)
{
    const struct csv_data *panels = &data->panels;
    for (size_t row = 0; row < panels->row_count; row++) {
        if (strcmp(csv_text(panels, row, SCHEMA_panels_panel), data->panel_names[panel]) != 0)
            continue;
        struct analyse_effect effect = {.panel = panel,
                                        .workload = workload,
                                        .row = row,
                                        .contrast = csv_text(panels, row, SCHEMA_panels_contrast),
                                        .kind = csv_text(panels, row, SCHEMA_panels_kind),
                                        .baseline = csv_text(panels, row, SCHEMA_panels_baseline),
                                        .contender = csv_text(panels, row, SCHEMA_panels_contender)};
        int code = analyse_samples_of_contrast(data, panel, workload, effect.contrast, &effect.samples, error);
        struct analyse_effect *grown = realloc(effects->effect, (effects->effect_count + 1) * sizeof *grown);
        if (grown)
            effects->effect = grown;
        if (code != 0 || !grown || effect.samples.count == 0) {
            analyse_samples_free(&effect.samples);
            if (code != 0 || !grown)
                return error_out_of_memory(error);
            continue;
        }
        effect.single_layout = has_single_layout(effects, &effect);
        effect.identical =
            strcmp(effect.kind, "pair") == 0 &&
            analyse_pair_is_identical(data, effect.baseline, effect.contender, analyse_workload_name(data, workload));
        effects->effect[effects->effect_count++] = effect;
    }
    return 0;
}

/* What the planted chain has more than the chain; nothing when no process of the cell has both. */
static int collect_clock(struct analyse_effects *effects, const struct analyse_data *data, size_t panel,
                         size_t workload, struct error *error)
{
    struct analyse_effect clock = {
        .panel = panel, .workload = workload, .row = ANALYSE_NONE, .contrast = "chain_planted", .kind = "clock"};
    int code = analyse_samples_of_contrast(data, panel, workload, clock.contrast, &clock.samples, error);
    struct analyse_effect *grown = realloc(effects->clock, (effects->clock_count + 1) * sizeof *grown);
    if (grown)
        effects->clock = grown;
    if (code == 0 && grown && clock.samples.count > 0) {
        effects->clock[effects->clock_count++] = clock;
        return 0;
    }
    analyse_samples_free(&clock.samples);
    return code == 0 && !grown ? error_out_of_memory(error) : code;
}

int analyse_effects_collect(struct analyse_effects *effects, const struct analyse_data *data, struct error *error)
{
    *effects = (struct analyse_effects){0};
    for (size_t panel = 0; panel < data->panel_count; panel++)
        for (size_t workload = 0; workload < data->workloads.row_count; workload++) {
            if (analyse_cell_processes(data, panel, workload, true) == 0)
                continue;
            if (collect_levels(effects, data, panel, workload, error) != 0 ||
                collect_effects(effects, data, panel, workload, error) != 0 ||
                collect_clock(effects, data, panel, workload, error) != 0 ||
                analyse_linearity_collect(effects, data, panel, workload, error) != 0)
                return error->code;
        }
    return 0;
}

void analyse_effects_free(struct analyse_effects *effects)
{
    for (size_t i = 0; i < effects->effect_count; i++)
        analyse_samples_free(&effects->effect[i].samples);
    for (size_t i = 0; i < effects->clock_count; i++)
        analyse_samples_free(&effects->clock[i].samples);
    for (size_t i = 0; i < effects->level_count; i++)
        analyse_samples_free(&effects->level[i].samples);
    for (size_t i = 0; i < effects->linearity_count; i++)
        analyse_linearity_free(&effects->linearity[i]);
    free(effects->effect);
    free(effects->clock);
    free(effects->linearity);
    free(effects->level);
    *effects = (struct analyse_effects){0};
}

/* ---- evidence ---- */

static bool lists_have(const char *const lists[2], const char *variant)
{
    return words_has(lists[0], variant) || words_has(lists[1], variant);
}

static bool has_twin(const struct analyse_effects *effects, size_t panel, size_t workload, const char *variant)
{
    for (size_t i = 0; i < effects->effect_count; i++) {
        const struct analyse_effect *twin = &effects->effect[i];
        if (twin->panel == panel && twin->workload == workload && strcmp(twin->kind, "twin") == 0 &&
            strcmp(twin->baseline, variant) == 0)
            return true;
    }
    return false;
}

/*
 * Worst ends over the twins on a workload: those of a variant in `lists`, or all when `lists` is NULL. NaN when there
 * is none. A twin that ran in the very processes of `panel` stands for its variant alone: those of other panels add
 * nothing but the width of their shorter measurement (at the profile default, 20 processes of 200 ms beside 64 of 500
 * ms: a bound of 0.17 % where the twin in the same processes stays within 0.04 %).
 */
static struct stats_interval worst_twins(const struct analyse_effects *effects, size_t panel, size_t workload,
                                         const char *const lists[2], enum verdict_scale scale, double alpha)
{
    struct stats_interval worst = {NAN, NAN};
    for (size_t i = 0; i < effects->effect_count; i++) {
        const struct analyse_effect *twin = &effects->effect[i];
        if (twin->workload != workload || strcmp(twin->kind, "twin") != 0 ||
            (lists && !lists_have(lists, twin->baseline)) ||
            (twin->panel != panel && has_twin(effects, panel, workload, twin->baseline)))
            continue;
        const double *values = scale == VERDICT_ABSOLUTE ? twin->samples.value : twin->samples.log_ratio;
        struct stats_interval one =
            verdict_interval_to_unit(scale == VERDICT_ABSOLUTE ? VERDICT_ABSOLUTE : VERDICT_RELATIVE, false,
                                     stats_signed_rank_interval(values, twin->samples.count, alpha, NULL));
        worst.low = fmin(worst.low, one.low); /* fmin passes over NaN */
        worst.high = fmax(worst.high, one.high);
    }
    return worst;
}

static struct stats_interval twins_of(const struct analyse_effects *effects, size_t panel, size_t workload,
                                      const char *const lists[2], enum verdict_scale scale, double alpha)
{
    struct stats_interval own = worst_twins(effects, panel, workload, lists, scale, alpha);
    return isnan(own.low) ? worst_twins(effects, panel, workload, NULL, scale, alpha) : own;
}

struct verdict_evidence analyse_effect_evidence(const struct analyse_effects *effects,
                                                const struct analyse_effect *effect, enum verdict_scale scale,
                                                bool reversed, double alpha)
{
    const struct analyse_samples *samples = &effect->samples;
    const char *const lists[2] = {effect->baseline, effect->contender};
    bool absolute = scale == VERDICT_ABSOLUTE;
    struct verdict_evidence evidence;
    verdict_evidence_build(&evidence, absolute ? samples->value : samples->log_ratio,
                           absolute ? samples->plain : samples->plain_log_ratio, samples->count, scale, reversed,
                           alpha);
    evidence.twin = twins_of(effects, effect->panel, effect->workload, lists, scale, alpha);
    evidence.single_layout = effect->single_layout;
    /* What one scale does not resolve the other does not either: of a constant difference the ratio still varies with
     * the level. */
    evidence.no_spread |= verdict_no_spread(absolute ? samples->log_ratio : samples->value, samples->count,
                                            absolute ? VERDICT_RELATIVE : VERDICT_ABSOLUTE);
    return evidence;
}

struct verdict_evidence analyse_level_evidence(const struct analyse_effects *effects, const struct analyse_level *level,
                                               double alpha)
{
    const char *const lists[2] = {level->variant, ""};
    struct verdict_evidence evidence;
    verdict_evidence_build(&evidence, level->samples.value, level->samples.plain, level->samples.count,
                           VERDICT_ABSOLUTE, false, alpha);
    evidence.twin = twins_of(effects, level->panel, level->workload, lists, VERDICT_ABSOLUTE, alpha);
    evidence.single_layout = level->single_layout;
    return evidence;
}
