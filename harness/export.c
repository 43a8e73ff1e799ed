#include "export.h"

#include "csv.h"
#include "finished.h"
#include "paths.h"
#include "schema.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct exported {
    struct finished facts;
    struct csv_data workloads, processes, metrics;
};

/* Exact figures and the unit that benchstat knows them by, or that ours get. */
static const struct {
    const char *metric, *unit;
} exact_units[] = {
    {"allocations_per_op", "allocs/op"},       {"allocated_bytes_per_op", "B/op"},
    {"instructions_per_op", "instructions/op"}, {"struct_bytes", "struct-B"},
    {"struct_heap_bytes", "struct-heap-B"},
};
enum { EXACT_UNITS = sizeof exact_units / sizeof exact_units[0] };

enum export_format export_format_of(const char *name)
{
    return strcmp(name, "benchfmt") == 0 ? EXPORT_BENCHFMT : strcmp(name, "gbench") == 0 ? EXPORT_GBENCH : EXPORT_NONE;
}

/* ---- reading ---- */

static int read_run(struct exported *exported, const char *directory, struct error *error)
{
    if (finished_read(&exported->facts, directory, error) != 0)
        return error->code;
    if (!exported->facts.readable)
        return error_set(error, EXIT_USAGE, "%s: cannot be exported: %s", directory, exported->facts.reason);
    if (finished_read_table(directory, &schema_workloads, &exported->workloads, error) == 0 &&
        finished_read_table(directory, &schema_processes, &exported->processes, error) == 0)
        finished_read_table(directory, &schema_metrics, &exported->metrics, error);
    return error->code;
}

static void free_run(struct exported *exported)
{
    finished_free(&exported->facts);
    csv_free(&exported->workloads);
    csv_free(&exported->processes);
    csv_free(&exported->metrics);
}

/* ---- samples ---- */

static bool is_sample(const struct csv_data *processes, size_t row)
{
    return strcmp(csv_text(processes, row, SCHEMA_processes_role), "clock") != 0 &&
           strcmp(csv_text(processes, row, SCHEMA_processes_status), "ok") == 0 &&
           isfinite(csv_number(processes, row, SCHEMA_processes_time_ns_per_op));
}

/* Ops behind a sample: batches of the arm in kept blocks, two a block, times the ops of a batch. At least 1: both formats want a count. */
static int64_t operations(const struct exported *exported, size_t row)
{
    const size_t workload = csv_find(&exported->workloads, SCHEMA_workloads_workload,
                                     csv_text(&exported->processes, row, SCHEMA_processes_workload));
    const int64_t iterations = workload < exported->workloads.row_count
                                   ? csv_integer(&exported->workloads, workload, SCHEMA_workloads_iterations)
                                   : 0;
    const int64_t blocks = csv_integer(&exported->processes, row, SCHEMA_processes_blocks_kept);
    return iterations > 0 && blocks > 0 ? 2 * iterations * blocks : 1;
}

/* A part of a name: what would end it or begin another becomes '_'. */
static void put_part(FILE *stream, const char *text)
{
    for (; *text; text++)
        fputc(*text == ' ' || *text == '/' || *text == '=' ? '_' : *text, stream);
}

/* ---- benchfmt ---- */

static void put_configuration(FILE *stream, const struct exported *exported)
{
    static const char *const facts[][2] = {{"arch", "architecture"}, {"cpu", "cpu_model"}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (*finished_fact(&exported->facts.machine, facts[i][1]))
            fprintf(stream, "%s: %s\n", facts[i][0], finished_fact(&exported->facts.machine, facts[i][1]));
    fprintf(stream, "Unit ns/op better=lower\n");
    for (size_t i = 0; i < EXACT_UNITS; i++)
        fprintf(stream, "Unit %s better=lower assume=exact\n", exact_units[i].unit);
}

/* The last part never ends in digits. */
static void put_benchfmt_samples(FILE *stream, const struct exported *exported)
{
    const struct csv_data *processes = &exported->processes;
    char number[32];
    for (size_t r = 0; exported->facts.valid && r < processes->row_count; r++) {
        if (!is_sample(processes, r))
            continue;
        fputs("BenchmarkTime/workload=", stream);
        put_part(stream, csv_text(processes, r, SCHEMA_processes_workload));
        fputs("/variant=", stream);
        put_part(stream, csv_text(processes, r, SCHEMA_processes_variant));
        fputs("/panel=", stream);
        put_part(stream, csv_text(processes, r, SCHEMA_processes_panel));
        fputs("/role=", stream);
        put_part(stream, csv_text(processes, r, SCHEMA_processes_role));
        csv_format_number(number, sizeof number, csv_number(processes, r, SCHEMA_processes_time_ns_per_op));
        fprintf(stream, " %lld %s ns/op\n", (long long)operations(exported, r), number);
    }
}

/* A line for the exact figures that a variant has on a workload. */
static void put_benchfmt_exact(FILE *stream, const struct csv_data *metrics)
{
    for (size_t r = 0; r < metrics->row_count; r++) {
        const char *variant = csv_text(metrics, r, SCHEMA_metrics_variant);
        const char *workload = csv_text(metrics, r, SCHEMA_metrics_workload);
        if (r > 0 && strcmp(variant, csv_text(metrics, r - 1, SCHEMA_metrics_variant)) == 0 &&
            strcmp(workload, csv_text(metrics, r - 1, SCHEMA_metrics_workload)) == 0)
            continue;
        bool any = false;
        for (size_t i = r; i < metrics->row_count; i++) {
            if (strcmp(variant, csv_text(metrics, i, SCHEMA_metrics_variant)) != 0 ||
                strcmp(workload, csv_text(metrics, i, SCHEMA_metrics_workload)) != 0)
                break;
            for (size_t u = 0; u < EXACT_UNITS; u++) {
                char number[32];
                if (strcmp(csv_text(metrics, i, SCHEMA_metrics_metric), exact_units[u].metric) != 0 ||
                    strcmp(csv_text(metrics, i, SCHEMA_metrics_status), "exact") != 0)
                    continue;
                if (!any) {
                    fputs("BenchmarkExact/workload=", stream);
                    put_part(stream, workload);
                    fputs("/variant=", stream);
                    put_part(stream, variant);
                    fputs("/kind=exact 1", stream);
                }
                any = true;
                fprintf(stream, " %s %s",
                        csv_format_number(number, sizeof number, csv_number(metrics, i, SCHEMA_metrics_value)),
                        exact_units[u].unit);
            }
        }
        if (any)
            fputc('\n', stream);
    }
}

static int write_benchfmt(FILE *stream, const struct exported *exported, struct error *error)
{
    put_configuration(stream, exported);
    put_benchfmt_samples(stream, exported);
    put_benchfmt_exact(stream, &exported->metrics);
    return error->code;
}

/* ---- Google Benchmark's JSON ---- */

static void name_of(const struct csv_data *processes, size_t row, char *name, size_t name_bytes)
{
    snprintf(name, name_bytes, "%s/%s/%s/%s", csv_text(processes, row, SCHEMA_processes_workload),
             csv_text(processes, row, SCHEMA_processes_variant), csv_text(processes, row, SCHEMA_processes_panel),
             csv_text(processes, row, SCHEMA_processes_role));
}

static bool same_arm(const struct csv_data *processes, size_t one, size_t other)
{
    static const size_t key[] = {SCHEMA_processes_workload, SCHEMA_processes_variant, SCHEMA_processes_panel,
                                 SCHEMA_processes_role};
    for (size_t c = 0; c < sizeof key / sizeof key[0]; c++)
        if (strcmp(csv_text(processes, one, key[c]), csv_text(processes, other, key[c])) != 0)
            return false;
    return true;
}

static bool add_sample(cJSON *list, const struct exported *exported, size_t row, size_t family, size_t repetition,
                       size_t repetitions)
{
    char name[512];
    const double time_ns = csv_number(&exported->processes, row, SCHEMA_processes_time_ns_per_op);
    cJSON *object = cJSON_CreateObject();
    name_of(&exported->processes, row, name, sizeof name);
    /* What runs here is one pinned thread that never waits: its wall time is its time on the CPU. */
    const bool made = object && cJSON_AddStringToObject(object, "name", name) &&
                      cJSON_AddNumberToObject(object, "family_index", (double)family) &&
                      cJSON_AddNumberToObject(object, "per_family_instance_index", 0) &&
                      cJSON_AddStringToObject(object, "run_name", name) &&
                      cJSON_AddStringToObject(object, "run_type", "iteration") &&
                      cJSON_AddNumberToObject(object, "repetitions", (double)repetitions) &&
                      cJSON_AddNumberToObject(object, "repetition_index", (double)repetition) &&
                      cJSON_AddNumberToObject(object, "threads", 1) &&
                      cJSON_AddNumberToObject(object, "iterations", (double)operations(exported, row)) &&
                      cJSON_AddNumberToObject(object, "real_time", time_ns) &&
                      cJSON_AddNumberToObject(object, "cpu_time", time_ns) &&
                      cJSON_AddStringToObject(object, "time_unit", "ns");
    return made && cJSON_AddItemToArray(list, object);
}

/* The samples of an arm one after the other, as repetitions. */
static bool add_samples(cJSON *list, const struct exported *exported)
{
    const struct csv_data *processes = &exported->processes;
    size_t family = 0;
    for (size_t r = 0; exported->facts.valid && r < processes->row_count; r++) {
        size_t repetitions = 0, repetition = 0;
        bool before = !is_sample(processes, r);
        for (size_t i = 0; i < r && !before; i++)
            before = is_sample(processes, i) && same_arm(processes, i, r);
        if (before)
            continue;
        for (size_t i = r; i < processes->row_count; i++)
            repetitions += is_sample(processes, i) && same_arm(processes, i, r);
        for (size_t i = r; i < processes->row_count; i++)
            if (is_sample(processes, i) && same_arm(processes, i, r) &&
                !add_sample(list, exported, i, family, repetition++, repetitions))
                return false;
        family++;
    }
    return true;
}

static int write_gbench(FILE *stream, const struct exported *exported, struct error *error)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *context = root ? cJSON_AddObjectToObject(root, "context") : NULL;
    cJSON *list = root ? cJSON_AddArrayToObject(root, "benchmarks") : NULL;
    char *text = NULL;
    if (context && list && cJSON_AddStringToObject(context, "executable", "encbench") &&
        cJSON_AddStringToObject(context, "cpu_model", finished_fact(&exported->facts.machine, "cpu_model")) &&
        cJSON_AddStringToObject(context, "library_build_type", "release") && add_samples(list, exported))
        text = cJSON_Print(root);
    if (text)
        fprintf(stream, "%s\n", text);
    else
        error_set(error, EXIT_USAGE, "out of memory");
    cJSON_free(text);
    cJSON_Delete(root);
    return error->code;
}

/* ---- writing ---- */

/* Whole or not at all. */
static int write_file(const char *output, const char *text, size_t bytes, struct error *error)
{
    char partial[PATH_MAX];
    struct stat status;
    if (lstat(output, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, EXIT_USAGE, "%s: exists and is not a regular file; give --output another name", output);
    if (snprintf(partial, sizeof partial, "%s.%ld.partial", output, (long)getpid()) >= (int)sizeof partial)
        return error_set(error, EXIT_USAGE, "%.200s...: path too long", output);
    FILE *file = fopen(partial, "wxe");
    if (file == NULL)
        return error_set(error, EXIT_USAGE, "%s: cannot be written: %s", output, strerror(errno));
    bool written = fwrite(text, 1, bytes, file) == bytes && fflush(file) == 0 && fsync(fileno(file)) == 0;
    int why = errno;
    written = fclose(file) == 0 && written;
    if (written && rename(partial, output) == 0)
        return 0;
    why = written ? errno : why;
    unlink(partial);
    return error_set(error, EXIT_USAGE, "%s: cannot be written: %s", output, strerror(why));
}

int export_run(const char *directory, enum export_format format, const char *output, struct error *error)
{
    struct exported exported = {0};
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = NULL;
    if (read_run(&exported, directory, error) == 0 && (stream = open_memstream(&text, &bytes)) == NULL)
        error_set(error, EXIT_USAGE, "out of memory");
    if (stream) {
        format == EXPORT_GBENCH ? write_gbench(stream, &exported, error) : write_benchfmt(stream, &exported, error);
        if (fclose(stream) != 0)
            error_set(error, EXIT_USAGE, "out of memory");
    }
    if (error->code == 0 && output)
        write_file(output, text, bytes, error);
    else if (error->code == 0)
        fwrite(text, 1, bytes, stdout);
    if (error->code == 0 && !exported.facts.valid)
        error_set(error, EXIT_UNFIT, "%s: only exact figures were exported: %s", directory, exported.facts.reason);
    free(text);
    free_run(&exported);
    return error->code;
}
