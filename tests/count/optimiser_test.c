/* The rule on figures, empty loops of both architectures, and ops that a compiler removed, folded or hoisted beside
 * honest ones. */
#include "count/optimiser.h"
#include "measure/empty_loop.h"
#include "schema.h"
#include "store/csv.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the rule ---- */

static struct optimiser_counts counts(uint64_t n, uint64_t of_n, uint64_t of_2n, uint64_t of_none)
{
    return (struct optimiser_counts){.operations = n,
                                     .instructions_n = of_n,
                                     .instructions_2n = of_2n,
                                     .zero_known = true,
                                     .instructions_0 = of_none,
                                     .declares = true};
}

static enum optimiser_found judged(struct optimiser_counts given)
{
    return optimiser_judge(&given);
}

static void nothing_an_op_is_removed(void **state)
{
    (void)state;
    assert_int_equal(judged(counts(1024, 14, 14, 14)), OPTIMISER_REMOVED);
    assert_int_equal(judged(counts(1024, 16400, 16400, 14)), OPTIMISER_REMOVED);
    assert_int_equal(judged(counts(1024, 14 + 1, 14 + 2, 14)), OPTIMISER_PRESENT); /* 1024 elements an instruction */
}

static void an_empty_loop_is_what_it_declares(void **state)
{
    (void)state;
    struct optimiser_counts loop = counts(1024, 3082, 6154, 10);
    assert_int_equal(judged(loop), OPTIMISER_PRESENT);
    loop.empty_loop = true;
    assert_int_equal(judged(loop), OPTIMISER_EMPTY_LOOP);
    loop.declares = false;
    assert_int_equal(judged(loop), OPTIMISER_PRESENT);
}

static void only_the_first_op_is_hoisted(void **state)
{
    (void)state;
    const uint64_t n = 1024, per_op = 4, none = 12;
    struct optimiser_counts found = counts(n, none + 48 + n * per_op, none + 48 + 2 * n * per_op, none);
    assert_int_equal(judged(found), OPTIMISER_HOISTED);
    assert_true(optimiser_per_op(&found) == 4);
    assert_true(optimiser_fixed(&found) == 48);
    found = counts(n, none + 47 + n * per_op, none + 47 + 2 * n * per_op, none);
    assert_int_equal(judged(found), OPTIMISER_PRESENT);
    found = counts(n, none + 9000 + n * 16, none + 9000 + 2 * n * 16, none); /* an op of 16 is there */
    assert_int_equal(judged(found), OPTIMISER_PRESENT);
    found = counts(n, none + 48 + n * 15, none + 48 + 2 * n * 15, none); /* no more than four of its ops */
    assert_int_equal(judged(found), OPTIMISER_PRESENT);
    found = counts(n, none + 300 + n, none + 300 + 2 * n, none); /* no loop goes round for each op */
    assert_int_equal(judged(found), OPTIMISER_PRESENT);
}

static void no_op_tells_a_set_up(void **state)
{
    (void)state;
    struct optimiser_counts found = counts(1024, 9000 + 4 * 1024, 9000 + 8 * 1024, 8990);
    assert_int_equal(judged(found), OPTIMISER_PRESENT);
    found.instructions_0 = 10;
    assert_int_equal(judged(found), OPTIMISER_HOISTED);
    found.zero_known = false;
    assert_int_equal(judged(found), OPTIMISER_OPEN);
    assert_true(isnan(optimiser_fixed(&found)));
    found = counts(1024, 30 + 4 * 1024, 30 + 8 * 1024, 0); /* so little needs no explanation */
    found.zero_known = false;
    assert_int_equal(judged(found), OPTIMISER_PRESENT);
}

static void a_round_of_one_op_is_judged_against_none(void **state)
{
    (void)state;
    struct optimiser_counts found = {.operations = 1, .single = true, .instructions_n = 15};
    assert_int_equal(judged(found), OPTIMISER_OPEN);
    found.zero_known = true;
    found.instructions_0 = 12;
    assert_int_equal(judged(found), OPTIMISER_PRESENT);
    found.instructions_0 = 15;
    assert_int_equal(judged(found), OPTIMISER_REMOVED);
}

/* ---- empty loops ---- */

struct loop {
    size_t count;
    unsigned char code[4][8];
    bool empty;
};

static void check_loops(const struct loop *loops, size_t count, bool (*is_empty)(const unsigned char *const *, size_t))
{
    for (size_t i = 0; i < count; i++) {
        const unsigned char *code[4];
        for (size_t k = 0; k < loops[i].count; k++)
            code[k] = loops[i].code[k];
        if (is_empty(code, loops[i].count) != loops[i].empty)
            fail_msg("loop %zu is%s empty", i, loops[i].empty ? "" : " not");
    }
}

static void empty_loops_of_x86(void **state)
{
    (void)state;
    static const struct loop loops[] = {
        {3, {{0x48, 0x83, 0xc1, 0x01}, {0x48, 0x39, 0xca}, {0x75, 0xf7}}, true}, /* add $1; cmp; jne */
        {2, {{0x48, 0x83, 0xea, 0x01}, {0x75, 0xfa}}, true},                     /* sub $1; jne */
        {2, {{0x48, 0xff, 0xca}, {0x0f, 0x85, 0, 0, 0, 0}}, true},               /* dec; jne, far */
        {2, {{0x48, 0x83, 0xc0, 0xff}, {0x75, 0xfa}}, true},                     /* add $-1; jne */
        {3, {{0x48, 0xff, 0xc9}, {0x48, 0x85, 0xc9}, {0x75, 0xf8}}, true},       /* dec; test; jne */
        {3, {{0x49, 0xff, 0xc0}, {0x49, 0x81, 0xf8, 0, 4}, {0x72, 0xf4}}, true}, /* inc; cmp $1024; jb */
        {3, {{0x48, 0x01, 0xf0}, {0x48, 0xff, 0xca}, {0x75, 0xf8}}, false},      /* add register; dec; jne */
        {3, {{0x48, 0x83, 0xc0, 1}, {0x48, 0xff, 0xca}, {0x75, 0xf8}}, false},   /* add $1; dec; jne: one of two */
        {3, {{0x48, 0xff, 0x07}, {0x48, 0x39, 0xca}, {0x75, 0xf7}}, false},      /* inc memory */
        {3, {{0x48, 0x83, 0xc1, 1}, {0x48, 0x3b, 0x0a}, {0x75, 0xf7}}, false},   /* cmp with memory */
        {3, {{0x48, 0x83, 0xc9, 1}, {0x48, 0x39, 0xca}, {0x75, 0xf7}}, false},   /* or $1 */
        {4, {{0x90}, {0x48, 0x83, 0xc1, 1}, {0x48, 0x39, 0xca}, {0x75}}, false}, /* one too many */
        {2, {{0x48, 0x83, 0xc1, 0x01}, {0xeb, 0xfa}}, false},                    /* jmp: no end */
        {0, {{0}}, false},
    };
    check_loops(loops, sizeof loops / sizeof loops[0], empty_loop_x86);
}

#define WORD(w)                                                                                                        \
    {                                                                                                                  \
        (w) & 0xff, (w) >> 8 & 0xff, (w) >> 16 & 0xff, (w) >> 24                                                       \
    }

static void empty_loops_of_aarch64(void **state)
{
    (void)state;
    static const struct loop loops[] = {
        {3, {WORD(0x91000421u), WORD(0xeb01005fu), WORD(0x54ffffc1u)}, true},  /* add x1,x1,#1; cmp x2,x1; b.ne */
        {2, {WORD(0xf1000442u), WORD(0x54ffffe1u)}, true},                     /* subs x2,x2,#1; b.ne */
        {2, {WORD(0xd1000442u), WORD(0xb5ffffe2u)}, true},                     /* sub x2,x2,#1; cbnz x2 */
        {3, {WORD(0x91000421u), WORD(0xf104003fu), WORD(0x54ffffc1u)}, true},  /* add; cmp x1,#256; b.ne */
        {3, {WORD(0x8b010000u), WORD(0xf1000442u), WORD(0x54ffffc1u)}, false}, /* add x0,x0,x1; subs; b.ne */
        {3, {WORD(0xf9400000u), WORD(0xf1000442u), WORD(0x54ffffc1u)}, false}, /* ldr */
        {2, {WORD(0x91000421u), WORD(0x17ffffffu)}, false},                    /* b: no end */
    };
    check_loops(loops, sizeof loops / sizeof loops[0], empty_loop_aarch64);
}

/* ---- ops ---- */

static struct fixture {
    struct paths paths;
    struct module_set modules, kernels;
    struct launch launch;
    char scratch[PATH_MAX];
    struct csv_data table;
} fixture;

static void load(struct module_set *set, const char *directory, const char *name)
{
    struct error error = {0};
    char scratch[PATH_MAX + 16];
    snprintf(scratch, sizeof scratch, "%s/%s", fixture.scratch, name);
    char command[PATH_MAX + 32];
    snprintf(command, sizeof command, "mkdir '%s'", scratch);
    assert_int_equal(system(command), 0);
    if (module_set_load(set, directory, NULL, NULL, scratch, fixture.paths.worker, &error) != 0)
        fail_msg("%s", error.message);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(fixture.scratch, sizeof fixture.scratch, "%s/optimiser-XXXXXX", TEST_BINARY_DIR);
    assert_non_null(mkdtemp(fixture.scratch));
    snprintf(fixture.paths.build, PATH_MAX, "%.4000s", fixture.scratch);
    snprintf(fixture.paths.worker, PATH_MAX, "%s", OPTIMISER_WORKER);
    snprintf(fixture.paths.data, PATH_MAX, "%s/data", OPTIMISER_MODULES); /* there is none */
    load(&fixture.modules, OPTIMISER_MODULES, "modules");
    load(&fixture.kernels, OPTIMISER_KERNELS, "kernels");
    for (size_t i = 0; i < fixture.modules.count; i++)
        fixture.modules.modules[i].given = true;
    return 0;
}

static int tear_down(void **state)
{
    char command[PATH_MAX + 16];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", fixture.scratch);
    assert_int_equal(system(command), 0);
    module_set_free(&fixture.modules);
    module_set_free(&fixture.kernels);
    return 0;
}

/* Looks at one case; its refusal into `error`, its rows into fixture.table when there is none. */
static void look_at(const struct module_set *set, const char *workload, struct error *error)
{
    const char *const only[] = {workload, NULL};
    char path[PATH_MAX + 32];
    struct error reading = {0};
    *error = (struct error){0};
    launch_init(&fixture.launch, &fixture.paths, fixture.scratch, set);
    csv_free(&fixture.table);
    snprintf(path, sizeof path, "%s/%s", fixture.scratch, schema_optimiser.file);
    if (optimiser_measure(fixture.scratch, &fixture.launch, set, workload ? only : NULL, true, error) == 0 &&
        csv_read(path, &schema_optimiser, &fixture.table, &reading) != 0)
        fail_msg("%s", reading.message);
}

static void refuses(const char *workload, const char *words)
{
    struct error error;
    char names[128];
    look_at(&fixture.modules, workload, &error);
    snprintf(names, sizeof names, "/cases.o: variant cases, workload %s: ", workload);
    if (error.code != EXIT_USAGE || !strstr(error.message, names) || !strstr(error.message, words))
        fail_msg("%s: \"%s\" (%d) instead of a refusal with \"%s\"", workload, error.message, error.code, words);
}

enum { INSTRUCTIONS_ROW, OUTPUT_ROW };

static void says(const char *workload, size_t row, const char *status, const char *reason)
{
    struct error error;
    look_at(&fixture.modules, workload, &error);
    if (error.code != 0)
        fail_msg("%s: refused: %s", workload, error.message);
    assert_int_equal(fixture.table.row_count, 2);
    const char *found = csv_text(&fixture.table, row, SCHEMA_optimiser_status),
               *found_reason = csv_text(&fixture.table, row, SCHEMA_optimiser_reason);
    if (strcmp(found, status) != 0 || strncmp(found_reason, reason, strlen(reason)) != 0)
        fail_msg("%s: %s (%s) instead of %s (%s)", workload, found, found_reason, status, reason);
}

static double figure(size_t column)
{
    return csv_number(&fixture.table, INSTRUCTIONS_ROW, column);
}

static void what_was_removed_is_refused(void **state)
{
    (void)state;
    refuses("unused", "the compiler removed the op: run executes ");
    refuses("unused", " for 1024 ops and ");
    refuses("unused", "use the result: store it");
    refuses("unused_in_loop", "that each executes are those of an empty loop; use the result");
    refuses("single_unused", " for 0 ops and ");
}

static void what_was_folded_is_refused(void **state)
{
    (void)state;
    refuses("constant",
            "its output of 8 bytes is the same for 16 inputs; take the input of every op from encbench_next_input");
}

static void what_was_hoisted_is_refused(void **state)
{
    (void)state;
    refuses("hoisted", "the op was hoisted out of the loop: the first of a run executes ");
    refuses("hoisted", "and each further one 4;");
    refuses("hoisted_long", "the op was hoisted out of the loop: the first of a run executes ");
    refuses("once", "is done once a run (hoisted out of the loop): after 2 ops on different inputs its output is that "
                    "of the first");
    refuses("sum", "after 2 ops on different inputs its output is not that of the last");
}

static void honest_ops_are_not(void **state)
{
    (void)state;
    says("honest", OUTPUT_ROW, "ok", "");
    says("honest", INSTRUCTIONS_ROW, "ok", "");
    says("parity", OUTPUT_ROW, "ok", "");
    says("history", OUTPUT_ROW, "not checked", "the output depends on the ops before");
    says("long", INSTRUCTIONS_ROW, "ok", "more ops execute more: not counted to the end");
}

static void tiny_ops_are_not(void **state)
{
    (void)state;
    says("one_add", INSTRUCTIONS_ROW, "ok", "");
    assert_true(figure(SCHEMA_optimiser_instructions_per_op) <= 5);
    says("one_add_down", INSTRUCTIONS_ROW, "ok", "");
    assert_true(figure(SCHEMA_optimiser_instructions_per_op) <= 4);
    says("nothing", INSTRUCTIONS_ROW, "ok", "");
    assert_true(figure(SCHEMA_optimiser_instructions_per_op) <= 3);
    says("single", INSTRUCTIONS_ROW, "ok", "");
    says("vector", INSTRUCTIONS_ROW, "ok", "");
    assert_true(figure(SCHEMA_optimiser_instructions_per_op) < 4);
}

static void set_ups_inside_of_run_are_not(void **state)
{
    (void)state;
    says("set_up_inside", INSTRUCTIONS_ROW, "ok", "");
    assert_true(figure(SCHEMA_optimiser_instructions_per_op) < OPTIMISER_OP_MIN);
    assert_true(figure(SCHEMA_optimiser_instructions_fixed) < OPTIMISER_HOISTED_MIN);
    says("never_none", INSTRUCTIONS_ROW, "not checked", "the first op of a run executes many more instructions");
}

/* The shortest honest loops of the project itself. */
static void kernels_are_not(void **state)
{
    struct error error;
    (void)state;
    look_at(&fixture.kernels, NULL, &error);
    if (error.code != 0)
        fail_msg("%s", error.message);
    assert_true(fixture.table.row_count > 20);
    for (size_t row = 0; row < fixture.table.row_count; row += 2)
        if (strcmp(csv_text(&fixture.table, row, SCHEMA_optimiser_status), "ok") != 0)
            fail_msg("%s: %s", csv_text(&fixture.table, row, SCHEMA_optimiser_workload),
                     csv_text(&fixture.table, row, SCHEMA_optimiser_reason));
}

/* A second look takes what is kept; a refusal is none. */
static void findings_are_kept(void **state)
{
    char command[2 * PATH_MAX];
    (void)state;
    says("one_add", INSTRUCTIONS_ROW, "ok", "");
    snprintf(command, sizeof command,
             "sed -i 's/,one_add,\\(.*\\),instructions,ok,[0-9]*,/,one_add,\\1,instructions,ok,99,/' '%s/%s'",
             fixture.scratch, schema_optimiser_cache.file);
    assert_int_equal(system(command), 0);
    says("one_add", INSTRUCTIONS_ROW, "ok", "");
    assert_true(figure(SCHEMA_optimiser_instructions_per_op) == 99);
    refuses("unused", "removed");
    refuses("unused", "removed");
    snprintf(command, sizeof command, "echo damaged >'%s/%s'", fixture.scratch, schema_optimiser_cache.file);
    assert_int_equal(system(command), 0);
    says("one_add", INSTRUCTIONS_ROW, "ok", "");
    assert_true(figure(SCHEMA_optimiser_instructions_per_op) <= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_an_op_is_removed),
        cmocka_unit_test(an_empty_loop_is_what_it_declares),
        cmocka_unit_test(only_the_first_op_is_hoisted),
        cmocka_unit_test(no_op_tells_a_set_up),
        cmocka_unit_test(a_round_of_one_op_is_judged_against_none),
        cmocka_unit_test(empty_loops_of_x86),
        cmocka_unit_test(empty_loops_of_aarch64),
        cmocka_unit_test(what_was_removed_is_refused),
        cmocka_unit_test(what_was_folded_is_refused),
        cmocka_unit_test(what_was_hoisted_is_refused),
        cmocka_unit_test(honest_ops_are_not),
        cmocka_unit_test(tiny_ops_are_not),
        cmocka_unit_test(set_ups_inside_of_run_are_not),
        cmocka_unit_test(kernels_are_not),
        cmocka_unit_test(findings_are_kept),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
