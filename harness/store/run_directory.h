/*
 * A run directory as those read it who come after `analyse`: its facts, whether its times may be believed, and any of
 * its tables.
 */
#ifndef ENCBENCH_FINISHED_H
#define ENCBENCH_FINISHED_H

#include "base/error.h"
#include "store/csv.h"

/* Keys of run.csv for the modules that were given: this and a number. */
#define RUN_DIRECTORY_MODULE_KEY "select_module:"

/* Keys of run.csv for the file of claims and the directory of data that were given, absent when there was none; and,
 * where modules were given, for whether encbench's own ran beside them. */
#define RUN_DIRECTORY_CLAIMS_KEY  "select_claims"
#define RUN_DIRECTORY_DATA_KEY    "select_data"
#define RUN_DIRECTORY_OWN_KEY     "select_own"
#define RUN_DIRECTORY_THREADS_KEY "select_threads"
#define RUN_DIRECTORY_TRACE_KEY   "trace_" /* facts of --trace begin with it */

/* Key of run.csv for --processes; empty, or absent in older runs, when it was not given. */
#define RUN_DIRECTORY_PROCESSES_KEY "asked_processes"

/* Key of run.csv: periods of a CPU quota that stopped the run so far; absent in older runs. */
#define RUN_DIRECTORY_THROTTLED_KEY "cpu_throttled_periods"

struct run_directory {
    struct csv_data run, machine, controls; /* empty when it is not readable */
    bool readable;                          /* of this program's schema */
    bool valid;       /* readable, complete, and by controls.csv not invalid: see `reason` otherwise */
    char reason[400]; /* one line; "" when it is valid */
};

/* Another schema is no error but a reason; a directory that is none, is torn, was not analysed, or was changed after
 * the run is. Frees nothing on error: call run_directory_free in every case. */
int run_directory_read(struct run_directory *finished, const char *directory, struct error *error);
void run_directory_free(struct run_directory *finished);

/* 0 when run.csv there is of this program's schema, and for no run.csv at all: to be asked before any other table is
 * read, as another schema may have other columns everywhere. */
int run_directory_check_version(const char *directory, struct error *error);

/* 0 unless a table that is there is not what `run`, its run.csv, has the CRC-32 of. */
int run_directory_check_unchanged(const struct csv_data *run, const char *directory, struct error *error);

/* DIRECTORY/FILE of the table. */
int run_directory_read_table(const char *directory, const struct csv_table *table, struct csv_data *data,
                             struct error *error);

/* The control for whose sake analyse gives no verdict on a panel on a workload, and whether that decides claims; NULL
 * when it does. */
const char *run_directory_blind_cell(const struct run_directory *finished, const char *panel, const char *workload,
                                     bool *decides);

/* Value of a key of run.csv or machine.csv; "" when there is none. */
const char *run_directory_fact(const struct csv_data *facts, const char *key);

/* 0 unless `output` has the name of one of the tables (what was measured is never replaced by what is made of it) or
 * one that is too long to be written beside it first. */
int run_directory_check_output(const char *output, struct error *error);

/*
 * Whoever adds to a directory holds it, as long as the process lives or until the descriptor returned is closed. -1 and
 * a line that names the process while another does: two that write the same rows leave neither's. Where there are no
 * locks (some network file systems) it is held without one.
 */
int run_directory_hold(const char *directory, struct error *error);

/* What is in the files of the directory is on the disk, whatever happens to the machine. */
int run_directory_sync(const char *directory, struct error *error);

/* 0 for a directory with a run.csv; else one line, with the run directory below it that may have been meant. */
int run_directory_check_run(const char *directory, struct error *error);

#endif
