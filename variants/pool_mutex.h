/*
 * pool mutex: one stack a class under a mutex; what one writes first.
 */
#ifndef ENCBUF_POOL_MUTEX_H
#define ENCBUF_POOL_MUTEX_H

#include "stack.h"

static struct encbuf_stack encbuf_stacks[ENCBUF_CLASS_COUNT];

ENCBUF_HOT struct encbuf *encbuf_kept_pop(size_t class_index)
{
    return encbuf_stack_pop(&encbuf_stacks[class_index]);
}

ENCBUF_HOT void encbuf_kept_push(size_t class_index, struct encbuf *buffer)
{
    encbuf_stack_push(&encbuf_stacks[class_index], buffer);
}

static inline void encbuf_kept_visit(encbuf_visit *visit, void *context)
{
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        encbuf_stack_visit(&encbuf_stacks[class_index], visit, context);
}

static inline size_t encbuf_kept_bytes(void)
{
    size_t bytes = 0;

    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        bytes += encbuf_stack_bytes(&encbuf_stacks[class_index]);
    return bytes;
}

static inline void encbuf_kept_clear(void)
{
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        encbuf_stack_clear(&encbuf_stacks[class_index]);
}

#include "pool_kept.h"

#endif
