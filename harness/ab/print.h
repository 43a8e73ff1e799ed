/*
 * A comparison on the screen: for people in lines of 80 columns or those of the terminal, figures rounded by their
 * intervals; for programs as CSV and JSON with the names of ab.csv and controls.csv.
 */
#ifndef ENCBENCH_AB_PRINT_H
#define ENCBENCH_AB_PRINT_H

#include "ab/table.h"

#include <stdio.h>

enum { AB_COLUMNS = 80 };

/* `looks`: over which the error is shared; `seconds`: of the measuring, without the compilers. */
void ab_print_text(FILE *stream, const struct ab_table *table, const struct ab_sides *sides, size_t looks,
                   double seconds, int columns);

/* DIRECTORY/ab.csv as it stands there. */
int ab_print_csv(FILE *stream, const char *directory, struct error *error);

/* {"rows": [{...}], "controls": [{...}]}: every column of both files by its name; numbers are numbers, what is empty or
 * not finite is null. */
int ab_print_json(FILE *stream, const char *directory, struct error *error);

#endif
