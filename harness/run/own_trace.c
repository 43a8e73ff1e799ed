#include "run/own_trace.h"

#include "base/paths.h"
#include "module.h"
#include "module/provenance.h"
#include "schema.h"
#include "stats/fit.h"
#include "store/run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const size_t fitted_classes[] = {4, 8, 16};
enum { FITTED_COUNT = sizeof fitted_classes / sizeof fitted_classes[0] };
static const int quantile_percents[] = {0, 10, 25, 50, 75, 90, 99, 100};
enum { QUANTILES_COUNT = sizeof quantile_percents / sizeof quantile_percents[0] };

int own_trace_read(struct own_trace *own, const char *asked, struct error *error)
{
    *own = (struct own_trace){.given = asked != NULL};
    if (asked == NULL || trace_read(asked, &own->whole, error) != 0)
        return error->code;
    trace_cut(&own->whole, &own->replay);
    return 0;
}

int own_trace_read_again(struct own_trace *own, const char *directory, const struct csv_data *run, struct error *error)
{
    struct csv_data rows = {0};
    char path[PATH_MAX];
    *own = (struct own_trace){.resumed = run};
    if (*run_directory_fact(run, RUN_DIRECTORY_TRACE_KEY "sha256") == '\0')
        return 0;
    own->given = true;
    if (paths_join(path, directory, schema_trace.file, error) != 0 || csv_read(path, &schema_trace, &rows, error) != 0)
        return error->code;
    for (size_t row = 0; row < rows.row_count && error->code == 0; row++) {
        const int64_t bytes = csv_integer(&rows, row, SCHEMA_trace_size_bytes);
        if (row == TRACE_REPLAY_CALLS || bytes < 0 || bytes > TRACE_SIZE_BYTES_MAX)
            error_set(error, EXIT_USAGE, "%s:%zu: is no call of a replay; expected at most %d of 0 to %d bytes", path,
                      row + 2, TRACE_REPLAY_CALLS, TRACE_SIZE_BYTES_MAX);
        else
            own->replay.bytes[own->replay.count++] = (uint32_t)bytes;
    }
    if (rows.row_count == 0)
        error_set(error, EXIT_USAGE, "%s:1: no row follows the header; expected the calls of a replay", path);
    csv_free(&rows);
    return error->code;
}

void own_trace_free(struct own_trace *own)
{
    trace_free(&own->whole);
    own->given = false;
}

static int write_replay(const struct own_trace *own, const char *directory, struct error *error)
{
    struct csv_writer *writer = NULL;
    char path[PATH_MAX];
    if (paths_join(path, directory, schema_trace.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_trace, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t i = 0; i < own->replay.count; i++) {
        csv_put_integer(writer, own->replay.bytes[i]);
        csv_end_row(writer);
    }
    csv_writer_sync(writer, error);
    csv_writer_close(writer, error);
    return error->code;
}

int own_trace_join_data(const struct own_trace *own, const char *scratch, char *data, struct error *error)
{
    char joined[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
    if (!own->given)
        return 0;
    if (paths_join(joined, scratch, "data", error) != 0)
        return error->code;
    if (mkdir(joined, 0700) != 0)
        return error_set(error, EXIT_USAGE, "%s: %s", joined, strerror(errno));
    DIR *entries = *data ? opendir(data) : NULL;
    for (const struct dirent *entry; entries && error->code == 0 && (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.' || paths_join(from, data, entry->d_name, error) != 0 ||
            paths_join(to, joined, entry->d_name, error) != 0)
            continue;
        if (strcmp(entry->d_name, ENCBENCH_TRACE_FILE) == 0)
            error_set(error, EXIT_USAGE, "%s: is where --trace puts its file; give it another name", from);
        else if (symlink(from, to) != 0)
            error_set(error, EXIT_USAGE, "%s: %s", to, strerror(errno));
    }
    if (entries)
        closedir(entries);
    snprintf(data, PATH_MAX, "%s", joined);
    return error->code ? error->code : write_replay(own, joined, error);
}

/* ---- the run directory ---- */

static void put_fitted(struct csv_writer *writer, const uint32_t *sorted, size_t count, size_t k, struct error *error)
{
    struct fit_class classes[FIT_CLASSES_MAX];
    struct fit fit;
    if (!fit_classes(sorted, count, k, classes, &fit)) {
        error_out_of_memory(error);
        return;
    }
    for (size_t i = 0; i < fit.count; i++) {
        csv_put_integer(writer, (int64_t)k);
        csv_put_integer(writer, (int64_t)classes[i].bytes);
        csv_put_integer(writer, (int64_t)classes[i].requests);
        csv_put_integer(writer, (int64_t)classes[i].asked_bytes);
        csv_put_number(writer, fit_waste_percent(&fit));
        csv_end_row(writer);
    }
}

static int write_fitted(const struct own_trace *own, const char *directory, struct error *error)
{
    struct csv_writer *writer = NULL;
    char path[PATH_MAX];
    uint32_t *sorted = trace_sorted(own->whole.bytes, own->whole.count);
    if (sorted == NULL)
        return error_out_of_memory(error);
    if (paths_join(path, directory, schema_fitted.file, error) == 0 &&
        csv_writer_open(&writer, path, &schema_fitted, CSV_REPLACE, error) == 0) {
        for (size_t i = 0; i < FITTED_COUNT; i++)
            put_fitted(writer, sorted, own->whole.count, fitted_classes[i], error);
        csv_writer_sync(writer, error);
        csv_writer_close(writer, error);
    }
    free(sorted);
    return error->code;
}

int own_trace_write(const struct own_trace *own, const char *directory, struct error *error)
{
    if (!own->given || own->resumed) /* then it is there */
        return 0;
    return write_replay(own, directory, error) ? error->code : write_fitted(own, directory, error);
}

static int put_shape(struct csv_writer *writer, const char *of, const uint32_t *bytes, size_t count,
                     struct error *error)
{
    uint32_t *sorted = trace_sorted(bytes, count);
    char key[64];
    uint64_t sum = 0;
    if (sorted == NULL)
        return error_out_of_memory(error);
    for (size_t i = 0; i < count; i++)
        sum += bytes[i];
    snprintf(key, sizeof key, RUN_DIRECTORY_TRACE_KEY "%srows", of);
    provenance_put_integer(writer, key, (int64_t)count);
    snprintf(key, sizeof key, RUN_DIRECTORY_TRACE_KEY "%sbytes", of);
    provenance_put_integer(writer, key, (int64_t)sum);
    for (size_t i = 0; i < QUANTILES_COUNT; i++) {
        snprintf(key, sizeof key, RUN_DIRECTORY_TRACE_KEY "%ssize_p%d_bytes", of, quantile_percents[i]);
        provenance_put_integer(writer, key, trace_quantile(sorted, count, quantile_percents[i] / 100.0));
    }
    free(sorted);
    return 0;
}

static void names_of_more(const struct own_trace *own, char names[static 32])
{
    snprintf(names, 32, "%s%s%s", own->whole.more & TRACE_TIME ? " time" : "",
             own->whole.more & TRACE_THREAD ? " thread" : "", own->whole.more & TRACE_HOLD ? " hold" : "");
    memmove(names, names + (*names != '\0'), strlen(names));
}

int own_trace_put(const struct own_trace *own, struct csv_writer *writer, struct error *error)
{
    const struct trace *whole = &own->whole;
    char names[32];
    if (!own->given)
        return 0;
    if (own->resumed) {
        for (size_t row = 0; row < own->resumed->row_count; row++) {
            const char *key = csv_text(own->resumed, row, SCHEMA_run_key);
            if (strncmp(key, RUN_DIRECTORY_TRACE_KEY, strlen(RUN_DIRECTORY_TRACE_KEY)) == 0)
                provenance_put(writer, key, csv_text(own->resumed, row, SCHEMA_run_value));
        }
        return 0;
    }
    provenance_put(writer, RUN_DIRECTORY_TRACE_KEY "file", whole->file);
    provenance_put(writer, RUN_DIRECTORY_TRACE_KEY "column", whole->column);
    provenance_put(writer, RUN_DIRECTORY_TRACE_KEY "sha256", whole->sha256);
    names_of_more(own, names);
    provenance_put(writer, RUN_DIRECTORY_TRACE_KEY "not_replayed", names);
    provenance_put_integer(writer, RUN_DIRECTORY_TRACE_KEY "stretches", (int64_t)own->replay.stretches);
    if (put_shape(writer, "", whole->bytes, whole->count, error) != 0)
        return error->code;
    return put_shape(writer, "replayed_", own->replay.bytes, own->replay.count, error);
}

static double mean_of(const uint32_t *bytes, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += bytes[i];
    return sum / (double)count;
}

static void say_fitted(const struct own_trace *own, const struct progress *progress)
{
    uint32_t *sorted = trace_sorted(own->whole.bytes, own->whole.count);
    for (size_t i = 0; sorted && i < FITTED_COUNT; i++) {
        struct fit_class classes[FIT_CLASSES_MAX];
        struct fit fit;
        char text[256] = "";
        if (!fit_classes(sorted, own->whole.count, fitted_classes[i], classes, &fit))
            break;
        for (size_t c = 0; c < fit.count; c++)
            snprintf(text + strlen(text), sizeof text - strlen(text), " %" PRIu64, classes[c].bytes);
        progress_say(progress, "trace: the best %zu size class%s waste %.3g %% of what is asked for:%s bytes",
                     fit.count, fit.count == 1 ? "" : "es", fit_waste_percent(&fit), text);
        if (fit.count < fitted_classes[i])
            break; /* each size has its own */
    }
    free(sorted);
}

void own_trace_say(const struct own_trace *own, const struct progress *progress)
{
    const struct trace *whole = &own->whole;
    const struct trace_replay *replay = &own->replay;
    char names[32];
    if (!own->given || own->resumed)
        return;
    if (replay->count < whole->count)
        progress_say(
            progress,
            "trace: one replay takes %zu of %zu rows, %zu stretch%s of %zu in a row, evenly spaced; %.4g bytes "
            "a row in it, %.4g in all",
            replay->count, whole->count, replay->stretches, replay->stretches == 1 ? "" : "es", replay->stretch,
            mean_of(replay->bytes, replay->count), mean_of(whole->bytes, whole->count));
    else
        progress_say(progress, "trace: one replay takes all of its %zu rows; %.4g bytes a row", whole->count,
                     mean_of(whole->bytes, whole->count));
    names_of_more(own, names);
    if (*names)
        progress_say(progress, "trace: its other columns are not replayed: %s", names);
    say_fitted(own, progress);
}
