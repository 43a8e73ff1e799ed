#include "gate/time_internal.h"

#include "kernels/kernels.h"
#include "launch/pilot.h"
#include "summary/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROCESS_MS_MOST = 60,
    PROCESS_MS_LEAST = 10,
    BLOCKS_MIN = 16,
    BLOCKS_MAX = 4000,
    SPARE_BLOCKS = 2,     /* for those that are dropped, of ops so long that the least number of blocks must do */
    COPY_BLOCKS_MIN = 64, /* a cell with at least so many blocks stands for the others of its workload */
};
/* Beside its measuring time a process takes so long, links of eight arms and warm-up included. */
#define PROCESS_OTHER_S 0.09
/* The first pass over the whole table; pilots, digests and the second pass take the rest of three minutes. */
#define PASS_BUDGET_S 120.0
/* Of ops so long that BLOCKS_MIN of them would take longer, a process has fewer blocks, and of the longest the least
 * that will do: three blocks of 16 MiB ops took a third of the whole table's time. */
#define LONG_PROCESS_NS 100e6
#define PILOT_FIRST     (1ull << 48)

size_t gate_time_cell_pairs(const struct plan_cell *cell)
{
    return (cell->arm_count - GATE_TIME_CLOCK_ARMS) / 2;
}

static void add_pair(struct gate_time_cells *cells, size_t c, const struct gate_time *lane, size_t r)
{
    struct plan_cell *cell = &cells->plan.cells[c];
    const struct gate_time_row *row = &lane->rows[r];
    char name[ENCBENCH_NAME_BYTES];
    const size_t base = cell->arm_count;
    cells->rows[c][cell->contrast_count] = r;
    snprintf(name, sizeof name, "base:%.110s", row->base->variant);
    plan_add_arm(cell, name, PLAN_BASELINE, row->base, row->base_workload);
    snprintf(name, sizeof name, "head:%.110s", row->head->variant);
    plan_add_arm(cell, name, row->plant ? PLAN_PLANTED : PLAN_CONTENDER, row->head, row->head_workload);
    plan_add_contrast(cell, row->plant ? row->plant : row->head->variant, base, base + 1, 1);
}

static int add_clock(struct plan_cell *cell, const struct module_info *chain, struct error *error)
{
    static const char *const names[] = {"chain", "chain_planted"};
    const size_t first = cell->first_shared = cell->arm_count;
    for (size_t i = 0; i < GATE_TIME_CLOCK_ARMS; i++)
        if (plan_add_kernel(cell, names[i], PLAN_CLOCK, chain, names[i], error) != 0)
            return error->code;
    plan_add_contrast(cell, "cycle", first, first + 1, 1.0 / CHAIN_PLANTED_EXTRA_CYCLES);
    return 0;
}

/* The cell that has room for a row, or a new one. */
static size_t cell_for(struct gate_time_cells *cells, const struct gate_time_row *row)
{
    struct plan *plan = &cells->plan;
    const char *panel = row->plant ? "planted" : "gate";
    for (size_t c = 0; c < plan->cell_count; c++)
        if (plan->cells[c].contrast_count < GATE_TIME_PAIRS && strcmp(plan->cells[c].panel, panel) == 0 &&
            strcmp(plan->cells[c].workload, row->head_workload->short_name) == 0)
            return c;
    struct plan_cell *cell = &plan->cells[plan->cell_count];
    snprintf(cell->panel, sizeof cell->panel, "%s", panel);
    snprintf(cell->workload, sizeof cell->workload, "%s", row->head_workload->short_name);
    return plan->cell_count++;
}

int gate_time_cells_build(struct gate_time_cells *cells, const struct gate_time *lane, const bool *wanted,
                          const struct module_info *chain, struct error *error)
{
    *cells = (struct gate_time_cells){.plan.cells = calloc(lane->row_count + 1, sizeof *cells->plan.cells),
                                      .rows = calloc(lane->row_count + 1, sizeof *cells->rows),
                                      .settled = calloc(lane->row_count + 1, sizeof *cells->settled)};
    if (cells->plan.cells == NULL || cells->rows == NULL || cells->settled == NULL)
        return error_out_of_memory(error);
    for (size_t r = 0; r < lane->row_count; r++)
        if (lane->rows[r].status == GATE_TIME_JUDGED && (wanted == NULL || wanted[r]))
            add_pair(cells, cell_for(cells, &lane->rows[r]), lane, r);
    for (size_t c = 0; c < cells->plan.cell_count && error->code == 0; c++)
        add_clock(&cells->plan.cells[c], chain, error);
    return error->code;
}

void gate_time_cells_free(struct gate_time_cells *cells)
{
    free(cells->plan.cells);
    free(cells->rows);
    free(cells->settled);
    *cells = (struct gate_time_cells){0};
}

/* ---- pilot ---- */

static double block_time_ns(const struct plan_cell *cell, const double *ns_per_op)
{
    double block_ns = 0;
    for (size_t i = 0; i < cell->arm_count; i++)
        block_ns += 2 * ns_per_op[i] * (double)(cell->arms[i].iterations + cell->arms[i].workload->rewarm_ops);
    return block_ns;
}

static void set_clock(struct plan_cell *cell, uint64_t iterations)
{
    const uint64_t longer = cell->blocks > 0 && cell->blocks < PLAN_FEW_BLOCKS ? PLAN_LONG_CLOCK : 1;
    for (size_t i = cell->arm_count - GATE_TIME_CLOCK_ARMS; i < cell->arm_count; i++)
        cell->arms[i].iterations = iterations * longer;
}

/* What the modules ask for: both sides are warmed alike. */
static uint64_t most_rewarm_ops(const struct plan_cell *cell)
{
    uint64_t most = 0;
    for (size_t i = 0; i + GATE_TIME_CLOCK_ARMS < cell->arm_count; i++)
        if (cell->arms[i].workload->rewarm_ops > most)
            most = cell->arms[i].workload->rewarm_ops;
    return most;
}

static void choose(struct plan_cell *cell, const struct pilot_figures *pilot, double process_ns)
{
    const size_t real_arms = cell->arm_count - GATE_TIME_CLOCK_ARMS;
    const struct measure_ladder ladder = plan_ladder(cell), clock_ladder = {.multiple_ops = 1};
    plan_set_iterations(
        cell, measure_iterations(pilot->ns_per_op, real_arms, &ladder, MEASURE_BATCH_NS, pilot->clock_step_ns), NULL,
        pilot->clock_step_ns);
    cell->rewarm_iterations = most_rewarm_ops(cell);
    const uint64_t clock_iterations = measure_iterations(&pilot->ns_per_op[real_arms], 1, &clock_ladder,
                                                         MEASURE_CLOCK_BATCH_NS, pilot->clock_step_ns);
    set_clock(cell, clock_iterations);
    const double block_ns = block_time_ns(cell, pilot->ns_per_op);
    const double least = fmin(BLOCKS_MIN, LONG_PROCESS_NS / block_ns),
                 blocks = fmin(fmax(process_ns / block_ns, least), BLOCKS_MAX);
    const bool too_few = blocks < SUMMARY_LONG_BLOCKS_MIN + SPARE_BLOCKS;
    cell->blocks = too_few ? SUMMARY_LONG_BLOCKS_MIN + SPARE_BLOCKS : (uint32_t)blocks;
    cell->blocks_enough = too_few ? SUMMARY_LONG_BLOCKS_MIN : 0;
    set_clock(cell, clock_iterations); /* longer where there are few blocks */
    cell->block_ns = block_time_ns(cell, pilot->ns_per_op);
}

/* A cell may have fewer pairs than the one that had the pilot: it takes about as long with more blocks. Its variants
 * may be slower as well: a process is cut after twice the time, which leaves half the blocks of a cell of many. */
static void copy_choice(struct plan_cell *cell, const struct plan_cell *from)
{
    const size_t real_arms = cell->arm_count - GATE_TIME_CLOCK_ARMS;
    const double share = (double)cell->arm_count / (double)from->arm_count;
    for (size_t i = 0; i < cell->arm_count; i++)
        cell->arms[i].iterations = from->arms[i < real_arms ? 0 : from->arm_count - 1].iterations;
    cell->ladder = from->ladder;
    cell->rewarm_iterations = from->rewarm_iterations;
    cell->blocks = from->blocks < PLAN_FEW_BLOCKS
                       ? from->blocks
                       : (uint32_t)fmin(fmax(from->blocks / share, PLAN_FEW_BLOCKS), BLOCKS_MAX);
    cell->blocks_enough = from->blocks_enough;
    cell->block_ns = from->block_ns * share;
}

/* The cell of the workload whose arms are slowest; NULL without any. */
static const struct plan_cell *slowest_of_workload(const char *workload, const struct plan *from, size_t count)
{
    const struct plan_cell *slowest = NULL;
    for (size_t c = 0; c < count; c++) {
        const struct plan_cell *cell = &from->cells[c];
        if (strcmp(cell->workload, workload) == 0 &&
            (slowest == NULL || cell->block_ns / cell->arm_count > slowest->block_ns / slowest->arm_count))
            slowest = cell;
    }
    return slowest;
}

void gate_time_cells_copy(struct gate_time_cells *cells, const struct gate_time_cells *from)
{
    for (size_t c = 0; c < cells->plan.cell_count; c++) {
        struct plan_cell *cell = &cells->plan.cells[c];
        copy_choice(cell, slowest_of_workload(cell->workload, &from->plan, from->plan.cell_count));
    }
}

/* Measuring time of a process, so that a pass over all cells fits. */
static double process_ns(const struct gate_time_cells *cells, unsigned process_ms, unsigned processes)
{
    const double left_s = PASS_BUDGET_S / ((double)cells->plan.cell_count * processes) - PROCESS_OTHER_S;
    const double chosen_ms = fmin(fmax(1e3 * left_s, PROCESS_MS_LEAST), PROCESS_MS_MOST);
    return 1e6 * (process_ms ? process_ms : chosen_ms);
}

int gate_time_cells_pilot(struct gate_time_cells *cells, const struct launch *launch,
                          const struct gate_time_options *options, unsigned processes, struct error *error)
{
    struct pilot_figures pilot;
    for (size_t c = 0; c < cells->plan.cell_count && error->code == 0; c++) {
        struct plan_cell *cell = &cells->plan.cells[c];
        const struct plan_cell *like = slowest_of_workload(cell->workload, &cells->plan, c);
        if (like && like->blocks >= COPY_BLOCKS_MIN)
            copy_choice(cell, like);
        else if (pilot_measure(launch, cell, PILOT_FIRST + c, 1, options->seed, &pilot, error) == 0)
            choose(cell, &pilot, process_ns(cells, options->process_ms, processes));
    }
    return error->code;
}

double gate_time_cells_expected_s(const struct gate_time_cells *cells, unsigned processes, unsigned settled)
{
    double seconds = 0;
    for (size_t c = 0; c < cells->plan.cell_count; c++) {
        const struct plan_cell *cell = &cells->plan.cells[c];
        const unsigned count = cell->arms[1].role == PLAN_PLANTED ? GATE_TIME_PASSES * processes : settled;
        const uint32_t blocks = cell->blocks_enough ? cell->blocks_enough : cell->blocks;
        seconds += count * (PROCESS_OTHER_S + cell->block_ns * blocks / 1e9);
    }
    return seconds;
}
