#include "count/instructions.h"

#include "base/hash.h"
#include "base/progress.h"
#include "count/exact.h"
#include "module/disassemble.h"
#include "schema.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OPERATIONS = 8,                /* n */
    OPERATIONS_LONG = 1,           /* of an op with at least as much output as ... */
    LONG_OP_BYTES = 65536,         /* ... this */
    OPERATION_BYTES_MAX = 1048576, /* more output is not tried: below it a pass takes seconds at most */
    SHORT_INSTRUCTIONS = 300,      /* an op of fewer is listed by instruction */
    SYMBOLS_MAX = 512,
    INPUT_SEED = 1, /* always the same input: a figure belongs to the code */
};

static const char total_metric[] = "instructions_per_op", shared_metric[] = "instructions_codec_per_op",
                  instruction_kind[] = "instruction", symbol_kind[] = "symbol", module_object[] = "module";

/* Instructions per op of one function. */
struct symbol_sum {
    char object[64]; /* "module", or the file name of another object */
    char symbol[128];
    double instructions_per_op;
};

/* What is known about one op. */
struct figures {
    double total, shared;
    const char *status;
    char reason[512];
    struct disassemble_line lines[WORKER_STEP_INSTRUCTIONS_MAX]; /* listed when the op is short */
    double executions_per_op[WORKER_STEP_INSTRUCTIONS_MAX];
    size_t line_count;
    struct symbol_sum symbols[SYMBOLS_MAX];
    size_t symbol_count;
};

struct counting {
    const struct launch *launch;
    bool quiet;
    struct csv_writer *metrics, *instructions, *symbols, *cache; /* cache: NULL when it cannot be written */
    struct csv_data cached;
    uint64_t common; /* hash of what every module meets */
    char environment[INSTRUCTIONS_ENVIRONMENT_BYTES], module[HASH_SHA256_BYTES];
    struct worker_result first, second;
    struct figures figures;
};

/* ---- the cache and what it depends on ---- */

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Which copy of a function libc chooses follows from these. */
static uint64_t hash_cpu(uint64_t hash)
{
    char line[8192];
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && fgets(line, sizeof line, file) && line[0] != '\n')
        if (strncmp(line, "model", 5) == 0 || strncmp(line, "cpu family", 10) == 0 || strncmp(line, "flags", 5) == 0)
            hash = hash_text(hash, line);
    if (file)
        fclose(file);
    return hash;
}

static uint64_t hash_contents(uint64_t hash, const char *path)
{
    char digits[HASH_SHA256_BYTES];
    return hash_text(hash, hash_file(path, digits) ? digits : path);
}

uint64_t instructions_common(const struct launch *launch)
{
    const struct paths *paths = launch->paths;
    uint64_t hash = hash_cpu(HASH_START);
    struct dirent **entries = NULL;
    char path[2 * PATH_MAX];
    hash = hash_contents(hash_contents(hash_contents(hash, paths->worker), LAYOUT_LIBC), LAYOUT_LIBM);
    for (size_t i = 0; launch->modules->shared[i]; i++)
        hash = hash_contents(hash, launch->modules->shared[i]);
    const int count = scandir(paths->data, &entries, is_file, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", paths->data, entries[i]->d_name);
        hash = hash_contents(hash, path);
        free(entries[i]);
    }
    free(entries);
    return hash;
}

void instructions_name_module(uint64_t common, const struct module_info *module,
                              char environment[static INSTRUCTIONS_ENVIRONMENT_BYTES],
                              char digest[static HASH_SHA256_BYTES])
{
    uint64_t hash = common;
    for (size_t i = 0; i < module->object.need_count; i++)
        hash = hash_contents(hash, module->object.needs[i]);
    hash_file(module->file, digest);
    snprintf(environment, INSTRUCTIONS_ENVIRONMENT_BYTES, "%016" PRIx64, hash);
}

static void open_cache(struct counting *counting)
{
    char path[PATH_MAX];
    struct error error = {0};
    if (paths_join(path, counting->launch->paths->build, schema_instructions_cache.file, &error) != 0)
        return;
    const bool there = access(path, F_OK) == 0;
    bool usable = there && csv_read(path, &schema_instructions_cache, &counting->cached, &error) == 0;
    error = (struct error){0};
    if (there && !usable)
        unlink(path);
    if (csv_writer_open(&counting->cache, path, &schema_instructions_cache, usable ? CSV_APPEND : CSV_CREATE, &error) !=
        0)
        counting->cache = NULL;
}

static bool row_is_ours(const struct counting *counting, size_t row, const char *workload)
{
    const struct csv_data *cached = &counting->cached;
    return strcmp(csv_text(cached, row, SCHEMA_instructions_cache_module), counting->module) == 0 &&
           strcmp(csv_text(cached, row, SCHEMA_instructions_cache_environment), counting->environment) == 0 &&
           strcmp(csv_text(cached, row, SCHEMA_instructions_cache_workload), workload) == 0;
}

static void take_line(struct figures *figures, const struct csv_data *cached, size_t row)
{
    struct disassemble_line *line = &figures->lines[figures->line_count];
    snprintf(line->symbol, sizeof line->symbol, "%s", csv_text(cached, row, SCHEMA_instructions_cache_symbol));
    snprintf(line->text, sizeof line->text, "%s", csv_text(cached, row, SCHEMA_instructions_cache_instruction));
    line->offset_bytes = (uint64_t)csv_integer(cached, row, SCHEMA_instructions_cache_offset_bytes);
    figures->executions_per_op[figures->line_count++] =
        csv_number(cached, row, SCHEMA_instructions_cache_executions_per_op);
}

static void take_symbol(struct figures *figures, const struct csv_data *cached, size_t row)
{
    struct symbol_sum *sum = &figures->symbols[figures->symbol_count++];
    snprintf(sum->object, sizeof sum->object, "%s", csv_text(cached, row, SCHEMA_instructions_cache_object));
    snprintf(sum->symbol, sizeof sum->symbol, "%s", csv_text(cached, row, SCHEMA_instructions_cache_symbol));
    sum->instructions_per_op = csv_number(cached, row, SCHEMA_instructions_cache_executions_per_op);
}

/* The total is written last, so that what has one is whole. */
static bool take_cached(struct counting *counting, const char *workload)
{
    struct figures *figures = &counting->figures;
    const struct csv_data *cached = &counting->cached;
    for (size_t row = 0; counting->module[0] && row < cached->row_count; row++) {
        if (!row_is_ours(counting, row, workload))
            continue;
        const char *kind = csv_text(cached, row, SCHEMA_instructions_cache_kind);
        const double value = csv_number(cached, row, SCHEMA_instructions_cache_executions_per_op);
        if (strcmp(kind, instruction_kind) == 0 && figures->line_count < WORKER_STEP_INSTRUCTIONS_MAX) {
            take_line(figures, cached, row);
        } else if (strcmp(kind, symbol_kind) == 0 && figures->symbol_count < SYMBOLS_MAX) {
            take_symbol(figures, cached, row);
        } else if (strcmp(kind, shared_metric) == 0) {
            figures->shared = value;
        } else if (strcmp(kind, total_metric) == 0) {
            figures->total = value;
            figures->status = "exact";
            return true;
        }
    }
    return false;
}

static void put_cached(struct counting *counting, const char *workload, const char *kind, const char *object,
                       const char *symbol, const struct disassemble_line *line, double executions_per_op)
{
    csv_put_text(counting->cache, counting->module);
    csv_put_text(counting->cache, counting->environment);
    csv_put_text(counting->cache, workload);
    csv_put_text(counting->cache, kind);
    csv_put_text(counting->cache, object);
    csv_put_text(counting->cache, symbol);
    if (line)
        csv_put_integer(counting->cache, (int64_t)line->offset_bytes);
    else
        csv_put_empty(counting->cache);
    csv_put_text(counting->cache, line ? line->text : "");
    csv_put_number(counting->cache, executions_per_op);
    csv_end_row(counting->cache);
}

static void keep(struct counting *counting, const char *workload)
{
    const struct figures *figures = &counting->figures;
    struct error ignored = {0}; /* without a cache the next run counts again */
    if (counting->cache == NULL || strcmp(figures->status, "exact") != 0 || counting->module[0] == '\0')
        return;
    for (size_t i = 0; i < figures->line_count; i++)
        put_cached(counting, workload, instruction_kind, "", figures->lines[i].symbol, &figures->lines[i],
                   figures->executions_per_op[i]);
    for (size_t i = 0; i < figures->symbol_count; i++)
        put_cached(counting, workload, symbol_kind, figures->symbols[i].object, figures->symbols[i].symbol, NULL,
                   figures->symbols[i].instructions_per_op);
    put_cached(counting, workload, shared_metric, "", "", NULL, figures->shared);
    put_cached(counting, workload, total_metric, "", "", NULL, figures->total);
    csv_writer_flush(counting->cache, &ignored);
}

/* ---- counting ---- */

static bool same_counts(const struct worker_step *a, const struct worker_step *b)
{
    return a->instructions_2n - a->instructions_n == b->instructions_2n - b->instructions_n &&
           a->shared_2n - a->shared_n == b->shared_2n - b->shared_n;
}

static void add_to_symbol(struct figures *figures, const char *object, const char *symbol, double instructions_per_op)
{
    size_t i = 0;
    while (i < figures->symbol_count &&
           (strcmp(figures->symbols[i].symbol, symbol) != 0 || strcmp(figures->symbols[i].object, object) != 0))
        i++;
    if (i == SYMBOLS_MAX)
        return; /* part of what is left over */
    if (i == figures->symbol_count) {
        figures->symbol_count++;
        csv_clean(figures->symbols[i].object, sizeof figures->symbols[i].object, object);
        csv_clean(figures->symbols[i].symbol, sizeof figures->symbols[i].symbol, symbol);
    }
    figures->symbols[i].instructions_per_op += instructions_per_op;
}

/* By symbol, in the order of the lines; what is left over has no name, so that the sum is the total. */
static void sum_symbols(struct figures *figures, const struct worker_step *step, const size_t *object_ends)
{
    double sum = 0;
    for (size_t i = 0, object = 0; i < figures->line_count; i++) {
        while (i >= object_ends[object])
            object++;
        const char *slash = strrchr(step->objects[object], '/');
        add_to_symbol(figures,
                      object == 0 ? module_object
                      : slash     ? slash + 1
                                  : step->objects[object],
                      figures->lines[i].symbol, figures->executions_per_op[i]);
    }
    for (size_t i = 0; i < figures->symbol_count; i++)
        sum += figures->symbols[i].instructions_per_op;
    if (sum != figures->total)
        add_to_symbol(figures, "", "", figures->total - sum);
}

/* Lines of the module first, then those of other objects, each by address. */
static void name_instructions(struct figures *figures, const struct worker_step *step)
{
    size_t object_ends[WORKER_STEP_OBJECTS_MAX];
    for (uint32_t object = 0; object < step->object_count; object++) {
        const size_t first = figures->line_count;
        for (uint32_t i = 0; i < step->instruction_count; i++) {
            if (step->instructions[i].object != object)
                continue;
            figures->lines[figures->line_count] =
                (struct disassemble_line){.address = step->instructions[i].offset_bytes};
            figures->executions_per_op[figures->line_count++] =
                (double)step->instructions[i].executions / (double)step->operations;
        }
        disassemble(step->objects[object], figures->lines + first, figures->line_count - first);
        object_ends[object] = figures->line_count;
    }
    sum_symbols(figures, step, object_ends);
    if (figures->total >= SHORT_INSTRUCTIONS)
        figures->line_count = 0;
}

static int count(struct counting *counting, const struct module_info *module, const struct module_workload *workload,
                 struct error *error)
{
    struct figures *figures = &counting->figures;
    const struct worker_step *first = &counting->first.step, *second = &counting->second.step;
    if (workload->bytes_per_op > OPERATION_BYTES_MAX) {
        figures->status = "not available";
        snprintf(figures->reason, sizeof figures->reason,
                 "an op of %" PRIu64 " output bytes; the bound for stepping is %d", workload->bytes_per_op,
                 OPERATION_BYTES_MAX);
        return 0;
    }
    const uint64_t operations = workload->bytes_per_op >= LONG_OP_BYTES ? OPERATIONS_LONG : OPERATIONS;
    if (launch_step(counting->launch, module, workload, operations, LAUNCH_STEP_ANY, INPUT_SEED, &counting->first,
                    error) != 0 ||
        (first->unavailable[0] == '\0' && launch_step(counting->launch, module, workload, operations, LAUNCH_STEP_ANY,
                                                      INPUT_SEED, &counting->second, error) != 0))
        return error->code;
    const char *reason = first->unavailable[0] ? first->unavailable : second->unavailable;
    if (reason[0]) {
        figures->status = "not available";
        csv_clean(figures->reason, sizeof figures->reason, reason);
        return 0;
    }
    const double n = (double)first->operations;
    figures->total = (double)(first->instructions_2n - first->instructions_n) / n;
    figures->shared = (double)(first->shared_2n - first->shared_n) / n;
    figures->status = "exact";
    if (!same_counts(first, second)) {
        figures->status = "unstable";
        snprintf(figures->reason, sizeof figures->reason, "two processes counted %.17g and %.17g", figures->total,
                 (double)(second->instructions_2n - second->instructions_n) / n);
        return 0;
    }
    name_instructions(figures, first);
    return 0;
}

/* ---- tables ---- */

static void put_instructions(struct csv_writer *writer, const char *variant, const char *workload,
                             const struct figures *figures)
{
    for (size_t i = 0; i < figures->line_count; i++) {
        const struct disassemble_line *line = &figures->lines[i];
        csv_put_text(writer, variant);
        csv_put_text(writer, workload);
        csv_put_text(writer, line->symbol);
        csv_put_integer(writer, (int64_t)line->offset_bytes);
        csv_put_text(writer, line->text);
        csv_put_number(writer, figures->executions_per_op[i]);
        csv_put_text(writer, line->text[0] ? "" : "objdump does not know this address or is not installed");
        csv_end_row(writer);
    }
}

static void put_symbols(struct csv_writer *writer, const char *variant, const char *workload,
                        const struct figures *figures)
{
    for (size_t i = 0; i < figures->symbol_count; i++) {
        csv_put_text(writer, variant);
        csv_put_text(writer, workload);
        csv_put_text(writer, figures->symbols[i].object);
        csv_put_text(writer, figures->symbols[i].symbol);
        csv_put_number(writer, figures->symbols[i].instructions_per_op);
        csv_end_row(writer);
    }
}

static void forget(struct figures *figures)
{
    figures->line_count = figures->symbol_count = 0;
    figures->total = figures->shared = NAN;
    figures->reason[0] = '\0';
    memset(figures->symbols, 0, sizeof figures->symbols);
}

static int measure_one(struct counting *counting, const struct module_info *module,
                       const struct module_workload *workload, struct error *error)
{
    forget(&counting->figures);
    if (!take_cached(counting, workload->name)) {
        forget(&counting->figures);
        if (count(counting, module, workload, error) != 0)
            return error->code;
        keep(counting, workload->name);
    }
    const char *variant = module->variant, *name = workload->short_name;
    exact_put_metric(counting->metrics, variant, name, total_metric, counting->figures.total, counting->figures.status,
                     counting->figures.reason);
    exact_put_metric(counting->metrics, variant, name, shared_metric, counting->figures.shared,
                     counting->figures.status, counting->figures.reason);
    put_instructions(counting->instructions, variant, name, &counting->figures);
    put_symbols(counting->symbols, variant, name, &counting->figures);
    return 0;
}

static bool is_counted(const struct module_info *module, const struct module_workload *workload,
                       const char *const *workloads)
{
    return !module->planted && !module->left_out && (workload->flags & ENCBENCH_EXACT) &&
           module_workload_selected(workloads, workload);
}

static int measure_all(struct counting *counting, const struct module_set *set, const char *const *workloads,
                       struct error *error)
{
    struct progress progress;
    size_t total = 0;
    for (size_t m = 0; m < set->count; m++)
        for (size_t w = 0; w < set->modules[m].workload_count; w++)
            total += is_counted(&set->modules[m], &set->modules[m].workloads[w], workloads);
    progress_start(&progress, "counting instructions", total, counting->quiet);
    for (size_t m = 0; m < set->count && error->code == 0; m++) {
        const struct module_info *module = &set->modules[m];
        instructions_name_module(counting->common, module, counting->environment, counting->module);
        for (size_t w = 0; w < module->workload_count && error->code == 0; w++) {
            if (!is_counted(module, &module->workloads[w], workloads))
                continue;
            measure_one(counting, module, &module->workloads[w], error);
            progress_step(&progress);
        }
    }
    progress_end(&progress);
    return error->code;
}

int instructions_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                         const char *const *workloads, bool quiet, struct csv_writer *metrics, struct error *error)
{
    char path[PATH_MAX];
    struct counting *counting = calloc(1, sizeof *counting);
    if (counting == NULL)
        return error_out_of_memory(error);
    counting->launch = launch;
    counting->quiet = quiet;
    counting->metrics = metrics;
    if (paths_join(path, directory, schema_instructions.file, error) == 0 &&
        csv_writer_open(&counting->instructions, path, &schema_instructions, CSV_REPLACE, error) == 0 &&
        paths_join(path, directory, schema_symbols.file, error) == 0 &&
        csv_writer_open(&counting->symbols, path, &schema_symbols, CSV_REPLACE, error) == 0) {
        counting->common = instructions_common(launch);
        open_cache(counting);
        measure_all(counting, set, workloads, error);
    }
    if (error->code == 0) {
        csv_writer_close(counting->instructions, error);
        csv_writer_close(counting->symbols, error);
    } else {
        csv_writer_abandon(counting->instructions);
        csv_writer_abandon(counting->symbols);
    }
    struct error ignored = {0};
    if (counting->cache)
        csv_writer_close(counting->cache, &ignored);
    csv_free(&counting->cached);
    free(counting);
    return error->code;
}
