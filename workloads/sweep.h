/*
 * sweep: to_string's op at 16 bytes to 16 MiB of input, hex; 1 KiB is to_string itself.
 *
 * The output is twice as long, so that 16 MiB is above the last class and every buffer for it is made and dropped.
 * The run function is to_string's. From 16 KiB on an op takes longer than re-warming would help.
 * The plant is one chain up to 1 KiB and one more for every further KiB: 5 to 20 % of an op on cores of 2020 to 2025.
 */
#define WORKLOAD_SWEEP_SIZES(SIZE)                                                                                     \
    SIZE(16, 16, "16 bytes")                                                                                           \
    SIZE(64, 64, "64 bytes")                                                                                           \
    SIZE(256, 256, "256 bytes")                                                                                        \
    SIZE(4k, 4096, "4 KiB")                                                                                            \
    SIZE(16k, 16384, "16 KiB")                                                                                         \
    SIZE(64k, 65536, "64 KiB")                                                                                         \
    SIZE(256k, 262144, "256 KiB")                                                                                      \
    SIZE(1m, 1048576, "1 MiB")                                                                                         \
    SIZE(4m, 4194304, "4 MiB")                                                                                         \
    SIZE(16m, 16777216, "16 MiB")

#ifdef WORKLOAD_TABLE

#define WORKLOAD_SWEEP_ROW(label, size, words)                                                                         \
    {                                                                                                                  \
        .name = "to_string:encoding=hex:size=" #size ":codec=table16",                                                 \
        .short_name = "to_string_" #label,                                                                             \
        .op = words " encoded to hex into a fresh string that is freed",                                               \
        .input_bytes = size,                                                                                           \
        .bytes_per_op = 2 * size,                                                                                      \
        .batch_multiple_ops = 1,                                                                                       \
        .rewarm_ops = size < 16384 ? 12 : 0,                                                                           \
        .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256 * WORKLOAD_SWEEP_TIMES(size)),                            \
        .threads_max = 1,                                                                                              \
        .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH,                                                     \
        .digest = workload_sweep_digest_##label,                                                                       \
        .setup = workload_sweep_setup_##label,                                                                         \
        .run = workload_to_string_run,                                                                                 \
        .teardown = workload_string_teardown,                                                                          \
    },
WORKLOAD_SWEEP_SIZES(WORKLOAD_SWEEP_ROW)
#undef WORKLOAD_SWEEP_ROW

#else

#include "string_loop.h"

/* Up to 64 KiB as long a plant per KiB as the 1 KiB op has, a seventh of it. Beyond, where pages lie makes processes
 * differ by more than that (1 MiB: an interval of 8 % either way over 20 of them), four times as long: half the op. */
#define WORKLOAD_SWEEP_TIMES(size) ((size) <= 1024 ? 1 : (size) / 1024 * ((size) > 65536 ? 4 : 1))

#define WORKLOAD_SWEEP_FUNCTIONS(label, size, words)                                                                   \
    static int workload_sweep_setup_##label(struct encbench_host *host, uint64_t seed, void **state, char *message,    \
                                            size_t message_bytes)                                                      \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_string_setup(host, size, WORKLOAD_SWEEP_TIMES(size), state, message, message_bytes);           \
    }                                                                                                                  \
    static uint64_t workload_sweep_digest_##label(struct encbench_host *host, uint64_t seed)                           \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_string_digest(host, CODEC_HEX, size, size);                                                    \
    }
WORKLOAD_SWEEP_SIZES(WORKLOAD_SWEEP_FUNCTIONS)

#endif
#undef WORKLOAD_SWEEP_SIZES
