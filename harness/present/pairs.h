/*
 * What is compared in a run, for a terminal: a line for each workload, both levels, the effect in the words of
 * effects.csv, and the instructions of both.
 */
#ifndef ENCBENCH_PAIRS_H
#define ENCBENCH_PAIRS_H

#include "base/error.h"

#include <stdio.h>

/* From the files of an analysed run directory. A workload of which the states `repeat` and `fresh` come to the same
 * words has the line of `fresh`. */
int pairs_print(FILE *stream, const char *directory, int columns, struct error *error);

#endif
