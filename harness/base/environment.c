#include "base/environment.h"

#include "base/hash.h"
#include "base/toolchain.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STACK_BYTES = 8 << 20, STACK_LEAST_BYTES = 2 << 20, SHA256_SHOWN = 16, OUT_OF_THE_WAY_FD = 10 };

static struct environment asked;
static char words[ENVIRONMENT_WORDS_BYTES];

extern char **environ;

/* ---- lists of strings ---- */

static size_t list_bytes(const char *list)
{
    const char *at = list;
    while (*at)
        at += strlen(at) + 1;
    return (size_t)(at - list);
}

/* False where there is no room. */
static bool list_add(char *list, size_t room, const char *text)
{
    const size_t used = list_bytes(list), bytes = strlen(text) + 1;
    if (used + bytes + 1 > room)
        return false;
    memcpy(list + used, text, bytes);
    list[used + bytes] = '\0';
    return true;
}

int environment_preload_first(struct environment *environment, const char *file, struct error *error)
{
    const size_t used = list_bytes(environment->preloads), bytes = strlen(file) + 1;
    if (used + bytes + 1 > sizeof environment->preloads)
        return error_set(error, EXIT_USAGE, "%s: the paths of what is preloaded are too long together", file);
    memmove(environment->preloads + bytes, environment->preloads, used + 1);
    memcpy(environment->preloads, file, bytes);
    return 0;
}

/* ---- what is asked for ---- */

static bool find_in_libraries(const char *name, char *path)
{
    char *directories = strdup(toolchain_library_directories()), *rest = directories, *directory;
    bool found = false;
    while (!found && (directory = strsep(&rest, ":")) != NULL)
        found = snprintf(path, PATH_MAX, "%s/%s", directory, name) < PATH_MAX && access(path, R_OK) == 0;
    free(directories);
    return found;
}

int environment_find_preload(const char *given, char *path, struct error *error)
{
    struct stat status;
    if (*given == '\0' ||
        (realpath(given, path) == NULL && (strchr(given, '/') != NULL || !find_in_libraries(given, path))))
        return error_set(error, EXIT_USAGE,
                         "--preload: \"%.500s\" is not there; expected a shared object (its path, or the name of one "
                         "in %.300s)",
                         given, toolchain_library_directories());
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || access(path, R_OK) != 0)
        return error_set(error, EXIT_USAGE, "--preload: %.900s: cannot be read; expected a shared object", path);
    return 0;
}

static bool is_assignment(const char *text)
{
    const size_t length = strcspn(text, "=");
    bool legal = length > 0 && text[length] == '=' && !isdigit((unsigned char)*text);
    for (size_t i = 0; i < length; i++)
        legal = legal && (isalnum((unsigned char)text[i]) || text[i] == '_');
    return legal;
}

static int add_variable(const char *text, struct error *error)
{
    const size_t name_bytes = strcspn(text, "=") + 1;
    if (!is_assignment(text))
        return error_set(
            error, EXIT_USAGE,
            "--setenv: \"%.200s\" is no assignment; expected NAME=VALUE, the name of letters, digits and _", text);
    if (strncmp(text, "LD_PRELOAD=", name_bytes) == 0)
        return error_set(error, EXIT_USAGE,
                         "--setenv: LD_PRELOAD is the interposer's too; expected --preload FILE for what is preloaded");
    for (const char *at = asked.variables; *at; at += strlen(at) + 1)
        if (strncmp(at, text, name_bytes) == 0)
            return error_set(error, EXIT_USAGE, "--setenv: %.*s is given twice; leave out one", (int)name_bytes - 1,
                             text);
    char *cell = environment_encode(text + name_bytes);
    const bool fits = cell && strlen(cell) < ENVIRONMENT_WORDS_BYTES;
    free(cell);
    if (!fits)
        return error_set(error, EXIT_USAGE,
                         "--setenv: the value of %.*s is longer than a run directory holds, %d bytes",
                         (int)name_bytes - 1, text, ENVIRONMENT_WORDS_BYTES - 1);
    if (!list_add(asked.variables, sizeof asked.variables, text))
        return error_set(error, EXIT_USAGE, "--setenv: more than %zu bytes in all", sizeof asked.variables - 2);
    return 0;
}

static int add_preload(const char *given, struct error *error)
{
    char path[PATH_MAX];
    if (environment_find_preload(given, path, error) != 0)
        return error->code;
    if (!list_add(asked.preloads, sizeof asked.preloads, path))
        return error_set(error, EXIT_USAGE, "--preload: more than %zu bytes of paths in all",
                         sizeof asked.preloads - 2);
    return 0;
}

/* Where the words get too long the rest stands as a hash: two sets that differ never have the same. */
static void add_words(uint64_t *hash, const char *kind, const char *name, const char *value)
{
    char text[ENVIRONMENT_VARIABLES_BYTES + 512];
    const size_t used = strlen(words), room = sizeof words - sizeof " and 0123456789abcdef";
    snprintf(text, sizeof text, "%s%s%s%s", used ? " " : "", kind, name, value);
    *hash = hash_text(*hash, text);
    if (used + strlen(text) < room)
        strcpy(words + used, text);
    else
        snprintf(words + (used < room ? used : room), sizeof words - (used < room ? used : room), " and %016llx",
                 (unsigned long long)*hash);
}

static void describe(void)
{
    uint64_t hash = HASH_START;
    words[0] = '\0';
    for (const char *at = asked.preloads; *at; at += strlen(at) + 1) {
        char digits[HASH_SHA256_BYTES], value[SHA256_SHOWN + 2];
        hash_file(at, digits);
        snprintf(value, sizeof value, ":%.*s", SHA256_SHOWN, digits);
        char *cell = environment_encode(strrchr(at, '/') + 1);
        add_words(&hash, "preload=", cell ? cell : at, value);
        free(cell);
    }
    for (const char *at = asked.variables; *at; at += strlen(at) + 1) {
        char *cell = environment_encode(at);
        add_words(&hash, "setenv=", cell ? cell : at, "");
        free(cell);
    }
}

int environment_ask(const char *const *preloads, const char *const *variables, struct error *error)
{
    asked = (struct environment){0};
    for (; preloads && *preloads && error->code == 0; preloads++)
        add_preload(*preloads, error);
    for (; variables && *variables && error->code == 0; variables++)
        add_variable(*variables, error);
    describe();
    return error->code;
}

const struct environment *environment_asked(void)
{
    return &asked;
}

const char *environment_words(void)
{
    return words;
}

/* ---- cells ---- */

static bool must_be_encoded(unsigned char byte)
{
    return byte <= ' ' || byte >= 0x7f || strchr("%,\"", byte) != NULL;
}

char *environment_encode(const char *value)
{
    char *cell = malloc(3 * strlen(value) + 1), *to = cell;
    for (; cell && *value; value++)
        to += must_be_encoded((unsigned char)*value) ? sprintf(to, "%%%02x", (unsigned char)*value)
                                                     : sprintf(to, "%c", *value);
    if (cell)
        *to = '\0';
    return cell;
}

char *environment_decode(const char *cell)
{
    char *value = strdup(cell), *to = value;
    unsigned byte;
    for (; value && *cell; cell++)
        if (*cell == '%' && sscanf(cell + 1, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            cell += 2;
        } else {
            *to++ = *cell;
        }
    if (value)
        *to = '\0';
    return value;
}

/* ---- the child's ---- */

/* In a build with sanitizers: they belong to its programs and not to the user's environment. */
static void keep_sanitizers(char **kept)
{
#ifdef ENCBENCH_SANITIZED
    static const char *const names[] = {"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && asprintf(&kept[0], "%s=%s", names[i], value) >= 0)
            kept++;
    }
#endif
    *kept = NULL;
}

/* Of the first descriptors some are handed on under numbers that the child knows. */
static int open_out_of_the_way(const char *file)
{
    const int first = open(file, O_RDONLY | O_CLOEXEC), fd = fcntl(first, F_DUPFD, OUT_OF_THE_WAY_FD);
    close(first);
    return fd;
}

static void set_preloads(const char *preloads)
{
    char list[ENVIRONMENT_PRELOADS_BYTES + 64];
    size_t length = 0;
    list[0] = '\0';
    for (const char *at = preloads; *at; at += strlen(at) + 1) {
        char descriptor[64];
        const bool taken_for_two = strpbrk(at, " :\t\n") != NULL;
        if (taken_for_two)
            snprintf(descriptor, sizeof descriptor, "/proc/self/fd/%d", open_out_of_the_way(at));
        const int added =
            snprintf(list + length, sizeof list - length, "%s%s", length ? ":" : "", taken_for_two ? descriptor : at);
        length += added > 0 && (size_t)added < sizeof list - length ? (size_t)added : 0;
    }
    if (length > 0)
        setenv("LD_PRELOAD", list, 1);
}

void environment_enter(const struct environment *environment)
{
    char *kept[8];
    struct rlimit stack;
    keep_sanitizers(kept);
    clearenv();
    for (size_t i = 0; kept[i]; i++)
        putenv(kept[i]);
    for (const char *at = environment->variables; *at; at += strlen(at) + 1)
        putenv((char *)at);
    set_preloads(environment->preloads);
    if (getrlimit(RLIMIT_STACK, &stack) == 0) {
        stack.rlim_cur = stack.rlim_max < STACK_BYTES ? stack.rlim_max : STACK_BYTES;
        setrlimit(RLIMIT_STACK, &stack);
    }
}

/* ---- the user's ---- */

const char *environment_kept_out(void)
{
    static char line[512];
    char names[256] = "";
    for (char **at = environ; at && *at; at++) {
        const int length = (int)strcspn(*at, "=");
        if (strncmp(*at, "LD_PRELOAD=", 11) != 0 && strncmp(*at, "GLIBC_TUNABLES=", 15) != 0 &&
            strncmp(*at, "MALLOC_", 7) != 0)
            continue;
        if (strlen(names) + (size_t)length + 3 < sizeof names)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%.*s", *names ? ", " : "", length, *at);
    }
    line[0] = '\0';
    if (*names)
        snprintf(
            line, sizeof line,
            "%s of the environment does not reach what is measured; --preload FILE and --setenv NAME=VALUE do, and "
            "are recorded",
            names);
    return line;
}

/* Growing stacks look at the limit when they grow. Measured: a run ends well with 2 MiB and not with 1. */
static int widen_stack(struct error *error)
{
    struct rlimit stack;
    if (getrlimit(RLIMIT_STACK, &stack) != 0 || stack.rlim_cur >= STACK_BYTES)
        return 0;
    const struct rlimit usual = {STACK_BYTES, stack.rlim_max < STACK_BYTES ? STACK_BYTES : stack.rlim_max};
    if (setrlimit(RLIMIT_STACK, &usual) == 0) /* by root beyond the hard limit too */
        return 0;
    stack.rlim_cur = stack.rlim_max;
    setrlimit(RLIMIT_STACK, &stack);
    if (stack.rlim_max >= STACK_LEAST_BYTES)
        return 0;
    return error_set(error, EXIT_USAGE, "ulimit -s allows %llu KiB of stack and no more (ulimit -H -s); expected %d",
                     (unsigned long long)stack.rlim_max / 1024, STACK_LEAST_BYTES / 1024);
}

int environment_begin(struct error *error)
{
    /* All of `git rev-parse --local-env-vars` but its configuration, by which an owner may be declared safe. */
    static const char *const of_a_hook[] = {"GIT_DIR",
                                            "GIT_WORK_TREE",
                                            "GIT_IMPLICIT_WORK_TREE",
                                            "GIT_INDEX_FILE",
                                            "GIT_PREFIX",
                                            "GIT_COMMON_DIR",
                                            "GIT_OBJECT_DIRECTORY",
                                            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                            "GIT_NAMESPACE",
                                            "GIT_GRAFT_FILE",
                                            "GIT_SHALLOW_FILE",
                                            "GIT_REPLACE_REF_BASE",
                                            "GIT_NO_REPLACE_OBJECTS"};
    for (size_t i = 0; i < sizeof of_a_hook / sizeof of_a_hook[0]; i++)
        unsetenv(of_a_hook[i]);
    return widen_stack(error);
}
