/*
 * The sides of a comparison: what the command line named, and what is measured of it.
 */
#ifndef ENCBENCH_AB_SIDES_H
#define ENCBENCH_AB_SIDES_H

#include "base/shell_words.h"
#include "module.h"

#include <limits.h>
#include <stdbool.h>

enum { AB_SIDES_MAX = 16 };

enum ab_language { AB_C, AB_CXX, AB_RUST, AB_LANGUAGES, AB_BUILT = AB_LANGUAGES /* an object, a module: as it is */ };

struct ab_side {
    char file[PATH_MAX];      /* as given */
    struct shell_words flags; /* behind it in the same word */
    enum ab_language language;
    char select[ENCBENCH_NAME_BYTES];  /* variant of a source that has several; "": the one it has */
    char module[PATH_MAX];             /* that is measured: `file`, or what was compiled of it */
    char variant[ENCBENCH_NAME_BYTES]; /* as the module calls itself */
    char label[ENCBENCH_NAME_BYTES];   /* as it is called here */
};

struct ab_sides {
    struct ab_side side[AB_SIDES_MAX];
    size_t count;
};

/*
 * From the words of the command line, NULL-terminated: each a file, or a file and its flags ("x.c -O3"), cut as a shell
 * would. Errors name the word: what is no file, an archive, an unknown ending, flags for what is not compiled.
 */
int ab_sides_read(struct ab_sides *sides, const char *const *words, struct error *error);
void ab_sides_free(struct ab_sides *sides);

/* Adds a side of one variant of a source: a copy of `of` behind it. */
int ab_sides_insert(struct ab_sides *sides, size_t of, const char *select, struct error *error);

/* Whether two sides are the same file with the same flags and the same variant: an A/A. */
bool ab_sides_same(const struct ab_side *a, const struct ab_side *b);

/*
 * Labels: the variants' own names where those differ; else the stem of the file; else its path from where they differ;
 * else the file with its flags; else with its number. Pure but for `sides`.
 */
void ab_sides_label(struct ab_sides *sides);

#endif
