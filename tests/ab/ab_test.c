/* What ab decides and prints of figures that are made up; how it cuts words and what it calls its sides. */
#include "ab/compile.h"
#include "ab/inputs.h"
#include "ab/print.h"
#include "ab/sides.h"
#include "ab/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- words ---- */

static void expect_words(const char *text, const char *joined)
{
    struct shell_words words = {0};
    struct error error = {0};
    char found[256] = "";
    assert_int_equal(shell_words_split(&words, text, "test", &error), 0);
    for (size_t i = 0; i < words.count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "[%s]", words.word[i]);
    assert_string_equal(found, joined);
    if (words.count > 0)
        assert_null(words.word[words.count]);
    shell_words_free(&words);
}

static void words_are_cut_as_a_shell_cuts(void **state)
{
    (void)state;
    expect_words("", "");
    expect_words("  \t\n ", "");
    expect_words("-O2 -DX=1", "[-O2][-DX=1]");
    expect_words("  a   b  ", "[a][b]");
    expect_words("-DX='a b' c", "[-DX=a b][c]");
    expect_words("'a\\b' \"a\\b\" a\\b", "[a\\b][a\\b][ab]");
    expect_words("\"a\\\"b\" \"a'b\" 'a\"b'", "[a\"b][a'b][a\"b]");
    expect_words("a\\ b '' \"\"", "[a b][][]");
    expect_words("$HOME `ls` *", "[$HOME][`ls`][*]"); /* nothing is expanded */
}

static void an_open_quote_is_refused(void **state)
{
    (void)state;
    struct shell_words words = {0};
    struct error error = {0};
    assert_int_equal(shell_words_split(&words, "-O2 'a b", "--cflags", &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "--cflags"));
    assert_non_null(strstr(error.message, "does not end"));
    shell_words_free(&words);
}

/* ---- labels ---- */

static void label(struct ab_sides *sides, size_t count, const char *const files[][3])
{
    struct error error = {0};
    *sides = (struct ab_sides){.count = count};
    for (size_t i = 0; i < count; i++) {
        snprintf(sides->side[i].file, PATH_MAX, "%s", files[i][0]);
        snprintf(sides->side[i].variant, ENCBENCH_NAME_BYTES, "%s", files[i][1]);
        shell_words_split(&sides->side[i].flags, files[i][2], "test", &error);
    }
    ab_sides_label(sides);
}

static void sides_are_called_by_what_differs(void **state)
{
    (void)state;
    struct ab_sides *sides = calloc(1, sizeof *sides);
    static const struct {
        const char *files[2][3], *labels[2];
    } cases[] = {
        {{{"x/old.c", "plain", ""}, {"x/new.c", "table", ""}}, {"plain", "table"}},
        {{{"x/old.c", "mine", ""}, {"x/new.c", "mine", ""}}, {"old", "new"}},
        {{{"lib-1.0/src/x.c", "mine", ""}, {"lib-1.1/src/x.c", "mine", ""}}, {"lib-1.0:src:x", "lib-1.1:src:x"}},
        {{{"x.c", "mine", "-O2"}, {"x.c", "mine", "-O3"}}, {"x-O2", "x-O3"}},
        {{{"x.c", "mine", "-DA=\"1 2\""}, {"x.c", "mine", "-DA=3"}}, {"x-DA=1_2", "x-DA=3"}},
        {{{"x.c", "mine", ""}, {"x.c", "mine", ""}}, {"x:1", "x:2"}},
        {{{"twin.c", "mine", ""}, {"new.c", "mine", ""}}, {"twin:mine", "new:mine"}}, /* twin is the harness's */
        {{{"a/.hidden", "mine", ""}, {"b/.hidden", "mine", ""}}, {"a:.hidden", "b:.hidden"}},
    };
    assert_non_null(sides);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        label(sides, 2, cases[i].files);
        assert_string_equal(sides->side[0].label, cases[i].labels[0]);
        assert_string_equal(sides->side[1].label, cases[i].labels[1]);
        ab_sides_free(sides);
    }
    free(sides);
}

static void a_side_without_a_legal_label_has_a_number(void **state)
{
    (void)state;
    char path[ENCBENCH_NAME_BYTES + 40];
    struct ab_sides *sides = calloc(1, sizeof *sides);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    const char *const files[][3] = {{path, "mine", ""}, {path, "mine", ""}};
    label(sides, 2, files);
    assert_string_not_equal(sides->side[0].label, sides->side[1].label);
    assert_true(strlen(sides->side[0].label) < ENCBENCH_NAME_BYTES);
    free(sides);
}

/* ---- the list of variants ---- */

static void garbage_is_no_object(void **state)
{
    (void)state;
    char path[] = "/tmp/encbench-ab-test-XXXXXX";
    static const unsigned char bytes[200] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (size_t length = 0; length <= sizeof bytes; length += 8) {
        struct shell_words names = {0};
        struct error error = {0};
        unsigned char copy[sizeof bytes];
        memcpy(copy, bytes, sizeof bytes);
        memset(copy + 16, 0xff, sizeof copy - 16); /* every offset beyond the file */
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, copy, length, 0), (ssize_t)length);
        assert_int_equal(ab_variants_read(path, &names, &error), EXIT_USAGE);
        assert_int_equal(names.count, 0);
        shell_words_free(&names);
    }
    close(fd);
    unlink(path);
}

/* ---- what is said ---- */

static struct ab_row row = {.contender = 1,
                            .workload = {.short_name = "hash.fresh", .state = MEASURE_FRESH, .input_bytes = 1024}};

static struct ab_result result_of(double low, double high, double mde)
{
    return (struct ab_result){.row = &row,
                              .baseline = "old",
                              .contender = "new",
                              .effect_percent = (low + high) / 2,
                              .percent = {low, high},
                              .twin_percent = {-0.1, 0.1},
                              .confidence = 0.99,
                              .smallest_found_percent = mde,
                              .level = {{1000, {990, 1010}, 3000, 8203, 0}, {900, {890, 910}, 2700, 7200, 0}},
                              .processes = 14};
}

static enum ab_verdict decide(struct ab_result *result, const char *words, const char *verdict, const char *cause)
{
    const bool muted = strcmp(words, "not resolvable here") == 0;
    ab_decide(result, &(struct ab_said){words, muted ? "control chain failed" : "", verdict, cause}, 1);
    return result->verdict;
}

static void words_of_the_run_are_those_of_the_row(void **state)
{
    (void)state;
    struct ab_result result = result_of(2, 3, 0.5);
    assert_int_equal(decide(&result, "slower by", "refuted", "decided"), AB_SLOWER);
    assert_int_equal(decide(&result, "slower by", "not resolvable here", "straddles"), AB_SLOWER);
    assert_int_equal(decide(&result, "faster by", "refuted", "decided"), AB_FASTER);
    assert_int_equal(decide(&result, "equal by construction", "confirmed", "decided"), AB_SAME_CODE);
    assert_int_equal(decide(&result, "no difference shown", "confirmed", "decided"), AB_NO_DIFFERENCE);
    assert_string_equal(result.reason, "");
    assert_int_equal(decide(&result, "no difference shown", "not resolvable here", "tail"), AB_NOT_RESOLVABLE);
    assert_non_null(strstr(result.reason, "tails"));
    assert_false(result.blind);
    assert_int_equal(decide(&result, "not resolvable here", "not resolvable here", "control"), AB_NOT_RESOLVABLE);
    assert_string_equal(result.reason, "control chain failed");
    assert_true(result.blind);
    assert_int_equal(decide(&result, "single layout", "not resolvable here", "single_layout"), AB_NOT_RESOLVABLE);
    assert_true(result.blind && strstr(result.reason, "one layout"));
}

/* Nothing is not resolvable without a reason. */
static void every_cause_gives_a_reason(void **state)
{
    (void)state;
    static const char *const causes[] = {"decided",     "straddles", "no_interval", "no_twin",
                                         "within_twin", "tail",      "layout",      "linearity"};
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        struct ab_result narrow = result_of(0.2, 1.2, 0.5), wide = result_of(-2, 2, 3),
                         none = result_of(-INFINITY, INFINITY, INFINITY);
        struct ab_result *const all[] = {&narrow, &wide, &none};
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(decide(all[j], "no difference shown", "not resolvable here", causes[i]),
                             AB_NOT_RESOLVABLE);
            assert_true(strlen(all[j]->reason) > 10 || strcmp(all[j]->reason, causes[i]) == 0);
        }
    }
}

static void an_op_of_less_than_a_cycle_has_no_verdict(void **state)
{
    (void)state;
    struct ab_result result = result_of(20, 30, 0.5);
    result.level[1].cycles_per_op = 0.4;
    assert_int_equal(decide(&result, "slower by", "refuted", "decided"), AB_NOT_RESOLVABLE);
    assert_true(result.blind && strstr(result.reason, "0.4 cycles"));
    result.level[1].cycles_per_op = NAN; /* without a clock nobody knows */
    assert_int_equal(decide(&result, "slower by", "refuted", "decided"), AB_SLOWER);
}

static int judge(enum ab_verdict verdict, double low, double high, bool blind, const char *claim, const char *cause)
{
    struct ab_table *table = calloc(1, sizeof *table);
    table->count = 2; /* the other row is well */
    table->result[0] = result_of(-0.2, 0.2, 0.3);
    table->result[0].verdict = AB_NO_DIFFERENCE;
    table->result[1] = result_of(low, high, 0.5);
    ab_decide(&table->result[1], &(struct ab_said){"no difference shown", "", claim, cause}, 2);
    table->result[1].verdict = verdict;
    table->result[1].blind = blind;
    const int code = ab_table_judge(table, 2);
    free(table);
    return code;
}

static void slower_by_more_than_the_limit_fails(void **state)
{
    static const char open[] = "not resolvable here";
    (void)state;
    assert_int_equal(judge(AB_SLOWER, 2.1, 3, false, "refuted", "decided"), EXIT_REGRESSION);
    assert_int_equal(judge(AB_SLOWER, 2.1, 30, false, "refuted", "decided"), EXIT_REGRESSION);
    assert_int_equal(judge(AB_SLOWER, 0.1, 1.9, false, "confirmed", "decided"), EXIT_PASS);
    assert_int_equal(judge(AB_FASTER, -30, -20, false, "refuted", "decided"), EXIT_PASS);
    assert_int_equal(judge(AB_NOT_RESOLVABLE, -1, 1.9, false, open, "straddles"), EXIT_PASS); /* all of it is below */
    assert_int_equal(judge(AB_SAME_CODE, -3, 3, false, "confirmed", "decided"), EXIT_PASS);
    assert_int_equal(judge(AB_NO_DIFFERENCE, -0.3, 0.3, false, "confirmed", "decided"), EXIT_PASS);
}

/* What may be above the limit has not passed: a wide interval, one that holds the limit, one that others contest. */
static void what_may_be_above_the_limit_has_not_passed(void **state)
{
    static const char open[] = "not resolvable here", *const causes[] = {"no_interval", "no_twin", "within_twin",
                                                                         "tail",        "layout",  "linearity"};
    (void)state;
    assert_int_equal(judge(AB_SLOWER, 1.9, 3, false, open, "straddles"), EXIT_UNFIT);
    assert_int_equal(judge(AB_NOT_RESOLVABLE, -1.5, 2.1, false, open, "straddles"), EXIT_UNFIT);
    assert_int_equal(judge(AB_NOT_RESOLVABLE, -0.1, 0.1, true, open, "control"), EXIT_UNFIT);
    assert_int_equal(judge(AB_NOT_RESOLVABLE, 5, 6, true, open, "control"), EXIT_UNFIT); /* not believed either way */
    assert_int_equal(judge(AB_NOT_RESOLVABLE, -INFINITY, INFINITY, false, open, "no_interval"), EXIT_UNFIT);
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        assert_int_equal(judge(AB_NOT_RESOLVABLE, -0.1, 0.1, false, open, causes[i]), EXIT_UNFIT);
        assert_int_equal(judge(AB_SLOWER, 2.1, 4, false, open, causes[i]), EXIT_UNFIT);
    }
}

/* ---- what one side lacks ---- */

static void add_workload(struct module_info *module, const char *name, unsigned states)
{
    struct module_workload *workload = &module->workloads[module->workload_count++];
    *workload = (struct module_workload){.flags = ENCBENCH_TIMED, .threads = 1};
    snprintf(workload->short_name, sizeof workload->short_name, "%s", name);
    snprintf(workload->base_name, sizeof workload->base_name, "%s", name);
    for (enum measure_state in = MEASURE_REPEAT + 1; in < MEASURE_STATES; in++)
        if (states & 1u << in) {
            struct module_workload *other = &module->in_states[module->in_state_count++];
            *other = *workload;
            other->state = in;
            snprintf(other->short_name, sizeof other->short_name, "%.40s.%s", name, measure_state_words[in]);
        }
}

static void expect_lacking(const struct module_set *set, const char *const *names, unsigned states, size_t lacking,
                           const char *words)
{
    struct ab_inputs *inputs = calloc(1, sizeof *inputs);
    struct ab_sides *sides = calloc(1, sizeof *sides);
    struct error error = {0};
    sides->count = 2;
    strcpy(sides->side[0].label, "old");
    strcpy(sides->side[1].label, "new");
    assert_int_equal(ab_inputs_make(inputs, set, sides, names, states, 1, &error), 0);
    assert_int_equal(inputs->lacking, lacking);
    if (strstr(inputs->left_out, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", inputs->left_out, words);
    ab_inputs_free(inputs);
    free(sides);
    free(inputs);
}

static void what_one_side_lacks_is_said_whole(void **state)
{
    (void)state;
    enum { FRESH = 1u << MEASURE_FRESH, COLD = 1u << MEASURE_COLD };
    static const char *const hash[] = {"hash", NULL}, *const both[] = {"hash", "gone_39", NULL};
    struct module_set set = {.modules = calloc(2, sizeof *set.modules), .count = 2};
    add_workload(&set.modules[0], "hash", FRESH | COLD);
    add_workload(&set.modules[1], "hash", FRESH);
    expect_lacking(&set, NULL, 0, 0, "");
    expect_lacking(&set, NULL, FRESH | COLD, 1, "only old has hash.cold");
    for (int i = 0; i < 40; i++) {
        char name[64];
        snprintf(name, sizeof name, "gone_%d", i);
        add_workload(&set.modules[0], name, FRESH);
    }
    add_workload(&set.modules[1], "come", 0);
    expect_lacking(&set, NULL, 0, 41, "only old has gone_39.fresh; only new has come");
    expect_lacking(&set, hash, 0, 0, "");
    struct error error = {0};
    struct ab_inputs *inputs = calloc(1, sizeof *inputs);
    struct ab_sides *sides = calloc(1, sizeof *sides);
    sides->count = 2;
    assert_int_equal(ab_inputs_make(inputs, &set, sides, both, 0, 1, &error), EXIT_USAGE);
    ab_inputs_free(inputs);
    free(inputs);
    free(sides);
    free(set.modules);
}

static void what_one_side_lacks_has_not_passed(void **state)
{
    (void)state;
    struct ab_table *table = calloc(1, sizeof *table);
    table->count = 1;
    table->result[0] = result_of(-0.2, 0.2, 0.3);
    table->result[0].verdict = AB_NO_DIFFERENCE;
    assert_int_equal(ab_table_judge(table, 2), EXIT_PASS);
    table->lacking = 1;
    assert_int_equal(ab_table_judge(table, 2), EXIT_UNFIT);
    table->result[0] = result_of(20, 30, 0.5);
    ab_decide(&table->result[0], &(struct ab_said){"slower by", "", "refuted", "decided"}, 2);
    assert_int_equal(ab_table_judge(table, 2), EXIT_REGRESSION);
    free(table);
}

/* ---- on the screen ---- */

static char *printed(const struct ab_table *table, const struct ab_sides *sides)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    ab_print_text(stream, table, sides, 3, 8.25, AB_COLUMNS);
    fclose(stream);
    return text;
}

static void three_workloads_are_twelve_lines_of_80_columns(void **state)
{
    (void)state;
    struct ab_table *table = calloc(1, sizeof *table);
    struct ab_sides *sides = calloc(1, sizeof *sides);
    const char *const files[][3] = {{"old.c", "old", ""}, {"new.c", "new", ""}};
    label(sides, 2, files);
    *table = (struct ab_table){.count = 3, .tolerance_percent = 1, .controls = 24, .controls_hold = 24};
    table->result[0] = result_of(-10.4, -9.8, 0.31);
    table->result[0].verdict = AB_FASTER;
    table->result[1] = result_of(-0.21, 0.23, 0.4);
    table->result[1].verdict = AB_NO_DIFFERENCE;
    table->result[2] = result_of(-1.4, 2.1, 2.5);
    table->result[2].verdict = AB_NOT_RESOLVABLE;
    table->result[2].processes_needed = 90;
    snprintf(table->result[2].reason, sizeof table->result[2].reason, "the interval holds 0 and more than 1 %%");
    char *text = printed(table, sides);
    static const char expected[] = "new against old, per op\n"
                                   "hash.fresh: faster by 10.1 % [9.8, 10.4]; 0.31 % would be found\n"
                                   "  1000 -> 900 ns/op, 1.02 -> 1.14 GB/s, 8203 -> 7200 instr., 0 alloc.\n"
                                   "hash.fresh: no difference within 1 %, effect 0.0 % [-0.2, 0.2]; 0.4 % would be\n"
                                   "  found\n"
                                   "  1000 -> 900 ns/op, 1.02 -> 1.14 GB/s, 8203 -> 7200 instr., 0 alloc.\n"
                                   "hash.fresh: not resolvable here, effect 0.4 % [-1.4, 2.1]; 2.5 % would be found\n"
                                   "  1000 -> 900 ns/op, 1.02 -> 1.14 GB/s, 8203 -> 7200 instr., 0 alloc.\n"
                                   "  why: the interval holds 0 and more than 1 %; 90 processes would decide it,\n"
                                   "    here were 14\n"
                                   "error 1 % over 3 rows and 3 looks (Bonferroni); 14 processes, 8.2 s; 24 of 24\n"
                                   "  controls hold\n";
    assert_string_equal(text, expected);
    size_t lines = 0;
    for (const char *at = text; *at; at += strcspn(at, "\n") + 1, lines++)
        assert_true(strcspn(at, "\n") <= AB_COLUMNS);
    assert_int_equal(lines, 12);
    free(text);
    free(sides);
    free(table);
}

/* Another unit where the smaller of both is below 1; no rate without input; counts that nobody has are left out. */
static void levels_have_one_unit_and_no_figure_is_made_up(void **state)
{
    (void)state;
    struct ab_table *table = calloc(1, sizeof *table);
    struct ab_sides *sides = calloc(1, sizeof *sides);
    const char *const files[][3] = {{"old.c", "old", ""}, {"new.c", "new", ""}};
    struct ab_row silent = row;
    silent.workload.input_bytes = 0;
    label(sides, 2, files);
    *table = (struct ab_table){.count = 1, .tolerance_percent = 1};
    table->result[0] = result_of(-86, -84, 1);
    table->result[0].row = &silent;
    table->result[0].verdict = AB_FASTER;
    table->result[0].level[0] = (struct ab_level){2131, {2100, 2160}, 6000, NAN, NAN};
    table->result[0].level[1] = (struct ab_level){311, {309, 313}, 900, NAN, 0.5};
    char *text = printed(table, sides);
    assert_non_null(strstr(text, "\n  2131 -> 311 ns/op, ? -> 0.5 alloc.\n"));
    assert_null(strstr(text, "GB/s"));
    assert_null(strstr(text, "instr"));
    free(text);
    free(sides);
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_cut_as_a_shell_cuts),
        cmocka_unit_test(an_open_quote_is_refused),
        cmocka_unit_test(sides_are_called_by_what_differs),
        cmocka_unit_test(a_side_without_a_legal_label_has_a_number),
        cmocka_unit_test(garbage_is_no_object),
        cmocka_unit_test(words_of_the_run_are_those_of_the_row),
        cmocka_unit_test(every_cause_gives_a_reason),
        cmocka_unit_test(an_op_of_less_than_a_cycle_has_no_verdict),
        cmocka_unit_test(slower_by_more_than_the_limit_fails),
        cmocka_unit_test(what_may_be_above_the_limit_has_not_passed),
        cmocka_unit_test(what_one_side_lacks_is_said_whole),
        cmocka_unit_test(what_one_side_lacks_has_not_passed),
        cmocka_unit_test(three_workloads_are_twelve_lines_of_80_columns),
        cmocka_unit_test(levels_have_one_unit_and_no_figure_is_made_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
