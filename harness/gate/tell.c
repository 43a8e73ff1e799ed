#include "gate/tell.h"

#include "base/environment.h"
#include "base/paths.h"
#include "base/progress.h"
#include "gate/tell_time.h"
#include "schema.h"

#include <errno.h>
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

int gate_found_outcome(const struct gate_found *found)
{
    if (found->time && found->time->outcome == EXIT_BLIND)
        return EXIT_BLIND;
    for (size_t i = 0; i < found->rows->count; i++)
        if (gate_row_is_red(&found->rows->rows[i]))
            return EXIT_REGRESSION;
    return found->time ? found->time->outcome : EXIT_PASS;
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

typedef void put_row_function(FILE *stream, const struct gate_row *row);

/* At most TABLE_ROWS_MAX rows by `put`; returns how many there are beyond. */
static size_t for_shown_rows(const struct gate_found *found, FILE *stream, put_row_function *put)
{
    size_t count = 0;
    for (size_t s = 0; s < SHOWN_COUNT; s++)
        for (size_t i = 0; i < found->rows->count; i++) {
            const struct gate_row *row = &found->rows->rows[i];
            if (row->status == shown[s] && !gate_row_is_plant(row) && count++ < TABLE_ROWS_MAX)
                put(stream, row);
        }
    return count > TABLE_ROWS_MAX ? count - TABLE_ROWS_MAX : 0;
}

static const char *figure(double value, char text[static FIGURE_BYTES])
{
    csv_format_number(text, FIGURE_BYTES, value);
    return *text ? text : "-";
}

static void put_row_text(FILE *stream, const struct gate_row *row)
{
    char base[FIGURE_BYTES], head[FIGURE_BYTES];
    fprintf(stream, "  %-10s  %s %s %s", gate_status_words[row->status], row->variant, row->workload, row->metric);
    if (strcmp(row->metric, GATE_ALL) != 0)
        fprintf(stream, "  %s -> %s", figure(row->base, base), figure(row->head, head));
    fprintf(stream, "%s%s\n", *row->reason ? "; " : "", row->reason);
}

static void put_row_markdown(FILE *stream, const struct gate_row *row)
{
    char base[FIGURE_BYTES], head[FIGURE_BYTES];
    fprintf(stream, "| %s | %s | %s | %s | %s | %s | %s |\n", gate_status_words[row->status], row->variant,
            row->workload, row->metric, figure(row->base, base), figure(row->head, head), row->reason);
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
    fprintf(stream, "; head: the working tree%s", found->base->dirty ? ", which has uncommitted changes" : "");
    if (environment_words()[0])
        fprintf(stream, "; environment of both: %s", environment_words());
}

static const char *verdict_words(const struct gate_found *found)
{
    switch (gate_found_outcome(found)) {
    case EXIT_PASS:
        return "not worse than the base";
    case EXIT_REGRESSION:
        return "worse than the base";
    default:
        return "nothing decided";
    }
}

/* The line that would declare the first red figure, but for the reason, which only its author knows. */
static void put_hint(const struct gate_found *found, FILE *stream)
{
    char head[FIGURE_BYTES];
    for (size_t i = 0; i < found->rows->count; i++) {
        const struct gate_row *row = &found->rows->rows[i];
        if (!gate_row_is_red(row))
            continue;
        fprintf(stream, "to declare it, add a line to %s:\n  %s,%s,%s,%s,REASON\n", schema_gate_allow.file,
                row->variant, row->workload, row->metric, row->status == GATE_LOST ? "" : figure(row->head, head));
        return;
    }
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
    put_hint(found, stream);
    if (found->time)
        gate_tell_time_text(found->time, stream);
    fprintf(stream, "data %s\ngate: %s\n", found->directory, verdict_words(found));
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

int gate_tell(const struct gate_found *found, FILE *stream, struct error *error)
{
    const char *summary = getenv("GITHUB_STEP_SUMMARY");
    char path[PATH_MAX];
    if (paths_join(path, found->directory, "gate.md", error) != 0 || write_csv(found, error) != 0 ||
        write_markdown(found, path, "we", error) != 0)
        return error->code;
    if (found->time && gate_tell_time_passes(found->time, found->directory, error) != 0)
        return error->code;
    put_text(found, stream);
    if (fflush(stream) != 0)
        return error_set(error, EXIT_USAGE, "standard output: %s; the result is in %s", strerror(errno),
                         found->directory);
    /* The verdict stands without it. */
    struct error unwritten = {0};
    const struct progress notes = {0};
    if (summary && *summary && write_markdown(found, summary, "ae", &unwritten) != 0)
        progress_say(&notes, "encbench: %s", unwritten.message);
    return 0;
}
