/*
 * Threads that act one after the other, in the order of their numbers, so that what they do to a pool is the same every
 * time. Where the process may use several CPUs the threads are pinned to the first two of them in turn.
 *
 *   workload_turns(threads, turns, act, context)  calls act(context, thread, turn) for each turn, and in it on each of
 *                                                 the threads; false when threads could not be made. All have ended
 *                                                 when it returns.
 */
#ifndef ENCBENCH_TURNS_H
#define ENCBENCH_TURNS_H

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>

#define WORKLOAD_TURNS_THREADS_MAX 64

struct workload_turns;

struct workload_turn_taker {
    struct workload_turns *all;
    unsigned thread;
    sem_t begin;
    pthread_t id;
};

struct workload_turns {
    void (*act)(void *context, unsigned thread, unsigned turn);
    void *context;
    unsigned turns;
    sem_t done;
    struct workload_turn_taker takers[WORKLOAD_TURNS_THREADS_MAX];
};

static inline void workload_turns_wait(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) { /* a signal */
    }
}

static inline void workload_turns_pin(unsigned thread)
{
    cpu_set_t allowed, one;
    unsigned place = 0;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || place++ != thread % 2)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

static inline void *workload_turns_thread(void *argument)
{
    struct workload_turn_taker *self = argument;

    workload_turns_pin(self->thread);
    for (unsigned turn = 0; turn < self->all->turns; turn++) {
        workload_turns_wait(&self->begin);
        self->all->act(self->all->context, self->thread, turn);
        sem_post(&self->all->done);
    }
    return NULL;
}

static inline bool workload_turns(unsigned threads, unsigned turns,
                                  void (*act)(void *context, unsigned thread, unsigned turn), void *context)
{
    static struct workload_turns all;
    unsigned made = 0;
    bool whole;

    all = (struct workload_turns){.act = act, .context = context, .turns = turns};
    sem_init(&all.done, 0, 0);
    for (; made < threads; made++) {
        struct workload_turn_taker *taker = &all.takers[made];

        taker->all = &all;
        taker->thread = made;
        sem_init(&taker->begin, 0, 0);
        if (pthread_create(&taker->id, NULL, workload_turns_thread, taker) != 0)
            break;
    }
    whole = made == threads;
    all.act = whole ? act : NULL;
    for (unsigned turn = 0; whole && turn < turns; turn++) {
        for (unsigned thread = 0; thread < threads; thread++) {
            sem_post(&all.takers[thread].begin);
            workload_turns_wait(&all.done);
        }
    }
    for (unsigned thread = 0; thread < made; thread++) {
        if (!whole)
            pthread_cancel(all.takers[thread].id); /* it waits for its first turn */
        pthread_join(all.takers[thread].id, NULL);
        sem_destroy(&all.takers[thread].begin);
    }
    sem_destroy(&all.done);
    return whole;
}

#endif
