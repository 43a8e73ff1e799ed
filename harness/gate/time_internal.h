/* What gate_time.c and gate_time_cells.c share. */
#ifndef ENCBENCH_GATE_TIME_INTERNAL_H
#define ENCBENCH_GATE_TIME_INTERNAL_H

#include "gate/time.h"
#include "launch/launch.h"

enum { GATE_TIME_PAIRS = 3, GATE_TIME_CLOCK_ARMS = 2 };

/* Cells of a pass, and which rows their pairs are: pair p of a cell has arms 2p (base) and 2p + 1 (head) and contrast
 * p. The last contrast is the cycle. */
struct gate_time_cells {
    struct plan plan;
    size_t (*rows)[GATE_TIME_PAIRS];
    bool *settled; /* cells that need no more processes in this pass */
};

/* One cell a workload and three pairs, for the rows that are to be judged and that `wanted` (may be NULL: all) names.
 * The plants have a cell of their own. */
int gate_time_cells_build(struct gate_time_cells *cells, const struct gate_time *lane, const bool *wanted,
                          const struct module_info *chain, struct error *error);
void gate_time_cells_free(struct gate_time_cells *cells);
size_t gate_time_cell_pairs(const struct plan_cell *cell);

/* Fills in iterations and blocks: one pilot a workload. `processes`: of a cell, as expected. */
int gate_time_cells_pilot(struct gate_time_cells *cells, const struct launch *launch,
                          const struct gate_time_options *options, unsigned processes, struct error *error);
/* Takes iterations and blocks from cells of the same workloads. */
void gate_time_cells_copy(struct gate_time_cells *cells, const struct gate_time_cells *from);
/* Seconds that the cells take: the plants' with `processes` each in both passes, the others' with `settled` in the
 * first. */
double gate_time_cells_expected_s(const struct gate_time_cells *cells, unsigned processes, unsigned settled);

#endif
