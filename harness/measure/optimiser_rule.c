#include "measure/optimiser_rule.h"

#include <math.h>

double optimiser_per_op(const struct optimiser_counts *counts)
{
    const double n = (double)counts->operations;
    if (counts->single)
        return counts->zero_known ? ((double)counts->instructions_n - (double)counts->instructions_0) / n : NAN;
    return ((double)counts->instructions_2n - (double)counts->instructions_n) / n;
}

double optimiser_fixed(const struct optimiser_counts *counts)
{
    if (counts->single || !counts->zero_known)
        return NAN;
    return (double)counts->instructions_n - (double)counts->operations * optimiser_per_op(counts) -
           (double)counts->instructions_0;
}

/* The first op of a run, as far as it costs more than the others; without i(0) at most so much. */
static double most_fixed(const struct optimiser_counts *counts)
{
    return (double)counts->instructions_n - (double)counts->operations * optimiser_per_op(counts);
}

enum optimiser_found optimiser_judge(const struct optimiser_counts *counts)
{
    const double per_op = optimiser_per_op(counts), fixed = optimiser_fixed(counts);
    const double bound = fmax(OPTIMISER_HOISTED_MIN, 4 * per_op);
    if (isnan(per_op))
        return OPTIMISER_OPEN;
    if (per_op <= 0)
        return OPTIMISER_REMOVED;
    if (!counts->single && per_op >= 2 && per_op < OPTIMISER_OP_MIN) {
        if (fixed >= bound)
            return OPTIMISER_HOISTED;
        if (isnan(fixed) && !counts->empty_loop && most_fixed(counts) >= bound)
            return OPTIMISER_OPEN;
    }
    return counts->empty_loop && counts->declares ? OPTIMISER_EMPTY_LOOP : OPTIMISER_PRESENT;
}
