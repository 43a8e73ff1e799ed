#include "present/export.h"

#include "analyse/analyse.h"
#include "base/paths.h"
#include "schema.h"
#include "store/csv.h"
#include "store/run_directory.h"

#include <cjson/cJSON.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One arm in one process; the strings are of its row. */
struct sample {
    const char *workload, *panel, *variant, *role;
    int rank; /* of the role */
    size_t row;
};

struct exported {
    struct run_directory facts;
    char blind[320]; /* why some times were left out; "" when none were */
    bool unfit;      /* of what decides claims */
    struct csv_data workloads, processes, metrics;
    struct sample *samples; /* arms together, the baseline of a panel first */
    size_t sample_count;
};

/* Exact figures and the unit that benchstat knows them by, or that ours get. */
static const struct {
    const char *metric, *unit;
} exact_units[] = {
    {"allocations_per_op", "allocs/op"},        {"allocated_bytes_per_op", "B/op"},
    {"instructions_per_op", "instructions/op"}, {"struct_bytes", "struct-B"},
    {"struct_heap_bytes", "struct-heap-B"},
};
enum { EXACT_UNITS = sizeof exact_units / sizeof exact_units[0] };

enum export_format export_format_of(const char *name)
{
    return strcmp(name, "benchfmt") == 0 ? EXPORT_BENCHFMT : strcmp(name, "gbench") == 0 ? EXPORT_GBENCH : EXPORT_NONE;
}

/* ---- samples ---- */

/* Baselines first: benchstat compares with the first it meets. */
static int rank_of(const char *role)
{
    static const char *const roles[] = {"baseline", "contender", "twin", "planted"};
    int rank = 0;
    while (rank < (int)(sizeof roles / sizeof roles[0]) && strcmp(role, roles[rank]) != 0)
        rank++;
    return rank;
}

/* Baseline and contender are one word, or no row of either tool would hold both. */
static const char *role_word(const struct sample *sample)
{
    return sample->rank <= 1 ? "compared" : sample->role;
}

static bool same_arm(const struct sample *one, const struct sample *other)
{
    return strcmp(one->workload, other->workload) == 0 && strcmp(one->panel, other->panel) == 0 &&
           one->rank == other->rank && strcmp(one->variant, other->variant) == 0;
}

static int compare_samples(const void *one, const void *other)
{
    const struct sample *a = one, *b = other;
    int order = strcmp(a->workload, b->workload);
    order = order ? order : strcmp(a->panel, b->panel);
    order = order ? order : a->rank - b->rank;
    order = order ? order : strcmp(a->variant, b->variant);
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

static bool is_sample(const struct csv_data *processes, size_t row)
{
    return strcmp(csv_text(processes, row, SCHEMA_processes_role), "clock") != 0 &&
           strcmp(csv_text(processes, row, SCHEMA_processes_status), "ok") == 0 &&
           isfinite(csv_number(processes, row, SCHEMA_processes_time_ns_per_op));
}

/* Of a panel on a workload on which analyse gives no verdict there is no time to take along. */
static bool is_blind(struct exported *exported, size_t row)
{
    const char *panel = csv_text(&exported->processes, row, SCHEMA_processes_panel);
    const char *workload = csv_text(&exported->processes, row, SCHEMA_processes_workload);
    bool decides = false;
    const char *control = run_directory_blind_cell(&exported->facts, panel, workload, &decides);
    exported->unfit |= decides;
    if (control && exported->blind[0] == '\0')
        snprintf(exported->blind, sizeof exported->blind, "control %.40s of %.120s on %.120s does not hold", control,
                 panel, workload);
    return control;
}

static int gather(struct exported *exported, struct error *error)
{
    const struct csv_data *processes = &exported->processes;
    exported->samples = calloc(processes->row_count + 1, sizeof *exported->samples);
    if (exported->samples == NULL)
        return error_out_of_memory(error);
    for (size_t r = 0; r < processes->row_count; r++) {
        const char *role = csv_text(processes, r, SCHEMA_processes_role);
        if (is_sample(processes, r) && !is_blind(exported, r))
            exported->samples[exported->sample_count++] =
                (struct sample){.workload = csv_text(processes, r, SCHEMA_processes_workload),
                                .panel = csv_text(processes, r, SCHEMA_processes_panel),
                                .variant = csv_text(processes, r, SCHEMA_processes_variant),
                                .role = role,
                                .rank = rank_of(role),
                                .row = r};
    }
    qsort(exported->samples, exported->sample_count, sizeof *exported->samples, compare_samples);
    return 0;
}

/* Ops behind a sample: batches of the arm in kept blocks, two a block, times the ops of a batch. At least 1: both
 * formats want a count. */
static int64_t operations(const struct exported *exported, const struct sample *sample)
{
    const size_t workload = csv_find(&exported->workloads, SCHEMA_workloads_workload, sample->workload);
    const int64_t iterations = workload < exported->workloads.row_count
                                   ? csv_integer(&exported->workloads, workload, SCHEMA_workloads_iterations)
                                   : 0;
    const int64_t blocks = csv_integer(&exported->processes, sample->row, SCHEMA_processes_blocks_kept);
    return iterations > 0 && blocks > 0 ? 2 * iterations * blocks : 1;
}

/* ---- reading ---- */

static int read_run(struct exported *exported, const char *directory, struct error *error)
{
    if (run_directory_read(&exported->facts, directory, error) != 0)
        return error->code;
    if (!exported->facts.readable)
        return error_set(error, EXIT_USAGE, "%s: cannot be exported: %s", directory, exported->facts.reason);
    if (analyse_check_directory(directory, error) != 0 ||
        run_directory_read_table(directory, &schema_workloads, &exported->workloads, error) != 0 ||
        run_directory_read_table(directory, &schema_processes, &exported->processes, error) != 0 ||
        run_directory_read_table(directory, &schema_metrics, &exported->metrics, error) != 0)
        return error->code;
    return exported->facts.valid ? gather(exported, error) : 0;
}

static void free_run(struct exported *exported)
{
    run_directory_free(&exported->facts);
    csv_free(&exported->workloads);
    csv_free(&exported->processes);
    csv_free(&exported->metrics);
    free(exported->samples);
}

/* ---- benchfmt ---- */

/* A part of a name: what would end it or begin another becomes '_', and so does all that is not ASCII, as Unicode has
 * more spaces. */
static void put_part(FILE *stream, const char *key, const char *text)
{
    fprintf(stream, "/%s=", key);
    for (; *text; text++)
        fputc(*text > ' ' && *text < 127 && *text != '/' ? *text : '_', stream);
}

static void put_configuration(FILE *stream, const struct exported *exported)
{
    static const char *const facts[][2] = {{"arch", "architecture"}, {"cpu", "cpu_model"}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (*run_directory_fact(&exported->facts.machine, facts[i][1]))
            fprintf(stream, "%s: %s\n", facts[i][0], run_directory_fact(&exported->facts.machine, facts[i][1]));
    fprintf(stream, "Unit ns/op better=lower\n");
    for (size_t i = 0; i < EXACT_UNITS; i++)
        fprintf(stream, "Unit %s better=lower assume=exact\n", exact_units[i].unit);
}

/* The role comes last: a variant or a workload may end in a dash and digits. */
static void put_benchfmt_samples(FILE *stream, const struct exported *exported)
{
    char number[32];
    for (size_t s = 0; s < exported->sample_count; s++) {
        const struct sample *sample = &exported->samples[s];
        fputs("BenchmarkTime", stream);
        put_part(stream, "workload", sample->workload);
        put_part(stream, "panel", sample->panel);
        put_part(stream, "variant", sample->variant);
        put_part(stream, "role", role_word(sample));
        csv_format_number(number, sizeof number,
                          csv_number(&exported->processes, sample->row, SCHEMA_processes_time_ns_per_op));
        fprintf(stream, " %lld %s ns/op\n", (long long)operations(exported, sample), number);
    }
}

static void put_benchfmt_exact(FILE *stream, const struct csv_data *metrics)
{
    for (size_t r = 0; r < metrics->row_count; r++) {
        char number[32];
        size_t unit = 0;
        const double value = csv_number(metrics, r, SCHEMA_metrics_value);
        while (unit < EXACT_UNITS && strcmp(csv_text(metrics, r, SCHEMA_metrics_metric), exact_units[unit].metric) != 0)
            unit++;
        if (unit == EXACT_UNITS || !isfinite(value) ||
            strcmp(csv_text(metrics, r, SCHEMA_metrics_status), "exact") != 0)
            continue;
        fputs("BenchmarkExact", stream);
        put_part(stream, "workload", csv_text(metrics, r, SCHEMA_metrics_workload));
        put_part(stream, "variant", csv_text(metrics, r, SCHEMA_metrics_variant));
        put_part(stream, "role", "compared");
        fprintf(stream, " 1 %s %s\n", csv_format_number(number, sizeof number, value), exact_units[unit].unit);
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

static bool add_sample(cJSON *list, const struct exported *exported, const struct sample *sample, size_t family,
                       size_t repetition, size_t repetitions)
{
    char name[1024];
    char time_ns[32];
    cJSON *object = cJSON_CreateObject();
    if (object == NULL || !cJSON_AddItemToArray(list, object))
        return false;
    snprintf(name, sizeof name, "%s/%s/%s%s%s", sample->workload, sample->panel, sample->variant,
             sample->rank <= 1 ? "" : "/", sample->rank <= 1 ? "" : sample->role);
    /* cJSON writes a double that is only almost the same. */
    csv_format_number(time_ns, sizeof time_ns,
                      csv_number(&exported->processes, sample->row, SCHEMA_processes_time_ns_per_op));
    /* What runs here is one pinned thread that never waits: its wall time is its time on the CPU. */
    return cJSON_AddStringToObject(object, "name", name) &&
           cJSON_AddNumberToObject(object, "family_index", (double)family) &&
           cJSON_AddNumberToObject(object, "per_family_instance_index", 0) &&
           cJSON_AddStringToObject(object, "run_name", name) &&
           cJSON_AddStringToObject(object, "run_type", "iteration") &&
           cJSON_AddNumberToObject(object, "repetitions", (double)repetitions) &&
           cJSON_AddNumberToObject(object, "repetition_index", (double)repetition) &&
           cJSON_AddNumberToObject(object, "threads", 1) &&
           cJSON_AddNumberToObject(object, "iterations", (double)operations(exported, sample)) &&
           cJSON_AddRawToObject(object, "real_time", time_ns) && cJSON_AddRawToObject(object, "cpu_time", time_ns) &&
           cJSON_AddStringToObject(object, "time_unit", "ns");
}

/* The samples of an arm are repetitions of a family. */
static bool add_samples(cJSON *list, const struct exported *exported)
{
    size_t family = 0;
    for (size_t first = 0, end; first < exported->sample_count; first = end, family++) {
        end = first;
        while (end < exported->sample_count && same_arm(&exported->samples[first], &exported->samples[end]))
            end++;
        for (size_t s = first; s < end; s++)
            if (!add_sample(list, exported, &exported->samples[s], family, s - first, end - first))
                return false;
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
        cJSON_AddStringToObject(context, "cpu_model", run_directory_fact(&exported->facts.machine, "cpu_model")) &&
        cJSON_AddStringToObject(context, "library_build_type", "release") && add_samples(list, exported))
        text = cJSON_Print(root);
    if (text)
        fprintf(stream, "%s\n", text);
    else
        error_out_of_memory(error);
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

/* Why no time of the run is exported. */
static int unfit(const struct exported *exported, const char *directory, const char *what, struct error *error)
{
    return error_set(error, EXIT_UNFIT, "%s: %s exported: %s", directory, what, exported->facts.reason);
}

static int format_run(const struct exported *exported, enum export_format format, char **text, size_t *bytes,
                      struct error *error)
{
    FILE *stream = open_memstream(text, bytes);
    if (stream == NULL)
        return error_out_of_memory(error);
    format == EXPORT_GBENCH ? write_gbench(stream, exported, error) : write_benchfmt(stream, exported, error);
    if (fclose(stream) != 0)
        error_out_of_memory(error);
    return error->code;
}

int export_run(const char *directory, enum export_format format, const char *output, struct error *error)
{
    struct exported exported = {0};
    char *text = NULL;
    size_t bytes = 0;
    if ((output && run_directory_check_output(output, error) != 0) || read_run(&exported, directory, error) != 0)
        ;
    else if (!exported.facts.valid && format == EXPORT_GBENCH)
        unfit(&exported, directory, "nothing was", error);
    else if (format_run(&exported, format, &text, &bytes, error) == 0) {
        if (output)
            write_file(output, text, bytes, error);
        else
            fwrite(text, 1, bytes, stdout);
        if (error->code == 0 && !exported.facts.valid)
            unfit(&exported, directory, "only exact figures were", error);
        else if (error->code == 0 && exported.unfit)
            error_set(error, EXIT_UNFIT, "%s: not all times were exported: %s", directory, exported.blind);
        else if (error->code == 0 && exported.blind[0]) /* as report says of the run: nothing that decides is missing */
            fprintf(stderr, "encbench: %s: not all times were exported: %s\n", directory, exported.blind);
    }
    free(text);
    free_run(&exported);
    return error->code;
}
