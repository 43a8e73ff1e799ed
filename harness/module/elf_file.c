#include "module/elf_file.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#endif

/* Files that people take for object files, by how they begin. */
static const struct {
    const char *begins;
    size_t length;
    const char *what;
} other_files[] = {
    {"!<arch>\n", 8, "is an archive: give it as a library of a module (LIBRARIES of encbench_add_module, --ldlibs)"},
    {"!<thin>\n", 8,
     "is a thin archive: give it as a library of a module (LIBRARIES of encbench_add_module, --ldlibs)"},
    {"BC\xc0\xde", 4, "is LLVM bitcode without machine code (-flto): compile it with -fno-lto"},
    {"\xde\xc0\x17\x0b", 4, "is LLVM bitcode without machine code (-flto): compile it with -fno-lto"},
};

static const struct {
    Elf64_Half machine;
    const char *name;
} machines[] = {
    {EM_386, "i386"},    {EM_X86_64, "x86-64"}, {EM_ARM, "arm"},     {EM_AARCH64, "aarch64"},
    {EM_PPC64, "ppc64"}, {EM_S390, "s390"},     {EM_RISCV, "riscv"}, {EM_MIPS, "mips"},
};

static const char *machine_name(Elf64_Half machine)
{
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++)
        if (machines[i].machine == machine)
            return machines[i].name;
    return "an unknown one";
}

static const char *type_fault(Elf64_Half is, Elf64_Half wanted)
{
    if (is == wanted)
        return NULL;
    switch (is) {
    case ET_REL:
        return "is an object file";
    case ET_EXEC:
        return "is an executable";
    case ET_DYN:
        return "is a shared object or an executable";
    case ET_CORE:
        return "is a core file";
    default:
        return "is an ELF file of an unknown type";
    }
}

/* Classes and byte orders have `e_type` and `e_machine` at the same place. */
static Elf64_Half half_at(const unsigned char *bytes, size_t offset, bool big_endian)
{
    return (Elf64_Half)(bytes[offset + !big_endian] << 8 | bytes[offset + big_endian]);
}

const char *elf_file_fault(const unsigned char *bytes, size_t size, Elf64_Half type, char words[ELF_FILE_WORDS_BYTES])
{
    for (size_t i = 0; i < sizeof other_files / sizeof other_files[0]; i++)
        if (size >= other_files[i].length && memcmp(bytes, other_files[i].begins, other_files[i].length) == 0)
            return other_files[i].what;
    if (size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        return "is not an ELF file";
    if (size < sizeof(Elf64_Ehdr))
        return "is truncated within its ELF header";
    const bool narrow = bytes[EI_CLASS] != ELFCLASS64, big_endian = bytes[EI_DATA] == ELFDATA2MSB;
    const Elf64_Half machine = half_at(bytes, offsetof(Elf64_Ehdr, e_machine), big_endian);
    if (narrow || big_endian || machine != OWN_MACHINE) {
        snprintf(words, ELF_FILE_WORDS_BYTES, "is of another architecture: %s%s%s", narrow ? "32-bit " : "",
                 big_endian ? "big-endian " : "", machine_name(machine));
        return words;
    }
    return type_fault(half_at(bytes, offsetof(Elf64_Ehdr, e_type), false), type);
}

/* ---- sections ---- */

static bool is_within(size_t size, uint64_t offset, uint64_t bytes)
{
    return offset <= size && bytes <= size - offset;
}

const char *elf_file_sections(const unsigned char *bytes, size_t size, struct elf_sections *sections)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)bytes;
    const Elf64_Shdr *table = (const Elf64_Shdr *)(const void *)(bytes + header->e_shoff);
    *sections = (struct elf_sections){.bytes = bytes, .headers = table, .count = header->e_shnum};
    if (header->e_shoff == 0)
        return "has no sections";
    if (header->e_shentsize != sizeof *table || header->e_shoff % 8 != 0)
        return "has a damaged section table";
    if (!is_within(size, header->e_shoff, sizeof *table))
        return "is truncated: its section table lies behind its end";
    if (header->e_shnum == 0)
        sections->count = table[0].sh_size;
    if (sections->count > (size - header->e_shoff) / sizeof *table)
        return "is truncated: its section table goes on behind its end";
    const size_t names = header->e_shstrndx == SHN_XINDEX ? table[0].sh_link : header->e_shstrndx;
    if (names == 0 || names >= sections->count || table[names].sh_type == SHT_NOBITS)
        return "has a damaged section table";
    for (size_t i = 1; i < sections->count; i++)
        if (table[i].sh_type != SHT_NOBITS && !is_within(size, table[i].sh_offset, table[i].sh_size))
            return i == names ? "is truncated: its section names lie behind its end"
                              : "is truncated: a section lies behind its end";
    sections->names = (const char *)bytes + table[names].sh_offset;
    sections->names_bytes = table[names].sh_size;
    if (sections->names_bytes == 0 || sections->names[sections->names_bytes - 1] != '\0')
        return "has damaged section names";
    return NULL;
}

static const char *text_at(const char *names, size_t names_bytes, size_t offset)
{
    return names && offset < names_bytes && memchr(names + offset, '\0', names_bytes - offset) ? names + offset : "";
}

const char *elf_section_name(const struct elf_sections *sections, size_t section)
{
    return text_at(sections->names, sections->names_bytes, sections->headers[section].sh_name);
}

struct elf_symbols elf_file_symbols(const struct elf_sections *sections)
{
    struct elf_symbols found = {0};
    for (size_t i = 1; i < sections->count; i++) {
        const Elf64_Shdr *section = &sections->headers[i];
        if (section->sh_type == SHT_SYMTAB_SHNDX) {
            found.extended = (const Elf32_Word *)(const void *)(sections->bytes + section->sh_offset);
            found.extended_count = section->sh_size / sizeof *found.extended;
        }
        if (section->sh_type != SHT_SYMTAB || section->sh_offset % 8 != 0 || section->sh_link == 0 ||
            section->sh_link >= sections->count)
            continue;
        const Elf64_Shdr *names = &sections->headers[section->sh_link];
        found.symbols = (const Elf64_Sym *)(const void *)(sections->bytes + section->sh_offset);
        found.count = section->sh_size / sizeof *found.symbols;
        found.names = names->sh_type == SHT_STRTAB ? (const char *)sections->bytes + names->sh_offset : NULL;
        found.names_bytes = found.names ? names->sh_size : 0;
    }
    return found;
}

const char *elf_symbol_name(const struct elf_symbols *symbols, size_t symbol)
{
    return text_at(symbols->names, symbols->names_bytes, symbols->symbols[symbol].st_name);
}

size_t elf_symbol_section(const struct elf_symbols *symbols, size_t symbol)
{
    const Elf64_Section section = symbols->symbols[symbol].st_shndx;
    if (section == SHN_XINDEX)
        return symbol < symbols->extended_count ? symbols->extended[symbol] : SHN_UNDEF;
    return section < SHN_LORESERVE ? section : SHN_UNDEF;
}
