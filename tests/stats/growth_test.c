/* The rule of heap growth on made-up series whose class is known. */
#include "stats/growth.h"
#include "worker/heap_pass.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What a series does: bytes at so many operations since before the first op. */
struct course {
    double before, warm;                         /* live bytes before the first op and after the warm-up */
    double leaked_bytes, leak_period_ops;        /* live */
    double step_bytes, step_at_ops;              /* live, once */
    double mapped_leak_bytes, mapped_period_ops; /* mapped */
    double mapped_at_rest;                       /* from the warm-up on */
    uint64_t limit;                              /* checkpoints planned */
    int64_t stopped_after;                       /* the last operations reached; 0: all */
};

static size_t make_points(const struct course *course, struct growth_point points[static GROWTH_POINTS_MAX])
{
    int64_t operations[GROWTH_POINTS_MAX];
    const size_t count = growth_checkpoints(course->limit, 1, operations);
    for (size_t i = 0; i < count; i++) {
        const double ops = (double)operations[i];
        points[i] = (struct growth_point){operations[i], course->before, 4096};
        if (operations[i] >= 0) {
            points[i].live_bytes = course->warm + (ops >= course->step_at_ops ? course->step_bytes : 0);
            if (course->leak_period_ops > 0)
                points[i].live_bytes += course->leaked_bytes * floor(ops / course->leak_period_ops);
            points[i].mapped_bytes += course->mapped_at_rest;
            if (course->mapped_period_ops > 0)
                points[i].mapped_bytes += course->mapped_leak_bytes * floor(ops / course->mapped_period_ops);
        }
        if (course->stopped_after && operations[i] > course->stopped_after)
            points[i].live_bytes = points[i].mapped_bytes = NAN;
    }
    return count;
}

static struct growth judge(struct course course)
{
    struct growth_point points[GROWTH_POINTS_MAX];
    struct growth growth;
    if (course.limit == 0)
        course.limit = GROWTH_LAST_OPS;
    growth_judge(&growth, points, make_points(&course, points));
    return growth;
}

static void expect(const struct growth *growth, enum growth_class class, const char *reason)
{
    if (growth->class != class || !strstr(growth->reason, reason))
        fail_msg("%s because %s; expected %s because ... %s", growth_class_name(growth->class), growth->reason,
                 growth_class_name(class), reason);
    assert_null(strpbrk(growth->reason, ",\"\n"));
}

static void steady_memory_is_bounded(void **state)
{
    (void)state;
    const struct growth growth = judge((struct course){.before = 5000, .warm = 5000});
    expect(&growth, GROWTH_BOUNDED, "3 checkpoints from 100000 to 1000000 ops: live bytes 5000 at each");
    assert_true(growth.live_bytes_per_1000_ops == 0 && growth.mapped_bytes_per_1000_ops == 0);
    assert_true(growth.live_bytes_at_rest == 0 && growth.mapped_bytes_at_rest == 0);
    const struct growth less = judge((struct course){.before = 5000, .warm = 4000});
    expect(&less, GROWTH_BOUNDED, "live bytes 4000 at each");
}

static void what_stays_at_rest_is_retained(void **state)
{
    (void)state;
    const struct growth live = judge((struct course){.before = 5000, .warm = 13000});
    expect(&live, GROWTH_RETAINING, "live bytes 13000 at each");
    assert_true(live.live_bytes_at_rest == 8000 && live.mapped_bytes_at_rest == 0);
    const struct growth mapped = judge((struct course){.before = 5000, .warm = 5000, .mapped_at_rest = 65536});
    expect(&mapped, GROWTH_RETAINING, "mapped bytes 69632 at each");
    assert_true(mapped.live_bytes_at_rest == 0 && mapped.mapped_bytes_at_rest == 65536);
}

static void slow_growth_is_seen(void **state)
{
    (void)state;
    const struct course slow = {.before = 5000, .warm = 5000, .leaked_bytes = 16, .leak_period_ops = 1000};
    const struct growth growth = judge(slow);
    expect(&growth, GROWTH_GROWING, "live bytes from 6600 to 21000");
    assert_float_equal(growth.live_bytes_per_1000_ops, 16, 1e-9);
    struct course brief = slow;
    brief.limit = GROWTH_SHORT_OPS;
    const struct growth short_pass = judge(brief);
    expect(&short_pass, GROWTH_GROWING, "3 checkpoints from 10000 to 100000 ops");
    assert_float_equal(short_pass.live_bytes_per_1000_ops, 16, 1e-9);
    brief.leak_period_ops = 80000; /* one block in all */
    const struct growth single = judge(brief);
    expect(&single, GROWTH_GROWING, "within a range of 16");
}

static void a_step_that_stops_is_retained(void **state)
{
    (void)state;
    const struct course step = {.before = 5000, .warm = 5000, .step_bytes = 4096, .step_at_ops = 30000};
    const struct growth growth = judge(step);
    expect(&growth, GROWTH_RETAINING, "live bytes 9096 at each");
    assert_true(growth.live_bytes_at_rest == 4096 && growth.live_bytes_per_1000_ops == 0);
    struct course late = step;
    late.step_at_ops = 300000; /* may go on */
    const struct growth still = judge(late);
    expect(&still, GROWTH_GROWING, "live bytes from 5000 to 9096");
}

static void mappings_grow_too(void **state)
{
    (void)state;
    const struct growth growth =
        judge((struct course){.before = 5000, .warm = 5000, .mapped_leak_bytes = 4096, .mapped_period_ops = 10000});
    expect(&growth, GROWTH_GROWING, "live bytes 5000 at each; mapped bytes from 45056 to 413696");
    assert_float_equal(growth.mapped_bytes_per_1000_ops, 409.6, 1e-9);
    assert_true(growth.live_bytes_per_1000_ops == 0);
}

static void too_little_decides_nothing(void **state)
{
    (void)state;
    const struct course steady = {.before = 5000, .warm = 5000};
    struct course stopped = steady;
    stopped.stopped_after = 10000;
    struct growth growth = judge(stopped);
    expect(&growth, GROWTH_NOT_AVAILABLE, "too few checkpoints: 1 from 10000 ops on");
    assert_true(isnan(growth.live_bytes_per_1000_ops) && isnan(growth.live_bytes_at_rest));
    stopped.stopped_after = 30000;
    growth = judge(stopped);
    expect(&growth, GROWTH_BOUNDED, "stopped for time before 100000");
    stopped.stopped_after = -1000; /* the interposer was not there */
    growth = judge(stopped);
    expect(&growth, GROWTH_NOT_AVAILABLE, "nothing was counted");

    struct growth_point points[GROWTH_POINTS_MAX];
    struct course course = steady;
    course.limit = GROWTH_LAST_OPS;
    const size_t count = make_points(&course, points);
    points[count - 2].live_bytes += 100; /* there and back */
    growth_judge(&growth, points, count);
    expect(&growth, GROWTH_NOT_AVAILABLE, "within a range of 100");
    make_points(&course, points);
    points[count - 2].mapped_bytes = NAN; /* one mapping was lost track of */
    growth_judge(&growth, points, count);
    expect(&growth, GROWTH_NOT_AVAILABLE, "mapped bytes not counted");
}

static void metrics_of_claims(void **state)
{
    (void)state;
    struct growth_point points[GROWTH_POINTS_MAX];
    struct course course = {.before = 1, .warm = 5000, .leaked_bytes = 16, .leak_period_ops = 1000};
    course.limit = GROWTH_LAST_OPS;
    size_t count = make_points(&course, points);
    assert_float_equal(growth_steady_bytes(points, count), 160, 0);
    assert_float_equal(growth_last_range_bytes(points, count), 16 * 900, 0);
    course.limit = GROWTH_SHORT_OPS;
    count = make_points(&course, points);
    assert_float_equal(growth_steady_bytes(points, count), 160, 0);
    assert_true(isnan(growth_last_range_bytes(points, count)));
    course.stopped_after = 3000;
    count = make_points(&course, points);
    assert_true(isnan(growth_steady_bytes(points, count)));
    assert_true(growth_is_metric("live_growth_10000_bytes"));
    assert_true(growth_is_metric("live_growth_last_checkpoints_bytes"));
    assert_false(growth_is_metric("allocations_per_op"));
}

static void checkpoints_are_multiples(void **state)
{
    (void)state;
    static const int64_t expected[] = {-100, 0, 100, 1000, 3000, 10000, 30000, 100000, 300000, 1000000};
    int64_t operations[GROWTH_POINTS_MAX];
    assert_int_equal(growth_checkpoints(GROWTH_LAST_OPS, 1, operations), 10);
    assert_memory_equal(operations, expected, sizeof expected);
    assert_int_equal(growth_checkpoints(GROWTH_SHORT_OPS, 0, operations), 8);
    assert_int_equal(operations[7], 100000);
    const size_t count = growth_checkpoints(GROWTH_LAST_OPS, 2048, operations);
    assert_int_equal(count, 9); /* 100 and 1000 fall together */
    for (size_t i = 0; i < count; i++)
        assert_int_equal(operations[i] % 2048, 0);
    for (size_t i = 1; i < count; i++)
        assert_true(operations[i] > operations[i - 1]);
}

/* ---- the pass, with a fake clock and fake counts ---- */

static uint64_t fake_now_ns, fake_ns_per_op, fake_ops;

static uint64_t now_ns(void *context)
{
    (void)context;
    return fake_now_ns;
}

static uint64_t run_fake(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    fake_ops += n;
    fake_now_ns += n * fake_ns_per_op;
    return 3 * n;
}

static void read_fake(struct interpose_counts *total, struct interpose_counts *this_thread)
{
    (void)this_thread;
    *total = (struct interpose_counts){.live_bytes = (int64_t)fake_ops};
}

static void a_pass_stops_in_time(void **state)
{
    (void)state;
    struct encbench_workload workload = {.bytes_per_op = 3, .batch_multiple_ops = 1, .run = run_fake};
    const struct measure_arm arm = {.workload = &workload};
    const struct measure_clock clock = {.now_ns = now_ns};
    struct heap_pass pass = {0};
    fake_ns_per_op = 10;
    fake_ops = 0;
    assert_true(heap_pass_run(&pass, &clock, &arm, read_fake, GROWTH_LAST_OPS, 20000000));
    assert_int_equal(pass.reached, pass.planned);
    for (size_t i = 0; i < pass.planned; i++) {
        assert_int_equal(pass.checkpoints[i].counts.live_bytes, pass.checkpoints[i].operations + 100);
        assert_true(pass.checkpoints[i].rss_bytes > 0);
    }
    assert_true(heap_pass_run(&pass, &clock, &arm, read_fake, GROWTH_LAST_OPS, 5000000));
    assert_int_equal(pass.checkpoints[pass.reached - 1].operations, 300000);
    assert_int_equal(pass.checkpoints[pass.reached].operations, GROWTH_LAST_OPS);
    workload.bytes_per_op = 4;
    assert_false(heap_pass_run(&pass, &clock, &arm, read_fake, 1000, 5000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_memory_is_bounded), cmocka_unit_test(what_stays_at_rest_is_retained),
        cmocka_unit_test(slow_growth_is_seen),      cmocka_unit_test(a_step_that_stops_is_retained),
        cmocka_unit_test(mappings_grow_too),        cmocka_unit_test(too_little_decides_nothing),
        cmocka_unit_test(metrics_of_claims),        cmocka_unit_test(checkpoints_are_multiples),
        cmocka_unit_test(a_pass_stops_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
