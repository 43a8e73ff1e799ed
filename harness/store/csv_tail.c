#include "store/csv_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* A file as its writer appended to it, in a fixed amount of memory: lines of a plain one, members of a .gz. */
struct tail {
    const char *path;
    FILE *file;
    bool is_gzip;
    char *line;
    size_t line_capacity;
    z_stream stream;
    unsigned char *in, *out; /* CSV_STEP_BYTES each */
    size_t position;         /* of the next chunk */
};

enum { HEAD_BYTES = 1024 };

struct chunk {
    size_t start, end;
    char head[HEAD_BYTES]; /* of its text, NUL-terminated */
    size_t head_bytes;
    char last; /* byte of its text */
    bool whole;
};

static int tail_open(struct tail *tail, const char *path, struct error *error)
{
    *tail = (struct tail){.path = path, .is_gzip = csv_is_gzip_path(path), .file = fopen(path, "re")};
    if (tail->file == NULL)
        return error_set(error, EXIT_USAGE, "%s: cannot open: %s", path, strerror(errno));
    tail->in = malloc(CSV_STEP_BYTES);
    tail->out = malloc(CSV_STEP_BYTES);
    if (!tail->in || !tail->out || inflateInit2(&tail->stream, CSV_GZIP_WINDOW_BITS) != Z_OK)
        return csv_memory_error(error, path, 0);
    return 0;
}

static void tail_close(struct tail *tail)
{
    if (tail->file)
        fclose(tail->file);
    inflateEnd(&tail->stream); /* nothing but an error code when it was never begun */
    free(tail->in);
    free(tail->out);
    free(tail->line);
}

static void keep_text(struct chunk *chunk, const char *text, size_t bytes)
{
    size_t room = HEAD_BYTES - 1 - chunk->head_bytes, kept = bytes < room ? bytes : room;
    memcpy(chunk->head + chunk->head_bytes, text, kept);
    chunk->head_bytes += kept;
    chunk->head[chunk->head_bytes] = '\0';
    if (bytes > 0)
        chunk->last = text[bytes - 1];
}

static bool next_line(struct tail *tail, struct chunk *chunk)
{
    ssize_t bytes = getline(&tail->line, &tail->line_capacity, tail->file);
    if (bytes <= 0)
        return false;
    keep_text(chunk, tail->line, (size_t)bytes);
    chunk->whole = chunk->last == '\n';
    tail->position += (size_t)bytes;
    return true;
}

/* Whether nothing but NUL bytes follows, and enough of them. */
static bool only_nuls_follow(struct tail *tail)
{
    size_t count = tail->stream.avail_in;
    for (const unsigned char *at = tail->stream.next_in; at < tail->stream.next_in + tail->stream.avail_in; at++)
        if (*at)
            return false;
    for (size_t got; (got = fread(tail->in, 1, CSV_STEP_BYTES, tail->file)) > 0; count += got)
        for (size_t i = 0; i < got; i++)
            if (tail->in[i])
                return false;
    return count >= CSV_NULS_LEAST;
}

static bool next_member(struct tail *tail, struct chunk *chunk, struct error *error)
{
    z_stream *stream = &tail->stream;
    bool any = false;
    for (int result = Z_OK; result != Z_STREAM_END;) {
        if (stream->avail_in == 0) {
            stream->next_in = tail->in;
            stream->avail_in = (uInt)fread(tail->in, 1, CSV_STEP_BYTES, tail->file);
            if (stream->avail_in == 0)
                return any;
        }
        any = true;
        stream->next_out = tail->out;
        stream->avail_out = CSV_STEP_BYTES;
        const uInt offered = stream->avail_in;
        result = inflate(stream, Z_NO_FLUSH);
        tail->position += offered - stream->avail_in;
        keep_text(chunk, (const char *)tail->out, CSV_STEP_BYTES - stream->avail_out);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            if (only_nuls_follow(tail))
                return true; /* not whole, and the last */
            error_set(error, EXIT_USAGE,
                      "%s: bad gzip data near byte %zu in the member that starts at byte %zu; expected gzip; only what "
                      "is missing at the end can be mended",
                      tail->path, tail->position, chunk->start);
            return false;
        }
    }
    inflateReset(stream);
    chunk->whole = true;
    return true;
}

/* False at the end and on an error. A chunk that is not whole is the last. */
static bool next_chunk(struct tail *tail, struct chunk *chunk, struct error *error)
{
    *chunk = (struct chunk){.start = tail->position};
    const bool any = tail->is_gzip ? next_member(tail, chunk, error) : next_line(tail, chunk);
    chunk->end = tail->position;
    if (!any && error->code == 0 && ferror(tail->file))
        error_set(error, EXIT_USAGE, "%s: cannot read: %s", tail->path, strerror(errno));
    return any && error->code == 0;
}

static bool begins_with_header(const struct chunk *chunk, const struct csv_table *table)
{
    struct csv_bytes header = {0};
    const bool same = csv_header_of(table, &header) && chunk->head_bytes >= header.count &&
                      memcmp(chunk->head, header.text, header.count) == 0;
    free(header.text);
    return same;
}

bool csv_is_whole_gzip(const char *path, const struct csv_table *table)
{
    struct tail tail;
    struct chunk chunk;
    struct error error = {0};
    bool whole = tail_open(&tail, path, &error) == 0 && next_chunk(&tail, &chunk, &error) &&
                 begins_with_header(&chunk, table) && chunk.whole && chunk.last == '\n';
    while (whole && next_chunk(&tail, &chunk, &error))
        whole = chunk.whole && chunk.last == '\n';
    tail_close(&tail);
    return whole && error.code == 0;
}

/* The integer in the first cell of the chunk's first row. */
static int first_cell(const struct tail *tail, const struct chunk *chunk, int64_t *key, struct error *error)
{
    char cell[32];
    snprintf(cell, sizeof cell, "%.*s", (int)strcspn(chunk->head, ",\n"), chunk->head);
    if (!csv_parse_integer(cell, key))
        return error_set(error, EXIT_USAGE, "%s: the row at byte %zu starts with \"%s\"; expected an integer",
                         tail->path, chunk->start, cell);
    return 0;
}

/* Where the file would end. */
static int find_end(struct tail *tail, const struct csv_table *table, bool (*wanted)(int64_t, const void *),
                    const void *context, size_t *end, struct error *error)
{
    struct chunk chunk;
    int64_t key, unwanted = 0;
    bool any_unwanted = false;
    if (!next_chunk(tail, &chunk, error) || !chunk.whole || !begins_with_header(&chunk, table))
        return error_set(error, EXIT_USAGE, "%s: does not start with the header of table %s; it cannot be mended",
                         tail->path, table->file);
    *end = chunk.end;
    while (next_chunk(tail, &chunk, error) && chunk.whole) {
        if (wanted && first_cell(tail, &chunk, &key, error) != 0)
            break;
        if (wanted && !wanted(key, context)) {
            any_unwanted = true;
            unwanted = key;
            continue;
        }
        if (any_unwanted)
            return error_set(error, EXIT_USAGE,
                             "%s: %s %lld was left half-written, yet more follows; only what was written last can be "
                             "mended",
                             tail->path, table->columns[0].name, (long long)unwanted);
        *end = chunk.end;
    }
    return error->code;
}

bool csv_is_lost(const char *path)
{
    unsigned char bytes[1 << 12];
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    FILE *file = fopen(path, "re");
    bool lost = file != NULL;
    for (size_t got; lost && (got = fread(bytes, 1, sizeof bytes, file)) > 0;)
        for (size_t i = 0; i < got; i++)
            lost = lost && bytes[i] == '\0';
    if (file)
        fclose(file);
    return lost;
}

int csv_cut_tail(const char *path, const struct csv_table *table, bool (*wanted)(int64_t key, const void *context),
                 const void *context, size_t *cut_bytes, struct error *error)
{
    struct tail tail;
    struct stat status = {0};
    size_t end = 0;
    *cut_bytes = 0;
    if (tail_open(&tail, path, error) == 0 && find_end(&tail, table, wanted, context, &end, error) == 0 &&
        fstat(fileno(tail.file), &status) == 0 && (size_t)status.st_size > end) {
        *cut_bytes = (size_t)status.st_size - end;
        if (truncate(path, (off_t)end) != 0)
            error_set(error, EXIT_USAGE, "%s: cannot be cut to %zu bytes: %s", path, end, strerror(errno));
    }
    tail_close(&tail);
    return error->code;
}
