#include "measure.h"

#include "random.h"
#include "stats.h"

#include <math.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

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

/* Twelve chains, more than any core has adders (8 chains found only 4.9 of the 5.2 a cycle of Zen 5); a loop of 0.6 KB, so that little
 * of what arms keep in the caches has to go. */
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

void measure_plan_block(uint64_t seed, uint64_t process, uint64_t block, size_t arm_count, struct measure_block *plan)
{
    uint32_t order[MEASURE_ARMS_MAX];
    struct random_stream stream = random_stream_of(seed, RANDOM_BLOCK, process, block);
    random_permutation(&stream, order, arm_count);
    for (size_t i = 0; i < arm_count; i++) {
        plan->slot_arm[i] = (uint8_t)order[i];
        plan->slot_arm[2 * arm_count - 1 - i] = (uint8_t)order[i];
    }
    plan->input_offset_bytes =
        (uint16_t)(random_below(&stream, MEASURE_INPUT_OFFSETS / MEASURE_INPUT_STEP) * MEASURE_INPUT_STEP);
    plan->dropped = false;
}

uint32_t measure_epoch_blocks(uint32_t blocks, uint32_t epochs)
{
    const uint32_t most = blocks / MEASURE_EPOCH_BLOCKS_MIN;
    const uint32_t made = epochs < most ? epochs : most;
    return made > 0 ? (blocks + made - 1) / made : blocks > 0 ? blocks : 1;
}

uint64_t measure_batch(const struct measure_clock *clock, const struct measure_arm *arm, uint64_t iterations,
                       uint64_t *bytes)
{
    const struct encbench_workload *workload = arm->workload;
    const uint64_t round_max = workload->batch_max_ops ? workload->batch_max_ops : iterations;
    uint64_t elapsed_ns = 0;
    for (uint64_t left = iterations; left > 0;) {
        const uint64_t n = left < round_max ? left : round_max;
        if (workload->before)
            workload->before(arm->state, n);
        const uint64_t start_ns = clock->now_ns(clock->context);
        *bytes += workload->run(arm->state, 0, n);
        elapsed_ns += clock->now_ns(clock->context) - start_ns;
        if (workload->after)
            workload->after(arm->state, n);
        left -= n;
    }
    return elapsed_ns;
}

/* Its code and its first cycles after other code are warmed untimed: the share of a cold start would look like a busy core. */
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

bool measure_block_run(const struct measure_clock *clock, struct encbench_host *host, const unsigned char *input_base,
                       const struct measure_arm *arms, size_t arm_count, struct measure_block *block,
                       volatile uint32_t *running_arm)
{
    block->probe_ns[0] = probe_ns(clock);
    const long switches = clock->involuntary_switches(clock->context);
    const int cpu = clock->cpu(clock->context);
    const uint64_t start_ns = clock->now_ns(clock->context);
    host->input = input_base + block->input_offset_bytes;
    for (size_t slot = 0; slot < 2 * arm_count; slot++) {
        const struct measure_arm *arm = &arms[block->slot_arm[slot]];
        uint64_t bytes = 0, rewarm_bytes = 0;
        *running_arm = block->slot_arm[slot];
        if (arm->rewarm_iterations > 0)
            measure_batch(clock, arm, arm->rewarm_iterations, &rewarm_bytes);
        const uint64_t batch_ns = clock->now_ns(clock->context);
        block->elapsed_ns[slot] = measure_batch(clock, arm, arm->iterations, &bytes);
        block->centre_ns[slot] = batch_ns + (clock->now_ns(clock->context) - batch_ns) / 2;
        if (bytes != arm->iterations * arm->workload->bytes_per_op)
            return false;
    }
    const uint64_t allowed = (clock->now_ns(clock->context) - start_ns) / MEASURE_SWITCH_STRETCH_NS;
    const long switched = clock->involuntary_switches(clock->context) - switches;
    block->dropped = switched > (long)allowed || clock->cpu(clock->context) != cpu;
    block->probe_ns[1] = probe_ns(clock);
    return true;
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

static uint64_t common_multiple(const uint64_t *values, size_t count)
{
    uint64_t result = 1;
    for (size_t i = 0; i < count; i++) {
        uint64_t a = result, b = values[i] ? values[i] : 1;
        while (b != 0) {
            const uint64_t rest = a % b;
            a = b;
            b = rest;
        }
        result = result / a * (values[i] ? values[i] : 1);
    }
    return result;
}

uint64_t measure_iterations(const double *ns_per_op, const uint64_t *multiples, size_t count, double target_ns,
                            uint64_t clock_step_ns)
{
    const uint64_t multiple = common_multiple(multiples, count);
    double fastest_ns = INFINITY;
    for (size_t i = 0; i < count; i++)
        fastest_ns = fmin(fastest_ns, ns_per_op[i]);
    const double wanted =
        fmax(target_ns / stats_quantile(ns_per_op, count, 0.5), 1000.0 * (double)clock_step_ns / fastest_ns);
    const double rounds = fmin(fmax(floor(wanted / (double)multiple), 1.0), 1e9);
    return (uint64_t)rounds * multiple;
}
