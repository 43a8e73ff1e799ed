#include "compare.h"

#include "analyse_internal.h"
#include "csv.h"
#include "finished.h"
#include "paths.h"
#include "schema.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NONE ((size_t)-1)

struct compared_run {
    const char *directory;
    char name[256];
    struct finished facts;
    struct csv_data claims, workloads, verdicts, effects, contrasts, metrics; /* empty when it is not readable */
};

struct counts {
    int64_t parts, parts_alike, parts_contradicted;
    int64_t effects, same_direction, opposite;
    int64_t changes, changed, twin_changes, twins_changed;
    int64_t metrics, metrics_differ;
};

struct comparison {
    struct compared_run runs[COMPARE_RUNS_MAX];
    size_t count;
    size_t orders[STATS_RANK_SUM_MAXIMUM_COUNT + 1][STATS_RANK_SUM_MAXIMUM_COUNT + 1]; /* 1 + order; 0: not known yet */
    struct counts counts;
};

/* ---- reading ---- */

static void name_run(struct comparison *comparison, struct compared_run *run)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", run->directory);
    for (size_t length = strlen(path); length > 1 && path[length - 1] == '/';)
        path[--length] = '\0';
    const char *slash = strrchr(path, '/');
    csv_clean(run->name, sizeof run->name - 8, slash && slash[1] ? slash + 1 : path);
    for (size_t i = 0; i < comparison->count; i++)
        if (strcmp(comparison->runs[i].name, run->name) == 0) {
            snprintf(run->name + strlen(run->name), 8, "-%zu", comparison->count + 1);
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
        {&schema_claims, &run->claims},       {&schema_workloads, &run->workloads}, {&schema_contrasts, &run->contrasts},
        {&schema_metrics, &run->metrics},     {&schema_effects, &run->effects},     {&schema_verdicts, &run->verdicts},
    };
    if (finished_read(&run->facts, run->directory, error) != 0)
        return error->code;
    for (size_t t = 0; run->facts.readable && t < sizeof tables / sizeof tables[0]; t++)
        if (finished_read_table(run->directory, tables[t].table, tables[t].data, error) != 0)
            return error->code;
    return 0;
}

static void free_run(struct compared_run *run)
{
    finished_free(&run->facts);
    csv_free(&run->claims);
    csv_free(&run->workloads);
    csv_free(&run->verdicts);
    csv_free(&run->effects);
    csv_free(&run->contrasts);
    csv_free(&run->metrics);
}

/* First row whose texts in these columns equal those of a row of another file of the same table; NONE. */
static size_t like_row(const struct csv_data *data, const struct csv_data *other, size_t other_row,
                       const size_t *columns, size_t column_count)
{
    for (size_t r = 0; r < data->row_count; r++) {
        size_t c = 0;
        while (c < column_count &&
               strcmp(csv_text(data, r, columns[c]), csv_text(other, other_row, columns[c])) == 0)
            c++;
        if (c == column_count)
            return r;
    }
    return NONE;
}

/* ---- writing: a row for each run, and what is said of all of them ---- */

static struct csv_writer *open_table(const char *out, const struct csv_table *table, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer = NULL;
    if (error->code == 0 && paths_join(path, out, table->file, error) == 0)
        csv_writer_open(&writer, path, table, CSV_REPLACE, error);
    return writer;
}

static int write_runs(const struct comparison *comparison, const char *out, struct error *error)
{
    struct csv_writer *writer = open_table(out, &schema_compare_runs, error);
    if (writer == NULL)
        return error->code;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_run *run = &comparison->runs[i];
        csv_put_integer(writer, (int64_t)i + 1);
        csv_put_text(writer, run->name);
        csv_put_text(writer, finished_fact(&run->facts.run, "schema_version"));
        csv_put_text(writer, finished_fact(&run->facts.run, "profile"));
        csv_put_text(writer, run->facts.readable ? finished_fact(&run->facts.machine, "fingerprint") : NULL);
        csv_put_text(writer, run->facts.readable ? run->facts.valid ? "yes" : "no" : NULL);
        csv_put_text(writer, run->facts.readable ? "yes" : "no");
        csv_put_text(writer, run->facts.reason);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

/* The facts of one file, in the order of the first run that has each. Hashes of modules and of programs tell builds apart. */
static void write_facts_of(const struct comparison *comparison, struct csv_writer *writer, bool machine)
{
    for (size_t i = 0; i < comparison->count; i++) {
        const struct csv_data *facts = machine ? &comparison->runs[i].facts.machine : &comparison->runs[i].facts.run;
        for (size_t r = 0; comparison->runs[i].facts.readable && r < facts->row_count; r++) {
            const char *key = csv_text(facts, r, SCHEMA_run_key);
            bool before = false, differs = false;
            for (size_t j = 0; j < comparison->count; j++) {
                const struct compared_run *run = &comparison->runs[j];
                const struct csv_data *other = machine ? &run->facts.machine : &run->facts.run;
                if (!run->facts.readable)
                    continue;
                before |= j < i && csv_find(other, SCHEMA_run_key, key) < other->row_count;
                differs |= strcmp(finished_fact(other, key), csv_text(facts, r, SCHEMA_run_value)) != 0;
            }
            for (size_t j = 0; !before && j < comparison->count; j++) {
                const struct compared_run *run = &comparison->runs[j];
                if (!run->facts.readable)
                    continue;
                csv_put_text(writer, machine ? "machine" : "run");
                csv_put_text(writer, key);
                csv_put_integer(writer, (int64_t)j + 1);
                csv_put_text(writer, finished_fact(machine ? &run->facts.machine : &run->facts.run, key));
                csv_put_text(writer, differs ? "yes" : "no");
                csv_end_row(writer);
            }
        }
    }
}

static int write_facts(const struct comparison *comparison, const char *out, struct error *error)
{
    struct csv_writer *writer = open_table(out, &schema_compare_facts, error);
    if (writer == NULL)
        return error->code;
    write_facts_of(comparison, writer, true);
    write_facts_of(comparison, writer, false);
    return csv_writer_close(writer, error);
}

/* ---- verdicts ---- */

/* Whether the conditions of a part (of all parts of the claim for "all") are word for word the same. */
static bool same_claim(const struct csv_data *one, const struct csv_data *other, const char *claim, const char *part)
{
    const bool all = strcmp(part, "all") == 0;
    size_t a = 0, b = 0;
    for (;; a++, b++) {
        while (a < one->row_count && !(strcmp(csv_text(one, a, SCHEMA_claims_claim), claim) == 0 &&
                                       (all || strcmp(csv_text(one, a, SCHEMA_claims_part), part) == 0)))
            a++;
        while (b < other->row_count && !(strcmp(csv_text(other, b, SCHEMA_claims_claim), claim) == 0 &&
                                         (all || strcmp(csv_text(other, b, SCHEMA_claims_part), part) == 0)))
            b++;
        if (a == one->row_count || b == other->row_count)
            return a == one->row_count && b == other->row_count;
        for (size_t c = 0; c < SCHEMA_claims_column_count; c++)
            if (strcmp(csv_text(one, a, c), csv_text(other, b, c)) != 0)
                return false;
    }
}

/* Of all runs that have the part. `rows` by run; NONE where it has none. */
static const char *verdict_agreement(const struct comparison *comparison, const size_t *rows, char *reason,
                                     size_t reason_bytes)
{
    size_t first = NONE, seen = 0;
    bool confirmed = false, refuted = false, alike = true;
    reason[0] = '\0';
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_run *run = &comparison->runs[i];
        if (rows[i] == NONE)
            continue;
        const char *verdict = csv_text(&run->verdicts, rows[i], SCHEMA_verdicts_verdict);
        confirmed |= strcmp(verdict, "confirmed") == 0;
        refuted |= strcmp(verdict, "refuted") == 0;
        if (first == NONE)
            first = i;
        const struct compared_run *with = &comparison->runs[first];
        if (!same_claim(&with->claims, &run->claims, csv_text(&run->verdicts, rows[i], SCHEMA_verdicts_claim),
                        csv_text(&run->verdicts, rows[i], SCHEMA_verdicts_part))) {
            snprintf(reason, reason_bytes, "claims.csv says other conditions in run %zu than in run %zu", i + 1,
                     first + 1);
            return "not comparable";
        }
        alike &= strcmp(verdict, csv_text(&with->verdicts, rows[first], SCHEMA_verdicts_verdict)) == 0;
        seen++;
    }
    if (seen < 2) {
        snprintf(reason, reason_bytes, "only run %zu has it", first + 1);
        return "not comparable";
    }
    return confirmed && refuted ? "contradict" : alike ? "agree" : "some undecided";
}

static void put_verdict(struct comparison *comparison, struct csv_writer *writer, const size_t *rows)
{
    char reason[128];
    const char *agreement = verdict_agreement(comparison, rows, reason, sizeof reason);
    const char *claim = NULL, *part = NULL;
    for (size_t i = 0; i < comparison->count && claim == NULL; i++)
        if (rows[i] != NONE) {
            claim = csv_text(&comparison->runs[i].verdicts, rows[i], SCHEMA_verdicts_claim);
            part = csv_text(&comparison->runs[i].verdicts, rows[i], SCHEMA_verdicts_part);
        }
    for (size_t i = 0; i < comparison->count; i++) {
        const struct csv_data *verdicts = &comparison->runs[i].verdicts;
        if (!comparison->runs[i].facts.readable)
            continue;
        csv_put_integer(writer, atoll(claim));
        csv_put_text(writer, part);
        csv_put_integer(writer, (int64_t)i + 1);
        if (rows[i] == NONE) {
            for (size_t c = SCHEMA_compare_verdicts_verdict; c <= SCHEMA_compare_verdicts_unit; c++)
                csv_put_empty(writer);
        } else {
            csv_put_text(writer, csv_text(verdicts, rows[i], SCHEMA_verdicts_verdict));
            csv_put_number(writer, csv_number(verdicts, rows[i], SCHEMA_verdicts_estimate));
            csv_put_number(writer, csv_number(verdicts, rows[i], SCHEMA_verdicts_ci_low));
            csv_put_number(writer, csv_number(verdicts, rows[i], SCHEMA_verdicts_ci_high));
            csv_put_text(writer, csv_text(verdicts, rows[i], SCHEMA_verdicts_unit));
        }
        csv_put_text(writer, agreement);
        csv_put_text(writer, reason);
        csv_end_row(writer);
    }
    if (strcmp(part, "all") == 0 || strcmp(agreement, "not comparable") == 0)
        return;
    comparison->counts.parts++;
    comparison->counts.parts_alike += strcmp(agreement, "agree") == 0;
    comparison->counts.parts_contradicted += strcmp(agreement, "contradict") == 0;
}

/* ---- keys over all runs ---- */

typedef const struct csv_data *(*table_of)(const struct compared_run *run);
typedef bool (*wanted_row)(const struct csv_data *data, size_t row);
typedef void (*put_key)(struct comparison *comparison, struct csv_writer *writer, const size_t *rows);

/* Calls `put` once for every key (the texts in `columns`) that any run has, in the order of the first that has it, with each run's row. */
static void visit_keys(struct comparison *comparison, struct csv_writer *writer, table_of table, const size_t *columns,
                       size_t column_count, wanted_row wanted, put_key put)
{
    for (size_t i = 0; i < comparison->count; i++) {
        const struct csv_data *own = table(&comparison->runs[i]);
        for (size_t r = 0; r < own->row_count; r++) {
            size_t rows[COMPARE_RUNS_MAX];
            bool before = wanted && !wanted(own, r);
            for (size_t j = 0; j < comparison->count && !before; j++) {
                rows[j] = like_row(table(&comparison->runs[j]), own, r, columns, column_count);
                before = rows[j] != NONE && j < i;
            }
            if (!before)
                put(comparison, writer, rows);
        }
    }
}

static const struct csv_data *verdicts_of(const struct compared_run *run)
{
    return &run->verdicts;
}

static const struct csv_data *effects_of(const struct compared_run *run)
{
    return &run->effects;
}

static const struct csv_data *metrics_of(const struct compared_run *run)
{
    return &run->metrics;
}

static int write_verdicts(struct comparison *comparison, const char *out, struct error *error)
{
    static const size_t key[] = {SCHEMA_verdicts_claim, SCHEMA_verdicts_part};
    struct csv_writer *writer = open_table(out, &schema_compare_verdicts, error);
    if (writer == NULL)
        return error->code;
    visit_keys(comparison, writer, verdicts_of, key, sizeof key / sizeof key[0], NULL, put_verdict);
    return csv_writer_close(writer, error);
}

/* ---- effects ---- */

static const char *effect_text(const struct compared_run *run, size_t row, size_t column)
{
    return csv_text(&run->effects, row, column);
}

static const char *workload_name(const struct compared_run *run, size_t row)
{
    const size_t at =
        csv_find(&run->workloads, SCHEMA_workloads_workload, effect_text(run, row, SCHEMA_effects_workload));
    return at < run->workloads.row_count ? csv_text(&run->workloads, at, SCHEMA_workloads_name) : "";
}

/* -1 faster, 1 slower, 0 not shown, 2 nothing can be said. */
static int direction(const char *words)
{
    static const char *const shown_not[] = {"no difference shown", "equivalent within", "equal by construction"};
    if (strcmp(words, "faster by") == 0)
        return -1;
    if (strcmp(words, "slower by") == 0)
        return 1;
    for (size_t i = 0; i < sizeof shown_not / sizeof shown_not[0]; i++)
        if (strcmp(words, shown_not[i]) == 0)
            return 0;
    return strcmp(words, "interaction shown") == 0 ? 3 : 2;
}

/* Of an interaction the sign of its estimate is its direction. */
static int direction_of(const struct compared_run *run, size_t row)
{
    const int way = direction(effect_text(run, row, SCHEMA_effects_words));
    return way == 3 ? (csv_number(&run->effects, row, SCHEMA_effects_estimate) < 0 ? -1 : 1) : way;
}

/* Why the effect of a run is no other's: sides or workload are defined differently. False when they are alike. */
static bool defined_differently(const struct comparison *comparison, size_t one, size_t one_row, size_t other,
                                size_t other_row, char *reason, size_t reason_bytes)
{
    static const size_t same[] = {SCHEMA_effects_kind, SCHEMA_effects_baseline, SCHEMA_effects_contender};
    static const char *const names[] = {"kind", "baseline", "contender"};
    const struct compared_run *a = &comparison->runs[one], *b = &comparison->runs[other];
    for (size_t c = 0; c < sizeof same / sizeof same[0]; c++)
        if (strcmp(effect_text(a, one_row, same[c]), effect_text(b, other_row, same[c])) != 0) {
            snprintf(reason, reason_bytes, "its %s is %.100s in run %zu and %.100s in run %zu", names[c],
                     effect_text(a, one_row, same[c]), one + 1, effect_text(b, other_row, same[c]), other + 1);
            return true;
        }
    if (strcmp(workload_name(a, one_row), workload_name(b, other_row)) == 0)
        return false;
    snprintf(reason, reason_bytes, "its workload is %.100s in run %zu and %.100s in run %zu", workload_name(a, one_row),
             one + 1, workload_name(b, other_row), other + 1);
    return true;
}

static const char *effect_agreement(const struct comparison *comparison, const size_t *rows, char *reason,
                                    size_t reason_bytes)
{
    size_t first = NONE, seen = 0, shown[2] = {0};
    reason[0] = '\0';
    for (size_t i = 0; i < comparison->count; i++) {
        if (rows[i] == NONE)
            continue;
        if (first == NONE)
            first = i;
        if (defined_differently(comparison, first, rows[first], i, rows[i], reason, reason_bytes))
            return "not comparable";
        const int way = comparison->runs[i].facts.valid ? direction_of(&comparison->runs[i], rows[i]) : 2;
        if (way == 2)
            continue;
        seen++;
        if (way != 0)
            shown[way > 0]++;
    }
    if (seen < 2) {
        snprintf(reason, reason_bytes, "fewer than two runs have it and can say anything of it");
        return "not comparable";
    }
    return shown[0] && shown[1]             ? "opposite directions"
           : shown[0] + shown[1] == 0       ? "shown in none"
           : shown[0] + shown[1] == seen    ? "same direction"
                                            : "shown in some";
}

/* The log ratios of the processes of an effect; malloc'ed. */
static double *log_ratios(const struct compared_run *run, size_t row, size_t *count)
{
    const struct csv_data *contrasts = &run->contrasts;
    double *values = malloc((contrasts->row_count + 1) * sizeof *values);
    *count = 0;
    for (size_t r = 0; values && r < contrasts->row_count; r++)
        if (strcmp(csv_text(contrasts, r, SCHEMA_contrasts_contrast),
                   effect_text(run, row, SCHEMA_effects_contrast)) == 0 &&
            strcmp(csv_text(contrasts, r, SCHEMA_contrasts_panel), effect_text(run, row, SCHEMA_effects_panel)) == 0 &&
            strcmp(csv_text(contrasts, r, SCHEMA_contrasts_workload),
                   effect_text(run, row, SCHEMA_effects_workload)) == 0)
            values[(*count)++] = csv_number(contrasts, r, SCHEMA_contrasts_log_ratio);
    return values;
}

struct change {
    bool known;
    double estimate, low, high; /* percent */
    const char *reason;
};

static size_t order_of(struct comparison *comparison, size_t first_count, size_t second_count)
{
    size_t *order = &comparison->orders[first_count][second_count];
    if (*order == 0)
        *order = 1 + stats_rank_sum_order(first_count, second_count, 1 - COMPARE_CONFIDENCE);
    return *order - 1;
}

static struct change change_of(struct comparison *comparison, const size_t *rows, size_t run)
{
    struct change change = {0};
    const struct compared_run *first = &comparison->runs[0], *second = &comparison->runs[run];
    if (run == 0 || rows[run] == NONE)
        return change;
    if (rows[0] == NONE) {
        change.reason = "run 1 has not measured it";
        return change;
    }
    if (!first->facts.valid || !second->facts.valid) {
        change.reason = first->facts.valid ? "this run is not valid" : "run 1 is not valid";
        return change;
    }
    if (strcmp(effect_text(first, rows[0], SCHEMA_effects_words), "single layout") == 0 ||
        strcmp(effect_text(second, rows[run], SCHEMA_effects_words), "single layout") == 0) {
        change.reason = "single layout";
        return change;
    }
    size_t counts[2];
    double *values[] = {log_ratios(first, rows[0], &counts[0]), log_ratios(second, rows[run], &counts[1])};
    if (values[0] && values[1] && counts[0] <= STATS_RANK_SUM_MAXIMUM_COUNT &&
        counts[1] <= STATS_RANK_SUM_MAXIMUM_COUNT) {
        const struct stats_interval interval = stats_shift_interval(values[0], counts[0], values[1], counts[1],
                                                                    order_of(comparison, counts[0], counts[1]));
        change.estimate = 100 * expm1(stats_shift(values[0], counts[0], values[1], counts[1]));
        change.low = 100 * expm1(interval.low);
        change.high = 100 * expm1(interval.high);
        change.known = isfinite(change.estimate) && isfinite(interval.low) && isfinite(interval.high);
    }
    if (!change.known)
        change.reason = "too few processes for an interval, or more than can be ranked";
    free(values[0]);
    free(values[1]);
    return change;
}

static void count_effect(struct counts *counts, const char *kind, const char *agreement)
{
    if (strcmp(kind, "twin") == 0 || strcmp(kind, "planted") == 0 || strcmp(agreement, "not comparable") == 0)
        return;
    counts->effects++;
    counts->same_direction += strcmp(agreement, "same direction") == 0;
    counts->opposite += strcmp(agreement, "opposite directions") == 0;
}

static void count_change(struct counts *counts, const char *kind, bool changed)
{
    if (strcmp(kind, "twin") == 0) {
        counts->twin_changes++;
        counts->twins_changed += changed;
    } else if (strcmp(kind, "planted") != 0) {
        counts->changes++;
        counts->changed += changed;
    }
}

static void put_change(struct comparison *comparison, struct csv_writer *writer, const char *kind,
                       const struct change *change)
{
    const bool changed = change->low > 0 || change->high < 0;
    if (!change->known) {
        for (size_t c = SCHEMA_compare_effects_change_percent; c <= SCHEMA_compare_effects_changed; c++)
            csv_put_empty(writer);
        return;
    }
    csv_put_number(writer, change->estimate);
    csv_put_number(writer, change->low);
    csv_put_number(writer, change->high);
    csv_put_number(writer, COMPARE_CONFIDENCE);
    csv_put_text(writer, changed ? "yes" : "no");
    count_change(&comparison->counts, kind, changed);
}

static void put_effect_figures(struct csv_writer *writer, const struct compared_run *run, size_t row)
{
    if (row == NONE) {
        for (size_t c = SCHEMA_compare_effects_estimate_percent; c <= SCHEMA_compare_effects_words; c++)
            csv_put_empty(writer);
        return;
    }
    csv_put_number(writer, csv_number(&run->effects, row, SCHEMA_effects_estimate));
    csv_put_number(writer, csv_number(&run->effects, row, SCHEMA_effects_ci_low));
    csv_put_number(writer, csv_number(&run->effects, row, SCHEMA_effects_ci_high));
    csv_put_number(writer, csv_number(&run->effects, row, SCHEMA_effects_confidence));
    csv_put_integer(writer, csv_integer(&run->effects, row, SCHEMA_effects_processes));
    csv_put_text(writer, effect_text(run, row, SCHEMA_effects_words));
}

static void put_effect(struct comparison *comparison, struct csv_writer *writer, const size_t *rows)
{
    static const size_t key[] = {SCHEMA_effects_panel,    SCHEMA_effects_contrast,  SCHEMA_effects_kind,
                                 SCHEMA_effects_baseline, SCHEMA_effects_contender, SCHEMA_effects_workload};
    char reason[400];
    const char *agreement = effect_agreement(comparison, rows, reason, sizeof reason);
    const bool comparable = strcmp(agreement, "not comparable") != 0;
    size_t first = 0;
    while (rows[first] == NONE)
        first++;
    const char *kind = effect_text(&comparison->runs[first], rows[first], SCHEMA_effects_kind);
    for (size_t i = 0; i < comparison->count; i++) {
        const size_t named = rows[i] == NONE ? first : i;
        struct change change = {0};
        if (!comparison->runs[i].facts.readable)
            continue;
        for (size_t c = 0; c < sizeof key / sizeof key[0]; c++)
            csv_put_text(writer, effect_text(&comparison->runs[named], rows[named], key[c]));
        csv_put_integer(writer, (int64_t)i + 1);
        put_effect_figures(writer, &comparison->runs[i], rows[i]);
        if (comparable)
            change = change_of(comparison, rows, i);
        put_change(comparison, writer, kind, &change);
        csv_put_text(writer, agreement);
        csv_put_text(writer, comparable ? change.reason : reason);
        csv_end_row(writer);
    }
    count_effect(&comparison->counts, kind, agreement);
}

static bool is_relative(const struct csv_data *effects, size_t row)
{
    return strcmp(csv_text(effects, row, SCHEMA_effects_scale), "relative") == 0;
}

static int write_effects(struct comparison *comparison, const char *out, struct error *error)
{
    static const size_t key[] = {SCHEMA_effects_panel, SCHEMA_effects_contrast, SCHEMA_effects_workload,
                                 SCHEMA_effects_scale};
    struct csv_writer *writer = open_table(out, &schema_compare_effects, error);
    if (writer == NULL)
        return error->code;
    visit_keys(comparison, writer, effects_of, key, sizeof key / sizeof key[0], is_relative, put_effect);
    return csv_writer_close(writer, error);
}

/* ---- exact figures ---- */

/* Counts of instructions depend on the functions that the C library chooses for the CPU. */
static bool counts_comparable(const struct comparison *comparison)
{
    static const char *const same[] = {"cpu_model", "cpu_family", "cpu_model_number", "libc"};
    const struct compared_run *first = NULL;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_run *run = &comparison->runs[i];
        if (!run->facts.readable)
            continue;
        if (first == NULL)
            first = run;
        for (size_t f = 0; f < sizeof same / sizeof same[0]; f++)
            if (strcmp(finished_fact(&run->facts.machine, same[f]), finished_fact(&first->facts.machine, same[f])) != 0)
                return false;
    }
    return true;
}

static void put_metric(struct comparison *comparison, struct csv_writer *writer, const size_t *rows)
{
    size_t first = NONE, seen = 0, compared = 0;
    bool alike = true;
    for (size_t i = 0; i < comparison->count; i++) {
        const struct csv_data *metrics = &comparison->runs[i].metrics;
        compared += comparison->runs[i].facts.readable;
        if (rows[i] == NONE)
            continue;
        if (first == NONE)
            first = i;
        const struct csv_data *with = &comparison->runs[first].metrics;
        alike &= strcmp(csv_text(metrics, rows[i], SCHEMA_metrics_value),
                        csv_text(with, rows[first], SCHEMA_metrics_value)) == 0 &&
                 strcmp(csv_text(metrics, rows[i], SCHEMA_metrics_status),
                        csv_text(with, rows[first], SCHEMA_metrics_status)) == 0;
        seen++;
    }
    const struct csv_data *with = &comparison->runs[first].metrics;
    const bool counts =
        strncmp(csv_text(with, rows[first], SCHEMA_metrics_metric), "instructions", strlen("instructions")) == 0;
    const bool comparable = !counts || counts_comparable(comparison);
    if (seen == compared && comparable) {
        comparison->counts.metrics++;
        comparison->counts.metrics_differ += !alike;
    }
    for (size_t i = 0; i < comparison->count && !(alike && seen == compared); i++) {
        const struct csv_data *metrics = &comparison->runs[i].metrics;
        if (!comparison->runs[i].facts.readable)
            continue;
        csv_put_text(writer, csv_text(with, rows[first], SCHEMA_metrics_variant));
        csv_put_text(writer, csv_text(with, rows[first], SCHEMA_metrics_workload));
        csv_put_text(writer, csv_text(with, rows[first], SCHEMA_metrics_metric));
        csv_put_integer(writer, (int64_t)i + 1);
        csv_put_number(writer, rows[i] == NONE ? NAN : csv_number(metrics, rows[i], SCHEMA_metrics_value));
        csv_put_text(writer, rows[i] == NONE ? NULL : csv_text(metrics, rows[i], SCHEMA_metrics_status));
        csv_put_text(writer, !comparable ? "not comparable" : seen < compared ? "in some" : "differ");
        csv_end_row(writer);
    }
}

static int write_metrics(struct comparison *comparison, const char *out, struct error *error)
{
    static const size_t key[] = {SCHEMA_metrics_metric, SCHEMA_metrics_workload, SCHEMA_metrics_variant};
    struct csv_writer *writer = open_table(out, &schema_compare_metrics, error);
    if (writer == NULL)
        return error->code;
    visit_keys(comparison, writer, metrics_of, key, sizeof key / sizeof key[0], NULL, put_metric);
    return csv_writer_close(writer, error);
}

static int write_counts(const struct comparison *comparison, const char *out, struct error *error)
{
    const struct counts *counts = &comparison->counts;
    const struct {
        const char *what;
        int64_t count;
    } rows[] = {
        {"parts of claims in common", counts->parts},
        {"parts judged the same by all", counts->parts_alike},
        {"parts confirmed by one and refuted by another", counts->parts_contradicted},
        {"effects in common", counts->effects},
        {"effects shown in the same direction by all", counts->same_direction},
        {"effects shown in opposite directions", counts->opposite},
        {"changes of an effect with an interval", counts->changes},
        {"changes whose interval leaves out 0", counts->changed},
        {"changes of a twin with an interval", counts->twin_changes},
        {"changes of a twin whose interval leaves out 0", counts->twins_changed},
        {"exact figures in common", counts->metrics},
        {"exact figures that differ", counts->metrics_differ},
    };
    struct csv_writer *writer = open_table(out, &schema_compare_counts, error);
    if (writer == NULL)
        return error->code;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        csv_put_text(writer, rows[i].what);
        csv_put_integer(writer, rows[i].count);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

/* ---- the whole ---- */

static bool same_directory(const char *one, const char *other)
{
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int read_runs(struct comparison *comparison, const char *const *runs, struct error *error)
{
    size_t compared = 0;
    for (size_t i = 0; runs[i]; i++) {
        if (i == COMPARE_RUNS_MAX)
            return error_set(error, EXIT_USAGE, "compare: more than %d runs", COMPARE_RUNS_MAX);
        struct compared_run *run = &comparison->runs[i];
        run->directory = runs[i];
        for (size_t j = 0; j < i; j++)
            if (same_directory(runs[i], runs[j]))
                return error_set(error, EXIT_USAGE, "%s: is the same directory as %s; give each run once", runs[i],
                                 runs[j]);
        name_run(comparison, run);
        comparison->count++;
        if (read_run(run, error) != 0)
            return error->code;
        compared += run->facts.readable;
    }
    for (size_t i = 0; compared < 2 && i < comparison->count; i++)
        if (!comparison->runs[i].facts.readable)
            return error_set(error, EXIT_USAGE, "%s: cannot be compared: %s", runs[i], comparison->runs[i].facts.reason);
    return 0;
}

int compare_write(const struct paths *paths, const char *const *runs, const char *out, char *directory,
                  struct error *error)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);
    if (comparison == NULL)
        return error_set(error, EXIT_USAGE, "out of memory");
    if (read_runs(comparison, runs, error) == 0 && paths_make_new(paths, out, "compare", directory, error) == 0 &&
        write_runs(comparison, directory, error) == 0 && write_facts(comparison, directory, error) == 0 &&
        write_verdicts(comparison, directory, error) == 0 && write_effects(comparison, directory, error) == 0 &&
        write_metrics(comparison, directory, error) == 0)
        write_counts(comparison, directory, error);
    for (size_t i = 0; i < comparison->count; i++)
        free_run(&comparison->runs[i]);
    free(comparison);
    return error->code;
}
