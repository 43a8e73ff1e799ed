/* Fitted size classes against all there are, and by hand. */
#include "stats/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SIZES_MAX = 12, MANY = 1000000 };

/* Least that k classes can hand out, by trying every set of sizes that has the largest. */
static uint64_t least_of_all(const uint32_t *sorted, size_t count, size_t k)
{
    uint64_t least = UINT64_MAX;
    for (unsigned set = 1; set < 1u << count; set++) {
        uint64_t handed_out = 0;
        if (!(set >> (count - 1) & 1) || (size_t)__builtin_popcount(set) > k)
            continue;
        for (size_t i = 0; i < count; i++) {
            size_t class_index = i;
            while (!(set >> class_index & 1))
                class_index++;
            handed_out += sorted[class_index] ? sorted[class_index] : 1;
        }
        least = handed_out < least ? handed_out : least;
    }
    return least;
}

static int in_order(const void *a, const void *b)
{
    return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : *(const uint32_t *)a > *(const uint32_t *)b;
}

static void the_best_of_all_tables(void **state)
{
    (void)state;
    uint32_t random = 3;
    for (int trial = 0; trial < 300; trial++) {
        uint32_t sizes[SIZES_MAX];
        const size_t count = 1 + (size_t)trial % SIZES_MAX;
        for (size_t i = 0; i < count; i++) {
            random = random * 1664525u + 1013904223u;
            sizes[i] = (random >> 16) % (trial % 3 == 0 ? 5 : trial % 3 == 1 ? 60 : 60000);
        }
        qsort(sizes, count, sizeof *sizes, in_order);
        for (size_t k = 1; k <= 5; k++) {
            struct fit_class classes[FIT_CLASSES_MAX];
            struct fit fit;
            assert_true(fit_classes(sizes, count, k, classes, &fit));
            assert_int_equal(fit.handed_out_bytes, least_of_all(sizes, count, k));
            uint64_t handed_out = 0, asked = 0, requests = 0;
            for (size_t c = 0; c < fit.count; c++) {
                assert_true(c == 0 || classes[c].bytes > classes[c - 1].bytes);
                handed_out += classes[c].bytes * classes[c].requests;
                asked += classes[c].asked_bytes;
                requests += classes[c].requests;
            }
            assert_int_equal(handed_out, fit.handed_out_bytes);
            assert_int_equal(asked, fit.asked_bytes);
            assert_int_equal(requests, count);
        }
    }
}

/* 10 10 12 100: of two classes 12 and 100 hand out 136 for 132. */
static void by_hand(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {10, 10, 12, 100};
    struct fit_class classes[FIT_CLASSES_MAX];
    struct fit fit;
    assert_true(fit_classes(sizes, 4, 2, classes, &fit));
    assert_int_equal(fit.count, 2);
    assert_int_equal(classes[0].bytes, 12);
    assert_int_equal(classes[0].requests, 3);
    assert_int_equal(classes[0].asked_bytes, 32);
    assert_int_equal(classes[1].bytes, 100);
    assert_float_equal(fit_waste_percent(&fit), 100.0 * 4 / 132, 1e-12);
}

static void no_more_classes_than_sizes(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {0, 0, 7, 7, 9};
    struct fit_class classes[FIT_CLASSES_MAX];
    struct fit fit;
    assert_true(fit_classes(sizes, 5, 16, classes, &fit));
    assert_int_equal(fit.count, 3);
    assert_int_equal(classes[0].bytes, 1); /* a size of 0 asks for a byte */
    assert_true(fit_waste_percent(&fit) == 0);
}

/* Bounded by the time of the test: without divide and conquer it would be 10^12 steps a class. */
static void a_million_sizes(void **state)
{
    (void)state;
    uint32_t *sizes = malloc(MANY * sizeof *sizes);
    struct fit_class classes[FIT_CLASSES_MAX];
    struct fit fit;
    for (uint32_t i = 0; i < MANY; i++)
        sizes[i] = i + 1;
    assert_true(fit_classes(sizes, MANY, 4, classes, &fit));
    assert_int_equal(fit.count, 4);
    for (size_t c = 0; c < 4; c++) /* even sizes: even classes */
        assert_int_equal(classes[c].bytes, (c + 1) * MANY / 4);
    free(sizes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_of_all_tables),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(no_more_classes_than_sizes),
        cmocka_unit_test(a_million_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
