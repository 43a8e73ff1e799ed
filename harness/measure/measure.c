#include "measure/measure.h"

#include "base/random.h"
#include "measure/crew.h"
#include "stats/stats.h"

#include <math.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

const char *const measure_purpose_words[] = {"effect", "clock", "linearity"};
const char *const measure_state_words[] = {"repeat", "fresh", "cold", "latency"};

static uint64_t real_now_ns(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t real_ticks(void *context)
{
    (void)context;
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t value;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
#else
    return 0;
#endif
}

static long real_involuntary_switches(void *context)
{
    struct rusage usage;
    (void)context;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

static int real_cpu(void *context)
{
    (void)context;
    return sched_getcpu();
}

/* Twelve chains, more than any core has adders (8 chains found only 4.9 of the 5.2 a cycle of Zen 5); a loop of 0.6 KB,
 * so that little of what arms keep in the caches has to go. */
enum { PROBE_CHAINS = 12, PROBE_ADDS_A_ROUND = PROBE_CHAINS * 16 };
#if defined(__x86_64__)
#define PROBE_ADD(chain) "addq %12, %" #chain "\n\t"
#define PROBE_CLOBBER    "cc"
#else
#define PROBE_ADD(chain) "add %" #chain ", %" #chain ", %12\n\t"
#define PROBE_CLOBBER    "memory"
#endif

__attribute__((noinline, aligned(64))) static void real_probe(void *context, unsigned adds)
{
    uint64_t c[PROBE_CHAINS] = {0};
    (void)context;
    for (unsigned left = adds / PROBE_ADDS_A_ROUND; left > 0; left--)
        __asm__ volatile(".rept 16\n\t" PROBE_ADD(0) PROBE_ADD(1) PROBE_ADD(2) PROBE_ADD(3) PROBE_ADD(4) PROBE_ADD(5)
                             PROBE_ADD(6) PROBE_ADD(7) PROBE_ADD(8) PROBE_ADD(9) PROBE_ADD(10) PROBE_ADD(11) ".endr"
                         : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3]), "+r"(c[4]), "+r"(c[5]), "+r"(c[6]),
                           "+r"(c[7]), "+r"(c[8]), "+r"(c[9]), "+r"(c[10]), "+r"(c[11])
                         : "r"((uint64_t)0)
                         : PROBE_CLOBBER);
}

struct measure_clock measure_clock_real(void)
{
    return (struct measure_clock){real_now_ns, real_ticks, real_involuntary_switches, real_cpu, NULL, real_probe};
}

static void plan_order(struct random_stream *stream, size_t first, size_t count, struct measure_block *plan)
{
    uint32_t order[MEASURE_ARMS_MAX];
    random_permutation(stream, order, count);
    plan->slot_count = (uint8_t)(2 * count);
    for (size_t i = 0; i < count; i++) {
        plan->slot_arm[i] = (uint8_t)(first + order[i]);
        plan->slot_arm[2 * count - 1 - i] = (uint8_t)(first + order[i]);
    }
    plan->input_offset_bytes =
        (uint16_t)(random_below(stream, MEASURE_INPUT_OFFSETS / MEASURE_INPUT_STEP) * MEASURE_INPUT_STEP);
    plan->size = 0;
    plan->dropped = false;
}

void measure_plan_block(uint64_t seed, uint64_t process, uint64_t block, size_t arm_count, struct measure_block *plan)
{
    struct random_stream stream = random_stream_of(seed, RANDOM_BLOCK, process, block);
    plan_order(&stream, 0, arm_count, plan);
    plan->purpose = MEASURE_EFFECT;
}

void measure_plan_part(uint64_t seed, uint64_t process, uint64_t block, enum measure_purpose purpose, size_t first,
                       size_t count, struct measure_block *plan)
{
    /* Blocks of each purpose are numbered from 0. */
    struct random_stream stream = random_stream_of(seed, RANDOM_BLOCK, process, block + ((uint64_t)purpose << 48));
    plan_order(&stream, first, count, plan);
    plan->purpose = (uint8_t)purpose;
}

uint64_t measure_round_ops(const struct measure_arm *arm)
{
    return arm->round_ops ? arm->round_ops : arm->workload->batch_max_ops;
}

uint32_t measure_epoch_blocks(uint32_t blocks, uint32_t epochs)
{
    const uint32_t most = blocks / MEASURE_EPOCH_BLOCKS_MIN;
    const uint32_t made = epochs < most ? epochs : most;
    return made > 0 ? (blocks + made - 1) / made : blocks > 0 ? blocks : 1;
}

static uint64_t run_alone(const struct measure_clock *clock, const struct measure_arm *arm, uint64_t n, uint64_t *bytes)
{
    const struct encbench_workload *workload = arm->workload;
    uint64_t (*const run)(void *, unsigned, uint64_t) = arm->run ? arm->run : workload->run;
    if (workload->thread_before)
        workload->thread_before(arm->state, 0, n);
    if (arm->scrub)
        arm->scrub();
    const uint64_t start_ns = clock->now_ns(clock->context);
    *bytes += run(arm->state, 0, n);
    const uint64_t elapsed_ns = clock->now_ns(clock->context) - start_ns;
    if (workload->thread_after)
        workload->thread_after(arm->state, 0, n);
    return elapsed_ns;
}

uint64_t measure_batch(const struct measure_clock *clock, const struct measure_arm *arm, uint64_t iterations,
                       uint64_t *bytes)
{
    const struct encbench_workload *workload = arm->workload;
    const uint64_t round_max = measure_round_ops(arm) ? measure_round_ops(arm) : iterations;
    uint64_t elapsed_ns = 0;
    if (arm->crew)
        measure_crew_forget(arm->crew);
    for (uint64_t left = iterations; left > 0;) {
        const uint64_t n = left < round_max ? left : round_max;
        if (workload->before)
            workload->before(arm->state, n);
        elapsed_ns += arm->crew ? measure_crew_run(arm, n, bytes) : run_alone(clock, arm, n, bytes);
        if (workload->after)
            workload->after(arm->state, n);
        if (arm->host)
            arm->host->ring_first_bytes += n * arm->host->ring_stride_bytes;
        left -= n;
    }
    return elapsed_ns;
}

/* Its code and its first cycles after other code are warmed untimed: the share of a cold start would look like a busy
 * core. */
static uint32_t probe_ns(const struct measure_clock *clock)
{
    if (clock->probe == NULL)
        return 0;
    clock->probe(clock->context, MEASURE_PROBE_ADDS / 8);
    const uint64_t start_ns = clock->now_ns(clock->context);
    clock->probe(clock->context, MEASURE_PROBE_ADDS);
    const uint64_t elapsed_ns = clock->now_ns(clock->context) - start_ns;
    return elapsed_ns < UINT32_MAX ? (uint32_t)elapsed_ns : UINT32_MAX;
}

static uint64_t iterations_of(const struct measure_arm *arm, uint8_t size)
{
    return size == 0 ? arm->iterations : arm->other_iterations[size - 1];
}

/* What may not have happened to any thread while blocks are measured together. */
struct watch {
    long switches[MEASURE_THREADS_MAX];
    int cpu[MEASURE_THREADS_MAX];
    uint64_t start_ns;
};

static void look(const struct measure_clock *clock, struct measure_crew *crew, struct watch *watch)
{
    if (crew) {
        measure_crew_look(crew, watch->switches, watch->cpu);
        return;
    }
    watch->switches[0] = clock->involuntary_switches(clock->context);
    watch->cpu[0] = clock->cpu(clock->context);
}

static struct watch watch_begin(const struct measure_clock *clock, struct measure_crew *crew)
{
    struct watch watch;
    look(clock, crew, &watch);
    watch.start_ns = clock->now_ns(clock->context);
    return watch;
}

static bool watch_saw(const struct measure_clock *clock, struct measure_crew *crew, const struct watch *watch)
{
    const uint64_t allowed = (clock->now_ns(clock->context) - watch->start_ns) / MEASURE_SWITCH_STRETCH_NS;
    struct watch now;
    bool saw = false;
    look(clock, crew, &now);
    for (size_t t = 0; t < (crew ? measure_crew_threads(crew) : 1); t++)
        saw = saw || now.switches[t] - watch->switches[t] > (long)allowed || now.cpu[t] != watch->cpu[t];
    return saw;
}

static void set_input(struct encbench_host *host, const unsigned char *input_base, const struct measure_block *block)
{
    host->input = host->ring = input_base + block->input_offset_bytes;
}

static void take_threads(const struct measure_crew *crew, size_t slot, struct measure_thread_times *times)
{
    const struct measure_crew_batch *batch = measure_crew_last(crew);
    times->span_ns[slot] = batch->span_ns;
    for (size_t t = 0; t < measure_crew_threads(crew); t++)
        times->own_ns[slot][t] = batch->own_ns[t] < UINT32_MAX ? (uint32_t)batch->own_ns[t] : UINT32_MAX;
}

/* Slots [from, to) of a block. */
static bool run_slots(const struct measure_clock *clock, const struct measure_arm *arms, struct measure_block *block,
                      size_t from, size_t to, struct measure_thread_times *times, volatile uint32_t *running_arm)
{
    for (size_t slot = from; slot < to; slot++) {
        const struct measure_arm *arm = &arms[block->slot_arm[slot]];
        const uint64_t iterations = iterations_of(arm, block->size);
        uint64_t bytes = 0, rewarm_bytes = 0;
        *running_arm = block->slot_arm[slot];
        if (arm->rewarm_iterations > 0)
            measure_batch(clock, arm, arm->rewarm_iterations, &rewarm_bytes);
        const uint64_t batch_ns = clock->now_ns(clock->context);
        block->elapsed_ns[slot] = measure_batch(clock, arm, iterations, &bytes);
        block->centre_ns[slot] = batch_ns + (clock->now_ns(clock->context) - batch_ns) / 2;
        if (times && arm->crew)
            take_threads(arm->crew, slot, times);
        if (bytes != iterations * arm->workload->bytes_per_op)
            return false;
    }
    return true;
}

/* Arms of the clock have none. */
static struct measure_crew *crew_of(const struct measure_arm *arms, const struct measure_block *block)
{
    struct measure_crew *crew = NULL;
    for (size_t slot = 0; slot < block->slot_count && crew == NULL; slot++)
        crew = arms[block->slot_arm[slot]].crew;
    return crew;
}

bool measure_block_run_threads(const struct measure_clock *clock, struct encbench_host *host,
                               const unsigned char *input_base, const struct measure_arm *arms,
                               struct measure_block *block, struct measure_thread_times *times,
                               volatile uint32_t *running_arm)
{
    struct measure_crew *crew = crew_of(arms, block);
    block->probe_ns[0] = probe_ns(clock);
    const struct watch watch = watch_begin(clock, crew);
    set_input(host, input_base, block);
    if (!run_slots(clock, arms, block, 0, block->slot_count, times, running_arm))
        return false;
    block->dropped = watch_saw(clock, crew, &watch);
    block->probe_ns[1] = probe_ns(clock);
    return true;
}

bool measure_block_run(const struct measure_clock *clock, struct encbench_host *host, const unsigned char *input_base,
                       const struct measure_arm *arms, struct measure_block *block, volatile uint32_t *running_arm)
{
    return measure_block_run_threads(clock, host, input_base, arms, block, NULL, running_arm);
}

/* Sizes that all of these arms have, in random order. */
static size_t plan_sizes(const struct measure_arm *arms, const uint8_t *which, size_t count,
                         struct random_stream *stream, uint8_t *sizes)
{
    uint32_t order[MEASURE_SIZES];
    size_t size_count = 0;
    random_permutation(stream, order, MEASURE_SIZES);
    for (size_t i = 0; i < MEASURE_SIZES; i++) {
        bool all = true;
        for (size_t a = 0; a < count; a++)
            all = all && iterations_of(&arms[which[a]], (uint8_t)order[i]) > 0;
        if (all)
            sizes[size_count++] = (uint8_t)order[i];
    }
    return size_count;
}

/* Of the machine's state, as often as it may have changed. */
struct probes {
    uint32_t least_ns, most_ns;
};

static void probe_again(const struct measure_clock *clock, struct probes *probes)
{
    const uint32_t ns = probe_ns(clock);
    probes->least_ns = ns < probes->least_ns ? ns : probes->least_ns;
    probes->most_ns = ns > probes->most_ns ? ns : probes->most_ns;
}

size_t measure_linearity_arms(const uint32_t *counting, size_t arm_count, uint64_t seed, uint64_t process,
                              uint64_t number, uint8_t which[static MEASURE_LINEARITY_ARMS])
{
    uint32_t order[MEASURE_ARMS_MAX];
    struct random_stream stream = random_stream_of(seed, RANDOM_LINEARITY, process, number);
    const size_t count = arm_count < MEASURE_LINEARITY_ARMS ? arm_count : MEASURE_LINEARITY_ARMS;
    random_permutation(&stream, order, arm_count);
    for (size_t i = 0; i < count; i++) {
        size_t least = arm_count;
        for (size_t a = 0; a < arm_count; a++)
            if ((i == 0 || order[a] != which[0]) && (least == arm_count || counting[order[a]] < counting[order[least]]))
                least = a;
        which[i] = (uint8_t)order[least];
    }
    return count;
}

bool measure_linearity_run(const struct measure_clock *clock, struct encbench_host *host,
                           const unsigned char *input_base, const struct measure_arm *arms, const uint8_t *which,
                           size_t count, uint64_t seed, uint64_t process, uint64_t number, struct measure_block *blocks,
                           volatile uint32_t *running_arm)
{
    uint8_t sizes[MEASURE_SIZES];
    struct random_stream stream = random_stream_of(seed, RANDOM_SIZES, process, number);
    const size_t size_count = plan_sizes(arms, which, count, &stream, sizes);
    for (size_t i = 0; i < MEASURE_SIZES; i++)
        blocks[i] = (struct measure_block){.purpose = MEASURE_LINEARITY, .size = (uint8_t)i};
    for (size_t i = 0; i < size_count; i++) {
        struct measure_block *block = &blocks[sizes[i]];
        measure_plan_part(seed, process, number, MEASURE_LINEARITY, 0, count, block);
        block->size = sizes[i];
        for (size_t slot = 0; slot < block->slot_count; slot++)
            block->slot_arm[slot] = which[block->slot_arm[slot]];
    }
    struct probes probes = {UINT32_MAX, 0};
    probe_again(clock, &probes);
    const struct watch watch = watch_begin(clock, arms[which[0]].crew);
    for (size_t turn = 0; turn < 2 * size_count; turn++) {
        const bool back = turn >= size_count;
        struct measure_block *block = &blocks[sizes[back ? 2 * size_count - 1 - turn : turn]];
        if (turn == size_count)
            probe_again(clock, &probes);
        set_input(host, input_base, block);
        if (!run_slots(clock, arms, block, back ? count : 0, back ? 2 * count : count, NULL, running_arm))
            return false;
    }
    probe_again(clock, &probes);
    const bool dropped = watch_saw(clock, arms[which[0]].crew, &watch);
    for (size_t i = 0; i < MEASURE_SIZES; i++) {
        blocks[i].dropped = dropped;
        blocks[i].probe_ns[0] = probes.least_ns;
        blocks[i].probe_ns[1] = probes.most_ns;
    }
    return true;
}

bool measure_linearity_counts(const struct measure_block *block)
{
    return !block->dropped && (double)block->probe_ns[1] <= MEASURE_STATE_RATIO * (double)block->probe_ns[0];
}

static uint64_t run_nothing(void *state, unsigned thread, uint64_t n)
{
    __asm__ volatile("" : "+r"(n) : "r"(state), "r"(thread));
    return 0;
}

double measure_reading_ns(const struct measure_clock *clock, unsigned tries)
{
    static const struct encbench_workload nothing = {.run = run_nothing, .batch_multiple_ops = 1};
    const struct measure_arm arm = {.workload = &nothing, .round_ops = 1};
    enum { OPS = 8, TRIES_MAX = 1000 };
    double samples[TRIES_MAX];
    const size_t count = tries < TRIES_MAX ? tries : TRIES_MAX;
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        samples[i] = (double)measure_batch(clock, &arm, OPS, &bytes) / OPS;
    return stats_quantile(samples, count, 0.5);
}

struct measure_moment measure_both_clocks(const struct measure_clock *clock)
{
    enum { TRIES = 5 };
    struct measure_moment moment = {0};
    uint64_t least_ns = UINT64_MAX;
    for (unsigned i = 0; i < TRIES; i++) {
        const uint64_t before_ns = clock->now_ns(clock->context), ticks = clock->ticks(clock->context),
                       took_ns = clock->now_ns(clock->context) - before_ns;
        if (took_ns >= least_ns)
            continue;
        least_ns = took_ns;
        moment = (struct measure_moment){before_ns + took_ns / 2, ticks};
    }
    return moment;
}

uint64_t measure_clock_step_ns(const struct measure_clock *clock, unsigned tries)
{
    uint64_t step_ns = UINT64_MAX, last_ns = clock->now_ns(clock->context);
    for (unsigned i = 0; i < tries; i++) {
        const uint64_t now_ns = clock->now_ns(clock->context);
        if (now_ns > last_ns && now_ns - last_ns < step_ns)
            step_ns = now_ns - last_ns;
        last_ns = now_ns;
    }
    return step_ns == UINT64_MAX ? 0 : step_ns;
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

struct measure_ladder measure_ladder_of(const uint64_t *multiples, const uint64_t *batch_maxima, size_t count)
{
    struct measure_ladder ladder = {.multiple_ops = 1};
    for (size_t i = 0; i < count; i++) {
        const uint64_t multiple = multiples[i] ? multiples[i] : 1;
        ladder.multiple_ops = ladder.multiple_ops / greatest_divisor(ladder.multiple_ops, multiple) * multiple;
        if (batch_maxima[i] != 0 && (ladder.round_ops == 0 || batch_maxima[i] < ladder.round_ops))
            ladder.round_ops = batch_maxima[i];
    }
    /* A round shorter than the common multiple cannot be one of every arm: each then keeps its own. */
    ladder.round_ops -= ladder.round_ops % ladder.multiple_ops;
    return ladder;
}

/* A billion ops are enough for anything that takes time. */
#define RUNG_MOST (1ull << 30)

static uint64_t next_rung(const struct measure_ladder *ladder, uint64_t rung)
{
    const uint64_t doubled = 2 * rung;
    return ladder->round_ops > rung && ladder->round_ops < doubled ? ladder->round_ops : doubled;
}

uint64_t measure_rung_at_least(const struct measure_ladder *ladder, double wanted)
{
    uint64_t rung = ladder->multiple_ops;
    while ((double)rung < wanted && rung < RUNG_MOST)
        rung = next_rung(ladder, rung);
    return rung;
}

uint64_t measure_rung(const struct measure_ladder *ladder, double wanted)
{
    uint64_t below = ladder->multiple_ops;
    while ((double)next_rung(ladder, below) <= wanted && below < RUNG_MOST)
        below = next_rung(ladder, below);
    const uint64_t above = next_rung(ladder, below);
    return wanted * wanted > (double)below * (double)above ? above : below;
}

uint64_t measure_between(const struct measure_ladder *ladder, uint64_t n)
{
    const uint64_t unit = ladder->round_ops && n >= ladder->round_ops ? ladder->round_ops : ladder->multiple_ops;
    uint64_t between = (uint64_t)(1.4 * (double)n / (double)unit + 0.5) * unit;
    between = between > n ? between : n + unit;
    return between < 2 * n ? between : 0;
}

static double least_ns(uint64_t clock_step_ns)
{
    return 1000.0 * (double)clock_step_ns;
}

/* What an arm needs at least; more than MEASURE_OWN_TIMES of what the median wants is its own affair. */
static uint64_t least_rung(double ns_per_op, const struct measure_ladder *ladder, uint64_t clock_step_ns)
{
    return measure_rung_at_least(ladder, least_ns(clock_step_ns) / ns_per_op);
}

uint64_t measure_iterations(const double *ns_per_op, size_t count, const struct measure_ladder *ladder,
                            double target_ns, uint64_t clock_step_ns)
{
    const double median_ns = stats_quantile(ns_per_op, count, 0.5);
    const uint64_t least = least_rung(median_ns, ladder, clock_step_ns),
                   rung = measure_rung(ladder, target_ns / median_ns);
    const uint64_t of_median = rung > least ? rung : least;
    uint64_t common = of_median;
    for (size_t i = 0; i < count; i++) {
        const uint64_t own = least_rung(ns_per_op[i], ladder, clock_step_ns);
        if (own > common && own <= MEASURE_OWN_TIMES * of_median)
            common = own;
    }
    return common;
}

uint64_t measure_own_iterations(double ns_per_op, uint64_t common, const struct measure_ladder *ladder,
                                double target_ns, uint64_t clock_step_ns)
{
    const double batch_ns = ns_per_op * (double)common;
    if (batch_ns < least_ns(clock_step_ns) / 2)
        return least_rung(ns_per_op, ladder, clock_step_ns);
    if (batch_ns > MEASURE_LONG_BATCHES * target_ns)
        return measure_rung(ladder, target_ns / ns_per_op);
    return common;
}

uint64_t measure_ring_stride(uint64_t input_bytes)
{
    uint64_t stride = 1;
    while (stride < input_bytes)
        stride *= 2;
    return stride;
}

uint64_t measure_ring_bytes(uint64_t input_bytes)
{
    const uint64_t two = 2 * measure_ring_stride(input_bytes);
    return two > MEASURE_RING_BYTES ? two : MEASURE_RING_BYTES;
}
