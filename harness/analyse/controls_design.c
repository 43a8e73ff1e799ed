#include "analyse/controls_internal.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of arms one after the other the first and the last are 0.8 of a block apart and more, in a fixed order that is not
 * mirrored 0.4. Arms that take turns: 0.002 with hundreds of blocks; with a few blocks in six processes on a machine
 * three times overbooked, up to 0.05, because what interrupts a block moves all that comes after it. */
#define POSITION_TOLERANCE 0.1

/* ---- what the design promises, by what was recorded ---- */

/* The middle of the positions of an arm over processes; NaN when one has none. */
static double arm_position(const struct analyse_data *data, const struct analyse_level *level, double *scratch)
{
    for (size_t i = 0; i < level->samples.count; i++)
        if (isnan(scratch[i] = csv_number(&data->processes, level->samples.row[i], SCHEMA_processes_mean_position)))
            return NAN;
    return stats_quantile(scratch, level->samples.count, 0.5);
}

/* In how many processes the arms of a cell did not take turns, and in how many they were seen. Half of the processes
 * may not have, and the middle over processes would not say so. */
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

/* Arms that take turns have the same mean time, by the clock; on a machine that happens to be quiet nothing else would
 * tell them from arms that ran one after the other. */
void check_interleaving(struct check *check, size_t panel, size_t workload)
{
    struct analyse_control *control = control_add(check, "interleaving", panel, workload);
    double *scratch = calloc(check->data->process_count + 1, sizeof *scratch);
    const struct analyse_level *first = NULL, *last = NULL;
    bool known = true;
    if (!control || !scratch) {
        free(scratch);
        control_out_of_memory(check);
        return;
    }
    snprintf(control->expected, sizeof control->expected,
             "mean positions of the arms in a block (0 first; 1 last) within %g of each other; in all but %d %% of the "
             "processes",
             POSITION_TOLERANCE, TOLERATED_PERCENT);
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
        control_see(control, NAN, (struct stats_interval){NAN, NAN});
        snprintf(control->reason, sizeof control->reason, "no mean positions were recorded");
        return;
    }
    control->estimate = control->high - control->low;
    control->status = control->estimate <= POSITION_TOLERANCE ? ANALYSE_HOLDS : ANALYSE_FAILED;
    if (control->status == ANALYSE_FAILED)
        snprintf(control->reason, sizeof control->reason,
                 "%.100s was timed at %.3g of a block and %.100s at %.3g: drift of the machine looks like a difference",
                 first->arm, control->low, last->arm, control->high);
    size_t seen;
    const size_t apart = count_apart(check, panel, workload, &seen);
    check->apart += apart;
    check->seen += seen;
    /* One may always: of the few short processes of a trial run, on a machine that is busy. */
    if (control->status == ANALYSE_HOLDS && apart > 1 && apart * 100 > TOLERATED_PERCENT * seen) {
        control->status = ANALYSE_FAILED;
        snprintf(control->reason, sizeof control->reason,
                 "in %zu of %zu processes the arms did not take turns: drift of the machine looks like a difference",
                 apart, seen);
    }
}

/* The order over the run: that of one cell of a few blocks may have been upset by what interrupted them, that of a
 * tenth of all processes by the harness alone. */
void check_order(struct check *check)
{
    struct analyse_control *control = control_add(check, "interleaving", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected,
             "arms that took turns in all but %d %% of the processes; percent that did not", TOLERATED_PERCENT);
    if (check->seen == 0) {
        snprintf(control->reason, sizeof control->reason, "no mean positions were recorded");
        return;
    }
    control->estimate = 100 * (double)check->apart / (double)check->seen;
    const bool apart = check->apart > 1 && check->apart * 100 > TOLERATED_PERCENT * check->seen;
    control->status = apart ? ANALYSE_FAILED : ANALYSE_HOLDS;
    if (apart)
        snprintf(control->reason, sizeof control->reason,
                 "in %zu of %zu processes the arms did not take turns: drift of the machine looks like a difference",
                 check->apart, check->seen);
}

static const char *layout_of(const struct check *check, const struct analyse_level *level, size_t sample)
{
    return csv_text(&check->data->processes, level->samples.row[sample], SCHEMA_processes_layout);
}

/* A word of a layout such as "offset=704:order=4a8c929b" or "file=3:NAME", as the launcher writes them; of length 0
 * where it has none. */
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

/* Layouts that differ in one word only are not laid out afresh in the other. There are 256 offsets: of 64 draws at
 * least 32 are distinct, always for all that can be seen. */
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
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && control->status == ANALYSE_HOLDS; i++)
        if (!level->single_layout && !word_spreads(check, level, keys[i])) {
            control->status = ANALYSE_FAILED;
            snprintf(control->reason, sizeof control->reason,
                     "the layouts differ but hardly in %.20s (%.100s of %s on %s)", keys[i], level->arm,
                     check->data->panel_names[level->panel], analyse_workload_name(check->data, level->workload));
        }
}

/* Processes in which two arms of one variant have one layout: a copy that is laid out alike cannot show what layout
 * does. */
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

/* A few layouts used again and again are a sample of so many, however many processes; twins that share them cannot see
 * it. */
void check_layouts(struct check *check)
{
    struct analyse_control *control = control_add(check, "layouts", ANALYSE_NONE, ANALYSE_NONE);
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
        control->status = repeated ? ANALYSE_FAILED : ANALYSE_HOLDS;
    }
    if (control->status == ANALYSE_NOT_MEASURED)
        return;
    control->estimate = (double)repeated;
    for (size_t i = 0; i < check->effects->level_count && control->status == ANALYSE_HOLDS; i++)
        if (strcmp(check->effects->level[i].role, "twin") == 0 && !check->effects->level[i].single_layout &&
            !twin_has_own_layout(check, &check->effects->level[i], control))
            control->status = ANALYSE_FAILED;
    for (size_t i = 0; i < check->effects->level_count && control->status == ANALYSE_HOLDS; i++)
        check_spread(check, &check->effects->level[i], control);
    if (control->status == ANALYSE_HOLDS)
        control->reason[0] = '\0';
}
