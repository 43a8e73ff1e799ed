/*
 * Writes the sizes that a program asks for, as `encbench run --trace` reads them: a shared object that encbench-record
 * builds for what was asked (RECORD_NAME: a function of a library, whose argument RECORD_ARGUMENT, from 1, is the size;
 * without it malloc, calloc and realloc) and preloads.
 *
 * A call costs a store and an uncontended exchange; a thread's rows are written when it has RECORD_ROWS of them, when
 * it ends and when the process exits. So rows of one thread are in the order of its calls, those of several alternate
 * by blocks, and what a process that is killed or calls _exit had not written is lost. A forked child goes on with rows
 * of its own, into the same file. Memory: 16 KiB a thread that lives, from mmap.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    RECORD_ROWS = 4000,
    RECORD_LINE_BYTES = 32,
    RECORD_BYTES_MAX = 1 << 24, /* more is no size of a trace (TRACE_SIZE_BYTES_MAX) ... */
    RECORD_ALL_MAX = 1 << 24,   /* ... and more rows are not taken (TRACE_ROWS_MAX) */
};

struct rows {
    struct rows *next; /* of all there are */
    atomic_flag busy;
    atomic_bool taken; /* by a thread that lives */
    uint32_t count, thread;
    uint32_t bytes[RECORD_ROWS];
};

static _Atomic(struct rows *) all;
static __thread struct rows *own __attribute__((tls_model("initial-exec")));
static __thread int within __attribute__((tls_model("initial-exec")));
static pthread_key_t key;
static atomic_int file = -1;
static atomic_uint threads, recorded, too_large, too_many;

static char *put_number(char *at, uint32_t number)
{
    char digits[10];
    int count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

static void write_text(int to, const char *text, size_t bytes)
{
    while (bytes > 0) {
        const ssize_t done = write(to, text, bytes);
        if (done <= 0)
            return;
        text += done;
        bytes -= (size_t)done;
    }
}

/* With `busy`. Whole lines, so that those of several threads and processes do not mix. */
static void flush(struct rows *rows)
{
    char text[128 * RECORD_LINE_BYTES];
    for (uint32_t row = 0; row < rows->count;) {
        char *at = text;
        for (uint32_t end = row + 128; row < rows->count && row < end; row++) {
            at = put_number(at, rows->bytes[row]);
            *at++ = ',';
            at = put_number(at, rows->thread);
            *at++ = '\n';
        }
        write_text(file, text, (size_t)(at - text));
    }
    rows->count = 0;
}

static void lock(struct rows *rows)
{
    while (atomic_flag_test_and_set_explicit(&rows->busy, memory_order_acquire))
        continue;
}

static void unlock(struct rows *rows)
{
    atomic_flag_clear_explicit(&rows->busy, memory_order_release);
}

/* A thread ends: its rows are written, and their memory is the next one's. */
static void leave(void *memory)
{
    struct rows *rows = memory;
    lock(rows);
    flush(rows);
    unlock(rows);
    own = NULL;
    atomic_store(&rows->taken, false);
}

static struct rows *enter(void)
{
    struct rows *rows = atomic_load(&all);
    bool free_one = false;
    while (rows && !atomic_compare_exchange_strong(&rows->taken, &free_one, true)) {
        free_one = false;
        rows = rows->next;
    }
    if (rows == NULL) {
        rows = mmap(NULL, sizeof *rows, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (rows == MAP_FAILED)
            return NULL;
        rows->taken = true;
        rows->next = atomic_load(&all);
        while (!atomic_compare_exchange_weak(&all, &rows->next, rows))
            continue;
    }
    rows->thread = atomic_fetch_add(&threads, 1) + 1;
    own = rows;
    pthread_setspecific(key, rows);
    return rows;
}

static void need_real(void);

__attribute__((used, visibility("hidden"))) void record_size(uint64_t bytes)
{
    need_real();
    if (file < 0 || within)
        return;
    within = 1; /* what is asked for on our own account */
    struct rows *rows = own ? own : enter();
    if (bytes > RECORD_BYTES_MAX) {
        atomic_fetch_add(&too_large, 1);
    } else if (rows) {
        lock(rows);
        rows->bytes[rows->count++] = (uint32_t)bytes;
        if (rows->count == RECORD_ROWS) {
            if (atomic_fetch_add(&recorded, RECORD_ROWS) + RECORD_ROWS > RECORD_ALL_MAX) {
                rows->count = 0;
                atomic_fetch_sub(&recorded, RECORD_ROWS);
                atomic_fetch_add(&too_many, RECORD_ROWS);
            }
            flush(rows);
        }
        unlock(rows);
    }
    within = 0;
}

/* ---- begin, fork, end ---- */

static void before_fork(void)
{
    for (struct rows *rows = all; rows; rows = rows->next) {
        lock(rows);
        flush(rows); /* or parent and child would both write them */
    }
}

static void after_fork(void)
{
    for (struct rows *rows = all; rows; rows = rows->next)
        unlock(rows);
}

static void after_fork_in_child(void)
{
    after_fork();
    recorded = too_large = too_many = 0;
    for (struct rows *rows = all; rows; rows = rows->next)
        if (rows != own)
            atomic_store(&rows->taken, false); /* of threads that are not here */
}

static void say(unsigned count, const char *what)
{
    char text[200], *at = text;
    if (count == 0)
        return;
    memcpy(at, "encbench-record: ", 17);
    at = put_number(at + 17, count);
    memcpy(at, what, strlen(what));
    write_text(STDERR_FILENO, text, (size_t)(at - text) + strlen(what));
}

static void resolve(void);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("ENCBENCH_RECORD");
    resolve();
    if (path == NULL || pthread_key_create(&key, leave) != 0)
        return;
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
    int opened = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (opened >= 0 && opened < 100) { /* out of the way of programs that close or count theirs */
        const int high = fcntl(opened, F_DUPFD_CLOEXEC, 100);
        if (high >= 0) {
            close(opened);
            opened = high;
        }
    }
    file = opened;
}

__attribute__((destructor)) static void end(void)
{
    for (struct rows *rows = all; rows && file >= 0; rows = rows->next) {
        lock(rows);
        flush(rows);
        unlock(rows);
    }
    say(too_large, " calls of more than 16 MiB are left out\n");
    say(too_many, " calls beyond the first 16777216 are left out\n");
    file = -1;
}

/* ---- what is recorded ---- */

#ifdef RECORD_NAME

#define STRING_OF(x) #x
#define STRING(x)    STRING_OF(x)

__attribute__((used, visibility("hidden"))) void *record_real;

static void resolve(void)
{
    record_real = dlsym(RTLD_NEXT, STRING(RECORD_NAME));
}

/* A library's own constructor may call it before we are set up; of a library that came by dlopen it is not found. */
static void need_real(void)
{
    static const char lost[] =
        "encbench-record: " STRING(RECORD_NAME) ": is in no library that the program is linked "
                                                "with; one that is opened later cannot be recorded\n";
    if (record_real == NULL)
        resolve();
    if (record_real == NULL) {
        write_text(STDERR_FILENO, lost, sizeof lost - 1);
        _exit(2);
    }
}

/* Takes the argument, and goes on to the function itself with all as it was: whatever else it takes is not known. */
#if defined(__x86_64__)
#define ARGUMENT_1    "%rdi"
#define ARGUMENT_2    "%rsi"
#define ARGUMENT_3    "%rdx"
#define ARGUMENT_4    "%rcx"
#define ARGUMENT_5    "%r8"
#define ARGUMENT_6    "%r9"
#define JOIN_OF(a, b) a##b
#define JOIN(a, b)    JOIN_OF(a, b)
__asm__(".text\n.globl " STRING(RECORD_NAME) "\n.type " STRING(RECORD_NAME) ",@function\n" STRING(
    RECORD_NAME) ":\n"
                 "push %rdi\npush %rsi\npush %rdx\npush %rcx\npush %r8\npush %r9\npush %rax\npush %r10\nsub $136, "
                 "%rsp\n"
                 "movups %xmm0, (%rsp)\nmovups %xmm1, 16(%rsp)\nmovups %xmm2, 32(%rsp)\nmovups %xmm3, 48(%rsp)\n"
                 "movups %xmm4, 64(%rsp)\nmovups %xmm5, 80(%rsp)\nmovups %xmm6, 96(%rsp)\nmovups %xmm7, 112(%rsp)\n"
                 "mov " JOIN(ARGUMENT_, RECORD_ARGUMENT) ", %rdi\ncall record_size\n"
                                                         "movups (%rsp), %xmm0\nmovups 16(%rsp), %xmm1\nmovups "
                                                         "32(%rsp), %xmm2\nmovups 48(%rsp), %xmm3\n"
                                                         "movups 64(%rsp), %xmm4\nmovups 80(%rsp), %xmm5\nmovups "
                                                         "96(%rsp), %xmm6\nmovups 112(%rsp), %xmm7\n"
                                                         "add $136, %rsp\npop %r10\npop %rax\npop %r9\npop %r8\npop "
                                                         "%rcx\npop %rdx\npop %rsi\npop %rdi\n"
                                                         "jmp *record_real(%rip)\n");
#elif defined(__aarch64__)
__asm__(".text\n.globl " STRING(RECORD_NAME) "\n.type " STRING(RECORD_NAME) ",%function\n" STRING(
    RECORD_NAME) ":\n"
                 "stp x29, x30, [sp, #-224]!\nstp x0, x1, [sp, #16]\nstp x2, x3, [sp, #32]\nstp x4, x5, [sp, #48]\n"
                 "stp x6, x7, [sp, #64]\nstr x8, [sp, #80]\nstp q0, q1, [sp, #96]\nstp q2, q3, [sp, #128]\n"
                 "stp q4, q5, [sp, #160]\nstp q6, q7, [sp, #192]\n"
                 "ldr x0, [sp, #(16 + 8 * (" STRING(
                     RECORD_ARGUMENT) " - 1))]\nbl record_size\n"
                                      "ldp x2, x3, [sp, #32]\nldp x4, x5, [sp, #48]\nldp x6, x7, [sp, #64]\nldr x8, "
                                      "[sp, #80]\n"
                                      "ldp q0, q1, [sp, #96]\nldp q2, q3, [sp, #128]\nldp q4, q5, [sp, #160]\nldp q6, "
                                      "q7, [sp, #192]\n"
                                      "ldp x0, x1, [sp, #16]\nldp x29, x30, [sp], #224\n"
                                      "adrp x16, record_real\nldr x16, [x16, :lo12:record_real]\nbr x16\n");
#endif

#else

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);

/* Until they are found, and for whoever looks for them, the C library's. */
static void *(*real_malloc)(size_t bytes) = __libc_malloc;
static void *(*real_calloc)(size_t count, size_t bytes) = __libc_calloc;
static void *(*real_realloc)(void *memory, size_t bytes) = __libc_realloc;

static void need_real(void)
{
}

static void resolve(void)
{
    void *found[3] = {dlsym(RTLD_NEXT, "malloc"), dlsym(RTLD_NEXT, "calloc"), dlsym(RTLD_NEXT, "realloc")};
    if (found[0] && found[1] && found[2]) {
        memcpy(&real_malloc, &found[0], sizeof found[0]);
        memcpy(&real_calloc, &found[1], sizeof found[1]);
        memcpy(&real_realloc, &found[2], sizeof found[2]);
    }
}

void *malloc(size_t bytes)
{
    record_size(bytes);
    return real_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    size_t product;
    record_size(__builtin_mul_overflow(count, bytes, &product) ? SIZE_MAX : product);
    return real_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    record_size(bytes);
    return real_realloc(memory, bytes);
}

#endif
