#include "base/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct pool {
    pthread_mutex_t lock;
    size_t count, next, failed; /* failed: lowest index with an error; `count` without any */
    parallel_item_function *item;
    void *context;
    struct progress *progress;
    struct error *error;
};

struct member {
    struct pool *pool;
    unsigned number;
    pthread_t thread;
};

static bool take(struct pool *pool, size_t *index)
{
    pthread_mutex_lock(&pool->lock);
    *index = pool->next;
    const bool any = pool->failed == pool->count && pool->next < pool->count;
    pool->next += any;
    pthread_mutex_unlock(&pool->lock);
    return any;
}

static void put(struct pool *pool, size_t index, const struct error *error)
{
    pthread_mutex_lock(&pool->lock);
    if (error->code != 0 && index < pool->failed) {
        pool->failed = index;
        *pool->error = *error;
    }
    if (pool->progress)
        progress_step(pool->progress);
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *argument)
{
    const struct member *member = argument;
    size_t index;
    while (take(member->pool, &index)) {
        struct error error = {0};
        member->pool->item(member->pool->context, index, member->number, &error);
        put(member->pool, index, &error);
    }
    return NULL;
}

/* With all signals blocked, so that they find the thread that waits. One that cannot be had is missed by nobody: the
 * others do its part. */
static unsigned start(struct member *members, unsigned threads)
{
    sigset_t all, old;
    unsigned started = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    while (started < threads && pthread_create(&members[started].thread, NULL, work, &members[started]) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}

int parallel_run(size_t count, unsigned threads, parallel_item_function *item, void *context, struct progress *progress,
                 struct error *error)
{
    struct pool pool = {PTHREAD_MUTEX_INITIALIZER, count, 0, count, item, context, progress, error};
    const unsigned others = threads > count ? (unsigned)count : threads;
    struct member *members = calloc(others + 1, sizeof *members);
    if (members == NULL)
        return error_out_of_memory(error);
    for (unsigned i = 0; i <= others; i++)
        members[i] = (struct member){.pool = &pool, .number = i};
    const unsigned started = others > 1 ? start(members + 1, others - 1) : 0;
    work(&members[0]);
    for (unsigned i = 1; i <= started; i++)
        pthread_join(members[i].thread, NULL);
    free(members);
    return error->code;
}
