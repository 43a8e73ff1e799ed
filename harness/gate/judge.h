/*
 * How the gate decides about time, pure: log ratios of processes in, a word out; no input or output, no launching.
 *
 * Of two builds of one variant on one workload every process gives one log ratio, head over base. A pass is judged from
 * the exact signed-rank interval of their centre. It has two sides, but each word asks about one: at 99 % identical
 * code is called a suspect in at most 0.5 % of passes by the lower bound alone, and the bound must lie beyond a
 * threshold as well.
 */
#ifndef ENCBENCH_GATE_JUDGE_H
#define ENCBENCH_GATE_JUDGE_H

#include "stats/stats.h"

#include <stdbool.h>
#include <stddef.h>

#define GATE_JUDGE_ALPHA      0.01
#define GATE_JUDGE_LEAST      0.02 /* a smaller slow-down is never red */
#define GATE_JUDGE_MDE_FACTOR 1.5
#define GATE_JUDGE_VOID_MOST  0.1 /* more void processes than this share: the machine is unfit */

enum gate_judge_word { GATE_JUDGE_NONE, GATE_JUDGE_SUSPECT, GATE_JUDGE_FASTER };

/* All are fractions: 0.05 is 5 % more time in head. */
struct gate_judge_pass {
    size_t processes;
    double slow_down; /* Hodges-Lehmann */
    struct stats_interval interval;
    double mde;
    double relevant;  /* max(GATE_JUDGE_LEAST, a cycle) */
    double threshold; /* max(relevant, GATE_JUDGE_MDE_FACTOR x mde): infinite when too few processes */
    enum gate_judge_word word;
};

/* `cycle`: one cycle as a fraction of the op's time in base; NaN (no live chain) lets nothing be said. */
struct gate_judge_pass gate_judge(const double *log_ratios, size_t count, double cycle);

enum gate_judge_status { GATE_JUDGE_GREEN, GATE_JUDGE_AMBER, GATE_JUDGE_RED, GATE_JUDGE_IMPROVED };
/* One word per status: "green", "amber", "red", "improved" */
extern const char *const gate_judge_status_words[];

/*
 * Whether a first pass can end early for this pair: it is shown not to be slower by anything relevant. What may yet be
 * suspect is always measured to the end, so looking early makes nothing red; of what is slower by the relevant just so
 * it loses half a per cent a look.
 */
bool gate_judge_settled(const struct gate_judge_pass *first);
/* Whether the first pass asks for a second on fresh processes. */
bool gate_judge_again(const struct gate_judge_pass *first);
/* Red needs both passes; without the second (NULL) a suspect is amber. What the first pass does not suspect, no second
 * can. */
enum gate_judge_status gate_judge_status(const struct gate_judge_pass *first, const struct gate_judge_pass *second);

/*
 * Whether the machine can be believed: at most the share of processes void, and the live controls, over all processes:
 * the planted chain (cycles seen over cycles planted) within 3 %, and the mean positions of arms in a block within 0.1
 * of each other. `why` (one line) says what is wrong; "" when nothing is.
 */
struct gate_judge_machine {
    size_t processes, processes_void; /* launched; of them void */
    const double *chain_ratio;        /* one a process that is not void */
    size_t chain_count;
    double position_spread; /* largest distance between two arms' mean positions over the processes of a cell */
};
bool gate_judge_fit(const struct gate_judge_machine *machine, char *why, size_t why_bytes);

#endif
