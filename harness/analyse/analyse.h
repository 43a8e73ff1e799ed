/*
 * The decision stage: from the raw files of a run directory to levels.csv, effects.csv, controls.csv,
 * growth.csv, state_effects.csv, instructions_delta.csv and verdicts.csv. Deterministic, measures nothing; the same
 * files give the same bytes. The derived files are replaced by rename.
 *
 * Error budget. Family-wise error 1 %, Bonferroni over the timing parts registered in claims.csv (parts with a
 * condition of kind timing, level or composition), whether measured or not, times the error share of the look
 * reached:
 *     alpha of a part = 0.01 x share / parts
 * A part with several timing tests divides its alpha among them, a composition among its effect and its level.
 * Effects and levels that decide no part are exploratory: 0.01 x share. The confidence printed in a row is that of
 * the interval that decides.
 *
 * Words of an effect (effects.csv) are gated as verdicts are, and `not resolvable here` has its reason beside it. A
 * pair that would be faster on one scale and slower on the other is refused as an error in the files; a mean over
 * several pairs, where that can be, has no direction.
 *
 * An effect decides a condition when it is a pair or a main effect on the condition's workload with the same two
 * sets of variants, in either orientation; the first in the order of panels.csv does.
 *
 * Machine states. Effects are also estimated from the blocks of each state (state.h) and written beside each other; no
 * verdict rests on that.
 *
 * Controls (analyse_controls.c). Chains, planted arms and linearity are equivalence tests: each holds (its interval is
 * inside what is tolerated), failed (wholly outside) or is imprecise. A twin fails when its interval leaves out 0. A
 * panel on a workload, a cell, of which a control failed, is imprecise or is missing gives no verdict, nor does what
 * reads it: a part is `run invalid` where one failed, else `not resolvable here`, and names the control. Where such a
 * cell decides claims, a complete run exits 3. The run is invalid, all of its timing parts, when a control of the run
 * fails: the clock, the order, the layouts, the twins as a family, void processes; when one control fails in two cells;
 * or when more than 10 % of the planned cells are imprecise. The planted leaks decide about the parts that rest on the
 * heap pass (growth.h); a control part of a claim (its statement starts with "control:") about the other parts of its
 * claim. A run that is not complete, or of a profile that is not for conclusions, resolves no timing part. A part
 * without data is "not measured yet" whatever the controls say.
 */
#ifndef ENCBENCH_ANALYSE_H
#define ENCBENCH_ANALYSE_H

#include "base/error.h"
#include "store/csv.h"

#include <stdbool.h>
#include <stddef.h>

struct analyse_summary {
    size_t confirmed, refuted, not_resolvable, invalid; /* parts of claims */
    char open[480];      /* why they are not resolvable, each reason with its number of parts; "" for none */
    size_t not_measured; /* parts of which the run has no figure at all; `not_resolvable` leaves them out */
    size_t timing_open;  /* measured timing parts neither confirmed nor refuted: what another look could still decide */
    bool run_invalid;    /* a control of the run as a whole failed or is missing */
    bool deciding_cell_blind; /* it is valid, but a cell that decides claims gives no verdict */
    char reason[768];         /* of the first control that says so; "" otherwise */
    char sick[400];           /* ops that leak, or change the process that all arms share; "" without any */
    char edited[160];         /* what of the raw files was edited, and accepted (recorded.h); "" otherwise */
    bool unrecorded;          /* the run is older than what tells whether they were */
};

/* 0, also for an invalid run; EXIT_USAGE with one line when the directory cannot be analysed. */
int analyse_run(const char *directory, struct analyse_summary *summary, struct error *error);

/* The same, but writes nothing. */
int analyse_look(const char *directory, struct analyse_summary *summary, struct error *error);

/* In a few words why it ends with EXIT_UNFIT: `reason` says it of the control. NULL when it does not. */
const char *analyse_trouble(const struct analyse_summary *summary);

/* What a program that has printed the summary ends with: EXIT_UNFIT when the run is invalid or blind where claims are
 * decided. */
int analyse_exit(const struct analyse_summary *summary);

/* Whether claims.csv can be judged at all, whatever is measured: kinds, units, regions, lists, keys, references. One
 * line with file and line when it cannot. */
int analyse_claims_check(const struct csv_data *claims, struct error *error);

/* The same of exact figures: values that a metric of that name cannot have, figures that contradict each other. */
int analyse_metrics_check(const struct csv_data *metrics, struct error *error);

/* For whoever reads files of a run directory of this schema without analysing them: 0 where those that are there do not
 * contradict each other and their checksums; one line with file and line where they do. */
int analyse_check_directory(const char *directory, struct error *error);

#endif
