/*
 * The heap passes: one variant and one workload a process, the interposer preloaded, memory looked at over many
 * operations. Also of the leaks planted on purpose. Writes heap.csv and adds the figures that claims ask for to
 * metrics.csv.
 */
#ifndef ENCBENCH_HEAP_H
#define ENCBENCH_HEAP_H

#include "launch/launch.h"
#include "store/csv.h"

/* Every workload with ENCBENCH_HEAP of every module but the planted ones, and all of `leaks`. What `claims` asks a
 * GROWTH_METRIC_LAST of runs to GROWTH_LAST_OPS, and so do the leaks; the rest to GROWTH_SHORT_OPS. `workloads` selects
 * (NULL: all). */
int heap_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                 const struct module_info *leaks, const struct csv_data *claims, const char *const *workloads,
                 bool quiet, struct error *error);

#endif
