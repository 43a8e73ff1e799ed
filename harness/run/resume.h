/*
 * An interrupted run taken up again: what its directory says it is, whether this program would measure the same, what
 * of it is done. A process counts when all its rows in all files are there, as recorded.csv says.
 */
#ifndef ENCBENCH_RESUME_H
#define ENCBENCH_RESUME_H

#include "launch/pilot.h"
#include "plan/profile.h"
#include "store/csv.h"

#include <limits.h>

enum { RESUME_NAMES_MAX = 64 };

struct resume {
    const char *directory;
    struct csv_data run;    /* run.csv as found */
    struct profile profile; /* with the processes asked for */
    unsigned asked_processes;
    uint64_t seed;
    size_t look; /* reached or aimed at */
    const char *command;
    /* The selection that the run was made with, NULL-terminated. */
    const char *variants[RESUME_NAMES_MAX + 1], *workloads[RESUME_NAMES_MAX + 1], *modules[RESUME_NAMES_MAX + 1];
    const char *events[RESUME_NAMES_MAX + 1];
    const char *baseline; /* NULL: none */
    const char *claims;   /* file of --claims; NULL: none */
    const char *data;     /* directory of --data; NULL: none */
    bool with_own;        /* plan_selection.with_own */
    unsigned states;      /* plan_selection.states */
    unsigned threads;     /* plan_selection.threads */
    char *names;          /* memory of variants, workloads and events */
    bool planned;         /* the pilot is over: iterations and blocks are those of the directory */
    unsigned char *done;  /* by process number */
    size_t done_bytes, processes, processes_void;
    double probe_cycles; /* of the fastest mode in the rows that are there (state.h); 0: none */
    char fault[800];     /* of the first process that is there in which an arm failed or crashed; "": none */
};

/* Reads run.csv. `profile`, `processes` and `seed` as given with the command, NULL and 0 when not, must be the run's
 * own. One line and EXIT_USAGE for a run that is complete, another schema, no run. resume_free in every case. */
int resume_open(struct resume *resume, const char *directory, const struct profile *profile, unsigned processes,
                uint64_t seed, struct error *error);
void resume_free(struct resume *resume);

/* Where the modules are that the run was made with: `given` where it is not NULL, else as they were given then, where
 * they are there. By name a run directory has no more of them, so that it tells nobody's paths; whether they are the
 * same resume_compare says. */
int resume_find_modules(struct resume *resume, const char *const *given, struct error *error);

/* The same of the file of claims and the directory of data. */
int resume_find_claims(struct resume *resume, const char *given, struct error *error);
int resume_find_data(struct resume *resume, const char *given, struct error *error);

/* Asks for the environment that the run was measured in, unless the command line asked for one: then resume_compare
 * says whether it is the same. */
int resume_ask_environment(const struct resume *resume, struct error *error);

/* Whether run.csv and panels.csv in the directory `now`, as this program would write them, are of the same run; the
 * first difference in one line. */
int resume_compare(const struct resume *resume, const char *now, struct error *error);

/* Whether the check sum of a copy in the directory (`file`, "" when there is none) is what run.csv has under `key`. */
int resume_check_copy(const struct resume *resume, const char *file, const char *key, const char *is,
                      struct error *error);

/* Removes what killed programs left of tables that they were writing anew; not that of a program that still runs. */
int resume_sweep(const struct resume *resume, struct error *error);

/* Fills in iterations, of the workload of each cell into `batch`, and blocks when the run was as far as that
 * (`planned`). */
int resume_read_plan(struct resume *resume, struct plan *plan, struct pilot_batch *batch, struct error *error);

/* Cuts what was left half-written from the raw files (recorded_mend) and fills in `done`. Only when `planned`. */
int resume_mend(struct resume *resume, const struct plan *plan, struct error *error);
bool resume_is_done(const struct resume *resume, uint64_t process);

#endif
