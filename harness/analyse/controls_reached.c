#include "analyse/controls_internal.h"
#include "kernels/kernels.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Cycles of a kernel in a state: the least and the most of its processes; the first is infinite when there are none. */
static struct stats_interval cycles_in(const struct analyse_data *data, const char *state, const char *kernel)
{
    struct stats_interval seen = {INFINITY, -INFINITY};
    const struct csv_data *table = &data->reached;
    for (size_t row = 0; row < table->row_count; row++)
        if (strcmp(csv_text(table, row, SCHEMA_reached_state), state) == 0 &&
            strcmp(csv_text(table, row, SCHEMA_reached_kernel), kernel) == 0) {
            seen.low = fmin(seen.low, csv_number(table, row, SCHEMA_reached_cycles_per_op));
            seen.high = fmax(seen.high, csv_number(table, row, SCHEMA_reached_cycles_per_op));
        }
    return seen;
}

/*
 * Ops in `fresh` mispredict what those in `repeat` know by heart, ops in `cold` miss what those find: by kernels whose
 * branches and lines are counted, in a few processes of which all must say so. Of 256 branches by a random bit 128 are
 * mispredicted.
 */
void check_reached(struct check *check, size_t panel, size_t workload)
{
    const char *state = analyse_workload_state(check->data, workload);
    const bool fresh = strcmp(state, measure_state_words[MEASURE_FRESH]) == 0;
    if (!fresh && strcmp(state, measure_state_words[MEASURE_COLD]) != 0)
        return;
    struct analyse_control *control = control_add(check, "state", panel, workload);
    if (!control)
        return;
    const char *kernel = fresh ? REACHED_BY_BRANCHES : REACHED_BY_LINES;
    const double events = fresh ? REACHED_BRANCHES / 2.0 : REACHED_LINES;
    const double least = fresh ? REACHED_MISPREDICTION_CYCLES_LEAST : REACHED_MISS_CYCLES_LEAST;
    const struct stats_interval there = cycles_in(check->data, state, kernel),
                                warm = cycles_in(check->data, measure_state_words[MEASURE_REPEAT], kernel);
    snprintf(control->expected, sizeof control->expected,
             "cycles of a %s in this state over those in repeat: at least %g; least and most of the processes seen",
             fresh ? "misprediction" : "miss", least);
    if (isinf(there.low) || isinf(warm.low)) {
        snprintf(control->reason, sizeof control->reason, "the run has no kernel in the states %s and repeat", state);
        return;
    }
    const struct stats_interval seen = {(there.low - warm.high) / events, (there.high - warm.low) / events};
    control_see(control, (seen.low + seen.high) / 2, seen);
    control->status = seen.low >= least ? ANALYSE_HOLDS : seen.high < least ? ANALYSE_FAILED : ANALYSE_IMPRECISE;
    if (control->status != ANALYSE_HOLDS)
        snprintf(control->reason, sizeof control->reason,
                 "%.3g to %.3g cycles: ops in the state %s may have been as warm as in repeat", seen.low, seen.high,
                 state);
}
