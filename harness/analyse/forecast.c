#include "analyse/forecast.h"

#include "analyse/analysis.h"
#include "base/paths.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORECAST_ALPHA 0.05 /* of what is said about the forecast itself */

/* ---- one figure ---- */

double forecast_sd_factor(struct stats_split split, double length)
{
    if (!split.valid || !(split.total_sd > 0) || !(length > 0 && length < 1))
        return 1;
    return fmin(1, stats_hypot(split.between_sd, split.within_sd * sqrt(length)) / split.total_sd);
}

/* What is nearest to 0 among the effects that a 95 % t interval holds. */
static double nearest_to_zero(const struct verdict_evidence *evidence, double standard_error)
{
    const double half = stats_t_quantile(1 - FORECAST_ALPHA / 2, (double)evidence->processes - 1) * standard_error;
    return evidence->estimate > half ? evidence->estimate - half : fmin(0, evidence->estimate + half);
}

static size_t needed_at(const struct verdict_region *region, const struct verdict_evidence *evidence, double sd,
                        double least)
{
    struct verdict_evidence there = *evidence;
    there.native_sd = sd;
    return verdict_processes_needed(region, &there, least);
}

struct forecast_figure forecast_figure(const struct verdict_region *region, const struct verdict_evidence *evidence,
                                       double sd_factor)
{
    struct verdict_evidence assumed = *evidence;
    const double root = sqrt((double)evidence->processes);
    const bool equivalence = isfinite(region->low) && isfinite(region->high) && verdict_region_contains(region, 0);
    const double least = equivalence ? 0 : evidence->native_sd / root;
    const double unit = verdict_sd_in_unit(evidence) / evidence->native_sd; /* NaN for no spread at all */
    if (equivalence)
        assumed.estimate = nearest_to_zero(evidence, verdict_sd_in_unit(evidence) / root);
    const double sd = evidence->native_sd * sd_factor;
    const struct stats_interval interval = stats_sd_interval(sd, evidence->processes, FORECAST_ALPHA);
    return (struct forecast_figure){
        .sd = verdict_sd_in_unit(evidence) * sd_factor,
        .sd_interval = {isnan(unit) ? 0 : interval.low * unit, isnan(unit) ? 0 : interval.high * unit},
        .margin = fmax(verdict_region_distance(region, assumed.estimate),
                       equivalence ? 0 : verdict_sd_in_unit(evidence) / root),
        .needed = needed_at(region, &assumed, sd, least),
        .needed_low = needed_at(region, &assumed, interval.low, least),
        .needed_high = needed_at(region, &assumed, interval.high, least),
    };
}

bool forecast_is_enough(const struct forecast_row *row)
{
    return row->figure.needed > 0 && row->figure.needed <= row->planned;
}

const char *forecast_outlook(const struct forecast_row *row)
{
    if (!forecast_is_enough(row))
        return "too few";
    return row->figure.needed_high > 0 && row->figure.needed_high <= row->planned ? "enough" : "perhaps";
}

/* ---- from the files ---- */

/* How long the forecast's processes were beside the run's: blocks kept over blocks planned. */
static double length_of(const struct analyse_data *data, const struct analyse_effect *effect)
{
    double kept = 0, planned = NAN;
    for (size_t i = 0; i < effect->samples.count; i++)
        kept += csv_number(&data->contrasts, effect->samples.row[i], SCHEMA_contrasts_blocks_kept);
    for (size_t row = 0; row < data->cells.row_count; row++) {
        size_t panel, workload;
        analyse_cell_of_row(data, row, &panel, &workload);
        if (panel == effect->panel && workload == effect->workload)
            planned = csv_number(&data->cells, row, SCHEMA_cells_blocks);
    }
    return kept / (double)effect->samples.count / planned;
}

/* A short process on a disturbed machine may stray far; what decides, the signed-rank interval, hardly minds one: of
 * four processes one with seven times the spread made 1200 processes of the 60 that were needed. */
static double without_stray(const double *values, size_t count)
{
    const double factor = stats_pairwise_standard_deviation(values, count) / stats_standard_deviation(values, count);
    return factor > 0 ? factor : 1; /* NaN, or too many equal values */
}

/* A level drifts with the machine, which no number of blocks averages out. */
static double factor_of(const struct analysis *analysis, const struct analyse_item *item)
{
    if (item->effect == ANALYSE_NONE)
        return 1;
    const struct analyse_effect *effect = &analysis->effects.effect[item->effect];
    const struct analyse_samples *samples = &effect->samples;
    return without_stray(item->scale == VERDICT_ABSOLUTE ? samples->value : samples->log_ratio, samples->count) *
           forecast_sd_factor(stats_variance_split(samples->value, samples->standard_error, samples->count),
                              length_of(&analysis->data, effect));
}

static void fill_names(struct forecast_row *row, const struct analysis *analysis, const struct analyse_item *item)
{
    const struct analyse_data *data = &analysis->data;
    const struct analyse_effect *effect = item->effect == ANALYSE_NONE ? NULL : &analysis->effects.effect[item->effect];
    const struct analyse_level *level = effect ? NULL : &analysis->effects.level[item->level];
    snprintf(row->panel, sizeof row->panel, "%s", data->panel_names[effect ? effect->panel : level->panel]);
    snprintf(row->workload, sizeof row->workload, "%s",
             analyse_workload_name(data, effect ? effect->workload : level->workload));
    snprintf(row->contrast, sizeof row->contrast, "%s", effect ? effect->contrast : level->variant);
}

static void fill_row(struct forecast_row *row, const struct analysis *analysis, const struct analyse_item *item,
                     size_t planned)
{
    const struct analyse_condition *condition = &analysis->claims.condition[item->condition];
    const struct analyse_part *part = &analysis->claims.part[condition->part];
    const struct csv_data *claims = &analysis->data.claims;
    *row = (struct forecast_row){.claim = part->claim,
                                 .estimate = item->evidence.estimate,
                                 .confidence = item->confidence,
                                 .processes = item->evidence.processes,
                                 .planned = planned};
    snprintf(row->part, sizeof row->part, "%s", part->name);
    snprintf(row->metric, sizeof row->metric, "%s", csv_text(claims, condition->row, SCHEMA_claims_metric));
    snprintf(row->unit, sizeof row->unit, "%s", csv_text(claims, condition->row, SCHEMA_claims_unit));
    fill_names(row, analysis, item);
    row->figure = forecast_figure(&condition->region, &item->evidence, factor_of(analysis, item));
}

static bool is_about_time(const struct analysis *analysis, const struct analyse_item *item)
{
    const enum analyse_kind kind = analysis->claims.condition[item->condition].kind;
    return item->measured && (kind == ANALYSE_TIMING || kind == ANALYSE_LEVEL || kind == ANALYSE_COMPOSITION) &&
           item->evidence.processes >= 2 && isfinite(item->evidence.native_sd);
}

int forecast_make(struct forecast *forecast, const char *directory, size_t planned, struct error *error)
{
    struct analysis analysis;
    *forecast = (struct forecast){0};
    if (analysis_make(&analysis, directory, error) == 0) {
        forecast->row = calloc(analysis.claims.item_count + 1, sizeof *forecast->row);
        if (forecast->row == NULL)
            error_out_of_memory(error);
        for (size_t part = 0; forecast->row && part < analysis.claims.part_count; part++)
            for (size_t i = 0; i < analysis.claims.item_count; i++) {
                const struct analyse_item *item = &analysis.claims.item[i];
                if (analysis.claims.condition[item->condition].part == part && is_about_time(&analysis, item))
                    fill_row(&forecast->row[forecast->count++], &analysis, item, planned);
            }
    }
    analysis_free(&analysis);
    return error->code;
}

void forecast_free(struct forecast *forecast)
{
    free(forecast->row);
    *forecast = (struct forecast){0};
}

/* ---- out ---- */

static void put_count(struct csv_writer *writer, size_t count)
{
    if (count > 0)
        csv_put_integer(writer, (int64_t)count);
    else
        csv_put_empty(writer);
}

static void put_row(struct csv_writer *writer, const struct forecast_row *row)
{
    csv_put_integer(writer, row->claim);
    csv_put_text(writer, row->part);
    csv_put_text(writer, row->panel);
    csv_put_text(writer, row->workload);
    csv_put_text(writer, row->contrast);
    csv_put_text(writer, row->metric);
    csv_put_text(writer, row->unit);
    csv_put_number(writer, row->estimate);
    csv_put_number(writer, row->figure.sd);
    csv_put_number(writer, row->figure.sd_interval.low);
    csv_put_number(writer, row->figure.sd_interval.high);
    csv_put_number(writer, row->figure.margin);
    csv_put_number(writer, row->confidence);
    csv_put_integer(writer, (int64_t)row->processes);
    put_count(writer, row->figure.needed);
    put_count(writer, row->figure.needed_low);
    put_count(writer, row->figure.needed_high);
    csv_put_integer(writer, (int64_t)row->planned);
    csv_put_text(writer, forecast_outlook(row));
    csv_end_row(writer);
}

int forecast_write(const struct forecast *forecast, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer = NULL;
    if (paths_join(path, directory, schema_forecast.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_forecast, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t i = 0; i < forecast->count; i++)
        put_row(writer, &forecast->row[i]);
    return csv_writer_close(writer, error);
}

/* To two digits: more would not be known. */
static size_t rounded(size_t count)
{
    size_t step = 1;
    while (count / step >= 100)
        step *= 10;
    return (count + step / 2) / step * step;
}

/* The same, but never fewer, for --processes. */
static size_t asked_for(size_t count)
{
    const size_t near = rounded(count) >= count ? rounded(count) : rounded(count) + 10;
    return near <= PROFILE_PROCESSES_MAX ? near : PROFILE_PROCESSES_MAX;
}

static const char *count_words(size_t count, char *text, size_t bytes)
{
    if (count == 0)
        snprintf(text, bytes, "more than 100000");
    else
        snprintf(text, bytes, "%zu", rounded(count));
    return text;
}

const char *forecast_words(const struct forecast_row *row, const struct profile *profile, char *text, size_t bytes)
{
    char needed[32], low[32], high[32], advice[80];
    if (row->figure.needed > 0 && row->figure.needed <= PROFILE_PROCESSES_MAX)
        snprintf(advice, sizeof advice, "--processes %zu would do", asked_for(row->figure.needed));
    else
        snprintf(advice, sizeof advice, "--processes takes %d at most", PROFILE_PROCESSES_MAX);
    snprintf(
        text, bytes,
        "%lld%s: %s on %s needs about %s processes (%s to %s: its spread is known from %zu), %s has %zu; %s",
        (long long)row->claim, row->part, row->metric, row->workload,
        count_words(row->figure.needed, needed, sizeof needed), count_words(row->figure.needed_low, low, sizeof low),
        count_words(row->figure.needed_high, high, sizeof high), row->processes, profile->name, row->planned, advice);
    return text;
}
