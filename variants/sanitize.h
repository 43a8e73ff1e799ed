/*
 * What ThreadSanitizer cannot see by itself. It follows C11 atomics and mutexes of the C library; Concurrency Kit and
 * restartable sequences are assembly to it. Without -fsanitize=thread nothing of it is there but a fence on aarch64.
 *
 *   ENCBUF_GIVES(pointer)   what this thread wrote before belongs to whoever gets the pointer from a lock-free list;
 *   ENCBUF_GETS(pointer)    and that is this thread now. The order itself is by the locked operation between them.
 *   ENCBUF_CK_BEGIN, _END   around a function of Concurrency Kit: its plain stores to the link of an element that it
 *                           does not own yet, and loads from one that another thread took meanwhile. The load's value
 *                           is thrown away when the compare-and-swap fails, and an element of a list stays one.
 */
#ifndef ENCBUF_SANITIZE_H
#define ENCBUF_SANITIZE_H

#if defined(__SANITIZE_THREAD__)
#define ENCBUF_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ENCBUF_THREAD_SANITIZER 1
#endif
#endif

#ifdef ENCBUF_THREAD_SANITIZER

void __tsan_acquire(void *address);
void __tsan_release(void *address);
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

#define ENCBUF_GIVES(pointer) __tsan_release(pointer)
#define ENCBUF_GETS(pointer)  __tsan_acquire(pointer)
#define ENCBUF_CK_BEGIN                                                                                                \
    do {                                                                                                               \
        AnnotateIgnoreReadsBegin(__FILE__, __LINE__);                                                                  \
        AnnotateIgnoreWritesBegin(__FILE__, __LINE__);                                                                 \
    } while (0)
#define ENCBUF_CK_END                                                                                                  \
    do {                                                                                                               \
        AnnotateIgnoreWritesEnd(__FILE__, __LINE__);                                                                   \
        AnnotateIgnoreReadsEnd(__FILE__, __LINE__);                                                                    \
    } while (0)

#else
/* Concurrency Kit pushes behind a fence of stores alone where there is one, so that what was read of the element before
 * (a link's buffer, a magazine's last) might be read after somebody else has filled it anew. A locked operation of x86
 * has that order by itself. */
#ifdef __aarch64__
#define ENCBUF_GIVES(pointer) __atomic_thread_fence(__ATOMIC_RELEASE)
#else
#define ENCBUF_GIVES(pointer) ((void)0)
#endif
#define ENCBUF_GETS(pointer) ((void)0)
#define ENCBUF_CK_BEGIN      ((void)0)
#define ENCBUF_CK_END        ((void)0)
#endif

#endif
