/*
 * The environment of what is measured: empty, whatever the user's is, but for what was asked for by name. An allocator
 * or a tunable of the C library that came along unseen would change times by half and stand nowhere.
 */
#ifndef ENCBENCH_ENVIRONMENT_H
#define ENCBENCH_ENVIRONMENT_H

#include "base/error.h"

#include <stddef.h>

enum { ENVIRONMENT_PRELOADS_BYTES = 4 * 4096, ENVIRONMENT_VARIABLES_BYTES = 8192, ENVIRONMENT_WORDS_BYTES = 1024 };

/* Strings one after the other, an empty one at the end; plain data, as a job holds it. */
struct environment {
    char preloads[ENVIRONMENT_PRELOADS_BYTES];   /* in the order in which the loader takes them: the first wins */
    char variables[ENVIRONMENT_VARIABLES_BYTES]; /* NAME=VALUE */
};

/*
 * Every measured process of this program, whatever it is counted or timed for, has these from here on: shared objects
 * (a path, or the name of one where the compiler finds libraries) and NAME=VALUE. Lists end with NULL; what was asked
 * before is forgotten. Errors name the option.
 */
int environment_ask(const char *const *preloads, const char *const *variables, struct error *error);
const struct environment *environment_asked(void);

/* What was asked for in one line without paths, each file with the begin of its SHA-256: for a fingerprint. "" when
 * nothing was. */
const char *environment_words(void);

/* The full path of a shared object that --preload names (PATH_MAX bytes). */
int environment_find_preload(const char *given, char *path, struct error *error);

/* `file` ahead of the others, which come behind it: the interposer counts what it then has from them. */
int environment_preload_first(struct environment *environment, const char *file, struct error *error);

/* The value of a variable as a cell of CSV holds it, and back (malloc'ed, the caller frees; NULL when there is no
 * memory): % and two digits for what a cell cannot have. */
char *environment_encode(const char *value);
char *environment_decode(const char *cell);

/* This process has it from the next exec on, with what a sanitizer of this build reads and the stack limit that most
 * systems give, which decides where mappings lie. For a child; a file whose name the loader would take for two is
 * opened and named by its descriptor. */
void environment_enter(const struct environment *environment);

/* One line on variables of the user's that change what is measured and do not reach it, or "". */
const char *environment_kept_out(void);

/* First thing in main: a hook of git, or a rebase, says where its repository is; ours is another. And the stack that we
 * need, where `ulimit -s` has less and more may be had; one line where it may not. */
int environment_begin(struct error *error);

#endif
