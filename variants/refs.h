/*
 * The release protocol (axis refs): who is the last to put, and only once. A level is six operations:
 *
 *   encbuf_refs_open(buffer)     handed out: not released, one reference, which tagged returns
 *   encbuf_refs_retain(ref)      one reference more
 *   encbuf_refs_close(ref)       one reference less; true for the one caller that must give the buffer back; nothing
 *                                happens to a released buffer (refs_close.h)
 *   encbuf_refs_count, encbuf_refs_released (buffer), encbuf_refs_held(ref)   what the words say; for tests and counts
 *
 * A reference is the buffer's pointer (encbuf_of is nothing), but `tagged` has the buffer's generation in the four bits
 * that malloc leaves zero in it: 16 generations, so that a reference 16 gets old is taken for the present one.
 *
 *   level   words                                locked operations of get and put   put twice   put after the next get
 *   seqcst  count; flag                          4   (two of them stores)           found       not found
 *   acqrel  count; flag                          2                                  found       not found
 *   merged  count and flag in one: odd is dead   1                                  found       not found
 *   unique  as merged                            0   when it is the only reference  in sequence not found
 *   tagged  count, flag and generation in one    1                                  found       found
 *   plain   count; flag; not atomic: one thread  0                                  found       not found
 *
 * Orders. Opening needs none: the buffer came out of a pool whose exchange synchronises, or out of malloc, and whoever
 * hands it to another thread synchronises there. Retaining needs none: the caller has a reference, so that the count
 * cannot reach 0 meanwhile, and reads nothing because of it. A put that is not the last releases what its thread did
 * to the buffer; the last one acquires what all others released: a fence after its own decrement, which read the
 * last of a chain of read-modify-writes, and so synchronises with every release in it. That the flag is set needs no
 * order: who finds it set reads nothing more, and who sets it has exclusive use. `unique`: an acquire load that finds
 * one reference has read the last of that chain; there is nobody else who could change the word, so a plain store ends
 * it. Two that put the same reference at the same time both find one: that is the price.
 */
#ifndef ENCBUF_REFS_H
#define ENCBUF_REFS_H

#include "structure.h"

#include <stdbool.h>

#ifdef ENCBUF_REFS_TAGGED

/* Has nothing on purpose: what a reference points to is reached through encbuf_of. */
struct encbuf_handle {
    unsigned char byte;
};
typedef struct encbuf_handle *encbuf_ref;

#define ENCBUF_REFS_GENERATION 15u
_Static_assert(_Alignof(max_align_t) > ENCBUF_REFS_GENERATION, "malloc leaves the bits of a generation zero");

ENCBUF_HOT struct encbuf *encbuf_of(encbuf_ref ref)
{
    return (struct encbuf *)(void *)((unsigned char *)ref - ((uintptr_t)ref & ENCBUF_REFS_GENERATION));
}

/* The present reference of a buffer, whoever asks. */
ENCBUF_HOT encbuf_ref encbuf_ref_of(struct encbuf *buffer)
{
    const uint32_t word = atomic_load_explicit(&buffer->refs, memory_order_relaxed);

    return (encbuf_ref)(void *)((unsigned char *)buffer + (word & ENCBUF_REFS_GENERATION));
}

#else

typedef struct encbuf *encbuf_ref;
#define encbuf_of(ref)        (ref)
#define encbuf_ref_of(buffer) (buffer)

#endif

#ifndef ENCBUF_REFS_PLAIN

/* After the last decrement: everything that the others did before theirs. */
ENCBUF_HOT void encbuf_refs_acquire(struct encbuf *buffer)
{
#ifdef __SANITIZE_THREAD__ /* it knows no fences; the load reads the same write, or a later one of the same chain */
    atomic_load_explicit(&buffer->refs, memory_order_acquire);
#else
    (void)buffer;
    atomic_thread_fence(memory_order_acquire);
#endif
}

#endif

#if defined(ENCBUF_REFS_SEQCST)

/* Sequentially consistent stores, as Go's atomics have them. */
ENCBUF_HOT void encbuf_refs_open(struct encbuf *buffer)
{
    atomic_store(&buffer->released, 0);
    atomic_store(&buffer->refs, 1);
}

ENCBUF_HOT void encbuf_refs_retain(encbuf_ref ref)
{
    atomic_fetch_add(&ref->refs, 1);
}

#elif defined(ENCBUF_REFS_ACQREL)

ENCBUF_HOT void encbuf_refs_open(struct encbuf *buffer)
{
    atomic_store_explicit(&buffer->released, 0, memory_order_relaxed);
    atomic_store_explicit(&buffer->refs, 1, memory_order_relaxed);
}

ENCBUF_HOT void encbuf_refs_retain(encbuf_ref ref)
{
    atomic_fetch_add_explicit(&ref->refs, 1, memory_order_relaxed);
}

#elif defined(ENCBUF_REFS_PLAIN)

ENCBUF_HOT void encbuf_refs_open(struct encbuf *buffer)
{
    buffer->released = 0;
    buffer->refs = 1;
}

ENCBUF_HOT void encbuf_refs_retain(encbuf_ref ref)
{
    ref->refs++;
}

#elif defined(ENCBUF_REFS_ONE_WORD)

/* The word, from its low end: the generation where it has one; the flag; the count. The other word is not used. */
#ifdef ENCBUF_REFS_TAGGED
#define ENCBUF_REFS_DEAD (ENCBUF_REFS_GENERATION + 1)
#else
#define ENCBUF_REFS_DEAD 1u
#endif
#define ENCBUF_REFS_ONE (2 * ENCBUF_REFS_DEAD)

#ifdef ENCBUF_REFS_TAGGED

ENCBUF_HOT encbuf_ref encbuf_refs_open(struct encbuf *buffer)
{
    const uint32_t word = atomic_load_explicit(&buffer->refs, memory_order_relaxed);
    const uint32_t generation = (word + 1) & ENCBUF_REFS_GENERATION;

    atomic_store_explicit(&buffer->refs, ENCBUF_REFS_ONE | generation, memory_order_relaxed);
    return (encbuf_ref)(void *)((unsigned char *)buffer + generation);
}

#else

ENCBUF_HOT void encbuf_refs_open(struct encbuf *buffer)
{
    atomic_store_explicit(&buffer->refs, ENCBUF_REFS_ONE, memory_order_relaxed);
}

#endif

/* What the low bits of the word are where this reference is alive. */
ENCBUF_HOT uint32_t encbuf_refs_tag(encbuf_ref ref)
{
#ifdef ENCBUF_REFS_TAGGED
    return (uint32_t)(uintptr_t)ref & ENCBUF_REFS_GENERATION;
#else
    (void)ref;
    return 0;
#endif
}

ENCBUF_HOT void encbuf_refs_retain(encbuf_ref ref)
{
    atomic_fetch_add_explicit(&encbuf_of(ref)->refs, ENCBUF_REFS_ONE, memory_order_relaxed);
}

#endif

#define ENCBUF_NAMED(name) encbuf_refs_##name
#define ENCBUF_STEP()      ((void)0)
#include "refs_close.h"
#undef ENCBUF_NAMED
#undef ENCBUF_STEP

/* For tests and counts. */

#ifdef ENCBUF_REFS_ONE_WORD

static inline uint32_t encbuf_refs_count(const struct encbuf *buffer)
{
    return buffer->refs / ENCBUF_REFS_ONE;
}

static inline bool encbuf_refs_released(const struct encbuf *buffer)
{
    return (buffer->refs & ENCBUF_REFS_DEAD) != 0;
}

/* Whether the words say that this reference may be used. */
static inline bool encbuf_refs_held(encbuf_ref ref)
{
    return (encbuf_of(ref)->refs & (ENCBUF_REFS_ONE - 1)) == encbuf_refs_tag(ref);
}

#else

static inline uint32_t encbuf_refs_count(const struct encbuf *buffer)
{
    return buffer->refs;
}

static inline bool encbuf_refs_released(const struct encbuf *buffer)
{
    return buffer->released != 0;
}

static inline bool encbuf_refs_held(encbuf_ref ref)
{
    return !encbuf_refs_released(ref);
}

#endif

#endif
