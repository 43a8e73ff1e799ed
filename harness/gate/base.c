#include "gate/base.h"

#include "base/progress.h"
#include "base/process.h"
#include "gate/git.h"
#include "gate/tree.h"
#include "module.h"
#include "module/provenance.h"
#include "schema.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    KEPT_MAX = 8, /* bases; what is older goes when the next is kept, unless used within ... */
    KEPT_S = 24 * 3600,
    COMMIT_DIGITS = 12, /* in the name of a kept base, before the hash of the build */
    HASH_DIGITS = 16,
};

/* Where a revision is checked out and built. */
struct building {
    const struct gate_builder *builder;
    const char *option, *given;
    char who[256];         /* both of them */
    char top[PATH_MAX];    /* of the repository */
    char prefix[PATH_MAX]; /* of the project's root in it: "" or with a trailing slash */
    char cache[PATH_MAX], kept[PATH_MAX], partial[PATH_MAX];
    struct gate_tree tree;
};

/* ---- modules ---- */

static bool is_there(const char *path, bool directory)
{
    struct stat status;
    return stat(path, &status) == 0 && (directory ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode));
}

static bool is_directory_of_variants(const char *path)
{
    char order[PATH_MAX + 16];
    snprintf(order, sizeof order, "%s/order.txt", path);
    return is_there(order, false);
}

/* One path of a list; a directory as BUILD/modules has everything, and stands alone. */
static int take_module(struct gate_modules *modules, size_t index, bool alone, const char *path, struct error *error)
{
    if (is_there(path, true) && is_directory_of_variants(path)) {
        if (!alone)
            return error_set(
                error, EXIT_USAGE,
                "%s: is a directory with an order of its own (order.txt); expected it to be the only module", path);
        strcpy(modules->directory, path);
        return 0;
    }
    modules->files[index] = strdup(path);
    return modules->files[index] ? 0 : error_out_of_memory(error);
}

void gate_modules_free(struct gate_modules *modules)
{
    for (size_t i = 0; i < GATE_MODULES_MAX; i++)
        free(modules->files[i]);
    *modules = (struct gate_modules){0};
}

int gate_modules_given(struct gate_modules *modules, const char *option, const char *const *paths, struct error *error)
{
    *modules = (struct gate_modules){0};
    for (size_t i = 0; paths[i] && error->code == 0; i++) {
        if (strlen(paths[i]) >= PATH_MAX || access(paths[i], R_OK) != 0)
            return error_set(error, EXIT_USAGE, "%s %s: %s; expected an object file (.o) that is a module", option,
                             paths[i], strerror(errno));
        take_module(modules, i, i == 0 && paths[1] == NULL, paths[i], error);
    }
    return error->code;
}

/* Of a tree that was built. */
static int modules_of_tree(struct gate_modules *modules, const struct gate_project *project, struct error *error)
{
    char path[PATH_MAX];
    for (size_t i = 0; project->modules[i] && error->code == 0; i++) {
        if (paths_join(path, project->root, project->modules[i], error) != 0)
            return error->code;
        if (access(path, R_OK) != 0)
            return error_set(error, EXIT_USAGE,
                             "the working tree: its build makes no %s (%s); expected the module that --module, or "
                             "module in %s, names",
                             project->modules[i], strerror(errno), GATE_INI);
        take_module(modules, i, project->modules[1] == NULL, path, error);
    }
    return error->code;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Of a kept base. What it lacks only the head has; when it has nothing there is nothing to compare. */
static int modules_of_kept(struct gate_modules *modules, const struct building *building, struct error *error)
{
    const struct gate_project *project = building->builder->project;
    char path[PATH_MAX], name[PATH_MAX];
    size_t count = 0;
    if (is_directory_of_variants(building->kept)) {
        strcpy(modules->directory, building->kept);
        return 0;
    }
    for (size_t i = 0; project->modules[i] && error->code == 0; i++) {
        snprintf(name, sizeof name, "%zu/%.4000s", i, last_name(project->modules[i]));
        if (paths_join(path, building->kept, name, error) == 0 && access(path, R_OK) == 0)
            take_module(modules, count++, false, path, error);
    }
    return error->code || count > 0
               ? error->code
               : error_set(
                     error, EXIT_USAGE,
                     "%s: its build makes no %s%s; nothing to compare with: choose a later base, or the module that "
                     "it had",
                     building->who, project->modules[0], project->modules[1] ? ", nor another of the modules" : "");
}

/* ---- a revision ---- */

static int find_repository(struct building *building, struct error *error)
{
    const char *root = building->builder->project->root;
    char complaint[PROVENANCE_COMPLAINT_BYTES];
    if (!gate_git_installed())
        return error_set(error, EXIT_USAGE,
                         "%s: git is not installed; install it (apt-get install git), or give a directory of "
                         "built modules",
                         building->who);
    if (gate_git_top(root, building->top) &&
        gate_git_take(GATE_GIT(root, "rev-parse", "--show-prefix"), building->prefix, sizeof building->prefix))
        return 0;
    provenance_git_complaint(root, complaint);
    return error_set(error, EXIT_USAGE,
                     "%s: no such directory, and %s is not in a git repository that could have such a revision: "
                     "%s",
                     building->who, root, complaint);
}

/* The number behind `#define NAME`; -1 when there is none. */
static long defined_number(const struct building *building, const char *file, const char *name)
{
    char path[PATH_MAX + 32], line[512], word[64];
    long number = -1;
    snprintf(path, sizeof path, "%s/%s", building->tree.source, file);
    FILE *header = fopen(path, "re");
    while (header && number < 0 && fgets(line, sizeof line, header))
        if (sscanf(line, "#define %63s %ld", word, &number) != 2 || strcmp(word, name) != 0)
            number = -1;
    if (header)
        fclose(header);
    return number;
}

static int check_versions(const struct building *building, struct error *error)
{
    static const struct {
        const char *what, *file, *name;
        long ours;
    } versions[] = {
        {"module ABI", "harness/module.h", "ENCBENCH_ABI_VERSION", ENCBENCH_ABI_VERSION},
        {"schema", "harness/schema.h", "SCHEMA_VERSION", SCHEMA_VERSION},
    };
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        const long theirs = defined_number(building, versions[i].file, versions[i].name);
        if (theirs < 0)
            return error_set(error, EXIT_USAGE,
                             "--base %s: no %s in %s%s there; expected an older state of this project", building->given,
                             versions[i].name, building->prefix, versions[i].file);
        if (theirs != versions[i].ours)
            return error_set(
                error, EXIT_USAGE,
                "--base %s: has %s %ld, this program has %ld: the two cannot be compared; choose a later base",
                building->given, versions[i].what, theirs, versions[i].ours);
    }
    return 0;
}

/* The modules of a tree that was built, and what it declares, into a directory that has its name at the end alone. */
static int keep(struct building *building, struct error *error)
{
    static const char script[] =
        "partial=$1 source=$2 allow=$3 name=$4; shift 4\n"
        "rm -rf \"$partial\"\n"
        "if [ -e \"$source/$1/order.txt\" ]; then cp -R \"$source/$1\" \"$partial\" || exit; else\n"
        "    number=0\n"
        "    for module; do\n"
        "        to=$partial/$number number=$((number + 1))\n"
        "        mkdir -p \"$to\" || exit\n"
        "        if [ -d \"$source/$module\" ]; then\n"
        "            to=$to/${module##*/}; mkdir \"$to\" || exit\n"
        "            for file in \"$source/$module\"/*.o \"$source/$module\"/*.so; do\n"
        "                [ ! -e \"$file\" ] || cp \"$file\" \"$to\" || exit\n"
        "            done\n"
        "        elif [ -e \"$source/$module\" ]; then cp \"$source/$module\" \"$to\" || exit; fi\n"
        "    done\n"
        "fi\n"
        "[ ! -e \"$source/$allow\" ] || cp \"$source/$allow\" \"$partial/$name\"\n";
    const struct gate_project *project = building->builder->project;
    const char *words[GATE_MODULES_MAX + 9] = {"sh",
                                               "-c",
                                               script,
                                               "sh",
                                               building->partial,
                                               building->tree.source,
                                               project->ini.allow ? project->ini.allow : schema_gate_allow.file,
                                               schema_gate_allow.file};
    for (size_t i = 0; project->modules[i]; i++)
        words[8 + i] = project->modules[i];
    if (gate_tree_run(building->builder, &building->tree, "the copy of its modules", words, error) == 0 &&
        rename(building->partial, building->kept) != 0 && errno != ENOTEMPTY && errno != EEXIST)
        error_set(error, EXIT_USAGE, "%s: %s", building->kept, strerror(errno));
    const char *const remove[] = {"rm", "-rf", "--", building->partial, NULL};
    free(process_output(remove)); /* where it failed, was stopped, or somebody else was faster */
    return error->code;
}

/* A name of a directory that is as long as that of the head's tree, where that is long enough: a path that comes into
 * what is built moves strings. */
static int name_checkout(struct building *building, struct error *error)
{
    if (paths_join(building->tree.checkout, building->builder->scratch, "base-source", error) != 0)
        return error->code;
    const size_t wanted = strlen(building->top);
    for (size_t length = strlen(building->tree.checkout); length < wanted && length < PATH_MAX - 1; length++) {
        building->tree.checkout[length] = '-';
        building->tree.checkout[length + 1] = '\0';
    }
    snprintf(building->tree.source, PATH_MAX, "%.2000s%s%.2000s", building->tree.checkout, *building->prefix ? "/" : "",
             building->prefix);
    const size_t length = strlen(building->tree.source);
    if (length > 0 && building->tree.source[length - 1] == '/')
        building->tree.source[length - 1] = '\0';
    return 0;
}

/* Where a cache cannot be written nothing is kept; of the own tree that is an error, or each test would build a base.
 */
static int make_cache(const struct gate_builder *builder, char cache[static PATH_MAX], struct error *error)
{
    const struct gate_project *project = builder->project;
    strcpy(cache, project->cache);
    if (paths_make_parents(cache) == 0 && (mkdir(cache, 0777) == 0 || errno == EEXIST) && access(cache, W_OK) == 0)
        return 0;
    if (project->kind == GATE_OWN)
        return error_set(error, EXIT_USAGE, "%s: %s; the build directory must be writable", cache, strerror(errno));
    if (paths_join(cache, builder->scratch, "cache", error) != 0 || (mkdir(cache, 0700) != 0 && errno != EEXIST))
        return error->code ? error->code : error_set(error, EXIT_USAGE, "%s: %s", cache, strerror(errno));
    return 0;
}

static int name_files(struct building *building, const char *commit, struct error *error)
{
    char name[128];
    snprintf(name, sizeof name, "%.*s-%0*" PRIx64, COMMIT_DIGITS, commit, HASH_DIGITS,
             gate_tree_hash(building->builder, building->top, commit));
    if (make_cache(building->builder, building->cache, error) != 0 || name_checkout(building, error) != 0 ||
        paths_join(building->tree.log, building->cache, "build.log", error) != 0 ||
        paths_join(building->kept, building->cache, name, error) != 0)
        return error->code;
    snprintf(building->partial, sizeof building->partial, "%.4000s.%ld.partial", building->kept, (long)getpid());
    return 0;
}

/* What a build of the base changed in the head's tree, and so in what it is compared with: the first file that is newer
 * than `stamp`, without git's own and ours. */
static int check_stayed(struct building *building, const char *stamp, struct error *error)
{
    const struct gate_builder *builder = building->builder;
    char own_git[PATH_MAX + 8], file[PATH_MAX];
    snprintf(own_git, sizeof own_git, "%s/.git", building->top);
    const char *const words[] = {"find",
                                 building->top,
                                 "(",
                                 "-path",
                                 own_git,
                                 "-o",
                                 "-path",
                                 builder->project->cache,
                                 "-o",
                                 "-path",
                                 builder->scratch,
                                 ")",
                                 "-prune",
                                 "-o",
                                 "-type",
                                 "f",
                                 "-newer",
                                 stamp,
                                 "-print",
                                 "-quit",
                                 NULL};
    if (builder->project->kind == GATE_OWN || !gate_git_take(process_output(words), file, sizeof file) || !*file)
        return 0;
    return error_set(
        error, EXIT_USAGE,
        "%s: while it was built %s was written, which is in the working tree; expected a build that stays in "
        "the tree it is started in (and nobody else at work there)",
        building->who, file);
}

static int build_tree(struct building *building, const char *commit, bool *does_not_build, struct error *error)
{
    const struct gate_builder *builder = building->builder;
    char stamp[PATH_MAX];
    if (paths_join(stamp, builder->scratch, "base-stamp", error) != 0)
        return error->code;
    const char *const touch[] = {"touch", stamp, NULL};
    free(process_output(touch));
    if (gate_tree_check_out(builder, &building->tree, building->top, commit, error) != 0 ||
        (builder->project->kind == GATE_OWN && check_versions(building, error) != 0) ||
        gate_tree_build(builder, &building->tree, does_not_build, error) != 0 ||
        check_stayed(building, stamp, error) != 0)
        return error->code;
    return keep(building, error);
}

static int build_revision(struct building *building, const char *commit, bool *does_not_build, struct error *error)
{
    const struct progress notes = {.quiet = building->builder->quiet};
    const time_t start = time(NULL);
    progress_say(&notes, "building %s (%.12s)", building->who, commit);
    unlink(building->tree.log);
    build_tree(building, commit, does_not_build, error);
    const char *const remove[] = {"rm", "-rf", "--", building->tree.checkout, NULL};
    free(process_output(remove));
    if (error->code == 0)
        progress_say(&notes, "built in %ld s; kept in %s", (long)(time(NULL) - start), building->kept);
    return error->code;
}

struct old_base {
    char name[COMMIT_DIGITS + 1 + HASH_DIGITS + 1];
    time_t used;
};

static int compare_used(const void *a, const void *b)
{
    const struct old_base *x = a, *y = b;
    return (x->used < y->used) - (x->used > y->used);
}

static bool is_kept_name(const char *name)
{
    static const char digits[] = "0123456789abcdef";
    return strspn(name, digits) == COMMIT_DIGITS && name[COMMIT_DIGITS] == '-' &&
           strspn(name + COMMIT_DIGITS + 1, digits) == HASH_DIGITS && name[COMMIT_DIGITS + 1 + HASH_DIGITS] == '\0';
}

/* Under another name first, or what is left of it when this is stopped would be taken for the whole. */
static void remove_kept(const char *path)
{
    char partial[PATH_MAX];
    snprintf(partial, sizeof partial, "%.4000s.%ld.partial", path, (long)getpid());
    const char *const remove[] = {"rm", "-rf", "--", partial, NULL};
    if (rename(path, partial) == 0)
        free(process_output(remove));
}

/* Another gate may be using one: it is young then. What cannot be removed stays. */
static void prune(const char *directory)
{
    char path[PATH_MAX];
    struct error ignored = {0};
    struct old_base *bases = NULL;
    size_t count = 0;
    struct stat status;
    DIR *stream = opendir(directory);
    for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
        struct old_base *more = NULL;
        if (!is_kept_name(entry->d_name) || paths_join(path, directory, entry->d_name, &ignored) != 0 ||
            lstat(path, &status) != 0 || !S_ISDIR(status.st_mode) ||
            (more = realloc(bases, (count + 1) * sizeof *bases)) == NULL)
            continue;
        bases = more;
        bases[count].used = status.st_mtime;
        strcpy(bases[count++].name, entry->d_name);
    }
    if (stream)
        closedir(stream);
    if (count > 0)
        qsort(bases, count, sizeof *bases, compare_used);
    for (size_t i = KEPT_MAX; i < count; i++)
        if (time(NULL) - bases[i].used > KEPT_S && paths_join(path, directory, bases[i].name, &ignored) == 0)
            remove_kept(path);
    free(bases);
}

static int find_revision(struct building *building, struct gate_base *base, bool *does_not_build, struct error *error)
{
    const struct gate_project *project = building->builder->project;
    if (find_repository(building, error) ||
        gate_git_commit(building->top, building->option, building->given, base->commit, error) ||
        gate_project_check(project, error) || name_files(building, base->commit, error))
        return error->code;
    base->dirty = gate_git_is_dirty(project->root);
    if (utimensat(AT_FDCWD, building->kept, NULL, 0) != 0) { /* when it was last used: what is in use is not pruned */
        if (build_revision(building, base->commit, does_not_build, error) != 0)
            return error->code;
        prune(building->cache);
    }
    if (modules_of_kept(&base->modules, building, error) != 0)
        return error->code;
    return paths_join(base->allow, building->kept, schema_gate_allow.file, error);
}

/* A directory of modules, or one that has it as `modules`; anything else may still be a revision's name. */
static bool is_directory_of_modules(const char *given, char modules[static PATH_MAX])
{
    struct stat status;
    char path[PATH_MAX + 32];
    for (int inside = 1; inside >= 0; inside--) {
        snprintf(path, sizeof path, "%.4000s%s/order.txt", given, inside ? "/modules" : "");
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
            *strrchr(path, '/') = '\0';
            return realpath(path, modules) != NULL;
        }
    }
    return strchr(given, '/') && stat(given, &status) == 0 && S_ISDIR(status.st_mode) && realpath(given, modules);
}

int gate_base_find(const struct gate_builder *builder, const char *option, const char *given, struct gate_base *base,
                   bool *does_not_build, struct error *error)
{
    char head[PATH_MAX];
    *base = (struct gate_base){0};
    if (strcmp(option, "--base") == 0 && is_directory_of_modules(given, base->modules.directory)) {
        if (builder->project->kind == GATE_OWN && realpath(builder->paths->modules, head) &&
            strcmp(head, base->modules.directory) == 0)
            return error_set(error, EXIT_USAGE,
                             "--base %s: is the build that is compared with it; expected another one, or a revision "
                             "(refs/heads/%s, if that is a branch)",
                             given, given);
        return paths_join(base->allow, base->modules.directory, schema_gate_allow.file, error);
    }
    struct building *building = calloc(1, sizeof *building);
    if (building == NULL)
        return error_out_of_memory(error);
    *building = (struct building){.builder = builder, .option = option, .given = given};
    snprintf(building->who, sizeof building->who, "%s %.200s", option, given);
    building->tree.who = building->who;
    find_revision(building, base, does_not_build, error);
    free(building);
    return error->code;
}

int gate_head_build(const struct gate_builder *builder, struct gate_base *head, bool *does_not_build,
                    struct error *error)
{
    const struct gate_project *project = builder->project;
    const struct progress notes = {.quiet = builder->quiet};
    char cache[PATH_MAX];
    *head = (struct gate_base){0};
    strcpy(head->allow, project->allow);
    if (project->kind == GATE_OWN) {
        strcpy(head->modules.directory, builder->paths->modules);
        return 0;
    }
    struct gate_tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL)
        return error_out_of_memory(error);
    tree->who = "the working tree";
    strcpy(tree->source, project->root);
    progress_say(&notes, "building the working tree");
    if (make_cache(builder, cache, error) == 0 && paths_join(tree->log, cache, "head.log", error) == 0) {
        unlink(tree->log);
        if (gate_tree_build(builder, tree, does_not_build, error) == 0)
            *does_not_build = modules_of_tree(&head->modules, project, error) == EXIT_USAGE;
    }
    free(tree);
    return error->code;
}
