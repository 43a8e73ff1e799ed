#include "profile.h"

#include <string.h>

/* Exploratory panels have 20 processes: at 17 and fewer the control of all twins (0.1 % over some 40 of them) has no interval. */
const struct profile profiles[] = {
    {"quick", "one look; about two minutes", true, 250, 20, 100, 5, 50, false, 1, {{20, 1.0}}},
    {"default", "two looks; about eight minutes", true, 500, 20, 150, 6, 400, true, 2, {{32, 0.3}, {64, 0.7}}},
    {"thorough", "three looks", true, 500, 32, 500, 8, 500, true, 3, {{32, 0.2}, {64, 0.3}, {128, 0.5}}},
    {"smoke", "tests of the plumbing; not for conclusions", false, 20, 6, 10, 3, 10, false, 1, {{6, 1.0}}},
};
const size_t profile_count = sizeof profiles / sizeof profiles[0];

const struct profile *profile_find(const char *name)
{
    for (size_t i = 0; i < profile_count; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}
