#include "base/hash.h"

#include "base/process.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

uint64_t hash_contents(uint64_t hash, const char *path)
{
    char digits[HASH_SHA256_BYTES];
    return hash_text(hash, hash_file(path, digits) ? digits : path);
}

static int is_listed(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && entry->d_type != DT_DIR;
}

uint64_t hash_directory(uint64_t hash, const char *directory)
{
    struct dirent **entries = NULL;
    char path[2 * PATH_MAX];
    const int count = scandir(directory, &entries, is_listed, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%.4000s/%s", directory, entries[i]->d_name);
        hash = hash_contents(hash_text(hash, entries[i]->d_name), path);
        free(entries[i]);
    }
    free(entries);
    return hash;
}

/* sha256sum puts a backslash in front where the name of the file needs escapes. */
bool hash_file(const char *path, char digits[static HASH_SHA256_BYTES])
{
    const char *const command[] = {"sha256sum", "--", path, NULL};
    char *text = process_output(command);
    const char *start = text ? text + (*text == '\\') : "";
    const bool found = strspn(start, "0123456789abcdef") == HASH_SHA256_BYTES - 1;
    memcpy(digits, found ? start : "", found ? HASH_SHA256_BYTES - 1 : 1);
    digits[HASH_SHA256_BYTES - 1] = '\0';
    free(text);
    return found;
}
