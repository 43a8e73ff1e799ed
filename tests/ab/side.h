/* A workload in a few lines: `op(input)` of SIDE_BYTES bytes, called SIDE_WORKLOAD, of the variant SIDE. */
#include "module.h"
#ifndef SIDE_WORKLOAD
#define SIDE_WORKLOAD "mix"
#endif
#ifndef SIDE
#define SIDE "mine"
#endif
#ifndef SIDE_BYTES
#define SIDE_BYTES 1024
#endif
static uint64_t op(const unsigned char *input);
static struct {
    struct encbench_host *host;
    uint64_t result;
} self;
static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)seed, (void)message, (void)message_bytes;
    self.host = host;
    *state = &self;
    return 0;
}
static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    struct encbench_inputs inputs = encbench_inputs(self.host);
    (void)state, (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        self.result = op(encbench_next_input(&inputs));
        __asm__ volatile("" : : : "memory");
    }
    return n * 8;
}
static size_t output(void *state, unsigned thread, const void **bytes)
{
    (void)state, (void)thread;
    *bytes = &self.result;
    return sizeof self.result;
}
static void teardown(void *state)
{
    (void)state;
}
static const struct encbench_workload workloads[] = {{
    .name = SIDE_WORKLOAD,
    .short_name = SIDE_WORKLOAD,
    .op = "one mix",
    .input_bytes = SIDE_BYTES,
    .bytes_per_op = 8,
    .batch_multiple_ops = 1,
    .rewarm_ops = 8,
    .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH,
    .setup = setup,
    .run = run,
    .teardown = teardown,
    .output = output,
}};
ENCBENCH_EXPORT extern const struct encbench_module encbench_module;
const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .variant = SIDE,
    .workloads = workloads,
    .workload_count = 1,
};
