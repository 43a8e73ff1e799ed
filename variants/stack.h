/*
 * A stack of buffers under a mutex, alone in its cache line: pointers in an array that grows.
 */
#ifndef ENCBUF_STACK_H
#define ENCBUF_STACK_H

#include "pool_common.h"

#include <pthread.h>

/* All zero is an empty one; PTHREAD_MUTEX_INITIALIZER is zero in glibc and musl. */
struct encbuf_stack {
    pthread_mutex_t lock;
    size_t count; /* written under the lock; may be looked at without */
    size_t room;
    struct encbuf **buffers;
} __attribute__((aligned(ENCBUF_LINE_BYTES)));

ENCBUF_SLOW static void encbuf_stack_grow_slow(struct encbuf_stack *stack)
{
    const size_t room = stack->room == 0 ? 64 : 2 * stack->room;
    struct encbuf **buffers = realloc(stack->buffers, room * sizeof(struct encbuf *));

    if (buffers == NULL)
        encbuf_exhausted_slow();
    stack->buffers = buffers;
    stack->room = room;
}

/* Whoever has the lock, or is alone. */
ENCBUF_HOT void encbuf_stack_push_locked(struct encbuf_stack *stack, struct encbuf *buffer)
{
    const size_t count = stack->count;

    if (ENCBUF_UNLIKELY(count == stack->room))
        encbuf_stack_grow_slow(stack);
    stack->buffers[count] = buffer;
    __atomic_store_n(&stack->count, count + 1, __ATOMIC_RELAXED);
}

ENCBUF_HOT struct encbuf *encbuf_stack_pop_locked(struct encbuf_stack *stack)
{
    const size_t count = stack->count;

    if (count == 0)
        return NULL;
    __atomic_store_n(&stack->count, count - 1, __ATOMIC_RELAXED);
    return stack->buffers[count - 1];
}

ENCBUF_HOT void encbuf_stack_push(struct encbuf_stack *stack, struct encbuf *buffer)
{
    pthread_mutex_lock(&stack->lock);
    encbuf_stack_push_locked(stack, buffer);
    pthread_mutex_unlock(&stack->lock);
}

/* NULL when it is empty. */
ENCBUF_HOT struct encbuf *encbuf_stack_pop(struct encbuf_stack *stack)
{
    struct encbuf *buffer;

    pthread_mutex_lock(&stack->lock);
    buffer = encbuf_stack_pop_locked(stack);
    pthread_mutex_unlock(&stack->lock);
    return buffer;
}

ENCBUF_HOT size_t encbuf_stack_glance(const struct encbuf_stack *stack)
{
    return __atomic_load_n(&stack->count, __ATOMIC_RELAXED);
}

static inline void encbuf_stack_visit(struct encbuf_stack *stack, encbuf_visit *visit, void *context)
{
    for (size_t i = 0; i < stack->count; i++)
        visit(&stack->buffers[i], context);
}

static inline size_t encbuf_stack_bytes(const struct encbuf_stack *stack)
{
    return stack->room * sizeof(struct encbuf *);
}

static inline void encbuf_stack_clear(struct encbuf_stack *stack)
{
    free(stack->buffers);
    stack->buffers = NULL;
    stack->count = stack->room = 0;
}

#endif
