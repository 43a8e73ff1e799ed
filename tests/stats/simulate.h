/*
 * The statistics without a clock: differences drawn from known distributions go through the same functions as measured
 * ones, and how often these err is counted. Pure: a function of the seed.
 *
 * What is promised. The signed-rank interval holds the pseudo-median (the median of the mean of two independent
 * differences) of *symmetric* differences with at least its nominal confidence, at any N, whatever their tails and
 * ties. Differences of identical code are symmetric whatever a layout does to it, because each of the two arms draws a
 * layout of its own and the two could be exchanged; so the rate of false differences is exact. An effect may have
 * skewed differences (one arm minds its layout, the other does not): the interval is then about the pseudo-median,
 * neither median nor mean, and nominal only roughly, worse as N grows. That is why a verdict also needs the t interval,
 * which is about the mean, to decide the same.
 */
#ifndef ENCBENCH_SIMULATE_H
#define ENCBENCH_SIMULATE_H

#include "base/random.h"
#include "plan/profile.h"
#include "stats/verdict.h"

/* Of one difference. All have a spread of about 1. */
enum simulate_distribution {
    SIMULATE_NORMAL,
    SIMULATE_CONTAMINATED, /* one in ten has ten times the standard deviation: a disturbed process */
    SIMULATE_BIMODAL, /* each arm has a slow layout one time in four: seven in nine land near 0, the others one step off
                       */
    SIMULATE_TIED,    /* normal, rounded to half its standard deviation: a coarse clock */
    SIMULATE_SKEWED,  /* log-normal: one arm minds its layout, the other does not */
    SIMULATE_DISTRIBUTIONS,
};
extern const char *const simulate_names[SIMULATE_DISTRIBUTIONS];

struct simulate_centre {
    double pseudomedian, median, mean; /* equal where the distribution is symmetric */
};
struct simulate_centre simulate_centre_of(enum simulate_distribution distribution);
void simulate_draw(enum simulate_distribution distribution, struct random_stream *stream, double *values, size_t count);

struct simulate_design {
    enum simulate_distribution distribution;
    const struct profile_look *looks; /* the same processes are looked at again, with more of them */
    size_t look_count;
    double alpha;  /* of all looks together, shared as they say */
    double effect; /* the true pseudo-median */
    /* What a verdict is asked for, with a twin and its gates; NULL: intervals only, which is many times faster. */
    const struct verdict_region *region;
    bool estimate; /* the error of the Hodges-Lehmann estimate is wanted; it costs as much as the interval */
};

/* In how many trials, at any look. */
struct simulate_counts {
    size_t trials;
    size_t missed;                     /* the signed-rank interval is without the true pseudo-median */
    size_t missed_median, missed_mean; /* the same interval is without these */
    size_t student_missed;             /* the t interval is without the mean; only with a region */
    size_t shown;                      /* the words are faster or slower; only with a region */
    size_t confirmed, refuted;         /* the region; only with one */
    double error_sum, error_squares;   /* of the estimate at the last look, less the pseudo-median; only when wanted */
};

/* False when memory is short. `trials` are numbered from `first`, so that parts of a simulation add up to the whole. */
bool simulate(const struct simulate_design *design, uint64_t seed, size_t first, size_t trials,
              struct simulate_counts *counts);

/* Error probability of the exact interval at this N for continuous symmetric differences: at most alpha. */
double simulate_exact_error(size_t processes, double alpha);

#endif
