/*
 * The timing lane by hand, for its tests: gate_time_driver BASE [KEY=VALUE...]. BASE is a directory of built modules;
 * head are those beside this program. Keys: preload, variants, workloads (names separated by commas), planted, seed,
 * processes, ms, identical, allow (a gate-allow.csv). Prints a line a row and one of the outcome, and exits with it.
 */
#include "base/environment.h"
#include "base/process.h"
#include "base/scratch.h"
#include "gate/time.h"
#include "run/run.h"
#include "schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { NAMES_MAX = 32 };

static struct csv_data allow, earlier; /* nothing declared earlier */
static const char *variants[NAMES_MAX + 1], *workloads[NAMES_MAX + 1];

static void split(char *list, const char **names)
{
    size_t count = 0;
    for (char *name; count < NAMES_MAX && (name = strsep(&list, ",")) != NULL;)
        names[count++] = name;
}

static void take(struct gate_time_options *options, char *argument)
{
    char *value = strchr(argument, '=');
    if (value == NULL)
        exit(EXIT_USAGE);
    *value++ = '\0';
    if (strcmp(argument, "preload") == 0) {
        struct error error = {0};
        if (environment_ask((const char *const[]){value, NULL}, NULL, &error) != 0)
            exit(EXIT_USAGE);
    } else if (strcmp(argument, "variants") == 0) {
        split(value, variants);
        options->variants = variants;
    } else if (strcmp(argument, "workloads") == 0) {
        split(value, workloads);
        options->workloads = workloads;
    } else if (strcmp(argument, "planted") == 0) {
        options->planted = value;
    } else if (strcmp(argument, "seed") == 0) {
        options->seed = strtoull(value, NULL, 10);
    } else if (strcmp(argument, "processes") == 0) {
        options->processes = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(argument, "ms") == 0) {
        options->process_ms = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(argument, "identical") == 0) {
        options->time_identical = strcmp(value, "yes") == 0;
    } else if (strcmp(argument, "allow") == 0) {
        struct error error = {0};
        if (csv_read(value, &schema_gate_allow, &allow, &error) != 0)
            exit(EXIT_USAGE);
        options->allow = &allow;
    } else {
        exit(EXIT_USAGE);
    }
}

static void print_row(const struct gate_time_row *row)
{
    printf("%s\t%s\t%s\t%s", row->plant ? row->plant : "pair", row->head->variant, row->head_workload->short_name,
           gate_time_row_word(row));
    for (size_t p = 0; p < row->pass_count; p++)
        printf("\t%+.2f %% [%+.2f; %+.2f] threshold %.2f of %zu", 100 * row->passes[p].slow_down,
               100 * row->passes[p].interval.low, 100 * row->passes[p].interval.high, 100 * row->passes[p].threshold,
               row->passes[p].processes);
    printf("\t%s\n", row->reason);
}

static int load(struct module_set *set, const char *directory, const struct paths *paths, const char *scratch,
                const char *name, struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, scratch, name, error) != 0 || mkdir(path, 0700) != 0)
        return error_set(error, EXIT_USAGE, "no scratch");
    return module_set_load(set, directory, NULL, NULL, path, paths->worker, error);
}

static int run_lane(struct gate_time_options *options, const char *base_directory, const struct paths *paths,
                    const char *scratch, struct error *error)
{
    struct module_set base = {0}, head = {0}, kernels = {0};
    struct gate_time lane = {0};
    int outcome = EXIT_USAGE;
    options->paths = paths;
    options->scratch = scratch;
    options->base = &base;
    options->head = &head;
    options->kernels = &kernels;
    if (load(&base, base_directory, paths, scratch, "base", error) == 0 &&
        load(&head, paths->modules, paths, scratch, "head", error) == 0 &&
        module_set_load_kernels(paths, scratch, &kernels, error) == 0 && gate_time_run(&lane, options, error) == 0) {
        for (size_t r = 0; r < lane.row_count; r++)
            print_row(&lane.rows[r]);
        if (lane.one_layout[0])
            printf("one layout\t%s\n", lane.one_layout);
        if (lane.not_in_panels[0])
            printf("not in panels\t%s\n", lane.not_in_panels);
        printf("outcome\t%d\t%s\t%zu of %zu processes void\t%.0f s of %.0f\n", lane.outcome, lane.why,
               lane.processes_void, lane.processes, lane.spent_s, lane.expected_s);
        outcome = lane.outcome;
    }
    gate_time_free(&lane);
    module_set_free(&kernels);
    module_set_free(&head);
    module_set_free(&base);
    return outcome;
}

int main(int argc, char **argv)
{
    struct gate_time_options options = {.seed = 1, .earlier = &earlier};
    struct paths paths;
    struct error error = {0};
    char scratch[PATH_MAX];
    int outcome = EXIT_USAGE;
    process_begin();
    if (argc < 2)
        return EXIT_USAGE;
    for (int i = 2; i < argc; i++)
        take(&options, argv[i]);
    if (paths_find(&paths, &error) == 0 && scratch_make(scratch, &error) == 0) {
        outcome = run_lane(&options, argv[1], &paths, scratch, &error);
        scratch_remove(scratch);
    }
    csv_free(&allow);
    if (error.code == 0)
        return outcome;
    fprintf(stderr, "gate_time_driver: %s\n", error.message);
    return error.code;
}
