/*
 * Slots of threads that are taken up again: a pool defines struct encbuf_thread, a cache a thread, and how one is left
 * (encbuf_thread_leave: what it holds goes where others find it), before it includes this.
 *
 * A slot is a thread's until the thread ends. One that comes while all ENCBUF_THREADS_MAX are taken is served without a
 * cache. No thread may end beside set-up and teardown.
 */
#ifndef ENCBUF_THREADS_H
#define ENCBUF_THREADS_H

#include "pool_common.h"

#include <pthread.h>
#include <stdbool.h>

#define ENCBUF_THREADS_MAX 256

static struct encbuf_thread encbuf_threads[ENCBUF_THREADS_MAX];
static unsigned encbuf_thread_count; /* slots that were ever taken; under the lock, as all below */
static struct {
    pthread_mutex_t lock;
    pthread_key_t key; /* its destructor sees a thread end */
    bool has_key;
    unsigned left_count;
    struct encbuf_thread *left[ENCBUF_THREADS_MAX];
} encbuf_slots = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* One pointer, initial-exec: any other model is a call in the timed loop, and a larger block exhausts static TLS. */
static __thread struct encbuf_thread *encbuf_self __attribute__((tls_model("initial-exec")));

static void encbuf_thread_enter(struct encbuf_thread *thread); /* of a slot that nobody had before */
static void encbuf_thread_leave(struct encbuf_thread *thread);

static void encbuf_thread_ends(void *thread)
{
    encbuf_self = NULL;
    encbuf_thread_leave(thread);
    pthread_mutex_lock(&encbuf_slots.lock);
    encbuf_slots.left[encbuf_slots.left_count++] = thread;
    pthread_mutex_unlock(&encbuf_slots.lock);
}

/* A module that is unloaded takes its destructor's code with it. */
__attribute__((destructor)) static void encbuf_slots_close(void)
{
    if (encbuf_slots.has_key)
        pthread_key_delete(encbuf_slots.key);
}

/* This thread's slot; NULL when there are more threads than slots. */
ENCBUF_SLOW static struct encbuf_thread *encbuf_attach_slow(void)
{
    struct encbuf_thread *thread = NULL;

    if (encbuf_self != NULL)
        return encbuf_self;
    pthread_mutex_lock(&encbuf_slots.lock);
    if (!encbuf_slots.has_key)
        encbuf_slots.has_key = pthread_key_create(&encbuf_slots.key, encbuf_thread_ends) == 0;
    if (encbuf_slots.has_key && encbuf_slots.left_count > 0) {
        thread = encbuf_slots.left[--encbuf_slots.left_count];
    } else if (encbuf_slots.has_key && encbuf_thread_count < ENCBUF_THREADS_MAX) {
        thread = &encbuf_threads[encbuf_thread_count++];
        encbuf_thread_enter(thread);
    }
    if (thread != NULL && pthread_setspecific(encbuf_slots.key, thread) != 0) {
        encbuf_slots.left[encbuf_slots.left_count++] = thread;
        thread = NULL;
    }
    pthread_mutex_unlock(&encbuf_slots.lock);
    encbuf_self = thread;
    return thread;
}

#endif
