/*
 * Under which name a built base is kept: by everything that may change what the command makes, so that a stale one is
 * never taken for the base. What a kept base depends on is hashed; what is another in each session and CI job, and says
 * nothing of a build, is kept from the command, or no base were ever found again.
 */
#include "base/hash.h"
#include "base/process.h"
#include "gate/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the environment ---- */

/* An entry that ends with _ stands for all that begin so. */
static const char *const made_anew[] = {
    "PWD",
    "ENCBENCH_PREFIX_MAP",
    "ENCBENCH_INCLUDE",
    "ENCBENCH_PREFIX",
    "ENCBENCH_CMAKE",
    "ENCBENCH_GENERATOR",
    "ENCBENCH_CC",
    "ENCBENCH_LAUNCHER",
    "ENCBENCH_C_FLAGS",
    "ENCBENCH_BUILD_TYPE",
};
static const char *const says_nothing[] = {
    /* the terminal, and the language: gate_tree_run sets one */
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "LANG",
    "LANGUAGE",
    "LC_",
    /* where a gate keeps its bases and where this program's own tree is; where its answer goes */
    "ENCBENCH_CACHE",
    "ENCBENCH_ROOT",
    /* whether something may be fetched, and not what */
    "SSH_AUTH_SOCK",
    "GITHUB_TOKEN",
    "CI_JOB_TOKEN",
};
static const char *const taken_away[] = {
    /* what a make that started us would tell another, and a shell */
    "MAKEFLAGS",
    "MFLAGS",
    "MAKELEVEL",
    "OLDPWD",
    "SHLVL",
    "_",
    /* sessions */
    "DBUS_",
    "DESKTOP_",
    "DISPLAY",
    "GPG_TTY",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "LS_COLORS",
    "SSH_",
    "STY",
    "SYSTEMD_",
    "TERM_",
    "TMUX",
    "TMUX_",
    "VTE_",
    "WAYLAND_",
    "WINDOW",
    "WINDOWID",
    "XDG_SESSION_",
    "XDG_RUNTIME_DIR",
    /* jobs: of GitHub, GitLab and Jenkins */
    "ACTIONS_",
    "GITHUB_",
    "RUNNER_",
    "CI_",
    "GITLAB_",
    "FF_",
    "BUILD_DISPLAY_NAME",
    "BUILD_ID",
    "BUILD_NUMBER",
    "BUILD_TAG",
    "BUILD_URL",
    "EXECUTOR_NUMBER",
    "HUDSON_",
    "JENKINS_",
};

static bool is_listed(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(names[i]);
        if (strcmp(names[i], name) == 0 ||
            (length > 1 && names[i][length - 1] == '_' && strncmp(names[i], name, length) == 0))
            return true;
    }
    return false;
}
#define IS_LISTED(list, name) is_listed(list, sizeof(list) / sizeof(list)[0], name)

enum gate_variable gate_tree_variable(const char *name)
{
    if (IS_LISTED(made_anew, name) || IS_LISTED(says_nothing, name))
        return GATE_VARIABLE_PASSED;
    return IS_LISTED(taken_away, name) ? GATE_VARIABLE_TAKEN_AWAY : GATE_VARIABLE_HASHED;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Their order is nobody's choice. */
static uint64_t hash_environment(uint64_t hash)
{
    size_t count = 0;
    while (environ[count])
        count++;
    const char **sorted = calloc(count + 1, sizeof *sorted);
    for (size_t i = 0; sorted && i < count; i++)
        sorted[i] = environ[i];
    if (sorted)
        qsort(sorted, count, sizeof *sorted, compare_texts);
    for (size_t i = 0; sorted && i < count; i++) {
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(sorted[i], "="), sorted[i]);
        if (gate_tree_variable(name) == GATE_VARIABLE_HASHED)
            hash = hash_text(hash_text(hash, sorted[i]), "\n");
    }
    free(sorted);
    return hash;
}

/* ---- what the command finds ---- */

/* The same name, another program: where it is, how long, since when. */
static uint64_t hash_program(uint64_t hash, const char *name)
{
    const char *path = getenv("PATH");
    char file[2 * PATH_MAX], where[PATH_MAX], words[PATH_MAX + 64];
    struct stat status;
    for (const char *at = path ? path : ""; *at;) {
        const size_t length = strcspn(at, ":");
        snprintf(file, sizeof file, "%.*s/%.200s", (int)(length < PATH_MAX ? length : 0), at, name);
        at += length + (at[length] == ':');
        if (access(file, X_OK) != 0 || stat(file, &status) != 0 || !S_ISREG(status.st_mode) || !realpath(file, where))
            continue;
        snprintf(words, sizeof words, "%s %s %lld %lld\n", name, where, (long long)status.st_size,
                 (long long)status.st_mtim.tv_sec);
        return hash_text(hash, words);
    }
    return hash;
}

/* Wrappers stay the same while what they start changes, so a compiler says its version, too. What packages have brought
 * (headers, libraries, the assembler) is in the list that their manager keeps. */
static uint64_t hash_tools(uint64_t hash, const char *root)
{
    static const char *const programs[] = {
        "cc",      "gcc",    "clang", "c++",   "g++",   "clang++", "cpp",    "as",    "ld",         "ld.bfd",
        "ld.gold", "ld.lld", "mold",  "ar",    "strip", "objcopy", "ranlib", "nasm",  "yasm",       "rustc",
        "cargo",   "go",     "zig",   "cmake", "ninja", "make",    "meson",  "bazel", "pkg-config", "python3",
    };
    static const char *const lists[] = {"/var/lib/dpkg/status", "/lib/apk/db/installed", "/var/lib/rpm/rpmdb.sqlite",
                                        "/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages"};
    static const char script[] = "cd \"$1\" && export LC_ALL=C\n"
                                 "for program in \"${CC:-cc}\" \"${CXX:-c++}\" \"${RUSTC:-rustc}\"; do\n"
                                 "    $program --version 2>/dev/null\n"
                                 "done\n"
                                 ":";
    const char *const version[] = {"sh", "-c", script, "sh", root, NULL};
    char *text = process_output(version);
    hash = hash_text(hash, text ? text : "");
    free(text);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        hash = hash_program(hash, programs[i]);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        hash = hash_contents(hash, lists[i]);
    return hash;
}

/* What $ENCBENCH_INCLUDE and $ENCBENCH_PREFIX lead to. */
static uint64_t hash_what_we_bring(uint64_t hash, const struct paths *paths)
{
    char prefix[PATH_MAX], directory[PATH_MAX + 32];
    gate_tree_prefix(paths, prefix);
    gate_tree_include(prefix, directory);
    hash = hash_directory(hash, directory);
    if (*prefix == '\0')
        return hash;
    snprintf(directory, sizeof directory, "%.4000s/harness", paths->build);
    hash = hash_directory(hash, directory);
    snprintf(directory, sizeof directory, "%.4000s", paths->build);
    snprintf(strrchr(directory, '/'), 32, "/cmake/encbench");
    return hash_directory(hash, directory);
}

/* Those that a checkout of the commit would have, and those that it would lack because this clone does. */
static uint64_t hash_submodules(uint64_t hash, const char *top, const char *commit)
{
    const char *const list[] = {"sh", "-c", gate_tree_submodules, "sh", top, commit, NULL};
    char *text = process_output(list);
    hash = hash_text(hash, text ? text : "");
    free(text);
    return hash;
}

uint64_t gate_tree_hash(const struct gate_builder *builder, const char *top, const char *commit)
{
    const struct gate_project *project = builder->project;
    const char *const parts[] = {project->build,   project->root,  project->ini.allow ? project->ini.allow : "",
                                 ENCBENCH_VERSION, GATE_CC,        ENCBENCH_COMPILER,
                                 GATE_C_FLAGS,     GATE_BUILD_TYPE};
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        hash = hash_text(hash_text(hash, parts[i]), "\n");
    for (size_t i = 0; project->modules[i]; i++)
        hash = hash_text(hash_text(hash, project->modules[i]), "\n");
    if (project->kind == GATE_OWN)
        return hash; /* its command names the compiler and the flags: those of this program */
    hash = hash_what_we_bring(hash_environment(hash), builder->paths);
    return hash_submodules(hash_tools(hash, project->root), top, commit);
}
