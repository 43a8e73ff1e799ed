#include "calibrate/calibrate.h"

#include "base/process.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/scratch.h"
#include "calibrate/internal.h"
#include "kernels/kernels.h"
#include "launch/pilot.h"
#include "machine/machine.h"
#include "module/provenance.h"
#include "module/set.h"
#include "schema.h"
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

#define CALIBRATE_ANEW "calibrate anew without --resume, with --out another name or once this is moved away"

/* What is loaded to measure with, and where it goes. */
struct calibration {
    const struct paths *paths;
    const struct calibrate_options *options;
    const char *directory;
    char scratch[PATH_MAX], fingerprint[MACHINE_FINGERPRINT_BYTES];
    struct module_set modules, kernels;
    struct launch launch;
    struct csv_data facts; /* run.csv of a directory that is resumed */
    struct calibrate_cases cases;
    struct calibrate_campaign campaign;
    uint64_t seed;
    bool made; /* the directory, by this call */
    int held;  /* descriptor of the directory (run_directory_hold); -1: not held */
    double start_s;
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- what was measured with ---- */

static void put_workloads(struct csv_writer *writer, const char *const *workloads)
{
    char text[2048] = "";
    for (size_t i = 0; workloads && workloads[i]; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", workloads[i]);
    provenance_put(writer, "select_workloads", text);
}

static int write_facts(const struct calibration *calibration, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer;
    if (paths_join(path, calibration->directory, schema_run.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_run, CSV_REPLACE, error) != 0)
        return error->code;
    provenance_put_integer(writer, "schema_version", SCHEMA_VERSION);
    provenance_put(writer, "purpose", "calibration");
    provenance_put(writer, "command", calibration->options->command);
    provenance_put(writer, "fingerprint", calibration->fingerprint);
    provenance_put_integer(writer, "seed", (int64_t)calibration->seed);
    put_workloads(writer, calibration->options->workloads);
    provenance_write(writer, calibration->paths, &calibration->modules);
    return csv_writer_close(writer, error);
}

static const char *fact(const struct calibration *calibration, const char *key)
{
    return run_directory_fact(&calibration->facts, key);
}

static int differs(const struct calibration *calibration, const char *key, const char *was, const char *is,
                   struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s: cannot be resumed: %s was %.200s, now it is %.200s; " CALIBRATE_ANEW,
                     calibration->directory, key, *was ? was : "absent", *is ? is : "absent");
}

/* Trials of two programs or machines would be mixed: all that decides what is measured must be what it was. */
static int compare_facts(struct calibration *calibration, struct error *error)
{
    struct csv_data now = {0};
    char path[PATH_MAX];
    const char *directory = calibration->directory;
    calibration->directory = calibration->scratch;
    if (write_facts(calibration, error) == 0 && paths_join(path, calibration->scratch, schema_run.file, error) == 0)
        csv_read(path, &schema_run, &now, error);
    calibration->directory = directory;
    for (size_t row = 0; row < now.row_count && error->code == 0; row++) {
        const char *key = csv_text(&now, row, SCHEMA_run_key), *is = csv_text(&now, row, SCHEMA_run_value);
        const size_t length = strlen(key);
        const bool hash = length > 7 && strcmp(key + length - 7, "_sha256") == 0 && strcmp(key, "claims_sha256") != 0;
        if ((hash || strcmp(key, "module_abi_version") == 0) && strcmp(fact(calibration, key), is) != 0)
            differs(calibration, key, fact(calibration, key), is, error);
    }
    csv_free(&now);
    return error->code;
}

/* ---- the directory ---- */

static int make_directory(struct calibration *calibration, char *directory, struct error *error)
{
    if (calibration->options->out)
        snprintf(directory, PATH_MAX, "%s", calibration->options->out);
    else
        snprintf(directory, PATH_MAX, "%.3900s/calibration/%s", calibration->paths->results, calibration->fingerprint);
    if (paths_make_parents(directory) != 0)
        return error_set(error, EXIT_USAGE,
                         "%s: its parent cannot be made: %s; give --out a directory that can be written", directory,
                         strerror(errno));
    if (mkdir(directory, 0777) == 0) {
        calibration->made = true;
        calibration->held = run_directory_hold(directory, error);
        return error->code;
    }
    return error_set(error, EXIT_USAGE,
                     errno == EEXIST ? "%s: %s; add trials to it with --resume, give --out another name, or remove it"
                                     : "%s: cannot be made: %s; give --out a directory that can be written",
                     directory, strerror(errno));
}

/* What the directory holds decides; what is given again must agree. */
static int open_resumed(struct calibration *calibration, struct error *error)
{
    const struct calibrate_options *options = calibration->options;
    char path[PATH_MAX], version[16], seed[32];
    if (options->workloads || options->out || options->fix_layout || options->layouts)
        return error_set(error, EXIT_USAGE,
                         "--resume: the directory holds what was selected; leave out --workloads, --out, --fix-layout "
                         "and --layouts");
    if (calibrate_read_cases(&calibration->cases, calibration->directory, error) != 0 ||
        paths_join(path, calibration->directory, schema_run.file, error) != 0 ||
        csv_read(path, &schema_run, &calibration->facts, error) != 0 ||
        provenance_ask_environment(&calibration->facts, error) != 0)
        return error->code;
    machine_fingerprint(calibration->fingerprint); /* in the environment of the trials that are there */
    snprintf(version, sizeof version, "%d", SCHEMA_VERSION);
    if (strcmp(fact(calibration, "schema_version"), version) != 0)
        return differs(calibration, "schema_version", fact(calibration, "schema_version"), version, error);
    if (strcmp(fact(calibration, "fingerprint"), calibration->fingerprint) != 0)
        return differs(calibration, "the machine's fingerprint", fact(calibration, "fingerprint"),
                       calibration->fingerprint, error);
    calibration->seed = strtoull(fact(calibration, "seed"), NULL, 10);
    snprintf(seed, sizeof seed, "%" PRIu64, options->seed);
    if (options->seed && options->seed != calibration->seed)
        return differs(calibration, "seed", fact(calibration, "seed"), seed, error);
    if (calibration->seed == 0)
        return error_set(error, EXIT_USAGE, "%s: seed \"%s\" is no number above 0; " CALIBRATE_ANEW, path,
                         fact(calibration, "seed"));
    return 0;
}

/* ---- loading ---- */

static int load(struct calibration *calibration, struct error *error)
{
    if (scratch_make(calibration->scratch, error) != 0 ||
        module_set_load_kernels(calibration->paths, calibration->scratch, &calibration->kernels, error) != 0)
        return error->code;
    return module_set_load_built(calibration->paths, NULL, &(struct module_asked){.all = true}, calibration->scratch,
                                 &calibration->modules, error);
}

static int make_cases(struct calibration *calibration, struct calibrate_cases *cases,
                      const struct calibrate_options *options, struct error *error)
{
    const struct calibrate_sources sources = {
        .paths = calibration->paths,
        .options = options,
        .modules = &calibration->modules,
        .chain = module_set_find_kernel(calibration->paths, &calibration->kernels, CHAIN_VARIANT, error),
        .truth = module_set_find_kernel(calibration->paths, &calibration->kernels, TRUTH_VARIANT, error)};
    return error->code ? error->code : calibrate_cases_make(cases, &sources, error);
}

static bool same_case(const struct calibrate_case *one, const struct calibrate_case *other)
{
    bool same = one->purpose == other->purpose && strcmp(one->design, other->design) == 0 &&
                one->pair_count == other->pair_count;
    for (size_t p = 0; p < one->pair_count && same; p++)
        same = strcmp(one->pairs[p].contender, other->pairs[p].contender) == 0;
    return same;
}

/* Options as they were given, from the designs and the selection that the directory has. */
static int resumed_options(const struct calibration *calibration, struct calibrate_options *options, char *names,
                           size_t names_bytes, const char **list, size_t list_count)
{
    size_t count = 0;
    bool fresh = false;
    snprintf(names, names_bytes, "%s", fact(calibration, "select_workloads"));
    for (char *word, *rest = names; (word = strsep(&rest, " ")) != NULL && count + 1 < list_count;)
        if (*word)
            list[count++] = word;
    options->workloads = count ? list : NULL;
    for (size_t c = 0; c < calibration->cases.count; c++)
        fresh = fresh || strcmp(calibration->cases.cases[c].design, CALIBRATE_FRESH) == 0;
    for (size_t c = 0; c < calibration->cases.count && !fresh; c++) {
        unsigned layouts = 0;
        if (strcmp(calibration->cases.cases[c].design, CALIBRATE_FIXED) == 0)
            options->fix_layout = true;
        else if (sscanf(calibration->cases.cases[c].design, CALIBRATE_FEW, &layouts) == 1)
            options->layouts = layouts;
    }
    return 0;
}

/* The cases of the directory get the cells that this program makes for them. */
static int adopt_cases(struct calibration *calibration, struct error *error)
{
    struct calibrate_options options = *calibration->options;
    struct calibrate_cases *made = calloc(1, sizeof *made);
    const char *list[64] = {NULL};
    char names[2048];
    if (made == NULL)
        return error_out_of_memory(error);
    resumed_options(calibration, &options, names, sizeof names, list, sizeof list / sizeof list[0]);
    if (make_cases(calibration, made, &options, error) == 0 && made->count != calibration->cases.count)
        error_set(error, EXIT_USAGE, "%s: has %zu cases, this program makes %zu of them; " CALIBRATE_ANEW,
                  calibration->directory, calibration->cases.count, made->count);
    for (size_t c = 0; c < made->count && error->code == 0; c++) {
        struct calibrate_case *kase = &calibration->cases.cases[c];
        if (!same_case(kase, &made->cases[c])) {
            error_set(error, EXIT_USAGE, "%s: case %zu is %s, this program makes it %s; " CALIBRATE_ANEW,
                      calibration->directory, c, kase->pairs[0].contender, made->cases[c].pairs[0].contender);
            break;
        }
        for (size_t p = 0; p < kase->pair_count; p++) {
            kase->pairs[p].baseline_arm = made->cases[c].pairs[p].baseline_arm;
            kase->pairs[p].contender_arm = made->cases[c].pairs[p].contender_arm;
        }
        kase->set_layouts = made->cases[c].set_layouts;
        kase->cell = made->cases[c].cell;
        made->cases[c].cell = NULL;
        calibrate_case_apply(kase);
    }
    calibrate_cases_free(made);
    free(made);
    return error->code;
}

/* Where the numbers go on, and what the cases have had. */
static int count_done(struct calibration *calibration, struct error *error)
{
    struct calibrate_campaign *campaign = &calibration->campaign;
    struct calibrate_data data = {0};
    char path[PATH_MAX];
    size_t cut_bytes;
    if (paths_join(path, calibration->directory, schema_calibration_processes.file, error) != 0)
        return error->code;
    if (access(path, F_OK) == 0 &&
        csv_cut_tail(path, &schema_calibration_processes, NULL, NULL, &cut_bytes, error) != 0)
        return error->code;
    calibrate_data_read(&data, calibration->directory, error);
    for (size_t r = 0; r < data.row_count; r++) {
        const struct calibrate_row *row = &data.rows[r];
        campaign->next_process = row->process + 1;
        if (row->set >= campaign->next_set)
            campaign->next_set = row->set + 1;
        if (row->pair == 0)
            campaign->case_spent_s[row->kase] += row->wall_ms / 1e3;
    }
    progress_say(&(struct progress){.quiet = calibration->options->quiet}, "%" PRId64 " processes are there already",
                 campaign->next_process);
    calibrate_data_free(&data);
    return error->code;
}

/* ---- the whole ---- */

/* A calibration that was copied, or came with a checkout, is without its processes: deriving would empty its figures.
 */
static int check_derivable(const char *directory, struct error *error)
{
    char figures[PATH_MAX], processes[PATH_MAX];
    if (paths_join(figures, directory, schema_calibration.file, error) != 0 ||
        paths_join(processes, directory, schema_calibration_processes.file, error) != 0)
        return error->code;
    if (access(processes, F_OK) == 0 || access(figures, F_OK) != 0)
        return 0;
    return error_set(
        error, EXIT_USAGE,
        "%s: missing, so that %s cannot be derived again; nothing was changed: keep that file, or " CALIBRATE_ANEW,
        processes, schema_calibration.file);
}

static int derive(const char *directory, struct error *error)
{
    struct calibrate_data data = {0};
    struct calibrate_figures figures = {0};
    if (calibrate_data_read(&data, directory, error) == 0 && calibrate_derive(&data, &figures, error) == 0 &&
        calibrate_add_instructions(&figures, directory, error) == 0 &&
        calibrate_add_states(&figures, directory, error) == 0 &&
        calibrate_add_reports(&figures, directory, error) == 0 &&
        calibrate_write_figures(&figures, directory, error) == 0)
        calibrate_print(&figures);
    calibrate_figures_free(&figures);
    calibrate_data_free(&data);
    return error->code;
}

int calibrate_again(const char *directory, const char *const *reports, struct error *error)
{
    if (run_directory_check_version(directory, error) != 0 || check_derivable(directory, error) != 0)
        return error->code;
    if (reports && calibrate_take_reports(reports, directory, error) != 0)
        return error->code;
    return derive(directory, error);
}

/* Numbers of pilot processes that no other pilot of a calibration has. */
#define BATCHES_FIRST (1ull << 34)

static bool is_first_of_workload(const struct plan *plan, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(plan->cells[i].workload, plan->cells[index].workload) == 0)
            return false;
    return true;
}

static int put_batch(struct csv_writer *writer, const struct calibration *calibration, const struct plan_cell *cell,
                     uint64_t first, struct error *error)
{
    struct pilot_figures figures;
    if (pilot_measure(&calibration->launch, cell, first, PILOT_PROCESSES, calibration->seed, &figures, error) != 0)
        return error->code;
    const struct pilot_batch batch = pilot_choose(cell, &figures);
    csv_put_text(writer, cell->workload);
    csv_put_integer(writer, (int64_t)batch.iterations);
    csv_put_integer(writer, (int64_t)batch.rewarm_iterations);
    csv_put_text(writer, batch.settled ? "settled" : "not settled");
    csv_end_row(writer);
    return 0;
}

/* n is part of what an op is: kept for every workload of every panel (of the selected ones), so that the runs of this
 * machine have the same. */
static int write_batches(struct calibration *calibration, struct error *error)
{
    const struct plan_selection selection = {.workloads = calibration->options->workloads, .effort = PROFILE_WIDE};
    struct csv_data panels = {0};
    struct plan plan = {0};
    struct csv_writer *writer = NULL;
    struct progress progress;
    char path[PATH_MAX];
    if (csv_read(calibration->paths->panels, &schema_panels, &panels, error) == 0 &&
        plan_build(&plan, &panels, &calibration->modules,
                   module_set_find_kernel(calibration->paths, &calibration->kernels, CHAIN_VARIANT, error), &selection,
                   error) == 0 &&
        paths_join(path, calibration->directory, schema_calibration_batches.file, error) == 0)
        csv_writer_open(&writer, path, &schema_calibration_batches, CSV_REPLACE, error);
    progress_start(&progress, "sizes of batches", plan.cell_count, calibration->options->quiet);
    for (size_t i = 0; i < plan.cell_count && error->code == 0; i++) {
        if (is_first_of_workload(&plan, i))
            put_batch(writer, calibration, &plan.cells[i], BATCHES_FIRST + i * PILOT_PROCESSES, error);
        progress_step(&progress);
    }
    progress_end(&progress);
    struct error closing = {0};
    if (writer && csv_writer_close(writer, &closing) != 0 && error->code == 0)
        *error = closing;
    plan_free(&plan);
    csv_free(&panels);
    return error->code;
}

/* Nothing else was asked for. */
static bool is_ablation(const struct calibrate_options *options)
{
    return options->fix_layout || options->layouts;
}

static int begin_new(struct calibration *calibration, char *directory, struct error *error)
{
    calibration->seed = calibration->options->seed ? calibration->options->seed : random_seed_from_clock();
    if (load(calibration, error) != 0 ||
        make_cases(calibration, &calibration->cases, calibration->options, error) != 0 ||
        make_directory(calibration, directory, error) != 0 || write_facts(calibration, error) != 0 ||
        machine_write(directory, 0, NULL, error) != 0)
        return error->code;
    launch_init(&calibration->launch, calibration->paths, calibration->scratch, &calibration->modules);
    calibration->launch.quiet = calibration->options->quiet;
    const struct module_info *reached =
        module_set_find_kernel(calibration->paths, &calibration->kernels, REACHED_VARIANT, error);
    const struct module_info *chain =
        module_set_find_kernel(calibration->paths, &calibration->kernels, CHAIN_VARIANT, error);
    if (error->code != 0 || write_batches(calibration, error) != 0 ||
        (!is_ablation(calibration->options) &&
         calibrate_states(&calibration->launch, reached, chain, calibration->options, calibration->seed, directory,
                          error) != 0) ||
        calibrate_cases_pilot(&calibration->cases, &calibration->launch, calibration->seed, error) != 0)
        return error->code;
    return calibrate_write_cases(&calibration->cases, directory, error);
}

static int begin_resumed(struct calibration *calibration, struct error *error)
{
    if (open_resumed(calibration, error) != 0 ||
        (calibration->held = run_directory_hold(calibration->directory, error)) < 0 || load(calibration, error) != 0 ||
        compare_facts(calibration, error) != 0 || adopt_cases(calibration, error) != 0 ||
        count_done(calibration, error) != 0)
        return error->code;
    launch_init(&calibration->launch, calibration->paths, calibration->scratch, &calibration->modules);
    calibration->launch.quiet = calibration->options->quiet;
    return 0;
}

static int measure_and_derive(struct calibration *calibration, struct error *error)
{
    struct calibrate_campaign *campaign = &calibration->campaign;
    campaign->launch = &calibration->launch;
    campaign->cases = &calibration->cases;
    campaign->seed = calibration->seed;
    campaign->directory = calibration->directory;
    campaign->budget_s = 60 * calibration->options->budget_minutes;
    campaign->spent_s = now_s() - calibration->start_s;
    campaign->quiet = calibration->options->quiet;
    progress_say(&(struct progress){.quiet = campaign->quiet}, "calibrating into %s", calibration->directory);
    struct error measuring = {0};
    if (calibrate_campaign_run(campaign, &measuring) == 0)
        calibrate_instructions(&calibration->launch, &calibration->cases.cases[0].cell->arms[0], calibration->directory,
                               campaign->quiet, &measuring);
    if (measuring.code == 0 || measuring.code == EXIT_UNFIT)
        derive(calibration->directory, error);
    if (measuring.code != 0)
        *error = measuring;
    return error->code;
}

/* Nothing was measured into it: nobody can use it. */
static void remove_unmeasured(const struct calibration *calibration)
{
    if (calibration->made && calibration->campaign.next_process == 0)
        scratch_remove(calibration->directory);
}

static void say_stopped(const struct calibration *calibration, struct error *error)
{
    *error = (struct error){0};
    if (calibration->campaign.next_process == 0)
        error_set(error, EXIT_UNFIT, "stopped before the first process; nothing is kept");
    else
        error_set(error, EXIT_UNFIT,
                  "%s: stopped before the budget was spent; what was measured is kept, and --resume goes on with it",
                  calibration->directory);
}

int calibrate_measure(const struct paths *paths, const struct calibrate_options *options, char *directory,
                      struct error *error)
{
    struct calibration *calibration = calloc(1, sizeof *calibration);
    if (calibration == NULL)
        return error_out_of_memory(error);
    calibration->paths = paths;
    calibration->options = options;
    calibration->directory = directory;
    calibration->start_s = now_s();
    calibration->held = -1;
    machine_fingerprint(calibration->fingerprint);
    directory[0] = '\0';
    if (options->resume)
        snprintf(directory, PATH_MAX, "%s", options->resume);
    if ((options->resume ? begin_resumed(calibration, error) : begin_new(calibration, directory, error)) == 0)
        measure_and_derive(calibration, error);
    if (process_stop_requested() && (error->code == 0 || error->code == EXIT_UNFIT))
        say_stopped(calibration, error);
    remove_unmeasured(calibration);
    if (calibration->held >= 0)
        close(calibration->held);
    launch_free(&calibration->launch);
    calibrate_cases_free(&calibration->cases);
    csv_free(&calibration->facts);
    module_set_free(&calibration->kernels);
    module_set_free(&calibration->modules);
    scratch_remove(calibration->scratch);
    free(calibration);
    return error->code;
}

/* ---- into a run ---- */
