#include "count/reached.h"

#include "base/paths.h"
#include "base/progress.h"
#include "kernels/kernels.h"
#include "launch/pilot.h"
#include "schema.h"
#include "store/csv.h"

#include <stdio.h>
#include <string.h>

enum { REAL_ARMS = 2 };
/* Numbers of processes that no other pilot has. */
#define REACHED_FIRST (1ull << 44)
#define REACHED_STATE (1ull << 40) /* from those of one state to those of the next */

static bool plan_has(const struct plan *plan, enum measure_state state)
{
    for (size_t i = 0; plan && i < plan->cell_count; i++)
        if (plan->cells[i].state == state)
            return true;
    return plan == NULL;
}

/* The two kernels in a state, and the chain beside them. */
static int make_cell(struct plan_cell *cell, enum measure_state state, const struct module_info *reached,
                     const struct module_info *chain, struct error *error)
{
    static const char *const kernels[REAL_ARMS] = {REACHED_BY_BRANCHES, REACHED_BY_LINES};
    *cell = (struct plan_cell){.state = state, .first_shared = REAL_ARMS};
    for (size_t i = 0; i < REAL_ARMS && error->code == 0; i++) {
        char name[ENCBENCH_NAME_BYTES];
        snprintf(name, sizeof name, "%s%s%s", kernels[i], state ? "." : "", state ? measure_state_words[state] : "");
        plan_add_kernel(cell, name, PLAN_CONTENDER, reached, name, error);
    }
    static const char *const clock[PLAN_CLOCK_ARMS] = {"chain", "chain_planted", "chain_multiply"};
    for (size_t i = 0; i < PLAN_CLOCK_ARMS && error->code == 0; i++)
        plan_add_kernel(cell, clock[i], PLAN_CLOCK, chain, clock[i], error);
    return error->code;
}

static int measure_state(struct csv_writer *writer, const struct launch *launch, enum measure_state state,
                         const struct module_info *reached, const struct module_info *chain, unsigned processes,
                         uint64_t seed, struct progress *progress, struct error *error)
{
    struct plan_cell cell;
    static const int events[REAL_ARMS] = {REACHED_BRANCHES, REACHED_LINES};
    if (make_cell(&cell, state, reached, chain, error) != 0)
        return error->code;
    for (uint64_t process = 0; process < processes && error->code == 0; process++) {
        struct pilot_figures figures;
        if (pilot_measure(launch, &cell, REACHED_FIRST + state * REACHED_STATE + process, 1, seed, &figures, error) !=
            0)
            return error->code;
        const double cycle_ns = figures.ns_per_op[REAL_ARMS] / CHAIN_CYCLES_PER_OP;
        for (size_t i = 0; i < REAL_ARMS; i++) {
            csv_put_integer(writer, (int64_t)process);
            csv_put_text(writer, measure_state_words[state]);
            csv_put_text(writer, i == 0 ? REACHED_BY_BRANCHES : REACHED_BY_LINES);
            csv_put_integer(writer, events[i]);
            csv_put_number(writer, figures.ns_per_op[i] / cycle_ns);
            csv_end_row(writer);
        }
        progress_step(progress);
    }
    return error->code;
}

int reached_measure(const char *directory, const struct launch *launch, const struct plan *plan,
                    const struct module_info *reached, const struct module_info *chain, unsigned processes,
                    uint64_t seed, bool quiet, struct error *error)
{
    char path[PATH_MAX];
    struct progress progress;
    struct csv_writer *writer;
    const bool any = plan_has(plan, MEASURE_FRESH) || plan_has(plan, MEASURE_COLD);
    if (paths_join(path, directory, schema_reached.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_reached, CSV_REPLACE, error) != 0)
        return error->code;
    const size_t states = any * (1u + plan_has(plan, MEASURE_FRESH) + plan_has(plan, MEASURE_COLD));
    progress_start(&progress, "states", states * processes, quiet);
    for (enum measure_state state = MEASURE_REPEAT; state <= MEASURE_COLD && any && error->code == 0; state++)
        if (state == MEASURE_REPEAT || plan_has(plan, state))
            measure_state(writer, launch, state, reached, chain, processes, seed, &progress, error);
    progress_end(&progress);
    struct error closing = {0};
    if (csv_writer_close(writer, &closing) != 0 && error->code == 0)
        *error = closing;
    return error->code;
}
