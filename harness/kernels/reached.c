/*
 * Kernels that show in which state ops were timed: one mispredicts where its input is new and not where it is known by
 * heart, the other misses where its memory has been taken from the caches and not where it is warm. A module like any
 * other.
 */
#include "kernels/kernel.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <stdlib.h>

struct reached {
    const struct encbench_host *host;
    void **first; /* of the lines, each of which points to the next; NULL in the kernel without */
};

static int set_up_branches(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    struct reached *self = calloc(1, sizeof *self);
    (void)seed;
    if (self == NULL) {
        snprintf(message, message_bytes, "reached: out of memory");
        return 1;
    }
    self->host = host;
    *state = self;
    return 0;
}

/* A cycle through all lines, the same in every process. */
static void chain_lines(unsigned char *lines)
{
    unsigned char order[REACHED_LINES];
    uint64_t random = 1;
    for (unsigned i = 0; i < REACHED_LINES; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const unsigned other = (unsigned)(random >> 33) % (i + 1);
        order[i] = order[other];
        order[other] = (unsigned char)i;
    }
    for (size_t i = 0; i < REACHED_LINES; i++)
        *(void **)(lines + (size_t)order[i] * REACHED_LINE_BYTES) =
            lines + (size_t)order[(i + 1) % REACHED_LINES] * REACHED_LINE_BYTES;
}

static int set_up_lines(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    struct reached *self;
    unsigned char *lines = aligned_alloc(REACHED_LINE_BYTES, (size_t)REACHED_LINES * REACHED_LINE_BYTES);
    if (lines == NULL || set_up_branches(host, seed, state, message, message_bytes) != 0) {
        free(lines);
        snprintf(message, message_bytes, "reached: out of memory");
        return 1;
    }
    self = *state;
    self->first = (void **)lines;
    chain_lines(lines);
    return 0;
}

static void teardown(void *state)
{
    struct reached *self = state;
    free(self->first);
    free(self);
}

/* A branch a byte, taken by its lowest bit; what is inside keeps the compiler from another way to do it. */
static uint64_t branches_run(void *state, unsigned thread, uint64_t n)
{
    const struct reached *self = state;
    struct encbench_inputs inputs = encbench_inputs(self->host);
    uint64_t taken = thread;
    for (uint64_t i = 0; i < n; i++) {
        const unsigned char *input = encbench_next_input(&inputs);
        for (size_t j = 0; j < REACHED_BRANCHES; j++)
            if (input[j] & 1)
                __asm__ volatile("nop" : "+r"(taken));
    }
    return taken & 0;
}

static uint64_t lines_run(void *state, unsigned thread, uint64_t n)
{
    const struct reached *self = state;
    void **at = self->first;
    (void)thread;
    for (uint64_t i = 0; i < n * REACHED_LINES; i++)
        at = *at;
    __asm__ volatile("" : : "r"(at));
    return 0;
}

static const struct encbench_workload workloads[] = {
    KERNEL_WORKLOAD(REACHED_BY_BRANCHES, ENCBENCH_STRING(REACHED_BRANCHES) " branches by bits of the input",
                    branches_run, .input_bytes = REACHED_BRANCHES, .batch_multiple_ops = 1, .rewarm_ops = 64,
                    .flags = ENCBENCH_TIMED | ENCBENCH_FRESH, .setup = set_up_branches, .teardown = teardown),
    KERNEL_WORKLOAD(REACHED_BY_LINES, ENCBENCH_STRING(REACHED_LINES) " cache lines; each named by the one before",
                    lines_run, .input_bytes = 64, .batch_multiple_ops = 1, .rewarm_ops = 4,
                    .flags = ENCBENCH_TIMED | ENCBENCH_FRESH, .setup = set_up_lines, .teardown = teardown),
};

KERNEL_EXPORT(REACHED_VARIANT);
