/*
 * The preloaded counter; interpose.h says what it counts. Built as a shared object of its own, never with sanitizers.
 *
 * Nothing here may allocate: thread-local counters are in the static TLS block (initial-exec), totals are relaxed
 * atomics, the table of mappings grows by raw system calls. The order of events is: count a release before the real
 * call and an allocation after it, so that live figures never exceed what is really live.
 */
#define _GNU_SOURCE
#include "interpose/interpose.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT     __attribute__((visibility("default")))
#define STATIC_TLS _Thread_local __attribute__((tls_model("initial-exec")))

/* ---- counters ---- */

static struct interpose_counts total;

/* Counts by thread, in the order of their first calls. A thread that ended leaves its own behind. */
static struct interpose_counts threads[INTERPOSE_THREADS_MAX];
static _Atomic size_t thread_count;
static STATIC_TLS struct interpose_counts *mine; /* NULL before the thread's first call */
static STATIC_TLS struct interpose_counts unlisted;

/* Depth of real functions that this thread is in: what they call in turn is their own business and passes uncounted. */
static STATIC_TLS unsigned inside;

static struct interpose_counts *own(void)
{
    if (mine == NULL) {
        const size_t slot = atomic_fetch_add_explicit(&thread_count, 1, memory_order_relaxed);
        mine = slot < INTERPOSE_THREADS_MAX ? &threads[slot] : &unlisted;
    }
    return mine;
}

/* Atomic also where only this thread writes, because others read. */
static int64_t add(int64_t *count, int64_t delta)
{
    return __atomic_add_fetch(count, delta, __ATOMIC_RELAXED);
}

#define ADD(field, delta) (add(&own()->field, delta), add(&total.field, delta))

static void raise_peak(int64_t *peak, int64_t value)
{
    int64_t seen = __atomic_load_n(peak, __ATOMIC_RELAXED);
    while (value > seen && !__atomic_compare_exchange_n(peak, &seen, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        continue;
}

static void count_live(int64_t blocks, int64_t bytes)
{
    ADD(live_blocks, blocks);
    raise_peak(&total.peak_live_bytes, ADD(live_bytes, bytes));
    raise_peak(&own()->peak_live_bytes, own()->live_bytes);
}

static void count_live_requested(int64_t bytes)
{
    raise_peak(&total.peak_live_requested_bytes, ADD(live_requested_bytes, bytes));
    raise_peak(&own()->peak_live_requested_bytes, own()->live_requested_bytes);
}

static void count_mapped(int64_t regions, int64_t bytes)
{
    ADD(live_mapped_regions, regions);
    raise_peak(&total.peak_mapped_bytes, ADD(live_mapped_bytes, bytes));
    raise_peak(&own()->peak_mapped_bytes, own()->live_mapped_bytes);
}

static void copy_counts(struct interpose_counts *to, const struct interpose_counts *from)
{
    enum { FIELDS = sizeof *to / sizeof(int64_t) };
    _Static_assert(sizeof *to == FIELDS * sizeof(int64_t), "struct interpose_counts holds int64_t only");
    for (int i = 0; i < FIELDS; i++)
        ((int64_t *)to)[i] = __atomic_load_n((const int64_t *)from + i, __ATOMIC_RELAXED);
}

EXPORT void encbench_interpose_read(struct interpose_counts *total_out, struct interpose_counts *this_thread)
{
    static const struct interpose_counts none;
    if (this_thread != NULL)
        *this_thread = mine != NULL ? *mine : none;
    if (total_out != NULL)
        copy_counts(total_out, &total);
}

EXPORT size_t encbench_interpose_read_threads(struct interpose_counts *counts, size_t room)
{
    const size_t count = atomic_load_explicit(&thread_count, memory_order_relaxed);
    for (size_t i = 0; i < room && i < count && i < INTERPOSE_THREADS_MAX; i++)
        copy_counts(&counts[i], &threads[i]);
    return count;
}

static void reset_peaks(struct interpose_counts *counts)
{
    __atomic_store_n(&counts->peak_live_bytes, __atomic_load_n(&counts->live_bytes, __ATOMIC_RELAXED),
                     __ATOMIC_RELAXED);
    __atomic_store_n(&counts->peak_live_requested_bytes,
                     __atomic_load_n(&counts->live_requested_bytes, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    __atomic_store_n(&counts->peak_mapped_bytes, __atomic_load_n(&counts->live_mapped_bytes, __ATOMIC_RELAXED),
                     __ATOMIC_RELAXED);
}

EXPORT void encbench_interpose_reset_peaks(void)
{
    const size_t count = atomic_load_explicit(&thread_count, memory_order_relaxed);
    reset_peaks(&total);
    reset_peaks(&unlisted);
    for (size_t i = 0; i < count && i < INTERPOSE_THREADS_MAX; i++)
        reset_peaks(&threads[i]);
}

/* ---- bootstrap arena: serves what dlsym may ask for while the real functions are being looked up ---- */

enum { ARENA_BYTES = 64 << 10, ARENA_ALIGNMENT = 16 };
static _Alignas(4096) unsigned char arena[ARENA_BYTES];
static _Atomic size_t arena_used;

static bool in_arena(const void *block)
{
    return (uintptr_t)block - (uintptr_t)arena < ARENA_BYTES;
}

/* The size stands before the block. Never reused, so always zero. */
static size_t arena_usable(const void *block)
{
    size_t bytes;
    memcpy(&bytes, (const unsigned char *)block - sizeof bytes, sizeof bytes);
    return bytes;
}

static void *arena_allocate(size_t alignment, size_t bytes)
{
    if (alignment < ARENA_ALIGNMENT)
        alignment = ARENA_ALIGNMENT;
    if (bytes > ARENA_BYTES || alignment > ARENA_BYTES)
        return NULL;
    size_t rounded = (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    size_t used = atomic_load(&arena_used), start;
    do {
        uintptr_t base = (uintptr_t)arena + used + sizeof(size_t);
        start = (size_t)((base + alignment - 1) / alignment * alignment - (uintptr_t)arena);
        if (start + rounded > ARENA_BYTES)
            return NULL;
    } while (!atomic_compare_exchange_weak(&arena_used, &used, start + rounded));
    memcpy(arena + start - sizeof rounded, &rounded, sizeof rounded);
    return arena + start;
}

/* ---- the real functions ---- */

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*memalign)(size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
    void (*free)(void *);
    size_t (*malloc_usable_size)(void *);
} real;

enum { UNRESOLVED, RESOLVING, RESOLVED };
static _Atomic int resolution = UNRESOLVED;

static void find(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (symbol == NULL) {
        static const char message[] = "libencbench_interpose.so: the C library lacks an allocation function: ";
        if (write(STDERR_FILENO, message, sizeof message - 1) < 0 || write(STDERR_FILENO, name, strlen(name)) < 0 ||
            write(STDERR_FILENO, "\n", 1) < 0)
            abort();
        abort();
    }
    memcpy(function, &symbol, sizeof symbol);
}

/* False while another call, perhaps further down this very stack, is looking the functions up. */
static bool resolve(void)
{
    int state = atomic_load_explicit(&resolution, memory_order_acquire);
    if (state == RESOLVED)
        return true;
    if (state == RESOLVING || !atomic_compare_exchange_strong(&resolution, &state, RESOLVING))
        return false;
    find("malloc", &real.malloc);
    find("calloc", &real.calloc);
    find("realloc", &real.realloc);
    find("aligned_alloc", &real.aligned_alloc);
    find("posix_memalign", &real.posix_memalign);
    find("memalign", &real.memalign);
    find("valloc", &real.valloc);
    find("pvalloc", &real.pvalloc);
    find("free", &real.free);
    find("malloc_usable_size", &real.malloc_usable_size);
    atomic_store_explicit(&resolution, RESOLVED, memory_order_release);
    return true;
}

/* ---- what both tables below need: one lock, and memory that is not malloc's ---- */

static atomic_flag tables_lock = ATOMIC_FLAG_INIT;

static void lock_tables(void)
{
    inside++; /* a signal handler that maps memory while this thread has the lock passes by uncounted */
    while (atomic_flag_test_and_set_explicit(&tables_lock, memory_order_acquire))
        sched_yield();
}

static void unlock_tables(void)
{
    atomic_flag_clear_explicit(&tables_lock, memory_order_release);
    inside--;
}

/* Zeroed; NULL when there is no memory. */
static void *pages(size_t bytes)
{
    const long address = syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    return address == -1 ? NULL : (void *)address; /* NOLINT(performance-no-int-to-ptr) */
}

/*
 * ---- what was asked for each live block: a hash table with linear probing, at most half full ----
 *
 * The allocator does not keep it, and what it hands out for the same request depends on the free chunk that it found:
 * glibc gives a remainder of less than 32 bytes away with the block, so that the length of a path in an earlier string
 * moved the peak of equal code by 16 bytes.
 */

struct asked {
    uintptr_t block; /* 0: free */
    size_t bytes;
};

enum { FIRST_ASKED = 4096 };
static struct asked *asked; /* NULL: not followed */
static size_t asked_count, asked_capacity;

static size_t asked_slot(uintptr_t block)
{
    return (size_t)((uint64_t)(block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (asked_capacity - 1);
}

/* Where the block is, or the free slot where it belongs. */
static size_t find_asked(uintptr_t block)
{
    size_t slot = asked_slot(block);
    while (asked[slot].block != 0 && asked[slot].block != block)
        slot = (slot + 1) & (asked_capacity - 1);
    return slot;
}

static bool grow_asked(void)
{
    struct asked *old = asked;
    const size_t old_capacity = asked_capacity;
    struct asked *grown = pages(2 * old_capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    asked = grown;
    asked_capacity = 2 * old_capacity;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].block != 0)
            asked[find_asked(old[i].block)] = old[i];
    syscall(SYS_munmap, old, old_capacity * sizeof *old);
    return true;
}

static void note_asked(const void *block, size_t bytes)
{
    if (__atomic_load_n(&asked, __ATOMIC_RELAXED) == NULL)
        return;
    lock_tables();
    if (2 * asked_count >= asked_capacity && !grow_asked()) {
        ADD(untracked_blocks, 1);
    } else {
        asked[find_asked((uintptr_t)block)] = (struct asked){(uintptr_t)block, bytes};
        asked_count++;
        count_live_requested((int64_t)bytes);
    }
    unlock_tables();
}

/* What was asked for the block, which is forgotten; 0 for one that is older than the table. */
static size_t forget_asked(const void *block)
{
    if (__atomic_load_n(&asked, __ATOMIC_RELAXED) == NULL)
        return 0;
    lock_tables();
    size_t hole = find_asked((uintptr_t)block);
    const size_t bytes = asked[hole].block != 0 ? asked[hole].bytes : 0;
    if (asked[hole].block != 0) {
        asked_count--;
        count_live_requested(-(int64_t)bytes);
    }
    /* Those behind move up, unless that would put them before where their search begins. */
    for (size_t next = hole; asked[hole].block != 0;) {
        next = (next + 1) & (asked_capacity - 1);
        const size_t from_home = (next - asked_slot(asked[next].block)) & (asked_capacity - 1);
        if (asked[next].block == 0)
            asked[hole] = (struct asked){0};
        else if (from_home >= ((next - hole) & (asked_capacity - 1))) {
            asked[hole] = asked[next];
            hole = next;
        }
    }
    unlock_tables();
    return bytes;
}

EXPORT int encbench_interpose_follow_requests(void)
{
    lock_tables();
    if (asked == NULL) {
        asked_capacity = FIRST_ASKED;
        __atomic_store_n(&asked, pages(FIRST_ASKED * sizeof *asked), __ATOMIC_RELAXED);
    }
    unlock_tables();
    return asked == NULL ? -1 : 0;
}

/* ---- blocks ---- */

static size_t usable(void *block)
{
    return in_arena(block) ? arena_usable(block) : real.malloc_usable_size(block);
}

static void called(enum interpose_function function)
{
    ADD(calls[function], 1);
}

/* Counts a call that returned `block` for `bytes`; returns `block`. */
static void *allocated(enum interpose_function function, void *block, size_t bytes)
{
    if (inside > 0)
        return block;
    if (block == NULL) {
        ADD(failed_calls, 1);
        return NULL;
    }
    int64_t handed_out = (int64_t)usable(block);
    called(function);
    ADD(allocation_calls, 1);
    ADD(requested_bytes, (int64_t)bytes);
    ADD(handed_out_bytes, handed_out);
    count_live(1, handed_out);
    note_asked(block, bytes);
    return block;
}

static void released(int64_t bytes)
{
    ADD(release_calls, 1);
    ADD(released_bytes, bytes);
    count_live(-1, -bytes);
}

/* A realloc that failed left its block as it was. */
static void not_released(int64_t bytes)
{
    ADD(release_calls, -1);
    ADD(released_bytes, -bytes);
    count_live(1, bytes);
}

static void *from_arena(enum interpose_function function, size_t alignment, size_t bytes)
{
    void *block = arena_allocate(alignment, bytes);
    if (block == NULL)
        errno = ENOMEM;
    return allocated(function, block, bytes);
}

/* malloc, under whichever name it was asked for. */
static void *allocate(enum interpose_function function, size_t bytes)
{
    if (!resolve())
        return from_arena(function, 0, bytes);
    inside++;
    void *block = real.malloc(bytes);
    inside--;
    return allocated(function, block, bytes);
}

EXPORT void *malloc(size_t bytes)
{
    return allocate(INTERPOSE_malloc, bytes);
}

EXPORT void *calloc(size_t count, size_t size)
{
    size_t bytes;
    bool overflow = __builtin_mul_overflow(count, size, &bytes);
    if (!resolve())
        return from_arena(INTERPOSE_calloc, 0, overflow ? SIZE_MAX : bytes);
    inside++;
    void *block = real.calloc(count, size);
    inside--;
    return allocated(INTERPOSE_calloc, block, bytes);
}

/* A block that is met before the real functions are known is nobody's: better lost than given to the wrong allocator.
 */
EXPORT void free(void *block)
{
    const bool arena_block = in_arena(block);
    if (block == NULL || (!arena_block && !resolve()))
        return;
    if (arena_block || inside == 0) {
        called(INTERPOSE_free);
        released((int64_t)usable(block));
        forget_asked(block);
    }
    if (arena_block)
        return;
    inside++;
    real.free(block);
    inside--;
}

/* A block of the arena cannot grow in place. */
static void *resize_out_of_arena(enum interpose_function function, void *block, size_t bytes)
{
    size_t old_bytes = arena_usable(block);
    void *new_block = bytes > 0 ? allocate(function, bytes) : NULL;
    if (new_block == NULL && bytes > 0)
        return NULL;
    released((int64_t)old_bytes);
    forget_asked(block);
    if (new_block == NULL) {
        called(function);
        return NULL;
    }
    memcpy(new_block, block, old_bytes < bytes ? old_bytes : bytes);
    ADD(resize_calls, 1);
    return new_block;
}

static void *resize(enum interpose_function function, void *block, size_t bytes)
{
    if (block == NULL)
        return allocate(function, bytes);
    if (in_arena(block))
        return resize_out_of_arena(function, block, bytes);
    if (!resolve()) {
        errno = ENOMEM;
        return NULL;
    }
    int64_t old_bytes = (int64_t)real.malloc_usable_size(block);
    bool counted = inside == 0;
    size_t old_asked = 0;
    if (counted) {
        released(old_bytes);
        old_asked = forget_asked(block);
    }
    inside++;
    void *new_block = real.realloc(block, bytes);
    inside--;
    if (!counted)
        return new_block;
    if (new_block == NULL && bytes == 0) {
        called(function);
        return NULL;
    }
    if (new_block == NULL) {
        not_released(old_bytes);
        note_asked(block, old_asked);
    } else
        ADD(resize_calls, 1);
    return allocated(function, new_block, bytes);
}

EXPORT void *realloc(void *block, size_t bytes)
{
    return resize(INTERPOSE_realloc, block, bytes);
}

/* Not passed on: glibc's calls realloc by its public name. */
EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (!__builtin_mul_overflow(count, size, &bytes))
        return resize(INTERPOSE_reallocarray, block, bytes);
    errno = ENOMEM;
    return allocated(INTERPOSE_reallocarray, NULL, 0);
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
    if (!resolve())
        return from_arena(INTERPOSE_aligned_alloc, alignment, bytes);
    inside++;
    void *block = real.aligned_alloc(alignment, bytes);
    inside--;
    return allocated(INTERPOSE_aligned_alloc, block, bytes);
}

EXPORT void *memalign(size_t alignment, size_t bytes)
{
    if (!resolve())
        return from_arena(INTERPOSE_memalign, alignment, bytes);
    inside++;
    void *block = real.memalign(alignment, bytes);
    inside--;
    return allocated(INTERPOSE_memalign, block, bytes);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    if (!resolve()) {
        int before = errno;
        void *new_block = from_arena(INTERPOSE_posix_memalign, alignment, bytes);
        errno = before;
        if (new_block != NULL)
            *block = new_block;
        return new_block != NULL ? 0 : ENOMEM;
    }
    inside++;
    int code = real.posix_memalign(block, alignment, bytes);
    inside--;
    allocated(INTERPOSE_posix_memalign, code == 0 ? *block : NULL, bytes);
    return code;
}

static size_t page_bytes(void)
{
    return (size_t)getauxval(AT_PAGESZ);
}

static size_t whole_pages(size_t bytes)
{
    return (bytes + page_bytes() - 1) / page_bytes() * page_bytes();
}

EXPORT void *valloc(size_t bytes)
{
    if (!resolve())
        return from_arena(INTERPOSE_valloc, page_bytes(), bytes);
    inside++;
    void *block = real.valloc(bytes);
    inside--;
    return allocated(INTERPOSE_valloc, block, bytes);
}

EXPORT void *pvalloc(size_t bytes)
{
    if (!resolve())
        return from_arena(INTERPOSE_pvalloc, page_bytes(), whole_pages(bytes));
    inside++;
    void *block = real.pvalloc(bytes);
    inside--;
    return allocated(INTERPOSE_pvalloc, block, bytes);
}

/* Callers of it may hold a block of the arena too. */
EXPORT size_t malloc_usable_size(void *block)
{
    if (block == NULL)
        return 0;
    if (in_arena(block))
        return arena_usable(block);
    return resolve() ? real.malloc_usable_size(block) : 0;
}

/* ---- mappings: a sorted table of disjoint regions, so that partial and overlaid mappings come out right ---- */

struct region {
    uintptr_t start, end;
};

enum { FIRST_REGIONS = 256 };
static struct region first_regions[FIRST_REGIONS];
static struct region *regions = first_regions;
static size_t region_count, region_capacity = FIRST_REGIONS;

static bool grow_regions(void)
{
    const size_t bytes = region_capacity * sizeof *regions;
    struct region *grown = pages(2 * bytes);
    if (grown == NULL)
        return false;
    memcpy(grown, regions, region_count * sizeof *regions);
    if (regions != first_regions)
        syscall(SYS_munmap, regions, bytes);
    regions = grown;
    region_capacity *= 2;
    return true;
}

/* Index of the first region that ends behind `address`. */
static size_t region_behind(uintptr_t address)
{
    size_t low = 0, high = region_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (regions[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Makes room for `added` regions in place of `removed` ones at `index`. */
static bool splice_regions(size_t index, size_t removed, size_t added)
{
    while (region_count - removed + added > region_capacity)
        if (!grow_regions())
            return false;
    memmove(regions + index + added, regions + index + removed, (region_count - index - removed) * sizeof *regions);
    region_count = region_count - removed + added;
    return true;
}

static void count_untracked(void)
{
    ADD(untracked_regions, 1);
}

/* Takes [start, end) out of the table and the counts. */
static void forget_range(uintptr_t start, uintptr_t end)
{
    size_t first = region_behind(start), last = first;
    int64_t bytes = 0;
    struct region rest[2];
    size_t rests = 0;
    for (; last < region_count && regions[last].start < end; last++) {
        struct region region = regions[last];
        if (region.start < start)
            rest[rests++] = (struct region){region.start, start};
        if (region.end > end)
            rest[rests++] = (struct region){end, region.end};
        uintptr_t from = region.start > start ? region.start : start, to = region.end < end ? region.end : end;
        bytes += (int64_t)(to - from);
    }
    if (first == last)
        return;
    if (!splice_regions(first, last - first, rests)) {
        count_untracked();
        return;
    }
    memcpy(regions + first, rest, rests * sizeof *rest);
    count_mapped((int64_t)rests - (int64_t)(last - first), -bytes);
}

/* What was mapped there before has been replaced. */
static void note_range(uintptr_t start, uintptr_t end)
{
    forget_range(start, end);
    size_t index = region_behind(start);
    if (!splice_regions(index, 0, 1)) {
        count_untracked();
        return;
    }
    regions[index] = (struct region){start, end};
    count_mapped(1, (int64_t)(end - start));
}

/* The lock is held across the system call, or another thread could be given the range in between. */
static void *map(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    if (inside > 0)
        return (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
    lock_tables();
    void *mapped = (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
    if (mapped == MAP_FAILED) {
        ADD(failed_calls, 1);
    } else {
        called(INTERPOSE_mmap);
        ADD(map_calls, 1);
        note_range((uintptr_t)mapped, (uintptr_t)mapped + whole_pages(bytes));
    }
    unlock_tables();
    return mapped;
}

EXPORT void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
    return map(address, bytes, protection, flags, fd, offset);
}

EXPORT void *mmap64(void *address, size_t bytes, int protection, int flags, int fd, off64_t offset)
{
    return map(address, bytes, protection, flags, fd, offset);
}

EXPORT int munmap(void *address, size_t bytes)
{
    if (inside > 0)
        return (int)syscall(SYS_munmap, address, bytes);
    lock_tables();
    int code = (int)syscall(SYS_munmap, address, bytes);
    if (code != 0) {
        ADD(failed_calls, 1);
    } else {
        called(INTERPOSE_munmap);
        ADD(unmap_calls, 1);
        forget_range((uintptr_t)address, (uintptr_t)address + whole_pages(bytes));
    }
    unlock_tables();
    return code;
}

EXPORT void *mremap(void *old_address, size_t old_bytes, size_t new_bytes, int flags, ...)
{
    void *wanted = NULL;
    if (flags & MREMAP_FIXED) {
        va_list arguments;
        va_start(arguments, flags);
        wanted = va_arg(arguments, void *);
        va_end(arguments);
    }
    if (inside > 0)
        return (void *)syscall(SYS_mremap, old_address, old_bytes, new_bytes, flags, wanted);
    lock_tables();
    void *mapped = (void *)syscall(SYS_mremap, old_address, old_bytes, new_bytes, flags, wanted);
    if (mapped == MAP_FAILED) {
        ADD(failed_calls, 1);
    } else {
        called(INTERPOSE_mremap);
        ADD(map_calls, 1);
        /* With an old size of 0, and with MREMAP_DONTUNMAP, the old mapping stays. */
        if (!(flags & MREMAP_DONTUNMAP))
            forget_range((uintptr_t)old_address, (uintptr_t)old_address + whole_pages(old_bytes));
        note_range((uintptr_t)mapped, (uintptr_t)mapped + whole_pages(new_bytes));
    }
    unlock_tables();
    return mapped;
}

/* A child forked while another thread has the lock would wait for it for ever. */
__attribute__((constructor)) static void start(void)
{
    resolve();
    pthread_atfork(lock_tables, unlock_tables, unlock_tables);
}
