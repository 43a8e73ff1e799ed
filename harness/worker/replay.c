#include "worker/replay.h"

#include "base/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Set in the environment of the second execution. */
#define EXECUTED "ENCBENCH_REPLAY"

static int read_job(const char *path, struct worker_job *job, struct error *error)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return error_set(error, EXIT_USAGE, "%s: cannot be read: %s", path, strerror(errno));
    const bool whole = fread(job, sizeof *job, 1, file) == 1 && getc(file) == EOF;
    fclose(file);
    if (!whole)
        return error_set(error, EXIT_USAGE, "%s: is no job of a worker that failed, or one of another build", path);
    if (job->protocol != WORKER_PROTOCOL || job->region_bytes != sizeof(struct worker_region) ||
        job->arm_count > MEASURE_ARMS_MAX)
        return error_set(error, EXIT_USAGE, "%s: belongs to another build of encbench", path);
    return 0;
}

/* What the loader reads only when a program starts. */
static int execute_again(const struct worker_job *job, char **arguments, struct error *error)
{
    const char *shared = job->arms[0].shared_directory;
    if (getenv(EXECUTED))
        return 0;
    environment_enter(&job->environment);
    if (setenv(EXECUTED, "1", 1) != 0 || (*shared && setenv("LD_LIBRARY_PATH", shared, 1) != 0))
        return error_out_of_memory(error);
    execv("/proc/self/exe", arguments);
    return error_set(error, EXIT_USAGE, "cannot be executed again in the environment of the job: %s", strerror(errno));
}

struct worker_region *worker_replay_region(char **arguments, struct error *error)
{
    static struct worker_job job;
    if (read_job(arguments[2], &job, error) != 0 || execute_again(&job, arguments, error) != 0)
        return NULL;
    const size_t bytes = sizeof(struct worker_region) + worker_block_room(&job) * sizeof(struct measure_block);
    const int fd = memfd_create("encbench-region", 0);
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0 || (fd != WORKER_REGION_FD && dup2(fd, WORKER_REGION_FD) < 0)) {
        error_set(error, EXIT_USAGE, "shared memory of %zu bytes cannot be had: %s", bytes, strerror(errno));
        return NULL;
    }
    struct worker_region *region = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (region == MAP_FAILED) {
        error_set(error, EXIT_USAGE, "shared memory of %zu bytes cannot be had: %s", bytes, strerror(errno));
        return NULL;
    }
    region->job = job;
    return region;
}
