#include "step/engines.h"

#include "step/exclusive.h"
#include "step/x86.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAY_BACK_STEPS_MAX = 10000 }; /* from the stop in kill() to the session's function: 20 */

/* What the traced copy says; it is all that the two processes share. */
struct told {
    int refused;    /* errno of PTRACE_TRACEME; 0: it was granted */
    uint64_t bytes; /* of the session */
};

struct tracee {
    pid_t pid;
    int status;
    uintptr_t pc, stack;
};

static struct told *told;

/* ---- the traced copy ---- */

static void be_traced(step_function *function, void *state, uint64_t n)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        told->refused = errno ? errno : EPERM;
        _exit(1);
    }
    kill(getpid(), SIGSTOP);
    told->bytes = function(state, 0, n);
    step_end_of_session();
    _exit(1);
}

/* ---- its tracer ---- */

static bool wait_for_stop(struct tracee *tracee)
{
    while (waitpid(tracee->pid, &tracee->status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFSTOPPED(tracee->status);
}

static bool read_registers(struct tracee *tracee)
{
    struct user_regs_struct registers;
    struct iovec whole = {&registers, sizeof registers};
    if (ptrace(PTRACE_GETREGSET, tracee->pid, NT_PRSTATUS, &whole) != 0) // NOLINT: a number is what it takes
        return false;
#ifdef __x86_64__
    tracee->pc = registers.rip;
    tracee->stack = registers.rsp;
#else
    tracee->pc = registers.pc;
    tracee->stack = registers.sp;
#endif
    return true;
}

static bool resume(struct tracee *tracee, int request)
{
    return ptrace(request, tracee->pid, NULL, NULL) == 0 && wait_for_stop(tracee) && read_registers(tracee);
}

static void describe_failure(const struct tracee *tracee, char *reason, size_t reason_bytes)
{
    if (WIFSTOPPED(tracee->status) && WSTOPSIG(tracee->status) != SIGTRAP)
        snprintf(reason, reason_bytes, "signal %d (%s) stopped the op at address %#" PRIxPTR, WSTOPSIG(tracee->status),
                 strsignal(WSTOPSIG(tracee->status)), tracee->pc);
    else if (WIFSTOPPED(tracee->status))
        snprintf(reason, reason_bytes, "it cannot go on at address %#" PRIxPTR ": %s", tracee->pc,
                 errno ? strerror(errno) : "more code than the table holds");
    else if (WIFSIGNALED(tracee->status))
        snprintf(reason, reason_bytes, "the traced process was killed by signal %d (%s)", WTERMSIG(tracee->status),
                 strsignal(WTERMSIG(tracee->status)));
    else
        snprintf(reason, reason_bytes, "the traced process ended early");
}

/* The instruction at an address is about to be executed. */
static bool record_one(struct step_record *record, const struct tracee *tracee, uintptr_t address)
{
    struct step_block *block = step_record_enter(record, address, tracee->stack);
    if (block->start == 0 && !(step_record_add(record, address) && step_record_close(record, block, address)))
        return false;
    step_record_execute(record, block);
    return true;
}

/* Code is read where this process has it: a fork has the same bytes at the same addresses. */
#ifdef __x86_64__

static bool step_once(struct step_record *record, struct tracee *tracee)
{
    const uintptr_t address = tracee->pc;
    const bool repeated = step_x86_decode(address, -1).kind == STEP_X86_REPEATED;
    if (!record_one(record, tracee, address))
        return false;
    do {
        record->count.traps++;
        if (!resume(tracee, PTRACE_SINGLESTEP) || WSTOPSIG(tracee->status) != SIGTRAP)
            return false;
    } while (repeated && tracee->pc == address && record->count.traps <= record->options->traps_max);
    return true;
}

#else

#define BREAKPOINT 0xd4200000u /* brk #0 */
enum { WORD_BYTES = 4 };

/* Memory is poked by the long. */
static bool poke_word(const struct tracee *tracee, uintptr_t address, uint32_t word)
{
    const uintptr_t aligned = address & ~(uintptr_t)(sizeof(long) - 1);
    errno = 0;
    long whole = ptrace(PTRACE_PEEKTEXT, tracee->pid, aligned, NULL);
    if (errno != 0)
        return false;
    memcpy((unsigned char *)&whole + (address - aligned), &word, WORD_BYTES);
    return ptrace(PTRACE_POKETEXT, tracee->pid, aligned, whole) == 0;
}

static bool cross_exclusive(struct step_record *record, struct tracee *tracee, const struct step_exclusive *sequence)
{
    const uintptr_t first = tracee->pc;
    uintptr_t ends[STEP_EXCLUSIVE_EXITS_MAX];
    bool ok = true;
    for (size_t i = 0; i < sequence->exit_count; i++) {
        ends[i] = first + (uintptr_t)(sequence->exits[i].target * WORD_BYTES);
        ok = poke_word(tracee, ends[i], BREAKPOINT) && ok;
    }
    record->count.traps++;
    ok = ok && resume(tracee, PTRACE_CONT) && WSTOPSIG(tracee->status) == SIGTRAP;
    size_t executed = 0;
    for (size_t i = sequence->exit_count; i-- > 0;) { /* of two that lead to one place the store's comes last */
        poke_word(tracee, ends[i], *(const uint32_t *)ends[i]); // NOLINT: code is where the processor says it is
        if (tracee->pc == ends[i])
            executed = sequence->exits[i].executed;
    }
    for (size_t i = 0; ok && i < executed; i++)
        ok = record_one(record, tracee, first + i * WORD_BYTES);
    return ok && executed > 0;
}

static bool step_once(struct step_record *record, struct tracee *tracee)
{
    struct step_exclusive sequence;
    if (step_exclusive_find((const uint32_t *)tracee->pc, &sequence)) // NOLINT: as above
        return cross_exclusive(record, tracee, &sequence);
    if (!record_one(record, tracee, tracee->pc))
        return false;
    record->count.traps++;
    return resume(tracee, PTRACE_SINGLESTEP) && WSTOPSIG(tracee->status) == SIGTRAP;
}

#endif

/* From the stop before the session to its end. What the stop itself executes on its way back is not counted. */
static bool trace(struct step_record *record, struct tracee *tracee, uintptr_t function, char *reason,
                  size_t reason_bytes)
{
    bool ok = read_registers(tracee);
    for (uint64_t steps = 0; ok && tracee->pc != function; steps++)
        ok = steps < WAY_BACK_STEPS_MAX && resume(tracee, PTRACE_SINGLESTEP) && WSTOPSIG(tracee->status) == SIGTRAP;
    while (ok && tracee->pc != (uintptr_t)step_end_of_session && record->count.traps <= record->options->traps_max)
        ok = step_once(record, tracee);
    if (ok && tracee->pc == (uintptr_t)step_end_of_session)
        return true;
    if (ok)
        snprintf(reason, reason_bytes, "more traps than allowed (at most %" PRIu64 " traps; at address %#" PRIxPTR ")",
                 record->options->traps_max, tracee->pc);
    else
        describe_failure(tracee, reason, reason_bytes);
    return false;
}

/* ---- sessions ---- */

bool step_ptrace_open(struct step_record *record, char *reason, size_t reason_bytes)
{
    (void)record;
    void *memory = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        snprintf(reason, reason_bytes, "stepping cannot be set up: %s", strerror(errno));
    else
        told = memory;
    return memory != MAP_FAILED;
}

static bool trace_copy(struct step_record *record, step_function *function, void *state, uint64_t n, char *reason,
                       size_t reason_bytes)
{
    bool ok = false;
    *told = (struct told){0};
    struct tracee tracee = {.pid = fork()};
    if (tracee.pid == 0)
        be_traced(function, state, n);
    if (tracee.pid < 0) {
        snprintf(reason, reason_bytes, "the process cannot be copied: %s", strerror(errno));
        return false;
    }
    if (wait_for_stop(&tracee)) {
        ptrace(PTRACE_SETOPTIONS, tracee.pid, NULL, PTRACE_O_EXITKILL);
        ok = trace(record, &tracee, (uintptr_t)function, reason, reason_bytes);
    } else if (told->refused != 0) {
        snprintf(reason, reason_bytes, "PTRACE_TRACEME is refused: %s", strerror(told->refused));
    } else {
        describe_failure(&tracee, reason, reason_bytes);
    }
    if (WIFSTOPPED(tracee.status)) {
        kill(tracee.pid, SIGKILL);
        while (waitpid(tracee.pid, &tracee.status, 0) < 0 && errno == EINTR)
            ;
    }
    return ok;
}

bool step_ptrace_run(struct step_record *record, step_function *function, void *state, uint64_t n, uint64_t *bytes,
                     char *reason, size_t reason_bytes)
{
    const bool ok = trace_copy(record, function, state, n, reason, reason_bytes);
    const uint64_t own_bytes = function(state, 0, n);
    *bytes += own_bytes;
    if (ok && told->bytes != own_bytes)
        snprintf(reason, reason_bytes, "while traced the op produced %" PRIu64 " bytes instead of %" PRIu64,
                 told->bytes, own_bytes);
    return ok && told->bytes == own_bytes;
}
