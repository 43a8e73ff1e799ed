/*
 * encode_to_string: the op that every design offers, whether it has a buffer or not: bytes in, a fresh string out.
 * The string is malloc'ed, holds exactly *string_bytes bytes (no terminator) and is freed by the caller.
 */
#ifndef ENCBUF_ENCODE_H
#define ENCBUF_ENCODE_H

#include "axes.h"
#include "codec_levels.h"

/* By table16, called by its name; or by the codec that set-up chose. Where the compiler knows which, one is left. */
ENCBUF_HOT void encode_by(const struct codec *codec, enum codec_encoding encoding, unsigned char *output,
                          const unsigned char *input, size_t input_bytes)
{
    if (codec == NULL)
        codec_encode(encoding, output, input, input_bytes);
    else
        codec->encode[encoding](output, input, input_bytes);
}

#ifdef ENCBUF_POOL_DIRECT

#include "memory.h"

ENCBUF_HOT unsigned char *encode_to_string_by(const struct codec *codec, enum codec_encoding encoding,
                                              const unsigned char *input, size_t input_bytes, size_t *string_bytes)
{
    unsigned char *string;

    *string_bytes = codec_encoded_bytes(encoding, input_bytes);
    string = encbuf_allocate(*string_bytes);
    encode_by(codec, encoding, string, input, input_bytes);
    return string;
}

static inline void encbuf_pool_setup(void)
{
}

static inline void encbuf_pool_teardown(void)
{
}

static inline void encbuf_epoch(void)
{
}

#else

#include "encbuf.h"

ENCBUF_HOT unsigned char *encode_to_string_by(const struct codec *codec, enum codec_encoding encoding,
                                              const unsigned char *input, size_t input_bytes, size_t *string_bytes)
{
    struct encbuf frame;
    encbuf_ref ref = encbuf_ref_get(&frame, codec_encoded_bytes(encoding, input_bytes));

    encode_by(codec, encoding, encbuf_of(ref)->data, input, input_bytes);
    *string_bytes = encbuf_of(ref)->length;
    return encbuf_ref_to_string(ref);
}

#endif

ENCBUF_HOT unsigned char *encode_to_string(enum codec_encoding encoding, const unsigned char *input, size_t input_bytes,
                                           size_t *string_bytes)
{
    return encode_to_string_by(NULL, encoding, input, input_bytes, string_bytes);
}

#endif
