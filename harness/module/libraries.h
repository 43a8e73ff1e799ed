/*
 * What a linked module loads besides the C library: what it names, and what that needs in turn. By the loader's own
 * answer, for where it looks is the loader's business.
 */
#ifndef ENCBENCH_MODULE_LIBRARIES_H
#define ENCBENCH_MODULE_LIBRARIES_H

#include "module/set.h"

/* Goes on from *hash with the contents of all of them; of a module that needs none nothing is added. False: that cannot
 * be known here, so that nothing may be concluded from an equal hash. */
bool module_libraries_hash(const struct module_info *module, uint64_t *hash);

#endif
