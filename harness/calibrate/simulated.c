#include "calibrate/internal.h"

#include "calibrate/simulate.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOUND  0.05 /* of the bounds of a rate */
#define TARGET "not shown to be more than 1 percent"
enum { SEED = 1, TRIALS = 500 };

struct appending {
    struct calibrate_figures *figures;
    struct error *error;
};

static void append(const struct simulate_figure *figure, void *context)
{
    struct appending *appending = context;
    struct calibrate_figure *row = calibrate_figures_add(appending->figures, appending->error);
    if (row == NULL)
        return;
    /* One target for all together: of fifty rates the odd one would stray beyond its own bounds. */
    const bool has_target = strcmp(figure->subject, "all") == 0;
    const struct stats_interval bounds = stats_proportion_interval(figure->count, figure->trials, BOUND);
    *row = (struct calibrate_figure){
        .property = "simulation",
        .figure = figure->figure,
        .unit = "percent",
        .true_effect_unit = "",
        .target = has_target ? TARGET : "",
        .true_effect = NAN,
        .confidence = 1 - figure->alpha,
        .value = 100.0 * (double)figure->count / (double)figure->trials,
        .low = 100 * bounds.low,
        .high = 100 * bounds.high,
        .processes = figure->processes,
        .has_trials = true,
        .is_rate = true,
        .trials = figure->trials,
        .count = figure->count,
        .status = !has_target                   ? CALIBRATE_NO_TARGET
                  : bounds.low <= figure->alpha ? CALIBRATE_MET
                                                : CALIBRATE_MISSED,
    };
    snprintf(row->subject, sizeof row->subject, "%s", figure->subject);
    snprintf(row->design, sizeof row->design, "simulated");
    if (row->status == CALIBRATE_MISSED)
        snprintf(row->reason, sizeof row->reason,
                 "the statistics err more often than they promise: no machine is needed");
    else if (!figure->promised)
        snprintf(row->reason, sizeof row->reason,
                 "of skewed differences nothing is promised but about their pseudo-median");
}

int calibrate_add_simulated(struct calibrate_figures *figures, struct error *error)
{
    struct appending appending = {figures, error};
    if (!simulate_figures(SEED, TRIALS, append, &appending) && error->code == 0)
        error_out_of_memory(error);
    return error->code;
}
