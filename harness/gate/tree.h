/*
 * A tree of files made of a commit beside the repository, and the build command run in a tree.
 */
#ifndef ENCBENCH_GATE_TREE_H
#define ENCBENCH_GATE_TREE_H

#include "gate/base.h"

#include <stdint.h>

/* What is built: words for errors, where, and where its output goes. */
struct gate_tree {
    const char *who;         /* "--base REV" or "the working tree" */
    char checkout[PATH_MAX]; /* its top */
    char source[PATH_MAX];   /* where the command runs: that, or what the project is of it */
    char log[PATH_MAX];      /* output; "": none that stays */
};

/* Files of a commit into tree->checkout, which must not exist: an own repository with the objects of the first, so that
 * git answers there as in a clone. Submodules that `top` has are in it at the commits of then. */
int gate_tree_check_out(const struct gate_builder *builder, const struct gate_tree *tree, const char *top,
                        const char *commit, struct error *error);

/* Runs the project's command there. */
int gate_tree_build(const struct gate_builder *builder, const struct gate_tree *tree, bool *does_not_build,
                    struct error *error);

/* Runs a script of ours with its arguments; `what` begins the line of an error. */
int gate_tree_run(const struct gate_builder *builder, const struct gate_tree *tree, const char *what,
                  const char *const *words, struct error *error);

/* Everything besides commit and paths that decides what the command makes. */
uint64_t gate_tree_hash(const struct gate_builder *builder);

#endif
