#include "gate/tree.h"

#include "base/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORDS_MAX = 1024, /* two for each variable that is taken away */
    NAMES_BYTES = 16384,
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
    for (size_t count = 5; *words; words++) {
        if (count == WORDS_MAX + 7)
            return error_set(error, EXIT_USAGE, "%s: %s: more than %d words", tree->who, what, WORDS_MAX);
        arguments[count++] = *words;
    }
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

/* Prints the submodules of a tree of files, one a line: its commit, a blank, its path with \001 for a newline. */
#define LIST_SUBMODULES                                                                                                \
    "listed() { # TOP COMMIT\n"                                                                                        \
    "    all=$({ git -C \"$1\" ls-tree -r -z --full-tree \"$2\" && echo end; } | tr '\\n\\0' '\\001\\n')\n"            \
    "    case $all in *end?) ;; *) return 1 ;; esac\n"                                                                 \
    "    printf '%s\\n' \"$all\" | sed -n 's/^160000 commit \\([0-9a-f]*\\)\t/\\1 /p'\n"                               \
    "}\n"                                                                                                              \
    "named() { # WORDS: the path of a line; a dot is behind its end\n"                                                 \
    "    printf '%s.' \"${1#* }\" | tr '\\001' '\\n'\n"                                                                \
    "}\n"

const char gate_tree_submodules[] = /**/
    "export LC_ALL=C\n" LIST_SUBMODULES "present() { # TOP COMMIT\n"
    "    listed \"$1\" \"$2\" | while IFS= read -r line; do\n"
    "        path=$(named \"$line\") path=${path%.}\n"
    "        [ -e \"$1/$path/.git\" ] || continue\n"
    "        printf '%s\\n' \"$line\"\n"
    "        (present \"$1/$path\" \"${line%% *}\")\n"
    "    done\n"
    "}\n"
    "present \"$1\" \"$2\"\n";

/* Every command is asked for its end: the shell's -e does not count where somebody asks for that of the whole. */
int gate_tree_check_out(const struct gate_builder *builder, const struct gate_tree *tree, const char *top,
                        const char *commit, struct error *error)
{
    static const char script[] = /**/
        LIST_SUBMODULES
        "copy() { # FROM COMMIT TO\n"
        "    format=$(git -C \"$1\" rev-parse --show-object-format) || return\n"
        "    git init -q --template= --object-format=\"$format\" \"$3\" || return\n"
        "    git -C \"$1\" rev-parse --path-format=absolute --git-path objects >\"$3/.git/objects/info/alternates\" "
        "||\n"
        "        return\n"
        "    shallow=$(git -C \"$1\" rev-parse --path-format=absolute --git-path shallow) || return\n"
        "    [ ! -f \"$shallow\" ] || cp \"$shallow\" \"$3/.git/shallow\" || return\n"
        "    git -C \"$3\" -c core.hooksPath=/dev/null checkout -q --detach \"$2\" || return\n"
        "    lacking=$(git -C \"$3\" ls-files --deleted) || return\n" /* git says so, and exits with 0 */
        "    [ -z \"$lacking\" ] || { echo \"fatal: not whole: $lacking\"; return 1; }\n"
        "    listed \"$3\" \"$2\" >\"$3/.git/encbench-submodules\" || return\n"
        "    while IFS= read -r line; do\n"
        "        path=$(named \"$line\") path=${path%.}\n"
        "        [ -e \"$1/$path/.git\" ] || continue\n"
        "        git -C \"$1/$path\" cat-file -e \"${line%% *}^{commit}\" 2>/dev/null || {\n"
        "            echo \"fatal: submodule $path: commit ${line%% *} is not in this clone; fetch it: \"\\\n"
        "                \"git -C $path fetch origin ${line%% *}\"\n"
        "            return 1\n"
        "        }\n"
        "        (copy \"$1/$path\" \"${line%% *}\" \"$3/$path\") || return\n"
        "    done <\"$3/.git/encbench-submodules\"\n"
        "}\n"
        "copy \"$1\" \"$2\" \"$3\"\n";
    const char *const words[] = {"sh", "-c", script, "sh", top, commit, tree->checkout, NULL};
    return gate_tree_run(builder, tree, "its checkout", words, error);
}

/* ---- the environment of the command ---- */

void gate_tree_prefix(const struct paths *paths, char prefix[static PATH_MAX])
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

void gate_tree_include(const char *prefix, char directory[static PATH_MAX])
{
    snprintf(directory, PATH_MAX, "%.4000s%s", *prefix ? prefix : ENCBENCH_SOURCE_DIRECTORY,
             *prefix ? "/include/encbench" : "/harness");
}

/* `env` and what it takes away of our environment; NULL where that is more than fits. */
static const char **put_taken_away(const char **words, char names[static NAMES_BYTES])
{
    const char **const end = words + WORDS_MAX / 2;
    size_t used = 0;
    *words++ = "env";
    for (size_t i = 0; environ[i]; i++) {
        const size_t length = strcspn(environ[i], "=");
        if (words + 2 > end || used + length + 1 > NAMES_BYTES)
            return NULL;
        sprintf(names + used, "%.*s", (int)length, environ[i]);
        if (gate_tree_variable(names + used) != GATE_VARIABLE_TAKEN_AWAY)
            continue;
        *words++ = "-u";
        *words++ = names + used;
        used += length + 1;
    }
    return words;
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
    const struct gate_project *project = builder->project;
    const struct paths *paths = builder->paths;
    const bool own = project->kind == GATE_OWN;
    char map[4 * PATH_MAX] = "", output[PATH_MAX + 16], prefix[PATH_MAX], include[PATH_MAX], variables[3][PATH_MAX * 5],
                 names[NAMES_BYTES];
    const char *words[WORDS_MAX + 1] = {NULL};
    const char **next = put_taken_away(words, names);
    if (next == NULL)
        return error_set(error, EXIT_USAGE,
                         "gate: more variables of sessions and CI jobs than can be taken away from a "
                         "build; unset what it does not need");
    put_map(map, sizeof map, tree->source, project->root);
    if (own) {
        snprintf(output, sizeof output, "%s/build", tree->source);
        put_map(map, sizeof map, output, paths->build);
    }
    gate_tree_prefix(paths, prefix);
    gate_tree_include(prefix, include);
    snprintf(variables[0], sizeof variables[0], "ENCBENCH_PREFIX_MAP=%s", map);
    snprintf(variables[1], sizeof variables[1], "ENCBENCH_INCLUDE=%s", include);
    snprintf(variables[2], sizeof variables[2], "ENCBENCH_PREFIX=%s", prefix);
    for (size_t i = 0; i < 3; i++)
        *next++ = variables[i];
    for (size_t i = 0; i < OWN_VARIABLES; i++)
        *next++ = own_variables[i];
    if (getenv("SOURCE_DATE_EPOCH") == NULL)     /* what a compiler's __DATE__ says, or no two builds were alike */
        *next++ = "SOURCE_DATE_EPOCH=315532800"; /* 1980, which archives can hold */
    const char *const command[] = {"sh", "-c",         "cd \"$1\" && unset OLDPWD && eval \"$2\"",
                                   "sh", tree->source, project->build};
    memcpy(next, command, sizeof command);
    if (gate_tree_run(builder, tree, "its build", words, error) == EXIT_USAGE)
        *does_not_build = true;
    return error->code;
}
