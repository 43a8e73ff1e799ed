#include "varint.h"

size_t varint_encode(const uint32_t *numbers, size_t count, unsigned char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = numbers[i];
        if (number < 128) { /* new in this release: most are */
            out[at++] = (unsigned char)number;
            continue;
        }
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
    for (size_t i = 0; i < bytes; i++) { /* new in this release: no branch */
        const unsigned more = in[i] >> 7, next = shift + 7;
        sum += (uint64_t)(in[i] & 127) << shift;
        shift = (next == 35 ? 0 : next) & (0 - more);
    }
    return sum;
}
