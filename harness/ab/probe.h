/*
 * How long an op takes, before anything is planned of it: ops of seconds make a run of hours, and one that is as slow
 * as that says nothing until it is over.
 */
#ifndef ENCBENCH_AB_PROBE_H
#define ENCBENCH_AB_PROBE_H

#include "ab/inputs.h"

/* Ops of a row that a comparison has in all where an op is so long that nothing else decides how many: 60 in each of 32
 * processes, and some 80 in what counts and plans. */
#define AB_LONG_OPS 2000

/* Seconds that long ops make all of the rows take, by one process of every side on every workload; `longest` has the
 * row and the side of the longest op, which takes `longest_s`. 0 seconds where none is longer than a millisecond. More
 * than `limit_s` is enough: the rest is not looked at. */
struct ab_probe {
    double seconds, longest_s;
    size_t row, side;
};
int ab_probe(struct ab_probe *probe, const struct ab_inputs *inputs, const struct module_set *set,
             const struct paths *paths, const char *scratch, double limit_s, struct error *error);

#endif
