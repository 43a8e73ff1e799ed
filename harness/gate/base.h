/*
 * The built modules of a side of `gate`: of a git revision, of a directory, of the working tree, or as given.
 */
#ifndef ENCBENCH_GATE_BASE_H
#define ENCBENCH_GATE_BASE_H

#include "gate/project.h"

/* Where modules are: a directory as BUILD/modules (objects, order, data, shared), or "" and files or directories of
 * them; NULL-terminated. */
struct gate_modules {
    char directory[PATH_MAX];
    char *files[GATE_MODULES_MAX + 1]; /* malloc'ed */
};

struct gate_base {
    struct gate_modules modules;
    char allow[PATH_MAX]; /* its gate-allow.csv; need not be there */
    char commit[65];      /* "" for a directory */
    bool dirty;           /* the working tree is not what was committed */
};

/* For whom something is built, and how it is said. */
struct gate_builder {
    const struct paths *paths;
    const struct gate_project *project;
    const char *scratch;
    bool quiet;
};

/*
 * `given`: a directory of built modules (or of a build), or a revision of the repository that project->root is in;
 * `option` named it. A revision is checked out into the scratch directory, with the submodules that the working tree
 * has, built there by the project's command, and its modules are kept as CACHE/COMMIT-HASH, which can be removed at any
 * time; when another is kept, those go that are older than the last eight used and than a day. Nothing is written into
 * the repository: no index, no HEAD, no worktree.
 *
 * The command runs in the top directory of the tree, by sh. In both trees it has the environment of this program
 * without what belongs to a session, a CI job or a make that started us (gate_tree_variable), with a SOURCE_DATE_EPOCH,
 * and ENCBENCH_PREFIX_MAP   the flag by which __FILE__ and debugging information name the head's tree in both
 *   ENCBENCH_INCLUDE      the directory of module.h
 *   ENCBENCH_PREFIX       of the installation (for CMAKE_PREFIX_PATH), where there is one
 *   ENCBENCH_CC, ENCBENCH_C_FLAGS, ENCBENCH_CMAKE, ENCBENCH_GENERATOR, ENCBENCH_BUILD_TYPE, ENCBENCH_LAUNCHER
 *                         how this program was built, for a tree that is built as it was.
 * The name of the base's tree is as long as that of the head's, unless
 * that is shorter than a temporary one can be.
 *
 * Errors are EXIT_USAGE: no git, no repository, no such revision (or a shallow clone), a submodule that is not there,
 * another ABI or schema of the own tree, no module after the build, a build that writes into the head's tree; a build
 * that fails is one with *does_not_build. CACHE/build.log has the output of the build.
 */
int gate_base_find(const struct gate_builder *builder, const char *option, const char *given, struct gate_base *base,
                   bool *does_not_build, struct error *error);

/* The modules of the working tree, built where they are, with the same command and environment; those of the own tree
 * are built already. *does_not_build also where the build makes no such module. */
int gate_head_build(const struct gate_builder *builder, struct gate_base *head, bool *does_not_build,
                    struct error *error);

/* As `--base-module` and `--module` give them. */
int gate_modules_given(struct gate_modules *modules, const char *option, const char *const *paths, struct error *error);
void gate_modules_free(struct gate_modules *modules);

#endif
