/*
 * The heap pass inside a worker: many ops of one workload, and the process's memory at checkpoints.
 */
#ifndef ENCBENCH_HEAP_PASS_H
#define ENCBENCH_HEAP_PASS_H

#include "interpose/interpose.h"
#include "measure/measure.h"
#include "stats/growth.h"

struct heap_checkpoint {
    int64_t operations; /* since the warm-up; negative: before the first op */
    struct interpose_counts counts;
    int64_t rss_bytes; /* -1: not visible */
};

struct heap_pass {
    bool interposed;         /* the counts are counts */
    size_t planned, reached; /* checkpoints; the rest was not reached in time and has operations only */
    struct heap_checkpoint checkpoints[GROWTH_POINTS_MAX];
};

/*
 * Runs the arm, set up, to `limit` operations since the warm-up. Stops at a checkpoint when the next one would end
 * after `patience_ns`, at the speed so far. False when it produced another number of bytes than its workload promises.
 */
bool heap_pass_run(struct heap_pass *pass, const struct measure_clock *clock, const struct measure_arm *arm,
                   encbench_interpose_read_function *read, uint64_t limit, uint64_t patience_ns);

#endif
