/*
 * `gate`: is a tree worse than a base? The exact lane counts both sides with the same harness: modules of either, each
 * with its own shared objects and data, and a module of planted regressions that every run must see. The timing lane
 * (time.h) follows. What is compared is the project's business (project.h).
 */
#ifndef ENCBENCH_GATE_H
#define ENCBENCH_GATE_H

#include "base/error.h"
#include "base/paths.h"
#include "plan/profile.h"

#include <stdbool.h>
#include <stdint.h>

struct gate_options {
    const char *base;                                 /* revision or directory; NULL: as encbench.ini says */
    const char *build;                                /* command; NULL: as encbench.ini says */
    const char *const *modules, *const *base_modules; /* NULL-terminated; NULL: none */
    const char *const *variants, *const *workloads;   /* NULL-terminated; NULL: all */
    const char *since;                                /* walks the revisions from there to HEAD; NULL: one comparison */
    uint64_t seed;                                    /* 0: any */
    const struct profile *profile;                    /* how many processes time a pair; NULL: quick */
    const char *record;                               /* directory of trend.csv, or NULL */
    const char *out;                                  /* directory to make, or NULL */
    bool exact;                                       /* no timing */
    bool bisect;                                      /* exit codes as `git bisect run` takes them */
    bool quiet;
};

/*
 * Writes DIR/gate.csv, DIR/gate.md and, unless exact, DIR/gate_time.csv, and prints a table; gate.md is also appended
 * to the file named by $GITHUB_STEP_SUMMARY. Without `out` DIR is a new one below results/ for this program's own tree,
 * and none is kept of others. Returns EXIT_PASS or EXIT_REGRESSION, or with one line in `error`
 * EXIT_USAGE, EXIT_UNFIT or EXIT_BLIND; with `bisect` what gate_bisect_code makes of it.
 */
int gate_run(const struct paths *paths, const struct gate_options *options, struct error *error);

/* For `git bisect run`: 0 good, 1 bad, 125 a commit that does not build or makes no such module; what else there is
 * ends the bisection, above 128: it would be skipped on every commit. Pure. */
int gate_bisect_code(int code, bool head_does_not_build);

#endif
