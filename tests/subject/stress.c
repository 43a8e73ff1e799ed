/*
 * Stress of one variant's pool: 100 threads that hand buffers on, are born and end, and put twice; every byte of every
 * buffer is checked before it is put. Built once for each pool, plain and with -fsanitize=thread.
 * A second put of a buffer that rests in the pool must do nothing. It is made where the buffer cannot have been got
 * again: by a thread that is alone.
 */
#include "module.c"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_THREAD__
#define ROUNDS 3
#else
#define ROUNDS 60
#endif

#define THREADS     100
#define GENERATIONS 3
#define BOXES       64
#define HELD        12

static struct encbuf *_Atomic boxes[BOXES];
static _Atomic unsigned long torn, handed;

static const size_t sizes[] = {100, 2048, 9000, 40000};

/* Length, who wrote it, and every byte from it. */
static void fill(struct encbuf *buffer, unsigned char mark)
{
    memset(buffer->data, mark, buffer->length);
}

static void check_and_put(struct encbuf *buffer)
{
    const unsigned char mark = buffer->data[0];

    for (size_t i = 0; i < buffer->length; i++)
        if (buffer->data[i] != mark) {
            torn++;
            break;
        }
    encbuf_put(buffer);
}

static void *use(void *number)
{
    const unsigned thread = (unsigned)(uintptr_t)number;
    struct encbuf *held[HELD];
    unsigned random = thread * 2654435761u + 1;

    for (unsigned round = 0; round < ROUNDS; round++) {
        random = random * 1664525u + 1013904223u;
        const size_t count = 1 + (random >> 24) % HELD, size = sizes[(random >> 16) % 4];

        for (size_t i = 0; i < count; i++) {
            held[i] = encbuf_get(NULL, size - i);
            fill(held[i], (unsigned char)(thread + i));
        }
        for (size_t i = 0; i < count; i++) {
            struct encbuf *buffer = held[i];

            if ((random >> (8 + i)) & 1) { /* to whoever comes to this box next */
                buffer = atomic_exchange(&boxes[(thread + round + i) % BOXES], buffer);
                handed++;
            }
            if (buffer != NULL)
                check_and_put(buffer);
        }
    }
    return NULL;
}

static void *put_twice(void *unused)
{
    struct encbuf *buffer = encbuf_get(NULL, 100), *first, *second;

    (void)unused;
    encbuf_put(buffer);
    encbuf_put(buffer);
    first = encbuf_get(NULL, 100);
    second = encbuf_get(NULL, 100);
    if (first == second) {
        fprintf(stderr, "a buffer that was put twice was handed out twice\n");
        exit(1);
    }
    encbuf_put(first);
    encbuf_put(second);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];

    encbuf_pool_setup();
    for (unsigned generation = 0; generation < GENERATIONS; generation++) {
        for (uintptr_t i = 0; i < THREADS; i++)
            if (pthread_create(&threads[i], NULL, use, (void *)(i + generation)) != 0)
                return fprintf(stderr, "no %d threads can be had\n", THREADS), 1;
        for (size_t i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        for (size_t i = 0; i < 20; i++) {
            pthread_create(&threads[0], NULL, put_twice, NULL);
            pthread_join(threads[0], NULL);
        }
    }
    for (size_t i = 0; i < BOXES; i++)
        if (boxes[i] != NULL)
            check_and_put(boxes[i]);
    encbuf_pool_teardown();
    printf("%lu buffers handed on, %lu torn\n", handed, torn);
    return torn != 0 || handed == 0;
}
