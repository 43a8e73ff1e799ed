/*
 * Pilots: a few processes ahead of the timing that choose how large the batches of a workload are, how its ops are
 * warmed, and how many blocks of each purpose a process has. n and the warming are part of what an op is, so they stand
 * on ladders, and a machine's calibration keeps them; blocks are only a matter of precision, and every run plans its
 * own.
 */
#ifndef ENCBENCH_PILOT_H
#define ENCBENCH_PILOT_H

#include "launch/launch.h"

enum {
    PILOT_PROCESSES = 5, /* whose median counts: of one, 9 of 90 pairs of runs had another n and another op */
    PILOT_KNOWN_PROCESSES =
        3, /* where a calibration knows n, and the time of an op only plans how many blocks there are */
};

/* Medians over the processes of a pilot; of each arm of the cell. */
struct pilot_figures {
    double ns_per_op[MEASURE_ARMS_MAX];
    double whole_ns_per_op[MEASURE_ARMS_MAX]; /* with what is untimed around it (set-up of a round, scrubbing) */
    double heap_ns;                           /* of a fresh heap for all arms */
    uint64_t rewarm_ops[MEASURE_ARMS_MAX];    /* untimed ops after which more make no difference */
    bool settled[MEASURE_ARMS_MAX];           /* false: they still did at a millisecond's worth */
    double clock_sd;                          /* over blocks of what the planted chain takes more, over its median */
    uint64_t clock_step_ns;
};

/* `processes` pilots of the cell, with layouts of process numbers from `first` on. A module that crashes here is
 * refused by name. */
int pilot_measure(const struct launch *launch, const struct plan_cell *cell, uint64_t first, unsigned processes,
                  uint64_t seed, struct pilot_figures *figures, struct error *error);

/*
 * Times of a batch behind a rising number of untimed ops: the first step that is within 2 % of the median of the last
 * three. False when the last is still 2 % below the one before. Fewer than three steps say nothing: none, and settled.
 */
bool pilot_settles(const double *warm_ns, size_t steps, size_t *settled_step);

/* What is kept of a workload from one run of a machine to the next. */
struct pilot_batch {
    uint64_t iterations;        /* common rung; 0: not known */
    uint64_t rewarm_iterations; /* of all arms: none, or a power of two times the multiple; at least what the modules
                                   ask for */
    bool settled;               /* false: the ops still changed after a millisecond of them */
    bool calibrated;            /* it comes from the machine's calibration */
};
/* That of a workload in what a calibration keeps (schema_calibration_batches); false when it is not there or not on the
 * cell's ladder. */
bool pilot_known(const struct csv_data *batches, const struct plan_cell *cell, struct pilot_batch *batch);
struct pilot_batch pilot_choose(const struct plan_cell *cell, const struct pilot_figures *figures);

/* Puts the batch into the cell: iterations of every arm, an own n where an arm is very much faster or slower. */
void pilot_apply(struct plan_cell *cell, const struct pilot_batch *batch, const struct pilot_figures *figures);

/*
 * Blocks of a process that takes `process_ms` from its first untimed op to its last one, everything included: warming
 * up, fresh heaps, the blocks of the clock arms (so many that the planted chain can be told from its tolerance), those
 * of linearity (at most a fifth of what is left), and what is untimed around the ops. Of long ops it takes longer. The
 * cell has `processes` of them; the batch has been applied.
 */
void pilot_plan_blocks(struct plan_cell *cell, const struct pilot_figures *figures, unsigned process_ms,
                       unsigned processes);

#endif
