/*
 * Take, give, counting and teardown of a pool that says where it keeps its buffers. It defines, before it includes
 * this:
 *
 *   encbuf_kept_pop(class_index)           a buffer that was put, or NULL
 *   encbuf_kept_push(class_index, buffer)
 *   encbuf_kept_visit(visit, context)      shows every buffer at rest; not beside pop and push, as the next two
 *   encbuf_kept_bytes()                    asked of malloc for itself
 *   encbuf_kept_clear()                    forgets all buffers and frees what it has for itself
 *
 * Set-up and teardown must not run beside take and give.
 */
#ifndef ENCBUF_POOL_KEPT_H
#define ENCBUF_POOL_KEPT_H

#include "pool_common.h"

ENCBUF_SLOW static struct encbuf *encbuf_make_slow(size_t class_index, size_t size)
{
    return encbuf_make(encbuf_capacity_for(class_index, size));
}

ENCBUF_HOT struct encbuf *encbuf_pool_take(struct encbuf *frame, size_t size)
{
    const size_t class_index = encbuf_class(size);
    struct encbuf *buffer = encbuf_kept_pop(class_index);

    (void)frame;
    if (ENCBUF_UNLIKELY(buffer == NULL))
        return encbuf_make_slow(class_index, size);
    if (ENCBUF_UNLIKELY(buffer->capacity != encbuf_class_bytes[class_index] || buffer->capacity < size))
        encbuf_remake_slow(buffer, encbuf_capacity_for(class_index, size));
    return buffer;
}

ENCBUF_HOT void encbuf_pool_give(struct encbuf *buffer)
{
    const size_t class_index = encbuf_class(buffer->capacity);

    if (ENCBUF_UNLIKELY(buffer->capacity != encbuf_class_bytes[class_index])) {
        encbuf_drop_slow(buffer);
        return;
    }
    encbuf_kept_push(class_index, buffer);
}

/* Several workloads of a module may be set up at once; the last teardown drains. */
static inline void encbuf_pool_setup(void)
{
    if (encbuf_pool_users++ == 0)
        encbuf_source_open();
}

static inline struct encbuf_rest encbuf_pool_rest(void)
{
    struct encbuf_rest rest = {.own_bytes = encbuf_kept_bytes()};

    encbuf_kept_visit(encbuf_rest_add, &rest);
    return rest;
}

static inline size_t encbuf_pool_count(void)
{
    return encbuf_pool_rest().buffers;
}

static inline void encbuf_pool_teardown(void)
{
    if (--encbuf_pool_users != 0)
        return;
    for (size_t pass = 0; pass < ENCBUF_DRAIN_PASSES; pass++)
        encbuf_kept_visit(encbuf_drain_passes[pass], NULL);
    encbuf_kept_clear();
    encbuf_source_close();
}

#endif
