/*
 * The exact lane: what can be counted is not estimated. Layout of structures, what the allocator hands out for them, allocations and
 * bytes per op, digests, instructions. Writes layout.csv, metrics.csv and instructions.csv.
 */
#ifndef ENCBENCH_EXACT_H
#define ENCBENCH_EXACT_H

#include "csv.h"
#include "launch.h"

/* Digests must be equal over all variants of a workload: else the pair is refused by name (EXIT_USAGE). `workloads` selects (NULL: all); `stepped` those whose
 * instructions are counted. */
int exact_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                  const char *const *workloads, const char *const *stepped, uint64_t seed, bool quiet,
                  struct error *error);

/* One row of metrics.csv; NaN is no value. */
void exact_put_metric(struct csv_writer *writer, const char *variant, const char *workload, const char *metric,
                      double value, const char *status, const char *reason);

#endif
