/*
 * Lists of words, as cells of CSV have them.
 */
#ifndef ENCBENCH_WORDS_H
#define ENCBENCH_WORDS_H

#include "module.h"

#include <stdbool.h>
#include <stddef.h>

/* Lists separated by spaces. `*cursor` starts at the list; false at its end. */
bool words_next(const char **cursor, char token[static ENCBENCH_NAME_BYTES]);
bool words_has(const char *list, const char *token);
bool words_match(const char *list, const char *name); /* the same, a trailing * of a word standing for any ending */
bool words_equal(const char *a, const char *b);       /* as sets */
size_t words_count(const char *list);

#endif
