#include "analyse/analysis.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALUE_NS_MOST  1e15
#define LOG_RATIO_MOST 50.0

/* ---- reading ---- */

/* The arm or contrast that a row is about was measured in its process. */
static bool is_known(const struct analyse_data *data, const struct analyse_process *process, size_t row)
{
    const char *subject = csv_text(&data->linearity, row, SCHEMA_linearity_subject);
    if (strcmp(csv_text(&data->linearity, row, SCHEMA_linearity_kind), "contrast") == 0) {
        const size_t contrast = csv_find(&data->panels, SCHEMA_panels_contrast, subject);
        return contrast < data->panels.row_count &&
               strcmp(csv_text(&data->panels, contrast, SCHEMA_panels_panel), data->panel_names[process->panel]) == 0;
    }
    for (size_t arm = process->rows; arm < process->rows_end; arm++)
        if (csv_integer(&data->processes, arm, SCHEMA_processes_process) == process->id &&
            strcmp(csv_text(&data->processes, arm, SCHEMA_processes_arm), subject) == 0)
            return true;
    return false;
}

static int check_figures(const struct csv_data *table, size_t row, struct error *error)
{
    static const size_t figures[] = {SCHEMA_linearity_value_ns, SCHEMA_linearity_other_ns, SCHEMA_linearity_change_ns};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (!(fabs(csv_number(table, row, figures[i])) <= VALUE_NS_MOST))
            return analyse_bad_cell(table, row, figures[i], "a finite number within 1e15 of 0", error);
    const double change_log = csv_number(table, row, SCHEMA_linearity_change_log);
    if (!isnan(change_log) && !(fabs(change_log) <= LOG_RATIO_MOST))
        return analyse_bad_cell(table, row, SCHEMA_linearity_change_log, "a finite number within 50 of 0; or nothing",
                                error);
    if (csv_integer(table, row, SCHEMA_linearity_blocks_kept) < 1)
        return analyse_bad_cell(table, row, SCHEMA_linearity_blocks_kept, "at least one block", error);
    static const size_t errors[] = {SCHEMA_linearity_change_standard_error_ns,
                                    SCHEMA_linearity_change_standard_error_log};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        const double value = csv_number(table, row, errors[i]);
        if (!isnan(value) && !(value >= 0 && value <= VALUE_NS_MOST))
            return analyse_bad_cell(table, row, errors[i], "a standard error or nothing", error);
    }
    return 0;
}

static int check_sizes(const struct csv_data *table, size_t row, struct error *error)
{
    const int64_t iterations = csv_integer(table, row, SCHEMA_linearity_iterations);
    const int64_t other = csv_integer(table, row, SCHEMA_linearity_iterations_other);
    const bool is_double = strcmp(csv_text(table, row, SCHEMA_linearity_size), "double") == 0;
    if (!is_double && strcmp(csv_text(table, row, SCHEMA_linearity_size), "between") != 0)
        return analyse_bad_cell(table, row, SCHEMA_linearity_size, "double or between", error);
    if (iterations < 1)
        return analyse_bad_cell(table, row, SCHEMA_linearity_iterations, "at least one op", error);
    if (other < 1 || other == iterations || (is_double && other != 2 * iterations))
        return analyse_bad_cell(table, row, SCHEMA_linearity_iterations_other,
                                is_double ? "twice the ops of the run's batch" : "another number of ops", error);
    return 0;
}

static int check_row(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *table = &data->linearity;
    const char *kind = csv_text(table, row, SCHEMA_linearity_kind);
    const struct analyse_process *process =
        analyse_data_process(data, csv_integer(table, row, SCHEMA_linearity_process));
    if (strcmp(kind, "level") != 0 && strcmp(kind, "contrast") != 0)
        return analyse_bad_cell(table, row, SCHEMA_linearity_kind, "level or contrast", error);
    if (!process || strcmp(csv_text(table, row, SCHEMA_linearity_panel), data->panel_names[process->panel]) != 0 ||
        strcmp(csv_text(table, row, SCHEMA_linearity_workload), analyse_workload_name(data, process->workload)) != 0)
        return analyse_bad_cell(table, row, SCHEMA_linearity_process,
                                "a process of that panel and workload in processes.csv", error);
    if (!is_known(data, process, row))
        return analyse_bad_cell(table, row, SCHEMA_linearity_subject, "an arm of that process or contrast of its panel",
                                error);
    return check_sizes(table, row, error) != 0 ? error->code : check_figures(table, row, error);
}

int analyse_linearity_read(struct analyse_data *data, struct error *error)
{
    static const size_t keys[] = {SCHEMA_linearity_process, SCHEMA_linearity_kind, SCHEMA_linearity_subject,
                                  SCHEMA_linearity_size};
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", data->directory, schema_linearity.file);
    if (access(path, F_OK) != 0)
        return 0;
    if (csv_read(path, &schema_linearity, &data->linearity, error) != 0 ||
        analyse_check_unique(&data->linearity, keys, sizeof keys / sizeof keys[0], error) != 0)
        return error->code;
    data->linearity_recorded = true;
    for (size_t row = 0; row < data->linearity.row_count && error->code == 0; row++)
        check_row(data, row, error);
    return error->code;
}

/* ---- collecting ---- */

void analyse_linearity_free(struct analyse_linearity *linearity)
{
    free(linearity->value_ns);
    free(linearity->process);
    *linearity = (struct analyse_linearity){0};
}

static struct analyse_linearity *find_or_add(struct analyse_effects *effects, const struct analyse_data *data,
                                             size_t first, size_t row, size_t panel, size_t workload)
{
    const struct csv_data *table = &data->linearity;
    const char *subject = csv_text(table, row, SCHEMA_linearity_subject),
               *size = csv_text(table, row, SCHEMA_linearity_size);
    const bool is_contrast = strcmp(csv_text(table, row, SCHEMA_linearity_kind), "contrast") == 0;
    for (size_t i = first; i < effects->linearity_count; i++)
        if (effects->linearity[i].is_contrast == is_contrast && strcmp(effects->linearity[i].subject, subject) == 0 &&
            strcmp(effects->linearity[i].size, size) == 0)
            return &effects->linearity[i];
    struct analyse_linearity *grown =
        realloc(effects->linearity, (effects->linearity_count + 1) * sizeof *effects->linearity);
    if (!grown)
        return NULL;
    effects->linearity = grown;
    const size_t most = analyse_cell_processes(data, panel, workload, true);
    struct analyse_linearity *linearity = &effects->linearity[effects->linearity_count++];
    *linearity = (struct analyse_linearity){
        .panel = panel,
        .workload = workload,
        .is_contrast = is_contrast,
        .subject = subject,
        .size = size,
        .iterations = csv_integer(table, row, SCHEMA_linearity_iterations),
        .iterations_other = csv_integer(table, row, SCHEMA_linearity_iterations_other),
        .value_ns = calloc(7 * most + 1, sizeof *linearity->value_ns),
        .process = calloc(most + 1, sizeof *linearity->process),
    };
    if (!linearity->value_ns || !linearity->process)
        return NULL;
    linearity->other_ns = linearity->value_ns + most;
    linearity->change_ns = linearity->value_ns + 2 * most;
    linearity->change_log = linearity->value_ns + 3 * most;
    linearity->error_ns = linearity->value_ns + 4 * most;
    linearity->error_log = linearity->value_ns + 5 * most;
    linearity->blocks = linearity->value_ns + 6 * most;
    return linearity;
}

int analyse_linearity_collect(struct analyse_effects *effects, const struct analyse_data *data, size_t panel,
                              size_t workload, struct error *error)
{
    const struct csv_data *table = &data->linearity;
    const size_t first = effects->linearity_count;
    for (size_t row = 0; row < table->row_count; row++) {
        const struct analyse_process *process =
            analyse_data_process(data, csv_integer(table, row, SCHEMA_linearity_process));
        if (!process->ok || process->panel != panel || process->workload != workload)
            continue;
        struct analyse_linearity *linearity = find_or_add(effects, data, first, row, panel, workload);
        if (!linearity)
            return error_out_of_memory(error);
        if (csv_integer(table, row, SCHEMA_linearity_iterations) != linearity->iterations ||
            csv_integer(table, row, SCHEMA_linearity_iterations_other) != linearity->iterations_other)
            return analyse_bad_cell(table, row, SCHEMA_linearity_iterations_other,
                                    "the same two sizes in every process of a panel on a workload", error);
        const size_t i = linearity->count++;
        linearity->process[i] = process;
        linearity->value_ns[i] = csv_number(table, row, SCHEMA_linearity_value_ns);
        linearity->other_ns[i] = csv_number(table, row, SCHEMA_linearity_other_ns);
        linearity->change_ns[i] = csv_number(table, row, SCHEMA_linearity_change_ns);
        linearity->change_log[i] = csv_number(table, row, SCHEMA_linearity_change_log);
        linearity->error_ns[i] = csv_number(table, row, SCHEMA_linearity_change_standard_error_ns);
        linearity->error_log[i] = csv_number(table, row, SCHEMA_linearity_change_standard_error_log);
        linearity->blocks[i] = (double)csv_integer(table, row, SCHEMA_linearity_blocks_kept);
    }
    return 0;
}
