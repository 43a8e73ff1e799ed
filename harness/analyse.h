/*
 * The decision stage: from the raw files of a run directory to levels.csv, effects.csv, controls.csv,
 * growth.csv, state_effects.csv, instructions_delta.csv and verdicts.csv. Deterministic, measures nothing; the same files give the same
 * bytes. The derived files are replaced by rename.
 *
 * Error budget. Family-wise error 1 %, Bonferroni over the timing parts registered in claims.csv (parts with a
 * condition of kind timing, level or composition), whether measured or not, times the error share of the look
 * reached:
 *     alpha of a part = 0.01 x share / parts
 * A part with several timing tests divides its alpha among them, a composition among its effect and its level.
 * Effects and levels that decide no part are exploratory: 0.01 x share. The confidence printed in a row is that of
 * the interval that decides.
 *
 * An effect decides a condition when it is a pair or a main effect on the condition's workload with the same two
 * sets of variants, in either orientation; the first in the order of panels.csv does.
 *
 * Machine states. Effects are also estimated from the blocks of each state (state.h) and written beside each other; no verdict
 * rests on that.
 *
 * Controls. Any that failed or was not measured makes the timing parts `run invalid`; the planted leaks, instead, the
 * parts that decide by a metric of the heap pass (growth.h); and a control part of a claim (its statement starts with
 * "control:") the other parts of its claim. A run that is not complete, or of
 * a profile that is not for conclusions, resolves no timing part. A part without data is "not measured yet" whatever
 * the controls say.
 */
#ifndef ENCBENCH_ANALYSE_H
#define ENCBENCH_ANALYSE_H

#include "csv.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>

struct analyse_summary {
    size_t confirmed, refuted, not_resolvable, invalid; /* parts of claims */
    size_t not_measured; /* parts of which the run has no figure at all; `not_resolvable` leaves them out */
    size_t timing_open;  /* measured timing parts neither confirmed nor refuted: what another look could still decide */
    bool run_invalid;    /* a live control failed or was missed */
    char reason[768];    /* of the first that did; "" otherwise */
};

/* 0, also for an invalid run; EXIT_USAGE with one line when the directory cannot be analysed. */
int analyse_run(const char *directory, struct analyse_summary *summary, struct error *error);

/* Whether claims.csv can be judged at all, whatever is measured: kinds, units, regions, lists, keys, references. One line with file and
 * line when it cannot. */
int analyse_claims_check(const struct csv_data *claims, struct error *error);

#endif
