/*
 * Calibration: the whole pipeline (fresh links, a process, per-block contrasts, intervals, decisions) on work whose
 * truth is known, so that its error rates on this machine are measured and not believed. A case is what a process
 * measures: three disjoint pairs of arms. A trial is a pair over N successive processes of its case; the same processes
 * are grouped anew for each N.
 *
 * The directory holds run.csv, machine.csv, calibration_cases.csv, calibration_processes.csv.gz, to which every few
 * processes are appended whole, and calibration.csv, which is derived from the two before it alone.
 */
#ifndef ENCBENCH_CALIBRATE_H
#define ENCBENCH_CALIBRATE_H

#include "base/error.h"
#include "base/paths.h"
#include "store/csv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALIBRATE_BUDGET_MINUTES 30.0 /* when none is given */

struct calibrate_options {
    double budget_minutes;        /* for what this call times; stepping comes after it, once, for some 20 s */
    const char *const *workloads; /* NULL-terminated; NULL: the first two of the first core panel */
    uint64_t seed;                /* 0: from the clock */
    const char *out;              /* NULL: results/calibration/FINGERPRINT under the root */
    const char *resume;           /* directory to add trials to; NULL: a new one */
    bool fix_layout;              /* only the ablation with one layout a trial */
    unsigned layouts;             /* only the ablation with so many layouts a trial; 0: not asked for */
    const char *command;
    bool quiet;
};

/* Measures, derives, prints the table on standard output. `directory` (PATH_MAX bytes) is filled with where.
 * Interrupted: what was measured is kept and derived, and the code is EXIT_UNFIT. */
int calibrate_measure(const struct paths *paths, const struct calibrate_options *options, char *directory,
                      struct error *error);

/* calibration.csv of a directory of `calibrate_measure` again, and the table on standard output; measures nothing.
 * `reports`: directories of finished runs, NULL-terminated, whose verdicts are compared with each other from now on;
 * NULL: those taken before. */
int calibrate_again(const char *directory, const char *const *reports, struct error *error);

#endif
