#include "launch/kept_job.h"

#include "base/paths.h"
#include "base/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char command[2 * PATH_MAX];

static bool is_below(const char *path, const char *directory)
{
    const size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* `path` becomes that of its copy `name` in the directory. */
static int take_file(char *path, const char *directory, const char *name, struct error *error)
{
    char copy[PATH_MAX];
    if (paths_join(copy, directory, name, error) != 0 ||
        (access(copy, F_OK) != 0 && paths_copy_file(path, copy, error) != 0))
        return error->code;
    strcpy(path, copy);
    return 0;
}

/* The same for a directory of files, of shared objects or of data. */
static int take_directory(char *path, const char *directory, const char *name, struct error *error)
{
    char copy[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
    if (paths_join(copy, directory, name, error) != 0 || (mkdir(copy, 0700) != 0 && errno != EEXIST))
        return error_set(error, EXIT_USAGE, "%s: %s", copy, strerror(errno));
    DIR *entries = opendir(path);
    for (const struct dirent *entry; entries && error->code == 0 && (entry = readdir(entries)) != NULL;)
        if (entry->d_name[0] != '.' && paths_join(from, path, entry->d_name, error) == 0 &&
            paths_join(to, copy, entry->d_name, error) == 0 && access(to, F_OK) != 0)
            paths_copy_file(from, to, error);
    if (entries)
        closedir(entries);
    strcpy(path, copy);
    return error->code;
}

static int take_all(const struct worker_job *given, struct worker_job *job, const char *scratch, const char *directory,
                    struct error *error)
{
    char name[32];
    *job = *given;
    for (uint32_t i = 0; i < job->arm_count && error->code == 0; i++) {
        struct worker_arm *arm = &job->arms[i];
        uint32_t first = 0; /* arm of the same file: the clock's have one */
        while (strcmp(given->arms[first].file, given->arms[i].file) != 0)
            first++;
        snprintf(name, sizeof name, "arm-%u.so", first);
        if (is_below(arm->file, scratch))
            take_file(arm->file, directory, name, error);
        if (is_below(arm->shared_directory, scratch))
            take_directory(arm->shared_directory, directory, "shared", error);
    }
    if (is_below(job->shared_directory, scratch))
        take_directory(job->shared_directory, directory, "shared", error);
    if (is_below(job->data_directory, scratch))
        take_directory(job->data_directory, directory, "data", error);
    return error->code;
}

static int write_job(const struct worker_job *job, const char *path, struct error *error)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool whole = fd >= 0 && write(fd, job, sizeof *job) == (ssize_t)sizeof *job;
    if (fd >= 0)
        close(fd);
    return whole ? 0 : error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
}

void kept_job_keep(const struct worker_job *job, const char *worker, const char *given)
{
    static struct worker_job kept;
    struct error error = {0};
    char scratch[PATH_MAX], directory[PATH_MAX], file[PATH_MAX], parent[PATH_MAX];
    if (command[0] || *given == '\0')
        return;
    scratch_outermost(given, scratch); /* with what the gate copied there; it goes when the gate ends */
    snprintf(parent, sizeof parent, "%s", scratch);
    *strrchr(parent, '/') = '\0'; /* where there is room for what a run needs */
    if (paths_join(directory, parent, "failed-encbench-XXXXXX", &error) != 0 || mkdtemp(directory) == NULL)
        return;
    if (take_all(job, &kept, scratch, directory, &error) == 0 && paths_join(file, directory, "job", &error) == 0 &&
        write_job(&kept, file, &error) == 0)
        snprintf(command, sizeof command, "%s replay %s", worker, file);
    else
        scratch_remove(directory);
}

const char *kept_job_command(void)
{
    return command;
}
