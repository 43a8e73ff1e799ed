#include "trace/trace.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int in_ascending_order(const void *a, const void *b)
{
    const uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

uint32_t *trace_sorted(const uint32_t *bytes, size_t count)
{
    uint32_t *sorted = malloc(count * sizeof *sorted);
    if (sorted) {
        memcpy(sorted, bytes, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, in_ascending_order);
    }
    return sorted;
}

uint32_t trace_quantile(const uint32_t *sorted, size_t count, double share)
{
    const double rank = share * (double)count;
    size_t index = (size_t)rank;
    index -= index > 0 && (double)index == rank;
    return sorted[index < count ? index : count - 1];
}

/* First row of a stretch: the first stretch begins the trace and the last one ends it; one alone lies in the middle. */
static size_t begin_of(const struct trace *trace, size_t stretches, size_t stretch, size_t index)
{
    const size_t last = trace->count - stretch;
    return stretches == 1 ? last / 2 : last * index / (stretches - 1);
}

static uint64_t bytes_of(const struct trace *trace, size_t stretches, size_t stretch)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < stretches; i++)
        for (size_t row = 0; row < stretch; row++)
            bytes += trace->bytes[begin_of(trace, stretches, stretch, i) + row];
    return bytes;
}

/* Fewer stretches first, then shorter ones: what calls follow each other is what a pool sees. Which rows are taken is a
 * matter of their places and never of their sizes. */
void trace_cut(const struct trace *trace, struct trace_replay *replay)
{
    size_t stretches = 1, stretch = trace->count;
    if (trace->count > TRACE_REPLAY_CALLS || bytes_of(trace, 1, trace->count) > TRACE_REPLAY_BYTES) {
        stretches = TRACE_REPLAY_CALLS / TRACE_REPLAY_STRETCH;
        stretch = TRACE_REPLAY_STRETCH < trace->count ? TRACE_REPLAY_STRETCH : trace->count;
        while (stretches > 1 &&
               (stretches * stretch > trace->count || bytes_of(trace, stretches, stretch) > TRACE_REPLAY_BYTES))
            stretches /= 2;
        while (stretch > 1 && stretches == 1 && bytes_of(trace, 1, stretch) > TRACE_REPLAY_BYTES)
            stretch /= 2;
    }
    *replay = (struct trace_replay){.count = stretches * stretch, .stretches = stretches, .stretch = stretch};
    for (size_t i = 0; i < stretches; i++)
        memcpy(replay->bytes + i * stretch, trace->bytes + begin_of(trace, stretches, stretch, i),
               stretch * sizeof *replay->bytes);
}
