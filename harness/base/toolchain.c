#include "base/toolchain.h"

#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int find_libc(struct dl_phdr_info *loaded, size_t size, void *found)
{
    static const char name[] = "/libc.so.6";
    const size_t length = strlen(loaded->dlpi_name);
    (void)size;
    if (length < strlen(name) || strcmp(loaded->dlpi_name + length - strlen(name), name) != 0)
        return 0;
    snprintf(found, PATH_MAX, "%s", loaded->dlpi_name);
    return 1;
}

const char *toolchain_libc_or_loaded(const char *built)
{
    static char loaded[PATH_MAX];
    if (access(built, R_OK) == 0)
        return built;
    return *loaded || dl_iterate_phdr(find_libc, loaded) ? loaded : built;
}

const char *toolchain_libc(void)
{
    return toolchain_libc_or_loaded(LAYOUT_LIBC);
}

/* A library where the build found it, else beside the C library: the program may have one of its own, and none loaded.
 */
static const char *built_or_beside(const char *built, const char *name, char *beside)
{
    const char *libc = toolchain_libc();
    if ((*built == '/' && access(built, R_OK) == 0) || strrchr(libc, '/') == NULL)
        return built;
    snprintf(beside, PATH_MAX, "%.*s%s", (int)(strrchr(libc, '/') + 1 - libc), libc, name);
    return beside;
}

static const char *if_there(const char *path)
{
    return *path == '/' && access(path, R_OK) == 0 ? path : "";
}

const char *toolchain_libm(void)
{
    static char beside[PATH_MAX];
    return built_or_beside(LAYOUT_LIBM, "libm.so.6", beside);
}

const char *toolchain_libgcc_s(void)
{
    static char beside[PATH_MAX];
    return if_there(built_or_beside(LAYOUT_LIBGCC_S, "libgcc_s.so.1", beside));
}

const char *toolchain_libgcc(void)
{
    return if_there(LAYOUT_LIBGCC);
}

const char *toolchain_directories_with(const char *built, const char *libc, char *directories)
{
    char padded[PATH_MAX + 2], wanted[PATH_MAX + 2];
    const char *slash = strrchr(libc, '/');
    const int length = slash ? (int)(slash - libc) : 0;
    snprintf(padded, sizeof padded, ":%s:", built);
    snprintf(wanted, sizeof wanted, ":%.*s:", length, libc);
    if (length == 0 || strstr(padded, wanted))
        snprintf(directories, PATH_MAX, "%s", built);
    else
        snprintf(directories, PATH_MAX, "%s:%.*s", built, length, libc);
    return directories;
}

const char *toolchain_library_directories(void)
{
    static char directories[PATH_MAX];
    if (*directories == '\0')
        toolchain_directories_with(LAYOUT_LIBRARY_DIRECTORIES, toolchain_libc(), directories);
    return directories;
}
