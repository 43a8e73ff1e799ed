#include "gate/time_internal.h"

#include "base/hash.h"
#include "base/process.h"
#include "base/progress.h"
#include "base/words.h"
#include "count/identical.h"
#include "gate/exact.h"
#include "kernels/kernels.h"
#include "plan/panels.h"
#include "schema.h"
#include "summary/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HASH_DIGITS_MIN = 8, LOOK_PROCESSES = 4 };
/* Rounds of the second pass have numbers of their own, so its layouts and heaps are fresh. */
#define PASS_ROUNDS (1ull << 20)

/* What the processes of a pass gave for one row. */
struct samples {
    double *log_ratio, *base_ns, *head_ns, *cycle_ns;
    size_t count;
};

/* What the rounds of a pass need; one a cell. */
struct rounds {
    uint32_t *order;
    struct launch_layouts *layouts;
    double (*positions)[MEASURE_ARMS_MAX]; /* sums over processes */
};

struct gate_run {
    struct gate_time *lane;
    const struct gate_time_options *options;
    unsigned processes;
    const struct module_info *chain;
    struct launch launch;
    struct progress progress;
    struct samples *samples; /* one a row */
    double *chain_ratio;     /* one a process that is not void */
    size_t chain_count, chain_room;
    double position_spread;
    char first_void[512];
};

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- shared objects ---- */

bool gate_time_name_has_hash(const char *file)
{
    const char *slash = strrchr(file, '/'), *dash = strrchr(slash ? slash : file, '-');
    if (dash == NULL)
        return false;
    const size_t digits = strspn(dash + 1, "0123456789abcdef");
    return digits >= HASH_DIGITS_MIN && strcmp(dash + 1 + digits, ".so") == 0;
}

static const char *base_name(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash ? slash + 1 : file;
}

static bool same_file(const char *a, const char *b)
{
    char of_a[HASH_SHA256_BYTES], of_b[HASH_SHA256_BYTES];
    return hash_file(a, of_a) && hash_file(b, of_b) && strcmp(of_a, of_b) == 0;
}

/* The digits in the name of a shared object are the first of its object file's hash, where that lies beside it: another
 * one would be laid out afresh in its stead. */
static int check_object(const char *shared, struct error *error)
{
    char object[PATH_MAX], digits[HASH_SHA256_BYTES];
    const char *named = strrchr(shared, '-') + 1;
    if (!launch_shared_object(shared, object) ||
        (hash_file(object, digits) && strncmp(named, digits, strspn(named, "0123456789abcdef")) == 0))
        return 0;
    return error_set(error, EXIT_USAGE,
                     "%s: its SHA-256 does not begin as %s is named; expected the object file that this was linked "
                     "from; build again",
                     object, base_name(shared));
}

/* The loader knows shared objects by their names alone: two builds under one would be one, whichever was loaded first.
 */
static int check_shared(const char *const *a, const char *const *b, struct error *error)
{
    for (size_t i = 0; a[i]; i++) {
        if (!gate_time_name_has_hash(a[i]))
            return error_set(
                error, EXIT_USAGE,
                "%s: a shared object without a hash of its content in its name; expected NAME-HASH.so: two "
                "builds of one name cannot be told apart in one process",
                a[i]);
        for (size_t j = 0; b[j]; j++)
            if (strcmp(base_name(a[i]), base_name(b[j])) == 0 && !same_file(a[i], b[j]))
                return error_set(error, EXIT_USAGE, "%s and %s differ under one name; build both again", a[i], b[j]);
        if (check_object(a[i], error) != 0)
            return error->code;
    }
    return 0;
}

/* The same names, and by check_shared the same bytes. */
static bool same_shared(const char *const *a, const char *const *b)
{
    size_t i = 0;
    for (; a[i] && b[i]; i++)
        if (strcmp(base_name(a[i]), base_name(b[i])) != 0)
            return false;
    return a[i] == NULL && b[i] == NULL;
}

static void find_one_layout(const char *const *a, const char *const *b, struct gate_time *lane)
{
    char object[PATH_MAX];
    for (size_t i = 0; a[i] && lane->one_layout[0] == '\0'; i++) {
        bool common = false;
        for (size_t j = 0; b[j] && !common; j++)
            common = strcmp(base_name(a[i]), base_name(b[j])) == 0;
        if (!common && !launch_shared_object(a[i], object))
            snprintf(lane->one_layout, sizeof lane->one_layout, "%s", base_name(a[i]));
    }
}

/* ---- pairs ---- */

static bool is_named(const char *const *names, const char *name)
{
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return names == NULL;
}

/* Some variants are controls that are timed only when somebody asks for them: no panel has them. */
static bool in_panels(const struct csv_data *panels, const char *variant)
{
    for (size_t row = 0; row < panels->row_count; row++)
        if (panels_effort(csv_text(panels, row, SCHEMA_panels_effort)) != PROFILE_DEEP &&
            (words_has(csv_text(panels, row, SCHEMA_panels_baseline), variant) ||
             words_has(csv_text(panels, row, SCHEMA_panels_contender), variant)))
            return true;
    return false;
}

/* Only thorough measures it, or who names it. */
static bool is_deep(const struct csv_data *panels, const char *workload)
{
    bool deep = false;
    for (size_t row = 0; row < panels->row_count; row++)
        if (words_match(csv_text(panels, row, SCHEMA_panels_workloads), workload)) {
            if (panels_effort(csv_text(panels, row, SCHEMA_panels_effort)) != PROFILE_DEEP)
                return false;
            deep = true;
        }
    return deep;
}

static struct gate_time_row *add_row(struct gate_time *lane, struct error *error)
{
    struct gate_time_row *larger = realloc(lane->rows, (lane->row_count + 1) * sizeof *larger);
    if (larger == NULL) {
        error_out_of_memory(error);
        return NULL;
    }
    lane->rows = larger;
    larger[lane->row_count] = (struct gate_time_row){.status = GATE_TIME_JUDGED};
    return &larger[lane->row_count++];
}

static void not_comparable(struct gate_time_row *row, const char *what, const char *base, const char *head)
{
    row->status = GATE_TIME_NOT_COMPARABLE;
    snprintf(row->reason, sizeof row->reason, "%s: %.200s in base and %.200s in head", what, base, head);
}

/* What can be said of a pair without running it. */
static void look_at_pair(const struct gate_time_options *options, struct gate_time_row *row)
{
    const struct module_workload *base = row->base_workload, *head = row->head_workload;
    char base_bytes[32], head_bytes[32], difference[256];
    snprintf(base_bytes, sizeof base_bytes, "%" PRIu64, base->bytes_per_op);
    snprintf(head_bytes, sizeof head_bytes, "%" PRIu64, head->bytes_per_op);
    if (!(head->flags & ENCBENCH_TIMED))
        not_comparable(row, "timing", "there is one", "none");
    else if (row->base->single_layout || row->head->single_layout)
        not_comparable(row, "layouts", row->base->single_layout ? "one" : "many",
                       row->head->single_layout ? "one" : "many");
    else if (strcmp(base->name, head->name) != 0)
        not_comparable(row, "other parameters", base->name, head->name);
    else if (base->bytes_per_op != head->bytes_per_op)
        not_comparable(row, "bytes per op", base_bytes, head_bytes);
    else if (!options->time_identical && same_shared(row->base->shared, row->head->shared) &&
             identical_modules(row->base, row->head, head->short_name, difference, sizeof difference) == IDENTICAL_YES)
        row->status = GATE_TIME_IDENTICAL;
}

static int add_pairs_of(struct gate_time *lane, const struct gate_time_options *options, const struct csv_data *panels,
                        const struct module_info *head, struct error *error)
{
    const struct module_info *base = module_set_find(options->base, head->variant, false);
    for (size_t w = 0; base && w < head->workload_count && error->code == 0; w++) {
        const struct module_workload *ours = &head->workloads[w],
                                     *theirs = module_info_workload(base, ours->short_name);
        if (theirs == NULL || !(theirs->flags & ENCBENCH_TIMED) ||
            !module_workload_selected(options->workloads, ours) ||
            (options->workloads == NULL && is_deep(panels, ours->short_name)))
            continue;
        if (module_threads_needed(ours) > 1 || module_threads_needed(theirs) > 1)
            continue; /* the lane has one thread, with which a hand-off is another op or waits for ever */
        struct gate_time_row *row = add_row(lane, error);
        if (row == NULL)
            break;
        row->base = base;
        row->head = head;
        row->base_workload = theirs;
        row->head_workload = ours;
        look_at_pair(options, row);
    }
    return error->code;
}

static int check_selection(const struct gate_time_options *options, struct error *error)
{
    for (size_t i = 0; options->variants && options->variants[i]; i++)
        if (!module_set_find(options->base, options->variants[i], false) &&
            !module_set_find(options->head, options->variants[i], false))
            return error_set(error, EXIT_USAGE, "--variants %s: neither build has it; `encbench list` names all",
                             options->variants[i]);
    for (size_t i = 0; options->workloads && options->workloads[i]; i++) {
        bool known = false;
        for (size_t m = 0; m < options->head->count + options->base->count && !known; m++)
            known = module_info_workload(m < options->head->count ? &options->head->modules[m]
                                                                  : &options->base->modules[m - options->head->count],
                                         options->workloads[i]) != NULL;
        if (!known)
            return error_set(error, EXIT_USAGE, "--workloads %s: neither build has it; `encbench list` names all",
                             options->workloads[i]);
    }
    return 0;
}

static void note_not_in_panels(struct gate_time *lane, const char *variant)
{
    const size_t length = strlen(lane->not_in_panels);
    snprintf(lane->not_in_panels + length, sizeof lane->not_in_panels - length, "%s%s", length > 0 ? " " : "", variant);
}

/* Green means that something was compared. */
static int add_pairs(struct gate_time *lane, const struct gate_time_options *options, struct error *error)
{
    struct csv_data panels = {0};
    if (check_selection(options, error) == 0 &&
        (options->no_panels || csv_read(options->paths->panels, &schema_panels, &panels, error) == 0))
        for (size_t m = 0; m < options->head->count && error->code == 0; m++) {
            const struct module_info *head = &options->head->modules[m];
            if (head->planted || !is_named(options->variants, head->variant))
                continue;
            if (options->variants || options->no_panels || in_panels(&panels, head->variant))
                add_pairs_of(lane, options, &panels, head, error);
            else if (strcmp(head->variant, PLANT_VARIANT) != 0)
                note_not_in_panels(lane, head->variant);
        }
    csv_free(&panels);
    if (error->code == 0 && lane->row_count == 0)
        error_set(error, EXIT_USAGE,
                  "gate: nothing can be compared in time: no variant%s%s that both builds have is timed on a workload "
                  "that both have; choose others (--variants, --workloads), or compare exact figures alone (--exact)",
                  lane->not_in_panels[0] ? " but those in no panel, " : "", lane->not_in_panels);
    return error->code;
}

/* ---- plants ---- */

int gate_time_read_plant(const char *directory, char variant[static ENCBENCH_NAME_BYTES],
                         char workload[static ENCBENCH_NAME_BYTES], struct error *error)
{
    char path[PATH_MAX], line[512], extra[2];
    bool found = false;
    if (paths_join(path, directory, "plant.txt", error) != 0)
        return error->code;
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = line[0] != '#' && sscanf(line, "%127s %127s %1s", variant, workload, extra) == 2;
    if (file)
        fclose(file);
    if (!found)
        return error_set(error, EXIT_USAGE, "%s: no line \"VARIANT WORKLOAD\"; build again", path);
    return 0;
}

static int add_plant(struct gate_time *lane, const char *plant, const struct module_info *base,
                     const struct module_info *head, const char *workload, struct error *error)
{
    struct gate_time_row *row = add_row(lane, error);
    if (row == NULL)
        return error->code;
    *row = (struct gate_time_row){.base = base,
                                  .head = head,
                                  .plant = plant,
                                  .base_workload = module_info_workload(base, workload),
                                  .head_workload = module_info_workload(head, workload)};
    lane->plant_count++;
    if (row->base_workload == NULL || row->head_workload == NULL)
        return error_set(error, EXIT_USAGE, "%s: has no workload %s, which the plants are judged on", head->file,
                         workload);
    return 0;
}

/* The same object, linked against the planted shared objects. */
static int make_planted(struct gate_time *lane, const struct gate_time_options *options, const char *directory,
                        const struct module_info *module, struct module_info *made, struct error *error)
{
    char log[PATH_MAX];
    *made = *module;
    if (module_shared_load(directory, options->scratch, &lane->planted_shared, &lane->planted_directory, error) != 0 ||
        paths_join(made->described_file, options->scratch, "gate-planted.so", error) != 0 ||
        paths_join(log, options->scratch, "gate-planted.log", error) != 0)
        return error->code;
    made->shared = (const char *const *)lane->planted_shared;
    made->shared_directory = lane->planted_directory;
    if (made->shared[0] == NULL)
        return error_set(error, EXIT_USAGE, "%s: holds no shared object; build again", made->shared_directory);
    const struct layout_link link = {&made->object, 0, made->described_file, made->shared, made->shared_directory};
    if (check_shared(made->shared, module->shared, error) != 0 ||
        check_shared(made->shared, (const char *const *)options->base->shared, error) != 0)
        return error->code;
    return layout_link_all(&link, 1, log, 1, error);
}

static int add_plants(struct gate_time *lane, const struct gate_time_options *options, struct error *error)
{
    char directory[PATH_MAX], variant[ENCBENCH_NAME_BYTES], workload[ENCBENCH_NAME_BYTES];
    snprintf(directory, sizeof directory, "%s", options->planted ? options->planted : "");
    if (options->planted == NULL && paths_join(directory, options->paths->modules, "planted", error) != 0)
        return error->code;
    if (gate_time_read_plant(directory, variant, workload, error) != 0)
        return error->code;
    const struct module_set *plants = options->plants ? options->plants : options->head;
    const struct module_info *module = module_set_find(plants, variant, false),
                             *planted = module_set_find(plants, variant, true);
    if (module == NULL || planted == NULL)
        return error_set(error, EXIT_USAGE, "%s/plant.txt: no variant %s, or none that is planted", directory, variant);
    if (add_plant(lane, "planted module", module, planted, workload, error) != 0)
        return error->code;
    struct module_info *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_out_of_memory(error);
    make_planted(lane, options, directory, module, made, error);
    add_plant(lane, "planted shared object", module, made, workload, error);
    if (lane->rows[lane->row_count - 1].head == made)
        lane->rows[lane->row_count - 1].made = made;
    else
        free(made);
    return error->code;
}

/* ---- digests ---- */

static int digest_of(struct gate_run *run, const struct module_info *module, const struct module_workload *workload,
                     struct worker_digests *digests, struct error *error)
{
    struct worker_result *result = malloc(sizeof *result);
    if (result == NULL)
        return error_out_of_memory(error);
    if (launch_pass(&run->launch, WORKER_EXACT, module, workload, 0, run->options->seed, result, error) == 0)
        *digests = result->exact.digests;
    free(result);
    return error->code;
}

static int check_digest(struct gate_run *run, struct gate_time_row *row, struct error *error)
{
    struct worker_digests of_base = {0}, of_head = {0};
    uint64_t base, head;
    char base_words[32], head_words[32];
    if (digest_of(run, row->base, row->base_workload, &of_base, error) == EXIT_USAGE && !row->plant) {
        not_comparable(row, "with the data of the head", error->message, "it works");
        *error = (struct error){0};
        return 0;
    }
    if (error->code != 0 || digest_of(run, row->head, row->head_workload, &of_head, error) != 0)
        return error->code;
    if (!worker_digests_of(&of_base, &of_head, &base, &head)) {
        not_comparable(row, "how the output is hashed", of_base.has_own ? "by `digest`" : "by `output`",
                       of_head.has_own ? "by `digest`" : "by `output`");
        return 0;
    }
    if (base == head)
        return 0;
    snprintf(base_words, sizeof base_words, "%016" PRIx64, base);
    snprintf(head_words, sizeof head_words, "%016" PRIx64, head);
    if (row->plant)
        return error_set(error, EXIT_USAGE, "%s of %s on %s: its output differs (digests %s and %s); build again",
                         row->plant, row->base->variant, row->base_workload->short_name, base_words, head_words);
    not_comparable(row, "digest of the output", base_words, head_words);
    return 0;
}

static size_t rows_with(const struct gate_time *lane, enum gate_time_status status)
{
    size_t count = 0;
    for (size_t r = 0; r < lane->row_count; r++)
        count += lane->rows[r].status == status;
    return count;
}

static int check_digests(struct gate_run *run, struct error *error)
{
    struct gate_time *lane = run->lane;
    progress_start(&run->progress, "outputs of both builds", rows_with(lane, GATE_TIME_JUDGED), run->options->quiet);
    for (size_t r = 0; r < lane->row_count && error->code == 0; r++)
        if (lane->rows[r].status == GATE_TIME_JUDGED) {
            check_digest(run, &lane->rows[r], error);
            progress_step(&run->progress);
        }
    progress_end(&run->progress);
    return error->code;
}

/* ---- passes ---- */

static void free_samples(struct gate_run *run)
{
    for (size_t r = 0; run->samples && r < run->lane->row_count; r++)
        free(run->samples[r].log_ratio);
    free(run->samples);
    run->samples = NULL;
}

static int make_samples(struct gate_run *run, struct error *error)
{
    run->samples = calloc(run->lane->row_count + 1, sizeof *run->samples);
    for (size_t r = 0; run->samples && r < run->lane->row_count; r++) {
        double *values = calloc(4 * (size_t)run->processes, sizeof *values);
        if (values == NULL)
            return error_out_of_memory(error);
        run->samples[r] = (struct samples){values, values + run->processes, values + 2 * run->processes,
                                           values + 3 * run->processes, 0};
    }
    return run->samples ? 0 : error_out_of_memory(error);
}

static int keep_chain(struct gate_run *run, double ratio, struct error *error)
{
    if (run->chain_count == run->chain_room) {
        /* What statistics take at most; of a longer lane the first processes stand for all. */
        if (run->chain_room >= STATS_SIGNED_RANK_MAXIMUM_COUNT)
            return 0;
        double *larger = realloc(run->chain_ratio, STATS_SIGNED_RANK_MAXIMUM_COUNT * sizeof *larger);
        if (larger == NULL)
            return error_out_of_memory(error);
        run->chain_ratio = larger;
        run->chain_room = STATS_SIGNED_RANK_MAXIMUM_COUNT;
    }
    run->chain_ratio[run->chain_count++] = ratio;
    return 0;
}

static int keep_process(struct gate_run *run, const struct plan_cell *cell, const size_t *rows,
                        const struct summary *summary, struct error *error)
{
    const size_t pairs = gate_time_cell_pairs(cell), chain = cell->arm_count - GATE_TIME_CLOCK_ARMS;
    const double cycle_ns = summary->contrasts[pairs].difference_ns;
    for (size_t p = 0; p < pairs; p++) {
        struct samples *samples = &run->samples[rows[p]];
        samples->log_ratio[samples->count] = summary->contrasts[p].log_ratio;
        samples->base_ns[samples->count] = summary->time_ns_per_op[2 * p];
        samples->head_ns[samples->count] = summary->time_ns_per_op[2 * p + 1];
        samples->cycle_ns[samples->count++] = cycle_ns;
    }
    return keep_chain(run, cycle_ns / (summary->time_ns_per_op[chain] / CHAIN_CYCLES_PER_OP), error);
}

static int run_process(struct gate_run *run, const struct gate_time_cells *cells, size_t c, uint64_t process,
                       const struct launch_layouts *layouts, double *positions, struct error *error)
{
    const struct plan_cell *cell = &cells->plan.cells[c];
    struct launch_measured measured;
    struct summary summary;
    if (launch_measure(&run->launch, cell, process, run->options->seed, layouts, &measured, error) != 0)
        return error->code;
    if (measured.stopped || process_stop_requested()) {
        error_set(error, EXIT_UNFIT, "stopped during the timing lane");
    } else if (measured.faulty) { /* not void: what crashes in some layouts only would be judged from the others */
        error_set(error, EXIT_USAGE,
                  "gate: workload %.100s: %.500s; mend it: `encbench run --workloads %.100s` times it as well",
                  cell->workload, measured.void_reason, cell->workload);
    } else if (!summary_of_blocks(cell, measured.blocks, measured.block_count, measured.reading_ns, &summary)) {
        error_out_of_memory(error);
    } else {
        const bool is_void = measured.void_reason[0] || !summary.valid;
        run->lane->processes++;
        run->lane->processes_void += is_void;
        if (is_void && run->first_void[0] == '\0')
            snprintf(run->first_void, sizeof run->first_void, "%s",
                     measured.void_reason[0] ? measured.void_reason : "too few blocks kept");
        for (size_t i = 0; !is_void && i < cell->arm_count; i++)
            positions[i] += summary.mean_position[i];
        if (!is_void)
            keep_process(run, cell, cells->rows[c], &summary, error);
    }
    launch_measured_free(&measured);
    return error->code;
}

/* The cells that are not settled, in the order of the round. */
static size_t order_round(const struct gate_run *run, const struct gate_time_cells *cells, uint64_t round,
                          uint32_t *order)
{
    size_t count = 0;
    plan_round(run->options->seed, round, order, cells->plan.cell_count);
    for (size_t i = 0; i < cells->plan.cell_count; i++)
        if (!cells->settled[order[i]])
            order[count++] = order[i];
    return count;
}

static int run_round(struct gate_run *run, const struct gate_time_cells *cells, uint64_t round,
                     const struct rounds *rounds, struct error *error)
{
    uint32_t *order = rounds->order;
    const size_t count = order_round(run, cells, round, order);
    launch_link_round(&run->launch, &cells->plan, order, count, round, run->options->seed, rounds->layouts, error);
    for (size_t i = 0; i < count && error->code == 0; i++) {
        run_process(run, cells, order[i], plan_process_number(&cells->plan, round, order[i]), &rounds->layouts[i],
                    rounds->positions[order[i]], error);
        progress_step(&run->progress);
    }
    launch_unlink_round(rounds->layouts, count);
    return error->code;
}

/* Distance of the outermost mean positions of a cell's arms; sums over processes come in. */
static double spread_of(const struct plan_cell *cell, const double *positions, size_t processes)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < cell->arm_count && processes > 0; i++) {
        low = fmin(low, positions[i] / (double)processes);
        high = fmax(high, positions[i] / (double)processes);
    }
    return processes > 0 ? high - low : 0;
}

static unsigned first_look_of(const struct gate_run *run)
{
    const unsigned least = (unsigned)stats_signed_rank_minimum_count(GATE_JUDGE_ALPHA);
    return least < run->processes ? least : run->processes;
}

static struct gate_judge_pass judge_samples(const struct samples *samples)
{
    return gate_judge(samples->log_ratio, samples->count,
                      stats_hodges_lehmann(samples->cycle_ns, samples->count) /
                          stats_hodges_lehmann(samples->base_ns, samples->count));
}

static bool is_settled(const struct gate_run *run, const struct gate_time_cells *cells, size_t c)
{
    bool settled = true;
    for (size_t p = 0; p < gate_time_cell_pairs(&cells->plan.cells[c]) && settled; p++) {
        const struct gate_judge_pass pass = judge_samples(&run->samples[cells->rows[c][p]]);
        settled = gate_judge_settled(&pass);
    }
    return settled;
}

/* After `done` rounds of the first pass. The second judges suspects only: they get all their processes. */
static void look(struct gate_run *run, struct gate_time_cells *cells, unsigned done)
{
    for (size_t c = 0; c < cells->plan.cell_count; c++)
        if (!cells->settled[c] && is_settled(run, cells, c)) {
            cells->settled[c] = true;
            run->progress.total -= run->processes - done;
        }
}

static int run_rounds(struct gate_run *run, struct gate_time_cells *cells, unsigned pass, const struct rounds *rounds,
                      struct error *error)
{
    const unsigned first_look = first_look_of(run);
    progress_start(&run->progress, pass == 0 ? "timing" : "timing what is suspect again",
                   cells->plan.cell_count * run->processes, run->options->quiet);
    for (unsigned round = 0; round < run->processes && error->code == 0; round++) {
        if (pass == 0 && round >= first_look && (round - first_look) % LOOK_PROCESSES == 0)
            look(run, cells, round);
        run_round(run, cells, pass * PASS_ROUNDS + round, rounds, error);
    }
    progress_end(&run->progress);
    for (size_t c = 0; c < cells->plan.cell_count && error->code == 0; c++)
        run->position_spread = fmax(run->position_spread, spread_of(&cells->plan.cells[c], rounds->positions[c],
                                                                    run->samples[cells->rows[c][0]].count));
    return error->code;
}

static int run_all_rounds(struct gate_run *run, struct gate_time_cells *cells, unsigned pass, struct error *error)
{
    const size_t count = cells->plan.cell_count;
    const struct rounds rounds = {calloc(count + 1, sizeof *rounds.order), calloc(count + 1, sizeof *rounds.layouts),
                                  calloc(count + 1, sizeof *rounds.positions)};
    if (rounds.order && rounds.layouts && rounds.positions)
        run_rounds(run, cells, pass, &rounds, error);
    else
        error_out_of_memory(error);
    free(rounds.positions);
    free(rounds.layouts);
    free(rounds.order);
    return error->code;
}

static void judge_row(const struct gate_run *run, size_t r)
{
    struct gate_time_row *row = &run->lane->rows[r];
    const struct samples *samples = &run->samples[r];
    if (samples->count < stats_signed_rank_minimum_count(GATE_JUDGE_ALPHA)) {
        row->status = GATE_TIME_NOT_MEASURED;
        snprintf(row->reason, sizeof row->reason, "only %zu of %u processes ended well; the first that did not: %.350s",
                 samples->count, run->processes, run->first_void);
        return;
    }
    row->base_ns = stats_hodges_lehmann(samples->base_ns, samples->count);
    row->head_ns = stats_hodges_lehmann(samples->head_ns, samples->count);
    row->passes[row->pass_count++] = judge_samples(samples);
    row->judged = gate_judge_status(&row->passes[0], row->pass_count > 1 ? &row->passes[1] : NULL);
}

static int run_pass(struct gate_run *run, struct gate_time_cells *cells, unsigned pass, struct error *error)
{
    if (make_samples(run, error) == 0 && run_all_rounds(run, cells, pass, error) == 0)
        for (size_t c = 0; c < cells->plan.cell_count; c++)
            for (size_t p = 0; p < gate_time_cell_pairs(&cells->plan.cells[c]); p++)
                judge_row(run, cells->rows[c][p]);
    free_samples(run);
    return error->code;
}

static void print_plan(struct gate_run *run, const struct gate_time_cells *cells)
{
    struct gate_time *lane = run->lane;
    const unsigned settled = first_look_of(run);
    lane->expected_s = gate_time_cells_expected_s(cells, run->processes, settled);
    progress_say(&run->progress,
                 "timing lane: %zu pairs in %zu cells of %u to %u processes: %.0f to %.0f s, and as long again for "
                 "what is suspect; %zu pairs are identical, %zu not comparable",
                 rows_with(lane, GATE_TIME_JUDGED) - lane->plant_count, cells->plan.cell_count, settled, run->processes,
                 lane->expected_s, gate_time_cells_expected_s(cells, run->processes, run->processes),
                 rows_with(lane, GATE_TIME_IDENTICAL), rows_with(lane, GATE_TIME_NOT_COMPARABLE));
}

static int second_pass(struct gate_run *run, const struct gate_time_cells *first, struct error *error)
{
    struct gate_time *lane = run->lane;
    struct gate_time_cells cells = {0};
    bool *wanted = calloc(lane->row_count + 1, sizeof *wanted);
    if (wanted == NULL)
        return error_out_of_memory(error);
    for (size_t r = 0; r < lane->row_count; r++)
        wanted[r] = lane->rows[r].status == GATE_TIME_JUDGED && gate_judge_again(&lane->rows[r].passes[0]);
    if (gate_time_cells_build(&cells, lane, wanted, run->chain, error) == 0 && cells.plan.cell_count > 0) {
        gate_time_cells_copy(&cells, first);
        run_pass(run, &cells, 1, error);
    }
    gate_time_cells_free(&cells);
    free(wanted);
    return error->code;
}

static int run_passes(struct gate_run *run, struct error *error)
{
    struct gate_time_cells cells = {0};
    /* Most pairs of a change are settled at the first look or the second. */
    const unsigned expected = first_look_of(run) + LOOK_PROCESSES;
    if (gate_time_cells_build(&cells, run->lane, NULL, run->chain, error) == 0 &&
        gate_time_cells_pilot(&cells, &run->launch, run->options, expected, error) == 0) {
        print_plan(run, &cells);
        if (run_pass(run, &cells, 0, error) == 0)
            second_pass(run, &cells, error);
    }
    gate_time_cells_free(&cells);
    return error->code;
}

/* ---- outcome ---- */

const char *gate_time_row_word(const struct gate_time_row *row)
{
    static const char *const words[] = {[GATE_TIME_IDENTICAL] = "identical",
                                        [GATE_TIME_NOT_COMPARABLE] = "not comparable",
                                        [GATE_TIME_NOT_MEASURED] = "not measured"};
    if (row->declared)
        return "declared";
    return row->status == GATE_TIME_JUDGED ? gate_judge_status_words[row->judged] : words[row->status];
}

static int declare(struct gate_time *lane, const struct csv_data *allow, size_t line, bool selected,
                   struct error *error)
{
    const char *variant = csv_text(allow, line, SCHEMA_gate_allow_variant),
               *workload = csv_text(allow, line, SCHEMA_gate_allow_workload);
    bool known = false;
    for (size_t r = 0; r < lane->row_count; r++) {
        struct gate_time_row *row = &lane->rows[r];
        if (row->plant || strcmp(row->head->variant, variant) != 0 ||
            strcmp(row->head_workload->short_name, workload) != 0)
            continue;
        known = true;
        if (row->status == GATE_TIME_NOT_COMPARABLE && !row->declared) {
            row->declared = true;
            snprintf(row->reason, sizeof row->reason, "%.500s", csv_text(allow, line, SCHEMA_gate_allow_reason));
            return 0;
        }
    }
    if (!known && selected)
        return 0;
    return error_set(
        error, EXIT_USAGE,
        "%s:%zu: declares that %s on %s cannot be timed against the base, but it can; remove it (what is slower "
        "cannot be declared)",
        allow->path, line + 2, variant, workload);
}

int gate_time_allow(struct gate_time *lane, const struct csv_data *allow, const struct csv_data *earlier, bool selected,
                    struct error *error)
{
    for (size_t line = 0; allow && line < allow->row_count && error->code == 0; line++)
        if (gate_allow_is_time(allow, line) && !gate_allow_has_line(earlier, allow, line))
            declare(lane, allow, line, selected, error);
    return error->code;
}

static void set_outcome(struct gate_time *lane, int outcome, const struct gate_time_row *row, const char *what)
{
    lane->outcome = outcome;
    snprintf(lane->why, sizeof lane->why, "%.100s on %.100s: %.280s", row->plant ? row->plant : row->head->variant,
             row->head_workload->short_name, what);
}

void gate_time_decide(struct gate_time *lane, bool fit, const char *unfit_why)
{
    lane->outcome = EXIT_PASS;
    lane->why[0] = '\0';
    for (size_t r = lane->row_count; r-- > 0;) {
        const struct gate_time_row *row = &lane->rows[r];
        const bool red = row->status == GATE_TIME_JUDGED && row->judged == GATE_JUDGE_RED;
        if (!row->plant && red && lane->outcome != EXIT_BLIND)
            set_outcome(lane, EXIT_REGRESSION, row,
                        lane->one_layout[0] ? "slower, twice, in the one layout that a build's shared object has"
                                            : "slower, twice");
        if (row->plant && !red)
            set_outcome(lane, EXIT_BLIND, row, "was not found, so nothing that was not found means anything");
    }
    for (size_t r = lane->row_count; r-- > 0;)
        if (lane->rows[r].status == GATE_TIME_NOT_COMPARABLE && !lane->rows[r].declared && lane->outcome == EXIT_PASS)
            set_outcome(lane, EXIT_REGRESSION, &lane->rows[r], lane->rows[r].reason);
    for (size_t r = lane->row_count; r-- > 0;)
        if (lane->rows[r].status == GATE_TIME_NOT_MEASURED && lane->outcome == EXIT_PASS)
            set_outcome(lane, EXIT_UNFIT, &lane->rows[r], lane->rows[r].reason);
    if (!fit) {
        lane->outcome = EXIT_UNFIT;
        snprintf(lane->why, sizeof lane->why, "%s", unfit_why);
    }
}

static void decide(struct gate_run *run)
{
    char why[256];
    const struct gate_judge_machine machine = {run->lane->processes, run->lane->processes_void, run->chain_ratio,
                                               run->chain_count, run->position_spread};
    const bool fit = gate_judge_fit(&machine, why, sizeof why);
    gate_time_decide(run->lane, fit, why);
}

static int prepare(struct gate_run *run, struct error *error)
{
    const struct gate_time_options *options = run->options;
    const size_t least = stats_signed_rank_minimum_count(GATE_JUDGE_ALPHA);
    run->processes = options->processes ? options->processes : GATE_TIME_PROCESSES;
    if (run->processes < least || run->processes > GATE_TIME_PROCESSES_MAX)
        return error_set(error, EXIT_USAGE, "%u processes a pass; expected %zu to %d", run->processes, least,
                         GATE_TIME_PROCESSES_MAX);
    if ((run->chain = module_set_find(options->kernels, CHAIN_VARIANT, false)) == NULL)
        return error_set(error, EXIT_USAGE, "no kernel %s; build the project again", CHAIN_VARIANT);
    const char *const *base = (const char *const *)options->base->shared, *const *head = (const char *const *)
                                                                                             options->head->shared;
    if (check_shared(base, head, error) != 0 || check_shared(head, base, error) != 0 ||
        add_pairs(run->lane, options, error) != 0)
        return error->code;
    find_one_layout(base, head, run->lane);
    find_one_layout(head, base, run->lane);
    return add_plants(run->lane, options, error);
}

int gate_time_run(struct gate_time *lane, const struct gate_time_options *options, struct error *error)
{
    const double start_s = now_s();
    struct gate_run run = {.lane = lane, .options = options, .progress.quiet = options->quiet};
    *lane = (struct gate_time){0};
    launch_init(&run.launch, options->paths, options->scratch, options->head);
    run.launch.fresh_shared = true;
    run.launch.quiet = options->quiet;
    if (prepare(&run, error) == 0 && check_digests(&run, error) == 0 &&
        gate_time_allow(lane, options->allow, options->earlier, options->variants || options->workloads, error) == 0 &&
        run_passes(&run, error) == 0)
        decide(&run);
    launch_free(&run.launch);
    free(run.chain_ratio);
    lane->spent_s = now_s() - start_s;
    return error->code;
}

void gate_time_free(struct gate_time *lane)
{
    for (size_t r = 0; r < lane->row_count; r++)
        free(lane->rows[r].made);
    free(lane->rows);
    module_shared_free(lane->planted_shared, lane->planted_directory);
    *lane = (struct gate_time){0};
}
