/*
 * The machine as far as it can be seen without changing anything: machine.csv.
 */
#ifndef ENCBENCH_MACHINE_H
#define ENCBENCH_MACHINE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What figures of one machine can be compared with: CPU model, architecture, whether there is a hypervisor, compiler
 * and flags, C library, what was asked to be in the environment of what is measured; eight hexadecimal digits. The same
 * on all virtual machines of a kind.
 */
enum { MACHINE_FINGERPRINT_BYTES = 9 };
void machine_fingerprint(char fingerprint[static MACHINE_FINGERPRINT_BYTES]);

enum machine_status { MACHINE_OK, MACHINE_NOISY, MACHINE_NOT_VISIBLE, MACHINE_VOLATILE };
extern const char *const machine_status_words[];

enum { MACHINE_FACTS_MAX = 48, MACHINE_VALUE_BYTES = 512, MACHINE_MEND_BYTES = 160 };

struct machine_fact {
    const char *key; /* with its unit */
    char value[MACHINE_VALUE_BYTES];
    enum machine_status status;
    char mend[MACHINE_MEND_BYTES]; /* the command or step that would help, where it is noisy; "" otherwise */
};

struct machine_facts {
    struct machine_fact fact[MACHINE_FACTS_MAX];
    size_t count;
};

/* Changes nothing. Files are read below `root`: "" for this machine, a made-up tree in tests. `clock_step_ns` 0: not
 * measured. */
void machine_look(const char *root, uint64_t clock_step_ns, struct machine_facts *facts);

/* Writes DIRECTORY/machine.csv. `clock_step_ns` as measured by a worker; 0: not measured. What else the machine was
 * doing is taken from `before`, a look ahead of the harness's own passes (NULL: as it is now): after them an idle
 * machine looks busy. */
int machine_write(const char *directory, uint64_t clock_step_ns, const struct machine_facts *before,
                  struct error *error);

/* Periods of the CPU quota over this process, and how many of them stopped it, since its control group was made; of the
 * group on the way up that was stopped most. False where the system does not count them. */
bool machine_throttled_periods(const char *root, uint64_t *periods, uint64_t *throttled);

/* Whether CLOCK_MONOTONIC_RAW is the time-stamp counter itself under this clock source, so that the two cannot be told
 * apart. */
bool machine_clock_is_counter(const char *clock_source);

/* CPUs this process may run on: how many, and the last one, on which workers are pinned (interrupts favour the first).
 */
unsigned machine_cpu_count(void);
int machine_last_cpu(void);
/* So many of them further down than `cpu`, and round from the first to the last. */
int machine_cpu_after(int cpu, unsigned steps);

/* Of two readings of /proc/stat, how much of the time between them the busiest CPU was not idle; NaN when they do not
 * tell. Pure. */
double machine_busiest_percent(const char *before, const char *after);

/* Looks, with the clock's step measured here and now. */
void machine_look_now(struct machine_facts *facts);

#endif
