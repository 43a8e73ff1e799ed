/*
 * The loop that is left of an op that was removed: a counter that is stepped, perhaps compared, and a conditional
 * branch. Nothing else, and nothing of it a load or a store.
 */
#ifndef ENCBENCH_EMPTY_LOOP_H
#define ENCBENCH_EMPTY_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Step, comparison, branch. */
enum { EMPTY_LOOP_INSTRUCTIONS_MAX = 3 };

/* Whether the `count` instructions are such a loop; `code` are their addresses. Pure, and the same on every machine. */
bool empty_loop_x86(const unsigned char *const *code, size_t count);
bool empty_loop_aarch64(const unsigned char *const *code, size_t count);

/* Of the machine that it runs on. */
bool empty_loop(const unsigned char *const *code, size_t count);

#endif
