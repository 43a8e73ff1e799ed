/*
 * Encoders in vectors of x86-64, and what this CPU has of them. Part of codec_levels.c.
 *
 * Hex: a byte is two digits. Up to avx2 its halves are looked up in a table of 16 (pshufb) and interleaved. With
 * avx512vbmi each byte is put twice into a vector of 64 (vpermb), the upper half of one shifted down, and both looked
 * up at once: the table is 16 digits four times, and vpermb looks at six bits, so that what is above the four stays.
 *
 * Base64: three bytes are four digits of six bits. Up to avx2 a multiplication shifts two of them up and another two
 * down, and the digit is its value and the distance of its range (A-Z, a-z, 0-9 and two more) from there. With
 * avx512vbmi one instruction takes the six bits out (vpmultishiftqb) and one looks them up in all 64 digits.
 */
#include <cpuid.h>
#include <immintrin.h>

#define SSSE3  __attribute__((target("ssse3")))
#define AVX2   __attribute__((target("avx2,bmi2")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx2,bmi2")))

/* Inlined into functions of the same target alone, which a helper without one cannot be. */
#define SSSE3_HOT  SSSE3 LEVEL_HOT
#define AVX2_HOT   AVX2 LEVEL_HOT
#define AVX512_HOT AVX512 LEVEL_HOT

#define LOAD16(input)          _mm_loadu_si128((const __m128i *)(const void *)(input))
#define STORE16(output, value) _mm_storeu_si128((__m128i *)(void *)(output), value)
#define STORE32(output, value) _mm256_storeu_si256((__m256i *)(void *)(output), value)
#define STORE64(output, value) _mm512_storeu_si512(output, value)

/* ---- hex, up to 15 bytes: what all levels do ---- */

/* 8 bytes of input in the lower half of a register: 16 digits. */
SSSE3_HOT __m128i hex_of_8(__m128i bytes)
{
    const __m128i digits =
        _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
    __m128i halves = _mm_unpacklo_epi8(_mm_srli_epi16(bytes, 4), bytes);

    return _mm_shuffle_epi8(digits, _mm_and_si128(halves, _mm_set1_epi8(15)));
}

SSSE3_HOT void hex_short(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    if (input_bytes >= 8) {
        __m128i first = hex_of_8(_mm_loadl_epi64((const __m128i *)(const void *)input));
        __m128i last = hex_of_8(_mm_loadl_epi64((const __m128i *)(const void *)(input + input_bytes - 8)));

        STORE16(output, first);
        STORE16(output + 2 * input_bytes - 16, last);
    } else if (input_bytes >= 4) {
        uint32_t low, high;
        __m128i both;

        memcpy(&low, input, sizeof low);
        memcpy(&high, input + input_bytes - 4, sizeof high);
        both = hex_of_8(_mm_cvtsi64_si128((long long)((uint64_t)high << 32 | low)));
        _mm_storel_epi64((__m128i *)(void *)output, both);
        _mm_storel_epi64((__m128i *)(void *)(output + 2 * input_bytes - 8), _mm_unpackhi_epi64(both, both));
    } else if (input_bytes > 0) {
        hex_pair(output, input[0]);
        hex_pair(output + input_bytes / 2 * 2, input[input_bytes / 2]);
        hex_pair(output + 2 * input_bytes - 2, input[input_bytes - 1]);
    }
}

/* ---- ssse3 ---- */

SSSE3_HOT void hex_16_ssse3(unsigned char *output, const unsigned char *input)
{
    __m128i bytes = LOAD16(input);

    STORE16(output, hex_of_8(bytes));
    STORE16(output + 16, hex_of_8(_mm_unpackhi_epi64(bytes, bytes)));
}

void codec_hex_ssse3(unsigned char *output, const unsigned char *input, size_t input_bytes);
SSSE3 void codec_hex_ssse3(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    const unsigned char *last = input + input_bytes - 16;
    unsigned char *output_last = output + 2 * input_bytes - 32;

    if (input_bytes < 16) {
        hex_short(output, input, input_bytes);
        return;
    }
    if (input_bytes > 32) {
        hex_16_ssse3(output, input);
        hex_16_ssse3(output + 32, input + 16);
        if (input_bytes > 64)
            for (input += 32, output += 64; LIKELY(input < last); input += 16, output += 32)
                hex_16_ssse3(output, input);
        else
            hex_16_ssse3(output_last - 32, last - 16);
    } else {
        hex_16_ssse3(output, input);
    }
    hex_16_ssse3(output_last, last);
}

/* 12 bytes, from byte `at` of the register on: 16 digits. */
SSSE3_HOT __m128i base64_of_12(__m128i bytes, char at, bool url)
{
    const __m128i order = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    const __m128i distances =
        _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                      '0' - 52, '0' - 52, (char)((url ? '-' : '+') - 62), (char)((url ? '_' : '/') - 63), 'A', 0, 0);
    __m128i groups = _mm_shuffle_epi8(bytes, _mm_add_epi8(order, _mm_set1_epi8(at)));
    __m128i down = _mm_mulhi_epu16(_mm_and_si128(groups, _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040));
    __m128i up = _mm_mullo_epi16(_mm_and_si128(groups, _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010));
    __m128i values = _mm_or_si128(down, up);
    /* 0 up to 51, then 1 to 12; and of those 0 to 25 (A-Z) 13 */
    __m128i range = _mm_subs_epu8(values, _mm_set1_epi8(51));

    range = _mm_or_si128(range, _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), values), _mm_set1_epi8(13)));
    return _mm_add_epi8(values, _mm_shuffle_epi8(distances, range));
}

/* Groups of three one by one, and what is left: below 16 bytes. */
LEVEL_HOT void base64_short(bool url, unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_groups(url ? base64url_pairs : base64_pairs, url ? base64url_digits : base64_digits, !url, output, input,
                  input_bytes);
}

/* The last one or two bytes and nothing else. */
LEVEL_HOT void base64_rest(bool url, unsigned char *output, const unsigned char *input, size_t tail)
{
    if (tail != 0)
        base64_tail(url ? base64url_digits : base64_digits, !url, output, input, tail);
}

/* Groups `first` to `first` + 3, of which none is the first: the load ends with them, and reads nothing behind. */
SSSE3_HOT void base64_4_groups(bool url, unsigned char *output, const unsigned char *input, size_t first)
{
    STORE16(output + 4 * first, base64_of_12(LOAD16(input + 3 * first - 4), 4, url));
}

/* 16 to 26 bytes, but for the rest. */
SSSE3_HOT void base64_5_to_8_groups(bool url, unsigned char *output, const unsigned char *input, size_t groups)
{
    STORE16(output, base64_of_12(LOAD16(input), 0, url));
    if (groups == 5)
        base64_group(url ? base64url_pairs : base64_pairs, output + 16, input + 12);
    else
        base64_4_groups(url, output, input, groups - 4);
}

SSSE3_HOT void base64_ssse3(bool url, unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    const size_t groups = input_bytes / 3;

    if (input_bytes < 16) {
        base64_short(url, output, input, input_bytes);
        return;
    }
    if (groups <= 8) {
        base64_5_to_8_groups(url, output, input, groups);
    } else {
        STORE16(output, base64_of_12(LOAD16(input), 0, url));
        base64_4_groups(url, output, input, 4);
        if (groups > 12)
            base64_4_groups(url, output, input, 8);
        if (groups > 16)
            base64_4_groups(url, output, input, 12);
        if (groups > 20)
            base64_4_groups(url, output, input, 16);
        if (groups > 24)
            for (size_t first = 20; first < groups - 4; first += 4)
                base64_4_groups(url, output, input, first);
        base64_4_groups(url, output, input, groups - 4);
    }
    base64_rest(url, output + 4 * groups, input + 3 * groups, input_bytes % 3);
}

void codec_base64_ssse3(unsigned char *output, const unsigned char *input, size_t input_bytes);
SSSE3 void codec_base64_ssse3(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_ssse3(false, output, input, input_bytes);
}

void codec_base64url_ssse3(unsigned char *output, const unsigned char *input, size_t input_bytes);
SSSE3 void codec_base64url_ssse3(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_ssse3(true, output, input, input_bytes);
}

/* ---- avx2 ---- */

AVX2_HOT void hex_32_avx2(unsigned char *output, const unsigned char *input)
{
    const __m256i digits = _mm256_broadcastsi128_si256(
        _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'));
    /* Interleaving is done in each half of 16 bytes: with the quarters 0 and 1 in the lower parts they come out in
     * order */
    __m256i bytes = _mm256_permute4x64_epi64(_mm256_loadu_si256((const __m256i *)(const void *)input), 0xd8);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
    __m256i low = _mm256_and_si256(bytes, _mm256_set1_epi8(15));

    high = _mm256_shuffle_epi8(digits, high);
    low = _mm256_shuffle_epi8(digits, low);
    STORE32(output, _mm256_unpacklo_epi8(high, low));
    STORE32(output + 32, _mm256_unpackhi_epi8(high, low));
}

/* Hex of any length by steps of 16 and of 32 bytes; the last of a length that is no multiple ends where the input does.
 */
#define CODEC_HEX_BY_32(target, name, hex_16, hex_32)                                                                  \
    void name(unsigned char *output, const unsigned char *input, size_t input_bytes);                                  \
    target void name(unsigned char *output, const unsigned char *input, size_t input_bytes)                            \
    {                                                                                                                  \
        if (input_bytes < 16) {                                                                                        \
            hex_short(output, input, input_bytes);                                                                     \
        } else if (input_bytes < 32) {                                                                                 \
            hex_16(output, input);                                                                                     \
            hex_16(output + 2 * input_bytes - 32, input + input_bytes - 16);                                           \
        } else {                                                                                                       \
            const unsigned char *last = input + input_bytes - 32;                                                      \
            unsigned char *output_last = output + 2 * input_bytes - 64;                                                \
                                                                                                                       \
            hex_32(output, input);                                                                                     \
            if (input_bytes > 64)                                                                                      \
                for (input += 32, output += 64; LIKELY(input < last); input += 32, output += 64)                       \
                    hex_32(output, input);                                                                             \
            if (input_bytes > 32)                                                                                      \
                hex_32(output_last, last);                                                                             \
        }                                                                                                              \
    }

CODEC_HEX_BY_32(AVX2, codec_hex_avx2, hex_16_ssse3, hex_32_avx2)

/* 24 bytes, all that is read: 32 digits. */
AVX2_HOT void base64_8_groups(bool url, unsigned char *output, const unsigned char *input)
{
    /* The upper half's load begins 4 bytes ahead of its 12. */
    const __m256i order = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 5, 4, 6, 5, 8, 7, 9, 8,
                                           11, 10, 12, 11, 14, 13, 15, 14);
    const __m256i distances = _mm256_broadcastsi128_si256(
        _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                      '0' - 52, '0' - 52, (char)((url ? '-' : '+') - 62), (char)((url ? '_' : '/') - 63), 'A', 0, 0));
    __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(LOAD16(input)), LOAD16(input + 8), 1);
    __m256i groups = _mm256_shuffle_epi8(bytes, order);
    __m256i down =
        _mm256_mulhi_epu16(_mm256_and_si256(groups, _mm256_set1_epi32(0x0fc0fc00)), _mm256_set1_epi32(0x04000040));
    __m256i up =
        _mm256_mullo_epi16(_mm256_and_si256(groups, _mm256_set1_epi32(0x003f03f0)), _mm256_set1_epi32(0x01000010));
    __m256i values = _mm256_or_si256(down, up);
    __m256i range = _mm256_subs_epu8(values, _mm256_set1_epi8(51)); /* as base64_of_12's */

    range =
        _mm256_or_si256(range, _mm256_and_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(26), values), _mm256_set1_epi8(13)));
    STORE32(output, _mm256_add_epi8(values, _mm256_shuffle_epi8(distances, range)));
}

AVX2_HOT void base64_avx2(bool url, unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    const size_t groups = input_bytes / 3;

    if (input_bytes < 16) {
        base64_short(url, output, input, input_bytes);
        return;
    }
    if (groups < 8) {
        base64_5_to_8_groups(url, output, input, groups);
    } else {
        base64_8_groups(url, output, input);
        if (groups > 16)
            base64_8_groups(url, output + 32, input + 24);
        if (groups > 24)
            for (size_t first = 16; first < groups - 8; first += 8)
                base64_8_groups(url, output + 4 * first, input + 3 * first);
        if (groups > 8)
            base64_8_groups(url, output + 4 * (groups - 8), input + 3 * (groups - 8));
    }
    base64_rest(url, output + 4 * groups, input + 3 * groups, input_bytes % 3);
}

void codec_base64_avx2(unsigned char *output, const unsigned char *input, size_t input_bytes);
AVX2 void codec_base64_avx2(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_avx2(false, output, input, input_bytes);
}

void codec_base64url_avx2(unsigned char *output, const unsigned char *input, size_t input_bytes);
AVX2 void codec_base64url_avx2(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_avx2(true, output, input, input_bytes);
}

/* ---- avx512vbmi ---- */

#define TWICE_8(base)                                                                                                  \
    (base), (base), (base) + 1, (base) + 1, (base) + 2, (base) + 2, (base) + 3, (base) + 3, (base) + 4, (base) + 4,    \
        (base) + 5, (base) + 5, (base) + 6, (base) + 6, (base) + 7, (base) + 7
/* Three bytes as 1 0 2 1: what vpmultishiftqb takes six bits at a time from. */
#define GROUP(byte)    (byte) + 1, (byte), (byte) + 2, (byte) + 1
#define GROUPS_4(byte) GROUP(byte), GROUP((byte) + 3), GROUP((byte) + 6), GROUP((byte) + 9)

static const unsigned char hex_digits_4_times[64] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const unsigned char every_byte_twice[64] = {TWICE_8(0), TWICE_8(8), TWICE_8(16), TWICE_8(24)};
static const unsigned char groups_of_48[64] = {GROUPS_4(0), GROUPS_4(12), GROUPS_4(24), GROUPS_4(36)};

AVX512_HOT void hex_32_avx512(unsigned char *output, const unsigned char *input)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)input);
    __m512i twice = _mm512_permutexvar_epi8(_mm512_loadu_si512(every_byte_twice), _mm512_castsi256_si512(bytes));
    /* Lower byte of each two from the shifted. */
    __m512i halves = _mm512_ternarylogic_epi64(_mm512_set1_epi16(0x00ff), _mm512_srli_epi16(twice, 4), twice, 0xca);

    STORE64(output, _mm512_permutexvar_epi8(halves, _mm512_loadu_si512(hex_digits_4_times)));
}

AVX512_HOT void hex_16_avx512(unsigned char *output, const unsigned char *input)
{
    __m256i twice = _mm256_permutexvar_epi8(_mm256_loadu_si256((const __m256i *)(const void *)every_byte_twice),
                                            _mm256_castsi128_si256(LOAD16(input)));
    __m256i halves = _mm256_ternarylogic_epi64(_mm256_set1_epi16(0x00ff), _mm256_srli_epi16(twice, 4), twice, 0xca);

    STORE32(output,
            _mm256_permutexvar_epi8(halves, _mm256_loadu_si256((const __m256i *)(const void *)hex_digits_4_times)));
}

CODEC_HEX_BY_32(AVX512, codec_hex_avx512vbmi, hex_16_avx512, hex_32_avx512)

/* 48 bytes in the lower part of a register: 64 digits. */
AVX512_HOT __m512i base64_of_48(__m512i bytes, bool url)
{
    const __m512i bits = _mm512_set1_epi64(0x3036242a1016040aLL); /* where in eight bytes each six begin */
    __m512i groups = _mm512_permutexvar_epi8(_mm512_loadu_si512(groups_of_48), bytes);

    return _mm512_permutexvar_epi8(_mm512_multishift_epi64_epi8(bits, groups),
                                   _mm512_loadu_si512(url ? base64url_digits : base64_digits));
}

AVX512_HOT uint64_t lowest(size_t bits)
{
    return _bzhi_u64(~UINT64_C(0), (unsigned)bits);
}

/* At most 48 bytes, with what is left over, under a mask; and two stores of what fills it up, or one twice. */
AVX512_HOT void base64_last(bool url, unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    const size_t digits = (4 * input_bytes + 2) / 3, filled = (input_bytes + 2) / 3 * 4;
    __m512i bytes = _mm512_maskz_loadu_epi8(lowest(input_bytes), input);

    _mm512_mask_storeu_epi8(output, lowest(digits), base64_of_48(bytes, url));
    if (!url && filled != digits)
        output[digits] = output[filled - 1] = '=';
}

AVX512_HOT void base64_avx512(bool url, unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    for (; LIKELY(input_bytes >= 64); input += 48, output += 64, input_bytes -= 48)
        STORE64(output, base64_of_48(_mm512_loadu_si512(input), url));
    if (input_bytes > 48) {
        STORE64(output, base64_of_48(_mm512_maskz_loadu_epi32(0x0fff, input), url));
        input += 48;
        output += 64;
        input_bytes -= 48;
    }
    base64_last(url, output, input, input_bytes);
}

void codec_base64_avx512vbmi(unsigned char *output, const unsigned char *input, size_t input_bytes);
AVX512 void codec_base64_avx512vbmi(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_avx512(false, output, input, input_bytes);
}

void codec_base64url_avx512vbmi(unsigned char *output, const unsigned char *input, size_t input_bytes);
AVX512 void codec_base64url_avx512vbmi(unsigned char *output, const unsigned char *input, size_t input_bytes)
{
    base64_avx512(true, output, input, input_bytes);
}

/* ---- store32, store64 ---- */

AVX2_HOT void store_32(unsigned char *output, size_t bytes)
{
    const __m256i digits = _mm256_set1_epi8('0');
    unsigned char *last = output + bytes - 32;

    if (bytes < 32) {
        store_16(output, bytes);
        return;
    }
    for (; last - output > 64; output += 64) {
        STORE32(output, digits);
        STORE32(output + 32, digits);
    }
    if (output < last)
        STORE32(output, digits);
    if (last - output > 32)
        STORE32(output + 32, digits);
    STORE32(last, digits);
}

AVX512_HOT void store_64(unsigned char *output, size_t bytes)
{
    const __m512i digits = _mm512_set1_epi8('0');
    unsigned char *last = output + bytes - 64;

    if (bytes < 64) {
        _mm512_mask_storeu_epi8(output, lowest(bytes), digits);
        return;
    }
    for (; output < last; output += 64)
        STORE64(output, digits);
    STORE64(last, digits);
}

STORE_FUNCTIONS(AVX2, 32)
STORE_FUNCTIONS(AVX512, 64)

/* ---- this CPU ---- */

/* Registers that the system saves: XCR0, which only exists where OSXSAVE says so. */
static uint64_t saved_registers(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static bool has_all(unsigned bits, unsigned wanted)
{
    return (bits & wanted) == wanted;
}

unsigned codec_this_cpu(void)
{
    enum { YMM = 0x06, ZMM = 0xe6 };
    const unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31; /* F, DQ, BW, VL */
    unsigned a, b, c, d, has = 0;
    uint64_t saved;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !has_all(c, 1u << 9))
        return has;
    has |= CODEC_SSSE3;
    if (!has_all(c, 1u << 27 | 1u << 28)) /* OSXSAVE, AVX */
        return has;
    saved = saved_registers();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has_all(b, 1u << 5 | 1u << 8) || (saved & YMM) != YMM)
        return has;
    has |= CODEC_AVX2; /* and BMI2 */
    if (has_all(b, avx512) && has_all(c, 1u << 1) && (saved & ZMM) == ZMM)
        has |= CODEC_AVX512VBMI;
    return has;
}
