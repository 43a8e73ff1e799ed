#include "measure/empty_loop.h"

#include <string.h>

enum part { STEP, COMPARISON, BRANCH, OTHER, PARTS };

/* Registers only: the addressing byte says so. */
static bool is_register(unsigned modrm)
{
    return modrm >> 6 == 3;
}

static enum part part_x86(const unsigned char *code)
{
    code += (*code & 0xf0) == 0x40; /* REX */
    const unsigned opcode = code[0], modrm = code[1], extension = modrm >> 3 & 7;
    if ((opcode >= 0x70 && opcode <= 0x7f) || (opcode == 0x0f && code[1] >= 0x80 && code[1] <= 0x8f))
        return BRANCH;
    if ((opcode == 0x39 || opcode == 0x3b || opcode == 0x85) && is_register(modrm))
        return COMPARISON; /* cmp or test of two registers */
    if (opcode == 0x3d)
        return COMPARISON; /* cmp of the accumulator with a constant */
    if ((opcode == 0x81 || opcode == 0x83) && is_register(modrm))
        return extension == 7 ? COMPARISON : extension == 0 || extension == 5 ? STEP : OTHER; /* cmp; add or sub */
    if (opcode == 0xff && is_register(modrm) && extension <= 1)
        return STEP;                                        /* inc, dec */
    return opcode == 0x05 || opcode == 0x2d ? STEP : OTHER; /* add to, sub from the accumulator */
}

/* Comparisons are subtractions whose result goes nowhere. */
static enum part part_aarch64(const unsigned char *code)
{
    enum { NOWHERE = 31 };
    uint32_t word;
    memcpy(&word, code, sizeof word);
    if ((word & 0xff000010) == 0x54000000 || (word & 0x7e000000) == 0x34000000)
        return BRANCH;                     /* b.condition; cbz, cbnz */
    if ((word & 0x1f000000) == 0x11000000) /* add, sub, adds, subs of a constant */
        return (word & NOWHERE) != NOWHERE ? STEP : (word & 0x20000000) ? COMPARISON : OTHER;
    if ((word & 0x7f20001f) == 0x6b00001f)
        return COMPARISON; /* of two registers */
    return OTHER;
}

static bool is_empty(enum part (*part_of)(const unsigned char *), const unsigned char *const *code, size_t count)
{
    size_t found[PARTS] = {0};
    for (size_t i = 0; i < count && count <= EMPTY_LOOP_INSTRUCTIONS_MAX; i++)
        found[part_of(code[i])]++;
    return found[STEP] == 1 && found[BRANCH] == 1 && found[COMPARISON] <= 1 && found[OTHER] == 0;
}

bool empty_loop_x86(const unsigned char *const *code, size_t count)
{
    return is_empty(part_x86, code, count);
}

bool empty_loop_aarch64(const unsigned char *const *code, size_t count)
{
    return is_empty(part_aarch64, code, count);
}

bool empty_loop(const unsigned char *const *code, size_t count)
{
#if defined(__x86_64__)
    return empty_loop_x86(code, count);
#else
    return empty_loop_aarch64(code, count);
#endif
}
