/*
 * doctor: the machine as a run would find it, fact by fact, and what would make it quieter. Changes nothing.
 */
#ifndef ENCBENCH_DOCTOR_H
#define ENCBENCH_DOCTOR_H

#include "machine/machine.h"

#include <stdbool.h>
#include <stdio.h>

/* A table no wider than `columns` (0: 80), a line below each noisy fact with what would mend it, and a count of each
 * status. */
void doctor_print(FILE *stream, const struct machine_facts *facts, int columns);

/* Whether nothing is noisy. What is not visible is no reason to refuse a machine: it is said. */
bool doctor_fit(const struct machine_facts *facts);

#endif
