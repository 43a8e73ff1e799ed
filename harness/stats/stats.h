/*
 * Statistics, pure: `const double *` in, struct out; no stdio, no globals, no input modified (functions sort a copy).
 * Too few samples is a value (`valid` false, or an infinite interval), never a message.
 *
 * Nothing known is said the same way everywhere: a value that is not finite among the input, an argument outside its
 * range or scratch memory that cannot be had gives NaN, an interval (-inf, inf) or `valid` false. Such a value is never
 * dropped silently. Levels (`alpha`) and `power` are inside (0, 1), ends excluded.
 */
#ifndef ENCBENCH_STATS_H
#define ENCBENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

struct stats_interval {
    double low, high; /* -INFINITY / INFINITY where the confidence cannot be reached with this many samples */
};

double stats_mean(const double *values, size_t count);               /* NaN for none */
double stats_standard_deviation(const double *values, size_t count); /* n - 1; NaN below two */
/*
 * Standard deviation of normal values from the median of the squared differences of all pairs: sqrt(median / 2 /
 * 0.454936), the last being the median of the chi-square distribution with one degree. Of five values one may lie
 * anywhere; of fewer it is not safe from any. NaN below two values. O(n^2 log n): `count` at most
 * STATS_SIGNED_RANK_MAXIMUM_COUNT, else NaN.
 */
double stats_pairwise_standard_deviation(const double *values, size_t count);
/* Hyndman-Fan type 7, the default of R and numpy. `probability` in [0, 1]. NaN for none. */
double stats_quantile(const double *values, size_t count, double probability);
/*
 * Mean of what is left when floor(fraction * count) values are cut at each end. `fraction` in [0, 0.5). The product is
 * the double one, as in scipy and R: 0.29 of 100 values cuts 28. NaN for none.
 */
double stats_trimmed_mean(const double *values, size_t count, double fraction);

/*
 * Signed-rank work is exact, so it costs memory and time: n(n+1)/2 doubles and O(n^2 log n) for the Walsh averages,
 * O(n^3) for the distribution (n = 200: milliseconds; n = 2000: a second). More samples than this are answered as
 * nothing known.
 */
#define STATS_SIGNED_RANK_MAXIMUM_COUNT 2000

/* Hodges-Lehmann estimate: the median of the n(n+1)/2 Walsh averages (Hodges & Lehmann 1963). NaN for none. */
double stats_hodges_lehmann(const double *values, size_t count);

/*
 * Exact confidence interval for the centre of symmetry by inverting the Wilcoxon signed-rank test (Hollander & Wolfe,
 * section 3.4): [W(k), W(M + 1 - k)] of the sorted Walsh averages, M = n(n+1)/2, with k the largest integer with
 *     2 P(T+ <= k - 1) <= alpha.
 * Conservative: it covers the centre of symmetric data with at least 1 - alpha, of rounded data as well. Equal to R's
 * wilcox.test(exact = TRUE, conf.int = TRUE) on data without ties and zeros, but for an alpha that is attained exactly:
 * R then takes k - 1. (-inf, inf) when even k = 1 does not reach alpha: n too small.
 * `attained` (may be NULL) is the confidence really attained by continuous data; 1 for (-inf, inf).
 */
struct stats_interval stats_signed_rank_interval(const double *values, size_t count, double alpha, double *attained);
/* Both at once, which costs as much as either. */
struct stats_centre {
    double estimate;
    struct stats_interval interval;
};
struct stats_centre stats_signed_rank(const double *values, size_t count, double alpha);
/*
 * Median, and the exact interval of it by inverting the sign test (Hollander & Wolfe, section 3.6): [x(k), x(n + 1 -
 * k)] with k the largest integer with 2 P(Bin(n, 1/2) <= k - 1) <= alpha. Covers the median of any distribution,
 * whatever its tails: of 20 values at 1 % three may lie anywhere on either side, where two on one side take the
 * signed-rank interval half of the way with them. (-inf, inf) below eight at 1 %, and above STATS_SIGN_MAXIMUM_COUNT,
 * where (1/2)^n is no number any more.
 */
struct stats_centre stats_sign(const double *values, size_t count, double alpha);
/*
 * Mean of values that are known with very different precision, each itself a mean of blocks[i] (at least 1) with the
 * standard error errors[i] (NaN of one block). Weights 1 / (v[i] + floor^2): what a value is known better by than
 * `floor` (> 0) makes no difference. A standard error from few blocks is itself a guess; it is drawn towards the
 * typical one as if STATS_WEIGHT_BLOCKS more had been seen: v[i] = ((b - 1) b e^2 + STATS_WEIGHT_BLOCKS s^2) / (b - 1 +
 * STATS_WEIGHT_BLOCKS) / b,    s^2 = median of b e^2. Interval: mean -+ t(1 - alpha/2, 1 / sum h^2 - 1) sqrt(sum h^2 (x
 * - mean)^2 / (1 - h)) with the shares h = w / sum w: what the values really scatter by, whatever the weights say (HC2
 * of MacKinnon & White 1985; degrees of freedom by Kish's effective number, at least 1). With equal errors it is
 * Student's. Simulated at 1 %, with errors that differ by up to a hundred times and are guessed from two to five
 * blocks: 0.1 to 1.2 % miss (stats_test). (-inf, inf) below two values or where no error is a number.
 */
struct stats_centre stats_weighted(const double *values, const double *errors, const double *blocks, size_t count,
                                   double floor, double alpha);
#define STATS_WEIGHT_BLOCKS      3
#define STATS_SIGN_MAXIMUM_COUNT 1000
/* That k; 0 when there is none. */
size_t stats_signed_rank_order(size_t count, double alpha);
/* P(T+ <= t) for n samples without ties, exact. 1 for t >= n(n+1)/2, 0 for t < 0. */
double stats_signed_rank_cdf(long t, size_t n);
/* Smallest n at which the two-sided level alpha can be reached at all; SIZE_MAX for an alpha outside (0, 1). */
size_t stats_signed_rank_minimum_count(double alpha);

/* hypot, whose symbol has a version that only glibc 2.35 and later have: a tarball of ours runs with 2.34. */
double stats_hypot(double x, double y);

/*
 * By how much two independent estimates differ, second - first, from each one's own interval at the same confidence:
 * MOVER (Zou & Donner 2008, Statistics in Medicine 27: 1693-1702), [d - hypot(y - y.low, x.high - x), d + hypot(y.high
 * - y, x - x.low)],  d = y - x. Assumes neither equal counts nor equal spreads. Of signed-rank intervals, for normal
 * values: see mover_misses_as_promised in stats_test. (-inf, inf) where either estimate is not finite or an end is NaN;
 * an infinite end makes that end infinite.
 */
struct stats_interval stats_difference_interval(double first, struct stats_interval of_first, double second,
                                                struct stats_interval of_second);

/* Student's t interval of the mean, two-sided. Infinite below two values. */
struct stats_interval stats_t_interval(const double *values, size_t count, double alpha);
/* Quantiles, relative error below 1e-10. -inf and inf at probability 0 and 1. `degrees` > 0, need not be whole. */
double stats_t_quantile(double probability, double degrees);
double stats_normal_quantile(double probability);

/*
 * Interval of the true standard deviation of normal values of which `count` gave `standard_deviation`: times the square
 * roots of (count - 1) over the chi-square quantiles at 1 - alpha/2 and alpha/2. From five values at alpha 0.05: 0.60
 * to 2.87 times.
 */
struct stats_interval stats_sd_interval(double standard_deviation, size_t count, double alpha);

/*
 * Minimum detectable effect: the smallest true effect that a two-sided signed-rank test at level alpha finds with this
 * power, for normal differences with this standard deviation:
 *     (t(1 - alpha/2; n-1) + t(power; n-1)) * sd / sqrt(n) * sqrt(pi / 3);
 * the last factor is the signed-rank test's asymptotic relative efficiency, 3/pi. Infinite below the minimum count.
 * `power` in [0.5, 1). Optimistic near that count, where the exact test's level is coarse: in simulation a promised 0.9
 * at alpha 0.01 is 0.74 at n = 8, 0.87 at 14 and 0.89 from 20 on; at alpha 0.001, 0.87 at 20; at alpha 0.05, 0.76 at n
 * = 6 and 0.87 or more from 9.
 */
double stats_mde(double standard_deviation, size_t count, double alpha, double power);
/*
 * Smallest n whose MDE does not exceed the magnitude of `effect`; 0 when effect is 0, when an argument is out of range
 * or when more than 100 000 would be needed.
 */
size_t stats_count_for_mde(double standard_deviation, double effect, double alpha, double power);

/*
 * Standard error of a trimmed mean of a time series by batch means: the series is cut into `batches` consecutive groups
 * of equal size (a rest at the end is left out), the trimmed mean of each taken, and of these the standard error of
 * their trimmed mean (Yuen 1974): a group that fell wholly into a disturbance is trimmed there as its values are in the
 * whole series; with the plain standard deviation the figure was 40 times the spread really seen on a disturbed
 * machine. Slow drift within a process is counted, which the independent-samples formula would miss. NaN when a group
 * would have fewer than 5 values and for fewer than two batches.
 */
double stats_batch_standard_error(const double *values, size_t count, size_t batches, double fraction);

/*
 * Split of the variance of per-process values: `total` is their variance; `within` the mean square of their standard
 * errors, which more blocks a process would reduce; `between` = max(0, total - within), which only more processes
 * average out. Not valid below two processes, nor with a negative standard error; the figures are NaN then.
 */
struct stats_split {
    bool valid;
    double total_sd, within_sd, between_sd;
};
struct stats_split stats_variance_split(const double *values, const double *standard_errors, size_t count);

/*
 * Exact two-sided bounds of a proportion (Clopper & Pearson 1934), from the incomplete beta function. [0, 1] for no
 * trials or an alpha out of range; NaN when hits > trials.
 */
struct stats_interval stats_proportion_interval(size_t hits, size_t trials, double alpha);

#endif
