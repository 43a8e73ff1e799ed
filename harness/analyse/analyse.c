#include "analyse/analyse.h"

#include "analyse/analysis.h"
#include "base/words.h"
#include "kernels/kernels.h"
#include "schema.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_table(struct csv_writer **writer, const struct analysis *analysis, const struct csv_table *table,
                      struct error *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", analysis->data.directory, table->file);
    if (csv_writer_open(writer, path, table, CSV_REPLACE, error) == 0)
        csv_writer_hold(*writer, analysis->data.held);
    return error->code;
}

static void put_interval(struct csv_writer *writer, struct stats_interval interval)
{
    csv_put_number(writer, interval.low);
    csv_put_number(writer, interval.high);
}

/* ---- levels.csv ---- */

/* Median over processes of the op's time in cycles of the chain clock of the same process; NaN without a clock. */
static double cycles_per_op(const struct analyse_samples *samples)
{
    double *cycles = calloc(samples->count + 1, sizeof *cycles);
    size_t count = 0;
    for (size_t i = 0; cycles && i < samples->count; i++)
        if (samples->process[i]->chain_ns > 0)
            cycles[count++] = samples->value[i] / (samples->process[i]->chain_ns / CHAIN_CYCLES_PER_OP);
    double median = cycles ? stats_quantile(cycles, count, 0.5) : NAN;
    free(cycles);
    return median;
}

static void put_level(struct csv_writer *writer, const struct analysis *analysis, size_t index)
{
    const struct analyse_level *level = &analysis->effects.level[index];
    const struct analyse_samples *samples = &level->samples;
    double alpha = analyse_level_alpha(&analysis->claims, index);
    csv_put_text(writer, analysis->data.panel_names[level->panel]);
    csv_put_text(writer, analyse_workload_name(&analysis->data, level->workload));
    csv_put_text(writer, level->arm);
    csv_put_text(writer, level->variant);
    csv_put_text(writer, level->role);
    csv_put_number(writer, stats_hodges_lehmann(samples->value, samples->count));
    put_interval(writer, stats_signed_rank_interval(samples->value, samples->count, alpha, NULL));
    csv_put_number(writer, 1 - alpha);
    csv_put_number(writer, stats_quantile(samples->value, samples->count, 0.1));
    csv_put_number(writer, stats_quantile(samples->value, samples->count, 0.9));
    csv_put_number(writer, stats_quantile(samples->value, samples->count, 0));
    csv_put_number(writer, cycles_per_op(samples));
    csv_put_integer(writer, (int64_t)samples->count);
    csv_end_row(writer);
}

static int write_levels(const struct analysis *analysis, struct error *error)
{
    struct csv_writer *writer;
    if (open_table(&writer, analysis, &schema_levels, error) != 0)
        return error->code;
    for (size_t i = 0; i < analysis->effects.level_count; i++)
        put_level(writer, analysis, i);
    return csv_writer_close(writer, error);
}

/* ---- effects.csv ---- */

/* Mean of a metric over the variants of a list; NaN unless all are exact. */
static double mean_metric(const struct analyse_data *data, const char *list, const char *workload, const char *metric)
{
    double sum = 0;
    size_t count = 0;
    char variant[ENCBENCH_NAME_BYTES];
    while (words_next(&list, variant)) {
        size_t row = analyse_metric_row(data, variant, workload, metric);
        if (row == ANALYSE_NONE || strcmp(csv_text(&data->metrics, row, SCHEMA_metrics_status), "exact") != 0)
            return NAN;
        sum += csv_number(&data->metrics, row, SCHEMA_metrics_value);
        count++;
    }
    return count ? sum / (double)count : NAN;
}

/* Weighted as the measurement weights the arms: a main effect is a difference of means, an interaction a difference of
 * differences. */
static double instructions_delta(const struct analyse_data *data, const struct analyse_effect *effect)
{
    const char *workload = analyse_workload_name(data, effect->workload);
    if (!words_has("pair main interaction", effect->kind))
        return NAN;
    double of_means = mean_metric(data, effect->contender, workload, "instructions_per_op") -
                      mean_metric(data, effect->baseline, workload, "instructions_per_op");
    return strcmp(effect->kind, "interaction") == 0 ? (double)words_count(effect->baseline) * of_means : of_means;
}

static struct stats_split variance_split(const struct analyse_effect *effect)
{
    const struct analyse_samples *samples = &effect->samples;
    for (size_t i = 0; i < samples->count; i++)
        if (isnan(samples->standard_error[i]))
            return (struct stats_split){.valid = false};
    return stats_variance_split(samples->value, samples->standard_error, samples->count);
}

/* Words that say a direction say it of the op, not of the size of its batch. */
static bool exceeds_linearity_bar(const struct analysis *analysis, size_t index,
                                  const struct verdict_evidence *evidence, enum verdict_scale scale)
{
    const struct stats_interval bar =
        verdict_interval_to_unit(scale, false, analyse_controls_linearity_bar(&analysis->controls, index, scale));
    return fabs(evidence->estimate) > fmax(fabs(bar.low), fabs(bar.high));
}

/* Nothing is not resolvable without a reason: the one place where that is said of an effect. */
static struct analyse_words not_resolvable(const char *why)
{
    struct analyse_words said = {.words = VERDICT_OVERRULED};
    snprintf(said.reason, sizeof said.reason, "%.*s", (int)strcspn(why, ":;"), why);
    return said;
}

/* Words are a verdict, and gated like one. */
struct analyse_words analysis_effect_words(const struct analysis *analysis, size_t index,
                                           const struct verdict_evidence *evidence, enum verdict_scale scale)
{
    const struct analyse_effect *effect = &analysis->effects.effect[index];
    struct analyse_objection objection;
    if (effect->identical) /* says what the code is, not what was measured */
        return (struct analyse_words){.words = VERDICT_BY_CONSTRUCTION};
    if (analyse_run_objection(&analysis->data, &analysis->controls, &objection))
        return not_resolvable(objection.why);
    if (effect->single_layout) /* whatever its controls: more processes may mend those, and this would be left */
        return (struct analyse_words){.words = VERDICT_ONE_LAYOUT};
    if (analyse_cell_objection(analyse_controls_objection(&analysis->controls, effect->panel, effect->workload),
                               &objection))
        return not_resolvable(objection.why);
    const enum verdict_words words = verdict_words(evidence, analyse_effect_half_width(&analysis->claims, index, scale),
                                                   strcmp(effect->kind, "twin") != 0);
    const bool directed = words == VERDICT_FASTER || words == VERDICT_SLOWER;
    if (words == VERDICT_OVERRULED)
        return not_resolvable(verdict_cause_brief(verdict_mute(evidence)));
    if (directed && !exceeds_linearity_bar(analysis, index, evidence, scale))
        return not_resolvable("within what another size of the batch may change");
    return (struct analyse_words){.words =
                                      directed && strcmp(effect->kind, "interaction") == 0 ? VERDICT_INTERACTS : words};
}

static void say(const struct analysis *analysis, size_t index, struct analyse_said *said)
{
    said->alpha = analyse_effect_alpha(&analysis->claims, index, said->scale, said->parts, sizeof said->parts);
    said->evidence =
        analyse_effect_evidence(&analysis->effects, &analysis->effects.effect[index], said->scale, false, said->alpha);
    said->words = analysis_effect_words(analysis, index, &said->evidence, said->scale);
}

static bool are_opposite(enum verdict_words one, enum verdict_words other)
{
    return (one == VERDICT_FASTER && other == VERDICT_SLOWER) || (one == VERDICT_SLOWER && other == VERDICT_FASTER);
}

/*
 * A difference and a log ratio of the same two times have one sign: opposite directions are an error in the files. Over
 * several pairs they need not be: 10 ns less of 1000 and 5 ns more of 100 are faster in ns and slower in percent, and
 * so there is no direction that could be shown.
 */
static int reconcile(const struct analysis *analysis, size_t index, struct analyse_said *absolute,
                     struct analyse_said *relative, struct error *error)
{
    const struct analyse_effect *effect = &analysis->effects.effect[index];
    if (!are_opposite(absolute->words.words, relative->words.words))
        return 0;
    char why[96];
    snprintf(why, sizeof why, "%s in ns and %s in percent",
             absolute->words.words == VERDICT_FASTER ? "faster" : "slower",
             relative->words.words == VERDICT_FASTER ? "faster" : "slower");
    if (words_count(effect->baseline) == 1 && words_count(effect->contender) == 1)
        return error_set(error, EXIT_USAGE,
                         "%s: contrast %s of panel %s on %s is %s; expected one direction: difference_ns and log_ratio "
                         "are of the same two times; measure again",
                         analysis->data.contrasts.path, effect->contrast, analysis->data.panel_names[effect->panel],
                         analyse_workload_name(&analysis->data, effect->workload), why);
    absolute->words = relative->words = not_resolvable(why);
    return 0;
}

static void put_effect(struct csv_writer *writer, const struct analysis *analysis, size_t index,
                       const struct analyse_said *said)
{
    const struct analyse_effect *effect = &analysis->effects.effect[index];
    const struct verdict_evidence *evidence = &said->evidence;
    const bool absolute = said->scale == VERDICT_ABSOLUTE;
    struct stats_split split = {.valid = false};
    if (absolute)
        split = variance_split(effect);

    csv_put_text(writer, analysis->data.panel_names[effect->panel]);
    csv_put_text(writer, effect->contrast);
    csv_put_text(writer, effect->kind);
    csv_put_text(writer, effect->baseline);
    csv_put_text(writer, effect->contender);
    csv_put_text(writer, analyse_workload_name(&analysis->data, effect->workload));
    csv_put_text(writer, "time");
    csv_put_text(writer, absolute ? "ns" : "percent");
    csv_put_text(writer, absolute ? "absolute" : "relative");
    csv_put_number(writer, evidence->estimate);
    put_interval(writer, evidence->interval);
    csv_put_number(writer, 1 - said->alpha);
    csv_put_number(writer, evidence->mde);
    put_interval(writer, evidence->twin);
    put_interval(writer, evidence->student);
    put_interval(writer, evidence->plain);
    csv_put_number(writer, verdict_sd_in_unit(evidence));
    csv_put_number(writer, split.valid ? split.within_sd : NAN);
    csv_put_number(writer, split.valid ? split.between_sd : NAN);
    csv_put_number(writer, absolute ? instructions_delta(&analysis->data, effect) : NAN);
    csv_put_integer(writer, (int64_t)evidence->processes);
    csv_put_text(writer, said->parts);
    csv_put_text(writer, verdict_words_text(said->words.words));
    csv_put_text(writer, said->words.reason);
    csv_end_row(writer);
}

int analysis_say(const struct analysis *analysis, size_t effect, struct analyse_said *absolute,
                 struct analyse_said *relative, struct error *error)
{
    *absolute = (struct analyse_said){.scale = VERDICT_ABSOLUTE};
    *relative = (struct analyse_said){.scale = VERDICT_RELATIVE};
    say(analysis, effect, absolute);
    say(analysis, effect, relative);
    return reconcile(analysis, effect, absolute, relative, error);
}

static int write_effects(const struct analysis *analysis, struct error *error)
{
    struct csv_writer *writer;
    if (open_table(&writer, analysis, &schema_effects, error) != 0)
        return error->code;
    for (size_t i = 0; i < analysis->effects.effect_count; i++) {
        struct analyse_said absolute, relative;
        if (analysis->effects.effect[i].samples.count < 2) /* one process shows no spread, so nothing */
            continue;
        if (analysis_say(analysis, i, &absolute, &relative, error) != 0) {
            csv_writer_abandon(writer);
            return error->code;
        }
        put_effect(writer, analysis, i, &absolute);
        put_effect(writer, analysis, i, &relative);
    }
    return csv_writer_close(writer, error);
}

/* ---- controls.csv ---- */

static int write_controls(const struct analysis *analysis, struct error *error)
{
    struct csv_writer *writer;
    if (open_table(&writer, analysis, &schema_controls, error) != 0)
        return error->code;
    for (size_t i = 0; i < analysis->controls.count; i++) {
        const struct analyse_control *control = &analysis->controls.control[i];
        csv_put_text(writer, control->name);
        csv_put_text(writer, control->subject);
        csv_put_text(writer, control->expected);
        csv_put_number(writer, control->estimate);
        csv_put_number(writer, control->low);
        csv_put_number(writer, control->high);
        csv_put_text(writer, analyse_control_status_name(control->status));
        csv_put_text(writer, control->reason);
        csv_put_text(writer, analyse_blinds_name(control->blinds));
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

/* ---- verdicts.csv ---- */

char *analysis_part_statement(const struct analysis *analysis, size_t part)
{
    char *text = NULL;
    size_t bytes = 0, count = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        return NULL;
    for (size_t i = 0; i < analysis->claims.condition_count; i++)
        if (analysis->claims.condition[i].part == part)
            fprintf(stream, "%s%s", count++ ? "; " : "",
                    csv_text(&analysis->data.claims, analysis->claims.condition[i].row, SCHEMA_claims_statement));
    fclose(stream);
    return text;
}

/* Whether two figures of one line of a claim say the same but for the workload. */
static bool say_the_same(const struct analyse_item *a, const struct analyse_item *b)
{
    return a->condition == b->condition && a->place_bytes > 0 && b->place_bytes > 0 && a->place_at == b->place_at &&
           strncmp(a->figure, b->figure, a->place_at) == 0 &&
           strcmp(a->figure + a->place_at + a->place_bytes, b->figure + b->place_at + b->place_bytes) == 0;
}

/* What an item saw, and all later ones that say the same: "hits on all 3 (a to c): ...". */
static void put_figure(FILE *stream, const struct analyse_claims *claims, size_t index)
{
    const struct analyse_item *item = &claims->item[index], *last = item;
    size_t count = 1;
    for (size_t i = index + 1; i < claims->item_count; i++)
        if (say_the_same(item, &claims->item[i])) {
            last = &claims->item[i];
            count++;
        }
    if (count == 1)
        fprintf(stream, "%s", item->figure);
    else
        fprintf(stream, "%.*sall %zu (%.*s to %.*s)%s", (int)item->place_at, item->figure, count,
                (int)item->place_bytes, item->figure + item->place_at, (int)last->place_bytes,
                last->figure + last->place_at, item->figure + item->place_at + item->place_bytes);
}

static bool is_said_before(const struct analyse_claims *claims, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (say_the_same(&claims->item[i], &claims->item[index]))
            return true;
    return false;
}

char *analysis_part_reason(const struct analysis *analysis, size_t index)
{
    const struct analyse_claims *claims = &analysis->claims;
    char *text = NULL;
    size_t bytes = 0, count = 0, items = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        return NULL;
    for (size_t i = 0; i < claims->item_count; i++)
        items += claims->condition[claims->item[i].condition].part == index;
    if (claims->part[index].guard_reason[0] != '\0')
        fprintf(stream, "%s; ", claims->part[index].guard_reason);
    for (size_t i = 0; i < claims->item_count; i++) {
        const struct analyse_condition *condition = &claims->condition[claims->item[i].condition];
        if (condition->part != index || is_said_before(claims, i))
            continue;
        fprintf(stream, "%s", count++ ? "; " : "");
        if (items > 1)
            fprintf(stream, "%s: ", csv_text(&analysis->data.claims, condition->row, SCHEMA_claims_condition));
        put_figure(stream, claims, i);
    }
    fclose(stream);
    return text;
}

/* Figures that a part rests on: how many, whether one lacks, and on which open claims it rests ("claim 4 and claim 5").
 */
struct part_figures {
    size_t count;
    bool lacks;
    char claims[200];
};

static struct part_figures figures_of(const struct analyse_claims *claims, size_t index)
{
    struct part_figures figures = {.lacks = claims->part[index].guard_unmeasured};
    for (size_t i = 0; i < claims->item_count; i++) {
        const struct analyse_item *item = &claims->item[i];
        if (claims->condition[item->condition].part != index)
            continue;
        figures.count++;
        figures.lacks |= !item->measured;
        const size_t used = strlen(figures.claims);
        if (strcmp(item->cause, "rests_on_claims") == 0 && *item->brief)
            snprintf(figures.claims + used, sizeof figures.claims - used, "%s%s", used ? " and " : "", item->brief);
    }
    return figures;
}

/* In a few words why a part is not resolvable here; "" for any other verdict. What the interval says goes before what
 * else may lack. */
struct brief {
    char text[240];
};
static struct brief brief_of(const struct analyse_claims *claims, size_t index)
{
    const struct analyse_part *part = &claims->part[index];
    const struct analyse_item *open = analyse_open_item(claims, part);
    const struct part_figures figures = figures_of(claims, index);
    struct brief brief = {""};
    const bool guarded = part->guard_reason[0] != '\0';
    const bool by_interval =
        !guarded && strcmp(open->cause, verdict_cause_word(open->decision.cause)) == 0 && *open->brief;
    if (part->verdict != VERDICT_UNRESOLVED)
        return brief;
    if (by_interval || (!guarded && !figures.lacks && figures.claims[0] == '\0'))
        snprintf(brief.text, sizeof brief.text, "%s", open->brief);
    else if (figures.lacks)
        snprintf(brief.text, sizeof brief.text, "not measured yet");
    else if (figures.claims[0])
        snprintf(brief.text, sizeof brief.text, "rests on %s", figures.claims);
    else
        snprintf(brief.text, sizeof brief.text, "%.*s", (int)strcspn(part->guard_reason, ":"), part->guard_reason);
    return brief;
}

static void put_part(struct csv_writer *writer, const struct analysis *analysis, size_t index)
{
    const struct analyse_claims *claims = &analysis->claims;
    const struct analyse_part *part = &claims->part[index];
    const struct analyse_item *item = &claims->item[part->item];
    const struct analyse_condition *condition = &claims->condition[item->condition];
    const struct csv_data *rows = &analysis->data.claims;
    const struct analyse_item *open = analyse_open_item(claims, part);
    const bool is_split = open->has_split && part->verdict == VERDICT_UNRESOLVED;
    const struct part_figures figures = figures_of(claims, index);
    bool has_region = condition->kind != ANALYSE_CLAIM;
    char *statement = analysis_part_statement(analysis, index), *reason = analysis_part_reason(analysis, index);

    csv_put_integer(writer, part->claim);
    csv_put_text(writer, part->name);
    csv_put_text(writer, csv_text(rows, part->row, SCHEMA_claims_scope));
    csv_put_text(writer, verdict_name(part->verdict));
    csv_put_number(writer, item->estimate);
    put_interval(writer, item->interval);
    csv_put_number(writer, item->confidence);
    csv_put_text(writer, csv_text(rows, condition->row, SCHEMA_claims_unit));
    csv_put_number(writer, has_region ? condition->region.low : NAN);
    csv_put_number(writer, has_region ? condition->region.high : NAN);
    csv_put_text(writer, has_region ? csv_text(rows, condition->row, SCHEMA_claims_region_bounds) : "");
    csv_put_number(writer, item->mde);
    csv_put_number(writer, item->twin_bound);
    if (open->processes_needed > 0 && part->verdict == VERDICT_UNRESOLVED)
        csv_put_integer(writer, (int64_t)open->processes_needed);
    else
        csv_put_empty(writer);
    csv_put_text(writer, item->source);
    csv_put_text(writer, statement ? statement : "");
    csv_put_text(writer, reason ? reason : "");
    csv_put_text(writer, part->guard_reason[0] ? "guarded" : open->cause);
    csv_put_text(writer, is_split ? variance_words[open->split.largest] : "");
    csv_put_number(writer, is_split ? open->split.largest_percent : NAN);
    csv_put_text(writer, part->is_control ? "control" : "claim");
    csv_put_text(writer, figures.lacks ? "no" : "yes");
    csv_put_integer(writer, (int64_t)figures.count);
    csv_put_text(writer, brief_of(claims, index).text);
    csv_end_row(writer);
    free(statement);
    free(reason);
}

static const char *claim_scope(const struct analysis *analysis, size_t first, size_t end)
{
    const struct csv_data *rows = &analysis->data.claims;
    const char *scope = csv_text(rows, analysis->claims.part[first].row, SCHEMA_claims_scope);
    for (size_t i = first + 1; i < end; i++)
        if (strcmp(csv_text(rows, analysis->claims.part[i].row, SCHEMA_claims_scope), scope) != 0)
            return "mixed";
    return scope;
}

/* The claim as a whole, from its parts [first, end). */
static void put_claim(struct csv_writer *writer, const struct analysis *analysis, size_t first, size_t end)
{
    const struct analyse_part *part = analysis->claims.part;
    int64_t claim = part[first].claim;
    char *reason = NULL, statement[64];
    size_t bytes = 0;
    FILE *stream = open_memstream(&reason, &bytes);
    for (size_t i = first; stream && i < end; i++)
        fprintf(stream, "%s%" PRId64 "%s %s", i > first ? "; " : "", claim, part[i].name,
                verdict_name(part[i].verdict));
    if (stream)
        fclose(stream);
    snprintf(statement, sizeof statement, "claim %" PRId64 " as a whole", claim);

    csv_put_integer(writer, claim);
    csv_put_text(writer, "all");
    csv_put_text(writer, claim_scope(analysis, first, end));
    csv_put_text(writer, verdict_name(analyse_claim_verdict(&analysis->claims, claim)));
    for (size_t column = SCHEMA_verdicts_estimate; column < SCHEMA_verdicts_statement; column++)
        csv_put_empty(writer);
    csv_put_text(writer, statement);
    csv_put_text(writer, reason ? reason : "");
    for (size_t column = SCHEMA_verdicts_cause; column < SCHEMA_verdicts_column_count; column++)
        csv_put_empty(writer);
    csv_end_row(writer);
    free(reason);
}

static int write_verdicts(const struct analysis *analysis, struct error *error)
{
    const struct analyse_claims *claims = &analysis->claims;
    struct csv_writer *writer;
    if (open_table(&writer, analysis, &schema_verdicts, error) != 0)
        return error->code;
    for (size_t i = 0, first = 0; i < claims->part_count; i++) {
        put_part(writer, analysis, i);
        if (i + 1 < claims->part_count && claims->part[i + 1].claim == claims->part[i].claim)
            continue;
        put_claim(writer, analysis, first, i + 1);
        first = i + 1;
    }
    return csv_writer_close(writer, error);
}

/* ---- the whole ---- */

/* A control of the heap pass that was not measured makes parts invalid only where they rest on the pass: a run without
 * the pass has none. */
static bool heap_pass_is_missed(const struct analysis *analysis)
{
    for (size_t i = 0; i < analysis->claims.item_count && analysis->controls.heap_reason[0]; i++) {
        const struct analyse_item *item = &analysis->claims.item[i];
        const size_t row = analysis->claims.condition[item->condition].row;
        if (item->verdict == VERDICT_INVALID &&
            growth_is_metric(csv_text(&analysis->data.claims, row, SCHEMA_claims_metric)))
            return analysis->data.complete;
    }
    return false;
}

static bool is_counted_as_open(const struct analyse_part *part)
{
    return part->verdict == VERDICT_UNRESOLVED && part->measured;
}

/* "5 neither inside nor outside; 1 tail-dependent", in the order in which they come. */
static void sum_reasons(const struct analyse_claims *claims, char *text, size_t bytes)
{
    size_t used = 0;
    for (size_t i = 0; i < claims->part_count && used < bytes; i++) {
        const struct brief brief = brief_of(claims, i);
        size_t count = 0, first = i;
        for (size_t other = 0; is_counted_as_open(&claims->part[i]) && other < claims->part_count; other++)
            if (is_counted_as_open(&claims->part[other]) && strcmp(brief_of(claims, other).text, brief.text) == 0) {
                first = other < first ? other : first;
                count++;
            }
        if (count > 0 && first == i)
            used += (size_t)snprintf(text + used, bytes - used, "%s%zu %s", used ? "; " : "", count, brief.text);
    }
}

static void summarise(const struct analysis *analysis, struct analyse_summary *summary)
{
    *summary = (struct analyse_summary){0};
    sum_reasons(&analysis->claims, summary->open, sizeof summary->open);
    size_t *const counts[] = {&summary->confirmed, &summary->refuted, &summary->not_resolvable, &summary->invalid};
    for (size_t i = 0; i < analysis->claims.part_count; i++) {
        const struct analyse_part *part = &analysis->claims.part[i];
        bool decided = part->verdict == VERDICT_CONFIRMED || part->verdict == VERDICT_REFUTED;
        const bool nothing_to_resolve = part->verdict == VERDICT_UNRESOLVED && !is_counted_as_open(part);
        ++*(nothing_to_resolve ? &summary->not_measured : counts[part->verdict]);
        summary->timing_open += part->timing_tests > 0 && part->measured && !decided;
    }
    snprintf(summary->edited, sizeof summary->edited, "%s", analysis->data.recorded.words);
    for (size_t i = 0; i < analysis->controls.count; i++)
        if (strcmp(analysis->controls.control[i].name, "sick_ops") == 0)
            snprintf(summary->sick, sizeof summary->sick, "%s", analysis->controls.control[i].reason);
    summary->unrecorded = !analysis->data.recorded.there;
    const struct analyse_controls *controls = &analysis->controls;
    const bool could_decide = analysis->data.profile->for_conclusions && analysis->data.process_count > 0;
    summary->run_invalid =
        controls->crashed ||
        (could_decide && (controls->run_invalid || controls->heap_failed || heap_pass_is_missed(analysis)));
    summary->deciding_cell_blind = could_decide && !summary->run_invalid && controls->deciding_cell_blind;
    if (summary->run_invalid)
        snprintf(summary->reason, sizeof summary->reason, "%s",
                 controls->reason[0] ? controls->reason : controls->heap_reason);
    else if (summary->deciding_cell_blind)
        snprintf(summary->reason, sizeof summary->reason, "%s", controls->cell_reason);
}

const char *analyse_trouble(const struct analyse_summary *summary)
{
    return summary->run_invalid           ? verdict_name(VERDICT_INVALID)
           : summary->deciding_cell_blind ? "blind where claims are decided"
                                          : NULL;
}

int analyse_exit(const struct analyse_summary *summary)
{
    return analyse_trouble(summary) ? EXIT_UNFIT : EXIT_PASS;
}

int analysis_make(struct analysis *analysis, const char *directory, struct error *error)
{
    *analysis = (struct analysis){0};
    if (analyse_data_read(&analysis->data, directory, error) != 0 ||
        analyse_claims_read(&analysis->claims, &analysis->data, error) != 0 ||
        analyse_effects_collect(&analysis->effects, &analysis->data, error) != 0 ||
        analyse_controls_check(&analysis->controls, &analysis->data, &analysis->effects, &analysis->claims, error) != 0)
        return error->code;
    return analyse_claims_judge(&analysis->claims, &analysis->data, &analysis->effects, &analysis->controls, error);
}

void analysis_free(struct analysis *analysis)
{
    analyse_controls_free(&analysis->controls);
    analyse_claims_free(&analysis->claims);
    analyse_effects_free(&analysis->effects);
    analyse_data_free(&analysis->data);
}

/* All derived files or none: half of them new would be read as one analysis. */
static int write_all(const struct analysis *analysis, struct error *error)
{
    const struct analyse_data *data = &analysis->data;
    if (write_levels(analysis, error) != 0 || write_effects(analysis, error) != 0 ||
        write_controls(analysis, error) != 0 ||
        analyse_growth_write(&data->growth, data->directory, data->held, error) != 0 ||
        analyse_write_states(analysis, error) != 0 || analyse_write_variance(analysis, error) != 0 ||
        analyse_write_instructions(data, error) != 0 || write_verdicts(analysis, error) != 0)
        return error->code;
    return csv_held_publish(data->held, error);
}

int analyse_look(const char *directory, struct analyse_summary *summary, struct error *error)
{
    struct analysis analysis;
    *summary = (struct analyse_summary){0};
    if (analysis_make(&analysis, directory, error) == 0)
        summarise(&analysis, summary);
    analysis_free(&analysis);
    return error->code;
}

int analyse_run(const char *directory, struct analyse_summary *summary, struct error *error)
{
    struct analysis analysis;
    struct csv_held held = {0};
    *summary = (struct analyse_summary){0};
    if (analysis_make(&analysis, directory, error) == 0) {
        analysis.data.held = &held;
        if (write_all(&analysis, error) == 0)
            summarise(&analysis, summary);
    }
    csv_held_drop(&held);
    analysis_free(&analysis);
    return error->code;
}
