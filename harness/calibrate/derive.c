/*
 * From raw rows to figures, pure. A trial is a pair over N successive processes; its interval and decision are made by
 * the functions that analyse uses. A truth is judged as difference - truth x cycle, both of one process: linear, so
 * that no noise in a divisor biases it; what is left has the true value 0.
 */
#include "calibrate/internal.h"

#include "stats/linearity.h"
#include "stats/stats.h"
#include "stats/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHORT = CALIBRATE_SET_PROCESSES,
    QUICK = 20,   /* as in the profile */
    LOOK_1 = 32,  /* of the profile default ... */
    DEFAULT = 64, /* ... and its last */
    RUNS = 59,    /* of which 57 found is the target */
};
#define NOMINAL       0.01
#define SHARE_1       0.3 /* of the error at the looks of the profile default */
#define SHARE_2       0.7
#define COVER         0.05
#define BOUND         0.05 /* of what is printed about a rate */
#define REAL_MARGIN   4.0  /* sd: so far away that the region's other end plays no part */
#define SET_WHOLE     0.9  /* a set of layouts with fewer good processes is no trial */
#define RUN_SECONDS   10.0
#define AT_LEAST_AA   1000
#define AT_LEAST_TRUE 5000
#define AT_LEAST_EDGE 1000

#define TARGET_AA         "at most 1 percent of at least 1000"
#define TARGET_COVERED    "94 to 96.5 percent of at least 5000"
#define TARGET_EDGE       "at most 1 percent of at least 1000"
#define TARGET_FOUND      "at least 57 of 59 runs of at most 10 s"
#define TARGET_HALF_WIDTH "at most 0.05 percent at default"

const char *const calibrate_status_words[] = {"met", "missed", "more trials needed", "no target"};

/* Good processes of one pair of one case, in order. */
struct series {
    const struct calibrate_case *kase;
    const struct calibrate_pair *pair;
    const struct calibrate_row **row;
    size_t count;
    double truth_cycles; /* 0 for identical code */
    double cycle_ns;     /* median over processes */
    unsigned latency;    /* cycles of an operation; 0 for identical code */
};

struct derivation {
    const struct calibrate_data *data;
    struct series series[CALIBRATE_CASES_MAX][CALIBRATE_PAIRS];
    struct calibrate_figures *figures;
    double *scratch; /* as long as the longest series */
    struct error *error;
};

/* What one trial is made of: a window of a series. */
struct trial {
    size_t first, count;
    double value[DEFAULT], plain[DEFAULT], log_ratio[DEFAULT], plain_log_ratio[DEFAULT];
};

struct rate {
    size_t trials, count;
};

/* ---- figures ---- */

struct calibrate_figure *calibrate_figures_add(struct calibrate_figures *figures, struct error *error)
{
    if (figures->count == figures->capacity) {
        const size_t capacity = 2 * figures->capacity + 64;
        struct calibrate_figure *larger = realloc(figures->figure, capacity * sizeof *larger);
        if (larger == NULL) {
            error_out_of_memory(error);
            return NULL;
        }
        figures->figure = larger;
        figures->capacity = capacity;
    }
    struct calibrate_figure *row = &figures->figure[figures->count++];
    *row = (struct calibrate_figure){.true_effect_unit = "",
                                     .target = "",
                                     .true_effect = NAN,
                                     .confidence = NAN,
                                     .value = NAN,
                                     .low = NAN,
                                     .high = NAN,
                                     .status = CALIBRATE_NO_TARGET};
    return row;
}

static struct calibrate_figure *add_figure(struct derivation *d, const char *property, const char *subject,
                                           const char *design, const char *figure, const char *unit)
{
    static struct calibrate_figure nowhere;
    struct calibrate_figure *row = calibrate_figures_add(d->figures, d->error);
    if (row == NULL)
        return &nowhere;
    row->property = property;
    row->figure = figure;
    row->unit = unit;
    snprintf(row->subject, sizeof row->subject, "%s", subject);
    snprintf(row->design, sizeof row->design, "%s", design);
    return row;
}

static struct calibrate_figure *add_rate(struct derivation *d, const char *property, const char *subject,
                                         const char *design, const char *figure, struct rate rate, unsigned processes,
                                         double confidence)
{
    struct calibrate_figure *row = add_figure(d, property, subject, design, figure, "percent");
    const struct stats_interval bounds = stats_proportion_interval(rate.count, rate.trials, BOUND);
    row->processes = processes;
    row->confidence = confidence;
    row->is_rate = row->has_trials = true;
    row->trials = rate.trials;
    row->count = rate.count;
    row->value = rate.trials ? 100.0 * (double)rate.count / (double)rate.trials : NAN;
    row->low = rate.trials ? 100 * bounds.low : NAN;
    row->high = rate.trials ? 100 * bounds.high : NAN;
    if (rate.trials == 0)
        snprintf(row->reason, sizeof row->reason, "too few processes for a trial");
    return row;
}

static void set_effect(struct calibrate_figure *row, double effect, const char *unit)
{
    row->true_effect = effect;
    row->true_effect_unit = unit;
}

/* Met inside [low, high] percent; `why` is what is said when it is missed. */
static void judge_rate(struct calibrate_figure *row, const char *target, double low, double high, size_t at_least,
                       const char *why)
{
    row->target = target;
    if (row->trials < at_least) {
        row->status = CALIBRATE_MORE;
        snprintf(row->reason, sizeof row->reason, "%zu of %zu trials", row->trials, at_least);
    } else if (row->value >= low && row->value <= high) {
        row->status = CALIBRATE_MET;
    } else {
        row->status = CALIBRATE_MISSED;
        snprintf(row->reason, sizeof row->reason, "%s", why);
    }
}

/* ---- series and trials ---- */

static double residual(const struct series *series, const struct calibrate_row *row, bool plain)
{
    const double cycle_ns = plain ? row->plain_cycle_ns : row->cycle_ns;
    return (plain ? row->plain_ns : row->difference_ns) - series->truth_cycles * cycle_ns;
}

/* Without the truth taken off when `raw`. */
static void fill_trial(struct trial *trial, const struct series *series, size_t first, size_t count, bool raw)
{
    trial->first = first;
    trial->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct calibrate_row *row = series->row[first + i];
        trial->value[i] = raw ? row->difference_ns : residual(series, row, false);
        trial->plain[i] = raw ? row->plain_ns : residual(series, row, true);
        trial->log_ratio[i] = row->log_ratio;
        trial->plain_log_ratio[i] = row->plain_log_ratio;
    }
}

/* The next window of N processes from *cursor on; a set of layouts makes a trial of its own. False at the end. */
static bool next_window(const struct series *series, size_t processes, size_t *cursor, size_t *first, size_t *count)
{
    if (series->kase->set_processes == 0) {
        *first = *cursor;
        *count = processes;
        *cursor += processes;
        return *cursor <= series->count;
    }
    while (*cursor < series->count) {
        *first = *cursor;
        while (*cursor < series->count && series->row[*cursor]->set == series->row[*first]->set)
            ++*cursor;
        *count = *cursor - *first;
        if ((double)*count >= SET_WHOLE * (double)processes && *count <= DEFAULT)
            return true;
    }
    return false;
}

/* The interval decides first (verdict.h): where it decides nothing, no more is looked at. It costs a hundredth of all
 * the evidence. */
static struct stats_interval interval_of(const struct trial *trial, bool relative, double alpha)
{
    const struct stats_interval native =
        stats_signed_rank_interval(relative ? trial->log_ratio : trial->value, trial->count, alpha, NULL);
    return verdict_interval_to_unit(relative ? VERDICT_RELATIVE : VERDICT_ABSOLUTE, false, native);
}

static struct verdict_evidence evidence_of(const struct trial *trial, bool relative, double alpha)
{
    struct verdict_evidence evidence;
    verdict_evidence_build(&evidence, relative ? trial->log_ratio : trial->value,
                           relative ? trial->plain_log_ratio : trial->plain, trial->count,
                           relative ? VERDICT_RELATIVE : VERDICT_ABSOLUTE, false, alpha);
    return evidence;
}

/* The twin of a pair is the next pair of the same processes, whose true difference is 0 as well. */
static const struct series *twin_of(const struct derivation *d, const struct series *series)
{
    const size_t kase = (size_t)(series->kase - d->data->cases->cases);
    const size_t pair = (size_t)(series->pair - series->kase->pairs);
    return &d->series[kase][(pair + 1) % series->kase->pair_count];
}

static struct stats_interval twin_interval(const struct derivation *d, const struct series *series,
                                           const struct trial *trial, bool relative, double alpha)
{
    struct trial twin;
    fill_trial(&twin, twin_of(d, series), trial->first, trial->count, false);
    return interval_of(&twin, relative, alpha);
}

static bool excludes_zero(struct stats_interval interval)
{
    return interval.low > 0 || interval.high < 0;
}

static double series_sd(struct derivation *d, const struct series *series, bool relative)
{
    for (size_t i = 0; i < series->count; i++)
        d->scratch[i] = relative ? series->row[i]->log_ratio : residual(series, series->row[i], false);
    return stats_standard_deviation(d->scratch, series->count);
}

/* What is responsible when a target is missed: a centre that is off the truth, or spread of which kind. */
static void explain(struct derivation *d, const struct series *series, char *text, size_t text_bytes)
{
    double within = 0, lag = 0, square = 0, mean = 0;
    for (size_t i = 0; i < series->count; i++)
        mean += residual(series, series->row[i], false) / (double)series->count;
    for (size_t i = 0; i < series->count; i++) {
        const double one = residual(series, series->row[i], false) - mean;
        const double error = series->row[i]->standard_error_ns;
        square += one * one;
        within += isfinite(error) ? error * error : 0;
        if (i > 0)
            lag += one * (residual(series, series->row[i - 1], false) - mean);
    }
    for (size_t i = 0; i < series->count; i++)
        d->scratch[i] = residual(series, series->row[i], false);
    const double median = stats_quantile(d->scratch, series->count, 0.5);
    const double middle =
        stats_quantile(d->scratch, series->count, 0.75) - stats_quantile(d->scratch, series->count, 0.25);
    /* In ns where no cycle was found: of identical code, and of a truth without a process that counts. */
    const bool in_cycles = series->cycle_ns > 0;
    const double unit_ns = in_cycles ? series->cycle_ns : 1;
    snprintf(text, text_bytes,
             "%s: the median of all processes is %.2g %s from the truth and the middle half of them %.2g wide; %.0f "
             "percent of the variance is within processes; successive ones correlate by %.2f",
             series->pair->contender, median / unit_ns, in_cycles ? "cycles" : "ns", middle / unit_ns,
             square > 0 ? fmin(100, 100 * within / square) : 0.0, square > 0 ? lag / square : 0.0);
}

/* ---- identical code ---- */

struct aa_rates {
    struct rate absolute, relative, called;
};

static void add_rates(struct rate *sum, struct rate one)
{
    sum->trials += one.trials;
    sum->count += one.count;
}

static void count_aa_trial(const struct derivation *d, const struct series *series, const struct trial *trial,
                           double alpha, struct aa_rates *rates)
{
    bool called = false;
    for (int relative = 0; relative < 2; relative++) {
        struct rate *rate = relative ? &rates->relative : &rates->absolute;
        rate->trials++;
        if (!excludes_zero(interval_of(trial, relative, alpha)))
            continue;
        rate->count++;
        struct verdict_evidence evidence = evidence_of(trial, relative, alpha);
        evidence.twin = twin_interval(d, series, trial, relative, alpha);
        const enum verdict_words words = verdict_words(&evidence, NAN, true);
        called = called || words == VERDICT_FASTER || words == VERDICT_SLOWER;
    }
    rates->called.trials++;
    rates->called.count += called;
}

static void count_aa(const struct derivation *d, const struct series *series, unsigned processes,
                     struct aa_rates *rates)
{
    struct trial trial;
    size_t cursor = 0, first, count;
    while (next_window(series, processes, &cursor, &first, &count)) {
        fill_trial(&trial, series, first, count, false);
        count_aa_trial(d, series, &trial, NOMINAL, rates);
    }
}

/* Two looks that share the error: the first that says so counts. */
static struct rate count_looks(const struct series *series)
{
    struct rate rate = {0};
    struct trial trial;
    for (size_t first = 0; first + DEFAULT <= series->count; first += DEFAULT) {
        fill_trial(&trial, series, first, DEFAULT, false);
        rate.trials++;
        rate.count += excludes_zero(stats_signed_rank_interval(trial.value, LOOK_1, NOMINAL * SHARE_1, NULL)) ||
                      excludes_zero(stats_signed_rank_interval(trial.value, DEFAULT, NOMINAL * SHARE_2, NULL));
    }
    return rate;
}

static const char *property_of(const struct calibrate_case *kase)
{
    if (kase->set_processes > 0)
        return "ablation";
    return strcmp(kase->design, CALIBRATE_ONE_AFTER_OTHER) == 0 ? "pairing" : "aa";
}

static void put_aa(struct derivation *d, const char *property, const char *subject, const char *design,
                   const struct aa_rates *rates, unsigned processes, bool has_target, const char *why)
{
    const struct {
        const char *figure;
        struct rate rate;
    } figures[] = {{"false_differences", rates->absolute},
                   {"false_differences_relative", rates->relative},
                   {"called_different", rates->called}};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        struct calibrate_figure *row =
            add_rate(d, property, subject, design, figures[i].figure, figures[i].rate, processes, 1 - NOMINAL);
        if (has_target)
            judge_rate(row, TARGET_AA, 0, 100 * NOMINAL, AT_LEAST_AA, why);
    }
}

static void derive_aa_case(struct derivation *d, size_t c, unsigned processes, struct aa_rates *sum)
{
    const struct calibrate_case *kase = &d->data->cases->cases[c];
    const bool fresh = strcmp(property_of(kase), "aa") == 0;
    struct aa_rates rates = {0};
    char why[256] = "";
    for (size_t p = 0; p < kase->pair_count; p++)
        count_aa(d, &d->series[c][p], processes, &rates);
    explain(d, &d->series[c][0], why, sizeof why);
    put_aa(d, property_of(kase), kase->pairs[0].baseline, kase->design, &rates, processes, false, why);
    if (fresh) {
        add_rates(&sum->absolute, rates.absolute);
        add_rates(&sum->relative, rates.relative);
        add_rates(&sum->called, rates.called);
    }
}

static void derive_aa_looks(struct derivation *d)
{
    struct rate sum = {0};
    const struct calibrate_cases *cases = d->data->cases;
    bool any = false;
    for (size_t c = 0; c < cases->count; c++) {
        if (cases->cases[c].purpose != CALIBRATE_AA || strcmp(property_of(&cases->cases[c]), "aa") != 0)
            continue;
        struct rate rate = {0};
        for (size_t p = 0; p < cases->cases[c].pair_count; p++)
            add_rates(&rate, count_looks(&d->series[c][p]));
        add_rate(d, "aa", cases->cases[c].pairs[0].baseline, CALIBRATE_FRESH, "false_differences", rate, DEFAULT,
                 1 - NOMINAL);
        add_rates(&sum, rate);
        any = true;
    }
    if (any) {
        struct calibrate_figure *row =
            add_rate(d, "aa", "all", CALIBRATE_FRESH, "false_differences", sum, DEFAULT, 1 - NOMINAL);
        snprintf(row->reason, sizeof row->reason, "looks at %d and %d processes; the first that differs counts", LOOK_1,
                 DEFAULT);
    }
}

/* The fresh case that has most false differences explains the sum. */
static void explain_sum(struct derivation *d, char *why, size_t why_bytes)
{
    double worst = -1;
    for (size_t c = 0; c < d->data->cases->count; c++) {
        const struct calibrate_case *kase = &d->data->cases->cases[c];
        struct aa_rates rates = {0};
        if (kase->purpose != CALIBRATE_AA || strcmp(property_of(kase), "aa") != 0)
            continue;
        for (size_t p = 0; p < kase->pair_count; p++)
            count_aa(d, &d->series[c][p], SHORT, &rates);
        const double rate = (double)rates.absolute.count / fmax(1, (double)rates.absolute.trials);
        if (rate > worst)
            explain(d, &d->series[c][0], why, why_bytes);
        worst = fmax(worst, rate);
    }
}

static void derive_aa(struct derivation *d)
{
    const struct calibrate_cases *cases = d->data->cases;
    const unsigned sizes[] = {SHORT, QUICK};
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        struct aa_rates sum = {0};
        char why[256] = "";
        bool any = false;
        for (size_t c = 0; c < cases->count; c++) {
            if (cases->cases[c].purpose != CALIBRATE_AA || (cases->cases[c].set_processes > 0 && sizes[n] != SHORT))
                continue;
            any = any || strcmp(property_of(&cases->cases[c]), "aa") == 0;
            derive_aa_case(d, c, sizes[n], &sum);
        }
        if (!any)
            continue;
        explain_sum(d, why, sizeof why);
        put_aa(d, "aa", "all", CALIBRATE_FRESH, &sum, sizes[n], true, why);
    }
    derive_aa_looks(d);
}

/* ---- linearity ---- */

struct linearity_rates {
    struct rate failed, imprecise;
};

/* One arm or pair at one other size over one window, by the rule of analyse: a level within its tolerance, a contrast
 * within the MDE. */
static void count_linearity_trial(const struct series *series, size_t first, enum calibrate_size size,
                                  struct linearity_rates *rates)
{
    double changes[QUICK], errors[QUICK], blocks[QUICK], levels[QUICK], logs[QUICK];
    for (size_t i = 0; i < QUICK; i++) {
        const struct calibrate_row *row = series->row[first + i];
        if (isnan(changes[i] = row->size_change[size]))
            return;
        errors[i] = row->size_error[size];
        blocks[i] = row->size_blocks[size];
        levels[i] = row->baseline_ns;
        logs[i] = row->log_ratio;
    }
    const bool is_level = size == CALIBRATE_LEVEL_DOUBLE || size == CALIBRATE_LEVEL_BETWEEN;
    const double tolerance = is_level
                                 ? linearity_level_tolerance(1, series->cycle_ns / stats_hodges_lehmann(levels, QUICK))
                                 : stats_mde(stats_standard_deviation(logs, QUICK), QUICK, NOMINAL, VERDICT_POWER);
    const struct verdict_region region = {-tolerance, tolerance, .low_closed = true, .high_closed = true};
    const enum verdict verdict =
        verdict_of_interval(&region, linearity_change(changes, errors, blocks, QUICK, tolerance, NOMINAL).interval);
    rates->failed.trials++;
    rates->imprecise.trials++;
    rates->failed.count += verdict == VERDICT_REFUTED;
    rates->imprecise.count += verdict == VERDICT_UNRESOLVED;
}

static void put_linearity(struct derivation *d, const char *subject, const struct linearity_rates *rates,
                          bool has_target)
{
    struct calibrate_figure *row =
        add_rate(d, "linearity", subject, CALIBRATE_FRESH, "false_batch_dependent", rates->failed, QUICK, 1 - NOMINAL);
    if (has_target)
        judge_rate(row, TARGET_AA, 0, 100 * NOMINAL, AT_LEAST_AA, "called batch-dependent where the op is not");
    add_rate(d, "linearity", subject, CALIBRATE_FRESH, "imprecise", rates->imprecise, QUICK, 1 - NOMINAL);
}

/* Code whose cost does not depend on the size of its batches, judged as analyse judges it. */
static void derive_linearity(struct derivation *d)
{
    const struct calibrate_cases *cases = d->data->cases;
    struct linearity_rates sum = {0};
    for (size_t c = 0; c < cases->count; c++) {
        struct linearity_rates rates = {0};
        if (cases->cases[c].purpose != CALIBRATE_AA || strcmp(property_of(&cases->cases[c]), "aa") != 0)
            continue;
        for (size_t p = 0; p < cases->cases[c].pair_count; p++)
            for (size_t first = 0; first + QUICK <= d->series[c][p].count; first += QUICK)
                for (enum calibrate_size size = CALIBRATE_LEVEL_DOUBLE; size < CALIBRATE_SIZES; size++)
                    count_linearity_trial(&d->series[c][p], first, size, &rates);
        if (rates.failed.trials > 0)
            put_linearity(d, cases->cases[c].pairs[0].baseline, &rates, false);
        add_rates(&sum.failed, rates.failed);
        add_rates(&sum.imprecise, rates.imprecise);
    }
    if (sum.failed.trials > 0)
        put_linearity(d, "all", &sum, true);
}

/* ---- truths ---- */

static struct rate count_covered(const struct series *series)
{
    struct rate rate = {0};
    struct trial trial;
    for (size_t first = 0; first + SHORT <= series->count; first += SHORT) {
        fill_trial(&trial, series, first, SHORT, false);
        const struct stats_interval interval = stats_signed_rank_interval(trial.value, SHORT, COVER, NULL);
        rate.trials++;
        rate.count += interval.low <= 0 && interval.high >= 0;
    }
    return rate;
}

/* Mean over trials of their estimates, and its t interval. */
static void put_bias(struct derivation *d, const struct series *series)
{
    struct trial trial;
    size_t trials = 0;
    for (size_t first = 0; first + SHORT <= series->count; first += SHORT) {
        fill_trial(&trial, series, first, SHORT, false);
        d->scratch[trials++] = stats_hodges_lehmann(trial.value, SHORT) / series->cycle_ns;
    }
    struct calibrate_figure *row = add_figure(d, "truth", series->pair->contender, CALIBRATE_FRESH, "bias", "cycles");
    const struct stats_interval interval = stats_t_interval(d->scratch, trials, BOUND);
    set_effect(row, series->truth_cycles, "cycles");
    row->processes = SHORT;
    row->has_trials = true;
    row->trials = trials;
    row->value = stats_mean(d->scratch, trials);
    row->low = trials > 1 ? interval.low : NAN;
    row->high = trials > 1 ? interval.high : NAN;
    snprintf(row->reason, sizeof row->reason, "an operation takes %u cycles", series->latency);
}

static void derive_covered(struct derivation *d)
{
    static const char *const kinds[] = {"add", "multiply", "load"};
    const struct calibrate_cases *cases = d->data->cases;
    struct rate all = {0}, of_kind[3] = {{0}};
    char why[256] = "";
    double worst = 2;
    for (size_t c = 0; c < cases->count; c++)
        for (size_t p = 0; p < cases->cases[c].pair_count && cases->cases[c].purpose == CALIBRATE_TRUTH; p++) {
            const struct series *series = &d->series[c][p];
            const struct rate rate = count_covered(series);
            set_effect(
                add_rate(d, "truth", series->pair->contender, CALIBRATE_FRESH, "covered", rate, SHORT, 1 - COVER),
                series->truth_cycles, "cycles");
            put_bias(d, series);
            const double share = rate.trials ? (double)rate.count / (double)rate.trials : 1;
            if (share < worst)
                explain(d, series, why, sizeof why);
            worst = fmin(worst, share);
            add_rates(&all, rate);
            for (size_t k = 0; k < 3; k++)
                if (strcmp(kinds[k], series->pair->operation) == 0)
                    add_rates(&of_kind[k], rate);
        }
    if (worst > 1)
        return;
    for (size_t k = 0; k < 3; k++)
        add_rate(d, "truth", kinds[k], CALIBRATE_FRESH, "covered", of_kind[k], SHORT, 1 - COVER);
    judge_rate(add_rate(d, "truth", "all", CALIBRATE_FRESH, "covered", all, SHORT, 1 - COVER), TARGET_COVERED, 94, 96.5,
               AT_LEAST_TRUE, why);
}

/* Half-width in percent of the op at the profile default, by the interval that it prints at its last look. */
static void derive_half_width(struct derivation *d, size_t c)
{
    struct calibrate_figure *row = NULL;
    double largest = 0, smallest = INFINITY, sum = 0;
    size_t trials = 0;
    for (size_t p = 0; p < d->data->cases->cases[c].pair_count; p++) {
        const struct series *series = &d->series[c][p];
        struct trial trial;
        for (size_t first = 0; first + DEFAULT <= series->count; first += DEFAULT) {
            fill_trial(&trial, series, first, DEFAULT, true);
            const struct verdict_evidence evidence = evidence_of(&trial, true, NOMINAL * SHARE_2);
            const double half = (evidence.interval.high - evidence.interval.low) / 2;
            largest = fmax(largest, half);
            smallest = fmin(smallest, half);
            sum += half;
            trials++;
        }
    }
    const struct series *series = &d->series[c][0];
    row = add_figure(d, "truth", series->pair->contender, CALIBRATE_FRESH, "half_width", "percent");
    set_effect(row, series->truth_cycles, "cycles");
    row->processes = DEFAULT;
    row->confidence = 1 - NOMINAL * SHARE_2;
    row->has_trials = true;
    row->trials = trials;
    row->target = TARGET_HALF_WIDTH;
    row->status = CALIBRATE_MORE;
    if (trials == 0) {
        snprintf(row->reason, sizeof row->reason, "%zu of %d processes", series->count, DEFAULT);
        return;
    }
    row->value = sum / (double)trials;
    row->low = smallest;
    row->high = largest;
    row->status = largest <= 0.05 ? CALIBRATE_MET : CALIBRATE_MISSED;
    if (row->status == CALIBRATE_MISSED)
        explain(d, series, row->reason, sizeof row->reason);
}

/* ---- power ---- */

struct power {
    struct rate found;
    double mde_sum;            /* over trials: what the report would print beside each */
    double *threshold;         /* effect that each trial would just have found */
    double seconds, longest_s; /* of the processes of a trial */
};

static void measure_power(struct derivation *d, const struct series *series, double added, struct power *power)
{
    const double mde_of_sd = stats_mde(1, QUICK, NOMINAL, VERDICT_POWER); /* it is proportional to the sd */
    struct trial trial;
    for (size_t first = 0; first + QUICK <= series->count; first += QUICK) {
        fill_trial(&trial, series, first, QUICK, false);
        const double low = interval_of(&trial, false, NOMINAL).low;
        double seconds = 0;
        for (size_t i = 0; i < QUICK; i++)
            seconds += series->row[first + i]->wall_ms / 1e3;
        /* A constant moves the interval as a whole. */
        d->scratch[power->found.trials++] = -low;
        power->found.count += low + added > 0;
        power->mde_sum += mde_of_sd * stats_standard_deviation(trial.value, QUICK);
        power->seconds += seconds;
        power->longest_s = fmax(power->longest_s, seconds);
    }
    power->threshold = d->scratch;
}

/* MDE as printed, and the effect really found in 90 of 100 trials over it. */
static void put_mde(struct derivation *d, const char *subject, const struct power *power, double unit_ns,
                    const char *unit)
{
    const double mde_ns = power->mde_sum / (double)power->found.trials;
    struct calibrate_figure *row = add_figure(d, "power", subject, CALIBRATE_FRESH, "mde", unit);
    row->processes = QUICK;
    row->confidence = 1 - NOMINAL;
    row->has_trials = true;
    row->trials = power->found.trials;
    row->value = mde_ns / unit_ns;
    row = add_figure(d, "power", subject, CALIBRATE_FRESH, "mde_ratio", "ratio");
    row->processes = QUICK;
    row->confidence = 1 - NOMINAL;
    row->has_trials = true;
    row->trials = power->found.trials;
    row->value = stats_quantile(power->threshold, power->found.trials, VERDICT_POWER) / mde_ns;
    snprintf(row->reason, sizeof row->reason, "effect found in 90 percent of the trials over the MDE printed");
}

static void judge_found(struct calibrate_figure *row, const struct power *power)
{
    char why[128];
    snprintf(why, sizeof why, "%zu of %zu found", row->count, row->trials);
    judge_rate(row, TARGET_FOUND, 100.0 * 57 / RUNS, 100, RUNS, why);
    if (row->status != CALIBRATE_MORE && power->longest_s > RUN_SECONDS) {
        row->status = CALIBRATE_MISSED;
        snprintf(row->reason, sizeof row->reason, "the longest of the runs took %.1f s", power->longest_s);
    }
}

static void derive_truth_power(struct derivation *d, const struct series *series)
{
    struct power power = {0};
    measure_power(d, series, series->truth_cycles * series->cycle_ns, &power);
    /* Of the raw differences, as a run would have them. */
    struct rate found = {0};
    struct trial trial;
    for (size_t first = 0; first + QUICK <= series->count; first += QUICK) {
        fill_trial(&trial, series, first, QUICK, true);
        found.trials++;
        found.count += stats_signed_rank_interval(trial.value, QUICK, NOMINAL, NULL).low > 0;
    }
    struct calibrate_figure *row =
        add_rate(d, "power", series->pair->contender, CALIBRATE_FRESH, "found", found, QUICK, 1 - NOMINAL);
    set_effect(row, series->truth_cycles, "cycles");
    if (series->truth_cycles == 1 && strcmp(series->pair->operation, "add") == 0)
        judge_found(row, &power);
    if (found.trials == 0)
        return;
    put_mde(d, series->pair->contender, &power, series->cycle_ns, "cycles");
    row = add_figure(d, "power", series->pair->contender, CALIBRATE_FRESH, "trial_time", "s");
    row->processes = QUICK;
    row->has_trials = true;
    row->trials = found.trials;
    row->value = power.seconds / (double)found.trials;
    row->high = power.longest_s;
}

/* On identical code, a constant added afterwards. */
static void derive_real_power(struct derivation *d, size_t c)
{
    static const double sizes[] = {0.25, 0.5, 0.75, 1, 1.25, 1.5, 2};
    const struct calibrate_case *kase = &d->data->cases->cases[c];
    const struct series *series = d->series[c];
    if (series->count < QUICK)
        return;
    double mde_ns = 0;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0] + 1; s++) {
        struct power power = {0};
        measure_power(d, series, s ? sizes[s - 1] * mde_ns : 0, &power);
        mde_ns = power.mde_sum / (double)power.found.trials;
        if (s == 0) {
            put_mde(d, kase->pairs[0].baseline, &power, 1, "ns");
            continue;
        }
        struct calibrate_figure *row =
            add_rate(d, "power", kase->pairs[0].baseline, CALIBRATE_FRESH, "found", power.found, QUICK, 1 - NOMINAL);
        set_effect(row, sizes[s - 1], "mde");
        snprintf(row->reason, sizeof row->reason, "constant added to measured differences of identical code");
    }
}

/* ---- at the margin ---- */

struct edge_rates {
    struct rate confirmed, refuted, interval_confirmed, interval_refuted;
};

/* The true effect is exactly an end of the region: 0 for a truth taken off, `shift` (either sign) for identical code.
 */
static void count_edge(const struct derivation *d, const struct series *series, double shift, struct edge_rates *rates)
{
    struct trial trial;
    size_t number = 0;
    for (size_t first = 0; first + SHORT <= series->count; first += SHORT, number++) {
        const double effect = number % 2 ? -shift : shift;
        struct verdict_region region;
        verdict_region_make(&region, shift > 0 ? -shift : -INFINITY, shift, "()");
        fill_trial(&trial, series, first, SHORT, false);
        for (size_t i = 0; i < SHORT; i++) {
            trial.value[i] += effect;
            trial.plain[i] += effect;
        }
        const enum verdict alone = verdict_of_interval(&region, interval_of(&trial, false, NOMINAL));
        enum verdict decided = VERDICT_UNRESOLVED;
        if (alone != VERDICT_UNRESOLVED) {
            struct verdict_evidence evidence = evidence_of(&trial, false, NOMINAL);
            evidence.twin = twin_interval(d, series, &trial, false, NOMINAL);
            decided = verdict_decide(&region, &evidence).verdict;
        }
        const bool happened[] = {decided == VERDICT_CONFIRMED, decided == VERDICT_REFUTED, alone == VERDICT_CONFIRMED,
                                 alone == VERDICT_REFUTED};
        struct rate *const rate[] = {&rates->confirmed, &rates->refuted, &rates->interval_confirmed,
                                     &rates->interval_refuted};
        for (size_t i = 0; i < 4; i++) {
            rate[i]->trials++;
            rate[i]->count += happened[i];
        }
    }
}

static void put_edge(struct derivation *d, const char *subject, double effect, const char *unit,
                     const struct edge_rates *rates, const char *why)
{
    static const char *const names[] = {"confirmed", "refuted", "interval_confirmed", "interval_refuted"};
    const struct rate all[] = {rates->confirmed, rates->refuted, rates->interval_confirmed, rates->interval_refuted};
    for (size_t i = 0; i < 4; i++) {
        struct calibrate_figure *row =
            add_rate(d, "margin", subject, CALIBRATE_FRESH, names[i], all[i], SHORT, 1 - NOMINAL);
        set_effect(row, effect, unit);
        if (why)
            judge_rate(row, TARGET_EDGE, 0, 1, AT_LEAST_EDGE, why);
    }
}

static void derive_margin(struct derivation *d)
{
    struct edge_rates truths = {0};
    char why[256] = "";
    const struct calibrate_cases *cases = d->data->cases;
    bool any = false;
    for (size_t c = 0; c < cases->count; c++) {
        const struct calibrate_case *kase = &cases->cases[c];
        struct edge_rates rates = {0};
        double sd = 0;
        for (size_t p = 0; p < kase->pair_count; p++) {
            const struct series *series = &d->series[c][p];
            if (kase->purpose == CALIBRATE_TRUTH)
                count_edge(d, series, 0, &truths);
            sd = series_sd(d, series, false);
            if (kase->purpose == CALIBRATE_AA && strcmp(kase->design, CALIBRATE_FRESH) == 0 && sd > 0)
                count_edge(d, series, REAL_MARGIN * sd, &rates);
        }
        explain(d, d->series[c], why, sizeof why);
        if (kase->purpose == CALIBRATE_AA && strcmp(kase->design, CALIBRATE_FRESH) == 0)
            put_edge(d, kase->pairs[0].baseline, REAL_MARGIN, "sd", &rates, why);
        any = any || kase->purpose == CALIBRATE_TRUTH;
    }
    if (any)
        put_edge(d, "all", NAN, "", &truths, why);
}

/* ---- pairing ---- */

/* Ratio of two spreads from their logarithms in disjoint groups: Hodges-Lehmann and signed-rank, so that neither normal
 * differences nor a bootstrap are needed. */
static void put_sd_ratio(struct derivation *d, const char *subject, const char *design, double *logs, size_t groups,
                         const char *reason)
{
    struct calibrate_figure *row = add_figure(d, "pairing", subject, design, "sd_ratio", "ratio");
    const size_t used = groups < STATS_SIGNED_RANK_MAXIMUM_COUNT ? groups : STATS_SIGNED_RANK_MAXIMUM_COUNT;
    row->processes = SHORT;
    row->has_trials = true;
    row->trials = used;
    snprintf(row->reason, sizeof row->reason, "%s", reason);
    if (used == 0)
        return;
    const struct stats_interval interval = stats_signed_rank_interval(logs, used, BOUND, NULL);
    row->value = exp(stats_hodges_lehmann(logs, used));
    row->low = isfinite(interval.low) ? exp(interval.low) : NAN;
    row->high = isfinite(interval.high) ? exp(interval.high) : NAN;
}

static double group_sd(const struct series *series, size_t first, bool across)
{
    double values[SHORT];
    for (size_t i = 0; i < SHORT; i++) {
        const struct calibrate_row *row = series->row[first + i];
        values[i] = across ? series->row[first + i + 1]->contender_ns - row->baseline_ns : row->difference_ns;
    }
    return stats_standard_deviation(values, SHORT);
}

static void derive_across(struct derivation *d, size_t c)
{
    const struct calibrate_case *kase = &d->data->cases->cases[c];
    size_t groups = 0;
    for (size_t p = 0; p < kase->pair_count; p++) {
        const struct series *series = &d->series[c][p];
        for (size_t first = 0; first + SHORT < series->count; first += SHORT) {
            const double ratio = group_sd(series, first, true) / group_sd(series, first, false);
            if (ratio > 0 && isfinite(ratio))
                d->scratch[groups++] = log(ratio);
        }
    }
    put_sd_ratio(d, kase->pairs[0].baseline, CALIBRATE_FRESH, d->scratch, groups,
                 "the contender's level in the next process against the pair in one");
}

static void derive_one_after_other(struct derivation *d, size_t c, size_t fresh)
{
    const struct calibrate_case *kase = &d->data->cases->cases[c];
    size_t groups = 0;
    for (size_t p = 0; p < kase->pair_count; p++) {
        const struct series *one = &d->series[c][p], *other = &d->series[fresh][p];
        for (size_t first = 0; first + SHORT <= one->count && first + SHORT <= other->count; first += SHORT) {
            const double ratio = group_sd(one, first, false) / group_sd(other, first, false);
            if (ratio > 0 && isfinite(ratio))
                d->scratch[groups++] = log(ratio);
        }
    }
    put_sd_ratio(d, kase->pairs[0].baseline, CALIBRATE_ONE_AFTER_OTHER, d->scratch, groups,
                 "all batches of an arm and then of the next; against turns in one process");
}

static void derive_pairing(struct derivation *d)
{
    const struct calibrate_cases *cases = d->data->cases;
    for (size_t c = 0; c < cases->count; c++) {
        const struct calibrate_case *kase = &cases->cases[c];
        if (kase->purpose != CALIBRATE_AA)
            continue;
        if (strcmp(kase->design, CALIBRATE_FRESH) == 0)
            derive_across(d, c);
        for (size_t f = 0; f < cases->count && strcmp(kase->design, CALIBRATE_ONE_AFTER_OTHER) == 0; f++)
            if (cases->cases[f].purpose == CALIBRATE_AA && strcmp(cases->cases[f].design, CALIBRATE_FRESH) == 0 &&
                strcmp(cases->cases[f].pairs[0].baseline, kase->pairs[0].baseline) == 0)
                derive_one_after_other(d, c, f);
    }
}

/* ---- spread and time of a process ---- */

static void derive_spread(struct derivation *d, size_t c)
{
    const struct calibrate_case *kase = &d->data->cases->cases[c];
    const struct series *series = &d->series[c][0];
    const char *property = kase->purpose == CALIBRATE_AA ? property_of(kase) : "truth";
    if (series->count < 2)
        return;
    for (int relative = 0; relative < 2; relative++) {
        struct calibrate_figure *row =
            add_figure(d, property, series->pair->contender, kase->design, "sd", relative ? "percent" : "ns");
        row->processes = 1;
        row->value = (relative ? 100 : 1) * series_sd(d, series, relative);
        if (!relative)
            explain(d, series, row->reason, sizeof row->reason);
    }
    double sum_ms = 0;
    for (size_t i = 0; i < series->count; i++)
        sum_ms += series->row[i]->wall_ms;
    struct calibrate_figure *row = add_figure(d, property, series->pair->contender, kase->design, "process_time", "ms");
    row->processes = 1;
    row->value = sum_ms / (double)series->count;
}

/* ---- the whole ---- */

static int allocate(struct derivation *d)
{
    const struct calibrate_data *data = d->data;
    d->scratch = calloc(3 * data->row_count + 1, sizeof *d->scratch);
    bool failed = d->scratch == NULL;
    for (size_t c = 0; c < data->cases->count; c++)
        for (size_t p = 0; p < data->cases->cases[c].pair_count; p++) {
            struct series *series = &d->series[c][p];
            series->kase = &data->cases->cases[c];
            series->pair = &data->cases->cases[c].pairs[p];
            series->row = calloc(data->row_count + 1, sizeof *series->row);
            failed = failed || series->row == NULL;
        }
    return failed ? error_out_of_memory(d->error) : 0;
}

/* The latency of an operation is the whole number of cycles nearest to what the level shows. */
static void learn_truth(struct derivation *d, struct series *series)
{
    const struct calibrate_pair *pair = series->pair;
    if (pair->operation[0] == '\0' || series->count == 0)
        return;
    for (size_t i = 0; i < series->count; i++)
        d->scratch[i] = series->row[i]->cycle_ns;
    series->cycle_ns = stats_quantile(d->scratch, series->count, 0.5);
    for (size_t i = 0; i < series->count; i++)
        d->scratch[i] = series->row[i]->baseline_ns;
    const double cycles = stats_quantile(d->scratch, series->count, 0.5) / pair->operations / series->cycle_ns;
    series->latency = strcmp(pair->operation, "add") == 0 ? 1 : (unsigned)fmax(1, round(cycles));
    series->truth_cycles = series->latency * pair->extra;
}

static void collect(struct derivation *d)
{
    const struct calibrate_data *data = d->data;
    for (size_t r = 0; r < data->row_count; r++) {
        struct series *series = &d->series[data->rows[r].kase][data->rows[r].pair];
        if (data->rows[r].ok)
            series->row[series->count++] = &data->rows[r];
    }
    for (size_t c = 0; c < data->cases->count; c++)
        for (size_t p = 0; p < data->cases->cases[c].pair_count; p++)
            learn_truth(d, &d->series[c][p]);
}

static void derive_all(struct derivation *d)
{
    const struct calibrate_cases *cases = d->data->cases;
    derive_aa(d);
    derive_linearity(d);
    derive_covered(d);
    for (size_t c = 0; c < cases->count; c++)
        if (cases->cases[c].purpose == CALIBRATE_PRECISE)
            derive_half_width(d, c);
    derive_margin(d);
    for (size_t c = 0; c < cases->count; c++) {
        for (size_t p = 0; p < cases->cases[c].pair_count && cases->cases[c].purpose == CALIBRATE_TRUTH; p++)
            derive_truth_power(d, &d->series[c][p]);
        if (cases->cases[c].purpose == CALIBRATE_AA && strcmp(cases->cases[c].design, CALIBRATE_FRESH) == 0)
            derive_real_power(d, c);
    }
    derive_pairing(d);
    for (size_t c = 0; c < cases->count; c++)
        derive_spread(d, c);
}

int calibrate_derive(const struct calibrate_data *data, struct calibrate_figures *figures, struct error *error)
{
    struct derivation *d = calloc(1, sizeof *d);
    *figures = (struct calibrate_figures){0};
    if (d == NULL)
        return error_out_of_memory(error);
    d->data = data;
    d->figures = figures;
    d->error = error;
    if (allocate(d) == 0) {
        collect(d);
        derive_all(d);
    }
    for (size_t c = 0; c < data->cases->count; c++)
        for (size_t p = 0; p < CALIBRATE_PAIRS; p++)
            free(d->series[c][p].row);
    free(d->scratch);
    free(d);
    return error->code;
}

void calibrate_figures_free(struct calibrate_figures *figures)
{
    free(figures->figure);
    *figures = (struct calibrate_figures){0};
}
