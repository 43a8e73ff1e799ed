#include "analyse/analysis.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct variance_split analyse_variance_of(const struct analyse_effect *effect)
{
    const struct analyse_samples *samples = &effect->samples;
    return variance_components(samples->value, samples->block_noise, samples->heap, samples->shared, samples->count);
}

/* ---- variance.csv ---- */

static void put_effect(struct csv_writer *writer, const struct analyse_data *data, const struct analyse_effect *effect)
{
    const struct variance_split split = analyse_variance_of(effect);
    csv_put_text(writer, data->panel_names[effect->panel]);
    csv_put_text(writer, analyse_workload_name(data, effect->workload));
    csv_put_text(writer, effect->contrast);
    csv_put_integer(writer, (int64_t)effect->samples.count);
    csv_put_number(writer, split.sd);
    for (enum variance_component i = VARIANCE_BLOCK; i < VARIANCE_COMPONENTS; i++)
        csv_put_number(writer, split.component_sd[i]);
    csv_put_text(writer, split.valid ? variance_words[split.largest] : "");
    csv_put_number(writer, split.largest_percent);
    csv_put_text(writer, split.valid ? "split" : "not split");
    csv_put_text(writer, split.reason);
    csv_end_row(writer);
}

int analyse_write_variance(const struct analysis *analysis, struct error *error)
{
    char path[4096];
    struct csv_writer *writer;
    snprintf(path, sizeof path, "%s/%s", analysis->data.directory, schema_variance.file);
    if (csv_writer_open(&writer, path, &schema_variance, CSV_REPLACE, error) != 0)
        return error->code;
    csv_writer_hold(writer, analysis->data.held);
    for (size_t i = 0; i < analysis->effects.effect_count; i++)
        put_effect(writer, &analysis->data, &analysis->effects.effect[i]);
    return csv_writer_close(writer, error);
}

/* ---- what would decide ---- */

static const char *why_none(enum verdict_cause cause)
{
    switch (cause) {
    case VERDICT_DECIDED:
        return "";
    case VERDICT_NO_INTERVAL:
    case VERDICT_STRADDLES:
        return "more than 100000 processes would be needed";
    case VERDICT_NO_TWIN:
        return "no number of processes gives it one";
    case VERDICT_WITHIN_TWIN:
        return "no number of processes would decide it: the middle of the twins' interval lies as far from 0";
    case VERDICT_TAIL:
        return "no number of processes would decide it: the middle of that interval decides otherwise";
    case VERDICT_LAYOUT:
        return "no number of processes would decide it: the mean over processes decides otherwise";
    case VERDICT_SINGLE_LAYOUT:
        return "no number of processes gives it another: offer an object file or a directory of layouts";
    case VERDICT_NO_SPREAD:
        return "no number of processes would decide it";
    }
    return "";
}

static void say_number(FILE *out, const struct verdict_decision *decision, const struct variance_split *split,
                       size_t processes, double process_ms)
{
    const size_t needed = decision->processes_needed;
    const double factor = variance_length_instead(split, processes, needed, process_ms);
    if (needed == 0)
        fputs(why_none(decision->cause), out);
    else if (needed <= PROFILE_PROCESSES_MAX)
        fprintf(out, "--processes %zu would decide it", needed);
    else
        fprintf(out, "about %zu processes would decide it; --processes takes %d", needed, PROFILE_PROCESSES_MAX);
    if (factor > 0)
        fprintf(out, "; processes %.2g times as long would too and in less time", factor);
}

void analyse_advise(char *text, size_t bytes, const struct verdict_decision *decision,
                    const struct variance_split *split, size_t processes, double process_ms)
{
    const size_t used = strlen(text);
    FILE *out =
        decision->cause == VERDICT_DECIDED || used + 1 >= bytes ? NULL : fmemopen(text + used, bytes - used, "w");
    if (!out)
        return;
    if (split->valid)
        fprintf(out, "; %.0f %% of the variance is %s", split->largest_percent, variance_words[split->largest]);
    fputs("; ", out);
    say_number(out, decision, split, processes, process_ms);
    fclose(out);
}

static bool needs_more(const struct analyse_item *item, const struct analyse_item *other)
{
    return other->processes_needed > 0 &&
           (item->processes_needed == 0 || item->processes_needed > other->processes_needed);
}

const struct analyse_item *analyse_open_item(const struct analyse_claims *claims, const struct analyse_part *part)
{
    const struct analyse_item *open = NULL;
    if (part->verdict != VERDICT_UNRESOLVED)
        return &claims->item[part->item];
    for (size_t i = 0; i < claims->item_count; i++) {
        const struct analyse_item *item = &claims->item[i];
        if (&claims->part[claims->condition[item->condition].part] != part || item->verdict != VERDICT_UNRESOLVED ||
            !item->measured)
            continue;
        open = open == NULL || needs_more(item, open) ? item : open;
    }
    return open ? open : &claims->item[part->item];
}
