/*
 * The kernel's counters. The one source file with <linux/perf_event.h>: libpfm's headers declare the same names.
 */
#include "machine/perf_group.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(COUNTER_TYPE_HARDWARE == (int)PERF_TYPE_HARDWARE && COUNTER_TYPE_SOFTWARE == (int)PERF_TYPE_SOFTWARE &&
                   COUNTER_TYPE_CACHE == (int)PERF_TYPE_HW_CACHE && COUNTER_TYPE_RAW == (int)PERF_TYPE_RAW,
               "types of the kernel's ABI");

static int open_event(void *context, const struct counter_event *event, int thread_id, int leader)
{
    struct perf_event_attr attr;
    (void)context;
    memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    attr.type = event->type;
    attr.config = event->config;
    attr.config1 = event->config1;
    attr.config2 = event->config2;
    attr.precise_ip = event->precise & 3;
    attr.exclude_user = event->exclude_user;
    attr.exclude_kernel = event->exclude_kernel;
    attr.exclude_hv = event->exclude_hypervisor;
    attr.exclude_host = event->exclude_host;
    attr.exclude_guest = event->exclude_guest;
    attr.disabled = leader < 0; /* a group is on when its leader is */
    attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    const long descriptor = syscall(SYS_perf_event_open, &attr, thread_id, -1, leader, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : (int)descriptor;
}

static void enable(void *context, int leader)
{
    (void)context;
    ioctl(leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

static void disable(void *context, int leader)
{
    (void)context;
    ioctl(leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
}

static int read_group(void *context, int leader, size_t count, uint64_t *values, uint64_t *enabled_ns,
                      uint64_t *running_ns)
{
    uint64_t words[3 + COUNTER_EVENTS_MAX]; /* how many; the times; the values */
    (void)context;
    const ssize_t wanted = (ssize_t)((3 + count) * sizeof words[0]), got = read(leader, words, sizeof words);
    if (got < 0)
        return -errno;
    if (got != wanted || words[0] != count) /* none: the kernel gave the group up */
        return -EIO;
    *enabled_ns = words[1];
    *running_ns = words[2];
    memcpy(values, words + 3, count * sizeof words[0]);
    return 0;
}

static void close_event(void *context, int descriptor)
{
    (void)context;
    close(descriptor);
}

struct counter_source counter_source_real(void)
{
    return (struct counter_source){NULL, open_event, enable, disable, read_group, close_event};
}
