/* Shared by the stepped test modules, in assembler so that its length is known: outer executes 10 instructions, 6 of
 * them in leaf. */
#include "step_shared.h"

__asm__(".text\n"
        ".globl step_shared_leaf\n"
        ".type step_shared_leaf, @function\n"
        "step_shared_leaf:\n\t.rept 5\n\tnop\n\t.endr\n\tret\n"
        ".globl step_shared_outer\n"
        ".type step_shared_outer, @function\n"
        "step_shared_outer:\n\tnop\n\tcall 1f\n\tnop\n\tret\n"
        "1:\n\t.rept 5\n\tnop\n\t.endr\n\tret\n"
        ".globl step_shared_calls\n"
        ".type step_shared_calls, @function\n"
        "step_shared_calls:\n\tsub $8, %rsp\n\tcall *%rdi\n\tadd $8, %rsp\n\tret\n"
        ".section .note.GNU-stack,\"\",@progbits\n");
