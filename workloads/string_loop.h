/*
 * What the workloads share whose op is: bytes encoded into a fresh string that is freed. Each has a run function of its
 * own around workload_string_loop an encoding, so that it is a constant in its loop; sizes come from memory.
 */
#ifndef ENCBENCH_STRING_LOOP_H
#define ENCBENCH_STRING_LOOP_H

#include "encode.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

struct workload_string {
    const struct encbench_host *host;
    size_t input_bytes;
    uint64_t planted_times;    /* read by a planted module only */
    const struct codec *codec; /* NULL: table16 by its name */
};

/* With a level of the codec; NULL: table16, which is called by its name. */
static inline int workload_string_setup_level(struct encbench_host *host, const char *level, size_t input_bytes,
                                              uint64_t planted_times, void **state, char *message, size_t message_bytes)
{
    struct workload_string *self;
    const struct codec *codec = NULL;

    if (level != NULL && codec_find(level, &codec, message, message_bytes) != 0)
        return 1;
    if (host->input_bytes < input_bytes) {
        snprintf(message, message_bytes, "the host's input has %zu bytes, expected at least %zu", host->input_bytes,
                 input_bytes);
        return 1;
    }
    self = malloc(sizeof *self);
    if (self == NULL) {
        snprintf(message, message_bytes, "out of memory");
        return 1;
    }
    *self = (struct workload_string){
        .host = host, .input_bytes = input_bytes, .planted_times = planted_times, .codec = codec};
    encbuf_pool_setup();
    *state = self;
    return 0;
}

static inline int workload_string_setup(struct encbench_host *host, size_t input_bytes, uint64_t planted_times,
                                        void **state, char *message, size_t message_bytes)
{
    return workload_string_setup_level(host, NULL, input_bytes, planted_times, state, message, message_bytes);
}

ENCBUF_HOT uint64_t workload_string_loop_by(const struct codec *codec, const struct workload_string *self,
                                            enum codec_encoding encoding, uint64_t n)
{
    struct encbench_inputs inputs = encbench_inputs(self->host);
    const size_t size = self->input_bytes;
    uint64_t bytes = 0;

    for (uint64_t i = 0; i < n; i++) {
        const unsigned char *source = encbench_next_input(&inputs);
        unsigned char *string;
        size_t string_bytes;

        WORKLOAD_PLANT_TIMES(source, 256, self->planted_times);
        string = encode_to_string_by(codec, encoding, source, size, &string_bytes);
        WORKLOAD_CONSUME(string);
        bytes += string_bytes;
        free(string);
    }
    return bytes;
}

ENCBUF_HOT uint64_t workload_string_loop(const struct workload_string *self, enum codec_encoding encoding, uint64_t n)
{
    return workload_string_loop_by(NULL, self, encoding, n);
}

/* Where the buffer lies that the ops take. */
static inline size_t workload_string_objects(void *state, struct encbench_object *objects)
{
    const struct workload_string *self = state;

    return workload_buffer_objects(codec_encoded_bytes(CODEC_HEX, self->input_bytes), objects);
}

static inline void workload_string_teardown(void *state)
{
    encbuf_pool_teardown();
    free(state);
}

/* All output bytes of a few ops in a row, `first` to `last` bytes of input, so that a reused buffer shows. */
static inline uint64_t workload_string_digest_by(const struct codec *codec, const struct encbench_host *host,
                                                 enum codec_encoding encoding, size_t first, size_t last)
{
    uint64_t hash = WORKLOAD_HASH_START;

    encbuf_pool_setup();
    for (size_t bytes = first; bytes <= last; bytes++) {
        size_t string_bytes;
        unsigned char *string = encode_to_string_by(codec, encoding, host->input, bytes, &string_bytes);

        hash = workload_hash(hash, &string_bytes, sizeof string_bytes);
        hash = workload_hash(hash, string, string_bytes);
        free(string);
    }
    encbuf_pool_teardown();
    return hash;
}

static inline uint64_t workload_string_digest(const struct encbench_host *host, enum codec_encoding encoding,
                                              size_t first, size_t last)
{
    return workload_string_digest_by(NULL, host, encoding, first, last);
}

#endif
