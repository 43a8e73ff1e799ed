/*
 * A run for the tools that others use: benchstat (Go's benchfmt) and Google Benchmark's compare.py (its JSON).
 *
 * A sample is what a process is here: the 20 %-trimmed mean of one arm in one fresh layout. Both tools compare samples
 * as if they were independent; that arms shared a process, which is what makes a run of ours sharp, is lost on the way.
 * Clock arms are left out. Exact figures go along in benchfmt, as units of which benchstat assumes nothing but
 * exactness; Google's format has no place for them.
 *
 * No line says what changes from run to run (date, seed, load, revision): benchstat would set runs apart by it. No name
 * ends in a dash and digits, which it would take for a number of threads. Nothing that is not a number is ever written:
 * a void process has no sample.
 *
 * Of a run with a failed control, or not complete, only exact figures are exported: EXIT_UNFIT then, with the reason in
 * `error`, after they are written.
 */
#ifndef ENCBENCH_EXPORT_H
#define ENCBENCH_EXPORT_H

#include "base/error.h"

enum export_format { EXPORT_NONE, EXPORT_BENCHFMT, EXPORT_GBENCH };

/* EXPORT_NONE for an unknown name. */
enum export_format export_format_of(const char *name);

/* To standard output, or to `output` where it is not NULL: a new file, or one that is replaced whole. */
int export_run(const char *directory, enum export_format format, const char *output, struct error *error);

#endif
