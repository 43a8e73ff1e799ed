/*
 * footprint_1000: what 1000 buffers at rest in the pool take, as the original computed it and as it really is. Counted
 * only. Pools that keep all of them have it.
 *
 * 1000 buffers of 2048 bytes got, and then all put. The figures:
 *   footprint_computed_bytes     1000 times the structure, which is all that the original counted
 *   footprint_structures_bytes   1000 times what the allocator handed out for a structure
 *   footprint_data_bytes         1000 times what it handed out for a buffer's data, which has the size of its class
 *   footprint_live_bytes         handed out and still live with all of them at rest, the pool's magazines included; not
 * there where nothing counts Of the blocks handed out the smallest counts: in a used heap one may be 16 bytes larger,
 * because glibc splits off no rest so small. Handed out is what the caller could use: what the allocator keeps beside a
 * block is in the structure's heap bytes (layout).
 */
#ifdef WORKLOAD_TABLE

#if defined(ENCBUF_POOL_THREAD) && defined(ENCBUF_RETAIN_ALL)
{
    .name = "footprint:buffers=1000:size=2048",
    .short_name = "footprint_1000",
    .op = "nothing: what 1000 buffers at rest take is counted",
    WORKLOAD_COUNTED_ONLY,
    .run = workload_idle_run,
    .metrics = workload_footprint_1000_metrics,
},
#endif

#elif defined(ENCBUF_POOL_THREAD) && defined(ENCBUF_RETAIN_ALL)

#include "encbuf.h"
#include "workload.h"

#include <malloc.h>

#define WORKLOAD_FOOTPRINT_BUFFERS 1000
#define WORKLOAD_FOOTPRINT_BYTES   2048

static size_t workload_footprint_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t workload_footprint_1000_metrics(struct encbench_host *host, uint64_t seed,
                                              struct encbench_metric *metrics)
{
    struct encbuf *buffers[WORKLOAD_FOOTPRINT_BUFFERS];
    const int64_t before = host->live_bytes != NULL ? host->live_bytes() : 0;
    size_t structure = SIZE_MAX, data = SIZE_MAX, filled = 0;

    (void)seed;
    encbuf_pool_setup();
    for (size_t i = 0; i < WORKLOAD_FOOTPRINT_BUFFERS; i++) {
        buffers[i] = encbuf_get(NULL, WORKLOAD_FOOTPRINT_BYTES);
        structure = workload_footprint_smaller(structure, malloc_usable_size(buffers[i]));
        data = workload_footprint_smaller(data, malloc_usable_size(buffers[i]->data));
    }
    for (size_t i = 0; i < WORKLOAD_FOOTPRINT_BUFFERS; i++)
        encbuf_put(buffers[i]);
    metrics[filled++] = (struct encbench_metric){"footprint_computed_bytes",
                                                 WORKLOAD_FOOTPRINT_BUFFERS * (double)sizeof(struct encbuf)};
    metrics[filled++] =
        (struct encbench_metric){"footprint_structures_bytes", WORKLOAD_FOOTPRINT_BUFFERS * (double)structure};
    metrics[filled++] = (struct encbench_metric){"footprint_data_bytes", WORKLOAD_FOOTPRINT_BUFFERS * (double)data};
    if (host->live_bytes != NULL)
        metrics[filled++] = (struct encbench_metric){"footprint_live_bytes", (double)(host->live_bytes() - before)};
    encbuf_pool_teardown();
    return filled;
}

#endif
