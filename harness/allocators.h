/*
 * What other allocators hand out for a structure, beside the C library's: each is preloaded into a worker of its own by the name that
 * the loader knows, and need not be installed. An optional part: whatever goes wrong is a row of metrics.csv without a value, with
 * status "not available" and the reason.
 */
#ifndef ENCBENCH_ALLOCATORS_H
#define ENCBENCH_ALLOCATORS_H

#include "csv.h"
#include "launch.h"

#include <stdbool.h>

/* Whether a metric is one of those written here: struct_heap_bytes_ALLOCATOR. */
bool allocators_is_metric(const char *name);

/* One row an allocator for every variant that has a structure and was not left out. An error is only a signal to stop. */
int allocators_measure(const struct launch *launch, const struct module_set *set, struct csv_writer *metrics,
                       struct error *error);

#endif
