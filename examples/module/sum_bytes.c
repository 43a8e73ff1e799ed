/* One byte at a time. */
#define SUM_VARIANT "sum_bytes"

#include <stddef.h>
#include <stdint.h>

static uint64_t sum(const unsigned char *bytes, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += bytes[i];
    return total;
}

#include "sum.h"
