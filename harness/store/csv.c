#include "store/csv_internal.h"

#include "base/paths.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char *const mend = "mend this row or write the file again";

static int too_large(struct error *error, const char *path)
{
    return error_set(
        error, EXIT_USAGE,
        "%s: more than %d bytes of text; expected fewer, as a table is read into memory whole; restore the "
        "file, or measure less in one run",
        path, CSV_TEXT_BYTES_MAX);
}

static int read_descriptor(int fd, const char *path, const struct csv_table *table, struct csv_bytes *bytes,
                           struct error *error)
{
    while (bytes->count <= CSV_TEXT_BYTES_MAX) {
        if (!csv_bytes_reserve(bytes, CSV_STEP_BYTES))
            return csv_memory_error(error, path, bytes->count);
        ssize_t got = read(fd, bytes->text + bytes->count, bytes->capacity - bytes->count);
        if (got == 0)
            return 0;
        if (got > 0)
            bytes->count += (size_t)got;
        else if (errno != EINTR)
            return error_set(error, EXIT_USAGE, "%s: cannot read: %s; expected table %s (%s); check the file system",
                             path, strerror(errno), table->file, table->row_is);
    }
    return too_large(error, path);
}

static int read_whole(const char *path, const struct csv_table *table, struct csv_bytes *bytes, struct error *error)
{
    char expected[512];
    struct stat status;
    snprintf(expected, sizeof expected, "table %s (%s)", table->file, table->row_is);
    const int fd = paths_open_file(path, expected, error);
    if (fd < 0)
        return error->code;
    const bool fits = fstat(fd, &status) != 0 || status.st_size <= CSV_TEXT_BYTES_MAX;
    const int code = fits ? read_descriptor(fd, path, table, bytes, error) : too_large(error, path);
    close(fd);
    return code;
}

/* One gzip file: members one after another, nothing between or behind them. */
struct unzip {
    const char *path;
    const struct csv_bytes *packed;
    struct csv_bytes *text;
    z_stream stream;
    size_t member, member_start;
};

static size_t unzip_position(const struct unzip *unzip)
{
    return (size_t)((const char *)unzip->stream.next_in - unzip->packed->text);
}

static int unzip_error(const struct unzip *unzip, int result, struct error *error)
{
    if (result == Z_MEM_ERROR)
        return csv_memory_error(error, unzip->path, unzip->text->count);
    if (result == Z_OK || result == Z_BUF_ERROR)
        return error_set(
            error, EXIT_USAGE,
            "%s: truncated gzip: it ends at byte %zu inside member %zu, which starts at byte %zu; expected "
            "a whole member; cut the file to %zu bytes or write it again",
            unzip->path, unzip->packed->count, unzip->member, unzip->member_start, unzip->member_start);
    return error_set(
        error, EXIT_USAGE,
        "%s: bad gzip data near byte %zu in member %zu, which starts at byte %zu: %s; expected gzip; write "
        "the file again, or name it without .gz if it is plain text",
        unzip->path, unzip_position(unzip), unzip->member, unzip->member_start,
        unzip->stream.msg != NULL ? unzip->stream.msg : "damaged");
}

/* One call of inflate. Z_OK to go on, Z_STREAM_END at the end of a member. */
static int unzip_step(struct unzip *unzip)
{
    struct csv_bytes *text = unzip->text;
    z_stream *stream = &unzip->stream;
    if (!csv_bytes_reserve(text, CSV_STEP_BYTES))
        return Z_MEM_ERROR;
    size_t left = unzip->packed->count - unzip_position(unzip);
    size_t room = text->capacity - text->count;
    stream->avail_in = left < CSV_ZLIB_MAX_BYTES ? (uInt)left : CSV_ZLIB_MAX_BYTES;
    uInt offered = room < CSV_ZLIB_MAX_BYTES ? (uInt)room : CSV_ZLIB_MAX_BYTES;
    stream->avail_out = offered;
    stream->next_out = (Bytef *)text->text + text->count;
    int result = inflate(stream, Z_NO_FLUSH);
    text->count += offered - stream->avail_out;
    return result;
}

static int unzip_all(struct unzip *unzip, struct error *error)
{
    while (unzip_position(unzip) < unzip->packed->count) {
        unzip->member++;
        unzip->member_start = unzip_position(unzip);
        int result = Z_OK;
        while (result == Z_OK && unzip->text->count <= CSV_TEXT_BYTES_MAX)
            result = unzip_step(unzip);
        if (unzip->text->count > CSV_TEXT_BYTES_MAX)
            return too_large(error, unzip->path);
        if (result != Z_STREAM_END)
            return unzip_error(unzip, result, error);
        inflateReset(&unzip->stream);
    }
    return 0;
}

static int gunzip(const char *path, const struct csv_bytes *packed, struct csv_bytes *text, struct error *error)
{
    struct unzip unzip = {.path = path, .packed = packed, .text = text};
    if (inflateInit2(&unzip.stream, CSV_GZIP_WINDOW_BITS) != Z_OK)
        return csv_memory_error(error, path, 0);
    unzip.stream.next_in = (Bytef *)packed->text;
    int code = unzip_all(&unzip, error);
    inflateEnd(&unzip.stream);
    return code;
}

static int read_text(const char *path, const struct csv_table *table, struct csv_bytes *text, struct error *error)
{
    if (!csv_is_gzip_path(path))
        return read_whole(path, table, text, error);
    struct csv_bytes packed = {0};
    int code = read_whole(path, table, &packed, error);
    if (code == 0)
        code = gunzip(path, &packed, text, error);
    free(packed.text);
    return code;
}

static const char *byte_name(unsigned char byte)
{
    switch (byte) {
    case '\0':
        return "a NUL byte";
    case '\r':
        return "a carriage return";
    case '\n':
        return "a line feed";
    case '"':
        return "a quote";
    case ',':
        return "a comma";
    case '\t':
        return "a tab";
    default:
        return byte < 0x20 || byte == 0x7f ? "a control character" : "a byte that is not printable UTF-8";
    }
}

static bool value_fits(const struct csv_column *column, const char *text)
{
    int64_t integer;
    double number;
    if (column->type == CSV_INTEGER)
        return csv_parse_integer(text, &integer);
    if (column->type == CSV_NUMBER)
        return csv_parse_number(text, &number);
    return true;
}

struct reader {
    const char *path;
    const struct csv_table *table;
    struct error *error;
    size_t line;    /* of the file, from 1 */
    size_t columns; /* that it has: fewer than the table's where those missing are CSV_LATER */
};

static int bad_cell(const struct reader *reader, size_t column, const char *value, size_t count, const char *expected)
{
    char shown[CSV_SHOWN_BYTES];
    return error_set(reader->error, EXIT_USAGE, "%s:%zu: column %s is \"%s\"; expected %s; %s", reader->path,
                     reader->line, reader->table->columns[column].name, csv_show(shown, value, count), expected, mend);
}

static int bad_byte(const struct reader *reader, size_t column, const char *cell, const char *bad, const char *end)
{
    size_t last_column = reader->columns - 1;
    const char *comma = memchr(bad, ',', (size_t)(end - bad));
    const char *cell_end = comma != NULL ? comma : end;
    char shown[CSV_SHOWN_BYTES];
    const char *name = column <= last_column ? reader->table->columns[column].name : "(beyond the last)";
    return error_set(reader->error, EXIT_USAGE,
                     "%s:%zu: column %s is \"%s\": byte %zu is %s; expected %s, and lines that end in LF alone; %s",
                     reader->path, reader->line, name, csv_show(shown, cell, (size_t)(cell_end - cell)),
                     (size_t)(bad - cell) + 1, byte_name((unsigned char)*bad), csv_type_expected(CSV_TEXT), mend);
}

static int bad_count(const struct reader *reader, const char *line, const char *end)
{
    size_t count = 1;
    const char *last = line;
    for (const char *at = line; at < end; at++)
        if (*at == ',') {
            count++;
            last = at + 1;
        }
    char shown[CSV_SHOWN_BYTES];
    return error_set(reader->error, EXIT_USAGE,
                     "%s:%zu: the row has %zu cell%s, the last is \"%s\"; expected %zu, up to "
                     "column %s; %s",
                     reader->path, reader->line, count, count == 1 ? "" : "s",
                     csv_show(shown, last, (size_t)(end - last)), reader->columns,
                     reader->table->columns[reader->columns - 1].name, mend);
}

static int truncated(const struct reader *reader, const char *line, const char *end)
{
    char shown[CSV_SHOWN_BYTES];
    return error_set(reader->error, EXIT_USAGE,
                     "%s:%zu: truncated mid-row: the last line is \"%s\" without LF; expected "
                     "every line to end in LF; complete or delete this line, or write the file again",
                     reader->path, reader->line, csv_show(shown, line, (size_t)(end - line)));
}

static int bad_header(const struct reader *reader, size_t column, const char *found, size_t count)
{
    const struct csv_table *table = reader->table;
    char shown[CSV_SHOWN_BYTES];
    const char *what_to_do = "was it written by another version or is it another table? write it again";
    csv_show(shown, found != NULL ? found : "", count);
    if (found == NULL)
        return error_set(reader->error, EXIT_USAGE,
                         "%s:1: the header ends after column %zu; expected column %zu to be "
                         "\"%s\" (table %s); %s",
                         reader->path, column, column + 1, table->columns[column].name, table->file, what_to_do);
    if (column >= table->column_count)
        return error_set(reader->error, EXIT_USAGE,
                         "%s:1: header column %zu is \"%s\"; expected the header to end after "
                         "column %zu, \"%s\" (table %s); %s",
                         reader->path, column + 1, shown, table->column_count,
                         table->columns[table->column_count - 1].name, table->file, what_to_do);
    return error_set(reader->error, EXIT_USAGE, "%s:1: header column %zu is \"%s\"; expected \"%s\" (table %s); %s",
                     reader->path, column + 1, shown, table->columns[column].name, table->file, what_to_do);
}

/* Finds the first column that differs; `*columns`: how many there are. */
static int compare_header(const struct reader *reader, const char *line, const char *end, size_t *columns)
{
    const char *at = line;
    for (size_t column = 0;; column++) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *cell_end = comma != NULL ? comma : end;
        size_t count = (size_t)(cell_end - at);
        const char *name = column < reader->table->column_count ? reader->table->columns[column].name : NULL;
        if (name == NULL || strlen(name) != count || memcmp(name, at, count) != 0)
            return bad_header(reader, column, at, count);
        *columns = column + 1;
        if (comma == NULL)
            return *columns == reader->table->column_count || reader->table->columns[*columns].need == CSV_LATER
                       ? 0
                       : bad_header(reader, *columns, NULL, 0);
        at = comma + 1;
    }
}

/* `*columns`: those that the file has. */
static int check_header(const struct reader *reader, const char *text, size_t bytes, size_t *header_bytes,
                        size_t *columns)
{
    struct csv_bytes header = {0};
    if (!csv_header_of(reader->table, &header))
        return csv_memory_error(reader->error, reader->path, bytes);
    int code = 0;
    *header_bytes = header.count;
    *columns = reader->table->column_count;
    if (bytes == 0)
        code = error_set(reader->error, EXIT_USAGE,
                         "%s:1: the file is empty; expected the header \"%.*s\" (table %s); "
                         "write it again",
                         reader->path, (int)header.count - 1, header.text, reader->table->file);
    else if (bytes < header.count && memcmp(text, header.text, bytes) == 0 && text[bytes - 1] != '\n')
        code = truncated(reader, text, text + bytes);
    else if (bytes < header.count || memcmp(text, header.text, header.count) != 0) {
        const char *line_feed = memchr(text, '\n', bytes);
        code = compare_header(reader, text, line_feed != NULL ? line_feed : text + bytes, columns);
        *header_bytes = line_feed != NULL ? (size_t)(line_feed + 1 - text) : bytes;
    }
    free(header.text);
    return code;
}

/* One row: cuts the line into cells and checks each. `line_feed` is the byte that ends it. */
static int parse_row(const struct reader *reader, char *line, char *line_feed, const char **cells)
{
    char *at = line;
    for (size_t column = 0;; column++) {
        char *cell = at;
        size_t step;
        while (at < line_feed && (step = csv_cell_character_bytes(at, line_feed)) > 0)
            at += step;
        if (at < line_feed && *at != ',')
            return bad_byte(reader, column, cell, at, line_feed);
        if (column >= reader->columns)
            return bad_count(reader, line, line_feed);
        cells[column] = cell;
        if (at == line_feed) {
            if (column + 1 != reader->columns)
                return bad_count(reader, line, line_feed);
            return 0;
        }
        at++;
    }
}

static int check_row(const struct reader *reader, const char **cells, char *line_feed)
{
    const struct csv_table *table = reader->table;
    for (size_t column = 0; column < reader->columns; column++) {
        char *end = column + 1 < reader->columns ? (char *)cells[column + 1] - 1 : line_feed;
        *end = '\0';
        if (cells[column] == end) {
            if (table->columns[column].need == CSV_REQUIRED)
                return bad_cell(reader, column, "", 0, "a value, this column is never empty");
        } else if (!value_fits(&table->columns[column], cells[column])) {
            return bad_cell(reader, column, cells[column], (size_t)(end - cells[column]),
                            csv_type_expected(table->columns[column].type));
        }
    }
    return 0;
}

static size_t count_lines(const char *text, const char *end)
{
    size_t lines = 0;
    while (text < end && (text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
        lines++;
        text++;
    }
    return lines;
}

static int parse_rows(struct reader *reader, char *text, char *end, struct csv_data *data)
{
    size_t rows = count_lines(text, end);
    data->cells = calloc(rows + 1, reader->table->column_count * sizeof *data->cells);
    if (data->cells == NULL)
        return csv_memory_error(reader->error, reader->path, (size_t)(end - text));
    while (text < end) {
        reader->line++;
        char *line_feed = memchr(text, '\n', (size_t)(end - text));
        if (line_feed == NULL)
            return truncated(reader, text, end);
        const char **cells = data->cells + data->row_count * reader->table->column_count;
        for (size_t column = reader->columns; column < reader->table->column_count; column++)
            cells[column] = "";
        int code = parse_row(reader, text, line_feed, cells);
        if (code == 0)
            code = check_row(reader, cells, line_feed);
        if (code != 0)
            return code;
        data->row_count++;
        text = line_feed + 1;
    }
    return 0;
}

int csv_read(const char *path, const struct csv_table *table, struct csv_data *data, struct error *error)
{
    *data = (struct csv_data){.table = table};
    struct reader reader = {.path = path, .table = table, .error = error, .line = 1};
    struct csv_bytes text = {0};
    size_t header_bytes;
    int code = read_text(path, table, &text, error);
    data->text = text.text;
    if (code == 0)
        code = check_header(&reader, text.text, text.count, &header_bytes, &reader.columns);
    if (code == 0)
        code = parse_rows(&reader, text.text + header_bytes, text.text + text.count, data);
    if (code == 0 && (data->path = strdup(path)) == NULL)
        code = csv_memory_error(error, path, text.count);
    if (code != 0)
        csv_free(data);
    return code;
}

int csv_check_for_append(const char *path, const struct csv_table *table, struct error *error)
{
    struct reader reader = {.path = path, .table = table, .error = error, .line = 1};
    struct csv_bytes text = {0};
    size_t header_bytes;
    if (csv_is_gzip_path(path) && csv_is_whole_gzip(path, table))
        return 0; /* its text may be too much for memory; what is wrong with it is found out below */
    int code = read_text(path, table, &text, error);
    if (code == 0)
        code = check_header(&reader, text.text, text.count, &header_bytes, &reader.columns);
    if (code == 0 && reader.columns < table->column_count)
        code = bad_header(&reader, reader.columns, NULL, 0);
    if (code == 0 && text.text[text.count - 1] != '\n') {
        const char *line = (const char *)memrchr(text.text, '\n', text.count) + 1;
        reader.line = 1 + count_lines(text.text, text.text + text.count);
        code = truncated(&reader, line, text.text + text.count);
    }
    free(text.text);
    return code;
}

void csv_free(struct csv_data *data)
{
    free(data->path);
    free(data->text);
    free(data->cells);
    *data = (struct csv_data){0};
}

const char *csv_text(const struct csv_data *data, size_t row, size_t column)
{
    assert(row < data->row_count && column < data->table->column_count);
    return data->cells[row * data->table->column_count + column];
}

bool csv_is_empty(const struct csv_data *data, size_t row, size_t column)
{
    return csv_text(data, row, column)[0] == '\0';
}

int64_t csv_integer(const struct csv_data *data, size_t row, size_t column)
{
    assert(data->table->columns[column].type == CSV_INTEGER);
    int64_t value;
    return csv_parse_integer(csv_text(data, row, column), &value) ? value : 0;
}

double csv_number(const struct csv_data *data, size_t row, size_t column)
{
    assert(data->table->columns[column].type != CSV_TEXT);
    double value;
    return csv_parse_number(csv_text(data, row, column), &value) ? value : NAN;
}

size_t csv_find(const struct csv_data *data, size_t column, const char *value)
{
    size_t row = 0;
    while (row < data->row_count && strcmp(csv_text(data, row, column), value) != 0)
        row++;
    return row;
}
