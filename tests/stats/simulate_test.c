/*
 * The statistics on differences whose truth is known: how often they err is what they promise, at every N and over all
 * looks. `simulate_test long` makes many more trials, at the level that runs use.
 *
 * Tolerances come from the binomial distribution: a rate is accepted when the exact bounds of what was counted, at one
 * in a million, hold the promised probability. The seed is fixed, so that a pass stays a pass; the bounds are for those
 * who change it.
 */
#include "simulate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOLERANCE 1e-6
#define SEED      20240607

static bool is_long;

/* Trials at an N: short ones within seconds together, at a level at which few trials see much. */
struct effort {
    unsigned processes;
    size_t trials;
};
static const struct effort efforts[] = {{14, 2000}, {20, 1500}, {32, 700}, {64, 200}, {128, 80}};
enum { EFFORTS = sizeof efforts / sizeof efforts[0], LONG_FACTOR = 40 };

static double level(void)
{
    return is_long ? 0.01 : 0.05;
}

static size_t trials_of(size_t trials)
{
    return is_long ? trials * LONG_FACTOR : trials;
}

static struct simulate_counts run(const struct simulate_design *design, size_t trials)
{
    struct simulate_counts counts;
    assert_true(simulate(design, SEED, 0, trials_of(trials), &counts));
    assert_int_equal(counts.trials, trials_of(trials));
    return counts;
}

static struct stats_interval bounds(size_t count, size_t trials)
{
    return stats_proportion_interval(count, trials, TOLERANCE);
}

static void say(const char *what, const char *name, unsigned processes, size_t count, size_t trials)
{
    const struct stats_interval usual = stats_proportion_interval(count, trials, 0.05);
    printf("%-13s N = %3u: %s %zu of %zu = %.2f %% [%.2f, %.2f]\n", name, processes, what, count, trials,
           100.0 * (double)count / (double)trials, 100 * usual.low, 100 * usual.high);
}

/* The rate is `error`. */
static void assert_rate(size_t count, size_t trials, double error)
{
    const struct stats_interval seen = bounds(count, trials);
    if (error < seen.low || error > seen.high)
        fail_msg("%zu of %zu are not %g", count, trials, error);
}

static void assert_at_most(size_t count, size_t trials, double error)
{
    if (bounds(count, trials).low > error)
        fail_msg("%zu of %zu are more than %g", count, trials, error);
}

static void assert_more_than(size_t count, size_t trials, double error)
{
    if (bounds(count, trials).low <= error)
        fail_msg("%zu of %zu need not be more than %g", count, trials, error);
}

/* ---- intervals ---- */

static void each_effort(enum simulate_distribution distribution,
                        void (*check)(const struct simulate_counts *counts, unsigned processes))
{
    for (size_t i = 0; i < EFFORTS; i++) {
        const struct profile_look look = {efforts[i].processes, 1};
        const struct simulate_design design = {distribution, &look, 1, level(), 0, NULL, true};
        const struct simulate_counts counts = run(&design, efforts[i].trials);
        say("missed", simulate_names[distribution], look.processes, counts.missed, counts.trials);
        check(&counts, look.processes);
    }
}

/* Standard error of a mean of this many errors; five of them are one in a million. */
static void assert_unbiased(const struct simulate_counts *counts)
{
    const double n = (double)counts->trials, mean = counts->error_sum / n;
    assert_true(fabs(mean) < 5 * sqrt((counts->error_squares / n - mean * mean) / n));
}

static void check_exact(const struct simulate_counts *counts, unsigned processes)
{
    const double exact = simulate_exact_error(processes, level());
    assert_true(exact <= level() && exact > level() / 2);
    assert_rate(counts->missed, counts->trials, exact);
    assert_unbiased(counts);
}

/* Symmetric and without ties: the error probability is known, and it is met, whatever the tails. */
static void test_continuous_is_exact(void **state)
{
    (void)state;
    each_effort(SIMULATE_NORMAL, check_exact);
    each_effort(SIMULATE_CONTAMINATED, check_exact);
    each_effort(SIMULATE_BIMODAL, check_exact);
}

static void check_conservative(const struct simulate_counts *counts, unsigned processes)
{
    assert_at_most(counts->missed, counts->trials, simulate_exact_error(processes, level()));
    assert_unbiased(counts);
}

static void test_tied_is_conservative(void **state)
{
    (void)state;
    each_effort(SIMULATE_TIED, check_conservative);
}

/* Skewed: near nominal about the pseudo-median, which is what the interval is about, and only near. */
static void check_roughly(const struct simulate_counts *counts, unsigned processes)
{
    (void)processes;
    assert_at_most(counts->missed, counts->trials, 3 * level());
}

static void test_skewed_is_about_the_pseudomedian(void **state)
{
    (void)state;
    each_effort(SIMULATE_SKEWED, check_roughly);
    const struct simulate_centre centre = simulate_centre_of(SIMULATE_SKEWED);
    assert_true(centre.median < centre.pseudomedian && centre.pseudomedian < centre.mean);
    /* At an N this large the interval is narrower than the way from the pseudo-median to the others. */
    const struct profile_look look = {128, 1};
    const struct simulate_counts counts =
        run(&(struct simulate_design){SIMULATE_SKEWED, &look, 1, level(), 0, NULL}, 100);
    say("missed the mean", "skewed", look.processes, counts.missed_mean, counts.trials);
    say("missed the median", "skewed", look.processes, counts.missed_median, counts.trials);
    assert_more_than(counts.missed_mean, counts.trials, level());
    assert_more_than(counts.missed_median, counts.trials, level());
    assert_true(counts.missed < counts.missed_median);
}

/* The pseudo-median comes from an integral; the draws must agree with it. */
static void test_centre_agrees_with_the_draws(void **state)
{
    (void)state;
    enum { PAIRS = 20000 };
    struct random_stream stream = random_stream_of(SEED, RANDOM_SIMULATION, 0, 0);
    const struct simulate_centre centre = simulate_centre_of(SIMULATE_SKEWED);
    size_t below_pseudomedian = 0, below_median = 0;
    double sum = 0;
    for (size_t i = 0; i < PAIRS; i++) {
        double pair[2];
        simulate_draw(SIMULATE_SKEWED, &stream, pair, 2);
        below_pseudomedian += (pair[0] + pair[1]) / 2 < centre.pseudomedian;
        below_median += pair[0] < centre.median;
        sum += pair[0];
    }
    assert_rate(below_pseudomedian, PAIRS, 0.5);
    assert_rate(below_median, PAIRS, 0.5);
    assert_true(fabs(sum / PAIRS - centre.mean) < 0.05);
}

/* ---- looks ---- */

static double shares_of(const struct profile *profile)
{
    double sum = 0;
    for (size_t i = 0; i < profile->look_count; i++)
        sum += profile->looks[i].error_share;
    return sum;
}

/* Looking again spends what the shares leave, and no more. */
static void test_looks_share_one_budget(void **state)
{
    (void)state;
    const size_t trials[] = {1000, 2500, 200};
    for (size_t i = 0; i < profile_count; i++) {
        const struct profile *profile = &profiles[i];
        for (int d = 0; d < SIMULATE_DISTRIBUTIONS && profile->for_conclusions; d++) {
            struct simulate_design design = {
                (enum simulate_distribution)d, profile->looks, profile->look_count, level(), 0, NULL};
            const struct profile_look *last = &profile->looks[profile->look_count - 1];
            assert_true(fabs(shares_of(profile) - 1) < 1e-12);
            if (d == SIMULATE_SKEWED || (d != SIMULATE_NORMAL && !is_long))
                continue;
            const struct simulate_counts counts = run(&design, trials[profile->look_count - 1]);
            say(profile->name, simulate_names[d], last->processes, counts.missed, counts.trials);
            assert_at_most(counts.missed, counts.trials, level());
            if (d != SIMULATE_TIED) /* what the last look alone spends is spent */
                assert_true(bounds(counts.missed, counts.trials).high >
                            simulate_exact_error(last->processes, level() * last->error_share));
        }
    }
}

/* The check above would see a budget that every look spends anew. */
static void test_unshared_budget_is_seen(void **state)
{
    (void)state;
    const struct profile_look looks[] = {{14, 1}, {20, 1}, {32, 1}};
    const struct simulate_design design = {SIMULATE_NORMAL, looks, 3, level(), 0, NULL};
    const struct simulate_counts counts = run(&design, is_long ? 500 : 3000);
    say("unshared", "normal", looks[2].processes, counts.missed, counts.trials);
    assert_more_than(counts.missed, counts.trials, level());
}

/* ---- the whole decision ---- */

static struct simulate_counts decide(enum simulate_distribution distribution, unsigned processes, double effect,
                                     const struct verdict_region *region, size_t trials)
{
    const struct profile_look look = {processes, 1};
    return run(&(struct simulate_design){distribution, &look, 1, level(), effect, region}, trials);
}

static void test_nothing_is_decided_at_a_margin(void **state)
{
    (void)state;
    const struct verdict_region open = {-INFINITY, 10, false, false}, around = {-10, 10, false, false};
    for (int d = 0; d < SIMULATE_DISTRIBUTIONS; d++) {
        const struct verdict_region *regions[] = {&open, &around};
        for (size_t i = 0; i < 2; i++) {
            const struct simulate_counts counts =
                decide((enum simulate_distribution)d, 20, regions[i]->high, regions[i], 150);
            say("confirmed at the margin", simulate_names[d], 20, counts.confirmed, counts.trials);
            say("refuted at the margin", simulate_names[d], 20, counts.refuted, counts.trials);
            assert_at_most(counts.confirmed, counts.trials, level());
            assert_at_most(counts.refuted, counts.trials, level());
        }
    }
}

/* A decision that never comes would pass the test above: well inside and well outside it comes nearly always. */
static void test_what_is_clear_is_decided(void **state)
{
    (void)state;
    const struct verdict_region around = {-10, 10, false, false};
    for (int d = 0; d < SIMULATE_DISTRIBUTIONS; d++) {
        const enum simulate_distribution distribution = (enum simulate_distribution)d;
        const double disturbed = distribution == SIMULATE_CONTAMINATED ? 0.5 : 0.95;
        const struct simulate_counts inside = decide(distribution, 32, 0, &around, 60);
        const struct simulate_counts outside = decide(distribution, 32, 20, &around, 60);
        assert_true(bounds(inside.confirmed, inside.trials).high > disturbed);
        assert_true((double)inside.confirmed > disturbed * (double)inside.trials);
        assert_true((double)outside.refuted > disturbed * (double)outside.trials);
        assert_int_equal(inside.refuted + outside.confirmed, 0);
    }
}

/* Faster or slower of identical code, through all gates: no more often than the interval alone. */
static void test_gates_only_take_away(void **state)
{
    (void)state;
    const struct verdict_region above = {0, INFINITY, false, false};
    for (int d = 0; d < SIMULATE_DISTRIBUTIONS; d++) {
        const struct simulate_counts counts = decide((enum simulate_distribution)d, 20, 0, &above, 150);
        assert_true(counts.shown <= counts.missed && counts.confirmed + counts.refuted <= counts.missed);
        say("shown", simulate_names[d], 20, counts.shown, counts.trials);
        if (d != SIMULATE_SKEWED)
            assert_at_most(counts.missed, counts.trials, level());
    }
}

/* The t interval: nominal for normal differences, wide for contaminated ones. */
static void test_t_interval(void **state)
{
    (void)state;
    const struct verdict_region above = {0, INFINITY, false, false};
    const struct simulate_counts own = decide(SIMULATE_NORMAL, 14, 0, &above, 500);
    const struct simulate_counts wide = decide(SIMULATE_CONTAMINATED, 14, 0, &above, 500);
    say("t missed", "normal", 14, own.student_missed, own.trials);
    say("t missed", "contaminated", 14, wide.student_missed, wide.trials);
    assert_rate(own.student_missed, own.trials, level());
    assert_at_most(wide.student_missed, wide.trials, level());
}

/* ---- the simulation itself ---- */

static void test_parts_add_up(void **state)
{
    (void)state;
    const struct profile_look look = {14, 1};
    const struct simulate_design design = {SIMULATE_NORMAL, &look, 1, 0.2, 0, NULL};
    struct simulate_counts whole, first, rest;
    assert_true(simulate(&design, SEED, 0, 100, &whole) && simulate(&design, SEED, 0, 40, &first) &&
                simulate(&design, SEED, 40, 60, &rest));
    assert_int_equal(whole.missed, first.missed + rest.missed);
    assert_true(whole.missed > 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_continuous_is_exact),
        cmocka_unit_test(test_tied_is_conservative),
        cmocka_unit_test(test_skewed_is_about_the_pseudomedian),
        cmocka_unit_test(test_centre_agrees_with_the_draws),
        cmocka_unit_test(test_looks_share_one_budget),
        cmocka_unit_test(test_unshared_budget_is_seen),
        cmocka_unit_test(test_nothing_is_decided_at_a_margin),
        cmocka_unit_test(test_what_is_clear_is_decided),
        cmocka_unit_test(test_gates_only_take_away),
        cmocka_unit_test(test_t_interval),
        cmocka_unit_test(test_parts_add_up),
    };
    is_long = argc > 1 && strcmp(argv[1], "long") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
