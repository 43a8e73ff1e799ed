#include "compare/like.h"

#include "schema.h"
#include "store/run_directory.h"

#include <stdio.h>
#include <string.h>

/* "variant direct is pool=direct in run 1 and pool=none in run 2", or "seed is missing in run 1"; cut where it is too
 * long. */
static bool differ(struct compare_reason *reason, const char *kind, const char *name, const struct compared_run *one,
                   const char *one_is, const struct compared_run *other, const char *other_is)
{
    const char *space = *kind ? " " : "";
    if (*one_is == '\0' || *other_is == '\0')
        snprintf(reason->text, sizeof reason->text, "%s%s%.80s is missing in run %zu", kind, space, name,
                 *one_is == '\0' ? one->number : other->number);
    else
        snprintf(reason->text, sizeof reason->text, "%s%s%.80s is %.120s in run %zu and %.120s in run %zu", kind, space,
                 name, one_is, one->number, other_is, other->number);
    return false;
}

/* Its levels, "axis=level axis=level"; "" for a variant that the run does not have. */
static void levels_of(const struct compared_run *run, const char *variant, char *levels, size_t levels_bytes)
{
    size_t used = 0;
    levels[0] = '\0';
    for (size_t r = 0; r < run->variants.row_count && used < levels_bytes; r++)
        if (strcmp(csv_text(&run->variants, r, SCHEMA_variants_variant), variant) == 0)
            used += (size_t)snprintf(levels + used, levels_bytes - used, "%s%s=%s", used ? " " : "",
                                     csv_text(&run->variants, r, SCHEMA_variants_axis),
                                     csv_text(&run->variants, r, SCHEMA_variants_level));
}

static bool same_variant(const struct compared_run *one, const struct compared_run *other, const char *variant,
                         struct compare_reason *reason)
{
    char levels[2][1024];
    levels_of(one, variant, levels[0], sizeof levels[0]);
    levels_of(other, variant, levels[1], sizeof levels[1]);
    return strcmp(levels[0], levels[1]) == 0 || differ(reason, "variant", variant, one, levels[0], other, levels[1]);
}

static const char *full_name(const struct compared_run *run, const char *workload)
{
    const size_t row = csv_find(&run->workloads, SCHEMA_workloads_workload, workload);
    return row < run->workloads.row_count ? csv_text(&run->workloads, row, SCHEMA_workloads_name) : "";
}

static bool same_workload(const struct compared_run *one, const struct compared_run *other, const char *workload,
                          struct compare_reason *reason)
{
    const char *names[] = {full_name(one, workload), full_name(other, workload)};
    return strcmp(names[0], names[1]) == 0 || differ(reason, "workload", workload, one, names[0], other, names[1]);
}

/* Every one of the names, which are separated by spaces. */
static bool all_same(bool (*same)(const struct compared_run *, const struct compared_run *, const char *,
                                  struct compare_reason *),
                     const struct compared_run *one, const struct compared_run *other, const char *names,
                     struct compare_reason *reason)
{
    for (const char *at = names; *at;) {
        char name[256];
        const size_t length = strcspn(at, " ");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        if (length && !same(one, other, name, reason))
            return false;
        at += length + (at[length] == ' ');
    }
    return true;
}

bool compare_same_effect(const struct compared_run *one, size_t one_row, const struct compared_run *other,
                         size_t other_row, struct compare_reason *reason)
{
    static const struct {
        size_t column;
        const char *name;
    } same[] = {
        {SCHEMA_effects_kind, "kind"}, {SCHEMA_effects_baseline, "baseline"}, {SCHEMA_effects_contender, "contender"}};
    for (size_t c = 0; c < sizeof same / sizeof same[0]; c++) {
        const char *a = csv_text(&one->effects, one_row, same[c].column);
        const char *b = csv_text(&other->effects, other_row, same[c].column);
        if (strcmp(a, b) != 0)
            return differ(reason, "its", same[c].name, one, a, other, b);
    }
    return all_same(same_variant, one, other, csv_text(&one->effects, one_row, SCHEMA_effects_baseline), reason) &&
           all_same(same_variant, one, other, csv_text(&one->effects, one_row, SCHEMA_effects_contender), reason) &&
           same_workload(one, other, csv_text(&one->effects, one_row, SCHEMA_effects_workload), reason);
}

bool compare_same_group(const struct compared_run *one, const struct compared_run *other)
{
    const char *fingerprint = run_directory_fact(&one->facts.machine, "fingerprint");
    const struct csv_data *facts = &one->facts.run;
    if (*fingerprint == '\0' || strcmp(fingerprint, run_directory_fact(&other->facts.machine, "fingerprint")) != 0)
        return false;
    for (size_t r = 0; r < facts->row_count; r++) {
        const char *key = csv_text(facts, r, SCHEMA_run_key), *theirs = run_directory_fact(&other->facts.run, key);
        const bool is_data =
            strncmp(key, "data:", 5) == 0 || strcmp(key, "trace_crc32") == 0; /* what ops are made of */
        if ((strncmp(key, "module:", 7) == 0 || is_data) && *theirs &&
            strcmp(csv_text(facts, r, SCHEMA_run_value), theirs) != 0)
            return false;
    }
    return true;
}

/* From `row` on; row_count when there is none. */
static size_t next_condition(const struct csv_data *claims, size_t row, const char *claim, const char *part)
{
    while (row < claims->row_count &&
           !(strcmp(csv_text(claims, row, SCHEMA_claims_claim), claim) == 0 &&
             (strcmp(part, "all") == 0 || strcmp(csv_text(claims, row, SCHEMA_claims_part), part) == 0)))
        row++;
    return row;
}

static bool same_condition(const struct compared_run *one, size_t one_row, const struct compared_run *other,
                           size_t other_row, struct compare_reason *reason)
{
    for (size_t c = 0; c < SCHEMA_claims_column_count; c++) {
        const char *a = csv_text(&one->claims, one_row, c), *b = csv_text(&other->claims, other_row, c);
        if (c != SCHEMA_claims_statement && strcmp(a, b) != 0)
            return differ(reason, "the part's", schema_claims.columns[c].name, one, a, other, b);
    }
    return all_same(same_variant, one, other, csv_text(&one->claims, one_row, SCHEMA_claims_baseline), reason) &&
           all_same(same_variant, one, other, csv_text(&one->claims, one_row, SCHEMA_claims_contender), reason) &&
           all_same(same_workload, one, other, csv_text(&one->claims, one_row, SCHEMA_claims_workload), reason);
}

bool compare_same_part(const struct compared_run *one, const struct compared_run *other, const char *claim,
                       const char *part, struct compare_reason *reason)
{
    for (size_t a = 0, b = 0;; a++, b++) {
        a = next_condition(&one->claims, a, claim, part);
        b = next_condition(&other->claims, b, claim, part);
        const bool ends = a == one->claims.row_count, other_ends = b == other->claims.row_count;
        if (ends && other_ends)
            return true;
        if (ends != other_ends)
            return differ(reason, "the number of", "its conditions", one, ends ? "smaller" : "larger", other,
                          ends ? "larger" : "smaller");
        if (!same_condition(one, a, other, b, reason))
            return false;
    }
}

/* What a figure follows from besides variant and workload. */
static const struct {
    const char *metric; /* how its name begins */
    bool of_run;        /* facts of run.csv, else of machine.csv */
    const char *facts[6];
} follows[] = {
    {"digest", true, {"seed"}}, /* of the inputs */
    /* The C library chooses functions by the CPU. */
    {"instructions", false, {"architecture", "cpu_model", "cpu_family", "cpu_model_number", "libc"}},
};

static bool same_facts(const struct compared_run *one, const struct compared_run *other, bool of_run,
                       const char *const *facts, struct compare_reason *reason)
{
    for (; *facts; facts++) {
        const char *a = run_directory_fact(of_run ? &one->facts.run : &one->facts.machine, *facts);
        const char *b = run_directory_fact(of_run ? &other->facts.run : &other->facts.machine, *facts);
        if (strcmp(a, b) != 0)
            return differ(reason, "", *facts, one, a, other, b);
    }
    return true;
}

bool compare_same_metric(const struct compared_run *one, size_t row, const struct compared_run *other,
                         struct compare_reason *reason)
{
    const char *metric = csv_text(&one->metrics, row, SCHEMA_metrics_metric);
    for (size_t i = 0; i < sizeof follows / sizeof follows[0]; i++)
        if (strncmp(metric, follows[i].metric, strlen(follows[i].metric)) == 0 &&
            !same_facts(one, other, follows[i].of_run, follows[i].facts, reason))
            return false;
    return same_variant(one, other, csv_text(&one->metrics, row, SCHEMA_metrics_variant), reason) &&
           same_workload(one, other, csv_text(&one->metrics, row, SCHEMA_metrics_workload), reason);
}
