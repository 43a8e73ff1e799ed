/*
 * The base that `gate` compares with: built modules, of a git revision or as given.
 */
#ifndef ENCBENCH_GATE_BASE_H
#define ENCBENCH_GATE_BASE_H

#include "base/error.h"
#include "base/paths.h"

struct gate_base {
    char modules[PATH_MAX]; /* directory as BUILD/modules: objects, data, shared */
    char allow[PATH_MAX];   /* its gate-allow.csv; need not be there */
    char commit[65];        /* "" for a directory */
    bool dirty;             /* the working tree is not what was committed */
};

/*
 * `given`: a directory of built modules (or of a build), or a revision of the repository that paths->root is in. A
 * revision is checked out into `scratch`, built there with this build's compiler and flags, and kept as
 * BUILD/gate/COMMIT-HASH, which can be removed at any time; when another is kept, those go that are older than the last
 * eight used and than a day. Nothing is written into the repository. Errors are EXIT_USAGE: no git, no repository, no
 * such revision (or a shallow clone), another ABI or schema, a build that fails; BUILD/gate/build.log has its output.
 */
int gate_base_find(const struct paths *paths, const char *given, const char *scratch, bool quiet,
                   struct gate_base *base, struct error *error);

#endif
