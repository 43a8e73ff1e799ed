/*
 * The machine as far as it can be seen without changing anything: machine.csv.
 */
#ifndef ENCBENCH_MACHINE_H
#define ENCBENCH_MACHINE_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What figures of one machine can be compared with: CPU model, architecture, whether there is a hypervisor, compiler and flags, C
 * library; eight hexadecimal digits. The same on all virtual machines of a kind.
 */
enum { MACHINE_FINGERPRINT_BYTES = 9 };
void machine_fingerprint(char fingerprint[static MACHINE_FINGERPRINT_BYTES]);

/* Writes DIRECTORY/machine.csv. `clock_step_ns` as measured by a worker; 0: not measured. */
int machine_write(const char *directory, uint64_t clock_step_ns, struct error *error);

/* Whether CLOCK_MONOTONIC_RAW is the time-stamp counter itself under this clock source, so that the two cannot be told apart. */
bool machine_clock_is_counter(const char *clock_source);

/* CPUs this process may run on: how many, and the last one, on which workers are pinned (interrupts favour the first). */
unsigned machine_cpu_count(void);
int machine_last_cpu(void);

#endif
