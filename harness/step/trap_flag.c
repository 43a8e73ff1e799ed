#include "step/engines.h"

#include <stdio.h>

#ifndef __x86_64__

bool step_trap_flag_open(struct step_record *record, char *reason, size_t reason_bytes)
{
    (void)record;
    snprintf(reason, reason_bytes, "the trap flag is x86-64's");
    return false;
}

bool step_trap_flag_run(struct step_record *record, step_function *function, void *state, uint64_t n, uint64_t *bytes,
                        char *reason, size_t reason_bytes)
{
    *bytes += function(state, 0, n);
    return step_trap_flag_open(record, reason, reason_bytes);
}

#else

#include "step/x86.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

enum {
    PAGES = 4096,
    PAGE_BYTES = 4096,
    ALTERNATE_STACK_BYTES = 1 << 17, /* AVX-512 state alone is 2.7 kB */
};
#define TRAP_FLAG  0x100
#define BREAKPOINT 0xcc

enum state {
    OFF,
    STEPPING,     /* the trap flag is set; `at` was executed when it traps */
    BRANCHING,    /* the same, and `at` is the branch that ends the block */
    CROSSING,     /* running to the breakpoint at the end of `block` */
    CROSSING_ONE, /* running to the breakpoint behind `at`: a system call or a repeated string instruction */
};

static struct {
    struct step_record *record;
    volatile enum state state;
    const char *failure;
    uintptr_t failed_at;

    uintptr_t block_start, at;
    struct step_block *block; /* the one that starts at block_start, when it is known */
    uintptr_t one_end;        /* the breakpoint of CROSSING_ONE */
    int one_byte;             /* what stood there; -1: a breakpoint of a block */

    struct {
        uintptr_t page;
        bool writable;
    } pages[PAGES];
    size_t page_count;
} engine;

static unsigned char alternate_stack[ALTERNATE_STACK_BYTES];

/* ---- code as bytes ---- */

static long raw_mprotect(uintptr_t address, size_t bytes, long protection)
{
    long result = SYS_mprotect;
    __asm__ volatile("syscall" : "+a"(result) : "D"(address), "S"(bytes), "d"(protection) : "rcx", "r11", "memory");
    return result;
}

/* Code pages are private mappings: writing makes a copy of this process's own. */
static bool make_writable(uintptr_t address)
{
    const uintptr_t page = address & ~(uintptr_t)(PAGE_BYTES - 1);
    for (size_t i = 0; i < engine.page_count; i++)
        if (engine.pages[i].page == page)
            return engine.pages[i].writable;
    const bool writable =
        engine.page_count < PAGES && raw_mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
    if (engine.page_count < PAGES) {
        engine.pages[engine.page_count].page = page;
        engine.pages[engine.page_count++].writable = writable;
    }
    return writable;
}

static unsigned char *byte_at(uintptr_t address)
{
    return (unsigned char *)address; // NOLINT: code is where the processor says it is
}

static uintptr_t branch_of(const struct step_block *block)
{
    return engine.record->addresses[block->first + block->count - 1];
}

static int32_t read_i32(const unsigned char *code)
{
    return (int32_t)((uint32_t)code[0] | (uint32_t)code[1] << 8 | (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24);
}

static bool condition_holds(unsigned condition, uint64_t flags)
{
    const bool carry = flags & 1, parity = flags >> 2 & 1, zero = flags >> 6 & 1, sign = flags >> 7 & 1,
               overflow = flags >> 11 & 1;
    const bool holds[8] = {
        overflow, carry, zero, carry || zero, sign, parity, sign != overflow, zero || sign != overflow};
    return holds[condition >> 1] != (condition & 1);
}

static uint64_t register_value(const greg_t *registers, unsigned number)
{
    static const unsigned char places[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                             REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    return (uint64_t)registers[places[number]];
}

static void push(greg_t *registers, uint64_t value)
{
    registers[REG_RSP] -= 8;
    *(uint64_t *)registers[REG_RSP] = value;
}

/* Follows the branch at `address` as the processor would; false: it has to step itself. */
static bool follow(uintptr_t address, int first_byte, greg_t *registers, uintptr_t *target)
{
    const struct step_x86 decoded = step_x86_decode(address, first_byte);
    const uintptr_t opcode_at = address + decoded.prefix_bytes;
    const unsigned char *code = byte_at(opcode_at); /* code[0] may be the breakpoint */
    const unsigned opcode = decoded.opcode;
    if (decoded.unusual)
        return false;
    if (opcode >= 0x70 && opcode <= 0x7f) {
        *target = opcode_at + 2;
        if (condition_holds(opcode & 15, (uint64_t)registers[REG_EFL]))
            *target += (uintptr_t)(intptr_t)(int8_t)code[1];
    } else if (opcode == 0x0f) {
        *target = opcode_at + 6;
        if (condition_holds(code[1] & 15, (uint64_t)registers[REG_EFL]))
            *target += (uintptr_t)(intptr_t)read_i32(code + 2);
    } else if (opcode == 0xeb) {
        *target = opcode_at + 2 + (uintptr_t)(intptr_t)(int8_t)code[1];
    } else if (opcode == 0xe9 || opcode == 0xe8) {
        *target = opcode_at + 5 + (uintptr_t)(intptr_t)read_i32(code + 1);
        if (opcode == 0xe8)
            push(registers, opcode_at + 5);
    } else if (opcode == 0xc3) {
        *target = *(uintptr_t *)registers[REG_RSP];
        registers[REG_RSP] += 8;
    } else if (opcode == 0xff) {
        const unsigned mode = code[1] >> 6, extension = code[1] >> 3 & 7, place = code[1] & 7;
        uintptr_t after = opcode_at + 2;
        if (mode == 3) {
            *target = register_value(registers, place + (decoded.rex_b ? 8 : 0));
        } else if (mode == 0 && place == 5) {
            after = opcode_at + 6;
            *target = *(uintptr_t *)(after + (uintptr_t)(intptr_t)read_i32(code + 2));
        } else {
            return false;
        }
        if (extension == 2)
            push(registers, after);
        else if (extension != 4)
            return false;
    } else {
        return false;
    }
    return true;
}

/* ---- the engine: what to do at an address ---- */

static void run_on(greg_t *registers, uintptr_t address, enum state state)
{
    registers[REG_RIP] = (greg_t)address;
    if (state == STEPPING || state == BRANCHING)
        registers[REG_EFL] |= TRAP_FLAG;
    else
        registers[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    engine.state = state;
}

static void set_breakpoints(bool on)
{
    for (size_t i = 0; i < STEP_BLOCKS; i++)
        if (engine.record->blocks[i].start != 0 && engine.record->blocks[i].crossable)
            *byte_at(branch_of(&engine.record->blocks[i])) = on ? BREAKPOINT : engine.record->blocks[i].branch_byte;
}

static void fail(const char *failure)
{
    if (engine.failure == NULL)
        engine.failure = failure;
}

static void stop(greg_t *registers, uintptr_t address, const char *failure)
{
    if (failure)
        fail(failure);
    engine.failed_at = address;
    set_breakpoints(false);
    run_on(registers, address, OFF);
}

/* The byte that the branch at the end of some block really starts with; -1: no breakpoint stands there. Few blocks
 * share a branch, and all of them hold the byte. */
static int byte_under_breakpoint(uintptr_t address)
{
    if (*byte_at(address) != BREAKPOINT)
        return -1;
    for (size_t i = 0; i < STEP_BLOCKS; i++)
        if (engine.record->blocks[i].start != 0 && engine.record->blocks[i].crossable &&
            branch_of(&engine.record->blocks[i]) == address)
            return engine.record->blocks[i].branch_byte;
    return -1;
}

/* Of a block that is known only its branch has still to be reached. */
static void record_instruction(uintptr_t address)
{
    if (engine.block->start == 0 && !step_record_add(engine.record, address))
        fail("more instructions than the table holds");
}

/* The branch that ends a block is reached for the first time, or its block cannot be crossed. */
static void close_block(uintptr_t branch, int branch_byte)
{
    record_instruction(branch);
    if (engine.block->start != 0)
        return;
    const bool crossable = !engine.record->options->every && make_writable(branch);
    if (engine.failure != NULL)
        return;
    if (!step_record_close(engine.record, engine.block, engine.block_start)) {
        fail("more code than the table holds");
        return;
    }
    engine.block->crossable = crossable;
    engine.block->branch_byte = branch_byte >= 0 ? (unsigned char)branch_byte : *byte_at(branch);
    if (crossable)
        *byte_at(branch) = BREAKPOINT;
}

static void start_block(uintptr_t address, const greg_t *registers)
{
    engine.block_start = address;
    engine.block = step_record_enter(engine.record, address, (uintptr_t)registers[REG_RSP]);
}

/* At the branch that ends the block. True: followed, a new block starts at *address. */
static bool leave_block(uintptr_t *address, greg_t *registers)
{
    struct step_block *block = engine.block;
    step_record_execute(engine.record, block);
    uintptr_t target;
    if (!engine.record->options->every &&
        follow(*address, block->crossable ? block->branch_byte : -1, registers, &target)) {
        *address = target;
        return true;
    }
    if (block->crossable)
        *byte_at(*address) = block->branch_byte;
    engine.at = *address;
    run_on(registers, *address, BRANCHING);
    return false;
}

static void cross_alone(uintptr_t address, unsigned bytes, greg_t *registers)
{
    engine.at = address;
    engine.one_end = address + bytes;
    engine.one_byte = byte_under_breakpoint(engine.one_end) >= 0 ? -1 : *byte_at(engine.one_end);
    if (!make_writable(engine.one_end)) {
        stop(registers, address, "code cannot be written to (a breakpoint behind a system call)");
        return;
    }
    *byte_at(engine.one_end) = BREAKPOINT;
    run_on(registers, address, CROSSING_ONE);
}

/* Everything before `address` is counted; decides how to go on. `in_block`: it belongs to the block that is being
 * stepped through. */
static void go_on(uintptr_t address, bool in_block, greg_t *registers)
{
    for (;;) {
        if (address == (uintptr_t)step_end_of_session) {
            stop(registers, address, NULL);
            return;
        }
        if (engine.failure != NULL || engine.record->count.traps > engine.record->options->traps_max) {
            stop(registers, address, "more traps than allowed");
            return;
        }
        if (!in_block) {
            start_block(address, registers);
            engine.record->count.traps++; /* bounds endless loops that the handler follows without a trap, too */
            if (engine.block->start != 0 && engine.block->crossable) {
                if (engine.block->count > 1) {
                    run_on(registers, address, CROSSING);
                    return;
                }
                if (!leave_block(&address, registers))
                    return;
                continue;
            }
        }
        const int first_byte = byte_under_breakpoint(address);
        const struct step_x86 decoded = step_x86_decode(address, first_byte);
        if (decoded.kind != STEP_X86_BRANCH) {
            record_instruction(address);
            engine.at = address;
            if (decoded.kind == STEP_X86_SYSTEM_CALL ||
                (decoded.kind == STEP_X86_REPEATED && !engine.record->options->every))
                cross_alone(address, decoded.bytes, registers);
            else
                run_on(registers, address, STEPPING);
            return;
        }
        close_block(address, first_byte);
        if (engine.failure != NULL)
            continue;
        if (!leave_block(&address, registers))
            return;
        in_block = false;
    }
}

static void on_trap(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uintptr_t address = (uintptr_t)registers[REG_RIP];
    (void)number;
    (void)info;
    engine.record->count.traps++;
    switch (engine.state) {
    case STEPPING:
        if (address == engine.at) { /* one more iteration of a repeated string instruction */
            if (engine.record->count.traps > engine.record->options->traps_max)
                stop(registers, address, "more traps than allowed");
            return;
        }
        if (address - engine.at > STEP_X86_BYTES_MAX) {
            stop(registers, address, "an instruction went elsewhere that is not known as a branch");
            return;
        }
        go_on(address, true, registers);
        return;
    case BRANCHING:
        if (engine.block->crossable)
            *byte_at(engine.at) = BREAKPOINT;
        go_on(address, false, registers);
        return;
    case CROSSING:
        address--;
        if (address != branch_of(engine.block)) {
            stop(registers, address, "a run of instructions was left before its end");
            return;
        }
        if (leave_block(&address, registers))
            go_on(address, false, registers);
        return;
    case CROSSING_ONE:
        address--;
        if (engine.one_byte >= 0)
            *byte_at(engine.one_end) = (unsigned char)engine.one_byte;
        if (address != engine.one_end) {
            stop(registers, address, "a system call came back elsewhere");
            return;
        }
        go_on(address, true, registers);
        return;
    case OFF:
        /* The first trap after the flag was set by step_run. */
        go_on(address, false, registers);
        return;
    }
}

/* ---- sessions ---- */

/* From the flag to step_end_of_session: what is executed beside `function` is the same for every n. */
static __attribute__((noinline)) uint64_t call_with_trap_flag(step_function *function, void *state, uint64_t n)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq %0, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp"
                     :
                     : "i"(TRAP_FLAG)
                     : "cc", "memory");
    const uint64_t bytes = function(state, 0, n);
    step_end_of_session();
    return bytes;
}

/* A signal that a processor's trap sends cannot wait: blocked, as whoever started us may have left it, it would kill.
 */
static bool allow_traps(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTRAP);
    return sigprocmask(SIG_UNBLOCK, &set, NULL) == 0;
}

bool step_trap_flag_open(struct step_record *record, char *reason, size_t reason_bytes)
{
    const stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
    const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    engine.record = record;
    if (sigaltstack(&stack, NULL) == 0 && sigaction(SIGTRAP, &action, NULL) == 0 && allow_traps())
        return true;
    snprintf(reason, reason_bytes, "SIGTRAP cannot be caught: %s", strerror(errno));
    return false;
}

bool step_trap_flag_run(struct step_record *record, step_function *function, void *state, uint64_t n, uint64_t *bytes,
                        char *reason, size_t reason_bytes)
{
    engine.failure = NULL;
    set_breakpoints(true);
    *bytes += call_with_trap_flag(function, state, n);
    if (record->count.traps == 0) {
        set_breakpoints(false);
        snprintf(reason, reason_bytes, "the trap flag has no effect on this machine");
        return false;
    }
    if (engine.failure)
        snprintf(reason, reason_bytes, "%s (at most %" PRIu64 " traps; at address %#" PRIxPTR ")", engine.failure,
                 record->options->traps_max, engine.failed_at);
    return engine.failure == NULL;
}

#endif
