/*
 * burst: a peak, and then small sizes: what a pool keeps of the peak, for how long, and what the next one costs.
 *
 * One op: 4 buffers got at once, each for the base64 of webpack's source map (5.6 MB), a byte of every page of it
 * written, and put; then four times 512 digests of 32 bytes encoded to hex into fresh strings that are freed, and one
 * epoch of the pool's clock (retain.h). Without a buffer (direct) the peak is of four strings.
 *
 * Counted, in a pool that has seen 40 replays of the npm trace, enough for `calibrated` to decide: then the peak, and
 * 64 replays with an epoch after each. Kept bytes are data at rest in the pool.
 *   burst_peak_bytes                      data of the four buffers
 *   burst_kept_after_E_epochs_bytes       at rest, less what was before the peak; E = 0, 1, 2, 8
 *   burst_kept_for_ever_bytes             the same at the end
 *   burst_kept_for_ever_class_C_bytes     of the class of C bytes; not there where that keeps nothing
 *   burst_resident_after_E_epochs_bytes   pages in memory of what was written; E = 0, 2
 *   burst_half_gone_epochs_count          epochs until no more than half of the peak is kept; not there: never
 *   burst_half_resident_epochs_count      until no more than half of it is in memory; not there: never
 *   byte_operations_kept_per_get          kept bytes after a get and a put, all 64 replays' mean
 *   burst_kept_after_2_epochs_of_one_bytes, burst_kept_after_2_epochs_in_new_pool_bytes
 *                                         of a peak of one buffer; of four before anything else was put
 *   burst_kept_pages_absent_count         pages of buffers that the pool kept, which the next peak must fault in
 * An unpooled design keeps nothing, and says so with zeros.
 *
 * burst_once (heap): the first op is the peak alone, all others are 64 digests and an epoch: over many ops, does what
 * the peak took come back?
 */
#ifdef WORKLOAD_TABLE

{
    .name = "burst:buffers=4:size=7439964:digests=2048",
    .short_name = "burst",
    .op = "4 buffers of 7.4 MB got at once and written to and put; then 4 times 512 digests to hex and an epoch",
    .input_bytes = WORKLOAD_BURST_DIGEST_BYTES,
    .bytes_per_op = WORKLOAD_BURST_OP_BYTES,
    .batch_multiple_ops = 1,
    .rewarm_ops = 0,
    .planted_cycles_per_op = WORKLOAD_PLANTED_CYCLES(256 * WORKLOAD_BURST_EPOCHS * WORKLOAD_BURST_DIGESTS),
    .threads_max = 1,
    .flags = WORKLOAD_TIMED | WORKLOAD_BURST_EXACT | ENCBENCH_FRESH | ENCBENCH_COUNTED,
    .digest = workload_burst_digest,
    .setup = workload_burst_setup,
    .run = workload_burst_run,
    .teardown = workload_burst_teardown,
    .metrics = workload_burst_metrics,
},
    {
        .name = "burst:once:buffers=4:size=7439964:digests=64",
        .short_name = "burst_once",
        .op = "64 digests of 32 bytes to hex and an epoch; before the first op 4 buffers of 7.4 MB got at once and put",
        .input_bytes = WORKLOAD_BURST_DIGEST_BYTES,
        .bytes_per_op = WORKLOAD_BURST_ONCE_DIGESTS * 2 * WORKLOAD_BURST_DIGEST_BYTES,
        .batch_multiple_ops = 1,
        .threads_max = 1,
        .flags = ENCBENCH_HEAP,
        .digest = workload_burst_once_digest,
        .setup = workload_burst_setup,
        .run = workload_burst_once_run,
        .teardown = workload_burst_teardown,
    },

#else

#include "encode.h"
#include "at_rest.h"
#include "workload.h"

#include <stdio.h>

#define WORKLOAD_BURST_BUFFERS      4
#define WORKLOAD_BURST_BYTES        7439964 /* base64 of the largest call of trace:webpack-build */
#define WORKLOAD_BURST_EPOCHS       4
#define WORKLOAD_BURST_DIGESTS      512
#define WORKLOAD_BURST_DIGEST_BYTES 32
#define WORKLOAD_BURST_ONCE_DIGESTS 64
#define WORKLOAD_BURST_OP_BYTES                                                                                        \
    (WORKLOAD_BURST_BUFFERS * WORKLOAD_BURST_BYTES +                                                                   \
     WORKLOAD_BURST_EPOCHS * WORKLOAD_BURST_DIGESTS * 2 * WORKLOAD_BURST_DIGEST_BYTES)

#ifdef ENCBUF_RETAIN_CALIBRATED
#define WORKLOAD_BURST_EXACT 0 /* the op that recalibrates is another one */
#else
#define WORKLOAD_BURST_EXACT ENCBENCH_EXACT
#endif

struct workload_burst {
    const struct encbench_host *host;
    bool burst;
};

static int workload_burst_setup(struct encbench_host *host, uint64_t seed, void **state, char *message,
                                size_t message_bytes)
{
    struct workload_burst *self;

    (void)seed;
    if (host->input_bytes < WORKLOAD_BURST_DIGEST_BYTES) {
        snprintf(message, message_bytes, "burst: the host's input has %zu bytes, expected at least %d",
                 host->input_bytes, WORKLOAD_BURST_DIGEST_BYTES);
        return 1;
    }
    self = malloc(sizeof *self);
    if (self == NULL) {
        snprintf(message, message_bytes, "burst: out of memory");
        return 1;
    }
    *self = (struct workload_burst){.host = host};
    encbuf_pool_setup();
    *state = self;
    return 0;
}

static void workload_burst_teardown(void *state)
{
    encbuf_pool_teardown();
    free(state);
}

/* Got at once, written to, put. Returns the bytes that were asked for. */
ENCBUF_HOT uint64_t workload_burst_peak(void)
{
    struct workload_at_rest_buffer peak[WORKLOAD_BURST_BUFFERS];

    for (size_t i = 0; i < WORKLOAD_BURST_BUFFERS; i++)
        workload_at_rest_get(&peak[i], WORKLOAD_BURST_BYTES);
    for (size_t i = 0; i < WORKLOAD_BURST_BUFFERS; i++)
        workload_at_rest_put(&peak[i]);
    return WORKLOAD_BURST_BUFFERS * (uint64_t)WORKLOAD_BURST_BYTES;
}

ENCBUF_HOT uint64_t workload_burst_digests(struct encbench_inputs *inputs, size_t count)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        const unsigned char *source = encbench_next_input(inputs);
        unsigned char *string;
        size_t string_bytes;

        WORKLOAD_PLANT(source, 256);
        string = encode_to_string(CODEC_HEX, source, WORKLOAD_BURST_DIGEST_BYTES, &string_bytes);
        WORKLOAD_CONSUME(string);
        bytes += string_bytes;
        free(string);
    }
    encbuf_epoch();
    return bytes;
}

static uint64_t workload_burst_run(void *state, unsigned thread, uint64_t n)
{
    const struct workload_burst *self = state;
    struct encbench_inputs inputs = encbench_inputs(self->host);
    uint64_t bytes = 0;

    (void)thread;
    for (uint64_t i = 0; i < n; i++) {
        bytes += workload_burst_peak();
        for (int epoch = 0; epoch < WORKLOAD_BURST_EPOCHS; epoch++)
            bytes += workload_burst_digests(&inputs, WORKLOAD_BURST_DIGESTS);
    }
    return bytes;
}

static uint64_t workload_burst_once_run(void *state, unsigned thread, uint64_t n)
{
    struct workload_burst *self = state;
    struct encbench_inputs inputs = encbench_inputs(self->host);
    uint64_t bytes = 0;

    (void)thread;
    if (!self->burst)
        workload_burst_peak();
    self->burst = true;
    for (uint64_t i = 0; i < n; i++)
        bytes += workload_burst_digests(&inputs, WORKLOAD_BURST_ONCE_DIGESTS);
    return bytes;
}

/* Of the strings after a peak. */
static uint64_t workload_burst_digest_of(const struct encbench_host *host, size_t count)
{
    uint64_t hash = WORKLOAD_HASH_START;

    encbuf_pool_setup();
    workload_burst_peak();
    for (size_t i = 0; i < count; i++) {
        size_t string_bytes;
        unsigned char *string = encode_to_string(CODEC_HEX, host->input, WORKLOAD_BURST_DIGEST_BYTES, &string_bytes);

        hash = workload_hash(hash, string, string_bytes);
        free(string);
        encbuf_epoch();
    }
    encbuf_pool_teardown();
    return hash;
}

static uint64_t workload_burst_digest(struct encbench_host *host, uint64_t seed)
{
    (void)seed; /* the host's input is a function of it */
    return workload_burst_digest_of(host, WORKLOAD_BURST_DIGESTS);
}

static uint64_t workload_burst_once_digest(struct encbench_host *host, uint64_t seed)
{
    (void)seed;
    return workload_burst_digest_of(host, WORKLOAD_BURST_ONCE_DIGESTS);
}

#define WORKLOAD_BURST_REPLAYS_BEFORE 40
#define WORKLOAD_BURST_REPLAYS_AFTER  64

struct workload_burst_course {
    const struct workload_trace *trace;
    double gets, byte_operations; /* since they were last set to 0 */
};

/* The npm trace once, and an epoch. */
static void workload_burst_replay(struct workload_burst_course *course)
{
    const struct trace_file *file = &course->trace->file;

    for (size_t i = 0; i < file->call_count; i++) {
        struct workload_at_rest_buffer buffer;

        workload_at_rest_get(
            &buffer, codec_encoded_bytes((enum codec_encoding)file->calls[i].encoding, file->calls[i].input_bytes));
        workload_at_rest_put(&buffer);
        course->gets++;
        course->byte_operations += (double)workload_at_rest_bytes();
    }
    encbuf_epoch();
}

/* What a peak leaves after two epochs. */
static double workload_burst_after_2_epochs(size_t buffers, size_t replays_before, const struct workload_trace *trace)
{
    struct workload_burst_course course = {.trace = trace};
    struct workload_at_rest_buffer peak[WORKLOAD_BURST_BUFFERS];
    size_t before, kept;

    encbuf_pool_setup();
    for (size_t i = 0; i < replays_before; i++)
        workload_burst_replay(&course);
    before = workload_at_rest_bytes();
    for (size_t i = 0; i < buffers; i++)
        workload_at_rest_get(&peak[i], WORKLOAD_BURST_BYTES);
    for (size_t i = 0; i < buffers; i++)
        workload_at_rest_put(&peak[i]);
    for (int epoch = 0; epoch < 2; epoch++)
        workload_burst_replay(&course);
    kept = workload_at_rest_bytes();
    encbuf_pool_teardown();
    return kept > before ? (double)(kept - before) : 0;
}

/* The classes that keep something of the peak for ever, by name. */
static size_t workload_burst_classes(struct encbench_metric *metrics, size_t room)
{
    size_t filled = 0;
#ifdef ENCBUF_POOLED
    static char names[ENCBUF_CLASS_COUNT][64];

    for (size_t c = encbuf_class(WORKLOAD_BURST_BYTES); c < ENCBUF_CLASS_COUNT && filled < room; c++) {
        const size_t bytes = workload_at_rest_bytes_of(encbuf_class_bytes[c]);

        if (bytes == 0)
            continue;
        snprintf(names[c], sizeof names[c], "burst_kept_for_ever_class_%zu_bytes", encbuf_class_bytes[c]);
        metrics[filled++] = (struct encbench_metric){names[c], (double)bytes};
    }
#else
    (void)metrics;
    (void)room;
#endif
    return filled;
}

static size_t workload_burst_course(const struct workload_trace *trace, struct encbench_metric *metrics)
{
    static const char *const kept_names[] = {
        [0] = "burst_kept_after_0_epochs_bytes",
        [1] = "burst_kept_after_1_epochs_bytes",
        [2] = "burst_kept_after_2_epochs_bytes",
        [8] = "burst_kept_after_8_epochs_bytes",
        [WORKLOAD_BURST_REPLAYS_AFTER] = "burst_kept_for_ever_bytes",
    };
    struct workload_burst_course course = {.trace = trace};
    struct workload_at_rest_buffer peak[WORKLOAD_BURST_BUFFERS];
    double peak_bytes = 0, peak_resident, half_gone = -1, half_resident = -1;
    size_t filled = 0, before;

    for (size_t i = 0; i < WORKLOAD_BURST_REPLAYS_BEFORE; i++)
        workload_burst_replay(&course);
    before = workload_at_rest_bytes();
    for (size_t i = 0; i < WORKLOAD_BURST_BUFFERS; i++)
        peak_bytes += (double)workload_at_rest_get(&peak[i], WORKLOAD_BURST_BYTES);
    peak_resident = WORKLOAD_BURST_BUFFERS * (double)workload_pages_within(peak[0].data, WORKLOAD_BURST_BYTES);
    for (size_t i = 0; i < WORKLOAD_BURST_BUFFERS; i++)
        workload_at_rest_put(&peak[i]);
    metrics[filled++] = (struct encbench_metric){"burst_peak_bytes", peak_bytes};
    course.gets = course.byte_operations = 0;
    for (size_t epoch = 0; epoch <= WORKLOAD_BURST_REPLAYS_AFTER; epoch++) {
        const size_t rest = workload_at_rest_bytes();
        const double kept = rest > before ? (double)(rest - before) : 0;
        const double resident = (double)workload_at_rest_resident_bytes(WORKLOAD_BURST_BYTES);

        if (kept_names[epoch] != NULL)
            metrics[filled++] = (struct encbench_metric){kept_names[epoch], kept};
        if (epoch == 0 || epoch == 2)
            metrics[filled++] = (struct encbench_metric){
                epoch == 0 ? "burst_resident_after_0_epochs_bytes" : "burst_resident_after_2_epochs_bytes", resident};
        if (half_gone < 0 && kept <= peak_bytes / 2)
            half_gone = (double)epoch;
        if (half_resident < 0 && resident <= peak_resident / 2)
            half_resident = (double)epoch;
        if (epoch < WORKLOAD_BURST_REPLAYS_AFTER)
            workload_burst_replay(&course);
    }
    if (half_gone >= 0)
        metrics[filled++] = (struct encbench_metric){"burst_half_gone_epochs_count", half_gone};
    if (half_resident >= 0)
        metrics[filled++] = (struct encbench_metric){"burst_half_resident_epochs_count", half_resident};
    metrics[filled++] = (struct encbench_metric){"byte_operations_kept_per_get", course.byte_operations / course.gets};
    metrics[filled++] = (struct encbench_metric){"burst_kept_pages_absent_count",
                                                 (double)workload_at_rest_pages_not_resident(WORKLOAD_BURST_BYTES)};
    return filled + workload_burst_classes(metrics + filled, ENCBENCH_METRICS_MAX - filled);
}

static size_t workload_burst_metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *metrics)
{
    struct workload_trace trace = {.host = host, .spec = &workload_trace_npm};
    char message[256];
    size_t filled;

    (void)seed;
    if (workload_trace_load(&trace, message, sizeof message) != 0)
        return 0;
    encbuf_pool_setup();
    filled = workload_burst_course(&trace, metrics);
    encbuf_pool_teardown();
    metrics[filled++] =
        (struct encbench_metric){"burst_kept_after_2_epochs_of_one_bytes",
                                 workload_burst_after_2_epochs(1, WORKLOAD_BURST_REPLAYS_BEFORE, &trace)};
    metrics[filled++] = (struct encbench_metric){"burst_kept_after_2_epochs_in_new_pool_bytes",
                                                 workload_burst_after_2_epochs(WORKLOAD_BURST_BUFFERS, 0, &trace)};
    trace_file_free(&trace.file);
    return filled;
}

#endif
