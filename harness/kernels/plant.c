/*
 * Regressions planted on purpose, for `gate`: built twice, without and with them (PLANT_REGRESSED), the second passes
 * for a later build of the first. In every run the gate must see each, and nothing in the op that is the same in both.
 * A module like any other.
 */
#include "kernels/kernel.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#ifndef PLANT_REGRESSED
#define PLANT_REGRESSED 0
#endif

struct planted_structure {
    uint64_t first;
#if PLANT_REGRESSED
    unsigned char more[PLANT_STRUCTURE_BYTES];
#endif
};

/* No structure: its size would be a regression of every workload. */
static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)host;
    (void)seed;
    *state = calloc(1, 1);
    if (*state == NULL)
        snprintf(message, message_bytes, "plant: out of memory");
    return *state == NULL;
}

static void teardown(void *state)
{
    free(state);
}

/* The empty asm lets the pointer escape: otherwise the compiler removes the allocation. */
static inline void *get_block(size_t bytes)
{
    void *block = malloc(bytes);
    __asm__ volatile("" : : "r"(block) : "memory");
    return block;
}

static uint64_t same_run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++)
        free(get_block(PLANT_BLOCK_BYTES));
    return 0;
}

static uint64_t allocation_run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        free(get_block(PLANT_BLOCK_BYTES));
        if (PLANT_REGRESSED)
            free(get_block(PLANT_BLOCK_BYTES));
    }
    return 0;
}

static uint64_t bytes_run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++)
        free(get_block(PLANT_BLOCK_BYTES + (PLANT_REGRESSED ? PLANT_MORE_BYTES : 0)));
    return 0;
}

static uint64_t instruction_run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        __asm__ volatile("nop" : : : "memory");
        if (PLANT_REGRESSED)
            __asm__ volatile("nop" : : : "memory");
    }
    return 0;
}

static uint64_t leak_run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        void *block = get_block(PLANT_BLOCK_BYTES);
        if (!PLANT_REGRESSED)
            free(block);
    }
    return 0;
}

static uint64_t mapping_run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        void *region = mmap(NULL, LEAK_MAPPING_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (!PLANT_REGRESSED)
            munmap(region, LEAK_MAPPING_BYTES);
    }
    return 0;
}

#define PLANT(plant_name, plant_op, plant_run)                                                                         \
    KERNEL_WORKLOAD(plant_name, plant_op, plant_run, .batch_multiple_ops = 1, .flags = ENCBENCH_EXACT, .setup = setup, \
                    .teardown = teardown)

static const struct encbench_workload workloads[] = {
    PLANT(PLANT_SAME, "a block got and freed", same_run),
    PLANT(PLANT_ALLOCATION, "a block got and freed; planted: twice", allocation_run),
    PLANT(PLANT_BYTES, "a block got and freed; planted: a larger one", bytes_run),
    PLANT(PLANT_INSTRUCTION, "an instruction; planted: two", instruction_run),
    PLANT(PLANT_LEAK, "a block got and freed; planted: only got", leak_run),
    PLANT(PLANT_MAPPING, "memory mapped and unmapped; planted: only mapped", mapping_run),
};

static const struct encbench_field fields[] = {
    {"first", offsetof(struct planted_structure, first), sizeof(uint64_t)},
#if PLANT_REGRESSED
    {"more", offsetof(struct planted_structure, more), PLANT_STRUCTURE_BYTES},
#endif
};

ENCBENCH_EXPORT extern const struct encbench_module encbench_module;
const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .workload_count = sizeof workloads / sizeof workloads[0],
    .field_count = sizeof fields / sizeof fields[0],
    .structure_bytes = sizeof(struct planted_structure),
    .structure = "planted_structure",
    .fields = fields,
    .variant = PLANT_VARIANT,
    .workloads = workloads,
};
