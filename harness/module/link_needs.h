/*
 * Libraries that an object file names as needed: NUL-terminated names, one after the other, in a section of their own
 * that is not loaded (ENCBENCH_NEEDS of module.h writes it). `stdc++` is libstdc++.so. They are found where the
 * compiler looks, and where only those are installed that programs run with, by their number (libstdc++.so.6); an
 * archive is the last choice.
 */
#ifndef ENCBENCH_LAYOUT_NEEDS_H
#define ENCBENCH_LAYOUT_NEEDS_H

#include "module/link.h"

#define LAYOUT_NEEDS_SECTION ".encbench.needs"
enum { LAYOUT_NEEDS_NAME_BYTES = 64 };

/* Adds the paths of what `names` (of `size` bytes) holds to `object->needs`, each once. Errors name the object's file
 * and the library. */
int layout_needs_find(const char *names, size_t size, struct layout_object *object, struct error *error);

#endif
