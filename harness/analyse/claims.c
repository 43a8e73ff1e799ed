#include "analyse/analysis.h"
#include "base/words.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything that judging looks at. */
struct judge {
    struct analyse_claims *claims;
    const struct analyse_data *data;
    const struct analyse_effects *effects;
    const struct analyse_controls *controls;
    struct error *error;
};

static const char *claim_text(const struct analyse_data *data, size_t row, size_t column)
{
    return csv_text(&data->claims, row, column);
}

static enum verdict_scale scale_of_metric(const char *metric)
{
    if (strcmp(metric, "relative_time") == 0)
        return VERDICT_RELATIVE;
    return strcmp(metric, "time_reduction") == 0 ? VERDICT_REDUCTION : VERDICT_ABSOLUTE;
}

/* ---- what decides what ---- */

static bool row_is_absolute(enum verdict_scale scale)
{
    return scale == VERDICT_ABSOLUTE;
}

/* The effect that a comparison is about: the first in order; a reversed one has the two sides exchanged. */
static size_t match_effect(const struct analyse_data *data, const struct analyse_effects *effects,
                           const struct analyse_condition *condition, const char *workload, bool *reversed)
{
    const char *baseline = claim_text(data, condition->row, SCHEMA_claims_baseline);
    const char *contender = claim_text(data, condition->row, SCHEMA_claims_contender);
    for (size_t i = 0; i < effects->effect_count; i++) {
        const struct analyse_effect *effect = &effects->effect[i];
        if (!words_has("pair main", effect->kind) || effect->samples.count < 2 ||
            strcmp(analyse_workload_name(data, effect->workload), workload) != 0)
            continue;
        *reversed = words_equal(effect->baseline, contender) && words_equal(effect->contender, baseline);
        if (*reversed || (words_equal(effect->baseline, baseline) && words_equal(effect->contender, contender)))
            return i;
    }
    return ANALYSE_NONE;
}

static size_t match_level(const struct analyse_data *data, const struct analyse_effects *effects, const char *variant,
                          const char *workload)
{
    for (size_t i = 0; i < effects->level_count; i++) {
        const struct analyse_level *level = &effects->level[i];
        if (strcmp(level->variant, variant) == 0 && words_has("baseline contender", level->role) &&
            level->samples.count >= 2 && strcmp(analyse_workload_name(data, level->workload), workload) == 0)
            return i;
    }
    return ANALYSE_NONE;
}

/* Level at which a timing test of the part is made. */
static double test_alpha(const struct analyse_claims *claims, const struct analyse_condition *condition)
{
    return claims->alpha_part / (double)claims->part[condition->part].timing_tests;
}

static struct analyse_item *add_item(struct judge *judge, size_t condition)
{
    struct analyse_claims *claims = judge->claims;
    if (claims->item_count == claims->item_capacity) {
        size_t capacity = claims->item_capacity ? 2 * claims->item_capacity : 64;
        struct analyse_item *grown = realloc(claims->item, capacity * sizeof *grown);
        if (!grown) {
            error_out_of_memory(judge->error);
            return NULL;
        }
        claims->item = grown;
        claims->item_capacity = capacity;
    }
    struct analyse_item *item = &claims->item[claims->item_count++];
    *item = (struct analyse_item){.condition = condition,
                                  .verdict = VERDICT_UNRESOLVED,
                                  .estimate = NAN,
                                  .mde = NAN,
                                  .cause = "not_measured",
                                  .twin_bound = NAN,
                                  .confidence = NAN,
                                  .interval = {NAN, NAN},
                                  .effect = ANALYSE_NONE,
                                  .level = ANALYSE_NONE};
    return item;
}

/* Items are made first and matched to effects, so that an effect knows its parts before any interval is computed. */
static void plan_timing(struct judge *judge, size_t index)
{
    const struct analyse_condition *condition = &judge->claims->condition[index];
    const char *workloads = claim_text(judge->data, condition->row, SCHEMA_claims_workload);
    char workload[ENCBENCH_NAME_BYTES];
    while (words_next(&workloads, workload)) {
        struct analyse_item *item = add_item(judge, index);
        if (!item)
            return;
        item->scale = scale_of_metric(claim_text(judge->data, condition->row, SCHEMA_claims_metric));
        item->effect = match_effect(judge->data, judge->effects, condition, workload, &item->reversed);
        snprintf(item->source, sizeof item->source, "%s", workload);
    }
}

static void plan_level(struct judge *judge, size_t index)
{
    const struct analyse_condition *condition = &judge->claims->condition[index];
    const char *workloads = claim_text(judge->data, condition->row, SCHEMA_claims_workload);
    char workload[ENCBENCH_NAME_BYTES], variant[ENCBENCH_NAME_BYTES];
    while (words_next(&workloads, workload)) {
        const char *variants = claim_text(judge->data, condition->row, SCHEMA_claims_contender);
        while (words_next(&variants, variant)) {
            struct analyse_item *item = add_item(judge, index);
            if (!item)
                return;
            item->level = match_level(judge->data, judge->effects, variant, workload);
            snprintf(item->source, sizeof item->source, "%s of %s", workload, variant);
        }
    }
}

double analyse_effect_alpha(const struct analyse_claims *claims, size_t effect, enum verdict_scale scale, char *parts,
                            size_t parts_bytes)
{
    double alpha = INFINITY;
    size_t used = 0, last_part = ANALYSE_NONE;
    parts[0] = '\0';
    for (size_t i = 0; i < claims->item_count; i++) {
        const struct analyse_item *item = &claims->item[i];
        const struct analyse_condition *condition = &claims->condition[item->condition];
        if (condition->kind != ANALYSE_TIMING || item->effect != effect ||
            row_is_absolute(item->scale) != row_is_absolute(scale))
            continue;
        alpha = fmin(alpha, test_alpha(claims, condition));
        const struct analyse_part *part = &claims->part[condition->part];
        if (condition->part != last_part && used < parts_bytes)
            used += (size_t)snprintf(parts + used, parts_bytes - used, "%s%lld%s", used ? " " : "",
                                     (long long)part->claim, part->name);
        last_part = condition->part;
    }
    return isinf(alpha) ? claims->alpha_exploratory : alpha;
}

/* Half the width of a finite region on the native scale of an effect; NaN when it has no width. */
static double native_half_width(const struct verdict_region *region, enum verdict_scale scale)
{
    const double half = (region->high - region->low) / 2;
    return isfinite(half) ? fabs(verdict_from_unit(scale, half)) : NAN;
}

/* A composition stakes percent of a level on an effect in ns. */
static double composed_half_width(const struct analyse_data *data, const struct analyse_effects *effects,
                                  const struct analyse_condition *condition, const char *workloads)
{
    char on_level[ENCBENCH_NAME_BYTES];
    words_next(&workloads, on_level);
    const size_t level = match_level(data, effects, claim_text(data, condition->row, SCHEMA_claims_baseline), on_level);
    if (level == ANALYSE_NONE)
        return NAN;
    const struct analyse_samples *samples = &effects->level[level].samples;
    return (condition->region.high - condition->region.low) / 2 / 100 *
           stats_hodges_lehmann(samples->value, samples->count);
}

struct analyse_stake analyse_effect_stake(const struct analyse_claims *claims, const struct analyse_data *data,
                                          const struct analyse_effects *effects, size_t effect,
                                          enum verdict_scale scale)
{
    struct analyse_stake stake = {.half_width = NAN, .alpha = claims->alpha_exploratory};
    for (size_t i = 0; i < claims->condition_count; i++) {
        const struct analyse_condition *condition = &claims->condition[i];
        const bool composed = condition->kind == ANALYSE_COMPOSITION;
        const enum verdict_scale own = scale_of_metric(claim_text(data, condition->row, SCHEMA_claims_metric));
        if ((!composed && condition->kind != ANALYSE_TIMING) ||
            row_is_absolute(scale) != (composed || row_is_absolute(own)))
            continue;
        const char *workloads = claim_text(data, condition->row, SCHEMA_claims_workload);
        char workload[ENCBENCH_NAME_BYTES];
        bool reversed;
        while (words_next(&workloads, workload)) {
            if (match_effect(data, effects, condition, workload, &reversed) == effect) {
                const double half_width = composed ? composed_half_width(data, effects, condition, workloads)
                                                   : native_half_width(&condition->region, own);
                if (isfinite(half_width))
                    stake.half_width = fmin(stake.half_width, half_width); /* fmin passes over NaN */
                stake.decides = true;
                stake.alpha = fmin(stake.alpha, test_alpha(claims, condition) / (composed ? 2 : 1));
            }
            if (composed)
                break;
        }
    }
    return stake;
}

double analyse_level_alpha(const struct analyse_claims *claims, size_t level)
{
    double alpha = INFINITY;
    for (size_t i = 0; i < claims->item_count; i++) {
        const struct analyse_condition *condition = &claims->condition[claims->item[i].condition];
        if (condition->kind == ANALYSE_LEVEL && claims->item[i].level == level)
            alpha = fmin(alpha, test_alpha(claims, condition));
    }
    return isinf(alpha) ? claims->alpha_exploratory : alpha;
}

double analyse_effect_half_width(const struct analyse_claims *claims, size_t effect, enum verdict_scale scale)
{
    double narrowest = NAN;
    for (size_t i = 0; i < claims->item_count; i++) {
        const struct analyse_item *item = &claims->item[i];
        const struct analyse_condition *condition = &claims->condition[item->condition];
        if (condition->kind == ANALYSE_TIMING && item->effect == effect && item->verdict == VERDICT_CONFIRMED &&
            row_is_absolute(item->scale) == row_is_absolute(scale))
            narrowest = fmin(narrowest, verdict_region_half_width(&condition->region));
    }
    return narrowest;
}

/* ---- judging ---- */

static void append(char *text, size_t bytes, const char *more)
{
    size_t used = strlen(text);
    snprintf(text + used, bytes - used, "%s", more);
}

/* A figure in a reason, for reading: whole numbers whole, any other to four digits without an exponent where it has
 * more before the point. The figure itself stands in a column of its own. */
struct figure_text {
    char text[32];
};
static struct figure_text figure_text(double value)
{
    struct figure_text figure;
    bool whole = fabs(value) < 1e15 && value == floor(value);
    snprintf(figure.text, sizeof figure.text, whole || (fabs(value) >= 1e4 && fabs(value) < 1e15) ? "%.0f" : "%.4g",
             value == 0 ? 0 : value);
    return figure;
}

/* A region as it was registered: its ends in full. */
const char *analyse_region_words(char *text, size_t bytes, const struct analyse_data *data,
                                 const struct analyse_condition *condition)
{
    const char *bounds = claim_text(data, condition->row, SCHEMA_claims_region_bounds);
    char low[32], high[32];
    snprintf(text, bytes, "%c%s; %s%c", bounds[0], csv_format_number(low, sizeof low, condition->region.low),
             csv_format_number(high, sizeof high, condition->region.high), bounds[1]);
    return text;
}

/* What stands in the way, up to the first colon or semicolon of its explanation. */
static void set_brief(struct analyse_item *item, const char *why)
{
    snprintf(item->brief, sizeof item->brief, "%.*s", (int)strcspn(why, ":;"), why);
}

static void not_measured(const struct judge *judge, struct analyse_item *item, const char *where)
{
    const struct analyse_condition *condition = &judge->claims->condition[item->condition];
    item->measured = false;
    item->source[0] = '\0';
    snprintf(item->figure, sizeof item->figure, "not measured yet: %s on %s",
             claim_text(judge->data, condition->row, SCHEMA_claims_metric), where);
}

static void explain_decision(char *text, size_t bytes, const struct verdict_evidence *evidence,
                             const struct verdict_decision *decision, enum verdict interval_says)
{
    double twin_bound = verdict_twin_bound(evidence);
    switch (decision->cause) {
    case VERDICT_DECIDED:
        snprintf(text, bytes, "%s by %s and the interval by %s; twin bound %s",
                 interval_says == VERDICT_CONFIRMED ? "inside" : "outside", figure_text(decision->margin).text,
                 figure_text(decision->interval_margin).text, figure_text(twin_bound).text);
        break;
    case VERDICT_NO_INTERVAL:
        snprintf(text, bytes, "%zu processes give no interval at this confidence; MDE %s", evidence->processes,
                 figure_text(evidence->mde).text);
        break;
    case VERDICT_STRADDLES:
        snprintf(text, bytes, "neither inside nor outside; MDE %s", figure_text(evidence->mde).text);
        break;
    case VERDICT_NO_TWIN:
        snprintf(text, bytes, "no twin on this workload: the noise floor is unknown");
        break;
    case VERDICT_WITHIN_TWIN:
        snprintf(text, bytes, "margin %s is within what identical code shows: %s", figure_text(decision->margin).text,
                 figure_text(twin_bound).text);
        break;
    case VERDICT_TAIL:
        snprintf(text, bytes, "tail-dependent: the plain means give [%s; %s]", figure_text(evidence->plain.low).text,
                 figure_text(evidence->plain.high).text);
        break;
    case VERDICT_LAYOUT:
        snprintf(text, bytes, "layout-dependent: the t interval is [%s; %s]", figure_text(evidence->student.low).text,
                 figure_text(evidence->student.high).text);
        break;
    case VERDICT_SINGLE_LAYOUT:
        snprintf(text, bytes, "single layout: an arm had one layout in all processes");
        break;
    case VERDICT_NO_SPREAD:
        snprintf(text, bytes, "no spread over processes at all: the clock does not resolve it");
        break;
    }
}

/* What is responsible that it is open, and what would decide it. */
static void advise(const struct judge *judge, struct analyse_item *item, char *why, size_t bytes)
{
    item->cause = verdict_cause_word(item->decision.cause);
    item->processes_needed = item->decision.processes_needed;
    item->split = (struct variance_split){.valid = false};
    if (item->effect != ANALYSE_NONE)
        item->split = analyse_variance_of(&judge->effects->effect[item->effect]);
    item->has_split = item->split.valid && item->verdict == VERDICT_UNRESOLVED;
    analyse_advise(why, bytes, &item->decision, &item->split, item->evidence.processes,
                   judge->data->profile->process_ms);
}

/* A claim rests on the cells its figures come from: with a control of one of them failed it stands on nothing; with one
 * that is too imprecise or was not measured, nobody knows what it stands on. The worst of the two cells is said. */
static const struct analyse_control *objection_to(const struct judge *judge, const struct analyse_item *item)
{
    const struct analyse_control *worst = NULL;
    if (item->effect != ANALYSE_NONE) {
        const struct analyse_effect *effect = &judge->effects->effect[item->effect];
        worst = analyse_controls_objection(judge->controls, effect->panel, effect->workload);
    }
    if (item->level != ANALYSE_NONE) {
        const struct analyse_level *level = &judge->effects->level[item->level];
        const struct analyse_control *other =
            analyse_controls_objection(judge->controls, level->panel, level->workload);
        worst = !worst || (other && other->status < worst->status) ? other : worst;
    }
    return worst;
}

/* What the run as a whole, and then the cells, allow to be said about time; true when that overrules the figures. */
static bool overruled(const struct judge *judge, struct analyse_item *item, char *why, size_t bytes)
{
    struct analyse_objection objection;
    if (!analyse_run_objection(judge->data, judge->controls, &objection) &&
        !analyse_cell_objection(objection_to(judge, item), &objection))
        return false;
    item->verdict = objection.verdict;
    item->cause = objection.cause;
    snprintf(why, bytes, "%s", objection.why);
    return true;
}

/* What another size of the batch may change, in the unit of the item; 0 where that was seen to be within what is
 * tolerated. */
static double linearity_bar(const struct judge *judge, const struct analyse_item *item,
                            const struct verdict_evidence *evidence)
{
    if (item->effect == ANALYSE_NONE)
        return 0;
    const bool composed = item->level != ANALYSE_NONE;
    const struct stats_interval bar = verdict_interval_to_unit(
        composed ? VERDICT_ABSOLUTE : evidence->scale, false,
        analyse_controls_linearity_bar(judge->controls, item->effect, composed ? VERDICT_ABSOLUTE : evidence->scale));
    const double far_end = fmax(fabs(bar.low), fabs(bar.high));
    if (!composed || far_end == 0)
        return far_end;
    const struct analyse_samples *samples = &judge->effects->level[item->level].samples;
    return 100 * far_end / stats_hodges_lehmann(samples->value, samples->count);
}

static bool linearity_overrules(const struct judge *judge, struct analyse_item *item,
                                const struct verdict_evidence *evidence, char *why, size_t bytes)
{
    const double bar = linearity_bar(judge, item, evidence);
    if (item->verdict == VERDICT_UNRESOLVED || !(bar >= item->decision.margin))
        return false;
    item->verdict = VERDICT_UNRESOLVED;
    item->cause = "linearity";
    snprintf(why, bytes, "margin %s is within what another size of the batch may change: %s",
             figure_text(item->decision.margin).text, figure_text(bar).text);
    return true;
}

static void judge_evidence(const struct judge *judge, struct analyse_item *item,
                           const struct verdict_evidence *evidence, double confidence)
{
    const struct analyse_condition *condition = &judge->claims->condition[item->condition];
    struct verdict_decision decision = verdict_decide(&condition->region, evidence);
    item->measured = true;
    item->evidence = *evidence;
    item->decision = decision;
    item->verdict = decision.verdict;
    item->estimate = evidence->estimate;
    item->interval = evidence->interval;
    item->confidence = confidence;
    item->mde = evidence->mde;
    item->twin_bound = verdict_twin_bound(evidence);

    char why[640], region[80];
    if (!overruled(judge, item, why, sizeof why) && !linearity_overrules(judge, item, evidence, why, sizeof why)) {
        explain_decision(why, sizeof why, evidence, &decision,
                         verdict_of_interval(&condition->region, evidence->interval));
        snprintf(item->brief, sizeof item->brief, "%s", verdict_cause_brief(decision.cause));
        advise(judge, item, why, sizeof why);
    } else
        set_brief(item, why);
    snprintf(item->figure, sizeof item->figure, "%.40s %s %.16s [%s; %s] against region %s: %s",
             claim_text(judge->data, condition->row, SCHEMA_claims_metric), figure_text(evidence->estimate).text,
             claim_text(judge->data, condition->row, SCHEMA_claims_unit), figure_text(evidence->interval.low).text,
             figure_text(evidence->interval.high).text,
             analyse_region_words(region, sizeof region, judge->data, condition), why);
}

static void name_effect(const struct judge *judge, struct analyse_item *item, const struct analyse_effect *effect)
{
    snprintf(item->source, sizeof item->source, "contrasts.csv panel=%s workload=%s contrast=%s%s",
             judge->data->panel_names[effect->panel], analyse_workload_name(judge->data, effect->workload),
             effect->contrast, item->reversed ? " reversed" : "");
}

static void name_level(const struct judge *judge, char *text, size_t bytes, const struct analyse_level *level)
{
    snprintf(text, bytes, "processes.csv panel=%s workload=%s arm=%s", judge->data->panel_names[level->panel],
             analyse_workload_name(judge->data, level->workload), level->arm);
}

/* A planned item holds where it looks in `source` until it is judged. */
static void judge_timing(const struct judge *judge, struct analyse_item *item)
{
    char workload[ENCBENCH_NAME_BYTES], parts[256];
    snprintf(workload, sizeof workload, "%.127s", item->source);
    if (item->effect == ANALYSE_NONE) {
        not_measured(judge, item, workload);
        return;
    }
    const struct analyse_effect *effect = &judge->effects->effect[item->effect];
    double alpha = analyse_effect_alpha(judge->claims, item->effect, item->scale, parts, sizeof parts);
    struct verdict_evidence evidence =
        analyse_effect_evidence(judge->effects, effect, item->scale, item->reversed, alpha);
    judge_evidence(judge, item, &evidence, 1 - alpha);
    name_effect(judge, item, effect);
}

static void judge_level(const struct judge *judge, struct analyse_item *item)
{
    char where[2 * ENCBENCH_NAME_BYTES + 8];
    snprintf(where, sizeof where, "%.260s", item->source);
    if (item->level == ANALYSE_NONE) {
        not_measured(judge, item, where);
        return;
    }
    const struct analyse_level *level = &judge->effects->level[item->level];
    double alpha = analyse_level_alpha(judge->claims, item->level);
    struct verdict_evidence evidence = analyse_level_evidence(judge->effects, level, alpha);
    judge_evidence(judge, item, &evidence, 1 - alpha);
    name_level(judge, item->source, sizeof item->source, level);
}

static void judge_composition(struct judge *judge, size_t index)
{
    const struct analyse_condition *condition = &judge->claims->condition[index];
    struct analyse_item *item = add_item(judge, index);
    if (!item)
        return;
    const char *workloads = claim_text(judge->data, condition->row, SCHEMA_claims_workload);
    char on_effect[ENCBENCH_NAME_BYTES], on_level[ENCBENCH_NAME_BYTES];
    words_next(&workloads, on_effect);
    words_next(&workloads, on_level);
    item->effect = match_effect(judge->data, judge->effects, condition, on_effect, &item->reversed);
    item->level = match_level(judge->data, judge->effects,
                              claim_text(judge->data, condition->row, SCHEMA_claims_baseline), on_level);
    if (item->effect == ANALYSE_NONE || item->level == ANALYSE_NONE) {
        not_measured(judge, item, item->effect == ANALYSE_NONE ? on_effect : on_level);
        return;
    }
    const struct analyse_effect *effect = &judge->effects->effect[item->effect];
    const struct analyse_level *level = &judge->effects->level[item->level];
    double alpha = test_alpha(judge->claims, condition);
    bool reduction =
        scale_of_metric(claim_text(judge->data, condition->row, SCHEMA_claims_metric)) == VERDICT_REDUCTION;
    struct verdict_evidence evidence =
        analyse_effect_evidence(judge->effects, effect, VERDICT_ABSOLUTE, item->reversed, alpha / 2);
    struct verdict_evidence of_level = analyse_level_evidence(judge->effects, level, alpha / 2);
    verdict_evidence_divide(&evidence, &of_level, reduction);
    judge_evidence(judge, item, &evidence, 1 - alpha);
    append(item->figure, sizeof item->figure, "; by composition; assumes no interaction");

    char level_source[256];
    name_effect(judge, item, effect);
    name_level(judge, level_source, sizeof level_source, level);
    append(item->source, sizeof item->source, "; ");
    append(item->source, sizeof item->source, level_source);
}

/* ---- exact figures ---- */

/* A figure of metrics.csv. False, with the item saying why, when there is none that is exact. */
static bool exact_figure(const struct judge *judge, struct analyse_item *item, const char *variant,
                         const char *workload, const char *metric, double *value)
{
    const struct csv_data *metrics = &judge->data->metrics;
    size_t row = analyse_metric_row(judge->data, variant, workload, metric);
    const char *status = row == ANALYSE_NONE ? "" : csv_text(metrics, row, SCHEMA_metrics_status);
    *value = row == ANALYSE_NONE ? NAN : csv_number(metrics, row, SCHEMA_metrics_value);
    if (row != ANALYSE_NONE && item->row_count++ < ANALYSE_ITEM_ROWS_MAX)
        item->rows[item->row_count - 1] = row;
    if (strcmp(status, "exact") == 0 && !isnan(*value))
        return true;
    bool unstable = strcmp(status, "unstable") == 0;
    const char *reason = row == ANALYSE_NONE ? "" : csv_text(metrics, row, SCHEMA_metrics_reason);
    item->measured = unstable;
    item->cause = unstable ? "unstable" : "not_measured";
    snprintf(item->brief, sizeof item->brief, "%s", unstable ? "unstable" : "");
    snprintf(item->figure, sizeof item->figure, "%s: %.60s of %.60s on %.60s%s%.160s",
             unstable ? "unstable" : "not measured yet", metric, variant, workload, *reason ? "; " : "", reason);
    return false;
}

/* `what` is of this workload, and names it. */
static void judge_exact_value(const struct judge *judge, struct analyse_item *item, double value, const char *what,
                              const char *workload)
{
    const struct analyse_condition *condition = &judge->claims->condition[item->condition];
    char region[80];
    item->measured = true;
    if (isnan(value)) {
        item->cause = "undefined";
        snprintf(item->brief, sizeof item->brief, "a share of nothing");
        snprintf(item->figure, sizeof item->figure, "%.420s; %s: %s", what, verdict_name(VERDICT_UNRESOLVED),
                 item->brief);
        return;
    }
    item->cause = "decided";
    item->verdict = verdict_of_value(&condition->region, value);
    item->estimate = value;
    snprintf(item->figure, sizeof item->figure, "%.420s = %s; %s %s", what, figure_text(value).text,
             item->verdict == VERDICT_CONFIRMED ? "in" : "not in",
             analyse_region_words(region, sizeof region, judge->data, condition));
    const char *place = strstr(item->figure, " on ");
    if (place && strncmp(place + strlen(" on "), workload, strlen(workload)) == 0) {
        item->place_at = (size_t)(place - item->figure) + strlen(" on ");
        item->place_bytes = strlen(workload);
    }
    /* A heap pass that misses a planted leak is not believed about anything else. */
    if (judge->controls->heap_reason[0] &&
        growth_is_metric(claim_text(judge->data, condition->row, SCHEMA_claims_metric))) {
        item->verdict = VERDICT_INVALID;
        item->cause = "control";
        append(item->figure, sizeof item->figure, "; ");
        append(item->figure, sizeof item->figure, judge->controls->heap_reason);
    }
}

static void judge_variant(struct judge *judge, size_t index, const char *variant, const char *workload)
{
    struct analyse_item *item = add_item(judge, index);
    const char *metric = claim_text(judge->data, judge->claims->condition[index].row, SCHEMA_claims_metric);
    double value;
    if (!item || !exact_figure(judge, item, variant, workload, metric, &value))
        return;
    char what[448];
    snprintf(what, sizeof what, "%.60s of %.120s on %.120s", metric, variant, workload);
    judge_exact_value(judge, item, value, what, workload);
    snprintf(item->source, sizeof item->source, "metrics.csv variant=%s workload=%s metric=%.100s", variant, workload,
             metric);
}

/* contender - baseline, or by how many percent the contender is smaller. */
static void judge_pair(struct judge *judge, size_t index, const char *baseline, const char *contender,
                       const char *workload)
{
    const struct analyse_condition *condition = &judge->claims->condition[index];
    struct analyse_item *item = add_item(judge, index);
    const char *metric = claim_text(judge->data, condition->row, SCHEMA_claims_metric);
    double minus, plus;
    if (!item || !exact_figure(judge, item, baseline, workload, metric, &minus) ||
        !exact_figure(judge, item, contender, workload, metric, &plus))
        return;
    bool reduction = condition->kind == ANALYSE_REDUCTION;
    double value = !reduction ? plus - minus : minus > 0 ? 100 * (1 - plus / minus) : NAN;
    char what[448];
    snprintf(what, sizeof what, "%.50s on %.80s of %.80s is %s and of %.80s %s; %s", metric, workload, baseline,
             figure_text(minus).text, contender, figure_text(plus).text,
             reduction ? "reduction in percent" : "difference");
    judge_exact_value(judge, item, value, what, workload);
    snprintf(item->source, sizeof item->source, "metrics.csv variants=%s %s workload=%.100s metric=%.100s", baseline,
             contender, workload, metric);
}

/* A variant offers a workload of which metrics.csv has any figure of it: a single figure that was lost is not one that
 * was never there. */
static bool offers(const struct judge *judge, const char *variant, const char *workload)
{
    const struct csv_data *metrics = &judge->data->metrics;
    for (size_t row = 0; row < metrics->row_count; row++)
        if (strcmp(csv_text(metrics, row, SCHEMA_metrics_variant), variant) == 0 &&
            strcmp(csv_text(metrics, row, SCHEMA_metrics_workload), workload) == 0)
            return true;
    return false;
}

/* What the figures of some variants span, and how many of each side of the claim there are. */
struct span {
    double least, most;
    size_t baselines, contenders;
    bool all;
};

static size_t span_of_side(const struct judge *judge, struct analyse_item *item, const char *variants,
                           const char *workload, bool offered, struct span *span)
{
    const char *metric = claim_text(judge->data, judge->claims->condition[item->condition].row, SCHEMA_claims_metric);
    char variant[ENCBENCH_NAME_BYTES];
    size_t count = 0;
    while (words_next(&variants, variant)) {
        double value;
        if (offered && !offers(judge, variant, workload))
            continue;
        if (!exact_figure(judge, item, variant, workload, metric, &value)) {
            span->all = false;
            continue;
        }
        span->least = fmin(span->least, value);
        span->most = fmax(span->most, value);
        count++;
    }
    return count;
}

/* Largest less smallest figure of all the variants. `offered`: only variants that offer the workload are compared; what
 * is named outright must all be there. */
static void judge_equal(struct judge *judge, size_t index, const char *workload, bool offered)
{
    size_t row = judge->claims->condition[index].row;
    struct analyse_item *item = add_item(judge, index);
    if (!item)
        return;
    const char *metric = claim_text(judge->data, row, SCHEMA_claims_metric);
    const char *const lists[] = {claim_text(judge->data, row, SCHEMA_claims_baseline),
                                 claim_text(judge->data, row, SCHEMA_claims_contender)};
    struct span span = {.least = INFINITY, .most = -INFINITY, .all = true};
    span.baselines = span_of_side(judge, item, lists[0], workload, offered, &span);
    span.contenders = span_of_side(judge, item, lists[1], workload, offered, &span);
    const double value = span.most - span.least;
    /* What is missing cannot make unequal figures equal. */
    const bool equal = span.baselines + span.contenders == 0 ||
                       verdict_region_contains(&judge->claims->condition[index].region, value);
    if (!span.all && equal)
        return;
    /* Figures of one side alone are equal whatever the other does. */
    if (equal && offered && (span.baselines == 0 || span.contenders == 0)) {
        snprintf(item->figure, sizeof item->figure, "not measured yet: %.60s on %.120s of both sides of the claim",
                 metric, workload);
        return;
    }
    char what[448];
    snprintf(what, sizeof what, "%.60s on %.120s: largest less smallest of the variants", metric, workload);
    judge_exact_value(judge, item, value, what, workload);
    snprintf(item->source, sizeof item->source, "metrics.csv variants=%.160s %.160s workload=%.60s metric=%.60s",
             lists[0], lists[1], workload, metric);
}

/* Whether a variant of the claim offers the workload: a stranger's workload says nothing about it. */
static bool concerns(const struct judge *judge, size_t index, const char *workload)
{
    const size_t row = judge->claims->condition[index].row, sides[] = {SCHEMA_claims_baseline, SCHEMA_claims_contender};
    char variant[ENCBENCH_NAME_BYTES];
    for (size_t i = 0; i < 2; i++)
        for (const char *cursor = claim_text(judge->data, row, sides[i]); words_next(&cursor, variant);)
            if (offers(judge, variant, workload))
                return true;
    return false;
}

/* A variant without a figure on any workload is equal to nothing: an item for it. */
static void judge_absent_variants(struct judge *judge, size_t index)
{
    const struct csv_data *metrics = &judge->data->metrics;
    const size_t claim = judge->claims->condition[index].row,
                 sides[] = {SCHEMA_claims_baseline, SCHEMA_claims_contender};
    const char *metric = claim_text(judge->data, claim, SCHEMA_claims_metric);
    char variant[ENCBENCH_NAME_BYTES];
    for (size_t i = 0; i < 2; i++)
        for (const char *cursor = claim_text(judge->data, claim, sides[i]); words_next(&cursor, variant);) {
            size_t row = 0;
            while (row < metrics->row_count && (strcmp(csv_text(metrics, row, SCHEMA_metrics_variant), variant) != 0 ||
                                                strcmp(csv_text(metrics, row, SCHEMA_metrics_metric), metric) != 0))
                row++;
            if (row < metrics->row_count)
                continue;
            struct analyse_item *item = add_item(judge, index);
            if (item)
                snprintf(item->figure, sizeof item->figure, "not measured yet: %.60s of %.60s on any workload", metric,
                         variant);
        }
}

static void judge_equal_everywhere(struct judge *judge, size_t index)
{
    const struct csv_data *metrics = &judge->data->metrics;
    const char *metric = claim_text(judge->data, judge->claims->condition[index].row, SCHEMA_claims_metric);
    bool any = false;
    for (size_t row = 0; row < metrics->row_count; row++) {
        const char *workload = csv_text(metrics, row, SCHEMA_metrics_workload);
        if (strcmp(csv_text(metrics, row, SCHEMA_metrics_metric), metric) != 0 || !concerns(judge, index, workload))
            continue;
        bool seen = false;
        for (size_t before = 0; before < row && !seen; before++)
            seen = strcmp(csv_text(metrics, before, SCHEMA_metrics_metric), metric) == 0 &&
                   strcmp(csv_text(metrics, before, SCHEMA_metrics_workload), workload) == 0;
        if (!seen)
            judge_equal(judge, index, workload, true);
        any = true;
    }
    /* What was left out could still differ. */
    if (any && !judge->data->selected_some) {
        judge_absent_variants(judge, index);
        return;
    }
    struct analyse_item *item = add_item(judge, index);
    if (item && any)
        snprintf(item->figure, sizeof item->figure, "not measured yet: only some workloads were selected");
    else if (item)
        not_measured(judge, item, "every workload");
}

static void judge_exact(struct judge *judge, size_t index)
{
    const struct analyse_condition *condition = &judge->claims->condition[index];
    const char *workloads = claim_text(judge->data, condition->row, SCHEMA_claims_workload);
    char workload[ENCBENCH_NAME_BYTES], variant[ENCBENCH_NAME_BYTES], baseline[ENCBENCH_NAME_BYTES];
    if (condition->kind == ANALYSE_EQUAL && strcmp(workloads, "*") == 0) {
        judge_equal_everywhere(judge, index);
        return;
    }
    while (words_next(&workloads, workload)) {
        const char *contenders = claim_text(judge->data, condition->row, SCHEMA_claims_contender);
        const char *baselines = claim_text(judge->data, condition->row, SCHEMA_claims_baseline);
        if (condition->kind == ANALYSE_EQUAL) {
            judge_equal(judge, index, workload, false);
            continue;
        }
        while (words_next(&contenders, variant))
            if (condition->kind == ANALYSE_EXACT)
                judge_variant(judge, index, variant, workload);
            else if (words_next(&baselines, baseline))
                judge_pair(judge, index, baseline, variant, workload);
    }
}

/* ---- claims about claims, parts, claims ---- */

static int64_t claim_referred_to(const struct judge *judge, size_t condition)
{
    return strtoll(claim_text(judge->data, judge->claims->condition[condition].row, SCHEMA_claims_metric), NULL, 10);
}

static bool claim_is_judged(const struct analyse_claims *claims, int64_t claim)
{
    bool exists = false;
    for (size_t i = 0; i < claims->part_count; i++)
        if (claims->part[i].claim == claim) {
            exists = true;
            if (!claims->part[i].judged)
                return false;
        }
    return exists;
}

enum verdict analyse_claim_verdict(const struct analyse_claims *claims, int64_t claim)
{
    enum verdict whole = VERDICT_CONFIRMED;
    bool any = false;
    for (size_t i = 0; i < claims->part_count; i++) {
        const struct analyse_part *part = &claims->part[i];
        if (part->claim != claim)
            continue;
        enum verdict one = part->is_control && part->verdict == VERDICT_REFUTED ? VERDICT_INVALID : part->verdict;
        enum verdict both[] = {whole, one};
        whole = verdict_combine(both, 2);
        any = true;
    }
    return any ? whole : VERDICT_UNRESOLVED;
}

static void judge_claim(const struct judge *judge, struct analyse_item *item)
{
    int64_t claim = claim_referred_to(judge, item->condition);
    item->measured = true;
    item->verdict = analyse_claim_verdict(judge->claims, claim);
    item->cause =
        item->verdict == VERDICT_CONFIRMED || item->verdict == VERDICT_REFUTED ? "decided" : "rests_on_claims";
    if (item->verdict == VERDICT_UNRESOLVED)
        snprintf(item->brief, sizeof item->brief, "claim %lld", (long long)claim);
    snprintf(item->figure, sizeof item->figure, "claim %lld is %s", (long long)claim, verdict_name(item->verdict));
    snprintf(item->source, sizeof item->source, "verdicts.csv claim=%lld part=all", (long long)claim);
}

static bool part_is_ready(const struct judge *judge, size_t index)
{
    const struct analyse_claims *claims = judge->claims;
    for (size_t i = 0; i < claims->condition_count; i++)
        if (claims->condition[i].part == index && claims->condition[i].kind == ANALYSE_CLAIM &&
            !claim_is_judged(claims, claim_referred_to(judge, i)))
            return false;
    for (size_t i = 0; i < claims->part_count && !claims->part[index].is_control; i++)
        if (claims->part[i].claim == claims->part[index].claim && claims->part[i].is_control && !claims->part[i].judged)
            return false;
    return true;
}

static void guard_part(const struct analyse_claims *claims, struct analyse_part *part)
{
    for (size_t i = 0; i < claims->part_count && !part->is_control; i++) {
        const struct analyse_part *control = &claims->part[i];
        if (control->claim != part->claim || !control->is_control)
            continue;
        enum verdict guarded = verdict_guarded(part->verdict, part->measured, control->verdict, control->measured);
        if (guarded != part->verdict)
            snprintf(part->guard_reason, sizeof part->guard_reason, "control %lld%.40s is %s: %s",
                     (long long)control->claim, control->name,
                     control->measured ? verdict_name(control->verdict) : "not measured yet",
                     control->measured ? "the test is blind" : "nothing can be confirmed");
        part->guard_unmeasured |= guarded != part->verdict && !control->measured;
        part->verdict = guarded;
    }
}

static void judge_part(struct judge *judge, size_t index)
{
    struct analyse_claims *claims = judge->claims;
    struct analyse_part *part = &claims->part[index];
    enum verdict *verdicts = calloc(claims->item_count + 1, sizeof *verdicts);
    size_t count = 0;
    bool some = false, missing = false;
    if (!verdicts) {
        error_out_of_memory(judge->error);
        return;
    }
    for (size_t i = 0; i < claims->item_count; i++) {
        struct analyse_item *item = &claims->item[i];
        if (claims->condition[item->condition].part != index)
            continue;
        if (claims->condition[item->condition].kind == ANALYSE_CLAIM)
            judge_claim(judge, item);
        verdicts[count++] = item->verdict;
        if (verdict_combine(verdicts, count) == item->verdict &&
            (count == 1 || verdict_combine(verdicts, count - 1) != item->verdict))
            part->item = i;
        some |= item->measured;
        missing |= !item->measured;
    }
    part->verdict = verdict_combine(verdicts, count);
    /* A control that lacks a figure has not failed; any other part with a figure has something to be made invalid. */
    part->measured = part->is_control ? !missing || part->verdict == VERDICT_REFUTED : some;
    part->judged = true;
    guard_part(claims, part);
    free(verdicts);
}

/* Parts wait for the claims they refer to and for their controls; analyse_claims_check lets nothing wait for itself. */
static void judge_parts(struct judge *judge)
{
    struct analyse_claims *claims = judge->claims;
    for (bool progress = true; progress && judge->error->code == 0;) {
        progress = false;
        for (size_t i = 0; i < claims->part_count; i++)
            if (!claims->part[i].judged && part_is_ready(judge, i)) {
                judge_part(judge, i);
                progress = true;
            }
    }
}

int analyse_claims_judge(struct analyse_claims *claims, const struct analyse_data *data,
                         const struct analyse_effects *effects, const struct analyse_controls *controls,
                         struct error *error)
{
    struct judge judge = {claims, data, effects, controls, error};
    for (size_t i = 0; i < claims->condition_count && error->code == 0; i++)
        switch (claims->condition[i].kind) {
        case ANALYSE_TIMING:
            plan_timing(&judge, i);
            break;
        case ANALYSE_LEVEL:
            plan_level(&judge, i);
            break;
        case ANALYSE_COMPOSITION:
            judge_composition(&judge, i);
            break;
        case ANALYSE_CLAIM:
            add_item(&judge, i);
            break;
        case ANALYSE_EXACT:
        case ANALYSE_DIFFERENCE:
        case ANALYSE_REDUCTION:
        case ANALYSE_EQUAL:
            judge_exact(&judge, i);
            break;
        }
    for (size_t i = 0; i < claims->item_count && error->code == 0; i++) {
        enum analyse_kind kind = claims->condition[claims->item[i].condition].kind;
        if (kind == ANALYSE_TIMING)
            judge_timing(&judge, &claims->item[i]);
        else if (kind == ANALYSE_LEVEL)
            judge_level(&judge, &claims->item[i]);
    }
    if (error->code == 0)
        judge_parts(&judge);
    return error->code;
}
