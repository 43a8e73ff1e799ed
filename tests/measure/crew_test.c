/*
 * Several threads at once, with a clock that is each thread's own: time passes on a thread only when its op says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "measure/crew.h"
#include "plan/plan.h"
#include "summary/summary.h"

enum { THREADS = 3 };

static _Thread_local uint64_t own_ns;
static _Thread_local unsigned own_thread;

/* What a test decides ahead of a batch, and what threads did in it. */
static struct world {
    uint64_t op_ns[THREADS];
    unsigned breaks_promise;  /* thread that produces a byte more; 0: none */
    unsigned switched, moved; /* thread that is, once it has run; 0: none */
    _Atomic uint64_t ops[THREADS], befores, thread_befores, begun, ended;
    _Atomic unsigned in_run, most_in_run;
} world;

static uint64_t now_ns(void *context)
{
    (void)context;
    return own_ns;
}

static long switches(void *context)
{
    (void)context;
    return world.switched > 0 && own_thread == world.switched && own_ns > 0;
}

static int cpu(void *context)
{
    (void)context;
    return (int)own_thread + (world.moved > 0 && own_thread == world.moved && own_ns > 0 ? 100 : 0);
}

static const struct measure_clock fake_clock = {now_ns, now_ns, switches, cpu, NULL, NULL};

static void thread_begin(void *state, unsigned thread)
{
    (void)state;
    own_thread = thread;
    own_ns = 0;
    world.begun++;
}

static void thread_end(void *state, unsigned thread)
{
    (void)state;
    assert_int_equal(thread, own_thread);
    world.ended++;
}

static void before(void *state, uint64_t n)
{
    (void)state;
    (void)n;
    world.befores++;
}

static void thread_before(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)n;
    assert_int_equal(thread, own_thread);
    own_ns += 1000; /* must never count */
    world.thread_befores++;
}

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    if (thread != own_thread)
        return 0;
    const unsigned inside = ++world.in_run;
    if (inside > world.most_in_run)
        world.most_in_run = inside;
    for (uint64_t i = 0; thread > 0 && i < 2000 && world.most_in_run < THREADS; i++) /* until the others came */
        __asm__ volatile("" ::: "memory");
    world.ops[thread] += n;
    own_ns += n * world.op_ns[thread];
    world.in_run--;
    return n * 3 + (world.breaks_promise > 0 && thread == world.breaks_promise);
}

static struct encbench_workload workload = {.short_name = "fake",
                                            .bytes_per_op = 3,
                                            .batch_multiple_ops = 2,
                                            .threads_max = THREADS,
                                            .run = run,
                                            .thread_begin = thread_begin,
                                            .thread_end = thread_end};
static struct measure_arm arm;

static int gather(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    workload.before = NULL;
    workload.thread_before = NULL;
    workload.batch_max_ops = 0;
    workload.threads_min = 0;
    arm = (struct measure_arm){.workload = &workload, .crew = measure_crew_gather(&fake_clock, THREADS, NULL)};
    assert_non_null(arm.crew);
    measure_crew_begin(&arm);
    assert_int_equal(world.begun, THREADS);
    return 0;
}

static int dismiss(void **state)
{
    (void)state;
    measure_crew_end(&arm);
    assert_int_equal(world.ended, THREADS);
    measure_crew_dismiss(arm.crew);
    return 0;
}

static void speeds(uint64_t first, uint64_t second, uint64_t third)
{
    world.op_ns[0] = first;
    world.op_ns[1] = second;
    world.op_ns[2] = third;
}

static void an_op_is_one_threads_and_each_has_its_own_time(void **state)
{
    uint64_t bytes = 0;
    (void)state;
    speeds(10, 20, 60);
    assert_int_equal(measure_batch(&fake_clock, &arm, 100, &bytes), 100 * (10 + 20 + 60) / 3);
    assert_int_equal(bytes, 300);
    const struct measure_crew_batch *batch = measure_crew_last(arm.crew);
    assert_int_equal(batch->own_ns[0], 1000);
    assert_int_equal(batch->own_ns[1], 2000);
    assert_int_equal(batch->own_ns[2], 6000);
    assert_int_equal(batch->span_ns, 6000); /* all clocks start at 0 */
    for (size_t t = 0; t < THREADS; t++)    /* whole multiples, and none less than n */
        assert_true(world.ops[t] >= 100 && world.ops[t] % 2 == 0);
}

/* Two batches later a thread that was late starts late: the span is from the first start to the last end. */
static void the_span_is_from_the_first_start_to_the_last_end(void **state)
{
    uint64_t bytes = 0;
    (void)state;
    workload.threads_min = THREADS; /* nobody runs on */
    speeds(10, 20, 60);
    measure_batch(&fake_clock, &arm, 100, &bytes);
    speeds(10, 10, 10);
    measure_batch(&fake_clock, &arm, 100, &bytes);
    assert_int_equal(measure_crew_last(arm.crew)->span_ns, 6000 + 1000 - 1000); /* first from 1000, last to 7000 */
    assert_int_equal(measure_crew_last(arm.crew)->own_ns[2], 1000);
    for (size_t t = 0; t < THREADS; t++)
        assert_int_equal(world.ops[t], 200);
}

static void rounds_add_up_and_what_is_around_them_does_not_count(void **state)
{
    uint64_t bytes = 0;
    (void)state;
    workload.before = before;
    workload.thread_before = thread_before;
    workload.batch_max_ops = 40;
    speeds(10, 10, 10);
    assert_int_equal(measure_batch(&fake_clock, &arm, 100, &bytes), 1000);
    assert_int_equal(measure_crew_last(arm.crew)->span_ns, 1000);
    assert_int_equal(world.befores, 3);
    assert_int_equal(world.thread_befores, 3 * THREADS);
    for (size_t t = 0; t < THREADS; t++) /* of what `before` prepares nobody takes more */
        assert_int_equal(world.ops[t], 100);
}

static void one_thread_that_breaks_the_promise_is_enough(void **state)
{
    (void)state;
    speeds(10, 10, 10);
    for (unsigned thread = 1; thread < THREADS; thread++) {
        uint64_t bytes = 0;
        world.breaks_promise = thread;
        measure_batch(&fake_clock, &arm, 100, &bytes);
        assert_int_equal(bytes, 301);
    }
}

/* A block of this arm and another one; true when it was dropped. */
static bool run_block(struct measure_thread_times *times)
{
    static const unsigned char input[8192];
    struct encbench_host host = {0};
    struct measure_arm arms[2] = {arm, arm};
    struct measure_block block;
    volatile uint32_t running;
    arms[0].iterations = arms[1].iterations = 100;
    measure_plan_block(1, 1, 1, 2, &block);
    assert_true(measure_block_run_threads(&fake_clock, &host, input, arms, &block, times, &running));
    return block.dropped;
}

static void a_switch_or_a_move_of_any_thread_drops_the_block(void **state)
{
    struct measure_thread_times times;
    (void)state;
    workload.threads_min = THREADS; /* who runs on has a clock that does, and a long block is allowed a switch */
    speeds(10, 20, 30);
    assert_false(run_block(&times));
    assert_int_equal(times.own_ns[3][2], 3000);
    assert_int_equal(times.own_ns[0][0], 1000);
    for (unsigned thread = 1; thread < THREADS; thread++) {
        measure_crew_begin(&arm); /* time begins anew on all threads */
        world.switched = thread;
        assert_true(run_block(NULL));
        world.switched = 0;
        measure_crew_begin(&arm);
        world.moved = thread;
        assert_true(run_block(NULL));
        world.moved = 0;
    }
    world.ended = 0;
    world.begun = THREADS;
}

/* Two blocks of one arm at two threads, and a third one that was dropped. */
static void a_summary_has_each_thread_and_all_together(void **state)
{
    static struct plan_cell cell;
    static struct summary summary;
    static struct measure_block blocks[3];
    static struct measure_thread_times times[3];
    (void)state;
    cell = (struct plan_cell){.threads = 2, .arm_count = 2};
    cell.arms[0] = (struct plan_arm){.role = PLAN_BASELINE, .iterations = 10};
    cell.arms[1] = (struct plan_arm){.role = PLAN_CLOCK, .iterations = 10};
    for (size_t b = 0; b < 3; b++) {
        blocks[b] = (struct measure_block){.slot_count = 2, .slot_arm = {0, 0}, .dropped = b == 1};
        for (size_t slot = 0; slot < 2; slot++) {
            times[b].own_ns[slot][0] = 100 + 20;
            times[b].own_ns[slot][1] = 300 + 20;
            times[b].span_ns[slot] = (b == 1 ? 100000 : 400) + 20;
        }
    }
    assert_true(summary_of_threads(&cell, blocks, 3, 20, times, &summary));
    assert_int_equal(summary.threads, 2);
    assert_true(summary.thread_ns_per_op[0][0] == 10 && summary.thread_ns_per_op[0][1] == 30);
    assert_true(summary.total_ns_per_op[0] == 20); /* 400 ns for 2 x 10 ops */
    summary = (struct summary){0};
    assert_true(summary_of_threads(&cell, blocks, 3, 20, NULL, &summary));
    assert_int_equal(summary.threads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_op_is_one_threads_and_each_has_its_own_time, gather, dismiss),
        cmocka_unit_test_setup_teardown(the_span_is_from_the_first_start_to_the_last_end, gather, dismiss),
        cmocka_unit_test_setup_teardown(rounds_add_up_and_what_is_around_them_does_not_count, gather, dismiss),
        cmocka_unit_test_setup_teardown(one_thread_that_breaks_the_promise_is_enough, gather, dismiss),
        cmocka_unit_test_setup_teardown(a_switch_or_a_move_of_any_thread_drops_the_block, gather, dismiss),
        cmocka_unit_test(a_summary_has_each_thread_and_all_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
