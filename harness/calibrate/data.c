#include "calibrate/internal.h"

#include "base/paths.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CELL(table, column) SCHEMA_calibration_##table##_##column

int calibrate_write_cases(const struct calibrate_cases *cases, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer;
    if (paths_join(path, directory, schema_calibration_cases.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_calibration_cases, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t c = 0; c < cases->count; c++)
        for (size_t p = 0; p < cases->cases[c].pair_count; p++) {
            const struct calibrate_case *kase = &cases->cases[c];
            const struct calibrate_pair *pair = &kase->pairs[p];
            const bool truth = pair->operation[0] != '\0';
            csv_put_integer(writer, (int64_t)c);
            csv_put_integer(writer, (int64_t)p);
            csv_put_text(writer, calibrate_purpose_words[kase->purpose]);
            csv_put_text(writer, kase->design);
            csv_put_text(writer, pair->baseline);
            csv_put_text(writer, pair->contender);
            csv_put_text(writer, pair->operation);
            csv_put_number(writer, truth ? pair->operations : NAN);
            csv_put_number(writer, truth ? pair->extra : NAN);
            if (kase->set_processes)
                csv_put_integer(writer, kase->set_processes);
            else
                csv_put_empty(writer);
            csv_put_integer(writer, (int64_t)pair->iterations);
            csv_put_integer(writer, (int64_t)kase->clock_iterations);
            csv_put_integer(writer, kase->blocks);
            csv_put_number(writer, kase->block_ns);
            csv_put_number(writer, kase->share);
            csv_end_row(writer);
        }
    return csv_writer_close(writer, error);
}

static int bad_row(const struct csv_data *table, size_t row, const char *what, struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s:%zu: %s; is this a directory of `encbench calibrate`?", table->path,
                     row + 2, what);
}

static int read_case(struct calibrate_cases *cases, const struct csv_data *table, size_t row, struct error *error)
{
    const int64_t number = csv_integer(table, row, CELL(cases, case)), p = csv_integer(table, row, CELL(cases, pair));
    const char *purpose = csv_text(table, row, CELL(cases, purpose));
    if (number < 0 || number >= CALIBRATE_CASES_MAX || (size_t)number + 1 < cases->count ||
        (size_t)number > cases->count || p < 0 || p >= CALIBRATE_PAIRS)
        return bad_row(table, row, "cases and pairs are not numbered in order from 0", error);
    cases->count = (size_t)number + 1;
    struct calibrate_case *kase = &cases->cases[number];
    if (kase->pair_count++ != (size_t)p)
        return bad_row(table, row, "pairs of the case are not numbered in order from 0", error);
    size_t word = 0;
    while (calibrate_purpose_words[word] && strcmp(calibrate_purpose_words[word], purpose) != 0)
        word++;
    if (calibrate_purpose_words[word] == NULL)
        return bad_row(table, row, "unknown purpose", error);
    kase->purpose = (enum calibrate_purpose)word;
    snprintf(kase->design, sizeof kase->design, "%s", csv_text(table, row, CELL(cases, design)));
    kase->set_processes = (unsigned)csv_integer(table, row, CELL(cases, set_processes));
    kase->clock_iterations = (uint64_t)csv_integer(table, row, CELL(cases, clock_iterations));
    kase->blocks = (uint32_t)csv_integer(table, row, CELL(cases, blocks));
    kase->block_ns = csv_number(table, row, CELL(cases, block_ns));
    kase->share = csv_number(table, row, CELL(cases, share));
    struct calibrate_pair *pair = &kase->pairs[p];
    snprintf(pair->baseline, sizeof pair->baseline, "%s", csv_text(table, row, CELL(cases, baseline)));
    snprintf(pair->contender, sizeof pair->contender, "%s", csv_text(table, row, CELL(cases, contender)));
    snprintf(pair->operation, sizeof pair->operation, "%s", csv_text(table, row, CELL(cases, operation)));
    if (pair->operation[0]) {
        pair->operations = csv_number(table, row, CELL(cases, operations));
        pair->extra = csv_number(table, row, CELL(cases, extra_operations));
    }
    pair->iterations = (uint64_t)csv_integer(table, row, CELL(cases, iterations));
    if (pair->iterations == 0 || kase->blocks == 0 || !(kase->share > 0) ||
        (pair->operation[0] && !(pair->operations > 0 && pair->extra > 0)))
        return bad_row(table, row, "iterations, blocks, share or operations are not above 0", error);
    return 0;
}

int calibrate_read_cases(struct calibrate_cases *cases, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_data table = {0};
    *cases = (struct calibrate_cases){0};
    if (paths_check_directory(directory, "a directory of `encbench calibrate`", error) != 0 ||
        paths_join(path, directory, schema_calibration_cases.file, error) != 0)
        return error->code;
    if (access(path, F_OK) != 0)
        return error_set(error, EXIT_USAGE, "%s: holds no %s; expected a directory of `encbench calibrate`", directory,
                         schema_calibration_cases.file);
    if (csv_read(path, &schema_calibration_cases, &table, error) != 0)
        return error->code;
    for (size_t row = 0; row < table.row_count && error->code == 0; row++)
        read_case(cases, &table, row, error);
    if (error->code == 0 && cases->count == 0)
        error_set(error, EXIT_USAGE, "%s: has no rows; calibrate anew", path);
    csv_free(&table);
    return error->code;
}

/* ---- rows ---- */

static void put_blocks(struct csv_writer *writer, const struct calibrate_row *row, enum calibrate_size size)
{
    if (row->ok && !isnan(row->size_change[size]))
        csv_put_integer(writer, (int64_t)row->size_blocks[size]);
    else
        csv_put_empty(writer);
}

void calibrate_put_row(struct csv_writer *writer, const struct calibrate_row *row)
{
    char reason[512];
    const double figures[] = {row->baseline_ns,       row->contender_ns, row->difference_ns,
                              row->log_ratio,         row->plain_ns,     row->plain_log_ratio,
                              row->standard_error_ns, row->cycle_ns,     row->plain_cycle_ns};
    csv_put_integer(writer, row->process);
    csv_put_integer(writer, (int64_t)row->kase);
    csv_put_integer(writer, (int64_t)row->pair);
    if (row->set < 0)
        csv_put_empty(writer);
    else
        csv_put_integer(writer, row->set);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        csv_put_number(writer, row->ok ? figures[i] : NAN);
    csv_put_integer(writer, row->blocks_kept);
    csv_put_number(writer, row->wall_ms);
    csv_put_text(writer, row->ok ? "ok" : "void");
    csv_put_text(writer, row->ok ? "" : csv_clean(reason, sizeof reason, row->reason));
    for (size_t i = 0; i < CALIBRATE_SIZES; i++)
        csv_put_number(writer, row->ok ? row->size_change[i] : NAN);
    for (size_t i = 0; i < CALIBRATE_SIZES; i++)
        csv_put_number(writer, row->ok ? row->size_error[i] : NAN);
    put_blocks(writer, row, CALIBRATE_LEVEL_DOUBLE);
    put_blocks(writer, row, CALIBRATE_CONTRAST_DOUBLE);
    csv_end_row(writer);
}

static double blocks_of(const struct csv_data *table, size_t r, size_t column)
{
    return csv_is_empty(table, r, column) ? 1 : (double)csv_integer(table, r, column);
}

static int read_row(struct calibrate_data *data, const struct csv_data *table, size_t r, struct error *error)
{
    struct calibrate_row *row = &data->rows[r];
    const double level_blocks = blocks_of(table, r, CELL(processes, level_blocks)),
                 contrast_blocks = blocks_of(table, r, CELL(processes, contrast_blocks));
    if (!(level_blocks >= 1 && contrast_blocks >= 1))
        return bad_row(table, r, "blocks of other sizes of a batch are fewer than one", error);
    const int64_t number = csv_integer(table, r, CELL(processes, case)),
                  pair = csv_integer(table, r, CELL(processes, pair));
    if (number < 0 || (size_t)number >= data->cases->count || pair < 0 ||
        (size_t)pair >= data->cases->cases[number].pair_count)
        return bad_row(table, r, "the case or pair is not in calibration_cases.csv", error);
    *row = (struct calibrate_row){
        .process = csv_integer(table, r, CELL(processes, process)),
        .set = csv_is_empty(table, r, CELL(processes, set)) ? -1 : csv_integer(table, r, CELL(processes, set)),
        .kase = (size_t)number,
        .pair = (size_t)pair,
        .baseline_ns = csv_number(table, r, CELL(processes, baseline_ns)),
        .contender_ns = csv_number(table, r, CELL(processes, contender_ns)),
        .difference_ns = csv_number(table, r, CELL(processes, difference_ns)),
        .log_ratio = csv_number(table, r, CELL(processes, log_ratio)),
        .plain_ns = csv_number(table, r, CELL(processes, plain_mean_ns)),
        .plain_log_ratio = csv_number(table, r, CELL(processes, plain_mean_log_ratio)),
        .standard_error_ns = csv_number(table, r, CELL(processes, block_standard_error_ns)),
        .cycle_ns = csv_number(table, r, CELL(processes, cycle_ns)),
        .plain_cycle_ns = csv_number(table, r, CELL(processes, plain_mean_cycle_ns)),
        .blocks_kept = csv_integer(table, r, CELL(processes, blocks_kept)),
        .wall_ms = csv_number(table, r, CELL(processes, wall_ms)),
        .size_change = {csv_number(table, r, CELL(processes, level_double_log_ratio)),
                        csv_number(table, r, CELL(processes, level_between_log_ratio)),
                        csv_number(table, r, CELL(processes, contrast_double_log_ratio)),
                        csv_number(table, r, CELL(processes, contrast_between_log_ratio))},
        .size_error = {csv_number(table, r, CELL(processes, level_double_standard_error_log_ratio)),
                       csv_number(table, r, CELL(processes, level_between_standard_error_log_ratio)),
                       csv_number(table, r, CELL(processes, contrast_double_standard_error_log_ratio)),
                       csv_number(table, r, CELL(processes, contrast_between_standard_error_log_ratio))},
        .size_blocks = {level_blocks, level_blocks, contrast_blocks, contrast_blocks},
        .ok = strcmp(csv_text(table, r, CELL(processes, status)), "ok") == 0,
    };
    if (row->ok &&
        (isnan(row->difference_ns) || isnan(row->log_ratio) || isnan(row->plain_ns) || isnan(row->plain_log_ratio) ||
         isnan(row->baseline_ns) || isnan(row->contender_ns) || isnan(row->cycle_ns) || isnan(row->plain_cycle_ns)))
        return bad_row(table, r, "a process that is ok lacks a figure", error);
    if (r > 0 && (row->process < row[-1].process || (row->process == row[-1].process && row->pair != row[-1].pair + 1)))
        return bad_row(table, r, "processes do not stand in order with each pair once", error);
    return 0;
}

int calibrate_data_read(struct calibrate_data *data, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_data table = {0};
    *data = (struct calibrate_data){.cases = calloc(1, sizeof *data->cases)};
    if (data->cases == NULL)
        return error_out_of_memory(error);
    if (calibrate_read_cases(data->cases, directory, error) != 0 ||
        paths_join(path, directory, schema_calibration_processes.file, error) != 0)
        return error->code;
    if (access(path, F_OK) != 0) /* stopped before the first process */
        return 0;
    if (csv_read(path, &schema_calibration_processes, &table, error) != 0)
        return error->code;
    data->rows = calloc(table.row_count + 1, sizeof *data->rows);
    if (data->rows == NULL)
        error_out_of_memory(error);
    for (size_t r = 0; r < table.row_count && error->code == 0; r++)
        read_row(data, &table, r, error);
    data->row_count = error->code ? 0 : table.row_count;
    csv_free(&table);
    return error->code;
}

void calibrate_data_free(struct calibrate_data *data)
{
    free(data->cases);
    free(data->rows);
    *data = (struct calibrate_data){0};
}
