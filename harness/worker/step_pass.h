/*
 * The stepping pass of a worker: instructions of n and of 2n ops of arm 0 (step.h), into result.step.
 *
 * Counts must not depend on where things lie, yet copies take other paths for other alignments. The driver starts this
 * pass without address space randomisation and with an empty environment; the heap starts from a fixed state
 * (worker_step_fixed_heap). What remains: blocks lie where the subject's own allocations put them, so a structure of
 * another size moves what is allocated after it, and with it, by an instruction or a few, a copy in libc. That belongs
 * to the variant. A sandbox that forbids personality(2) leaves addresses random: if that changes a count, the two
 * processes differ and the figure is "unstable".
 */
#ifndef ENCBENCH_WORKER_STEP_H
#define ENCBENCH_WORKER_STEP_H

#include "worker/protocol.h"

/* Fills what loading the modules left free, so that set-up allocates from the same offset in a page in every process.
 * Leaks on purpose. */
void worker_step_fixed_heap(void);

/* Never fails: why there is no count is part of the result. The arm is set up. */
void worker_step(struct worker_region *region, const struct measure_arm *arm);

#endif
