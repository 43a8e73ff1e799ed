#include "analyse/controls_internal.h"
#include "kernels/kernels.h"
#include "machine/machine.h"
#include "schema.h"
#include "store/run_directory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_TOLERANCE_PPM 100

const char *analyse_control_status_name(enum analyse_control_status status)
{
    static const char *const names[] = {"holds", "failed", "imprecise", "not measured"};
    return names[status];
}

const char *analyse_blinds_name(enum analyse_blinds blinds)
{
    static const char *const names[] = {"nothing", "cell", "deciding cell", "heap passes", "run"};
    return names[blinds];
}

/* ---- what all controls share ---- */

int control_out_of_memory(struct check *check)
{
    return error_out_of_memory(check->error);
}

struct analyse_control *control_add(struct check *check, const char *name, size_t panel, size_t workload)
{
    struct analyse_controls *controls = check->controls;
    if (controls->count == controls->capacity) {
        size_t capacity = controls->capacity ? 2 * controls->capacity : 16;
        struct analyse_control *grown = realloc(controls->control, capacity * sizeof *grown);
        if (!grown) {
            control_out_of_memory(check);
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

void control_see(struct analyse_control *control, double estimate, struct stats_interval interval)
{
    control->estimate = estimate;
    control->low = interval.low;
    control->high = interval.high;
}

bool control_is_everywhere(struct analyse_control *control, const char *what, size_t count, size_t processes)
{
    if (count == processes && count > 0)
        return true;
    if (count == 0)
        snprintf(control->reason, sizeof control->reason, "no process has %s", what);
    else
        snprintf(control->reason, sizeof control->reason, "only %zu of %zu processes have %s", count, processes, what);
    return false;
}

enum analyse_control_status control_equivalence(struct stats_interval interval, double low, double high)
{
    static const enum analyse_control_status statuses[] = {[VERDICT_CONFIRMED] = ANALYSE_HOLDS,
                                                           [VERDICT_REFUTED] = ANALYSE_FAILED,
                                                           [VERDICT_UNRESOLVED] = ANALYSE_IMPRECISE};
    const struct verdict_region region = {low, high, .low_closed = true, .high_closed = true};
    return statuses[verdict_of_interval(&region, interval)];
}

enum analyse_control_status control_worse(enum analyse_control_status one, enum analyse_control_status other)
{
    if (one == ANALYSE_FAILED || other == ANALYSE_FAILED)
        return ANALYSE_FAILED;
    return one == ANALYSE_HOLDS ? other : one;
}

void control_add_needed(struct analyse_control *control, const double *values, size_t count, double tolerance)
{
    const size_t needed =
        stats_count_for_mde(stats_standard_deviation(values, count), tolerance, CONTROL_ERROR, VERDICT_POWER);
    const size_t used = strlen(control->reason);
    if (needed > count)
        snprintf(control->reason + used, sizeof control->reason - used, "; about %zu processes would decide it",
                 needed);
}

const struct analyse_effect *control_find_kind(const struct check *check, size_t panel, size_t workload,
                                               const char *kind, const struct analyse_effect *after)
{
    const struct analyse_effect *end = check->effects->effect + check->effects->effect_count;
    for (const struct analyse_effect *effect = after ? after + 1 : check->effects->effect; effect < end; effect++)
        if (effect->panel == panel && effect->workload == workload && strcmp(effect->kind, kind) == 0)
            return effect;
    return NULL;
}

/* ---- the run as a whole ---- */

static void check_clock(struct check *check)
{
    struct analyse_control *control = control_add(check, "clock", ANALYSE_NONE, ANALYSE_NONE);
    double *rates = calloc(check->data->process_count + 1, sizeof *rates);
    if (!control || !rates) {
        free(rates);
        control_out_of_memory(check);
        return;
    }
    const bool same_counter = machine_clock_is_counter(run_directory_fact(&check->data->machine, "clock_source"));
    snprintf(control->expected, sizeof control->expected,
             "ticks per ns of every process within %d ppm of their median; ppm seen%s", CLOCK_TOLERANCE_PPM,
             same_counter ? "; both clocks read the same counter: of its own drift nothing is seen" : "");
    size_t count = 0, processes = 0;
    for (size_t i = 0; i < check->data->process_count; i++) {
        processes += check->data->process[i].ok;
        if (check->data->process[i].ok && check->data->process[i].ticks_per_ns > 0)
            rates[count++] = check->data->process[i].ticks_per_ns;
    }
    if (control_is_everywhere(control, "ticks of the time-stamp counter", count, processes)) {
        double median = stats_quantile(rates, count, 0.5);
        control_see(control, 0,
                    (struct stats_interval){1e6 * (stats_quantile(rates, count, 0) / median - 1),
                                            1e6 * (stats_quantile(rates, count, 1) / median - 1)});
        control->estimate = fmax(fabs(control->low), fabs(control->high));
        control->status = control->estimate <= CLOCK_TOLERANCE_PPM ? ANALYSE_HOLDS : ANALYSE_FAILED;
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
    else if (analyse_cell_decides(data, panel, workload) && (planned - ok) * 100 > TOLERATED_PERCENT * planned)
        snprintf(control->reason, sizeof control->reason,
                 "panel %s workload %s: %zu of %zu processes are void or missing", data->panel_names[panel],
                 analyse_workload_name(data, workload), planned - ok, planned);
    else
        control->status = ANALYSE_HOLDS;
    for (size_t i = 0; i < check->effects->effect_count && control->status == ANALYSE_HOLDS; i++) {
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

/* The first row of a process in which an arm failed or crashed; their number when there is none. */
static size_t first_fault(const struct csv_data *processes)
{
    size_t row = 0;
    while (row < processes->row_count && csv_is_empty(processes, row, SCHEMA_processes_fault))
        row++;
    return row;
}

/* Per cell that decides claims, because half of a cell may be lost in a tenth of a run, and not by chance; and over the
 * whole run. An arm that crashes is worse than any number: it was judged by the layouts in which it did not. */
static void check_void_processes(struct check *check)
{
    const struct analyse_data *data = check->data;
    struct analyse_control *control = control_add(check, "void_processes", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected,
             "at most %d %% of the planned processes of every panel on a workload; percent of all seen",
             TOLERATED_PERCENT);
    size_t planned = 0, missing = 0;
    enum analyse_control_status status = ANALYSE_HOLDS;
    char reason[sizeof control->reason] = "";
    for (size_t row = 0; row < data->cells.row_count; row++) {
        size_t panel, workload;
        analyse_cell_of_row(data, row, &panel, &workload);
        const size_t here = (size_t)csv_integer(&data->cells, row, SCHEMA_cells_processes);
        planned += here;
        missing += check_cell(check, control, panel, workload, here);
        if (control->status == ANALYSE_FAILED && status == ANALYSE_HOLDS) {
            status = ANALYSE_FAILED;
            snprintf(reason, sizeof reason, "%s", control->reason);
        }
    }
    control->status = planned ? status : ANALYSE_NOT_MEASURED;
    snprintf(control->reason, sizeof control->reason, "%s", planned ? reason : "nothing was timed");
    if (planned == 0)
        return;
    control->estimate = 100 * (double)missing / (double)planned;
    if (control->status == ANALYSE_HOLDS && missing * 100 > TOLERATED_PERCENT * planned) {
        control->status = ANALYSE_FAILED;
        snprintf(control->reason, sizeof control->reason, "%zu of %zu processes are void or missing", missing, planned);
    }
    const size_t fault = first_fault(&data->processes);
    if (fault < data->processes.row_count) {
        check->controls->crashed = true;
        control->status = ANALYSE_FAILED;
        snprintf(control->reason, sizeof control->reason,
                 "process %s panel %.60s workload %.60s: arm %.60s failed or crashed: %.160s",
                 csv_text(&data->processes, fault, SCHEMA_processes_process),
                 csv_text(&data->processes, fault, SCHEMA_processes_panel),
                 csv_text(&data->processes, fault, SCHEMA_processes_workload),
                 csv_text(&data->processes, fault, SCHEMA_processes_fault),
                 csv_text(&data->processes, fault, SCHEMA_processes_reason));
    }
}

/* The profile alone says whether times may be concluded from; everybody else reads it here. */
static void check_profile(struct check *check)
{
    const struct profile *profile = check->data->profile;
    struct analyse_control *control = control_add(check, "profile", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected, "a profile whose times may be concluded from");
    control->status = profile->for_conclusions ? ANALYSE_HOLDS : ANALYSE_NOT_MEASURED;
    if (!profile->for_conclusions)
        snprintf(control->reason, sizeof control->reason, "profile %s is not for conclusions", profile->name);
}

/* An unfinished run decides nothing yet; that is no fault of it. */
static void check_complete(struct check *check)
{
    struct analyse_control *control = control_add(check, "complete", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected, "all that was planned up to the look was done");
    control->status = check->data->complete ? ANALYSE_HOLDS : ANALYSE_NOT_MEASURED;
    if (!check->data->complete)
        snprintf(control->reason, sizeof control->reason, "the run is not complete");
}

/* What somebody changed and accepted decides as it stands; but nobody shall take it for what was measured. A run of an
 * older version did not record it, and has no such control. */
static void check_raw_files(struct check *check)
{
    const struct recorded *recorded = &check->data->recorded;
    struct analyse_control *control =
        recorded->there ? control_add(check, "raw_files", ANALYSE_NONE, ANALYSE_NONE) : NULL;
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected,
             "the raw files are what was measured; pieces of one process in one file that are not");
    control->estimate = (double)recorded->edited;
    control->status = recorded->edited ? ANALYSE_FAILED : ANALYSE_HOLDS;
    control->waived = true;
    if (recorded->edited)
        snprintf(control->reason, sizeof control->reason, "edited since and accepted: %s", recorded->words);
    else if (recorded->lost[0])
        snprintf(control->reason, sizeof control->reason, "%s; nothing here is made of it", recorded->lost);
}

/* ---- sick ops ---- */

/* What one row of metrics.csv says of an op that is not well; false when it says nothing of the kind. */
static bool is_sick(const struct csv_data *metrics, size_t row, char *what, size_t bytes)
{
    const char *metric = csv_text(metrics, row, SCHEMA_metrics_metric);
    const double value = csv_number(metrics, row, SCHEMA_metrics_value);
    what[0] = '\0';
    if (!(value > 0))
        return false;
    if (strcmp(metric, "process_changes") == 0)
        snprintf(what, bytes, "changes what all arms of a process share (%.120s)",
                 csv_text(metrics, row, SCHEMA_metrics_reason));
    else if (strcmp(metric, "live_blocks_per_op") == 0)
        snprintf(what, bytes, "leaves %.3g blocks behind in each op", value);
    else if (strcmp(metric, "live_mapped_bytes_per_op") == 0)
        snprintf(what, bytes, "leaves %.3g bytes mapped in each op", value);
    return what[0] != '\0';
}

static bool is_timed(const struct analyse_data *data, const char *variant, const char *workload)
{
    for (size_t row = 0; row < data->processes.row_count; row++)
        if (strcmp(csv_text(&data->processes, row, SCHEMA_processes_variant), variant) == 0 &&
            strcmp(csv_text(&data->processes, row, SCHEMA_processes_workload), workload) == 0)
            return true;
    return false;
}

/* An op that leaks gets slower with every one that was done, and one that changes its process changes it for the
 * others; both may be what somebody wants to know, so it is said and decides nothing. Of a run without any there is no
 * such control: older ones did not look. */
static void check_sick_ops(struct check *check)
{
    const struct csv_data *metrics = &check->data->metrics;
    struct analyse_control *control = NULL;
    for (size_t row = 0; row < metrics->row_count; row++) {
        const char *variant = csv_text(metrics, row, SCHEMA_metrics_variant),
                   *workload = csv_text(metrics, row, SCHEMA_metrics_workload);
        char what[200];
        if (!is_sick(metrics, row, what, sizeof what) || !is_timed(check->data, variant, workload))
            continue;
        if (control == NULL && (control = control_add(check, "sick_ops", ANALYSE_NONE, ANALYSE_NONE)) == NULL)
            return;
        if (control->status == ANALYSE_NOT_MEASURED) {
            snprintf(control->expected, sizeof control->expected, "ops that leave their process as it was");
            snprintf(control->reason, sizeof control->reason, "%.60s on %.60s %s", variant, workload, what);
            control->status = ANALYSE_FAILED;
            control->waived = true;
            control->estimate = 0;
        }
        control->estimate++;
    }
    if (control && control->estimate > 1) {
        const size_t length = strlen(control->reason);
        snprintf(control->reason + length, sizeof control->reason - length, "; %.0f more in metrics.csv",
                 control->estimate - 1);
    }
}

/* ---- planted leaks ---- */

static void judge_leak_bytes(struct analyse_control *control, const struct growth *growth)
{
    control->estimate = growth->live_bytes_per_1000_ops * LEAK_BYTES_PERIOD_OPS / 1000;
    if (growth->class == GROWTH_GROWING && control->estimate >= LEAK_BYTES_ASKED &&
        control->estimate <= LEAK_BYTES_HANDED_OUT_MOST)
        control->status = ANALYSE_HOLDS;
}

static void judge_leak_mapping(struct analyse_control *control, const struct growth *growth)
{
    control->estimate = growth->mapped_bytes_per_1000_ops * LEAK_MAPPING_PERIOD_OPS / 1000;
    if (growth->class == GROWTH_GROWING && fabs(control->estimate - LEAK_MAPPING_BYTES) < 1)
        control->status = ANALYSE_HOLDS;
}

static void judge_leak_none(struct analyse_control *control, const struct growth *growth)
{
    control->estimate = growth->live_bytes_per_1000_ops + growth->mapped_bytes_per_1000_ops;
    if (growth->class == GROWTH_BOUNDED)
        control->status = ANALYSE_HOLDS;
}

/* One of the leaks, planted in a kernel that took the same way as the variants. */
static void check_leak(struct check *check, const char *workload,
                       void (*judge)(struct analyse_control *, const struct growth *), const char *expected)
{
    struct analyse_control *control = control_add(check, workload, ANALYSE_NONE, ANALYSE_NONE);
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
        if (!control->of_heap || control->status == ANALYSE_HOLDS)
            continue;
        if (controls->heap_reason[0] == '\0' || (failed && !controls->heap_failed))
            snprintf(controls->heap_reason, sizeof controls->heap_reason, "control %s %s: %s", control->name,
                     failed ? "failed" : "not measured", control->reason);
        controls->heap_failed |= failed;
    }
}

/* ---- what follows from all of them ---- */

static bool is_of_a_cell(const struct analyse_control *control)
{
    return control->panel != ANALYSE_NONE;
}

static bool same_cell(const struct analyse_control *one, const struct analyse_control *other)
{
    return one->panel == other->panel && one->workload == other->workload;
}

/*
 * Whether a control of a cell speaks of the machine or the harness when it has this status. Imprecise it does where
 * claims are decided. A cell that decides nothing has 20 processes of 150 ms and leaves itself without a verdict, and
 * no other: on a core that others had for half of the time linearity was imprecise in 11 such cells of 29, and in none
 * of the 7 that decide, which have 64 of 500 ms; of a run whose planted chain had four blocks where ops are long it was
 * so in 7 of 26, and ten parts on other cells were invalid for it. Failed it does everywhere, but linearity, which
 * speaks of the op. Of 1 MiB at one op a batch it does: in two runs of other seeds the unpooled arms took 10 to 13 %
 * longer with two in a batch (the second op faults where the first found what the arm before had left), and `direct` 9
 * and 21 +- 5 % less (only the first finds its memory elsewhere).
 */
static bool speaks_of_machine(const struct analyse_data *data, const struct analyse_control *control,
                              enum analyse_control_status status)
{
    const bool everywhere = status == ANALYSE_FAILED && strcmp(control->name, "linearity") != 0;
    return is_of_a_cell(control) && control->status == status && !control->waived &&
           (everywhere || analyse_cell_decides(data, control->panel, control->workload));
}

/* Another cell before this one whose control of the same name failed; NULL. */
static const struct analyse_control *failed_before(const struct analyse_data *data,
                                                   const struct analyse_controls *controls, size_t index)
{
    const struct analyse_control *control = &controls->control[index];
    for (size_t i = 0; i < index && speaks_of_machine(data, control, ANALYSE_FAILED); i++)
        if (speaks_of_machine(data, &controls->control[i], ANALYSE_FAILED) &&
            !same_cell(&controls->control[i], control) && strcmp(controls->control[i].name, control->name) == 0)
            return &controls->control[i];
    return NULL;
}

/* Cells of which a control is imprecise, each once. */
static size_t count_imprecise(const struct analyse_data *data, const struct analyse_controls *controls)
{
    size_t count = 0;
    for (size_t i = 0; i < controls->count; i++) {
        const struct analyse_control *control = &controls->control[i];
        bool first = speaks_of_machine(data, control, ANALYSE_IMPRECISE);
        for (size_t before = 0; before < i && first; before++)
            first = !speaks_of_machine(data, &controls->control[before], ANALYSE_IMPRECISE) ||
                    !same_cell(&controls->control[before], control);
        count += first;
    }
    return count;
}

static size_t count_deciding(const struct analyse_data *data)
{
    size_t count = 0;
    for (size_t row = 0; row < data->cells.row_count; row++) {
        size_t panel, workload;
        analyse_cell_of_row(data, row, &panel, &workload);
        count += analyse_cell_decides(data, panel, workload);
    }
    return count;
}

/* One cell says something of itself, two that fail alike of the harness or the machine; and a machine on which many
 * cells cannot tell what was planted is no place to tell what was not. Many are at least two: a control of one cell in
 * a hundred is imprecise without a fault, so that of runs with nine cells one in eleven would be invalid for one of
 * them. Or all. Of an unfinished run this says nothing yet. */
static void check_cells(struct check *check)
{
    const struct analyse_data *data = check->data;
    struct analyse_control *control = control_add(check, "cells", ANALYSE_NONE, ANALYSE_NONE);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected,
             "no control fails in two panels on workloads; of those that decide claims at most one or %d %% have an "
             "imprecise one; percent of them",
             TOLERATED_PERCENT);
    if (data->cells.row_count == 0) {
        snprintf(control->reason, sizeof control->reason, "nothing was planned");
        return;
    }
    const size_t deciding = count_deciding(data), imprecise = count_imprecise(data, check->controls);
    control->estimate = deciding ? 100 * (double)imprecise / (double)deciding : 0;
    control->status = ANALYSE_HOLDS;
    for (size_t i = 0; i < check->controls->count && control->status == ANALYSE_HOLDS; i++) {
        const struct analyse_control *other = &check->controls->control[i];
        const struct analyse_control *before = failed_before(data, check->controls, i);
        if (!before)
            continue;
        control->status = ANALYSE_FAILED;
        snprintf(control->reason, sizeof control->reason, "%s failed on %.80s and on %.80s: %.160s", other->name,
                 before->subject, other->subject, before->reason);
    }
    const bool many = imprecise > 1 && imprecise * 100 > TOLERATED_PERCENT * deciding;
    if (control->status == ANALYSE_HOLDS && data->complete && (many || (imprecise > 0 && imprecise == deciding))) {
        control->status = ANALYSE_FAILED;
        snprintf(control->reason, sizeof control->reason,
                 "%zu of %zu panels on workloads that decide claims have an imprecise control: too noisy a machine for "
                 "so few processes",
                 imprecise, deciding);
    }
}

/* What a control leaves without a verdict. What an unfinished run still lacks is no fault of it. */
static enum analyse_blinds blinds_of(const struct analyse_control *control, const struct analyse_data *data)
{
    if (control->status == ANALYSE_HOLDS || control->waived)
        return ANALYSE_BLINDS_NOTHING;
    if (control->of_heap)
        return ANALYSE_BLINDS_HEAP;
    if (is_of_a_cell(control))
        return analyse_cell_decides(data, control->panel, control->workload) ? ANALYSE_BLINDS_DECIDING_CELL
                                                                             : ANALYSE_BLINDS_CELL;
    return control->status == ANALYSE_FAILED || data->complete ? ANALYSE_BLINDS_RUN : ANALYSE_BLINDS_NOTHING;
}

static void set_reason(char *reason, size_t bytes, const struct analyse_control *control)
{
    if (control)
        snprintf(reason, bytes, "control %s %s (%s): %s", control->name, analyse_control_status_name(control->status),
                 control->subject, control->reason);
}

/* The first that blinds as much, a failed one before any other; NULL. */
static const struct analyse_control *first_that_blinds(const struct analyse_controls *controls,
                                                       enum analyse_blinds blinds)
{
    const struct analyse_control *first = NULL;
    for (size_t i = 0; i < controls->count; i++) {
        const struct analyse_control *control = &controls->control[i];
        if (control->blinds == blinds && (!first || (control->status < first->status)))
            first = control;
    }
    return first;
}

static void summarise(struct analyse_controls *controls, const struct analyse_data *data)
{
    for (size_t i = 0; i < controls->count; i++)
        controls->control[i].blinds = blinds_of(&controls->control[i], data);
    const struct analyse_control *of_run = first_that_blinds(controls, ANALYSE_BLINDS_RUN);
    const struct analyse_control *of_cell = first_that_blinds(controls, ANALYSE_BLINDS_DECIDING_CELL);
    controls->run_invalid = of_run;
    controls->deciding_cell_blind = of_cell && data->complete;
    set_reason(controls->reason, sizeof controls->reason, of_run);
    if (controls->deciding_cell_blind)
        set_reason(controls->cell_reason, sizeof controls->cell_reason, of_cell);
}

const struct analyse_control *analyse_controls_objection(const struct analyse_controls *controls, size_t panel,
                                                         size_t workload)
{
    const struct analyse_control *worst = NULL;
    for (size_t i = 0; i < controls->count; i++) {
        const struct analyse_control *control = &controls->control[i];
        if (control->panel == panel && control->workload == workload && control->blinds != ANALYSE_BLINDS_NOTHING &&
            (!worst || control->status < worst->status))
            worst = control;
    }
    return worst;
}

bool analyse_run_objection(const struct analyse_data *data, const struct analyse_controls *controls,
                           struct analyse_objection *objection)
{
    *objection = (struct analyse_objection){.verdict = VERDICT_UNRESOLVED};
    if (!data->profile->for_conclusions) {
        objection->cause = "profile";
        snprintf(objection->why, sizeof objection->why, "profile %s is not for conclusions", data->profile->name);
    } else if (controls->run_invalid) {
        objection->verdict = VERDICT_INVALID;
        objection->cause = "control";
        snprintf(objection->why, sizeof objection->why, "%.400s", controls->reason);
    } else if (!data->complete) {
        objection->cause = "not_complete";
        snprintf(objection->why, sizeof objection->why, "the run is not complete: resume it");
    }
    return objection->cause;
}

bool analyse_cell_objection(const struct analyse_control *control, struct analyse_objection *objection)
{
    if (!control)
        return false;
    *objection = (struct analyse_objection){
        .verdict = control->status == ANALYSE_FAILED ? VERDICT_INVALID : VERDICT_UNRESOLVED, .cause = "control"};
    snprintf(objection->why, sizeof objection->why, "control %s %s (%.120s): %.260s", control->name,
             analyse_control_status_name(control->status), control->subject, control->reason);
    return true;
}

struct stats_interval analyse_controls_linearity_bar(const struct analyse_controls *controls, size_t effect,
                                                     enum verdict_scale scale)
{
    return effect < controls->bar_count ? controls->bar[scale == VERDICT_ABSOLUTE ? 0 : 1][effect]
                                        : (struct stats_interval){0, 0};
}

/* Twins that were planned, whether measured or not: what some of them lost does not make the others' intervals
 * narrower. */
static size_t planned_twins(const struct analyse_data *data, const struct analyse_effects *effects)
{
    size_t planned = 0, measured = 0;
    for (size_t row = 0; row < data->cells.row_count; row++)
        for (size_t contrast = 0; contrast < data->panels.row_count; contrast++) {
            const char *kind = csv_text(&data->panels, contrast, SCHEMA_panels_kind);
            if (strcmp(csv_text(&data->panels, contrast, SCHEMA_panels_panel),
                       csv_text(&data->cells, row, SCHEMA_cells_panel)) != 0)
                continue;
            planned += strcmp(kind, "twin") == 0 ||
                       (strcmp(kind, "pair") == 0 &&
                        analyse_pair_is_identical(data, csv_text(&data->panels, contrast, SCHEMA_panels_baseline),
                                                  csv_text(&data->panels, contrast, SCHEMA_panels_contender),
                                                  csv_text(&data->cells, row, SCHEMA_cells_workload)));
        }
    for (size_t i = 0; i < effects->effect_count; i++)
        measured += strcmp(effects->effect[i].kind, "twin") == 0 || effects->effect[i].identical;
    const size_t most = planned > measured ? planned : measured;
    return most ? most : 1;
}

static int make_bars(struct check *check)
{
    struct analyse_controls *controls = check->controls;
    for (size_t i = 0; i < 2; i++)
        if ((controls->bar[i] = calloc(check->effects->effect_count + 1, sizeof *controls->bar[i])) == NULL)
            return control_out_of_memory(check);
    controls->bar_count = check->effects->effect_count;
    return 0;
}

int analyse_controls_check(struct analyse_controls *controls, const struct analyse_data *data,
                           const struct analyse_effects *effects, const struct analyse_claims *claims,
                           struct error *error)
{
    static void (*const of_a_cell[])(struct check *, size_t, size_t) = {
        check_interleaving, check_twins,     check_identical, check_chain_planted, check_chain_multiply,
        check_planted,      check_linearity, check_reached,   check_unpadded};
    static void (*const of_the_run[])(struct check *) = {
        check_profile,  check_order,     check_twin_family, check_linearity_of_older_runs,
        check_clock,    check_layouts,   check_cells,       check_void_processes,
        check_complete, check_raw_files, check_sick_ops,    check_leaks};
    struct check check = {.controls = controls,
                          .data = data,
                          .effects = effects,
                          .claims = claims,
                          .alpha_twin = ANALYSE_TWIN_ERROR / (double)planned_twins(data, effects),
                          .error = error};
    *controls = (struct analyse_controls){0};
    make_bars(&check);
    for (size_t i = 0; i < sizeof of_a_cell / sizeof of_a_cell[0]; i++)
        for (size_t panel = 0; panel < data->panel_count; panel++)
            for (size_t workload = 0; workload < data->workloads.row_count; workload++)
                if (analyse_cell_processes(data, panel, workload, false) > 0 && error->code == 0)
                    of_a_cell[i](&check, panel, workload);
    for (size_t i = 0; i < sizeof of_the_run / sizeof of_the_run[0] && error->code == 0; i++)
        of_the_run[i](&check);
    if (error->code == 0) {
        summarise(controls, data);
        summarise_heap(controls);
    }
    return error->code;
}

void analyse_controls_free(struct analyse_controls *controls)
{
    free(controls->control);
    free(controls->bar[0]);
    free(controls->bar[1]);
    *controls = (struct analyse_controls){0};
}
