#include "count/heap.h"

#include "base/progress.h"
#include "base/words.h"
#include "count/exact.h"
#include "schema.h"

#include <math.h>
#include <string.h>

/* What all passes share. */
struct heap {
    const struct launch *launch;
    const struct csv_data *claims;
    const char *const *workloads;
    uint64_t seed;
    struct csv_writer *heap, *metrics;
    struct progress progress;
};

static void put_count(struct csv_writer *writer, bool known, int64_t value)
{
    if (known)
        csv_put_integer(writer, value);
    else
        csv_put_empty(writer);
}

/* A checkpoint that was not reached has a row without figures. */
static void put_checkpoint(struct csv_writer *writer, const char *variant, const char *workload,
                           const struct heap_pass *pass, size_t index)
{
    const struct heap_checkpoint *checkpoint = &pass->checkpoints[index];
    const struct interpose_counts *counts = &checkpoint->counts;
    const bool reached = index < pass->reached, counted = reached && pass->interposed,
               mapped = counted && counts->untracked_regions == 0;
    csv_put_text(writer, variant);
    csv_put_text(writer, workload);
    csv_put_integer(writer, checkpoint->operations);
    put_count(writer, counted, counts->live_bytes);
    put_count(writer, counted, counts->live_blocks);
    put_count(writer, mapped, counts->live_mapped_bytes);
    put_count(writer, mapped, counts->live_mapped_regions);
    put_count(writer, reached && checkpoint->rss_bytes >= 0, checkpoint->rss_bytes);
    csv_end_row(writer);
}

/* What no claim asks for may be missing without a word. */
static void put_figure(struct csv_writer *writer, const char *variant, const char *workload, const char *metric,
                       double value, bool claimed, const char *not_counted)
{
    char reason[400];
    if (isnan(value) && !claimed)
        return;
    csv_clean(reason, sizeof reason, not_counted[0] ? not_counted : "the heap pass did not come that far");
    exact_put_metric(writer, variant, workload, metric, value, isnan(value) ? "not available" : "exact",
                     isnan(value) ? reason : "");
}

/* Does a claim ask for the figure over the last checkpoints? */
static bool is_claimed(const struct csv_data *claims, const char *variant, const char *workload)
{
    for (size_t row = 0; row < claims->row_count; row++)
        if (strcmp(csv_text(claims, row, SCHEMA_claims_metric), GROWTH_METRIC_LAST) == 0 &&
            words_has(csv_text(claims, row, SCHEMA_claims_contender), variant) &&
            words_has(csv_text(claims, row, SCHEMA_claims_workload), workload))
            return true;
    return false;
}

static void put_figures(struct csv_writer *writer, const char *variant, const char *workload,
                        const struct heap_pass *pass, bool claimed, const char *not_counted)
{
    struct growth_point points[GROWTH_POINTS_MAX];
    for (size_t i = 0; i < pass->planned; i++) {
        const bool counted = i < pass->reached && pass->interposed;
        const struct heap_checkpoint *checkpoint = &pass->checkpoints[i];
        points[i] = (struct growth_point){checkpoint->operations, counted ? (double)checkpoint->counts.live_bytes : NAN,
                                          counted ? (double)checkpoint->counts.live_mapped_bytes : NAN};
    }
    put_figure(writer, variant, workload, GROWTH_METRIC_STEADY, growth_steady_bytes(points, pass->planned), claimed,
               not_counted);
    put_figure(writer, variant, workload, GROWTH_METRIC_LAST, growth_last_range_bytes(points, pass->planned), claimed,
               not_counted);
}

static int measure_one(struct heap *heap, const struct module_info *module, const struct module_workload *workload,
                       bool is_leak, struct error *error)
{
    const bool claimed = is_claimed(heap->claims, module->variant, workload->short_name);
    const uint64_t limit = claimed || is_leak ? GROWTH_LAST_OPS : GROWTH_SHORT_OPS;
    struct worker_result result;
    if (launch_pass(heap->launch, WORKER_HEAP, module, workload, limit, heap->seed, &result, error) != 0)
        return error->code;
    for (size_t i = 0; i < result.heap.planned; i++)
        put_checkpoint(heap->heap, module->variant, workload->short_name, &result.heap, i);
    if (!is_leak)
        put_figures(heap->metrics, module->variant, workload->short_name, &result.heap, claimed, result.not_counted);
    return 0;
}

static bool has_pass(const struct heap *heap, const struct module_info *module, const struct module_workload *workload,
                     bool is_leak)
{
    return (workload->flags & ENCBENCH_HEAP) && !module->planted && !module->left_out &&
           (is_leak || module_workload_selected(heap->workloads, workload));
}

static void measure_module(struct heap *heap, const struct module_info *module, bool is_leak, struct error *error)
{
    for (size_t w = 0; w < module->workload_count && error->code == 0; w++)
        if (has_pass(heap, module, &module->workloads[w], is_leak)) {
            measure_one(heap, module, &module->workloads[w], is_leak, error);
            progress_step(&heap->progress);
        }
}

static size_t count_passes(const struct heap *heap, const struct module_info *module, bool is_leak)
{
    size_t count = 0;
    for (size_t w = 0; w < module->workload_count; w++)
        count += has_pass(heap, module, &module->workloads[w], is_leak);
    return count;
}

static int measure_all(struct heap *heap, const struct module_set *set, const struct module_info *leaks, bool quiet,
                       struct error *error)
{
    size_t passes = count_passes(heap, leaks, true);
    for (size_t m = 0; m < set->count; m++)
        passes += count_passes(heap, &set->modules[m], false);
    progress_start(&heap->progress, "heap passes", passes, quiet);
    measure_module(heap, leaks, true, error);
    for (size_t m = 0; m < set->count && error->code == 0; m++)
        measure_module(heap, &set->modules[m], false, error);
    progress_end(&heap->progress);
    return error->code;
}

int heap_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                 const struct module_info *leaks, const struct csv_data *claims, const char *const *workloads,
                 uint64_t seed, bool quiet, struct error *error)
{
    char path[PATH_MAX];
    struct heap heap = {.launch = launch, .claims = claims, .workloads = workloads, .seed = seed};
    if (paths_join(path, directory, schema_heap.file, error) == 0)
        csv_writer_open(&heap.heap, path, &schema_heap, CSV_REPLACE, error);
    if (error->code == 0 && paths_join(path, directory, schema_metrics.file, error) == 0)
        csv_writer_open(&heap.metrics, path, &schema_metrics, CSV_APPEND, error);
    if (error->code == 0)
        measure_all(&heap, set, leaks, quiet, error);
    if (error->code != 0) {
        csv_writer_abandon(heap.heap);
        csv_writer_abandon(heap.metrics);
        return error->code;
    }
    csv_writer_close(heap.heap, error);
    csv_writer_close(heap.metrics, error);
    return error->code;
}
