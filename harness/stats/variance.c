#include "stats/variance.h"

#include "stats/stats.h"

#include <math.h>

const char *const variance_words[VARIANCE_COMPONENTS] = {"block", "heap placement", "state", "layout"};

/* Mean square of the errors that there are; NaN when fewer than half of the processes have one. */
static double mean_square(const double *errors, size_t count)
{
    double sum = 0;
    size_t there = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(errors[i])) {
            sum += errors[i] * errors[i];
            there++;
        }
    return there > 0 && 2 * there >= count ? sum / (double)there : NAN;
}

/* Adjusted R^2 of a line through the points; 0 where it would be negative or `x` does not vary. */
static double explained_share(const double *x, const double *y, size_t count)
{
    const double mean_x = stats_mean(x, count), mean_y = stats_mean(y, count);
    double xx = 0, xy = 0, yy = 0;
    for (size_t i = 0; i < count; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    if (count < 3 || !(xx > 0) || !(yy > 0))
        return 0;
    const double rest = 1 - xy * xy / (xx * yy);
    return fmax(0, 1 - rest * (double)(count - 1) / (double)(count - 2));
}

static struct variance_split not_split(double sd, const char *reason)
{
    return (struct variance_split){
        .reason = reason, .sd = sd, .component_sd = {NAN, NAN, NAN, NAN}, .largest_percent = NAN};
}

struct variance_split variance_components(const double *values, const double *block, const double *heap,
                                          const double *shared, size_t count)
{
    const double sd = stats_standard_deviation(values, count);
    double component[VARIANCE_COMPONENTS] = {mean_square(block, count), mean_square(heap, count)}, sum = 0;
    if (!isfinite(sd))
        return not_split(sd, "fewer than two processes");
    if (isnan(component[VARIANCE_BLOCK]) || isnan(component[VARIANCE_HEAP]))
        return not_split(sd, "no standard errors by block noise and heap placement: too few blocks for two heaps a "
                             "process; or measured before they were told apart");
    component[VARIANCE_STATE] = explained_share(shared, values, count) * sd * sd;
    component[VARIANCE_LAYOUT] =
        fmax(0, sd * sd - component[VARIANCE_BLOCK] - component[VARIANCE_HEAP] - component[VARIANCE_STATE]);
    struct variance_split split = {.valid = true, .reason = "", .sd = sd};
    for (enum variance_component i = VARIANCE_BLOCK; i < VARIANCE_COMPONENTS; i++) {
        split.component_sd[i] = sqrt(component[i]);
        split.largest = component[i] > component[split.largest] ? i : split.largest;
        sum += component[i];
    }
    if (!(sum > 0))
        return not_split(sd, "no spread at all");
    split.largest_percent = 100 * component[split.largest] / sum;
    return split;
}

double variance_length_instead(const struct variance_split *split, size_t processes, size_t needed, double process_ms)
{
    double sum = 0;
    for (enum variance_component i = VARIANCE_BLOCK; i < VARIANCE_COMPONENTS && split->valid; i++)
        sum += split->component_sd[i] * split->component_sd[i];
    if (!(sum > 0) || needed <= processes)
        return 0;
    const double block = split->component_sd[VARIANCE_BLOCK] * split->component_sd[VARIANCE_BLOCK];
    const double left = sum * (double)processes / (double)needed - (sum - block); /* of the block noise */
    const double factor = left > 0 ? block / left : INFINITY;
    const double longer_ms = (double)processes * (VARIANCE_PROCESS_OVERHEAD_MS + factor * process_ms);
    const double more_ms = (double)needed * (VARIANCE_PROCESS_OVERHEAD_MS + process_ms);
    return factor <= VARIANCE_LENGTH_MAX && longer_ms < more_ms ? factor : 0;
}
