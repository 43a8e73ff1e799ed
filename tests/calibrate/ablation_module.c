/*
 * An op that writes down each batch in which it runs: a line with the process, the arm and a hash of the file that the
 * arm was loaded from. ABLATION_LOG is the file, ABLATION_VARIANT the variant.
 */
#include "../test_module.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OP_NS = 50000 }; /* few batches are read sooner */

static uint64_t hash_of_file(const char *path)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        abort();
    for (int byte; (byte = getc(file)) != EOF;)
        hash = (hash ^ (uint64_t)byte) * 1099511628211u;
    fclose(file);
    return hash;
}

static char line[64];

/* A module does not know which arm it is; the name of the file that it was linked into has the number. */
static size_t describe(void)
{
    Dl_info info;
    unsigned arm;
    const char *name = dladdr(line, &info) ? strstr(info.dli_fname, "-arm-") : NULL;
    if (name == NULL || sscanf(name, "-arm-%u.so", &arm) != 1)
        abort();
    return (size_t)snprintf(line, sizeof line, "%ld %u %016" PRIx64 "\n", (long)getpid(), arm,
                            hash_of_file(info.dli_fname));
}

static void write_down(void)
{
    static size_t length;
    static int log = -1;
    if (log < 0) {
        length = describe();
        log = open(ABLATION_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    }
    if (write(log, line, length) != (ssize_t)length)
        abort();
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    (void)state, (void)thread;
    write_down();
    for (const uint64_t end_ns = now_ns() + n * OP_NS; now_ns() < end_ns;)
        continue;
    return n;
}

static const struct encbench_workload workloads[] = {{
    .name = "written_down",
    .short_name = "written_down",
    .op = "50 us",
    .bytes_per_op = 1,
    .batch_multiple_ops = 1,
    .threads_max = 1,
    .flags = ENCBENCH_TIMED,
    .digest = digest_of_seed,
    .setup = set_up_nothing,
    .run = run,
    .teardown = tear_down_nothing,
}};

TEST_MODULE(ABLATION_VARIANT);
