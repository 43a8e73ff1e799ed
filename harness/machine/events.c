#include "machine/events.h"

#include <ctype.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_MAX = 3, UNIT_MASKS_SHOWN = 6 };

/* Hardware in the order in which it is missed: what does not fit into the first group comes later. */
static const char *const default_names[] = {
    "perf::INSTRUCTIONS:u",
    "perf::CYCLES:u",
    "perf::BRANCH-MISSES:u",
    "perf::CACHE-MISSES:u",
    "perf::L1-DCACHE-LOAD-MISSES:u",
    "perf::PAGE-FAULTS:u",
    "perf::CONTEXT-SWITCHES",
    "perf::CPU-MIGRATIONS",
    "perf::TASK-CLOCK",
    NULL,
};

/* ---- all events ---- */

struct event_walk {
    void (*each)(void *context, const pfm_pmu_info_t *pmu, const pfm_event_info_t *event);
    void *context;
};

static void walk_pmu(const struct event_walk *walk, const pfm_pmu_info_t *pmu)
{
    for (int i = pmu->first_event; i != -1; i = pfm_get_event_next(i)) {
        pfm_event_info_t event = {.size = sizeof event};
        if (pfm_get_event_info(i, PFM_OS_PERF_EVENT, &event) == PFM_SUCCESS)
            walk->each(walk->context, pmu, &event);
    }
}

/* Of the PMUs of this machine. */
static void walk_events(const struct event_walk *walk)
{
    for (int i = 0; i < PFM_PMU_MAX; i++) {
        pfm_pmu_info_t pmu = {.size = sizeof pmu};
        if (pfm_get_pmu_info((pfm_pmu_t)i, &pmu) == PFM_SUCCESS && pmu.is_present && pmu.nevents > 0)
            walk_pmu(walk, &pmu);
    }
}

/* ---- near names ---- */

/* Cases, and the two signs that names are cut with, are one. */
static char plain(char sign)
{
    return (char)(sign == '-' ? '_' : toupper((unsigned char)sign));
}

/* Levenshtein's distance of two names, of which at most COUNTER_NAME_BYTES characters count. */
static size_t distance(const char *a, const char *b)
{
    size_t row[COUNTER_NAME_BYTES + 1];
    const size_t width = strnlen(b, COUNTER_NAME_BYTES), height = strnlen(a, COUNTER_NAME_BYTES);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; i < height; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            const size_t change = corner + (plain(a[i]) != plain(b[j]));
            const size_t least = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;
            corner = row[j + 1];
            row[j + 1] = change < least ? change : least;
        }
    }
    return row[width];
}

struct near {
    char wanted[COUNTER_NAME_BYTES]; /* without PMU and what follows a colon */
    size_t count, distances[NEAR_MAX];
    char names[NEAR_MAX][COUNTER_NAME_BYTES];
};

static void add_near(void *context, const pfm_pmu_info_t *pmu, const pfm_event_info_t *event)
{
    struct near *near = context;
    const size_t far = distance(near->wanted, event->name);
    size_t place = near->count;
    while (place > 0 && near->distances[place - 1] > far)
        place--;
    if (place == NEAR_MAX || far > strlen(near->wanted) / 2)
        return;
    near->count += near->count < NEAR_MAX;
    for (size_t i = near->count - 1; i > place; i--) {
        near->distances[i] = near->distances[i - 1];
        memcpy(near->names[i], near->names[i - 1], COUNTER_NAME_BYTES);
    }
    near->distances[place] = far;
    snprintf(near->names[place], COUNTER_NAME_BYTES, "%.20s::%.70s", pmu->name, event->name);
}

/* "; near it: A B C" or where to look. */
static void near_names(const char *name, char *text, size_t text_bytes)
{
    struct near near = {0};
    const char *pmu = strstr(name, "::"), *event = pmu ? pmu + 2 : name;
    snprintf(near.wanted, sizeof near.wanted, "%.*s", (int)strcspn(event, ":"), event);
    const struct event_walk walk = {add_near, &near};
    walk_events(&walk);
    snprintf(text, text_bytes, near.count ? "; near it:" : "; `encbench list --events` has all names");
    for (size_t i = 0; i < near.count; i++)
        snprintf(text + strlen(text), text_bytes - strlen(text), " %s", near.names[i]);
}

/* "; its unit masks: A B C" of an event that is known but not with what follows it. */
static void unit_masks(const char *name, char *text, size_t text_bytes)
{
    char event_name[COUNTER_NAME_BYTES];
    const char *pmu = strstr(name, "::"), *event = pmu ? pmu + 2 : name;
    size_t shown = 0;
    snprintf(event_name, sizeof event_name, "%.*s", (int)((size_t)(event - name) + strcspn(event, ":")), name);
    const int index = pfm_find_event(event_name);
    pfm_event_info_t info = {.size = sizeof info};
    text[0] = '\0';
    if (index < 0 || pfm_get_event_info(index, PFM_OS_PERF_EVENT, &info) != PFM_SUCCESS)
        return;
    for (int i = 0; i < info.nattrs && shown < UNIT_MASKS_SHOWN; i++) {
        pfm_event_attr_info_t attribute = {.size = sizeof attribute};
        if (pfm_get_event_attr_info(index, i, PFM_OS_PERF_EVENT, &attribute) == PFM_SUCCESS)
            snprintf(text + strlen(text), text_bytes - strlen(text), "%s %s", shown++ ? "" : "; it takes",
                     attribute.name);
    }
}

/* ---- encoding ---- */

/* These happen in the kernel: asked for in user mode, they read 0 for ever. */
static bool is_kernel_only(const struct perf_event_attr *attr)
{
    return attr->type == PERF_TYPE_SOFTWARE &&
           (attr->config == PERF_COUNT_SW_CONTEXT_SWITCHES || attr->config == PERF_COUNT_SW_CPU_MIGRATIONS ||
            attr->config == PERF_COUNT_SW_CGROUP_SWITCHES);
}

static bool is_time(const struct perf_event_attr *attr)
{
    return attr->type == PERF_TYPE_SOFTWARE &&
           (attr->config == PERF_COUNT_SW_TASK_CLOCK || attr->config == PERF_COUNT_SW_CPU_CLOCK);
}

/* A code of libpfm. `levels` holds where the name itself does not say. */
static int encode(const char *name, int levels, struct perf_event_attr *attr)
{
    memset(attr, 0, sizeof *attr);
    attr->size = sizeof *attr;
    pfm_perf_encode_arg_t argument = {.attr = attr, .size = sizeof argument};
    return pfm_get_os_event_encoding(name, levels, PFM_OS_PERF_EVENT, &argument);
}

/* Fills the event; false with one line of why not. */
static bool find_event(const char *name, struct counter_event *event, char *reason, size_t reason_bytes)
{
    struct perf_event_attr attr;
    char hint[160];
    int code = encode(name, PFM_PLM3, &attr);
    if (code == PFM_SUCCESS && is_kernel_only(&attr))
        code = encode(name, PFM_PLM0 | PFM_PLM3, &attr);
    if (code != PFM_SUCCESS) {
        if (code == PFM_ERR_NOTFOUND)
            near_names(name, hint, sizeof hint);
        else
            unit_masks(name, hint, sizeof hint);
        snprintf(reason, reason_bytes, "libpfm: %s%s", pfm_strerror(code), hint);
        return false;
    }
    if (is_kernel_only(&attr) && attr.exclude_kernel) {
        snprintf(reason, reason_bytes, "happens in the kernel and reads 0 in user mode; leave out :u");
        return false;
    }
    event->type = attr.type;
    event->config = attr.config;
    event->config1 = attr.config1;
    event->config2 = attr.config2;
    event->precise = attr.precise_ip;
    event->exclude_user = attr.exclude_user;
    event->exclude_kernel = attr.exclude_kernel;
    event->exclude_hypervisor = attr.exclude_hv;
    event->exclude_host = attr.exclude_host;
    event->exclude_guest = attr.exclude_guest;
    event->is_time = is_time(&attr);
    return true;
}

/* ---- the set ---- */

/* False where libpfm finds no PMU, not even the kernel's generic one: perf events are not compiled in, or /proc hides
 * them. */
static bool any_events(void)
{
    for (int i = 0; i < PFM_PMU_MAX; i++) {
        pfm_pmu_info_t pmu = {.size = sizeof pmu};
        if (pfm_get_pmu_info((pfm_pmu_t)i, &pmu) == PFM_SUCCESS && pmu.is_present && pmu.nevents > 0)
            return true;
    }
    return false;
}

static int check_name(const struct event_set *set, const char *name, struct error *error)
{
    if (set->count == COUNTER_EVENTS_MAX)
        return error_set(error, EXIT_USAGE, "--events: more than %d events", COUNTER_EVENTS_MAX);
    if (strlen(name) >= COUNTER_NAME_BYTES || strpbrk(name, ",\"\n\r\t") != NULL)
        return error_set(error, EXIT_USAGE, "--events: \"%.200s\" is no name of an event: at most %d characters", name,
                         COUNTER_NAME_BYTES - 1);
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->events[i].name, name) == 0)
            return error_set(error, EXIT_USAGE, "--events: %s stands there twice", name);
    return 0;
}

int events_find(const char *const *names, struct event_set *set, struct error *error)
{
    const bool given = names != NULL, known = pfm_initialize() == PFM_SUCCESS && any_events();
    *set = (struct event_set){0};
    for (const char *const *name = given ? names : default_names; *name; name++) {
        if (check_name(set, *name, error) != 0)
            return error->code;
        struct counter_event *event = &set->events[set->count];
        char *reason = set->unknown[set->count++];
        snprintf(event->name, sizeof event->name, "%s", *name);
        if (!known)
            snprintf(reason, EVENTS_REASON_BYTES,
                     "libpfm finds no PMU and no perf events of the kernel (is /proc/sys/kernel/perf_event_paranoid "
                     "there?)");
        else if (!find_event(*name, event, reason, EVENTS_REASON_BYTES) && given)
            return error_set(error, EXIT_USAGE, "--events: %s: %s", *name, reason);
    }
    return 0;
}

/* ---- the list ---- */

struct event_list {
    void (*visit)(void *context, const char *name, const char *meaning);
    void *context;
};

static void visit_event(void *context, const pfm_pmu_info_t *pmu, const pfm_event_info_t *event)
{
    const struct event_list *list = context;
    char name[COUNTER_NAME_BYTES];
    snprintf(name, sizeof name, "%.20s::%.70s", pmu->name, event->name);
    list->visit(list->context, name, strcmp(event->desc, event->name) == 0 ? "" : event->desc);
}

void events_visit(void (*visit)(void *context, const char *name, const char *meaning), void *context)
{
    struct event_list list = {visit, context};
    const struct event_walk walk = {visit_event, &list};
    if (pfm_initialize() == PFM_SUCCESS)
        walk_events(&walk);
}
