/*
 * The loop of a run: rounds of processes, every cell once in each, in random order, up to a look; then the next look,
 * unless what was asked for is decided or somebody wants to stop. What it does not decide itself (linking, measuring,
 * writing, judging) is a value that it is given, as a clock is: tests run it with made-up processes.
 */
#ifndef ENCBENCH_TIMING_H
#define ENCBENCH_TIMING_H

#include "base/error.h"
#include "base/progress.h"
#include "plan/plan.h"
#include "plan/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Workers of one cell that may be killed or hang before any ends well: it will not get better. */
enum { TIMING_FAILED_MAX = 5 };

/* How a process ended. */
struct timing_process {
    bool measured; /* false: it was never launched, or a signal to us stopped it: not a result, not even a void one */
    bool failed;   /* the worker did not end well; a machine that is too busy may become quiet again */
    bool faulty;   /* an arm of it failed or crashed: its own doing, not the machine's */
    char void_reason[512]; /* "": it ended well */
};

/* What the loop calls; each with `context`, and `error` filled in and its code returned on failure. */
struct timing_launcher {
    void *context;
    /* Makes ready what the processes of a round need, `cells` in the order in which they run; end_round after it in
     * every case. */
    int (*begin_round)(void *context, uint64_t round, const uint32_t *cells, size_t count, struct error *error);
    /* Process `number` of the cell at `position` of the round, measured and recorded. */
    int (*measure)(void *context, uint64_t number, size_t position, struct timing_process *process,
                   struct error *error);
    void (*end_round)(void *context);
    /* Whether a run that is taken up again has this process already. */
    bool (*is_done)(void *context, uint64_t number);
    /* Tells the run directory how far it is. Not complete while rounds of a look run: a directory that is killed then
     * must not pass for the look before. */
    int (*tell)(void *context, bool complete, struct error *error);
    /* Timing parts that the look just reached left open. */
    int (*count_open)(void *context, size_t *open, struct error *error);
    bool (*stop_requested)(void *context);
};

/* How the processes of a cell ended. */
struct timing_tally {
    unsigned ok, voids;
    unsigned failed;  /* of the void ones */
    char reason[512]; /* of the last void one, a failed one before others */
};

struct timing {
    const struct plan *plan;
    const struct profile *profile;
    uint64_t seed;
    const char *directory; /* for messages */
    bool quiet;
    struct timing_launcher launcher;
    size_t already;    /* processes that a resumed run has; it begins at `look` with them in the figures below */
    bool resumed;      /* with processes: how those ended nobody remembers */
    const char *fault; /* of an arm that failed or crashed in one of them, in one line; NULL or "": none */
    /* Where it is, and where it ended. */
    size_t look; /* index of the look reached or aimed at */
    uint64_t processes_run, processes_void;
    bool complete; /* up to that look */
    struct progress progress;
    struct timing_tally *tallies; /* one a cell; while it runs */
};

/* Error EXIT_USAGE when an arm fails or crashes: the processes that are left would speak for layouts that it happens
 * not to crash in. A resumed run that has such a process already ends so, whatever the others did. EXIT_UNFIT when the
 * workers of a cell fail TIMING_FAILED_MAX times and none ended well, or at a look when none of a cell did and one
 * failed, or none of any. A stop that was requested is no error: `complete` is false then. */
int timing_run(struct timing *timing, struct error *error);

/* If no look stops the run early. */
size_t timing_planned_processes(const struct timing *timing);

#endif
