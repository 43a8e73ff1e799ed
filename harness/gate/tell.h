/*
 * What `gate` found, told three times: gate.csv, a summary in Markdown, a short table for people.
 */
#ifndef ENCBENCH_GATE_TELL_H
#define ENCBENCH_GATE_TELL_H

#include "gate/base.h"
#include "gate/exact.h"
#include "gate/time.h"

#include <stdio.h>

/* Everything is borrowed. */
struct gate_found {
    const char *given; /* --base */
    const struct gate_base *base;
    const struct gate_rows *rows;
    const struct gate_time *time; /* NULL: only what is exact */
    const char *directory;        /* where gate.csv and gate.md go */
};

/* EXIT_PASS, EXIT_REGRESSION, EXIT_UNFIT or EXIT_BLIND. What grew by count is red on an unfit machine too. */
int gate_found_outcome(const struct gate_found *found);

/* Writes DIRECTORY/gate.csv, gate.md and, with time, gate_time.csv; prints the table, and appends gate.md to the file
 * that $GITHUB_STEP_SUMMARY names: that it cannot be is only said. */
int gate_tell(const struct gate_found *found, FILE *stream, struct error *error);

#endif
