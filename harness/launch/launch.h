/*
 * Launching workers: fresh layouts, jobs in shared memory, and what came back.
 */
#ifndef ENCBENCH_LAUNCH_H
#define ENCBENCH_LAUNCH_H

#include "base/error.h"
#include "base/paths.h"
#include "module/link.h"
#include "plan/plan.h"
#include "worker/protocol.h"

struct launch {
    const struct paths *paths;
    const char *scratch;
    const struct module_set *modules;
    int cpu;           /* workers are pinned to it */
    unsigned parallel; /* passes that time nothing, at once: as many as there are CPUs */
    bool quiet;        /* nothing is said of a worker that takes long */
    /* Shared objects too get a fresh layout in every round, where their object file lies beside them: they are among
     * what is compared. Where they are not, one copy serves all arms and its layout cannot tell them apart. */
    bool fresh_shared;
};

/* One link an arm, made for one process. */
struct launch_layouts {
    char files[MEASURE_ARMS_MAX][PATH_MAX];
    char text[MEASURE_ARMS_MAX][LAYOUT_TEXT_BYTES];
    const char *words[MEASURE_ARMS_MAX]; /* for processes.csv; point into `text` */
    const char *given[MEASURE_ARMS_MAX]; /* the files of people that they were made from; borrowed from the modules */
    size_t count;
    char shared_directory[PATH_MAX]; /* fresh layouts of shared objects, of a round; empty: each module's own */
};

struct launch_measured {
    struct measure_block *blocks; /* inside `region` */
    size_t block_count;
    const struct measure_thread_times *thread_times; /* of those for effects; NULL: one thread */
    double reading_ns;                               /* of a round beside its ops */
    const struct worker_object *objects;             /* inside `region`; `arm` is below the cell's count */
    size_t object_count;
    double ticks_per_ns;
    bool stopped;          /* by a signal to us: not a result at all */
    char void_reason[512]; /* empty: it ended well */
    bool faulty;           /* an arm failed or crashed: its own doing, not the machine's */
    uint32_t arm;          /* that the worker was at; the cell's count: not known */
    struct worker_region *region;
    size_t region_bytes;
};

/* Everything is borrowed and must outlive the launch. */
void launch_init(struct launch *launch, const struct paths *paths, const char *scratch,
                 const struct module_set *modules);
void launch_free(struct launch *launch);
/* The same for one of several passes at a time: its workers have a CPU of their own. */
struct launch launch_beside(const struct launch *launch, unsigned number);

/* Links every arm of the `count` cells of a round; layouts[i] belongs to the cell at position i of `order`. A shared
 * object has one fresh layout a round, as every cell has at most one process in it; those of one name must be the same.
 */
int launch_link_round(const struct launch *launch, const struct plan *plan, const uint32_t *order, size_t count,
                      uint64_t round, uint64_t seed, struct launch_layouts *layouts, struct error *error);
/* The same for `count` processes of one cell, with the layouts that processes `first` ... have. */
int launch_link_all(const struct launch *launch, const struct plan_cell *cell, uint64_t first, size_t count,
                    uint64_t seed, struct launch_layouts *layouts, struct error *error);
/* Whether the object file of a shared object lies beside it, so that it can be laid out afresh; its path into `object`
 * (PATH_MAX bytes). */
bool launch_shared_object(const char *shared, char *object);
void launch_unlink_round(struct launch_layouts *layouts, size_t count);

/* ns per op of every arm of a cell. A module that crashes here is refused by name: there is nothing to measure. */
int launch_pilot(const struct launch *launch, const struct plan_cell *cell, uint64_t process, uint64_t seed,
                 struct worker_result *result, struct error *error);

/* One process. Errors are ours only; what the worker did wrong is `void_reason`. launch_measured_free in every case. */
int launch_measure(const struct launch *launch, const struct plan_cell *cell, uint64_t process, uint64_t seed,
                   const struct launch_layouts *layouts, struct launch_measured *measured, struct error *error);
void launch_measured_free(struct launch_measured *measured);

/* A pass of one variant on one workload under the interposer, in a fresh process: WORKER_EXACT over n = `operations`
 * and 2n ops, WORKER_HEAP over `operations`, or WORKER_METRICS. Refused by name when it crashes or fails. An interposer
 * that is not there, or that the loader does not take, is no error but the reason in result->not_counted. */
int launch_pass(const struct launch *launch, enum worker_mode mode, const struct module_info *module,
                const struct module_workload *workload, uint64_t operations, uint64_t seed,
                struct worker_result *result, struct error *error);

/* WORKER_THREADS at the workload's threads, in a fresh process: a module that says that it can use them and produces
 * other bytes or another output with them is refused by name. */
int launch_threads(const struct launch *launch, const struct module_info *module,
                   const struct module_workload *workload, uint64_t seed, struct error *error);

enum launch_step {
    LAUNCH_STEP_ANY, /* by the trap flag; in another process by ptrace where that cannot be had */
    LAUNCH_STEP_TRAP_FLAG,
    LAUNCH_STEP_EVERY, /* by the trap flag, without shortcuts (step.h) */
    LAUNCH_STEP_PTRACE,
};
/* WORKER_STRUCTURE with a shared object preloaded, by path or by the name that the loader finds it under. `wrong`: one
 * line on how the worker failed, which is no error, or "". */
int launch_structure(const struct launch *launch, const char *preload, uint32_t structure_bytes,
                     struct worker_result *result, char *wrong, size_t wrong_bytes, struct error *error);

/* WORKER_STEP over n = `operations` and 2n ops, in a fresh process. A worker that fails or is killed is no error but
 * the reason in result->step.unavailable, which names all that was tried: stepping is what sandboxes forbid. But one
 * that crashes by its own fault whichever way it is stepped is refused by name. */
int launch_step(const struct launch *launch, const struct module_info *module, const struct module_workload *workload,
                uint64_t operations, enum launch_step how, uint64_t seed, struct worker_result *result,
                struct error *error);

/* WORKER_OPTIMISER with so many traps for the first op, in a fresh process. A worker that fails before it steps is
 * refused by name, as by launch_pass; later it is the reason in result->step.unavailable, as of launch_step, and
 * result->optimiser holds what was found out before. */
int launch_optimiser(const struct launch *launch, const struct module_info *module,
                     const struct module_workload *workload, uint64_t traps, enum launch_step how, uint64_t seed,
                     struct worker_result *result, struct error *error);

/* WORKER_COUNT of `event_count` encoded events, in a fresh process. A worker that fails or is killed is no error but
 * the reason in result->counters.unavailable: counters are what sandboxes forbid. One that crashes by its own fault is
 * refused by name. */
int launch_count(const struct launch *launch, const struct module_info *module, const struct module_workload *workload,
                 const struct counter_event *events, size_t event_count, uint64_t seed, struct worker_result *result,
                 struct error *error);

#endif
