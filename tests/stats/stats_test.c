/*
 * stats.h against reference tables made by other programs (tests/stats/reference), against values known by hand, and
 * against what each function promises: equivariance, nesting, coverage. The simulations use a generator of their own
 * with fixed seeds, so a run that passes passes always; their tolerances are computed from the binomial distribution,
 * not tuned.
 */
#include "stats/linearity.h"
#include "stats/stats.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* -- Helpers ------------------------------------------------------------------------------------------------------- */

/* Equal within a relative tolerance, infinities included. NaN equals nothing. */
static bool is_near(double actual, double expected, double tolerance)
{
    return actual == expected || fabs(actual - expected) <= tolerance * fmax(fabs(actual), fabs(expected));
}

/* The message says which row of which table, which assert_double_equal cannot. */
#define assert_near(actual, expected, tolerance, ...)                                                                  \
    do {                                                                                                               \
        double actual_value = (actual), expected_value = (expected);                                                   \
        if (!is_near(actual_value, expected_value, tolerance)) {                                                       \
            print_error("%s is %.17g, expected %.17g: ", #actual, actual_value, expected_value);                       \
            print_error(__VA_ARGS__);                                                                                  \
            print_error("\n");                                                                                         \
            fail();                                                                                                    \
        }                                                                                                              \
    } while (0)

static void assert_unbounded(struct stats_interval interval)
{
    assert_true(interval.low == -INFINITY && interval.high == INFINITY);
}

/* splitmix64 (Steele, Lea & Flood 2014): tiny, and every seed is a good one. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Inside (0, 1), ends excluded, so that its logarithm is finite. */
static double random_uniform(uint64_t *state)
{
    return ((double)(next_random(state) >> 11) + 0.5) * 0x1p-53;
}

static double random_normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(random_uniform(state)));
    return radius * cos(2 * M_PI * random_uniform(state));
}

static double random_laplace(uint64_t *state)
{
    double size = -log(random_uniform(state));
    return next_random(state) & 1 ? size : -size;
}

/* One value in ten has ten times the spread: the processes that met a noisy neighbour. */
static double random_contaminated(uint64_t *state)
{
    double scale = random_uniform(state) < 0.1 ? 10 : 1;
    return scale * random_normal(state);
}

/* Nine or so different values: ties, zeros, and Walsh averages that equal the centre. */
static double random_rounded(uint64_t *state)
{
    return round(2 * random_normal(state)) / 2;
}

static void fill(double *values, size_t count, double (*draw)(uint64_t *), uint64_t *state)
{
    for (size_t i = 0; i < count; i++)
        values[i] = draw(state);
}

/* -- Reference tables ---------------------------------------------------------------------------------------------- */

enum { MAXIMUM_CELLS = 8, MAXIMUM_SAMPLE = 128 };

struct table {
    FILE *file;
    const char *name;
    size_t row, columns;
    char line[512];
    char *cells[MAXIMUM_CELLS];
};

static size_t split(struct table *table)
{
    size_t count = 0;
    table->line[strcspn(table->line, "\n")] = '\0';
    for (char *rest = table->line; rest != NULL && count < MAXIMUM_CELLS;)
        table->cells[count++] = strsep(&rest, ",");
    return count;
}

/* Opens and checks the header, which says that the columns are those that the test thinks. */
static void table_open(struct table *table, const char *name, const char *header)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/stats/reference/%s", TEST_SOURCE_DIR, name);
    *table = (struct table){.file = fopen(path, "r"), .name = name};
    if (table->file == NULL)
        fail_msg("%s: cannot be opened", path);
    if (fgets(table->line, sizeof table->line, table->file) == NULL || strncmp(table->line, "# generate.", 11) != 0)
        fail_msg("%s:1: does not say what made it", path);
    assert_non_null(fgets(table->line, sizeof table->line, table->file));
    table->line[strcspn(table->line, "\n")] = '\0';
    assert_string_equal(table->line, header);
    table->columns = split(table);
}

static bool table_next(struct table *table)
{
    if (fgets(table->line, sizeof table->line, table->file) == NULL)
        return false;
    table->row++;
    assert_int_equal(split(table), table->columns);
    return true;
}

/* A table cut short must not pass for one that was checked. */
static void table_close(struct table *table, size_t minimum_rows)
{
    fclose(table->file);
    if (table->row < minimum_rows)
        fail_msg("%s: %zu rows, expected %zu or more", table->name, table->row, minimum_rows);
}

static double cell(const struct table *table, size_t column)
{
    char *end;
    double value = strtod(table->cells[column], &end);
    if (end == table->cells[column] || *end != '\0')
        fail_msg("%s:%zu: '%s' is no number", table->name, table->row + 2, table->cells[column]);
    return value;
}

struct sample {
    char name[64];
    size_t count;
    double values[MAXIMUM_SAMPLE];
};

static void sample_load(struct sample *sample, const char *name)
{
    if (strcmp(sample->name, name) == 0)
        return;
    struct table table;
    table_open(&table, "samples.csv", "sample,value");
    snprintf(sample->name, sizeof sample->name, "%s", name);
    sample->count = 0;
    while (table_next(&table))
        if (strcmp(table.cells[0], name) == 0) {
            assert_true(sample->count < MAXIMUM_SAMPLE);
            sample->values[sample->count++] = cell(&table, 1);
        }
    table_close(&table, 300);
    if (sample->count == 0)
        fail_msg("samples.csv: no sample '%s'", name);
}

static double statistic(const struct sample *sample, const char *name, double parameter)
{
    if (strcmp(name, "mean") == 0)
        return stats_mean(sample->values, sample->count);
    if (strcmp(name, "standard_deviation") == 0)
        return stats_standard_deviation(sample->values, sample->count);
    if (strcmp(name, "quantile") == 0)
        return stats_quantile(sample->values, sample->count, parameter);
    if (strcmp(name, "trimmed_mean") == 0)
        return stats_trimmed_mean(sample->values, sample->count, parameter);
    if (strcmp(name, "hodges_lehmann") == 0)
        return stats_hodges_lehmann(sample->values, sample->count);
    if (strcmp(name, "batch_standard_error") == 0)
        return stats_batch_standard_error(sample->values, sample->count, (size_t)parameter, 0.2);
    fail_msg("unknown statistic '%s'", name);
    return NAN;
}

static void summary_matches_reference(void **state)
{
    (void)state;
    struct table table;
    struct sample sample = {.count = 0};
    table_open(&table, "summary.csv", "sample,statistic,parameter,value");
    while (table_next(&table)) {
        sample_load(&sample, table.cells[0]);
        double parameter = table.cells[2][0] == '\0' ? NAN : cell(&table, 2);
        /*
         * numpy sums doubles: at a level of 1e9 and a spread of 1 its own standard errors are good to seven digits
         * only.
         */
        bool cancels = strcmp(table.cells[1], "batch_standard_error") == 0 || strncmp(sample.name, "tiny", 4) == 0;
        assert_near(statistic(&sample, table.cells[1], parameter), cell(&table, 3), cancels ? 1e-6 : 1e-13, "%s %s %s",
                    table.cells[0], table.cells[1], table.cells[2]);
    }
    table_close(&table, 270);
}

static void t_interval_matches_reference(void **state)
{
    (void)state;
    struct table table;
    struct sample sample = {.count = 0};
    table_open(&table, "t_interval.csv", "sample,alpha,low,high");
    while (table_next(&table)) {
        sample_load(&sample, table.cells[0]);
        struct stats_interval interval = stats_t_interval(sample.values, sample.count, cell(&table, 1));
        assert_near(interval.low, cell(&table, 2), 1e-10, "%s alpha %s", sample.name, table.cells[1]);
        assert_near(interval.high, cell(&table, 3), 1e-10, "%s alpha %s", sample.name, table.cells[1]);
    }
    table_close(&table, 39);
}

static void signed_rank_cdf_matches_reference(void **state)
{
    (void)state;
    struct table table;
    table_open(&table, "signed_rank_cdf.csv", "n,t,cdf");
    while (table_next(&table)) {
        size_t n = (size_t)cell(&table, 0);
        /* Up to n = 53 every probability is a whole number of 2^-53: exactly equal. */
        double tolerance = n <= 53 ? 0 : 1e-13;
        assert_near(stats_signed_rank_cdf((long)cell(&table, 1), n), cell(&table, 2), tolerance, "n %zu, t %s", n,
                    table.cells[1]);
    }
    table_close(&table, 400);
}

static void signed_rank_interval_matches_scipy(void **state)
{
    (void)state;
    struct table table;
    struct sample sample = {.count = 0};
    table_open(&table, "signed_rank_interval.csv", "sample,alpha,low,high");
    while (table_next(&table)) {
        sample_load(&sample, table.cells[0]);
        struct stats_interval interval = stats_signed_rank_interval(sample.values, sample.count, cell(&table, 1), NULL);
        assert_near(interval.low, cell(&table, 2), 1e-14, "%s alpha %s", sample.name, table.cells[1]);
        assert_near(interval.high, cell(&table, 3), 1e-14, "%s alpha %s", sample.name, table.cells[1]);
    }
    table_close(&table, 44);
}

static void signed_rank_interval_matches_r(void **state)
{
    (void)state;
    struct table table;
    struct sample sample = {.count = 0};
    table_open(&table, "signed_rank_interval_r.csv", "sample,alpha,low,high,attained,hodges_lehmann");
    while (table_next(&table)) {
        sample_load(&sample, table.cells[0]);
        double attained, centre = stats_hodges_lehmann(sample.values, sample.count);
        struct stats_interval interval =
            stats_signed_rank_interval(sample.values, sample.count, cell(&table, 1), &attained);
        assert_near(interval.low, cell(&table, 2), 1e-14, "%s alpha %s", sample.name, table.cells[1]);
        assert_near(interval.high, cell(&table, 3), 1e-14, "%s alpha %s", sample.name, table.cells[1]);
        assert_near(attained, cell(&table, 4), 1e-13, "%s alpha %s", sample.name, table.cells[1]);
        assert_near(centre, cell(&table, 5), 1e-14, "%s", sample.name);
    }
    table_close(&table, 40);
}

static void normal_quantile_matches_reference(void **state)
{
    (void)state;
    struct table table;
    table_open(&table, "normal_quantile.csv", "probability,quantile");
    while (table_next(&table))
        assert_near(stats_normal_quantile(cell(&table, 0)), cell(&table, 1), 1e-13, "p %s", table.cells[0]);
    table_close(&table, 32);
}

static void t_quantile_matches_reference(void **state)
{
    (void)state;
    struct table table;
    table_open(&table, "t_quantile.csv", "probability,degrees,quantile");
    while (table_next(&table))
        assert_near(stats_t_quantile(cell(&table, 0), cell(&table, 1)), cell(&table, 2), 1e-12, "p %s, %s degrees",
                    table.cells[0], table.cells[1]);
    table_close(&table, 630);
}

/* Chi-square with an even number of degrees in closed form: 1 - e^(-x/2) (1 + x/2 + (x/2)^2/2! + ...). */
static double even_chi_square_cdf(double value, size_t degrees)
{
    double term = 1, sum = 1;
    for (size_t i = 1; i < degrees / 2; i++)
        sum += term *= value / 2 / (double)i;
    return 1 - exp(-value / 2) * sum;
}

static void sd_interval_is_chi_square(void **state)
{
    (void)state;
    const size_t counts[] = {3, 5, 7, 21, 65, 129};
    const double alphas[] = {0.05, 0.01, 0.5};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (size_t j = 0; j < sizeof alphas / sizeof alphas[0]; j++) {
            const double degrees = (double)counts[i] - 1;
            const struct stats_interval interval = stats_sd_interval(2, counts[i], alphas[j]);
            const double most = degrees * 4 / (interval.low * interval.low);
            const double least = degrees * 4 / (interval.high * interval.high);
            assert_near(even_chi_square_cdf(least, counts[i] - 1), alphas[j] / 2, 1e-12, "lower quantile");
            assert_near(even_chi_square_cdf(most, counts[i] - 1), 1 - alphas[j] / 2, 1e-12, "upper quantile");
        }
    /* One degree: the square of a normal. */
    const double z = stats_normal_quantile(0.9875), two = stats_sd_interval(1, 2, 0.05).low;
    assert_near(1 / (two * two), z * z, 1e-9, "one degree");
    /* Five: the factors that the header quotes. */
    assert_near(stats_sd_interval(1, 5, 0.05).low, 0.599, 1e-3, "five, low");
    assert_near(stats_sd_interval(1, 5, 0.05).high, 2.874, 1e-3, "five, high");
    assert_true(isinf(stats_sd_interval(1, 1, 0.05).high) && isinf(stats_sd_interval(NAN, 5, 0.05).high));
    assert_true(stats_sd_interval(0, 5, 0.05).high == 0);
}

static void proportion_matches_reference(void **state)
{
    (void)state;
    struct table table;
    table_open(&table, "proportion.csv", "hits,trials,alpha,low,high");
    while (table_next(&table)) {
        struct stats_interval interval =
            stats_proportion_interval((size_t)cell(&table, 0), (size_t)cell(&table, 1), cell(&table, 2));
        const char *hits = table.cells[0], *trials = table.cells[1], *alpha = table.cells[2];
        assert_near(interval.low, cell(&table, 3), 1e-10, "%s of %s, alpha %s", hits, trials, alpha);
        assert_near(interval.high, cell(&table, 4), 1e-10, "%s of %s, alpha %s", hits, trials, alpha);
    }
    table_close(&table, 64);
}

static void plans_match_reference(void **state)
{
    (void)state;
    struct table table;
    table_open(&table, "mde.csv", "standard_deviation,count,alpha,power,mde");
    while (table_next(&table)) {
        double mde = stats_mde(cell(&table, 0), (size_t)cell(&table, 1), cell(&table, 2), cell(&table, 3));
        assert_near(mde, cell(&table, 4), 1e-11, "row %zu", table.row);
    }
    table_close(&table, 90);
    table_open(&table, "count_for_mde.csv", "standard_deviation,effect,alpha,power,count");
    while (table_next(&table)) {
        size_t count = stats_count_for_mde(cell(&table, 0), cell(&table, 1), cell(&table, 2), cell(&table, 3));
        assert_near((double)count, cell(&table, 4), 0, "row %zu", table.row);
    }
    table_close(&table, 32);
}

/* -- Known by hand ------------------------------------------------------------------------------------------------- */

static void small_values_by_hand(void **state)
{
    (void)state;
    const double five[] = {9, 1, 4, 2, 3};
    assert_near(stats_mean(five, 5), 3.8, 1e-15, "19 / 5");
    assert_near(stats_standard_deviation(five, 5), sqrt(9.7), 1e-15, "38.8 / 4");
    assert_near(stats_quantile(five, 5, 0.5), 3, 0, "middle");
    assert_near(stats_quantile(five, 5, 0.9), 7, 1e-15, "4 + 0.6 x 5");
    assert_near(stats_trimmed_mean(five, 5, 0.2), 3, 1e-15, "2, 3, 4");
    assert_near(stats_trimmed_mean(five, 5, 0.19), 3.8, 1e-15, "less than one value at each end");
    assert_near(stats_trimmed_mean(five, 5, nextafter(0.5, 0)), 3, 0, "never cuts all");
    assert_near(stats_trimmed_mean(five, 4, nextafter(0.5, 0)), 3, 0, "never cuts all, even count");
    const double three[] = {1, 2, 7}; /* Walsh averages 1, 1.5, 2, 4, 4.5, 7 */
    assert_near(stats_hodges_lehmann(three, 3), 3, 1e-15, "(2 + 4) / 2");
    assert_near(stats_t_quantile(0.75, 1), 1, 1e-14, "Cauchy");
    assert_near(stats_t_quantile(0.9, 2), 0.8 / sqrt(2 * 0.9 * 0.1), 1e-13, "closed form for two degrees");
    assert_near(stats_normal_quantile(0.975), 1.959963984540054, 1e-15, "1.96");
    assert_near(stats_proportion_interval(0, 10, 0.05).high, 1 - pow(0.025, 0.1), 1e-14, "0 of 10");
    assert_near(stats_proportion_interval(10, 10, 0.05).low, pow(0.025, 0.1), 1e-14, "10 of 10");
}

static void signed_rank_by_hand(void **state)
{
    (void)state;
    /* n = 3: sums 0 1 2 3 3 4 5 6. */
    const double cumulated[] = {1, 2, 3, 5, 6, 7, 8};
    for (long t = 0; t <= 6; t++)
        assert_near(stats_signed_rank_cdf(t, 3), cumulated[t] / 8, 0, "t %ld", t);
    assert_near(stats_signed_rank_cdf(-1, 3), 0, 0, "below");
    assert_near(stats_signed_rank_cdf(99, 3), 1, 0, "above");
    assert_near(stats_signed_rank_cdf(0, 0), 1, 0, "no samples");
    assert_int_equal(stats_signed_rank_minimum_count(0.05), 6);
    assert_int_equal(stats_signed_rank_minimum_count(0.01), 8);
    assert_int_equal(stats_signed_rank_minimum_count(0.0625), 5); /* reached exactly */
    assert_int_equal(stats_signed_rank_minimum_count(nextafter(0.0625, 0)), 6);
    assert_true(stats_signed_rank_minimum_count(0) == SIZE_MAX);
    assert_true(stats_signed_rank_minimum_count(1) == SIZE_MAX);
    assert_true(stats_signed_rank_minimum_count(NAN) == SIZE_MAX);
}

/* Hollander & Wolfe, example 3.3 (depression, nine patients): -0.46 and (-0.786, -0.010) at 96.1 %. */
static void textbook_example(void **state)
{
    (void)state;
    struct sample sample = {.count = 0};
    double attained;
    sample_load(&sample, "depression");
    assert_near(stats_hodges_lehmann(sample.values, sample.count), -0.46, 1e-12, "estimate");
    struct stats_interval interval = stats_signed_rank_interval(sample.values, sample.count, 0.04, &attained);
    assert_near(interval.low, -0.786, 1e-12, "low");
    assert_near(interval.high, -0.010, 1e-12, "high");
    assert_near(attained, 1 - 2 * 10 / 512.0, 0, "10 of 512 sign patterns have T+ <= 5");
}

static void splits_by_hand(void **state)
{
    (void)state;
    const double values[] = {1, 2, 3, 4, 5}, errors[] = {1, 1, 1, 1, 1}, large[] = {2, 2, 2, 2, 2};
    struct stats_split split_small = stats_variance_split(values, errors, 5);
    assert_true(split_small.valid);
    assert_near(split_small.total_sd, sqrt(2.5), 1e-15, "total");
    assert_near(split_small.within_sd, 1, 1e-15, "within");
    assert_near(split_small.between_sd, sqrt(1.5), 1e-15, "between");
    struct stats_split split_large = stats_variance_split(values, large, 5);
    assert_true(split_large.valid);
    assert_near(split_large.within_sd, 2, 1e-15, "within");
    assert_near(split_large.between_sd, 0, 0, "within exceeds total");
    const double series[] = {1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 1e6}; /* means 3 and 13, the rest left out */
    assert_near(stats_batch_standard_error(series, 11, 2, 0.2), 5, 1e-15, "sqrt(50) / sqrt(2)");
}

/* -- What is said when nothing is known ---------------------------------------------------------------------------- */

static void too_few_samples(void **state)
{
    (void)state;
    const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    double attained = 0;
    assert_true(isnan(stats_mean(values, 0)) && isnan(stats_quantile(values, 0, 0.5)));
    assert_true(isnan(stats_trimmed_mean(values, 0, 0.2)) && isnan(stats_hodges_lehmann(values, 0)));
    assert_true(isnan(stats_standard_deviation(values, 1)) && isnan(stats_mean(NULL, 0)));
    assert_unbounded(stats_signed_rank_interval(values, 0, 0.05, NULL));
    assert_unbounded(stats_signed_rank_interval(values, 5, 0.05, &attained));
    assert_near(attained, 1, 0, "the whole line misses nothing");
    assert_true(isfinite(stats_signed_rank_interval(values, 6, 0.05, NULL).low));
    assert_unbounded(stats_t_interval(values, 1, 0.05));
    assert_true(isnan(stats_batch_standard_error(values, 9, 2, 0.2)));
    assert_true(isnan(stats_batch_standard_error(values, 9, 1, 0.2)));
    assert_true(isnan(stats_batch_standard_error(values, 9, 0, 0.2)));
    assert_false(stats_variance_split(values, values, 1).valid);
    assert_true(stats_mde(1, 7, 0.01, 0.9) == INFINITY && isfinite(stats_mde(1, 8, 0.01, 0.9)));
    assert_int_equal(stats_count_for_mde(1, 0, 0.05, 0.9), 0);
    assert_int_equal(stats_count_for_mde(1, 1e-4, 0.05, 0.9), 0);
    assert_int_equal(stats_count_for_mde(0, 1, 0.05, 0.9), 6);
    struct stats_interval none = stats_proportion_interval(0, 0, 0.05);
    assert_true(none.low == 0 && none.high == 1);
}

static void bad_values(void **state)
{
    (void)state;
    const double bad[] = {NAN, INFINITY, -INFINITY}, good[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        double values[] = {1, 2, 3, bad[i], 5, 6, 7, 8, 9, 10}, attained = 0;
        assert_true(isnan(stats_mean(values, 10)) && isnan(stats_standard_deviation(values, 10)));
        assert_true(isnan(stats_quantile(values, 10, 0)) && isnan(stats_trimmed_mean(values, 10, 0.2)));
        assert_true(isnan(stats_hodges_lehmann(values, 10)));
        assert_true(isnan(stats_batch_standard_error(values, 10, 2, 0.2)));
        assert_unbounded(stats_signed_rank_interval(values, 10, 0.05, &attained));
        assert_true(attained == 1);
        assert_unbounded(stats_t_interval(values, 10, 0.05));
        assert_false(stats_variance_split(values, good, 10).valid);
        assert_false(stats_variance_split(good, values, 10).valid);
        assert_true(isnan(stats_mde(bad[i], 20, 0.05, 0.9)));
        assert_int_equal(stats_count_for_mde(bad[i], 1, 0.05, 0.9), 0);
    }
    const double negative[] = {1, 1, -1};
    assert_false(stats_variance_split(good, negative, 3).valid);
    assert_int_equal(stats_count_for_mde(1, NAN, 0.05, 0.9), 0);
}

static void bad_arguments(void **state)
{
    (void)state;
    const double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, outside[] = {-0.1, 1.1, NAN};
    const double levels[] = {-0.1, 0, 1, 1.1, NAN};
    for (size_t i = 0; i < LENGTH(outside); i++) {
        assert_true(isnan(stats_quantile(values, 10, outside[i])) && isnan(stats_trimmed_mean(values, 10, outside[i])));
        assert_true(isnan(stats_t_quantile(outside[i], 5)) && isnan(stats_normal_quantile(outside[i])));
    }
    for (size_t i = 0; i < LENGTH(levels); i++) {
        assert_unbounded(stats_signed_rank_interval(values, 10, levels[i], NULL));
        assert_unbounded(stats_t_interval(values, 10, levels[i]));
        assert_true(isnan(stats_mde(1, 20, levels[i], 0.9)) && isnan(stats_mde(1, 20, 0.05, levels[i])));
        assert_true(stats_proportion_interval(5, 10, levels[i]).low == 0);
    }
    assert_true(isnan(stats_trimmed_mean(values, 10, 0.5)));
    assert_true(isnan(stats_t_quantile(0.9, 0)) && isnan(stats_t_quantile(0.9, NAN)));
    assert_true(stats_t_quantile(0, 5) == -INFINITY && stats_t_quantile(1, 1e9) == INFINITY);
    assert_true(stats_normal_quantile(0) == -INFINITY && stats_normal_quantile(1) == INFINITY);
    assert_true(stats_t_quantile(0.5, 5) == 0 && stats_normal_quantile(0.5) == 0);
    assert_true(isnan(stats_mde(-1, 20, 0.05, 0.9)));
    assert_true(isnan(stats_proportion_interval(11, 10, 0.05).low));
    assert_true(isnan(stats_signed_rank_cdf(5, STATS_SIGNED_RANK_MAXIMUM_COUNT + 1)));
}

/* Scratch of megabytes cannot be had under a limit of one. Not under a sanitizer, whose allocator aborts instead. */
static void no_memory(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip();
#endif
    enum { COUNT = STATS_SIGNED_RANK_MAXIMUM_COUNT };
    static double values[COUNT];
    struct rlimit before, tight;
    double attained = 0;
    for (size_t i = 0; i < COUNT; i++)
        values[i] = (double)i;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    tight = before;
    tight.rlim_cur = 1 << 20;
    assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
    double centre = stats_hodges_lehmann(values, COUNT);
    double probability = stats_signed_rank_cdf(1000000, COUNT);
    struct stats_interval interval = stats_signed_rank_interval(values, COUNT, 0.05, &attained);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_true(isnan(centre) && isnan(probability) && attained == 1);
    assert_unbounded(interval);
}

/* Two estimates with their intervals, in whole numbers: 3-4-5 and 5-12-13 triangles. */
static void difference_by_hand(void **state)
{
    (void)state;
    const struct stats_interval first = {10 - 12, 10 + 4}, second = {30 - 3, 30 + 5};
    const struct stats_interval there = stats_difference_interval(10, first, 30, second);
    const struct stats_interval back = stats_difference_interval(30, second, 10, first);
    assert_true(there.low == 20 - 5 && there.high == 20 + 13);
    assert_true(back.low == -there.high && back.high == -there.low);
    const struct stats_interval exact = {7, 7};
    assert_true(stats_difference_interval(7, exact, 7, exact).low == 0);
    const struct stats_interval open = {-INFINITY, 14}, torn = {NAN, 14}, none = {-INFINITY, INFINITY};
    assert_true(stats_difference_interval(10, open, 30, second).high == INFINITY);
    assert_true(stats_difference_interval(10, open, 30, second).low == there.low);
    assert_unbounded(stats_difference_interval(10, none, 30, second));
    assert_unbounded(stats_difference_interval(10, torn, 30, second));
    assert_unbounded(stats_difference_interval(NAN, first, 30, second));
    assert_unbounded(stats_difference_interval(10, first, INFINITY, second));
}

/* -- What every sample must satisfy -------------------------------------------------------------------------------- */

/* Every estimate of where a sample lies, with the sign of the parameter turned for -x. */
static double location(const double *values, size_t count, size_t which, double sign)
{
    switch (which) {
    case 0:
        return stats_mean(values, count);
    case 1:
        return stats_trimmed_mean(values, count, 0.2);
    case 2:
        return stats_hodges_lehmann(values, count);
    case 3:
        return stats_quantile(values, count, sign > 0 ? 0.3 : 0.7);
    case 4: {
        struct stats_interval interval = stats_signed_rank_interval(values, count, 0.05, NULL);
        return sign > 0 ? interval.low : interval.high;
    }
    case 5: {
        struct stats_interval interval = stats_t_interval(values, count, 0.05);
        return sign > 0 ? interval.low : interval.high;
    }
    default:
        return NAN;
    }
}

/* x -> factor x + shift moves every location likewise, exchanging the ends of intervals when the factor is negative. */
static void locations_are_equivariant(void **state)
{
    (void)state;
    enum { COUNT = 23, LOCATIONS = 6 };
    const double maps[][2] = {{1, 5}, {3, 0}, {-1, 0}, {-0.25, 17}, {0x1p-40, 0}};
    double values[COUNT], moved[COUNT];
    uint64_t random = 7;
    for (size_t round = 0; round < 20; round++) {
        fill(values, COUNT, random_contaminated, &random);
        double sd = stats_standard_deviation(values, COUNT);
        for (size_t m = 0; m < LENGTH(maps); m++) {
            double factor = maps[m][0], shift = maps[m][1];
            for (size_t i = 0; i < COUNT; i++)
                moved[i] = factor * values[i] + shift;
            for (size_t which = 0; which < LOCATIONS; which++) {
                double expected = factor * location(values, COUNT, which, factor) + shift;
                double slack = 1e-13 * (fabs(factor) * sd + fabs(shift));
                assert_true(fabs(location(moved, COUNT, which, 1) - expected) <= slack);
            }
            assert_near(stats_standard_deviation(moved, COUNT), fabs(factor) * sd, 1e-12, "factor %g", factor);
        }
    }
}

static void order_does_not_matter(void **state)
{
    (void)state;
    enum { COUNT = 40, LOCATIONS = 6 };
    double values[COUNT], reversed[COUNT];
    uint64_t random = 11;
    fill(values, COUNT, random_laplace, &random);
    for (size_t i = 0; i < COUNT; i++)
        reversed[i] = values[COUNT - 1 - i];
    for (size_t which = 0; which < LOCATIONS; which++)
        assert_near(location(values, COUNT, which, 1), location(reversed, COUNT, which, 1), 1e-14, "%zu", which);
}

/* A smaller alpha never gives a narrower interval; the estimate is inside all of them; what is attained suffices. */
static void intervals_nest(void **state)
{
    (void)state;
    const double alphas[] = {0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001, 1e-4, 1e-8};
    double values[24];
    uint64_t random = 13;
    for (size_t count = 2; count <= LENGTH(values); count++) {
        fill(values, count, random_normal, &random);
        double centre = stats_hodges_lehmann(values, count), attained;
        struct stats_interval rank = {centre, centre}, t = {stats_mean(values, count), stats_mean(values, count)};
        for (size_t i = 0; i < LENGTH(alphas); i++) {
            struct stats_interval wider = stats_signed_rank_interval(values, count, alphas[i], &attained);
            assert_true(wider.low <= rank.low && wider.high >= rank.high && attained >= 1 - alphas[i]);
            bool reachable = count >= stats_signed_rank_minimum_count(alphas[i]);
            assert_int_equal(isfinite(wider.low) && isfinite(wider.high), reachable);
            rank = wider;
            wider = stats_t_interval(values, count, alphas[i]);
            assert_true(wider.low < t.low && wider.high > t.high);
            t = wider;
        }
    }
}

/* The largest t with 2 P(T+ <= t) <= alpha, by halving; -1 for none. */
static long largest_rank_sum(size_t n, double alpha)
{
    long low = -1, high = (long)(n * (n + 1) / 2);
    while (high - low > 1) {
        long middle = low + (high - low) / 2;
        if (2 * stats_signed_rank_cdf(middle, n) <= alpha)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* As narrow as the level allows: the next Walsh average in, and it would be exceeded. */
static void interval_uses_its_level(void **state)
{
    (void)state;
    for (size_t n = 6; n <= 202; n += 14) {
        double values[202], attained;
        size_t below = 0, not_above = 0;
        for (size_t i = 0; i < n; i++)
            values[i] = (double)(i * i + i);
        long k = largest_rank_sum(n, 0.05) + 1;
        struct stats_interval interval = stats_signed_rank_interval(values, n, 0.05, &attained);
        assert_near(attained, 1 - 2 * stats_signed_rank_cdf(k - 1, n), 1e-13, "n %zu", n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = i; j < n; j++) {
                below += (values[i] + values[j]) / 2 < interval.low;
                not_above += (values[i] + values[j]) / 2 <= interval.low;
            }
        assert_true(below < (size_t)k && not_above >= (size_t)k);
    }
}

static void functions_are_monotone(void **state)
{
    (void)state;
    for (long t = -1; t < 64 * 65 / 2; t++)
        assert_true(stats_signed_rank_cdf(t, 64) <= stats_signed_rank_cdf(t + 1, 64));
    for (long t = 0; t <= 64 * 65 / 2; t += 13) {
        double both = stats_signed_rank_cdf(t, 64) + stats_signed_rank_cdf(64 * 65 / 2 - 1 - t, 64);
        assert_near(both, 1, 1e-13, "t %ld and its mirror image", t);
    }
    for (double p = 0.001; p < 0.999; p += 0.001) {
        assert_true(stats_normal_quantile(p) < stats_normal_quantile(p + 0.001));
        assert_true(stats_t_quantile(p, 7) < stats_t_quantile(p + 0.001, 7));
        assert_near(stats_normal_quantile(p), -stats_normal_quantile(1 - p), 1e-12, "p %g", p);
    }
    for (size_t n = 6; n < 300; n++)
        assert_true(stats_mde(1, n, 0.05, 0.9) > stats_mde(1, n + 1, 0.05, 0.9));
    for (size_t hits = 0; hits < 50; hits++) {
        struct stats_interval less = stats_proportion_interval(hits, 50, 0.05);
        struct stats_interval more = stats_proportion_interval(hits + 1, 50, 0.05);
        struct stats_interval misses = stats_proportion_interval(50 - hits, 50, 0.05);
        assert_true(less.low < more.low && less.high < more.high);
        assert_near(less.low, 1 - misses.high, 1e-13, "%zu of 50", hits);
    }
}

static void count_for_mde_is_the_smallest(void **state)
{
    (void)state;
    for (double effect = 0.02; effect < 3; effect *= 1.3) {
        size_t n = stats_count_for_mde(1, effect, 0.01, 0.9);
        assert_true(stats_mde(1, n, 0.01, 0.9) <= effect);
        assert_true(n == stats_signed_rank_minimum_count(0.01) || stats_mde(1, n - 1, 0.01, 0.9) > effect);
    }
}

static void input_is_not_modified(void **state)
{
    (void)state;
    double values[30], copy[30];
    uint64_t random = 17;
    fill(values, 30, random_normal, &random);
    memcpy(copy, values, sizeof copy);
    for (size_t which = 0; which < 6; which++)
        location(values, 30, which, 1);
    stats_standard_deviation(values, 30);
    stats_batch_standard_error(values, 30, 5, 0.2);
    stats_variance_split(values, values, 30);
    assert_memory_equal(values, copy, sizeof copy);
}

/* Drift counts: a trend of the same spread as noise has the larger batch standard error, and noise has sd / sqrt(n). */
static void pairs_give_the_spread_and_bear_one_stray(void **state)
{
    const double by_hand[] = {0, 1, 3}; /* squares 1, 4, 9 */
    double values[1000], five[5];
    (void)state;
    assert_true(fabs(stats_pairwise_standard_deviation(by_hand, 3) - sqrt(4 / 2 / 0.4549364231195724)) < 1e-12);
    for (size_t i = 0; i < 1000; i++)
        values[i] = 5 + 2 * stats_normal_quantile(((double)i + 0.5) / 1000);
    assert_true(fabs(stats_pairwise_standard_deviation(values, 1000) - 2) < 0.02);
    for (size_t i = 0; i < 5; i++)
        five[i] = stats_normal_quantile(((double)i + 0.5) / 5);
    const double clean = stats_pairwise_standard_deviation(five, 5);
    five[2] = 1e6;
    assert_true(stats_pairwise_standard_deviation(five, 5) < 3 * clean);
    assert_true(stats_standard_deviation(five, 5) > 1e5);
    assert_true(isnan(stats_pairwise_standard_deviation(five, 1)));
    five[0] = NAN;
    assert_true(isnan(stats_pairwise_standard_deviation(five, 5)));
}

static void batch_error_sees_drift(void **state)
{
    (void)state;
    enum { COUNT = 4000 };
    static double noise[COUNT], trend[COUNT];
    uint64_t random = 19;
    fill(noise, COUNT, random_normal, &random);
    for (size_t i = 0; i < COUNT; i++)
        trend[i] = noise[i] + 2.0 * (double)i / COUNT;
    double independent = stats_standard_deviation(noise, COUNT) / sqrt(COUNT);
    double error = stats_batch_standard_error(noise, COUNT, 20, 0);
    assert_true(error > 0.6 * independent && error < 1.5 * independent); /* chi-square, 19 degrees: 1e-3 at each end */
    assert_true(stats_batch_standard_error(trend, COUNT, 20, 0) > 4 * independent);
}

/* -- Simulations --------------------------------------------------------------------------------------------------- */

/* P(X <= hits) for a binomial, by adding its terms: not by the incomplete beta function that is under test. */
static double binomial_cdf(size_t hits, size_t trials, double probability)
{
    double sum = 0, n = (double)trials;
    for (size_t k = 0; k <= hits; k++) {
        double choose = lgamma(n + 1) - lgamma((double)k + 1) - lgamma(n - (double)k + 1);
        sum += exp(choose + (double)k * log(probability) + (n - (double)k) * log1p(-probability));
    }
    return sum;
}

/* How many of `trials` intervals around samples shifted by `effect` leave 0 out. */
static size_t count_misses(size_t count, double (*draw)(uint64_t *), double effect, double alpha, size_t trials,
                           double *attained)
{
    double values[64];
    uint64_t random = 1000 * count + (uint64_t)(1e6 * alpha);
    size_t misses = 0;
    for (size_t trial = 0; trial < trials; trial++) {
        fill(values, count, draw, &random);
        for (size_t i = 0; i < count; i++)
            values[i] += effect;
        struct stats_interval interval = stats_signed_rank_interval(values, count, alpha, attained);
        misses += interval.low > 0 || interval.high < 0;
    }
    return misses;
}

/*
 * For symmetric continuous data the interval misses with probability 1 - attained exactly, whatever the shape; for
 * rounded data at most so often. So the count of misses is binomial with a known probability, and its tails must stay
 * above 1e-4: 42 tails, a chance of 0.4 % that a right program would have met a bad seed when the seeds were fixed.
 */
static void coverage_is_as_promised(void **state)
{
    (void)state;
    double (*const draws[])(uint64_t *) = {random_normal, random_laplace, random_contaminated, random_rounded};
    const char *const shapes[] = {"normal", "Laplace", "contaminated", "rounded"};
    const size_t counts[] = {14, 20, 64}, trials[] = {8000, 8000, 1000};
    const double alphas[] = {0.05, 0.01};
    for (size_t shape = 0; shape < LENGTH(draws); shape++)
        for (size_t c = 0; c < LENGTH(counts); c++)
            for (size_t a = 0; a < LENGTH(alphas); a++) {
                double attained;
                size_t misses = count_misses(counts[c], draws[shape], 0, alphas[a], trials[c], &attained);
                double at_most = binomial_cdf(misses, trials[c], 1 - attained);
                double at_least = misses > 0 ? 1 - binomial_cdf(misses - 1, trials[c], 1 - attained) : 1;
                print_message("  %-12s N = %zu, level %g: %zu of %zu miss, %.1f expected\n", shapes[shape], counts[c],
                              alphas[a], misses, trials[c], (1 - attained) * (double)trials[c]);
                assert_true(attained >= 1 - alphas[a]);
                assert_true(at_least > 1e-4);
                assert_true(at_most > 1e-4 || draws[shape] == random_rounded);
            }
}

/* The Hodges-Lehmann estimates of two samples and how far they are apart, as `compare` has it. */
static struct stats_interval interval_between(const double *first, size_t first_count, const double *second,
                                              size_t second_count, double alpha)
{
    return stats_difference_interval(
        stats_hodges_lehmann(first, first_count), stats_signed_rank_interval(first, first_count, alpha, NULL),
        stats_hodges_lehmann(second, second_count), stats_signed_rank_interval(second, second_count, alpha, NULL));
}

/*
 * The formula is an approximation that errs to the safe side here: it must not miss more often than the level, but for
 * what chance allows at 1e-4, and not so seldom (a fifth of the level) that its intervals would be idle.
 */
static void mover_misses_as_promised(void **state)
{
    (void)state;
    const struct {
        size_t first, second;
        double spread; /* of the second, in those of the first */
    } pairs[] = {{20, 20, 1}, {20, 20, 3}, {20, 64, 1}, {20, 64, 3}, {20, 64, 1.0 / 3}, {64, 64, 1}, {64, 64, 3}};
    const size_t trials = 2000;
    double first[64], second[64];
    for (size_t p = 0; p < LENGTH(pairs); p++)
        for (size_t level = 0; level < 2; level++) {
            const double alpha = level ? 0.01 : 0.05;
            uint64_t random = 1000 * p + level;
            size_t misses = 0;
            for (size_t trial = 0; trial < trials; trial++) {
                fill(first, pairs[p].first, random_normal, &random);
                fill(second, pairs[p].second, random_normal, &random);
                for (size_t i = 0; i < pairs[p].second; i++)
                    second[i] *= pairs[p].spread;
                const struct stats_interval interval =
                    interval_between(first, pairs[p].first, second, pairs[p].second, alpha);
                misses += interval.low > 0 || interval.high < 0;
            }
            print_message("  N = %zu and %zu, spread x %.2f, level %g: %zu of %zu miss, %.1f nominal\n", pairs[p].first,
                          pairs[p].second, pairs[p].spread, alpha, misses, trials, alpha * (double)trials);
            assert_true(misses == 0 || 1 - binomial_cdf(misses - 1, trials, alpha) > 1e-4);
            assert_true(binomial_cdf(misses, trials, alpha / 5) > 1e-4 && (double)misses > alpha / 5 * (double)trials);
        }
}

/*
 * At an effect of one MDE the promised power is found: 0.9, within what the approximation and 2000 trials (0.7 %)
 * leave.
 */
static void mde_is_detected(void **state)
{
    (void)state;
    const size_t counts[] = {20, 64}, trials = 1500;
    for (size_t c = 0; c < LENGTH(counts); c++) {
        double attained, effect = stats_mde(1, counts[c], 0.01, 0.9);
        double power = (double)count_misses(counts[c], random_normal, effect, 0.01, trials, &attained) / (double)trials;
        print_message("  N = %zu: power %.3f at the MDE of %.3f sd\n", counts[c], power, effect);
        assert_true(power > 0.87 && power < 0.95);
    }
}

/* Ranks by the binomial distribution: of 20 values at 1 % the 4th and the 17th (2 P(Bin(20) <= 3) = 0.26 %), of 8 the
 * first and the last (0.78 %), of 7 none (1.6 %), of 100 the 37th and the 64th (0.66 %; scipy.stats.binom). */
static void the_sign_interval_has_the_ranks_of_the_binomial(void **state)
{
    static const struct {
        size_t count, low, high;
    } cases[] = {{20, 4, 17}, {8, 1, 8}, {13, 2, 12}, {100, 37, 64}};
    double values[2000];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t v = 0; v < cases[i].count; v++)
            values[v] = (double)((v * 7) % cases[i].count) + 1; /* in some order, where 7 is no divisor */
        const struct stats_centre centre = stats_sign(values, cases[i].count, 0.01);
        assert_float_equal(centre.interval.low, (double)cases[i].low, 0);
        assert_float_equal(centre.interval.high, (double)cases[i].high, 0);
        assert_float_equal(centre.estimate, ((double)cases[i].count + 1) / 2, 1e-12);
    }
    for (size_t v = 0; v < 2000; v++)
        values[v] = (double)v;
    assert_true(isinf(stats_sign(values, 7, 0.01).interval.low));
    assert_true(isinf(stats_sign(values, 2000, 0.01).interval.high));
    assert_true(isinf(stats_sign(values, 20, 0).interval.high));
    values[3] = NAN;
    assert_true(isinf(stats_sign(values, 20, 0.01).interval.low));
}

/* Three of twenty lie anywhere: the interval stays with the rest, that of the signed ranks does not. */
static void strays_do_not_move_the_sign_interval(void **state)
{
    double values[20];
    (void)state;
    for (size_t v = 0; v < 20; v++)
        values[v] = v < 3 ? 1000 : 0.001 * (double)v;
    assert_true(stats_sign(values, 20, 0.01).interval.high < 0.02);
    assert_true(stats_signed_rank_interval(values, 20, 0.01, NULL).high > 100);
}

/* One op of more than 50 us a batch: no run has another size. */
static void only_a_long_op_has_one_size(void **state)
{
    (void)state;
    assert_true(linearity_is_only_size(1, 50001));
    assert_false(linearity_is_only_size(1, 50000));
    assert_false(linearity_is_only_size(2, 1e6)); /* somebody chose two */
}

/* With equal errors it is Student's interval; a value that knows itself badly hardly counts; one block has the typical
 * error. */
static void weighted_mean_follows_the_precise(void **state)
{
    (void)state;
    const double values[] = {1.0, 1.2, 0.8, 1.1, 0.9, 1.05}, blocks[] = {10, 10, 10, 10, 10, 10};
    double errors[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    struct stats_centre centre = stats_weighted(values, errors, blocks, 6, 0.01, 0.05);
    const struct stats_interval student = stats_t_interval(values, 6, 0.05);
    assert_float_equal(centre.estimate, stats_mean(values, 6), 1e-12);
    assert_float_equal(centre.interval.low, student.low, 1e-12);
    assert_float_equal(centre.interval.high, student.high, 1e-12);
    /*
     * By hand: errors 1 and 3 of four blocks each, s^2 the median of 4 and 36 = 20, floor 2. v = (3 x 4 + 3 x 20) / 6 /
     * 4 = 3 and (3 x 36 + 3 x 20) / 6 / 4 = 7; w = 1/7 and 1/11, mean of 0 and 9: 9 / 11 / (1/7 + 1/11) = 3.5.
     */
    const double two[] = {0, 9}, two_errors[] = {1, 3}, four[] = {4, 4};
    centre = stats_weighted(two, two_errors, four, 2, 2, 0.01);
    assert_float_equal(centre.estimate, 3.5, 1e-12);
    const double h = 1.0 / 7 / (1.0 / 7 + 1.0 / 11), g = 1 - h;
    const double half = stats_t_quantile(0.995, 1) * sqrt(h * h * 3.5 * 3.5 / g + g * g * 5.5 * 5.5 / h);
    assert_float_equal(centre.interval.high - 3.5, half, 1e-9 * half);
    const double wild[] = {0, 0.01, -0.01, 0.02, -0.02, 0.01, 0, 40},
                 errors_of_wild[] = {.01, .01, .01, .01, .01, .01, .01, 20};
    const double many[] = {20, 20, 20, 20, 20, 20, 20, 20};
    centre = stats_weighted(wild, errors_of_wild, many, 8, 0.01, 0.01);
    assert_true(centre.interval.low < 0 && centre.interval.high > 0 && centre.interval.high < 1);
    const double unknown[] = {NAN, 0.1, 0.1}, one[] = {1, 10, 10}, three[] = {1, 2, 3};
    centre = stats_weighted(three, unknown, one, 3, 0.001, 0.05);
    assert_true(centre.estimate > 2.2 && centre.estimate < 2.5); /* a tenth of the weight */
    const double none[] = {NAN, NAN, NAN};
    centre = stats_weighted(three, none, one, 3, 0.001, 0.05);
    assert_true(isnan(centre.estimate) && isinf(centre.interval.low) && isinf(centre.interval.high));
    centre = stats_weighted(three, errors, blocks, 1, 0.001, 0.05);
    assert_true(isnan(centre.estimate) && isinf(centre.interval.high));
}

/* How often the interval leaves out 0 where the errors differ by up to a factor of a hundred and are themselves guessed
 * from few blocks. */
static void weighted_mean_covers(void **state)
{
    enum { PROCESSES = 20, BLOCKS_MOST = 5, RUNS = 4000 };
    static const struct {
        double share, most; /* of wild processes; times as noisy as the others; 0: evenly from 1 to 100 */
        size_t blocks;
    } cases[] = {{0, 0, 5}, {0, 0, 2}, {0, 1, 5}, {0.4, 50, 5}, {0.85, 50, 5}, {0.85, 50, 2}};
    uint64_t stream = 5;
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        size_t missed = 0;
        for (size_t run = 0; run < RUNS; run++) {
            double values[PROCESSES], errors[PROCESSES], blocks[PROCESSES];
            for (size_t i = 0; i < PROCESSES; i++) {
                double block[BLOCKS_MOST];
                const bool wild = random_uniform(&stream) < cases[c].share;
                const double noise =
                    cases[c].most > 0 ? 0.1 * (wild ? cases[c].most : 1) : pow(10, 2 * random_uniform(&stream) - 1);
                for (size_t b = 0; b < cases[c].blocks; b++)
                    block[b] = noise * random_normal(&stream);
                values[i] = stats_mean(block, cases[c].blocks);
                errors[i] = stats_standard_deviation(block, cases[c].blocks) / sqrt((double)cases[c].blocks);
                blocks[i] = (double)cases[c].blocks;
            }
            const struct stats_centre centre = stats_weighted(values, errors, blocks, PROCESSES, 0.25, 0.01);
            missed += centre.interval.low > 0 || centre.interval.high < 0;
        }
        print_message("  weighted, case %zu, level 0.01: %zu of %d miss\n", c, missed, RUNS);
        assert_true(missed <= 60); /* 40 nominal; 0.1 % beyond 60 */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_long_op_has_one_size),
        cmocka_unit_test(weighted_mean_follows_the_precise),
        cmocka_unit_test(weighted_mean_covers),
        cmocka_unit_test(no_memory), /* first: malloc keeps what others have freed */
        cmocka_unit_test(the_sign_interval_has_the_ranks_of_the_binomial),
        cmocka_unit_test(strays_do_not_move_the_sign_interval),
        cmocka_unit_test(summary_matches_reference),
        cmocka_unit_test(t_interval_matches_reference),
        cmocka_unit_test(signed_rank_cdf_matches_reference),
        cmocka_unit_test(signed_rank_interval_matches_scipy),
        cmocka_unit_test(signed_rank_interval_matches_r),
        cmocka_unit_test(normal_quantile_matches_reference),
        cmocka_unit_test(t_quantile_matches_reference),
        cmocka_unit_test(sd_interval_is_chi_square),
        cmocka_unit_test(proportion_matches_reference),
        cmocka_unit_test(plans_match_reference),
        cmocka_unit_test(small_values_by_hand),
        cmocka_unit_test(difference_by_hand),
        cmocka_unit_test(signed_rank_by_hand),
        cmocka_unit_test(textbook_example),
        cmocka_unit_test(splits_by_hand),
        cmocka_unit_test(too_few_samples),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(locations_are_equivariant),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(intervals_nest),
        cmocka_unit_test(interval_uses_its_level),
        cmocka_unit_test(functions_are_monotone),
        cmocka_unit_test(count_for_mde_is_the_smallest),
        cmocka_unit_test(input_is_not_modified),
        cmocka_unit_test(pairs_give_the_spread_and_bear_one_stray),
        cmocka_unit_test(batch_error_sees_drift),
        cmocka_unit_test(coverage_is_as_promised),
        cmocka_unit_test(mover_misses_as_promised),
        cmocka_unit_test(mde_is_detected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
