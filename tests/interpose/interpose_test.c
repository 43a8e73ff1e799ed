/*
 * The allocation interposer against known truths. Each probe runs in a process of its own, this program again with the
 * interposer preloaded; it compares counts before and after what it does and says on stderr what differs.
 */
#define _GNU_SOURCE
#include "interpose/interpose.h"
#include "interpose_dlsym_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- probes: what runs with the interposer ---- */

static encbench_interpose_read_function *read_counts;
static encbench_interpose_read_threads_function *read_threads;
static encbench_interpose_reset_peaks_function *reset_peaks;
static encbench_interpose_follow_requests_function *follow_requests;
static int failures;

static struct interpose_counts total(void)
{
    struct interpose_counts counts;
    read_counts(&counts, NULL);
    return counts;
}

static struct interpose_counts this_thread(void)
{
    struct interpose_counts counts;
    read_counts(NULL, &counts);
    return counts;
}

static void expect_equal(const char *what, int line, int64_t seen, int64_t expected)
{
    if (seen == expected)
        return;
    fprintf(stderr, "line %d: %s is %lld; expected %lld\n", line, what, (long long)seen, (long long)expected);
    __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
}

#define EXPECT(seen, expected) expect_equal(#seen, __LINE__, (int64_t)(seen), (int64_t)(expected))
#define DELTA(field)           (after.field - before.field)

static void *block[8];

static int64_t usable(void *pointer)
{
    return (int64_t)malloc_usable_size(pointer);
}

/* 3 blocks of 100 bytes and 2 frees an op. */
static void probe_ops(void)
{
    enum { OPS = 500 };
    static void *kept[OPS];
    struct interpose_counts before = total(), mine_before = this_thread();
    for (int op = 0; op < OPS; op++) {
        for (int i = 0; i < 3; i++)
            block[i] = malloc(100);
        kept[op] = block[0];
        free(block[1]);
        free(block[2]);
    }
    struct interpose_counts after = total(), mine = this_thread();
    int64_t size = usable(kept[0]);
    EXPECT(size >= 100, 1);
    EXPECT(DELTA(allocation_calls), 3 * OPS);
    EXPECT(DELTA(requested_bytes), 300 * OPS);
    EXPECT(DELTA(handed_out_bytes), 3 * size * OPS);
    EXPECT(DELTA(release_calls), 2 * OPS);
    EXPECT(DELTA(released_bytes), 2 * size * OPS);
    EXPECT(DELTA(live_blocks), OPS);
    EXPECT(DELTA(live_bytes), size * OPS);
    EXPECT(DELTA(failed_calls), 0);
    EXPECT(DELTA(resize_calls), 0);
    EXPECT(mine.allocation_calls - mine_before.allocation_calls, 3 * OPS);
    EXPECT(mine.live_bytes - mine_before.live_bytes, size * OPS);
    for (int op = 0; op < OPS; op++)
        free(kept[op]);
    after = total();
    EXPECT(DELTA(live_blocks), 0);
    EXPECT(DELTA(live_bytes), 0);
    EXPECT(after.live_bytes, after.handed_out_bytes - after.released_bytes);
    EXPECT(after.live_blocks, after.allocation_calls - after.release_calls);
}

static void probe_reading_is_silent(void)
{
    struct interpose_counts before = total();
    for (int i = 0; i < 1000; i++) {
        total();
        this_thread();
    }
    read_counts(NULL, NULL);
    struct interpose_counts after = total();
    EXPECT(memcmp(&before, &after, sizeof before), 0);
}

static void probe_calloc(void)
{
    struct interpose_counts before = total();
    block[0] = calloc(30, 40);
    struct interpose_counts after = total();
    EXPECT(DELTA(allocation_calls), 1);
    EXPECT(DELTA(requested_bytes), 1200);
    EXPECT(DELTA(handed_out_bytes), usable(block[0]));
    for (int i = 0; i < 1200; i++)
        EXPECT(((char *)block[0])[i], 0);
    volatile size_t huge = SIZE_MAX / 2;
    before = total();
    block[1] = calloc(huge, 3);
    after = total();
    EXPECT(block[1] == NULL && errno == ENOMEM, 1);
    EXPECT(DELTA(failed_calls), 1);
    EXPECT(DELTA(allocation_calls), 0);
    EXPECT(DELTA(live_blocks), 0);
    free(block[0]);
}

static void probe_realloc(void)
{
    static const size_t sizes[] = {10, 20, 100, 5000, 200000, 300, 300};
    int64_t requested = 0, handed_out = 0;
    size_t count = sizeof sizes / sizeof *sizes;
    struct interpose_counts before = total();
    block[0] = NULL;
    for (size_t i = 0; i < count; i++) {
        block[0] = realloc(block[0], sizes[i]);
        requested += (int64_t)sizes[i];
        handed_out += usable(block[0]);
    }
    struct interpose_counts after = total();
    EXPECT(DELTA(allocation_calls), count);
    EXPECT(DELTA(resize_calls), count - 1);
    EXPECT(DELTA(requested_bytes), requested);
    EXPECT(DELTA(handed_out_bytes), handed_out);
    EXPECT(DELTA(release_calls), count - 1);
    EXPECT(DELTA(live_blocks), 1);
    EXPECT(DELTA(live_bytes), usable(block[0]));
    EXPECT(DELTA(map_calls), 0);
    EXPECT(DELTA(calls[INTERPOSE_realloc]), count);
    EXPECT(DELTA(calls[INTERPOSE_malloc]), 0);

    volatile size_t huge = PTRDIFF_MAX;
    before = total();
    block[1] = realloc(block[0], huge);
    after = total();
    EXPECT(block[1] == NULL, 1);
    EXPECT(DELTA(failed_calls), 1);
    EXPECT(DELTA(allocation_calls), 0);
    EXPECT(DELTA(release_calls), 0);
    EXPECT(DELTA(released_bytes), 0);
    EXPECT(DELTA(live_blocks), 0);
    EXPECT(DELTA(live_bytes), 0);
    EXPECT(DELTA(peak_live_bytes), 0);

    volatile size_t none = 0;
    int64_t size = usable(block[0]);
    before = total();
    block[1] = realloc(block[0], none);
    after = total();
    EXPECT(block[1] == NULL, 1);
    EXPECT(DELTA(allocation_calls), 0);
    EXPECT(DELTA(release_calls), 1);
    EXPECT(DELTA(live_bytes), -size);
    EXPECT(DELTA(failed_calls), 0);
    EXPECT(DELTA(calls[INTERPOSE_realloc]), 1);
    EXPECT(DELTA(calls[INTERPOSE_free]), 0);
}

/* Each function under its own name, once; what fails is a call of none. */
static void probe_functions(void)
{
    const size_t page = (size_t)getpagesize();
    volatile size_t huge = PTRDIFF_MAX;
    struct interpose_counts before = total();
    block[0] = malloc(10);
    block[1] = calloc(2, 10);
    block[0] = realloc(block[0], 20);
    block[1] = reallocarray(block[1], 3, 10);
    block[2] = aligned_alloc(64, 64);
    EXPECT(posix_memalign(&block[3], 64, 10), 0);
    block[4] = memalign(64, 10);
    block[5] = valloc(10);
    block[6] = pvalloc(10);
    free(block[0]);
    char *mapped = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mapped = mremap(mapped, page, 2 * page, MREMAP_MAYMOVE);
    munmap(mapped, 2 * page);
    block[7] = malloc(huge);
    struct interpose_counts after = total();
    for (int i = 0; i < INTERPOSE_FUNCTION_COUNT; i++)
        if (DELTA(calls[i]) != 1) {
            fprintf(stderr, "function %d of INTERPOSE_FUNCTIONS:\n", i);
            EXPECT(DELTA(calls[i]), 1);
        }
    EXPECT(DELTA(failed_calls), 1);
    EXPECT(DELTA(allocation_calls), 9);
    EXPECT(DELTA(resize_calls), 2);
    EXPECT(DELTA(release_calls), 3);
    EXPECT(DELTA(map_calls), 2);
    for (int i = 1; i < 7; i++)
        free(block[i]);
    EXPECT(total().calls[INTERPOSE_free] - before.calls[INTERPOSE_free], 7);
    block[0] = mmap64(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(total().calls[INTERPOSE_mmap] - before.calls[INTERPOSE_mmap], 2);
    munmap(block[0], page);
}

static void probe_reallocarray(void)
{
    struct interpose_counts before = total();
    block[0] = reallocarray(NULL, 10, 30);
    block[0] = reallocarray(block[0], 20, 30);
    struct interpose_counts after = total();
    EXPECT(DELTA(allocation_calls), 2);
    EXPECT(DELTA(resize_calls), 1);
    EXPECT(DELTA(requested_bytes), 900);
    EXPECT(DELTA(live_blocks), 1);
    volatile size_t huge = SIZE_MAX / 2;
    before = total();
    errno = 0;
    block[1] = reallocarray(block[0], huge, 3);
    after = total();
    EXPECT(block[1] == NULL && errno == ENOMEM, 1);
    EXPECT(DELTA(failed_calls), 1);
    EXPECT(DELTA(live_bytes), 0);
    free(block[0]);
}

static void probe_aligned(void)
{
    struct interpose_counts before = total();
    EXPECT(posix_memalign(&block[0], 4096, 100), 0);
    block[1] = aligned_alloc(64, 128);
    block[2] = memalign(512, 10);
    block[3] = valloc(50);
    block[4] = pvalloc(1);
    struct interpose_counts after = total();
    EXPECT((uintptr_t)block[0] % 4096 + (uintptr_t)block[1] % 64 + (uintptr_t)block[2] % 512, 0);
    EXPECT(DELTA(allocation_calls), 5);
    EXPECT(DELTA(requested_bytes), 100 + 128 + 10 + 50 + 1);
    int64_t sizes = 0;
    for (int i = 0; i < 5; i++)
        sizes += usable(block[i]);
    EXPECT(DELTA(handed_out_bytes), sizes);
    for (int i = 0; i < 5; i++)
        free(block[i]);
    after = total();
    EXPECT(DELTA(live_blocks), 0);
    EXPECT(DELTA(live_bytes), 0);

    volatile size_t bad_alignment = 3, huge = PTRDIFF_MAX;
    void *untouched = block[0] = &failures;
    before = total();
    EXPECT(posix_memalign(&block[0], bad_alignment, 100), EINVAL);
    EXPECT(posix_memalign(&block[0], 64, huge), ENOMEM);
    after = total();
    EXPECT(block[0] == untouched, 1);
    EXPECT(DELTA(failed_calls), 2);
    EXPECT(DELTA(allocation_calls), 0);
    EXPECT(DELTA(live_blocks), 0);
}

static void probe_nothing(void)
{
    struct interpose_counts before = total();
    free(NULL);
    struct interpose_counts after = total();
    EXPECT(memcmp(&before, &after, sizeof before), 0);
    volatile size_t none = 0;
    block[0] = malloc(none);
    after = total();
    EXPECT(DELTA(allocation_calls), 1);
    EXPECT(DELTA(requested_bytes), 0);
    EXPECT(DELTA(live_blocks), 1);
    errno = 77;
    free(block[0]);
    EXPECT(errno, 77);
}

static void probe_peak(void)
{
    struct interpose_counts before = total();
    size_t large = (size_t)(before.peak_live_bytes - before.live_bytes) + 100000;
    block[0] = malloc(large);
    int64_t top = before.live_bytes + usable(block[0]);
    EXPECT(total().peak_live_bytes, top);
    EXPECT(this_thread().peak_live_bytes, this_thread().live_bytes);
    free(block[0]);
    block[0] = malloc(1000);
    struct interpose_counts after = total();
    EXPECT(after.peak_live_bytes, top);
    EXPECT(DELTA(live_bytes), usable(block[0]));
    free(block[0]);
}

/* Each pass has peaks of its own. */
static void probe_reset_peaks(void)
{
    free(malloc(1 << 20));
    char *mapped = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(mapped, 1 << 20);
    struct interpose_counts before = total();
    EXPECT(before.peak_live_bytes >= before.live_bytes + (1 << 20), 1);
    EXPECT(before.peak_mapped_bytes >= before.live_mapped_bytes + (1 << 20), 1);
    reset_peaks();
    struct interpose_counts after = total(), mine = this_thread(), listed;
    read_threads(&listed, 1);
    EXPECT(after.peak_live_bytes, before.live_bytes);
    EXPECT(after.peak_mapped_bytes, before.live_mapped_bytes);
    EXPECT(mine.peak_live_bytes, mine.live_bytes);
    EXPECT(listed.peak_live_bytes, listed.live_bytes);
    EXPECT(DELTA(allocation_calls) + DELTA(release_calls) + DELTA(map_calls) + DELTA(live_bytes), 0);
    block[0] = malloc(1000);
    block[1] = malloc(1000);
    int64_t size = usable(block[0]);
    free(block[1]);
    free(block[0]);
    EXPECT(total().peak_live_bytes - before.live_bytes, 2 * size);
    EXPECT(this_thread().peak_live_bytes - mine.live_bytes, 2 * size);
}

/* Random blocks against a model that knows what was asked for each; more of them than the table has room for at first.
 */
static void probe_requests(void)
{
    enum { SLOTS = 20000, STEPS = 200000 };
    static void *held[SLOTS];
    static size_t asked[SLOTS];
    void *older = malloc(700);
    int64_t live = 0, peak = 0;
    EXPECT(total().live_requested_bytes, 0);
    EXPECT(follow_requests(), 0);
    EXPECT(follow_requests(), 0);
    unsigned random = 4711;
    for (int step = 0; step < STEPS && failures == 0; step++) {
        random = random * 1664525u + 1013904223u;
        const size_t slot = (random >> 8) % SLOTS, bytes = random >> 24;
        const bool releases = held[slot] != NULL && random & 0x80;
        if (releases)
            free(held[slot]);
        live -= releases || held[slot] != NULL ? (int64_t)asked[slot] : 0;
        held[slot] = releases ? NULL : realloc(held[slot], bytes + 1);
        asked[slot] = releases ? 0 : bytes + 1;
        live += (int64_t)asked[slot];
        peak = live > peak ? live : peak;
        EXPECT(total().live_requested_bytes, live);
    }
    EXPECT(total().peak_live_requested_bytes, peak);
    EXPECT(this_thread().peak_live_requested_bytes, peak);
    EXPECT(peak > 0, 1);
    volatile size_t huge = PTRDIFF_MAX;
    held[0] = realloc(held[0], 100);
    live += 100 - (int64_t)asked[0];
    EXPECT(realloc(held[0], huge) == NULL, 1);
    EXPECT(total().live_requested_bytes, live);
    asked[0] = 100;
    reset_peaks();
    EXPECT(total().peak_live_requested_bytes, live);
    for (int slot = 0; slot < SLOTS; slot++)
        free(held[slot]);
    older = realloc(older, 50);
    EXPECT(total().live_requested_bytes, 50);
    free(older);
    EXPECT(total().live_requested_bytes, 0);
    EXPECT(total().untracked_blocks, 0);
}

/* libc's own calls are calls of the process. */
static void probe_libc(void)
{
    struct interpose_counts before = total();
    block[0] = strdup("twelve bytes");
    struct interpose_counts after = total();
    EXPECT(DELTA(allocation_calls), 1);
    EXPECT(DELTA(requested_bytes), 13);
    free(block[0]);
}

/* .preinit_array runs before every constructor, the interposer's too. */
static struct interpose_counts early_before, early_after;
static void *early_block[2];

static void allocate_early(void)
{
    /* The first call of all: it makes the interposer look up the real functions before anybody else calls dlsym. */
    free(malloc(1));
    void *symbol = dlsym(RTLD_DEFAULT, ENCBENCH_INTERPOSE_READ);
    memcpy(&read_counts, &symbol, sizeof symbol);
    if (read_counts == NULL)
        return;
    symbol = dlsym(RTLD_DEFAULT, ENCBENCH_INTERPOSE_READ_THREADS);
    memcpy(&read_threads, &symbol, sizeof symbol);
    symbol = dlsym(RTLD_DEFAULT, ENCBENCH_INTERPOSE_RESET_PEAKS);
    memcpy(&reset_peaks, &symbol, sizeof symbol);
    symbol = dlsym(RTLD_DEFAULT, ENCBENCH_INTERPOSE_FOLLOW);
    memcpy(&follow_requests, &symbol, sizeof symbol);
    early_before = total();
    early_block[0] = malloc(100);
    early_block[1] = calloc(1, 200);
    early_block[0] = realloc(early_block[0], 1000);
    early_after = total();
}
__attribute__((section(".preinit_array"), used)) static void (*const early_hook)(void) = allocate_early;

static void probe_early(void)
{
    struct interpose_counts before = early_before, after = early_after;
    EXPECT(DELTA(allocation_calls), 3);
    EXPECT(DELTA(requested_bytes), 1300);
    EXPECT(DELTA(live_blocks), 2);
    EXPECT(DELTA(live_bytes), usable(early_block[0]) + usable(early_block[1]));
    before = total();
    EXPECT(before.live_bytes, before.handed_out_bytes - before.released_bytes);
    EXPECT(before.live_blocks, before.allocation_calls - before.release_calls);
    free(early_block[0]);
    free(early_block[1]);
    after = total();
    EXPECT(DELTA(live_blocks), -2);
}

static bool is_of_interposer(void *pointer)
{
    Dl_info info;
    return dladdr(pointer, &info) != 0 && strstr(info.dli_fname, "libencbench_interpose") != NULL;
}

/* Run with the shim behind the interposer: its dlsym allocated while the real functions were not known yet. */
static void probe_bootstrap(void)
{
    void *symbol = dlsym(RTLD_DEFAULT, "shim_blocks");
    if (symbol == NULL)
        exit(78);
    struct shim_blocks *shim = symbol;
    struct interpose_counts before = shim->before, after = shim->after;
    EXPECT(DELTA(allocation_calls), 7);
    EXPECT(DELTA(requested_bytes), 100 + 100 + 512 + 100 + 20 + 200 + 30);
    EXPECT(DELTA(resize_calls), 1);
    EXPECT(DELTA(release_calls), 2);
    EXPECT(DELTA(failed_calls), 1);
    EXPECT(DELTA(live_blocks), 5);
    EXPECT(DELTA(calls[INTERPOSE_malloc]), 3);
    EXPECT(DELTA(calls[INTERPOSE_calloc]), 1);
    EXPECT(DELTA(calls[INTERPOSE_realloc]), 1);
    EXPECT(DELTA(calls[INTERPOSE_free]), 1);
    void *blocks[] = {shim->from_malloc, shim->from_calloc, shim->from_aligned_alloc, shim->from_posix_memalign,
                      shim->from_realloc};
    static const size_t sizes[] = {100, 100, 512, 100, 200};
    EXPECT(shim->too_large == NULL, 1);
    EXPECT((uintptr_t)shim->from_aligned_alloc % 256 + (uintptr_t)shim->from_posix_memalign % 1024, 0);
    EXPECT(strcmp(shim->from_realloc, "bootstrap"), 0);
    int64_t bytes = 0;
    for (int i = 0; i < 5; i++) {
        EXPECT(is_of_interposer(blocks[i]), 1);
        EXPECT(usable(blocks[i]) >= (int64_t)sizes[i], 1);
        bytes += usable(blocks[i]);
    }
    EXPECT(DELTA(live_bytes), bytes);
    for (int i = 0; i < 100; i++)
        EXPECT(((char *)shim->from_calloc)[i], 0);
    before = total();
    char *moved = realloc(shim->from_realloc, 100000);
    after = total();
    EXPECT(is_of_interposer(moved), 0);
    EXPECT(strcmp(moved, "bootstrap"), 0);
    EXPECT(DELTA(allocation_calls), 1);
    EXPECT(DELTA(resize_calls), 1);
    EXPECT(DELTA(live_blocks), 0);
    EXPECT(DELTA(live_bytes), usable(moved) - usable(shim->from_realloc));
    free(moved);
    for (int i = 0; i < 4; i++)
        free(blocks[i]);
    after = total();
    EXPECT(DELTA(live_blocks), -5);
    EXPECT(DELTA(live_bytes), -bytes);
}

enum { THREADS = 4, THREAD_OPS = 10000 };
static pthread_barrier_t barrier;
static void *thread_kept[THREADS][THREAD_OPS];

/* Keeps one block an op, and in the second half frees what its neighbour kept. */
static void *thread_main(void *argument)
{
    size_t number = (size_t)argument;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    struct interpose_counts before = this_thread();
    for (int op = 0; op < THREAD_OPS; op++) {
        thread_kept[number][op] = malloc(100);
        void *first = malloc(100), *second = malloc(100);
        free(first);
        free(second);
    }
    struct interpose_counts after = this_thread();
    EXPECT(DELTA(allocation_calls), 3 * THREAD_OPS);
    EXPECT(DELTA(requested_bytes), 300 * THREAD_OPS);
    EXPECT(DELTA(release_calls), 2 * THREAD_OPS);
    EXPECT(DELTA(live_blocks), THREAD_OPS);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    for (int op = 0; op < THREAD_OPS; op++)
        free(thread_kept[(number + 1) % THREADS][op]);
    after = this_thread();
    EXPECT(DELTA(live_blocks), 0);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void probe_threads(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, thread_main, (void *)i);
    pthread_barrier_wait(&barrier);
    struct interpose_counts before = total(), mine_before = this_thread();
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    struct interpose_counts after = total();
    int64_t size = usable(thread_kept[0][0]);
    EXPECT(DELTA(allocation_calls), 3 * THREADS * THREAD_OPS);
    EXPECT(DELTA(requested_bytes), 300 * THREADS * THREAD_OPS);
    EXPECT(DELTA(release_calls), 2 * THREADS * THREAD_OPS);
    EXPECT(DELTA(live_blocks), THREADS * THREAD_OPS);
    EXPECT(DELTA(live_bytes), size * THREADS * THREAD_OPS);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    after = total();
    EXPECT(DELTA(live_blocks), 0);
    EXPECT(DELTA(live_bytes), 0);
    EXPECT(DELTA(release_calls), 3 * THREADS * THREAD_OPS);
    struct interpose_counts mine = this_thread();
    EXPECT(memcmp(&mine, &mine_before, sizeof mine), 0);
    pthread_barrier_wait(&barrier);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void *allocate_once(void *argument)
{
    thread_kept[0][(size_t)argument] = malloc(100);
    return NULL;
}

/* What a thread called is still there when it has ended, and what it left is released by another. */
static void probe_ended_threads(void)
{
    enum { ENDED = INTERPOSE_THREADS_MAX + 20 };
    static struct interpose_counts listed[INTERPOSE_THREADS_MAX];
    pthread_t thread;
    EXPECT(read_threads(NULL, 0), 1);
    for (size_t i = 0; i < ENDED; i++) {
        pthread_create(&thread, NULL, allocate_once, (void *)i);
        pthread_join(thread, NULL);
    }
    memset(listed, 0x55, sizeof listed);
    EXPECT(read_threads(listed, 3), ENDED + 1);
    EXPECT(listed[3].allocation_calls, 0x5555555555555555);
    EXPECT(read_threads(listed, INTERPOSE_THREADS_MAX), ENDED + 1);
    for (int i = 1; i < INTERPOSE_THREADS_MAX; i++)
        EXPECT(listed[i].requested_bytes == 100 && listed[i].live_blocks == 1 && listed[i].calls[INTERPOSE_malloc] == 1,
               1);
    struct interpose_counts before = total(), mine_before = this_thread();
    for (size_t i = 0; i < ENDED; i++)
        free(thread_kept[0][i]);
    struct interpose_counts after = total(), mine = this_thread();
    EXPECT(DELTA(live_blocks), -ENDED);
    EXPECT(mine.live_blocks - mine_before.live_blocks, -ENDED);
    read_threads(listed, INTERPOSE_THREADS_MAX);
    EXPECT(listed[1].release_calls, 0);
    EXPECT(memcmp(&listed[0], &mine, sizeof mine), 0);
}

static int wait_for(pid_t child)
{
    int status;
    if (waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void probe_fork(void)
{
    block[0] = malloc(100);
    struct interpose_counts before = total();
    pid_t child = fork();
    if (child == 0) {
        struct interpose_counts after = total();
        EXPECT(memcmp(&before, &after, sizeof before), 0);
        for (int op = 0; op < 1000; op++) {
            for (int i = 1; i < 4; i++)
                block[i] = malloc(100);
            free(block[1]);
            free(block[2]);
        }
        free(block[0]);
        after = total();
        EXPECT(DELTA(allocation_calls), 3000);
        EXPECT(DELTA(requested_bytes), 300000);
        EXPECT(DELTA(live_blocks), 999);
        _exit(failures != 0);
    }
    EXPECT(wait_for(child), 0);
    struct interpose_counts after = total();
    EXPECT(memcmp(&before, &after, sizeof before), 0);
}

static volatile bool stop_mapping;

static void *map_for_ever(void *argument)
{
    (void)argument;
    while (!stop_mapping)
        munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
    return NULL;
}

/* A child must not inherit the lock of the table of mappings from a thread that it does not have. */
static void probe_fork_while_mapping(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, map_for_ever, NULL);
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
            _exit(0);
        }
        int status = wait_for(child);
        EXPECT(status, 0);
        if (status != 0)
            break;
    }
    stop_mapping = true;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

static char *map_pages(size_t pages)
{
    return mmap(NULL, pages * (size_t)getpagesize(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void probe_mappings(void)
{
    int64_t page = getpagesize();
    struct interpose_counts before = total();
    char *mapped = map_pages(3);
    struct interpose_counts after = total();
    EXPECT(DELTA(map_calls), 1);
    EXPECT(DELTA(live_mapped_bytes), 3 * page);
    EXPECT(DELTA(live_mapped_regions), 1);
    munmap(mapped + page, (size_t)page);
    after = total();
    EXPECT(DELTA(unmap_calls), 1);
    EXPECT(DELTA(live_mapped_bytes), 2 * page);
    EXPECT(DELTA(live_mapped_regions), 2);
    munmap(mapped, 3 * (size_t)page);
    munmap(mapped, 3 * (size_t)page); /* nothing there: the kernel does not mind */
    after = total();
    EXPECT(DELTA(live_mapped_bytes), 0);
    EXPECT(DELTA(live_mapped_regions), 0);
    EXPECT(DELTA(unmap_calls), 3);

    before = total();
    mapped = mmap64(NULL, 100, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mapped = mremap(mapped, 100, 10 * (size_t)page, MREMAP_MAYMOVE);
    after = total();
    EXPECT(DELTA(map_calls), 2);
    EXPECT(DELTA(live_mapped_bytes), 10 * page);
    EXPECT(DELTA(live_mapped_regions), 1);
    char *target = map_pages(4);
    mapped = mremap(mapped, 10 * (size_t)page, 4 * (size_t)page, MREMAP_MAYMOVE | MREMAP_FIXED, target);
    EXPECT(mapped == target, 1);
    after = total();
    EXPECT(DELTA(live_mapped_bytes), 4 * page);
    EXPECT(DELTA(live_mapped_regions), 1);
    munmap(mapped, 4 * (size_t)page);
    after = total();
    EXPECT(DELTA(live_mapped_bytes), 0);
    EXPECT(DELTA(live_mapped_regions), 0);
    EXPECT(DELTA(failed_calls), 0);
    EXPECT(DELTA(live_bytes), 0);

    before = total();
    EXPECT(map_pages(0) == MAP_FAILED && errno == EINVAL, 1);
    EXPECT(munmap((char *)1, 4096) == -1 && errno == EINVAL, 1);
    EXPECT(mremap(NULL, 4096, 8192, 0) == MAP_FAILED && errno == EFAULT, 1);
    after = total();
    EXPECT(DELTA(failed_calls), 3);
    EXPECT(DELTA(map_calls) + DELTA(unmap_calls) + DELTA(live_mapped_regions), 0);
}

/* glibc maps a block of this size for itself: it is a block and no mapping. */
static void probe_large_block(void)
{
    struct interpose_counts before = total();
    block[0] = malloc(100 << 20);
    struct interpose_counts after = total();
    EXPECT(DELTA(live_bytes), usable(block[0]));
    EXPECT(DELTA(map_calls), 0);
    EXPECT(DELTA(live_mapped_bytes), 0);
    free(block[0]);
    after = total();
    EXPECT(DELTA(unmap_calls), 0);
    EXPECT(DELTA(live_bytes), 0);
}

static void probe_many_mappings(void)
{
    enum { MAPPINGS = 3000 };
    static char *mapped[MAPPINGS];
    struct interpose_counts before = total();
    for (int i = 0; i < MAPPINGS; i++)
        mapped[i] = map_pages(1 + (size_t)i % 3);
    struct interpose_counts after = total();
    EXPECT(DELTA(live_mapped_regions), MAPPINGS);
    EXPECT(DELTA(live_mapped_bytes), (int64_t)2 * MAPPINGS * getpagesize());
    int64_t top = after.live_mapped_bytes;
    for (int i = 0; i < MAPPINGS; i++) {
        int shuffled = i * 1009 % MAPPINGS; /* 1009 is prime to 3000 */
        munmap(mapped[shuffled], (1 + (size_t)shuffled % 3) * (size_t)getpagesize());
    }
    after = total();
    EXPECT(DELTA(live_mapped_regions), 0);
    EXPECT(DELTA(live_mapped_bytes), 0);
    EXPECT(DELTA(unmap_calls), MAPPINGS);
    EXPECT(after.peak_mapped_bytes, top);
    EXPECT(after.untracked_regions, 0);
}

/* Random maps over and unmaps of parts of a window, against a model that knows the mapping of each page. */
static void probe_overlaid_mappings(void)
{
    enum { PAGES = 64, STEPS = 20000 };
    static int owner[PAGES + 1]; /* 0: none; the last stays so */
    size_t page = (size_t)getpagesize();
    char *window = (char *)syscall(SYS_mmap, NULL, PAGES * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    struct interpose_counts before = total();
    unsigned random = 12345;
    for (int step = 1; step <= STEPS; step++) {
        random = random * 1664525u + 1013904223u;
        size_t start = random >> 26, count = 1 + (random >> 20) % 16;
        bool unmaps = random & 0x1000;
        if (start + count > PAGES)
            count = PAGES - start;
        if (unmaps)
            munmap(window + start * page, count * page);
        else
            mmap(window + start * page, count * page, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (size_t i = start; i < start + count; i++)
            owner[i] = unmaps ? 0 : step;
        int64_t pages = 0, regions = 0;
        for (size_t i = 0; i < PAGES; i++) {
            pages += owner[i] != 0;
            regions += owner[i] != 0 && owner[i] != owner[i + 1];
        }
        struct interpose_counts after = total();
        EXPECT(DELTA(live_mapped_bytes), pages * (int64_t)page);
        EXPECT(DELTA(live_mapped_regions), regions);
        if (failures > 0)
            break;
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} probes[] = {
    {"ops", probe_ops},
    {"reading_is_silent", probe_reading_is_silent},
    {"calloc", probe_calloc},
    {"realloc", probe_realloc},
    {"reallocarray", probe_reallocarray},
    {"aligned", probe_aligned},
    {"nothing", probe_nothing},
    {"peak", probe_peak},
    {"reset_peaks", probe_reset_peaks},
    {"requests", probe_requests},
    {"functions", probe_functions},
    {"ended_threads", probe_ended_threads},
    {"libc", probe_libc},
    {"early", probe_early},
    {"threads", probe_threads},
    {"fork", probe_fork},
    {"fork_while_mapping", probe_fork_while_mapping},
    {"mappings", probe_mappings},
    {"large_block", probe_large_block},
    {"many_mappings", probe_many_mappings},
    {"overlaid_mappings", probe_overlaid_mappings},
    {"bootstrap", probe_bootstrap},
};
enum { PROBES = sizeof probes / sizeof *probes };

enum { EXIT_NOT_PRELOADED = 77, EXIT_NO_SUCH_PROBE = 79 };

static int run_probe(const char *name)
{
    if (read_counts == NULL)
        return EXIT_NOT_PRELOADED;
    for (int i = 0; i < PROBES; i++)
        if (strcmp(probes[i].name, name) == 0) {
            probes[i].run();
            return failures > 0;
        }
    return EXIT_NO_SUCH_PROBE;
}

/* ---- tests: start the probes ---- */

static int exit_code_of(const char *name, const char *preload)
{
    pid_t child = fork();
    if (child == 0) {
        if (preload != NULL)
            setenv("LD_PRELOAD", preload, 1);
        execl("/proc/self/exe", "interpose_test", "--probe", name, (char *)NULL);
        _exit(127);
    }
    return wait_for(child);
}

static void counts_known_truths(void **state)
{
    const char *name = *state;
    bool with_shim = strcmp(name, "bootstrap") == 0;
    assert_int_equal(exit_code_of(name, with_shim ? INTERPOSER ":" DLSYM_SHIM : INTERPOSER), 0);
}

static void is_absent_unless_preloaded(void **state)
{
    (void)state;
    assert_int_equal(exit_code_of("ops", NULL), EXIT_NOT_PRELOADED);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--probe") == 0)
        return run_probe(argv[2]);
    struct CMUnitTest tests[PROBES + 1];
    for (int i = 0; i < PROBES; i++)
        tests[i] = (struct CMUnitTest){probes[i].name, counts_known_truths, NULL, NULL, (void *)probes[i].name};
    tests[PROBES] = (struct CMUnitTest)cmocka_unit_test(is_absent_unless_preloaded);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
