#include "worker/step_pass.h"

#include "step/step.h"

#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WARM_UP_MULTIPLE = 4,    /* times n: caches and free lists are in their steady state */
    HEAP_CLASS_BYTES = 1024, /* larger blocks left free by the loader are few and split first */
    HEAP_CLASS_BLOCKS = 64,
    HEAP_PAGE_BYTES = 4096,
    HEAP_GRANULE_BYTES = 16,
    HEAP_SMALLEST_BYTES = 32, /* block of glibc, bookkeeping included; 8 of its bytes are not the caller's */
    SHARED_RANGES_MAX = 64,
};

void worker_step_fixed_heap(void)
{
    for (size_t bytes = HEAP_CLASS_BYTES - 8; bytes > HEAP_GRANULE_BYTES; bytes -= HEAP_GRANULE_BYTES)
        for (int i = 0; i < HEAP_CLASS_BLOCKS; i++)
            __asm__ volatile("" : : "r"(malloc(bytes)));
    for (int tries = 0; tries < HEAP_CLASS_BLOCKS; tries++) { /* a try in vain used up a larger free block */
        const uintptr_t next = (uintptr_t)malloc(HEAP_SMALLEST_BYTES - 8) + HEAP_SMALLEST_BYTES;
        size_t gap = (HEAP_PAGE_BYTES + HEAP_GRANULE_BYTES - next % HEAP_PAGE_BYTES) % HEAP_PAGE_BYTES;
        if (gap == 0)
            return;
        gap += gap < HEAP_SMALLEST_BYTES ? HEAP_PAGE_BYTES : 0;
        if ((uintptr_t)malloc(gap - 8) == next)
            return;
    }
}

/* ---- objects of the process ---- */

struct object_search {
    struct worker_region *region;
    struct step_range shared[SHARED_RANGES_MAX];
    size_t shared_count;
    uintptr_t address; /* whose object is looked for ... */
    uintptr_t base;    /* ... and found */
    const char *file;
};

static bool is_shared(const struct worker_region *region, const char *file)
{
    const size_t length = strlen(region->job.shared_directory);
    return length > 0 && strncmp(file, region->job.shared_directory, length) == 0 && file[length] == '/';
}

static int add_shared(struct dl_phdr_info *info, size_t bytes, void *context)
{
    struct object_search *search = context;
    (void)bytes;
    for (size_t i = 0; is_shared(search->region, info->dlpi_name) && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || search->shared_count == SHARED_RANGES_MAX)
            continue;
        const uintptr_t low = info->dlpi_addr + header->p_vaddr;
        search->shared[search->shared_count++] = (struct step_range){low, low + header->p_memsz};
    }
    return 0;
}

static int find_object(struct dl_phdr_info *info, size_t bytes, void *context)
{
    struct object_search *search = context;
    (void)bytes;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        const uintptr_t low = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && search->address >= low && search->address < low + header->p_memsz) {
            search->base = info->dlpi_addr;
            search->file = info->dlpi_name;
            return 1;
        }
    }
    return 0;
}

/* Its place in `objects`, added when new; false when there is no room or the address is nobody's. */
static bool object_of(struct worker_step *step, uintptr_t address, uint32_t *object, uint64_t *offset_bytes)
{
    struct object_search search = {.address = address};
    if (dl_iterate_phdr(find_object, &search) == 0)
        return false;
    *offset_bytes = address - search.base;
    for (*object = 0; *object < step->object_count; (*object)++)
        if (strcmp(step->objects[*object], search.file) == 0)
            return true;
    if (step->object_count == WORKER_STEP_OBJECTS_MAX)
        return false;
    snprintf(step->objects[step->object_count++], PATH_MAX, "%s", search.file);
    return true;
}

/* ---- executed instructions ---- */

struct executed {
    uintptr_t address;
    int64_t executions; /* over n ops: those of 2n less those of n */
};

struct execution_list {
    struct executed *executed;
    size_t count, capacity;
};

static void add_executed(void *context, uintptr_t address, const uint64_t executions[STEP_SESSIONS])
{
    struct execution_list *list = context;
    if (executions[0] == executions[1])
        return;
    if (list->count < list->capacity)
        list->executed[list->count] = (struct executed){address, (int64_t)(executions[1] - executions[0])};
    list->count++;
}

static int compare_executed(const void *a, const void *b)
{
    const struct executed *x = a, *y = b;
    return (x->address > y->address) - (x->address < y->address);
}

static void put_executed(struct worker_step *step, const struct executed *executed)
{
    struct worker_instruction *instruction = &step->instructions[step->instruction_count];
    if (executed->executions == 0)
        return;
    *instruction = (struct worker_instruction){.executions = executed->executions};
    if (object_of(step, executed->address, &instruction->object, &instruction->offset_bytes))
        step->instruction_count++;
}

/* An instruction may be part of several runs of instructions (a jump into one): their executions add up. */
static void record_instructions(struct worker_step *step)
{
    static struct executed executed[4 * WORKER_STEP_INSTRUCTIONS_MAX];
    struct execution_list list = {executed, 0, sizeof executed / sizeof executed[0]};
    step_visit(add_executed, &list);
    if (list.count > list.capacity)
        return; /* the sum is then short of the total, which is what counts */
    qsort(executed, list.count, sizeof executed[0], compare_executed);
    for (size_t i = 0; i < list.count && step->instruction_count < WORKER_STEP_INSTRUCTIONS_MAX; i++) {
        if (i + 1 < list.count && executed[i + 1].address == executed[i].address)
            executed[i + 1].executions += executed[i].executions;
        else
            put_executed(step, &executed[i]);
    }
}

/* ---- the pass ---- */

/* Counts n ops; what is around `run` is not part of an op. */
static bool step_operations(struct worker_step *step, const struct measure_arm *arm, unsigned session, uint64_t n,
                            struct step_count *count)
{
    const struct encbench_workload *workload = arm->workload;
    uint64_t bytes = 0;
    bool ok = true;
    for (uint64_t left = n, round; left > 0 && ok; left -= round) {
        round = workload->batch_max_ops && left > workload->batch_max_ops ? workload->batch_max_ops : left;
        if (workload->before)
            workload->before(arm->state, round);
        ok = step_run(session, workload->run, arm->state, round, &bytes, count, step->unavailable,
                      sizeof step->unavailable);
        if (workload->after)
            workload->after(arm->state, round);
    }
    if (ok && bytes != n * workload->bytes_per_op) {
        snprintf(step->unavailable, sizeof step->unavailable,
                 "while stepped the op produced %" PRIu64 " bytes instead of %" PRIu64, bytes,
                 n * workload->bytes_per_op);
        return false;
    }
    return ok;
}

void worker_step(struct worker_region *region, const struct measure_arm *arm)
{
    static struct object_search search;
    static struct step_options options;
    struct worker_step *step = &region->result.step;
    struct step_count first = {0}, second = {0};
    const struct measure_clock clock = measure_clock_real();
    const uint64_t multiple = arm->workload->batch_multiple_ops,
                   n = (arm->iterations + multiple - 1) / multiple * multiple;
    uint64_t bytes = 0;
    search.region = region;
    dl_iterate_phdr(add_shared, &search);
    options = (struct step_options){.source = region->job.step_source,
                                    .every = region->job.step_every,
                                    .shared = search.shared,
                                    .shared_count = search.shared_count,
                                    .traps_max = WORKER_STEP_TRAPS_MAX};
    measure_batch(&clock, arm, WARM_UP_MULTIPLE * n, &bytes);
    step->opening = WORKER_STEP_BEGUN;
    if (!step_open(&options, step->unavailable, sizeof step->unavailable))
        return;
    step->opening = WORKER_STEP_OPENED;
    if (!step_operations(step, arm, 0, n, &first) || !step_operations(step, arm, 1, 2 * n, &second))
        return;
    step->operations = n;
    step->instructions_n = first.instructions;
    step->instructions_2n = second.instructions;
    step->shared_n = first.shared;
    step->shared_2n = second.shared;
    step->traps = first.traps + second.traps;
    uint32_t object;
    uint64_t offset_bytes;
    object_of(step, (uintptr_t)arm->workload->run, &object, &offset_bytes);
    record_instructions(step);
}
