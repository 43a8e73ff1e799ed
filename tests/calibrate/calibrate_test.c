/*
 * Figures of a calibration from synthetic rows whose truth is known, and the same with the fault put in that each
 * figure is there to show.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "calibrate/internal.h"
#include "stats/stats.h"

enum { N = CALIBRATE_SET_PROCESSES };
#define CYCLE_NS 0.25
#define SD_NS    0.02

/* What is wrong with the made-up harness. */
struct fault {
    double shift_sd;   /* of the contender, in every process */
    double set_sd;     /* of what a set of layouts has in common */
    double noise_sd;   /* times SD_NS; 0: 1 */
    double process_sd; /* of what both arms of a process have in common */
    double wall_ms;    /* 0: 100 */
};

struct synthetic {
    struct calibrate_cases cases;
    struct calibrate_row *rows;
    struct calibrate_figures figures;
    struct random_stream stream;
    int64_t process;
    size_t row_count;
};

static double normal(struct synthetic *synthetic)
{
    return stats_normal_quantile((1.0 + (double)(random_next(&synthetic->stream) >> 12)) /
                                 (2.0 + (double)(1ull << 52)));
}

static struct synthetic *make(size_t rows)
{
    struct synthetic *synthetic = calloc(1, sizeof *synthetic);
    assert_non_null(synthetic);
    synthetic->rows = calloc(rows, sizeof *synthetic->rows);
    assert_non_null(synthetic->rows);
    synthetic->stream = random_stream_of(20240607, RANDOM_INPUT, 0, 0);
    return synthetic;
}

static void destroy(struct synthetic *synthetic)
{
    calibrate_figures_free(&synthetic->figures);
    free(synthetic->rows);
    free(synthetic);
}

static size_t add_case(struct synthetic *synthetic, enum calibrate_purpose purpose, const char *design,
                       const char *contender, const char *operation, double operations, double extra)
{
    struct calibrate_case *kase = &synthetic->cases.cases[synthetic->cases.count++];
    *kase = (struct calibrate_case){.purpose = purpose, .pair_count = CALIBRATE_PAIRS};
    snprintf(kase->design, sizeof kase->design, "%s", design);
    kase->set_processes = strcmp(design, CALIBRATE_FIXED) == 0 ? N : 0;
    for (size_t p = 0; p < CALIBRATE_PAIRS; p++) {
        struct calibrate_pair *pair = &kase->pairs[p];
        snprintf(pair->baseline, sizeof pair->baseline, "%s", *operation ? "base" : contender);
        snprintf(pair->contender, sizeof pair->contender, "%s", contender);
        snprintf(pair->operation, sizeof pair->operation, "%s", operation);
        pair->operations = operations;
        pair->extra = extra;
    }
    return synthetic->cases.count - 1;
}

/* An operation takes `latency` cycles. */
static void add_processes(struct synthetic *synthetic, size_t c, size_t processes, double latency, struct fault fault)
{
    const struct calibrate_case *kase = &synthetic->cases.cases[c];
    double set_shift[CALIBRATE_PAIRS] = {0};
    for (size_t i = 0; i < processes; i++, synthetic->process++) {
        const double common = fault.process_sd * SD_NS * normal(synthetic);
        const double cycle_ns = CYCLE_NS * (1 + 0.01 * normal(synthetic)); /* the frequency is not the same twice */
        for (size_t p = 0; p < CALIBRATE_PAIRS; p++) {
            const struct calibrate_pair *pair = &kase->pairs[p];
            if (i % N == 0)
                set_shift[p] = fault.set_sd * SD_NS * normal(synthetic);
            const double level = (pair->operation[0] ? pair->operations * latency * cycle_ns : 20) + common;
            const double noise = (fault.noise_sd > 0 ? fault.noise_sd : 1) * SD_NS * normal(synthetic);
            const double difference = pair->extra * latency * cycle_ns + noise + fault.shift_sd * SD_NS + set_shift[p];
            struct calibrate_row *row = &synthetic->rows[synthetic->row_count++];
            *row = (struct calibrate_row){
                .process = synthetic->process,
                .set = kase->set_processes ? (int64_t)(i / N) : -1,
                .kase = c,
                .pair = p,
                .baseline_ns = level,
                .contender_ns = level + difference,
                .difference_ns = difference,
                .log_ratio = log1p(difference / level),
                .plain_ns = difference,
                .plain_log_ratio = log1p(difference / level),
                .standard_error_ns = SD_NS / 2,
                .cycle_ns = cycle_ns,
                .plain_cycle_ns = cycle_ns,
                .wall_ms = fault.wall_ms > 0 ? fault.wall_ms : 100,
                .blocks_kept = 100,
                .ok = true,
            };
        }
    }
}

static void derive(struct synthetic *synthetic)
{
    const struct calibrate_data data = {&synthetic->cases, synthetic->rows, synthetic->row_count};
    struct error error = {0};
    calibrate_figures_free(&synthetic->figures);
    assert_int_equal(calibrate_derive(&data, &synthetic->figures, &error), 0);
    assert_true(synthetic->figures.count > 0);
}

static const struct calibrate_figure *find(const struct synthetic *synthetic, const char *property, const char *subject,
                                           const char *figure, unsigned processes)
{
    for (size_t i = 0; i < synthetic->figures.count; i++) {
        const struct calibrate_figure *row = &synthetic->figures.figure[i];
        if (strcmp(row->property, property) == 0 && strcmp(row->subject, subject) == 0 &&
            strcmp(row->figure, figure) == 0 && (processes == 0 || row->processes == processes))
            return row;
    }
    fail_msg("no figure %s of %s %s at N = %u", figure, property, subject, processes);
    return NULL;
}

/* The nominal rate is inside what so many trials can show, at a level that never cries wolf. */
static void assert_rate(const struct calibrate_figure *row, double nominal_percent)
{
    const struct stats_interval bounds = stats_proportion_interval(row->count, row->trials, 1e-6);
    if (!(100 * bounds.low <= nominal_percent && 100 * bounds.high >= nominal_percent))
        fail_msg("%s of %s: %zu of %zu is not %g percent", row->figure, row->subject, row->count, row->trials,
                 nominal_percent);
}

static void identical_code_differs_as_often_as_is_promised(void **state)
{
    struct synthetic *synthetic = make(3 * 7000);
    (void)state;
    add_processes(synthetic, add_case(synthetic, CALIBRATE_AA, CALIBRATE_FRESH, "op", "", 0, 0), 7000, 1,
                  (struct fault){0});
    derive(synthetic);
    const struct calibrate_figure *row = find(synthetic, "aa", "all", "false_differences", N);
    assert_int_equal(row->trials, 1500);
    assert_rate(row, 1);
    assert_int_equal(row->status, row->value <= 1 ? CALIBRATE_MET : CALIBRATE_MISSED);
    assert_rate(find(synthetic, "aa", "all", "false_differences_relative", N), 1);
    assert_int_equal(find(synthetic, "aa", "all", "false_differences", 20)->trials, 1050);
    const struct calibrate_figure *looks = find(synthetic, "aa", "all", "false_differences", 64);
    assert_int_equal(looks->trials, 3 * (7000 / 64));
    assert_rate(looks, 1);
    /* The report asks for more than the interval before it says faster or slower. */
    assert_true(find(synthetic, "aa", "all", "called_different", N)->count <= row->count);
    assert_true(fabs(find(synthetic, "power", "op", "mde_ratio", 20)->value - 1) < 0.1);
    assert_rate(find(synthetic, "margin", "op", "interval_confirmed", N), 0.5);
    assert_rate(find(synthetic, "margin", "op", "interval_refuted", N), 0.5);
    destroy(synthetic);
}

/* `change` by another size of the batch in every process, and as much noise. */
static void add_size_changes(struct synthetic *synthetic, double change, double noise)
{
    for (size_t r = 0; r < synthetic->row_count; r++)
        for (size_t i = 0; i < CALIBRATE_SIZES; i++) {
            synthetic->rows[r].size_change[i] = change + noise * normal(synthetic);
            synthetic->rows[r].size_error[i] = noise;
            synthetic->rows[r].size_blocks[i] = 10;
        }
}

/* 20 processes with a noise of 0.5 % have an interval of 0.3 % either way where 1.25 % is tolerated, a cycle of 20 ns;
 * with 5 %, none inside. */
static void dependence_on_the_size_of_a_batch_is_counted(void **state)
{
    struct synthetic *synthetic = make(3 * 2000);
    (void)state;
    add_processes(synthetic, add_case(synthetic, CALIBRATE_AA, CALIBRATE_FRESH, "op", "", 0, 0), 2000, 1,
                  (struct fault){0});
    add_size_changes(synthetic, 0, 0.005);
    derive(synthetic);
    const struct calibrate_figure *row = find(synthetic, "linearity", "all", "false_batch_dependent", 20);
    assert_int_equal(row->trials, 3 * 100 * CALIBRATE_SIZES);
    assert_int_equal(row->status, CALIBRATE_MET);
    add_size_changes(synthetic, 0, 0.05);
    derive(synthetic);
    assert_true(find(synthetic, "linearity", "all", "imprecise", 20)->value > 90);
    add_size_changes(synthetic, 0.05, 0.005);
    derive(synthetic);
    row = find(synthetic, "linearity", "all", "false_batch_dependent", 20);
    assert_true(row->value > 99);
    assert_int_equal(row->status, CALIBRATE_MISSED);
    destroy(synthetic);
}

static void a_harness_that_favours_an_arm_is_found_out(void **state)
{
    struct synthetic *synthetic = make(3 * 7000);
    (void)state;
    add_processes(synthetic, add_case(synthetic, CALIBRATE_AA, CALIBRATE_FRESH, "op", "", 0, 0), 7000, 1,
                  (struct fault){.shift_sd = 0.5});
    derive(synthetic);
    const struct calibrate_figure *row = find(synthetic, "aa", "all", "false_differences", N);
    assert_true(row->value > 10);
    assert_int_equal(row->status, CALIBRATE_MISSED);
    assert_non_null(strstr(row->reason, "ns from the truth"));
    assert_true(find(synthetic, "aa", "all", "false_differences", 64)->value > 50);
    destroy(synthetic);
}

static void few_trials_are_no_verdict(void **state)
{
    struct synthetic *synthetic = make(3 * 100);
    (void)state;
    add_processes(synthetic, add_case(synthetic, CALIBRATE_AA, CALIBRATE_FRESH, "op", "", 0, 0), 100, 1,
                  (struct fault){0});
    derive(synthetic);
    const struct calibrate_figure *row = find(synthetic, "aa", "all", "false_differences", N);
    assert_int_equal(row->status, CALIBRATE_MORE);
    assert_string_equal(row->reason, "21 of 1000 trials");
    assert_true(row->high > 5);
    synthetic->row_count = 0;
    derive(synthetic);
    row = find(synthetic, "aa", "all", "false_differences", N);
    assert_int_equal(row->trials, 0);
    assert_true(isnan(row->value));
    assert_int_equal(row->status, CALIBRATE_MORE);
    destroy(synthetic);
}

static void void_processes_do_not_count(void **state)
{
    struct synthetic *synthetic = make(3 * 140);
    (void)state;
    add_processes(synthetic, add_case(synthetic, CALIBRATE_AA, CALIBRATE_FRESH, "op", "", 0, 0), 140, 1,
                  (struct fault){0});
    for (size_t r = 0; r < synthetic->row_count; r++)
        if (synthetic->rows[r].process % 2) {
            synthetic->rows[r].ok = false;
            synthetic->rows[r].difference_ns = NAN;
        }
    derive(synthetic);
    assert_int_equal(find(synthetic, "aa", "op", "false_differences", N)->trials, 15);
    assert_true(isfinite(find(synthetic, "aa", "op", "sd", 1)->value));
    destroy(synthetic);
}

/* Latencies of 3 and 5 cycles have to be read off the level. */
static void intervals_cover_known_truths(void **state)
{
    struct synthetic *synthetic = make(3 * 3 * 8000);
    (void)state;
    const size_t add = add_case(synthetic, CALIBRATE_TRUTH, CALIBRATE_FRESH, "chain", "add", 32, 1),
                 multiply = add_case(synthetic, CALIBRATE_TRUTH, CALIBRATE_FRESH, "multiply", "multiply", 8, 2),
                 load = add_case(synthetic, CALIBRATE_TRUTH, CALIBRATE_FRESH, "chase", "load", 8, 1);
    add_processes(synthetic, add, 8000, 1, (struct fault){0});
    add_processes(synthetic, multiply, 8000, 3, (struct fault){0});
    add_processes(synthetic, load, 8000, 5, (struct fault){0});
    derive(synthetic);
    const struct calibrate_figure *row = find(synthetic, "truth", "all", "covered", N);
    assert_int_equal(row->trials, 3 * 3 * (8000 / N));
    assert_rate(row, 100 * (1 - 0.0494)); /* attained by the exact test at N = 14 */
    assert_int_equal(row->status, CALIBRATE_MET);
    assert_true(find(synthetic, "truth", "multiply", "bias", N)->true_effect == 6);
    assert_true(find(synthetic, "truth", "chase", "bias", N)->true_effect == 5);
    assert_true(fabs(find(synthetic, "truth", "chain", "bias", N)->value) < 0.01);
    assert_rate(find(synthetic, "margin", "all", "interval_confirmed", N), 0.5);
    assert_true(find(synthetic, "margin", "all", "confirmed", N)->value <= 1);
    assert_true(find(synthetic, "margin", "all", "refuted", N)->value <= 1);
    assert_true(find(synthetic, "power", "chain", "found", 20)->value > 99);
    assert_int_equal(find(synthetic, "power", "chain", "found", 20)->status, CALIBRATE_MET);
    destroy(synthetic);
}

static void a_bias_costs_coverage(void **state)
{
    struct synthetic *synthetic = make(3 * 24000);
    (void)state;
    add_processes(synthetic, add_case(synthetic, CALIBRATE_TRUTH, CALIBRATE_FRESH, "chain", "add", 32, 1), 24000, 1,
                  (struct fault){.shift_sd = 0.3});
    derive(synthetic);
    const struct calibrate_figure *row = find(synthetic, "truth", "all", "covered", N);
    assert_int_equal(row->status, CALIBRATE_MISSED);
    assert_true(row->value < 90);
    row = find(synthetic, "truth", "chain", "bias", N);
    assert_true(row->low > 0); /* 0.3 sd of 0.08 cycles */
    assert_true(fabs(row->value - 0.3 * SD_NS / CYCLE_NS) < 0.002);
    assert_true(find(synthetic, "margin", "all", "interval_refuted", N)->value > 2);
    assert_int_equal(find(synthetic, "margin", "all", "interval_refuted", N)->status, CALIBRATE_MISSED);
    destroy(synthetic);
}

static void a_cycle_that_is_missed_or_late_misses_the_target(void **state)
{
    struct synthetic *synthetic = make(3 * 1200);
    (void)state;
    const size_t c = add_case(synthetic, CALIBRATE_TRUTH, CALIBRATE_FRESH, "chain", "add", 32, 1);
    add_processes(synthetic, c, 1200, 1, (struct fault){.noise_sd = 25});
    derive(synthetic);
    assert_int_equal(find(synthetic, "power", "chain", "found", 20)->status, CALIBRATE_MISSED);
    synthetic->row_count = 0;
    add_processes(synthetic, c, 1200, 1, (struct fault){.wall_ms = 600});
    derive(synthetic);
    const struct calibrate_figure *row = find(synthetic, "power", "chain", "found", 20);
    assert_int_equal(row->status, CALIBRATE_MISSED);
    assert_non_null(strstr(row->reason, "12.0 s"));
    destroy(synthetic);
}

static void a_fixed_layout_shows(void **state)
{
    struct synthetic *synthetic = make(3 * 2 * 70 * N);
    (void)state;
    const size_t fixed = add_case(synthetic, CALIBRATE_AA, CALIBRATE_FIXED, "op", "", 0, 0);
    add_processes(synthetic, fixed, 70 * N - 5, 1, (struct fault){.set_sd = 1}); /* the last set is torn ... */
    for (size_t r = 0; r < 3 * 3; r++)
        synthetic->rows[r].ok = false; /* ... and the first has lost three: what is left belongs to no other */
    derive(synthetic);
    const struct calibrate_figure *row = find(synthetic, "ablation", "op", "false_differences", N);
    assert_int_equal(row->trials, 3 * 68);
    assert_true(row->value > 20);
    assert_string_equal(row->design, CALIBRATE_FIXED);
    destroy(synthetic);
}

static void pairing_is_worth_what_processes_have_in_common(void **state)
{
    struct synthetic *synthetic = make(3 * 2 * 1400);
    (void)state;
    const size_t fresh = add_case(synthetic, CALIBRATE_AA, CALIBRATE_FRESH, "op", "", 0, 0);
    const size_t after = add_case(synthetic, CALIBRATE_AA, CALIBRATE_ONE_AFTER_OTHER, "op", "", 0, 0);
    add_processes(synthetic, fresh, 1400, 1, (struct fault){.process_sd = 3});
    add_processes(synthetic, after, 1400, 1, (struct fault){.noise_sd = 4});
    derive(synthetic);
    for (size_t i = 0, seen = 0; i < synthetic->figures.count || seen != 2; i++) {
        assert_true(i < synthetic->figures.count);
        const struct calibrate_figure *row = &synthetic->figures.figure[i];
        if (strcmp(row->figure, "sd_ratio") != 0)
            continue;
        /* sqrt(3^2 + 3^2 + 1) of one process against the next */
        const double truth = strcmp(row->design, CALIBRATE_FRESH) == 0 ? sqrt(19) : 4;
        assert_true(row->low < row->value && row->value < row->high);
        assert_true(fabs(row->value / truth - 1) < 0.1);
        seen++;
    }
    destroy(synthetic);
}

static void the_half_width_is_that_of_the_profile_default(void **state)
{
    struct synthetic *synthetic = make(3 * 100);
    (void)state;
    const size_t c = add_case(synthetic, CALIBRATE_PRECISE, CALIBRATE_FRESH, "long", "add", 4000, 4);
    add_processes(synthetic, c, 63, 1, (struct fault){0});
    derive(synthetic);
    assert_int_equal(find(synthetic, "truth", "long", "half_width", 64)->status, CALIBRATE_MORE);
    add_processes(synthetic, c, 1, 1, (struct fault){0});
    derive(synthetic);
    const struct calibrate_figure *row = find(synthetic, "truth", "long", "half_width", 64);
    assert_int_equal(row->trials, 3);
    assert_int_equal(row->status, CALIBRATE_MET);
    /* 2.8 x 1 percent of the cycle's spread on 0.1 percent, and noise of 0.02 of 1000 ns: in percent of the op */
    assert_true(row->value > 0.0003 && row->value < 0.005);
    synthetic->row_count = 0;
    add_processes(synthetic, c, 64, 1, (struct fault){.noise_sd = 200});
    derive(synthetic);
    assert_int_equal(find(synthetic, "truth", "long", "half_width", 64)->status, CALIBRATE_MISSED);
    destroy(synthetic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identical_code_differs_as_often_as_is_promised),
        cmocka_unit_test(dependence_on_the_size_of_a_batch_is_counted),
        cmocka_unit_test(a_harness_that_favours_an_arm_is_found_out),
        cmocka_unit_test(few_trials_are_no_verdict),
        cmocka_unit_test(void_processes_do_not_count),
        cmocka_unit_test(intervals_cover_known_truths),
        cmocka_unit_test(a_bias_costs_coverage),
        cmocka_unit_test(a_cycle_that_is_missed_or_late_misses_the_target),
        cmocka_unit_test(a_fixed_layout_shows),
        cmocka_unit_test(pairing_is_worth_what_processes_have_in_common),
        cmocka_unit_test(the_half_width_is_that_of_the_profile_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
