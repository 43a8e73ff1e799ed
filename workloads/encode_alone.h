/*
 * encode: the codec and nothing else, every level of it (codec_levels.h): 1 KiB or a digest's 32 bytes encoded into a
 * block that stays; and kernels that only store what it writes. What an encoder costs beside its stores is the ratio of
 * the two, of one run. The output is a block of malloc's, at whatever alignment callers have.
 *
 * Offered by two designs that differ in nothing here, direct and frame: what they differ by is what identical code
 * does.
 */
#include "codec_choice.h"

#define WORKLOAD_ENCODE_OF(LEVEL, encoding, value, label, size, bytes)                                                 \
    LEVEL(encoding, value, label, size, bytes, table16)                                                                \
    WORKLOAD_CODEC_LEVELS(LEVEL, encoding, value, label, size, bytes)                                                  \
    WORKLOAD_CODEC_STORES(LEVEL, encoding, value, label, size, bytes)
#define WORKLOAD_ENCODES(LEVEL)                                                                                        \
    WORKLOAD_ENCODE_OF(LEVEL, hex, CODEC_HEX, 1k, 1024, 2048)                                                          \
    WORKLOAD_ENCODE_OF(LEVEL, hex, CODEC_HEX, 32, 32, 64)                                                              \
    WORKLOAD_ENCODE_OF(LEVEL, base64, CODEC_BASE64, 1k, 1024, 1368)                                                    \
    WORKLOAD_ENCODE_OF(LEVEL, base64, CODEC_BASE64, 32, 32, 44)                                                        \
    LEVEL(base64url, CODEC_BASE64URL, 1k, 1024, 1366, best)

#ifdef WORKLOAD_TABLE

#if defined(ENCBUF_POOL_DIRECT) || defined(ENCBUF_POOL_FRAME)
#define WORKLOAD_ENCODE_ROW(encoding, value, label, size, bytes, level)                                                \
    {                                                                                                                  \
        .name = "encode:encoding=" #encoding ":size=" #size ":codec=" #level,                                          \
        .short_name = "encode_" #encoding "_" #label "_" #level,                                                       \
        .op = #size " bytes encoded to " #encoding " by codec " #level " into a block that stays",                     \
        .input_bytes = size,                                                                                           \
        .bytes_per_op = bytes,                                                                                         \
        .batch_multiple_ops = 1,                                                                                       \
        .rewarm_ops = 16,                                                                                              \
        .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(128),                                                         \
        .threads_max = 1,                                                                                              \
        .flags = WORKLOAD_TIMED | ENCBENCH_EXACT,                                                                      \
        .digest = workload_encode_digest_##encoding##_##label##_##level,                                               \
        .setup = workload_encode_setup_##encoding##_##label##_##level,                                                 \
        .run = workload_encode_run,                                                                                    \
        .teardown = workload_encode_teardown,                                                                          \
        .lacks = workload_codec_lacks_##level,                                                                         \
    },
WORKLOAD_ENCODES(WORKLOAD_ENCODE_ROW)
#undef WORKLOAD_ENCODE_ROW
#endif

#elif defined(ENCBUF_POOL_DIRECT) || defined(ENCBUF_POOL_FRAME)

#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

struct workload_encode {
    const struct encbench_host *host;
    codec_function *encode;
    unsigned char *output;
    size_t input_bytes, output_bytes;
};

static int workload_encode_setup(struct encbench_host *host, const char *level, enum codec_encoding encoding,
                                 size_t input_bytes, void **state, char *message, size_t message_bytes)
{
    const struct codec *codec;
    struct workload_encode *self;

    if (codec_find(level, &codec, message, message_bytes) != 0)
        return 1;
    if (host->input_bytes < input_bytes) {
        snprintf(message, message_bytes, "the host's input has %zu bytes, expected at least %zu", host->input_bytes,
                 input_bytes);
        return 1;
    }
    self = malloc(sizeof *self);
    if (self != NULL)
        *self = (struct workload_encode){.host = host,
                                         .encode = codec->encode[encoding],
                                         .output = malloc(codec_encoded_bytes(encoding, input_bytes)),
                                         .input_bytes = input_bytes,
                                         .output_bytes = codec_encoded_bytes(encoding, input_bytes)};
    if (self == NULL || self->output == NULL) {
        snprintf(message, message_bytes, "encode: out of memory");
        free(self);
        return 1;
    }
    *state = self;
    return 0;
}

static uint64_t workload_encode_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_encode *self = state;
    struct encbench_inputs inputs = encbench_inputs(self->host);
    codec_function *const encode = self->encode;
    unsigned char *output = self->output;
    const size_t input_bytes = self->input_bytes, output_bytes = self->output_bytes;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        const unsigned char *source = encbench_next_input(&inputs);

        WORKLOAD_PLANT(source, 128);
        encode(output, source, input_bytes);
        WORKLOAD_CONSUME(output);
    }
    return n * output_bytes;
}

static void workload_encode_teardown(void *state)
{
    struct workload_encode *self = state;

    free(self->output);
    free(self);
}

/* Of an op's output; 0 where this CPU lacks the codec, of which set-up gives the reason. */
static uint64_t workload_encode_digest(struct encbench_host *host, const char *level, enum codec_encoding encoding,
                                       size_t input_bytes)
{
    uint64_t hash = 0;
    char message[128];
    void *state;

    if (workload_encode_setup(host, level, encoding, input_bytes, &state, message, sizeof message) == 0) {
        const struct workload_encode *self = state;

        self->encode(self->output, host->input, input_bytes);
        hash = workload_hash(WORKLOAD_HASH_START, self->output, self->output_bytes);
        workload_encode_teardown(state);
    }
    return hash;
}

#define WORKLOAD_ENCODE_FUNCTIONS(encoding, value, label, size, bytes, level)                                          \
    static int workload_encode_setup_##encoding##_##label##_##level(struct encbench_host *host, uint64_t seed,         \
                                                                    void **state, char *message, size_t message_bytes) \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_encode_setup(host, #level, value, size, state, message, message_bytes);                        \
    }                                                                                                                  \
    static uint64_t workload_encode_digest_##encoding##_##label##_##level(struct encbench_host *host, uint64_t seed)   \
    {                                                                                                                  \
        (void)seed; /* the host's input is a function of it */                                                         \
        return workload_encode_digest(host, #level, value, size);                                                      \
    }
WORKLOAD_ENCODES(WORKLOAD_ENCODE_FUNCTIONS)
#undef WORKLOAD_ENCODE_FUNCTIONS

#endif
#undef WORKLOAD_ENCODE_OF
#undef WORKLOAD_ENCODES
