/* The gate's decisions about time on samples of known truth, and what becomes of them over two passes. */
#include "gate/time.h"

#include "base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PROCESSES = 20, TRIALS = 4000 };
#define CYCLE 0.001

static double uniform(struct random_stream *stream)
{
    return ((double)(random_next(stream) >> 11) + 0.5) / 9007199254740992.0;
}

static void draw(struct random_stream *stream, double centre, double sd, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = centre + sd * stats_normal_quantile(uniform(stream));
}

static size_t count_word(uint64_t seed, double centre, double sd, enum gate_judge_word word)
{
    struct random_stream stream = random_stream_of(seed, RANDOM_SIMULATION, 0, 0);
    double values[PROCESSES];
    size_t hits = 0;
    for (size_t t = 0; t < TRIALS; t++) {
        draw(&stream, centre, sd, values, PROCESSES);
        hits += gate_judge(values, PROCESSES, CYCLE).word == word;
    }
    return hits;
}

/* Identical code on machines from quiet to hopeless: one pass suspects at most the nominal half per cent. */
static void identical_code_is_not_suspect(void **state)
{
    static const double sds[] = {0.002, 0.01, 0.05, 0.3};
    (void)state;
    for (size_t i = 0; i < sizeof sds / sizeof sds[0]; i++)
        assert_true(count_word(1 + i, 0, sds[i], GATE_JUDGE_SUSPECT) <= TRIALS * 0.005);
}

/* A true slow-down at the threshold's floor is beyond it in no more than the nominal share. */
static void at_the_threshold_is_not_suspect(void **state)
{
    (void)state;
    assert_true(count_word(11, log1p(GATE_JUDGE_LEAST), 0.003, GATE_JUDGE_SUSPECT) <= TRIALS * 0.005 * 1.5);
}

static void five_percent_is_always_found(void **state)
{
    static const double sds[] = {0.002, 0.005, 0.01};
    (void)state;
    for (size_t i = 0; i < sizeof sds / sizeof sds[0]; i++) {
        assert_int_equal(count_word(21 + i, log1p(0.05), sds[i], GATE_JUDGE_SUSPECT), TRIALS);
        assert_int_equal(count_word(31 + i, -log1p(0.05), sds[i], GATE_JUDGE_FASTER), TRIALS);
    }
}

static void spread(double centre, double half_width, double *values)
{
    for (size_t i = 0; i < PROCESSES; i++)
        values[i] = centre + half_width * (2 * (double)i / (PROCESSES - 1) - 1);
}

/* Each of the three parts of the threshold decides where it is the largest. */
static void the_largest_threshold_decides(void **state)
{
    double values[PROCESSES];
    (void)state;
    spread(log1p(0.03), 0.001, values);
    struct gate_judge_pass pass = gate_judge(values, PROCESSES, CYCLE);
    assert_float_equal(pass.threshold, GATE_JUDGE_LEAST, 1e-12);
    assert_int_equal(pass.word, GATE_JUDGE_SUSPECT);
    assert_float_equal(pass.slow_down, 0.03, 1e-4);
    spread(log1p(0.015), 0.001, values);
    assert_int_equal(gate_judge(values, PROCESSES, CYCLE).word, GATE_JUDGE_NONE);
    spread(log1p(0.03), 0.001, values);
    pass = gate_judge(values, PROCESSES, 0.04);
    assert_float_equal(pass.threshold, 0.04, 1e-12);
    assert_int_equal(pass.word, GATE_JUDGE_NONE);
    spread(log1p(0.06), 0.07, values);
    pass = gate_judge(values, PROCESSES, CYCLE);
    assert_true(pass.interval.low > GATE_JUDGE_LEAST);
    assert_float_equal(pass.threshold, GATE_JUDGE_MDE_FACTOR * pass.mde, 1e-12);
    assert_true(pass.interval.low < pass.threshold);
    assert_int_equal(pass.word, GATE_JUDGE_NONE);
}

static void without_a_figure_nothing_is_said(void **state)
{
    double values[PROCESSES];
    (void)state;
    spread(log1p(0.5), 0.001, values);
    assert_int_equal(gate_judge(values, PROCESSES, CYCLE).word, GATE_JUDGE_SUSPECT);
    assert_int_equal(gate_judge(values, PROCESSES, NAN).word, GATE_JUDGE_NONE);
    assert_int_equal(gate_judge(values, 7, CYCLE).word, GATE_JUDGE_NONE);
    assert_int_equal(gate_judge(values, 0, CYCLE).word, GATE_JUDGE_NONE);
    values[3] = NAN;
    assert_int_equal(gate_judge(values, PROCESSES, CYCLE).word, GATE_JUDGE_NONE);
}

/* What ends a pass early: identical code nearly always, what is slower by the relevant in no more than the nominal
 * share, five per cent never, and what says nothing never. */
static void early_ends(void **state)
{
    static const struct {
        double slow_down, least_share, most_share;
    } cases[] = {{0, 0.99, 1}, {-0.05, 1, 1}, {0.02, 0, 0.008}, {0.05, 0, 0}};
    enum { FIRST_LOOK = 8 };
    struct random_stream stream = random_stream_of(41, RANDOM_SIMULATION, 0, 0);
    double values[PROCESSES];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t settled = 0;
        for (size_t t = 0; t < TRIALS; t++) {
            draw(&stream, log1p(cases[i].slow_down), 0.005, values, FIRST_LOOK);
            const struct gate_judge_pass pass = gate_judge(values, FIRST_LOOK, CYCLE);
            settled += gate_judge_settled(&pass);
        }
        assert_true(settled >= cases[i].least_share * TRIALS && settled <= cases[i].most_share * TRIALS);
    }
    spread(log1p(0.03), 0.001, values);
    struct gate_judge_pass pass = gate_judge(values, PROCESSES, 0.04);
    assert_true(gate_judge_settled(&pass));
    pass = gate_judge(values, PROCESSES, NAN);
    assert_false(gate_judge_settled(&pass));
    pass = gate_judge(values, FIRST_LOOK - 1, 0.04);
    assert_false(gate_judge_settled(&pass));
}

static void red_needs_two_passes(void **state)
{
    const struct gate_judge_pass suspect = {.word = GATE_JUDGE_SUSPECT}, none = {.word = GATE_JUDGE_NONE},
                                 faster = {.word = GATE_JUDGE_FASTER};
    (void)state;
    assert_true(gate_judge_again(&suspect));
    assert_false(gate_judge_again(&none));
    assert_false(gate_judge_again(&faster));
    assert_int_equal(gate_judge_status(&none, NULL), GATE_JUDGE_GREEN);
    assert_int_equal(gate_judge_status(&none, &suspect), GATE_JUDGE_GREEN);
    assert_int_equal(gate_judge_status(&suspect, NULL), GATE_JUDGE_AMBER);
    assert_int_equal(gate_judge_status(&suspect, &none), GATE_JUDGE_AMBER);
    assert_int_equal(gate_judge_status(&suspect, &faster), GATE_JUDGE_AMBER);
    assert_int_equal(gate_judge_status(&suspect, &suspect), GATE_JUDGE_RED);
    assert_int_equal(gate_judge_status(&faster, NULL), GATE_JUDGE_IMPROVED);
    assert_int_equal(gate_judge_status(&faster, &suspect), GATE_JUDGE_IMPROVED);
}

static void an_unfit_machine_says_why(void **state)
{
    double ratio[PROCESSES];
    char why[256];
    (void)state;
    spread(1, 0.01, ratio);
    struct gate_judge_machine machine = {100, 10, ratio, PROCESSES, 0.05};
    assert_true(gate_judge_fit(&machine, why, sizeof why));
    assert_string_equal(why, "");
    machine.processes_void = 11;
    assert_false(gate_judge_fit(&machine, why, sizeof why));
    assert_non_null(strstr(why, "11 of 100 processes are void"));
    machine.processes_void = 0;
    machine.position_spread = 0.2;
    assert_false(gate_judge_fit(&machine, why, sizeof why));
    assert_non_null(strstr(why, "take turns"));
    machine.position_spread = 0;
    machine.chain_count = 0;
    assert_false(gate_judge_fit(&machine, why, sizeof why));
    machine.chain_count = PROCESSES;
    for (int sign = -1; sign <= 1; sign += 2) {
        spread(1 + sign * 0.04, 0.01, ratio);
        assert_false(gate_judge_fit(&machine, why, sizeof why));
        assert_non_null(strstr(why, "planted in the chain"));
    }
}

/* ---- rows to an outcome ---- */

static struct module_info module = {.variant = "one"};
static struct module_workload workload = {.short_name = "op"};

static struct gate_time_row row(const char *plant, enum gate_time_status status, enum gate_judge_status judged)
{
    return (struct gate_time_row){.head = &module,
                                  .head_workload = &workload,
                                  .plant = plant,
                                  .status = status,
                                  .reason = "because",
                                  .judged = judged};
}

static void outcome_of_rows(void **state)
{
    struct gate_time_row rows[] = {row(NULL, GATE_TIME_JUDGED, GATE_JUDGE_GREEN),
                                   row(NULL, GATE_TIME_IDENTICAL, GATE_JUDGE_RED),
                                   row("planted module", GATE_TIME_JUDGED, GATE_JUDGE_RED),
                                   row("planted shared object", GATE_TIME_JUDGED, GATE_JUDGE_RED)};
    struct gate_time lane = {.rows = rows, .row_count = 4, .plant_count = 2};
    (void)state;
    gate_time_decide(&lane, true, "");
    assert_int_equal(lane.outcome, EXIT_PASS);
    assert_string_equal(lane.why, "");
    static const enum gate_judge_status harmless[] = {GATE_JUDGE_AMBER, GATE_JUDGE_IMPROVED};
    for (size_t i = 0; i < 2; i++) {
        rows[0].judged = harmless[i];
        gate_time_decide(&lane, true, "");
        assert_int_equal(lane.outcome, EXIT_PASS);
    }
    rows[0].judged = GATE_JUDGE_RED;
    gate_time_decide(&lane, true, "");
    assert_int_equal(lane.outcome, EXIT_REGRESSION);
    assert_non_null(strstr(lane.why, "one on op"));
    for (size_t plant = 2; plant < 4; plant++) { /* a plant that is amber was seen once: missed */
        rows[plant].judged = GATE_JUDGE_AMBER;
        gate_time_decide(&lane, true, "");
        assert_int_equal(lane.outcome, EXIT_BLIND);
        assert_non_null(strstr(lane.why, rows[plant].plant));
        rows[plant].judged = GATE_JUDGE_RED;
    }
    rows[3].status = GATE_TIME_IDENTICAL;
    gate_time_decide(&lane, true, "");
    assert_int_equal(lane.outcome, EXIT_BLIND);
    rows[3].status = GATE_TIME_JUDGED;
    rows[0].judged = GATE_JUDGE_GREEN;
    rows[1].status = GATE_TIME_NOT_MEASURED;
    gate_time_decide(&lane, true, "");
    assert_int_equal(lane.outcome, EXIT_UNFIT);
    /* What is red stays red beside what could not be measured. */
    rows[0].judged = GATE_JUDGE_RED;
    gate_time_decide(&lane, true, "");
    assert_int_equal(lane.outcome, EXIT_REGRESSION);
    rows[0].judged = GATE_JUDGE_GREEN;
    /* What cannot be compared any more is red unless it is declared. */
    rows[1].status = GATE_TIME_NOT_COMPARABLE;
    gate_time_decide(&lane, true, "");
    assert_int_equal(lane.outcome, EXIT_REGRESSION);
    assert_non_null(strstr(lane.why, "because"));
    rows[1].declared = true;
    gate_time_decide(&lane, true, "");
    assert_int_equal(lane.outcome, EXIT_PASS);
    rows[1].declared = false;
    rows[1].status = GATE_TIME_IDENTICAL;
    gate_time_decide(&lane, false, "a storm");
    assert_int_equal(lane.outcome, EXIT_UNFIT);
    assert_string_equal(lane.why, "a storm");
}

static void names_carry_a_hash(void **state)
{
    (void)state;
    assert_true(gate_time_name_has_hash("/a/b/libcodec-04ed8b69916ca0bf.so"));
    assert_true(gate_time_name_has_hash("libcodec-04ed8b69.so"));
    assert_false(gate_time_name_has_hash("libcodec-04ed8b6.so"));
    assert_false(gate_time_name_has_hash("libcodec.so"));
    assert_false(gate_time_name_has_hash("/a-04ed8b69916ca0bf.so/libcodec.so"));
    assert_false(gate_time_name_has_hash("libcodec-04ed8b69916ca0bg.so"));
    assert_false(gate_time_name_has_hash("libcodec-04ed8b69916ca0bf.so.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identical_code_is_not_suspect),
        cmocka_unit_test(at_the_threshold_is_not_suspect),
        cmocka_unit_test(five_percent_is_always_found),
        cmocka_unit_test(the_largest_threshold_decides),
        cmocka_unit_test(without_a_figure_nothing_is_said),
        cmocka_unit_test(early_ends),
        cmocka_unit_test(red_needs_two_passes),
        cmocka_unit_test(an_unfit_machine_says_why),
        cmocka_unit_test(outcome_of_rows),
        cmocka_unit_test(names_carry_a_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
