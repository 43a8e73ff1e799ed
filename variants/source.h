/*
 * Where the input of an op lies: what get puts into the field, where the axis mmap_res says that it puts anything
 * there.
 *
 * In the variants `assigned` and `retained` every get takes a reference to the current source's mapping: one of the
 * pool's own from set-up to teardown, unless a workload has set another. Everywhere else a source is of no consequence.
 */
#ifndef ENCBUF_SOURCE_H
#define ENCBUF_SOURCE_H

#include "axes.h"
#include "mapping.h"

#ifdef ENCBUF_ASSIGNS_MMAP_RES

#define ENCBUF_SOURCE_BYTES 4096

static struct mapping *encbuf_source;     /* borrowed */
static struct mapping *encbuf_source_own; /* from set-up to teardown */

/* NULL: the pool's own again. Must not run beside get. */
static inline void encbuf_source_set(struct mapping *mapping)
{
    encbuf_source = mapping == NULL ? encbuf_source_own : mapping;
}

static inline void encbuf_source_open(void)
{
    int file = mapping_file_create(ENCBUF_SOURCE_BYTES);

    encbuf_source_own = file < 0 ? NULL : mapping_create(file, ENCBUF_SOURCE_BYTES);
    if (encbuf_source_own == NULL) {
        perror("encbuf: a temporary file to map, in TMPDIR or /tmp");
        abort();
    }
    close(file);
    encbuf_source_set(NULL);
}

static inline void encbuf_source_close(void)
{
    mapping_release(encbuf_source_own);
    encbuf_source = encbuf_source_own = NULL;
}

#else

static inline void encbuf_source_set(struct mapping *mapping)
{
    (void)mapping;
}

static inline void encbuf_source_open(void)
{
}

static inline void encbuf_source_close(void)
{
}

#endif

#endif
