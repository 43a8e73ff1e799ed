/* Names of events and what the kernel is asked for. libpfm looks for PMUs once a process: each test has a process of
 * its own. */
#include "machine/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHILD_FAILED = 1 };

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            _exit(CHILD_FAILED);                                                                                       \
        }                                                                                                              \
    } while (0)

/* `pmu`: the only one that libpfm is to find; NULL: those of this machine. */
static void in_child(const char *pmu, void (*test)(void))
{
    int status;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        if (pmu)
            setenv("LIBPFM_FORCE_PMU", pmu, 1);
        else
            unsetenv("LIBPFM_FORCE_PMU");
        test();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static struct event_set set;
static struct error error;

static const struct counter_event *find(const char *name)
{
    const char *const names[] = {name, NULL};
    error = (struct error){0};
    if (events_find(names, &set, &error) != 0)
        fprintf(stderr, "%s\n", error.message);
    CHECK(error.code == 0 && set.count == 1 && set.unknown[0][0] == '\0' && strcmp(set.events[0].name, name) == 0);
    return &set.events[0];
}

static void expect_refusal(const char *name, const char *words)
{
    const char *const names[] = {name, NULL};
    error = (struct error){0};
    CHECK(events_find(names, &set, &error) == EXIT_USAGE && error.code == EXIT_USAGE);
    if (strstr(error.message, words) == NULL || strstr(error.message, name) == NULL)
        fprintf(stderr, "\"%s\" does not say \"%s\"\n", error.message, words);
    CHECK(strstr(error.message, words) != NULL && strstr(error.message, name) != NULL);
}

/* ---- generic names; numbers are the kernel's ABI (perf_event_open(2)) ---- */

static void generic(void)
{
    const struct counter_event *event = find("perf::INSTRUCTIONS:u");
    CHECK(event->type == COUNTER_TYPE_HARDWARE && event->config == 1 && event->exclude_kernel && !event->exclude_user);
    event = find("perf::instructions");
    CHECK(event->type == COUNTER_TYPE_HARDWARE && event->config == 1 && event->exclude_kernel);
    event = find("CYCLES:k");
    CHECK(event->type == COUNTER_TYPE_HARDWARE && event->config == 0 && !event->exclude_kernel && event->exclude_user);
    event = find("perf::L1-DCACHE-LOAD-MISSES");
    CHECK(event->type == COUNTER_TYPE_CACHE && event->config == 0x10000);
    event = find("perf::PAGE-FAULTS");
    CHECK(event->type == COUNTER_TYPE_SOFTWARE && event->config == 2 && event->exclude_kernel && !event->is_time);
    event = find("perf::TASK-CLOCK");
    CHECK(event->type == COUNTER_TYPE_SOFTWARE && event->config == 1 && event->is_time);
}

static void kernel_only(void)
{
    const struct counter_event *event = find("perf::CONTEXT-SWITCHES");
    CHECK(event->config == 3 && !event->exclude_kernel && !event->exclude_user);
    CHECK(!find("perf::CPU-MIGRATIONS:u:k")->exclude_kernel);
    expect_refusal("perf::CPU-MIGRATIONS:u", "reads 0 in user mode; leave out :u");
}

static void refusals(void)
{
    expect_refusal("perf::INSTRUCTION", "near it: perf::INSTRUCTIONS");
    expect_refusal("page_fault", "near it: perf::PAGE-FAULTS");
    expect_refusal("xyz", "`encbench list --events` has all names");
    expect_refusal("perf::CYCLES:zz", "it takes u k");
    const char *const twice[] = {"perf::CYCLES", "perf::CYCLES", NULL};
    error = (struct error){0};
    CHECK(events_find(twice, &set, &error) == EXIT_USAGE && strstr(error.message, "twice"));
    const char *many[COUNTER_EVENTS_MAX + 2] = {NULL};
    char names[COUNTER_EVENTS_MAX + 1][COUNTER_NAME_BYTES];
    for (size_t i = 0; i <= COUNTER_EVENTS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "perf_raw::r%zx", i + 1);
        many[i] = names[i];
    }
    error = (struct error){0};
    CHECK(events_find(many, &set, &error) == EXIT_USAGE && strstr(error.message, "more than"));
}

static void usual(void)
{
    error = (struct error){0};
    CHECK(events_find(NULL, &set, &error) == 0 && set.count >= 8);
    for (size_t i = 0; i < set.count; i++) {
        CHECK(set.unknown[i][0] == '\0' && strncmp(set.events[i].name, "perf::", 6) == 0);
        CHECK(set.events[i].exclude_kernel || set.events[i].type == COUNTER_TYPE_SOFTWARE);
    }
}

static void count_name(void *context, const char *name, const char *meaning)
{
    (void)meaning;
    *(size_t *)context += strcmp(name, "perf::INSTRUCTIONS") == 0 || strcmp(name, "perf::PAGE-FAULTS") == 0;
}

static void listed(void)
{
    size_t found = 0;
    events_visit(count_name, &found);
    CHECK(found == 2);
}

/* ---- names of other CPUs; codes from the makers' manuals ---- */

struct code {
    const char *pmu, *event;
    uint64_t config;
};

static const struct code *current_code;

static void encoded(void)
{
    const struct counter_event *event = find(current_code->event);
    if (event->config != current_code->config)
        fprintf(stderr, "%s: %#llx\n", current_code->event, (unsigned long long)event->config);
    CHECK(event->type == COUNTER_TYPE_RAW && event->config == current_code->config && event->exclude_kernel);
    expect_refusal("skx::NO_SUCH_EVENT_ANYWHERE", "event not found");
    error = (struct error){0};
    CHECK(events_find(NULL, &set, &error) ==
          0); /* the usual ones are generic, and those are not there: no error, a reason */
    for (size_t i = 0; i < set.count; i++)
        CHECK(strstr(set.unknown[i], "event not found"));
}

static void other_cpus(void **state)
{
    (void)state;
    static const struct code codes[] = {
#if defined(__x86_64__)
        {"skx", "skx::INST_RETIRED:ANY_P", 0xc0},
        {"skx", "MEM_LOAD_RETIRED:L1_MISS", 0x8d1},
        {"skx", "BR_MISP_RETIRED:ALL_BRANCHES", 0xc5},
        {"icx", "icx::MEM_LOAD_RETIRED:L3_MISS", 0x20d1},
        {"amd64_fam17h_zen2", "RETIRED_INSTRUCTIONS", 0xc0},
        {"amd64_fam19h_zen3", "RETIRED_BRANCH_INSTRUCTIONS_MISPREDICTED", 0xc3},
#elif defined(__aarch64__)
        {"arm_n1", "arm_n1::INST_RETIRED", 0x08},
        {"arm_n1", "BR_MIS_PRED", 0x10},
        {"arm_v1", "CPU_CYCLES", 0x11},
#endif
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        current_code = &codes[i];
        in_child(codes[i].pmu, encoded);
    }
}

/* Of a CPU that this build of libpfm has no tables for; and as on a kernel without perf events. */
static void nothing_known(void)
{
    const char *const names[] = {"perf::CYCLES", "arm_none::INST_RETIRED", NULL};
    error = (struct error){0};
    CHECK(events_find(names, &set, &error) == 0 && set.count == 2);
    CHECK(strstr(set.unknown[0], "no perf events of the kernel") && strstr(set.unknown[1], "no perf events"));
    size_t found = 0;
    events_visit(count_name, &found);
    CHECK(found == 0);
}

static void generic_names(void **state)
{
    (void)state;
    in_child(NULL, generic);
    in_child(NULL, kernel_only);
    in_child(NULL, usual);
    in_child(NULL, listed);
}

static void bad_names_are_refused(void **state)
{
    (void)state;
    in_child(NULL, refusals);
}

static void without_perf_events(void **state)
{
    (void)state;
    in_child("no_such_pmu", nothing_known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generic_names),
        cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(other_cpus),
        cmocka_unit_test(without_perf_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
