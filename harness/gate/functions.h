/*
 * Which functions execute more or fewer instructions in an op of the head than of the base: where to look first.
 */
#ifndef ENCBENCH_GATE_FUNCTIONS_H
#define ENCBENCH_GATE_FUNCTIONS_H

#include "store/csv.h"

/* Tables of schema_symbols of both sides. */
struct gate_functions {
    struct csv_data base, head;
};

/* From the directories that the exact passes wrote to; a side without the table has none. */
int gate_functions_read(struct gate_functions *functions, const char *base_directory, const char *head_directory,
                        struct error *error);
void gate_functions_free(struct gate_functions *functions);

/* "encode 40 -> 44, copy 0 -> 3" into `words`, those that changed most first and at most a few; "" where none did. */
enum { GATE_FUNCTIONS_BYTES = 256 };
void gate_functions_changed(const struct gate_functions *functions, const char *variant, const char *workload,
                            char words[static GATE_FUNCTIONS_BYTES]);

#endif
