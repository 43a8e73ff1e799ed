/* What is done to either release: it calls the library by the names that both have. */
#include <encbench/bench.h>

/* Small numbers are more frequent, as they are in what this encoding is for. */
static inline size_t varint_of(const uint32_t *in, size_t count, uint32_t *numbers, unsigned char *out)
{
    for (size_t i = 0; i < count; i++)
        numbers[i] = in[i] >> (in[i] & 31);
    return varint_encode(numbers, count, out);
}

ENCBENCH_WORKLOAD(encode, varint_of(in, count, state->numbers, out), ENCBENCH_ITEMS(uint32_t, 10, 1k),
                  ENCBENCH_OUTPUT(VARINT_BYTES_MAX * count), ENCBENCH_STATE(struct { uint32_t numbers[1024]; }));
ENCBENCH_WORKLOAD(decode, varint_sum(in, bytes), ENCBENCH_BYTES(1k));
