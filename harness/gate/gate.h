/*
 * `gate`: is the working tree, as built, worse than a base? The exact lane counts both sides with the same harness:
 * modules of either, each with its own shared objects and data, and a module of planted regressions that every run must
 * see. The timing lane (gate_time.h) follows.
 */
#ifndef ENCBENCH_GATE_H
#define ENCBENCH_GATE_H

#include "base/error.h"
#include "base/paths.h"
#include "plan/profile.h"

#include <stdbool.h>
#include <stdint.h>

struct gate_options {
    const char *base;                               /* revision or directory */
    const char *const *variants, *const *workloads; /* NULL-terminated; NULL: all */
    uint64_t seed;                                  /* 0: any */
    const struct profile *profile;                  /* how many processes time a pair; NULL: quick */
    const char *out;                                /* directory to make, or NULL */
    bool exact;                                     /* no timing */
    bool quiet;
};

/*
 * Writes DIR/gate.csv, DIR/gate.md and, unless exact, DIR/gate_time.csv, and prints a table; gate.md is also appended
 * to the file named by $GITHUB_STEP_SUMMARY. Returns EXIT_PASS or EXIT_REGRESSION, or with one line in `error`
 * EXIT_USAGE, EXIT_UNFIT or EXIT_BLIND.
 */
int gate_run(const struct paths *paths, const struct gate_options *options, struct error *error);

#endif
