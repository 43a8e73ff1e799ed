/*
 * Text for people: as wide as the terminal, broken between words.
 */
#ifndef ENCBENCH_TEXT_H
#define ENCBENCH_TEXT_H

#include <stdio.h>

/* Columns of the terminal behind a descriptor; 0 when it is none or does not say. */
int text_terminal_columns(int fd);

/*
 * The escape sequence that begins a colour, or TEXT_PLAIN that ends it; "" where the stream is no terminal, where it is
 * one that knows no colours (TERM=dumb), and where the user wants none (NO_COLOR is set and not empty:
 * https://no-color.org).
 */
enum text_colour { TEXT_PLAIN, TEXT_GREEN, TEXT_YELLOW, TEXT_RED, TEXT_DIM };
const char *text_colour(FILE *stream, enum text_colour colour);

/* Words from column `at` on, continued at column `indent`, and a line feed; a word too long for any line stands alone.
 * `columns` 0: never broken. */
void text_print_words(FILE *stream, const char *text, int at, int indent, int columns);

#endif
