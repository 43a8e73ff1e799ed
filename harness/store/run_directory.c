#include "store/run_directory.h"

#include "base/paths.h"
#include "schema.h"
#include "store/checksum.h"
#include "store/recorded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

_Static_assert((int)SCHEMA_run_key == (int)SCHEMA_machine_key && (int)SCHEMA_run_value == (int)SCHEMA_machine_value,
               "facts of run.csv and machine.csv are read alike");

const char *run_directory_fact(const struct csv_data *facts, const char *key)
{
    const size_t row = csv_find(facts, SCHEMA_run_key, key);
    return row < facts->row_count ? csv_text(facts, row, SCHEMA_run_value) : "";
}

int run_directory_check_output(const char *output, struct error *error)
{
    const char *slash = strrchr(output, '/'), *name = slash ? slash + 1 : output;
    if (strlen(name) + sizeof ".1234567890-0.partial" > NAME_MAX)
        return error_set(error, EXIT_USAGE, "--output: %.60s...: a file name of %zu bytes is too long", name,
                         strlen(name));
    for (size_t t = 0; schema_tables[t]; t++)
        if (strcmp(name, schema_tables[t]->file) == 0)
            return error_set(error, EXIT_USAGE,
                             "%s: is the name of a table, which is never replaced; give --output another name", output);
    return 0;
}

/* Who has locked this file, by the kernel's list; 0 when it does not say. */
static long holder_of(int fd)
{
    struct stat status;
    FILE *locks = fopen("/proc/locks", "re");
    char line[256];
    long holder = 0;
    while (locks && fstat(fd, &status) == 0 && holder == 0 && fgets(line, sizeof line, locks)) {
        unsigned major_number, minor_number;
        unsigned long inode;
        long process;
        if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &process, &major_number, &minor_number, &inode) == 4 &&
            inode == status.st_ino && major_number == major(status.st_dev) && minor_number == minor(status.st_dev))
            holder = process;
    }
    if (locks)
        fclose(locks);
    return holder;
}

int run_directory_hold(const char *directory, struct error *error)
{
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        error_set(error, EXIT_USAGE, "%s: cannot be read: %s", directory, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return fd;
    const long holder = holder_of(fd);
    close(fd);
    if (holder > 0)
        error_set(error, EXIT_USAGE, "%s: is being measured by process %ld; wait until it has ended", directory,
                  holder);
    else
        error_set(error, EXIT_USAGE, "%s: is being measured by another process; wait until it has ended", directory);
    return -1;
}

/* Some file systems cannot, and say so. */
static bool sync_at(int directory, const char *name, int flags)
{
    const int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags);
    if (fd < 0)
        return errno == ELOOP || errno == ENOENT || errno == EACCES || errno == ENXIO;
    const bool synced = fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS;
    const int why = errno;
    close(fd);
    errno = why;
    return synced;
}

int run_directory_sync(const char *directory, struct error *error)
{
    DIR *stream = opendir(directory);
    bool synced = stream != NULL;
    for (const struct dirent *entry; synced && (entry = readdir(stream)) != NULL;)
        if (entry->d_name[0] != '.')
            synced = sync_at(dirfd(stream), entry->d_name, 0);
    synced = synced && sync_at(dirfd(stream), ".", O_DIRECTORY);
    if (!synced)
        error_set(error, EXIT_USAGE, "%s: cannot be brought to the disk: %s", directory, strerror(errno));
    if (stream)
        closedir(stream);
    return error->code;
}

/* The last by name of the run directories below; "" when there is none. */
static void find_run_below(const char *directory, char *found, size_t found_bytes)
{
    DIR *stream = opendir(directory);
    found[0] = '\0';
    for (const struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        char path[PATH_MAX];
        const int length = snprintf(path, sizeof path, "%s/%s/%s", directory, entry->d_name, schema_run.file);
        if (entry->d_name[0] != '.' && length < (int)sizeof path && access(path, F_OK) == 0 &&
            strcmp(entry->d_name, found) > 0)
            snprintf(found, found_bytes, "%s", entry->d_name);
    }
    if (stream)
        closedir(stream);
}

int run_directory_check_run(const char *directory, struct error *error)
{
    char path[PATH_MAX], below[NAME_MAX + 1];
    if (paths_check_directory(directory, "a run directory", error) != 0 ||
        paths_join(path, directory, schema_run.file, error) != 0)
        return error->code;
    if (csv_is_lost(path))
        return error_set(error, EXIT_USAGE, "%s: is empty; `encbench run --resume %s` has it from %s", path, directory,
                         schema_begun.file);
    if (access(path, F_OK) == 0)
        return 0;
    find_run_below(directory, below, sizeof below);
    const size_t length = strlen(directory);
    if (*below)
        return error_set(error, EXIT_USAGE, "%s: is no run directory, it holds no %s; did you mean %s%s%s?", directory,
                         schema_run.file, directory, length && directory[length - 1] == '/' ? "" : "/", below);
    return error_set(error, EXIT_USAGE, "%s: is no run directory, it holds no %s", directory, schema_run.file);
}

int run_directory_read_table(const char *directory, const struct csv_table *table, struct csv_data *data,
                             struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, directory, table->file, error) != 0)
        return error->code;
    return csv_read(path, table, data, error);
}

static bool is_version(const char *version)
{
    int64_t number;
    return csv_parse_integer(version, &number) && number == SCHEMA_VERSION;
}

int run_directory_check_version(const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_data run = {0};
    if (paths_join(path, directory, schema_run.file, error) != 0 || access(path, F_OK) != 0 ||
        csv_read(path, &schema_run, &run, error) != 0)
        return error->code;
    const char *version = run_directory_fact(&run, "schema_version");
    if (!is_version(version))
        error_set(error, EXIT_USAGE,
                  "%s: schema_version is \"%.20s\"; this program reads version %d; measure again with it", path,
                  version, SCHEMA_VERSION);
    csv_free(&run);
    return error->code;
}

/* What was measured is what analyse saw: run.csv has the CRC-32 of TABLE.csv as TABLE_crc32. */
int run_directory_check_unchanged(const struct csv_data *run, const char *directory, struct error *error)
{
    for (size_t t = 0; schema_tables[t]; t++) {
        const char *file = schema_tables[t]->file;
        char key[64], path[PATH_MAX], crc[CHECKSUM_CRC32_BYTES];
        snprintf(key, sizeof key, "%.*s_crc32", (int)strcspn(file, "."), file);
        const size_t row = csv_find(run, SCHEMA_run_key, key);
        const char *recorded = row < run->row_count ? csv_text(run, row, SCHEMA_run_value) : "";
        if (*recorded == '\0')
            continue;
        if (paths_join(path, directory, file, error) != 0)
            return error->code;
        if (access(path, F_OK) != 0) /* whoever needs it says so */
            continue;
        if (checksum_crc32(path, crc, error) != 0)
            return error->code;
        if (strcmp(crc, recorded) != 0)
            return error_set(error, EXIT_USAGE,
                             "%s: was changed after the run (its CRC-32 is %s; run.csv:%zu has %.20s); restore it, or "
                             "measure again",
                             path, crc, row + 2, recorded);
    }
    return 0;
}

/* What analyse has decided (analyse_controls.c), not again: which control leaves the whole run without a verdict. What
 * was edited has one, and its label; but nothing that would carry the label further. */
static void judge(struct run_directory *finished)
{
    const struct csv_data *controls = &finished->controls;
    const size_t row = csv_find(controls, SCHEMA_controls_blinds, "run"),
                 raw = csv_find(controls, SCHEMA_controls_control, "raw_files");
    if (row < controls->row_count)
        snprintf(finished->reason, sizeof finished->reason, "control %s %s on %s",
                 csv_text(controls, row, SCHEMA_controls_control), csv_text(controls, row, SCHEMA_controls_status),
                 csv_text(controls, row, SCHEMA_controls_subject));
    else if (strcmp(run_directory_fact(&finished->run, "complete"), "yes") != 0)
        snprintf(finished->reason, sizeof finished->reason, "it is not complete");
    else if (raw < controls->row_count && strcmp(csv_text(controls, raw, SCHEMA_controls_status), "holds") != 0)
        snprintf(finished->reason, sizeof finished->reason, "its raw files were %s",
                 csv_text(controls, raw, SCHEMA_controls_reason));
    else
        finished->valid = true;
}

const char *run_directory_blind_cell(const struct run_directory *finished, const char *panel, const char *workload,
                                     bool *decides)
{
    const struct csv_data *controls = &finished->controls;
    char subject[512];
    snprintf(subject, sizeof subject, "%s %s", panel, workload);
    for (size_t row = 0; row < controls->row_count; row++)
        if (strcmp(csv_text(controls, row, SCHEMA_controls_subject), subject) == 0 &&
            strcmp(csv_text(controls, row, SCHEMA_controls_blinds), "nothing") != 0) {
            *decides = strcmp(csv_text(controls, row, SCHEMA_controls_blinds), "deciding cell") == 0;
            return csv_text(controls, row, SCHEMA_controls_control);
        }
    return NULL;
}

/* Every analysis has the control `complete`: without it the file is no list of controls, and nothing in it failed for
 * want of rows. */
static int read_controls(struct run_directory *finished, const char *directory, struct error *error)
{
    if (run_directory_read_table(directory, &schema_controls, &finished->controls, error) != 0)
        return error->code;
    if (csv_find(&finished->controls, SCHEMA_controls_control, "complete") == finished->controls.row_count)
        return error_set(error, EXIT_USAGE, "%s: lacks the control \"complete\"; run `encbench analyse %s` again",
                         finished->controls.path, directory);
    judge(finished);
    return 0;
}

int run_directory_read(struct run_directory *finished, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    *finished = (struct run_directory){0};
    if (run_directory_check_run(directory, error) != 0 ||
        run_directory_read_table(directory, &schema_run, &finished->run, error) != 0)
        return error->code;
    const char *version = run_directory_fact(&finished->run, "schema_version");
    finished->readable = is_version(version);
    if (!finished->readable) {
        snprintf(finished->reason, sizeof finished->reason, "its schema_version is %.20s; this program reads %d",
                 *version ? version : "missing", SCHEMA_VERSION);
        return 0;
    }
    if (paths_join(path, directory, schema_controls.file, error) != 0)
        return error->code;
    if (access(path, F_OK) != 0)
        return error_set(error, EXIT_USAGE, "%s: has no %s; run `encbench analyse %s` first", directory,
                         schema_controls.file, directory);
    if (run_directory_read_table(directory, &schema_machine, &finished->machine, error) != 0 ||
        run_directory_check_unchanged(&finished->run, directory, error) != 0 ||
        recorded_check(directory, &(struct recorded){0}, error) != 0)
        return error->code;
    return read_controls(finished, directory, error);
}

void run_directory_free(struct run_directory *finished)
{
    csv_free(&finished->run);
    csv_free(&finished->machine);
    csv_free(&finished->controls);
}
