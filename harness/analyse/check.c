#include "analyse/analysis.h"
#include "base/words.h"
#include "kernels/kernels.h"
#include "schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Figures beyond these are no measurement, and make sums and ratios of them overflow. */
#define TIME_NS_LEAST  1e-9
#define TIME_NS_MOST   1e15
#define LOG_RATIO_MOST 50.0

int analyse_bad_cell(const struct csv_data *table, size_t row, size_t column, const char *expected, struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s:%zu: column %s is \"%s\"; expected %s", table->path, row + 2,
                     table->table->columns[column].name, csv_text(table, row, column), expected);
}

/* ---- keys ---- */

struct key {
    const struct csv_data *table;
    const size_t *columns;
    size_t column_count;
};

static int compare_keys(size_t a, size_t b, const struct key *key)
{
    int order = 0;
    for (size_t i = 0; i < key->column_count && order == 0; i++)
        order = strcmp(csv_text(key->table, a, key->columns[i]), csv_text(key->table, b, key->columns[i]));
    return order;
}

static int compare_rows(const void *a, const void *b, void *key)
{
    const size_t one = *(const size_t *)a, other = *(const size_t *)b;
    const int order = compare_keys(one, other, key);
    return order ? order : (one > other) - (one < other);
}

int analyse_check_unique(const struct csv_data *table, const size_t *columns, size_t column_count, struct error *error)
{
    struct key key = {table, columns, column_count};
    size_t *rows = calloc(table->row_count + 1, sizeof *rows);
    if (!rows)
        return error_out_of_memory(error);
    for (size_t i = 0; i < table->row_count; i++)
        rows[i] = i;
    qsort_r(rows, table->row_count, sizeof *rows, compare_rows, &key);
    for (size_t i = 1; i < table->row_count && error->code == 0; i++)
        if (compare_keys(rows[i - 1], rows[i], &key) == 0)
            error_set(error, EXIT_USAGE, "%s:%zu: the same %s as in line %zu (%.100s%s%.100s); expected it once",
                      table->path, rows[i] + 2, column_count == 1 ? table->table->columns[columns[0]].name : "keys",
                      rows[i - 1] + 2, csv_text(table, rows[i], columns[0]), column_count > 1 ? " " : "",
                      column_count > 1 ? csv_text(table, rows[i], columns[column_count - 1]) : "");
    free(rows);
    return error->code;
}

/* ---- values ---- */

static bool known_variant(const struct analyse_data *data, const char *variant)
{
    return csv_find(&data->variants, SCHEMA_variants_variant, variant) < data->variants.row_count;
}

static int check_panels(const struct analyse_data *data, struct error *error)
{
    static const size_t sides[] = {SCHEMA_panels_baseline, SCHEMA_panels_contender};
    char variant[ENCBENCH_NAME_BYTES];
    for (size_t row = 0; row < data->panels.row_count; row++)
        for (size_t i = 0; i < 2; i++)
            for (const char *list = csv_text(&data->panels, row, sides[i]); words_next(&list, variant);)
                if (!known_variant(data, variant))
                    return analyse_bad_cell(&data->panels, row, sides[i], "variants of the run's variants.csv", error);
    return 0;
}

static bool is_time(double value)
{
    return value == 0 || (value >= TIME_NS_LEAST && value <= TIME_NS_MOST);
}

static int check_process(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *table = &data->processes;
    static const size_t times[] = {SCHEMA_processes_time_ns_per_op, SCHEMA_processes_plain_mean_ns_per_op};
    static const size_t counts[] = {SCHEMA_processes_blocks_kept, SCHEMA_processes_blocks_dropped,
                                    SCHEMA_processes_blocks_quiet, SCHEMA_processes_blocks_shared};
    const char *role = csv_text(table, row, SCHEMA_processes_role);
    const char *variant = csv_text(table, row, SCHEMA_processes_variant);
    for (size_t i = 0; i < 2; i++)
        if (!csv_is_empty(table, row, times[i]) && !is_time(csv_number(table, row, times[i])))
            return analyse_bad_cell(table, row, times[i], "a time of an op; 0 or 1e-9 to 1e15", error);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (csv_integer(table, row, counts[i]) < 0 || csv_integer(table, row, counts[i]) > UINT32_MAX)
            return analyse_bad_cell(table, row, counts[i], "a count", error);
    const double position = csv_number(table, row, SCHEMA_processes_mean_position);
    if (!isnan(position) && !(position >= 0 && position <= 1))
        return analyse_bad_cell(table, row, SCHEMA_processes_mean_position, "0 to 1", error);
    const double probe_cycles = csv_number(table, row, SCHEMA_processes_probe_cycles);
    if (!isnan(probe_cycles) && !(probe_cycles > 0 && isfinite(probe_cycles)))
        return analyse_bad_cell(table, row, SCHEMA_processes_probe_cycles, "a finite number above 0, or nothing",
                                error);
    if (strchr(role, ' ') || !words_has("baseline contender twin planted clock", role))
        return analyse_bad_cell(table, row, SCHEMA_processes_role, "baseline; contender; twin; planted or clock",
                                error);
    if (strcmp(role, "clock") == 0 ? strcmp(variant, CHAIN_VARIANT) != 0 : !known_variant(data, variant))
        return analyse_bad_cell(table, row, SCHEMA_processes_variant,
                                "a variant of the run's variants.csv; for the role clock the chain", error);
    const double ticks = csv_number(table, row, SCHEMA_processes_tsc_ticks_per_ns);
    if (!isnan(ticks) && !(ticks > 0 && isfinite(ticks)))
        return analyse_bad_cell(table, row, SCHEMA_processes_tsc_ticks_per_ns, "a finite rate above 0", error);
    return 0;
}

static int check_contrast(const struct csv_data *table, size_t row, struct error *error)
{
    static const struct {
        size_t column;
        double most;
        const char *expected;
    } figures[] = {
        {SCHEMA_contrasts_difference_ns, TIME_NS_MOST, "a finite number within 1e15 of 0"},
        {SCHEMA_contrasts_plain_mean_ns, TIME_NS_MOST, "a finite number within 1e15 of 0"},
        {SCHEMA_contrasts_log_ratio, LOG_RATIO_MOST, "a finite number within 50 of 0"},
        {SCHEMA_contrasts_plain_mean_log_ratio, LOG_RATIO_MOST, "a finite number within 50 of 0"},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (!(fabs(csv_number(table, row, figures[i].column)) <= figures[i].most))
            return analyse_bad_cell(table, row, figures[i].column, figures[i].expected, error);
    static const size_t errors[] = {SCHEMA_contrasts_block_standard_error_ns,
                                    SCHEMA_contrasts_block_noise_standard_error_ns,
                                    SCHEMA_contrasts_heap_standard_error_ns};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        const double standard_error = csv_number(table, row, errors[i]);
        if (!isnan(standard_error) && !(standard_error >= 0 && standard_error <= TIME_NS_MOST))
            return analyse_bad_cell(table, row, errors[i], "0 to 1e15, or nothing", error);
    }
    if (csv_integer(table, row, SCHEMA_contrasts_blocks_kept) < 0)
        return analyse_bad_cell(table, row, SCHEMA_contrasts_blocks_kept, "a count", error);
    return 0;
}

static int check_state_contrast(const struct csv_data *table, size_t row, struct error *error)
{
    if (!(fabs(csv_number(table, row, SCHEMA_state_contrasts_difference_ns)) <= TIME_NS_MOST))
        return analyse_bad_cell(table, row, SCHEMA_state_contrasts_difference_ns, "a finite number within 1e15 of 0",
                                error);
    if (!(fabs(csv_number(table, row, SCHEMA_state_contrasts_log_ratio)) <= LOG_RATIO_MOST))
        return analyse_bad_cell(table, row, SCHEMA_state_contrasts_log_ratio, "a finite number within 50 of 0", error);
    if (csv_integer(table, row, SCHEMA_state_contrasts_blocks) < 0)
        return analyse_bad_cell(table, row, SCHEMA_state_contrasts_blocks, "a count", error);
    if (state_of_word(csv_text(table, row, SCHEMA_state_contrasts_state)) == STATE_UNKNOWN)
        return analyse_bad_cell(table, row, SCHEMA_state_contrasts_state, "quiet or shared", error);
    return 0;
}

static int check_cell(const struct csv_data *table, size_t row, struct error *error)
{
    /* None of what is only counted, for which no blocks are planned either. */
    if (csv_integer(table, row, SCHEMA_cells_processes) < (csv_is_empty(table, row, SCHEMA_cells_blocks) ? 0 : 1))
        return analyse_bad_cell(table, row, SCHEMA_cells_processes, "at least one process", error);
    if (csv_integer(table, row, SCHEMA_cells_blocks) < 0)
        return analyse_bad_cell(table, row, SCHEMA_cells_blocks, "a count, or nothing", error);
    const double block_ns = csv_number(table, row, SCHEMA_cells_block_ns);
    if (!csv_is_empty(table, row, SCHEMA_cells_block_ns) && !(block_ns > 0 && block_ns <= TIME_NS_MOST))
        return analyse_bad_cell(table, row, SCHEMA_cells_block_ns, "a time above 0 and up to 1e15, or nothing", error);
    return 0;
}

static int check_machine(const struct csv_data *table, size_t row, struct error *error)
{
    static const char *const words[] = {"ok", "noisy", "not visible", "volatile"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], csv_text(table, row, SCHEMA_machine_status)) == 0)
            return 0;
    return analyse_bad_cell(table, row, SCHEMA_machine_status, "ok; noisy; not visible or volatile", error);
}

/* ---- the whole ---- */

static int check_keys(const struct analyse_data *data, struct error *error)
{
    const struct {
        const struct csv_data *table;
        size_t columns[3], count;
    } keys[] = {
        {&data->run, {SCHEMA_run_key}, 1},
        {&data->machine, {SCHEMA_machine_key}, 1},
        {&data->variants, {SCHEMA_variants_variant, SCHEMA_variants_axis}, 2},
        {&data->layout, {SCHEMA_layout_variant, SCHEMA_layout_offset_bytes}, 2},
        {&data->processes, {SCHEMA_processes_process, SCHEMA_processes_arm}, 2},
        {&data->contrasts, {SCHEMA_contrasts_process, SCHEMA_contrasts_contrast}, 2},
        {&data->cells, {SCHEMA_cells_panel, SCHEMA_cells_workload}, 2},
        {&data->state_contrasts,
         {SCHEMA_state_contrasts_process, SCHEMA_state_contrasts_contrast, SCHEMA_state_contrasts_state},
         3},
        {&data->metrics, {SCHEMA_metrics_variant, SCHEMA_metrics_workload, SCHEMA_metrics_metric}, 3},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (analyse_check_unique(keys[i].table, keys[i].columns, keys[i].count, error) != 0)
            return error->code;
    return 0;
}

int analyse_check_tables(const struct analyse_data *data, struct error *error)
{
    if (check_keys(data, error) != 0 || check_panels(data, error) != 0)
        return error->code;
    for (size_t row = 0; row < data->machine.row_count && error->code == 0; row++)
        check_machine(&data->machine, row, error);
    for (size_t row = 0; row < data->cells.row_count && error->code == 0; row++)
        check_cell(&data->cells, row, error);
    for (size_t row = 0; row < data->processes.row_count && error->code == 0; row++)
        check_process(data, row, error);
    for (size_t row = 0; row < data->contrasts.row_count && error->code == 0; row++)
        check_contrast(&data->contrasts, row, error);
    for (size_t row = 0; row < data->state_contrasts.row_count && error->code == 0; row++)
        check_state_contrast(&data->state_contrasts, row, error);
    return error->code;
}
