/*
 * Size classes fitted to sizes: the k that hand out the fewest bytes beyond what is asked for. Exact: dynamic
 * programming over the distinct sizes (a class ends at one of them, or it could be smaller), each layer by divide and
 * conquer, because the best cut never moves back as the sizes grow (Galil, Park 1992: the cost is a Monge array).
 */
#ifndef ENCBENCH_FIT_H
#define ENCBENCH_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Waste, in every table of classes: bytes handed out beyond those asked for, in percent of those asked for. */
struct fit_class {
    uint64_t bytes; /* what it hands out */
    uint64_t requests, asked_bytes;
};

struct fit {
    size_t count; /* classes: at most as many as distinct sizes */
    uint64_t asked_bytes, handed_out_bytes;
};

enum { FIT_CLASSES_MAX = 64 };

/*
 * `sorted` has `count` sizes in ascending order, at least one; a size of 0 asks for 1 byte. `classes` gets at most
 * `k` (1 to FIT_CLASSES_MAX) in ascending order; the last one is the largest size. False without memory.
 */
bool fit_classes(const uint32_t *sorted, size_t count, size_t k, struct fit_class *classes, struct fit *fit);

double fit_waste_percent(const struct fit *fit);

#endif
