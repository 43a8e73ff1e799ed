// Every option of bench.h in C++11, with two variants: what bench_test.sh compiles with every compiler and runs. BENCH_BAD is a workload or
// variant that is refused.
#include <encbench/bench.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

static std::string hex(const unsigned char *bytes, size_t count)
{
    std::string text;
    for (size_t i = 0; i < count; i++) {
        text += "0123456789abcdef"[bytes[i] >> 4];
        text += "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

static std::string hex_reserved(const unsigned char *bytes, size_t count)
{
    std::string text(2 * count, '0');
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

template <class T> static T total(const T *numbers, size_t count)
{
    return std::accumulate(numbers, numbers + count, T());
}

template <class Less> static size_t sorted(const Less &less, int *out, const int *in, size_t count)
{
    std::copy(in, in + count, out);
    std::sort(out, out + count, less);
    return count * sizeof *out;
}

static std::vector<int> numbers(const int *in, size_t count)
{
    return std::vector<int>(in, in + count);
}

static uint64_t thrown_and_caught(const unsigned char *in)
{
    try {
        throw std::out_of_range(std::string(in[0] % 64u + 1, 'x'));
    } catch (const std::exception &error) {
        return strlen(error.what());
    }
}

ENCBENCH_VARIANT(grown, less = std::less<int>(), to_hex = hex);
ENCBENCH_VARIANT(reserved, less = [](int a, int b) { return a < b; }, to_hex = hex_reserved);

ENCBENCH_WORKLOAD(hex, to_hex(in, bytes), ENCBENCH_BYTES(3, 4k));
ENCBENCH_WORKLOAD(add, total<uint32_t>(in, count), ENCBENCH_ITEMS(uint32_t, 10, 1000), ENCBENCH_SERIAL);
ENCBENCH_WORKLOAD(sort, sorted(less, out, in, count), ENCBENCH_ITEMS(int, 100, 1k), ENCBENCH_OUTPUT(bytes));
ENCBENCH_WORKLOAD(list, numbers(in, count), ENCBENCH_ITEMS(int, 100));
ENCBENCH_WORKLOAD(again, numbers(state->data(), state->size()).size(), ENCBENCH_STATE(std::vector<int>),
                  ENCBENCH_SETUP(state->assign(100, 1)), ENCBENCH_TEARDOWN(state->clear()));
ENCBENCH_WORKLOAD(real, total<float>(state, 4), ENCBENCH_STATE(float), ENCBENCH_SETUP(*state = 1));
ENCBENCH_WORKLOAD(smaller, less(in[0], in[1]), ENCBENCH_ITEMS(int, 2));
ENCBENCH_WORKLOAD(copy, (void)memcpy(out, in, bytes), ENCBENCH_BYTES(100), ENCBENCH_OUTPUT(bytes));
ENCBENCH_WORKLOAD(thrown, thrown_and_caught(in), ENCBENCH_BYTES(8));
#if __cplusplus >= 202002L
ENCBENCH_WORKLOAD(lambda, [](const unsigned char *byte) { return *byte + 1; }(in), ENCBENCH_BYTES(8));
#endif

#ifdef BENCH_BAD
BENCH_BAD;
#endif
