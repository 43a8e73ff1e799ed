/* What is recorded: calls from five threads and a child, doubles and floats that must come through, one size too large.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

double work_on(const void *data, double by, uint64_t bytes, float plus, long a, long b, long c, long on_the_stack);

#ifdef LIBRARY

double work_on(const void *data, double by, uint64_t bytes, float plus, long a, long b, long c, long on_the_stack)
{
    return by * (double)bytes + (double)plus + (double)(a + b + c + on_the_stack) + (data == NULL);
}

#else

static void *work(void *unused)
{
    for (uint64_t i = 0; i < 10000; i++)
        if (work_on(NULL, 2.0, i, 0.5f, 1, 2, 3, 4) != 2.0 * (double)i + 11.5)
            _exit(9);
    return unused;
}

int main(int count, char **words)
{
    pthread_t threads[4];
    (void)words;
    if (count > 1) /* nothing */
        return 0;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    work(NULL);
    if (fork() == 0) {
        work(NULL);
        return 0;
    }
    wait(NULL);
    work_on(NULL, 1, (uint64_t)1 << 25, 0, 0, 0, 0, 0);
    void *volatile block = calloc(12345, 3);
    free(block);
    return 3;
}

#endif
