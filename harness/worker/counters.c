#include "worker/counters.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One pass takes at least this long, so that what surrounds the ops does not count; and no more ops than fit into it.
 */
#define COUNT_NS 2000000
/* No op is so short that more would fit. */
#define COUNT_OPS_MAX (1ull << 32)

/* The threads of a pass. Thread 0 is the worker's own; the others wait at `start` for a round. */
struct crew {
    const struct measure_arm *arm;
    size_t thread_count;
    pthread_barrier_t start, end;
    pthread_t threads[COUNTER_THREADS_MAX];
    int thread_ids[COUNTER_THREADS_MAX];
    uint64_t bytes[COUNTER_THREADS_MAX];
    uint64_t operations; /* n of a whole pass, chosen once */
    /* Of the round; n = 0 sends the crew home. */
    uint64_t n;
    const struct counter_group *group;
};

struct member {
    struct crew *crew;
    size_t thread;
};

static void run_counted(struct crew *crew, size_t thread)
{
    counter_enable(crew->group, thread);
    const uint64_t bytes = crew->arm->workload->run(crew->arm->state, (unsigned)thread, crew->n);
    counter_disable(crew->group, thread);
    crew->bytes[thread] += bytes;
}

static void *work_in_crew(void *context)
{
    const struct member member = *(const struct member *)context;
    struct crew *crew = member.crew;
    crew->thread_ids[member.thread] = gettid();
    pthread_barrier_wait(&crew->end); /* the member is read, the thread known */
    while (pthread_barrier_wait(&crew->start), crew->n > 0) {
        run_counted(crew, member.thread);
        pthread_barrier_wait(&crew->end);
    }
    return NULL;
}

/* The barriers stand outside what is counted. */
static void run_round(struct crew *crew, uint64_t n, const struct counter_group *group)
{
    crew->n = n;
    crew->group = group;
    pthread_barrier_wait(&crew->start);
    run_counted(crew, 0);
    pthread_barrier_wait(&crew->end);
}

static bool run_operations(struct crew *crew, uint64_t operations, const struct counter_group *group)
{
    const struct encbench_workload *workload = crew->arm->workload;
    memset(crew->bytes, 0, sizeof crew->bytes);
    for (uint64_t left = operations, n; left > 0; left -= n) {
        n = workload->batch_max_ops && left > workload->batch_max_ops ? workload->batch_max_ops : left;
        if (workload->before)
            workload->before(crew->arm->state, n);
        run_round(crew, n, group);
        if (workload->after)
            workload->after(crew->arm->state, n);
    }
    for (size_t t = 0; t < crew->thread_count; t++)
        if (crew->bytes[t] != operations * workload->bytes_per_op)
            return false;
    return true;
}

static bool count_operations(void *context, const struct counter_group *group)
{
    struct crew *crew = context;
    return run_operations(crew, crew->operations, group);
}

/* Grows n until it lasts, which also warms up. */
static bool choose_operations(struct crew *crew)
{
    const struct measure_clock clock = measure_clock_real();
    const uint64_t multiple = crew->arm->workload->batch_multiple_ops;
    crew->operations = multiple;
    while (true) {
        const uint64_t start_ns = clock.now_ns(clock.context);
        if (!run_operations(crew, crew->operations, NULL))
            return false;
        if (clock.now_ns(clock.context) - start_ns >= COUNT_NS || crew->operations >= COUNT_OPS_MAX)
            return true;
        crew->operations *= 2;
    }
}

/* Where the process is pinned its threads would take turns. */
static void unpin(void)
{
    cpu_set_t set;
    memset(&set, 0xff, sizeof set);
    sched_setaffinity(0, sizeof set, &set);
}

/* False when a thread cannot be had; those that can are there then, and wait. */
static bool gather(struct crew *crew, size_t wanted, struct member *members)
{
    pthread_barrier_t *const barriers[] = {&crew->start, &crew->end};
    crew->thread_ids[0] = gettid();
    if (wanted > 1)
        unpin();
    for (size_t i = 0; i < 2; i++)
        if (pthread_barrier_init(barriers[i], NULL, (unsigned)wanted) != 0)
            return false;
    for (crew->thread_count = 1; crew->thread_count < wanted; crew->thread_count++) {
        const size_t t = crew->thread_count;
        members[t] = (struct member){crew, t};
        if (pthread_create(&crew->threads[t], NULL, work_in_crew, &members[t]) != 0)
            return false;
    }
    pthread_barrier_wait(&crew->end);
    return true;
}

static void send_home(struct crew *crew)
{
    crew->n = 0;
    pthread_barrier_wait(&crew->start);
    for (size_t t = 1; t < crew->thread_count; t++)
        pthread_join(crew->threads[t], NULL);
}

void worker_counters(struct worker_region *region, const struct measure_arm *arm)
{
    static struct crew crew;
    static struct member members[COUNTER_THREADS_MAX];
    const struct counter_source source = counter_source_real();
    struct worker_counters *counters = &region->result.counters;
    const size_t wanted =
        arm->workload->threads_max < COUNTER_THREADS_MAX ? arm->workload->threads_max : COUNTER_THREADS_MAX;
    crew.arm = arm;
    if (!gather(&crew, wanted, members)) {
        snprintf(counters->unavailable, sizeof counters->unavailable, "no %zu threads can be had", wanted);
        return;
    }
    if (!choose_operations(&crew) ||
        !counter_measure(&source, region->job.events, region->job.event_count, crew.thread_ids, crew.thread_count,
                         count_operations, &crew, counters->values))
        snprintf(counters->unavailable, sizeof counters->unavailable, "run did not produce n x %" PRIu64 " bytes",
                 arm->workload->bytes_per_op);
    counters->operations = crew.operations;
    counters->thread_count = (uint32_t)crew.thread_count;
    send_home(&crew);
}
