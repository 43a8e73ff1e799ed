#include "analyse/analysis.h"
#include "schema.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool same_series(const struct csv_data *heap, size_t row, size_t other)
{
    return strcmp(csv_text(heap, row, SCHEMA_heap_variant), csv_text(heap, other, SCHEMA_heap_variant)) == 0 &&
           strcmp(csv_text(heap, row, SCHEMA_heap_workload), csv_text(heap, other, SCHEMA_heap_workload)) == 0;
}

static int bad_iterations(const struct csv_data *heap, size_t row, const char *expected, struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s:%zu: column iterations is \"%s\"; expected %s", heap->path, row + 2,
                     csv_text(heap, row, SCHEMA_heap_iterations), expected);
}

/* The rows [first, end) of one variant on one workload. */
static int judge_series(struct analyse_growth_row *judged, const struct csv_data *heap, size_t first, size_t end,
                        struct error *error)
{
    struct growth_point points[GROWTH_POINTS_MAX];
    if (end - first > GROWTH_POINTS_MAX)
        return bad_iterations(heap, first + GROWTH_POINTS_MAX, "no more checkpoints of this variant and workload",
                              error);
    for (size_t row = 0; row < first; row++)
        if (same_series(heap, row, first))
            return bad_iterations(heap, first, "no second heap pass of this variant and workload", error);
    for (size_t row = first; row < end; row++) {
        points[row - first] = (struct growth_point){csv_integer(heap, row, SCHEMA_heap_iterations),
                                                    csv_number(heap, row, SCHEMA_heap_live_bytes),
                                                    csv_number(heap, row, SCHEMA_heap_mapped_bytes)};
        if (row == first && points[0].operations >= 0)
            return bad_iterations(heap, row, "a negative number: before the first op", error);
        if (row > first && points[row - first].operations <= points[row - first - 1].operations)
            return bad_iterations(heap, row, "more than in the row before", error);
    }
    snprintf(judged->variant, sizeof judged->variant, "%s", csv_text(heap, first, SCHEMA_heap_variant));
    snprintf(judged->workload, sizeof judged->workload, "%s", csv_text(heap, first, SCHEMA_heap_workload));
    growth_judge(&judged->growth, points, end - first);
    judged->steady_bytes = growth_steady_bytes(points, end - first);
    judged->last_range_bytes = growth_last_range_bytes(points, end - first);
    return 0;
}

int analyse_growth_read(struct analyse_growth *growth, const char *directory, struct error *error)
{
    char path[4096];
    struct csv_data heap;
    *growth = (struct analyse_growth){0};
    snprintf(path, sizeof path, "%s/%s", directory, schema_heap.file);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return 0;
    if (csv_read(path, &schema_heap, &heap, error) != 0)
        return error->code;
    growth->row = calloc(heap.row_count + 1, sizeof *growth->row);
    if (!growth->row)
        error_out_of_memory(error);
    for (size_t first = 0, end; first < heap.row_count && error->code == 0; first = end) {
        for (end = first + 1; end < heap.row_count && same_series(&heap, end, first); end++)
            ;
        judge_series(&growth->row[growth->count++], &heap, first, end, error);
    }
    csv_free(&heap);
    return error->code;
}

const struct growth *analyse_growth_of(const struct analyse_growth *growth, const char *variant, const char *workload)
{
    for (size_t i = 0; i < growth->count; i++)
        if (strcmp(growth->row[i].variant, variant) == 0 && strcmp(growth->row[i].workload, workload) == 0)
            return &growth->row[i].growth;
    return NULL;
}

int analyse_growth_write(const struct analyse_growth *growth, const char *directory, struct csv_held *held,
                         struct error *error)
{
    char path[4096];
    struct csv_writer *writer;
    snprintf(path, sizeof path, "%s/%s", directory, schema_growth.file);
    if (csv_writer_open(&writer, path, &schema_growth, CSV_REPLACE, error) != 0)
        return error->code;
    csv_writer_hold(writer, held);
    for (size_t i = 0; i < growth->count; i++) {
        const struct analyse_growth_row *row = &growth->row[i];
        csv_put_text(writer, row->variant);
        csv_put_text(writer, row->workload);
        csv_put_text(writer, growth_class_name(row->growth.class));
        csv_put_number(writer, row->growth.live_bytes_per_1000_ops);
        csv_put_number(writer, row->growth.mapped_bytes_per_1000_ops);
        csv_put_number(writer, row->growth.live_bytes_at_rest);
        csv_put_number(writer, row->growth.mapped_bytes_at_rest);
        csv_put_text(writer, row->growth.reason);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

void analyse_growth_free(struct analyse_growth *growth)
{
    free(growth->row);
    *growth = (struct analyse_growth){0};
}
