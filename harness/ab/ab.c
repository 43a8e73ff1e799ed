#include "ab/ab.h"

#include "ab/compile.h"
#include "ab/print.h"
#include "ab/probe.h"
#include "analyse/analyse.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/scratch.h"
#include "base/text.h"
#include "module/data.h"
#include "run/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct ab {
    const struct ab_options *options;
    struct paths paths; /* as the run has them: panels and claims are ours */
    char scratch[PATH_MAX], directory[PATH_MAX];
    char data[PATH_MAX]; /* "": none */
    struct ab_sides sides;
    struct ab_inputs inputs;
    struct ab_table table;
    struct analyse_summary summary;
    double seconds; /* of the run */
};

/* Of a run that nobody keeps, what is kept of it is not said. */
static void forget_directory(const struct ab *ab, struct error *error)
{
    static const char *const about_it[] = {"; nothing was timed; ", "; what was measured is kept"};
    const size_t length = strlen(ab->directory);
    for (size_t i = 0; i < sizeof about_it / sizeof about_it[0]; i++) {
        char *at = strstr(error->message, about_it[i]);
        if (at)
            *at = '\0';
    }
    if (length == 0 || strncmp(error->message, ab->directory, length) != 0)
        return;
    memmove(error->message + strlen("ab"), error->message + length, strlen(error->message + length) + 1);
    memcpy(error->message, "ab", strlen("ab"));
}

/* People know the source, not what was made of it. */
static void name_sources(const struct ab *ab, struct error *error)
{
    if (ab->options->out == NULL)
        forget_directory(ab, error);
    for (size_t i = 0; i < ab->sides.count; i++) {
        const struct ab_side *side = &ab->sides.side[i];
        const size_t length = strlen(side->module);
        if (length == 0 || strncmp(side->module, ab->scratch, strlen(ab->scratch)) != 0)
            continue;
        for (char *at; (at = strstr(error->message, side->module)) != NULL;) {
            struct error named = *error;
            snprintf(named.message, sizeof named.message, "%.*s%s%s", (int)(at - error->message), error->message,
                     side->file, at + length);
            *error = named;
        }
    }
}

/* What is compiled is called by its label from here on, in run.csv too. */
static int name_modules(struct ab *ab, struct error *error)
{
    char directory[PATH_MAX], path[PATH_MAX], name[ENCBENCH_NAME_BYTES + 2];
    /* of their own: a label may be the name of anything that lies in the other */
    if (paths_join(directory, ab->scratch, "labelled", error) == 0 && mkdir(directory, 0700) != 0)
        error_set(error, EXIT_USAGE, "%s: %s", directory, strerror(errno));
    for (size_t i = 0; i < ab->sides.count && error->code == 0; i++) {
        struct ab_side *side = &ab->sides.side[i];
        snprintf(name, sizeof name, "%s.o", side->label);
        if (side->language == AB_BUILT || paths_join(path, directory, name, error) != 0)
            continue;
        if (rename(side->module, path) != 0)
            return error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
        snprintf(side->module, sizeof side->module, "%s", path);
    }
    return error->code;
}

static void list_modules(const struct ab *ab, const char *files[AB_SIDES_MAX + 1], const char *labels[AB_SIDES_MAX + 1])
{
    for (size_t i = 0; i < ab->sides.count; i++) {
        files[i] = ab->sides.side[i].module;
        labels[i] = ab->sides.side[i].label;
    }
    files[ab->sides.count] = labels[ab->sides.count] = NULL;
}

/* Long ops are announced with what they will take, and refused where that is too long. */
static int check_time(const struct ab *ab, const struct module_set *set, struct error *error)
{
    struct ab_probe probe;
    if (ab_probe(&probe, &ab->inputs, set, &ab->paths, ab->scratch, AB_LIMIT_S, error) != 0)
        return error->code;
    const char *workload = ab->inputs.row[probe.row].workload.short_name, *label = ab->sides.side[probe.side].label;
    if (probe.seconds > AB_LIMIT_S)
        return error_set(
            error, EXIT_USAGE,
            "workload %s: an op of %s takes %.2g s, and all of this some %.0f s or more; at most %d are allowed: "
            "make the op smaller, or choose others with --workloads",
            workload, label, probe.longest_s, probe.seconds, AB_LIMIT_S);
    if (probe.seconds > AB_SAID_S)
        progress_say(&(struct progress){.quiet = ab->options->quiet},
                     "encbench: workload %s: an op of %s takes %.2g s; all of this takes up to some %.0f s", workload,
                     label, probe.longest_s, probe.seconds);
    return 0;
}

/* What the modules say of themselves: labels, and the rows that they have in common. */
static int look_at_modules(struct ab *ab, struct error *error)
{
    const char *files[AB_SIDES_MAX + 1], *labels[AB_SIDES_MAX + 1];
    const double limit = ab->options->fail_if_slower_percent;
    struct module_set set;
    list_modules(ab, files, labels);
    if (module_set_load_sides(&ab->paths, files, NULL, ab->scratch, &set, error) == 0) {
        for (size_t i = 0; i < ab->sides.count; i++)
            snprintf(ab->sides.side[i].variant, ENCBENCH_NAME_BYTES, "%s", set.modules[i].variant);
        ab_sides_label(&ab->sides);
        for (size_t i = 0; i < ab->sides.count; i++)
            snprintf(set.modules[i].variant, ENCBENCH_NAME_BYTES, "%s", ab->sides.side[i].label);
        if (ab_inputs_make(&ab->inputs, &set, &ab->sides, ab->options->workloads, ab->options->states,
                           limit > 0 ? limit : AB_TOLERANCE_PERCENT, error) == 0 &&
            check_time(ab, &set, error) == 0)
            name_modules(ab, error);
    }
    module_set_free(&set);
    return error->code;
}

/* STEM.data beside a side as it was named: what is compiled lies elsewhere. */
static int find_data(struct ab *ab, struct error *error)
{
    const char *files[AB_SIDES_MAX + 1] = {NULL};
    struct module_data data;
    for (size_t i = 0; i < ab->sides.count; i++)
        files[i] = ab->sides.side[i].file;
    if (module_data_find(&data, ab->options->data, files, error) == 0) {
        snprintf(ab->data, sizeof ab->data, "%s", data.directory);
        if (*ab->data)
            snprintf(ab->paths.data, sizeof ab->paths.data, "%s", ab->data);
    }
    module_data_free(&data);
    return error->code;
}

static int prepare(struct ab *ab, struct error *error)
{
    const struct ab_options *options = ab->options;
    if (scratch_make(ab->scratch, error) != 0 || ab_sides_read(&ab->sides, options->sides, error) != 0)
        return error->code;
    const struct ab_compile compile = {.paths = &ab->paths,
                                       .scratch = ab->scratch,
                                       .cflags = options->cflags,
                                       .rustflags = options->rustflags,
                                       .ldlibs = options->ldlibs};
    if (ab_compile_all(&compile, &ab->sides, error) != 0)
        return error->code;
    if (ab->sides.count < 2)
        return error_set(error, EXIT_USAGE,
                         "%s: is one variant, and ab compares two; name another file, or the same with other flags: ab "
                         "'%s -O2' '%s -O3'",
                         ab->sides.side[0].file, ab->sides.side[0].file, ab->sides.side[0].file);
    if (paths_join(ab->paths.panels, ab->scratch, "panels.csv", error) != 0 ||
        paths_join(ab->paths.claims, ab->scratch, "claims.csv", error) != 0 ||
        /* a calibration knows workloads by their names, and is of other ones */
        paths_join(ab->paths.results, ab->scratch, "results", error) != 0 || find_data(ab, error) != 0 ||
        look_at_modules(ab, error) != 0)
        return error->code;
    return ab_inputs_write(&ab->inputs, &ab->sides, &ab->paths, error);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* On a terminal the run says how far it is, and nothing in a pipe. */
static bool is_quiet(const struct ab *ab)
{
    return ab->options->quiet || !isatty(STDERR_FILENO);
}

static int measure(struct ab *ab, struct error *error)
{
    const char *files[AB_SIDES_MAX + 1], *labels[AB_SIDES_MAX + 1];
    char own[PATH_MAX];
    if (paths_join(own, ab->scratch, "run", error) != 0)
        return error->code;
    list_modules(ab, files, labels);
    const struct run_options options = {.profile = profile_find(AB_PROFILE),
                                        .sides = files,
                                        .labels = labels,
                                        .data = *ab->data ? ab->data : NULL,
                                        .limit_s = AB_LIMIT_S,
                                        .seed = ab->options->seed,
                                        .out = ab->options->out ? ab->options->out : own,
                                        .command = ab->options->command,
                                        .quiet = is_quiet(ab)};
    const double before = now_s();
    run_measure(&ab->paths, &options, ab->directory, error);
    if (process_stop_requested()) { /* no run takes it up again: its modules are gone */
        *error = (struct error){0};
        return error_set(error, EXIT_UNFIT, "ab: stopped before there was a verdict%s%s",
                         ab->options->out && access(ab->options->out, F_OK) == 0 ? "; what was measured is in " : "",
                         ab->options->out && access(ab->options->out, F_OK) == 0 ? ab->options->out : "");
    }
    if (error->code != 0 || analyse_run(ab->directory, &ab->summary, error) != 0)
        return error->code;
    ab->seconds = now_s() - before;
    return 0;
}

static int print(const struct ab *ab, struct error *error)
{
    const int columns = text_terminal_columns(STDOUT_FILENO);
    const struct profile *profile = profile_find(AB_PROFILE);
    switch (ab->options->format) {
    case AB_CSV:
        return ab_print_csv(stdout, ab->directory, error);
    case AB_JSON:
        return ab_print_json(stdout, ab->directory, error);
    case AB_TEXT:
        break;
    }
    ab_print_text(stdout, &ab->table, &ab->sides, profile->look_count, ab->seconds, columns ? columns : AB_COLUMNS);
    return 0;
}

/* Nothing is left out without a word, and no trouble of the run. */
static void say_notes(const struct ab *ab)
{
    const struct progress notes = {.quiet = ab->options->quiet};
    const bool asked = ab->options->fail_if_slower_percent > 0; /* then it decides: said even when it should be quiet */
    if (ab->inputs.lacking > 0)
        progress_say(&(struct progress){.quiet = ab->options->quiet && !asked}, "encbench: not compared: %s%s",
                     ab->inputs.left_out, asked ? "; whether that is slower is not known" : "");
    if (*ab->summary.sick)
        progress_say(&notes, "encbench: %s", ab->summary.sick);
    if (analyse_trouble(&ab->summary))
        progress_say(&notes, "encbench: %s: %s", analyse_trouble(&ab->summary), ab->summary.reason);
}

int ab_run(const struct paths *paths, const struct ab_options *options, struct error *error)
{
    struct ab *ab = calloc(1, sizeof *ab);
    int code = EXIT_PASS;
    if (ab == NULL)
        return error_out_of_memory(error);
    ab->options = options;
    ab->paths = *paths;
    if (prepare(ab, error) == 0 && measure(ab, error) == 0 &&
        ab_table_read(&ab->table, &ab->inputs, &ab->sides, ab->directory, error) == 0 &&
        ab_table_write(&ab->table, ab->directory, error) == 0 && print(ab, error) == 0) {
        say_notes(ab);
        code = options->fail_if_slower_percent > 0 ? ab_table_judge(&ab->table, options->fail_if_slower_percent)
                                                   : analyse_exit(&ab->summary);
    }
    if (error->code != 0)
        name_sources(ab, error);
    scratch_remove(ab->scratch);
    ab_sides_free(&ab->sides);
    ab_inputs_free(&ab->inputs);
    free(ab);
    return error->code ? error->code : code;
}
