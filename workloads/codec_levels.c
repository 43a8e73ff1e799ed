#include "codec_levels.h"
#include "codec_tail.h"

/* table16 by a pointer is a copy of this library's own: bound to codec.c's library, which the gate loads twice (base's
 * and head's, or a slower one), it would be the codec of whichever was loaded first. */
static void levels_hex_table16(unsigned char *output, const unsigned char *input, size_t input_bytes);
static void levels_base64_table64(unsigned char *output, const unsigned char *input, size_t input_bytes);
static void levels_base64url_table64(unsigned char *output, const unsigned char *input, size_t input_bytes);
#define codec_hex_table16       levels_hex_table16
#define codec_base64_table64    levels_base64_table64
#define codec_base64url_table64 levels_base64url_table64
#include "codec.c"
#undef codec_hex_table16
#undef codec_base64_table64
#undef codec_base64url_table64

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LEVEL_HOT static inline __attribute__((always_inline))
/* Of a loop: or it does not begin on a line of the cache. */
#define LIKELY(condition) __builtin_expect(!!(condition), 1)

/* ---- table256 ---- */

#define HEX_DIGIT(value) ((value) < 10 ? '0' + (value) : 'a' - 10 + (value))
#define HEX_PAIR(value)                                                                                                \
    {                                                                                                                  \
        HEX_DIGIT((value) / 16), HEX_DIGIT((value) % 16)                                                               \
    }
#define TIMES_4(of, base)  of(base), of((base) + 1), of((base) + 2), of((base) + 3)
#define TIMES_16(of, base) TIMES_4(of, base), TIMES_4(of, (base) + 4), TIMES_4(of, (base) + 8), TIMES_4(of, (base) + 12)
#define TIMES_64(of, base)                                                                                             \
    TIMES_16(of, base), TIMES_16(of, (base) + 16), TIMES_16(of, (base) + 32), TIMES_16(of, (base) + 48)

static const unsigned char hex_pairs[256][2] = {TIMES_64(HEX_PAIR, 0), TIMES_64(HEX_PAIR, 64), TIMES_64(HEX_PAIR, 128),
                                                TIMES_64(HEX_PAIR, 192)};

#define BASE64_DIGIT(value, of_62, of_63)                                                                              \
    ((value) < 26   ? 'A' + (value)                                                                                    \
     : (value) < 52 ? 'a' - 26 + (value)                                                                               \
     : (value) < 62 ? '0' - 52 + (value)                                                                               \
     : (value) < 63 ? (of_62)                                                                                          \
                    : (of_63))
#define BASE64_PAIR(value)                                                                                             \
    {                                                                                                                  \
        BASE64_DIGIT((value) / 64, '+', '/'), BASE64_DIGIT((value) % 64, '+', '/')                                     \
    }
#define BASE64URL_PAIR(value)                                                                                          \
    {                                                                                                                  \
        BASE64_DIGIT((value) / 64, '-', '_'), BASE64_DIGIT((value) % 64, '-', '_')                                     \
    }
#define TIMES_1024(of, base)                                                                                           \
    TIMES_64(of, base), TIMES_64(of, (base) + 64), TIMES_64(of, (base) + 128), TIMES_64(of, (base) + 192),             \
        TIMES_64(of, (base) + 256), TIMES_64(of, (base) + 320), TIMES_64(of, (base) + 384),                            \
        TIMES_64(of, (base) + 448), TIMES_64(of, (base) + 512), TIMES_64(of, (base) + 576),                            \
        TIMES_64(of, (base) + 640), TIMES_64(of, (base) + 704), TIMES_64(of, (base) + 768),                            \
        TIMES_64(of, (base) + 832), TIMES_64(of, (base) + 896), TIMES_64(of, (base) + 960)

static const unsigned char base64_pairs[4096][2] = {TIMES_1024(BASE64_PAIR, 0), TIMES_1024(BASE64_PAIR, 1024),
                                                    TIMES_1024(BASE64_PAIR, 2048), TIMES_1024(BASE64_PAIR, 3072)};
static const unsigned char base64url_pairs[4096][2] = {TIMES_1024(BASE64URL_PAIR, 0), TIMES_1024(BASE64URL_PAIR, 1024),
                                                       TIMES_1024(BASE64URL_PAIR, 2048),
                                                       TIMES_1024(BASE64URL_PAIR, 3072)};

LEVEL_HOT void hex_pair(unsigned char *output, unsigned char byte)
{
    memcpy(output, hex_pairs[byte], 2);
}

void codec_hex_table256(unsigned char *output, const unsigned char *input, size_t input_bytes);
void codec_hex_table256(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    const unsigned char *end = input + input_bytes, *whole = end - input_bytes % 4;

    for (; input != whole; input += 4, output += 8) {
        hex_pair(output, input[0]);
        hex_pair(output + 2, input[1]);
        hex_pair(output + 4, input[2]);
        hex_pair(output + 6, input[3]);
    }
    for (; input != end; input++, output += 2)
        hex_pair(output, *input);
}

LEVEL_HOT void base64_group(const unsigned char pairs[4096][2], unsigned char *output, const unsigned char *input)
{
    unsigned bits = (unsigned)input[0] << 16 | (unsigned)input[1] << 8 | input[2];

    memcpy(output, pairs[bits >> 12], 2);
    memcpy(output + 2, pairs[bits & 4095], 2);
}

LEVEL_HOT void base64_groups(const unsigned char pairs[4096][2], const unsigned char digits[64], bool padded,
                             unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    size_t tail = input_bytes % 3;
    const unsigned char *end = input + (input_bytes - tail);

    for (; input != end; input += 3, output += 4)
        base64_group(pairs, output, input);
    if (tail != 0)
        base64_tail(digits, padded, output, input, tail);
}

void codec_base64_table256(unsigned char *output, const unsigned char *input, size_t input_bytes);
void codec_base64_table256(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_groups(base64_pairs, base64_digits, true, output, input, input_bytes);
}

void codec_base64url_table256(unsigned char *output, const unsigned char *input, size_t input_bytes);
void codec_base64url_table256(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_groups(base64url_pairs, base64url_digits, false, output, input, input_bytes);
}

/* ---- only stores ---- */

/* Less than 16 bytes of '0'. */
LEVEL_HOT void store_short(unsigned char *output, size_t bytes)
{
    const uint64_t digits = UINT64_C(0x3030303030303030);

    if (bytes >= 8) {
        memcpy(output, &digits, 8);
        memcpy(output + bytes - 8, &digits, 8);
    } else if (bytes >= 4) {
        memcpy(output, &digits, 4);
        memcpy(output + bytes - 4, &digits, 4);
    } else if (bytes > 0) {
        output[0] = output[bytes / 2] = output[bytes - 1] = '0';
    }
}

typedef unsigned char vector16 __attribute__((vector_size(16), aligned(1), may_alias));

LEVEL_HOT void store_16(unsigned char *output, size_t bytes)
{
    const vector16 digits = (vector16){0} + '0';
    unsigned char *last = output + bytes - 16;

    if (bytes < 16) {
        store_short(output, bytes);
        return;
    }
    for (; last - output > 64; output += 64) {
        *(vector16 *)output = digits;
        *(vector16 *)(output + 16) = digits;
        *(vector16 *)(output + 32) = digits;
        *(vector16 *)(output + 48) = digits;
    }
    if (output < last)
        *(vector16 *)output = digits;
    if (last - output > 16)
        *(vector16 *)(output + 16) = digits;
    if (last - output > 32)
        *(vector16 *)(output + 32) = digits;
    if (last - output > 48)
        *(vector16 *)(output + 48) = digits;
    *(vector16 *)last = digits;
}

#define STORE_FUNCTION(target, width, encoding, value)                                                                 \
    void codec_##encoding##_store##width(unsigned char *output, const unsigned char *input, size_t input_bytes);       \
    target void codec_##encoding##_store##width(unsigned char *output, const unsigned char *input, size_t input_bytes) \
    {                                                                                                                  \
        (void)input;                                                                                                   \
        store_##width(output, codec_encoded_bytes(value, input_bytes));                                                \
    }
#define STORE_FUNCTIONS(target, width)                                                                                 \
    STORE_FUNCTION(target, width, hex, CODEC_HEX)                                                                      \
    STORE_FUNCTION(target, width, base64, CODEC_BASE64)                                                                \
    STORE_FUNCTION(target, width, base64url, CODEC_BASE64URL)

STORE_FUNCTIONS(, 16)

/* ---- what the architecture has ---- */

#if defined(__x86_64__)
#include "codec_x86.h"
#elif defined(__aarch64__)
#include "codec_neon.h"
#else
#error "encbench supports x86-64 and aarch64"
#endif

/* ---- by name ---- */

#define FUNCTIONS(level)                                                                                               \
    {                                                                                                                  \
        codec_hex_##level, codec_base64_##level, codec_base64url_##level                                               \
    }
#define NO_FUNCTIONS                                                                                                   \
    {                                                                                                                  \
        NULL, NULL, NULL                                                                                               \
    }
#if defined(__x86_64__)
#define X86_FUNCTIONS(level)  FUNCTIONS(level)
#define NEON_FUNCTIONS(level) NO_FUNCTIONS
#else
#define X86_FUNCTIONS(level)  NO_FUNCTIONS
#define NEON_FUNCTIONS(level) FUNCTIONS(level)
#endif

static const struct {
    struct codec codec;
    unsigned needs; /* enum codec_needs */
} levels[] = {
    {{"table16", {levels_hex_table16, levels_base64_table64, levels_base64url_table64}}, 0},
    {{"table256", FUNCTIONS(table256)}, 0},
    {{"ssse3", X86_FUNCTIONS(ssse3)}, CODEC_SSSE3},
    {{"avx2", X86_FUNCTIONS(avx2)}, CODEC_AVX2},
    {{"avx512vbmi", X86_FUNCTIONS(avx512vbmi)}, CODEC_AVX512VBMI},
    {{"neon", NEON_FUNCTIONS(neon)}, CODEC_NEON},
    {{"store16", FUNCTIONS(store16)}, 0},
    {{"store32", X86_FUNCTIONS(store32)}, CODEC_AVX2},
    {{"store64", X86_FUNCTIONS(store64)}, CODEC_AVX512VBMI},
};

enum { LEVELS = sizeof levels / sizeof levels[0], STORE_LEVELS = 3 };

const struct codec *codec_level(size_t index)
{
    return index < LEVELS ? &levels[index].codec : NULL;
}

static const char *needed(unsigned needs)
{
    return needs == CODEC_SSSE3        ? "ssse3"
           : needs == CODEC_AVX2       ? "avx2 and bmi2"
           : needs == CODEC_AVX512VBMI ? "avx512vbmi"
                                       : "neon";
}

int codec_find_on(unsigned cpu, const char *level, const struct codec **codec, char *message, size_t message_bytes)
{
    const bool best = strcmp(level, "best") == 0;

    for (size_t i = best ? LEVELS - STORE_LEVELS : LEVELS; i-- > 0;) {
        const bool lacks = (levels[i].needs & ~cpu) != 0;

        if (!best && strcmp(levels[i].codec.level, level) != 0)
            continue;
        if (!lacks) {
            *codec = &levels[i].codec;
            return 0;
        }
        if (!best) {
            snprintf(message, message_bytes, "codec %s: this CPU lacks %s", level, needed(levels[i].needs));
            return 1;
        }
    }
    snprintf(message, message_bytes, "codec %s: no such level", level);
    return 1;
}

int codec_find(const char *level, const struct codec **codec, char *message, size_t message_bytes)
{
    return codec_find_on(codec_this_cpu(), level, codec, message, message_bytes);
}
