/*
 * The two sources of traps behind step.h. Each opens once and then runs sessions on the record that it was opened with;
 * the caller begins them. Reasons are one line.
 */
#ifndef ENCBENCH_STEP_ENGINES_H
#define ENCBENCH_STEP_ENGINES_H

#include "step/record.h"

/* Within this process: a SIGTRAP handler and breakpoints. */
bool step_trap_flag_open(struct step_record *record, char *reason, size_t reason_bytes);
bool step_trap_flag_run(struct step_record *record, step_function *function, void *state, uint64_t n, uint64_t *bytes,
                        char *reason, size_t reason_bytes);

/* From outside: a forked copy of this process executes the session and is stepped by ptrace; then the function is run
 * once more here, so that the state is what it would be. */
bool step_ptrace_open(struct step_record *record, char *reason, size_t reason_bytes);
bool step_ptrace_run(struct step_record *record, step_function *function, void *state, uint64_t n, uint64_t *bytes,
                     char *reason, size_t reason_bytes);

/* Called behind a session's function: where both stop counting. */
void step_end_of_session(void);

#endif
