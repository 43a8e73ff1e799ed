/*
 * What a pool keeps of what was put, and what it gives up when (axis retain).
 *
 *   all         everything, for ever
 *   count       at most ENCBUF_RETAIN_COUNT_BUFFERS of a class a thread, and as many on the shelf
 *   bytes       at most ENCBUF_RETAIN_BYTES_BUDGET of data a thread, and as much on all shelves together
 *   victim      what nobody took for a whole epoch goes, within two: what a thread has becomes its victims, which are
 *               taken when there is nothing else, and the next epoch drops them (as Go since 1.13)
 *   calibrated  as victim; and a put of more than 95 % of puts ask for is dropped. 20 bins, doublings from 64 bytes,
 *               count the lengths that were put (of buffers that a class has), and 42 000 in one of them decide anew
 *               (as valyala/bytebufferpool)
 *   decay       what lay idle for a whole epoch goes: of each class the fewest that a thread had in it (as mimalloc)
 *   advise      as decay, but what lay idle stays in the pool, and its pages go back to the kernel: the next to write
 *               there pays with a fault for each
 *
 * Time is logical, so that what is kept is exact and the same in every repeat: encbuf_epoch() is one tick of a clock
 * that a workload calls, for the calling thread's cache and for what threads share. What another thread has ages when
 * that thread ticks: nobody else may touch it. What they share ages at every tick: with several threads that tick, an
 * epoch is shorter there.
 *
 * Between a pool and a policy. A pool has one struct encbuf_retain a cache of a thread, and calls:
 *   encbuf_retain_wanted(class, buffer)    before anything is done with a put: false, and it drops the buffer
 *   encbuf_retain_add(retain, class)       before a buffer of the class goes into a thread's cache: false likewise
 *   encbuf_retain_taken(retain, class, n)  after one was taken and n are left
 *   encbuf_retain_shelve(retain, class, n) before n go from the cache to what threads share: false, and they stay
 *   encbuf_retain_fits(retain, class, n)   before n are taken from there: false, and they are left there
 *   encbuf_retain_unshelve(retain, class, n) after that
 *   encbuf_retain_idle(buffer)             what to do with one that is given up: true, and the pool drops it
 * Under `all` none of them is an instruction, and the structure is not there.
 */
#ifndef ENCBUF_RETAIN_H
#define ENCBUF_RETAIN_H

#include "classes.h"
#include "structure.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define ENCBUF_RETAIN_COUNT_BUFFERS 4
#define ENCBUF_RETAIN_BYTES_BUDGET  (1 * ENCBUF_MIB)

#if defined(ENCBUF_RETAIN_VICTIM) || defined(ENCBUF_RETAIN_CALIBRATED)
#define ENCBUF_RETAIN_VICTIMS 1 /* a cache has a second place, of what was there before the last epoch */
#endif
#if defined(ENCBUF_RETAIN_DECAY) || defined(ENCBUF_RETAIN_ADVISE)
#define ENCBUF_RETAIN_LOW 1 /* a cache knows the fewest that it had in this epoch */
#endif
#if defined(ENCBUF_RETAIN_VICTIMS) || defined(ENCBUF_RETAIN_LOW)
#define ENCBUF_RETAIN_EPOCHS 1 /* an epoch changes what is kept */
#endif
#ifndef ENCBUF_RETAIN_ALL
#define ENCBUF_RETAIN_DROPS 1 /* a buffer that was put may be freed: no other alias of it may be in the pool */
#endif

struct encbuf_retain {
#if defined(ENCBUF_RETAIN_BYTES)
    size_t kept_bytes;
#elif defined(ENCBUF_RETAIN_LOW)
    size_t low[ENCBUF_CLASS_COUNT];     /* fewest in this epoch */
    size_t advised[ENCBUF_CLASS_COUNT]; /* the first so many have had their pages given back */
#else
    char none;
#endif
};

/* Most buffers of a class in the cache of a thread whose pool would take `buffers`. */
#ifdef ENCBUF_RETAIN_COUNT
#define ENCBUF_RETAIN_MOST(buffers) ((buffers) < ENCBUF_RETAIN_COUNT_BUFFERS ? (buffers) : ENCBUF_RETAIN_COUNT_BUFFERS)
#else
#define ENCBUF_RETAIN_MOST(buffers) (buffers)
#endif

#ifdef ENCBUF_RETAIN_CALIBRATED

#define ENCBUF_CALIBRATED_BINS       20
#define ENCBUF_CALIBRATED_SHIFT      6
#define ENCBUF_CALIBRATED_PUTS       42000
#define ENCBUF_CALIBRATED_PERCENTILE 95

/* As there: shared by all threads. */
static _Atomic uint64_t encbuf_calibrated_puts[ENCBUF_CALIBRATED_BINS];
static _Atomic bool encbuf_calibrating;
static _Atomic size_t encbuf_calibrated_class = ENCBUF_CLASS_COUNT - 1; /* the last one that is kept */

ENCBUF_HOT size_t encbuf_calibrated_bin(size_t length)
{
    size_t bin = length <= (size_t)1 << ENCBUF_CALIBRATED_SHIFT
                     ? 0
                     : 64 - ENCBUF_CALIBRATED_SHIFT - (size_t)__builtin_clzl(length - 1);

    return bin < ENCBUF_CALIBRATED_BINS ? bin : ENCBUF_CALIBRATED_BINS - 1;
}

/* The commonest bins, until they hold more than 95 % of the puts; the largest of them decides. */
ENCBUF_SLOW static void encbuf_calibrate_slow(void)
{
    uint64_t puts[ENCBUF_CALIBRATED_BINS], all = 0, covered = 0;
    size_t largest = 0;

    if (atomic_exchange(&encbuf_calibrating, true))
        return;
    for (size_t bin = 0; bin < ENCBUF_CALIBRATED_BINS; bin++)
        all += puts[bin] = atomic_exchange(&encbuf_calibrated_puts[bin], 0);
    while (covered <= all * ENCBUF_CALIBRATED_PERCENTILE / 100) {
        size_t commonest = 0;

        for (size_t bin = 1; bin < ENCBUF_CALIBRATED_BINS; bin++)
            if (puts[bin] > puts[commonest])
                commonest = bin;
        if (puts[commonest] == 0)
            break;
        covered += puts[commonest];
        puts[commonest] = 0;
        largest = commonest > largest ? commonest : largest;
    }
    atomic_store(&encbuf_calibrated_class, encbuf_class((size_t)1 << (largest + ENCBUF_CALIBRATED_SHIFT)));
    atomic_store(&encbuf_calibrating, false);
}

ENCBUF_HOT bool encbuf_retain_wanted(size_t class_index, const struct encbuf *buffer)
{
    _Atomic uint64_t *puts = &encbuf_calibrated_puts[encbuf_calibrated_bin(buffer->length)];

    if (ENCBUF_UNLIKELY(atomic_fetch_add(puts, 1) >= ENCBUF_CALIBRATED_PUTS))
        encbuf_calibrate_slow();
    return class_index <= atomic_load_explicit(&encbuf_calibrated_class, memory_order_relaxed);
}

#else

ENCBUF_HOT bool encbuf_retain_wanted(size_t class_index, const struct encbuf *buffer)
{
    (void)class_index;
    (void)buffer;
    return true;
}

#endif

ENCBUF_HOT bool encbuf_retain_add(struct encbuf_retain *retain, size_t class_index)
{
#ifdef ENCBUF_RETAIN_BYTES
    const size_t bytes = retain->kept_bytes + encbuf_class_bytes[class_index];

    if (ENCBUF_UNLIKELY(bytes > ENCBUF_RETAIN_BYTES_BUDGET))
        return false;
    retain->kept_bytes = bytes;
#endif
    (void)retain;
    (void)class_index;
    return true;
}

ENCBUF_HOT void encbuf_retain_taken(struct encbuf_retain *retain, size_t class_index, size_t left)
{
#if defined(ENCBUF_RETAIN_BYTES)
    retain->kept_bytes -= encbuf_class_bytes[class_index];
#elif defined(ENCBUF_RETAIN_LOW)
    if (left < retain->low[class_index])
        retain->low[class_index] = left;
#endif
    (void)retain;
    (void)class_index;
    (void)left;
}

/* What of a class is in the cache is exchanged as a whole: none of it lay there since the last epoch. */
static inline void encbuf_retain_exchanged(struct encbuf_retain *retain, size_t class_index)
{
#ifdef ENCBUF_RETAIN_LOW
    retain->low[class_index] = retain->advised[class_index] = 0;
#endif
    (void)retain;
    (void)class_index;
}

#if defined(ENCBUF_RETAIN_COUNT)
static _Atomic size_t encbuf_shelved[ENCBUF_CLASS_COUNT]; /* buffers of each class */
#define ENCBUF_SHELVED(class_index)           (&encbuf_shelved[class_index])
#define ENCBUF_SHELVED_AMOUNT(class_index, n) (n)
#define ENCBUF_SHELVED_MOST                   ENCBUF_RETAIN_COUNT_BUFFERS
#elif defined(ENCBUF_RETAIN_BYTES)
static _Atomic size_t encbuf_shelved_bytes; /* of all classes */
#define ENCBUF_SHELVED(class_index)           (&encbuf_shelved_bytes)
#define ENCBUF_SHELVED_AMOUNT(class_index, n) ((n)*encbuf_class_bytes[class_index])
#define ENCBUF_SHELVED_MOST                   ENCBUF_RETAIN_BYTES_BUDGET
#endif

static inline bool encbuf_retain_shelve(struct encbuf_retain *retain, size_t class_index, size_t buffers)
{
#ifdef ENCBUF_SHELVED
    const size_t amount = ENCBUF_SHELVED_AMOUNT(class_index, buffers);

    if (atomic_fetch_add(ENCBUF_SHELVED(class_index), amount) + amount > ENCBUF_SHELVED_MOST) {
        atomic_fetch_sub(ENCBUF_SHELVED(class_index), amount);
        return false;
    }
#ifdef ENCBUF_RETAIN_BYTES
    retain->kept_bytes -= amount;
#endif
#endif
    (void)class_index;
    (void)buffers;
    encbuf_retain_exchanged(retain, class_index);
    return true;
}

/* Whether a cache may take so many from what threads share. */
static inline bool encbuf_retain_fits(const struct encbuf_retain *retain, size_t class_index, size_t buffers)
{
    (void)retain;
    (void)class_index;
    (void)buffers;
#ifdef ENCBUF_RETAIN_BYTES
    return retain->kept_bytes + buffers * encbuf_class_bytes[class_index] <= ENCBUF_RETAIN_BYTES_BUDGET;
#else
    return true;
#endif
}

/* They have come. */
static inline void encbuf_retain_unshelve(struct encbuf_retain *retain, size_t class_index, size_t buffers)
{
#ifdef ENCBUF_SHELVED
    const size_t amount = ENCBUF_SHELVED_AMOUNT(class_index, buffers);

    atomic_fetch_sub(ENCBUF_SHELVED(class_index), amount);
#ifdef ENCBUF_RETAIN_BYTES
    retain->kept_bytes += amount;
#endif
#endif
    (void)buffers;
    encbuf_retain_exchanged(retain, class_index);
}

/* A pool that begins anew, or has been drained. Caches of threads begin with zeros. */
static inline void encbuf_retain_reset(void)
{
#if defined(ENCBUF_RETAIN_COUNT)
    for (size_t class_index = 0; class_index < ENCBUF_CLASS_COUNT; class_index++)
        atomic_store(&encbuf_shelved[class_index], 0);
#elif defined(ENCBUF_RETAIN_BYTES)
    atomic_store(&encbuf_shelved_bytes, 0);
#elif defined(ENCBUF_RETAIN_CALIBRATED)
    for (size_t bin = 0; bin < ENCBUF_CALIBRATED_BINS; bin++)
        atomic_store(&encbuf_calibrated_puts[bin], 0);
    atomic_store(&encbuf_calibrated_class, ENCBUF_CLASS_COUNT - 1);
#endif
}

#ifdef ENCBUF_RETAIN_EPOCHS

/* True: to be dropped. `advise` gives back the pages that lie wholly within the data, whose content nobody needs. */
static bool encbuf_retain_idle(const struct encbuf *buffer)
{
#ifdef ENCBUF_RETAIN_ADVISE
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)buffer->data;
    const uintptr_t first = (start + page - 1) & ~(page - 1), end = (start + buffer->capacity) & ~(page - 1);

    if (end > first)
        madvise((void *)first, end - first, MADV_DONTNEED);
    return false;
#else
    (void)buffer;
    return true;
#endif
}

#endif

#endif
