#include "gate/comparison.h"

#include "base/progress.h"
#include "base/random.h"
#include "schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int gate_outcome(const struct gate_rows *rows, const struct gate_time *time)
{
    if (time && time->outcome == EXIT_BLIND)
        return EXIT_BLIND;
    for (size_t i = 0; i < rows->count; i++)
        if (gate_row_is_red(&rows->rows[i]))
            return EXIT_REGRESSION;
    return time ? time->outcome : EXIT_PASS;
}

/* A table that need not be there; its row_count is 0 then. */
static int read_allow(const char *path, struct csv_data *allow, struct error *error)
{
    return access(path, F_OK) == 0 ? csv_read(path, &schema_gate_allow, allow, error) : 0;
}

/* A directory may come without its table. One that cannot be read is the base's fault, and perhaps what the head mends.
 */
static int read_declared(struct gate_comparison *comparison, struct error *error)
{
    const struct progress notes = {0}; /* said even when it should be quiet: it decides what a line means */
    const struct gate_base *base = comparison->base;
    struct error in_base = {0};
    if (read_allow(comparison->head->allow, &comparison->allow, error) != 0)
        return error->code;
    comparison->earlier_known = base->commit[0] || (*base->allow && access(base->allow, F_OK) == 0);
    if (*base->allow && read_allow(base->allow, &comparison->earlier, &in_base) != 0) {
        progress_say(&notes, "encbench: the base declares nothing: %s", in_base.message);
        comparison->earlier_known = false;
    }
    return 0;
}

static const struct csv_data *earlier_of(const struct gate_comparison *comparison)
{
    return comparison->earlier_known ? &comparison->earlier : NULL;
}

/* A module without a structure has one of 0 bytes, on both sides; and what one side or both could not count says
 * nothing: with the only workload renamed, that was all, and green. */
static bool is_compared(const struct gate_row *row)
{
    const bool nothing = strcmp(row->metric, "struct_bytes") == 0 && row->base == 0 && row->head == 0;
    return !gate_row_is_plant(row) && row->status != GATE_NEW && row->status != GATE_REMOVED &&
           row->status != GATE_UNAVAILABLE && row->status != GATE_GAINED && !nothing;
}

/* Green means that something was compared. */
static int check_compared(const struct gate_rows *rows, struct error *error)
{
    size_t compared = 0;
    for (size_t i = 0; i < rows->count; i++)
        compared += is_compared(&rows->rows[i]);
    return compared > 0 ? 0
                        : error_set(error, EXIT_USAGE,
                                    "gate: nothing can be compared: the base and the working tree have no figure in "
                                    "common; choose other variants and workloads (--variants, --workloads)");
}

static bool is_own(const struct gate_comparison *comparison)
{
    return comparison->how->project->kind == GATE_OWN;
}

static int choose_paths(struct gate_comparison *comparison, unsigned number, struct error *error)
{
    const struct gate_how *how = comparison->how;
    char name[32];
    snprintf(name, sizeof name, "compared-%03u", number % 1000);
    if (paths_join(comparison->scratch, how->scratch, name, error) != 0)
        return error->code;
    if (mkdir(comparison->scratch, 0700) != 0)
        return error_set(error, EXIT_USAGE, "%s: %s", comparison->scratch, strerror(errno));
    comparison->paths = *how->paths;
    return is_own(comparison) ? 0 : paths_join(comparison->paths.data, comparison->scratch, "head/data", error);
}

int gate_comparison_count(struct gate_comparison *comparison, const struct gate_how *how, unsigned number,
                          const struct gate_base *base, const struct gate_base *head, struct error *error)
{
    const struct gate_project *project = how->project;
    *comparison = (struct gate_comparison){.how = how, .base = base, .head = head};
    const char *cache = is_own(comparison) ? NULL : project->cache;
    if (choose_paths(comparison, number, error) != 0 || read_declared(comparison, error) != 0 ||
        gate_sides_load(&comparison->sides, how->paths, &base->modules, &head->modules, comparison->scratch, cache,
                        project->variants, project->workloads, error) != 0 ||
        gate_sides_count(&comparison->sides, how->quiet, error) != 0 ||
        gate_exact_compare(&comparison->sides.side[GATE_BASE].metrics, &comparison->sides.side[GATE_HEAD].metrics,
                           &comparison->rows, error) != 0 ||
        gate_exact_check_plants(&comparison->rows, error) != 0 || check_compared(&comparison->rows, error) != 0)
        return error->code;
    return gate_exact_allow(&comparison->rows, &comparison->allow, earlier_of(comparison),
                            project->variants || project->workloads, error);
}

/* The slower module and the slower shared object are this program's, whatever is compared: of its modules only these.
 */
static int load_plants(struct gate_comparison *comparison, const char *planted, struct error *error)
{
    const struct paths *paths = comparison->how->paths;
    char directory[PATH_MAX], variant[ENCBENCH_NAME_BYTES], workload[ENCBENCH_NAME_BYTES];
    if (gate_time_read_plant(planted, variant, workload, error) != 0 ||
        paths_join(directory, comparison->scratch, "plants", error) != 0)
        return error->code;
    char names[3][ENCBENCH_NAME_BYTES + 16], from[PATH_MAX], to[PATH_MAX];
    snprintf(names[0], sizeof names[0], "%s.o", variant);
    snprintf(names[1], sizeof names[1], "%s.planted.o", variant);
    snprintf(names[2], sizeof names[2], "shared");
    int failed = mkdir(directory, 0700);
    for (size_t i = 0; i < 3 && !failed; i++)
        failed = paths_join(from, paths->modules, names[i], error) || paths_join(to, directory, names[i], error) ||
                 symlink(from, to);
    if (failed && error->code == 0)
        error_set(error, EXIT_USAGE, "%s: %s", directory, strerror(errno));
    return error->code ? error->code
                       : module_set_load(&comparison->plants, directory, NULL, NULL, directory, paths->worker, error);
}

/* One layout for ever, on either side, would make every such pair red as not comparable. */
static int check_linked(const struct module_set *set, struct error *error)
{
    for (size_t m = 0; m < set->count; m++)
        if (!module_info_is_linked(&set->modules[m]))
            return error_set(error, EXIT_USAGE,
                             "%s: is a shared object, whose one layout decides its time; expected the object file (.o) "
                             "that it is linked from, or --exact",
                             set->modules[m].file);
    return 0;
}

int gate_comparison_time(struct gate_comparison *comparison, struct error *error)
{
    const struct gate_how *how = comparison->how;
    const bool own = is_own(comparison);
    char planted[PATH_MAX];
    const struct gate_time_options options = {
        .paths = &comparison->paths,
        .scratch = comparison->scratch,
        .base = &comparison->sides.side[GATE_BASE].set,
        .head = &comparison->sides.side[GATE_HEAD].set,
        .kernels = &comparison->kernels,
        .variants = how->project->variants,
        .workloads = how->project->workloads,
        .planted = planted,
        .plants = own ? NULL : &comparison->plants,
        .no_panels = !own,
        .seed = how->seed ? how->seed : random_seed_from_clock(),
        .allow = &comparison->allow,
        .earlier = earlier_of(comparison),
        .processes = how->processes,
        .quiet = how->quiet,
    };
    if ((!own && (check_linked(options.base, error) != 0 || check_linked(options.head, error) != 0)) ||
        paths_join(planted, how->paths->modules, "planted", error) != 0 ||
        module_set_load_kernels(how->paths, comparison->scratch, &comparison->kernels, error) != 0 ||
        (!own && load_plants(comparison, planted, error) != 0))
        return error->code;
    comparison->timed = true;
    return gate_time_run(&comparison->time, &options, error);
}

void gate_comparison_free(struct gate_comparison *comparison)
{
    gate_time_free(&comparison->time);
    module_set_free(&comparison->plants);
    module_set_free(&comparison->kernels);
    gate_sides_free(&comparison->sides);
    gate_rows_free(&comparison->rows);
    csv_free(&comparison->allow);
    csv_free(&comparison->earlier);
    *comparison = (struct gate_comparison){0};
}
