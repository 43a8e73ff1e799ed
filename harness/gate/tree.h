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

/* Everything besides the commit that decides what the command makes of it: command, modules and declarations, where the
 * tree is, the environment, the compilers and what is installed, what this program brings, submodules that are here. */
uint64_t gate_tree_hash(const struct gate_builder *builder, const char *top, const char *commit);

/* What becomes of a variable of our environment: part of the hash; passed on although it is not, since it decides
 * nothing or is made anew; kept from the command, because it is another in each session or job. Pure. */
enum gate_variable { GATE_VARIABLE_HASHED, GATE_VARIABLE_PASSED, GATE_VARIABLE_TAKEN_AWAY };
enum gate_variable gate_tree_variable(const char *name);

/* The directory above which an installation's include/encbench is; "" of a program that is not installed. And that of
 * module.h. */
void gate_tree_prefix(const struct paths *paths, char prefix[static PATH_MAX]);
void gate_tree_include(const char *prefix, char directory[static PATH_MAX]);

/* A script (top, commit) that prints the submodules of a commit that `top` has, and those of them. */
extern const char gate_tree_submodules[];

#endif
