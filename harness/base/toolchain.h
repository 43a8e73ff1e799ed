/*
 * The system's libraries, which every fresh layout is linked with: where the build found them, else (a program that was
 * built on another machine, whose libraries lie elsewhere) where this process was loaded from.
 */
#ifndef ENCBENCH_TOOLCHAIN_H
#define ENCBENCH_TOOLCHAIN_H

/* Paths of libc.so.6 and libm.so.6. Never NULL; where there is none, that of the build. */
const char *toolchain_libc(void);
const char *toolchain_libm(void);
/* Those of the compiler's own support, libgcc.a and libgcc_s.so.1; "" where there is none: only what needs them misses
 * them. */
const char *toolchain_libgcc(void);
const char *toolchain_libgcc_s(void);

/* Directories with a colon between them: those of the build's compiler and of the administrator, then that of libc. */
const char *toolchain_library_directories(void);

/* The same by the path of the build's libc and its directories, for a test. `directories` has PATH_MAX bytes. */
const char *toolchain_libc_or_loaded(const char *built);
const char *toolchain_directories_with(const char *built, const char *libc, char *directories);

#endif
