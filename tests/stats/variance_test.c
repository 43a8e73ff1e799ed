/* What the variance over processes is made of, on made-up processes of known truth; and the number of processes that is
 * asked for. */
#include "stats/variance.h"

#include "plan/profile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* So many that a planted standard deviation shows within 5 % (two standard errors: 3.2 %). */
enum { PROCESSES = 2000 };
#define TOLERANCE 0.05

struct truth {
    double sd[VARIANCE_COMPONENTS];
};

static double values[PROCESSES], block[PROCESSES], heap[PROCESSES], shared[PROCESSES];

static double normal(uint64_t *from)
{
    double sum = 0;
    for (int i = 0; i < 12; i++) {
        *from = *from * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*from >> 11) / 9007199254740992.0;
    }
    return sum - 6;
}

/* A process is in the shared state for all of its blocks or for none: the share has the standard deviation 1 / 2. */
static void make(const struct truth *truth, bool states)
{
    uint64_t from = 5;
    for (size_t i = 0; i < PROCESSES; i++) {
        block[i] = truth->sd[VARIANCE_BLOCK];
        heap[i] = truth->sd[VARIANCE_HEAP];
        shared[i] = states && i % 2;
        values[i] = 7 + block[i] * normal(&from) + heap[i] * normal(&from) +
                    truth->sd[VARIANCE_LAYOUT] * normal(&from) + 2 * truth->sd[VARIANCE_STATE] * shared[i];
    }
}

static void expect(const struct truth *truth, const struct variance_split *split)
{
    double sum = 0;
    enum variance_component largest = VARIANCE_BLOCK;
    for (enum variance_component i = VARIANCE_BLOCK; i < VARIANCE_COMPONENTS; i++) {
        sum += truth->sd[i] * truth->sd[i];
        largest = truth->sd[i] > truth->sd[largest] ? i : largest;
    }
    assert_true(split->valid);
    assert_string_equal(split->reason, "");
    for (enum variance_component i = VARIANCE_BLOCK; i < VARIANCE_COMPONENTS; i++)
        if (!(fabs(split->component_sd[i] * split->component_sd[i] - truth->sd[i] * truth->sd[i]) <
              2 * TOLERANCE * sum))
            fail_msg("%s: %g; planted %g", variance_words[i], split->component_sd[i], truth->sd[i]);
    assert_int_equal(split->largest, largest);
    assert_true(fabs(split->largest_percent - 100 * truth->sd[largest] * truth->sd[largest] / sum) < 200 * TOLERANCE);
    assert_true(fabs(split->sd - sqrt(sum)) < TOLERANCE * sqrt(sum));
}

static void planted_components_are_found(void **state)
{
    (void)state;
    const struct truth truths[] = {{{1, 0, 0, 0}}, {{0, 1, 0, 0}}, {{0, 0, 1, 0}}, {{0, 0, 0, 1}},
                                   {{1, 2, 1, 1}}, {{1, 1, 3, 1}}, {{2, 1, 1, 3}}, {{3, 1, 0, 1}}};
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
        make(&truths[i], true);
        const struct variance_split split = variance_components(values, block, heap, shared, PROCESSES);
        expect(&truths[i], &split);
    }
}

/* States that are somebody else's explain nothing: all that they did is put down to layout. */
static void states_of_other_processes_explain_nothing(void **state)
{
    (void)state;
    make(&(struct truth){{1, 1, 3, 1}}, true);
    for (size_t i = 0; i < PROCESSES; i++)
        shared[i] = i / 2 % 2;
    const struct variance_split split = variance_components(values, block, heap, shared, PROCESSES);
    assert_true(split.component_sd[VARIANCE_STATE] < 0.3);
    assert_int_equal(split.largest, VARIANCE_LAYOUT);
}

static void one_state_explains_nothing(void **state)
{
    (void)state;
    make(&(struct truth){{1, 0, 0, 2}}, false);
    const struct variance_split split = variance_components(values, block, heap, shared, PROCESSES);
    assert_true(split.component_sd[VARIANCE_STATE] == 0);
    assert_int_equal(split.largest, VARIANCE_LAYOUT);
}

/* Standard errors beyond what was seen leave nothing for layout, and never less. */
static void nothing_is_negative(void **state)
{
    (void)state;
    make(&(struct truth){{1, 1, 0, 0}}, true);
    for (size_t i = 0; i < PROCESSES; i++)
        block[i] = 4;
    const struct variance_split split = variance_components(values, block, heap, shared, PROCESSES);
    assert_true(split.component_sd[VARIANCE_LAYOUT] == 0 && split.component_sd[VARIANCE_STATE] >= 0);
    assert_true(split.component_sd[VARIANCE_BLOCK] == 4 && split.component_sd[VARIANCE_HEAP] == 1);
    assert_true(fabs(split.largest_percent - 100 * 16.0 / 17) < 0.5);
}

static void what_is_not_known_is_not_split(void **state)
{
    (void)state;
    make(&(struct truth){{1, 1, 0, 1}}, true);
    assert_false(variance_components(values, block, heap, shared, 1).valid);
    for (size_t i = 0; i < PROCESSES / 2; i++)
        block[i] = NAN;
    assert_true(variance_components(values, block, heap, shared, PROCESSES).valid);
    block[PROCESSES / 2] = NAN; /* more than half */
    struct variance_split split = variance_components(values, block, heap, shared, PROCESSES);
    assert_false(split.valid);
    assert_true(split.sd > 1 && isnan(split.component_sd[VARIANCE_HEAP]) && isnan(split.largest_percent));
    assert_non_null(strstr(split.reason, "too few blocks"));
    const double same[] = {1, 1, 1, 1}, none[] = {0, 0, 0, 0};
    assert_string_equal(variance_components(same, none, none, none, 4).reason, "no spread at all");
}

static void longer_processes_are_cheaper_for_block_noise_alone(void **state)
{
    (void)state;
    struct variance_split split = {.valid = true, .component_sd = {1, 0, 0, 0}};
    /* All of it is block noise: twice as long does what twice as many would, without their links. */
    assert_true(fabs(variance_length_instead(&split, 20, 40, 500) - 2) < 1e-12);
    assert_true(variance_length_instead(&split, 20, 200, 500) == 0); /* ten times as long is no process */
    split.component_sd[VARIANCE_HEAP] = 0.2;
    /* 1.04 / 2 - 0.04 is left of 1; 20 x (90 + 500 / 0.48) ms is more than 40 x 590. */
    assert_true(variance_length_instead(&split, 20, 40, 100) > 2);
    split.component_sd[VARIANCE_HEAP] = 1;
    assert_true(variance_length_instead(&split, 20, 40, 500) == 0); /* heaps alone are half */
    split.valid = false;
    assert_true(variance_length_instead(&split, 20, 40, 500) == 0);
    split.valid = true;
    assert_true(variance_length_instead(&split, 20, 0, 500) == 0);
}

/* ---- --processes ---- */

static void expect_looks(const struct profile *profile, const char *expected)
{
    char text[128] = "";
    double sum = 0;
    for (size_t i = 0; i < profile->look_count; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u:%.2f", i ? " " : "",
                 profile->looks[i].processes, profile->looks[i].error_share);
        sum += profile->looks[i].error_share;
    }
    assert_string_equal(text, expected);
    assert_true(fabs(sum - 1) < 1e-12);
}

static void asked_processes_end_the_looks(void **state)
{
    (void)state;
    const struct {
        const char *profile;
        unsigned processes;
        const char *looks;
    } cases[] = {
        {"quick", 190, "190:1.00"},
        {"quick", 2, "2:1.00"},
        {"default", 190, "32:0.30 190:0.70"},
        {"default", 33, "32:0.30 33:0.70"},
        {"default", 32, "32:1.00"},
        {"default", 20, "20:1.00"},
        {"thorough", 256, "32:0.20 64:0.30 256:0.50"},
        {"thorough", 100, "32:0.20 64:0.30 100:0.50"},
        {"thorough", 64, "32:0.20 64:0.80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct profile *found = profile_find(cases[i].profile), before = *found;
        const struct profile with = profile_with_processes(found, cases[i].processes);
        const size_t last = with.look_count - 1;
        expect_looks(&with, cases[i].looks);
        assert_memory_equal(found, &before, sizeof before);
        assert_ptr_equal(with.name, found->name);
        assert_int_equal(with.process_ms, found->process_ms);
        for (size_t decides = 0; decides < 2; decides++)
            assert_int_equal(profile_cell_processes(&with, decides, last), cases[i].processes);
        assert_true(profile_explored(&with, last));
    }
}

/* A run must not end while exploratory cells, which have no looks, still lack processes. */
static void exploratory_cells_get_all_of_them(void **state)
{
    (void)state;
    const struct profile *found = profile_find("default");
    const struct profile with = profile_with_processes(found, 100);
    assert_int_equal(profile_cell_processes(found, false, 0), found->exploratory_processes);
    assert_true(profile_explored(found, 0));
    assert_int_equal(profile_cell_processes(&with, false, 0), 32);
    assert_false(profile_explored(&with, 0));
    assert_int_equal(profile_cell_processes(&with, false, 1), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_components_are_found),
        cmocka_unit_test(states_of_other_processes_explain_nothing),
        cmocka_unit_test(one_state_explains_nothing),
        cmocka_unit_test(nothing_is_negative),
        cmocka_unit_test(what_is_not_known_is_not_split),
        cmocka_unit_test(longer_processes_are_cheaper_for_block_noise_alone),
        cmocka_unit_test(asked_processes_end_the_looks),
        cmocka_unit_test(exploratory_cells_get_all_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
