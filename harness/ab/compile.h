/*
 * Sources of a comparison made into modules, in a scratch directory, with the flags that every module is built with
 * (module.cmake) and what was asked for besides.
 */
#ifndef ENCBENCH_AB_COMPILE_H
#define ENCBENCH_AB_COMPILE_H

#include "ab/sides.h"
#include "base/paths.h"

struct ab_compile {
    const struct paths *paths;
    const char *scratch;
    const char *cflags, *rustflags, *ldlibs; /* of --cflags, --rustflags and --ldlibs; NULL: none */
};

/*
 * Fills `module` of every side. A source with several variants becomes as many sides. What the compiler says of the
 * first source that it does not compile is printed on standard error, whole; the error names the source.
 */
int ab_compile_all(const struct ab_compile *compile, struct ab_sides *sides, struct error *error);

/* In an object file of whatever origin, the NUL-terminated names in the section that bench.h lists variants in;
 * appended to `names`, none when there is no such section. Errors name the file. */
#define AB_VARIANTS_SECTION ".encbench.variants"
int ab_variants_read(const char *file, struct shell_words *names, struct error *error);

#endif
