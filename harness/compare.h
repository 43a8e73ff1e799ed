/*
 * Several runs side by side: other machines, other dates, other compilers. Reads what `analyse` derived in each and writes the tables
 * compare_*.csv into a directory of its own; the runs are not touched.
 *
 * Nanoseconds of one run are never set against those of another: between two runs everything may differ. An effect is a ratio within
 * one run, and the ratios are compared. By how much they differ has an interval of its own, from the log ratios of the processes of
 * both runs (stats_shift), at the confidence of what is exploratory; nothing is divided by the number of effects, so one in a hundred
 * misses by chance. It takes both runs to be spread alike. Of normal values of which one run's are spread three times as widely as the
 * other's, 1.6 in a hundred miss with 20 processes in each or 64 in each, and 4.5 with 20 of the wider and 64 of the narrower
 * (20000 trials): compare runs of one profile.
 *
 * Only like is compared with like (compare_like.h); what is not is listed with the reason. A run that this program cannot read (of
 * another schema) is listed too; two at least must be left. One that is not analysed or is damaged is an error.
 */
#ifndef ENCBENCH_COMPARE_H
#define ENCBENCH_COMPARE_H

#include "error.h"
#include "paths.h"

#include <stddef.h>

enum { COMPARE_RUNS_MAX = 16 };
#define COMPARE_CONFIDENCE 0.99 /* of a change */

/*
 * `runs` ends with NULL. The tables go to a directory that is made for them once all runs are read: `out` where it is not NULL, else one
 * under the results; its name into `directory` (PATH_MAX bytes). On error nothing is left of it.
 */
int compare_write(const struct paths *paths, const char *const *runs, const char *out, char *directory,
                  struct error *error);

#endif
