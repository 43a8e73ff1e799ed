/*
 * A run directory as those read it who come after `analyse`: its facts, whether its times may be believed, and any of its tables.
 */
#ifndef ENCBENCH_FINISHED_H
#define ENCBENCH_FINISHED_H

#include "csv.h"
#include "error.h"

struct finished {
    struct csv_data run, machine, controls; /* empty when it is not readable */
    bool readable;                          /* of this program's schema */
    bool valid;       /* readable, complete, and by controls.csv not invalid: see `reason` otherwise */
    char reason[400]; /* one line; "" when it is valid */
};

/* Another schema is no error but a reason; a directory that is none, is torn, was not analysed, or was changed after the run is. Frees nothing on error: call
 * finished_free in every case. */
int finished_read(struct finished *finished, const char *directory, struct error *error);
void finished_free(struct finished *finished);

/* 0 when run.csv there is of this program's schema, and for no run.csv at all: to be asked before any other table is read, as another
 * schema may have other columns everywhere. */
int finished_check_version(const char *directory, struct error *error);

/* DIRECTORY/FILE of the table. */
int finished_read_table(const char *directory, const struct csv_table *table, struct csv_data *data,
                        struct error *error);

/* The control for whose sake analyse gives no verdict on a panel on a workload, and whether that decides claims; NULL when it does. */
const char *finished_blind_cell(const struct finished *finished, const char *panel, const char *workload,
                                bool *decides);

/* Value of a key of run.csv or machine.csv; "" when there is none. */
const char *finished_fact(const struct csv_data *facts, const char *key);

#endif
