#include "count/identical.h"

#include "base/hash.h"
#include "base/paths.h"
#include "module/elf_file.h"
#include "module/libraries.h"
#include "schema.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ABSOLUTE_RELOCATION R_X86_64_64
#elif defined(__aarch64__)
#define ABSOLUTE_RELOCATION R_AARCH64_ABS64
#endif

/* An object file; sections and symbols point into it. */
struct object {
    const char *file;
    unsigned char *bytes;
    size_t size;
    struct elf_sections all;
    struct elf_symbols symbols;
    const Elf64_Shdr *sections; /* of `all` */
    size_t section_count;
    size_t *partner;     /* section of the other object that it was compared with; 0: none yet */
    size_t *relocations; /* section that holds those of a section; 0: none */
};

struct place { /* section 0: nowhere */
    size_t section;
    uint64_t offset;
};

struct comparison {
    struct object side[2];
    const char *function; /* of the workload, that is being followed */
    enum identical result;
    char *reason;
    size_t reason_bytes;
};

const char *identical_name(enum identical identical)
{
    static const char *const names[] = {"no", "yes", "not available"};
    return names[identical];
}

/* ---- object files ---- */

static const unsigned char *contents(const struct object *object, const Elf64_Shdr *section)
{
    if (section->sh_type == SHT_NOBITS || section->sh_offset > object->size ||
        section->sh_size > object->size - section->sh_offset)
        return NULL;
    return object->bytes + section->sh_offset;
}

static const char *section_name(const struct object *object, size_t section)
{
    return elf_section_name(&object->all, section);
}

static const char *symbol_name(const struct object *object, const Elf64_Sym *symbol)
{
    return elf_symbol_name(&object->symbols, (size_t)(symbol - object->symbols.symbols));
}

/* 0: none of its own. */
static size_t symbol_section(const struct object *object, const Elf64_Sym *symbol)
{
    const size_t section = elf_symbol_section(&object->symbols, (size_t)(symbol - object->symbols.symbols));
    return section < object->section_count ? section : 0;
}

/* False: not an object file that can be read. The linker has taken it before. */
static bool index_object(struct object *object)
{
    char words[ELF_FILE_WORDS_BYTES];
    if (elf_file_fault(object->bytes, object->size, ET_REL, words) != NULL ||
        elf_file_sections(object->bytes, object->size, &object->all) != NULL)
        return false;
    object->sections = object->all.headers;
    object->section_count = object->all.count;
    object->symbols = elf_file_symbols(&object->all);
    object->partner = calloc(object->section_count + 1, sizeof *object->partner);
    object->relocations = calloc(object->section_count + 1, sizeof *object->relocations);
    for (size_t i = 1; object->relocations && i < object->section_count; i++)
        if (object->sections[i].sh_type == SHT_RELA && object->sections[i].sh_info < object->section_count)
            object->relocations[object->sections[i].sh_info] = i;
    return object->symbols.symbols != NULL && object->partner != NULL && object->relocations != NULL;
}

static bool read_object(struct object *object, const char *file)
{
    struct stat status;
    const int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    *object = (struct object){.file = file};
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED) {
            object->bytes = bytes;
            object->size = (size_t)status.st_size;
        }
    }
    if (fd >= 0)
        close(fd);
    return object->bytes != NULL && index_object(object);
}

static void close_object(struct object *object)
{
    if (object->bytes)
        munmap(object->bytes, object->size);
    free(object->partner);
    free(object->relocations);
}

/* Relocations of a section; *count 0 when it has none. */
static const Elf64_Rela *relocations(const struct object *object, size_t section, size_t *count)
{
    const Elf64_Shdr *table = &object->sections[object->relocations[section]];
    const unsigned char *entries = object->relocations[section] ? contents(object, table) : NULL;
    *count = entries ? table->sh_size / sizeof(Elf64_Rela) : 0;
    return (const Elf64_Rela *)(const void *)entries;
}

static const Elf64_Sym *symbol_of(const struct object *object, const Elf64_Rela *relocation)
{
    const size_t index = ELF64_R_SYM(relocation->r_info);
    return index < object->symbols.count ? &object->symbols.symbols[index] : NULL;
}

static const Elf64_Rela *relocation_at(const struct object *object, struct place at)
{
    size_t count;
    const Elf64_Rela *table = relocations(object, at.section, &count);
    for (size_t i = 0; i < count; i++)
        if (table[i].r_offset == at.offset)
            return &table[i];
    return NULL;
}

/* Where the pointer at a place leads; nowhere when it is null or leads out of the object. */
static struct place follow(const struct object *object, struct place at)
{
    const Elf64_Rela *relocation = relocation_at(object, at);
    const Elf64_Sym *symbol = relocation ? symbol_of(object, relocation) : NULL;
    if (symbol == NULL || ELF64_R_TYPE(relocation->r_info) != ABSOLUTE_RELOCATION ||
        symbol_section(object, symbol) == 0)
        return (struct place){0};
    return (struct place){symbol_section(object, symbol), symbol->st_value + (uint64_t)relocation->r_addend};
}

/* `bytes` of content at a place, or NULL. */
static const void *bytes_at(const struct object *object, struct place at, size_t bytes)
{
    const Elf64_Shdr *section = &object->sections[at.section];
    const unsigned char *start = at.section ? contents(object, section) : NULL;
    return start && at.offset <= section->sh_size && bytes <= section->sh_size - at.offset ? start + at.offset : NULL;
}

static const char *string_at(const struct object *object, struct place at)
{
    const char *text = bytes_at(object, at, 1);
    return text && memchr(text, '\0', object->sections[at.section].sh_size - at.offset) ? text : NULL;
}

static struct place find_symbol(const struct object *object, const char *name)
{
    for (size_t i = 0; i < object->symbols.count; i++) {
        const Elf64_Sym *symbol = &object->symbols.symbols[i];
        if (symbol_section(object, symbol) != 0 && strcmp(symbol_name(object, symbol), name) == 0)
            return (struct place){symbol_section(object, symbol), symbol->st_value};
    }
    return (struct place){0};
}

/* ---- comparing ---- */

static bool differ(struct comparison *comparison, const char *what, const char *name, uint64_t offset)
{
    comparison->result = IDENTICAL_NO;
    snprintf(comparison->reason, comparison->reason_bytes, "%s: %s+%#" PRIx64 " %s", comparison->function, name, offset,
             what);
    return false;
}

/* An entry of a section that the linker merges (strings, constants) is compared alone, because which others stand
 * beside it is no matter of this function. NULL: its start is not known for sure, so that the whole section has to be
 * compared. */
static const unsigned char *merged_entry(const struct object *object, size_t section, uint64_t offset, size_t *bytes)
{
    const Elf64_Shdr *header = &object->sections[section];
    const unsigned char *start = contents(object, header);
    if (!(header->sh_flags & SHF_MERGE) || start == NULL || offset >= header->sh_size || header->sh_entsize == 0)
        return NULL;
    if (!(header->sh_flags & SHF_STRINGS)) {
        *bytes = header->sh_entsize;
        return offset % header->sh_entsize == 0 && *bytes <= header->sh_size - offset ? start + offset : NULL;
    }
    const unsigned char *end = memchr(start + offset, '\0', header->sh_size - offset);
    if (header->sh_entsize != 1 || end == NULL || (offset > 0 && start[offset - 1] != '\0'))
        return NULL;
    *bytes = (size_t)(end - (start + offset)) + 1;
    return start + offset;
}

/* A reference relative to the program counter counts from behind its own four bytes, where no constant follows. */
static uint64_t reference_offset(const Elf64_Sym *symbol, const Elf64_Rela *relocation)
{
    uint64_t offset = symbol->st_value + (uint64_t)relocation->r_addend;
#ifdef __x86_64__
    if (ELF64_R_TYPE(relocation->r_info) == R_X86_64_PC32)
        offset += 4;
#endif
    return offset;
}

static bool same_section(struct comparison *comparison, size_t a, size_t b);

static bool same_reference(struct comparison *comparison, const Elf64_Rela *a, const Elf64_Rela *b, const char *from)
{
    const struct object *left = &comparison->side[0], *right = &comparison->side[1];
    const Elf64_Sym *x = symbol_of(left, a), *y = symbol_of(right, b);
    if (x == NULL || y == NULL || ELF64_R_TYPE(a->r_info) != ELF64_R_TYPE(b->r_info))
        return differ(comparison, "refers to something else", from, a->r_offset);
    const size_t x_section = symbol_section(left, x), y_section = symbol_section(right, y);
    const bool inside = x_section != 0;
    if (inside != (y_section != 0))
        return differ(comparison, "refers to something else", from, a->r_offset);
    if (!inside) {
        if (x->st_shndx != y->st_shndx || x->st_value != y->st_value || a->r_addend != b->r_addend ||
            strcmp(symbol_name(left, x), symbol_name(right, y)) != 0)
            return differ(comparison, "refers to something else", from, a->r_offset);
        return true;
    }
    size_t x_bytes, y_bytes;
    const unsigned char *x_entry = merged_entry(left, x_section, reference_offset(x, a), &x_bytes),
                        *y_entry = merged_entry(right, y_section, reference_offset(y, b), &y_bytes);
    if (x_entry && y_entry) {
        if (x_bytes != y_bytes || memcmp(x_entry, y_entry, x_bytes) != 0)
            return differ(comparison, "refers to another constant", from, a->r_offset);
        return true;
    }
    if (x->st_value + (uint64_t)a->r_addend != y->st_value + (uint64_t)b->r_addend)
        return differ(comparison, "refers to another place", from, a->r_offset);
    return same_section(comparison, x_section, y_section);
}

static bool same_references(struct comparison *comparison, size_t a, size_t b)
{
    size_t count, other_count;
    const Elf64_Rela *table = relocations(&comparison->side[0], a, &count),
                     *other = relocations(&comparison->side[1], b, &other_count);
    const char *name = section_name(&comparison->side[0], a);
    if (count != other_count)
        return differ(comparison, "refers to more or less", name, 0);
    for (size_t i = 0; i < count; i++) {
        if (table[i].r_offset != other[i].r_offset)
            return differ(comparison, "refers to something else", name, table[i].r_offset);
        if (!same_reference(comparison, &table[i], &other[i], name))
            return false;
    }
    return true;
}

static uint64_t first_difference(const unsigned char *a, const unsigned char *b, uint64_t bytes)
{
    uint64_t i = 0;
    while (i < bytes && a[i] == b[i])
        i++;
    return i;
}

/* Sections are partners from when their comparison starts, so that code that refers back to itself ends. */
static bool same_section(struct comparison *comparison, size_t a, size_t b)
{
    struct object *left = &comparison->side[0], *right = &comparison->side[1];
    const Elf64_Shdr *x = &left->sections[a], *y = &right->sections[b];
    const char *name = section_name(left, a);
    if (left->partner[a] == b && right->partner[b] == a)
        return true;
    if (left->partner[a] != 0 || right->partner[b] != 0)
        return differ(comparison, "refers to another place", name, 0);
    left->partner[a] = b;
    right->partner[b] = a;
    if (x->sh_type != y->sh_type || x->sh_flags != y->sh_flags || x->sh_addralign != y->sh_addralign ||
        x->sh_size != y->sh_size)
        return differ(comparison, "has another size or kind", name, x->sh_size < y->sh_size ? x->sh_size : y->sh_size);
    if (x->sh_type == SHT_NOBITS)
        return true;
    const unsigned char *left_bytes = contents(left, x), *right_bytes = contents(right, y);
    const uint64_t same = left_bytes && right_bytes ? first_difference(left_bytes, right_bytes, x->sh_size) : 0;
    if (same < x->sh_size)
        return differ(comparison, "has other bytes", name, same);
    return same_references(comparison, a, b);
}

/* ---- workloads ---- */

static struct place beyond(struct place at, uint64_t bytes)
{
    return (struct place){at.section, at.offset + bytes};
}

static struct place find_workload(const struct object *object, const char *workload)
{
    const struct place module = find_symbol(object, "encbench_module");
    const uint32_t *count = bytes_at(object, beyond(module, offsetof(struct encbench_module, workload_count)), 4);
    const struct place table = follow(object, beyond(module, offsetof(struct encbench_module, workloads)));
    /* Rows of version 1 are shorter. */
    const uint32_t *row_bytes = bytes_at(object, beyond(module, offsetof(struct encbench_module, workload_bytes)), 4);
    for (uint32_t i = 0;
         module.section && table.section && count && row_bytes && i < *count && i < MODULE_WORKLOADS_MAX; i++) {
        const struct place entry = beyond(table, i * (uint64_t)*row_bytes);
        const char *name =
            string_at(object, follow(object, beyond(entry, offsetof(struct encbench_workload, short_name))));
        if (name && strcmp(name, workload) == 0)
            return entry;
    }
    return (struct place){0};
}

static void cannot(struct comparison *comparison, const char *file, const char *why)
{
    const char *slash = strrchr(file, '/');
    comparison->result = IDENTICAL_NOT_AVAILABLE;
    snprintf(comparison->reason, comparison->reason_bytes, "%s: %s", slash ? slash + 1 : file, why);
}

static bool same_function(struct comparison *comparison, const char *name, struct place a, struct place b)
{
    const Elf64_Rela *left = relocation_at(&comparison->side[0], a), *right = relocation_at(&comparison->side[1], b);
    comparison->function = name;
    if (left == NULL && right == NULL)
        return true;
    return left && right ? same_reference(comparison, left, right, "workload table")
                         : differ(comparison, "is there on one side only", "workload table", 0);
}

static bool is_of_version_1(const struct object *object)
{
    const uint32_t *version = bytes_at(
        object, beyond(find_symbol(object, "encbench_module"), offsetof(struct encbench_module, abi_version)), 4);
    return version == NULL || *version == 1;
}

static void compare_workload(struct comparison *comparison, struct place a, struct place b)
{
    static const struct {
        const char *name;
        size_t offset;
    } functions[] = {
        {"run", offsetof(struct encbench_workload, run)},
        {"setup", offsetof(struct encbench_workload, setup)},
        {"before", offsetof(struct encbench_workload, before)},
        {"after", offsetof(struct encbench_workload, after)},
        {"teardown", offsetof(struct encbench_workload, teardown)},
        {"run_latency", offsetof(struct encbench_workload, run_latency)}, /* of version 2 from here on */
        {"thread_begin", offsetof(struct encbench_workload, thread_begin)},
        {"thread_end", offsetof(struct encbench_workload, thread_end)},
        {"thread_before", offsetof(struct encbench_workload, thread_before)},
        {"thread_after", offsetof(struct encbench_workload, thread_after)},
    };
    enum { FIRST_VERSION = 5 };
    const size_t known = is_of_version_1(&comparison->side[0]) || is_of_version_1(&comparison->side[1])
                             ? FIRST_VERSION
                             : sizeof functions / sizeof functions[0];
    const size_t first = offsetof(struct encbench_workload, input_bytes),
                 bytes = offsetof(struct encbench_workload, digest) - first;
    const void *left = bytes_at(&comparison->side[0], beyond(a, first), bytes),
               *right = bytes_at(&comparison->side[1], beyond(b, first), bytes);
    comparison->result = IDENTICAL_YES;
    for (size_t i = 0; i < known && comparison->result == IDENTICAL_YES; i++)
        same_function(comparison, functions[i].name, beyond(a, functions[i].offset), beyond(b, functions[i].offset));
    comparison->function = "figures of the workload";
    if (comparison->result == IDENTICAL_YES && (left == NULL || right == NULL || memcmp(left, right, bytes) != 0))
        differ(comparison, "have other values", "workload table", 0);
}

enum identical identical_compare(const char *baseline, const char *contender, const char *workload, char *reason,
                                 size_t reason_bytes)
{
    struct comparison comparison = {.result = IDENTICAL_NOT_AVAILABLE, .reason = reason, .reason_bytes = reason_bytes};
    const char *const files[2] = {baseline, contender};
    struct place places[2];
    bool ok = true;
    reason[0] = '\0';
    for (int i = 0; i < 2 && ok; i++) {
        if (!(ok = read_object(&comparison.side[i], files[i]))) {
            cannot(&comparison, files[i], "is not an object file; what is linked already cannot be compared");
            break;
        }
        places[i] = find_workload(&comparison.side[i], workload);
        if (!(ok = places[i].section != 0))
            cannot(&comparison, files[i], "the workload's entry is not found in the object file");
    }
    if (ok)
        compare_workload(&comparison, places[0], places[1]);
    for (int i = 0; i < 2; i++)
        close_object(&comparison.side[i]);
    return comparison.result;
}

enum identical identical_modules(const struct module_info *baseline, const struct module_info *contender,
                                 const char *workload, char *reason, size_t reason_bytes)
{
    uint64_t a = HASH_START, b = HASH_START;
    const enum identical objects = identical_compare(baseline->file, contender->file, workload, reason, reason_bytes);
    if (objects != IDENTICAL_YES)
        return objects;
    if (!module_libraries_hash(baseline, &a) || !module_libraries_hash(contender, &b)) {
        snprintf(reason, reason_bytes, "which libraries they load is not known here (ldd)");
        return IDENTICAL_NOT_AVAILABLE;
    }
    if (a == b)
        return IDENTICAL_YES;
    snprintf(reason, reason_bytes, "the libraries that they load are not the same");
    return IDENTICAL_NO;
}

/* ---- identical_code.csv ---- */

static bool same_pair(const struct plan_row *a, const struct plan_row *b)
{
    return strcmp(a->kind, "pair") == 0 && strcmp(a->baseline[0], b->baseline[0]) == 0 &&
           strcmp(a->contender[0], b->contender[0]) == 0;
}

static bool is_timed(const struct plan *plan, const struct plan_row *row, const char *workload)
{
    for (size_t c = 0; c < plan->cell_count; c++)
        if (strcmp(plan->cells[c].panel, row->panel) == 0 && strcmp(plan->cells[c].workload, workload) == 0)
            return true;
    return false;
}

/* Whether an earlier row of the plan has the same pair on this workload. */
static bool is_done(const struct plan *plan, size_t row, const char *workload)
{
    for (size_t i = 0; i < row; i++)
        if (same_pair(&plan->rows[i], &plan->rows[row]) && is_timed(plan, &plan->rows[i], workload))
            return true;
    return false;
}

static void put_pair(struct csv_writer *writer, const struct plan_row *row, const struct module_set *set,
                     const struct plan_cell *cell)
{
    char reason[512], clean[512];
    const struct module_info *baseline = module_set_find(set, row->baseline[0], false),
                             *contender = module_set_find(set, row->contender[0], false);
    if (baseline == NULL || contender == NULL)
        return;
    const enum identical identical = identical_modules(baseline, contender, cell->base_workload, reason, sizeof reason);
    csv_put_text(writer, row->baseline[0]);
    csv_put_text(writer, row->contender[0]);
    csv_put_text(writer, cell->workload);
    csv_put_text(writer, identical_name(identical));
    csv_clean(clean, sizeof clean, reason);
    csv_put_text(writer, clean);
    csv_end_row(writer);
}

int identical_measure(const char *directory, const struct plan *plan, const struct module_set *set, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer;
    if (paths_join(path, directory, schema_identical_code.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_identical_code, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t r = 0; r < plan->row_count; r++)
        for (size_t c = 0; c < plan->cell_count; c++) {
            const char *workload = plan->cells[c].workload;
            if (strcmp(plan->rows[r].kind, "pair") == 0 && strcmp(plan->cells[c].panel, plan->rows[r].panel) == 0 &&
                !is_done(plan, r, workload))
                put_pair(writer, &plan->rows[r], set, &plan->cells[c]);
        }
    return csv_writer_close(writer, error);
}
