/*
 * The release protocol (axis refs): who is the last to put, and only once. Three operations a level.
 */
#ifndef ENCBUF_REFS_H
#define ENCBUF_REFS_H

#include "structure.h"

#include <stdbool.h>

#ifdef ENCBUF_REFS_SEQCST

/* Handed out: not released, one reference. Sequentially consistent stores, as Go's atomics have them. */
ENCBUF_HOT void encbuf_refs_open(struct encbuf *buffer)
{
    atomic_store(&buffer->released, 0);
    atomic_store(&buffer->refs, 1);
}

ENCBUF_HOT void encbuf_refs_retain(struct encbuf *buffer)
{
    atomic_fetch_add(&buffer->refs, 1);
}

/* One reference less. True for the one caller that must give the buffer back; nothing happens to a released buffer. */
ENCBUF_HOT bool encbuf_refs_close(struct encbuf *buffer)
{
    uint32_t not_released = 0;

    if (atomic_load(&buffer->released) != 0)
        return false;
    if (atomic_fetch_sub(&buffer->refs, 1) != 1)
        return false;
    return atomic_compare_exchange_strong(&buffer->released, &not_released, 1);
}

#endif

#endif
