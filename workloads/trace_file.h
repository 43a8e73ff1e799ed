/*
 * Traces: the sizes of a real program's encode calls, one row a call, `encoding,input_bytes`, in call order; or
 * `size_bytes` alone, as the harness hands on a user's (ENCBENCH_TRACE_FILE): those are encoded to hex. Read strictly:
 * a message names the file, the line, the text and what was expected.
 */
#ifndef ENCBENCH_TRACE_FILE_H
#define ENCBENCH_TRACE_FILE_H

#include "codec.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACE_FILE_HEADER    "encoding,input_bytes"
#define TRACE_FILE_SIZES     "size_bytes"
#define TRACE_CALL_BYTES_MAX ((uint64_t)1 << 30)

struct trace_call {
    uint32_t encoding; /* enum codec_encoding */
    uint32_t input_bytes;
};

struct trace_file {
    struct trace_call *calls; /* owned; trace_file_free */
    size_t call_count;
    uint64_t input_bytes_max;
    uint64_t output_bytes; /* of all calls */
};

/* Where reading stands, for messages. */
struct trace_reader {
    FILE *stream;
    const char *path;
    size_t line;
    int sizes_alone;
    char text[64];
    char *message;
    size_t message_bytes;
};

static inline void trace_file_free(struct trace_file *trace)
{
    free(trace->calls);
    trace->calls = NULL;
}

/* 1: a line without its line feed is in `text`; 0: end of file; -1: message filled. */
static inline int trace_file_line(struct trace_reader *reader)
{
    size_t length;

    if (fgets(reader->text, sizeof reader->text, reader->stream) == NULL) {
        if (ferror(reader->stream) == 0)
            return 0;
        snprintf(reader->message, reader->message_bytes, "%s: %s", reader->path, strerror(errno));
        return -1;
    }
    reader->line++;
    length = strlen(reader->text);
    if (length == 0 || reader->text[length - 1] != '\n') {
        snprintf(reader->message, reader->message_bytes, "%s:%zu: \"%s\" is too long or has no line feed, expected %s",
                 reader->path, reader->line, reader->text, TRACE_FILE_HEADER);
        return -1;
    }
    reader->text[length - 1] = '\0';
    return 1;
}

static inline int trace_file_encoding(const char *text, size_t length)
{
    static const char *const names[] = {
        [CODEC_HEX] = "hex", [CODEC_BASE64] = "base64", [CODEC_BASE64URL] = "base64url"};

    for (int encoding = CODEC_HEX; encoding <= CODEC_BASE64URL; encoding++)
        if (strlen(names[encoding]) == length && memcmp(names[encoding], text, length) == 0)
            return encoding;
    return -1;
}

/* Decimal digits only; -1 for anything else or above TRACE_CALL_BYTES_MAX. */
static inline int64_t trace_file_bytes(const char *text)
{
    uint64_t bytes = 0;

    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        bytes = bytes * 10 + (uint64_t)(*text - '0');
        if (bytes > TRACE_CALL_BYTES_MAX)
            return -1;
    }
    return (int64_t)bytes;
}

static inline int trace_file_call(struct trace_reader *reader, struct trace_call *call)
{
    const char *comma = strchr(reader->text, ',');
    int encoding = comma == NULL ? -1 : trace_file_encoding(reader->text, (size_t)(comma - reader->text));
    int64_t bytes = comma == NULL ? -1 : trace_file_bytes(comma + 1);

    if (reader->sizes_alone) {
        encoding = CODEC_HEX;
        bytes = trace_file_bytes(reader->text);
    }
    if (encoding < 0 || bytes < 0) {
        snprintf(reader->message, reader->message_bytes, "%s:%zu: \"%s\" is not a call, expected %s0 to %llu bytes",
                 reader->path, reader->line, reader->text,
                 reader->sizes_alone ? "" : "hex, base64 or base64url, a comma and ",
                 (unsigned long long)TRACE_CALL_BYTES_MAX);
        return -1;
    }
    *call = (struct trace_call){.encoding = (uint32_t)encoding, .input_bytes = (uint32_t)bytes};
    return 0;
}

static inline int trace_file_append(struct trace_reader *reader, struct trace_file *trace, struct trace_call call)
{
    if ((trace->call_count & (trace->call_count - 1)) == 0) { /* full at 0 and at every power of two */
        size_t room = trace->call_count == 0 ? 1 : trace->call_count * 2;
        struct trace_call *calls = realloc(trace->calls, room * sizeof *calls);

        if (calls == NULL) {
            snprintf(reader->message, reader->message_bytes, "%s:%zu: out of memory", reader->path, reader->line);
            return -1;
        }
        trace->calls = calls;
    }
    trace->calls[trace->call_count++] = call;
    trace->output_bytes += codec_encoded_bytes((enum codec_encoding)call.encoding, call.input_bytes);
    if (call.input_bytes > trace->input_bytes_max)
        trace->input_bytes_max = call.input_bytes;
    return 0;
}

static inline int trace_file_rows(struct trace_reader *reader, struct trace_file *trace)
{
    struct trace_call call;
    int status = trace_file_line(reader);

    if (status < 0)
        return -1;
    reader->sizes_alone = status == 1 && strcmp(reader->text, TRACE_FILE_SIZES) == 0;
    if (status == 0 || (!reader->sizes_alone && strcmp(reader->text, TRACE_FILE_HEADER) != 0)) {
        snprintf(reader->message, reader->message_bytes, "%s:1: header is \"%s\", expected \"%s\"", reader->path,
                 status == 0 ? "" : reader->text, TRACE_FILE_HEADER);
        return -1;
    }
    while ((status = trace_file_line(reader)) == 1)
        if (trace_file_call(reader, &call) != 0 || trace_file_append(reader, trace, call) != 0)
            return -1;
    if (status == 0 && trace->call_count == 0) {
        snprintf(reader->message, reader->message_bytes, "%s:%zu: no call follows the header", reader->path,
                 reader->line);
        return -1;
    }
    return status;
}

/* 0, or -1 with a message and nothing to free. */
static inline int trace_file_read(const char *path, struct trace_file *trace, char *message, size_t message_bytes)
{
    struct trace_reader reader = {.path = path, .message = message, .message_bytes = message_bytes};
    int status;

    *trace = (struct trace_file){0};
    reader.stream = fopen(path, "re");
    if (reader.stream == NULL) {
        snprintf(message, message_bytes, "%s: %s", path, strerror(errno));
        return -1;
    }
    status = trace_file_rows(&reader, trace);
    fclose(reader.stream);
    if (status != 0)
        trace_file_free(trace);
    return status;
}

#endif
