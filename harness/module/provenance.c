#include "module/provenance.h"

#include "base/environment.h"
#include "base/hash.h"
#include "base/process.h"
#include "schema.h"
#include "store/run_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void provenance_put(struct csv_writer *writer, const char *key, const char *value)
{
    char clean[1024], clean_key[512];
    csv_put_text(writer, csv_clean(clean_key, sizeof clean_key, key));
    csv_put_text(writer, csv_clean(clean, sizeof clean, value));
    csv_end_row(writer);
}

void provenance_put_integer(struct csv_writer *writer, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    provenance_put(writer, key, text);
}

void provenance_put_number(struct csv_writer *writer, const char *key, double value)
{
    char text[32];
    provenance_put(writer, key, csv_format_number(text, sizeof text, value));
}

/* First line of a command's output; empty when it fails. */
static void put_output(struct csv_writer *writer, const char *key, const char *const *command)
{
    char *text = process_output(command);
    if (text)
        text[strcspn(text, "\n")] = '\0';
    provenance_put(writer, key, text ? text : "");
    free(text);
}

static void put_sha256(struct csv_writer *writer, const char *key, const char *file)
{
    char digits[HASH_SHA256_BYTES];
    hash_file(file, digits);
    provenance_put(writer, key, digits);
}

/* One hash over all layouts, one after the other in order of name. */
static void put_layouts_sha256(struct csv_writer *writer, const char *key, const struct module_info *module)
{
    const char **command = calloc(module->layout_count + 5, sizeof *command);
    if (command == NULL)
        return;
    command[0] = "sh";
    command[1] = "-c";
    command[2] = "cat -- \"$@\" | sha256sum";
    command[3] = "sh";
    for (size_t i = 0; i < module->layout_count; i++)
        command[4 + i] = module->layouts[i];
    char *text = process_output(command);
    if (text)
        text[strspn(text, "0123456789abcdef")] = '\0';
    provenance_put(writer, key, text ? text : "");
    free(text);
    free(command);
}

/* git's first line, and where it knows a remedy (a foreign owner: safe.directory) the line with that. */
void provenance_git_complaint(const char *directory, char complaint[static PROVENANCE_COMPLAINT_BYTES])
{
    const char *const command[] = {"sh", "-c", "git -C \"$1\" rev-parse HEAD 2>&1 >/dev/null", "sh", directory, NULL};
    char *text = process_output(command);
    const char *remedy = text ? strstr(text, "git config ") : NULL;
    complaint[0] = '\0';
    if (text && *text)
        snprintf(complaint, PROVENANCE_COMPLAINT_BYTES, "%.200s%s%.260s", strndupa(text, strcspn(text, "\n")),
                 remedy ? "; " : "", remedy ? strndupa(remedy, strcspn(remedy, "\n")) : "");
    free(text);
}

/* A directory that is not in the repository around it may have been unpacked there: the revision is that of something
 * else. REPORT.md is what a run is made into: that it is new says nothing of the program. */
static void ask_git(const char *root, struct provenance_revision *found)
{
    const char *const revision[] = {"git", "-C", root, "rev-parse", "HEAD", NULL};
    const char *const changes[] = {"git",         "--no-optional-locks",  "-C", root,     "status",
                                   "--porcelain", "--untracked-files=no", "--", ":(top)", ":(exclude)REPORT.md",
                                   NULL};
    const char *const ours[] = {"git", "-C", root, "ls-files", "--error-unmatch", "--", "CMakeLists.txt", NULL};
    char *known = process_output(ours), *text = known ? process_output(revision) : NULL;
    free(known);
    snprintf(found->commit, sizeof found->commit, "%s", text ? text : "");
    char *changed = text ? process_output(changes) : NULL;
    snprintf(found->dirty, sizeof found->dirty, "%s", changed == NULL ? "" : *changed ? "yes" : "no");
    free(changed);
    free(text);
}

/* An installed program stands in nobody's checkout, or in one of something else. */
static void read_installed(const char *root, struct provenance_revision *found)
{
    char path[PATH_MAX + 16], line[128];
    snprintf(path, sizeof path, "%s/installed.csv", root);
    FILE *stream = fopen(path, "re");
    while (stream && fgets(line, sizeof line, stream)) {
        char *value = strchr(line, ',');
        if (value == NULL)
            continue;
        *value++ = '\0';
        value[strcspn(value, "\n")] = '\0';
        if (strcmp(line, "revision") == 0)
            snprintf(found->commit, sizeof found->commit, "%.64s", value);
        else if (strcmp(line, "dirty") == 0)
            snprintf(found->dirty, sizeof found->dirty, "%.3s", value);
        else if (strcmp(line, "how") == 0)
            snprintf(found->how, sizeof found->how, "%.31s", value);
    }
    if (stream)
        fclose(stream);
}

void provenance_find_revision(const struct paths *paths, struct provenance_revision *revision)
{
    *revision = (struct provenance_revision){0};
    if (paths->installed)
        read_installed(paths->root, revision);
    else
        ask_git(paths->root, revision);
}

static void put_git(struct csv_writer *writer, const struct paths *paths)
{
    struct provenance_revision revision;
    provenance_find_revision(paths, &revision);
    provenance_put(writer, "git_revision", revision.commit);
    provenance_put(writer, "git_dirty", revision.dirty);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *module_name(const struct module_info *module)
{
    return base_name(module->layout_count > 0 ? module->layout_directory : module->file);
}

/* Two modules may come from files of one name in two directories: keys stay unique. */
static void put_module(struct csv_writer *writer, const struct module_set *set, size_t index)
{
    const struct module_info *module = &set->modules[index];
    const char *name = module_name(module);
    size_t namesakes = 0;
    char key[512], number[32] = "";
    for (size_t i = 0; i < index; i++)
        namesakes += strcmp(module_name(&set->modules[i]), name) == 0;
    if (namesakes > 0)
        snprintf(number, sizeof number, "%zu:", namesakes + 1);
    if (module->given) {
        snprintf(key, sizeof key, "module:%s%.300s_built_with", number, name);
        provenance_put(writer, key, module->built_with ? module->built_with : "");
    }
    snprintf(key, sizeof key, "module:%s%.300s_sha256", number, name);
    if (module->layout_count == 0) {
        put_sha256(writer, key, module->file);
        return;
    }
    put_layouts_sha256(writer, key, module);
    snprintf(key, sizeof key, "layouts:%s%.300s", number, name);
    provenance_put_integer(writer, key, (int64_t)module->layout_count);
}

/* Two may come from files of one name in two directories. */
static void put_library(struct csv_writer *writer, const char *file, const char **written, size_t *count)
{
    char key[512], number[32] = "";
    size_t namesakes = 0;
    for (size_t i = 0; i < *count; i++) {
        if (file == NULL || strcmp(written[i], file) == 0)
            return;
        namesakes += strcmp(base_name(written[i]), base_name(file)) == 0;
    }
    if (file == NULL)
        return;
    written[(*count)++] = file;
    if (namesakes > 0)
        snprintf(number, sizeof number, "%zu:", namesakes + 1);
    snprintf(key, sizeof key, "library:%s%.300s_sha256", number, base_name(file));
    put_sha256(writer, key, file);
}

/* Libraries of modules that are linked here: each file once. */
static void put_libraries(struct csv_writer *writer, const struct module_set *set)
{
    size_t room = 1, count = 0;
    for (size_t i = 0; i < set->count; i++)
        room += set->modules[i].object.need_count + 1;
    const char **written = calloc(room, sizeof *written);
    for (size_t i = 0; written && i < set->count; i++) {
        const struct layout_object *object = &set->modules[i].object;
        for (size_t n = 0; n <= object->need_count; n++)
            put_library(writer, n < object->need_count ? object->needs[n] : object->runtime, written, &count);
    }
    free(written);
}

/* In the order of the command line, which decides whose malloc it is. By the names of the files and not their paths. */
static void put_environment(struct csv_writer *writer)
{
    const struct environment *environment = environment_asked();
    char key[512];
    size_t number = 0;
    for (const char *at = environment->preloads; *at; at += strlen(at) + 1) {
        snprintf(key, sizeof key, PROVENANCE_PRELOAD_KEY "%zu", ++number);
        provenance_put(writer, key, base_name(at));
        snprintf(key, sizeof key, PROVENANCE_PRELOAD_KEY "%zu_sha256", number);
        put_sha256(writer, key, at);
    }
    for (const char *at = environment->variables; *at; at += strlen(at) + 1) {
        char *cell = environment_encode(strchr(at, '=') + 1);
        snprintf(key, sizeof key, PROVENANCE_VARIABLE_KEY "%.*s", (int)strcspn(at, "="), at);
        provenance_put(writer, key, cell ? cell : "");
        free(cell);
    }
}

bool provenance_is_variable(const char *key)
{
    return strncmp(key, PROVENANCE_VARIABLE_KEY, strlen(PROVENANCE_VARIABLE_KEY)) == 0;
}

static char *assignment(const char *name, const char *cell)
{
    char *value = environment_decode(cell), *text = NULL;
    if (value && asprintf(&text, "%s=%s", name, value) < 0)
        text = NULL;
    free(value);
    return text;
}

enum { ASKED_MAX = 64 };

int provenance_ask_environment(const struct csv_data *run, struct error *error)
{
    const char *preloads[ASKED_MAX + 1] = {NULL}, *variables[ASKED_MAX + 1] = {NULL};
    size_t preload_count = 0, variable_count = 0;
    char key[64];
    if (environment_words()[0])
        return 0;
    for (const char *name; preload_count < ASKED_MAX; preload_count++) {
        snprintf(key, sizeof key, PROVENANCE_PRELOAD_KEY "%zu", preload_count + 1);
        if (*(name = run_directory_fact(run, key)) == '\0')
            break;
        preloads[preload_count] = name;
    }
    for (size_t row = 0; row < run->row_count && variable_count < ASKED_MAX; row++) {
        const char *of_row = csv_text(run, row, SCHEMA_run_key);
        if (provenance_is_variable(of_row) &&
            (variables[variable_count++] =
                 assignment(of_row + strlen(PROVENANCE_VARIABLE_KEY), csv_text(run, row, SCHEMA_run_value))) == NULL)
            error_out_of_memory(error);
    }
    if (error->code == 0 && environment_ask(preloads, variables, error) != 0) {
        const struct error before = *error;
        *error = (struct error){0};
        error_set(error, EXIT_USAGE, "%.700s; say with --preload where it is now", before.message);
    }
    for (size_t i = 0; i < variable_count; i++)
        free((char *)variables[i]);
    return error->code;
}

void provenance_write(struct csv_writer *writer, const struct paths *paths, const struct module_set *set)
{
    const char *const linker[] = {LAYOUT_LINKER, "--version", NULL};
    char key[512];
    put_environment(writer);
    provenance_put(writer, "encbench_version", ENCBENCH_VERSION);
    provenance_put_integer(writer, "module_abi_version", ENCBENCH_ABI_VERSION);
    put_git(writer, paths);
    provenance_put(writer, "compiler", ENCBENCH_COMPILER);
    provenance_put(writer, "compile_flags", ENCBENCH_COMPILE_FLAGS);
    put_output(writer, "linker", linker);
    if (paths->claims[0])
        put_sha256(writer, "claims_sha256", paths->claims);
    put_sha256(writer, "worker_sha256", paths->worker);
    put_sha256(writer, "kernels_sha256", paths->kernels);
    for (size_t i = 0; set->shared[i]; i++) {
        snprintf(key, sizeof key, "shared:%.300s_sha256", base_name(set->shared[i]));
        put_sha256(writer, key, set->shared[i]);
    }
    put_libraries(writer, set);
    for (size_t i = 0; i < set->count; i++)
        put_module(writer, set, i);
}
