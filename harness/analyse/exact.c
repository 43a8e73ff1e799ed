#include "analyse/analyse.h"
#include "analyse/analysis.h"
#include "base/words.h"
#include "module/names.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 64 };

/* Sums of counts per op that are no whole numbers. */
#define SUM_TOLERANCE 1e-9

/* ---- metrics.csv by itself ---- */

/* Figures beyond these are no measurement, and make sums and ratios of them overflow. */
#define METRIC_MOST  1e24
#define METRIC_LEAST 1e-24

static int check_metric(const struct csv_data *table, size_t row, struct error *error)
{
    static const char *const words[] = {"exact", "unstable", "not available"};
    const char *status = csv_text(table, row, SCHEMA_metrics_status);
    const bool empty = csv_is_empty(table, row, SCHEMA_metrics_value);
    size_t word = 0;
    while (word < 3 && strcmp(words[word], status) != 0)
        word++;
    if (word == 3)
        return analyse_bad_cell(table, row, SCHEMA_metrics_status, "exact; unstable or not available", error);
    const double value = csv_number(table, row, SCHEMA_metrics_value), size = fabs(value);
    if (empty ? word == 0 : !(size == 0 || (size >= METRIC_LEAST && size <= METRIC_MOST)))
        return analyse_bad_cell(table, row, SCHEMA_metrics_value,
                                word == 0 ? "a finite number; the figure is exact" : "a finite number or nothing",
                                error);
    const char *expected = empty ? NULL : names_metric_expected(csv_text(table, row, SCHEMA_metrics_metric), value);
    return expected ? analyse_bad_cell(table, row, SCHEMA_metrics_value, expected, error) : 0;
}

/* The row of an exact figure of the same variant and workload; ANALYSE_NONE. */
static size_t beside(const struct csv_data *metrics, size_t row, const char *metric)
{
    for (size_t other = 0; other < metrics->row_count; other++)
        if (strcmp(csv_text(metrics, other, SCHEMA_metrics_metric), metric) == 0 &&
            strcmp(csv_text(metrics, other, SCHEMA_metrics_status), "exact") == 0 &&
            strcmp(csv_text(metrics, other, SCHEMA_metrics_variant), csv_text(metrics, row, SCHEMA_metrics_variant)) ==
                0 &&
            strcmp(csv_text(metrics, other, SCHEMA_metrics_workload),
                   csv_text(metrics, row, SCHEMA_metrics_workload)) == 0)
            return other;
    return ANALYSE_NONE;
}

/* What never allocates is handed no bytes; a chunk is not smaller than what was asked for. */
static int check_allocations(const struct csv_data *metrics, size_t row, struct error *error)
{
    const double allocations = csv_number(metrics, row, SCHEMA_metrics_value);
    const size_t asked = beside(metrics, row, "allocated_bytes_per_op"),
                 given = beside(metrics, row, "handed_out_bytes_per_op");
    const size_t found[] = {asked, given};
    for (size_t i = 0; i < 2 && allocations == 0; i++)
        if (found[i] != ANALYSE_NONE && csv_number(metrics, found[i], SCHEMA_metrics_value) != 0)
            return analyse_bad_cell(metrics, found[i], SCHEMA_metrics_value,
                                    "0, as allocations_per_op of the same variant and workload is 0; restore the file",
                                    error);
    if (asked != ANALYSE_NONE && given != ANALYSE_NONE &&
        csv_number(metrics, given, SCHEMA_metrics_value) < csv_number(metrics, asked, SCHEMA_metrics_value))
        return analyse_bad_cell(
            metrics, given, SCHEMA_metrics_value,
            "no less than allocated_bytes_per_op of the same variant and workload; restore the file", error);
    return 0;
}

int analyse_metrics_check(const struct csv_data *metrics, struct error *error)
{
    for (size_t row = 0; row < metrics->row_count && error->code == 0; row++)
        if (check_metric(metrics, row, error) == 0 &&
            strcmp(csv_text(metrics, row, SCHEMA_metrics_metric), "allocations_per_op") == 0 &&
            strcmp(csv_text(metrics, row, SCHEMA_metrics_status), "exact") == 0)
            check_allocations(metrics, row, error);
    return error->code;
}

/* An exact figure of metrics.csv is what another file says. */
static int check_figure(const struct analyse_data *data, size_t row, double expected, double tolerance,
                        const char *by_what, struct error *error)
{
    char text[160], number[32];
    if (fabs(csv_number(&data->metrics, row, SCHEMA_metrics_value) - expected) <= tolerance)
        return 0;
    snprintf(text, sizeof text, "%s by %s; restore both files, or measure again",
             isnan(expected) ? "nothing" : csv_format_number(number, sizeof number, expected), by_what);
    return analyse_bad_cell(&data->metrics, row, SCHEMA_metrics_value, text, error);
}

/* ---- layout.csv: fields and holes of a structure, one behind the other ---- */

struct shape {
    int64_t bytes, hole_bytes, holes;
};

static int add_to_shape(struct shape *shape, const struct csv_data *layout, size_t row, struct error *error)
{
    const int64_t offset = csv_integer(layout, row, SCHEMA_layout_offset_bytes);
    const int64_t size = csv_integer(layout, row, SCHEMA_layout_size_bytes);
    const bool is_hole = strcmp(csv_text(layout, row, SCHEMA_layout_kind), "hole") == 0;
    char text[80];
    snprintf(text, sizeof text, "%lld, where the row before of the variant ends", (long long)shape->bytes);
    if (offset != shape->bytes)
        return analyse_bad_cell(layout, row, SCHEMA_layout_offset_bytes, text, error);
    if (size < 1 || size > INT32_MAX)
        return analyse_bad_cell(layout, row, SCHEMA_layout_size_bytes, "a size of at least 1", error);
    if (!is_hole && strcmp(csv_text(layout, row, SCHEMA_layout_kind), "field") != 0)
        return analyse_bad_cell(layout, row, SCHEMA_layout_kind, "field or hole", error);
    if (csv_integer(layout, row, SCHEMA_layout_first_line) != offset / LINE_BYTES)
        return analyse_bad_cell(layout, row, SCHEMA_layout_first_line, "the line of 64 bytes of its first byte", error);
    if (csv_integer(layout, row, SCHEMA_layout_last_line) != (offset + size - 1) / LINE_BYTES)
        return analyse_bad_cell(layout, row, SCHEMA_layout_last_line, "the line of 64 bytes of its last byte", error);
    shape->bytes += size;
    shape->hole_bytes += is_hole ? size : 0;
    shape->holes += is_hole;
    return 0;
}

static int check_structure(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *layout = &data->layout;
    struct shape shape = {0};
    for (size_t r = 0; r < layout->row_count; r++)
        if (strcmp(csv_text(layout, r, SCHEMA_layout_variant), csv_text(&data->metrics, row, SCHEMA_metrics_variant)) ==
                0 &&
            add_to_shape(&shape, layout, r, error) != 0)
            return error->code;
    const struct {
        const char *metric;
        int64_t value;
    } figures[] = {{"struct_bytes", shape.bytes},
                   {"struct_hole_bytes", shape.hole_bytes},
                   {"struct_holes", shape.holes},
                   {"struct_lines", (shape.bytes + LINE_BYTES - 1) / LINE_BYTES}};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0] && error->code == 0; i++) {
        const size_t found = beside(&data->metrics, row, figures[i].metric);
        if (found != ANALYSE_NONE)
            check_figure(data, found, (double)figures[i].value, 0, "the variant's rows of layout.csv", error);
    }
    return error->code;
}

/* ---- symbols.csv: where the instructions of an op are ---- */

static int check_instructions(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *symbols = &data->symbols;
    bool there = false;
    double sum = 0;
    for (size_t r = 0; r < symbols->row_count; r++) {
        const double own = csv_number(symbols, r, SCHEMA_symbols_instructions_per_op);
        if (strcmp(csv_text(symbols, r, SCHEMA_symbols_variant),
                   csv_text(&data->metrics, row, SCHEMA_metrics_variant)) != 0 ||
            strcmp(csv_text(symbols, r, SCHEMA_symbols_workload),
                   csv_text(&data->metrics, row, SCHEMA_metrics_workload)) != 0)
            continue;
        if (!(own >= 0 && own <= METRIC_MOST))
            return analyse_bad_cell(symbols, r, SCHEMA_symbols_instructions_per_op, "a count of it, 0 or more", error);
        sum += own;
        there = true;
    }
    return there ? check_figure(data, row, sum, SUM_TOLERANCE * sum, "the sum of its rows of symbols.csv", error) : 0;
}

/* ---- heap.csv: checkpoints of the heap passes ---- */

static int check_growth(const struct analyse_data *data, size_t row, const char *metric, struct error *error)
{
    for (size_t i = 0; i < data->growth.count; i++) {
        const struct analyse_growth_row *pass = &data->growth.row[i];
        if (strcmp(pass->variant, csv_text(&data->metrics, row, SCHEMA_metrics_variant)) == 0 &&
            strcmp(pass->workload, csv_text(&data->metrics, row, SCHEMA_metrics_workload)) == 0)
            return check_figure(data, row,
                                strcmp(metric, GROWTH_METRIC_STEADY) == 0 ? pass->steady_bytes : pass->last_range_bytes,
                                0, "the checkpoints of heap.csv", error);
    }
    return 0;
}

int analyse_check_exact(const struct analyse_data *data, struct error *error)
{
    if (analyse_metrics_check(&data->metrics, error) != 0)
        return error->code;
    for (size_t row = 0; row < data->metrics.row_count && error->code == 0; row++) {
        const char *metric = csv_text(&data->metrics, row, SCHEMA_metrics_metric);
        if (strcmp(csv_text(&data->metrics, row, SCHEMA_metrics_status), "exact") != 0)
            continue;
        if (strcmp(metric, "struct_bytes") == 0 && data->layout.table)
            check_structure(data, row, error);
        else if (strcmp(metric, "instructions_per_op") == 0)
            check_instructions(data, row, error);
        else if (growth_is_metric(metric))
            check_growth(data, row, metric, error);
    }
    return error->code;
}

/* ---- calibration.csv: rates are of counts ---- */

/* Whether a rate is within a target that says so in percent; of another target nothing is known here. */
static bool may_be_met(const char *target, double value, double low)
{
    double least = -INFINITY, most = INFINITY;
    if (sscanf(target, "at most %lf percent of ", &most) == 1 ||
        sscanf(target, "%lf to %lf percent of ", &least, &most) == 2)
        return value >= least && value <= most;
    return sscanf(target, "not shown to be more than %lf percent", &most) != 1 || !(low > most);
}

static int check_rate(const struct csv_data *table, size_t row, struct error *error)
{
    const int64_t trials = csv_integer(table, row, SCHEMA_calibration_trials);
    const int64_t count = csv_integer(table, row, SCHEMA_calibration_count);
    const double value = csv_number(table, row, SCHEMA_calibration_value);
    const double low = csv_number(table, row, SCHEMA_calibration_low),
                 high = csv_number(table, row, SCHEMA_calibration_high);
    const bool counted = !csv_is_empty(table, row, SCHEMA_calibration_count);
    char text[120];
    if (!words_has("met missed", csv_text(table, row, SCHEMA_calibration_status)) &&
        strcmp(csv_text(table, row, SCHEMA_calibration_status), "more trials needed") != 0 &&
        strcmp(csv_text(table, row, SCHEMA_calibration_status), "no target") != 0)
        return analyse_bad_cell(table, row, SCHEMA_calibration_status, "met; missed; more trials needed or no target",
                                error);
    if (trials < 0)
        return analyse_bad_cell(table, row, SCHEMA_calibration_trials, "a count", error);
    if (counted && (count < 0 || count > trials))
        return analyse_bad_cell(table, row, SCHEMA_calibration_count, "no more than the trials", error);
    snprintf(text, sizeof text, "%.15g, as %lld of %lld trials are; restore the file",
             100 * (double)count / (double)(trials > 0 ? trials : 1), (long long)count, (long long)trials);
    if (counted && trials > 0 && !isnan(value) &&
        !(fabs(value - 100 * (double)count / (double)trials) <= 100 * SUM_TOLERANCE))
        return analyse_bad_cell(table, row, SCHEMA_calibration_value, text, error);
    if (strcmp(csv_text(table, row, SCHEMA_calibration_status), "met") == 0 &&
        !may_be_met(csv_text(table, row, SCHEMA_calibration_target), value, low))
        return analyse_bad_cell(table, row, SCHEMA_calibration_status,
                                "missed, by its value and target; restore the file", error);
    if (value < low || value > high)
        return analyse_bad_cell(table, row, SCHEMA_calibration_value, "a figure from low to high; restore the file",
                                error);
    return 0;
}

int analyse_check_calibration(const struct csv_data *calibration, struct error *error)
{
    for (size_t row = 0; row < calibration->row_count && error->code == 0; row++)
        check_rate(calibration, row, error);
    return error->code;
}
