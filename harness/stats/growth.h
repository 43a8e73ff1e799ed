/*
 * Whether memory grows over many operations: where it is looked at, and what follows from what was seen. Pure: figures
 * in, class out; no input or output.
 *
 * The last checkpoints are those of the last decade of operations, none before GROWTH_STEADY_OPS: at 100 000 that is 10
 * 000, 30 000 and 100 000, at 1 000 000 it is 100 000, 300 000 and 1 000 000. A pool that fills up first, a step that
 * comes once, is over by then.
 */
#ifndef ENCBENCH_GROWTH_H
#define ENCBENCH_GROWTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GROWTH_WARM_UP_OPS = 100,
    GROWTH_STEADY_OPS = 10000,
    GROWTH_LAST_OPS = 1000000, /* of what a claim is about ... */
    GROWTH_SHORT_OPS = 100000, /* ... and of everything else */
    GROWTH_POINTS_MAX = 10,
};

/* Metrics of metrics.csv that come from the heap pass: live bytes at GROWTH_STEADY_OPS less those after the warm-up,
 * and largest less smallest at the last checkpoints to GROWTH_LAST_OPS. Only a run whose planted leaks were found may
 * decide with them. */
#define GROWTH_METRIC_STEADY "live_growth_10000_bytes"
#define GROWTH_METRIC_LAST   "live_growth_last_checkpoints_bytes"
bool growth_is_metric(const char *metric);

/*
 * Operations since the warm-up at every checkpoint up to `limit`, each a multiple of `multiple`; the first is before
 * the first op, a negative number. Returns how many.
 */
size_t growth_checkpoints(uint64_t limit, uint64_t multiple, int64_t operations[static GROWTH_POINTS_MAX]);

/* One checkpoint as seen; NaN what was not: not reached in time, or not counted. */
struct growth_point {
    int64_t operations;
    double live_bytes, mapped_bytes;
};

enum growth_class {
    GROWTH_BOUNDED,   /* live and mapped bytes equal at the last checkpoints, and no more than before the first op */
    GROWTH_RETAINING, /* equal, but more is kept alive at rest than before the first op */
    GROWTH_GROWING,   /* more at the last than at the first of the last checkpoints */
    GROWTH_NOT_AVAILABLE, /* fewer than two such checkpoints, or figures that move without growing */
};
const char *growth_class_name(enum growth_class class);

struct growth {
    enum growth_class class;
    double live_bytes_per_1000_ops, mapped_bytes_per_1000_ops; /* slope over the last checkpoints; NaN without any */
    double live_bytes_at_rest, mapped_bytes_at_rest;           /* at the last checkpoint over before the first op */
    char reason[320];                                          /* figures that decided */
};

/* `points` in order of operations, the first before the first op. */
void growth_judge(struct growth *growth, const struct growth_point *points, size_t count);

/* The two metrics; NaN when the checkpoints they need were not reached. */
double growth_steady_bytes(const struct growth_point *points, size_t count);
double growth_last_range_bytes(const struct growth_point *points, size_t count);

#endif
