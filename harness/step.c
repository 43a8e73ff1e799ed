#include "step.h"

#include <stdio.h>

#ifndef __x86_64__

bool step_open(const struct step_options *options, char *reason, size_t reason_bytes)
{
    (void)options;
    snprintf(reason, reason_bytes, "single-stepping within a process needs the trap flag of x86-64");
    return false;
}

bool step_run(unsigned session, uint64_t (*function)(void *state, unsigned thread, uint64_t n), void *state, uint64_t n,
              uint64_t *bytes, struct step_count *count, char *reason, size_t reason_bytes)
{
    (void)session;
    (void)count;
    *bytes += function(state, 0, n);
    return step_open(NULL, reason, reason_bytes);
}

void step_visit(void (*visit)(void *context, uintptr_t address, const uint64_t executions[STEP_SESSIONS]),
                void *context)
{
    (void)visit;
    (void)context;
}

#else

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

enum {
    BLOCKS_LOG2 = 15,
    BLOCKS = 1 << BLOCKS_LOG2, /* half of them can be used */
    ADDRESSES = 1 << 18,       /* of instructions, over all blocks */
    PAGES = 4096,
    PAGE_BYTES = 4096,
    ALTERNATE_STACK_BYTES = 1 << 17, /* AVX-512 state alone is 2.7 kB */
    INSTRUCTION_BYTES_MAX = 15,
};
#define TRAP_FLAG  0x100
#define BREAKPOINT 0xcc

/* Instructions that follow each other without a branch, and the branch that ends them. */
struct block {
    uintptr_t start;           /* 0: free */
    uint32_t first, count;     /* in `addresses`; the branch is the last */
    bool crossable;            /* a breakpoint stands on the branch while a session runs */
    unsigned char branch_byte; /* what stood there */
    uint64_t executions[STEP_SESSIONS];
};

enum state {
    OFF,
    STEPPING,     /* the trap flag is set; `at` was executed when it traps */
    BRANCHING,    /* the same, and `at` is the branch that ends the block */
    CROSSING,     /* running to the breakpoint at the end of `block` */
    CROSSING_ONE, /* running to the breakpoint behind `at`: a system call or a repeated string instruction */
};

static struct {
    const struct step_options *options;
    volatile enum state state;
    unsigned session;
    struct step_count count;
    const char *failure;
    uintptr_t failed_at;

    struct block *blocks;
    size_t block_count;
    uintptr_t *addresses;
    size_t address_count,
        recorded; /* addresses[address_count ... + recorded) belong to the block being stepped through */

    uintptr_t block_start, at;
    struct block *block; /* the one that starts at block_start, when it is known */
    uintptr_t one_end;   /* the breakpoint of CROSSING_ONE */
    int one_byte;        /* what stood there; -1: a breakpoint of a block */
    bool in_shared;      /* since a call at stack pointer shared_stack */
    uintptr_t shared_stack;

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

static size_t hash_of(uintptr_t address)
{
    return (size_t)((address * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - BLOCKS_LOG2));
}

/* The block that starts there, or the free place for it. */
static struct block *find_block(uintptr_t start)
{
    size_t i = hash_of(start);
    while (engine.blocks[i].start != 0 && engine.blocks[i].start != start)
        i = (i + 1) % BLOCKS;
    return &engine.blocks[i];
}

static uintptr_t branch_of(const struct block *block)
{
    return engine.addresses[block->first + block->count - 1];
}

/* ---- the few instructions that must be known ---- */

enum kind {
    PLAIN,
    BRANCH,
    REPEATED,    /* string instruction */
    SYSTEM_CALL, /* the kernel comes back without a trap until the next instruction is done, too */
};

struct decoded {
    enum kind kind;
    unsigned prefix_bytes; /* REX included */
    unsigned opcode;
    unsigned bytes; /* of a REPEATED or a SYSTEM_CALL */
    bool unusual;   /* prefixes that the handler does not follow a branch with */
    bool rex_b;
};

static bool is_string_opcode(unsigned opcode)
{
    return (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf) ||
           (opcode >= 0x6c && opcode <= 0x6f);
}

/* Reads no byte beyond the instruction: what follows may not be mapped. */
static bool is_branch_opcode(unsigned opcode, const unsigned char *rest)
{
    if (opcode == 0x0f)
        return rest[0] >= 0x80 && rest[0] <= 0x8f;
    if (opcode == 0xff)
        return (rest[0] >> 3 & 7) >= 2 && (rest[0] >> 3 & 7) <= 5;
    return (opcode >= 0x70 && opcode <= 0x7f) || (opcode >= 0xe0 && opcode <= 0xe3) || opcode == 0xe8 ||
           opcode == 0xe9 || opcode == 0xeb || opcode == 0xc2 || opcode == 0xc3;
}

/* The instruction at an address; `first_byte` is what a breakpoint there hides, -1 without one. */
static struct decoded decode(uintptr_t address, int first_byte)
{
    const unsigned char *code = byte_at(address);
    struct decoded decoded = {.kind = PLAIN};
    bool repeated = false;
    for (; decoded.prefix_bytes < INSTRUCTION_BYTES_MAX; decoded.prefix_bytes++) {
        decoded.opcode =
            decoded.prefix_bytes == 0 && first_byte >= 0 ? (unsigned)first_byte : code[decoded.prefix_bytes];
        if (decoded.opcode == 0xf2 || decoded.opcode == 0xf3)
            repeated = true;
        else if (decoded.opcode == 0x66 || decoded.opcode == 0x64 || decoded.opcode == 0x65 || decoded.opcode == 0x67)
            decoded.unusual = true;
        else if (decoded.opcode != 0x2e && decoded.opcode != 0x36 && decoded.opcode != 0x3e && decoded.opcode != 0x26 &&
                 decoded.opcode != 0xf0)
            break;
    }
    if ((decoded.opcode & 0xf0) == 0x40) {
        decoded.rex_b = decoded.opcode & 1;
        decoded.opcode = code[++decoded.prefix_bytes];
    }
    const unsigned char *rest = code + decoded.prefix_bytes + 1;
    if (is_branch_opcode(decoded.opcode, rest)) {
        decoded.kind = BRANCH;
    } else if (repeated && is_string_opcode(decoded.opcode)) {
        decoded.kind = REPEATED;
        decoded.bytes = decoded.prefix_bytes + 1;
    } else if (decoded.opcode == 0x0f && rest[0] == 0x05) {
        decoded.kind = SYSTEM_CALL;
        decoded.bytes = decoded.prefix_bytes + 2;
    }
    return decoded;
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
    const struct decoded decoded = decode(address, first_byte);
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
    for (size_t i = 0; i < BLOCKS; i++)
        if (engine.blocks[i].start != 0 && engine.blocks[i].crossable)
            *byte_at(branch_of(&engine.blocks[i])) = on ? BREAKPOINT : engine.blocks[i].branch_byte;
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

/* Reached by a session's own call: the end of it. */
static __attribute__((noinline)) void end_of_session(void)
{
    __asm__ volatile("" ::: "memory");
}

/* Outside again when the function that was entered has returned: the stack is above where its return address stood. */
static void note_shared(uintptr_t start, uintptr_t stack)
{
    bool within = false;
    for (size_t i = 0; i < engine.options->shared_count; i++)
        within |= start >= engine.options->shared[i].low && start < engine.options->shared[i].high;
    if (engine.in_shared && !within && stack > engine.shared_stack)
        engine.in_shared = false;
    if (!engine.in_shared && within) {
        engine.in_shared = true;
        engine.shared_stack = stack;
    }
}

static void count_instructions(uint64_t instructions)
{
    engine.count.instructions += instructions;
    if (engine.in_shared)
        engine.count.shared += instructions;
}

/* The byte that the branch at the end of some block really starts with; -1: no breakpoint stands there. Few blocks share a branch, and
 * all of them hold the byte. */
static int byte_under_breakpoint(uintptr_t address)
{
    if (*byte_at(address) != BREAKPOINT)
        return -1;
    for (size_t i = 0; i < BLOCKS; i++)
        if (engine.blocks[i].start != 0 && engine.blocks[i].crossable && branch_of(&engine.blocks[i]) == address)
            return engine.blocks[i].branch_byte;
    return -1;
}

static void record(uintptr_t address)
{
    if (engine.block->start == 0) {
        if (engine.address_count + engine.recorded < ADDRESSES)
            engine.addresses[engine.address_count + engine.recorded] = address;
        else
            fail("more instructions than the table holds");
    }
    engine.recorded++;
}

/* The branch that ends a block is reached for the first time, or its block cannot be crossed. */
static void close_block(uintptr_t branch, int branch_byte)
{
    record(branch);
    if (engine.block->start == 0) {
        const bool crossable = !engine.options->every && make_writable(branch);
        if (engine.failure != NULL)
            return;
        if (engine.block_count == BLOCKS / 2) {
            fail("more code than the table holds");
            return;
        }
        engine.block_count++;
        *engine.block = (struct block){.start = engine.block_start,
                                       .first = (uint32_t)engine.address_count,
                                       .count = (uint32_t)engine.recorded,
                                       .crossable = crossable,
                                       .branch_byte = branch_byte >= 0 ? (unsigned char)branch_byte : *byte_at(branch)};
        engine.address_count += engine.recorded;
        if (crossable)
            *byte_at(branch) = BREAKPOINT;
    }
}

static void start_block(uintptr_t address, const greg_t *registers)
{
    engine.block_start = address;
    engine.block = find_block(address);
    engine.recorded = 0;
    note_shared(address, (uintptr_t)registers[REG_RSP]);
}

/* At the branch that ends the block. True: followed, a new block starts at *address. */
static bool leave_block(uintptr_t *address, greg_t *registers)
{
    struct block *block = engine.block;
    block->executions[engine.session]++;
    count_instructions(block->count);
    uintptr_t target;
    if (!engine.options->every && follow(*address, block->crossable ? block->branch_byte : -1, registers, &target)) {
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

/* Everything before `address` is counted; decides how to go on. `in_block`: it belongs to the block that is being stepped through. */
static void go_on(uintptr_t address, bool in_block, greg_t *registers)
{
    for (;;) {
        if (address == (uintptr_t)end_of_session) {
            stop(registers, address, NULL);
            return;
        }
        if (engine.failure != NULL || engine.count.traps > engine.options->traps_max) {
            stop(registers, address, "more traps than allowed");
            return;
        }
        if (!in_block) {
            start_block(address, registers);
            engine.count.traps++; /* bounds endless loops that the handler follows without a trap, too */
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
        const struct decoded decoded = decode(address, first_byte);
        if (decoded.kind != BRANCH) {
            record(address);
            engine.at = address;
            if (decoded.kind == SYSTEM_CALL || (decoded.kind == REPEATED && !engine.options->every))
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
    engine.count.traps++;
    switch (engine.state) {
    case STEPPING:
        if (address == engine.at) { /* one more iteration of a repeated string instruction */
            if (engine.count.traps > engine.options->traps_max)
                stop(registers, address, "more traps than allowed");
            return;
        }
        if (address - engine.at > INSTRUCTION_BYTES_MAX) {
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

/* From the flag to end_of_session(): what is executed beside `function` is the same for every n. */
static __attribute__((noinline)) uint64_t
call_with_trap_flag(uint64_t (*function)(void *state, unsigned thread, uint64_t n), void *state, uint64_t n)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq %0, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp"
                     :
                     : "i"(TRAP_FLAG)
                     : "cc", "memory");
    const uint64_t bytes = function(state, 0, n);
    end_of_session();
    return bytes;
}

static uint64_t do_nothing(void *state, unsigned thread, uint64_t n)
{
    (void)state;
    __asm__ volatile("" ::: "memory");
    return n + thread;
}

static void *allocate(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool step_open(const struct step_options *options, char *reason, size_t reason_bytes)
{
    const stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
    const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct step_count count = {0};
    uint64_t bytes = 0;
    engine.options = options;
    engine.blocks = allocate(BLOCKS * sizeof *engine.blocks);
    engine.addresses = allocate(ADDRESSES * sizeof *engine.addresses);
    if (engine.blocks == NULL || engine.addresses == NULL || sigaltstack(&stack, NULL) != 0 ||
        sigaction(SIGTRAP, &action, NULL) != 0) {
        snprintf(reason, reason_bytes, "stepping cannot be set up: %s", strerror(errno));
        return false;
    }
    if (!step_run(0, do_nothing, NULL, 1, &bytes, &count, reason, reason_bytes))
        return false;
    for (size_t i = 0; i < BLOCKS; i++)
        engine.blocks[i].executions[0] = 0;
    return true;
}

bool step_run(unsigned session, uint64_t (*function)(void *state, unsigned thread, uint64_t n), void *state, uint64_t n,
              uint64_t *bytes, struct step_count *count, char *reason, size_t reason_bytes)
{
    engine.session = session;
    engine.count = (struct step_count){0};
    engine.failure = NULL;
    engine.in_shared = false;
    set_breakpoints(true);
    *bytes += call_with_trap_flag(function, state, n);
    count->instructions += engine.count.instructions;
    count->shared += engine.count.shared;
    count->traps += engine.count.traps;
    if (engine.count.traps == 0) {
        set_breakpoints(false);
        snprintf(reason, reason_bytes, "the trap flag has no effect on this machine");
        return false;
    }
    if (engine.failure)
        snprintf(reason, reason_bytes, "%s (at most %" PRIu64 " traps; at address %#" PRIxPTR ")", engine.failure,
                 engine.options->traps_max, engine.failed_at);
    return engine.failure == NULL;
}

void step_visit(void (*visit)(void *context, uintptr_t address, const uint64_t executions[STEP_SESSIONS]),
                void *context)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        const struct block *block = &engine.blocks[i];
        for (size_t k = 0; block->start != 0 && k < block->count; k++)
            visit(context, engine.addresses[block->first + k], block->executions);
    }
}

#endif
