/*
 * The module ABI, version 2: the only bridge between the harness and what it measures. Modules of version 1 still load:
 * version 2 adds fields behind theirs, and what they lack is absent. A later need adds fields behind these in the same
 * way (module_bytes and workload_bytes say how much of a table there is; the rest counts as 0), so that no version 3
 * has to follow.
 *
 * A module is a relocatable object file (.o, compiled with -fPIC -ffunction-sections, so that the harness can link it
 * into a fresh layout for every process) or a shared object (.so, which has one layout for ever and is labelled so; a
 * directory of them is one module in so many layouts, each used once).
 * It exports one symbol, `encbench_module`, of type `struct encbench_module`. The harness meets the subject only here:
 * variants, twins, planted controls, the harness's own kernels and a stranger's code all come in by this door.
 *
 * A minimal module, whole; compiled with -I HARNESS, the directory of this header:
 *
 *     #include "module.h"
 *     static struct { struct encbench_host *host; uint64_t hash; } self;
 *     static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
 *     {
 *         (void)seed, (void)message, (void)message_bytes;
 *         self.host = host;
 *         *state = &self;
 *         return 0;
 *     }
 *     static uint64_t run(void *state, unsigned thread, uint64_t n)
 *     {
 *         struct encbench_inputs inputs = encbench_inputs(self.host);
 *         (void)state, (void)thread;
 *         for (uint64_t i = 0; i < n; i++) {
 *             const unsigned char *input = encbench_next_input(&inputs);
 *             uint64_t hash = 0;
 *             for (size_t j = 0; j < 4096; j++)
 *                 hash = hash * 31 + input[j];
 *             self.hash = hash;
 *             __asm__ volatile("" : : : "memory");
 *         }
 *         return n * 8;
 *     }
 *     static size_t output(void *state, unsigned thread, const void **bytes)
 *     {
 *         (void)state, (void)thread;
 *         *bytes = &self.hash;
 *         return sizeof self.hash;
 *     }
 *     static void teardown(void *state) { (void)state; }
 *     static const struct encbench_workload workloads[] = {{
 *         .name = "hash:size=4096", .short_name = "hash_4k", .op = "one page hashed",
 *         .input_bytes = 4096, .bytes_per_op = 8, .batch_multiple_ops = 1, .rewarm_ops = 8, .threads_max = 1,
 *         .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH,
 *         .setup = setup, .run = run, .teardown = teardown, .output = output,
 *     }};
 *     const struct encbench_module encbench_module = {
 *         .abi_version = ENCBENCH_ABI_VERSION, .module_bytes = sizeof(struct encbench_module),
 *         .workload_bytes = sizeof(struct encbench_workload), .variant = "mine",
 *         .workloads = workloads, .workload_count = 1,
 *     };
 *
 * Three states of an op, and one question of its own. A workload is timed in the state `repeat`: the same input in
 * every op, all of it warm, so that caches and predictors know it by heart. With ENCBENCH_FRESH it is offered as
 * SHORT_NAME.fresh, too: warm, but the harness hands out a ring of inputs, another one in every op. Where one op can be
 * run alone (batch_multiple_ops is 1) there is SHORT_NAME.cold: one op a reading of the clock, after data, code and
 * branches of others have gone through the caches. With run_latency there is SHORT_NAME.latency: `repeat`, but every op
 * waits for the result of the one before. `encbench run --states` chooses; without it a module is timed in `repeat` and
 * `fresh`, or with ENCBENCH_FRESH_ALONE in `fresh`.
 *
 * An op that the compiler removed, hoisted out of the loop or folded to a constant is refused by name: by its
 * instructions over n and 2n ops, and by the output of other inputs (optimiser.csv). Where an op executes next to
 * nothing, `run` is called for 0 ops, too, in a copy of the process that is thrown away.
 *
 * Two modules are compared on the workloads whose short names they share; what only one of them offers is not timed.
 * Standard output is not the module's: a worker that loads it speaks to the harness there.
 * A module that comes without a planted one is compared all the same: its positive control is the harness's planted
 * chain. A planted module (a control, slower on purpose) is a file NAME.planted.o with workloads that have
 * planted_cycles_per_op; any other file has none of those.
 *
 * Limits: 96 workloads, 16 axes (each named once) and 64 fields a module; an `op` of 1 to 200 bytes; a structure of at
 * most 1 MiB whose fields have a size, stand in order of offset and do not overlap; 64 metrics a workload, each named
 * once and not like one that the harness fills (allocations_per_op, allocated_bytes_per_op, handed_out_bytes_per_op,
 * releases_per_op, live_blocks_per_op, live_bytes_per_op, live_requested_bytes_per_op, malloc_calls_per_op and so on
 * for every function that allocates, failed_calls_per_op, peak_live_bytes, peak_live_requested_bytes,
 * allocating_threads, instructions_per_op, instructions_codec_per_op, live_blocks_after_teardown,
 * live_mapped_bytes_per_op, mapped_regions_after_teardown, digest_and_conformance, planted_cycles_per_op,
 * process_changes, struct_bytes, struct_hole_bytes, struct_holes, struct_lines, struct_heap_bytes,
 * struct_heap_bytes_jemalloc, struct_heap_bytes_tcmalloc, live_growth_10000_bytes, live_growth_last_checkpoints_bytes,
 * time, time_reduction, relative_time). The variant names twin, planted, chain, chain_planted, chain_multiply, leak and
 * reached are the harness's.
 *
 * Everything a module hands out (strings, tables) is static: owned by the module, valid while it is loaded.
 * Everything a module is handed (host, message buffer) is owned by the harness.
 * Another ABI version than 1 and this one is refused by name.
 */
#ifndef ENCBENCH_MODULE_H
#define ENCBENCH_MODULE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ENCBENCH_ABI_VERSION 2u
#define ENCBENCH_EXPORT      __attribute__((visibility("default")))

/* Level of an axis that does not apply to a variant. */
#define ENCBENCH_NA "na"

/* Longest name (variant, workload, axis, level, field) in bytes, terminator included. Names are made of
 * letters, digits and "_-+.:=" only, because they stand unquoted in CSV. */
#define ENCBENCH_NAME_BYTES 128

/* Longest `op` of a workload, and largest structure, in bytes. */
#define ENCBENCH_OP_BYTES            200u
#define ENCBENCH_STRUCTURE_BYTES_MAX (1u << 20)

/* What the harness offers to a workload. One host per worker process, the same for every arm in it. */
struct encbench_host {
    uint32_t abi_version;
    uint32_t host_bytes; /* sizeof(struct encbench_host) of the harness */

    /* Input shared by all arms: at least the workload's `input_bytes` readable bytes, pseudo-random, a function of the
     * seed alone. The harness moves the pointer (another page offset) between blocks, equally for all arms:
     * read it at the start of every `run`, never keep it. */
    const unsigned char *input;
    size_t input_bytes;

    /* Bytes requested from the allocator so far, all threads; NULL where they are not counted (while timing, always).
     */
    int64_t (*allocated_bytes)(void);

    /* Directory of data files (traces) that belong to the module, absolute, without a trailing slash; never NULL. Of a
     * module NAME.o that was given it is NAME.data beside it, or what --data says; all variants of a process have the
     * same. */
    const char *data_directory;

    /* Bytes that the allocator handed out and that are not released, all threads; NULL where they are not counted. */
    int64_t (*live_bytes)(void);

    /* ---- from version 2 on ---- */

    /* The ring of inputs, moved by the harness before every `run`: op i of a `run` takes the `input_bytes` bytes at
     * ring + ((ring_first_bytes + i x ring_stride_bytes) & ring_mask_bytes). In the state `repeat` the mask is 0 and
     * all are `input`. Read it through encbench_inputs; several threads take it from where encbench_inputs_of_thread
     * says. */
    const unsigned char *ring;
    uint64_t ring_first_bytes;
    uint64_t ring_stride_bytes; /* a power of two, at least input_bytes */
    uint64_t ring_mask_bytes;   /* a power of two less one; or 0 */

    uint32_t thread_count; /* that will call `run` at the same time: 1, or up to the workload's threads_max */
    uint32_t reserved;     /* 0 */

    /* ---- where host_bytes says that there is more ---- */

    /* What cannot go on says so in one line, and nothing of it counts: the run ends with an error that names variant
     * and workload. Does not return. From any function of a workload, in whichever thread. */
    void (*fail)(const char *message);
};

/* Where a `run` is in the ring; made anew in each. */
struct encbench_inputs {
    const unsigned char *ring;
    uint64_t offset_bytes, stride_bytes, mask_bytes;
};

static inline struct encbench_inputs encbench_inputs(const struct encbench_host *host)
{
    struct encbench_inputs inputs = {host->ring, host->ring_first_bytes, host->ring_stride_bytes,
                                     host->ring_mask_bytes};
    return inputs;
}

/* Input of the next op: three instructions, whichever state is measured, so that the states differ by the input alone.
 */
static inline const unsigned char *encbench_next_input(struct encbench_inputs *inputs)
{
    const unsigned char *input = inputs->ring + (inputs->offset_bytes & inputs->mask_bytes);
    inputs->offset_bytes += inputs->stride_bytes;
    return input;
}

/* Threads start evenly apart in the ring: each with another input, as long as it has as many. */
static inline struct encbench_inputs encbench_inputs_of_thread(const struct encbench_host *host, unsigned thread)
{
    struct encbench_inputs inputs = encbench_inputs(host);
    const uint64_t inputs_in_ring = (host->ring_mask_bytes + 1) / host->ring_stride_bytes;
    inputs.offset_bytes +=
        inputs_in_ring * thread / (host->thread_count > 0 ? host->thread_count : 1) * host->ring_stride_bytes;
    return inputs;
}

/* A figure that a workload counts itself, exactly: the same in every repeat. Its name says what it can be: what ends in
 * _bytes, _at_rest, _kept_alive or _count is whole and not negative (but for a name with `growth` or `minus`), what
 * ends in _per_op not negative, what ends in _hits_per_get a share of 1, and what has _waste_percent in it one of 100.
 */
struct encbench_metric {
    const char *name; /* with its unit: "pool_hits_per_get", "buffers_at_rest_count"; static */
    double value;     /* finite */
};
#define ENCBENCH_METRICS_MAX 64

enum encbench_workload_flags {
    ENCBENCH_TIMED = 1u << 0,   /* may be timed */
    ENCBENCH_EXACT = 1u << 1,   /* allocations (and instructions) per op are the same in every op */
    ENCBENCH_HEAP = 1u << 2,    /* meaningful over 10^6 cycles: heap growth */
    ENCBENCH_COUNTED = 1u << 3, /* counts figures of its own: `metrics` is there */
    ENCBENCH_FRESH =
        1u << 4, /* takes its input from encbench_next_input in every op: may be timed in the state `fresh` */
    ENCBENCH_FRESH_ALONE = 1u << 5, /* with ENCBENCH_FRESH: in no other state unless --states asks for it */
};

/* Memory that the ops of a workload touch, where it lies after set-up: recorded, because what shares a cache line
 * differs by it. */
struct encbench_object {
    const char *name; /* legal as a variant's is; static */
    const void *address;
    uint64_t bytes;
};
#define ENCBENCH_OBJECTS_MAX 8

/* One thing that can be done to a variant. Functions return before the next is called; none is called concurrently
 * but `run`, and that only with distinct `thread` below `threads_max`. */
struct encbench_workload {
    const char *name;       /* with parameters: "to_string:encoding=hex:size=1024:codec=table16" */
    const char *short_name; /* unique, stands in CSV and claims: "to_string_1k" */
    const char *op;         /* one line: what one op is; no comma, quote or control character */

    uint64_t input_bytes;        /* bytes of host->input that an op reads */
    uint64_t bytes_per_op;       /* output bytes of one op; `run` must return n times this */
    uint64_t batch_max_ops;      /* largest n of one before/run/after round; 0 = no limit */
    uint64_t batch_multiple_ops; /* n is always a multiple of this; at least 1 */
    uint64_t rewarm_ops;         /* untimed ops that re-warm what other arms evicted; 0 for long ops */
    /* Dependent adds put on the critical path of each op on purpose; 0 in a real variant. The planted arm of a panel is
     * the module that has them: NAME.planted.o. */
    uint64_t planted_cycles_per_op;
    uint32_t threads_max; /* at least 1; timed at 2, 4, 8 and 16 that are no more (SHORT_NAME.t2) */
    uint32_t flags;       /* enum encbench_workload_flags */

    /* Untimed hash of the output for this seed: equal for all variants of a workload, or the pair is refused. NULL,
     * from version 2 on, where `output` is there: the harness then makes the digest from it. */
    uint64_t (*digest)(struct encbench_host *host, uint64_t seed);

    /* Prepare; *state is passed to the rest. 0, or non-zero with a one-line message. */
    int (*setup)(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes);

    /* Untimed, around each timed round; may be NULL. */
    void (*before)(void *state, uint64_t n);
    /* Timed: n ops. Returns the bytes produced. The loop is compiled into the module; the harness makes one indirect
     * call a batch. */
    uint64_t (*run)(void *state, unsigned thread, uint64_t n);
    void (*after)(void *state, uint64_t n);

    /* Brings live blocks back to what they were before `setup`. */
    void (*teardown)(void *state);

    /* An untimed experiment of its own, set up and torn down inside: fills at most ENCBENCH_METRICS_MAX figures and
     * returns how many; 0 when it could not be done. The harness runs it twice in fresh processes, with
     * host->allocated_bytes. Wanted exactly when the flags have ENCBENCH_COUNTED. */
    size_t (*metrics)(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics);

    /* ---- from version 2 on; all may be NULL or 0 ---- */

    /* What the last op of `run` in this thread produced: *bytes is the module's until its next call. Of it the harness
     * makes digests, over several inputs, and finds ops that do not depend on theirs. */
    size_t (*output)(void *state, unsigned thread, const void **bytes);

    /* As `run`, but every op waits for the result of the one before. */
    uint64_t (*run_latency)(void *state, unsigned thread, uint64_t n);

    /* Memory of this state that ops touch: fills at most ENCBENCH_OBJECTS_MAX and returns how many. Untimed, after
     * set-up and one round. */
    size_t (*objects)(void *state, struct encbench_object *objects);

    /* On the thread that will call `run` with this number, once after `setup` and once before `teardown`. */
    void (*thread_begin)(void *state, unsigned thread);
    void (*thread_end)(void *state, unsigned thread);
    /* Untimed, around each timed round, on each thread, inside of `before` and `after`, which are called once for all.
     */
    void (*thread_before)(void *state, unsigned thread, uint64_t n);
    void (*thread_after)(void *state, unsigned thread, uint64_t n);

    uint32_t threads_min; /* that the op needs: 2 of a hand-off; 0 is 1 */
    uint32_t reserved;    /* 0 */

    /* ---- where workload_bytes says that there is more ---- */

    /* Of an op that a data file decides: fills in what depends on it in `row`, which is a copy of this row: `op`,
     * `input_bytes`, `bytes_per_op`, `planted_cycles_per_op` and `flags`. Called once in every process, before all
     * else. 0; ENCBENCH_NOT_HERE where the directory has no such file: the workload is left out; or any other figure
     * with a one-line message. NULL: the row is as it stands. */
    int (*describe)(const char *data_directory, struct encbench_workload *row, char *message, size_t message_bytes);

    /* Whether this machine lacks what the op needs (instructions, a device): 0, or not 0 with a reason of one line.
     * Asked once when the module is loaded, before anything is set up. A workload of which the machine lacks something
     * is not measured here, and the run says why and goes on; what `setup` refuses ends the run. */
    int (*lacks)(char *reason, size_t reason_bytes);
};

#define ENCBENCH_NOT_HERE 1

/* The data file that `--trace FILE` is made into, beside those of the module: a header line `size_bytes`, and a line
 * with the size of each call of one replay, in their order: at most 4096 calls of at most 2^24 bytes. */
#define ENCBENCH_TRACE_FILE "trace.csv"

/* Level of a variant on an axis. A variant names its level on every axis of its family; ENCBENCH_NA where none applies.
 */
struct encbench_axis {
    const char *name;
    const char *level;
};

/* A field of the structure under study, in order of offset. Holes are derived by the harness. */
struct encbench_field {
    const char *name;
    uint32_t offset_bytes;
    uint32_t size_bytes;
};

struct encbench_module {
    uint32_t abi_version;    /* ENCBENCH_ABI_VERSION that it was built against */
    uint32_t module_bytes;   /* sizeof(struct encbench_module) */
    uint32_t workload_bytes; /* sizeof(struct encbench_workload) */
    uint32_t axis_count;
    uint32_t field_count; /* 0: this variant has no structure */
    uint32_t workload_count;
    uint32_t structure_bytes; /* 0 when field_count is 0 */
    uint32_t reserved;        /* 0 */
    const char *variant;      /* unique name of the variant */
    const struct encbench_axis *axes;
    const char *structure; /* name of the structure, as in debugging information; NULL if none */
    const struct encbench_field *fields;
    const struct encbench_workload *workloads;
};

/* What a module exports; the definition is its own. */
ENCBENCH_EXPORT extern const struct encbench_module encbench_module;

/* At file scope: this object file needs lib<library>.so in its link, or the shared object of which `library` is the
 * full path. At most 64. libc, libm, libgcc and the library of C++ come of themselves. */
#define ENCBENCH_NEEDS(library)                                                                                        \
    __asm__(".pushsection .encbench.needs,\"\",%progbits\n\t.asciz \"" library "\"\n\t.popsection")

#define ENCBENCH_STRING_OF(x) #x
#define ENCBENCH_STRING(x)    ENCBENCH_STRING_OF(x)

/* A chain of `adds` (a literal, or a macro that is one) dependent register additions through `value`, which comes out
 * unchanged: one cycle each on every current x86-64 and aarch64 core. Register operands, because additions of a
 * constant vanish at rename on some cores. The building block of planted arms. */
#define ENCBENCH_DEPENDENT_ADDS(value, adds) ENCBENCH_DEPENDENT_ADDS_OF(value, adds, (uint64_t)0)
/* The same with a `zero` of one's own: an expression of which the compiler does not know that it is 0. */
#if defined(__x86_64__)
#define ENCBENCH_DEPENDENT_ADDS_OF(value, adds, zero)                                                                  \
    __asm__ volatile(".rept " ENCBENCH_STRING(adds) "\n\taddq %1, %0\n\t.endr" : "+r"(value) : "r"(zero) : "cc")
#elif defined(__aarch64__)
#define ENCBENCH_DEPENDENT_ADDS_OF(value, adds, zero)                                                                  \
    __asm__ volatile(".rept " ENCBENCH_STRING(adds) "\n\tadd %0, %0, %1\n\t.endr" : "+r"(value) : "r"(zero))
#else
#error "encbench supports x86-64 and aarch64"
#endif

#ifdef __cplusplus
}
#endif

#endif
