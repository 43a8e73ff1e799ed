/*
 * What an object file says of the compiler and the flags that made it.
 */
#ifndef ENCBENCH_BUILT_WITH_H
#define ENCBENCH_BUILT_WITH_H

/* Compilers with their flags, each once, separated by "; ": what -g makes gcc write, and clang with
 * -grecord-command-line. malloc'ed, the caller frees; "" where the file has nothing of it or cannot be read. Of a path
 * in a flag it has the last name. NULL when out of memory. */
char *built_with(const char *file);

#endif
