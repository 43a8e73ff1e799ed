#include "machine/machine.h"

#include "base/environment.h"
#include "base/process.h"
#include "machine/perf_group.h"
#include "measure/measure.h"
#include "schema.h"
#include "store/csv.h"

#include <dirent.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { CLOCK_STEP_NS_MAX = 100 };
#define STEAL_PERCENT_MAX 0.1
/* A CPU that somebody uses for longer than that is not free; an idle one has a tick or none of its twenty. */
#define BUSY_PERCENT_MAX  25.0
#define COMPANY_WINDOW_NS 200000000

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

int machine_cpu_after(int cpu, unsigned steps)
{
    const cpu_set_t set = allowed_cpus();
    for (unsigned left = CPU_COUNT(&set) > 0 ? steps % (unsigned)CPU_COUNT(&set) : 0; left > 0; left--)
        do
            cpu = cpu > 0 ? cpu - 1 : CPU_SETSIZE - 1;
        while (!CPU_ISSET(cpu, &set));
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

/* Value of the first "key : value" line of /proc/cpuinfo or /proc/meminfo. The rest of a line that is longer than any
 * is no line. */
static void read_key(const char *root, const char *path, const char *key, char *text, size_t text_bytes)
{
    char line[8192];
    FILE *file = open_below(root, path);
    text[0] = '\0';
    for (bool begins = true; file && fgets(line, sizeof line, file);) {
        const size_t length = strlen(key);
        char *colon = strchr(line, ':');
        const bool ours = begins && colon && strncmp(line, key, length) == 0 &&
                          strspn(line + length, " \t") == (size_t)(colon - line) - length;
        begins = strchr(line, '\n') != NULL;
        if (!ours)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(text, text_bytes, "%s", colon + 1 + strspn(colon + 1, " \t"));
        break;
    }
    if (file)
        fclose(file);
}

static bool has_word(const char *text, const char *word)
{
    const size_t length = strlen(word);
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        const size_t bytes = strcspn(text, " ");
        if (bytes == length && strncmp(text, word, length) == 0)
            return true;
        text += bytes;
    }
    return false;
}

/* "yes", "no", or "" when it cannot be seen. */
static const char *hypervisor(const char *root)
{
    char flags[8192];
    read_key(root, "/proc/cpuinfo", "flags", flags, sizeof flags);
    return *flags == '\0' ? "" : has_word(flags, "hypervisor") ? "yes" : "no";
}

static bool is_guest(const char *root)
{
    return strcmp(hypervisor(root), "yes") == 0;
}

/* Arm names no model: there, the register that identifies the core. */
static void read_cpu_model(const char *root, char *text, size_t text_bytes)
{
    char midr[64];
    read_key(root, "/proc/cpuinfo", "model name", text, text_bytes);
    read_line(root, "/sys/devices/system/cpu/cpu0/regs/identification/midr_el1", midr, sizeof midr);
    if (*text == '\0' && *midr)
        snprintf(text, text_bytes, "MIDR_EL1 %s", midr);
}

void machine_fingerprint(char fingerprint[static MACHINE_FINGERPRINT_BYTES])
{
    char model[512], facts[2048];
    struct utsname system;
    uname(&system);
    read_cpu_model("", model, sizeof model);
    /* Without what was asked for it is what it always was. */
    const char *environment = environment_words();
    snprintf(facts, sizeof facts, "%s\n%s\n%s\n%s\n%s\n%s\n%s%s", model, system.machine, hypervisor(""),
             ENCBENCH_COMPILER, ENCBENCH_COMPILE_FLAGS, gnu_get_libc_version(), environment, *environment ? "\n" : "");
    snprintf(fingerprint, MACHINE_FINGERPRINT_BYTES, "%08lx",
             crc32(0, (const unsigned char *)facts, (unsigned)strlen(facts)) & 0xffffffffu);
}

/* ---- facts ---- */

const char *const machine_status_words[] = {"ok", "noisy", "not visible", "volatile", NULL};

/* An empty value is one that is not visible, whatever was said of it, and then nothing is known to mend. `mend`: the
 * command or step that would help when it is not ok. */
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
    csv_clean(fact->mend, sizeof fact->mend, *fact->value && status != MACHINE_OK && mend ? mend : "");
}

static void add_cpu(struct machine_facts *facts, const char *root)
{
    static const char *const keys[][2] = {{"cpu_family", "cpu family"},
                                          {"cpu_model_number", "model"},
                                          {"cpu_stepping", "stepping"},
                                          {"cpu_microcode", "microcode"}};
    char value[MACHINE_VALUE_BYTES];
    read_cpu_model(root, value, sizeof value);
    add(facts, "cpu_model", MACHINE_OK, NULL, "%s", value);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        read_key(root, "/proc/cpuinfo", keys[i][1], value, sizeof value);
        add(facts, keys[i][0], MACHINE_OK, NULL, "%s", value);
    }
    add(facts, "hypervisor", is_guest(root) ? MACHINE_NOISY : MACHINE_OK,
        "measure on hardware of your own: what neighbours do is not seen here", "%s", hypervisor(root));
    add(facts, "cpus_allowed", machine_cpu_count() > 1 ? MACHINE_OK : MACHINE_NOISY,
        "allow a second CPU (taskset; cpuset): all else runs on the one that is measured on", "%u",
        machine_cpu_count());
    add(facts, "cpu_pinned", MACHINE_OK, NULL, "%d", machine_last_cpu());
}

/* Under `userspace` the frequency is as fixed as under `performance`. */
static void add_governor(struct machine_facts *facts, const char *root)
{
    char value[MACHINE_VALUE_BYTES], path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", machine_last_cpu());
    read_line(root, path, value, sizeof value);
    const bool fixed = strcmp(value, "performance") == 0 || strcmp(value, "userspace") == 0;
    add(facts, "cpu_governor", fixed ? MACHINE_OK : MACHINE_NOISY, "cpupower frequency-set -g performance", "%s",
        value);
}

/* Drivers have a switch of their own (intel_pstate: it says when there is none), one for each CPU (amd_pstate) or one
 * for all. */
static void add_boost(struct machine_facts *facts, const char *root)
{
    char of_this_cpu[96], value[MACHINE_VALUE_BYTES], mend[MACHINE_MEND_BYTES];
    snprintf(of_this_cpu, sizeof of_this_cpu, "/sys/devices/system/cpu/cpu%d/cpufreq/boost", machine_last_cpu());
    const struct {
        const char *path, *off;
    } switches[] = {{"/sys/devices/system/cpu/intel_pstate/no_turbo", "1"},
                    {of_this_cpu, "0"},
                    {"/sys/devices/system/cpu/cpufreq/boost", "0"}};
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        read_line(root, switches[i].path, value, sizeof value);
        if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
            continue;
        const bool off = strcmp(value, switches[i].off) == 0;
        snprintf(mend, sizeof mend, "echo %s > %s", switches[i].off, switches[i].path);
        add(facts, "cpu_boost", off ? MACHINE_OK : MACHINE_NOISY, mend, "%s", off ? "off" : "on");
        return;
    }
    add(facts, "cpu_boost", MACHINE_NOT_VISIBLE, NULL, "%s", "");
}

/* What a guest is told that it lacks, the core that it runs on may have all the same; and some architectures cannot
 * tell. */
static void add_smt(struct machine_facts *facts, const char *root)
{
    char value[MACHINE_VALUE_BYTES], active[8];
    read_line(root, "/sys/devices/system/cpu/smt/control", value, sizeof value);
    read_line(root, "/sys/devices/system/cpu/smt/active", active, sizeof active);
    const bool none = strcmp(value, "off") == 0 || strcmp(value, "forceoff") == 0 || strcmp(value, "notsupported") == 0;
    const bool idle = strcmp(value, "on") == 0 && strcmp(active, "0") == 0;
    if (strcmp(value, "notimplemented") == 0 || (is_guest(root) && (none || idle)))
        add(facts, "smt", MACHINE_NOT_VISIBLE, NULL, "%s", value);
    else
        add(facts, "smt", none || idle ? MACHINE_OK : MACHINE_NOISY, "echo off > /sys/devices/system/cpu/smt/control",
            "%s%s", value, idle ? "; no second thread is online" : "");
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

/* By the boot, or by a cpuset that is an isolated partition. */
static void add_isolation(struct machine_facts *facts, const char *root)
{
    static const char boot[] = "/sys/devices/system/cpu/isolated";
    char value[MACHINE_VALUE_BYTES], partition[MACHINE_VALUE_BYTES], mend[MACHINE_MEND_BYTES];
    const int cpu = machine_last_cpu();
    FILE *file = open_below(root, boot);
    read_line(root, boot, value, sizeof value);
    read_line(root, "/sys/fs/cgroup/cpuset.cpus.isolated", partition, sizeof partition);
    if (!list_has(value, cpu) && list_has(partition, cpu))
        snprintf(value, sizeof value, "%s", partition);
    snprintf(mend, sizeof mend, "boot with isolcpus=%d nohz_full=%d rcu_nocbs=%d", cpu, cpu, cpu);
    add(facts, "isolated_cpus", list_has(value, cpu) ? MACHINE_OK : MACHINE_NOISY,
        machine_cpu_count() > 1 ? mend : "allow a second CPU first: see cpus_allowed", "%s",
        file && *value == '\0' ? "none" : value);
    if (file)
        fclose(file);
}

/* Each process is to find its stack and heap elsewhere, or one layout stands for all. */
static void add_aslr(struct machine_facts *facts, const char *root)
{
    char value[MACHINE_VALUE_BYTES];
    read_line(root, "/proc/sys/kernel/randomize_va_space", value, sizeof value);
    const int persona = personality(0xffffffff);
    if (persona != -1 && (persona & ADDR_NO_RANDOMIZE) && *value)
        add(facts, "aslr", MACHINE_NOISY, "run it without setarch -R (and outside of a debugger)",
            "%s; off for this process", value);
    else
        add(facts, "aslr", strcmp(value, "2") == 0 ? MACHINE_OK : MACHINE_NOISY, "sysctl kernel.randomize_va_space=2",
            "%s", value);
}

static void add_kernel(struct machine_facts *facts, const char *root)
{
    char value[MACHINE_VALUE_BYTES], *end;
    add_isolation(facts, root);
    read_line(root, "/sys/kernel/mm/transparent_hugepage/enabled", value, sizeof value);
    add(facts, "transparent_hugepages",
        has_word(value, "[madvise]") || has_word(value, "[never]") ? MACHINE_OK : MACHINE_NOISY,
        "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled", "%s", value);
    add_aslr(facts, root);
    read_line(root, "/proc/sys/kernel/perf_event_paranoid", value, sizeof value);
    const long paranoid = strtol(value, &end, 10);
    /* It changes no time: what it forbids is only not seen. */
    add(facts, "perf_event_paranoid", end > value && paranoid <= 2 ? MACHINE_OK : MACHINE_NOT_VISIBLE,
        "sysctl kernel.perf_event_paranoid=2", "%s", value);
}

/* Mitigations cost at each entry into the kernel, which is outside of what is timed; two machines may differ by them
 * all the same. */
static void add_mitigations(struct machine_facts *facts, const char *root)
{
    char path[4096];
    unsigned mitigated = 0, vulnerable = 0, unaffected = 0, unknown = 0;
    snprintf(path, sizeof path, "%s/sys/devices/system/cpu/vulnerabilities", root);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
        char name[512], value[MACHINE_VALUE_BYTES];
        snprintf(name, sizeof name, "/sys/devices/system/cpu/vulnerabilities/%s", entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        read_line(root, name, value, sizeof value);
        /* Some say who: "KVM: Mitigation: VMX disabled", "Processor vulnerable". */
        if (strstr(value, "Mitigation"))
            mitigated++;
        else if (strstr(value, "ulnerable"))
            vulnerable++;
        else if (strncmp(value, "Not affected", 12) == 0)
            unaffected++;
        else
            unknown++;
    }
    if (directory)
        closedir(directory);
    if (mitigated + vulnerable + unaffected + unknown == 0)
        add(facts, "mitigations", MACHINE_NOT_VISIBLE, NULL, "%s", "");
    else
        add(facts, "mitigations", MACHINE_OK, NULL, "%u mitigated; %u vulnerable; %u not affected; %u unknown",
            mitigated, vulnerable, unaffected, unknown);
}

/* Why instructions of this thread in user mode cannot be counted, as an errno; 0: they can. */
static int open_pmu(void)
{
    const struct counter_source source = counter_source_real();
    const struct counter_event instructions = {.name = "instructions",
                                               .type = COUNTER_TYPE_HARDWARE,
                                               .config = 1, /* PERF_COUNT_HW_INSTRUCTIONS */
                                               .exclude_kernel = true,
                                               .exclude_hypervisor = true};
    const int descriptor = source.open(source.context, &instructions, 0, -1);
    if (descriptor < 0)
        return -descriptor;
    source.close(source.context, descriptor);
    return 0;
}

/* Whether the CPU's own counters can be opened at all. Asked by a child: there are sandboxes that kill for the
 * question. */
static void add_pmu(struct machine_facts *facts)
{
    struct process_end end = {0};
    struct error error = {0};
    const bool asked = process_try(open_pmu, &end, &error) == 0;
    const bool forbidden = !asked || end.signal || end.status == EACCES || end.status == EPERM;
    const bool counts = !forbidden && end.status == 0;
    add(facts, "pmu", counts ? MACHINE_OK : MACHINE_NOT_VISIBLE,
        forbidden ? "sysctl kernel.perf_event_paranoid=2 (a container: --cap-add PERFMON)"
                  : "needs a machine that has counters; instructions are counted by stepping all the same",
        "%s",
        counts      ? "counts"
        : forbidden ? "not permitted"
                    : "none here");
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

/* Of the last ten seconds: what was built just before counts as much as what runs now, so it is told and judges
 * nothing. */
static void add_pressure(struct machine_facts *facts, const char *root)
{
    char line[512];
    double percent;
    read_line(root, "/proc/pressure/cpu", line, sizeof line);
    const bool found = sscanf(line, "some avg10=%lf", &percent) == 1;
    add(facts, "cpu_pressure_10_s_percent", MACHINE_VOLATILE, NULL, found ? "%.2f" : "", found ? percent : 0.0);
}

/* Ticks of one CPU: all, and those in which it was not idle. */
struct ticks {
    unsigned long long all, busy;
};

/* A line "cpuN ..." of /proc/stat; false when it is none, as that of all together: its "cpu" has no number. Guests are
 * part of the user's. */
static bool read_ticks(const char *line, int *cpu, struct ticks *ticks)
{
    unsigned long long part[8];
    if (strncmp(line, "cpu", 3) != 0 || line[3] < '0' || line[3] > '9' ||
        sscanf(line, "cpu%d %llu %llu %llu %llu %llu %llu %llu %llu", cpu, &part[0], &part[1], &part[2], &part[3],
               &part[4], &part[5], &part[6], &part[7]) != 9 ||
        *cpu < 0)
        return false;
    *ticks = (struct ticks){0};
    for (int i = 0; i < 8; i++)
        ticks->all += part[i];
    ticks->busy = ticks->all - part[3] - part[4]; /* idle; waiting for a disk */
    return true;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : NULL;
}

double machine_busiest_percent(const char *before, const char *after)
{
    double busiest = NAN;
    for (const char *line = after; line; line = next_line(line)) {
        int cpu, same_cpu;
        struct ticks then, now;
        if (!read_ticks(line, &cpu, &now))
            continue;
        for (const char *old = before; old; old = next_line(old))
            if (read_ticks(old, &same_cpu, &then) && same_cpu == cpu && now.all > then.all && now.busy >= then.busy)
                busiest = fmax(isnan(busiest) ? 0 : busiest,
                               100.0 * (double)(now.busy - then.busy) / (double)(now.all - then.all));
    }
    return busiest;
}

static void read_whole(const char *root, const char *path, char *text, size_t bytes)
{
    FILE *file = open_below(root, path);
    text[file ? fread(text, 1, bytes - 1, file) : 0] = '\0';
    if (file)
        fclose(file);
}

/* While this process does nothing at all, so that what is busy is somebody else. */
static void add_company(struct machine_facts *facts, const char *root)
{
    enum { STAT_BYTES = 1 << 17 }; /* of a thousand CPUs */
    char *text = calloc(2, STAT_BYTES);
    double percent = NAN;
    if (text) {
        const struct timespec window = {0, *root ? 0 : COMPANY_WINDOW_NS};
        read_whole(root, "/proc/stat", text, STAT_BYTES);
        nanosleep(&window, NULL);
        read_whole(root, "/proc/stat", text + STAT_BYTES, STAT_BYTES);
        percent = machine_busiest_percent(text, text + STAT_BYTES);
    }
    free(text);
    add(facts, "busiest_cpu_percent", percent < BUSY_PERCENT_MAX ? MACHINE_OK : MACHINE_NOISY,
        "end what else runs here (top)", isfinite(percent) ? "%.0f" : "", percent);
}

/* The control group that this process is in, as one controller has it. */
struct cgroup {
    char base[96];        /* where groups of the controller are mounted, below the root */
    char group[PATH_MAX]; /* "" for the top */
    bool version_1;
};

/* Whether a line of /proc/self/cgroup, cut in place, is of a controller ("4:cpu,cpuacct:/path"; NULL: of version 2,
 * "0::/path"); *names and *path are parts of it. */
static bool read_group_line(char *line, const char *controller, char **names, char **path)
{
    line[strcspn(line, "\n")] = '\0';
    *names = strchr(line, ':');
    *path = *names ? strchr(*names + 1, ':') : NULL;
    if (*path == NULL || (*path)[1] != '/' || strstr(*path, "/..") != NULL)
        return false;
    *(*names)++ = '\0';
    *(*path)++ = '\0';
    if (controller == NULL)
        return strcmp(line, "0") == 0 && **names == '\0';
    const size_t length = strlen(controller);
    for (const char *at = *names; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, controller, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* The controllers of version 2 are in one file; where there is none version 2 is mounted elsewhere, if at all, and
 * limits nothing. Version 1 has a mount for each set of controllers, by its name and by those of its members. */
static bool find_cgroup(const char *root, const char *controller, struct cgroup *cgroup)
{
    char line[PATH_MAX], *names, *path;
    bool found = false;
    FILE *controllers = open_below(root, "/sys/fs/cgroup/cgroup.controllers");
    FILE *file = open_below(root, "/proc/self/cgroup");
    *cgroup = (struct cgroup){.base = "/sys/fs/cgroup", .version_1 = controllers == NULL};
    while (file && !found && fgets(line, sizeof line, file)) {
        found = read_group_line(line, cgroup->version_1 ? controller : NULL, &names, &path);
        if (!found)
            continue;
        snprintf(cgroup->group, sizeof cgroup->group, "%s", strcmp(path, "/") == 0 ? "" : path);
        if (cgroup->version_1)
            snprintf(cgroup->base, sizeof cgroup->base, "/sys/fs/cgroup/%.70s", controller);
    }
    if (file)
        fclose(file);
    if (controllers)
        fclose(controllers);
    return found;
}

/* Of "QUOTA PERIOD" the share of a CPU, of anything else its number; infinite for "max", and for the largest number of
 * pages, by which version 1 says so. */
static double limit_of(const char *value)
{
    double limit, period;
    const int found = sscanf(value, "%lf %lf", &limit, &period);
    return found == 2 && period > 0 ? limit / period : found == 1 && limit < 0x1p62 ? limit : INFINITY;
}

static void read_group(const char *root, const struct cgroup *cgroup, const char *group, const char *name,
                       char value[static MACHINE_VALUE_BYTES])
{
    char path[PATH_MAX + 256];
    snprintf(path, sizeof path, "%s%s/%s", cgroup->base, group, name);
    read_line(root, path, value, MACHINE_VALUE_BYTES);
}

/* "QUOTA PERIOD" or bytes, "max" or "" for none. */
static void read_limit(const char *root, const struct cgroup *cgroup, const char *group, const char *controller,
                       char value[static MACHINE_VALUE_BYTES])
{
    char period[MACHINE_VALUE_BYTES];
    const bool is_cpu = strcmp(controller, "cpu") == 0;
    if (!cgroup->version_1) {
        read_group(root, cgroup, group, is_cpu ? "cpu.max" : "memory.max", value);
        return;
    }
    read_group(root, cgroup, group, is_cpu ? "cpu.cfs_quota_us" : "memory.limit_in_bytes", value);
    if (!is_cpu)
        return;
    read_group(root, cgroup, group, "cpu.cfs_period_us", period);
    const size_t length = strlen(value);
    if (*value == '-') /* -1: none */
        *value = '\0';
    else if (length > 0)
        snprintf(value + length, MACHINE_VALUE_BYTES - length, " %.20s", period);
}

/* The group above; false at the top. */
static bool go_up(char *group)
{
    char *slash = strrchr(group, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

/* The strictest of the group and of those above it: each limits all below. "none": no group on the way has a limit.
 * Their names may be a user's. */
static void strictest_limit(const char *root, const struct cgroup *cgroup, const char *controller,
                            char value[static MACHINE_VALUE_BYTES])
{
    char group[PATH_MAX], found[MACHINE_VALUE_BYTES];
    double strictest = INFINITY;
    unsigned above = 0;
    snprintf(group, sizeof group, "%s", cgroup->group);
    snprintf(value, MACHINE_VALUE_BYTES, "none");
    do {
        read_limit(root, cgroup, group, controller, found);
        if (limit_of(found) < strictest) {
            strictest = limit_of(found);
            snprintf(value, MACHINE_VALUE_BYTES, "%.60s", found);
            if (above > 0)
                snprintf(value + strlen(value), MACHINE_VALUE_BYTES - strlen(value), " in the group %u above", above);
        }
        above++;
    } while (go_up(group));
}

/* Of cpu.stat in a group: its periods, and in how many of them it was stopped. */
static bool read_periods(const char *root, const struct cgroup *cgroup, const char *group, uint64_t *periods,
                         uint64_t *throttled)
{
    char path[PATH_MAX + 256], line[256];
    unsigned long long number;
    int found = 0;
    snprintf(path, sizeof path, "%s%s/cpu.stat", cgroup->base, group);
    FILE *file = open_below(root, path);
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "nr_periods %llu", &number) == 1 && ++found)
            *periods = number;
        else if (sscanf(line, "nr_throttled %llu", &number) == 1 && ++found)
            *throttled = number;
    if (file)
        fclose(file);
    return found == 2;
}

bool machine_throttled_periods(const char *root, uint64_t *periods, uint64_t *throttled)
{
    struct cgroup cgroup;
    char group[PATH_MAX];
    uint64_t here = 0, here_throttled = 0;
    bool found = false;
    *periods = *throttled = 0;
    if (!find_cgroup(root, "cpu", &cgroup))
        return false;
    snprintf(group, sizeof group, "%s", cgroup.group);
    do {
        if (!read_periods(root, &cgroup, group, &here, &here_throttled))
            continue;
        if (!found || here_throttled > *throttled) {
            *periods = here;
            *throttled = here_throttled;
        }
        found = true;
    } while (go_up(group));
    return found;
}

/* A quota stops a process in the middle of a batch; memory only has to be enough. */
static void add_cgroup(struct machine_facts *facts, const char *root)
{
    static const char mend[] = "run outside of the CPU quota (a container: without --cpus)";
    struct cgroup cgroup;
    char value[MACHINE_VALUE_BYTES] = "";
    uint64_t periods, throttled;
    if (find_cgroup(root, "cpu", &cgroup))
        strictest_limit(root, &cgroup, "cpu", value);
    add(facts, "cgroup_cpu_max", strcmp(value, "none") == 0 ? MACHINE_OK : MACHINE_NOISY, mend, "%s", value);
    value[0] = '\0';
    if (machine_throttled_periods(root, &periods, &throttled))
        snprintf(value, sizeof value, "%" PRIu64 " of %" PRIu64, throttled, periods);
    add(facts, "cgroup_throttled_periods", throttled == 0 ? MACHINE_OK : MACHINE_NOISY, mend, "%s", value);
    value[0] = '\0';
    if (find_cgroup(root, "memory", &cgroup))
        strictest_limit(root, &cgroup, "memory", value);
    add(facts, "cgroup_memory_max", MACHINE_OK, NULL, "%s", value);
}

bool machine_clock_is_counter(const char *clock_source)
{
    return strcmp(clock_source, "tsc") == 0 || strcmp(clock_source, "arch_sys_counter") == 0;
}

/* Those that are read without entering the kernel. */
static bool clock_is_fast(const char *source)
{
    static const char *const fast[] = {"kvm-clock", "hyperv_clocksource_tsc_page"};
    for (size_t i = 0; i < sizeof fast / sizeof fast[0]; i++)
        if (strcmp(source, fast[i]) == 0)
            return true;
    return machine_clock_is_counter(source);
}

static void add_clock(struct machine_facts *facts, const char *root, uint64_t clock_step_ns)
{
    static const char directory[] = "/sys/devices/system/clocksource/clocksource0";
    char source[MACHINE_VALUE_BYTES], available[MACHINE_VALUE_BYTES], path[128], mend[MACHINE_MEND_BYTES];
    snprintf(path, sizeof path, "%s/current_clocksource", directory);
    read_line(root, path, source, sizeof source);
    snprintf(path, sizeof path, "%s/available_clocksource", directory);
    read_line(root, path, available, sizeof available);
    const char *better = has_word(available, "tsc") ? "tsc" : has_word(available, "kvm-clock") ? "kvm-clock" : NULL;
    if (better)
        snprintf(mend, sizeof mend, "echo %s > %s/current_clocksource", better, directory);
    else
        snprintf(mend, sizeof mend, "the kernel offers no faster one (dmesg says why)");
    add(facts, "clock_source", clock_is_fast(source) ? MACHINE_OK : MACHINE_NOISY, mend, "%s", source);
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
    add(facts, "measured_environment", MACHINE_OK, NULL, "%s", *environment_words() ? environment_words() : "empty");
    add_governor(facts, root);
    add_boost(facts, root);
    add_smt(facts, root);
    add_kernel(facts, root);
    add_mitigations(facts, root);
    add_pmu(facts);
    add_steal(facts, root);
    add_company(facts, root);
    add_pressure(facts, root);
    add_cgroup(facts, root);
    add_clock(facts, root, clock_step_ns);
    add_volatile(facts, root);
}

static const struct machine_fact *fact_of(const struct machine_facts *facts, const char *key)
{
    for (size_t i = 0; facts && i < facts->count; i++)
        if (strcmp(facts->fact[i].key, key) == 0)
            return &facts->fact[i];
    return NULL;
}

int machine_write(const char *directory, uint64_t clock_step_ns, const struct machine_facts *before,
                  struct error *error)
{
    static const char *const company[] = {"load_average", "cpu_pressure_10_s_percent", "busiest_cpu_percent"};
    char path[PATH_MAX];
    struct csv_writer *writer;
    struct machine_facts facts;
    snprintf(path, sizeof path, "%s/%s", directory, schema_machine.file);
    if (csv_writer_open(&writer, path, &schema_machine, CSV_REPLACE, error) != 0)
        return error->code;
    machine_look("", clock_step_ns, &facts);
    for (size_t i = 0; i < facts.count; i++) {
        for (size_t c = 0; c < sizeof company / sizeof company[0]; c++)
            if (strcmp(facts.fact[i].key, company[c]) == 0 && fact_of(before, company[c]))
                facts.fact[i] = *fact_of(before, company[c]);
        csv_put_text(writer, facts.fact[i].key);
        csv_put_text(writer, facts.fact[i].value);
        csv_put_text(writer, machine_status_words[facts.fact[i].status]);
        csv_put_text(writer, facts.fact[i].mend);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

void machine_look_now(struct machine_facts *facts)
{
    enum { STEP_TRIES = 20000 };
    const struct measure_clock clock = measure_clock_real();
    machine_look("", measure_clock_step_ns(&clock, STEP_TRIES), facts);
}
