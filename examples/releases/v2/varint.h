/* Numbers of seven bits a byte, the lowest first; the last byte has its top bit clear. */
#ifndef VARINT_H
#define VARINT_H

#include <stddef.h>
#include <stdint.h>

enum { VARINT_BYTES_MAX = 5 };

/* Returns how many bytes it wrote. */
size_t varint_encode(const uint32_t *numbers, size_t count, unsigned char *out);
/* Of all numbers in so many bytes, whole ones and those that are cut off. */
uint64_t varint_sum(const unsigned char *in, size_t bytes);

#endif
