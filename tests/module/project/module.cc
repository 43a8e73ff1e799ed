// A module in C++ that needs what its project links.
#include "module.h"

#include <stdexcept>
#include <string>
#include <zlib.h>

int shared(int);
int folded(int);
int made(int);

static std::string said;

static int setup(encbench_host *host, uint64_t, void **state, char *, size_t)
{
    *state = host;
    return 0;
}

static uint64_t run(void *, unsigned, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        try {
            throw std::runtime_error(std::to_string(shared(1) + folded(10) + made(100) + FOLDED_ADDS));
        } catch (const std::exception &error) {
            said = error.what() + std::string(" ") + std::to_string(crc32(0, reinterpret_cast<const Bytef *>("text"), 4) % 1000);
        }
    }
    return n;
}

static void teardown(void *)
{
}

static size_t output(void *, unsigned, const void **bytes)
{
    *bytes = said.data();
    return said.size();
}

static encbench_workload make()
{
    encbench_workload workload = {};
    workload.name = workload.short_name = "said";
    workload.op = "one exception";
    workload.bytes_per_op = workload.batch_multiple_ops = 1;
    workload.threads_max = 1;
    workload.flags = ENCBENCH_TIMED;
    workload.setup = setup;
    workload.run = run;
    workload.teardown = teardown;
    workload.output = output;
    return workload;
}
static const encbench_workload workloads[] = {make()};

const struct encbench_module encbench_module = {ENCBENCH_ABI_VERSION, sizeof(struct encbench_module), sizeof workloads[0], 0, 0, 1, 0, 0,
                                                "package", nullptr, nullptr, nullptr, workloads};
