/*
 * One base against one head, both built: counted, timed, judged.
 */
#ifndef ENCBENCH_GATE_COMPARISON_H
#define ENCBENCH_GATE_COMPARISON_H

#include "gate/base.h"
#include "gate/exact.h"
#include "gate/sides.h"
#include "gate/time.h"

/* How all comparisons of a call are made; everything is borrowed. */
struct gate_how {
    const struct paths *paths;
    const struct gate_project *project;
    const char *scratch;
    uint64_t seed;      /* 0: any */
    unsigned processes; /* that time a pair; 0: the lane's own */
    bool quiet;
};

struct gate_comparison {
    const struct gate_how *how;
    const struct gate_base *base, *head;
    char scratch[PATH_MAX]; /* of this one, in how->scratch */
    struct paths paths;     /* ours; of another tree with the head's data */
    struct gate_sides sides;
    struct csv_data allow, earlier; /* what the head declares, and what the base does */
    bool earlier_known;
    struct gate_rows rows;
    struct module_set kernels, plants;
    bool timed;
    struct gate_time time;
};

/* Counts, and with gate_comparison_time times as well. `number` is another for each of a call. What the head is found
 * to be is no error; gate_comparison_free in every case. */
int gate_comparison_count(struct gate_comparison *comparison, const struct gate_how *how, unsigned number,
                          const struct gate_base *base, const struct gate_base *head, struct error *error);
int gate_comparison_time(struct gate_comparison *comparison, struct error *error);
void gate_comparison_free(struct gate_comparison *comparison);

/* EXIT_PASS, EXIT_REGRESSION, EXIT_UNFIT or EXIT_BLIND. What grew by count is red on an unfit machine too. */
int gate_outcome(const struct gate_rows *rows, const struct gate_time *time);

#endif
