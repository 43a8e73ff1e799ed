/*
 * Exact instructions per op (step.h), twice in fresh processes: metrics instructions_per_op and
 * instructions_codec_per_op, the part in the shared objects that modules have in common. Every op is broken down by
 * function in symbols.csv, short ones by instruction in instructions.csv.
 */
#ifndef ENCBENCH_INSTRUCTIONS_H
#define ENCBENCH_INSTRUCTIONS_H

#include "launch/launch.h"
#include "store/csv.h"

/* Counts the exact workloads of all modules but planted ones. What cannot be counted is "not available" with its
 * reason; errors are ours only. `metrics` is an open writer of schema_metrics. */
int instructions_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                         const char *const *workloads, bool quiet, struct csv_writer *metrics, struct error *error);

#endif
