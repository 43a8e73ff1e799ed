/*
 * Profiles: how many processes a run launches and at which looks it may decide, fixed before the run.
 *
 * Looks share the error budget: the error shares of a profile sum to 1, so that looking twice does not raise the
 * family-wise error (30 uncorrected looks turn 5 % into 29 %).
 */
#ifndef ENCBENCH_PROFILE_H
#define ENCBENCH_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#define PROFILE_LOOKS_MAX 3
/* Of --processes. One process shows no spread; what more than so many would resolve takes another experiment. */
enum { PROFILE_PROCESSES_MIN = 2, PROFILE_PROCESSES_MAX = 256 };

/* That of the verb ab. */
#define AB_PROFILE "ab"

/* What a panel takes; a profile measures those of its effort and of less. */
enum profile_effort { PROFILE_CORE, PROFILE_WIDE, PROFILE_DEEP, PROFILE_EFFORTS };
extern const char *const profile_effort_words[];

struct profile_look {
    unsigned processes; /* per panel and workload, in all up to this look */
    double error_share; /* of the family-wise error */
};

struct profile {
    const char *name;
    const char *purpose;
    bool for_conclusions; /* false: timing decides nothing */
    unsigned process_ms;  /* of one process, from its first untimed op to its last (launch/pilot.h) */
    /* Of panels on workloads that decide no part of a claim: processes in all, whatever the looks, and their time. */
    unsigned exploratory_processes, exploratory_process_ms;
    /* Ahead of the run, for the forecast: processes of every cell that decides claims, and their measuring time. Less
     * than 5 % of the time of the whole profile; their figures count for nothing else. 0: no forecast. */
    unsigned forecast_processes, forecast_process_ms;
    enum profile_effort effort; /* of panels that take more nothing is measured but what is asked for by name */
    size_t look_count;
    struct profile_look looks[PROFILE_LOOKS_MAX];
};

extern const struct profile profiles[];
extern const size_t profile_count;

/* NULL for an unknown name. */
const struct profile *profile_find(const char *name);

/*
 * The profile with `processes` of them in every cell, exploratory ones too: looks that would have as many or more are
 * dropped, but the last, which has exactly so many and what error share the dropped ones leave. What it can decide is
 * fixed before the run, as ever. Pure.
 */
struct profile profile_with_processes(const struct profile *profile, unsigned processes);

/* Processes in all up to a look of a cell that decides claims, or of an exploratory one. */
unsigned profile_cell_processes(const struct profile *profile, bool decides_claims, size_t look);
/* Whether exploratory cells have all of theirs at a look: before it no run may end. */
bool profile_explored(const struct profile *profile, size_t look);

#endif
