#include "count/instructions.h"

#include "base/parallel.h"
#include "base/progress.h"
#include "count/cache.h"
#include "count/exact.h"
#include "module/disassemble.h"
#include "schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* One op, and what was found. */
struct counted_op {
    const struct module_info *module;
    const struct module_workload *workload;
    struct cache_key key;
    struct figures *figures; /* malloc'ed */
    bool cached;
};

struct counting {
    const struct launch *launch;
    struct cache cache;
    struct csv_writer *metrics, *instructions, *symbols;
    struct counted_op *ops;
    size_t op_count;
};

/* ---- the cache ---- */

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

static void forget(struct figures *figures)
{
    figures->line_count = figures->symbol_count = 0;
    figures->total = figures->shared = NAN;
    figures->reason[0] = '\0';
    memset(figures->symbols, 0, sizeof figures->symbols);
}

/* The total is written last, so that what has one is whole. */
static bool take_cached(const struct cache *cache, struct counted_op *op)
{
    struct figures *figures = op->figures;
    const struct csv_data *cached = &cache->kept;
    for (size_t row = 0; row < cached->row_count; row++) {
        if (!cache_has(cache, row, &op->key, op->workload->name))
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
    forget(figures);
    return false;
}

static void put_cached(struct cache *cache, const struct counted_op *op, const char *kind, const char *object,
                       const char *symbol, const struct disassemble_line *line, double executions_per_op)
{
    if (!cache_put_key(cache, &op->key, op->workload->name))
        return;
    csv_put_text(cache->writer, kind);
    csv_put_text(cache->writer, object);
    csv_put_text(cache->writer, symbol);
    if (line)
        csv_put_integer(cache->writer, (int64_t)line->offset_bytes);
    else
        csv_put_empty(cache->writer);
    csv_put_text(cache->writer, line ? line->text : "");
    csv_put_number(cache->writer, executions_per_op);
    csv_end_row(cache->writer);
}

static void keep(struct cache *cache, const struct counted_op *op)
{
    const struct figures *figures = op->figures;
    if (op->cached || strcmp(figures->status, "exact") != 0)
        return;
    for (size_t i = 0; i < figures->line_count; i++)
        put_cached(cache, op, instruction_kind, "", figures->lines[i].symbol, &figures->lines[i],
                   figures->executions_per_op[i]);
    for (size_t i = 0; i < figures->symbol_count; i++)
        put_cached(cache, op, symbol_kind, figures->symbols[i].object, figures->symbols[i].symbol, NULL,
                   figures->symbols[i].instructions_per_op);
    put_cached(cache, op, shared_metric, "", "", NULL, figures->shared);
    put_cached(cache, op, total_metric, "", "", NULL, figures->total);
    cache_flush(cache);
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
    if (i == SYMBOLS_MAX || (i == SYMBOLS_MAX - 1 && *object))
        return; /* part of what is left over, which has the last place */
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

/* Twice, in two processes. */
static int step_twice(const struct launch *launch, const struct counted_op *op, struct worker_result *first,
                      struct worker_result *second, struct error *error)
{
    const uint64_t operations = op->workload->bytes_per_op >= LONG_OP_BYTES ? OPERATIONS_LONG : OPERATIONS;
    if (launch_step(launch, op->module, op->workload, operations, LAUNCH_STEP_ANY, INPUT_SEED, first, error) == 0 &&
        first->step.unavailable[0] == '\0')
        launch_step(launch, op->module, op->workload, operations, LAUNCH_STEP_ANY, INPUT_SEED, second, error);
    return error->code;
}

static void judge_counts(struct figures *figures, const struct worker_step *first, const struct worker_step *second)
{
    const char *reason = first->unavailable[0] ? first->unavailable : second->unavailable;
    if (reason[0]) {
        figures->status = "not available";
        csv_clean(figures->reason, sizeof figures->reason, reason);
        return;
    }
    const double n = (double)first->operations;
    figures->total = (double)(first->instructions_2n - first->instructions_n) / n;
    figures->shared = (double)(first->shared_2n - first->shared_n) / n;
    figures->status = "exact";
    if (same_counts(first, second)) {
        name_instructions(figures, first);
        return;
    }
    figures->status = "unstable";
    snprintf(figures->reason, sizeof figures->reason, "two processes counted %.17g and %.17g", figures->total,
             (double)(second->instructions_2n - second->instructions_n) / n);
}

static int count(void *context, size_t index, unsigned thread, struct error *error)
{
    const struct counting *counting = context;
    const struct counted_op *op = &counting->ops[index];
    const struct launch launch = launch_beside(counting->launch, thread);
    if (op->cached)
        return 0;
    if (op->workload->bytes_per_op > OPERATION_BYTES_MAX) {
        op->figures->status = "not available";
        snprintf(op->figures->reason, sizeof op->figures->reason,
                 "an op of %" PRIu64 " output bytes; the bound for stepping is %d", op->workload->bytes_per_op,
                 OPERATION_BYTES_MAX);
        return 0;
    }
    struct worker_result *results = calloc(2, sizeof *results);
    if (results == NULL)
        return error_out_of_memory(error);
    if (step_twice(&launch, op, &results[0], &results[1], error) == 0)
        judge_counts(op->figures, &results[0].step, &results[1].step);
    free(results);
    return error->code;
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

static void put_op(struct counting *counting, const struct counted_op *op)
{
    const char *variant = op->module->variant, *name = op->workload->short_name;
    const struct figures *figures = op->figures;
    exact_put_metric(counting->metrics, variant, name, total_metric, figures->total, figures->status, figures->reason);
    exact_put_metric(counting->metrics, variant, name, shared_metric, figures->shared, figures->status,
                     figures->reason);
    put_instructions(counting->instructions, variant, name, figures);
    put_symbols(counting->symbols, variant, name, figures);
    keep(&counting->cache, op);
}

static bool is_counted(const struct module_info *module, const struct module_workload *workload,
                       const char *const *workloads)
{
    return !module->planted && !module->left_out && (workload->flags & ENCBENCH_EXACT) &&
           module_workload_selected(workloads, workload);
}

static int list_ops(struct counting *counting, const struct module_set *set, const char *const *workloads,
                    struct error *error)
{
    for (size_t m = 0; m < set->count; m++) {
        const struct module_info *module = &set->modules[m];
        struct cache_key key = {.module = ""};
        for (size_t w = 0; w < module->workload_count; w++) {
            if (!is_counted(module, &module->workloads[w], workloads))
                continue;
            struct counted_op *op = &counting->ops[counting->op_count];
            if (key.environment[0] == '\0')
                key = cache_key_of(&counting->cache, module);
            *op = (struct counted_op){module, &module->workloads[w], key, malloc(sizeof *op->figures), false};
            if (op->figures == NULL)
                return error_out_of_memory(error);
            counting->op_count++;
            forget(op->figures);
            op->cached = take_cached(&counting->cache, op);
        }
    }
    return 0;
}

static int measure_all(struct counting *counting, const struct module_set *set, const char *const *workloads,
                       bool quiet, struct error *error)
{
    struct progress progress;
    if ((counting->ops = calloc(module_set_workloads(set) + 1, sizeof *counting->ops)) == NULL)
        return error_out_of_memory(error);
    if (list_ops(counting, set, workloads, error) == 0) {
        progress_start(&progress, "counting instructions", counting->op_count, quiet);
        parallel_run(counting->op_count, counting->launch->parallel, count, counting, &progress, error);
        progress_end(&progress);
    }
    for (size_t i = 0; i < counting->op_count; i++) {
        if (error->code == 0)
            put_op(counting, &counting->ops[i]);
        free(counting->ops[i].figures);
    }
    free(counting->ops);
    return error->code;
}

int instructions_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                         const char *const *workloads, bool quiet, struct csv_writer *metrics, struct error *error)
{
    char path[PATH_MAX];
    struct counting counting = {.launch = launch, .metrics = metrics};
    if (paths_join(path, directory, schema_instructions.file, error) == 0 &&
        csv_writer_open(&counting.instructions, path, &schema_instructions, CSV_REPLACE, error) == 0 &&
        paths_join(path, directory, schema_symbols.file, error) == 0 &&
        csv_writer_open(&counting.symbols, path, &schema_symbols, CSV_REPLACE, error) == 0) {
        cache_open(&counting.cache, launch, &schema_instructions_cache);
        measure_all(&counting, set, workloads, quiet, error);
        cache_close(&counting.cache);
    }
    if (error->code == 0) {
        csv_writer_close(counting.instructions, error);
        csv_writer_close(counting.symbols, error);
    } else {
        csv_writer_abandon(counting.instructions);
        csv_writer_abandon(counting.symbols);
    }
    return error->code;
}
