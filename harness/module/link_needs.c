#include "module/link_needs.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool name_is_legal(const char *name)
{
    static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-";
    const size_t length = strlen(name);
    return length < LAYOUT_NEEDS_NAME_BYTES && strspn(name, legal) == length;
}

/* The largest N of the files `stem`N in a directory; -1 when there is none. */
static long largest_number(const char *directory, const char *stem)
{
    DIR *handle = opendir(directory);
    long largest = -1;
    for (const struct dirent *entry; handle && (entry = readdir(handle)) != NULL;) {
        const char *number = entry->d_name + strlen(stem);
        if (strncmp(entry->d_name, stem, strlen(stem)) != 0 || *number == '\0' ||
            strspn(number, "0123456789") != strlen(number))
            continue;
        const long found = strtol(number, NULL, 10);
        largest = found > largest ? found : largest;
    }
    if (handle)
        closedir(handle);
    return largest;
}

enum kind { FOR_LINKING, BY_NUMBER, ARCHIVE, KINDS };

static bool find_in(const char *directory, const char *name, enum kind kind, char path[PATH_MAX])
{
    char stem[LAYOUT_NEEDS_NAME_BYTES + sizeof "lib.so."];
    if (kind != BY_NUMBER) {
        snprintf(path, PATH_MAX, "%s/lib%s.%s", directory, name, kind == ARCHIVE ? "a" : "so");
        return access(path, R_OK) == 0;
    }
    snprintf(stem, sizeof stem, "lib%s.so.", name);
    const long number = largest_number(directory, stem);
    snprintf(path, PATH_MAX, "%s/%s%ld", directory, stem, number);
    return number >= 0;
}

static bool find(const char *name, char path[PATH_MAX])
{
    bool found = false;
    for (enum kind kind = FOR_LINKING; kind < KINDS && !found; kind++) {
        char *directories = strdup(LAYOUT_LIBRARY_DIRECTORIES), *rest = directories, *directory;
        while (!found && (directory = strsep(&rest, ":")) != NULL)
            found = find_in(directory, name, kind, path);
        free(directories);
    }
    return found;
}

static int add(const char *name, struct layout_object *object, struct error *error)
{
    char path[PATH_MAX];
    if (!name_is_legal(name))
        return error_set(error, EXIT_USAGE,
                         "%s: needs a library \"%.80s\"; expected a name of at most 63 letters, digits and _+.- as "
                         "after -l",
                         object->file, name);
    if (!find(name, path))
        return error_set(error, EXIT_USAGE,
                         "%s: needs the library %s; no lib%s.so, lib%s.so.NUMBER or lib%s.a is in %s: install it",
                         object->file, name, name, name, name, LAYOUT_LIBRARY_DIRECTORIES);
    for (size_t i = 0; i < object->need_count; i++)
        if (strcmp(object->needs[i], path) == 0)
            return 0;
    if (object->need_count == LAYOUT_NEEDS_MAX)
        return error_set(error, EXIT_USAGE, "%s: needs more than %d libraries; the last is %s", object->file,
                         LAYOUT_NEEDS_MAX, name);
    if ((object->needs[object->need_count] = strdup(path)) == NULL)
        return error_out_of_memory(error);
    object->need_count++;
    return 0;
}

int layout_needs_find(const char *names, size_t size, struct layout_object *object, struct error *error)
{
    if (size == 0 || names[size - 1] != '\0')
        return error_set(error, EXIT_USAGE, "%s: has a damaged section %s: its last name does not end", object->file,
                         LAYOUT_NEEDS_SECTION);
    for (size_t at = 0; at < size && error->code == 0; at += strlen(names + at) + 1)
        if (names[at] != '\0') /* padding, where objects were linked into one */
            add(names + at, object, error);
    return error->code;
}
