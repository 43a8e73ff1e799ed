/*
 * A real file whose mappings are the sources of ops: where the input lies, and what the disputed field may point to.
 * Bytes still mapped are counted by asking the kernel, not by what the subject believes.
 */
#ifndef ENCBENCH_SOURCE_FILE_H
#define ENCBENCH_SOURCE_FILE_H

#include "source.h"
#include "workload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORKLOAD_SOURCE_BYTES 4096

/* A function of the seed. */
static inline void workload_source_contents(unsigned char contents[WORKLOAD_SOURCE_BYTES], uint64_t seed)
{
    uint64_t hash = workload_hash(WORKLOAD_HASH_START, &seed, sizeof seed);

    for (size_t i = 0; i < WORKLOAD_SOURCE_BYTES; i++) {
        hash = workload_hash(hash, &i, sizeof i);
        contents[i] = (unsigned char)(hash >> 32);
    }
}

/* A descriptor, closed by the caller; -1 with a message. */
static inline int workload_source_open(uint64_t seed, char *message, size_t message_bytes)
{
    unsigned char contents[WORKLOAD_SOURCE_BYTES];
    int file = mapping_file_create(WORKLOAD_SOURCE_BYTES);

    workload_source_contents(contents, seed);
    if (file >= 0 && pwrite(file, contents, sizeof contents, 0) == (ssize_t)sizeof contents)
        return file;
    snprintf(message, message_bytes, "a temporary file to map in TMPDIR or /tmp: %s", strerror(errno));
    if (file >= 0)
        close(file);
    return -1;
}

/* One more mapping of it; a process that cannot map a page ends, as one that cannot allocate does. */
static inline struct mapping *workload_source_map(int file)
{
    struct mapping *mapping = mapping_create(file, WORKLOAD_SOURCE_BYTES);

    if (mapping == NULL) {
        perror("a source that cannot be mapped");
        abort();
    }
    return mapping;
}

#endif
