/* Scratch directories: whose they are. */
#include "base/scratch.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void the_outermost_is_this_process_s_own(void **state)
{
    char scratch[PATH_MAX], below[PATH_MAX + 32], outermost[PATH_MAX];
    struct error error = {0};
    (void)state;
    assert_int_equal(scratch_make(scratch, &error), 0);
    scratch_outermost(scratch, outermost);
    assert_string_equal(outermost, scratch);
    snprintf(below, sizeof below, "%s/base/modules", scratch);
    scratch_outermost(below, outermost);
    assert_string_equal(outermost, scratch);
    scratch_remove(scratch);
    assert_int_not_equal(access(scratch, F_OK), 0);
}

static void another_s_or_none_is_left_as_it_is(void **state)
{
    char other[64], outermost[PATH_MAX];
    (void)state;
    snprintf(other, sizeof other, "/tmp/encbench-%ld-abcdef/base", (long)getppid());
    const char *const paths[] = {other, "/tmp/encbench-/x", "/tmp", "relative/path", "/", ""};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        scratch_outermost(paths[i], outermost);
        assert_string_equal(outermost, paths[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_outermost_is_this_process_s_own),
        cmocka_unit_test(another_s_or_none_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
