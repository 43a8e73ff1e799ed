#include "analyse/analysis.h"
#include "base/words.h"
#include "kernels/kernels.h"
#include "plan/plan.h"
#include "schema.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Plain means add up: 5e-14 of the larger arm is the worst of 4 000 contrasts. */
#define PLAIN_TOLERANCE 1e-6

/* ---- contrasts.csv is made of the arms of processes.csv ---- */

/* What a contrast should be by the levels of its arms. */
struct expected {
    double plain_ns;
    double trimmed_ns, log_ratio, plain_log_ratio; /* nearly: see strays() */
    double largest_ns;                             /* of the arms, to measure deviations by */
};

/*
 * On a busy machine trimmed means and log ratios of the few blocks of one process are anything; but over processes they
 * go with the levels of the arms. Where those differ by half a percent, of 12 000 contrasts of 60 runs, busy ones too,
 * no more than half of the processes of one strayed: had the other sign, or (trimmed ones) another size.
 */
enum {
    STRAY_LEAST_PROCESSES = 5,
    STRAY_MOST_PERCENT = 75,
};
#define STRAY_SHOWN     0.005
#define STRAY_SURE      0.1 /* a figure that large is looked at whatever the arms say */
#define STRAY_TOLERANCE 0.1
#define STRAY_SHARE     0.75

/* Processes of a contrast on a workload where one of its figures could stray, and where it did. */
struct straying {
    size_t seen, strayed;
};
enum { STRAY_DIFFERENCE, STRAY_LOG, STRAY_PLAIN_LOG, STRAY_FIGURES };

static void count_straying(struct straying *straying, double figure, double expected, bool trimmed)
{
    if (!(fabs(expected) >= STRAY_SHOWN || fabs(figure) >= STRAY_SURE))
        return;
    const bool opposite = figure * expected < 0 && fabs(figure) >= STRAY_SHOWN / 2;
    straying->seen++;
    straying->strayed +=
        opposite || (trimmed && fabs(figure - expected) > STRAY_TOLERANCE + STRAY_SHARE * fabs(expected));
}

/* The row of the arm that stands for a variant on one side of a contrast; ANALYSE_NONE. */
static size_t arm_row(const struct analyse_data *data, const struct analyse_process *process, const char *role,
                      const char *variant)
{
    const struct csv_data *processes = &data->processes;
    const bool is_subject = strcmp(role, plan_role_words[PLAN_CONTENDER]) == 0;
    for (size_t row = process->rows; row < process->rows_end; row++) {
        const char *found = csv_text(processes, row, SCHEMA_processes_role);
        if (csv_integer(processes, row, SCHEMA_processes_process) != process->id)
            continue;
        if (strcmp(role, plan_role_words[PLAN_CLOCK]) == 0) {
            if (strcmp(found, role) == 0 && strcmp(csv_text(processes, row, SCHEMA_processes_arm), variant) == 0)
                return row;
        } else if ((strcmp(found, role) == 0 || (is_subject && strcmp(found, plan_role_words[PLAN_BASELINE]) == 0)) &&
                   strcmp(csv_text(processes, row, SCHEMA_processes_variant), variant) == 0) {
            return row;
        }
    }
    return ANALYSE_NONE;
}

static int add_side(const struct analyse_data *data, size_t row, const struct analyse_process *process,
                    const char *role, const char *variants, double weight, struct expected *expected,
                    struct error *error)
{
    const struct csv_data *processes = &data->processes;
    char variant[ENCBENCH_NAME_BYTES];
    for (const char *list = variants; words_next(&list, variant);) {
        const size_t arm = arm_row(data, process, role, variant);
        if (arm == ANALYSE_NONE)
            return error_set(error, EXIT_USAGE,
                             "%s:%zu: contrast %s of process %lld: processes.csv has no %s arm of %s in that process; "
                             "restore both files, or measure again",
                             data->contrasts.path, row + 2, csv_text(&data->contrasts, row, SCHEMA_contrasts_contrast),
                             (long long)process->id, role, variant);
        if (csv_integer(processes, arm, SCHEMA_processes_blocks_kept) !=
            csv_integer(&data->contrasts, row, SCHEMA_contrasts_blocks_kept))
            return analyse_bad_cell(&data->contrasts, row, SCHEMA_contrasts_blocks_kept,
                                    "the blocks that its arms kept by processes.csv", error);
        const double plain_ns = csv_number(processes, arm, SCHEMA_processes_plain_mean_ns_per_op);
        const double trimmed_ns = csv_number(processes, arm, SCHEMA_processes_time_ns_per_op);
        expected->plain_ns += weight * plain_ns;
        expected->trimmed_ns += weight * trimmed_ns;
        expected->log_ratio += weight * log(trimmed_ns);
        expected->plain_log_ratio += weight * log(plain_ns);
        expected->largest_ns = fmax(expected->largest_ns, fmax(plain_ns, trimmed_ns));
    }
    return 0;
}

/* Both sides of a contrast, weighed as the plan weighs them. */
static int expect_contrast(const struct analyse_data *data, size_t row, const struct analyse_process *process,
                           struct expected *expected, struct error *error)
{
    static const char *const subject = "contender";
    const char *name = csv_text(&data->contrasts, row, SCHEMA_contrasts_contrast);
    const size_t known = csv_find(&data->panels, SCHEMA_panels_contrast, name);
    if (known == data->panels.row_count)
        return add_side(data, row, process, "clock", CHAIN_VARIANT, -1, expected, error) != 0
                   ? error->code
                   : add_side(data, row, process, "clock", name, 1, expected, error);
    const char *kind = csv_text(&data->panels, known, SCHEMA_panels_kind);
    const char *baseline = csv_text(&data->panels, known, SCHEMA_panels_baseline);
    const char *contender = csv_text(&data->panels, known, SCHEMA_panels_contender);
    const bool average = strcmp(kind, "main") == 0;
    const double below = average ? 1.0 / (double)words_count(baseline) : 1;
    const double above = average ? 1.0 / (double)words_count(contender) : 1;
    if (add_side(data, row, process, subject, baseline, -below, expected, error) != 0)
        return error->code;
    return add_side(data, row, process, words_has("twin planted", kind) ? kind : subject, contender, above, expected,
                    error);
}

static int check_contrast(const struct analyse_data *data, size_t row, struct straying *straying, struct error *error)
{
    const struct csv_data *contrasts = &data->contrasts;
    const struct analyse_process *process =
        analyse_data_process(data, csv_integer(contrasts, row, SCHEMA_contrasts_process));
    struct expected expected = {0};
    if (!process)
        return analyse_bad_cell(contrasts, row, SCHEMA_contrasts_process, "a process of processes.csv", error);
    if (!process->ok)
        return 0;
    if (expect_contrast(data, row, process, &expected, error) != 0)
        return error->code;
    const double seen = csv_number(contrasts, row, SCHEMA_contrasts_plain_mean_ns);
    const double tolerance = PLAIN_TOLERANCE * expected.largest_ns;
    if (!(fabs(seen - expected.plain_ns) <= tolerance)) {
        char text[120];
        snprintf(text, sizeof text, "%.9g by the arms of process %lld in processes.csv, give or take %.3g",
                 expected.plain_ns, (long long)process->id, tolerance);
        return analyse_bad_cell(contrasts, row, SCHEMA_contrasts_plain_mean_ns, text, error);
    }
    count_straying(&straying[STRAY_DIFFERENCE],
                   csv_number(contrasts, row, SCHEMA_contrasts_difference_ns) / expected.largest_ns,
                   expected.trimmed_ns / expected.largest_ns, true);
    count_straying(&straying[STRAY_LOG], csv_number(contrasts, row, SCHEMA_contrasts_log_ratio), expected.log_ratio,
                   true);
    count_straying(&straying[STRAY_PLAIN_LOG], csv_number(contrasts, row, SCHEMA_contrasts_plain_mean_log_ratio),
                   expected.plain_log_ratio, false);
    return 0;
}

/* Rows of one contrast on one workload, in order of the file. */
static int compare_contrasts(const void *a, const void *b, void *context)
{
    const struct csv_data *contrasts = context;
    const size_t one = *(const size_t *)a, other = *(const size_t *)b;
    int order = strcmp(csv_text(contrasts, one, SCHEMA_contrasts_contrast),
                       csv_text(contrasts, other, SCHEMA_contrasts_contrast));
    if (order == 0)
        order = strcmp(csv_text(contrasts, one, SCHEMA_contrasts_workload),
                       csv_text(contrasts, other, SCHEMA_contrasts_workload));
    return order ? order : (one > other) - (one < other);
}

static bool same_contrast(const struct csv_data *contrasts, size_t one, size_t other)
{
    return strcmp(csv_text(contrasts, one, SCHEMA_contrasts_contrast),
                  csv_text(contrasts, other, SCHEMA_contrasts_contrast)) == 0 &&
           strcmp(csv_text(contrasts, one, SCHEMA_contrasts_workload),
                  csv_text(contrasts, other, SCHEMA_contrasts_workload)) == 0;
}

static int judge_straying(const struct csv_data *contrasts, size_t row, const struct straying *straying,
                          struct error *error)
{
    static const size_t columns[STRAY_FIGURES] = {SCHEMA_contrasts_difference_ns, SCHEMA_contrasts_log_ratio,
                                                  SCHEMA_contrasts_plain_mean_log_ratio};
    for (size_t i = 0; i < STRAY_FIGURES; i++)
        if (straying[i].seen >= STRAY_LEAST_PROCESSES &&
            100 * straying[i].strayed > STRAY_MOST_PERCENT * straying[i].seen)
            return error_set(error, EXIT_USAGE,
                             "%s:%zu: column %s of contrast %.100s on %.100s: in %zu of %zu processes that differ its "
                             "sign or size is not that of the arms in processes.csv; expected about the same; restore "
                             "both files, or measure again",
                             contrasts->path, row + 2, contrasts->table->columns[columns[i]].name,
                             csv_text(contrasts, row, SCHEMA_contrasts_contrast),
                             csv_text(contrasts, row, SCHEMA_contrasts_workload), straying[i].strayed,
                             straying[i].seen);
    return 0;
}

static int check_contrasts(const struct analyse_data *data, struct error *error)
{
    const struct csv_data *contrasts = &data->contrasts;
    size_t *rows = calloc(contrasts->row_count + 1, sizeof *rows);
    if (!rows)
        return error_out_of_memory(error);
    for (size_t i = 0; i < contrasts->row_count; i++)
        rows[i] = i;
    qsort_r(rows, contrasts->row_count, sizeof *rows, compare_contrasts, (void *)contrasts);
    for (size_t first = 0, end; first < contrasts->row_count && error->code == 0; first = end) {
        struct straying straying[STRAY_FIGURES] = {0};
        for (end = first; end < contrasts->row_count && same_contrast(contrasts, rows[first], rows[end]); end++)
            if (check_contrast(data, rows[end], straying, error) != 0)
                break;
        if (error->code == 0)
            judge_straying(contrasts, rows[first], straying, error);
    }
    free(rows);
    return error->code;
}

/* ---- the states of blocks ---- */

/* Blocks in a state are of those that were kept. */
static int check_states(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *processes = &data->processes;
    const int64_t kept = csv_integer(processes, row, SCHEMA_processes_blocks_kept);
    const int64_t quiet = csv_integer(processes, row, SCHEMA_processes_blocks_quiet);
    const int64_t shared = csv_integer(processes, row, SCHEMA_processes_blocks_shared);
    if (quiet > kept)
        return analyse_bad_cell(processes, row, SCHEMA_processes_blocks_quiet, "no more than blocks_kept", error);
    if (shared > kept - quiet)
        return analyse_bad_cell(processes, row, SCHEMA_processes_blocks_shared,
                                "no more than blocks_kept less blocks_quiet", error);
    return 0;
}

/* What was estimated from the blocks of one state is from those that the process had in it. */
static int check_state_contrast(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *table = &data->state_contrasts, *processes = &data->processes;
    const bool quiet = strcmp(csv_text(table, row, SCHEMA_state_contrasts_state), "quiet") == 0;
    const struct analyse_process *process =
        analyse_data_process(data, csv_integer(table, row, SCHEMA_state_contrasts_process));
    if (!process)
        return analyse_bad_cell(table, row, SCHEMA_state_contrasts_process, "a process of processes.csv", error);
    const size_t column = quiet ? SCHEMA_processes_blocks_quiet : SCHEMA_processes_blocks_shared;
    if (process->ok &&
        csv_integer(table, row, SCHEMA_state_contrasts_blocks) != csv_integer(processes, process->rows, column))
        return analyse_bad_cell(table, row, SCHEMA_state_contrasts_blocks,
                                "the blocks of that state that processes.csv has of the process", error);
    return 0;
}

/* ---- processes.csv is what cells.csv planned ---- */

/* The row of a cell; ANALYSE_NONE. */
static size_t cell_row(const struct analyse_data *data, const char *panel, const char *workload)
{
    for (size_t row = 0; row < data->cells.row_count; row++)
        if (strcmp(csv_text(&data->cells, row, SCHEMA_cells_panel), panel) == 0 &&
            strcmp(csv_text(&data->cells, row, SCHEMA_cells_workload), workload) == 0)
            return row;
    return ANALYSE_NONE;
}

static int check_process(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *processes = &data->processes;
    const char *panel = csv_text(processes, row, SCHEMA_processes_panel);
    const size_t cell = cell_row(data, panel, csv_text(processes, row, SCHEMA_processes_workload));
    if (cell == ANALYSE_NONE)
        return analyse_bad_cell(processes, row, SCHEMA_processes_panel,
                                "a panel that cells.csv plans on that workload; restore cells.csv", error);
    if (strcmp(csv_text(processes, row, SCHEMA_processes_status), "ok") != 0)
        return 0;
    const int64_t planned = csv_integer(&data->cells, cell, SCHEMA_cells_blocks);
    if (csv_integer(processes, row, SCHEMA_processes_blocks_kept) < summary_blocks_least(planned))
        return analyse_bad_cell(processes, row, SCHEMA_processes_blocks_kept,
                                "as many blocks as a process needs to be ok", error);
    return 0;
}

/* ---- what has the same code does as much ---- */

/* The exact count of an op's instructions; NaN when there is none. */
static double instructions(const struct analyse_data *data, const char *variant, const char *workload)
{
    const size_t row = analyse_metric_row(data, variant, workload, "instructions_per_op");
    return row != ANALYSE_NONE && strcmp(csv_text(&data->metrics, row, SCHEMA_metrics_status), "exact") == 0
               ? csv_number(&data->metrics, row, SCHEMA_metrics_value)
               : NAN;
}

static int check_identical(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *table = &data->identical_code;
    if (strcmp(csv_text(table, row, SCHEMA_identical_code_identical), "yes") != 0)
        return 0;
    const char *workload = csv_text(table, row, SCHEMA_identical_code_workload);
    const double one = instructions(data, csv_text(table, row, SCHEMA_identical_code_baseline), workload);
    const double other = instructions(data, csv_text(table, row, SCHEMA_identical_code_contender), workload);
    if (isnan(one) || isnan(other) || one == other)
        return 0;
    return analyse_bad_cell(table, row, SCHEMA_identical_code_identical,
                            "no: instructions_per_op of the two differ in metrics.csv", error);
}

/* ---- cells.csv and run.csv are of this run ---- */

static bool has_contrast(const struct analyse_data *data, const char *contrast, const char *workload)
{
    const struct csv_data *contrasts = &data->contrasts;
    for (size_t row = 0; row < contrasts->row_count; row++)
        if (strcmp(csv_text(contrasts, row, SCHEMA_contrasts_contrast), contrast) == 0 &&
            strcmp(csv_text(contrasts, row, SCHEMA_contrasts_workload), workload) == 0)
            return true;
    return false;
}

/* Whether the panel of a cell has the contrast, either way round, that a condition asks for. With `measured`
 * only where the cell has rows of it: not every module offers every workload. */
static bool cell_can_decide(const struct analyse_data *data, size_t cell, size_t claim, bool measured)
{
    const struct csv_data *claims = &data->claims, *panels = &data->panels;
    const char *panel = csv_text(&data->cells, cell, SCHEMA_cells_panel);
    const char *workload = csv_text(&data->cells, cell, SCHEMA_cells_workload);
    const char *kind = csv_text(claims, claim, SCHEMA_claims_kind);
    const char *sides[2] = {csv_text(claims, claim, SCHEMA_claims_baseline),
                            csv_text(claims, claim, SCHEMA_claims_contender)};
    if (!words_has("timing composition", kind) || !words_has(csv_text(claims, claim, SCHEMA_claims_workload), workload))
        return false;
    for (size_t row = 0; row < panels->row_count; row++) {
        const char *baseline = csv_text(panels, row, SCHEMA_panels_baseline);
        const char *contender = csv_text(panels, row, SCHEMA_panels_contender);
        if (strcmp(csv_text(panels, row, SCHEMA_panels_panel), panel) == 0 &&
            !words_has("twin planted", csv_text(panels, row, SCHEMA_panels_kind)) &&
            ((words_equal(baseline, sides[0]) && words_equal(contender, sides[1])) ||
             (words_equal(baseline, sides[1]) && words_equal(contender, sides[0]))) &&
            (!measured || has_contrast(data, csv_text(panels, row, SCHEMA_panels_contrast), workload)))
            return true;
    }
    return false;
}

/* What a claim rests on was planned for it: the first cell of a workload that has the contrast. */
static int check_purpose(const struct analyse_data *data, size_t row, struct error *error)
{
    const struct csv_data *cells = &data->cells;
    if (strcmp(csv_text(cells, row, SCHEMA_cells_purpose), "claims") == 0)
        return 0;
    for (size_t claim = 0; claim < data->claims.row_count; claim++) {
        size_t before = 0;
        while (before < row && (strcmp(csv_text(cells, before, SCHEMA_cells_workload),
                                       csv_text(cells, row, SCHEMA_cells_workload)) != 0 ||
                                !cell_can_decide(data, before, claim, false)))
            before++;
        if (before == row && cell_can_decide(data, row, claim, true)) {
            char expected[120];
            snprintf(expected, sizeof expected, "claims: part %.20s%.40s of claims.csv rests on this cell",
                     csv_text(&data->claims, claim, SCHEMA_claims_claim),
                     csv_text(&data->claims, claim, SCHEMA_claims_part));
            return analyse_bad_cell(cells, row, SCHEMA_cells_purpose, expected, error);
        }
    }
    return 0;
}

/* A complete run has planned what its profile says, and counted what it has. One that was stopped has its last look's
 * plan. */
static int check_cell(const struct analyse_data *data, size_t row, struct error *error)
{
    const bool decides = strcmp(csv_text(&data->cells, row, SCHEMA_cells_purpose), "claims") == 0;
    const struct profile *profile = data->profile;
    size_t look = 0;
    while (profile->looks[look].processes != data->look_processes) /* it is one of them: read_look */
        look++;
    const bool timed = !analyse_workload_not_timed(data, csv_text(&data->cells, row, SCHEMA_cells_workload))[0];
    const size_t planned = timed ? profile_cell_processes(profile, decides, look) : 0;
    if (csv_integer(&data->cells, row, SCHEMA_cells_processes) == (int64_t)planned)
        return 0;
    char expected[120];
    snprintf(expected, sizeof expected, "%zu; profile %s plans so many for a cell of this purpose", planned,
             data->profile->name);
    return analyse_bad_cell(&data->cells, row, SCHEMA_cells_processes, expected, error);
}

static int check_count(const struct analyse_data *data, const char *key, size_t count, struct error *error)
{
    const size_t row = csv_find(&data->run, SCHEMA_run_key, key);
    int64_t recorded;
    if (row == data->run.row_count)
        return error_set(error, EXIT_USAGE, "%s: no row with key %s; expected %zu as in processes.csv", data->run.path,
                         key, count);
    if (csv_parse_integer(csv_text(&data->run, row, SCHEMA_run_value), &recorded) && recorded == (int64_t)count)
        return 0;
    return error_set(error, EXIT_USAGE,
                     "%s:%zu: %s is \"%s\"; expected %zu as in processes.csv; restore both files, or measure again",
                     data->run.path, row + 2, key, csv_text(&data->run, row, SCHEMA_run_value), count);
}

static int check_counts(const struct analyse_data *data, struct error *error)
{
    size_t lost = 0;
    for (size_t i = 0; i < data->process_count; i++)
        lost += !data->process[i].ok;
    if (check_count(data, "processes", data->process_count, error) != 0)
        return error->code;
    return check_count(data, "processes_void", lost, error);
}

int analyse_check_agreement(const struct analyse_data *data, struct error *error)
{
    if (analyse_check_exact(data, error) != 0 || analyse_check_calibration(&data->calibration, error) != 0)
        return error->code;
    for (size_t row = 0; row < data->processes.row_count && error->code == 0; row++)
        check_states(data, row, error);
    for (size_t row = 0; row < data->state_contrasts.row_count && error->code == 0; row++)
        check_state_contrast(data, row, error);
    for (size_t row = 0; row < data->identical_code.row_count && error->code == 0; row++)
        check_identical(data, row, error);
    if (error->code == 0 && data->panels.row_count > 0) /* which say what a contrast is */
        check_contrasts(data, error);
    return error->code;
}

int analyse_check_cross(const struct analyse_data *data, struct error *error)
{
    for (size_t row = 0; row < data->processes.row_count && error->code == 0; row++)
        check_process(data, row, error);
    if (error->code == 0)
        analyse_check_agreement(data, error);
    for (size_t row = 0; row < data->cells.row_count && data->complete && error->code == 0; row++)
        if (check_cell(data, row, error) == 0)
            check_purpose(data, row, error);
    if (error->code == 0 && data->complete)
        check_counts(data, error);
    return error->code;
}
