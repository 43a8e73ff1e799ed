#include "gate/gate.h"

#include "base/process.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/scratch.h"
#include "gate/base.h"
#include "gate/exact.h"
#include "gate/sides.h"
#include "gate/tell.h"
#include "module/set.h"
#include "schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { REMOVE_TRIES = 20, REMOVE_PAUSE_US = 100000 };

struct gate {
    const struct paths *paths;
    const struct gate_options *options;
    char scratch[PATH_MAX], directory[PATH_MAX];
    struct gate_base base;
    struct gate_sides sides;
    struct csv_data allow, earlier; /* what the working tree declares, and what the base does */
    bool earlier_known;
    struct gate_rows rows;
    struct module_set kernels;
    struct gate_time time;
};

static int check_options(const struct gate_options *options, struct error *error)
{
    if (options->base == NULL)
        return error_set(error, EXIT_USAGE,
                         "gate: expected --base REV, a git revision or a directory of built modules");
    if (options->out && access(options->out, F_OK) == 0) /* said before the work, not after it */
        return error_set(error, EXIT_USAGE,
                         "%s: is there already; nothing is ever overwritten: give --out another name or remove it",
                         options->out);
    if (options->exact && options->profile)
        return error_set(error, EXIT_USAGE,
                         "gate: --profile is about time and --exact leaves it out; give one of them");
    if (options->profile && !options->profile->for_conclusions)
        return error_set(error, EXIT_USAGE, "gate: profile %s is not for conclusions; expected quick or more",
                         options->profile->name);
    return 0;
}

/* A table that need not be there; its row_count is 0 then. */
static int read_allow(const char *path, struct csv_data *allow, struct error *error)
{
    return access(path, F_OK) == 0 ? csv_read(path, &schema_gate_allow, allow, error) : 0;
}

/* A directory may come without its table. One that cannot be read is the base's fault, and perhaps what the head mends.
 */
static int read_declared(struct gate *gate, struct error *error)
{
    const struct progress notes = {0}; /* said even when it should be quiet: it decides what a line means */
    char path[PATH_MAX];
    struct error in_base = {0};
    if (paths_join(path, gate->paths->root, schema_gate_allow.file, error) != 0 ||
        read_allow(path, &gate->allow, error) != 0)
        return error->code;
    gate->earlier_known = gate->base.commit[0] || access(gate->base.allow, F_OK) == 0;
    if (read_allow(gate->base.allow, &gate->earlier, &in_base) != 0) {
        progress_say(&notes, "encbench: the base declares nothing: %s", in_base.message);
        gate->earlier_known = false;
    }
    return 0;
}

static const struct csv_data *earlier_of(const struct gate *gate)
{
    return gate->earlier_known ? &gate->earlier : NULL;
}

/* Green means that something was compared. */
static int check_compared(const struct gate_rows *rows, struct error *error)
{
    size_t compared = 0;
    for (size_t i = 0; i < rows->count; i++)
        compared += !gate_row_is_plant(&rows->rows[i]) && rows->rows[i].status != GATE_NEW &&
                    rows->rows[i].status != GATE_REMOVED;
    return compared > 0 ? 0
                        : error_set(error, EXIT_USAGE,
                                    "gate: nothing can be compared: the base and the working tree have no figure in "
                                    "common; choose other variants and workloads (--variants, --workloads)");
}

static int count_exact(struct gate *gate, struct error *error)
{
    const struct gate_options *options = gate->options;
    const bool selected = options->variants || options->workloads;
    if (gate_sides_count(&gate->sides, options->quiet, error) != 0 ||
        gate_exact_compare(&gate->sides.side[GATE_BASE].metrics, &gate->sides.side[GATE_HEAD].metrics, &gate->rows,
                           error) != 0 ||
        gate_exact_check_plants(&gate->rows, error) != 0 || check_compared(&gate->rows, error) != 0)
        return error->code;
    return gate_exact_allow(&gate->rows, &gate->allow, earlier_of(gate), selected, error);
}

static int time_both(struct gate *gate, struct error *error)
{
    const struct gate_options *options = gate->options;
    const struct profile *profile = options->profile;
    const struct gate_time_options time_options = {
        .paths = gate->paths,
        .scratch = gate->scratch,
        .base = &gate->sides.side[GATE_BASE].set,
        .head = &gate->sides.side[GATE_HEAD].set,
        .kernels = &gate->kernels,
        .variants = options->variants,
        .workloads = options->workloads,
        .seed = options->seed ? options->seed : random_seed_from_clock(),
        .allow = &gate->allow,
        .earlier = earlier_of(gate),
        .processes = profile ? profile->looks[profile->look_count - 1].processes : 0,
        .quiet = options->quiet,
    };
    if (options->exact || module_set_load_kernels(gate->paths, gate->scratch, &gate->kernels, error) != 0)
        return error->code;
    return gate_time_run(&gate->time, &time_options, error);
}

/* What was decided is told in any case; what could not be has a line of its own besides. */
static int tell(struct gate *gate, struct error *error)
{
    const struct gate_found found = {gate->options->base, &gate->base, &gate->rows,
                                     gate->options->exact ? NULL : &gate->time, gate->directory};
    const int outcome = gate_found_outcome(&found);
    if (paths_make_new(gate->paths, gate->options->out, "gate", gate->directory, error) != 0 ||
        gate_tell(&found, stdout, error) != 0)
        return error->code;
    if (outcome == EXIT_UNFIT || outcome == EXIT_BLIND)
        return error_set(error, outcome, "gate: %.900s", gate->time.why);
    return outcome;
}

static int run(struct gate *gate, struct error *error)
{
    const struct gate_options *options = gate->options;
    if (check_options(options, error) != 0 || scratch_make(gate->scratch, error) != 0 ||
        gate_base_find(gate->paths, options->base, gate->scratch, options->quiet, &gate->base, error) != 0 ||
        read_declared(gate, error) != 0 ||
        gate_sides_load(&gate->sides, gate->paths, gate->base.modules, gate->scratch, options->variants,
                        options->workloads, error) != 0 ||
        count_exact(gate, error) != 0 || time_both(gate, error) != 0)
        return error->code;
    return tell(gate, error);
}

/* A builder that was stopped may have left a process that still writes for a moment. */
static void remove_scratch(const char *scratch)
{
    for (int tries = 0; tries < REMOVE_TRIES; tries++) {
        scratch_remove(scratch);
        if (!*scratch || access(scratch, F_OK) != 0)
            return;
        usleep(REMOVE_PAUSE_US);
    }
}

int gate_run(const struct paths *paths, const struct gate_options *options, struct error *error)
{
    struct gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL)
        return error_out_of_memory(error);
    gate->paths = paths;
    gate->options = options;
    const int code = run(gate, error);
    gate_time_free(&gate->time);
    module_set_free(&gate->kernels);
    gate_sides_free(&gate->sides);
    gate_rows_free(&gate->rows);
    csv_free(&gate->allow);
    csv_free(&gate->earlier);
    remove_scratch(gate->scratch);
    free(gate);
    return code;
}
