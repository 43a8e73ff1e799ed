/*
 * The control of bindings alone, for what no worker does: bindings_probe [-d DIRECTORY] FILE... loads the files as a
 * worker loads its arms and prints what the control says of them. Linked with -rdynamic it has symbols for modules that
 * lack them.
 */
#include "worker/bindings.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { ARMS_MAX = 8 };

int bindings_of_worker = 1;

int main(int argc, char **argv)
{
    static struct worker_bindings arms[ARMS_MAX];
    const char *directory = "";
    struct error error = {0};
    uint32_t arm = 0;
    size_t count = 0;
    for (int i = 1; i < argc && count < ARMS_MAX; i++) {
        if (strcmp(argv[i], "-d") == 0 && i + 1 < argc) {
            directory = argv[++i];
            continue;
        }
        void *handle = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        const void *inside = handle ? dlsym(handle, "encbench_module") : NULL;
        if (inside == NULL) {
            printf("%s\n", handle ? "no module" : dlerror());
            return 2;
        }
        arms[count++] = (struct worker_bindings){argv[i], argv[i], inside, directory};
    }
    worker_bindings_check(arms, count, &arm, &error);
    printf("%s\n", error.code ? error.message : "bound as they should be");
    /* Named, or -rdynamic has nothing to export; the address of stdout is copied here where code is not position
     * independent. */
    return error.code ? error.code : stdout == NULL && bindings_of_worker;
}
