#include "worker/heap_pass.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Resident set from /proc/self/statm: its second number, in pages. System calls only: reading must not allocate. */
static int64_t read_rss_bytes(void)
{
    char text[128];
    const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return -1;
    text[length] = '\0';
    const char *second = strchr(text, ' ');
    return second ? strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE) : -1;
}

static void take(struct heap_checkpoint *checkpoint, encbench_interpose_read_function *read_counts)
{
    read_counts(&checkpoint->counts, NULL);
    checkpoint->rss_bytes = read_rss_bytes();
}

/* Whether the ops up to the next checkpoint would end in time, at the speed so far. */
static bool in_time(uint64_t elapsed_ns, uint64_t done, uint64_t more, uint64_t patience_ns)
{
    return (double)elapsed_ns * (1 + (double)more / (double)done) <= (double)patience_ns;
}

bool heap_pass_run(struct heap_pass *pass, const struct measure_clock *clock, const struct measure_arm *arm,
                   encbench_interpose_read_function *read_counts, uint64_t limit, uint64_t patience_ns)
{
    int64_t operations[GROWTH_POINTS_MAX];
    uint64_t bytes = 0, elapsed_ns = 0, done = 0;
    pass->planned = growth_checkpoints(limit, arm->workload->batch_multiple_ops, operations);
    for (size_t i = 0; i < pass->planned; i++)
        pass->checkpoints[i].operations = operations[i];
    take(&pass->checkpoints[0], read_counts);
    pass->reached = 1;
    while (pass->reached < pass->planned) {
        const uint64_t more = (uint64_t)(operations[pass->reached] - operations[pass->reached - 1]);
        if (done > 0 && !in_time(elapsed_ns, done, more, patience_ns))
            break;
        elapsed_ns += measure_batch(clock, arm, more, &bytes);
        done += more;
        take(&pass->checkpoints[pass->reached++], read_counts);
    }
    return bytes == done * arm->workload->bytes_per_op;
}
