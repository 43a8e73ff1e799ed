#include "analyse/analyse.h"
#include "analyse/analysis.h"
#include "base/words.h"
#include "module/names.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {"timing",     "level",     "composition", "exact",
                                         "difference", "reduction", "equal",       "claim"};
enum { KIND_COUNT = sizeof kind_names / sizeof kind_names[0] };

const char *analyse_kind_name(enum analyse_kind kind)
{
    return kind_names[kind];
}

static int bad_claim(const struct csv_data *claims, size_t row, size_t column, const char *expected,
                     struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s:%zu: column %s is \"%s\"; expected %s", claims->path, row + 2,
                     schema_claims.columns[column].name, csv_text(claims, row, column), expected);
}

static bool is_timing_kind(enum analyse_kind kind)
{
    return kind == ANALYSE_TIMING || kind == ANALYSE_LEVEL || kind == ANALYSE_COMPOSITION;
}

/* Metric and unit that go together. */
static int check_words(const struct csv_data *claims, size_t row, enum analyse_kind kind, struct error *error)
{
    const char *metric = csv_text(claims, row, SCHEMA_claims_metric);
    const char *allowed = kind == ANALYSE_TIMING        ? "time time_reduction relative_time"
                          : kind == ANALYSE_LEVEL       ? "time"
                          : kind == ANALYSE_COMPOSITION ? "time_reduction relative_time"
                                                        : NULL;
    if (allowed ? !words_has(allowed, metric) : !names_is_legal(metric))
        return bad_claim(claims, row, SCHEMA_claims_metric, allowed ? allowed : "the name of a metric", error);
    const char *units = is_timing_kind(kind) && strcmp(metric, "time") == 0 ? "ns"
                        : is_timing_kind(kind) || kind == ANALYSE_REDUCTION ? "percent"
                                                                            : "bytes count ns percent";
    const char *unit = csv_text(claims, row, SCHEMA_claims_unit);
    if (strchr(unit, ' ') || !words_has(units, unit))
        return bad_claim(claims, row, SCHEMA_claims_unit, units, error);
    return 0;
}

static int check_names(const struct csv_data *claims, size_t row, size_t column, bool anything, struct error *error)
{
    const char *list = csv_text(claims, row, column);
    char name[ENCBENCH_NAME_BYTES];
    for (const char *cursor = list; !(anything && strcmp(list, "*") == 0) && words_next(&cursor, name);)
        if (!names_is_legal(name) || strcspn(list, " ") >= ENCBENCH_NAME_BYTES)
            return bad_claim(claims, row, column, "names of letters; digits and _-+.:=; separated by spaces", error);
    return 0;
}

static int check_lists(const struct csv_data *claims, size_t row, enum analyse_kind kind, struct error *error)
{
    const size_t baselines = words_count(csv_text(claims, row, SCHEMA_claims_baseline));
    const size_t contenders = words_count(csv_text(claims, row, SCHEMA_claims_contender));
    const size_t workloads = words_count(csv_text(claims, row, SCHEMA_claims_workload));
    const bool pairs = kind == ANALYSE_DIFFERENCE || kind == ANALYSE_REDUCTION;
    if (workloads == 0 || (kind == ANALYSE_COMPOSITION && workloads != 2))
        return bad_claim(claims, row, SCHEMA_claims_workload,
                         kind == ANALYSE_COMPOSITION ? "two workloads: of the effect and of the level" : "a workload",
                         error);
    if (contenders == 0)
        return bad_claim(claims, row, SCHEMA_claims_contender, "a variant", error);
    if ((kind == ANALYSE_TIMING && baselines == 0) || (kind == ANALYSE_COMPOSITION && baselines != 1) ||
        (pairs && baselines != contenders))
        return bad_claim(claims, row, SCHEMA_claims_baseline,
                         pairs ? "as many variants as contender has" : "the variants of the minus side", error);
    if (kind == ANALYSE_EQUAL && baselines + contenders < 2)
        return bad_claim(claims, row, SCHEMA_claims_baseline, "a variant to be equal to", error);
    if (check_names(claims, row, SCHEMA_claims_baseline, false, error) != 0 ||
        check_names(claims, row, SCHEMA_claims_contender, false, error) != 0)
        return error->code;
    return check_names(claims, row, SCHEMA_claims_workload, kind == ANALYSE_EQUAL, error);
}

/* The kind of a row; KIND_COUNT when it is none. */
static size_t kind_of_row(const struct csv_data *claims, size_t row)
{
    size_t kind = 0;
    while (kind < KIND_COUNT && strcmp(kind_names[kind], csv_text(claims, row, SCHEMA_claims_kind)) != 0)
        kind++;
    return kind;
}

static int read_condition(struct analyse_condition *condition, const struct csv_data *claims, size_t row,
                          struct error *error)
{
    const size_t kind = kind_of_row(claims, row);
    if (kind == KIND_COUNT)
        return bad_claim(claims, row, SCHEMA_claims_kind,
                         "timing; level; composition; exact; difference; reduction; equal or claim", error);
    *condition = (struct analyse_condition){.row = row, .kind = (enum analyse_kind)kind};
    if (condition->kind == ANALYSE_CLAIM)
        return strcmp(csv_text(claims, row, SCHEMA_claims_unit), "verdict") == 0
                   ? 0
                   : bad_claim(claims, row, SCHEMA_claims_unit, "verdict", error);
    if (!verdict_region_make(&condition->region, csv_number(claims, row, SCHEMA_claims_region_low),
                             csv_number(claims, row, SCHEMA_claims_region_high),
                             csv_text(claims, row, SCHEMA_claims_region_bounds)))
        return bad_claim(claims, row, SCHEMA_claims_region_bounds,
                         "a region that is not empty: two ends and one of [] [) (] ()", error);
    if (check_words(claims, row, condition->kind, error) != 0)
        return error->code;
    return check_lists(claims, row, condition->kind, error);
}

/* ---- the table as a whole ---- */

static int check_keys(const struct csv_data *claims, size_t row, struct error *error)
{
    const char *part = csv_text(claims, row, SCHEMA_claims_part);
    const int64_t claim = csv_integer(claims, row, SCHEMA_claims_claim);
    if (claim < 1)
        return bad_claim(claims, row, SCHEMA_claims_claim, "a number from 1", error);
    if (!names_is_legal(part) || strcmp(part, "all") == 0)
        return bad_claim(claims, row, SCHEMA_claims_part, "a letter; `all` stands for the claim as a whole", error);
    if (csv_integer(claims, row, SCHEMA_claims_condition) < 1)
        return bad_claim(claims, row, SCHEMA_claims_condition, "a number from 1", error);
    if (!words_has("model general", csv_text(claims, row, SCHEMA_claims_scope)))
        return bad_claim(claims, row, SCHEMA_claims_scope, "model or general", error);
    return 0;
}

/* Whether every row of a claim that refers to another one refers to one that is grounded. */
static bool claim_is_grounded(const struct csv_data *claims, int64_t claim, const bool *grounded)
{
    for (size_t row = 0; row < claims->row_count; row++) {
        if (csv_integer(claims, row, SCHEMA_claims_claim) != claim || kind_of_row(claims, row) != ANALYSE_CLAIM)
            continue;
        const size_t other = csv_find(claims, SCHEMA_claims_claim, csv_text(claims, row, SCHEMA_claims_metric));
        if (!grounded[other])
            return false;
    }
    return true;
}

/* A claim about claims refers to registered ones, and by no way round to itself. `grounded` is by row. */
static int check_references(const struct csv_data *claims, bool *grounded, struct error *error)
{
    for (size_t row = 0; row < claims->row_count; row++)
        if (kind_of_row(claims, row) == ANALYSE_CLAIM &&
            csv_find(claims, SCHEMA_claims_claim, csv_text(claims, row, SCHEMA_claims_metric)) == claims->row_count)
            return bad_claim(claims, row, SCHEMA_claims_metric, "the number of a claim of this file", error);
    for (bool progress = true; progress;) {
        progress = false;
        for (size_t row = 0; row < claims->row_count; row++)
            if (!grounded[row] && claim_is_grounded(claims, csv_integer(claims, row, SCHEMA_claims_claim), grounded))
                progress = grounded[row] = true;
    }
    for (size_t row = 0; row < claims->row_count; row++)
        if (!grounded[row] && kind_of_row(claims, row) == ANALYSE_CLAIM)
            return bad_claim(claims, row, SCHEMA_claims_metric, "a claim that does not refer back to this one", error);
    return 0;
}

int analyse_claims_check(const struct csv_data *claims, struct error *error)
{
    static const size_t key[] = {SCHEMA_claims_claim, SCHEMA_claims_part, SCHEMA_claims_condition};
    struct analyse_condition condition;
    for (size_t row = 0; row < claims->row_count; row++)
        if (check_keys(claims, row, error) != 0 || read_condition(&condition, claims, row, error) != 0)
            return error->code;
    if (analyse_check_unique(claims, key, sizeof key / sizeof key[0], error) != 0)
        return error->code;
    bool *grounded = calloc(claims->row_count + 1, sizeof *grounded);
    if (!grounded)
        return error_out_of_memory(error);
    check_references(claims, grounded, error);
    free(grounded);
    return error->code;
}

/* ---- reading ---- */

static size_t timing_tests(const struct csv_data *claims, const struct analyse_condition *condition)
{
    const size_t workloads = words_count(csv_text(claims, condition->row, SCHEMA_claims_workload));
    switch (condition->kind) {
    case ANALYSE_TIMING:
        return workloads;
    case ANALYSE_LEVEL:
        return workloads * words_count(csv_text(claims, condition->row, SCHEMA_claims_contender));
    case ANALYSE_COMPOSITION:
        return 1;
    default:
        return 0;
    }
}

static size_t find_part(const struct analyse_claims *claims, int64_t claim, const char *name)
{
    for (size_t i = 0; i < claims->part_count; i++)
        if (claims->part[i].claim == claim && strcmp(claims->part[i].name, name) == 0)
            return i;
    return ANALYSE_NONE;
}

/* Parts stand by claim, claims and parts in the order of their first row. */
static void order_parts(struct analyse_claims *claims, const struct csv_data *rows)
{
    for (size_t first = 0; first < rows->row_count; first++) {
        const int64_t claim = csv_integer(rows, first, SCHEMA_claims_claim);
        for (size_t row = first; row < rows->row_count; row++) {
            const char *name = csv_text(rows, row, SCHEMA_claims_part);
            if (csv_integer(rows, row, SCHEMA_claims_claim) == claim && find_part(claims, claim, name) == ANALYSE_NONE)
                claims->part[claims->part_count++] = (struct analyse_part){.row = row, .claim = claim, .name = name};
        }
    }
}

int analyse_claims_read(struct analyse_claims *claims, const struct analyse_data *data, struct error *error)
{
    const struct csv_data *rows = &data->claims;
    *claims = (struct analyse_claims){0};
    if (analyse_claims_check(rows, error) != 0)
        return error->code;
    claims->condition = calloc(rows->row_count + 1, sizeof *claims->condition);
    claims->part = calloc(rows->row_count + 1, sizeof *claims->part);
    if (!claims->condition || !claims->part)
        return error_out_of_memory(error);
    order_parts(claims, rows);
    for (size_t row = 0; row < rows->row_count; row++) {
        struct analyse_condition *condition = &claims->condition[claims->condition_count++];
        if (read_condition(condition, rows, row, error) != 0)
            return error->code;
        condition->part =
            find_part(claims, csv_integer(rows, row, SCHEMA_claims_claim), csv_text(rows, row, SCHEMA_claims_part));
        struct analyse_part *part = &claims->part[condition->part];
        part->timing_tests += timing_tests(rows, condition);
        part->is_control |= strncmp(csv_text(rows, row, SCHEMA_claims_statement), "control:", 8) == 0;
    }
    for (size_t i = 0; i < claims->part_count; i++)
        claims->timing_part_count += claims->part[i].timing_tests > 0;
    claims->alpha_exploratory = ANALYSE_FAMILY_ERROR * data->error_share;
    claims->alpha_part =
        claims->alpha_exploratory / (double)(claims->timing_part_count ? claims->timing_part_count : 1);
    return 0;
}

void analyse_claims_free(struct analyse_claims *claims)
{
    free(claims->condition);
    free(claims->part);
    free(claims->item);
    *claims = (struct analyse_claims){0};
}
