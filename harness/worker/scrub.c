#include "worker/scrub.h"

#include <stddef.h>
#include <stdint.h>

enum { LINE_BYTES = 64, CODE_STEP_BYTES = 32 };

/* Jumps over jumps: as many targets as a branch target buffer has room for, in as many pages as its translation buffer
 * has. */
__attribute__((noinline)) static void scrub_code(void)
{
#if defined(__x86_64__)
    __asm__ volatile(".balign 64\n\t.rept %c0\n\tjmp 1f\n\t.balign 32\n\t1:\n\t.endr"
                     :
                     : "i"(SCRUB_CODE_BYTES / CODE_STEP_BYTES));
#else
    __asm__ volatile(".balign 64\n\t.rept %c0\n\tb 1f\n\t.balign 32\n\t1:\n\t.endr"
                     :
                     : "i"(SCRUB_CODE_BYTES / CODE_STEP_BYTES));
#endif
}

/* Outcomes that no predictor knows, so that what it knew goes. A branch of its own for each of 16 bits, as the compiler
 * unrolls nothing. */
__attribute__((noinline)) static uint64_t scrub_branches(uint64_t seed)
{
    uint64_t state = seed, taken = 0;
    for (int i = 0; i < SCRUB_BRANCHES / 16; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const uint64_t bits = state >> 40;
#define SCRUB_BRANCH(bit)                                                                                              \
    if (bits >> (bit)&1)                                                                                               \
        __asm__ volatile("" : "+r"(taken));
        SCRUB_BRANCH(0)
        SCRUB_BRANCH(1)
        SCRUB_BRANCH(2)
        SCRUB_BRANCH(3)
        SCRUB_BRANCH(4)
        SCRUB_BRANCH(5)
        SCRUB_BRANCH(6)
        SCRUB_BRANCH(7)
        SCRUB_BRANCH(8)
        SCRUB_BRANCH(9)
        SCRUB_BRANCH(10)
        SCRUB_BRANCH(11)
        SCRUB_BRANCH(12)
        SCRUB_BRANCH(13)
        SCRUB_BRANCH(14)
        SCRUB_BRANCH(15)
#undef SCRUB_BRANCH
    }
    return state + taken;
}

void scrub(void)
{
    static unsigned char data[SCRUB_DATA_BYTES];
    static uint64_t seed = 1;
    scrub_code();
    seed = scrub_branches(seed);
    for (size_t i = 0; i < sizeof data; i += LINE_BYTES)
        data[i] = (unsigned char)(data[i] + seed);
    __asm__ volatile("" : : "r"(data) : "memory");
}
