/*
 * Measuring inside one process: arms take turns in blocks. A block is a random permutation of the arms followed by its mirror image,
 * so that every arm's two batches have the same mean position and a linear drift cancels. Nothing here knows files or
 * processes; clock and scheduler are injected, so tests run it with a fake one.
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
    /* A block that lasts longer than this is allowed an involuntary switch for each such stretch: an idle virtual machine has
     * some 15 a second, of microseconds each, so of blocks of 76 ms (16 MiB ops) none would be left. */
    MEASURE_SWITCH_STRETCH_NS = 10000000,
    MEASURE_INPUT_OFFSETS = 4096, /* the input's page offset is uniform over a page ... */
    MEASURE_INPUT_STEP = 16,      /* ... in steps of this many bytes */
    MEASURE_PROBES = 2,           /* of the machine's state: before the first slot of a block and after the last */
    /* Independent additions of a probe: 0.9 us at 4.1 GHz, where they retire at 5.2 a cycle. Both probes of a block with the shorter ones
     * that warm them take 0.4 % of a block of 490 us. */
    MEASURE_PROBE_ADDS = 19200,
    MEASURE_EPOCH_BLOCKS_MIN = 4, /* of a heap: a fresh one costs a block, and a long op has few */
};

/* A batch of real ops; the clock arms need no more than 1000 clock steps. Short batches let a block end before the machine changes
 * its mind. */
#define MEASURE_BATCH_NS       25000.0
#define MEASURE_CLOCK_BATCH_NS 10000.0

struct measure_clock {
    uint64_t (*now_ns)(void *context);           /* CLOCK_MONOTONIC_RAW */
    uint64_t (*ticks)(void *context);            /* time-stamp counter; 0 where there is none */
    long (*involuntary_switches)(void *context); /* of this thread so far */
    int (*cpu)(void *context);                   /* on which it runs */
    void *context;
    /* `adds` independent additions, as many at once as the core can do: what another thread on it takes away (state.h). NULL: none. */
    void (*probe)(void *context, unsigned adds);
};

/* The real one. */
struct measure_clock measure_clock_real(void);

struct measure_arm {
    const struct encbench_workload *workload;
    void *state;
    uint64_t iterations;        /* ops of a timed batch; a multiple of the workload's batch_multiple_ops */
    uint64_t rewarm_iterations; /* untimed ops before it */
};

/* One block as measured. slot_arm, elapsed_ns and centre_ns have 2 x arm_count entries. */
struct measure_block {
    uint8_t slot_arm[MEASURE_SLOTS_MAX];
    bool
        dropped; /* an involuntary context switch or a change of CPU fell into it: the whole block goes, blind to the arms */
    uint16_t input_offset_bytes;
    uint8_t state;                     /* enum state (state.h); the driver's, not the worker's */
    uint32_t probe_ns[MEASURE_PROBES]; /* MEASURE_PROBE_ADDS independent additions; 0: not probed */
    uint64_t elapsed_ns[MEASURE_SLOTS_MAX];
    uint64_t centre_ns[MEASURE_SLOTS_MAX]; /* when the batch was half done, by the clock and not by the plan */
};

/* Order of the arms in a block and the input's page offset: a function of (seed, process, block) alone. */
void measure_plan_block(uint64_t seed, uint64_t process, uint64_t block, size_t arm_count, struct measure_block *plan);

/* How many blocks share a heap, of `blocks` planned ones on at most `epochs` heaps: block b is in epoch b / this. At least 1. */
uint32_t measure_epoch_blocks(uint32_t blocks, uint32_t epochs);

/* Time of one batch of `iterations` ops, in rounds of at most batch_max_ops. *bytes is increased by what was produced. */
uint64_t measure_batch(const struct measure_clock *clock, const struct measure_arm *arm, uint64_t iterations,
                       uint64_t *bytes);

/*
 * Runs block `number` by its plan and fills in times and `dropped`. False when an arm produced another number of bytes than
 * its workload promises. *running_arm is the arm whose turn it is, so that it says which arm that was, also after a crash; it is
 * set ahead of the untimed ops.
 */
bool measure_block_run(const struct measure_clock *clock, struct encbench_host *host, const unsigned char *input_base,
                       const struct measure_arm *arms, size_t arm_count, struct measure_block *block,
                       volatile uint32_t *running_arm);

/* Smallest non-zero difference of successive clock readings, over `tries` readings. */
uint64_t measure_clock_step_ns(const struct measure_clock *clock, unsigned tries);

/*
 * Ops a batch should have: about `target_ns` for the arm of median speed, at least 1000 clock steps for the fastest (so that
 * quantisation stays below 0.1 %), and a multiple of every arm's batch_multiple_ops. `ns_per_op` as found by the pilot.
 */
uint64_t measure_iterations(const double *ns_per_op, const uint64_t *multiples, size_t count, double target_ns,
                            uint64_t clock_step_ns);

#endif
