/*
 * static_scan: the search that the original report made, on the variant's own preprocessed source, when it is built:
 * places that store anything but null in the disputed field (variants/static_scan.cmake). Counted only.
 */
#ifdef WORKLOAD_TABLE

#ifndef ENCBUF_POOL_DIRECT
{
    .name = "static_scan",
    .short_name = "static_scan",
    .op = "nothing: the source was searched when it was built",
    WORKLOAD_COUNTED_ONLY,
    .run = workload_idle_run,
    .metrics = workload_static_scan_metrics,
},
#endif

#elif !defined(ENCBUF_POOL_DIRECT)

#include "workload.h"

#ifdef ENCBUF_STATIC_SCAN_SELF
#define ENCBUF_NON_NULL_ASSIGNMENTS 0 /* while it is searched itself */
#else
#include ENCBUF_STATIC_SCAN
#endif

static size_t workload_static_scan_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
    (void)host;
    (void)seed;
    metrics[0] = (struct encbench_metric){"non_null_assignments", ENCBUF_NON_NULL_ASSIGNMENTS};
    return 1;
}

#endif
