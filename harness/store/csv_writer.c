#include "store/csv_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
    REPLACE_FLUSH_BYTES = 1 << 20,
    PARTIALS_MAX = 1000, /* left behind by killed programs of the same process number */
};

struct csv_writer {
    const struct csv_table *table;
    enum csv_mode mode;
    char *path, *partial;
    int fd;
    struct csv_bytes rows; /* not yet written; the bytes from `whole_bytes` on belong to the row begun */
    size_t whole_bytes;
    size_t column; /* cells put into the row begun */
    size_t rows_ended;
    struct csv_span span; /* of the last flush */
    struct csv_held *held;
    struct error error; /* sticks */
};

static int writer_file_error(struct csv_writer *writer, const char *path, const char *what, struct error *error)
{
    return error_set(error, EXIT_USAGE,
                     "%s: %s: %s; expected to write table %s; check path, permissions and free space", path, what,
                     strerror(errno), writer->table->file);
}

static void stick_cell(struct csv_writer *writer, const char *value, const char *expected)
{
    char shown[CSV_SHOWN_BYTES];
    error_set(
        &writer->error, EXIT_USAGE,
        "%s: new row %zu: column %s is \"%s\"; expected %s; the program that writes it must put what the column holds",
        writer->path, writer->rows_ended + 1, writer->table->columns[writer->column].name,
        csv_show(shown, value, strlen(value)), expected);
}

static void stick_count(struct csv_writer *writer, const char *relation)
{
    error_set(&writer->error, EXIT_USAGE,
              "%s: new row %zu has %s%zu cells; expected %zu; the program that writes it must put one cell a column",
              writer->path, writer->rows_ended + 1, relation, writer->column, writer->table->column_count);
}

/* Compresses the whole rows into one gzip member. No time and no name in it: the same rows give the same bytes. */
static bool pack_rows(const struct csv_writer *writer, struct csv_bytes *packed)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, CSV_GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t left = writer->whole_bytes;
    stream.next_in = (Bytef *)writer->rows.text;
    int result = Z_OK;
    while (result != Z_STREAM_END && result != Z_MEM_ERROR) {
        if (!csv_bytes_reserve(packed, CSV_STEP_BYTES)) {
            result = Z_MEM_ERROR;
            break;
        }
        uInt offered_in = left < CSV_ZLIB_MAX_BYTES ? (uInt)left : CSV_ZLIB_MAX_BYTES;
        stream.avail_in = offered_in;
        stream.avail_out = CSV_STEP_BYTES;
        stream.next_out = (Bytef *)packed->text + packed->count;
        result = deflate(&stream, left <= CSV_ZLIB_MAX_BYTES ? Z_FINISH : Z_NO_FLUSH);
        left -= offered_in - stream.avail_in;
        packed->count += CSV_STEP_BYTES - stream.avail_out;
    }
    deflateEnd(&stream);
    return result == Z_STREAM_END;
}

/* All or nothing: what a failed write left behind is cut off again. */
static int write_bytes(struct csv_writer *writer, const char *bytes, size_t count)
{
    const char *path = writer->partial != NULL ? writer->partial : writer->path;
    struct stat before;
    if (fstat(writer->fd, &before) != 0)
        return writer_file_error(writer, path, "cannot stat", &writer->error);
    for (size_t done = 0; done < count;) {
        ssize_t wrote = write(writer->fd, bytes + done, count - done);
        if (wrote >= 0) {
            done += (size_t)wrote;
        } else if (errno != EINTR) {
            int why = errno;
            bool cut = !S_ISREG(before.st_mode) || ftruncate(writer->fd, before.st_size) == 0;
            errno = why;
            return writer_file_error(
                writer, path, cut ? "cannot write" : "cannot write, and half a row stays at the end", &writer->error);
        }
    }
    writer->span =
        (struct csv_span){(uint64_t)before.st_size, count, (uint32_t)crc32_z(0, (const Bytef *)bytes, count)};
    return 0;
}

static int write_rows(struct csv_writer *writer)
{
    writer->span = (struct csv_span){0};
    if (writer->error.code != 0 || writer->whole_bytes == 0)
        return writer->error.code;
    if (csv_is_gzip_path(writer->path)) {
        struct csv_bytes packed = {0};
        if (!pack_rows(writer, &packed))
            csv_memory_error(&writer->error, writer->path, writer->rows.count);
        else
            write_bytes(writer, packed.text, packed.count);
        free(packed.text);
    } else {
        write_bytes(writer, writer->rows.text, writer->whole_bytes);
    }
    if (writer->error.code == 0) {
        writer->rows.count -= writer->whole_bytes;
        memmove(writer->rows.text, writer->rows.text + writer->whole_bytes, writer->rows.count);
        writer->whole_bytes = 0;
    }
    return writer->error.code;
}

static void writer_free(struct csv_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    if (writer->partial != NULL)
        unlink(writer->partial);
    free(writer->partial);
    free(writer->path);
    free(writer->rows.text);
    free(writer);
}

static int open_partial(struct csv_writer *writer, struct error *error)
{
    struct stat status;
    if (lstat(writer->path, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, EXIT_USAGE, "%s: is not a regular file; expected to write table %s there; name a file",
                         writer->path, writer->table->file);
    /* A name of our own: two programs that replace the same file must not write into each other's rows. */
    for (unsigned attempt = 0;; attempt++) {
        char *partial;
        if (asprintf(&partial, "%s.%ld-%u.partial", writer->path, (long)getpid(), attempt) < 0)
            return csv_memory_error(error, writer->path, 0);
        writer->fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
        if (writer->fd >= 0) {
            writer->partial = partial;
            return 0;
        }
        const int code =
            errno == EEXIST && attempt < PARTIALS_MAX ? 0 : writer_file_error(writer, partial, "cannot create", error);
        free(partial);
        if (code != 0)
            return code;
    }
}

bool csv_is_partial(const char *name, const struct csv_table *table, long *writer)
{
    const size_t length = strlen(table->file);
    unsigned attempt;
    int end = 0;
    return strncmp(name, table->file, length) == 0 &&
           sscanf(name + length, ".%ld-%u.partial%n", writer, &attempt, &end) == 2 && end > 0 &&
           name[length + (size_t)end] == '\0';
}

/* Gives the partial file its name unless that name is taken. */
static int publish_new(struct csv_writer *writer)
{
    if (renameat2(AT_FDCWD, writer->partial, AT_FDCWD, writer->path, RENAME_NOREPLACE) == 0)
        return 0;
    /* EINVAL: not every file system can (NFS); a hard link does not overwrite either. */
    if (errno == EINVAL && link(writer->partial, writer->path) == 0)
        return unlink(writer->partial);
    return -1;
}

static int file_exists_error(const struct csv_writer *writer, struct error *error)
{
    return error_set(
        error, EXIT_USAGE,
        "%s: exists already; expected a new file for table %s; it is never overwritten: name another or move it",
        writer->path, writer->table->file);
}

/* A new file appears under its name with its header in it, or not at all. */
static int open_create(struct csv_writer *writer, struct error *error)
{
    struct stat status;
    if (lstat(writer->path, &status) == 0)
        return file_exists_error(writer, error);
    int code = open_partial(writer, error);
    if (code != 0)
        return code;
    if (write_rows(writer) != 0)
        return error_set(error, writer->error.code, "%s", writer->error.message);
    if (publish_new(writer) != 0)
        return errno == EEXIST ? file_exists_error(writer, error)
                               : writer_file_error(writer, writer->path, "cannot create", error);
    free(writer->partial);
    writer->partial = NULL;
    return 0;
}

static int open_append(struct csv_writer *writer, struct error *error)
{
    int code = csv_check_for_append(writer->path, writer->table, error);
    if (code != 0)
        return code;
    writer->rows.count = writer->whole_bytes = 0;
    writer->fd = open(writer->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    return writer->fd >= 0 ? 0 : writer_file_error(writer, writer->path, "cannot open", error);
}

int csv_writer_open(struct csv_writer **writer, const char *path, const struct csv_table *table, enum csv_mode mode,
                    struct error *error)
{
    *writer = NULL;
    struct csv_writer *new_writer = calloc(1, sizeof *new_writer);
    if (new_writer == NULL)
        return csv_memory_error(error, path, 0);
    *new_writer = (struct csv_writer){.table = table, .mode = mode, .path = strdup(path), .fd = -1};
    int code;
    if (new_writer->path == NULL || !csv_header_of(table, &new_writer->rows)) {
        code = csv_memory_error(error, path, 0);
    } else {
        new_writer->whole_bytes = new_writer->rows.count;
        code = mode == CSV_REPLACE  ? open_partial(new_writer, error)
               : mode == CSV_CREATE ? open_create(new_writer, error)
                                    : open_append(new_writer, error);
    }
    if (code != 0)
        writer_free(new_writer);
    else
        *writer = new_writer;
    return code;
}

/* The type that is put must fit the column; a lossless wider column is fine. */
static bool type_accepts(enum csv_type column, enum csv_type put)
{
    return column == put || column == CSV_TEXT || (column == CSV_NUMBER && put == CSV_INTEGER);
}

static void put_cell(struct csv_writer *writer, const char *text, enum csv_type type)
{
    if (writer->error.code != 0)
        return;
    size_t count = strlen(text);
    if (writer->column == writer->table->column_count) {
        stick_count(writer, "more than ");
        return;
    }
    const struct csv_column *column = &writer->table->columns[writer->column];
    if (count == 0 && column->need == CSV_REQUIRED)
        stick_cell(writer, "", "a value, this column is never empty");
    else if (count > 0 && !type_accepts(column->type, type))
        stick_cell(writer, text, csv_type_expected(column->type));
    const char *end = text + count;
    for (const char *at = text; at < end && writer->error.code == 0;) {
        size_t step = csv_cell_character_bytes(at, end);
        if (step == 0)
            stick_cell(writer, text, csv_type_expected(CSV_TEXT));
        at += step;
    }
    if (writer->error.code == 0 && ((writer->column > 0 && !csv_bytes_append(&writer->rows, ",", 1)) ||
                                    !csv_bytes_append(&writer->rows, text, count)))
        csv_memory_error(&writer->error, writer->path, writer->rows.count);
    writer->column++;
}

void csv_put_text(struct csv_writer *writer, const char *text)
{
    put_cell(writer, text != NULL ? text : "", CSV_TEXT);
}

void csv_put_integer(struct csv_writer *writer, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    put_cell(writer, text, CSV_INTEGER);
}

void csv_put_number(struct csv_writer *writer, double value)
{
    char text[32];
    put_cell(writer, csv_format_number(text, sizeof text, value), CSV_NUMBER);
}

void csv_put_empty(struct csv_writer *writer)
{
    put_cell(writer, "", CSV_TEXT);
}

void csv_end_row(struct csv_writer *writer)
{
    if (writer->error.code != 0)
        return;
    if (writer->column != writer->table->column_count) {
        stick_count(writer, "");
        return;
    }
    if (!csv_bytes_append(&writer->rows, "\n", 1)) {
        csv_memory_error(&writer->error, writer->path, writer->rows.count);
        return;
    }
    writer->whole_bytes = writer->rows.count;
    writer->column = 0;
    writer->rows_ended++;
    if (writer->mode == CSV_REPLACE && writer->rows.count >= REPLACE_FLUSH_BYTES)
        write_rows(writer);
}

void csv_put_data(struct csv_writer *writer, const struct csv_data *data)
{
    for (size_t row = 0; row < data->row_count; row++) {
        for (size_t column = 0; column < data->table->column_count; column++) {
            const enum csv_type type = data->table->columns[column].type;
            if (csv_is_empty(data, row, column))
                csv_put_empty(writer);
            else if (type == CSV_INTEGER)
                csv_put_integer(writer, csv_integer(data, row, column));
            else if (type == CSV_NUMBER)
                csv_put_number(writer, csv_number(data, row, column));
            else
                csv_put_text(writer, csv_text(data, row, column));
        }
        csv_end_row(writer);
    }
}

int csv_writer_flush(struct csv_writer *writer, struct error *error)
{
    if (write_rows(writer) != 0)
        return error_set(error, writer->error.code, "%s", writer->error.message);
    return 0;
}

struct csv_span csv_writer_span(const struct csv_writer *writer)
{
    return writer->span;
}

int csv_writer_sync(struct csv_writer *writer, struct error *error)
{
    if (csv_writer_flush(writer, error) == 0 && fsync(writer->fd) != 0)
        writer_file_error(writer, writer->path, "cannot be brought to the disk", error);
    return error->code;
}

int csv_writer_close(struct csv_writer *writer, struct error *error)
{
    if (writer->column != 0)
        stick_count(writer, "no end and ");
    int code = csv_writer_flush(writer, error);
    int fd = writer->fd;
    writer->fd = -1;
    if (close(fd) != 0 && code == 0)
        code = writer_file_error(writer, writer->path, "cannot close", error);
    if (code == 0 && writer->partial != NULL && writer->held != NULL) {
        writer->held->file[writer->held->count++] = (struct csv_held_file){writer->partial, writer->path};
        writer->partial = writer->path = NULL;
    } else if (code == 0 && writer->partial != NULL) {
        if (rename(writer->partial, writer->path) != 0) {
            code = writer_file_error(writer, writer->path, "cannot replace", error);
        } else {
            free(writer->partial);
            writer->partial = NULL;
        }
    }
    writer_free(writer);
    return code;
}

void csv_writer_hold(struct csv_writer *writer, struct csv_held *held)
{
    assert(held == NULL || held->count < CSV_HELD_MAX);
    writer->held = held;
}

int csv_held_publish(struct csv_held *held, struct error *error)
{
    for (size_t i = 0; i < held->count; i++)
        if (rename(held->file[i].partial, held->file[i].path) != 0)
            return error_set(error, EXIT_USAGE, "%s: cannot replace: %s; check path and permissions",
                             held->file[i].path, strerror(errno));
    return 0;
}

void csv_held_drop(struct csv_held *held)
{
    for (size_t i = 0; i < held->count; i++) {
        unlink(held->file[i].partial); /* gone when it was published */
        free(held->file[i].partial);
        free(held->file[i].path);
    }
    *held = (struct csv_held){0};
}

void csv_writer_abandon(struct csv_writer *writer)
{
    if (writer != NULL)
        writer_free(writer);
}
