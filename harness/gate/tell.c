#include "gate/tell.h"

#include "base/environment.h"
#include "base/paths.h"
#include "base/progress.h"
#include "gate/comparison.h"
#include "gate/tell_ci.h"
#include "gate/tell_time.h"
#include "schema.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_ROWS_MAX = 40, FIGURE_BYTES = 32 };

/* The order in which rows are shown; what is the same, and what neither side has, is only counted. */
static const enum gate_status shown[] = {GATE_REGRESSION, GATE_LOST,   GATE_DECLARED, GATE_LESS,
                                         GATE_CHANGED,    GATE_GAINED, GATE_NEW,      GATE_REMOVED};
enum { SHOWN_COUNT = sizeof shown / sizeof shown[0] };

static size_t count_of(const struct gate_found *found, enum gate_status status)
{
    size_t count = 0;
    for (size_t i = 0; i < found->rows->count; i++)
        count += found->rows->rows[i].status == status && !gate_row_is_plant(&found->rows->rows[i]);
    return count;
}

/* ---- gate.csv ---- */

static int write_csv(const struct gate_found *found, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer = NULL;
    if (paths_join(path, found->directory, schema_gate.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_gate, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t i = 0; i < found->rows->count; i++) {
        const struct gate_row *row = &found->rows->rows[i];
        csv_put_text(writer, row->variant);
        csv_put_text(writer, row->workload);
        csv_put_text(writer, row->metric);
        csv_put_number(writer, row->base);
        csv_put_number(writer, row->head);
        csv_put_text(writer, gate_status_words[row->status]);
        csv_put_text(writer, row->reason);
        csv_end_row(writer);
    }
    if (found->time)
        gate_tell_time_rows(found->time, writer);
    return csv_writer_close(writer, error);
}

/* ---- for people ---- */

typedef void put_row_function(const struct gate_found *found, FILE *stream, const struct gate_row *row);

/* At most TABLE_ROWS_MAX rows by `put`; returns how many there are beyond. */
static size_t for_shown_rows(const struct gate_found *found, FILE *stream, put_row_function *put)
{
    size_t count = 0;
    for (size_t s = 0; s < SHOWN_COUNT; s++)
        for (size_t i = 0; i < found->rows->count; i++) {
            const struct gate_row *row = &found->rows->rows[i];
            if (row->status == shown[s] && !gate_row_is_plant(row) && count++ < TABLE_ROWS_MAX)
                put(found, stream, row);
        }
    return count > TABLE_ROWS_MAX ? count - TABLE_ROWS_MAX : 0;
}

static const char *figure(double value, char text[static FIGURE_BYTES])
{
    csv_format_number(text, FIGURE_BYTES, value);
    return *text ? text : "-";
}

/* "+1, +0.024 %": by how much; "" where that is no number. */
static const char *increase(const struct gate_row *row, char text[static 2 * FIGURE_BYTES])
{
    char more[FIGURE_BYTES];
    const double difference = row->head - row->base;
    text[0] = '\0';
    if (isfinite(difference) && difference != 0)
        snprintf(text, 2 * FIGURE_BYTES, "%s%s", difference > 0 ? "+" : "", figure(difference, more));
    if (*text && row->base > 0)
        snprintf(text + strlen(text), 2 * FIGURE_BYTES - strlen(text), ", %+.2g %%", 100 * difference / row->base);
    return text;
}

/* Why, and for instructions the functions that execute them. */
static const char *words_of(const struct gate_found *found, const struct gate_row *row,
                            char words[static GATE_FUNCTIONS_BYTES])
{
    words[0] = '\0';
    if (strcmp(row->metric, "instructions_per_op") == 0 && *row->reason == '\0')
        gate_functions_changed(found->functions, row->variant, row->workload, words);
    return *words ? words : row->reason;
}

static void put_row_text(const struct gate_found *found, FILE *stream, const struct gate_row *row)
{
    char base[FIGURE_BYTES], head[FIGURE_BYTES], more[2 * FIGURE_BYTES], words[GATE_FUNCTIONS_BYTES];
    fprintf(stream, "  %-10s  %s %s %s", gate_status_words[row->status], row->variant, row->workload, row->metric);
    if (strcmp(row->metric, GATE_ALL) != 0)
        fprintf(stream, "  %s -> %s", figure(row->base, base), figure(row->head, head));
    if (*increase(row, more))
        fprintf(stream, " (%s)", more);
    const char *why = words_of(found, row, words);
    fprintf(stream, "%s%s\n", *why ? "; " : "", why);
}

static void put_row_markdown(const struct gate_found *found, FILE *stream, const struct gate_row *row)
{
    char base[FIGURE_BYTES], head[FIGURE_BYTES], more[2 * FIGURE_BYTES], words[GATE_FUNCTIONS_BYTES];
    const char *why = words_of(found, row, words);
    increase(row, more);
    fprintf(stream, "| %s | %s | %s | %s | %s | %s | %s%s%s |\n", gate_status_words[row->status], row->variant,
            row->workload, row->metric, figure(row->base, base), figure(row->head, head), more,
            *more && *why ? "; " : "", why);
}

/* "312 same, 1 regression": every status that there is. */
static void put_counts(const struct gate_found *found, FILE *stream)
{
    const char *separator = "";
    for (enum gate_status status = 0; status < GATE_STATUS_COUNT; status++) {
        const size_t count = count_of(found, status);
        if (count == 0)
            continue;
        fprintf(stream, "%s%zu %s", separator, count, gate_status_words[status]);
        separator = ", ";
    }
}

static void put_subject(const struct gate_found *found, const char *base, FILE *stream)
{
    fprintf(stream, "base %s", base);
    if (found->base->commit[0])
        fprintf(stream, " (%.12s)", found->base->commit);
    fprintf(stream, "; head: %s", found->head);
    if (environment_words()[0])
        fprintf(stream, "; environment of both: %s", environment_words());
}

static const char *verdict_words(const struct gate_found *found)
{
    switch (gate_outcome(found->rows, found->time)) {
    case EXIT_PASS:
        return "not worse than the base";
    case EXIT_REGRESSION:
        return "worse than the base";
    default:
        return "nothing decided";
    }
}

/* The lines that would declare what is red, but for the reason, which only their author knows; returns how many. */
static size_t put_lines(const struct gate_found *found, const char *indent, FILE *stream)
{
    char head[FIGURE_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < found->rows->count; i++) {
        const struct gate_row *row = &found->rows->rows[i];
        if (!gate_row_is_red(row))
            continue;
        fprintf(stream, "%s%s,%s,%s,%s,REASON\n", indent, row->variant, row->workload, row->metric,
                row->status == GATE_LOST ? "" : figure(row->head, head));
        count++;
    }
    for (size_t r = 0; found->time && r < found->time->row_count; r++) {
        const struct gate_time_row *row = &found->time->rows[r];
        if (row->status != GATE_TIME_NOT_COMPARABLE || row->declared || row->plant)
            continue;
        fprintf(stream, "%s%s,%s,%s,,REASON\n", indent, row->head->variant, row->head_workload->short_name,
                GATE_TIME_METRIC);
        count++;
    }
    return count;
}

static bool has_lines(const struct gate_found *found)
{
    FILE *nowhere = fopen("/dev/null", "we");
    const bool has = nowhere && put_lines(found, "", nowhere) > 0;
    if (nowhere)
        fclose(nowhere);
    return has;
}

static void put_hint(const struct gate_found *found, FILE *stream)
{
    const char *slash = strrchr(found->allow, '/');
    if (!has_lines(found))
        return;
    fprintf(stream, "to declare what is meant, add to %s (its first line: variant,workload,metric,value,reason):\n",
            slash ? slash + 1 : found->allow);
    put_lines(found, "  ", stream);
}

static void put_text(const struct gate_found *found, FILE *stream)
{
    put_subject(found, found->given, stream);
    fputs("\n", stream);
    const size_t more = for_shown_rows(found, stream, put_row_text);
    if (more)
        fprintf(stream, "  ... and %zu more in gate.csv\n", more);
    fputs("exact figures: ", stream);
    put_counts(found, stream);
    fputs("\nplanted regressions: all seen\n", stream);
    if (found->time)
        gate_tell_time_text(found->time, stream);
    put_hint(found, stream);
    if (found->kept)
        fprintf(stream, "data %s\n", found->directory);
    fprintf(stream, "gate: %s\n", verdict_words(found));
}

static void put_markdown(const struct gate_found *found, FILE *stream)
{
    size_t rows = 0;
    for (size_t s = 0; s < SHOWN_COUNT; s++)
        rows += count_of(found, shown[s]);
    fprintf(stream, "### gate: %s\n\n", verdict_words(found));
    put_subject(found, paths_shareable(found->given), stream);
    fputs(". Exact figures: ", stream);
    put_counts(found, stream);
    fputs(". Planted regressions: all seen.\n\n", stream);
    if (rows > 0) {
        fputs("| | variant | workload | metric | base | head | |\n|---|---|---|---|---:|---:|---|\n", stream);
        const size_t more = for_shown_rows(found, stream, put_row_markdown);
        if (more)
            fprintf(stream, "\n%zu more rows are in gate.csv.\n", more);
        fputs("\n", stream);
    }
    if (found->time)
        gate_tell_time_markdown(found->time, stream);
    if (has_lines(found)) {
        fputs("To declare what is meant:\n\n```\n", stream);
        put_lines(found, "", stream);
        fputs("```\n", stream);
    }
}

/* ---- files ---- */

static int write_markdown(const struct gate_found *found, const char *path, const char *mode, struct error *error)
{
    FILE *file = fopen(path, mode);
    if (file == NULL)
        return error_set(error, EXIT_USAGE, "%s: %s; the summary could not be written", path, strerror(errno));
    put_markdown(found, file);
    const bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return error_set(error, EXIT_USAGE, "%s: %s; the summary could not be written", path, strerror(errno));
    return 0;
}

static int write_all(const struct gate_found *found, FILE *stream, struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, found->directory, "gate.md", error) != 0 || write_csv(found, error) != 0 ||
        write_markdown(found, path, "we", error) != 0 || gate_tell_junit(found, error) != 0 ||
        gate_tell_sarif(found, error) != 0)
        return error->code;
    if (found->time && gate_tell_time_passes(found->time, found->directory, error) != 0)
        return error->code;
    put_text(found, stream);
    gate_tell_annotations(found, stream);
    return fflush(stream) == 0 ? 0
                               : error_set(error, EXIT_USAGE, "standard output: %s; the result is in %s",
                                           strerror(errno), found->directory);
}

int gate_tell(struct gate_found *found, FILE *stream, struct error *error)
{
    const char *summary = getenv("GITHUB_STEP_SUMMARY");
    struct gate_functions functions;
    /* The verdict stands without it. */
    struct error unwritten = {0};
    const struct progress notes = {0};
    found->functions = &functions;
    if (gate_functions_read(&functions, found->sides->side[GATE_BASE].directory,
                            found->sides->side[GATE_HEAD].directory, error) == 0 &&
        write_all(found, stream, error) == 0 && summary && *summary &&
        write_markdown(found, summary, "ae", &unwritten) != 0)
        progress_say(&notes, "encbench: %s", unwritten.message);
    gate_functions_free(&functions);
    found->functions = NULL;
    return error->code;
}
