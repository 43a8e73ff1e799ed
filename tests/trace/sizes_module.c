/* A stranger's module that replays a user's trace: what an op is stands in its data file. */
#include "module.h"

#include <stdio.h>

static struct {
    struct encbench_host *host;
    uint64_t hash;
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
    for (uint64_t i = 0; i < n; i++)
        self.hash = encbench_next_input(&inputs)[0];
    return n * 8;
}

static size_t output(void *state, unsigned thread, const void **bytes)
{
    (void)state, (void)thread;
    *bytes = &self.hash;
    return sizeof self.hash;
}

static void teardown(void *state)
{
    (void)state;
}

static int describe(const char *data_directory, struct encbench_workload *row, char *message, size_t message_bytes)
{
    static char op[ENCBENCH_OP_BYTES];
    char path[4096], line[64];
    unsigned rows = 0;
    snprintf(path, sizeof path, "%s/" ENCBENCH_TRACE_FILE, data_directory);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return ENCBENCH_NOT_HERE;
    while (fgets(line, sizeof line, file) != NULL)
        rows++;
    fclose(file);
    snprintf(op, sizeof op, "%u sizes", rows - 1);
    row->op = op;
    if (rows < 1000)
        return 0;
    snprintf(message, message_bytes, "too many sizes for it");
    return 7;
}

static const struct encbench_workload workloads[] = {{
    .name = "sizes",
    .short_name = "sizes",
    .op = "not described yet",
    .input_bytes = 64,
    .bytes_per_op = 8,
    .batch_multiple_ops = 1,
    .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH,
    .setup = setup,
    .run = run,
    .teardown = teardown,
    .output = output,
    .describe = describe,
}};

const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .variant = NAME,
    .workloads = workloads,
    .workload_count = 1,
};
