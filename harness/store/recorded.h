/*
 * Whether the raw files of a run directory still hold what was measured. recorded.csv says of every process where its
 * bytes stand in which file and what their CRC-32 is; it is written after them, so that a process counts when its row
 * of processes.csv is there. A file that a run may come without (samples.csv.gz is large) and that is not there is no
 * damage. A run of an older version has no recorded.csv: of it nothing is known.
 */
#ifndef ENCBENCH_RECORDED_H
#define ENCBENCH_RECORDED_H

#include "base/error.h"
#include "store/csv.h"

#include <stdbool.h>

/* The raw files, in the order in which a process is written to them. */
enum recorded_file {
    RECORDED_SAMPLES,
    RECORDED_PLACEMENTS,
    RECORDED_CONTRASTS,
    RECORDED_STATE_CONTRASTS,
    RECORDED_LINEARITY,
    RECORDED_PROCESSES,
    RECORDED_FILES
};
extern const struct csv_table *const recorded_tables[RECORDED_FILES];

struct recorded {
    bool there;      /* the file; all else says nothing without it */
    size_t edited;   /* pieces, of one process in one file, that are others than recorded, and accepted */
    char words[160]; /* the first of them and how many more; "" for none */
    char lost[160];  /* a file that lacks its end and that nobody needs who analyses; "" for none */
};

/* The row of what a process wrote to a file, if it wrote anything. */
void recorded_put(struct csv_writer *recorded, uint64_t process, enum recorded_file file, struct csv_span span);

/* EXIT_USAGE and one line for bytes that are others than recorded, or missing, or more in a run that is complete,
 * unless edited.csv has them as accepted. */
int recorded_check(const char *directory, struct recorded *recorded, struct error *error);

/* Writes edited.csv with all that is not as recorded: from now on recorded_check refuses nothing but further changes.
 * `*count`: how many pieces; none: nothing is written. */
int recorded_accept(const char *directory, size_t *count, struct error *error);

/*
 * Cuts every raw file to the processes that are there in all of them, from the first of which one lacks bytes: torn
 * off, or NUL bytes in their place, which is what a machine that lost its power leaves. Bytes that are others than
 * recorded are refused, and so is a missing file. A file that lost its header is removed, and appears anew. `there` is
 * false when the run has no recorded.csv; then nothing is done.
 */
int recorded_mend(const char *directory, bool *there, struct error *error);

#endif
