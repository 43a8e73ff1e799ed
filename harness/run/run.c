#include "run/run.h"

#include "analyse/analyse.h"
#include "analyse/forecast.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/scratch.h"
#include "count/counters.h"
#include "count/exact.h"
#include "count/heap.h"
#include "count/identical.h"
#include "count/optimiser.h"
#include "count/reached.h"
#include "kernels/kernels.h"
#include "launch/launch.h"
#include "launch/pilot.h"
#include "machine/calibrated.h"
#include "machine/machine.h"
#include "module/data.h"
#include "module/provenance.h"
#include "module/set.h"
#include "run/own_trace.h"
#include "run/record.h"
#include "run/resume.h"
#include "run/timing.h"
#include "schema.h"
#include "stats/stats.h"
#include "store/checksum.h"
#include "store/run_directory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRACE_CRC32_KEY "trace_crc32"

enum { EXACT_NAMES_MAX = 256, STEPPED_OP_BYTES_MAX = 16384, COLD_CLOCK_STEPS = 100, FORECAST_BLOCKS_MIN = 24 };

/* State of a run in progress. */
struct run {
    const struct paths *paths; /* ... with the claims and the data of this run */
    struct paths own_paths;
    struct module_data data; /* of modules that were given */
    struct own_trace own_trace;
    const struct run_options *options;
    const char *directory;
    char scratch[PATH_MAX];
    struct profile profile; /* where --processes changes it */
    uint64_t seed;
    struct module_set modules, kernels;
    const struct module_info *leaks, *chain, *reached;
    struct plan plan;
    struct csv_data panels, claims;
    struct event_set events;
    struct launch launch;
    struct record *record;
    struct progress progress;
    struct timing timing;
    struct launch_layouts *layouts; /* of the round that is timed, one a process */
    size_t layout_count;
    struct pilot_batch *batches;   /* one a cell */
    struct csv_data known_batches; /* what a calibration of this machine keeps; no rows when there is none */
    double probe_cycles;           /* of the fastest mode so far; 0: none yet */
    uint64_t clock_step_ns, chain_iterations, multiply_iterations;
    uint64_t throttled_before;   /* periods of the CPU quota that had stopped us before this run */
    bool made;                   /* the directory, by this run */
    struct machine_facts before; /* the machine ahead of everything that this run does */
    int held;                    /* descriptor of the directory (run_directory_hold); -1: not held */
    struct resume resume;
    char claims_crc32[CHECKSUM_CRC32_BYTES], panels_crc32[CHECKSUM_CRC32_BYTES];
    char calibration_crc32[CHECKSUM_CRC32_BYTES], trace_crc32[CHECKSUM_CRC32_BYTES]; /* "" when there is none */
};

/* People edit the source that the build copied. */
static int explain_panels_error(const struct run *run, struct error *error)
{
    const size_t length = strlen(error->message);
    if (strncmp(error->message, run->paths->panels, strlen(run->paths->panels)) == 0)
        snprintf(error->message + length, sizeof error->message - length,
                 " (a copy of variants/panels.csv: edit that one and build again)");
    return error->code;
}

static bool is_timed(const struct run *run, const struct module_info *module, const struct module_workload *workload)
{
    for (size_t c = 0; c < run->plan.cell_count; c++)
        for (size_t a = 0; a < run->plan.cells[c].arm_count; a++) {
            const struct plan_arm *arm = &run->plan.cells[c].arms[a];
            if (arm->module == module && strcmp(arm->workload->base_name, workload->short_name) == 0)
                return true;
        }
    return false;
}

/* Modules that offer a workload; a planted one is no partner. */
static size_t offers(const struct module_set *set, const char *workload)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += !set->modules[i].planted && module_info_workload(&set->modules[i], workload) != NULL;
    return count;
}

/* Says which timed workloads of one given module nothing is compared on; true when it is timed on any. */
static bool note_untimed(const struct run *run, const struct module_info *module)
{
    const struct progress notes = {.quiet = run->options->quiet};
    bool any = false;
    for (size_t w = 0; w < module->workload_count; w++) {
        const struct module_workload *workload = &module->workloads[w];
        const bool timed = is_timed(run, module, workload);
        any = any || timed;
        if (timed || !(workload->flags & ENCBENCH_TIMED) ||
            !module_workload_selected(run->options->selection.workloads, workload))
            continue;
        progress_say(&notes, "workload %s of %s %s and will not be timed", workload->short_name, module->variant,
                     offers(&run->modules, workload->short_name) < 2 ? "is offered by no other module"
                                                                     : "is compared with no other selected variant");
    }
    return any;
}

/* With --baseline, workloads that others offer and it does not; with --module too, those that others that were given
 * offer. */
static void note_unlike_baseline(const struct run *run, const char *baseline)
{
    const struct progress notes = {.quiet = run->options->quiet};
    const struct module_info *against = module_set_find(&run->modules, baseline, false);
    for (size_t m = 0; m < run->modules.count; m++)
        for (size_t w = 0; w < run->modules.modules[m].workload_count; w++) {
            const struct module_workload *workload = &run->modules.modules[m].workloads[w];
            if (run->options->selection.modules && !run->modules.modules[m].given)
                continue;
            bool before = module_info_workload(against, workload->short_name) != NULL;
            for (size_t i = 0; i < m && !before; i++)
                before = module_info_workload(&run->modules.modules[i], workload->short_name) != NULL;
            if (!before && (workload->flags & ENCBENCH_TIMED) &&
                module_workload_selected(run->options->selection.workloads, workload))
                progress_say(&notes, "workload %s will not be timed: the baseline %s does not offer it",
                             workload->short_name, baseline);
        }
}

/* Whether a run of this effort and selection would measure it, if the machine could. */
static bool is_missed(const struct run *run, const struct module_info *module, const struct module_lacking *lacking)
{
    const struct plan_selection *selection = &run->options->selection;
    return !module->planted && !module->left_out &&
           (selection->workloads ? module_workload_selected(selection->workloads, &lacking->workload)
                                 : !plan_too_deep_workload(&run->plan, &lacking->workload));
}

/* Says once of each workload what this machine lacks for it. */
static void note_lacking(const struct run *run)
{
    const struct progress notes = {.quiet = run->options->quiet};
    for (size_t m = 0; m < run->modules.count; m++)
        for (size_t i = 0; i < run->modules.modules[m].lacking_count; i++) {
            const struct module_lacking *lacking = &run->modules.modules[m].lacking[i];
            if (is_missed(run, &run->modules.modules[m], lacking) &&
                module_set_lacking(&run->modules, lacking->workload.short_name) == lacking)
                progress_say(&notes, "workload %s will not be measured: %s", lacking->workload.short_name,
                             lacking->reason);
        }
}

/* Nothing that was asked for is left out without a word. */
static int check_untimed(const struct run *run, struct error *error)
{
    const struct plan_selection *selection = &run->options->selection;
    bool any = selection->modules == NULL;
    note_lacking(run);
    if (selection->baseline)
        note_unlike_baseline(run, selection->baseline);
    for (size_t i = 0; i < run->modules.count; i++)
        if (run->modules.modules[i].given && !run->modules.modules[i].planted)
            any = note_untimed(run, &run->modules.modules[i]) || any;
    if (!any)
        return error_set(error, EXIT_USAGE,
                         "--module: nothing of it would be timed: none of its selected timed workloads is offered by "
                         "another selected module; give another --module, or name a variant of encbench's own "
                         "(--baseline, --variants, --with-own)");
    return 0;
}

/* Processes of a cell in all up to a look. */
static unsigned cell_processes(const struct run *run, const struct plan_cell *cell, size_t look)
{
    return plan_cell_processes(cell, run->options->profile, look);
}

/* A module that comes with layouts of its own has one for each of its arms in every process of a cell, up to the last
 * look. */
static int check_layouts(const struct run *run, const struct module_info *module, struct error *error)
{
    const struct profile *profile = run->options->profile;
    const struct plan_cell *worst = NULL;
    size_t wanted = module->layout_count;
    for (size_t i = 0; i < run->plan.cell_count; i++) {
        const struct plan_cell *cell = &run->plan.cells[i];
        const size_t takes = plan_arms_of(cell, module) * cell_processes(run, cell, profile->look_count - 1);
        if (takes > wanted) {
            worst = cell;
            wanted = takes;
        }
    }
    if (worst == NULL)
        return 0;
    return error_set(
        error, EXIT_USAGE,
        "%s: holds %zu layouts of variant %s; profile %s wants %zu, %zu for each of %u processes (panel %s, "
        "workload %s)%s; build more, or ask for fewer (--processes)",
        module->layout_directory, module->layout_count, module->variant, profile->name, wanted,
        plan_arms_of(worst, module), cell_processes(run, worst, profile->look_count - 1), worst->panel, worst->workload,
        plan_arms_of(worst, module) > 1 ? ", its twin's among them" : "");
}

/* A run of somebody's modules judges their claims, given with --claims, or none: ours are about other variants. */
static void choose_claims(struct run *run)
{
    const struct run_options *options = run->options;
    if (options->claims)
        snprintf(run->own_paths.claims, sizeof run->own_paths.claims, "%s", options->claims);
    else if (options->selection.modules && !options->selection.with_own)
        run->own_paths.claims[0] = '\0';
}

static int read_claims(struct run *run, struct error *error)
{
    if (run->paths->claims[0] == '\0') {
        run->claims.table = &schema_claims;
        return 0;
    }
    return csv_read(run->paths->claims, &schema_claims, &run->claims, error)
               ? error->code
               : analyse_claims_check(&run->claims, error);
}

static int load_modules(struct run *run, struct error *error)
{
    const struct run_options *options = run->options;
    const struct plan_selection *selection = &options->selection;
    const struct module_asked asked = {selection->with_own, selection->variants, selection->baseline};
    if (options->sides)
        return module_set_load_sides(run->paths, options->sides, options->labels, run->scratch, &run->modules, error);
    return module_set_load_built(run->paths, selection->modules, &asked, run->scratch, &run->modules, error);
}

/* A process has one directory of data for all its arms; which workloads there are may depend on it. */
static int choose_data(struct run *run, struct error *error)
{
    const struct run_options *options = run->options;
    if (module_data_find(&run->data, options->data, options->selection.modules, error) != 0)
        return error->code;
    if (run->data.directory[0])
        snprintf(run->own_paths.data, sizeof run->own_paths.data, "%s", run->data.directory);
    if (options->resume)
        own_trace_read_again(&run->own_trace, run->directory, &run->resume.run, error);
    else
        own_trace_read(&run->own_trace, options->trace, error);
    return error->code ? error->code : own_trace_join_data(&run->own_trace, run->scratch, run->own_paths.data, error);
}

/* Ours need ours. */
static int check_data(const struct run *run, struct error *error)
{
    const char *asked = run->options->data;
    for (size_t i = 0; i < run->modules.count && run->data.directory[0] && asked == NULL; i++)
        if (!run->modules.modules[i].given)
            return error_set(error, EXIT_USAGE,
                             "%s: the module has data of its own, and %s, which takes part too, has other; say with "
                             "--data which directory all of them shall have",
                             run->data.directory, run->modules.modules[i].variant);
    return 0;
}

static int prepare(struct run *run, struct error *error)
{
    choose_claims(run);
    if (events_find(run->options->events, &run->events, error) || scratch_make(run->scratch, error) ||
        module_set_load_kernels(run->paths, run->scratch, &run->kernels, error) || choose_data(run, error) ||
        load_modules(run, error) || check_data(run, error) ||
        csv_read(run->paths->panels, &schema_panels, &run->panels, error) || read_claims(run, error))
        return error->code;
    struct plan_selection selection = run->options->selection;
    selection.effort = run->options->profile->effort;
    run->chain = module_set_find_kernel(run->paths, &run->kernels, CHAIN_VARIANT, error);
    run->reached = module_set_find_kernel(run->paths, &run->kernels, REACHED_VARIANT, error);
    run->leaks = module_set_find_kernel(run->paths, &run->kernels, LEAK_VARIANT, error);
    if (error->code != 0)
        return error->code;
    if (plan_build(&run->plan, &run->panels, &run->modules, run->chain, &selection, error) != 0)
        return explain_panels_error(run, error);
    plan_mark_claims(&run->plan, &run->claims);
    plan_leave_untimed(&run->plan, machine_cpu_count());
    if ((run->batches = calloc(run->plan.cell_count, sizeof *run->batches)) == NULL)
        return error_out_of_memory(error);
    char calibrated[PATH_MAX]; /* what contradicts itself there would be refused in the copy, when all is measured */
    calibrated_directory(run->paths, calibrated);
    if (analyse_check_directory(calibrated, error) != 0 ||
        calibrated_read_batches(run->paths, &run->known_batches, error) != 0)
        return error->code;
    for (size_t i = 0; i < run->modules.count && error->code == 0; i++)
        if (run->modules.modules[i].layout_count > 0)
            check_layouts(run, &run->modules.modules[i], error);
    return error->code ? error->code : check_untimed(run, error);
}

/* ---- the run directory ---- */

static struct csv_writer *open_table(struct run *run, const struct csv_table *table, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer = NULL;
    if (paths_join(path, run->directory, table->file, error) == 0)
        csv_writer_open(&writer, path, table, CSV_REPLACE, error);
    return writer;
}

/* On the disk before it has its name, or a machine that loses its power leaves an empty file where a whole one was. */
static int close_table(struct csv_writer *writer, struct error *error)
{
    csv_writer_sync(writer, error);
    csv_writer_close(writer, error);
    return error->code;
}

static void join_names(char names[][ENCBENCH_NAME_BYTES], size_t count, char *text, size_t text_bytes)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && length < text_bytes; i++)
        length += (size_t)snprintf(text + length, text_bytes - length, "%s%s", i ? " " : "", names[i]);
}

/* The panels in force, so that analyse needs nothing but this directory. */
static int write_panels(struct run *run, struct error *error)
{
    struct csv_writer *writer = open_table(run, &schema_panels, error);
    char text[PLAN_PANEL_ARMS_MAX * ENCBENCH_NAME_BYTES];
    if (writer == NULL)
        return error->code;
    for (size_t i = 0; i < run->plan.row_count; i++) {
        struct plan_row *row = &run->plan.rows[i];
        csv_put_text(writer, row->panel);
        csv_put_text(writer, row->effort);
        csv_put_text(writer, row->workloads);
        csv_put_text(writer, row->contrast);
        csv_put_text(writer, row->kind);
        join_names(row->baseline, row->baseline_count, text, sizeof text);
        csv_put_text(writer, text);
        join_names(row->contender, row->contender_count, text, sizeof text);
        csv_put_text(writer, text);
        csv_end_row(writer);
    }
    return close_table(writer, error);
}

/* The copy holds exactly what was understood. */
static int write_claims(struct run *run, struct error *error)
{
    struct csv_writer *writer = open_table(run, &schema_claims, error);
    if (writer == NULL)
        return error->code;
    csv_put_data(writer, &run->claims);
    return close_table(writer, error);
}

static int write_variants(struct run *run, struct error *error)
{
    struct csv_writer *writer = open_table(run, &schema_variants, error);
    if (writer == NULL)
        return error->code;
    for (size_t i = 0; i < run->modules.count; i++) {
        const struct module_info *module = &run->modules.modules[i];
        if (module->axis_count == 0 && !module->planted) { /* every variant of the run stands in the file */
            csv_put_text(writer, module->variant);
            csv_put_text(writer, "none");
            csv_put_text(writer, ENCBENCH_NA);
            csv_end_row(writer);
        }
        for (size_t a = 0; a < module->axis_count && !module->planted; a++) {
            csv_put_text(writer, module->variant);
            csv_put_text(writer, module->axes[a].name);
            csv_put_text(writer, module->axes[a].level);
            csv_end_row(writer);
        }
    }
    return close_table(writer, error);
}

static void put_count(struct csv_writer *writer, uint64_t count)
{
    if (count > 0)
        csv_put_integer(writer, (int64_t)count);
    else
        csv_put_empty(writer);
}

/* Every workload of the plan once, in the order of the cells. */
static int write_workloads(struct run *run, struct error *error)
{
    struct csv_writer *writer = open_table(run, &schema_workloads, error);
    if (writer == NULL)
        return error->code;
    for (size_t i = 0; i < run->plan.cell_count; i++) {
        const struct plan_cell *cell = &run->plan.cells[i];
        const struct module_workload *workload = cell->arms[0].workload;
        const struct pilot_batch *batch = &run->batches[i];
        if (i > 0 && strcmp(cell->workload, run->plan.cells[i - 1].workload) == 0)
            continue;
        csv_put_text(writer, workload->short_name);
        csv_put_text(writer, workload->name);
        csv_put_text(writer, workload->op);
        csv_put_integer(writer, (int64_t)workload->bytes_per_op);
        csv_put_integer(writer, (int64_t)batch->iterations);
        csv_put_integer(writer, (int64_t)batch->rewarm_iterations);
        csv_put_text(writer, workload->base_name);
        csv_put_text(writer, measure_state_words[workload->state]);
        csv_put_text(writer, batch->iterations == 0 ? "" : batch->calibrated ? "calibration" : "pilots");
        csv_put_text(writer, batch->iterations == 0 ? "" : batch->settled ? "settled" : "not settled");
        csv_put_integer(writer, cell->threads);
        csv_put_text(writer, cell->not_timed);
        csv_end_row(writer);
    }
    return close_table(writer, error);
}

/* Once the pilot is over. */
static int write_batches(struct run *run, struct error *error)
{
    struct csv_writer *writer = open_table(run, &schema_batches, error);
    if (writer == NULL)
        return error->code;
    for (size_t i = 0; i < run->plan.cell_count; i++)
        for (size_t a = 0; a + PLAN_CLOCK_ARMS < run->plan.cells[i].arm_count && !run->plan.cells[i].not_timed[0];
             a++) {
            const struct plan_cell *cell = &run->plan.cells[i];
            csv_put_text(writer, cell->panel);
            csv_put_text(writer, cell->workload);
            csv_put_text(writer, cell->arms[a].name);
            csv_put_integer(writer, (int64_t)cell->arms[a].iterations);
            for (size_t other = 0; other < MEASURE_SIZES - 1; other++)
                put_count(writer, cell->arms[a].other_iterations[other]);
            put_count(writer, cell->state == MEASURE_COLD ? 1 : cell->ladder.round_ops);
            csv_end_row(writer);
        }
    return close_table(writer, error);
}

static int write_cells(struct run *run, struct error *error)
{
    struct csv_writer *writer = open_table(run, &schema_cells, error);
    if (writer == NULL)
        return error->code;
    for (size_t i = 0; i < run->plan.cell_count; i++) {
        const struct plan_cell *cell = &run->plan.cells[i];
        csv_put_text(writer, cell->panel);
        csv_put_text(writer, cell->workload);
        csv_put_text(writer, cell->decides_claims ? "claims" : "exploratory");
        csv_put_integer(writer, cell_processes(run, cell, run->timing.look));
        if (cell->blocks) {
            csv_put_integer(writer, cell->blocks);
            csv_put_number(writer, cell->block_ns);
        } else {
            csv_put_empty(writer);
            csv_put_empty(writer);
        }
        put_count(writer, cell->clock_blocks);
        put_count(writer, cell->linearity_blocks);
        put_count(writer, cell->blocks ? cell->linearity_every : 0);
        csv_end_row(writer);
    }
    return close_table(writer, error);
}

static void put_names(struct csv_writer *writer, const char *key, const char *const *names)
{
    char text[4096] = "";
    size_t length = 0;
    for (size_t i = 0; names && names[i] && length < sizeof text; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i ? " " : "", names[i]);
    provenance_put(writer, key, text);
}

/* With these a run can be taken up again (resume.h). */
static void put_selection(struct csv_writer *writer, const struct run_options *options)
{
    const struct plan_selection *selection = &options->selection;
    if (options->claims)
        provenance_put(writer, RUN_DIRECTORY_CLAIMS_KEY, paths_shareable(options->claims));
    if (options->data)
        provenance_put(writer, RUN_DIRECTORY_DATA_KEY, paths_shareable(options->data));
    put_names(writer, "select_variants", selection->variants);
    put_names(writer, "select_workloads", selection->workloads);
    provenance_put(writer, "select_baseline", selection->baseline ? selection->baseline : "");
    if (selection->modules)
        provenance_put(writer, RUN_DIRECTORY_OWN_KEY, selection->with_own ? "yes" : "no");
    for (size_t i = 0; selection->modules && selection->modules[i]; i++) {
        char key[64];
        snprintf(key, sizeof key, RUN_DIRECTORY_MODULE_KEY "%zu", i + 1);
        provenance_put(writer, key, paths_shareable(selection->modules[i]));
    }
}

static void put_states(struct csv_writer *writer, unsigned states)
{
    const char *names[MEASURE_STATES + 1] = {NULL};
    size_t count = 0;
    for (enum measure_state state = MEASURE_REPEAT; state < MEASURE_STATES; state++)
        if (states & (1u << state))
            names[count++] = measure_state_words[state];
    put_names(writer, "select_states", names);
}

/* Nothing where it was not asked for. */
static void put_thread_numbers(struct csv_writer *writer, unsigned threads)
{
    char text[64] = "";
    for (unsigned t = 1; t <= MEASURE_THREADS_MAX; t++)
        if (threads & (1u << t))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", *text ? " " : "", t);
    if (*text)
        provenance_put(writer, RUN_DIRECTORY_THREADS_KEY, text);
}

static void put_clock(struct csv_writer *writer, const struct plan_cell *cell)
{
    const struct plan_arm *clock = &cell->arms[cell->arm_count - PLAN_CLOCK_ARMS];
    if (clock[0].iterations == 0)
        return;
    provenance_put_integer(writer, "chain_iterations", (int64_t)clock[0].iterations);
    provenance_put_integer(writer, "chain_multiply_iterations", (int64_t)clock[2].iterations);
}

/* Those that stopped this run, with what a run that is taken up again had of them. */
static uint64_t throttled_periods(const struct run *run)
{
    uint64_t periods, throttled;
    machine_throttled_periods("", &periods, &throttled);
    return throttled - run->throttled_before +
           strtoull(run_directory_fact(&run->resume.run, RUN_DIRECTORY_THROTTLED_KEY), NULL, 10);
}

static bool selects_some(const struct plan_selection *selection)
{
    return selection->variants || selection->workloads || selection->modules;
}

/* Of the copies as written: whoever changes them later is found out. */
static int sum_copies(struct run *run, struct error *error)
{
    const struct {
        const struct csv_table *table;
        char *crc32;
    } copies[] = {{&schema_claims, run->claims_crc32},
                  {&schema_panels, run->panels_crc32},
                  {&schema_calibration, run->calibration_crc32},
                  {&schema_trace, run->trace_crc32}};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof copies / sizeof copies[0] && error->code == 0; i++)
        if (paths_join(path, run->directory, copies[i].table->file, error) == 0 &&
            ((copies[i].table != &schema_calibration && copies[i].table != &schema_trace) || access(path, F_OK) == 0))
            checksum_crc32(path, copies[i].crc32, error);
    return error->code;
}

static int write_facts(struct run *run, const struct csv_table *table, bool complete, struct error *error)
{
    struct csv_writer *writer = open_table(run, table, error);
    if (writer == NULL)
        return error->code;
    const struct profile *profile = run->options->profile;
    const struct profile_look *look = &profile->looks[run->timing.look];
    provenance_put_integer(writer, "schema_version", SCHEMA_VERSION);
    provenance_put(writer, "profile", profile->name);
    if (run->options->processes)
        provenance_put_integer(writer, RUN_DIRECTORY_PROCESSES_KEY, run->options->processes);
    else
        provenance_put(writer, RUN_DIRECTORY_PROCESSES_KEY, "");
    provenance_put(writer, "command", run->options->command);
    provenance_put(writer, "complete", complete ? "yes" : "no");
    provenance_put(writer, "selection", selects_some(&run->options->selection) ? "some" : "all");
    provenance_put(writer, "claims_crc32", run->claims_crc32);
    provenance_put(writer, "panels_crc32", run->panels_crc32);
    provenance_put(writer, "calibration_crc32", run->calibration_crc32);
    if (run->own_trace.given && run->own_trace.resumed == NULL) /* else it is among its facts */
        provenance_put(writer, TRACE_CRC32_KEY, run->trace_crc32);
    if (own_trace_put(&run->own_trace, writer, error) != 0) {
        csv_writer_abandon(writer);
        return error->code;
    }
    provenance_put_integer(writer, "look_processes", look->processes);
    provenance_put_number(writer, "error_share", look->error_share);
    provenance_put_integer(writer, "processes", (int64_t)run->timing.processes_run);
    provenance_put_integer(writer, "processes_void", (int64_t)run->timing.processes_void);
    provenance_put_integer(writer, RUN_DIRECTORY_THROTTLED_KEY, (int64_t)throttled_periods(run));
    provenance_put_integer(writer, "process_ms", profile->process_ms);
    provenance_put_integer(writer, "seed", (int64_t)run->seed);
    put_selection(writer, run->options);
    put_states(writer, run->options->selection.states);
    put_thread_numbers(writer, run->options->selection.threads);
    put_names(writer, "select_events", run->options->events);
    put_clock(writer, &run->plan.cells[0]);
    module_data_put(&run->data, writer);
    provenance_write(writer, run->paths, &run->modules);
    return close_table(writer, error);
}

/* run.csv is replaced whenever a look is reached, so that the directory can be analysed at any time. Seed and selection
 * stand nowhere else, and without them nothing can be taken up again: what is not complete yet has them twice. */
static int write_run(struct run *run, bool complete, struct error *error)
{
    if (!complete && write_facts(run, &schema_begun, complete, error) != 0)
        return error->code;
    return write_facts(run, &schema_run, complete, error);
}

/* ---- pilot ---- */

/* Process numbers of pilots lie beyond those of the run, so their layouts are their own. */
#define PILOT_FIRST (1ull << 32)

/* Index of the first cell of the same workload: its pilots decide for all panels; the cell's own when there is none
 * before. */
static size_t first_of_workload(const struct plan *plan, size_t index)
{
    size_t first = 0;
    while (strcmp(plan->cells[first].workload, plan->cells[index].workload) != 0)
        first++;
    return first;
}

static uint64_t clock_iterations(double ns_per_op, uint64_t clock_step_ns)
{
    const struct measure_ladder ladder = {.multiple_ops = 1};
    return measure_iterations(&ns_per_op, 1, &ladder, MEASURE_CLOCK_BATCH_NS, clock_step_ns);
}

/* An op behind a scrubbing is timed by itself: the clock must be fine enough for one. */
static int check_cold(const struct plan_cell *cell, const struct pilot_figures *figures, struct error *error)
{
    for (size_t i = 0; i + PLAN_CLOCK_ARMS < cell->arm_count && cell->state == MEASURE_COLD; i++)
        if (figures->ns_per_op[i] < COLD_CLOCK_STEPS * (double)figures->clock_step_ns)
            return error_set(error, EXIT_USAGE,
                             "workload %s: one op of %s takes %.3g ns, and the clock moves in steps of %" PRIu64
                             " ns; the state cold times ops one by one and wants %d steps: leave it out (--states, "
                             "--workloads)",
                             cell->workload, cell->arms[i].name, figures->ns_per_op[i], figures->clock_step_ns,
                             COLD_CLOCK_STEPS);
    return 0;
}

/* What a reader of times would not expect. */
static void note_batch(const struct run *run, const struct plan_cell *cell, const struct pilot_batch *batch)
{
    for (size_t i = 0; i + PLAN_CLOCK_ARMS < cell->arm_count; i++)
        if (cell->arms[i].iterations != batch->iterations)
            progress_say(&run->progress,
                         "workload %s: %s has batches of its own, %" PRIu64 " ops where others have %" PRIu64
                         ": it is very much faster or slower",
                         cell->workload, cell->arms[i].name, cell->arms[i].iterations, batch->iterations);
    if (!batch->settled)
        progress_say(&run->progress,
                     "workload %s: its ops still change after a millisecond of the same input; the state fresh is the "
                     "safer question",
                     cell->workload);
}

static void set_clock_once(struct run *run, const struct plan_cell *cell, const struct pilot_figures *figures)
{
    const size_t chain = cell->arm_count - PLAN_CLOCK_ARMS;
    run->clock_step_ns = figures->clock_step_ns;
    if (run->chain_iterations > 0) /* the first pilot decides for the clock arms of all cells */
        return;
    run->chain_iterations = clock_iterations(figures->ns_per_op[chain], figures->clock_step_ns);
    run->multiply_iterations = clock_iterations(figures->ns_per_op[chain + 2], figures->clock_step_ns);
}

static int pilot_cell(struct run *run, size_t cell_index, struct error *error)
{
    struct plan_cell *cell = &run->plan.cells[cell_index];
    const struct profile *profile = run->options->profile;
    const size_t first = first_of_workload(&run->plan, cell_index);
    const bool known = first == cell_index && pilot_known(&run->known_batches, cell, &run->batches[cell_index]);
    struct pilot_figures figures;
    if (pilot_measure(&run->launch, cell, PILOT_FIRST + cell_index * PILOT_PROCESSES,
                      first != cell_index ? 1
                      : known             ? PILOT_KNOWN_PROCESSES
                                          : PILOT_PROCESSES,
                      run->seed, &figures, error) != 0 ||
        check_cold(cell, &figures, error) != 0)
        return error->code;
    if (first != cell_index)
        run->batches[cell_index] = run->batches[first];
    else if (!known)
        run->batches[cell_index] = pilot_choose(cell, &figures);
    set_clock_once(run, cell, &figures);
    pilot_apply(cell, &run->batches[cell_index], &figures);
    pilot_plan_blocks(cell, &figures, cell->decides_claims ? profile->process_ms : profile->exploratory_process_ms,
                      cell_processes(run, cell, 0));
    plan_set_clock(cell, run->chain_iterations, run->multiply_iterations);
    note_batch(run, cell, &run->batches[cell_index]);
    return 0;
}

/* Of a process beside its measuring time, and how much longer that takes on a machine busier than its pilot: measured.
 */
#define PROCESS_OVERHEAD_MS 75
#define PROCESS_BUSY_FACTOR 1.1

/* Ops of a second each are not timed by accident: said with the figure before any is. */
static int check_limit(const struct run *run, struct error *error)
{
    const struct profile *profile = run->options->profile;
    double seconds = 0;
    const struct plan_cell *longest = &run->plan.cells[0];
    for (size_t i = 0; i < run->plan.cell_count; i++) {
        const struct plan_cell *cell = &run->plan.cells[i];
        const double process_ms = 1.25 * cell->blocks * cell->block_ns / 1e6; /* linearity is a fourth of the rest */
        seconds += cell_processes(run, cell, profile->look_count - 1) *
                   (PROCESS_BUSY_FACTOR * process_ms + PROCESS_OVERHEAD_MS) / 1e3;
        longest = cell->block_ns > longest->block_ns ? cell : longest;
    }
    if (run->options->limit_s == 0 || seconds <= run->options->limit_s)
        return 0;
    return error_set(error, EXIT_USAGE,
                     "workload %s: a block of its ops takes %.3g s, so that all of this would take up to %.0f s; at "
                     "most %.0f are allowed: choose smaller workloads (--workloads)",
                     longest->workload, longest->block_ns / 1e9, ceil(seconds), run->options->limit_s);
}

/* What it disturbs is found by the run itself; whoever started it may wish to wait. Not earlier: bad input gets one
 * line. */
static void warn_of_company(const struct run *run)
{
    for (size_t i = 0; i < run->before.count; i++)
        if (strcmp(run->before.fact[i].key, "busiest_cpu_percent") == 0 && run->before.fact[i].status == MACHINE_NOISY)
            progress_say(&run->progress,
                         "encbench: the machine is busy (a CPU is used for %s %% of the time): intervals will be wide; "
                         "wait until it is "
                         "idle, see `encbench doctor`",
                         run->before.fact[i].value);
}

/* Every arm at several threads, once, also where there are fewer CPUs. */
static int check_threads(const struct run *run, struct error *error)
{
    for (size_t i = 0; i < run->plan.cell_count && error->code == 0; i++) {
        const struct plan_cell *cell = &run->plan.cells[i];
        for (size_t a = 0; a < plan_real_arms(cell) && error->code == 0; a++) {
            bool before = cell->threads <= 1 || cell->arms[a].role == PLAN_TWIN;
            for (size_t j = 0; j < i && !before; j++)
                for (size_t b = 0; b < plan_real_arms(&run->plan.cells[j]); b++)
                    before = before || cell->arms[a].workload == run->plan.cells[j].arms[b].workload;
            if (!before)
                launch_threads(&run->launch, cell->arms[a].module, cell->arms[a].workload, run->seed, error);
        }
    }
    return error->code;
}

static void say_not_timed(const struct run *run)
{
    for (size_t i = 0; i < run->plan.cell_count; i++)
        if (run->plan.cells[i].not_timed[0] && first_of_workload(&run->plan, i) == i)
            progress_say(&run->progress, "workload %s: %s", run->plan.cells[i].workload, run->plan.cells[i].not_timed);
}

static int pilot(struct run *run, struct error *error)
{
    progress_start(&run->progress, "pilot", run->plan.cell_count, run->options->quiet);
    warn_of_company(run);
    say_not_timed(run);
    check_threads(run, error);
    for (size_t i = 0; i < run->plan.cell_count && error->code == 0; i++) {
        if (!run->plan.cells[i].not_timed[0])
            pilot_cell(run, i, error);
        progress_step(&run->progress);
    }
    progress_end(&run->progress);
    return error->code ? error->code : check_limit(run, error);
}

/* ---- forecast ---- */

/* Rounds of the forecast lie beyond those of any run, so its layouts are its own. */
#define FORECAST_ROUND (1ull << 40)

static size_t deciding_cells(const struct run *run, uint32_t *cells)
{
    size_t count = 0;
    for (size_t i = 0; i < run->plan.cell_count; i++)
        if (run->plan.cells[i].decides_claims && !run->plan.cells[i].not_timed[0])
            cells[count++] = (uint32_t)i;
    return count;
}

/* Why a process does not count, if it does not. */
static struct record_void why_void(const struct plan_cell *cell, const struct launch_measured *measured,
                                   const struct summary *summary)
{
    const char *arm = measured->arm < cell->arm_count ? cell->arms[measured->arm].name : "not known";
    return (struct record_void){.reason = measured->void_reason[0] ? measured->void_reason
                                          : summary->valid         ? NULL
                                                                   : "too few blocks kept",
                                .fault = measured->faulty ? arm : NULL};
}

/* A crash in words, with the layout that it happened in: others may not have it. */
static void put_fault(const struct launch_measured *measured, const struct launch_layouts *layouts, char *text,
                      size_t text_bytes)
{
    snprintf(text, text_bytes, "%.380s, layout %.100s", measured->void_reason,
             measured->arm < layouts->count ? layouts->words[measured->arm] : "not known");
}

static int forecast_process(struct run *run, uint64_t process, const struct plan_cell *cell,
                            const struct launch_layouts *layouts, struct error *error)
{
    const struct profile *profile = run->options->profile;
    struct plan_cell shorter = *cell;
    struct launch_measured measured;
    struct summary summary = {0};
    shorter.linearity_blocks = 0;
    shorter.blocks =
        (uint32_t)fmin(cell->blocks, fmax(FORECAST_BLOCKS_MIN,
                                          (double)cell->blocks * profile->forecast_process_ms / profile->process_ms));
    if (launch_measure(&run->launch, &shorter, process, run->seed, layouts, &measured, error) != 0)
        return error->code;
    double probe_cycles = 0; /* the run learns its own */
    if (!state_classify(&shorter, measured.blocks, measured.block_count, &probe_cycles) ||
        !summary_of_blocks(&shorter, measured.blocks, measured.block_count, measured.reading_ns, &summary))
        error_out_of_memory(error);
    const struct record_void why = why_void(&shorter, &measured, &summary);
    const bool interrupted = measured.stopped || (why.reason && process_stop_requested());
    if (error->code == 0 && why.fault && !interrupted) { /* what is timed after it would be judged without it */
        char fault[512];
        put_fault(&measured, layouts, fault, sizeof fault);
        error_set(error, EXIT_USAGE, "panel %s, workload %s: %s, ahead of the run in its forecast; mend the module",
                  cell->panel, cell->workload, fault);
    } else if (error->code == 0 && !interrupted) {
        record_process(run->record, process, &shorter, layouts->words, measured.blocks, measured.block_count, &summary,
                       &(struct record_clock){measured.ticks_per_ns, probe_cycles, measured.reading_ns}, &why, error);
    }
    launch_measured_free(&measured);
    return error->code;
}

static int forecast_round(struct run *run, uint64_t round, const uint32_t *cells, size_t count, struct error *error)
{
    struct launch_layouts *layouts = calloc(count, sizeof *layouts);
    if (layouts == NULL)
        return error_out_of_memory(error);
    launch_link_round(&run->launch, &run->plan, cells, count, round, run->seed, layouts, error);
    for (size_t i = 0; i < count && error->code == 0 && !process_stop_requested(); i++) {
        forecast_process(run, plan_process_number(&run->plan, round, cells[i]), &run->plan.cells[cells[i]], &layouts[i],
                         error);
        progress_step(&run->progress);
    }
    launch_unlink_round(layouts, count);
    free(layouts);
    return error->code;
}

static int write_empty(struct run *run, const struct csv_table *table, struct error *error)
{
    struct csv_writer *writer = open_table(run, table, error);
    return writer ? csv_writer_close(writer, error) : error->code;
}

/* All that a run directory needs to be analysed, but no figure that is counted. */
static int forecast_measure(struct run *run, const uint32_t *cells, size_t count, struct error *error)
{
    const struct profile *profile = run->options->profile;
    if (write_panels(run, error) || write_claims(run, error) || write_variants(run, error) ||
        write_workloads(run, error) || write_run(run, false, error) || write_cells(run, error) ||
        write_empty(run, &schema_metrics, error) || write_empty(run, &schema_layout, error) ||
        write_empty(run, &schema_machine, error) || record_open(&run->record, run->directory, false, error))
        return error->code;
    progress_start(&run->progress, "forecast", profile->forecast_processes * count, run->options->quiet);
    for (unsigned i = 0; i < profile->forecast_processes && error->code == 0 && !process_stop_requested(); i++)
        forecast_round(run, FORECAST_ROUND + i, cells, count, error);
    progress_end(&run->progress);
    struct error closing = {0};
    if (record_close(run->record, &closing) != 0 && error->code == 0)
        *error = closing;
    run->record = NULL;
    return error->code;
}

static void say_forecast(const struct run *run, const struct forecast *forecast)
{
    char text[512];
    for (size_t i = 0; i < forecast->count; i++)
        if (run->options->profile->for_conclusions && !forecast_is_enough(&forecast->row[i]))
            progress_say(&run->progress, "%s",
                         forecast_words(&forecast->row[i], run->options->profile, text, sizeof text));
}

/* Says at the start what this run will hardly resolve. A few short processes of the cells that decide claims, into a
 * directory of their own, as if the run had reached its last look. */
static int foretell(struct run *run, struct error *error)
{
    const struct profile *profile = run->options->profile;
    const char *directory = run->directory;
    const size_t look = run->timing.look;
    char own[PATH_MAX];
    struct forecast forecast = {0};
    uint32_t *cells = calloc(run->plan.cell_count, sizeof *cells);
    if (cells == NULL)
        return error_out_of_memory(error);
    const size_t count = profile->forecast_processes > 0 ? deciding_cells(run, cells) : 0;
    if (count > 0 && paths_join(own, run->scratch, "forecast", error) == 0) {
        if (mkdir(own, 0700) != 0)
            error_set(error, EXIT_USAGE, "%s: %s", own, strerror(errno));
        run->directory = own;
        run->timing.look = profile->look_count - 1;
        if (error->code == 0)
            forecast_measure(run, cells, count, error);
        run->directory = directory;
        run->timing.look = look;
        if (error->code == 0 && !process_stop_requested() &&
            forecast_make(&forecast, own, profile->looks[profile->look_count - 1].processes, error) == 0 &&
            forecast_write(&forecast, directory, error) == 0)
            say_forecast(run, &forecast);
    }
    forecast_free(&forecast);
    free(cells);
    return error->code;
}

/* ---- timing ---- */

/* What a process measured, into the raw files; *process says how it ended. */
static int record_measured(struct run *run, uint64_t number, struct plan_cell *cell,
                           const struct launch_layouts *layouts, const struct launch_measured *measured,
                           struct timing_process *process, struct error *error)
{
    struct summary summary = {0};
    if (!state_classify(cell, measured->blocks, measured->block_count, &run->probe_cycles) ||
        !summary_of_blocks(cell, measured->blocks, measured->block_count, measured->reading_ns, &summary) ||
        !summary_of_threads(cell, measured->blocks, measured->block_count, measured->reading_ns, measured->thread_times,
                            &summary))
        return error_out_of_memory(error);
    const struct record_void why = why_void(cell, measured, &summary);
    process->failed = measured->void_reason[0] != '\0';
    process->faulty = why.fault != NULL;
    if (why.fault)
        put_fault(measured, layouts, process->void_reason, sizeof process->void_reason);
    else if (why.reason)
        snprintf(process->void_reason, sizeof process->void_reason, "%s", why.reason);
    if (why.reason == NULL)
        record_objects(run->record, number, cell, measured->objects, measured->object_count);
    if (error->code == 0)
        record_process(run->record, number, cell, layouts->words, measured->blocks, measured->block_count, &summary,
                       &(struct record_clock){measured->ticks_per_ns, run->probe_cycles, measured->reading_ns}, &why,
                       error);
    return error->code;
}

/* One process; a worker that fails voids it and says why; what an arm did is told apart. */
static int measure_process(void *context, uint64_t number, size_t position, struct timing_process *process,
                           struct error *error)
{
    struct run *run = context;
    struct launch_measured measured;
    struct plan_cell cell = run->plan.cells[plan_process_cell(&run->plan, number)];
    cell.linearity_blocks = plan_linearity_blocks(&cell, number / run->plan.cell_count);
    if (launch_measure(&run->launch, &cell, number, run->seed, &run->layouts[position], &measured, error) != 0)
        return error->code;
    /* By our own user, whose Ctrl-C reaches the worker too. */
    process->measured = !measured.stopped && !(measured.void_reason[0] && process_stop_requested());
    if (process->measured)
        record_measured(run, number, &cell, &run->layouts[position], &measured, process, error);
    launch_measured_free(&measured);
    return error->code;
}

/* All layouts of a round are linked before its first process starts. */
static int begin_round(void *context, uint64_t round, const uint32_t *cells, size_t count, struct error *error)
{
    struct run *run = context;
    run->layout_count = count;
    if ((run->layouts = calloc(count + 1, sizeof *run->layouts)) == NULL)
        return error_out_of_memory(error);
    return launch_link_round(&run->launch, &run->plan, cells, count, round, run->seed, run->layouts, error);
}

static void end_round(void *context)
{
    struct run *run = context;
    if (run->layouts)
        launch_unlink_round(run->layouts, run->layout_count);
    free(run->layouts);
    run->layouts = NULL;
}

static bool is_done(void *context, uint64_t number)
{
    const struct run *run = context;
    return resume_is_done(&run->resume, number);
}

/* What was measured is on the disk before run.csv says so, and that before the next process starts. */
static int tell_directory(void *context, bool complete, struct error *error)
{
    struct run *run = context;
    if (run_directory_sync(run->directory, error) != 0 || write_run(run, complete, error) != 0 ||
        (!complete && write_cells(run, error) != 0))
        return error->code;
    return run_directory_sync(run->directory, error);
}

static int count_open(void *context, size_t *open, struct error *error)
{
    const struct run *run = context;
    struct analyse_summary summary;
    if (analyse_run(run->directory, &summary, error) == 0)
        *open = summary.timing_open;
    return error->code;
}

static bool stop_requested(void *context)
{
    (void)context;
    return process_stop_requested();
}

static int time_all(struct run *run, struct error *error)
{
    struct timing *timing = &run->timing;
    timing->plan = &run->plan;
    timing->profile = run->options->profile;
    timing->seed = run->seed;
    timing->directory = run->directory;
    timing->quiet = run->options->quiet;
    timing->launcher = (struct timing_launcher){.context = run,
                                                .begin_round = begin_round,
                                                .measure = measure_process,
                                                .end_round = end_round,
                                                .is_done = is_done,
                                                .tell = tell_directory,
                                                .count_open = count_open,
                                                .stop_requested = stop_requested};
    timing->already = run->resume.processes;
    timing->resumed = run->resume.planned;
    timing->fault = run->resume.fault;
    timing->look = run->resume.look;
    return timing_run(timing, error);
}

/* ---- the whole ---- */

static void print_plan(const struct run *run)
{
    const struct profile *profile = run->options->profile;
    double seconds = 0, bytes = 1e6; /* what is small */
    printf("profile %s, seed %" PRIu64 "\n", profile->name, run->seed);
    for (size_t i = 0; i < profile->look_count; i++)
        printf("%s at %u processes (%g of the error)%s", i ? ", then" : "looks", profile->looks[i].processes,
               profile->looks[i].error_share, i + 1 < profile->look_count ? "" : "\n");
    for (size_t i = 0; i < run->plan.cell_count; i++) {
        const struct plan_cell *cell = &run->plan.cells[i];
        const unsigned processes = cell_processes(run, cell, profile->look_count - 1);
        const double process_ms = cell->decides_claims ? profile->process_ms : profile->exploratory_process_ms;
        printf("%s, panel %s, %u processes%s:", cell->workload, cell->panel, processes,
               cell->decides_claims || run->claims.row_count == 0 ? "" : " (exploratory)");
        for (size_t a = 0; a + PLAN_CLOCK_ARMS < cell->arm_count; a++)
            printf(" %s", cell->arms[a].name);
        if (cell->not_timed[0])
            printf(" (%s)", cell->not_timed);
        else if (cell->threads > 1)
            printf(" (at %u threads)", cell->threads);
        printf("\n");
        seconds += processes * (PROCESS_BUSY_FACTOR * process_ms + PROCESS_OVERHEAD_MS) / 1e3;
        bytes += processes * process_ms * 250; /* of samples, a microsecond: measured */
        if (cell->decides_claims)
            seconds += profile->forecast_processes *
                       (PROCESS_BUSY_FACTOR * profile->forecast_process_ms + PROCESS_OVERHEAD_MS) / 1e3;
    }
    if (run->claims.row_count > 0)
        printf(
            "ahead of them %u short processes for each that decides claims foretell what will hardly be resolved: %s\n",
            profile->forecast_processes, schema_forecast.file);
    printf("exact passes before it: seconds to a minute, and none of what is kept from an earlier run\n"
           "timing at most %.0f s and %.0f MB where no op takes longer than a millisecond\n",
           ceil(seconds), ceil(bytes / 1e6));
}

/* Workloads of the exact lane, NULL-terminated. */
struct exact_names {
    const char *counted[EXACT_NAMES_MAX + 1], *stepped[EXACT_NAMES_MAX + 1];
};

static void add_name(const char **names, const char *name)
{
    size_t count = 0;
    while (names[count] && strcmp(names[count], name) != 0)
        count++;
    if (count < EXACT_NAMES_MAX)
        names[count] = name;
}

static bool claims_name_workload(const struct csv_data *claims, const char *workload)
{
    for (size_t r = 0; r < claims->row_count; r++)
        for (const char *at = csv_text(claims, r, SCHEMA_claims_workload); *at; at += at[strcspn(at, " ")] == ' ') {
            const size_t length = strcspn(at, " ");
            if (strlen(workload) == length && strncmp(at, workload, length) == 0)
                return true;
            at += length;
        }
    return false;
}

static bool is_in_plan(const struct plan *plan, const struct module_info *module)
{
    for (size_t i = 0; i < plan->cell_count; i++)
        if (plan_arms_of(&plan->cells[i], module) > 0)
            return true;
    return false;
}

/* With --variants: not among them, and no baseline of theirs. With --module: compared with nothing that was given. Of
 * our own: of deep panels alone, and no panel of the plan has it. */
static bool is_left_out(const struct run *run, const struct module_info *module)
{
    const struct plan_selection *selection = &run->options->selection;
    if (module->given || (selection->baseline && strcmp(selection->baseline, module->variant) == 0))
        return false;
    if (selection->variants == NULL)
        return (selection->modules != NULL || plan_too_deep_variant(&run->plan, module->variant)) && !module->planted &&
               !is_in_plan(&run->plan, module);
    for (size_t i = 0; selection->variants[i]; i++)
        if (strcmp(selection->variants[i], module->variant) == 0)
            return false;
    return true;
}

static bool has_given(const struct plan_cell *cell)
{
    for (size_t i = 0; i < cell->arm_count; i++)
        if (cell->arms[i].module->given)
            return true;
    return false;
}

/* A workload that is there for its own figures. */
static bool counts_only(const struct module_workload *workload)
{
    return (workload->flags & (ENCBENCH_TIMED | ENCBENCH_COUNTED)) == ENCBENCH_COUNTED;
}

/* Counted is what is timed, what claims name and what can only be counted; stepped, at 25 us an instruction, what
 * decides claims by its time and is short. A selection of workloads counts all of what it selects, and steps what of it
 * is timed and short. Of a module that was given all that is timed is stepped: its user asks what the code does. What
 * stands in deep panels alone is left out of a run that is not so deep (plan_too_deep_variant). */
static void choose_exact(struct run *run, struct exact_names *names)
{
    const struct plan_selection *selection = &run->options->selection;
    for (size_t i = 0; i < run->plan.cell_count; i++) {
        const struct plan_cell *cell = &run->plan.cells[i];
        add_name(names->counted, cell->base_workload);
        if (((cell->decides_claims || selection->workloads) &&
             cell->arms[0].workload->bytes_per_op <= STEPPED_OP_BYTES_MAX) ||
            has_given(cell))
            add_name(names->stepped, cell->base_workload);
        for (size_t a = 0; a < cell->arm_count; a++)
            for (size_t m = 0; m < run->modules.count; m++)
                if (cell->arms[a].module == &run->modules.modules[m])
                    run->modules.modules[m].planned = true;
    }
    for (size_t m = 0; m < run->modules.count; m++)
        run->modules.modules[m].left_out = is_left_out(run, &run->modules.modules[m]);
    for (size_t m = 0; m < run->modules.count; m++)
        for (size_t w = 0; w < run->modules.modules[m].workload_count && !run->modules.modules[m].left_out; w++) {
            struct module_workload *workload = &run->modules.modules[m].workloads[w];
            const bool timed = module_workload_selected(names->counted, workload);
            workload->left_out = !timed && selection->workloads == NULL && plan_too_deep_workload(&run->plan, workload);
            if (selection->workloads
                    ? module_workload_selected(selection->workloads, workload)
                    : !workload->left_out &&
                          (counts_only(workload) || claims_name_workload(&run->claims, workload->short_name)))
                add_name(names->counted, workload->short_name);
        }
    for (size_t m = 0; m < run->modules.count; m++)
        for (size_t i = 0; i < run->modules.modules[m].lacking_count; i++) {
            struct module_lacking *lacking = &run->modules.modules[m].lacking[i];
            lacking->workload.left_out = !is_missed(run, &run->modules.modules[m], lacking);
        }
}

/* Nothing that sides are asked rests on how a heap grows. */
static int measure_heap(struct run *run, struct error *error)
{
    if (run->options->sides)
        return 0;
    return heap_measure(run->directory, &run->launch, &run->modules, run->leaks, &run->claims,
                        run->options->selection.workloads, run->options->quiet, error);
}

static int measure_into_directory(struct run *run, struct error *error)
{
    if (write_panels(run, error) || write_claims(run, error) ||
        own_trace_write(&run->own_trace, run->directory, error) || calibrated_copy(run->paths, run->directory, error) ||
        sum_copies(run, error) || write_variants(run, error) || write_workloads(run, error) ||
        write_run(run, false, error))
        return error->code;
    launch_init(&run->launch, run->paths, run->scratch, &run->modules);
    run->launch.quiet = run->options->quiet;
    struct exact_names names = {0};
    choose_exact(run, &names);
    if (optimiser_measure(run->directory, &run->launch, &run->modules, names.counted, run->options->quiet, error) ||
        exact_measure(run->directory, &run->launch, &run->modules, names.counted, names.stepped, run->options->quiet,
                      error) ||
        identical_measure(run->directory, &run->plan, &run->modules, error) || measure_heap(run, error) ||
        counters_measure(run->directory, &run->launch, &run->modules, names.counted, &run->events, run->seed,
                         run->options->quiet, error) ||
        reached_measure(run->directory, &run->launch, &run->plan, run->reached, run->chain, REACHED_PROCESSES,
                        run->seed, run->options->quiet, error) ||
        pilot(run, error) || foretell(run, error) || write_workloads(run, error) || write_batches(run, error) ||
        machine_write(run->directory, run->clock_step_ns, &run->before, error) || write_run(run, false, error) ||
        write_cells(run, error) || record_open(&run->record, run->directory, false, error))
        return error->code;
    return time_all(run, error);
}

/* What this program would measure now, beside what the directory says. */
static int check_resumed(struct run *run, struct error *error)
{
    const char *directory = run->directory;
    run->directory = run->scratch;
    if (write_run(run, false, error) == 0)
        write_panels(run, error);
    run->directory = directory;
    return error->code ? error->code : resume_compare(&run->resume, run->scratch, error);
}

/* Nobody changed what the run was begun with: the copies have the sums that run.csv records. */
static int check_copies(const struct run *run, struct error *error)
{
    const struct {
        const char *file, *key, *is;
    } copies[] = {{schema_claims.file, "claims_crc32", run->claims_crc32},
                  {schema_panels.file, "panels_crc32", run->panels_crc32},
                  {schema_calibration.file, "calibration_crc32", run->calibration_crc32},
                  {schema_trace.file, TRACE_CRC32_KEY, run->trace_crc32}};
    for (size_t i = 0; i < sizeof copies / sizeof copies[0] && error->code == 0; i++)
        resume_check_copy(&run->resume, copies[i].file, copies[i].key, copies[i].is, error);
    return error->code;
}

static int resume_into_directory(struct run *run, struct error *error)
{
    if (check_resumed(run, error) || sum_copies(run, error) || check_copies(run, error) ||
        resume_sweep(&run->resume, error) || resume_read_plan(&run->resume, &run->plan, run->batches, error))
        return error->code;
    if (!run->resume.planned) /* nothing was timed yet */
        return measure_into_directory(run, error);
    if (resume_mend(&run->resume, &run->plan, error))
        return error->code;
    run->timing.processes_run = run->resume.processes;
    run->timing.processes_void = run->resume.processes_void;
    run->probe_cycles = run->resume.probe_cycles;
    progress_say(&(struct progress){.quiet = run->options->quiet}, "%zu processes are there already",
                 run->resume.processes);
    launch_init(&run->launch, run->paths, run->scratch, &run->modules);
    run->launch.quiet = run->options->quiet;
    if (record_open(&run->record, run->directory, true, error))
        return error->code;
    return time_all(run, error);
}

static const char *const *list_or_null(const char *const *list)
{
    return list[0] ? list : NULL;
}

/* The options that the run was made with, for those that were not given again. */
static int open_resumed(struct run *run, struct run_options *options, struct error *error)
{
    const struct plan_selection *given = &options->selection;
    struct resume *resume = &run->resume;
    if (given->variants || given->workloads || given->baseline || given->states || given->threads || given->with_own ||
        options->events || options->out || options->trace || options->dry_run)
        return error_set(error, EXIT_USAGE,
                         "--resume: the run directory holds what was selected; leave out --variants, --workloads, "
                         "--baseline, --states, --threads, --with-own, --events, --trace, --out and --dry-run");
    if (paths_check_directory(options->resume, "a run directory", error) != 0 ||
        (run->held = run_directory_hold(options->resume, error)) < 0 ||
        resume_open(resume, options->resume, options->profile, options->processes, options->seed, error) != 0 ||
        resume_find_modules(resume, given->modules, error) != 0 ||
        resume_find_claims(resume, options->claims, error) != 0 ||
        resume_find_data(resume, options->data, error) != 0 || resume_ask_environment(resume, error) != 0)
        return error->code;
    options->profile = &resume->profile;
    options->processes = resume->asked_processes;
    options->command = resume->command;
    options->selection = (struct plan_selection){.variants = list_or_null(resume->variants),
                                                 .workloads = list_or_null(resume->workloads),
                                                 .modules = list_or_null(resume->modules),
                                                 .baseline = resume->baseline,
                                                 .with_own = resume->with_own,
                                                 .states = resume->states,
                                                 .threads = resume->threads};
    options->claims = resume->claims;
    options->data = resume->data;
    options->events = list_or_null(resume->events);
    run->seed = resume->seed;
    run->timing.look = resume->look;
    return 0;
}

/* Whether a name in the run directory is that of a file that a run writes, finished or not. */
static bool is_ours(const char *name)
{
    long writer;
    for (size_t i = 0; schema_tables[i]; i++)
        if (strcmp(name, schema_tables[i]->file) == 0 || csv_is_partial(name, schema_tables[i], &writer))
            return true;
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The directory was made by this run and no process was measured: nobody can use it, unless somebody put something else
 * there. */
static void remove_untimed(const char *path, struct error *error)
{
    const struct error before = *error;
    DIR *directory = opendir(path);
    bool ours = directory != NULL;
    for (const struct dirent *entry; ours && (entry = readdir(directory)) != NULL;)
        ours = is_ours(entry->d_name);
    if (directory)
        closedir(directory);
    if (ours)
        scratch_remove(path);
    *error = (struct error){0};
    error_set(error, before.code, "%.500s; nothing was timed; %.400s %s", before.message, path,
              access(path, F_OK) == 0 ? "cannot be analysed: remove it" : "is removed again");
}

static int measure_new(struct run *run, char *directory, struct error *error)
{
    own_trace_say(&run->own_trace, &(struct progress){.quiet = run->options->quiet});
    if (run->options->dry_run) {
        print_plan(run);
        return 0;
    }
    if (paths_make_new(run->paths, run->options->out, run->options->profile->name, directory, error) != 0)
        return error->code;
    run->made = true;
    if ((run->held = run_directory_hold(directory, error)) < 0)
        return error->code;
    progress_say(&(struct progress){.quiet = run->options->quiet}, "measuring into %s", directory);
    return measure_into_directory(run, error);
}

/* An interrupt ends whatever is under way, which then says so in its own words. */
static void say_stopped(const struct run *run, struct error *error)
{
    if (!process_stop_requested() || *run->directory == '\0')
        return;
    if (run->made && run->timing.processes_run == 0) { /* nothing is kept */
        error_set(error, EXIT_UNFIT, "stopped in the first process");
        return;
    }
    *error = (struct error){0};
    error_set(error, EXIT_UNFIT,
              "%s: stopped before the run was complete; what was measured is kept, and --resume goes on with it",
              run->directory);
}

int run_measure(const struct paths *paths, const struct run_options *options, char *directory, struct error *error)
{
    struct run_options own_options = *options;
    struct run run = {
        .own_paths = *paths, .options = &own_options, .directory = directory, .seed = options->seed, .held = -1};
    run.paths = &run.own_paths;
    directory[0] = '\0';
    uint64_t periods;
    machine_look("", 0, &run.before);
    machine_throttled_periods("", &periods, &run.throttled_before);
    if (options->resume) {
        snprintf(directory, PATH_MAX, "%s", options->resume);
        if (open_resumed(&run, &own_options, error) == 0 && prepare(&run, error) == 0)
            resume_into_directory(&run, error);
    } else {
        if (options->processes) {
            run.profile = profile_with_processes(options->profile, options->processes);
            own_options.profile = &run.profile;
        }
        if (run.seed == 0)
            run.seed = random_seed_from_clock();
        if (prepare(&run, error) == 0)
            measure_new(&run, directory, error);
    }
    if (!run.timing.complete)
        say_stopped(&run, error);
    else if (throttled_periods(&run) > 0)
        progress_say(&run.progress,
                     "a CPU quota stopped this run in %" PRIu64
                     " periods: its times are those of a quota; run outside of "
                     "it (a container: without --cpus)",
                     throttled_periods(&run));
    struct error closing = {0};
    if (run.record && record_close(run.record, &closing) != 0 && error->code == 0)
        *error = closing;
    if (run.made && error->code != 0 && run.timing.processes_run == 0)
        remove_untimed(directory, error);
    if (run.held >= 0)
        close(run.held);
    free(run.batches);
    csv_free(&run.known_batches);
    module_data_free(&run.data);
    own_trace_free(&run.own_trace);
    launch_free(&run.launch);
    resume_free(&run.resume);
    csv_free(&run.panels);
    csv_free(&run.claims);
    plan_free(&run.plan);
    module_set_free(&run.kernels);
    module_set_free(&run.modules);
    scratch_remove(run.scratch);
    return error->code;
}
