/*
 * Words of a text as a shell would cut it: blanks between them, '...' and "..." and \ keep blanks. Nothing is expanded
 * and no shell is started.
 */
#ifndef ENCBENCH_SHELL_WORDS_H
#define ENCBENCH_SHELL_WORDS_H

#include "base/error.h"

#include <stddef.h>

/* Words, each malloc'ed, in a NULL-terminated array that grows; all zero at first. */
struct shell_words {
    char **word; /* NULL while there is none */
    size_t count;
};

/* Appends a copy of a word. */
int shell_words_add(struct shell_words *words, const char *word, struct error *error);
/* Appends the words of `text`; `what` names it where a quote does not end. */
int shell_words_split(struct shell_words *words, const char *text, const char *what, struct error *error);
int shell_words_append(struct shell_words *words, const struct shell_words *more, struct error *error);
void shell_words_free(struct shell_words *words);

#endif
