/*
 * The raw files of a run directory while it is written: rows are appended whole, a process at a time, so that the
 * directory is valid whenever the program dies.
 */
#ifndef ENCBENCH_RECORD_H
#define ENCBENCH_RECORD_H

#include "base/error.h"
#include "measure/measure.h"
#include "plan/plan.h"
#include "summary/summary.h"
#include "worker/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record; /* open files of one run directory */

/* What the clocks of a process were like. */
struct record_clock {
    double ticks_per_ns; /* 0: none */
    double probe_cycles; /* what its blocks' states were told apart by (state.h); 0: nothing */
    double reading_ns;   /* of a round beside its ops; 0: not measured */
};

/* Why a process does not count. */
struct record_void {
    const char *reason; /* NULL: it counts */
    const char *fault;  /* name of the arm that failed or crashed; NULL: none did */
};

/* Creates the raw files of processes, contrasts, contrasts by machine state, linearity and samples in `directory`;
 * those that it holds are appended to, when `resumed`. */
int record_open(struct record **record, const char *directory, bool resumed, struct error *error);

/* Where the objects of the arms of a process lay: record_process, which must follow, writes it with the rest. */
void record_objects(struct record *record, uint64_t process, const struct plan_cell *cell,
                    const struct worker_object *objects, size_t count);

/* One process: its samples as one gzip member, its arms, its contrasts and their linearity (none when void); and last
 * what of it was written where (recorded.h).
 * `layouts` are words, one an arm. */
int record_process(struct record *record, uint64_t process, const struct plan_cell *cell, const char *const *layouts,
                   const struct measure_block *blocks, size_t block_count, const struct summary *summary,
                   const struct record_clock *clock, const struct record_void *why, struct error *error);

/* Frees in every case. */
int record_close(struct record *record, struct error *error);

#endif
