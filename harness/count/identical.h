/*
 * Whether two modules have the same code for a workload, so that what a timing of the pair shows is not the code's
 * doing.
 *
 * Compared are, before any link, the workload's own figures and what its functions setup, before, run, after and
 * teardown reach inside the module: sections by their bytes, their relocations by what they refer to, that in turn by
 * its content, and what is outside by its name. A section is compared whole: with -ffunction-sections a function, but
 * all constants of a kind together. So "identical" is never wrong, and "not identical" may be about a neighbour.
 * Libraries are compared as what the loader gives each module, by their bytes.
 */
#ifndef ENCBENCH_IDENTICAL_H
#define ENCBENCH_IDENTICAL_H

#include "plan/plan.h"
#include "store/csv.h"

enum identical { IDENTICAL_NO, IDENTICAL_YES, IDENTICAL_NOT_AVAILABLE };

/* "no", "yes", "not available" */
const char *identical_name(enum identical identical);

/* Compares two object files on a workload (short name). `reason`: the first difference, or why they cannot be compared;
 * "" for yes. */
enum identical identical_compare(const char *baseline, const char *contender, const char *workload, char *reason,
                                 size_t reason_bytes);

/* The same of two modules, libraries included: what they need, and what that needs. */
enum identical identical_modules(const struct module_info *baseline, const struct module_info *contender,
                                 const char *workload, char *reason, size_t reason_bytes);

/* Writes identical_code.csv: every pair of the plan on every workload that it is timed on, once. */
int identical_measure(const char *directory, const struct plan *plan, const struct module_set *set,
                      struct error *error);

#endif
