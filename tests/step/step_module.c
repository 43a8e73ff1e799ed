/* Ops of known length for step_test.c. STEP_EXTRA more instructions in each op of `straight`. */
#include "step_shared.h"
#include "../test_module.h"

#include <sys/syscall.h>
#include <unistd.h>

#define TEXT2(x) #x
#define TEXT(x)  TEXT2(x)

static unsigned char memory[8192];

static uint64_t straight(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++)
        __asm__ volatile(".rept 20 + " TEXT(STEP_EXTRA) "\n\tnop\n\t.endr" : : : "memory");
    return n;
}

/* Branches of every kind that the handler follows itself, and of those that it does not. */
static uint64_t branches(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++)
        __asm__ volatile(
            "mov $-20, %%rax\n"
            "1:\n\tadd $3, %%rax\n\tjs 1b\n\tjp 2f\n\tnop\n"
            "2:\n\tcmp $5, %%rax\n\tjg 3f\n\tnop\n"
            "3:\n\tmov $4, %%ecx\n"
            "4:\n\tloop 4b\n\tjrcxz 5f\n\tnop\n"
            "5:\n\tlea 6f(%%rip), %%rax\n\tjmp *%%rax\n\tnop\n"
            "6:\n\tlea 7f(%%rip), %%r8\n\tmov %%r8, (%0)\n\tjmp *(%0)\n\tnop\n"
            "7:\n\tjmp 8f\n\tnop\n"
            "8:\n\tlea 9f(%%rip), %%r8\n\tjmp *%%r8\n\tnop\n9:\n\tcmp $1, %%eax\n\tseta %%cl\n\tjbe 10f\n\tnop\n10:"
            :
            : "r"(memory)
            : "rax", "rcx", "r8", "cc", "memory");
    return n;
}

static void fill(uint64_t bytes)
{
    void *to = memory;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(0) : "memory");
}

static uint64_t repeat_64(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++)
        fill(64);
    return n;
}

static uint64_t repeat_4096(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++)
        fill(4096);
    return n;
}

static uint64_t system_call(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        long result = SYS_getppid;
        __asm__ volatile("syscall\n\tnop\n\tnop" : "+a"(result) : : "rcx", "r11", "memory");
    }
    return n;
}

/* 4 instructions of the module's own, for a shared function to call. */
void step_nested(void);
__asm__(".text\n.type step_nested, @function\nstep_nested:\n\tnop\n\tnop\n\tnop\n\tret\n");

/* Inside a shared object, with what it calls: 6 + 10 + (4 + 10) + (4 + 4). */
static uint64_t shared(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        step_shared_leaf();
        step_shared_outer();
        step_shared_calls(step_shared_outer);
        step_shared_calls(step_nested);
    }
    return n;
}

static uint64_t endless(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    (void)thread;
    for (volatile uint64_t i = 0; i < n * 1000000; i++)
        ;
    return n;
}

#define WORKLOAD(function)                                                                                             \
    {                                                                                                                  \
        .name = #function, .short_name = #function, .op = #function, .bytes_per_op = 1, .batch_multiple_ops = 1,       \
        .threads_max = 1, .flags = ENCBENCH_TIMED | ENCBENCH_EXACT, .digest = digest_of_seed, .setup = set_up_nothing, \
        .run = function, .teardown = tear_down_nothing,                                                                \
    }

static const struct encbench_workload workloads[] = {WORKLOAD(straight),    WORKLOAD(branches),    WORKLOAD(repeat_64),
                                                     WORKLOAD(repeat_4096), WORKLOAD(system_call), WORKLOAD(shared),
                                                     WORKLOAD(endless)};

TEST_MODULE(STEP_VARIANT);
