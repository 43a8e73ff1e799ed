/*
 * Names and words for addresses of code, by objdump.
 */
#ifndef ENCBENCH_DISASSEMBLE_H
#define ENCBENCH_DISASSEMBLE_H

#include <stddef.h>
#include <stdint.h>

struct disassemble_line {
    uint64_t address; /* as in the file */
    char symbol[128]; /* "" until it is found */
    uint64_t offset_bytes;
    char text[160]; /* one space between words; targets by name alone; ';' for ',' so that it can stand in CSV */
};

/* Fills lines, which are sorted by address, of one file. Those that objdump does not know keep an empty text; without
 * objdump all do. */
void disassemble(const char *file, struct disassemble_line *lines, size_t count);

#endif
