/*
 * pool thread: a cache a thread over shared lock-free lists, unbounded: what sync.Pool does.
 *
 * Each thread has magazines of pointers for each class: one of 64 (magazine one64), one of 1 (one1), or two of 8 (two8,
 * Bonwick and Adams' way). Taking pops the loaded one and giving pushes it; only when it is empty or full is it
 * exchanged: with the other one if that helps (two8), else with the shared stacks of full (one a class) and empty
 * magazines. The stacks link magazines, which stay magazines until teardown, so that a late reader of a popped one
 * reads a link; nothing is ever linked through a buffer or its data, so the structure keeps its size and the same
 * buffer may be in the pool twice (the original's benchmark puts it there on purpose).
 *
 * one64 is the original's design with its faults: a thread keeps its slot for as long as the module is loaded, because
 * its pointer in thread-local storage outlives a teardown, and what a dead thread's magazines hold is lost to all
 * others; slots are static, so they are no live blocks. In one1 and two8 a thread that ends leaves its magazines on the
 * shared stacks and its slot to the next (threads.h). A thread beyond ENCBUF_THREADS_MAX is served without a cache.
 * Set-up and teardown must not run beside take and give.
 */
#ifndef ENCBUF_POOL_THREAD_H
#define ENCBUF_POOL_THREAD_H

#include "pool_common.h"
#include "retain.h"
#include "sanitize.h"

#include <ck_stack.h>

#include <stdbool.h>

#if defined(ENCBUF_MAGAZINE_ONE64)
#define ENCBUF_MAGAZINE_BUFFERS 64
#elif defined(ENCBUF_MAGAZINE_ONE1)
#define ENCBUF_MAGAZINE_BUFFERS 1
#elif defined(ENCBUF_MAGAZINE_TWO8)
#define ENCBUF_MAGAZINE_BUFFERS 8
#endif

#ifdef ENCBUF_MAGAZINE_TWO8
#define ENCBUF_MAGAZINES 2 /* a thread and class */
#else
#define ENCBUF_MAGAZINES 1
#endif

#define ENCBUF_MAGAZINE_FULL ENCBUF_RETAIN_MOST(ENCBUF_MAGAZINE_BUFFERS)

struct encbuf_magazine {
    struct ck_stack_entry link; /* first: a link's address is its magazine's */
    size_t count;
#ifdef ENCBUF_RETAIN_EPOCHS
    unsigned age; /* epochs on the shelf */
#endif
    struct encbuf *buffers[ENCBUF_MAGAZINE_BUFFERS];
};
_Static_assert(offsetof(struct encbuf_magazine, link) == 0, "a link's address is its magazine's");

struct encbuf_thread {
    struct encbuf_magazine *loaded[ENCBUF_MAGAZINES * ENCBUF_CLASS_COUNT]; /* of all classes; then the others of two8 */
#ifdef ENCBUF_RETAIN_VICTIMS
    struct encbuf_magazine *victims[ENCBUF_CLASS_COUNT]; /* loaded in the epoch before */
#endif
#ifndef ENCBUF_RETAIN_ALL
    struct encbuf_retain retain;
#endif
} __attribute__((aligned(ENCBUF_LINE_BYTES)));

/* A stack of magazines alone in its cache line; cmpxchg16b wants 16 bytes. */
struct encbuf_shelf {
    struct ck_stack stack;
} __attribute__((aligned(ENCBUF_LINE_BYTES)));

/* Stands for "no magazine yet": a count that is neither poppable nor pushable spares the hot path a null check. */
static struct encbuf_magazine encbuf_magazine_absent = {.count = ENCBUF_MAGAZINE_BUFFERS + 1};

static struct encbuf_shelf encbuf_full[ENCBUF_CLASS_COUNT];
static struct encbuf_shelf encbuf_empty;
static void encbuf_thread_enter(struct encbuf_thread *thread)
{
    for (size_t i = 0; i < ENCBUF_MAGAZINES * ENCBUF_CLASS_COUNT; i++)
        thread->loaded[i] = &encbuf_magazine_absent;
#ifdef ENCBUF_RETAIN_VICTIMS
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        thread->victims[class_index] = &encbuf_magazine_absent;
#endif
}

/* What the policy of retaining knows of this cache; nothing under `all`, which asks for nothing. */
ENCBUF_HOT struct encbuf_retain *encbuf_retain_of(struct encbuf_thread *self)
{
#ifdef ENCBUF_RETAIN_ALL
    (void)self;
    return NULL;
#else
    return &self->retain;
#endif
}

#ifdef ENCBUF_MAGAZINE_ONE64

#define ENCBUF_THREADS_MAX 256

static struct encbuf_thread encbuf_threads[ENCBUF_THREADS_MAX];
static _Atomic unsigned encbuf_thread_count; /* slots asked for, may exceed ENCBUF_THREADS_MAX */

/* One pointer, initial-exec: any other model is a call in the timed loop, and a larger block exhausts static TLS. */
static __thread struct encbuf_thread *encbuf_self __attribute__((tls_model("initial-exec")));

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
    encbuf_thread_enter(&encbuf_threads[slot]);
    encbuf_self = &encbuf_threads[slot];
    return encbuf_self;
}

#else
#include "threads.h"
#endif

static struct encbuf_magazine *encbuf_magazine_pop(struct encbuf_shelf *shelf)
{
    struct ck_stack_entry *entry;

    ENCBUF_CK_BEGIN;
    entry = ck_stack_pop_mpmc(&shelf->stack);
    ENCBUF_CK_END;
    if (entry != NULL)
        ENCBUF_GETS(entry);
    return (struct encbuf_magazine *)(void *)entry;
}

static void encbuf_magazine_push(struct encbuf_shelf *shelf, struct encbuf_magazine *magazine)
{
    ENCBUF_GIVES(&magazine->link);
    ENCBUF_CK_BEGIN;
    ck_stack_push_mpmc(&shelf->stack, &magazine->link);
    ENCBUF_CK_END;
}

static struct encbuf_magazine *encbuf_empty_magazine(void)
{
    struct encbuf_magazine *empty = encbuf_magazine_pop(&encbuf_empty);

    if (empty == NULL) {
        empty = encbuf_allocate(sizeof *empty);
        empty->count = 0;
    }
    return empty;
}

#ifndef ENCBUF_MAGAZINE_ONE64

/* What others can take goes where they find it: a magazine with a buffer in it counts as full there. */
static void encbuf_thread_leave(struct encbuf_thread *thread)
{
    for (size_t i = 0; i < ENCBUF_MAGAZINES * ENCBUF_CLASS_COUNT; i++) {
        struct encbuf_magazine *magazine = thread->loaded[i];

        if (magazine == &encbuf_magazine_absent)
            continue;
        encbuf_magazine_push(magazine->count == 0 ? &encbuf_empty : &encbuf_full[i % ENCBUF_CLASS_COUNT], magazine);
        thread->loaded[i] = &encbuf_magazine_absent;
    }
}

#endif

#ifdef ENCBUF_MAGAZINE_TWO8

/* The other magazine of a class becomes the loaded one. */
static void encbuf_swap(struct encbuf_thread *self, size_t class_index)
{
    struct encbuf_magazine *loaded = self->loaded[class_index];

    self->loaded[class_index] = self->loaded[ENCBUF_CLASS_COUNT + class_index];
    self->loaded[ENCBUF_CLASS_COUNT + class_index] = loaded;
}

/* A magazine with a buffer is loaded, or nothing happens and it is false. */
static bool encbuf_load_full(struct encbuf_thread *self, size_t class_index)
{
    struct encbuf_magazine *other = self->loaded[ENCBUF_CLASS_COUNT + class_index], *full;

    if (other->count - 1 >= ENCBUF_MAGAZINE_BUFFERS) { /* 0 wraps: empty or absent */
        full = encbuf_magazine_pop(&encbuf_full[class_index]);
        if (full == NULL)
            return false;
        if (other != &encbuf_magazine_absent)
            encbuf_magazine_push(&encbuf_empty, other);
        self->loaded[ENCBUF_CLASS_COUNT + class_index] = full;
    }
    encbuf_swap(self, class_index);
    return true;
}

static bool encbuf_load_empty(struct encbuf_thread *self, size_t class_index)
{
    struct encbuf_magazine *other = self->loaded[ENCBUF_CLASS_COUNT + class_index];

    if (other->count >= ENCBUF_MAGAZINE_BUFFERS) { /* full or absent */
        self->loaded[ENCBUF_CLASS_COUNT + class_index] = encbuf_empty_magazine();
        if (other != &encbuf_magazine_absent)
            encbuf_magazine_push(&encbuf_full[class_index], other);
    }
    encbuf_swap(self, class_index);
    return true;
}

#else

/* A magazine with a buffer is loaded, or nothing happens and it is false. */
static bool encbuf_load_full(struct encbuf_thread *self, size_t class_index)
{
    struct encbuf_magazine *full;

    if (!encbuf_retain_fits(encbuf_retain_of(self), class_index, ENCBUF_MAGAZINE_FULL))
        return false;
    full = encbuf_magazine_pop(&encbuf_full[class_index]);
    if (full == NULL)
        return false;
    if (self->loaded[class_index] != &encbuf_magazine_absent)
        encbuf_magazine_push(&encbuf_empty, self->loaded[class_index]);
    self->loaded[class_index] = full;
    encbuf_retain_unshelve(encbuf_retain_of(self), class_index, full->count);
    return true;
}

/* An empty one is loaded; or, where the policy wants no more on the shelf, nothing happens and it is false. */
static bool encbuf_load_empty(struct encbuf_thread *self, size_t class_index)
{
    struct encbuf_magazine *loaded = self->loaded[class_index];

    if (loaded != &encbuf_magazine_absent && !encbuf_retain_shelve(encbuf_retain_of(self), class_index, loaded->count))
        return false;
    self->loaded[class_index] = encbuf_empty_magazine();
    if (loaded != &encbuf_magazine_absent) {
#ifdef ENCBUF_RETAIN_EPOCHS
        loaded->age = 0;
#endif
        encbuf_magazine_push(&encbuf_full[class_index], loaded);
    }
    return true;
}

#endif

/* Nothing of this epoch is left: one of the epoch before, or one that is made. */
static struct encbuf *encbuf_victim_or_make(struct encbuf_thread *self, size_t class_index, size_t capacity)
{
#ifdef ENCBUF_RETAIN_VICTIMS
    struct encbuf_magazine *victims = self->victims[class_index];

    if (victims != &encbuf_magazine_absent && victims->count > 0) {
        struct encbuf *buffer = victims->buffers[--victims->count];

        if (buffer->capacity != capacity)
            encbuf_remake_slow(buffer, capacity);
        return buffer;
    }
#endif
    (void)self;
    (void)class_index;
    return encbuf_make(capacity);
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
    if (!encbuf_load_full(self, class_index))
        return encbuf_victim_or_make(self, class_index, capacity);
    full = self->loaded[class_index];
    buffer = full->buffers[--full->count];
    encbuf_retain_taken(encbuf_retain_of(self), class_index, full->count);
    if (buffer->capacity != capacity)
        encbuf_remake_slow(buffer, capacity);
    return buffer;
}

/* The magazine is full: exchange it for an empty one. */
ENCBUF_SLOW static void encbuf_give_slow(size_t class_index, struct encbuf *buffer)
{
    struct encbuf_thread *self = encbuf_attach_slow();
    struct encbuf_magazine *empty;

    if (self == NULL || !encbuf_load_empty(self, class_index) ||
        !encbuf_retain_add(encbuf_retain_of(self), class_index)) {
        encbuf_discard(buffer);
        return;
    }
    empty = self->loaded[class_index];
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
    encbuf_retain_taken(encbuf_retain_of(self), class_index, magazine->count);
    if (ENCBUF_UNLIKELY(buffer->capacity != encbuf_class_bytes[class_index] || buffer->capacity < size))
        encbuf_remake_slow(buffer, encbuf_capacity_for(class_index, size));
    return buffer;
}

ENCBUF_HOT void encbuf_pool_give(struct encbuf *buffer)
{
    size_t class_index = encbuf_class(buffer->capacity);
    struct encbuf_thread *self = encbuf_self;
    struct encbuf_magazine *magazine;

    if (ENCBUF_UNLIKELY(buffer->capacity != encbuf_class_bytes[class_index] ||
                        !encbuf_retain_wanted(class_index, buffer))) {
        encbuf_drop_slow(buffer);
        return;
    }
    if (ENCBUF_UNLIKELY(self == NULL)) {
        encbuf_give_slow(class_index, buffer);
        return;
    }
    magazine = self->loaded[class_index];
    if (ENCBUF_UNLIKELY(magazine->count >= ENCBUF_MAGAZINE_FULL)) { /* full or absent */
        encbuf_give_slow(class_index, buffer);
        return;
    }
    if (ENCBUF_UNLIKELY(!encbuf_retain_add(encbuf_retain_of(self), class_index))) {
        encbuf_drop_slow(buffer);
        return;
    }
    magazine->buffers[magazine->count++] = buffer;
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

#ifdef ENCBUF_RETAIN_EPOCHS

/* The first `count` buffers of a magazine are given up; the others stay. */
static void encbuf_give_up(struct encbuf_magazine *magazine, size_t count)
{
    size_t left = 0;

    for (size_t i = 0; i < magazine->count; i++)
        if (i < count && encbuf_retain_idle(magazine->buffers[i]))
            encbuf_discard(magazine->buffers[i]);
        else
            magazine->buffers[left++] = magazine->buffers[i];
    magazine->count = left;
}

#ifdef ENCBUF_RETAIN_VICTIMS

static void encbuf_age_cache(struct encbuf_thread *self, size_t class_index)
{
    struct encbuf_magazine *victims = self->victims[class_index];

    if (victims != &encbuf_magazine_absent) {
        encbuf_give_up(victims, victims->count);
        encbuf_magazine_push(&encbuf_empty, victims);
    }
    self->victims[class_index] = self->loaded[class_index];
    self->loaded[class_index] = &encbuf_magazine_absent;
}

#else

/* Buffers are taken from the end: the fewest that there were in the epoch are those that nobody took. */
static void encbuf_age_cache(struct encbuf_thread *self, size_t class_index)
{
    struct encbuf_magazine *magazine = self->loaded[class_index];
    size_t idle = self->retain.low[class_index];

    if (magazine == &encbuf_magazine_absent)
        return;
#ifdef ENCBUF_RETAIN_ADVISE
    for (size_t i = self->retain.advised[class_index]; i < idle; i++)
        encbuf_retain_idle(magazine->buffers[i]);
    self->retain.advised[class_index] = idle;
#else
    encbuf_give_up(magazine, idle);
#endif
    self->retain.low[class_index] = magazine->count;
}

#endif

/* A magazine that was on the shelf for a whole epoch is given up. */
static void encbuf_age_shelf(size_t class_index)
{
    struct ck_stack_entry *gathered = encbuf_gather_shelf(&encbuf_full[class_index], NULL);

    while (gathered != NULL) {
        struct encbuf_magazine *magazine = (struct encbuf_magazine *)(void *)gathered;
        gathered = gathered->next;
        if (++magazine->age == 2)
            encbuf_give_up(magazine, magazine->count);
        encbuf_magazine_push(magazine->count > 0 ? &encbuf_full[class_index] : &encbuf_empty, magazine);
    }
}

ENCBUF_SLOW static void encbuf_epoch_slow(void)
{
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++) {
        if (encbuf_self != NULL)
            encbuf_age_cache(encbuf_self, class_index);
        encbuf_age_shelf(class_index);
    }
}

#endif

/* Several workloads of a module may be set up at once; the last teardown drains. */
static inline void encbuf_pool_setup(void)
{
    if (encbuf_pool_users++ == 0)
        encbuf_source_open();
}

static inline void encbuf_visit_magazine(struct encbuf_magazine *magazine, encbuf_visit *visit, void *context)
{
    for (size_t i = 0; i < magazine->count; i++)
        visit(&magazine->buffers[i], context);
}

/* Every magazine there is. */
typedef void encbuf_see(struct encbuf_magazine *magazine, encbuf_visit *visit, void *context);

static inline void encbuf_see_shelf(const struct encbuf_shelf *shelf, encbuf_see *see, encbuf_visit *visit,
                                    void *context)
{
    struct ck_stack_entry *entry;

    CK_STACK_FOREACH(&shelf->stack, entry)
    see((struct encbuf_magazine *)(void *)entry, visit, context);
}

static inline void encbuf_see_places(struct encbuf_magazine *const *places, size_t count, encbuf_see *see,
                                     encbuf_visit *visit, void *context)
{
    for (size_t i = 0; i < count; i++)
        if (places[i] != &encbuf_magazine_absent)
            see(places[i], visit, context);
}

static inline void encbuf_see_all(encbuf_see *see, encbuf_visit *visit, void *context)
{
    encbuf_see_shelf(&encbuf_empty, see, visit, context);
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        encbuf_see_shelf(&encbuf_full[class_index], see, visit, context);
    for (unsigned slot = 0; slot < encbuf_thread_count && slot < ENCBUF_THREADS_MAX; slot++) {
        encbuf_see_places(encbuf_threads[slot].loaded, ENCBUF_MAGAZINES * ENCBUF_CLASS_COUNT, see, visit, context);
#ifdef ENCBUF_RETAIN_VICTIMS
        encbuf_see_places(encbuf_threads[slot].victims, ENCBUF_CLASS_COUNT, see, visit, context);
#endif
    }
}

/* Shows every buffer at rest. */
static inline void encbuf_kept_visit(encbuf_visit *visit, void *context)
{
    encbuf_see_all(encbuf_visit_magazine, visit, context);
}

static inline void encbuf_rest_add_magazine(struct encbuf_magazine *magazine, encbuf_visit *visit, void *context)
{
    struct encbuf_rest *rest = context;

    rest->own_bytes += sizeof *magazine;
    encbuf_visit_magazine(magazine, visit, rest);
}

/* Of all threads. For counting, never timed; must not run beside take and give. */
static inline struct encbuf_rest encbuf_pool_rest(void)
{
    struct encbuf_rest rest = {0};

    encbuf_see_all(encbuf_rest_add_magazine, encbuf_rest_add, &rest);
    return rest;
}

static inline size_t encbuf_pool_count(void)
{
    return encbuf_pool_rest().buffers;
}

static struct ck_stack_entry *encbuf_gather_places(struct encbuf_magazine **places, size_t count,
                                                   struct ck_stack_entry *gathered)
{
    for (size_t i = 0; i < count; i++) {
        struct encbuf_magazine *magazine = places[i];

        if (magazine == &encbuf_magazine_absent)
            continue;
        magazine->link.next = gathered;
        gathered = &magazine->link;
        places[i] = &encbuf_magazine_absent;
    }
    return gathered;
}

/* Every magazine there is, taken from where it was. */
static struct ck_stack_entry *encbuf_gather(void)
{
    struct ck_stack_entry *gathered = encbuf_gather_shelf(&encbuf_empty, NULL);

    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        gathered = encbuf_gather_shelf(&encbuf_full[class_index], gathered);
    for (unsigned slot = 0; slot < encbuf_thread_count && slot < ENCBUF_THREADS_MAX; slot++) {
        gathered = encbuf_gather_places(encbuf_threads[slot].loaded, ENCBUF_MAGAZINES * ENCBUF_CLASS_COUNT, gathered);
#ifdef ENCBUF_RETAIN_VICTIMS
        gathered = encbuf_gather_places(encbuf_threads[slot].victims, ENCBUF_CLASS_COUNT, gathered);
#endif
#ifndef ENCBUF_RETAIN_ALL
        encbuf_threads[slot].retain = (struct encbuf_retain){0};
#endif
    }
#ifndef ENCBUF_RETAIN_ALL
    encbuf_retain_reset();
#endif
    return gathered;
}

static inline void encbuf_pool_teardown(void)
{
    struct ck_stack_entry *gathered, *entry;

    if (--encbuf_pool_users != 0)
        return;
    gathered = encbuf_gather();
    for (size_t pass = 0; pass < ENCBUF_DRAIN_PASSES; pass++)
        for (entry = gathered; entry != NULL; entry = entry->next)
            encbuf_visit_magazine((struct encbuf_magazine *)(void *)entry, encbuf_drain_passes[pass], NULL);
    while ((entry = gathered) != NULL) {
        gathered = entry->next;
        free(entry);
    }
    encbuf_source_close();
}

#endif
