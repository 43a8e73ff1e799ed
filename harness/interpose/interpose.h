/*
 * Counts of a process's dynamic memory, taken by a shared object that is preloaded into a worker:
 *
 *     LD_PRELOAD=libencbench_interpose.so worker ...
 *
 * A worker finds the reader with dlsym(RTLD_DEFAULT, ENCBENCH_INTERPOSE_READ); NULL when nothing is preloaded. It must
 * come first in LD_PRELOAD.
 *
 * What counts
 * - malloc, calloc, realloc, reallocarray, aligned_alloc, posix_memalign, memalign, valloc, pvalloc, free, also when
 *   libc or the loader calls them (strdup, pthread_create, dlopen), from the first call on, before any constructor.
 * - mmap, mmap64, munmap, mremap when called from outside libc. What the allocator maps for itself does not count:
 *   its blocks do.
 * - A call that fails adds to failed_calls and to nothing else. free(NULL) adds to nothing.
 * - realloc(NULL, n) is malloc(n). realloc(p, 0) that frees p is free(p). Any other realloc that succeeds is one
 *   allocation of the new size and one release of the old block, whether the block moved, grew in place or shrank: a
 *   call that asks the allocator for n bytes is a call. Hence always live = allocated - released. The instant at which
 *   old and new block both exist within the allocator does not enter the peak.
 * - "handed out" is malloc_usable_size: what the caller could use. glibc keeps 8 more bytes a block beside it.
 * - A region is one contiguous piece of one mmap, as later calls leave it: a hole in the middle makes two; neighbours
 *   stay two.
 *
 * - Calls by function: those that succeeded, under the name that the program called (mmap64 as mmap), whatever they
 * came to: realloc(NULL, n) is a call of realloc and one allocation; realloc(p, 0) a call of realloc and one release.
 * - Peaks are of live bytes since the start or the last encbench_interpose_reset_peaks.
 * - Each thread has counts of its own, which outlive it. A block released by another thread than allocated it is the
 * one's allocation and the other's release.
 *
 * Totals are exact whenever no other thread is within one of these calls. Neither counting nor reading
 * allocates. A forked child goes on from its parent's counts, for it has its parent's blocks; the parent never sees
 * those of the child. Never preload this while timing.
 */
#ifndef ENCBENCH_INTERPOSE_H
#define ENCBENCH_INTERPOSE_H

#include <stddef.h>
#include <stdint.h>

#define ENCBENCH_INTERPOSE_READ         "encbench_interpose_read"
#define ENCBENCH_INTERPOSE_READ_THREADS "encbench_interpose_read_threads"
#define ENCBENCH_INTERPOSE_RESET_PEAKS  "encbench_interpose_reset_peaks"
#define ENCBENCH_INTERPOSE_FOLLOW       "encbench_interpose_follow_requests"

/* The functions that count, by name. */
#define INTERPOSE_FUNCTIONS(FUNCTION)                                                                                  \
    FUNCTION(malloc)                                                                                                   \
    FUNCTION(calloc)                                                                                                   \
    FUNCTION(realloc)                                                                                                  \
    FUNCTION(reallocarray)                                                                                             \
    FUNCTION(aligned_alloc)                                                                                            \
    FUNCTION(posix_memalign)                                                                                           \
    FUNCTION(memalign)                                                                                                 \
    FUNCTION(valloc)                                                                                                   \
    FUNCTION(pvalloc)                                                                                                  \
    FUNCTION(free)                                                                                                     \
    FUNCTION(mmap)                                                                                                     \
    FUNCTION(munmap)                                                                                                   \
    FUNCTION(mremap)

enum interpose_function {
#define INTERPOSE_FUNCTION_ENUMERATOR(name) INTERPOSE_##name,
    INTERPOSE_FUNCTIONS(INTERPOSE_FUNCTION_ENUMERATOR)
#undef INTERPOSE_FUNCTION_ENUMERATOR
        INTERPOSE_FUNCTION_COUNT
};

/* Threads that are listed, ended ones included; those beyond have counts that only they can read. */
#define INTERPOSE_THREADS_MAX 256

/* Since the start of the process, or of the thread. Live figures of a thread are what it allocated less what it
 * released: negative in a thread that releases what others allocated. */
struct interpose_counts {
    int64_t allocation_calls;
    int64_t requested_bytes;  /* asked for by those calls */
    int64_t handed_out_bytes; /* given by those calls */
    int64_t resize_calls;     /* those of them that were a realloc of a block */
    int64_t release_calls;    /* blocks given back: free, and the old block of a resize */
    int64_t released_bytes;   /* as they had been handed out */
    int64_t failed_calls;     /* of any of the functions */
    int64_t live_blocks;
    int64_t live_bytes; /* handed_out_bytes - released_bytes */
    int64_t peak_live_bytes;
    int64_t live_requested_bytes; /* as asked for, of blocks since encbench_interpose_follow_requests; 0 before it */
    int64_t peak_live_requested_bytes;
    int64_t untracked_blocks; /* could not be noted for want of memory: unless 0, the two above are wrong */

    int64_t map_calls;         /* mmap, and mremap */
    int64_t unmap_calls;       /* munmap */
    int64_t live_mapped_bytes; /* whole pages */
    int64_t live_mapped_regions;
    int64_t peak_mapped_bytes;
    int64_t untracked_regions; /* could not be noted for want of memory: unless 0, mapped figures are wrong */

    int64_t calls[INTERPOSE_FUNCTION_COUNT]; /* by function */
};

/* Either pointer may be NULL. */
typedef void encbench_interpose_read_function(struct interpose_counts *total, struct interpose_counts *this_thread);
encbench_interpose_read_function encbench_interpose_read;

/* Counts of the first `room` threads that called any of the functions, in the order of their first calls. Returns how
 * many threads did, which may exceed `room` and INTERPOSE_THREADS_MAX. */
typedef size_t encbench_interpose_read_threads_function(struct interpose_counts *threads, size_t room);
encbench_interpose_read_threads_function encbench_interpose_read_threads;

/* Peaks begin anew, of the process and of every listed thread: what is live now is the peak so far. */
typedef void encbench_interpose_reset_peaks_function(void);
encbench_interpose_reset_peaks_function encbench_interpose_reset_peaks;

/* From here on the size asked for is kept of every block, 16 to 64 bytes of memory each, so that live requested bytes
 * are counted. They are a function of the program alone; what is handed out for the same request depends on the chunk
 * that the allocator found. 0 when done, also when done before; -1 without memory. */
typedef int encbench_interpose_follow_requests_function(void);
encbench_interpose_follow_requests_function encbench_interpose_follow_requests;

#endif
