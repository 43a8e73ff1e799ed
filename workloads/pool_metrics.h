/*
 * What a pool does for a sequence of gets, each buffer put before the next get; counted apart from any timing. Only
 * pools have it: WORKLOAD_POOL_COUNTED is a flag and WORKLOAD_POOL_METRICS(function) the function, or nothing.
 */
#ifndef ENCBENCH_POOL_METRICS_H
#define ENCBENCH_POOL_METRICS_H

#ifdef ENCBUF_POOL_THREAD

#include "encbuf.h"
#include "workload.h"

#define WORKLOAD_POOL_COUNTED           ENCBENCH_COUNTED
#define WORKLOAD_POOL_METRICS(function) function

struct workload_pool_count {
    uint64_t gets, hits;
};

/* A get is a hit when it takes a buffer from those at rest. */
static inline void workload_pool_visit(struct workload_pool_count *count, size_t size)
{
    size_t at_rest = encbuf_pool_count();
    struct encbuf *buffer = encbuf_get(NULL, size);

    count->gets++;
    count->hits += encbuf_pool_count() < at_rest;
    encbuf_put(buffer);
}

/* Call while the pool still is as the visits left it. */
static inline size_t workload_pool_report(const struct workload_pool_count *count, struct encbench_metric *metrics)
{
    const double at_rest = (double)encbuf_pool_count();

    metrics[0] = (struct encbench_metric){"pool_hits_per_get", (double)count->hits / (double)count->gets};
    metrics[1] = (struct encbench_metric){"buffers_at_rest", at_rest};
    metrics[2] = (struct encbench_metric){"structure_bytes_at_rest", at_rest * (double)sizeof(struct encbuf)};
    return 3;
}

#else
#define WORKLOAD_POOL_COUNTED           0
#define WORKLOAD_POOL_METRICS(function) NULL
#endif

#endif
