#include "machine.h"

#include "counter.h"
#include "csv.h"
#include "schema.h"

#include <dirent.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { CLOCK_STEP_NS_MAX = 100 };
#define STEAL_PERCENT_MAX    0.1
#define PRESSURE_PERCENT_MAX 1.0

static cpu_set_t allowed_cpus(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        CPU_SET(0, &set);
    return set;
}

unsigned machine_cpu_count(void)
{
    const cpu_set_t set = allowed_cpus();
    return (unsigned)CPU_COUNT(&set);
}

int machine_last_cpu(void)
{
    const cpu_set_t set = allowed_cpus();
    for (int cpu = CPU_SETSIZE - 1; cpu > 0; cpu--)
        if (CPU_ISSET(cpu, &set))
            return cpu;
    return 0;
}

int machine_other_cpu(int cpu)
{
    const cpu_set_t set = allowed_cpus();
    for (int other = CPU_SETSIZE - 1; other >= 0; other--)
        if (other != cpu && CPU_ISSET(other, &set))
            return other;
    return cpu;
}

static FILE *open_below(const char *root, const char *path)
{
    char full[4096];
    return snprintf(full, sizeof full, "%s%s", root, path) < (int)sizeof full ? fopen(full, "re") : NULL;
}

/* First line of a file, trimmed; empty when it cannot be read. */
static void read_line(const char *root, const char *path, char *text, size_t text_bytes)
{
    FILE *file = open_below(root, path);
    text[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(text, (int)text_bytes, file) == NULL)
        text[0] = '\0';
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
}

/* Value of the first "key : value" line of /proc/cpuinfo or /proc/meminfo. */
static void read_key(const char *root, const char *path, const char *key, char *text, size_t text_bytes)
{
    char line[4096];
    FILE *file = open_below(root, path);
    text[0] = '\0';
    while (file && fgets(line, sizeof line, file)) {
        const size_t length = strlen(key);
        char *colon = strchr(line, ':');
        if (strncmp(line, key, length) != 0 || colon == NULL ||
            strspn(line + length, " \t") != (size_t)(colon - line) - length)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(text, text_bytes, "%s", colon + 1 + strspn(colon + 1, " \t"));
        break;
    }
    if (file)
        fclose(file);
}

/* "yes", "no", or "" when it cannot be seen. */
static const char *hypervisor(const char *root)
{
    char flags[4096];
    read_key(root, "/proc/cpuinfo", "flags", flags, sizeof flags);
    return *flags == '\0' ? "" : strstr(flags, " hypervisor") ? "yes" : "no";
}

void machine_fingerprint(char fingerprint[static MACHINE_FINGERPRINT_BYTES])
{
    char model[512], facts[2048];
    struct utsname system;
    uname(&system);
    read_key("", "/proc/cpuinfo", "model name", model, sizeof model);
    snprintf(facts, sizeof facts, "%s\n%s\n%s\n%s\n%s\n%s\n", model, system.machine, hypervisor(""), ENCBENCH_COMPILER,
             ENCBENCH_COMPILE_FLAGS, gnu_get_libc_version());
    snprintf(fingerprint, MACHINE_FINGERPRINT_BYTES, "%08lx",
             crc32(0, (const unsigned char *)facts, (unsigned)strlen(facts)) & 0xffffffffu);
}

/* ---- facts ---- */

const char *const machine_status_words[] = {"ok", "noisy", "not visible", "volatile", NULL};

/* An empty value is one that is not visible, whatever was said of it. `mend`: the command or step that would help when it is noisy. */
static __attribute__((format(printf, 5, 6))) void
add(struct machine_facts *facts, const char *key, enum machine_status status, const char *mend, const char *format, ...)
{
    char value[MACHINE_VALUE_BYTES];
    va_list arguments;
    if (facts->count == MACHINE_FACTS_MAX)
        return;
    struct machine_fact *fact = &facts->fact[facts->count++];
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    csv_clean(fact->value, sizeof fact->value, value);
    fact->key = key;
    fact->status = *fact->value ? status : MACHINE_NOT_VISIBLE;
    csv_clean(fact->mend, sizeof fact->mend, fact->status == MACHINE_NOISY && mend ? mend : "");
}

static void add_cpu(struct machine_facts *facts, const char *root)
{
    static const char *const keys[][2] = {{"cpu_model", "model name"},
                                          {"cpu_family", "cpu family"},
                                          {"cpu_model_number", "model"},
                                          {"cpu_stepping", "stepping"},
                                          {"cpu_microcode", "microcode"}};
    char value[MACHINE_VALUE_BYTES];
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        read_key(root, "/proc/cpuinfo", keys[i][1], value, sizeof value);
        add(facts, keys[i][0], MACHINE_OK, NULL, "%s", value);
    }
    const bool guest = strcmp(hypervisor(root), "yes") == 0;
    add(facts, "hypervisor", guest ? MACHINE_NOISY : MACHINE_OK,
        "measure on a machine of your own: neighbours are unseen here", "%s", hypervisor(root));
    add(facts, "cpus_allowed", machine_cpu_count() > 1 ? MACHINE_OK : MACHINE_NOISY,
        "allow a second CPU (taskset; cgroup): the rest of the system runs on the one that is measured on", "%u",
        machine_cpu_count());
    add(facts, "cpu_pinned", MACHINE_OK, NULL, "%d", machine_last_cpu());
}

static void add_speed(struct machine_facts *facts, const char *root)
{
    char value[MACHINE_VALUE_BYTES], path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", machine_last_cpu());
    read_line(root, path, value, sizeof value);
    add(facts, "cpu_governor", strcmp(value, "performance") == 0 ? MACHINE_OK : MACHINE_NOISY,
        "cpupower frequency-set -g performance", "%s", value);
    read_line(root, "/sys/devices/system/cpu/intel_pstate/no_turbo", value, sizeof value);
    if (*value) {
        add(facts, "cpu_boost", strcmp(value, "1") == 0 ? MACHINE_OK : MACHINE_NOISY,
            "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo", "%s", strcmp(value, "1") == 0 ? "off" : "on");
    } else {
        read_line(root, "/sys/devices/system/cpu/cpufreq/boost", value, sizeof value);
        add(facts, "cpu_boost", strcmp(value, "0") == 0 ? MACHINE_OK : MACHINE_NOISY,
            "echo 0 > /sys/devices/system/cpu/cpufreq/boost", "%s",
            *value == '\0'            ? ""
            : strcmp(value, "0") == 0 ? "off"
                                      : "on");
    }
    read_line(root, "/sys/devices/system/cpu/smt/control", value, sizeof value);
    if (strcmp(value, "notsupported") == 0 || strcmp(value, "notimplemented") == 0) {
        /* What a guest is told says nothing about the core that it runs on. */
        const bool guest = strcmp(hypervisor(root), "yes") == 0;
        add(facts, "smt", guest ? MACHINE_NOT_VISIBLE : MACHINE_OK, NULL, "%s", value);
    } else {
        add(facts, "smt", strcmp(value, "on") == 0 ? MACHINE_NOISY : MACHINE_OK,
            "echo off > /sys/devices/system/cpu/smt/control", "%s", value);
    }
}

/* Whether a list like "2-5,7" holds a CPU. */
static bool list_has(const char *list, int cpu)
{
    while (*list) {
        char *end;
        const long low = strtol(list, &end, 10);
        const long high = *end == '-' ? strtol(end + 1, &end, 10) : low;
        if (end == list)
            return false;
        if (cpu >= low && cpu <= high)
            return true;
        list = *end ? end + 1 : end;
    }
    return false;
}

static void add_kernel(struct machine_facts *facts, const char *root)
{
    char value[MACHINE_VALUE_BYTES], mend[MACHINE_MEND_BYTES];
    FILE *file = open_below(root, "/sys/devices/system/cpu/isolated");
    read_line(root, "/sys/devices/system/cpu/isolated", value, sizeof value);
    snprintf(mend, sizeof mend, "boot with isolcpus=%d nohz_full=%d rcu_nocbs=%d", machine_last_cpu(),
             machine_last_cpu(), machine_last_cpu());
    add(facts, "isolated_cpus", list_has(value, machine_last_cpu()) ? MACHINE_OK : MACHINE_NOISY, mend, "%s",
        file && *value == '\0' ? "none" : value);
    if (file)
        fclose(file);
    read_line(root, "/sys/kernel/mm/transparent_hugepage/enabled", value, sizeof value);
    add(facts, "transparent_hugepages", strstr(value, "[always]") ? MACHINE_NOISY : MACHINE_OK,
        "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled", "%s", value);
    read_line(root, "/proc/sys/kernel/randomize_va_space", value, sizeof value);
    add(facts, "aslr", strcmp(value, "2") == 0 ? MACHINE_OK : MACHINE_NOISY, "sysctl kernel.randomize_va_space=2", "%s",
        value);
    read_line(root, "/proc/sys/kernel/perf_event_paranoid", value, sizeof value);
    add(facts, "perf_event_paranoid", atoi(value) <= 2 ? MACHINE_OK : MACHINE_NOISY,
        "sysctl kernel.perf_event_paranoid=2", "%s", value);
}

/* Mitigations cost at each entry into the kernel, which is outside of what is timed; two machines may differ by them all the same. */
static void add_mitigations(struct machine_facts *facts, const char *root)
{
    char path[4096];
    unsigned mitigated = 0, vulnerable = 0, unaffected = 0;
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/vulnerabilities", root);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
        char name[512], value[MACHINE_VALUE_BYTES];
        snprintf(name, sizeof name, "/sys/devices/system/cpu/vulnerabilities/%s", entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        read_line(root, name, value, sizeof value);
        mitigated += strncmp(value, "Mitigation", 10) == 0;
        vulnerable += strncmp(value, "Vulnerable", 10) == 0;
        unaffected += strncmp(value, "Not affected", 12) == 0;
    }
    if (directory)
        closedir(directory);
    add(facts, "mitigations", MACHINE_OK, NULL,
        mitigated + vulnerable + unaffected ? "%u mitigated; %u vulnerable; %u not affected" : "", mitigated,
        vulnerable, unaffected);
}

/* Whether the CPU's own counters can be opened at all: instructions of this thread in user mode. */
static void add_pmu(struct machine_facts *facts)
{
    const struct counter_source source = counter_source_real();
    const struct counter_event instructions = {.name = "instructions",
                                               .type = COUNTER_TYPE_HARDWARE,
                                               .config = 1, /* PERF_COUNT_HW_INSTRUCTIONS */
                                               .exclude_kernel = true,
                                               .exclude_hypervisor = true};
    const int descriptor = source.open(source.context, &instructions, 0, -1);
    if (descriptor >= 0)
        source.close(source.context, descriptor);
    add(facts, "pmu", descriptor >= 0 ? MACHINE_OK : MACHINE_NOT_VISIBLE, NULL, "%s",
        descriptor >= 0 ? "counts" : strerror(-descriptor));
}

/* Since the boot; a share of all time. */
static void add_steal(struct machine_facts *facts, const char *root)
{
    char line[512];
    unsigned long long part[8] = {0}, all = 0;
    read_line(root, "/proc/stat", line, sizeof line);
    const int found = sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &part[0], &part[1], &part[2],
                             &part[3], &part[4], &part[5], &part[6], &part[7]);
    for (int i = 0; i < found; i++)
        all += part[i];
    const double percent = found == 8 && all ? 100.0 * (double)part[7] / (double)all : NAN;
    add(facts, "steal_since_boot_percent", percent < STEAL_PERCENT_MAX ? MACHINE_OK : MACHINE_NOISY,
        "the host gives this machine's time to others: ask for dedicated CPUs", isfinite(percent) ? "%.3f" : "",
        percent);
}

static void add_pressure(struct machine_facts *facts, const char *root)
{
    char line[512];
    double percent;
    read_line(root, "/proc/pressure/cpu", line, sizeof line);
    const bool found = sscanf(line, "some avg10=%lf", &percent) == 1;
    add(facts, "cpu_pressure_10_s_percent", found && percent < PRESSURE_PERCENT_MAX ? MACHINE_OK : MACHINE_NOISY,
        "end what else runs here (top)", found ? "%.2f" : "", found ? percent : 0.0);
}

/* Limits of the control group that this process is in, version 2: a quota stops it in the middle of a batch. */
static void add_cgroup(struct machine_facts *facts, const char *root)
{
    char line[PATH_MAX], path[PATH_MAX], value[MACHINE_VALUE_BYTES];
    char *directory = NULL;
    FILE *file = open_below(root, "/proc/self/cgroup");
    while (file && directory == NULL && fgets(line, sizeof line, file))
        if (strncmp(line, "0::", 3) == 0)
            directory = line + 3;
    if (file)
        fclose(file);
    if (directory)
        directory[strcspn(directory, "\n")] = '\0';
    /* The root has no such files: nothing is limited there. */
    const bool is_root = directory && strcmp(directory, "/") == 0;
    static const struct {
        const char *key, *file;
    } limits[] = {{"cgroup_cpu_max", "cpu.max"}, {"cgroup_memory_max", "memory.max"}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        snprintf(path, sizeof path, "/sys/fs/cgroup%.3900s/%s", directory ? directory : "", limits[i].file);
        value[0] = '\0';
        if (directory)
            read_line(root, path, value, sizeof value);
        const bool limited = i == 0 && *value && strncmp(value, "max", 3) != 0;
        add(facts, limits[i].key, limited ? MACHINE_NOISY : MACHINE_OK,
            "run outside of the CPU quota (a container: without --cpus)", "%s", is_root && !*value ? "none" : value);
    }
}

bool machine_clock_is_counter(const char *clock_source)
{
    return strcmp(clock_source, "tsc") == 0 || strcmp(clock_source, "arch_sys_counter") == 0;
}

static void add_clock(struct machine_facts *facts, const char *root, uint64_t clock_step_ns)
{
    char source[MACHINE_VALUE_BYTES];
    read_line(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource", source, sizeof source);
    add(facts, "clock_source",
        machine_clock_is_counter(source) || strcmp(source, "kvm-clock") == 0 ? MACHINE_OK : MACHINE_NOISY,
        "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource", "%s", source);
    /* A batch of 25 us is 1000 steps of at most this. */
    add(facts, "clock_step_ns", clock_step_ns <= CLOCK_STEP_NS_MAX ? MACHINE_OK : MACHINE_NOISY,
        "a faster clock source: see clock_source", clock_step_ns ? "%llu" : "", (unsigned long long)clock_step_ns);
    /* What the control of the clock compares the counter with. */
    add(facts, "clock_cross_check", MACHINE_OK, NULL, "%s",
        *source == '\0' ? ""
        : machine_clock_is_counter(source)
            ? "none: CLOCK_MONOTONIC_RAW is read from the time-stamp counter; a drift of it cannot be seen"
            : "CLOCK_MONOTONIC_RAW and the time-stamp counter are different clocks");
}

static void add_volatile(struct machine_facts *facts, const char *root)
{
    char value[MACHINE_VALUE_BYTES], text[64];
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    add(facts, "date_utc", MACHINE_VOLATILE, NULL, "%s", text);
    read_line(root, "/proc/loadavg", value, sizeof value);
    add(facts, "load_average", MACHINE_VOLATILE, NULL, "%s", value);
}

void machine_look(const char *root, uint64_t clock_step_ns, struct machine_facts *facts)
{
    char value[MACHINE_VALUE_BYTES];
    struct utsname system;
    *facts = (struct machine_facts){0};
    uname(&system);
    machine_fingerprint(value);
    add(facts, "fingerprint", MACHINE_OK, NULL, "%s", value);
    add(facts, "architecture", MACHINE_OK, NULL, "%s", system.machine);
    add_cpu(facts, root);
    read_key(root, "/proc/meminfo", "MemTotal", value, sizeof value);
    add(facts, "memory_total", MACHINE_OK, NULL, "%s", value);
    add(facts, "kernel", MACHINE_OK, NULL, "%s", system.release);
    add(facts, "libc", MACHINE_OK, NULL, "%s", gnu_get_libc_version());
    add_speed(facts, root);
    add_kernel(facts, root);
    add_mitigations(facts, root);
    add_pmu(facts);
    add_steal(facts, root);
    add_pressure(facts, root);
    add_cgroup(facts, root);
    add_clock(facts, root, clock_step_ns);
    add_volatile(facts, root);
}

int machine_write(const char *directory, uint64_t clock_step_ns, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer;
    struct machine_facts facts;
    snprintf(path, sizeof path, "%s/%s", directory, schema_machine.file);
    if (csv_writer_open(&writer, path, &schema_machine, CSV_REPLACE, error) != 0)
        return error->code;
    machine_look("", clock_step_ns, &facts);
    for (size_t i = 0; i < facts.count; i++) {
        csv_put_text(writer, facts.fact[i].key);
        csv_put_text(writer, facts.fact[i].value);
        csv_put_text(writer, machine_status_words[facts.fact[i].status]);
        csv_put_text(writer, facts.fact[i].mend);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}
