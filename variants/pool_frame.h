/*
 * pool frame: structure in the caller's frame, data from malloc, exactly the size asked: what the original's
 * "without" really measured.
 */
#ifndef ENCBUF_POOL_FRAME_H
#define ENCBUF_POOL_FRAME_H

#include "memory.h"

ENCBUF_HOT struct encbuf *encbuf_pool_take(struct encbuf *frame, size_t size)
{
    encbuf_fill(frame, size);
    return frame;
}

ENCBUF_HOT void encbuf_pool_give(struct encbuf *buffer)
{
    free(buffer->data);
}

static inline void encbuf_pool_setup(void)
{
}

static inline void encbuf_pool_teardown(void)
{
}

#endif
