#include "calibrate/internal.h"

#include "base/paths.h"
#include "base/process.h"
#include "base/progress.h"
#include "schema.h"
#include "stats/stats.h"
#include "store/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPEATS = 1000, OPERATIONS = 1, INPUT_SEED = 1 };
#define BOUND  0.05 /* of the bounds of a rate */
#define TARGET "identical 1000 of 1000"

struct repeats {
    double instructions[REPEATS]; /* of one op */
    size_t count;
    char reason[512]; /* why there are fewer; "" otherwise */
};

static int step_repeats(const struct launch *launch, const struct plan_arm *arm, bool quiet, struct repeats *repeats,
                        struct error *error)
{
    struct worker_result *result = calloc(1, sizeof *result);
    struct progress progress;
    if (result == NULL)
        return error_out_of_memory(error);
    progress_start(&progress, "stepping one op again and again", REPEATS, quiet);
    while (repeats->count < REPEATS && error->code == 0 && !process_stop_requested()) {
        const struct worker_step *step = &result->step;
        if (launch_step(launch, arm->module, arm->workload, OPERATIONS, LAUNCH_STEP_ANY, INPUT_SEED, result, error))
            break;
        if (step->unavailable[0]) {
            csv_clean(repeats->reason, sizeof repeats->reason, step->unavailable);
            break;
        }
        repeats->instructions[repeats->count++] =
            (double)(step->instructions_2n - step->instructions_n) / (double)step->operations;
        progress_step(&progress);
    }
    progress_end(&progress);
    free(result);
    return error->code;
}

static int write_repeats(const char *path, const struct plan_arm *arm, const struct repeats *repeats,
                         struct error *error)
{
    struct csv_writer *writer;
    if (csv_writer_open(&writer, path, &schema_calibration_instructions, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t i = 0; i < repeats->count || (i == repeats->count && repeats->reason[0]); i++) {
        csv_put_text(writer, arm->module->variant);
        csv_put_text(writer, arm->workload->short_name);
        csv_put_integer(writer, (int64_t)i);
        csv_put_number(writer, i < repeats->count ? repeats->instructions[i] : NAN);
        csv_put_text(writer, i < repeats->count ? "" : repeats->reason);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

int calibrate_instructions(const struct launch *launch, const struct plan_arm *arm, const char *directory, bool quiet,
                           struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, directory, schema_calibration_instructions.file, error) != 0 || access(path, F_OK) == 0)
        return error->code;
    struct repeats *repeats = calloc(1, sizeof *repeats);
    if (repeats == NULL)
        return error_out_of_memory(error);
    if (step_repeats(launch, arm, quiet, repeats, error) == 0 && !process_stop_requested())
        write_repeats(path, arm, repeats, error);
    free(repeats);
    return error->code;
}

int calibrate_add_instructions(struct calibrate_figures *figures, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_data table = {0};
    if (paths_join(path, directory, schema_calibration_instructions.file, error) != 0 ||
        (access(path, F_OK) == 0 && csv_read(path, &schema_calibration_instructions, &table, error) != 0))
        return error->code;
    struct calibrate_figure *row = calibrate_figures_add(figures, error);
    if (row == NULL) {
        csv_free(&table);
        return error->code;
    }
    const char *reason = "not stepped yet: calibrate --resume does";
    snprintf(row->subject, sizeof row->subject, "%s",
             table.row_count ? csv_text(&table, 0, SCHEMA_calibration_instructions_workload) : "all");
    for (size_t r = 0; r < table.row_count; r++) {
        const double here = csv_number(&table, r, SCHEMA_calibration_instructions_instructions_per_op);
        if (isnan(here))
            reason = csv_text(&table, r, SCHEMA_calibration_instructions_reason);
        row->trials += !isnan(here);
        row->count += here == csv_number(&table, 0, SCHEMA_calibration_instructions_instructions_per_op);
    }
    const struct stats_interval bounds = stats_proportion_interval(row->count, row->trials, BOUND);
    row->property = "instructions";
    row->figure = "identical";
    row->unit = "percent";
    row->target = TARGET;
    row->is_rate = row->has_trials = true;
    snprintf(row->design, sizeof row->design, "counted");
    if (row->trials) {
        row->value = 100.0 * (double)row->count / (double)row->trials;
        row->low = 100 * bounds.low;
        row->high = 100 * bounds.high;
    }
    row->status = row->count < row->trials ? CALIBRATE_MISSED : row->trials >= REPEATS ? CALIBRATE_MET : CALIBRATE_MORE;
    if (row->status == CALIBRATE_MISSED)
        snprintf(row->reason, sizeof row->reason, "%zu of %zu counts differ from the first", row->trials - row->count,
                 row->trials);
    else if (row->status == CALIBRATE_MORE)
        snprintf(row->reason, sizeof row->reason, "%.300s", reason);
    csv_free(&table);
    return error->code;
}
