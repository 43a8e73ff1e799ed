/*
 * What workloads share whose codec is chosen by name at set-up (codec_levels.h). The loop calls it through a pointer,
 * once an op. A workload is offered on the architecture that has the level, and measured where the CPU has it: `lacks`
 * says else what is missing.
 */
#ifndef ENCBENCH_CODEC_CHOICE_H
#define ENCBENCH_CODEC_CHOICE_H

#include "codec_levels.h"

/* LEVEL(..., level) for each of this architecture: those beyond table16, and the kernels that only store. */
#ifdef __x86_64__
#define WORKLOAD_CODEC_LEVELS(LEVEL, ...)                                                                              \
    LEVEL(__VA_ARGS__, table256)                                                                                       \
    LEVEL(__VA_ARGS__, ssse3)                                                                                          \
    LEVEL(__VA_ARGS__, avx2)                                                                                           \
    LEVEL(__VA_ARGS__, avx512vbmi)
#define WORKLOAD_CODEC_STORES(LEVEL, ...)                                                                              \
    LEVEL(__VA_ARGS__, store16)                                                                                        \
    LEVEL(__VA_ARGS__, store32)                                                                                        \
    LEVEL(__VA_ARGS__, store64)
#else
#define WORKLOAD_CODEC_LEVELS(LEVEL, ...)                                                                              \
    LEVEL(__VA_ARGS__, table256)                                                                                       \
    LEVEL(__VA_ARGS__, neon)
#define WORKLOAD_CODEC_STORES(LEVEL, ...) LEVEL(__VA_ARGS__, store16)
#endif

/* NULL where this CPU lacks it. */
static inline const struct codec *workload_codec(const char *level)
{
    const struct codec *codec = NULL;
    char message[128];

    return codec_find(level, &codec, message, sizeof message) == 0 ? codec : NULL;
}

/* To the compiler: one was chosen, so that table16 by its name is no other way. */
#define WORKLOAD_CODEC_CHOSEN(codec)                                                                                   \
    do {                                                                                                               \
        if ((codec) == NULL)                                                                                           \
            __builtin_unreachable();                                                                                   \
    } while (0)

/* `lacks` of a workload's row. */
#define WORKLOAD_CODEC_LACKS(unused, level)                                                                            \
    static inline int workload_codec_lacks_##level(char *reason, size_t reason_bytes)                                  \
    {                                                                                                                  \
        const struct codec *codec;                                                                                     \
                                                                                                                       \
        return codec_find(#level, &codec, reason, reason_bytes);                                                       \
    }
WORKLOAD_CODEC_LACKS(, best)
WORKLOAD_CODEC_LACKS(, table16)
WORKLOAD_CODEC_LEVELS(WORKLOAD_CODEC_LACKS, )
WORKLOAD_CODEC_STORES(WORKLOAD_CODEC_LACKS, )
#undef WORKLOAD_CODEC_LACKS

#endif
