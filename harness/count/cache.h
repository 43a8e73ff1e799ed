/*
 * What exact passes found before. An exact figure belongs to the code, so it is kept in a CSV file of the build
 * directory under what it depends on: the object of the module; and the worker, this program, the interposer, shared
 * objects and libraries, data files, libc, the kernel, CPU model and features. Removing such a file is always safe; a
 * damaged one is ignored and written anew. While another process writes to it, it is only read.
 */
#ifndef ENCBENCH_CACHE_H
#define ENCBENCH_CACHE_H

#include "base/hash.h"
#include "launch/launch.h"
#include "store/csv.h"

/* Tables of a cache begin with the columns module, environment and workload. */
struct cache {
    struct csv_data kept;      /* rows that were there */
    struct csv_writer *writer; /* NULL: nothing can be kept */
    int lock;                  /* descriptor; -1: none */
    uint64_t common;           /* hash of what every module meets */
};

enum { CACHE_ENVIRONMENT_BYTES = 32 };

struct cache_key {
    char module[HASH_SHA256_BYTES]; /* "": cannot be read; nothing is known of it, nor kept */
    char environment[CACHE_ENVIRONMENT_BYTES];
};

/* Never an error: without a file all is counted again. cache_close in every case. */
void cache_open(struct cache *cache, const struct launch *launch, const struct csv_table *table);
void cache_close(struct cache *cache);

/* Of a module with the libraries that it needs; of a program. */
struct cache_key cache_key_of(const struct cache *cache, const struct module_info *module);
struct cache_key cache_key_of_file(const struct cache *cache, const char *file);

bool cache_has(const struct cache *cache, size_t row, const struct cache_key *key, const char *workload);

/* Puts the first three columns of a row; false when nothing can be kept. What was put is in the file after
 * cache_flush. */
bool cache_put_key(struct cache *cache, const struct cache_key *key, const char *workload);
void cache_flush(struct cache *cache);

#endif
