#include "step/record.h"

#include <sys/mman.h>

static void *allocate(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool step_record_open(struct step_record *record, const struct step_options *options)
{
    *record = (struct step_record){.options = options,
                                   .blocks = allocate(STEP_BLOCKS * sizeof *record->blocks),
                                   .addresses = allocate(STEP_ADDRESSES * sizeof *record->addresses)};
    return record->blocks != NULL && record->addresses != NULL;
}

void step_record_begin(struct step_record *record, unsigned session)
{
    record->session = session;
    record->count = (struct step_count){0};
    record->in_shared = false;
}

/* Outside again when the function that was entered has returned. A return of x86-64 takes its address from the stack,
 * which is then above where that stood; one of aarch64 leaves the stack as it was at the entry. */
static bool has_returned(uintptr_t stack, uintptr_t entry_stack)
{
#ifdef __x86_64__
    return stack > entry_stack;
#else
    return stack >= entry_stack;
#endif
}

static void note_shared(struct step_record *record, uintptr_t start, uintptr_t stack)
{
    bool within = false;
    for (size_t i = 0; i < record->options->shared_count; i++)
        within |= start >= record->options->shared[i].low && start < record->options->shared[i].high;
    if (record->in_shared && !within && has_returned(stack, record->shared_stack))
        record->in_shared = false;
    if (!record->in_shared && within) {
        record->in_shared = true;
        record->shared_stack = stack;
    }
}

struct step_block *step_record_enter(struct step_record *record, uintptr_t start, uintptr_t stack)
{
    size_t i = (size_t)((start * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - STEP_BLOCKS_LOG2));
    while (record->blocks[i].start != 0 && record->blocks[i].start != start)
        i = (i + 1) % STEP_BLOCKS;
    record->recorded = 0;
    note_shared(record, start, stack);
    return &record->blocks[i];
}

bool step_record_add(struct step_record *record, uintptr_t address)
{
    if (record->address_count + record->recorded == STEP_ADDRESSES)
        return false;
    record->addresses[record->address_count + record->recorded++] = address;
    return true;
}

bool step_record_close(struct step_record *record, struct step_block *block, uintptr_t start)
{
    if (record->block_count == STEP_BLOCKS / 2)
        return false;
    record->block_count++;
    *block = (struct step_block){
        .start = start, .first = (uint32_t)record->address_count, .count = (uint32_t)record->recorded};
    record->address_count += record->recorded;
    return true;
}

void step_record_execute(struct step_record *record, struct step_block *block)
{
    block->executions[record->session]++;
    record->count.instructions += block->count;
    if (record->in_shared)
        record->count.shared += block->count;
}
