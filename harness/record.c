#include "record.h"

#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

struct record {
    struct csv_writer *processes, *contrasts;
    char *samples_path;
    int samples_fd;
};

/* Appends `text` to the samples file as one gzip member with one write, so that only the last member can ever be torn. Level 1: the
 * next process waits for it. */
static int append_member(struct record *record, const char *text, size_t length, struct error *error)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return error_set(error, EXIT_USAGE, "%s: zlib: %s", record->samples_path, stream.msg ? stream.msg : "no memory");
    const size_t bound = deflateBound(&stream, length);
    unsigned char *packed = malloc(bound);
    stream.next_in = (unsigned char *)(uintptr_t)text;
    stream.avail_in = (uInt)length;
    stream.next_out = packed;
    stream.avail_out = (uInt)bound;
    if (packed == NULL || deflate(&stream, Z_FINISH) != Z_STREAM_END)
        error_set(error, EXIT_USAGE, "%s: out of memory", record->samples_path);
    else if (write(record->samples_fd, packed, stream.total_out) != (ssize_t)stream.total_out)
        error_set(error, EXIT_USAGE, "%s: cannot be written: %s; is the disk full?", record->samples_path, strerror(errno));
    deflateEnd(&stream);
    free(packed);
    return error->code;
}

static int write_samples_header(struct record *record, struct error *error)
{
    char header[512] = "";
    size_t length = 0;
    for (size_t i = 0; i < schema_samples.column_count; i++)
        length += (size_t)snprintf(header + length, sizeof header - length, "%s%s", i ? "," : "", schema_samples.columns[i].name);
    length += (size_t)snprintf(header + length, sizeof header - length, "\n");
    return append_member(record, header, length, error);
}

int record_open(struct record **record, const char *directory, struct error *error)
{
    char path[4096];
    struct record *new_record = calloc(1, sizeof *new_record);
    *record = new_record;
    if (new_record == NULL || asprintf(&new_record->samples_path, "%s/%s", directory, schema_samples.file) < 0)
        return error_set(error, EXIT_USAGE, "out of memory");
    snprintf(path, sizeof path, "%s/%s", directory, schema_processes.file);
    csv_writer_open(&new_record->processes, path, &schema_processes, CSV_CREATE, error);
    snprintf(path, sizeof path, "%s/%s", directory, schema_contrasts.file);
    if (error->code == 0)
        csv_writer_open(&new_record->contrasts, path, &schema_contrasts, CSV_CREATE, error);
    new_record->samples_fd = open(new_record->samples_path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    if (new_record->samples_fd < 0)
        error_set(error, EXIT_USAGE, "%s: cannot be created: %s", new_record->samples_path, strerror(errno));
    if (error->code == 0)
        write_samples_header(new_record, error);
    return error->code;
}

enum { SAMPLE_ROW_BYTES = 3 * ENCBENCH_NAME_BYTES + 128 };

static char *put_integer(char *at, uint64_t value)
{
    char digits[24];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

/* Formatted by hand: two million rows a run, and snprintf took longer than the measuring it waits for. */
static int write_samples(struct record *record, uint64_t process, const struct plan_cell *cell,
                         const struct measure_block *blocks, size_t block_count, struct error *error)
{
    if (block_count == 0)
        return 0;
    char *text = malloc(block_count * 2 * cell->arm_count * SAMPLE_ROW_BYTES), *at = text;
    if (text == NULL)
        return error_set(error, EXIT_USAGE, "out of memory");
    for (size_t b = 0; b < block_count; b++)
        for (size_t slot = 0; slot < 2 * cell->arm_count; slot++) {
            const struct plan_arm *arm = &cell->arms[blocks[b].slot_arm[slot]];
            at = put_integer(at, process);
            *at++ = ',';
            at = stpcpy(at, cell->panel);
            *at++ = ',';
            at = stpcpy(at, cell->workload);
            *at++ = ',';
            at = stpcpy(at, arm->name);
            const uint64_t numbers[] = {b, slot, arm->iterations, blocks[b].elapsed_ns[slot], blocks[b].dropped ? 0 : 1};
            for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
                *at++ = ',';
                at = put_integer(at, numbers[i]);
            }
            at = stpcpy(at, ",\n");
        }
    append_member(record, text, (size_t)(at - text), error);
    free(text);
    return error->code;
}

static void write_arm(struct csv_writer *writer, uint64_t process, const struct plan_cell *cell, size_t arm, const char *layout,
                      const struct summary *summary, double ticks_per_ns, const char *void_reason)
{
    char reason[512];
    csv_put_integer(writer, (int64_t)process);
    csv_put_text(writer, cell->panel);
    csv_put_text(writer, cell->workload);
    csv_put_text(writer, cell->arms[arm].name);
    csv_put_text(writer, plan_role_words[cell->arms[arm].role]);
    csv_put_text(writer, cell->arms[arm].module->variant);
    csv_put_text(writer, layout);
    csv_put_number(writer, void_reason ? NAN : summary->time_ns_per_op[arm]);
    csv_put_number(writer, void_reason ? NAN : summary->plain_mean_ns_per_op[arm]);
    csv_put_integer(writer, summary->blocks_kept);
    csv_put_integer(writer, summary->blocks_dropped);
    csv_put_number(writer, ticks_per_ns > 0 ? ticks_per_ns : NAN);
    csv_put_text(writer, void_reason ? "void" : "ok");
    csv_put_text(writer, void_reason ? csv_clean(reason, sizeof reason, void_reason) : "");
    csv_end_row(writer);
}

static void write_contrast(struct csv_writer *writer, uint64_t process, const struct plan_cell *cell, size_t index,
                           const struct summary *summary)
{
    const struct summary_contrast *contrast = &summary->contrasts[index];
    csv_put_integer(writer, (int64_t)process);
    csv_put_text(writer, cell->panel);
    csv_put_text(writer, cell->workload);
    csv_put_text(writer, cell->contrasts[index].name);
    csv_put_number(writer, contrast->difference_ns);
    csv_put_number(writer, contrast->log_ratio);
    csv_put_number(writer, contrast->plain_mean_ns);
    csv_put_number(writer, contrast->plain_mean_log_ratio);
    csv_put_number(writer, contrast->block_standard_error_ns);
    csv_put_integer(writer, summary->blocks_kept);
    csv_end_row(writer);
}

int record_process(struct record *record, uint64_t process, const struct plan_cell *cell, const char *const *layouts,
                   const struct measure_block *blocks, size_t block_count, const struct summary *summary, double ticks_per_ns,
                   const char *void_reason, struct error *error)
{
    if (write_samples(record, process, cell, blocks, block_count, error) != 0)
        return error->code;
    for (size_t i = 0; !void_reason && i < cell->contrast_count; i++)
        write_contrast(record->contrasts, process, cell, i, summary);
    if (csv_writer_flush(record->contrasts, error) != 0)
        return error->code;
    /* The rows of processes.csv come last: a process counts as recorded once they are there. */
    for (size_t i = 0; i < cell->arm_count; i++)
        write_arm(record->processes, process, cell, i, layouts[i], summary, ticks_per_ns, void_reason);
    return csv_writer_flush(record->processes, error);
}

int record_close(struct record *record, struct error *error)
{
    if (record == NULL)
        return error->code;
    if (record->processes)
        csv_writer_close(record->processes, error);
    if (record->contrasts)
        csv_writer_close(record->contrasts, error);
    if (record->samples_fd > 0 && close(record->samples_fd) != 0)
        error_set(error, EXIT_USAGE, "%s: cannot be written: %s", record->samples_path, strerror(errno));
    free(record->samples_path);
    free(record);
    return error->code;
}
