#include "module/link_needs.h"

#include "base/toolchain.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
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
        char *directories = strdup(toolchain_library_directories()), *rest = directories, *directory;
        while (!found && (directory = strsep(&rest, ":")) != NULL)
            found = find_in(directory, name, kind, path);
        free(directories);
    }
    return found;
}

static int find_named(const char *name, const struct layout_object *object, char path[PATH_MAX], struct error *error)
{
    if (!name_is_legal(name))
        return error_set(error, EXIT_USAGE,
                         "%s: needs a library \"%.80s\"; expected a name of at most 63 letters, digits and _+.- as "
                         "after -l, or a full path",
                         object->file, name);
    if (!find(name, path))
        return error_set(error, EXIT_USAGE,
                         "%s: needs the library %s; no lib%s.so, lib%s.so.NUMBER or lib%s.a is in %s: install it",
                         object->file, name, name, name, name, toolchain_library_directories());
    return 0;
}

/* A file that is none of ELF may be the linker's own script, by which some libraries stand. */
static int check_path(const char *path, const struct layout_object *object, struct error *error)
{
    char begin[SELFMAG] = "";
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return error_set(error, EXIT_USAGE, "%s: needs the library %s: %s; put it back, or build the module again",
                         object->file, path, strerror(errno));
    const bool is_elf = fread(begin, 1, sizeof begin, stream) == sizeof begin && memcmp(begin, ELFMAG, SELFMAG) == 0;
    fclose(stream);
    if (is_elf && layout_check_shared(path, error) != 0) {
        const struct error found = *error;
        *error = (struct error){0};
        return error_set(error, EXIT_USAGE, "%s: needs the library %.900s", object->file, found.message);
    }
    if (!layout_needs_is_usual(path) && strchr(path, ':') != NULL)
        return error_set(error, EXIT_USAGE,
                         "%s: needs the library %s: the loader takes a colon for the end of a directory's name; "
                         "expected a path without one",
                         object->file, path);
    return 0;
}

static int add(const char *name, struct layout_object *object, struct error *error)
{
    char path[PATH_MAX];
    if (*name == '/' && snprintf(path, sizeof path, "%s", name) < (int)sizeof path)
        check_path(path, object, error);
    else
        find_named(name, object, path, error);
    if (error->code != 0)
        return error->code;
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

bool layout_needs_is_usual(const char *path)
{
    const size_t length = (size_t)(strrchr(path, '/') - path);
    for (const char *at = toolchain_library_directories(); *at; at += strcspn(at, ":"), at += *at == ':')
        if (strcspn(at, ":") == length && strncmp(at, path, length) == 0)
            return true;
    return false;
}

static bool begins_with(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

/* Those of libc that are called so. */
static bool is_of_libc(const char *symbol)
{
    static const char *const names[] = {"__cxa_finalize", "__cxa_atexit", "__cxa_at_quick_exit",
                                        "__cxa_thread_atexit_impl"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(symbol, names[i]) == 0)
            return true;
    return false;
}

/* Names of Rust before its own mangling look like those of C++, but end in a hash. */
static bool is_of_rust(const char *symbol)
{
    enum { HASH_BYTES = sizeof "17h0123456789abcdefE" - 1 };
    const size_t length = strlen(symbol);
    return length > HASH_BYTES && begins_with(symbol + length - HASH_BYTES, "17h") && symbol[length - 1] == 'E';
}

enum layout_runtime layout_runtime_of(const char *symbol)
{
    if (begins_with(symbol, "_Z") && !is_of_rust(symbol))
        return strstr(symbol, "St3__1") ? LAYOUT_LIBCXX : LAYOUT_STDCXX;
    if (strcmp(symbol, "__gxx_personality_v0") == 0 || (begins_with(symbol, "__cxa_") && !is_of_libc(symbol)))
        return LAYOUT_STDCXX;
    return LAYOUT_C;
}

/* Somebody's own, which it names as needed. */
static bool names_runtime(const struct layout_object *object)
{
    for (size_t i = 0; i < object->need_count; i++) {
        const char *file = strrchr(object->needs[i], '/') + 1;
        if (begins_with(file, "libstdc++.") || begins_with(file, "libc++."))
            return true;
    }
    return false;
}

int layout_needs_runtime(enum layout_runtime runtime, struct layout_object *object, struct error *error)
{
    char path[PATH_MAX];
    if (runtime == LAYOUT_C || names_runtime(object))
        return 0;
    if (find_named(runtime == LAYOUT_LIBCXX ? "c++" : "stdc++", object, path, error) != 0)
        return error->code;
    object->runtime = strdup(path);
    return object->runtime ? 0 : error_out_of_memory(error);
}
