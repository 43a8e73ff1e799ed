/*
 * Slow encoders written from the definitions, one bit and one digit at a time and without a table, so that they
 * share no mistake with the codec. The result is malloc'ed and owned by the caller.
 */
#ifndef CONFORMANCE_ORACLE_H
#define CONFORMANCE_ORACLE_H

#include "codec.h"

#include <stdlib.h>

static inline unsigned char oracle_digit(unsigned value, enum codec_encoding encoding)
{
    if (encoding == CODEC_HEX)
        return (unsigned char)(value < 10 ? '0' + value : 'a' + (value - 10));
    if (value < 26)
        return (unsigned char)('A' + value);
    if (value < 52)
        return (unsigned char)('a' + (value - 26));
    if (value < 62)
        return (unsigned char)('0' + (value - 52));
    if (encoding == CODEC_BASE64)
        return value == 62 ? '+' : '/';
    return value == 62 ? '-' : '_';
}

/* The input as a string of bits, filled up with zeros, cut into digits; base64 filled up to whole groups of four. */
static inline unsigned char *oracle_encode(enum codec_encoding encoding, const unsigned char *input, size_t input_bytes,
                                           size_t *output_bytes)
{
    const size_t digit_bits = encoding == CODEC_HEX ? 4 : 6, bits = input_bytes * 8;
    unsigned char *output = malloc(input_bytes * 2 + 8);
    size_t length = 0;

    if (output == NULL)
        abort();
    for (size_t first = 0; first < bits; first += digit_bits) {
        unsigned value = 0;

        for (size_t bit = first; bit < first + digit_bits; bit++)
            value = value * 2 + (bit < bits ? input[bit / 8] >> (7 - bit % 8) & 1u : 0);
        output[length++] = oracle_digit(value, encoding);
    }
    while (encoding == CODEC_BASE64 && length % 4 != 0)
        output[length++] = '=';
    *output_bytes = length;
    return output;
}

#endif
