/*
 * What things may be called, and what the harness calls its own.
 */
#ifndef ENCBENCH_NAMES_H
#define ENCBENCH_NAMES_H

#include <stdbool.h>

/* Whether a name may stand in CSV and on a command line. */
bool names_is_legal(const char *name);

/* Whether a panel, contrast or variant may not be called so, because a kernel or a control is. */
bool names_variant_is_reserved(const char *name);

/* What a figure of this name should be where its value cannot be one of it; NULL: it can. The name says so (module.h):
 * by its end for a module's own figures, and for those that the harness fills. */
const char *names_metric_expected(const char *name, double value);

/* Whether a workload may not call a figure of its own so, because the harness fills it. */
bool names_metric_is_reserved(const char *name);

#endif
