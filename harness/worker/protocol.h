/*
 * The worker: a fresh process that loads one panel and measures it, or does one exact pass. The driver passes it a
 * shared-memory region (file descriptor WORKER_REGION_FD) holding the job; the worker writes its results into the same
 * region as it goes, so that a crash loses nothing and says where it was.
 */
#ifndef ENCBENCH_WORKER_H
#define ENCBENCH_WORKER_H

#include "base/environment.h"
#include "base/process.h"
#include "interpose/interpose.h"
#include "machine/perf_group.h"
#include "measure/crew.h"
#include "measure/optimiser_rule.h"
#include "step/step.h"
#include "worker/heap_pass.h"
#include "worker/intact.h"

#include <limits.h>

enum {
    WORKER_REGION_FD = PROCESS_PASSED_FD,
    WORKER_PROTOCOL = 6,
    WORKER_LINEARITY_TRIES = 2,
    WORKER_LINEARITY_HEAPS = 4,
    WORKER_PLACES_MAX = 512, /* of objects: of six arms on 16 heaps five each */
    WORKER_WARM_STEPS = 14,  /* none, then 1 ... 4096 times the multiple */
};

/* Untimed ops of a step of warming. */
static inline uint64_t worker_warm_ops(uint32_t step, uint64_t multiple)
{
    return step == 0 ? 0 : multiple << (step - 1);
}

enum worker_mode {
    WORKER_PILOT,     /* find ns per op of each arm and the time of a block */
    WORKER_MEASURE,   /* `blocks` blocks */
    WORKER_METRICS,   /* arm 0 only: the workload's own figures */
    WORKER_EXACT,     /* arm 0 only: digest, allocations, bytes; the interposer is preloaded */
    WORKER_HEAP,      /* arm 0 only: memory over `iterations` ops; the interposer is preloaded */
    WORKER_STRUCTURE, /* no arm: blocks of `structure_bytes` from whatever allocator is preloaded */
    WORKER_STEP,      /* arm 0 only: instructions of n and of 2n ops; nothing is preloaded, addresses are fixed */
    WORKER_COUNT,     /* arm 0 only: the kernel's counters; nothing is preloaded */
    WORKER_OPTIMISER, /* arm 0 only: whether the op is still there; nothing is preloaded */
    WORKER_THREADS,   /* arm 0 only: whether threads produce what one does; nothing is preloaded */
};

enum worker_phase {
    WORKER_STARTING,
    WORKER_LOADING,
    WORKER_SETTING_UP,
    WORKER_WARMING_UP,
    WORKER_MEASURING,
    WORKER_TEARING_DOWN,
    WORKER_DONE,
};

struct worker_arm {
    char file[PATH_MAX]; /* shared object, linked for this process */
    char workload[ENCBENCH_NAME_BYTES];
    char variant[ENCBENCH_NAME_BYTES]; /* what must be found in the file ... */
    uint64_t planted_cycles_per_op;    /* ... and with what plant: a mix-up of files would look like equivalence */
    enum measure_state state;
    bool alone; /* run by one thread, however many the job has: the clock's */
    uint64_t round_ops;
    uint64_t iterations;
    uint64_t rewarm_iterations;
    uint64_t other_iterations[MEASURE_SIZES - 1]; /* of linearity blocks */
    /* Where what it needs must have come from, if it is there at all: the loader takes one object for all of a name. */
    char shared_directory[PATH_MAX];
};

struct worker_job {
    uint32_t protocol;     /* WORKER_PROTOCOL */
    uint32_t region_bytes; /* size of struct worker_region without blocks */
    enum worker_mode mode;
    int cpu;                       /* to pin to */
    uint32_t threads;              /* that run an op at the same time; 0 is 1 */
    bool threads_pinned;           /* each to its one of ... */
    int cpus[MEASURE_THREADS_MAX]; /* ... these; the first is `cpu` */
    uint64_t seed;
    uint64_t process;
    uint32_t arm_count;
    uint32_t blocks;     /* to measure, for effects */
    uint32_t clock_arms; /* the last ones of the arms ... */
    /* ... which have so many blocks of their own between the others; 0: they take part in those. */
    uint32_t clock_blocks;
    uint32_t linearity_blocks; /* at the end, of all but the clock arms: each fills MEASURE_SIZES */
    uint32_t blocks_enough;    /* no more once so many are kept; 0: all of them */
    uint32_t epochs;           /* set-ups of all arms the blocks are spread over; each has a heap of its own */
    uint32_t blocks_least;     /* of fewer that are kept nothing can be said */
    uint64_t deadline_ns;      /* measuring ends after this long with blocks_least, whatever is left */
    char data_directory[PATH_MAX];
    char interposer[PATH_MAX];       /* what should be preloaded ahead of the rest; "": nothing */
    struct environment environment;  /* that the worker is started with; what is preloaded must be there */
    char shared_directory[PATH_MAX]; /* of the shared objects that modules have in common; WORKER_STEP */
    uint32_t structure_bytes;        /* WORKER_STRUCTURE */
    /* WORKER_MEASURE: all batches of an arm, then those of the next; blocks are filled in the same form */
    bool one_after_other;
    enum step_source step_source; /* WORKER_STEP (step.h) ... */
    bool step_every;              /* ... without shortcuts */
    uint64_t step_traps;          /* WORKER_OPTIMISER: most for the first op of a run */
    uint32_t event_count;         /* WORKER_COUNT */
    struct counter_event events[COUNTER_EVENTS_MAX];
    struct worker_arm arms[MEASURE_ARMS_MAX];
};

/* Hashes of an op's output for a seed: the module's own function, and what the harness makes of `output`
 * (worker_output.h). */
struct worker_digests {
    bool has_own, has_of_output; /* at least one */
    uint64_t own, of_output;
};

/* One that two variants both have; false: there is none. */
static inline bool worker_digests_of(const struct worker_digests *a, const struct worker_digests *b, uint64_t *of_a,
                                     uint64_t *of_b)
{
    const bool own = a->has_own && b->has_own;
    *of_a = own ? a->own : a->of_output;
    *of_b = own ? b->own : b->of_output;
    return own || (a->has_of_output && b->has_of_output);
}

struct worker_exact {
    struct worker_digests digests;
    uint64_t operations; /* n */
    /* Counts before setup; warmed up; after n ops more; after 2n ops more; after teardown. Peaks of after_n and of
     * after_2n are those of these n and 2n ops. */
    struct interpose_counts before_setup, warm, after_n, after_2n, after_teardown;
    uint64_t calling_threads_n, calling_threads_2n; /* that called any function that counts, in these ops */
    uint64_t structure_heap_bytes; /* modal distance of blocks of the structure's size; 0: no structure */
    uint64_t process_changes;      /* of what all arms of a process share, while the op is set up (intact.h) */
    char changed[INTACT_TEXT_BYTES];
};

/* An executed instruction, in order of address. */
struct worker_instruction {
    uint32_t object; /* in worker_step.objects */
    uint64_t offset_bytes;
    int64_t executions; /* over n ops */
};

enum {
    OPTIMISER_TRAPS = 100000,            /* for the first op of what needs no more (optimiser.h) */
    WORKER_STEP_TRAPS_MAX = 3000000,     /* a pass that needs more has no figure: 30 s on a slow machine */
    WORKER_STEP_INSTRUCTIONS_MAX = 8192, /* different ones that are recorded */
    WORKER_STEP_OBJECTS_MAX = 8,
};

/* How far it came: a sandbox may kill whoever opens a source of traps. */
enum worker_step_opening { WORKER_STEP_NOT_YET, WORKER_STEP_BEGUN, WORKER_STEP_OPENED };

struct worker_step {
    char unavailable[512]; /* why there is no count; "" when there is one */
    enum worker_step_opening opening;
    uint64_t operations; /* n */
    uint64_t instructions_n, instructions_2n;
    uint64_t shared_n, shared_2n; /* of them in shared objects or called from there */
    uint64_t traps;
    uint32_t instruction_count; /* what has no room or belongs to no object is left out */
    struct worker_instruction instructions[WORKER_STEP_INSTRUCTIONS_MAX];
    uint32_t object_count;
    char objects[WORKER_STEP_OBJECTS_MAX][PATH_MAX]; /* object 0 is the module */
};

/* What the output says about the op (worker_output.h). */
enum worker_output {
    WORKER_OUTPUT_NONE, /* there is none */
    WORKER_OUTPUT_WITHOUT_INPUT,
    WORKER_OUTPUT_OF_HISTORY, /* another one for the same input */
    WORKER_OUTPUT_CONSTANT,   /* the same for all inputs */
    WORKER_OUTPUT_OF_FIRST,   /* of a run on different inputs: that of the first ... */
    WORKER_OUTPUT_OF_ALL,     /* ... that of neither the first nor the last */
    WORKER_OUTPUT_DEPENDS,
};

/* How much of an op was stepped. */
enum worker_stepped {
    WORKER_STEPPED_NOT,
    WORKER_STEPPED_LONG,   /* the first op needs more than job.step_traps */
    WORKER_STEPPED_GROWS,  /* more ops need far more than the first: the op is there, and not counted to its end */
    WORKER_STEPPED_COUNTED /* `counts` are filled */
};

/* Why nothing was stepped is step.unavailable. */
struct worker_optimiser {
    enum worker_output output;
    uint64_t output_bytes;  /* of the last output */
    uint64_t output_inputs; /* that were tried */
    uint64_t output_ops;    /* of the last run on different inputs; 0: none */
    enum worker_stepped stepped;
    struct optimiser_counts counts;
};

struct worker_counters {
    char unavailable[256]; /* why nothing was counted; "" when `values` are filled */
    uint64_t operations;   /* of each thread, for every event */
    uint32_t thread_count;
    struct counter_value values[COUNTER_THREADS_MAX * COUNTER_EVENTS_MAX]; /* [thread * event_count + event] */
};

/* Where an object of an arm lay on one of its heaps. */
struct worker_object {
    uint32_t arm, epoch;
    char name[32];
    uint64_t address, bytes;
};

struct worker_metric {
    char name[ENCBENCH_NAME_BYTES];
    double value;
};

struct worker_result {
    enum worker_phase phase;
    uint32_t phase_arm; /* arm that the phase is about */
    int failed;         /* 0, or the exit code; `message` says why */
    char message[1024];
    uint64_t clock_step_ns;
    double ticks_per_ns;
    uint64_t warm_up_blocks;
    double pilot_ns_per_op[MEASURE_ARMS_MAX];
    double
        pilot_whole_ns_per_op[MEASURE_ARMS_MAX]; /* with what is untimed around it; the mean, where that is the best */
    double pilot_heap_ns;                        /* to tear down all arms and set them up again */
    double reading_ns; /* what a round costs beside its ops: two readings of the clock and a call */
    /* In region->blocks those for effects come first; behind job.blocks of them those of the clock arms; behind
     * job.clock_blocks those of linearity. */
    uint32_t blocks_done, clock_blocks_done, linearity_blocks_done;
    /* Of each arm: time of a batch after other arms had their turn and then worker_warm_ops untimed ops; of no more
     * than pilot_warm_count such numbers. */
    uint32_t pilot_warm_count[MEASURE_ARMS_MAX];
    double pilot_warm_ns[MEASURE_ARMS_MAX][WORKER_WARM_STEPS];
    double pilot_clock_sd; /* over blocks of the clock arms: of what the planted chain takes more, over its median */
    char not_counted[320]; /* why the interposer is not there and the counts below are none; "": they are counts */
    struct worker_exact exact;
    struct heap_pass heap;
    struct worker_step step;
    struct worker_optimiser optimiser;
    struct worker_counters counters;
    char allocator[PATH_MAX]; /* the shared object that malloc is in; WORKER_STRUCTURE */
    uint32_t object_count;    /* what has no room is left out */
    struct worker_object objects[WORKER_PLACES_MAX];
    uint32_t metric_count;
    struct worker_metric metrics[ENCBENCH_METRICS_MAX];
};

/* Blocks that a region has room for. */
static inline uint32_t worker_block_room(const struct worker_job *job)
{
    return job->blocks + job->clock_blocks + WORKER_LINEARITY_TRIES * MEASURE_SIZES * job->linearity_blocks;
}

struct worker_region {
    struct worker_job job;
    struct worker_result result;
    struct measure_block blocks[]; /* room for all that job wants; behind it what threads took (worker_thread_times) */
};

/* Of each block for effects, where several threads run them; NULL otherwise. */
static inline struct measure_thread_times *worker_thread_times(struct worker_region *region)
{
    return region->job.threads > 1 ? (void *)&region->blocks[worker_block_room(&region->job)] : NULL;
}
static inline size_t worker_region_bytes(const struct worker_job *job)
{
    return sizeof(struct worker_region) + worker_block_room(job) * sizeof(struct measure_block) +
           (job->threads > 1 ? job->blocks * sizeof(struct measure_thread_times) : 0);
}

#endif
