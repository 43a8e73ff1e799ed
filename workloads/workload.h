/*
 * What every workload uses: a hash for digests, and the plant.
 *
 * A module compiled with ENCBENCH_PLANTED is a control: each op waits for a chain of dependent additions. The chain
 * begins behind a fence, when all earlier instructions are done, because data dependencies alone do not keep it on
 * the critical path: a Zen 5 runs past locked operations, and of 64 additions between get and put it hid all but 6
 * cycles. Behind the fence 128 there cost 147 cycles, 256 in to_string 230-280, and 256 in a trace's call 262-273.
 * WORKLOAD_PLANT_TIMES repeats the chain, for an op so long that one is not seen in it.
 * In a real variant nothing of it is left, not one instruction (the disassembly test looks).
 */
#ifndef ENCBENCH_WORKLOAD_H
#define ENCBENCH_WORKLOAD_H

#include "axes.h"
#ifndef ENCBUF_POOL_DIRECT
#include "encbuf.h"
#endif
#include "module.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifndef ENCBENCH_PLANTED
#define ENCBENCH_PLANTED 0
#endif

#if ENCBENCH_PLANTED

#if defined(__x86_64__)
#define WORKLOAD_FENCE "lfence"
#else
#define WORKLOAD_FENCE "dsb ish\n\tisb"
#endif

#define WORKLOAD_PLANTED_CYCLES(cycles) (cycles)

/* All before it is done, then `times` times `adds` (a literal) additions, then whatever uses `pointer`. */
#define WORKLOAD_PLANT_TIMES(pointer, adds, times)                                                                     \
    do {                                                                                                               \
        uint64_t planted_ = 0;                                                                                         \
        __asm__ volatile(WORKLOAD_FENCE : "+r"(planted_) : : "memory");                                                \
        _Pragma("GCC unroll 1") for (uint64_t time_ = 0; time_ < (times); time_++)                                     \
        {                                                                                                              \
            ENCBENCH_DEPENDENT_ADDS(planted_, adds);                                                                   \
        }                                                                                                              \
        (pointer) += workload_zero_after(planted_);                                                                    \
    } while (0)

/* 0, but known to the processor only once `value` is. Not `value ^ value`, which cores and compilers see through. */
static inline uint64_t workload_zero_after(uint64_t value)
{
    uint64_t copy = value;

    __asm__ volatile("" : "+r"(copy));
    return value ^ copy;
}

#else
#define WORKLOAD_PLANTED_CYCLES(cycles)            0
#define WORKLOAD_PLANT_TIMES(pointer, adds, times) ((void)(pointer), (void)(times))
#endif

#define WORKLOAD_PLANT(pointer, adds) WORKLOAD_PLANT_TIMES(pointer, adds, 1)

/* Controls that poison a pool share no process with anybody: they are counted, never timed. */
#ifdef ENCBUF_ASSIGNS_MMAP_RES
#define WORKLOAD_TIMED 0
#else
#define WORKLOAD_TIMED ENCBENCH_TIMED
#endif

/* The compiler must have made what `pointer` points to, and cannot know what became of it. No instruction. */
#define WORKLOAD_CONSUME(pointer) __asm__ volatile("" : "+r"(pointer) : : "memory")

#define WORKLOAD_HASH_START UINT64_C(0xcbf29ce484222325)

/* FNV-1a, 64 bits, continued from `hash`. */
static inline uint64_t workload_hash(uint64_t hash, const void *data, size_t bytes)
{
    const unsigned char *byte = data;

    for (size_t i = 0; i < bytes; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* A buffer as an op gets it, from set-up pools: its structure and its data. None of a design without one. */
#ifdef ENCBUF_POOL_DIRECT
static inline size_t workload_buffer_objects(size_t size, struct encbench_object *objects)
{
    (void)size;
    (void)objects;
    return 0;
}
#else
static inline size_t workload_buffer_objects(size_t size, struct encbench_object *objects)
{
    struct encbuf frame, *buffer = encbuf_get(&frame, size);

    objects[0] = (struct encbench_object){"structure", buffer, sizeof *buffer};
    objects[1] = (struct encbench_object){"data", buffer->data, size};
    encbuf_put(buffer);
    return 2;
}
#endif

/* For workloads that only count: nothing to set up, to run or to compare. */
#define WORKLOAD_COUNTED_ONLY                                                                                          \
    .batch_multiple_ops = 1, .threads_max = 1, .flags = ENCBENCH_COUNTED, .digest = workload_idle_digest,              \
    .setup = workload_idle_setup, .teardown = workload_idle_teardown

static inline int workload_idle_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                      size_t message_bytes)
{
    (void)host;
    (void)seed;
    (void)message;
    (void)message_bytes;
    *state = NULL;
    return 0;
}

/* For the set-up of a workload of several threads: whether this variant must not share a buffer between so many, and
 * then the message. */
static inline int workload_refuses_threads(const struct encbench_host *host, const char *workload, char *message,
                                           size_t message_bytes)
{
#ifdef ENCBUF_REFS_PLAIN
    if (host->thread_count > 1) {
        snprintf(message, message_bytes,
                 "%s: %u threads share buffers and refs plain counts without atomic operations: expected another level "
                 "of refs, or one thread",
                 workload, host->thread_count);
        return 1;
    }
#endif
    (void)host;
    (void)workload;
    (void)message;
    (void)message_bytes;
    return 0;
}

static inline uint64_t workload_idle_run(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    (void)n;
    return 0;
}

static inline void workload_idle_teardown(void *state)
{
    (void)state;
}

static inline uint64_t workload_idle_digest(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    (void)seed;
    return WORKLOAD_HASH_START;
}

#endif
