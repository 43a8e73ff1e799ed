/*
 * A temporary directory of our own. It carries our process number and a lock, so that what a killed encbench left
 * behind is known from what a living one uses, and removed at the next start.
 */
#ifndef ENCBENCH_SCRATCH_H
#define ENCBENCH_SCRATCH_H

#include "base/error.h"

/* Fills `scratch` (PATH_MAX bytes; empty on error). From here on signals only ask for a stop: whoever has a scratch
 * directory removes it. */
int scratch_make(char *scratch, struct error *error);

/* Fills `outermost` (PATH_MAX bytes) with the scratch directory of this process that `path` lies in, or with `path`
 * where there is none: the gate works in directories of its own below one. */
void scratch_outermost(const char *path, char *outermost);

/* Why nothing more can be written below a directory, with what would help: its file system is full, or `ulimit -f`
 * forbids large files; "" where neither is so. */
enum { SCRATCH_CAUSE_BYTES = 200 };
void scratch_cause(const char *directory, char cause[static SCRATCH_CAUSE_BYTES]);

/* With all its files and the directories in it. */
void scratch_remove(const char *scratch);

#endif
