/*
 * What the harness's own kernels do, for the kernels themselves and for whoever judges what is seen of them.
 * Chains of dependent register operations, whose latency is their time on any core; and planted leaks.
 */
#ifndef ENCBENCH_KERNELS_H
#define ENCBENCH_KERNELS_H

/* Dependent additions in one op of `chain`: one cycle each, so the chain is the cycle clock of every process. */
#define CHAIN_CYCLES_PER_OP 256
/* What `chain_planted` has more. At least 20 cycles (a smaller plant drowns in the quantisation of a batch); 32 = 12.5 %. */
#define CHAIN_PLANTED_EXTRA_CYCLES 32
/* Dependent 64-bit multiplications in one op of `chain_multiply`, the second kind of chain that cross-checks the first:
 * their latency is a small whole number of cycles (3 on every x86-64 core since 2008; 3 to 5 on aarch64). */
#define CHAIN_MULTIPLIES_PER_OP 64

/* The modules by variant, and the workloads of the leaks. */
#define CHAIN_VARIANT "chain"
#define LEAK_VARIANT  "leak"
#define LEAK_BYTES    "leak_bytes"
#define LEAK_MAPPING  "leak_mapping"
#define LEAK_NONE     "leak_none"
/* `leak_bytes` loses a block of so many bytes asked for every so many ops; an allocator hands out up to twice that (glibc 24). */
#define LEAK_BYTES_ASKED           16
#define LEAK_BYTES_HANDED_OUT_MOST 32
#define LEAK_BYTES_PERIOD_OPS      1000
/* `leak_mapping` loses a mapping, of whole pages whatever the page size. */
#define LEAK_MAPPING_BYTES      65536
#define LEAK_MAPPING_PERIOD_OPS 10000

#endif
