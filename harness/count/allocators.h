/*
 * What other allocators hand out for a structure, beside the C library's: each is preloaded into a worker of its own by
 * the name that the loader knows, and need not be installed. An optional part: whatever goes wrong is a row of
 * metrics.csv without a value, with status "not available" and the reason.
 */
#ifndef ENCBENCH_ALLOCATORS_H
#define ENCBENCH_ALLOCATORS_H

#include "launch/launch.h"
#include "store/csv.h"

/* One row an allocator for every variant that has a structure and was not left out. An error is only a signal to stop.
 */
int allocators_measure(const struct launch *launch, const struct module_set *set, struct csv_writer *metrics,
                       struct error *error);

#endif
