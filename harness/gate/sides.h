/*
 * The two builds that `gate` compares, ready to be run: modules of each with its own shared objects and data, and the
 * plants as one module more. Counts both at the same time, in processes of their own: the figures are exact, so
 * neighbours do not change them.
 */
#ifndef ENCBENCH_GATE_SIDES_H
#define ENCBENCH_GATE_SIDES_H

#include "gate/base.h"
#include "module/set.h"
#include "store/csv.h"

#include <stdint.h>

enum gate_which { GATE_BASE, GATE_HEAD, GATE_SIDES };

/* An op with more output than this is counted, but not stepped. */
enum { GATE_STEPPED_OP_BYTES_MAX = 16384, GATE_NAMES_MAX = 2 * MODULE_WORKLOADS_MAX };

struct gate_side {
    /* "base" or "head": as long as each other, as are paths made of them; addresses of strings may matter. */
    const char *name;
    struct paths paths;       /* ours, with its data */
    char directory[PATH_MAX]; /* in the scratch directory: links and tables */
    struct module_set set;
    struct csv_data metrics; /* schema_metrics, once counted */
    int cpu;                 /* its workers are pinned to it */
};

struct gate_sides {
    struct gate_side side[GATE_SIDES];
    const char *counted[GATE_NAMES_MAX + 1],
        *stepped[GATE_NAMES_MAX + 1]; /* short names of workloads, NULL-terminated */
};

/* Modules of each; `cache` keeps exact figures of modules that are not this program's own, NULL where there are none.
 * `variants`, `workloads`: NULL-terminated, NULL for all; what neither side
 * has is EXIT_USAGE, as is a module that cannot be loaded. gate_sides_free in every case. */
int gate_sides_load(struct gate_sides *sides, const struct paths *paths, const struct gate_modules *base,
                    const struct gate_modules *head, const char *scratch, const char *cache,
                    const char *const *variants, const char *const *workloads, struct error *error);
void gate_sides_free(struct gate_sides *sides);

/* Fills `metrics` of both. A short op of the head that the compiler removed, folded or hoisted is refused by name
 * (EXIT_USAGE). Exact figures are cached: the head's where a run has them, the base's in BUILD/gate. */
int gate_sides_count(struct gate_sides *sides, bool quiet, struct error *error);

#endif
