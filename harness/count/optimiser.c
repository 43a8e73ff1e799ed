#include "count/optimiser.h"

#include "base/hash.h"
#include "base/progress.h"
#include "count/instructions.h"
#include "schema.h"
#include "store/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

struct checking {
    const struct launch *launch;
    struct csv_writer *table, *cache; /* cache: NULL when it cannot be written */
    struct csv_data cached;
    uint64_t common; /* hash of what every module meets */
    char environment[INSTRUCTIONS_ENVIRONMENT_BYTES], module[HASH_SHA256_BYTES];
    struct progress progress;
    struct worker_result result;
    struct row rows[EVIDENCE_KINDS];
};

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

static void open_cache(struct checking *checking)
{
    char path[PATH_MAX];
    struct error error = {0};
    if (paths_join(path, checking->launch->paths->build, schema_optimiser_cache.file, &error) != 0)
        return;
    const bool there = access(path, F_OK) == 0;
    const bool usable = there && csv_read(path, &schema_optimiser_cache, &checking->cached, &error) == 0;
    error = (struct error){0};
    if (there && !usable)
        unlink(path);
    if (csv_writer_open(&checking->cache, path, &schema_optimiser_cache, usable ? CSV_APPEND : CSV_CREATE, &error) != 0)
        checking->cache = NULL;
}

static bool row_is_ours(const struct checking *checking, size_t row, const char *workload, uint64_t traps)
{
    const struct csv_data *cached = &checking->cached;
    return strcmp(csv_text(cached, row, SCHEMA_optimiser_cache_module), checking->module) == 0 &&
           strcmp(csv_text(cached, row, SCHEMA_optimiser_cache_environment), checking->environment) == 0 &&
           strcmp(csv_text(cached, row, SCHEMA_optimiser_cache_workload), workload) == 0 &&
           csv_integer(cached, row, SCHEMA_optimiser_cache_traps) == (int64_t)traps;
}

static void take_row(struct row *row, const struct csv_data *cached, size_t from)
{
    const char *status = csv_text(cached, from, SCHEMA_optimiser_cache_status);
    *row = (struct row){.status = strcmp(status, status_words[OK]) == 0 ? OK : NOT_CHECKED,
                        .per_op = csv_number(cached, from, SCHEMA_optimiser_cache_instructions_per_op),
                        .fixed = csv_number(cached, from, SCHEMA_optimiser_cache_instructions_fixed)};
    snprintf(row->reason, sizeof row->reason, "%s", csv_text(cached, from, SCHEMA_optimiser_cache_reason));
}

static bool take_cached(struct checking *checking, const char *workload, uint64_t traps)
{
    bool known[EVIDENCE_KINDS] = {false};
    for (size_t row = 0; checking->module[0] && row < checking->cached.row_count; row++)
        for (size_t kind = 0; kind < EVIDENCE_KINDS && row_is_ours(checking, row, workload, traps); kind++)
            if (strcmp(csv_text(&checking->cached, row, SCHEMA_optimiser_cache_evidence), evidence_words[kind]) == 0) {
                take_row(&checking->rows[kind], &checking->cached, row);
                known[kind] = true;
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

static void keep(struct checking *checking, const char *workload, uint64_t traps)
{
    struct error ignored = {0}; /* without a cache the next run looks again */
    for (size_t kind = 0; kind < EVIDENCE_KINDS; kind++)
        if (checking->rows[kind].status == REFUSED || checking->rows[kind].passing)
            return;
    for (size_t kind = 0; checking->cache && checking->module[0] && kind < EVIDENCE_KINDS; kind++) {
        csv_put_text(checking->cache, checking->module);
        csv_put_text(checking->cache, checking->environment);
        csv_put_text(checking->cache, workload);
        csv_put_integer(checking->cache, (int64_t)traps);
        put_row(checking->cache, &checking->rows[kind], kind);
    }
    if (checking->cache)
        csv_writer_flush(checking->cache, &ignored);
}

/* ---- the pass ---- */

static int look(struct checking *checking, const struct module_info *module, const struct module_workload *workload,
                uint64_t traps, struct error *error)
{
    if (launch_optimiser(checking->launch, module, workload, traps, LAUNCH_STEP_ANY, INPUT_SEED, &checking->result,
                         error) != 0)
        return error->code;
    judge_instructions(&checking->rows[BY_INSTRUCTIONS], &checking->result, traps);
    judge_output(&checking->rows[BY_OUTPUT], &checking->result.optimiser);
    keep(checking, workload->name, traps);
    return 0;
}

static int refuse(const struct checking *checking, const struct module_info *module,
                  const struct module_workload *workload, struct error *error)
{
    for (size_t kind = 0; kind < EVIDENCE_KINDS; kind++)
        if (checking->rows[kind].status == REFUSED)
            error_set(error, EXIT_USAGE, "%s: variant %s, workload %s: %s; %s", module->file, module->variant,
                      workload->short_name, checking->rows[kind].reason, checking->rows[kind].mend);
    return error->code;
}

static int check_one(struct checking *checking, const struct module_info *module,
                     const struct module_workload *workload, struct error *error)
{
    const uint64_t traps = module->given ? WORKER_STEP_TRAPS_MAX : OPTIMISER_TRAPS;
    const struct row *rows = checking->rows;
    if (!take_cached(checking, workload->name, traps) && look(checking, module, workload, traps, error) != 0)
        return error->code;
    for (size_t kind = 0; kind < EVIDENCE_KINDS; kind++) {
        csv_put_text(checking->table, module->variant);
        csv_put_text(checking->table, module->planted ? "yes" : "no");
        csv_put_text(checking->table, workload->short_name);
        put_row(checking->table, &rows[kind], kind);
    }
    if (module->given && rows[BY_INSTRUCTIONS].status == NOT_CHECKED && rows[BY_OUTPUT].status == NOT_CHECKED)
        progress_say(&checking->progress,
                     "%s: workload %s: whether the compiler left the op in its loop is not checked: %s; %s",
                     module->file, workload->short_name, rows[BY_INSTRUCTIONS].reason, rows[BY_OUTPUT].reason);
    return refuse(checking, module, workload, error);
}

static bool is_checked(const struct module_info *module, const struct module_workload *workload,
                       const char *const *workloads)
{
    return (module->planted ? module->planned : !module->left_out) && (workload->flags & ENCBENCH_TIMED) &&
           module_workload_selected(workloads, workload);
}

static int check_all(struct checking *checking, const struct module_set *set, const char *const *workloads, bool quiet,
                     struct error *error)
{
    size_t total = 0;
    for (size_t m = 0; m < set->count; m++)
        for (size_t w = 0; w < set->modules[m].workload_count; w++)
            total += is_checked(&set->modules[m], &set->modules[m].workloads[w], workloads);
    progress_start(&checking->progress, "looking for removed ops", total, quiet);
    for (size_t m = 0; m < set->count && error->code == 0; m++) {
        const struct module_info *module = &set->modules[m];
        bool hashed = false;
        for (size_t w = 0; w < module->workload_count && error->code == 0; w++) {
            if (!is_checked(module, &module->workloads[w], workloads))
                continue;
            if (!hashed)
                instructions_name_module(checking->common, module, checking->environment, checking->module);
            hashed = true;
            check_one(checking, module, &module->workloads[w], error);
            progress_step(&checking->progress);
        }
    }
    progress_end(&checking->progress);
    return error->code;
}

int optimiser_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                      const char *const *workloads, bool quiet, struct error *error)
{
    char path[PATH_MAX];
    struct error ignored = {0};
    struct checking *checking = calloc(1, sizeof *checking);
    if (checking == NULL)
        return error_out_of_memory(error);
    checking->launch = launch;
    if (paths_join(path, directory, schema_optimiser.file, error) == 0 &&
        csv_writer_open(&checking->table, path, &schema_optimiser, CSV_REPLACE, error) == 0) {
        checking->common = instructions_common(launch);
        open_cache(checking);
        check_all(checking, set, workloads, quiet, error);
    }
    if (error->code == 0)
        csv_writer_close(checking->table, error);
    else
        csv_writer_abandon(checking->table);
    if (checking->cache)
        csv_writer_close(checking->cache, &ignored);
    csv_free(&checking->cached);
    free(checking);
    return error->code;
}
