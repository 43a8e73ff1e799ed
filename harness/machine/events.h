/*
 * Events by name: libpfm4 knows what the kernel is to be asked for. Generic names (perf::INSTRUCTIONS) hold on every
 * machine, names of a CPU's own events (skx::INST_RETIRED:ANY_P) where that CPU is found, or forced by libpfm's
 * LIBPFM_FORCE_PMU.
 *
 * User mode only, unless the name says otherwise (:k); context switches and migrations happen in the kernel, so they
 * are asked for there.
 */
#ifndef ENCBENCH_EVENTS_H
#define ENCBENCH_EVENTS_H

#include "base/error.h"
#include "machine/perf_group.h"

enum { EVENTS_REASON_BYTES = 256 };

/* In the order asked for. What is not encoded has its name only, and `unknown` says why. */
struct event_set {
    size_t count;
    struct counter_event events[COUNTER_EVENTS_MAX];
    char unknown[COUNTER_EVENTS_MAX][EVENTS_REASON_BYTES]; /* "" when encoded */
};

/* `names` is NULL-terminated; NULL: the default set. A given name that nobody knows, that counts nothing in the mode it
 * asks for, or that stands there twice, is EXIT_USAGE with names near it; one of the default set, or any where the
 * kernel has no perf events at all, is left unknown. */
int events_find(const char *const *names, struct event_set *set, struct error *error);

/* Calls `visit` for every event known on this machine: its name as events_find takes it, and what it counts. */
void events_visit(void (*visit)(void *context, const char *name, const char *meaning), void *context);

#endif
