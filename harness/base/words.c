#include "base/words.h"

#include <string.h>

bool words_next(const char **cursor, char token[static ENCBENCH_NAME_BYTES])
{
    *cursor += strspn(*cursor, " ");
    size_t length = strcspn(*cursor, " ");
    size_t kept = length < ENCBENCH_NAME_BYTES ? length : ENCBENCH_NAME_BYTES - 1;
    memcpy(token, *cursor, kept);
    token[kept] = '\0';
    *cursor += length;
    return length > 0;
}

bool words_has(const char *list, const char *token)
{
    char one[ENCBENCH_NAME_BYTES];
    while (words_next(&list, one))
        if (strcmp(one, token) == 0)
            return true;
    return false;
}

static bool words_are_within(const char *inner, const char *outer)
{
    char one[ENCBENCH_NAME_BYTES];
    while (words_next(&inner, one))
        if (!words_has(outer, one))
            return false;
    return true;
}

bool words_match(const char *list, const char *name)
{
    for (const char *start = list; *start;) {
        const size_t length = strcspn(start, " ");
        const bool open = length > 0 && start[length - 1] == '*';
        if (open ? strncmp(start, name, length - 1) == 0 : strlen(name) == length && strncmp(start, name, length) == 0)
            return true;
        start += length + (start[length] == ' ');
    }
    return false;
}

bool words_equal(const char *a, const char *b)
{
    return words_are_within(a, b) && words_are_within(b, a);
}

size_t words_count(const char *list)
{
    char one[ENCBENCH_NAME_BYTES];
    size_t count = 0;
    while (words_next(&list, one))
        count++;
    return count;
}
