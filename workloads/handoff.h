/*
 * handoff: buffers that one thread gets and another one puts.
 *
 * One op of handoff_SHARE: a buffer of 2048 bytes got; SHARE of 100 go to the next thread by an exchange with its box,
 * evenly spread, the others are put at once; and what lies in the thread's own box is put. A buffer that comes back out
 * of the next thread's box, because that one has not looked there since, is put by the one that got it. "Bytes" are
 * those handed out. Needs two threads; not offered where a buffer cannot be handed on.
 *
 * Counted (handoff), for 2 and for 64 threads and each share, the threads acting in turn: a thread puts all that it was
 * handed, then does 100 ops. After 8 rounds that warm up, over 8 more:
 *   threads_T_share_S_bytes_per_op          asked of the allocator
 *   threads_T_share_S_growth_bytes_at_rest  by which what rests in the pool grew; pools alone
 */
#define WORKLOAD_HANDOFF_SHARES(SHARE) SHARE(0) SHARE(1) SHARE(10) SHARE(50) SHARE(100)

#ifdef WORKLOAD_TABLE

#if defined(ENCBUF_POOLED) || defined(ENCBUF_POOL_NONE)
#define WORKLOAD_HANDOFF_ROW(percent)                                                                                  \
    {                                                                                                                  \
        .name = "handoff:share=" #percent ":size=2048",                                                                \
        .short_name = "handoff_" #percent,                                                                             \
        .op = "one buffer of 2048 bytes got and put; " #percent " of 100 are put by another thread",                   \
        .bytes_per_op = WORKLOAD_HANDOFF_BYTES,                                                                        \
        .batch_multiple_ops = 100,                                                                                     \
        .rewarm_ops = 256,                                                                                             \
        .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(128),                                                         \
        .threads_max = WORKLOAD_HANDOFF_THREADS_MAX,                                                                   \
        .threads_min = 2,                                                                                              \
        .flags = WORKLOAD_TIMED,                                                                                       \
        .digest = workload_handoff_digest,                                                                             \
        .setup = workload_handoff_setup_##percent,                                                                     \
        .run = workload_handoff_run,                                                                                   \
        .teardown = workload_handoff_teardown,                                                                         \
    },
WORKLOAD_HANDOFF_SHARES(WORKLOAD_HANDOFF_ROW)
#undef WORKLOAD_HANDOFF_ROW
    {
        .name = "handoff:counted",
        .short_name = "handoff",
        .op = "nothing: what hand-offs ask of the allocator is counted",
        WORKLOAD_COUNTED_ONLY,
        .run = workload_idle_run,
        .metrics = workload_handoff_metrics,
    },
#endif

#elif defined(ENCBUF_POOLED) || defined(ENCBUF_POOL_NONE)

#include "encbuf.h"
#include "turns.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKLOAD_HANDOFF_BYTES       2048
#define WORKLOAD_HANDOFF_THREADS_MAX 64
#define WORKLOAD_HANDOFF_APART_BYTES 128 /* two lines: processors fetch them in pairs */

struct workload_handoff_box {
    struct encbuf *_Atomic buffer;
} __attribute__((aligned(WORKLOAD_HANDOFF_APART_BYTES)));

struct workload_handoff {
    struct workload_handoff_box boxes[WORKLOAD_HANDOFF_THREADS_MAX];
    size_t size;
    unsigned share, threads;
};

static int workload_handoff_setup(struct encbench_host *host, unsigned share, void **state, char *message,
                                  size_t message_bytes)
{
    struct workload_handoff *self;

    if (workload_refuses_threads(host, "handoff", message, message_bytes))
        return 1;
    self = aligned_alloc(WORKLOAD_HANDOFF_APART_BYTES, sizeof *self);
    if (self == NULL) {
        snprintf(message, message_bytes, "handoff: out of memory");
        return 1;
    }
    *self = (struct workload_handoff){
        .size = WORKLOAD_HANDOFF_BYTES, .share = share, .threads = host->thread_count < 1 ? 1 : host->thread_count};
    encbuf_pool_setup();
    *state = self;
    return 0;
}

#define WORKLOAD_HANDOFF_SETUP(percent)                                                                                \
    static int workload_handoff_setup_##percent(struct encbench_host *host, uint64_t seed, void **state,               \
                                                char *message, size_t message_bytes)                                   \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_handoff_setup(host, percent, state, message, message_bytes);                                   \
    }
WORKLOAD_HANDOFF_SHARES(WORKLOAD_HANDOFF_SETUP)

/* Of ops 0, 1, ... `share` in each 100, evenly spread. */
ENCBUF_HOT bool workload_handoff_is_handed(unsigned *account, unsigned share)
{
    *account += share;
    if (*account < 100)
        return false;
    *account -= 100;
    return true;
}

static uint64_t workload_handoff_run(void *state, unsigned thread, uint64_t n)
{
    struct workload_handoff *self = state;
    struct encbuf *_Atomic *own = &self->boxes[thread].buffer;
    struct encbuf *_Atomic *next = &self->boxes[thread + 1 < self->threads ? thread + 1 : 0].buffer;
    const unsigned share = self->share;
    const size_t size = self->size;
    unsigned account = 0;
    uint64_t bytes = 0;

    for (uint64_t i = 0; i < n; i++) {
        struct encbuf *buffer = encbuf_get(NULL, size);

        WORKLOAD_CONSUME(buffer);
        bytes += buffer->length;
        WORKLOAD_PLANT(buffer, 128);
        if (workload_handoff_is_handed(&account, share))
            buffer = atomic_exchange_explicit(next, buffer, memory_order_acq_rel);
        for (;;) { /* one put in the code: what is left to put, then what lies in the own box */
            if (buffer != NULL)
                encbuf_put(buffer);
            if (atomic_load_explicit(own, memory_order_relaxed) == NULL)
                break;
            buffer = atomic_exchange_explicit(own, NULL, memory_order_acq_rel);
        }
    }
    return bytes;
}

static void workload_handoff_teardown(void *state)
{
    struct workload_handoff *self = state;

    for (unsigned i = 0; i < WORKLOAD_HANDOFF_THREADS_MAX; i++)
        if (self->boxes[i].buffer != NULL)
            encbuf_put(self->boxes[i].buffer);
    encbuf_pool_teardown();
    free(self);
}

#define WORKLOAD_HANDOFF_OPS     100 /* a turn */
#define WORKLOAD_HANDOFF_WARM_UP 8   /* turns of each thread, and as many counted */

struct workload_handoff_case {
    unsigned threads, share;
    const char *asked, *growth;
};

struct workload_handoff_count {
    struct encbench_host *host;
    const struct workload_handoff_case *cases; /* the same threads go through all of them: one64 has slots for 256 */
    unsigned threads;
    struct encbuf *handed[WORKLOAD_TURNS_THREADS_MAX][WORKLOAD_HANDOFF_OPS];
    size_t handed_count[WORKLOAD_TURNS_THREADS_MAX];
    int64_t asked_bytes;
    uint64_t hash; /* of what was in each buffer when it was put by another */
    double rest_before, rest_growth;
    struct encbench_metric *metrics;
    size_t filled;
};

static double workload_handoff_rest(void)
{
#ifdef ENCBUF_POOLED
    const struct encbuf_rest rest = encbuf_pool_rest();

    return (double)(rest.data_bytes + rest.buffers * ENCBUF_STRUCTURE_ASKED_BYTES + rest.own_bytes);
#else
    return 0;
#endif
}

static void workload_handoff_put_all(struct workload_handoff_count *self, unsigned thread)
{
    for (size_t i = 0; i < self->handed_count[thread]; i++) {
        struct encbuf *buffer = self->handed[thread][i];

        self->hash = workload_hash(self->hash, buffer->data, sizeof(uint64_t));
        encbuf_put(buffer);
    }
    self->handed_count[thread] = 0;
}

/* A thread's turn within a case. */
static void workload_handoff_turn(struct workload_handoff_count *self, const struct workload_handoff_case *one,
                                  unsigned thread, unsigned turn)
{
    const unsigned next = (thread + 1) % one->threads;
    unsigned account = 0;
    int64_t before = 0;

    if (self->host->allocated_bytes != NULL)
        before = self->host->allocated_bytes();
    workload_handoff_put_all(self, thread);
    for (uint64_t i = 0; i < WORKLOAD_HANDOFF_OPS; i++) {
        struct encbuf *buffer = encbuf_get(NULL, WORKLOAD_HANDOFF_BYTES);
        const uint64_t mark = (uint64_t)turn << 32 | (uint64_t)thread << 16 | i;

        memcpy(buffer->data, &mark, sizeof mark);
        if (workload_handoff_is_handed(&account, one->share))
            self->handed[next][self->handed_count[next]++] = buffer;
        else
            encbuf_put(buffer);
    }
    if (self->host->allocated_bytes != NULL && turn >= WORKLOAD_HANDOFF_WARM_UP)
        self->asked_bytes += self->host->allocated_bytes() - before;
}

static void workload_handoff_report(struct workload_handoff_count *self, const struct workload_handoff_case *one)
{
    const double ops = (double)one->threads * WORKLOAD_HANDOFF_OPS * WORKLOAD_HANDOFF_WARM_UP;

    if (self->metrics == NULL)
        return;
    self->metrics[self->filled++] = (struct encbench_metric){one->asked, (double)self->asked_bytes / ops};
#ifdef ENCBUF_POOLED
    self->metrics[self->filled++] = (struct encbench_metric){one->growth, self->rest_growth};
#endif
}

static void workload_handoff_act(void *context, unsigned thread, unsigned turn_of_all)
{
    struct workload_handoff_count *self = context;
    const struct workload_handoff_case *one = &self->cases[turn_of_all / (2 * WORKLOAD_HANDOFF_WARM_UP)];
    const unsigned turn = turn_of_all % (2 * WORKLOAD_HANDOFF_WARM_UP);
    const bool is_last = turn == 2 * WORKLOAD_HANDOFF_WARM_UP - 1 && thread == self->threads - 1;

    if (thread == 0 && turn == 0) {
        encbuf_pool_setup();
        self->asked_bytes = 0;
    }
    if (thread == 0 && turn == WORKLOAD_HANDOFF_WARM_UP)
        self->rest_before = workload_handoff_rest();
    if (thread < one->threads)
        workload_handoff_turn(self, one, thread, turn);
    if (!is_last)
        return;
    self->rest_growth = workload_handoff_rest() - self->rest_before;
    workload_handoff_report(self, one);
    for (unsigned other = 0; other < one->threads; other++)
        workload_handoff_put_all(self, other);
    encbuf_pool_teardown();
}

static uint64_t workload_handoff_digest(struct encbench_host *host, uint64_t seed)
{
    static const struct workload_handoff_case half = {.threads = 2, .share = 50};
    static struct workload_handoff_count count;

    count = (struct workload_handoff_count){.host = host, .cases = &half, .threads = 2, .hash = WORKLOAD_HASH_START};
    if (!workload_turns(count.threads, 2 * WORKLOAD_HANDOFF_WARM_UP, workload_handoff_act, &count))
        return 0;
    return workload_hash(count.hash, &seed, sizeof seed);
}

static size_t workload_handoff_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
#define WORKLOAD_HANDOFF_CASES(percent)                                                                                \
    {2, percent, "threads_2_share_" #percent "_bytes_per_op", "threads_2_share_" #percent "_growth_bytes_at_rest"},    \
        {64, percent, "threads_64_share_" #percent "_bytes_per_op",                                                    \
         "threads_64_share_" #percent "_growth_bytes_at_rest"},
    static const struct workload_handoff_case cases[] = {WORKLOAD_HANDOFF_SHARES(WORKLOAD_HANDOFF_CASES)};
    static struct workload_handoff_count count;

    (void)seed;
    if (host->allocated_bytes == NULL)
        return 0;
    count = (struct workload_handoff_count){
        .host = host, .cases = cases, .threads = WORKLOAD_TURNS_THREADS_MAX, .metrics = metrics};
    if (!workload_turns(count.threads, sizeof cases / sizeof cases[0] * 2 * WORKLOAD_HANDOFF_WARM_UP,
                        workload_handoff_act, &count))
        return 0;
    return count.filled;
}

#endif
