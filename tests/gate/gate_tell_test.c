/*
 * What `gate` says of made-up findings: figures as people read them, the functions, every line to declare, what a noisy
 * pair could hide; test results and annotations.
 */
#include "gate/comparison.h"
#include "gate/tell.h"
#include "kernels/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct module_info variant = {.variant = "va"};
static struct module_workload workloads[] = {{.short_name = "wa"}, {.short_name = "wb"}, {.short_name = "wc"}};

static struct gate_row rows[] = {
    {PLANT_VARIANT, "plant_same", "instructions_per_op", "", 1, 2, GATE_REGRESSION},
    {"va", "wa", "allocations_per_op", "", 0, 1, GATE_REGRESSION},
    {"va", "wa", "instructions_per_op", "", 2640, 2650, GATE_REGRESSION},
    {"va", "wb", "instructions_per_op", "cannot <be> & stepped", 7, NAN, GATE_LOST},
    {"va", "wc", "instructions_per_op", "", 2640, 2640, GATE_SAME},
};

static struct gate_time_row timed(size_t workload, enum gate_judge_status judged, double slow_down, double threshold)
{
    return (struct gate_time_row){.base = &variant,
                                  .head = &variant,
                                  .base_workload = &workloads[workload],
                                  .head_workload = &workloads[workload],
                                  .status = GATE_TIME_JUDGED,
                                  .judged = judged,
                                  .passes = {{.processes = 20,
                                              .slow_down = slow_down,
                                              .interval = {.low = slow_down - 0.01, .high = slow_down + 0.01},
                                              .threshold = threshold}},
                                  .pass_count = 1,
                                  .base_ns = 2640,
                                  .head_ns = 2640 * (1 + slow_down)};
}

static int time_outcome = EXIT_REGRESSION; /* of the timing lane, in what is told */

/* Tells into a directory; malloc'ed text of a file of it, or of what was printed (NULL). */
static char *told(const char *file)
{
    static char directory[64], path[256];
    struct gate_time_row time_rows[] = {timed(0, GATE_JUDGE_RED, 0.167, 0.02), timed(1, GATE_JUDGE_GREEN, 0, 0.091),
                                        timed(2, GATE_JUDGE_GREEN, 0, 0.02)};
    time_rows[2].status = GATE_TIME_NOT_COMPARABLE;
    snprintf(time_rows[2].reason, sizeof time_rows[2].reason, "digest of the output");
    struct gate_time time = {.rows = time_rows, .row_count = 3, .outcome = time_outcome, .why = "a noisy machine"};
    struct gate_rows all = {rows, sizeof rows / sizeof rows[0]};
    struct gate_base base = {.commit = "0123456789abcdef"};
    struct gate_sides *sides = calloc(1, sizeof *sides);
    struct error error = {0};
    char *printed = NULL, *text = calloc(1, 65536);
    size_t printed_bytes;
    FILE *stream = open_memstream(&printed, &printed_bytes);
    strcpy(directory, "/tmp/gate-tell-XXXXXX");
    assert_non_null(mkdtemp(directory));
    strcpy(sides->side[GATE_BASE].directory, TEST_BINARY_DIR "/gate-tell-base");
    strcpy(sides->side[GATE_HEAD].directory, TEST_BINARY_DIR "/gate-tell-head");
    struct gate_found found = {.given = "main",
                               .base = &base,
                               .head = "the working tree",
                               .rows = &all,
                               .time = &time,
                               .allow = "/x/gate-allow.csv",
                               .sides = sides,
                               .directory = directory,
                               .kept = true};
    if (gate_tell(&found, stream, &error) != 0)
        fail_msg("%s", error.message);
    fclose(stream);
    snprintf(path, sizeof path, "%s/%s", directory, file ? file : "gate.md");
    FILE *read = fopen(path, "r");
    assert_non_null(read);
    assert_true(fread(text, 1, 65535, read) > 0);
    fclose(read);
    static const char *const files[] = {"gate.csv", "gate.md", "gate.xml", "gate.sarif", "gate_time.csv"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(directory), 0);
    free(sides);
    if (file) {
        free(printed);
        return text;
    }
    free(text);
    return printed;
}

static void holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("lacks \"%s\":\n%s", part, text);
}

static void put_symbols(const char *side, const char *first, const char *second)
{
    char path[512];
    snprintf(path, sizeof path, "mkdir -p %s/gate-tell-%s", TEST_BINARY_DIR, side);
    assert_int_equal(system(path), 0);
    snprintf(path, sizeof path, "%s/gate-tell-%s/symbols.csv", TEST_BINARY_DIR, side);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "variant,workload,object,symbol,instructions_per_op\n%s%s", first, second);
    assert_int_equal(fclose(file), 0);
}

static int make_symbols(void **state)
{
    (void)state;
    put_symbols("base", "va,wa,module,encode.constprop.0,2600\n", "va,wa,module,copy,40\n");
    put_symbols("head", "va,wa,module,encode,2605\n", "va,wa,module,copy,40\nva,wa,module,check,5\n");
    return 0;
}

static void test_text(void **state)
{
    (void)state;
    char *text = told(NULL);
    holds(text, "base main (0123456789ab); head: the working tree\n");
    holds(text, "  regression  va wa allocations_per_op  0 -> 1 (+1)\n");
    holds(text, "  regression  va wa instructions_per_op  2640 -> 2650 (+10, +0.38 %); ");
    holds(text, "encode 2600 -> 2605");
    holds(text, "check 0 -> 5");
    assert_null(strstr(text, "copy"));
    assert_null(strstr(text, "constprop"));
    holds(text, "  red         va wa ns_per_op  2640 -> 3081, +16.7 % [+15.7; +17.7], bound 2.0 %\n");
    holds(
        text,
        "  green       va wb ns_per_op  2640 -> 2640, +0.0 % [-1.0; +1.0], bound 9.1 %; up to 9.1 % slower would have "
        "passed\n");
    holds(text, "but of 1 a slow-down of up to 9.1 % would have passed");
    holds(text,
          "to declare what is meant, add to gate-allow.csv (its first line: variant,workload,metric,value,reason):\n"
          "  va,wa,allocations_per_op,1,REASON\n"
          "  va,wa,instructions_per_op,2650,REASON\n"
          "  va,wb,instructions_per_op,,REASON\n"
          "  va,wc,ns_per_op,,REASON\n");
    holds(text, "\ngate: worse than the base\n");
    assert_null(strstr(text, "e+"));
    assert_null(strstr(text, "::error"));
    free(text);
}

static void test_markdown(void **state)
{
    (void)state;
    char *text = told("gate.md");
    holds(text, "| regression | va | wa | instructions_per_op | 2640 | 2650 | +10, +0.38 %; ");
    holds(text, "| red | va | wa | 2640 | 3081 | +16.7 % [+15.7; +17.7], bound 2.0 %;");
    holds(text, "```\nva,wa,allocations_per_op,1,REASON\n");
    free(text);
}

static void test_junit(void **state)
{
    (void)state;
    char *text = told("gate.xml");
    holds(text, "<testsuite name=\"encbench gate\" tests=\"3\" failures=\"3\" errors=\"0\" skipped=\"0\">\n");
    holds(text, "<testcase classname=\"va\" name=\"wa\"><failure message=\"allocations_per_op: 0 -&gt; 1; "
                "instructions_per_op: 2640 -&gt; 2650; ns_per_op: red, +16.7 % [+15.7; +17.7]\"/></testcase>\n");
    holds(text, "instructions_per_op: 7 -&gt; none; cannot &lt;be&gt; &amp; stepped");
    assert_null(strstr(text, PLANT_VARIANT));
    free(text);
}

static void test_annotations(void **state)
{
    (void)state;
    assert_int_equal(setenv("GITHUB_ACTIONS", "true", 1), 0);
    char *text = told(NULL);
    holds(text, "\n::error title=encbench gate::va wa instructions_per_op: 2640 -> 2650\n");
    holds(text, "\n::error title=encbench gate::va wa ns_per_op: red, +16.7 %25 [+15.7; +17.7]\n");
    assert_null(strstr(text, "::" PLANT_VARIANT));
    free(text);
    assert_int_equal(unsetenv("GITHUB_ACTIONS"), 0);
}

static void lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("has \"%s\":\n%s", part, text);
}

static void test_sarif(void **state)
{
    (void)state;
    char *text = told("gate.sarif");
    holds(text, "\"ruleId\":\t\"instructions_per_op\"");
    holds(text, "\"text\":\t\"va wa ns_per_op: red, +16.7 % [+15.7; +17.7]\"");
    holds(text, "\"exitCode\":\t1");
    lacks(text, PLANT_VARIANT);
    free(text);
}

/* Of an unfit run the exact figures count, and of a blind one nothing; the files say so, as the exit code does. */
static void test_what_does_not_count(void **state)
{
    (void)state;
    static const char *const files[] = {"gate.xml", "gate.sarif", NULL};
    assert_int_equal(setenv("GITHUB_ACTIONS", "true", 1), 0);
    for (size_t i = 0; i < 3; i++) {
        time_outcome = EXIT_UNFIT;
        char *text = told(files[i]);
        holds(text, "2640 ");
        lacks(text, files[i] ? "16.7 %" : "+16.7 %25");
        free(text);
        time_outcome = EXIT_BLIND;
        text = told(files[i]);
        lacks(text, files[i] ? "2640 " : "2640 -> 2650\n::");
        holds(text, "a noisy machine");
        if (i == 0)
            holds(text, "failures=\"0\" errors=\"1\"");
        if (i == 1)
            holds(text, "\"executionSuccessful\":\tfalse");
        if (i == 2)
            holds(text, "::error title=encbench gate::a noisy machine\n");
        free(text);
    }
    time_outcome = EXIT_REGRESSION;
    assert_int_equal(unsetenv("GITHUB_ACTIONS"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),        cmocka_unit_test(test_markdown), cmocka_unit_test(test_junit),
        cmocka_unit_test(test_annotations), cmocka_unit_test(test_sarif),    cmocka_unit_test(test_what_does_not_count),
    };
    unsetenv("GITHUB_ACTIONS");
    unsetenv("GITHUB_STEP_SUMMARY");
    return cmocka_run_group_tests(tests, make_symbols, NULL);
}
