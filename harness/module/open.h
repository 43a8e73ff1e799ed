/*
 * Opening a module: the only place that knows what a valid one is.
 */
#ifndef ENCBENCH_MODULE_LOAD_H
#define ENCBENCH_MODULE_LOAD_H

#include "base/error.h"
#include "module.h"

#include <stdbool.h>

enum { MODULE_INPUT_BYTES_MAX = 1 << 30 };

/*
 * Opens the shared object `file` and checks what it exports: ABI version, sizes, names, functions that must be there.
 * *module is a copy of its tables, those of version 1 widened with zeros, malloc'ed once and kept, as the module stays
 * loaded, for the life of the process. Errors name the file, what was found and what was expected.
 */
int module_open(const char *file, const struct encbench_module **module, struct error *error);

/* Lets its workloads fill in what the data directory decides, leaves out those that find nothing there, and checks them
 * again. Once, after module_open, on the tables that it made. */
int module_describe(const char *file, const struct encbench_module *module, const char *data_directory,
                    struct error *error);

/* NULL when the module does not offer it. `name` is a short or a full name. */
const struct encbench_workload *module_workload(const struct encbench_module *module, const char *name);

#endif
