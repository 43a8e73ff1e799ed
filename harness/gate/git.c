#include "gate/git.h"

#include "base/process.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { GIT_WORDS_MAX = 24, NAME_BYTES_MAX = 1000 };

char *gate_git(const char *directory, const char *const *words)
{
    const char *arguments[GIT_WORDS_MAX] = {"git", "-C", directory};
    size_t count = 3;
    for (; *words && count + 1 < GIT_WORDS_MAX; words++)
        arguments[count++] = *words;
    return process_output(arguments);
}

bool gate_git_take(char *text, char *to, size_t to_bytes)
{
    const bool fits = text && strlen(text) < to_bytes;
    if (fits)
        strcpy(to, text);
    free(text);
    return fits;
}

bool gate_git_installed(void)
{
    const char *const version[] = {"git", "--version", NULL};
    char *text = process_output(version);
    free(text);
    return text != NULL;
}

bool gate_git_top(const char *directory, char *top)
{
    return gate_git_take(GATE_GIT(directory, "rev-parse", "--show-toplevel"), top, PATH_MAX) && *top;
}

bool gate_git_is_dirty(const char *directory)
{
    char *text = GATE_GIT(directory, "--no-optional-locks", "status", "--porcelain", "--", ".");
    const bool dirty = text && *text;
    free(text);
    return dirty;
}

int gate_git_commit(const char *top, const char *option, const char *name, char commit[static 65], struct error *error)
{
    struct stat status;
    char wanted[NAME_BYTES_MAX + 32], shallow[16] = "";
    if (name[0] == '-' || strlen(name) > NAME_BYTES_MAX)
        return error_set(error, EXIT_USAGE, "%s: \"%.200s\" is no revision; expected a git revision%s", option, name,
                         strcmp(option, "--base") == 0 ? " or a directory" : "");
    snprintf(wanted, sizeof wanted, "%s^{commit}", name);
    if (gate_git_take(GATE_GIT(top, "rev-parse", "--verify", "--quiet", wanted), commit, 65))
        return 0;
    if (stat(name, &status) == 0 && S_ISDIR(status.st_mode))
        return error_set(error, EXIT_USAGE,
                         "%s %s: is a directory, but without built modules (*.o, order.txt); expected BUILD, "
                         "BUILD/modules or a git revision",
                         option, name);
    gate_git_take(GATE_GIT(top, "rev-parse", "--is-shallow-repository"), shallow, sizeof shallow);
    return error_set(
        error, EXIT_USAGE,
        strcmp(shallow, "true") == 0
            ? "%s %s: not in this clone, which is shallow: fetch it (git fetch --unshallow; or of it alone git fetch "
              "--depth 1 origin REV; in GitHub Actions fetch-depth: 0)"
            : "%s %s: unknown revision, and no such directory; `git log` and `git branch -a` have what there is",
        option, name);
}
