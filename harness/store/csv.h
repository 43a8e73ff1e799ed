/*
 * CSV, the only contract between stages. RFC 4180 without need for quotes: a cell never contains a comma, a quote, CR
 * or LF; lines end in LF, the last one too; the header is always there and equals the table's columns, in order.
 * Missing is empty, never 0. Numbers are written so that they read back to the same double.
 *
 * A table is declared once, in schema.def; writer, strict reader, documentation and tests come from it.
 * Nothing here depends on the locale. Every error is one line: PATH:LINE: column and value; what was expected; what to
 * do.
 */
#ifndef ENCBENCH_CSV_H
#define ENCBENCH_CSV_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum csv_type {
    CSV_TEXT,    /* UTF-8 without comma and quote, control characters and what turns or hides the text around it */
    CSV_INTEGER, /* decimal as in JSON (RFC 8259: no plus, no leading zero, no space), fits int64_t */
    CSV_NUMBER,  /* finite double as in JSON, or "inf" and "-inf" for unbounded ends; never NaN */
};

/* Whether a cell must hold something. */
enum csv_need {
    CSV_OPTIONAL = false,
    CSV_REQUIRED = true, /* an empty cell is an error */
    /* May be empty, and was declared after files of this schema version had been written: they end before it, header
     * and rows, and read as if it were empty there. Only last columns; new rows are never put into such a file. */
    CSV_LATER,
};

struct csv_column {
    const char *name; /* with its unit */
    enum csv_type type;
    enum csv_need need; /* true and false are words of schema.def */
    const char *meaning;
};

struct csv_table {
    const char *file;   /* "processes.csv" */
    const char *row_is; /* "one arm of one workload in one process" */
    const struct csv_column *columns;
    size_t column_count;
};

/* A file read whole. Cells are NUL-terminated strings inside `text`, owned by the struct. */
struct csv_data {
    const struct csv_table *table;
    char *path;
    char *text;
    size_t row_count;
    const char **cells; /* row_count x column_count */
};

/* What a file may come to as text: cells take up to five times as much memory beside it, the plots some ten times. */
enum { CSV_TEXT_BYTES_MAX = 1 << 28 };

/* Reads and checks all of `path` (gzip, of one or more members, if it ends in .gz): header, column count, types,
 * required cells, final LF. A gzip file that ends inside a member is refused with the byte where that member starts.
 * Errors name path, line, column, value, what was expected. On error *data is empty and needs no free. */
int csv_read(const char *path, const struct csv_table *table, struct csv_data *data, struct error *error);
void csv_free(struct csv_data *data);

/* Cells by row (0-based) and column index (an enumerator of schema.h). The file line of row r is r + 2. */
const char *csv_text(const struct csv_data *data, size_t row, size_t column); /* "" when empty */
bool csv_is_empty(const struct csv_data *data, size_t row, size_t column);
int64_t csv_integer(const struct csv_data *data, size_t row, size_t column); /* 0 when empty */
double csv_number(const struct csv_data *data, size_t row, size_t column);   /* NaN when empty */

/* First row whose text in `column` equals `value`; row_count when there is none. */
size_t csv_find(const struct csv_data *data, size_t column, const char *value);

/*
 * Writer. Cells are put in column order; a row with the wrong number, type or an illegal byte is an error that sticks
 * and is reported by the next csv_writer_flush and by csv_writer_close. Integers may be put where numbers are expected,
 * and both where text is. Nothing is written any more once an error sticks.
 * CSV_REPLACE writes a new file of its own beside it (PATH.NUMBER.partial) and renames it over PATH at close: nothing
 * half-written is ever seen under PATH, whoever else replaces it at the same time. CSV_CREATE appends to a new file (it
 * must not exist), CSV_APPEND to an existing one whose header must match; both write only whole rows, at
 * csv_writer_flush, with one write(2), so that a run directory is valid whenever the program dies; a new file appears
 * under its name together with its header, and a write that fails half-way (disk full) is taken back. A path in .gz is
 * compressed: each flush that has rows adds one whole gzip member. One writer a file at a time.
 */
enum csv_mode { CSV_REPLACE, CSV_CREATE, CSV_APPEND };
struct csv_writer;
int csv_writer_open(struct csv_writer **writer, const char *path, const struct csv_table *table, enum csv_mode mode,
                    struct error *error);
void csv_put_text(struct csv_writer *writer, const char *text); /* NULL is written as an empty cell */
void csv_put_integer(struct csv_writer *writer, int64_t value);
void csv_put_number(struct csv_writer *writer, double value); /* NaN is written as an empty cell */
void csv_put_empty(struct csv_writer *writer);
void csv_end_row(struct csv_writer *writer);
/* All rows of a file of the writer's table, as they were understood. */
void csv_put_data(struct csv_writer *writer, const struct csv_data *data);
int csv_writer_flush(struct csv_writer *writer, struct error *error);
/* Where the last flush of a CSV_CREATE or CSV_APPEND put its rows; 0 bytes when it had none. */
struct csv_span {
    uint64_t offset_bytes, bytes;
    uint32_t crc32; /* of the bytes of the file */
};
struct csv_span csv_writer_span(const struct csv_writer *writer);
/* A flush after which the rows are on the disk, whatever happens to the machine. */
int csv_writer_sync(struct csv_writer *writer, struct error *error);
/* Frees in every case; on an earlier error CSV_REPLACE leaves PATH untouched. */
int csv_writer_close(struct csv_writer *writer, struct error *error);
/*
 * Files that are replaced together or not at all: the close of a CSV_REPLACE writer that is held leaves the new file
 * beside PATH, and csv_held_publish renames all of them; csv_held_drop removes those that were not. `held` NULL: not
 * held. All zero at first.
 */
enum { CSV_HELD_MAX = 16 };
struct csv_held {
    struct csv_held_file {
        char *partial, *path;
    } file[CSV_HELD_MAX];
    size_t count;
};
void csv_writer_hold(struct csv_writer *writer, struct csv_held *held);
int csv_held_publish(struct csv_held *held, struct error *error);
void csv_held_drop(struct csv_held *held);
/* Whether a name, without directory, is that of a file a CSV_REPLACE or a CSV_CREATE of the table writes first;
 * `*writer`: its process. */
bool csv_is_partial(const char *name, const struct csv_table *table, long *writer);
/* Frees without renaming; rows not yet flushed are dropped. NULL is fine. */
void csv_writer_abandon(struct csv_writer *writer);

/*
 * Fewer NUL bytes than this at the end of a file may be the size that a gzip member ends with; more are what a machine
 * that lost its power leaves where it was written to.
 */
enum { CSV_NULS_LEAST = 16 };
/* Whether no byte of a file is left, or such NUL bytes alone: then its header is lost too, and it is made anew. */
bool csv_is_lost(const char *path);
/*
 * Mends the end of a file whose writer died: cuts a torn last line (of a .gz: member), NUL bytes that a machine which
 * lost its power left in its place, and then, from the end, the lines
 * (members, known by their first row) whose first column, an integer, is not `wanted` (NULL: all are). What is unwanted
 * before something wanted is an error. Memory does not grow with the file. `*cut_bytes` is 0 for a file that was whole.
 */
int csv_cut_tail(const char *path, const struct csv_table *table, bool (*wanted)(int64_t key, const void *context),
                 const void *context, size_t *cut_bytes, struct error *error);

/* A value in the grammar of its type; false when it is not in it. */
bool csv_parse_integer(const char *text, int64_t *value);
bool csv_parse_number(const char *text, double *value);

/* The first of %.15g, %.16g and %.17g that reads back to the same double (fewer digits for subnormals); "0" for -0,
 * "inf", "-inf", and "" for NaN. Returns `buffer`, which has at least 32 bytes. */
const char *csv_format_number(char *buffer, size_t buffer_bytes, double value);

/* Copies `text` into `buffer` so that it can stand in a cell: comma becomes ';', quote and control characters ' ', a
 * byte that is not UTF-8 '?'; cut to fit, at a character. Returns `buffer`. */
const char *csv_clean(char *buffer, size_t buffer_bytes, const char *text);

#endif
