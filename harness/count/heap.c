#include "count/heap.h"

#include "base/parallel.h"
#include "base/progress.h"
#include "base/words.h"
#include "count/cache.h"
#include "count/exact.h"
#include "schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_SEED = 1, NAME_BYTES = 32 }; /* always the same input: a figure belongs to the code */

/* One module on one workload. */
struct pass {
    const struct module_info *module;
    const struct module_workload *workload;
    struct cache_key key;
    bool is_leak, claimed, cached;
    char name[NAME_BYTES]; /* in the cache; holds the operations */
    uint64_t limit;
    struct heap_pass found;
    char not_counted[320];
};

/* What all passes share. */
struct heap {
    const struct launch *launch;
    const struct csv_data *claims;
    const char *const *workloads;
    struct csv_writer *heap, *metrics;
    struct cache cache;
    struct pass *all;
    size_t count;
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

/* ---- the cache ---- */

static const char end_name[] = "end";

/* What of a checkpoint is kept; all of it fits an integer. */
static int64_t *part_of(struct heap_checkpoint *checkpoint, size_t part)
{
    int64_t *const parts[] = {&checkpoint->counts.live_bytes, &checkpoint->counts.live_blocks,
                              &checkpoint->counts.live_mapped_bytes, &checkpoint->counts.live_mapped_regions,
                              &checkpoint->rss_bytes};
    return parts[part];
}
static const char *const part_names[] = {"live_bytes", "live_blocks", "live_mapped_bytes", "live_mapped_regions",
                                         "rss_bytes"};
enum { PARTS = sizeof part_names / sizeof part_names[0] };

static void take_row(struct heap_pass *found, const struct csv_data *kept, size_t row)
{
    const int64_t operations = csv_integer(kept, row, SCHEMA_exact_cache_operations);
    const char *name = csv_text(kept, row, SCHEMA_exact_cache_metric);
    size_t point = 0;
    while (point < found->planned && found->checkpoints[point].operations != operations)
        point++;
    if (point == found->planned && point < GROWTH_POINTS_MAX)
        found->checkpoints[found->planned++].operations = operations;
    for (size_t part = 0; part < PARTS && point < GROWTH_POINTS_MAX; part++)
        if (strcmp(name, part_names[part]) == 0)
            *part_of(&found->checkpoints[point], part) = (int64_t)csv_number(kept, row, SCHEMA_exact_cache_value);
}

static bool take_cached(const struct cache *cache, struct pass *pass)
{
    for (size_t row = 0; row < cache->kept.row_count; row++) {
        if (!cache_has(cache, row, &pass->key, pass->workload->name) ||
            strcmp(csv_text(&cache->kept, row, SCHEMA_exact_cache_pass), pass->name) != 0)
            continue;
        if (strcmp(csv_text(&cache->kept, row, SCHEMA_exact_cache_metric), end_name) == 0) {
            pass->found.interposed = true;
            pass->found.reached = pass->found.planned;
            return true;
        }
        take_row(&pass->found, &cache->kept, row);
    }
    pass->found = (struct heap_pass){0};
    return false;
}

static void put_cached(struct heap *heap, const struct pass *pass, const char *name, const int64_t *operations,
                       const int64_t *value)
{
    struct csv_writer *writer = heap->cache.writer;
    if (!cache_put_key(&heap->cache, &pass->key, pass->workload->name))
        return;
    csv_put_text(writer, pass->name);
    csv_put_text(writer, name);
    put_count(writer, operations != NULL, operations ? *operations : 0);
    put_count(writer, value != NULL, value ? *value : 0);
    csv_put_text(writer, "");
    csv_end_row(writer);
}

/* Only what was counted whole. */
static void keep(struct heap *heap, struct pass *pass)
{
    struct heap_pass *found = &pass->found;
    bool whole = !pass->cached && found->interposed && found->reached == found->planned;
    for (size_t i = 0; i < found->planned; i++)
        whole = whole && found->checkpoints[i].counts.untracked_regions == 0 && found->checkpoints[i].rss_bytes >= 0;
    if (!whole)
        return;
    for (size_t i = 0; i < found->planned; i++)
        for (size_t part = 0; part < PARTS; part++)
            put_cached(heap, pass, part_names[part], &found->checkpoints[i].operations,
                       part_of(&found->checkpoints[i], part));
    put_cached(heap, pass, end_name, NULL, NULL);
    cache_flush(&heap->cache);
}

/* ---- all of them ---- */

static bool has_pass(const struct heap *heap, const struct module_info *module, const struct module_workload *workload,
                     bool is_leak)
{
    return (workload->flags & ENCBENCH_HEAP) && !module->planted && !module->left_out && !workload->left_out &&
           (is_leak || module_workload_selected(heap->workloads, workload));
}

static void list_module(struct heap *heap, const struct module_info *module, bool is_leak)
{
    const struct cache_key key = cache_key_of(&heap->cache, module);
    for (size_t w = 0; w < module->workload_count; w++) {
        const struct module_workload *workload = &module->workloads[w];
        if (!has_pass(heap, module, workload, is_leak))
            continue;
        struct pass *pass = &heap->all[heap->count++];
        *pass = (struct pass){module, workload, key, is_leak,
                              .claimed = is_claimed(heap->claims, module->variant, workload->short_name)};
        pass->limit = pass->claimed || is_leak ? GROWTH_LAST_OPS : GROWTH_SHORT_OPS;
        snprintf(pass->name, sizeof pass->name, "heap %" PRIu64, pass->limit);
        pass->cached = take_cached(&heap->cache, pass);
    }
}

static int make_pass(void *context, size_t index, unsigned thread, struct error *error)
{
    const struct heap *heap = context;
    struct pass *pass = &heap->all[index];
    const struct launch launch = launch_beside(heap->launch, thread);
    if (pass->cached)
        return 0;
    struct worker_result *result = calloc(1, sizeof *result);
    if (result == NULL)
        return error_out_of_memory(error);
    if (launch_pass(&launch, WORKER_HEAP, pass->module, pass->workload, pass->limit, INPUT_SEED, result, error) == 0) {
        pass->found = result->heap;
        snprintf(pass->not_counted, sizeof pass->not_counted, "%s", result->not_counted);
    }
    free(result);
    return error->code;
}

static void put_pass(struct heap *heap, struct pass *pass)
{
    for (size_t i = 0; i < pass->found.planned; i++)
        put_checkpoint(heap->heap, pass->module->variant, pass->workload->short_name, &pass->found, i);
    if (!pass->is_leak)
        put_figures(heap->metrics, pass->module->variant, pass->workload->short_name, &pass->found, pass->claimed,
                    pass->not_counted);
    keep(heap, pass);
}

static int measure_all(struct heap *heap, const struct module_set *set, const struct module_info *leaks, bool quiet,
                       struct error *error)
{
    struct progress progress;
    heap->all = calloc(leaks->workload_count + module_set_workloads(set) + 1, sizeof *heap->all);
    if (heap->all == NULL)
        return error_out_of_memory(error);
    cache_open(&heap->cache, heap->launch, &schema_exact_cache);
    list_module(heap, leaks, true);
    for (size_t m = 0; m < set->count; m++)
        list_module(heap, &set->modules[m], false);
    progress_start(&progress, "heap passes", heap->count, quiet);
    parallel_run(heap->count, heap->launch->parallel, make_pass, heap, &progress, error);
    progress_end(&progress);
    for (size_t i = 0; i < heap->count && error->code == 0; i++)
        put_pass(heap, &heap->all[i]);
    cache_close(&heap->cache);
    free(heap->all);
    return error->code;
}

int heap_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                 const struct module_info *leaks, const struct csv_data *claims, const char *const *workloads,
                 bool quiet, struct error *error)
{
    char path[PATH_MAX];
    struct heap heap = {.launch = launch, .claims = claims, .workloads = workloads};
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
