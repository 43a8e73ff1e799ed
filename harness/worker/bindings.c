#include "worker/bindings.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#if defined(__x86_64__)
enum {
    RELOCATION_ADDRESS = R_X86_64_64,
    RELOCATION_VARIABLE = R_X86_64_GLOB_DAT,
    RELOCATION_FUNCTION = R_X86_64_JUMP_SLOT,
    RELOCATION_THREAD_MODULE = R_X86_64_DTPMOD64,
    RELOCATION_THREAD_OFFSET = R_X86_64_TPOFF64,
};
#elif defined(__aarch64__)
enum {
    RELOCATION_ADDRESS = R_AARCH64_ABS64,
    RELOCATION_VARIABLE = R_AARCH64_GLOB_DAT,
    RELOCATION_FUNCTION = R_AARCH64_JUMP_SLOT,
    RELOCATION_THREAD_MODULE = R_AARCH64_TLS_DTPMOD,
    RELOCATION_THREAD_OFFSET = R_AARCH64_TLS_TPREL,
};
#endif

enum { OBJECTS_MAX = 256 };

/* A loaded object; tables are its own. */
struct object {
    const char *name; /* "": the worker */
    uintptr_t base, low, high;
    const ElfW(Dyn) * dynamic;
    const char *strings;
    const ElfW(Sym) * symbols;
    size_t thread_module;
    uintptr_t thread_low, thread_high; /* its variables of this thread */
};

/* Static: the heap stays as it would be without the control. */
struct loaded {
    struct object objects[OBJECTS_MAX];
    size_t count;
    bool too_many;
};

/* An arm that is looked at. */
struct view {
    const struct worker_bindings *arms;
    size_t arm_count, arm;
    const struct loaded *loaded;
    const struct object *module;
    bool needed[OBJECTS_MAX]; /* the module and what it needs, directly or not */
};

/* ---- what is loaded ---- */

static const ElfW(Dyn) * entry_of(const struct object *object, ElfW(Sxword) tag)
{
    for (const ElfW(Dyn) *entry = object->dynamic; entry && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry;
    return NULL;
}

/* An address in glibc, an offset where the dynamic section is read-only. */
static const void *table_of(const struct object *object, ElfW(Sxword) tag)
{
    const ElfW(Dyn) *entry = entry_of(object, tag);
    if (entry == NULL)
        return NULL;
    const uintptr_t address = entry->d_un.d_ptr < object->base ? object->base + entry->d_un.d_ptr : entry->d_un.d_ptr;
    return (const void *)address;
}

static int add_object(struct dl_phdr_info *info, size_t size, void *context)
{
    struct loaded *loaded = context;
    (void)size;
    if (loaded->count == OBJECTS_MAX) {
        loaded->too_many = true;
        return 1;
    }
    struct object *object = &loaded->objects[loaded->count++];
    *object = (struct object){.name = info->dlpi_name, .base = info->dlpi_addr, .low = UINTPTR_MAX};
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        const uintptr_t low = info->dlpi_addr + header->p_vaddr, high = low + header->p_memsz;
        if (header->p_type == PT_LOAD) {
            object->low = low < object->low ? low : object->low;
            object->high = high > object->high ? high : object->high;
        } else if (header->p_type == PT_DYNAMIC) {
            object->dynamic = (const ElfW(Dyn) *)low;
        } else if (header->p_type == PT_TLS && info->dlpi_tls_data) {
            object->thread_low = (uintptr_t)info->dlpi_tls_data;
            object->thread_high = object->thread_low + header->p_memsz;
        }
    }
    object->thread_module = info->dlpi_tls_modid;
    object->strings = table_of(object, DT_STRTAB);
    object->symbols = table_of(object, DT_SYMTAB);
    return 0;
}

/* NULL: nobody's. */
static const struct object *owner_of(const struct loaded *loaded, uintptr_t address)
{
    for (size_t i = 0; i < loaded->count; i++)
        if (address >= loaded->objects[i].low && address < loaded->objects[i].high)
            return &loaded->objects[i];
    return NULL;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The object that the loader took for the name of something needed; NULL when it is not there. */
static const struct object *needed_object(const struct loaded *loaded, const char *name)
{
    const struct object *found = NULL;
    for (size_t i = 0; i < loaded->count; i++) {
        const struct object *object = &loaded->objects[i];
        const ElfW(Dyn) *soname = entry_of(object, DT_SONAME);
        if (strcmp(object->name, name) == 0)
            return object;
        if (found == NULL && (strcmp(file_name(object->name), file_name(name)) == 0 ||
                              (soname && object->strings && strcmp(object->strings + soname->d_un.d_val, name) == 0)))
            found = object;
    }
    return found;
}

static void mark_needed(struct view *view, const struct object *object)
{
    bool *marked = &view->needed[object - view->loaded->objects];
    if (*marked)
        return;
    *marked = true;
    for (const ElfW(Dyn) *entry = object->dynamic; entry && object->strings && entry->d_tag != DT_NULL; entry++) {
        const struct object *other =
            entry->d_tag == DT_NEEDED ? needed_object(view->loaded, object->strings + entry->d_un.d_val) : NULL;
        if (other)
            mark_needed(view, other);
    }
}

/* ---- what may answer ---- */

/* All of one release: what is bound among them is theirs to know. */
static bool is_c_library(const struct object *object)
{
    static const char *const names[] = {"libc.so.6",    "libm.so.6",    "libpthread.so.0", "libdl.so.2", "librt.so.1",
                                        "libmvec.so.1", "libutil.so.1", "libresolv.so.2",  "libanl.so.1"};
    const char *name = file_name(object->name);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "ld-linux", strlen("ld-linux")) == 0 || strncmp(name, "linux-vdso", strlen("linux-vdso")) == 0;
}

/* What the interposer counts, and operators new and delete, which allocators bring too. */
static bool allocates(const char *symbol)
{
    static const char *const names[] = {
        "malloc",         "calloc", "realloc", "reallocarray",       "free", "aligned_alloc", "memalign",
        "posix_memalign", "valloc", "pvalloc", "malloc_usable_size", "mmap", "mmap64",        "mremap",
        "munmap"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(symbol, names[i]) == 0)
            return true;
    return strncmp(symbol, "_Zn", 3) == 0 || strncmp(symbol, "_Zd", 3) == 0;
}

/* Whether it is from there that the whole process has this function. */
static bool is_everybodys(const struct loaded *loaded, const struct object *owner, const char *symbol)
{
    return *owner->name && owner_of(loaded, (uintptr_t)dlsym(RTLD_DEFAULT, symbol)) == owner;
}

static bool is_another_arms(const struct view *view, const struct object *object, size_t *arm)
{
    for (*arm = 0; *arm < view->arm_count; (*arm)++)
        if (object != view->module && owner_of(view->loaded, (uintptr_t)view->arms[*arm].inside) == object)
            return true;
    return false;
}

/* ---- relocations ---- */

/* A variable that holds an address may have got another one since, from a constructor; then there is no such symbol at
 * its new place. */
static bool has_symbol(const struct loaded *loaded, const struct object *object, const char *symbol)
{
    void *handle = dlopen(*object->name ? object->name : NULL, RTLD_LAZY | RTLD_NOLOAD);
    const bool found = handle && owner_of(loaded, (uintptr_t)dlsym(handle, symbol)) == object;
    if (handle)
        dlclose(handle);
    return found;
}

static const struct object *thread_owner(const struct loaded *loaded, ElfW(Xword) type, uintptr_t value)
{
    const uintptr_t address = (uintptr_t)__builtin_thread_pointer() + value;
    for (size_t i = 0; i < loaded->count; i++) {
        const struct object *object = &loaded->objects[i];
        if (type == RELOCATION_THREAD_MODULE
                ? value != 0 && object->thread_module == value
                : object->thread_low && address >= object->thread_low && address < object->thread_high)
            return object;
    }
    return NULL;
}

/* The object that a symbol was taken from; NULL: from none (it is weak and missing, or a number), or nobody can say. */
static const struct object *taken_from(const struct loaded *loaded, const struct object *user, const ElfW(Rela) * entry,
                                       const char *symbol)
{
    const ElfW(Xword) type = ELF64_R_TYPE(entry->r_info);
    uintptr_t value;
    if (type != RELOCATION_ADDRESS && type != RELOCATION_VARIABLE && type != RELOCATION_FUNCTION &&
        type != RELOCATION_THREAD_MODULE && type != RELOCATION_THREAD_OFFSET)
        return NULL;
    memcpy(&value, (const void *)(user->base + entry->r_offset), sizeof value);
    if (type == RELOCATION_THREAD_MODULE)
        return thread_owner(loaded, type, value);
    if (value == 0)
        return NULL;
    value -= (uintptr_t)entry->r_addend;
    if (type == RELOCATION_THREAD_OFFSET)
        return thread_owner(loaded, type, value);
    const struct object *owner = owner_of(loaded, value);
    return owner && type == RELOCATION_ADDRESS && owner != user && !has_symbol(loaded, owner, symbol) ? NULL : owner;
}

static const char *words_of(const struct view *view, const struct object *owner, char words[static PATH_MAX])
{
    size_t arm;
    if (is_another_arms(view, owner, &arm))
        snprintf(words, PATH_MAX, "the module of arm %zu (variant %s)", arm, view->arms[arm].variant);
    else
        snprintf(words, PATH_MAX, "%s", *owner->name ? owner->name : "the worker itself");
    return words;
}

/* A module's own symbol, or one of a shared object that belongs to it, is somebody else's. */
static int replaced(const struct view *view, const struct object *user, const struct object *owner, const char *symbol,
                    bool unique, struct error *error)
{
    char words[PATH_MAX], whose[NAME_MAX + 8] = "";
    if (user != view->module)
        snprintf(whose, sizeof whose, "%s's ", file_name(user->name));
    return error_set(error, EXIT_USAGE, "%s: its %s%s is bound to %.300s: %s or give the object file",
                     view->arms[view->arm].file, whose, symbol, words_of(view, owner, words),
                     unique ? "compile it with -fno-gnu-unique and link it with -Wl,-Bsymbolic,"
                            : "link it with -Wl,-Bsymbolic");
}

/* A symbol that was lacking was taken from where it should not have been. */
static int strayed(const struct view *view, const struct object *user, const struct object *owner, const char *symbol,
                   struct error *error)
{
    char words[PATH_MAX], whose[NAME_MAX + 8] = "";
    if (user != view->module)
        snprintf(whose, sizeof whose, "%s's ", file_name(user->name));
    return error_set(error, EXIT_USAGE,
                     "%s: its %s%s is bound to %.300s, which it does not need by name: link it with the library that "
                     "has it (an object file: ENCBENCH_NEEDS)",
                     view->arms[view->arm].file, whose, symbol, words_of(view, owner, words));
}

static bool belongs(const struct view *view, const struct object *object)
{
    const char *directory = view->arms[view->arm].shared_directory;
    const size_t length = strlen(directory);
    return object == view->module ||
           (length > 0 && strncmp(object->name, directory, length) == 0 && object->name[length] == '/');
}

static int check_symbol(const struct view *view, const struct object *user, const ElfW(Rela) * entry,
                        struct error *error)
{
    const ElfW(Sym) *symbol = &user->symbols[ELF64_R_SYM(entry->r_info)];
    const char *name = user->strings + symbol->st_name;
    const struct object *owner = taken_from(view->loaded, user, entry, name);
    if (owner == NULL || owner == user)
        return 0;
    if (symbol->st_shndx != SHN_UNDEF && belongs(view, user))
        return replaced(view, user, owner, name, ELF64_ST_BIND(symbol->st_info) == STB_GNU_UNIQUE, error);
    size_t other;
    if ((view->needed[owner - view->loaded->objects] && !is_another_arms(view, owner, &other)) || is_c_library(owner) ||
        (allocates(name) && is_everybodys(view->loaded, owner, name)))
        return 0;
    return strayed(view, user, owner, name, error);
}

static int check_table(const struct view *view, const struct object *user, ElfW(Sxword) table, ElfW(Sxword) table_bytes,
                       struct error *error)
{
    const ElfW(Rela) *entries = table_of(user, table);
    const ElfW(Dyn) *bytes = entry_of(user, table_bytes);
    const size_t count = entries && bytes ? bytes->d_un.d_val / sizeof *entries : 0;
    for (size_t i = 0; i < count; i++)
        if (ELF64_R_SYM(entries[i].r_info) != 0 && check_symbol(view, user, &entries[i], error) != 0)
            return error->code;
    return 0;
}

/* ---- libraries of one name ---- */

/* One of the directories of `list` where `name` is, as the loader reads them; $ORIGIN is that of `user`. */
static bool find_in_list(const struct object *user, const char *list, const char *name, char path[static PATH_MAX],
                         struct stat *status)
{
    static const char origin[] = "$ORIGIN";
    for (const char *at = list; at && *at; at += strcspn(at, ":"), at += *at == ':') {
        const int length = (int)strcspn(at, ":"),
                  from = strncmp(at, origin, strlen(origin)) == 0 ? (int)strlen(origin) : 0;
        const int home = from ? (int)(file_name(user->name) - user->name) - 1 : 0;
        if (snprintf(path, PATH_MAX, "%.*s%.*s/%s", home, user->name, length - from, at + from, name) < PATH_MAX &&
            stat(path, status) == 0)
            return true;
    }
    return false;
}

static const char *text_of(const struct object *object, ElfW(Sxword) tag)
{
    const ElfW(Dyn) *entry = entry_of(object, tag);
    return entry && object->strings ? object->strings + entry->d_un.d_val : NULL;
}

/* Where an object of a module says that what it needs is: by itself, or by the module. */
static bool find_wanted(const struct view *view, const struct object *user, const char *name,
                        char path[static PATH_MAX], struct stat *status)
{
    return find_in_list(user, text_of(user, DT_RUNPATH), name, path, status) ||
           find_in_list(user, text_of(user, DT_RPATH), name, path, status) ||
           find_in_list(view->module, text_of(view->module, DT_RPATH), name, path, status);
}

/* Two builds of one source have the same library twice. */
static bool has_same_bytes(const char *a, const char *b)
{
    FILE *of_a = fopen(a, "re"), *of_b = fopen(b, "re");
    char bytes_a[4096], bytes_b[sizeof bytes_a];
    bool same = of_a && of_b;
    for (size_t count = sizeof bytes_a; same && count == sizeof bytes_a;) {
        count = fread(bytes_a, 1, sizeof bytes_a, of_a);
        same = fread(bytes_b, 1, sizeof bytes_b, of_b) == count && memcmp(bytes_a, bytes_b, count) == 0 &&
               !ferror(of_a) && !ferror(of_b);
    }
    if (of_a)
        fclose(of_a);
    if (of_b)
        fclose(of_b);
    return same;
}

/* The loader takes what has been loaded by this name, wherever that is: one of two releases would be measured twice. */
static int check_library(const struct view *view, const struct object *user, const char *name, struct error *error)
{
    static char path[PATH_MAX];
    const struct object *found = needed_object(view->loaded, name);
    struct stat wanted, is;
    if (found == NULL || strchr(name, '/') || is_c_library(found) || stat(found->name, &is) != 0)
        return 0;
    if (find_wanted(view, user, name, path, &wanted) && (wanted.st_dev != is.st_dev || wanted.st_ino != is.st_ino) &&
        !has_same_bytes(path, found->name))
        return error_set(error, EXIT_USAGE,
                         "%s: needs %.500s, but the process has %.500s, which has the same name: give both as archives "
                         "(.a), or build one of them with another soname",
                         view->arms[view->arm].file, path, found->name);
    return 0;
}

static int check_libraries(const struct view *view, const struct object *user, struct error *error)
{
    for (const ElfW(Dyn) *entry = user->dynamic; entry && user->strings && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_NEEDED && check_library(view, user, user->strings + entry->d_un.d_val, error) != 0)
            return error->code;
    return 0;
}

static int check_arm(struct view *view, struct error *error)
{
    const struct worker_bindings *arm = &view->arms[view->arm];
    view->module = owner_of(view->loaded, (uintptr_t)arm->inside);
    if (view->module == NULL)
        return error_set(error, EXIT_USAGE, "%s: the loader does not know what it has loaded", arm->file);
    mark_needed(view, view->module);
    for (size_t i = 0; i < view->loaded->count; i++) {
        const struct object *user = &view->loaded->objects[i];
        if (!view->needed[i] || is_c_library(user) || user->symbols == NULL || user->strings == NULL)
            continue;
        if (check_libraries(view, user, error) != 0)
            return error->code;
        if (check_table(view, user, DT_RELA, DT_RELASZ, error) != 0 ||
            check_table(view, user, DT_JMPREL, DT_PLTRELSZ, error) != 0)
            return error->code;
    }
    return 0;
}

int worker_bindings_check(const struct worker_bindings *arms, size_t count, volatile uint32_t *arm, struct error *error)
{
    static struct loaded loaded;
    loaded = (struct loaded){0};
    dl_iterate_phdr(add_object, &loaded);
    if (loaded.too_many)
        return error_set(error, EXIT_USAGE, "%s: more than %d objects are loaded with it", arms[0].file, OBJECTS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct view view = {.arms = arms, .arm_count = count, .arm = i, .loaded = &loaded};
        *arm = (uint32_t)i;
        if (check_arm(&view, error) != 0)
            return error->code;
    }
    return 0;
}
