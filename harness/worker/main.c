/*
 * encbench-worker: the process that is measured in. Started by the driver with a job in shared memory (protocol.h), or
 * by hand: `encbench-worker describe FILE [DATA]` prints what a module offers, `encbench-worker replay FILE` does a job
 * again that failed (launch/kept_job.h).
 */
#include "worker/protocol.h"

#include "base/random.h"
#include "module/names.h"
#include "module/open.h"
#include "module/set.h"
#include "stats/stats.h"
#include "worker/bindings.h"
#include "worker/counters.h"
#include "worker/optimiser.h"
#include "worker/output.h"
#include "worker/replay.h"
#include "worker/scrub.h"
#include "worker/shared.h"
#include "worker/step_pass.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WARM_UP_WINDOW_NS = 2000000,
    WARM_UP_WINDOWS_MAX = 12, /* bounded: a machine that never agrees with itself is measured all the same */
    STRUCTURES_PROBED = 1024,
    HEAP_PADDING_BYTES = 8192,
    TAKEN_MOST_BYTES = 65536, /* larger blocks come from the system, as often as not */
    TAKEN_SMALL_BYTES = 1024, /* below it allocators have a list for each step */
    TAKEN_STEP_BYTES = 16,
    TAKEN_BLOCKS_LEAST = 8, /* what a cache of a thread keeps of a size lies anywhere (glibc: 7) */
    /* Where addresses do not rise, as in other allocators: 9 MB a heap, which nobody touches. */
    TAKEN_BLOCKS_MOST = 200,
    TAKEN_LARGE_MOST = 16,
    WARM_UP_MAX_NS = 100000000, /* long ops are warm after one */
    READING_TRIES = 200,
    PILOT_BATCH_NS = 200000,
    PILOT_SCRUBBED_OPS = 16, /* each behind half a millisecond of scrubbing */
    REWARM_REPEATS = 5,
    PILOT_CLOCK_BLOCKS = 64,
    EXACT_FEWER = 8,
    THREADS_OPS = 8,
    THREADS_ROUNDS = 200,
    THREADS_NS = 300000000,
};
/* No exact pass runs for much longer: 2048 ops of 50 ms took two minutes. */
#define EXACT_NS 4e9
/* Heaps of linearity blocks have numbers of their own. */
#define LINEARITY_EPOCH (1ull << 32)
/* No op is warmed for longer: 40 batches of the usual length. */
#define REWARM_MOST_NS 1000000.0
/* A heap pass stops at a checkpoint sooner than take longer than this for each op asked for: half a second for most. */
#define HEAP_PATIENCE_NS_PER_OP 5000
#define WARM_UP_AGREEMENT       0.02
/* No op is so short that more would fit into a pilot's batch. */
#define PILOT_OPS_MAX (1ull << 40)
/* After so long a pilot repeats no more. */
#define PILOT_NS 20000000
/* Blocks of warm-up have numbers of their own, far from those of the measurement. */
#define WARM_UP_FIRST_BLOCK (1ull << 40)

/* What the process has loaded. */
struct panel {
    struct encbench_host host;
    unsigned char *input_base;
    size_t input_bytes; /* from there on */
    const struct encbench_module *modules[MEASURE_ARMS_MAX];
    struct measure_arm arms[MEASURE_ARMS_MAX];
    struct intact intact;      /* before modules were loaded */
    struct measure_crew *crew; /* NULL: one thread */
};

static void enter(struct worker_region *region, enum worker_phase phase, uint32_t arm)
{
    region->result.phase = phase;
    region->result.phase_arm = arm;
    __asm__ volatile("" ::: "memory"); /* so that a crash finds it written */
}

static int load_arm(struct worker_region *region, struct panel *panel, uint32_t i, struct error *error)
{
    const struct worker_arm *arm = &region->job.arms[i];
    enter(region, WORKER_LOADING, i);
    if (module_open(arm->file, &panel->modules[i], error) != 0 ||
        module_describe(arm->file, panel->modules[i], region->job.data_directory, error) != 0)
        return error->code;
    panel->arms[i] = (struct measure_arm){.workload = module_workload(panel->modules[i], arm->workload),
                                          .host = &panel->host,
                                          .scrub = arm->state == MEASURE_COLD ? scrub : NULL,
                                          .round_ops = arm->round_ops,
                                          .iterations = arm->iterations,
                                          .rewarm_iterations = arm->rewarm_iterations};
    memcpy(panel->arms[i].other_iterations, arm->other_iterations, sizeof arm->other_iterations);
    if (panel->arms[i].workload && arm->state == MEASURE_LATENCY)
        panel->arms[i].run = panel->arms[i].workload->run_latency;
    if (panel->arms[i].workload == NULL)
        return error_set(error, EXIT_USAGE, "%s: variant %s has no workload %s", arm->file, panel->modules[i]->variant,
                         arm->workload);
    if (strcmp(panel->modules[i]->variant, arm->variant) != 0 ||
        panel->arms[i].workload->planted_cycles_per_op != arm->planted_cycles_per_op)
        return error_set(error, EXIT_USAGE,
                         "%s: holds variant %s with %" PRIu64 " planted cycles; expected %s with %" PRIu64, arm->file,
                         panel->modules[i]->variant, panel->arms[i].workload->planted_cycles_per_op, arm->variant,
                         arm->planted_cycles_per_op);
    return worker_shared_check(arm->file, panel->modules[i]->variant, arm->shared_directory, error);
}

/* Once all are there: a unique symbol is taken from the arm that came first. */
static int check_bindings(struct worker_region *region, const struct panel *panel, struct error *error)
{
    struct worker_bindings bindings[MEASURE_ARMS_MAX];
    for (uint32_t i = 0; i < region->job.arm_count; i++) {
        const struct worker_arm *arm = &region->job.arms[i];
        bindings[i] =
            (struct worker_bindings){arm->file, arm->variant, panel->modules[i]->variant, arm->shared_directory};
    }
    return worker_bindings_check(bindings, region->job.arm_count, &region->result.phase_arm, error);
}

/* In random order, because neighbours in memory and the order of thread-local storage follow it; passes other than the
 * timing load arm 0 alone. */
static int load_arms(struct worker_region *region, struct panel *panel, struct error *error)
{
    uint32_t order[MEASURE_ARMS_MAX];
    struct random_stream stream = random_stream_of(region->job.seed, RANDOM_LOADING, region->job.process, 0);
    random_permutation(&stream, order, region->job.arm_count);
    for (uint32_t i = 0; i < region->job.arm_count; i++)
        if (load_arm(region, panel, order[i], error) != 0)
            return error->code;
    return check_bindings(region, panel, error);
}

/* What the interposer offers; all NULL when it is not preloaded. */
struct interposer {
    encbench_interpose_read_function *read;
    encbench_interpose_read_threads_function *read_threads;
    encbench_interpose_reset_peaks_function *reset_peaks;
    encbench_interpose_follow_requests_function *follow_requests;
};

/* ISO C has no cast from an object to a function pointer. */
static void find_function(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_DEFAULT, name);
    memcpy(function, &symbol, sizeof symbol);
}

static struct interposer find_interposer(void)
{
    struct interposer found;
    find_function(ENCBENCH_INTERPOSE_READ, &found.read);
    find_function(ENCBENCH_INTERPOSE_READ_THREADS, &found.read_threads);
    find_function(ENCBENCH_INTERPOSE_RESET_PEAKS, &found.reset_peaks);
    find_function(ENCBENCH_INTERPOSE_FOLLOW, &found.follow_requests);
    return found.read && found.read_threads && found.reset_peaks && found.follow_requests ? found
                                                                                          : (struct interposer){0};
}

/* Why nothing is counted, and what would mend it; "" when the interposer is there. */
static void explain_interposer(const char *file, char *reason, size_t reason_bytes)
{
    reason[0] = '\0';
    if (find_interposer().read)
        return;
    if (access(file, R_OK) != 0)
        snprintf(reason, reason_bytes, "the interposer %.180s: %s; build again", file, strerror(errno));
    else if (getauxval(AT_SECURE))
        snprintf(reason, reason_bytes,
                 "the worker has more rights than its caller; so the loader preloads nothing: take "
                 "set-user-ID; set-group-ID and file capabilities (setcap -r) from encbench-worker");
    else if (getenv("LD_PRELOAD") == NULL)
        snprintf(reason, reason_bytes,
                 "LD_PRELOAD did not reach the worker; what starts it takes it out of the environment");
    else
        snprintf(reason, reason_bytes,
                 "the loader did not preload %.180s: of another machine; damaged; or the worker is linked statically; "
                 "build again",
                 file);
}

/* The loader leaves out what it cannot preload and only says so: then it would not be what was asked for that is
 * measured. */
static int check_preloads(const struct worker_job *job, struct error *error)
{
    struct link_map *first = dlopen(NULL, RTLD_LAZY | RTLD_NOLOAD);
    for (const char *at = job->environment.preloads; *at; at += strlen(at) + 1) {
        struct stat wanted, loaded;
        bool found = strcmp(at, job->interposer) == 0 || stat(at, &wanted) != 0;
        for (struct link_map *map = first; map && !found; map = map->l_next)
            found = stat(map->l_name, &loaded) == 0 && loaded.st_dev == wanted.st_dev && loaded.st_ino == wanted.st_ino;
        if (!found)
            return error_set(error, EXIT_USAGE,
                             "--preload: %.500s: the loader did not preload it; expected a shared object of this "
                             "machine whose needs are met (ldd), and a worker without capabilities",
                             at);
    }
    return 0;
}

static int64_t allocated_bytes(void)
{
    struct interpose_counts total;
    find_interposer().read(&total, NULL);
    return total.requested_bytes;
}

static int64_t live_bytes(void)
{
    struct interpose_counts total;
    find_interposer().read(&total, NULL);
    return total.live_bytes;
}

/* The state of all arms, clock arms aside; none has another. */
static enum measure_state state_of(const struct worker_job *job)
{
    return job->arm_count > 0 ? job->arms[0].state : MEASURE_REPEAT;
}

static uint64_t most_input_bytes(const struct worker_region *region, const struct panel *panel)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < region->job.arm_count; i++)
        if (panel->arms[i].workload->input_bytes > most)
            most = panel->arms[i].workload->input_bytes;
    return most;
}

/* The process has one region, and modules call from anywhere. What a thread of theirs says counts as the arm's that is
 * at work. */
static struct worker_region *own_region;
static const struct panel *own_panel;

static void fail(const char *message)
{
    const uint32_t arm = own_region->result.phase_arm;
    snprintf(own_region->result.message, sizeof own_region->result.message, "variant %s, workload %s: %s",
             own_panel->modules[arm]->variant, own_region->job.arms[arm].workload, message);
    for (char *at = own_region->result.message; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    own_region->result.failed = EXIT_USAGE;
    _exit(EXIT_USAGE);
}

/* Of all arms but those that run alone. */
static int gather_crew(const struct worker_region *region, struct panel *panel, struct error *error)
{
    const struct worker_job *job = &region->job;
    const struct measure_clock clock = measure_clock_real();
    if (job->threads <= 1)
        return 0;
    panel->crew = measure_crew_gather(&clock, job->threads, job->threads_pinned ? job->cpus : NULL);
    if (panel->crew == NULL)
        return error_set(error, EXIT_USAGE, "no %" PRIu32 " threads can be had (at most %d; ulimit -u)", job->threads,
                         MEASURE_THREADS_MAX);
    for (uint32_t i = 0; i < job->arm_count; i++)
        panel->arms[i].crew = job->arms[i].alone ? NULL : panel->crew;
    return 0;
}

/* The input is the same for every process of a run: a function of the seed. In the states without a ring it is one
 * input. */
static int make_host(struct worker_region *region, struct panel *panel, struct error *error)
{
    const uint64_t input_bytes = most_input_bytes(region, panel);
    const enum measure_state state = state_of(&region->job);
    const bool ring = (state == MEASURE_FRESH || state == MEASURE_COLD) && input_bytes > 0;
    panel->input_bytes = (ring ? measure_ring_bytes(input_bytes) : input_bytes) + MEASURE_INPUT_OFFSETS;
    unsigned char *base = mmap(NULL, panel->input_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return error_set(error, EXIT_USAGE, "no memory for an input of %zu bytes", panel->input_bytes);
    worker_output_fill(base, panel->input_bytes, region->job.seed, 0);
    panel->input_base = base;
    panel->host = (struct encbench_host){.abi_version = ENCBENCH_ABI_VERSION,
                                         .host_bytes = sizeof panel->host,
                                         .input = base,
                                         .input_bytes = (size_t)input_bytes,
                                         .allocated_bytes = find_interposer().read ? allocated_bytes : NULL,
                                         .data_directory = region->job.data_directory,
                                         .live_bytes = find_interposer().read ? live_bytes : NULL,
                                         .ring = base,
                                         .ring_stride_bytes = measure_ring_stride(input_bytes),
                                         .ring_mask_bytes = ring ? measure_ring_bytes(input_bytes) - 1 : 0,
                                         .thread_count = region->job.threads > 1 ? region->job.threads : 1,
                                         .fail = fail};
    own_region = region;
    own_panel = panel;
    return gather_crew(region, panel, error);
}

/* A block that is never freed; the empty asm keeps the compiler from removing it. */
static uintptr_t keep_block(size_t bytes)
{
    void *block = malloc(bytes);
    __asm__ volatile("" : : "r"(block));
    return (uintptr_t)block;
}

/*
 * Takes what lies free on the heap, so that what comes next is fresh: of each size until a block lies beyond all
 * others. A block that somebody freed before is handed out again, at the same place in every process of a run and at
 * another in the next run: a pooled structure of 32 bytes lay in two cache lines on 58 % of the heaps of one run and on
 * 9 % of those of another, and cost 30.2 and 28.6 ns.
 */
static void take_free_blocks(void)
{
    uintptr_t frontier = 0;
    for (size_t bytes = TAKEN_MOST_BYTES; bytes >= TAKEN_STEP_BYTES;
         bytes = bytes > TAKEN_SMALL_BYTES ? bytes / 2 : bytes - TAKEN_STEP_BYTES)
        for (int i = 0; i < (bytes > TAKEN_SMALL_BYTES ? TAKEN_LARGE_MOST : TAKEN_BLOCKS_MOST); i++) {
            const uintptr_t block = keep_block(bytes);
            if (block == 0 || block > frontier) {
                frontier = block;
                if (bytes > TAKEN_SMALL_BYTES || i >= TAKEN_BLOCKS_LEAST)
                    break;
            }
        }
}

static void thread_begin(const struct measure_arm *arm)
{
    if (arm->workload->thread_begin && arm->crew)
        measure_crew_begin(arm);
    else if (arm->workload->thread_begin)
        arm->workload->thread_begin(arm->state, 0);
}

/* Set-up order and the heap distance before each arm are random, so that no arm always gets the same kind of heap. */
static int set_up_arms(struct worker_region *region, struct panel *panel, uint64_t epoch, struct error *error)
{
    uint32_t order[MEASURE_ARMS_MAX];
    struct random_stream stream = random_stream_of(region->job.seed, RANDOM_HEAP, region->job.process, epoch);
    random_permutation(&stream, order, region->job.arm_count);
    if (region->job.mode == WORKER_MEASURE || region->job.mode == WORKER_PILOT)
        take_free_blocks();
    for (uint32_t i = 0; i < region->job.arm_count; i++) {
        const uint32_t arm = order[i];
        char message[512] = "";
        enter(region, WORKER_SETTING_UP, arm);
        if (region->job.mode != WORKER_EXACT && region->job.mode != WORKER_STEP) /* there it would be counted */
            keep_block(16 + random_below(&stream, HEAP_PADDING_BYTES));
        if (panel->arms[arm].workload->setup(&panel->host, region->job.seed, &panel->arms[arm].state, message,
                                             sizeof message) != 0)
            return error_set(error, EXIT_USAGE, "variant %s, workload %s: setup failed: %s",
                             panel->modules[arm]->variant, region->job.arms[arm].workload, message);
        thread_begin(&panel->arms[arm]);
    }
    return 0;
}

static void tear_down_arm(struct measure_arm *arm)
{
    if (arm->workload->thread_end && arm->crew)
        measure_crew_end(arm);
    else if (arm->workload->thread_end)
        arm->workload->thread_end(arm->state, 0);
    arm->workload->teardown(arm->state);
}

static void tear_down_arms(struct worker_region *region, struct panel *panel)
{
    for (uint32_t i = 0; i < region->job.arm_count; i++) {
        enter(region, WORKER_TEARING_DOWN, i);
        tear_down_arm(&panel->arms[i]);
    }
}

/* A batch of one arm; after a crash it is known whose it was. */
static uint64_t run_batch(struct worker_region *region, const struct panel *panel, const struct measure_clock *clock,
                          uint32_t arm, uint64_t ops, uint64_t *bytes)
{
    enter(region, region->result.phase, arm);
    return measure_batch(clock, &panel->arms[arm], ops, bytes);
}

static int broken_promise(const struct worker_region *region, const struct panel *panel, struct error *error)
{
    const uint32_t arm = region->result.phase_arm;
    return error_set(
        error, EXIT_USAGE, "variant %s, workload %s: run did not produce n x %" PRIu64 " bytes as promised",
        panel->modules[arm]->variant, region->job.arms[arm].workload, panel->arms[arm].workload->bytes_per_op);
}

/* Arms of a block for effects: with blocks of their own, those of the clock are none of them. */
static uint32_t effect_arms(const struct worker_job *job)
{
    return job->clock_blocks > 0 ? job->arm_count - job->clock_arms : job->arm_count;
}

static int run_planned(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                       struct measure_block *block, struct error *error)
{
    struct measure_thread_times *all = worker_thread_times(region), *times = NULL;
    if (all && block >= region->blocks && block < region->blocks + region->job.blocks) /* one for effects */
        times = &all[block - region->blocks];
    if (!measure_block_run_threads(clock, &panel->host, panel->input_base, panel->arms, block, times,
                                   &region->result.phase_arm))
        return broken_promise(region, panel, error);
    return 0;
}

static int run_block(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                     uint64_t number, struct measure_block *block, struct error *error)
{
    measure_plan_block(region->job.seed, region->job.process, number, effect_arms(&region->job), block);
    return run_planned(region, panel, clock, block, error);
}

static int run_clock_block(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                           uint64_t number, struct measure_block *block, struct error *error)
{
    measure_plan_part(region->job.seed, region->job.process, number, MEASURE_CLOCK,
                      region->job.arm_count - region->job.clock_arms, region->job.clock_arms, block);
    return run_planned(region, panel, clock, block, error);
}

/* Until two successive windows agree, bounded. */
static int warm_up(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                   struct error *error)
{
    struct measure_block block;
    double last_ns = INFINITY;
    uint64_t warmed_ns = 0, bytes = 0;
    enter(region, WORKER_WARMING_UP, 0);
    /* Ops so long that one of each arm warms, and a block would be a third of the process. */
    if (region->job.blocks_enough > 0) {
        for (uint32_t i = 0; i < region->job.arm_count; i++)
            run_batch(region, panel, clock, i, panel->arms[i].iterations, &bytes);
        return 0;
    }
    for (int window = 0; window < WARM_UP_WINDOWS_MAX; window++) {
        const uint64_t start_ns = clock->now_ns(clock->context);
        uint64_t now_ns = start_ns, blocks = 0;
        do {
            if (run_block(region, panel, clock, WARM_UP_FIRST_BLOCK + region->result.warm_up_blocks, &block, error) !=
                0)
                return error->code;
            region->result.warm_up_blocks++;
            blocks++;
            now_ns = clock->now_ns(clock->context);
        } while (now_ns - start_ns < WARM_UP_WINDOW_NS);
        const double block_ns = (double)(now_ns - start_ns) / (double)blocks;
        warmed_ns += now_ns - start_ns;
        if (fabs(block_ns - last_ns) <= WARM_UP_AGREEMENT * block_ns || warmed_ns > WARM_UP_MAX_NS)
            break;
        last_ns = block_ns;
    }
    return 0;
}

/* Where the arms' objects lie on this heap, after a round. */
static void note_objects(struct worker_region *region, const struct panel *panel, uint32_t epoch)
{
    struct worker_result *result = &region->result;
    for (uint32_t i = 0; i < region->job.arm_count - region->job.clock_arms; i++) {
        const struct encbench_workload *workload = panel->arms[i].workload;
        struct encbench_object found[ENCBENCH_OBJECTS_MAX];
        if (workload->objects == NULL)
            continue;
        result->phase_arm = i;
        const size_t count = workload->objects(panel->arms[i].state, found);
        for (size_t o = 0; o < count && o < ENCBENCH_OBJECTS_MAX && result->object_count < WORKER_PLACES_MAX; o++) {
            struct worker_object *object = &result->objects[result->object_count];
            if (!names_is_legal(found[o].name) || strlen(found[o].name) >= sizeof object->name)
                continue;
            *object = (struct worker_object){i, epoch, "", (uint64_t)(uintptr_t)found[o].address, found[o].bytes};
            strcpy(object->name, found[o].name);
            result->object_count++;
        }
    }
}

/* A fresh heap for all arms in the middle of the measurement, and one untimed block to touch it. */
static int renew_heap(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                      uint64_t epoch, struct error *error)
{
    struct measure_block block;
    tear_down_arms(region, panel);
    if (set_up_arms(region, panel, epoch, error) != 0 ||
        run_block(region, panel, clock, WARM_UP_FIRST_BLOCK + region->result.warm_up_blocks++, &block, error) != 0)
        return error->code;
    if (epoch < LINEARITY_EPOCH)
        note_objects(region, panel, (uint32_t)epoch);
    enter(region, WORKER_MEASURING, 0);
    return 0;
}

/* The two batches of one arm in a block, as if it were alone. */
static int run_alone(struct worker_region *region, struct panel *panel, const struct measure_clock *clock, uint32_t arm,
                     uint32_t number, struct error *error)
{
    struct measure_block *block = &region->blocks[number], alone;
    uint32_t only = 0;
    measure_plan_block(region->job.seed, region->job.process, number, 1, &alone);
    region->result.phase_arm = arm;
    if (!measure_block_run(clock, &panel->host, panel->input_base, &panel->arms[arm], &alone, &only))
        return error_set(error, EXIT_USAGE, "workload %s: run did not produce its bytes as promised",
                         region->job.arms[arm].workload);
    for (uint32_t i = 0; i < 2; i++) {
        block->slot_arm[2 * arm + i] = (uint8_t)arm;
        block->elapsed_ns[2 * arm + i] = alone.elapsed_ns[i];
    }
    block->slot_count = (uint8_t)(2 * region->job.arm_count);
    block->purpose = MEASURE_EFFECT;
    block->input_offset_bytes = alone.input_offset_bytes;
    block->dropped = block->dropped || alone.dropped;
    return 0;
}

/* What the interleaved design is compared with: arms take turns once, not once a block. No deadline, or the last arm
 * would lack blocks. */
static int measure_one_after_other(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                                   uint32_t epoch_blocks, struct error *error)
{
    struct random_stream stream = random_stream_of(region->job.seed, RANDOM_BLOCK, region->job.process, UINT64_MAX);
    uint32_t order[MEASURE_ARMS_MAX];
    uint64_t epoch = 0;
    random_permutation(&stream, order, region->job.arm_count);
    for (uint32_t i = 0; i < region->job.arm_count; i++)
        for (uint32_t b = 0; b < region->job.blocks; b++) {
            if (i + b > 0 && b % epoch_blocks == 0 && renew_heap(region, panel, clock, ++epoch, error) != 0)
                return error->code;
            if (run_alone(region, panel, clock, order[i], b, error) != 0)
                return error->code;
        }
    region->result.blocks_done = region->job.blocks;
    return 0;
}

/* Those that are due after so many of the blocks for effects: spread evenly between them. */
static int run_clock_blocks(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                            uint32_t effect_blocks, struct error *error)
{
    const struct worker_job *job = &region->job;
    struct worker_result *result = &region->result;
    const uint64_t due = (uint64_t)job->clock_blocks * effect_blocks / job->blocks;
    while (result->clock_blocks_done < due) {
        struct measure_block *block = &region->blocks[job->blocks + result->clock_blocks_done];
        if (run_clock_block(region, panel, clock, result->clock_blocks_done, block, error) != 0)
            return error->code;
        result->clock_blocks_done++;
    }
    return 0;
}

static int run_effect_blocks(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                             uint32_t epoch_blocks, struct error *error)
{
    const struct worker_job *job = &region->job;
    const uint64_t start_ns = clock->now_ns(clock->context);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < job->blocks; i++) {
        if (i > 0 && i % epoch_blocks == 0 && renew_heap(region, panel, clock, i / epoch_blocks, error) != 0)
            return error->code;
        if (run_block(region, panel, clock, i, &region->blocks[i], error) != 0)
            return error->code;
        region->result.blocks_done = i + 1;
        kept += !region->blocks[i].dropped;
        if (run_clock_blocks(region, panel, clock, i + 1, error) != 0)
            return error->code;
        if ((job->blocks_enough > 0 && kept == job->blocks_enough) ||
            (kept >= job->blocks_least && clock->now_ns(clock->context) - start_ns > job->deadline_ns))
            break;
    }
    /* A process that was cut short has all of its clock. */
    return run_clock_blocks(region, panel, clock, job->blocks, error);
}

/* On heaps of their own, as many as give each a few blocks. Of a machine that keeps changing its state few can be used:
 * then there are up to WORKER_LINEARITY_TRIES times as many, until there are as many of use as were planned. Cut as the
 * others are. */
static int run_linearity_blocks(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                                struct error *error)
{
    const struct worker_job *job = &region->job;
    const uint32_t heap_blocks = job->linearity_blocks / WORKER_LINEARITY_HEAPS + 1;
    struct measure_block *blocks = &region->blocks[job->blocks + job->clock_blocks];
    const uint64_t start_ns = clock->now_ns(clock->context);
    const uint32_t arm_count = job->arm_count - job->clock_arms;
    uint32_t useful = 0, counting[MEASURE_ARMS_MAX] = {0};
    for (uint32_t i = 0; i < WORKER_LINEARITY_TRIES * job->linearity_blocks && useful < job->linearity_blocks; i++) {
        struct measure_block *sizes = &blocks[(size_t)i * MEASURE_SIZES];
        uint8_t which[MEASURE_LINEARITY_ARMS];
        const size_t count = measure_linearity_arms(counting, arm_count, job->seed, job->process, i, which);
        if (i % heap_blocks == 0 && renew_heap(region, panel, clock, LINEARITY_EPOCH + i / heap_blocks, error) != 0)
            return error->code;
        if (!measure_linearity_run(clock, &panel->host, panel->input_base, panel->arms, which, count, job->seed,
                                   job->process, i, sizes, &region->result.phase_arm))
            return broken_promise(region, panel, error);
        const bool counts = measure_linearity_counts(sizes);
        useful += counts;
        for (size_t a = 0; a < count; a++)
            counting[which[a]] += counts;
        region->result.linearity_blocks_done = i + 1;
        if (clock->now_ns(clock->context) - start_ns > job->deadline_ns)
            break;
    }
    return 0;
}

static int measure(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                   struct error *error)
{
    struct worker_result *result = &region->result;
    const uint32_t epoch_blocks = measure_epoch_blocks(region->job.blocks, region->job.epochs);
    if (warm_up(region, panel, clock, error) != 0)
        return error->code;
    result->reading_ns = measure_reading_ns(clock, READING_TRIES);
    note_objects(region, panel, 0);
    enter(region, WORKER_MEASURING, 0);
    const struct measure_moment start = measure_both_clocks(clock);
    if ((region->job.one_after_other ? measure_one_after_other : run_effect_blocks)(region, panel, clock, epoch_blocks,
                                                                                    error) != 0)
        return error->code;
    const struct measure_moment end = measure_both_clocks(clock);
    result->ticks_per_ns = (double)(end.ticks - start.ticks) / (double)(end.ns - start.ns);
    return run_linearity_blocks(region, panel, clock, error);
}

/* ns per op of an arm: batches grow until one takes 200 us, and the fastest of six counts; of long ones fewer. */
static int pilot_arm(struct worker_region *region, struct panel *panel, const struct measure_clock *clock, uint32_t i,
                     struct error *error)
{
    const uint64_t multiple = panel->arms[i].workload->batch_multiple_ops;
    uint64_t iterations = multiple, bytes = 0, best_ns;
    while ((best_ns = run_batch(region, panel, clock, i, iterations, &bytes)) < PILOT_BATCH_NS)
        if ((iterations *= 2) > PILOT_OPS_MAX)
            return error_set(error, EXIT_USAGE, "run takes no measurable time: %" PRIu64 " ops took %" PRIu64 " ns",
                             iterations / 2, best_ns);
        else if (panel->arms[i].scrub && iterations >= PILOT_SCRUBBED_OPS * multiple)
            break;
    uint64_t spent_ns = best_ns, repeats = 0;
    const uint64_t start_ns = clock->now_ns(clock->context);
    for (; repeats < 5 && (repeats == 0 || spent_ns < PILOT_NS); repeats++) {
        const uint64_t ns = run_batch(region, panel, clock, i, iterations, &bytes);
        best_ns = ns < best_ns ? ns : best_ns;
        spent_ns += ns;
    }
    const uint64_t whole_ns = clock->now_ns(clock->context) - start_ns;
    region->result.pilot_ns_per_op[i] = (double)best_ns / (double)iterations;
    region->result.pilot_whole_ns_per_op[i] = (double)whole_ns / (double)(repeats * iterations);
    return 0;
}

/* Ops of the usual batch, as near as a pilot needs. */
static uint64_t usual_batch(const struct worker_region *region, const struct panel *panel, uint32_t i)
{
    const struct encbench_workload *workload = panel->arms[i].workload;
    const struct measure_ladder ladder = measure_ladder_of(&workload->batch_multiple_ops, &workload->batch_max_ops, 1);
    return measure_rung(&ladder, measure_batch_target_ns(region->job.threads) / region->result.pilot_ns_per_op[i]);
}

/* Time of a batch after other arms had their turn and then `ops` untimed ones of its own. Of long ops one other must
 * do. */
static uint64_t time_after(struct worker_region *region, const struct panel *panel, const struct measure_clock *clock,
                           uint32_t arm, uint64_t ops)
{
    const uint32_t arms = region->job.arm_count - region->job.clock_arms;
    const bool is_long = region->result.pilot_ns_per_op[arm] > REWARM_MOST_NS;
    uint64_t bytes = 0;
    for (uint32_t i = 1; i < (is_long && arms > 2 ? 2 : arms); i++) {
        const uint32_t other = (arm + i) % arms;
        run_batch(region, panel, clock, other, usual_batch(region, panel, other), &bytes);
    }
    if (ops > 0)
        run_batch(region, panel, clock, arm, ops, &bytes);
    return run_batch(region, panel, clock, arm, usual_batch(region, panel, arm), &bytes);
}

/*
 * How the time of a batch falls with the untimed ops before it, up to a millisecond's worth of them: medians of a few
 * rounds through all steps, so that a slow stretch of the machine touches all alike. What follows from it the driver
 * decides, over several processes.
 */
static void pilot_warming(struct worker_region *region, const struct panel *panel, const struct measure_clock *clock,
                          uint32_t arm)
{
    const uint64_t multiple = panel->arms[arm].workload->batch_multiple_ops;
    const double op_ns = region->result.pilot_ns_per_op[arm];
    const int repeats = op_ns > REWARM_MOST_NS ? 1 : REWARM_REPEATS;
    double samples[WORKER_WARM_STEPS][REWARM_REPEATS];
    uint32_t steps = 2;
    while (steps < WORKER_WARM_STEPS && (double)worker_warm_ops(steps, multiple) * op_ns <= REWARM_MOST_NS)
        steps++;
    for (int i = 0; i < repeats; i++)
        for (uint32_t step = 0; step < steps; step++)
            samples[step][i] = (double)time_after(region, panel, clock, arm, worker_warm_ops(step, multiple));
    for (uint32_t step = 0; step < steps; step++)
        region->result.pilot_warm_ns[arm][step] = stats_quantile(samples[step], (size_t)repeats, 0.5);
    region->result.pilot_warm_count[arm] = steps;
}

/* How much the planted chain and the chain differ from block to block: it decides how many blocks the clock has to
 * have. */
static int pilot_clock(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                       struct error *error)
{
    const uint32_t chain = region->job.arm_count - region->job.clock_arms;
    double extra[PILOT_CLOCK_BLOCKS];
    size_t count = 0;
    for (uint32_t i = chain; i < region->job.arm_count; i++)
        panel->arms[i].iterations = (uint64_t)fmax(1, MEASURE_CLOCK_BATCH_NS / region->result.pilot_ns_per_op[chain]);
    for (uint32_t b = 0; b < PILOT_CLOCK_BLOCKS; b++) {
        struct measure_block block;
        double ns[MEASURE_ARMS_MAX] = {0};
        if (run_clock_block(region, panel, clock, b, &block, error) != 0)
            return error->code;
        for (size_t slot = 0; slot < block.slot_count; slot++)
            ns[block.slot_arm[slot]] += (double)block.elapsed_ns[slot];
        if (!block.dropped)
            extra[count++] = ns[chain + 1] / ns[chain] - 1;
    }
    region->result.pilot_clock_sd = stats_pairwise_standard_deviation(extra, count) / stats_quantile(extra, count, 0.5);
    return 0;
}

static int pilot(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                 struct error *error)
{
    enter(region, WORKER_MEASURING, 0);
    region->result.reading_ns = measure_reading_ns(clock, READING_TRIES);
    for (uint32_t i = 0; i < region->job.arm_count; i++)
        if (pilot_arm(region, panel, clock, i, error) != 0)
            return error->code;
    for (uint32_t i = 0; i < region->job.arm_count - region->job.clock_arms && !panel->arms[i].scrub; i++)
        pilot_warming(region, panel, clock, i);
    if (region->job.clock_arms > 1 && pilot_clock(region, panel, clock, error) != 0)
        return error->code;
    const uint64_t start_ns = clock->now_ns(clock->context);
    tear_down_arms(region, panel);
    if (set_up_arms(region, panel, 1, error) != 0)
        return error->code;
    region->result.pilot_heap_ns = (double)(clock->now_ns(clock->context) - start_ns);
    return 0;
}

static int compare_addresses(const void *a, const void *b)
{
    const uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}

/* What the allocator really hands out for a structure: the commonest distance of neighbouring blocks, bookkeeping
 * included. Works for any allocator, because it asks none. */
static uint64_t structure_heap_bytes(uint32_t structure_bytes)
{
    static void *blocks[STRUCTURES_PROBED];
    static uintptr_t addresses[STRUCTURES_PROBED];
    if (structure_bytes == 0)
        return 0;
    for (size_t i = 0; i < STRUCTURES_PROBED; i++)
        addresses[i] = (uintptr_t)(blocks[i] = malloc(structure_bytes));
    qsort(addresses, STRUCTURES_PROBED, sizeof addresses[0], compare_addresses);
    for (size_t i = 0; i + 1 < STRUCTURES_PROBED; i++)
        addresses[i] = addresses[i + 1] - addresses[i];
    qsort(addresses, STRUCTURES_PROBED - 1, sizeof addresses[0], compare_addresses);
    size_t best = 0, best_count = 0;
    for (size_t i = 0, start = 0; i + 1 < STRUCTURES_PROBED; i++) {
        if (addresses[i] != addresses[start])
            start = i;
        if (i - start + 1 > best_count) {
            best_count = i - start + 1;
            best = i;
        }
    }
    for (size_t i = 0; i < STRUCTURES_PROBED; i++)
        free(blocks[i]);
    return addresses[best];
}

static void no_counts(struct interpose_counts *total, struct interpose_counts *this_thread)
{
    (void)this_thread;
    *total = (struct interpose_counts){0};
}

static size_t no_threads(struct interpose_counts *threads, size_t room)
{
    (void)threads;
    (void)room;
    return 0;
}

static void no_peaks(void)
{
}

static int no_requests(void)
{
    return 0;
}

static struct interposer interposer_or_none(void)
{
    const struct interposer found = find_interposer();
    return found.read ? found : (struct interposer){no_counts, no_threads, no_peaks, no_requests};
}

/* Threads that called any function that counts since `before` was read. */
static uint64_t calling_threads(const struct interposer *interposer, const struct interpose_counts *before,
                                size_t known)
{
    static struct interpose_counts now[INTERPOSE_THREADS_MAX];
    const size_t count = interposer->read_threads(now, INTERPOSE_THREADS_MAX);
    uint64_t calling = count > known ? count - known : 0;
    for (size_t i = 0; i < known && i < INTERPOSE_THREADS_MAX; i++)
        calling += memcmp(now[i].calls, before[i].calls, sizeof now[i].calls) != 0 ||
                   now[i].failed_calls != before[i].failed_calls;
    return calling;
}

/* One batch of n ops with peaks of its own; returns the threads that called. */
static uint64_t count_batch(const struct interposer *interposer, const struct measure_clock *clock,
                            const struct measure_arm *arm, uint64_t n, uint64_t *bytes, struct interpose_counts *after)
{
    static struct interpose_counts before[INTERPOSE_THREADS_MAX];
    const size_t known = interposer->read_threads(before, INTERPOSE_THREADS_MAX);
    interposer->reset_peaks();
    measure_batch(clock, arm, n, bytes);
    interposer->read(after, NULL);
    return calling_threads(interposer, before, known);
}

/* The module's own, and the one that is made from the output; the input is afterwards what it was. */
static int make_digests(struct worker_region *region, struct panel *panel, struct error *error)
{
    struct worker_digests *digests = &region->result.exact.digests;
    const struct encbench_workload *workload = panel->arms[0].workload;
    digests->has_own = workload->digest != NULL;
    digests->has_of_output = workload->output != NULL;
    if (workload->digest)
        digests->own = workload->digest(&panel->host, region->job.seed);
    if (workload->output) {
        if (set_up_arms(region, panel, 0, error) != 0)
            return error->code;
        enter(region, WORKER_MEASURING, 0);
        digests->of_output = worker_output_digest(&panel->arms[0], panel->input_base, region->job.seed);
        tear_down_arms(region, panel);
        worker_output_fill(panel->input_base, panel->input_bytes, region->job.seed, 0);
    }
    return 0;
}

/* Warms up by as many ops as are counted first; returns n. That is what the job says (0: only digests are wanted), but
 * for an op so long that 4n of them take longer than EXACT_NS: then an eighth of it, or an eighth of that. */
static uint64_t count_warm(struct worker_region *region, struct panel *panel, const struct measure_clock *clock,
                           uint64_t *bytes)
{
    const uint64_t multiple = panel->arms[0].workload->batch_multiple_ops;
    uint64_t batches = (region->job.arms[0].iterations + multiple - 1) / multiple;
    if (batches == 0)
        return 0;
    const double first_ns = (double)measure_batch(clock, &panel->arms[0], multiple, bytes);
    while (batches > 1 && 4 * (double)batches * first_ns > EXACT_NS)
        batches = batches > EXACT_FEWER ? batches / EXACT_FEWER : 1;
    if (batches > 1)
        measure_batch(clock, &panel->arms[0], (batches - 1) * multiple, bytes);
    return batches * multiple;
}

/* Allocations are counted over n and over 2n ops in a pass of its own, never while timing. */
static int exact(struct worker_region *region, struct panel *panel, struct error *error)
{
    struct worker_exact *exact = &region->result.exact;
    const struct encbench_workload *workload = panel->arms[0].workload;
    const struct measure_clock clock = measure_clock_real();
    const struct interposer interposer = interposer_or_none();
    enter(region, WORKER_MEASURING, 0);
    exact->structure_heap_bytes = structure_heap_bytes(panel->modules[0]->structure_bytes);
    if (make_digests(region, panel, error) != 0)
        return error->code;
    if (interposer.follow_requests() != 0)
        return error_out_of_memory(error);
    interposer.read(&exact->before_setup, NULL);
    if (set_up_arms(region, panel, 0, error) != 0)
        return error->code;
    uint64_t bytes = 0;
    enter(region, WORKER_MEASURING, 0);
    const uint64_t n = count_warm(region, panel, &clock, &bytes);
    interposer.read(&exact->warm, NULL);
    exact->calling_threads_n = count_batch(&interposer, &clock, &panel->arms[0], n, &bytes, &exact->after_n);
    exact->calling_threads_2n = count_batch(&interposer, &clock, &panel->arms[0], 2 * n, &bytes, &exact->after_2n);
    exact->operations = n;
    exact->process_changes = intact_changes(&panel->intact, exact->changed);
    if (bytes != 4 * n * workload->bytes_per_op)
        return error_set(error, EXIT_USAGE,
                         "run produced %" PRIu64 " bytes in %" PRIu64 " ops; expected %" PRIu64 " an op", bytes, 4 * n,
                         workload->bytes_per_op);
    enter(region, WORKER_TEARING_DOWN, 0);
    tear_down_arm(&panel->arms[0]);
    interposer.read(&exact->after_teardown, NULL);
    return 0;
}

/*
 * Whether threads at work at the same time produce what one alone does: rounds of a few ops on different inputs where
 * the op takes them, so that what threads share shows; and of every thread the output of its last op, against that of
 * one thread on the same input.
 */
static int threads(struct worker_region *region, struct panel *panel, struct error *error)
{
    const struct measure_clock clock = measure_clock_real();
    struct measure_arm *arm = &panel->arms[0];
    const struct encbench_workload *workload = arm->workload;
    struct encbench_workload still = *workload; /* whose threads do not run on: each has the output of its n ops */
    still.threads_min = 2;
    const uint64_t n = THREADS_OPS * workload->batch_multiple_ops, promised = n * workload->bytes_per_op;
    const uint64_t own = workload->digest ? workload->digest(&panel->host, region->job.seed) : 0;
    if (set_up_arms(region, panel, 0, error) != 0)
        return error->code;
    enter(region, WORKER_MEASURING, 0);
    arm->workload = &still;
    const uint64_t start_ns = clock.now_ns(clock.context);
    for (uint64_t round = 0; round < THREADS_ROUNDS && clock.now_ns(clock.context) - start_ns < THREADS_NS; round++) {
        uint64_t bytes = 0;
        measure_batch(&clock, arm, n, &bytes);
        if (bytes != promised)
            return error_set(error, EXIT_USAGE,
                             "at %" PRIu32 " threads a run of %" PRIu64 " ops produced %" PRIu64
                             " bytes; expected %" PRIu64 ": threads_max says that it can use so many",
                             region->job.threads, n, bytes, promised);
        if (!worker_output_same_at_threads(arm, region->job.threads, n))
            return error_set(error, EXIT_USAGE,
                             "at %" PRIu32 " threads a thread's output is not that of one thread on the same input: "
                             "threads_max says that it can use so many",
                             region->job.threads);
    }
    arm->workload = workload;
    tear_down_arms(region, panel);
    if (workload->digest && workload->digest(&panel->host, region->job.seed) != own)
        return error_set(error, EXIT_USAGE,
                         "after %" PRIu32 " threads ran it the digest is another one: threads_max says that it can use "
                         "so many",
                         region->job.threads);
    return 0;
}

/* Memory over many ops, in a pass of its own. */
static int heap(struct worker_region *region, struct panel *panel, struct error *error)
{
    const struct measure_clock clock = measure_clock_real();
    struct heap_pass *pass = &region->result.heap;
    const uint64_t limit = region->job.arms[0].iterations;
    pass->interposed = find_interposer().read != NULL;
    if (set_up_arms(region, panel, 0, error) != 0)
        return error->code;
    enter(region, WORKER_MEASURING, 0);
    if (!heap_pass_run(pass, &clock, &panel->arms[0], interposer_or_none().read, limit,
                       limit * HEAP_PATIENCE_NS_PER_OP))
        return error_set(error, EXIT_USAGE, "run did not produce n x %" PRIu64 " bytes as promised",
                         panel->arms[0].workload->bytes_per_op);
    tear_down_arms(region, panel);
    return 0;
}

/* What a workload counts itself. */
static int metrics(struct worker_region *region, struct panel *panel, struct error *error)
{
    const struct encbench_workload *workload = panel->arms[0].workload;
    struct encbench_metric found[ENCBENCH_METRICS_MAX];
    enter(region, WORKER_MEASURING, 0);
    const size_t count = workload->metrics ? workload->metrics(&panel->host, region->job.seed, found) : 0;
    if (count > ENCBENCH_METRICS_MAX)
        return error_set(error, EXIT_USAGE, "metrics filled %zu figures; at most %d are allowed", count,
                         ENCBENCH_METRICS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!names_is_legal(found[i].name) || !isfinite(found[i].value))
            return error_set(error, EXIT_USAGE, "metric %zu has no legal name or no finite value", i);
        if (names_metric_is_reserved(found[i].name))
            return error_set(error, EXIT_USAGE, "metric %s is one that the harness fills; choose another name",
                             found[i].name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(found[i].name, found[j].name) == 0)
                return error_set(error, EXIT_USAGE, "metric %s is there twice", found[i].name);
        snprintf(region->result.metrics[i].name, ENCBENCH_NAME_BYTES, "%s", found[i].name);
        region->result.metrics[i].value = found[i].value;
    }
    region->result.metric_count = (uint32_t)count;
    return 0;
}

/* What an allocator hands out for a structure, and which one that was. */
static int structure(struct worker_region *region)
{
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, "malloc");
    enter(region, WORKER_MEASURING, 0);
    if (symbol && dladdr(symbol, &info) != 0)
        snprintf(region->result.allocator, sizeof region->result.allocator, "%s", info.dli_fname);
    region->result.exact.structure_heap_bytes = structure_heap_bytes(region->job.structure_bytes);
    return 0;
}

static void pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set); /* refused in some containers; a change of CPU then drops the block */
}

static int work(struct worker_region *region, struct error *error)
{
    static struct panel panel;
    const struct measure_clock clock = measure_clock_real();
    pin(region->job.cpu);
    if (region->job.mode == WORKER_STRUCTURE)
        return structure(region);
    if (region->job.interposer[0])
        explain_interposer(region->job.interposer, region->result.not_counted, sizeof region->result.not_counted);
    intact_take(&panel.intact);
    if (check_preloads(&region->job, error) != 0 || load_arms(region, &panel, error) != 0 ||
        make_host(region, &panel, error) != 0)
        return error->code;
    if (region->job.mode == WORKER_EXACT)
        return exact(region, &panel, error);
    if (region->job.mode == WORKER_METRICS)
        return metrics(region, &panel, error);
    if (region->job.mode == WORKER_HEAP)
        return heap(region, &panel, error);
    if (region->job.mode == WORKER_THREADS)
        return threads(region, &panel, error);
    if (region->job.mode == WORKER_STEP) {
        worker_step_fixed_heap();
        if (set_up_arms(region, &panel, 0, error) != 0)
            return error->code;
        enter(region, WORKER_MEASURING, 0);
        worker_step(region, &panel.arms[0]);
        tear_down_arms(region, &panel);
        return 0;
    }
    if (region->job.mode == WORKER_OPTIMISER) {
        if (set_up_arms(region, &panel, 0, error) != 0)
            return error->code;
        enter(region, WORKER_MEASURING, 0);
        worker_optimiser(region, &panel.arms[0], panel.input_base);
        tear_down_arms(region, &panel);
        return 0;
    }
    if (region->job.mode == WORKER_COUNT) {
        if (set_up_arms(region, &panel, 0, error) != 0)
            return error->code;
        enter(region, WORKER_MEASURING, 0);
        worker_counters(region, &panel.arms[0]);
        tear_down_arms(region, &panel);
        return 0;
    }
    region->result.clock_step_ns = measure_clock_step_ns(&clock, 20000);
    if (set_up_arms(region, &panel, 0, error) != 0)
        return error->code;
    if ((region->job.mode == WORKER_PILOT ? pilot : measure)(region, &panel, &clock, error) != 0)
        return error->code;
    tear_down_arms(region, &panel);
    measure_crew_dismiss(panel.crew);
    return 0;
}

static int work_in_region(void)
{
    struct stat status;
    struct error error = {0};
    if (fstat(WORKER_REGION_FD, &status) != 0 || (size_t)status.st_size < sizeof(struct worker_region)) {
        fprintf(stderr, "encbench-worker: is started by encbench; by hand: encbench-worker describe FILE [DATA], "
                        "or encbench-worker replay FILE\n");
        return EXIT_USAGE;
    }
    struct worker_region *region =
        mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, WORKER_REGION_FD, 0);
    if (region == MAP_FAILED || region->job.protocol != WORKER_PROTOCOL ||
        region->job.region_bytes != sizeof(struct worker_region)) {
        fprintf(stderr, "encbench-worker: belongs to another build of encbench; build again\n");
        return EXIT_USAGE;
    }
    if (work(region, &error) != 0) {
        region->result.failed = error.code;
        memcpy(region->result.message, error.message, sizeof region->result.message);
        return error.code;
    }
    enter(region, WORKER_DONE, 0);
    return 0;
}

static uint32_t functions_of(const struct encbench_workload *workload)
{
    return (workload->digest ? MODULE_DIGEST : 0u) | (workload->output ? MODULE_OUTPUT : 0u) |
           (workload->run_latency ? MODULE_LATENCY : 0u) | (workload->objects ? MODULE_OBJECTS : 0u);
}

/* One line a fact, tab-separated; read by module_set.c, which hands on a descriptor for it: on standard output a module
 * may print. By hand there is none. */
static int describe(const char *file, const char *data_directory)
{
    FILE *out = fdopen(PROCESS_PASSED_FD, "w");
    if (out == NULL)
        out = stdout;
    struct error error = {0};
    const struct encbench_module *module;
    uint32_t arm = 0;
    if (module_open(file, &module, &error) != 0 || module_describe(file, module, data_directory, &error) != 0 ||
        worker_bindings_check(&(struct worker_bindings){file, module->variant, module->variant, ""}, 1, &arm, &error) !=
            0) {
        fprintf(out, "error\t%s\n", error.message);
        fflush(out);
        return error.code;
    }
    fprintf(out, "variant\t%s\n", module->variant);
    for (uint32_t i = 0; i < module->axis_count; i++)
        fprintf(out, "axis\t%s\t%s\n", module->axes[i].name, module->axes[i].level);
    fprintf(out, "structure\t%s\t%" PRIu32 "\n", module->structure ? module->structure : "-", module->structure_bytes);
    for (uint32_t i = 0; i < module->field_count; i++)
        fprintf(out, "field\t%s\t%" PRIu32 "\t%" PRIu32 "\n", module->fields[i].name, module->fields[i].offset_bytes,
                module->fields[i].size_bytes);
    for (uint32_t i = 0; i < module->workload_count; i++) {
        const struct encbench_workload *w = &module->workloads[i];
        fprintf(out,
                "workload\t%s\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
                "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\n",
                w->name, w->short_name, w->op, w->input_bytes, w->bytes_per_op, w->batch_max_ops, w->batch_multiple_ops,
                w->rewarm_ops, w->planted_cycles_per_op, w->threads_max, w->flags, module->abi_version, w->threads_min,
                functions_of(w));
        char reason[256] = "";
        if (w->lacks && w->lacks(reason, sizeof reason) != 0) {
            for (char *at = reason; *at; at++)
                if ((unsigned char)*at < 0x20 || *at == 0x7f)
                    *at = ' ';
            fprintf(out, "lacks\t%s\n", reason[0] ? reason : "this machine lacks what it needs");
        }
    }
    fprintf(out, "end\n");
    return fflush(out) == 0 ? 0 : EXIT_USAGE;
}

/* A job in a region of its own, as the driver would start it; what came of it on standard error. A crash ends this
 * process as it ended the first, for a debugger to see. */
static int replay(char **arguments)
{
    struct error error = {0};
    struct worker_region *region = worker_replay_region(arguments, &error);
    if (region == NULL) {
        fprintf(stderr, "encbench-worker: %s\n", error.message);
        return error.code;
    }
    const int code = work_in_region();
    if (code != 0)
        fprintf(stderr, "encbench-worker: %s\n", region->result.message);
    else
        fprintf(stderr, "encbench-worker: ended well this time\n");
    return code;
}

int main(int argc, char **argv)
{
    process_begin();
    if ((argc == 3 || argc == 4) && strcmp(argv[1], "describe") == 0)
        return describe(argv[2], argc == 4 ? argv[3] : "");
    if (argc == 3 && strcmp(argv[1], "replay") == 0)
        return replay(argv);
    return work_in_region();
}
