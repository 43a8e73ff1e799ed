#include "module/built_with.h"

#include "base/process.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "<c> DW_AT_producer : (indirect string, offset: 0x1d8): GNU C17 ...": from behind what is in brackets. */
static char *producer_in(char *line)
{
    char *at = strstr(line, "DW_AT_producer");
    if (at == NULL || (at = strchr(at, ':')) == NULL)
        return NULL;
    at += strspn(at, ": ");
    while (*at == '(' && strchr(at, ')')) {
        at = strchr(at, ')') + 1;
        at += strspn(at, ": ");
    }
    return at;
}

/* Run directories are shared: of a path in a flag its last name is left. */
static void drop_paths(char *text)
{
    char *to = text;
    for (const char *at = text; *at;) {
        const size_t length = strcspn(at, " "), before = strcspn(at, "/");
        const char *last = before < length ? memrchr(at, '/', length) : NULL;
        const size_t kept = last ? before : length;
        memmove(to, at, kept);
        to += kept;
        for (const char *name = last ? last + 1 : at + length; name < at + length;)
            *to++ = *name++;
        at += length;
        if (*at)
            *to++ = *at++;
    }
    *to = '\0';
}

static bool said_already(const char *said, const char *producer)
{
    const size_t length = strlen(producer);
    for (const char *at = said; (at = strstr(at, producer)) != NULL; at += length)
        if ((at == said || at[-1] == ' ') && (at[length] == '\0' || at[length] == ';'))
            return true;
    return false;
}

char *built_with(const char *file)
{
    const char *const command[] = {"readelf", "--debug-dump=info", "--dwarf-depth=1", "--", file, NULL};
    char *text = process_output(command), *rest = text, *said = strdup("");
    for (char *line; said && text && (line = strsep(&rest, "\n")) != NULL;) {
        char *producer = producer_in(line), *more = NULL;
        if (producer)
            drop_paths(producer);
        if (producer == NULL || *producer == '\0' || said_already(said, producer))
            continue;
        if (asprintf(&more, "%s%s%s", said, *said ? "; " : "", producer) < 0)
            more = NULL;
        free(said);
        said = more;
    }
    free(text);
    return said;
}
