#include "ab/print.h"

#include "base/text.h"
#include "schema.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- rounding ---- */

/* Digits behind the point so that the last one is no more than half of the half-width; `most` where that is 0. */
static int digits_of(double half_width, int most)
{
    const int digits = half_width > 0 ? (int)ceil(-log10(half_width / 2)) : most;
    return !isfinite(half_width) || digits < 0 ? 0 : digits > most ? most : digits;
}

static const char *number(char text[static 32], double value, int digits)
{
    char zero[32];
    snprintf(text, 32, "%.*f", digits, value);
    snprintf(zero, sizeof zero, "-%.*f", digits, 0.0);
    return strcmp(text, zero) == 0 ? text + 1 : text;
}

/* A count: whole where it is, else three digits. */
static const char *count(char text[static 32], double value)
{
    if (isnan(value))
        snprintf(text, 32, "?");
    else
        snprintf(text, 32, value == floor(value) && value < 1e15 ? "%.0f" : "%.3g", value);
    return text;
}

/* ---- text ---- */

static double half(struct stats_interval interval)
{
    return (interval.high - interval.low) / 2;
}

static void put_effect(FILE *out, const struct ab_result *result)
{
    char estimate[32], low[32], high[32];
    const int digits = digits_of(half(result->percent), 3);
    const bool directed = result->verdict == AB_FASTER || result->verdict == AB_SLOWER;
    const double sign = result->verdict == AB_FASTER ? -1 : 1;
    const struct stats_interval shown =
        sign < 0 ? (struct stats_interval){-result->percent.high, -result->percent.low} : result->percent;
    fprintf(out, "%s%s %% [%s, %s]", directed ? " by " : ", effect ",
            number(estimate, sign * result->effect_percent, digits), number(low, shown.low, digits),
            number(high, shown.high, digits));
}

/* "hash_4k.fresh: faster by 12.3 % [11.9, 12.7]; 0.3 % would be found" */
static void put_verdict(FILE *out, const struct ab_result *result, double tolerance_percent, bool named)
{
    fprintf(out, "%s: %s%s%s", result->row->workload.short_name, named ? result->contender : "", named ? " is " : "",
            ab_verdict_text(result->verdict));
    if (result->verdict == AB_NO_DIFFERENCE)
        fprintf(out, " within %.3g %%", tolerance_percent);
    put_effect(out, result);
    if (isfinite(result->smallest_found_percent))
        fprintf(out, "; %.2g %% would be found", result->smallest_found_percent);
}

static const struct {
    double ns;
    const char *name;
} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};

/* In the unit in which the smaller of both is 1 or more. */
static void put_levels(FILE *out, const struct ab_result *result)
{
    const struct ab_level *level = result->level;
    const double smaller = fmin(level[0].ns_per_op, level[1].ns_per_op);
    size_t unit = 0;
    char text[2][32];
    while (unit + 1 < sizeof units / sizeof units[0] && smaller < units[unit].ns)
        unit++;
    for (size_t side = 0; side < 2; side++)
        number(text[side], level[side].ns_per_op / units[unit].ns, digits_of(half(level[side].ns) / units[unit].ns, 3));
    fprintf(out, "%s -> %s %s/op", text[0], text[1], units[unit].name);
    if (result->row->workload.input_bytes > 0)
        fprintf(out, ", %.3g -> %.3g GB/s", (double)result->row->workload.input_bytes / level[0].ns_per_op,
                (double)result->row->workload.input_bytes / level[1].ns_per_op);
}

static void put_counts(FILE *out, double baseline, double contender, const char *what)
{
    char text[2][32];
    if (isnan(baseline) && isnan(contender))
        return;
    fprintf(out, ", %s", count(text[0], baseline));
    if (!(baseline == contender))
        fprintf(out, " -> %s", count(text[1], contender));
    fprintf(out, " %s", what);
}

static void put_row(FILE *stream, const struct ab_result *result, double tolerance_percent, bool named, int columns)
{
    char *line = NULL;
    size_t bytes;
    FILE *out = open_memstream(&line, &bytes);
    if (out == NULL)
        return;
    put_verdict(out, result, tolerance_percent, named);
    fputc('\n', out);
    put_levels(out, result);
    put_counts(out, result->level[0].instructions_per_op, result->level[1].instructions_per_op, "instr.");
    put_counts(out, result->level[0].allocations_per_op, result->level[1].allocations_per_op, "alloc.");
    if (result->verdict == AB_NOT_RESOLVABLE) {
        fprintf(out, "\nwhy: %s", result->reason);
        if (result->processes_needed)
            fprintf(out, "; %zu processes would decide it, here were %zu", result->processes_needed, result->processes);
    } else if (*result->reason) {
        fprintf(out, " (%s)", result->reason);
    }
    fclose(out);
    char *rest = line, *part;
    for (int at = 0; (part = strsep(&rest, "\n")) != NULL; at = 2) {
        fprintf(stream, "%*s", at, "");
        text_print_words(stream, part, at, at + 2, columns);
    }
    free(line);
}

void ab_print_text(FILE *stream, const struct ab_table *table, const struct ab_sides *sides, size_t looks,
                   double seconds, int columns)
{
    char line[1024];
    const bool several = sides->count > 2, same = !several && ab_sides_same(&sides->side[0], &sides->side[1]);
    size_t most = 0, least = SIZE_MAX;
    for (size_t i = 0; i < table->count; i++) {
        most = table->result[i].processes > most ? table->result[i].processes : most;
        least = table->result[i].processes < least ? table->result[i].processes : least;
    }
    snprintf(line, sizeof line, "%.200s%s against %.200s, per op%s", several ? "all others" : sides->side[1].label, "",
             sides->side[0].label, same ? ": the same source and flags, so an A/A" : "");
    text_print_words(stream, line, 0, 2, columns);
    for (size_t i = 0; i < table->count; i++)
        put_row(stream, &table->result[i], table->tolerance_percent, several, columns);
    char processes[48];
    snprintf(processes, sizeof processes, least < most ? "%zu to %zu" : "%zu", least, most);
    snprintf(line, sizeof line,
             "error 1 %% over %zu row%s and %zu looks (Bonferroni); %s processes, %.1f s; %zu of %zu controls hold",
             table->count, table->count == 1 ? "" : "s", looks, processes, seconds, table->controls_hold,
             table->controls);
    text_print_words(stream, line, 0, 2, columns);
}

/* ---- for programs ---- */

int ab_print_csv(FILE *stream, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    FILE *file = NULL;
    if (paths_join(path, directory, schema_ab.file, error) != 0)
        return error->code;
    if ((file = fopen(path, "re")) == NULL)
        return error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
    for (int byte; (byte = getc(file)) != EOF;)
        putc(byte, stream);
    fclose(file);
    return 0;
}

static cJSON *cell(const struct csv_data *data, const struct csv_table *table, size_t row, size_t column)
{
    char text[32];
    if (csv_is_empty(data, row, column))
        return cJSON_CreateNull();
    if (table->columns[column].type == CSV_TEXT)
        return cJSON_CreateString(csv_text(data, row, column));
    const double value = csv_number(data, row, column);
    if (!isfinite(value))
        return cJSON_CreateNull();
    return cJSON_CreateRaw(csv_format_number(text, sizeof text, value));
}

static int add_rows(cJSON *document, const char *name, const char *directory, const struct csv_table *table,
                    struct error *error)
{
    char path[PATH_MAX];
    struct csv_data data;
    cJSON *rows = cJSON_AddArrayToObject(document, name);
    if (paths_join(path, directory, table->file, error) != 0 || csv_read(path, table, &data, error) != 0)
        return error->code;
    for (size_t i = 0; rows && i < data.row_count; i++) {
        cJSON *row = cJSON_CreateObject();
        for (size_t column = 0; row && column < table->column_count; column++)
            cJSON_AddItemToObject(row, table->columns[column].name, cell(&data, table, i, column));
        cJSON_AddItemToArray(rows, row);
    }
    csv_free(&data);
    return rows ? 0 : error_out_of_memory(error);
}

int ab_print_json(FILE *stream, const char *directory, struct error *error)
{
    cJSON *document = cJSON_CreateObject();
    char *text = NULL;
    if (document && add_rows(document, "rows", directory, &schema_ab, error) == 0 &&
        add_rows(document, "controls", directory, &schema_controls, error) == 0) {
        if ((text = cJSON_Print(document)) != NULL)
            fprintf(stream, "%s\n", text);
        else
            error_out_of_memory(error);
    }
    cJSON_Delete(document);
    free(text);
    return document ? error->code : error_out_of_memory(error);
}
