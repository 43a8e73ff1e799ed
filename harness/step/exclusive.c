#include "step/exclusive.h"

/* Encodings: Arm Architecture Reference Manual for A-profile, C4.1, "Loads and Stores" (load/store exclusive register
 * and pair) and "Branches, Exception Generating and System instructions". */
static bool is_exclusive(uint32_t word, bool load)
{
    const bool pair = word >> 21 & 1, wide = word >> 31 & 1; /* a narrow pair is a compare-and-swap */
    return (word & 0x3f800000) == 0x08000000 && (wide || !pair) && (word >> 22 & 1) == load;
}

static int64_t signed_field(uint32_t word, unsigned low_bit, unsigned bits)
{
    const uint32_t field = word >> low_bit & ((1u << bits) - 1), sign = 1u << (bits - 1);
    return (int64_t)(field ^ sign) - (int64_t)sign;
}

enum flow { FLOW_ON, FLOW_CONDITIONAL, FLOW_ELSEWHERE };

static enum flow flow_of(uint32_t word, int64_t *offset)
{
    if ((word & 0xff000000) == 0x54000000 || (word & 0x7e000000) == 0x34000000) { /* b.cond, cbz, cbnz */
        *offset = signed_field(word, 5, 19);
        return FLOW_CONDITIONAL;
    }
    if ((word & 0x7e000000) == 0x36000000) { /* tbz, tbnz */
        *offset = signed_field(word, 5, 14);
        return FLOW_CONDITIONAL;
    }
    const bool jump = (word & 0x7c000000) == 0x14000000 || (word & 0xfe000000) == 0xd6000000,
               exception = (word & 0xff000000) == 0xd4000000;
    return jump || exception ? FLOW_ELSEWHERE : FLOW_ON;
}

static bool add_exit(struct step_exclusive *sequence, int64_t target, size_t executed)
{
    if (sequence->exit_count == STEP_EXCLUSIVE_EXITS_MAX)
        return false;
    sequence->exits[sequence->exit_count].target = target;
    sequence->exits[sequence->exit_count++].executed = executed;
    return true;
}

static bool leads_inside(const struct step_exclusive *sequence)
{
    for (size_t i = 0; i < sequence->exit_count; i++)
        if (sequence->exits[i].target >= 0 && sequence->exits[i].target < (int64_t)sequence->count)
            return true;
    return false;
}

bool step_exclusive_find(const uint32_t *code, struct step_exclusive *sequence)
{
    *sequence = (struct step_exclusive){.exit_count = 1};
    if (!is_exclusive(code[0], true))
        return false;
    for (size_t i = 1; i < STEP_EXCLUSIVE_INSTRUCTIONS_MAX; i++) {
        int64_t offset = 0;
        if (is_exclusive(code[i], false)) {
            sequence->count = i + 1;
            sequence->exits[0].target = (int64_t)sequence->count;
            sequence->exits[0].executed = sequence->count;
            return !leads_inside(sequence);
        }
        const enum flow flow = flow_of(code[i], &offset);
        if (flow == FLOW_ELSEWHERE || (flow == FLOW_CONDITIONAL && !add_exit(sequence, (int64_t)i + offset, i + 1)))
            return false;
    }
    return false;
}
