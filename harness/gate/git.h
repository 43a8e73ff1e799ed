/*
 * Questions to git, for whoever needs a repository.
 */
#ifndef ENCBENCH_GATE_GIT_H
#define ENCBENCH_GATE_GIT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Output of `git -C directory WORD...` (the last NULL) without its last newline, malloc'ed; NULL when it fails. */
char *gate_git(const char *directory, const char *const *words);
#define GATE_GIT(directory, ...) gate_git(directory, (const char *const[]){__VA_ARGS__, NULL})

/* Into `to`, `to_bytes` large, and frees it; false when there is none or no room for it. */
bool gate_git_take(char *text, char *to, size_t to_bytes);

bool gate_git_installed(void);

/* Top of the working tree that a directory is in, without its symbolic links, into `top` (PATH_MAX bytes). */
bool gate_git_top(const char *directory, char *top);

/* Whether the tree below a directory is not what was committed; files that git does not know count. */
bool gate_git_is_dirty(const char *directory);

/* The commit behind a name, or one line (EXIT_USAGE): no revision, unknown, not in this shallow clone and how to fetch
 * it. `option` is the one that named it. */
int gate_git_commit(const char *top, const char *option, const char *name, char commit[static 65], struct error *error);

#endif
