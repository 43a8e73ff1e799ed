/*
 * Reproducible random numbers: everything random in a run is a pure function of (seed, stream numbers), so that the
 * plan can be printed before, and any process repeated. SplitMix64 (Steele, Lea & Flood 2014), both as the generator
 * and to mix the stream numbers into its state.
 */
#ifndef ENCBENCH_RANDOM_H
#define ENCBENCH_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random_stream {
    uint64_t state;
};

/* What a stream is for; keeps streams of one process apart. */
enum random_purpose {
    RANDOM_ROUND_ORDER = 1,
    RANDOM_LAYOUT,
    RANDOM_BLOCK,
    RANDOM_HEAP,
    RANDOM_INPUT,
    RANDOM_LOADING,
    RANDOM_SIMULATION,
    RANDOM_LAYOUT_CHOICE,
    RANDOM_SIZES,
    RANDOM_PILOT,
    RANDOM_LINEARITY,
};

/* A seed that is nobody's choice: positive as int64_t, and never 0 in practice. */
uint64_t random_seed_from_clock(void);
struct random_stream random_stream_of(uint64_t seed, enum random_purpose purpose, uint64_t a, uint64_t b);
uint64_t random_next(struct random_stream *stream);
/* Uniform in [0, bound), bound > 0, without modulo bias. */
uint64_t random_below(struct random_stream *stream, uint64_t bound);
/* Fisher-Yates permutation of 0 ... count-1. */
void random_permutation(struct random_stream *stream, uint32_t *values, size_t count);

#endif
