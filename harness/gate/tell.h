/*
 * What `gate` found, told to people and to machines: gate.csv, a summary in Markdown, JUnit's XML, a short table, and
 * the annotations of a GitHub workflow.
 */
#ifndef ENCBENCH_GATE_TELL_H
#define ENCBENCH_GATE_TELL_H

#include "gate/base.h"
#include "gate/exact.h"
#include "gate/functions.h"
#include "gate/sides.h"
#include "gate/time.h"

#include <stdio.h>

/* Everything is borrowed. */
struct gate_found {
    const char *given; /* --base */
    const struct gate_base *base;
    const char *head; /* what is compared with it, in words */
    const struct gate_rows *rows;
    const struct gate_time *time; /* NULL: only what is exact */
    const char *allow;            /* the file that declares */
    const struct gate_sides *sides;
    const char *directory; /* where gate.csv, gate.md and gate.xml go */
    bool kept;             /* and stay */
    const struct gate_functions *functions;
};

/* Writes DIRECTORY/gate.csv, gate.md, gate.xml and, with time, gate_time.csv; prints the table, and an annotation for
 * each that is red where $GITHUB_ACTIONS is true; and appends gate.md to the file that $GITHUB_STEP_SUMMARY names: that
 * it cannot be is only said. found->functions is filled in. */
int gate_tell(struct gate_found *found, FILE *stream, struct error *error);

#endif
