/*
 * What a comparison measures: a row for every workload that a contender has in common with the baseline, and the files
 * that tell an ordinary run of it. A row is a claim: that the contender takes the same time within a tolerance. So the
 * error of 1 % over all rows and looks, the looks themselves and what ends a run early are those of any claims
 * (analyse.h).
 */
#ifndef ENCBENCH_AB_INPUTS_H
#define ENCBENCH_AB_INPUTS_H

#include "ab/sides.h"
#include "base/paths.h"
#include "module/set.h"

enum { AB_ROWS_MAX = 256 };

struct ab_row {
    size_t contender; /* side */
    char contrast[ENCBENCH_NAME_BYTES];
    char panel[ENCBENCH_NAME_BYTES];
    struct module_workload workload; /* of the baseline, in the state that is timed */
};

struct ab_inputs {
    struct ab_row row[AB_ROWS_MAX]; /* by workload, in the order of the baseline */
    size_t count;
    double tolerance_percent;
    char *left_out; /* what was wanted and one side of a pair lacks, in words and whole; NULL: nothing */
    size_t lacking; /* such rows: nobody knows whether they are slower */
};

/*
 * `set` has the modules of the sides, in their order. Every workload is timed in the state `fresh` where all that offer
 * it offer that, else in `repeat`; in those of `states` (bits of enum measure_state) where it is not 0. `names`
 * (NULL-terminated, NULL: all) selects. Errors: no workload in common, an unknown name, more rows than there is room.
 * ab_inputs_free in every case.
 */
int ab_inputs_make(struct ab_inputs *inputs, const struct module_set *set, const struct ab_sides *sides,
                   const char *const *names, unsigned states, double tolerance_percent, struct error *error);
void ab_inputs_free(struct ab_inputs *inputs);

/* Panels and claims of the rows, to where `paths` says that a run finds them. */
int ab_inputs_write(const struct ab_inputs *inputs, const struct ab_sides *sides, const struct paths *paths,
                    struct error *error);

#endif
