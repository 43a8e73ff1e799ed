/* What a few processes foretell: by hand on made-up figures, and from the files of the frozen run. */
#include "analyse/forecast.h"

#include "schema.h"
#include "store/csv.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GOLDEN TEST_SOURCE_DIR "/golden/run"

static struct verdict_region region_of(double low, double high)
{
    struct verdict_region region;
    assert_true(verdict_region_make(&region, low, high, "()"));
    return region;
}

/* So many processes with this mean and standard deviation. */
static struct verdict_evidence evidence_of(double estimate, double sd, size_t processes, enum verdict_scale scale)
{
    return (struct verdict_evidence){
        .processes = processes, .alpha = 0.001, .scale = scale, .estimate = estimate, .native_sd = sd};
}

static void test_equivalence_counts_from_zero(void **state)
{
    (void)state;
    const struct verdict_region region = region_of(-0.1, 0.1);
    /* 0.05 from the processes is nothing that they could tell from 0: the margin is the region's. */
    const struct verdict_evidence near = evidence_of(0.05, 0.004, 5, VERDICT_RELATIVE);
    struct forecast_figure figure = forecast_figure(&region, &near, 1);
    /* On the log scale the upper end is the nearer one. */
    assert_int_equal(figure.needed, stats_count_for_mde(0.004, log1p(0.001), 0.001, 0.95));
    assert_true(fabs(figure.margin - 0.1) < 1e-12 && fabs(figure.sd - 0.4) < 1e-12);
    /* 2 % is far outside for all that they can tell. */
    const struct verdict_evidence far = evidence_of(2, 0.004, 5, VERDICT_RELATIVE);
    assert_true(forecast_figure(&region, &far, 1).needed < figure.needed / 10);
    /* And from the other side. */
    const struct verdict_evidence below = evidence_of(-2, 0.004, 5, VERDICT_RELATIVE);
    assert_true(forecast_figure(&region, &below, 1).margin > 1 && forecast_figure(&region, &below, 1).margin < 1.9);
}

static void test_margin_is_no_shorter_than_what_can_be_told(void **state)
{
    (void)state;
    const struct verdict_region above = region_of(0, INFINITY);
    const struct verdict_evidence at_end = evidence_of(0.001, 2, 4, VERDICT_ABSOLUTE);
    const struct forecast_figure figure = forecast_figure(&above, &at_end, 1);
    assert_true(fabs(figure.margin - 1) < 1e-12); /* 2 / sqrt(4) */
    assert_int_equal(figure.needed, stats_count_for_mde(2, 1, 0.001, VERDICT_POWER));
    const struct verdict_evidence clear = evidence_of(5, 2, 4, VERDICT_ABSOLUTE);
    assert_int_equal(forecast_figure(&above, &clear, 1).needed, stats_count_for_mde(2, 5, 0.001, VERDICT_POWER));
}

static void test_spread_of_few_is_uncertain(void **state)
{
    (void)state;
    const struct verdict_region region = region_of(-1, 1);
    const struct verdict_evidence evidence = evidence_of(0, 2, 5, VERDICT_ABSOLUTE);
    const struct forecast_figure figure = forecast_figure(&region, &evidence, 0.5);
    const struct stats_interval of_one = stats_sd_interval(1, 5, 0.05);
    assert_true(figure.sd == 1 && figure.sd_interval.low == of_one.low && figure.sd_interval.high == of_one.high);
    assert_int_equal(figure.needed, stats_count_for_mde(1, 1, 0.001, 0.95));
    assert_true(figure.needed_low < figure.needed && figure.needed < figure.needed_high);
    const struct verdict_evidence hopeless = evidence_of(0, 1000, 5, VERDICT_ABSOLUTE);
    assert_int_equal(forecast_figure(&region, &hopeless, 1).needed, 0);
}

static void test_longer_processes_reduce_what_varies_within(void **state)
{
    (void)state;
    const struct stats_split within = {true, 2, 2, 0}, between = {true, 2, 0, 2}, none = {.valid = false};
    assert_true(fabs(forecast_sd_factor(within, 0.25) - 0.5) < 1e-12);
    assert_true(fabs(forecast_sd_factor(between, 0.25) - 1) < 1e-12);
    assert_true(forecast_sd_factor(none, 0.25) == 1 && forecast_sd_factor(within, 1) == 1);
    assert_true(forecast_sd_factor(within, NAN) == 1);
    /* Standard errors that say more than was seen never make it worse. */
    assert_true(forecast_sd_factor((struct stats_split){true, 1, 3, 0}, 0.5) == 1);
}

static void test_words(void **state)
{
    (void)state;
    char text[512];
    struct forecast_row row = {.claim = 11,
                               .part = "a",
                               .workload = "op",
                               .metric = "relative_time",
                               .processes = 5,
                               .planned = 20,
                               .figure = {.needed = 163, .needed_low = 57, .needed_high = 0}};
    const struct profile *quick = profile_find("quick");
    assert_string_equal(
        forecast_words(&row, quick, text, sizeof text),
        "11a: relative_time on op needs about 160 processes (57 to more than 100000: its spread is known "
        "from 5), quick has 20; --processes 170 would do");
    assert_false(forecast_is_enough(&row));
    row.figure.needed = 100;
    assert_non_null(strstr(forecast_words(&row, quick, text, sizeof text), "quick has 20; --processes 100 would do"));
    row.figure.needed = 251; /* to two digits more than there can be */
    assert_non_null(strstr(forecast_words(&row, quick, text, sizeof text), "quick has 20; --processes 256 would do"));
    row.figure.needed = 257;
    assert_non_null(strstr(forecast_words(&row, quick, text, sizeof text), "; --processes takes 256 at most"));
    row.figure.needed = 100;
    assert_string_equal(forecast_outlook(&row), "too few");
    row.figure.needed = 20;
    assert_true(forecast_is_enough(&row));
    row.figure.needed_high = 0; /* out of reach */
    assert_string_equal(forecast_outlook(&row), "perhaps");
    row.figure.needed_high = 21;
    assert_string_equal(forecast_outlook(&row), "perhaps");
    row.figure.needed_high = 20;
    assert_string_equal(forecast_outlook(&row), "enough");
    row.figure.needed = 0; /* out of reach, not enough */
    assert_false(forecast_is_enough(&row));
}

/* From the values of contrasts.csv: in ns, or in percent. */
static double spread_of(const struct csv_data *contrasts, const char *contrast, const char *workload, bool absolute)
{
    static double values[2000];
    size_t count = 0;
    for (size_t r = 0; r < contrasts->row_count && count < 2000; r++)
        if (strcmp(csv_text(contrasts, r, SCHEMA_contrasts_contrast), contrast) == 0 &&
            strcmp(csv_text(contrasts, r, SCHEMA_contrasts_workload), workload) == 0)
            values[count++] = absolute ? csv_number(contrasts, r, SCHEMA_contrasts_difference_ns)
                                       : 100 * csv_number(contrasts, r, SCHEMA_contrasts_log_ratio);
    return stats_pairwise_standard_deviation(values, count);
}

/* Every part that is decided by an effect has a row, and its spread is that of the pairs of values in contrasts.csv. */
static void test_from_files(void **state)
{
    (void)state;
    struct error error = {0};
    struct forecast forecast;
    struct csv_data contrasts;
    assert_int_equal(forecast_make(&forecast, GOLDEN, 20, &error), 0);
    assert_int_equal(csv_read(GOLDEN "/contrasts.csv", &schema_contrasts, &contrasts, &error), 0);
    size_t seen = 0;
    for (size_t i = 0; i < forecast.count; i++) {
        const struct forecast_row *row = &forecast.row[i];
        const bool absolute = strcmp(row->metric, "time") == 0;
        const double sd = spread_of(&contrasts, row->contrast, row->workload, absolute);
        assert_true(row->processes >= 2 && row->confidence > 0.99 && row->planned == 20);
        if (isnan(sd) || strcmp(row->part, "b") == 0) /* a level; or by composition */
            continue;
        assert_true(row->figure.sd <= 1.000001 * sd && row->figure.sd > 0.9 * sd);
        seen++;
    }
    assert_true(seen >= 3);
    csv_free(&contrasts);
    forecast_free(&forecast);
}

static void test_directory_that_is_none(void **state)
{
    (void)state;
    struct error error = {0};
    struct forecast forecast;
    assert_int_not_equal(forecast_make(&forecast, TEST_SOURCE_DIR "/none", 20, &error), 0);
    assert_non_null(strstr(error.message, "/none"));
    forecast_free(&forecast);
}

/* What it costs, by the figures that --dry-run reckons with: 75 ms a process beside its own time. `ab` has none. */
static void test_is_cheap(void **state)
{
    (void)state;
    for (size_t i = 0; i < profile_count; i++) {
        const struct profile *profile = &profiles[i];
        const double own = profile->forecast_processes * (1.1 * profile->forecast_process_ms + 75);
        const double whole = profile->looks[profile->look_count - 1].processes * (1.1 * profile->process_ms + 75);
        const bool none = strcmp(profile->name, AB_PROFILE) == 0;
        assert_true(none ? profile->forecast_processes == 0
                         : profile->forecast_processes >= 2 && profile->forecast_process_ms <= profile->process_ms);
        if (profile->for_conclusions) /* of the cells that decide claims; they are half of `quick` and less of the
                                         others */
            assert_true(own < 0.1 * whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equivalence_counts_from_zero),
        cmocka_unit_test(test_margin_is_no_shorter_than_what_can_be_told),
        cmocka_unit_test(test_spread_of_few_is_uncertain),
        cmocka_unit_test(test_longer_processes_reduce_what_varies_within),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_from_files),
        cmocka_unit_test(test_directory_that_is_none),
        cmocka_unit_test(test_is_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
