#include "count/exact.h"

#include "base/process.h"
#include "base/progress.h"
#include "count/allocators.h"
#include "count/instructions.h"
#include "schema.h"
#include "store/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* n of the first pass; the second has 2n. A long op (more output than this) is repeated a few times only. */
enum {
    OPERATIONS = 512,
    OPERATIONS_LONG = 4,
    LONG_OP_BYTES = 65536,
    OPERATIONS_LONGEST = 2,
    LONGEST_OP_BYTES = 8 << 20,
};
enum { LINE_BYTES = 64 }; /* what layout.csv calls a cache line: that of x86-64 and of nearly every aarch64 */
enum { REASON_BYTES = 400 };

void exact_put_metric(struct csv_writer *writer, const char *variant, const char *workload, const char *metric,
                      double value, const char *status, const char *reason)
{
    csv_put_text(writer, variant);
    csv_put_text(writer, workload);
    csv_put_text(writer, metric);
    csv_put_number(writer, value);
    csv_put_text(writer, status);
    csv_put_text(writer, reason);
    csv_end_row(writer);
}

#define CALL_METRIC(name) #name "_calls_per_op",
static const char *const call_metrics[] = {INTERPOSE_FUNCTIONS(CALL_METRIC)};
#undef CALL_METRIC

static void put_field(struct csv_writer *writer, const char *variant, const char *kind, const char *name,
                      uint32_t offset, uint32_t size)
{
    csv_put_text(writer, variant);
    csv_put_text(writer, kind);
    csv_put_text(writer, name);
    csv_put_integer(writer, offset);
    csv_put_integer(writer, size);
    csv_put_integer(writer, offset / LINE_BYTES);
    csv_put_integer(writer, (offset + size - 1) / LINE_BYTES);
    csv_end_row(writer);
}

/* Fields in order of offset; what lies between them and up to the end is a hole. */
static void put_layout(struct csv_writer *writer, const struct module_info *module)
{
    uint32_t end = 0;
    for (size_t i = 0; i < module->field_count; i++) {
        const struct module_field *field = &module->fields[i];
        if (field->offset_bytes > end)
            put_field(writer, module->variant, "hole", "hole", end, field->offset_bytes - end);
        put_field(writer, module->variant, "field", field->name, field->offset_bytes, field->size_bytes);
        end = field->offset_bytes + field->size_bytes;
    }
    if (module->structure_bytes > end)
        put_field(writer, module->variant, "hole", "hole", end, module->structure_bytes - end);
}

static uint32_t hole_count(const struct module_info *module)
{
    uint32_t count = 0, end = 0;
    for (size_t i = 0; i < module->field_count; i++) {
        count += module->fields[i].offset_bytes > end;
        end = module->fields[i].offset_bytes + module->fields[i].size_bytes;
    }
    return count + (module->structure_bytes > end);
}

static uint32_t hole_bytes(const struct module_info *module)
{
    uint32_t used = 0;
    for (size_t i = 0; i < module->field_count; i++)
        used += module->fields[i].size_bytes;
    return module->structure_bytes - used;
}

static void put_structure(struct csv_writer *writer, const struct module_info *module, const struct worker_exact *exact)
{
    if (module->field_count == 0) {
        exact_put_metric(writer, module->variant, "layout", "struct_bytes", 0, "exact", "");
        return;
    }
    exact_put_metric(writer, module->variant, "layout", "struct_bytes", module->structure_bytes, "exact", "");
    exact_put_metric(writer, module->variant, "layout", "struct_hole_bytes", hole_bytes(module), "exact", "");
    exact_put_metric(writer, module->variant, "layout", "struct_holes", hole_count(module), "exact", "");
    exact_put_metric(writer, module->variant, "layout", "struct_lines",
                     (module->structure_bytes + LINE_BYTES - 1) / LINE_BYTES, "exact", "");
    exact_put_metric(writer, module->variant, "layout", "struct_heap_bytes", (double)exact->structure_heap_bytes,
                     "exact", "");
}

/* What the figures of one pass have in common. */
struct counted {
    struct csv_writer *writer;
    const char *variant, *workload;
    const struct worker_exact *exact;
    const char *not_counted; /* why there are none; "" when there are */
};

static void put_missing(const struct counted *counted, const char *metric)
{
    char reason[REASON_BYTES];
    exact_put_metric(counted->writer, counted->variant, counted->workload, metric, NAN, "not available",
                     csv_clean(reason, sizeof reason, counted->not_counted));
}

/* A figure that n and 2n ops must agree on. */
static void put_agreed(const struct counted *counted, const char *metric, double value, bool agree)
{
    if (counted->not_counted[0])
        put_missing(counted, metric);
    else
        exact_put_metric(counted->writer, counted->variant, counted->workload, metric, value,
                         agree ? "exact" : "unstable", agree ? "" : "n and 2n operations do not agree");
}

/* second is over 2n ops, first over n: the difference is what n ops cost, free of anything that happens once. */
static void put_per_op(const struct counted *counted, const char *metric, int64_t first, int64_t second)
{
    put_agreed(counted, metric, ((double)second - (double)first) / (double)counted->exact->operations,
               second == 2 * first);
}

/* Change of one count over n ops and over the 2n ops after them. */
#define CHANGE(exact, count)                                                                                           \
    ((exact)->after_n.count - (exact)->warm.count), ((exact)->after_2n.count - (exact)->after_n.count)

/* Calls by function that were made at all: they add up to the figures above. */
static void put_calls(const struct counted *counted)
{
    const struct worker_exact *exact = counted->exact;
    for (size_t i = 0; i < INTERPOSE_FUNCTION_COUNT && !counted->not_counted[0]; i++)
        if (exact->after_2n.calls[i] != exact->warm.calls[i])
            put_per_op(counted, call_metrics[i], CHANGE(exact, calls[i]));
    if (exact->after_2n.failed_calls != exact->warm.failed_calls)
        put_per_op(counted, "failed_calls_per_op", CHANGE(exact, failed_calls));
}

static void put_requested(const struct counted *counted)
{
    const struct worker_exact *exact = counted->exact;
    put_per_op(counted, "live_requested_bytes_per_op", CHANGE(exact, live_requested_bytes));
    put_agreed(counted, "peak_live_requested_bytes",
               (double)(exact->after_2n.peak_live_requested_bytes - exact->before_setup.live_requested_bytes),
               exact->after_2n.peak_live_requested_bytes == exact->after_n.peak_live_requested_bytes);
}

/* What the program maps itself; malloc's own mappings are its blocks. */
static void put_mapped(const struct counted *counted)
{
    const struct worker_exact *exact = counted->exact;
    struct counted mapped = *counted;
    if (exact->after_teardown.untracked_regions != 0)
        mapped.not_counted = "no memory for the table of mappings";
    put_per_op(&mapped, "live_mapped_bytes_per_op", CHANGE(exact, live_mapped_bytes));
    put_agreed(&mapped, "mapped_regions_after_teardown",
               (double)(exact->after_teardown.live_mapped_regions - exact->before_setup.live_mapped_regions), true);
}

static void put_allocations(const struct counted *counted)
{
    const struct worker_exact *exact = counted->exact;
    put_per_op(counted, "allocations_per_op", CHANGE(exact, allocation_calls));
    put_per_op(counted, "allocated_bytes_per_op", CHANGE(exact, requested_bytes));
    put_per_op(counted, "handed_out_bytes_per_op", CHANGE(exact, handed_out_bytes));
    put_per_op(counted, "releases_per_op", CHANGE(exact, release_calls));
    put_per_op(counted, "live_blocks_per_op", CHANGE(exact, live_blocks));
    put_per_op(counted, "live_bytes_per_op", CHANGE(exact, live_bytes));
    put_calls(counted);
    put_agreed(counted, "peak_live_bytes", (double)(exact->after_2n.peak_live_bytes - exact->before_setup.live_bytes),
               exact->after_2n.peak_live_bytes == exact->after_n.peak_live_bytes);
    struct counted requested = *counted;
    if (exact->after_teardown.untracked_blocks != 0)
        requested.not_counted = "no memory for the table of what was asked for";
    put_requested(&requested);
    put_agreed(counted, "allocating_threads", (double)exact->calling_threads_2n,
               exact->calling_threads_2n == exact->calling_threads_n);
    put_mapped(counted);
    put_agreed(counted, "live_blocks_after_teardown",
               (double)(exact->after_teardown.live_blocks - exact->before_setup.live_blocks), true);
}

/* The first variant that was measured on a workload is what the others are compared with. */
struct digests {
    char workload[MODULE_WORKLOADS_MAX][ENCBENCH_NAME_BYTES];
    const struct module_info *module[MODULE_WORKLOADS_MAX];
    struct worker_digests digests[MODULE_WORKLOADS_MAX];
    size_t count;
};

static int check_digest(struct digests *digests, const struct module_info *module, const char *workload,
                        const struct worker_digests *found, struct error *error)
{
    for (size_t i = 0; i < digests->count; i++) {
        uint64_t before, digest;
        if (strcmp(digests->workload[i], workload) != 0)
            continue;
        if (!worker_digests_of(&digests->digests[i], found, &before, &digest))
            return error_set(
                error, EXIT_USAGE,
                "workload %s: variant %s has `digest` and no `output`, variant %s the other way round; their "
                "outputs cannot be compared: give %s what the other has",
                workload, (found->has_own ? module : digests->module[i])->variant,
                (found->has_own ? digests->module[i] : module)->variant, module->file);
        if (before == digest)
            return 0;
        return error_set(error, EXIT_USAGE,
                         "workload %s: variants %s and %s%s produce different output (digests %016" PRIx64
                         " and %016" PRIx64 "); the pair is refused: mend %s",
                         workload, digests->module[i]->variant, module->variant, module->planted ? " (planted)" : "",
                         before, digest, module->file);
    }
    if (digests->count == MODULE_WORKLOADS_MAX)
        return error_set(error, EXIT_USAGE, "more than %d workloads", MODULE_WORKLOADS_MAX);
    snprintf(digests->workload[digests->count], ENCBENCH_NAME_BYTES, "%s", workload);
    digests->module[digests->count] = module;
    digests->digests[digests->count++] = *found;
    return 0;
}

static bool has_metric(const struct worker_result *result, const struct worker_metric *metric)
{
    for (uint32_t i = 0; i < result->metric_count; i++)
        if (strcmp(result->metrics[i].name, metric->name) == 0)
            return result->metrics[i].value == metric->value;
    return false;
}

/* Once is a figure, twice is an exact one. */
static int measure_metrics(const struct launch *launch, const struct module_info *module,
                           const struct module_workload *workload, uint64_t seed, struct csv_writer *writer,
                           struct error *error)
{
    struct worker_result first, second;
    if (launch_pass(launch, WORKER_METRICS, module, workload, 0, seed, &first, error) != 0 ||
        launch_pass(launch, WORKER_METRICS, module, workload, 0, seed, &second, error) != 0)
        return error->code;
    for (uint32_t i = 0; i < first.metric_count; i++) {
        const bool same = second.metric_count == first.metric_count && has_metric(&second, &first.metrics[i]);
        exact_put_metric(writer, module->variant, workload->short_name, first.metrics[i].name, first.metrics[i].value,
                         same ? "exact" : "unstable", same ? "" : "two runs do not agree");
    }
    return 0;
}

/* What a module's conformance program says, asked once a module. */
enum conformance { CONFORMANCE_UNKNOWN, CONFORMS, CONFORMANCE_FAILED };

/* MODULES/conformance/VARIANT ends with 0 when the variant conforms; it need not be there. */
static enum conformance ask_conformance(const struct launch *launch, const struct module_info *module)
{
    char program[PATH_MAX];
    const char *const arguments[] = {program, NULL};
    const struct process_options options = {.pass_fd = -1, .time_limit_s = 120, .quiet = true, .own_group = true};
    struct process_end end;
    struct error error = {0};
    snprintf(program, sizeof program, "%.3800s/conformance/%s", launch->paths->modules, module->variant);
    if (access(program, X_OK) != 0 || process_run(arguments, &options, &end, &error) != 0)
        return CONFORMANCE_UNKNOWN;
    return end.signal == 0 && end.status == 0 && !end.timed_out ? CONFORMS : CONFORMANCE_FAILED;
}

/* Behaviour as one figure that is equal where it is the same: the low 52 bits of the output's digest, which a number of
 * metrics.csv holds exactly; -1 for a variant that does not conform. */
static void put_behaviour(struct csv_writer *writer, const struct module_info *module, const char *workload,
                          uint64_t digest, enum conformance conformance)
{
    const double value = conformance == CONFORMS ? (double)(digest & ((UINT64_C(1) << 52) - 1)) : -1;
    if (conformance == CONFORMANCE_UNKNOWN)
        exact_put_metric(writer, module->variant, workload, "digest_and_conformance", NAN, "not available",
                         "no conformance program of the variant was built");
    else
        exact_put_metric(writer, module->variant, workload, "digest_and_conformance", value, "exact",
                         conformance == CONFORMS ? "" : "the conformance program fails");
}

static int measure_one(const struct launch *launch, const struct module_info *module,
                       const struct module_workload *workload, uint64_t seed, enum conformance conformance,
                       struct digests *digests, struct csv_writer *metrics, struct worker_exact *exact,
                       struct error *error)
{
    const uint64_t operations = workload->bytes_per_op >= LONGEST_OP_BYTES ? OPERATIONS_LONGEST
                                : workload->bytes_per_op >= LONG_OP_BYTES  ? OPERATIONS_LONG
                                                                           : OPERATIONS;
    struct worker_result result;
    if (launch_pass(launch, WORKER_EXACT, module, workload, operations, seed, &result, error) != 0 ||
        check_digest(digests, module, workload->short_name, &result.exact.digests, error) != 0)
        return error->code;
    *exact = result.exact;
    if (module->planted) {
        exact_put_metric(metrics, module->variant, workload->short_name, "planted_cycles_per_op",
                         (double)workload->planted_cycles_per_op, "exact", "");
        return 0;
    }
    put_behaviour(metrics, module, workload->short_name,
                  exact->digests.has_own ? exact->digests.own : exact->digests.of_output, conformance);
    if (workload->flags & ENCBENCH_EXACT)
        put_allocations(&(struct counted){metrics, module->variant, workload->short_name, exact, result.not_counted});
    return workload->flags & ENCBENCH_COUNTED ? measure_metrics(launch, module, workload, seed, metrics, error) : 0;
}

/* A planted module that nobody waits for, and what was not selected, are not. */
static bool is_counted(const struct module_info *module)
{
    return module->planted ? module->planned : !module->left_out;
}

static size_t count_passes(const struct module_set *set, const char *const *workloads)
{
    size_t count = 0;
    for (size_t m = 0; m < set->count; m++)
        for (size_t w = 0; w < set->modules[m].workload_count && is_counted(&set->modules[m]); w++)
            count += module_workload_selected(workloads, &set->modules[m].workloads[w]);
    return count;
}

/* Whether a pass of it counts at all: a conformance program takes a second. */
static bool is_selected(const struct module_info *module, const char *const *workloads)
{
    for (size_t w = 0; w < module->workload_count; w++)
        if (module_workload_selected(workloads, &module->workloads[w]))
            return true;
    return false;
}

static int measure_all(const struct launch *launch, const struct module_set *set, const char *const *workloads,
                       uint64_t seed, bool quiet, struct csv_writer *metrics, struct csv_writer *layout,
                       struct error *error)
{
    struct digests digests = {0};
    struct progress progress;
    progress_start(&progress, "exact passes", count_passes(set, workloads), quiet);
    for (size_t m = 0; m < set->count && error->code == 0; m++) {
        const struct module_info *module = &set->modules[m];
        if (!is_counted(module))
            continue;
        bool structure_put = module->planted;
        const enum conformance conformance =
            module->planted || !is_selected(module, workloads) ? CONFORMANCE_UNKNOWN : ask_conformance(launch, module);
        if (!module->planted)
            put_layout(layout, module);
        for (size_t w = 0; w < module->workload_count && error->code == 0; w++) {
            struct worker_exact exact = {0};
            if (!module_workload_selected(workloads, &module->workloads[w]))
                continue;
            if (measure_one(launch, module, &module->workloads[w], seed, conformance, &digests, metrics, &exact,
                            error) == 0 &&
                !structure_put) {
                put_structure(metrics, module, &exact);
                structure_put = true;
            }
            progress_step(&progress);
        }
    }
    progress_end(&progress);
    return error->code;
}

int exact_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                  const char *const *workloads, const char *const *stepped, uint64_t seed, bool quiet,
                  struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *metrics = NULL, *layout = NULL;
    if (paths_join(path, directory, schema_metrics.file, error) == 0)
        csv_writer_open(&metrics, path, &schema_metrics, CSV_REPLACE, error);
    if (error->code == 0 && paths_join(path, directory, schema_layout.file, error) == 0)
        csv_writer_open(&layout, path, &schema_layout, CSV_REPLACE, error);
    if (error->code == 0)
        measure_all(launch, set, workloads, seed, quiet, metrics, layout, error);
    if (error->code == 0)
        allocators_measure(launch, set, metrics, error);
    if (error->code == 0)
        instructions_measure(directory, launch, set, stepped, quiet, metrics, error);
    if (error->code != 0) {
        csv_writer_abandon(metrics);
        csv_writer_abandon(layout);
        return error->code;
    }
    csv_writer_close(metrics, error);
    csv_writer_close(layout, error);
    return error->code;
}
