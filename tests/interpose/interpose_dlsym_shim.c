/* interpose_test preloads it behind the interposer: its dlsym allocates in its first call, as some libraries' do. */
#define _GNU_SOURCE
#include "interpose_dlsym_shim.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

__attribute__((weak)) encbench_interpose_read_function encbench_interpose_read;

struct shim_blocks shim_blocks;

static void allocate(void)
{
    encbench_interpose_read(&shim_blocks.before, NULL);
    shim_blocks.from_malloc = malloc(100);
    shim_blocks.from_calloc = calloc(10, 10);
    shim_blocks.from_aligned_alloc = aligned_alloc(256, 512);
    if (posix_memalign(&shim_blocks.from_posix_memalign, 1024, 100) != 0)
        shim_blocks.from_posix_memalign = NULL;
    shim_blocks.from_realloc = malloc(20);
    memcpy(shim_blocks.from_realloc, "bootstrap", 10);
    shim_blocks.from_realloc = realloc(shim_blocks.from_realloc, 200);
    shim_blocks.too_large = malloc((size_t)1 << 30);
    free(malloc(30));
    encbench_interpose_read(&shim_blocks.after, NULL);
}

__attribute__((visibility("default"))) void *dlsym(void *restrict handle, const char *restrict name)
{
    static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5"};
    static void *(*real_dlsym)(void *, const char *);
    if (real_dlsym == NULL) {
        for (size_t i = 0; real_dlsym == NULL && i < sizeof versions / sizeof *versions; i++) {
            void *symbol = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
            memcpy(&real_dlsym, &symbol, sizeof symbol);
        }
        allocate();
    }
    /* RTLD_NEXT means next to this object instead of to the caller: libc's functions either way. */
    return real_dlsym(handle, name);
}
