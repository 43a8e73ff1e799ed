/* Eight bytes at a time: even and odd bytes in 16-bit lanes, emptied before they can overflow. */
#define SUM_VARIANT "sum_words"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EVEN_BYTES UINT64_C(0x00ff00ff00ff00ff)

static uint64_t sum_lanes(uint64_t lanes)
{
    return (lanes & 0xffff) + (lanes >> 16 & 0xffff) + (lanes >> 32 & 0xffff) + (lanes >> 48);
}

static uint64_t sum(const unsigned char *bytes, size_t count)
{
    enum { WORD = 8, WORDS_MAX = 128 }; /* 128 words add at most 128 x 510 to a lane: below 65536 */
    uint64_t total = 0;
    while (count >= WORD) {
        const size_t words = count / WORD < WORDS_MAX ? count / WORD : WORDS_MAX;
        uint64_t lanes = 0, word;
        for (size_t i = 0; i < words; i++) {
            memcpy(&word, bytes + i * WORD, WORD);
            lanes += (word & EVEN_BYTES) + (word >> 8 & EVEN_BYTES);
        }
        total += sum_lanes(lanes);
        bytes += words * WORD;
        count -= words * WORD;
    }
    for (size_t i = 0; i < count; i++)
        total += bytes[i];
    return total;
}

#include "sum.h"
