/*
 * pool shared: one lock-free stack a class for all threads.
 *
 * A lock-free stack links its elements, and a late reader of one that was popped reads its link: a buffer can be freed
 * then, and could not be in twice. So the stack is of links beside the buffers: a give takes an empty one from a stack
 * of those, and a take gives it back there. Links stay links until teardown.
 */
#ifndef ENCBUF_POOL_SHARED_H
#define ENCBUF_POOL_SHARED_H

#include "pool_common.h"
#include "sanitize.h"

#include <ck_stack.h>

struct encbuf_link {
    struct ck_stack_entry entry; /* first: an entry's address is its link's */
    struct encbuf *buffer;
};
_Static_assert(offsetof(struct encbuf_link, entry) == 0, "an entry's address is its link's");

/* Alone in its cache line; cmpxchg16b wants 16 bytes. */
struct encbuf_links {
    struct ck_stack stack;
} __attribute__((aligned(ENCBUF_LINE_BYTES)));

static struct encbuf_links encbuf_full[ENCBUF_CLASS_COUNT];
static struct encbuf_links encbuf_empty;

ENCBUF_HOT struct encbuf_link *encbuf_link_pop(struct encbuf_links *links)
{
    struct ck_stack_entry *entry;

    ENCBUF_CK_BEGIN;
    entry = ck_stack_pop_mpmc(&links->stack);
    ENCBUF_CK_END;
    if (entry != NULL)
        ENCBUF_GETS(entry);
    return (struct encbuf_link *)(void *)entry;
}

ENCBUF_HOT void encbuf_link_push(struct encbuf_links *links, struct encbuf_link *link)
{
    ENCBUF_GIVES(&link->entry);
    ENCBUF_CK_BEGIN;
    ck_stack_push_mpmc(&links->stack, &link->entry);
    ENCBUF_CK_END;
}

ENCBUF_SLOW static struct encbuf_link *encbuf_link_make_slow(void)
{
    return encbuf_allocate(sizeof(struct encbuf_link));
}

ENCBUF_HOT struct encbuf *encbuf_kept_pop(size_t class_index)
{
    struct encbuf_link *link = encbuf_link_pop(&encbuf_full[class_index]);
    struct encbuf *buffer;

    if (ENCBUF_UNLIKELY(link == NULL))
        return NULL;
    buffer = link->buffer;
    encbuf_link_push(&encbuf_empty, link);
    return buffer;
}

ENCBUF_HOT void encbuf_kept_push(size_t class_index, struct encbuf *buffer)
{
    struct encbuf_link *link = encbuf_link_pop(&encbuf_empty);

    if (ENCBUF_UNLIKELY(link == NULL))
        link = encbuf_link_make_slow();
    link->buffer = buffer;
    encbuf_link_push(&encbuf_full[class_index], link);
}

static inline void encbuf_kept_visit(encbuf_visit *visit, void *context)
{
    struct ck_stack_entry *entry;

    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        CK_STACK_FOREACH(&encbuf_full[class_index].stack, entry)
    visit(&((struct encbuf_link *)(void *)entry)->buffer, context);
}

static inline size_t encbuf_links_bytes(const struct encbuf_links *links)
{
    const struct ck_stack_entry *entry;
    size_t bytes = 0;

    CK_STACK_FOREACH(&links->stack, entry)
    bytes += sizeof(struct encbuf_link);
    return bytes;
}

static inline size_t encbuf_kept_bytes(void)
{
    size_t bytes = encbuf_links_bytes(&encbuf_empty);

    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        bytes += encbuf_links_bytes(&encbuf_full[class_index]);
    return bytes;
}

static inline void encbuf_links_clear(struct encbuf_links *links)
{
    struct encbuf_link *link;

    while ((link = encbuf_link_pop(links)) != NULL)
        free(link);
}

static inline void encbuf_kept_clear(void)
{
    encbuf_links_clear(&encbuf_empty);
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        encbuf_links_clear(&encbuf_full[class_index]);
}

#include "pool_kept.h"

#endif
