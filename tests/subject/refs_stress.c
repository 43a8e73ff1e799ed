/*
 * The release protocol alone (refs.h), on buffers that many threads share, for every level that is for threads; built
 * with ThreadSanitizer, too, which sees what the orders leave open.
 *
 * Each thread opens a buffer, retains it some times and leaves those references with other threads, in slots of one
 * reference; takes what lies in its own; writes into a place of its own in the buffer, and puts. Whoever puts last
 * reads all places and clears them without any lock, and only then gives the buffer back: it must be the only one, of
 * every opening there must be exactly one, and no write may be missing.
 */
#include "refs.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS    100
#define ITERATIONS 1000
#define EXTRA_MAX  3

struct shared {
    struct encbuf buffer; /* first: a buffer's address is its shared's */
    struct shared *next;
    unsigned given, opened; /* by who has it alone */
    unsigned wrote[THREADS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t start;
static struct shared *idle;
static encbuf_ref _Atomic slots[THREADS];
static atomic_uint openings, gifts, faults;

static void fault(const char *words)
{
    if (atomic_fetch_add(&faults, 1) < 5)
        printf("%s\n", words);
}

static struct shared *take(void)
{
    struct shared *self;

    pthread_mutex_lock(&lock);
    self = idle;
    if (self != NULL)
        idle = self->next;
    pthread_mutex_unlock(&lock);
    if (self == NULL)
        self = calloc(1, sizeof *self);
    if (self == NULL)
        abort();
    return self;
}

static encbuf_ref open_one(struct shared *self)
{
    if (self->opened != self->given)
        fault("opened while it was not given back");
    self->opened++;
    atomic_fetch_add_explicit(&openings, 1, memory_order_relaxed);
    encbuf_refs_open(&self->buffer);
    return encbuf_ref_of(&self->buffer);
}

static void give(struct shared *self)
{
    unsigned wrote = 0;

    for (unsigned thread = 0; thread < THREADS; thread++) {
        wrote += self->wrote[thread];
        self->wrote[thread] = 0;
    }
    if (wrote == 0)
        fault("given back without what was written");
    if (++self->given != self->opened)
        fault("given back twice");
    atomic_fetch_add_explicit(&gifts, 1, memory_order_relaxed);
    pthread_mutex_lock(&lock);
    self->next = idle;
    idle = self;
    pthread_mutex_unlock(&lock);
}

static void use_and_put(encbuf_ref ref, unsigned thread)
{
    struct shared *self = (struct shared *)(void *)encbuf_of(ref);

    self->wrote[thread]++;
    if (encbuf_refs_close(ref))
        give(self);
}

static void *run(void *argument)
{
    const unsigned thread = (unsigned)(uintptr_t)argument;
    uint32_t random = thread + 1;

    pthread_barrier_wait(&start);
    for (unsigned i = 0; i < ITERATIONS; i++) {
        encbuf_ref ref = open_one(take()), found;

        for (unsigned extra = 0; extra < i % (EXTRA_MAX + 1); extra++) {
            random = random * 1664525u + 1013904223u;
            encbuf_refs_retain(ref);
            found = atomic_exchange_explicit(&slots[(random >> 16) % THREADS], ref, memory_order_acq_rel);
            if (found != NULL)
                use_and_put(found, thread);
        }
        if (i % 16 == 0)
            sched_yield();
        found = atomic_exchange_explicit(&slots[thread], NULL, memory_order_acq_rel);
        if (found != NULL)
            use_and_put(found, thread);
        use_and_put(ref, thread);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned thread = 0; thread < THREADS; thread++)
        if (pthread_create(&threads[thread], NULL, run, (void *)(uintptr_t)thread) != 0)
            abort();
    for (unsigned thread = 0; thread < THREADS; thread++)
        pthread_join(threads[thread], NULL);
    for (unsigned thread = 0; thread < THREADS; thread++)
        if (slots[thread] != NULL)
            use_and_put(slots[thread], thread);
    if (openings != THREADS * ITERATIONS || gifts != openings)
        fault("not every opening was given back");
    printf("%u openings, %u given back, %u faults\n", openings, gifts, faults);
    while (idle != NULL) {
        struct shared *self = idle;

        idle = self->next;
        free(self);
    }
    return faults != 0;
}
