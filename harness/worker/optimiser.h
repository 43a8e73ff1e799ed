/*
 * The pass of a worker that finds out whether the compiler left the op of arm 0 in its loop: by its output
 * (worker_output.h), and by the instructions of n and of 2n ops (optimiser_rule.h), into result.optimiser. No clock is
 * read.
 *
 * What is stepped is bounded by traps (step.h). First the smallest legal n, within job.step_traps: that much the first
 * op of a run may cost, which is all of a hoisted one. Then twice as many, within as much again and 64 traps for each
 * further op: an op that needs more is there. Only where that leaves next to nothing for an op, n and 2n of about a
 * thousand, for several ops may share an instruction, and last no op at all, in a forked copy that may crash or never
 * return.
 */
#ifndef ENCBENCH_WORKER_OPTIMISER_H
#define ENCBENCH_WORKER_OPTIMISER_H

#include "worker/protocol.h"

/* Never fails: what could not be found out is part of the result. The arm is set up and reads from `base`. */
void worker_optimiser(struct worker_region *region, const struct measure_arm *arm, unsigned char *base);

#endif
