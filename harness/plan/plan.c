#include "plan/plan.h"

#include "base/random.h"
#include "base/words.h"
#include "plan/panels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"

const char *const plan_role_words[] = {"baseline", "contender", "twin", "planted", "clock"};

static const char *const clock_kernels[PLAN_CLOCK_ARMS] = {"chain", "chain_planted", "chain_multiply"};

static void copy_name(char to[ENCBENCH_NAME_BYTES], const char *from)
{
    snprintf(to, ENCBENCH_NAME_BYTES, "%s", from);
}

static bool listed(const char *const *names, const char *name)
{
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Splits "a b c". False when there are more than six. */
static bool split(const char *text, char names[][ENCBENCH_NAME_BYTES], size_t *count)
{
    *count = 0;
    for (const char *start = text; *start;) {
        const size_t length = strcspn(start, " ");
        if (length > 0) {
            if (*count == PLAN_PANEL_ARMS_MAX || length >= ENCBENCH_NAME_BYTES)
                return false;
            snprintf(names[(*count)++], ENCBENCH_NAME_BYTES, "%.*s", (int)length, start);
        }
        start += length + (start[length] == ' ');
    }
    return *count > 0;
}

static struct plan_row *new_row(struct plan_row **rows, size_t *count, struct error *error)
{
    struct plan_row *larger = realloc(*rows, (*count + 1) * sizeof *larger);
    if (larger == NULL) {
        error_out_of_memory(error);
        return NULL;
    }
    *rows = larger;
    larger[*count] = (struct plan_row){0};
    return &larger[(*count)++];
}

static bool offered(const struct module_set *set, const char *workload)
{
    for (size_t i = 0; i < set->count; i++)
        if (module_info_workload(&set->modules[i], workload) != NULL)
            return true;
    return false;
}

/* A workload that nobody offers is a slip of the pen; with a trailing * it may be meant for later. */
static int check_row_workloads(const struct plan_row *row, const char *path, const struct module_set *set,
                               struct error *error)
{
    char name[ENCBENCH_NAME_BYTES];
    for (const char *at = row->workloads; *at;) {
        const size_t length = strcspn(at, " ");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        if (length > 0 && at[length - 1] != '*' && !offered(set, name) && !set->directory_left_out)
            return error_set(error, EXIT_USAGE, "%s:%zu: no module offers the workload %s; see `encbench list`", path,
                             row->line, name);
        at += length + (at[length] == ' ');
    }
    return 0;
}

/* Whether a row is about variants that take part: of a run of somebody's modules ours are left out, and a namesake that
 * was given is another variant. */
static bool takes_part(const struct csv_data *panels, size_t index, const struct module_set *set)
{
    static const size_t columns[] = {SCHEMA_panels_baseline, SCHEMA_panels_contender};
    char names[PLAN_PANEL_ARMS_MAX][ENCBENCH_NAME_BYTES];
    size_t count;
    for (size_t side = 0; side < 2 && set->directory_left_out; side++) {
        if (!split(csv_text(panels, index, columns[side]), names, &count))
            return true; /* to be refused by whoever reads it */
        for (size_t i = 0; i < count; i++) {
            const struct module_info *module = module_set_find(set, names[i], false);
            if (module == NULL || module->given)
                return false;
        }
    }
    return true;
}

static int read_row(struct plan *plan, const struct csv_data *panels, size_t index, const struct module_set *set,
                    struct error *error)
{
    struct plan_row *row = new_row(&plan->listed, &plan->listed_count, error);
    if (row == NULL)
        return error->code;
    copy_name(row->panel, csv_text(panels, index, SCHEMA_panels_panel));
    copy_name(row->contrast, csv_text(panels, index, SCHEMA_panels_contrast));
    snprintf(row->kind, sizeof row->kind, "%s", csv_text(panels, index, SCHEMA_panels_kind));
    snprintf(row->effort, sizeof row->effort, "%s", csv_text(panels, index, SCHEMA_panels_effort));
    row->line = index + 2;
    if (snprintf(row->workloads, sizeof row->workloads, "%s", csv_text(panels, index, SCHEMA_panels_workloads)) >=
        (int)sizeof row->workloads)
        return error_set(error, EXIT_USAGE, "%s:%zu: workloads take more than %zu bytes; use a trailing *",
                         panels->path, index + 2, sizeof row->workloads - 1);
    if (!split(csv_text(panels, index, SCHEMA_panels_baseline), row->baseline, &row->baseline_count) ||
        !split(csv_text(panels, index, SCHEMA_panels_contender), row->contender, &row->contender_count))
        return error_set(error, EXIT_USAGE,
                         "%s:%zu: baseline and contender must name 1 to 6 variants separated by spaces", panels->path,
                         index + 2);
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < (side ? row->contender_count : row->baseline_count); i++) {
            const char *variant = side ? row->contender[i] : row->baseline[i];
            if (module_set_find(set, variant, false) == NULL)
                return error_set(error, EXIT_USAGE, "%s:%zu: no module has the variant %s; see `encbench list`",
                                 panels->path, index + 2, variant);
        }
    return check_row_workloads(row, panels->path, set, error);
}

static bool is_control(const struct plan_row *row)
{
    return strcmp(row->kind, "twin") == 0 || strcmp(row->kind, "planted") == 0;
}

static bool row_has(const struct plan_row *row, const char *variant)
{
    bool has = false;
    for (size_t i = 0; i < row->baseline_count; i++)
        has = has || strcmp(row->baseline[i], variant) == 0;
    for (size_t i = 0; i < row->contender_count; i++)
        has = has || strcmp(row->contender[i], variant) == 0;
    return has;
}

bool plan_too_deep_variant(const struct plan *plan, const char *variant)
{
    bool stands = false;
    for (size_t i = 0; i < plan->listed_count; i++)
        if (row_has(&plan->listed[i], variant)) {
            stands = true;
            if (panels_effort(plan->listed[i].effort) != PROFILE_DEEP)
                return false;
        }
    return stands && plan->effort < PROFILE_DEEP;
}

static bool has_more_threads(const struct module_workload *workload)
{
    return workload->threads > module_threads_needed(workload);
}

/* A row names the states but `repeat` of a workload, and what is run at more threads, one by one. */
static bool row_names(const struct plan_row *row, const struct module_workload *workload)
{
    return !has_more_threads(workload) &&
                   (workload->state == MEASURE_REPEAT || (workload->flags & ENCBENCH_FRESH_ALONE))
               ? words_match(row->workloads, workload->base_name)
               : words_has(row->workloads, workload->short_name);
}

bool plan_too_deep_workload(const struct plan *plan, const struct module_workload *workload)
{
    bool stands = false;
    for (size_t i = 0; i < plan->listed_count; i++)
        if (row_names(&plan->listed[i], workload)) {
            stands = true;
            if (panels_effort(plan->listed[i].effort) != PROFILE_DEEP)
                return false;
        }
    return stands && plan->effort < PROFILE_DEEP;
}

/* A workload of that name, of whichever module comes first; NULL: none. */
static const struct module_workload *find_workload(const struct module_set *set, const char *name)
{
    const struct module_workload *found = NULL;
    for (size_t i = 0; i < set->count && found == NULL; i++)
        found = module_info_workload(&set->modules[i], name);
    return found;
}

/* Whether a row names what stands in deep rows alone, and is asked for. */
static bool names_asked(const struct plan *plan, const struct plan_row *row, const struct module_set *set,
                        const struct plan_selection *selection)
{
    for (size_t i = 0; selection->variants && selection->variants[i]; i++)
        if (row_has(row, selection->variants[i]) && plan_too_deep_variant(plan, selection->variants[i]))
            return true;
    for (size_t i = 0; selection->workloads && selection->workloads[i]; i++) {
        const struct module_workload *workload = find_workload(set, selection->workloads[i]);
        if (workload && row_names(row, workload) && plan_too_deep_workload(plan, workload))
            return true;
    }
    return false;
}

/* Of a deep panel: then its controls are, too. */
static bool is_asked_for(const struct plan *plan, const char *panel, const struct module_set *set,
                         const struct plan_selection *selection)
{
    for (size_t i = 0; i < plan->listed_count; i++)
        if (strcmp(plan->listed[i].panel, panel) == 0 && names_asked(plan, &plan->listed[i], set, selection))
            return true;
    return false;
}

static bool row_selected(const struct plan *plan, const struct plan_row *row, const struct module_set *set,
                         const struct plan_selection *selection)
{
    const char *const *variants = selection->variants;
    if (panels_effort(row->effort) > selection->effort &&
        !(panels_effort(row->effort) == PROFILE_DEEP && is_asked_for(plan, row->panel, set, selection)))
        return false;
    if (variants == NULL || is_control(row)) /* a control goes with what its panel still compares */
        return true;
    for (size_t i = 0; i < row->baseline_count; i++)
        if (!listed(variants, row->baseline[i]))
            return false;
    for (size_t i = 0; i < row->contender_count; i++)
        if (!listed(variants, row->contender[i]))
            return false;
    return true;
}

/* Whether a contrast of the panel compares the variant. */
static bool is_compared(const struct plan *plan, const char *panel, const char *variant)
{
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct plan_row *row = &plan->rows[i];
        if (row_has(row, variant) && !is_control(row) && strcmp(row->panel, panel) == 0)
            return true;
    }
    return false;
}

/* A control of a variant that a selection left out becomes one of the first variant still compared that can have it. */
static void move_control(const struct plan *plan, struct plan_row *control, const struct module_set *set)
{
    if (is_compared(plan, control->panel, control->baseline[0]))
        return;
    for (size_t m = 0; m < set->count; m++) {
        const char *variant = set->modules[m].variant;
        if (!set->modules[m].planted && is_compared(plan, control->panel, variant) &&
            module_set_find(set, variant, strcmp(control->kind, "planted") == 0)) {
            copy_name(control->baseline[0], variant);
            copy_name(control->contender[0], variant);
            return;
        }
    }
}

/* Keeps rows whose variants are all selected, and then only panels that still compare something, with their controls.
 */
static int filter_rows(struct plan *plan, const struct module_set *set, const struct plan_selection *selection,
                       struct error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < plan->listed_count; i++) {
        if (!row_selected(plan, &plan->listed[i], set, selection))
            continue;
        struct plan_row *row = new_row(&plan->rows, &plan->row_count, error);
        if (row == NULL)
            return error->code;
        *row = plan->listed[i];
    }
    for (size_t i = 0; i < plan->row_count; i++) {
        bool compares = false;
        for (size_t j = 0; j < plan->row_count; j++)
            compares =
                compares || (strcmp(plan->rows[i].panel, plan->rows[j].panel) == 0 && !is_control(&plan->rows[j]));
        if (compares)
            plan->rows[kept++] = plan->rows[i];
    }
    plan->row_count = kept;
    kept = 0;
    for (size_t i = 0; i < plan->row_count; i++) {
        struct plan_row *row = &plan->rows[i];
        if (is_control(row))
            move_control(plan, row, set);
        if (!is_control(row) || is_compared(plan, row->panel, row->baseline[0]))
            plan->rows[kept++] = *row;
    }
    plan->row_count = kept;
    return 0;
}

static int add_made_row(struct plan *plan, size_t panel, const char *kind, const char *baseline, const char *contender,
                        struct error *error)
{
    struct plan_row *row = new_row(&plan->rows, &plan->row_count, error);
    if (row == NULL)
        return error->code;
    snprintf(row->panel, sizeof row->panel, PANELS_MADE "%zu", panel);
    snprintf(row->effort, sizeof row->effort, "core");
    snprintf(row->workloads, sizeof row->workloads, "*");
    snprintf(row->kind, sizeof row->kind, "%s", kind);
    if (strcmp(kind, "pair") == 0)
        snprintf(row->contrast, sizeof row->contrast, "%.60s_against_%.50s", contender, baseline);
    else
        snprintf(row->contrast, sizeof row->contrast, "%s_made_%zu", kind, panel);
    copy_name(row->baseline[0], baseline);
    copy_name(row->contender[0], contender);
    row->baseline_count = row->contender_count = 1;
    for (const struct plan_row *other = plan->rows; other < row; other++)
        if (strcmp(other->contrast, row->contrast) == 0)
            return error_set(
                error, EXIT_USAGE,
                "the contrast of %s with %s would be called %s like another one; choose other variant names", contender,
                baseline, row->contrast);
    return 0;
}

/* Panels for variants that no row of panels.csv compares: the baseline with up to four contenders each. */
static int make_panels(struct plan *plan, const struct module_set *set, const char *baseline,
                       const char *const *contenders, struct error *error)
{
    const size_t per_panel = PLAN_PANEL_ARMS_MAX - 3; /* beside baseline, twin and planted */
    for (size_t i = 0; contenders[i] && error->code == 0; i++) {
        const size_t panel = i / per_panel + 1;
        if (i % per_panel == 0) {
            add_made_row(plan, panel, "twin", baseline, baseline, error);
            if (module_set_find(set, baseline, true) != NULL)
                add_made_row(plan, panel, "planted", baseline, baseline, error);
        }
        if (error->code == 0)
            add_made_row(plan, panel, "pair", baseline, contenders[i], error);
    }
    return error->code;
}

/* The most threads that a module can run a workload of this name with, whatever its state; 0: nobody has it. */
static unsigned most_threads(const struct module_set *set, const char *name, size_t length)
{
    unsigned most = 0;
    for (size_t m = 0; m < set->count; m++)
        for (size_t w = 0; w < set->modules[m].workload_count; w++) {
            const struct module_workload *workload = &set->modules[m].workloads[w];
            if (((strlen(workload->short_name) == length && strncmp(workload->short_name, name, length) == 0) ||
                 strcmp(workload->name, name) == 0) &&
                workload->threads_max > most)
                most = workload->threads_max;
        }
    return most;
}

static const char can_use[] =
    "workload %.*s can use at most %u thread%s, not %u: its threads_max; and it is timed at 2, "
    "4, 8 or 16 that are no more";

/* Threads that were asked for of a workload that was named. */
static int check_threads(const struct module_set *set, const struct plan_selection *selection, struct error *error)
{
    for (size_t i = 0; selection->workloads && selection->workloads[i]; i++) {
        const char *name = selection->workloads[i], *dot = strstr(name, ".t");
        const size_t length = strcspn(name, ".");
        const unsigned most = most_threads(set, name, length);
        unsigned asked = dot ? (unsigned)strtoul(dot + 2, NULL, 10) : 0;
        for (unsigned threads = 2; threads <= MEASURE_THREADS_MAX && asked <= most; threads++)
            asked = (selection->threads & (1u << threads)) ? threads : asked;
        if (most > 0 && asked > most)
            return error_set(error, EXIT_USAGE, can_use, (int)length, name, most, most == 1 ? "" : "s", asked);
    }
    return 0;
}

static int check_selection(const struct module_set *set, const struct plan_selection *selection, struct error *error)
{
    if (check_threads(set, selection, error) != 0)
        return error->code;
    for (size_t i = 0; selection->variants && selection->variants[i]; i++)
        if (module_set_find(set, selection->variants[i], false) == NULL)
            return error_set(error, EXIT_USAGE, "--variants: unknown variant \"%s\"; `encbench list` shows them",
                             selection->variants[i]);
    if (selection->baseline && module_set_find(set, selection->baseline, false) == NULL)
        return error_set(error, EXIT_USAGE, "--baseline: unknown variant \"%s\"; `encbench list` shows them",
                         selection->baseline);
    for (size_t i = 0; selection->workloads && selection->workloads[i]; i++) {
        if (!offered(set, selection->workloads[i]) && module_set_lacking(set, selection->workloads[i]) == NULL)
            return error_set(error, EXIT_USAGE, "--workloads: unknown workload \"%s\"; `encbench list` shows them",
                             selection->workloads[i]);
    }
    return 0;
}

/* The name without a state stands for all of them. */
static bool workload_selected(const struct module_workload *workload, const char *const *names)
{
    return names == NULL || listed(names, workload->short_name) || listed(names, workload->name) ||
           listed(names, workload->base_name);
}

static bool share_workload(const struct module_info *a, const struct module_info *b, const char *const *names)
{
    for (size_t i = 0; i < a->workload_count; i++)
        if (workload_selected(&a->workloads[i], names) && module_info_workload(b, a->workloads[i].short_name) != NULL)
            return true;
    return false;
}

static bool variant_selected(const struct plan *plan, const struct module_info *info,
                             const struct plan_selection *selection)
{
    return info->given || (selection->variants ? listed(selection->variants, info->variant)
                                               : !plan_too_deep_variant(plan, info->variant));
}

/* A variant for which a panel has to be made: of --module, or selected while no row of panels.csv is left. */
static bool wants_panel(const struct plan *plan, const struct module_info *info, const struct plan_selection *selection)
{
    return !info->planted && variant_selected(plan, info, selection) &&
           (info->given || plan->row_count == 0 || selection->baseline);
}

/* The first variant that shares a selected workload with one that wants a panel. */
static const char *made_baseline(const struct plan *plan, const struct module_set *set,
                                 const struct plan_selection *selection)
{
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j < set->count && !set->modules[i].planted; j++) /* a planted one is no baseline */
            if (i != j && wants_panel(plan, &set->modules[j], selection) &&
                variant_selected(plan, &set->modules[i], selection) &&
                share_workload(&set->modules[i], &set->modules[j], selection->workloads))
                return set->modules[i].variant;
    return NULL;
}

static int add_made_panels(struct plan *plan, const struct module_set *set, const struct plan_selection *selection,
                           struct error *error)
{
    const char **contenders = calloc(set->count + 1, sizeof *contenders);
    size_t count = 0;
    const char *baseline = selection->baseline ? selection->baseline : made_baseline(plan, set, selection);
    if (contenders == NULL)
        return error_out_of_memory(error);
    for (size_t i = 0; baseline && i < set->count; i++)
        if (wants_panel(plan, &set->modules[i], selection) && strcmp(set->modules[i].variant, baseline) != 0)
            contenders[count++] = set->modules[i].variant;
    if (count > 0)
        make_panels(plan, set, baseline, contenders, error);
    free(contenders);
    return error->code;
}

static bool add_arm(struct plan_cell *cell, const char *name, enum plan_role role, const struct module_info *module)
{
    if (plan_arm_index(cell, name) < cell->arm_count)
        return true;
    if (cell->arm_count == PLAN_PANEL_ARMS_MAX)
        return false;
    plan_add_arm(cell, name, role, module, module_info_workload(module, cell->workload));
    return true;
}

#define STATE_BIT(state) (1u << (state))

static unsigned states_of_row(const struct plan_row *row, const struct module_workload *workload,
                              const struct plan_selection *selection)
{
    if (selection->states != 0)
        return selection->states;
    if (workload->flags & ENCBENCH_FRESH_ALONE)
        return STATE_BIT(MEASURE_FRESH);
    return row->line == 0 ? STATE_BIT(MEASURE_REPEAT) | STATE_BIT(MEASURE_FRESH) : STATE_BIT(MEASURE_REPEAT);
}

static bool threads_selected(const struct module_workload *workload, const struct plan_selection *selection)
{
    return selection->threads != 0 ? (selection->threads & (1u << workload->threads)) != 0
                                   : !has_more_threads(workload);
}

/* A row is about the states and threads that are selected of the workloads that it names; and about those that it
 * names. */
static bool row_is_about(const struct plan *plan, const struct plan_row *row, const struct module_workload *workload,
                         const struct plan_selection *selection)
{
    if (row->line == 0 && selection->workloads == NULL && plan_too_deep_workload(plan, workload))
        return false;
    if (words_match(row->workloads, workload->base_name) &&
        (states_of_row(row, workload, selection) & STATE_BIT(workload->state)) != 0 &&
        threads_selected(workload, selection))
        return true;
    return strcmp(workload->short_name, workload->base_name) != 0 && selection->states == 0 &&
           selection->threads == 0 && row->line != 0 && words_has(row->workloads, workload->short_name);
}

/* Whether all variants of a row offer the workload, timed. */
static bool row_offers(const struct plan_row *row, const struct module_set *set, const char *workload)
{
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < (side ? row->contender_count : row->baseline_count); i++) {
            const struct module_info *module = module_set_find(set, side ? row->contender[i] : row->baseline[i],
                                                               strcmp(row->kind, "planted") == 0 && side);
            const struct module_workload *offered = module ? module_info_workload(module, workload) : NULL;
            if (offered == NULL || !(offered->flags & ENCBENCH_TIMED))
                return false;
        }
    return true;
}

/* Variant whose times the panel's twin repeats; else the first one compared. */
static const char *panel_baseline(const struct plan *plan, const char *panel, const struct module_workload *workload,
                                  const struct plan_selection *selection, const struct module_set *set)
{
    const char *first = NULL;
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct plan_row *row = &plan->rows[i];
        if (strcmp(row->panel, panel) != 0 || !row_is_about(plan, row, workload, selection) ||
            !row_offers(row, set, workload->short_name))
            continue;
        if (strcmp(row->kind, "twin") == 0)
            return row->baseline[0];
        if (first == NULL)
            first = row->baseline[0];
    }
    return first;
}

static int add_row_arms(const struct plan *plan, struct plan_cell *cell, const struct plan_row *row,
                        const struct module_set *set, struct error *error)
{
    bool fits = true;
    for (size_t side = 0; side < 2 && !is_control(row); side++)
        for (size_t i = 0; i < (side ? row->contender_count : row->baseline_count); i++) {
            const char *variant = side ? row->contender[i] : row->baseline[i];
            fits = fits && add_arm(cell, variant, PLAN_CONTENDER, module_set_find(set, variant, false));
        }
    if (strcmp(row->kind, "twin") == 0)
        fits = add_arm(cell, "twin", PLAN_TWIN, module_set_find(set, row->baseline[0], false));
    if (strcmp(row->kind, "planted") == 0)
        fits = add_arm(cell, "planted", PLAN_PLANTED, module_set_find(set, row->baseline[0], true));
    if (!fits && row->line == 0)
        return error_set(error, EXIT_USAGE, "panel %s: more than %d arms with contrast %s", cell->panel,
                         PLAN_PANEL_ARMS_MAX, row->contrast);
    if (!fits)
        return error_set(error, EXIT_USAGE, "%s:%zu: panel %s: more than %d arms with contrast %s; split the panel",
                         plan->panels_path, row->line, cell->panel, PLAN_PANEL_ARMS_MAX, row->contrast);
    return 0;
}

/* Main effects average over the other factor; interactions are differences of differences. */
static int add_contrast(struct plan_cell *cell, const struct plan_row *row, struct error *error)
{
    if (cell->contrast_count + 2 >= PLAN_CONTRASTS_MAX)
        return error_set(error, EXIT_USAGE, "panel %s: more than %d contrasts", cell->panel, PLAN_CONTRASTS_MAX - 2);
    struct plan_contrast *contrast = &cell->contrasts[cell->contrast_count++];
    *contrast = (struct plan_contrast){0};
    copy_name(contrast->name, row->contrast);
    const bool average = strcmp(row->kind, "main") == 0;
    for (size_t i = 0; i < row->baseline_count; i++)
        contrast->weights[plan_arm_index(cell, row->baseline[i])] -= average ? 1.0 / (double)row->baseline_count : 1.0;
    for (size_t i = 0; i < row->contender_count; i++) {
        const char *name = is_control(row) ? row->kind : row->contender[i];
        contrast->weights[plan_arm_index(cell, name)] += average ? 1.0 / (double)row->contender_count : 1.0;
    }
    return 0;
}

struct plan_arm *plan_add_arm(struct plan_cell *cell, const char *name, enum plan_role role,
                              const struct module_info *module, const struct module_workload *workload)
{
    struct plan_arm *arm = &cell->arms[cell->arm_count++];
    *arm = (struct plan_arm){.role = role, .module = module, .workload = workload};
    copy_name(arm->name, name);
    return arm;
}

struct plan_contrast *plan_add_contrast(struct plan_cell *cell, const char *name, size_t minus, size_t plus,
                                        double weight)
{
    struct plan_contrast *contrast = &cell->contrasts[cell->contrast_count++];
    *contrast = (struct plan_contrast){0};
    copy_name(contrast->name, name);
    contrast->weights[minus] = -weight;
    contrast->weights[plus] = weight;
    return contrast;
}

int plan_add_kernel(struct plan_cell *cell, const char *name, enum plan_role role, const struct module_info *kernel,
                    const char *workload, struct error *error)
{
    const struct module_workload *offered = module_info_workload(kernel, workload);
    if (offered == NULL)
        return error_set(error, EXIT_USAGE, "%s: has no workload %s; build again", kernel->file, workload);
    plan_add_arm(cell, name, role, kernel, offered);
    return 0;
}

static int add_clock(struct plan_cell *cell, const struct module_info *kernels, struct error *error)
{
    const size_t chain = cell->arm_count;
    cell->first_shared = chain;
    for (size_t i = 0; i < PLAN_CLOCK_ARMS; i++) {
        if (plan_add_kernel(cell, clock_kernels[i], PLAN_CLOCK, kernels, clock_kernels[i], error) != 0)
            return error->code;
        if (i > 0)
            plan_add_contrast(cell, clock_kernels[i], chain, chain + i, 1);
    }
    return 0;
}

static int build_cell(struct plan *plan, const char *panel, const struct module_workload *workload,
                      const struct plan_selection *selection, const struct module_set *set,
                      const struct module_info *kernels, struct error *error)
{
    struct plan_cell cell = {.state = workload->state, .threads = workload->threads, .linearity_every = 1};
    bool compares = false;
    copy_name(cell.panel, panel);
    copy_name(cell.workload, workload->short_name);
    copy_name(cell.base_workload, workload->base_name);
    const char *baseline = panel_baseline(plan, panel, workload, selection, set);
    if (baseline == NULL)
        return 0;
    add_arm(&cell, baseline, PLAN_BASELINE, module_set_find(set, baseline, false));
    for (size_t i = 0; i < plan->row_count && error->code == 0; i++) {
        const struct plan_row *row = &plan->rows[i];
        if (strcmp(row->panel, panel) != 0 || !row_is_about(plan, row, workload, selection) ||
            !row_offers(row, set, workload->short_name))
            continue;
        compares = compares || !is_control(row);
        if (add_row_arms(plan, &cell, row, set, error) == 0)
            add_contrast(&cell, row, error);
    }
    if (!compares || error->code != 0 || add_clock(&cell, kernels, error) != 0)
        return error->code;
    struct plan_cell *larger = realloc(plan->cells, (plan->cell_count + 1) * sizeof *larger);
    if (larger == NULL)
        return error_out_of_memory(error);
    plan->cells = larger;
    plan->cells[plan->cell_count++] = cell;
    return 0;
}

/* Whether module i is the first to offer this workload, so that each is planned once, in the order of the modules. */
static bool first_to_offer(const struct module_set *set, size_t index, const char *workload)
{
    for (size_t i = 0; i < index; i++)
        if (module_info_workload(&set->modules[i], workload) != NULL)
            return false;
    return true;
}

static int build_workload(struct plan *plan, const struct module_workload *workload, const struct module_set *set,
                          size_t module, const struct module_info *kernels, const struct plan_selection *selection,
                          struct error *error)
{
    if (!first_to_offer(set, module, workload->short_name) || !workload_selected(workload, selection->workloads))
        return 0;
    for (size_t r = 0; r < plan->row_count && error->code == 0; r++)
        if (r == 0 || strcmp(plan->rows[r].panel, plan->rows[r - 1].panel) != 0)
            build_cell(plan, plan->rows[r].panel, workload, selection, set, kernels, error);
    return error->code;
}

/* The states of a workload behind it. */
static int build_cells(struct plan *plan, const struct module_set *set, const struct module_info *kernels,
                       const struct plan_selection *selection, struct error *error)
{
    for (size_t m = 0; m < set->count; m++)
        for (size_t w = 0; w < set->modules[m].workload_count && error->code == 0; w++) {
            const struct module_info *module = &set->modules[m];
            build_workload(plan, &module->workloads[w], set, m, kernels, selection, error);
            for (size_t s = 0; s < module->in_state_count && error->code == 0; s++)
                if (strcmp(module->in_states[s].base_name, module->workloads[w].short_name) == 0)
                    build_workload(plan, &module->in_states[s], set, m, kernels, selection, error);
        }
    return error->code;
}

/* Of modules that were given: what is to be mended is theirs, so one of their workloads is named. */
static int nothing_shared(const struct module_set *set, const struct plan_selection *selection, struct error *error)
{
    for (size_t m = 0; m < set->count; m++)
        for (size_t w = 0; w < set->modules[m].workload_count; w++) {
            const struct module_workload *workload = &set->modules[m].workloads[w];
            if (set->modules[m].given && (workload->flags & ENCBENCH_TIMED) &&
                workload_selected(workload, selection->workloads))
                return error_set(error, EXIT_USAGE,
                                 "nothing to measure: workload %s of %s is offered by no other variant that takes "
                                 "part; give --module of another that does, or name one of encbench's own "
                                 "(--baseline, --variants, --with-own)",
                                 workload->short_name, set->modules[m].variant);
        }
    return error_set(error, EXIT_USAGE,
                     "nothing to measure: no module that was given offers a selected workload that is timed; `encbench "
                     "list --module FILE` has what it offers");
}

int plan_build(struct plan *plan, const struct csv_data *panels, const struct module_set *set,
               const struct module_info *kernels, const struct plan_selection *selection, struct error *error)
{
    *plan = (struct plan){.panels_path = panels->path, .effort = selection->effort};
    if (panels_check(panels, false, error) != 0 || check_selection(set, selection, error) != 0)
        return error->code;
    for (size_t i = 0; i < panels->row_count; i++)
        if (takes_part(panels, i, set) && read_row(plan, panels, i, set, error) != 0)
            return error->code;
    if (filter_rows(plan, set, selection, error) != 0)
        return error->code;
    if (selection->baseline)
        plan->row_count = 0; /* somebody wants everything against this one */
    if (add_made_panels(plan, set, selection, error) != 0 || build_cells(plan, set, kernels, selection, error) != 0)
        return error->code;
    for (size_t i = 0; plan->cell_count == 0 && selection->workloads && selection->workloads[i]; i++) {
        const struct module_lacking *lacking = module_set_lacking(set, selection->workloads[i]);
        if (lacking)
            return error_set(error, EXIT_UNFIT,
                             "nothing to measure: workload %s: %s; name others (--workloads), or measure on a machine "
                             "that has it",
                             lacking->workload.short_name, lacking->reason);
    }
    if (plan->cell_count == 0 && set->directory_left_out)
        return nothing_shared(set, selection, error);
    if (plan->cell_count == 0)
        return error_set(
            error, EXIT_USAGE,
            "nothing to measure: no panel that this profile measures (wide ones: default and thorough; deep ones: "
            "thorough) compares two of the "
            "selected variants on a selected timed workload (with --threads: on one that can use so many); say "
            "--baseline VARIANT, or name them in a row of "
            "panels.csv "
            "(of the sources, and build again); `encbench list` has the names");
    return 0;
}

unsigned plan_cell_processes(const struct plan_cell *cell, const struct profile *profile, size_t look)
{
    return cell->not_timed[0] ? 0 : profile_cell_processes(profile, cell->decides_claims, look);
}

size_t plan_leave_untimed(struct plan *plan, unsigned cpus)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        struct plan_cell *cell = &plan->cells[i];
        if (cell->threads <= cpus)
            continue;
        snprintf(cell->not_timed, sizeof cell->not_timed,
                 "%u threads need as many CPUs and this process may use %u: counted and not timed", cell->threads,
                 cpus);
        count++;
    }
    return count;
}

void plan_free(struct plan *plan)
{
    free(plan->listed);
    free(plan->rows);
    free(plan->cells);
    *plan = (struct plan){0};
}

/* Whether the names separated by spaces in `text` are exactly these. */
static bool same_names(const char *text, const char names[][ENCBENCH_NAME_BYTES], size_t count)
{
    char split_names[PLAN_PANEL_ARMS_MAX][ENCBENCH_NAME_BYTES];
    size_t split_count, found = 0;
    if (!split(text, split_names, &split_count) || split_count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            found += strcmp(split_names[i], names[j]) == 0;
    return found == count;
}

static bool row_decides(const struct plan_row *row, const char *baseline, const char *contender)
{
    return !is_control(row) && ((same_names(baseline, row->baseline, row->baseline_count) &&
                                 same_names(contender, row->contender, row->contender_count)) ||
                                (same_names(contender, row->baseline, row->baseline_count) &&
                                 same_names(baseline, row->contender, row->contender_count)));
}

static bool cell_has_contrast(const struct plan_cell *cell, const char *contrast)
{
    for (size_t i = 0; i < cell->contrast_count; i++)
        if (strcmp(cell->contrasts[i].name, contrast) == 0)
            return true;
    return false;
}

static bool cell_decides(const struct plan *plan, const struct plan_cell *cell, const struct csv_data *claims,
                         size_t claim)
{
    const char *kind = csv_text(claims, claim, SCHEMA_claims_kind);
    const char *baseline = csv_text(claims, claim, SCHEMA_claims_baseline);
    const char *contender = csv_text(claims, claim, SCHEMA_claims_contender);
    if (!words_match(csv_text(claims, claim, SCHEMA_claims_workload), cell->workload))
        return false;
    if (strcmp(kind, "level") == 0)
        return plan_arm_index(cell, contender) < cell->arm_count;
    if (strcmp(kind, "timing") != 0 && strcmp(kind, "composition") != 0)
        return false;
    for (size_t r = 0; r < plan->row_count; r++)
        if (cell_has_contrast(cell, plan->rows[r].contrast) && row_decides(&plan->rows[r], baseline, contender))
            return true;
    return false;
}

/* Whether an earlier cell on the same workload decides the same condition: analyse takes the first. */
static bool decided_before(const struct plan *plan, size_t index, const struct csv_data *claims, size_t claim)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(plan->cells[i].workload, plan->cells[index].workload) == 0 &&
            cell_decides(plan, &plan->cells[i], claims, claim))
            return true;
    return false;
}

void plan_mark_claims(struct plan *plan, const struct csv_data *claims)
{
    for (size_t i = 0; i < plan->cell_count; i++)
        for (size_t claim = 0; claim < claims->row_count; claim++)
            plan->cells[i].decides_claims |=
                cell_decides(plan, &plan->cells[i], claims, claim) && !decided_before(plan, i, claims, claim);
}

void plan_round(uint64_t seed, uint64_t round, uint32_t *cells, size_t cell_count)
{
    struct random_stream stream = random_stream_of(seed, RANDOM_ROUND_ORDER, round, 0);
    random_permutation(&stream, cells, cell_count);
}

uint64_t plan_process_number(const struct plan *plan, uint64_t round, size_t cell)
{
    return round * plan->cell_count + cell;
}

size_t plan_process_cell(const struct plan *plan, uint64_t process)
{
    return (size_t)(process % plan->cell_count);
}

size_t plan_real_arms(const struct plan_cell *cell)
{
    size_t count = 0;
    while (count < cell->arm_count && cell->arms[count].role != PLAN_CLOCK)
        count++;
    return count;
}

struct measure_ladder plan_ladder(const struct plan_cell *cell)
{
    uint64_t multiples[MEASURE_ARMS_MAX], maxima[MEASURE_ARMS_MAX];
    for (size_t i = 0; i < plan_real_arms(cell); i++) {
        multiples[i] = cell->arms[i].workload->batch_multiple_ops;
        maxima[i] = cell->state == MEASURE_COLD ? 1 : cell->arms[i].workload->batch_max_ops;
    }
    return measure_ladder_of(multiples, maxima, plan_real_arms(cell));
}

void plan_set_iterations(struct plan_cell *cell, uint64_t common, const double *ns_per_op, uint64_t clock_step_ns)
{
    cell->ladder = plan_ladder(cell);
    for (size_t i = 0; i < plan_real_arms(cell); i++) {
        struct plan_arm *arm = &cell->arms[i];
        arm->iterations = ns_per_op ? measure_own_iterations(ns_per_op[i], common, &cell->ladder,
                                                             measure_batch_target_ns(cell->threads), clock_step_ns)
                                    : common;
        plan_set_other_iterations(cell, i);
    }
}

void plan_set_other_iterations(struct plan_cell *cell, size_t arm)
{
    const uint64_t n = cell->arms[arm].iterations;
    cell->arms[arm].other_iterations[0] = 2 * n;
    cell->arms[arm].other_iterations[1] = measure_between(&cell->ladder, n);
}

double plan_linearity_ns(const struct plan_cell *cell, const double *ns_per_op)
{
    double block_ns = 0;
    for (size_t i = 0; i < plan_real_arms(cell); i++) {
        const struct plan_arm *arm = &cell->arms[i];
        const uint64_t sizes[] = {arm->iterations, arm->other_iterations[0], arm->other_iterations[1]};
        for (size_t s = 0; s < MEASURE_SIZES; s++)
            if (sizes[s] > 0)
                block_ns += 2 * ns_per_op[i] * (double)(sizes[s] + cell->rewarm_iterations);
    }
    return block_ns;
}

uint32_t plan_linearity_blocks(const struct plan_cell *cell, uint64_t turn)
{
    return cell->linearity_every > 0 && turn % cell->linearity_every == 0 ? cell->linearity_blocks : 0;
}

void plan_set_clock(struct plan_cell *cell, uint64_t chain_iterations, uint64_t multiply_iterations)
{
    struct plan_arm *clock = &cell->arms[cell->arm_count - PLAN_CLOCK_ARMS];
    const bool few = cell->clock_blocks == 0 && cell->blocks > 0 && cell->blocks < PLAN_FEW_BLOCKS;
    const uint64_t times = few ? PLAN_LONG_CLOCK : 1;
    clock[0].iterations = clock[1].iterations = times * chain_iterations;
    clock[2].iterations = times * multiply_iterations;
}

uint64_t plan_layout_seed(uint64_t seed, uint64_t process, size_t arm)
{
    struct random_stream stream = random_stream_of(seed, RANDOM_LAYOUT, process, arm + 1);
    return random_next(&stream);
}

static size_t arms_before(const struct plan_cell *cell, const struct module_info *module, size_t end)
{
    size_t count = 0;
    for (size_t i = 0; i < end; i++)
        count += cell->arms[i].module == module;
    return count;
}

size_t plan_arms_of(const struct plan_cell *cell, const struct module_info *module)
{
    return arms_before(cell, module, cell->arm_count);
}

size_t plan_layout_choice(uint64_t seed, uint64_t number, const struct plan_cell *cell, size_t arm, uint64_t turn)
{
    const struct module_info *module = cell->arms[arm].module;
    uint32_t order[MODULE_LAYOUTS_MAX];
    size_t first = 0;
    while (cell->arms[first].module != module)
        first++;
    struct random_stream stream = random_stream_of(seed, RANDOM_LAYOUT_CHOICE, number, first);
    random_permutation(&stream, order, module->layout_count);
    return order[(turn * plan_arms_of(cell, module) + arms_before(cell, module, arm)) % module->layout_count];
}

size_t plan_arm_index(const struct plan_cell *cell, const char *name)
{
    for (size_t i = 0; i < cell->arm_count; i++)
        if (strcmp(cell->arms[i].name, name) == 0)
            return i;
    return cell->arm_count;
}
