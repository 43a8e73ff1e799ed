/*
 * The plan: which arms share a process, how contrasts weigh them, order of processes, seeds of layouts. On made-up
 * modules.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/plan.h"
#include "schema.h"

enum { MODULES = 10 };

/* a, b, c, d with a planted `a`; d lacks the workload "second"; e, f, g only fill panels. */
static struct module_info modules[MODULES];
static const struct module_set set = {.modules = modules, .count = MODULES};
static const struct module_set *built = &set; /* what plans are built of */
static struct module_info kernels;

static void add_workload(struct module_info *info, const char *name)
{
    struct module_workload *workload = &info->workloads[info->workload_count++];
    snprintf(workload->name, sizeof workload->name, "%s:size=1", name);
    snprintf(workload->short_name, sizeof workload->short_name, "%s", name);
    snprintf(workload->base_name, sizeof workload->base_name, "%s", name);
    workload->batch_multiple_ops = 1;
    workload->flags = ENCBENCH_TIMED;
}

static int make_modules(void **state)
{
    static const char *const names[MODULES] = {"a", "b", "c", "d", "e", "f", "g", "a", "b", "quiet"};
    (void)state;
    for (size_t i = 0; i < MODULES; i++) {
        snprintf(modules[i].variant, sizeof modules[i].variant, "%s", names[i]);
        snprintf(modules[i].file, sizeof modules[i].file, "%s%s.o", names[i], i == 7 || i == 8 ? ".planted" : "");
        modules[i].planted = i == 7 || i == 8;
        add_workload(&modules[i], "first");
        if (i != 3)
            add_workload(&modules[i], "second");
        if (i == 9)
            modules[i].workloads[0].flags = modules[i].workloads[1].flags = ENCBENCH_EXACT;
    }
    add_workload(&kernels, "chain");
    add_workload(&kernels, "chain_planted");
    add_workload(&kernels, "chain_multiply");
    return 0;
}

/* Builds a plan from rows of panels.csv through the real reader. */
static int build_of(const struct module_set *of, const char *rows, const struct plan_selection *selection,
                    struct plan *plan, struct error *error)
{
    char path[] = "/tmp/encbench-plan-test-XXXXXX";
    struct csv_data panels = {0};
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fprintf(file, "panel,effort,workloads,contrast,kind,baseline,contender\n%s", rows);
    assert_int_equal(fclose(file), 0);
    *error = (struct error){0};
    *plan = (struct plan){0};
    if (csv_read(path, &schema_panels, &panels, error) == 0)
        plan_build(plan, &panels, of, &kernels, selection, error);
    csv_free(&panels);
    unlink(path);
    return error->code;
}

static int build(const char *rows, const struct plan_selection *selection, struct plan *plan, struct error *error)
{
    return build_of(built, rows, selection, plan, error);
}

static const struct plan_selection everything;

static double weight(const struct plan_cell *cell, const char *contrast, const char *arm)
{
    for (size_t i = 0; i < cell->contrast_count; i++)
        if (strcmp(cell->contrasts[i].name, contrast) == 0)
            return cell->contrasts[i].weights[plan_arm_index(cell, arm)];
    fail_msg("no contrast %s", contrast);
    return NAN;
}

#define FACTORIAL                                                                                                      \
    "p,core,*,pair_ab,pair,a,b\np,core,*,main_x,main,a c,b d\np,core,*,inter,interaction,a d,b "                       \
    "c\np,core,*,tw,twin,a,a\np,core,*,pl,planted,a,a\n"

static void a_factorial_becomes_one_cell_a_workload(void **state)
{
    struct plan plan;
    struct error error;
    (void)state;
    assert_int_equal(build(FACTORIAL, &everything, &plan, &error), 0);
    assert_int_equal(plan.cell_count, 2);
    const struct plan_cell *cell = &plan.cells[0];
    assert_string_equal(cell->workload, "first");
    assert_int_equal(cell->arm_count, 6 + PLAN_CLOCK_ARMS);
    assert_string_equal(cell->arms[0].name, "a");
    assert_int_equal(cell->arms[0].role, PLAN_BASELINE);
    assert_int_equal(cell->arms[plan_arm_index(cell, "b")].role, PLAN_CONTENDER);
    assert_ptr_equal(cell->arms[plan_arm_index(cell, "twin")].module, &modules[0]);
    assert_ptr_equal(cell->arms[plan_arm_index(cell, "planted")].module, &modules[7]);
    /* The second workload lacks d: main effect and interaction fall away, and c with them; the pair and the controls
     * stay. */
    cell = &plan.cells[1];
    assert_string_equal(cell->workload, "second");
    assert_int_equal(cell->arm_count, 4 + PLAN_CLOCK_ARMS);
    assert_int_equal(plan_arm_index(cell, "c"), cell->arm_count);
    plan_free(&plan);
}

/* The cells of two modules that offer a workload in the states repeat and fresh, in words. */
static void states_timed(uint32_t flags, unsigned states, const char *expected)
{
    struct module_info *two = calloc(2, sizeof *two);
    const struct module_set of_two = {.modules = two, .count = 2};
    const char *const variants[] = {"x", "y", NULL};
    const struct plan_selection selection = {.variants = variants, .baseline = "x", .states = states};
    struct plan plan;
    struct error error;
    char found[256] = "";
    assert_non_null(two);
    for (size_t i = 0; i < 2; i++) {
        snprintf(two[i].variant, sizeof two[i].variant, "%s", variants[i]);
        snprintf(two[i].file, sizeof two[i].file, "%s.o", variants[i]);
        two[i].given = true;
        add_workload(&two[i], "op");
        two[i].workloads[0].flags = two[i].workloads[0].flags | flags;
        two[i].in_states[0] = two[i].workloads[0];
        two[i].in_states[0].state = MEASURE_FRESH;
        snprintf(two[i].in_states[0].short_name, sizeof two[i].in_states[0].short_name, "op.fresh");
        two[i].in_state_count = 1;
    }
    if (build_of(&of_two, "p,core,*,pair_xy,pair,x,y\n", &selection, &plan, &error) != 0)
        fail_msg("%s", error.message);
    for (size_t c = 0; c < plan.cell_count; c++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s ", plan.cells[c].workload);
    assert_string_equal(found, expected);
    plan_free(&plan);
    free(two);
}

static void a_workload_may_want_the_state_fresh_alone(void **state)
{
    (void)state;
    states_timed(ENCBENCH_FRESH, 0, "op op.fresh ");
    states_timed(ENCBENCH_FRESH | ENCBENCH_FRESH_ALONE, 0, "op.fresh ");
    states_timed(ENCBENCH_FRESH | ENCBENCH_FRESH_ALONE, 1u << MEASURE_REPEAT, "op ");
}

static void contrasts_weigh_their_sides(void **state)
{
    struct plan plan;
    struct error error;
    (void)state;
    assert_int_equal(build(FACTORIAL, &everything, &plan, &error), 0);
    const struct plan_cell *cell = &plan.cells[0];
    assert_true(weight(cell, "pair_ab", "a") == -1 && weight(cell, "pair_ab", "b") == 1 &&
                weight(cell, "pair_ab", "c") == 0);
    assert_true(weight(cell, "main_x", "a") == -0.5 && weight(cell, "main_x", "c") == -0.5);
    assert_true(weight(cell, "main_x", "b") == 0.5 && weight(cell, "main_x", "d") == 0.5);
    assert_true(weight(cell, "inter", "a") == -1 && weight(cell, "inter", "d") == -1);
    assert_true(weight(cell, "inter", "b") == 1 && weight(cell, "inter", "c") == 1);
    assert_true(weight(cell, "tw", "a") == -1 && weight(cell, "tw", "twin") == 1);
    assert_true(weight(cell, "pl", "a") == -1 && weight(cell, "pl", "planted") == 1);
    assert_true(weight(cell, "chain_planted", "chain") == -1 && weight(cell, "chain_planted", "chain_planted") == 1);
    plan_free(&plan);
}

static void expect_error(const char *rows, const struct plan_selection *selection, const char *words)
{
    struct plan plan;
    struct error error;
    assert_int_equal(build(rows, selection, &plan, &error), EXIT_USAGE);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_null(strchr(error.message, '\n'));
    plan_free(&plan);
}

static void bad_panels_are_refused_by_line(void **state)
{
    (void)state;
    expect_error("p,core,*,x,pair,a,nobody\n", &everything, ":2: no module has the variant nobody");
    expect_error("p,core,*,x,pair,a,b\np,core,*,x,pair,a,c\n", &everything, ":3: contrast x stands in line 2 already");
    expect_error("p,core,*,x,likely,a,b\n", &everything, ":2: column kind is \"likely\"");
    expect_error("p,core,*,x,pair,a,b\np,core,*,y,pair,a,c\np,core,*,z,pair,a,d\np,core,*,v,pair,a,e\np,core,*,w,pair,"
                 "a,f\np,core,*,t,twin,a,a\n",
                 &everything, ":7: panel p: more than 6 arms with contrast t");
    expect_error("p,core,*,x,main,a b c d e f g,a\n", &everything, "1 to 6 variants");
}

static void panels_that_cannot_be_measured_are_refused_by_line(void **state)
{
    static const struct {
        const char *rows, *words;
    } cases[] = {
        {"", ":1: no rows"},
        {"p,core,*,x,pair,a,b\np,core,*,t,twin,a,b\n", ":3: column contender is \"b\""},
        {"p,core,*,x,pair,a,b\np,core,*,t,twin,a b,a b\n", ":3: column contender is \"a b\""},
        {"p,core,*,x,pair,a,b\np,core,*,t,twin,a,a\np,core,*,u,twin,b,b\n", ":4: column kind is \"twin\""},
        {"p,core,*,x,pair,a,b\np,core,*,t,planted,a,a\np,core,*,u,planted,b,b\n", ":4: column kind is \"planted\""},
        {"p,core,*,x,pair,a,b\np,core,*,t,twin,c,c\n", ":3: column baseline is \"c\""},
        {"p,core,*,x,pair,a,a\n", ":2: column contender is \"a\""},
        {"p,core,*,x,pair,a b,c\n", ":2: column contender is \"c\""},
        {"p,core,*,x,interaction,a,b\n", ":2: column contender is \"b\""},
        {"p,core,*,x,main,a a,b c\n", ":2: column contender is \"b c\""},
        {"p,core,*,chain_planted,pair,a,b\n", ":2: column contrast is \"chain_planted\""},
        {"p,core,*,chain_multiply,pair,a,b\n", ":2: column contrast is \"chain_multiply\""},
        {"p q,core,*,x,pair,a,b\n", ":2: column panel is \"p q\""},
        {"made_1,core,*,x,pair,a,b\n", ":2: column panel is \"made_1\""},
        {"p,core,*,x,pair,a,twin\n", ":2: baseline and contender must name"},
        {"p,core,third,x,pair,a,b\n", ":2: no module offers the workload third"},
        {"p,core,f*st,x,pair,a,b\n", ":2: column workloads is \"f*st\""},
        {"p,core,*,x,pair,a,b\nq,core,*,y,pair,a,b\np,core,*,z,pair,a,c\n", ":4: column panel is \"p\""},
    };
    char long_name[400];
    struct plan plan;
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_error(cases[i].rows, &everything, cases[i].words);
    snprintf(long_name, sizeof long_name, "p,core,*,%0200d,pair,a,b\n", 0);
    expect_error(long_name, &everything, ":2: column contrast is \"000");
    assert_int_equal(build("p,core,third* first,x,pair,a,b\n", &everything, &plan, &error), 0);
    plan_free(&plan);
}

static void unknown_names_in_a_selection_are_refused(void **state)
{
    const char *const nobody[] = {"nobody", NULL}, *const one[] = {"a", NULL};
    (void)state;
    expect_error(FACTORIAL, &(struct plan_selection){.variants = nobody}, "unknown variant \"nobody\"");
    expect_error(FACTORIAL, &(struct plan_selection){.workloads = nobody}, "unknown workload \"nobody\"");
    expect_error(FACTORIAL, &(struct plan_selection){.baseline = "nobody"}, "unknown variant \"nobody\"");
    expect_error(FACTORIAL, &(struct plan_selection){.variants = one}, "nothing to measure");
}

static void a_selection_keeps_registered_contrasts(void **state)
{
    const char *const pair[] = {"a", "b", NULL}, *const first[] = {"first", NULL};
    struct plan plan;
    struct error error;
    (void)state;
    assert_int_equal(build(FACTORIAL, &(struct plan_selection){.variants = pair, .workloads = first}, &plan, &error),
                     0);
    assert_int_equal(plan.cell_count, 1);
    assert_int_equal(plan.row_count, 3);
    assert_int_equal(plan.cells[0].arm_count, 4 + PLAN_CLOCK_ARMS);
    plan_free(&plan);
}

/* What is left of a panel keeps its controls: of another variant where theirs was left out. */
static void controls_go_with_what_is_compared(void **state)
{
    const char *const rest[] = {"b", "c", NULL}, *const without_plant[] = {"c", "d", NULL};
    struct plan plan;
    struct error error;
    (void)state;
    const char *rows = "p,core,first,x,pair,a,b\np,core,first,y,pair,b,c\np,core,first,z,pair,c,d\n"
                       "p,core,first,tw,twin,a,a\np,core,first,pl,planted,a,a\n";
    assert_int_equal(build(rows, &(struct plan_selection){.variants = rest}, &plan, &error), 0);
    assert_int_equal(plan.row_count, 3);
    assert_ptr_equal(plan.cells[0].arms[plan_arm_index(&plan.cells[0], "twin")].module, &modules[1]);
    assert_ptr_equal(plan.cells[0].arms[plan_arm_index(&plan.cells[0], "planted")].module, &modules[8]);
    assert_true(weight(&plan.cells[0], "tw", "b") == -1 && weight(&plan.cells[0], "pl", "b") == -1);
    plan_free(&plan);
    assert_int_equal(build(rows, &(struct plan_selection){.variants = without_plant}, &plan, &error), 0);
    assert_int_equal(plan.row_count, 2); /* nobody's plant is there: the control is missing, and analyse says so */
    assert_string_equal(plan.rows[1].baseline[0], "c");
    plan_free(&plan);
}

static void variants_without_a_registered_contrast_get_panels_made(void **state)
{
    const char *const chosen[] = {"b", "c", "d", "e", "f", NULL};
    struct plan plan;
    struct error error;
    (void)state;
    assert_int_equal(build("p,core,*,x,pair,a,b\n", &(struct plan_selection){.variants = chosen}, &plan, &error), 0);
    /* Baseline b, twin, planted b, three contenders; then the fourth in a panel of its own. */
    assert_string_equal(plan.cells[0].panel, "made_1");
    assert_string_equal(plan.cells[0].arms[0].name, "b");
    assert_int_equal(plan.cells[0].arm_count, 6 + PLAN_CLOCK_ARMS);
    assert_string_equal(plan.cells[1].panel, "made_2");
    assert_int_equal(plan.cells[1].arm_count, 4 + PLAN_CLOCK_ARMS);
    assert_true(weight(&plan.cells[0], "c_against_b", "c") == 1);
    plan_free(&plan);
}

/* Beside modules that were given rows of panels.csv are about those of ours that were asked for, and a namesake that
 * was given is none of them. */
static void modules_that_were_given_are_compared_without_ours(void **state)
{
    enum { GIVEN = 3 };
    static struct module_info given[GIVEN];
    static const char *const names[GIVEN] = {"x", "y", "b"};
    const struct module_set left_out = {.modules = given, .count = GIVEN, .directory_left_out = true};
    const struct plan_selection selection = {.modules = (const char *const[]){"x.o", NULL}};
    struct plan plan;
    struct error error;
    (void)state;
    for (size_t i = 0; i < GIVEN; i++) {
        snprintf(given[i].variant, sizeof given[i].variant, "%s", names[i]);
        given[i].given = true;
        add_workload(&given[i], "first");
    }
    built = &left_out;
    assert_int_equal(build(FACTORIAL "q,core,second,nobodys,pair,x,y\n", &selection, &plan, &error), 0);
    assert_int_equal(plan.cell_count, 1);
    assert_int_equal(plan.row_count, 3); /* a twin and two pairs, all made */
    for (size_t i = 0; i < plan.row_count; i++)
        assert_int_equal(plan.rows[i].line, 0);
    assert_string_equal(plan.cells[0].arms[0].name, "x");
    plan_free(&plan);
    given[0].given = given[1].given = false; /* ours now, and asked for: their row counts */
    assert_int_equal(build(FACTORIAL "q,core,first second,ours,pair,x,y\n", &selection, &plan, &error), 0);
    assert_int_equal(plan.row_count, 3);
    assert_string_equal(plan.rows[0].contrast, "ours");
    plan_free(&plan);
    given[0].workload_count = given[1].workload_count = given[2].workload_count = 0;
    expect_error(FACTORIAL, &selection, "no module that was given offers");
    given[2].workload_count = 1;
    expect_error(FACTORIAL, &selection, "workload first of b is offered by no other");
    built = &set;
}

#define CLAIMS_HEADER                                                                                                  \
    "claim,part,condition,scope,kind,baseline,contender,workload,metric,unit,region_low,region_high,"                  \
    "region_bounds,statement\n"

static void cells_that_decide_claims_are_known(void **state)
{
    static const struct {
        const char *claim;
        bool first, second;
    } cases[] = {
        {"1,a,1,model,timing,a,b,first,time,ns,-1,1,(),x\n", true, false},
        {"1,a,1,model,timing,b,a,second,time,ns,-1,1,(),x\n", false, true}, /* in either orientation */
        {"1,a,1,model,timing,c a,d b,first second,time,ns,-1,1,(),x\n", true,
         false},                                                            /* sets; second has no main effect */
        {"1,a,1,model,timing,a,c,first,time,ns,-1,1,(),x\n", false, false}, /* no such contrast */
        {"1,a,1,model,exact,a,b,first,size,bytes,-1,1,(),x\n", false, false},
        {"1,a,1,model,level,,b,second,time,ns,-1,1,(),x\n", false, true},
        {"1,a,1,model,composition,a,b,first second,time,ns,-1,1,(),x\n", true, true},
    };
    struct plan plan;
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[] = "/tmp/encbench-plan-test-XXXXXX";
        struct csv_data claims;
        FILE *file = fdopen(mkstemp(path), "w");
        fprintf(file, "%s%s", CLAIMS_HEADER, cases[i].claim);
        assert_int_equal(fclose(file), 0);
        error = (struct error){0};
        assert_int_equal(csv_read(path, &schema_claims, &claims, &error), 0);
        assert_int_equal(build(FACTORIAL, &everything, &plan, &error), 0);
        plan_mark_claims(&plan, &claims);
        assert_int_equal(plan.cells[0].decides_claims, cases[i].first);
        assert_int_equal(plan.cells[1].decides_claims, cases[i].second);
        plan_free(&plan);
        csv_free(&claims);
        unlink(path);
    }
}

static void the_first_panel_that_can_decides(void **state)
{
    static const char rows[] = "p,core,*,x,pair,a,b\nq,core,*,y,pair,b,a\n";
    char path[] = "/tmp/encbench-plan-test-XXXXXX";
    struct csv_data claims;
    struct plan plan;
    struct error error = {0};
    FILE *file = fdopen(mkstemp(path), "w");
    (void)state;
    fputs(CLAIMS_HEADER "1,a,1,model,timing,a,b,first,time,ns,-1,1,(),x\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(csv_read(path, &schema_claims, &claims, &error), 0);
    assert_int_equal(build(rows, &everything, &plan, &error), 0);
    plan_mark_claims(&plan, &claims);
    assert_string_equal(plan.cells[0].panel, "p");
    assert_true(plan.cells[0].decides_claims);
    assert_string_equal(plan.cells[1].panel, "q");
    assert_false(plan.cells[1].decides_claims);
    plan_free(&plan);
    csv_free(&claims);
    unlink(path);
}

/* The cells of a plan, in words, with what is too deep for it. */
static void cells_are(const char *rows, struct plan_selection selection, const char *expected)
{
    struct plan plan;
    struct error error;
    char found[512] = "";
    if (build(rows, &selection, &plan, &error) != 0)
        fail_msg("%s", error.message);
    for (size_t c = 0; c < plan.cell_count; c++)
        for (size_t a = 0; a + PLAN_CLOCK_ARMS < plan.cells[c].arm_count; a++)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s%s",
                     a == 0 ? plan.cells[c].workload : "", a == 0 ? ":" : ",", plan.cells[c].arms[a].name);
    for (size_t m = 0; m < MODULES; m++)
        if (!modules[m].planted && plan_too_deep_variant(&plan, modules[m].variant))
            snprintf(found + strlen(found), sizeof found - strlen(found), " -%s", modules[m].variant);
    for (size_t w = 0; w < modules[0].workload_count; w++)
        if (plan_too_deep_workload(&plan, &modules[0].workloads[w]))
            snprintf(found + strlen(found), sizeof found - strlen(found), " -%s", modules[0].workloads[w].short_name);
    plan_free(&plan);
    assert_string_equal(found, expected);
}

/* e and the workload second stand in deep panels alone; quiet, which is in no panel, is never too deep. */
static void deep_panels_are_for_thorough_and_for_who_asks(void **state)
{
    static const char rows[] = "p,core,first,x,pair,a,b\nq,wide,first,y,pair,a,c\nr,deep,fir* second,z,pair,a,e\n"
                               "r,deep,first second,t,twin,a,a\ns,deep,first,v,pair,a,b\n";
    (void)state;
    cells_are(rows, (struct plan_selection){.effort = PROFILE_CORE}, "first:a,b -e -second");
    cells_are(rows, (struct plan_selection){.effort = PROFILE_WIDE}, "first:a,bfirst:a,c -e -second");
    cells_are(rows, (struct plan_selection){.effort = PROFILE_DEEP},
              "first:a,bfirst:a,cfirst:a,e,twinfirst:a,bsecond:a,e,twin");
    /* Asked for by the variant, or by the workload; not by what has panels of its own. */
    cells_are(rows, (struct plan_selection){.variants = (const char *const[]){"a", "e", NULL}},
              "first:a,e,twinsecond:a,e,twin -e -second");
    cells_are(rows, (struct plan_selection){.workloads = (const char *const[]){"second", NULL}},
              "second:a,e,twin -e -second");
    cells_are(rows, (struct plan_selection){.variants = (const char *const[]){"a", "b", NULL}}, "first:a,b -e -second");
    cells_are(rows, (struct plan_selection){.workloads = (const char *const[]){"first", NULL}}, "first:a,b -e -second");
    /* Everything against one of them, and still nothing that is too deep. */
    cells_are(rows, (struct plan_selection){.baseline = "b", .workloads = (const char *const[]){"first", NULL}},
              "first:b,twin,planted,a,c,dfirst:b,twin,planted,f,g -e -second");
}

static void wide_panels_and_other_workloads_are_left_out(void **state)
{
    static const char rows[] = "p,core,fir*,x,pair,a,b\nq,wide,*,y,pair,a,c\n";
    struct plan plan;
    struct error error;
    (void)state;
    assert_int_equal(build(rows, &everything, &plan, &error), 0);
    assert_int_equal(plan.cell_count, 1);
    assert_string_equal(plan.cells[0].workload, "first");
    plan_free(&plan);
    assert_int_equal(build(rows, &(struct plan_selection){.effort = PROFILE_WIDE}, &plan, &error), 0);
    assert_int_equal(plan.cell_count, 3);
    plan_free(&plan);
}

static void clock_batches_are_longer_where_blocks_are_few(void **state)
{
    static const uint32_t blocks[] = {0, 4, PLAN_FEW_BLOCKS - 1, PLAN_FEW_BLOCKS, 1000};
    static const uint64_t times[] = {1, PLAN_LONG_CLOCK, PLAN_LONG_CLOCK, 1, 1};
    (void)state;
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        struct plan_cell cell = {.arm_count = 2 + PLAN_CLOCK_ARMS, .blocks = blocks[i]};
        plan_set_clock(&cell, 300, 90);
        assert_int_equal(cell.arms[2].iterations, 300 * times[i]);
        assert_int_equal(cell.arms[3].iterations, 300 * times[i]);
        assert_int_equal(cell.arms[4].iterations, 90 * times[i]);
    }
}

static void rounds_run_every_cell_once_in_changing_order(void **state)
{
    uint32_t first[9], again[9], next[9];
    unsigned seen = 0;
    (void)state;
    plan_round(5, 1, first, 9);
    plan_round(5, 1, again, 9);
    plan_round(5, 2, next, 9);
    for (size_t i = 0; i < 9; i++)
        seen |= 1u << first[i];
    assert_int_equal(seen, 0x1ff);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, next, sizeof first);
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* 2000 processes of 7 links: all seeds differ, and the 256 offsets are used evenly. */
static void layouts_are_fresh_and_uniform(void **state)
{
    enum { PROCESSES = 2000, ARMS = 7, OFFSETS = LAYOUT_PAGE_BYTES / LAYOUT_STEP_BYTES };
    static uint64_t seeds[PROCESSES * ARMS];
    unsigned counts[OFFSETS] = {0};
    char text[LAYOUT_TEXT_BYTES];
    double chi_squared = 0;
    (void)state;
    for (uint64_t p = 0; p < PROCESSES; p++)
        for (size_t a = 0; a < ARMS; a++) {
            seeds[p * ARMS + a] = plan_layout_seed(11, p, a);
            counts[layout_describe(seeds[p * ARMS + a], text) / LAYOUT_STEP_BYTES]++;
        }
    qsort(seeds, PROCESSES * ARMS, sizeof seeds[0], compare_u64);
    for (size_t i = 1; i < PROCESSES * ARMS; i++)
        assert_int_not_equal(seeds[i], seeds[i - 1]);
    for (size_t i = 0; i < OFFSETS; i++) {
        const double expected = (double)PROCESSES * ARMS / OFFSETS;
        chi_squared += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    /* 255 degrees of freedom: mean 255, sd 22.6; 5 sd either way. */
    assert_true(chi_squared > 255 - 113 && chi_squared < 255 + 113);
}

/* Layouts that the arms of a cell take in `turns` turns from `first` on, counted; what is returned tells orders apart.
 */
static uint64_t take_layouts(const struct plan_cell *cell, const char *const *arms, uint64_t seed, uint64_t number,
                             uint64_t first, uint64_t turns, unsigned *counts)
{
    uint64_t order = 0;
    for (uint64_t turn = first; turn < first + turns; turn++)
        for (size_t a = 0; arms[a]; a++) {
            const size_t layout = plan_layout_choice(seed, number, cell, plan_arm_index(cell, arms[a]), turn);
            counts[layout]++;
            order = order * 31 + layout;
        }
    return order;
}

static void given_layouts_are_taken_once(void **state)
{
    enum { TURNS = 20 };
    static const char *const twins[] = {"a", "twin", NULL}, *const single[] = {"b", NULL};
    unsigned counts[2 * TURNS] = {0}, rest[2 * TURNS] = {0};
    struct plan plan;
    struct error error;
    (void)state;
    assert_int_equal(build(FACTORIAL, &everything, &plan, &error), 0);
    const struct plan_cell *cell = &plan.cells[0];
    modules[0].layout_count = 2 * TURNS;
    modules[1].layout_count = TURNS;
    assert_int_equal(plan_arms_of(cell, &modules[0]), 2);
    assert_int_equal(plan_arms_of(cell, &modules[1]), 1);
    const uint64_t order = take_layouts(cell, twins, 7, 0, 0, TURNS, counts);
    for (size_t i = 0; i < 2 * TURNS; i++)
        assert_int_equal(counts[i], 1);
    const uint64_t contender = take_layouts(cell, single, 7, 0, 0, TURNS, rest);
    for (size_t i = 0; i < TURNS; i++)
        assert_int_equal(rest[i], 1);
    /* Wherever the count of turns starts. */
    take_layouts(cell, twins, 7, 0, (1ull << 40) + 3, TURNS, counts);
    for (size_t i = 0; i < 2 * TURNS; i++)
        assert_int_equal(counts[i], 2);
    /* In an order of its own for each seed, cell and module. */
    uint64_t by_name = 0;
    for (uint64_t i = 0; i < 2 * TURNS; i++)
        by_name = by_name * 31 + i;
    assert_int_equal(take_layouts(cell, twins, 7, 0, 0, TURNS, counts), order);
    assert_true(order != by_name);
    assert_true(take_layouts(cell, twins, 8, 0, 0, TURNS, counts) != order);
    assert_true(take_layouts(cell, twins, 7, 1, 0, TURNS, counts) != order);
    modules[0].layout_count = TURNS;
    plan.cells[0].arms[plan_arm_index(cell, "twin")].module = &modules[2];
    assert_true(take_layouts(cell, (const char *const[]){"a", NULL}, 7, 0, 0, TURNS, counts) != contender);
    modules[0].layout_count = modules[1].layout_count = 0;
    plan_free(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_factorial_becomes_one_cell_a_workload),
        cmocka_unit_test(a_workload_may_want_the_state_fresh_alone),
        cmocka_unit_test(contrasts_weigh_their_sides),
        cmocka_unit_test(bad_panels_are_refused_by_line),
        cmocka_unit_test(panels_that_cannot_be_measured_are_refused_by_line),
        cmocka_unit_test(unknown_names_in_a_selection_are_refused),
        cmocka_unit_test(a_selection_keeps_registered_contrasts),
        cmocka_unit_test(controls_go_with_what_is_compared),
        cmocka_unit_test(variants_without_a_registered_contrast_get_panels_made),
        cmocka_unit_test(modules_that_were_given_are_compared_without_ours),
        cmocka_unit_test(cells_that_decide_claims_are_known),
        cmocka_unit_test(the_first_panel_that_can_decides),
        cmocka_unit_test(wide_panels_and_other_workloads_are_left_out),
        cmocka_unit_test(deep_panels_are_for_thorough_and_for_who_asks),
        cmocka_unit_test(clock_batches_are_longer_where_blocks_are_few),
        cmocka_unit_test(rounds_run_every_cell_once_in_changing_order),
        cmocka_unit_test(layouts_are_fresh_and_uniform),
        cmocka_unit_test(given_layouts_are_taken_once),
    };
    return cmocka_run_group_tests(tests, make_modules, NULL);
}
