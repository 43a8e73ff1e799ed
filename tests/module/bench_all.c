/* Every option of bench.h in C, with two variants: what bench_test.sh compiles with every compiler and runs. BENCH_BAD
 * is a workload or variant that is refused. */
#include <encbench/bench.h>

#include <stdbool.h>

struct factor {
    uint64_t factor;
};

static uint64_t fnv(const unsigned char *bytes, size_t count)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t fnv_unrolled(const unsigned char *bytes, size_t count)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; count >= 2; count -= 2, bytes += 2) {
        hash = (hash ^ bytes[0]) * UINT64_C(1099511628211);
        hash = (hash ^ bytes[1]) * UINT64_C(1099511628211);
    }
    return count ? (hash ^ bytes[0]) * UINT64_C(1099511628211) : hash;
}

static uint64_t sum(const uint32_t *numbers, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += numbers[i];
    return total;
}

static int fibonacci(int n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static uint64_t scaled(const struct factor *factor, const void *number)
{
    uint64_t value;
    memcpy(&value, number, sizeof value);
    return value * factor->factor;
}

static void reversed(char *out, const char *in, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = in[count - 1 - i];
}

static size_t copied(void *out, const void *in, size_t bytes)
{
    memcpy(out, in, bytes);
    return bytes;
}

static void set_up(struct factor *factor, uint64_t seed, size_t bytes)
{
    factor->factor = (seed | 1) + bytes;
}

ENCBENCH_VARIANT(simple, hash = fnv, level = 3);
ENCBENCH_VARIANT(unrolled, hash = fnv_unrolled, level = 3);

ENCBENCH_WORKLOAD(hash, hash(in, bytes), ENCBENCH_BYTES(64, 4k, 65536), ENCBENCH_SERIAL);
ENCBENCH_WORKLOAD(add, sum(in, count), ENCBENCH_ITEMS(uint32_t, 10, 1000), ENCBENCH_REPEAT);
ENCBENCH_WORKLOAD(fibonacci, fibonacci(encbench_any(level + 2)));
ENCBENCH_WORKLOAD(scale, scaled(state, in), ENCBENCH_BYTES(8), ENCBENCH_STATE(struct factor),
                  ENCBENCH_SETUP(set_up(state, seed, bytes)), ENCBENCH_TEARDOWN(state->factor = 0));
ENCBENCH_WORKLOAD(reverse, reversed(out, in, bytes), ENCBENCH_BYTES(100), ENCBENCH_OUTPUT(bytes));
ENCBENCH_WORKLOAD(copy, copied(out, in, bytes), ENCBENCH_OUTPUT(bytes), ENCBENCH_BYTES(100));
ENCBENCH_WORKLOAD(mean, (double)sum(in, count) / 3, ENCBENCH_ITEMS(uint32_t, 7));
ENCBENCH_WORKLOAD(even, (bool)(sum(in, count) & 1), ENCBENCH_ITEMS(uint32_t, 7), ENCBENCH_ANY_OUTPUT);

#ifdef BENCH_BAD
BENCH_BAD;
#endif
