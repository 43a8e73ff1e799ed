#include "calibrate/internal.h"

#include "analyse/analyse.h"
#include "base/paths.h"
#include "base/words.h"
#include "machine/machine.h"
#include "schema.h"
#include "store/csv.h"
#include "store/run_directory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPORTS_WANTED = 5 };
#define TARGET "no part confirmed in one and refuted in another of 5 reports"

/* One finished run that is counted. */
struct report {
    struct csv_data run, machine, verdicts;
};

static const char *run_fact(const struct report *report, const char *key)
{
    return run_directory_fact(&report->run, key);
}

static int refuse(const char *directory, const char *key, const char *is, const char *expected, struct error *error)
{
    return error_set(error, EXIT_USAGE, "--reports: %s: %s is \"%.100s\", expected \"%.100s\"; leave it out", directory,
                     key, is, expected);
}

/* What is compared must be the same question asked of the same machine: fingerprint, profile, claims and program. */
static int check_report(const char *directory, const struct report *report, const struct report *first,
                        const char *fingerprint, const char *seeds, struct error *error)
{
    static const char *const same[] = {"profile", "claims_crc32", "panels_crc32", "worker_sha256", "kernels_sha256"};
    const char *here = run_directory_fact(&report->machine, "fingerprint");
    if (strcmp(run_fact(report, "complete"), "yes") != 0)
        return refuse(directory, "complete", run_fact(report, "complete"), "yes", error);
    if (strcmp(here, fingerprint) != 0)
        return refuse(directory, "fingerprint", here, fingerprint, error);
    if (words_has(seeds, run_fact(report, "seed")))
        return error_set(error, EXIT_USAGE, "--reports: %s: has the seed %s of one before it; give each run once",
                         directory, run_fact(report, "seed"));
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (strcmp(run_fact(report, same[i]), run_fact(first, same[i])) != 0)
            return refuse(directory, same[i], run_fact(report, same[i]), run_fact(first, same[i]), error);
    return 0;
}

static void put_verdicts(struct csv_writer *writer, size_t number, const struct report *report)
{
    const struct csv_data *verdicts = &report->verdicts;
    for (size_t r = 0; r < verdicts->row_count; r++) {
        csv_put_integer(writer, (int64_t)number);
        csv_put_text(writer, run_fact(report, "profile"));
        csv_put_text(writer, run_fact(report, "seed"));
        csv_put_integer(writer, csv_integer(verdicts, r, SCHEMA_verdicts_claim));
        csv_put_text(writer, csv_text(verdicts, r, SCHEMA_verdicts_part));
        csv_put_text(writer, csv_text(verdicts, r, SCHEMA_verdicts_verdict));
        csv_put_number(writer, csv_number(verdicts, r, SCHEMA_verdicts_estimate));
        csv_put_number(writer, csv_number(verdicts, r, SCHEMA_verdicts_ci_low));
        csv_put_number(writer, csv_number(verdicts, r, SCHEMA_verdicts_ci_high));
        csv_put_text(writer, csv_text(verdicts, r, SCHEMA_verdicts_unit));
        csv_end_row(writer);
    }
}

static void free_report(struct report *report)
{
    csv_free(&report->run);
    csv_free(&report->machine);
    csv_free(&report->verdicts);
}

int calibrate_take_reports(const char *const *reports, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_data facts = {0};
    struct csv_writer *writer = NULL;
    struct report first = {0};
    char seeds[2048] = ""; /* of those before, separated by spaces */
    if (run_directory_read_table(directory, &schema_run, &facts, error) != 0 ||
        paths_join(path, directory, schema_calibration_reports.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_calibration_reports, CSV_REPLACE, error) != 0) {
        csv_free(&facts);
        return error->code;
    }
    const char *fingerprint = run_directory_fact(&facts, "fingerprint");
    for (size_t i = 0; reports[i] && error->code == 0; i++) {
        struct report report = {0};
        if (run_directory_check_version(reports[i], error) == 0 && analyse_check_directory(reports[i], error) == 0 &&
            run_directory_read_table(reports[i], &schema_run, &report.run, error) == 0 &&
            run_directory_read_table(reports[i], &schema_machine, &report.machine, error) == 0 &&
            run_directory_read_table(reports[i], &schema_verdicts, &report.verdicts, error) == 0 &&
            check_report(reports[i], &report, i ? &first : &report, fingerprint, seeds, error) == 0)
            put_verdicts(writer, i + 1, &report);
        snprintf(seeds + strlen(seeds), sizeof seeds - strlen(seeds), " %s", run_fact(&report, "seed"));
        if (i == 0)
            first = report;
        else
            free_report(&report);
    }
    if (error->code)
        csv_writer_abandon(writer);
    else
        csv_writer_close(writer, error);
    free_report(&first);
    csv_free(&facts);
    return error->code;
}

/* Over the parts of all reports: how many there are, how many one report confirms and another refutes, how many are
 * judged the same by all. */
struct agreement {
    size_t reports, parts, contradicted, same;
    char contradictions[200];
};

static bool same_part(const struct csv_data *table, size_t one, size_t other)
{
    return csv_integer(table, one, SCHEMA_calibration_reports_claim) ==
               csv_integer(table, other, SCHEMA_calibration_reports_claim) &&
           strcmp(csv_text(table, one, SCHEMA_calibration_reports_part),
                  csv_text(table, other, SCHEMA_calibration_reports_part)) == 0;
}

static void count_part(const struct csv_data *table, size_t first, struct agreement *agreement)
{
    const char *verdict = csv_text(table, first, SCHEMA_calibration_reports_verdict);
    bool confirmed = false, refuted = false, same = true;
    for (size_t r = 0; r < table->row_count; r++) {
        if (!same_part(table, first, r))
            continue;
        const char *here = csv_text(table, r, SCHEMA_calibration_reports_verdict);
        confirmed = confirmed || strcmp(here, "confirmed") == 0;
        refuted = refuted || strcmp(here, "refuted") == 0;
        same = same && strcmp(here, verdict) == 0;
    }
    agreement->parts++;
    agreement->same += same;
    if (!confirmed || !refuted)
        return;
    const size_t used = strlen(agreement->contradictions);
    snprintf(agreement->contradictions + used, sizeof agreement->contradictions - used, " %lld%s",
             (long long)csv_integer(table, first, SCHEMA_calibration_reports_claim),
             csv_text(table, first, SCHEMA_calibration_reports_part));
    agreement->contradicted++;
}

static struct agreement compare(const struct csv_data *table)
{
    struct agreement agreement = {0};
    for (size_t r = 0; r < table->row_count; r++) {
        bool before = false;
        for (size_t i = 0; i < r && !before; i++)
            before = same_part(table, i, r);
        const size_t number = (size_t)csv_integer(table, r, SCHEMA_calibration_reports_report);
        if (number > agreement.reports)
            agreement.reports = number;
        if (!before && strcmp(csv_text(table, r, SCHEMA_calibration_reports_part), "all") != 0)
            count_part(table, r, &agreement);
    }
    return agreement;
}

static struct calibrate_figure *add_figure(struct calibrate_figures *figures, const char *figure, const char *profile,
                                           const struct agreement *agreement, size_t count, struct error *error)
{
    struct calibrate_figure *row = calibrate_figures_add(figures, error);
    if (row == NULL)
        return NULL;
    row->property = "reports";
    row->figure = figure;
    row->unit = "percent";
    row->is_rate = row->has_trials = true; /* without bounds: the parts of one run are not independent trials */
    row->trials = agreement->parts;
    row->count = count;
    if (agreement->parts)
        row->value = 100.0 * (double)count / (double)agreement->parts;
    snprintf(row->subject, sizeof row->subject, "%s", profile);
    snprintf(row->design, sizeof row->design, "reports_%zu", agreement->reports);
    return row;
}

int calibrate_add_reports(struct calibrate_figures *figures, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_data table = {0};
    if (paths_join(path, directory, schema_calibration_reports.file, error) != 0 ||
        (access(path, F_OK) == 0 && csv_read(path, &schema_calibration_reports, &table, error) != 0))
        return error->code;
    const struct agreement agreement = compare(&table);
    const char *profile = table.row_count ? csv_text(&table, 0, SCHEMA_calibration_reports_profile) : "all";
    struct calibrate_figure *row =
        add_figure(figures, "contradicted", profile, &agreement, agreement.contradicted, error);
    if (row) {
        row->target = TARGET;
        row->status = agreement.contradicted                ? CALIBRATE_MISSED
                      : agreement.reports >= REPORTS_WANTED ? CALIBRATE_MET
                                                            : CALIBRATE_MORE;
        if (row->status == CALIBRATE_MISSED)
            snprintf(row->reason, sizeof row->reason, "confirmed in one report and refuted in another:%s",
                     agreement.contradictions);
        else if (row->status == CALIBRATE_MORE)
            snprintf(row->reason, sizeof row->reason, "%zu of %d reports; calibrate DIR --reports takes them",
                     agreement.reports, REPORTS_WANTED);
    }
    if (row && table.row_count)
        add_figure(figures, "same_verdict", profile, &agreement, agreement.same, error);
    csv_free(&table);
    return error->code;
}
