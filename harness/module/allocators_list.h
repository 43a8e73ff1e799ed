/*
 * The allocators that are asked besides the C library's. Data alone: a worker links it for the names of the metrics.
 */
#ifndef ENCBENCH_ALLOCATORS_LIST_H
#define ENCBENCH_ALLOCATORS_LIST_H

#include <stdbool.h>

enum { ALLOCATORS = 2 };

struct allocator {
    const char *metric, *soname, *package;
};
extern const struct allocator allocators_list[ALLOCATORS];

/* Whether a metric is one of theirs: struct_heap_bytes_ALLOCATOR. */
bool allocators_is_metric(const char *name);

#endif
