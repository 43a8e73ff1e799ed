#include "analyse/analyse.h"
#include "analyse/analysis.h"
#include "base/paths.h"
#include "base/words.h"
#include "plan/panels.h"
#include "schema.h"
#include "store/run_directory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *analyse_workload_name(const struct analyse_data *data, size_t workload)
{
    return csv_text(&data->workloads, workload, SCHEMA_workloads_workload);
}

const char *analyse_workload_base(const struct analyse_data *data, const char *workload)
{
    const size_t row = csv_find(&data->workloads, SCHEMA_workloads_workload, workload);
    const char *base = row < data->workloads.row_count ? csv_text(&data->workloads, row, SCHEMA_workloads_base) : "";
    return *base ? base : workload;
}

const char *analyse_workload_state(const struct analyse_data *data, size_t workload)
{
    const char *state = csv_text(&data->workloads, workload, SCHEMA_workloads_state);
    return *state ? state : measure_state_words[MEASURE_REPEAT];
}

unsigned analyse_workload_threads(const struct analyse_data *data, size_t workload)
{
    const int64_t threads = csv_is_empty(&data->workloads, workload, SCHEMA_workloads_threads)
                                ? 1
                                : csv_integer(&data->workloads, workload, SCHEMA_workloads_threads);
    return threads > 1 ? (unsigned)threads : 1;
}

const char *analyse_workload_not_timed(const struct analyse_data *data, const char *workload)
{
    const size_t row = csv_find(&data->workloads, SCHEMA_workloads_workload, workload);
    return row < data->workloads.row_count ? csv_text(&data->workloads, row, SCHEMA_workloads_not_timed) : "";
}

size_t analyse_metric_row(const struct analyse_data *data, const char *variant, const char *workload,
                          const char *metric)
{
    const struct csv_data *metrics = &data->metrics;
    workload = analyse_workload_base(data, workload);
    for (size_t row = 0; row < metrics->row_count; row++)
        if (strcmp(csv_text(metrics, row, SCHEMA_metrics_metric), metric) == 0 &&
            strcmp(csv_text(metrics, row, SCHEMA_metrics_variant), variant) == 0 &&
            strcmp(csv_text(metrics, row, SCHEMA_metrics_workload), workload) == 0)
            return row;
    return ANALYSE_NONE;
}

size_t analyse_cell_processes(const struct analyse_data *data, size_t panel, size_t workload, bool only_ok)
{
    size_t count = 0;
    for (size_t i = 0; i < data->process_count; i++)
        if (data->process[i].panel == panel && data->process[i].workload == workload &&
            (data->process[i].ok || !only_ok))
            count++;
    return count;
}

const struct analyse_process *analyse_data_process(const struct analyse_data *data, int64_t id)
{
    size_t low = 0, high = data->process_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (data->process[middle].id == id)
            return &data->process[middle];
        if (data->process[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- run.csv ---- */

static int read_table(struct csv_data *table, const struct analyse_data *data, const struct csv_table *schema,
                      struct error *error)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", data->directory, schema->file) >= sizeof path)
        return error_set(error, EXIT_USAGE, "%s: the name of the run directory is too long", data->directory);
    return csv_read(path, schema, table, error);
}

/* Where it is there: a run of an older version, or one without that pass, has no such file. */
static int read_optional(struct csv_data *table, const struct analyse_data *data, const struct csv_table *schema,
                         struct error *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", data->directory, schema->file);
    return access(path, F_OK) == 0 ? read_table(table, data, schema, error) : 0;
}

static int read_reached(struct analyse_data *data, struct error *error)
{
    static const size_t keys[] = {SCHEMA_reached_process, SCHEMA_reached_state, SCHEMA_reached_kernel};
    if (read_optional(&data->reached, data, &schema_reached, error) != 0)
        return error->code;
    for (size_t row = 0; row < data->reached.row_count; row++)
        if (!(csv_number(&data->reached, row, SCHEMA_reached_cycles_per_op) > 0) ||
            !isfinite(csv_number(&data->reached, row, SCHEMA_reached_cycles_per_op)))
            return analyse_bad_cell(&data->reached, row, SCHEMA_reached_cycles_per_op, "a finite number above 0",
                                    error);
    return analyse_check_unique(&data->reached, keys, sizeof keys / sizeof keys[0], error);
}

static int read_identical_code(struct analyse_data *data, struct error *error)
{
    if (read_optional(&data->identical_code, data, &schema_identical_code, error) != 0)
        return error->code;
    for (size_t row = 0; row < data->identical_code.row_count; row++)
        if (!words_has("yes no", csv_text(&data->identical_code, row, SCHEMA_identical_code_identical)) &&
            strcmp(csv_text(&data->identical_code, row, SCHEMA_identical_code_identical), "not available") != 0)
            return analyse_bad_cell(&data->identical_code, row, SCHEMA_identical_code_identical,
                                    "yes, no or not available", error);
    const size_t keys[] = {SCHEMA_identical_code_baseline, SCHEMA_identical_code_contender,
                           SCHEMA_identical_code_workload};
    return analyse_check_unique(&data->identical_code, keys, sizeof keys / sizeof keys[0], error);
}

bool analyse_pair_is_identical(const struct analyse_data *data, const char *baseline, const char *contender,
                               const char *workload)
{
    const struct csv_data *table = &data->identical_code;
    for (size_t row = 0; row < table->row_count; row++)
        if (strcmp(csv_text(table, row, SCHEMA_identical_code_baseline), baseline) == 0 &&
            strcmp(csv_text(table, row, SCHEMA_identical_code_contender), contender) == 0 &&
            strcmp(csv_text(table, row, SCHEMA_identical_code_workload), workload) == 0)
            return strcmp(csv_text(table, row, SCHEMA_identical_code_identical), "yes") == 0;
    return false;
}

static int check_directory(const char *directory, struct error *error)
{
    struct stat status;
    if (stat(directory, &status) != 0)
        return error_set(error, EXIT_USAGE, "%s: no such run directory; name one that `encbench run` has written",
                         directory);
    if (!S_ISDIR(status.st_mode))
        return error_set(error, EXIT_USAGE, "%s: is a file, expected a run directory", directory);
    return run_directory_check_run(directory, error);
}

/* The value of a fact of run.csv. */
static int run_fact(const struct analyse_data *data, const char *key, const char *expected, const char **value,
                    struct error *error)
{
    size_t row = csv_find(&data->run, SCHEMA_run_key, key);
    if (row == data->run.row_count)
        return error_set(error, EXIT_USAGE, "%s: no row with key %s; expected %s; the run was not written to the end",
                         data->run.path, key, expected);
    *value = csv_text(&data->run, row, SCHEMA_run_value);
    return 0;
}

static int bad_fact(const struct analyse_data *data, const char *key, const char *value, const char *expected,
                    struct error *error)
{
    size_t row = csv_find(&data->run, SCHEMA_run_key, key);
    return error_set(error, EXIT_USAGE, "%s:%zu: %s is \"%s\"; expected %s", data->run.path, row + 2, key, value,
                     expected);
}

/* A look that the profile has: so many processes in all, and that share of the error. */
static int read_look(struct analyse_data *data, struct error *error)
{
    const char *processes, *share;
    int64_t number;
    if (run_fact(data, "look_processes", "a number of processes", &processes, error) != 0 ||
        run_fact(data, "error_share", "a share above 0 and up to 1", &share, error) != 0)
        return error->code;
    if (!csv_parse_integer(processes, &number) || number < 1 || number > 1000000)
        return bad_fact(data, "look_processes", processes, "a number of processes", error);
    if (!csv_parse_number(share, &data->error_share) || !(data->error_share > 0 && data->error_share <= 1))
        return bad_fact(data, "error_share", share, "a share above 0 and up to 1", error);
    data->look_processes = (size_t)number;
    bool same_processes = false;
    for (size_t i = 0; i < data->profile->look_count; i++) {
        const struct profile_look *look = &data->profile->looks[i];
        same_processes = same_processes || look->processes == data->look_processes;
        if (look->processes == data->look_processes && look->error_share == data->error_share)
            return 0;
    }
    return same_processes ? bad_fact(data, "error_share", share, "the share of that look of the profile", error)
                          : bad_fact(data, "look_processes", processes, "a look of the profile", error);
}

static int read_yes_or_no(const struct analyse_data *data, const char *key, bool *yes, struct error *error)
{
    const char *value;
    if (run_fact(data, key, "yes or no", &value, error) != 0)
        return error->code;
    *yes = strcmp(value, "yes") == 0;
    return *yes || strcmp(value, "no") == 0 ? 0 : bad_fact(data, key, value, "yes or no", error);
}

/* Runs that were written before the key existed could not be asked for a number. */
static int read_asked_processes(struct analyse_data *data, struct error *error)
{
    const char *value = run_directory_fact(&data->run, RUN_DIRECTORY_PROCESSES_KEY);
    int64_t processes;
    if (*value == '\0')
        return 0;
    if (!csv_parse_integer(value, &processes) || processes < PROFILE_PROCESSES_MIN || processes > PROFILE_PROCESSES_MAX)
        return bad_fact(data, RUN_DIRECTORY_PROCESSES_KEY, value,
                        "a number of processes that --processes takes, or nothing", error);
    data->asked = profile_with_processes(data->profile, (unsigned)processes);
    data->profile = &data->asked;
    return 0;
}

/* Runs that were written before the key existed selected everything. */
static int read_selection(struct analyse_data *data, struct error *error)
{
    if (csv_find(&data->run, SCHEMA_run_key, "selection") == data->run.row_count)
        return 0;
    const char *value = run_directory_fact(&data->run, "selection");
    data->selected_some = strcmp(value, "some") == 0;
    return data->selected_some || strcmp(value, "all") == 0 ? 0
                                                            : bad_fact(data, "selection", value, "all or some", error);
}

/* Whether times may be concluded from is the profile's to say (the control `profile`). Runs were written that repeat
 * it; one that contradicts it was changed. */
static int check_for_conclusions(const struct analyse_data *data, struct error *error)
{
    const char *value = run_directory_fact(&data->run, "for_conclusions");
    const char *expected = data->profile->for_conclusions ? "yes" : "no";
    char why[96];
    if (*value == '\0' || strcmp(value, expected) == 0)
        return 0;
    snprintf(why, sizeof why, "%s, as profile %s says; restore the file", expected, data->profile->name);
    return bad_fact(data, "for_conclusions", value, why, error);
}

/* Another schema may have other columns everywhere, so it is checked before any other file is read. */
static int read_run(struct analyse_data *data, struct error *error)
{
    const char *value;
    if (read_table(&data->run, data, &schema_run, error) != 0 ||
        run_fact(data, "schema_version", "the version of the files", &value, error) != 0)
        return error->code;
    char version[16];
    snprintf(version, sizeof version, "%d", SCHEMA_VERSION);
    if (strcmp(value, version) != 0)
        return error_set(error, EXIT_USAGE,
                         "%s:%zu: schema_version is \"%s\"; this program reads version %d; analyse the run with the "
                         "encbench that wrote it",
                         data->run.path, csv_find(&data->run, SCHEMA_run_key, "schema_version") + 2, value,
                         SCHEMA_VERSION);

    if (run_fact(data, "profile", "the name of a profile", &value, error) != 0)
        return error->code;
    data->profile = profile_find(value);
    if (!data->profile)
        return bad_fact(data, "profile", value, "quick; default; thorough or smoke", error);

    if (check_for_conclusions(data, error) != 0 || read_asked_processes(data, error) != 0 ||
        read_look(data, error) != 0 || read_yes_or_no(data, "complete", &data->complete, error) != 0)
        return error->code;
    return read_selection(data, error);
}

/* Claims and panels stand before the measurement: what was changed after it decides nothing. */
static int check_unchanged(const struct analyse_data *data, struct error *error)
{
    static const char *const keys[] = {"claims_crc32", "panels_crc32"};
    const char *recorded;
    run_directory_check_unchanged(&data->run, data->directory, error);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && error->code == 0; i++)
        run_fact(data, keys[i], "a CRC-32", &recorded, error);
    return error->code;
}

/* ---- panels.csv, processes.csv, contrasts.csv ---- */

static int out_of_memory(struct error *error)
{
    return error_out_of_memory(error);
}

static size_t panel_index(const struct analyse_data *data, const char *name)
{
    for (size_t i = 0; i < data->panel_count; i++)
        if (strcmp(data->panel_names[i], name) == 0)
            return i;
    return ANALYSE_NONE;
}

static int index_panels(struct analyse_data *data, struct error *error)
{
    const struct csv_data *panels = &data->panels;
    data->panel_names = calloc(panels->row_count + 1, sizeof *data->panel_names);
    if (!data->panel_names)
        return out_of_memory(error);
    for (size_t row = 0; row < panels->row_count; row++) {
        const char *name = csv_text(panels, row, SCHEMA_panels_panel);
        if (panel_index(data, name) == ANALYSE_NONE)
            data->panel_names[data->panel_count++] = name;
    }
    for (size_t row = 0; row < data->workloads.row_count; row++)
        if (csv_find(&data->workloads, SCHEMA_workloads_workload, analyse_workload_name(data, row)) != row)
            return analyse_bad_cell(&data->workloads, row, SCHEMA_workloads_workload,
                                    "a name that no other workload has", error);
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct analyse_process *one = a, *other = b;
    return (one->id > other->id) - (one->id < other->id);
}

/* The panel and workload that a row names. */
static int cell_of_row(const struct analyse_data *data, const struct csv_data *table, size_t row, size_t panel_column,
                       size_t workload_column, size_t *panel, size_t *workload, struct error *error)
{
    *panel = panel_index(data, csv_text(table, row, panel_column));
    if (*panel == ANALYSE_NONE)
        return analyse_bad_cell(table, row, panel_column, "a panel of the run's panels.csv", error);
    *workload = csv_find(&data->workloads, SCHEMA_workloads_workload, csv_text(table, row, workload_column));
    if (*workload == data->workloads.row_count)
        return analyse_bad_cell(table, row, workload_column, "a workload of the run's workloads.csv", error);
    return 0;
}

/* A row of processes.csv has figures that can be used, or is void. */
static int check_process_row(const struct csv_data *processes, size_t row, struct error *error)
{
    const char *status = csv_text(processes, row, SCHEMA_processes_status);
    if (strcmp(status, "void") == 0)
        return 0;
    if (strcmp(status, "ok") != 0)
        return analyse_bad_cell(processes, row, SCHEMA_processes_status, "ok or void", error);
    const size_t figures[] = {SCHEMA_processes_time_ns_per_op, SCHEMA_processes_plain_mean_ns_per_op};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (!isfinite(csv_number(processes, row, figures[i])) || !(csv_number(processes, row, figures[i]) > 0))
            return analyse_bad_cell(processes, row, figures[i], "a finite time above 0; the process is ok", error);
    return 0;
}

static int index_processes(struct analyse_data *data, struct error *error)
{
    const struct csv_data *processes = &data->processes;
    data->process = calloc(processes->row_count + 1, sizeof *data->process);
    if (!data->process)
        return out_of_memory(error);
    for (size_t row = 0; row < processes->row_count; row++) {
        struct analyse_process *process = &data->process[row];
        process->id = csv_integer(processes, row, SCHEMA_processes_process);
        if (check_process_row(processes, row, error) != 0 ||
            cell_of_row(data, processes, row, SCHEMA_processes_panel, SCHEMA_processes_workload, &process->panel,
                        &process->workload, error) != 0)
            return error->code;
        process->ok = true;
        process->rows = SIZE_MAX;
        process->chain_ns = process->chain_multiply_ns = process->ticks_per_ns = NAN;
        process->state =
            state_of_process((uint32_t)csv_integer(processes, row, SCHEMA_processes_blocks_kept),
                             (uint32_t)csv_integer(processes, row, SCHEMA_processes_blocks_quiet),
                             (uint32_t)csv_integer(processes, row, SCHEMA_processes_blocks_shared), SUMMARY_BLOCKS_MIN);
        process->shared_share = (double)csv_integer(processes, row, SCHEMA_processes_blocks_shared) /
                                fmax(1, (double)csv_integer(processes, row, SCHEMA_processes_blocks_kept));
        process->probe_cycles = csv_number(processes, row, SCHEMA_processes_probe_cycles);
        if (process->probe_cycles > 0 && !(data->probe_cycles <= process->probe_cycles))
            data->probe_cycles = process->probe_cycles;
    }
    qsort(data->process, processes->row_count, sizeof *data->process, by_id);
    for (size_t i = 0; i < processes->row_count; i++)
        if (data->process_count == 0 || data->process[data->process_count - 1].id != data->process[i].id)
            data->process[data->process_count++] = data->process[i];
    return 0;
}

/* Fills in what the rows of a process say together: one void arm voids the process. */
static int join_processes(struct analyse_data *data, struct error *error)
{
    const struct csv_data *processes = &data->processes;
    for (size_t row = 0; row < processes->row_count; row++) {
        int64_t id = csv_integer(processes, row, SCHEMA_processes_process);
        struct analyse_process *process = (struct analyse_process *)analyse_data_process(data, id);
        size_t panel, workload;
        if (cell_of_row(data, processes, row, SCHEMA_processes_panel, SCHEMA_processes_workload, &panel, &workload,
                        error) != 0)
            return error->code;
        if (panel != process->panel || workload != process->workload)
            return analyse_bad_cell(processes, row, SCHEMA_processes_process, "one panel and workload a process",
                                    error);
        process->rows = row < process->rows ? row : process->rows;
        process->rows_end = row + 1;
        if (strcmp(csv_text(processes, row, SCHEMA_processes_status), "void") == 0)
            process->ok = false;
        double time_ns = csv_number(processes, row, SCHEMA_processes_time_ns_per_op);
        const char *arm = csv_text(processes, row, SCHEMA_processes_arm);
        if (strcmp(arm, "chain") == 0 && time_ns > 0)
            process->chain_ns = time_ns;
        if (strcmp(arm, "chain_multiply") == 0 && time_ns > 0)
            process->chain_multiply_ns = time_ns;
        if (isnan(process->ticks_per_ns))
            process->ticks_per_ns = csv_number(processes, row, SCHEMA_processes_tsc_ticks_per_ns);
    }
    return 0;
}

static int check_contrast_row(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *contrasts = &data->contrasts;
    size_t panel, workload;
    if (cell_of_row(data, contrasts, row, SCHEMA_contrasts_panel, SCHEMA_contrasts_workload, &panel, &workload,
                    error) != 0)
        return error->code;
    const struct analyse_process *process =
        analyse_data_process(data, csv_integer(contrasts, row, SCHEMA_contrasts_process));
    if (!process || process->panel != panel || process->workload != workload)
        return analyse_bad_cell(contrasts, row, SCHEMA_contrasts_process,
                                "a process of that panel and workload in processes.csv", error);
    const char *name = csv_text(contrasts, row, SCHEMA_contrasts_contrast);
    size_t known = csv_find(&data->panels, SCHEMA_panels_contrast, name);
    bool is_clock = words_has("chain_planted chain_multiply", name);
    if (!is_clock && (known == data->panels.row_count ||
                      strcmp(csv_text(&data->panels, known, SCHEMA_panels_panel), data->panel_names[panel]) != 0))
        return analyse_bad_cell(contrasts, row, SCHEMA_contrasts_contrast,
                                "a contrast of that panel in the run's panels.csv", error);
    return 0;
}

/* A run that changed its state all the time has as many rows as contrasts.csv: every process knows its own. */
static int index_state_rows(struct analyse_data *data, struct error *error)
{
    const struct csv_data *rows = &data->state_contrasts;
    for (size_t row = 0; row < rows->row_count; row++) {
        struct analyse_process *process = (struct analyse_process *)analyse_data_process(
            data, csv_integer(rows, row, SCHEMA_state_contrasts_process));
        if (!process)
            return analyse_bad_cell(rows, row, SCHEMA_state_contrasts_process, "a process of processes.csv", error);
        if (process->state_rows_end == 0)
            process->state_rows = row;
        process->state_rows_end = row + 1;
    }
    return 0;
}

static int read_tables(struct analyse_data *data, struct error *error)
{
    const struct {
        struct csv_data *table;
        const struct csv_table *schema;
    } tables[] = {
        {&data->claims, &schema_claims},
        {&data->panels, &schema_panels},
        {&data->processes, &schema_processes},
        {&data->contrasts, &schema_contrasts},
        {&data->state_contrasts, &schema_state_contrasts},
        {&data->metrics, &schema_metrics},
        {&data->layout, &schema_layout},
        {&data->workloads, &schema_workloads},
        {&data->variants, &schema_variants},
        {&data->cells, &schema_cells},
        {&data->machine, &schema_machine},
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (read_table(tables[i].table, data, tables[i].schema, error) != 0)
            return error->code;
    return 0;
}

/* Every cell names a panel and a workload of the run, and one row each. */
static int check_cells(const struct analyse_data *data, struct error *error)
{
    for (size_t row = 0; row < data->cells.row_count; row++) {
        size_t panel, workload;
        if (cell_of_row(data, &data->cells, row, SCHEMA_cells_panel, SCHEMA_cells_workload, &panel, &workload, error) !=
            0)
            return error->code;
        const char *purpose = csv_text(&data->cells, row, SCHEMA_cells_purpose);
        if (strcmp(purpose, "claims") != 0 && strcmp(purpose, "exploratory") != 0)
            return analyse_bad_cell(&data->cells, row, SCHEMA_cells_purpose, "claims or exploratory", error);
    }
    return 0;
}

bool analyse_cell_decides(const struct analyse_data *data, size_t panel, size_t workload)
{
    for (size_t row = 0; row < data->cells.row_count; row++)
        if (strcmp(csv_text(&data->cells, row, SCHEMA_cells_panel), data->panel_names[panel]) == 0 &&
            strcmp(csv_text(&data->cells, row, SCHEMA_cells_workload), analyse_workload_name(data, workload)) == 0)
            return strcmp(csv_text(&data->cells, row, SCHEMA_cells_purpose), "claims") == 0;
    return true;
}

size_t analyse_cell_planned(const struct analyse_data *data, size_t panel, size_t workload)
{
    for (size_t row = 0; row < data->cells.row_count; row++)
        if (strcmp(csv_text(&data->cells, row, SCHEMA_cells_panel), data->panel_names[panel]) == 0 &&
            strcmp(csv_text(&data->cells, row, SCHEMA_cells_workload), analyse_workload_name(data, workload)) == 0)
            return (size_t)csv_integer(&data->cells, row, SCHEMA_cells_processes);
    return data->look_processes;
}

void analyse_cell_of_row(const struct analyse_data *data, size_t row, size_t *panel, size_t *workload)
{
    struct error impossible = {0}; /* check_cells has looked */
    cell_of_row(data, &data->cells, row, SCHEMA_cells_panel, SCHEMA_cells_workload, panel, workload, &impossible);
}

int analyse_data_read(struct analyse_data *data, const char *directory, struct error *error)
{
    *data = (struct analyse_data){.directory = directory, .probe_cycles = NAN};
    if (check_directory(directory, error) != 0 || read_run(data, error) != 0 ||
        recorded_check(directory, &data->recorded, error) != 0 || read_tables(data, error) != 0 ||
        check_unchanged(data, error) != 0 || panels_check(&data->panels, true, error) != 0 ||
        index_panels(data, error) != 0 || check_cells(data, error) != 0 || index_processes(data, error) != 0 ||
        join_processes(data, error) != 0)
        return error->code;
    if (analyse_check_tables(data, error) != 0)
        return error->code;
    for (size_t row = 0; row < data->contrasts.row_count; row++)
        if (check_contrast_row(data, row, error) != 0)
            return error->code;
    if (index_state_rows(data, error) != 0 || read_identical_code(data, error) != 0 || read_reached(data, error) != 0 ||
        analyse_linearity_read(data, error) != 0 || analyse_growth_read(&data->growth, directory, error) != 0 ||
        read_optional(&data->symbols, data, &schema_symbols, error) != 0 ||
        read_optional(&data->calibration, data, &schema_calibration, error) != 0)
        return error->code;
    return analyse_check_cross(data, error);
}

/* Of a process no more than where its rows are and whether all of them are ok. */
static int index_rows(struct analyse_data *data, struct error *error)
{
    const struct csv_data *processes = &data->processes;
    data->process = calloc(processes->row_count + 1, sizeof *data->process);
    if (!data->process)
        return out_of_memory(error);
    for (size_t row = 0; row < processes->row_count; row++)
        data->process[row] = (struct analyse_process){
            .id = csv_integer(processes, row, SCHEMA_processes_process), .ok = true, .rows = SIZE_MAX};
    qsort(data->process, processes->row_count, sizeof *data->process, by_id);
    for (size_t i = 0; i < processes->row_count; i++)
        if (data->process_count == 0 || data->process[data->process_count - 1].id != data->process[i].id)
            data->process[data->process_count++] = data->process[i];
    for (size_t row = 0; row < processes->row_count; row++) {
        struct analyse_process *process =
            (struct analyse_process *)analyse_data_process(data, csv_integer(processes, row, SCHEMA_processes_process));
        process->rows = row < process->rows ? row : process->rows;
        process->rows_end = row + 1;
        process->ok = process->ok && strcmp(csv_text(processes, row, SCHEMA_processes_status), "void") != 0;
    }
    return 0;
}

int analyse_check_directory(const char *directory, struct error *error)
{
    struct analyse_data data = {.directory = directory};
    const struct {
        struct csv_data *table;
        const struct csv_table *schema;
    } tables[] = {{&data.run, &schema_run},
                  {&data.panels, &schema_panels},
                  {&data.workloads, &schema_workloads},
                  {&data.processes, &schema_processes},
                  {&data.contrasts, &schema_contrasts},
                  {&data.state_contrasts, &schema_state_contrasts},
                  {&data.metrics, &schema_metrics},
                  {&data.layout, &schema_layout},
                  {&data.identical_code, &schema_identical_code},
                  {&data.symbols, &schema_symbols},
                  {&data.calibration, &schema_calibration}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && error->code == 0; i++)
        read_optional(tables[i].table, &data, tables[i].schema, error);
    if (error->code == 0 && run_directory_check_unchanged(&data.run, directory, error) == 0 &&
        analyse_growth_read(&data.growth, directory, error) == 0 && index_rows(&data, error) == 0)
        analyse_check_agreement(&data, error);
    analyse_data_free(&data);
    return error->code;
}

void analyse_data_free(struct analyse_data *data)
{
    struct csv_data *tables[] = {
        &data->run,       &data->claims,     &data->panels,         &data->processes, &data->state_contrasts,
        &data->contrasts, &data->metrics,    &data->layout,         &data->workloads, &data->variants,
        &data->cells,     &data->machine,    &data->identical_code, &data->linearity, &data->reached,
        &data->symbols,   &data->calibration};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        csv_free(tables[i]);
    analyse_growth_free(&data->growth);
    free(data->panel_names);
    free(data->process);
    *data = (struct analyse_data){0};
}
