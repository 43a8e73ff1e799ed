/*
 * Whether an op takes the same time in batches of other sizes: the rule, for the control of a run and for its error
 * rates in a calibration. Pure.
 */
#ifndef ENCBENCH_LINEARITY_H
#define ENCBENCH_LINEARITY_H

#include "stats/stats.h"

#include <stdbool.h>
#include <stdint.h>

/* What a level may change by another size of the batch: 1 % of it or a cycle, on the same scale as both. */
double linearity_level_tolerance(double level, double cycle);

/*
 * Whether no run would have another size: a batch is one op (n = 1), and that one takes more than
 * LINEARITY_ONLY_SIZE_NS, twice the time that n is chosen for, so that neither a pilot nor a machine twice as fast
 * would choose two. What cannot be shown of two such ops is then no hidden factor of one; that they do differ would
 * still say something of the op.
 */
bool linearity_is_only_size(int64_t iterations, double op_ns);
#define LINEARITY_ONLY_SIZE_NS 50000.0

/*
 * Change by another size, one value a process, with its standard error within the process (NaN of one block) and the
 * blocks that it is of. Processes count by how precisely each knows its own change. On a core that others use half of
 * them know it within a tenth of the tolerance and show nothing, and some within twice the tolerance and lie anywhere
 * in there, most of them above 0 because a longer batch is interrupted more often: in one run -0.01 -+ 0.01 and 2.03
 * -+ 1.36 % of one arm. By the exact interval of their median, which older runs get (they have no standard errors), 6
 * and 10 of 12 cells of two such runs were imprecise. What is known better than a quarter of the tolerance counts no
 * more for it.
 */
struct stats_centre linearity_change(const double *changes, const double *errors, const double *blocks, size_t count,
                                     double tolerance, double alpha);

#endif
