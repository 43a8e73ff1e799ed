/*
 * pool none: structure and data from malloc every time, exactly the size asked.
 */
#ifndef ENCBUF_POOL_NONE_H
#define ENCBUF_POOL_NONE_H

#include "memory.h"

ENCBUF_HOT struct encbuf *encbuf_pool_take(struct encbuf *frame, size_t size)
{
    struct encbuf *buffer = encbuf_allocate_structure();

    (void)frame;
    encbuf_fill(buffer, size);
    return buffer;
}

ENCBUF_HOT void encbuf_pool_give(struct encbuf *buffer)
{
    free(buffer->data);
    free(buffer);
}

static inline void encbuf_pool_setup(void)
{
}

static inline void encbuf_pool_teardown(void)
{
}

#endif
