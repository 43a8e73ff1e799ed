#include "codec.h"
#include "codec_tail.h"

#include <stdbool.h>

static const unsigned char hex_digits[16] = "0123456789abcdef";

#define HEX_BYTE(i)                                                                                                    \
    do {                                                                                                               \
        output[2 * (i)] = hex_digits[input[i] >> 4];                                                                   \
        output[2 * (i) + 1] = hex_digits[input[i] & 15];                                                               \
    } while (0)

void codec_hex_table16(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    size_t tail = input_bytes % 8;
    const unsigned char *end = input + (input_bytes - tail);

    for (; input != end; input += 8, output += 16) {
        HEX_BYTE(0);
        HEX_BYTE(1);
        HEX_BYTE(2);
        HEX_BYTE(3);
        HEX_BYTE(4);
        HEX_BYTE(5);
        HEX_BYTE(6);
        HEX_BYTE(7);
    }
    for (size_t i = 0; i < tail; i++)
        HEX_BYTE(i);
}

static inline __attribute__((always_inline)) void base64(const unsigned char digits[64], bool padded,
                                                         unsigned char *output, const unsigned char *input,
                                                         size_t input_bytes)
{
    size_t tail = input_bytes % 3;
    const unsigned char *end = input + (input_bytes - tail);

    for (; input != end; input += 3, output += 4) {
        unsigned bits = (unsigned)input[0] << 16 | (unsigned)input[1] << 8 | input[2];

        output[0] = digits[bits >> 18];
        output[1] = digits[bits >> 12 & 63];
        output[2] = digits[bits >> 6 & 63];
        output[3] = digits[bits & 63];
    }
    if (tail != 0)
        base64_tail(digits, padded, output, input, tail);
}

void codec_base64_table64(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64(base64_digits, true, output, input, input_bytes);
}

void codec_base64url_table64(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64(base64url_digits, false, output, input, input_bytes);
}
