/*
 * ELF files of this machine, of which nothing is believed: whoever reads one reads it through these.
 */
#ifndef ENCBENCH_ELF_FILE_H
#define ENCBENCH_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

enum { ELF_FILE_WORDS_BYTES = 160 };

/* What keeps a file from being an ELF file of this machine and of `type` (ET_REL, ET_DYN): what it is instead, and what
 * to do ("is an archive: ..."). NULL when nothing does. `size` bytes of it suffice from sizeof(Elf64_Ehdr) on. */
const char *elf_file_fault(const unsigned char *bytes, size_t size, Elf64_Half type, char words[ELF_FILE_WORDS_BYTES]);

/* Its sections, as many as there may be (from 65280 on the header has no room for the number). */
struct elf_sections {
    const unsigned char *bytes;
    const Elf64_Shdr *headers;
    size_t count;
    const char *names;
    size_t names_bytes;
};

/* Of a file without a fault. NULL, or what is damaged. */
const char *elf_file_sections(const unsigned char *bytes, size_t size, struct elf_sections *sections);

/* "" when it has none. */
const char *elf_section_name(const struct elf_sections *sections, size_t section);

/* Its symbols with their names; *count 0 without. `extended` (may be NULL) has the sections of those for which a symbol
 * has no room. */
struct elf_symbols {
    const Elf64_Sym *symbols;
    size_t count;
    const char *names;
    size_t names_bytes;
    const Elf32_Word *extended;
    size_t extended_count;
};
struct elf_symbols elf_file_symbols(const struct elf_sections *sections);

/* "" when it has none. */
const char *elf_symbol_name(const struct elf_symbols *symbols, size_t symbol);
/* SHN_UNDEF: undefined, or of no section (absolute, common). */
size_t elf_symbol_section(const struct elf_symbols *symbols, size_t symbol);

#endif
