/*
 * The loop of a run with made-up processes: looks, stops, void processes, resumption, interrupts. No compiler, linker,
 * clock or worker.
 */
#include "run/timing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CELLS = 3, MOST = 4096 };

/* What the made-up launcher does, and what it was asked. */
struct made_up {
    struct timing timing;
    struct plan_cell cells[CELLS];
    struct plan plan;
    struct profile profile;
    /* Does: */
    size_t void_cell;    /* whose processes are void; CELLS: none */
    unsigned void_first; /* only so many of them */
    bool fails;          /* the worker did not end well */
    bool crashes;        /* by an arm's doing */
    size_t open[3];      /* timing parts open at each look */
    size_t stop_after;   /* measured processes; 0: never */
    bool kills;          /* the stop ends the process that is under way */
    size_t done;         /* processes with a number below this are there already */
    size_t refuse_round, refuse_measure, refuse_tell,
        refuse_open; /* the call, from 1 on, that ends with an error; 0: none */
    /* Saw: */
    unsigned char seen[MOST]; /* by process number */
    unsigned per_cell[CELLS];
    size_t measured, rounds, rounds_ended, told, opened, last_position, round_count;
    char tellings[64]; /* C complete, - not */
    uint32_t order[64][CELLS];
    size_t order_count[64];
};

static int begin_round(void *context, uint64_t round, const uint32_t *cells, size_t count, struct error *error)
{
    struct made_up *made = context;
    assert_true(round < 64 && count <= CELLS);
    assert_int_equal(made->rounds, made->rounds_ended);
    memcpy(made->order[round], cells, count * sizeof *cells);
    made->order_count[round] = count;
    made->last_position = 0;
    made->round_count = count;
    if (++made->rounds == made->refuse_round)
        return error_set(error, EXIT_USAGE, "cannot link");
    return 0;
}

static int measure(void *context, uint64_t number, size_t position, struct timing_process *process, struct error *error)
{
    struct made_up *made = context;
    const size_t cell = plan_process_cell(&made->plan, number);
    assert_true(number < MOST);
    assert_int_equal(made->seen[number], 0);
    assert_int_equal(position, made->last_position++);
    assert_true(position < made->round_count);
    if (++made->measured == made->refuse_measure)
        return error_set(error, EXIT_USAGE, "cannot launch");
    if (made->kills && made->measured == made->stop_after)
        return 0; /* not measured */
    made->seen[number] = 1;
    process->measured = true;
    if (cell == made->void_cell && (made->void_first == 0 || made->per_cell[cell] < made->void_first)) {
        process->failed = made->fails || made->crashes;
        process->faulty = made->crashes;
        snprintf(process->void_reason, sizeof process->void_reason, "%s",
                 made->crashes ? "crashed (arm late), layout 0x40"
                 : made->fails ? "killed"
                               : "busy");
    }
    made->per_cell[cell]++;
    return 0;
}

static void end_round(void *context)
{
    struct made_up *made = context;
    made->rounds_ended++;
}

static bool is_done(void *context, uint64_t number)
{
    const struct made_up *made = context;
    return number < made->done;
}

static int tell(void *context, bool complete, struct error *error)
{
    struct made_up *made = context;
    assert_true(made->told + 1 < sizeof made->tellings);
    made->tellings[made->told] = complete ? 'C' : '-';
    if (++made->told == made->refuse_tell)
        return error_set(error, EXIT_USAGE, "disk full");
    return 0;
}

static int count_open(void *context, size_t *open, struct error *error)
{
    struct made_up *made = context;
    *open = made->open[made->timing.look];
    if (++made->opened == made->refuse_open)
        return error_set(error, EXIT_USAGE, "torn");
    return 0;
}

static bool stop_requested(void *context)
{
    const struct made_up *made = context;
    return made->stop_after > 0 && made->measured >= made->stop_after;
}

/* Two cells that decide claims and an exploratory one. Looks at 4 and 10 processes; the exploratory cell has 3. */
static struct made_up *make(void)
{
    struct made_up *made = calloc(1, sizeof *made);
    assert_non_null(made);
    static const char *const workloads[CELLS] = {"get_put", "to_string", "sweep"};
    for (size_t i = 0; i < CELLS; i++) {
        snprintf(made->cells[i].panel, sizeof made->cells[i].panel, "field");
        snprintf(made->cells[i].workload, sizeof made->cells[i].workload, "%s", workloads[i]);
        made->cells[i].decides_claims = i < 2;
    }
    made->plan = (struct plan){.cells = made->cells, .cell_count = CELLS};
    made->profile =
        (struct profile){.name = "made up",
                         .exploratory_processes = 3,
                         .look_count = 2,
                         .looks = {{.processes = 4, .error_share = 0.3}, {.processes = 10, .error_share = 0.7}}};
    made->void_cell = CELLS;
    made->open[0] = 1;
    made->timing = (struct timing){.plan = &made->plan,
                                   .profile = &made->profile,
                                   .seed = 7,
                                   .directory = "run",
                                   .quiet = true,
                                   .launcher = {.context = made,
                                                .begin_round = begin_round,
                                                .measure = measure,
                                                .end_round = end_round,
                                                .is_done = is_done,
                                                .tell = tell,
                                                .count_open = count_open,
                                                .stop_requested = stop_requested}};
    return made;
}

static int run(struct made_up *made, struct error *error)
{
    *error = (struct error){0};
    const int code = timing_run(&made->timing, error);
    assert_int_equal(code, error->code);
    assert_int_equal(made->rounds, made->rounds_ended);
    return code;
}

static void every_cell_has_its_processes(void **state)
{
    (void)state;
    struct made_up *made = make();
    struct error error;
    assert_int_equal(timing_planned_processes(&made->timing), 10 + 10 + 3);
    assert_int_equal(run(made, &error), 0);
    assert_true(made->timing.complete);
    assert_int_equal(made->per_cell[0], 10);
    assert_int_equal(made->per_cell[1], 10);
    assert_int_equal(made->per_cell[2], 3);
    assert_int_equal(made->timing.processes_run, 23);
    assert_int_equal(made->timing.processes_void, 0);
    assert_int_equal(made->rounds, 10);
    assert_int_equal(made->timing.look, 1);
    /* Told not to be complete before each look, and to be so at it; asked what is open at the first look alone. */
    assert_string_equal(made->tellings, "-C-C");
    assert_int_equal(made->opened, 1);
    /* In an order of its own in each round, and the same order for the same seed. */
    size_t differ = 0;
    for (size_t round = 1; round < 10; round++)
        differ += made->order_count[round] != made->order_count[0] ||
                  memcmp(made->order[round], made->order[0], made->order_count[0] * sizeof(uint32_t)) != 0;
    assert_true(differ > 3);
    struct made_up *again = make();
    assert_int_equal(run(again, &error), 0);
    assert_memory_equal(made->order, again->order, sizeof made->order);
    free(again);
    free(made);
}

static void a_look_that_leaves_nothing_open_ends_the_run(void **state)
{
    (void)state;
    struct made_up *made = make();
    struct error error;
    made->open[0] = 0;
    assert_int_equal(run(made, &error), 0);
    assert_true(made->timing.complete);
    assert_int_equal(made->timing.look, 0);
    assert_int_equal(made->per_cell[0], 4);
    assert_string_equal(made->tellings, "-C");
    free(made);

    made = make(); /* not before exploratory cells have all of theirs: nobody is even asked */
    made->open[0] = 0;
    made->profile.exploratory_processes = 6;
    assert_int_equal(run(made, &error), 0);
    assert_int_equal(made->opened, 0);
    assert_int_equal(made->timing.look, 1);
    assert_int_equal(made->per_cell[2], 6);
    free(made);
}

static void a_stop_ends_it_between_two_processes(void **state)
{
    (void)state;
    struct made_up *made = make();
    struct error error;
    made->stop_after = 5;
    assert_int_equal(run(made, &error), 0);
    assert_false(made->timing.complete);
    assert_int_equal(made->timing.processes_run, 5);
    assert_string_equal(made->tellings, "--");
    assert_int_equal(made->opened, 0);
    free(made);

    made = make(); /* the one under way is no result, not even a void one */
    made->stop_after = 5;
    made->kills = true;
    assert_int_equal(run(made, &error), 0);
    assert_false(made->timing.complete);
    assert_int_equal(made->timing.processes_run, 4);
    assert_int_equal(made->timing.processes_void, 0);
    free(made);

    made = make(); /* in the last process of a look: that look is not reached */
    made->stop_after = 3 * 3 + 2;
    assert_int_equal(run(made, &error), 0);
    assert_false(made->timing.complete);
    assert_string_equal(made->tellings, "--");
    free(made);

    made = make(); /* before the first */
    made->stop_after = 1;
    made->measured = 1;
    assert_int_equal(run(made, &error), 0);
    assert_int_equal(made->timing.processes_run, 0);
    assert_int_equal(made->rounds, 0);
    free(made);
}

/* Two of twenty would be few enough to be void, and the others would be judged without them. */
static void an_arm_that_crashes_once_ends_the_run(void **state)
{
    (void)state;
    static const char message[] =
        "panel field, workload to_string): crashed (arm late), layout 0x40; what was measured "
        "is kept, but processes of other layouts do not vouch for what crashes: mend the "
        "module and measure anew";
    struct made_up *made = make();
    struct error error;
    made->void_cell = 1;
    made->void_first = 1;
    made->crashes = true;
    assert_int_equal(run(made, &error), EXIT_USAGE);
    assert_int_equal(strncmp(error.message, "run: process ", strlen("run: process ")), 0);
    assert_non_null(strstr(error.message, message));
    assert_false(made->timing.complete);
    assert_string_equal(made->tellings, "--");
    assert_int_equal(made->per_cell[1], 1);
    assert_int_equal(made->timing.processes_void, 1); /* kept */
    assert_int_equal(made->timing.processes_run, made->measured);
    free(made);

    made = make(); /* one that a resumed run has is not forgotten when the rest ends well */
    made->done = 7;
    made->timing.already = 7;
    made->timing.resumed = true;
    made->timing.fault = "process 4 (panel field, workload to_string): crashed (arm late)";
    assert_int_equal(run(made, &error), EXIT_USAGE);
    assert_non_null(
        strstr(error.message, "run: process 4 (panel field, workload to_string): crashed (arm late); what"));
    assert_int_equal(made->measured, 23 - 7);
    free(made);

    made = make(); /* nor is it there where none did */
    made->timing.fault = "";
    assert_int_equal(run(made, &error), 0);
    free(made);
}

static void a_worker_that_always_fails_ends_the_run(void **state)
{
    (void)state;
    struct made_up *made = make();
    struct error error;
    made->void_cell = 1;
    made->fails = true;
    assert_int_equal(run(made, &error), EXIT_UNFIT);
    assert_string_equal(error.message,
                        "run: all 4 processes of panel field, workload to_string are void: killed; what was "
                        "measured is kept"); /* at the first look, of four */
    assert_false(made->timing.complete);
    assert_string_equal(made->tellings, "--");
    free(made);

    made = make(); /* where the look is further away, after five */
    made->void_cell = 1;
    made->fails = true;
    made->profile.looks[0].processes = 9;
    assert_int_equal(run(made, &error), EXIT_UNFIT);
    assert_non_null(strstr(error.message, "all 5 processes"));
    assert_int_equal(made->per_cell[1], TIMING_FAILED_MAX);
    assert_int_equal(made->timing.processes_void, TIMING_FAILED_MAX);
    free(made);

    made = make(); /* one that ends well later is one */
    made->void_cell = 1;
    made->void_first = 3;
    made->fails = true;
    assert_int_equal(run(made, &error), 0);
    assert_true(made->timing.complete);
    assert_int_equal(made->timing.processes_void, 3);
    free(made);
}

static void a_busy_machine_may_become_quiet(void **state)
{
    (void)state;
    struct made_up *made = make();
    struct error error;
    made->void_cell = 0; /* every worker ended well: the other cells are worth having */
    assert_int_equal(run(made, &error), 0);
    assert_true(made->timing.complete);
    assert_int_equal(made->timing.processes_void, 10);
    free(made);

    made = make(); /* but none of any cell is nothing */
    made->plan.cell_count = 1;
    made->void_cell = 0;
    assert_int_equal(run(made, &error), EXIT_UNFIT);
    assert_non_null(strstr(error.message, "all 4 processes of panel field, workload get_put are void: busy"));
    free(made);
}

static void a_resumed_run_goes_on_where_it_was(void **state)
{
    (void)state;
    struct made_up *made = make();
    struct error error;
    made->done = 7; /* of rounds of three cells */
    made->timing.already = 7;
    made->timing.resumed = true;
    made->timing.processes_run = 7;
    assert_int_equal(run(made, &error), 0);
    assert_true(made->timing.complete);
    assert_int_equal(made->measured, 23 - 7);
    assert_int_equal(made->timing.processes_run, 23);
    for (size_t number = 0; number < 7; number++)
        assert_int_equal(made->seen[number], 0);
    free(made);

    made = make(); /* at the second look: what the first left open is known */
    made->done = 12;
    made->timing.already = 12;
    made->timing.resumed = true;
    made->timing.look = 1;
    assert_int_equal(run(made, &error), 0);
    assert_int_equal(made->opened, 0);
    assert_string_equal(made->tellings, "-C");
    free(made);

    made =
        make(); /* how the processes before it ended nobody remembers: four void ones more are no verdict on the cell */
    made->done = 3;
    made->timing.already = 3;
    made->timing.resumed = true;
    made->void_cell = 1;
    made->void_first = 4;
    made->fails = true;
    assert_int_equal(run(made, &error), 0);
    assert_true(made->timing.complete);
    free(made);
}

static void what_cannot_be_done_ends_it(void **state)
{
    (void)state;
    struct error error;
    struct made_up *made = make();
    made->refuse_round = 2;
    assert_int_equal(run(made, &error), EXIT_USAGE);
    assert_string_equal(error.message, "cannot link");
    assert_int_equal(made->timing.processes_run, 3);
    assert_false(made->timing.complete);
    assert_string_equal(made->tellings, "--");
    free(made);

    made = make();
    made->refuse_measure = 2;
    assert_int_equal(run(made, &error), EXIT_USAGE);
    assert_string_equal(error.message, "cannot launch");
    assert_int_equal(made->timing.processes_run, 1);
    assert_int_equal(made->measured, 2);
    free(made);

    made = make();
    made->refuse_tell = 1;
    assert_int_equal(run(made, &error), EXIT_USAGE);
    assert_int_equal(made->measured, 0);
    free(made);

    made = make(); /* complete it is, but its directory does not say so */
    made->refuse_tell = 2;
    assert_int_equal(run(made, &error), EXIT_USAGE);
    assert_false(made->timing.complete);
    assert_int_equal(made->opened, 0);
    free(made);

    made = make();
    made->refuse_open = 1;
    assert_int_equal(run(made, &error), EXIT_USAGE);
    assert_string_equal(error.message, "torn");
    assert_int_equal(made->per_cell[0], 4);
    free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_has_its_processes),
        cmocka_unit_test(a_look_that_leaves_nothing_open_ends_the_run),
        cmocka_unit_test(a_stop_ends_it_between_two_processes),
        cmocka_unit_test(an_arm_that_crashes_once_ends_the_run),
        cmocka_unit_test(a_worker_that_always_fails_ends_the_run),
        cmocka_unit_test(a_busy_machine_may_become_quiet),
        cmocka_unit_test(a_resumed_run_goes_on_where_it_was),
        cmocka_unit_test(what_cannot_be_done_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
