/*
 * Memory of buffers: made, re-made and dropped through malloc, which the interposer sees. A subject has nobody to tell
 * about exhausted memory in the middle of an op, so that ends the process, with a line on stderr.
 */
#ifndef ENCBUF_MEMORY_H
#define ENCBUF_MEMORY_H

#include "axes.h"
#ifndef ENCBUF_POOL_DIRECT
#include "structure.h"
#endif

#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline, cold)) _Noreturn static void encbuf_exhausted_slow(void)
{
    fputs("encbuf: malloc failed: out of memory\n", stderr);
    abort();
}

/* glibc's malloc(0) is a block as well, so NULL means exhausted. */
ENCBUF_HOT void *encbuf_allocate(size_t bytes)
{
    void *memory = malloc(bytes);

    if (ENCBUF_UNLIKELY(memory == NULL))
        encbuf_exhausted_slow();
    return memory;
}

#ifndef ENCBUF_POOL_DIRECT

#ifdef ENCBUF_POOL_OWNER

#include <ck_stack.h>

/* Behind the structure, in the same allocation. */
struct encbuf_behind {
    struct encbuf_thread *owner;
    struct ck_stack_entry link;
};
#define ENCBUF_BEHIND_BYTES sizeof(struct encbuf_behind)

ENCBUF_HOT struct encbuf_behind *encbuf_behind(struct encbuf *buffer)
{
    return (struct encbuf_behind *)(void *)(buffer + 1);
}

ENCBUF_HOT struct encbuf *encbuf_behind_of(struct ck_stack_entry *link)
{
    return (struct encbuf *)(void *)((unsigned char *)link - offsetof(struct encbuf_behind, link)) - 1;
}

#else
#define ENCBUF_BEHIND_BYTES 0
#endif

#define ENCBUF_LINE_BYTES 64

/* What a structure asks of malloc. */
#ifdef ENCBUF_PLACE_LINE
#define ENCBUF_STRUCTURE_ASKED_BYTES                                                                                   \
    ((sizeof(struct encbuf) + ENCBUF_BEHIND_BYTES + ENCBUF_LINE_BYTES - 1) & ~(size_t)(ENCBUF_LINE_BYTES - 1))
#else
#define ENCBUF_STRUCTURE_ASKED_BYTES (sizeof(struct encbuf) + ENCBUF_BEHIND_BYTES)
#endif

/* A structure's memory, where the axis place says; freed with free. */
ENCBUF_HOT struct encbuf *encbuf_allocate_structure(void)
{
#ifdef ENCBUF_PLACE_LINE
    void *memory = aligned_alloc(ENCBUF_LINE_BYTES, ENCBUF_STRUCTURE_ASKED_BYTES);

    if (ENCBUF_UNLIKELY(memory == NULL))
        encbuf_exhausted_slow();
    return memory;
#else
    return encbuf_allocate(ENCBUF_STRUCTURE_ASKED_BYTES);
#endif
}

/* Fields of a buffer that was never handed out, with `capacity` bytes of data. */
ENCBUF_HOT void encbuf_fill(struct encbuf *buffer, size_t capacity)
{
    buffer->data = encbuf_allocate(capacity);
    buffer->capacity = capacity;
#ifdef ENCBUF_HAS_MMAP_RES
    buffer->mmap_res = NULL;
#endif
#ifdef ENCBUF_REFS_TAGGED
    atomic_init(&buffer->refs, 0); /* of the generation before the first */
#endif
}

#endif

#endif
