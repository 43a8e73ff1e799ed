#include "stats/linearity.h"

#include <math.h>
#include <stdbool.h>

#define LEVEL_TOLERANCE 0.01
#define WEIGHT_FLOOR    0.25 /* of the tolerance */

double linearity_level_tolerance(double level, double cycle)
{
    return fmax(LEVEL_TOLERANCE * level, cycle);
}

bool linearity_is_only_size(int64_t iterations, double op_ns)
{
    return iterations == 1 && op_ns > LINEARITY_ONLY_SIZE_NS;
}

struct stats_centre linearity_change(const double *changes, const double *errors, const double *blocks, size_t count,
                                     double tolerance, double alpha)
{
    bool known = false;
    for (size_t i = 0; i < count; i++)
        known = known || !isnan(errors[i]);
    return known && isfinite(tolerance) && tolerance > 0
               ? stats_weighted(changes, errors, blocks, count, WEIGHT_FLOOR * tolerance, alpha)
               : stats_sign(changes, count, alpha);
}
