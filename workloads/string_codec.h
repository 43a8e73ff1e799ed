/*
 * The op of to_string and base64 with other levels of the codec (codec_levels.h): 1 KiB encoded into a fresh string
 * that is freed. `best` is offered by every design, because it shows what a table no longer hides; what each level
 * makes of the whole op, by the design that does nothing else.
 */
#include "codec_choice.h"

#ifdef ENCBUF_POOL_DIRECT
#define WORKLOAD_STRING_EACH(LEVEL) WORKLOAD_CODEC_LEVELS(LEVEL, hex, CODEC_HEX)
#else
#define WORKLOAD_STRING_EACH(LEVEL)
#endif
#define WORKLOAD_STRING_LEVELS(LEVEL)                                                                                  \
    LEVEL(hex, CODEC_HEX, best)                                                                                        \
    LEVEL(base64, CODEC_BASE64, best)                                                                                  \
    WORKLOAD_STRING_EACH(LEVEL)

#ifdef WORKLOAD_TABLE

#define WORKLOAD_STRING_LEVEL_ROW(encoding_name, encoding_value, level_name)                                           \
    {                                                                                                                  \
        .name = "to_string:encoding=" #encoding_name ":size=1024:codec=" #level_name,                                  \
        .short_name = #encoding_name "_1k_" #level_name,                                                               \
        .op = "1024 bytes encoded to " #encoding_name " by codec " #level_name " into a fresh string that is freed",   \
        .input_bytes = WORKLOAD_STRING_LEVEL_INPUT_BYTES,                                                              \
        .bytes_per_op =                                                                                                \
            encoding_value == CODEC_HEX ? 2 * WORKLOAD_STRING_LEVEL_INPUT_BYTES : WORKLOAD_BASE64_OUTPUT_BYTES,        \
        .batch_multiple_ops = 1,                                                                                       \
        .rewarm_ops = 12,                                                                                              \
        .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256),                                                         \
        .threads_max = 1,                                                                                              \
        .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH,                                                     \
        .digest = workload_string_digest_##encoding_name##_##level_name,                                               \
        .setup = workload_string_setup_##level_name,                                                                   \
        .run = workload_string_##encoding_name##_run,                                                                  \
        .teardown = workload_string_teardown,                                                                          \
        .lacks = workload_codec_lacks_##level_name,                                                                    \
    },
WORKLOAD_STRING_LEVELS(WORKLOAD_STRING_LEVEL_ROW)
#undef WORKLOAD_STRING_LEVEL_ROW

#else

#include "string_loop.h"

#define WORKLOAD_STRING_LEVEL_INPUT_BYTES 1024

static uint64_t workload_string_hex_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_string *self = state;

    (void)thread;
    WORKLOAD_CODEC_CHOSEN(self->codec);
    return workload_string_loop_by(self->codec, self, CODEC_HEX, n);
}

static uint64_t workload_string_base64_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_string *self = state;

    (void)thread;
    WORKLOAD_CODEC_CHOSEN(self->codec);
    return workload_string_loop_by(self->codec, self, CODEC_BASE64, n);
}

#define WORKLOAD_STRING_LEVEL_SETUP(unused, level)                                                                     \
    static inline int workload_string_setup_##level(struct encbench_host *host, uint64_t seed, void **state,           \
                                                    char *message, size_t message_bytes)                               \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_string_setup_level(host, #level, WORKLOAD_STRING_LEVEL_INPUT_BYTES, 1, state, message,         \
                                           message_bytes);                                                             \
    }
WORKLOAD_STRING_LEVEL_SETUP(, best)
WORKLOAD_CODEC_LEVELS(WORKLOAD_STRING_LEVEL_SETUP, )
#undef WORKLOAD_STRING_LEVEL_SETUP

/* 0 where this CPU lacks the codec, of which set-up gives the reason. */
#define WORKLOAD_STRING_LEVEL_DIGEST(encoding_name, encoding_value, level)                                             \
    static uint64_t workload_string_digest_##encoding_name##_##level(struct encbench_host *host, uint64_t seed)        \
    {                                                                                                                  \
        const struct codec *codec = workload_codec(#level);                                                            \
                                                                                                                       \
        (void)seed; /* the host's input is a function of it */                                                         \
        return codec == NULL                                                                                           \
                   ? 0                                                                                                 \
                   : workload_string_digest_by(codec, host, encoding_value, WORKLOAD_STRING_LEVEL_INPUT_BYTES - 2,     \
                                               WORKLOAD_STRING_LEVEL_INPUT_BYTES);                                     \
    }
WORKLOAD_STRING_LEVELS(WORKLOAD_STRING_LEVEL_DIGEST)
#undef WORKLOAD_STRING_LEVEL_DIGEST

#endif
#undef WORKLOAD_STRING_EACH
#undef WORKLOAD_STRING_LEVELS
