/*
 * `encbench --version`: which program this is.
 */
#ifndef ENCBENCH_PRESENT_VERSION_H
#define ENCBENCH_PRESENT_VERSION_H

/* One line on standard output: version, revision, whether something was changed since, and how it came here: a checkout
 * or what installed it, and where. What is not known is left out. */
void version_print(void);

#endif
