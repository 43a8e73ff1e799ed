#include "machine.h"

#include "schema.h"

#include <gnu/libc-version.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "measure.h"

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

/* First line of a file, trimmed; empty when it cannot be read. */
static void read_line(const char *path, char *text, size_t text_bytes)
{
    FILE *file = fopen(path, "re");
    text[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(text, (int)text_bytes, file) == NULL)
        text[0] = '\0';
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
}

/* Value of the first "key : value" line of /proc/cpuinfo or /proc/meminfo. */
static void read_key(const char *path, const char *key, char *text, size_t text_bytes)
{
    char line[4096];
    FILE *file = fopen(path, "re");
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

static void put(struct csv_writer *writer, const char *key, const char *value, const char *status)
{
    char clean[512];
    csv_put_text(writer, key);
    csv_put_text(writer, csv_clean(clean, sizeof clean, value));
    csv_put_text(writer, *value == '\0' ? "not visible" : status);
    csv_end_row(writer);
}

static void put_file(struct csv_writer *writer, const char *key, const char *path, const char *good)
{
    char value[512];
    read_line(path, value, sizeof value);
    put(writer, key, value, good == NULL || strstr(value, good) ? "ok" : "noisy");
}

/* "yes", "no", or "" when it cannot be seen. */
static const char *hypervisor(void)
{
    char flags[4096];
    read_key("/proc/cpuinfo", "flags", flags, sizeof flags);
    return *flags == '\0' ? "" : strstr(flags, " hypervisor") ? "yes" : "no";
}

void machine_fingerprint(char fingerprint[static MACHINE_FINGERPRINT_BYTES])
{
    char model[512], facts[2048];
    struct utsname system;
    uname(&system);
    read_key("/proc/cpuinfo", "model name", model, sizeof model);
    snprintf(facts, sizeof facts, "%s\n%s\n%s\n%s\n%s\n%s\n", model, system.machine, hypervisor(), ENCBENCH_COMPILER,
             ENCBENCH_COMPILE_FLAGS, gnu_get_libc_version());
    snprintf(fingerprint, MACHINE_FINGERPRINT_BYTES, "%08lx",
             crc32(0, (const unsigned char *)facts, (unsigned)strlen(facts)) & 0xffffffffu);
}

static void put_cpu(struct csv_writer *writer)
{
    static const char *const keys[][2] = {{"cpu_model", "model name"},
                                          {"cpu_family", "cpu family"},
                                          {"cpu_model_number", "model"},
                                          {"cpu_stepping", "stepping"},
                                          {"cpu_microcode", "microcode"}};
    char value[4096];
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        read_key("/proc/cpuinfo", keys[i][1], value, sizeof value);
        put(writer, keys[i][0], value, "ok");
    }
    put(writer, "hypervisor", hypervisor(), strcmp(hypervisor(), "yes") == 0 ? "noisy" : "ok");
    snprintf(value, sizeof value, "%u", machine_cpu_count());
    put(writer, "cpus_allowed", value, machine_cpu_count() > 1 ? "ok" : "noisy");
    snprintf(value, sizeof value, "%d", machine_last_cpu());
    put(writer, "cpu_pinned", value, "ok");
}

bool machine_clock_is_counter(const char *clock_source)
{
    return strcmp(clock_source, "tsc") == 0 || strcmp(clock_source, "arch_sys_counter") == 0;
}

/* What the control of the clock compares the counter with. */
static void put_cross_check(struct csv_writer *writer)
{
    char source[512];
    read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", source, sizeof source);
    put(writer, "clock_cross_check",
        *source == '\0' ? ""
        : machine_clock_is_counter(source)
            ? "none: CLOCK_MONOTONIC_RAW is read from the time-stamp counter; a drift of it cannot be seen"
            : "CLOCK_MONOTONIC_RAW and the time-stamp counter are different clocks",
        "ok");
}

static void put_volatile(struct csv_writer *writer)
{
    char value[256], text[64];
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    put(writer, "date_utc", text, "volatile");
    read_line("/proc/loadavg", value, sizeof value);
    put(writer, "load_average", value, "volatile");
}

int machine_write(const char *directory, uint64_t clock_step_ns, struct error *error)
{
    char path[4096], value[512];
    struct csv_writer *writer;
    struct utsname system;
    snprintf(path, sizeof path, "%s/%s", directory, schema_machine.file);
    if (csv_writer_open(&writer, path, &schema_machine, CSV_REPLACE, error) != 0)
        return error->code;
    uname(&system);
    machine_fingerprint(value);
    put(writer, "fingerprint", value, "ok");
    put(writer, "architecture", system.machine, "ok");
    put_cpu(writer);
    read_key("/proc/meminfo", "MemTotal", value, sizeof value);
    put(writer, "memory_total", value, "ok");
    put(writer, "kernel", system.release, "ok");
    put(writer, "libc", gnu_get_libc_version(), "ok");
    put_file(writer, "cpu_governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance");
    put_file(writer, "cpu_boost", "/sys/devices/system/cpu/cpufreq/boost", "0");
    put_file(writer, "smt", "/sys/devices/system/cpu/smt/control", "off");
    put_file(writer, "isolated_cpus", "/sys/devices/system/cpu/isolated", NULL);
    put_file(writer, "transparent_hugepages", "/sys/kernel/mm/transparent_hugepage/enabled", NULL);
    put_file(writer, "aslr", "/proc/sys/kernel/randomize_va_space", "2");
    put_file(writer, "perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid", NULL);
    put_file(writer, "clock_source", "/sys/devices/system/clocksource/clocksource0/current_clocksource", NULL);
    snprintf(value, sizeof value, "%llu", (unsigned long long)clock_step_ns);
    put(writer, "clock_step_ns", clock_step_ns ? value : "", "ok");
    put_cross_check(writer);
    put_volatile(writer);
    return csv_writer_close(writer, error);
}
