#include "present/scripts.h"

#include "base/process.h"
#include "base/text.h"
#include "present/pairs.h"
#include "schema.h"
#include "store/run_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool imports(const char *python)
{
    const char *const command[] = {python, "-c", "import matplotlib, jinja2; print(1)", NULL};
    char *text = process_output(command);
    const bool works = text && strcmp(text, "1") == 0;
    free(text);
    return works;
}

static const char *find_python(struct error *error)
{
    static const char *found;
    const char *const candidates[] = {getenv("ENCBENCH_PYTHON"), "python3", "/usr/bin/python3"};
    for (size_t i = 0; found == NULL && i < sizeof candidates / sizeof candidates[0]; i++)
        if (candidates[i] && *candidates[i] && imports(candidates[i]))
            found = candidates[i];
    if (found == NULL)
        error_set(error, EXIT_USAGE,
                  "no python3 with matplotlib and jinja2; install python3-matplotlib and python3-jinja2 or set "
                  "ENCBENCH_PYTHON");
    return found;
}

int present_check(const struct paths *paths, struct error *error)
{
    const char *const gnuplot[] = {"gnuplot", "--version", NULL};
    if (paths_check_directory(paths->plots, "the project's plots directory", error) != 0 || find_python(error) == NULL)
        return error->code;
    char *version = process_output(gnuplot);
    if (version == NULL)
        error_set(error, EXIT_USAGE, "gnuplot cannot be run; install gnuplot-nox");
    free(version);
    return error->code;
}

int present_check_output(const char *output, struct error *error)
{
    char directory[PATH_MAX];
    struct stat status;
    const char *slash = strrchr(output, '/');
    if (run_directory_check_output(output, error) != 0)
        return error->code;
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - output) + 1 : 1, slash ? output : ".");
    if (lstat(output, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, EXIT_USAGE,
                         "%s: exists and is not a regular file; it is not replaced: give --output another name",
                         output);
    if (access(directory, W_OK | X_OK) != 0)
        return error_set(error, EXIT_USAGE, "%s: cannot be written: %s: %s; give --output another name", output,
                         directory, strerror(errno));
    return 0;
}

static int run_script(const struct paths *paths, const char *script, const char *directory, const char *const more[],
                      struct error *error)
{
    const char *arguments[2 * PRESENT_BESIDE_MAX + 8] = {NULL}; /* the longest are those of a report */
    char path[PATH_MAX];
    const char *python = find_python(error);
    if (python == NULL || paths_join(path, paths->plots, script, error) != 0)
        return error->code;
    size_t count = 0;
    arguments[count++] = python;
    arguments[count++] = path;
    arguments[count++] = directory;
    while (more && *more && count + 1 < sizeof arguments / sizeof arguments[0])
        arguments[count++] = *more++;
    const struct process_options options = {.pass_fd = -1, .time_limit_s = 600};
    struct process_end end;
    char words[128];
    if (process_run(arguments, &options, &end, error) != 0)
        return error->code;
    if (end.status == EXIT_USAGE && !end.signal && !end.timed_out && !end.stopped) { /* it has said why */
        error->code = EXIT_USAGE;
        return EXIT_USAGE;
    }
    if (end.signal || end.status || end.timed_out || end.stopped)
        return error_set(error, EXIT_USAGE, "%s: plots/%s %s; its message is above", directory, script,
                         process_end_words(&end, words, sizeof words));
    return 0;
}

int present_figures(const struct paths *paths, const char *directory, struct error *error)
{
    return run_script(paths, "figures.py", directory, NULL, error);
}

int present_terminal(const struct paths *paths, const char *directory, struct error *error)
{
    return run_script(paths, "terminal.py", directory, NULL, error);
}

int present_report(const struct paths *paths, const char *directory, const char *output, const char *const beside[],
                   struct error *error)
{
    const char *more[2 * PRESENT_BESIDE_MAX + 4] = {"--output", output, "--say"};
    for (size_t i = 0, count = 3; beside[i] && i < PRESENT_BESIDE_MAX; i++) {
        more[count++] = "--beside";
        more[count++] = beside[i];
    }
    return run_script(paths, "report.py", directory, more, error);
}

int present_comparison(const struct paths *paths, const char *directory, struct error *error)
{
    return run_script(paths, "compare.py", directory, NULL, error);
}

int present_trend(const struct paths *paths, const char *directory, struct error *error)
{
    return run_script(paths, "trend.py", directory, NULL, error);
}

const char *present_colour(enum verdict verdict)
{
    static const enum text_colour colours[] = {[VERDICT_CONFIRMED] = TEXT_GREEN,
                                               [VERDICT_REFUTED] = TEXT_RED,
                                               [VERDICT_UNRESOLVED] = TEXT_YELLOW,
                                               [VERDICT_INVALID] = TEXT_RED};
    return text_colour(stdout, colours[verdict]);
}

static void print_count(const char *before, size_t count, enum verdict verdict)
{
    printf("%s%s%zu %s%s", before, count ? present_colour(verdict) : "", count, verdict_name(verdict),
           count ? text_colour(stdout, TEXT_PLAIN) : "");
}

bool present_has_parts(const struct analyse_summary *summary)
{
    return summary->confirmed + summary->refuted + summary->not_resolvable + summary->invalid + summary->not_measured >
           0;
}

int present_summary(const struct analyse_summary *summary, const char *directory, struct error *error)
{
    if (analyse_trouble(summary))
        printf("%s%s%s: %s\n", present_colour(summary->run_invalid ? VERDICT_INVALID : VERDICT_UNRESOLVED),
               analyse_trouble(summary), text_colour(stdout, TEXT_PLAIN), summary->reason);
    if (summary->edited[0])
        printf("%sedited%s since it was measured, and accepted: %s\n", present_colour(VERDICT_INVALID),
               text_colour(stdout, TEXT_PLAIN), summary->edited);
    if (summary->sick[0])
        printf("%ssick%s: %s\n", present_colour(VERDICT_INVALID), text_colour(stdout, TEXT_PLAIN), summary->sick);
    if (summary->unrecorded)
        printf("not known: whether its raw files are as measured; the run is older than recorded.csv\n");
    if (!present_has_parts(summary))
        return pairs_print(stdout, directory, text_terminal_columns(STDOUT_FILENO), error) ? error->code
                                                                                           : analyse_exit(summary);
    print_count("claim parts: ", summary->confirmed, VERDICT_CONFIRMED);
    print_count(", ", summary->refuted, VERDICT_REFUTED);
    print_count(", ", summary->not_resolvable, VERDICT_UNRESOLVED);
    print_count(", ", summary->invalid, VERDICT_INVALID);
    if (summary->not_measured > 0)
        printf(", %zu not measured", summary->not_measured);
    printf("\n");
    if (summary->not_resolvable > 0)
        printf("%s: %s\n", verdict_name(VERDICT_UNRESOLVED), summary->open);
    return analyse_exit(summary);
}
