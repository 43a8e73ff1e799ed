/*
 * The plan of a run: which arms share a process, on which workload, which contrasts are read from them, in which order
 * processes run and with which layouts. Filled by pure functions from panels.csv, the modules and the seed, so that it
 * can be printed before anything is measured and checked by tests.
 */
#ifndef ENCBENCH_PLAN_H
#define ENCBENCH_PLAN_H

#include "measure/measure.h"
#include "module/set.h"
#include "plan/profile.h"
#include "store/csv.h"

enum {
    PLAN_PANEL_ARMS_MAX = 6, /* more arms cost precision: the sd of a contrast doubled from 2 arms to 18 in a trial */
    PLAN_CONTRASTS_MAX = 32,
    PLAN_CLOCK_ARMS = 3,
    PLAN_REASON_BYTES = 160,
    PLAN_FEW_BLOCKS = 16,  /* in a cell of fewer, batches of clock arms that have no blocks of their own are ... */
    PLAN_LONG_CLOCK = 256, /* ... so many times as long */
    /*
     * A process sets its arms up anew this many times, each time with a fresh heap. Where buffers lie, not where code
     * lies, is what made copies of the same code differ: per-process sd of the twin on a 450 ns encode-and-copy op with
     * 1, 4, 16 and 32 set-ups a process 1.1-3.2, 0.7, 0.4-0.5 and 0.4-0.5 ns (20 processes each); an op of 21 ns that
     * touches no data has 0.001 either way.
     */
    PLAN_EPOCHS = 16,
};

enum plan_role { PLAN_BASELINE, PLAN_CONTENDER, PLAN_TWIN, PLAN_PLANTED, PLAN_CLOCK };
extern const char *const plan_role_words[];

struct plan_arm {
    char name[ENCBENCH_NAME_BYTES]; /* the variant; twin; planted; or the clock kernel's workload */
    enum plan_role role;
    const struct module_info *module;
    const struct module_workload *workload;
    uint64_t iterations;                          /* per batch, a rung of the workload's ladder; 0 until the pilot */
    uint64_t other_iterations[MEASURE_SIZES - 1]; /* of linearity blocks; 0: none of this size */
};

/* Ops of a batch of this size (measure_block.size). */
static inline uint64_t plan_iterations(const struct plan_arm *arm, uint8_t size)
{
    return size == 0 ? arm->iterations : arm->other_iterations[size - 1];
}

struct plan_contrast {
    char name[ENCBENCH_NAME_BYTES];
    double weights[MEASURE_ARMS_MAX]; /* of each arm's time (difference) or ln time (log ratio) */
};

/* One panel on one workload: what a process measures. */
struct plan_cell {
    char panel[ENCBENCH_NAME_BYTES];
    char workload[ENCBENCH_NAME_BYTES];      /* short name, that of its state */
    char base_workload[ENCBENCH_NAME_BYTES]; /* the same in the state `repeat`: what is counted is counted of it */
    enum measure_state state;
    unsigned threads; /* of all arms but those of the clock; 0: 1 */
    /* Why it is only counted, and no process of it runs: more threads than CPUs; "": it is timed. */
    char not_timed[PLAN_REASON_BYTES];
    struct plan_arm arms[MEASURE_ARMS_MAX]; /* the clock arms come last */
    size_t arm_count;
    struct plan_contrast contrasts[PLAN_CONTRASTS_MAX];
    size_t contrast_count;
    bool decides_claims; /* a contrast or level of it decides a part of a claim */
    /* Arms from this one on, all of one module, share one link; those before have each their own. */
    size_t first_shared;
    uint32_t epochs;      /* set-ups of all arms in a process; 0: PLAN_EPOCHS */
    bool one_after_other; /* all batches of an arm, then those of the next: what a calibration compares the design with
                           */
    uint32_t blocks;      /* per process; 0 until the pilot */
    /* Blocks of the clock arms alone, between the others; 0: they take part in those. And of linearity, behind them. */
    uint32_t clock_blocks, linearity_blocks;
    /* A process in so many has linearity blocks: of ops so long that one block of them would be more than a fifth of
     * the time. */
    uint32_t linearity_every;
    struct measure_ladder ladder; /* of the arms but those of the clock; from the pilot */
    uint64_t rewarm_iterations;   /* untimed ops before a batch, the same for all arms but those of the clock */
    uint32_t blocks_enough;       /* a process ends once so many are kept; 0: after all of them */
    double block_ns;              /* expected time of a block, from the pilot */
};

/* A row of panels.csv, parsed. */
struct plan_row {
    char panel[ENCBENCH_NAME_BYTES], effort[16], workloads[1024], contrast[ENCBENCH_NAME_BYTES], kind[16];
    char baseline[PLAN_PANEL_ARMS_MAX][ENCBENCH_NAME_BYTES], contender[PLAN_PANEL_ARMS_MAX][ENCBENCH_NAME_BYTES];
    size_t baseline_count, contender_count;
    size_t line; /* of panels.csv; 0 when the plan made the row itself */
};

struct plan {
    struct plan_row *rows; /* the panels in force: panels.csv as filtered, and those made for --module */
    size_t row_count;
    struct plan_row *listed; /* all of panels.csv that has to do with the modules, whatever its effort */
    size_t listed_count;
    enum profile_effort effort; /* as selected */
    struct plan_cell *cells;
    size_t cell_count;
    const char *panels_path; /* while it is built */
};

struct plan_selection {
    const char *const *variants;  /* NULL-terminated; NULL: all */
    const char *const *workloads; /* NULL-terminated short or full names; NULL: all */
    const char *const *modules;   /* files or directories given with --module, NULL-terminated; NULL: none */
    /* Of panels made for --module and --variants; NULL: the first variant that has the workload. */
    const char *baseline;
    bool with_own;              /* our own campaign beside --module */
    enum profile_effort effort; /* of panels; those that take more only where they are asked for (plan_too_deep_...) */
    /* Bits of enum measure_state: every workload in these, where it can be. 0: `repeat`, and what panels.csv names;
     * panels made for
     * --module have `fresh` beside it. */
    unsigned states;
    /* Numbers of threads, one bit each (1u << threads): every workload at these that can. 0: as many as it needs, and
     * what panels.csv names. */
    unsigned threads;
};

/*
 * Builds the cells. `kernels` is the described chain module. Errors: what panels.h refuses, a panel with more than six
 * arms, a variant or workload in panels.csv that no module has, an unknown name in the selection, nothing left to
 * measure; each names file and line or the name. plan_free in every case.
 */
int plan_build(struct plan *plan, const struct csv_data *panels, const struct module_set *set,
               const struct module_info *kernels, const struct plan_selection *selection, struct error *error);
void plan_free(struct plan *plan);

/*
 * Whether a variant or a workload stands in panels.csv in panels of effort deep alone, and the selection does not go so
 * deep: then it costs a run nothing, no exact pass either, unless it is asked for: variants and workloads by their
 * names, and with them the deep panels that they stand in. What stands in no panel at all (assigned+thread, a workload
 * that only counts) is counted in every profile.
 */
bool plan_too_deep_variant(const struct plan *plan, const char *variant);
bool plan_too_deep_workload(const struct plan *plan, const struct module_workload *workload);

/* Processes of a cell in all up to a look; none of one that is not timed. */
unsigned plan_cell_processes(const struct plan_cell *cell, const struct profile *profile, size_t look);

/* Cells at more threads than there are CPUs are not timed: says so in them, and returns how many there are. */
size_t plan_leave_untimed(struct plan *plan, unsigned cpus);

/* Sets decides_claims of every cell: claims.csv has a condition of kind timing or composition on its workload and the
 * two sides of one of its contrasts, in either orientation, or of kind level on its workload and one of its variants.
 */
void plan_mark_claims(struct plan *plan, const struct csv_data *claims);

/* Cell that runs at `position` (0 ... cell_count-1) of round `round`: every round runs every cell once, in random
 * order. */
void plan_round(uint64_t seed, uint64_t round, uint32_t *cells, size_t cell_count);

/* Number of the process that measures a cell in a round: unique in the run, whichever cells take part. */
uint64_t plan_process_number(const struct plan *plan, uint64_t round, size_t cell);
size_t plan_process_cell(const struct plan *plan, uint64_t process);

/* Arms but those of the clock, which come last. */
size_t plan_real_arms(const struct plan_cell *cell);

/* The ladder of the arms, whose workloads may differ in their multiples and rounds; clock arms left out. */
struct measure_ladder plan_ladder(const struct plan_cell *cell);

/* Iterations of every arm but those of the clock: the common rung, or an own one (measure_own_iterations), and with it
 * those of linearity blocks. `ns_per_op` may be NULL: the common one for all. */
void plan_set_iterations(struct plan_cell *cell, uint64_t common, const double *ns_per_op, uint64_t clock_step_ns);

/* Of linearity blocks, from the arm's own and the ladder of the cell. */
void plan_set_other_iterations(struct plan_cell *cell, size_t arm);

/* ns that linearity blocks take until every arm had one, by ns per op of each arm. */
double plan_linearity_ns(const struct plan_cell *cell, const double *ns_per_op);

/* Blocks of a process of the cell: its linearity blocks, none in those that are not due (linearity_every). */
uint32_t plan_linearity_blocks(const struct plan_cell *cell, uint64_t turn);

/*
 * Batches of the clock arms. The planted chain is judged against the chain batch by batch: the same n for both. In a
 * cell of few blocks (set before) they are longer, beside ops of milliseconds still short: of four blocks trimming
 * leaves all, and an interrupt of 25 us in one batch of 10 hid the 32 planted cycles in 3 of 20 processes; of 320 us,
 * every third batch was 8 % too long.
 */
void plan_set_clock(struct plan_cell *cell, uint64_t chain_iterations, uint64_t multiply_iterations);

/* Seed of the layout of one arm of one process: never the same twice in a run. Clock arms share the layout of arm
 * `first clock`. */
uint64_t plan_layout_seed(uint64_t seed, uint64_t process, size_t arm);

/* For cells that are made by hand: an arm at the end, a contrast of two arms, which is `weight` times what `plus` takes
 * more than `minus`, and an arm of the harness's own kernels, which a build cannot lack. */
struct plan_arm *plan_add_arm(struct plan_cell *cell, const char *name, enum plan_role role,
                              const struct module_info *module, const struct module_workload *workload);
struct plan_contrast *plan_add_contrast(struct plan_cell *cell, const char *name, size_t minus, size_t plus,
                                        double weight);
int plan_add_kernel(struct plan_cell *cell, const char *name, enum plan_role role, const struct module_info *kernel,
                    const char *workload, struct error *error);

/* Arms of a cell that are of one module. */
size_t plan_arms_of(const struct plan_cell *cell, const struct module_info *module);

/*
 * Which of its module's layouts (module_info.layouts) an arm takes in turn `turn` of cell `number`: all in an order
 * drawn from the seed, none twice in the cell, by whichever arm, before all were taken. Turns start anywhere and count
 * up by one.
 */
size_t plan_layout_choice(uint64_t seed, uint64_t number, const struct plan_cell *cell, size_t arm, uint64_t turn);

/* Index of the arm, arm_count when there is none. */
size_t plan_arm_index(const struct plan_cell *cell, const char *name);

#endif
