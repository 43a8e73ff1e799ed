/*
 * Whether the size of a batch is part of the answer. An isolated put costs 42 ns in whole rounds of 256 and 92 in 1644
 * ops, where a partial round trims the heap differently: two runs whose pilots chose those sizes were 58 ns apart, of
 * one build.
 *
 * Every arm at another size of the batch must take what it takes at the run's: within 1 % or a cycle. Every contrast
 * likewise, within half of what its claims stake on it; where that is no width, within the MDE. One that fails, arm or
 * contrast, fails its panel on its workload, and so does an arm that is too imprecise. A contrast that is too imprecise
 * does not: the arms vouch for the op, and what the contrast leaves open becomes a bar of its own verdicts, as the far
 * end of the twins is one (analyse_controls_linearity_bar). Of a fifth of the time each of two sizes has a tenth, so
 * what blocks scatter is three times as wide as in the run itself, and the MDE is met by hardly a contrast; an effect
 * of 18 % need not wait for that.
 */
#include "analyse/controls_internal.h"
#include "base/words.h"
#include "kernels/kernels.h"
#include "schema.h"
#include "stats/linearity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether all arms of the cell have the only size there is for them. */
static bool has_only_size(const struct check *check, size_t panel, size_t workload)
{
    size_t arms = 0;
    for (size_t i = 0; i < check->effects->linearity_count; i++) {
        const struct analyse_linearity *rows = &check->effects->linearity[i];
        if (rows->panel != panel || rows->workload != workload || rows->is_contrast)
            continue;
        arms++;
        if (!linearity_is_only_size(rows->iterations, stats_hodges_lehmann(rows->value_ns, rows->count)))
            return false;
    }
    return arms > 0;
}

/* Fewest with an interval of 99 % by the sign test; of a mean with t the same. */
enum { PROCESSES_LEAST = 8 };

/* One arm or contrast at one other size, on one scale. */
struct test {
    const struct analyse_linearity *rows;
    const double *changes;
    bool relative;
    double tolerance;
    double estimate;
    struct stats_interval interval;
    enum analyse_control_status status;
};

static struct test make_test(const struct analyse_linearity *rows, bool relative, double tolerance)
{
    struct test test = {.rows = rows, .relative = relative, .tolerance = tolerance};
    test.changes = relative ? rows->change_log : rows->change_ns;
    const struct stats_centre centre = linearity_change(test.changes, relative ? rows->error_log : rows->error_ns,
                                                        rows->blocks, rows->count, tolerance, CONTROL_ERROR);
    test.estimate = centre.estimate;
    test.interval = centre.interval;
    test.status = isfinite(tolerance) ? control_equivalence(test.interval, -tolerance, tolerance) : ANALYSE_IMPRECISE;
    return test;
}

static double far_end(struct stats_interval interval)
{
    return fmax(fabs(interval.low), fabs(interval.high));
}

/* Whether `test` says more than `worst` about the cell: imprecise contrasts say nothing of it. */
static bool is_worse(const struct test *test, const struct test *worst)
{
    const bool fails = test->status == ANALYSE_FAILED,
               open = test->status == ANALYSE_IMPRECISE && !test->rows->is_contrast;
    const bool worst_fails = worst->status == ANALYSE_FAILED, worst_open = worst->status == ANALYSE_IMPRECISE;
    if (test->status == ANALYSE_IMPRECISE && test->rows->is_contrast)
        return false;
    if (!worst->rows || fails != worst_fails)
        return !worst->rows || fails;
    if (!fails && open != worst_open)
        return open;
    if (fails && test->rows->is_contrast != worst->rows->is_contrast) /* an arm names what it is */
        return worst->rows->is_contrast;
    return fails || !open ? fabs(test->estimate) / test->tolerance > fabs(worst->estimate) / worst->tolerance
                          : far_end(test->interval) / test->tolerance > far_end(worst->interval) / worst->tolerance;
}

/* A cycle by the chain clock of the cell; 0 when it has none. */
static double cycle_ns(const struct check *check, size_t panel, size_t workload)
{
    for (size_t i = 0; i < check->effects->level_count; i++) {
        const struct analyse_level *level = &check->effects->level[i];
        if (level->panel == panel && level->workload == workload && strcmp(level->arm, "chain") == 0)
            return stats_hodges_lehmann(level->samples.value, level->samples.count) / CHAIN_CYCLES_PER_OP;
    }
    return 0;
}

static double tolerance_of_level(const struct analyse_linearity *rows, double cycle)
{
    return linearity_level_tolerance(stats_hodges_lehmann(rows->value_ns, rows->count), cycle);
}

static double tolerance_of_effect(const struct analyse_samples *samples, const struct analyse_stake *stake,
                                  bool relative)
{
    const double *values = relative ? samples->log_ratio : samples->value;
    return !isnan(stake->half_width) ? stake->half_width / 2
                                     : stats_mde(stats_standard_deviation(values, samples->count), samples->count,
                                                 stake->alpha, VERDICT_POWER);
}

/* ---- what must be there ---- */

static bool is_of_cell(const struct analyse_linearity *rows, size_t panel, size_t workload)
{
    return rows->panel == panel && rows->workload == workload;
}

/* Ok processes of a cell that were to have blocks of other sizes: of ops so long that they would be more than a fifth
 * of the time, one process in so many has. Processes are numbered round by round, a cell after the other. */
static size_t processes_due(const struct analyse_data *data, size_t panel, size_t workload)
{
    size_t due = 0;
    int64_t every = 1;
    for (size_t row = 0; row < data->cells.row_count; row++) {
        size_t panel_here, workload_here;
        analyse_cell_of_row(data, row, &panel_here, &workload_here);
        if (panel_here == panel && workload_here == workload &&
            !csv_is_empty(&data->cells, row, SCHEMA_cells_linearity_every_processes))
            every = csv_integer(&data->cells, row, SCHEMA_cells_linearity_every_processes);
    }
    for (size_t i = 0; i < data->process_count; i++)
        due += data->process[i].ok && data->process[i].panel == panel && data->process[i].workload == workload &&
               data->process[i].id / (int64_t)data->cells.row_count % every == 0;
    return due;
}

/* At least one other size, and each size in at least half of the processes that were to have it, and in as many as an
 * interval wants: what was dropped was dropped without regard to arms. */
static bool was_measured(const struct check *check, struct analyse_control *control, bool is_contrast,
                         const char *subject)
{
    const size_t due = processes_due(check->data, control->panel, control->workload);
    size_t sizes = 0, least = due;
    for (size_t i = 0; i < check->effects->linearity_count; i++) {
        const struct analyse_linearity *rows = &check->effects->linearity[i];
        if (!is_of_cell(rows, control->panel, control->workload) || rows->is_contrast != is_contrast ||
            strcmp(rows->subject, subject) != 0)
            continue;
        sizes++;
        least = rows->count < least ? rows->count : least;
    }
    if (sizes > 0 && least >= PROCESSES_LEAST && 2 * least >= due)
        return true;
    char what[200];
    snprintf(what, sizeof what, "%.100s at another size of the batch", subject);
    return control_is_everywhere(control, what, sizes ? least : 0, due);
}

static bool decides_something(const struct analyse_effect *effect)
{
    return words_has("pair main interaction", effect->kind);
}

static bool all_were_measured(const struct check *check, struct analyse_control *control)
{
    for (size_t i = 0; i < check->effects->level_count; i++) {
        const struct analyse_level *level = &check->effects->level[i];
        if (level->panel == control->panel && level->workload == control->workload &&
            strcmp(level->role, "clock") != 0 && !was_measured(check, control, false, level->arm))
            return false;
    }
    for (size_t i = 0; i < check->effects->effect_count; i++) {
        const struct analyse_effect *effect = &check->effects->effect[i];
        if (effect->panel == control->panel && effect->workload == control->workload && decides_something(effect) &&
            !was_measured(check, control, true, effect->contrast))
            return false;
    }
    return true;
}

/* ---- the cell ---- */

/* The far ends of both. */
static void raise_bar(struct stats_interval *bar, struct stats_interval interval)
{
    bar->low = fmin(bar->low, interval.low);
    bar->high = fmax(bar->high, interval.high);
}

/* A contrast that decides claims on one scale is held against those; on the other scale what it may change is a bar and
 * no more. */
static void test_contrast(struct check *check, size_t index, struct test *worst, bool *some_imprecise)
{
    const struct analyse_effect *effect = &check->effects->effect[index];
    struct analyse_stake stakes[2];
    for (size_t relative = 0; relative < 2; relative++)
        stakes[relative] = analyse_effect_stake(check->claims, check->data, check->effects, index,
                                                relative ? VERDICT_RELATIVE : VERDICT_ABSOLUTE);
    for (size_t relative = 0; relative < 2; relative++) {
        const double tolerance = tolerance_of_effect(&effect->samples, &stakes[relative], relative);
        const bool counts = stakes[relative].decides || !stakes[1 - relative].decides;
        for (size_t i = 0; i < check->effects->linearity_count; i++) {
            const struct analyse_linearity *rows = &check->effects->linearity[i];
            if (!is_of_cell(rows, effect->panel, effect->workload) || !rows->is_contrast ||
                strcmp(rows->subject, effect->contrast) != 0)
                continue;
            const struct test test = make_test(rows, relative, tolerance);
            if (counts && is_worse(&test, worst))
                *worst = test;
            if (test.status == ANALYSE_HOLDS || has_only_size(check, effect->panel, effect->workload))
                continue;
            raise_bar(&check->controls->bar[relative][index], test.interval);
            *some_imprecise |= counts;
        }
    }
}

static void test_arm(const struct check *check, const struct analyse_level *level, double cycle, struct test *worst)
{
    for (size_t i = 0; i < check->effects->linearity_count; i++) {
        const struct analyse_linearity *rows = &check->effects->linearity[i];
        if (!is_of_cell(rows, level->panel, level->workload) || rows->is_contrast ||
            strcmp(rows->subject, level->arm) != 0)
            continue;
        const struct test test = make_test(rows, false, tolerance_of_level(rows, cycle));
        if (is_worse(&test, worst))
            *worst = test;
    }
}

static void explain(struct analyse_control *control, const struct test *worst, const char *workload)
{
    const struct analyse_linearity *rows = worst->rows;
    const double value = stats_hodges_lehmann(rows->value_ns, rows->count),
                 other = stats_hodges_lehmann(rows->other_ns, rows->count);
    if (control->status == ANALYSE_FAILED)
        snprintf(control->reason, sizeof control->reason,
                 "batch-dependent: %.80s on %.60s %s %.4g ns at n = %lld and %.4g at %lld", rows->subject, workload,
                 rows->is_contrast ? "is" : "takes", value, (long long)rows->iterations, other,
                 (long long)rows->iterations_other);
    else
        snprintf(
            control->reason, sizeof control->reason,
            "too imprecise: %.80s on %.60s takes %.4g ns at n = %lld and %.4g [%.4g; %.4g] more at %lld where %.4g "
            "may be",
            rows->subject, workload, value, (long long)rows->iterations, worst->estimate, worst->interval.low,
            worst->interval.high, (long long)rows->iterations_other, worst->tolerance);
    if (control->status == ANALYSE_IMPRECISE)
        control_add_needed(control, worst->changes, rows->count, worst->tolerance);
}

static void judge(struct check *check, struct analyse_control *control)
{
    const double cycle = cycle_ns(check, control->panel, control->workload);
    struct test worst = {0};
    bool some_imprecise = false;
    for (size_t i = 0; i < check->effects->level_count; i++) {
        const struct analyse_level *level = &check->effects->level[i];
        if (level->panel == control->panel && level->workload == control->workload && strcmp(level->role, "clock") != 0)
            test_arm(check, level, cycle, &worst);
    }
    for (size_t i = 0; i < check->effects->effect_count; i++) {
        const struct analyse_effect *effect = &check->effects->effect[i];
        if (effect->panel == control->panel && effect->workload == control->workload && decides_something(effect))
            test_contrast(check, i, &worst, &some_imprecise);
    }
    if (!worst.rows || isinf(worst.interval.low)) {
        snprintf(control->reason, sizeof control->reason, "too few processes for an interval at this confidence");
        return;
    }
    control->status = worst.status;
    control_see(control, worst.estimate / worst.tolerance,
                (struct stats_interval){worst.interval.low / worst.tolerance, worst.interval.high / worst.tolerance});
    if (control->status != ANALYSE_HOLDS)
        explain(control, &worst, analyse_workload_name(check->data, control->workload));
    else if (some_imprecise)
        snprintf(
            control->reason, sizeof control->reason,
            "of the arms; some contrasts are too imprecise: what another size may change is a bar of their verdicts");
}

void check_linearity(struct check *check, size_t panel, size_t workload)
{
    if (!check->data->linearity_recorded)
        return;
    struct analyse_control *control = control_add(check, "linearity", panel, workload);
    if (!control)
        return;
    snprintf(
        control->expected, sizeof control->expected,
        "independent of the size of the batch: arms within %g %% or 1 cycle and contrasts within half their region "
        "or the MDE; interval of %g %%; largest change over what is tolerated",
        100 * linearity_level_tolerance(1, 0), 100 * (1 - CONTROL_ERROR));
    if (all_were_measured(check, control))
        judge(check, control);
    /* Of ops so long the few blocks that fit into a fifth of the time say little on a busy machine: of 12 cells of a
     * run the four with ops of 80 to 160 us were imprecise, and the eight others held. */
    if (control->status != ANALYSE_HOLDS && control->status != ANALYSE_FAILED &&
        has_only_size(check, panel, workload)) {
        control->waived = true;
        const size_t used = strlen(control->reason);
        snprintf(control->reason + used, sizeof control->reason - used,
                 "%sa batch is one op and no run has another size: nobody is blind for it", used ? "; " : "");
    }
}

/* Said once: nothing in such a run can have it. */
void check_linearity_of_older_runs(struct check *check)
{
    if (check->data->linearity_recorded)
        return;
    struct analyse_control *control = control_add(check, "linearity", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    control->waived = true;
    snprintf(control->expected, sizeof control->expected, "independent of the size of the batch");
    snprintf(control->reason, sizeof control->reason,
             "the run has no linearity.csv: it was measured before batches of other sizes were");
}
