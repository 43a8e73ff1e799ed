#include "module/link.h"

#include "base/process.h"
#include "base/random.h"
#include "base/scratch.h"
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

#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#endif

/* What is wrong with an ELF file of one of the types that modules have; NULL when nothing is. */
static const char *header_fault(const Elf64_Ehdr *header, size_t size, Elf64_Half type)
{
    if (size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return "is not an ELF file";
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_type != type)
        return type == ET_REL ? "is not a relocatable 64-bit object" : "is not a 64-bit shared object";
    return header->e_machine == OWN_MACHINE ? NULL : "is of another architecture";
}

int layout_check_shared(const char *file, struct error *error)
{
    Elf64_Ehdr header;
    FILE *stream = fopen(file, "re");
    const size_t size = stream ? fread(&header, 1, sizeof header, stream) : 0;
    const char *fault = stream ? header_fault(&header, size, ET_DYN) : strerror(errno);
    if (stream)
        fclose(stream);
    if (fault)
        error_set(error, EXIT_USAGE, "%s: %s; expected a 64-bit ELF shared object (.so) of this machine", file, fault);
    return error->code;
}

static int read_needs(const unsigned char *bytes, size_t size, const Elf64_Shdr *section, struct layout_object *object,
                      struct error *error)
{
    if (section->sh_type != SHT_PROGBITS || section->sh_offset > size || section->sh_size > size - section->sh_offset)
        return not_an_object(object->file, "has a damaged section " LAYOUT_NEEDS_SECTION, error);
    return layout_needs_find((const char *)bytes + section->sh_offset, section->sh_size, object, error);
}

/* Checks every offset against the file's size: the file may be anybody's. */
static int read_sections(const unsigned char *bytes, size_t size, struct layout_object *object, struct error *error)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)bytes;
    const char *fault = header_fault(header, size, ET_REL);
    if (fault)
        return not_an_object(object->file, fault, error);
    if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shoff > size ||
        header->e_shnum > (size - header->e_shoff) / sizeof(Elf64_Shdr) || header->e_shstrndx >= header->e_shnum ||
        header->e_shoff % 8 != 0)
        return not_an_object(object->file, "has a damaged section table", error);
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(const void *)(bytes + header->e_shoff);
    const Elf64_Shdr *names = &sections[header->e_shstrndx];
    if (names->sh_offset > size || names->sh_size > size - names->sh_offset || names->sh_size == 0 ||
        bytes[names->sh_offset + names->sh_size - 1] != '\0')
        return not_an_object(object->file, "has damaged section names", error);
    if ((object->sections = calloc(header->e_shnum, sizeof *object->sections)) == NULL)
        return error_out_of_memory(error);
    for (size_t i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_size == 0 || sections[i].sh_name >= names->sh_size)
            continue;
        if (strcmp((const char *)bytes + names->sh_offset + sections[i].sh_name, LAYOUT_NEEDS_SECTION) == 0 &&
            read_needs(bytes, size, &sections[i], object, error) != 0)
            return error->code;
        if (!(sections[i].sh_flags & SHF_EXECINSTR))
            continue;
        if ((object->sections[object->section_count++] =
                 strdup((const char *)bytes + names->sh_offset + sections[i].sh_name)) == NULL)
            return error_out_of_memory(error);
    }
    return 0;
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
            read_sections(bytes, (size_t)status.st_size, object, error);
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

void layout_object_free(struct layout_object *object)
{
    for (size_t i = 0; i < object->section_count; i++)
        free(object->sections[i]);
    for (size_t i = 0; i < object->need_count; i++)
        free(object->needs[i]);
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

enum { FIXED_ARGUMENTS = 29, SHARED_MAX = 16, LINK_PATIENCE_S = 120 };

struct command {
    const char *arguments[FIXED_ARGUMENTS + SHARED_MAX + LAYOUT_NEEDS_MAX + 1];
    char script[4096], shared[SHARED_MAX][NAME_MAX + sizeof "-l:"];
};

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
                                 "--strip-debug",
                                 "--eh-frame-hdr", /* without it no exception finds its handler */
                                 "-T",
                                 command->script,
                                 "-o",
                                 link->output,
                                 link->object->file};
    for (; count < sizeof fixed / sizeof fixed[0]; count++)
        command->arguments[count] = fixed[count];
    /* By its name in that directory: given by its path, one without a soname would be found by this path for ever.
     * RPATH and not RUNPATH, which stands behind LD_LIBRARY_PATH. */
    if (link->shared && link->shared[0]) {
        command->arguments[count++] = "--disable-new-dtags";
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
    for (size_t i = 0; i < link->object->need_count; i++)
        command->arguments[count++] = link->object->needs[i];
    /* The process has none: what uses it has to bring it. */
    command->arguments[count++] = "--as-needed";
    command->arguments[count++] = LAYOUT_LIBM;
    command->arguments[count++] = "--no-as-needed";
    command->arguments[count++] = LAYOUT_LIBC;
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
