/*
 * Whether two runs mean the same by a name: only then is one's figure set against the other's. Each function is true
 * when they do; otherwise `reason` says in one line what differs and in which runs. Numbers of runs are those of
 * compare_runs.csv.
 */
#ifndef ENCBENCH_COMPARE_LIKE_H
#define ENCBENCH_COMPARE_LIKE_H

#include "store/checksum.h"
#include "store/csv.h"
#include "store/run_directory.h"

#include <stdbool.h>
#include <stddef.h>

struct compared_run {
    size_t number; /* from 1 */
    const char *directory;
    char name[256];
    size_t group; /* from 0; means nothing when it is not readable */
    struct run_directory facts;
    struct csv_data claims, variants, workloads, verdicts, effects, processes, contrasts, state_contrasts,
        metrics;                              /* empty when it is not readable */
    char contrasts_crc[CHECKSUM_CRC32_BYTES]; /* "" as well when it has none */
};

struct compare_reason {
    char text[400]; /* as it can stand in a cell; "" when there is none */
};

/* Fingerprints, and the objects of all variants that both have: what runs of one machine and one build agree in. */
bool compare_same_group(const struct compared_run *one, const struct compared_run *other);
/* Rows of the two runs' effects. */
bool compare_same_effect(const struct compared_run *one, size_t one_row, const struct compared_run *other,
                         size_t other_row, struct compare_reason *reason);
/* All conditions of a part, in order, but for their wording; of all parts of the claim for "all". */
bool compare_same_part(const struct compared_run *one, const struct compared_run *other, const char *claim,
                       const char *part, struct compare_reason *reason);
/* The figure of this row of one's metrics: counts of instructions also follow from CPU model and C library, digests
 * from the seed. */
bool compare_same_metric(const struct compared_run *one, size_t row, const struct compared_run *other,
                         struct compare_reason *reason);

#endif
