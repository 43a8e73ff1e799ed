#include "analyse_internal.h"
#include "kernels/kernels.h"
#include "machine.h"
#include "panels.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_TOLERANCE 0.03
/* Of arms one after the other the first and the last are 0.8 of a block apart and more, in a fixed order that is not mirrored 0.4. Arms
 * that take turns: 0.002 with hundreds of blocks; with a few blocks in six processes on a machine three times overbooked, up to 0.05,
 * because what interrupts a block moves all that comes after it. */
#define POSITION_TOLERANCE     0.1
#define PLANTED_LEAST          0.5
#define PLANTED_MOST           1.5
#define CLOCK_TOLERANCE_PPM    100
#define VOID_TOLERANCE_PERCENT 10
enum { MULTIPLY_LATENCY_LEAST = 2, MULTIPLY_LATENCY_MOST = 6 };

const char *analyse_control_status_name(enum analyse_control_status status)
{
    static const char *const names[] = {"ok", "failed", "not measured"};
    return names[status];
}

/* What the checks share. A control starts as not measured and has to earn its `ok`. */
struct check {
    struct analyse_controls *controls;
    const struct analyse_data *data;
    const struct analyse_effects *effects;
    double alpha_part;
    double alpha_twin;
    struct error *error;
};

static struct analyse_control *add_control(struct check *check, const char *name, size_t panel, size_t workload)
{
    struct analyse_controls *controls = check->controls;
    if (controls->count == controls->capacity) {
        size_t capacity = controls->capacity ? 2 * controls->capacity : 16;
        struct analyse_control *grown = realloc(controls->control, capacity * sizeof *grown);
        if (!grown) {
            error_set(check->error, EXIT_USAGE, "out of memory; free some and analyse again");
            return NULL;
        }
        controls->control = grown;
        controls->capacity = capacity;
    }
    struct analyse_control *control = &controls->control[controls->count++];
    *control = (struct analyse_control){
        .panel = panel, .workload = workload, .estimate = NAN, .low = NAN, .high = NAN, .status = ANALYSE_NOT_MEASURED};
    snprintf(control->name, sizeof control->name, "%s", name);
    if (panel == ANALYSE_NONE)
        snprintf(control->subject, sizeof control->subject, "run");
    else
        snprintf(control->subject, sizeof control->subject, "%s %s", check->data->panel_names[panel],
                 analyse_workload_name(check->data, workload));
    return control;
}

static void set_seen(struct analyse_control *control, double estimate, struct stats_interval interval)
{
    control->estimate = estimate;
    control->low = interval.low;
    control->high = interval.high;
}

static const struct analyse_effect *find_of_kind(const struct check *check, size_t panel, size_t workload,
                                                 const char *kind, const struct analyse_effect *after)
{
    const struct analyse_effect *end = check->effects->effect + check->effects->effect_count;
    for (const struct analyse_effect *effect = after ? after + 1 : check->effects->effect; effect < end; effect++)
        if (effect->panel == panel && effect->workload == workload && strcmp(effect->kind, kind) == 0)
            return effect;
    return NULL;
}

/* Divides each value by the length of a cycle in its process, without processes that have no clock; the new count. */
static size_t to_cycles(double *values, const struct analyse_samples *samples)
{
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) {
        double cycle_ns = samples->process[i]->chain_ns / CHAIN_CYCLES_PER_OP;
        if (cycle_ns > 0)
            values[count++] = values[i] / cycle_ns;
    }
    return count;
}

/* ---- what the design promises, by what was recorded ---- */

/* The middle of the positions of an arm over processes; NaN when one has none. */
static double arm_position(const struct analyse_data *data, const struct analyse_level *level, double *scratch)
{
    for (size_t i = 0; i < level->samples.count; i++)
        if (isnan(scratch[i] = csv_number(&data->processes, level->samples.row[i], SCHEMA_processes_mean_position)))
            return NAN;
    return stats_quantile(scratch, level->samples.count, 0.5);
}

/* In how many processes the arms of a cell did not take turns, and in how many they were seen. Half of the processes may not have, and
 * the middle over processes would not say so. */
static size_t count_apart(const struct check *check, size_t panel, size_t workload, size_t *seen)
{
    const struct analyse_data *data = check->data;
    size_t apart = 0;
    *seen = 0;
    for (size_t i = 0; i < data->process_count; i++) {
        double low = INFINITY, high = -INFINITY;
        if (data->process[i].panel != panel || data->process[i].workload != workload)
            continue;
        for (size_t l = 0; l < check->effects->level_count; l++) {
            const struct analyse_level *level = &check->effects->level[l];
            if (level->panel != panel || level->workload != workload)
                continue;
            for (size_t sample = 0; sample < level->samples.count; sample++) {
                if (level->samples.process[sample] != &data->process[i])
                    continue;
                const double position =
                    csv_number(&data->processes, level->samples.row[sample], SCHEMA_processes_mean_position);
                low = fmin(low, position);
                high = fmax(high, position);
            }
        }
        *seen += high >= low;
        apart += high - low > POSITION_TOLERANCE;
    }
    return apart;
}

/* Arms that take turns have the same mean time, by the clock; on a machine that happens to be quiet nothing else would tell them from
 * arms that ran one after the other. */
static void check_interleaving(struct check *check, size_t panel, size_t workload)
{
    struct analyse_control *control = add_control(check, "interleaving", panel, workload);
    double *scratch = calloc(check->data->process_count + 1, sizeof *scratch);
    const struct analyse_level *first = NULL, *last = NULL;
    bool known = true;
    if (!control || !scratch) {
        free(scratch);
        error_set(check->error, EXIT_USAGE, "out of memory; free some and analyse again");
        return;
    }
    snprintf(control->expected, sizeof control->expected,
             "mean positions of the arms in a block (0 first; 1 last) within %g of each other; in all but %d %% of the "
             "processes",
             POSITION_TOLERANCE, VOID_TOLERANCE_PERCENT);
    for (size_t i = 0; i < check->effects->level_count; i++) {
        const struct analyse_level *level = &check->effects->level[i];
        if (level->panel != panel || level->workload != workload)
            continue;
        const double position = arm_position(check->data, level, scratch);
        known = known && !isnan(position);
        if (!first || position < control->low) {
            control->low = position;
            first = level;
        }
        if (!last || position > control->high) {
            control->high = position;
            last = level;
        }
    }
    free(scratch);
    if (!first || !known) {
        set_seen(control, NAN, (struct stats_interval){NAN, NAN});
        snprintf(control->reason, sizeof control->reason, "no mean positions were recorded");
        return;
    }
    control->estimate = control->high - control->low;
    control->status = control->estimate <= POSITION_TOLERANCE ? ANALYSE_OK : ANALYSE_FAILED;
    if (control->status == ANALYSE_FAILED)
        snprintf(control->reason, sizeof control->reason,
                 "%.100s was timed at %.3g of a block and %.100s at %.3g: drift of the machine looks like a difference",
                 first->arm, control->low, last->arm, control->high);
    size_t seen;
    const size_t apart = count_apart(check, panel, workload, &seen);
    /* One may always: of the few short processes of a trial run, on a machine that is busy. */
    if (control->status == ANALYSE_OK && apart > 1 && apart * 100 > VOID_TOLERANCE_PERCENT * seen) {
        control->status = ANALYSE_FAILED;
        snprintf(control->reason, sizeof control->reason,
                 "in %zu of %zu processes the arms did not take turns: drift of the machine looks like a difference",
                 apart, seen);
    }
}

static const char *layout_of(const struct check *check, const struct analyse_level *level, size_t sample)
{
    return csv_text(&check->data->processes, level->samples.row[sample], SCHEMA_processes_layout);
}

/* A word of a layout such as "offset=704:order=4a8c929b" or "file=3:NAME", as the launcher writes them; of length 0 where it has none. */
struct layout_word {
    const char *text;
    size_t length;
};

static struct layout_word layout_word(const char *layout, const char *key)
{
    const char *at = strstr(layout, key);
    return at && (at == layout || at[-1] == ':') ? (struct layout_word){at, strcspn(at, ":")}
                                                 : (struct layout_word){layout, 0};
}

static bool same_word(const char *one, const char *other, const char *key)
{
    const struct layout_word a = layout_word(one, key), b = layout_word(other, key);
    return a.length > 0 && a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/* A given layout is its file, by whatever name. */
static bool same_layout(const char *one, const char *other)
{
    return strcmp(one, other) == 0 || same_word(one, other, "file=");
}

/* Distinct layouts of an arm over its processes. */
static size_t count_layouts(const struct check *check, const struct analyse_level *level)
{
    size_t distinct = 0;
    for (size_t i = 0; i < level->samples.count; i++) {
        size_t before = 0;
        while (before < i && !same_layout(layout_of(check, level, i), layout_of(check, level, before)))
            before++;
        distinct += before == i;
    }
    return distinct;
}

/* Layouts that differ in one word only are not laid out afresh in the other. There are 256 offsets: of 64 draws at least 32 are distinct,
 * always for all that can be seen. */
static bool word_spreads(const struct check *check, const struct analyse_level *level, const char *key)
{
    size_t distinct = 0, count = 0;
    for (size_t i = 0; i < level->samples.count; i++) {
        if (layout_word(layout_of(check, level, i), key).length == 0)
            continue;
        size_t before = 0;
        while (before < i && !same_word(layout_of(check, level, i), layout_of(check, level, before), key))
            before++;
        distinct += before == i;
        count++;
    }
    return 2 * distinct >= (count < 64 ? count : 64);
}

static void check_spread(const struct check *check, const struct analyse_level *level, struct analyse_control *control)
{
    static const char *const keys[] = {"offset=", "order="};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && control->status == ANALYSE_OK; i++)
        if (!level->single_layout && !word_spreads(check, level, keys[i])) {
            control->status = ANALYSE_FAILED;
            snprintf(control->reason, sizeof control->reason,
                     "the layouts differ but hardly in %.20s (%.100s of %s on %s)", keys[i], level->arm,
                     check->data->panel_names[level->panel], analyse_workload_name(check->data, level->workload));
        }
}

/* Processes in which two arms of one variant have one layout: a copy that is laid out alike cannot show what layout does. */
static size_t count_shared(const struct check *check, const struct analyse_level *one,
                           const struct analyse_level *other)
{
    size_t count = 0;
    for (size_t i = 0; i < one->samples.count; i++)
        for (size_t j = 0; j < other->samples.count; j++)
            count += one->samples.process[i] == other->samples.process[j] &&
                     same_layout(layout_of(check, one, i), layout_of(check, other, j));
    return count;
}

/* The twin against what it is a copy of; false when they had one layout. */
static bool twin_has_own_layout(const struct check *check, const struct analyse_level *twin,
                                struct analyse_control *control)
{
    for (size_t i = 0; i < check->effects->level_count; i++) {
        const struct analyse_level *level = &check->effects->level[i];
        if (level == twin || level->panel != twin->panel || level->workload != twin->workload ||
            strcmp(level->variant, twin->variant) != 0)
            continue;
        const size_t shared = count_shared(check, twin, level);
        if (shared > 0) {
            snprintf(control->reason, sizeof control->reason,
                     "%.100s has the layout of %.100s in %zu of %zu processes (%s on %s)", twin->arm, level->arm,
                     shared, twin->samples.count, check->data->panel_names[twin->panel],
                     analyse_workload_name(check->data, twin->workload));
            return false;
        }
    }
    return true;
}

/* A few layouts used again and again are a sample of so many, however many processes; twins that share them cannot see it. */
static void check_layouts(struct check *check)
{
    struct analyse_control *control = add_control(check, "layouts", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected,
             "no arm has a layout twice and no twin that of its original; single layouts aside; number seen again");
    snprintf(control->reason, sizeof control->reason, "every arm has a single layout or nothing was timed");
    size_t repeated = 0, worst = 0;
    for (size_t i = 0; i < check->effects->level_count; i++) {
        const struct analyse_level *level = &check->effects->level[i];
        if (level->single_layout)
            continue;
        const size_t distinct = count_layouts(check, level), again = level->samples.count - distinct;
        repeated += again;
        if (again > worst || control->status == ANALYSE_NOT_MEASURED)
            snprintf(control->reason, sizeof control->reason, "%zu layouts over %zu processes (%.100s of %s on %s)",
                     distinct, level->samples.count, level->arm, check->data->panel_names[level->panel],
                     analyse_workload_name(check->data, level->workload));
        worst = again > worst ? again : worst;
        control->status = repeated ? ANALYSE_FAILED : ANALYSE_OK;
    }
    if (control->status == ANALYSE_NOT_MEASURED)
        return;
    control->estimate = (double)repeated;
    for (size_t i = 0; i < check->effects->level_count && control->status == ANALYSE_OK; i++)
        if (strcmp(check->effects->level[i].role, "twin") == 0 && !check->effects->level[i].single_layout &&
            !twin_has_own_layout(check, &check->effects->level[i], control))
            control->status = ANALYSE_FAILED;
    for (size_t i = 0; i < check->effects->level_count && control->status == ANALYSE_OK; i++)
        check_spread(check, &check->effects->level[i], control);
    if (control->status == ANALYSE_OK)
        control->reason[0] = '\0';
}

/* ---- twins ---- */

static bool holds_zero(struct stats_interval interval)
{
    return interval.low <= 0 && interval.high >= 0;
}

static void judge_twin(struct check *check, struct analyse_control *control, const struct analyse_effect *twin)
{
    const struct analyse_samples *samples = &twin->samples;
    const double alpha =
        check->alpha_twin / 3; /* both scales decide parts, and the plain means can undo it: three tests a twin */
    const struct stats_interval interval = stats_signed_rank_interval(samples->value, samples->count, alpha, NULL);
    const struct stats_interval log_ratio = stats_signed_rank_interval(samples->log_ratio, samples->count, alpha, NULL);
    const struct stats_interval plain = stats_signed_rank_interval(samples->plain, samples->count, alpha, NULL);
    set_seen(control, stats_hodges_lehmann(samples->value, samples->count), interval);
    if (isinf(interval.low) || isinf(log_ratio.low) || isinf(plain.low)) {
        snprintf(control->reason, sizeof control->reason,
                 "%zu processes are too few for an interval at this confidence", samples->count);
        return;
    }
    const bool absolute = holds_zero(interval), relative = holds_zero(log_ratio);
    control->status = absolute && relative && holds_zero(plain) ? ANALYSE_OK : ANALYSE_FAILED;
    if (!absolute)
        snprintf(control->reason, sizeof control->reason,
                 "identical code differs by %.4g ns [%.4g; %.4g] (%s): what differs is not the code", control->estimate,
                 interval.low, interval.high, twin->contrast);
    else if (!relative)
        snprintf(control->reason, sizeof control->reason,
                 "the log ratio of identical code is [%.4g; %.4g] (%s): what differs is not the code", log_ratio.low,
                 log_ratio.high, twin->contrast);
    else if (control->status == ANALYSE_FAILED)
        snprintf(control->reason, sizeof control->reason,
                 "the plain means of identical code differ by [%.4g; %.4g] ns (%s): what differs is not the code",
                 plain.low, plain.high, twin->contrast);
}

static void check_twins(struct check *check, size_t panel, size_t workload)
{
    const struct analyse_effect *twin = NULL;
    bool any = false;
    do {
        twin = find_of_kind(check, panel, workload, "twin", twin);
        if (!twin && any)
            return;
        any = true;
        struct analyse_control *control = add_control(check, "twins", panel, workload);
        if (!control)
            return;
        snprintf(control->expected, sizeof control->expected,
                 "interval in ns contains 0; all twins of the run together at %g %%", 100 * (1 - ANALYSE_TWIN_ERROR));
        if (twin)
            judge_twin(check, control, twin);
        else
            snprintf(control->reason, sizeof control->reason, "no twin was measured");
    } while (twin);
}

/* Pairs of one code by another name are twins that nobody planned. */
static void check_identical(struct check *check, size_t panel, size_t workload)
{
    const struct analyse_effect *pair = NULL;
    while ((pair = find_of_kind(check, panel, workload, "pair", pair)) != NULL) {
        struct analyse_control *control = pair->identical ? add_control(check, "identical", panel, workload) : NULL;
        if (control == NULL)
            continue;
        snprintf(control->expected, sizeof control->expected,
                 "the code of both sides is the same: interval in ns contains 0 as that of twins does");
        judge_twin(check, control, pair);
    }
}

/* ---- chains ---- */

/* A clock that only some processes have says nothing about the others: all of them, or it was not measured. */
static bool is_everywhere(struct analyse_control *control, const char *what, size_t count, size_t processes)
{
    if (count == processes && count > 0)
        return true;
    if (count == 0)
        snprintf(control->reason, sizeof control->reason, "no process has %s", what);
    else
        snprintf(control->reason, sizeof control->reason, "only %zu of %zu processes have %s", count, processes, what);
    return false;
}

/*
 * `ratio`: what the chain got longer by on the relative scale, which decides claims as well as the absolute one. An interval that lies
 * across an end of what is tolerated has not found the planted cycles wrong, only not measured them well enough: of four blocks of 16 MiB
 * ops, 32.0 [30.7, 33.1]. That leaves a cell blind, and the run where the cell decides claims.
 */
static void judge_chain_planted(struct analyse_control *control, double ratio)
{
    const double planted = CHAIN_PLANTED_EXTRA_CYCLES, planted_ratio = planted / CHAIN_CYCLES_PER_OP;
    if (isinf(control->low)) {
        snprintf(control->reason, sizeof control->reason, "too few processes for an interval at this confidence");
        return;
    }
    const bool absolute =
        control->low >= planted * (1 - CHAIN_TOLERANCE) && control->high <= planted * (1 + CHAIN_TOLERANCE);
    const bool relative = fabs(ratio / planted_ratio - 1) <= CHAIN_TOLERANCE;
    const bool near = fabs(control->estimate / planted - 1) <= CHAIN_TOLERANCE;
    control->status = absolute && relative ? ANALYSE_OK : near && relative ? ANALYSE_NOT_MEASURED : ANALYSE_FAILED;
    if (control->status == ANALYSE_NOT_MEASURED)
        snprintf(control->reason, sizeof control->reason, "too imprecise: %.4g cycles [%.4g; %.4g] for %.4g planted",
                 control->estimate, control->low, control->high, planted);
    else if (!absolute)
        snprintf(control->reason, sizeof control->reason, "%.4g cycles [%.4g; %.4g] seen where %.4g were planted",
                 control->estimate, control->low, control->high, planted);
    else if (!relative)
        snprintf(control->reason, sizeof control->reason, "log ratios say %+.4g %% where %+.4g %% were planted",
                 100 * ratio, 100 * planted_ratio);
}

static void check_chain_planted(struct check *check, size_t panel, size_t workload)
{
    struct analyse_control *control = add_control(check, "chain_planted", panel, workload);
    struct analyse_samples samples = {0};
    if (!control ||
        analyse_samples_of_contrast(check->data, panel, workload, "chain_planted", &samples, check->error) != 0) {
        analyse_samples_free(&samples);
        return;
    }
    snprintf(control->expected, sizeof control->expected, "%d cycles within %g %%", CHAIN_PLANTED_EXTRA_CYCLES,
             100 * CHAIN_TOLERANCE);
    size_t count = to_cycles(samples.value, &samples);
    if (is_everywhere(control, "both chain and chain_planted", count,
                      analyse_cell_processes(check->data, panel, workload, true))) {
        const struct stats_interval interval =
            stats_signed_rank_interval(samples.value, count, check->alpha_part, NULL);
        set_seen(control, stats_hodges_lehmann(samples.value, count), interval);
        judge_chain_planted(control, exp(stats_hodges_lehmann(samples.log_ratio, samples.count)) - 1);
    }
    analyse_samples_free(&samples);
}

/* The other kind of chain: if one cycle of the clock were not one cycle, its latency would not be a whole number of
 * them. */
static void check_chain_multiply(struct check *check, size_t panel, size_t workload)
{
    struct analyse_control *control = add_control(check, "chain_multiply", panel, workload);
    double *cycles = calloc(check->data->process_count + 1, sizeof *cycles);
    if (!control || !cycles) {
        free(cycles);
        error_set(check->error, EXIT_USAGE, "out of memory; free some and analyse again");
        return;
    }
    snprintf(control->expected, sizeof control->expected,
             "cycles of a multiplication: within %g %% of a whole number from %d to %d", 100 * CHAIN_TOLERANCE,
             MULTIPLY_LATENCY_LEAST, MULTIPLY_LATENCY_MOST);
    size_t count = 0;
    for (size_t i = 0; i < check->data->process_count; i++) {
        const struct analyse_process *process = &check->data->process[i];
        double value =
            (process->chain_multiply_ns / CHAIN_MULTIPLIES_PER_OP) / (process->chain_ns / CHAIN_CYCLES_PER_OP);
        if (process->ok && process->panel == panel && process->workload == workload && isfinite(value))
            cycles[count++] = value;
    }
    if (is_everywhere(control, "both chain and chain_multiply", count,
                      analyse_cell_processes(check->data, panel, workload, true))) {
        set_seen(control, stats_hodges_lehmann(cycles, count),
                 stats_signed_rank_interval(cycles, count, check->alpha_part, NULL));
        double whole = round(control->estimate);
        bool ok = whole >= MULTIPLY_LATENCY_LEAST && whole <= MULTIPLY_LATENCY_MOST &&
                  fabs(control->estimate / whole - 1) <= CHAIN_TOLERANCE;
        control->status = ok ? ANALYSE_OK : ANALYSE_FAILED;
        if (!ok)
            snprintf(
                control->reason, sizeof control->reason,
                "a multiplication takes %.4g cycles of the chain clock: one of the two chains is not what it should be",
                control->estimate);
    }
    free(cycles);
}

/* ---- the planted arm of a real op ---- */

/* Cycles planted in an op, of the variant of the planted arm; NaN when metrics.csv does not say. */
static double planted_cycles(const struct analyse_data *data, const struct analyse_effect *planted)
{
    const struct csv_data *metrics = &data->metrics;
    for (size_t row = 0; row < metrics->row_count; row++)
        if (strcmp(csv_text(metrics, row, SCHEMA_metrics_metric), "planted_cycles_per_op") == 0 &&
            strcmp(csv_text(metrics, row, SCHEMA_metrics_workload), analyse_workload_name(data, planted->workload)) ==
                0 &&
            analyse_list_has(planted->contender, csv_text(metrics, row, SCHEMA_metrics_variant)) &&
            csv_number(metrics, row, SCHEMA_metrics_value) > 0) /* a module without a plant says 0 */
            return csv_number(metrics, row, SCHEMA_metrics_value);
    return NAN;
}

/* The plant as each kind of figure has it, in cycles of a process's own clock: that of all claims in ns, of those in percent, and the plain
 * means that can undo either. */
struct plant_seen {
    double *by_difference, *by_log_ratio, *by_plain;
    size_t count;
};

static double baseline_ns(const struct check *check, const struct analyse_effect *effect,
                          const struct analyse_process *process)
{
    for (size_t i = 0; i < check->effects->level_count; i++) {
        const struct analyse_level *level = &check->effects->level[i];
        if (level->panel != effect->panel || level->workload != effect->workload ||
            !analyse_list_has("baseline contender", level->role) || !analyse_list_has(effect->baseline, level->variant))
            continue;
        for (size_t sample = 0; sample < level->samples.count; sample++)
            if (level->samples.process[sample] == process)
                return level->samples.value[sample];
    }
    return NAN;
}

static void fill_plant(const struct check *check, const struct analyse_effect *effect, struct plant_seen *seen)
{
    const struct analyse_samples *samples = &effect->samples;
    for (size_t i = 0; i < samples->count; i++) {
        const double cycle_ns = samples->process[i]->chain_ns / CHAIN_CYCLES_PER_OP;
        const double over_ns = baseline_ns(check, effect, samples->process[i]);
        if (!(cycle_ns > 0) || isnan(over_ns))
            continue;
        seen->by_difference[seen->count] = samples->value[i] / cycle_ns;
        seen->by_log_ratio[seen->count] = expm1(samples->log_ratio[i]) * over_ns / cycle_ns;
        seen->by_plain[seen->count++] = samples->plain[i] / cycle_ns;
    }
}

static bool is_right_size(double cycles, double planted)
{
    return cycles >= PLANTED_LEAST * planted && cycles <= PLANTED_MOST * planted;
}

static void judge_planted(struct check *check, struct analyse_control *control, const struct plant_seen *plant,
                          double planted)
{
    const double *cycles = plant->by_difference;
    const size_t count = plant->count;
    const double by_log_ratio = stats_hodges_lehmann(plant->by_log_ratio, count);
    const double by_plain = stats_hodges_lehmann(plant->by_plain, count);
    struct stats_interval interval = stats_signed_rank_interval(cycles, count, check->alpha_part, NULL);
    double mde = stats_mde(stats_standard_deviation(cycles, count), count, check->alpha_part, VERDICT_POWER);
    double share = stats_hodges_lehmann(cycles, count) / planted;
    set_seen(control, share * planted, interval);
    char mde_text[96] = "";
    if (planted < mde)
        snprintf(mde_text, sizeof mde_text, "; the plant of %.4g cycles is below the MDE of %.4g", planted, mde);
    if (isinf(interval.low)) {
        snprintf(control->reason, sizeof control->reason,
                 "%zu processes are too few for an interval at this confidence", count);
        return;
    }
    const bool seen = interval.low > 0, right_size = is_right_size(share * planted, planted);
    const bool all_say_so = is_right_size(by_log_ratio, planted) && by_plain > 0;
    /* All that was planted may well be there: what it says is that nothing of this size can be seen in this cell. Over 20 processes the
     * 1 MiB op has an interval of +-8 %, the plant is 10 %. */
    if (!(seen && right_size && all_say_so) && planted < mde && interval.low <= planted && planted <= interval.high) {
        snprintf(control->reason, sizeof control->reason, "too imprecise: %.4g cycles [%.4g; %.4g]%s",
                 control->estimate, interval.low, interval.high, mde_text);
        return;
    }
    control->status = seen && right_size && all_say_so ? ANALYSE_OK : ANALYSE_FAILED;
    if (!seen)
        snprintf(control->reason, sizeof control->reason, "not detected: %.4g cycles [%.4g; %.4g]%s", control->estimate,
                 interval.low, interval.high, mde_text);
    else if (!right_size)
        snprintf(control->reason, sizeof control->reason, "%.4g cycles seen where %.4g were planted: %.2f of them%s",
                 control->estimate, planted, share, mde_text);
    else if (!all_say_so)
        snprintf(control->reason, sizeof control->reason,
                 "%.4g cycles seen in ns but %.4g by log ratios and %.4g by plain means where %.4g were planted%s",
                 control->estimate, by_log_ratio, by_plain, planted, mde_text);
    else if (planted < mde)
        snprintf(control->reason, sizeof control->reason,
                 "detected although the plant of %.4g cycles is below the MDE of %.4g", planted, mde);
}

/* A stranger's module need not come with a planted one. In a panel made for it, of no claim, the planted chain is the positive control. */
static bool does_without_plant(const struct analyse_data *data, size_t panel, size_t workload)
{
    const char *name = data->panel_names[panel];
    for (size_t row = 0; row < data->panels.row_count; row++)
        if (strcmp(csv_text(&data->panels, row, SCHEMA_panels_panel), name) == 0 &&
            strcmp(csv_text(&data->panels, row, SCHEMA_panels_kind), "planted") == 0)
            return false;
    return strncmp(name, PANELS_MADE, strlen(PANELS_MADE)) == 0 && !analyse_cell_decides(data, panel, workload);
}

static void check_planted(struct check *check, size_t panel, size_t workload)
{
    struct analyse_control *control = add_control(check, "planted", panel, workload);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected, "cycles: interval above 0 and %g to %g of what was planted",
             PLANTED_LEAST, PLANTED_MOST);
    const struct analyse_effect *effect = find_of_kind(check, panel, workload, "planted", NULL);
    if (!effect) {
        control->waived = does_without_plant(check->data, panel, workload);
        snprintf(control->reason, sizeof control->reason, "no planted arm was measured%s",
                 control->waived ? ": its baseline comes without one; the planted chain stands for it" : "");
        return;
    }
    double planted = planted_cycles(check->data, effect);
    if (isnan(planted)) {
        snprintf(control->reason, sizeof control->reason, "metrics.csv does not say how many cycles were planted");
        return;
    }
    snprintf(control->expected, sizeof control->expected, "%.6g cycles: interval above 0 and %g to %g of it", planted,
             PLANTED_LEAST, PLANTED_MOST);
    const size_t most = effect->samples.count + 1;
    double *figures = calloc(3 * most, sizeof *figures);
    if (!figures) {
        error_set(check->error, EXIT_USAGE, "out of memory; free some and analyse again");
        return;
    }
    struct plant_seen seen = {.by_difference = figures, .by_log_ratio = figures + most, .by_plain = figures + 2 * most};
    fill_plant(check, effect, &seen);
    if (seen.count < 2)
        snprintf(control->reason, sizeof control->reason,
                 "no two processes have both the planted arm and the chain clock");
    else
        judge_planted(check, control, &seen, planted);
    free(figures);
}

/* ---- the run as a whole ---- */

static void check_clock(struct check *check)
{
    struct analyse_control *control = add_control(check, "clock", ANALYSE_NONE, ANALYSE_NONE);
    double *rates = calloc(check->data->process_count + 1, sizeof *rates);
    if (!control || !rates) {
        free(rates);
        error_set(check->error, EXIT_USAGE, "out of memory; free some and analyse again");
        return;
    }
    const size_t source = csv_find(&check->data->machine, SCHEMA_machine_key, "clock_source");
    const bool same_counter = source < check->data->machine.row_count &&
                              machine_clock_is_counter(csv_text(&check->data->machine, source, SCHEMA_machine_value));
    snprintf(control->expected, sizeof control->expected,
             "ticks per ns of every process within %d ppm of their median; ppm seen%s", CLOCK_TOLERANCE_PPM,
             same_counter ? "; both clocks read the same counter: of its own drift nothing is seen" : "");
    size_t count = 0, processes = 0;
    for (size_t i = 0; i < check->data->process_count; i++) {
        processes += check->data->process[i].ok;
        if (check->data->process[i].ok && check->data->process[i].ticks_per_ns > 0)
            rates[count++] = check->data->process[i].ticks_per_ns;
    }
    if (is_everywhere(control, "ticks of the time-stamp counter", count, processes)) {
        double median = stats_quantile(rates, count, 0.5);
        set_seen(control, 0,
                 (struct stats_interval){1e6 * (stats_quantile(rates, count, 0) / median - 1),
                                         1e6 * (stats_quantile(rates, count, 1) / median - 1)});
        control->estimate = fmax(fabs(control->low), fabs(control->high));
        control->status = control->estimate <= CLOCK_TOLERANCE_PPM ? ANALYSE_OK : ANALYSE_FAILED;
        if (control->status == ANALYSE_FAILED)
            snprintf(control->reason, sizeof control->reason,
                     "time-stamp counter and CLOCK_MONOTONIC_RAW drift apart by up to %.4g ppm", control->estimate);
    }
    free(rates);
}

/* Void and missing processes of one cell. In a complete run a process that left no row is void too; a cell with more
 * processes than were planned was looked at in between; an ok process has every contrast of its cell. */
static size_t check_cell(struct check *check, struct analyse_control *control, size_t panel, size_t workload,
                         size_t planned)
{
    const struct analyse_data *data = check->data;
    const size_t all = analyse_cell_processes(data, panel, workload, false);
    const size_t ok = analyse_cell_processes(data, panel, workload, true);
    if (!data->complete)
        planned = all;
    control->status = ANALYSE_FAILED;
    if (all > planned)
        snprintf(control->reason, sizeof control->reason,
                 "panel %s workload %s has %zu processes where %zu were planned: looks are fixed in advance",
                 data->panel_names[panel], analyse_workload_name(data, workload), all, planned);
    else if (analyse_cell_decides(data, panel, workload) && (planned - ok) * 100 > VOID_TOLERANCE_PERCENT * planned)
        snprintf(control->reason, sizeof control->reason,
                 "panel %s workload %s: %zu of %zu processes are void or missing", data->panel_names[panel],
                 analyse_workload_name(data, workload), planned - ok, planned);
    else
        control->status = ANALYSE_OK;
    for (size_t i = 0; i < check->effects->effect_count && control->status == ANALYSE_OK; i++) {
        const struct analyse_effect *effect = &check->effects->effect[i];
        if (effect->panel != panel || effect->workload != workload || effect->samples.count == ok)
            continue;
        control->status = ANALYSE_FAILED;
        snprintf(control->reason, sizeof control->reason,
                 "panel %s workload %s: contrast %s has %zu rows for %zu processes; rows are missing",
                 data->panel_names[panel], analyse_workload_name(data, workload), effect->contrast,
                 effect->samples.count, ok);
    }
    return planned - ok;
}

/* Per cell that decides claims, because half of a cell may be lost in a tenth of a run, and not by chance; and over the
 * whole run. */
static void check_void_processes(struct check *check)
{
    const struct analyse_data *data = check->data;
    struct analyse_control *control = add_control(check, "void_processes", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected,
             "at most %d %% of the planned processes of every panel on a workload; percent of all seen",
             VOID_TOLERANCE_PERCENT);
    size_t planned = 0, missing = 0;
    enum analyse_control_status status = ANALYSE_OK;
    char reason[sizeof control->reason] = "";
    for (size_t row = 0; row < data->cells.row_count; row++) {
        size_t panel, workload;
        analyse_cell_of_row(data, row, &panel, &workload);
        const size_t here = (size_t)csv_integer(&data->cells, row, SCHEMA_cells_processes);
        planned += here;
        missing += check_cell(check, control, panel, workload, here);
        if (control->status == ANALYSE_FAILED && status == ANALYSE_OK) {
            status = ANALYSE_FAILED;
            snprintf(reason, sizeof reason, "%s", control->reason);
        }
    }
    control->status = planned ? status : ANALYSE_NOT_MEASURED;
    snprintf(control->reason, sizeof control->reason, "%s", planned ? reason : "nothing was timed");
    if (planned == 0)
        return;
    control->estimate = 100 * (double)missing / (double)planned;
    if (control->status == ANALYSE_OK && missing * 100 > VOID_TOLERANCE_PERCENT * planned) {
        control->status = ANALYSE_FAILED;
        snprintf(control->reason, sizeof control->reason, "%zu of %zu processes are void or missing", missing, planned);
    }
}

/* An unfinished run decides nothing yet; that is no fault of it. */
static void check_complete(struct check *check)
{
    struct analyse_control *control = add_control(check, "complete", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected, "all that was planned up to the look was done");
    control->status = check->data->complete ? ANALYSE_OK : ANALYSE_NOT_MEASURED;
    if (!check->data->complete)
        snprintf(control->reason, sizeof control->reason, "the run is not complete");
}

/* ---- planted leaks ---- */

static void judge_leak_bytes(struct analyse_control *control, const struct growth *growth)
{
    control->estimate = growth->live_bytes_per_1000_ops * LEAK_BYTES_PERIOD_OPS / 1000;
    if (growth->class == GROWTH_GROWING && control->estimate >= LEAK_BYTES_ASKED &&
        control->estimate <= LEAK_BYTES_HANDED_OUT_MOST)
        control->status = ANALYSE_OK;
}

static void judge_leak_mapping(struct analyse_control *control, const struct growth *growth)
{
    control->estimate = growth->mapped_bytes_per_1000_ops * LEAK_MAPPING_PERIOD_OPS / 1000;
    if (growth->class == GROWTH_GROWING && fabs(control->estimate - LEAK_MAPPING_BYTES) < 1)
        control->status = ANALYSE_OK;
}

static void judge_leak_none(struct analyse_control *control, const struct growth *growth)
{
    control->estimate = growth->live_bytes_per_1000_ops + growth->mapped_bytes_per_1000_ops;
    if (growth->class == GROWTH_BOUNDED)
        control->status = ANALYSE_OK;
}

/* One of the leaks, planted in a kernel that took the same way as the variants. */
static void check_leak(struct check *check, const char *workload,
                       void (*judge)(struct analyse_control *, const struct growth *), const char *expected)
{
    struct analyse_control *control = add_control(check, workload, ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    const struct growth *growth = analyse_growth_of(&check->data->growth, LEAK_VARIANT, workload);
    control->of_heap = true;
    snprintf(control->expected, sizeof control->expected, "%s", expected);
    if (!growth || growth->class == GROWTH_NOT_AVAILABLE) {
        snprintf(control->reason, sizeof control->reason, "%s", growth ? growth->reason : "no heap pass of it");
        return;
    }
    control->status = ANALYSE_FAILED;
    judge(control, growth);
    if (control->status == ANALYSE_FAILED)
        snprintf(control->reason, sizeof control->reason, "found %s: %s", growth_class_name(growth->class),
                 growth->reason);
}

static void check_leaks(struct check *check)
{
    char expected[160];
    snprintf(expected, sizeof expected,
             "growing; every %d ops a block of %d bytes asked for: %d to %d handed out; bytes seen",
             LEAK_BYTES_PERIOD_OPS, LEAK_BYTES_ASKED, LEAK_BYTES_ASKED, LEAK_BYTES_HANDED_OUT_MOST);
    check_leak(check, LEAK_BYTES, judge_leak_bytes, expected);
    snprintf(expected, sizeof expected, "growing; every %d ops a mapping of %d bytes; bytes seen",
             LEAK_MAPPING_PERIOD_OPS, LEAK_MAPPING_BYTES);
    check_leak(check, LEAK_MAPPING, judge_leak_mapping, expected);
    check_leak(check, LEAK_NONE, judge_leak_none, "bounded: the same loop without a leak; bytes per 1000 ops seen");
}

static void summarise_heap(struct analyse_controls *controls)
{
    for (size_t i = 0; i < controls->count; i++) {
        const struct analyse_control *control = &controls->control[i];
        const bool failed = control->status == ANALYSE_FAILED;
        if (!control->of_heap || control->status == ANALYSE_OK)
            continue;
        if (controls->heap_reason[0] == '\0' || (failed && !controls->heap_failed))
            snprintf(controls->heap_reason, sizeof controls->heap_reason, "control %s %s: %s", control->name,
                     failed ? "failed" : "not measured", control->reason);
        controls->heap_failed |= failed;
    }
}

/* A control that was not measured leaves its own panel blind; a run only where claims are decided. */
static bool blinds_run(const struct analyse_control *control, const struct analyse_data *data)
{
    return control->status == ANALYSE_NOT_MEASURED && data->complete &&
           (control->panel == ANALYSE_NONE || analyse_cell_decides(data, control->panel, control->workload));
}

static void summarise(struct analyse_controls *controls, const struct analyse_data *data)
{
    const struct analyse_control *first_failed = NULL, *first_missed = NULL;
    for (size_t i = 0; i < controls->count; i++) {
        const struct analyse_control *control = &controls->control[i];
        if (control->of_heap)
            continue;
        if (control->status == ANALYSE_FAILED && !first_failed)
            first_failed = control;
        if (!first_missed && blinds_run(control, data))
            first_missed = control;
    }
    controls->failed = first_failed;
    controls->blind = first_missed;
    const struct analyse_control *first = first_failed ? first_failed : first_missed;
    if (first)
        snprintf(controls->reason, sizeof controls->reason, "control %s %s (%s): %s", first->name,
                 first_failed ? "failed" : "not measured", first->subject, first->reason);
}

bool analyse_controls_hold(const struct analyse_controls *controls, size_t panel, size_t workload)
{
    for (size_t i = 0; i < controls->count; i++)
        if (controls->control[i].panel == panel && controls->control[i].workload == workload &&
            controls->control[i].status != ANALYSE_OK && !controls->control[i].waived)
            return false;
    return true;
}

int analyse_controls_check(struct analyse_controls *controls, const struct analyse_data *data,
                           const struct analyse_effects *effects, double alpha_part, struct error *error)
{
    static void (*const of_a_cell[])(struct check *, size_t, size_t) = {
        check_interleaving, check_twins, check_identical, check_chain_planted, check_chain_multiply, check_planted};
    size_t twin_count = 0;
    for (size_t i = 0; i < effects->effect_count; i++)
        twin_count += strcmp(effects->effect[i].kind, "twin") == 0 || effects->effect[i].identical;
    struct check check = {.controls = controls,
                          .data = data,
                          .effects = effects,
                          .alpha_part = alpha_part,
                          .alpha_twin = ANALYSE_TWIN_ERROR / (double)(twin_count ? twin_count : 1),
                          .error = error};
    *controls = (struct analyse_controls){0};
    for (size_t i = 0; i < sizeof of_a_cell / sizeof of_a_cell[0]; i++)
        for (size_t panel = 0; panel < data->panel_count; panel++)
            for (size_t workload = 0; workload < data->workloads.row_count; workload++)
                if (analyse_cell_processes(data, panel, workload, false) > 0 && error->code == 0)
                    of_a_cell[i](&check, panel, workload);
    if (error->code == 0)
        check_clock(&check);
    if (error->code == 0)
        check_layouts(&check);
    if (error->code == 0)
        check_void_processes(&check);
    if (error->code == 0)
        check_complete(&check);
    if (error->code == 0)
        check_leaks(&check);
    if (error->code == 0) {
        summarise(controls, data);
        summarise_heap(controls);
    }
    return error->code;
}

void analyse_controls_free(struct analyse_controls *controls)
{
    free(controls->control);
    *controls = (struct analyse_controls){0};
}
