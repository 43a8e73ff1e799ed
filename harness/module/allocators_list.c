#include "module/allocators_list.h"

#include <stddef.h>
#include <string.h>

const struct allocator allocators_list[ALLOCATORS] = {
    {"struct_heap_bytes_jemalloc", "libjemalloc.so.2", "libjemalloc2"},
    {"struct_heap_bytes_tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"},
};

bool allocators_is_metric(const char *name)
{
    for (size_t i = 0; i < ALLOCATORS; i++)
        if (strcmp(name, allocators_list[i].metric) == 0)
            return true;
    return false;
}
