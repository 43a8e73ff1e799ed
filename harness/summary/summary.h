/*
 * From the blocks of one process to its numbers: one level an arm, one difference and one log ratio a contrast. Pure.
 *
 * Every contrast is computed per block first and summarised then, by its 20 %-trimmed mean over blocks (trimmed means
 * do not add up, so contrasts are not built from levels), with the plain mean beside it.
 *
 * What varies within a process is split in two, because one is mended by longer processes and the other only by more of
 * them: a process sets its arms up on several heaps one after the other (epochs, measure_epoch_blocks). One-way random
 * effects over epochs, of what each block adds to the trimmed mean: its value clipped to those that are kept, over the
 * share that is kept (the linear part of a trimmed mean, as in Yuen 1974), so that a block, or a whole epoch, that a
 * neighbour disturbed counts no more here than it does there. The kept blocks of an epoch are halved, in order. Halves
 * of one heap differ by noise alone, neighbouring epochs by noise and by where their heaps lay; both differences span
 * as many blocks, so that a machine that drifts adds to both. With w the variance of the difference of two halves and
 * b that of two neighbouring epochs (mean of its halves, each),
 *     block noise of an epoch = w / 4,    heap placement of an epoch = max(0, b / 2 - w / 4),
 * and each over the number of epochs is the square of the process's standard error. The larger of 0 and an estimate
 * from 16 epochs makes something of nothing: where heaps do not matter, heap placement reads a fifth of the variance by
 * block noise (measure_test).
 */
#ifndef ENCBENCH_SUMMARY_H
#define ENCBENCH_SUMMARY_H

#include "measure/measure.h"
#include "plan/plan.h"
#include "summary/state.h"

enum {
    SUMMARY_BATCHES = 16,         /* groups of consecutive blocks for the standard error within the process ... */
    SUMMARY_BATCH_BLOCKS_MIN = 5, /* ... fewer where they would have fewer blocks than this */
    SUMMARY_BLOCKS_MIN = 8,       /* fewer kept blocks void the process: trimming would leave less than five ... */
    SUMMARY_LONG_BLOCKS_MIN = 2,  /* ... but of an op so long that a process has room for few, this many must do */
};
#define SUMMARY_TRIM 0.2
/* Of linearity blocks, of which a process has few: of four a fifth would be none. */
#define SUMMARY_LINEARITY_TRIM 0.4

struct summary_contrast {
    double difference_ns, log_ratio; /* 20 %-trimmed means over kept blocks */
    double plain_mean_ns, plain_mean_log_ratio;
    double block_standard_error_ns; /* NaN when there are too few blocks */
    /* Of difference_ns: from block noise alone, from the placement of the heaps alone; NaN with fewer than two epochs.
     */
    double block_noise_standard_error_ns, heap_standard_error_ns;
};

/* The same from the blocks of one machine state. */
struct summary_state_contrast {
    bool there; /* false: of clock arms with blocks of their own */
    double difference_ns, log_ratio;
};

/* An arm's time or a contrast at another size of a batch, against that of the run, over linearity blocks. */
struct summary_linearity {
    bool there;                /* false: no such size, or no block of it was kept */
    double value_ns, other_ns; /* at the run's size and at the other: 40 %-trimmed means over blocks */
    double change_ns;          /* other less value, the same of each block's difference */
    double change_log;         /* the same of ln(other / value); of a contrast: of the difference of its log ratios */
    /* Standard errors of the two changes within the process, by the standard deviation over its blocks: a tail that
     * trimming cuts makes them large, as it should. NaN of fewer than two blocks. Of a contrast those of its arms,
     * which share hardly a block. */
    double standard_error_ns, standard_error_log;
    uint32_t blocks; /* that it is of; of a contrast, the fewest of an arm */
};

struct summary {
    bool valid; /* false: too few blocks kept of those that the cell plans, or a batch that took no time at all */
    uint32_t blocks_kept, blocks_dropped;
    uint32_t blocks_in[STATE_COUNT]; /* of those kept */
    double time_ns_per_op[MEASURE_ARMS_MAX], plain_mean_ns_per_op[MEASURE_ARMS_MAX];
    double mean_position[MEASURE_ARMS_MAX]; /* of the arm's batches in a block by the clock: 0 its start, 1 its end */
    struct summary_contrast contrasts[PLAN_CONTRASTS_MAX];
    /* Which of the following there are: those with SUMMARY_BLOCKS_MIN blocks at least, and not wholly in this state
     * (state.h). */
    bool by_state[STATE_COUNT];
    struct summary_state_contrast state_contrasts[STATE_COUNT][PLAN_CONTRASTS_MAX];
    uint32_t clock_blocks_kept, linearity_blocks_kept;
    struct summary_linearity linear_arms[MEASURE_ARMS_MAX][MEASURE_SIZES - 1];
    struct summary_linearity linear_contrasts[PLAN_CONTRASTS_MAX][MEASURE_SIZES - 1];
    /* Of several threads, filled by summary_of_threads; none and NULL otherwise. */
    size_t threads;
    const struct measure_thread_times *thread_times; /* of the blocks for effects; borrowed */
    double thread_ns_per_op[MEASURE_ARMS_MAX][MEASURE_THREADS_MAX];
    double total_ns_per_op[MEASURE_ARMS_MAX]; /* an op of all of them together: last end less first start over T x n */
};

/* Blocks that a process has to keep, by what its cell plans: one that its deadline cut short on a busy machine has not
 * become one of a long op. */
int64_t summary_blocks_least(int64_t planned);

/*
 * `blocks` as the worker measured them and state_classify left them, of all purposes. `reading_ns`, what a round costs
 * beside its ops, is taken off every batch: of 25 us it is 0.16 %, of a round of 256 puts 3 %. False when memory is
 * short; *summary is then not valid.
 */
bool summary_of_blocks(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                       double reading_ns, struct summary *summary);

/* What each thread took by itself, and all together, of the same blocks: 20 %-trimmed means over those kept. `times`
 * has one entry for each block for effects; NULL leaves the summary as it is. False when memory is short. */
bool summary_of_threads(const struct plan_cell *cell, const struct measure_block *blocks, size_t block_count,
                        double reading_ns, const struct measure_thread_times *times, struct summary *summary);

#endif
