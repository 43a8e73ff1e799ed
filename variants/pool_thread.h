/*
 * pool thread: a cache a thread over shared lock-free lists, unbounded: what sync.Pool does.
 *
 * Each thread has one magazine of 64 pointers a class. Taking pops it and giving pushes it; only when it is empty or
 * full is it exchanged with the shared stacks of full (one a class) and empty magazines. The stacks link magazines,
 * which stay magazines until teardown, so that a late reader of a popped one reads a link; nothing is ever linked
 * through a buffer or its data, so the structure keeps its size and the same buffer may be in the pool twice (the
 * original's benchmark puts it there on purpose).
 *
 * A thread keeps its slot for as long as the module is loaded, because its pointer in thread-local storage outlives
 * a teardown; slots are static, so they are no live blocks. A thread beyond ENCBUF_THREADS_MAX is served without a
 * cache. Set-up and teardown must not run beside take and give.
 */
#ifndef ENCBUF_POOL_THREAD_H
#define ENCBUF_POOL_THREAD_H

#include "classes.h"
#include "memory.h"
#include "source.h"

#include <ck_stack.h>

#define ENCBUF_MAGAZINE_BUFFERS 64
#define ENCBUF_THREADS_MAX      256
#define ENCBUF_LINE_BYTES       64

struct encbuf_magazine {
    struct ck_stack_entry link; /* first: a link's address is its magazine's */
    size_t count;
    struct encbuf *buffers[ENCBUF_MAGAZINE_BUFFERS];
};
_Static_assert(offsetof(struct encbuf_magazine, link) == 0, "a link's address is its magazine's");

struct encbuf_thread {
    struct encbuf_magazine *loaded[ENCBUF_CLASS_COUNT];
} __attribute__((aligned(ENCBUF_LINE_BYTES)));

/* A stack of magazines alone in its cache line; cmpxchg16b wants 16 bytes. */
struct encbuf_shelf {
    struct ck_stack stack;
} __attribute__((aligned(ENCBUF_LINE_BYTES)));

/* Stands for "no magazine yet": a count that is neither poppable nor pushable spares the hot path a null check. */
static struct encbuf_magazine encbuf_magazine_absent = {.count = ENCBUF_MAGAZINE_BUFFERS + 1};

static struct encbuf_shelf encbuf_full[ENCBUF_CLASS_COUNT];
static struct encbuf_shelf encbuf_empty;
static struct encbuf_thread encbuf_threads[ENCBUF_THREADS_MAX];
static _Atomic unsigned encbuf_thread_count; /* slots asked for, may exceed ENCBUF_THREADS_MAX */
static unsigned encbuf_pool_users;

/* One pointer, initial-exec: any other model is a call in the timed loop, and a larger block exhausts static TLS. */
static __thread struct encbuf_thread *encbuf_self __attribute__((tls_model("initial-exec")));

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

/* This thread's slot; NULL when there are more threads than slots. */
ENCBUF_SLOW static struct encbuf_thread *encbuf_attach_slow(void)
{
    unsigned slot;

    if (encbuf_self != NULL)
        return encbuf_self;
    if (atomic_load(&encbuf_thread_count) >= ENCBUF_THREADS_MAX)
        return NULL;
    slot = atomic_fetch_add(&encbuf_thread_count, 1);
    if (slot >= ENCBUF_THREADS_MAX)
        return NULL;
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        encbuf_threads[slot].loaded[class_index] = &encbuf_magazine_absent;
    encbuf_self = &encbuf_threads[slot];
    return encbuf_self;
}

static struct encbuf_magazine *encbuf_magazine_pop(struct encbuf_shelf *shelf)
{
    return (struct encbuf_magazine *)(void *)ck_stack_pop_mpmc(&shelf->stack);
}

static void encbuf_magazine_push(struct encbuf_shelf *shelf, struct encbuf_magazine *magazine)
{
    ck_stack_push_mpmc(&shelf->stack, &magazine->link);
}

/* Bytes of data that a request for `size` gets: its class's, or exactly its own above the last class. */
ENCBUF_HOT size_t encbuf_capacity_for(size_t class_index, size_t size)
{
    return size > encbuf_class_bytes[class_index] ? size : encbuf_class_bytes[class_index];
}

static struct encbuf *encbuf_make(size_t capacity)
{
    struct encbuf *buffer = encbuf_allocate(sizeof *buffer);

    encbuf_fill(buffer, capacity);
    return buffer;
}

/* The magazine is empty: exchange it for a full one, or make a buffer. */
ENCBUF_SLOW static struct encbuf *encbuf_take_slow(size_t class_index, size_t size)
{
    size_t capacity = encbuf_capacity_for(class_index, size);
    struct encbuf_thread *self = encbuf_attach_slow();
    struct encbuf_magazine *full;
    struct encbuf *buffer;

    if (self == NULL)
        return encbuf_make(capacity);
    full = encbuf_magazine_pop(&encbuf_full[class_index]);
    if (full == NULL)
        return encbuf_make(capacity);
    if (self->loaded[class_index] != &encbuf_magazine_absent)
        encbuf_magazine_push(&encbuf_empty, self->loaded[class_index]);
    self->loaded[class_index] = full;
    buffer = full->buffers[--full->count];
    if (buffer->capacity != capacity)
        encbuf_remake_slow(buffer, capacity);
    return buffer;
}

/* The magazine is full: exchange it for an empty one. */
ENCBUF_SLOW static void encbuf_give_slow(size_t class_index, struct encbuf *buffer)
{
    struct encbuf_thread *self = encbuf_attach_slow();
    struct encbuf_magazine *empty;

    if (self == NULL) {
        encbuf_discard(buffer);
        return;
    }
    empty = encbuf_magazine_pop(&encbuf_empty);
    if (empty == NULL) {
        empty = encbuf_allocate(sizeof *empty);
        empty->count = 0;
    }
    if (self->loaded[class_index] != &encbuf_magazine_absent)
        encbuf_magazine_push(&encbuf_full[class_index], self->loaded[class_index]);
    self->loaded[class_index] = empty;
    empty->buffers[empty->count++] = buffer;
}

ENCBUF_HOT struct encbuf *encbuf_pool_take(struct encbuf *frame, size_t size)
{
    size_t class_index = encbuf_class(size);
    struct encbuf_thread *self = encbuf_self;
    struct encbuf_magazine *magazine;
    struct encbuf *buffer;

    (void)frame;
    if (ENCBUF_UNLIKELY(self == NULL))
        return encbuf_take_slow(class_index, size);
    magazine = self->loaded[class_index];
    if (ENCBUF_UNLIKELY(magazine->count - 1 >= ENCBUF_MAGAZINE_BUFFERS)) /* 0 wraps: empty or absent */
        return encbuf_take_slow(class_index, size);
    buffer = magazine->buffers[--magazine->count];
    if (ENCBUF_UNLIKELY(buffer->capacity != encbuf_class_bytes[class_index] || buffer->capacity < size))
        encbuf_remake_slow(buffer, encbuf_capacity_for(class_index, size));
    return buffer;
}

ENCBUF_HOT void encbuf_pool_give(struct encbuf *buffer)
{
    size_t class_index = encbuf_class(buffer->capacity);
    struct encbuf_thread *self = encbuf_self;
    struct encbuf_magazine *magazine;

    if (ENCBUF_UNLIKELY(buffer->capacity != encbuf_class_bytes[class_index])) {
        encbuf_drop_slow(buffer);
        return;
    }
    if (ENCBUF_UNLIKELY(self == NULL)) {
        encbuf_give_slow(class_index, buffer);
        return;
    }
    magazine = self->loaded[class_index];
    if (ENCBUF_UNLIKELY(magazine->count >= ENCBUF_MAGAZINE_BUFFERS)) { /* full or absent */
        encbuf_give_slow(class_index, buffer);
        return;
    }
    magazine->buffers[magazine->count++] = buffer;
}

/* Several workloads of a module may be set up at once; the last teardown drains. */
static inline void encbuf_pool_setup(void)
{
    if (encbuf_pool_users++ == 0)
        encbuf_source_open();
}

/* What is at rest in the pool. A buffer that is in it more than once counts each time. */
struct encbuf_rest {
    size_t buffers, data_bytes, magazines;
};

static inline void encbuf_rest_add(struct encbuf_rest *rest, const struct encbuf_magazine *magazine)
{
    rest->magazines++;
    rest->buffers += magazine->count;
    for (size_t i = 0; i < magazine->count; i++)
        rest->data_bytes += magazine->buffers[i]->capacity;
}

static inline void encbuf_rest_add_shelf(struct encbuf_rest *rest, const struct encbuf_shelf *shelf)
{
    const struct ck_stack_entry *entry;

    CK_STACK_FOREACH(&shelf->stack, entry)
    encbuf_rest_add(rest, (const struct encbuf_magazine *)(const void *)entry);
}

/* Of all threads. For counting, never timed; must not run beside take and give. */
static inline struct encbuf_rest encbuf_pool_rest(void)
{
    unsigned threads = atomic_load(&encbuf_thread_count);
    struct encbuf_rest rest = {0};

    encbuf_rest_add_shelf(&rest, &encbuf_empty);
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++) {
        encbuf_rest_add_shelf(&rest, &encbuf_full[class_index]);
        for (unsigned slot = 0; slot < threads && slot < ENCBUF_THREADS_MAX; slot++)
            if (encbuf_threads[slot].loaded[class_index] != &encbuf_magazine_absent)
                encbuf_rest_add(&rest, encbuf_threads[slot].loaded[class_index]);
    }
    return rest;
}

static inline size_t encbuf_pool_count(void)
{
    return encbuf_pool_rest().buffers;
}

static struct ck_stack_entry *encbuf_gather_shelf(struct encbuf_shelf *shelf, struct ck_stack_entry *gathered)
{
    struct encbuf_magazine *magazine;

    while ((magazine = encbuf_magazine_pop(shelf)) != NULL) {
        magazine->link.next = gathered;
        gathered = &magazine->link;
    }
    return gathered;
}

/* Every magazine there is, taken from where it was. */
static struct ck_stack_entry *encbuf_gather(void)
{
    unsigned threads = atomic_load(&encbuf_thread_count);
    struct ck_stack_entry *gathered = encbuf_gather_shelf(&encbuf_empty, NULL);

    if (threads > ENCBUF_THREADS_MAX)
        threads = ENCBUF_THREADS_MAX;
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++) {
        gathered = encbuf_gather_shelf(&encbuf_full[class_index], gathered);
        for (unsigned slot = 0; slot < threads; slot++) {
            struct encbuf_magazine *magazine = encbuf_threads[slot].loaded[class_index];

            if (magazine == &encbuf_magazine_absent)
                continue;
            magazine->link.next = gathered;
            gathered = &magazine->link;
            encbuf_threads[slot].loaded[class_index] = &encbuf_magazine_absent;
        }
    }
    return gathered;
}

enum encbuf_drain_pass { ENCBUF_DRAIN_UNMARK, ENCBUF_DRAIN_MARK_FIRST, ENCBUF_DRAIN_FREE };

static void encbuf_drain_magazine(struct encbuf_magazine *magazine, enum encbuf_drain_pass pass)
{
    for (size_t i = 0; i < magazine->count; i++) {
        struct encbuf *buffer = magazine->buffers[i];

        if (pass == ENCBUF_DRAIN_UNMARK)
            buffer->length = 0;
        else if (pass == ENCBUF_DRAIN_MARK_FIRST && buffer->length == 0)
            buffer->length = 1;
        else if (pass == ENCBUF_DRAIN_MARK_FIRST)
            magazine->buffers[i] = NULL;
        else if (buffer != NULL)
            encbuf_discard(buffer);
    }
}

/* A buffer may be in the pool more than once and must be freed once: its idle length marks its first sighting. */
static inline void encbuf_pool_teardown(void)
{
    struct ck_stack_entry *gathered, *entry;

    if (--encbuf_pool_users != 0)
        return;
    gathered = encbuf_gather();
    for (int pass = ENCBUF_DRAIN_UNMARK; pass <= ENCBUF_DRAIN_FREE; pass++)
        for (entry = gathered; entry != NULL; entry = entry->next)
            encbuf_drain_magazine((struct encbuf_magazine *)(void *)entry, (enum encbuf_drain_pass)pass);
    while ((entry = gathered) != NULL) {
        gathered = entry->next;
        free(entry);
    }
    encbuf_source_close();
}

#endif
