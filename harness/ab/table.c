#include "ab/table.h"

#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* As read; each is freed. */
struct files {
    struct csv_data effects, levels, controls, verdicts, metrics;
};

const char *ab_verdict_text(enum ab_verdict verdict)
{
    static const char *const texts[] = {"faster", "slower", "no difference", "same code", "not resolvable here"};
    return texts[verdict];
}

/* ---- the words ---- */

/* In a few words what keeps a row that nothing was shown of from "no difference". */
static void say_open(struct ab_result *result, const char *cause, double tolerance_percent)
{
    const double reach = fmax(fabs(result->percent.low), fabs(result->percent.high));
    char *reason = result->reason;
    const size_t bytes = sizeof result->reason;
    if (!isfinite(reach))
        snprintf(reason, bytes, "too few processes for an interval at this confidence");
    else if (strcmp(cause, "straddles") == 0 && result->percent.low <= 0 && result->percent.high >= 0)
        snprintf(reason, bytes, "the interval holds 0 and more than %.3g %%", tolerance_percent);
    else if (strcmp(cause, "within_twin") == 0 || strcmp(cause, "straddles") == 0 || strcmp(cause, "decided") == 0)
        snprintf(reason, bytes, "identical code differs by as much (%.2g to %.2g %%), or the tails say otherwise",
                 result->twin_percent.low, result->twin_percent.high);
    else if (strcmp(cause, "tail") == 0)
        snprintf(reason, bytes, "plain means, tails and all, decide otherwise");
    else if (strcmp(cause, "layout") == 0)
        snprintf(reason, bytes, "a few layouts decide otherwise than most");
    else if (strcmp(cause, "linearity") == 0)
        snprintf(reason, bytes, "within what another size of the batch may change");
    else
        snprintf(reason, bytes, "%s", cause);
}

void ab_decide(struct ab_result *result, const struct ab_said *said, double tolerance_percent)
{
    static const char *const contests[] = {"no_interval", "no_twin", "within_twin", "tail", "layout", "linearity"};
    result->reason[0] = '\0';
    result->blind = result->contested = false;
    result->refuted = strcmp(said->verdict, "refuted") == 0;
    for (size_t i = 0; i < sizeof contests / sizeof contests[0]; i++)
        result->contested |= strcmp(said->cause, contests[i]) == 0;
    const double fewest = fmin(result->level[0].cycles_per_op, result->level[1].cycles_per_op);
    if (fewest < 1) {
        result->verdict = AB_NOT_RESOLVABLE;
        result->blind = true;
        snprintf(result->reason, sizeof result->reason,
                 "an op takes %.2g cycles: what is timed is the loop around it; do more in an op", fewest);
    } else if (strcmp(said->words, "equal by construction") == 0) {
        result->verdict = AB_SAME_CODE;
        snprintf(result->reason, sizeof result->reason, "the same bytes before any link");
    } else if (strcmp(said->words, "faster by") == 0) {
        result->verdict = AB_FASTER;
    } else if (strcmp(said->words, "slower by") == 0) {
        result->verdict = AB_SLOWER;
    } else if (strcmp(said->words, "no difference shown") == 0 && strcmp(said->verdict, "confirmed") == 0) {
        result->verdict = AB_NO_DIFFERENCE;
    } else {
        result->verdict = AB_NOT_RESOLVABLE;
        result->blind = strcmp(said->words, "no difference shown") != 0;
        if (strcmp(said->words, "single layout") == 0)
            snprintf(result->reason, sizeof result->reason,
                     "a shared object has one layout: give its object file, or a directory of its layouts");
        else if (*said->reason)
            snprintf(result->reason, sizeof result->reason, "%s", said->reason);
        else
            say_open(result, said->cause, tolerance_percent);
    }
}

/* ---- from the files ---- */

static int read_files(struct files *files, const char *directory, struct error *error)
{
    const struct {
        const struct csv_table *table;
        struct csv_data *data;
    } all[] = {{&schema_effects, &files->effects},
               {&schema_levels, &files->levels},
               {&schema_controls, &files->controls},
               {&schema_verdicts, &files->verdicts},
               {&schema_metrics, &files->metrics}};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof all / sizeof all[0] && error->code == 0; i++)
        if (paths_join(path, directory, all[i].table->file, error) == 0)
            csv_read(path, all[i].table, all[i].data, error);
    return error->code;
}

static void free_files(struct files *files)
{
    csv_free(&files->effects);
    csv_free(&files->levels);
    csv_free(&files->controls);
    csv_free(&files->verdicts);
    csv_free(&files->metrics);
}

static bool has(const struct csv_data *data, size_t row, size_t column, const char *text)
{
    return strcmp(csv_text(data, row, column), text) == 0;
}

static double metric(const struct csv_data *metrics, const char *label, const char *workload, const char *name)
{
    for (size_t i = 0; i < metrics->row_count; i++)
        if (has(metrics, i, SCHEMA_metrics_variant, label) && has(metrics, i, SCHEMA_metrics_workload, workload) &&
            has(metrics, i, SCHEMA_metrics_metric, name) && has(metrics, i, SCHEMA_metrics_status, "exact"))
            return csv_number(metrics, i, SCHEMA_metrics_value);
    return NAN;
}

static bool read_level(const struct files *files, const struct ab_row *row, const char *label, struct ab_level *level)
{
    const struct csv_data *levels = &files->levels;
    *level = (struct ab_level){
        .instructions_per_op = metric(&files->metrics, label, row->workload.base_name, "instructions_per_op"),
        .allocations_per_op = metric(&files->metrics, label, row->workload.base_name, "allocations_per_op")};
    for (size_t i = 0; i < levels->row_count; i++)
        if (has(levels, i, SCHEMA_levels_panel, row->panel) && has(levels, i, SCHEMA_levels_arm, label) &&
            has(levels, i, SCHEMA_levels_workload, row->workload.short_name)) {
            level->ns_per_op = csv_number(levels, i, SCHEMA_levels_time_ns_per_op);
            level->cycles_per_op = csv_number(levels, i, SCHEMA_levels_cycles_per_op);
            level->ns = (struct stats_interval){csv_number(levels, i, SCHEMA_levels_ci_low_ns),
                                                csv_number(levels, i, SCHEMA_levels_ci_high_ns)};
            return true;
        }
    return false;
}

static size_t find_effect(const struct csv_data *effects, const struct ab_row *row)
{
    size_t i = 0;
    while (i < effects->row_count && !(has(effects, i, SCHEMA_effects_contrast, row->contrast) &&
                                       has(effects, i, SCHEMA_effects_workload, row->workload.short_name) &&
                                       has(effects, i, SCHEMA_effects_scale, "relative")))
        i++;
    return i;
}

/* The part of the claim with this number. */
static size_t find_verdict(const struct csv_data *verdicts, size_t claim)
{
    size_t i = 0;
    while (i < verdicts->row_count && !(csv_integer(verdicts, i, SCHEMA_verdicts_claim) == (int64_t)claim &&
                                        has(verdicts, i, SCHEMA_verdicts_part, "a")))
        i++;
    return i;
}

static int read_result(struct ab_result *result, const struct files *files, const struct ab_inputs *inputs,
                       size_t index, const struct ab_sides *sides, struct error *error)
{
    const struct ab_row *row = &inputs->row[index];
    const struct csv_data *effects = &files->effects, *verdicts = &files->verdicts;
    const size_t effect = find_effect(effects, row), verdict = find_verdict(verdicts, index + 1);
    *result = (struct ab_result){
        .row = row, .baseline = sides->side[0].label, .contender = sides->side[row->contender].label};
    if (effect == effects->row_count || verdict == verdicts->row_count ||
        !read_level(files, row, result->baseline, &result->level[0]) ||
        !read_level(files, row, result->contender, &result->level[1]))
        return error_set(error, EXIT_UNFIT,
                         "%s: nothing of %s on %s: too few of its processes ended well; measure again", effects->path,
                         row->contrast, row->workload.short_name);
    result->effect_percent = csv_number(effects, effect, SCHEMA_effects_estimate);
    result->percent = (struct stats_interval){csv_number(effects, effect, SCHEMA_effects_ci_low),
                                              csv_number(effects, effect, SCHEMA_effects_ci_high)};
    result->twin_percent = (struct stats_interval){csv_number(effects, effect, SCHEMA_effects_twin_low),
                                                   csv_number(effects, effect, SCHEMA_effects_twin_high)};
    result->confidence = csv_number(effects, effect, SCHEMA_effects_confidence);
    result->smallest_found_percent = csv_number(effects, effect, SCHEMA_effects_mde);
    result->processes = (size_t)csv_integer(effects, effect, SCHEMA_effects_processes);
    const struct ab_said said = {
        csv_text(effects, effect, SCHEMA_effects_words), csv_text(effects, effect, SCHEMA_effects_reason),
        csv_text(verdicts, verdict, SCHEMA_verdicts_verdict), csv_text(verdicts, verdict, SCHEMA_verdicts_cause)};
    ab_decide(result, &said, inputs->tolerance_percent);
    if (result->verdict == AB_NOT_RESOLVABLE)
        result->processes_needed = (size_t)csv_integer(verdicts, verdict, SCHEMA_verdicts_processes_needed);
    return 0;
}

int ab_table_read(struct ab_table *table, const struct ab_inputs *inputs, const struct ab_sides *sides,
                  const char *directory, struct error *error)
{
    struct files files = {0};
    *table = (struct ab_table){.tolerance_percent = inputs->tolerance_percent, .lacking = inputs->lacking};
    read_files(&files, directory, error);
    for (size_t i = 0; i < inputs->count && error->code == 0; i++)
        read_result(&table->result[table->count++], &files, inputs, i, sides, error);
    for (size_t i = 0; i < files.controls.row_count;
         i++) { /* nobody asked for what was not measured and blinds nothing */
        table->controls_hold += has(&files.controls, i, SCHEMA_controls_status, "holds");
        table->controls += !has(&files.controls, i, SCHEMA_controls_status, "not measured") ||
                           !(has(&files.controls, i, SCHEMA_controls_blinds, "nothing") ||
                             has(&files.controls, i, SCHEMA_controls_blinds, "heap passes"));
    }
    free_files(&files);
    return error->code;
}

/* ---- ab.csv ---- */

static void put_interval(struct csv_writer *writer, struct stats_interval interval)
{
    csv_put_number(writer, interval.low);
    csv_put_number(writer, interval.high);
}

static void put_count(struct csv_writer *writer, uint64_t count)
{
    if (count > 0)
        csv_put_integer(writer, (int64_t)count);
    else
        csv_put_empty(writer);
}

static void put_result(struct csv_writer *writer, const struct ab_result *result, double tolerance_percent)
{
    const struct module_workload *workload = &result->row->workload;
    const double bytes = workload->input_bytes > 0 ? (double)workload->input_bytes : NAN;
    char reason[256];
    csv_put_text(writer, workload->short_name);
    csv_put_text(writer, measure_state_words[workload->state]);
    csv_put_text(writer, workload->op);
    csv_put_text(writer, result->baseline);
    csv_put_text(writer, result->contender);
    csv_put_text(writer, ab_verdict_text(result->verdict));
    csv_put_number(writer, result->verdict == AB_NO_DIFFERENCE ? tolerance_percent : NAN);
    csv_put_text(writer, csv_clean(reason, sizeof reason, result->reason));
    csv_put_number(writer, result->effect_percent);
    put_interval(writer, result->percent);
    csv_put_number(writer, result->confidence);
    csv_put_number(writer, result->smallest_found_percent);
    put_interval(writer, result->twin_percent);
    for (size_t side = 0; side < 2; side++) {
        csv_put_number(writer, result->level[side].ns_per_op);
        put_interval(writer, result->level[side].ns);
    }
    put_count(writer, workload->input_bytes);
    for (size_t side = 0; side < 2; side++)
        csv_put_number(writer, bytes / result->level[side].ns_per_op);
    for (size_t side = 0; side < 2; side++)
        csv_put_number(writer, result->level[side].instructions_per_op);
    for (size_t side = 0; side < 2; side++)
        csv_put_number(writer, result->level[side].allocations_per_op);
    csv_put_integer(writer, (int64_t)result->processes);
    put_count(writer, result->processes_needed);
    csv_end_row(writer);
}

int ab_table_write(const struct ab_table *table, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer;
    if (paths_join(path, directory, schema_ab.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_ab, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t i = 0; i < table->count; i++)
        put_result(writer, &table->result[i], table->tolerance_percent);
    return csv_writer_close(writer, error);
}

/* ---- the judge ---- */

/* Of an interval that holds the limit nobody knows: 8 [4.9, 11] % is more likely above 5 % than not. */
static int judge(const struct ab_result *result, double limit_percent)
{
    if (result->verdict == AB_SAME_CODE)
        return EXIT_PASS;
    if (result->verdict == AB_SLOWER && result->percent.low > limit_percent)
        return result->refuted ? EXIT_REGRESSION : EXIT_UNFIT;
    if (result->blind || (result->verdict == AB_NOT_RESOLVABLE && result->contested))
        return EXIT_UNFIT;
    return result->percent.high <= limit_percent ? EXIT_PASS : EXIT_UNFIT;
}

int ab_table_judge(const struct ab_table *table, double limit_percent)
{
    int code = table->lacking > 0 ? EXIT_UNFIT : EXIT_PASS;
    for (size_t i = 0; i < table->count; i++) {
        const int of_row = judge(&table->result[i], limit_percent);
        if (of_row == EXIT_REGRESSION)
            return EXIT_REGRESSION;
        code = of_row == EXIT_UNFIT ? EXIT_UNFIT : code;
    }
    return code;
}
