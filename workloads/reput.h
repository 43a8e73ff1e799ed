/*
 * reput: the original's benchmark of put, with its mistake: one buffer, armed again (not released, one reference) and
 * put into the pool on every iteration, so that the pool fills with aliases of it and grows for ever.
 *
 * One op: the same buffer armed and put. Two later gets would share that buffer, so nothing else may use the pool: it
 * is never timed beside others, and counted in a process of its own. Teardown frees the buffer once (pool_thread.h).
 * "Bytes" are those handed back. Only pools that keep everything have it: where put
 * may free, the second one would free twice.
 *
 * Counted: bytes asked of the allocator per op, over 10^6 and over 2^22 ops, each from an empty pool.
 */
#ifdef WORKLOAD_TABLE

#if defined(ENCBUF_POOL_THREAD) && defined(ENCBUF_RETAIN_ALL)
{
    .name = "reput:size=2048",
    .short_name = "reput",
    .op = "the same buffer of 2048 bytes armed again and put again",
    .bytes_per_op = WORKLOAD_REPUT_BYTES,
    .batch_multiple_ops = 1,
    .threads_max = 1,
    .flags = ENCBENCH_COUNTED,
    .digest = workload_idle_digest,
    .setup = workload_reput_setup,
    .run = workload_reput_run,
    .teardown = workload_reput_teardown,
    .metrics = workload_reput_metrics,
},
#endif

#elif defined(ENCBUF_POOL_THREAD) && defined(ENCBUF_RETAIN_ALL)

#include "encbuf.h"
#include "workload.h"

#define WORKLOAD_REPUT_BYTES 2048

static int workload_reput_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                size_t message_bytes)
{
    (void)host;
    (void)seed;
    (void)message;
    (void)message_bytes;
    encbuf_pool_setup();
    *state = encbuf_get(NULL, WORKLOAD_REPUT_BYTES);
    encbuf_put(*state); /* in the pool at least once, so that teardown frees it */
    return 0;
}

static uint64_t workload_reput_run(void *state, unsigned thread, uint64_t n)
{
    struct encbuf *buffer = state;
    uint64_t bytes = 0;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        encbuf_refs_open(buffer);
        bytes += buffer->length;
        encbuf_put(buffer);
    }
    return bytes;
}

static void workload_reput_teardown(void *state)
{
    (void)state;
    encbuf_pool_teardown();
}

/* From an empty pool, the buffer's own bytes not counted. */
static double workload_reput_bytes_per_op(struct encbench_host *host, uint64_t n)
{
    struct encbuf *buffer;
    int64_t before;
    double bytes;

    encbuf_pool_setup();
    buffer = encbuf_get(NULL, WORKLOAD_REPUT_BYTES);
    before = host->allocated_bytes();
    workload_reput_run(buffer, 0, n);
    bytes = (double)(host->allocated_bytes() - before);
    encbuf_pool_teardown();
    return bytes / (double)n;
}

static size_t workload_reput_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
    double few, many;

    (void)seed;
    if (host->allocated_bytes == NULL)
        return 0;
    few = workload_reput_bytes_per_op(host, 1000000);
    many = workload_reput_bytes_per_op(host, (uint64_t)1 << 22);
    metrics[0] = (struct encbench_metric){"bytes_per_op_at_10_6", few};
    metrics[1] = (struct encbench_metric){"bytes_per_op_at_2_22", many};
    metrics[2] = (struct encbench_metric){"bytes_per_op_at_2_22_minus_at_10_6", many - few};
    return 3;
}

#endif
