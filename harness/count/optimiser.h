/*
 * Whether what is timed is the op: a compiler may have removed it (nobody uses the result), folded it (its input is a
 * constant) or hoisted it out of the loop (every op has the same input), and the loop that is left is very fast. Two
 * kinds of evidence, neither of them a time: instructions of n and of 2n ops (optimiser_rule.h), and the output for
 * other inputs and after several ops (worker_output.h). What one of them finds is refused by name; what neither could
 * look at is "not checked" with the reason. Writes optimiser.csv.
 *
 * The first op of a module that was given may need WORKER_STEP_TRAPS_MAX traps: all of a long op that was hoisted. One
 * of the project's own variants, or one whose output after several ops is that of the last input, so that it cannot
 * have been hoisted, is stepped no further than OPTIMISER_TRAPS: it was not removed.
 *
 * What was found is kept in optimiser-cache.csv in the build directory, as counts of instructions are (instructions.h),
 * and never a refusal.
 */
#ifndef ENCBENCH_OPTIMISER_H
#define ENCBENCH_OPTIMISER_H

#include "launch/launch.h"

/* Checks the timed workloads of all modules that are not left out, planted ones that are planned among them;
 * `workloads` selects (NULL: all). Refused: EXIT_USAGE, and one line that names file, variant and workload. */
int optimiser_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                      const char *const *workloads, bool quiet, struct error *error);

#endif
