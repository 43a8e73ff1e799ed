#include "gate.h"

#include "exact.h"
#include "gate_base.h"
#include "gate_exact.h"
#include "kernels/kernels.h"
#include "process.h"
#include "progress.h"
#include "schema.h"
#include "scratch.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MAX = 2 * MODULE_WORKLOADS_MAX, STEPPED_OP_BYTES_MAX = 16384, REMOVE_TRIES = 20, TABLE_ROWS_MAX = 40 };

/* One of the two builds. */
struct gate_side {
    const char *
        name; /* "base" or "head": as long as each other, like all paths made of them; addresses of strings may matter */
    struct paths paths;       /* ours, with its modules and data */
    char directory[PATH_MAX]; /* in the scratch directory: links and tables */
    struct module_set set;
    struct csv_data metrics;
};

enum { BASE, HEAD, SIDES };

struct gate {
    const struct paths *paths;
    const struct gate_options *options;
    char scratch[PATH_MAX], allow_path[PATH_MAX], directory[PATH_MAX];
    struct gate_base base;
    struct gate_side sides[SIDES];
    const char *counted[NAMES_MAX + 1], *stepped[NAMES_MAX + 1];
    struct csv_data allow, earlier;
    struct gate_rows rows;
    size_t counts[GATE_STATUS_COUNT]; /* of rows that are no plants */
};

/* ---- both sides, ready to be measured ---- */

/* A table that need not be there; its row_count is 0 then. */
static int read_allow(const char *path, struct csv_data *allow, struct error *error)
{
    return access(path, F_OK) == 0 ? csv_read(path, &schema_gate_allow, allow, error) : 0;
}

static int make_link(const char *directory, const char *name, const char *target, char *path, struct error *error)
{
    if (paths_join(path, directory, name, error) == 0 && symlink(target, path) != 0)
        return error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
    return error->code;
}

/* Data are found through a link, so that the name of their directory is as long on both sides. No conformance program is found in the
 * side's own directory: behaviour is the tests' business. */
static int load_side(struct gate *gate, struct gate_side *side, const char *name, const char *modules,
                     struct error *error)
{
    char data[PATH_MAX], plant[PATH_MAX + 64];
    const char *const files[] = {plant, NULL};
    side->name = name;
    side->paths = *gate->paths;
    snprintf(plant, sizeof plant, "%s/gate-plants/%s/plant.o", gate->paths->build, name);
    if (paths_join(side->directory, gate->scratch, name, error) != 0 || paths_join(data, modules, "data", error) != 0)
        return error->code;
    if (mkdir(side->directory, 0700) != 0)
        return error_set(error, EXIT_USAGE, "%s: %s", side->directory, strerror(errno));
    if (make_link(side->directory, "data", data, side->paths.data, error) != 0)
        return error->code;
    strcpy(side->paths.modules, side->directory);
    if (module_set_load(&side->set, modules, files, side->directory, side->paths.worker, error) != 0)
        return error->code;
    return module_set_check_names(&side->set, error);
}

static bool is_named(const char *const *names, const char *name)
{
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return names == NULL;
}

static bool any_has_workload(const struct gate *gate, const char *name)
{
    for (size_t s = 0; s < SIDES; s++)
        for (size_t m = 0; m < gate->sides[s].set.count; m++)
            if (module_info_workload(&gate->sides[s].set.modules[m], name))
                return true;
    return false;
}

static int check_selection(const struct gate *gate, struct error *error)
{
    const char *const *variants = gate->options->variants, *const *workloads = gate->options->workloads;
    for (size_t i = 0; variants && variants[i]; i++)
        if (!module_set_find(&gate->sides[BASE].set, variants[i], false) &&
            !module_set_find(&gate->sides[HEAD].set, variants[i], false))
            return error_set(error, EXIT_USAGE,
                             "--variants: neither base nor head has %s; `encbench list` has the names", variants[i]);
    for (size_t i = 0; workloads && workloads[i]; i++)
        if (!any_has_workload(gate, workloads[i]))
            return error_set(error, EXIT_USAGE,
                             "--workloads: neither base nor head has %s; `encbench list` has the names", workloads[i]);
    return 0;
}

static void add_name(const char **names, const char *name)
{
    size_t count = 0;
    while (names[count] && strcmp(names[count], name) != 0)
        count++;
    if (count < NAMES_MAX)
        names[count] = name;
}

/* Counted is everything; stepped, at 25 us an instruction, what is timed and short, and the plants. */
static void choose(struct gate *gate)
{
    for (size_t s = 0; s < SIDES; s++)
        for (size_t m = 0; m < gate->sides[s].set.count; m++) {
            struct module_info *module = &gate->sides[s].set.modules[m];
            const bool plant = strcmp(module->variant, PLANT_VARIANT) == 0;
            module->left_out = !plant && !is_named(gate->options->variants, module->variant);
            for (size_t w = 0; w < module->workload_count; w++) {
                const struct module_workload *workload = &module->workloads[w];
                if (!plant && !module_workload_selected(gate->options->workloads, workload))
                    continue;
                add_name(gate->counted, workload->short_name);
                if (plant || ((workload->flags & ENCBENCH_TIMED) && workload->bytes_per_op <= STEPPED_OP_BYTES_MAX))
                    add_name(gate->stepped, workload->short_name);
            }
        }
}

static int measure_side(struct gate *gate, struct gate_side *side, uint64_t seed, struct error *error)
{
    const struct progress notes = {.quiet = gate->options->quiet};
    struct launch launch;
    char path[PATH_MAX];
    progress_say(&notes, "%s: %s", side->name, side->name[0] == 'b' ? gate->options->base : "the build of this tree");
    launch_init(&launch, &side->paths, side->directory, &side->set);
    exact_measure(side->directory, &launch, &side->set, gate->counted, gate->stepped, seed, gate->options->quiet,
                  error);
    launch_free(&launch);
    if (error->code == 0 && paths_join(path, side->directory, schema_metrics.file, error) == 0)
        csv_read(path, &schema_metrics, &side->metrics, error);
    return error->code;
}

static int measure(struct gate *gate, struct error *error)
{
    const uint64_t seed = gate->options->seed ? gate->options->seed : 1; /* the same inputs for both, whichever */
    for (size_t s = 0; s < SIDES; s++)
        if (measure_side(gate, &gate->sides[s], seed, error) != 0)
            return error->code;
    return 0;
}

/* ---- judging ---- */

static int judge(struct gate *gate, struct error *error)
{
    const bool selected = gate->options->variants || gate->options->workloads;
    if (gate_exact_compare(&gate->sides[BASE].metrics, &gate->sides[HEAD].metrics, &gate->rows, error) != 0 ||
        gate_exact_check_plants(&gate->rows, error) != 0 ||
        gate_exact_allow(&gate->rows, &gate->allow, &gate->earlier, selected, error) != 0)
        return error->code;
    for (size_t i = 0; i < gate->rows.count; i++)
        gate->counts[gate->rows.rows[i].status] += !gate_row_is_plant(&gate->rows.rows[i]);
    return 0;
}

static bool is_red(const struct gate *gate)
{
    return gate->counts[GATE_REGRESSION] + gate->counts[GATE_LOST] > 0;
}

/* ---- telling ---- */

static int write_csv(const struct gate *gate, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer = NULL;
    if (paths_join(path, gate->directory, schema_gate.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_gate, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t i = 0; i < gate->rows.count; i++) {
        const struct gate_row *row = &gate->rows.rows[i];
        csv_put_text(writer, row->variant);
        csv_put_text(writer, row->workload);
        csv_put_text(writer, row->metric);
        csv_put_number(writer, row->base);
        csv_put_number(writer, row->head);
        csv_put_text(writer, gate_status_words[row->status]);
        csv_put_text(writer, row->reason);
        csv_end_row(writer);
    }
    return csv_writer_close(writer, error);
}

static const char *figure(double value, char text[static 32])
{
    csv_format_number(text, 32, value);
    return *text ? text : "-";
}

/* The order in which rows are shown; what is the same, and what neither side has, is only counted. */
static const enum gate_status shown[] = {GATE_REGRESSION, GATE_LOST,   GATE_DECLARED, GATE_LESS,
                                         GATE_CHANGED,    GATE_GAINED, GATE_NEW,      GATE_REMOVED};

/* At most TABLE_ROWS_MAX rows by `put`; returns how many there are beyond. */
static size_t for_shown_rows(const struct gate *gate, FILE *stream,
                             void (*put)(FILE *stream, const struct gate_row *row))
{
    size_t count = 0;
    for (size_t s = 0; s < sizeof shown / sizeof shown[0]; s++)
        for (size_t i = 0; i < gate->rows.count; i++) {
            const struct gate_row *row = &gate->rows.rows[i];
            if (row->status == shown[s] && !gate_row_is_plant(row) && count++ < TABLE_ROWS_MAX)
                put(stream, row);
        }
    return count > TABLE_ROWS_MAX ? count - TABLE_ROWS_MAX : 0;
}

static void put_row_text(FILE *stream, const struct gate_row *row)
{
    char base[32], head[32];
    fprintf(stream, "  %-10s  %s %s %s", gate_status_words[row->status], row->variant, row->workload, row->metric);
    if (strcmp(row->metric, GATE_ALL) != 0)
        fprintf(stream, "  %s -> %s", figure(row->base, base), figure(row->head, head));
    fprintf(stream, "%s%s\n", *row->reason ? "; " : "", row->reason);
}

static void put_row_markdown(FILE *stream, const struct gate_row *row)
{
    char base[32], head[32];
    fprintf(stream, "| %s | %s | %s | %s | %s | %s | %s |\n", gate_status_words[row->status], row->variant,
            row->workload, row->metric, figure(row->base, base), figure(row->head, head), row->reason);
}

/* "312 same, 1 regression": every status that there is. */
static void put_counts(const struct gate *gate, FILE *stream)
{
    const char *separator = "";
    for (size_t s = 0; s < GATE_STATUS_COUNT; s++)
        if (gate->counts[s]) {
            fprintf(stream, "%s%zu %s", separator, gate->counts[s], gate_status_words[s]);
            separator = ", ";
        }
    fprintf(stream, "%s", *separator ? "" : "nothing compared");
}

static void put_subject(const struct gate *gate, FILE *stream)
{
    fprintf(stream, "base %s", gate->options->base);
    if (gate->base.commit[0])
        fprintf(stream, " (%.12s)", gate->base.commit);
    fprintf(stream, "; head: the working tree%s", gate->base.dirty ? ", which has uncommitted changes" : "");
}

static const char *verdict_words(const struct gate *gate)
{
    return is_red(gate) ? "worse than the base" : "not worse than the base";
}

static void put_text(const struct gate *gate, FILE *stream)
{
    put_subject(gate, stream);
    fputs("\n", stream);
    const size_t more = for_shown_rows(gate, stream, put_row_text);
    if (more)
        fprintf(stream, "  ... and %zu more in gate.csv\n", more);
    fputs("exact figures: ", stream);
    put_counts(gate, stream);
    fprintf(stream, "\nplanted regressions: all seen\ndata %s\ngate: %s\n", gate->directory, verdict_words(gate));
}

static void put_markdown(const struct gate *gate, FILE *stream)
{
    fprintf(stream, "### gate: %s\n\n", verdict_words(gate));
    put_subject(gate, stream);
    fputs(". Exact figures: ", stream);
    put_counts(gate, stream);
    fputs(". Planted regressions: all seen.\n", stream);
    if (gate->counts[GATE_SAME] + gate->counts[GATE_UNAVAILABLE] + 0 < gate->rows.count) {
        fputs("\n| | variant | workload | metric | base | head | |\n|---|---|---|---|---:|---:|---|\n", stream);
        const size_t more = for_shown_rows(gate, stream, put_row_markdown);
        if (more)
            fprintf(stream, "\n%zu more rows are in gate.csv.\n", more);
    }
}

static int write_markdown(const struct gate *gate, const char *path, const char *mode, struct error *error)
{
    FILE *file = fopen(path, mode);
    if (file == NULL)
        return error_set(error, EXIT_USAGE, "%s: %s; the summary could not be written", path, strerror(errno));
    put_markdown(gate, file);
    const bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed)
        return error_set(error, EXIT_USAGE, "%s: %s; the summary could not be written", path, strerror(errno));
    return 0;
}

static int tell(struct gate *gate, struct error *error)
{
    const char *summary = getenv("GITHUB_STEP_SUMMARY");
    char path[PATH_MAX];
    if (paths_make_new(gate->paths, gate->options->out, "gate", gate->directory, error) != 0 ||
        paths_join(path, gate->directory, "gate.md", error) != 0 || write_csv(gate, error) != 0 ||
        write_markdown(gate, path, "we", error) != 0)
        return error->code;
    if (summary && *summary && write_markdown(gate, summary, "ae", error) != 0)
        return error->code;
    put_text(gate, stdout);
    return 0;
}

/* ---- the verb ---- */

/* A builder that was stopped may have left a process that still writes for a moment. */
static void remove_scratch(const char *scratch)
{
    for (int tries = 0; tries < REMOVE_TRIES; tries++) {
        scratch_remove(scratch);
        if (!*scratch || access(scratch, F_OK) != 0)
            return;
        usleep(100000);
    }
}

static int check_options(const struct gate_options *options, struct error *error)
{
    if (options->base == NULL)
        return error_set(error, EXIT_USAGE,
                         "gate: expected --base REV, a git revision or a directory of built modules");
    if (!options->exact)
        return error_set(error, EXIT_USAGE, "gate: this version has the exact lane only; add --exact");
    return 0;
}

static int run(struct gate *gate, struct error *error)
{
    if (scratch_make(gate->scratch, error) != 0 ||
        paths_join(gate->allow_path, gate->paths->root, schema_gate_allow.file, error) != 0 ||
        read_allow(gate->allow_path, &gate->allow, error) != 0 ||
        gate_base_find(gate->paths, gate->options->base, gate->scratch, gate->options->quiet, &gate->base, error) !=
            0 ||
        read_allow(gate->base.allow, &gate->earlier, error) != 0 ||
        load_side(gate, &gate->sides[BASE], "base", gate->base.modules, error) != 0 ||
        load_side(gate, &gate->sides[HEAD], "head", gate->paths->modules, error) != 0 ||
        check_selection(gate, error) != 0)
        return error->code;
    choose(gate);
    if (measure(gate, error) != 0 || judge(gate, error) != 0 || tell(gate, error) != 0)
        return error->code;
    return is_red(gate) ? EXIT_REGRESSION : EXIT_PASS;
}

int gate_run(const struct paths *paths, const struct gate_options *options, struct error *error)
{
    struct gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL)
        return error_set(error, EXIT_USAGE, "out of memory");
    gate->paths = paths;
    gate->options = options;
    const int code = check_options(options, error) == 0 ? run(gate, error) : error->code;
    for (size_t s = 0; s < SIDES; s++) {
        module_set_free(&gate->sides[s].set);
        csv_free(&gate->sides[s].metrics);
    }
    gate_rows_free(&gate->rows);
    csv_free(&gate->allow);
    csv_free(&gate->earlier);
    remove_scratch(gate->scratch);
    free(gate);
    return code;
}
