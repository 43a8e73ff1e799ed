/*
 * The data files of modules that were given: a directory of their own, and what is in it.
 */
#ifndef ENCBENCH_MODULE_DATA_H
#define ENCBENCH_MODULE_DATA_H

#include "base/error.h"
#include "base/hash.h"
#include "store/csv.h"

#include <limits.h>

enum { MODULE_DATA_FILES_MAX = 256 };

struct module_data {
    char directory[PATH_MAX]; /* absolute; "" when there is none */
    struct module_data_file {
        char name[NAME_MAX + 1], sha256[HASH_SHA256_BYTES];
    } * file; /* by name; malloc'ed */
    size_t count;
};

/*
 * The directory `asked` for (--data), or where that is NULL the one beside the modules: STEM.data beside STEM.o or
 * STEM.so, or the source of one, for the first of `modules` (NULL-terminated; NULL: none) that has one. Errors: what is
 * no directory, one that holds another, or anything but files, or too many; two modules that each have another one
 * beside them. module_data_free in every case.
 */
int module_data_find(struct module_data *data, const char *asked, const char *const *modules, struct error *error);
void module_data_free(struct module_data *data);

/* A row of run.csv for each file: data:NAME_sha256. */
void module_data_put(const struct module_data *data, struct csv_writer *writer);

#endif
