#include "count/reached.h"

#include "base/paths.h"
#include "kernels/kernels.h"
#include "launch/pilot.h"
#include "schema.h"
#include "store/csv.h"

#include <stdio.h>
#include <string.h>

enum { PROCESSES = 3, REAL_ARMS = 2 };
/* Numbers of processes that no other pilot has. */
#define REACHED_FIRST (1ull << 44)

static bool plan_has(const struct plan *plan, enum measure_state state)
{
    for (size_t i = 0; i < plan->cell_count; i++)
        if (plan->cells[i].state == state)
            return true;
    return false;
}

static int add_arm(struct plan_cell *cell, const struct module_info *module, const char *name, enum plan_role role,
                   struct error *error)
{
    struct plan_arm *arm = &cell->arms[cell->arm_count++];
    *arm = (struct plan_arm){.role = role, .module = module, .workload = module_info_workload(module, name)};
    snprintf(arm->name, sizeof arm->name, "%s", name);
    return arm->workload ? 0 : error_set(error, EXIT_USAGE, "%s: has no workload %s; build again", module->file, name);
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
        add_arm(cell, reached, name, PLAN_CONTENDER, error);
    }
    static const char *const clock[PLAN_CLOCK_ARMS] = {"chain", "chain_planted", "chain_multiply"};
    for (size_t i = 0; i < PLAN_CLOCK_ARMS && error->code == 0; i++)
        add_arm(cell, chain, clock[i], PLAN_CLOCK, error);
    return error->code;
}

static int measure_state(struct csv_writer *writer, const struct launch *launch, enum measure_state state,
                         const struct module_info *reached, const struct module_info *chain, uint64_t seed,
                         struct error *error)
{
    struct plan_cell cell;
    static const int events[REAL_ARMS] = {REACHED_BRANCHES, REACHED_LINES};
    if (make_cell(&cell, state, reached, chain, error) != 0)
        return error->code;
    for (uint64_t process = 0; process < PROCESSES && error->code == 0; process++) {
        struct pilot_figures figures;
        if (pilot_measure(launch, &cell, REACHED_FIRST + state * PROCESSES + process, 1, seed, &figures, error) != 0)
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
    }
    return error->code;
}

int reached_measure(const char *directory, const struct launch *launch, const struct plan *plan,
                    const struct module_info *reached, const struct module_info *chain, uint64_t seed,
                    struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer;
    const bool any = plan_has(plan, MEASURE_FRESH) || plan_has(plan, MEASURE_COLD);
    if (paths_join(path, directory, schema_reached.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_reached, CSV_REPLACE, error) != 0)
        return error->code;
    for (enum measure_state state = MEASURE_REPEAT; state <= MEASURE_COLD && any && error->code == 0; state++)
        if (state == MEASURE_REPEAT || plan_has(plan, state))
            measure_state(writer, launch, state, reached, chain, seed, error);
    struct error closing = {0};
    if (csv_writer_close(writer, &closing) != 0 && error->code == 0)
        *error = closing;
    return error->code;
}
