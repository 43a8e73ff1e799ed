/*
 * The shared codec: the vectors of RFC 4648 section 10 (hex in lower case, base64url without padding), the slow oracle
 * for every length to 300 at every alignment, and nothing written beyond what codec_encoded_bytes() says.
 */
#include "codec.h"
#include "conformance_oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define GUARD_BYTES 64
#define GUARD       0xa5

struct vector {
    enum codec_encoding encoding;
    const char *input, *output;
};

static const struct vector vectors[] = {
    {CODEC_HEX, "", ""},
    {CODEC_HEX, "f", "66"},
    {CODEC_HEX, "fo", "666f"},
    {CODEC_HEX, "foo", "666f6f"},
    {CODEC_HEX, "foob", "666f6f62"},
    {CODEC_HEX, "fooba", "666f6f6261"},
    {CODEC_HEX, "foobar", "666f6f626172"},
    {CODEC_HEX, "\xff\x80\x7f\x0a\x09\xf0\x0f\x99\xab", "ff807f0a09f00f99ab"},
    {CODEC_BASE64, "", ""},
    {CODEC_BASE64, "f", "Zg=="},
    {CODEC_BASE64, "fo", "Zm8="},
    {CODEC_BASE64, "foo", "Zm9v"},
    {CODEC_BASE64, "foob", "Zm9vYg=="},
    {CODEC_BASE64, "fooba", "Zm9vYmE="},
    {CODEC_BASE64, "foobar", "Zm9vYmFy"},
    {CODEC_BASE64, "\xfb\xff\xbf\xfb", "+/+/+w=="},
    {CODEC_BASE64URL, "", ""},
    {CODEC_BASE64URL, "f", "Zg"},
    {CODEC_BASE64URL, "fo", "Zm8"},
    {CODEC_BASE64URL, "foo", "Zm9v"},
    {CODEC_BASE64URL, "foob", "Zm9vYg"},
    {CODEC_BASE64URL, "fooba", "Zm9vYmE"},
    {CODEC_BASE64URL, "foobar", "Zm9vYmFy"},
    {CODEC_BASE64URL, "\xfb\xff\xbf\xfb", "-_-_-w"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *vector = &vectors[i];
        size_t input_bytes = strlen(vector->input), output_bytes;
        unsigned char output[32];
        unsigned char *expected =
            oracle_encode(vector->encoding, (const unsigned char *)vector->input, input_bytes, &output_bytes);

        assert_int_equal(codec_encoded_bytes(vector->encoding, input_bytes), strlen(vector->output));
        codec_encode(vector->encoding, output, (const unsigned char *)vector->input, input_bytes);
        assert_memory_equal(output, vector->output, strlen(vector->output));
        assert_int_equal(output_bytes, strlen(vector->output)); /* the oracle stands on the same vectors */
        assert_memory_equal(expected, vector->output, output_bytes);
        free(expected);
    }
}

static void check_against_oracle(enum codec_encoding encoding, const unsigned char *input, size_t input_bytes,
                                 size_t output_shift)
{
    static unsigned char output[GUARD_BYTES + 1024 + GUARD_BYTES];
    unsigned char *start = output + GUARD_BYTES + output_shift;
    size_t output_bytes;
    unsigned char *expected = oracle_encode(encoding, input, input_bytes, &output_bytes);

    memset(output, GUARD, sizeof output);
    assert_int_equal(codec_encoded_bytes(encoding, input_bytes), output_bytes);
    codec_encode(encoding, start, input, input_bytes);
    assert_memory_equal(start, expected, output_bytes);
    for (unsigned char *byte = output; byte < start; byte++)
        assert_int_equal(*byte, GUARD);
    for (unsigned char *byte = start + output_bytes; byte < output + sizeof output; byte++)
        assert_int_equal(*byte, GUARD);
    free(expected);
}

static void test_lengths_and_alignments(void **state)
{
    unsigned char input[512];
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < sizeof input; i++) {
        random = random * 1664525u + 1013904223u;
        input[i] = (unsigned char)(random >> 24);
    }
    for (int encoding = CODEC_HEX; encoding <= CODEC_BASE64URL; encoding++)
        for (size_t bytes = 0; bytes <= 300; bytes++)
            for (size_t shift = 0; shift < 16; shift++)
                check_against_oracle((enum codec_encoding)encoding, input + shift, bytes, 15 - shift);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_lengths_and_alignments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
