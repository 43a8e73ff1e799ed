/*
 * encbench: the program. One row a verb; only this file prints errors and exits.
 */
#include "ab/ab.h"
#include "analyse/analyse.h"
#include "base/environment.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/text.h"
#include "calibrate/calibrate.h"
#include "compare/compare.h"
#include "gate/gate.h"
#include "launch/kept_job.h"
#include "module/link.h"
#include "module/provenance.h"
#include "options.h"
#include "present/doctor.h"
#include "present/explain.h"
#include "present/export.h"
#include "present/list.h"
#include "present/pairs.h"
#include "present/scripts.h"
#include "run/run.h"
#include "schema.h"
#include "store/recorded.h"
#include "store/run_directory.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const *list_or_null(const char *const *list)
{
    return list[0] ? list : NULL;
}

/* Somebody who set one of these may believe that it is measured with. */
static void say_kept_out(const struct options *options)
{
    const char *kept_out = environment_kept_out();
    if (*kept_out)
        progress_say(&(struct progress){.quiet = options->quiet}, "%s", kept_out);
}

/* A revision that git keeps to itself is not recorded; where there is none there is nothing to say. */
static void say_unknown_revision(const struct options *options, const struct paths *paths)
{
    char complaint[PROVENANCE_COMPLAINT_BYTES];
    if (paths->installed)
        return;
    provenance_git_complaint(paths->root, complaint);
    if (strstr(complaint, "safe.directory"))
        progress_say(&(struct progress){.quiet = options->quiet}, "the git revision is not recorded: %s", complaint);
}

static int measure(const struct options *options, const struct paths *paths, char *directory, struct error *error)
{
    const struct run_options run_options = {
        .profile = options->profile || options->resume ? options->profile : profile_find("default"),
        .processes = options->processes,
        .selection = {.variants = list_or_null(options->variants),
                      .workloads = list_or_null(options->workloads),
                      .modules = list_or_null(options->modules),
                      .baseline = options->baseline,
                      .with_own = options->with_own,
                      .states = options->states,
                      .threads = options->threads},
        .claims = options->claims,
        .data = options->data,
        .trace = options->trace,
        .events = list_or_null(options->events),
        .seed = options->seed,
        .out = options->out,
        .resume = options->resume,
        .command = options->command + (paths->installed ? strlen("./") : 0),
        .dry_run = options->dry_run,
        .quiet = options->quiet,
    };
    if (options->with_own && options->modules[0] == NULL && options->resume == NULL)
        return error_set(error, EXIT_USAGE, "--with-own goes with --module: without one encbench's own is what is run");
    say_kept_out(options);
    say_unknown_revision(options, paths);
    return run_measure(paths, &run_options, directory, error);
}

static int verb_list(const struct options *options, struct error *error)
{
    struct paths paths;
    if (options->with_own && options->modules[0] == NULL)
        return error_set(error, EXIT_USAGE, "list: --with-own goes with --module");
    if (options->list_tables + options->list_events + (options->modules[0] != NULL) > 1)
        return error_set(error, EXIT_USAGE, "list: --module, --tables and --events are three lists; give one of them");
    if (options->list_tables)
        return list_print_tables(options->format ? options->format : "text");
    if (options->format && strcmp(options->format, "markdown") == 0)
        return error_set(error, EXIT_USAGE, "list: --format markdown is for --tables only; expected text or csv");
    if (options->list_events)
        return list_print_events(options->csv);
    if (paths_find(&paths, error) != 0)
        return error->code;
    return list_print(&paths, list_or_null(options->modules), options->with_own, options->csv, error);
}

static int verb_run(const struct options *options, struct error *error)
{
    struct paths paths;
    char directory[PATH_MAX];
    if (paths_find(&paths, error) != 0 || measure(options, &paths, directory, error) != 0)
        return error->code;
    if (options->dry_run)
        return 0;
    printf("%s\n", directory);
    struct analyse_summary summary;
    if (analyse_look(directory, &summary, error) == 0 && analyse_exit(&summary) != 0)
        error_set(error, analyse_exit(&summary), "%s: %s: %s", directory, analyse_trouble(&summary), summary.reason);
    return error->code;
}

/* With --accept-edited. */
static int accept_edited(const struct options *options, struct error *error)
{
    size_t count;
    return options->accept_edited ? recorded_accept(options->directory, &count, error) : 0;
}

static int verb_analyse(const struct options *options, struct error *error)
{
    struct analyse_summary summary;
    if (accept_edited(options, error) != 0 || analyse_run(options->directory, &summary, error) != 0)
        return error->code;
    return present_summary(&summary, options->directory, error);
}

static int verb_explain(const struct options *options, struct error *error)
{
    struct paths paths;
    char directory[PATH_MAX];
    if (options->directory)
        return explain_print(options->claim, options->directory, options->all, error);
    if (paths_find(&paths, error) != 0 || explain_find_run(paths.results, directory, error) != 0)
        return error->code;
    return explain_print(options->claim, directory, options->all, error);
}

/* What gate --record wrote; a run has none. */
static bool trend_is_in(const char *directory)
{
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%.4000s/%s", directory, schema_trend.file);
    return access(path, F_OK) == 0;
}

static int verb_plot(const struct options *options, struct error *error)
{
    struct paths paths;
    struct analyse_summary summary;
    if (paths_find(&paths, error) != 0)
        return error->code;
    if (!options->terminal && trend_is_in(options->directory))
        return present_trend(&paths, options->directory, error);
    if (options->terminal && (run_directory_check_run(options->directory, error) != 0 ||
                              run_directory_check_version(options->directory, error) != 0 ||
                              analyse_check_directory(options->directory, error) != 0))
        return error->code;
    if (options->terminal)
        return present_terminal(&paths, options->directory, error);
    if (analyse_run(options->directory, &summary, error) != 0)
        return error->code;
    return present_figures(&paths, options->directory, error);
}

static int verb_report(const struct options *options, struct error *error)
{
    struct paths paths;
    struct analyse_summary summary;
    char directory[PATH_MAX], output[PATH_MAX];
    if (options->directory && options->measuring)
        return error_set(error, EXIT_USAGE,
                         "report: --%s says how to measure, but %s is measured already; leave out one",
                         options->measuring, options->directory);
    if (options->accept_edited && !options->directory)
        return error_set(error, EXIT_USAGE, "report: --accept-edited is about a run that is there; name its directory");
    if (paths_find(&paths, error) != 0 || present_check(&paths, error) != 0)
        return error->code;
    if (options->output && strlen(options->output) < sizeof output)
        strcpy(output, options->output);
    else if (options->output)
        error_set(error, EXIT_USAGE, "--output: longer than %zu bytes", sizeof output - 1);
    else
        snprintf(output, sizeof output, "%s", paths.report);
    if (error->code != 0 || present_check_output(output, error) != 0)
        return error->code;
    for (size_t i = 0; options->beside[i]; i++)
        if (run_directory_check_run(options->beside[i], error) != 0)
            return error->code;
    if (options->directory)
        snprintf(directory, sizeof directory, "%s", options->directory);
    else if (measure(options, &paths, directory, error) != 0 || options->dry_run)
        return error->code;
    if (accept_edited(options, error) != 0 || analyse_run(directory, &summary, error) != 0 ||
        present_figures(&paths, directory, error) != 0)
        return error->code;
    if (!present_has_parts(&summary) &&
        pairs_print(stdout, directory, text_terminal_columns(STDOUT_FILENO), error) != 0)
        return error->code;
    fflush(stdout); /* ahead of what the script says; a reader that has left is no reason to write no report */
    if (present_report(&paths, directory, output, options->beside, error) != 0)
        return error->code;
    return analyse_exit(&summary);
}

static int verb_calibrate(const struct options *options, struct error *error)
{
    struct paths paths;
    char directory[PATH_MAX];
    if (options->directory && options->measuring)
        return error_set(error, EXIT_USAGE,
                         "calibrate: --%s says how to measure, but %s is measured already; leave out one, or say "
                         "--resume %s to add to it",
                         options->measuring, options->directory, options->directory);
    if (options->directory)
        return calibrate_again(options->directory, list_or_null(options->reports), error);
    if (options->reports[0])
        return error_set(
            error, EXIT_USAGE,
            "calibrate: --reports goes with the directory of a calibration: calibrate DIR --reports %s,...",
            options->reports[0]);
    if (paths_find(&paths, error) != 0)
        return error->code;
    const struct calibrate_options calibrate_options = {
        .budget_minutes = options->budget_minutes > 0 ? options->budget_minutes : CALIBRATE_BUDGET_MINUTES,
        .workloads = list_or_null(options->workloads),
        .seed = options->seed,
        .out = options->out,
        .resume = options->resume,
        .fix_layout = options->fix_layout,
        .layouts = options->layouts,
        .command = options->command + (paths.installed ? strlen("./") : 0),
        .quiet = options->quiet,
    };
    say_kept_out(options);
    say_unknown_revision(options, &paths);
    if (calibrate_measure(&paths, &calibrate_options, directory, error) != 0)
        return error->code;
    printf("%s\n", directory);
    return 0;
}

static int verb_compare(const struct options *options, struct error *error)
{
    struct paths paths;
    char directory[PATH_MAX];
    if (paths_find(&paths, error) != 0 || present_check(&paths, error) != 0 ||
        compare_write(&paths, options->directories, options->out, directory, error) != 0 ||
        present_comparison(&paths, directory, error) != 0)
        return error->code;
    return 0;
}

static int verb_export(const struct options *options, struct error *error)
{
    if (options->format == NULL)
        return error_set(error, EXIT_USAGE, "export: expected --format benchfmt or --format gbench");
    return export_run(options->directory, export_format_of(options->format), options->output, error);
}

static int verb_gate(const struct options *options, struct error *error)
{
    const struct gate_options gate_options = {
        .base = options->base,
        .build = options->build,
        .modules = list_or_null(options->modules),
        .base_modules = list_or_null(options->base_modules),
        .variants = list_or_null(options->variants),
        .workloads = list_or_null(options->workloads),
        .since = options->since,
        .record = options->record,
        .seed = options->seed,
        .profile = options->profile,
        .out = options->out,
        .exact = options->exact,
        .bisect = options->bisect,
        .quiet = options->quiet,
    };
    struct paths paths;
    if (paths_find(&paths, error) != 0)
        return error->code;
    say_kept_out(options);
    return gate_run(&paths, &gate_options, error);
}

static int verb_ab(const struct options *options, struct error *error)
{
    const char *format = options->format ? options->format : "text";
    const struct ab_options ab_options = {
        .sides = options->directories,
        .workloads = list_or_null(options->workloads),
        .states = options->states,
        .cflags = options->cflags,
        .rustflags = options->rustflags,
        .ldlibs = options->ldlibs,
        .data = options->data,
        .fail_if_slower_percent = options->fail_if_slower_percent,
        .format = strcmp(format, "csv") == 0    ? AB_CSV
                  : strcmp(format, "json") == 0 ? AB_JSON
                                                : AB_TEXT,
        .seed = options->seed,
        .out = options->out,
        .command = options->command,
        .quiet = options->quiet,
    };
    struct paths paths;
    if (paths_find(&paths, error) != 0)
        return error->code;
    say_kept_out(options);
    return ab_run(&paths, &ab_options, error);
}

static int verb_doctor(const struct options *options, struct error *error)
{
    struct machine_facts facts;
    (void)error;
    machine_look_now(&facts);
    if (!options->quiet)
        doctor_print(stdout, &facts, text_terminal_columns(STDOUT_FILENO));
    return options->strict && !doctor_fit(&facts) ? EXIT_UNFIT : EXIT_PASS;
}

/* What is measured has it whatever the verb; what it does not have of the user's is said where something is measured.
 */
static int ask_environment(const struct options *options, struct error *error)
{
    char path[PATH_MAX];
    for (size_t i = 0; options->preloads[i]; i++)
        if (environment_find_preload(options->preloads[i], path, error) != 0 || layout_check_shared(path, error) != 0)
            return error->code;
    return environment_ask(options->preloads, options->variables, error);
}

static const struct verb verbs[] = {
    {"ab", "SIDE...", "sources, objects or modules against the first: compiled, measured, a verdict a workload",
     verb_ab},
    {"report", "[DIR]", "measure (unless DIR is given), analyse, plot and write REPORT.md", verb_report},
    {"run", "", "measure into a new run directory and print its name", verb_run},
    {"analyse", "DIR", "effects.csv, controls.csv, verdicts.csv and the like from the raw files", verb_analyse},
    {"explain", "WHAT [DIR]", "from a verdict (4 or 4d) or an effect (B/A/WORKLOAD) back to its rows", verb_explain},
    {"plot", "DIR", "figures of a run directory, or of what gate --record wrote", verb_plot},
    {"compare", "DIR DIR...", "runs side by side: ratios within each, verdicts, machines", verb_compare},
    {"calibrate", "[DIR]", "error rates of the harness here (of DIR: derived again)", verb_calibrate},
    {"gate", "", "is a tree worse than a base? (0 no, 1 yes, 3 unfit, 4 blind)", verb_gate},
    {"doctor", "", "the machine: ok, noisy or not visible, and what would mend it", verb_doctor},
    {"export", "DIR", "a run for benchstat or for Google Benchmark's compare.py", verb_export},
    {"list", "", "variants with their axes, workloads, metrics and claims", verb_list},
    {NULL, NULL, NULL, NULL},
};

/* `| head` has seen enough: no error. What had been written before it left is not known to errno any more. */
static bool reader_has_left(void)
{
    struct pollfd end = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&end, 1, 0) == 1 && (end.revents & POLLERR);
}

/* An error in one line; and how to run again what a worker died of, also where that is no error. */
static void print_trouble(const char *message)
{
    char words[sizeof((struct error *)NULL)->message + 3 * PATH_MAX];
    const char *again = kept_job_command();
    if (*message == '\0' && *again == '\0')
        return;
    snprintf(words, sizeof words, "%s%s%s%s", message, *message && *again ? "; " : "",
             *again ? "the worker that failed can be run again: " : "", again);
    const int at = fprintf(stderr, "encbench: ");
    text_print_words(stderr, words, at, 2, text_terminal_columns(STDERR_FILENO));
}

int main(int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    process_begin();
    const struct verb *verb =
        environment_begin(&error) == 0 ? options_parse(argc, argv, verbs, &options, &error) : NULL;
    const int code = verb && ask_environment(&options, &error) == 0 ? verb->function(&options, &error) : error.code;
    print_trouble(error.code != 0 ? error.message : ""); /* without one, a program of ours has said it */
    if ((fflush(stdout) != 0 || ferror(stdout)) && !reader_has_left()) {
        fprintf(stderr, "encbench: standard output cannot be written\n");
        return EXIT_USAGE;
    }
    return error.code != 0 ? error.code : code;
}
