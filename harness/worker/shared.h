/*
 * Where the shared objects of a module came from. The loader takes one object for all that ask for a name, so of two
 * builds of a codec called alike the second is never loaded, and both sides of a comparison would measure the first.
 */
#ifndef ENCBENCH_WORKER_SHARED_H
#define ENCBENCH_WORKER_SHARED_H

#include "base/error.h"

/*
 * `inside` is an address in a module that was loaded from `file`. What the module needs and `directory` holds must have
 * been loaded from there, or from a file with the same bytes. Errors name both files. An empty directory asks for
 * nothing.
 */
int worker_shared_check(const char *file, const void *inside, const char *directory, struct error *error);

#endif
