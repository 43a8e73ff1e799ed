/*
 * mappings_at_rest: the accusation, put to the test: do buffers at rest in the pool keep mappings alive? Counted only.
 *
 * Four rounds: 64 mappings of a file made; 64 buffers got, each with another of them as its source, and written to; the
 * owner drops its references; the buffers are put. Then everything is at rest, and the kernel is asked how many of the
 * 256 mappings are still there. Only pools have it.
 */
#ifdef WORKLOAD_TABLE

#ifdef ENCBUF_POOL_THREAD
{
    .name = "mappings_at_rest:buffers=64:mappings=64:rounds=4",
    .short_name = "mappings_at_rest",
    .op = "nothing: mappings are counted",
    WORKLOAD_COUNTED_ONLY,
    .run = workload_idle_run,
    .metrics = workload_mappings_at_rest_metrics,
},
#endif

#elif defined(ENCBUF_POOL_THREAD)

#include "encbuf.h"
#include "source_file.h"
#include "workload.h"

#define WORKLOAD_MAPPINGS_BUFFERS 64
#define WORKLOAD_MAPPINGS_ROUNDS  4

/* Bytes mapped while all is held. */
static int64_t workload_mappings_at_rest_round(int file)
{
    struct mapping *mappings[WORKLOAD_MAPPINGS_BUFFERS];
    struct encbuf *buffers[WORKLOAD_MAPPINGS_BUFFERS];
    int64_t while_held;

    for (size_t i = 0; i < WORKLOAD_MAPPINGS_BUFFERS; i++) {
        mappings[i] = workload_source_map(file);
        encbuf_source_set(mappings[i]);
        buffers[i] = encbuf_get(NULL, WORKLOAD_SOURCE_BYTES);
        memcpy(buffers[i]->data, mappings[i]->address, WORKLOAD_SOURCE_BYTES);
    }
    encbuf_source_set(NULL);
    while_held = mapping_file_mapped_bytes(file);
    for (size_t i = 0; i < WORKLOAD_MAPPINGS_BUFFERS; i++)
        mapping_release(mappings[i]);
    for (size_t i = 0; i < WORKLOAD_MAPPINGS_BUFFERS; i++)
        encbuf_put(buffers[i]);
    return while_held;
}

/* Nothing where the kernel does not show the mappings while they are held: the count would be blind. */
static size_t workload_mappings_at_rest_metrics(struct encbench_host *host, uint64_t seed,
                                                struct encbench_metric *metrics)
{
    char message[256];
    int file = workload_source_open(seed, message, sizeof message);
    int64_t while_held = INT64_MAX, at_rest;

    (void)host;
    if (file < 0)
        return 0;
    encbuf_pool_setup();
    for (int round = 0; round < WORKLOAD_MAPPINGS_ROUNDS; round++) {
        int64_t bytes = workload_mappings_at_rest_round(file);

        while_held = bytes < while_held ? bytes : while_held;
    }
    at_rest = mapping_file_mapped_bytes(file);
    encbuf_pool_teardown();
    close(file);
    metrics[0] = (struct encbench_metric){"mappings_kept_alive", (double)at_rest / WORKLOAD_SOURCE_BYTES};
    return at_rest >= 0 && while_held >= WORKLOAD_MAPPINGS_BUFFERS * WORKLOAD_SOURCE_BYTES ? 1 : 0;
}

#endif
