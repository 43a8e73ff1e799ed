#include "launch/launch.h"

#include "base/environment.h"
#include "base/hash.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/scratch.h"
#include "launch/kept_job.h"
#include "machine/machine.h"
#include "summary/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const phase_words[] = {
    [WORKER_STARTING] = "starting",     [WORKER_LOADING] = "loading a module", [WORKER_SETTING_UP] = "setting up",
    [WORKER_WARMING_UP] = "warming up", [WORKER_MEASURING] = "measuring",      [WORKER_TEARING_DOWN] = "tearing down",
};

enum { WORKER_PATIENCE_S = 30, SAY_WAITING_S = 10 };

void launch_init(struct launch *launch, const struct paths *paths, const char *scratch,
                 const struct module_set *modules)
{
    *launch = (struct launch){.paths = paths,
                              .scratch = scratch,
                              .modules = modules,
                              .cpu = machine_last_cpu(),
                              .parallel = machine_cpu_count()};
}

struct launch launch_beside(const struct launch *launch, unsigned number)
{
    struct launch beside = *launch;
    beside.cpu = machine_cpu_after(launch->cpu, number);
    return beside;
}

void launch_free(struct launch *launch)
{
    *launch = (struct launch){0};
}

/* ---- layouts ---- */

/* Which process of which cell, for modules that come with layouts of their own. */
struct turn {
    uint64_t cell, number;
};

/* The words name the file; its number keeps names apart that are alike as far as there is room. */
static int take_layout(const struct plan_cell *cell, size_t arm, struct turn turn, uint64_t seed,
                       struct launch_layouts *layouts, struct error *error)
{
    const struct module_info *module = cell->arms[arm].module;
    const size_t choice = plan_layout_choice(seed, turn.cell, cell, arm, turn.number);
    char name[40];
    layouts->given[arm] = module->layouts[choice];
    csv_clean(name, sizeof name, strrchr(module->layouts[choice], '/') + 1);
    snprintf(layouts->text[arm], LAYOUT_TEXT_BYTES, "file=%zu:%s", choice + 1, name);
    return paths_copy_file(module->layouts[choice], layouts->files[arm], error);
}

/* Where an arm finds its shared objects. */
static const char *shared_directory_of(const struct launch_layouts *layouts, const struct module_info *module)
{
    return layouts->shared_directory[0] ? layouts->shared_directory : module->shared_directory;
}

/* Files of one process; the links still to do are added to `links`. */
static int plan_layouts(const struct launch *launch, const struct plan_cell *cell, struct turn turn, uint64_t process,
                        uint64_t seed, struct launch_layouts *layouts, struct layout_link *links, size_t *link_count,
                        struct error *error)
{
    layouts->count = cell->arm_count;
    for (size_t i = 0; i < cell->arm_count && error->code == 0; i++) {
        const struct plan_arm *arm = &cell->arms[i];
        const size_t owner = i < cell->first_shared ? i : cell->first_shared;
        const uint64_t layout_seed = plan_layout_seed(seed, process, owner);
        snprintf(layouts->files[i], PATH_MAX, "%.3900s/process-%" PRIu64 "-arm-%zu.so", launch->scratch, process,
                 owner);
        layouts->words[i] = layouts->text[i];
        layouts->given[i] = arm->module->file;
        if (arm->module->layout_count > 0) {
            take_layout(cell, i, turn, seed, layouts, error);
            continue;
        }
        if (arm->module->single_layout) {
            snprintf(layouts->text[i], LAYOUT_TEXT_BYTES, "single");
            /* It cannot be laid out afresh; a copy at least gives every arm data of its own. */
            paths_copy_file(arm->module->described_file, layouts->files[i], error);
            continue;
        }
        layout_describe(layout_seed, layouts->text[i]);
        if (owner == i)
            links[(*link_count)++] = (struct layout_link){&arm->module->object,
                                                          layout_seed,
                                                          layouts->files[i],
                                                          arm->module->shared,
                                                          shared_directory_of(layouts, arm->module),
                                                          NULL};
    }
    return error->code;
}

/* Of two builds that are compared, and of what is planted in one. */
enum { FRESH_SHARED_MAX = 3 * MODULE_SHARED_MAX };

/* The shared objects of a round, each once. */
struct fresh_shared {
    struct layout_object objects[FRESH_SHARED_MAX];
    char outputs[FRESH_SHARED_MAX][PATH_MAX];
    struct layout_link links[FRESH_SHARED_MAX];
    size_t count;
};

bool launch_shared_object(const char *shared, char *object)
{
    const size_t stem = strlen(shared) - strlen(".so");
    snprintf(object, PATH_MAX, "%.*s.o", (int)stem, shared);
    return access(object, R_OK) == 0;
}

/* By the name, so that it does not depend on which cells are still measured. */
static uint64_t shared_seed(const char *name, uint64_t seed, uint64_t round)
{
    return plan_layout_seed(hash_text(seed ^ HASH_START, name), round, MEASURE_ARMS_MAX);
}

/* One without an object file is found at its old place: it keeps its layout. */
static int add_shared(struct fresh_shared *fresh, const char *directory, const char *shared, uint64_t seed,
                      uint64_t round, struct error *error)
{
    char object[PATH_MAX], output[PATH_MAX];
    const char *name = strrchr(shared, '/') + 1;
    if (paths_join(output, directory, name, error) != 0)
        return error->code;
    for (size_t i = 0; i < fresh->count; i++)
        if (strcmp(fresh->outputs[i], output) == 0)
            return 0;
    if (!launch_shared_object(shared, object))
        return symlink(shared, output) == 0 || errno == EEXIST
                   ? 0
                   : error_set(error, EXIT_USAGE, "%s: %s", output, strerror(errno));
    if (fresh->count == FRESH_SHARED_MAX)
        return error_set(error, EXIT_USAGE, "%s: more than %d shared objects in one round", shared, FRESH_SHARED_MAX);
    struct layout_object *to = &fresh->objects[fresh->count];
    if (layout_object_read(object, to, error) != 0)
        return error->code;
    unlink(output); /* of the other build, which has it without an object file */
    strcpy(fresh->outputs[fresh->count], output);
    fresh->links[fresh->count] = (struct layout_link){.object = to,
                                                      .seed = shared_seed(name, seed, round),
                                                      .output = fresh->outputs[fresh->count],
                                                      .shared_name = strrchr(fresh->outputs[fresh->count], '/') + 1};
    fresh->count++;
    return 0;
}

static int link_shared(const struct launch *launch, const struct plan *plan, const uint32_t *order, size_t count,
                       uint64_t round, uint64_t seed, const char *directory, struct error *error)
{
    char log[PATH_MAX];
    struct fresh_shared *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        return error_out_of_memory(error);
    if (mkdir(directory, 0700) != 0)
        error_set(error, EXIT_USAGE, "%s: %s", directory, strerror(errno));
    for (size_t i = 0; i < count; i++)
        for (size_t a = 0; a < plan->cells[order[i]].arm_count; a++) {
            const char *const *shared = plan->cells[order[i]].arms[a].module->shared;
            for (size_t s = 0; shared && shared[s] && error->code == 0; s++)
                add_shared(fresh, directory, shared[s], seed, round, error);
        }
    if (error->code == 0 && paths_join(log, launch->scratch, "link.log", error) == 0)
        layout_link_all(fresh->links, fresh->count, log, machine_cpu_count(), error);
    for (size_t i = 0; i < fresh->count; i++)
        layout_object_free(&fresh->objects[i]);
    free(fresh);
    return error->code;
}

static int link_planned(const struct launch *launch, const struct layout_link *links, size_t link_count,
                        struct error *error)
{
    char log[PATH_MAX];
    snprintf(log, sizeof log, "%.3900s/link.log", launch->scratch);
    return layout_link_all(links, link_count, log, machine_cpu_count(), error);
}

int launch_link_all(const struct launch *launch, const struct plan_cell *cell, uint64_t first, size_t count,
                    uint64_t seed, struct launch_layouts *layouts, struct error *error)
{
    struct layout_link *links = calloc(count * MEASURE_ARMS_MAX + 1, sizeof *links);
    size_t link_count = 0;
    if (links == NULL)
        return error_out_of_memory(error);
    for (size_t i = 0; i < count && error->code == 0; i++)
        plan_layouts(launch, cell, (struct turn){0, first + i}, first + i, seed, &layouts[i], links, &link_count,
                     error);
    if (error->code == 0)
        link_planned(launch, links, link_count, error);
    free(links);
    return error->code;
}

int launch_link_round(const struct launch *launch, const struct plan *plan, const uint32_t *order, size_t count,
                      uint64_t round, uint64_t seed, struct launch_layouts *layouts, struct error *error)
{
    struct layout_link *links = calloc(count * MEASURE_ARMS_MAX + 1, sizeof *links);
    size_t link_count = 0;
    char directory[PATH_MAX] = "";
    if (links == NULL)
        return error_out_of_memory(error);
    if (launch->fresh_shared) {
        snprintf(directory, sizeof directory, "%.3900s/shared-%" PRIu64, launch->scratch, round);
        link_shared(launch, plan, order, count, round, seed, directory, error);
    }
    for (size_t i = 0; i < count && error->code == 0; i++) {
        strcpy(layouts[i].shared_directory, directory);
        plan_layouts(launch, &plan->cells[order[i]], (struct turn){order[i], round},
                     plan_process_number(plan, round, order[i]), seed, &layouts[i], links, &link_count, error);
    }
    if (error->code == 0)
        link_planned(launch, links, link_count, error);
    free(links);
    return error->code;
}

void launch_unlink_round(struct launch_layouts *layouts, size_t count)
{
    char script[PATH_MAX + 4];
    for (size_t i = 0; i < count; i++)
        for (size_t a = 0; a < layouts[i].count; a++) {
            snprintf(script, sizeof script, "%s.ld", layouts[i].files[a]);
            unlink(layouts[i].files[a]);
            unlink(script);
        }
    if (count > 0)
        scratch_remove(layouts[0].shared_directory);
}

/* ---- workers ---- */

/* A job in memory shared with the worker, with room for its blocks. */
static struct worker_region *make_region(const struct worker_job *job, size_t *bytes, int *fd, struct error *error)
{
    *bytes = worker_region_bytes(job);
    *fd = memfd_create("encbench-region", MFD_CLOEXEC);
    struct worker_region *region = MAP_FAILED;
    if (*fd >= 0 && ftruncate(*fd, (off_t)*bytes) == 0)
        region = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (region != MAP_FAILED) {
        region->job = *job;
        return region;
    }
    error_set(error, EXIT_USAGE, "shared memory of %zu bytes cannot be had: %s%s", *bytes, strerror(errno),
              errno == EFBIG ? "; raise ulimit -f" : "");
    if (*fd >= 0)
        close(*fd);
    return NULL;
}

static void fill_job(const struct launch *launch, struct worker_job *job, enum worker_mode mode, uint64_t process,
                     uint64_t seed)
{
    memset(job, 0, sizeof *job);
    job->protocol = WORKER_PROTOCOL;
    job->region_bytes = sizeof(struct worker_region);
    job->mode = mode;
    job->cpu = launch->cpu;
    job->seed = seed;
    job->process = process;
    snprintf(job->data_directory, sizeof job->data_directory, "%s", launch->paths->data);
}

/* On CPUs of their own where there are as many. */
static void fill_threads(const struct launch *launch, struct worker_job *job, unsigned threads)
{
    job->threads = threads;
    job->threads_pinned = threads <= machine_cpu_count();
    for (unsigned t = 0; t < threads && t < MEASURE_THREADS_MAX; t++)
        job->cpus[t] = machine_cpu_after(launch->cpu, t);
}

static void fill_arms(struct worker_job *job, const struct plan_cell *cell, const struct launch_layouts *layouts)
{
    job->arm_count = (uint32_t)cell->arm_count;
    job->clock_arms = 0;
    for (size_t i = 0; i < cell->arm_count; i++) {
        struct worker_arm *arm = &job->arms[i];
        snprintf(arm->file, sizeof arm->file, "%s", layouts->files[i]);
        snprintf(arm->workload, sizeof arm->workload, "%s", cell->arms[i].workload->base_name);
        snprintf(arm->variant, sizeof arm->variant, "%s", cell->arms[i].module->own_name);
        arm->planted_cycles_per_op = cell->arms[i].workload->planted_cycles_per_op;
        const bool is_clock = cell->arms[i].role == PLAN_CLOCK;
        arm->state = cell->arms[i].workload->state;
        arm->alone = is_clock;
        arm->round_ops = is_clock ? 0 : arm->state == MEASURE_COLD ? 1 : cell->ladder.round_ops;
        arm->iterations = cell->arms[i].iterations;
        arm->rewarm_iterations = is_clock ? cell->arms[i].workload->rewarm_ops : cell->rewarm_iterations;
        memcpy(arm->other_iterations, cell->arms[i].other_iterations, sizeof arm->other_iterations);
        job->clock_arms += is_clock;
        if (module_info_is_linked(cell->arms[i].module))
            snprintf(arm->shared_directory, sizeof arm->shared_directory, "%s",
                     shared_directory_of(layouts, cell->arms[i].module));
    }
}

/* How a worker ended before it was done. Killed it may have been for want of memory: that is the machine's doing. */
struct worker_stop {
    bool stopped; /* by a signal to us */
    bool faulty;  /* an arm failed, or the worker crashed */
    bool crashed; /* by a signal that a fault in its code sends, and no sandbox */
};

static bool is_of_a_fault(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGABRT;
}

/* What a sandbox forbids ends in a reason and not in an error: it is nobody's fault. */
static bool may_be_forbidden(const struct worker_region *region)
{
    const enum worker_mode mode = region->job.mode;
    return mode == WORKER_STEP || mode == WORKER_COUNT || mode == WORKER_STRUCTURE ||
           (mode == WORKER_OPTIMISER && region->result.step.opening != WORKER_STEP_NOT_YET);
}

/* For whom a worker takes long, and how long it may. */
struct waiting {
    const struct worker_region *region;
    uint64_t limit_s;
};

/* Which arm it is stands in the region, where the worker writes: so it is looked up among those of the job. */
static void say_waiting(void *context, uint64_t seconds)
{
    const struct waiting *waiting = context;
    const struct worker_job *job = &waiting->region->job;
    const struct worker_result *result = &waiting->region->result;
    const struct worker_arm *arm = &job->arms[result->phase_arm < job->arm_count ? result->phase_arm : 0];
    progress_say(&(struct progress){.terminal = isatty(STDERR_FILENO), .done = 1},
                 "variant %s, workload %s: still %s after %" PRIu64 " s, at most %" PRIu64, arm->variant, arm->workload,
                 phase_words[result->phase < WORKER_DONE ? result->phase : WORKER_STARTING], seconds, waiting->limit_s);
}

/* Starts the worker on a region and says in one line what went wrong, if anything did. `preload` comes ahead of what
 * the user wants preloaded. */
static int start_worker(const struct launch *launch, struct worker_region *region, int fd, const char *preload,
                        uint64_t time_limit_s, char *wrong, size_t wrong_bytes, struct worker_stop *stop,
                        struct error *error)
{
    const char *const arguments[] = {launch->paths->worker, NULL};
    region->job.environment = *environment_asked();
    if (preload && environment_preload_first(&region->job.environment, preload, error) != 0)
        return error->code;
    struct waiting waiting = {region, time_limit_s};
    const struct process_options options = {.slow = launch->quiet ? NULL : say_waiting,
                                            .slow_context = &waiting,
                                            .slow_s = SAY_WAITING_S,
                                            .environment = &region->job.environment,
                                            .pass_fd = fd,
                                            .time_limit_s = time_limit_s,
                                            .mute = true,
                                            /* The loader's word about what is not there is ours to give. */
                                            .quiet = region->job.mode == WORKER_STRUCTURE,
                                            .own_group = true,
                                            .reproducible = region->job.mode == WORKER_STEP ||
                                                            region->job.mode == WORKER_OPTIMISER};
    struct process_end end;
    char words[128];
    wrong[0] = '\0';
    if (process_run(arguments, &options, &end, error) != 0)
        return error->code;
    *stop = (struct worker_stop){end.stopped,
                                 region->result.failed ||
                                     (region->result.phase != WORKER_DONE && !end.stopped && !end.timed_out &&
                                      end.signal != SIGKILL && end.signal != SIGTERM),
                                 is_of_a_fault(end.signal)};
    if (region->result.failed)
        snprintf(wrong, wrong_bytes, "%.400s", region->result.message);
    else if (region->result.phase != WORKER_DONE)
        snprintf(wrong, wrong_bytes, "the worker %s while %s", process_end_words(&end, words, sizeof words),
                 phase_words[region->result.phase < WORKER_DONE ? region->result.phase : WORKER_STARTING]);
    if (may_be_forbidden(region) || region->job.mode == WORKER_MEASURE) /* no error: it stands in a run directory */
        paths_make_shareable(wrong);
    paths_make_shareable(region->result.not_counted);
    paths_make_shareable(region->result.step.unavailable);
    paths_make_shareable(region->result.counters.unavailable);
    if ((stop->faulty || end.timed_out) &&
        (!may_be_forbidden(region) || (stop->crashed && region->job.mode == WORKER_COUNT)))
        kept_job_keep(&region->job, launch->paths->worker, launch->scratch);
    return 0;
}

/* One process and its result, where no blocks are wanted. `wrong`: one line, "" when it ended well. `during`: what a
 * signal to us stopped. `crashed`: see worker_stop. */
static int run_job(const struct launch *launch, const struct worker_job *job, const char *preload,
                   uint64_t time_limit_s, const char *during, struct worker_result *result, char *wrong,
                   size_t wrong_bytes, bool *crashed, struct error *error)
{
    size_t region_bytes;
    struct worker_stop stop = {0};
    int fd;
    struct worker_region *region = make_region(job, &region_bytes, &fd, error);
    if (region == NULL)
        return error->code;
    start_worker(launch, region, fd, preload, time_limit_s, wrong, wrong_bytes, &stop, error);
    *result = region->result;
    *crashed = stop.crashed;
    if (error->code == 0 && stop.stopped)
        error_set(error, EXIT_UNFIT, "stopped during the %s", during);
    munmap(region, region_bytes);
    close(fd);
    return error->code;
}

static uint64_t expected_s(const struct plan_cell *cell)
{
    return (uint64_t)(cell->block_ns * cell->blocks * 5 / 1e9) + WORKER_PATIENCE_S;
}

/* What was done of each purpose, one behind the other. */
static size_t gather_blocks(struct worker_region *region)
{
    const struct worker_job *job = &region->job;
    const struct worker_result *result = &region->result;
    const size_t done[] = {result->blocks_done, result->clock_blocks_done,
                           (size_t)result->linearity_blocks_done * MEASURE_SIZES};
    const size_t room[] = {job->blocks, job->clock_blocks,
                           (size_t)WORKER_LINEARITY_TRIES * job->linearity_blocks * MEASURE_SIZES};
    size_t from = 0, count = 0;
    for (size_t i = 0; i < sizeof done / sizeof done[0]; i++) {
        if (done[i] > room[i])
            return 0;
        memmove(&region->blocks[count], &region->blocks[from], done[i] * sizeof region->blocks[0]);
        from += room[i];
        count += done[i];
    }
    return count;
}

/* The region is the worker's to write: what is not of an arm of the cell is not taken, nor what comes after it. */
static size_t trusted_objects(const struct plan_cell *cell, struct worker_result *result)
{
    size_t count = 0;
    while (count < result->object_count && count < WORKER_PLACES_MAX && result->objects[count].arm < cell->arm_count) {
        result->objects[count].name[sizeof result->objects[count].name - 1] = '\0';
        count++;
    }
    return count;
}

int launch_measure(const struct launch *launch, const struct plan_cell *cell, uint64_t process, uint64_t seed,
                   const struct launch_layouts *layouts, struct launch_measured *measured, struct error *error)
{
    int fd;
    char wrong[512];
    struct worker_job job;
    *measured = (struct launch_measured){0};
    fill_job(launch, &job, WORKER_MEASURE, process, seed);
    fill_threads(launch, &job, cell->threads);
    fill_arms(&job, cell, layouts);
    job.blocks = cell->blocks;
    job.clock_blocks = cell->clock_blocks;
    job.linearity_blocks = cell->linearity_blocks;
    job.blocks_enough = cell->blocks_enough;
    job.blocks_least = (uint32_t)summary_blocks_least(cell->blocks);
    job.epochs = cell->epochs ? cell->epochs : PLAN_EPOCHS;
    job.one_after_other = cell->one_after_other;
    /* A slow neighbour doubles a process; what goes beyond that is cut, equally for all arms. But not before there is a
     * figure: a pilot repeats one op, whose memory malloc keeps, and an unpooled arm of 256 KiB takes twice as long
     * between others that make it fault again. */
    job.deadline_ns = (uint64_t)(2 * cell->block_ns * cell->blocks);
    struct worker_stop stop = {0};
    struct worker_region *region = make_region(&job, &measured->region_bytes, &fd, error);
    if (region == NULL)
        return error->code;
    measured->region = region;
    start_worker(launch, region, fd, NULL, expected_s(cell), wrong, sizeof wrong, &stop, error);
    close(fd);
    measured->stopped = stop.stopped;
    measured->faulty = stop.faulty;
    if (error->code != 0)
        return error->code;
    const uint32_t arm = region->result.phase_arm;
    measured->arm = arm < cell->arm_count ? arm : (uint32_t)cell->arm_count;
    if (wrong[0])
        snprintf(measured->void_reason, sizeof measured->void_reason, "%.380s (arm %.100s)", wrong,
                 arm < cell->arm_count ? cell->arms[arm].name : "not known");
    measured->blocks = region->blocks;
    measured->block_count = gather_blocks(region);
    measured->reading_ns = region->result.reading_ns;
    measured->objects = region->result.objects;
    measured->object_count = trusted_objects(cell, &region->result);
    measured->ticks_per_ns = region->result.ticks_per_ns;
    measured->thread_times = worker_thread_times(region);
    return 0;
}

void launch_measured_free(struct launch_measured *measured)
{
    if (measured->region)
        munmap(measured->region, measured->region_bytes);
    *measured = (struct launch_measured){0};
}

int launch_pilot(const struct launch *launch, const struct plan_cell *cell, uint64_t process, uint64_t seed,
                 struct worker_result *result, struct error *error)
{
    struct launch_layouts *layouts = calloc(1, sizeof *layouts);
    struct layout_link links[MEASURE_ARMS_MAX];
    size_t link_count = 0;
    char wrong[512] = "";
    bool crashed;
    struct worker_job job;
    if (layouts == NULL)
        return error_out_of_memory(error);
    if (plan_layouts(launch, cell, (struct turn){process, 0}, process, seed, layouts, links, &link_count, error) == 0 &&
        link_planned(launch, links, link_count, error) == 0) {
        fill_job(launch, &job, WORKER_PILOT, process, seed);
        fill_threads(launch, &job, cell->threads);
        fill_arms(&job, cell, layouts);
        if (run_job(launch, &job, NULL, 2 * WORKER_PATIENCE_S, "pilot", result, wrong, sizeof wrong, &crashed, error) ==
                0 &&
            wrong[0])
            error_set(error, EXIT_USAGE, "panel %s, workload %s, arm %s (%s): %s", cell->panel, cell->workload,
                      cell->arms[result->phase_arm % cell->arm_count].name,
                      layouts->given[result->phase_arm % cell->arm_count], wrong);
    }
    launch_unlink_round(layouts, 1);
    free(layouts);
    return error->code;
}

/* A pass of one module on one workload, with what `extra` says beyond that. As run_job otherwise. */
static int run_pass(const struct launch *launch, const struct worker_job *extra, const struct module_info *module,
                    const struct module_workload *workload, uint64_t operations, uint64_t seed,
                    struct worker_result *result, char *wrong, size_t wrong_bytes, bool *crashed, struct error *error)
{
    struct worker_job job;
    struct worker_arm *arm = &job.arms[0];
    fill_job(launch, &job, extra->mode, 0, seed);
    if (extra->mode == WORKER_THREADS)
        fill_threads(launch, &job, workload->threads);
    job.step_source = extra->step_source;
    job.step_every = extra->step_every;
    job.step_traps = extra->step_traps;
    job.event_count = extra->event_count;
    memcpy(job.events, extra->events, sizeof job.events);
    snprintf(job.interposer, PATH_MAX, "%s", extra->interposer);
    snprintf(job.shared_directory, PATH_MAX, "%s", module->shared_directory);
    job.arm_count = 1;
    snprintf(arm->file, PATH_MAX, "%s", module->described_file);
    snprintf(arm->workload, ENCBENCH_NAME_BYTES, "%s", workload->base_name);
    arm->state = workload->state;
    snprintf(arm->variant, ENCBENCH_NAME_BYTES, "%s", module->own_name);
    arm->planted_cycles_per_op = workload->planted_cycles_per_op;
    if (module_info_is_linked(module))
        snprintf(arm->shared_directory, PATH_MAX, "%s", module->shared_directory);
    arm->iterations = operations;
    /* Not where it is missing: the loader would say so on standard error once a worker. The worker gives the reason. */
    const bool present = extra->interposer[0] && access(extra->interposer, R_OK) == 0;
    return run_job(launch, &job, present ? extra->interposer : NULL, 4 * WORKER_PATIENCE_S, "exact passes", result,
                   wrong, wrong_bytes, crashed, error);
}

static int refuse_module(const struct module_info *module, const struct module_workload *workload, const char *wrong,
                         struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s: variant %s, workload %s: %s", module->file, module->variant,
                     workload->short_name, wrong);
}

int launch_pass(const struct launch *launch, enum worker_mode mode, const struct module_info *module,
                const struct module_workload *workload, uint64_t operations, uint64_t seed,
                struct worker_result *result, struct error *error)
{
    char wrong[512] = "";
    bool crashed;
    struct worker_job extra = {.mode = mode};
    snprintf(extra.interposer, PATH_MAX, "%s", launch->paths->interposer);
    if (run_pass(launch, &extra, module, workload, operations, seed, result, wrong, sizeof wrong, &crashed, error) ==
            0 &&
        wrong[0])
        refuse_module(module, workload, wrong, error);
    return error->code;
}

int launch_threads(const struct launch *launch, const struct module_info *module,
                   const struct module_workload *workload, uint64_t seed, struct error *error)
{
    const struct worker_job extra = {.mode = WORKER_THREADS};
    struct module_workload on_ring = *workload; /* where threads take different inputs */
    struct worker_result *result = calloc(1, sizeof *result);
    char wrong[512] = "";
    bool crashed;
    if (result == NULL)
        return error_out_of_memory(error);
    if ((workload->flags & ENCBENCH_FRESH) && workload->input_bytes > 0)
        on_ring.state = MEASURE_FRESH;
    if (run_pass(launch, &extra, module, &on_ring, 0, seed, result, wrong, sizeof wrong, &crashed, error) == 0 &&
        wrong[0])
        refuse_module(module, workload, wrong, error);
    free(result);
    return error->code;
}

/* A pass that steps, by the source in `extra`. */
static int step_by(const struct launch *launch, const struct worker_job *extra, const struct module_info *module,
                   const struct module_workload *workload, uint64_t operations, uint64_t seed,
                   struct worker_result *result, bool *crashed, struct error *error)
{
    char wrong[512] = "";
    if (run_pass(launch, extra, module, workload, operations, seed, result, wrong, sizeof wrong, crashed, error) == 0 &&
        wrong[0])
        snprintf(result->step.unavailable, sizeof result->step.unavailable, "%.500s", wrong);
    return error->code;
}

/* What crashes by the trap flag and without it crashes by itself. */
static int step_any(const struct launch *launch, struct worker_job *extra, enum launch_step how,
                    const struct module_info *module, const struct module_workload *workload, uint64_t operations,
                    uint64_t seed, struct worker_result *result, struct error *error)
{
    struct worker_step *step = &result->step;
    char first[sizeof step->unavailable], second[sizeof step->unavailable];
    bool crashed, crashed_again;
    extra->step_source = how == LAUNCH_STEP_PTRACE ? STEP_PTRACE : STEP_TRAP_FLAG;
    extra->step_every = how == LAUNCH_STEP_EVERY;
    if (step_by(launch, extra, module, workload, operations, seed, result, &crashed, error) != 0 ||
        how != LAUNCH_STEP_ANY || step->unavailable[0] == '\0' || step->opening != WORKER_STEP_BEGUN)
        return error->code;
    snprintf(first, sizeof first, "%s", step->unavailable);
    extra->step_source = STEP_PTRACE;
    if (step_by(launch, extra, module, workload, operations, seed, result, &crashed_again, error) != 0 ||
        step->unavailable[0] == '\0')
        return error->code;
    snprintf(second, sizeof second, "%s", step->unavailable);
    snprintf(step->unavailable, sizeof step->unavailable, "trap flag: %.240s; ptrace: %.240s", first, second);
    return crashed && crashed_again ? refuse_module(module, workload, step->unavailable, error) : 0;
}

int launch_step(const struct launch *launch, const struct module_info *module, const struct module_workload *workload,
                uint64_t operations, enum launch_step how, uint64_t seed, struct worker_result *result,
                struct error *error)
{
    struct worker_job extra = {.mode = WORKER_STEP};
    return step_any(launch, &extra, how, module, workload, operations, seed, result, error);
}

int launch_optimiser(const struct launch *launch, const struct module_info *module,
                     const struct module_workload *workload, uint64_t traps, enum launch_step how, uint64_t seed,
                     struct worker_result *result, struct error *error)
{
    struct worker_job extra = {.mode = WORKER_OPTIMISER, .step_traps = traps};
    if (step_any(launch, &extra, how, module, workload, 0, seed, result, error) == 0 && result->step.unavailable[0] &&
        result->step.opening == WORKER_STEP_NOT_YET)
        refuse_module(module, workload, result->step.unavailable, error);
    return error->code;
}

int launch_count(const struct launch *launch, const struct module_info *module, const struct module_workload *workload,
                 const struct counter_event *events, size_t event_count, uint64_t seed, struct worker_result *result,
                 struct error *error)
{
    char wrong[512] = "";
    bool crashed;
    struct worker_job extra = {.mode = WORKER_COUNT, .event_count = (uint32_t)event_count};
    memcpy(extra.events, events, event_count * sizeof *events);
    if (run_pass(launch, &extra, module, workload, 0, seed, result, wrong, sizeof wrong, &crashed, error) == 0 &&
        wrong[0] && crashed)
        refuse_module(module, workload, wrong, error);
    else if (wrong[0])
        snprintf(result->counters.unavailable, sizeof result->counters.unavailable, "%.250s", wrong);
    return error->code;
}

int launch_structure(const struct launch *launch, const char *preload, uint32_t structure_bytes,
                     struct worker_result *result, char *wrong, size_t wrong_bytes, struct error *error)
{
    struct worker_job job;
    bool crashed;
    fill_job(launch, &job, WORKER_STRUCTURE, 0, 0);
    job.structure_bytes = structure_bytes;
    return run_job(launch, &job, preload, WORKER_PATIENCE_S, "exact passes", result, wrong, wrong_bytes, &crashed,
                   error);
}
