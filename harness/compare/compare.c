#include "compare/compare.h"

#include "analyse/analyse.h"
#include "base/paths.h"
#include "compare/internal.h"
#include "schema.h"
#include "store/checksum.h"
#include "store/csv.h"
#include "store/run_directory.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char compare_not_comparable[] = "not comparable";

/* ---- reading ---- */

/* The directory's own name, whatever it was given by; two runs never have one name. */
static void name_run(struct comparison *comparison, struct compared_run *run)
{
    char path[PATH_MAX];
    if (realpath(run->directory, path) == NULL)
        snprintf(path, sizeof path, "%s", run->directory);
    const char *slash = strrchr(path, '/');
    csv_clean(run->name, sizeof run->name - 8, slash && slash[1] ? slash + 1 : path);
    for (size_t i = 0; i < comparison->count; i++)
        if (strcmp(comparison->runs[i].name, run->name) == 0) {
            snprintf(run->name + strlen(run->name), 8, "-%zu", run->number);
            return;
        }
}

/* What cannot be read at all is an error; what was written by another version is a reason. */
static int read_run(struct compared_run *run, struct error *error)
{
    const struct {
        const struct csv_table *table;
        struct csv_data *data;
    } tables[] = {
        {&schema_claims, &run->claims},
        {&schema_variants, &run->variants},
        {&schema_workloads, &run->workloads},
        {&schema_contrasts, &run->contrasts},
        {&schema_metrics, &run->metrics},
        {&schema_effects, &run->effects},
        {&schema_verdicts, &run->verdicts},
        {&schema_processes, &run->processes},
        {&schema_state_contrasts, &run->state_contrasts},
    };
    if (run_directory_read(&run->facts, run->directory, error) != 0 ||
        (run->facts.readable && analyse_check_directory(run->directory, error) != 0))
        return error->code;
    for (size_t t = 0; run->facts.readable && t < sizeof tables / sizeof tables[0]; t++)
        if (run_directory_read_table(run->directory, tables[t].table, tables[t].data, error) != 0)
            return error->code;
    return run->contrasts.row_count ? checksum_crc32(run->contrasts.path, run->contrasts_crc, error) : 0;
}

static void free_run(struct compared_run *run)
{
    run_directory_free(&run->facts);
    csv_free(&run->claims);
    csv_free(&run->variants);
    csv_free(&run->workloads);
    csv_free(&run->verdicts);
    csv_free(&run->effects);
    csv_free(&run->processes);
    csv_free(&run->contrasts);
    csv_free(&run->state_contrasts);
    csv_free(&run->metrics);
}

static bool same_directory(const char *one, const char *other)
{
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* A copy agrees with what it was copied from: no replicate, and of no other machine. */
static int check_own_measurement(const struct comparison *comparison, const struct compared_run *run,
                                 struct error *error)
{
    for (const struct compared_run *other = comparison->runs; other < run; other++)
        if (*run->contrasts_crc && strcmp(other->contrasts_crc, run->contrasts_crc) == 0)
            return error_set(error, EXIT_USAGE, "%s: its %s is that of %s: one is a copy; give each measurement once",
                             run->directory, schema_contrasts.file, other->directory);
    return 0;
}

static int add_run(struct comparison *comparison, const char *directory, struct error *error)
{
    if (comparison->count == COMPARE_RUNS_MAX)
        return error_set(error, EXIT_USAGE, "%s: is one more than the %d runs that can be compared at once", directory,
                         COMPARE_RUNS_MAX);
    struct compared_run *run = &comparison->runs[comparison->count];
    run->number = comparison->count + 1;
    run->directory = directory;
    for (size_t i = 0; i < comparison->count; i++)
        if (same_directory(directory, comparison->runs[i].directory))
            return error_set(error, EXIT_USAGE, "%s: is the same directory as %s; give each run once", directory,
                             comparison->runs[i].directory);
    name_run(comparison, run);
    comparison->count++;
    return read_run(run, error) == 0 ? check_own_measurement(comparison, run, error) : error->code;
}

static int read_runs(struct comparison *comparison, const char *const *directories, struct error *error)
{
    size_t readable = 0;
    const struct compared_run *unreadable = NULL;
    for (size_t i = 0; directories[i]; i++)
        if (add_run(comparison, directories[i], error) != 0)
            return error->code;
    for (size_t i = comparison->count; i-- > 0;)
        if (comparison->runs[i].facts.readable)
            readable++;
        else
            unreadable = &comparison->runs[i];
    if (readable >= 2)
        return 0;
    if (unreadable)
        return error_set(error, EXIT_USAGE,
                         "%s: cannot be compared: %s; that leaves fewer than two runs: measure again with this program",
                         unreadable->directory, unreadable->facts.reason);
    return error_set(error, EXIT_USAGE, "%s: is the only run; give a second to compare it with", directories[0]);
}

/* Whether it agrees with all earlier runs of the group. */
static bool belongs_to(const struct comparison *comparison, const struct compared_run *run, size_t group)
{
    for (const struct compared_run *other = comparison->runs; other < run; other++)
        if (other->facts.readable && other->group == group && !compare_same_group(other, run))
            return false;
    return true;
}

/* Each joins the first group that it belongs to. */
static void form_groups(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        struct compared_run *run = &comparison->runs[i];
        if (!run->facts.readable)
            continue;
        while (run->group < comparison->group_count && !belongs_to(comparison, run, run->group))
            run->group++;
        comparison->group_count += run->group == comparison->group_count;
    }
}

/* That of the first run that is valid; where none is, the first: then there are no changes. */
static size_t base_of(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->runs[i].facts.valid)
            return comparison->runs[i].group;
    return 0;
}

const char *compare_group_name(size_t group)
{
    static const char names[COMPARE_RUNS_MAX][2] = {"A", "B", "C", "D", "E", "F", "G", "H",
                                                    "I", "J", "K", "L", "M", "N", "O", "P"};
    return names[group];
}

/* ---- one key over all runs ---- */

/* First row whose texts in these columns equal those of a row of another file of the same table; COMPARE_NO_ROW. */
static size_t like_row(const struct csv_data *data, const struct csv_data *other, size_t other_row,
                       const size_t *columns, size_t column_count)
{
    for (size_t r = 0; r < data->row_count; r++) {
        size_t c = 0;
        while (c < column_count && strcmp(csv_text(data, r, columns[c]), csv_text(other, other_row, columns[c])) == 0)
            c++;
        if (c == column_count)
            return r;
    }
    return COMPARE_NO_ROW;
}

void compare_visit_keys(struct comparison *comparison, struct csv_writer *writer, compare_table_of table,
                        const size_t *columns, size_t column_count, compare_wanted_row wanted, compare_put_key put)
{
    for (size_t i = 0; i < comparison->count; i++) {
        const struct csv_data *own = table(&comparison->runs[i]);
        for (size_t r = 0; r < own->row_count; r++) {
            size_t rows[COMPARE_RUNS_MAX];
            bool before = wanted && !wanted(own, r);
            for (size_t j = 0; j < comparison->count && !before; j++) {
                rows[j] = like_row(table(&comparison->runs[j]), own, r, columns, column_count);
                before = rows[j] != COMPARE_NO_ROW && j < i;
            }
            if (!before)
                put(comparison, writer, rows, i);
        }
    }
}

void compare_add_reason(struct compare_reason *reason, size_t run, const char *words)
{
    const size_t used = strlen(reason->text);
    snprintf(reason->text + used, sizeof reason->text - used, "%srun %zu %s", used ? "; " : "", run + 1, words);
}

static const char *only_one(struct compare_reason *reason, size_t run)
{
    snprintf(reason->text, sizeof reason->text, "only run %zu has it", run + 1);
    return compare_not_comparable;
}

struct csv_writer *compare_open_table(const char *out, const struct csv_table *table, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer = NULL;
    if (paths_join(path, out, table->file, error) == 0)
        csv_writer_open(&writer, path, table, CSV_REPLACE, error);
    return writer;
}

/* ---- the runs and their facts ---- */

static int write_runs(struct comparison *comparison, const char *out, struct error *error)
{
    struct csv_writer *writer = compare_open_table(out, &schema_compare_runs, error);
    if (writer == NULL)
        return error->code;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_run *run = &comparison->runs[i];
        const bool readable = run->facts.readable;
        csv_put_integer(writer, (int64_t)run->number);
        csv_put_text(writer, run->name);
        csv_put_text(writer, run_directory_fact(&run->facts.run, "schema_version"));
        csv_put_text(writer, run_directory_fact(&run->facts.run, "profile"));
        csv_put_text(writer, readable ? run_directory_fact(&run->facts.machine, "fingerprint") : NULL);
        csv_put_text(writer, readable ? (run->facts.valid ? "yes" : "no") : NULL);
        csv_put_text(writer, readable ? "yes" : "no");
        csv_put_text(writer, readable ? compare_group_name(run->group) : NULL);
        csv_put_text(writer, run->facts.reason);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

static const struct csv_data *machine_of(const struct compared_run *run)
{
    return &run->facts.machine;
}

/* Of a run of another schema run.csv is all that is read, to know that: nothing for one that is not compared. */
static const struct csv_data *run_of(const struct compared_run *run)
{
    static const struct csv_data none;
    return run->facts.readable ? &run->facts.run : &none;
}

static void put_fact(const struct comparison *comparison, struct csv_writer *writer, const char *source,
                     compare_table_of table, const size_t *rows, size_t first)
{
    const struct csv_data *with = table(&comparison->runs[first]);
    bool differs = false;
    for (size_t i = 0; i < comparison->count; i++)
        differs |=
            comparison->runs[i].facts.readable &&
            (rows[i] == COMPARE_NO_ROW || strcmp(csv_text(table(&comparison->runs[i]), rows[i], SCHEMA_run_value),
                                                 csv_text(with, rows[first], SCHEMA_run_value)) != 0);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct csv_data *facts = table(&comparison->runs[i]);
        if (!comparison->runs[i].facts.readable)
            continue;
        csv_put_text(writer, source);
        csv_put_text(writer, csv_text(with, rows[first], SCHEMA_run_key));
        csv_put_integer(writer, (int64_t)i + 1);
        csv_put_text(writer, rows[i] == COMPARE_NO_ROW ? NULL : csv_text(facts, rows[i], SCHEMA_run_value));
        csv_put_text(writer, rows[i] == COMPARE_NO_ROW || table == run_of
                                 ? NULL
                                 : csv_text(facts, rows[i], SCHEMA_machine_status));
        csv_put_text(writer, differs ? "yes" : "no");
        csv_end_row(writer);
    }
}

static void put_machine_fact(struct comparison *comparison, struct csv_writer *writer, const size_t *rows, size_t first)
{
    put_fact(comparison, writer, "machine", machine_of, rows, first);
}

static void put_run_fact(struct comparison *comparison, struct csv_writer *writer, const size_t *rows, size_t first)
{
    put_fact(comparison, writer, "run", run_of, rows, first);
}

static int write_facts(struct comparison *comparison, const char *out, struct error *error)
{
    static const size_t key[] = {SCHEMA_run_key};
    struct csv_writer *writer = compare_open_table(out, &schema_compare_facts, error);
    if (writer == NULL)
        return error->code;
    compare_visit_keys(comparison, writer, machine_of, key, 1, NULL, put_machine_fact);
    compare_visit_keys(comparison, writer, run_of, key, 1, NULL, put_run_fact);
    return csv_writer_close(writer, error);
}

/* ---- verdicts ---- */

static const struct csv_data *verdicts_of(const struct compared_run *run)
{
    return &run->verdicts;
}

/* The runs of a group that have a part, and how they decide it. */
struct decided {
    size_t seen, confirmed, refuted;
};

static bool decided_alike(const struct decided *decided)
{
    return decided->confirmed == decided->seen || decided->refuted == decided->seen ||
           decided->confirmed + decided->refuted == 0;
}

static const char *agreement_of(const struct decided *groups, size_t group_count)
{
    struct decided all = {0};
    bool steady = true;
    for (size_t g = 0; g < group_count; g++) {
        all.seen += groups[g].seen;
        all.confirmed += groups[g].confirmed;
        all.refuted += groups[g].refuted;
        steady = steady && decided_alike(&groups[g]);
    }
    return all.confirmed && all.refuted                           ? "contradict"
           : !steady                                              ? "runs of a group disagree"
           : all.confirmed + all.refuted == 0                     ? "undecided in all"
           : all.confirmed == all.seen || all.refuted == all.seen ? "agree"
                                                                  : "some undecided";
}

static const char *verdict_agreement(const struct comparison *comparison, const size_t *rows, size_t first,
                                     struct compare_reason *reason)
{
    const struct compared_run *with = &comparison->runs[first];
    struct decided groups[COMPARE_RUNS_MAX] = {{0}};
    size_t seen = 0;
    for (size_t i = first; i < comparison->count; i++) {
        const struct compared_run *run = &comparison->runs[i];
        if (rows[i] == COMPARE_NO_ROW)
            continue;
        const char *verdict = csv_text(&run->verdicts, rows[i], SCHEMA_verdicts_verdict);
        if (!compare_same_part(with, run, csv_text(&run->verdicts, rows[i], SCHEMA_verdicts_claim),
                               csv_text(&run->verdicts, rows[i], SCHEMA_verdicts_part), reason))
            return compare_not_comparable;
        groups[run->group].confirmed += strcmp(verdict, "confirmed") == 0;
        groups[run->group].refuted += strcmp(verdict, "refuted") == 0;
        groups[run->group].seen++;
        seen++;
    }
    if (seen < 2)
        return only_one(reason, first);
    return agreement_of(groups, comparison->group_count);
}

static void count_part(struct compare_counts *counts, const char *part, const char *agreement)
{
    if (strcmp(part, "all") == 0 || agreement == compare_not_comparable)
        return;
    counts->parts++;
    counts->parts_alike += strcmp(agreement, "agree") == 0;
    counts->parts_undecided += strcmp(agreement, "undecided in all") == 0;
    counts->parts_contradicted += strcmp(agreement, "contradict") == 0;
    counts->parts_unsteady += strcmp(agreement, "runs of a group disagree") == 0;
}

static void put_verdict(struct comparison *comparison, struct csv_writer *writer, const size_t *rows, size_t first)
{
    static const size_t figures[] = {SCHEMA_verdicts_estimate, SCHEMA_verdicts_ci_low, SCHEMA_verdicts_ci_high};
    struct compare_reason reason = {""};
    const char *agreement = verdict_agreement(comparison, rows, first, &reason);
    const struct csv_data *with = &comparison->runs[first].verdicts;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct csv_data *verdicts = &comparison->runs[i].verdicts;
        if (!comparison->runs[i].facts.readable)
            continue;
        csv_put_integer(writer, csv_integer(with, rows[first], SCHEMA_verdicts_claim));
        csv_put_text(writer, csv_text(with, rows[first], SCHEMA_verdicts_part));
        csv_put_integer(writer, (int64_t)i + 1);
        csv_put_text(writer, rows[i] == COMPARE_NO_ROW ? NULL : csv_text(verdicts, rows[i], SCHEMA_verdicts_verdict));
        for (size_t f = 0; f < sizeof figures / sizeof figures[0]; f++)
            csv_put_number(writer, rows[i] == COMPARE_NO_ROW ? NAN : csv_number(verdicts, rows[i], figures[f]));
        csv_put_text(writer, rows[i] == COMPARE_NO_ROW ? NULL : csv_text(verdicts, rows[i], SCHEMA_verdicts_unit));
        csv_put_text(writer, agreement);
        csv_put_text(writer, reason.text);
        csv_end_row(writer);
    }
    count_part(&comparison->counts, csv_text(with, rows[first], SCHEMA_verdicts_part), agreement);
}

static int write_verdicts(struct comparison *comparison, const char *out, struct error *error)
{
    static const size_t key[] = {SCHEMA_verdicts_claim, SCHEMA_verdicts_part};
    struct csv_writer *writer = compare_open_table(out, &schema_compare_verdicts, error);
    if (writer == NULL)
        return error->code;
    compare_visit_keys(comparison, writer, verdicts_of, key, sizeof key / sizeof key[0], NULL, put_verdict);
    return csv_writer_close(writer, error);
}

/* ---- effects ---- */

static const struct csv_data *effects_of(const struct compared_run *run)
{
    return &run->effects;
}

const char *compare_effect_text(const struct compared_run *run, size_t row, size_t column)
{
    return csv_text(&run->effects, row, column);
}

const char *compare_silent_because(const struct compared_run *run, size_t row)
{
    if (row == COMPARE_NO_ROW)
        return "has not measured it";
    if (!run->facts.valid)
        return "is not valid";
    const char *words = compare_effect_text(run, row, SCHEMA_effects_words);
    return strcmp(words, "single layout") == 0         ? "has it in a single layout"
           : strcmp(words, "not resolvable here") == 0 ? "cannot resolve it"
                                                       : NULL;
}

/* -1 or 1 as it is shown: faster or slower, of an interaction the sign of its estimate; 0: none is shown. */
static int direction_of(const struct compared_run *run, size_t row)
{
    const char *words = compare_effect_text(run, row, SCHEMA_effects_words);
    if (strcmp(words, "interaction shown") == 0)
        return csv_number(&run->effects, row, SCHEMA_effects_estimate) < 0 ? -1 : 1;
    return strcmp(words, "faster by") == 0 ? -1 : strcmp(words, "slower by") == 0 ? 1 : 0;
}

const char *compare_effect_agreement(const struct comparison *comparison, const size_t *rows, size_t first,
                                     struct compare_reason *reason)
{
    size_t speaking = 0, faster = 0, slower = 0;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_run *run = &comparison->runs[i];
        if (rows[i] != COMPARE_NO_ROW &&
            !compare_same_effect(&comparison->runs[first], rows[first], run, rows[i], reason))
            return compare_not_comparable;
        if (!run->facts.readable || compare_silent_because(run, rows[i]))
            continue;
        speaking++;
        faster += direction_of(run, rows[i]) < 0;
        slower += direction_of(run, rows[i]) > 0;
    }
    for (size_t i = 0; speaking < 2 && i < comparison->count; i++)
        if (comparison->runs[i].facts.readable && compare_silent_because(&comparison->runs[i], rows[i]))
            compare_add_reason(reason, i, compare_silent_because(&comparison->runs[i], rows[i]));
    return speaking < 2                               ? compare_not_comparable
           : faster && slower                         ? "opposite directions"
           : faster + slower == 0                     ? "shown in none"
           : faster == speaking || slower == speaking ? "same direction"
                                                      : "shown in some";
}

bool compare_is_control(const char *kind)
{
    return strcmp(kind, "twin") == 0 || strcmp(kind, "planted") == 0;
}

static void count_effect(struct compare_counts *counts, const char *kind, const char *agreement)
{
    if (compare_is_control(kind) || agreement == compare_not_comparable)
        return;
    counts->effects++;
    counts->same_direction += strcmp(agreement, "same direction") == 0;
    counts->opposite += strcmp(agreement, "opposite directions") == 0;
}

static void put_effect_figures(struct csv_writer *writer, const struct compared_run *run, size_t row)
{
    if (row == COMPARE_NO_ROW) {
        for (size_t c = SCHEMA_compare_effects_estimate_percent; c <= SCHEMA_compare_effects_words; c++)
            csv_put_empty(writer);
        return;
    }
    csv_put_number(writer, csv_number(&run->effects, row, SCHEMA_effects_estimate));
    csv_put_number(writer, csv_number(&run->effects, row, SCHEMA_effects_ci_low));
    csv_put_number(writer, csv_number(&run->effects, row, SCHEMA_effects_ci_high));
    csv_put_number(writer, csv_number(&run->effects, row, SCHEMA_effects_confidence));
    csv_put_integer(writer, csv_integer(&run->effects, row, SCHEMA_effects_processes));
    csv_put_text(writer, compare_effect_text(run, row, SCHEMA_effects_words));
}

static void put_effect(struct comparison *comparison, struct csv_writer *writer, const size_t *rows, size_t first)
{
    static const size_t key[] = {SCHEMA_effects_panel,    SCHEMA_effects_contrast,  SCHEMA_effects_kind,
                                 SCHEMA_effects_baseline, SCHEMA_effects_contender, SCHEMA_effects_workload};
    struct compare_reason reason = {""};
    const char *agreement = compare_effect_agreement(comparison, rows, first, &reason);
    const char *kind = compare_effect_text(&comparison->runs[first], rows[first], SCHEMA_effects_kind);
    for (size_t i = 0; i < comparison->count; i++) {
        const size_t named = rows[i] == COMPARE_NO_ROW ? first : i;
        if (!comparison->runs[i].facts.readable)
            continue;
        for (size_t c = 0; c < sizeof key / sizeof key[0]; c++)
            csv_put_text(writer, compare_effect_text(&comparison->runs[named], rows[named], key[c]));
        csv_put_integer(writer, (int64_t)i + 1);
        put_effect_figures(writer, &comparison->runs[i], rows[i]);
        csv_put_text(writer, agreement);
        csv_put_text(writer, reason.text);
        csv_end_row(writer);
    }
    count_effect(&comparison->counts, kind, agreement);
}

static bool is_relative(const struct csv_data *effects, size_t row)
{
    return strcmp(csv_text(effects, row, SCHEMA_effects_scale), "relative") == 0;
}

void compare_visit_effects(struct comparison *comparison, struct csv_writer *writer, compare_put_key put)
{
    static const size_t key[] = {SCHEMA_effects_panel, SCHEMA_effects_contrast, SCHEMA_effects_workload,
                                 SCHEMA_effects_scale};
    compare_visit_keys(comparison, writer, effects_of, key, sizeof key / sizeof key[0], is_relative, put);
}

static int write_effects(struct comparison *comparison, const char *out, struct error *error)
{
    struct csv_writer *writer = compare_open_table(out, &schema_compare_effects, error);
    if (writer == NULL)
        return error->code;
    compare_visit_effects(comparison, writer, put_effect);
    return csv_writer_close(writer, error);
}

/* ---- exact figures ---- */

static const struct csv_data *metrics_of(const struct compared_run *run)
{
    return &run->metrics;
}

/* Of the runs that have it. NULL where they have the same: there is nothing to write then. */
static const char *metric_agreement(const struct comparison *comparison, const size_t *rows, size_t first,
                                    struct compare_reason *reason)
{
    static const size_t figure[] = {SCHEMA_metrics_value, SCHEMA_metrics_status};
    const struct csv_data *with = &comparison->runs[first].metrics;
    size_t seen = 0;
    bool alike = true;
    for (size_t i = first; i < comparison->count; i++) {
        const struct compared_run *run = &comparison->runs[i];
        if (rows[i] == COMPARE_NO_ROW)
            continue;
        if (!compare_same_metric(&comparison->runs[first], rows[first], run, reason))
            return compare_not_comparable;
        for (size_t c = 0; c < sizeof figure / sizeof figure[0]; c++)
            alike &= strcmp(csv_text(&run->metrics, rows[i], figure[c]), csv_text(with, rows[first], figure[c])) == 0;
        seen++;
    }
    if (seen < 2)
        return only_one(reason, first);
    return alike ? NULL : "differ";
}

static void put_metric(struct comparison *comparison, struct csv_writer *writer, const size_t *rows, size_t first)
{
    static const size_t key[] = {SCHEMA_metrics_variant, SCHEMA_metrics_workload, SCHEMA_metrics_metric};
    struct compare_reason reason = {""};
    const char *agreement = metric_agreement(comparison, rows, first, &reason);
    const struct csv_data *with = &comparison->runs[first].metrics;
    comparison->counts.metrics += agreement != compare_not_comparable;
    comparison->counts.metrics_differ += agreement && agreement != compare_not_comparable;
    for (size_t i = 0; i < comparison->count && agreement; i++) {
        const struct csv_data *metrics = &comparison->runs[i].metrics;
        if (!comparison->runs[i].facts.readable)
            continue;
        for (size_t c = 0; c < sizeof key / sizeof key[0]; c++)
            csv_put_text(writer, csv_text(with, rows[first], key[c]));
        csv_put_integer(writer, (int64_t)i + 1);
        csv_put_number(writer, rows[i] == COMPARE_NO_ROW ? NAN : csv_number(metrics, rows[i], SCHEMA_metrics_value));
        csv_put_text(writer, rows[i] == COMPARE_NO_ROW ? NULL : csv_text(metrics, rows[i], SCHEMA_metrics_status));
        csv_put_text(writer, agreement);
        csv_put_text(writer, reason.text);
        csv_end_row(writer);
    }
}

static int write_metrics(struct comparison *comparison, const char *out, struct error *error)
{
    static const size_t key[] = {SCHEMA_metrics_metric, SCHEMA_metrics_workload, SCHEMA_metrics_variant};
    struct csv_writer *writer = compare_open_table(out, &schema_compare_metrics, error);
    if (writer == NULL)
        return error->code;
    compare_visit_keys(comparison, writer, metrics_of, key, sizeof key / sizeof key[0], NULL, put_metric);
    return csv_writer_close(writer, error);
}

/* ---- the whole ---- */

static int write_counts(struct comparison *comparison, const char *out, struct error *error)
{
    const struct compare_counts *counts = &comparison->counts;
    const struct {
        const char *what;
        int64_t count;
    } rows[] = {
        {"parts of claims in common", counts->parts},
        {"parts decided the same by all", counts->parts_alike},
        {"parts decided by none", counts->parts_undecided},
        {"parts confirmed by one and refuted by another", counts->parts_contradicted},
        {"parts that runs of one group decide otherwise", counts->parts_unsteady},
        {"effects in common", counts->effects},
        {"effects shown in the same direction by all", counts->same_direction},
        {"effects shown in opposite directions", counts->opposite},
        {"changes of an effect with an interval", counts->changes},
        {"effects changed beyond what replicates differ by", counts->changed},
        {"effects that differ between runs without replicates", counts->differing},
        {"effects that differ no more than replicates", counts->as_replicates},
        {"changes of a twin with an interval", counts->twin_changes},
        {"twins that changed or differ", counts->twins_apart},
        {"exact figures in common", counts->metrics},
        {"exact figures that differ", counts->metrics_differ},
    };
    struct csv_writer *writer = compare_open_table(out, &schema_compare_counts, error);
    if (writer == NULL)
        return error->code;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        csv_put_text(writer, rows[i].what);
        csv_put_integer(writer, rows[i].count);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

/* The counts last: they are taken while the others are written. */
static const struct {
    const struct csv_table *table;
    int (*write)(struct comparison *comparison, const char *out, struct error *error);
} written[] = {
    {&schema_compare_runs, write_runs},
    {&schema_compare_facts, write_facts},
    {&schema_compare_verdicts, write_verdicts},
    {&schema_compare_effects, write_effects},
    {&schema_compare_replicates, compare_write_replicates},
    {&schema_compare_changes, compare_write_changes},
    {&schema_compare_groups, compare_write_groups},
    {&schema_compare_metrics, write_metrics},
    {&schema_compare_counts, write_counts},
};

/* A table that cannot be written takes the others with it, and the directory. */
static void write_all(struct comparison *comparison, const char *directory, struct error *error)
{
    size_t done = 0;
    while (done < sizeof written / sizeof written[0] && written[done].write(comparison, directory, error) == 0)
        done++;
    if (error->code == 0)
        return;
    for (size_t t = 0; t < done; t++) {
        char path[PATH_MAX];
        struct error ignored = {0};
        if (paths_join(path, directory, written[t].table->file, &ignored) == 0)
            unlink(path);
    }
    rmdir(directory);
}

int compare_write(const struct paths *paths, const char *const *runs, const char *out, char *directory,
                  struct error *error)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);
    if (comparison == NULL)
        return error_out_of_memory(error);
    if (read_runs(comparison, runs, error) == 0 && compare_measure_centres(comparison, error) == 0 &&
        paths_make_new(paths, out, "compare", directory, error) == 0) {
        form_groups(comparison);
        comparison->base = base_of(comparison);
        write_all(comparison, directory, error);
    }
    compare_free_centres(comparison);
    for (size_t i = 0; i < comparison->count; i++)
        free_run(&comparison->runs[i]);
    free(comparison);
    return error->code;
}
