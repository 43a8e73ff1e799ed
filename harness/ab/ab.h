/*
 * The verb ab: from two or more sources, objects or modules to a verdict. It compiles what is a source, measures all
 * sides in one panel as an ordinary run does (the first is the baseline), analyses that, and prints a row a workload.
 */
#ifndef ENCBENCH_AB_H
#define ENCBENCH_AB_H

#include "base/error.h"
#include "base/paths.h"

#include <stdbool.h>
#include <stdint.h>

enum ab_format { AB_TEXT, AB_CSV, AB_JSON };

#define AB_TOLERANCE_PERCENT 1.0 /* what "no difference" is within, where --fail-if-slower says nothing */
/* The longest that all of the timing may take, as the pilots foretell it. Its looks at ops up to some milliseconds have
 * about half a minute for three workloads. */
#define AB_LIMIT_S 600
#define AB_SAID_S  60 /* longer than this is said beforehand */

struct ab_options {
    const char *const *sides;                /* words of the command line, NULL-terminated; see sides.h */
    const char *const *workloads;            /* NULL: all */
    unsigned states;                         /* 0: fresh where it is offered, else repeat */
    const char *cflags, *rustflags, *ldlibs; /* NULL: none */
    const char *data;                        /* directory of data files; NULL: STEM.data beside a side */
    double fail_if_slower_percent;           /* 0: not asked */
    enum ab_format format;
    uint64_t seed;   /* 0: from the clock */
    const char *out; /* directory of the run, to keep; NULL: it is removed */
    const char *command;
    bool quiet;
};

/* The exit code: ab_table_judge with fail_if_slower_percent; else EXIT_UNFIT for a run that is invalid or blind, or
 * EXIT_PASS. Nothing is left behind but `out`. */
int ab_run(const struct paths *paths, const struct ab_options *options, struct error *error);

#endif
