#include "ab/inputs.h"

#include "schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONTENDERS_A_PANEL = 4, /* beside the baseline and its twin: plan.h has the most arms of a panel */
    NAMES_BYTES = 300,      /* in the line of an error */
    WORKLOADS_BYTES = 1000, /* of the cell of panels.csv that lists them */
};

/* ---- what is compared ---- */

struct wanted {
    const char *const *names; /* NULL: all */
    unsigned states;          /* 0: those of states_of */
};

static bool is_listed(const char *const *names, const char *name)
{
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static const struct module_workload *timed(const struct module_info *module, const char *name)
{
    const struct module_workload *workload = module_info_workload(module, name);
    return workload && (workload->flags & ENCBENCH_TIMED) ? workload : NULL;
}

static const struct module_workload *in_state(const struct module_info *module, const char *base,
                                              enum measure_state state)
{
    for (size_t i = 0; i < module->in_state_count; i++)
        if (module->in_states[i].state == state && strcmp(module->in_states[i].base_name, base) == 0 &&
            module->in_states[i].threads == module_threads_needed(&module->in_states[i]))
            return &module->in_states[i];
    return state == MEASURE_REPEAT ? timed(module, base) : NULL;
}

/* Whether all contenders that have the workload have it in this state. */
static bool all_have(const struct module_set *set, const char *base, enum measure_state state)
{
    for (size_t i = 0; i < set->count; i++)
        if (timed(&set->modules[i], base) && in_state(&set->modules[i], base, state) == NULL)
            return false;
    return true;
}

static unsigned states_of(const struct module_set *set, const char *base, unsigned asked)
{
    if (asked != 0)
        return asked;
    return 1u << (all_have(set, base, MEASURE_FRESH) ? MEASURE_FRESH : MEASURE_REPEAT);
}

/* By its own name a workload is wanted in the states that were asked for, by the name of a state in that. */
static bool is_wanted(const struct module_workload *workload, const char *const *names, unsigned states)
{
    if (is_listed(names, workload->short_name) && workload->state != MEASURE_REPEAT)
        return true;
    return (states & (1u << workload->state)) && (names == NULL || is_listed(names, workload->base_name));
}

static void name_contrast(struct ab_row *row, const struct ab_sides *sides)
{
    const char *baseline = sides->side[0].label, *contender = sides->side[row->contender].label;
    const size_t panel = (row->contender - 1) / CONTENDERS_A_PANEL + 1;
    if (snprintf(row->contrast, sizeof row->contrast, "%s_against_%s", contender, baseline) >=
        (int)sizeof row->contrast)
        snprintf(row->contrast, sizeof row->contrast, "contender_%zu", row->contender);
    snprintf(row->panel, sizeof row->panel, panel > 1 ? "ab_%zu" : "ab", panel);
}

static int add_row(struct ab_inputs *inputs, const struct ab_sides *sides, size_t contender,
                   const struct module_workload *workload, struct error *error)
{
    if (inputs->count == AB_ROWS_MAX)
        return error_set(error, EXIT_USAGE, "ab: more than %d rows; choose with --workloads", AB_ROWS_MAX);
    struct ab_row *row = &inputs->row[inputs->count++];
    *row = (struct ab_row){.contender = contender, .workload = *workload};
    name_contrast(row, sides);
    return 0;
}

static int add_workload(struct ab_inputs *inputs, const struct module_set *set, const struct ab_sides *sides,
                        const char *base, const char *const *names, unsigned states, struct error *error)
{
    for (enum measure_state state = MEASURE_REPEAT; state < MEASURE_STATES; state++) {
        const struct module_workload *workload = in_state(&set->modules[0], base, state);
        if (workload == NULL || !is_wanted(workload, names, states_of(set, base, states)))
            continue;
        for (size_t contender = 1; contender < set->count && error->code == 0; contender++)
            if (in_state(&set->modules[contender], base, state))
                add_row(inputs, sides, contender, workload, error);
    }
    return error->code;
}

/* Names of a module's timed workloads. */
static void list_timed(const struct module_info *module, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < module->workload_count && used < bytes; i++)
        if (module->workloads[i].flags & ENCBENCH_TIMED)
            used +=
                (size_t)snprintf(text + used, bytes - used, "%s%s", used ? " " : "", module->workloads[i].short_name);
}

/* A workload that only one of a pair has; and one that both have, in a state that only one offers. Each state of it by
 * its own name; what nobody asked for is nobody's loss. */
static void note_workload(struct ab_inputs *inputs, const struct module_set *set, const struct ab_sides *sides,
                          size_t contender, const char *base, const struct wanted *wanted, FILE *note)
{
    for (enum measure_state state = MEASURE_REPEAT; state < MEASURE_STATES; state++) {
        const struct module_workload *ours = in_state(&set->modules[0], base, state),
                                     *theirs = in_state(&set->modules[contender], base, state),
                                     *one = ours ? ours : theirs;
        if ((ours && theirs) || one == NULL || !is_wanted(one, wanted->names, states_of(set, base, wanted->states)))
            continue;
        fprintf(note, "%sonly %s has %s", inputs->lacking > 0 ? "; " : "", sides->side[ours ? 0 : contender].label,
                one->short_name);
        inputs->lacking++;
    }
}

static int note_left_out(struct ab_inputs *inputs, const struct module_set *set, const struct ab_sides *sides,
                         const struct wanted *wanted, struct error *error)
{
    size_t bytes;
    FILE *note = open_memstream(&inputs->left_out, &bytes);
    if (note == NULL)
        return error_out_of_memory(error);
    for (size_t contender = 1; contender < set->count; contender++)
        for (size_t side = 0; side < 2; side++) {
            const struct module_info *module = &set->modules[side ? contender : 0];
            for (size_t i = 0; i < module->workload_count; i++)
                if ((module->workloads[i].flags & ENCBENCH_TIMED) &&
                    (side == 0 || timed(&set->modules[0], module->workloads[i].short_name) == NULL))
                    note_workload(inputs, set, sides, contender, module->workloads[i].short_name, wanted, note);
        }
    return fclose(note) == 0 ? 0 : error_out_of_memory(error);
}

void ab_inputs_free(struct ab_inputs *inputs)
{
    free(inputs->left_out);
    inputs->left_out = NULL;
}

static int nothing_in_common(const struct ab_inputs *inputs, const struct module_set *set, const struct ab_sides *sides,
                             struct error *error)
{
    char first[NAMES_BYTES], second[NAMES_BYTES];
    (void)inputs;
    list_timed(&set->modules[0], first, sizeof first);
    list_timed(&set->modules[1], second, sizeof second);
    return error_set(error, EXIT_USAGE,
                     "ab: no timed workload in common%s: %.60s has %s; %.60s has %s; give what is the same one short "
                     "name",
                     set->count > 2 ? " with the first side" : "", sides->side[0].label, *first ? first : "none",
                     sides->side[1].label, *second ? second : "none");
}

static int check_names(const struct ab_inputs *inputs, const char *const *names, struct error *error)
{
    for (size_t i = 0; names && names[i]; i++) {
        bool found = false;
        for (size_t row = 0; row < inputs->count && !found; row++)
            found = strcmp(names[i], inputs->row[row].workload.short_name) == 0 ||
                    strcmp(names[i], inputs->row[row].workload.base_name) == 0;
        if (!found)
            return error_set(error, EXIT_USAGE,
                             "--workloads: \"%s\" is no timed workload that the first side has in common with another, "
                             "in a state that is asked for",
                             names[i]);
    }
    return 0;
}

int ab_inputs_make(struct ab_inputs *inputs, const struct module_set *set, const struct ab_sides *sides,
                   const char *const *names, unsigned states, double tolerance_percent, struct error *error)
{
    bool common = false;
    *inputs = (struct ab_inputs){.tolerance_percent = tolerance_percent};
    for (size_t i = 0; i < set->modules[0].workload_count && error->code == 0; i++) {
        const char *base = set->modules[0].workloads[i].short_name;
        for (size_t other = 1; other < set->count; other++)
            common = common || (timed(&set->modules[0], base) && timed(&set->modules[other], base));
        add_workload(inputs, set, sides, base, names, states, error);
    }
    const struct wanted wanted = {names, states};
    if (error->code == 0 && note_left_out(inputs, set, sides, &wanted, error) == 0 && !common)
        return nothing_in_common(inputs, set, sides, error);
    if (error->code == 0 && inputs->count == 0 && names == NULL)
        return error_set(error, EXIT_USAGE, "--states: no workload in common can be timed in these states");
    return error->code ? error->code : check_names(inputs, names, error);
}

/* ---- files ---- */

/* The workloads of a panel, or of one contender in it, each once; false when there is no room. */
static bool list_workloads(const struct ab_inputs *inputs, const char *panel, size_t contender,
                           char text[static WORKLOADS_BYTES])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < inputs->count; i++) {
        const struct ab_row *row = &inputs->row[i];
        bool before = strcmp(row->panel, panel) != 0 || (contender && row->contender != contender);
        for (size_t j = 0; j < i && !before; j++)
            before = strcmp(inputs->row[j].panel, panel) == 0 &&
                     (!contender || inputs->row[j].contender == contender) &&
                     strcmp(inputs->row[j].workload.short_name, row->workload.short_name) == 0;
        if (!before)
            used += (size_t)snprintf(text + used, WORKLOADS_BYTES - used, "%s%s", used ? " " : "",
                                     row->workload.short_name);
        if (used >= WORKLOADS_BYTES)
            return false;
    }
    return true;
}

static int put_panel_row(struct csv_writer *writer, const struct ab_inputs *inputs, const struct ab_sides *sides,
                         const struct ab_row *row, bool twin, struct error *error)
{
    char workloads[WORKLOADS_BYTES], contrast[ENCBENCH_NAME_BYTES + 8];
    if (!list_workloads(inputs, row->panel, twin ? 0 : row->contender, workloads))
        return error_set(error, EXIT_USAGE,
                         "ab: the names of all workloads together have more than %d bytes; choose "
                         "some with --workloads",
                         WORKLOADS_BYTES);
    snprintf(contrast, sizeof contrast, "twin_%s", row->panel);
    csv_put_text(writer, row->panel);
    csv_put_text(writer, "core");
    csv_put_text(writer, workloads);
    csv_put_text(writer, twin ? contrast : row->contrast);
    csv_put_text(writer, twin ? "twin" : "pair");
    csv_put_text(writer, sides->side[0].label);
    csv_put_text(writer, sides->side[twin ? 0 : row->contender].label);
    csv_end_row(writer);
    return 0;
}

/* The first row of a contender in the inputs. */
static const struct ab_row *row_of(const struct ab_inputs *inputs, size_t contender)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->row[i].contender == contender)
            return &inputs->row[i];
    return NULL;
}

static int write_panels(const struct ab_inputs *inputs, const struct ab_sides *sides, const char *path,
                        struct error *error)
{
    struct csv_writer *writer;
    const char *panel = "";
    if (csv_writer_open(&writer, path, &schema_panels, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t contender = 1; contender < sides->count && error->code == 0; contender++) {
        const struct ab_row *row = row_of(inputs, contender);
        if (row == NULL)
            continue;
        if (strcmp(panel, row->panel) != 0)
            put_panel_row(writer, inputs, sides, row, true, error);
        panel = row->panel;
        if (error->code == 0)
            put_panel_row(writer, inputs, sides, row, false, error);
    }
    if (error->code == 0)
        return csv_writer_close(writer, error);
    csv_writer_abandon(writer);
    return error->code;
}

/*
 * The region is symmetric for a ratio, [1 / t; t], and so not for percent: an effect that is shown is said, however
 * small, and not that it is small (analyse_effect_half_width). The interval inside it confirms "no difference", wholly
 * outside it refutes; either ends the measuring.
 */
static int write_claims(const struct ab_inputs *inputs, const struct ab_sides *sides, const char *path,
                        struct error *error)
{
    struct csv_writer *writer;
    const double high = inputs->tolerance_percent, low = 100 / (1 + high / 100) - 100;
    if (csv_writer_open(&writer, path, &schema_claims, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct ab_row *row = &inputs->row[i];
        char statement[3 * ENCBENCH_NAME_BYTES];
        snprintf(statement, sizeof statement, "%s takes the time of %s on %s within %g %%",
                 sides->side[row->contender].label, sides->side[0].label, row->workload.short_name, high);
        csv_put_integer(writer, (int64_t)i + 1);
        csv_put_text(writer, "a");
        csv_put_integer(writer, 1);
        csv_put_text(writer, "general");
        csv_put_text(writer, "timing");
        csv_put_text(writer, sides->side[0].label);
        csv_put_text(writer, sides->side[row->contender].label);
        csv_put_text(writer, row->workload.short_name);
        csv_put_text(writer, "relative_time");
        csv_put_text(writer, "percent");
        csv_put_number(writer, low);
        csv_put_number(writer, high);
        csv_put_text(writer, "[]");
        csv_put_text(writer, statement);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

int ab_inputs_write(const struct ab_inputs *inputs, const struct ab_sides *sides, const struct paths *paths,
                    struct error *error)
{
    if (write_panels(inputs, sides, paths->panels, error) != 0)
        return error->code;
    return write_claims(inputs, sides, paths->claims, error);
}
