/*
 * The exact lane: what can be counted is not estimated. Layout of structures, what the allocator hands out for them, allocations and
 * bytes per op, digests. Writes layout.csv and metrics.csv.
 */
#ifndef ENCBENCH_EXACT_H
#define ENCBENCH_EXACT_H

#include "launch.h"

/* Digests must be equal over all variants of a workload: else the pair is refused by name (EXIT_USAGE). `workloads` selects (NULL: all). */
int exact_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                  const char *const *workloads, uint64_t seed, bool quiet, struct error *error);

#endif
