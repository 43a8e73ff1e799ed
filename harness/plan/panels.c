#include "plan/panels.h"

#include "kernels/kernels.h"
#include "module.h"
#include "module/names.h"
#include "schema.h"

#include <stdio.h>
#include <string.h>

enum { SIDE_MAX = 6 };

struct side {
    char names[SIDE_MAX][ENCBENCH_NAME_BYTES];
    size_t count;
};

static int bad(const struct csv_data *panels, size_t row, size_t column, const char *expected, struct error *error)
{
    return error_set(error, EXIT_USAGE, "%s:%zu: column %s is \"%.200s\"; expected %s", panels->path, row + 2,
                     schema_panels.columns[column].name, csv_text(panels, row, column), expected);
}

/* Names separated by single spaces; false when one is not legal or there are none or too many. */
static bool read_side(const char *text, struct side *side)
{
    side->count = 0;
    for (;;) {
        const size_t length = strcspn(text, " ");
        if (side->count == SIDE_MAX || length >= ENCBENCH_NAME_BYTES)
            return false;
        char *name = side->names[side->count++];
        snprintf(name, ENCBENCH_NAME_BYTES, "%.*s", (int)length, text);
        if (!names_is_legal(name) || names_variant_is_reserved(name))
            return false;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static bool side_has(const struct side *side, const char *name)
{
    for (size_t i = 0; i < side->count; i++)
        if (strcmp(side->names[i], name) == 0)
            return true;
    return false;
}

static bool repeats(const struct side *side)
{
    for (size_t i = 0; i < side->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(side->names[i], side->names[j]) == 0)
                return true;
    return false;
}

static bool is_kind(const struct csv_data *panels, size_t row, const char *kind)
{
    return strcmp(csv_text(panels, row, SCHEMA_panels_kind), kind) == 0;
}

static bool is_control(const struct csv_data *panels, size_t row)
{
    return is_kind(panels, row, "twin") || is_kind(panels, row, "planted");
}

enum profile_effort panels_effort(const char *word)
{
    enum profile_effort effort = PROFILE_CORE;
    while (effort < PROFILE_EFFORTS && strcmp(word, profile_effort_words[effort]) != 0)
        effort++;
    return effort;
}

static bool same_panel(const struct csv_data *panels, size_t a, size_t b)
{
    return strcmp(csv_text(panels, a, SCHEMA_panels_panel), csv_text(panels, b, SCHEMA_panels_panel)) == 0;
}

static int check_words(const struct csv_data *panels, size_t row, bool made_allowed, struct error *error)
{
    static const char *const kinds[] = {"pair", "main", "interaction", "twin", "planted"};
    const char *panel = csv_text(panels, row, SCHEMA_panels_panel);
    const char *contrast = csv_text(panels, row, SCHEMA_panels_contrast);
    const char *effort = csv_text(panels, row, SCHEMA_panels_effort);
    bool known = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        known = known || is_kind(panels, row, kinds[i]);
    if (panels_effort(effort) == PROFILE_EFFORTS)
        return bad(panels, row, SCHEMA_panels_effort, "core, wide or deep", error);
    if (!known)
        return bad(panels, row, SCHEMA_panels_kind, "pair, main, interaction, twin or planted", error);
    if (!names_is_legal(panel) || (!made_allowed && strncmp(panel, PANELS_MADE, strlen(PANELS_MADE)) == 0))
        return bad(panels, row, SCHEMA_panels_panel, "1 to 127 of letters, digits and _-+.:=, not made_...", error);
    if (!names_is_legal(contrast) || names_variant_is_reserved(contrast))
        return bad(panels, row, SCHEMA_panels_contrast,
                   "1 to 127 of letters, digits and _-+.:=, and no name of a clock kernel or control", error);
    const size_t first = csv_find(panels, SCHEMA_panels_contrast, contrast);
    if (first != row)
        return error_set(error, EXIT_USAGE, "%s:%zu: contrast %s stands in line %zu already; names must be unique",
                         panels->path, row + 2, contrast, first + 2);
    return 0;
}

/* Short names, each with a trailing * or not. */
static int check_workloads(const struct csv_data *panels, size_t row, struct error *error)
{
    const char *text = csv_text(panels, row, SCHEMA_panels_workloads);
    for (const char *at = text;; at++) {
        char name[ENCBENCH_NAME_BYTES];
        const size_t length = strcspn(at, " "), kept = length - (length > 0 && at[length - 1] == '*');
        snprintf(name, sizeof name, "%.*s", (int)kept, at);
        if (length >= sizeof name || (!names_is_legal(name) && !(kept == 0 && length == 1)))
            return bad(panels, row, SCHEMA_panels_workloads,
                       "short names separated by spaces; only their last character may be *", error);
        at += length;
        if (*at == '\0')
            return 0;
    }
}

static int check_sides(const struct csv_data *panels, size_t row, const struct side *baseline,
                       const struct side *contender, struct error *error)
{
    const bool single = baseline->count == 1 && contender->count == 1;
    bool shared = false;
    for (size_t i = 0; i < baseline->count; i++)
        shared = shared || side_has(contender, baseline->names[i]);
    if (is_control(panels, row))
        return single && shared ? 0
                                : bad(panels, row, SCHEMA_panels_contender,
                                      "the one variant of baseline again: this kind compares it with itself", error);
    if (repeats(baseline) || repeats(contender) || shared)
        return bad(panels, row, SCHEMA_panels_contender, "every variant once, on one side", error);
    if (is_kind(panels, row, "pair") && !single)
        return bad(panels, row, SCHEMA_panels_contender, "one variant on either side of a pair", error);
    if (is_kind(panels, row, "interaction") && (baseline->count != 2 || contender->count != 2))
        return bad(panels, row, SCHEMA_panels_contender, "two variants on either side of an interaction", error);
    return 0;
}

/* A control belongs to a variant that its panel compares, and there is one of a kind. */
static int check_control(const struct csv_data *panels, size_t row, const char *variant, struct error *error)
{
    bool compared = false;
    for (size_t other = 0; other < panels->row_count; other++) {
        struct side baseline, contender;
        if (!same_panel(panels, other, row))
            continue;
        if (other < row && is_kind(panels, other, csv_text(panels, row, SCHEMA_panels_kind)))
            return bad(panels, row, SCHEMA_panels_kind, "one such row a panel; it has one above", error);
        compared =
            compared ||
            (!is_control(panels, other) &&
             ((read_side(csv_text(panels, other, SCHEMA_panels_baseline), &baseline) && side_has(&baseline, variant)) ||
              (read_side(csv_text(panels, other, SCHEMA_panels_contender), &contender) &&
               side_has(&contender, variant))));
    }
    return compared
               ? 0
               : bad(panels, row, SCHEMA_panels_baseline, "a variant that another row of the panel compares", error);
}

/* The rows of a panel stand together. */
static int check_together(const struct csv_data *panels, size_t row, struct error *error)
{
    for (size_t before = 0; row > 0 && !same_panel(panels, row, row - 1) && before < row; before++)
        if (same_panel(panels, row, before))
            return bad(panels, row, SCHEMA_panels_panel, "the rows of a panel one below the other", error);
    return 0;
}

int panels_check(const struct csv_data *panels, bool made_allowed, struct error *error)
{
    if (panels->row_count == 0)
        return error_set(error, EXIT_USAGE, "%s:1: no rows below the header; expected the contrasts to measure",
                         panels->path);
    for (size_t row = 0; row < panels->row_count; row++) {
        struct side baseline, contender;
        if (check_words(panels, row, made_allowed, error) != 0 || check_workloads(panels, row, error) != 0 ||
            check_together(panels, row, error) != 0)
            return error->code;
        if (!read_side(csv_text(panels, row, SCHEMA_panels_baseline), &baseline) ||
            !read_side(csv_text(panels, row, SCHEMA_panels_contender), &contender))
            return error_set(error, EXIT_USAGE,
                             "%s:%zu: baseline and contender must name 1 to 6 variants separated by single spaces",
                             panels->path, row + 2);
        if (check_sides(panels, row, &baseline, &contender, error) != 0)
            return error->code;
    }
    for (size_t row = 0; row < panels->row_count; row++)
        if (is_control(panels, row) &&
            check_control(panels, row, csv_text(panels, row, SCHEMA_panels_baseline), error) != 0)
            return error->code;
    return 0;
}
