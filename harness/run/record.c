#include "run/record.h"

#include "base/paths.h"
#include "schema.h"
#include "store/recorded.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct record {
    struct csv_writer *raw[RECORDED_FILES], *recorded;
    bool torn; /* a process was not written to the end: what is left of it stays where it is */
};

static int open_table(struct csv_writer **writer, const char *directory, const struct csv_table *table, bool resumed,
                      struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, directory, table->file, error) != 0)
        return error->code;
    const bool there = resumed && access(path, F_OK) == 0;
    return csv_writer_open(writer, path, table, there ? CSV_APPEND : CSV_CREATE, error);
}

/* recorded.csv first: without it a directory is one of an older version. */
int record_open(struct record **record, const char *directory, bool resumed, struct error *error)
{
    struct record *new_record = calloc(1, sizeof *new_record);
    *record = new_record;
    if (new_record == NULL)
        return error_out_of_memory(error);
    open_table(&new_record->recorded, directory, &schema_recorded, resumed, error);
    for (size_t f = 0; f < RECORDED_FILES && error->code == 0; f++)
        open_table(&new_record->raw[f], directory, recorded_tables[f], resumed, error);
    return error->code;
}

/* Blocks of a purpose stand together; those of linearity come in groups, one block a size. */
static size_t number_of(const struct measure_block *blocks, size_t b)
{
    size_t first = b;
    while (first > 0 && blocks[first - 1].purpose == blocks[b].purpose)
        first--;
    return blocks[b].purpose == MEASURE_LINEARITY ? (b - first) / MEASURE_SIZES : b - first;
}

/* What every row of a process begins with. */
static void start_row(struct csv_writer *writer, uint64_t process, const struct plan_cell *cell)
{
    csv_put_integer(writer, (int64_t)process);
    csv_put_text(writer, cell->panel);
    csv_put_text(writer, cell->workload);
}

/* Figures of all threads in one cell; none for one. */
static void put_threads(struct csv_writer *writer, const double *values, size_t count, int digits)
{
    char text[MEASURE_THREADS_MAX * 26] = "";
    size_t length = 0;
    for (size_t t = 0; t < count; t++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%.*g", t ? " " : "", digits, values[t]);
    csv_put_text(writer, text);
}

static void write_threads(struct csv_writer *writer, const struct summary *summary, const struct measure_block *block,
                          size_t number, size_t slot)
{
    double own_ns[MEASURE_THREADS_MAX];
    const bool is_there = summary->threads > 0 && block->purpose == MEASURE_EFFECT;
    for (size_t t = 0; is_there && t < summary->threads; t++)
        own_ns[t] = summary->thread_times[number].own_ns[slot][t];
    put_threads(writer, own_ns, is_there ? summary->threads : 0, 10);
    if (is_there)
        csv_put_integer(writer, (int64_t)summary->thread_times[number].span_ns[slot]);
    else
        csv_put_empty(writer);
}

static void write_samples(struct csv_writer *writer, uint64_t process, const struct plan_cell *cell,
                          const struct measure_block *blocks, size_t block_count, const struct summary *summary)
{
    for (size_t b = 0; b < block_count; b++) {
        const size_t number = number_of(blocks, b);
        for (size_t slot = 0; slot < blocks[b].slot_count; slot++) {
            const struct plan_arm *arm = &cell->arms[blocks[b].slot_arm[slot]];
            start_row(writer, process, cell);
            csv_put_text(writer, arm->name);
            csv_put_integer(writer, (int64_t)number);
            csv_put_integer(writer, (int64_t)slot);
            csv_put_integer(writer, (int64_t)plan_iterations(arm, blocks[b].size));
            csv_put_integer(writer, (int64_t)blocks[b].elapsed_ns[slot]);
            csv_put_integer(writer, blocks[b].dropped ? 0 : 1);
            csv_put_text(writer, state_words[blocks[b].state]);
            csv_put_text(writer, measure_purpose_words[blocks[b].purpose]);
            write_threads(writer, summary, &blocks[b], b, slot);
            csv_end_row(writer);
        }
    }
}

static void write_arm(struct csv_writer *writer, uint64_t process, const struct plan_cell *cell, size_t arm,
                      const char *layout, const struct summary *summary, const struct record_clock *clock,
                      const struct record_void *why)
{
    char reason[512];
    start_row(writer, process, cell);
    csv_put_text(writer, cell->arms[arm].name);
    csv_put_text(writer, plan_role_words[cell->arms[arm].role]);
    csv_put_text(writer, cell->arms[arm].module->variant);
    csv_put_text(writer, layout);
    csv_put_number(writer, why->reason ? NAN : summary->time_ns_per_op[arm]);
    csv_put_number(writer, why->reason ? NAN : summary->plain_mean_ns_per_op[arm]);
    csv_put_integer(writer, summary->blocks_kept);
    csv_put_integer(writer, summary->blocks_dropped);
    csv_put_integer(writer, summary->blocks_in[STATE_QUIET]);
    csv_put_integer(writer, summary->blocks_in[STATE_SHARED]);
    csv_put_number(writer, clock->probe_cycles > 0 ? clock->probe_cycles : NAN);
    csv_put_number(writer, why->reason ? NAN : summary->mean_position[arm]);
    csv_put_number(writer, clock->ticks_per_ns > 0 ? clock->ticks_per_ns : NAN);
    csv_put_text(writer, why->reason ? "void" : "ok");
    csv_put_text(writer, why->reason ? csv_clean(reason, sizeof reason, why->reason) : "");
    csv_put_number(writer, clock->reading_ns > 0 ? clock->reading_ns : NAN);
    csv_put_text(writer, why->fault);
    const bool by_thread = why->reason == NULL && summary->threads > 0 && cell->arms[arm].role != PLAN_CLOCK;
    put_threads(writer, summary->thread_ns_per_op[arm], by_thread ? summary->threads : 0, 17);
    csv_put_number(writer, by_thread ? summary->total_ns_per_op[arm] : NAN);
    csv_end_row(writer);
}

static void write_contrast(struct csv_writer *writer, uint64_t process, const struct plan_cell *cell, size_t index,
                           const struct summary *summary)
{
    const struct summary_contrast *contrast = &summary->contrasts[index];
    start_row(writer, process, cell);
    csv_put_text(writer, cell->contrasts[index].name);
    csv_put_number(writer, contrast->difference_ns);
    csv_put_number(writer, contrast->log_ratio);
    csv_put_number(writer, contrast->plain_mean_ns);
    csv_put_number(writer, contrast->plain_mean_log_ratio);
    csv_put_number(writer, contrast->block_standard_error_ns);
    csv_put_integer(writer, summary->blocks_kept);
    csv_put_number(writer, contrast->block_noise_standard_error_ns);
    csv_put_number(writer, contrast->heap_standard_error_ns);
    csv_end_row(writer);
}

/* None for a process wholly in one state: its rows of contrasts.csv are that state's. */
static void write_state_contrasts(struct csv_writer *writer, uint64_t process, const struct plan_cell *cell,
                                  enum state state, const struct summary *summary)
{
    for (size_t i = 0; summary->by_state[state] && i < cell->contrast_count; i++) {
        if (!summary->state_contrasts[state][i].there)
            continue;
        start_row(writer, process, cell);
        csv_put_text(writer, cell->contrasts[i].name);
        csv_put_text(writer, state_words[state]);
        csv_put_number(writer, summary->state_contrasts[state][i].difference_ns);
        csv_put_number(writer, summary->state_contrasts[state][i].log_ratio);
        csv_put_integer(writer, summary->blocks_in[state]);
        csv_end_row(writer);
    }
}

static void write_linear(struct csv_writer *writer, uint64_t process, const struct plan_cell *cell, const char *kind,
                         const char *subject, const struct plan_arm *arm, size_t other,
                         const struct summary_linearity *linear)
{
    static const char *const sizes[MEASURE_SIZES - 1] = {"double", "between"};
    if (!linear->there)
        return;
    start_row(writer, process, cell);
    csv_put_text(writer, kind);
    csv_put_text(writer, subject);
    csv_put_text(writer, sizes[other]);
    csv_put_integer(writer, (int64_t)arm->iterations);
    csv_put_integer(writer, (int64_t)arm->other_iterations[other]);
    csv_put_number(writer, linear->value_ns);
    csv_put_number(writer, linear->other_ns);
    csv_put_number(writer, linear->change_ns);
    csv_put_number(writer, linear->change_log);
    csv_put_integer(writer, linear->blocks);
    csv_put_number(writer, linear->standard_error_ns);
    csv_put_number(writer, linear->standard_error_log);
    csv_end_row(writer);
}

/* The first arm of a contrast names its n: those of arms with an own n stand in batches.csv. */
static const struct plan_arm *arm_of(const struct plan_cell *cell, const struct plan_contrast *contrast)
{
    size_t arm = 0;
    while (contrast->weights[arm] == 0)
        arm++;
    return &cell->arms[arm];
}

static void write_linearity(struct csv_writer *writer, uint64_t process, const struct plan_cell *cell,
                            const struct summary *summary)
{
    for (size_t other = 0; other < MEASURE_SIZES - 1; other++) {
        for (size_t i = 0; i < cell->arm_count; i++)
            write_linear(writer, process, cell, "level", cell->arms[i].name, &cell->arms[i], other,
                         &summary->linear_arms[i][other]);
        for (size_t c = 0; c < cell->contrast_count; c++)
            write_linear(writer, process, cell, "contrast", cell->contrasts[c].name, arm_of(cell, &cell->contrasts[c]),
                         other, &summary->linear_contrasts[c][other]);
    }
}

void record_objects(struct record *record, uint64_t process, const struct plan_cell *cell,
                    const struct worker_object *objects, size_t count)
{
    enum { LINE_BYTES = 64, PAGE_BYTES = 4096 };
    struct csv_writer *writer = record->raw[RECORDED_PLACEMENTS];
    for (size_t i = 0; i < count; i++) {
        start_row(writer, process, cell);
        csv_put_text(writer, cell->arms[objects[i].arm].name);
        csv_put_integer(writer, objects[i].epoch);
        csv_put_text(writer, objects[i].name);
        csv_put_integer(writer, (int64_t)objects[i].bytes);
        csv_put_integer(writer, (int64_t)(objects[i].address % LINE_BYTES));
        csv_put_integer(writer, (int64_t)(objects[i].address % PAGE_BYTES));
        csv_end_row(writer);
    }
}

/* To every file, one gzip member where it is compressed, and then what was written. */
static int flush(struct record *record, uint64_t process, struct error *error)
{
    for (size_t f = 0; f < RECORDED_FILES && error->code == 0; f++)
        if (csv_writer_flush(record->raw[f], error) == 0)
            recorded_put(record->recorded, process, (enum recorded_file)f, csv_writer_span(record->raw[f]));
    if (error->code == 0)
        csv_writer_flush(record->recorded, error);
    record->torn = error->code != 0;
    return error->code;
}

int record_process(struct record *record, uint64_t process, const struct plan_cell *cell, const char *const *layouts,
                   const struct measure_block *blocks, size_t block_count, const struct summary *summary,
                   const struct record_clock *clock, const struct record_void *why, struct error *error)
{
    struct csv_writer *const *raw = record->raw;
    write_samples(raw[RECORDED_SAMPLES], process, cell, blocks, block_count, summary);
    for (size_t i = 0; !why->reason && i < cell->contrast_count; i++)
        write_contrast(raw[RECORDED_CONTRASTS], process, cell, i, summary);
    for (enum state state = STATE_QUIET; !why->reason && state < STATE_COUNT; state++)
        write_state_contrasts(raw[RECORDED_STATE_CONTRASTS], process, cell, state, summary);
    if (!why->reason)
        write_linearity(raw[RECORDED_LINEARITY], process, cell, summary);
    for (size_t i = 0; i < cell->arm_count; i++)
        write_arm(raw[RECORDED_PROCESSES], process, cell, i, layouts[i], summary, clock, why);
    return flush(record, process, error);
}

static void close_writer(struct csv_writer *writer, bool torn, struct error *error)
{
    if (writer && torn)
        csv_writer_abandon(writer);
    else if (writer)
        csv_writer_close(writer, error);
}

int record_close(struct record *record, struct error *error)
{
    if (record == NULL)
        return error->code;
    for (size_t f = 0; f < RECORDED_FILES; f++)
        close_writer(record->raw[f], record->torn, error);
    close_writer(record->recorded, record->torn, error);
    free(record);
    return error->code;
}
