/*
 * What the harness's own kernels do, for the kernels themselves and for whoever judges their times.
 * All are chains of dependent register operations, so that their latency is their time on any core.
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

#endif
