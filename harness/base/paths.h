/*
 * Where things are: programs and modules beside the running executable, sources and results under the project's root.
 * An installed program (claims.csv lies beside it) has everything beside itself, wherever its prefix was moved; what it
 * writes goes to the current directory.
 */
#ifndef ENCBENCH_PATHS_H
#define ENCBENCH_PATHS_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>

struct paths {
    bool installed;        /* and $ENCBENCH_ROOT is not set */
    char root[PATH_MAX];   /* $ENCBENCH_ROOT, else `build` when installed, else the source tree that was built */
    char build[PATH_MAX];  /* directory of the running program, symbolic links followed */
    char worker[PATH_MAX]; /* encbench-worker */
    char interposer[PATH_MAX];
    char modules[PATH_MAX]; /* directory of the variants' objects */
    char data[PATH_MAX];    /* their data files */
    char kernels[PATH_MAX]; /* the chain module */
    char panels[PATH_MAX];
    char claims[PATH_MAX];
    char plots[PATH_MAX];
    char results[PATH_MAX]; /* new run directories; ./results when installed */
    char report[PATH_MAX];  /* REPORT.md where nobody says otherwise; in the current directory when installed */
};

/* Fills all and checks that what the build makes is there. */
int paths_find(struct paths *paths, struct error *error);

/* DIRECTORY/NAME into `to` (PATH_MAX bytes); too long is an error. */
int paths_join(char *to, const char *directory, const char *name, struct error *error);

/* Descriptor of a regular file with `expected`, to be read; -1 and one line for anything else: a pipe would be waited
 * for and a device may have no end. */
int paths_open_file(const char *path, const char *expected, struct error *error);

/* The bytes of a file into `to`, which is replaced where it exists; readable and executable by its owner alone. */
int paths_copy_file(const char *from, const char *to, struct error *error);

/* What a run directory, which is shared, may have of a path: all of one that leads down from the current directory, of
 * any other the last name. Points into `path`. */
const char *paths_shareable(const char *path);

/* The same for the words of a reason, in place: full paths but those of the system (/proc /sys /dev) become names. */
void paths_make_shareable(char *text);

/* Directories above this one, where they are missing; -1 and errno. */
int paths_make_parents(const char *directory);

/*
 * Makes a directory that nobody has yet into `directory` (PATH_MAX bytes): `out` where it is given (it must not exist),
 * else RESULTS/DATE-`kind`. Nothing is ever written into a directory that was there before.
 */
int paths_make_new(const struct paths *paths, const char *out, const char *kind, char *directory, struct error *error);

/* 0 for a directory that can be read, else one line that says what is wrong with it. */
int paths_check_directory(const char *directory, const char *expected, struct error *error);

#endif
