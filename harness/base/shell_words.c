#include "base/shell_words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int shell_words_add(struct shell_words *words, const char *word, struct error *error)
{
    char **larger = realloc(words->word, (words->count + 2) * sizeof *larger);
    if (larger == NULL)
        return error_out_of_memory(error);
    words->word = larger;
    words->word[words->count] = NULL;
    if ((words->word[words->count] = strdup(word)) == NULL)
        return error_out_of_memory(error);
    words->word[++words->count] = NULL;
    return 0;
}

int shell_words_append(struct shell_words *words, const struct shell_words *more, struct error *error)
{
    for (size_t i = 0; i < more->count && error->code == 0; i++)
        shell_words_add(words, more->word[i], error);
    return error->code;
}

/* Copies the word at `text` into `word`, which has room for all of it; where it ends, NULL when a quote does not. */
static const char *cut(const char *text, char *word)
{
    char quote = '\0';
    for (; *text && (quote || !strchr(" \t\n", *text)); text++) {
        if (quote && *text == quote)
            quote = '\0';
        else if (!quote && (*text == '\'' || *text == '"'))
            quote = *text;
        else if (*text == '\\' && text[1] && (!quote || (quote == '"' && strchr("\"\\$`", text[1]))))
            *word++ = *++text;
        else
            *word++ = *text;
    }
    *word = '\0';
    return quote ? NULL : text;
}

int shell_words_split(struct shell_words *words, const char *text, const char *what, struct error *error)
{
    char *word = malloc(strlen(text) + 1);
    if (word == NULL)
        return error_out_of_memory(error);
    for (const char *at = text + strspn(text, " \t\n"); *at && error->code == 0; at += strspn(at, " \t\n")) {
        at = cut(at, word);
        if (at == NULL) {
            error_set(error, EXIT_USAGE, "%s: a quote in \"%.200s\" does not end", what, text);
            break;
        }
        shell_words_add(words, word, error);
    }
    free(word);
    return error->code;
}

void shell_words_free(struct shell_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->word[i]);
    free(words->word);
    *words = (struct shell_words){0};
}
