/*
 * Hashes: one for names and seeds, one for the contents of files.
 */
#ifndef ENCBENCH_HASH_H
#define ENCBENCH_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

enum { HASH_SHA256_BYTES = 65 };

/* FNV-1a (Fowler, Noll, Vo), 64 bits, going on from `hash`; the first goes on from HASH_START. */
uint64_t hash_text(uint64_t hash, const char *text);
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count);

/* Goes on with the contents of a file; where it cannot be read, with its name. Of a directory, with the names and
 * contents of its files, without those that begin with a point and without what is below. */
uint64_t hash_contents(uint64_t hash, const char *path);
uint64_t hash_directory(uint64_t hash, const char *directory);

/* The SHA-256 of a file's contents in hexadecimal, by coreutils' sha256sum; "" and false when it cannot be had. */
bool hash_file(const char *path, char digits[static HASH_SHA256_BYTES]);

#endif
