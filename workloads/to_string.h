/*
 * to_string: the original's 958 ns op: 1 KiB encoded to hex, as a fresh string.
 *
 * One op: a buffer for the output got, the input encoded into it, a string of exactly the output's bytes malloc'ed,
 * the output copied into it, the buffer put, the string freed. A design without a buffer encodes into the string.
 * Freeing is part of the op in every variant, because a string that is never freed would measure a growing heap.
 *
 * Re-warming: after five other variants had run 25 us each, op by op (means of the middle 80 % of 3001 rounds on a
 * Zen 5), the unpooled variant was back at its steady level at the 9th op (1369 cycles at first, then 1295), the
 * pooled one at the 8th (1258, then 1231).
 */
#ifdef WORKLOAD_TABLE

{
    .name = "to_string:encoding=hex:size=1024:codec=table16",
    .short_name = "to_string_1k",
    .op = "1024 bytes encoded to hex into a fresh string that is freed",
    .input_bytes = WORKLOAD_TO_STRING_INPUT_BYTES,
    .bytes_per_op = 2 * WORKLOAD_TO_STRING_INPUT_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 12,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256),
    .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_HEAP,
    .digest = workload_to_string_digest,
    .setup = workload_to_string_setup,
    .run = workload_to_string_run,
    .teardown = workload_to_string_teardown,
},

#else

#include "encode.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

#define WORKLOAD_TO_STRING_INPUT_BYTES 1024

struct workload_to_string {
    const struct encbench_host *host;
    size_t input_bytes;
};

static int workload_to_string_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                    size_t message_bytes)
{
    struct workload_to_string *self;

    (void)seed;
    if (host->input_bytes < WORKLOAD_TO_STRING_INPUT_BYTES) {
        snprintf(message, message_bytes, "to_string: the host's input has %zu bytes, expected at least %d",
                 host->input_bytes, WORKLOAD_TO_STRING_INPUT_BYTES);
        return 1;
    }
    self = malloc(sizeof *self);
    if (self == NULL) {
        snprintf(message, message_bytes, "to_string: out of memory");
        return 1;
    }
    self->host = host;
    self->input_bytes = WORKLOAD_TO_STRING_INPUT_BYTES;
    encbuf_pool_setup();
    *state = self;
    return 0;
}

static uint64_t workload_to_string_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_to_string *self = state;
    const unsigned char *input = self->host->input;
    const size_t size = self->input_bytes;
    uint64_t bytes = 0;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        const unsigned char *source = input;
        unsigned char *string;
        size_t string_bytes;

        WORKLOAD_PLANT(source, 256);
        string = encode_to_string(CODEC_HEX, source, size, &string_bytes);
        WORKLOAD_CONSUME(string);
        bytes += string_bytes;
        free(string);
    }
    return bytes;
}

static void workload_to_string_teardown(void *state)
{
    encbuf_pool_teardown();
    free(state);
}

/* All output bytes of three ops in a row, so that a reused buffer shows. */
static uint64_t workload_to_string_digest(struct encbench_host *host, uint64_t seed)
{
    uint64_t hash = WORKLOAD_HASH_START;

    (void)seed; /* the host's input is a function of it */
    encbuf_pool_setup();
    for (size_t bytes = WORKLOAD_TO_STRING_INPUT_BYTES - 2; bytes <= WORKLOAD_TO_STRING_INPUT_BYTES; bytes++) {
        size_t string_bytes;
        unsigned char *string = encode_to_string(CODEC_HEX, host->input, bytes, &string_bytes);

        hash = workload_hash(hash, &string_bytes, sizeof string_bytes);
        hash = workload_hash(hash, string, string_bytes);
        free(string);
    }
    encbuf_pool_teardown();
    return hash;
}

#endif
