/*
 * Whether the states `fresh` and `cold` are what they are called: kernels with a known misprediction and a known miss,
 * timed by the worker's own pilot in each state. Writes reached.csv; no rows in a run whose ops are all in the state
 * `repeat`.
 */
#ifndef ENCBENCH_REACHED_H
#define ENCBENCH_REACHED_H

#include "launch/launch.h"

enum { REACHED_PROCESSES = 3 }; /* of a run, in each state */

/* `processes` in each state that the plan has, and in `repeat` beside them; no plan: in all of them. */
int reached_measure(const char *directory, const struct launch *launch, const struct plan *plan,
                    const struct module_info *reached, const struct module_info *chain, unsigned processes,
                    uint64_t seed, bool quiet, struct error *error);

#endif
