/* Groups, statuses and reasons of counters, with a fake kernel. */
#include "count/counters.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DESCRIPTORS = 256, NS = 1000 };

/* Descriptor d is event `config[d]` of thread `thread[d]` in the group of `leader[d]`. */
struct fake {
    int fails[COUNTER_EVENTS_MAX][COUNTER_THREADS_MAX]; /* errno of opening, by config and thread; 0: opens */
    size_t capacity;                                    /* members that the kernel lets into a hardware group; 0: any */
    size_t schedulable;                                 /* members of a group that gets to run; 0: any */
    uint64_t running_ns;                                /* of NS enabled */
    int read_fails;
    bool open[DESCRIPTORS];
    int leader[DESCRIPTORS], thread[DESCRIPTORS];
    uint64_t config[DESCRIPTORS];
    int next;
    size_t works, works_until_failure, enables, largest_group, still_open;
};

static struct fake fake;
static struct counter_event events[COUNTER_EVENTS_MAX];
static struct counter_value values[COUNTER_THREADS_MAX * COUNTER_EVENTS_MAX];
static const int thread_ids[COUNTER_THREADS_MAX] = {0, 1, 2};

static size_t members(int leader)
{
    size_t count = 0;
    for (int d = 0; d < fake.next; d++)
        count += fake.open[d] && fake.leader[d] == leader;
    return count;
}

static int fake_open(void *context, const struct counter_event *event, int thread_id, int leader)
{
    assert_ptr_equal(context, &fake);
    assert_true(fake.next < DESCRIPTORS);
    if (leader >= 0)
        assert_true(fake.open[leader] && fake.leader[leader] == leader && fake.thread[leader] == thread_id);
    if (fake.fails[event->config][thread_id])
        return -fake.fails[event->config][thread_id];
    if (leader >= 0 && fake.capacity && event->type != COUNTER_TYPE_SOFTWARE && members(leader) >= fake.capacity)
        return -EINVAL;
    const int d = fake.next++;
    fake.open[d] = true;
    fake.leader[d] = leader >= 0 ? leader : d;
    fake.thread[d] = thread_id;
    fake.config[d] = event->config;
    fake.still_open++;
    return d;
}

static void fake_enable(void *context, int leader)
{
    (void)context;
    assert_true(fake.open[leader] && fake.leader[leader] == leader);
    fake.enables++;
    if (members(leader) > fake.largest_group)
        fake.largest_group = members(leader);
}

static void fake_disable(void *context, int leader)
{
    (void)context;
    assert_true(fake.open[leader]);
}

/* The value says whose it is: 1000 x thread + config. */
static int fake_read(void *context, int leader, size_t count, uint64_t *read_values, uint64_t *enabled_ns,
                     uint64_t *running_ns)
{
    (void)context;
    if (fake.read_fails)
        return -fake.read_fails;
    assert_int_equal(count, members(leader));
    for (int d = 0; d < fake.next; d++)
        if (fake.open[d] && fake.leader[d] == leader)
            *read_values++ = 1000 * (uint64_t)fake.thread[d] + fake.config[d];
    *enabled_ns = NS;
    *running_ns = fake.schedulable && count > fake.schedulable ? 0 : fake.running_ns;
    return 0;
}

static void fake_close(void *context, int descriptor)
{
    (void)context;
    assert_true(fake.open[descriptor]);
    assert_true(fake.leader[descriptor] != descriptor || members(descriptor) == 1);
    fake.open[descriptor] = false;
    fake.still_open--;
}

static const struct counter_source source = {&fake, fake_open, fake_enable, fake_disable, fake_read, fake_close};

static bool work(void *context, const struct counter_group *group)
{
    (void)context;
    for (size_t t = 0; t < group->thread_count; t++) {
        counter_enable(group, t);
        counter_disable(group, t);
    }
    return ++fake.works != fake.works_until_failure;
}

static int fresh(void **state)
{
    (void)state;
    fake = (struct fake){.running_ns = NS};
    memset(values, 0, sizeof values);
    for (size_t i = 0; i < COUNTER_EVENTS_MAX; i++)
        events[i] = (struct counter_event){
            .name = "hardware", .type = COUNTER_TYPE_HARDWARE, .config = i, .exclude_kernel = true};
    return 0;
}

static bool measure(size_t event_count, size_t thread_count)
{
    const bool worked = counter_measure(&source, events, event_count, thread_ids, thread_count, work, NULL, values);
    assert_int_equal(fake.still_open, 0);
    return worked;
}

static void expect(size_t event_count, size_t thread, size_t event, enum counter_status status)
{
    const struct counter_value *value = &values[thread * event_count + event];
    assert_int_equal(value->status, status);
    if (status == COUNTER_COUNTED || status == COUNTER_MULTIPLEXED)
        assert_int_equal(value->value, 1000 * thread + event);
}

static void expect_reason(const struct counter_event *event, const struct counter_value *value, int paranoid,
                          const char *words)
{
    char reason[COUNTERS_REASON_BYTES];
    counters_reason(event, value, paranoid, reason);
    if (strstr(reason, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", reason, words);
    assert_null(strpbrk(reason, ",\"\n"));
}

/* ---- groups ---- */

static void a_group_for_each_thread(void **state)
{
    (void)state;
    assert_true(measure(4, 3));
    assert_int_equal(fake.works, 1);
    assert_int_equal(fake.enables, 3);
    for (size_t t = 0; t < 3; t++)
        for (size_t i = 0; i < 4; i++)
            expect(4, t, i, COUNTER_COUNTED);
    expect_reason(&events[0], &values[0], 1, "");
}

static void what_does_not_fit_comes_later(void **state)
{
    (void)state;
    fake.capacity = 2;
    assert_true(measure(5, 2));
    assert_int_equal(fake.works, 3);
    assert_int_equal(fake.largest_group, 2);
    for (size_t i = 0; i < 5; i++)
        expect(5, 1, i, COUNTER_COUNTED);
}

static void software_has_a_group_of_its_own(void **state)
{
    (void)state;
    events[1].type = events[3].type = COUNTER_TYPE_SOFTWARE;
    events[2].type = COUNTER_TYPE_RAW;
    fake.fails[0][0] = fake.fails[2][0] = ENOENT;
    assert_true(measure(4, 1));
    assert_int_equal(fake.works, 1);
    assert_int_equal(fake.largest_group, 2);
    expect(4, 0, 0, COUNTER_NOT_SUPPORTED);
    expect(4, 0, 1, COUNTER_COUNTED);
    expect(4, 0, 2, COUNTER_NOT_SUPPORTED);
    expect(4, 0, 3, COUNTER_COUNTED);
    expect_reason(&events[0], &values[0], 1, "no PMU counts it here");
    fresh(NULL);
    events[1].type = COUNTER_TYPE_SOFTWARE;
    assert_true(measure(3, 1));
    assert_int_equal(fake.works, 2);
}

static void a_group_that_never_runs_is_halved(void **state)
{
    (void)state;
    fake.schedulable = 1;
    assert_true(measure(4, 2));
    assert_int_equal(fake.works, 1 + 2 + 4);
    for (size_t i = 0; i < 4; i++)
        expect(4, 1, i, COUNTER_COUNTED);
}

static void an_event_refused_in_one_thread_is_refused_in_all(void **state)
{
    (void)state;
    fake.fails[1][2] = EACCES;
    assert_true(measure(3, 3));
    for (size_t t = 0; t < 3; t++) {
        expect(3, t, 0, COUNTER_COUNTED);
        expect(3, t, 1, COUNTER_NOT_PERMITTED);
        expect(3, t, 2, COUNTER_COUNTED);
    }
}

static void work_that_fails_leaves_nothing_open(void **state)
{
    (void)state;
    fake.capacity = 1;
    fake.works_until_failure = 2;
    assert_false(measure(3, 2));
    assert_int_equal(fake.works, 2);
}

/* ---- statuses ---- */

static void refused(int cause, enum counter_status status, int paranoid, const char *words)
{
    fresh(NULL);
    fake.fails[0][0] = cause;
    assert_true(measure(2, 1));
    expect(2, 0, 0, status);
    assert_int_equal(values[0].cause, cause);
    expect(2, 0, 1, COUNTER_COUNTED);
    expect_reason(&events[0], &values[0], paranoid, words);
}

static void every_refusal_has_a_status_and_a_way_out(void **state)
{
    (void)state;
    refused(EACCES, COUNTER_NOT_PERMITTED, 3, "`sysctl kernel.perf_event_paranoid=2`");
    refused(EACCES, COUNTER_NOT_PERMITTED, INT_MIN, "`sysctl kernel.perf_event_paranoid=2`");
    refused(EACCES, COUNTER_NOT_PERMITTED, 1, "would allow it");
    refused(EPERM, COUNTER_NOT_PERMITTED, 1, "--cap-add PERFMON");
    refused(ENOSYS, COUNTER_NOT_SUPPORTED, 1, "seccomp filter hides it");
    refused(ENOENT, COUNTER_NOT_SUPPORTED, 1, "`-cpu host`");
    refused(EOPNOTSUPP, COUNTER_NOT_SUPPORTED, 1, "no PMU counts it here");
    refused(EINVAL, COUNTER_NOT_SUPPORTED, 1, "does not know this event");
    refused(EMFILE, COUNTER_NOT_COUNTED, 1, "`ulimit -n 4096`");
    refused(EBUSY, COUNTER_NOT_COUNTED, 1, "Device or resource busy");
}

static void what_happens_in_the_kernel_needs_more_rights(void **state)
{
    (void)state;
    const struct counter_value value = {.status = COUNTER_NOT_PERMITTED, .cause = EACCES};
    events[0].exclude_kernel = false;
    expect_reason(&events[0], &value, 2,
                  "counting in the kernel is not for this user; as root: `sysctl "
                  "kernel.perf_event_paranoid=1`");
}

/* No descriptor left for a member: the group goes without it, and the next one takes it. */
static void no_descriptor_left_makes_groups_smaller(void **state)
{
    (void)state;
    fake.fails[1][0] = EMFILE;
    assert_true(measure(3, 1));
    assert_int_equal(fake.works, 2);
    expect(3, 0, 0, COUNTER_COUNTED);
    expect(3, 0, 1, COUNTER_NOT_COUNTED);
    expect(3, 0, 2, COUNTER_COUNTED);
}

static void a_multiplexed_value_is_not_scaled(void **state)
{
    (void)state;
    fake.running_ns = NS / 4;
    assert_true(measure(2, 1));
    expect(2, 0, 1, COUNTER_MULTIPLEXED);
    assert_int_equal(values[1].enabled_ns, NS);
    assert_int_equal(values[1].running_ns, NS / 4);
    expect_reason(&events[1], &values[1], 1, "for 25.0 % of the time only; ask for fewer --events");
}

static void never_running_is_not_zero(void **state)
{
    (void)state;
    fake.running_ns = 0;
    assert_true(measure(2, 1));
    expect(2, 0, 0, COUNTER_NOT_COUNTED);
    expect(2, 0, 1, COUNTER_NOT_COUNTED);
    assert_int_equal(values[0].cause, 0);
    expect_reason(&events[0], &values[0], 1, "`sysctl kernel.nmi_watchdog=0`");
}

static void what_cannot_be_read_is_not_counted(void **state)
{
    (void)state;
    fake.read_fails = EIO;
    assert_true(measure(2, 1));
    expect(2, 0, 1, COUNTER_NOT_COUNTED);
    expect_reason(&events[1], &values[1], 1, "Input/output error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_group_for_each_thread, fresh),
        cmocka_unit_test_setup(what_does_not_fit_comes_later, fresh),
        cmocka_unit_test_setup(software_has_a_group_of_its_own, fresh),
        cmocka_unit_test_setup(a_group_that_never_runs_is_halved, fresh),
        cmocka_unit_test_setup(an_event_refused_in_one_thread_is_refused_in_all, fresh),
        cmocka_unit_test_setup(work_that_fails_leaves_nothing_open, fresh),
        cmocka_unit_test_setup(every_refusal_has_a_status_and_a_way_out, fresh),
        cmocka_unit_test_setup(what_happens_in_the_kernel_needs_more_rights, fresh),
        cmocka_unit_test_setup(no_descriptor_left_makes_groups_smaller, fresh),
        cmocka_unit_test_setup(a_multiplexed_value_is_not_scaled, fresh),
        cmocka_unit_test_setup(never_running_is_not_zero, fresh),
        cmocka_unit_test_setup(what_cannot_be_read_is_not_counted, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
