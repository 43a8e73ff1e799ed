#include "ab/compile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int damaged(const char *file, struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s: is not an object file that the linker would take", file);
}

static int read_names(const char *bytes, size_t size, struct shell_words *names, const char *file, struct error *error)
{
    if (size > 0 && bytes[size - 1] != '\0')
        return damaged(file, error);
    for (size_t at = 0; at < size && error->code == 0; at += strlen(bytes + at) + 1)
        if (bytes[at] != '\0')
            shell_words_add(names, bytes + at, error);
    return error->code;
}

static int read_sections(const char *bytes, size_t size, struct shell_words *names, const char *file,
                         struct error *error)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)bytes;
    if (size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
        header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_shentsize != sizeof(Elf64_Shdr) ||
        header->e_shoff > size || header->e_shnum > (size - header->e_shoff) / sizeof(Elf64_Shdr) ||
        header->e_shoff % 8 != 0)
        return damaged(file, error);
    /* Of an object with more sections than e_shnum can say the list is looked for in no other way: it has few. */
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(const void *)(bytes + header->e_shoff);
    if (header->e_shstrndx >= header->e_shnum)
        return 0;
    const Elf64_Shdr *texts = &sections[header->e_shstrndx];
    if (texts->sh_offset > size || texts->sh_size > size - texts->sh_offset || texts->sh_size == 0 ||
        bytes[texts->sh_offset + texts->sh_size - 1] != '\0')
        return damaged(file, error);
    for (size_t i = 0; i < header->e_shnum && error->code == 0; i++) {
        const Elf64_Shdr *section = &sections[i];
        if (section->sh_name >= texts->sh_size ||
            strcmp(bytes + texts->sh_offset + section->sh_name, AB_VARIANTS_SECTION) != 0)
            continue;
        if (section->sh_type != SHT_PROGBITS || section->sh_offset > size ||
            section->sh_size > size - section->sh_offset)
            return damaged(file, error);
        read_names(bytes + section->sh_offset, section->sh_size, names, file, error);
    }
    return error->code;
}

int ab_variants_read(const char *file, struct shell_words *names, struct error *error)
{
    struct stat status;
    const int fd = open(file, O_RDONLY | O_CLOEXEC);
    void *bytes = MAP_FAILED;
    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        error_set(error, EXIT_USAGE, "%s: cannot be read: %s", file, fd < 0 ? strerror(errno) : "it is empty");
    else {
        read_sections(bytes, (size_t)status.st_size, names, file, error);
        munmap(bytes, (size_t)status.st_size);
    }
    if (fd >= 0)
        close(fd);
    return error->code;
}
