/*
 * misuse: what each release protocol (axis refs) makes of wrong calls. Planted and counted, never timed.
 *
 * Each kind is planted 1000 times, each time in an empty pool with one buffer, and comes to one of
 *   caught    as if the wrong call had not been made
 *   silent    nobody is hurt, but the words of the buffer are not what they would be
 *   harmful   the buffer is in the pool twice, or while somebody holds it, or never again, or its count is not that of
 *             its holders
 *
 *   double_put        put twice, one after the other
 *   double_put_racing put by two at the same time who have one reference between them
 *   stale_put_racing  the same, while a third gets a buffer
 *   stale_put         put once more after somebody got the buffer again
 *   stale_put_of_16   the same after 16 gets: as many as `tagged` has generations
 *   use_after_put     data used by a reference that was put, while the buffer rests. Caught by who asks before
 *                     (encbuf_refs_held): the op does not, because the original has nothing to ask
 *   use_after_get     the same after somebody got the buffer again
 *   lost_reference    retained once more than put
 *
 * "At the same time" is no chance: the two are contexts that one thread switches between, before every access to the
 * buffer's words (refs_close.h), and every order of those accesses is one plant, one after the other in depth-first
 * order and from the beginning again until there are 1000, or once each where there are more; misuse_KIND_orders_count
 * says how many. These are orders in which all see the accesses alike, which is no worse than what a processor does:
 * the protocols' accesses to one word are in one order everywhere. A get is one access. `plain` has no racing kinds:
 * it is for one thread.
 */
#ifdef WORKLOAD_TABLE

#if defined(ENCBUF_POOL_THREAD) && !defined(ENCBUF_ASSIGNS_MMAP_RES)
{
    .name = "misuse:plants=1000",
    .short_name = "misuse",
    .op = "wrong calls planted and what the release protocol makes of them",
    WORKLOAD_COUNTED_ONLY,
    .run = workload_idle_run,
    .metrics = workload_misuse_metrics,
},
#endif

#elif defined(ENCBUF_POOL_THREAD) && !defined(ENCBUF_ASSIGNS_MMAP_RES)

#include "encbuf.h"
#include "workload.h"

#include <ucontext.h>

#define WORKLOAD_MISUSE_PLANTS      1000
#define WORKLOAD_MISUSE_BYTES       2048
#define WORKLOAD_MISUSE_ACTORS      3
#define WORKLOAD_MISUSE_CHOICES_MAX 64
#define WORKLOAD_MISUSE_STACK_BYTES (64 * 1024)

enum workload_misuse_outcome { WORKLOAD_MISUSE_CAUGHT, WORKLOAD_MISUSE_SILENT, WORKLOAD_MISUSE_HARMFUL };

struct workload_misuse_words {
    uint32_t refs, released;
};

static struct workload_misuse_words workload_misuse_words_of(const struct encbuf *buffer)
{
#ifdef ENCBUF_REFS_ONE_WORD /* nobody writes the other */
    return (struct workload_misuse_words){buffer->refs, 0};
#else
    return (struct workload_misuse_words){buffer->refs, buffer->released};
#endif
}

/* Of the words as they are and as they were or should be, where nobody is hurt. */
static enum workload_misuse_outcome workload_misuse_unless_changed(const struct encbuf *buffer,
                                                                   struct workload_misuse_words as)
{
    const struct workload_misuse_words is = workload_misuse_words_of(buffer);

    return is.refs == as.refs && is.released == as.released ? WORKLOAD_MISUSE_CAUGHT : WORKLOAD_MISUSE_SILENT;
}

/* Whoever has the buffer, and whatever its words say: it is in the pool afterwards, where teardown frees it. */
static void workload_misuse_give_up(struct encbuf *buffer)
{
    encbuf_refs_open(buffer);
    encbuf_put(buffer);
}

static enum workload_misuse_outcome workload_misuse_double_put(void)
{
    encbuf_ref ref = encbuf_ref_get(NULL, WORKLOAD_MISUSE_BYTES);
    struct workload_misuse_words put;

    encbuf_ref_put(ref);
    put = workload_misuse_words_of(encbuf_of(ref));
    encbuf_ref_put(ref);
    return encbuf_pool_count() != 1 ? WORKLOAD_MISUSE_HARMFUL : workload_misuse_unless_changed(encbuf_of(ref), put);
}

/* A reference that was put, and of which the buffer is held by another one, `gets` gets later. */
static encbuf_ref workload_misuse_stale(unsigned gets)
{
    encbuf_ref stale = encbuf_ref_get(NULL, WORKLOAD_MISUSE_BYTES), present = stale;

    for (unsigned get = 0; get < gets; get++) {
        encbuf_ref_put(present);
        present = encbuf_ref_get(NULL, WORKLOAD_MISUSE_BYTES);
    }
    return stale;
}

static enum workload_misuse_outcome workload_misuse_stale_put_after(unsigned gets)
{
    encbuf_ref stale = workload_misuse_stale(gets);
    const struct workload_misuse_words held = workload_misuse_words_of(encbuf_of(stale));
    enum workload_misuse_outcome outcome;

    encbuf_ref_put(stale);
    outcome = encbuf_pool_count() != 0 || encbuf_refs_count(encbuf_of(stale)) != 1
                  ? WORKLOAD_MISUSE_HARMFUL
                  : workload_misuse_unless_changed(encbuf_of(stale), held);
    workload_misuse_give_up(encbuf_of(stale));
    return outcome;
}

static enum workload_misuse_outcome workload_misuse_stale_put(void)
{
    return workload_misuse_stale_put_after(1);
}

static enum workload_misuse_outcome workload_misuse_stale_put_of_16(void)
{
    return workload_misuse_stale_put_after(16);
}

static enum workload_misuse_outcome workload_misuse_use_after_put(void)
{
    encbuf_ref ref = encbuf_ref_get(NULL, WORKLOAD_MISUSE_BYTES);

    encbuf_ref_put(ref);
    return encbuf_refs_held(ref) ? WORKLOAD_MISUSE_SILENT : WORKLOAD_MISUSE_CAUGHT;
}

static enum workload_misuse_outcome workload_misuse_use_after_get(void)
{
    encbuf_ref stale = workload_misuse_stale(1);
    const bool held = encbuf_refs_held(stale);

    workload_misuse_give_up(encbuf_of(stale));
    return held ? WORKLOAD_MISUSE_HARMFUL : WORKLOAD_MISUSE_CAUGHT;
}

static enum workload_misuse_outcome workload_misuse_lost_reference(void)
{
    encbuf_ref ref = encbuf_ref_get(NULL, WORKLOAD_MISUSE_BYTES);
    size_t rest;

    encbuf_ref_retain(ref);
    encbuf_ref_put(ref);
    rest = encbuf_pool_count();
    workload_misuse_give_up(encbuf_of(ref));
    return rest == 0 ? WORKLOAD_MISUSE_HARMFUL : WORKLOAD_MISUSE_CAUGHT;
}

#ifndef ENCBUF_REFS_PLAIN

/* Contexts that run by turns, and the order of their turns. */
static struct workload_misuse_schedule {
    ucontext_t scheduler;
    struct {
        ucontext_t context;
        void (*act)(void);
        bool done;
        unsigned char stack[WORKLOAD_MISUSE_STACK_BYTES] __attribute__((aligned(16)));
    } actors[WORKLOAD_MISUSE_ACTORS];
    unsigned actor_count, actor; /* whose turn it is */
    /* Where several can go on: which of them does, and of how many. */
    unsigned char choices[WORKLOAD_MISUSE_CHOICES_MAX], options[WORKLOAD_MISUSE_CHOICES_MAX];
    unsigned choice_count;
    encbuf_ref ref, got; /* what the actors act on */
} workload_misuse_schedule;

static void workload_misuse_step(void)
{
    struct workload_misuse_schedule *self = &workload_misuse_schedule;

    swapcontext(&self->actors[self->actor].context, &self->scheduler);
}

#define ENCBUF_NAMED(name) workload_misuse_##name
#define ENCBUF_STEP()      workload_misuse_step()
#include "refs_close.h"
#undef ENCBUF_NAMED
#undef ENCBUF_STEP

/* encbuf_ref_put, step by step. */
static void workload_misuse_act_put(void)
{
    encbuf_ref ref = workload_misuse_schedule.ref;

    if (!workload_misuse_close(ref))
        return;
    workload_misuse_step();
    encbuf_pool_give(encbuf_of(ref));
}

static void workload_misuse_act_get(void)
{
    workload_misuse_step();
    workload_misuse_schedule.got = encbuf_ref_get(NULL, WORKLOAD_MISUSE_BYTES);
}

static void workload_misuse_actor(void)
{
    struct workload_misuse_schedule *self = &workload_misuse_schedule;
    const unsigned actor = self->actor;

    self->actors[actor].act();
    self->actors[actor].done = true;
}

static void workload_misuse_turn(struct workload_misuse_schedule *self, unsigned actor)
{
    self->actor = actor;
    swapcontext(&self->scheduler, &self->actors[actor].context);
}

static void workload_misuse_add_actor(struct workload_misuse_schedule *self, void (*act)(void))
{
    const unsigned actor = self->actor_count++;

    getcontext(&self->actors[actor].context);
    self->actors[actor].context.uc_stack.ss_sp = self->actors[actor].stack;
    self->actors[actor].context.uc_stack.ss_size = WORKLOAD_MISUSE_STACK_BYTES;
    self->actors[actor].context.uc_link = &self->scheduler;
    self->actors[actor].act = act;
    self->actors[actor].done = false;
    makecontext(&self->actors[actor].context, workload_misuse_actor, 0);
    workload_misuse_turn(self, actor); /* to its first access */
}

/* All turns, by the choices that are made already and the first of those that can go on after them. */
static void workload_misuse_play(struct workload_misuse_schedule *self)
{
    unsigned made = 0;

    for (;;) {
        unsigned able[WORKLOAD_MISUSE_ACTORS], able_count = 0, choice = 0;

        for (unsigned actor = 0; actor < self->actor_count; actor++)
            if (!self->actors[actor].done)
                able[able_count++] = actor;
        if (able_count == 0)
            break;
        if (able_count > 1) {
            if (made == WORKLOAD_MISUSE_CHOICES_MAX)
                abort();
            if (made == self->choice_count)
                self->choices[self->choice_count++] = 0;
            self->options[made] = (unsigned char)able_count;
            choice = self->choices[made++];
        }
        workload_misuse_turn(self, able[choice]);
    }
}

/* The next order; false after the last one, and then the first comes next. */
static bool workload_misuse_next_order(struct workload_misuse_schedule *self)
{
    while (self->choice_count > 0) {
        const unsigned last = self->choice_count - 1;

        if (++self->choices[last] < self->options[last])
            return true;
        self->choice_count--;
    }
    return false;
}

static enum workload_misuse_outcome workload_misuse_racing(bool with_get)
{
    struct workload_misuse_schedule *self = &workload_misuse_schedule;
    enum workload_misuse_outcome outcome;
    struct workload_misuse_words put;
    struct encbuf *buffer;

    self->ref = encbuf_ref_get(NULL, WORKLOAD_MISUSE_BYTES);
    buffer = encbuf_of(self->ref);
    encbuf_ref_put(self->ref); /* as it should be */
    put = workload_misuse_words_of(buffer);
    self->ref = encbuf_ref_get(NULL, WORKLOAD_MISUSE_BYTES);
#ifdef ENCBUF_REFS_TAGGED
    put.refs += 1;
    put.refs -= (put.refs & ENCBUF_REFS_GENERATION) == 0 ? ENCBUF_REFS_GENERATION + 1 : 0;
#endif
    self->actor_count = 0;
    workload_misuse_add_actor(self, workload_misuse_act_put);
    workload_misuse_add_actor(self, workload_misuse_act_put);
    if (with_get)
        workload_misuse_add_actor(self, workload_misuse_act_get);
    workload_misuse_play(self);
    if (with_get && encbuf_of(self->got) == buffer)
        outcome = encbuf_pool_count() != 0 || encbuf_refs_count(buffer) != 1 || encbuf_refs_released(buffer)
                      ? WORKLOAD_MISUSE_HARMFUL
                      : WORKLOAD_MISUSE_CAUGHT;
    else
        outcome = encbuf_pool_count() != 1 ? WORKLOAD_MISUSE_HARMFUL : workload_misuse_unless_changed(buffer, put);
    workload_misuse_give_up(buffer);
    if (with_get && encbuf_of(self->got) != buffer)
        workload_misuse_give_up(encbuf_of(self->got));
    return outcome;
}

static enum workload_misuse_outcome workload_misuse_double_put_racing(void)
{
    return workload_misuse_racing(false);
}

static enum workload_misuse_outcome workload_misuse_stale_put_racing(void)
{
    return workload_misuse_racing(true);
}

#endif

struct workload_misuse_counts {
    double of[WORKLOAD_MISUSE_HARMFUL + 1];
};

static void workload_misuse_plant(struct workload_misuse_counts *counts, enum workload_misuse_outcome (*plant)(void))
{
    encbuf_pool_setup();
    counts->of[plant()]++;
    encbuf_pool_teardown();
}

#define WORKLOAD_MISUSE_REPORT(kind, counts)                                                                           \
    do {                                                                                                               \
        metrics[filled++] = (struct encbench_metric){"misuse_" kind "_caught_count", (counts).of[0]};                  \
        metrics[filled++] = (struct encbench_metric){"misuse_" kind "_silent_count", (counts).of[1]};                  \
        metrics[filled++] = (struct encbench_metric){"misuse_" kind "_harmful_count", (counts).of[2]};                 \
    } while (0)

#define WORKLOAD_MISUSE_COUNT(kind)                                                                                    \
    do {                                                                                                               \
        struct workload_misuse_counts counts_ = {{0}};                                                                 \
        for (unsigned plant_ = 0; plant_ < WORKLOAD_MISUSE_PLANTS; plant_++)                                           \
            workload_misuse_plant(&counts_, workload_misuse_##kind);                                                   \
        WORKLOAD_MISUSE_REPORT(#kind, counts_);                                                                        \
    } while (0)

#define WORKLOAD_MISUSE_COUNT_ORDERS(kind)                                                                             \
    do {                                                                                                               \
        struct workload_misuse_counts counts_ = {{0}};                                                                 \
        unsigned plants_ = 0, orders_ = 0;                                                                             \
        workload_misuse_schedule.choice_count = 0;                                                                     \
        while (orders_ == 0 || plants_ < WORKLOAD_MISUSE_PLANTS) {                                                     \
            workload_misuse_plant(&counts_, workload_misuse_##kind);                                                   \
            plants_++;                                                                                                 \
            if (!workload_misuse_next_order(&workload_misuse_schedule) && orders_ == 0)                                \
                orders_ = plants_;                                                                                     \
        }                                                                                                              \
        WORKLOAD_MISUSE_REPORT(#kind, counts_);                                                                        \
        metrics[filled++] = (struct encbench_metric){"misuse_" #kind "_orders_count", orders_};                        \
    } while (0)

static size_t workload_misuse_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
    size_t filled = 0;

    (void)host;
    (void)seed;
    WORKLOAD_MISUSE_COUNT(double_put);
#ifndef ENCBUF_REFS_PLAIN
    WORKLOAD_MISUSE_COUNT_ORDERS(double_put_racing);
    WORKLOAD_MISUSE_COUNT_ORDERS(stale_put_racing);
#endif
    WORKLOAD_MISUSE_COUNT(stale_put);
    WORKLOAD_MISUSE_COUNT(stale_put_of_16);
    WORKLOAD_MISUSE_COUNT(use_after_put);
    WORKLOAD_MISUSE_COUNT(use_after_get);
    WORKLOAD_MISUSE_COUNT(lost_reference);
    return filled;
}

#endif
