/*
 * What a pool does for a sequence of gets, each buffer put before the next get; counted apart from any timing. Only
 * pools have it: WORKLOAD_POOL_COUNTED is a flag and WORKLOAD_POOL_METRICS(function) the function, or nothing.
 *
 * pool_hits_per_get: gets that took a buffer from those at rest.
 * byte_operations_kept_per_get: gets' mean of the data at rest after each of them and its put, in bytes.
 * buffers_at_rest: in the pool afterwards; structure_bytes_at_rest and data_bytes_at_rest: their structures and data as
 * asked of malloc; pool_bytes_at_rest: both, and the pool's own magazines.
 * class_requested_bytes: asked for by the gets that a class serves; class_bytes: what their classes gave.
 * class_waste_percent: of class_bytes, those that nobody asked for; class_waste_of_asked_percent: the same bytes in
 * percent of class_requested_bytes, which is waste as classes are fitted by it. Not there when no class served any.
 * requests_above_last_class: gets that no class holds: they get exactly what they ask for, and put drops it.
 */
#ifndef ENCBENCH_POOL_METRICS_H
#define ENCBENCH_POOL_METRICS_H

#ifdef ENCBUF_POOLED

#include "encbuf.h"
#include "workload.h"

#define WORKLOAD_POOL_COUNTED           ENCBENCH_COUNTED
#define WORKLOAD_POOL_METRICS(function) function

struct workload_pool_count {
    uint64_t gets, hits;
    uint64_t above_last;                   /* got exactly what they asked for, and their buffers are dropped */
    uint64_t requested_bytes, class_bytes; /* of all the others: as asked for; as their classes gave */
    double byte_operations;                /* data at rest after each get and put, added up */
};

/* A get is a hit when it takes a buffer from those at rest. */
static inline void workload_pool_visit(struct workload_pool_count *count, size_t size)
{
    size_t at_rest = encbuf_pool_count();
    struct encbuf *buffer = encbuf_get(NULL, size);

    count->gets++;
    count->hits += encbuf_pool_count() < at_rest;
    if (size > encbuf_class_bytes[ENCBUF_CLASS_COUNT - 1]) {
        count->above_last++;
    } else {
        count->requested_bytes += size;
        count->class_bytes += buffer->capacity;
    }
    encbuf_put(buffer);
    count->byte_operations += (double)encbuf_pool_rest().data_bytes;
}

/* Of the bytes that classes give, those that nobody asked for, in percent; 0 when no class gave any. */
static inline double workload_pool_waste_percent(const struct workload_pool_count *count)
{
    return count->class_bytes == 0
               ? 0
               : 100 * (double)(count->class_bytes - count->requested_bytes) / (double)count->class_bytes;
}

/* The same bytes in percent of those asked for: what a table of classes is fitted by (stats/fit.h). */
static inline double workload_pool_waste_of_asked_percent(const struct workload_pool_count *count)
{
    return 100 * (double)(count->class_bytes - count->requested_bytes) / (double)count->requested_bytes;
}

/* Call while the pool still is as the visits left it. */
static inline size_t workload_pool_report(const struct workload_pool_count *count, struct encbench_metric *metrics)
{
    const struct encbuf_rest rest = encbuf_pool_rest();
    const size_t structure_bytes = rest.buffers * ENCBUF_STRUCTURE_ASKED_BYTES;
    size_t filled = 0;

    metrics[filled++] = (struct encbench_metric){"pool_hits_per_get", (double)count->hits / (double)count->gets};
    metrics[filled++] = (struct encbench_metric){"buffers_at_rest", (double)rest.buffers};
    metrics[filled++] = (struct encbench_metric){"structure_bytes_at_rest", (double)structure_bytes};
    metrics[filled++] = (struct encbench_metric){"data_bytes_at_rest", (double)rest.data_bytes};
    metrics[filled++] =
        (struct encbench_metric){"pool_bytes_at_rest", (double)(rest.data_bytes + structure_bytes + rest.own_bytes)};
    metrics[filled++] =
        (struct encbench_metric){"byte_operations_kept_per_get", count->byte_operations / (double)count->gets};
    metrics[filled++] = (struct encbench_metric){"class_requested_bytes", (double)count->requested_bytes};
    metrics[filled++] = (struct encbench_metric){"class_bytes", (double)count->class_bytes};
    metrics[filled++] = (struct encbench_metric){"requests_above_last_class", (double)count->above_last};
    if (count->class_bytes > 0)
        metrics[filled++] = (struct encbench_metric){"class_waste_percent", workload_pool_waste_percent(count)};
    if (count->requested_bytes > 0)
        metrics[filled++] =
            (struct encbench_metric){"class_waste_of_asked_percent", workload_pool_waste_of_asked_percent(count)};
    return filled;
}

#else
#define WORKLOAD_POOL_COUNTED           0
#define WORKLOAD_POOL_METRICS(function) NULL
#endif

#endif
