#include "worker/output.h"

#include "base/hash.h"
#include "base/random.h"

#include <string.h>
#include <sys/mman.h>

enum {
    DIGEST_INPUTS = 4,
    OUTPUT_INPUTS = 16, /* an output of one bit is the same for all of them once in 32768 */
};
/* Numbers of inputs, apart from that of the run, which is 0. */
enum { DIGEST_FIRST = 1, OUTPUT_FIRST = 100, RING_NUMBER = 200 };

void worker_output_fill(unsigned char *base, size_t bytes, uint64_t seed, uint64_t number)
{
    struct random_stream stream = random_stream_of(seed, RANDOM_INPUT, number, 0);
    for (size_t i = 0; i < bytes; i += 8) {
        const uint64_t word = random_next(&stream);
        memcpy(base + i, &word, bytes - i < 8 ? bytes - i : 8);
    }
}

/* Every op reads the input at `input`. */
static void use_input(const struct measure_arm *arm, const unsigned char *input)
{
    arm->host->input = input;
    arm->host->ring = input;
    arm->host->ring_first_bytes = 0;
    arm->host->ring_mask_bytes = 0;
}

/* Hash of what is put out after so many ops, going on from `hash`. */
static uint64_t output_after(const struct measure_arm *arm, uint64_t ops, uint64_t hash, uint64_t *output_bytes)
{
    const struct measure_clock clock = measure_clock_real();
    const void *output = NULL;
    uint64_t produced = 0;
    measure_batch(&clock, arm, ops, &produced);
    *output_bytes = arm->workload->output(arm->state, 0, &output);
    hash = hash_bytes(hash, output_bytes, sizeof *output_bytes);
    return hash_bytes(hash, output, *output_bytes);
}

uint64_t worker_output_digest(const struct measure_arm *arm, unsigned char *base, uint64_t seed)
{
    uint64_t hash = hash_bytes(HASH_START, &seed, sizeof seed), output_bytes;
    use_input(arm, base);
    for (uint64_t i = 0; i < DIGEST_INPUTS; i++) {
        worker_output_fill(base, arm->workload->input_bytes, seed, DIGEST_FIRST + i);
        hash = output_after(arm, arm->workload->batch_multiple_ops, hash, &output_bytes);
    }
    return hash;
}

static uint64_t output_of(const struct measure_arm *arm, const unsigned char *input, uint64_t *output_bytes)
{
    use_input(arm, input);
    return output_after(arm, arm->workload->batch_multiple_ops, HASH_START, output_bytes);
}

static enum worker_output try_inputs(const struct measure_arm *arm, unsigned char *base, uint64_t seed,
                                     struct worker_optimiser *optimiser)
{
    worker_output_fill(base, arm->workload->input_bytes, seed, OUTPUT_FIRST);
    const uint64_t first = output_of(arm, base, &optimiser->output_bytes);
    if (output_of(arm, base, &optimiser->output_bytes) != first)
        return WORKER_OUTPUT_OF_HISTORY;
    for (uint64_t i = 1; i < OUTPUT_INPUTS; i++) {
        worker_output_fill(base, arm->workload->input_bytes, seed, OUTPUT_FIRST + i);
        optimiser->output_inputs = i + 1;
        if (output_of(arm, base, &optimiser->output_bytes) != first)
            return WORKER_OUTPUT_DEPENDS;
    }
    return WORKER_OUTPUT_CONSTANT;
}

/* The ring has room for at least two inputs, and `ops`, a multiple of two, ends on another than the first. */
static enum worker_output try_ring(const struct measure_arm *arm, const unsigned char *ring, uint64_t ring_bytes,
                                   uint64_t ops, struct worker_optimiser *optimiser)
{
    const uint64_t stride = arm->host->ring_stride_bytes;
    uint64_t output_bytes;
    const uint64_t of_first = output_of(arm, ring, &output_bytes),
                   of_last = output_of(arm, ring + ((ops - 1) * stride & (ring_bytes - 1)), &output_bytes);
    use_input(arm, ring);
    arm->host->ring_mask_bytes = ring_bytes - 1;
    const uint64_t found = output_after(arm, ops, HASH_START, &output_bytes);
    optimiser->output_ops = ops;
    if (found == of_last)
        return WORKER_OUTPUT_DEPENDS;
    return found == of_first ? WORKER_OUTPUT_OF_FIRST : WORKER_OUTPUT_OF_ALL;
}

static enum worker_output try_rings(const struct measure_arm *arm, uint64_t seed, struct worker_optimiser *optimiser)
{
    const uint64_t bytes = measure_ring_bytes(arm->workload->input_bytes), ops = 2 * arm->workload->batch_multiple_ops;
    enum worker_output found = WORKER_OUTPUT_DEPENDS;
    unsigned char *ring = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED) /* two inputs of up to a gigabyte: what was found without them stands */
        return found;
    worker_output_fill(ring, bytes, seed, RING_NUMBER);
    for (uint64_t n = ops; n <= 2 * ops && found == WORKER_OUTPUT_DEPENDS; n += ops)
        found = try_ring(arm, ring, bytes, n, optimiser);
    munmap(ring, bytes);
    return found;
}

void worker_output_check(const struct measure_arm *arm, unsigned char *base, uint64_t seed,
                         struct worker_optimiser *optimiser)
{
    if (arm->workload->output == NULL || arm->workload->input_bytes == 0) {
        optimiser->output = arm->workload->output ? WORKER_OUTPUT_WITHOUT_INPUT : WORKER_OUTPUT_NONE;
        return;
    }
    optimiser->output = try_inputs(arm, base, seed, optimiser);
    if (optimiser->output == WORKER_OUTPUT_DEPENDS && (arm->workload->flags & ENCBENCH_FRESH))
        optimiser->output = try_rings(arm, seed, optimiser);
    worker_output_fill(base, arm->workload->input_bytes, seed, 0);
    use_input(arm, base);
}

static uint64_t hash_of_output(const struct measure_arm *arm, unsigned thread)
{
    const void *output = NULL;
    const uint64_t bytes = arm->workload->output(arm->state, thread, &output);
    return hash_bytes(hash_bytes(HASH_START, &bytes, sizeof bytes), output, bytes);
}

bool worker_output_same_at_threads(const struct measure_arm *arm, uint32_t threads, uint64_t n)
{
    const struct encbench_host host = *arm->host;
    struct measure_arm alone = *arm;
    uint64_t seen[MEASURE_THREADS_MAX], bytes;
    bool same = true;
    alone.crew = NULL;
    for (unsigned t = 0; t < threads && arm->workload->output; t++)
        seen[t] = hash_of_output(arm, t);
    for (unsigned t = 0; t < threads && arm->workload->output && same; t++) {
        struct encbench_host then = host; /* as the batch found it, before its ring moved on */
        then.ring_first_bytes -= n * host.ring_stride_bytes;
        struct encbench_inputs inputs = encbench_inputs_of_thread(&then, t);
        inputs.offset_bytes += (n - 1) * inputs.stride_bytes;
        const unsigned char *input = encbench_next_input(&inputs);
        const uint64_t wanted = output_of(&alone, input, &bytes);
        same = wanted == seen[t] || wanted != output_of(&alone, input, &bytes);
    }
    *arm->host = host;
    return same;
}
