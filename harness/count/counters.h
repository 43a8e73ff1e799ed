/*
 * The counters pass: one variant and one workload a process, never while timing. Writes counters.csv: a row for every
 * event and thread, with a value or with the reason why there is none and what to do about it.
 */
#ifndef ENCBENCH_COUNTERS_H
#define ENCBENCH_COUNTERS_H

#include "launch/launch.h"
#include "machine/events.h"

/* Every module but the planted ones, on the selected `workloads` (NULL: all). */
int counters_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                     const char *const *workloads, const struct event_set *events, uint64_t seed, bool quiet,
                     struct error *error);

enum { COUNTERS_REASON_BYTES = 320 };

/* One line, "" for what was counted: why the value is not there or no exact figure, and the command that would mend it.
 * `paranoid` is kernel.perf_event_paranoid, INT_MIN when not visible. Fit for a cell of a CSV file. */
void counters_reason(const struct counter_event *event, const struct counter_value *value, int paranoid,
                     char reason[COUNTERS_REASON_BYTES]);

#endif
