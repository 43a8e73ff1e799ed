/*
 * The first revision since a base that is worse than it: bisection inside one call. What is worse is taken to stay
 * worse up to HEAD; a revision that cannot be judged is left out, as `git bisect skip` does.
 */
#ifndef ENCBENCH_GATE_SINCE_H
#define ENCBENCH_GATE_SINCE_H

#include "gate/comparison.h"

#include <stdio.h>

struct gate_since {
    char **commits; /* after the base, oldest first */
    size_t count, judged, skipped;
    bool worse;            /* HEAD is worse than the base, and so there is a first */
    size_t first, last;    /* the first that is worse is one of these: more than one where some could not be judged */
    bool by_time;          /* which lane found it */
    const char *commit;    /* of `comparison`: the first that is known to be worse, else HEAD */
    char subject[256];     /* of that */
    struct gate_base base; /* kept modules */
    struct gate_base *heads;
    struct gate_comparison comparison;
};

/* HEAD and what is between by their exact figures; by time where those are not worse and `exact` does not forbid it.
 * Returns an exit code; gate_since_free in every case. */
int gate_since_run(struct gate_since *since, const struct gate_builder *builder, const struct gate_how *how,
                   const char *given, bool exact, struct error *error);
/* What was found, in a line or two. */
void gate_since_print(const struct gate_since *since, FILE *stream);
void gate_since_free(struct gate_since *since);

/* The next to judge of `count`: those up to `good` (-1: none of them) are not worse, `bad` is; `skipped` are not to be
 * judged. The nearest to the middle; `bad` when nothing is left. Pure. */
size_t gate_since_next(long good, size_t bad, const bool *skipped);

#endif
