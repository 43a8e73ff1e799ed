/*
 * Independent work on several CPUs at once: threads of this process that each start a child and wait for it.
 */
#ifndef ENCBENCH_PARALLEL_H
#define ENCBENCH_PARALLEL_H

#include "base/error.h"
#include "base/progress.h"

#include <stddef.h>

/* Item `index` of the work; `thread` is below the number of threads, and no two items have the same at one time. */
typedef int parallel_item_function(void *context, size_t index, unsigned thread, struct error *error);

/* Calls `item` for 0 to count - 1, begun in this order, `threads` (at least one) at a time, and steps `progress`
 * (NULL: none) for each. After the first error none is begun; of several the error is that of the lowest index, so
 * that it is the same as of one after the other. Signals find the calling thread. */
int parallel_run(size_t count, unsigned threads, parallel_item_function *item, void *context, struct progress *progress,
                 struct error *error);

#endif
