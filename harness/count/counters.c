#include "count/counters.h"

#include "base/progress.h"
#include "schema.h"
#include "store/csv.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counters {
    const struct launch *launch;
    const char *const *workloads;
    const struct event_set *events;
    uint64_t seed;
    int paranoid;
    struct csv_writer *writer;
    struct progress progress;
    struct worker_result result;
    /* The events that are encoded: these are handed to the worker. */
    struct counter_event encoded[COUNTER_EVENTS_MAX];
    size_t encoded_count, place[COUNTER_EVENTS_MAX]; /* place among them, by event */
};

/* ---- reasons ---- */

static void explain_permission(const struct counter_event *event, int cause, int paranoid, char *reason, size_t bytes)
{
    const int needed = event->exclude_kernel ? 2 : 1;
    if (cause == EACCES && (paranoid == INT_MIN || paranoid > needed))
        snprintf(reason, bytes, "%s is not for this user; as root: `sysctl kernel.perf_event_paranoid=%d`",
                 event->exclude_kernel ? "perf_event_open" : "counting in the kernel", needed);
    else
        snprintf(
            reason, bytes,
            "perf_event_open is refused (%s) though kernel.perf_event_paranoid would allow it: by a sandbox's "
            "seccomp filter or a security module? For Docker: `--cap-add PERFMON --security-opt seccomp=unconfined`",
            strerror(cause));
}

static void explain_missing(const struct counter_event *event, int cause, char *reason, size_t bytes)
{
    if (cause == ENOSYS)
        snprintf(reason, bytes,
                 "no perf_event_open: the kernel is built without it or a sandbox's seccomp filter hides it");
    else if (event->type == COUNTER_TYPE_SOFTWARE || cause == EINVAL)
        snprintf(reason, bytes, "the kernel does not know this event (%s)", strerror(cause));
    else
        snprintf(reason, bytes,
                 "no PMU counts it here (%s): a virtual machine gets one from its host only (QEMU: `-cpu host`)",
                 strerror(cause));
}

static void explain_not_counted(const struct counter_value *value, char *reason, size_t bytes)
{
    if (value->cause == EMFILE || value->cause == ENFILE)
        snprintf(reason, bytes, "no file descriptor left: `ulimit -n 4096`");
    else if (value->cause != 0)
        snprintf(reason, bytes, "perf_event_open: %s", strerror(value->cause));
    else if (value->enabled_ns == 0)
        snprintf(reason, bytes, "it was never enabled");
    else
        snprintf(reason, bytes,
                 "never on a counter while enabled: somebody else holds them (`sysctl kernel.nmi_watchdog=0` frees "
                 "one; end other perf sessions)");
}

void counters_reason(const struct counter_event *event, const struct counter_value *value, int paranoid,
                     char reason[COUNTERS_REASON_BYTES])
{
    char text[COUNTERS_REASON_BYTES] = "";
    if (value->status == COUNTER_MULTIPLEXED)
        snprintf(text, sizeof text, "on a counter for %.1f %% of the time only; ask for fewer --events",
                 100 * (double)value->running_ns / (double)value->enabled_ns);
    else if (value->status == COUNTER_NOT_PERMITTED)
        explain_permission(event, value->cause, paranoid, text, sizeof text);
    else if (value->status == COUNTER_NOT_SUPPORTED)
        explain_missing(event, value->cause, text, sizeof text);
    else if (value->status == COUNTER_NOT_COUNTED)
        explain_not_counted(value, text, sizeof text);
    csv_clean(reason, COUNTERS_REASON_BYTES, text);
}

/* Lower is more permissive; see perf_event_open(2). */
static int read_paranoid(void)
{
    int level = INT_MIN;
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    if (file && fscanf(file, "%d", &level) != 1)
        level = INT_MIN;
    if (file)
        fclose(file);
    return level;
}

/* ---- rows ---- */

struct row {
    const char *variant, *workload;
    size_t thread;
    const struct counter_event *event;
    uint64_t operations;
    const struct counter_value *value; /* NULL: none, `status` and `reason` say why */
    const char *status, *reason;
};

static void put_count(struct csv_writer *writer, bool known, uint64_t value)
{
    if (known)
        csv_put_integer(writer, (int64_t)value);
    else
        csv_put_empty(writer);
}

static void put_row(struct csv_writer *writer, const struct row *row)
{
    const struct counter_value *value = row->value;
    const bool has_value = value && (value->status == COUNTER_COUNTED || value->status == COUNTER_MULTIPLEXED);
    const bool opened = value && (has_value || (value->status == COUNTER_NOT_COUNTED && value->cause == 0));
    csv_put_text(writer, row->variant);
    csv_put_text(writer, row->workload);
    csv_put_integer(writer, (int64_t)row->thread);
    csv_put_text(writer, row->event->name);
    csv_put_text(writer, row->event->is_time ? "ns" : "count");
    put_count(writer, row->operations > 0, row->operations);
    put_count(writer, has_value, has_value ? value->value : 0);
    put_count(writer, opened, opened ? value->enabled_ns : 0);
    put_count(writer, opened, opened ? value->running_ns : 0);
    csv_put_text(writer, row->status);
    csv_put_text(writer, row->reason);
    csv_end_row(writer);
}

static void put_event(const struct counters *counters, struct row row, size_t event)
{
    const struct worker_counters *found = &counters->result.counters;
    char reason[COUNTERS_REASON_BYTES];
    row.event = &counters->events->events[event];
    row.status = counter_status_words[COUNTER_NOT_COUNTED];
    row.reason = reason;
    if (counters->events->unknown[event][0]) {
        row.status = counter_status_words[COUNTER_UNKNOWN];
        csv_clean(reason, sizeof reason, counters->events->unknown[event]);
    } else if (found->unavailable[0]) {
        csv_clean(reason, sizeof reason, found->unavailable);
    } else {
        row.value = &found->values[row.thread * counters->encoded_count + counters->place[event]];
        row.status = counter_status_words[row.value->status];
        counters_reason(row.event, row.value, counters->paranoid, reason);
    }
    put_row(counters->writer, &row);
}

static int measure_one(struct counters *counters, const struct module_info *module,
                       const struct module_workload *workload, struct error *error)
{
    const struct worker_counters *found = &counters->result.counters;
    counters->result = (struct worker_result){0};
    if (counters->encoded_count > 0 &&
        launch_count(counters->launch, module, workload, counters->encoded, counters->encoded_count, counters->seed,
                     &counters->result, error) != 0)
        return error->code;
    const size_t threads = found->unavailable[0] || found->thread_count == 0 ? 1 : found->thread_count;
    for (size_t t = 0; t < threads; t++)
        for (size_t i = 0; i < counters->events->count; i++)
            put_event(counters,
                      (struct row){module->variant, workload->short_name, t,
                                   .operations = found->unavailable[0] ? 0 : found->operations},
                      i);
    return 0;
}

/* ---- all of them ---- */

static bool has_pass(const struct counters *counters, const struct module_info *module,
                     const struct module_workload *workload)
{
    return !module->planted && (workload->flags & (ENCBENCH_TIMED | ENCBENCH_EXACT)) &&
           module_workload_selected(counters->workloads, workload);
}

static int measure_all(struct counters *counters, const struct module_set *set, bool quiet, struct error *error)
{
    size_t passes = 0;
    for (size_t m = 0; m < set->count; m++)
        for (size_t w = 0; w < set->modules[m].workload_count; w++)
            passes += has_pass(counters, &set->modules[m], &set->modules[m].workloads[w]);
    progress_start(&counters->progress, "counters", passes, quiet);
    for (size_t m = 0; m < set->count && error->code == 0; m++)
        for (size_t w = 0; w < set->modules[m].workload_count && error->code == 0; w++)
            if (has_pass(counters, &set->modules[m], &set->modules[m].workloads[w])) {
                measure_one(counters, &set->modules[m], &set->modules[m].workloads[w], error);
                progress_step(&counters->progress);
            }
    progress_end(&counters->progress);
    return error->code;
}

static void choose_encoded(struct counters *counters)
{
    for (size_t i = 0; i < counters->events->count; i++) {
        counters->place[i] = counters->encoded_count;
        if (counters->events->unknown[i][0] == '\0')
            counters->encoded[counters->encoded_count++] = counters->events->events[i];
    }
}

int counters_measure(const char *directory, const struct launch *launch, const struct module_set *set,
                     const char *const *workloads, const struct event_set *events, uint64_t seed, bool quiet,
                     struct error *error)
{
    char path[PATH_MAX];
    struct counters *counters = calloc(1, sizeof *counters);
    if (counters == NULL)
        return error_out_of_memory(error);
    counters->launch = launch;
    counters->workloads = workloads;
    counters->events = events;
    counters->seed = seed;
    counters->paranoid = read_paranoid();
    choose_encoded(counters);
    if (paths_join(path, directory, schema_counters.file, error) == 0 &&
        csv_writer_open(&counters->writer, path, &schema_counters, CSV_REPLACE, error) == 0)
        measure_all(counters, set, quiet, error);
    if (error->code == 0)
        csv_writer_close(counters->writer, error);
    else
        csv_writer_abandon(counters->writer);
    free(counters);
    return error->code;
}
