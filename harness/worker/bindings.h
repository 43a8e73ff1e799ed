/*
 * What the loader bound the code to that is measured: a control in every process that loads a module. The loader takes
 * the first symbol of a name that it meets, so that a module's own `strlen`, or a static variable of an inline function
 * of C++, may be another object's without a word, and both sides of a comparison be one. Read from the relocations as
 * they were resolved, not from what should be.
 */
#ifndef ENCBENCH_WORKER_BINDINGS_H
#define ENCBENCH_WORKER_BINDINGS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* An arm that was loaded. Strings are borrowed. */
struct worker_bindings {
    const char *file, *variant;
    const void *inside;           /* an address in the module */
    const char *shared_directory; /* of the shared objects that belong to it; "": none */
};

/*
 * To be called when all arms are loaded. Refused is, of every arm:
 * - a symbol that the module or one of its shared objects defines and that was taken from another object;
 * - a symbol that the module, or what it needs, lacks and that was taken from the worker, from another arm's module, or
 * from an object that is neither the C library nor needed by the module, directly or not. Functions that allocate may
 * come from whatever is preloaded. Thread-local variables are checked as others are but for aarch64's descriptors
 * (R_AARCH64_TLSDESC), and x86-64's where a module was compiled for them. Errors name the file, the symbol, and the
 * object that it went to. `arm` follows which arm is looked at.
 */
int worker_bindings_check(const struct worker_bindings *arms, size_t count, volatile uint32_t *arm,
                          struct error *error);

#endif
