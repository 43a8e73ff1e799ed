/*
 * Ops that a compiler removes, folds or hoists, as people write them, each beside what looks like it and is honest. One
 * workload a case. OPTIMISER_VARIANT names the variant.
 */
#include "module.h"

#include <string.h>

#ifndef OPTIMISER_VARIANT
#define OPTIMISER_VARIANT "cases"
#endif

enum { INPUT_BYTES = 4096, LONG_INPUT_BYTES = 1 << 18, TABLE = 256, ELEMENTS = 1 << 13 };

static struct {
    struct encbench_host *host;
    uint64_t hash, ops, elements[ELEMENTS];
} self;

static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)seed, (void)message, (void)message_bytes;
    self.host = host;
    self.hash = self.ops = 0;
    memset(self.elements, 0, sizeof self.elements);
    *state = &self;
    return 0;
}

static void teardown(void *state)
{
    (void)state;
}

static uint64_t digest(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    return seed;
}

static size_t output(void *state, unsigned thread, const void **bytes)
{
    (void)state, (void)thread;
    *bytes = &self.hash;
    return sizeof self.hash;
}

static inline uint64_t hash_of(const unsigned char *input, size_t bytes)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < bytes; i++)
        hash = hash * 31 + input[i];
    return hash;
}

/* Not inlined and without side effects: what a compiler may move out of a loop as one. */
__attribute__((noinline, const)) static uint64_t hash_apart(const unsigned char *input, size_t bytes)
{
    return hash_of(input, bytes);
}

#define RUN(name) static uint64_t name(void *state, unsigned thread, uint64_t n)
#define OP(name)                                                                                                       \
    RUN(name##_run)                                                                                                    \
    {                                                                                                                  \
        (void)state, (void)thread;                                                                                     \
        for (uint64_t i = 0; i < n; i++)                                                                               \
            name##_op(i);                                                                                              \
        return n * 8;                                                                                                  \
    }

/* ---- honest: the header's example ---- */

RUN(honest_run)
{
    struct encbench_inputs inputs = encbench_inputs(self.host);
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        self.hash = hash_of(encbench_next_input(&inputs), INPUT_BYTES);
        __asm__ volatile("" : : : "memory");
    }
    return n * 8;
}

/* ---- removed: nobody uses the result ---- */

static inline void unused_op(uint64_t i)
{
    (void)i;
    hash_of(self.host->input, INPUT_BYTES);
}
OP(unused)

/* The same where an asm keeps the loop, but does not take the result. */
static inline void unused_in_loop_op(uint64_t i)
{
    unused_op(i);
    __asm__ volatile("" : : : "memory");
}
OP(unused_in_loop)

/* ---- folded: the input is a constant ---- */

static inline void constant_op(uint64_t i)
{
    static const unsigned char input[] = {1, 2, 3, 4, 5, 6, 7};
    uint64_t hash = 0;
    (void)i;
#pragma GCC unroll 8
    for (size_t at = 0; at < sizeof input; at++)
        hash = hash * 31 + input[at];
    self.hash = hash;
    __asm__ volatile("" : : : "memory");
}
OP(constant)

/* ---- hoisted: every op has the same input ---- */

RUN(hoisted_run)
{
    uint64_t total = 0;
    (void)state, (void)thread;
    const unsigned char *input = self.host->input;
    for (uint64_t i = 0; i < n; i++) {
        total += hash_apart(input, INPUT_BYTES);
        __asm__ volatile("" : "+r"(total));
    }
    return n * 8;
}

/* Its one op is of a quarter of a million turns. */
RUN(hoisted_long_run)
{
    uint64_t total = 0;
    (void)state, (void)thread;
    const unsigned char *input = self.host->input;
    for (uint64_t i = 0; i < n; i++) {
        total += hash_apart(input, LONG_INPUT_BYTES);
        __asm__ volatile("" : "+r"(total));
    }
    return n * 8;
}

RUN(long_run)
{
    uint64_t total = 0;
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        total += hash_of(self.host->input, LONG_INPUT_BYTES);
        __asm__ volatile("" : "+r"(total) : : "memory");
    }
    return n * 8;
}

/* Once a run, by its author: its instructions are those of a set-up, and only its output tells. */
RUN(once_run)
{
    struct encbench_inputs inputs = encbench_inputs(self.host);
    const uint64_t hash = hash_of(encbench_next_input(&inputs), INPUT_BYTES);
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        self.hash = hash;
        __asm__ volatile("" : : : "memory");
    }
    return n * 8;
}

/* All ops together: no output of an op. */
RUN(sum_run)
{
    struct encbench_inputs inputs = encbench_inputs(self.host);
    (void)state, (void)thread;
    self.hash = 0;
    for (uint64_t i = 0; i < n; i++) {
        self.hash += hash_of(encbench_next_input(&inputs), INPUT_BYTES);
        __asm__ volatile("" : : : "memory");
    }
    return n * 8;
}

/* ---- honest ones that look removed ---- */

static inline void one_add_op(uint64_t i)
{
    (void)i;
    uint64_t value = 0;
    ENCBENCH_DEPENDENT_ADDS(value, 1);
}
OP(one_add)

/* Three instructions, as many as an empty loop has that counts up. */
RUN(one_add_down_run)
{
    const uint64_t ops = n;
    uint64_t value = 0;
    (void)state, (void)thread;
    for (; n > 0; n--)
        ENCBENCH_DEPENDENT_ADDS(value, 1);
    return ops * 8;
}

RUN(nothing_run)
{
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++)
        __asm__ volatile("");
    return 0;
}

/* Several ops an instruction. */
RUN(vector_run)
{
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++)
        self.elements[i] += 7;
    return n * 8;
}

/* A set-up inside of run, much larger than an op. */
RUN(set_up_inside_run)
{
    uint64_t table[TABLE], value = n;
    (void)state, (void)thread;
    for (uint64_t i = 0; i < TABLE; i++) {
        table[i] = i * i + self.host->input[i];
        __asm__ volatile("" : : "r"(table) : "memory");
    }
    for (uint64_t i = 0; i < n; i++) {
        value += table[value % TABLE];
        __asm__ volatile("" : "+r"(value));
    }
    return n * 8;
}

/* The same, but no op at all is something else to it. */
RUN(never_none_run)
{
    uint64_t value = 0, ops = 0;
    (void)state, (void)thread;
    for (uint64_t i = 0; i < TABLE; i++)
        ENCBENCH_DEPENDENT_ADDS(value, 8);
    do {
        ENCBENCH_DEPENDENT_ADDS(value, 2);
    } while (++ops != n);
    return n * 8;
}

/* Another output for the same input. */
RUN(history_run)
{
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        self.hash = hash_of(self.host->input, 64) + ++self.ops;
        __asm__ volatile("" : : : "memory");
    }
    return n * 8;
}

/* One bit. */
RUN(parity_run)
{
    struct encbench_inputs inputs = encbench_inputs(self.host);
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        self.hash = hash_of(encbench_next_input(&inputs), 64) & 1;
        __asm__ volatile("" : : : "memory");
    }
    return n * 8;
}

/* ---- the table ---- */

#define single_run        one_add_run
#define single_unused_run unused_run

#define WORKLOAD(case_, ...)                                                                                           \
    {                                                                                                                  \
        .name = #case_, .short_name = #case_, .op = #case_, .batch_multiple_ops = 1, .threads_max = 1, .setup = setup, \
        .run = case_##_run, .teardown = teardown, __VA_ARGS__                                                          \
    }
#define READS  .input_bytes = INPUT_BYTES, MAKES
#define MAKES  .bytes_per_op = 8
#define DIGEST .digest = digest
#define OUTPUT .output = output
#define TIMED  .flags = ENCBENCH_TIMED
#define FRESH  .flags = ENCBENCH_TIMED | ENCBENCH_FRESH

static const struct encbench_workload workloads[] = {
    WORKLOAD(honest, READS, OUTPUT, FRESH),
    WORKLOAD(unused, READS, DIGEST, TIMED),
    WORKLOAD(unused_in_loop, READS, DIGEST, TIMED),
    WORKLOAD(constant, READS, OUTPUT, TIMED),
    WORKLOAD(hoisted, READS, DIGEST, TIMED),
    WORKLOAD(hoisted_long, MAKES, .input_bytes = LONG_INPUT_BYTES, DIGEST, TIMED),
    WORKLOAD(long, MAKES, .input_bytes = LONG_INPUT_BYTES, DIGEST, TIMED),
    WORKLOAD(once, READS, OUTPUT, FRESH),
    WORKLOAD(sum, READS, OUTPUT, FRESH),
    WORKLOAD(one_add, MAKES, DIGEST, TIMED),
    WORKLOAD(one_add_down, MAKES, DIGEST, TIMED),
    WORKLOAD(nothing, DIGEST, TIMED),
    WORKLOAD(vector, MAKES, DIGEST, TIMED, .batch_max_ops = ELEMENTS),
    WORKLOAD(set_up_inside, READS, DIGEST, TIMED),
    WORKLOAD(never_none, MAKES, DIGEST, TIMED),
    WORKLOAD(history, READS, OUTPUT, TIMED),
    WORKLOAD(parity, READS, OUTPUT, FRESH),
    /* Rounds of one op: there is no 2n. */
    WORKLOAD(single, MAKES, DIGEST, TIMED, .batch_max_ops = 1),
    WORKLOAD(single_unused, MAKES, DIGEST, TIMED, .batch_max_ops = 1),
};

ENCBENCH_EXPORT extern const struct encbench_module encbench_module;
const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .variant = OPTIMISER_VARIANT,
    .workloads = workloads,
    .workload_count = sizeof workloads / sizeof workloads[0],
};
