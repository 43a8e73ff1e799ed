/*
 * A run: plan, exact passes, pilot, timing, into a run directory. Processes are measured one after the other; nothing
 * else of ours runs meanwhile.
 */
#ifndef ENCBENCH_RUN_H
#define ENCBENCH_RUN_H

#include "base/error.h"
#include "base/paths.h"
#include "plan/plan.h"
#include "plan/profile.h"

#include <stdbool.h>
#include <stdint.h>

struct run_options {
    const struct profile *profile;
    unsigned processes; /* of every cell instead of the profile's (profile_with_processes); 0: the profile's */
    struct plan_selection selection;
    /* These modules and no others, called by `labels` (both NULL-terminated); panels and claims are those of the paths.
     * NULL: the built ones and those of the selection. */
    const char *const *sides, *const *labels;
    double limit_s; /* of the timing as the pilots foretell it, up to the last look: more is refused; 0: none */
    const char *const *events; /* to count, NULL-terminated names as events.h takes them; NULL: the usual ones */
    uint64_t seed;             /* 0: from the clock */
    const char *out;           /* NULL: results/DATE-PROFILE under the root */
    /* Directory of an interrupted run to go on with, NULL: a new run. It holds profile (may be NULL here), seed and
     * selection. */
    const char *resume;
    const char *claims;  /* file of claims to judge instead of ours, or of none beside --module; NULL: not given */
    const char *data;    /* directory of data files of the modules; NULL: the one beside them (module_data_find) */
    const char *trace;   /* file of the user's sizes (trace.h), FILE or FILE:COLUMN; NULL: none */
    const char *command; /* as given, for run.csv */
    bool dry_run;        /* print plan, time and disk on standard output; measure nothing, write nothing */
    bool quiet;
};

/* `directory` (PATH_MAX bytes) is filled with where the run went. A run directory that exists is never overwritten.
 * Interrupted, or no process of a panel on a workload ends well: what was measured is kept, run.csv says complete = no,
 * and the code is EXIT_UNFIT; EXIT_USAGE when an arm fails or crashes. When it ends before anything is timed, the
 * directory is removed again. */
int run_measure(const struct paths *paths, const struct run_options *options, char *directory, struct error *error);

#endif
