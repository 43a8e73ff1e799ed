/* 64 bytes hashed at up to four threads: into a slot of each thread; LIAR: into one of all of them. */
#include "module.h"

static struct slot {
    uint64_t hash;
    char pad[120];
} slots[16] __attribute__((aligned(128)));
static struct encbench_host *host;

static struct slot *slot_of(unsigned thread)
{
#ifdef LIAR
    thread = 0;
#endif
    return &slots[thread];
}

static int setup(struct encbench_host *own_host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)seed;
    (void)message;
    (void)message_bytes;
    host = own_host;
    *state = slots;
    return 0;
}

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    struct encbench_inputs inputs = encbench_inputs_of_thread(host, thread);
    (void)state;
    for (uint64_t i = 0; i < n; i++) {
        const unsigned char *input = encbench_next_input(&inputs);
        uint64_t hash = 0;
        for (int j = 0; j < 64; j++)
            hash = hash * 31 + input[j];
        slot_of(thread)->hash = hash;
        __asm__ volatile("" ::: "memory");
    }
    return n * 8;
}

static size_t output(void *state, unsigned thread, const void **bytes)
{
    (void)state;
    *bytes = &slot_of(thread)->hash;
    return 8;
}

static void teardown(void *state)
{
    (void)state;
}

static const struct encbench_workload workloads[] = {{
    .name = "hash:size=64",
    .short_name = "hash",
    .op = "64 bytes hashed",
    .input_bytes = 64,
    .bytes_per_op = 8,
    .batch_multiple_ops = 1,
    .rewarm_ops = 8,
    .threads_max = 4,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH,
    .setup = setup,
    .run = run,
    .teardown = teardown,
    .output = output,
}};

const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .variant = NAME,
    .workloads = workloads,
    .workload_count = 1,
};
