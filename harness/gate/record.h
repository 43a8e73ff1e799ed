/*
 * The trend: figures of revisions, one below the other, for whoever wants to see where they went. Never nanoseconds:
 * those of two days are not comparable, a ratio to a base in the same processes is.
 */
#ifndef ENCBENCH_GATE_RECORD_H
#define ENCBENCH_GATE_RECORD_H

#include "gate/comparison.h"

struct gate_record {
    char path[PATH_MAX]; /* trend.csv */
    char revision[65];   /* what is checked out */
    bool there;          /* recorded before: not again */
};

/* Before the work: what is checked out has no uncommitted change, the base is a revision, and a table that is there can
 * be read. */
int gate_record_begin(struct gate_record *record, const char *directory, const char *root, const struct gate_base *base,
                      struct error *error);
/* All rows of both lanes but the plants', in one write; the directory is made where it is missing. A lane that is not
 * to be believed is not recorded. */
int gate_record_write(const struct gate_record *record, const struct gate_comparison *comparison, struct error *error);

#endif
