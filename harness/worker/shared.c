#include "worker/shared.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool same_bytes(const char *a, const char *b)
{
    struct stat status_a, status_b;
    if (stat(a, &status_a) != 0 || stat(b, &status_b) != 0)
        return false;
    if (status_a.st_dev == status_b.st_dev && status_a.st_ino == status_b.st_ino)
        return true;
    FILE *file_a = status_a.st_size == status_b.st_size ? fopen(a, "re") : NULL;
    FILE *file_b = file_a ? fopen(b, "re") : NULL;
    bool same = file_a && file_b;
    for (int c = 0; same && c != EOF;)
        same = (c = getc(file_a)) == getc(file_b);
    if (file_a)
        fclose(file_a);
    if (file_b)
        fclose(file_b);
    return same;
}

/* The loaded object that answers to a name; NULL when none does. */
static const char *loaded_as(const struct link_map *map, const char *name)
{
    while (map->l_prev)
        map = map->l_prev;
    for (; map; map = map->l_next) {
        const char *slash = strrchr(map->l_name, '/');
        if (strcmp(slash ? slash + 1 : map->l_name, name) == 0)
            return map->l_name;
    }
    return NULL;
}

static const char *string_table(const struct link_map *map)
{
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_STRTAB) /* an address in glibc, an offset in other libraries */
            return (const char *)(entry->d_un.d_ptr < map->l_addr ? map->l_addr + entry->d_un.d_ptr
                                                                  : entry->d_un.d_ptr);
    return NULL;
}

static int check_needed(const char *file, const struct link_map *map, const char *directory, const char *name,
                        struct error *error)
{
    char expected[PATH_MAX];
    struct stat status;
    if (snprintf(expected, sizeof expected, "%s/%s", directory, name) >= (int)sizeof expected ||
        stat(expected, &status) != 0)
        return 0;
    const char *loaded = loaded_as(map, name);
    if (loaded == NULL || !same_bytes(loaded, expected))
        return error_set(error, EXIT_USAGE,
                         "%s: its %.200s was loaded from %.300s; expected %.300s: two builds under one name are one to "
                         "the loader",
                         file, name, loaded ? loaded : "nowhere", expected);
    return 0;
}

int worker_shared_check(const char *file, const void *inside, const char *directory, struct error *error)
{
    Dl_info info;
    void *found = NULL;
    if (*directory == '\0')
        return 0;
    if (dladdr1(inside, &info, &found, RTLD_DL_LINKMAP) == 0 || found == NULL)
        return error_set(error, EXIT_USAGE, "%s: the loader does not know what it has loaded", file);
    const struct link_map *map = found;
    const char *strings = string_table(map);
    for (const ElfW(Dyn) *entry = map->l_ld; strings && entry->d_tag != DT_NULL && error->code == 0; entry++)
        if (entry->d_tag == DT_NEEDED)
            check_needed(file, map, directory, strings + entry->d_un.d_val, error);
    return error->code;
}
