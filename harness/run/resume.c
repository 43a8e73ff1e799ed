#include "run/resume.h"

#include "base/paths.h"
#include "module/provenance.h"
#include "schema.h"
#include "store/recorded.h"
#include "store/run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_table(struct csv_data *data, const char *directory, const struct csv_table *table, struct error *error)
{
    char path[PATH_MAX];
    return paths_join(path, directory, table->file, error) ? error->code : csv_read(path, table, data, error);
}

/* ---- run.csv ---- */

static int differs(const struct resume *resume, const char *key, const char *was, const char *is, struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s: cannot be resumed: %s was %.200s, now it is %.200s", resume->directory,
                     key, *was ? was : "absent", *is ? is : "absent");
}

static int check_given(const struct resume *resume, const struct profile *profile, unsigned processes, uint64_t seed,
                       struct error *error)
{
    char text[32];
    if (profile && strcmp(profile->name, resume->profile.name) != 0)
        return differs(resume, "profile", resume->profile.name, profile->name, error);
    snprintf(text, sizeof text, "%u", processes);
    if (processes && processes != resume->asked_processes)
        return differs(resume, RUN_DIRECTORY_PROCESSES_KEY,
                       run_directory_fact(&resume->run, RUN_DIRECTORY_PROCESSES_KEY), text, error);
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    if (seed && seed != resume->seed)
        return differs(resume, "seed", run_directory_fact(&resume->run, "seed"), text, error);
    return 0;
}

/* Sets `profile`; false when run.csv names none that is known. */
static bool find_profile(struct resume *resume)
{
    const struct profile *found = profile_find(run_directory_fact(&resume->run, "profile"));
    const char *asked = run_directory_fact(&resume->run, RUN_DIRECTORY_PROCESSES_KEY);
    int64_t processes = 0;
    if (found == NULL || (*asked && (!csv_parse_integer(asked, &processes) || processes < PROFILE_PROCESSES_MIN ||
                                     processes > PROFILE_PROCESSES_MAX)))
        return false;
    resume->asked_processes = (unsigned)processes;
    resume->profile = processes ? profile_with_processes(found, resume->asked_processes) : *found;
    return true;
}

static int read_progress(struct resume *resume, struct error *error)
{
    const struct csv_data *run = &resume->run;
    const char *seed = run_directory_fact(run, "seed"), *look = run_directory_fact(run, "look_processes");
    resume->seed = strtoull(seed, NULL, 10);
    resume->command = run_directory_fact(run, "command");
    if (!find_profile(resume) || resume->seed == 0)
        return error_set(error, EXIT_USAGE,
                         "%s: profile \"%s\" with %s \"%s\" or seed \"%s\" is not known here; measure anew", run->path,
                         run_directory_fact(run, "profile"), RUN_DIRECTORY_PROCESSES_KEY,
                         run_directory_fact(run, RUN_DIRECTORY_PROCESSES_KEY), seed);
    while (resume->look < resume->profile.look_count &&
           resume->profile.looks[resume->look].processes != strtoul(look, NULL, 10))
        resume->look++;
    if (resume->look == resume->profile.look_count)
        return error_set(error, EXIT_USAGE, "%s: look_processes is \"%s\"; profile %s has no such look; measure anew",
                         run->path, look, resume->profile.name);
    return 0;
}

static int add_name(const char **list, const char *name, const struct resume *resume, struct error *error)
{
    size_t count = 0;
    while (list[count])
        count++;
    if (count == RESUME_NAMES_MAX)
        return error_set(error, EXIT_USAGE, "%s: selects more than %d names", resume->run.path, RESUME_NAMES_MAX);
    list[count] = name;
    return 0;
}

static int read_selection(struct resume *resume, struct error *error)
{
    const char *const texts[] = {run_directory_fact(&resume->run, "select_variants"),
                                 run_directory_fact(&resume->run, "select_workloads"),
                                 run_directory_fact(&resume->run, "select_events")};
    for (enum measure_state state = MEASURE_REPEAT; state < MEASURE_STATES; state++)
        if (strstr(run_directory_fact(&resume->run, "select_states"), measure_state_words[state]) != NULL)
            resume->states |= 1u << state;
    const char *threads = run_directory_fact(&resume->run, RUN_DIRECTORY_THREADS_KEY);
    for (char *end; *threads; threads = end) {
        const unsigned long number = strtoul(threads, &end, 10);
        if (end == threads || number > MEASURE_THREADS_MAX)
            break;
        resume->threads |= 1u << number;
    }
    const char **const lists[] = {resume->variants, resume->workloads, resume->events};
    const char *baseline = run_directory_fact(&resume->run, "select_baseline");
    resume->baseline = *baseline ? baseline : NULL;
    resume->with_own = strcmp(run_directory_fact(&resume->run, RUN_DIRECTORY_OWN_KEY), "yes") == 0;
    if (asprintf(&resume->names, "%s%c%s%c%s", texts[0], '\0', texts[1], '\0', texts[2]) < 0)
        resume->names = NULL;
    if (resume->names == NULL)
        return error_out_of_memory(error);
    char *text = resume->names;
    for (size_t i = 0; i < 3; i++) {
        char *next = text + strlen(text) + 1;
        for (char *word; (word = strsep(&text, " ")) != NULL;)
            if (*word && add_name(lists[i], word, resume, error) != 0)
                return error->code;
        text = next;
    }
    for (size_t row = 0; row < resume->run.row_count; row++)
        if (strncmp(csv_text(&resume->run, row, SCHEMA_run_key), RUN_DIRECTORY_MODULE_KEY,
                    strlen(RUN_DIRECTORY_MODULE_KEY)) == 0 &&
            add_name(resume->modules, csv_text(&resume->run, row, SCHEMA_run_value), resume, error) != 0)
            return error->code;
    return 0;
}

/* What is left of run.csv when a machine lost its power, or a disk was full, is nothing at all: then it is as it began,
 * and what is measured is found in the raw files. */
static int restore_run(const char *directory, struct error *error)
{
    struct csv_data begun = {0};
    struct csv_writer *writer = NULL;
    char path[PATH_MAX];
    if (paths_join(path, directory, schema_run.file, error) != 0 || !csv_is_lost(path))
        return error->code;
    if (read_table(&begun, directory, &schema_begun, error) == 0 &&
        csv_writer_open(&writer, path, &schema_run, CSV_REPLACE, error) == 0) {
        csv_put_data(writer, &begun);
        csv_writer_sync(writer, error);
        csv_writer_close(writer, error);
    }
    csv_free(&begun);
    return error->code;
}

/* A file that run.csv has under `key`, by `option` where it is now; *file stays NULL when the run was made without. */
static int find_file(const struct resume *resume, const char *key, const char *option, const char *given,
                     const char **file, struct error *error)
{
    const char *was = run_directory_fact(&resume->run, key);
    if (*was == '\0' && given)
        return error_set(error, EXIT_USAGE, "%s: cannot be resumed: it was made without %s; leave it out",
                         resume->directory, option);
    if (*was && given == NULL && access(was, F_OK) != 0)
        return error_set(error, EXIT_USAGE,
                         "%s: cannot be resumed: was made with %s %.300s, which is not there; say with %s where it "
                         "is now",
                         resume->directory, option, was, option);
    *file = *was == '\0' ? NULL : given ? given : was;
    return 0;
}

int resume_find_data(struct resume *resume, const char *given, struct error *error)
{
    return find_file(resume, RUN_DIRECTORY_DATA_KEY, "--data", given, &resume->data, error);
}

int resume_find_claims(struct resume *resume, const char *given, struct error *error)
{
    return find_file(resume, RUN_DIRECTORY_CLAIMS_KEY, "--claims", given, &resume->claims, error);
}

int resume_find_modules(struct resume *resume, const char *const *given, struct error *error)
{
    size_t count = 0;
    while (resume->modules[count])
        count++;
    for (size_t i = 0; given && i <= count; i++)
        if ((given[i] == NULL) != (resume->modules[i] == NULL))
            return error_set(
                error, EXIT_USAGE,
                "%s: cannot be resumed: it was made with %zu of --module; give as many, or none where they "
                "are where they were",
                resume->directory, count);
    for (size_t i = 0; i < count; i++) {
        const char *file = given ? given[i] : resume->modules[i];
        if (!given && access(file, F_OK) != 0)
            return error_set(error, EXIT_USAGE,
                             "%s: cannot be resumed: was made with --module %.300s, which is not there; say with "
                             "--module where it is now",
                             resume->directory, file);
        resume->modules[i] = file;
    }
    return 0;
}

int resume_ask_environment(const struct resume *resume, struct error *error)
{
    struct error asking = {0};
    if (provenance_ask_environment(&resume->run, &asking) == 0)
        return 0;
    return error_set(error, asking.code, "%s: cannot be resumed: %.800s", resume->directory, asking.message);
}

int resume_open(struct resume *resume, const char *directory, const struct profile *profile, unsigned processes,
                uint64_t seed, struct error *error)
{
    char version[16];
    *resume = (struct resume){.directory = directory};
    snprintf(version, sizeof version, "%d", SCHEMA_VERSION);
    if (restore_run(directory, error) != 0 || read_table(&resume->run, directory, &schema_run, error) != 0)
        return error->code;
    if (strcmp(run_directory_fact(&resume->run, "schema_version"), version) != 0)
        return differs(resume, "schema_version", run_directory_fact(&resume->run, "schema_version"), version, error);
    if (strcmp(run_directory_fact(&resume->run, "complete"), "yes") == 0)
        return error_set(error, EXIT_USAGE, "%s: is complete; there is nothing to resume", directory);
    if (read_progress(resume, error) != 0 || check_given(resume, profile, processes, seed, error) != 0)
        return error->code;
    return read_selection(resume, error);
}

void resume_free(struct resume *resume)
{
    csv_free(&resume->run);
    free(resume->names);
    free(resume->done);
}

/* ---- the same run ---- */

/* Facts that make two runs the same; how far they are and where they were measured from do not. */
static bool must_agree(const char *key)
{
    const size_t length = strlen(key);
    return (length > 7 && strcmp(key + length - 7, "_sha256") == 0) || strcmp(key, "module_abi_version") == 0 ||
           strcmp(key, "compile_flags") == 0 || provenance_is_variable(key);
}

static int compare_facts(const struct resume *resume, const struct csv_data *one, const struct csv_data *other,
                         bool recorded_first, struct error *error)
{
    for (size_t row = 0; row < one->row_count; row++) {
        const char *key = csv_text(one, row, SCHEMA_run_key), *mine = csv_text(one, row, SCHEMA_run_value);
        const char *theirs = run_directory_fact(other, key);
        if (must_agree(key) && strcmp(mine, theirs) != 0)
            return differs(resume, key, recorded_first ? mine : theirs, recorded_first ? theirs : mine, error);
    }
    return 0;
}

static int compare_panels(const struct resume *resume, const struct csv_data *was, const struct csv_data *is,
                          struct error *error)
{
    if (was->row_count != is->row_count)
        return error_set(error, EXIT_USAGE, "%s: cannot be resumed: %s has %zu rows, now it would have %zu",
                         resume->directory, schema_panels.file, was->row_count, is->row_count);
    for (size_t row = 0; row < was->row_count; row++)
        for (size_t column = 0; column < schema_panels.column_count; column++)
            if (strcmp(csv_text(was, row, column), csv_text(is, row, column)) != 0)
                return error_set(error, EXIT_USAGE,
                                 "%s:%zu: column %s is \"%s\", now it would be \"%s\": not the same run", was->path,
                                 row + 2, schema_panels.columns[column].name, csv_text(was, row, column),
                                 csv_text(is, row, column));
    return 0;
}

int resume_compare(const struct resume *resume, const char *now, struct error *error)
{
    struct csv_data run = {0}, was = {0}, is = {0};
    if (read_table(&run, now, &schema_run, error) == 0 && compare_facts(resume, &resume->run, &run, true, error) == 0 &&
        compare_facts(resume, &run, &resume->run, false, error) == 0 &&
        read_table(&was, resume->directory, &schema_panels, error) == 0 &&
        read_table(&is, now, &schema_panels, error) == 0)
        compare_panels(resume, &was, &is, error);
    csv_free(&run);
    csv_free(&was);
    csv_free(&is);
    return error->code;
}

int resume_check_copy(const struct resume *resume, const char *file, const char *key, const char *is,
                      struct error *error)
{
    const char *was = run_directory_fact(&resume->run, key);
    if (strcmp(was, is) == 0)
        return 0;
    return error_set(error, EXIT_USAGE,
                     "%s/%s: was changed since the run began (%s was %s, now it is %s); restore it or measure anew",
                     resume->directory, file, key, *was ? was : "absent", *is ? is : "absent");
}

/* ---- what killed programs left ---- */

/* A process number may be in use again, by us or by somebody else: what is left of the latter stays, and harms nobody.
 */
static bool is_stale(const char *name)
{
    long writer;
    for (size_t i = 0; schema_tables[i]; i++)
        if (csv_is_partial(name, schema_tables[i], &writer))
            return writer == (long)getpid() || (kill((pid_t)writer, 0) != 0 && errno == ESRCH);
    return false;
}

int resume_sweep(const struct resume *resume, struct error *error)
{
    DIR *directory = opendir(resume->directory);
    char path[PATH_MAX];
    if (directory == NULL)
        return error_set(error, EXIT_USAGE, "%s: cannot be read: %s", resume->directory, strerror(errno));
    for (const struct dirent *entry; error->code == 0 && (entry = readdir(directory)) != NULL;)
        if (is_stale(entry->d_name) && paths_join(path, resume->directory, entry->d_name, error) == 0 &&
            unlink(path) != 0)
            error_set(error, EXIT_USAGE, "%s: cannot be removed: %s", path, strerror(errno));
    closedir(directory);
    return error->code;
}

/* ---- the plan ---- */

static int not_the_plan(const struct csv_data *table, size_t row, struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s:%zu: is not of the plan that is made now; the run cannot be resumed",
                     table->path, row + 2);
}

static uint32_t count_in(const struct csv_data *table, size_t row, size_t column)
{
    return *csv_text(table, row, column) ? (uint32_t)csv_integer(table, row, column) : 0;
}

/* Blocks of every cell; `planned` stays false when one that is timed has none yet. */
static int read_cells(struct resume *resume, struct plan *plan, const struct csv_data *cells, struct error *error)
{
    resume->planned = cells->row_count == plan->cell_count;
    for (size_t i = 0; i < plan->cell_count && resume->planned; i++) {
        struct plan_cell *cell = &plan->cells[i];
        if (strcmp(csv_text(cells, i, SCHEMA_cells_panel), cell->panel) != 0 ||
            strcmp(csv_text(cells, i, SCHEMA_cells_workload), cell->workload) != 0 ||
            strcmp(csv_text(cells, i, SCHEMA_cells_purpose), cell->decides_claims ? "claims" : "exploratory") != 0)
            return not_the_plan(cells, i, error);
        cell->blocks = (uint32_t)csv_integer(cells, i, SCHEMA_cells_blocks);
        cell->block_ns = csv_number(cells, i, SCHEMA_cells_block_ns);
        cell->clock_blocks = count_in(cells, i, SCHEMA_cells_clock_blocks);
        cell->linearity_blocks = count_in(cells, i, SCHEMA_cells_linearity_blocks);
        cell->linearity_every = count_in(cells, i, SCHEMA_cells_linearity_every_processes);
        resume->planned = cell->blocks > 0 || cell->not_timed[0];
    }
    return 0;
}

/* The batch of a cell's workload. */
static int read_batch(const struct csv_data *workloads, struct plan_cell *cell, struct pilot_batch *batch,
                      struct error *error)
{
    const size_t row = csv_find(workloads, SCHEMA_workloads_workload, cell->workload);
    if (row < workloads->row_count)
        *batch = (struct pilot_batch){
            .iterations = count_in(workloads, row, SCHEMA_workloads_iterations),
            .rewarm_iterations = count_in(workloads, row, SCHEMA_workloads_rewarm_iterations),
            .settled = strcmp(csv_text(workloads, row, SCHEMA_workloads_warm), "settled") == 0,
            .calibrated = strcmp(csv_text(workloads, row, SCHEMA_workloads_batch_source), "calibration") == 0};
    if (row >= workloads->row_count || batch->iterations == 0)
        return error_set(error, EXIT_USAGE, "%s: no iterations of workload %s; measure anew", workloads->path,
                         cell->workload);
    cell->rewarm_iterations = batch->rewarm_iterations;
    cell->ladder = plan_ladder(cell);
    return 0;
}

/* The batches of every arm of a cell, whose rows of batches.csv begin at *row. */
static int read_batches(const struct csv_data *batches, struct plan_cell *cell, size_t *row, struct error *error)
{
    for (size_t a = 0; a + PLAN_CLOCK_ARMS < cell->arm_count; a++, ++*row) {
        if (*row >= batches->row_count || strcmp(csv_text(batches, *row, SCHEMA_batches_panel), cell->panel) != 0 ||
            strcmp(csv_text(batches, *row, SCHEMA_batches_workload), cell->workload) != 0 ||
            strcmp(csv_text(batches, *row, SCHEMA_batches_arm), cell->arms[a].name) != 0)
            return not_the_plan(batches, *row, error);
        cell->arms[a].iterations = count_in(batches, *row, SCHEMA_batches_iterations);
        plan_set_other_iterations(cell, a);
    }
    return 0;
}

static int read_iterations(const struct resume *resume, struct plan *plan, struct pilot_batch *batch,
                           const struct csv_data *workloads, const struct csv_data *batches, struct error *error)
{
    const uint64_t chain = strtoull(run_directory_fact(&resume->run, "chain_iterations"), NULL, 10);
    const uint64_t multiply = strtoull(run_directory_fact(&resume->run, "chain_multiply_iterations"), NULL, 10);
    size_t row = 0;
    if (chain == 0 || multiply == 0)
        return error_set(error, EXIT_USAGE, "%s: no iterations of the chains; measure anew", resume->run.path);
    for (size_t i = 0; i < plan->cell_count; i++) {
        struct plan_cell *cell = &plan->cells[i];
        if (cell->not_timed[0]) /* it has neither */
            continue;
        if (read_batch(workloads, cell, &batch[i], error) != 0 || read_batches(batches, cell, &row, error) != 0)
            return error->code;
        plan_set_clock(cell, chain, multiply);
    }
    return 0;
}

int resume_read_plan(struct resume *resume, struct plan *plan, struct pilot_batch *batch, struct error *error)
{
    struct csv_data cells = {0}, workloads = {0}, batches = {0};
    char path[PATH_MAX];
    if (paths_join(path, resume->directory, schema_cells.file, error) != 0)
        return error->code;
    if (access(path, F_OK) != 0) /* not even planned */
        return 0;
    if (csv_read(path, &schema_cells, &cells, error) == 0 && read_cells(resume, plan, &cells, error) == 0 &&
        resume->planned && read_table(&workloads, resume->directory, &schema_workloads, error) == 0 &&
        read_table(&batches, resume->directory, &schema_batches, error) == 0)
        read_iterations(resume, plan, batch, &workloads, &batches, error);
    csv_free(&batches);
    csv_free(&cells);
    csv_free(&workloads);
    return error->code;
}

/* ---- what is done ---- */

bool resume_is_done(const struct resume *resume, uint64_t process)
{
    return process < resume->done_bytes && resume->done[process];
}

/* Marks every process; each has a row for every arm of its cell. */
static int mark_done(struct resume *resume, const struct plan *plan, const struct csv_data *rows, struct error *error)
{
    for (size_t row = 0; row < rows->row_count; row++) {
        const uint64_t process = (uint64_t)csv_integer(rows, row, SCHEMA_processes_process);
        const struct plan_cell *cell = &plan->cells[plan_process_cell(plan, process)];
        if (process >= resume->done_bytes || strcmp(csv_text(rows, row, SCHEMA_processes_panel), cell->panel) != 0 ||
            strcmp(csv_text(rows, row, SCHEMA_processes_workload), cell->workload) != 0)
            return not_the_plan(rows, row, error);
        resume->done[process]++;
        const double probe_cycles = csv_number(rows, row, SCHEMA_processes_probe_cycles);
        if (probe_cycles > 0 && (resume->probe_cycles <= 0 || probe_cycles < resume->probe_cycles))
            resume->probe_cycles = probe_cycles;
    }
    for (size_t row = 0; row < rows->row_count; row++) {
        const uint64_t process = (uint64_t)csv_integer(rows, row, SCHEMA_processes_process);
        if (resume->done[process] != plan->cells[plan_process_cell(plan, process)].arm_count)
            return not_the_plan(rows, row, error);
    }
    for (size_t process = 0; process < resume->done_bytes; process++) {
        resume->done[process] = resume->done[process] > 0;
        resume->processes += resume->done[process];
    }
    for (size_t row = 0; row < rows->row_count; row++) {
        const int64_t process = csv_integer(rows, row, SCHEMA_processes_process);
        const bool first = row == 0 || csv_integer(rows, row - 1, SCHEMA_processes_process) != process;
        if (!first)
            continue;
        resume->processes_void += strcmp(csv_text(rows, row, SCHEMA_processes_status), "void") == 0;
        if (!csv_is_empty(rows, row, SCHEMA_processes_fault) && resume->fault[0] == '\0')
            snprintf(resume->fault, sizeof resume->fault, "process %lld (panel %.100s, workload %.100s): %.500s",
                     (long long)process, csv_text(rows, row, SCHEMA_processes_panel),
                     csv_text(rows, row, SCHEMA_processes_workload), csv_text(rows, row, SCHEMA_processes_reason));
    }
    return 0;
}

/* What is left once every raw file holds whole processes alone. */
static int read_done(struct resume *resume, const struct plan *plan, const char *path, struct error *error)
{
    struct csv_data processes = {0};
    if (access(path, F_OK) == 0 && csv_read(path, &schema_processes, &processes, error) == 0)
        mark_done(resume, plan, &processes, error);
    csv_free(&processes);
    return error->code;
}

int resume_mend(struct resume *resume, const struct plan *plan, struct error *error)
{
    char path[PATH_MAX];
    bool recorded = false;
    if (paths_join(path, resume->directory, schema_processes.file, error) != 0)
        return error->code;
    const struct profile *profile = &resume->profile;
    const size_t rounds = profile_cell_processes(profile, true, profile->look_count - 1);
    resume->done_bytes = rounds * plan->cell_count;
    resume->done = calloc(resume->done_bytes + 1, 1);
    if (resume->done == NULL)
        return error_out_of_memory(error);
    if (access(path, F_OK) != 0) /* no process yet */
        return 0;
    if (recorded_mend(resume->directory, &recorded, error) != 0)
        return error->code;
    if (!recorded)
        return error_set(error, EXIT_USAGE,
                         "%s: has no %s, so nobody knows which of its processes are whole; measure anew",
                         resume->directory, schema_recorded.file);
    return read_done(resume, plan, path, error);
}
