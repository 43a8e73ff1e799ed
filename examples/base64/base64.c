/* Three ways to encode base64 on three sizes: nine cells, and the digest of each size is the same for all three. */
#include <encbench/bench.h>

#include "base64.h"

ENCBENCH_VARIANT(plain, encode = base64_plain);
ENCBENCH_VARIANT(pairs, encode = base64_pairs);
ENCBENCH_VARIANT(sums, encode = base64_sums);

ENCBENCH_WORKLOAD(base64, encode(in, bytes, out), ENCBENCH_BYTES(64, 1k, 16k), ENCBENCH_OUTPUT(base64_bytes(bytes)));
