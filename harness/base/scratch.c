#include "base/scratch.h"

#include "base/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PREFIX "encbench-"
enum { LEAST_FREE_BYTES = 1 << 20, LARGEST_FILE_BYTES = 1 << 26 }; /* a link has 200 KB, the samples of a run 20 MB */

static int open_directory(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* "encbench-PID-XXXXXX": the process that made it, 0 when the name is another. */
static pid_t maker_of(const char *name)
{
    char *end;
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || !isdigit((unsigned char)name[strlen(PREFIX)]))
        return 0;
    const long pid = strtol(name + strlen(PREFIX), &end, 10);
    return *end == '-' && strlen(end) == strlen("-XXXXXX") && pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

/* Ours by name and owner, its maker gone, and unlocked: a maker in another container may not be visible to us. */
static bool is_stale(const char *path, pid_t maker)
{
    struct stat status;
    const int fd = open_directory(path);
    const bool stale = fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() && kill(maker, 0) != 0 &&
                       errno == ESRCH && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0)
        close(fd);
    return stale;
}

static void remove_stale(const char *parent)
{
    char path[PATH_MAX];
    DIR *directory = opendir(parent);
    for (const struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
        const pid_t maker = maker_of(entry->d_name);
        if (maker && snprintf(path, sizeof path, "%s/%s", parent, entry->d_name) < PATH_MAX && is_stale(path, maker))
            scratch_remove(path);
    }
    if (directory)
        closedir(directory);
}

int scratch_make(char *scratch, struct error *error)
{
    const char *given = getenv("TMPDIR"), *parent = given && *given ? given : "/tmp";
    char absolute[PATH_MAX]; /* others are told of it that are somewhere else */
    if (realpath(parent, absolute))
        parent = absolute;
    process_catch_signals();
    remove_stale(parent);
    if (snprintf(scratch, PATH_MAX, "%s/" PREFIX "%ld-XXXXXX", parent, (long)getpid()) >= PATH_MAX ||
        mkdtemp(scratch) == NULL) {
        error_set(error, EXIT_USAGE, "%s: cannot make a temporary directory: %s; set TMPDIR to a directory with space",
                  scratch, strerror(errno));
        scratch[0] = '\0';
        return error->code;
    }
    struct statvfs system;
    if (statvfs(scratch, &system) == 0 && (system.f_flag & ST_NOEXEC)) {
        rmdir(scratch);
        error_set(error, EXIT_USAGE,
                  "%s: is on a file system mounted noexec, from which no module can be loaded; set TMPDIR to a "
                  "directory where programs may lie",
                  parent);
        scratch[0] = '\0';
        return error->code;
    }
    const int lock = open_directory(scratch); /* held as long as we live; where there are no locks the number must do */
    if (lock >= 0)
        flock(lock, LOCK_EX | LOCK_NB);
    return 0;
}

void scratch_outermost(const char *path, char *outermost)
{
    snprintf(outermost, PATH_MAX, "%s", path);
    for (char *name = outermost, *end; *name; name = end) {
        name += *name == '/';
        end = strchrnul(name, '/');
        const char separator = *end;
        *end = '\0';
        if (maker_of(name) == getpid())
            return;
        *end = separator;
    }
}

void scratch_cause(const char *directory, char cause[static SCRATCH_CAUSE_BYTES])
{
    struct statvfs system;
    struct rlimit limit;
    cause[0] = '\0';
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < LARGEST_FILE_BYTES)
        snprintf(cause, SCRATCH_CAUSE_BYTES, "a file may have %llu KiB here: raise ulimit -f",
                 (unsigned long long)limit.rlim_cur / 1024);
    else if (statvfs(directory, &system) == 0 && (uint64_t)system.f_bavail * system.f_frsize < LEAST_FREE_BYTES)
        snprintf(cause, SCRATCH_CAUSE_BYTES,
                 "its file system is full, %llu KiB are free: set TMPDIR to a directory with space",
                 (unsigned long long)((uint64_t)system.f_bavail * system.f_frsize / 1024));
}

/* And what is below; links are removed, never followed. */
void scratch_remove(const char *scratch)
{
    char path[PATH_MAX];
    DIR *directory = scratch[0] ? opendir(scratch) : NULL;
    if (directory == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(dirfd(directory), entry->d_name, 0) != 0 && errno == EISDIR &&
            snprintf(path, sizeof path, "%s/%s", scratch, entry->d_name) < PATH_MAX)
            scratch_remove(path);
    closedir(directory);
    rmdir(scratch);
}
