/*
 * What panels.csv may say, whatever modules there are: the one place that knows, for the plan and for analyse.
 */
#ifndef ENCBENCH_PANELS_H
#define ENCBENCH_PANELS_H

#include "base/error.h"
#include "plan/profile.h"
#include "store/csv.h"

#include <stdbool.h>

/* Panels that the plan makes itself are called so, and a number. */
#define PANELS_MADE "made_"

/* PROFILE_EFFORTS for an unknown word. */
enum profile_effort panels_effort(const char *word);

/*
 * Refuses, with file and line: no rows at all, names that are not legal or reserved, unknown kinds and efforts, a
 * contrast or variant named twice, rows of one panel that do not stand together, a second twin or planted row of a
 * panel or one of a variant that is no arm of it, and sides that do not fit their kind.
 */
int panels_check(const struct csv_data *panels, bool made_allowed, struct error *error);

#endif
