#include "analyse/controls_internal.h"
#include "base/words.h"
#include "kernels/kernels.h"
#include "plan/panels.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_TOLERANCE 0.03
#define PLANTED_LEAST   0.5
#define PLANTED_MOST    1.5
enum { MULTIPLY_LATENCY_LEAST = 2, MULTIPLY_LATENCY_MOST = 6 };

/* Divides each value by the length of a cycle in its process, without processes that have no clock; the new count. */
static size_t to_cycles(double *cycles, const double *values, const struct analyse_samples *samples)
{
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) {
        double cycle_ns = samples->process[i]->chain_ns / CHAIN_CYCLES_PER_OP;
        if (cycle_ns > 0)
            cycles[count++] = values[i] / cycle_ns;
    }
    return count;
}

static struct stats_centre see(const double *values, size_t count)
{
    return stats_sign(values, count, CONTROL_ERROR);
}

static bool has_interval(struct analyse_control *control, struct stats_interval interval, size_t count)
{
    if (!isinf(interval.low))
        return true;
    snprintf(control->reason, sizeof control->reason, "%zu processes are too few for an interval at this confidence",
             count);
    return false;
}

/* ---- twins ---- */

static bool holds_zero(struct stats_interval interval)
{
    return interval.low <= 0 && interval.high >= 0;
}

static void judge_twin(struct check *check, struct analyse_control *control, const struct analyse_effect *twin)
{
    const struct analyse_samples *samples = &twin->samples;
    const double alpha =
        check->alpha_twin / 3; /* both scales decide parts, and the plain means can undo it: three tests a twin */
    const struct stats_interval interval = stats_signed_rank_interval(samples->value, samples->count, alpha, NULL);
    const struct stats_interval log_ratio = stats_signed_rank_interval(samples->log_ratio, samples->count, alpha, NULL);
    const struct stats_interval plain = stats_signed_rank_interval(samples->plain, samples->count, alpha, NULL);
    control_see(control, stats_hodges_lehmann(samples->value, samples->count), interval);
    if (isinf(interval.low) || isinf(log_ratio.low) || isinf(plain.low)) {
        snprintf(control->reason, sizeof control->reason,
                 "%zu processes are too few for an interval at this confidence", samples->count);
        return;
    }
    const bool absolute = holds_zero(interval), relative = holds_zero(log_ratio);
    /* Copies that differ by the very same in most processes, 0 among it, would be a noise floor of nothing. */
    if (absolute && relative && holds_zero(plain) &&
        (verdict_no_spread(samples->value, samples->count, VERDICT_ABSOLUTE) ||
         verdict_no_spread(samples->log_ratio, samples->count, VERDICT_RELATIVE))) {
        snprintf(control->reason, sizeof control->reason, "%s (%s): the clock does not resolve what copies differ by",
                 verdict_cause_brief(VERDICT_NO_SPREAD), twin->contrast);
        return;
    }
    control->status = absolute && relative && holds_zero(plain) ? ANALYSE_HOLDS : ANALYSE_FAILED;
    if (!absolute)
        snprintf(control->reason, sizeof control->reason,
                 "identical code differs by %.4g ns [%.4g; %.4g] (%s): what differs is not the code", control->estimate,
                 interval.low, interval.high, twin->contrast);
    else if (!relative)
        snprintf(control->reason, sizeof control->reason,
                 "the log ratio of identical code is [%.4g; %.4g] (%s): what differs is not the code", log_ratio.low,
                 log_ratio.high, twin->contrast);
    else if (control->status == ANALYSE_FAILED)
        snprintf(control->reason, sizeof control->reason,
                 "the plain means of identical code differ by [%.4g; %.4g] ns (%s): what differs is not the code",
                 plain.low, plain.high, twin->contrast);
}

void check_twins(struct check *check, size_t panel, size_t workload)
{
    const struct analyse_effect *twin = NULL;
    bool any = false;
    do {
        twin = control_find_kind(check, panel, workload, "twin", twin);
        if (!twin && any)
            return;
        any = true;
        struct analyse_control *control = control_add(check, "twins", panel, workload);
        if (!control)
            return;
        snprintf(control->expected, sizeof control->expected,
                 "interval in ns contains 0; all twins of the run together at %g %%", 100 * (1 - ANALYSE_TWIN_ERROR));
        if (twin)
            judge_twin(check, control, twin);
        else
            snprintf(control->reason, sizeof control->reason, "no twin was measured");
    } while (twin);
}

/*
 * All twins of the run as a family: one that leaves out 0 at its share of the family's level says that something but
 * the code makes a difference here, in one cell today and in another tomorrow. Each look judges all of its processes
 * anew and only the last is read as a result, so the family's level is not shared among looks.
 */
void check_twin_family(struct check *check)
{
    size_t failed = 0, measured = 0;
    char first[sizeof((struct analyse_control *)NULL)->reason] = "no twin was measured";
    for (size_t i = 0; i < check->controls->count; i++) {
        const struct analyse_control *control = &check->controls->control[i];
        if (!words_has("twins identical", control->name) || control->status == ANALYSE_NOT_MEASURED)
            continue;
        measured++;
        if (control->status == ANALYSE_FAILED && failed++ == 0)
            snprintf(first, sizeof first, "%.100s: %.280s", control->subject, control->reason);
    }
    struct analyse_control *control = control_add(check, "twins", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected,
             "no interval of a twin leaves out 0; all of them together at %g %%; number that do",
             100 * (1 - ANALYSE_TWIN_ERROR));
    if (measured > 0) {
        control->estimate = (double)failed;
        control->status = failed ? ANALYSE_FAILED : ANALYSE_HOLDS;
    }
    if (control->status != ANALYSE_HOLDS)
        snprintf(control->reason, sizeof control->reason, "%s", first);
}

/* Pairs of one code by another name are twins that nobody planned. */
void check_identical(struct check *check, size_t panel, size_t workload)
{
    const struct analyse_effect *pair = NULL;
    while ((pair = control_find_kind(check, panel, workload, "pair", pair)) != NULL) {
        struct analyse_control *control = pair->identical ? control_add(check, "identical", panel, workload) : NULL;
        if (control == NULL)
            continue;
        snprintf(control->expected, sizeof control->expected,
                 "the code of both sides is the same: interval in ns contains 0 as that of twins does");
        judge_twin(check, control, pair);
    }
}

/* ---- chains ---- */

/* The relative scale decides claims as well as the absolute one. */
static void judge_chain_planted(struct analyse_control *control, const struct analyse_samples *samples,
                                const double *cycles, size_t count)
{
    const double planted = CHAIN_PLANTED_EXTRA_CYCLES, ratio = planted / CHAIN_CYCLES_PER_OP;
    const struct stats_centre absolute = see(cycles, count), log_ratio = see(samples->log_ratio, samples->count);
    const struct stats_interval relative = {expm1(log_ratio.interval.low), expm1(log_ratio.interval.high)};
    control_see(control, absolute.estimate, absolute.interval);
    if (!has_interval(control, absolute.interval, count))
        return;
    const enum analyse_control_status by_ns =
        control_equivalence(absolute.interval, planted * (1 - CHAIN_TOLERANCE), planted * (1 + CHAIN_TOLERANCE));
    const enum analyse_control_status by_ratio =
        control_equivalence(relative, ratio * (1 - CHAIN_TOLERANCE), ratio * (1 + CHAIN_TOLERANCE));
    control->status = control_worse(by_ns, by_ratio);
    if (control->status == ANALYSE_HOLDS)
        return;
    if (by_ns == control->status)
        snprintf(control->reason, sizeof control->reason, "%s%.4g cycles [%.4g; %.4g] seen where %.4g were planted",
                 by_ns == ANALYSE_IMPRECISE ? "too imprecise: " : "", absolute.estimate, absolute.interval.low,
                 absolute.interval.high, planted);
    else
        snprintf(control->reason, sizeof control->reason,
                 "%slog ratios say %+.4g %% [%.4g; %.4g] where %+.4g %% were planted",
                 by_ratio == ANALYSE_IMPRECISE ? "too imprecise: " : "", 100 * expm1(log_ratio.estimate),
                 100 * relative.low, 100 * relative.high, 100 * ratio);
    if (control->status == ANALYSE_IMPRECISE)
        control_add_needed(control, cycles, count, planted * CHAIN_TOLERANCE);
}

/* NULL when no process of the cell has it. */
static const struct analyse_effect *find_clock(const struct check *check, size_t panel, size_t workload)
{
    for (size_t i = 0; i < check->effects->clock_count; i++)
        if (check->effects->clock[i].panel == panel && check->effects->clock[i].workload == workload)
            return &check->effects->clock[i];
    return NULL;
}

void check_chain_planted(struct check *check, size_t panel, size_t workload)
{
    struct analyse_control *control = control_add(check, "chain_planted", panel, workload);
    const struct analyse_effect *chain = find_clock(check, panel, workload);
    const size_t most = chain ? chain->samples.count : 0;
    double *cycles = calloc(most + 1, sizeof *cycles);
    if (!control || !cycles) {
        free(cycles);
        control_out_of_memory(check);
        return;
    }
    snprintf(control->expected, sizeof control->expected, "%d cycles within %g %%; interval of %g %%",
             CHAIN_PLANTED_EXTRA_CYCLES, 100 * CHAIN_TOLERANCE, 100 * (1 - CONTROL_ERROR));
    const size_t count = chain ? to_cycles(cycles, chain->samples.value, &chain->samples) : 0;
    if (control_is_everywhere(control, "both chain and chain_planted", count,
                              analyse_cell_processes(check->data, panel, workload, true)))
        judge_chain_planted(control, &chain->samples, cycles, count);
    free(cycles);
}

/* It holds beside one whole number, and fails only away from all of them. */
static enum analyse_control_status near_a_whole_number(struct stats_interval interval)
{
    size_t outside = 0;
    enum { NUMBERS = MULTIPLY_LATENCY_MOST - MULTIPLY_LATENCY_LEAST + 1 };
    for (int whole = MULTIPLY_LATENCY_LEAST; whole <= MULTIPLY_LATENCY_MOST; whole++) {
        const enum analyse_control_status here =
            control_equivalence(interval, whole * (1 - CHAIN_TOLERANCE), whole * (1 + CHAIN_TOLERANCE));
        if (here == ANALYSE_HOLDS)
            return ANALYSE_HOLDS;
        outside += here == ANALYSE_FAILED;
    }
    return outside == NUMBERS ? ANALYSE_FAILED : ANALYSE_IMPRECISE;
}

static void judge_chain_multiply(struct analyse_control *control, const double *cycles, size_t count)
{
    const struct stats_centre seen = see(cycles, count);
    control_see(control, seen.estimate, seen.interval);
    if (!has_interval(control, seen.interval, count))
        return;
    control->status = near_a_whole_number(seen.interval);
    if (control->status == ANALYSE_FAILED)
        snprintf(
            control->reason, sizeof control->reason,
            "a multiplication takes %.4g cycles of the chain clock: one of the two chains is not what it should be",
            seen.estimate);
    if (control->status != ANALYSE_IMPRECISE)
        return;
    snprintf(control->reason, sizeof control->reason, "too imprecise: a multiplication takes %.4g cycles [%.4g; %.4g]",
             seen.estimate, seen.interval.low, seen.interval.high);
    control_add_needed(control, cycles, count, CHAIN_TOLERANCE * fmax(round(seen.estimate), MULTIPLY_LATENCY_LEAST));
}

/* The other kind of chain: if one cycle of the clock were not one cycle, its latency would not be a whole number of
 * them. */
void check_chain_multiply(struct check *check, size_t panel, size_t workload)
{
    struct analyse_control *control = control_add(check, "chain_multiply", panel, workload);
    double *cycles = calloc(check->data->process_count + 1, sizeof *cycles);
    if (!control || !cycles) {
        free(cycles);
        control_out_of_memory(check);
        return;
    }
    snprintf(control->expected, sizeof control->expected,
             "cycles of a multiplication: within %g %% of a whole number from %d to %d; interval of %g %%",
             100 * CHAIN_TOLERANCE, MULTIPLY_LATENCY_LEAST, MULTIPLY_LATENCY_MOST, 100 * (1 - CONTROL_ERROR));
    size_t count = 0;
    for (size_t i = 0; i < check->data->process_count; i++) {
        const struct analyse_process *process = &check->data->process[i];
        double value =
            (process->chain_multiply_ns / CHAIN_MULTIPLIES_PER_OP) / (process->chain_ns / CHAIN_CYCLES_PER_OP);
        if (process->ok && process->panel == panel && process->workload == workload && isfinite(value))
            cycles[count++] = value;
    }
    if (control_is_everywhere(control, "both chain and chain_multiply", count,
                              analyse_cell_processes(check->data, panel, workload, true)))
        judge_chain_multiply(control, cycles, count);
    free(cycles);
}

/* ---- the planted arm of a real op ---- */

/* Cycles planted in an op, of the variant of the planted arm; NaN when metrics.csv does not say. */
static double planted_cycles(const struct analyse_data *data, const struct analyse_effect *planted)
{
    const struct csv_data *metrics = &data->metrics;
    for (size_t row = 0; row < metrics->row_count; row++)
        if (strcmp(csv_text(metrics, row, SCHEMA_metrics_metric), "planted_cycles_per_op") == 0 &&
            strcmp(csv_text(metrics, row, SCHEMA_metrics_workload),
                   analyse_workload_base(data, analyse_workload_name(data, planted->workload))) == 0 &&
            words_has(planted->contender, csv_text(metrics, row, SCHEMA_metrics_variant)) &&
            csv_number(metrics, row, SCHEMA_metrics_value) > 0) /* a module without a plant says 0 */
            return csv_number(metrics, row, SCHEMA_metrics_value);
    return NAN;
}

/* The plant as each kind of figure has it, in cycles of a process's own clock: that of all claims in ns, of those in
 * percent, and the plain means that can undo either. */
struct plant_seen {
    double *by_difference, *by_log_ratio, *by_plain;
    size_t count;
};

static double baseline_ns(const struct check *check, const struct analyse_effect *effect,
                          const struct analyse_process *process)
{
    for (size_t i = 0; i < check->effects->level_count; i++) {
        const struct analyse_level *level = &check->effects->level[i];
        if (level->panel != effect->panel || level->workload != effect->workload ||
            !words_has("baseline contender", level->role) || !words_has(effect->baseline, level->variant))
            continue;
        for (size_t sample = 0; sample < level->samples.count; sample++)
            if (level->samples.process[sample] == process)
                return level->samples.value[sample];
    }
    return NAN;
}

static void fill_plant(const struct check *check, const struct analyse_effect *effect, struct plant_seen *seen)
{
    const struct analyse_samples *samples = &effect->samples;
    for (size_t i = 0; i < samples->count; i++) {
        const double cycle_ns = samples->process[i]->chain_ns / CHAIN_CYCLES_PER_OP;
        const double over_ns = baseline_ns(check, effect, samples->process[i]);
        if (!(cycle_ns > 0) || isnan(over_ns))
            continue;
        seen->by_difference[seen->count] = samples->value[i] / cycle_ns;
        seen->by_log_ratio[seen->count] = expm1(samples->log_ratio[i]) * over_ns / cycle_ns;
        seen->by_plain[seen->count++] = samples->plain[i] / cycle_ns;
    }
}

/* The sign of the plain means is asked for, not the size: what disturbs a few blocks moves them, and they undo verdicts
 * but make none. */
static void judge_planted(struct analyse_control *control, const struct plant_seen *plant, double planted)
{
    const size_t count = plant->count;
    const struct stats_centre by_difference = see(plant->by_difference, count),
                              by_log_ratio = see(plant->by_log_ratio, count), by_plain = see(plant->by_plain, count);
    control_see(control, by_difference.estimate, by_difference.interval);
    if (!has_interval(control, by_difference.interval, count))
        return;
    const double least = PLANTED_LEAST * planted, most = PLANTED_MOST * planted;
    const enum analyse_control_status statuses[] = {control_equivalence(by_difference.interval, least, most),
                                                    control_equivalence(by_log_ratio.interval, least, most),
                                                    control_equivalence(by_plain.interval, 0, INFINITY)};
    control->status = control_worse(control_worse(statuses[0], statuses[1]), statuses[2]);
    const struct stats_centre *const seen[] = {&by_difference, &by_log_ratio, &by_plain};
    static const char *const scales[] = {"", " by log ratios", " by plain means"};
    size_t worst = 0;
    while (statuses[worst] != control->status)
        worst++;
    if (control->status == ANALYSE_HOLDS)
        return;
    const struct stats_interval interval = seen[worst]->interval;
    if (control->status == ANALYSE_FAILED)
        snprintf(control->reason, sizeof control->reason,
                 "%s%.4g cycles [%.4g; %.4g] seen%s where %.4g were planted: %.2f of them",
                 interval.low <= 0 ? "not detected: " : "", seen[worst]->estimate, interval.low, interval.high,
                 scales[worst], planted, seen[worst]->estimate / planted);
    else
        snprintf(control->reason, sizeof control->reason,
                 "too imprecise: %.4g cycles [%.4g; %.4g]%s where %.4g were planted", seen[worst]->estimate,
                 interval.low, interval.high, scales[worst], planted);
    if (control->status == ANALYSE_IMPRECISE) {
        const double *const figures[] = {plant->by_difference, plant->by_log_ratio, plant->by_plain};
        control_add_needed(control, figures[worst], count, PLANTED_LEAST * planted);
    }
}

/* A stranger's module need not come with a planted one. In a panel made for it, of no claim, the planted chain is the
 * positive control. */
static bool does_without_plant(const struct analyse_data *data, size_t panel, size_t workload)
{
    const char *name = data->panel_names[panel];
    for (size_t row = 0; row < data->panels.row_count; row++)
        if (strcmp(csv_text(&data->panels, row, SCHEMA_panels_panel), name) == 0 &&
            strcmp(csv_text(&data->panels, row, SCHEMA_panels_kind), "planted") == 0)
            return false;
    if (strcmp(data->profile->name, AB_PROFILE) == 0) /* of a stranger's modules alone, whatever decides */
        return true;
    return strncmp(name, PANELS_MADE, strlen(PANELS_MADE)) == 0 && !analyse_cell_decides(data, panel, workload);
}

void check_planted(struct check *check, size_t panel, size_t workload)
{
    struct analyse_control *control = control_add(check, "planted", panel, workload);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected,
             "cycles: interval of %g %% within %g to %g of what was planted", 100 * (1 - CONTROL_ERROR), PLANTED_LEAST,
             PLANTED_MOST);
    const struct analyse_effect *effect = control_find_kind(check, panel, workload, "planted", NULL);
    if (!effect) {
        control->waived = does_without_plant(check->data, panel, workload);
        snprintf(control->reason, sizeof control->reason, "no planted arm was measured%s",
                 control->waived ? ": its baseline comes without one; the planted chain stands for it" : "");
        return;
    }
    double planted = planted_cycles(check->data, effect);
    if (isnan(planted)) {
        snprintf(control->reason, sizeof control->reason, "metrics.csv does not say how many cycles were planted");
        return;
    }
    snprintf(control->expected, sizeof control->expected,
             "%.6g cycles: interval of %g %% within %g to %g of it; of the plain means above 0", planted,
             100 * (1 - CONTROL_ERROR), PLANTED_LEAST, PLANTED_MOST);
    const size_t most = effect->samples.count + 1;
    double *figures = calloc(3 * most, sizeof *figures);
    if (!figures) {
        control_out_of_memory(check);
        return;
    }
    struct plant_seen seen = {.by_difference = figures, .by_log_ratio = figures + most, .by_plain = figures + 2 * most};
    fill_plant(check, effect, &seen);
    if (seen.count < 2)
        snprintf(control->reason, sizeof control->reason,
                 "no two processes have both the planted arm and the chain clock");
    else
        judge_planted(control, &seen, planted);
    free(figures);
}
