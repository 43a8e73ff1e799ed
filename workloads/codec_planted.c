/*
 * A slower codec, the gate's control: a sixteenth of every input is encoded twice. More work, not a wait: what a chain
 * of dependent additions costs here, out-of-order execution hides.
 */
#include "codec.h"

static void plain_hex_table16(unsigned char *output, const unsigned char *input, size_t input_bytes);
static void plain_base64_table64(unsigned char *output, const unsigned char *input, size_t input_bytes);
static void plain_base64url_table64(unsigned char *output, const unsigned char *input, size_t input_bytes);

#define codec_hex_table16       plain_hex_table16
#define codec_base64_table64    plain_base64_table64
#define codec_base64url_table64 plain_base64url_table64
#include "codec.c"
#undef codec_hex_table16
#undef codec_base64_table64
#undef codec_base64url_table64

enum { PART = 16, HEX_STEP_BYTES = 8, BASE64_STEP_BYTES = 3 };

#define TWICE(codec, plain, step_bytes)                                                                                \
    void codec(unsigned char *output, const unsigned char *input, size_t input_bytes)                                  \
    {                                                                                                                  \
        plain(output, input, input_bytes / PART / (step_bytes) * (step_bytes));                                        \
        __asm__ volatile("" ::: "memory"); /* or the compiler would leave it out */                                    \
        plain(output, input, input_bytes);                                                                             \
    }

TWICE(codec_hex_table16, plain_hex_table16, HEX_STEP_BYTES)
TWICE(codec_base64_table64, plain_base64_table64, BASE64_STEP_BYTES)
TWICE(codec_base64url_table64, plain_base64url_table64, BASE64_STEP_BYTES)
