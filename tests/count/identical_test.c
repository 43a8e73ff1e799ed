/* Identical code is recognised, and one changed thing is not overlooked: made-up modules of one source, and the real
 * ones. */
#include "count/identical.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char reason[512];

static enum identical compare(const char *directory, const char *a, const char *b, const char *workload)
{
    char baseline[PATH_MAX], contender[PATH_MAX];
    snprintf(baseline, sizeof baseline, "%s/%s.o", directory, a);
    snprintf(contender, sizeof contender, "%s/%s.o", directory, b);
    return identical_compare(baseline, contender, workload, reason, sizeof reason);
}

static void expect_no(const char *changed, const char *because)
{
    assert_int_equal(compare(IDENTICAL_MODULES, "base", changed, "op"), IDENTICAL_NO);
    if (strstr(reason, because) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", changed, reason, because);
}

/* Another variant name, longer, so that all strings behind it lie elsewhere. */
static void the_same_source_is_identical(void **state)
{
    (void)state;
    if (compare(IDENTICAL_MODULES, "base", "same", "op") != IDENTICAL_YES)
        fail_msg("%s", reason);
    assert_string_equal(reason, "");
}

static void one_changed_thing_is_found(void **state)
{
    (void)state;
    expect_no("constant", "run: .text.run+");
    expect_no("callee", "run: .text.deeper+");
    expect_no("table", "run: .rodata");
    expect_no("external", "run: .text.run+");
    expect_no("string", "setup: .text.setup+");
    expect_no("setup", "setup: .data+");
    expect_no("rewarm", "figures of the workload");
}

/* What the workload does not reach may differ: the digest, another workload's function. */
static void what_is_not_reached_does_not_count(void **state)
{
    (void)state;
    if (compare(IDENTICAL_MODULES, "base", "unused", "op") != IDENTICAL_YES)
        fail_msg("%s", reason);
    assert_int_equal(compare(IDENTICAL_MODULES, "base", "unused", "other"), IDENTICAL_NO);
}

/* The same object files; what they load is another matter: this test has more libraries than `true`. */
static void other_libraries_are_a_difference(void **state)
{
    (void)state;
    static struct module_info a, b; /* large */
    const ssize_t length = readlink("/proc/self/exe", a.described_file, sizeof a.described_file - 1);
    assert_true(length > 0);
    snprintf(a.file, sizeof a.file, "%s/base.o", IDENTICAL_MODULES);
    snprintf(b.file, sizeof b.file, "%s/base.o", IDENTICAL_MODULES);
    assert_int_equal(identical_modules(&a, &b, "op", reason, sizeof reason), IDENTICAL_YES);
    a.object.need_count = b.object.need_count = 1;
    strcpy(b.described_file, a.described_file);
    assert_int_equal(identical_modules(&a, &b, "op", reason, sizeof reason), IDENTICAL_YES);
    strcpy(b.described_file, "/bin/true");
    assert_int_equal(identical_modules(&a, &b, "op", reason, sizeof reason), IDENTICAL_NO);
    assert_non_null(strstr(reason, "libraries"));
    strcpy(b.described_file, "/nothing");
    assert_int_equal(identical_modules(&a, &b, "op", reason, sizeof reason), IDENTICAL_NOT_AVAILABLE);
}

static void real_variants(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"null+thread", "removed+thread"}, {"null+thread", "direct"}};
    for (size_t i = 0; i < 2; i++)
        if (compare(IDENTICAL_REAL_MODULES, pairs[i][0], pairs[i][1], "nop") != IDENTICAL_YES)
            fail_msg("%s", reason);
    assert_int_equal(compare(IDENTICAL_REAL_MODULES, "null+thread", "removed+thread", "get_put"), IDENTICAL_NO);
    assert_int_equal(compare(IDENTICAL_REAL_MODULES, "null+thread", "packed+thread", "get_put"), IDENTICAL_NO);
    assert_int_equal(compare(IDENTICAL_REAL_MODULES, "null+thread", "null+thread.planted", "nop"), IDENTICAL_NO);
}

static void what_cannot_be_compared_has_a_reason(void **state)
{
    (void)state;
    assert_int_equal(compare(IDENTICAL_MODULES, "base", "nowhere", "op"), IDENTICAL_NOT_AVAILABLE);
    assert_non_null(strstr(reason, "nowhere.o: is not an object file"));
    assert_int_equal(compare(IDENTICAL_MODULES, "base", "same", "nothing"), IDENTICAL_NOT_AVAILABLE);
    assert_non_null(strstr(reason, "base.o: the workload's entry is not found"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_source_is_identical),
        cmocka_unit_test(one_changed_thing_is_found),
        cmocka_unit_test(other_libraries_are_a_difference),
        cmocka_unit_test(what_is_not_reached_does_not_count),
        cmocka_unit_test(real_variants),
        cmocka_unit_test(what_cannot_be_compared_has_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
