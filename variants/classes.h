/*
 * Size classes of the pooled variants (axis classes). `three`, `ten` and those fitted to a trace are found by a linear
 * scan, as the original's are; `fine`, four a doubling from 64 bytes up to the same 10 MiB, has 70 classes and computes
 * the index.
 */
#ifndef ENCBUF_CLASSES_H
#define ENCBUF_CLASSES_H

#include "axes.h"
#include "classes_fitted.h"

#include <stddef.h>

#define ENCBUF_KIB ((size_t)1 << 10)
#define ENCBUF_MIB ((size_t)1 << 20)

static const size_t encbuf_class_bytes[] = {
#ifdef ENCBUF_CLASSES_TEN
    8 * ENCBUF_KIB,   16 * ENCBUF_KIB,  32 * ENCBUF_KIB, 64 * ENCBUF_KIB, 128 * ENCBUF_KIB,
    256 * ENCBUF_KIB, 512 * ENCBUF_KIB, 1 * ENCBUF_MIB,  2 * ENCBUF_MIB,  10 * ENCBUF_MIB,
#elif defined(ENCBUF_CLASSES_THREE)
    64 * ENCBUF_KIB,
    2 * ENCBUF_MIB,
    10 * ENCBUF_MIB,
#elif defined(ENCBUF_CLASSES_FINE)
#define ENCBUF_FOUR(bytes) (bytes), (bytes) / 4 * 5, (bytes) / 4 * 6, (bytes) / 4 * 7
#define ENCBUF_FOUR_FOUR(bytes)                                                                                        \
    ENCBUF_FOUR(bytes), ENCBUF_FOUR(2 * (bytes)), ENCBUF_FOUR(4 * (bytes)), ENCBUF_FOUR(8 * (bytes))
    ENCBUF_FOUR_FOUR((size_t)64),
    ENCBUF_FOUR_FOUR(1 * ENCBUF_KIB),
    ENCBUF_FOUR_FOUR(16 * ENCBUF_KIB),
    ENCBUF_FOUR_FOUR(256 * ENCBUF_KIB),
    ENCBUF_FOUR(4 * ENCBUF_MIB),
    8 * ENCBUF_MIB,
    10 * ENCBUF_MIB,
#elif defined(ENCBUF_CLASSES_FITTED4)
    ENCBUF_FITTED4,
#elif defined(ENCBUF_CLASSES_FITTED8)
    ENCBUF_FITTED8,
#elif defined(ENCBUF_CLASSES_FITTED16)
    ENCBUF_FITTED16,
#endif
};

#define ENCBUF_CLASS_COUNT (sizeof encbuf_class_bytes / sizeof encbuf_class_bytes[0])

#ifdef ENCBUF_CLASSES_FINE

#define ENCBUF_FINE_SHIFT 6 /* of the first class: 64 bytes */
_Static_assert(ENCBUF_CLASS_COUNT == 70, "four a doubling from 64 bytes to 8 MiB, and the next");

/* Index of the first class that holds `size` bytes, else of the last one. */
ENCBUF_HOT size_t encbuf_class(size_t size)
{
    size_t last_byte, doubling, class_index;

    if (size <= (size_t)1 << ENCBUF_FINE_SHIFT)
        return 0;
    last_byte = size - 1;
    doubling = 63 - (size_t)__builtin_clzl(last_byte);
    class_index = (doubling - ENCBUF_FINE_SHIFT) * 4 + (last_byte >> (doubling - 2) & 3) + 1;
    return class_index < ENCBUF_CLASS_COUNT ? class_index : ENCBUF_CLASS_COUNT - 1;
}

#else

/* Index of the first class that holds `size` bytes, else of the last one. */
ENCBUF_HOT size_t encbuf_class(size_t size)
{
    size_t class_index = 0;

    while (class_index < ENCBUF_CLASS_COUNT - 1 && encbuf_class_bytes[class_index] < size)
        class_index++;
    return class_index;
}

#endif

#endif
