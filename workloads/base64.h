/*
 * base64 and base64url: 1 KiB encoded into a fresh string that is freed; for the rest the op is to_string's.
 */
#ifdef WORKLOAD_TABLE

{
    .name = "to_string:encoding=base64:size=1024:codec=table64",
    .short_name = "base64_1k",
    .op = "1024 bytes encoded to base64 into a fresh string that is freed",
    .input_bytes = WORKLOAD_BASE64_INPUT_BYTES,
    .bytes_per_op = WORKLOAD_BASE64_OUTPUT_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 12,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256),
    .threads_max = 1,
    .flags = WORKLOAD_TIMED | ENCBENCH_EXACT,
    .digest = workload_base64_digest,
    .setup = workload_base64_setup,
    .run = workload_base64_run,
    .teardown = workload_string_teardown,
},
    {
        .name = "to_string:encoding=base64url:size=1024:codec=table64",
        .short_name = "base64url_1k",
        .op = "1024 bytes encoded to base64url into a fresh string that is freed",
        .input_bytes = WORKLOAD_BASE64_INPUT_BYTES,
        .bytes_per_op = WORKLOAD_BASE64URL_OUTPUT_BYTES,
        .batch_multiple_ops = 1,
        .rewarm_ops = 12,
        .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256),
        .threads_max = 1,
        .flags = WORKLOAD_TIMED | ENCBENCH_EXACT,
        .digest = workload_base64url_digest,
        .setup = workload_base64_setup,
        .run = workload_base64url_run,
        .teardown = workload_string_teardown,
    },

#else

#include "string_loop.h"

#define WORKLOAD_BASE64_INPUT_BYTES     1024
#define WORKLOAD_BASE64_OUTPUT_BYTES    1368
#define WORKLOAD_BASE64URL_OUTPUT_BYTES 1366

static int workload_base64_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                 size_t message_bytes)
{
    (void)seed;
    return workload_string_setup(host, WORKLOAD_BASE64_INPUT_BYTES, 1, state, message, message_bytes);
}

static uint64_t workload_base64_run(void *state, unsigned thread, uint64_t n)
{
    (void)thread;
    return workload_string_loop(state, CODEC_BASE64, n);
}

static uint64_t workload_base64_digest(struct encbench_host *host, uint64_t seed)
{
    (void)seed; /* the host's input is a function of it */
    return workload_string_digest(host, CODEC_BASE64, WORKLOAD_BASE64_INPUT_BYTES - 2, WORKLOAD_BASE64_INPUT_BYTES);
}

static uint64_t workload_base64url_run(void *state, unsigned thread, uint64_t n)
{
    (void)thread;
    return workload_string_loop(state, CODEC_BASE64URL, n);
}

static uint64_t workload_base64url_digest(struct encbench_host *host, uint64_t seed)
{
    (void)seed; /* the host's input is a function of it */
    return workload_string_digest(host, CODEC_BASE64URL, WORKLOAD_BASE64_INPUT_BYTES - 2, WORKLOAD_BASE64_INPUT_BYTES);
}

#endif
