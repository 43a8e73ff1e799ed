/* The rules of decision on hand-made figures: where the answer is known without statistics. */
#include "plan/profile.h"
#include "stats/verdict.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool near(double got, double expected)
{
    return fabs(got - expected) <= 1e-9 * fmax(1, fabs(expected));
}
#define assert_near(got, expected) assert_true(near(got, expected))

static struct verdict_region region_of(double low, double high, const char *bounds)
{
    struct verdict_region region;
    assert_true(verdict_region_make(&region, low, high, bounds));
    return region;
}

static enum verdict judged(struct verdict_region region, double low, double high)
{
    return verdict_of_interval(&region, (struct stats_interval){low, high});
}

static void regions_are_checked(void **state)
{
    struct verdict_region region;
    (void)state;
    assert_true(verdict_region_make(&region, -INFINITY, INFINITY, "()"));
    assert_true(verdict_region_make(&region, 1, 1, "[]"));
    assert_false(verdict_region_make(&region, 1, 1, "[)"));
    assert_false(verdict_region_make(&region, 2, 1, "[]"));
    assert_false(verdict_region_make(&region, NAN, 1, "[]"));
    assert_false(verdict_region_make(&region, 0, 1, ""));
    assert_false(verdict_region_make(&region, 0, 1, "]["));
    assert_false(verdict_region_make(&region, 0, 1, "[]]"));
}

static void ends_belong_as_written(void **state)
{
    (void)state;
    const struct verdict_region left = region_of(0, 40, "(]"), right = region_of(0, 40, "[)");
    assert_false(verdict_region_contains(&left, 0));
    assert_true(verdict_region_contains(&left, 40));
    assert_true(verdict_region_contains(&right, 0));
    assert_false(verdict_region_contains(&right, 40));
    assert_int_equal(verdict_of_value(&left, 40), VERDICT_CONFIRMED);
    assert_int_equal(verdict_of_value(&right, 40), VERDICT_REFUTED);
    assert_int_equal(verdict_of_value(&right, NAN), VERDICT_UNRESOLVED);
    const struct verdict_region point = region_of(8, 8, "[]");
    assert_int_equal(verdict_of_value(&point, 8), VERDICT_CONFIRMED);
    assert_int_equal(verdict_of_value(&point, nextafter(8, 9)), VERDICT_REFUTED);
}

static void intervals_decide_inside_outside_or_not(void **state)
{
    (void)state;
    const struct verdict_region open = region_of(-1, 1, "()"), closed = region_of(-1, 1, "[]");
    assert_int_equal(judged(open, -0.9, 0.9), VERDICT_CONFIRMED);
    assert_int_equal(judged(open, 1.1, 2), VERDICT_REFUTED);
    assert_int_equal(judged(open, -2, -1.1), VERDICT_REFUTED);
    assert_int_equal(judged(open, 0.5, 1.5), VERDICT_UNRESOLVED);
    assert_int_equal(judged(open, -2, 2), VERDICT_UNRESOLVED); /* outside on both sides is not on one */

    /* exactly at an end */
    assert_int_equal(judged(open, 0, 1), VERDICT_UNRESOLVED);
    assert_int_equal(judged(closed, 0, 1), VERDICT_CONFIRMED);
    assert_int_equal(judged(open, 1, 2), VERDICT_REFUTED);
    assert_int_equal(judged(closed, 1, 2), VERDICT_UNRESOLVED);
    assert_int_equal(judged(open, -2, -1), VERDICT_REFUTED);
    assert_int_equal(judged(closed, -2, -1), VERDICT_UNRESOLVED);
}

static void infinite_intervals_decide_nothing(void **state)
{
    (void)state;
    const struct verdict_region all = region_of(-INFINITY, INFINITY, "()"), positive = region_of(0, INFINITY, "()");
    assert_int_equal(judged(all, -INFINITY, INFINITY), VERDICT_UNRESOLVED);
    assert_int_equal(judged(positive, 1, INFINITY), VERDICT_UNRESOLVED);
    assert_int_equal(judged(positive, -INFINITY, -100), VERDICT_UNRESOLVED);
    assert_int_equal(judged(positive, 1, 2), VERDICT_CONFIRMED);
}

static void scales_and_flips(void **state)
{
    (void)state;
    const struct stats_interval native = {log(0.8), log(0.9)};
    struct stats_interval got = verdict_interval_to_unit(VERDICT_RELATIVE, false, native);
    assert_near(got.low, -20);
    assert_near(got.high, -10);
    got = verdict_interval_to_unit(VERDICT_REDUCTION, false, native);
    assert_near(got.low, 10);
    assert_near(got.high, 20);
    got = verdict_interval_to_unit(VERDICT_RELATIVE, true, native); /* 1 / ratio */
    assert_near(got.low, 100 / 0.9 - 100);
    assert_near(got.high, 25);
    got = verdict_interval_to_unit(VERDICT_REDUCTION, true, native);
    assert_near(got.low, -25);
    assert_near(got.high, 100 - 100 / 0.9);
    got = verdict_interval_to_unit(VERDICT_ABSOLUTE, true, (struct stats_interval){1, 2});
    assert_near(got.low, -2);
    assert_near(got.high, -1);
    got = verdict_interval_to_unit(VERDICT_REDUCTION, false, (struct stats_interval){-INFINITY, INFINITY});
    assert_true(isinf(got.low) && got.low < 0);
    for (int scale = VERDICT_ABSOLUTE; scale <= VERDICT_REDUCTION; scale++)
        assert_near(verdict_from_unit(scale, verdict_to_unit(scale, -0.25)), -0.25);
}

/* Inside (-1, 1) by 0.9, with nothing to object to. */
static struct verdict_evidence good_evidence(void)
{
    return (struct verdict_evidence){
        .processes = 20,
        .alpha = 0.01,
        .estimate = 0.1,
        .interval = {0, 0.2},
        .student = {-0.1, 0.3},
        .plain = {-0.2, 0.4},
        .mde = 0.2,
        .native_sd = 0.2,
        .twin = {-0.05, 0.03},
    };
}

static void expect(const struct verdict_region *region, const struct verdict_evidence *evidence, enum verdict verdict,
                   enum verdict_cause cause)
{
    struct verdict_decision decision = verdict_decide(region, evidence);
    assert_int_equal(decision.verdict, verdict);
    assert_int_equal(decision.cause, cause);
}

static void margin_must_exceed_the_twins(void **state)
{
    (void)state;
    const struct verdict_region region = region_of(-1, 1, "()");
    struct verdict_evidence evidence = good_evidence();
    expect(&region, &evidence, VERDICT_CONFIRMED, VERDICT_DECIDED);
    assert_near(verdict_decide(&region, &evidence).margin, 0.9);
    assert_near(verdict_decide(&region, &evidence).interval_margin, 0.8);
    evidence.twin.low = -1 + evidence.estimate; /* exactly the margin: not more than it */
    expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_WITHIN_TWIN);
    evidence.twin.low = nextafter(evidence.twin.low, 0);
    expect(&region, &evidence, VERDICT_CONFIRMED, VERDICT_DECIDED);
    evidence.twin = (struct stats_interval){-0.01, INFINITY};
    expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_WITHIN_TWIN);
    evidence.twin = (struct stats_interval){NAN, NAN};
    expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_NO_TWIN);

    /* refuted from either side: the way from the estimate to the region */
    const struct verdict_region above = region_of(0.5, INFINITY, "()"), below = region_of(-INFINITY, -0.25, "()");
    evidence = good_evidence();
    evidence.plain.low = -0.2;
    expect(&above, &evidence, VERDICT_REFUTED, VERDICT_DECIDED);
    assert_near(verdict_decide(&above, &evidence).margin, 0.4);
    assert_near(verdict_decide(&above, &evidence).interval_margin, 0.3);
    expect(&below, &evidence, VERDICT_REFUTED, VERDICT_DECIDED);
    assert_near(verdict_decide(&below, &evidence).margin, 0.35);
    evidence.twin.high = 0.4;
    expect(&above, &evidence, VERDICT_UNRESOLVED, VERDICT_WITHIN_TWIN);
}

static void other_means_must_agree(void **state)
{
    (void)state;
    const struct verdict_region region = region_of(-1, 1, "()");
    struct verdict_evidence evidence = good_evidence();
    evidence.plain.high = 1.5;
    expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_TAIL);
    evidence = good_evidence();
    evidence.plain = (struct stats_interval){2, 3};
    expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_TAIL);
    evidence = good_evidence();
    evidence.student.low = -1;
    expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_LAYOUT);
    evidence = good_evidence();
    evidence.single_layout = true;
    expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_SINGLE_LAYOUT);
    evidence = good_evidence();
    evidence.native_sd = 0;
    expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_NO_SPREAD);
}

static void straddling_names_the_processes_needed(void **state)
{
    (void)state;
    const struct verdict_region region = region_of(0.15, INFINITY, "()");
    struct verdict_evidence evidence = good_evidence();
    struct verdict_decision decision = verdict_decide(&region, &evidence);
    assert_int_equal(decision.cause, VERDICT_STRADDLES);
    assert_true(isnan(decision.margin));
    assert_int_equal(decision.processes_needed, stats_count_for_mde(0.2, 0.05, 0.01, VERDICT_POWER));
    assert_true(decision.processes_needed > 20);

    /* on a log scale the way is measured there */
    const struct verdict_region percent = region_of(10, INFINITY, "()");
    evidence.scale = VERDICT_RELATIVE;
    evidence.estimate = 5;
    evidence.interval = (struct stats_interval){-10, 20};
    decision = verdict_decide(&percent, &evidence);
    assert_int_equal(decision.processes_needed, stats_count_for_mde(0.2, log(1.10 / 1.05), 0.01, VERDICT_POWER));

    evidence.estimate = 10; /* on the end: no number of processes decides that */
    assert_int_equal(verdict_decide(&percent, &evidence).processes_needed, 0);
    evidence.interval = (struct stats_interval){-INFINITY, INFINITY};
    assert_int_equal(verdict_decide(&percent, &evidence).cause, VERDICT_NO_INTERVAL);
}

/* As if more processes said the same: their intervals shrink around their middles. */
static struct stats_interval shrunk(struct stats_interval interval, double factor)
{
    const double middle = (interval.low + interval.high) / 2, half = factor * (interval.high - interval.low) / 2;
    return (struct stats_interval){middle - half, middle + half};
}

static struct verdict_evidence evidence_of_more(const struct verdict_evidence *evidence, size_t processes)
{
    struct verdict_evidence more = *evidence;
    const double factor = sqrt((double)evidence->processes / (double)processes);
    more.processes = processes;
    more.interval = shrunk(evidence->interval, factor);
    more.student = shrunk(evidence->student, factor);
    more.plain = shrunk(evidence->plain, factor);
    more.twin = shrunk(evidence->twin, factor);
    return more;
}

/* What stands in the way is gone at the number that is named, with room for the power; and is not at a third of it. */
static void expect_needed(const struct verdict_region *region, const struct verdict_evidence *evidence,
                          enum verdict verdict, enum verdict_cause cause)
{
    const size_t needed = verdict_decide(region, evidence).processes_needed;
    expect(region, evidence, VERDICT_UNRESOLVED, cause);
    assert_true(needed > evidence->processes);
    const struct verdict_evidence enough = evidence_of_more(evidence, needed);
    expect(region, &enough, verdict, VERDICT_DECIDED);
    if (needed > 3 * evidence->processes) {
        const struct verdict_evidence few = evidence_of_more(evidence, needed / 3);
        expect(region, &few, VERDICT_UNRESOLVED, cause);
    }
}

static void every_objection_names_the_processes_that_remove_it(void **state)
{
    (void)state;
    const struct verdict_region region = region_of(-1, 1, "()"), above = region_of(0.5, INFINITY, "()");
    struct verdict_evidence evidence = good_evidence();
    evidence.plain = (struct stats_interval){-0.5, 2}; /* middle 0.75 */
    expect_needed(&region, &evidence, VERDICT_CONFIRMED, VERDICT_TAIL);
    evidence.plain = (struct stats_interval){-0.5, 2.6};
    assert_int_equal(verdict_decide(&region, &evidence).processes_needed, 0); /* middle 1.05: they decide otherwise */
    evidence.plain = (struct stats_interval){-INFINITY, INFINITY};
    assert_int_equal(verdict_decide(&region, &evidence).processes_needed, 0);
    evidence = good_evidence();
    evidence.student = (struct stats_interval){-1.5, 0.5};
    expect_needed(&region, &evidence, VERDICT_CONFIRMED, VERDICT_LAYOUT);
    evidence = good_evidence();
    evidence.student.high = 0.8; /* outside by its middle, 0.35, alone */
    expect_needed(&above, &evidence, VERDICT_REFUTED, VERDICT_LAYOUT);
    evidence = good_evidence();
    evidence.twin = (struct stats_interval){-1.5, 1.9};
    expect_needed(&region, &evidence, VERDICT_CONFIRMED, VERDICT_WITHIN_TWIN);
    evidence.twin = (struct stats_interval){0.2, 1.7}; /* its middle is further out than the margin */
    assert_int_equal(verdict_decide(&region, &evidence).processes_needed, 0);
    expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_WITHIN_TWIN);

    evidence = good_evidence();
    evidence.scale = VERDICT_REDUCTION; /* on the log scale, turned round */
    evidence.plain = (struct stats_interval){-0.5, 2};
    evidence.native_sd = 0.002;
    expect_needed(&region, &evidence, VERDICT_CONFIRMED, VERDICT_TAIL);

    /* What no number of processes mends names none; what is decided neither. */
    evidence = good_evidence();
    assert_int_equal(verdict_decide(&region, &evidence).processes_needed, 0);
    evidence.single_layout = true;
    assert_int_equal(verdict_decide(&region, &evidence).processes_needed, 0);
    evidence = good_evidence();
    evidence.native_sd = 0;
    assert_int_equal(verdict_decide(&region, &evidence).processes_needed, 0);

    /* An interval that is wider than the spread makes it asks for more than there are, not fewer. */
    const struct verdict_region narrow = region_of(-INFINITY, 0.19, "()");
    evidence = good_evidence();
    evidence.native_sd = 0.05;
    evidence.plain = evidence.student = evidence.interval;
    expect_needed(&narrow, &evidence, VERDICT_CONFIRMED, VERDICT_STRADDLES);
    evidence.interval = (struct stats_interval){0.09, 0.2}; /* lopsided: half of it is less than the way */
    assert_int_equal(verdict_decide(&narrow, &evidence).processes_needed, 21);
}

static void causes_have_words(void **state)
{
    (void)state;
    for (enum verdict_cause a = VERDICT_DECIDED; a <= VERDICT_NO_SPREAD; a++)
        for (enum verdict_cause b = VERDICT_DECIDED; b < a; b++)
            assert_string_not_equal(verdict_cause_word(a), verdict_cause_word(b));
    assert_string_equal(verdict_cause_word(VERDICT_WITHIN_TWIN), "within_twin");
    assert_string_equal(verdict_cause_word(VERDICT_NO_SPREAD), "no_spread");
}

static void evidence_is_mirrored_when_reversed(void **state)
{
    (void)state;
    const double values[] = {0.11, 0.13, 0.08, 0.19, 0.10, 0.12, 0.15, 0.09, 0.14, 0.16};
    const double plain[] = {0.12, 0.14, 0.07, 0.29, 0.11, 0.13, 0.16, 0.08, 0.15, 0.17};
    struct verdict_evidence one, other;
    verdict_evidence_build(&one, values, plain, 10, VERDICT_ABSOLUTE, false, 0.05);
    verdict_evidence_build(&other, values, plain, 10, VERDICT_ABSOLUTE, true, 0.05);
    assert_true(one.interval.low > 0 && one.interval.low < one.estimate && one.estimate < one.interval.high);
    assert_true(other.estimate == -one.estimate);
    assert_true(other.interval.low == -one.interval.high && other.interval.high == -one.interval.low);
    assert_true(other.plain.low == -one.plain.high && other.student.high == -one.student.low);
    assert_true(other.mde == one.mde && other.mde > 0);

    verdict_evidence_build(&one, values, plain, 10, VERDICT_RELATIVE, false, 0.05);
    verdict_evidence_build(&other, values, plain, 10, VERDICT_REDUCTION, true, 0.05);
    assert_near(one.estimate, 100 * (exp(stats_hodges_lehmann(values, 10)) - 1));
    assert_near(1 / (1 + one.estimate / 100), 1 - other.estimate / 100);
    assert_near(1 / (1 + one.interval.low / 100), 1 - other.interval.low / 100);
    assert_near(verdict_sd_in_unit(&one), 100 * stats_standard_deviation(values, 10));
}

/* A level whose three intervals are all this one. */
static struct verdict_evidence level_of(double low, double high)
{
    const struct stats_interval interval = {low, high};
    return (struct verdict_evidence){.estimate = 1000, .interval = interval, .student = interval, .plain = interval};
}

static void composition_divides_like_by_like(void **state)
{
    (void)state;
    struct verdict_evidence evidence = good_evidence(), level = level_of(800, 1250);
    evidence.interval = evidence.student = evidence.plain = (struct stats_interval){2, 4};
    level.student = (struct stats_interval){500, 1600};
    level.plain = (struct stats_interval){400, 2000};
    verdict_evidence_divide(&evidence, &level, false);
    assert_near(evidence.interval.low, 0.16);
    assert_near(evidence.interval.high, 0.5);
    assert_near(evidence.student.low, 0.125);
    assert_near(evidence.student.high, 0.8);
    assert_near(evidence.plain.low, 0.1);
    assert_near(evidence.plain.high, 1);
    assert_false(evidence.single_layout);
    level.single_layout = true;
    verdict_evidence_divide(&evidence, &level, false);
    assert_true(evidence.single_layout);
    level.single_layout = false;
    verdict_evidence_divide(&evidence, &level, false);
    assert_true(evidence.single_layout); /* that of the effect stays */
}

static void composition_moves_ends_outwards(void **state)
{
    const struct verdict_evidence level = level_of(800, 1250), around_zero = level_of(-1, 1250),
                                  unknown = level_of(-INFINITY, INFINITY);
    (void)state;
    struct verdict_evidence evidence = good_evidence();
    evidence.interval = (struct stats_interval){-2, 4};
    evidence.estimate = 1;
    verdict_evidence_divide(&evidence, &level, false);
    assert_near(evidence.estimate, 0.1);
    assert_near(evidence.interval.low, -0.25);
    assert_near(evidence.interval.high, 0.5);
    assert_near(evidence.mde, 0.025);

    evidence = good_evidence();
    evidence.interval = (struct stats_interval){2, 4};
    verdict_evidence_divide(&evidence, &level, true);
    assert_near(evidence.estimate, -0.01);
    assert_near(evidence.interval.low, -0.5);
    assert_near(evidence.interval.high, -0.16);

    evidence = good_evidence();
    verdict_evidence_divide(&evidence, &around_zero, false);
    assert_true(isinf(evidence.interval.low) && isinf(evidence.interval.high));
    evidence = good_evidence();
    verdict_evidence_divide(&evidence, &unknown, false);
    assert_true(isinf(evidence.interval.high));
    evidence = good_evidence();
    evidence.twin = (struct stats_interval){NAN, NAN};
    verdict_evidence_divide(&evidence, &level, false);
    assert_true(isnan(verdict_twin_bound(&evidence)));
}

static void parts_combine_and_controls_guard(void **state)
{
    (void)state;
    const enum verdict c = VERDICT_CONFIRMED, r = VERDICT_REFUTED, u = VERDICT_UNRESOLVED, i = VERDICT_INVALID;
    assert_int_equal(verdict_combine((const enum verdict[]){c, i, u, r}, 4), r);
    assert_int_equal(verdict_combine((const enum verdict[]){c, u, i}, 3), i);
    assert_int_equal(verdict_combine((const enum verdict[]){c, u, c}, 3), u);
    assert_int_equal(verdict_combine((const enum verdict[]){c, c}, 2), c);
    assert_int_equal(verdict_combine(NULL, 0), u);

    assert_int_equal(verdict_guarded(c, true, c, true), c);
    assert_int_equal(verdict_guarded(r, true, c, true), r);
    assert_int_equal(verdict_guarded(c, true, r, true), i);
    assert_int_equal(verdict_guarded(r, true, r, true), i);
    assert_int_equal(verdict_guarded(u, false, r, true), u); /* not measured is not invalid */
    assert_int_equal(verdict_guarded(c, true, u, false), u);
    assert_int_equal(verdict_guarded(r, true, u, false), r);
}

static void words_follow_the_interval(void **state)
{
    (void)state;
    struct verdict_evidence evidence = good_evidence();
    evidence.twin = (struct stats_interval){-0.01, 0.01};
    assert_int_equal(verdict_words(&evidence, NAN, true), VERDICT_NO_DIFFERENCE); /* an end at 0 does not exclude 0 */
    evidence.interval.low = 0.05;
    assert_int_equal(verdict_words(&evidence, NAN, true), VERDICT_NO_DIFFERENCE); /* the plain means do not show it */
    evidence.plain.low = 0.01;
    assert_int_equal(verdict_words(&evidence, NAN, true), VERDICT_NO_DIFFERENCE); /* nor the mean over layouts */
    evidence.student.low = 0.01;
    assert_int_equal(verdict_words(&evidence, NAN, true), VERDICT_SLOWER);
    assert_int_equal(verdict_words(&evidence, 1, true), VERDICT_EQUIVALENT);
    struct verdict_evidence frozen = evidence;
    frozen.native_sd = 0;
    assert_int_equal(verdict_words(&frozen, NAN, true), VERDICT_OVERRULED); /* every process said the same */
    assert_int_equal(verdict_mute(&frozen), VERDICT_NO_SPREAD);
    frozen = evidence;
    frozen.no_spread = true;
    assert_int_equal(verdict_words(&frozen, 1, true), VERDICT_OVERRULED);
    assert_int_equal(verdict_mute(&evidence), VERDICT_DECIDED);
    evidence.scale = VERDICT_REDUCTION;
    assert_int_equal(verdict_words(&evidence, NAN, true), VERDICT_FASTER);
    evidence.scale = VERDICT_ABSOLUTE;
    evidence.estimate = -0.1;
    evidence.interval = evidence.student = evidence.plain = (struct stats_interval){-0.2, -0.05};
    assert_int_equal(verdict_words(&evidence, NAN, true), VERDICT_FASTER);
    evidence.twin.high = 0.1;
    assert_int_equal(verdict_words(&evidence, NAN, true), VERDICT_NO_DIFFERENCE);
    assert_int_equal(verdict_words(&evidence, NAN, false), VERDICT_FASTER);
    evidence.interval.low = -INFINITY; /* too few processes to look is not that nothing was seen */
    assert_int_equal(verdict_words(&evidence, NAN, false), VERDICT_OVERRULED);
    assert_int_equal(verdict_mute(&evidence), VERDICT_NO_INTERVAL);
    evidence.single_layout = true;
    assert_int_equal(verdict_words(&evidence, NAN, true), VERDICT_ONE_LAYOUT);
    const struct verdict_region symmetric = region_of(-0.1, 0.1, "()"), lopsided = region_of(-0.1, 0.2, "()");
    assert_near(verdict_region_half_width(&symmetric), 0.1);
    assert_true(isnan(verdict_region_half_width(&lopsided)));
}

/* `all` in every process, but `odd` in the last `count`: no words and no verdict whatever the region. */
static void expect_frozen(enum verdict_scale scale, double all, double odd, size_t count)
{
    static const struct {
        double low, high;
    } ends[] = {{-1, 1}, {-100, 100}, {0, INFINITY}, {-INFINITY, 0}, {4, 6}, {6, INFINITY}};
    double values[64];
    struct verdict_evidence evidence;
    for (size_t i = 0; i < 64; i++)
        values[i] = i < 64 - count ? all : odd;
    verdict_evidence_build(&evidence, values, values, 64, scale, false, 0.001);
    evidence.twin = (struct stats_interval){-1e-9, 1e-9};
    assert_true(evidence.no_spread);
    assert_int_equal(verdict_words(&evidence, NAN, true), VERDICT_OVERRULED);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const struct verdict_region region = region_of(ends[i].low, ends[i].high, "()");
        expect(&region, &evidence, VERDICT_UNRESOLVED, VERDICT_NO_SPREAD);
        assert_int_equal(verdict_decide(&region, &evidence).processes_needed, 0);
    }
}

/* Sixty-four times the same is one figure, not an interval; nor do rounding and one process that differs make it one.
 */
static void what_does_not_vary_is_not_resolved(void **state)
{
    (void)state;
    expect_frozen(VERDICT_ABSOLUTE, 5, 5, 0);
    expect_frozen(VERDICT_ABSOLUTE, 5, 5.0000001, 1);
    expect_frozen(VERDICT_ABSOLUTE, 5, 5.0000001, 32);
    expect_frozen(VERDICT_ABSOLUTE, 5, 9, 1);
    expect_frozen(VERDICT_ABSOLUTE, 0, 0, 0);
    expect_frozen(VERDICT_ABSOLUTE, 0, 1e-9, 32);
    expect_frozen(VERDICT_RELATIVE, log(1.255), log(1.255), 0); /* the sum of 64 of them is rounded */
    expect_frozen(VERDICT_RELATIVE, log(1.255), log(1.2550001), 1);
    expect_frozen(VERDICT_REDUCTION, -1e-9, 1e-9, 32);
    expect_frozen(VERDICT_RELATIVE, 0, 2.2e-16, 32);

    /* The least that real runs vary by is a hundred times as much. */
    const double ns[] = {0.0001, 0.0002, 0.0003, 0.0004}, ratios[] = {0.9e-5, 1.9e-5, 3.1e-5, 4.2e-5};
    assert_false(verdict_no_spread(ns, 4, VERDICT_ABSOLUTE));
    assert_false(verdict_no_spread(ratios, 4, VERDICT_RELATIVE));
    const double far[] = {1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3};
    assert_false(verdict_no_spread(far, 4, VERDICT_ABSOLUTE));
    const double close[] = {1e6, 1e6 + 0.1, 1e6 + 0.2, 1e6 + 0.3};
    assert_true(verdict_no_spread(close, 4, VERDICT_ABSOLUTE));
}

static double normal(uint64_t *seed)
{
    double sum = 0; /* of twelve uniform numbers: variance 1 */
    for (int i = 0; i < 12; i++) {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*seed >> 11) / 9007199254740992.0;
    }
    return sum - 6;
}

/* A truth exactly at the end of a region is confirmed and refuted at most alpha / 2 each; 3000 runs at alpha = 0.05
 * allow 75 + 3 sigma. */
static void truth_at_the_margin_is_rarely_decided(void **state)
{
    (void)state;
    const struct verdict_region region = region_of(1, INFINITY, "()");
    uint64_t seed = 20251115;
    int confirmed = 0, refuted = 0;
    for (int run = 0; run < 3000; run++) {
        double values[20];
        for (int i = 0; i < 20; i++)
            values[i] = 1 + 0.3 * normal(&seed);
        struct verdict_evidence evidence;
        verdict_evidence_build(&evidence, values, values, 20, VERDICT_ABSOLUTE, false, 0.05);
        enum verdict verdict = verdict_of_interval(&region, evidence.interval);
        confirmed += verdict == VERDICT_CONFIRMED;
        refuted += verdict == VERDICT_REFUTED;
    }
    assert_in_range(confirmed, 30, 101); /* an exact interval is not empty either */
    assert_in_range(refuted, 30, 101);
}

static void profiles_share_the_error(void **state)
{
    (void)state;
    assert_int_equal(profile_count, 5);
    for (size_t i = 0; i < profile_count; i++) {
        const struct profile *profile = &profiles[i];
        double sum = 0;
        assert_in_range(profile->look_count, 1, PROFILE_LOOKS_MAX);
        for (size_t look = 0; look < profile->look_count; look++) {
            assert_true(profile->looks[look].error_share > 0);
            assert_true(look == 0 || profile->looks[look].processes > profile->looks[look - 1].processes);
            sum += profile->looks[look].error_share;
        }
        assert_true(fabs(sum - 1) < 1e-12);
        assert_true(profile->process_ms > 0);
        assert_ptr_equal(profile_find(profile->name), profile);
        /* a profile for conclusions can reach the level of a tenth of its first share of 1 % */
        if (profile->for_conclusions)
            assert_true(stats_signed_rank_minimum_count(0.001 * profile->looks[0].error_share) <=
                        profile->looks[0].processes);
    }
    assert_null(profile_find("nonsense"));
    assert_false(profile_find("smoke")->for_conclusions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_are_checked),
        cmocka_unit_test(ends_belong_as_written),
        cmocka_unit_test(intervals_decide_inside_outside_or_not),
        cmocka_unit_test(infinite_intervals_decide_nothing),
        cmocka_unit_test(scales_and_flips),
        cmocka_unit_test(margin_must_exceed_the_twins),
        cmocka_unit_test(other_means_must_agree),
        cmocka_unit_test(straddling_names_the_processes_needed),
        cmocka_unit_test(every_objection_names_the_processes_that_remove_it),
        cmocka_unit_test(causes_have_words),
        cmocka_unit_test(evidence_is_mirrored_when_reversed),
        cmocka_unit_test(composition_divides_like_by_like),
        cmocka_unit_test(composition_moves_ends_outwards),
        cmocka_unit_test(parts_combine_and_controls_guard),
        cmocka_unit_test(words_follow_the_interval),
        cmocka_unit_test(what_does_not_vary_is_not_resolved),
        cmocka_unit_test(truth_at_the_margin_is_rarely_decided),
        cmocka_unit_test(profiles_share_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
