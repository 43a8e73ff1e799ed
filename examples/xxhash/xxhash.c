/*
 * When is the hash of a key known? Whoever looks something up waits for it, so every op waits for the one before
 * (ENCBENCH_SERIAL), and all cycles of a planted chain are seen. The two differ in what they put out, and may.
 */
#include <encbench/bench.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

ENCBENCH_VARIANT(xxh64, hash = XXH64);
ENCBENCH_VARIANT(xxh3, hash = XXH3_64bits_withSeed);

ENCBENCH_WORKLOAD(hash, hash(in, bytes, 7), ENCBENCH_BYTES(8, 256, 16k), ENCBENCH_SERIAL, ENCBENCH_ANY_OUTPUT);
