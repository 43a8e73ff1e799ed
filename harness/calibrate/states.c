/*
 * How often the control `state` would have spoken of a state that was reached: kernels in each state, in many
 * processes, of which each three in a row are judged as those of a run are.
 */
#include "calibrate/internal.h"

#include "base/paths.h"
#include "count/reached.h"
#include "kernels/kernels.h"
#include "schema.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STATE_TRIALS_MOST = 60 };
#define STATE_TRIALS_A_MINUTE 2.0  /* of the budget: a trial is nine processes, 0.6 s on an Intel VM */
#define BOUND                 0.05 /* of the bounds of a rate */

int calibrate_states(const struct launch *launch, const struct module_info *reached, const struct module_info *chain,
                     const struct calibrate_options *options, uint64_t seed, const char *directory, struct error *error)
{
    const double trials = fmin(fmax(STATE_TRIALS_A_MINUTE * options->budget_minutes, 1), STATE_TRIALS_MOST);
    return reached_measure(directory, launch, NULL, reached, chain, REACHED_PROCESSES * (unsigned)trials, seed,
                           options->quiet, error);
}

/* Least and most cycles of a trial's processes; false: it has not all of them. */
static bool cycles_of(const struct csv_data *table, const char *state, const char *kernel, int64_t trial,
                      double cycles[2])
{
    size_t count = 0;
    cycles[0] = INFINITY;
    cycles[1] = -INFINITY;
    for (size_t r = 0; r < table->row_count; r++)
        if (csv_integer(table, r, SCHEMA_reached_process) / REACHED_PROCESSES == trial &&
            strcmp(csv_text(table, r, SCHEMA_reached_state), state) == 0 &&
            strcmp(csv_text(table, r, SCHEMA_reached_kernel), kernel) == 0) {
            const double seen = csv_number(table, r, SCHEMA_reached_cycles_per_op);
            cycles[0] = fmin(cycles[0], seen);
            cycles[1] = fmax(cycles[1], seen);
            count++;
        }
    return count == REACHED_PROCESSES;
}

static int add_state(struct calibrate_figures *figures, const struct csv_data *table, enum measure_state state,
                     struct error *error)
{
    const bool fresh = state == MEASURE_FRESH;
    const char *kernel = reached_cost_in(fresh, (double[2]){0}, (double[2]){0}).kernel;
    struct calibrate_figure *row = calibrate_figures_add(figures, error);
    if (row == NULL)
        return error->code;
    row->property = "state";
    row->figure = "not_shown";
    row->unit = "percent";
    row->processes = REACHED_PROCESSES;
    row->is_rate = row->has_trials = true;
    snprintf(row->subject, sizeof row->subject, "%s", measure_state_words[state]);
    snprintf(row->design, sizeof row->design, CALIBRATE_FRESH);
    double there[2], repeat[2];
    for (int64_t trial = 0; cycles_of(table, measure_state_words[state], kernel, trial, there) &&
                            cycles_of(table, measure_state_words[MEASURE_REPEAT], kernel, trial, repeat);
         trial++) {
        const struct reached_cost seen = reached_cost_in(fresh, there, repeat);
        row->trials++;
        row->count += seen.least < seen.enough;
    }
    if (row->trials == 0) {
        snprintf(row->reason, sizeof row->reason, "too few processes for a trial");
        return 0;
    }
    const struct stats_interval bounds = stats_proportion_interval(row->count, row->trials, BOUND);
    row->value = 100.0 * (double)row->count / (double)row->trials;
    row->low = 100 * bounds.low;
    row->high = 100 * bounds.high;
    return 0;
}

int calibrate_add_states(struct calibrate_figures *figures, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_data table = {0};
    if (paths_join(path, directory, schema_reached.file, error) != 0 || access(path, F_OK) != 0 ||
        csv_read(path, &schema_reached, &table, error) != 0)
        return error->code;
    for (enum measure_state state = MEASURE_FRESH; state <= MEASURE_COLD && error->code == 0; state++)
        add_state(figures, &table, state, error);
    csv_free(&table);
    return error->code;
}
