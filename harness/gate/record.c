#include "gate/record.h"

#include "base/progress.h"
#include "gate/git.h"
#include "schema.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREND_TIME "time" /* in column metric: there is a ratio and no value */

int gate_record_begin(struct gate_record *record, const char *directory, const char *root, const struct gate_base *base,
                      struct error *error)
{
    struct csv_data trend = {0};
    *record = (struct gate_record){0};
    if (base->commit[0] == '\0')
        return error_set(error, EXIT_USAGE, "--record: the base is a directory; expected a revision, which has a name");
    if (base->dirty)
        return error_set(error, EXIT_USAGE,
                         "--record: the working tree has uncommitted changes, so that it is no revision; commit them "
                         "first, or leave out --record");
    if (gate_git_commit(root, "HEAD", "HEAD", record->revision, error) != 0 ||
        paths_join(record->path, directory, schema_trend.file, error) != 0 || access(record->path, F_OK) != 0 ||
        csv_read(record->path, &schema_trend, &trend, error) != 0)
        return error->code;
    for (size_t row = 0; row < trend.row_count; row++)
        record->there = record->there || (strcmp(csv_text(&trend, row, SCHEMA_trend_revision), record->revision) == 0 &&
                                          strcmp(csv_text(&trend, row, SCHEMA_trend_base), base->commit) == 0);
    csv_free(&trend);
    return 0;
}

static void put_subject(struct csv_writer *writer, const struct gate_record *record,
                        const struct gate_comparison *comparison, const char *variant, const char *workload)
{
    csv_put_text(writer, record->revision);
    csv_put_text(writer, comparison->base->commit);
    csv_put_text(writer, variant);
    csv_put_text(writer, workload);
}

static void put_exact(struct csv_writer *writer, const struct gate_record *record,
                      const struct gate_comparison *comparison, const struct gate_row *row)
{
    put_subject(writer, record, comparison, row->variant, row->workload);
    csv_put_text(writer, row->metric);
    csv_put_number(writer, row->head);
    csv_put_number(writer, row->base > 0 ? row->head / row->base : NAN);
    csv_put_empty(writer);
    csv_put_empty(writer);
    csv_put_text(writer, gate_status_words[row->status]);
    csv_put_text(writer, row->reason);
    csv_end_row(writer);
}

static void put_time(struct csv_writer *writer, const struct gate_record *record,
                     const struct gate_comparison *comparison, const struct gate_time_row *row)
{
    const struct gate_judge_pass *pass = row->pass_count ? &row->passes[row->pass_count - 1] : NULL;
    const bool same = row->status == GATE_TIME_IDENTICAL;
    char reason[sizeof row->reason];
    put_subject(writer, record, comparison, row->head->variant, row->head_workload->short_name);
    csv_put_text(writer, TREND_TIME);
    csv_put_empty(writer);
    csv_put_number(writer, pass ? 1 + pass->slow_down : same ? 1 : NAN);
    csv_put_number(writer, pass && isfinite(pass->interval.low) ? 1 + pass->interval.low : NAN);
    csv_put_number(writer, pass && isfinite(pass->interval.high) ? 1 + pass->interval.high : NAN);
    csv_put_text(writer, gate_time_row_word(row));
    csv_put_text(writer, csv_clean(reason, sizeof reason, row->reason));
    csv_end_row(writer);
}

static bool is_believed(const struct gate_comparison *comparison)
{
    return comparison->timed && (comparison->time.outcome == EXIT_PASS || comparison->time.outcome == EXIT_REGRESSION);
}

int gate_record_write(const struct gate_record *record, const struct gate_comparison *comparison, struct error *error)
{
    const struct progress notes = {.quiet = comparison->how->quiet};
    char directory[PATH_MAX];
    struct csv_writer *writer = NULL;
    if (record->there) {
        progress_say(&notes, "%s: has this revision and base already; nothing was added", record->path);
        return 0;
    }
    strcpy(directory, record->path);
    *strrchr(directory, '/') = '\0';
    if (paths_make_parents(directory) != 0 || (mkdir(directory, 0777) != 0 && errno != EEXIST))
        return error_set(error, EXIT_USAGE, "--record %s: cannot be made: %s; give a directory that can be written",
                         directory, strerror(errno));
    const bool is_new = access(record->path, F_OK) != 0;
    if (csv_writer_open(&writer, record->path, &schema_trend, is_new ? CSV_CREATE : CSV_APPEND, error) != 0)
        return error->code;
    for (size_t i = 0; i < comparison->rows.count; i++)
        if (!gate_row_is_plant(&comparison->rows.rows[i]))
            put_exact(writer, record, comparison, &comparison->rows.rows[i]);
    for (size_t r = 0; is_believed(comparison) && r < comparison->time.row_count; r++)
        if (comparison->time.rows[r].plant == NULL)
            put_time(writer, record, comparison, &comparison->time.rows[r]);
    return csv_writer_close(writer, error);
}
