#include "analyse/analysis.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One effect by machine state: values of the processes that had it, and the change within those that had both. */
struct by_state {
    size_t count[STATE_COUNT], both;
    double *value[STATE_COUNT]; /* native: ns or log ratio */
    double *change;             /* shared - quiet */
};

/* Native value of a contrast of one process in a state; NaN when it was not in it, or when nobody had seen the fast
 * mode yet by which it would have been told. */
static double value_in(const struct analysis *analysis, const struct analyse_effect *effect, size_t sample,
                       enum state state, bool absolute)
{
    const struct csv_data *rows = &analysis->data.state_contrasts;
    const struct analyse_samples *samples = &effect->samples;
    const struct analyse_process *process = samples->process[sample];
    if (!(process->probe_cycles <= STATE_FASTEST_TOLERANCE * analysis->data.probe_cycles))
        return NAN;
    if (process->state != STATE_UNKNOWN)
        return process->state != state ? NAN : absolute ? samples->value[sample] : samples->log_ratio[sample];
    for (size_t row = process->state_rows; row < process->state_rows_end; row++)
        if (csv_integer(rows, row, SCHEMA_state_contrasts_process) == process->id &&
            strcmp(csv_text(rows, row, SCHEMA_state_contrasts_contrast), effect->contrast) == 0 &&
            state_of_word(csv_text(rows, row, SCHEMA_state_contrasts_state)) == state)
            return csv_number(rows, row,
                              absolute ? SCHEMA_state_contrasts_difference_ns : SCHEMA_state_contrasts_log_ratio);
    return NAN;
}

static bool collect(const struct analysis *analysis, const struct analyse_effect *effect, bool absolute,
                    struct by_state *by)
{
    const size_t samples = effect->samples.count;
    double *memory = calloc(STATE_COUNT * samples + 1, sizeof *memory);
    *by = (struct by_state){.change = memory};
    for (size_t state = STATE_QUIET; memory && state < STATE_COUNT; state++)
        by->value[state] = memory + state * samples;
    for (size_t i = 0; memory && i < samples; i++) {
        const double quiet = value_in(analysis, effect, i, STATE_QUIET, absolute);
        const double shared = value_in(analysis, effect, i, STATE_SHARED, absolute);
        if (!isnan(quiet))
            by->value[STATE_QUIET][by->count[STATE_QUIET]++] = quiet;
        if (!isnan(shared))
            by->value[STATE_SHARED][by->count[STATE_SHARED]++] = shared;
        if (!isnan(quiet) && !isnan(shared))
            by->change[by->both++] = shared - quiet;
    }
    return memory != NULL;
}

static struct stats_interval interval_in_unit(const double *values, size_t count, enum verdict_scale scale,
                                              double alpha)
{
    return verdict_interval_to_unit(scale, false, stats_signed_rank_interval(values, count, alpha, NULL));
}

static void put_state(struct csv_writer *writer, const struct analysis *analysis, const struct analyse_effect *effect,
                      const struct by_state *by, enum state state, enum verdict_scale scale, double alpha)
{
    const bool absolute = scale == VERDICT_ABSOLUTE;
    struct stats_interval own[STATE_COUNT], change = interval_in_unit(by->change, by->both, scale, alpha);
    for (enum state each = STATE_QUIET; each < STATE_COUNT; each++)
        own[each] = interval_in_unit(by->value[each], by->count[each], scale, alpha);
    const bool moved = by->both > 0 && (change.low > 0 || change.high < 0);
    const bool disjoint =
        own[STATE_SHARED].low > own[STATE_QUIET].high || own[STATE_SHARED].high < own[STATE_QUIET].low;
    csv_put_text(writer, analysis->data.panel_names[effect->panel]);
    csv_put_text(writer, effect->contrast);
    csv_put_text(writer, analyse_workload_name(&analysis->data, effect->workload));
    csv_put_text(writer, absolute ? "ns" : "percent");
    csv_put_text(writer, absolute ? "absolute" : "relative");
    csv_put_text(writer, state_words[state]);
    csv_put_number(writer, verdict_to_unit(scale, stats_hodges_lehmann(by->value[state], by->count[state])));
    csv_put_number(writer, own[state].low);
    csv_put_number(writer, own[state].high);
    csv_put_number(writer, 1 - alpha);
    csv_put_integer(writer, (int64_t)by->count[state]);
    csv_put_number(writer, by->both ? verdict_to_unit(scale, stats_hodges_lehmann(by->change, by->both)) : NAN);
    csv_put_number(writer, by->both ? change.low : NAN);
    csv_put_number(writer, by->both ? change.high : NAN);
    csv_put_integer(writer, (int64_t)by->both);
    csv_put_text(writer, moved || disjoint ? "yes" : "no");
    csv_end_row(writer);
}

static int put_effect(struct csv_writer *writer, const struct analysis *analysis, size_t index,
                      enum verdict_scale scale, struct error *error)
{
    const struct analyse_effect *effect = &analysis->effects.effect[index];
    char parts[256];
    struct by_state by;
    const double alpha = analyse_effect_alpha(&analysis->claims, index, scale, parts, sizeof parts);
    if (!collect(analysis, effect, scale == VERDICT_ABSOLUTE, &by))
        return error_out_of_memory(error);
    for (enum state state = STATE_QUIET; state < STATE_COUNT; state++)
        if (by.count[STATE_QUIET] >= 2 && by.count[STATE_SHARED] >= 2) /* one process shows no spread, so nothing */
            put_state(writer, analysis, effect, &by, state, scale, alpha);
    free(by.change);
    return 0;
}

int analyse_write_states(const struct analysis *analysis, struct error *error)
{
    char path[4096];
    struct csv_writer *writer;
    snprintf(path, sizeof path, "%s/%s", analysis->data.directory, schema_state_effects.file);
    if (csv_writer_open(&writer, path, &schema_state_effects, CSV_REPLACE, error) != 0)
        return error->code;
    csv_writer_hold(writer, analysis->data.held);
    for (size_t i = 0; i < analysis->effects.effect_count && error->code == 0; i++)
        if (put_effect(writer, analysis, i, VERDICT_ABSOLUTE, error) == 0)
            put_effect(writer, analysis, i, VERDICT_RELATIVE, error);
    if (error->code == 0)
        return csv_writer_close(writer, error);
    csv_writer_abandon(writer);
    return error->code;
}
