/*
 * The environment of what is measured: what was asked for, and nothing of the user's.
 */
#include "base/environment.h"
#include "base/paths.h"
#include "base/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* What a child says that is started with this. */
static char *child_says(const char *script, const struct environment *environment)
{
    const char *const arguments[] = {"/bin/sh", "-c", script, NULL};
    const struct process_options options = {
        .environment = environment, .quiet = true, .own_group = true, .time_limit_s = 30};
    struct process_end end;
    struct error error = {0};
    char *text;
    assert_int_equal(process_report(arguments, &options, &text, &end, &error), 0);
    return text;
}

static void ask(const char *const *preloads, const char *const *variables)
{
    struct error error = {0};
    assert_int_equal(environment_ask(preloads, variables, &error), 0);
}

static void of_the_users_nothing_is_left(void **state)
{
    (void)state;
    const char *const variables[] = {"GLIBC_TUNABLES=glibc.malloc.arena_max=1", "EMPTY=", NULL};
    setenv("LD_PRELOAD", "/no/such.so", 1);
    setenv("MALLOC_ARENA_MAX", "1", 1);
    setenv("LD_LIBRARY_PATH", "/nowhere", 1);
    unsetenv("ASAN_OPTIONS");
    ask(NULL, NULL);
    assert_string_equal(environment_words(), "");
    char *text = child_says("tr '\\0' '\\n' </proc/$$/environ >&3", environment_asked());
    assert_string_equal(text, "");
    free(text);
    ask(NULL, variables);
    text = child_says("tr '\\0' '\\n' </proc/$$/environ >&3", environment_asked());
    assert_string_equal(text, "GLIBC_TUNABLES=glibc.malloc.arena_max=1\nEMPTY=\n");
    free(text);
    assert_non_null(strstr(environment_kept_out(), "LD_PRELOAD, MALLOC_ARENA_MAX of the environment does not reach"));
    unsetenv("LD_PRELOAD");
    unsetenv("MALLOC_ARENA_MAX");
    unsetenv("LD_LIBRARY_PATH");
    assert_string_equal(environment_kept_out(), "");
}

/* They belong to the programs of a build that has them. */
static void of_a_sanitizer_only_where_there_is_one(void **state)
{
    (void)state;
    setenv("UBSAN_OPTIONS", "color=never", 1);
    ask(NULL, NULL);
    char *text = child_says("tr '\\0' '\\n' </proc/$$/environ | grep -v '^[AL]SAN' >&3", environment_asked());
    assert_string_equal(text, SANITIZED ? "UBSAN_OPTIONS=color=never\n" : "");
    free(text);
    unsetenv("UBSAN_OPTIONS");
}

/* A library whose name the loader would take for three is named by a descriptor; what comes first is ours. */
static void what_is_preloaded_stands_in_order(void **state)
{
    (void)state;
    struct error error = {0};
    char directory[] = "/tmp/environment test:XXXXXX", file[128];
    assert_non_null(mkdtemp(directory));
    snprintf(file, sizeof file, "%s/lib.so", directory);
    FILE *made = fopen(file, "w");
    assert_non_null(made);
    fclose(made);
    const char *const preloads[] = {"/dev/../etc/passwd", file, NULL};
    ask(preloads, NULL);
    struct environment environment = *environment_asked();
    assert_int_equal(environment_preload_first(&environment, "/ours.so", &error), 0);
    char *text = child_says("for file in $(tr '\\0:' '\\n ' </proc/$$/environ | sed -n s/^LD_PRELOAD=//p); do "
                            "case $file in /proc/self/fd/?) echo low ;; /proc/self/fd/*) readlink "
                            "/proc/$$/fd/${file##*/} ;; *) echo $file ;; esac; "
                            "done >&3",
                            &environment);
    char expected[256];
    snprintf(expected, sizeof expected, "/ours.so\n/etc/passwd\n%s\n", file);
    assert_string_equal(text, expected);
    free(text);
    assert_null(strstr(environment_words(), "/")); /* no path */
    assert_non_null(strstr(environment_words(), "preload=lib.so:e3b0c44298fc1c14"));
    remove(file);
    remove(directory);
}

static void every_difference_is_in_the_words(void **state)
{
    (void)state;
    static char one_long[1020], other_long[1020];
    const char *const one[] = {"A=1", "B=2", NULL}, *const other[] = {"A=1 setenv=B=2", NULL};
    const char *const first[] = {"A=1", one_long, NULL}, *const second[] = {"A=1", other_long, NULL};
    char *words;
    memset(one_long, 'x', sizeof one_long - 1);
    memset(other_long, 'x', sizeof other_long - 1);
    one_long[1] = other_long[1] = '=';
    other_long[sizeof other_long - 2] = 'y';
    ask(NULL, one);
    words = strdup(environment_words());
    ask(NULL, other);
    assert_string_not_equal(environment_words(), words);
    free(words);
    ask(NULL, first);
    words = strdup(environment_words());
    ask(NULL, second);
    assert_string_not_equal(environment_words(), words);
    free(words);
}

static void wrong(const char *preload, const char *variable, const char *says)
{
    const char *const preloads[] = {preload, NULL}, *const variables[] = {variable, variable ? "A=1" : NULL, NULL};
    struct error error = {0};
    assert_int_equal(environment_ask(preloads, variables, &error), EXIT_USAGE);
    if (strstr(error.message, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, says);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    char *large = calloc(1, 2000);
    memset(large, 'x', 1999);
    large[1] = '=';
    wrong(NULL, "A", "\"A\" is no assignment; expected NAME=VALUE");
    wrong(NULL, "=1", "is no assignment");
    wrong(NULL, "1A=1", "is no assignment");
    wrong(NULL, "A B=1", "is no assignment");
    wrong(NULL, "LD_PRELOAD=x", "expected --preload FILE");
    wrong(NULL, "A=2", "A is given twice");
    wrong(NULL, large, "longer than a run directory holds");
    wrong("/no/such.so", NULL, "--preload: \"/no/such.so\" is not there");
    wrong("libnosuch.so", NULL, "is not there; expected a shared object (its path, or the name of one in /");
    wrong("", NULL, "is not there");
    wrong("/tmp", NULL, "--preload: /tmp: cannot be read");
    free(large);
}

static void a_value_comes_back_from_its_cell(void **state)
{
    (void)state;
    static const char value[] = "a,b \"c\"%2c\t\x7f\xc3\xa4;=:%";
    char *cell = environment_encode(value), *back = environment_decode(cell);
    assert_null(strpbrk(cell, ",\"\t"));
    assert_string_equal(back, value);
    free(cell);
    free(back);
}

/* Mappings lie below the room for the stack: the user's limit would move them. */
static void the_stack_is_the_usual_one(void **state)
{
    (void)state;
    struct rlimit before, other;
    assert_int_equal(getrlimit(RLIMIT_STACK, &before), 0);
    other = before;
    other.rlim_cur = 4 << 20;
    assert_int_equal(setrlimit(RLIMIT_STACK, &other), 0);
    ask(NULL, NULL);
    char *text = child_says("ulimit -S -s >&3", environment_asked());
    assert_string_equal(text, "8192\n");
    free(text);
    assert_int_equal(setrlimit(RLIMIT_STACK, &before), 0);
}

/* In a child, for a hard limit does not come back. As root it would be raised: then as nobody. */
static int begin_with(rlim_t soft, rlim_t hard)
{
    struct error error = {0};
    const struct rlimit limit = {soft, hard};
    struct rlimit now;
    if (setrlimit(RLIMIT_STACK, &limit) != 0 || (getuid() == 0 && setuid(65534) != 0))
        return 99;
    if (environment_begin(&error) != 0)
        return strstr(error.message, "ulimit -s allows 512 KiB of stack and no more") ? error.code : 98;
    return getrlimit(RLIMIT_STACK, &now) == 0 && now.rlim_cur >= (2 << 20) ? 0 : 97;
}

static int with_more_to_be_had(void)
{
    return begin_with(512 << 10, 16 << 20);
}

static int with_no_more_to_be_had(void)
{
    return begin_with(512 << 10, 512 << 10);
}

static void too_small_a_stack_is_widened_or_refused(void **state)
{
    (void)state;
    struct process_end end;
    struct error error = {0};
    assert_int_equal(process_try(with_more_to_be_had, &end, &error), 0);
    assert_int_equal(end.status, 0);
    assert_int_equal(process_try(with_no_more_to_be_had, &end, &error), 0);
    assert_int_equal(end.status, EXIT_USAGE);
}

static void a_hook_of_git_does_not_lead_us_elsewhere(void **state)
{
    (void)state;
    setenv("GIT_DIR", "/elsewhere/.git", 1);
    setenv("GIT_INDEX_FILE", "index", 1);
    setenv("GIT_CONFIG_COUNT", "0", 1);
    struct error error = {0};
    assert_int_equal(environment_begin(&error), 0);
    assert_null(getenv("GIT_DIR"));
    assert_null(getenv("GIT_INDEX_FILE"));
    assert_non_null(getenv("GIT_CONFIG_COUNT"));
}

static void of_a_path_that_leads_elsewhere_the_name_is_shared(void **state)
{
    (void)state;
    static const char *const paths[][2] = {{"build/x.o", "build/x.o"},
                                           {"x.o", "x.o"},
                                           {"/home/me/x.o", "x.o"},
                                           {"../me/x.o", "x.o"},
                                           {"a/../../me/x.o", "x.o"},
                                           {"/home/me/d//", "d//"},
                                           {"~/x.o", "x.o"},
                                           {"..x/y..", "..x/y.."},
                                           {"/", "/"},
                                           {"", ""},
                                           {"..", ".."}};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_string_equal(paths_shareable(paths[i][0]), paths[i][1]);
}

static void of_a_reason_too(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"/home/me/a b.so: is odd; see (/tmp/x/log) and '/a/b'", "a b.so: is odd; see (log) and 'b'"},
        {"echo 2 > /proc/sys/kernel/perf; I/O and/or /sys/x /dev/null",
         "echo 2 > /proc/sys/kernel/perf; I/O and/or /sys/x /dev/null"},
        {"/tmp/d/: none", "d/: none"},
        {"/", "/"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *text = strdup(texts[i][0]);
        paths_make_shareable(text);
        assert_string_equal(text, texts[i][1]);
        free(text);
    }
}

/* As root writes anywhere, in a directory that is none. */
static void where_no_run_directory_can_be_made_there_is_another_way(void **state)
{
    (void)state;
    static const struct paths paths = {.results = "/dev/null/results"};
    struct error error = {0};
    char directory[PATH_MAX];
    assert_int_equal(paths_make_new(&paths, NULL, "smoke", directory, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "; give --out a directory that can be written"));
    assert_null(strchr(error.message, '\n'));
    error = (struct error){0};
    assert_int_equal(paths_make_new(&paths, "/proc/run", "smoke", directory, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "; give --out a directory that can be written"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_users_nothing_is_left),
        cmocka_unit_test(of_a_sanitizer_only_where_there_is_one),
        cmocka_unit_test(what_is_preloaded_stands_in_order),
        cmocka_unit_test(every_difference_is_in_the_words),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(a_value_comes_back_from_its_cell),
        cmocka_unit_test(the_stack_is_the_usual_one),
        cmocka_unit_test(too_small_a_stack_is_widened_or_refused),
        cmocka_unit_test(a_hook_of_git_does_not_lead_us_elsewhere),
        cmocka_unit_test(of_a_reason_too),
        cmocka_unit_test(where_no_run_directory_can_be_made_there_is_another_way),
        cmocka_unit_test(of_a_path_that_leads_elsewhere_the_name_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
