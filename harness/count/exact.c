#include "count/exact.h"

#include "base/environment.h"
#include "base/parallel.h"
#include "base/process.h"
#include "base/progress.h"
#include "count/allocators.h"
#include "count/cache.h"
#include "count/instructions.h"
#include "module/names.h"
#include "schema.h"
#include "store/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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
enum { CONFORMANCE_PATIENCE_S = 120 };
enum { REASON_BYTES = 400, FIGURES_MAX = 32 + INTERPOSE_FUNCTION_COUNT + ENCBENCH_METRICS_MAX };
enum { INPUT_SEED = 1 }; /* always the same input: a figure belongs to the code */

static const char exact_status[] = "exact", exact_pass[] = "exact", end_name[] = "end", own_digest[] = "own digest",
                  output_digest[] = "digest of output", structure_name[] = "struct_heap_bytes",
                  conformance_pass[] = "conformance";

struct figure {
    char name[ENCBENCH_NAME_BYTES];
    double value; /* NaN: none */
    const char *status;
    char reason[REASON_BYTES];
};

/* What a module's conformance program says, asked once a module. */
enum conformance { CONFORMANCE_UNKNOWN, CONFORMS, CONFORMANCE_FAILED };

/* One module on one workload; or, without a workload, its conformance program. */
struct pass {
    const struct module_info *module;
    const struct module_workload *workload;
    struct cache_key key;
    bool cached;
    struct worker_digests digests;
    uint64_t structure_heap_bytes;
    struct figure *figures; /* malloc'ed, FIGURES_MAX */
    size_t figure_count;
    enum conformance conformance;
};

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

static void put_structure(struct csv_writer *writer, const struct module_info *module, uint64_t heap_bytes)
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
    exact_put_metric(writer, module->variant, "layout", structure_name, (double)heap_bytes, "exact", "");
}

static void add(struct pass *pass, const char *metric, double value, const char *status, const char *reason)
{
    if (pass->figure_count == FIGURES_MAX)
        return; /* none has so many */
    struct figure *figure = &pass->figures[pass->figure_count++];
    *figure = (struct figure){.value = value, .status = status};
    snprintf(figure->name, sizeof figure->name, "%s", metric);
    csv_clean(figure->reason, sizeof figure->reason, reason);
}

/* What the figures of one pass have in common. */
struct counted {
    struct pass *pass;
    const struct worker_exact *exact;
    const char *not_counted; /* why there are none; "" when there are */
};

/* A figure that n and 2n ops must agree on. */
static void put_agreed(const struct counted *counted, const char *metric, double value, bool agree)
{
    if (counted->not_counted[0])
        add(counted->pass, metric, NAN, "not available", counted->not_counted);
    else
        add(counted->pass, metric, value, agree ? exact_status : "unstable",
            agree ? "" : "n and 2n operations do not agree");
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
static int measure_metrics(const struct launch *launch, struct pass *pass, struct worker_result *first,
                           struct worker_result *second, struct error *error)
{
    if (launch_pass(launch, WORKER_METRICS, pass->module, pass->workload, 0, INPUT_SEED, first, error) != 0 ||
        launch_pass(launch, WORKER_METRICS, pass->module, pass->workload, 0, INPUT_SEED, second, error) != 0)
        return error->code;
    for (uint32_t i = 0; i < first->metric_count; i++) {
        const char *expected = names_metric_expected(first->metrics[i].name, first->metrics[i].value);
        if (expected)
            return error_set(error, EXIT_USAGE,
                             "workload %s of variant %s: metric %s is %.17g; expected %s; mend %s or give the metric "
                             "another name",
                             pass->workload->short_name, pass->module->variant, first->metrics[i].name,
                             first->metrics[i].value, expected, pass->module->file);
        const bool same = second->metric_count == first->metric_count && has_metric(second, &first->metrics[i]);
        add(pass, first->metrics[i].name, first->metrics[i].value, same ? exact_status : "unstable",
            same ? "" : "two runs do not agree");
    }
    return 0;
}

/* MODULES/conformance/VARIANT; it need not be there. */
static bool conformance_program(const struct launch *launch, const struct module_info *module, char *program)
{
    snprintf(program, PATH_MAX, "%.3800s/conformance/%s", launch->paths->modules, module->variant);
    return access(program, X_OK) == 0;
}

/* It ends with 0 when the variant conforms. */
static int ask_conformance(const struct launch *launch, struct pass *pass)
{
    char program[PATH_MAX];
    const char *const arguments[] = {program, NULL};
    const struct process_options options = {.environment = environment_asked(),
                                            .pass_fd = -1,
                                            .time_limit_s = CONFORMANCE_PATIENCE_S,
                                            .quiet = true,
                                            .own_group = true};
    struct process_end end;
    struct error error = {0};
    if (conformance_program(launch, pass->module, program) && process_run(arguments, &options, &end, &error) == 0)
        pass->conformance = end.signal == 0 && end.status == 0 && !end.timed_out ? CONFORMS : CONFORMANCE_FAILED;
    return 0;
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

static int count(const struct launch *launch, struct pass *pass, struct worker_result *results, struct error *error)
{
    const struct module_workload *workload = pass->workload;
    const uint64_t operations = workload->bytes_per_op >= LONGEST_OP_BYTES ? OPERATIONS_LONGEST
                                : workload->bytes_per_op >= LONG_OP_BYTES  ? OPERATIONS_LONG
                                                                           : OPERATIONS;
    if (launch_pass(launch, WORKER_EXACT, pass->module, workload, operations, INPUT_SEED, results, error) != 0)
        return error->code;
    const struct worker_exact *exact = &results->exact;
    pass->digests = exact->digests;
    pass->structure_heap_bytes = exact->structure_heap_bytes;
    if (pass->module->planted) {
        add(pass, "planted_cycles_per_op", (double)workload->planted_cycles_per_op, exact_status, "");
        return 0;
    }
    if (exact->process_changes > 0)
        add(pass, "process_changes", (double)exact->process_changes, exact_status, exact->changed);
    if (workload->flags & ENCBENCH_EXACT)
        put_allocations(&(struct counted){pass, exact, results->not_counted});
    return workload->flags & ENCBENCH_COUNTED ? measure_metrics(launch, pass, &results[0], &results[1], error) : 0;
}

/* ---- the cache ---- */

static const char *cached_workload(const struct pass *pass)
{
    return pass->workload ? pass->workload->name : conformance_pass;
}

static const char *pass_name(const struct pass *pass)
{
    return pass->workload == NULL ? conformance_pass : pass->module->planted ? "exact planted" : exact_pass;
}

static void take_row(struct pass *pass, const struct csv_data *kept, size_t row)
{
    const char *name = csv_text(kept, row, SCHEMA_exact_cache_metric),
               *text = csv_text(kept, row, SCHEMA_exact_cache_text);
    const double value = csv_number(kept, row, SCHEMA_exact_cache_value);
    if (strcmp(name, own_digest) == 0) {
        pass->digests.has_own = true;
        pass->digests.own = strtoull(text, NULL, 16);
    } else if (strcmp(name, output_digest) == 0) {
        pass->digests.has_of_output = true;
        pass->digests.of_output = strtoull(text, NULL, 16);
    } else if (strcmp(name, structure_name) == 0) {
        pass->structure_heap_bytes = (uint64_t)value;
    } else if (pass->workload == NULL) {
        pass->conformance = value == 0 ? CONFORMANCE_FAILED : CONFORMS;
    } else {
        add(pass, name, value, exact_status, "");
    }
}

static void forget(struct pass *pass)
{
    pass->digests = (struct worker_digests){0};
    pass->figure_count = 0;
    pass->structure_heap_bytes = 0;
    pass->conformance = CONFORMANCE_UNKNOWN;
}

/* What has its end is whole. */
static bool take_cached(const struct cache *cache, struct pass *pass)
{
    for (size_t row = 0; row < cache->kept.row_count; row++) {
        if (!cache_has(cache, row, &pass->key, cached_workload(pass)) ||
            strcmp(csv_text(&cache->kept, row, SCHEMA_exact_cache_pass), pass_name(pass)) != 0)
            continue;
        if (strcmp(csv_text(&cache->kept, row, SCHEMA_exact_cache_metric), end_name) == 0)
            return true;
        take_row(pass, &cache->kept, row);
    }
    forget(pass);
    return false;
}

static void put_cached(struct cache *cache, const struct pass *pass, const char *name, double value, const char *text)
{
    if (!cache_put_key(cache, &pass->key, cached_workload(pass)))
        return;
    csv_put_text(cache->writer, pass_name(pass));
    csv_put_text(cache->writer, name);
    csv_put_empty(cache->writer);
    csv_put_number(cache->writer, value);
    csv_put_text(cache->writer, text);
    csv_end_row(cache->writer);
}

static void put_cached_digest(struct cache *cache, const struct pass *pass, const char *name, uint64_t digest)
{
    char digits[20];
    snprintf(digits, sizeof digits, "%016" PRIx64, digest);
    put_cached(cache, pass, name, NAN, digits);
}

/* What could not be counted, or did not agree, is tried again. */
static void keep(struct cache *cache, const struct pass *pass)
{
    bool lasting = !pass->cached && (pass->workload || pass->conformance == CONFORMS);
    for (size_t i = 0; i < pass->figure_count; i++)
        lasting = lasting && pass->figures[i].status == exact_status && pass->figures[i].reason[0] == '\0';
    if (!lasting)
        return;
    if (pass->digests.has_own)
        put_cached_digest(cache, pass, own_digest, pass->digests.own);
    if (pass->digests.has_of_output)
        put_cached_digest(cache, pass, output_digest, pass->digests.of_output);
    if (pass->workload)
        put_cached(cache, pass, structure_name, (double)pass->structure_heap_bytes, "");
    else
        put_cached(cache, pass, conformance_pass, 1, "");
    for (size_t i = 0; i < pass->figure_count; i++)
        put_cached(cache, pass, pass->figures[i].name, pass->figures[i].value, "");
    put_cached(cache, pass, end_name, NAN, "");
    cache_flush(cache);
}

/* ---- all of them ---- */

/* A planted module that nobody waits for, and what was not selected, are not. */
static bool is_counted(const struct module_info *module)
{
    return module->planted ? module->planned : !module->left_out;
}

/* Whether a pass of it counts at all: a conformance program takes seconds. */
static bool is_selected(const struct module_info *module, const char *const *workloads)
{
    for (size_t w = 0; w < module->workload_count; w++)
        if (module_workload_selected(workloads, &module->workloads[w]))
            return true;
    return false;
}

struct passes {
    const struct launch *launch;
    struct cache cache;
    struct pass *all; /* conformance programs first: they take longest */
    size_t count;
};

static int add_pass(struct passes *passes, const struct module_info *module, const struct module_workload *workload,
                    const struct cache_key *key, struct error *error)
{
    struct pass *pass = &passes->all[passes->count++];
    *pass = (struct pass){.module = module, .workload = workload, .key = *key};
    if ((pass->figures = malloc(FIGURES_MAX * sizeof *pass->figures)) == NULL)
        return error_out_of_memory(error);
    pass->cached = take_cached(&passes->cache, pass);
    return 0;
}

static int list_passes(struct passes *passes, const struct module_set *set, const char *const *workloads,
                       struct error *error)
{
    char program[PATH_MAX];
    for (size_t m = 0; m < set->count && error->code == 0; m++) {
        const struct module_info *module = &set->modules[m];
        if (!is_counted(module) || module->planted || !is_selected(module, workloads) ||
            !conformance_program(passes->launch, module, program))
            continue;
        const struct cache_key key = cache_key_of_file(&passes->cache, program);
        add_pass(passes, module, NULL, &key, error);
    }
    for (size_t m = 0; m < set->count; m++) {
        const struct module_info *module = &set->modules[m];
        if (!is_counted(module) || !is_selected(module, workloads))
            continue;
        const struct cache_key key = cache_key_of(&passes->cache, module);
        for (size_t w = 0; w < module->workload_count && error->code == 0; w++)
            if (module_workload_selected(workloads, &module->workloads[w]))
                add_pass(passes, module, &module->workloads[w], &key, error);
    }
    return error->code;
}

static int make_pass(void *context, size_t index, unsigned thread, struct error *error)
{
    const struct passes *passes = context;
    struct pass *pass = &passes->all[index];
    const struct launch launch = launch_beside(passes->launch, thread);
    if (pass->cached)
        return 0;
    if (pass->workload == NULL)
        return ask_conformance(&launch, pass);
    struct worker_result *results = calloc(2, sizeof *results);
    if (results == NULL)
        return error_out_of_memory(error);
    count(&launch, pass, results, error);
    free(results);
    return error->code;
}

static enum conformance conformance_of(const struct passes *passes, const struct module_info *module)
{
    for (size_t i = 0; i < passes->count && passes->all[i].workload == NULL; i++)
        if (passes->all[i].module == module)
            return passes->all[i].conformance;
    return CONFORMANCE_UNKNOWN;
}

static void put_pass(const struct passes *passes, const struct pass *pass, struct csv_writer *metrics)
{
    const char *variant = pass->module->variant, *workload = pass->workload->short_name;
    if (!pass->module->planted)
        put_behaviour(metrics, pass->module, workload,
                      pass->digests.has_own ? pass->digests.own : pass->digests.of_output,
                      conformance_of(passes, pass->module));
    for (size_t i = 0; i < pass->figure_count; i++) {
        const struct figure *figure = &pass->figures[i];
        exact_put_metric(metrics, variant, workload, figure->name, figure->value, figure->status, figure->reason);
    }
}

/* What this machine cannot do stands in the file with the reason. */
static void put_lacking(struct csv_writer *metrics, const struct module_info *module)
{
    char reason[REASON_BYTES];
    for (size_t i = 0; i < module->lacking_count; i++) {
        csv_clean(reason, sizeof reason, module->lacking[i].reason);
        if (!module->lacking[i].workload.left_out)
            exact_put_metric(metrics, module->variant, module->lacking[i].workload.short_name, "digest_and_conformance",
                             NAN, "not available", reason);
    }
}

static int put_all(struct passes *passes, const struct module_set *set, struct csv_writer *metrics,
                   struct csv_writer *layout, struct error *error)
{
    struct digests digests = {0};
    size_t next = 0;
    for (; next < passes->count && passes->all[next].workload == NULL; next++)
        keep(&passes->cache, &passes->all[next]);
    for (size_t m = 0; m < set->count; m++) {
        const struct module_info *module = &set->modules[m];
        bool structure_put = module->planted;
        if (is_counted(module) && !module->planted)
            put_layout(layout, module);
        for (; next < passes->count && passes->all[next].module == module; next++) {
            const struct pass *pass = &passes->all[next];
            if (check_digest(&digests, module, pass->workload->short_name, &pass->digests, error) != 0)
                return error->code;
            keep(&passes->cache, pass);
            put_pass(passes, pass, metrics);
            if (!structure_put)
                put_structure(metrics, module, pass->structure_heap_bytes);
            structure_put = true;
        }
        if (is_counted(module) && !module->planted)
            put_lacking(metrics, module);
    }
    return 0;
}

static int measure_all(const struct launch *launch, const struct module_set *set, const char *const *workloads,
                       bool quiet, struct csv_writer *metrics, struct csv_writer *layout, struct error *error)
{
    struct passes passes = {.launch = launch,
                            .all = calloc(set->count + module_set_workloads(set) + 1, sizeof *passes.all)};
    struct progress progress;
    if (passes.all == NULL)
        return error_out_of_memory(error);
    cache_open(&passes.cache, launch, &schema_exact_cache);
    if (list_passes(&passes, set, workloads, error) == 0) {
        progress_start(&progress, "exact passes", passes.count, quiet);
        parallel_run(passes.count, launch->parallel, make_pass, &passes, &progress, error);
        progress_end(&progress);
    }
    if (error->code == 0)
        put_all(&passes, set, metrics, layout, error);
    for (size_t i = 0; i < passes.count; i++)
        free(passes.all[i].figures);
    cache_close(&passes.cache);
    free(passes.all);
    return error->code;
}

int exact_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                  const char *const *workloads, const char *const *stepped, bool quiet, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *metrics = NULL, *layout = NULL;
    if (paths_join(path, directory, schema_metrics.file, error) == 0)
        csv_writer_open(&metrics, path, &schema_metrics, CSV_REPLACE, error);
    if (error->code == 0 && paths_join(path, directory, schema_layout.file, error) == 0)
        csv_writer_open(&layout, path, &schema_layout, CSV_REPLACE, error);
    if (error->code == 0)
        measure_all(launch, set, workloads, quiet, metrics, layout, error);
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
