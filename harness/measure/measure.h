/*
 * Measuring inside one process: arms take turns in blocks. A block is a random permutation of the arms followed by its
 * mirror image, so that every arm's two batches have the same mean position and a linear drift cancels. Nothing here
 * knows files or processes; clock and scheduler are injected, so tests run it with a fake one.
 */
#ifndef ENCBENCH_MEASURE_H
#define ENCBENCH_MEASURE_H

#include "module.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MEASURE_ARMS_MAX = 9, /* six of the panel, three clock arms */
    MEASURE_SLOTS_MAX = 2 * MEASURE_ARMS_MAX,
    /* A block that lasts longer than this is allowed an involuntary switch for each such stretch: an idle virtual
     * machine has some 15 a second, of microseconds each, so of blocks of 76 ms (16 MiB ops) none would be left. */
    MEASURE_SWITCH_STRETCH_NS = 10000000,
    MEASURE_INPUT_OFFSETS = 4096, /* the input's page offset is uniform over a page ... */
    MEASURE_INPUT_STEP = 16,      /* ... in steps of this many bytes */
    MEASURE_PROBES = 2,           /* of the machine's state: before the first slot of a block and after the last */
    /* Independent additions of a probe: 0.9 us at 4.1 GHz, where they retire at 5.2 a cycle. Both probes of a block
     * with the shorter ones that warm them take 0.4 % of a block of 490 us. */
    MEASURE_PROBE_ADDS = 19200,
    MEASURE_EPOCH_BLOCKS_MIN = 4, /* of a heap: a fresh one costs a block, and a long op has few */
    /* Sizes of a batch in linearity blocks: that of the run, twice that, and one off the ladder between the two. */
    MEASURE_SIZES = 3,
    /* Bytes of the ring of inputs, at least two inputs: too many branches for a predictor to know by heart (sorting 1
     * KiB: 256 inputs of some 2000 branches each), and no more than a second-level cache holds. */
    MEASURE_RING_BYTES = 1 << 18,
    MEASURE_THREADS_MAX = 16, /* that run an op at the same time and are timed */
};

/* What a block is for; only `effect` enters an effect. */
enum measure_purpose { MEASURE_EFFECT, MEASURE_CLOCK, MEASURE_LINEARITY };
extern const char *const measure_purpose_words[];

/* In which state of caches and predictors an op is timed (module.h). */
enum measure_state { MEASURE_REPEAT, MEASURE_FRESH, MEASURE_COLD, MEASURE_LATENCY, MEASURE_STATES };
extern const char *const measure_state_words[];

/* A batch of real ops; the clock arms need no more than 1000 clock steps. Short batches let a block end before the
 * machine changes its mind. */
#define MEASURE_BATCH_NS       25000.0
#define MEASURE_CLOCK_BATCH_NS 10000.0
/* Of several threads: they leave the barrier some 100 ns one after the other. */
#define MEASURE_THREADS_BATCH_NS 200000.0
static inline double measure_batch_target_ns(unsigned threads)
{
    return threads > 1 ? MEASURE_THREADS_BATCH_NS : MEASURE_BATCH_NS;
}

struct measure_crew;

struct measure_clock {
    uint64_t (*now_ns)(void *context);           /* CLOCK_MONOTONIC_RAW */
    uint64_t (*ticks)(void *context);            /* time-stamp counter; 0 where there is none */
    long (*involuntary_switches)(void *context); /* of this thread so far */
    int (*cpu)(void *context);                   /* on which it runs */
    void *context;
    /* `adds` independent additions, as many at once as the core can do: what another thread on it takes away (state.h).
     * NULL: none. */
    void (*probe)(void *context, unsigned adds);
};

/* The real one. */
struct measure_clock measure_clock_real(void);

struct measure_arm {
    const struct encbench_workload *workload;
    void *state;
    struct encbench_host *host; /* whose ring moves on with every round; NULL: nobody reads it */
    /* The loop that is timed; NULL: workload->run. */
    uint64_t (*run)(void *state, unsigned thread, uint64_t n);
    struct measure_crew *crew;  /* threads that run it, the caller among them (crew.h); NULL: the caller alone */
    void (*scrub)(void);        /* untimed, before every round: takes caches and predictors; NULL: nothing */
    uint64_t round_ops;         /* most ops of a round; 0: the workload's batch_max_ops */
    uint64_t iterations;        /* ops of a timed batch; a multiple of the workload's batch_multiple_ops */
    uint64_t rewarm_iterations; /* untimed ops before it */
    uint64_t other_iterations[MEASURE_SIZES - 1]; /* of linearity blocks: twice as many, and between the two; 0: none */
};

/* One block as measured. slot_arm, elapsed_ns and centre_ns have slot_count entries. */
struct measure_block {
    uint8_t slot_arm[MEASURE_SLOTS_MAX];
    uint8_t slot_count;
    uint8_t purpose; /* enum measure_purpose */
    uint8_t size;    /* of its batches: 0 iterations, else other_iterations[size - 1] */
    bool dropped;    /* an involuntary context switch or a change of CPU, of any thread, fell into it: the whole block
                        goes,    blind to the arms */
    uint16_t input_offset_bytes;
    uint8_t state;                     /* enum state (state.h); the driver's, not the worker's */
    uint32_t probe_ns[MEASURE_PROBES]; /* MEASURE_PROBE_ADDS independent additions; 0: not probed */
    uint64_t elapsed_ns[MEASURE_SLOTS_MAX];
    uint64_t centre_ns[MEASURE_SLOTS_MAX]; /* when the batch was half done, by the clock and not by the plan */
};

/* Order of the arms in a block and the input's page offset: a function of (seed, process, block) alone. */
void measure_plan_block(uint64_t seed, uint64_t process, uint64_t block, size_t arm_count, struct measure_block *plan);
/* The same for the `count` arms from `first` on, of a purpose other than effect: each has an order of its own. */
void measure_plan_part(uint64_t seed, uint64_t process, uint64_t block, enum measure_purpose purpose, size_t first,
                       size_t count, struct measure_block *plan);

/* How many blocks share a heap, of `blocks` planned ones on at most `epochs` heaps: block b is in epoch b / this. At
 * least 1. */
uint32_t measure_epoch_blocks(uint32_t blocks, uint32_t epochs);

/* Most ops of a round of this arm; 0: no limit. */
uint64_t measure_round_ops(const struct measure_arm *arm);

/* Time of one batch of `iterations` ops, in rounds; at several threads the mean of their own times (measure_crew_run).
 * *bytes is increased by what was produced, by one thread; the ring moves on. */
uint64_t measure_batch(const struct measure_clock *clock, const struct measure_arm *arm, uint64_t iterations,
                       uint64_t *bytes);

/*
 * Runs block `number` by its plan and fills in times and `dropped`. False when an arm produced another number of bytes
 * than its workload promises. *running_arm is the arm whose turn it is, so that it says which arm that was, also after
 * a crash; it is set ahead of the untimed ops.
 */
bool measure_block_run(const struct measure_clock *clock, struct encbench_host *host, const unsigned char *input_base,
                       const struct measure_arm *arms, struct measure_block *block, volatile uint32_t *running_arm);

/* The same of arms that run at several threads: what each thread took of each slot by its own time, and all of them
 * from the first start to the last end. The block's elapsed_ns are the means of the former. `times` NULL: not wanted.
 */
struct measure_thread_times {
    uint64_t span_ns[MEASURE_SLOTS_MAX];
    uint32_t own_ns[MEASURE_SLOTS_MAX][MEASURE_THREADS_MAX]; /* of those that there are */
};
bool measure_block_run_threads(const struct measure_clock *clock, struct encbench_host *host,
                               const unsigned char *input_base, const struct measure_arm *arms,
                               struct measure_block *block, struct measure_thread_times *times,
                               volatile uint32_t *running_arm);

/* Most arms that share a linearity block. */
enum { MEASURE_LINEARITY_ARMS = 2 };

/*
 * Which arms the next linearity block is of: those with the fewest that count so far (`counting`, one number an arm),
 * in random order where they have as many. Returns how many stand in `which`: two, or the only one.
 */
size_t measure_linearity_arms(const uint32_t *counting, size_t arm_count, uint64_t seed, uint64_t process,
                              uint64_t number, uint8_t which[static MEASURE_LINEARITY_ARMS]);

/*
 * A linearity block of these arms: all of them at one size of a batch, then at the next, until all sizes are done; and
 * then all of it mirrored. So an arm's sizes stand next to each other in time, where a core that changes its speed
 * within milliseconds touches them alike, and every batch follows upon another arm's, as in a block for effects. (All
 * arms of a panel at one size first, then at the next: on such a core the changes of a process scattered by 2.3 % where
 * 1 % is tolerated. All arms, two by two, in one block: 7 ms of an op of 134 us, of which an unbroken one in four.)
 * blocks[size] has what was measured at this size (MEASURE_SIZES of them, of which those are left out, with no slots,
 * that an arm has no iterations for). Dropped together. probe_ns are the fastest and the slowest probe, of one before,
 * one in the middle and one after. As measure_block_run otherwise.
 */
bool measure_linearity_run(const struct measure_clock *clock, struct encbench_host *host,
                           const unsigned char *input_base, const struct measure_arm *arms, const uint8_t *which,
                           size_t count, uint64_t seed, uint64_t process, uint64_t number, struct measure_block *blocks,
                           volatile uint32_t *running_arm);

/* Whether the sizes of a linearity block can be compared (any of its blocks): not dropped, and the machine was the same
 * all the time. Blind to arms and sizes, and never for being slow: a core that is shared all along counts as a quiet
 * one does. */
bool measure_linearity_counts(const struct measure_block *block);
/* A probe on a shared core takes some 1.7 times as long (state.h). */
#define MEASURE_STATE_RATIO 1.25

/* What two readings of the clock and the call cost a round: the median of `tries` (at most 1000) rounds of an op that
 * does nothing. */
double measure_reading_ns(const struct measure_clock *clock, unsigned tries);

/* Both clocks at one time: of several tries the one that took least, because a hypervisor that takes 35 us between the
 * two readings looks like a drift of 139 ppm over 250 ms (one process of 240, and the run was invalid for it). */
struct measure_moment {
    uint64_t ns, ticks;
};
struct measure_moment measure_both_clocks(const struct measure_clock *clock);

/* Smallest non-zero difference of successive clock readings, over `tries` readings. */
uint64_t measure_clock_step_ns(const struct measure_clock *clock, unsigned tries);

/*
 * The ladder of a workload: its multiple, doubled as long as that is a round, and then rounds, doubled (1 2 4 ... with
 * neither). n is part of what an op is: whole rounds, and few values of it, so that two runs have the same (an isolated
 * put without a pool costs 42 ns at 1536 ops in rounds of 256, 92 at 1644).
 */
struct measure_ladder {
    uint64_t multiple_ops; /* of every arm: their least common multiple; at least 1 */
    uint64_t round_ops;    /* the smallest batch_max_ops of the arms, down to a multiple; 0: no limit */
};
struct measure_ladder measure_ladder_of(const uint64_t *multiples, const uint64_t *batch_maxima, size_t count);
uint64_t measure_rung(const struct measure_ladder *ladder, double wanted);          /* the nearest, by its ratio */
uint64_t measure_rung_at_least(const struct measure_ladder *ladder, double wanted); /* the next above */
/* Off the ladder, in whole rounds: near 1.4 n, and between n and 2n; 0 when there is none. */
uint64_t measure_between(const struct measure_ladder *ladder, uint64_t n);

/*
 * Rung of a batch for all arms: about `target_ns` for the arm of median speed, and at least 1000 clock steps for every
 * arm (so that quantisation stays below 0.1 %), but for those so fast that this would be more than MEASURE_OWN_TIMES as
 * many ops (0.75 ns beside 918: blocks of 161 ms). `ns_per_op` as found by the pilot.
 */
uint64_t measure_iterations(const double *ns_per_op, size_t count, const struct measure_ladder *ladder,
                            double target_ns, uint64_t clock_step_ns);
/* Rung of one arm beside the `common` one: the same, but where its batch would be shorter than half of 1000 clock steps
 * (it is one of those so fast; the other half is what a run may have seen otherwise than the pilot) or longer than
 * MEASURE_LONG_BATCHES targets. */
uint64_t measure_own_iterations(double ns_per_op, uint64_t common, const struct measure_ladder *ladder,
                                double target_ns, uint64_t clock_step_ns);
#define MEASURE_LONG_BATCHES 32.0
#define MEASURE_OWN_TIMES    16

/* Bytes from one input of a ring to the next, and its whole length: powers of two. 0 bytes of ring in the states
 * without one. */
uint64_t measure_ring_stride(uint64_t input_bytes);
uint64_t measure_ring_bytes(uint64_t input_bytes);

#endif
