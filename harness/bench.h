/*
 * Workloads and variants in a line each, over the module ABI (module.h). C11 and C++11, gcc and clang.
 *
 *     #include <encbench/bench.h>
 *     #include "base64.h"
 *
 *     ENCBENCH_VARIANT(plain, encode = base64_plain);
 *     ENCBENCH_VARIANT(table, encode = base64_table);
 *
 *     ENCBENCH_WORKLOAD(base64, encode(in, bytes, out), ENCBENCH_BYTES(64, 1k, 16k),
 *                       ENCBENCH_OUTPUT(base64_bytes(bytes)));
 *
 * That is two variants on three workloads, base64_64, base64_1k and base64_16k. Names are C identifiers, so that all of
 * them are legal. What another file shall share (a second implementation, another release) stands in a header of yours.
 *
 * ENCBENCH_VARIANT(NAME, WORD = VALUE...): in this variant WORD is VALUE: a function (called directly, and inlined
 * where the compiler would), a number (a level, a threshold), in C++ a lambda or any object. Up to eight, or none at
 * all where the file itself is the variant.
 *
 * ENCBENCH_WORKLOAD(NAME, OP, OPTION...): OP is an expression, and what is timed. It sees
 *     in     the input of this op, pseudo-random, another one in every op: a `const void *` of `bytes` bytes (in C++ it
 *            becomes a pointer to whatever the function takes; in.as<T>() where that is a template)
 *            or, with ENCBENCH_ITEMS, a `const TYPE *` to `count` items
 *     out    with ENCBENCH_OUTPUT where it writes to: a `void *` to memory that is aligned to 64 bytes
 *     state  with ENCBENCH_STATE a `TYPE *`
 * What it returns is its output, of which the harness makes the digest that all variants must have in common: a number,
 * in C++ also a std::string or a std::vector of numbers. With ENCBENCH_OUTPUT it returns how many bytes it wrote to
 * `out`, and these are its output; an op that returns void wrote them all. A comma outside of parentheses ends OP.
 *
 * Options, in any order:
 *     ENCBENCH_BYTES(SIZE...)        sizes of the input; each is a workload of its own, NAME_SIZE. 1k, 2k ... 512M are
 *                                    powers of two, and 1024 is called 1k
 *     ENCBENCH_ITEMS(TYPE, SIZE...)  the same in items of an integer type
 *     ENCBENCH_OUTPUT(BYTES)         room for so many bytes, evaluated at set-up: it may call a function. What an op
 *                                    writes outside of them ends the run with an error
 *     ENCBENCH_STATE(TYPE)           an object that lives from set-up to teardown; zeroed, in C++ constructed
 *     ENCBENCH_SETUP(EXPRESSION)     untimed, before the first op; it sees bytes, count, state and `seed`
 *     ENCBENCH_TEARDOWN(EXPRESSION)  untimed, after the last
 *     ENCBENCH_REPEAT                the same input in every op: caches and predictors know it by heart
 *     ENCBENCH_ANY_OUTPUT            variants may differ in what they put out (another hash function)
 *     ENCBENCH_SERIAL                every op waits for the result of the one before (an integer): its latency. Without
 *                                    it a processor works on several ops at a time
 * An op that reads no input has neither BYTES nor ITEMS; encbench_any(VALUE) keeps the compiler from computing what is
 * constant: fib(encbench_any(20)). encbench_fail("why"), in an op or at set-up, ends the run with this line, as does an
 * exception that leaves an op.
 *
 * Compiling. Every variant is an object file of its own, so a source with several is compiled once for each, with
 * -DENCBENCH_SELECT -DENCBENCH_SELECT_NAME; encbench_add_module(... VARIANTS NAME...) and `encbench ab` do that. A
 * source with one variant needs neither. Compiled with -DENCBENCH_LIST_VARIANTS the object is no module; the names of
 * its variants stand in its section .encbench.variants, each ended by a NUL.
 *
 * -DENCBENCH_PLANTED=32 makes the planted one of a variant (NAME.planted.o): 32 additions that wait for each other, on
 * the result of every op. All 32 cycles show in an op that is ENCBENCH_SERIAL; elsewhere the next op overlaps them.
 *
 * What it costs: an op executes no instruction that it would not in a module written by hand over module.h (a hash of
 * 64 bytes: 400 and 400, gcc 12), and the planted one executes 33 more.
 */
#ifndef ENCBENCH_BENCH_H
#define ENCBENCH_BENCH_H

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* a function of the name of a structure */
#endif
#include "module.h"
#ifdef __cplusplus
#pragma GCC diagnostic pop
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __cplusplus
#include <exception>
#include <new>
#include <type_traits>
#include <utility>
#ifdef _LIBCPP_VERSION
ENCBENCH_NEEDS("c++");
#else
ENCBENCH_NEEDS("stdc++");
#endif
#endif

/* ---- what the operations of the preprocessor are made of ---- */

#define ENCBENCH_CAT(a, b)            ENCBENCH_CAT_(a, b)
#define ENCBENCH_CAT_(a, b)           a##b
#define ENCBENCH_FIRST(...)           ENCBENCH_FIRST_(__VA_ARGS__, ~)
#define ENCBENCH_FIRST_(a, ...)       a
#define ENCBENCH_SECOND(...)          ENCBENCH_SECOND_(__VA_ARGS__)
#define ENCBENCH_SECOND_(a, b, ...)   b
#define ENCBENCH_THIRD(...)           ENCBENCH_THIRD_(__VA_ARGS__)
#define ENCBENCH_THIRD_(a, b, c, ...) c
#define ENCBENCH_BARE(...)            __VA_ARGS__

/* 1 for what expands to `~, 1`, else 0. */
#define ENCBENCH_PROBED(...) ENCBENCH_SECOND(__VA_ARGS__, 0, ~)
#define ENCBENCH_YES(...)    ~, 1
#define ENCBENCH_IF_0(...)
#define ENCBENCH_IF_1(...) __VA_ARGS__

/* How many there are: 1 to 16. */
#define ENCBENCH_COUNT(...)   ENCBENCH_COUNTED(__VA_ARGS__, ENCBENCH_DOWN, ~)
#define ENCBENCH_DOWN         16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1
#define ENCBENCH_COUNTED(...) ENCBENCH_COUNTED_(__VA_ARGS__)

#define ENCBENCH_COUNTED_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, count, ...) count

/* m(a, x) for each x; at most 16 of them. */
#define ENCBENCH_EACH(m, a, ...)       ENCBENCH_CAT(ENCBENCH_EACH_, ENCBENCH_COUNT(__VA_ARGS__))(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_1(m, a, x)       m(a, x)
#define ENCBENCH_EACH_2(m, a, x, ...)  m(a, x) ENCBENCH_EACH_1(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_3(m, a, x, ...)  m(a, x) ENCBENCH_EACH_2(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_4(m, a, x, ...)  m(a, x) ENCBENCH_EACH_3(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_5(m, a, x, ...)  m(a, x) ENCBENCH_EACH_4(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_6(m, a, x, ...)  m(a, x) ENCBENCH_EACH_5(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_7(m, a, x, ...)  m(a, x) ENCBENCH_EACH_6(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_8(m, a, x, ...)  m(a, x) ENCBENCH_EACH_7(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_9(m, a, x, ...)  m(a, x) ENCBENCH_EACH_8(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_10(m, a, x, ...) m(a, x) ENCBENCH_EACH_9(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_11(m, a, x, ...) m(a, x) ENCBENCH_EACH_10(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_12(m, a, x, ...) m(a, x) ENCBENCH_EACH_11(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_13(m, a, x, ...) m(a, x) ENCBENCH_EACH_12(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_14(m, a, x, ...) m(a, x) ENCBENCH_EACH_13(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_15(m, a, x, ...) m(a, x) ENCBENCH_EACH_14(m, a, __VA_ARGS__)
#define ENCBENCH_EACH_16(m, a, x, ...) m(a, x) ENCBENCH_EACH_15(m, a, __VA_ARGS__)

#ifdef __cplusplus
#define ENCBENCH_ASSERT(condition, text) static_assert(condition, text)
#define ENCBENCH_AUTO                    auto
#else
#define ENCBENCH_ASSERT(condition, text) _Static_assert(condition, text)
#define ENCBENCH_AUTO                    __auto_type
#endif
#if defined __GNUC__ && !defined __clang__
#define ENCBENCH_IN_ORDER , no_reorder
#else
#define ENCBENCH_IN_ORDER
#endif
#define ENCBENCH_MAY_LACK __attribute__((unused))

/* ---- variants ---- */

/*
 * The module itself is written by the assembler, which alone knows how many workloads stand in the file: they are rows
 * of one section, and `.subsection 1` is behind them all.
 */
#define ENCBENCH_MODULE_BYTES   72
#define ENCBENCH_WORKLOAD_BYTES 216
ENCBENCH_ASSERT(sizeof(struct encbench_module) == ENCBENCH_MODULE_BYTES &&
                    sizeof(struct encbench_workload) == ENCBENCH_WORKLOAD_BYTES,
                "bench.h and module.h are of different releases of encbench");
#define ENCBENCH_ROWS          ".data.rel.ro.encbench"
#define ENCBENCH_ROW_COUNT     "(.Lencbench_rows_end - " ENCBENCH_ROWS ") / " ENCBENCH_STRING(ENCBENCH_WORKLOAD_BYTES)
#define ENCBENCH_IN_SECTION(x) ".pushsection " x ",%progbits\n\t"
#define ENCBENCH_ASM_ROWS                                                                                              \
    ENCBENCH_IN_SECTION(ENCBENCH_ROWS ",\"aw\"") ".subsection 1\n.Lencbench_rows_end:\n\t.popsection\n\t"
#define ENCBENCH_ASM_NAME(name)                                                                                        \
    ENCBENCH_IN_SECTION(".rodata.encbench,\"a\"") ".Lencbench_variant: .asciz \"" name "\"\n\t.popsection\n\t"
#define ENCBENCH_ASM_LONG(x) ".long " ENCBENCH_STRING(x) "\n\t"
#define ENCBENCH_ASM_LONGS                                                                                             \
    ENCBENCH_ASM_LONG(ENCBENCH_ABI_NUMBER)                                                                             \
    ENCBENCH_ASM_LONG(ENCBENCH_MODULE_BYTES)                                                                           \
    ENCBENCH_ASM_LONG(ENCBENCH_WORKLOAD_BYTES) ".long 0, 0, " ENCBENCH_ROW_COUNT ", 0, 0\n\t"
#define ENCBENCH_ASM_MODULE                                                                                            \
    ENCBENCH_IN_SECTION(".data.rel.ro.encbench_module,\"aw\"")                                                         \
    ".balign 8\n\t.globl encbench_module\n\t.type encbench_module, %object\nencbench_module:\n\t" ENCBENCH_ASM_LONGS   \
    ".quad .Lencbench_variant, 0, 0, 0, " ENCBENCH_ROWS                                                                \
    "\n\t.size encbench_module, . - encbench_module\n\t.popsection"
#define ENCBENCH_MODULE_OF(variant) __asm__(ENCBENCH_ASM_ROWS ENCBENCH_ASM_NAME(#variant) ENCBENCH_ASM_MODULE)
#define ENCBENCH_ABI_NUMBER         2 /* ENCBENCH_ABI_VERSION as the assembler reads it */
ENCBENCH_ASSERT(ENCBENCH_ABI_NUMBER == ENCBENCH_ABI_VERSION,
                "bench.h and module.h are of different releases of encbench");

#define ENCBENCH_LISTED(variant)                                                                                       \
    __asm__(".pushsection .encbench.variants,\"\",%progbits\n\t.asciz \"" #variant "\"\n\t.popsection")

/* What a variant binds; the first of them nobody sees, so that there is always one. */
#define ENCBENCH_BIND(variant, binding) __extension__ ENCBENCH_MAY_LACK static const ENCBENCH_AUTO binding;
#define ENCBENCH_BINDINGS(variant, ...) ENCBENCH_EACH(ENCBENCH_BIND, variant, __VA_ARGS__)

#define ENCBENCH_VARIANT(...) ENCBENCH_VARIANT_(__VA_ARGS__, encbench_end_of_bindings = 0)
#define ENCBENCH_CHOSEN_1(variant, ...)                                                                                \
    ENCBENCH_BINDINGS(variant, __VA_ARGS__)                                                                            \
    ENCBENCH_MODULE_OF(variant)
/* Called by nobody, so that no code of it is left; without it the compiler would warn of unused functions. */
#define ENCBENCH_CHOSEN_0(variant, ...)                                                                                \
    ENCBENCH_MAY_LACK static void encbench_other_##variant(void){                                                      \
        ENCBENCH_EACH(ENCBENCH_BIND_OTHER, variant, __VA_ARGS__)} ENCBENCH_ASSERT(1, "")
#define ENCBENCH_BIND_OTHER(variant, binding) __extension__ ENCBENCH_MAY_LACK const ENCBENCH_AUTO encbench_in_##binding;

/*
 * Which variant of a file this is, the first or another, is known to a stack of definitions alone. Without
 * -DENCBENCH_SELECT the first is the one, and a second is an error.
 */
#define ENCBENCH_NTH later
#pragma push_macro("ENCBENCH_NTH")
#undef ENCBENCH_NTH
#define ENCBENCH_NTH second
#pragma push_macro("ENCBENCH_NTH")
#undef ENCBENCH_NTH
#define ENCBENCH_NTH  first
#define ENCBENCH_NEXT _Pragma("pop_macro(\"ENCBENCH_NTH\")")

#if defined ENCBENCH_LIST_VARIANTS
#define ENCBENCH_VARIANT_(variant, ...)                                                                                \
    ENCBENCH_CAT(ENCBENCH_LISTED_, ENCBENCH_NTH)                                                                       \
    (variant,                                                                                                          \
     __VA_ARGS__) __asm__(".pushsection .encbench.variants,\"\",%progbits\n\t.asciz \"" #variant "\"\n\t.popsection")
#define ENCBENCH_LISTED_first(variant, ...) ENCBENCH_NEXT ENCBENCH_BINDINGS(variant, __VA_ARGS__)
#define ENCBENCH_LISTED_second(...)         ENCBENCH_NEXT ENCBENCH_CHOSEN_0(__VA_ARGS__);
#define ENCBENCH_LISTED_later(...)          ENCBENCH_CHOSEN_0(__VA_ARGS__);
#elif defined ENCBENCH_SELECT
#define ENCBENCH_SELECTED_1 ENCBENCH_YES()
#define ENCBENCH_VARIANT_(variant, ...)                                                                                \
    ENCBENCH_CAT(ENCBENCH_CHOSEN_, ENCBENCH_PROBED(ENCBENCH_CAT(ENCBENCH_SELECTED_, ENCBENCH_SELECT_##variant)))       \
    (variant, __VA_ARGS__)
#else
#define ENCBENCH_VARIANT_(variant, ...)    ENCBENCH_CAT(ENCBENCH_ALONE_, ENCBENCH_NTH)(variant, __VA_ARGS__)
#define ENCBENCH_ALONE_first(variant, ...) ENCBENCH_NEXT ENCBENCH_CHOSEN_1(variant, __VA_ARGS__)
#define ENCBENCH_ALONE_second(variant, ...)                                                                            \
    ENCBENCH_NEXT ENCBENCH_ASSERT(                                                                                     \
        0, "this source has several variants: compile it once for each, with -DENCBENCH_SELECT "                       \
           "-DENCBENCH_SELECT_NAME; encbench_add_module(... VARIANTS NAME...) and `encbench ab` do")
#define ENCBENCH_ALONE_later(...) ENCBENCH_ASSERT(1, "")
#endif

/* ---- options of a workload ---- */

/* An option is a name and what it is, in parentheses. */
#define ENCBENCH_BYTES(...)       (sizes, bytes, unsigned char, __VA_ARGS__)
#define ENCBENCH_ITEMS(type, ...) (sizes, items, type, __VA_ARGS__)
#define ENCBENCH_OUTPUT(...)      (output, written, (__VA_ARGS__))
#define ENCBENCH_STATE(...)       (state, __VA_ARGS__)
#define ENCBENCH_SETUP(...)       (setup, __VA_ARGS__)
#define ENCBENCH_TEARDOWN(...)    (teardown, __VA_ARGS__)
#define ENCBENCH_REPEAT           (repeat, 1)
#define ENCBENCH_SERIAL           (serial, 1)
#define ENCBENCH_ANY_OUTPUT       (any, 1)

#define ENCBENCH_SAME_sizes_sizes       ENCBENCH_YES()
#define ENCBENCH_SAME_output_output     ENCBENCH_YES()
#define ENCBENCH_SAME_state_state       ENCBENCH_YES()
#define ENCBENCH_SAME_setup_setup       ENCBENCH_YES()
#define ENCBENCH_SAME_teardown_teardown ENCBENCH_YES()
#define ENCBENCH_SAME_repeat_repeat     ENCBENCH_YES()
#define ENCBENCH_SAME_serial_serial     ENCBENCH_YES()
#define ENCBENCH_SAME_any_any           ENCBENCH_YES()

/* `, WHAT` where an option has the name, else nothing. */
#define ENCBENCH_PICK(name, option) ENCBENCH_PICK_(name, ENCBENCH_BARE option)
#define ENCBENCH_PICK_(...)         ENCBENCH_PICK__(__VA_ARGS__)
#define ENCBENCH_PICK__(name, own, ...)                                                                                \
    ENCBENCH_CAT(ENCBENCH_IF_, ENCBENCH_PROBED(ENCBENCH_SAME_##name##_##own))(, (__VA_ARGS__))
/* What the first option of a name is, or the default. */
#define ENCBENCH_PICKS(name, a, b, c, d, e, f, g, h)                                                                   \
    ENCBENCH_PICK(name, a)                                                                                             \
    ENCBENCH_PICK(name, b)                                                                                             \
    ENCBENCH_PICK(name, c)                                                                                             \
    ENCBENCH_PICK(name, d)                                                                                             \
    ENCBENCH_PICK(name, e)                                                                                             \
    ENCBENCH_PICK(name, f)                                                                                             \
    ENCBENCH_PICK(name, g)                                                                                             \
    ENCBENCH_PICK(name, h)
#define ENCBENCH_FIND(name, otherwise, ...)                                                                            \
    ENCBENCH_BARE ENCBENCH_SECOND(~ENCBENCH_PICKS(name, __VA_ARGS__), otherwise, ~)
#define ENCBENCH_OFTEN(name, ...) (ENCBENCH_COUNT(~ENCBENCH_PICKS(name, __VA_ARGS__)) - 1)

/* Sizes that have a name of their own: value, name. */
#define ENCBENCH_SIZE_1k          ~, 1024, 1k
#define ENCBENCH_SIZE_2k          ~, 2048, 2k
#define ENCBENCH_SIZE_4k          ~, 4096, 4k
#define ENCBENCH_SIZE_8k          ~, 8192, 8k
#define ENCBENCH_SIZE_16k         ~, 16384, 16k
#define ENCBENCH_SIZE_32k         ~, 32768, 32k
#define ENCBENCH_SIZE_64k         ~, 65536, 64k
#define ENCBENCH_SIZE_128k        ~, 131072, 128k
#define ENCBENCH_SIZE_256k        ~, 262144, 256k
#define ENCBENCH_SIZE_512k        ~, 524288, 512k
#define ENCBENCH_SIZE_1M          ~, 1048576, 1M
#define ENCBENCH_SIZE_2M          ~, 2097152, 2M
#define ENCBENCH_SIZE_4M          ~, 4194304, 4M
#define ENCBENCH_SIZE_8M          ~, 8388608, 8M
#define ENCBENCH_SIZE_16M         ~, 16777216, 16M
#define ENCBENCH_SIZE_32M         ~, 33554432, 32M
#define ENCBENCH_SIZE_64M         ~, 67108864, 64M
#define ENCBENCH_SIZE_128M        ~, 134217728, 128M
#define ENCBENCH_SIZE_256M        ~, 268435456, 256M
#define ENCBENCH_SIZE_512M        ~, 536870912, 512M
#define ENCBENCH_SIZE_1024        ENCBENCH_SIZE_1k
#define ENCBENCH_SIZE_2048        ENCBENCH_SIZE_2k
#define ENCBENCH_SIZE_4096        ENCBENCH_SIZE_4k
#define ENCBENCH_SIZE_8192        ENCBENCH_SIZE_8k
#define ENCBENCH_SIZE_16384       ENCBENCH_SIZE_16k
#define ENCBENCH_SIZE_32768       ENCBENCH_SIZE_32k
#define ENCBENCH_SIZE_65536       ENCBENCH_SIZE_64k
#define ENCBENCH_SIZE_131072      ENCBENCH_SIZE_128k
#define ENCBENCH_SIZE_262144      ENCBENCH_SIZE_256k
#define ENCBENCH_SIZE_524288      ENCBENCH_SIZE_512k
#define ENCBENCH_SIZE_1048576     ENCBENCH_SIZE_1M
#define ENCBENCH_SIZE_VALUE(size) ENCBENCH_SECOND(ENCBENCH_SIZE_##size, size, ~)
#define ENCBENCH_SIZE_NAME(size)  ENCBENCH_THIRD(ENCBENCH_SIZE_##size, size, size, ~)

/* ---- a workload at work ---- */

#define ENCBENCH_VALUE_BYTES  256          /* the largest object that an op may return */
#define ENCBENCH_INPUT_BYTES  (1ull << 30) /* the largest input */
#define ENCBENCH_OUTPUT_BYTES (1ull << 32) /* the largest output */

struct encbench_bench {
    struct encbench_host *host;
    const char *workload; /* for messages */
    size_t bytes, count;  /* of the input; no constant, or the compiler would specialise the op for it */
    uint64_t zero;        /* 0, which the compiler does not know */
    unsigned char *out;
    uint64_t out_bytes;
    uint64_t written_bytes; /* by the last op */
    size_t value_bytes;
    size_t (*read)(const struct encbench_bench *bench, const void **bytes); /* of what is no plain value */
    void (*destroy)(struct encbench_bench *bench);                          /* likewise, while there is one */
    unsigned char *mapping;
    size_t mapping_bytes;
    unsigned char value[ENCBENCH_VALUE_BYTES] __attribute__((aligned(16)));
};

#define ENCBENCH_COLD ENCBENCH_MAY_LACK static __attribute__((cold, noinline))

/* Ends the run with one line that names variant and workload. */
ENCBENCH_COLD void encbench_fail_in(const struct encbench_bench *bench, const char *why)
{
    if (bench->host->host_bytes > offsetof(struct encbench_host, fail))
        bench->host->fail(why);
    fprintf(stderr, "encbench: workload %s: %s\n", bench->workload, why); /* an encbench of before */
    abort();
}
#define encbench_fail(why) encbench_fail_in(encbench_b, why)

/* Ahead of `out` and behind it lies what no op may change, and then what none may touch. */
#define ENCBENCH_FENCE       0xA5
#define ENCBENCH_PAGE_BYTES  4096u
#define ENCBENCH_GUARD_BYTES ((size_t)1 << 20)

ENCBENCH_COLD void encbench_make_output(struct encbench_bench *bench, uint64_t bytes)
{
    const size_t room = ((size_t)bytes + 63) / 64 * 64, fence_bytes = ENCBENCH_PAGE_BYTES;
    /* The heap lies elsewhere in each process, and so does this. */
    const size_t ahead = ((uintptr_t)bench / 64) % (ENCBENCH_PAGE_BYTES / 64) * 64;
    const size_t open =
        (room + ahead + fence_bytes + ENCBENCH_PAGE_BYTES - 1) / ENCBENCH_PAGE_BYTES * ENCBENCH_PAGE_BYTES;
    if (bytes == 0 || bytes > ENCBENCH_OUTPUT_BYTES)
        encbench_fail_in(bench, "ENCBENCH_OUTPUT is 0 or more than 4 GiB");
    bench->mapping_bytes = open + ENCBENCH_GUARD_BYTES;
    bench->mapping = (unsigned char *)mmap(NULL, bench->mapping_bytes, PROT_NONE, MAP_PRIVATE | 0x20, -1, 0);
    if ((void *)bench->mapping == MAP_FAILED || mprotect(bench->mapping, open, PROT_READ | PROT_WRITE) != 0)
        encbench_fail_in(bench, "no memory for its output");
    memset(bench->mapping, ENCBENCH_FENCE, open);
    bench->out = bench->mapping + open - room - ahead;
    bench->out_bytes = bytes;
    memset(bench->out, 0, (size_t)bytes);
}

ENCBENCH_COLD void encbench_check_output(const struct encbench_bench *bench)
{
    const unsigned char *end = bench->mapping + bench->mapping_bytes - ENCBENCH_GUARD_BYTES;
    if (bench->out == NULL)
        return;
    for (const unsigned char *at = bench->mapping; at < end; at++)
        if (at == bench->out)
            at += bench->out_bytes - 1;
        else if (*at != ENCBENCH_FENCE)
            encbench_fail_in(bench, "an op wrote outside of its output; ENCBENCH_OUTPUT says how many bytes it has");
    if (bench->written_bytes > bench->out_bytes)
        encbench_fail_in(bench, "an op returned more bytes than ENCBENCH_OUTPUT has room for");
}

ENCBENCH_COLD size_t encbench_output_of(void *self, unsigned thread, const void **bytes)
{
    const struct encbench_bench *bench = (const struct encbench_bench *)self;
    (void)thread;
    encbench_check_output(bench);
    *bytes = bench->out ? bench->out : bench->value;
    if (bench->out)
        return (size_t)bench->written_bytes;
    return bench->read ? bench->read(bench, bytes) : bench->value_bytes;
}

/* Where variants may differ in their outputs, and each has the same digest. */
ENCBENCH_COLD uint64_t encbench_any_digest(struct encbench_host *host, uint64_t seed)
{
    (void)host;
    return seed;
}

ENCBENCH_COLD void encbench_end_bench(struct encbench_bench *bench)
{
    encbench_check_output(bench);
    if (bench->destroy)
        bench->destroy(bench);
    if (bench->mapping)
        munmap(bench->mapping, bench->mapping_bytes);
}

/* VALUE, of which the compiler knows nothing. */
#ifdef __cplusplus
template <class T> static inline T encbench_any(T value)
{
    __asm__ volatile("" : "+m"(value) : : "memory");
    return value;
}
#else
#define encbench_any(value)                                                                                            \
    (__extension__({                                                                                                   \
        __auto_type encbench_hidden = (value);                                                                         \
        __asm__ volatile("" : "+m"(encbench_hidden) : : "memory");                                                     \
        encbench_hidden;                                                                                               \
    }))
#endif

#ifdef ENCBENCH_PLANTED
#define ENCBENCH_PLANTED_CYCLES ENCBENCH_PLANTED
/* The zero is made where it is used: one that is kept in a register through the whole op is an instruction more in each
 * round of a loop of 64. */
#define ENCBENCH_PLANT(value)                                                                                          \
    uint64_t encbench_nothing;                                                                                         \
    __asm__ volatile("" : "=r"(encbench_nothing) : "0"((uint64_t)0));                                                  \
    ENCBENCH_DEPENDENT_ADDS_OF(value, ENCBENCH_PLANTED, encbench_nothing)
/* On the bits of a number, whatever it is, as they come through a register. */
#define ENCBENCH_PLANT_BITS(number)                                                                                    \
    uint64_t encbench_bits = 0;                                                                                        \
    memcpy(&encbench_bits, &number, sizeof number < sizeof encbench_bits ? sizeof number : sizeof encbench_bits);      \
    ENCBENCH_PLANT(encbench_bits);                                                                                     \
    memcpy(&number, &encbench_bits, sizeof number < sizeof encbench_bits ? sizeof number : sizeof encbench_bits)
#else
#define ENCBENCH_PLANTED_CYCLES     0
#define ENCBENCH_PLANT(value)       (void)(value)
#define ENCBENCH_PLANT_BITS(number) (void)(number)
#endif

#define ENCBENCH_NO_OUTPUT                                                                                             \
    "an op that returns nothing needs ENCBENCH_OUTPUT: its output is what the variants are compared by"
#define ENCBENCH_NO_NUMBER                                                                                             \
    "an op returns a number, in C++ also a string or vector of numbers; an address or another object is no output: "   \
    "write what matters of it to `out`, with ENCBENCH_OUTPUT"
#define ENCBENCH_NO_COUNT "with ENCBENCH_OUTPUT an op returns how many bytes it wrote, or void"
#define ENCBENCH_NO_LINK                                                                                               \
    "ENCBENCH_SERIAL wants an op that returns an integer and has no ENCBENCH_OUTPUT: the next op waits for it"

#ifdef __cplusplus

/* A pointer to whatever is asked for. */
struct encbench_input {
    const void *bytes;
    template <class T> operator const T *() const
    {
        return static_cast<const T *>(bytes);
    }
    template <class T> const T *as() const
    {
        return static_cast<const T *>(bytes);
    }
};
struct encbench_room {
    void *bytes;
    template <class T> operator T *() const
    {
        return static_cast<T *>(bytes);
    }
    template <class T> T *as() const
    {
        return static_cast<T *>(bytes);
    }
};

namespace encbench
{
template <class T> struct is_number {
    static const bool value = std::is_arithmetic<T>::value || std::is_enum<T>::value;
};

/* Numbers one behind the other, in an object: std::string, std::vector<int>, std::array<double, 3>. */
template <class T> class is_list
{
    template <class U>
    static is_number<typename std::decay<decltype(*std::declval<const U &>().data())>::type>
    test(decltype(std::declval<const U &>().size()) *);
    struct no {
        static const bool value = false;
    };
    template <class U> static no test(...);

  public:
    static const bool value = decltype(test<T>(nullptr))::value;
};

enum kind { NUMBER, LIST, NOTHING, ELSE };
template <class T> struct kind_of {
    static const kind value = std::is_void<T>::value ? NOTHING
                              : is_number<T>::value  ? NUMBER
                              : is_list<T>::value    ? LIST
                                                     : ELSE;
};

template <class T, kind> struct keeper {
    template <class F> static uint64_t keep(struct encbench_bench *, bool, const F &)
    {
        return 0;
    }
};

template <class T> struct keeper<T, NUMBER> {
    static uint64_t link(T value, std::true_type)
    {
        return static_cast<uint64_t>(value);
    }
    static uint64_t link(T, std::false_type)
    {
        return 0;
    }
    template <class F> static uint64_t keep(struct encbench_bench *bench, bool, const F &op)
    {
        T value = op();
        ENCBENCH_PLANT_BITS(value);
        memcpy(bench->value, &value, sizeof value);
        return link(value, std::is_integral<T>());
    }
};

/* The last one stays until the next run. */
template <class T> struct keeper<T, LIST> {
    static T *in(const struct encbench_bench *bench)
    {
        return reinterpret_cast<T *>(const_cast<unsigned char *>(bench->value));
    }
    static size_t read(const struct encbench_bench *bench, const void **bytes)
    {
        *bytes = in(bench)->data();
        return in(bench)->size() * sizeof *in(bench)->data();
    }
    static void destroy(struct encbench_bench *bench)
    {
        in(bench)->~T();
        bench->destroy = nullptr;
    }
    template <class F> static uint64_t keep(struct encbench_bench *bench, bool last, const F &op)
    {
        T *value = new (bench->value) T(op());
        uint64_t count = value->size();
        ENCBENCH_PLANT(count);
        __asm__ volatile("" : : "r"(count) : "memory");
        if (!last) {
            value->~T();
            return 0;
        }
        bench->read = read;
        bench->destroy = destroy;
        return 0;
    }
};

template <class T> struct returned {
    typedef typename std::decay<T>::type value;
    static const kind of = kind_of<value>::value;
    static_assert(of != NOTHING,
                  "an op that returns nothing needs ENCBENCH_OUTPUT: its output is what the variants are compared by");
    static_assert(of != ELSE, ENCBENCH_NO_NUMBER);
    static_assert(of == NOTHING ||
                      sizeof(typename std::conditional<of == NOTHING, int, value>::type) <= ENCBENCH_VALUE_BYTES,
                  "an op returns an object of more than 256 bytes: write it to `out`, with ENCBENCH_OUTPUT");
    typedef keeper<value, of> keep;
};

template <class T> struct written {
    static_assert(std::is_integral<T>::value, ENCBENCH_NO_COUNT);
    template <class F> static uint64_t count(const struct encbench_bench *, const F &op)
    {
        return static_cast<uint64_t>(op());
    }
};
template <> struct written<void> {
    template <class F> static uint64_t count(const struct encbench_bench *bench, const F &op)
    {
        op();
        return bench->out_bytes;
    }
};
} // namespace encbench

#define ENCBENCH_IS_INTEGER_TYPE(type) (std::is_integral<type>::value && !std::is_same<type, bool>::value)
#define ENCBENCH_POINTER_bytes(type)                                                                                   \
    const encbench_input in = {encbench_from};                                                                         \
    (void)in
#define ENCBENCH_OUT encbench_room
#define ENCBENCH_OUT_IS(pointer)                                                                                       \
    {                                                                                                                  \
        pointer                                                                                                        \
    }
#define ENCBENCH_CALL(op) [&]() -> decltype(op) { return op; }
#define ENCBENCH_KEEP_returned(op, serial)                                                                             \
    static_assert(!(serial) || std::is_integral<encbench::returned<decltype(op)>::value>::value, ENCBENCH_NO_LINK);    \
    encbench_value =                                                                                                   \
        encbench::returned<decltype(op)>::keep::keep(encbench_b, encbench_i + 1 == encbench_n, ENCBENCH_CALL(op))
#define ENCBENCH_KEEP_written(op, serial)                                                                              \
    static_assert(!(serial), ENCBENCH_NO_LINK);                                                                        \
    encbench_value = encbench::written<std::decay<decltype(op)>::type>::count(encbench_b, ENCBENCH_CALL(op));          \
    ENCBENCH_PLANT(encbench_value);                                                                                    \
    encbench_b->written_bytes = encbench_value
#define ENCBENCH_SIZE_returned(op) encbench_b->value_bytes = sizeof(encbench::returned<decltype(op)>::value)
/* Before anything is in a register that a call would have to save: with it behind, an op took an instruction more. */
#define ENCBENCH_CLEAR                                                                                                 \
    if (encbench_b->destroy)                                                                                           \
    encbench_b->destroy(encbench_b)
#define ENCBENCH_NEW(type)    new (std::nothrow) type()
#define ENCBENCH_DELETE(self) delete self
#if defined __cpp_exceptions || defined __EXCEPTIONS
#define ENCBENCH_TRY try
#define ENCBENCH_CATCH                                                                                                 \
    catch (const std::exception &encbench_thrown)                                                                      \
    {                                                                                                                  \
        encbench_threw(encbench_b, encbench_thrown.what());                                                            \
    }                                                                                                                  \
    catch (...)                                                                                                        \
    {                                                                                                                  \
        encbench_threw(encbench_b, "what is no std::exception");                                                       \
    }
#else
#define ENCBENCH_TRY
#define ENCBENCH_CATCH
#endif
ENCBENCH_COLD void encbench_threw(const struct encbench_bench *bench, const char *what)
{
    char why[200];
    snprintf(why, sizeof why, "an exception left it: %s", what);
    encbench_fail_in(bench, why);
}

#else /* C */

#define ENCBENCH_IS_INTEGER_TYPE(type)                                                                                 \
    (__builtin_classify_type(*(type *)0) == 1 && !__builtin_types_compatible_p(type, _Bool))
#define ENCBENCH_POINTER_bytes(type) ENCBENCH_MAY_LACK const void *const in = encbench_from
#define ENCBENCH_OUT                 void *
#define ENCBENCH_OUT_IS(pointer)     pointer
/* The type of the op, and what it is by the classes of <typeclass.h>: 1 to 4 are integers, characters, enumerations and
 * truth values, 8 real numbers. A branch that is not chosen has to be an expression all the same. */
#define ENCBENCH_TYPES(op)                                                                                             \
    typedef __typeof__(op) encbench_type;                                                                              \
    enum { encbench_void = __builtin_types_compatible_p(void, encbench_type) };                                        \
    typedef __typeof__(__builtin_choose_expr(encbench_void, (char *)0, (encbench_type *)0)) encbench_to;               \
    enum { encbench_class = __builtin_classify_type(*(encbench_to)0) };                                                \
    enum { encbench_integer = !encbench_void && encbench_class >= 1 && encbench_class <= 4 };                          \
    enum { encbench_number = encbench_integer || (!encbench_void && encbench_class == 8) };                            \
    typedef __typeof__(__builtin_choose_expr(encbench_number, *(encbench_to)0, 0) + 0) encbench_kept                   \
        __attribute__((may_alias, unused))
#define ENCBENCH_KEEP_returned(op, serial)                                                                             \
    ENCBENCH_TYPES(op);                                                                                                \
    ENCBENCH_ASSERT(!encbench_void, ENCBENCH_NO_OUTPUT);                                                               \
    ENCBENCH_ASSERT(encbench_void || encbench_number, ENCBENCH_NO_NUMBER);                                             \
    ENCBENCH_ASSERT(!(serial) || encbench_integer, ENCBENCH_NO_LINK);                                                  \
    encbench_kept encbench_result = __builtin_choose_expr(encbench_number, (op), 0);                                   \
    ENCBENCH_PLANT_BITS(encbench_result);                                                                              \
    *(encbench_kept *)(void *)encbench_b->value = encbench_result;                                                     \
    encbench_value = __builtin_choose_expr(encbench_integer, (uint64_t)encbench_result, 0)
#define ENCBENCH_KEEP_written(op, serial)                                                                              \
    ENCBENCH_TYPES(op);                                                                                                \
    ENCBENCH_ASSERT(encbench_void || encbench_integer, ENCBENCH_NO_COUNT);                                             \
    ENCBENCH_ASSERT(!(serial), ENCBENCH_NO_LINK);                                                                      \
    encbench_value = __builtin_choose_expr(encbench_void, ((op), encbench_b->out_bytes),                               \
                                           __builtin_choose_expr(encbench_integer, (op), 0));                          \
    ENCBENCH_PLANT(encbench_value);                                                                                    \
    encbench_b->written_bytes = encbench_value
#define ENCBENCH_SIZE_returned(op)                                                                                     \
    ENCBENCH_TYPES(op);                                                                                                \
    encbench_b->value_bytes = sizeof(encbench_kept)
#define ENCBENCH_CLEAR        (void)0
#define ENCBENCH_NEW(type)    (type *)calloc(1, sizeof(type))
#define ENCBENCH_DELETE(self) free(self)
#define ENCBENCH_TRY
#define ENCBENCH_CATCH

#endif

#define ENCBENCH_POINTER_items(type) ENCBENCH_MAY_LACK const type *const in = (const type *)(const void *)encbench_from
#define ENCBENCH_POINTER_none(type)  (void)encbench_from
#define ENCBENCH_LINK_0              0
#define ENCBENCH_LINK_1              encbench_value &encbench_zero

struct encbench_no_state {
    char none;
};

/* What an expression of the user sees. */
#define ENCBENCH_SCOPE(name)                                                                                           \
    const size_t bytes = encbench_b->bytes, count = encbench_b->count;                                                 \
    encbench_state_##name *const state = &encbench_s->state;                                                           \
    (void)bytes, (void)count, (void)state

#define ENCBENCH_DEFINE(name, op, sizes, output, state_type, set_up, tear_down, repeats, serial, any)                  \
    ENCBENCH_DEFINE_(name, op, sizes, ENCBENCH_FIRST(ENCBENCH_BARE sizes), ENCBENCH_FIRST(ENCBENCH_BARE output),       \
                     ENCBENCH_SECOND(ENCBENCH_BARE output, ~), ENCBENCH_SECOND(ENCBENCH_BARE sizes, ~), state_type,    \
                     set_up, tear_down, repeats, serial, any)
#define ENCBENCH_DEFINE_(...) ENCBENCH_DEFINE__(__VA_ARGS__)
#define ENCBENCH_DEFINE__(name, op, sizes, kind, how, room, type, state_type, set_up, tear_down, repeats, serial, any) \
    typedef ENCBENCH_BARE state_type encbench_state_##name;                                                            \
    typedef struct {                                                                                                   \
        struct encbench_bench bench;                                                                                   \
        encbench_state_##name state;                                                                                   \
    } encbench_self_##name;                                                                                            \
    static int encbench_setup_##name(size_t encbench_count, struct encbench_host *encbench_host, uint64_t seed,        \
                                     void **encbench_state, char *encbench_message, size_t encbench_message_bytes)     \
    {                                                                                                                  \
        encbench_self_##name *const encbench_s = ENCBENCH_NEW(encbench_self_##name);                                   \
        struct encbench_bench *const encbench_b = &encbench_s->bench;                                                  \
        (void)seed;                                                                                                    \
        if (encbench_s == NULL) {                                                                                      \
            snprintf(encbench_message, encbench_message_bytes, "no memory for its state");                             \
            return 1;                                                                                                  \
        }                                                                                                              \
        encbench_b->host = encbench_host;                                                                              \
        encbench_b->workload = #name;                                                                                  \
        encbench_b->count = encbench_count;                                                                            \
        encbench_b->bytes = encbench_count * sizeof(type);                                                             \
        ENCBENCH_TRY                                                                                                   \
        {                                                                                                              \
            ENCBENCH_SCOPE(name);                                                                                      \
            (void)(ENCBENCH_BARE set_up);                                                                              \
            ENCBENCH_MAKE_##how(room);                                                                                 \
            {                                                                                                          \
                const unsigned char *const encbench_from = NULL;                                                       \
                ENCBENCH_OUT const out = ENCBENCH_OUT_IS(NULL);                                                        \
                ENCBENCH_POINTER_##kind(type);                                                                         \
                ENCBENCH_SIZE_##how(op);                                                                               \
                (void)out;                                                                                             \
            }                                                                                                          \
        }                                                                                                              \
        ENCBENCH_CATCH                                                                                                 \
        *encbench_state = encbench_s;                                                                                  \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static uint64_t encbench_run_##name(void *encbench_self, unsigned encbench_thread, uint64_t encbench_n)            \
    {                                                                                                                  \
        encbench_self_##name *const encbench_s = (encbench_self_##name *)encbench_self;                                \
        struct encbench_bench *const encbench_b = &encbench_s->bench;                                                  \
        ENCBENCH_CLEAR;                                                                                                \
        struct encbench_inputs encbench_at = encbench_inputs(encbench_b->host);                                        \
        const uint64_t encbench_zero = encbench_b->zero;                                                               \
        uint64_t encbench_value = 0;                                                                                   \
        ENCBENCH_OUT const out = ENCBENCH_OUT_IS(encbench_b->out);                                                     \
        ENCBENCH_SCOPE(name);                                                                                          \
        (void)encbench_thread, (void)encbench_zero, (void)out;                                                         \
        ENCBENCH_TRY                                                                                                   \
        {                                                                                                              \
            for (uint64_t encbench_i = 0; encbench_i < encbench_n; encbench_i++) {                                     \
                const unsigned char *const encbench_from =                                                             \
                    encbench_next_input(&encbench_at) + (ENCBENCH_LINK_##serial);                                      \
                ENCBENCH_POINTER_##kind(type);                                                                         \
                ENCBENCH_KEEP_##how(op, serial);                                                                       \
                __asm__ volatile("" : : : "memory");                                                                   \
            }                                                                                                          \
        }                                                                                                              \
        ENCBENCH_CATCH(void) encbench_value;                                                                           \
        return 0;                                                                                                      \
    }                                                                                                                  \
    static void encbench_teardown_##name(void *encbench_self)                                                          \
    {                                                                                                                  \
        encbench_self_##name *const encbench_s = (encbench_self_##name *)encbench_self;                                \
        struct encbench_bench *const encbench_b = &encbench_s->bench;                                                  \
        ENCBENCH_TRY                                                                                                   \
        {                                                                                                              \
            ENCBENCH_SCOPE(name);                                                                                      \
            (void)(ENCBENCH_BARE tear_down);                                                                           \
            encbench_end_bench(encbench_b);                                                                            \
        }                                                                                                              \
        ENCBENCH_CATCH                                                                                                 \
        ENCBENCH_DELETE(encbench_s);                                                                                   \
    }                                                                                                                  \
    ENCBENCH_TABLE_##kind(name, sizes, repeats, serial, any)

#define ENCBENCH_SIZE_written(op)    (void)0
#define ENCBENCH_MAKE_returned(room) (void)0
#define ENCBENCH_MAKE_written(room)  encbench_make_output(encbench_b, (uint64_t)(room))

/* ---- rows of the table ---- */

#define ENCBENCH_ROW_SECTION                                                                                           \
    __attribute__((section(ENCBENCH_ROWS), used, aligned(8) ENCBENCH_IN_ORDER)) static struct encbench_workload
#define ENCBENCH_FLAGS_0  (ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH | ENCBENCH_FRESH_ALONE)
#define ENCBENCH_FLAGS_1  (ENCBENCH_TIMED | ENCBENCH_EXACT)
#define ENCBENCH_DIGEST_0 NULL /* of its output */
#define ENCBENCH_DIGEST_1 encbench_any_digest
#define ENCBENCH_ROW(name, full, brief, words, input, flags, digest, set_up)                                           \
    {                                                                                                                  \
        full, brief, words, input, 0, 0, 1, 1, ENCBENCH_PLANTED_CYCLES, 1, flags, digest, set_up, NULL,                \
            encbench_run_##name, NULL, encbench_teardown_##name, NULL, encbench_output_of, NULL, NULL, NULL, NULL,     \
            NULL, NULL, 0, 0, NULL, NULL                                                                               \
    }
#define ENCBENCH_SETUP_ARGUMENTS                                                                                       \
    struct encbench_host *encbench_host, uint64_t encbench_seed, void **encbench_state, char *encbench_message,        \
        size_t encbench_message_bytes

#define ENCBENCH_TABLE_none(name, sizes, repeats, serial, any)                                                         \
    ENCBENCH_ASSERT(!(serial), "workload " #name                                                                       \
                               ": ENCBENCH_SERIAL wants an input, which waits for the result of the op before");       \
    static int encbench_setup_##name##_0(ENCBENCH_SETUP_ARGUMENTS)                                                     \
    {                                                                                                                  \
        return encbench_setup_##name(0, encbench_host, encbench_seed, encbench_state, encbench_message,                \
                                     encbench_message_bytes);                                                          \
    }                                                                                                                  \
    ENCBENCH_ROW_SECTION encbench_rows_##name[] = {ENCBENCH_ROW(name, #name, #name, "one " #name, 0, ENCBENCH_FLAGS_1, \
                                                                ENCBENCH_DIGEST_##any, encbench_setup_##name##_0)}

#define ENCBENCH_TABLE_bytes(name, sizes, repeats, serial, any) ENCBENCH_TABLE_(name, repeats, any, ENCBENCH_BARE sizes)
#define ENCBENCH_TABLE_items(name, sizes, repeats, serial, any) ENCBENCH_TABLE_(name, repeats, any, ENCBENCH_BARE sizes)
#define ENCBENCH_TABLE_(...)                                    ENCBENCH_TABLE__(__VA_ARGS__)
#define ENCBENCH_TABLE__(name, repeats, any, kind, type, ...)                                                          \
    ENCBENCH_EACH(ENCBENCH_SIZED_SETUP, (name, type), __VA_ARGS__)                                                     \
    ENCBENCH_ROW_SECTION encbench_rows_##name[] = {                                                                    \
        ENCBENCH_EACH(ENCBENCH_SIZED_ROW, (name, repeats, any, kind, type), __VA_ARGS__)}

#define ENCBENCH_SIZED_SETUP(names, size)                                                                              \
    ENCBENCH_SIZED_SETUP_(ENCBENCH_BARE names, ENCBENCH_SIZE_VALUE(size), ENCBENCH_SIZE_NAME(size))
#define ENCBENCH_SIZED_SETUP_(...) ENCBENCH_SIZED_SETUP__(__VA_ARGS__)
#define ENCBENCH_SIZED_SETUP__(name, type, value, word)                                                                \
    ENCBENCH_ASSERT((value) > 0, "workload " #name ": an input of no size; a size is 1 or more");                      \
    ENCBENCH_ASSERT(ENCBENCH_IS_INTEGER_TYPE(type), "workload " #name ": items are of an integer type, because the "   \
                                                    "input is random bits: make other things of it at set-up");        \
    ENCBENCH_ASSERT((uint64_t)(value) <= ENCBENCH_INPUT_BYTES / sizeof(type),                                          \
                    "workload " #name ": an input of more than 1 GiB");                                                \
    static int encbench_setup_##name##_##word(ENCBENCH_SETUP_ARGUMENTS)                                                \
    {                                                                                                                  \
        return encbench_setup_##name(value, encbench_host, encbench_seed, encbench_state, encbench_message,            \
                                     encbench_message_bytes);                                                          \
    }

#define ENCBENCH_SIZED_ROW(names, size)                                                                                \
    ENCBENCH_SIZED_ROW_(ENCBENCH_BARE names, ENCBENCH_SIZE_VALUE(size), ENCBENCH_SIZE_NAME(size))
#define ENCBENCH_SIZED_ROW_(...) ENCBENCH_SIZED_ROW__(__VA_ARGS__)
#define ENCBENCH_SIZED_ROW__(name, repeats, any, kind, type, value, word)                                              \
    ENCBENCH_ROW(name, #name ":" #kind "=" #word, #name "_" #word, "one " #name " of " #word " " #kind,                \
                 (uint64_t)(value) * sizeof(type), ENCBENCH_FLAGS_##repeats, ENCBENCH_DIGEST_##any,                    \
                 encbench_setup_##name##_##word),

/* ---- the door ---- */

#define ENCBENCH_IS_OPTION(option) ENCBENCH_PROBED(ENCBENCH_YES option)
#define ENCBENCH_NONE              (no, 0)
#define ENCBENCH_WORKLOAD(name, ...)                                                                                   \
    ENCBENCH_WORKLOAD_(name, __VA_ARGS__, ENCBENCH_NONE, ENCBENCH_NONE, ENCBENCH_NONE, ENCBENCH_NONE, ENCBENCH_NONE,   \
                       ENCBENCH_NONE, ENCBENCH_NONE, ENCBENCH_NONE, ~)
#define ENCBENCH_WORKLOAD_(name, op, a, b, c, d, e, f, g, h, ...)                                                      \
    ENCBENCH_ASSERT(ENCBENCH_IS_OPTION(a) && ENCBENCH_IS_OPTION(b) && ENCBENCH_IS_OPTION(c) &&                         \
                        ENCBENCH_IS_OPTION(d) && ENCBENCH_IS_OPTION(e) && ENCBENCH_IS_OPTION(f) &&                     \
                        ENCBENCH_IS_OPTION(g) && ENCBENCH_IS_OPTION(h),                                                \
                    "workload " #name ": what stands behind the op is ENCBENCH_BYTES(...), ENCBENCH_OUTPUT(...) or "   \
                    "another option of bench.h; a number alone has no unit");                                          \
    ENCBENCH_ASSERT(                                                                                                   \
        ENCBENCH_OFTEN(sizes, a, b, c, d, e, f, g, h) < 2 && ENCBENCH_OFTEN(output, a, b, c, d, e, f, g, h) < 2,       \
        "workload " #name ": one list of sizes, ENCBENCH_BYTES or ENCBENCH_ITEMS, and one ENCBENCH_OUTPUT");           \
    ENCBENCH_DEFINE(                                                                                                   \
        name, op, (ENCBENCH_FIND(sizes, (none, char, 0), a, b, c, d, e, f, g, h)),                                     \
        (ENCBENCH_FIND(output, (returned, 0), a, b, c, d, e, f, g, h)),                                                \
        (ENCBENCH_FIND(state, (struct encbench_no_state), a, b, c, d, e, f, g, h)),                                    \
        (ENCBENCH_FIND(setup, (0), a, b, c, d, e, f, g, h)), (ENCBENCH_FIND(teardown, (0), a, b, c, d, e, f, g, h)),   \
        ENCBENCH_FIND(repeat, (0), a, b, c, d, e, f, g, h), ENCBENCH_FIND(serial, (0), a, b, c, d, e, f, g, h),        \
        ENCBENCH_FIND(any, (0), a, b, c, d, e, f, g, h))

#endif
