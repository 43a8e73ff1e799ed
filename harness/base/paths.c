#include "base/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    SUFFIX_MAX = 99, /* directories that are made in the same second */
    COPY_CHUNK_BYTES = 1 << 20,
};

int paths_join(char *to, const char *directory, const char *name, struct error *error)
{
    if (snprintf(to, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
        return error_set(error, EXIT_USAGE, "%.200s...: path too long", directory);
    return 0;
}

int paths_open_file(const char *path, const char *expected, struct error *error)
{
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return fd;
    if (fd < 0)
        error_set(error, EXIT_USAGE, "%s: cannot open: %s; expected %s; check the path and its permissions", path,
                  strerror(errno), expected);
    else
        error_set(error, EXIT_USAGE, "%s: is a %s; expected a file with %s; name the file", path,
                  S_ISDIR(status.st_mode)    ? "directory"
                  : S_ISFIFO(status.st_mode) ? "pipe"
                                             : "device",
                  expected);
    if (fd >= 0)
        close(fd);
    return -1;
}

int paths_copy_file(const char *from, const char *to, struct error *error)
{
    const int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    ssize_t copied = -1;
    if (in >= 0 && out >= 0)
        while ((copied = sendfile(out, in, NULL, COPY_CHUNK_BYTES)) > 0)
            ;
    if (copied != 0)
        error_set(error, EXIT_USAGE, "%s: cannot be copied to %s: %s", from, to, strerror(errno));
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return error->code;
}

static bool leads_up(const char *path)
{
    for (const char *at = path; at; at = strchr(at, '/')) {
        at += strspn(at, "/");
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
            return true;
    }
    return *path == '/' || *path == '~';
}

const char *paths_shareable(const char *path)
{
    const char *name = path;
    for (const char *at = path; *at; at++)
        if (*at == '/' && at[1] != '/' && at[1] != '\0') /* the slash behind a directory begins no name */
            name = at + 1;
    return leads_up(path) ? name : path;
}

void paths_make_shareable(char *text)
{
    static const char *const of_the_system[] = {"/proc/", "/sys/", "/dev/"};
    static const char ends[] = " \t\n\"'();,";
    char *to = text;
    for (char *at = text; *at;) {
        const size_t length = strcspn(at, ends);
        const char *from = at;
        bool kept = *at != '/';
        for (size_t i = 0; i < sizeof of_the_system / sizeof of_the_system[0]; i++)
            kept = kept || strncmp(at, of_the_system[i], strlen(of_the_system[i])) == 0;
        for (const char *slash = at; !kept && slash + 1 < at + length; slash++)
            if (*slash == '/' && slash[1] != ':')
                from = slash + 1;
        at += length;
        memmove(to, from, (size_t)(at - from));
        to += at - from;
        if (*at)
            *to++ = *at++;
    }
    *to = '\0';
}

int paths_make_parents(const char *directory)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", directory);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return -1;
        *slash = '/';
    }
    return 0;
}

int paths_make_new(const struct paths *paths, const char *out, const char *kind, char *directory, struct error *error)
{
    if (out) {
        snprintf(directory, PATH_MAX, "%s", out);
        for (size_t length = strlen(directory); length > 1 && directory[length - 1] == '/';)
            directory[--length] = '\0';
    } else {
        char date[64];
        const time_t now = time(NULL);
        struct tm utc;
        strftime(date, sizeof date, "%Y%m%d-%H%M%S", gmtime_r(&now, &utc));
        snprintf(directory, PATH_MAX, "%.3900s/%s-%s", paths->results, date, kind);
    }
    if (paths_make_parents(directory) != 0)
        return error_set(error, EXIT_USAGE,
                         "%s: its parent cannot be made: %s; give --out a directory that can be written", directory,
                         strerror(errno));
    const size_t length = strlen(directory);
    int failed = mkdir(directory, 0777);
    for (int suffix = 2; failed && errno == EEXIST && !out && suffix <= SUFFIX_MAX; suffix++) {
        snprintf(directory + length, PATH_MAX - length, "-%d", suffix);
        failed = mkdir(directory, 0777);
    }
    if (failed)
        return error_set(error, EXIT_USAGE,
                         errno == EEXIST ? "%s: %s; nothing is ever overwritten: give --out another name or remove it"
                                         : "%s: cannot be made: %s; give --out a directory that can be written",
                         directory, strerror(errno));
    return 0;
}

int paths_check_directory(const char *directory, const char *expected, struct error *error)
{
    struct stat status;
    if (stat(directory, &status) != 0)
        return error_set(error, EXIT_USAGE, "%s: %s; expected %s", directory, strerror(errno), expected);
    if (!S_ISDIR(status.st_mode))
        return error_set(error, EXIT_USAGE, "%s: is not a directory; expected %s", directory, expected);
    return 0;
}

static int check_built(const char *path, struct error *error)
{
    if (access(path, R_OK) != 0)
        return error_set(error, EXIT_USAGE, "%s: %s; build the project again (./encbench does)", path, strerror(errno));
    return 0;
}

/* The program's own directory; /proc follows the symbolic link in an installation's bin. */
static int find_build(struct paths *paths, struct error *error)
{
    const ssize_t length = readlink("/proc/self/exe", paths->build, sizeof paths->build - 1);
    if (length <= 0)
        return error_set(error, EXIT_USAGE, "/proc/self/exe: %s; /proc must be mounted", strerror(errno));
    paths->build[length] = '\0';
    *strrchr(paths->build, '/') = '\0';
    return 0;
}

static int find_root(struct paths *paths, struct error *error)
{
    const char *root = getenv("ENCBENCH_ROOT");
    char claims[PATH_MAX];
    if (paths_join(claims, paths->build, "claims.csv", error) != 0)
        return error->code;
    paths->installed = (root == NULL || *root == '\0') && access(claims, F_OK) == 0;
    snprintf(paths->root, sizeof paths->root, "%s",
             paths->installed ? paths->build
             : root && *root  ? root
                              : ENCBENCH_SOURCE_DIRECTORY);
    if (paths->installed) {
        strcpy(paths->results, "results");
        strcpy(paths->report, "REPORT.md");
        return 0;
    }
    return paths_join(paths->results, paths->root, "results", error) ||
                   paths_join(paths->report, paths->root, "REPORT.md", error)
               ? error->code
               : 0;
}

int paths_find(struct paths *paths, struct error *error)
{
    if (find_build(paths, error) || find_root(paths, error) ||
        paths_join(paths->worker, paths->build, "encbench-worker", error) ||
        paths_join(paths->interposer, paths->build, "libencbench_interpose.so", error) ||
        paths_join(paths->modules, paths->build, "modules", error) ||
        paths_join(paths->data, paths->modules, "data", error) ||
        paths_join(paths->kernels, paths->build, "kernels/chain.o", error) ||
        paths_join(paths->panels, paths->modules, "panels.csv", error) ||
        paths_join(paths->claims, paths->root, "claims.csv", error) ||
        paths_join(paths->plots, paths->root, "plots", error))
        return error->code;
    /* Without the interposer all but the counts of memory can be had: it is not looked for here. */
    if (check_built(paths->worker, error) || check_built(paths->kernels, error))
        return error->code;
    return 0;
}
