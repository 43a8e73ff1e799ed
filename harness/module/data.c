#include "module/data.h"

#include "base/paths.h"
#include "module/provenance.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* STEM.data beside a module, or the source of one. */
static void directory_beside(const char *module, char path[PATH_MAX])
{
    static const char *const endings[] = {".o", ".so", ".c", ".cc", ".cpp", ".cxx", ".C", ".rs"};
    const char *slash = strrchr(module, '/'), *dot = strrchr(slash ? slash : module, '.');
    path[0] = '\0';
    for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++)
        if (strcmp(dot, endings[i]) == 0)
            snprintf(path, PATH_MAX, "%.*s.data", (int)(dot - module), module);
}

/* Full names tell whether two are one. */
static int find_beside(struct module_data *data, const char *const *modules, struct error *error)
{
    const char *of = NULL;
    char path[PATH_MAX], full[PATH_MAX];
    struct stat status;
    for (size_t i = 0; modules && modules[i]; i++) {
        directory_beside(modules[i], path);
        if (path[0] == '\0' || stat(path, &status) != 0 || !S_ISDIR(status.st_mode) || realpath(path, full) == NULL)
            continue;
        if (of && strcmp(full, data->directory) != 0)
            return error_set(error, EXIT_USAGE,
                             "%s and %s each have a directory of data beside them, and a process has one for all "
                             "variants; say with --data which",
                             of, modules[i]);
        of = modules[i];
        strcpy(data->directory, full);
    }
    return 0;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int add_file(struct module_data *data, const char *name, struct error *error)
{
    struct module_data_file *file = &data->file[data->count];
    char path[PATH_MAX];
    struct stat status;
    if (paths_join(path, data->directory, name, error) != 0)
        return error->code;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(error, EXIT_USAGE,
                         "%s: is not a file; expected a directory of data files alone, as their contents are recorded",
                         path);
    if (!hash_file(path, file->sha256))
        return error_set(error, EXIT_USAGE, "%s: cannot be read", path);
    snprintf(file->name, sizeof file->name, "%s", name);
    data->count++;
    return 0;
}

static int add_files(struct module_data *data, struct error *error)
{
    struct dirent **entries = NULL;
    const int count = scandir(data->directory, &entries, is_visible, alphasort);
    if (count < 0)
        return error_set(error, EXIT_USAGE, "%s: %s", data->directory, strerror(errno));
    if (count > MODULE_DATA_FILES_MAX)
        error_set(error, EXIT_USAGE, "%s: holds %d files; at most %d are taken", data->directory, count,
                  MODULE_DATA_FILES_MAX);
    else if ((data->file = calloc((size_t)count + 1, sizeof *data->file)) == NULL)
        error_out_of_memory(error);
    for (int i = 0; i < count; i++) {
        if (error->code == 0)
            add_file(data, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    return error->code;
}

int module_data_find(struct module_data *data, const char *asked, const char *const *modules, struct error *error)
{
    *data = (struct module_data){0};
    if (asked && paths_check_directory(asked, "a directory of data files", error) != 0)
        return error->code;
    if (asked && realpath(asked, data->directory) == NULL)
        return error_set(error, EXIT_USAGE, "%s: %s", asked, strerror(errno));
    if (asked == NULL && find_beside(data, modules, error) != 0)
        return error->code;
    return data->directory[0] ? add_files(data, error) : 0;
}

void module_data_free(struct module_data *data)
{
    free(data->file);
    *data = (struct module_data){0};
}

void module_data_put(const struct module_data *data, struct csv_writer *writer)
{
    char key[NAME_MAX + 32];
    for (size_t i = 0; i < data->count; i++) {
        snprintf(key, sizeof key, "data:%s_sha256", data->file[i].name);
        provenance_put(writer, key, data->file[i].sha256);
    }
}
