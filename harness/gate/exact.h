/*
 * The exact lane of the gate, as far as it is arithmetic: figures of two builds against each other, increases against
 * those that were declared, and the planted ones against what was planted. No input or output.
 */
#ifndef ENCBENCH_GATE_EXACT_H
#define ENCBENCH_GATE_EXACT_H

#include "store/csv.h"

enum gate_status {
    GATE_SAME,
    GATE_LESS,
    GATE_DECLARED,   /* an increase in gate-allow.csv */
    GATE_REGRESSION, /* one that is not */
    GATE_CHANGED,    /* of a metric of which neither more nor less is better */
    GATE_LOST,       /* exact in the base only: what cannot be seen any more may have grown */
    GATE_GAINED,     /* exact in the head only */
    GATE_UNAVAILABLE,
    GATE_NEW,     /* in the head only */
    GATE_REMOVED, /* in the base only */
    GATE_STATUS_COUNT,
};
extern const char *const gate_status_words[GATE_STATUS_COUNT];

/* Metric of the timing lane's rows, and of the lines that declare a pair not comparable. */
#define GATE_TIME_METRIC "ns_per_op"
/* Metric of a row about a variant on a workload that only one side has. */
#define GATE_ALL "all"

/* Strings are borrowed from the tables. */
struct gate_row {
    const char *variant, *workload, *metric, *reason;
    double base, head; /* NaN: none */
    enum gate_status status;
};

struct gate_rows {
    struct gate_row *rows; /* by variant, workload and metric */
    size_t count;
};

/* Two tables of schema_metrics. gate_rows_free in every case. */
int gate_exact_compare(const struct csv_data *base, const struct csv_data *head, struct gate_rows *rows,
                       struct error *error);
void gate_rows_free(struct gate_rows *rows);

/*
 * Declares increases, and figures that are lost (a line without a value), by a table of schema_gate_allow. A line with
 * another value than the head's, and one that declares nothing, are EXIT_USAGE with file and line; but not one about a
 * pair that was not measured (`rows` has nothing of it and `selected`), nor one about time. A line that `earlier`, the
 * base's table, has as well belongs to a change that is in the base, and declares nothing here. `allow` may be NULL.
 * `earlier` is NULL when what the base declares is not known: then any line that declares nothing may be one of its
 * own.
 */
int gate_exact_allow(struct gate_rows *rows, const struct csv_data *allow, const struct csv_data *earlier,
                     bool selected, struct error *error);

/* Of a line of schema_gate_allow: whether it is about time, and whether `table` (NULL: none) has it as well. */
bool gate_allow_is_time(const struct csv_data *allow, size_t line);
bool gate_allow_has_line(const struct csv_data *table, const struct csv_data *allow, size_t line);

/* Whether a row makes the gate red; rows of the plants never do. */
bool gate_row_is_red(const struct gate_row *row);
bool gate_row_is_plant(const struct gate_row *row);

/* Looks at the rows of the plants: every planted regression red by what was planted, and nothing else red. EXIT_BLIND
 * names the first that was missed; EXIT_UNFIT a figure that this machine does not give. */
int gate_exact_check_plants(const struct gate_rows *rows, struct error *error);

#endif
