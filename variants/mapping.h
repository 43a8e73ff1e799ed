/*
 * A reference-counted mapping of a file: what the disputed field points to when anything points it anywhere.
 * The last release unmaps. Safe from any thread.
 */
#ifndef ENCBUF_MAPPING_H
#define ENCBUF_MAPPING_H

#include "axes.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct mapping {
    void *address;
    size_t bytes;
    _Atomic uint32_t refs;
};

/* The first `bytes` (not 0) of an open file, readable, with one reference, owned by the caller; NULL with errno set. */
static inline struct mapping *mapping_create(int file, size_t bytes)
{
    struct mapping *mapping = malloc(sizeof *mapping);

    if (mapping == NULL)
        return NULL;
    mapping->address = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (mapping->address == MAP_FAILED) {
        free(mapping);
        return NULL;
    }
    mapping->bytes = bytes;
    atomic_init(&mapping->refs, 1);
    return mapping;
}

ENCBUF_HOT void mapping_retain(struct mapping *mapping)
{
    atomic_fetch_add(&mapping->refs, 1);
}

ENCBUF_SLOW __attribute__((unused)) static void encbuf_unmap_slow(struct mapping *mapping)
{
    munmap(mapping->address, mapping->bytes);
    free(mapping);
}

/* Releasing inlined, for those to whom it is no exception. */
ENCBUF_HOT void mapping_release_inline(struct mapping *mapping)
{
    if (atomic_fetch_sub(&mapping->refs, 1) == 1)
        encbuf_unmap_slow(mapping);
}

/* Cold and out of line: in the variants where the field is never assigned, its call is what the null check guards. */
__attribute__((noinline, cold, unused)) static void mapping_release(struct mapping *mapping)
{
    mapping_release_inline(mapping);
}

/* A temporary file of `bytes` zeros without a name, in TMPDIR or else /tmp; the caller closes it. -1 with errno set. */
static inline int mapping_file_create(size_t bytes)
{
    const char *directory = getenv("TMPDIR");
    char path[4096];
    int file;

    snprintf(path, sizeof path, "%s/encbench-mapping-XXXXXX", directory == NULL ? "/tmp" : directory);
    file = mkstemp(path);
    if (file < 0)
        return -1;
    unlink(path);
    if (ftruncate(file, (off_t)bytes) == 0)
        return file;
    close(file);
    return -1;
}

/* Bytes of this process's address space that map the file, as the kernel says; -1 if it does not. */
static inline int64_t mapping_file_mapped_bytes(int file)
{
    char link[64], path[4096], line[4096 + 128];
    ssize_t path_bytes;
    int64_t bytes = 0;
    FILE *maps;

    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    path_bytes = readlink(link, path, sizeof path - 1);
    maps = fopen("/proc/self/maps", "re");
    if (path_bytes < 0 || maps == NULL) {
        if (maps != NULL)
            fclose(maps);
        return -1;
    }
    path[path_bytes] = '\0';
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;

        if (strstr(line, path) != NULL && sscanf(line, "%lx-%lx", &start, &end) == 2)
            bytes += (int64_t)(end - start);
    }
    fclose(maps);
    return bytes;
}

#endif
