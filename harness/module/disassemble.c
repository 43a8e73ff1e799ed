#include "module/disassemble.h"

#include "base/process.h"
#include "store/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLUSTER_GAP_BYTES = 4096, INSTRUCTION_BYTES_MAX = 16 };

struct symbol {
    char name[128];
    uint64_t address;
};

/* "0000000000001130 <name+0x10>:" */
static bool parse_symbol(const char *line, struct symbol *symbol)
{
    char name[128];
    uint64_t address, offset = 0;
    if (sscanf(line, "%" SCNx64 " <%127[^>]>:", &address, name) != 2)
        return false;
    char *plus = strrchr(name, '+');
    if (plus && sscanf(plus, "+0x%" SCNx64, &offset) == 1)
        *plus = '\0';
    snprintf(symbol->name, sizeof symbol->name, "%s", name);
    symbol->address = address - offset;
    return true;
}

/* The address in "jne 1a44 <run+0x34>" says nothing that the name does not, and moves with the layout. */
static const char *skip_target(const char *text)
{
    const size_t digits = strspn(text, "0123456789abcdef");
    return digits > 0 && strncmp(text + digits, " <", 2) == 0 ? text + digits + 1 : text;
}

static void copy_instruction(char *to, size_t to_bytes, const char *from)
{
    char text[256];
    size_t length = 0;
    for (; *from && length + 1 < sizeof text; from++) {
        const bool blank = *from == ' ' || *from == '\t';
        if (blank && (length == 0 || text[length - 1] == ' '))
            continue;
        if (length > 0 && text[length - 1] == ' ')
            from = skip_target(from);
        text[length++] = blank ? ' ' : *from;
    }
    while (length > 0 && text[length - 1] == ' ')
        length--;
    text[length] = '\0';
    csv_clean(to, to_bytes, text);
}

/* Lines and output are both sorted by address. */
static void match(char *output, struct disassemble_line *lines, size_t count)
{
    struct symbol symbol = {0};
    size_t next = 0;
    for (char *line; next < count && (line = strsep(&output, "\n")) != NULL;) {
        uint64_t address;
        int length = 0;
        if (line[0] != ' ') {
            parse_symbol(line, &symbol);
            continue;
        }
        if (sscanf(line, " %" SCNx64 ":\t%n", &address, &length) != 1 || length == 0)
            continue;
        while (next < count && lines[next].address < address)
            next++;
        if (next == count || lines[next].address != address)
            continue;
        snprintf(lines[next].symbol, sizeof lines[next].symbol, "%s", symbol.name);
        lines[next].offset_bytes = address - symbol.address;
        copy_instruction(lines[next].text, sizeof lines[next].text, line + length);
    }
}

void disassemble(const char *file, struct disassemble_line *lines, size_t count)
{
    for (size_t first = 0, end; first < count; first = end) {
        char low[64], high[64];
        for (end = first + 1; end < count && lines[end].address - lines[end - 1].address < CLUSTER_GAP_BYTES;)
            end++;
        snprintf(low, sizeof low, "--start-address=%#" PRIx64, lines[first].address);
        snprintf(high, sizeof high, "--stop-address=%#" PRIx64, lines[end - 1].address + INSTRUCTION_BYTES_MAX);
        const char *const command[] = {"objdump", "-d", "--no-show-raw-insn", low, high, "--", file, NULL};
        char *output = process_output(command);
        if (output)
            match(output, lines + first, end - first);
        free(output);
    }
}
