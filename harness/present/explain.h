/*
 * From a verdict back to the rows and the arithmetic behind it, as text that fits 80 columns. Everything shown is what
 * `analyse` computes (analyse_internal.h), shown and not computed again.
 */
#ifndef ENCBENCH_EXPLAIN_H
#define ENCBENCH_EXPLAIN_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>

/* Prints on standard output, the verdict first, then a few lines for each part; `all`: with the arithmetic, the rows
 * and the controls behind it. `claim` is a claim's number, or that and the letter of a part: "4" or "4d", or an effect.
 */
int explain_print(const char *claim, const char *directory, bool all, struct error *error);

/* Fills `directory` with the newest complete run under `results`, its `reference` last of all. Newest: whose run.csv
 * was written last. */
int explain_find_run(const char *results, char directory[PATH_MAX], struct error *error);

#endif
