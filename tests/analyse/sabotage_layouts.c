/* A driver that links few layouts, again and again: see sabotage.c. */
#include "plan/plan.h"

enum { FEW = 4 };

uint64_t __real_plan_layout_seed(uint64_t seed, uint64_t process, size_t arm);
uint64_t __wrap_plan_layout_seed(uint64_t seed, uint64_t process, size_t arm);

uint64_t __wrap_plan_layout_seed(uint64_t seed, uint64_t process, size_t arm)
{
    return __real_plan_layout_seed(seed, process % FEW, arm);
}
