#ifndef STEP_SHARED_H
#define STEP_SHARED_H

void step_shared_leaf(void);                    /* 6 instructions */
void step_shared_outer(void);                   /* 10 */
void step_shared_calls(void (*function)(void)); /* 4, and those of the function */

#endif
