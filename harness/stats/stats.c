#include "stats/stats.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct stats_interval unbounded = {-INFINITY, INFINITY};

/* False for NaN too, which no comparison accepts. */
static bool is_inside(double value, double low, double high)
{
    return value > low && value < high;
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/*
 * Quicksort of finite values with the comparison in line, as Walsh averages are most of the time of an analysis: 64
 * processes have 2080, qsort takes 0.2 ms for them and this 0.05. What is split badly too often is left to qsort.
 */
static void sort_part(double *values, size_t count, unsigned depth)
{
    while (count > 24) {
        if (depth-- == 0) {
            qsort(values, count, sizeof *values, compare_doubles);
            return;
        }
        const double a = values[0], b = values[count / 2], c = values[count - 1];
        const double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        size_t low = 0, high = count - 1;
        for (;;) {
            while (values[low] < pivot)
                low++;
            while (values[high] > pivot)
                high--;
            if (low >= high)
                break;
            const double value = values[low];
            values[low++] = values[high];
            values[high--] = value;
        }
        const size_t left = high + 1;
        sort_part(values + left, count - left, depth);
        count = left;
    }
    for (size_t i = 1; i < count; i++) {
        const double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

static void sort_doubles(double *values, size_t count)
{
    sort_part(values, count, 64);
}

/*
 * A sorted copy that the caller frees. NULL for no values, for one that is not finite (it has no place in an order) or
 * without memory.
 */
static double *sorted_copy(const double *values, size_t count)
{
    if (count == 0 || !all_finite(values, count))
        return NULL;
    double *copy = malloc(count * sizeof *copy);
    if (copy == NULL)
        return NULL;
    memcpy(copy, values, count * sizeof *copy);
    sort_doubles(copy, count);
    return copy;
}

/* -- Moments and order statistics ---------------------------------------------------------------------------------- */

double stats_mean(const double *values, size_t count)
{
    if (count == 0 || !all_finite(values, count))
        return NAN;
    long double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return (double)(sum / count);
}

double stats_standard_deviation(const double *values, size_t count)
{
    if (count < 2 || !all_finite(values, count))
        return NAN;
    /* Two passes: the textbook single pass loses every digit when the spread is a billionth of the level. */
    long double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    long double mean = sum / count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return (double)sqrtl(squares / (count - 1));
}

double stats_pairwise_standard_deviation(const double *values, size_t count)
{
    const double chi_square_median = 0.4549364231195724; /* one degree of freedom */
    if (count < 2 || count > STATS_SIGNED_RANK_MAXIMUM_COUNT || !all_finite(values, count))
        return NAN;
    const size_t pairs = count * (count - 1) / 2;
    double *squares = malloc(pairs * sizeof *squares);
    if (squares == NULL)
        return NAN;
    for (size_t i = 0, pair = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            squares[pair++] = (values[i] - values[j]) * (values[i] - values[j]);
    const double median = stats_quantile(squares, pairs, 0.5);
    free(squares);
    return sqrt(median / 2 / chi_square_median);
}

double stats_quantile(const double *values, size_t count, double probability)
{
    if (!(probability >= 0 && probability <= 1))
        return NAN;
    double *sorted = sorted_copy(values, count);
    if (sorted == NULL)
        return NAN;
    double position = (double)(count - 1) * probability;
    size_t below = (size_t)position;
    size_t above = below + 1 < count ? below + 1 : below;
    double result = sorted[below] + (position - (double)below) * (sorted[above] - sorted[below]);
    free(sorted);
    return result;
}

double stats_trimmed_mean(const double *values, size_t count, double fraction)
{
    if (!(fraction >= 0 && fraction < 0.5))
        return NAN;
    double *sorted = sorted_copy(values, count);
    if (sorted == NULL)
        return NAN;
    size_t cut = (size_t)(fraction * (double)count);
    double result = stats_mean(sorted + cut, count - 2 * cut);
    free(sorted);
    return result;
}

/* -- Signed-rank --------------------------------------------------------------------------------------------------- */

static size_t pair_count(size_t n)
{
    return n * (n + 1) / 2;
}

/* The sorted Walsh averages (v[i] + v[j]) / 2, i <= j. The caller frees. NULL as sorted_copy. */
static double *walsh_averages(const double *values, size_t count)
{
    if (count == 0 || count > STATS_SIGNED_RANK_MAXIMUM_COUNT || !all_finite(values, count))
        return NULL;
    double *averages = malloc(pair_count(count) * sizeof *averages);
    if (averages == NULL)
        return NULL;
    size_t next = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i; j < count; j++)
            averages[next++] = values[i] / 2 + values[j] / 2; /* halved first: the sum may overflow */
    sort_doubles(averages, next);
    return averages;
}

double stats_hodges_lehmann(const double *values, size_t count)
{
    double *averages = walsh_averages(values, count);
    if (averages == NULL)
        return NAN;
    size_t pairs = pair_count(count);
    double result = averages[(pairs - 1) / 2] / 2 + averages[pairs / 2] / 2;
    free(averages);
    return result;
}

/*
 * P(T+ = s) for s = 0 .. last. T+ is the sum of the ranks 1 .. n, each taken or not with probability 1/2, so each rank
 * halves the distribution and adds it to itself shifted. Probabilities, not counts, because 2^n overflows; all terms
 * are positive, so every one keeps its relative accuracy, and up to n = 53 all are exact. The caller frees; NULL
 * without memory.
 */
static double *signed_rank_probabilities(size_t n, size_t last)
{
    double *probability = calloc(last + 1, sizeof *probability);
    if (probability == NULL)
        return NULL;
    probability[0] = 1;
    for (size_t rank = 1; rank <= n; rank++) {
        size_t top = pair_count(rank) < last ? pair_count(rank) : last;
        for (size_t s = top; s >= rank; s--) /* downwards: s - rank must still be the previous rank's value */
            probability[s] = (probability[s] + probability[s - rank]) / 2;
        for (size_t s = 0; s < rank && s <= top; s++)
            probability[s] /= 2;
    }
    return probability;
}

static double signed_rank_lower_tail(size_t t, size_t n)
{
    double *probability = signed_rank_probabilities(n, t);
    if (probability == NULL)
        return NAN;
    double sum = 0;
    for (size_t s = 0; s <= t; s++)
        sum += probability[s];
    free(probability);
    return sum;
}

double stats_signed_rank_cdf(long t, size_t n)
{
    if (n > STATS_SIGNED_RANK_MAXIMUM_COUNT)
        return NAN;
    if (t < 0)
        return 0;
    size_t pairs = pair_count(n), rank_sum = (size_t)t;
    if (rank_sum >= pairs)
        return 1;
    /* The distribution is symmetric about pairs / 2: sum the shorter tail. */
    size_t mirrored = pairs - 1 - rank_sum;
    return rank_sum <= mirrored ? signed_rank_lower_tail(rank_sum, n) : 1 - signed_rank_lower_tail(mirrored, n);
}

size_t stats_signed_rank_minimum_count(double alpha)
{
    if (!is_inside(alpha, 0, 1))
        return SIZE_MAX;
    size_t n = 1;
    while (ldexp(2, -(int)n) > alpha) /* 2 P(T+ <= 0) */
        n++;
    return n;
}

/* The largest k with 2 P(T+ <= k - 1) <= alpha, and that probability; 0 when there is none (or no memory). */
static size_t signed_rank_cut(size_t n, double alpha, double *miss)
{
    size_t last = pair_count(n) / 2; /* at and beyond the middle 2 P is 1 or more */
    double *probability = signed_rank_probabilities(n, last);
    if (probability == NULL)
        return 0;
    double cumulated = 0;
    size_t k = 0;
    while (k <= last && 2 * (cumulated + probability[k]) <= alpha)
        cumulated += probability[k++];
    free(probability);
    *miss = 2 * cumulated;
    return k;
}

size_t stats_signed_rank_order(size_t count, double alpha)
{
    double miss;
    return is_inside(alpha, 0, 1) && count <= STATS_SIGNED_RANK_MAXIMUM_COUNT ? signed_rank_cut(count, alpha, &miss)
                                                                              : 0;
}

struct stats_interval stats_signed_rank_interval(const double *values, size_t count, double alpha, double *attained)
{
    struct stats_interval result = unbounded;
    double miss = 0;
    if (attained != NULL)
        *attained = 1;
    if (!is_inside(alpha, 0, 1) || count > STATS_SIGNED_RANK_MAXIMUM_COUNT)
        return result;
    size_t k = signed_rank_cut(count, alpha, &miss);
    double *averages = k > 0 ? walsh_averages(values, count) : NULL;
    if (averages == NULL)
        return result;
    result.low = averages[k - 1];
    result.high = averages[pair_count(count) - k];
    if (attained != NULL)
        *attained = 1 - miss;
    free(averages);
    return result;
}

struct stats_centre stats_signed_rank(const double *values, size_t count, double alpha)
{
    struct stats_centre centre = {NAN, unbounded};
    double miss = 0;
    double *averages = walsh_averages(values, count);
    if (averages == NULL)
        return centre;
    const size_t pairs = pair_count(count);
    const size_t k = is_inside(alpha, 0, 1) ? signed_rank_cut(count, alpha, &miss) : 0;
    centre.estimate = averages[(pairs - 1) / 2] / 2 + averages[pairs / 2] / 2;
    if (k > 0)
        centre.interval = (struct stats_interval){averages[k - 1], averages[pairs - k]};
    free(averages);
    return centre;
}

/* Largest k with 2 P(Bin(n, 1/2) <= k - 1) <= alpha; 0 when there is none. */
static size_t sign_cut(size_t count, double alpha)
{
    double probability = pow(0.5, (double)count), sum = probability;
    size_t k = 0;
    while (k < count / 2 && 2 * sum <= alpha) {
        k++;
        probability *= (double)(count - k + 1) / (double)k;
        sum += probability;
    }
    return k;
}

struct stats_centre stats_sign(const double *values, size_t count, double alpha)
{
    struct stats_centre centre = {NAN, unbounded};
    double *sorted = sorted_copy(values, count);
    if (sorted == NULL)
        return centre;
    const size_t k = is_inside(alpha, 0, 1) && count <= STATS_SIGN_MAXIMUM_COUNT ? sign_cut(count, alpha) : 0;
    centre.estimate = sorted[(count - 1) / 2] / 2 + sorted[count / 2] / 2;
    if (k > 0)
        centre.interval = (struct stats_interval){sorted[k - 1], sorted[count - k]};
    free(sorted);
    return centre;
}

/* Of a block of a typical value; NaN when none has two. */
static double typical_block_variance(const double *errors, const double *blocks, size_t count, double *scratch)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(errors[i]))
            scratch[known++] = blocks[i] * errors[i] * errors[i];
    return stats_quantile(scratch, known, 0.5);
}

struct stats_centre stats_weighted(const double *values, const double *errors, const double *blocks, size_t count,
                                   double floor, double alpha)
{
    struct stats_centre centre = {NAN, unbounded};
    double *weights = count > 1 && is_inside(alpha, 0, 1) ? malloc(count * sizeof *weights) : NULL;
    if (weights == NULL)
        return centre;
    const double typical = typical_block_variance(errors, blocks, count, weights);
    double sum = 0, mean = 0, shares = 0, variance_of_mean = 0;
    for (size_t i = 0; i < count; i++) {
        const double own = isnan(errors[i]) ? 0 : (blocks[i] - 1) * blocks[i] * errors[i] * errors[i];
        const double seen = isnan(errors[i]) ? 0 : blocks[i] - 1;
        const double variance = (own + STATS_WEIGHT_BLOCKS * typical) / (seen + STATS_WEIGHT_BLOCKS) / blocks[i];
        weights[i] = 1 / (variance + floor * floor);
        sum += weights[i];
        mean += weights[i] * values[i];
    }
    mean /= sum;
    for (size_t i = 0; i < count; i++) {
        const double share = weights[i] / sum, off = values[i] - mean;
        shares += share * share;
        variance_of_mean += share * share * off * off / (1 - share);
    }
    free(weights);
    const double half = stats_t_quantile(1 - alpha / 2, fmax(1 / shares - 1, 1)) * sqrt(variance_of_mean);
    if (!isfinite(half))
        return centre;
    centre.estimate = mean;
    centre.interval = (struct stats_interval){mean - half, mean + half};
    return centre;
}

double stats_hypot(double x, double y)
{
    return (double)hypotl(x, y);
}

struct stats_interval stats_difference_interval(double first, struct stats_interval of_first, double second,
                                                struct stats_interval of_second)
{
    const double down = stats_hypot(second - of_second.low, of_first.high - first);
    const double up = stats_hypot(of_second.high - second, first - of_first.low);
    if (!isfinite(first) || !isfinite(second) || isnan(down) || isnan(up))
        return unbounded;
    return (struct stats_interval){second - first - down, second - first + up};
}

/* -- Incomplete beta and quantiles --------------------------------------------------------------------------------- */

/*
 * x^a y^b / (a B(a, b)). In long double because the three log-gammas cancel, and the logarithm of a number near 1 from
 * what it lacks to 1: at a = 5e5 a double would leave 1e-9 and 5e-11. The reentrant form because lgamma stores a sign
 * in a global.
 */
static double beta_front(double a, double b, double x, double y)
{
    int sign;
    long double log_beta = lgammal_r(a, &sign) + lgammal_r(b, &sign) - lgammal_r((long double)a + b, &sign);
    long double log_x = x < 0.5 ? logl(x) : log1pl(-y), log_y = y < 0.5 ? logl(y) : log1pl(-x);
    return (double)expl(a * log_x + b * log_y - log_beta - logl(a));
}

/* Keeps a denominator of the continued fraction away from 0 (the method of modified Lentz). */
static long double nonzero(long double value)
{
    return fabsl(value) < 1e-300L ? 1e-300L : value;
}

/*
 * The continued fraction of DLMF 8.17.22, evaluated from the front. Converges fast for x below (a + 1) / (a + b + 2);
 * near that bound, with a large, its first denominator cancels (in double it left 1e-11 at 1e6 degrees of freedom).
 */
static double beta_fraction(double a, double b, long double x)
{
    long double numerator = 1, denominator = 1 / nonzero(1 - (a + b) * x / (a + 1)), result = denominator;
    /* About sqrt(max(a, b)) terms are needed; the bound is never met by arguments this file passes. */
    for (int m = 1; m < 100000; m++) {
        long double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        denominator = 1 / nonzero(1 + even * denominator);
        numerator = nonzero(1 + even / numerator);
        result *= denominator * numerator;
        long double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        denominator = 1 / nonzero(1 + odd * denominator);
        numerator = nonzero(1 + odd / numerator);
        result *= denominator * numerator;
        if (fabsl(denominator * numerator - 1) <= DBL_EPSILON / 16)
            break;
    }
    return (double)result;
}

/*
 * Regularised incomplete beta function I_x(a, b). `y` is 1 - x, given apart because the caller often knows it more
 * exactly.
 */
static double incomplete_beta(double a, double b, double x, double y)
{
    if (x <= 0)
        return 0;
    if (y <= 0)
        return 1;
    if (x < (a + 1) / (a + b + 2))
        return beta_front(a, b, x, y) * beta_fraction(a, b, x < 0.5 ? x : 1 - (long double)y);
    return 1 - beta_front(b, a, y, x) * beta_fraction(b, a, y < 0.5 ? y : 1 - (long double)x);
}

/* A monotone function of `x` and one parameter. */
typedef double (*monotone_function)(double x, const double *parameters);

/* Where the rising function reaches `target` between low and high: halves until no double lies between them. */
static double bisect(monotone_function function, const double *parameters, double target, double low, double high)
{
    for (;;) {
        double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            return high;
        if (function(middle, parameters) < target)
            low = middle;
        else
            high = middle;
    }
}

static double beta_cdf(double x, const double *parameters)
{
    return incomplete_beta(parameters[0], parameters[1], x, 1 - x);
}

/* Smallest x with I_x(a, b) >= probability. */
static double beta_quantile(double probability, double a, double b)
{
    const double parameters[] = {a, b};
    return bisect(beta_cdf, parameters, probability, 0, 1);
}

/*
 * A quantile of a symmetric distribution is sought where it is well conditioned: by P(|T| <= t) near the middle, where
 * the tail is a half less something small, and by -P(|T| > t) in the tails, where the centre is one less something
 * small.
 */
struct symmetric {
    monotone_function centre, negative_tail;
};

static double symmetric_quantile(const struct symmetric *distribution, const double *parameters, double probability)
{
    if (!(probability >= 0 && probability <= 1))
        return NAN;
    double tail = 2 * fmin(probability, 1 - probability), centre = 2 * fabs(probability - 0.5);
    if (centre == 0)
        return 0;
    if (tail == 0)
        return copysign(INFINITY, probability - 0.5);
    bool by_centre = centre < 0.5;
    monotone_function function = by_centre ? distribution->centre : distribution->negative_tail;
    double target = by_centre ? centre : -tail, high = 1;
    while (isfinite(high) && function(high, parameters) < target)
        high *= 2;
    if (!isfinite(high))
        return copysign(INFINITY, probability - 0.5);
    return copysign(bisect(function, parameters, target, 0, high), probability - 0.5);
}

static double normal_centre(double z, const double *parameters)
{
    (void)parameters;
    return erf(z * M_SQRT1_2);
}

static double normal_negative_tail(double z, const double *parameters)
{
    (void)parameters;
    return -erfc(z * M_SQRT1_2);
}

double stats_normal_quantile(double probability)
{
    static const struct symmetric normal = {normal_centre, normal_negative_tail};
    return symmetric_quantile(&normal, NULL, probability);
}

static double t_centre(double t, const double *degrees)
{
    double square = t * t;
    return incomplete_beta(0.5, *degrees / 2, square / (*degrees + square), *degrees / (*degrees + square));
}

static double t_negative_tail(double t, const double *degrees)
{
    if (!isfinite(t * t))
        return 0;
    double square = t * t;
    return -incomplete_beta(*degrees / 2, 0.5, *degrees / (*degrees + square), square / (*degrees + square));
}

double stats_t_quantile(double probability, double degrees)
{
    static const struct symmetric student = {t_centre, t_negative_tail};
    if (!(degrees > 0))
        return NAN;
    if (degrees <= 1e6)
        return symmetric_quantile(&student, &degrees, probability);
    /* Cornish-Fisher: the next term is below 1e-17 for every z up to 38, where a double's probability ends. */
    double z = stats_normal_quantile(probability), square = z * z;
    if (!isfinite(z))
        return z;
    return z + z * (square + 1) / (4 * degrees) + z * ((5 * square + 16) * square + 3) / (96 * degrees) / degrees;
}

struct stats_interval stats_t_interval(const double *values, size_t count, double alpha)
{
    if (count < 2 || !is_inside(alpha, 0, 1) || !all_finite(values, count))
        return unbounded;
    double mean = stats_mean(values, count);
    double error = stats_standard_deviation(values, count) / sqrt((double)count);
    double half_width = -stats_t_quantile(alpha / 2, (double)(count - 1)) * error;
    return (struct stats_interval){mean - half_width, mean + half_width};
}

struct stats_interval stats_proportion_interval(size_t hits, size_t trials, double alpha)
{
    struct stats_interval result = {0, 1};
    if (hits > trials)
        return (struct stats_interval){NAN, NAN};
    if (!is_inside(alpha, 0, 1))
        return result;
    double misses = (double)(trials - hits);
    if (hits > 0)
        result.low = beta_quantile(alpha / 2, (double)hits, misses + 1);
    if (misses > 0) /* of the misses, mirrored: a small alpha / 2 is exact where 1 - alpha / 2 is not */
        result.high = 1 - beta_quantile(alpha / 2, misses, (double)hits + 1);
    return result;
}

/*
 * Chi-square distribution function with *degrees: the regularised incomplete gamma function P(a, x) by its series
 * x^a e^-x / Gamma(a + 1) (1 + x / (a + 1) + ...), DLMF 8.11.4, whose terms are all positive; they fall once n > x - a.
 */
static double chi_square_cdf(double value, const double *degrees)
{
    const long double a = *degrees / 2, x = value / 2;
    int sign;
    long double term = 1, sum = 1;
    for (long double n = 1; term > sum * LDBL_EPSILON; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return (double)(expl(a * logl(x) - x - lgammal_r(a + 1, &sign)) * sum);
}

struct stats_interval stats_sd_interval(double standard_deviation, size_t count, double alpha)
{
    if (count < 2 || count > STATS_SIGNED_RANK_MAXIMUM_COUNT || !is_inside(alpha, 0, 1) ||
        !isfinite(standard_deviation) || standard_deviation < 0)
        return (struct stats_interval){0, INFINITY};
    /* Twenty standard deviations above the mean the upper tail is below any alpha that a double has beside 1. */
    const double degrees = (double)(count - 1), top = degrees + 100 + 20 * sqrt(2 * degrees);
    const double least = bisect(chi_square_cdf, &degrees, alpha / 2, 0, top);
    const double most = bisect(chi_square_cdf, &degrees, 1 - alpha / 2, 0, top);
    return (struct stats_interval){standard_deviation * sqrt(degrees / most),
                                   standard_deviation * sqrt(degrees / least)};
}

/* -- Planning ------------------------------------------------------------------------------------------------------ */

static bool is_plan(double standard_deviation, double alpha, double power)
{
    return isfinite(standard_deviation) && standard_deviation >= 0 && is_inside(alpha, 0, 1) && power >= 0.5 &&
           power < 1;
}

double stats_mde(double standard_deviation, size_t count, double alpha, double power)
{
    if (!is_plan(standard_deviation, alpha, power))
        return NAN;
    if (count < stats_signed_rank_minimum_count(alpha))
        return INFINITY;
    double degrees = (double)(count - 1); /* at least 1: no level below 1 is reached by one sample */
    double quantiles = stats_t_quantile(power, degrees) - stats_t_quantile(alpha / 2, degrees);
    return quantiles * standard_deviation / sqrt((double)count) * sqrt(M_PI / 3);
}

size_t stats_count_for_mde(double standard_deviation, double effect, double alpha, double power)
{
    const size_t limit = 100000;
    double sought = fabs(effect);
    if (!is_plan(standard_deviation, alpha, power) || !(sought > 0) ||
        stats_mde(standard_deviation, limit, alpha, power) > sought)
        return 0;
    /* The MDE falls with n, strictly: halve. `high` always suffices. */
    size_t low = stats_signed_rank_minimum_count(alpha), high = limit;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (stats_mde(standard_deviation, middle, alpha, power) <= sought)
            high = middle;
        else
            low = middle + 1;
    }
    return high;
}

/* -- Within and between processes ---------------------------------------------------------------------------------- */

/* Yuen (1974): the winsorised sum of squares over h (h - 1), h being what trimming leaves. Sorts `values`. */
static double trimmed_mean_standard_error(double *values, size_t count, double fraction)
{
    const size_t cut = (size_t)floor(fraction * (double)count), left = count - 2 * cut;
    if (left < 2)
        return NAN;
    qsort(values, count, sizeof *values, compare_doubles);
    for (size_t i = 0; i < cut; i++) {
        values[i] = values[cut];
        values[count - 1 - i] = values[count - 1 - cut];
    }
    return stats_standard_deviation(values, count) * sqrt((double)(count - 1) / (double)left / (double)(left - 1));
}

double stats_batch_standard_error(const double *values, size_t count, size_t batches, double fraction)
{
    if (batches < 2 || count / batches < 5 || !all_finite(values, count))
        return NAN;
    double *means = malloc(batches * sizeof *means);
    if (means == NULL)
        return NAN;
    size_t size = count / batches;
    for (size_t i = 0; i < batches; i++)
        means[i] = stats_trimmed_mean(values + i * size, size, fraction);
    double result = trimmed_mean_standard_error(means, batches, fraction);
    free(means);
    return result;
}

struct stats_split stats_variance_split(const double *values, const double *standard_errors, size_t count)
{
    struct stats_split result = {.valid = false, .total_sd = NAN, .within_sd = NAN, .between_sd = NAN};
    if (count < 2 || !all_finite(values, count) || !all_finite(standard_errors, count))
        return result;
    long double squares = 0;
    for (size_t i = 0; i < count; i++) {
        if (standard_errors[i] < 0)
            return result;
        squares += (long double)standard_errors[i] * standard_errors[i];
    }
    long double within = squares / count, total = stats_standard_deviation(values, count);
    result.total_sd = (double)total;
    result.within_sd = (double)sqrtl(within);
    result.between_sd = (double)sqrtl(fmaxl(0, total * total - within));
    result.valid = true;
    return result;
}
