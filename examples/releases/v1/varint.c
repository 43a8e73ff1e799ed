#include "varint.h"

size_t varint_encode(const uint32_t *numbers, size_t count, unsigned char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = numbers[i];
        for (; number >= 128; number >>= 7)
            out[at++] = (unsigned char)(number | 128);
        out[at++] = (unsigned char)number;
    }
    return at;
}

uint64_t varint_sum(const unsigned char *in, size_t bytes)
{
    uint64_t sum = 0;
    unsigned shift = 0;
    for (size_t i = 0; i < bytes; i++) {
        sum += (uint64_t)(in[i] & 127) << shift;
        shift = in[i] & 128 ? (shift + 7) % 35 : 0;
    }
    return sum;
}
