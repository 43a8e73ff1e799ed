/*
 * What the output of an op tells (module.h): a digest of it that the harness makes, and whether it depends on the input
 * as it should. No clock and no instruction is read, so this works on every machine.
 *
 * Digest: over DIGEST_INPUTS inputs, the smallest legal number of ops on each, bytes and length of the output. It
 * depends on the seed and on the output alone: variants whose outputs are equal have equal digests.
 *
 * Dependence: an op that reads input (input_bytes > 0) gives another output for another input, or the compiler folded
 * it to a constant, or it reads nothing. Up to OUTPUT_INPUTS random inputs are tried, because an output may be a single
 * bit. An op that takes its input from the ring (ENCBENCH_FRESH) gives, after n and after 2n ops on different inputs,
 * what the last of them gives alone, or it was computed once a run. An op whose output is another one for the same
 * input (it depends on the ops before) cannot be judged by it.
 */
#ifndef ENCBENCH_WORKER_OUTPUT_H
#define ENCBENCH_WORKER_OUTPUT_H

#include "worker/protocol.h"

/* Pseudo-random bytes, a function of the seed and the number alone. */
void worker_output_fill(unsigned char *base, size_t bytes, uint64_t seed, uint64_t number);

/* The arm is set up, has `output` and reads from `base`, of whose contents nothing is left. */
uint64_t worker_output_digest(const struct measure_arm *arm, unsigned char *base, uint64_t seed);

/* Likewise; an arm without `output` will do. The host reads from `base` again when this returns. */
void worker_output_check(const struct measure_arm *arm, unsigned char *base, uint64_t seed,
                         struct worker_optimiser *optimiser);

/* After a batch of n ops at several threads, none of which ran on (its workload has threads_min 2): whether the output
 * of each thread is that of one thread alone on the same input. An op without `output`, or whose output is another one
 * for the same input anyway, is not judged. The arm's ring stands where it stood. */
bool worker_output_same_at_threads(const struct measure_arm *arm, uint32_t threads, uint64_t n);

#endif
