#include "gate/base.h"

#include "base/hash.h"
#include "base/process.h"
#include "base/progress.h"
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
    GIT_WORDS_MAX = 24,
    LOG_LINE_BYTES = 400,
    BUILD_PATIENCE_S = 1800,
    KEPT_MAX = 8, /* bases; what is older goes when the next is kept, unless used within ... */
    KEPT_S = 24 * 3600,
    COMMIT_DIGITS = 12, /* in the name of a kept base, before the hash of the build */
    HASH_DIGITS = 16,
};

/* Where a revision is checked out and built. */
struct building {
    const struct paths *paths;
    const char *given, *scratch;
    bool quiet;
    char top[PATH_MAX];    /* of the repository */
    char prefix[PATH_MAX]; /* of paths->root in it: "" or with a trailing slash */
    char checkout[PATH_MAX], source[PATH_MAX], output[PATH_MAX], log[PATH_MAX];
    char kept[PATH_MAX], partial[PATH_MAX];
};

/* ---- git ---- */

/* Output of a git command, malloc'ed; NULL when it fails. */
static char *git(const char *directory, const char *const *words)
{
    const char *arguments[GIT_WORDS_MAX] = {"git", "-C", directory};
    size_t count = 3;
    for (; *words && count + 1 < GIT_WORDS_MAX; words++)
        arguments[count++] = *words;
    return process_output(arguments);
}

#define GIT(directory, ...) git(directory, (const char *const[]){__VA_ARGS__, NULL})

/* Into `to`, `to_bytes` large; false when the command failed. */
static bool take(char *text, char *to, size_t to_bytes)
{
    const bool fits = text && strlen(text) < to_bytes;
    if (fits)
        strcpy(to, text);
    free(text);
    return fits;
}

static int find_repository(struct building *building, struct error *error)
{
    const char *const version[] = {"git", "--version", NULL}, *root = building->paths->root;
    char complaint[PROVENANCE_COMPLAINT_BYTES];
    char *text = process_output(version);
    if (text == NULL)
        return error_set(error, EXIT_USAGE,
                         "--base %s: git is not installed; install it (apt-get install git), or give a directory of "
                         "built modules",
                         building->given);
    free(text);
    if (take(GIT(root, "rev-parse", "--show-toplevel"), building->top, sizeof building->top) &&
        take(GIT(root, "rev-parse", "--show-prefix"), building->prefix, sizeof building->prefix))
        return 0;
    provenance_git_complaint(root, complaint);
    return error_set(error, EXIT_USAGE,
                     "--base %s: no such directory, and %s is not in a git repository that could have such a revision: "
                     "%s",
                     building->given, root, complaint);
}

static int find_commit(struct building *building, char commit[static 65], struct error *error)
{
    struct stat status;
    char wanted[1024], shallow[16] = "";
    if (building->given[0] == '-' || strlen(building->given) > 1000)
        return error_set(error, EXIT_USAGE, "--base: \"%.200s\" is no revision; expected a git revision or a directory",
                         building->given);
    snprintf(wanted, sizeof wanted, "%s^{commit}", building->given);
    if (take(GIT(building->top, "rev-parse", "--verify", "--quiet", wanted), commit, 65))
        return 0;
    if (stat(building->given, &status) == 0 && S_ISDIR(status.st_mode))
        return error_set(error, EXIT_USAGE,
                         "--base %s: is a directory, but without built modules (*.o, order.txt); expected BUILD, "
                         "BUILD/modules or a git revision",
                         building->given);
    take(GIT(building->top, "rev-parse", "--is-shallow-repository"), shallow, sizeof shallow);
    return error_set(
        error, EXIT_USAGE,
        strcmp(shallow, "true") == 0
            ? "--base %s: not in this clone, which is shallow: fetch it (git fetch --unshallow; in GitHub "
              "Actions fetch-depth: 0)"
            : "--base %s: unknown revision, and no such directory; `git log` and `git branch -a` have what "
              "there is",
        building->given);
}

static bool is_dirty(const struct building *building)
{
    char *text = GIT(building->paths->root, "status", "--porcelain", "--", ".");
    const bool dirty = text && *text;
    free(text);
    return dirty;
}

/* ---- commands that take long ---- */

/* The last line of the log that says what is wrong, else its last line. */
static void explain_log(const struct building *building, char line[static LOG_LINE_BYTES])
{
    char text[4096];
    bool found = false;
    FILE *file = fopen(building->log, "re");
    line[0] = '\0';
    while (file && !found && fgets(text, sizeof text, file)) {
        text[strcspn(text, "\n")] = '\0';
        found = strstr(text, "error:") || strstr(text, "CMake Error") || strncmp(text, "fatal:", 6) == 0;
        if (*text)
            snprintf(line, LOG_LINE_BYTES, "%.390s", text);
    }
    if (file)
        fclose(file);
}

/* Output goes to the log, in the language in which explain_log looks for errors. On a stop it is asked to end first: a
 * builder has children of its own to end. */
static int run_logged(struct building *building, const char *what, const char *const *words, struct error *error)
{
    const char *arguments[GIT_WORDS_MAX + 8] = {
        "sh", "-c", "log=$1; shift; export LC_ALL=C; exec \"$@\" >>\"$log\" 2>&1", "sh", building->log};
    const struct process_options options = {
        .pass_fd = -1, .quiet = true, .own_group = true, .ask_first = true, .time_limit_s = BUILD_PATIENCE_S};
    struct process_end end;
    char line[LOG_LINE_BYTES], ended[128];
    for (size_t count = 5; *words && count < GIT_WORDS_MAX + 7; words++)
        arguments[count++] = *words;
    if (process_run(arguments, &options, &end, error) != 0)
        return error->code;
    if (end.stopped || process_stop_requested())
        return error_set(error, EXIT_UNFIT, "stopped while the base was built; nothing of it was kept");
    if (end.signal == 0 && end.status == 0 && !end.timed_out)
        return 0;
    explain_log(building, line);
    return error_set(error, EXIT_USAGE, "--base %s: %s %s: %s; all of its output: %s", building->given, what,
                     process_end_words(&end, ended, sizeof ended), line, building->log);
}

#define RUN_LOGGED(building, what, error, ...)                                                                         \
    run_logged(building, what, (const char *const[]){__VA_ARGS__, NULL}, error)

/* Files without a worktree: with an index of our own git keeps no record of it, so that none can be left behind. */
static int check_out(struct building *building, const char *commit, struct error *error)
{
    static const char script[] = "export GIT_INDEX_FILE=\"$1\" && cd \"$2\" && "
                                 "git read-tree \"$3\" && git checkout-index -a --prefix=\"$4/\"";
    char index[PATH_MAX];
    if (paths_join(index, building->scratch, "base.index", error) != 0)
        return error->code;
    return RUN_LOGGED(building, "its checkout", error, "sh", "-c", script, "sh", index, building->top, commit,
                      building->checkout);
}

/* The number behind `#define NAME`; -1 when there is none. */
static long defined_number(const struct building *building, const char *file, const char *name)
{
    char path[PATH_MAX + 32], line[512], word[64];
    long number = -1;
    snprintf(path, sizeof path, "%s/%s", building->source, file);
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

/* Debugging information as if it had been built where we were, so that the same code is the same file. */
static int configure_and_build(struct building *building, struct error *error)
{
    char flags[5 * PATH_MAX];
    snprintf(flags, sizeof flags, "-DCMAKE_C_FLAGS=%s%s\"-ffile-prefix-map=%s=%s\" \"-ffile-prefix-map=%s=%s\"",
             GATE_C_FLAGS, *GATE_C_FLAGS ? " " : "", building->source, building->paths->root, building->output,
             building->paths->build);
    if (RUN_LOGGED(building, "its configuration", error, "env", "-u", "LDFLAGS", "-u", "CMAKE_TOOLCHAIN_FILE",
                   "CC=" GATE_CC, GATE_CMAKE, "-G", GATE_GENERATOR, "-S", building->source, "-B", building->output,
                   "-DCMAKE_BUILD_TYPE=" GATE_BUILD_TYPE, "-DCMAKE_C_COMPILER_LAUNCHER=" GATE_LAUNCHER, flags) != 0)
        return error->code;
    return RUN_LOGGED(building, "its build", error, GATE_BUILDER, "-C", building->output, "encbench_modules");
}

static int keep(struct building *building, struct error *error)
{
    static const char script[] = "rm -rf \"$1\" && cp -R \"$2/modules\" \"$1\" && "
                                 "{ [ ! -e \"$3/gate-allow.csv\" ] || cp \"$3/gate-allow.csv\" \"$1\"; }";
    if (RUN_LOGGED(building, "the copy of its modules", error, "sh", "-c", script, "sh", building->partial,
                   building->output, building->source) == 0 &&
        rename(building->partial, building->kept) != 0 && errno != ENOTEMPTY && errno != EEXIST)
        error_set(error, EXIT_USAGE, "%s: %s", building->kept, strerror(errno));
    const char *const remove[] = {"rm", "-rf", "--", building->partial, NULL};
    free(process_output(remove)); /* where it failed, was stopped, or somebody else was faster */
    return error->code;
}

/* What else than the revision decides the objects. */
static uint64_t hash_build(const struct paths *paths)
{
    const char *const parts[] = {GATE_CC, ENCBENCH_COMPILER, GATE_C_FLAGS, GATE_BUILD_TYPE, paths->root};
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        hash = hash_text(hash_text(hash, parts[i]), "\n");
    return hash;
}

static int name_files(struct building *building, const char *commit, struct error *error)
{
    char directory[PATH_MAX], name[128];
    if (paths_join(directory, building->paths->build, "gate", error) != 0 ||
        paths_join(building->checkout, building->scratch, "base-source", error) != 0 ||
        paths_join(building->output, building->scratch, "base-build", error) != 0 ||
        paths_join(building->log, directory, "build.log", error) != 0)
        return error->code;
    snprintf(building->source, sizeof building->source, "%.2000s%s%.2000s", building->checkout,
             *building->prefix ? "/" : "", building->prefix);
    const size_t length = strlen(building->source);
    if (length > 0 && building->source[length - 1] == '/')
        building->source[length - 1] = '\0';
    snprintf(name, sizeof name, "%.*s-%0*" PRIx64, COMMIT_DIGITS, commit, HASH_DIGITS, hash_build(building->paths));
    if (paths_join(building->kept, directory, name, error) != 0)
        return error->code;
    snprintf(building->partial, sizeof building->partial, "%.4000s.%ld.partial", building->kept, (long)getpid());
    if (mkdir(directory, 0777) != 0 && errno != EEXIST)
        return error_set(error, EXIT_USAGE, "%s: %s; the build directory must be writable", directory, strerror(errno));
    return 0;
}

static int build_revision(struct building *building, const char *commit, struct error *error)
{
    const struct progress notes = {.quiet = building->quiet};
    const time_t start = time(NULL);
    progress_say(&notes, "building the base %s (%.12s)", building->given, commit);
    unlink(building->log);
    if (check_out(building, commit, error) || check_versions(building, error) || configure_and_build(building, error) ||
        keep(building, error))
        return error->code;
    progress_say(&notes, "built in %ld s; kept in %s", (long)(time(NULL) - start), building->kept);
    return 0;
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
static void prune(const struct building *building)
{
    char directory[PATH_MAX], path[PATH_MAX];
    struct error ignored = {0};
    struct old_base *bases = NULL;
    size_t count = 0;
    struct stat status;
    if (paths_join(directory, building->paths->build, "gate", &ignored) != 0)
        return;
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

static int find_revision(struct building *building, struct gate_base *base, struct error *error)
{
    if (find_repository(building, error) || find_commit(building, base->commit, error) ||
        name_files(building, base->commit, error))
        return error->code;
    base->dirty = is_dirty(building);
    if (utimensat(AT_FDCWD, building->kept, NULL, 0) != 0) { /* when it was last used: what is in use is not pruned */
        if (build_revision(building, base->commit, error) != 0)
            return error->code;
        prune(building);
    }
    strcpy(base->modules, building->kept);
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

int gate_base_find(const struct paths *paths, const char *given, const char *scratch, bool quiet,
                   struct gate_base *base, struct error *error)
{
    char head[PATH_MAX];
    *base = (struct gate_base){0};
    if (is_directory_of_modules(given, base->modules)) {
        if (realpath(paths->modules, head) && strcmp(head, base->modules) == 0)
            return error_set(error, EXIT_USAGE,
                             "--base %s: is the build that is compared with it; expected another one, or a revision "
                             "(refs/heads/%s, if that is a branch)",
                             given, given);
        return paths_join(base->allow, base->modules, schema_gate_allow.file, error);
    }
    struct building *building = calloc(1, sizeof *building);
    if (building == NULL)
        return error_out_of_memory(error);
    *building = (struct building){.paths = paths, .given = given, .scratch = scratch, .quiet = quiet};
    find_revision(building, base, error);
    free(building);
    return error->code;
}
