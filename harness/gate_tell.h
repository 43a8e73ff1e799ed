/*
 * What `gate` found, told three times: gate.csv, a summary in Markdown, a short table for people.
 */
#ifndef ENCBENCH_GATE_TELL_H
#define ENCBENCH_GATE_TELL_H

#include "gate_base.h"
#include "gate_exact.h"

#include <stdio.h>

/* Everything is borrowed. */
struct gate_found {
    const char *given; /* --base */
    const struct gate_base *base;
    const struct gate_rows *rows;
    const char *directory; /* where gate.csv and gate.md go */
};

bool gate_found_is_red(const struct gate_found *found);

/* Writes DIRECTORY/gate.csv and DIRECTORY/gate.md, appends the latter to the file that $GITHUB_STEP_SUMMARY names, prints the table. */
int gate_tell(const struct gate_found *found, FILE *stream, struct error *error);

#endif
