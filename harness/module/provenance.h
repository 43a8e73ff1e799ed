/*
 * Where a run's figures come from: revision, compiler and flags, hashes of what was measured and of what was claimed.
 */
#ifndef ENCBENCH_PROVENANCE_H
#define ENCBENCH_PROVENANCE_H

#include "base/paths.h"
#include "module/set.h"
#include "store/csv.h"

/* Keys of run.csv for what was asked to be in the environment of what is measured: the first and a number, or that and
 * _sha256, the second and a variable's name (environment_encode). */
#define PROVENANCE_PRELOAD_KEY  "preload:"
#define PROVENANCE_VARIABLE_KEY "setenv:"

bool provenance_is_variable(const char *key);

/* Asks for the environment that a run.csv says (environment_ask), unless one was asked for already. */
int provenance_ask_environment(const struct csv_data *run, struct error *error);

/* One row of run.csv; the text is cleaned. */
void provenance_put(struct csv_writer *writer, const char *key, const char *value);
void provenance_put_integer(struct csv_writer *writer, const char *key, int64_t value);
void provenance_put_number(struct csv_writer *writer, const char *key, double value);

/* Why git does not say which revision is in a directory, in its own words, with the command by which it would where
 * git has one; "" when it says it. */
enum { PROVENANCE_COMPLAINT_BYTES = 512 };
void provenance_git_complaint(const char *directory, char complaint[static PROVENANCE_COMPLAINT_BYTES]);

/* Which revision the program is of: of a checkout what git says now, of an installed program what its installation
 * wrote down beside it (installed.csv). "" where nobody knows. */
struct provenance_revision {
    char commit[65];
    char dirty[4]; /* "yes" or "no" */
    char how[32];  /* of an installed program: "Debian package", "tarball" or "cmake --install" */
};
void provenance_find_revision(const struct paths *paths, struct provenance_revision *revision);

/* All rows that do not depend on how far the run is. What cannot be found out is an empty value. */
void provenance_write(struct csv_writer *writer, const struct paths *paths, const struct module_set *set);

#endif
