#include "count/cache.h"

#include "base/environment.h"
#include "base/hash.h"
#include "base/toolchain.h"
#include "module/libraries.h"
#include "module/link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    ROWS_MAX = 200000, /* of builds that are long gone, most of them: then it begins anew */
    MODULE = 0,
    ENVIRONMENT = 1,
    WORKLOAD = 2,
};

/* ---- what figures depend on ---- */

/* Which copy of a function libc chooses follows from the CPU; what a mapping takes, from the kernel. */
static uint64_t hash_machine(uint64_t hash)
{
    char line[8192];
    struct utsname name;
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file && fgets(line, sizeof line, file) && line[0] != '\n')
        if (strncmp(line, "model", 5) == 0 || strncmp(line, "cpu family", 10) == 0 || strncmp(line, "flags", 5) == 0)
            hash = hash_text(hash, line);
    if (file)
        fclose(file);
    return uname(&name) == 0 ? hash_text(hash_text(hash, name.release), name.version) : hash;
}

static uint64_t hash_common(const struct launch *launch)
{
    const struct paths *paths = launch->paths;
    const char *const files[] = {paths->worker,    "/proc/self/exe",   paths->interposer,   toolchain_libc(),
                                 toolchain_libm(), toolchain_libgcc(), toolchain_libgcc_s()};
    uint64_t hash = hash_text(hash_machine(HASH_START), environment_words());
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        hash = hash_contents(hash, files[i]);
    for (size_t i = 0; launch->modules->shared[i]; i++)
        hash = hash_contents(hash, launch->modules->shared[i]);
    return hash_directory(hash, paths->data);
}

struct cache_key cache_key_of(const struct cache *cache, const struct module_info *module)
{
    struct cache_key key = {0};
    uint64_t hash = cache->common;
    if (module_libraries_hash(module, &hash))
        hash_file(module->file, key.module); /* else nothing is found, and nothing kept */
    snprintf(key.environment, sizeof key.environment, "%016" PRIx64, hash);
    return key;
}

struct cache_key cache_key_of_file(const struct cache *cache, const char *file)
{
    struct cache_key key = {0};
    hash_file(file, key.module);
    snprintf(key.environment, sizeof key.environment, "%016" PRIx64, cache->common);
    return key;
}

/* ---- the file ---- */

/* Whether nobody else writes; where files cannot be locked, nobody is taken to. */
static bool lock_directory(struct cache *cache, const char *path)
{
    char lock[PATH_MAX];
    snprintf(lock, sizeof lock, "%.4000s.lock", path);
    cache->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    return cache->lock < 0 || flock(cache->lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

void cache_open(struct cache *cache, const struct launch *launch, const struct csv_table *table)
{
    char path[PATH_MAX];
    struct error error = {0};
    *cache = (struct cache){.lock = -1, .common = hash_common(launch)};
    if (paths_join(path, launch->paths->build, table->file, &error) != 0)
        return;
    const bool ours = lock_directory(cache, path), there = access(path, F_OK) == 0;
    const bool readable = there && csv_read(path, table, &cache->kept, &error) == 0;
    const bool usable = readable && cache->kept.row_count <= ROWS_MAX;
    error = (struct error){0};
    if (!ours)
        return;
    if (there && !usable)
        unlink(path);
    if (csv_writer_open(&cache->writer, path, table, usable ? CSV_APPEND : CSV_CREATE, &error) != 0)
        cache->writer = NULL;
}

void cache_close(struct cache *cache)
{
    struct error ignored = {0};
    if (cache->writer)
        csv_writer_close(cache->writer, &ignored);
    if (cache->lock >= 0)
        close(cache->lock);
    csv_free(&cache->kept);
    *cache = (struct cache){.lock = -1};
}

bool cache_has(const struct cache *cache, size_t row, const struct cache_key *key, const char *workload)
{
    return key->module[0] && strcmp(csv_text(&cache->kept, row, MODULE), key->module) == 0 &&
           strcmp(csv_text(&cache->kept, row, ENVIRONMENT), key->environment) == 0 &&
           strcmp(csv_text(&cache->kept, row, WORKLOAD), workload) == 0;
}

bool cache_put_key(struct cache *cache, const struct cache_key *key, const char *workload)
{
    if (cache->writer == NULL || key->module[0] == '\0')
        return false;
    csv_put_text(cache->writer, key->module);
    csv_put_text(cache->writer, key->environment);
    csv_put_text(cache->writer, workload);
    return true;
}

void cache_flush(struct cache *cache)
{
    struct error ignored = {0}; /* without a cache the next run counts again */
    if (cache->writer)
        csv_writer_flush(cache->writer, &ignored);
}
