/*
 * Size classes of the pooled variants (axis classes). Linear scan, as the original.
 */
#ifndef ENCBUF_CLASSES_H
#define ENCBUF_CLASSES_H

#include "axes.h"

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
#endif
};

#define ENCBUF_CLASS_COUNT (sizeof encbuf_class_bytes / sizeof encbuf_class_bytes[0])

/* Index of the first class that holds `size` bytes, else of the last one. */
ENCBUF_HOT size_t encbuf_class(size_t size)
{
    size_t class_index = 0;

    while (class_index < ENCBUF_CLASS_COUNT - 1 && encbuf_class_bytes[class_index] < size)
        class_index++;
    return class_index;
}

#endif
