#include "launch/pilot.h"

#include "stats/stats.h"
#include "summary/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"

#define LONG_PROCESS_NS 1e9
/* Half of the tolerance is left to what one process has in all of its blocks; z of a 99 % interval. */
#define CLOCK_TOLERANCE (0.03 / 2)
#define CLOCK_Z         2.8
#define WARM_AGREEMENT  0.02 /* of two medians over five processes of 25 us each */
enum {
    BLOCKS_MIN = 24,
    BLOCKS_MAX = 8192,
    CLOCK_BLOCKS_MIN = 64, /* 4 ms */
    CLOCK_BLOCKS_MAX = 512,
    LINEARITY_ROUNDS_MAX = 64,
    LINEARITY_PROCESSES_MIN = 10, /* of a cell: eight are the fewest with an interval of 99 %, two may be void */
};
/* Linearity is at most a fifth of the whole, which is a fourth of the rest; a fifth of that is kept for blocks that
 * have to be repeated. */
#define LINEARITY_MOST  0.25
#define LINEARITY_SHARE 0.2
/* Found: 4 to 15 ms, two to five windows of two. */
#define WARM_UP_NS 8e6

static double median_of(const struct worker_result *results, unsigned count,
                        double (*figure)(const struct worker_result *, size_t), size_t arm)
{
    double values[PILOT_PROCESSES];
    for (unsigned i = 0; i < count; i++)
        values[i] = figure(&results[i], arm);
    return stats_quantile(values, count, 0.5);
}

static double ns_of(const struct worker_result *result, size_t arm)
{
    return result->pilot_ns_per_op[arm];
}

static double whole_ns_of(const struct worker_result *result, size_t arm)
{
    return result->pilot_whole_ns_per_op[arm];
}

static double heap_ns_of(const struct worker_result *result, size_t arm)
{
    (void)arm;
    return result->pilot_heap_ns;
}

static double clock_sd_of(const struct worker_result *result, size_t arm)
{
    (void)arm;
    return isfinite(result->pilot_clock_sd) ? result->pilot_clock_sd : 1;
}

/* Steps of warming that every process has; the median of each over them. */
static size_t warming_of(const struct worker_result *results, unsigned processes, size_t arm, double *warm_ns)
{
    size_t steps = results[0].pilot_warm_count[arm];
    for (unsigned i = 1; i < processes; i++)
        steps = results[i].pilot_warm_count[arm] < steps ? results[i].pilot_warm_count[arm] : steps;
    for (size_t step = 0; step < steps; step++) {
        double values[PILOT_PROCESSES];
        for (unsigned i = 0; i < processes; i++)
            values[i] = results[i].pilot_warm_ns[arm][step];
        warm_ns[step] = stats_quantile(values, processes, 0.5);
    }
    return steps;
}

bool pilot_settles(const double *warm_ns, size_t steps, size_t *settled_step)
{
    *settled_step = 0;
    if (steps < 3)
        return true;
    const double steady_ns = stats_quantile(&warm_ns[steps - 3], 3, 0.5);
    while (*settled_step + 1 < steps && warm_ns[*settled_step] > (1 + WARM_AGREEMENT) * steady_ns)
        ++*settled_step;
    return warm_ns[steps - 1] >= (1 - WARM_AGREEMENT) * warm_ns[steps - 2];
}

int pilot_measure(const struct launch *launch, const struct plan_cell *cell, uint64_t first, unsigned processes,
                  uint64_t seed, struct pilot_figures *figures, struct error *error)
{
    struct worker_result *results = calloc(processes, sizeof *results);
    if (results == NULL)
        return error_out_of_memory(error);
    for (unsigned i = 0; i < processes && error->code == 0; i++)
        launch_pilot(launch, cell, first + i, seed, &results[i], error);
    for (size_t a = 0; a < cell->arm_count && error->code == 0; a++) {
        figures->ns_per_op[a] = median_of(results, processes, ns_of, a);
        figures->whole_ns_per_op[a] = median_of(results, processes, whole_ns_of, a);
        double warm_ns[WORKER_WARM_STEPS];
        size_t step;
        figures->settled[a] = pilot_settles(warm_ns, warming_of(results, processes, a, warm_ns), &step);
        figures->rewarm_ops[a] = worker_warm_ops((uint32_t)step, cell->arms[a].workload->batch_multiple_ops);
    }
    if (error->code == 0) {
        figures->clock_sd = median_of(results, processes, clock_sd_of, 0);
        figures->heap_ns = median_of(results, processes, heap_ns_of, 0);
        figures->clock_step_ns = results[0].clock_step_ns;
    }
    free(results);
    return error->code;
}

/* The next power of two times the multiple, none for none. */
static uint64_t rewarm_rung(uint64_t ops, uint64_t multiple)
{
    uint64_t rung = multiple;
    while (rung < ops)
        rung *= 2;
    return ops > 0 ? rung : 0;
}

bool pilot_known(const struct csv_data *batches, const struct plan_cell *cell, struct pilot_batch *batch)
{
    const struct measure_ladder ladder = plan_ladder(cell);
    const size_t row = csv_find(batches, SCHEMA_calibration_batches_workload, cell->workload);
    if (row >= batches->row_count)
        return false;
    *batch = (struct pilot_batch){
        .iterations = (uint64_t)csv_integer(batches, row, SCHEMA_calibration_batches_iterations),
        .rewarm_iterations = (uint64_t)csv_integer(batches, row, SCHEMA_calibration_batches_rewarm_iterations),
        .settled = strcmp(csv_text(batches, row, SCHEMA_calibration_batches_warm), "settled") == 0,
        .calibrated = true};
    return batch->iterations > 0 && measure_rung_at_least(&ladder, (double)batch->iterations) == batch->iterations;
}

struct pilot_batch pilot_choose(const struct plan_cell *cell, const struct pilot_figures *figures)
{
    const struct measure_ladder ladder = plan_ladder(cell);
    struct pilot_batch batch = {.settled = true};
    if (cell->state == MEASURE_COLD) { /* one op behind each scrubbing, and nothing to warm */
        batch.iterations = ladder.multiple_ops;
        return batch;
    }
    batch.iterations = measure_iterations(figures->ns_per_op, plan_real_arms(cell), &ladder,
                                          measure_batch_target_ns(cell->threads), figures->clock_step_ns);
    for (size_t i = 0; i < plan_real_arms(cell); i++) {
        const uint64_t asked = cell->arms[i].workload->rewarm_ops, needed = figures->rewarm_ops[i];
        const uint64_t found = rewarm_rung(asked > needed ? asked : needed, ladder.multiple_ops);
        batch.settled &= figures->settled[i];
        batch.rewarm_iterations = found > batch.rewarm_iterations ? found : batch.rewarm_iterations;
    }
    return batch;
}

void pilot_apply(struct plan_cell *cell, const struct pilot_batch *batch, const struct pilot_figures *figures)
{
    cell->rewarm_iterations = batch->rewarm_iterations;
    plan_set_iterations(cell, batch->iterations, cell->state == MEASURE_COLD ? NULL : figures->ns_per_op,
                        figures->clock_step_ns);
}

static double block_time_ns(const struct plan_cell *cell, const double *ns_per_op)
{
    double block_ns = 0;
    for (size_t i = 0; i < plan_real_arms(cell); i++)
        block_ns += 2 * ns_per_op[i] * (double)(cell->arms[i].iterations + cell->rewarm_iterations);
    return block_ns;
}

static uint32_t clock_blocks(double clock_sd, unsigned processes)
{
    const double wanted = pow(CLOCK_Z * clock_sd / CLOCK_TOLERANCE, 2) / processes;
    return (uint32_t)fmin(fmax(wanted, CLOCK_BLOCKS_MIN), CLOCK_BLOCKS_MAX);
}

/* Rounds of linearity, which have every arm once: a share of the blocks for effects. Where claims are decided, as many
 * as if the whole process were timed ops for effects: on `put`, of whose time half is untimed, 13 instead of 43 blocks
 * left the control open, and with it two parts. */
static double linearity_rounds(const struct plan_cell *cell, const struct pilot_figures *figures, double process_ns,
                               double effects_ns)
{
    const double rounds = cell->decides_claims
                              ? LINEARITY_SHARE * process_ns / plan_linearity_ns(cell, figures->ns_per_op)
                              : LINEARITY_SHARE * effects_ns / plan_linearity_ns(cell, figures->whole_ns_per_op);
    return fmin(rounds, LINEARITY_ROUNDS_MAX);
}

/* What a process of so long leaves for blocks of effects, never less than a fourth of it. The fewer blocks, the fewer
 * heaps (measure_epoch_blocks): where set-up takes long, as of a trace that is read, that leaves more for blocks. */
static double effects_ns(const struct plan_cell *cell, const struct pilot_figures *figures, double process_ns)
{
    const double heap_ns = figures->heap_ns + cell->block_ns; /* and one untimed block */
    const double clock_ns = cell->clock_blocks * 2 * PLAN_CLOCK_ARMS * MEASURE_CLOCK_BATCH_NS;
    const double fixed_ns = WARM_UP_NS + clock_ns + WORKER_LINEARITY_HEAPS * heap_ns;
    const double linearity_ns = LINEARITY_MOST / LINEARITY_SHARE * linearity_rounds(cell, figures, process_ns, 0) *
                                plan_linearity_ns(cell, figures->whole_ns_per_op);
    const double left_ns = process_ns - fixed_ns - (cell->decides_claims ? linearity_ns : 0),
                 share = cell->decides_claims ? 1 : 1 + LINEARITY_MOST;
    const double all_heaps_ns = (left_ns - PLAN_EPOCHS * heap_ns) / share,
                 fewer_ns = left_ns / (share + heap_ns / (MEASURE_EPOCH_BLOCKS_MIN * cell->block_ns));
    return fmax(fmax(all_heaps_ns, fewer_ns), process_ns / 4);
}

/* Where less than one round is due, every second process has one; and more blocks for effects, so that it is a fifth.
 */
static void plan_linearity(struct plan_cell *cell, const struct pilot_figures *figures, double rounds,
                           unsigned processes)
{
    const double round_blocks = ceil((double)plan_real_arms(cell) / MEASURE_LINEARITY_ARMS);
    cell->linearity_blocks = (uint32_t)(round_blocks * fmax(rounds, 1));
    cell->linearity_every = 1;
    if (rounds >= 1)
        return;
    const unsigned most = processes / LINEARITY_PROCESSES_MIN;
    cell->linearity_every = (uint32_t)fmin(ceil(1 / rounds), most > 1 ? most : 1);
    const double least =
        plan_linearity_ns(cell, figures->whole_ns_per_op) / (LINEARITY_SHARE * cell->linearity_every * cell->block_ns);
    cell->blocks = (uint32_t)fmax(cell->blocks, ceil(least));
}

void pilot_plan_blocks(struct plan_cell *cell, const struct pilot_figures *figures, unsigned process_ms,
                       unsigned processes)
{
    const double process_ns = process_ms * 1e6;
    cell->block_ns = block_time_ns(cell, figures->whole_ns_per_op);
    cell->clock_blocks = clock_blocks(figures->clock_sd, processes);
    const double blocks = effects_ns(cell, figures, process_ns) / cell->block_ns;
    /* At least BLOCKS_MIN, but no more than a second for them; and never so few that a dropped one voids the process.
     */
    const double least = fmin(BLOCKS_MIN, fmax(LONG_PROCESS_NS / cell->block_ns, SUMMARY_LONG_BLOCKS_MIN + 2));
    cell->blocks = (uint32_t)fmin(fmax(blocks, least), BLOCKS_MAX);
    plan_linearity(cell, figures, linearity_rounds(cell, figures, process_ns, cell->block_ns * cell->blocks),
                   processes);
}
