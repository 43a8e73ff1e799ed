#include "measure/crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Two lines: prefetchers take them in pairs. */
enum { APART_BYTES = 128 };

typedef void work_function(struct measure_crew *crew, size_t thread);

/* Of one thread; written by it alone. */
struct member {
    alignas(APART_BYTES) struct measure_crew *crew;
    size_t thread;
    pthread_t handle;
    uint64_t start_ns, end_ns, bytes;
    long switches;
    int cpu;
};

/* Counters only grow: nobody who is late meets one that was set back. */
struct measure_crew {
    struct measure_clock clock;
    size_t count;
    bool pinned;
    struct measure_crew_batch last;
    /* The next piece of work; NULL sends the crew home. */
    work_function *work;
    const struct measure_arm *arm;
    uint64_t n;
    alignas(APART_BYTES) _Atomic uint64_t turn;     /* pieces of work given out */
    alignas(APART_BYTES) _Atomic uint64_t arrived;  /* at the barrier of a timed piece */
    alignas(APART_BYTES) _Atomic uint64_t finished; /* with what is timed of it */
    alignas(APART_BYTES) _Atomic uint64_t done;     /* with the whole piece, by all but thread 0 */
    uint64_t timed;                                 /* pieces with a barrier, the present one among them */
    struct member members[MEASURE_THREADS_MAX];
};

static void wait_a_little(const struct measure_crew *crew)
{
    if (!crew->pinned)
        sched_yield();
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static bool reached(const _Atomic uint64_t *counter, uint64_t wanted)
{
    return atomic_load_explicit(counter, memory_order_acquire) >= wanted;
}

/* Gives a piece of work to all, does thread 0's part of it, and waits for the others. */
static void do_together(struct measure_crew *crew, work_function *work, const struct measure_arm *arm, uint64_t n)
{
    crew->work = work;
    crew->arm = arm;
    crew->n = n;
    const uint64_t turn = atomic_fetch_add_explicit(&crew->turn, 1, memory_order_release) + 1;
    if (work)
        work(crew, 0);
    while (work && !reached(&crew->done, turn * (crew->count - 1)))
        wait_a_little(crew);
}

static void *work_in_crew(void *context)
{
    struct member *member = context;
    struct measure_crew *crew = member->crew;
    if (crew->pinned) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(member->cpu, &set);
        pthread_setaffinity_np(pthread_self(), sizeof set, &set); /* refused: a change of CPU then drops the block */
    }
    for (uint64_t turn = 1;; turn++) {
        while (!reached(&crew->turn, turn))
            wait_a_little(crew);
        if (crew->work == NULL)
            return NULL;
        crew->work(crew, member->thread);
        atomic_fetch_add_explicit(&crew->done, 1, memory_order_release);
    }
}

struct measure_crew *measure_crew_gather(const struct measure_clock *clock, size_t count, const int *cpus)
{
    struct measure_crew *crew = aligned_alloc(APART_BYTES, sizeof *crew);
    if (crew == NULL || count > MEASURE_THREADS_MAX) {
        free(crew);
        return NULL;
    }
    *crew = (struct measure_crew){.clock = *clock, .count = 1, .pinned = cpus != NULL};
    for (; crew->count < count; crew->count++) {
        struct member *member = &crew->members[crew->count];
        *member = (struct member){.crew = crew, .thread = crew->count, .cpu = cpus ? cpus[crew->count] : 0};
        if (pthread_create(&member->handle, NULL, work_in_crew, member) != 0) {
            measure_crew_dismiss(crew);
            return NULL;
        }
    }
    return crew;
}

void measure_crew_dismiss(struct measure_crew *crew)
{
    if (crew == NULL)
        return;
    do_together(crew, NULL, NULL, 0);
    for (size_t t = 1; t < crew->count; t++)
        pthread_join(crew->members[t].handle, NULL);
    free(crew);
}

size_t measure_crew_threads(const struct measure_crew *crew)
{
    return crew->count;
}

static bool can_run_on(const struct encbench_workload *workload)
{
    return workload->threads_min <= 1 && workload->batch_max_ops == 0 && workload->before == NULL &&
           workload->thread_before == NULL;
}

static void run_timed(struct measure_crew *crew, size_t thread)
{
    const struct measure_arm *arm = crew->arm;
    const struct encbench_workload *workload = arm->workload;
    uint64_t (*const run)(void *, unsigned, uint64_t) = arm->run ? arm->run : workload->run;
    struct member *member = &crew->members[thread];
    const uint64_t all = crew->timed * crew->count;
    const bool runs_on = can_run_on(workload);
    if (workload->thread_before)
        workload->thread_before(arm->state, (unsigned)thread, crew->n);
    atomic_fetch_add_explicit(&crew->arrived, 1, memory_order_acq_rel);
    while (!reached(&crew->arrived, all))
        wait_a_little(crew);
    member->start_ns = crew->clock.now_ns(crew->clock.context);
    member->bytes = run(arm->state, (unsigned)thread, crew->n);
    member->end_ns = crew->clock.now_ns(crew->clock.context);
    atomic_fetch_add_explicit(&crew->finished, 1, memory_order_acq_rel);
    while (!reached(&crew->finished, all))
        if (runs_on)
            run(arm->state, (unsigned)thread, workload->batch_multiple_ops);
        else
            wait_a_little(crew);
    if (workload->thread_after)
        workload->thread_after(arm->state, (unsigned)thread, crew->n);
}

uint64_t measure_crew_run(const struct measure_arm *arm, uint64_t n, uint64_t *bytes)
{
    struct measure_crew *crew = arm->crew;
    const uint64_t promised = n * arm->workload->bytes_per_op;
    uint64_t first_ns = UINT64_MAX, last_ns = 0, sum_ns = 0, produced = promised;
    crew->timed++;
    do_together(crew, run_timed, arm, n);
    for (size_t t = 0; t < crew->count; t++) {
        const struct member *member = &crew->members[t];
        const uint64_t own_ns = member->end_ns - member->start_ns;
        sum_ns += own_ns;
        crew->last.own_ns[t] += own_ns;
        first_ns = member->start_ns < first_ns ? member->start_ns : first_ns;
        last_ns = member->end_ns > last_ns ? member->end_ns : last_ns;
        if (produced == promised)
            produced = member->bytes;
    }
    crew->last.span_ns += last_ns - first_ns;
    *bytes += produced;
    return (sum_ns + crew->count / 2) / crew->count;
}

const struct measure_crew_batch *measure_crew_last(const struct measure_crew *crew)
{
    return &crew->last;
}

void measure_crew_forget(struct measure_crew *crew)
{
    crew->last = (struct measure_crew_batch){0};
}

static void begin(struct measure_crew *crew, size_t thread)
{
    crew->arm->workload->thread_begin(crew->arm->state, (unsigned)thread);
}

static void end(struct measure_crew *crew, size_t thread)
{
    crew->arm->workload->thread_end(crew->arm->state, (unsigned)thread);
}

void measure_crew_begin(const struct measure_arm *arm)
{
    do_together(arm->crew, begin, arm, 0);
}

void measure_crew_end(const struct measure_arm *arm)
{
    do_together(arm->crew, end, arm, 0);
}

static void look(struct measure_crew *crew, size_t thread)
{
    struct member *member = &crew->members[thread];
    member->switches = crew->clock.involuntary_switches(crew->clock.context);
    member->cpu = crew->clock.cpu(crew->clock.context);
}

void measure_crew_look(struct measure_crew *crew, long *switches, int *cpus)
{
    do_together(crew, look, NULL, 0);
    for (size_t t = 0; t < crew->count; t++) {
        switches[t] = crew->members[t].switches;
        cpus[t] = crew->members[t].cpu;
    }
}
