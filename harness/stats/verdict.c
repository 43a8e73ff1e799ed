#include "stats/verdict.h"

#include <math.h>
#include <string.h>

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"confirmed", "refuted", "not resolvable here", "run invalid"};
    return names[verdict];
}

bool verdict_region_make(struct verdict_region *region, double low, double high, const char *bounds)
{
    if (strlen(bounds) != 2 || !strchr("[(", bounds[0]) || !strchr("])", bounds[1]))
        return false;
    *region = (struct verdict_region){low, high, bounds[0] == '[', bounds[1] == ']'};
    if (isnan(low) || isnan(high) || low > high)
        return false;
    return low < high || (region->low_closed && region->high_closed);
}

static bool above_low_end(const struct verdict_region *region, double value)
{
    return region->low_closed ? value >= region->low : value > region->low;
}

static bool below_high_end(const struct verdict_region *region, double value)
{
    return region->high_closed ? value <= region->high : value < region->high;
}

bool verdict_region_contains(const struct verdict_region *region, double value)
{
    return above_low_end(region, value) && below_high_end(region, value);
}

double verdict_region_half_width(const struct verdict_region *region)
{
    bool symmetric = isfinite(region->high) && region->low == -region->high && region->high > 0;
    return symmetric ? region->high : NAN;
}

double verdict_region_distance(const struct verdict_region *region, double value)
{
    double to_low = isfinite(region->low) ? fabs(value - region->low) : INFINITY;
    double to_high = isfinite(region->high) ? fabs(value - region->high) : INFINITY;
    return fmin(to_low, to_high);
}

static bool interval_is_finite(struct stats_interval interval)
{
    return isfinite(interval.low) && isfinite(interval.high);
}

enum verdict verdict_of_interval(const struct verdict_region *region, struct stats_interval interval)
{
    if (!interval_is_finite(interval))
        return VERDICT_UNRESOLVED;
    if (verdict_region_contains(region, interval.low) && verdict_region_contains(region, interval.high))
        return VERDICT_CONFIRMED;
    if (!above_low_end(region, interval.high) || !below_high_end(region, interval.low))
        return VERDICT_REFUTED;
    return VERDICT_UNRESOLVED;
}

enum verdict verdict_of_value(const struct verdict_region *region, double value)
{
    if (isnan(value))
        return VERDICT_UNRESOLVED;
    return verdict_region_contains(region, value) ? VERDICT_CONFIRMED : VERDICT_REFUTED;
}

double verdict_to_unit(enum verdict_scale scale, double native)
{
    switch (scale) {
    case VERDICT_RELATIVE:
        return 100 * expm1(native);
    case VERDICT_REDUCTION:
        return -100 * expm1(native);
    case VERDICT_ABSOLUTE:
        break;
    }
    return native;
}

double verdict_from_unit(enum verdict_scale scale, double figure)
{
    switch (scale) {
    case VERDICT_RELATIVE:
        return log1p(figure / 100);
    case VERDICT_REDUCTION:
        return log1p(-figure / 100);
    case VERDICT_ABSOLUTE:
        break;
    }
    return figure;
}

struct stats_interval verdict_interval_to_unit(enum verdict_scale scale, bool reversed, struct stats_interval native)
{
    double one = verdict_to_unit(scale, reversed ? -native.low : native.low);
    double other = verdict_to_unit(scale, reversed ? -native.high : native.high);
    return (struct stats_interval){fmin(one, other), fmax(one, other)};
}

bool verdict_no_spread(const double *values, size_t count, enum verdict_scale scale)
{
    const double range = stats_quantile(values, count, 0.75) - stats_quantile(values, count, 0.25);
    const double floor = scale == VERDICT_ABSOLUTE ? 1e-6 : 1e-7;
    return !(range > fmax(floor, 1e-6 * fabs(stats_quantile(values, count, 0.5))));
}

void verdict_evidence_build(struct verdict_evidence *evidence, const double *values, const double *plain_values,
                            size_t count, enum verdict_scale scale, bool reversed, double alpha)
{
    double estimate = stats_hodges_lehmann(values, count);
    struct stats_interval interval = stats_signed_rank_interval(values, count, alpha, NULL);
    struct stats_interval student = stats_t_interval(values, count, alpha);
    struct stats_interval plain = stats_signed_rank_interval(plain_values, count, alpha, NULL);
    double sd = stats_standard_deviation(values, count);

    *evidence = (struct verdict_evidence){
        .processes = count,
        .alpha = alpha,
        .scale = scale,
        .estimate = verdict_to_unit(scale, reversed ? -estimate : estimate),
        .interval = verdict_interval_to_unit(scale, reversed, interval),
        .student = verdict_interval_to_unit(scale, reversed, student),
        .plain = verdict_interval_to_unit(scale, reversed, plain),
        .mde = fabs(verdict_to_unit(scale, stats_mde(sd, count, alpha, VERDICT_POWER))),
        .native_sd = sd,
        .twin = {NAN, NAN},
        .no_spread = verdict_no_spread(values, count, scale),
    };
}

/* The percentages that an interval in ns can be of a level in its interval: the extremes of the quotient. */
static struct stats_interval interval_over_level(struct stats_interval interval, struct stats_interval level,
                                                 bool reduction)
{
    if (isnan(interval.low) || isnan(interval.high))
        return interval;
    if (!interval_is_finite(interval) || !interval_is_finite(level) || level.low <= 0)
        return (struct stats_interval){-INFINITY, INFINITY};
    double low = 100 * interval.low / (interval.low < 0 ? level.low : level.high);
    double high = 100 * interval.high / (interval.high < 0 ? level.high : level.low);
    return reduction ? (struct stats_interval){-high, -low} : (struct stats_interval){low, high};
}

void verdict_evidence_divide(struct verdict_evidence *evidence, const struct verdict_evidence *level, bool reduction)
{
    evidence->estimate = (reduction ? -100 : 100) * evidence->estimate / level->estimate;
    evidence->interval = interval_over_level(evidence->interval, level->interval, reduction);
    evidence->student = interval_over_level(evidence->student, level->student, reduction);
    evidence->plain = interval_over_level(evidence->plain, level->plain, reduction);
    evidence->twin = interval_over_level(evidence->twin, level->interval, reduction);
    evidence->mde = level->interval.low > 0 ? 100 * evidence->mde / level->interval.low : INFINITY;
    evidence->native_sd = 100 * evidence->native_sd / level->estimate;
    evidence->single_layout |= level->single_layout;
    evidence->no_spread |= level->no_spread;
}

double verdict_sd_in_unit(const struct verdict_evidence *evidence)
{
    return evidence->scale == VERDICT_ABSOLUTE ? evidence->native_sd : 100 * evidence->native_sd;
}

double verdict_twin_bound(const struct verdict_evidence *evidence)
{
    if (isnan(evidence->twin.low) || isnan(evidence->twin.high))
        return NAN;
    return fmax(fabs(evidence->twin.low), fabs(evidence->twin.high));
}

/* From the nearer end of what lies between `low` and `high`. */
static double margin_of(const struct verdict_region *region, double low, double high, enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_CONFIRMED:
        return fmin(verdict_region_distance(region, low), verdict_region_distance(region, high));
    case VERDICT_REFUTED:
        return fmax(region->low - high, low - region->high);
    case VERDICT_UNRESOLVED:
    case VERDICT_INVALID:
        break;
    }
    return NAN;
}

static double power_of(bool two_sided)
{
    return two_sided ? 1 - (1 - VERDICT_POWER) / 2 : VERDICT_POWER;
}

size_t verdict_processes_needed(const struct verdict_region *region, const struct verdict_evidence *evidence,
                                double least)
{
    double here = verdict_from_unit(evidence->scale, evidence->estimate);
    double distance = INFINITY;
    const double ends[] = {region->low, region->high};
    for (size_t i = 0; i < 2; i++) {
        double end = isfinite(ends[i]) ? verdict_from_unit(evidence->scale, ends[i]) : NAN;
        if (isfinite(end))
            distance = fmin(distance, fabs(here - end));
    }
    if (!isfinite(distance) || !isfinite(evidence->native_sd))
        return 0;
    /* An interval must clear both ends of a two-sided region: half the chance of missing for each. */
    const bool two_sided = isfinite(region->low) && isfinite(region->high);
    return stats_count_for_mde(evidence->native_sd, fmax(distance, least), evidence->alpha, power_of(two_sided));
}

const char *verdict_cause_word(enum verdict_cause cause)
{
    static const char *const words[] = {"decided", "no_interval", "straddles",     "no_twin",  "within_twin",
                                        "tail",    "layout",      "single_layout", "no_spread"};
    return words[cause];
}

const char *verdict_cause_brief(enum verdict_cause cause)
{
    static const char *const words[] = {"",
                                        "too few processes for any interval",
                                        "neither inside nor outside",
                                        "no twin",
                                        "within what identical code shows",
                                        "tail-dependent",
                                        "layout-dependent",
                                        "single layout",
                                        "no spread over processes"};
    return words[cause];
}

static bool has_no_spread(const struct verdict_evidence *evidence)
{
    return evidence->no_spread || !(evidence->native_sd > 0);
}

enum verdict_cause verdict_mute(const struct verdict_evidence *evidence)
{
    return !interval_is_finite(evidence->interval) ? VERDICT_NO_INTERVAL
           : has_no_spread(evidence)               ? VERDICT_NO_SPREAD
                                                   : VERDICT_DECIDED;
}

/* ---- processes that would decide ---- */

/* Processes at which an interval of which half is `half` here would clear a distance; always more than there are. */
static size_t needed_of_half(const struct verdict_evidence *evidence, double half, double distance, bool two_sided)
{
    const double root = sqrt((double)evidence->processes), asymptotic = sqrt(acos(-1) / 3);
    const double t = stats_t_quantile(1 - evidence->alpha / 2, (double)evidence->processes - 1);
    if (!isfinite(half) || !(distance > 0))
        return 0;
    const size_t needed =
        stats_count_for_mde(half * root / (t * asymptotic), distance, evidence->alpha, power_of(two_sided));
    return needed == 0 || needed > evidence->processes ? needed : evidence->processes + 1;
}

/* Native distance from a value to the nearest end of the region. */
static double native_distance(const struct verdict_region *region, enum verdict_scale scale, double native)
{
    const double ends[] = {verdict_from_unit(scale, region->low), verdict_from_unit(scale, region->high)};
    double distance = INFINITY;
    for (size_t i = 0; i < 2; i++)
        if (isfinite(ends[i]))
            distance = fmin(distance, fabs(native - ends[i]));
    return distance;
}

/* Of an interval that does not decide as the one that does; 0 when its middle does not either. */
static size_t needed_to_agree(const struct verdict_region *region, const struct verdict_evidence *evidence,
                              struct stats_interval interval, enum verdict verdict)
{
    if (!interval_is_finite(interval))
        return 0;
    const double low = verdict_from_unit(evidence->scale, interval.low);
    const double high = verdict_from_unit(evidence->scale, interval.high), middle = (low + high) / 2;
    if (verdict_of_value(region, verdict_to_unit(evidence->scale, middle)) != verdict)
        return 0;
    const bool two_sided = verdict == VERDICT_CONFIRMED && isfinite(region->low) && isfinite(region->high);
    return needed_of_half(evidence, fabs(high - low) / 2, native_distance(region, evidence->scale, middle), two_sided);
}

/* As many as `verdict_processes_needed` says; but an interval wider than the spread makes it would otherwise ask for
 * fewer than there are. */
static size_t needed_to_clear(const struct verdict_region *region, const struct verdict_evidence *evidence)
{
    const size_t needed = verdict_processes_needed(region, evidence, 0);
    if (needed == 0 || needed > evidence->processes || !interval_is_finite(evidence->interval))
        return needed;
    const double low = verdict_from_unit(evidence->scale, evidence->interval.low);
    const double high = verdict_from_unit(evidence->scale, evidence->interval.high);
    const double here = verdict_from_unit(evidence->scale, evidence->estimate);
    return needed_of_half(evidence, fabs(high - low) / 2, native_distance(region, evidence->scale, here),
                          isfinite(region->low) && isfinite(region->high));
}

static size_t needed_after(const struct verdict_region *region, const struct verdict_evidence *evidence,
                           enum verdict verdict, enum verdict_cause cause, double margin)
{
    switch (cause) {
    case VERDICT_WITHIN_TWIN:
        return needed_of_half(evidence, (evidence->twin.high - evidence->twin.low) / 2,
                              margin - fabs(evidence->twin.low + evidence->twin.high) / 2, true);
    case VERDICT_TAIL:
        return needed_to_agree(region, evidence, evidence->plain, verdict);
    case VERDICT_LAYOUT:
        return needed_to_agree(region, evidence, evidence->student, verdict);
    case VERDICT_DECIDED:
    case VERDICT_NO_INTERVAL:
    case VERDICT_STRADDLES:
    case VERDICT_NO_TWIN:
    case VERDICT_SINGLE_LAYOUT:
    case VERDICT_NO_SPREAD:
        break;
    }
    return 0;
}

static enum verdict_cause objection(const struct verdict_region *region, const struct verdict_evidence *evidence,
                                    enum verdict verdict, double margin)
{
    double twin_bound = verdict_twin_bound(evidence);
    if (evidence->single_layout)
        return VERDICT_SINGLE_LAYOUT;
    if (isnan(twin_bound))
        return VERDICT_NO_TWIN;
    if (!(margin > twin_bound))
        return VERDICT_WITHIN_TWIN;
    if (verdict_of_interval(region, evidence->plain) != verdict)
        return VERDICT_TAIL;
    if (verdict_of_interval(region, evidence->student) != verdict)
        return VERDICT_LAYOUT;
    return VERDICT_DECIDED;
}

struct verdict_decision verdict_decide(const struct verdict_region *region, const struct verdict_evidence *evidence)
{
    struct verdict_decision decision = {.verdict = verdict_of_interval(region, evidence->interval)};
    decision.margin = margin_of(region, evidence->estimate, evidence->estimate, decision.verdict);
    decision.interval_margin = margin_of(region, evidence->interval.low, evidence->interval.high, decision.verdict);
    if (!evidence->single_layout && verdict_mute(evidence) == VERDICT_NO_SPREAD) {
        decision.verdict = VERDICT_UNRESOLVED;
        decision.cause = VERDICT_NO_SPREAD;
        return decision;
    }
    if (decision.verdict == VERDICT_UNRESOLVED) {
        decision.cause = interval_is_finite(evidence->interval) ? VERDICT_STRADDLES : VERDICT_NO_INTERVAL;
        decision.processes_needed = needed_to_clear(region, evidence);
        return decision;
    }
    decision.cause = objection(region, evidence, decision.verdict, decision.margin);
    decision.processes_needed = needed_after(region, evidence, decision.verdict, decision.cause, decision.margin);
    if (decision.cause != VERDICT_DECIDED)
        decision.verdict = VERDICT_UNRESOLVED;
    return decision;
}

enum verdict verdict_combine(const enum verdict *verdicts, size_t count)
{
    static const enum verdict order[] = {VERDICT_REFUTED, VERDICT_INVALID, VERDICT_UNRESOLVED, VERDICT_CONFIRMED};
    for (size_t rank = 0; count > 0 && rank < sizeof order / sizeof order[0]; rank++)
        for (size_t i = 0; i < count; i++)
            if (verdicts[i] == order[rank])
                return order[rank];
    return VERDICT_UNRESOLVED;
}

enum verdict verdict_guarded(enum verdict own, bool own_measured, enum verdict guard, bool guard_measured)
{
    if (guard == VERDICT_CONFIRMED)
        return own;
    if (!guard_measured)
        return own == VERDICT_CONFIRMED ? VERDICT_UNRESOLVED : own;
    return own_measured ? VERDICT_INVALID : own;
}

static int sign_of(struct stats_interval interval)
{
    return interval.low > 0 ? 1 : interval.high < 0 ? -1 : 0;
}

enum verdict_words verdict_words(const struct verdict_evidence *evidence, double half_width, bool against_twin)
{
    if (evidence->single_layout)
        return VERDICT_ONE_LAYOUT;
    if (verdict_mute(evidence) != VERDICT_DECIDED)
        return VERDICT_OVERRULED;
    if (!isnan(half_width))
        return VERDICT_EQUIVALENT;
    double twin_bound = against_twin ? verdict_twin_bound(evidence) : NAN;
    if (!isnan(twin_bound) && fabs(evidence->estimate) <= twin_bound)
        return VERDICT_NO_DIFFERENCE;
    /* What the tails or a few layouts decide otherwise is not shown, as in a verdict. */
    const int sign = sign_of(evidence->interval);
    if (sign == 0 || sign_of(evidence->plain) != sign || sign_of(evidence->student) != sign)
        return VERDICT_NO_DIFFERENCE;
    const bool more_is_faster = evidence->scale == VERDICT_REDUCTION;
    return (sign > 0) == more_is_faster ? VERDICT_FASTER : VERDICT_SLOWER;
}

const char *verdict_words_text(enum verdict_words words)
{
    static const char *const texts[] = {
        "faster by",     "slower by",         "equivalent within",   "no difference shown",
        "single layout", "interaction shown", "not resolvable here", "equal by construction"};
    return texts[words];
}
