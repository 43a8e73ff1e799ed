/*
 * trace: a real program's encode calls, replayed (traces/README.md says where they come from).
 *
 * One op: one whole replay: for each call in order, the first `input_bytes` bytes of the input (in the state `fresh` of
 * the next) encoded into a fresh string that is freed; and one epoch of the pool's clock (retain.h). The harness
 * derives the figure of one call. Long enough to need no re-warming. The totals of a trace stand here as constants
 * because the table is static; set-up refuses a file that differs. `_best`: the same with the best codec of this CPU
 * (codec_levels.h).
 *
 * trace:own is that of a user (`--trace`), or not there: its data file says how many calls of which sizes, so its row
 * is filled in by its `describe`.
 *
 * Counted, from an empty pool over one replay's gets: hits per get, and what rests in the pool afterwards; and how many
 * calls of which sizes there are and how much they encode, by doublings.
 */
#ifdef WORKLOAD_TABLE

{
    .name = "trace:file=npm-install:codec=table16",
    .short_name = "trace:npm-install",
    .op = "2167 digests of 20 to 64 bytes encoded to hex or base64 into fresh strings that are freed",
    .input_bytes = WORKLOAD_TRACE_NPM_INPUT_BYTES,
    .bytes_per_op = WORKLOAD_TRACE_NPM_OUTPUT_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 0,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256 * WORKLOAD_TRACE_NPM_TIMES * WORKLOAD_TRACE_NPM_CALLS),
    .threads_max = 2,
    .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH | WORKLOAD_POOL_COUNTED,
    .digest = workload_trace_npm_digest,
    .setup = workload_trace_npm_setup,
    .run = workload_trace_run,
    .teardown = workload_trace_teardown,
    .metrics = WORKLOAD_POOL_METRICS(workload_trace_npm_metrics),
},
    {
        .name = "trace:file=webpack-build:codec=table16",
        .short_name = "trace:webpack-build",
        .op =
            "39 assets of 0.7 to 22 KiB and a source map of 5.6 MB encoded to base64 into fresh strings that are freed",
        .input_bytes = WORKLOAD_TRACE_WEBPACK_INPUT_BYTES,
        .bytes_per_op = WORKLOAD_TRACE_WEBPACK_OUTPUT_BYTES,
        .batch_multiple_ops = 1,
        .rewarm_ops = 0,
        .planted_cycles_per_op =
            WORKLOAD_PLANTED_CYCLES(256 * WORKLOAD_TRACE_WEBPACK_TIMES * WORKLOAD_TRACE_WEBPACK_CALLS),
        .threads_max = 2,
        .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH | WORKLOAD_POOL_COUNTED,
        .digest = workload_trace_webpack_digest,
        .setup = workload_trace_webpack_setup,
        .run = workload_trace_run,
        .teardown = workload_trace_teardown,
        .metrics = WORKLOAD_POOL_METRICS(workload_trace_webpack_metrics),
    },
    {
        .name = "trace:file=own:codec=table16",
        .short_name = "trace:own",
        .op = "a trace that the data directory holds",
        .batch_multiple_ops = 1,
        .rewarm_ops = 0,
        .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256),
        .threads_max = 1,
        .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH | WORKLOAD_POOL_COUNTED,
        .digest = workload_trace_own_digest,
        .setup = workload_trace_own_setup,
        .run = workload_trace_run,
        .teardown = workload_trace_teardown,
        .metrics = WORKLOAD_POOL_METRICS(workload_trace_own_metrics),
        .describe = workload_trace_own_describe,
    },
    {
        .name = "trace:file=npm-install:codec=best",
        .short_name = "trace:npm-install_best",
        .op = "2167 digests of 20 to 64 bytes encoded by codec best into fresh strings that are freed",
        .input_bytes = WORKLOAD_TRACE_NPM_INPUT_BYTES,
        .bytes_per_op = WORKLOAD_TRACE_NPM_OUTPUT_BYTES,
        .batch_multiple_ops = 1,
        .rewarm_ops = 0,
        .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256 * WORKLOAD_TRACE_NPM_TIMES * WORKLOAD_TRACE_NPM_CALLS),
        .threads_max = 1,
        .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH,
        .digest = workload_trace_npm_best_digest,
        .setup = workload_trace_npm_best_setup,
        .run = workload_trace_best_run,
        .teardown = workload_trace_teardown,
        .lacks = workload_codec_lacks_best,
    },
    {
        .name = "trace:file=webpack-build:codec=best",
        .short_name = "trace:webpack-build_best",
        .op = "39 assets and a source map encoded to base64 by codec best into fresh strings that are freed",
        .input_bytes = WORKLOAD_TRACE_WEBPACK_INPUT_BYTES,
        .bytes_per_op = WORKLOAD_TRACE_WEBPACK_OUTPUT_BYTES,
        .batch_multiple_ops = 1,
        .rewarm_ops = 0,
        .planted_cycles_per_op =
            WORKLOAD_PLANTED_CYCLES(256 * WORKLOAD_TRACE_WEBPACK_TIMES * WORKLOAD_TRACE_WEBPACK_CALLS),
        .threads_max = 1,
        .flags = WORKLOAD_TIMED | ENCBENCH_EXACT | ENCBENCH_FRESH,
        .digest = workload_trace_webpack_best_digest,
        .setup = workload_trace_webpack_best_setup,
        .run = workload_trace_best_run,
        .teardown = workload_trace_teardown,
        .lacks = workload_codec_lacks_best,
    },

#else

#include "codec_choice.h"
#include "doublings.h"
#include "encode.h"
#include "pool_metrics.h"
#include "trace_file.h"
#include "workload.h"

#include <unistd.h>

#define WORKLOAD_TRACE_NPM_CALLS        2167
#define WORKLOAD_TRACE_NPM_INPUT_BYTES  64
#define WORKLOAD_TRACE_NPM_OUTPUT_BYTES 191176
#define WORKLOAD_TRACE_NPM_TIMES        1

#define WORKLOAD_TRACE_WEBPACK_CALLS        40
#define WORKLOAD_TRACE_WEBPACK_INPUT_BYTES  5579972
#define WORKLOAD_TRACE_WEBPACK_OUTPUT_BYTES 8040664
#define WORKLOAD_TRACE_WEBPACK_TIMES        100 /* 256 additions a call are not seen in an op of milliseconds */

struct workload_trace_spec {
    const char *file;
    size_t calls;
    uint64_t input_bytes_max, output_bytes, planted_times;
};

static const struct workload_trace_spec workload_trace_npm = {
    "npm-install.csv", WORKLOAD_TRACE_NPM_CALLS, WORKLOAD_TRACE_NPM_INPUT_BYTES, WORKLOAD_TRACE_NPM_OUTPUT_BYTES,
    WORKLOAD_TRACE_NPM_TIMES};
static const struct workload_trace_spec workload_trace_webpack = {
    "webpack-build.csv", WORKLOAD_TRACE_WEBPACK_CALLS, WORKLOAD_TRACE_WEBPACK_INPUT_BYTES,
    WORKLOAD_TRACE_WEBPACK_OUTPUT_BYTES, WORKLOAD_TRACE_WEBPACK_TIMES};

static struct workload_trace_spec workload_trace_own = {.file = ENCBENCH_TRACE_FILE, .planted_times = 1};

struct workload_trace {
    const struct encbench_host *host;
    const struct workload_trace_spec *spec;
    struct trace_file file;
    const struct codec *codec; /* NULL: table16 by its name */
};

/* The file is the one that the table describes. */
static int workload_trace_check(const char *path, const struct workload_trace_spec *spec, const struct trace_file *file,
                                char *message, size_t message_bytes)
{
    if (file->call_count == spec->calls && file->output_bytes == spec->output_bytes &&
        file->input_bytes_max <= spec->input_bytes_max)
        return 0;
    snprintf(message, message_bytes,
             "%s: %zu calls, %llu output bytes, largest input %llu; this module was built for %zu, %llu and %llu", path,
             file->call_count, (unsigned long long)file->output_bytes, (unsigned long long)file->input_bytes_max,
             spec->calls, (unsigned long long)spec->output_bytes, (unsigned long long)spec->input_bytes_max);
    return -1;
}

static int workload_trace_load(struct workload_trace *self, char *message, size_t message_bytes)
{
    char path[4096];

    if (self->host->input_bytes < self->spec->input_bytes_max) {
        snprintf(message, message_bytes, "trace: the host's input has %zu bytes, expected at least %llu",
                 self->host->input_bytes, (unsigned long long)self->spec->input_bytes_max);
        return -1;
    }
    if ((size_t)snprintf(path, sizeof path, "%s/%s", self->host->data_directory, self->spec->file) >= sizeof path) {
        snprintf(message, message_bytes, "trace: the data directory's name is longer than %zu bytes", sizeof path);
        return -1;
    }
    if (trace_file_read(path, &self->file, message, message_bytes) != 0)
        return -1;
    if (workload_trace_check(path, self->spec, &self->file, message, message_bytes) == 0)
        return 0;
    trace_file_free(&self->file);
    return -1;
}

static int workload_trace_setup(struct encbench_host *host, const struct workload_trace_spec *spec, void **state,
                                char *message, size_t message_bytes)
{
    struct workload_trace *self = malloc(sizeof *self);

    if (self == NULL) {
        snprintf(message, message_bytes, "trace: out of memory");
        return 1;
    }
    self->host = host;
    self->spec = spec;
    self->codec = NULL;
    if (workload_trace_load(self, message, message_bytes) != 0) {
        free(self);
        return 1;
    }
    encbuf_pool_setup();
    *state = self;
    return 0;
}

/* The same with the best codec of this CPU. */
static int workload_trace_best_setup(struct encbench_host *host, const struct workload_trace_spec *spec, void **state,
                                     char *message, size_t message_bytes)
{
    const struct codec *codec;

    if (codec_find("best", &codec, message, message_bytes) != 0 ||
        workload_trace_setup(host, spec, state, message, message_bytes) != 0)
        return 1;
    ((struct workload_trace *)*state)->codec = codec;
    return 0;
}

/* n replays, and `bytes` more. No function: inlined as one, it made other instructions of the run that is table16's. */
#define WORKLOAD_TRACE_REPLAY(self, codec, n, bytes)                                                                   \
    do {                                                                                                               \
        const struct trace_call *calls = (self)->file.calls, *end = calls + (self)->file.call_count;                   \
        struct encbench_inputs inputs = encbench_inputs((self)->host);                                                 \
                                                                                                                       \
        for (uint64_t i = 0; i < (n); i++) {                                                                           \
            for (const struct trace_call *call = calls; call != end; call++) {                                         \
                const unsigned char *source = encbench_next_input(&inputs);                                            \
                unsigned char *string;                                                                                 \
                size_t string_bytes;                                                                                   \
                                                                                                                       \
                WORKLOAD_PLANT_TIMES(source, 256, (self)->spec->planted_times);                                        \
                string = encode_to_string_by(codec, (enum codec_encoding)call->encoding, source, call->input_bytes,    \
                                             &string_bytes);                                                           \
                WORKLOAD_CONSUME(string);                                                                              \
                (bytes) += string_bytes;                                                                               \
                free(string);                                                                                          \
            }                                                                                                          \
            encbuf_epoch();                                                                                            \
        }                                                                                                              \
    } while (0)

static uint64_t workload_trace_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_trace *self = state;
    uint64_t bytes = 0;

    (void)thread;
    WORKLOAD_TRACE_REPLAY(self, NULL, n, bytes);
    return bytes;
}

static uint64_t workload_trace_best_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_trace *self = state;
    uint64_t bytes = 0;

    (void)thread;
    WORKLOAD_CODEC_CHOSEN(self->codec);
    WORKLOAD_TRACE_REPLAY(self, self->codec, n, bytes);
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
static uint64_t workload_trace_digest_by(const struct codec *codec, struct encbench_host *host,
                                         const struct workload_trace_spec *spec)
{
    uint64_t hash = WORKLOAD_HASH_START;
    struct workload_trace self = {.host = host, .spec = spec};
    char message[256];

    if (workload_trace_load(&self, message, sizeof message) != 0)
        return 0;
    encbuf_pool_setup();
    for (size_t i = 0; i < self.file.call_count; i++) {
        size_t string_bytes;
        unsigned char *string = encode_to_string_by(codec, (enum codec_encoding)self.file.calls[i].encoding,
                                                    host->input, self.file.calls[i].input_bytes, &string_bytes);

        hash = workload_hash(hash, &string_bytes, sizeof string_bytes);
        hash = workload_hash(hash, string, string_bytes);
        free(string);
    }
    encbuf_pool_teardown();
    trace_file_free(&self.file);
    return hash;
}

static uint64_t workload_trace_digest(struct encbench_host *host, const struct workload_trace_spec *spec)
{
    return workload_trace_digest_by(NULL, host, spec);
}

#ifdef ENCBUF_POOLED

/* Calls of each size and what they encode, by doublings; those without a call are left out. At most `room` figures. */
static size_t workload_trace_sizes(const struct trace_file *file, struct encbench_metric *metrics, size_t room)
{
    static const struct {
        size_t from, to;
        const char *calls, *bytes;
    } doublings[] = {
#define WORKLOAD_TRACE_DOUBLING(from, to) {from, to, "trace_calls_to_" #to, "trace_input_bytes_to_" #to},
        WORKLOAD_DOUBLINGS(WORKLOAD_TRACE_DOUBLING)
#undef WORKLOAD_TRACE_DOUBLING
    };
    size_t filled = 0;

    for (size_t d = 0; d < sizeof doublings / sizeof doublings[0] && filled + 2 <= room; d++) {
        double calls = 0, bytes = 0;

        for (size_t i = 0; i < file->call_count; i++) {
            const size_t size = file->calls[i].input_bytes;

            if ((d == 0 || size > doublings[d].from) && size <= doublings[d].to) {
                calls++;
                bytes += (double)size;
            }
        }
        if (calls == 0)
            continue;
        metrics[filled++] = (struct encbench_metric){doublings[d].calls, calls};
        metrics[filled++] = (struct encbench_metric){doublings[d].bytes, bytes};
    }
    return filled;
}

static size_t workload_trace_metrics(struct encbench_host *host, const struct workload_trace_spec *spec,
                                     struct encbench_metric *metrics)
{
    struct workload_trace self = {.host = host, .spec = spec};
    struct workload_pool_count count = {0};
    char message[256];
    size_t metric_count;

    if (workload_trace_load(&self, message, sizeof message) != 0)
        return 0;
    encbuf_pool_setup();
    for (size_t i = 0; i < self.file.call_count; i++)
        workload_pool_visit(&count, codec_encoded_bytes((enum codec_encoding)self.file.calls[i].encoding,
                                                        self.file.calls[i].input_bytes));
    metric_count = workload_pool_report(&count, metrics);
    metric_count += workload_trace_sizes(&self.file, metrics + metric_count, ENCBENCH_METRICS_MAX - metric_count);
    encbuf_pool_teardown();
    trace_file_free(&self.file);
    return metric_count;
}

#endif

/*
 * What a row of the table names, of each trace: `workload_trace_NAME_setup`, `_digest` and, of pools, `_metrics`, all
 * of its spec `workload_trace_NAME`; and with the best codec `workload_trace_NAME_best_setup` and `_digest`. The host's
 * input is a function of the seed.
 */
#define WORKLOAD_TRACE_FUNCTIONS(name)                                                                                 \
    static int workload_trace_##name##_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,   \
                                             size_t message_bytes)                                                     \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_trace_setup(host, &workload_trace_##name, state, message, message_bytes);                      \
    }                                                                                                                  \
    static uint64_t workload_trace_##name##_digest(struct encbench_host *host, uint64_t seed)                          \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_trace_digest(host, &workload_trace_##name);                                                    \
    }                                                                                                                  \
    WORKLOAD_TRACE_METRICS_FUNCTION(name)

#define WORKLOAD_TRACE_BEST_FUNCTIONS(name)                                                                            \
    static int workload_trace_##name##_best_setup(struct encbench_host *host, uint64_t seed, void **state,             \
                                                  char *message, size_t message_bytes)                                 \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_trace_best_setup(host, &workload_trace_##name, state, message, message_bytes);                 \
    }                                                                                                                  \
    static uint64_t workload_trace_##name##_best_digest(struct encbench_host *host, uint64_t seed)                     \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_trace_digest_by(workload_codec("best"), host, &workload_trace_##name);                         \
    }

#ifdef ENCBUF_POOLED
#define WORKLOAD_TRACE_METRICS_FUNCTION(name)                                                                          \
    static size_t workload_trace_##name##_metrics(struct encbench_host *host, uint64_t seed,                           \
                                                  struct encbench_metric *metrics)                                     \
    {                                                                                                                  \
        (void)seed;                                                                                                    \
        return workload_trace_metrics(host, &workload_trace_##name, metrics);                                          \
    }
#else
#define WORKLOAD_TRACE_METRICS_FUNCTION(name)
#endif

WORKLOAD_TRACE_FUNCTIONS(npm)
WORKLOAD_TRACE_BEST_FUNCTIONS(npm)
WORKLOAD_TRACE_FUNCTIONS(webpack)
WORKLOAD_TRACE_BEST_FUNCTIONS(webpack)

/* One's own */

/* A call of a few bytes takes some hundred cycles, one of a kilobyte a thousand: the plant is seen in both. */
#define WORKLOAD_TRACE_OWN_PLANTED_BYTES 2048

static int workload_trace_own_describe(const char *data_directory, struct encbench_workload *row, char *message,
                                       size_t message_bytes)
{
    static char op[ENCBENCH_OP_BYTES];
    struct trace_file file;
    char path[4096];
    uint64_t input_bytes = 0, least = UINT64_MAX;

    if ((size_t)snprintf(path, sizeof path, "%s/%s", data_directory, workload_trace_own.file) >= sizeof path) {
        snprintf(message, message_bytes, "trace: the data directory's name is longer than %zu bytes", sizeof path);
        return -1;
    }
    if (access(path, F_OK) != 0)
        return ENCBENCH_NOT_HERE;
    if (trace_file_read(path, &file, message, message_bytes) != 0)
        return -1;
    for (size_t i = 0; i < file.call_count; i++) {
        input_bytes += file.calls[i].input_bytes;
        least = file.calls[i].input_bytes < least ? file.calls[i].input_bytes : least;
    }
    workload_trace_own.calls = file.call_count;
    workload_trace_own.input_bytes_max = file.input_bytes_max;
    workload_trace_own.output_bytes = file.output_bytes;
    workload_trace_own.planted_times = 1 + input_bytes / file.call_count / WORKLOAD_TRACE_OWN_PLANTED_BYTES;
    snprintf(op, sizeof op, "%zu calls of %llu to %llu bytes encoded to hex into fresh strings that are freed",
             file.call_count, (unsigned long long)least, (unsigned long long)file.input_bytes_max);
    row->op = op;
    row->input_bytes = file.input_bytes_max;
    row->bytes_per_op = file.output_bytes;
    row->planted_cycles_per_op =
        WORKLOAD_PLANTED_CYCLES(256 * workload_trace_own.planted_times * workload_trace_own.calls);
    trace_file_free(&file);
    return 0;
}

WORKLOAD_TRACE_FUNCTIONS(own)

#endif
