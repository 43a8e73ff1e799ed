#include "stats/fit.h"

#include <stdlib.h>

/* Distinct sizes, and how many requests and bytes lie before each. */
struct distinct {
    size_t count;
    uint64_t *bytes;
    uint64_t *requests_before, *bytes_before; /* count + 1 */
};

/* One layer: the least handed out to sizes before `end` by so many classes, and where the last of them begins. */
struct layers {
    const struct distinct *distinct;
    uint64_t *before, *now;
    uint32_t *begin;
};

static uint64_t cost(const struct distinct *distinct, size_t begin, size_t end)
{
    return distinct->bytes[end - 1] * (distinct->requests_before[end] - distinct->requests_before[begin]);
}

/* Fills now[low..high]; the last class of each begins within from..to. */
static void fill(struct layers *layers, size_t low, size_t high, size_t from, size_t to)
{
    while (low <= high) {
        const size_t middle = low + (high - low) / 2;
        size_t best = from;
        uint64_t least = UINT64_MAX;
        for (size_t begin = from; begin <= to && begin < middle; begin++) {
            const uint64_t of = layers->before[begin];
            const uint64_t total = of == UINT64_MAX ? UINT64_MAX : of + cost(layers->distinct, begin, middle);
            if (total < least) {
                least = total;
                best = begin;
            }
        }
        layers->now[middle] = least;
        layers->begin[middle] = (uint32_t)best;
        if (middle > low)
            fill(layers, low, middle - 1, from, best);
        low = middle + 1;
        from = best;
    }
}

static bool count_distinct(const uint32_t *sorted, size_t count, struct distinct *distinct)
{
    distinct->bytes = calloc(count, sizeof *distinct->bytes);
    distinct->requests_before = calloc(count + 1, sizeof *distinct->requests_before);
    distinct->bytes_before = calloc(count + 1, sizeof *distinct->bytes_before);
    if (distinct->bytes == NULL || distinct->requests_before == NULL || distinct->bytes_before == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const uint64_t bytes = sorted[i] ? sorted[i] : 1;
        size_t n = distinct->count;
        if (n == 0 || distinct->bytes[n - 1] != bytes) {
            distinct->bytes[n] = bytes;
            distinct->requests_before[n + 1] = distinct->requests_before[n];
            distinct->bytes_before[n + 1] = distinct->bytes_before[n];
            n = ++distinct->count;
        }
        distinct->requests_before[n]++;
        distinct->bytes_before[n] += bytes;
    }
    return true;
}

static bool find(const struct distinct *distinct, size_t k, struct fit_class *classes, struct fit *fit)
{
    const size_t n = distinct->count;
    struct layers layers = {.distinct = distinct,
                            .before = malloc((n + 1) * sizeof *layers.before),
                            .now = malloc((n + 1) * sizeof *layers.now)};
    uint32_t *begins = calloc(k * (n + 1), sizeof *begins);
    const bool possible = layers.before && layers.now && begins;
    for (size_t i = 0; possible && i <= n; i++)
        layers.before[i] = i == 0 ? 0 : UINT64_MAX;
    for (size_t layer = 0; possible && layer < k; layer++) {
        layers.begin = begins + layer * (n + 1);
        layers.now[0] = UINT64_MAX;
        fill(&layers, 1, n, 0, n - 1);
        uint64_t *free_one = layers.before;
        layers.before = layers.now;
        layers.now = free_one;
    }
    for (size_t layer = k, end = n; possible && layer-- > 0;) {
        const size_t begin = begins[layer * (n + 1) + end];
        classes[layer] = (struct fit_class){distinct->bytes[end - 1],
                                            distinct->requests_before[end] - distinct->requests_before[begin],
                                            distinct->bytes_before[end] - distinct->bytes_before[begin]};
        fit->handed_out_bytes += cost(distinct, begin, end);
        fit->asked_bytes += classes[layer].asked_bytes;
        end = begin;
    }
    free(layers.before);
    free(layers.now);
    free(begins);
    return possible;
}

bool fit_classes(const uint32_t *sorted, size_t count, size_t k, struct fit_class *classes, struct fit *fit)
{
    struct distinct distinct = {0};
    *fit = (struct fit){0};
    bool done = count_distinct(sorted, count, &distinct);
    if (done) {
        fit->count = k < distinct.count ? k : distinct.count;
        done = find(&distinct, fit->count, classes, fit);
    }
    free(distinct.bytes);
    free(distinct.requests_before);
    free(distinct.bytes_before);
    return done;
}

double fit_waste_percent(const struct fit *fit)
{
    return 100 * (double)(fit->handed_out_bytes - fit->asked_bytes) / (double)fit->asked_bytes;
}
