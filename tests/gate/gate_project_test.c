/*
 * encbench.ini and paths of a project; which revision is judged next; exit codes for git bisect run.
 */
#include "gate/functions.h"
#include "gate/gate.h"
#include "gate/project.h"
#include "gate/since.h"
#include "gate/tree.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static void test_ini(void **state)
{
    (void)state;
    struct error error = {0};
    struct gate_ini ini;
    char text[] = "# a comment\n\n[gate]\nbase = origin/main\r\n  build=make -C x CFLAGS=\"a = b\"  \n"
                  "module = out/a.o\nmodule = ./out/b.o\nworkloads = one, two ,three\n; another\nallow = ci/allow.csv";
    assert_int_equal(gate_ini_parse(text, "x.ini", &ini, &error), 0);
    assert_string_equal(ini.base, "origin/main");
    assert_string_equal(ini.build, "make -C x CFLAGS=\"a = b\"");
    assert_string_equal(ini.modules[0], "out/a.o");
    assert_string_equal(ini.modules[1], "./out/b.o");
    assert_null(ini.modules[2]);
    assert_string_equal(ini.workloads[1], "two");
    assert_null(ini.workloads[3]);
    assert_null(ini.variants[0]);
    assert_string_equal(ini.allow, "ci/allow.csv");
}

static void test_ini_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"base = a\nmodul = b\n", "x.ini:2: unknown key \"modul\""},
        {"base\n", "x.ini:1: \"base\" is no line of it"},
        {"\nbase =\n", "x.ini:2: base has no value"},
        {"base = a\nbuild = b\nbase = c\n", "x.ini:3: base is there a second time"},
        {"module = /a.o\n", "x.ini:1: module /a.o is outside the repository"},
        {"module = a/../../b.o\n", "x.ini:1: module a/../../b.o is outside the repository"},
        {"module = .\n", "x.ini:1: module . is outside the repository"},
        {"allow = ../a.csv\n", "x.ini:1: allow ../a.csv is outside the repository"},
        {"variants = a,,b\n", "x.ini:1: variants: an empty name"},
        {"[other]\n", "x.ini:1: \"[other]\" is no line of it"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error error = {0};
        struct gate_ini ini;
        char text[256];
        snprintf(text, sizeof text, "%s", wrong[i].text);
        assert_int_equal(gate_ini_parse(text, "x.ini", &ini, &error), EXIT_USAGE);
        if (strncmp(error.message, wrong[i].message, strlen(wrong[i].message)) != 0)
            fail_msg("%s: %s", wrong[i].text, error.message);
    }
}

static void test_many_modules(void **state)
{
    (void)state;
    struct error error = {0};
    struct gate_ini ini;
    char text[4096] = "";
    for (int i = 0; i < GATE_MODULES_MAX + 1; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "module = m%d.o\n", i);
    assert_int_equal(gate_ini_parse(text, "x.ini", &ini, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "x.ini:17: more than 16 modules"));
}

static void check_below(const char *directory, const char *path, const char *expected)
{
    char *below = gate_project_below("/top/tree", directory, path);
    if (expected == NULL)
        assert_null(below);
    else
        assert_string_equal(below, expected);
    free(below);
}

static void test_below(void **state)
{
    (void)state;
    check_below("/top/tree", "out/a.o", "out/a.o");
    check_below("/top/tree/sub", "../out//./a.o", "out/a.o");
    check_below("/elsewhere", "/top/tree/a.o", "a.o");
    check_below("/top/tree", "../tree2/a.o", NULL);
    check_below("/top/tree", "..", NULL);
    check_below("/top/tree", ".", NULL);
    check_below("/top/tree", "../../../../a.o", NULL);
    check_below("/top", "tree/a.o", "a.o");
}

/* Every way to a first one that is worse, of up to twelve revisions of which some cannot be judged. */
static void test_since_next(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 12; count++)
        for (size_t worse = 0; worse < count; worse++)
            for (unsigned sick = 0; sick < 1u << (count - 1); sick++) {
                bool skipped[12] = {false};
                long good = -1;
                size_t bad = count - 1, judged = 0;
                for (size_t next; (next = gate_since_next(good, bad, skipped)) != bad;) {
                    assert_true((long)next > good && next < bad && !skipped[next]);
                    assert_true(++judged <= count);
                    if (sick >> next & 1)
                        skipped[next] = true;
                    else if (next >= worse)
                        bad = next;
                    else
                        good = (long)next;
                }
                assert_true(good < (long)worse && worse <= bad);
                if (sick == 0) {
                    assert_int_equal(bad, worse);
                    assert_true(judged <= 4);
                }
            }
}

static void test_bisect_code(void **state)
{
    (void)state;
    assert_int_equal(gate_bisect_code(EXIT_PASS, false), 0);
    assert_int_equal(gate_bisect_code(EXIT_REGRESSION, false), 1);
    assert_int_equal(gate_bisect_code(EXIT_USAGE, true), 125);
    assert_int_equal(gate_bisect_code(EXIT_USAGE, false), 130);
    assert_int_equal(gate_bisect_code(EXIT_UNFIT, false), 131);
    assert_int_equal(gate_bisect_code(EXIT_BLIND, false), 132);
}

/* ---- under which name a base is kept ---- */

static void test_variables(void **state)
{
    (void)state;
    static const char *const hashed[] = {
        "CC",   "RUSTFLAGS", "CMAKE_PREFIX_PATH", "CPATH",   "LIBRARY_PATH", "CFLAGS",        "GITHUB",
        "HOME", "TMP",       "TERMCAP",           "_ANYHOW", "MY_GITHUB_",   "ENCBENCH_MINE", "CI"};
    static const char *const taken[] = {"GITHUB_RUN_ID", "RUNNER_TEMP", "CI_JOB_ID",  "MAKEFLAGS",
                                        "SHLVL",         "_",           "SSH_CLIENT", "TMUX"};
    static const char *const passed[] = {"PWD", "TERM", "LC_ALL", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "ENCBENCH_INCLUDE"};
    for (size_t i = 0; i < sizeof hashed / sizeof hashed[0]; i++)
        assert_int_equal(gate_tree_variable(hashed[i]), GATE_VARIABLE_HASHED);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        assert_int_equal(gate_tree_variable(taken[i]), GATE_VARIABLE_TAKEN_AWAY);
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
        assert_int_equal(gate_tree_variable(passed[i]), GATE_VARIABLE_PASSED);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* A kept base that any of these would make otherwise is another one. */
static void test_key(void **state)
{
    (void)state;
    static struct paths paths = {.installed = true};
    static struct gate_project project = {.kind = GATE_REPOSITORY, .build = "make", .modules = {"a.o"}};
    const struct gate_builder builder = {.paths = &paths, .project = &project};
    char directory[] = "/tmp/gate-key-XXXXXX", header[128], compiler[128], path[4096], command[256];
    const char *path_before = getenv("PATH");
    assert_non_null(mkdtemp(directory));
    snprintf(paths.build, sizeof paths.build, "%s/lib/encbench", directory);
    snprintf(project.root, sizeof project.root, "%s", directory);
    snprintf(header, sizeof header, "%s/include/encbench/module.h", directory);
    snprintf(compiler, sizeof compiler, "%s/c++", directory);
    snprintf(command, sizeof command, "mkdir -p %s/include/encbench %s/lib/encbench", directory, directory);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s:%.3000s", directory, path_before);
    write_file(header, "1\n", 0644);
    write_file(compiler, "#!/bin/sh\necho 1\n", 0755);
    setenv("PATH", path, 1);
    unsetenv("CXX");

    uint64_t last = gate_tree_hash(&builder, directory, "HEAD"), next;
    setenv("GITHUB_RUN_ID", "17", 1);
    setenv("TERM", "another", 1);
    assert_true(gate_tree_hash(&builder, directory, "HEAD") == last);
#define CHANGES(what)                                                                                                  \
    what;                                                                                                              \
    next = gate_tree_hash(&builder, directory, "HEAD");                                                                \
    if (next == last)                                                                                                  \
        fail_msg("%s", #what);                                                                                         \
    last = next
    CHANGES(setenv("CPATH", "/elsewhere", 1));
    CHANGES(setenv("RUSTFLAGS", "-O", 1));
    CHANGES(unsetenv("CPATH"));
    CHANGES(write_file(header, "2\n", 0644));
    CHANGES(write_file(compiler, "#!/bin/sh\necho 2\n", 0755));
    CHANGES(project.ini.allow = "ci/allow.csv");
    CHANGES(project.build = "make all");
    CHANGES(project.modules[1] = "b.o");
#undef CHANGES
    setenv("PATH", path_before, 1);
    unsetenv("RUSTFLAGS");
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ini),       cmocka_unit_test(test_ini_refused), cmocka_unit_test(test_many_modules),
        cmocka_unit_test(test_below),     cmocka_unit_test(test_since_next),  cmocka_unit_test(test_bisect_code),
        cmocka_unit_test(test_variables), cmocka_unit_test(test_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
