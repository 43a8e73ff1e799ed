// std::sort against std::stable_sort: of numbers, in an order that a static object knows; and what a search for
// something that is not there costs, which throws.
#include <encbench/bench.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace
{
// Constructed when the module is loaded.
struct order {
    std::vector<unsigned char> rank;
    order() : rank(256)
    {
        for (unsigned i = 0; i < 256; i++)
            rank[i] = static_cast<unsigned char>(i * 167);
    }
    bool operator()(uint32_t a, uint32_t b) const
    {
        const unsigned char left = rank[a >> 24], right = rank[b >> 24];
        return left != right ? left < right : a < b;
    }
};
const order by_rank;

struct by_sort {
    void operator()(uint32_t *begin, uint32_t *end) const
    {
        std::sort(begin, end, by_rank);
    }
};
struct by_stable_sort {
    void operator()(uint32_t *begin, uint32_t *end) const
    {
        std::stable_sort(begin, end, by_rank);
    }
};

template <class Sort> size_t sorted(const Sort &sort, const uint32_t *in, size_t count, uint32_t *out)
{
    std::copy(in, in + count, out);
    sort(out, out + count);
    return count * sizeof *out;
}

size_t find(const std::vector<uint32_t> &numbers, uint32_t wanted)
{
    const auto found = std::find(numbers.begin(), numbers.end(), wanted);
    if (found == numbers.end())
        throw std::out_of_range("not there");
    return static_cast<size_t>(found - numbers.begin());
}

template <class Sort> size_t sorted_or_thrown(const Sort &sort, const uint32_t *in, size_t count)
{
    std::vector<uint32_t> numbers(in, in + count);
    sort(numbers.data(), numbers.data() + count);
    try {
        return find(numbers, in[0] ^ in[1] ^ in[2]);
    } catch (const std::out_of_range &) {
        return numbers[count / 2];
    }
}
} // namespace

ENCBENCH_VARIANT(sort, algorithm = by_sort());
ENCBENCH_VARIANT(stable, algorithm = by_stable_sort());

ENCBENCH_WORKLOAD(numbers, sorted(algorithm, in, count, out), ENCBENCH_ITEMS(uint32_t, 16, 1k), ENCBENCH_OUTPUT(bytes));
ENCBENCH_WORKLOAD(median, sorted_or_thrown(algorithm, in, count), ENCBENCH_ITEMS(uint32_t, 100));
