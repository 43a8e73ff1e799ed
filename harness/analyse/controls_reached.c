#include "analyse/controls_internal.h"
#include "kernels/kernels.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Cycles of a kernel in a state: the least and the most of its processes. False: there are none. */
static bool cycles_in(const struct analyse_data *data, const char *state, const char *kernel, double cycles[2])
{
    const struct csv_data *table = &data->reached;
    cycles[0] = INFINITY;
    cycles[1] = -INFINITY;
    for (size_t row = 0; row < table->row_count; row++)
        if (strcmp(csv_text(table, row, SCHEMA_reached_state), state) == 0 &&
            strcmp(csv_text(table, row, SCHEMA_reached_kernel), kernel) == 0) {
            cycles[0] = fmin(cycles[0], csv_number(table, row, SCHEMA_reached_cycles_per_op));
            cycles[1] = fmax(cycles[1], csv_number(table, row, SCHEMA_reached_cycles_per_op));
        }
    return cycles[0] <= cycles[1];
}

/*
 * Ops in `fresh` mispredict what those in `repeat` know by heart, ops in `cold` miss what those find: by kernels whose
 * branches and lines are counted, in a few processes of which all must say so.
 */
void check_reached(struct check *check, size_t panel, size_t workload)
{
    const char *state = analyse_workload_state(check->data, workload), *repeat = measure_state_words[MEASURE_REPEAT];
    const bool fresh = strcmp(state, measure_state_words[MEASURE_FRESH]) == 0;
    if (!fresh && strcmp(state, measure_state_words[MEASURE_COLD]) != 0)
        return;
    struct analyse_control *control = control_add(check, "state", panel, workload);
    if (!control)
        return;
    double there[2], warm[2];
    const struct reached_cost asked = reached_cost_in(fresh, (double[2]){0}, (double[2]){0});
    const bool both =
        cycles_in(check->data, state, asked.kernel, there) && cycles_in(check->data, repeat, asked.kernel, warm);
    snprintf(control->expected, sizeof control->expected,
             "cycles of a %s in this state over those in repeat: at least %g; least and most of the processes seen",
             fresh ? "misprediction" : "miss", asked.enough);
    if (!both) {
        snprintf(control->reason, sizeof control->reason, "the run has no kernel in the states %s and repeat", state);
        return;
    }
    const struct reached_cost seen = reached_cost_in(fresh, there, warm);
    control_see(control, (seen.least + seen.most) / 2, (struct stats_interval){seen.least, seen.most});
    control->status = seen.least >= seen.enough ? ANALYSE_HOLDS
                      : seen.most < seen.enough ? ANALYSE_FAILED
                                                : ANALYSE_IMPRECISE;
    if (control->status != ANALYSE_HOLDS)
        snprintf(control->reason, sizeof control->reason,
                 "%.3g to %.3g cycles: ops in the state %s may have been as warm as in repeat", seen.least, seen.most,
                 state);
}
