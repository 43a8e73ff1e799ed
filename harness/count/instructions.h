/*
 * Exact instructions per op (step.h), twice in fresh processes: metrics instructions_per_op and
 * instructions_codec_per_op, the part in the shared objects that modules have in common. Every op is broken down by
 * function in symbols.csv, short ones by instruction in instructions.csv.
 *
 * Exact figures are kept in instructions-cache.csv in the build directory, under what they depend on: the module's
 * object; and the worker, shared objects, data files, libc, CPU model and its features. Removing the file is always
 * safe; a damaged one is ignored and written anew.
 */
#ifndef ENCBENCH_INSTRUCTIONS_H
#define ENCBENCH_INSTRUCTIONS_H

#include "base/hash.h"
#include "launch/launch.h"
#include "store/csv.h"

enum { INSTRUCTIONS_ENVIRONMENT_BYTES = 32 };

/* Of what decides a count beside the module: hash of the worker, the C library, shared objects, data files and CPU.
 * `environment` adds the libraries that a module needs, `digest` is of its file. */
uint64_t instructions_common(const struct launch *launch);
void instructions_name_module(uint64_t common, const struct module_info *module,
                              char environment[static INSTRUCTIONS_ENVIRONMENT_BYTES],
                              char digest[static HASH_SHA256_BYTES]);

/* Counts the exact workloads of all modules but planted ones. What cannot be counted is "not available" with its
 * reason; errors are ours only. `metrics` is an open writer of schema_metrics. */
int instructions_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                         const char *const *workloads, bool quiet, struct csv_writer *metrics, struct error *error);

#endif
