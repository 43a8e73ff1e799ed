/*
 * What `gate` compares: whose tree, how it is built, which modules of it. From the command line and from encbench.ini
 * at the top of the repository; what the command line says comes first.
 */
#ifndef ENCBENCH_GATE_PROJECT_H
#define ENCBENCH_GATE_PROJECT_H

#include "base/error.h"
#include "base/paths.h"

enum { GATE_MODULES_MAX = 16, GATE_WORDS_MAX = 64 };
#define GATE_INI "encbench.ini"

/*
 * encbench.ini: lines KEY = VALUE; a line that begins with # or ; is a comment, and one [gate] may stand before all.
 *   base = REV            what to compare with where nobody says otherwise
 *   build = COMMAND       for sh, in the top directory of either tree
 *   module = PATH         an object file that COMMAND makes, or a directory of them; may be repeated
 *   variants = A,B        only these
 *   workloads = A,B       only these
 *   allow = PATH          the table of what is declared, instead of gate-allow.csv
 */
struct gate_ini {
    const char *base, *build, *allow; /* NULL: not said */
    const char *modules[GATE_MODULES_MAX + 1], *variants[GATE_WORDS_MAX + 1], *workloads[GATE_WORDS_MAX + 1];
};

/* `text` is cut, and pointed into. Refuses, with `path` and the line: no key, an unknown one, one that is there twice,
 * an empty value, an absolute path or one that leads out of the tree. */
int gate_ini_parse(char *text, const char *path, struct gate_ini *ini, struct error *error);

enum gate_project_kind {
    GATE_OWN,        /* the tree of this program: its head is what it was built with */
    GATE_REPOSITORY, /* any: both trees are built here */
    GATE_FILES,      /* two lists of modules; nothing is built */
};

/* What was said on the command line; lists end with NULL, and may be NULL. */
struct gate_project_options {
    const char *base, *build;
    const char *const *modules, *const *base_modules, *const *variants, *const *workloads;
};

struct gate_project {
    enum gate_project_kind kind;
    char root[PATH_MAX];  /* top of the head's tree */
    char allow[PATH_MAX]; /* need not be there */
    char cache[PATH_MAX]; /* what is kept between calls; made when it is needed */
    const char *base;     /* NULL: nobody says */
    const char *build;
    const char *modules[GATE_MODULES_MAX + 1]; /* below `root`, without . and ..; GATE_FILES: as given */
    const char *base_modules[GATE_MODULES_MAX + 1];
    const char *const *variants, *const *workloads; /* NULL: all */
    struct gate_ini ini;
    char *text; /* of the file */
    char *below[GATE_MODULES_MAX];
};

/*
 * The tree is that of the current directory, where --build, --module or an encbench.ini at its top say how to build it;
 * where it is this program's own ($ENCBENCH_ROOT), or none of git's, that. The cache is BUILD/gate of the own tree;
 * $ENCBENCH_CACHE, $XDG_CACHE_HOME/encbench or ~/.cache/encbench, and there a directory for each tree, of others.
 * gate_project_free in every case.
 */
int gate_project_find(const struct paths *paths, const struct gate_project_options *options,
                      struct gate_project *project, struct error *error);
/* Whether it is said how a tree is built, and what of it is compared: whoever builds one needs to know. */
int gate_project_check(const struct gate_project *project, struct error *error);
void gate_project_free(struct gate_project *project);

/* Of a path, given in `directory` where it does not begin with a slash, what is below `root`; malloc'ed; NULL where it
 * is not below. Nothing need be there. Pure. */
char *gate_project_below(const char *root, const char *directory, const char *path);

#endif
