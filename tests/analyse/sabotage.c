/*
 * A worker with a fault built in, to see the live controls find it: linked over the real one by the linker's --wrap, so
 * that nothing of it is in the program that is shipped. SABOTAGE is one of SEQUENTIAL  arms are timed one after the
 * other instead of taking turns TWIN        the twin is slower than what it is a copy of CLOCK       the clock of every
 * fourth process runs fast by 400 ppm PLANT       the planted arm runs what it is planted in
 */
#include "module/open.h"
#include "worker/protocol.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SEQUENTIAL 1
#define TWIN       2
#define CLOCK      3
#define PLANT      4

/* The driver's region, as the worker itself has it; NULL when it only describes a module. */
static struct worker_region *region(void)
{
    static struct worker_region *mapped;
    struct stat status;
    if (mapped || fstat(WORKER_REGION_FD, &status) != 0 || (size_t)status.st_size < sizeof(struct worker_region))
        return mapped;
    mapped = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, WORKER_REGION_FD, 0);
    if (mapped == MAP_FAILED)
        abort();
    return mapped;
}

/* Before anything is measured: a mapping made later would count as the subject's. */
__attribute__((constructor)) static void map_region(void)
{
    region();
}

#if SABOTAGE == SEQUENTIAL
bool __real_measure_block_run_threads(const struct measure_clock *clock, struct encbench_host *host,
                                      const unsigned char *input_base, const struct measure_arm *arms,
                                      struct measure_block *block, struct measure_thread_times *times,
                                      volatile uint32_t *running_arm);
bool __wrap_measure_block_run_threads(const struct measure_clock *clock, struct encbench_host *host,
                                      const unsigned char *input_base, const struct measure_arm *arms,
                                      struct measure_block *block, struct measure_thread_times *times,
                                      volatile uint32_t *running_arm);

/* The two batches of one arm of a block, alone. */
static bool run_arm(const struct measure_clock *clock, struct encbench_host *host, const unsigned char *input_base,
                    const struct measure_arm *arms, size_t arm, struct measure_block *block,
                    volatile uint32_t *running_arm)
{
    struct measure_block one = {.slot_count = 2, .input_offset_bytes = block->input_offset_bytes};
    const bool fine = __real_measure_block_run_threads(clock, host, input_base, &arms[arm], &one, NULL, running_arm);
    for (size_t half = 0; half < 2; half++) {
        block->slot_arm[2 * arm + half] = (uint8_t)arm;
        block->elapsed_ns[2 * arm + half] = one.elapsed_ns[half];
        block->centre_ns[2 * arm + half] = one.centre_ns[half];
        block->probe_ns[half] = one.probe_ns[half];
    }
    return fine;
}

/* All blocks for effects of the process at its first one: arm by arm. The order that is planned later is undone. */
bool __wrap_measure_block_run_threads(const struct measure_clock *clock, struct encbench_host *host,
                                      const unsigned char *input_base, const struct measure_arm *arms,
                                      struct measure_block *block, struct measure_thread_times *times,
                                      volatile uint32_t *running_arm)
{
    static struct measure_block *first, *all;
    const uint32_t count = region()->job.blocks, arm_count = block->slot_count / 2;
    if (region()->job.mode != WORKER_MEASURE || region()->result.phase != WORKER_MEASURING ||
        block->purpose != MEASURE_EFFECT)
        return __real_measure_block_run_threads(clock, host, input_base, arms, block, times, running_arm);
    if (all == NULL) {
        all = calloc(count, sizeof *all);
        region()->job.deadline_ns = UINT64_MAX; /* or a busy machine would end it at this block */
        first = block;
        for (uint32_t arm = 0; arm < arm_count; arm++)
            for (uint32_t b = 0; b < count; b++)
                if (!run_arm(clock, host, input_base, arms, arm, &all[b], running_arm))
                    return false;
    }
    const uint8_t slot_count = block->slot_count;
    *block = all[block - first];
    block->slot_count = slot_count;
    return true;
}
#endif

#if SABOTAGE == CLOCK
struct measure_clock __real_measure_clock_real(void);
struct measure_clock __wrap_measure_clock_real(void);

static struct measure_clock real_clock;

static uint64_t fast_now_ns(void *context)
{
    const uint64_t now_ns = real_clock.now_ns(context);
    return region()->job.process % 4 == 0 ? now_ns + now_ns / 2500 : now_ns;
}

struct measure_clock __wrap_measure_clock_real(void)
{
    real_clock = __real_measure_clock_real();
    struct measure_clock clock = real_clock;
    clock.now_ns = fast_now_ns;
    return clock;
}
#endif

#if SABOTAGE == TWIN || SABOTAGE == PLANT
int __real_module_open(const char *file, const struct encbench_module **module, struct error *error);
int __wrap_module_open(const char *file, const struct encbench_module **module, struct error *error);
const struct encbench_workload *__real_module_workload(const struct encbench_module *module, const char *name);
const struct encbench_workload *__wrap_module_workload(const struct encbench_module *module, const char *name);

static const struct worker_arm *opened; /* the arm whose module was opened last */

int __wrap_module_open(const char *file, const struct encbench_module **module, struct error *error)
{
    const struct worker_job *job = region() ? &region()->job : NULL;
    opened = NULL;
    for (uint32_t i = 0; job && i < job->arm_count && opened == NULL; i++)
        if (strcmp(job->arms[i].file, file) == 0)
            opened = &job->arms[i];
    return __real_module_open(file, module, error);
}

/* The arm before `arm` that has its variant and no plant; NULL when there is none. */
static const struct worker_arm *original_of(const struct worker_arm *arm)
{
    for (const struct worker_arm *before = region()->job.arms; before < arm; before++)
        if (strcmp(before->variant, arm->variant) == 0 && before->planted_cycles_per_op == 0)
            return before;
    return NULL;
}
#endif

#if SABOTAGE == TWIN
static const struct encbench_workload *twin_of;

static uint64_t slow_run(void *state, unsigned thread, uint64_t n)
{
    uint64_t value = thread;
    for (uint64_t i = 0; i < n; i++)
        ENCBENCH_DEPENDENT_ADDS(value, 8);
    return twin_of->run(state, thread, n) + (value & 0);
}

const struct encbench_workload *__wrap_module_workload(const struct encbench_module *module, const char *name)
{
    static struct encbench_workload slow;
    const struct encbench_workload *workload = __real_module_workload(module, name);
    if (workload == NULL || workload->planted_cycles_per_op > 0 || opened == NULL || original_of(opened) == NULL)
        return workload;
    twin_of = workload;
    slow = *workload;
    slow.run = slow_run;
    return &slow;
}
#endif

#if SABOTAGE == PLANT
const struct encbench_workload *__wrap_module_workload(const struct encbench_module *module, const char *name)
{
    static struct encbench_workload harmless;
    const struct encbench_workload *workload = __real_module_workload(module, name);
    const struct encbench_module *original;
    struct error error = {0};
    if (workload == NULL || workload->planted_cycles_per_op == 0 || opened == NULL || original_of(opened) == NULL)
        return workload;
    if (__real_module_open(original_of(opened)->file, &original, &error) != 0)
        abort();
    harmless = *__real_module_workload(original, name);
    harmless.planted_cycles_per_op = workload->planted_cycles_per_op;
    return &harmless;
}
#endif
