/*
 * Work on several CPUs: each item once, the first error by index, and signals where they belong.
 */
#include "base/parallel.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ITEMS = 200, THREADS = 4 };

struct seen {
    pthread_mutex_t lock;
    unsigned times[ITEMS], running[THREADS], most_running;
    size_t fails_from, last_begun;
    pthread_barrier_t both;
    bool meets;
};

static int see(void *context, size_t index, unsigned thread, struct error *error)
{
    struct seen *seen = context;
    pthread_mutex_lock(&seen->lock);
    seen->times[index]++;
    seen->running[thread]++;
    if (seen->running[thread] > seen->most_running)
        seen->most_running = seen->running[thread];
    seen->last_begun = index > seen->last_begun ? index : seen->last_begun;
    pthread_mutex_unlock(&seen->lock);
    if (seen->meets && index < 2) /* it would wait for ever if one came after the other */
        pthread_barrier_wait(&seen->both);
    if (index == seen->fails_from)
        usleep(20000); /* the later one has its error before */
    if (index >= seen->fails_from)
        error_set(error, EXIT_USAGE, "item %zu", index);
    pthread_mutex_lock(&seen->lock);
    seen->running[thread]--;
    pthread_mutex_unlock(&seen->lock);
    return error->code;
}

static void every_item_is_done_once(void **state)
{
    (void)state;
    for (unsigned threads = 0; threads <= THREADS; threads++) {
        struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .fails_from = ITEMS};
        struct progress progress;
        struct error error = {0};
        progress_start(&progress, "items", ITEMS, true);
        assert_int_equal(parallel_run(ITEMS, threads, see, &seen, &progress, &error), 0);
        for (size_t i = 0; i < ITEMS; i++)
            assert_int_equal(seen.times[i], 1);
        assert_int_equal(seen.most_running, 1);
        assert_int_equal(progress.done, ITEMS);
    }
    struct error error = {0};
    assert_int_equal(parallel_run(0, THREADS, see, NULL, NULL, &error), 0);
}

static void items_go_side_by_side(void **state)
{
    (void)state;
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .fails_from = ITEMS, .meets = true};
    struct error error = {0};
    pthread_barrier_init(&seen.both, NULL, 2);
    alarm(20);
    assert_int_equal(parallel_run(2, 2, see, &seen, NULL, &error), 0);
    alarm(0);
    pthread_barrier_destroy(&seen.both);
}

static void the_first_error_by_index_is_the_error(void **state)
{
    (void)state;
    struct seen seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .fails_from = 5};
    struct error error = {0};
    assert_int_equal(parallel_run(ITEMS, 2, see, &seen, NULL, &error), EXIT_USAGE);
    assert_string_equal(error.message, "item 5");
    assert_true(seen.last_begun < ITEMS - 1);
}

static volatile sig_atomic_t signalled;
static pthread_t caller;
static volatile bool was_caller;

static void on_signal(int number)
{
    signalled = number;
    was_caller = pthread_equal(pthread_self(), caller) != 0;
}

static int send(void *context, size_t index, unsigned thread, struct error *error)
{
    (void)context, (void)error;
    if (thread > 0 || index == 1)
        kill(getpid(), SIGUSR1);
    usleep(20000);
    return 0;
}

static void signals_find_the_caller(void **state)
{
    (void)state;
    struct error error = {0};
    caller = pthread_self();
    signal(SIGUSR1, on_signal);
    assert_int_equal(parallel_run(4, 2, send, NULL, NULL, &error), 0);
    assert_int_equal(signalled, SIGUSR1);
    assert_true(was_caller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_done_once),
        cmocka_unit_test(items_go_side_by_side),
        cmocka_unit_test(the_first_error_by_index_is_the_error),
        cmocka_unit_test(signals_find_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
