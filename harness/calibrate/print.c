#include "calibrate/internal.h"

#include "base/paths.h"
#include "base/text.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 80, NAME_COLUMNS = 45 };

static void put_count(struct csv_writer *writer, bool there, size_t count)
{
    if (there)
        csv_put_integer(writer, (int64_t)count);
    else
        csv_put_empty(writer);
}

int calibrate_write_figures(const struct calibrate_figures *figures, const char *directory, struct error *error)
{
    char path[PATH_MAX], reason[320];
    struct csv_writer *writer;
    if (paths_join(path, directory, schema_calibration.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_calibration, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t i = 0; i < figures->count; i++) {
        const struct calibrate_figure *row = &figures->figure[i];
        csv_put_text(writer, row->property);
        csv_put_text(writer, row->subject);
        csv_put_text(writer, row->design);
        csv_put_text(writer, row->figure);
        csv_put_text(writer, row->unit);
        csv_put_number(writer, row->true_effect);
        csv_put_text(writer, row->true_effect_unit);
        put_count(writer, row->processes > 0, row->processes);
        csv_put_number(writer, row->confidence);
        put_count(writer, row->has_trials, row->trials);
        put_count(writer, row->is_rate, row->count);
        csv_put_number(writer, row->value);
        csv_put_number(writer, row->low);
        csv_put_number(writer, row->high);
        csv_put_text(writer, row->target);
        csv_put_text(writer, calibrate_status_words[row->status]);
        csv_put_text(writer, csv_clean(reason, sizeof reason, row->reason));
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

/* What has a target, and beside it what an ablation or pairing shows, what a report could resolve and what a process
 * costs. */
static bool is_shown(const struct calibrate_figure *row)
{
    const bool fresh = strcmp(row->design, CALIBRATE_FRESH) == 0;
    return row->target[0] || strcmp(row->figure, "sd_ratio") == 0 || strcmp(row->figure, "false_differences") == 0 ||
           (fresh && strcmp(row->figure, "process_time") == 0) || strcmp(row->figure, "mde") == 0;
}

/* The file's names as words; the subject keeps its own. */
static const char *words_of(char *text, size_t bytes, const char *name)
{
    snprintf(text, bytes, "%s", strcmp(name, "aa") == 0 ? "A/A" : name);
    for (char *at = text; *at; at++)
        if (*at == '_')
            *at = ' ';
    return text;
}

static void print_row(const struct calibrate_figure *row)
{
    char property[64], figure[64], design[64];
    words_of(property, sizeof property, row->property);
    words_of(figure, sizeof figure, row->figure);
    words_of(design, sizeof design, row->design);
    char name[512], processes[16] = "", value[32] = "-", bounds[40] = "", trials[24] = "";
    const bool plain = strcmp(row->design, CALIBRATE_FRESH) == 0;
    if (row->processes > 1)
        snprintf(processes, sizeof processes, " N=%u", row->processes);
    snprintf(name, sizeof name, "%s %s %s%s", property, row->subject, plain ? figure : design, processes);
    if (!plain && strcmp(row->figure, "false_differences") != 0)
        snprintf(name, sizeof name, "%s %s %s %s", property, row->subject, design, figure);
    if (!isnan(row->value))
        snprintf(value, sizeof value, "%.3g %s", row->value,
                 strcmp(row->unit, "percent") == 0 ? "%"
                 : strcmp(row->unit, "ratio") == 0 ? "x"
                                                   : row->unit);
    if (!isnan(row->low) && !isnan(row->high))
        snprintf(bounds, sizeof bounds, "[%.3g, %.3g]", row->low, row->high);
    if (row->has_trials)
        snprintf(trials, sizeof trials, "%zu", row->trials);
    printf("%-*.*s %8s %-13s %5s %s\n", NAME_COLUMNS, NAME_COLUMNS, name, value, bounds, trials,
           row->status == CALIBRATE_MET      ? "met"
           : row->status == CALIBRATE_MISSED ? "MISS"
           : row->status == CALIBRATE_MORE   ? "more"
                                             : "");
    if (row->status == CALIBRATE_MISSED) {
        printf("    ");
        text_print_words(stdout, row->reason, 4, 4, COLUMNS);
    }
}

void calibrate_print(const struct calibrate_figures *figures)
{
    printf("%-*s %8s %-13s %5s %s\n", NAME_COLUMNS, "figure", "value", "95 % bounds", "n", "goal");
    for (size_t i = 0; i < figures->count; i++)
        if (is_shown(&figures->figure[i]))
            print_row(&figures->figure[i]);
    printf("met, MISS: against the target; more: more trials needed. All: calibration.csv\n");
}
