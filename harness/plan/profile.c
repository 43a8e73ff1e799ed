#include "plan/profile.h"

#include <string.h>

const char *const profile_effort_words[] = {"core", "wide", "deep"};

/* Exploratory panels have 20 processes: at 17 and fewer the control of all twins (0.1 % over some 40 of them) has no
 * interval. */
const struct profile profiles[] = {
    {"quick", "one look; about two minutes", true, 250, 20, 150, 5, 50, PROFILE_CORE, 1, {{20, 1.0}}},
    {"default", "two looks; about ten minutes", true, 500, 20, 150, 6, 400, PROFILE_WIDE, 2, {{32, 0.3}, {64, 0.7}}},
    {"thorough", "three looks", true, 500, 32, 500, 8, 500, PROFILE_DEEP, 3, {{32, 0.2}, {64, 0.3}, {128, 0.5}}},
    {AB_PROFILE, "of ab: three looks", true, 200, 14, 200, 0, 0, PROFILE_CORE, 3, {{14, 0.4}, {20, 0.2}, {32, 0.4}}},
    {"smoke", "tests of the plumbing; not for conclusions", false, 20, 6, 10, 3, 10, PROFILE_CORE, 1, {{6, 1.0}}},
};
const size_t profile_count = sizeof profiles / sizeof profiles[0];

const struct profile *profile_find(const char *name)
{
    for (size_t i = 0; i < profile_count; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

struct profile profile_with_processes(const struct profile *profile, unsigned processes)
{
    struct profile with = *profile;
    const size_t last = profile->look_count - 1;
    double left = 0;
    with.exploratory_processes = processes;
    with.look_count = 0;
    for (size_t i = 0; i < last; i++)
        if (profile->looks[i].processes < processes)
            with.looks[with.look_count++] = profile->looks[i];
        else
            left += profile->looks[i].error_share;
    with.looks[with.look_count++] = (struct profile_look){processes, profile->looks[last].error_share + left};
    return with;
}

unsigned profile_cell_processes(const struct profile *profile, bool decides_claims, size_t look)
{
    const unsigned processes = profile->looks[look].processes;
    return decides_claims || processes < profile->exploratory_processes ? processes : profile->exploratory_processes;
}

bool profile_explored(const struct profile *profile, size_t look)
{
    return profile->looks[look].processes >= profile->exploratory_processes;
}
