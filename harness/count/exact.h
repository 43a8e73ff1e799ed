/*
 * The exact lane: what can be counted is not estimated. Layout of structures, what the allocator hands out for them,
 * allocations and bytes per op, digests, instructions. Writes layout.csv, metrics.csv and instructions.csv.
 *
 * Of memory, counted by the interposer (interpose.h says what counts) over n and over 2n ops after a warm-up of n;
 * where the two do not agree the figure is "unstable", and where nothing could be counted it is empty with the reason:
 *   allocations_per_op, releases_per_op                  blocks got and given back; a realloc of a block is one of each
 *   allocated_bytes_per_op, handed_out_bytes_per_op      as asked for; as malloc_usable_size says
 *   live_blocks_per_op                                   what an op leaves behind
 *   live_bytes_per_op, live_requested_bytes_per_op       the same, as handed out; as asked for
 *   FUNCTION_calls_per_op                                of each function that was called at all, by the name called
 *   failed_calls_per_op                                  if any call failed
 *   peak_live_bytes, peak_live_requested_bytes           most live at once in these ops beyond what was before set-up
 *   allocating_threads                                   threads that called any of the functions in these ops
 *   live_mapped_bytes_per_op                             what an op leaves mapped that mmap gave
 *   live_blocks_after_teardown                           blocks beyond those before set-up
 *   mapped_regions_after_teardown                        regions beyond those before set-up
 * Of a sick op only:
 *   process_changes                                      how much it changes of what all arms of a process share;
 *                                                        the reason says what (worker/intact.h)
 */
#ifndef ENCBENCH_EXACT_H
#define ENCBENCH_EXACT_H

#include "launch/launch.h"
#include "store/csv.h"

/* On all CPUs at once, and what is in the cache (count/cache.h) not again. Digests must be equal over all variants of a
 * workload: else the pair is refused by name (EXIT_USAGE). `workloads` selects (NULL: all); `stepped` those whose
 * instructions are counted. */
int exact_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                  const char *const *workloads, const char *const *stepped, bool quiet, struct error *error);

/* One row of metrics.csv; NaN is no value. */
void exact_put_metric(struct csv_writer *writer, const char *variant, const char *workload, const char *metric,
                      double value, const char *status, const char *reason);

#endif
