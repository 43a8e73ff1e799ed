#include "simulate.h"

#include <math.h>
#include <stdlib.h>

#define CONTAMINATED_SHARE 0.1
#define CONTAMINATED_SD    10
#define SLOW_LAYOUT_SHARE  0.25
#define LAYOUT_NOISE       0.1
#define TIED_STEP          0.5
#define SKEWED_LOG_SD      0.75
#define PLAIN_NOISE        0.2 /* of plain means beside trimmed ones, in their spread */
enum { QUADRATURE_STEPS = 4000, HALVINGS = 50 };

const char *const simulate_names[SIMULATE_DISTRIBUTIONS] = {"normal", "contaminated", "bimodal", "tied", "skewed"};

/* ---- distributions ---- */

static double uniform(struct random_stream *stream)
{
    return ((double)(random_next(stream) >> 11) + 0.5) * 0x1p-53;
}

static double normal(struct random_stream *stream)
{
    return sqrt(-2 * log(uniform(stream))) * cos(2 * M_PI * uniform(stream));
}

static double slow_layout(struct random_stream *stream)
{
    return uniform(stream) < SLOW_LAYOUT_SHARE ? 1 : 0;
}

static double draw_one(enum simulate_distribution distribution, struct random_stream *stream)
{
    switch (distribution) {
    case SIMULATE_CONTAMINATED:
        return normal(stream) * (uniform(stream) < CONTAMINATED_SHARE ? CONTAMINATED_SD : 1);
    case SIMULATE_BIMODAL:
        return slow_layout(stream) - slow_layout(stream) + LAYOUT_NOISE * normal(stream);
    case SIMULATE_TIED:
        return TIED_STEP * round(normal(stream) / TIED_STEP);
    case SIMULATE_SKEWED:
        return exp(SKEWED_LOG_SD * normal(stream));
    case SIMULATE_NORMAL:
    case SIMULATE_DISTRIBUTIONS:
        break;
    }
    return normal(stream);
}

void simulate_draw(enum simulate_distribution distribution, struct random_stream *stream, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = draw_one(distribution, stream);
}

/* P((X + Y) / 2 <= m) for log-normal X and Y: over the normal z of X, the probability that Y stays below the rest. */
static double mean_of_two_below(double m)
{
    const double low = -8, high = fmin(8, log(2 * m) / SKEWED_LOG_SD), step = (high - low) / QUADRATURE_STEPS;
    double sum = 0;
    for (int i = 0; i < QUADRATURE_STEPS; i++) {
        const double z = low + (i + 0.5) * step, rest = 2 * m - exp(SKEWED_LOG_SD * z);
        const double below = rest > 0 ? 0.5 * erfc(-log(rest) / SKEWED_LOG_SD / M_SQRT2) : 0;
        sum += below * exp(-z * z / 2) / sqrt(2 * M_PI) * step;
    }
    return sum;
}

struct simulate_centre simulate_centre_of(enum simulate_distribution distribution)
{
    if (distribution != SIMULATE_SKEWED)
        return (struct simulate_centre){0, 0, 0};
    const struct simulate_centre ends = {.median = 1, .mean = exp(SKEWED_LOG_SD * SKEWED_LOG_SD / 2)};
    double low = ends.median, high = ends.mean;
    for (int i = 0; i < HALVINGS; i++) {
        const double middle = (low + high) / 2;
        *(mean_of_two_below(middle) < 0.5 ? &low : &high) = middle;
    }
    return (struct simulate_centre){(low + high) / 2, ends.median, ends.mean};
}

/* ---- trials ---- */

/* One run: differences, plain means and a twin, of as many processes as the last look has. */
struct trial {
    double *values, *plain, *twin;
    struct simulate_centre centre; /* as shifted by the effect */
};

static void draw_trial(const struct simulate_design *design, struct simulate_centre centre,
                       struct random_stream *stream, struct trial *trial, size_t count)
{
    const double shift = design->effect - centre.pseudomedian;
    trial->centre = (struct simulate_centre){design->effect, centre.median + shift, centre.mean + shift};
    simulate_draw(design->distribution, stream, trial->values, count);
    simulate_draw(design->distribution, stream, trial->plain, count);
    simulate_draw(design->distribution, stream, trial->twin, count);
    for (size_t i = 0; i < count; i++) {
        trial->values[i] += shift;
        /* What trimming takes away, either way: the plain mean of blocks strays from the trimmed one. */
        trial->plain[i] = trial->values[i] + PLAIN_NOISE * (trial->plain[i] - centre.mean);
        trial->twin[i] -= centre.pseudomedian;
    }
}

static bool is_outside(struct stats_interval interval, double value)
{
    return value < interval.low || value > interval.high;
}

struct trial_seen {
    bool missed, missed_median, missed_mean, student_missed, shown, confirmed, refuted;
};

static void see_interval(struct stats_interval interval, const struct simulate_centre *centre, struct trial_seen *seen)
{
    seen->missed |= is_outside(interval, centre->pseudomedian);
    seen->missed_median |= is_outside(interval, centre->median);
    seen->missed_mean |= is_outside(interval, centre->mean);
}

static void see_verdict(const struct trial *trial, size_t count, double alpha, const struct verdict_region *region,
                        struct trial_seen *seen)
{
    struct verdict_evidence evidence;
    verdict_evidence_build(&evidence, trial->values, trial->plain, count, VERDICT_ABSOLUTE, false, alpha);
    evidence.twin = stats_signed_rank_interval(trial->twin, count, alpha, NULL);
    const enum verdict verdict = verdict_decide(region, &evidence).verdict;
    const enum verdict_words words = verdict_words(&evidence, NAN, true);
    see_interval(evidence.interval, &trial->centre, seen);
    seen->student_missed |= is_outside(evidence.student, trial->centre.mean);
    seen->shown |= words == VERDICT_FASTER || words == VERDICT_SLOWER;
    seen->confirmed |= verdict == VERDICT_CONFIRMED;
    seen->refuted |= verdict == VERDICT_REFUTED;
}

static void count_seen(struct simulate_counts *counts, const struct trial_seen *seen, double error)
{
    counts->trials++;
    counts->missed += seen->missed;
    counts->missed_median += seen->missed_median;
    counts->missed_mean += seen->missed_mean;
    counts->student_missed += seen->student_missed;
    counts->shown += seen->shown;
    counts->confirmed += seen->confirmed;
    counts->refuted += seen->refuted;
    counts->error_sum += error;
    counts->error_squares += error * error;
}

static void try_once(const struct simulate_design *design, const struct trial *trial, struct simulate_counts *counts)
{
    struct trial_seen seen = {0};
    size_t count = 0;
    for (size_t i = 0; i < design->look_count; i++) {
        const double alpha = design->alpha * design->looks[i].error_share;
        count = design->looks[i].processes;
        if (design->region)
            see_verdict(trial, count, alpha, design->region, &seen);
        else
            see_interval(stats_signed_rank_interval(trial->values, count, alpha, NULL), &trial->centre, &seen);
    }
    count_seen(counts, &seen,
               design->estimate ? stats_hodges_lehmann(trial->values, count) - trial->centre.pseudomedian : 0);
}

bool simulate(const struct simulate_design *design, uint64_t seed, size_t first, size_t trials,
              struct simulate_counts *counts)
{
    const size_t most = design->looks[design->look_count - 1].processes;
    const struct simulate_centre centre = simulate_centre_of(design->distribution);
    double *memory = calloc(3 * most, sizeof *memory);
    struct trial trial = {memory, memory + most, memory + 2 * most, centre};
    if (memory == NULL)
        return false;
    *counts = (struct simulate_counts){0};
    for (size_t i = first; i < first + trials; i++) {
        struct random_stream stream = random_stream_of(seed, RANDOM_SIMULATION, (uint64_t)design->distribution, i);
        draw_trial(design, centre, &stream, &trial, most);
        try_once(design, &trial, counts);
    }
    free(memory);
    return true;
}

double simulate_exact_error(size_t processes, double alpha)
{
    const size_t order = stats_signed_rank_order(processes, alpha);
    return order == 0 ? 0 : 2 * stats_signed_rank_cdf((long)order - 1, processes);
}
