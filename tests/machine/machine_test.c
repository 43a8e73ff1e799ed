/*
 * What is said of a machine, from made-up trees below a root: each fact in each status, and what files may hold that
 * nobody expects.
 */
#include "machine/machine.h"
#include "present/doctor.h"
#include "store/csv.h"

#include <ftw.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define CPU         "/sys/devices/system/cpu"
#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0"
#define GUEST       "/proc/cpuinfo", "flags\t\t: fpu hypervisor\n"
#define HARDWARE    "/proc/cpuinfo", "flags\t\t: fpu\n"
/* Of the CPU that is measured on. */
#define OWN_CPU "/sys/devices/system/cpu/cpu%d"

static char root[64];

static void write_bytes(const char *path, const char *bytes, size_t count)
{
    char full[1024], own[512];
    const char *cpu = strstr(path, "%d");
    if (cpu)
        snprintf(own, sizeof own, "%.*s%d%s", (int)(cpu - path), path, machine_last_cpu(), cpu + 2);
    snprintf(full, sizeof full, "%s%s", root, cpu ? own : path);
    for (char *slash = full + 1; (slash = strchr(slash, '/')) != NULL; *slash++ = '/') {
        *slash = '\0';
        mkdir(full, 0777);
    }
    FILE *file = fopen(full, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static void write_file(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static int empty_root(void **state)
{
    (void)state;
    if (*root)
        nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    snprintf(root, sizeof root, "/tmp/encbench-machine-test.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    *root = '\0';
    return 0;
}

static const struct machine_fact *look(const char *key)
{
    static struct machine_facts facts;
    machine_look(root, 20, &facts);
    for (size_t i = 0; i < facts.count; i++)
        if (strcmp(facts.fact[i].key, key) == 0)
            return &facts.fact[i];
    fail_msg("no fact %s", key);
    return NULL;
}

struct expectation {
    const char *files[9]; /* path, content, path, content ... */
    const char *key, *value;
    enum machine_status status;
    const char *mend; /* part of it; NULL: there is none */
};

static void expect(const struct expectation *expected)
{
    for (size_t i = 0; expected->files[i]; i += 2)
        write_file(expected->files[i], expected->files[i + 1]);
    const struct machine_fact *fact = look(expected->key);
    const bool mended = expected->mend ? strstr(fact->mend, expected->mend) != NULL : *fact->mend == '\0';
    if (strcmp(fact->value, expected->value) != 0 || fact->status != expected->status || !mended)
        fail_msg("%s below \"%s\": is \"%s\", %s, \"%s\"; expected \"%s\", %s, \"%s\"", expected->key,
                 expected->files[1] ? expected->files[1] : "", fact->value, machine_status_words[fact->status],
                 fact->mend, expected->value, machine_status_words[expected->status],
                 expected->mend ? expected->mend : "");
}

static void expect_all(const struct expectation *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(empty_root(NULL), 0);
        expect(&expected[i]);
    }
}
#define EXPECT_ALL(list) expect_all(list, sizeof(list) / sizeof(list)[0])

#define OK     MACHINE_OK
#define NOISY  MACHINE_NOISY
#define HIDDEN MACHINE_NOT_VISIBLE

static void the_processor(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {{NULL}, "cpu_model", "", HIDDEN, NULL},
        {{"/proc/cpuinfo", "model\t\t: 7\nmodel name\t: A CPU, \"fast\"\n"}, "cpu_model", "A CPU;  fast ", OK, NULL},
        {{"/proc/cpuinfo", "model name\t: A\nmodel\t\t: 7\n"}, "cpu_model_number", "7", OK, NULL},
        {{"/proc/cpuinfo", "microcode\t: 0x1\n"}, "cpu_microcode", "0x1", OK, NULL},
        {{"/proc/cpuinfo", "Features\t: fp\n", CPU "/cpu0/regs/identification/midr_el1", "0x00000000411fd400\n"},
         "cpu_model",
         "MIDR_EL1 0x00000000411fd400",
         OK,
         NULL},
        {{GUEST}, "hypervisor", "yes", NOISY, "hardware of your own"},
        {{HARDWARE}, "hypervisor", "no", OK, NULL},
        {{"/proc/cpuinfo", "flags\t: hypervisor fpu\n"}, "hypervisor", "yes", NOISY, ""},
        {{"/proc/cpuinfo", "flags\t: fpu hypervisor_like\n"}, "hypervisor", "no", OK, NULL},
        {{"/proc/cpuinfo", "Features\t: fp\n"}, "hypervisor", "", HIDDEN, NULL},
    };
    EXPECT_ALL(list);
}

static void its_speed(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {{NULL}, "cpu_governor", "", HIDDEN, NULL},
        {{OWN_CPU "/cpufreq/scaling_governor", "performance\n"}, "cpu_governor", "performance", OK, NULL},
        {{OWN_CPU "/cpufreq/scaling_governor", "userspace\n"}, "cpu_governor", "userspace", OK, NULL},
        {{OWN_CPU "/cpufreq/scaling_governor", "schedutil\n"}, "cpu_governor", "schedutil", NOISY, "-g performance"},
        {{NULL}, "cpu_boost", "", HIDDEN, NULL},
        {{CPU "/intel_pstate/no_turbo", "1\n"}, "cpu_boost", "off", OK, NULL},
        {{CPU "/intel_pstate/no_turbo", "0\n"}, "cpu_boost", "on", NOISY, "echo 1 > " CPU "/intel_pstate/no_turbo"},
        {{CPU "/cpufreq/boost", "0\n"}, "cpu_boost", "off", OK, NULL},
        {{CPU "/cpufreq/boost", "1\n"}, "cpu_boost", "on", NOISY, "echo 0 > " CPU "/cpufreq/boost"},
        {{CPU "/cpufreq/boost", "1\n", OWN_CPU "/cpufreq/boost", "0\n"}, "cpu_boost", "off", OK, NULL},
        {{CPU "/cpufreq/boost", "?\n"}, "cpu_boost", "", HIDDEN, NULL},
        /* The driver is loaded and does nothing: its switch cannot be read. */
        {{CPU "/intel_pstate/no_turbo", "", CPU "/cpufreq/boost", "1\n"}, "cpu_boost", "on", NOISY, "cpufreq/boost"},
    };
    EXPECT_ALL(list);
}

static void its_threads(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {{NULL}, "smt", "", HIDDEN, NULL},
        {{CPU "/smt/control", "on\n", CPU "/smt/active", "1\n"}, "smt", "on", NOISY, "echo off"},
        {{CPU "/smt/control", "on\n", CPU "/smt/active", "0\n"}, "smt", "on; no second thread is online", OK, NULL},
        {{CPU "/smt/control", "4\n", CPU "/smt/active", "1\n"}, "smt", "4", NOISY, "echo off"},
        {{CPU "/smt/control", "off\n"}, "smt", "off", OK, NULL},
        {{CPU "/smt/control", "forceoff\n"}, "smt", "forceoff", OK, NULL},
        {{CPU "/smt/control", "notsupported\n", HARDWARE}, "smt", "notsupported", OK, NULL},
        {{CPU "/smt/control", "notsupported\n", GUEST}, "smt", "notsupported", HIDDEN, NULL},
        {{CPU "/smt/control", "off\n", GUEST}, "smt", "off", HIDDEN, NULL},
        {{CPU "/smt/control", "on\n", GUEST, CPU "/smt/active", "0\n"}, "smt", "on", HIDDEN, NULL},
        {{CPU "/smt/control", "on\n", GUEST, CPU "/smt/active", "1\n"}, "smt", "on", NOISY, "echo off"},
        {{CPU "/smt/control", "notimplemented\n", HARDWARE}, "smt", "notimplemented", HIDDEN, NULL},
    };
    EXPECT_ALL(list);
}

static void isolation(void **state)
{
    (void)state;
    char list[64], other[64];
    const int cpu = machine_last_cpu();
    snprintf(list, sizeof list, "%d-%d", cpu ? cpu - 1 : 0, cpu + 1);
    snprintf(other, sizeof other, "%d,%d-%d", cpu + 1, cpu + 3, cpu + 9);
    const struct expectation with_boot[] = {
        {{NULL}, "isolated_cpus", "", HIDDEN, NULL},
        {{CPU "/isolated", "\n"}, "isolated_cpus", "none", NOISY, cpu ? "isolcpus=" : ""},
        {{CPU "/isolated", list}, "isolated_cpus", list, OK, NULL},
        {{CPU "/isolated", "\n", "/sys/fs/cgroup/cpuset.cpus.isolated", list}, "isolated_cpus", list, OK, NULL},
    };
    EXPECT_ALL(with_boot);
    empty_root(NULL);
    write_file(CPU "/isolated", other);
    assert_int_equal(look("isolated_cpus")->status, MACHINE_NOISY);
    write_file(CPU "/isolated", "x,,-\n");
    assert_int_equal(look("isolated_cpus")->status, MACHINE_NOISY);
}

#define THP      "/sys/kernel/mm/transparent_hugepage/enabled"
#define ASLR     "/proc/sys/kernel/randomize_va_space"
#define PARANOID "/proc/sys/kernel/perf_event_paranoid"

static void the_kernel(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {{NULL}, "transparent_hugepages", "", HIDDEN, NULL},
        {{THP, "[always] madvise never\n"}, "transparent_hugepages", "[always] madvise never", NOISY, "echo madvise"},
        {{THP, "always [madvise] never\n"}, "transparent_hugepages", "always [madvise] never", OK, NULL},
        {{THP, "always madvise [never]\n"}, "transparent_hugepages", "always madvise [never]", OK, NULL},
        {{NULL}, "aslr", "", HIDDEN, NULL},
        {{ASLR, "2\n"}, "aslr", "2", OK, NULL},
        {{ASLR, "1\n"}, "aslr", "1", NOISY, "randomize_va_space=2"},
        {{ASLR, "0\n"}, "aslr", "0", NOISY, "randomize_va_space=2"},
        {{NULL}, "perf_event_paranoid", "", HIDDEN, NULL},
        {{PARANOID, "-1\n"}, "perf_event_paranoid", "-1", OK, NULL},
        {{PARANOID, "2\n"}, "perf_event_paranoid", "2", OK, NULL},
        {{PARANOID, "3\n"}, "perf_event_paranoid", "3", HIDDEN, "perf_event_paranoid=2"},
        {{PARANOID, "x\n"}, "perf_event_paranoid", "x", HIDDEN, "perf_event_paranoid=2"},
        {{NULL}, "mitigations", "", HIDDEN, NULL},
        {{CPU "/vulnerabilities/a", "Mitigation: PTI\n", CPU "/vulnerabilities/b", "Vulnerable\n",
          CPU "/vulnerabilities/c", "Not affected\n"},
         "mitigations",
         "1 mitigated; 1 vulnerable; 1 not affected; 0 unknown",
         OK,
         NULL},
        {{CPU "/vulnerabilities/a", "KVM: Mitigation: VMX disabled\n", CPU "/vulnerabilities/b",
          "Processor vulnerable\n", CPU "/vulnerabilities/c", "Unknown: Dependent on hypervisor status\n"},
         "mitigations",
         "1 mitigated; 1 vulnerable; 0 not affected; 1 unknown",
         OK,
         NULL},
    };
    EXPECT_ALL(list);
}

static void no_randomisation_of_this_process_alone(void **state)
{
    (void)state;
    const int before = personality(0xffffffff);
    assert_int_not_equal(before, -1);
    write_file(ASLR, "2\n");
    personality((unsigned long)before | ADDR_NO_RANDOMIZE);
    const struct expectation expected = {{NULL}, "aslr", "2; off for this process", MACHINE_NOISY, "setarch"};
    expect(&expected);
    personality((unsigned long)before);
    assert_int_equal(look("aslr")->status, MACHINE_OK);
}

static void neighbours(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {{NULL}, "steal_since_boot_percent", "", HIDDEN, NULL},
        {{"/proc/stat", "cpu  100 0 100 9790 0 0 0 10 0 0\n"}, "steal_since_boot_percent", "0.100", NOISY, "dedicated"},
        {{"/proc/stat", "cpu  100 0 100 9791 0 0 0 9 0 0\n"}, "steal_since_boot_percent", "0.090", OK, NULL},
        {{"/proc/stat", "cpu  1 2 3 4\n"}, "steal_since_boot_percent", "", HIDDEN, NULL},
        {{"/proc/stat", "cpu  0 0 0 0 0 0 0 0\n"}, "steal_since_boot_percent", "", HIDDEN, NULL},
        {{NULL}, "cpu_pressure_10_s_percent", "", HIDDEN, NULL},
        {{"/proc/pressure/cpu", "some avg10=9.99 avg60=9.00\n"},
         "cpu_pressure_10_s_percent",
         "9.99",
         MACHINE_VOLATILE,
         NULL},
        {{"/proc/pressure/cpu", "full avg10=9\n"}, "cpu_pressure_10_s_percent", "", HIDDEN, NULL},
        {{NULL}, "busiest_cpu_percent", "", HIDDEN, NULL},
    };
    EXPECT_ALL(list);
}

#define V2          "/sys/fs/cgroup/cgroup.controllers", "cpu memory\n"
#define GROUP(path) "/proc/self/cgroup", "0::" path "\n"
#define V1          "/proc/self/cgroup", "5:memory:/a\n4:cpu,cpuacct:/a\n1:name=systemd:/a\n0::/\n"
#define V1_CPU      "/sys/fs/cgroup/cpu"

static void control_groups(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {{NULL}, "cgroup_cpu_max", "", HIDDEN, NULL},
        {{V2, GROUP("/")}, "cgroup_cpu_max", "none", OK, NULL},
        {{V2, GROUP("/a/b"), "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n"}, "cgroup_cpu_max", "none", OK, NULL},
        {{V2, GROUP("/a/b"), "/sys/fs/cgroup/a/b/cpu.max", "50000 100000\n"},
         "cgroup_cpu_max",
         "50000 100000",
         NOISY,
         "quota"},
        /* What a group above may not exceed, nor may those in it. */
        {{V2, GROUP("/a/b"), "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n", "/sys/fs/cgroup/a/cpu.max",
          "50000 100000\n"},
         "cgroup_cpu_max",
         "50000 100000 in the group 1 above",
         NOISY,
         "quota"},
        {{V2, GROUP("/a/b"), "/sys/fs/cgroup/a/b/cpu.max", "30000 10000\n", "/sys/fs/cgroup/a/cpu.max",
          "200000 100000\n"},
         "cgroup_cpu_max",
         "200000 100000 in the group 1 above",
         NOISY,
         "quota"},
        /* A container that is told its path outside and sees its own group at the top. */
        {{V2, GROUP("/out/of/sight"), "/sys/fs/cgroup/cpu.max", "1000 100000\n"},
         "cgroup_cpu_max",
         "1000 100000 in the group 3 above",
         NOISY,
         "quota"},
        {{V2, GROUP("/../neighbour")}, "cgroup_cpu_max", "", HIDDEN, NULL},
        {{V2, GROUP("/a"), "/sys/fs/cgroup/a/memory.max", "1048576\n"}, "cgroup_memory_max", "1048576", OK, NULL},
        {{V2, GROUP("/a"), "/sys/fs/cgroup/a/memory.max", "max\n"}, "cgroup_memory_max", "none", OK, NULL},
        /* Version 1, alone and with version 2 beside it for bookkeeping. */
        {{V1}, "cgroup_cpu_max", "none", OK, NULL},
        {{V1, V1_CPU "/a/cpu.cfs_quota_us", "-1\n", V1_CPU "/a/cpu.cfs_period_us", "100000\n"},
         "cgroup_cpu_max",
         "none",
         OK,
         NULL},
        {{V1, V1_CPU "/a/cpu.cfs_quota_us", "5000\n", V1_CPU "/a/cpu.cfs_period_us", "100000\n"},
         "cgroup_cpu_max",
         "5000 100000",
         NOISY,
         "quota"},
        {{V1, V1_CPU "/cpu.cfs_quota_us", "5000\n", V1_CPU "/cpu.cfs_period_us", "100000\n"},
         "cgroup_cpu_max",
         "5000 100000 in the group 1 above",
         NOISY,
         "quota"},
        {{V1, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n"},
         "cgroup_memory_max",
         "none",
         OK,
         NULL},
        {{V1, "/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1048576\n"}, "cgroup_memory_max", "1048576", OK, NULL},
        {{"/proc/self/cgroup", "4:cpuset:/a\n0::/\n"}, "cgroup_cpu_max", "", HIDDEN, NULL},
        {{V1, V1_CPU "/a/cpu.stat", "nr_periods 404\nnr_throttled 398\nthrottled_time 5\n"},
         "cgroup_throttled_periods",
         "398 of 404",
         NOISY,
         "quota"},
        {{V2, GROUP("/a/b"), "/sys/fs/cgroup/a/b/cpu.stat", "usage_usec 7\nnr_periods 0\nnr_throttled 0\n"},
         "cgroup_throttled_periods",
         "0 of 0",
         OK,
         NULL},
        {{V2, GROUP("/a/b"), "/sys/fs/cgroup/a/b/cpu.stat", "usage_usec 7\nnr_periods 9\nnr_throttled 0\n",
          "/sys/fs/cgroup/a/cpu.stat", "nr_periods 8\nnr_throttled 3\n"},
         "cgroup_throttled_periods",
         "3 of 8",
         NOISY,
         "quota"},
        {{V2, GROUP("/a"), "/sys/fs/cgroup/a/cpu.stat", "usage_usec 7\n"},
         "cgroup_throttled_periods",
         "",
         HIDDEN,
         NULL},
    };
    EXPECT_ALL(list);
}

static void clocks(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        {{NULL}, "clock_source", "", HIDDEN, NULL},
        {{CLOCKSOURCE "/current_clocksource", "tsc\n"}, "clock_source", "tsc", OK, NULL},
        {{CLOCKSOURCE "/current_clocksource", "arch_sys_counter\n"}, "clock_source", "arch_sys_counter", OK, NULL},
        {{CLOCKSOURCE "/current_clocksource", "kvm-clock\n"}, "clock_source", "kvm-clock", OK, NULL},
        {{CLOCKSOURCE "/current_clocksource", "hpet\n", CLOCKSOURCE "/available_clocksource", "hpet tsc acpi_pm \n"},
         "clock_source",
         "hpet",
         NOISY,
         "echo tsc > " CLOCKSOURCE "/current_clocksource"},
        {{CLOCKSOURCE "/current_clocksource", "acpi_pm\n", CLOCKSOURCE "/available_clocksource", "acpi_pm \n"},
         "clock_source",
         "acpi_pm",
         NOISY,
         "no faster one"},
        {{CLOCKSOURCE "/current_clocksource", "tsc\n"},
         "clock_cross_check",
         "none: CLOCK_MONOTONIC_RAW is read from the time-stamp counter; a drift of it cannot be seen",
         OK,
         NULL},
        {{NULL}, "clock_step_ns", "20", OK, NULL},
    };
    struct machine_facts facts;
    EXPECT_ALL(list);
    for (uint64_t step = 0; step <= 101; step += 101) {
        machine_look(root, step, &facts);
        for (size_t i = 0; i < facts.count; i++)
            if (strcmp(facts.fact[i].key, "clock_step_ns") == 0)
                assert_int_equal(facts.fact[i].status, step ? MACHINE_NOISY : MACHINE_NOT_VISIBLE);
    }
}

/* Every cell can stand in a CSV file, every fact is there once, and what is not to be seen or all right names no
 * remedy. */
static void expect_clean(const struct machine_facts *facts)
{
    char clean[MACHINE_VALUE_BYTES];
    assert_true(facts->count > 20);
    assert_true(facts->count < MACHINE_FACTS_MAX);
    for (size_t i = 0; i < facts->count; i++) {
        const struct machine_fact *fact = &facts->fact[i];
        assert_string_equal(csv_clean(clean, sizeof clean, fact->value), fact->value);
        assert_string_equal(csv_clean(clean, sizeof clean, fact->mend), fact->mend);
        assert_true(*fact->value != '\0' || fact->status == MACHINE_NOT_VISIBLE);
        assert_true((*fact->mend != '\0') >= (fact->status == MACHINE_NOISY));
        assert_true(*fact->mend == '\0' || (*fact->value && fact->status != MACHINE_OK));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(facts->fact[j].key, fact->key);
    }
}

/* Of all CPUs: the user had nothing more, the rest looks busy to who takes its first figure for the number of a CPU. */
#define SUM       "cpu  9 0 0 9 0 0 0 0 0 0\n"
#define SUM_LATER "cpu  9 0 5 99 0 0 0 0 0 0\n"

static void a_busy_cpu_is_seen(void **state)
{
    (void)state;
    static const char idle[] = SUM "cpu0 100 0 50 900 7 0 1 0 0 0\ncpu1 5 0 5 990 0 0 0 0 0 0\nintr 1\n",
                      later[] = SUM_LATER "cpu0 100 0 51 919 7 0 1 0 0 0\ncpu1 5 0 5 1010 0 0 0 0 0 0\nintr 9\n",
                      user[] = SUM "cpu0 119 0 50 901 7 0 1 0 0 0\ncpu1 5 0 5 1010 0 0 0 0 0 0\n",
                      stolen[] = SUM "cpu0 100 0 50 920 7 0 1 0 0 0\ncpu1 5 0 5 1000 0 0 0 10 0 0\n",
                      disk[] = SUM "cpu0 100 0 50 900 27 0 1 0 0 0\n";
    assert_float_equal(machine_busiest_percent(idle, later), 5, 1e-9);
    assert_float_equal(machine_busiest_percent(idle, user), 95, 1e-9);
    assert_float_equal(machine_busiest_percent(idle, stolen), 50, 1e-9);
    assert_float_equal(machine_busiest_percent(idle, disk), 0, 1e-9);
    assert_true(isnan(machine_busiest_percent(idle, idle)));
    assert_true(isnan(machine_busiest_percent("", later)));
    assert_true(isnan(machine_busiest_percent(SUM, SUM_LATER)));
}

/* The real thing: whatever else runs here. */
static void a_busy_loop_is_seen(void **state)
{
    (void)state;
    struct machine_facts facts;
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        for (volatile bool go_on = true; go_on;)
            continue;
    }
    machine_look("", 20, &facts);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    for (size_t i = 0; i < facts.count; i++)
        if (strcmp(facts.fact[i].key, "busiest_cpu_percent") == 0)
            assert_int_equal(facts.fact[i].status, MACHINE_NOISY);
}

static const char *const all_files[] = {"/proc/cpuinfo",
                                        "/proc/meminfo",
                                        "/proc/stat",
                                        "/proc/loadavg",
                                        "/proc/pressure/cpu",
                                        "/proc/self/cgroup",
                                        "/sys/fs/cgroup/cgroup.controllers",
                                        "/sys/fs/cgroup/cpu.max",
                                        "/sys/fs/cgroup/cpu.stat",
                                        "/sys/fs/cgroup/cpuset.cpus.isolated",
                                        OWN_CPU "/cpufreq/scaling_governor",
                                        OWN_CPU "/cpufreq/boost",
                                        CPU "/intel_pstate/no_turbo",
                                        CPU "/cpufreq/boost",
                                        CPU "/smt/control",
                                        CPU "/smt/active",
                                        CPU "/isolated",
                                        CPU "/vulnerabilities/a",
                                        CPU "/cpu0/regs/identification/midr_el1",
                                        THP,
                                        ASLR,
                                        PARANOID,
                                        CLOCKSOURCE "/current_clocksource",
                                        CLOCKSOURCE "/available_clocksource"};

static void whatever_files_hold(void **state)
{
    (void)state;
    enum { HUGE_BYTES = 100000 };
    static char huge[HUGE_BYTES];
    memset(huge, 'x', sizeof huge);
    memcpy(huge, "flags : a,\"b", 12);
    static const char binary[] = "\0\xff\xfe\x1b[31m,\"\n\0", escapes[] = "\x1b[31m,\"\xc3\r\t\n\xff", empty[] = "";
    static const char group[] = "0::\n0::x\n0::/\xff,\"\n";
    const struct {
        const char *bytes;
        size_t count;
    } contents[] = {{huge, sizeof huge},
                    {binary, sizeof binary - 1},
                    {escapes, sizeof escapes - 1},
                    {group, sizeof group - 1},
                    {empty, 0}};
    for (size_t c = 0; c < sizeof contents / sizeof contents[0]; c++) {
        struct machine_facts facts;
        for (size_t i = 0; i < sizeof all_files / sizeof all_files[0]; i++)
            write_bytes(all_files[i], contents[c].bytes, contents[c].count);
        machine_look(root, UINT64_MAX, &facts);
        expect_clean(&facts);
    }
}

static void directories_in_place_of_files(void **state)
{
    (void)state;
    struct machine_facts facts;
    for (size_t i = 0; i < sizeof all_files / sizeof all_files[0]; i++) {
        char below[512];
        snprintf(below, sizeof below, "%s/x", all_files[i]);
        write_file(below, "");
    }
    machine_look(root, 20, &facts);
    expect_clean(&facts);
}

/* The end of a line that is too long is not the beginning of the next. */
static void the_rest_of_a_long_line_is_no_line(void **state)
{
    (void)state;
    static char text[8191 + 64];
    memset(text, 'x', 8191);
    strcpy(text + 8191, "model name : wrong\nmodel name : right\n");
    write_file("/proc/cpuinfo", text);
    assert_string_equal(look("cpu_model")->value, "right");
}

static void this_machine(void **state)
{
    (void)state;
    struct machine_facts facts;
    machine_look_now(&facts);
    expect_clean(&facts);
}

/* ---- what doctor prints ---- */

static struct machine_facts invented(void)
{
    struct machine_facts facts = {.count = 3};
    facts.fact[0] = (struct machine_fact){.key = "cpu_model",
                                          .value = "A CPU with a name that takes more than the columns that "
                                                   "are left of eighty",
                                          .status = MACHINE_OK};
    facts.fact[1] =
        (struct machine_fact){.key = "smt", .value = "on", .status = MACHINE_NOISY, .mend = "echo off > /sys/smt"};
    facts.fact[2] = (struct machine_fact){.key = "cpu_boost", .status = MACHINE_NOT_VISIBLE};
    return facts;
}

static void doctor_says_each_fact_and_what_mends(void **state)
{
    (void)state;
    char *text = NULL;
    size_t bytes = 0;
    const struct machine_facts facts = invented();
    FILE *stream = open_memstream(&text, &bytes);
    doctor_print(stream, &facts, 80);
    fclose(stream);
    assert_string_equal(text, "ok          cpu_model                  A CPU with a name that takes more than\n"
                              "                                       the columns that are left of eighty\n"
                              "noisy       smt                        on\n"
                              "            to mend: echo off > /sys/smt\n"
                              "not visible cpu_boost\n"
                              "1 ok, 1 noisy, 1 not visible\n");
    free(text);
}

static void only_noise_is_unfit(void **state)
{
    (void)state;
    struct machine_facts facts = invented();
    assert_false(doctor_fit(&facts));
    facts.fact[1].status = MACHINE_VOLATILE;
    assert_true(doctor_fit(&facts));
}

#define BELOW_A_ROOT(test) cmocka_unit_test_setup_teardown(test, empty_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BELOW_A_ROOT(the_processor),
        BELOW_A_ROOT(its_speed),
        BELOW_A_ROOT(its_threads),
        BELOW_A_ROOT(isolation),
        BELOW_A_ROOT(the_kernel),
        BELOW_A_ROOT(no_randomisation_of_this_process_alone),
        BELOW_A_ROOT(neighbours),
        BELOW_A_ROOT(control_groups),
        BELOW_A_ROOT(clocks),
        cmocka_unit_test(a_busy_cpu_is_seen),
        cmocka_unit_test(a_busy_loop_is_seen),
        BELOW_A_ROOT(whatever_files_hold),
        BELOW_A_ROOT(directories_in_place_of_files),
        BELOW_A_ROOT(the_rest_of_a_long_line_is_no_line),
        cmocka_unit_test(this_machine),
        cmocka_unit_test(doctor_says_each_fact_and_what_mends),
        cmocka_unit_test(only_noise_is_unfit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
