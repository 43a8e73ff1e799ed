/*
 * Buffers that are got several at once and written to, in whatever design, and what of their memory is kept at rest.
 * Without a buffer (pool direct) the memory is a string.
 *
 *   held      data of the buffers that rest in the pool, in bytes
 *   resident  of it, whole pages that are in memory, as far as a caller wrote; what lies beyond is the allocator's
 * chance
 */
#ifndef ENCBENCH_AT_REST_H
#define ENCBENCH_AT_REST_H

#include "encode.h"
#include "pool_metrics.h"
#include "workload.h"

#include <stdbool.h>
#include <sys/mman.h>

#define WORKLOAD_PAGE_BYTES 4096 /* a byte in each is written to */

struct workload_at_rest_buffer {
    unsigned char *data;
#ifndef ENCBUF_POOL_DIRECT
    struct encbuf frame, *buffer;
#endif
};

/* Got and written to. Returns the bytes of data that it has. */
ENCBUF_HOT size_t workload_at_rest_get(struct workload_at_rest_buffer *self, size_t bytes)
{
    size_t capacity = bytes;

#ifdef ENCBUF_POOL_DIRECT
    self->data = encbuf_allocate(bytes);
#else
    self->buffer = encbuf_get(&self->frame, bytes);
    self->data = self->buffer->data;
    capacity = self->buffer->capacity;
#endif
    for (size_t at = 0; at < bytes; at += WORKLOAD_PAGE_BYTES)
        self->data[at] = 1;
    WORKLOAD_CONSUME(self->data);
    return capacity;
}

ENCBUF_HOT void workload_at_rest_put(struct workload_at_rest_buffer *self)
{
#ifdef ENCBUF_POOL_DIRECT
    free(self->data);
#else
    encbuf_put(self->buffer);
#endif
}

/* Bytes of the whole pages within the first `bytes` bytes of `data`. */
static inline size_t workload_pages_within(const unsigned char *data, size_t bytes)
{
    const uintptr_t start = (uintptr_t)data, mask = ~(uintptr_t)(WORKLOAD_PAGE_BYTES - 1);
    const uintptr_t first = (start + WORKLOAD_PAGE_BYTES - 1) & mask, end = (start + bytes) & mask;

    return end > first ? end - first : 0;
}

#ifdef ENCBUF_POOLED

static inline size_t workload_at_rest_bytes(void)
{
    return encbuf_pool_rest().data_bytes;
}

/* One class's, or what was written of what rests. */
struct workload_at_rest_sum {
    size_t capacity, written_bytes;
    size_t bytes, resident_bytes, absent_pages;
};

/* Those that are in memory. */
static inline size_t workload_resident_bytes(const unsigned char *data, size_t bytes)
{
    const size_t within = workload_pages_within(data, bytes);
    const uintptr_t first = ((uintptr_t)data + WORKLOAD_PAGE_BYTES - 1) & ~(uintptr_t)(WORKLOAD_PAGE_BYTES - 1);
    unsigned char resident[256];
    size_t pages = 0;

    for (size_t at = 0; at < within; at += sizeof resident * WORKLOAD_PAGE_BYTES) {
        const size_t left =
            within - at < sizeof resident * WORKLOAD_PAGE_BYTES ? within - at : sizeof resident * WORKLOAD_PAGE_BYTES;

        if (mincore((void *)(first + at), left, resident) != 0)
            return 0;
        for (size_t i = 0; i < left / WORKLOAD_PAGE_BYTES; i++)
            pages += resident[i] & 1;
    }
    return pages * WORKLOAD_PAGE_BYTES;
}

static inline void workload_at_rest_add(struct encbuf **place, void *context)
{
    const struct encbuf *buffer = *place;
    struct workload_at_rest_sum *sum = context;
    const size_t written = buffer->length < buffer->capacity ? buffer->length : buffer->capacity;

    if (buffer->capacity == sum->capacity)
        sum->bytes += buffer->capacity;
    if (buffer->length == sum->written_bytes) {
        const size_t resident = workload_resident_bytes(buffer->data, written);

        sum->resident_bytes += resident;
        sum->absent_pages += (workload_pages_within(buffer->data, written) - resident) / WORKLOAD_PAGE_BYTES;
    }
}

/* Of the class of so many bytes. */
static inline size_t workload_at_rest_bytes_of(size_t capacity)
{
    struct workload_at_rest_sum sum = {.capacity = capacity, .written_bytes = SIZE_MAX};

    encbuf_kept_visit(workload_at_rest_add, &sum);
    return sum.bytes;
}

/* Of buffers that were last got for so many bytes and have not been got since. */
static inline size_t workload_at_rest_resident_bytes(size_t written_bytes)
{
    struct workload_at_rest_sum sum = {.written_bytes = written_bytes};

    encbuf_kept_visit(workload_at_rest_add, &sum);
    return sum.resident_bytes;
}

static inline size_t workload_at_rest_pages_not_resident(size_t written_bytes)
{
    struct workload_at_rest_sum sum = {.written_bytes = written_bytes};

    encbuf_kept_visit(workload_at_rest_add, &sum);
    return sum.absent_pages;
}

#else

static inline size_t workload_at_rest_bytes(void)
{
    return 0;
}

static inline size_t workload_at_rest_resident_bytes(size_t written_bytes)
{
    (void)written_bytes;
    return 0;
}

static inline size_t workload_at_rest_pages_not_resident(size_t written_bytes)
{
    (void)written_bytes;
    return 0;
}

#endif

#endif
