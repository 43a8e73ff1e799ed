#include "gate/tree.h"

#include "base/hash.h"
#include "base/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORDS_MAX = 48,
    LOG_LINE_BYTES = 400,
    LAST_LINES = 3,
    BUILD_PATIENCE_S = 1800,
};

/* ---- commands that take long ---- */

/* Whether somebody reading the log would stop at the line. */
static bool says_what_is_wrong(const char *line)
{
    return strstr(line, "error:") || strstr(line, "CMake Error") || strncmp(line, "fatal:", 6) == 0;
}

/* The first line of the log that says what is wrong, else its last lines. */
static void explain_log(const struct gate_tree *tree, char words[static LOG_LINE_BYTES])
{
    char text[4096], last[LAST_LINES][LOG_LINE_BYTES / LAST_LINES] = {"", "", ""};
    size_t count = 0;
    bool found = false;
    FILE *file = fopen(tree->log, "re");
    words[0] = '\0';
    while (file && !found && fgets(text, sizeof text, file)) {
        text[strcspn(text, "\r\n")] = '\0';
        if ((found = says_what_is_wrong(text)))
            snprintf(words, LOG_LINE_BYTES, "%.390s", text);
        if (*text)
            snprintf(last[count++ % LAST_LINES], sizeof last[0], "%.120s", text);
    }
    if (file)
        fclose(file);
    for (size_t i = count > LAST_LINES ? count - LAST_LINES : 0; !found && i < count; i++)
        snprintf(words + strlen(words), LOG_LINE_BYTES - strlen(words), "%s%s", *words ? " | " : "",
                 last[i % LAST_LINES]);
}

static bool is_kept_log(const struct gate_builder *builder, const struct gate_tree *tree)
{
    return strncmp(tree->log, builder->scratch, strlen(builder->scratch)) != 0;
}

/* Output goes to the log, in the language in which explain_log looks for errors. On a stop it is asked to end first: a
 * builder has children of its own to end. */
int gate_tree_run(const struct gate_builder *builder, const struct gate_tree *tree, const char *what,
                  const char *const *words, struct error *error)
{
    const char *arguments[WORDS_MAX + 8] = {"sh", "-c", "log=$1; shift; export LC_ALL=C; exec \"$@\" >>\"$log\" 2>&1",
                                            "sh", tree->log};
    const struct process_options options = {
        .pass_fd = -1, .quiet = true, .own_group = true, .ask_first = true, .time_limit_s = BUILD_PATIENCE_S};
    struct process_end end;
    char line[LOG_LINE_BYTES], ended[128];
    for (size_t count = 5; *words && count < WORDS_MAX + 7; words++)
        arguments[count++] = *words;
    if (process_run(arguments, &options, &end, error) != 0)
        return error->code;
    if (end.stopped || process_stop_requested())
        return error_set(error, EXIT_UNFIT, "stopped while %s was built; nothing of it was kept", tree->who);
    if (end.signal == 0 && end.status == 0 && !end.timed_out)
        return 0;
    explain_log(tree, line);
    return error_set(
        error, EXIT_USAGE, "%s: %s %s: %s%s%.300s", tree->who, what, process_end_words(&end, ended, sizeof ended), line,
        is_kept_log(builder, tree) ? "; all of its output: " : "", is_kept_log(builder, tree) ? tree->log : "");
}

/* ---- a commit's files ---- */

int gate_tree_check_out(const struct gate_builder *builder, const struct gate_tree *tree, const char *top,
                        const char *commit, struct error *error)
{
    static const char script[] =
        "set -e\n"
        "copy() { # FROM COMMIT TO\n"
        "    format=$(git -C \"$1\" rev-parse --show-object-format)\n"
        "    git init -q --template= --object-format=\"$format\" \"$3\"\n"
        "    git -C \"$1\" rev-parse --path-format=absolute --git-path objects >\"$3/.git/objects/info/alternates\"\n"
        "    shallow=$(git -C \"$1\" rev-parse --path-format=absolute --git-path shallow)\n"
        "    [ ! -f \"$shallow\" ] || cp \"$shallow\" \"$3/.git/shallow\"\n"
        "    git -C \"$3\" -c core.hooksPath=/dev/null checkout -q --detach \"$2\"\n"
        "    git -C \"$3\" -c core.quotePath=false ls-files -s | sed -n 's/^160000 \\([0-9a-f]*\\) 0\t/\\1 /p' |\n"
        "    while read -r commit path; do\n"
        "        [ -e \"$1/$path/.git\" ] || continue\n"
        "        git -C \"$1/$path\" cat-file -e \"$commit^{commit}\" 2>/dev/null || {\n"
        "            echo \"fatal: submodule $path: commit $commit is not in this clone; fetch it: \"\\\n"
        "                \"git -C $path fetch origin $commit\"\n"
        "            exit 1\n"
        "        }\n"
        "        (copy \"$1/$path\" \"$commit\" \"$3/$path\") || exit 1\n"
        "    done\n"
        "}\n"
        "copy \"$1\" \"$2\" \"$3\"\n";
    const char *const words[] = {"sh", "-c", script, "sh", top, commit, tree->checkout, NULL};
    return gate_tree_run(builder, tree, "its checkout", words, error);
}

/* ---- the environment of the command ---- */

/* The directory above which an installation's include/encbench is; "" of a program that is not installed. */
static void find_prefix(const struct paths *paths, char prefix[static PATH_MAX])
{
    char header[PATH_MAX + 64];
    snprintf(prefix, PATH_MAX, "%s", paths->installed ? paths->build : "");
    while (*prefix) {
        snprintf(header, sizeof header, "%s/include/encbench/module.h", prefix);
        if (access(header, R_OK) == 0)
            return;
        *strrchr(prefix, '/') = '\0';
    }
}

/* An option with a path that a shell or a make splits into words is quoted, as CMake's flags are. */
static void put_map(char *map, size_t map_bytes, const char *from, const char *to)
{
    const size_t length = strlen(map);
    const char *quote = strpbrk(from, " \t") || strpbrk(to, " \t") ? "\"" : "";
    snprintf(map + length, map_bytes - length, "%s%s-ffile-prefix-map=%s=%s%s", length > 0 ? " " : "", quote, from, to,
             quote);
}

/* How this program was built, for a tree that is built as it was. */
static const char *const own_variables[] = {
    "ENCBENCH_CMAKE=" GATE_CMAKE,       "ENCBENCH_GENERATOR=" GATE_GENERATOR, "ENCBENCH_CC=" GATE_CC,
    "ENCBENCH_LAUNCHER=" GATE_LAUNCHER, "ENCBENCH_C_FLAGS=" GATE_C_FLAGS,     "ENCBENCH_BUILD_TYPE=" GATE_BUILD_TYPE,
};
enum { OWN_VARIABLES = sizeof own_variables / sizeof own_variables[0] };

int gate_tree_build(const struct gate_builder *builder, const struct gate_tree *tree, bool *does_not_build,
                    struct error *error)
{
    /* What a make that started us would tell another; and what a compiler's __DATE__ says, or no two builds were alike.
     */
    static const char *const first[] = {"env", "-u", "MAKEFLAGS", "-u", "MFLAGS", "-u", "MAKELEVEL", "-u", "OLDPWD"};
    const struct gate_project *project = builder->project;
    const struct paths *paths = builder->paths;
    const bool own = project->kind == GATE_OWN;
    char map[4 * PATH_MAX] = "", output[PATH_MAX + 16], prefix[PATH_MAX], variables[3][PATH_MAX * 5];
    const char *words[WORDS_MAX + 1] = {NULL};
    size_t count = sizeof first / sizeof first[0];
    memcpy(words, first, sizeof first);
    put_map(map, sizeof map, tree->source, project->root);
    if (own) {
        snprintf(output, sizeof output, "%s/build", tree->source);
        put_map(map, sizeof map, output, paths->build);
    }
    find_prefix(paths, prefix);
    snprintf(variables[0], sizeof variables[0], "ENCBENCH_PREFIX_MAP=%s", map);
    snprintf(variables[1], sizeof variables[1], "ENCBENCH_INCLUDE=%s%s", *prefix ? prefix : ENCBENCH_SOURCE_DIRECTORY,
             *prefix ? "/include/encbench" : "/harness");
    snprintf(variables[2], sizeof variables[2], "ENCBENCH_PREFIX=%s", prefix);
    for (size_t i = 0; i < 3; i++)
        words[count++] = variables[i];
    for (size_t i = 0; i < OWN_VARIABLES; i++)
        words[count++] = own_variables[i];
    if (getenv("SOURCE_DATE_EPOCH") == NULL)
        words[count++] = "SOURCE_DATE_EPOCH=315532800"; /* 1980, which archives can hold */
    const char *const command[] = {"sh", "-c",         "cd \"$1\" && unset OLDPWD && eval \"$2\"",
                                   "sh", tree->source, project->build};
    memcpy(words + count, command, sizeof command);
    if (gate_tree_run(builder, tree, "its build", words, error) == EXIT_USAGE)
        *does_not_build = true;
    return error->code;
}

uint64_t gate_tree_hash(const struct gate_builder *builder)
{
    static const char *const variables[] = {"CC",      "CXX",  "CFLAGS", "CXXFLAGS",         "CPPFLAGS",
                                            "LDFLAGS", "PATH", "CPATH",  "SOURCE_DATE_EPOCH"};
    const struct gate_project *project = builder->project;
    const char *const parts[] = {project->build,    project->root, ENCBENCH_VERSION, GATE_CC,
                                 ENCBENCH_COMPILER, GATE_C_FLAGS,  GATE_BUILD_TYPE};
    const bool own = project->kind == GATE_OWN;
    uint64_t hash = HASH_START;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        hash = hash_text(hash_text(hash, parts[i]), "\n");
    for (size_t i = 0; project->modules[i]; i++)
        hash = hash_text(hash_text(hash, project->modules[i]), "\n");
    for (size_t i = 0; !own && i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        hash = hash_text(hash_text(hash, value ? value : ""), "\n");
    }
    /* The same name, another compiler. */
    static const char script[] = "exec ${CC:-cc} --version 2>/dev/null";
    const char *const version[] = {"sh", "-c", script, NULL};
    char *text = own ? NULL : process_output(version);
    hash = hash_text(hash, text ? text : "");
    free(text);
    return hash;
}
