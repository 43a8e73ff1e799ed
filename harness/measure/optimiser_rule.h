/*
 * Whether an op is still in its loop, by the instructions of n and of 2n ops in one call of `run`. Pure.
 *
 *     per op = (i(2n) - i(n)) / n        fixed = i(n) - n x per op, less i(0): what `run` costs without an op
 *
 * per op = 0: the whole loop is gone. That is no op, whatever it is.
 *
 * An empty loop (empty_loop.h), of an op that says it reads input, produces bytes or has an output: nothing but its
 * loop is left. One that says none of these may be an empty loop (workloads/nop.h is: 3 instructions in each of 11
 * variants). By their number alone it is not told apart from one addition in a loop that counts down (3, too), so the
 * instructions themselves are looked at.
 *
 * Hoisted: per op is next to nothing and the first op of a run costs what none of the others do. i(0) is what tells it
 * from a set-up inside of `run`: that is done for no op, too, while the compiler hoists behind the test for n = 0. Of a
 * set-up of 256 turns 3 instructions are left as `fixed`, of a page hashed once 32 000 (tests/count/optimiser_module.c
 * has both, with 5 and 4 instructions an op). Where i(0) cannot be had
 * (`run` does not come back, or crashes, for no ops), a large fixed part is not judged.
 *
 * The bounds: what is left of a hoisted op is its loop and what consumes the result, 3 to 9 instructions, so from
 * OPTIMISER_OP_MIN on an op is there. Below 2 an instruction an op there is no loop an op: that of several ops at once,
 * whose first instructions (alignment, constants, the last sum) are no op. What an honest loop costs more than none is
 * 2 to 4 in ours (nop, chains of multiplications and loads), 11 where ops share instructions; registers saved and the
 * input's fields make it 20. The shortest real ops of ours are a put (32) and a get and a put (56). An op of fewer than
 * OPTIMISER_HOISTED_MIN instructions that was hoisted is not seen here, only by its output (worker_output.h).
 */
#ifndef ENCBENCH_OPTIMISER_RULE_H
#define ENCBENCH_OPTIMISER_RULE_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIMISER_OP_MIN      16.0
#define OPTIMISER_HOISTED_MIN 48.0

struct optimiser_counts {
    uint64_t operations; /* n */
    uint64_t instructions_n, instructions_2n;
    bool zero_known;         /* instructions_0 is there */
    uint64_t instructions_0; /* of no op */
    bool single; /* no round has room for 2n: instructions_2n is not there, and i(0) stands in for i(n), i(n) for i(2n)
                  */
    bool empty_loop; /* what was executed for every op is one */
    bool declares;   /* reads input, produces bytes or has an output */
};

enum optimiser_found {
    OPTIMISER_PRESENT,
    OPTIMISER_REMOVED,    /* nothing is executed for an op */
    OPTIMISER_EMPTY_LOOP, /* nothing but the loop */
    OPTIMISER_HOISTED,    /* done once a run */
    OPTIMISER_OPEN,       /* i(0) would tell */
};

/* NaN where it cannot be told. */
double optimiser_per_op(const struct optimiser_counts *counts);
double optimiser_fixed(const struct optimiser_counts *counts);

enum optimiser_found optimiser_judge(const struct optimiser_counts *counts);

#endif
