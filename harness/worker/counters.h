/*
 * The counters pass of a worker: the kernel's counters (counter.h) around `run` of arm 0, into result.counters. All
 * threads that the workload can use run at once, n ops each, every one with a group of its own; n is such that they
 * take a few milliseconds.
 *
 * A round costs two system calls beside the ops. Their part in user mode, some dozens of instructions, is in the
 * counts: less than a thousandth of them unless the workload's rounds are short (batch_max_ops).
 */
#ifndef ENCBENCH_WORKER_COUNTERS_H
#define ENCBENCH_WORKER_COUNTERS_H

#include "worker/protocol.h"

/* Never fails: why nothing was counted is part of the result. The arm is set up. */
void worker_counters(struct worker_region *region, const struct measure_arm *arm);

#endif
