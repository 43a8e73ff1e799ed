/*
 * Text for people: as wide as the terminal, broken between words.
 */
#ifndef ENCBENCH_TEXT_H
#define ENCBENCH_TEXT_H

#include <stdio.h>

/* Columns of the terminal behind a descriptor; 0 when it is none or does not say. */
int text_terminal_columns(int fd);

/* Words from column `at` on, continued at column `indent`, and a line feed; a word too long for any line stands alone. `columns` 0:
 * never broken. */
void text_print_words(FILE *stream, const char *text, int at, int indent, int columns);

#endif
