#include "count/optimiser.h"

#include "base/parallel.h"
#include "base/progress.h"
#include "count/cache.h"
#include "schema.h"
#include "store/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_SEED = 1 }; /* always the same input: what is found belongs to the code */

enum evidence { BY_INSTRUCTIONS, BY_OUTPUT, EVIDENCE_KINDS };
static const char *const evidence_words[] = {"instructions", "output"};
enum status { OK, REFUSED, NOT_CHECKED };
static const char *const status_words[] = {"ok", "refused", "not checked"};

/* What one kind of evidence says about one op. */
struct row {
    enum status status;
    double per_op, fixed;
    char reason[512];
    const char *mend; /* of a refusal */
    bool passing;     /* another run may find more */
};

/* One op, and what was found. */
struct checked_op {
    const struct module_info *module;
    const struct module_workload *workload;
    struct cache_key key;
    struct row rows[EVIDENCE_KINDS];
    bool cached;
};

struct checking {
    const struct launch *launch;
    struct cache cache;
    struct csv_writer *table;
    struct checked_op *ops;
    size_t op_count;
};

/* More of what people bring: it is theirs to know, and few. */
static uint64_t traps_of(const struct checked_op *op)
{
    return op->module->given ? WORKER_STEP_TRAPS_MAX : OPTIMISER_TRAPS;
}

/* ---- what the figures say ---- */

#define USE_THE_RESULT "use the result: store it where `output` finds it, or pass it to an empty asm"
#define TAKE_THE_INPUT "take the input of every op from encbench_next_input"

static void find(struct row *row, enum status status, const char *mend, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void find(struct row *row, enum status status, const char *mend, const char *format, ...)
{
    char text[sizeof row->reason];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    csv_clean(row->reason, sizeof row->reason, text);
    row->status = status;
    row->mend = mend;
}

static void judge_counts(struct row *row, const struct optimiser_counts *counts)
{
    row->per_op = optimiser_per_op(counts);
    row->fixed = optimiser_fixed(counts);
    switch (optimiser_judge(counts)) {
    case OPTIMISER_PRESENT:
        find(row, OK, NULL, "%s", "");
        return;
    case OPTIMISER_REMOVED:
        find(row, REFUSED, USE_THE_RESULT,
             "the compiler removed the op: run executes %" PRIu64 " instructions for %" PRIu64 " ops and %" PRIu64
             " for %" PRIu64,
             counts->single ? counts->instructions_0 : counts->instructions_n, counts->single ? 0 : counts->operations,
             counts->single ? counts->instructions_n : counts->instructions_2n,
             (counts->single ? 1 : 2) * counts->operations);
        return;
    case OPTIMISER_EMPTY_LOOP:
        find(row, REFUSED, USE_THE_RESULT,
             "the compiler removed the op: the %.4g instructions that each executes are those of an empty loop",
             row->per_op);
        return;
    case OPTIMISER_HOISTED:
        find(row, REFUSED,
             TAKE_THE_INPUT ", or hide from the compiler that it is the same (an empty asm that clobbers memory)",
             "the op was hoisted out of the loop: the first of a run executes %.0f instructions and each further one "
             "%.4g",
             row->fixed + row->per_op, row->per_op);
        return;
    case OPTIMISER_OPEN:
        find(row, NOT_CHECKED, NULL,
             "the first op of a run executes many more instructions than each further one: hoisted or a set-up inside "
             "of run; that would be told by a run of no ops, which does not come back");
        return;
    }
}

static void judge_instructions(struct row *row, const struct worker_result *result, uint64_t traps)
{
    const struct worker_optimiser *found = &result->optimiser;
    const bool in_every_op = found->output == WORKER_OUTPUT_DEPENDS && found->output_ops > 0;
    *row = (struct row){.per_op = NAN, .fixed = NAN};
    if (result->step.unavailable[0]) {
        find(row, NOT_CHECKED, NULL, "not stepped: %.400s", result->step.unavailable);
        row->passing = true;
    } else if (found->stepped == WORKER_STEPPED_COUNTED) {
        judge_counts(row, &found->counts);
    } else if (found->stepped == WORKER_STEPPED_GROWS) {
        find(row, OK, NULL, "more ops execute more: not counted to the end");
    } else if (found->stepped == WORKER_STEPPED_LONG && in_every_op) {
        find(row, OK, NULL, "one op needs more than %d traps; that it is not hoisted is known by its output",
             OPTIMISER_TRAPS);
    } else if (found->stepped == WORKER_STEPPED_LONG) {
        find(row, NOT_CHECKED, NULL,
             "one op needs more than %" PRIu64 " traps: it was not removed; whether it was hoisted is not seen", traps);
    } else {
        find(row, NOT_CHECKED, NULL, "not stepped");
        row->passing = true;
    }
}

static void judge_output(struct row *row, const struct worker_optimiser *found)
{
    *row = (struct row){.per_op = NAN, .fixed = NAN};
    switch (found->output) {
    case WORKER_OUTPUT_NONE:
        find(row, NOT_CHECKED, NULL, "the workload has no `output`");
        return;
    case WORKER_OUTPUT_WITHOUT_INPUT:
        find(row, NOT_CHECKED, NULL, "the op reads no input");
        return;
    case WORKER_OUTPUT_OF_HISTORY:
        find(row, NOT_CHECKED, NULL, "the output depends on the ops before");
        return;
    case WORKER_OUTPUT_CONSTANT:
        find(row, REFUSED, TAKE_THE_INPUT "; an op whose result does not depend on its input has no `output`",
             "the op does not depend on its input (folded to a constant, removed, or it reads something else): its "
             "output of %" PRIu64 " bytes is the same for %" PRIu64 " inputs",
             found->output_bytes, found->output_inputs);
        return;
    case WORKER_OUTPUT_OF_FIRST:
        find(row, REFUSED, TAKE_THE_INPUT,
             "the op is done once a run (hoisted out of the loop): after %" PRIu64
             " ops on different inputs its output is that of the first",
             found->output_ops);
        return;
    case WORKER_OUTPUT_OF_ALL:
        find(row, REFUSED,
             "`output` is what the last op of run produced, and ENCBENCH_FRESH a promise that it "
             "comes from encbench_next_input",
             "after %" PRIu64 " ops on different inputs its output is not that of the last", found->output_ops);
        return;
    case WORKER_OUTPUT_DEPENDS:
        find(row, OK, NULL, "%s", found->output_ops > 0 ? "" : "other inputs only: it takes none from the ring");
        return;
    }
}

/* ---- the cache ---- */

static void take_row(struct row *row, const struct csv_data *cached, size_t from)
{
    const char *status = csv_text(cached, from, SCHEMA_optimiser_cache_status);
    *row = (struct row){.status = strcmp(status, status_words[OK]) == 0 ? OK : NOT_CHECKED,
                        .per_op = csv_number(cached, from, SCHEMA_optimiser_cache_instructions_per_op),
                        .fixed = csv_number(cached, from, SCHEMA_optimiser_cache_instructions_fixed)};
    snprintf(row->reason, sizeof row->reason, "%s", csv_text(cached, from, SCHEMA_optimiser_cache_reason));
}

static bool take_cached(const struct cache *cache, struct checked_op *op)
{
    bool known[EVIDENCE_KINDS] = {false};
    for (size_t row = 0; row < cache->kept.row_count; row++) {
        if (!cache_has(cache, row, &op->key, op->workload->name) ||
            csv_integer(&cache->kept, row, SCHEMA_optimiser_cache_traps) != (int64_t)traps_of(op))
            continue;
        for (size_t kind = 0; kind < EVIDENCE_KINDS; kind++)
            if (strcmp(csv_text(&cache->kept, row, SCHEMA_optimiser_cache_evidence), evidence_words[kind]) == 0) {
                take_row(&op->rows[kind], &cache->kept, row);
                known[kind] = true;
            }
    }
    return known[BY_INSTRUCTIONS] && known[BY_OUTPUT];
}

static void put_row(struct csv_writer *writer, const struct row *row, size_t kind)
{
    csv_put_text(writer, evidence_words[kind]);
    csv_put_text(writer, status_words[row->status]);
    csv_put_number(writer, row->per_op);
    csv_put_number(writer, row->fixed);
    csv_put_text(writer, row->reason);
    csv_end_row(writer);
}

static void keep(struct cache *cache, const struct checked_op *op)
{
    bool lasting = !op->cached;
    for (size_t kind = 0; kind < EVIDENCE_KINDS; kind++)
        lasting = lasting && op->rows[kind].status != REFUSED && !op->rows[kind].passing;
    for (size_t kind = 0; lasting && kind < EVIDENCE_KINDS; kind++)
        if (cache_put_key(cache, &op->key, op->workload->name)) {
            csv_put_integer(cache->writer, (int64_t)traps_of(op));
            put_row(cache->writer, &op->rows[kind], kind);
        }
    cache_flush(cache);
}

/* ---- the pass ---- */

static int look(void *context, size_t index, unsigned thread, struct error *error)
{
    const struct checking *checking = context;
    struct checked_op *op = &checking->ops[index];
    const struct launch launch = launch_beside(checking->launch, thread);
    if (op->cached)
        return 0;
    struct worker_result *result = calloc(1, sizeof *result);
    if (result == NULL)
        return error_out_of_memory(error);
    if (launch_optimiser(&launch, op->module, op->workload, traps_of(op), LAUNCH_STEP_ANY, INPUT_SEED, result, error) ==
        0) {
        judge_instructions(&op->rows[BY_INSTRUCTIONS], result, traps_of(op));
        judge_output(&op->rows[BY_OUTPUT], &result->optimiser);
    }
    free(result);
    return error->code;
}

static int refuse(const struct checked_op *op, struct error *error)
{
    for (size_t kind = 0; kind < EVIDENCE_KINDS; kind++)
        if (op->rows[kind].status == REFUSED)
            error_set(error, EXIT_USAGE, "%s: variant %s, workload %s: %s; %s", op->module->file, op->module->variant,
                      op->workload->short_name, op->rows[kind].reason, op->rows[kind].mend);
    return error->code;
}

static int put_op(struct checking *checking, const struct checked_op *op, bool quiet, struct error *error)
{
    const struct row *rows = op->rows;
    for (size_t kind = 0; kind < EVIDENCE_KINDS; kind++) {
        csv_put_text(checking->table, op->module->variant);
        csv_put_text(checking->table, op->module->planted ? "yes" : "no");
        csv_put_text(checking->table, op->workload->short_name);
        put_row(checking->table, &rows[kind], kind);
    }
    keep(&checking->cache, op);
    if (op->module->given && rows[BY_INSTRUCTIONS].status == NOT_CHECKED && rows[BY_OUTPUT].status == NOT_CHECKED)
        progress_say(&(struct progress){.quiet = quiet},
                     "%s: workload %s: whether the compiler left the op in its loop is not checked: %s; %s",
                     op->module->file, op->workload->short_name, rows[BY_INSTRUCTIONS].reason, rows[BY_OUTPUT].reason);
    return refuse(op, error);
}

static bool is_checked(const struct module_info *module, const struct module_workload *workload,
                       const char *const *workloads)
{
    return (module->planted ? module->planned : !module->left_out) && (workload->flags & ENCBENCH_TIMED) &&
           module_workload_selected(workloads, workload);
}

static void list_ops(struct checking *checking, const struct module_set *set, const char *const *workloads)
{
    for (size_t m = 0; m < set->count; m++) {
        const struct module_info *module = &set->modules[m];
        struct cache_key key = {.module = ""};
        for (size_t w = 0; w < module->workload_count; w++) {
            if (!is_checked(module, &module->workloads[w], workloads))
                continue;
            struct checked_op *op = &checking->ops[checking->op_count++];
            if (key.environment[0] == '\0')
                key = cache_key_of(&checking->cache, module);
            *op = (struct checked_op){.module = module, .workload = &module->workloads[w], .key = key};
            op->cached = take_cached(&checking->cache, op);
        }
    }
}

static int check_all(struct checking *checking, const struct module_set *set, const char *const *workloads, bool quiet,
                     struct error *error)
{
    struct progress progress;
    if ((checking->ops = calloc(module_set_workloads(set) + 1, sizeof *checking->ops)) == NULL)
        return error_out_of_memory(error);
    list_ops(checking, set, workloads);
    progress_start(&progress, "looking for removed ops", checking->op_count, quiet);
    parallel_run(checking->op_count, checking->launch->parallel, look, checking, &progress, error);
    progress_end(&progress);
    for (size_t i = 0; i < checking->op_count && error->code == 0; i++)
        put_op(checking, &checking->ops[i], quiet, error);
    free(checking->ops);
    return error->code;
}

int optimiser_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                      const char *const *workloads, bool quiet, struct error *error)
{
    char path[PATH_MAX];
    struct checking checking = {.launch = launch};
    if (paths_join(path, directory, schema_optimiser.file, error) == 0 &&
        csv_writer_open(&checking.table, path, &schema_optimiser, CSV_REPLACE, error) == 0) {
        cache_open(&checking.cache, launch, &schema_optimiser_cache);
        check_all(&checking, set, workloads, quiet, error);
        cache_close(&checking.cache);
    }
    if (error->code == 0)
        csv_writer_close(checking.table, error);
    else
        csv_writer_abandon(checking.table);
    return error->code;
}
