/*
 * A module whose memory is known: each op asks for 3 blocks of 100 bytes and gives 2 back; the third lives until
 * teardown. ALLOCATIONS_VARIANT is its name. With ALLOCATIONS_FUNCTIONS the blocks come from malloc, calloc and
 * realloc; else all from malloc. With ALLOCATIONS_THREAD another thread, which lives from set-up to teardown, gives
 * them back; with ALLOCATIONS_SICK set-up leaves a handler of a signal. Compiled without builtins, or the compiler
 * would take the blocks away.
 */
#include "../test_module.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCKS = 3, BLOCK_BYTES = 100 };

struct kept {
    struct kept *next;
};

struct state {
    struct kept *kept;
    void *given[BLOCKS];
    pthread_t thread;
    sem_t go, done;
};

static uint64_t digest(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    return seed + 1;
}

static void give_back(struct state *self)
{
    free(self->given[1]);
    free(self->given[2]);
}

#ifdef ALLOCATIONS_THREAD
/* Until it is asked with nothing to give back. */
static void *give_back_here(void *argument)
{
    struct state *self = argument;
    for (;;) {
        while (sem_wait(&self->go) != 0)
            continue;
        if (self->given[1] == NULL)
            return NULL;
        give_back(self);
        sem_post(&self->done);
    }
}
#endif

static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    struct state *self = calloc(1, sizeof *self);
    (void)host;
    (void)seed;
    if (self == NULL) {
        snprintf(message, message_bytes, "out of memory");
        return 1;
    }
    *state = self;
#ifdef ALLOCATIONS_SICK
    signal(SIGUSR2, SIG_IGN);
#endif
#ifdef ALLOCATIONS_THREAD
    sem_init(&self->go, 0, 0);
    sem_init(&self->done, 0, 0);
    if (pthread_create(&self->thread, NULL, give_back_here, self) != 0) {
        snprintf(message, message_bytes, "no thread");
        return 1;
    }
#endif
    return 0;
}

static void op(struct state *self)
{
#ifdef ALLOCATIONS_FUNCTIONS
    self->given[0] = malloc(BLOCK_BYTES);
    self->given[1] = calloc(4, BLOCK_BYTES / 4);
    self->given[2] = realloc(NULL, BLOCK_BYTES);
#else
    for (int i = 0; i < BLOCKS; i++)
        self->given[i] = malloc(BLOCK_BYTES);
#endif
    struct kept *kept = self->given[0];
    kept->next = self->kept;
    self->kept = kept;
#ifdef ALLOCATIONS_THREAD
    sem_post(&self->go);
    while (sem_wait(&self->done) != 0)
        continue;
#else
    give_back(self);
#endif
}

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    (void)thread;
    for (uint64_t i = 0; i < n; i++)
        op(state);
    return n * BLOCKS * BLOCK_BYTES;
}

static void teardown(void *state)
{
    struct state *self = state;
#ifdef ALLOCATIONS_THREAD
    self->given[1] = NULL;
    sem_post(&self->go);
    pthread_join(self->thread, NULL);
#endif
    while (self->kept != NULL) {
        struct kept *next = self->kept->next;
        free(self->kept);
        self->kept = next;
    }
    free(self);
}

static const struct encbench_workload workloads[] = {{
    .name = "blocks:count=3:size=100",
    .short_name = "blocks",
    .op = "3 blocks of 100 bytes allocated and 2 of them released",
    .bytes_per_op = BLOCKS * BLOCK_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 2,
    .threads_max = 1,
#ifdef ALLOCATIONS_THREAD
    .flags = ENCBENCH_EXACT, /* handing over is a switch for each op: every block would be dropped */
#else
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT,
#endif
    .digest = digest,
    .setup = setup,
    .run = run,
    .teardown = teardown,
}};

TEST_MODULE(ALLOCATIONS_VARIANT);
