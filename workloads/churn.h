/*
 * churn: threads that are born, use the pool and end: what each leaves behind that nobody finds again. Counted only.
 *
 * A birth: a thread that gets 4 buffers of 2048 bytes, puts them and ends, before the next is born. In a pool where
 * the next one finds what the last one left, nothing is left behind after the first.
 *   bytes_stranded_per_birth            by which what rests in the pool grew, from the 1st birth to the 65th
 *   bytes_asked_per_birth_after_64      of the allocator by a newborn's gets and puts, births 66 to 129
 *   bytes_asked_per_birth_after_320     the same of births 322 to 385, when more have been born than there are slots
 */
#ifdef WORKLOAD_TABLE

#ifdef ENCBUF_POOLED
{
    .name = "churn:buffers=4:size=2048",
    .short_name = "churn",
    .op = "nothing: what threads leave behind in the pool is counted",
    WORKLOAD_COUNTED_ONLY,
    .run = workload_idle_run,
    .metrics = workload_churn_metrics,
},
#endif

#elif defined(ENCBUF_POOLED)

#include "encbuf.h"
#include "turns.h"
#include "workload.h"

#define WORKLOAD_CHURN_BUFFERS 4
#define WORKLOAD_CHURN_BYTES   2048

struct workload_churn {
    struct encbench_host *host;
    int64_t asked_bytes;
};

static void workload_churn_live(void *context, unsigned thread, unsigned turn)
{
    struct workload_churn *self = context;
    struct encbuf *buffers[WORKLOAD_CHURN_BUFFERS];
    const int64_t before = self->host->allocated_bytes();

    (void)thread;
    (void)turn;
    for (size_t i = 0; i < WORKLOAD_CHURN_BUFFERS; i++)
        buffers[i] = encbuf_get(NULL, WORKLOAD_CHURN_BYTES);
    for (size_t i = 0; i < WORKLOAD_CHURN_BUFFERS; i++)
        encbuf_put(buffers[i]);
    self->asked_bytes += self->host->allocated_bytes() - before;
}

/* Bytes that the newborn asked for; negative when one could not be born. */
static double workload_churn_births(struct encbench_host *host, unsigned births)
{
    struct workload_churn self = {.host = host};

    for (unsigned birth = 0; birth < births; birth++)
        if (!workload_turns(1, 1, workload_churn_live, &self))
            return -1;
    return (double)self.asked_bytes;
}

static double workload_churn_rest(void)
{
    const struct encbuf_rest rest = encbuf_pool_rest();

    return (double)(rest.data_bytes + rest.buffers * ENCBUF_STRUCTURE_ASKED_BYTES + rest.own_bytes);
}

static size_t workload_churn_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
    double first, asked_64, asked_320;
    bool whole;

    (void)seed;
    if (host->allocated_bytes == NULL)
        return 0;
    encbuf_pool_setup();
    whole = workload_churn_births(host, 1) >= 0;
    first = workload_churn_rest();
    whole = whole && workload_churn_births(host, 64) >= 0;
    metrics[0] = (struct encbench_metric){"bytes_stranded_per_birth", (workload_churn_rest() - first) / 64};
    asked_64 = whole ? workload_churn_births(host, 64) : -1;
    whole = whole && workload_churn_births(host, 192) >= 0;
    asked_320 = whole ? workload_churn_births(host, 64) : -1;
    metrics[1] = (struct encbench_metric){"bytes_asked_per_birth_after_64", asked_64 / 64};
    metrics[2] = (struct encbench_metric){"bytes_asked_per_birth_after_320", asked_320 / 64};
    encbuf_pool_teardown();
    return asked_64 >= 0 && asked_320 >= 0 ? 3 : 0;
}

#endif
