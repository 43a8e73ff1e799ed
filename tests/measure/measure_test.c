/*
 * Order, rounds, drops and quantisation of measuring, with a fake clock: time passes only when a fake op says so.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/kernels.h"
#include "launch/pilot.h"
#include "measure/measure.h"
#include "plan/plan.h"
#include "stats/stats.h"
#include "summary/state.h"
#include "summary/summary.h"

/* ---- a world in which time is what ops cost ---- */

static struct world {
    double now_ns;
    double drift_per_ns; /* how much slower everything gets as time goes on */
    long switches;
    int cpu;
    long switches_then;                /* how many at once; 0 stands for 1 */
    uint64_t switch_at_ns, move_at_ns; /* when an involuntary switch or a change of CPU happens; 0: never */
    int order[64];
    size_t order_count;
} world;

struct fake {
    int number;
    double op_ns;
    uint64_t bytes_per_op;
    uint64_t befores, afters, round_max_seen, ops;
};

static uint64_t now_ns(void *context)
{
    (void)context;
    return (uint64_t)world.now_ns;
}

static long switches(void *context)
{
    (void)context;
    return world.switches + (world.switch_at_ns && world.now_ns >= (double)world.switch_at_ns
                                 ? (world.switches_then ? world.switches_then : 1)
                                 : 0);
}

static int cpu(void *context)
{
    (void)context;
    return world.move_at_ns && world.now_ns >= (double)world.move_at_ns ? world.cpu + 1 : world.cpu;
}

static const struct measure_clock fake_clock = {now_ns, now_ns, switches, cpu, NULL};

static void before(void *state, uint64_t n)
{
    struct fake *fake = state;
    fake->befores++;
    if (n > fake->round_max_seen)
        fake->round_max_seen = n;
    world.now_ns += 1000; /* must never count */
}

static void after(void *state, uint64_t n)
{
    struct fake *fake = state;
    (void)n;
    fake->afters++;
    world.now_ns += 1000;
}

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    struct fake *fake = state;
    (void)thread;
    if (world.order_count < sizeof world.order / sizeof world.order[0])
        world.order[world.order_count++] = fake->number;
    const double start_ns = world.now_ns, cost_ns = fake->op_ns * (double)n;
    world.now_ns = start_ns + cost_ns * (1 + world.drift_per_ns * (start_ns + cost_ns / 2));
    fake->ops += n;
    return n * fake->bytes_per_op;
}

static struct encbench_workload workload_of(uint64_t batch_max_ops)
{
    return (struct encbench_workload){.short_name = "fake",
                                      .bytes_per_op = 3,
                                      .batch_max_ops = batch_max_ops,
                                      .batch_multiple_ops = 1,
                                      .before = before,
                                      .run = run,
                                      .after = after};
}

static struct measure_arm arm_of(const struct encbench_workload *workload, struct fake *fake, uint64_t iterations,
                                 uint64_t rewarm_iterations)
{
    return (struct measure_arm){
        .workload = workload, .state = fake, .iterations = iterations, .rewarm_iterations = rewarm_iterations};
}

static int reset(void **state)
{
    (void)state;
    world = (struct world){.now_ns = 1000};
    return 0;
}

/* ---- order ---- */

static void order_is_a_permutation_and_its_mirror(void **state)
{
    struct measure_block block;
    unsigned first_slot[6] = {0};
    (void)state;
    for (uint64_t b = 0; b < 6000; b++) {
        unsigned seen = 0;
        measure_plan_block(7, 3, b, 6, &block);
        for (size_t i = 0; i < 6; i++) {
            seen |= 1u << block.slot_arm[i];
            assert_int_equal(block.slot_arm[i], block.slot_arm[11 - i]);
        }
        assert_int_equal(seen, 0x3f);
        assert_true(block.input_offset_bytes < MEASURE_INPUT_OFFSETS);
        assert_int_equal(block.input_offset_bytes % MEASURE_INPUT_STEP, 0);
        first_slot[block.slot_arm[0]]++;
    }
    /* Each arm comes first in 1000 of 6000 blocks, sd 29: six sd either way. */
    for (size_t i = 0; i < 6; i++)
        assert_in_range(first_slot[i], 1000 - 173, 1000 + 173);
}

static void order_depends_on_seed_process_and_block_alone(void **state)
{
    struct measure_block a, b;
    unsigned same_seed = 0, same_process = 0, same_block = 0;
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        measure_plan_block(7, 3, i, 6, &a);
        measure_plan_block(7, 3, i, 6, &b);
        assert_memory_equal(a.slot_arm, b.slot_arm, 12);
        assert_int_equal(a.input_offset_bytes, b.input_offset_bytes);
        measure_plan_block(8, 3, i, 6, &b);
        same_seed += memcmp(a.slot_arm, b.slot_arm, 12) == 0;
        measure_plan_block(7, 4, i, 6, &b);
        same_process += memcmp(a.slot_arm, b.slot_arm, 12) == 0;
        measure_plan_block(7, 3, i + 1, 6, &b);
        same_block += memcmp(a.slot_arm, b.slot_arm, 12) == 0;
    }
    /* One of 720 by chance. */
    assert_in_range(same_seed, 0, 5);
    assert_in_range(same_process, 0, 5);
    assert_in_range(same_block, 0, 5);
}

static void arms_run_in_the_planned_order(void **state)
{
    struct encbench_workload workload = workload_of(0);
    struct encbench_host host = {0};
    struct fake fakes[4];
    struct measure_arm arms[4];
    struct measure_block block;
    uint32_t wrong = 99;
    unsigned char input[8192];
    (void)state;
    for (int i = 0; i < 4; i++) {
        fakes[i] = (struct fake){.number = i, .op_ns = 10, .bytes_per_op = 3};
        arms[i] = arm_of(&workload, &fakes[i], 100, 0);
    }
    measure_plan_block(1, 0, 0, 4, &block);
    assert_true(measure_block_run(&fake_clock, &host, input, arms, &block, &wrong));
    assert_int_equal(world.order_count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(world.order[i], block.slot_arm[i]);
    assert_ptr_equal(host.input, input + block.input_offset_bytes);
}

/* ---- time ---- */

static void rounds_are_bounded_and_preparation_is_not_timed(void **state)
{
    struct encbench_workload workload = workload_of(256);
    struct fake fake = {.op_ns = 10, .bytes_per_op = 3};
    const struct measure_arm arm = arm_of(&workload, &fake, 1000, 0);
    uint64_t bytes = 0;
    (void)state;
    assert_int_equal(measure_batch(&fake_clock, &arm, 1000, &bytes), 10000);
    assert_int_equal(bytes, 3000);
    assert_int_equal(fake.befores, 4);
    assert_int_equal(fake.afters, 4);
    assert_int_equal(fake.round_max_seen, 256);
}

static void rewarming_is_done_and_not_timed(void **state)
{
    struct encbench_workload workload = workload_of(0);
    struct encbench_host host = {0};
    struct fake fake = {.op_ns = 10, .bytes_per_op = 3};
    const struct measure_arm arm = arm_of(&workload, &fake, 100, 7);
    struct measure_block block;
    uint32_t wrong;
    (void)state;
    measure_plan_block(1, 0, 0, 1, &block);
    assert_true(measure_block_run(&fake_clock, &host, NULL, &arm, &block, &wrong));
    assert_int_equal(fake.ops, 2 * (100 + 7));
    assert_int_equal(block.elapsed_ns[0], 1000);
    assert_int_equal(block.elapsed_ns[1], 1000);
}

/* A machine that slows down by 5 % during a block moves one arm after the other by percents; the mirrored block by
 * nothing. */
static void linear_drift_cancels_in_a_block(void **state)
{
    struct encbench_workload workload = workload_of(0);
    struct encbench_host host = {0};
    struct fake fakes[2] = {{.op_ns = 100, .bytes_per_op = 3}, {.op_ns = 101, .bytes_per_op = 3}};
    const struct measure_arm arms[2] = {arm_of(&workload, &fakes[0], 1000, 0), arm_of(&workload, &fakes[1], 1000, 0)};
    double worst_paired_ns = 0, worst_sequential_ns = 0;
    (void)state;
    for (uint64_t b = 0; b < 50; b++) {
        struct measure_block block;
        double sum_ns[2] = {0}, first_ns[2] = {0};
        uint32_t wrong;
        world = (struct world){.now_ns = 0, .drift_per_ns = 0.05 / 400000};
        workload.before = workload.after = NULL;
        measure_plan_block(3, 0, b, 2, &block);
        assert_true(measure_block_run(&fake_clock, &host, NULL, arms, &block, &wrong));
        for (size_t slot = 0; slot < 4; slot++) {
            sum_ns[block.slot_arm[slot]] += (double)block.elapsed_ns[slot] / 2000;
            if (slot < 2)
                first_ns[block.slot_arm[slot]] = (double)block.elapsed_ns[slot] / 1000;
        }
        worst_paired_ns = fmax(worst_paired_ns, fabs(sum_ns[1] - sum_ns[0] - 1));
        worst_sequential_ns = fmax(worst_sequential_ns, fabs(first_ns[1] - first_ns[0] - 1));
    }
    assert_true(worst_sequential_ns > 1.0); /* the drift is there: it hides the true difference of 1 ns */
    assert_true(worst_paired_ns < 0.06);    /* and 25 times less of it is left: the second order */
}

static void a_block_is_dropped_whole_for_a_switch_or_a_move_and_never_for_being_slow(void **state)
{
    struct encbench_workload workload = workload_of(0);
    struct encbench_host host = {0};
    struct fake fakes[2] = {{.op_ns = 10, .bytes_per_op = 3}, {.op_ns = 10, .bytes_per_op = 3}};
    const struct measure_arm arms[2] = {arm_of(&workload, &fakes[0], 100, 0), arm_of(&workload, &fakes[1], 100, 0)};
    struct measure_block block;
    uint32_t wrong;
    (void)state;
    for (int what = 0; what < 4; what++) {
        reset(NULL);
        fakes[0].op_ns = what == 3 ? 10000 : 10;
        world.switch_at_ns = what == 1 ? 2500 : 0;
        world.move_at_ns = what == 2 ? 2500 : 0;
        measure_plan_block(3, 0, 0, 2, &block);
        assert_true(measure_block_run(&fake_clock, &host, NULL, arms, &block, &wrong));
        assert_int_equal(block.dropped, what == 1 || what == 2);
    }
}

/* 30 ms of block are allowed three switches, and a fourth drops it. */
static void a_long_block_may_be_switched_now_and_then(void **state)
{
    struct encbench_workload workload = workload_of(0);
    struct encbench_host host = {0};
    struct fake fake = {.op_ns = 15e6, .bytes_per_op = 3};
    const struct measure_arm arm = arm_of(&workload, &fake, 1, 0);
    struct measure_block block;
    uint32_t wrong;
    (void)state;
    for (unsigned switched = 3; switched <= 4; switched++) {
        reset(NULL);
        world.switch_at_ns = 2500;
        world.switches_then = switched;
        measure_plan_block(3, 0, 0, 1, &block);
        assert_true(measure_block_run(&fake_clock, &host, NULL, &arm, &block, &wrong));
        assert_int_equal(block.dropped, switched == 4);
    }
}

static void a_batch_that_produces_too_little_is_refused_by_arm(void **state)
{
    struct encbench_workload workload = workload_of(0);
    struct encbench_host host = {0};
    struct fake fakes[2] = {{.op_ns = 10, .bytes_per_op = 3}, {.op_ns = 10, .bytes_per_op = 2}};
    const struct measure_arm arms[2] = {arm_of(&workload, &fakes[0], 100, 0), arm_of(&workload, &fakes[1], 100, 0)};
    struct measure_block block;
    uint32_t wrong = 99;
    (void)state;
    measure_plan_block(3, 0, 0, 2, &block);
    assert_false(measure_block_run(&fake_clock, &host, NULL, arms, &block, &wrong));
    assert_int_equal(wrong, 1);
}

static uint64_t stepping_ns(void *context)
{
    uint64_t *reads = context;
    return ++*reads / 4 * 20; /* ticks of 20 ns, four readings to the tick */
}

static void the_clock_step_is_the_smallest_difference(void **state)
{
    uint64_t reads = 0;
    const struct measure_clock clock = {stepping_ns, stepping_ns, switches, cpu, &reads};
    (void)state;
    assert_int_equal(measure_clock_step_ns(&clock, 100), 20);
}

/* ---- the size of a batch ---- */

static struct measure_ladder ladder_of(uint64_t multiple, uint64_t batch_max)
{
    return measure_ladder_of(&multiple, &batch_max, 1);
}

static void batches_stand_on_a_ladder(void **state)
{
    const double same[] = {100, 100, 100}, mixed[] = {1, 100, 1000}, fast[] = {0.75, 900, 918}, longest[] = {1e6};
    const struct measure_ladder ones = ladder_of(1, 0), twelves = ladder_of(12, 0), fours = ladder_of(4, 0);
    (void)state;
    assert_int_equal(measure_iterations(same, 3, &ones, 25000, 10), 256);
    assert_int_equal(measure_iterations(same, 3, &twelves, 25000, 10), 192);
    assert_int_equal(measure_iterations(longest, 1, &ones, 25000, 10), 1);
    assert_int_equal(measure_iterations(longest, 1, &fours, 25000, 10), 4);
    /* A fast arm decides where 1000 clock steps would not fit otherwise, but not at any price: then it has an n of its
     * own. */
    assert_int_equal(measure_iterations((const double[]){10, 100, 100}, 3, &ones, 25000, 10), 1024);
    assert_int_equal(measure_iterations(mixed, 3, &ones, 25000, 10), 256);
    assert_int_equal(measure_own_iterations(1, 256, &ones, 25000, 10), 16384);
    assert_int_equal(measure_own_iterations(100, 256, &ones, 25000, 10), 256);
    assert_int_equal(measure_iterations(fast, 3, &ones, 25000, 20), 32);
    assert_int_equal(measure_own_iterations(0.75, 32, &ones, 25000, 20), 32768);
    assert_int_equal(measure_own_iterations(1e6, 256, &ones, 25000, 10), 1);
}

/* n came from a noisy pilot: 1576, 1687, 1885 and 1695 in four runs. Whatever a pilot says within a sixth, it is one
 * rung. */
static void what_a_pilot_says_hardly_moves_the_rung(void **state)
{
    const struct measure_ladder ladder = ladder_of(1, 256);
    (void)state;
    for (double ns = 11; ns <= 16; ns += 0.1)
        assert_int_equal(measure_iterations(&ns, 1, &ladder, 25000, 10), 2048);
}

static void rungs_are_whole_rounds(void **state)
{
    const uint64_t multiples[] = {4, 6}, maxima[] = {1000, 256};
    const struct measure_ladder both = measure_ladder_of(multiples, maxima, 2), puts = ladder_of(1, 256),
                                short_rounds = ladder_of(64, 16), odd = ladder_of(1, 100);
    (void)state;
    assert_int_equal(both.multiple_ops, 12);
    assert_int_equal(both.round_ops, 252);
    assert_int_equal(short_rounds.round_ops, 0);
    for (double wanted = 1; wanted < 1e6; wanted *= 1.07) {
        const uint64_t n = measure_rung(&puts, wanted), between = measure_between(&puts, n);
        assert_true(n < 256 ? (n & (n - 1)) == 0 : n % 256 == 0);
        assert_true(n == 1 || ((double)n <= 1.5 * wanted && (double)n >= wanted / 1.5));
        assert_true(between == 0 ? n == 1 || n == 256 : between > n && between < 2 * n);
        assert_true(n < 256 || between % 256 == 0);
        const uint64_t rung = measure_rung(&odd, wanted);
        assert_true(rung < 100 ? (rung & (rung - 1)) == 0 : rung % 100 == 0);
        assert_int_equal(measure_rung_at_least(&odd, (double)rung), rung);
    }
    assert_int_equal(measure_between(&puts, 1024), 1536);
    assert_int_equal(measure_between(&both, 504), 756);
    const struct measure_ladder ones = ladder_of(1, 0);
    assert_int_equal(measure_between(&ones, 1000), 1400);
    assert_int_equal(measure_between(&ones, 1), 0);
    assert_int_equal(measure_between(&ones, 2), 3);
}

/* All arms at all sizes, then the same backwards; what a size has is one block, as if it had been measured alone. */
static void sizes_take_turns_in_a_linearity_block(void **state)
{
    struct encbench_workload workload = workload_of(0);
    struct encbench_host host = {0};
    struct fake fakes[2] = {{.number = 0, .op_ns = 10, .bytes_per_op = 3},
                            {.number = 1, .op_ns = 30, .bytes_per_op = 3}};
    struct measure_arm arms[2] = {arm_of(&workload, &fakes[0], 100, 0), arm_of(&workload, &fakes[1], 100, 0)};
    struct measure_block blocks[MEASURE_SIZES];
    uint32_t wrong;
    (void)state;
    workload.before = workload.after = NULL;
    for (size_t i = 0; i < 2; i++) {
        arms[i].other_iterations[0] = 200;
        arms[i].other_iterations[1] = 140;
    }
    const uint8_t both[] = {0, 1};
    assert_true(measure_linearity_run(&fake_clock, &host, NULL, arms, both, 2, 1, 2, 3, blocks, &wrong));
    assert_int_equal(world.order_count, 12);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(world.order[i], world.order[11 - i]);
    const uint64_t sizes[] = {100, 200, 140};
    for (size_t size = 0; size < MEASURE_SIZES; size++) {
        assert_int_equal(blocks[size].purpose, MEASURE_LINEARITY);
        assert_int_equal(blocks[size].size, size);
        assert_int_equal(blocks[size].slot_count, 4);
        for (size_t slot = 0; slot < 4; slot++)
            assert_int_equal(blocks[size].elapsed_ns[slot], sizes[size] * (blocks[size].slot_arm[slot] ? 30 : 10));
        /* Mirrored over the whole: their mean time is the middle of it. */
        assert_true(llabs((long long)(blocks[size].centre_ns[0] + blocks[size].centre_ns[3]) -
                          (long long)(blocks[0].centre_ns[0] + blocks[0].centre_ns[3])) <= 1);
    }
    for (size_t i = 0; i < 2; i++)
        arms[i].other_iterations[1] = 0;
    assert_true(measure_linearity_run(&fake_clock, &host, NULL, arms, both, 2, 1, 2, 4, blocks, &wrong));
    assert_int_equal(blocks[2].slot_count, 0);
    assert_int_equal(blocks[1].slot_count, 4);
    world.switch_at_ns = (uint64_t)world.now_ns + 5000;
    assert_true(measure_linearity_run(&fake_clock, &host, NULL, arms, both, 2, 1, 2, 5, blocks, &wrong));
    assert_true(blocks[0].dropped && blocks[1].dropped);
    const uint8_t second[] = {1}; /* of one arm alone */
    assert_true(measure_linearity_run(&fake_clock, &host, NULL, arms, second, 1, 1, 2, 6, blocks, &wrong));
    assert_int_equal(blocks[1].slot_count, 2);
    for (size_t slot = 0; slot < 2; slot++) {
        assert_int_equal(blocks[1].slot_arm[slot], 1);
        assert_int_equal(blocks[1].elapsed_ns[slot], 200 * 30);
    }
}

/* Two that have the fewest blocks that count, whichever they are; the same for the same seed. */
static void arms_get_as_many_linearity_blocks(void **state)
{
    (void)state;
    uint32_t counting[5] = {0}, met[5][5] = {{0}};
    uint8_t which[MEASURE_LINEARITY_ARMS], again[MEASURE_LINEARITY_ARMS];
    for (uint64_t number = 0; number < 1000; number++) {
        assert_int_equal(measure_linearity_arms(counting, 5, 1, 2, number, which), 2);
        measure_linearity_arms(counting, 5, 1, 2, number, again);
        assert_memory_equal(which, again, sizeof which);
        assert_true(which[0] != which[1] && which[0] < 5 && which[1] < 5);
        for (size_t i = 0; i < 5; i++) /* none that is left out has fewer */
            assert_true(i == which[0] || i == which[1] ||
                        (counting[i] >= counting[which[0]] && counting[i] >= counting[which[1]]));
        met[which[0]][which[1]]++;
        if (number % 3 == 0)
            continue; /* dropped */
        counting[which[0]]++;
        counting[which[1]]++;
    }
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            assert_true(i == j ? met[i][j] == 0 : met[i][j] > 10);
    for (size_t i = 0; i < 5; i++)
        assert_in_range(counting[i], counting[0] - 1, counting[0] + 1);
    assert_int_equal(measure_linearity_arms(counting, 1, 1, 2, 3, which), 1);
    assert_int_equal(which[0], 0);
}

/* A clock of 20 ns a reading, with three ticks a ns, that loses 35 us between two readings: in all tries but one,
 * whichever. */
struct interrupted {
    uint64_t now_ns;
    unsigned reading, spared; /* try */
};

static uint64_t interrupted_now(void *context)
{
    struct interrupted *clock = context;
    clock->now_ns += clock->reading % 3 == 2 && clock->reading / 3 != clock->spared ? 35000 : 20;
    clock->reading++;
    return clock->now_ns;
}

static uint64_t interrupted_ticks(void *context)
{
    struct interrupted *clock = context;
    clock->now_ns += 20;
    clock->reading++;
    return 3 * clock->now_ns;
}

static void both_clocks_are_read_at_one_time(void **state)
{
    (void)state;
    for (unsigned spared = 0; spared < 5; spared++) {
        struct interrupted interrupted = {.now_ns = 1000, .spared = spared};
        const struct measure_clock clock = {
            .now_ns = interrupted_now, .ticks = interrupted_ticks, .context = &interrupted};
        const struct measure_moment moment = measure_both_clocks(&clock);
        assert_in_range(moment.ticks, 3 * moment.ns - 60, 3 * moment.ns + 60);
    }
}

/* ---- the state of an op ---- */

static void the_ring_moves_on_with_every_round(void **state)
{
    struct encbench_workload workload = workload_of(30);
    struct encbench_host host = {.ring_stride_bytes = 16, .ring_mask_bytes = 1023};
    struct fake fake = {.op_ns = 10, .bytes_per_op = 3};
    struct measure_arm arm = arm_of(&workload, &fake, 100, 0);
    uint64_t bytes = 0;
    unsigned char ring[4096];
    (void)state;
    arm.host = &host;
    measure_batch(&fake_clock, &arm, 100, &bytes);
    assert_int_equal(host.ring_first_bytes, 1600);
    host.ring = ring;
    struct encbench_inputs inputs = encbench_inputs(&host);
    assert_ptr_equal(encbench_next_input(&inputs), ring + 1600 % 1024);
    assert_ptr_equal(encbench_next_input(&inputs), ring + 1616 % 1024);
    assert_int_equal(measure_ring_stride(1), 1);
    assert_int_equal(measure_ring_stride(100), 128);
    assert_int_equal(measure_ring_bytes(100), MEASURE_RING_BYTES);
    assert_int_equal(measure_ring_bytes(MEASURE_RING_BYTES), 2 * MEASURE_RING_BYTES);
}

static unsigned scrubs;

static void fake_scrub(void)
{
    scrubs++;
    world.now_ns += 500000; /* must never count */
}

static void a_cold_op_is_timed_alone_behind_a_scrub(void **state)
{
    struct encbench_workload workload = workload_of(0);
    struct fake fake = {.op_ns = 10, .bytes_per_op = 3};
    struct measure_arm arm = arm_of(&workload, &fake, 5, 0);
    uint64_t bytes = 0;
    (void)state;
    arm.round_ops = 1;
    arm.scrub = fake_scrub;
    scrubs = 0;
    assert_int_equal(measure_batch(&fake_clock, &arm, 5, &bytes), 50);
    assert_int_equal(scrubs, 5);
    assert_int_equal(fake.round_max_seen, 1);
}

static double reading_now_ns;

static uint64_t slow_reading(void *context)
{
    (void)context;
    reading_now_ns += 20;
    return (uint64_t)reading_now_ns;
}

static void what_a_reading_costs_is_what_an_empty_op_shows(void **state)
{
    const struct measure_clock clock = {slow_reading, slow_reading, switches, cpu, NULL};
    (void)state;
    assert_float_equal(measure_reading_ns(&clock, 100), 20, 1e-9);
}

/* The order-dependent sorts of an op settle; an op that goes on falling does not; noise of one percent is no fall. */
static void warming_is_found_on_the_ladder(void **state)
{
    const double sorting[] = {320, 319, 290, 240, 180, 140, 131, 131, 130, 131}, flat[] = {100, 101, 99, 100, 101},
                 falling[] = {320, 300, 280, 260, 240}, noisy[] = {131, 100.9, 101.1, 99.5, 103.5, 99.9, 100.2, 100};
    size_t step;
    (void)state;
    assert_true(pilot_settles(sorting, 10, &step));
    assert_int_equal(step, 6);
    assert_true(pilot_settles(flat, 5, &step));
    assert_int_equal(step, 0);
    assert_false(pilot_settles(falling, 5, &step));
    assert_true(pilot_settles(noisy, 8, &step));
    assert_int_equal(step, 1);
    assert_true(pilot_settles(flat, 2, &step));
    assert_int_equal(step, 0);
}

/* Five arms of 25 us a batch and the clock's three; what else an op takes, and a heap, is the case's. */
static struct plan_cell cell_of_batches(struct pilot_figures *figures, double op_ns, double whole_ns, double heap_ns)
{
    struct plan_cell cell = {.arm_count = 5 + PLAN_CLOCK_ARMS, .decides_claims = true};
    *figures = (struct pilot_figures){.heap_ns = heap_ns, .clock_sd = 0.01};
    for (size_t i = 0; i < cell.arm_count; i++) {
        const uint64_t n = (uint64_t)fmax(1, 25e3 / op_ns);
        cell.arms[i] = (struct plan_arm){
            .role = i < 5 ? PLAN_CONTENDER : PLAN_CLOCK, .iterations = n, .other_iterations = {2 * n, n + n / 2}};
        figures->ns_per_op[i] = op_ns;
        figures->whole_ns_per_op[i] = whole_ns;
    }
    return cell;
}

/* A process takes what it was given, with all that is in it: linearity, heaps and what is untimed came on top once, and
 * 250 ms were 590 of an isolated `put`. */
static void a_process_takes_the_time_it_was_given(void **state)
{
    const struct {
        double op_ns, whole_ns, heap_ns;
        unsigned process_ms;
        double over; /* of the time given; what must be measured at least is more where an op or its set-up is long */
    } cases[] = {{30, 30, 1e5, 250, 1.02},   {30, 30, 1e5, 150, 1.02},    {36, 72, 3e6, 250, 1.25},
                 {600, 610, 1e5, 500, 1.02}, {1.3e5, 1.4e5, 2e6, 150, 2}, {1.3e5, 1.4e5, 2e6, 500, 1.3}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int decides = 0; decides < 2; decides++) {
            struct pilot_figures figures;
            struct plan_cell cell = cell_of_batches(&figures, cases[i].op_ns, cases[i].whole_ns, cases[i].heap_ns);
            cell.decides_claims = decides;
            pilot_plan_blocks(&cell, &figures, cases[i].process_ms, 20);
            const double heaps = 4 + fmin(PLAN_EPOCHS, cell.blocks / MEASURE_EPOCH_BLOCKS_MIN),
                         rounds = cell.linearity_blocks / 3.0,
                         linearity_ns = rounds * plan_linearity_ns(&cell, figures.whole_ns_per_op),
                         all_ns = heaps * (cases[i].heap_ns + cell.block_ns) + cell.blocks * cell.block_ns +
                                  linearity_ns + cell.clock_blocks * 6 * MEASURE_CLOCK_BATCH_NS;
            assert_float_equal(cell.block_ns, 10 * cases[i].whole_ns * (double)cell.arms[0].iterations, 1);
            assert_true(all_ns > 0.75 * 1e6 * cases[i].process_ms);
            if (all_ns > cases[i].over * 1e6 * cases[i].process_ms)
                fail_msg("case %zu: %.0f ms of %u", i, all_ns / 1e6, cases[i].process_ms);
            assert_true(cell.linearity_every == 1 && cell.linearity_blocks >= 3);
            if (decides && rounds < 64) /* as many as of a whole process of timed ops, however much is untimed */
                assert_true(rounds + 1 >= 0.2e6 * cases[i].process_ms / plan_linearity_ns(&cell, figures.ns_per_op));
        }
}

/* ---- summary ---- */

static void contrasts_are_taken_per_block_and_trimmed(void **state)
{
    struct plan_cell cell = {.arm_count = 2, .contrast_count = 1};
    struct measure_block blocks[50];
    struct summary summary;
    (void)state;
    cell.arms[0].iterations = cell.arms[1].iterations = 10;
    cell.contrasts[0].weights[0] = -1;
    cell.contrasts[0].weights[1] = 1;
    for (size_t b = 0; b < 50; b++) {
        /* Blocks differ in speed, the pair does not; every sixth block has an outlier in one arm, which trimming takes.
         */
        const uint64_t base_ns = 1000 + 10 * b;
        blocks[b] = (struct measure_block){
            .slot_arm = {0, 1, 1, 0},
            .slot_count = 4,
            .elapsed_ns = {base_ns, base_ns + 50, base_ns + 50 + (b % 6 == 0 ? 9000 : 0), base_ns}};
        blocks[b].dropped = b % 10 == 3;
    }
    assert_true(summary_of_blocks(&cell, blocks, 50, 0, &summary));
    assert_true(summary.valid);
    assert_int_equal(summary.blocks_kept, 45);
    assert_int_equal(summary.blocks_dropped, 5);
    assert_true(fabs(summary.contrasts[0].difference_ns - 5) < 1e-9);
    assert_true(summary.contrasts[0].plain_mean_ns > 60); /* 450 ns more in at least 7 of 45 blocks */
}

/* Of two rounds a batch, each with a reading of 22 ns. */
static void readings_are_taken_off_every_round(void **state)
{
    struct plan_cell cell = {.arm_count = 1, .ladder = {1, 256}};
    struct measure_block blocks[20];
    struct summary summary;
    (void)state;
    cell.arms[0].iterations = 512;
    for (size_t b = 0; b < 20; b++)
        blocks[b] = (struct measure_block){.slot_count = 2, .elapsed_ns = {5120 + 44, 5120 + 44}};
    assert_true(summary_of_blocks(&cell, blocks, 20, 22, &summary));
    assert_float_equal(summary.time_ns_per_op[0], 10, 1e-9);
    assert_true(summary_of_blocks(&cell, blocks, 20, 2582, &summary));
    assert_false(summary.valid); /* nothing of the batch is left */
}

/* Two arms; a contrast of both; the clock has blocks of its own; and in blocks of linearity the second arm costs 3 ns
 * more at 2n. */
static void purposes_are_kept_apart(void **state)
{
    struct plan_cell cell = {.arm_count = 4, .contrast_count = 2, .clock_blocks = 20, .blocks = 20};
    struct measure_block blocks[40 + 3 * MEASURE_SIZES];
    struct summary summary;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        cell.arms[i].iterations = 10;
        cell.arms[i].other_iterations[0] = 20;
        cell.arms[i].role = i < 2 ? PLAN_CONTENDER : PLAN_CLOCK;
        cell.contrasts[i / 2].weights[i] = i % 2 ? 1 : -1;
    }
    for (size_t b = 0; b < 20; b++) {
        blocks[b] = (struct measure_block){
            .slot_arm = {0, 1, 1, 0}, .slot_count = 4, .elapsed_ns = {100, 120, 120, 100}, .state = STATE_QUIET};
        blocks[20 + b] = (struct measure_block){.slot_arm = {2, 3, 3, 2},
                                                .slot_count = 4,
                                                .purpose = MEASURE_CLOCK,
                                                .elapsed_ns = {2560, 2880, 2880, 2560}};
    }
    for (size_t group = 0; group < 2; group++) {
        struct measure_block *three = &blocks[40 + group * MEASURE_SIZES];
        three[0] = (struct measure_block){.slot_arm = {0, 1, 1, 0},
                                          .slot_count = 4,
                                          .purpose = MEASURE_LINEARITY,
                                          .elapsed_ns = {100, 120, 120, 100}};
        three[1] = (struct measure_block){.slot_arm = {0, 1, 1, 0},
                                          .slot_count = 4,
                                          .purpose = MEASURE_LINEARITY,
                                          .size = 1,
                                          .elapsed_ns = {200, 296 + 8 * group, 304 + 8 * group, 200}};
        three[2] = (struct measure_block){.purpose = MEASURE_LINEARITY, .size = 2};
    }
    for (size_t size = 0; size < MEASURE_SIZES; size++) /* of the first arm alone */
        blocks[40 + 2 * MEASURE_SIZES + size] = (struct measure_block){.slot_arm = {0, 0},
                                                                       .slot_count = size < 2 ? 2 : 0,
                                                                       .purpose = MEASURE_LINEARITY,
                                                                       .size = (uint8_t)size,
                                                                       .elapsed_ns = {100 << size, 100 << size}};
    assert_true(summary_of_blocks(&cell, blocks, 40 + 3 * MEASURE_SIZES, 0, &summary));
    assert_true(summary.valid);
    assert_int_equal(summary.blocks_kept, 20);
    assert_int_equal(summary.clock_blocks_kept, 20);
    assert_int_equal(summary.linearity_blocks_kept, 3);
    assert_float_equal(summary.contrasts[0].difference_ns, 2, 1e-9);
    assert_float_equal(summary.contrasts[1].difference_ns, 32, 1e-9);
    assert_float_equal(summary.time_ns_per_op[1], 12, 1e-9);
    assert_float_equal(summary.time_ns_per_op[2], 256, 1e-9);
    assert_true(summary.linear_arms[0][0].there && !summary.linear_arms[0][1].there);
    assert_float_equal(summary.linear_arms[0][0].change_ns, 0, 1e-9);
    assert_float_equal(summary.linear_arms[1][0].value_ns, 12, 1e-9);
    /* The faster of 296 and 304, then of 304 and 312, over 20 ops: 2.8 and 3.2 ns more, 3 -+ 0.2. */
    assert_float_equal(summary.linear_arms[1][0].other_ns, 15, 1e-9);
    assert_float_equal(summary.linear_arms[1][0].change_ns, 3, 1e-9);
    assert_float_equal(summary.linear_arms[1][0].change_log, (log(14.8 / 12) + log(15.2 / 12)) / 2, 1e-9);
    assert_float_equal(summary.linear_arms[1][0].standard_error_ns, 0.2, 1e-9);
    assert_int_equal(summary.linear_arms[0][0].blocks, 3);
    assert_int_equal(summary.linear_arms[1][0].blocks, 2);
    assert_float_equal(summary.linear_contrasts[0][0].change_ns, 3, 1e-9);
    assert_float_equal(summary.linear_contrasts[0][0].standard_error_ns, 0.2, 1e-9);
    assert_int_equal(summary.linear_contrasts[0][0].blocks, 2);
    assert_false(summary.linear_contrasts[1][0].there || summary.linear_arms[2][0].there);
    for (size_t b = 20; b < 40; b++)
        blocks[b].dropped = true; /* without a clock it is no process */
    assert_true(summary_of_blocks(&cell, blocks, 40 + 3 * MEASURE_SIZES, 0, &summary));
    assert_false(summary.valid);
}

static void too_few_blocks_are_no_process(void **state)
{
    struct plan_cell cell = {.arm_count = 1};
    enum { MANY = 2 * SUMMARY_BLOCKS_MIN };
    static const size_t planned[] = {SUMMARY_LONG_BLOCKS_MIN, MANY - 1, MANY, 1000},
                        least[] = {SUMMARY_LONG_BLOCKS_MIN, SUMMARY_LONG_BLOCKS_MIN, SUMMARY_BLOCKS_MIN,
                                   SUMMARY_BLOCKS_MIN};
    static struct measure_block blocks[1000];
    struct summary summary;
    (void)state;
    cell.arms[0].iterations = 1;
    for (size_t i = 0; i < sizeof planned / sizeof planned[0]; i++) {
        for (size_t b = 0; b < planned[i]; b++)
            blocks[b] = (struct measure_block){.slot_count = 2, .elapsed_ns = {100, 100}, .dropped = b >= least[i]};
        cell.blocks = (uint32_t)planned[i];
        assert_true(summary_of_blocks(&cell, blocks, planned[i], 0, &summary));
        assert_true(summary.valid);
        assert_true(summary.time_ns_per_op[0] == 100);
        blocks[0].dropped = true;
        assert_true(summary_of_blocks(&cell, blocks, planned[i], 0, &summary));
        assert_false(summary.valid);
    }
    cell.blocks = 1000; /* and a deadline after the second */
    blocks[0].dropped = false;
    assert_true(summary_of_blocks(&cell, blocks, SUMMARY_LONG_BLOCKS_MIN, 0, &summary));
    assert_false(summary.valid);
}

/* ---- block noise and heap placement ---- */

static void blocks_of_an_epoch(void **state)
{
    (void)state;
    assert_int_equal(measure_epoch_blocks(512, 16), 32);
    assert_int_equal(measure_epoch_blocks(500, 16), 32); /* the last epoch is shorter */
    assert_int_equal(measure_epoch_blocks(24, 16), 4);   /* six epochs: no less than four blocks each */
    assert_int_equal(measure_epoch_blocks(4, 16), 4);
    assert_int_equal(measure_epoch_blocks(3, 16), 3); /* one epoch, however few there are */
    assert_int_equal(measure_epoch_blocks(0, 16), 1);
    assert_int_equal(measure_epoch_blocks(512, 1), 512);
}

static void assert_in_factor(double value, double expected, double factor)
{
    if (!(value < factor * expected && expected < factor * value))
        fail_msg("%g is not within a factor of %g of %g", value, factor, expected);
}

enum { SPLIT_BLOCKS = 320, SPLIT_PROCESSES = 2000 };

/* What varies in a made-up process, in ns of a block's difference. */
struct within {
    double noise_ns, heap_ns, drift_ns; /* drift: from the first block to the last, up and down again */
    double stray_ns;                    /* of every tenth block */
    uint32_t shifted_blocks;            /* epochs begin so much later than the plan says: shuffled */
};

static double made_up_normal(uint64_t *from)
{
    double sum = 0;
    for (int i = 0; i < 12; i++) {
        *from = *from * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(*from >> 11) / 9007199254740992.0;
    }
    return sum - 6;
}

/* Mean squares of both standard errors over many processes, and the variance of their figures. */
struct split_seen {
    double noise, heap, figures;
};

static struct split_seen split_of(const struct within *within, uint32_t epochs)
{
    struct plan_cell cell = {.arm_count = 2, .contrast_count = 1, .blocks = SPLIT_BLOCKS, .epochs = epochs};
    static struct measure_block blocks[SPLIT_BLOCKS];
    double figures[SPLIT_PROCESSES];
    struct split_seen seen = {0};
    uint64_t from = 11;
    cell.arms[0].iterations = cell.arms[1].iterations = 1;
    cell.contrasts[0].weights[0] = -1;
    cell.contrasts[0].weights[1] = 1;
    for (size_t p = 0; p < SPLIT_PROCESSES; p++) {
        struct summary summary;
        double heap_ns = 0;
        for (uint32_t b = 0; b < SPLIT_BLOCKS; b++) {
            if ((b + within->shifted_blocks) % measure_epoch_blocks(SPLIT_BLOCKS, epochs) == 0)
                heap_ns = within->heap_ns * made_up_normal(&from);
            const double drift = within->drift_ns * sin(3.14159 * b / SPLIT_BLOCKS);
            const double difference = 5000 + heap_ns + drift + within->noise_ns * made_up_normal(&from) +
                                      (b % 10 == 3 ? within->stray_ns : 0);
            const uint64_t arm_ns = (uint64_t)(50000 + difference);
            blocks[b] = (struct measure_block){
                .slot_arm = {0, 1, 1, 0}, .slot_count = 4, .elapsed_ns = {50000, arm_ns, arm_ns, 50000}};
            blocks[b].dropped = b % 13 == 7;
        }
        assert_true(summary_of_blocks(&cell, blocks, SPLIT_BLOCKS, 0, &summary));
        const struct summary_contrast *contrast = &summary.contrasts[0];
        seen.noise += pow(contrast->block_noise_standard_error_ns, 2) / SPLIT_PROCESSES;
        seen.heap += pow(contrast->heap_standard_error_ns, 2) / SPLIT_PROCESSES;
        figures[p] = contrast->difference_ns;
    }
    seen.figures = pow(stats_standard_deviation(figures, SPLIT_PROCESSES), 2);
    return seen;
}

/* 2000 figures tell their variance within 6 % (two standard errors), and 16 heaps say 13 % more than it of a trimmed
 * mean: 20 %. What is made of noise by the larger of 0 and an estimate has a bound of its own. */
static void block_noise_and_heap_placement_are_told_apart(void **state)
{
    (void)state;
    const struct split_seen noise = split_of(&(struct within){.noise_ns = 400}, 16);
    assert_in_factor(noise.noise, noise.figures, 1.2);
    assert_true(noise.heap < 0.3 * noise.noise);
    const struct split_seen heap = split_of(&(struct within){.noise_ns = 10, .heap_ns = 100}, 16);
    assert_in_factor(heap.heap, heap.figures, 1.2);
    assert_true(heap.noise < 0.02 * heap.heap);
    /* As much of the one as of the other: 400 / sqrt(20) is 89. */
    const struct split_seen both = split_of(&(struct within){.noise_ns = 400, .heap_ns = 89}, 16);
    assert_in_factor(both.noise + both.heap, both.figures, 1.2);
    assert_in_factor(both.noise, both.heap, 1.35);
    /* Trimming takes what strays, from the figure and from its standard errors. */
    const struct split_seen stray = split_of(&(struct within){.noise_ns = 400, .heap_ns = 89, .stray_ns = 40000}, 16);
    assert_in_factor(stray.noise + stray.heap, stray.figures, 1.2);
    assert_in_factor(stray.noise, stray.heap, 1.35);
}

/* Slower than an epoch, and of no heap. */
static void drift_is_no_heap_placement(void **state)
{
    (void)state;
    const struct split_seen drift = split_of(&(struct within){.noise_ns = 400, .drift_ns = 500}, 16);
    assert_true(drift.heap < 0.4 * drift.noise);
}

/* Epochs that are not where the plan says: half of what the heaps do looks like noise. */
static void shuffled_epochs_hide_the_heaps(void **state)
{
    (void)state;
    const struct split_seen heap = split_of(&(struct within){.noise_ns = 10, .heap_ns = 100, .shifted_blocks = 10}, 16);
    assert_true(heap.heap < 0.5 * heap.figures && heap.noise > 0.3 * heap.figures);
}

static void one_heap_tells_nothing(void **state)
{
    (void)state;
    const struct split_seen one = split_of(&(struct within){.noise_ns = 400}, 1);
    assert_true(isnan(one.noise) && isnan(one.heap));
    const struct split_seen two = split_of(&(struct within){.noise_ns = 400}, 2);
    assert_true(two.noise > 0 && two.heap >= 0);
}

/* ---- where arms stand, by the clock ---- */

static void positions_are_of_the_block(void **state)
{
    struct plan_cell cell = {.arm_count = 2};
    struct measure_block blocks[2 * SUMMARY_BLOCKS_MIN];
    struct summary summary;
    (void)state;
    cell.arms[0].iterations = cell.arms[1].iterations = 1;
    for (size_t b = 0; b < 2 * SUMMARY_BLOCKS_MIN; b++) { /* dropped ones stand the other way round */
        const uint64_t start_ns = 1000000 * b, late_ns = b % 2 ? 600 : 0;
        blocks[b] =
            (struct measure_block){.slot_arm = {0, 0, 1, 1}, .slot_count = 4, .elapsed_ns = {100, 100, 100, 100}};
        for (size_t slot = 0; slot < 4; slot++)
            blocks[b].centre_ns[slot] = start_ns + (slot < 2 ? late_ns : 600 - late_ns) + 400 * (slot % 2);
        blocks[b].dropped = b % 2;
    }
    assert_true(summary_of_blocks(&cell, blocks, 2 * SUMMARY_BLOCKS_MIN, 0, &summary));
    assert_float_equal(summary.mean_position[0], 0.2, 1e-12);
    assert_float_equal(summary.mean_position[1], 0.8, 1e-12);
}

static unsigned probed_adds;

static void fake_probe(void *context, unsigned adds)
{
    (void)context;
    probed_adds += adds;
    world.now_ns += adds / 10.0;
}

/* The clock says where the batches were, whatever the plan says; probes and warming take time and count for nothing. */
static void a_block_is_probed_at_its_ends_and_its_batches_are_stamped(void **state)
{
    struct encbench_workload workload = workload_of(0);
    struct encbench_host host = {0};
    struct fake fakes[2] = {{.op_ns = 10, .bytes_per_op = 3}, {.op_ns = 30, .bytes_per_op = 3}};
    const struct measure_arm arms[2] = {arm_of(&workload, &fakes[0], 100, 7), arm_of(&workload, &fakes[1], 100, 0)};
    struct measure_clock clock = fake_clock;
    struct measure_block block = {.slot_arm = {0, 0, 1, 1}, .slot_count = 4}, bare = block;
    uint32_t wrong;
    (void)state;
    workload.before = workload.after = NULL;
    clock.probe = fake_probe;
    world.now_ns = 0;
    probed_adds = 0;
    assert_true(measure_block_run(&clock, &host, NULL, arms, &block, &wrong));
    assert_int_equal(block.probe_ns[0], MEASURE_PROBE_ADDS / 10);
    assert_int_equal(block.probe_ns[1], MEASURE_PROBE_ADDS / 10);
    assert_int_equal(probed_adds, 2 * (MEASURE_PROBE_ADDS + MEASURE_PROBE_ADDS / 8));
    const uint64_t start_ns = (MEASURE_PROBE_ADDS + MEASURE_PROBE_ADDS / 8) / 10;
    const uint64_t centres_ns[4] = {70 + 500, 2 * 70 + 1500, 2 * 70 + 2000 + 1500, 2 * 70 + 2000 + 4500};
    for (size_t slot = 0; slot < 4; slot++) {
        assert_int_equal(block.elapsed_ns[slot], slot < 2 ? 1000 : 3000);
        assert_int_equal(block.centre_ns[slot], start_ns + centres_ns[slot]);
    }
    assert_true(measure_block_run(&fake_clock, &host, NULL, arms, &bare, &wrong));
    assert_int_equal(bare.probe_ns[0], 0);
}

/* ---- the state of the machine ---- */

enum { PROBED_BLOCKS = 100 };

/* A process of blocks whose probes take so many cycles, on a core whose cycle takes `cycle_ns`. */
static void probe_blocks(struct measure_block *blocks, double cycle_ns, double before_cycles, double after_cycles)
{
    const uint64_t chain_ns = (uint64_t)(10 * CHAIN_CYCLES_PER_OP * cycle_ns);
    for (size_t b = 0; b < PROBED_BLOCKS; b++)
        blocks[b] = (struct measure_block){
            .slot_arm = {0, 1, 1, 0},
            .slot_count = 4,
            .elapsed_ns = {100 + b % 3, chain_ns + (b % 5 == 0 ? 90000 : 0), chain_ns,
                           100}, /* an interrupt in the chain */
            .probe_ns = {(uint32_t)(before_cycles * cycle_ns), (uint32_t)(after_cycles * cycle_ns)}};
}

static struct plan_cell probed_cell(void)
{
    struct plan_cell cell = {.arm_count = 2, .contrast_count = 1};
    snprintf(cell.arms[1].name, sizeof cell.arms[1].name, "chain");
    cell.arms[0].iterations = 1;
    cell.arms[1].iterations = 10;
    cell.contrasts[0].weights[0] = 1;
    return cell;
}

static size_t count_state(const struct measure_block *blocks, enum state wanted)
{
    size_t count = 0;
    for (size_t b = 0; b < PROBED_BLOCKS; b++)
        count += blocks[b].state == wanted;
    return count;
}

static void states_are_told_apart_by_adds_a_cycle(void **state)
{
    const struct plan_cell cell = probed_cell();
    struct measure_block blocks[PROBED_BLOCKS];
    double fastest = 0;
    (void)state;
    probe_blocks(blocks, 0.25, 4000, 4000);
    for (size_t b = 0; b < 30; b++)
        blocks[b].probe_ns[0] = blocks[b].probe_ns[1] = 1600; /* 6400 cycles */
    for (size_t b = 30; b < 50; b++)
        blocks[b].probe_ns[b % 2] = 1600; /* the state changed within the block, or an interrupt */
    assert_true(state_classify(&cell, blocks, PROBED_BLOCKS, &fastest));
    assert_float_equal(fastest, 4000, 1);
    assert_int_equal(count_state(blocks, STATE_SHARED), 30);
    assert_int_equal(count_state(blocks, STATE_UNKNOWN), 20);
    assert_int_equal(count_state(blocks, STATE_QUIET), 50);

    /* A core that clocks down by half is slow in ns and not in cycles. */
    probe_blocks(blocks, 0.5, 4000, 4100);
    assert_true(state_classify(&cell, blocks, PROBED_BLOCKS, &fastest));
    assert_int_equal(count_state(blocks, STATE_QUIET), PROBED_BLOCKS);
    /* Within the scatter, and beyond it. */
    probe_blocks(blocks, 0.25, 4900, 4900);
    assert_true(state_classify(&cell, blocks, PROBED_BLOCKS, &fastest));
    assert_int_equal(count_state(blocks, STATE_QUIET), PROBED_BLOCKS);
    probe_blocks(blocks, 0.25, 5100, 5100);
    assert_true(state_classify(&cell, blocks, PROBED_BLOCKS, &fastest));
    assert_int_equal(count_state(blocks, STATE_SHARED), PROBED_BLOCKS);
    assert_float_equal(fastest, 4000, 1);
}

/* A process wholly in the slow state is known by the mode of the processes before; the first one is taken for quiet,
 * and says by what it was told. One fast block is no mode. */
static void a_wholly_slow_process_is_recognised(void **state)
{
    const struct plan_cell cell = probed_cell();
    struct measure_block blocks[PROBED_BLOCKS];
    double fastest = 0;
    (void)state;
    probe_blocks(blocks, 0.25, 6800, 6800);
    blocks[7].probe_ns[0] = 500;
    assert_true(state_classify(&cell, blocks, PROBED_BLOCKS, &fastest));
    assert_int_equal(count_state(blocks, STATE_QUIET), PROBED_BLOCKS);
    assert_float_equal(fastest, 6800, 1);
    probe_blocks(blocks, 0.25, 4000, 4000);
    assert_true(state_classify(&cell, blocks, PROBED_BLOCKS, &fastest));
    assert_float_equal(fastest, 4000, 1);
    assert_int_equal(count_state(blocks, STATE_QUIET), PROBED_BLOCKS);
    probe_blocks(blocks, 0.25, 6800, 6800);
    assert_true(state_classify(&cell, blocks, PROBED_BLOCKS, &fastest));
    assert_int_equal(count_state(blocks, STATE_SHARED), PROBED_BLOCKS);
    assert_float_equal(fastest, 4000, 1);
}

static void without_a_probe_or_a_chain_no_state_is_known(void **state)
{
    struct plan_cell cell = probed_cell();
    struct measure_block blocks[PROBED_BLOCKS];
    double fastest = 4000;
    (void)state;
    probe_blocks(blocks, 0.25, 0, 0);
    assert_true(state_classify(&cell, blocks, PROBED_BLOCKS, &fastest));
    assert_int_equal(count_state(blocks, STATE_UNKNOWN), PROBED_BLOCKS);
    probe_blocks(blocks, 0.25, 4000, 4000);
    cell.arms[1].name[0] = '\0';
    assert_true(state_classify(&cell, blocks, PROBED_BLOCKS, &fastest));
    assert_int_equal(count_state(blocks, STATE_UNKNOWN), PROBED_BLOCKS);
    assert_true(fastest == 4000);
}

/* So many blocks of 100 in each state, kept but for the first three; figures of a state are those of its blocks. */
static struct summary summary_in_states(size_t quiet, size_t shared)
{
    const struct plan_cell cell = probed_cell();
    struct measure_block blocks[PROBED_BLOCKS];
    struct summary summary;
    probe_blocks(blocks, 0.25, 4000, 4000);
    for (size_t b = 0; b < PROBED_BLOCKS; b++) {
        blocks[b].state = b < quiet ? STATE_QUIET : b < quiet + shared ? STATE_SHARED : STATE_UNKNOWN;
        blocks[b].elapsed_ns[0] = blocks[b].elapsed_ns[3] = b < quiet ? 100 : 170;
        blocks[b].dropped = b < 3;
    }
    assert_true(summary_of_blocks(&cell, blocks, PROBED_BLOCKS, 0, &summary));
    assert_true(summary.valid);
    assert_int_equal(summary.blocks_in[STATE_QUIET], quiet > 3 ? quiet - 3 : 0);
    for (enum state each = STATE_QUIET; each < STATE_COUNT; each++)
        if (summary.by_state[each])
            assert_float_equal(summary.state_contrasts[each][0].difference_ns, each == STATE_QUIET ? 100 : 170, 1e-9);
    return summary;
}

static void contrasts_are_taken_by_state_where_a_process_had_both(void **state)
{
    (void)state;
    struct summary summary = summary_in_states(50, 50);
    assert_true(summary.by_state[STATE_QUIET] && summary.by_state[STATE_SHARED]);
    summary = summary_in_states(11, 89); /* three of eleven are dropped */
    assert_true(summary.by_state[STATE_QUIET] && summary.by_state[STATE_SHARED]);
    summary = summary_in_states(10, 90); /* too few: it is wholly shared, and its contrasts are that state's */
    assert_false(summary.by_state[STATE_QUIET] || summary.by_state[STATE_SHARED]);
    summary = summary_in_states(50, 0); /* the rest is unknown: not wholly quiet */
    assert_true(summary.by_state[STATE_QUIET] && !summary.by_state[STATE_SHARED]);
    assert_int_equal(state_of_process(500, 492, 8, 8), STATE_UNKNOWN);
    assert_int_equal(state_of_process(500, 493, 7, 8), STATE_QUIET);
    assert_int_equal(state_of_process(500, 400, 7, 8), STATE_QUIET);
    assert_int_equal(state_of_process(500, 399, 7, 8), STATE_UNKNOWN);
    assert_int_equal(state_of_process(500, 7, 493, 8), STATE_SHARED);
    assert_int_equal(state_of_process(5, 5, 0, 8), STATE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(order_is_a_permutation_and_its_mirror, reset),
        cmocka_unit_test_setup(order_depends_on_seed_process_and_block_alone, reset),
        cmocka_unit_test_setup(arms_run_in_the_planned_order, reset),
        cmocka_unit_test_setup(rounds_are_bounded_and_preparation_is_not_timed, reset),
        cmocka_unit_test_setup(rewarming_is_done_and_not_timed, reset),
        cmocka_unit_test_setup(linear_drift_cancels_in_a_block, reset),
        cmocka_unit_test_setup(a_block_is_dropped_whole_for_a_switch_or_a_move_and_never_for_being_slow, reset),
        cmocka_unit_test_setup(a_long_block_may_be_switched_now_and_then, reset),
        cmocka_unit_test_setup(a_batch_that_produces_too_little_is_refused_by_arm, reset),
        cmocka_unit_test_setup(the_clock_step_is_the_smallest_difference, reset),
        cmocka_unit_test_setup(batches_stand_on_a_ladder, reset),
        cmocka_unit_test_setup(what_a_pilot_says_hardly_moves_the_rung, reset),
        cmocka_unit_test_setup(rungs_are_whole_rounds, reset),
        cmocka_unit_test_setup(sizes_take_turns_in_a_linearity_block, reset),
        cmocka_unit_test(arms_get_as_many_linearity_blocks),
        cmocka_unit_test(both_clocks_are_read_at_one_time),
        cmocka_unit_test_setup(the_ring_moves_on_with_every_round, reset),
        cmocka_unit_test_setup(a_cold_op_is_timed_alone_behind_a_scrub, reset),
        cmocka_unit_test_setup(what_a_reading_costs_is_what_an_empty_op_shows, reset),
        cmocka_unit_test_setup(warming_is_found_on_the_ladder, reset),
        cmocka_unit_test(a_process_takes_the_time_it_was_given),
        cmocka_unit_test_setup(readings_are_taken_off_every_round, reset),
        cmocka_unit_test_setup(purposes_are_kept_apart, reset),
        cmocka_unit_test_setup(contrasts_are_taken_per_block_and_trimmed, reset),
        cmocka_unit_test_setup(too_few_blocks_are_no_process, reset),
        cmocka_unit_test(blocks_of_an_epoch),
        cmocka_unit_test(block_noise_and_heap_placement_are_told_apart),
        cmocka_unit_test(drift_is_no_heap_placement),
        cmocka_unit_test(shuffled_epochs_hide_the_heaps),
        cmocka_unit_test(one_heap_tells_nothing),
        cmocka_unit_test_setup(positions_are_of_the_block, reset),
        cmocka_unit_test_setup(a_block_is_probed_at_its_ends_and_its_batches_are_stamped, reset),
        cmocka_unit_test_setup(states_are_told_apart_by_adds_a_cycle, reset),
        cmocka_unit_test_setup(a_wholly_slow_process_is_recognised, reset),
        cmocka_unit_test_setup(without_a_probe_or_a_chain_no_state_is_known, reset),
        cmocka_unit_test_setup(contrasts_are_taken_by_state_where_a_process_had_both, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
