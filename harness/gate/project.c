#include "gate/project.h"

#include "base/hash.h"
#include "gate/git.h"
#include "module/provenance.h"
#include "schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INI_BYTES_MAX = 65536 };
static const char blanks[] = " \t\r";

/* ---- paths ---- */

/* Puts the next name of a path behind `clean`: . is nothing, .. takes the last away; false where there is none. */
static bool put_name(char *clean, const char *name, size_t length)
{
    if (length == 0 || (length == 1 && *name == '.'))
        return true;
    if (length == 2 && strncmp(name, "..", 2) == 0) {
        char *slash = strrchr(clean, '/');
        if (slash == NULL)
            return false;
        *slash = '\0';
        return true;
    }
    sprintf(clean + strlen(clean), "/%.*s", (int)length, name);
    return true;
}

char *gate_project_below(const char *root, const char *directory, const char *path)
{
    const char *const parts[] = {*path == '/' ? "" : directory, path};
    const size_t root_length = strlen(root);
    char *clean = calloc(strlen(directory) + strlen(path) + 4, 1), *below = NULL;
    bool inside = clean != NULL;
    for (size_t i = 0; inside && i < 2; i++)
        for (const char *at = parts[i]; inside && *at;) {
            const size_t length = strcspn(at, "/");
            inside = put_name(clean, at, length);
            at += length + (at[length] == '/');
        }
    if (inside && strncmp(clean, root, root_length) == 0 && clean[root_length] == '/')
        below = strdup(clean + root_length + 1);
    free(clean);
    return below;
}

/* ---- encbench.ini ---- */

static char *trim(char *text)
{
    text += strspn(text, blanks);
    for (size_t length = strlen(text); length > 0 && strchr(blanks, text[length - 1]);)
        text[--length] = '\0';
    return text;
}

static int set_once(const char **to, const char *key, const char *value, const char *path, size_t line,
                    struct error *error)
{
    if (*to)
        return error_set(error, EXIT_USAGE, "%s:%zu: %s is there a second time; leave one", path, line, key);
    *to = value;
    return 0;
}

/* Paths are of a tree, and both trees have them. */
static int check_path(const char *key, const char *value, const char *path, size_t line, struct error *error)
{
    char *below = gate_project_below("/tree", "/tree", value);
    const bool inside = *value != '/' && below;
    free(below);
    return inside ? 0
                  : error_set(error, EXIT_USAGE,
                              "%s:%zu: %s %s is outside the repository; expected a path from its top directory, which "
                              "both trees have",
                              path, line, key, value);
}

static int add_names(const char **list, const char *key, char *value, const char *path, size_t line,
                     struct error *error)
{
    size_t count = 0;
    if (list[0])
        return error_set(error, EXIT_USAGE, "%s:%zu: %s is there a second time; leave one", path, line, key);
    for (char *word; (word = strsep(&value, ",")) != NULL;) {
        word = trim(word);
        if (*word == '\0' || count == GATE_WORDS_MAX)
            return error_set(error, EXIT_USAGE, "%s:%zu: %s: %s; expected names separated by commas", path, line, key,
                             *word ? "too many names" : "an empty name");
        list[count++] = word;
    }
    return 0;
}

static int add_module(struct gate_ini *ini, const char *value, const char *path, size_t line, struct error *error)
{
    size_t count = 0;
    while (ini->modules[count])
        count++;
    if (count == GATE_MODULES_MAX)
        return error_set(error, EXIT_USAGE, "%s:%zu: more than %d modules; expected a directory of them", path, line,
                         GATE_MODULES_MAX);
    ini->modules[count] = value;
    return check_path("module", value, path, line, error);
}

static int set_key(struct gate_ini *ini, const char *key, char *value, const char *path, size_t line,
                   struct error *error)
{
    if (*value == '\0')
        return error_set(error, EXIT_USAGE, "%s:%zu: %s has no value; expected %s = VALUE", path, line, key, key);
    if (strcmp(key, "base") == 0)
        return set_once(&ini->base, key, value, path, line, error);
    if (strcmp(key, "build") == 0)
        return set_once(&ini->build, key, value, path, line, error);
    if (strcmp(key, "allow") == 0)
        return set_once(&ini->allow, key, value, path, line, error) ? error->code
                                                                    : check_path(key, value, path, line, error);
    if (strcmp(key, "module") == 0)
        return add_module(ini, value, path, line, error);
    if (strcmp(key, "variants") == 0)
        return add_names(ini->variants, key, value, path, line, error);
    if (strcmp(key, "workloads") == 0)
        return add_names(ini->workloads, key, value, path, line, error);
    return error_set(error, EXIT_USAGE,
                     "%s:%zu: unknown key \"%.60s\"; expected base, build, module, variants, workloads or allow", path,
                     line, key);
}

int gate_ini_parse(char *text, const char *path, struct gate_ini *ini, struct error *error)
{
    *ini = (struct gate_ini){0};
    for (size_t line = 1; text && error->code == 0; line++) {
        char *words = trim(strsep(&text, "\n")), *equals = strchr(words, '=');
        if (*words == '\0' || *words == '#' || *words == ';' || strcmp(words, "[gate]") == 0)
            continue;
        if (equals == NULL)
            return error_set(error, EXIT_USAGE, "%s:%zu: \"%.60s\" is no line of it; expected KEY = VALUE", path, line,
                             words);
        *equals = '\0';
        set_key(ini, trim(words), trim(equals + 1), path, line, error);
    }
    return error->code;
}

static int read_ini(struct gate_project *project, struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, project->root, GATE_INI, error) != 0 || access(path, F_OK) != 0)
        return error->code;
    FILE *file = fopen(path, "re");
    project->text = calloc(INI_BYTES_MAX + 1, 1);
    const size_t length = file && project->text ? fread(project->text, 1, INI_BYTES_MAX, file) : 0;
    const bool whole = file && project->text && !ferror(file) && length < INI_BYTES_MAX;
    if (file)
        fclose(file);
    if (!whole || strlen(project->text) != length)
        return error_set(error, EXIT_USAGE, "%s: cannot be read as text; expected lines KEY = VALUE", path);
    return gate_ini_parse(project->text, path, &project->ini, error);
}

/* ---- the tree ---- */

static bool has_ini(const char *directory)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", directory, GATE_INI);
    return access(path, F_OK) == 0;
}

static bool is_given(const char *const *list)
{
    return list && list[0];
}

/* A tree of ours may be part of a larger repository. */
static bool is_of_repository(const char *top, const char *root)
{
    char real[PATH_MAX];
    char *below = realpath(root, real) ? gate_project_below(top, "/", real) : NULL;
    const bool is = below || strcmp(top, real) == 0;
    free(below);
    return is;
}

/* Where somebody stands decides, and no variable that came along: green would be said of another tree. */
static int find_tree(const struct paths *paths, const struct gate_project_options *options,
                     struct gate_project *project, struct error *error)
{
    char top[PATH_MAX] = "", complaint[PROVENANCE_COMPLAINT_BYTES];
    const bool asked = options->build || is_given(options->modules), own_possible = !paths->installed && !asked;
    project->kind = GATE_REPOSITORY;
    gate_git_top(".", top);
    const bool elsewhere = *top && !is_of_repository(top, paths->root);
    if (own_possible && elsewhere && !has_ini(top))
        return error_set(error, EXIT_USAGE,
                         "gate: the current directory is in %s, and this program would judge its own tree %s: go "
                         "there, or say what is compared here: --build COMMAND --module PATH, or %s/%s",
                         top, paths->root, top, GATE_INI);
    if (own_possible && !elsewhere) {
        project->kind = GATE_OWN;
        strcpy(project->root, paths->root);
        return 0;
    }
    if (*top) {
        strcpy(project->root, top);
        return 0;
    }
    if (!gate_git_installed())
        return error_set(error, EXIT_USAGE,
                         "gate: git is not installed; install it (apt-get install git), or compare two built modules: "
                         "--base-module OLD --module NEW");
    provenance_git_complaint(".", complaint);
    return error_set(error, EXIT_USAGE,
                     "gate: the current directory is not in a git repository: %s; go into one, or compare two built "
                     "modules: --base-module OLD --module NEW",
                     complaint);
}

static int take_modules(struct gate_project *project, const char *const *given, struct error *error)
{
    char here[PATH_MAX];
    if (getcwd(here, sizeof here) == NULL)
        return error_set(error, EXIT_USAGE, "gate: the current directory cannot be read");
    for (size_t i = 0; given[i]; i++) {
        if (i == GATE_MODULES_MAX)
            return error_set(error, EXIT_USAGE, "--module: more than %d; expected a directory of them",
                             GATE_MODULES_MAX);
        project->below[i] = gate_project_below(project->root, here, given[i]);
        if (project->below[i] == NULL)
            return error_set(error, EXIT_USAGE,
                             "--module %s: is outside the repository %s; expected a file that the build makes in "
                             "either tree",
                             given[i], project->root);
        project->modules[i] = project->below[i];
    }
    return 0;
}

int gate_project_check(const struct gate_project *project, struct error *error)
{
    if (project->build == NULL)
        return error_set(error, EXIT_USAGE,
                         "gate: nothing says how %s is built: expected --build COMMAND, or a line build = COMMAND in "
                         "%s/%s",
                         project->root, project->root, GATE_INI);
    if (project->modules[0] == NULL)
        return error_set(error, EXIT_USAGE,
                         "gate: nothing says what is compared: expected --module PATH, or a line module = PATH in "
                         "%s/%s",
                         project->root, GATE_INI);
    return 0;
}

/* A directory for each tree: a path is part of what is built in it. */
static int find_cache(const struct paths *paths, struct gate_project *project, struct error *error)
{
    const char *given = getenv("ENCBENCH_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char parent[PATH_MAX], here[PATH_MAX], name[32];
    if (project->kind == GATE_OWN)
        return paths_join(project->cache, paths->build, "gate", error);
    if (given && *given)
        snprintf(parent, sizeof parent, "%.4000s", given);
    else if (xdg && *xdg == '/')
        snprintf(parent, sizeof parent, "%.4000s/encbench", xdg);
    else
        snprintf(parent, sizeof parent, "%.4000s/.cache/encbench", home && *home ? home : "/nonexistent");
    if (*parent != '/' && getcwd(here, sizeof here)) {
        char relative[PATH_MAX];
        strcpy(relative, parent);
        if (paths_join(parent, here, relative, error) != 0)
            return error->code;
    }
    snprintf(name, sizeof name, "%016" PRIx64, hash_text(HASH_START, project->root));
    return paths_join(project->cache, parent, name, error);
}

/* Two lists of files: nothing is built, nothing is in a repository. */
static int take_files(const struct gate_project_options *options, struct gate_project *project, struct error *error)
{
    project->kind = GATE_FILES;
    if (options->base || options->build)
        return error_set(error, EXIT_USAGE,
                         "gate: --base-module is a base that is built already; leave out --%s, or --base-module",
                         options->base ? "base" : "build");
    if (!is_given(options->modules))
        return error_set(error, EXIT_USAGE, "gate: --base-module OLD wants --module NEW, which is compared with it");
    for (size_t i = 0; options->base_modules[i] || options->modules[i]; i++) {
        if (i == GATE_MODULES_MAX)
            return error_set(error, EXIT_USAGE, "--module: more than %d; expected a directory of them",
                             GATE_MODULES_MAX);
        project->base_modules[i] = options->base_modules[i];
        project->modules[i] = options->modules[i];
        if (options->base_modules[i] == NULL || options->modules[i] == NULL)
            return error_set(error, EXIT_USAGE,
                             "gate: --base-module and --module are pairs; expected as many of one as of the other");
    }
    return getcwd(project->root, sizeof project->root)
               ? 0
               : error_set(error, EXIT_USAGE, "gate: the current directory cannot be read");
}

static int find_project(const struct paths *paths, const struct gate_project_options *options,
                        struct gate_project *project, struct error *error)
{
    if (is_given(options->base_modules))
        return take_files(options, project, error);
    if (find_tree(paths, options, project, error) != 0 || read_ini(project, error) != 0)
        return error->code;
    project->base = options->base ? options->base : project->ini.base;
    project->build = options->build ? options->build : project->ini.build;
    memcpy(project->modules, project->ini.modules, sizeof project->modules);
    if (is_given(options->modules)) {
        memset(project->modules, 0, sizeof project->modules);
        if (take_modules(project, options->modules, error) != 0)
            return error->code;
    }
    return project->kind == GATE_OWN ? 0 : gate_project_check(project, error);
}

int gate_project_find(const struct paths *paths, const struct gate_project_options *options,
                      struct gate_project *project, struct error *error)
{
    *project = (struct gate_project){0};
    if (find_project(paths, options, project, error) != 0 || find_cache(paths, project, error) != 0)
        return error->code;
    project->variants = options->variants ? options->variants : project->ini.variants[0] ? project->ini.variants : NULL;
    project->workloads = options->workloads          ? options->workloads
                         : project->ini.workloads[0] ? project->ini.workloads
                                                     : NULL;
    return paths_join(project->allow, project->root, project->ini.allow ? project->ini.allow : schema_gate_allow.file,
                      error);
}

void gate_project_free(struct gate_project *project)
{
    for (size_t i = 0; i < GATE_MODULES_MAX; i++)
        free(project->below[i]);
    free(project->text);
    *project = (struct gate_project){0};
}
