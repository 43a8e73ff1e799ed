/*
 * A reference-counted mmap'd region: what the disputed field points to when anything points it anywhere.
 * The last release unmaps. Safe from any thread.
 */
#ifndef ENCBUF_MAPPING_H
#define ENCBUF_MAPPING_H

#include "axes.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

struct mapping {
    void *address;
    size_t bytes;
    _Atomic uint32_t refs;
};

/* A zeroed private region of `bytes` (not 0) with one reference, owned by the caller; NULL with errno set. */
static inline struct mapping *mapping_create(size_t bytes)
{
    struct mapping *mapping = malloc(sizeof *mapping);

    if (mapping == NULL)
        return NULL;
    mapping->address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping->address == MAP_FAILED) {
        free(mapping);
        return NULL;
    }
    mapping->bytes = bytes;
    atomic_init(&mapping->refs, 1);
    return mapping;
}

static inline void mapping_retain(struct mapping *mapping)
{
    atomic_fetch_add(&mapping->refs, 1);
}

/* Cold and out of line: in the variants where the field is never assigned, its call is what the null check guards. */
__attribute__((noinline, cold)) static void mapping_release(struct mapping *mapping)
{
    if (atomic_fetch_sub(&mapping->refs, 1) != 1)
        return;
    munmap(mapping->address, mapping->bytes);
    free(mapping);
}

#endif
