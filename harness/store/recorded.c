#include "store/recorded.h"

#include "base/paths.h"
#include "schema.h"
#include "store/checksum.h"
#include "store/run_directory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

const struct csv_table *const recorded_tables[RECORDED_FILES] = {
    [RECORDED_SAMPLES] = &schema_samples,     [RECORDED_PLACEMENTS] = &schema_placements,
    [RECORDED_CONTRASTS] = &schema_contrasts, [RECORDED_STATE_CONTRASTS] = &schema_state_contrasts,
    [RECORDED_LINEARITY] = &schema_linearity, [RECORDED_PROCESSES] = &schema_processes};

enum kind { CHANGED, LOST, ADDED };

struct difference {
    enum kind kind;
    size_t row; /* of recorded.csv; of ADDED the last of its file */
    char crc32[CHECKSUM_CRC32_BYTES];
};

struct comparison {
    const char *directory;
    struct csv_data rows; /* of recorded.csv */
    bool complete;
    struct difference *difference; /* by file, and in each in the order of recorded.csv */
    size_t count, capacity;
};

void recorded_put(struct csv_writer *recorded, uint64_t process, enum recorded_file file, struct csv_span span)
{
    char crc[CHECKSUM_CRC32_BYTES];
    if (span.bytes == 0)
        return;
    checksum_words(span.crc32, crc);
    csv_put_integer(recorded, (int64_t)process);
    csv_put_text(recorded, recorded_tables[file]->file);
    csv_put_integer(recorded, (int64_t)span.offset_bytes);
    csv_put_integer(recorded, (int64_t)span.bytes);
    csv_put_text(recorded, crc);
    csv_end_row(recorded);
}

static const char *file_of(const struct comparison *comparison, size_t row)
{
    return csv_text(&comparison->rows, row, SCHEMA_recorded_file);
}

static uint64_t begin_of(const struct comparison *comparison, size_t row)
{
    return (uint64_t)csv_integer(&comparison->rows, row, SCHEMA_recorded_offset_bytes);
}

static uint64_t end_of(const struct comparison *comparison, size_t row)
{
    return begin_of(comparison, row) + (uint64_t)csv_integer(&comparison->rows, row, SCHEMA_recorded_size_bytes);
}

/* The next row of the same file; row_count behind the last. */
static size_t next_of(const struct comparison *comparison, size_t row, const char *file)
{
    while (row < comparison->rows.row_count && strcmp(file_of(comparison, row), file) != 0)
        row++;
    return row;
}

static int add(struct comparison *comparison, enum kind kind, size_t row, uint32_t crc32, struct error *error)
{
    if (comparison->count == comparison->capacity) {
        const size_t capacity = comparison->capacity ? 2 * comparison->capacity : 16;
        struct difference *grown = realloc(comparison->difference, capacity * sizeof *grown);
        if (grown == NULL)
            return error_out_of_memory(error);
        comparison->difference = grown;
        comparison->capacity = capacity;
    }
    struct difference *difference = &comparison->difference[comparison->count++];
    *difference = (struct difference){.kind = kind, .row = row};
    checksum_words(crc32, difference->crc32);
    return 0;
}

/* ---- a file ---- */

/* CRC-32 of [begin, end) or what there is of it; `*most`: where that ends. */
static uint32_t sum(FILE *file, uint64_t begin, uint64_t end, uint64_t *most)
{
    unsigned char bytes[1 << 14];
    uLong crc = crc32(0, NULL, 0);
    *most = begin;
    if (fseeko(file, (off_t)begin, SEEK_SET) != 0)
        return (uint32_t)crc;
    while (*most < end) {
        const size_t want = end - *most < sizeof bytes ? (size_t)(end - *most) : sizeof bytes;
        const size_t got = fread(bytes, 1, want, file);
        if (got == 0)
            break;
        crc = crc32(crc, bytes, (uInt)got);
        *most += got;
    }
    return (uint32_t)crc;
}

/* Where the NUL bytes begin that a file ends with; its size when they are few. */
static uint64_t end_without_nuls(FILE *file, uint64_t size)
{
    unsigned char bytes[1 << 14];
    uint64_t at = 0, end = 0;
    rewind(file);
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, file)) > 0; at += got)
        for (size_t i = 0; i < got; i++)
            if (bytes[i])
                end = at + i + 1;
    return size - end < CSV_NULS_LEAST ? size : end;
}

/* Whether the rows of a file in recorded.csv follow each other: else nobody knows what they speak of. */
static int check_order(const struct comparison *comparison, size_t before, size_t row, struct error *error)
{
    const struct csv_data *rows = &comparison->rows;
    if (csv_integer(rows, row, SCHEMA_recorded_size_bytes) <= 0 ||
        csv_integer(rows, row, SCHEMA_recorded_offset_bytes) <= 0)
        return error_set(error, EXIT_USAGE, "%s:%zu: expected offset_bytes and size_bytes above 0; restore the file",
                         rows->path, row + 2);
    if (before < rows->row_count && begin_of(comparison, row) != end_of(comparison, before))
        return error_set(error, EXIT_USAGE,
                         "%s:%zu: column offset_bytes is %" PRIu64 "; expected %" PRIu64
                         ", where line %zu ends; restore the file",
                         rows->path, row + 2, begin_of(comparison, row), end_of(comparison, before), before + 2);
    return 0;
}

/* Whether the bytes of a row are in the file, so far from where they were written. */
static bool is_at(const struct comparison *comparison, FILE *file, size_t row, int64_t shift)
{
    const int64_t begin = (int64_t)begin_of(comparison, row) + shift, end = (int64_t)end_of(comparison, row) + shift;
    char words[CHECKSUM_CRC32_BYTES];
    uint64_t most;
    if (begin < 0)
        return false;
    checksum_words(sum(file, (uint64_t)begin, (uint64_t)end, &most), words);
    return most == (uint64_t)end && strcmp(words, csv_text(&comparison->rows, row, SCHEMA_recorded_crc32)) == 0;
}

/* What stands behind an edit that made the file longer or shorter is as it was, if it only moved: `shift`. */
static int compare_open(struct comparison *comparison, FILE *file, uint64_t size, size_t first, struct error *error)
{
    const char *name = file_of(comparison, first);
    const size_t rows = comparison->rows.row_count;
    uint64_t content = UINT64_MAX; /* where it ends before NUL bytes; once somebody asks */
    size_t last = first;
    for (size_t row = first, before = rows; row < rows; before = row, row = next_of(comparison, row + 1, name)) {
        if (check_order(comparison, before, row, error) != 0)
            return error->code;
        last = row;
    }
    const int64_t shift = (int64_t)size - (int64_t)end_of(comparison, last);
    bool changed = false, moved = false;
    uint64_t most;
    for (size_t row = first; row < rows && error->code == 0; row = next_of(comparison, row + 1, name)) {
        if (is_at(comparison, file, row, 0))
            continue;
        if (changed && is_at(comparison, file, row, shift)) {
            moved = true;
            continue;
        }
        const uint64_t end = end_of(comparison, row);
        if (content == UINT64_MAX)
            content = end_without_nuls(file, size);
        const bool is_lost = content < end;
        changed = changed || !is_lost;
        add(comparison, is_lost ? LOST : CHANGED, row,
            sum(file, begin_of(comparison, row), shift > 0 ? end + (uint64_t)shift : end, &most), error);
    }
    if (error->code == 0 && shift > 0 && !moved)
        add(comparison, ADDED, last, sum(file, end_of(comparison, last), size, &most), error);
    return error->code;
}

/* All of a file, whose first row is this. */
static int compare_file(struct comparison *comparison, size_t first, struct error *error)
{
    char path[PATH_MAX];
    struct stat status;
    if (paths_join(path, comparison->directory, file_of(comparison, first), error) != 0)
        return error->code;
    FILE *file = fopen(path, "re");
    if (file == NULL && errno == ENOENT)
        return 0;
    if (file == NULL || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode))
        error_set(error, EXIT_USAGE, "%s: cannot be read, or is no regular file", path);
    else
        compare_open(comparison, file, (uint64_t)status.st_size, first, error);
    if (file)
        fclose(file);
    return error->code;
}

static bool is_first(const struct comparison *comparison, size_t row)
{
    return next_of(comparison, 0, file_of(comparison, row)) == row;
}

/* A name in recorded.csv is that of a raw file and nothing else, or we would look anywhere. */
static int check_file(const struct comparison *comparison, size_t row, struct error *error)
{
    for (size_t f = 0; f < RECORDED_FILES; f++)
        if (strcmp(recorded_tables[f]->file, file_of(comparison, row)) == 0)
            return 0;
    return error_set(error, EXIT_USAGE, "%s:%zu: column file is \"%s\"; expected a raw file", comparison->rows.path,
                     row + 2, file_of(comparison, row));
}

static int compare(struct comparison *comparison, struct error *error)
{
    for (size_t row = 0; row < comparison->rows.row_count; row++)
        if (check_file(comparison, row, error) != 0)
            return error->code;
    for (size_t row = 0; row < comparison->rows.row_count && error->code == 0; row++)
        if (is_first(comparison, row))
            compare_file(comparison, row, error);
    return error->code;
}

static void comparison_free(struct comparison *comparison)
{
    csv_free(&comparison->rows);
    free(comparison->difference);
}

static bool is_there(const char *directory, const struct csv_table *table)
{
    char path[PATH_MAX];
    struct error none = {0};
    return paths_join(path, directory, table->file, &none) == 0 && access(path, F_OK) == 0;
}

/* comparison_free in every case. */
static int comparison_make(struct comparison *comparison, const char *directory, struct error *error)
{
    struct csv_data run = {0};
    *comparison = (struct comparison){.directory = directory};
    if (run_directory_read_table(directory, &schema_run, &run, error) != 0)
        return error->code;
    comparison->complete = strcmp(run_directory_fact(&run, "complete"), "yes") == 0;
    csv_free(&run);
    if (run_directory_read_table(directory, &schema_recorded, &comparison->rows, error) != 0)
        return error->code;
    return compare(comparison, error);
}

/* ---- what is accepted ---- */

/* Behind all that was recorded there is nothing to be changed in a run that goes on: what a killed program left. */
static bool counts(const struct comparison *comparison, const struct difference *difference)
{
    return difference->kind != ADDED || comparison->complete;
}

/* Analysis starts at what was made of the samples. */
static bool is_needed(const char *file)
{
    return strcmp(file, schema_samples.file) != 0 && strcmp(file, schema_placements.file) != 0;
}

static bool is_accepted(const struct comparison *comparison, const struct difference *difference,
                        const struct csv_data *edited)
{
    for (size_t row = 0; row < edited->row_count; row++) {
        const bool same_process = difference->kind == ADDED ? csv_is_empty(edited, row, SCHEMA_edited_process)
                                                            : !csv_is_empty(edited, row, SCHEMA_edited_process) &&
                                                                  csv_integer(edited, row, SCHEMA_edited_process) ==
                                                                      csv_integer(&comparison->rows, difference->row,
                                                                                  SCHEMA_recorded_process);
        if (same_process &&
            strcmp(csv_text(edited, row, SCHEMA_edited_file), file_of(comparison, difference->row)) == 0 &&
            strcmp(csv_text(edited, row, SCHEMA_edited_crc32_found), difference->crc32) == 0)
            return true;
    }
    return false;
}

static int refuse(const struct comparison *comparison, const struct difference *difference, const char *what_to_do,
                  struct error *error)
{
    const char *process = csv_text(&comparison->rows, difference->row, SCHEMA_recorded_process);
    const char *file = file_of(comparison, difference->row);
    const uint64_t begin = begin_of(comparison, difference->row), end = end_of(comparison, difference->row);
    if (difference->kind == ADDED)
        return error_set(error, EXIT_USAGE, "%s/%s: holds more than was measured, from byte %" PRIu64 " on; %s",
                         comparison->directory, file, end, what_to_do);
    if (difference->kind == LOST)
        return error_set(error, EXIT_USAGE,
                         "%s/%s: lacks what was measured in process %s and later, bytes %" PRIu64 " to %" PRIu64 "; %s",
                         comparison->directory, file, process, begin, end, what_to_do);
    return error_set(error, EXIT_USAGE,
                     "%s/%s: was changed since it was measured, in process %s (the CRC-32 of its bytes, %" PRIu64
                     " to %" PRIu64 ", is %s; line %zu of %s has %s); %s",
                     comparison->directory, file, process, begin, end, difference->crc32, difference->row + 2,
                     schema_recorded.file, csv_text(&comparison->rows, difference->row, SCHEMA_recorded_crc32),
                     what_to_do);
}

static void put_words(const struct comparison *comparison, const struct difference *first, struct recorded *recorded)
{
    const char *process = csv_text(&comparison->rows, first->row, SCHEMA_recorded_process);
    char more[64] = "";
    if (recorded->edited > 1)
        snprintf(more, sizeof more, " and %zu more", recorded->edited - 1);
    snprintf(recorded->words, sizeof recorded->words, "%s%s%s%s", file_of(comparison, first->row),
             first->kind == ADDED ? " behind what was measured" : " of process ", first->kind == ADDED ? "" : process,
             more);
}

static int judge(const struct comparison *comparison, const struct csv_data *edited, struct recorded *recorded,
                 struct error *error)
{
    const struct difference *first = NULL;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct difference *difference = &comparison->difference[i];
        const char *file = file_of(comparison, difference->row);
        if (!counts(comparison, difference))
            continue;
        if (is_accepted(comparison, difference, edited)) {
            first = first ? first : difference;
            recorded->edited++;
        } else if (difference->kind == LOST && !is_needed(file)) {
            if (recorded->lost[0] == '\0')
                snprintf(recorded->lost, sizeof recorded->lost, "%s lacks process %s and later", file,
                         csv_text(&comparison->rows, difference->row, SCHEMA_recorded_process));
        } else {
            return refuse(comparison, difference,
                          comparison->complete || difference->kind == CHANGED
                              ? "restore it, or say --accept-edited to analyse, which labels the result"
                              : "run --resume measures it again",
                          error);
        }
    }
    if (first)
        put_words(comparison, first, recorded);
    return 0;
}

int recorded_check(const char *directory, struct recorded *recorded, struct error *error)
{
    struct comparison comparison;
    struct csv_data edited = {0};
    *recorded = (struct recorded){.there = is_there(directory, &schema_recorded)};
    if (!recorded->there)
        return 0;
    if (comparison_make(&comparison, directory, error) == 0 &&
        (!is_there(directory, &schema_edited) ||
         run_directory_read_table(directory, &schema_edited, &edited, error) == 0))
        judge(&comparison, &edited, recorded, error);
    csv_free(&edited);
    comparison_free(&comparison);
    return error->code;
}

static void put_accepted(struct csv_writer *writer, const struct comparison *comparison,
                         const struct difference *difference)
{
    const struct csv_data *rows = &comparison->rows;
    if (difference->kind == ADDED)
        csv_put_empty(writer);
    else
        csv_put_integer(writer, csv_integer(rows, difference->row, SCHEMA_recorded_process));
    csv_put_text(writer, file_of(comparison, difference->row));
    csv_put_text(writer, difference->kind == ADDED ? "" : csv_text(rows, difference->row, SCHEMA_recorded_crc32));
    csv_put_text(writer, difference->crc32);
    csv_end_row(writer);
}

int recorded_accept(const char *directory, size_t *count, struct error *error)
{
    struct comparison comparison = {0};
    struct csv_writer *writer = NULL;
    char path[PATH_MAX];
    *count = 0;
    if (is_there(directory, &schema_recorded) && comparison_make(&comparison, directory, error) == 0)
        for (size_t i = 0; i < comparison.count; i++)
            *count += counts(&comparison, &comparison.difference[i]);
    if (*count > 0 && error->code == 0 && paths_join(path, directory, schema_edited.file, error) == 0 &&
        csv_writer_open(&writer, path, &schema_edited, CSV_REPLACE, error) == 0) {
        for (size_t i = 0; i < comparison.count; i++)
            if (counts(&comparison, &comparison.difference[i]))
                put_accepted(writer, &comparison, &comparison.difference[i]);
        csv_writer_close(writer, error);
    }
    comparison_free(&comparison);
    return error->code;
}

/* ---- what is mended ---- */

/* The rows of recorded.csv up to the last process that counts. */
static size_t counted_rows(const struct comparison *comparison)
{
    size_t count = comparison->rows.row_count;
    while (count > 0 && strcmp(file_of(comparison, count - 1), schema_processes.file) != 0)
        count--;
    return count;
}

/* The first row of the process that a row is of. */
static size_t first_row(const struct comparison *comparison, size_t row)
{
    const int64_t process = csv_integer(&comparison->rows, row, SCHEMA_recorded_process);
    while (row > 0 && csv_integer(&comparison->rows, row - 1, SCHEMA_recorded_process) == process)
        row--;
    return row;
}

static int cut(const char *path, uint64_t bytes, struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0 || (uint64_t)status.st_size <= bytes)
        return 0;
    if (truncate(path, (off_t)bytes) != 0)
        error_set(error, EXIT_USAGE, "%s: cannot be cut to %" PRIu64 " bytes: %s", path, bytes, strerror(errno));
    return error->code;
}

static bool none_is_wanted(int64_t process, const void *context)
{
    (void)process;
    (void)context;
    return false;
}

/* To what the first `kept` rows say of it. */
static int cut_file(const struct comparison *comparison, const struct csv_table *table, size_t kept,
                    struct error *error)
{
    char path[PATH_MAX];
    size_t last = comparison->rows.row_count, cut_bytes;
    const size_t first = next_of(comparison, 0, table->file);
    if (paths_join(path, comparison->directory, table->file, error) != 0)
        return error->code;
    if (access(path, F_OK) != 0)
        return first < comparison->rows.row_count
                   ? error_set(error, EXIT_USAGE, "%s: is missing; restore it, or measure anew", path)
                   : 0;
    if (csv_is_lost(path))
        return unlink(path) == 0 ? 0 : error_set(error, EXIT_USAGE, "%s: cannot be removed: %s", path, strerror(errno));
    for (size_t row = first; row < kept; row = next_of(comparison, row + 1, table->file))
        last = row;
    if (last < comparison->rows.row_count)
        return cut(path, end_of(comparison, last), error);
    if (first < comparison->rows.row_count)
        return cut(path, begin_of(comparison, first), error);
    return csv_cut_tail(path, table, none_is_wanted, NULL, &cut_bytes, error);
}

/* How many rows of recorded.csv stay. */
static int find_kept(const struct comparison *comparison, size_t *kept, struct error *error)
{
    *kept = counted_rows(comparison);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct difference *difference = &comparison->difference[i];
        const size_t first = first_row(comparison, difference->row);
        if (difference->kind == CHANGED)
            return refuse(comparison, difference, "restore it, or measure anew", error);
        if (difference->kind == LOST && first < *kept)
            *kept = first;
    }
    return 0;
}

/* recorded.csv itself, to its first `kept` rows. */
static int cut_recorded(const struct comparison *comparison, size_t kept, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer = NULL;
    if (kept == comparison->rows.row_count)
        return 0;
    struct csv_data rows = comparison->rows;
    rows.row_count = kept;
    if (paths_join(path, comparison->directory, schema_recorded.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_recorded, CSV_REPLACE, error) != 0)
        return error->code;
    csv_put_data(writer, &rows);
    csv_writer_sync(writer, error);
    csv_writer_close(writer, error);
    return error->code;
}

int recorded_mend(const char *directory, bool *there, struct error *error)
{
    struct comparison comparison = {0};
    char path[PATH_MAX];
    size_t kept = 0, cut_bytes;
    *there = is_there(directory, &schema_recorded);
    if (!*there || paths_join(path, directory, schema_recorded.file, error) != 0 ||
        csv_cut_tail(path, &schema_recorded, NULL, NULL, &cut_bytes, error) != 0)
        return error->code;
    /* recorded.csv first: what it does not speak of any more is cut the next time when we are killed now. */
    if (comparison_make(&comparison, directory, error) == 0 && find_kept(&comparison, &kept, error) == 0 &&
        cut_recorded(&comparison, kept, error) == 0)
        for (size_t f = 0; f < RECORDED_FILES && error->code == 0; f++)
            cut_file(&comparison, recorded_tables[f], kept, error);
    comparison_free(&comparison);
    return error->code;
}
