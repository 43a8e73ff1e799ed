/*
 * Libraries that an object file needs. It names them: NUL-terminated names or full paths, one after the other, in a
 * section of their own that is not loaded (ENCBENCH_NEEDS of module.h writes it, and encbench_add_module for its
 * LIBRARIES). `stdc++` is libstdc++.so. Names are found where the compiler looks, and where only those are installed
 * that programs run with, by their number (libstdc++.so.6); an archive is the last choice. The library of C++ it does
 * not name: what it takes from it shows in its undefined symbols.
 */
#ifndef ENCBENCH_LAYOUT_NEEDS_H
#define ENCBENCH_LAYOUT_NEEDS_H

#include "module/link.h"

#include <stdbool.h>

#define LAYOUT_NEEDS_SECTION ".encbench.needs"
enum { LAYOUT_NEEDS_NAME_BYTES = 64 };

/* Adds the paths of what `names` (of `size` bytes) holds to `object->needs`, each once. Errors name the object's file
 * and the library. */
int layout_needs_find(const char *names, size_t size, struct layout_object *object, struct error *error);

/* Whose runtime an undefined symbol is of; the larger of two is that of an object with both. */
enum layout_runtime { LAYOUT_C, LAYOUT_STDCXX, LAYOUT_LIBCXX };
enum layout_runtime layout_runtime_of(const char *symbol);
/* Finds it for `object->runtime`. */
int layout_needs_runtime(enum layout_runtime runtime, struct layout_object *object, struct error *error);

/* Whether the loader finds a library at this path by itself. */
bool layout_needs_is_usual(const char *path);

#endif
