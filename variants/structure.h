/*
 * struct encbuf: fields in the original's order and sizes, so that it lays out as the original did.
 * The axis mmap_res decides whether the disputed field is there and where.
 */
#ifndef ENCBUF_STRUCTURE_H
#define ENCBUF_STRUCTURE_H

#include "axes.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct mapping;

#ifdef ENCBUF_REFS_PLAIN
typedef uint32_t encbuf_word;
#else
typedef _Atomic uint32_t encbuf_word;
#endif

struct encbuf {
    unsigned char *data;
    size_t length;
    size_t capacity;
    encbuf_word refs;
#ifdef ENCBUF_MMAP_RES_IN_PLACE
    struct mapping *mmap_res;
#endif
    encbuf_word released;
#ifdef ENCBUF_MMAP_RES_PACKED
    struct mapping *mmap_res;
#endif
};

/* ENCBUF_FIELDS(FIELD): the fields in order of offset, for the module's layout table. */
#if defined(ENCBUF_MMAP_RES_IN_PLACE)
#define ENCBUF_FIELDS(FIELD) FIELD(data) FIELD(length) FIELD(capacity) FIELD(refs) FIELD(mmap_res) FIELD(released)
#define ENCBUF_BYTES         48
_Static_assert(offsetof(struct encbuf, mmap_res) == 32, "a hole of 4 bytes before the field");
_Static_assert(offsetof(struct encbuf, released) == 40, "and another one after the flag");
#elif defined(ENCBUF_MMAP_RES_PACKED)
#define ENCBUF_FIELDS(FIELD) FIELD(data) FIELD(length) FIELD(capacity) FIELD(refs) FIELD(released) FIELD(mmap_res)
#define ENCBUF_BYTES         40
_Static_assert(offsetof(struct encbuf, released) == 28, "the flag fills the hole after the count");
_Static_assert(offsetof(struct encbuf, mmap_res) == 32, "the field follows without a hole");
#elif defined(ENCBUF_MMAP_RES_REMOVED)
#define ENCBUF_FIELDS(FIELD) FIELD(data) FIELD(length) FIELD(capacity) FIELD(refs) FIELD(released)
#define ENCBUF_BYTES         32
_Static_assert(offsetof(struct encbuf, released) == 28, "the flag follows the count without a hole");
#endif

_Static_assert(sizeof(struct encbuf) == ENCBUF_BYTES, "laid out as the original");
_Static_assert(offsetof(struct encbuf, data) == 0, "pointer, length, capacity, as a slice");
_Static_assert(offsetof(struct encbuf, length) == 8, "pointer, length, capacity, as a slice");
_Static_assert(offsetof(struct encbuf, capacity) == 16, "pointer, length, capacity, as a slice");
_Static_assert(offsetof(struct encbuf, refs) == 24, "count after the slice");
_Static_assert(sizeof(((struct encbuf *)0)->refs) == 4 && sizeof(((struct encbuf *)0)->released) == 4, "32-bit words");

#endif
