/*
 * Several runs side by side: other machines, other dates, other compilers. Reads what `analyse` derived in each and
 * writes the tables compare_*.csv into a directory of its own; the runs are not touched.
 *
 * Nanoseconds of one run are never set against those of another: between two runs everything may differ. An effect is a
 * ratio within one run, and the ratios are compared. How far two runs are apart has an interval of its own, from the
 * signed-rank intervals of both (stats_difference_interval), at the confidence of what is exploratory; nothing is
 * divided by the number of effects.
 *
 * The ratio is that of quiet blocks, where a run knows which those are: how much of it had to share its core is no fact
 * of what is compared (compare_internal.h has what that share did to five runs of one build).
 *
 * Those intervals speak of processes. Over all blocks runs of one program on one machine within an hour were apart in 4
 * and in 8 % of their effects where the intervals promise 1 %, so when machines are compared the run is what is
 * counted. Runs of one fingerprint and the same objects are a group: replicates, and how many of their effects are
 * apart is printed, a measured error rate. Between groups an effect is called changed only if every pair of runs across
 * is apart in one direction and the closest such pair is further apart than any two runs of either group; with a single
 * run in either group it is no more than a difference between the runs. Of normal estimates that vary from run to run
 * far more than their intervals say, 9.2 % would be called changed by chance with two runs in each group, 2.9 % with
 * three and two, 0.8 % with three in each (2 000 000 trials). Exact figures need no replicates.
 *
 * Only like is compared with like (compare_like.h); what is not is listed with the reason. A run that this program
 * cannot read (of another schema) is listed too; two at least must be left. One that is not analysed or is damaged is
 * an error.
 */
#ifndef ENCBENCH_COMPARE_H
#define ENCBENCH_COMPARE_H

#include "base/error.h"
#include "base/paths.h"

#include <stddef.h>

enum { COMPARE_RUNS_MAX = 16 };
#define COMPARE_CONFIDENCE 0.99 /* of a change */

/*
 * `runs` ends with NULL. The tables go to a directory that is made for them once all runs are read: `out` where it is
 * not NULL, else one under the results; its name into `directory` (PATH_MAX bytes). On error nothing is left of it.
 */
int compare_write(const struct paths *paths, const char *const *runs, const char *out, char *directory,
                  struct error *error);

#endif
