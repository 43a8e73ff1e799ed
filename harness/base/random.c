#include "base/random.h"

#include <time.h>

uint64_t random_next(struct random_stream *stream)
{
    uint64_t z = stream->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t random_seed_from_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct random_stream stream = {(uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec};
    return random_next(&stream) >> 2;
}

struct random_stream random_stream_of(uint64_t seed, enum random_purpose purpose, uint64_t a, uint64_t b)
{
    const uint64_t parts[] = {(uint64_t)purpose, a, b};
    struct random_stream stream = {seed};
    stream.state = random_next(&stream); /* neighbouring seeds must not meet in neighbouring purposes */
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        stream.state ^= parts[i];
        stream.state = random_next(&stream);
    }
    return stream;
}

uint64_t random_below(struct random_stream *stream, uint64_t bound)
{
    const uint64_t limit = UINT64_MAX - UINT64_MAX % bound; /* a multiple of bound */
    uint64_t value;
    do
        value = random_next(stream);
    while (value >= limit);
    return value % bound;
}

void random_permutation(struct random_stream *stream, uint32_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t j = random_below(stream, i + 1);
        values[i] = values[j];
        values[j] = (uint32_t)i;
    }
}
