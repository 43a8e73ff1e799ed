/*
 * The closing of a reference (refs.h), written once and included for everybody who closes: with ENCBUF_NAMED(name),
 * what its functions are called, and ENCBUF_STEP(), which stands before every access to the words. It is nothing in
 * what is timed, and where what plants misuse lets others run.
 */
#ifdef ENCBUF_REFS_ONE_WORD

/* Compared and exchanged, not subtracted: a reference that is not alive leaves no trace. */
ENCBUF_HOT bool ENCBUF_NAMED(close_shared)(encbuf_ref ref)
{
    struct encbuf *buffer = encbuf_of(ref);
    const uint32_t tag = encbuf_refs_tag(ref);
    uint32_t word, next;

    ENCBUF_STEP();
    word = atomic_load_explicit(&buffer->refs, memory_order_relaxed);
    do {
        if (ENCBUF_UNLIKELY((word & (ENCBUF_REFS_ONE - 1)) != tag))
            return false;
        next = word == (ENCBUF_REFS_ONE | tag) ? ENCBUF_REFS_DEAD | tag : word - ENCBUF_REFS_ONE;
        ENCBUF_STEP();
    } while (ENCBUF_UNLIKELY(!atomic_compare_exchange_weak_explicit(&buffer->refs, &word, next, memory_order_release,
                                                                    memory_order_relaxed)));
    if (next != (ENCBUF_REFS_DEAD | tag))
        return false;
    encbuf_refs_acquire(buffer);
    return true;
}

#endif

#ifdef ENCBUF_REFS_UNIQUE
/* Others have references, or nobody has: out of the way of who has the only one. */
ENCBUF_SLOW __attribute__((unused)) static bool ENCBUF_NAMED(close_shared_slow)(encbuf_ref ref)
{
    return ENCBUF_NAMED(close_shared)(ref);
}
#endif

ENCBUF_HOT bool ENCBUF_NAMED(close)(encbuf_ref ref)
{
#if defined(ENCBUF_REFS_SEQCST)
    uint32_t not_released = 0;

    ENCBUF_STEP();
    if (atomic_load(&ref->released) != 0)
        return false;
    ENCBUF_STEP();
    if (atomic_fetch_sub(&ref->refs, 1) != 1)
        return false;
    ENCBUF_STEP();
    return atomic_compare_exchange_strong(&ref->released, &not_released, 1);

#elif defined(ENCBUF_REFS_ACQREL)
    uint32_t not_released = 0;

    ENCBUF_STEP();
    if (atomic_load_explicit(&ref->released, memory_order_relaxed) != 0)
        return false;
    ENCBUF_STEP();
    if (atomic_fetch_sub_explicit(&ref->refs, 1, memory_order_release) != 1)
        return false;
    encbuf_refs_acquire(ref);
    ENCBUF_STEP();
    return atomic_compare_exchange_strong_explicit(&ref->released, &not_released, 1, memory_order_relaxed,
                                                   memory_order_relaxed);

#elif defined(ENCBUF_REFS_PLAIN)
    uint32_t refs;

    ENCBUF_STEP();
    if (ref->released != 0)
        return false;
    ENCBUF_STEP();
    refs = ref->refs;
    ENCBUF_STEP();
    ref->refs = refs - 1;
    if (refs != 1)
        return false;
    ENCBUF_STEP();
    ref->released = 1;
    return true;

#elif defined(ENCBUF_REFS_UNIQUE)
    ENCBUF_STEP();
    if (ENCBUF_UNLIKELY(atomic_load_explicit(&ref->refs, memory_order_acquire) != ENCBUF_REFS_ONE))
        return ENCBUF_NAMED(close_shared_slow)(ref);
    ENCBUF_STEP();
    atomic_store_explicit(&ref->refs, ENCBUF_REFS_DEAD, memory_order_relaxed);
    return true;

#else
    return ENCBUF_NAMED(close_shared)(ref);
#endif
}
