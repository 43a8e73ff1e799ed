#include "worker/optimiser.h"

#include "measure/empty_loop.h"
#include "step/step.h"
#include "worker/output.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WARM_UP_MULTIPLE = 4, /* times the smallest n: what only the first op of a process does is done */
    OPERATIONS_LARGE = 1024,
    TRAPS_PER_OP = 64, /* of an op that is next to nothing: 16 instructions of two traps each, twice */
    TRAPS_OPENING = 1000,
    ZERO_PATIENCE_S = 5,
};

struct stepping {
    struct worker_region *region;
    const struct measure_arm *arm;
    struct step_options options;
    uint64_t first_traps; /* of the smallest n */
};

/* One call of `run`; what is around it is not counted. False: no count, for a reason or (*exceeded) because it needs
 * more traps. */
static bool step_ops(struct stepping *stepping, unsigned session, uint64_t n, uint64_t traps, struct step_count *count,
                     bool *exceeded)
{
    const struct measure_arm *arm = stepping->arm;
    const struct encbench_workload *workload = arm->workload;
    struct worker_step *step = &stepping->region->result.step;
    uint64_t bytes = 0;
    *count = (struct step_count){0};
    stepping->options.traps_max = traps;
    if (workload->before)
        workload->before(arm->state, n);
    if (workload->thread_before)
        workload->thread_before(arm->state, 0, n);
    const bool ok =
        step_run(session, workload->run, arm->state, n, &bytes, count, step->unavailable, sizeof step->unavailable);
    if (workload->thread_after)
        workload->thread_after(arm->state, 0, n);
    if (workload->after)
        workload->after(arm->state, n);
    *exceeded = !ok && count->traps > traps;
    if (*exceeded)
        step->unavailable[0] = '\0';
    return ok;
}

static uint64_t traps_for(const struct stepping *stepping, uint64_t n)
{
    return stepping->first_traps + TRAPS_PER_OP * n + TRAPS_OPENING;
}

/* 2n ops beside the n that were counted. False: there is no more to find out. */
static bool step_twice(struct stepping *stepping, uint64_t n, const struct step_count *of_n)
{
    struct worker_optimiser *optimiser = &stepping->region->result.optimiser;
    struct step_count of_2n;
    bool exceeded;
    if (!step_ops(stepping, 1, 2 * n, traps_for(stepping, 2 * n), &of_2n, &exceeded)) {
        optimiser->stepped = exceeded ? WORKER_STEPPED_GROWS : WORKER_STEPPED_NOT;
        return false;
    }
    optimiser->stepped = WORKER_STEPPED_COUNTED;
    optimiser->counts.operations = n;
    optimiser->counts.instructions_n = of_n->instructions;
    optimiser->counts.instructions_2n = of_2n.instructions;
    return optimiser_per_op(&optimiser->counts) < OPTIMISER_OP_MIN;
}

/* So many that instructions which several ops share show. */
static bool step_many(struct stepping *stepping, uint64_t n)
{
    struct worker_optimiser *optimiser = &stepping->region->result.optimiser;
    struct step_count of_n;
    bool exceeded;
    if (step_ops(stepping, 0, n, traps_for(stepping, n), &of_n, &exceeded))
        return step_twice(stepping, n, &of_n);
    optimiser->stepped = exceeded ? WORKER_STEPPED_GROWS : WORKER_STEPPED_NOT;
    return false;
}

/* ---- what is executed for every op ---- */

struct loop {
    const unsigned char *code[EMPTY_LOOP_INSTRUCTIONS_MAX];
    size_t count; /* one more than there is room for: too many */
};

/* An instruction may be part of several runs of instructions. */
static void add_instruction(void *context, uintptr_t address, const uint64_t executions[STEP_SESSIONS])
{
    struct loop *loop = context;
    const unsigned char *code = (const unsigned char *)address; // NOLINT: code is where the processor says it is
    if (executions[0] == executions[1] || loop->count > EMPTY_LOOP_INSTRUCTIONS_MAX)
        return;
    for (size_t i = 0; i < loop->count; i++)
        if (loop->code[i] == code)
            return;
    if (loop->count < EMPTY_LOOP_INSTRUCTIONS_MAX)
        loop->code[loop->count] = code;
    loop->count++;
}

/* ---- no op ---- */

/* In a copy: a loop that tests behind its body goes round 2^64 times. */
static void step_none(struct stepping *stepping)
{
    struct worker_region *region = stepping->region;
    struct optimiser_counts *counts = &region->result.optimiser.counts;
    struct step_count count = {0};
    uint64_t bytes = 0;
    char reason[256];
    int status;
    const pid_t child = fork();
    if (child == 0) {
        alarm(ZERO_PATIENCE_S);
        stepping->options.traps_max = traps_for(stepping, 0);
        counts->zero_known =
            step_run(0, stepping->arm->workload->run, stepping->arm->state, 0, &bytes, &count, reason, sizeof reason);
        counts->instructions_0 = count.instructions; /* the region is shared */
        _exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
}

/* ---- the pass ---- */

static uint64_t large_operations(const struct encbench_workload *workload)
{
    const uint64_t multiple = workload->batch_multiple_ops, most = workload->batch_max_ops / 2;
    const uint64_t wanted = most && most < OPERATIONS_LARGE ? most : OPERATIONS_LARGE;
    return wanted < multiple ? multiple : wanted / multiple * multiple;
}

/* A round that has no room for two batches of the smallest n. */
static void step_single(struct stepping *stepping, uint64_t instructions)
{
    struct worker_optimiser *optimiser = &stepping->region->result.optimiser;
    optimiser->counts.single = true;
    optimiser->counts.operations = stepping->arm->workload->batch_multiple_ops;
    optimiser->counts.instructions_n = instructions;
    optimiser->stepped = WORKER_STEPPED_COUNTED;
    step_none(stepping);
}

static void step_op(struct stepping *stepping)
{
    const struct encbench_workload *workload = stepping->arm->workload;
    struct worker_optimiser *optimiser = &stepping->region->result.optimiser;
    const uint64_t multiple = workload->batch_multiple_ops;
    struct step_count first;
    struct loop loop = {.count = 0};
    bool exceeded;
    uint64_t traps = stepping->region->job.step_traps;
    if (optimiser->output == WORKER_OUTPUT_DEPENDS && optimiser->output_ops > 0 && traps > OPTIMISER_TRAPS)
        traps = OPTIMISER_TRAPS; /* not hoisted, as its output shows */
    if (!step_ops(stepping, 0, multiple, traps, &first, &exceeded)) {
        optimiser->stepped = exceeded ? WORKER_STEPPED_LONG : WORKER_STEPPED_NOT;
        return;
    }
    stepping->first_traps = first.traps;
    if (workload->batch_max_ops && workload->batch_max_ops < 2 * multiple) {
        step_single(stepping, first.instructions);
        return;
    }
    if (!step_twice(stepping, multiple, &first) ||
        (large_operations(workload) > multiple && !step_many(stepping, large_operations(workload))))
        return;
    step_visit(add_instruction, &loop);
    optimiser->counts.empty_loop = empty_loop(loop.code, loop.count);
    step_none(stepping);
}

void worker_optimiser(struct worker_region *region, const struct measure_arm *arm, unsigned char *base)
{
    static struct stepping stepping;
    const struct encbench_workload *workload = arm->workload;
    struct worker_step *step = &region->result.step;
    struct worker_optimiser *optimiser = &region->result.optimiser;
    const struct measure_clock clock = measure_clock_real();
    uint64_t bytes = 0;
    *optimiser = (struct worker_optimiser){0};
    optimiser->counts.declares = workload->input_bytes > 0 || workload->bytes_per_op > 0 || workload->output != NULL;
    worker_output_check(arm, base, region->job.seed, optimiser);
    measure_batch(&clock, arm, WARM_UP_MULTIPLE * workload->batch_multiple_ops, &bytes);
    stepping =
        (struct stepping){region, arm, {.source = region->job.step_source, .traps_max = WORKER_STEP_TRAPS_MAX}, 0};
    step->opening = WORKER_STEP_BEGUN;
    if (!step_open(&stepping.options, step->unavailable, sizeof step->unavailable))
        return;
    step->opening = WORKER_STEP_OPENED;
    step_op(&stepping);
}
