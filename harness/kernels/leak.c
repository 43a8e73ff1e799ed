/*
 * Leaks planted on purpose, and the same loop without one: the live controls of the heap pass, which must find the
 * first two and clear the third. Their states outlive nothing: what leaks is lost until the process ends. A module like
 * any other.
 */
#include "kernels/kernel.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* 1 takes the leaks out: for the test that the controls then fail. */
#ifndef LEAK_DISARMED
#define LEAK_DISARMED 0
#endif

struct leak {
    uint64_t operations;
};

static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)host;
    (void)seed;
    *state = calloc(1, sizeof(struct leak));
    if (*state == NULL)
        snprintf(message, message_bytes, "leak: out of memory");
    return *state == NULL;
}

static void teardown(void *state)
{
    free(state);
}

/* The empty asm lets the pointer escape: otherwise the compiler removes the allocation. */
static void leak_block(void)
{
    void *lost = malloc(LEAK_BYTES_ASKED);
    __asm__ volatile("" : : "r"(lost) : "memory");
}

/* Never touched, so it costs address space only. A failure leaks nothing, and the control says so. */
static void leak_region(void)
{
    void *lost = mmap(NULL, LEAK_MAPPING_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    __asm__ volatile("" : : "r"(lost) : "memory");
}

/* One allocation that is freed, so that the heap is in use, and a leak every `period` ops. */
static uint64_t run_leaking(struct leak *leak, uint64_t n, uint64_t period, void (*lose)(void))
{
    for (uint64_t i = 0; i < n; i++) {
        void *block = malloc(LEAK_BYTES_ASKED);
        __asm__ volatile("" : : "r"(block) : "memory");
        free(block);
        if (++leak->operations % period == 0 && lose && !LEAK_DISARMED)
            lose();
    }
    return 0;
}

static uint64_t leak_bytes_run(void *state, unsigned thread, uint64_t n)
{
    (void)thread;
    return run_leaking(state, n, LEAK_BYTES_PERIOD_OPS, leak_block);
}

static uint64_t leak_mapping_run(void *state, unsigned thread, uint64_t n)
{
    (void)thread;
    return run_leaking(state, n, LEAK_MAPPING_PERIOD_OPS, leak_region);
}

static uint64_t leak_none_run(void *state, unsigned thread, uint64_t n)
{
    (void)thread;
    return run_leaking(state, n, LEAK_BYTES_PERIOD_OPS, NULL);
}

#define KERNEL(kernel_name, kernel_op, kernel_run)                                                                     \
    KERNEL_WORKLOAD(kernel_name, kernel_op, kernel_run, .batch_multiple_ops = 1, .flags = ENCBENCH_HEAP,               \
                    .setup = setup, .teardown = teardown)

static const struct encbench_workload workloads[] = {
    KERNEL(LEAK_BYTES, "a block got and freed; another lost now and then", leak_bytes_run),
    KERNEL(LEAK_MAPPING, "a block got and freed; a mapping lost now and then", leak_mapping_run),
    KERNEL(LEAK_NONE, "a block got and freed", leak_none_run),
};

KERNEL_EXPORT(LEAK_VARIANT);
