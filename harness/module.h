/*
 * The module ABI, version 1: the only bridge between the harness and what it measures.
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
 *     static uint64_t digest(struct encbench_host *host, uint64_t seed) { (void)host; return seed; }
 *     static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
 *     {
 *         (void)seed, (void)message, (void)message_bytes;
 *         *state = host;
 *         return 0;
 *     }
 *     static uint64_t run(void *state, unsigned thread, uint64_t n)
 *     {
 *         const struct encbench_host *host = state;
 *         uint64_t sum = thread;
 *         for (uint64_t i = 0; i < n; i++)
 *             for (size_t j = 0; j < 4096; j++)
 *                 sum = sum * 31 + host->input[j];
 *         __asm__ volatile("" : : "r"(sum));
 *         return n * 8;
 *     }
 *     static void teardown(void *state) { (void)state; }
 *     static const struct encbench_workload workloads[] = {{
 *         .name = "hash:size=4096", .short_name = "hash_4k", .op = "one page hashed",
 *         .input_bytes = 4096, .bytes_per_op = 8, .batch_multiple_ops = 1, .rewarm_ops = 8, .threads_max = 1,
 *         .flags = ENCBENCH_TIMED | ENCBENCH_EXACT,
 *         .digest = digest, .setup = setup, .run = run, .teardown = teardown,
 *     }};
 *     ENCBENCH_EXPORT extern const struct encbench_module encbench_module;
 *     const struct encbench_module encbench_module = {
 *         .abi_version = ENCBENCH_ABI_VERSION, .module_bytes = sizeof(struct encbench_module),
 *         .workload_bytes = sizeof(struct encbench_workload), .variant = "mine",
 *         .workloads = workloads, .workload_count = 1,
 *     };
 *
 * Two modules are compared on the workloads whose short names they share; what only one of them offers is not timed.
 * Standard output is not the module's: a worker that loads it speaks to the harness there.
 * A module that comes without a planted one is compared all the same: its positive control is the harness's planted chain.
 * A planted module (a control, slower on purpose) is a file NAME.planted.o with workloads that have planted_cycles_per_op; any other
 * file has none of those.
 *
 * Limits: 64 workloads, 16 axes (each named once) and 64 fields a module; an `op` of 1 to 200 bytes; a structure of at most 1 MiB
 * whose fields have a size, stand in order of offset and do not overlap; 32 metrics a workload, each named once and not like one that
 * the harness fills (allocations_per_op, allocated_bytes_per_op, handed_out_bytes_per_op, releases_per_op, live_blocks_per_op,
 * live_bytes_per_op, live_requested_bytes_per_op, malloc_calls_per_op and so on for every function that allocates, failed_calls_per_op,
 * peak_live_bytes, peak_live_requested_bytes, allocating_threads, instructions_per_op, live_blocks_after_teardown, live_mapped_bytes_per_op, mapped_regions_after_teardown, digest_and_conformance, planted_cycles_per_op, struct_bytes,
 * struct_hole_bytes, struct_holes, struct_lines, struct_heap_bytes, struct_heap_bytes_jemalloc, struct_heap_bytes_tcmalloc,
 * live_growth_10000_bytes,
 * live_growth_last_checkpoints_bytes, time, time_reduction, relative_time). The variant names twin, planted, chain, chain_planted,
 * chain_multiply and leak are the harness's.
 *
 * Everything a module hands out (strings, tables) is static: owned by the module, valid while it is loaded.
 * Everything a module is handed (host, message buffer) is owned by the harness.
 * A later need is a new ENCBENCH_ABI_VERSION; the harness refuses any other by name.
 */
#ifndef ENCBENCH_MODULE_H
#define ENCBENCH_MODULE_H

#include <stddef.h>
#include <stdint.h>

#define ENCBENCH_ABI_VERSION 1u
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

    /* Bytes requested from the allocator so far, all threads; NULL where they are not counted (while timing, always). */
    int64_t (*allocated_bytes)(void);

    /* Directory of data files (traces) that belong to the module, absolute, without a trailing slash; never NULL. */
    const char *data_directory;

    /* Bytes that the allocator handed out and that are not released, all threads; NULL where they are not counted. */
    int64_t (*live_bytes)(void);
};

/* A figure that a workload counts itself, exactly: the same in every repeat. */
struct encbench_metric {
    const char *name; /* with its unit: "pool_hits_per_get", "buffers_at_rest_count"; static */
    double value;     /* finite */
};
#define ENCBENCH_METRICS_MAX 32

enum encbench_workload_flags {
    ENCBENCH_TIMED = 1u << 0,   /* may be timed */
    ENCBENCH_EXACT = 1u << 1,   /* allocations (and instructions) per op are the same in every op */
    ENCBENCH_HEAP = 1u << 2,    /* meaningful over 10^6 cycles: heap growth */
    ENCBENCH_COUNTED = 1u << 3, /* counts figures of its own: `metrics` is there */
};

/* One thing that can be done to a variant. Functions return before the next is called; none is called concurrently
 * but `run`, and that only with distinct `thread` below `threads_max`. */
struct encbench_workload {
    const char *name;       /* with parameters: "to_string:encoding=hex:size=1024:codec=table16" */
    const char *short_name; /* unique, stands in CSV and claims: "to_string_1k" */
    const char *op;         /* one line: what one op is; no comma, quote or control character */

    uint64_t input_bytes;           /* bytes of host->input that an op reads */
    uint64_t bytes_per_op;          /* output bytes of one op; `run` must return n times this */
    uint64_t batch_max_ops;         /* largest n of one before/run/after round; 0 = no limit */
    uint64_t batch_multiple_ops;    /* n is always a multiple of this; at least 1 */
    uint64_t rewarm_ops;            /* untimed ops that re-warm what other arms evicted; 0 for long ops */
    uint64_t planted_cycles_per_op; /* dependent adds put on the critical path of each op on purpose; 0 in a real
                                     * variant. The planted arm of a panel is the module that has them: NAME.planted.o. */
    uint32_t threads_max;           /* at least 1 */
    uint32_t flags;                 /* enum encbench_workload_flags */

    /* Untimed hash of the output for this seed: equal for all variants of a workload, or the pair is refused. */
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

    /* An untimed experiment of its own, set up and torn down inside: fills at most ENCBENCH_METRICS_MAX figures and returns
     * how many; 0 when it could not be done. The harness runs it twice in fresh processes, with
     * host->allocated_bytes. Wanted exactly when the flags have ENCBENCH_COUNTED. */
    size_t (*metrics)(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics);
};

/* Level of a variant on an axis. A variant names its level on every axis of its family; ENCBENCH_NA where none applies. */
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
    uint32_t abi_version;    /* ENCBENCH_ABI_VERSION */
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

#define ENCBENCH_STRING_OF(x) #x
#define ENCBENCH_STRING(x)    ENCBENCH_STRING_OF(x)

/* A chain of `adds` (a literal, or a macro that is one) dependent register additions through `value`, which comes out unchanged: one cycle each on every
 * current x86-64 and aarch64 core. Register operands, because additions of a constant vanish at rename on some cores.
 * The building block of planted arms. */
#if defined(__x86_64__)
#define ENCBENCH_DEPENDENT_ADDS(value, adds)                                                                           \
    __asm__ volatile(".rept " ENCBENCH_STRING(adds) "\n\taddq %1, %0\n\t.endr"                                         \
                     : "+r"(value)                                                                                     \
                     : "r"((uint64_t)0)                                                                                \
                     : "c"                                                                                             \
                       "c")
#elif defined(__aarch64__)
#define ENCBENCH_DEPENDENT_ADDS(value, adds)                                                                           \
    __asm__ volatile(".rept " ENCBENCH_STRING(adds) "\n\tadd %0, %0, %1\n\t.endr" : "+r"(value) : "r"((uint64_t)0))
#else
#error "encbench supports x86-64 and aarch64"
#endif

#endif
