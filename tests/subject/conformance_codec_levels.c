/*
 * Every level of the codec against OpenSSL and nettle where they are installed (CODEC_ORACLES), and against table16,
 * which conformance_codec holds against the definitions: every length of 0 to 4096 bytes at every alignment of 0 to 63.
 * Input and output lie between pages that cannot be touched: ending where one begins, or beginning where one ends.
 *
 * Without --every, the product is thinned: all lengths up to 200 and within 1 of the multiples of 16 and 48, at the
 * alignments 0, 1, 15, 16, 31, 32, 33, 63; every length at one alignment that goes round with it; every alignment at
 * lengths up to 66 and 1023 to 1025.
 */
#include "codec_levels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef CODEC_ORACLES
#include <nettle/base16.h>
#include <nettle/base64.h>
#include <openssl/evp.h>
#endif

enum { LENGTHS = 4097, ALIGNMENTS = 64, FUZZ_ROUNDS = 100000, FUZZ_SECONDS = 5 };
/* Room for output of the longest, and then a page more on either side. */
enum { ROOM_BYTES = 3 * 4096 };

static bool every;
static unsigned char *input_room, *output_room; /* ROOM_BYTES each, and nothing beside them */
static size_t page_bytes;
static unsigned char expected[2 * LENGTHS + 4];

static const char *const encoding_names[] = {"hex", "base64", "base64url"};

/* ROOM_BYTES between two pages that cannot be touched. */
static unsigned char *room_between_guards(void)
{
    unsigned char *room;

    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    room = mmap(NULL, ROOM_BYTES + 2 * page_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(room != MAP_FAILED);
    assert_int_equal(mprotect(room + page_bytes, ROOM_BYTES, PROT_READ | PROT_WRITE), 0);
    return room + page_bytes;
}

static int set_up(void **state)
{
    uint32_t random = 1;

    (void)state;
    input_room = room_between_guards();
    output_room = room_between_guards();
    for (size_t i = 0; i < ROOM_BYTES; i++) {
        random = random * 1664525u + 1013904223u;
        input_room[i] = (unsigned char)(random >> 24);
    }
    return 0;
}

static bool stores_only(const struct codec *codec)
{
    return strncmp(codec->level, "store", 5) == 0;
}

/* Of those that this CPU has; asking it is slow where it is a virtual one. */
static const struct codec *level_here(size_t index, bool *end)
{
    static unsigned cpu;
    static bool asked;
    const struct codec *level = codec_level(index), *found = NULL;
    char message[128];

    if (!asked)
        cpu = codec_this_cpu();
    asked = true;
    *end = level == NULL;
    return level != NULL && codec_find_on(cpu, level->level, &found, message, sizeof message) == 0 ? found : NULL;
}

/* Fails with all that one needs to see it again. `before` and `after`: bytes of the room that must stay as they are. */
static void check(const struct codec *codec, enum codec_encoding encoding, const unsigned char *input,
                  size_t input_bytes, unsigned char *output)
{
    const size_t output_bytes = codec_encoded_bytes(encoding, input_bytes);
    const unsigned char *fault = NULL;
    size_t around = 64, before = (size_t)(output - output_room), after = ROOM_BYTES - before - output_bytes;

    before = before < around ? before : around;
    after = after < around ? after : around;
    memset(output - before, 0xa5, before + output_bytes + after);
    codec->encode[encoding](output, input, input_bytes);
    for (size_t i = 0; i < before && fault == NULL; i++)
        fault = output[-1 - (ptrdiff_t)i] != 0xa5 ? output - 1 - i : NULL;
    for (size_t i = 0; i < after && fault == NULL; i++)
        fault = output[output_bytes + i] != 0xa5 ? output + output_bytes + i : NULL;
    if (fault == NULL && memcmp(output, expected, output_bytes) == 0)
        return;
    for (size_t i = 0; fault == NULL && i < output_bytes; i++)
        fault = output[i] != expected[i] ? output + i : NULL;
    fail_msg("codec %s, %s of %zu bytes, input at %zu and output at %zu of 64: byte %td is 0x%02x", codec->level,
             encoding_names[encoding], input_bytes, (size_t)input % 64, (size_t)output % 64, fault - output, *fault);
}

static void expect(const struct codec *codec, enum codec_encoding encoding, const unsigned char *input,
                   size_t input_bytes)
{
    if (stores_only(codec))
        memset(expected, '0', codec_encoded_bytes(encoding, input_bytes));
    else
        codec_level(0)->encode[encoding](expected, input, input_bytes);
}

/* One length at one alignment, or ending at the guard (ALIGNMENTS). */
static void check_place(const struct codec *codec, enum codec_encoding encoding, size_t input_bytes, size_t alignment)
{
    const bool at_end = alignment == ALIGNMENTS;
    const unsigned char *input = at_end ? input_room + ROOM_BYTES - input_bytes : input_room + alignment;
    unsigned char *output =
        at_end ? output_room + ROOM_BYTES - codec_encoded_bytes(encoding, input_bytes) : output_room + alignment;

    expect(codec, encoding, input, input_bytes);
    check(codec, encoding, input, input_bytes, output);
    if (!at_end) /* and the output elsewhere than the input */
        check(codec, encoding, input, input_bytes, output_room + (5 * alignment + input_bytes) % ALIGNMENTS);
}

static bool is_near_a_vector(size_t bytes)
{
    return bytes <= 200 || (bytes + 1) % 16 <= 2 || (bytes + 1) % 48 <= 2;
}

static bool is_checked(size_t bytes, size_t alignment)
{
    static const size_t edges[] = {0, 1, 15, 16, 31, 32, 33, 63};

    if (every || alignment == bytes % ALIGNMENTS || bytes <= 66 || (bytes >= 1023 && bytes <= 1025))
        return true;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        if (edges[i] == alignment)
            return is_near_a_vector(bytes);
    return false;
}

static void test_lengths_and_alignments(void **state)
{
    bool end = false;
    size_t checked = 0;

    (void)state;
    for (size_t index = 1; !end; index++) {
        const struct codec *codec = level_here(index, &end);

        for (size_t bytes = 0; codec != NULL && bytes < LENGTHS; bytes++)
            for (int encoding = CODEC_HEX; encoding <= CODEC_BASE64URL; encoding++) {
                check_place(codec, (enum codec_encoding)encoding, bytes, ALIGNMENTS);
                for (size_t alignment = 0; alignment < ALIGNMENTS; alignment++)
                    if (is_checked(bytes, alignment)) {
                        check_place(codec, (enum codec_encoding)encoding, bytes, alignment);
                        checked++;
                    }
            }
        if (codec != NULL)
            print_message("%s: %zu encodings\n", codec->level, checked);
    }
    assert_true(checked > 100000);
}

#ifdef CODEC_ORACLES

static size_t nettle_encode(enum codec_encoding encoding, unsigned char *output, const unsigned char *input,
                            size_t input_bytes)
{
    struct base64_encode_ctx context;
    size_t digits;

    if (encoding == CODEC_HEX) {
        base16_encode_update((char *)output, input_bytes, input);
        return 2 * input_bytes;
    }
    if (encoding == CODEC_BASE64)
        base64_encode_init(&context);
    else
        base64url_encode_init(&context);
    digits = base64_encode_update(&context, (char *)output, input_bytes, input);
    digits += base64_encode_final(&context, (char *)output + digits);
    while (encoding == CODEC_BASE64URL && digits > 0 && output[digits - 1] == '=') /* nettle fills that up, too */
        digits--;
    return digits;
}

static size_t openssl_encode(enum codec_encoding encoding, unsigned char *output, const unsigned char *input,
                             size_t input_bytes)
{
    size_t digits = 0;

    if (encoding == CODEC_BASE64)
        return (size_t)EVP_EncodeBlock(output, input, (int)input_bytes);
    if (encoding == CODEC_HEX && input_bytes > 0) { /* as pairs of upper case with a separator that is asked for */
        char text[2 * LENGTHS + 4];

        assert_int_equal(OPENSSL_buf2hexstr_ex(text, sizeof text, &digits, input, input_bytes, '\0'), 1);
        digits = strlen(text);
        for (size_t i = 0; i < digits; i++)
            output[i] = (unsigned char)(text[i] >= 'A' ? text[i] + ('a' - 'A') : text[i]);
    }
    return digits;
}

/* All levels are the same as table16 (above); this one is as others have it, at every length. */
static void test_other_libraries(void **state)
{
    static unsigned char ours[2 * LENGTHS + 4], theirs[2 * LENGTHS + 4];
    bool end = false;

    (void)state;
    for (size_t index = 0; !end; index++) {
        const struct codec *codec = level_here(index, &end);

        for (size_t bytes = 0; codec != NULL && !stores_only(codec) && bytes < LENGTHS; bytes++)
            for (int e = CODEC_HEX; e <= CODEC_BASE64URL; e++) {
                const enum codec_encoding encoding = (enum codec_encoding)e;
                const unsigned char *input = input_room + bytes % 7;

                codec->encode[encoding](ours, input, bytes);
                assert_int_equal(nettle_encode(encoding, theirs, input, bytes), codec_encoded_bytes(encoding, bytes));
                assert_memory_equal(ours, theirs, codec_encoded_bytes(encoding, bytes));
                if (encoding == CODEC_BASE64URL) /* which OpenSSL lacks */
                    continue;
                assert_int_equal(openssl_encode(encoding, theirs, input, bytes), codec_encoded_bytes(encoding, bytes));
                assert_memory_equal(ours, theirs, codec_encoded_bytes(encoding, bytes));
            }
    }
}

#endif

static uint64_t next_random(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

/* Other contents than the pseudo-random ones of the room, among them runs of one byte, at places drawn with a fixed
 * seed: so many, or as many as there is time for. */
static void test_fuzz(void **state)
{
    const time_t until = time(NULL) + FUZZ_SECONDS;
    uint64_t random = UINT64_C(0x9e3779b97f4a7c15);
    size_t rounds = 0;

    (void)state;
    for (; rounds < FUZZ_ROUNDS && (rounds % 1024 != 0 || time(NULL) <= until); rounds++) {
        const size_t bytes = next_random(&random) % (next_random(&random) % 4 == 0 ? 2048 : 96);
        const size_t input_at = next_random(&random) % (ROOM_BYTES - bytes + 1);
        const enum codec_encoding encoding = (enum codec_encoding)(next_random(&random) % CODEC_ENCODINGS);
        const size_t output_at = next_random(&random) % (ROOM_BYTES - codec_encoded_bytes(encoding, bytes) + 1);
        const bool one_byte = next_random(&random) % 8 == 0;
        const unsigned char byte = (unsigned char)next_random(&random);
        bool end = false;

        for (size_t i = 0; i < bytes; i++)
            input_room[input_at + i] = one_byte ? byte : (unsigned char)(next_random(&random) >> 32);
        for (size_t index = 1; !end; index++) {
            const struct codec *codec = level_here(index, &end);

            if (codec == NULL || stores_only(codec))
                continue;
            expect(codec, encoding, input_room + input_at, bytes);
            check(codec, encoding, input_room + input_at, bytes, output_room + output_at);
        }
    }
    print_message("fuzz: %zu rounds\n", rounds);
    assert_true(rounds >= 1024);
}

/* Which level a CPU gets, and what it is told of those that it lacks. */
static void test_levels_by_name(void **state)
{
    const struct codec *codec = NULL;
    char message[128] = "";
    static const struct {
        unsigned cpu;
        const char *best, *lacking, *message;
    } cases[] = {
        {0, "table256", "ssse3", "codec ssse3: this CPU lacks ssse3"},
        {CODEC_SSSE3, "ssse3", "avx2", "codec avx2: this CPU lacks avx2 and bmi2"},
        {CODEC_SSSE3 | CODEC_AVX2, "avx2", "avx512vbmi", "codec avx512vbmi: this CPU lacks avx512vbmi"},
        {CODEC_SSSE3 | CODEC_AVX2, "avx2", "store64", "codec store64: this CPU lacks avx512vbmi"},
        {CODEC_SSSE3 | CODEC_AVX2 | CODEC_AVX512VBMI, "avx512vbmi", "neon", "codec neon: this CPU lacks neon"},
        {CODEC_NEON, "neon", "store32", "codec store32: this CPU lacks avx2 and bmi2"},
        {CODEC_NEON, "neon", "avx1024", "codec avx1024: no such level"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(codec_find_on(cases[i].cpu, "best", &codec, message, sizeof message), 0);
        assert_string_equal(codec->level, cases[i].best);
        assert_int_equal(codec_find_on(cases[i].cpu, cases[i].lacking, &codec, message, sizeof message), 1);
        assert_string_equal(message, cases[i].message);
        assert_string_equal(codec->level, cases[i].best);
        assert_int_equal(codec_find_on(cases[i].cpu, "table16", &codec, message, sizeof message), 0);
        assert_string_equal(codec->level, "table16");
    }
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init(); /* the compiler's own detection, which asks for the registers as well */
    assert_int_equal((codec_this_cpu() & CODEC_SSSE3) != 0, __builtin_cpu_supports("ssse3") != 0);
    assert_int_equal((codec_this_cpu() & CODEC_AVX2) != 0,
                     __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi2") != 0);
    assert_int_equal((codec_this_cpu() & CODEC_AVX512VBMI) != 0,
                     __builtin_cpu_supports("avx512vbmi") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0);
#endif
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_by_name),
        cmocka_unit_test(test_lengths_and_alignments),
#ifdef CODEC_ORACLES
        cmocka_unit_test(test_other_libraries),
#endif
        cmocka_unit_test(test_fuzz),
    };

    every = argc == 2 && strcmp(argv[1], "--every") == 0;
    return cmocka_run_group_tests(tests, set_up, NULL);
}
