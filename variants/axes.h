/*
 * The axes of a variant. A variant names its level on every axis by defining one macro an axis (ENCBUF_AXIS_LEVEL, made
 * from its line in variants.txt); there are no defaults, and a missing, second or impossible level does not compile.
 *
 *   mmap_res  null      the field is there, between refs and released, and never assigned: the original
 *             packed    the field is there, after released: no holes
 *             removed   no field
 *             assigned  as null, and every get sets it, with a reference of the buffer's own; put releases it (control)
 *             retained  as assigned, but put leaves it: the accusation made true (control)
 *   pool      none      structure and data from malloc every time
 *             frame     structure in the caller's frame, data from malloc
 *             thread    a cache a thread over shared lock-free lists, unbounded
 *             mutex     one stack a class under a mutex
 *             shared    one lock-free stack a class
 *             owner     a list a thread; a buffer goes back to the thread that made it
 *             direct    no buffer at all: encode into the result
 *   classes   ten       8 KiB ... 10 MiB
 *             three     64 KiB, 2 MiB, 10 MiB
 *             fine      from 64 bytes to 10 MiB, four a doubling
 *             fitted4 fitted8 fitted16  so many, that waste least on a trace (classes_fitted.h)
 *             na        unpooled: exactly what is asked
 *   refs      seqcst    count and flag in two words, sequentially consistent
 *             acqrel    the same words, the weakest orders that suffice
 *             merged    count and flag in one word
 *             unique    as merged, and no locked operation by who has the only reference
 *             tagged    as merged, with a generation, in the reference too
 *             plain     as acqrel, not atomic: for one thread
 *   magazine  one64     what a thread keeps of each class by itself: one magazine of 64 buffers; slots of dead threads
 *                       are lost
 *             one1      one buffer; slots of dead threads are taken up again
 *             two8      two magazines of 8, slots as one1
 *             na        the pool has none
 *   retain    all       everything that was put stays
 *             count bytes victim calibrated decay advise    what goes and when: retain.h
 *             na        unpooled: nothing is kept
 *   place     malloc    the structure lies where malloc puts it
 *             line      alone on cache lines of its own
 *             na        no structure, or in the caller's frame
 *   na                  the axis does not apply
 *
 * A new level is a line here, and its code in the one header that owns the axis: structure.h and source.h (mmap_res),
 * pool_LEVEL.h, classes.h, refs.h; magazine in pool_thread.h, retain in retain.h, place in memory.h.
 */
#ifndef ENCBUF_AXES_H
#define ENCBUF_AXES_H

#if 1 != defined(ENCBUF_MMAP_RES_NULL) + defined(ENCBUF_MMAP_RES_PACKED) + defined(ENCBUF_MMAP_RES_REMOVED) +          \
             defined(ENCBUF_MMAP_RES_ASSIGNED) + defined(ENCBUF_MMAP_RES_RETAINED) + defined(ENCBUF_MMAP_RES_NA)
#error "axis mmap_res: define exactly one of ENCBUF_MMAP_RES_NULL, _PACKED, _REMOVED, _ASSIGNED, _RETAINED, _NA"
#endif

#if 1 != defined(ENCBUF_POOL_NONE) + defined(ENCBUF_POOL_FRAME) + defined(ENCBUF_POOL_THREAD) +                        \
             defined(ENCBUF_POOL_MUTEX) + defined(ENCBUF_POOL_SHARED) + defined(ENCBUF_POOL_OWNER) +                   \
             defined(ENCBUF_POOL_DIRECT)
#error "axis pool: define exactly one of ENCBUF_POOL_NONE, _FRAME, _THREAD, _MUTEX, _SHARED, _OWNER, _DIRECT"
#endif

#if 1 != defined(ENCBUF_CLASSES_TEN) + defined(ENCBUF_CLASSES_THREE) + defined(ENCBUF_CLASSES_FINE) +                  \
             defined(ENCBUF_CLASSES_FITTED4) + defined(ENCBUF_CLASSES_FITTED8) + defined(ENCBUF_CLASSES_FITTED16) +    \
             defined(ENCBUF_CLASSES_NA)
#error "axis classes: define exactly one of ENCBUF_CLASSES_TEN, _THREE, _FINE, _FITTED4, _FITTED8, _FITTED16, _NA"
#endif

#if 1 != defined(ENCBUF_REFS_SEQCST) + defined(ENCBUF_REFS_ACQREL) + defined(ENCBUF_REFS_MERGED) +                     \
             defined(ENCBUF_REFS_UNIQUE) + defined(ENCBUF_REFS_TAGGED) + defined(ENCBUF_REFS_PLAIN) +                  \
             defined(ENCBUF_REFS_NA)
#error "axis refs: define exactly one of ENCBUF_REFS_SEQCST, _ACQREL, _MERGED, _UNIQUE, _TAGGED, _PLAIN, _NA"
#endif

#if 1 != defined(ENCBUF_MAGAZINE_ONE64) + defined(ENCBUF_MAGAZINE_ONE1) + defined(ENCBUF_MAGAZINE_TWO8) +              \
             defined(ENCBUF_MAGAZINE_NA)
#error "axis magazine: define exactly one of ENCBUF_MAGAZINE_ONE64, _ONE1, _TWO8, _NA"
#endif

#if 1 != defined(ENCBUF_RETAIN_ALL) + defined(ENCBUF_RETAIN_COUNT) + defined(ENCBUF_RETAIN_BYTES) +                    \
             defined(ENCBUF_RETAIN_VICTIM) + defined(ENCBUF_RETAIN_CALIBRATED) + defined(ENCBUF_RETAIN_DECAY) +        \
             defined(ENCBUF_RETAIN_ADVISE) + defined(ENCBUF_RETAIN_NA)
#error                                                                                                                 \
    "axis retain: define exactly one of ENCBUF_RETAIN_ALL, _COUNT, _BYTES, _VICTIM, _CALIBRATED, _DECAY, _ADVISE, _NA"
#endif

#if 1 != defined(ENCBUF_PLACE_MALLOC) + defined(ENCBUF_PLACE_LINE) + defined(ENCBUF_PLACE_NA)
#error "axis place: define exactly one of ENCBUF_PLACE_MALLOC, _LINE, _NA"
#endif

#if !defined(ENCBUF_POOL_NONE) && !defined(ENCBUF_POOL_FRAME) && !defined(ENCBUF_POOL_DIRECT)
#define ENCBUF_POOLED 1 /* buffers are kept */
#endif

/* What the levels of one axis ask of another. */
#ifdef ENCBUF_POOL_DIRECT
#if !defined(ENCBUF_MMAP_RES_NA) || !defined(ENCBUF_CLASSES_NA) || !defined(ENCBUF_REFS_NA)
#error "pool direct has no buffer: mmap_res, classes and refs are na"
#endif
#else
#if defined(ENCBUF_MMAP_RES_NA) || defined(ENCBUF_REFS_NA)
#error "a variant with a buffer has a level of mmap_res and of refs"
#endif
#endif
#if defined(ENCBUF_POOL_NONE) || defined(ENCBUF_POOL_FRAME)
#ifndef ENCBUF_CLASSES_NA
#error "an unpooled buffer has exactly the size asked: classes is na"
#endif
#endif
#if defined(ENCBUF_POOLED) && defined(ENCBUF_CLASSES_NA)
#error "a pool needs classes"
#endif
#if defined(ENCBUF_POOL_THREAD) == defined(ENCBUF_MAGAZINE_NA)
#error "magazines are pool thread's: it has a level of magazine and all others have na"
#endif
#if defined(ENCBUF_POOLED) == defined(ENCBUF_RETAIN_NA)
#error "what is retained is a pool's: it has a level of retain and an unpooled variant has na"
#endif
#if defined(ENCBUF_POOLED) && !defined(ENCBUF_RETAIN_ALL) && !defined(ENCBUF_MAGAZINE_ONE64)
#error "this level of retain is written for pool thread with magazine one64 alone: retain is all"
#endif
#if (defined(ENCBUF_POOL_FRAME) || defined(ENCBUF_POOL_DIRECT)) != defined(ENCBUF_PLACE_NA)
#error "a structure that is allocated has a place: it is na of pool frame and direct alone"
#endif
#if defined(ENCBUF_REFS_TAGGED) && !defined(ENCBUF_POOLED)
#error "refs tagged tells a buffer from the same one got again: an unpooled one is never got again"
#endif

#if defined(ENCBUF_MMAP_RES_ASSIGNED) || defined(ENCBUF_MMAP_RES_RETAINED)
#if !defined(ENCBUF_POOL_THREAD) || !defined(ENCBUF_RETAIN_ALL)
#error "mmap_res assigned and retained are controls of a pool: pool is thread and retain is all"
#endif
#define ENCBUF_ASSIGNS_MMAP_RES 1
#endif
#if defined(ENCBUF_MMAP_RES_NULL) || defined(ENCBUF_ASSIGNS_MMAP_RES)
#define ENCBUF_MMAP_RES_IN_PLACE 1 /* the original's: between refs and released */
#endif
#if defined(ENCBUF_MMAP_RES_IN_PLACE) || defined(ENCBUF_MMAP_RES_PACKED)
#define ENCBUF_HAS_MMAP_RES 1
#endif

#if defined(ENCBUF_REFS_MERGED) || defined(ENCBUF_REFS_UNIQUE) || defined(ENCBUF_REFS_TAGGED)
#define ENCBUF_REFS_ONE_WORD 1
#endif

#define ENCBUF_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* Everything off the hot path is out of line and named encbuf_*_slow: the disassembly test allows no other call.
 * Not `cold`: beside a few calls to cold functions gcc 12 took the hot path of pool thread for cold as well and moved
 * the whole loop to .text.unlikely. The disassembly test looks for that too. */
#define ENCBUF_SLOW __attribute__((noinline))
/* Everything on it is inlined whatever the compiler thinks of its size, so that variants differ by their axes alone. */
#define ENCBUF_HOT static inline __attribute__((always_inline))

#endif
