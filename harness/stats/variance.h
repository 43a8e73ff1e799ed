/*
 * What the variance of a contrast over processes is made of. Pure: a figure a process in, components out.
 *
 *     block           mean square of the processes' standard errors from block noise: longer processes reduce it
 *     heap placement  mean square of their standard errors from where their heaps lay: only more processes reduce it,
 * because a process has as many heaps whatever its length state           what the share of its blocks in the shared
 * state (state.h) explains: adjusted R^2 of the regression of the figures on it, times the observed variance; 0 where
 * the share does not vary, never negative layout          what is left of the observed variance: layout of the code,
 * and whatever else is drawn once a process
 *
 * The first two are known from within the processes, the rest from between them. Where they say more than was seen,
 * nothing is left for layout and the shares are of their sum. On the log scale the shares are the same to first order.
 */
#ifndef ENCBENCH_VARIANCE_H
#define ENCBENCH_VARIANCE_H

#include <stdbool.h>
#include <stddef.h>

enum variance_component {
    VARIANCE_BLOCK,
    VARIANCE_HEAP,
    VARIANCE_STATE,
    VARIANCE_LAYOUT,
    VARIANCE_COMPONENTS,
};
extern const char *const variance_words[VARIANCE_COMPONENTS];

struct variance_split {
    bool valid;
    const char *reason;                       /* static: why not; "" when valid */
    double sd;                                /* observed; NaN below two processes */
    double component_sd[VARIANCE_COMPONENTS]; /* NaN when not valid */
    enum variance_component largest;
    double largest_percent; /* of the sum of the components */
};

/*
 * `block` and `heap`: standard errors of each process's value, NaN where it has none; half of the processes must have
 * them. `shared`: share of its blocks, of every process.
 */
struct variance_split variance_components(const double *values, const double *block, const double *heap,
                                          const double *shared, size_t count);

/* Beside its measuring time a process takes this, links included; measured. */
#define VARIANCE_PROCESS_OVERHEAD_MS 75.0
#define VARIANCE_LENGTH_MAX          8.0
/*
 * By what factor longer processes would do what `needed` of them instead of `processes` would, where that takes less
 * time; 0 where it takes more or cannot be: of block noise alone is left 1 / factor.
 */
double variance_length_instead(const struct variance_split *split, size_t processes, size_t needed, double process_ms);

#endif
