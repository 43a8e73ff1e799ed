/*
 * What the harness's own kernels do, for the kernels themselves and for whoever judges what is seen of them.
 * Chains of dependent register operations, whose latency is their time on any core; and planted leaks.
 */
#ifndef ENCBENCH_KERNELS_H
#define ENCBENCH_KERNELS_H

#include <stdbool.h>

/* Dependent additions in one op of `chain`: one cycle each, so the chain is the cycle clock of every process. */
#define CHAIN_CYCLES_PER_OP 256
/* What `chain_planted` has more. At least 20 cycles (a smaller plant drowns in the quantisation of a batch); 32 = 12.5
 * %. */
#define CHAIN_PLANTED_EXTRA_CYCLES 32
/* Dependent 64-bit multiplications in one op of `chain_multiply`, the second kind of chain that cross-checks the first:
 * their latency is a small whole number of cycles (3 on every x86-64 core since 2008; 3 to 5 on aarch64). */
#define CHAIN_MULTIPLIES_PER_OP 64

/* The modules by variant, and the workloads of the leaks. */
#define CHAIN_VARIANT "chain"
#define LEAK_VARIANT  "leak"
#define LEAK_BYTES    "leak_bytes"
#define LEAK_MAPPING  "leak_mapping"
#define LEAK_NONE     "leak_none"
/* `leak_bytes` loses a block of so many bytes asked for every so many ops; an allocator hands out up to twice that
 * (glibc 24). */
#define LEAK_BYTES_ASKED           16
#define LEAK_BYTES_HANDED_OUT_MOST 32
#define LEAK_BYTES_PERIOD_OPS      1000
/* `leak_mapping` loses a mapping, of whole pages whatever the page size. */
#define LEAK_MAPPING_BYTES      65536
#define LEAK_MAPPING_PERIOD_OPS 10000

/* Kernels that show which state was reached. An op is so many branches by bits of its input, half of which a predictor
 * gets wrong that does not know them; or so many loads of which each waits for the one before, of 16 KiB in all, warm
 * in the first or second level: every second line, in random order, because prefetchers follow any other (neighbours 37
 * lines apart cost 7 to 19 ns each behind a scrub of an Intel core, these 25 to 28, and 1.8 when warm). */
#define REACHED_VARIANT     "reached"
#define REACHED_BY_BRANCHES "branches"
#define REACHED_BY_LINES    "lines"
#define REACHED_BRANCHES    256
#define REACHED_LINES       128
#define REACHED_LINE_BYTES  128 /* from one to the next */
/* A misprediction is 10 to 40 cycles on the cores of the last twenty years; a miss of the second level at least 15 more
 * than a hit. */
#define REACHED_MISPREDICTION_CYCLES_LEAST 6
#define REACHED_MISS_CYCLES_LEAST          15

/* What an event of the kernel that stands for a state costs over `repeat`: from the cheapest of the state's processes
 * and the dearest of repeat's to the other ends. The state was reached where even the least is enough. */
struct reached_cost {
    const char *kernel;
    double least, most, enough; /* cycles */
};
static inline struct reached_cost reached_cost_in(bool fresh, const double there[2], const double repeat[2])
{
    /* Of branches by a random bit half are mispredicted. */
    const double events = fresh ? REACHED_BRANCHES / 2.0 : REACHED_LINES;
    return (struct reached_cost){.kernel = fresh ? REACHED_BY_BRANCHES : REACHED_BY_LINES,
                                 .least = (there[0] - repeat[1]) / events,
                                 .most = (there[1] - repeat[0]) / events,
                                 .enough = fresh ? REACHED_MISPREDICTION_CYCLES_LEAST : REACHED_MISS_CYCLES_LEAST};
}

/* What the plants of `gate` have more in the second build of their module than in the first. */
#define PLANT_VARIANT         "gate_plant"
#define PLANT_SAME            "plant_same" /* nothing */
#define PLANT_ALLOCATION      "plant_allocation"
#define PLANT_BYTES           "plant_bytes"
#define PLANT_INSTRUCTION     "plant_instruction"
#define PLANT_LEAK            "plant_leak"
#define PLANT_MAPPING         "plant_mapping"
#define PLANT_BLOCK_BYTES     24
#define PLANT_MORE_BYTES      16
#define PLANT_STRUCTURE_BYTES 16

/*
 * Known truths, for `calibrate`. Of the same kind as `base`, an op has `extra` dependent operations more every `every`
 * ops; a base is its own, with none. The last two are the cycle clock: their difference, not a level, because a level
 * holds the two clock reads of its batch as well (40 ns of 25 us are 0.16 %). X(workload, base, operation, operations
 * in an op of the base, extra, every)
 */
#define TRUTH_VARIANT "truth"
#define TRUTH_WORKLOADS(X)                                                                                             \
    X(chain_32, chain_32, add, 32, 0, 1)                                                                               \
    X(chain_32_plus_1, chain_32, add, 32, 1, 1)                                                                        \
    X(chain_32_plus_2, chain_32, add, 32, 2, 1)                                                                        \
    X(chain_32_plus_4, chain_32, add, 32, 4, 1)                                                                        \
    X(chain_32_plus_8, chain_32, add, 32, 8, 1)                                                                        \
    X(chain_32_plus_16, chain_32, add, 32, 16, 1)                                                                      \
    X(chain_32_every_2, chain_32, add, 32, 1, 2)                                                                       \
    X(chain_32_every_4, chain_32, add, 32, 1, 4)                                                                       \
    X(chain_32_every_8, chain_32, add, 32, 1, 8)                                                                       \
    X(chain_32_every_16, chain_32, add, 32, 1, 16)                                                                     \
    X(chain_32_every_64, chain_32, add, 32, 1, 64)                                                                     \
    X(chain_4000, chain_4000, add, 4000, 0, 1)                                                                         \
    X(chain_4000_plus_4, chain_4000, add, 4000, 4, 1)                                                                  \
    X(multiply_8, multiply_8, multiply, 8, 0, 1)                                                                       \
    X(multiply_8_plus_1, multiply_8, multiply, 8, 1, 1)                                                                \
    X(multiply_8_plus_2, multiply_8, multiply, 8, 2, 1)                                                                \
    X(chase_8, chase_8, load, 8, 0, 1)                                                                                 \
    X(chase_8_plus_1, chase_8, load, 8, 1, 1)                                                                          \
    X(chase_8_plus_2, chase_8, load, 8, 2, 1)                                                                          \
    X(chain_256, chain_256, add, 256, 0, 1)                                                                            \
    X(chain_256_plus_32, chain_256, add, 256, 32, 1)
#define TRUTH_CLOCK            "chain_256"
#define TRUTH_CLOCK_PLUS       "chain_256_plus_32"
#define TRUTH_CLOCK_EXTRA      32
#define TRUTH_OPS_MULTIPLE_MAX 64 /* the largest `every` */

#endif
