/*
 * Encoders in vectors of aarch64, of which every CPU has them. Part of codec_levels.c.
 *
 * Hex: the halves of a byte looked up in a table of 16 and stored interleaved. Base64: loads of every third byte,
 * digits looked up in a table of 64, stores of every fourth.
 */
#include <arm_neon.h>

/* ---- hex ---- */

LEVEL_HOT void hex_8_neon(unsigned char *output, const unsigned char *input)
{
    const uint8x16_t digits = vld1q_u8((const unsigned char *)"0123456789abcdef");
    uint8x8_t bytes = vld1_u8(input);
    uint8x8x2_t encoded = {{vqtbl1_u8(digits, vshr_n_u8(bytes, 4)), vqtbl1_u8(digits, vand_u8(bytes, vdup_n_u8(15)))}};

    vst2_u8(output, encoded);
}

LEVEL_HOT void hex_16_neon(unsigned char *output, const unsigned char *input)
{
    const uint8x16_t digits = vld1q_u8((const unsigned char *)"0123456789abcdef");
    uint8x16_t bytes = vld1q_u8(input);
    uint8x16x2_t encoded = {
        {vqtbl1q_u8(digits, vshrq_n_u8(bytes, 4)), vqtbl1q_u8(digits, vandq_u8(bytes, vdupq_n_u8(15)))}};

    vst2q_u8(output, encoded);
}

void codec_hex_neon(unsigned char *output, const unsigned char *input, size_t input_bytes);
void codec_hex_neon(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    if (input_bytes < 8) {
        for (size_t i = 0; i < input_bytes; i++)
            hex_pair(output + 2 * i, input[i]);
    } else if (input_bytes < 16) {
        hex_8_neon(output, input);
        hex_8_neon(output + 2 * input_bytes - 16, input + input_bytes - 8);
    } else {
        const unsigned char *last = input + input_bytes - 16;
        unsigned char *output_last = output + 2 * input_bytes - 32;

        hex_16_neon(output, input);
        if (input_bytes > 32)
            hex_16_neon(output + 32, input + 16);
        if (input_bytes > 48)
            hex_16_neon(output + 64, input + 32);
        if (input_bytes > 64)
            for (input += 48, output += 96; LIKELY(input < last); input += 16, output += 32)
                hex_16_neon(output, input);
        hex_16_neon(output_last, last);
    }
}

/* ---- base64 ---- */

/* Groups of three as their first, second and third bytes: the values of their four digits. */
#define BASE64_VALUES(type, shift_right, shift_left, and, or, dup)                                                     \
    LEVEL_HOT type##x4_t values_##type(type##x3_t bytes)                                                               \
    {                                                                                                                  \
        type##x4_t values;                                                                                             \
                                                                                                                       \
        values.val[0] = shift_right(bytes.val[0], 2);                                                                  \
        values.val[1] = and(or (shift_left(bytes.val[0], 4), shift_right(bytes.val[1], 4)), dup(63));                  \
        values.val[2] = and(or (shift_left(bytes.val[1], 2), shift_right(bytes.val[2], 6)), dup(63));                  \
        values.val[3] = and(bytes.val[2], dup(63));                                                                    \
        return values;                                                                                                 \
    }

BASE64_VALUES(uint8x8, vshr_n_u8, vshl_n_u8, vand_u8, vorr_u8, vdup_n_u8)
BASE64_VALUES(uint8x16, vshrq_n_u8, vshlq_n_u8, vandq_u8, vorrq_u8, vdupq_n_u8)

LEVEL_HOT void base64_8_groups(bool url, unsigned char *output, const unsigned char *input)
{
    const uint8x16x4_t digits = vld1q_u8_x4(url ? base64url_digits : base64_digits);
    uint8x8x4_t encoded = values_uint8x8(vld3_u8(input));

    for (int i = 0; i < 4; i++)
        encoded.val[i] = vqtbl4_u8(digits, encoded.val[i]);
    vst4_u8(output, encoded);
}

LEVEL_HOT void base64_16_groups(bool url, unsigned char *output, const unsigned char *input)
{
    const uint8x16x4_t digits = vld1q_u8_x4(url ? base64url_digits : base64_digits);
    uint8x16x4_t encoded = values_uint8x16(vld3q_u8(input));

    for (int i = 0; i < 4; i++)
        encoded.val[i] = vqtbl4q_u8(digits, encoded.val[i]);
    vst4q_u8(output, encoded);
}

LEVEL_HOT void base64_neon(bool url, unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    const size_t groups = input_bytes / 3;

    if (groups < 8) {
        base64_groups(url ? base64url_pairs : base64_pairs, url ? base64url_digits : base64_digits, !url, output, input,
                      input_bytes);
        return;
    }
    if (groups < 16) {
        base64_8_groups(url, output, input);
        base64_8_groups(url, output + 4 * (groups - 8), input + 3 * (groups - 8));
    } else {
        base64_16_groups(url, output, input);
        if (groups > 32)
            for (size_t first = 16; first < groups - 16; first += 16)
                base64_16_groups(url, output + 4 * first, input + 3 * first);
        base64_16_groups(url, output + 4 * (groups - 16), input + 3 * (groups - 16));
    }
    if (input_bytes % 3 != 0)
        base64_tail(url ? base64url_digits : base64_digits, !url, output + 4 * groups, input + 3 * groups,
                    input_bytes % 3);
}

void codec_base64_neon(unsigned char *output, const unsigned char *input, size_t input_bytes);
void codec_base64_neon(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_neon(false, output, input, input_bytes);
}

void codec_base64url_neon(unsigned char *output, const unsigned char *input, size_t input_bytes);
void codec_base64url_neon(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_neon(true, output, input, input_bytes);
}

unsigned codec_this_cpu(void)
{
    return CODEC_NEON;
}
