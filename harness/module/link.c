#include "module/link.h"

#include "base/process.h"
#include "base/random.h"
#include "base/scratch.h"
#include "base/toolchain.h"
#include "module/elf_file.h"
#include "module/link_needs.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int not_an_object(const char *file, const char *what, struct error *error)
{
    return error_set(error, EXIT_USAGE,
                     "%s: %s; expected a 64-bit ELF object file (.o) of this machine, built with -fPIC", file, what);
}

int layout_check_shared(const char *file, struct error *error)
{
    unsigned char header[sizeof(Elf64_Ehdr)];
    char words[ELF_FILE_WORDS_BYTES];
    FILE *stream = fopen(file, "re");
    const size_t size = stream ? fread(header, 1, sizeof header, stream) : 0;
    const char *fault = stream ? elf_file_fault(header, size, ET_DYN, words) : strerror(errno);
    if (stream)
        fclose(stream);
    if (fault)
        error_set(error, EXIT_USAGE, "%s: %s; expected a 64-bit ELF shared object (.so) of this machine", file, fault);
    return error->code;
}

/* A name that the linker's script can have in quotes, where it is no pattern. */
static bool is_plain(const char *name)
{
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at <= ' ' || strchr("\"\\*?[", *at) != NULL)
            return false;
    return *name != '\0';
}

/* gcc -flto without -ffat-lto-objects: byte 4 of this section says that there is no machine code beside (gcc 10 on). */
static bool is_slim(const unsigned char *bytes, const Elf64_Shdr *section, const char *name)
{
    static const char prefix[] = ".gnu.lto_.lto.";
    return strncmp(name, prefix, strlen(prefix)) == 0 && section->sh_type == SHT_PROGBITS && section->sh_size > 4 &&
           bytes[section->sh_offset + 4] != 0;
}

static int read_sections(const struct elf_sections *sections, struct layout_object *object, struct error *error)
{
    if ((object->sections = calloc(sections->count + 1, sizeof *object->sections)) == NULL)
        return error_out_of_memory(error);
    for (size_t i = 1; i < sections->count && error->code == 0; i++) {
        const Elf64_Shdr *section = &sections->headers[i];
        const char *name = elf_section_name(sections, i);
        if (section->sh_size == 0 || section->sh_type == SHT_NOBITS)
            continue;
        if (is_slim(sections->bytes, section, name))
            error_set(error, EXIT_USAGE,
                      "%s: holds no machine code, only what gcc -flto links later; compile it with -fno-lto, or with "
                      "-ffat-lto-objects",
                      object->file);
        else if (strcmp(name, LAYOUT_NEEDS_SECTION) == 0)
            layout_needs_find((const char *)sections->bytes + section->sh_offset, section->sh_size, object, error);
        else if (section->sh_flags & SHF_EXECINSTR && is_plain(name) &&
                 (object->sections[object->section_count++] = strdup(name)) == NULL)
            error_out_of_memory(error);
    }
    return error->code;
}

static int read_symbols(const struct elf_sections *sections, struct layout_object *object, struct error *error)
{
    const struct elf_symbols symbols = elf_file_symbols(sections);
    enum layout_runtime runtime = LAYOUT_C;
    for (size_t i = 1; i < symbols.count; i++) {
        const char *name = elf_symbol_name(&symbols, i);
        const Elf64_Sym *symbol = &symbols.symbols[i];
        if (strcmp(name, "encbench_module") == 0 && symbol->st_shndx != SHN_UNDEF)
            object->exports = ELF64_ST_BIND(symbol->st_info) == STB_LOCAL ? LAYOUT_LOCAL_MODULE : LAYOUT_MODULE;
        if (symbol->st_shndx == SHN_UNDEF && runtime < layout_runtime_of(name))
            runtime = layout_runtime_of(name);
    }
    return layout_needs_runtime(runtime, object, error);
}

/* Checks every offset against the file's size: the file may be anybody's. */
static int read_object(const unsigned char *bytes, size_t size, struct layout_object *object, struct error *error)
{
    char words[ELF_FILE_WORDS_BYTES];
    struct elf_sections sections;
    const char *fault = elf_file_fault(bytes, size, ET_REL, words);
    if (fault == NULL)
        fault = elf_file_sections(bytes, size, &sections);
    if (fault)
        return not_an_object(object->file, fault, error);
    return read_sections(&sections, object, error) == 0 ? read_symbols(&sections, object, error) : error->code;
}

int layout_object_read(const char *file, struct layout_object *object, struct error *error)
{
    *object = (struct layout_object){.file = strdup(file)};
    struct stat status;
    const int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO would wait for its writer */
    if (fd < 0 || fstat(fd, &status) != 0)
        error_set(error, EXIT_USAGE, "%s: cannot be read: %s", file, strerror(errno));
    else if (!S_ISREG(status.st_mode) || status.st_size == 0)
        not_an_object(file, "is not a regular file or is empty", error);
    if (error->code == 0) {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED) {
            error_set(error, EXIT_USAGE, "%s: cannot be read: %s", file, strerror(errno));
        } else {
            read_object(bytes, (size_t)status.st_size, object, error);
            munmap(bytes, (size_t)status.st_size);
        }
    }
    if (fd >= 0)
        close(fd);
    /* By its full path: the linker takes -x.o for an option. */
    free(object->file);
    if ((object->file = realpath(file, NULL)) == NULL)
        error_set(error, EXIT_USAGE, "%s: cannot be read: %s", file, strerror(errno));
    if (error->code != 0)
        layout_object_free(object);
    return error->code;
}

int layout_check_module(const char *given, const struct layout_object *object, struct error *error)
{
    if (object->exports == LAYOUT_LOCAL_MODULE)
        error_set(error, EXIT_USAGE,
                  "%s: its `encbench_module` is local to it; expected one that others see: `extern \"C\"` in C++, not "
                  "static; see harness/module.h",
                  given);
    else if (object->exports == LAYOUT_NO_MODULE)
        error_set(error, EXIT_USAGE, "%s: is not a module: it has no `encbench_module`; see harness/module.h", given);
    return error->code;
}

void layout_object_free(struct layout_object *object)
{
    for (size_t i = 0; i < object->section_count; i++)
        free(object->sections[i]);
    for (size_t i = 0; i < object->need_count; i++)
        free(object->needs[i]);
    free(object->runtime);
    free(object->sections);
    free(object->file);
    *object = (struct layout_object){0};
}

static struct random_stream layout_stream(uint64_t seed, uint32_t *offset_bytes)
{
    struct random_stream stream = random_stream_of(seed, RANDOM_LAYOUT, 0, 0);
    *offset_bytes = (uint32_t)random_below(&stream, LAYOUT_PAGE_BYTES / LAYOUT_STEP_BYTES) * LAYOUT_STEP_BYTES;
    return stream;
}

uint32_t layout_describe(uint64_t seed, char text[LAYOUT_TEXT_BYTES])
{
    uint32_t offset_bytes;
    layout_stream(seed, &offset_bytes);
    snprintf(text, LAYOUT_TEXT_BYTES, "offset=%" PRIu32 ":order=%08" PRIx32, offset_bytes, (uint32_t)(seed >> 32));
    return offset_bytes;
}

/* Sections other than code that get a random distance ahead of them: constants, relocated constants (and with them the
 * global offset table, which ends at a page boundary unless the link is -z norelro), statics. */
static const struct {
    const char *before, *inputs;
} padded_sections[] = {
    {".rodata", "*(.rodata .rodata.*)"},
    {".data.rel.ro", "*(.data.rel.ro .data.rel.ro.*)"},
    {".data", "*(.data .data.*)"},
    {".bss", "*(.bss .bss.*)"},
};

static void write_padding(FILE *file, struct random_stream *stream)
{
    for (size_t i = 0; i < sizeof padded_sections / sizeof padded_sections[0]; i++) {
        const char *name = padded_sections[i].before;
        fprintf(file, "SECTIONS { %s.encbench%s : { . += %" PRIu64 "; %s } } INSERT BEFORE %s;\n", name,
                strcmp(name, ".bss") == 0 ? " (NOLOAD)" : "",
                random_below(stream, LAYOUT_PAGE_BYTES / LAYOUT_STEP_BYTES) * LAYOUT_STEP_BYTES,
                padded_sections[i].inputs, name);
    }
}

/*
 * What one object of a process may take from another. Of a module nothing: the process holds a C library, and an arm
 * that was loaded before, whose symbols of the same name would be taken for the module's own (its `strlen`, the static
 * variable of an inline function). Destructors of static objects of C++ are registered with __dso_handle, which only
 * the compiler's start files define.
 */
static void write_symbols(FILE *file, const struct layout_link *link)
{
    if (link->shared_name == NULL)
        fprintf(file, "VERSION { { global: encbench_module; local: *; }; }\n");
    fprintf(file, "PROVIDE_HIDDEN(__dso_handle = ADDR(.text.encbench));\n");
}

/* INSERT keeps the linker's own script and puts our output section ahead of .text in the same segment. */
static int write_script(const struct layout_link *link, struct error *error)
{
    uint32_t offset_bytes, *order = calloc(link->object->section_count + 1, sizeof *order);
    char path[4096];
    struct random_stream stream = layout_stream(link->seed, &offset_bytes);
    snprintf(path, sizeof path, "%s.ld", link->output);
    FILE *file = order ? fopen(path, "we") : NULL;
    if (file == NULL) {
        free(order);
        return error_set(error, EXIT_USAGE, "%s: cannot be written: %s", path, strerror(errno));
    }
    random_permutation(&stream, order, link->object->section_count);
    fprintf(file, "SECTIONS { .text.encbench : ALIGN(%d) { . += %" PRIu32 ";\n", LAYOUT_PAGE_BYTES, offset_bytes);
    for (size_t i = 0; i < link->object->section_count; i++)
        fprintf(file, "  *(\"%s\")\n", link->object->sections[order[i]]);
    fprintf(file, "} } INSERT BEFORE .text;\n");
    write_padding(file, &stream);
    write_symbols(file, link);
    free(order);
    if (fclose(file) != 0)
        return error_set(error, EXIT_USAGE, "%s: cannot be written: %s", path, strerror(errno));
    return 0;
}

static int check_directory(const struct layout_link *link, struct error *error)
{
    if (link->shared == NULL || link->shared[0] == NULL || strchr(link->shared_directory, ':') == NULL)
        return 0;
    return error_set(error, EXIT_USAGE,
                     "%s: the loader takes a colon for the end of a directory's name; expected a path without one "
                     "(TMPDIR decides about temporary ones)",
                     link->shared_directory);
}

enum { FIXED_ARGUMENTS = 48, SHARED_MAX = 16, LINK_PATIENCE_S = 120 };

struct command {
    const char *arguments[FIXED_ARGUMENTS + SHARED_MAX + 3 * LAYOUT_NEEDS_MAX + 1];
    char script[4096], shared[SHARED_MAX][NAME_MAX + sizeof "-l:"];
    char directories[LAYOUT_NEEDS_MAX][PATH_MAX];
};

/* Where the loader finds a library that stands nowhere usual, and what that needs beside it. RPATH and not RUNPATH,
 * which stands behind LD_LIBRARY_PATH and does not count for what a library needs. */
static size_t add_needs(struct command *command, size_t count, const struct layout_object *object)
{
    for (size_t i = 0; i < object->need_count; i++) {
        command->arguments[count++] = object->needs[i];
        if (layout_needs_is_usual(object->needs[i]))
            continue;
        snprintf(command->directories[i], PATH_MAX, "%.*s", (int)(strrchr(object->needs[i], '/') - object->needs[i]),
                 object->needs[i]);
        command->arguments[count++] = "-rpath";
        command->arguments[count++] = command->directories[i];
    }
    return count;
}

static void fill_command(struct command *command, const struct layout_link *link)
{
    size_t count = 0;
    snprintf(command->script, sizeof command->script, "%s.ld", link->output);
    const char *const fixed[] = {LAYOUT_LINKER,
                                 "-shared",
                                 "-z",
                                 "now",
                                 "-z",
                                 "noexecstack",
                                 "-z",
                                 "norelro",
                                 "--build-id=none",
                                 "--disable-new-dtags",
                                 "--strip-debug",
                                 "--eh-frame-hdr", /* without it no exception finds its handler */
                                 "-T",
                                 command->script,
                                 "-o",
                                 link->output,
                                 link->object->file};
    for (; count < sizeof fixed / sizeof fixed[0]; count++)
        command->arguments[count] = fixed[count];
    /* By its name in that directory: given by its path, one without a soname would be found by this path for ever. */
    if (link->shared && link->shared[0]) {
        command->arguments[count++] = "-rpath";
        command->arguments[count++] = link->shared_directory;
        command->arguments[count++] = "-L";
        command->arguments[count++] = link->shared_directory;
    }
    if (link->shared_name) {
        command->arguments[count++] = "-Bsymbolic";
        command->arguments[count++] = "-soname";
        command->arguments[count++] = link->shared_name;
    }
    for (size_t i = 0; link->shared && link->shared[i] && i < SHARED_MAX; i++) {
        snprintf(command->shared[i], sizeof command->shared[i], "-l:%s", strrchr(link->shared[i], '/') + 1);
        command->arguments[count++] = command->shared[i];
    }
    count = add_needs(command, count, link->object);
    /* The process has none of these: what uses them has to bring them. */
    command->arguments[count++] = "--as-needed";
    if (link->object->runtime)
        command->arguments[count++] = link->object->runtime;
    command->arguments[count++] = toolchain_libm();
    if (*toolchain_libgcc()) /* divisions of 128 bits, atomics, whatever is no instruction */
        command->arguments[count++] = toolchain_libgcc();
    if (*toolchain_libgcc_s()) /* exceptions, backtraces */
        command->arguments[count++] = toolchain_libgcc_s();
    command->arguments[count++] = "--no-as-needed";
    command->arguments[count++] = toolchain_libc();
    command->arguments[count] = NULL;
}

/* What the linker said about an object: the first line that names it, or the one below when that is only a heading ("in
 * function `f':"). Else the first line of all; empty when there is none. */
static void read_log(const char *log, const char *file, char *text, size_t text_bytes)
{
    char line[512];
    FILE *stream = fopen(log, "re");
    bool named = false;
    text[0] = '\0';
    while (stream && fgets(line, sizeof line, stream)) {
        named = named || strstr(line, file) != NULL;
        line[strcspn(line, "\n")] = '\0';
        const bool heading = *line != '\0' && line[strlen(line) - 1] == ':';
        if (named || text[0] == '\0')
            snprintf(text, text_bytes, "%s", line);
        if (named && !heading)
            break;
    }
    if (stream)
        fclose(stream);
}

/* Killed by a signal, or without room for its own words, the linker says nothing: then how it ended. */
static void link_failed(const struct layout_link *link, const char *log, struct error *error)
{
    const struct error ended = *error;
    char text[512], directory[PATH_MAX], cause[SCRATCH_CAUSE_BYTES];
    snprintf(directory, sizeof directory, "%s", link->output);
    *strrchr(directory, '/') = '\0';
    read_log(log, link->object->file, text, sizeof text);
    scratch_cause(directory, cause);
    *error = (struct error){0};
    error_set(error, ended.code, "%s: cannot be linked%s%.200s: %s", link->object->file, *cause ? " into " : "",
              *cause ? directory : "", *text ? text : ended.message);
    if (*cause)
        snprintf(error->message + strlen(error->message), sizeof error->message - strlen(error->message), "; %s",
                 cause);
}

int layout_link_all(const struct layout_link *links, size_t count, const char *log, unsigned parallel,
                    struct error *error)
{
    struct command *commands = calloc(count + 1, sizeof *commands);
    const char *const **argument_lists = calloc(count + 1, sizeof *argument_lists);
    if (commands == NULL || argument_lists == NULL)
        error_out_of_memory(error);
    for (size_t i = 0; i < count && error->code == 0; i++) {
        if (check_directory(&links[i], error) == 0)
            write_script(&links[i], error);
        fill_command(&commands[i], &links[i]);
        argument_lists[i] = commands[i].arguments;
    }
    size_t failed = count;
    if (error->code == 0 &&
        process_run_all(argument_lists, count, parallel, log, LINK_PATIENCE_S, &failed, error) != 0 && failed < count)
        link_failed(&links[failed], log, error);
    free(argument_lists);
    free(commands);
    return error->code;
}
