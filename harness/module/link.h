/*
 * Fresh code layouts: an object file is linked into a shared object of its own whose functions stand in random order
 * behind a random offset within a page. About 7 ms a link (GNU ld 2.40), done ahead of the timing.
 */
#ifndef ENCBENCH_LAYOUT_H
#define ENCBENCH_LAYOUT_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LAYOUT_PAGE_BYTES = 4096,
    LAYOUT_STEP_BYTES = 16, /* 256 offsets in a page, times the orders of the functions */
    LAYOUT_TEXT_BYTES = 64,
    LAYOUT_NEEDS_MAX = 64,
};

/* What it has of the symbol that makes a module of it. */
enum layout_exports { LAYOUT_NO_MODULE, LAYOUT_LOCAL_MODULE, LAYOUT_MODULE };

/* What a link has to know of an object file. */
struct layout_object {
    char *file;      /* full path */
    char **sections; /* names of those that hold code, in file order */
    size_t section_count;
    char *needs[LAYOUT_NEEDS_MAX]; /* full paths of the libraries that it names (layout_needs.h) */
    size_t need_count;
    char *runtime; /* full path of the library of its language that it takes something from; NULL: of none */
    enum layout_exports exports;
};

/* Reads the section names of a 64-bit ELF relocatable object, and the libraries that it needs. Errors name the file and
 * what is wrong with it. */
int layout_object_read(const char *file, struct layout_object *object, struct error *error);
/* Refuses an object that is none of a module. */
int layout_check_module(const char *given, const struct layout_object *object, struct error *error);
void layout_object_free(struct layout_object *object);

/* Refuses what is not a shared object of this machine: the loader calls a stranger's architecture a missing file. */
int layout_check_shared(const char *file, struct error *error);

/* One link to do. Strings are borrowed. */
struct layout_link {
    const struct layout_object *object;
    uint64_t seed;      /* decides offset and order */
    const char *output; /* path of the shared object; the linker script is written beside it as OUTPUT.ld */
    const char *const
        *shared; /* what the modules of its set have in common (a codec), NULL-terminated; NULL: nothing */
    const char *shared_directory; /* by which they are found again at run time */
    const char *shared_name;      /* of a shared object: what it is known by to those that need it; NULL: of a module */
};

/* Offset of the code in its page for this seed; words for processes.csv in `text` ("offset=1840:order=89abcdef"). */
uint32_t layout_describe(uint64_t seed, char text[LAYOUT_TEXT_BYTES]);

/*
 * Links all, `parallel` at a time. A module exports `encbench_module` and nothing else: whatever it calls its functions
 * and variables, and were they unique symbols of C++, they are its own. A shared object exports what it has, and binds
 * to itself. On error nothing is promised about the outputs; the message names the object and has the linker's first
 * line about it, which `log` holds with all others.
 */
int layout_link_all(const struct layout_link *links, size_t count, const char *log, unsigned parallel,
                    struct error *error);

#endif
