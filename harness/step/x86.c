#include "step/x86.h"

static bool is_string_opcode(unsigned opcode)
{
    return (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf) ||
           (opcode >= 0x6c && opcode <= 0x6f);
}

/* Reads no byte beyond the instruction: what follows may not be mapped. */
static bool is_branch_opcode(unsigned opcode, const unsigned char *rest)
{
    if (opcode == 0x0f)
        return rest[0] >= 0x80 && rest[0] <= 0x8f;
    if (opcode == 0xff)
        return (rest[0] >> 3 & 7) >= 2 && (rest[0] >> 3 & 7) <= 5;
    return (opcode >= 0x70 && opcode <= 0x7f) || (opcode >= 0xe0 && opcode <= 0xe3) || opcode == 0xe8 ||
           opcode == 0xe9 || opcode == 0xeb || opcode == 0xc2 || opcode == 0xc3;
}

struct step_x86 step_x86_decode(uintptr_t address, int first_byte)
{
    const unsigned char *code = (const unsigned char *)address;
    struct step_x86 decoded = {.kind = STEP_X86_PLAIN};
    bool repeated = false;
    for (; decoded.prefix_bytes < STEP_X86_BYTES_MAX; decoded.prefix_bytes++) {
        decoded.opcode =
            decoded.prefix_bytes == 0 && first_byte >= 0 ? (unsigned)first_byte : code[decoded.prefix_bytes];
        if (decoded.opcode == 0xf2 || decoded.opcode == 0xf3)
            repeated = true;
        else if (decoded.opcode == 0x66 || decoded.opcode == 0x64 || decoded.opcode == 0x65 || decoded.opcode == 0x67)
            decoded.unusual = true;
        else if (decoded.opcode != 0x2e && decoded.opcode != 0x36 && decoded.opcode != 0x3e && decoded.opcode != 0x26 &&
                 decoded.opcode != 0xf0)
            break;
    }
    if ((decoded.opcode & 0xf0) == 0x40) {
        decoded.rex_b = decoded.opcode & 1;
        decoded.opcode = code[++decoded.prefix_bytes];
    }
    const unsigned char *rest = code + decoded.prefix_bytes + 1;
    if (is_branch_opcode(decoded.opcode, rest)) {
        decoded.kind = STEP_X86_BRANCH;
    } else if (repeated && is_string_opcode(decoded.opcode)) {
        decoded.kind = STEP_X86_REPEATED;
        decoded.bytes = decoded.prefix_bytes + 1;
    } else if (decoded.opcode == 0x0f && rest[0] == 0x05) {
        decoded.kind = STEP_X86_SYSTEM_CALL;
        decoded.bytes = decoded.prefix_bytes + 2;
    }
    return decoded;
}
