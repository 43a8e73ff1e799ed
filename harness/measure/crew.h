/*
 * The threads of a process that times ops at several of them (measure.h): as many as an op is run by at once, each on a
 * CPU of its own, alive as long as the process, and waiting in a loop, not in the kernel. The caller is thread 0.
 */
#ifndef ENCBENCH_CREW_H
#define ENCBENCH_CREW_H

#include "measure/measure.h"

struct measure_crew;

/* What one batch took: by each thread's own time, and from the first that started to the last that ended, both summed
 * over the batch's rounds. */
struct measure_crew_batch {
    uint64_t own_ns[MEASURE_THREADS_MAX], span_ns;
};

/* `count` threads, at most MEASURE_THREADS_MAX, the caller among them, each pinned to its one of `cpus` but the caller,
 * which has done that (cpus NULL: none is; they give way to each other where they wait). NULL when they cannot be had.
 */
struct measure_crew *measure_crew_gather(const struct measure_clock *clock, size_t count, const int *cpus);
void measure_crew_dismiss(struct measure_crew *crew);
size_t measure_crew_threads(const struct measure_crew *crew);

/*
 * n ops on every thread, in the rounds of the arm: `before` and `after` once for all, the module's thread_before and
 * thread_after on each, and the ops between two readings of the clock on each, which all start from one barrier. Who is
 * done runs on, untimed, until all are, so that nobody is alone at the end: but not ops that need each other
 * (threads_min), nor those of which only so many can be run (batch_max_ops, before, thread_before); then it waits.
 * Returns the mean of the threads' own times. *bytes is increased by what a thread produced, the first that broke the
 * promise of n x bytes_per_op if any did.
 */
uint64_t measure_crew_run(const struct measure_arm *arm, uint64_t n, uint64_t *bytes);
/* Of the last measure_crew_run; of measure_batch with it, the last round's are added up (measure_batch). */
const struct measure_crew_batch *measure_crew_last(const struct measure_crew *crew);
void measure_crew_forget(struct measure_crew *crew); /* begins a new sum */

/* The module's thread_begin or thread_end, on every thread. */
void measure_crew_begin(const struct measure_arm *arm);
void measure_crew_end(const struct measure_arm *arm);

/* Involuntary switches so far and the CPU of each thread. */
void measure_crew_look(struct measure_crew *crew, long *switches, int *cpus);

#endif
