/*
 * The digits of base64, and what is left over of its groups of three bytes.
 */
#ifndef ENCBENCH_CODEC_TAIL_H
#define ENCBENCH_CODEC_TAIL_H

#include <stdbool.h>
#include <stddef.h>

static const unsigned char base64_digits[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const unsigned char base64url_digits[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The last one or two bytes: two or three digits, filled up with '=' when padded. */
static void base64_tail(const unsigned char digits[64], bool padded, unsigned char *output, const unsigned char *input,
                        size_t tail)
{
    unsigned bits = (unsigned)input[0] << 16 | (tail == 2 ? (unsigned)input[1] << 8 : 0);

    output[0] = digits[bits >> 18];
    output[1] = digits[bits >> 12 & 63];
    if (tail == 2)
        output[2] = digits[bits >> 6 & 63];
    if (!padded)
        return;
    if (tail == 1)
        output[2] = '=';
    output[3] = '=';
}

#endif
