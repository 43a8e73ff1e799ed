/*
 * The encoding buffer: get, retain, put, and to_string, which copies out and puts. Everything on the hot path is
 * inlined into the timed loop; what it costs is decided by the axes (axes.h).
 *
 *   encbuf_get(frame, size)  a buffer that is not released, has one reference, `length` = size and room for it. `frame`
 *                            is a structure in the caller's frame that outlives the buffer; only pool frame uses it.
 *                            The levels `assigned` and `retained` take a reference to the source's mapping (source.h).
 *   encbuf_retain(buffer)    one reference more
 *   encbuf_put(buffer)       returns at once if released; one reference less; the last one releases the mapping if
 *                            there is one and gives the buffer back to the pool, which keeps it only if its capacity
 *                            is exactly its class's
 *   encbuf_ref_get, encbuf_ref_retain, encbuf_ref_put, encbuf_ref_to_string   the same by references (refs.h), which
 *                            tell more than a pointer with refs tagged and are pointers with every other level. There,
 *                            a put by pointer is by whatever reference is the present one.
 *   encbuf_to_string(buffer) a malloc'ed copy of exactly the buffer's bytes, no terminator, owned by the caller; the
 *                            buffer has been put
 *
 *   encbuf_epoch()           a tick of the logical clock by which a pool gives up what it does not need (retain.h);
 *                            nothing where it has none
 *
 * Any thread may put what another one got. A buffer may not be used after its last put, except that a second put of
 * one that the pool kept (or whose frame is still there) finds it released and does nothing.
 */
#ifndef ENCBUF_ENCBUF_H
#define ENCBUF_ENCBUF_H

#include "axes.h"
#include "refs.h"
#include "structure.h"
#include "source.h"

#include <string.h>

#if defined(ENCBUF_POOL_NONE)
#include "pool_none.h"
#elif defined(ENCBUF_POOL_FRAME)
#include "pool_frame.h"
#elif defined(ENCBUF_POOL_THREAD)
#include "pool_thread.h"
#elif defined(ENCBUF_POOL_MUTEX)
#include "pool_mutex.h"
#elif defined(ENCBUF_POOL_SHARED)
#include "pool_shared.h"
#elif defined(ENCBUF_POOL_OWNER)
#include "pool_owner.h"
#endif

ENCBUF_HOT void encbuf_epoch(void)
{
#ifdef ENCBUF_RETAIN_EPOCHS
    encbuf_epoch_slow();
#endif
}

/* Assigned: put left nothing there. Retained: what is there stays, so that each buffer keeps the first mapping it saw.
 */
ENCBUF_HOT void encbuf_take_mapping(struct encbuf *buffer)
{
#if defined(ENCBUF_MMAP_RES_ASSIGNED)
    mapping_retain(encbuf_source);
    buffer->mmap_res = encbuf_source;
#elif defined(ENCBUF_MMAP_RES_RETAINED)
    if (buffer->mmap_res != NULL)
        return;
    mapping_retain(encbuf_source);
    buffer->mmap_res = encbuf_source;
#else
    (void)buffer;
#endif
}

#ifdef ENCBUF_REFS_TAGGED

ENCBUF_HOT encbuf_ref encbuf_ref_get(struct encbuf *frame, size_t size)
{
    struct encbuf *buffer = encbuf_pool_take(frame, size);
    encbuf_ref ref = encbuf_refs_open(buffer);

    buffer->length = size;
    encbuf_take_mapping(buffer);
    return ref;
}

ENCBUF_HOT struct encbuf *encbuf_get(struct encbuf *frame, size_t size)
{
    return encbuf_of(encbuf_ref_get(frame, size));
}

#else

/* Aliases, not functions of functions: gcc gives those other registers, and today's code shall stay what was measured.
 */
#define encbuf_ref_get       encbuf_get
#define encbuf_ref_retain    encbuf_retain
#define encbuf_ref_put       encbuf_put
#define encbuf_ref_to_string encbuf_to_string

ENCBUF_HOT struct encbuf *encbuf_get(struct encbuf *frame, size_t size)
{
    struct encbuf *buffer = encbuf_pool_take(frame, size);

    encbuf_refs_open(buffer);
    buffer->length = size;
    encbuf_take_mapping(buffer);
    return buffer;
}

#endif

ENCBUF_HOT void encbuf_ref_retain(encbuf_ref ref)
{
    encbuf_refs_retain(ref);
}

/* The check under dispute. The empty asm tells the compiler that the field may hold anything, as it must assume in the
 * original: without it, a compiler that saw the null stored could remove the very check that is measured. */
ENCBUF_HOT void encbuf_release_mapping(struct encbuf *buffer)
{
#if defined(ENCBUF_HAS_MMAP_RES) && !defined(ENCBUF_MMAP_RES_RETAINED)
    __asm__ volatile("" : "+m"(buffer->mmap_res));
    if (ENCBUF_UNLIKELY(buffer->mmap_res != NULL)) {
        mapping_release(buffer->mmap_res);
        buffer->mmap_res = NULL;
    }
#else
    (void)buffer;
#endif
}

ENCBUF_HOT void encbuf_ref_put(encbuf_ref ref)
{
    if (!encbuf_refs_close(ref))
        return;
    encbuf_release_mapping(encbuf_of(ref));
    encbuf_pool_give(encbuf_of(ref));
}

ENCBUF_HOT unsigned char *encbuf_ref_to_string(encbuf_ref ref)
{
    unsigned char *string = encbuf_allocate(encbuf_of(ref)->length);

    memcpy(string, encbuf_of(ref)->data, encbuf_of(ref)->length);
    encbuf_ref_put(ref);
    return string;
}

#ifdef ENCBUF_REFS_TAGGED

ENCBUF_HOT void encbuf_retain(struct encbuf *buffer)
{
    encbuf_ref_retain(encbuf_ref_of(buffer));
}

ENCBUF_HOT void encbuf_put(struct encbuf *buffer)
{
    encbuf_ref_put(encbuf_ref_of(buffer));
}

ENCBUF_HOT unsigned char *encbuf_to_string(struct encbuf *buffer)
{
    return encbuf_ref_to_string(encbuf_ref_of(buffer));
}

#endif

#endif
