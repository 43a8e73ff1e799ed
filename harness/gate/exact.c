#include "gate/exact.h"

#include "kernels/kernels.h"
#include "schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const gate_status_words[GATE_STATUS_COUNT] = {
    [GATE_SAME] = "same",         [GATE_LESS] = "less",
    [GATE_DECLARED] = "declared", [GATE_REGRESSION] = "regression",
    [GATE_CHANGED] = "changed",   [GATE_LOST] = "lost",
    [GATE_GAINED] = "gained",     [GATE_UNAVAILABLE] = "not available",
    [GATE_NEW] = "new",           [GATE_REMOVED] = "removed",
};

/* Metrics of which more is worse; a * stands for any ending. What is not here only changes: calls by function (but for
 * mmap) and releases add up to allocations, instructions of the codec are part of all instructions, and what workloads
 * count themselves has no direction. Nor are bytes as handed out judged, only as asked for: what a request gets depends
 * on the free chunk that malloc found, and a base in a folder whose name was 8 letters longer had 16 bytes less at its
 * peak, of equal code. */
static const char *const judged[] = {"struct_bytes",
                                     "struct_hole_bytes",
                                     "struct_holes",
                                     "struct_lines",
                                     "struct_heap_bytes*",
                                     "allocations_per_op",
                                     "allocated_bytes_per_op",
                                     "live_blocks_per_op",
                                     "live_requested_bytes_per_op",
                                     "peak_live_requested_bytes",
                                     "live_blocks_after_teardown",
                                     "mmap_calls_per_op",
                                     "live_mapped_bytes_per_op",
                                     "mapped_regions_after_teardown",
                                     "failed_calls_per_op",
                                     "process_changes",
                                     "instructions_per_op"};

static bool is_judged(const char *metric)
{
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        const size_t length = strlen(judged[i]), stem = length - 1;
        if (judged[i][stem] == '*' ? strncmp(metric, judged[i], stem) == 0 : strcmp(metric, judged[i]) == 0)
            return true;
    }
    return false;
}

/* Written only where there is any: no row is none. */
static bool absent_is_none(const char *metric)
{
    static const char end[] = "_calls_per_op";
    const size_t length = strlen(metric), end_length = sizeof end - 1;
    return (length > end_length && strcmp(metric + length - end_length, end) == 0) ||
           strcmp(metric, "process_changes") == 0;
}

static bool is_structure(const char *metric)
{
    return strncmp(metric, "struct_", strlen("struct_")) == 0;
}

/* ---- two tables side by side ---- */

struct key {
    const char *variant, *workload, *metric;
    size_t row;
};

static int compare_pairs(const struct key *a, const struct key *b)
{
    const int order = strcmp(a->variant, b->variant);
    return order ? order : strcmp(a->workload, b->workload);
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    const int order = compare_pairs(x, y);
    return order ? order : strcmp(x->metric, y->metric);
}

static int compare_only_pairs(const void *a, const void *b)
{
    return compare_pairs(a, b);
}

/* malloc'ed, sorted. */
static struct key *sorted_keys(const struct csv_data *metrics)
{
    struct key *keys = calloc(metrics->row_count + 1, sizeof *keys);
    for (size_t row = 0; keys && row < metrics->row_count; row++)
        keys[row] = (struct key){csv_text(metrics, row, SCHEMA_metrics_variant),
                                 csv_text(metrics, row, SCHEMA_metrics_workload),
                                 csv_text(metrics, row, SCHEMA_metrics_metric), row};
    if (keys)
        qsort(keys, metrics->row_count, sizeof *keys, compare_keys);
    return keys;
}

struct side {
    const struct csv_data *metrics;
    struct key *keys;
    size_t next;
};

static bool is_exact(const struct side *side, const struct key *key)
{
    return strcmp(csv_text(side->metrics, key->row, SCHEMA_metrics_status), "exact") == 0;
}

static double value_of(const struct side *side, const struct key *key)
{
    return is_exact(side, key) ? csv_number(side->metrics, key->row, SCHEMA_metrics_value) : NAN;
}

static enum gate_status judge(const char *metric, double base, double head)
{
    if (base == head)
        return GATE_SAME;
    if (!is_judged(metric))
        return GATE_CHANGED;
    return head > base ? GATE_REGRESSION : GATE_LESS;
}

static void put(struct gate_rows *rows, const struct key *key, double base, double head, enum gate_status status,
                const char *reason)
{
    rows->rows[rows->count++] = (struct gate_row){key->variant, key->workload, key->metric, reason, base, head, status};
}

static void put_both(struct gate_rows *rows, const struct side *base, const struct side *head, const struct key *b,
                     const struct key *h)
{
    const bool base_exact = is_exact(base, b), head_exact = is_exact(head, h);
    const double before = value_of(base, b), after = value_of(head, h);
    const struct side *without = head_exact ? base : head;
    const char *reason = csv_text(without->metrics, (head_exact ? b : h)->row, SCHEMA_metrics_reason);
    if (base_exact && head_exact)
        put(rows, h, before, after, judge(h->metric, before, after), "");
    else if (base_exact)
        put(rows, h, before, NAN, is_judged(h->metric) ? GATE_LOST : GATE_CHANGED, reason);
    else
        put(rows, h, NAN, after, head_exact ? GATE_GAINED : GATE_UNAVAILABLE, reason);
}

static bool has_pair(const struct side *side, const struct key *key)
{
    return bsearch(key, side->keys, side->metrics->row_count, sizeof *key, compare_only_pairs) != NULL;
}

/* A row of one side only. Of a pair that the other has not at all, one row stands for all of them. */
static void put_single(struct gate_rows *rows, const struct side *mine, const struct side *other, const struct key *key,
                       bool mine_is_head)
{
    const enum gate_status status = mine_is_head ? GATE_NEW : GATE_REMOVED;
    const double value = value_of(mine, key);
    if (!has_pair(other, key)) {
        const struct gate_row *last = rows->count ? &rows->rows[rows->count - 1] : NULL;
        if (last == NULL || strcmp(last->metric, GATE_ALL) != 0 || strcmp(last->variant, key->variant) != 0 ||
            strcmp(last->workload, key->workload) != 0)
            put(rows, &(struct key){key->variant, key->workload, GATE_ALL, 0}, NAN, NAN, status, "");
    } else if (absent_is_none(key->metric) && !is_exact(mine, key)) {
        put(rows, key, NAN, NAN, mine_is_head && is_judged(key->metric) ? GATE_LOST : GATE_CHANGED,
            csv_text(mine->metrics, key->row, SCHEMA_metrics_reason));
    } else if (absent_is_none(key->metric) && mine_is_head) {
        put(rows, key, 0, value, judge(key->metric, 0, value), "");
    } else if (absent_is_none(key->metric)) {
        put(rows, key, value, 0, judge(key->metric, value, 0), "");
    } else if (mine_is_head) {
        put(rows, key, NAN, value, GATE_NEW, "");
    } else {
        const bool lost = is_judged(key->metric) && !is_structure(key->metric) && is_exact(mine, key);
        put(rows, key, value, NAN, lost ? GATE_LOST : GATE_REMOVED, lost ? "the head does not count it" : "");
    }
}

static void walk(struct side *base, struct side *head, struct gate_rows *rows)
{
    while (base->next < base->metrics->row_count || head->next < head->metrics->row_count) {
        const struct key *b = &base->keys[base->next], *h = &head->keys[head->next];
        const int order = base->next == base->metrics->row_count   ? 1
                          : head->next == head->metrics->row_count ? -1
                                                                   : compare_keys(b, h);
        if (order == 0)
            put_both(rows, base, head, b, h);
        else if (order > 0)
            put_single(rows, head, base, h, true);
        else
            put_single(rows, base, head, b, false);
        base->next += order <= 0;
        head->next += order >= 0;
    }
}

int gate_exact_compare(const struct csv_data *base, const struct csv_data *head, struct gate_rows *rows,
                       struct error *error)
{
    struct side sides[] = {{base, sorted_keys(base), 0}, {head, sorted_keys(head), 0}};
    *rows = (struct gate_rows){calloc(base->row_count + head->row_count + 1, sizeof *rows->rows), 0};
    if (sides[0].keys && sides[1].keys && rows->rows)
        walk(&sides[0], &sides[1], rows);
    else
        error_out_of_memory(error);
    free(sides[0].keys);
    free(sides[1].keys);
    return error->code;
}

void gate_rows_free(struct gate_rows *rows)
{
    free(rows->rows);
    *rows = (struct gate_rows){0};
}

/* ---- what was declared ---- */

static struct gate_row *find(const struct gate_rows *rows, const char *variant, const char *workload,
                             const char *metric)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->rows[i].variant, variant) == 0 && strcmp(rows->rows[i].workload, workload) == 0 &&
            strcmp(rows->rows[i].metric, metric) == 0)
            return &rows->rows[i];
    return NULL;
}

static bool was_measured(const struct gate_rows *rows, const char *variant, const char *workload)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->rows[i].variant, variant) == 0 && strcmp(rows->rows[i].workload, workload) == 0)
            return true;
    return false;
}

bool gate_allow_has_line(const struct csv_data *table, const struct csv_data *allow, size_t row)
{
    for (size_t i = 0; table && i < table->row_count; i++) {
        bool same = true;
        for (size_t column = 0; column < SCHEMA_gate_allow_column_count; column++)
            same = same && strcmp(csv_text(table, i, column), csv_text(allow, row, column)) == 0;
        if (same)
            return true;
    }
    return false;
}

bool gate_allow_is_time(const struct csv_data *allow, size_t line)
{
    return strcmp(csv_text(allow, line, SCHEMA_gate_allow_metric), GATE_TIME_METRIC) == 0;
}

/* Whether the row is what the line says: it has grown to the value, or there is no figure any more and the line has no
 * value. */
static bool is_declared_by(const struct gate_row *row, double value)
{
    return row && !gate_row_is_plant(row) &&
           ((row->status == GATE_REGRESSION && row->head == value) || (row->status == GATE_LOST && isnan(value)));
}

static int declare(struct gate_rows *rows, const struct csv_data *allow, size_t line, const struct csv_data *earlier,
                   bool selected, struct error *error)
{
    const char *variant = csv_text(allow, line, SCHEMA_gate_allow_variant),
               *workload = csv_text(allow, line, SCHEMA_gate_allow_workload),
               *metric = csv_text(allow, line, SCHEMA_gate_allow_metric);
    const double value = csv_number(allow, line, SCHEMA_gate_allow_value);
    struct gate_row *row = find(rows, variant, workload, metric);
    if (gate_allow_is_time(allow, line) || gate_allow_has_line(earlier, allow, line))
        return 0;
    if (is_declared_by(row, value)) {
        row->status = GATE_DECLARED;
        row->reason = csv_text(allow, line, SCHEMA_gate_allow_reason);
        return 0;
    }
    if (row == NULL && selected && !was_measured(rows, variant, workload))
        return 0;
    if (row && row->status == GATE_REGRESSION && !gate_row_is_plant(row))
        return error_set(
            error, EXIT_USAGE,
            "%s:%zu: declares %s of %s on %s as %.17g, but it is %.17g now (%.17g in the base); correct it",
            allow->path, line + 2, metric, variant, workload, value, row->head, row->base);
    if (row && row->status == GATE_LOST && !gate_row_is_plant(row))
        return error_set(
            error, EXIT_USAGE,
            "%s:%zu: declares %s of %s on %s as %.17g, but it has no exact figure any more; leave the value empty",
            allow->path, line + 2, metric, variant, workload, value);
    if (row && row->status == GATE_DECLARED)
        return error_set(error, EXIT_USAGE, "%s:%zu: declares %s of %s on %s a second time; remove it", allow->path,
                         line + 2, metric, variant, workload);
    if (earlier == NULL)
        return 0;
    return error_set(error, EXIT_USAGE,
                     "%s:%zu: declares an increase of %s of %s on %s, but there is none; remove it (or correct the "
                     "names: gate.csv has them)",
                     allow->path, line + 2, metric, variant, workload);
}

int gate_exact_allow(struct gate_rows *rows, const struct csv_data *allow, const struct csv_data *earlier,
                     bool selected, struct error *error)
{
    for (size_t line = 0; allow && line < allow->row_count && error->code == 0; line++)
        declare(rows, allow, line, earlier, selected, error);
    return error->code;
}

bool gate_row_is_plant(const struct gate_row *row)
{
    return strcmp(row->variant, PLANT_VARIANT) == 0;
}

bool gate_row_is_red(const struct gate_row *row)
{
    return !gate_row_is_plant(row) && (row->status == GATE_REGRESSION || row->status == GATE_LOST);
}

/* ---- the plants ---- */

static const struct planted {
    const char *workload, *metric;
    double more;
} planted[] = {
    {"layout", "struct_bytes", PLANT_STRUCTURE_BYTES},
    {PLANT_ALLOCATION, "allocations_per_op", 1},
    {PLANT_BYTES, "allocated_bytes_per_op", PLANT_MORE_BYTES},
    {PLANT_BYTES, "peak_live_requested_bytes", PLANT_MORE_BYTES},
    {PLANT_INSTRUCTION, "instructions_per_op", 1},
    {PLANT_LEAK, "live_blocks_per_op", 1},
    {PLANT_MAPPING, "live_mapped_bytes_per_op", LEAK_MAPPING_BYTES},
    {PLANT_LEAK, "live_requested_bytes_per_op", PLANT_BLOCK_BYTES},
};

int gate_exact_check_plants(const struct gate_rows *rows, struct error *error)
{
    for (size_t i = 0; i < sizeof planted / sizeof planted[0] && error->code == 0; i++) {
        const struct gate_row *row = find(rows, PLANT_VARIANT, planted[i].workload, planted[i].metric);
        if (row && row->status == GATE_UNAVAILABLE)
            error_set(error, EXIT_UNFIT, "%s cannot be counted on this machine: %s", row->metric, row->reason);
        else if (row == NULL || row->status != GATE_REGRESSION || row->head - row->base != planted[i].more)
            error_set(error, EXIT_BLIND,
                      "missed a planted regression: %s on %s should have %g more, the gate saw %g and called it \"%s\"",
                      planted[i].metric, planted[i].workload, planted[i].more, row ? row->head - row->base : 0,
                      row ? gate_status_words[row->status] : "nothing");
    }
    for (size_t i = 0; i < rows->count && error->code == 0; i++) {
        const struct gate_row *row = &rows->rows[i];
        if (gate_row_is_plant(row) && strcmp(row->workload, PLANT_SAME) == 0 && row->status != GATE_SAME &&
            row->status != GATE_UNAVAILABLE)
            error_set(error, EXIT_BLIND, "saw a difference where there is none: %s on %s is \"%s\" (%g and %g)",
                      row->metric, row->workload, gate_status_words[row->status], row->base, row->head);
    }
    return error->code;
}
