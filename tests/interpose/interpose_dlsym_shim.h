/* What the dlsym of interpose_dlsym_shim.c allocated while the interposer was looking up the real functions. */
#ifndef ENCBENCH_INTERPOSE_DLSYM_SHIM_H
#define ENCBENCH_INTERPOSE_DLSYM_SHIM_H

#include "interpose/interpose.h"

struct shim_blocks {
    struct interpose_counts before, after;
    void *from_malloc, *from_calloc, *from_aligned_alloc, *from_posix_memalign, *from_realloc, *too_large;
};
extern struct shim_blocks shim_blocks;

#endif
