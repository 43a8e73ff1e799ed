#include "trace/trace.h"

#include "base/paths.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPECTED "a size a row"

/* A cell where it stands in the text, which is unquoted in place. */
struct cell {
    char *text;
    size_t length;
};

struct reader {
    const char *path;
    char *at, *end;
    size_t line;  /* of the row that was read last */
    size_t lines; /* ended so far */
    struct cell cells[TRACE_COLUMNS_MAX];
    size_t count;
    struct error *error;
};

static int refuse(const struct reader *reader, const char *what, const char *expected)
{
    return error_set(reader->error, EXIT_USAGE, "%s:%zu: %s; expected %s", reader->path, reader->line, what, expected);
}

/* Up to its closing quote; doubled ones are one. */
static int read_quoted(struct reader *reader, struct cell *cell)
{
    char *to = ++reader->at;
    cell->text = to;
    for (;; reader->at++) {
        if (reader->at == reader->end)
            return refuse(reader, "a quoted cell does not end", "a closing quote");
        if (*reader->at == '"') {
            if (reader->at + 1 == reader->end || reader->at[1] != '"')
                break;
            reader->at++;
        }
        reader->lines += *reader->at == '\n';
        *to++ = *reader->at;
    }
    reader->at++;
    cell->length = (size_t)(to - cell->text);
    if (reader->at < reader->end && *reader->at != ',' && *reader->at != '\n' && *reader->at != '\r')
        return refuse(reader, "text follows a closing quote", "a comma or the end of the line");
    return 0;
}

static int read_cell(struct reader *reader)
{
    if (reader->count == TRACE_COLUMNS_MAX)
        return refuse(reader, "has more cells than are taken", "at most 256");
    struct cell *cell = &reader->cells[reader->count++];
    if (reader->at < reader->end && *reader->at == '"')
        return read_quoted(reader, cell);
    cell->text = reader->at;
    while (reader->at < reader->end && *reader->at != ',' && *reader->at != '\n' && *reader->at != '\r' &&
           *reader->at != '"')
        reader->at++;
    cell->length = (size_t)(reader->at - cell->text);
    if (reader->at < reader->end && *reader->at == '"')
        return refuse(reader, "a quote stands within a cell", "quotes around all of it or none");
    return 0;
}

/* The next row into `cells`; blank lines are rows of one empty cell. Not at the end of the text. */
static int read_row(struct reader *reader)
{
    reader->line = reader->lines + 1;
    reader->count = 0;
    for (;;) {
        if (read_cell(reader) != 0)
            return reader->error->code;
        if (reader->at == reader->end)
            return 0;
        if (*reader->at == '\r' && (reader->at + 1 == reader->end || reader->at[1] != '\n'))
            return refuse(reader, "a carriage return stands alone", "lines that end in LF or CRLF");
        reader->at += *reader->at == '\r';
        if (*reader->at++ == '\n') {
            reader->lines++;
            return 0;
        }
    }
}

static bool is_called(const struct cell *cell, const char *name)
{
    return cell->length == strlen(name) && memcmp(cell->text, name, cell->length) == 0;
}

static bool is_number(const struct cell *cell)
{
    size_t digits = 0;
    while (digits < cell->length && cell->text[digits] >= '0' && cell->text[digits] <= '9')
        digits++;
    return cell->length > 0 && digits == cell->length;
}

/* Bytes that are never text: a file of numbers as a program holds them, an archive. */
static bool is_text(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\r' && text[i] != '\t')
            return false;
    return true;
}

/* What a cell says in a message: its beginning. */
static const char *words_of(const struct cell *cell, char words[static 48])
{
    snprintf(words, 48, "%.*s", (int)(cell->length < 40 ? cell->length : 40), cell->text);
    for (char *at = words; *at; at++)
        if ((unsigned char)*at < ' ')
            *at = ' ';
    return words;
}

static int refuse_column(const struct reader *reader, const char *what)
{
    char names[512] = "", words[48];
    for (size_t i = 0; i < reader->count; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "",
                 words_of(&reader->cells[i], words));
    return error_set(reader->error, EXIT_USAGE, "%s:%zu: %s; it has %.400s: say which with --trace %s:COLUMN",
                     reader->path, reader->line, what, names, reader->path);
}

/* Index of the column of sizes in the header. */
static int find_column(const struct reader *reader, const char *asked, size_t *column)
{
    static const char *const names[] = {"size", "bytes", "length"};
    char what[200];
    size_t found = 0;
    for (size_t i = 0; i < reader->count; i++) {
        bool wanted = asked ? is_called(&reader->cells[i], asked) : reader->count == 1;
        for (size_t n = 0; n < 3 && !asked && !wanted; n++)
            wanted = is_called(&reader->cells[i], names[n]);
        if (wanted && found++ == 0)
            *column = i;
    }
    if (found == 1)
        return 0;
    if (asked)
        snprintf(what, sizeof what, "%s column \"%.100s\"", found ? "more than one" : "no", asked);
    else
        snprintf(what, sizeof what, "%s called size, bytes or length",
                 found ? "more than one column is" : "no column is");
    return refuse_column(reader, what);
}

static unsigned find_more(const struct reader *reader, size_t column)
{
    static const char *const names[] = {"time", "thread", "hold"};
    unsigned more = 0;
    for (size_t i = 0; i < reader->count; i++)
        for (size_t n = 0; n < 3; n++)
            if (i != column && is_called(&reader->cells[i], names[n]))
                more |= 1u << n;
    return more;
}

static int add_size(const struct reader *reader, const struct cell *cell, struct trace *trace)
{
    char words[48], what[80];
    uint64_t bytes = 0;
    for (size_t i = 0; i < cell->length && is_number(cell) && bytes <= TRACE_SIZE_BYTES_MAX; i++)
        bytes = bytes * 10 + (uint64_t)(cell->text[i] - '0');
    if (!is_number(cell) || bytes > TRACE_SIZE_BYTES_MAX) {
        snprintf(what, sizeof what, "\"%s\" is no size", words_of(cell, words));
        return refuse(reader, what, "0 to 16777216 bytes, in digits alone");
    }
    if ((trace->count & (trace->count - 1)) == 0) { /* full at 0 and at every power of two */
        uint32_t *larger = realloc(trace->bytes, (trace->count ? 2 * trace->count : 1) * sizeof *larger);
        if (larger == NULL)
            return error_out_of_memory(reader->error);
        trace->bytes = larger;
    }
    if (trace->count == TRACE_ROWS_MAX)
        return refuse(reader, "has more rows than are taken", "at most 16777216");
    trace->bytes[trace->count++] = (uint32_t)bytes;
    return 0;
}

static int read_rows(struct reader *reader, size_t column, size_t columns, struct trace *trace)
{
    char what[80];
    while (reader->at < reader->end) {
        if (read_row(reader) != 0)
            return reader->error->code;
        if (reader->count != columns) {
            snprintf(what, sizeof what, "has %zu cells", reader->count);
            char expected[48];
            snprintf(expected, sizeof expected, "%zu, as the first line has", columns);
            return refuse(reader, what, expected);
        }
        if (add_size(reader, &reader->cells[column], trace) != 0)
            return reader->error->code;
    }
    return trace->count > 0 ? 0 : refuse(reader, "no row follows the header", EXPECTED);
}

static int read_text(struct reader *reader, const char *column, struct trace *trace)
{
    size_t index = 0;
    if (reader->end - reader->at >= 3 && memcmp(reader->at, "\xef\xbb\xbf", 3) == 0)
        reader->at += 3;
    while (reader->end > reader->at && (reader->end[-1] == '\n' || reader->end[-1] == '\r'))
        reader->end--;
    reader->line = 1;
    if (reader->at == reader->end)
        return refuse(reader, "is empty", EXPECTED);
    if (read_row(reader) != 0)
        return reader->error->code;
    const size_t columns = reader->count;
    if (columns == 1 && column == NULL && is_number(&reader->cells[0])) {
        if (add_size(reader, &reader->cells[0], trace) != 0)
            return reader->error->code;
        return read_rows(reader, 0, 1, trace);
    }
    if (find_column(reader, column, &index) != 0)
        return reader->error->code;
    snprintf(trace->column, sizeof trace->column, "%.*s", (int)reader->cells[index].length, reader->cells[index].text);
    trace->more = find_more(reader, index);
    return read_rows(reader, index, columns, trace);
}

/* malloc'ed; NULL and one line. */
static char *read_all(const char *path, size_t *bytes, struct error *error)
{
    struct stat status;
    char *text = NULL;
    const int fd = paths_open_file(path, EXPECTED, error);
    if (fd < 0)
        return NULL;
    *bytes = 0;
    if (fstat(fd, &status) != 0)
        error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
    else if (status.st_size > TRACE_FILE_BYTES_MAX)
        error_set(error, EXIT_USAGE, "%s: has %jd bytes; expected at most %d: take a part of it", path,
                  (intmax_t)status.st_size, TRACE_FILE_BYTES_MAX);
    else if ((text = malloc((size_t)status.st_size + 1)) == NULL)
        error_out_of_memory(error);
    while (error->code == 0 && *bytes < (size_t)status.st_size) {
        const ssize_t got = read(fd, text + *bytes, (size_t)status.st_size - *bytes);
        if (got < 0)
            error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
        if (got <= 0)
            break;
        *bytes += (size_t)got;
    }
    close(fd);
    if (error->code == 0)
        return text;
    free(text);
    return NULL;
}

int trace_read(const char *asked, struct trace *trace, struct error *error)
{
    char path[PATH_MAX];
    const char *colon = strrchr(asked, ':'), *column = NULL;
    struct reader *reader = calloc(1, sizeof *reader);
    size_t bytes;
    *trace = (struct trace){0};
    if (reader == NULL)
        return error_out_of_memory(error);
    if ((size_t)snprintf(path, sizeof path, "%s", asked) >= sizeof path) {
        free(reader);
        return error_set(error, EXIT_USAGE, "--trace: a path of more than %d bytes; expected a file", PATH_MAX - 1);
    }
    if (access(asked, F_OK) != 0 && colon && colon > asked && colon[1] && strchr(colon, '/') == NULL) {
        path[colon - asked] = '\0';
        column = colon + 1;
    }
    char *text = read_all(path, &bytes, error);
    if (text) {
        const char *slash = strrchr(path, '/');
        snprintf(trace->file, sizeof trace->file, "%.*s", NAME_MAX, slash ? slash + 1 : path);
        *reader = (struct reader){.path = path, .at = text, .end = text + bytes, .error = error};
        if (!is_text(text, bytes))
            error_set(error, EXIT_USAGE, "%s: is no text; expected %s", path, EXPECTED);
        else if (read_text(reader, column, trace) == 0 && !hash_file(path, trace->sha256))
            error_set(error, EXIT_USAGE, "%s: cannot be read", path);
    }
    free(text);
    free(reader);
    return error->code;
}

void trace_free(struct trace *trace)
{
    free(trace->bytes);
    *trace = (struct trace){0};
}
