/* How far effects are apart: in runs of one group, which only time and place in memory tell apart, and in runs of two
 * groups. */
#include "compare/internal.h"

#include "schema.h"
#include "summary/state.h"
#include "summary/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percent(double log_ratio)
{
    return 100 * expm1(log_ratio);
}

/* ---- effects of single runs ---- */

static int compare_integers(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* A process as compare needs it. */
struct compared_process {
    int64_t id;
    bool is_void;
    enum state state; /* that it was wholly in; unknown when it had both */
    bool told;        /* the fast mode of the run had been seen, by which states are told apart */
};

struct compared_processes {
    struct compared_process *process; /* by id */
    size_t count;
    bool states; /* some block of the run was classified */
};

static int compare_ids(const void *a, const void *b)
{
    const struct compared_process *x = a, *y = b;
    return compare_integers(&x->id, &y->id);
}

/* Of all rows of a process: one void arm voids it. */
static void add_process(struct compared_processes *all, const struct csv_data *rows, size_t r, double fastest_cycles)
{
    const int64_t quiet = csv_integer(rows, r, SCHEMA_processes_blocks_quiet),
                  shared = csv_integer(rows, r, SCHEMA_processes_blocks_shared);
    const bool is_void = strcmp(csv_text(rows, r, SCHEMA_processes_status), "ok") != 0;
    const int64_t id = csv_integer(rows, r, SCHEMA_processes_process);
    all->states |= quiet + shared > 0;
    if (all->count > 0 && all->process[all->count - 1].id == id) {
        all->process[all->count - 1].is_void |= is_void;
        return;
    }
    all->process[all->count++] = (struct compared_process){
        .id = id,
        .is_void = is_void,
        .state = state_of_process((uint32_t)csv_integer(rows, r, SCHEMA_processes_blocks_kept), (uint32_t)quiet,
                                  (uint32_t)shared, SUMMARY_BLOCKS_MIN),
        .told = csv_number(rows, r, SCHEMA_processes_probe_cycles) <= STATE_FASTEST_TOLERANCE * fastest_cycles,
    };
}

/* False when memory is short. */
static bool read_processes(const struct compared_run *run, struct compared_processes *all)
{
    const struct csv_data *rows = &run->processes;
    double fastest_cycles = INFINITY;
    *all = (struct compared_processes){.process = calloc(rows->row_count + 1, sizeof *all->process)};
    for (size_t r = 0; r < rows->row_count; r++)
        fastest_cycles = fmin(fastest_cycles, csv_number(rows, r, SCHEMA_processes_probe_cycles));
    for (size_t r = 0; all->process && r < rows->row_count; r++)
        add_process(all, rows, r, fastest_cycles);
    if (all->process)
        qsort(all->process, all->count, sizeof *all->process, compare_ids);
    return all->process != NULL;
}

/* NULL for a void one. */
static const struct compared_process *find_process(const struct compared_processes *all, const struct csv_data *table,
                                                   size_t row, size_t column)
{
    const struct compared_process key = {.id = csv_integer(table, row, column)};
    const struct compared_process *found = bsearch(&key, all->process, all->count, sizeof *all->process, compare_ids);
    return found && !found->is_void ? found : NULL;
}

static bool is_of_effect(const struct compared_run *run, size_t effect, const struct csv_data *table, size_t row,
                         const size_t columns[static 3])
{
    static const size_t key[] = {SCHEMA_effects_contrast, SCHEMA_effects_workload, SCHEMA_effects_panel};
    for (size_t k = 0; k < 3; k++)
        if (strcmp(csv_text(table, row, columns[k]), compare_effect_text(run, effect, key[k])) != 0)
            return false;
    return true;
}

/* The log ratios of the processes of an effect; `values` has room for all. */
static size_t log_ratios(const struct compared_run *run, size_t effect, const struct compared_processes *processes,
                         double *values)
{
    static const size_t whole[] = {SCHEMA_contrasts_contrast, SCHEMA_contrasts_workload, SCHEMA_contrasts_panel},
                        part[] = {SCHEMA_state_contrasts_contrast, SCHEMA_state_contrasts_workload,
                                  SCHEMA_state_contrasts_panel};
    const struct csv_data *contrasts = &run->contrasts, *states = &run->state_contrasts;
    size_t count = 0;
    for (size_t r = 0; r < contrasts->row_count; r++) {
        const struct compared_process *process = find_process(processes, contrasts, r, SCHEMA_contrasts_process);
        if (process && (!processes->states || (process->told && process->state == STATE_QUIET)) &&
            is_of_effect(run, effect, contrasts, r, whole))
            values[count++] = csv_number(contrasts, r, SCHEMA_contrasts_log_ratio);
    }
    for (size_t r = 0; processes->states && r < states->row_count; r++) {
        const struct compared_process *process = find_process(processes, states, r, SCHEMA_state_contrasts_process);
        if (process && process->told && process->state == STATE_UNKNOWN &&
            strcmp(csv_text(states, r, SCHEMA_state_contrasts_state), state_words[STATE_QUIET]) == 0 &&
            is_of_effect(run, effect, states, r, part))
            values[count++] = csv_number(states, r, SCHEMA_state_contrasts_log_ratio);
    }
    return count;
}

static struct compare_centre *centres_of(const struct compared_run *run)
{
    struct compare_centre *centres = calloc(run->effects.row_count + 1, sizeof *centres);
    double *values = malloc((run->contrasts.row_count + run->state_contrasts.row_count + 1) * sizeof *values);
    struct compared_processes processes;
    const bool enough = read_processes(run, &processes);
    for (size_t r = 0; centres && values && enough && r < run->effects.row_count; r++) {
        struct compare_centre *centre = &centres[r];
        if (strcmp(compare_effect_text(run, r, SCHEMA_effects_scale), "relative") != 0)
            continue;
        centre->quiet = processes.states;
        centre->processes = log_ratios(run, r, &processes, values);
        centre->estimate = stats_hodges_lehmann(values, centre->processes);
        centre->interval = stats_signed_rank_interval(values, centre->processes, 1 - COMPARE_CONFIDENCE, NULL);
    }
    if (values == NULL || !enough) {
        free(centres);
        centres = NULL;
    }
    free(values);
    free(processes.process);
    return centres;
}

int compare_measure_centres(struct comparison *comparison, struct error *error)
{
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->runs[i].facts.valid && (comparison->centres[i] = centres_of(&comparison->runs[i])) == NULL)
            return error_out_of_memory(error);
    return 0;
}

void compare_free_centres(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++)
        free(comparison->centres[i]);
}

/* NULL, with the reason, where the run says nothing of the effect or not how sure it is. */
static const struct compare_centre *centre_of(const struct comparison *comparison, const size_t *rows, size_t run,
                                              struct compare_reason *reason)
{
    char words[80];
    const char *silent = compare_silent_because(&comparison->runs[run], rows[run]);
    if (silent == NULL) {
        const struct compare_centre *centre = &comparison->centres[run][rows[run]];
        if (isfinite(centre->estimate) && isfinite(centre->interval.low) && isfinite(centre->interval.high))
            return centre;
        snprintf(words, sizeof words, "has no interval from %zu%s process%s", centre->processes,
                 centre->quiet ? " quiet" : "", centre->processes == 1 ? "" : "es");
        silent = words;
    }
    compare_add_reason(reason, run, silent);
    return NULL;
}

/* The runs of a group that say how large an effect is. */
struct members {
    size_t count;
    const struct compare_centre *centres[COMPARE_RUNS_MAX];
    size_t low, high; /* runs with the smallest and the largest estimate, from 0 */
    double spread;    /* how far those two are apart */
};

static struct members members_of(const struct comparison *comparison, const size_t *rows, size_t group,
                                 struct compare_reason *reason)
{
    struct members members = {0};
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < comparison->count; i++) {
        if (!comparison->runs[i].facts.readable || comparison->runs[i].group != group)
            continue;
        const struct compare_centre *centre = centre_of(comparison, rows, i, reason);
        if (centre == NULL)
            continue;
        members.centres[members.count++] = centre;
        if (centre->estimate < low)
            members.low = i, low = centre->estimate;
        if (centre->estimate > high)
            members.high = i, high = centre->estimate;
    }
    members.spread = members.count ? high - low : 0;
    return members;
}

static struct stats_interval interval_between(const struct compare_centre *one, const struct compare_centre *other)
{
    return stats_difference_interval(one->estimate, one->interval, other->estimate, other->interval);
}

static bool leaves_out_zero(struct stats_interval interval)
{
    return interval.low > 0 || interval.high < 0;
}

static void put_effect_key(struct csv_writer *writer, const struct compared_run *run, size_t row)
{
    static const size_t key[] = {SCHEMA_effects_panel,    SCHEMA_effects_contrast,  SCHEMA_effects_kind,
                                 SCHEMA_effects_baseline, SCHEMA_effects_contender, SCHEMA_effects_workload};
    for (size_t c = 0; c < sizeof key / sizeof key[0]; c++)
        csv_put_text(writer, compare_effect_text(run, row, key[c]));
}

/* ---- within a group ---- */

static int64_t count_apart(const struct members *members)
{
    int64_t apart = 0;
    for (size_t i = 0; i < members->count; i++)
        for (size_t j = i + 1; j < members->count; j++)
            apart += leaves_out_zero(interval_between(members->centres[i], members->centres[j]));
    return apart;
}

static void put_replicates_of(struct comparison *comparison, struct csv_writer *writer, const size_t *rows,
                              size_t first, size_t group)
{
    struct compare_reason ignored = {""};
    const struct members members = members_of(comparison, rows, group, &ignored);
    const int64_t pairs = (int64_t)(members.count * (members.count - 1) / 2), apart = count_apart(&members);
    if (members.count < 2)
        return;
    put_effect_key(writer, &comparison->runs[first], rows[first]);
    csv_put_text(writer, compare_group_name(group));
    csv_put_integer(writer, pairs);
    csv_put_integer(writer, apart);
    csv_put_number(writer, percent(members.spread));
    csv_put_integer(writer, (int64_t)members.low + 1);
    csv_put_integer(writer, (int64_t)members.high + 1);
    csv_end_row(writer);
    if (compare_is_control(compare_effect_text(&comparison->runs[first], rows[first], SCHEMA_effects_kind)))
        return;
    comparison->replicate_pairs[group] += pairs;
    comparison->replicates_apart[group] += apart;
}

static void put_replicates(struct comparison *comparison, struct csv_writer *writer, const size_t *rows, size_t first)
{
    struct compare_reason reason = {""};
    if (compare_effect_agreement(comparison, rows, first, &reason) == compare_not_comparable)
        return;
    for (size_t group = 0; group < comparison->group_count; group++)
        put_replicates_of(comparison, writer, rows, first, group);
}

int compare_write_replicates(struct comparison *comparison, const char *out, struct error *error)
{
    struct csv_writer *writer = compare_open_table(out, &schema_compare_replicates, error);
    if (writer == NULL)
        return error->code;
    compare_visit_effects(comparison, writer, put_replicates);
    return csv_writer_close(writer, error);
}

/* ---- between groups ---- */

struct change {
    size_t pairs; /* of one run each; 0: not known */
    double estimate;
    struct stats_interval interval; /* that holds those of all pairs */
    double across, within;          /* smallest distance between the groups, largest between two runs of one */
    const char *word;
};

/* In all pairs the effect is apart, and in one direction, exactly if the interval that holds all of theirs leaves out
 * zero. */
static const char *word_of(const struct change *change, bool replicated)
{
    return !leaves_out_zero(change->interval) ? "no"
           : change->across <= change->within ? "no more than replicates"
           : replicated                       ? "changed"
                                              : "differs between the runs";
}

static struct change change_between(const struct members *base, const struct members *group)
{
    struct change change = {.interval = {INFINITY, -INFINITY}, .across = INFINITY};
    double differences[COMPARE_RUNS_MAX * COMPARE_RUNS_MAX];
    for (size_t i = 0; i < base->count; i++)
        for (size_t j = 0; j < group->count; j++) {
            const struct stats_interval interval = interval_between(base->centres[i], group->centres[j]);
            const double difference = group->centres[j]->estimate - base->centres[i]->estimate;
            differences[change.pairs++] = difference;
            change.interval.low = fmin(change.interval.low, interval.low);
            change.interval.high = fmax(change.interval.high, interval.high);
            change.across = fmin(change.across, fabs(difference));
        }
    if (change.pairs == 0)
        return change;
    qsort(differences, change.pairs, sizeof *differences, compare_doubles);
    change.estimate = differences[(change.pairs - 1) / 2] / 2 + differences[change.pairs / 2] / 2;
    change.within = fmax(base->spread, group->spread);
    change.word = word_of(&change, base->count > 1 && group->count > 1);
    return change;
}

static void count_change(struct compare_counts *counts, const char *kind, const struct change *change)
{
    if (strcmp(kind, "twin") == 0) {
        counts->twin_changes++;
        counts->twins_apart +=
            strcmp(change->word, "changed") == 0 || strcmp(change->word, "differs between the runs") == 0;
    } else if (!compare_is_control(kind)) {
        counts->changes++;
        counts->changed += strcmp(change->word, "changed") == 0;
        counts->differing += strcmp(change->word, "differs between the runs") == 0;
        counts->as_replicates += strcmp(change->word, "no more than replicates") == 0;
    }
}

static void put_change_figures(struct csv_writer *writer, const struct change *change, bool any_replicates)
{
    csv_put_integer(writer, (int64_t)change->pairs);
    if (change->pairs == 0) {
        for (size_t c = SCHEMA_compare_changes_change_percent; c <= SCHEMA_compare_changes_change; c++)
            csv_put_empty(writer);
        return;
    }
    csv_put_number(writer, percent(change->estimate));
    csv_put_number(writer, percent(change->interval.low));
    csv_put_number(writer, percent(change->interval.high));
    csv_put_number(writer, COMPARE_CONFIDENCE);
    csv_put_number(writer, percent(change->across));
    csv_put_number(writer, any_replicates ? percent(change->within) : NAN);
    csv_put_text(writer, change->word);
}

static void put_change_of(struct comparison *comparison, struct csv_writer *writer, const size_t *rows, size_t first,
                          size_t group)
{
    struct compare_reason reason = {""};
    struct change change = {0};
    bool any_replicates = false;
    if (compare_effect_agreement(comparison, rows, first, &reason) != compare_not_comparable) {
        const struct members base = members_of(comparison, rows, comparison->base, &reason);
        const struct members members = members_of(comparison, rows, group, &reason);
        change = change_between(&base, &members);
        any_replicates = base.count > 1 || members.count > 1;
    }
    put_effect_key(writer, &comparison->runs[first], rows[first]);
    csv_put_text(writer, compare_group_name(comparison->base));
    csv_put_text(writer, compare_group_name(group));
    put_change_figures(writer, &change, any_replicates);
    csv_put_text(writer, reason.text);
    csv_end_row(writer);
    if (change.pairs)
        count_change(&comparison->counts,
                     compare_effect_text(&comparison->runs[first], rows[first], SCHEMA_effects_kind), &change);
}

static void put_changes(struct comparison *comparison, struct csv_writer *writer, const size_t *rows, size_t first)
{
    for (size_t group = 0; group < comparison->group_count; group++)
        if (group != comparison->base)
            put_change_of(comparison, writer, rows, first, group);
}

int compare_write_changes(struct comparison *comparison, const char *out, struct error *error)
{
    struct csv_writer *writer = compare_open_table(out, &schema_compare_changes, error);
    if (writer == NULL)
        return error->code;
    compare_visit_effects(comparison, writer, put_changes);
    return csv_writer_close(writer, error);
}

/* ---- the groups ---- */

/* Numbers of its runs, separated by spaces. */
static void runs_of(const struct comparison *comparison, size_t group, char *text, size_t text_bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < comparison->count && used < text_bytes; i++)
        if (comparison->runs[i].facts.readable && comparison->runs[i].group == group)
            used += (size_t)snprintf(text + used, text_bytes - used, "%s%zu", used ? " " : "", i + 1);
}

int compare_write_groups(struct comparison *comparison, const char *out, struct error *error)
{
    struct csv_writer *writer = compare_open_table(out, &schema_compare_groups, error);
    if (writer == NULL)
        return error->code;
    for (size_t group = 0; group < comparison->group_count; group++) {
        char runs[4 * COMPARE_RUNS_MAX];
        const int64_t pairs = comparison->replicate_pairs[group], apart = comparison->replicates_apart[group];
        runs_of(comparison, group, runs, sizeof runs);
        csv_put_text(writer, compare_group_name(group));
        csv_put_text(writer, runs);
        csv_put_text(writer, group == comparison->base ? "yes" : "no");
        csv_put_integer(writer, pairs);
        csv_put_integer(writer, apart);
        csv_put_number(writer, pairs ? 100 * (double)apart / (double)pairs : NAN);
        csv_put_number(writer, 100 * (1 - COMPARE_CONFIDENCE));
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}
