/* The side in C of a library in Rust. */
#include <stdint.h>
#include <stdio.h>

extern uint32_t rust_answer(uint32_t number);
extern const char *objects_op(void);
const char *objects_op(void)
{
    static char text[40];
    snprintf(text, sizeof text, "rust says %u", (unsigned)rust_answer(7));
    return text;
}
