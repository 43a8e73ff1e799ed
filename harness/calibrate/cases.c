#include "calibrate/internal.h"

#include "kernels/kernels.h"
#include "launch/pilot.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORKLOADS_DEFAULT = 2, /* of the first core panel */
    WORKLOADS_MAX = 8,
    AA_PROCESS_MS = 60,   /* measuring time: two thirds of what a process costs, links included */
    TRUTH_PROCESS_MS = 4, /* so TRUTH_BLOCKS: what is asked is how many processes are right, not how precise they are */
    TRUTH_BLOCKS = 12,
    PRECISE_PROCESS_MS = 500, /* as in the profile default */
    BLOCKS_MIN = 24,
    LINEARITY_BLOCKS = 18, /* of two arms: some 13 ms, a fifth */
};
/*
 * A batch of a truth, and of the two chains whose difference is its cycle. Leaving a loop costs some cycles that two
 * loops need not have in common: 5 of a batch's 10 000 made every cycle 0.05 % too long, and up to 9 were seen in the
 * truths themselves. Against a spread of 0.2 % over processes that took coverage down to 90 %, where it is no error of
 * the intervals. Long batches make it small.
 */
#define TRUTH_BATCH_NS 100000.0

const char *const calibrate_purpose_words[] = {"aa", "truth", "precise", NULL};

/* Three truths share a process. What is asked of each decides its share, not its neighbours. */
static const struct {
    enum calibrate_purpose purpose;
    double share;
    const char *contenders[CALIBRATE_PAIRS];
} truth_cases[] = {
    {CALIBRATE_TRUTH, 8, {"chain_32_plus_1", "chain_32_plus_2", "chain_32_plus_4"}},
    {CALIBRATE_TRUTH, 8, {"chain_32_plus_8", "chain_32_plus_16", "chain_4000_plus_4"}},
    {CALIBRATE_TRUTH, 8, {"multiply_8_plus_1", "multiply_8_plus_2", "chase_8_plus_1"}},
    {CALIBRATE_TRUTH, 8, {"chain_32_every_2", "chain_32_every_4", "chase_8_plus_2"}},
    {CALIBRATE_TRUTH, 8, {"chain_32_every_8", "chain_32_every_16", "chain_32_every_64"}},
    {CALIBRATE_PRECISE, 4, {"chain_4000_plus_4", "chain_4000_plus_4", "chain_4000_plus_4"}},
};
/* Shares of all workloads together, whatever their number. At 100 ms a process of identical code and 30 ms of a truth,
 * half an hour holds 1000 trials of the one, 5000 of the other and 200 of each ablation. */
#define AA_SHARE              32.0
#define AA_TRUTH_KERNEL_SHARE 4.0
#define ABLATION_SHARE        8.0 /* each of the two */
#define ONE_AFTER_OTHER_SHARE 4.0

static const struct {
    const char *name, *base, *operation;
    double operations, extra;
} truth_table[] = {
#define ROW(workload, base, operation, operations, extra, every)                                                       \
    {#workload, #base, #operation, operations, (double)(extra) / (every)},
    TRUTH_WORKLOADS(ROW)
#undef ROW
};

static struct calibrate_case *add_case(struct calibrate_cases *cases, enum calibrate_purpose purpose, double share,
                                       unsigned process_ms, struct error *error)
{
    if (cases->count == CALIBRATE_CASES_MAX) {
        error_set(error, EXIT_USAGE, "calibrate: more than %d cases; select fewer --workloads", CALIBRATE_CASES_MAX);
        return NULL;
    }
    struct calibrate_case *kase = &cases->cases[cases->count++];
    *kase = (struct calibrate_case){.purpose = purpose, .share = share, .process_ms = process_ms};
    snprintf(kase->design, sizeof kase->design, CALIBRATE_FRESH);
    if ((kase->cell = calloc(1, sizeof *kase->cell)) == NULL)
        error_out_of_memory(error);
    return kase->cell ? kase : NULL;
}

static int add_arm(struct plan_cell *cell, const struct module_info *module, const char *workload, enum plan_role role,
                   struct error *error)
{
    char name[ENCBENCH_NAME_BYTES]; /* one workload may be on both sides */
    snprintf(name, sizeof name, "%.100s-%zu", workload, cell->arm_count + 1);
    return plan_add_kernel(cell, name, role, module, workload, error);
}

static int add_pair(struct calibrate_case *kase, const struct module_info *module, const char *baseline,
                    const char *contender, struct error *error)
{
    struct plan_cell *cell = kase->cell;
    struct calibrate_pair *pair = &kase->pairs[kase->pair_count++];
    *pair = (struct calibrate_pair){.baseline_arm = cell->arm_count, .contender_arm = cell->arm_count + 1};
    snprintf(pair->baseline, sizeof pair->baseline, "%s", baseline);
    snprintf(pair->contender, sizeof pair->contender, "%s", contender);
    if (add_arm(cell, module, baseline, PLAN_BASELINE, error) != 0 ||
        add_arm(cell, module, contender, PLAN_CONTENDER, error) != 0)
        return error->code;
    plan_add_contrast(cell, contender, pair->baseline_arm, pair->contender_arm, 1);
    return 0;
}

/* The last arms: two chains of which one has a known number of cycles more, whose difference is the cycle of the
 * process. */
static int add_cycle(struct plan_cell *cell, const struct module_info *module, const char *chain, const char *more,
                     double extra_cycles, struct error *error)
{
    const size_t first = cell->arm_count;
    if (add_arm(cell, module, chain, PLAN_CLOCK, error) != 0 || add_arm(cell, module, more, PLAN_CLOCK, error) != 0)
        return error->code;
    plan_add_contrast(cell, "cycle", first, first + 1, 1 / extra_cycles);
    return 0;
}

/* ---- truths ---- */

static size_t truth_index(const char *name)
{
    size_t i = 0;
    while (strcmp(truth_table[i].name, name) != 0)
        i++;
    return i;
}

static int add_truth_case(struct calibrate_cases *cases, const struct calibrate_sources *sources, size_t index,
                          struct error *error)
{
    const enum calibrate_purpose purpose = truth_cases[index].purpose;
    struct calibrate_case *kase = add_case(cases, purpose, truth_cases[index].share,
                                           purpose == CALIBRATE_PRECISE ? PRECISE_PROCESS_MS : TRUTH_PROCESS_MS, error);
    if (kase == NULL)
        return error->code;
    for (size_t p = 0; p < CALIBRATE_PAIRS && error->code == 0; p++) {
        const size_t truth = truth_index(truth_cases[index].contenders[p]);
        add_pair(kase, sources->truth, truth_table[truth].base, truth_table[truth].name, error);
        struct calibrate_pair *pair = &kase->pairs[p];
        snprintf(pair->operation, sizeof pair->operation, "%s", truth_table[truth].operation);
        pair->operations = truth_table[truth].operations;
        pair->extra = truth_table[truth].extra;
    }
    kase->cell->first_shared = 0; /* all from one link: a truth does not depend on its layout */
    kase->cell->epochs = 1;       /* nor on its heap */
    return error->code ? error->code
                       : add_cycle(kase->cell, sources->truth, TRUTH_CLOCK, TRUTH_CLOCK_PLUS, TRUTH_CLOCK_EXTRA, error);
}

/* ---- identical code ---- */

static struct calibrate_case *add_aa_case(struct calibrate_cases *cases, const struct calibrate_sources *sources,
                                          const struct module_info *module, const char *workload, double share,
                                          struct error *error)
{
    struct calibrate_case *kase = add_case(cases, CALIBRATE_AA, share, AA_PROCESS_MS, error);
    if (kase == NULL)
        return NULL;
    for (size_t p = 0; p < CALIBRATE_PAIRS && error->code == 0; p++)
        add_pair(kase, module, workload, workload, error);
    kase->cell->first_shared = kase->cell->arm_count;
    add_cycle(kase->cell, sources->chain, "chain", "chain_planted", CHAIN_PLANTED_EXTRA_CYCLES, error);
    snprintf(kase->cell->workload, sizeof kase->cell->workload, "%s", workload);
    return error->code == 0 ? kase : NULL;
}

static int add_ablation(struct calibrate_cases *cases, const struct calibrate_sources *sources,
                        const struct module_info *module, const char *workload, unsigned layouts, double share,
                        struct error *error)
{
    struct calibrate_case *kase = add_aa_case(cases, sources, module, workload, share, error);
    if (kase == NULL)
        return error->code;
    kase->set_processes = CALIBRATE_SET_PROCESSES;
    kase->set_layouts = layouts;
    if (layouts == 1)
        snprintf(kase->design, sizeof kase->design, CALIBRATE_FIXED);
    else
        snprintf(kase->design, sizeof kase->design, CALIBRATE_FEW, layouts);
    return 0;
}

/* All that is asked about one workload; `part` of the shares of all is its own. */
static int add_workload(struct calibrate_cases *cases, const struct calibrate_sources *sources,
                        const struct module_info *module, const char *workload, double part, struct error *error)
{
    const struct calibrate_options *options = sources->options;
    if (options->fix_layout)
        add_ablation(cases, sources, module, workload, 1, part * ABLATION_SHARE, error);
    if (options->layouts)
        add_ablation(cases, sources, module, workload, options->layouts, part * ABLATION_SHARE, error);
    if (options->fix_layout || options->layouts)
        return error->code;
    struct calibrate_case *fresh = add_aa_case(cases, sources, module, workload, part * AA_SHARE, error);
    if (fresh) /* how often is code called batch-dependent that is not? */
        fresh->cell->linearity_blocks = LINEARITY_BLOCKS;
    if (error->code != 0 || add_ablation(cases, sources, module, workload, 1, part * ABLATION_SHARE, error) != 0 ||
        add_ablation(cases, sources, module, workload, CALIBRATE_LAYOUTS_DEFAULT, part * ABLATION_SHARE, error) != 0)
        return error->code;
    struct calibrate_case *kase = add_aa_case(cases, sources, module, workload, part * ONE_AFTER_OTHER_SHARE, error);
    if (kase == NULL)
        return error->code;
    kase->cell->one_after_other = true;
    snprintf(kase->design, sizeof kase->design, CALIBRATE_ONE_AFTER_OTHER);
    return 0;
}

/* The first names in a list separated by spaces that the first panel's cells have. */
static size_t first_workloads(const struct plan *plan, const struct plan_cell *found[static WORKLOADS_MAX])
{
    size_t count = 0;
    const char *at = plan->rows[0].workloads;
    while (*at && count < WORKLOADS_DEFAULT) {
        const size_t length = strcspn(at, " ");
        for (size_t c = 0; c < plan->cell_count && length > 0; c++)
            if (strcmp(plan->cells[c].panel, plan->rows[0].panel) == 0 && strlen(plan->cells[c].workload) == length &&
                strncmp(plan->cells[c].workload, at, length) == 0 && count < WORKLOADS_DEFAULT)
                found[count++] = &plan->cells[c];
        at += length + (at[length] == ' ');
    }
    return count;
}

/* Every selected workload once, by the first panel that has it. */
static size_t selected_workloads(const struct plan *plan, const struct plan_cell *found[static WORKLOADS_MAX],
                                 struct error *error)
{
    size_t count = 0;
    for (size_t c = 0; c < plan->cell_count; c++) {
        bool before = false;
        for (size_t i = 0; i < count; i++)
            before = before || strcmp(found[i]->workload, plan->cells[c].workload) == 0;
        if (!before && count == WORKLOADS_MAX)
            error_set(error, EXIT_USAGE, "--workloads: more than %d workloads for one calibration", WORKLOADS_MAX);
        else if (!before)
            found[count++] = &plan->cells[c];
    }
    return count;
}

static int add_workloads(struct calibrate_cases *cases, const struct calibrate_sources *sources, struct error *error)
{
    const struct plan_cell *found[WORKLOADS_MAX] = {NULL};
    const struct plan_selection selection = {.workloads = sources->options->workloads};
    struct csv_data panels = {0};
    struct plan plan = {0};
    size_t count = 0;
    if (csv_read(sources->paths->panels, &schema_panels, &panels, error) == 0 &&
        plan_build(&plan, &panels, sources->modules, sources->chain, &selection, error) == 0)
        count = selection.workloads ? selected_workloads(&plan, found, error) : first_workloads(&plan, found);
    for (size_t i = 0; i < count && error->code == 0; i++)
        add_workload(cases, sources, found[i]->arms[0].module, found[i]->workload, 1.0 / (double)count, error);
    plan_free(&plan);
    csv_free(&panels);
    return error->code;
}

int calibrate_cases_make(struct calibrate_cases *cases, const struct calibrate_sources *sources, struct error *error)
{
    *cases = (struct calibrate_cases){0};
    if (add_workloads(cases, sources, error) != 0 || sources->options->fix_layout || sources->options->layouts)
        return error->code;
    add_aa_case(cases, sources, sources->truth, truth_table[0].name, AA_TRUTH_KERNEL_SHARE, error);
    for (size_t i = 0; i < sizeof truth_cases / sizeof truth_cases[0] && error->code == 0; i++)
        add_truth_case(cases, sources, i, error);
    return error->code;
}

void calibrate_cases_free(struct calibrate_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++)
        free(cases->cases[i].cell);
    cases->count = 0;
}

/* ---- pilot ---- */

void calibrate_case_apply(struct calibrate_case *kase)
{
    struct plan_cell *cell = kase->cell;
    for (size_t p = 0; p < kase->pair_count; p++)
        cell->arms[kase->pairs[p].baseline_arm].iterations = cell->arms[kase->pairs[p].contender_arm].iterations =
            kase->pairs[p].iterations;
    for (size_t i = 1; i <= 2; i++)
        cell->arms[cell->arm_count - i].iterations = kase->clock_iterations;
    for (size_t i = 0; i < plan_real_arms(cell); i++)
        if (cell->arms[i].workload->rewarm_ops > cell->rewarm_iterations)
            cell->rewarm_iterations = cell->arms[i].workload->rewarm_ops;
    cell->ladder = plan_ladder(cell);
    for (size_t i = 0; i < plan_real_arms(cell); i++)
        plan_set_other_iterations(cell, i);
    cell->blocks = kase->blocks;
    cell->block_ns = kase->block_ns;
}

static struct measure_ladder pair_ladder(const struct plan_cell *cell, const size_t arms[2])
{
    uint64_t multiples[2], maxima[2];
    for (size_t i = 0; i < 2; i++) {
        multiples[i] = cell->arms[arms[i]].workload->batch_multiple_ops;
        maxima[i] = cell->arms[arms[i]].workload->batch_max_ops;
    }
    return measure_ladder_of(multiples, maxima, 2);
}

/* The same n for both arms of a pair, a rung of what they have in common. */
static void choose_iterations(struct calibrate_case *kase, const struct pilot_figures *pilot)
{
    const struct plan_cell *cell = kase->cell;
    const double batch_ns = kase->purpose == CALIBRATE_TRUTH ? TRUTH_BATCH_NS : MEASURE_BATCH_NS;
    for (size_t p = 0; p < kase->pair_count; p++) {
        struct calibrate_pair *pair = &kase->pairs[p];
        const size_t arms[] = {pair->baseline_arm, pair->contender_arm};
        const struct measure_ladder ladder = pair_ladder(cell, arms);
        const double ns[] = {pilot->ns_per_op[arms[0]], pilot->ns_per_op[arms[1]]};
        pair->iterations = measure_iterations(ns, 2, &ladder, batch_ns, pilot->clock_step_ns);
    }
    const struct measure_ladder clock_ladder = {.multiple_ops = 1};
    kase->clock_iterations = measure_iterations(&pilot->ns_per_op[cell->arm_count - 2], 1, &clock_ladder,
                                                kase->purpose == CALIBRATE_AA ? MEASURE_CLOCK_BATCH_NS : TRUTH_BATCH_NS,
                                                pilot->clock_step_ns);
}

static void choose_blocks(struct calibrate_case *kase, const struct pilot_figures *pilot)
{
    calibrate_case_apply(kase);
    kase->block_ns = 0;
    for (size_t i = 0; i < kase->cell->arm_count; i++) {
        const struct plan_arm *arm = &kase->cell->arms[i];
        kase->block_ns += 2 * pilot->ns_per_op[i] * (double)(arm->iterations + arm->workload->rewarm_ops);
    }
    kase->blocks = (uint32_t)fmax(kase->process_ms * 1e6 / kase->block_ns,
                                  kase->purpose == CALIBRATE_TRUTH ? TRUTH_BLOCKS : BLOCKS_MIN);
    calibrate_case_apply(kase);
}

/* A case before it that does the same work in another design. */
static const struct calibrate_case *same_before(const struct calibrate_cases *cases, size_t index)
{
    const struct calibrate_case *kase = &cases->cases[index];
    for (size_t i = 0; i < index; i++)
        if (cases->cases[i].purpose == kase->purpose && kase->purpose == CALIBRATE_AA &&
            strcmp(cases->cases[i].pairs[0].baseline, kase->pairs[0].baseline) == 0)
            return &cases->cases[i];
    return NULL;
}

int calibrate_cases_pilot(struct calibrate_cases *cases, const struct launch *launch, uint64_t seed,
                          struct error *error)
{
    for (size_t c = 0; c < cases->count && error->code == 0; c++) {
        struct calibrate_case *kase = &cases->cases[c];
        const struct calibrate_case *before = same_before(cases, c);
        struct pilot_figures pilot;
        if (before) {
            for (size_t p = 0; p < kase->pair_count; p++)
                kase->pairs[p].iterations = before->pairs[p].iterations;
            kase->clock_iterations = before->clock_iterations;
            kase->blocks = before->blocks;
            kase->block_ns = before->block_ns;
            calibrate_case_apply(kase);
        } else if (pilot_measure(launch, kase->cell, (1ull << 32) + c, 1, seed, &pilot, error) == 0) {
            choose_iterations(kase, &pilot);
            choose_blocks(kase, &pilot);
        }
    }
    return error->code;
}
