/*
 * The rules of decision, pure: figures in, verdicts out; no input or output, no allocation.
 *
 * Samples live on a native scale (ns, or the natural logarithm of a ratio), regions in a unit (ns or percent).
 * Everything in a `struct verdict_evidence` but `native_sd` is in the unit.
 */
#ifndef ENCBENCH_VERDICT_H
#define ENCBENCH_VERDICT_H

#include "stats/stats.h"

#include <stdbool.h>
#include <stddef.h>

#define VERDICT_POWER 0.9 /* of every minimum detectable effect; about, see stats_mde */

enum verdict {
    VERDICT_CONFIRMED,
    VERDICT_REFUTED,
    VERDICT_UNRESOLVED, /* "not resolvable here" */
    VERDICT_INVALID,    /* "run invalid" */
};
const char *verdict_name(enum verdict verdict);

/* What a claim says, written down before the run. */
struct verdict_region {
    double low, high;
    bool low_closed, high_closed;
};
/* `bounds` is one of [] [) (] (). False when it is not, an end is NaN, or the region would be empty. */
bool verdict_region_make(struct verdict_region *region, double low, double high, const char *bounds);
bool verdict_region_contains(const struct verdict_region *region, double value);
/* Half the width of a finite region symmetric around 0, else NaN. */
double verdict_region_half_width(const struct verdict_region *region);
/* Distance from `value` to the nearest finite end; INFINITY when there is none. */
double verdict_region_distance(const struct verdict_region *region, double value);

/* Confirmed inside, refuted wholly outside on one side, else unresolved. An interval with an infinite end decides
 * nothing. An interval end on an open region end is not inside; nor, unless the whole interval is beyond, outside. */
enum verdict verdict_of_interval(const struct verdict_region *region, struct stats_interval interval);
/* An exact figure: confirmed or refuted; NaN is unresolved. */
enum verdict verdict_of_value(const struct verdict_region *region, double value);

/* How a native value becomes a figure in the unit of a metric. */
enum verdict_scale {
    VERDICT_ABSOLUTE,  /* x */
    VERDICT_RELATIVE,  /* 100 (e^x - 1): percent more time */
    VERDICT_REDUCTION, /* 100 (1 - e^x): percent less time; turns intervals round */
};
double verdict_to_unit(enum verdict_scale scale, double native);
double verdict_from_unit(enum verdict_scale scale, double figure); /* NaN or infinite where no native value has it */
struct stats_interval verdict_interval_to_unit(enum verdict_scale scale, bool reversed, struct stats_interval native);

struct verdict_evidence {
    size_t processes;
    double alpha;
    enum verdict_scale scale;
    double estimate;                /* Hodges-Lehmann */
    struct stats_interval interval; /* exact signed-rank: the one that decides */
    struct stats_interval student;  /* t interval of the mean over processes */
    struct stats_interval plain;    /* signed-rank interval of the plain means over blocks */
    double mde;
    double native_sd;           /* standard deviation over processes, native */
    struct stats_interval twin; /* worst ends of the twins' intervals; NaN when there is no twin */
    bool single_layout;         /* an arm had one layout: no faster or slower can be said */
    bool no_spread;             /* the processes do not differ (verdict_no_spread): the clock does not resolve it */
};

/*
 * Whether the middle half of the values lies within what no clock tells apart: a millionth of their median, and near
 * zero 1e-6 ns or 1e-7 of a log ratio. Not the standard deviation, which one value makes positive: of 64 processes that
 * all said 5 ns the interval is [5; 5] whatever the last one says. Of real runs the least such range was 1e-4 ns and
 * 3e-5 of a log ratio.
 */
bool verdict_no_spread(const double *values, size_t count, enum verdict_scale scale);

/* Evidence from `count` >= 2 processes; `reversed` exchanges baseline and contender. Leaves `twin` NaN and
 * `single_layout` false for the caller to fill; who has the same processes on another scale adds its `no_spread`. */
void verdict_evidence_build(struct verdict_evidence *evidence, const double *values, const double *plain_values,
                            size_t count, enum verdict_scale scale, bool reversed, double alpha);
/* Turns an effect in ns into percent of a level (negated when `reduction`). Every interval end is divided by that
 * end of the level's interval of the same kind (t by t, plain means by plain means) which moves it outwards; infinite
 * when the level is not known to be above 0. A single layout of either is one of both. */
void verdict_evidence_divide(struct verdict_evidence *evidence, const struct verdict_evidence *level, bool reduction);
/* Standard deviation in the unit: ns, or 100 x the standard deviation of the log ratios. */
double verdict_sd_in_unit(const struct verdict_evidence *evidence);
/* Largest distance from 0 that the twins reach; NaN without a twin. */
double verdict_twin_bound(const struct verdict_evidence *evidence);

enum verdict_cause {
    VERDICT_DECIDED,
    VERDICT_NO_INTERVAL,   /* too few processes for any interval at this confidence */
    VERDICT_STRADDLES,     /* the interval is neither inside nor outside */
    VERDICT_NO_TWIN,       /* the noise floor is unknown */
    VERDICT_WITHIN_TWIN,   /* the margin is within what identical code shows */
    VERDICT_TAIL,          /* the plain means decide otherwise */
    VERDICT_LAYOUT,        /* the t interval decides otherwise */
    VERDICT_SINGLE_LAYOUT, /* one arm had one layout */
    VERDICT_NO_SPREAD,     /* every process said the very same: the clock does not resolve it */
};
/* "decided", "no_interval" ...: for files. */
const char *verdict_cause_word(enum verdict_cause cause);
/* The same for people, in a few words; "" for decided. */
const char *verdict_cause_brief(enum verdict_cause cause);
/*
 * Processes at which an effect as large as the way from the estimate to the nearest end of the region would be found,
 * at the level and spread of the evidence; that way is taken as no shorter than `least` (native). 0: out of reach.
 */
size_t verdict_processes_needed(const struct verdict_region *region, const struct verdict_evidence *evidence,
                                double least);

struct verdict_decision {
    enum verdict verdict;
    enum verdict_cause cause;
    double margin; /* from the estimate to the region end that decides; NaN when the interval decides nothing */
    double interval_margin; /* the same from the nearer end of the interval */
    /*
     * Processes at which, with VERDICT_POWER, what stands in the way would be gone if all centres and spreads are as
     * here; always more than there are. 0: out of reach, decided already, or no number would. straddles, no interval
     * stats_count_for_mde of the spread over processes and the way from the estimate to the nearest end tail, layout
     * the same of the plain means' and the t interval: their middle must decide as the interval does, and the spread is
     * what the half-width says: half x sqrt(n) / (t(1 - alpha/2; n-1) x sqrt(pi/3)) within the twin          the same
     * of the twins' interval, and of how much further the margin is than its middle from 0
     */
    size_t processes_needed;
};
/*
 * The interval decides first. What it decides stands only if the margin exceeds the twin bound and if the plain
 * means and the t interval decide the same; a second interval that decides nothing counts as deciding otherwise.
 * Without any spread over processes nothing stands, whatever the interval says.
 *
 * The margin is the estimate's: the twin bound is the far end of the twins' interval and holds their spread already,
 * and to count that of the effect as well would ask for four times the processes. So a bias as large as the twin bound,
 * which twins that hold 0 do not rule out, may be larger than what the interval clears the region's end by:
 * `interval_margin` is given beside it.
 */
struct verdict_decision verdict_decide(const struct verdict_region *region, const struct verdict_evidence *evidence);

/* A part from its conditions, a claim from its parts: refuted if any is; else invalid if any is; else unresolved if
 * any is. */
enum verdict verdict_combine(const enum verdict *verdicts, size_t count);
/*
 * A part beside a control part of the same claim. A control that was measured and is not confirmed leaves the test
 * blind: what was measured is invalid. A control that was not measured lets nothing be confirmed.
 */
enum verdict verdict_guarded(enum verdict own, bool own_measured, enum verdict guard, bool guard_measured);

enum verdict_words {
    VERDICT_FASTER,
    VERDICT_SLOWER,
    VERDICT_EQUIVALENT,
    VERDICT_NO_DIFFERENCE,
    VERDICT_ONE_LAYOUT,
    VERDICT_INTERACTS,       /* of an interaction: shown */
    VERDICT_OVERRULED,       /* not resolvable here: nothing can be said, not even that nothing was shown */
    VERDICT_BY_CONSTRUCTION, /* the code is the same: whatever was measured is not its doing */
};
/* `half_width`: of the narrowest symmetric region that was met, NaN for none. `against_twin`: an effect within the
 * twin bound is not shown (false for a twin itself, which would always be). */
enum verdict_words verdict_words(const struct verdict_evidence *evidence, double half_width, bool against_twin);
/* Why evidence alone lets no words but VERDICT_OVERRULED be said: no spread, no interval; else VERDICT_DECIDED. */
enum verdict_cause verdict_mute(const struct verdict_evidence *evidence);
const char *verdict_words_text(enum verdict_words words);

#endif
