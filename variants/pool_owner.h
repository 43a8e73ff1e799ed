/*
 * pool owner: a buffer goes back to the thread that made it, as Netty's and mimalloc's do. That thread keeps a list of
 * its own a class, without any atomic; whoever else puts one pushes it onto the owner's list of returns, which the
 * owner takes whole when it has nothing of its own left.
 *
 * Who made it, and the link of the list of returns, stand behind the structure in the same allocation; the structure
 * keeps its size. The list is pushed by many and only ever taken whole, so nobody reads the link of a buffer that may
 * be gone. A slot is the owner: what waits in that of a dead thread is there for the thread that takes it up. What a
 * thread without a slot made is dropped.
 */
#ifndef ENCBUF_POOL_OWNER_H
#define ENCBUF_POOL_OWNER_H

#include "pool_common.h"
#include "sanitize.h"
#include "stack.h"

#include <ck_stack.h>

struct encbuf_thread {
    struct encbuf_stack own[ENCBUF_CLASS_COUNT]; /* the locks are not used: the owner alone comes here */
    struct ck_stack returns __attribute__((aligned(ENCBUF_LINE_BYTES)));
} __attribute__((aligned(ENCBUF_LINE_BYTES)));

#include "threads.h"

static void encbuf_thread_enter(struct encbuf_thread *thread)
{
    (void)thread;
}

static void encbuf_thread_leave(struct encbuf_thread *thread)
{
    (void)thread;
}

/* All that came back, to the lists of their classes. By the owner, or when nobody is. */
static void encbuf_take_returns(struct encbuf_thread *thread)
{
    struct ck_stack_entry *entry, *next;

    ENCBUF_CK_BEGIN;
    entry = ck_stack_batch_pop_upmc(&thread->returns);
    ENCBUF_CK_END;
    for (; entry != NULL; entry = next) {
        struct encbuf *buffer = encbuf_behind_of(entry);

        ENCBUF_GETS(entry);
        next = entry->next;
        encbuf_stack_push_locked(&thread->own[encbuf_class(buffer->capacity)], buffer);
    }
}

ENCBUF_SLOW static struct encbuf *encbuf_returned_slow(size_t class_index)
{
    struct encbuf_thread *self = encbuf_attach_slow();

    if (self == NULL)
        return NULL;
    encbuf_take_returns(self);
    return encbuf_stack_pop_locked(&self->own[class_index]);
}

ENCBUF_HOT struct encbuf *encbuf_kept_pop(size_t class_index)
{
    struct encbuf_thread *self = encbuf_self;
    struct encbuf *buffer;

    if (ENCBUF_UNLIKELY(self == NULL))
        return encbuf_returned_slow(class_index);
    buffer = encbuf_stack_pop_locked(&self->own[class_index]);
    if (ENCBUF_UNLIKELY(buffer == NULL))
        return encbuf_returned_slow(class_index);
    return buffer;
}

ENCBUF_HOT void encbuf_kept_push(size_t class_index, struct encbuf *buffer)
{
    struct encbuf_behind *behind = encbuf_behind(buffer);
    struct encbuf_thread *owner = behind->owner;

    if (ENCBUF_UNLIKELY(owner == NULL)) {
        encbuf_drop_slow(buffer);
        return;
    }
    if (owner == encbuf_self) {
        encbuf_stack_push_locked(&owner->own[class_index], buffer);
        return;
    }
    ENCBUF_GIVES(&behind->link);
    ENCBUF_CK_BEGIN;
    ck_stack_push_upmc(&owner->returns, &behind->link);
    ENCBUF_CK_END;
}

static inline void encbuf_kept_visit(encbuf_visit *visit, void *context)
{
    for (unsigned slot = 0; slot < encbuf_thread_count; slot++) {
        encbuf_take_returns(&encbuf_threads[slot]);
        for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
            encbuf_stack_visit(&encbuf_threads[slot].own[class_index], visit, context);
    }
}

static inline size_t encbuf_kept_bytes(void)
{
    size_t bytes = 0;

    for (unsigned slot = 0; slot < encbuf_thread_count; slot++)
        for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
            bytes += encbuf_stack_bytes(&encbuf_threads[slot].own[class_index]);
    return bytes;
}

static inline void encbuf_kept_clear(void)
{
    for (unsigned slot = 0; slot < encbuf_thread_count; slot++)
        for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
            encbuf_stack_clear(&encbuf_threads[slot].own[class_index]);
}

#include "pool_kept.h"

#endif
