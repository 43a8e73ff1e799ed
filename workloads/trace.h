/*
 * trace: a real program's encode calls, replayed (traces/README.md says where they come from).
 *
 * One op: one whole replay: for each call in order, the first `input_bytes` bytes of the input encoded into a fresh
 * string that is freed. The harness derives the figure of one call. Long enough to need no re-warming.
 * The totals of a trace stand here as constants because the table is static; set-up refuses a file that differs.
 */
#ifdef WORKLOAD_TABLE

{
    .name = "trace:file=npm-install:codec=table16",
    .short_name = "trace:npm-install",
    .op = "2167 digests of 20 to 64 bytes encoded to hex or base64 into fresh strings that are freed",
    .input_bytes = WORKLOAD_TRACE_INPUT_BYTES,
    .bytes_per_op = WORKLOAD_TRACE_OUTPUT_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 0,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256 * WORKLOAD_TRACE_CALLS),
    .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_HEAP,
    .digest = workload_trace_digest,
    .setup = workload_trace_setup,
    .run = workload_trace_run,
    .teardown = workload_trace_teardown,
},

#else

#include "encode.h"
#include "trace_file.h"
#include "workload.h"

#define WORKLOAD_TRACE_FILE         "npm-install.csv"
#define WORKLOAD_TRACE_CALLS        2167
#define WORKLOAD_TRACE_INPUT_BYTES  64
#define WORKLOAD_TRACE_OUTPUT_BYTES 191176

struct workload_trace {
    const struct encbench_host *host;
    struct trace_file file;
};

/* The file is the one that the table describes. */
static int workload_trace_check(const char *path, const struct trace_file *file, char *message, size_t message_bytes)
{
    if (file->call_count == WORKLOAD_TRACE_CALLS && file->output_bytes == WORKLOAD_TRACE_OUTPUT_BYTES &&
        file->input_bytes_max <= WORKLOAD_TRACE_INPUT_BYTES)
        return 0;
    snprintf(message, message_bytes,
             "%s: %zu calls, %llu output bytes, largest input %llu; this module was built for %d, %d and %d", path,
             file->call_count, (unsigned long long)file->output_bytes, (unsigned long long)file->input_bytes_max,
             WORKLOAD_TRACE_CALLS, WORKLOAD_TRACE_OUTPUT_BYTES, WORKLOAD_TRACE_INPUT_BYTES);
    return -1;
}

static int workload_trace_load(struct workload_trace *self, char *message, size_t message_bytes)
{
    char path[4096];

    if (self->host->input_bytes < WORKLOAD_TRACE_INPUT_BYTES) {
        snprintf(message, message_bytes, "trace: the host's input has %zu bytes, expected at least %d",
                 self->host->input_bytes, WORKLOAD_TRACE_INPUT_BYTES);
        return -1;
    }
    if ((size_t)snprintf(path, sizeof path, "%s/%s", self->host->data_directory, WORKLOAD_TRACE_FILE) >= sizeof path) {
        snprintf(message, message_bytes, "trace: the data directory's name is longer than %zu bytes", sizeof path);
        return -1;
    }
    if (trace_file_read(path, &self->file, message, message_bytes) != 0)
        return -1;
    if (workload_trace_check(path, &self->file, message, message_bytes) == 0)
        return 0;
    trace_file_free(&self->file);
    return -1;
}

static int workload_trace_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                size_t message_bytes)
{
    struct workload_trace *self = malloc(sizeof *self);

    (void)seed;
    if (self == NULL) {
        snprintf(message, message_bytes, "trace: out of memory");
        return 1;
    }
    self->host = host;
    if (workload_trace_load(self, message, message_bytes) != 0) {
        free(self);
        return 1;
    }
    encbuf_pool_setup();
    *state = self;
    return 0;
}

static uint64_t workload_trace_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_trace *self = state;
    const struct trace_call *calls = self->file.calls, *end = calls + self->file.call_count;
    const unsigned char *input = self->host->input;
    uint64_t bytes = 0;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        for (const struct trace_call *call = calls; call != end; call++) {
            const unsigned char *source = input;
            unsigned char *string;
            size_t string_bytes;

            WORKLOAD_PLANT(source, 256);
            string = encode_to_string((enum codec_encoding)call->encoding, source, call->input_bytes, &string_bytes);
            WORKLOAD_CONSUME(string);
            bytes += string_bytes;
            free(string);
        }
    }
    return bytes;
}

static void workload_trace_teardown(void *state)
{
    struct workload_trace *self = state;

    encbuf_pool_teardown();
    trace_file_free(&self->file);
    free(self);
}

/* All output of one replay; 0 if the trace cannot be read, of which set-up gives the reason. */
static uint64_t workload_trace_digest(struct encbench_host *host, uint64_t seed)
{
    uint64_t hash = WORKLOAD_HASH_START;
    struct workload_trace self = {.host = host};
    char message[256];

    (void)seed; /* the host's input is a function of it */
    if (workload_trace_load(&self, message, sizeof message) != 0)
        return 0;
    encbuf_pool_setup();
    for (size_t i = 0; i < self.file.call_count; i++) {
        size_t string_bytes;
        unsigned char *string = encode_to_string((enum codec_encoding)self.file.calls[i].encoding, host->input,
                                                 self.file.calls[i].input_bytes, &string_bytes);

        hash = workload_hash(hash, &string_bytes, sizeof string_bytes);
        hash = workload_hash(hash, string, string_bytes);
        free(string);
    }
    encbuf_pool_teardown();
    trace_file_free(&self.file);
    return hash;
}

#endif
