/*
 * Counters of the kernel (perf_event_open), read around something that runs. Events come encoded (events.h); they are
 * opened in groups, one group at a time, one copy of a group for each thread that is measured. A group takes as many
 * events as the kernel lets in; what does not fit is the next group's. A group that never got onto the counters is
 * counted again in halves.
 *
 * The kernel is a struct of functions, so that tests pass a fake one. Nothing here fails: what cannot be counted has a
 * status.
 */
#ifndef ENCBENCH_COUNTER_H
#define ENCBENCH_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    COUNTER_EVENTS_MAX = 32,
    COUNTER_THREADS_MAX = 16,
    COUNTER_NAME_BYTES = 96,
};

/* Values of the field `type` of the kernel's attributes that are told apart here: its ABI, see perf_event_open(2). */
enum { COUNTER_TYPE_HARDWARE = 0, COUNTER_TYPE_SOFTWARE = 1, COUNTER_TYPE_CACHE = 3, COUNTER_TYPE_RAW = 4 };

/* An event as the kernel takes it. */
struct counter_event {
    char name[COUNTER_NAME_BYTES]; /* as it was asked for */
    uint32_t type;
    uint64_t config, config1, config2;
    uint8_t precise; /* precise_ip */
    bool exclude_user, exclude_kernel, exclude_hypervisor, exclude_host, exclude_guest;
    bool is_time; /* its value is ns, not a number of events */
};

enum counter_status {
    COUNTER_COUNTED,       /* all the time that it was enabled */
    COUNTER_MULTIPLEXED,   /* part of that time: the value is of that part, and no exact figure */
    COUNTER_NOT_SUPPORTED, /* this machine or kernel has no such counter */
    COUNTER_NOT_PERMITTED,
    COUNTER_NOT_COUNTED, /* neither: it never got onto a counter, or something went wrong */
    COUNTER_UNKNOWN,     /* nobody knows the name: it is not even encoded */
};
extern const char *const counter_status_words[];

struct counter_value {
    enum counter_status status;
    int cause; /* errno behind a status other than the first two; 0: none */
    uint64_t value, enabled_ns, running_ns;
};

struct counter_source {
    void *context;
    /* Opens the event, disabled, for a thread (0: this one) of this process: as a leader (leader < 0) or into its
     * group. A descriptor or -errno. */
    int (*open)(void *context, const struct counter_event *event, int thread_id, int leader);
    /* The whole group on or off. */
    void (*enable)(void *context, int leader);
    void (*disable)(void *context, int leader);
    /* `count` values in the order of opening, and the group's times. 0 or -errno. */
    int (*read)(void *context, int leader, size_t count, uint64_t *values, uint64_t *enabled_ns, uint64_t *running_ns);
    void (*close)(void *context, int descriptor);
};

/* The real one. */
struct counter_source counter_source_real(void);

/* An open group, in each of the threads. */
struct counter_group {
    const struct counter_source *source;
    size_t thread_count, event_count;
    size_t events[COUNTER_EVENTS_MAX]; /* indexes of the events in it */
    int descriptors[COUNTER_THREADS_MAX][COUNTER_EVENTS_MAX];
};

/* Around what is counted, called in thread number `thread` itself; any number of times. A NULL group counts nothing. */
void counter_enable(const struct counter_group *group, size_t thread);
void counter_disable(const struct counter_group *group, size_t thread);

/* What is to be counted: does the same at every call, all threads of it between counter_enable and counter_disable.
 * False: it failed. */
typedef bool counter_work(void *context, const struct counter_group *group);

/* Calls `work` once for each group. Fills values[thread * event_count + event]. At most COUNTER_EVENTS_MAX events and
 * COUNTER_THREADS_MAX threads. False: the work failed, and values are not complete. */
bool counter_measure(const struct counter_source *source, const struct counter_event *events, size_t event_count,
                     const int *thread_ids, size_t thread_count, counter_work *work, void *work_context,
                     struct counter_value *values);

/* What `errno` of opening an event means. */
enum counter_status counter_status_of(int cause);

#endif
