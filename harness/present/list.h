/*
 * `encbench list`: what there is to measure and what is claimed.
 */
#ifndef ENCBENCH_LIST_H
#define ENCBENCH_LIST_H

#include "base/error.h"
#include "base/paths.h"

#include <stdbool.h>

/* On standard output: for people, or as CSV (kind,name,detail,text). Of `module_files` (NULL: none) what they have, and
 * behind it what we have ourselves where it was asked for (`with_own`) or none are given. */
int list_print(const struct paths *paths, const char *const *module_files, bool with_own, bool csv,
               struct error *error);

/* The events that `run --events` takes on this machine. */
int list_print_events(bool csv);

/* Every file that is written and its columns, from schema.def. `format`: text, csv or markdown. */
int list_print_tables(const char *format);

#endif
