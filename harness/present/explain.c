#include "present/explain.h"

#include "analyse/analysis.h"
#include "base/paths.h"
#include "base/text.h"
#include "present/scripts.h"
#include "schema.h"
#include "store/run_directory.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WIDTH_COLUMNS = 80, LABEL_COLUMNS = 18 };

/* ---- text ---- */

/* "  label         words"; an empty label continues the one above. */
static __attribute__((format(printf, 2, 3))) void line(const char *label, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    printf("  %-*s", LABEL_COLUMNS - 2, label);
    text_print_words(stdout, text ? text : "(out of memory)", LABEL_COLUMNS, LABEL_COLUMNS, WIDTH_COLUMNS);
    free(text);
}

/* ---- rows ---- */

static int by_size(const void *a, const void *b)
{
    size_t one = *(const size_t *)a, other = *(const size_t *)b;
    return (one > other) - (one < other);
}

/* "contrasts.csv:4 9-12 30": the lines of these rows in the file. */
static void print_rows(const struct csv_data *table, const size_t *rows, size_t count)
{
    size_t *sorted = malloc((count + 1) * sizeof *sorted), bytes = 0;
    char *text = NULL;
    FILE *stream = sorted ? open_memstream(&text, &bytes) : NULL;
    if (stream) {
        memcpy(sorted, rows, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, by_size);
        fprintf(stream, "%s:", table->table->file);
        for (size_t i = 0, end; i < count; i = end + 1) {
            for (end = i; end + 1 < count && sorted[end + 1] == sorted[end] + 1;)
                end++;
            fprintf(stream, "%s%zu", i ? ", " : "", sorted[i] + 2);
            if (end > i)
                fprintf(stream, "-%zu", sorted[end] + 2);
        }
        fclose(stream);
    }
    line("rows", "%s", text ? text : "(out of memory)");
    free(text);
    free(sorted);
}

/* ---- figures of time ---- */

struct shown { /* samples on the scale on which they were decided */
    const struct analysis *analysis;
    const struct analyse_samples *samples;
    const double *values; /* native */
    enum verdict_scale scale;
    bool reversed;
    double alpha;
    bool exploratory; /* decides no claim, so that alpha is that of one effect */
    const char *unit;
};

/* How a figure follows from the x of a process. */
static const char *scale_words(enum verdict_scale scale)
{
    static const char *const words[] = {"x", "100 (e^x - 1)", "100 (1 - e^x)"};
    return words[scale];
}

static void print_spread(const struct shown *shown)
{
    size_t count = shown->samples->count;
    double *figures = calloc(count + 1, sizeof *figures);
    if (!figures)
        return;
    for (size_t i = 0; i < count; i++)
        figures[i] = verdict_to_unit(shown->scale, shown->reversed ? -shown->values[i] : shown->values[i]);
    line("values", "min %.4g, quartiles %.4g %.4g %.4g, max %.4g %s", stats_quantile(figures, count, 0),
         stats_quantile(figures, count, 0.25), stats_quantile(figures, count, 0.5),
         stats_quantile(figures, count, 0.75), stats_quantile(figures, count, 1), shown->unit);
    free(figures);
}

/* How the level of a test came about; `evidence` tells into how many tests that of a part was divided. */
static void print_alpha(const struct analysis *analysis, double alpha, bool exploratory)
{
    const struct analyse_claims *claims = &analysis->claims;
    if (exploratory) {
        line("alpha", "%g x %g (share of this look); it decides no claim, and is not divided by how many there are",
             ANALYSE_FAMILY_ERROR, analysis->data.error_share);
        line("", "= %.6g: confidence %.6g %%", alpha, 100 * (1 - alpha));
        return;
    }
    line("alpha",
         "%g (family-wise) x %g (share of this look) / %zu (timing parts of claims.csv) / %g (tests of the part)",
         ANALYSE_FAMILY_ERROR, analysis->data.error_share, claims->timing_part_count, claims->alpha_part / alpha);
    line("", "= %.6g: confidence %.6g %%", alpha, 100 * (1 - alpha));
}

static void print_order_statistics(const struct shown *shown, const struct verdict_evidence *evidence)
{
    size_t count = shown->samples->count, k = stats_signed_rank_order(count, shown->alpha);
    size_t pairs = count * (count + 1) / 2;
    double attained;
    stats_signed_rank_interval(shown->values, count, shown->alpha, &attained);
    line("estimate", "Hodges-Lehmann, the median of the M = %zu Walsh averages: %.6g %s", pairs, evidence->estimate,
         shown->unit);
    if (k == 0) {
        line("interval", "none: %zu processes reach no such confidence, %zu would", count,
             stats_signed_rank_minimum_count(shown->alpha));
        return;
    }
    line("interval", "Walsh averages number k = %zu and M + 1 - k = %zu of %zu: [%.6g; %.6g] %s; attained %.6g %%", k,
         pairs + 1 - k, pairs, evidence->interval.low, evidence->interval.high, shown->unit, 100 * attained);
}

static void print_mde(const struct shown *shown, const struct verdict_evidence *evidence)
{
    size_t count = shown->samples->count;
    double sd = stats_standard_deviation(shown->values, count), degrees = (double)count - 1;
    double native = stats_mde(sd, count, shown->alpha, VERDICT_POWER);
    if (isinf(native)) {
        line("MDE", "infinite: %zu processes reach no such confidence, %zu would", count,
             stats_signed_rank_minimum_count(shown->alpha));
        return;
    }
    line("MDE", "found with %g %% power: (t(1 - alpha/2; n-1) + t(power; n-1)) x sd / sqrt(n) x sqrt(pi/3)",
         100 * VERDICT_POWER);
    line("", "= (%.4g + %.4g) x %.4g / sqrt(%zu) x %.4g = %.6g", stats_t_quantile(1 - shown->alpha / 2, degrees),
         stats_t_quantile(VERDICT_POWER, degrees), sd, count, sqrt(acos(-1) / 3), native);
    if (shown->scale != VERDICT_ABSOLUTE)
        line("", "and with that as x, %s without its sign: %.6g %s", scale_words(shown->scale), evidence->mde,
             shown->unit);
}

static void print_evidence(const struct shown *shown, const struct verdict_evidence *evidence)
{
    print_spread(shown);
    print_alpha(shown->analysis, shown->alpha, shown->exploratory);
    print_order_statistics(shown, evidence);
    line("t interval", "[%.6g; %.6g] %s", evidence->student.low, evidence->student.high, shown->unit);
    line("plain means", "signed-rank interval [%.6g; %.6g] %s", evidence->plain.low, evidence->plain.high, shown->unit);
    print_mde(shown, evidence);
}

static void print_cell(const struct analysis *analysis, size_t panel, size_t workload, size_t count)
{
    const struct analyse_data *data = &analysis->data;
    size_t all = analyse_cell_processes(data, panel, workload, false);
    line("cell", "panel %s on workload %s", data->panel_names[panel], analyse_workload_name(data, workload));
    line("processes", "%zu count, %zu void, %zu planned", count,
         all - analyse_cell_processes(data, panel, workload, true), analyse_cell_planned(data, panel, workload));
}

static void print_variance(const struct analyse_effect *effect)
{
    const struct variance_split split = analyse_variance_of(effect);
    if (!split.valid) {
        line("variance", "not split: %s", split.reason);
        return;
    }
    line("variance", "%.0f %% %s; standard deviation over processes %.4g ns", split.largest_percent,
         variance_words[split.largest], split.sd);
    line("", "by block %.4g, by heap placement %.4g, by state %.4g, by layout and the rest %.4g ns",
         split.component_sd[VARIANCE_BLOCK], split.component_sd[VARIANCE_HEAP], split.component_sd[VARIANCE_STATE],
         split.component_sd[VARIANCE_LAYOUT]);
}

static void print_effect(const struct analysis *analysis, size_t index, bool reversed, enum verdict_scale scale,
                         const struct verdict_evidence *evidence, bool exploratory, const char *unit, bool all)
{
    const struct analyse_effect *effect = &analysis->effects.effect[index];
    const struct analyse_samples *samples = &effect->samples;
    const struct shown shown = {.analysis = analysis,
                                .samples = samples,
                                .values = scale == VERDICT_ABSOLUTE ? samples->value : samples->log_ratio,
                                .scale = scale,
                                .reversed = reversed,
                                .alpha = evidence->alpha,
                                .exploratory = exploratory,
                                .unit = unit};
    line("contrast", "%s (%s): %s against %s%s", effect->contrast, effect->kind, effect->contender, effect->baseline,
         reversed ? ", here the other way round" : "");
    print_cell(analysis, effect->panel, effect->workload, samples->count);
    if (all)
        print_rows(&analysis->data.contrasts, samples->row, samples->count);
    if (scale == VERDICT_ABSOLUTE)
        line("a value", "%sdifference_ns of a process", reversed ? "-" : "");
    else
        line("a value", "%s with x = %slog_ratio of a process", scale_words(scale), reversed ? "-" : "");
    print_evidence(&shown, evidence);
    print_variance(effect);
}

static void print_level(const struct analysis *analysis, const struct analyse_item *item,
                        const struct verdict_evidence *evidence)
{
    const struct analyse_level *level = &analysis->effects.level[item->level];
    const struct shown shown = {.analysis = analysis,
                                .samples = &level->samples,
                                .values = level->samples.value,
                                .scale = VERDICT_ABSOLUTE,
                                .alpha = evidence->alpha,
                                .unit = "ns"};
    line("level", "arm %s (%s)", level->arm, level->role);
    print_cell(analysis, level->panel, level->workload, level->samples.count);
    print_rows(&analysis->data.processes, level->samples.row, level->samples.count);
    line("a value", "time_ns_per_op of a process");
    print_evidence(&shown, evidence);
}

/* The effect and the level of a composition at the level of confidence that each was taken at, and their quotient. */
static void print_composition(const struct analysis *analysis, const struct analyse_item *item, const char *unit)
{
    double alpha = item->evidence.alpha;
    const struct verdict_evidence effect = analyse_effect_evidence(
        &analysis->effects, &analysis->effects.effect[item->effect], VERDICT_ABSOLUTE, item->reversed, alpha);
    const struct verdict_evidence level =
        analyse_level_evidence(&analysis->effects, &analysis->effects.level[item->level], alpha);
    print_effect(analysis, item->effect, item->reversed, VERDICT_ABSOLUTE, &effect, false, "ns", true);
    print_level(analysis, item, &level);
    line("quotient",
         "100 x effect / level; each end over that end of the level's interval which moves it outwards: "
         "%.6g [%.6g; %.6g] %s",
         item->estimate, item->interval.low, item->interval.high, unit);
    line("", "t interval [%.6g; %.6g], plain means [%.6g; %.6g], MDE %.6g", item->evidence.student.low,
         item->evidence.student.high, item->evidence.plain.low, item->evidence.plain.high, item->mde);
}

static void print_controls(const struct analysis *analysis, size_t panel, size_t workload)
{
    for (size_t i = 0; i < analysis->controls.count; i++) {
        const struct analyse_control *control = &analysis->controls.control[i];
        char seen[128] = "";
        if (control->panel != panel || control->workload != workload)
            continue;
        if (!isnan(control->estimate) && isnan(control->low))
            snprintf(seen, sizeof seen, " %.4g", control->estimate);
        else if (!isnan(control->estimate))
            snprintf(seen, sizeof seen, " %.4g [%.4g; %.4g]", control->estimate, control->low, control->high);
        line(control->name, "%s%s (%s)%s%s", analyse_control_status_name(control->status), seen, control->expected,
             control->reason[0] ? ": " : "", control->reason);
    }
}

static void print_timing_controls(const struct analysis *analysis, const struct analyse_item *item)
{
    if (item->effect != ANALYSE_NONE) {
        const struct analyse_effect *effect = &analysis->effects.effect[item->effect];
        printf("  controls of this cell\n");
        print_controls(analysis, effect->panel, effect->workload);
    }
    if (item->level != ANALYSE_NONE) {
        const struct analyse_level *level = &analysis->effects.level[item->level];
        printf("  controls of %s cell\n", item->effect == ANALYSE_NONE ? "this" : "the level's");
        print_controls(analysis, level->panel, level->workload);
    }
}

static void print_timing(const struct analysis *analysis, const struct analyse_condition *condition,
                         const struct analyse_item *item)
{
    const char *unit = csv_text(&analysis->data.claims, condition->row, SCHEMA_claims_unit);
    if (condition->kind == ANALYSE_COMPOSITION)
        print_composition(analysis, item, unit);
    else if (item->level != ANALYSE_NONE)
        print_level(analysis, item, &item->evidence);
    else
        print_effect(analysis, item->effect, item->reversed, item->scale, &item->evidence, false, unit, true);
    if (!isnan(item->decision.margin))
        line("margin", "%.6g %s from the estimate to the end of the region that decides", item->decision.margin, unit);
    line("twin bound", "%.6g %s: the twins of the compared variants on this workload reach [%.6g; %.6g]",
         item->twin_bound, unit, item->evidence.twin.low, item->evidence.twin.high);
    if (item->processes_needed > PROFILE_PROCESSES_MAX)
        line("needed", "about %zu processes; --processes takes %d at most", item->processes_needed,
             PROFILE_PROCESSES_MAX);
    else if (item->processes_needed > 0)
        line("needed", "--processes %zu", item->processes_needed);
    print_timing_controls(analysis, item);
}

/* ---- exact figures ---- */

static void print_metrics(const struct analysis *analysis, const struct analyse_item *item)
{
    const struct csv_data *metrics = &analysis->data.metrics;
    size_t kept = item->row_count < ANALYSE_ITEM_ROWS_MAX ? item->row_count : ANALYSE_ITEM_ROWS_MAX;
    for (size_t i = 0; i < kept; i++) {
        size_t row = item->rows[i];
        const char *value = csv_text(metrics, row, SCHEMA_metrics_value);
        line(i ? "" : "rows", "%s:%zu %s of %s on %s: %s (%s)", schema_metrics.file, row + 2,
             csv_text(metrics, row, SCHEMA_metrics_metric), csv_text(metrics, row, SCHEMA_metrics_variant),
             csv_text(metrics, row, SCHEMA_metrics_workload), *value ? value : "no value",
             csv_text(metrics, row, SCHEMA_metrics_status));
    }
    if (item->row_count > kept)
        line("", "and %zu more", item->row_count - kept);
}

/* ---- claims, parts, conditions ---- */

static void print_item(const struct analysis *analysis, const struct analyse_condition *condition,
                       const struct analyse_item *item)
{
    bool about_time = !isnan(item->confidence); /* only intervals have one */
    if (item->measured && about_time)
        print_timing(analysis, condition, item);
    else
        print_metrics(analysis, item);
    if (item->measured)
        line("verdict", "%s: %s", verdict_name(item->verdict), item->figure);
    else
        line("missing", "%s", item->figure);
}

static void print_condition(const struct analysis *analysis, size_t index)
{
    const struct analyse_condition *condition = &analysis->claims.condition[index];
    const struct csv_data *rows = &analysis->data.claims;
    const char *baseline = csv_text(rows, condition->row, SCHEMA_claims_baseline);
    char region[80];
    printf("\n  condition %s (%s:%zu), kind %s\n", csv_text(rows, condition->row, SCHEMA_claims_condition),
           schema_claims.file, condition->row + 2, analyse_kind_name(condition->kind));
    line("claimed", "%s", csv_text(rows, condition->row, SCHEMA_claims_statement));
    if (condition->kind != ANALYSE_CLAIM) {
        line("of", "%s%s%s on %s", csv_text(rows, condition->row, SCHEMA_claims_contender),
             *baseline ? " against " : "", baseline, csv_text(rows, condition->row, SCHEMA_claims_workload));
        line("region", "%s %s of %s", analyse_region_words(region, sizeof region, &analysis->data, condition),
             csv_text(rows, condition->row, SCHEMA_claims_unit), csv_text(rows, condition->row, SCHEMA_claims_metric));
    }
    for (size_t i = 0; i < analysis->claims.item_count; i++)
        if (analysis->claims.item[i].condition == index)
            print_item(analysis, condition, &analysis->claims.item[i]);
}

static void print_part(const struct analysis *analysis, size_t index)
{
    const struct analyse_part *part = &analysis->claims.part[index];
    printf("\n%" PRId64 "%s: %s%s%s%s (scope %s)\n", part->claim, part->name, present_colour(part->verdict),
           verdict_name(part->verdict), text_colour(stdout, TEXT_PLAIN), part->measured ? "" : "; not measured yet",
           csv_text(&analysis->data.claims, part->row, SCHEMA_claims_scope));
    if (part->guard_reason[0])
        line("guarded", "%s", part->guard_reason);
    for (size_t i = 0; i < analysis->claims.condition_count; i++)
        if (analysis->claims.condition[i].part == index)
            print_condition(analysis, i);
}

enum { FIGURES_IN_SHORT = 4 }; /* of a part; `--all` has the others */

/* A part in a few lines: what was claimed, and the figures that decided. */
static void print_part_in_short(const struct analysis *analysis, size_t index)
{
    const struct analyse_part *part = &analysis->claims.part[index];
    const struct csv_data *rows = &analysis->data.claims;
    char heading[2048];
    size_t figures = 0;
    snprintf(heading, sizeof heading, "%" PRId64 "%s: %s%s: %s", part->claim, part->name, verdict_name(part->verdict),
             part->measured ? "" : "; not measured yet", csv_text(rows, part->row, SCHEMA_claims_statement));
    printf("\n");
    text_print_words(stdout, heading, 0, 0, WIDTH_COLUMNS);
    if (part->guard_reason[0])
        line("guarded", "%s", part->guard_reason);
    for (size_t i = 0; i < analysis->claims.item_count; i++) {
        const struct analyse_item *item = &analysis->claims.item[i];
        if (analysis->claims.condition[item->condition].part != index)
            continue;
        if (figures++ < FIGURES_IN_SHORT)
            line(item->measured ? verdict_name(item->verdict) : "missing", "%s", item->figure);
    }
    if (figures > FIGURES_IN_SHORT)
        line("", "and %zu more figures", figures - FIGURES_IN_SHORT);
}

static void print_run(const struct analysis *analysis)
{
    const struct analyse_data *data = &analysis->data;
    printf("\nrun %s\n", data->directory);
    line("profile", "%s%s, %s", data->profile->name, data->profile->for_conclusions ? "" : " (timing decides nothing)",
         data->complete ? "complete" : "not complete");
    if (data->recorded.edited)
        line("edited", "since it was measured, and accepted: %s", data->recorded.words);
    if (analysis->controls.run_invalid)
        line("controls", "%s", analysis->controls.reason);
    if (analysis->controls.deciding_cell_blind)
        line("blind", "%s", analysis->controls.cell_reason);
}

static bool is_asked_for(const struct analyse_part *part, const char *claim)
{
    char name[64];
    int number = snprintf(name, sizeof name, "%" PRId64, part->claim);
    snprintf(name + number, sizeof name - (size_t)number, "%s", part->name);
    return strcmp(claim, name) == 0 || (strncmp(claim, name, (size_t)number) == 0 && claim[number] == '\0');
}

/* ---- effects ---- */

/* Contrasts of the run's own controls have no row of panels.csv. */
static bool is_of_panels(const struct analyse_effect *effect)
{
    return effect->row != ANALYSE_NONE && effect->samples.count > 1;
}

/* Whether an effect is meant by CONTENDER/BASELINE/WORKLOAD, by CONTRAST/WORKLOAD, or by the first part of either
 * alone: then it is meant on every workload. */
static bool is_meant(const struct analysis *analysis, const struct analyse_effect *effect, const char *name)
{
    const char *workload = analyse_workload_name(&analysis->data, effect->workload);
    char own[4 * ENCBENCH_NAME_BYTES];
    const char *const sides[] = {effect->contender, "/", effect->baseline}, *const alone[] = {effect->contrast, "", ""};
    const char *const *forms[] = {sides, alone};
    for (size_t i = 0; i < 2 && is_of_panels(effect); i++) {
        snprintf(own, sizeof own, "%s%s%s", forms[i][0], forms[i][1], forms[i][2]);
        const size_t length = strlen(own);
        if (strncmp(own, name, length) == 0 &&
            (name[length] == '\0' || (name[length] == '/' && strcmp(name + length + 1, workload) == 0)))
            return true;
    }
    return false;
}

/* What is counted of the sides, with the lines. */
static void print_counted(const struct analysis *analysis, const struct analyse_effect *effect, const char *metric)
{
    const struct csv_data *metrics = &analysis->data.metrics;
    const char *const sides[] = {effect->baseline, effect->contender};
    for (size_t side = 0; side < 2; side++) {
        const size_t row = analyse_metric_row(&analysis->data, sides[side],
                                              analyse_workload_name(&analysis->data, effect->workload), metric);
        if (row != ANALYSE_NONE)
            line(side ? "" : "counted", "%s:%zu %s of %s: %s (%s)", schema_metrics.file, row + 2, metric, sides[side],
                 csv_is_empty(metrics, row, SCHEMA_metrics_value) ? "no value"
                                                                  : csv_text(metrics, row, SCHEMA_metrics_value),
                 csv_text(metrics, row, SCHEMA_metrics_status));
    }
}

static int print_meant(const struct analysis *analysis, size_t index, bool all, struct error *error)
{
    const struct analyse_effect *effect = &analysis->effects.effect[index];
    struct analyse_said absolute, relative;
    char heading[1024];
    if (analysis_say(analysis, index, &absolute, &relative, error) != 0)
        return error->code;
    snprintf(heading, sizeof heading, "%s against %s on %s: %s", effect->contender, effect->baseline,
             analyse_workload_name(&analysis->data, effect->workload), verdict_words_text(relative.words.words));
    text_print_words(stdout, heading, 0, 0, WIDTH_COLUMNS);
    if (relative.words.reason[0])
        line("because", "%s", relative.words.reason);
    if (relative.parts[0] || absolute.parts[0])
        line("decides", "%s%s%s", relative.parts, relative.parts[0] && absolute.parts[0] ? " " : "", absolute.parts);
    print_effect(analysis, index, false, VERDICT_RELATIVE, &relative.evidence, relative.parts[0] == '\0', "percent",
                 all);
    line("in ns", "%.6g [%.6g; %.6g], from difference_ns of the same rows", absolute.evidence.estimate,
         absolute.evidence.interval.low, absolute.evidence.interval.high);
    line("twins reach", "[%.6g; %.6g] percent: those of the compared variants on this workload",
         relative.evidence.twin.low, relative.evidence.twin.high);
    print_counted(analysis, effect, "instructions_per_op");
    print_counted(analysis, effect, "allocations_per_op");
    if (!all)
        return 0;
    printf("  controls of this cell\n");
    print_controls(analysis, effect->panel, effect->workload);
    return 0;
}

/* Those that are meant; false when there is none. */
static bool print_effects(const struct analysis *analysis, const char *name, bool all, struct error *error)
{
    bool any = false;
    for (size_t i = 0; i < analysis->effects.effect_count && error->code == 0; i++) {
        if (!is_meant(analysis, &analysis->effects.effect[i], name))
            continue;
        if (any)
            printf("\n");
        any = true;
        print_meant(analysis, i, all, error);
    }
    if (any)
        print_run(analysis);
    return any;
}

static int unknown(const struct analysis *analysis, const char *name, struct error *error)
{
    const struct analyse_claims *claims = &analysis->claims;
    char known[768] = "", effect[4 * ENCBENCH_NAME_BYTES] = "CONTENDER/BASELINE/WORKLOAD";
    size_t used = 0;
    for (size_t i = 0; i < claims->part_count && used < sizeof known; i++) {
        bool first = i == 0 || claims->part[i - 1].claim != claims->part[i].claim;
        if (first)
            used += (size_t)snprintf(known + used, sizeof known - used, " %" PRId64, claims->part[i].claim);
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", first ? "" : "/", claims->part[i].name);
    }
    for (size_t i = analysis->effects.effect_count; i-- > 0;)
        if (is_of_panels(&analysis->effects.effect[i]))
            snprintf(effect, sizeof effect, "%s/%s/%s", analysis->effects.effect[i].contender,
                     analysis->effects.effect[i].baseline,
                     analyse_workload_name(&analysis->data, analysis->effects.effect[i].workload));
    return error_set(error, EXIT_USAGE,
                     "explain: unknown claim \"%.64s\"; expected %s%s%san effect as effects.csv has it: %.300s", name,
                     known[0] ? "one of" : "", known, known[0] ? ", a number alone, or " : "", effect);
}

static void print_whole(const struct analysis *analysis, int64_t number)
{
    const enum verdict whole = analyse_claim_verdict(&analysis->claims, number);
    printf("claim %" PRId64 " as a whole: %s%s%s\n", number, present_colour(whole), verdict_name(whole),
           text_colour(stdout, TEXT_PLAIN));
}

static int print_claim(const struct analysis *analysis, const char *claim, bool all, struct error *error)
{
    const struct analyse_claims *claims = &analysis->claims;
    bool any = false, about_time = false;
    for (size_t i = 0; i < claims->part_count; i++) {
        if (!is_asked_for(&claims->part[i], claim))
            continue;
        if (!any)
            print_whole(analysis, claims->part[i].claim);
        if (all)
            print_part(analysis, i);
        else
            print_part_in_short(analysis, i);
        any = true;
        about_time |= claims->part[i].timing_tests > 0;
    }
    if (!any)
        return print_effects(analysis, claim, all, error) || error->code ? error->code
                                                                         : unknown(analysis, claim, error);
    if (all && about_time) {
        printf("\ncontrols of the run\n");
        print_controls(analysis, ANALYSE_NONE, ANALYSE_NONE);
    }
    print_run(analysis);
    if (!all)
        line("more", "encbench explain --all: the arithmetic, the rows and the controls behind each figure");
    return 0;
}

int explain_print(const char *claim, const char *directory, bool all, struct error *error)
{
    struct analysis analysis;
    if (analysis_make(&analysis, directory, error) == 0)
        print_claim(&analysis, claim, all, error);
    analysis_free(&analysis);
    return error->code;
}

/* ---- which run ---- */

/* Whether it can be explained: the files of another version are not of interest here. */
static bool is_complete_run(const char *directory)
{
    struct csv_data run = {0};
    struct error error = {0};
    const bool is_complete = run_directory_check_version(directory, &error) == 0 &&
                             run_directory_read_table(directory, &schema_run, &run, &error) == 0 &&
                             strcmp(run_directory_fact(&run, "complete"), "yes") == 0;
    csv_free(&run);
    return is_complete;
}

static bool is_newer(const char *directory, struct timespec *newest)
{
    char path[PATH_MAX];
    struct stat status;
    struct error error = {0};
    if (paths_join(path, directory, schema_run.file, &error) != 0 || stat(path, &status) != 0 ||
        status.st_mtim.tv_sec < newest->tv_sec ||
        (status.st_mtim.tv_sec == newest->tv_sec && status.st_mtim.tv_nsec <= newest->tv_nsec))
        return false;
    *newest = status.st_mtim;
    return true;
}

int explain_find_run(const char *results, char directory[PATH_MAX], struct error *error)
{
    struct timespec newest = {0, -1};
    DIR *stream = opendir(results);
    directory[0] = '\0';
    for (const struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        char path[PATH_MAX];
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "reference") == 0 ||
            paths_join(path, results, entry->d_name, error) != 0)
            continue;
        struct timespec before = newest;
        if (!is_newer(path, &newest))
            continue;
        if (is_complete_run(path))
            snprintf(directory, PATH_MAX, "%s", path);
        else
            newest = before;
    }
    if (stream)
        closedir(stream);
    if (directory[0] == '\0' && paths_join(directory, results, "reference", error) == 0 &&
        run_directory_check_version(directory, error) == 0 && !is_complete_run(directory))
        error_set(error, EXIT_USAGE, "%s: no complete run there and no reference; measure one or name a run directory",
                  results);
    return error->code;
}
