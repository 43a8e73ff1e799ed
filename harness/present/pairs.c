#include "present/pairs.h"

#include "base/text.h"
#include "schema.h"
#include "store/run_directory.h"

#include <math.h>
#include <string.h>

enum { DIGITS_MOST = 4 };

struct tables {
    struct csv_data effects, levels, metrics, workloads;
};

/* ---- figures as text ---- */

/* So many digits behind the point that two of the interval's width are seen. */
static int digits_of(double low, double high)
{
    const int digits = isfinite(high - low) && high > low ? 1 - (int)floor(log10(high - low)) : 2;
    return digits < 0 ? 0 : digits > DIGITS_MOST ? DIGITS_MOST : digits;
}

static void put_time(FILE *out, double ns)
{
    const double factor = ns >= 1e7 ? 1e6 : ns >= 1e4 ? 1e3 : 1;
    fprintf(out, "%.4g %s", ns / factor, ns >= 1e7 ? "ms" : ns >= 1e4 ? "us" : "ns");
}

/* "faster by 12.3 % [11.9, 12.7]" */
static void put_effect(FILE *out, const struct csv_data *effects, size_t row)
{
    const char *words = csv_text(effects, row, SCHEMA_effects_words);
    const char *reason = csv_text(effects, row, SCHEMA_effects_reason);
    const double estimate = csv_number(effects, row, SCHEMA_effects_estimate);
    const double low = csv_number(effects, row, SCHEMA_effects_ci_low);
    const double high = csv_number(effects, row, SCHEMA_effects_ci_high);
    const bool faster = strcmp(words, "faster by") == 0, directed = faster || strcmp(words, "slower by") == 0;
    const int digits = digits_of(low, high);
    fprintf(out, "%s%s%.*f %% [%.*f, %.*f]", words, directed ? " " : ", ", digits, faster ? -estimate : estimate,
            digits, faster ? -high : low, digits, faster ? -low : high);
    if (*reason)
        fprintf(out, " (%s)", reason);
}

/* ---- rows ---- */

static bool is_pair(const struct csv_data *effects, size_t row)
{
    const char *kind = csv_text(effects, row, SCHEMA_effects_kind);
    return strcmp(csv_text(effects, row, SCHEMA_effects_scale), "relative") == 0 && strcmp(kind, "twin") != 0 &&
           strcmp(kind, "planted") != 0;
}

static bool same(const struct csv_data *data, size_t one, size_t other, size_t column)
{
    return strcmp(csv_text(data, one, column), csv_text(data, other, column)) == 0;
}

static bool same_sides(const struct csv_data *effects, size_t one, size_t other)
{
    return same(effects, one, other, SCHEMA_effects_baseline) && same(effects, one, other, SCHEMA_effects_contender);
}

/* The workload in the state `repeat`, under which it is counted. */
static const char *base_of(const struct tables *tables, const char *workload)
{
    const size_t row = csv_find(&tables->workloads, SCHEMA_workloads_workload, workload);
    return row < tables->workloads.row_count && !csv_is_empty(&tables->workloads, row, SCHEMA_workloads_base)
               ? csv_text(&tables->workloads, row, SCHEMA_workloads_base)
               : workload;
}

static bool is_fresh(const struct tables *tables, const char *workload)
{
    const size_t row = csv_find(&tables->workloads, SCHEMA_workloads_workload, workload);
    return row < tables->workloads.row_count &&
           strcmp(csv_text(&tables->workloads, row, SCHEMA_workloads_state), "fresh") == 0;
}

/* Whether the same workload in the state `fresh` says as much. */
static bool is_said_by_fresh(const struct tables *tables, size_t row)
{
    const struct csv_data *effects = &tables->effects;
    const char *workload = csv_text(effects, row, SCHEMA_effects_workload);
    for (size_t other = 0; other < effects->row_count; other++) {
        const char *fresh = csv_text(effects, other, SCHEMA_effects_workload);
        if (is_pair(effects, other) && same(effects, row, other, SCHEMA_effects_contrast) &&
            same(effects, row, other, SCHEMA_effects_panel) && same(effects, row, other, SCHEMA_effects_words) &&
            is_fresh(tables, fresh) && strcmp(fresh, workload) != 0 && strcmp(base_of(tables, fresh), workload) == 0)
            return true;
    }
    return false;
}

/* The level of a variant beside an effect; NaN when there is none, as of several variants. */
static double level_of(const struct tables *tables, size_t effect, size_t side)
{
    const struct csv_data *levels = &tables->levels;
    for (size_t row = 0; row < levels->row_count; row++) {
        const char *role = csv_text(levels, row, SCHEMA_levels_role);
        if ((strcmp(role, "baseline") == 0 || strcmp(role, "contender") == 0) &&
            strcmp(csv_text(levels, row, SCHEMA_levels_panel),
                   csv_text(&tables->effects, effect, SCHEMA_effects_panel)) == 0 &&
            strcmp(csv_text(levels, row, SCHEMA_levels_workload),
                   csv_text(&tables->effects, effect, SCHEMA_effects_workload)) == 0 &&
            strcmp(csv_text(levels, row, SCHEMA_levels_variant), csv_text(&tables->effects, effect, side)) == 0)
            return csv_number(levels, row, SCHEMA_levels_time_ns_per_op);
    }
    return NAN;
}

static double instructions_of(const struct tables *tables, const char *variant, const char *workload)
{
    const struct csv_data *metrics = &tables->metrics;
    for (size_t row = 0; row < metrics->row_count; row++)
        if (strcmp(csv_text(metrics, row, SCHEMA_metrics_metric), "instructions_per_op") == 0 &&
            strcmp(csv_text(metrics, row, SCHEMA_metrics_variant), variant) == 0 &&
            strcmp(csv_text(metrics, row, SCHEMA_metrics_workload), workload) == 0)
            return csv_number(metrics, row, SCHEMA_metrics_value);
    return NAN;
}

static void put_sides(FILE *out, const struct tables *tables, size_t row)
{
    static const size_t sides[] = {SCHEMA_effects_baseline, SCHEMA_effects_contender};
    const char *base = base_of(tables, csv_text(&tables->effects, row, SCHEMA_effects_workload));
    double level[2], instructions[2];
    for (size_t side = 0; side < 2; side++) {
        level[side] = level_of(tables, row, sides[side]);
        instructions[side] = instructions_of(tables, csv_text(&tables->effects, row, sides[side]), base);
    }
    if (isfinite(level[0]) && isfinite(level[1])) {
        fprintf(out, "; ");
        put_time(out, level[0]);
        fprintf(out, " -> ");
        put_time(out, level[1]);
    }
    if (isfinite(instructions[0]) && isfinite(instructions[1]))
        fprintf(out, instructions[0] == instructions[1] ? ", %.10g" : ", %.10g -> %.10g", instructions[0],
                instructions[1]);
    if (isfinite(instructions[0]) && isfinite(instructions[1]))
        fprintf(out, " instructions");
}

static void print_row(FILE *stream, const struct tables *tables, size_t row, int columns)
{
    char line[2048];
    FILE *out = fmemopen(line, sizeof line, "w");
    if (out == NULL)
        return;
    fprintf(out, "%s: ", csv_text(&tables->effects, row, SCHEMA_effects_workload));
    put_effect(out, &tables->effects, row);
    put_sides(out, tables, row);
    fclose(out);
    fprintf(stream, "  ");
    text_print_words(stream, line, 2, 4, columns);
}

static void print_all(FILE *stream, const struct tables *tables, int columns)
{
    const struct csv_data *effects = &tables->effects;
    size_t said = 0;
    for (size_t first = 0; first < effects->row_count; first++) {
        bool seen = !is_pair(effects, first);
        for (size_t row = 0; row < first && !seen; row++)
            seen = is_pair(effects, row) && same_sides(effects, row, first);
        if (seen)
            continue;
        char line[1024];
        snprintf(line, sizeof line, "%s against %s", csv_text(effects, first, SCHEMA_effects_contender),
                 csv_text(effects, first, SCHEMA_effects_baseline));
        text_print_words(stream, line, 0, 2, columns);
        for (size_t row = first; row < effects->row_count; row++) {
            if (!is_pair(effects, row) || !same_sides(effects, row, first))
                continue;
            if (is_said_by_fresh(tables, row))
                said++;
            else
                print_row(stream, tables, row, columns);
        }
    }
    if (said > 0)
        fprintf(stream, "of the same input again and again as much: %zu more in effects.csv\n", said);
}

int pairs_print(FILE *stream, const char *directory, int columns, struct error *error)
{
    struct tables tables = {0};
    if (run_directory_read_table(directory, &schema_effects, &tables.effects, error) == 0 &&
        run_directory_read_table(directory, &schema_levels, &tables.levels, error) == 0 &&
        run_directory_read_table(directory, &schema_metrics, &tables.metrics, error) == 0 &&
        run_directory_read_table(directory, &schema_workloads, &tables.workloads, error) == 0)
        print_all(stream, &tables, columns);
    csv_free(&tables.effects);
    csv_free(&tables.levels);
    csv_free(&tables.metrics);
    csv_free(&tables.workloads);
    return error->code;
}
