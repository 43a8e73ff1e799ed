/* Where the system's libraries are, on the machine that built the program and on another. */
#include "base/toolchain.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void what_the_build_found_is_taken(void **state)
{
    (void)state;
    assert_string_equal(toolchain_libc_or_loaded("/proc/self/exe"), "/proc/self/exe");
    assert_int_equal(access(toolchain_libc(), R_OK), 0);
    assert_int_equal(access(toolchain_libm(), R_OK), 0);
}

/* A directory of the compiler's may stand in a path only until the compiler is not installed. */
static void no_path_leads_through_another_directory(void **state)
{
    (void)state;
    assert_null(strstr(toolchain_libc(), "/../"));
    assert_null(strstr(toolchain_libm(), "/../"));
}

static void elsewhere_it_is_what_this_process_has_loaded(void **state)
{
    (void)state;
    const char *path = toolchain_libc_or_loaded("/nowhere/lib/libc.so.6");
    assert_string_not_equal(path, "/nowhere/lib/libc.so.6");
    assert_string_equal(strrchr(path, '/'), "/libc.so.6");
    assert_int_equal(access(path, R_OK), 0);
}

static void its_directory_is_searched_last_and_once(void **state)
{
    char directories[PATH_MAX];
    (void)state;
    assert_string_equal(toolchain_directories_with("/a:/b", "/c/libc.so.6", directories), "/a:/b:/c");
    assert_string_equal(toolchain_directories_with("/a:/b", "/b/libc.so.6", directories), "/a:/b");
    assert_string_equal(toolchain_directories_with("/a:/bc", "/b/libc.so.6", directories), "/a:/bc:/b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_build_found_is_taken),
        cmocka_unit_test(no_path_leads_through_another_directory),
        cmocka_unit_test(elsewhere_it_is_what_this_process_has_loaded),
        cmocka_unit_test(its_directory_is_searched_last_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
