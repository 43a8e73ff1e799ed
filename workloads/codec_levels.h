/*
 * The codec as a level of a workload: the same encoders (codec.h) with other instructions, chosen by name once at
 * set-up and called through a pointer, which is how programs that must run everywhere dispatch.
 *
 *   table16     the original's, 16 or 64 entries a byte each (codec.c)
 *   table256    two digits a look-up: 256 entries for hex, 4096 for base64
 *   ssse3 avx2 avx512vbmi   x86-64
 *   neon        aarch64
 *   best        the last of those above that this CPU has
 *   store16 store32 store64 no codec: as many bytes stored as the encoder of that vector width stores, and nothing
 * read; what is left of an encoder's time when encoding is free
 *
 * As codec.h promises: nothing is allocated, exactly codec_encoded_bytes() bytes are written and exactly the input is
 * read, at any alignment. From 16 bytes of input on the vector levels have no loop up to 64 bytes: two vectors that
 * overlap, or one under a mask (neon, which loads bytes in threes, encodes base64 so from 24 bytes on).
 *
 * A library of its own beside codec.c's, so that this one's changes move nothing in that one's.
 */
#ifndef ENCBENCH_CODEC_LEVELS_H
#define ENCBENCH_CODEC_LEVELS_H

#include "codec.h"

enum { CODEC_ENCODINGS = CODEC_BASE64URL + 1 };

typedef void codec_function(unsigned char *output, const unsigned char *input, size_t input_bytes);

struct codec {
    const char *level;
    codec_function *encode[CODEC_ENCODINGS]; /* by enum codec_encoding */
};

/* What a CPU has, and the system saves the registers of. */
enum codec_needs { CODEC_SSSE3 = 1, CODEC_AVX2 = 2, CODEC_AVX512VBMI = 4, CODEC_NEON = 8 };

/* 0; or 1 with a message of one line, "codec avx512vbmi: this CPU lacks avx512vbmi", and *codec untouched. */
int codec_find(const char *level, const struct codec **codec, char *message, size_t message_bytes);
/* The same on a CPU that has just that: bits of enum codec_needs. */
int codec_find_on(unsigned cpu, const char *level, const struct codec **codec, char *message, size_t message_bytes);
unsigned codec_this_cpu(void);

/* All levels but `best` in the order above, whether this CPU has them or not; NULL behind the last. */
const struct codec *codec_level(size_t index);

#endif
