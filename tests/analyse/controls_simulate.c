/*
 * The live controls on recorded runs: how often a run without a fault is called invalid, and whether a fault is found.
 *
 *     controls_simulate RUN_DIRECTORY [RUNS]
 *
 * A recorded run is read once. Of every cell (a panel on a workload) processes are drawn again with replacement, all
 * figures of one drawn process together, and what each deviates from the cell's centre by is multiplied by the noise:
 * 1, 3 and 10. No distribution is assumed. The result goes through the functions that `analyse` decides by:
 * analyse_controls_check, analyse_claims_judge, analysis_effect_words. What does not come from time stays as it was
 * recorded: layouts, order, void processes, exact figures.
 *
 * Without a fault means that the controls are centred on what is true: twins on 0, the planted chain on 32 cycles, the
 * other chain on its whole number, the planted arm on what was planted, other sizes of the batch on no change. A run of
 * an older version has no linearity.csv; its rows are then made of the recorded twin of the cell, centred on 0: for
 * each arm, contrast and size another draw of whole processes, so as wide as identical code is in the blocks of the
 * whole process.
 *
 * Then one cell, another in each run, gets a fault of twice the tolerance: a planted chain 6 % off, a planted arm of
 * which nothing shows (half of it is tolerated), an arm that takes 2 % or two cycles more in a batch of another size.
 */
#include "analyse/analysis.h"
#include "base/random.h"
#include "base/words.h"
#include "kernels/kernels.h"
#include "schema.h"
#include "stats/linearity.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS_MOST = 128 };
enum fault { FAULT_NONE, FAULT_CHAIN, FAULT_PLANTED, FAULT_LINEARITY, FAULTS };
static const char *const fault_names[FAULTS] = {"none", "chain_planted", "planted", "linearity"};
static const char *const fault_controls[FAULTS] = {"", "chain_planted", "planted", "linearity"};

/* One cell: its ok processes as indices into data.process, and where its arrays are. */
struct cell {
    size_t panel, workload;
    size_t *process;
    size_t count;
    size_t *drawn; /* index into `process`, for each of them */
};

struct simulation {
    struct analysis base, run;
    struct cell *cell;
    size_t cell_count;
    double noise;
    size_t faulty; /* cell; ANALYSE_NONE */
    enum fault fault;
    struct random_stream stream;
};

static void die(const char *what)
{
    fprintf(stderr, "controls_simulate: %s\n", what);
    exit(EXIT_USAGE);
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (!memory)
        die("out of memory");
    return memory;
}

static struct cell *cell_of(const struct simulation *s, size_t panel, size_t workload)
{
    for (size_t i = 0; i < s->cell_count; i++)
        if (s->cell[i].panel == panel && s->cell[i].workload == workload)
            return &s->cell[i];
    die("a figure of no cell");
    return NULL;
}

/* Position of a process in its cell. */
static size_t position_of(const struct simulation *s, const struct cell *cell, const struct analyse_process *process)
{
    for (size_t i = 0; i < cell->count; i++)
        if (&s->base.data.process[cell->process[i]] == process)
            return i;
    die("a process of no cell");
    return 0;
}

/* Centres of the recorded arrays, which are the same in every run. */
static double centre_of(const double *key, const double *values, size_t count)
{
    enum { SLOTS = 1 << 14 };
    static struct {
        const double *key;
        double centre;
    } known[SLOTS];
    size_t slot = ((uintptr_t)key / sizeof *key * 2654435761u) % SLOTS;
    while (known[slot].key && known[slot].key != key)
        slot = (slot + 1) % SLOTS;
    if (!known[slot].key) {
        known[slot].key = key;
        known[slot].centre = stats_hodges_lehmann(values, count);
    }
    return known[slot].centre;
}

static double draw(const struct simulation *s, double centre, double recorded_centre, double recorded)
{
    return centre + s->noise * (recorded - recorded_centre);
}

/* ---- another run of the same ---- */

static void draw_processes(struct simulation *s)
{
    for (size_t c = 0; c < s->cell_count; c++)
        for (size_t i = 0; i < s->cell[c].count; i++)
            s->cell[c].drawn[i] = random_below(&s->stream, s->cell[c].count);
}

/* The chains by process. A deviation is of the chain's time, and the clock moves with it. */
static void draw_clocks(struct simulation *s)
{
    for (size_t c = 0; c < s->cell_count; c++) {
        const struct cell *cell = &s->cell[c];
        double *chain = allocate(2 * cell->count, sizeof *chain), *latency = chain + cell->count;
        for (size_t i = 0; i < cell->count; i++) {
            const struct analyse_process *process = &s->base.data.process[cell->process[i]];
            chain[i] = process->chain_ns;
            latency[i] =
                (process->chain_multiply_ns / CHAIN_MULTIPLIES_PER_OP) / (process->chain_ns / CHAIN_CYCLES_PER_OP);
        }
        const double centre = stats_hodges_lehmann(chain, cell->count),
                     cycles = stats_hodges_lehmann(latency, cell->count);
        for (size_t i = 0; i < cell->count; i++) {
            struct analyse_process *process = &s->run.data.process[cell->process[i]];
            const size_t from = cell->drawn[i];
            process->chain_ns = fmax(draw(s, centre, centre, chain[from]), 0.1 * centre);
            process->chain_multiply_ns = fmax(draw(s, round(cycles), cycles, latency[from]), 0.1) *
                                         CHAIN_MULTIPLIES_PER_OP * process->chain_ns / CHAIN_CYCLES_PER_OP;
        }
        free(chain);
    }
}

/* Draws one array of a contrast, each value over the length of a cycle where `cycles` says so; `centre` in the unit of
 * what is drawn, NaN to keep the recorded one. */
static void draw_values(struct simulation *s, const struct analyse_samples *base, struct analyse_samples *run,
                        const double *from, double *to, double centre, bool in_cycles)
{
    const struct cell *cell = cell_of(s, base->process[0]->panel, base->process[0]->workload);
    double *values = allocate(base->count, sizeof *values);
    for (size_t i = 0; i < base->count; i++)
        values[i] = from[i] / (in_cycles ? base->process[i]->chain_ns / CHAIN_CYCLES_PER_OP : 1);
    const double recorded = centre_of(from, values, base->count); /* always in the same unit */
    if (base->count != cell->count)
        die("a contrast that not all processes of its cell have");
    for (size_t i = 0; i < base->count; i++) {
        const size_t at = position_of(s, cell, base->process[i]);
        const size_t drawn = cell->drawn[at];
        const double value = draw(s, isnan(centre) ? recorded : centre, recorded, values[drawn]);
        to[i] = value * (in_cycles ? run->process[i]->chain_ns / CHAIN_CYCLES_PER_OP : 1);
    }
    free(values);
}

static bool is_faulty(const struct simulation *s, size_t panel, size_t workload, enum fault fault)
{
    return s->fault == fault && s->cell[s->faulty].panel == panel && s->cell[s->faulty].workload == workload;
}

static double planted_of(const struct simulation *s, const struct analyse_effect *effect)
{
    const size_t row =
        analyse_metric_row(&s->base.data, effect->contender, analyse_workload_name(&s->base.data, effect->workload),
                           "planted_cycles_per_op");
    if (row == ANALYSE_NONE)
        die("a plant of unknown size");
    return csv_number(&s->base.data.metrics, row, SCHEMA_metrics_value);
}

static void draw_effect(struct simulation *s, size_t index)
{
    const struct analyse_effect *base = &s->base.effects.effect[index];
    struct analyse_effect *run = &s->run.effects.effect[index];
    const bool twin = strcmp(base->kind, "twin") == 0 || base->identical;
    if (strcmp(base->kind, "planted") != 0) {
        const double centre = twin ? 0 : NAN;
        draw_values(s, &base->samples, &run->samples, base->samples.value, run->samples.value, centre, false);
        draw_values(s, &base->samples, &run->samples, base->samples.log_ratio, run->samples.log_ratio, centre, false);
        draw_values(s, &base->samples, &run->samples, base->samples.plain, run->samples.plain, centre, false);
        draw_values(s, &base->samples, &run->samples, base->samples.plain_log_ratio, run->samples.plain_log_ratio,
                    centre, false);
        return;
    }
    const double cycles = is_faulty(s, base->panel, base->workload, FAULT_PLANTED) ? 0 : planted_of(s, base);
    draw_values(s, &base->samples, &run->samples, base->samples.value, run->samples.value, cycles, true);
    draw_values(s, &base->samples, &run->samples, base->samples.plain, run->samples.plain, cycles, true);
    /* The control turns a log ratio into cycles by the baseline of its process: so it is centred by that of the cell.
     */
    double level = NAN, cycle = NAN;
    for (size_t i = 0; i < s->base.effects.level_count; i++) {
        const struct analyse_level *one = &s->base.effects.level[i];
        if (one->panel != base->panel || one->workload != base->workload)
            continue;
        if (words_has("baseline contender", one->role) && words_has(base->baseline, one->variant))
            level = centre_of(one->samples.value, one->samples.value, one->samples.count);
        if (strcmp(one->arm, "chain") == 0)
            cycle = centre_of(one->samples.value, one->samples.value, one->samples.count) / CHAIN_CYCLES_PER_OP;
    }
    draw_values(s, &base->samples, &run->samples, base->samples.log_ratio, run->samples.log_ratio,
                log1p(cycles * cycle / level), false);
}

static void draw_clock_contrast(struct simulation *s, size_t index)
{
    const struct analyse_effect *base = &s->base.effects.clock[index];
    struct analyse_effect *run = &s->run.effects.clock[index];
    const double off = is_faulty(s, base->panel, base->workload, FAULT_CHAIN) ? 0.06 : 0;
    const double cycles = CHAIN_PLANTED_EXTRA_CYCLES * (1 + off);
    draw_values(s, &base->samples, &run->samples, base->samples.value, run->samples.value, cycles, true);
    draw_values(s, &base->samples, &run->samples, base->samples.log_ratio, run->samples.log_ratio,
                log1p(cycles / CHAIN_CYCLES_PER_OP), false);
}

/* ---- other sizes of a batch ---- */

static const struct analyse_effect *twin_of(const struct simulation *s, size_t panel, size_t workload)
{
    for (size_t i = 0; i < s->base.effects.effect_count; i++) {
        const struct analyse_effect *effect = &s->base.effects.effect[i];
        if (effect->panel == panel && effect->workload == workload && strcmp(effect->kind, "twin") == 0)
            return effect;
    }
    die("a cell without a twin");
    return NULL;
}

static void add_linearity(struct simulation *s, const struct cell *cell, bool is_contrast, const char *subject,
                          const char *size)
{
    struct analyse_effects *effects = &s->run.effects;
    effects->linearity = realloc(effects->linearity, (effects->linearity_count + 1) * sizeof *effects->linearity);
    if (!effects->linearity)
        die("out of memory");
    struct analyse_linearity *rows = &effects->linearity[effects->linearity_count++];
    *rows = (struct analyse_linearity){.panel = cell->panel,
                                       .workload = cell->workload,
                                       .is_contrast = is_contrast,
                                       .subject = subject,
                                       .size = size,
                                       .iterations = 1024,
                                       .iterations_other = strcmp(size, "double") == 0 ? 2048 : 1434,
                                       .count = cell->count,
                                       .value_ns = allocate(7 * cell->count, sizeof *rows->value_ns),
                                       .process = allocate(cell->count, sizeof *rows->process)};
    rows->other_ns = rows->value_ns + cell->count;
    rows->change_ns = rows->value_ns + 2 * cell->count;
    rows->change_log = rows->value_ns + 3 * cell->count;
    rows->error_ns = rows->value_ns + 4 * cell->count;
    rows->error_log = rows->value_ns + 5 * cell->count;
    rows->blocks = rows->value_ns + 6 * cell->count;
    for (size_t i = 0; i < cell->count; i++)
        rows->process[i] = &s->run.data.process[cell->process[i]];
}

static void add_sizes(struct simulation *s)
{
    static const char *const sizes[] = {"double", "between"};
    s->run.data.linearity_recorded = true;
    for (size_t c = 0; c < s->cell_count; c++)
        for (size_t size = 0; size < 2; size++) {
            const struct cell *cell = &s->cell[c];
            for (size_t i = 0; i < s->base.effects.level_count; i++) {
                const struct analyse_level *level = &s->base.effects.level[i];
                if (level->panel == cell->panel && level->workload == cell->workload &&
                    strcmp(level->role, "clock") != 0)
                    add_linearity(s, cell, false, level->arm, sizes[size]);
            }
            for (size_t i = 0; i < s->base.effects.effect_count; i++) {
                const struct analyse_effect *effect = &s->base.effects.effect[i];
                if (effect->panel == cell->panel && effect->workload == cell->workload &&
                    words_has("pair main interaction", effect->kind))
                    add_linearity(s, cell, true, effect->contrast, sizes[size]);
            }
        }
}

static double level_of(const struct simulation *s, const struct analyse_linearity *rows)
{
    for (size_t i = 0; i < s->base.effects.level_count; i++) {
        const struct analyse_level *level = &s->base.effects.level[i];
        if (level->panel == rows->panel && level->workload == rows->workload && strcmp(level->arm, rows->subject) == 0)
            return centre_of(level->samples.value, level->samples.value, level->samples.count);
    }
    return 0;
}

static double cycle_of(const struct simulation *s, const struct cell *cell)
{
    double *chain = allocate(cell->count, sizeof *chain);
    for (size_t i = 0; i < cell->count; i++)
        chain[i] = s->base.data.process[cell->process[i]].chain_ns;
    const double cycle = stats_hodges_lehmann(chain, cell->count) / CHAIN_CYCLES_PER_OP;
    free(chain);
    return cycle;
}

/* Of what a run without a fault is centred on 0: recorded rows by how precise each is, as they are judged. */
static double centre_of_sizes(const double *changes, const double *errors, const double *blocks, size_t count)
{
    const struct stats_centre centre =
        stats_weighted(changes, errors, blocks, count, stats_quantile(errors, count, 0.5), 0.01);
    return isnan(centre.estimate) ? centre_of(changes, changes, count) : centre.estimate;
}

static size_t find_row(const struct analyse_linearity *recorded, const struct analyse_process *process)
{
    size_t row = 0;
    while (row < recorded->count && recorded->process[row] != process)
        row++;
    return row;
}

/* Rows as recorded, of the processes that were drawn and have one. */
static void draw_recorded(struct simulation *s, const struct cell *cell, const struct analyse_linearity *recorded,
                          double fault, double level, struct analyse_linearity *rows)
{
    const double centre = centre_of_sizes(recorded->change_ns, recorded->error_ns, recorded->blocks, recorded->count);
    const double log_centre =
        centre_of_sizes(recorded->change_log, recorded->error_log, recorded->blocks, recorded->count);
    rows->count = 0;
    for (size_t i = 0; i < cell->count; i++) {
        const size_t from = find_row(recorded, &s->base.data.process[cell->process[cell->drawn[i]]]);
        if (from == recorded->count)
            continue;
        if (rows->count == recorded->count)
            break; /* there is no more room than it had */
        const size_t to = rows->count++;
        rows->value_ns[to] = level;
        rows->change_ns[to] = fault + draw(s, 0, centre, recorded->change_ns[from]);
        rows->other_ns[to] = level + rows->change_ns[to];
        rows->change_log[to] = draw(s, 0, log_centre, recorded->change_log[from]);
        rows->error_ns[to] = s->noise * recorded->error_ns[from];
        rows->error_log[to] = s->noise * recorded->error_log[from];
        rows->blocks[to] = recorded->blocks[from];
        rows->process[to] = &s->run.data.process[cell->process[i]];
    }
}

static void draw_of_twin(struct simulation *s, const struct cell *cell, const struct analyse_samples *twin,
                         double fault, double level, struct analyse_linearity *rows)
{
    const double centre = centre_of(twin->value, twin->value, twin->count),
                 log_centre = centre_of(twin->log_ratio, twin->log_ratio, twin->count);
    for (size_t i = 0; i < cell->count; i++) {
        const size_t from = random_below(&s->stream, twin->count);
        rows->value_ns[i] = level;
        rows->change_ns[i] = fault + draw(s, 0, centre, twin->value[from]);
        rows->other_ns[i] = level + rows->change_ns[i];
        rows->change_log[i] = draw(s, 0, log_centre, twin->log_ratio[from]);
        rows->error_ns[i] = rows->error_log[i] = NAN;
        rows->blocks[i] = 1;
    }
}

/* The fault is that of the first arm of the cell, at the size off the ladder. */
static void draw_linearity(struct simulation *s)
{
    bool planted = false;
    for (size_t r = 0; r < s->run.effects.linearity_count; r++) {
        struct analyse_linearity *rows = &s->run.effects.linearity[r];
        const struct cell *cell = cell_of(s, rows->panel, rows->workload);
        const double level = level_of(s, rows);
        double fault = 0;
        if (!planted && !rows->is_contrast && strcmp(rows->size, "between") == 0 &&
            is_faulty(s, rows->panel, rows->workload, FAULT_LINEARITY)) {
            fault = 2 * linearity_level_tolerance(level, cycle_of(s, cell));
            planted = true;
        }
        if (s->base.data.linearity_recorded)
            draw_recorded(s, cell, &s->base.effects.linearity[r], fault, level, rows);
        else
            draw_of_twin(s, cell, &twin_of(s, rows->panel, rows->workload)->samples, fault, level, rows);
    }
}

/* ---- what is made of it ---- */

struct tally {
    size_t runs;
    size_t invalid, failed_falsely, too_imprecise; /* run invalid; of it by a control that failed, by imprecise cells */
    size_t blind_deciding;                         /* valid, but a cell that decides is blind */
    char why[400];                                 /* of the last that failed falsely */
    size_t blind_by_cell[CELLS_MOST];
    size_t cells, blind_cells; /* without a fault */
    size_t imprecise[8];       /* cells in which each control is, by the names below */
    size_t named, spoke;       /* the faulty cell: its control failed; it gave a verdict */
};
static const char *const counted[] = {"chain_planted", "chain_multiply", "planted", "linearity"};
enum { COUNTED = sizeof counted / sizeof counted[0] };

static bool gives_verdict(const struct simulation *s, const struct cell *cell)
{
    const struct analysis *run = &s->run;
    for (size_t i = 0; i < run->claims.item_count; i++) {
        const struct analyse_item *item = &run->claims.item[i];
        const bool reads = (item->effect != ANALYSE_NONE && run->effects.effect[item->effect].panel == cell->panel &&
                            run->effects.effect[item->effect].workload == cell->workload) ||
                           (item->level != ANALYSE_NONE && run->effects.level[item->level].panel == cell->panel &&
                            run->effects.level[item->level].workload == cell->workload);
        if (reads && (item->verdict == VERDICT_CONFIRMED || item->verdict == VERDICT_REFUTED))
            return true;
    }
    for (size_t i = 0; i < run->effects.effect_count; i++) {
        const struct analyse_effect *effect = &run->effects.effect[i];
        if (effect->panel != cell->panel || effect->workload != cell->workload || effect->identical)
            continue;
        char parts[256];
        for (size_t relative = 0; relative < 2; relative++) {
            const enum verdict_scale scale = relative ? VERDICT_RELATIVE : VERDICT_ABSOLUTE;
            const double alpha = analyse_effect_alpha(&run->claims, i, scale, parts, sizeof parts);
            const struct verdict_evidence evidence =
                analyse_effect_evidence(&run->effects, effect, scale, false, alpha);
            if (analysis_effect_words(run, i, &evidence, scale).words != VERDICT_OVERRULED)
                return true;
        }
    }
    return false;
}

static void count_controls(const struct simulation *s, struct tally *tally)
{
    const struct analyse_controls *controls = &s->run.controls;
    tally->runs++;
    tally->invalid += controls->run_invalid;
    tally->blind_deciding += !controls->run_invalid && controls->deciding_cell_blind;
    bool failed = false, imprecise = false;
    for (size_t i = 0; i < controls->count; i++) {
        const struct analyse_control *control = &controls->control[i];
        if (control->blinds == ANALYSE_BLINDS_RUN) {
            const bool too_imprecise = strstr(control->reason, "imprecise control") != NULL;
            *(too_imprecise ? &imprecise : &failed) = true;
            if (!too_imprecise && s->fault == FAULT_NONE)
                snprintf(tally->why, sizeof tally->why, "%s: %.300s", control->name, control->reason);
        }
        for (size_t name = 0; name < COUNTED && control->panel != ANALYSE_NONE; name++)
            tally->imprecise[name] += control->status == ANALYSE_IMPRECISE && strcmp(control->name, counted[name]) == 0;
    }
    tally->failed_falsely += failed;
    tally->too_imprecise += imprecise && !failed;
    for (size_t c = 0; c < s->cell_count; c++) {
        tally->cells++;
        const bool blind = analyse_controls_objection(controls, s->cell[c].panel, s->cell[c].workload) != NULL;
        tally->blind_cells += blind;
        tally->blind_by_cell[c] += blind;
    }
}

static void count_fault(const struct simulation *s, struct tally *tally)
{
    const struct cell *cell = &s->cell[s->faulty];
    for (size_t i = 0; i < s->run.controls.count; i++) {
        const struct analyse_control *control = &s->run.controls.control[i];
        tally->named += control->panel == cell->panel && control->workload == cell->workload &&
                        control->status == ANALYSE_FAILED && strcmp(control->name, fault_controls[s->fault]) == 0;
    }
    /* A cell that is not blind would speak, were the run not invalid for others. */
    tally->spoke +=
        gives_verdict(s, cell) || analyse_controls_objection(&s->run.controls, cell->panel, cell->workload) == NULL;
}

static void simulate_run(struct simulation *s, struct tally *tally)
{
    struct error error = {0};
    draw_processes(s);
    draw_clocks(s);
    for (size_t i = 0; i < s->base.effects.effect_count; i++)
        draw_effect(s, i);
    for (size_t i = 0; i < s->base.effects.clock_count; i++)
        draw_clock_contrast(s, i);
    draw_linearity(s);
    if (analyse_claims_read(&s->run.claims, &s->run.data, &error) != 0 ||
        analyse_controls_check(&s->run.controls, &s->run.data, &s->run.effects, &s->run.claims, &error) != 0)
        die(error.message);
    count_controls(s, tally);
    if (s->fault != FAULT_NONE) {
        if (analyse_claims_judge(&s->run.claims, &s->run.data, &s->run.effects, &s->run.controls, &error) != 0)
            die(error.message);
        count_fault(s, tally);
    }
    analyse_controls_free(&s->run.controls);
    analyse_claims_free(&s->run.claims);
}

/* ---- reading, printing ---- */

static void index_cells(struct simulation *s)
{
    const struct analyse_data *data = &s->base.data;
    if (data->cells.row_count > CELLS_MOST)
        die("more cells than this program counts");
    s->cell = allocate(data->cells.row_count, sizeof *s->cell);
    for (size_t row = 0; row < data->cells.row_count; row++) {
        struct cell *cell = &s->cell[s->cell_count++];
        analyse_cell_of_row(data, row, &cell->panel, &cell->workload);
        cell->process = allocate(data->process_count, sizeof *cell->process);
        cell->drawn = allocate(data->process_count, sizeof *cell->drawn);
        for (size_t i = 0; i < data->process_count; i++)
            if (data->process[i].ok && data->process[i].panel == cell->panel &&
                data->process[i].workload == cell->workload)
                cell->process[cell->count++] = i;
    }
}

static void open_run(struct simulation *s, const char *directory)
{
    struct error error = {0};
    if (analysis_make(&s->base, directory, &error) != 0)
        die(error.message);
    index_cells(s);
    s->run.data = s->base.data; /* all that is not time is shared */
    s->run.data.process = allocate(s->base.data.process_count, sizeof *s->run.data.process);
    memcpy(s->run.data.process, s->base.data.process, s->base.data.process_count * sizeof *s->run.data.process);
    if (analyse_effects_collect(&s->run.effects, &s->run.data, &error) != 0)
        die(error.message);
}

static void close_run(struct simulation *s)
{
    for (size_t c = 0; c < s->cell_count; c++) {
        free(s->cell[c].process);
        free(s->cell[c].drawn);
    }
    free(s->cell);
    analyse_effects_free(&s->run.effects);
    free(s->run.data.process);
    analysis_free(&s->base);
}

static double percent(size_t count, size_t of)
{
    return of ? 100 * (double)count / (double)of : NAN;
}

static void print_rate(const char *what, size_t count, size_t of)
{
    const struct stats_interval bounds = stats_proportion_interval(count, of, 0.05);
    printf("  %-44s %6.2f %% [%.2f; %.2f]  %zu of %zu\n", what, percent(count, of), 100 * bounds.low, 100 * bounds.high,
           count, of);
}

static bool has_only_size(const struct simulation *s, const struct cell *cell)
{
    for (size_t r = 0; r < s->run.effects.linearity_count; r++) {
        const struct analyse_linearity *rows = &s->run.effects.linearity[r];
        if (rows->panel == cell->panel && rows->workload == cell->workload && !rows->is_contrast)
            return linearity_is_only_size(rows->iterations, level_of(s, rows));
    }
    return false;
}

static struct tally simulate(struct simulation *s, enum fault fault, double noise, size_t runs)
{
    struct tally tally = {0};
    s->fault = fault;
    s->noise = noise;
    for (size_t i = 0; i < runs; i++) {
        s->stream = random_stream_of(20261128, RANDOM_SIMULATION, (uint64_t)fault * 100 + (uint64_t)noise, i);
        s->faulty = i % s->cell_count;
        /* A batch that is one long op has no other size in any run: that it would take longer in one is no fault of it.
         */
        while (fault == FAULT_LINEARITY && has_only_size(s, &s->cell[s->faulty]))
            s->faulty = (s->faulty + 1) % s->cell_count;
        simulate_run(s, &tally);
    }
    return tally;
}

/* Which cells are most often blind, and for what. */
static void print_blind_cells(const struct simulation *s, const struct tally *tally)
{
    for (size_t c = 0; c < s->cell_count; c++)
        if (tally->blind_by_cell[c] * 20 > tally->runs)
            printf("    %s %s: blind in %.0f %%%s\n", s->base.data.panel_names[s->cell[c].panel],
                   analyse_workload_name(&s->base.data, s->cell[c].workload),
                   percent(tally->blind_by_cell[c], tally->runs),
                   analyse_cell_decides(&s->base.data, s->cell[c].panel, s->cell[c].workload) ? "; decides claims"
                                                                                              : "");
}

static void print_faultless(const struct simulation *s, double noise, const struct tally *tally)
{
    printf("noise %g, no fault\n", noise);
    print_rate("run invalid", tally->invalid, tally->runs);
    print_rate("  because a control failed", tally->failed_falsely, tally->runs);
    if (tally->why[0])
        printf("      %s\n", tally->why);
    print_rate("  because over 10 % of the cells are imprecise", tally->too_imprecise, tally->runs);
    print_rate("valid; but a cell that decides is blind", tally->blind_deciding, tally->runs);
    print_rate("cells left blind", tally->blind_cells, tally->cells);
    for (size_t i = 0; i < COUNTED; i++)
        printf("    %s imprecise in %.2f %% of the cells\n", counted[i],
               percent(tally->imprecise[i], tally->runs * s->cell_count));
    print_blind_cells(s, tally);
}

static void print_fault(enum fault fault, double noise, const struct tally *tally)
{
    printf("noise %g, %s of one cell off by twice its tolerance\n", noise, fault_names[fault]);
    print_rate("the cell gives a verdict", tally->spoke, tally->runs);
    print_rate("its control is named failed", tally->named, tally->runs);
}

/* What must be so on any recorded run; the rest is printed for reading. */
static bool check_rate(const char *what, double noise, size_t count, size_t of, double most_percent)
{
    const bool within = (double)count * 100 <= most_percent * (double)of;
    if (!within)
        printf("MISSED at noise %g: %s: %.2f %%; expected at most %g %%\n", noise, what, percent(count, of),
               most_percent);
    return within;
}

static bool simulate_faultless(struct simulation *s, double noise, size_t runs, bool sizes)
{
    const struct tally tally = simulate(s, FAULT_NONE, noise, runs);
    print_faultless(s, noise, &tally);
    bool met =
        check_rate("runs without a fault in which a control of the run failed", noise, tally.failed_falsely, runs, 1);
    if (noise == 1 && !sizes)
        met &= check_rate("runs without a fault that are invalid", noise, tally.invalid, runs, 1);
    return met;
}

static bool simulate_fault(struct simulation *s, enum fault fault, double noise, size_t runs)
{
    const struct tally tally = simulate(s, fault, noise, runs);
    print_fault(fault, noise, &tally);
    return check_rate("cells with a fault that give a verdict", noise, tally.spoke, runs, 1);
}

/* First as recorded, then with other sizes of the batch; of a run that has recorded them only so. */
int main(int count, char **arguments)
{
    static const double noises[] = {1, 3, 10};
    struct simulation s = {0};
    if (count < 2 || count > 4)
        die("usage: controls_simulate RUN_DIRECTORY [RUNS [NOISES]]");
    const size_t runs = count > 2 ? strtoul(arguments[2], NULL, 10) : 1000;
    const size_t noise_count = count > 3 ? strtoul(arguments[3], NULL, 10) : sizeof noises / sizeof noises[0];
    bool met = runs > 0 && noise_count <= sizeof noises / sizeof noises[0];
    open_run(&s, arguments[1]);
    printf("%zu cells, %zu processes; %zu runs of each kind\n", s.cell_count, s.base.data.process_count, runs);
    const bool recorded = s.base.data.linearity_recorded;
    for (size_t n = 0; n < noise_count && !recorded; n++)
        met &= simulate_faultless(&s, noises[n], runs, false);
    if (!recorded) {
        add_sizes(&s);
        printf("with other sizes of the batch, made of the twins\n");
    }
    for (size_t n = 0; n < noise_count; n++) {
        met &= simulate_faultless(&s, noises[n], noise_count < 2 ? runs / 5 + 1 : runs, true);
        for (enum fault fault = FAULT_NONE + 1; fault < FAULTS; fault++)
            met &= simulate_fault(&s, fault, noises[n], noise_count < 2 ? runs / 5 + 1 : runs);
        fflush(stdout);
    }
    close_run(&s);
    return met ? EXIT_PASS : EXIT_REGRESSION;
}
