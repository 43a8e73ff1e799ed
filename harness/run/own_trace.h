/*
 * One's own trace in a run (--trace): what of it is replayed goes into the run directory and, beside the data of the
 * modules, into a directory of data that the workers are given. The run directory never has the path of the file.
 */
#ifndef ENCBENCH_OWN_TRACE_H
#define ENCBENCH_OWN_TRACE_H

#include "base/progress.h"
#include "store/csv.h"
#include "trace/trace.h"

#include <limits.h>
#include <stdbool.h>

struct own_trace {
    bool given;         /* or found in the directory of a run that is taken up again */
    struct trace whole; /* empty when taken up again */
    struct trace_replay replay;
    const struct csv_data *resumed; /* run.csv that has its facts; borrowed; NULL: a new run */
};

/* Reads the file; `asked` NULL: there is none, and nothing is done. own_trace_free in every case. */
int own_trace_read(struct own_trace *own, const char *asked, struct error *error);
/* The same from the directory of a run that is taken up again, of which `run` is run.csv. */
int own_trace_read_again(struct own_trace *own, const char *directory, const struct csv_data *run, struct error *error);
void own_trace_free(struct own_trace *own);

/* Makes SCRATCH/data of links to the files in `data` and the replay, and puts its name into `data` (PATH_MAX bytes). */
int own_trace_join_data(const struct own_trace *own, const char *scratch, char *data, struct error *error);

/* trace.csv and fitted.csv into a run directory; nothing without a trace. */
int own_trace_write(const struct own_trace *own, const char *directory, struct error *error);

/* Its rows of run.csv: hash of the file, rows, bytes, quantiles of the sizes, of all and of what is replayed. */
int own_trace_put(const struct own_trace *own, struct csv_writer *writer, struct error *error);

/* What of it is replayed and what is not; which classes would fit it. */
void own_trace_say(const struct own_trace *own, const struct progress *progress);

#endif
