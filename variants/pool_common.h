/*
 * What every pool that keeps buffers shares: making, re-making and discarding one, counting what is at rest, and the
 * last user's teardown.
 */
#ifndef ENCBUF_POOL_COMMON_H
#define ENCBUF_POOL_COMMON_H

#include "classes.h"
#include "memory.h"
#include "source.h"

static unsigned encbuf_pool_users;

static void encbuf_discard(struct encbuf *buffer)
{
#ifdef ENCBUF_MMAP_RES_RETAINED
    if (buffer->mmap_res != NULL)
        mapping_release(buffer->mmap_res);
#endif
    free(buffer->data);
    free(buffer);
}

ENCBUF_SLOW static void encbuf_drop_slow(struct encbuf *buffer)
{
    encbuf_discard(buffer);
}

ENCBUF_SLOW static void encbuf_remake_slow(struct encbuf *buffer, size_t capacity)
{
    free(buffer->data);
    buffer->data = encbuf_allocate(capacity);
    buffer->capacity = capacity;
}

/* Bytes of data that a request for `size` gets: its class's, or exactly its own above the last class. */
ENCBUF_HOT size_t encbuf_capacity_for(size_t class_index, size_t size)
{
    return size > encbuf_class_bytes[class_index] ? size : encbuf_class_bytes[class_index];
}

#ifdef ENCBUF_POOL_OWNER
static struct encbuf_thread *encbuf_attach_slow(void);
#endif

static struct encbuf *encbuf_make(size_t capacity)
{
    struct encbuf *buffer = encbuf_allocate_structure();

    encbuf_fill(buffer, capacity);
#ifdef ENCBUF_POOL_OWNER
    encbuf_behind(buffer)->owner = encbuf_attach_slow();
#endif
    return buffer;
}

/* What is at rest in the pool. A buffer that is in it more than once counts each time. */
struct encbuf_rest {
    size_t buffers, data_bytes;
    size_t own_bytes; /* asked of malloc by the pool for itself */
};

/* A buffer at rest, as a pool shows each of them. */
typedef void encbuf_visit(struct encbuf **place, void *context);

static inline void encbuf_rest_add(struct encbuf **place, void *context)
{
    struct encbuf_rest *rest = context;

    rest->buffers++;
    rest->data_bytes += (*place)->capacity;
}

/* A buffer may be in the pool more than once and must be freed once: its idle length marks its first sighting. A pool
 * is visited once with each, in this order. */
static inline void encbuf_drain_unmark(struct encbuf **place, void *context)
{
    (void)context;
    (*place)->length = 0;
}

static inline void encbuf_drain_mark_first(struct encbuf **place, void *context)
{
    (void)context;
    if ((*place)->length == 0)
        (*place)->length = 1;
    else
        *place = NULL;
}

static inline void encbuf_drain_free(struct encbuf **place, void *context)
{
    (void)context;
    if (*place != NULL)
        encbuf_discard(*place);
}

static encbuf_visit *const encbuf_drain_passes[] = {encbuf_drain_unmark, encbuf_drain_mark_first, encbuf_drain_free};
#define ENCBUF_DRAIN_PASSES (sizeof encbuf_drain_passes / sizeof encbuf_drain_passes[0])

#endif
