#include "machine/perf_group.h"

#include <errno.h>

const char *const counter_status_words[] = {
    [COUNTER_COUNTED] = "counted",
    [COUNTER_MULTIPLEXED] = "multiplexed",
    [COUNTER_NOT_SUPPORTED] = "not supported",
    [COUNTER_NOT_PERMITTED] = "not permitted",
    [COUNTER_NOT_COUNTED] = "not counted",
    [COUNTER_UNKNOWN] = "unknown event",
};

struct counting {
    const struct counter_source *source;
    const struct counter_event *events;
    size_t event_count, thread_count;
    const int *thread_ids;
    counter_work *work;
    void *work_context;
    struct counter_value *values;
};

void counter_enable(const struct counter_group *group, size_t thread)
{
    if (group)
        group->source->enable(group->source->context, group->descriptors[thread][0]);
}

void counter_disable(const struct counter_group *group, size_t thread)
{
    if (group)
        group->source->disable(group->source->context, group->descriptors[thread][0]);
}

enum counter_status counter_status_of(int cause)
{
    switch (cause) {
    case EACCES:
    case EPERM:
        return COUNTER_NOT_PERMITTED;
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EOPNOTSUPP:
    case EINVAL:
    case ENOSYS:
        return COUNTER_NOT_SUPPORTED;
    default:
        return COUNTER_NOT_COUNTED;
    }
}

/* ---- groups ---- */

static void set_all_threads(const struct counting *counting, size_t event, struct counter_value value)
{
    for (size_t t = 0; t < counting->thread_count; t++)
        counting->values[t * counting->event_count + event] = value;
}

/* Into the group of every thread, or of none: 0 or -errno. */
static int open_event(const struct counting *counting, struct counter_group *group, size_t event)
{
    const struct counter_source *source = counting->source;
    const size_t place = group->event_count;
    for (size_t t = 0; t < counting->thread_count; t++) {
        const int leader = place > 0 ? group->descriptors[t][0] : -1;
        const int result = source->open(source->context, &counting->events[event], counting->thread_ids[t], leader);
        if (result < 0) {
            while (t-- > 0)
                source->close(source->context, group->descriptors[t][place]);
            return result;
        }
        group->descriptors[t][place] = result;
    }
    group->events[group->event_count++] = event;
    return 0;
}

/* In a group that has members: no room beside them, or no descriptor left. The event may well fit into another. */
static bool does_not_fit(int cause)
{
    return cause == EINVAL || cause == ENOSPC || cause == EMFILE || cause == ENFILE;
}

/* As many events of the list as fit. Returns how many of the list are dealt with: in the group, or marked. */
static size_t open_group(const struct counting *counting, struct counter_group *group, const size_t *list, size_t count)
{
    *group = (struct counter_group){.source = counting->source, .thread_count = counting->thread_count};
    for (size_t i = 0; i < count; i++) {
        const int cause = -open_event(counting, group, list[i]);
        if (cause != 0 && group->event_count > 0 && does_not_fit(cause))
            return i;
        if (cause != 0)
            set_all_threads(counting, list[i],
                            (struct counter_value){.status = counter_status_of(cause), .cause = cause});
    }
    return count;
}

/* Members before the leader. */
static void close_group(const struct counter_group *group)
{
    for (size_t t = 0; t < group->thread_count; t++)
        for (size_t i = group->event_count; i-- > 0;)
            group->source->close(group->source->context, group->descriptors[t][i]);
}

static enum counter_status status_of_times(uint64_t enabled_ns, uint64_t running_ns)
{
    if (enabled_ns == 0 || running_ns == 0)
        return COUNTER_NOT_COUNTED;
    return running_ns < enabled_ns ? COUNTER_MULTIPLEXED : COUNTER_COUNTED;
}

/* False when the group never ran in some thread. */
static bool read_group(const struct counting *counting, const struct counter_group *group)
{
    bool ran = true;
    for (size_t t = 0; t < group->thread_count; t++) {
        uint64_t counts[COUNTER_EVENTS_MAX] = {0}, enabled_ns = 0, running_ns = 0;
        const int cause = -group->source->read(group->source->context, group->descriptors[t][0], group->event_count,
                                               counts, &enabled_ns, &running_ns);
        const enum counter_status status = cause ? COUNTER_NOT_COUNTED : status_of_times(enabled_ns, running_ns);
        ran = ran && status != COUNTER_NOT_COUNTED;
        for (size_t i = 0; i < group->event_count; i++)
            counting->values[t * counting->event_count + group->events[i]] =
                (struct counter_value){status, cause, counts[i], enabled_ns, running_ns};
    }
    return ran;
}

/*
 * The kernel checks a new group against all counters of the machine, those that somebody else holds (the NMI watchdog
 * holds one) included: a group may be let in and never be scheduled. Halves of it may.
 */
static bool count_list(const struct counting *counting, const size_t *list, size_t count)
{
    while (count > 0) {
        struct counter_group group;
        const size_t dealt = open_group(counting, &group, list, count);
        if (group.event_count > 0) {
            const bool worked = counting->work(counting->work_context, &group);
            const bool ran = worked && read_group(counting, &group);
            const size_t half = group.event_count / 2;
            close_group(&group);
            if (!worked || (!ran && half > 0 &&
                            (!count_list(counting, group.events, half) ||
                             !count_list(counting, group.events + half, group.event_count - half))))
                return false;
        }
        list += dealt;
        count -= dealt;
    }
    return true;
}

/* Events that can share a group: the kernel lets none of another PMU in. Software events go by themselves: they need no
 * counter and must not fall with those that do. */
static uint32_t class_of(const struct counter_event *event)
{
    return event->type == COUNTER_TYPE_CACHE || event->type == COUNTER_TYPE_RAW ? COUNTER_TYPE_HARDWARE : event->type;
}

bool counter_measure(const struct counter_source *source, const struct counter_event *events, size_t event_count,
                     const int *thread_ids, size_t thread_count, counter_work *work, void *work_context,
                     struct counter_value *values)
{
    const struct counting counting = {source,     events, event_count,  thread_count,
                                      thread_ids, work,   work_context, values};
    bool listed[COUNTER_EVENTS_MAX] = {false};
    for (size_t first = 0; first < event_count; first++) {
        size_t list[COUNTER_EVENTS_MAX], count = 0;
        for (size_t i = first; i < event_count && !listed[first]; i++)
            if (class_of(&events[i]) == class_of(&events[first]))
                list[count++] = i;
        for (size_t i = 0; i < count; i++)
            listed[list[i]] = true;
        if (!count_list(&counting, list, count))
            return false;
    }
    return true;
}
