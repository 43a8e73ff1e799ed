/*
 * The command line: one table of verbs and one of options feed parser, help and error messages.
 */
#ifndef ENCBENCH_OPTIONS_H
#define ENCBENCH_OPTIONS_H

#include "base/error.h"
#include "plan/profile.h"

#include <stdbool.h>
#include <stdint.h>

enum { OPTIONS_LIST_MAX = 64, OPTIONS_BUDGET_MINUTES_MAX = 10000, OPTIONS_LAYOUTS_MAX = 64 };

/* What the command line said. Strings point into argv, which is cut at commas. */
struct options {
    const struct profile *profile;               /* NULL: not given */
    const char *variants[OPTIONS_LIST_MAX + 1];  /* NULL-terminated; empty: all */
    const char *workloads[OPTIONS_LIST_MAX + 1]; /* NULL-terminated; empty: all */
    const char *modules[OPTIONS_LIST_MAX + 1];
    const char *beside[OPTIONS_LIST_MAX + 1];       /* NULL-terminated */
    const char *reports[OPTIONS_LIST_MAX + 1];      /* NULL-terminated */
    const char *events[OPTIONS_LIST_MAX + 1];       /* NULL-terminated; empty: the usual ones */
    const char *preloads[OPTIONS_LIST_MAX + 1];     /* NULL-terminated */
    const char *variables[OPTIONS_LIST_MAX + 1];    /* NULL-terminated, NAME=VALUE */
    const char *base_modules[OPTIONS_LIST_MAX + 1]; /* NULL-terminated */
    unsigned states;                                /* bits of enum measure_state; 0: not given */
    unsigned threads;                               /* bit t: t threads; 0: not given */
    const char *baseline, *out, *output, *resume, *base, *build, *since, *record, *claims, *data, *trace;
    uint64_t seed;
    double budget_minutes;                   /* 0: not given */
    const char *cflags, *rustflags, *ldlibs; /* NULL: not given */
    double fail_if_slower_percent;           /* 0: not given */
    unsigned processes;                      /* 0: not given */
    unsigned layouts;                        /* 0: not given */
    bool with_own, dry_run, quiet, csv, list_events, list_tables, fix_layout, strict, terminal, exact, bisect;
    bool accept_edited, all;
    const char *format;            /* NULL: not given */
    const char *measuring;         /* the first option given that says how to measure; NULL when there is none */
    char command[1024];            /* the command line as given, for provenance */
    const char *claim, *directory; /* positional arguments of verbs that take them; NULL when absent */
    const char *directories[OPTIONS_LIST_MAX + 1]; /* `directory` and those after it; NULL-terminated */
};

struct verb {
    const char *name;
    /* Words for what is no option, in order: WHAT is one, any other a directory or a side of ab; those in brackets
     * optional, one that ends in ... taken as often as it comes: "WHAT [DIR]", "DIR DIR..."; or "". */
    const char *arguments;
    const char *summary;
    int (*function)(const struct options *options, struct error *error);
};

/* Finds the verb in `verbs` (ended by a NULL name), parses its options into `options`. Returns NULL when there is
 * nothing left to do: help or version was printed (error->code 0), or the command line is wrong (one line in `error`).
 */
const struct verb *options_parse(int argc, char **argv, const struct verb *verbs, struct options *options,
                                 struct error *error);

#endif
