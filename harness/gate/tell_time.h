/*
 * What the timing lane of `gate` found, as its part of what gate_tell tells.
 */
#ifndef ENCBENCH_GATE_TELL_TIME_H
#define ENCBENCH_GATE_TELL_TIME_H

#include "gate/time.h"
#include "store/csv.h"

#include <stdio.h>

/* Rows of schema_gate into an open writer of it. */
void gate_tell_time_rows(const struct gate_time *lane, struct csv_writer *writer);
/* Writes DIRECTORY/gate_time.csv: a row a pass. */
int gate_tell_time_passes(const struct gate_time *lane, const char *directory, struct error *error);

/* What is not green, for people; and one line on all of it. */
void gate_tell_time_text(const struct gate_time *lane, FILE *stream);
void gate_tell_time_markdown(const struct gate_time *lane, FILE *stream);

#endif
