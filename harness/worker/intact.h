/*
 * What an op must leave as it was, because all arms of a process share it: where and how its thread runs, what signals
 * do, how floating-point numbers are rounded; and that nothing else runs beside it afterwards.
 */
#ifndef ENCBENCH_INTACT_H
#define ENCBENCH_INTACT_H

#include <sched.h>
#include <signal.h>
#include <stddef.h>

enum { INTACT_SIGNALS = 65, INTACT_TEXT_BYTES = 256 };

struct intact {
    cpu_set_t cpus;
    int policy, nice;
    sigset_t blocked;
    struct sigaction actions[INTACT_SIGNALS];
    unsigned long float_control; /* rounding, denormals and traps */
    size_t threads;
};

/* Before a module is loaded. Orphans of what it forks become children of this process from then on. */
void intact_take(struct intact *intact);

/* What is another way now, as a list of words ("the CPU affinity; a child process"); returns how many, 0: `text` is
 * "". Sleeps some milliseconds where there is another thread, to see whether it spins. */
size_t intact_changes(const struct intact *before, char text[static INTACT_TEXT_BYTES]);

#endif
