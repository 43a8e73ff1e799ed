/*
 * Encoders, shared by all variants: one copy in a library of its own, because they are not what the axes compare.
 * Scalar and table driven. They allocate nothing; the caller gives codec_encoded_bytes() bytes of output, which must
 * not overlap the input. No terminator is written.
 *
 *   hex        lower case, 16-entry table, unrolled 8 input bytes at a time, as the original's
 *   base64     RFC 4648 section 4, padded
 *   base64url  RFC 4648 section 5 without padding, as Node's
 */
#ifndef ENCBENCH_CODEC_H
#define ENCBENCH_CODEC_H

#include <stddef.h>

enum codec_encoding { CODEC_HEX, CODEC_BASE64, CODEC_BASE64URL };

void codec_hex_table16(unsigned char *output, const unsigned char *input, size_t input_bytes);
void codec_base64_table64(unsigned char *output, const unsigned char *input, size_t input_bytes);
void codec_base64url_table64(unsigned char *output, const unsigned char *input, size_t input_bytes);

/* Output bytes of `input_bytes` of input; no overflow for anything that malloc can hand out. */
static inline size_t codec_encoded_bytes(enum codec_encoding encoding, size_t input_bytes)
{
    switch (encoding) {
    case CODEC_HEX:
        return input_bytes * 2;
    case CODEC_BASE64:
        return (input_bytes + 2) / 3 * 4;
    case CODEC_BASE64URL:
        return input_bytes / 3 * 4 + (input_bytes % 3 != 0 ? input_bytes % 3 + 1 : 0);
    }
    __builtin_unreachable();
}

/* Named calls, not a pointer, so that the disassembly test sees what a timed loop calls. */
static inline __attribute__((always_inline)) void codec_encode(enum codec_encoding encoding, unsigned char *output,
                                                               const unsigned char *input, size_t input_bytes)
{
    switch (encoding) {
    case CODEC_HEX:
        codec_hex_table16(output, input, input_bytes);
        return;
    case CODEC_BASE64:
        codec_base64_table64(output, input, input_bytes);
        return;
    case CODEC_BASE64URL:
        codec_base64url_table64(output, input, input_bytes);
        return;
    }
    __builtin_unreachable();
}

#endif
