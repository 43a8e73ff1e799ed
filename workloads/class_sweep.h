/*
 * class_sweep: what the size classes waste on requests of every size from 16 bytes to 16 MiB. Counted only.
 *
 * 16 bytes, and then sixteen requests a doubling, evenly spaced up to and with its end. From an empty pool, each buffer
 * put before the next get. Beside what every pool counts (pool_metrics.h): the waste of each doubling by itself, named
 * by its end (those that a class serves; above the last class there is none), and of 65 KiB, the original's own
 * example.
 */
#ifdef WORKLOAD_TABLE

#ifdef ENCBUF_POOL_THREAD
{
    .name = "class_sweep:from=16:to=16777216:steps=16",
    .short_name = "class_sweep",
    .op = "nothing: what size classes give is counted",
    WORKLOAD_COUNTED_ONLY,
    .run = workload_idle_run,
    .metrics = workload_class_sweep_metrics,
},
#endif

#elif defined(ENCBUF_POOL_THREAD)

#include "doublings.h"
#include "pool_metrics.h"

#define WORKLOAD_CLASS_SWEEP_FIRST        16
#define WORKLOAD_CLASS_SWEEP_STEPS        16

struct workload_class_doubling {
    size_t from, to;
    const char *metric;
};

/* Requests of one doubling; they join those of all the others in `all`. */
static double workload_class_sweep_doubling(const struct workload_class_doubling *doubling,
                                            struct workload_pool_count *all)
{
    const struct workload_pool_count before = *all;
    struct workload_pool_count own;

    for (size_t step = 1; step <= WORKLOAD_CLASS_SWEEP_STEPS; step++)
        workload_pool_visit(all, doubling->from + (doubling->to - doubling->from) / WORKLOAD_CLASS_SWEEP_STEPS * step);
    own = (struct workload_pool_count){.requested_bytes = all->requested_bytes - before.requested_bytes,
                                       .class_bytes = all->class_bytes - before.class_bytes};
    return workload_pool_waste_percent(&own);
}

static size_t workload_class_sweep_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
    static const struct workload_class_doubling doublings[] = {
#define WORKLOAD_CLASS_DOUBLING(from, to) {from, to, "class_waste_percent_to_" #to},
        WORKLOAD_DOUBLINGS(WORKLOAD_CLASS_DOUBLING)
#undef WORKLOAD_CLASS_DOUBLING
    };
    struct workload_pool_count all = {0}, one = {0};
    size_t filled = 0;

    (void)host;
    (void)seed;
    encbuf_pool_setup();
    workload_pool_visit(&all, WORKLOAD_CLASS_SWEEP_FIRST);
    for (size_t i = 0; i < sizeof doublings / sizeof doublings[0]; i++)
        metrics[filled++] =
            (struct encbench_metric){doublings[i].metric, workload_class_sweep_doubling(&doublings[i], &all)};
    filled += workload_pool_report(&all, metrics + filled);
    workload_pool_visit(&one, 65 * ENCBUF_KIB);
    metrics[filled++] = (struct encbench_metric){"class_waste_percent_of_66560", workload_pool_waste_percent(&one)};
    encbuf_pool_teardown();
    return filled;
}

#endif
