/* Ops whose events are known: pages touched for the first time, and sleeps. The variant is named by the build. */
#include "../test_module.h"

#include <sys/mman.h>
#include <time.h>

enum { PAGE_BYTES = 4096, PAGES = 8, THREAD_PAGES = 4, SLEEP_NS = 20000 };

/* A fresh mapping: the first touch of each of its pages is a fault. A huge page would be one fault for many. */
static void touch(size_t pages)
{
    unsigned char *memory = mmap(NULL, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        __builtin_trap();
    madvise(memory, pages * PAGE_BYTES, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < pages; i++)
        ((volatile unsigned char *)memory)[i * PAGE_BYTES] = 1;
    munmap(memory, pages * PAGE_BYTES);
}

static uint64_t pages_run(void *state, unsigned thread, uint64_t n)
{
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++)
        touch(PAGES);
    return n;
}

/* The second thread touches twice as many. */
static uint64_t threads_run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    for (uint64_t i = 0; i < n; i++)
        touch((thread + 1) * THREAD_PAGES);
    return n;
}

static uint64_t sleeps_run(void *state, unsigned thread, uint64_t n)
{
    const struct timespec wait = {.tv_nsec = SLEEP_NS};
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++)
        nanosleep(&wait, NULL);
    return n;
}

/* What is around `run` is not the op's. */
static void around(void *state, uint64_t n)
{
    (void)state, (void)n;
    touch(THREAD_PAGES);
}

static uint64_t adds_run(void *state, unsigned thread, uint64_t n)
{
    uint64_t sum = 0;
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++)
        ENCBENCH_DEPENDENT_ADDS(sum, 100);
    __asm__ volatile("" : : "r"(sum));
    return n;
}

#define WORKLOAD(name_, threads_, ...)                                                                                 \
    {                                                                                                                  \
        .name = #name_, .short_name = #name_, .op = #name_, .bytes_per_op = 1, .batch_multiple_ops = 1,                \
        .threads_max = threads_, .flags = ENCBENCH_TIMED, .digest = digest_of_seed, .setup = set_up_nothing,           \
        .run = name_##_run, .teardown = tear_down_nothing, __VA_ARGS__                                                 \
    }

static const struct encbench_workload workloads[] = {
    WORKLOAD(pages, 1, .batch_max_ops = 0),
    WORKLOAD(threads, 2, .batch_max_ops = 0),
    WORKLOAD(sleeps, 1, .batch_max_ops = 0),
    WORKLOAD(adds, 1, .batch_max_ops = 64, .before = around, .after = around),
};

TEST_MODULE(COUNTER_VARIANT);
