#include "gate/sides.h"

#include "analyse/analyse.h"
#include "base/process.h"
#include "base/progress.h"
#include "count/exact.h"
#include "count/optimiser.h"
#include "kernels/kernels.h"
#include "machine/machine.h"
#include "schema.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- loading ---- */

static int make_link(const char *directory, const char *name, const char *target, char *path, struct error *error)
{
    if (paths_join(path, directory, name, error) == 0 && symlink(target, path) != 0)
        return error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
    return error->code;
}

static int make_directory(const char *path, struct error *error)
{
    return mkdir(path, 0700) == 0 ? 0 : error_set(error, EXIT_USAGE, "%s: %s", path, strerror(errno));
}

/* Modules that come as files stand behind a directory that has the plants alone. */
static int load_files(struct gate_side *side, const struct gate_modules *modules, const char *plant,
                      const char *scratch, struct error *error)
{
    char directory[PATH_MAX], name[32], path[PATH_MAX];
    snprintf(name, sizeof name, "%s-files", side->name);
    if (paths_join(directory, scratch, name, error) != 0 || make_directory(directory, error) != 0 ||
        make_link(directory, "plant.o", plant, path, error) != 0)
        return error->code;
    return module_set_load(&side->set, directory, NULL, (const char *const *)modules->files, side->directory,
                           side->paths.worker, error);
}

/* Data are found through a link, so that the name of their directory is as long on both sides. No conformance program
 * is found in the side's own directory: behaviour is the tests' business. */
static int load_side(struct gate_side *side, const char *name, const struct paths *paths,
                     const struct gate_modules *modules, const char *scratch, struct error *error)
{
    char data[PATH_MAX], plant[PATH_MAX + 64];
    const char *const files[] = {plant, NULL};
    side->name = name;
    side->paths = *paths;
    snprintf(plant, sizeof plant, "%s/gate-plants/%s/plant.o", paths->build, name);
    if (paths_join(side->directory, scratch, name, error) != 0 ||
        paths_join(data, *modules->directory ? modules->directory : scratch, "data", error) != 0 ||
        make_directory(side->directory, error) != 0 ||
        make_link(side->directory, "data", data, side->paths.data, error) != 0)
        return error->code;
    strcpy(side->paths.modules, side->directory);
    if (*modules->directory == '\0')
        load_files(side, modules, plant, scratch, error);
    else
        module_set_load(&side->set, modules->directory, NULL, files, side->directory, side->paths.worker, error);
    return error->code ? error->code : module_set_check_names(&side->set, error);
}

/* ---- what is compared ---- */

static bool is_named(const char *const *names, const char *name)
{
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return names == NULL;
}

static bool any_has_variant(const struct gate_sides *sides, const char *name)
{
    for (size_t s = 0; s < GATE_SIDES; s++)
        if (module_set_find(&sides->side[s].set, name, false))
            return true;
    return false;
}

static bool any_has_workload(const struct gate_sides *sides, const char *name)
{
    for (size_t s = 0; s < GATE_SIDES; s++)
        for (size_t m = 0; m < sides->side[s].set.count; m++)
            if (module_info_workload(&sides->side[s].set.modules[m], name))
                return true;
    return false;
}

static int check_selection(const struct gate_sides *sides, const char *const *variants, const char *const *workloads,
                           struct error *error)
{
    for (size_t i = 0; variants && variants[i]; i++)
        if (!any_has_variant(sides, variants[i]))
            return error_set(error, EXIT_USAGE,
                             "--variants: neither base nor head has %s; `encbench list` has the names", variants[i]);
    for (size_t i = 0; workloads && workloads[i]; i++)
        if (!any_has_workload(sides, workloads[i]))
            return error_set(error, EXIT_USAGE,
                             "--workloads: neither base nor head has %s; `encbench list` has the names", workloads[i]);
    return 0;
}

static void add_name(const char **names, const char *name)
{
    size_t count = 0;
    while (names[count] && strcmp(names[count], name) != 0)
        count++;
    if (count < GATE_NAMES_MAX)
        names[count] = name;
}

/* Counted is everything; stepped, at 25 us an instruction, what is timed and short, and the plants. */
static void choose(struct gate_sides *sides, const char *const *variants, const char *const *workloads)
{
    for (size_t s = 0; s < GATE_SIDES; s++)
        for (size_t m = 0; m < sides->side[s].set.count; m++) {
            struct module_info *module = &sides->side[s].set.modules[m];
            const bool plant = strcmp(module->variant, PLANT_VARIANT) == 0;
            module->left_out = !plant && !is_named(variants, module->variant);
            for (size_t w = 0; w < module->workload_count; w++) {
                const struct module_workload *workload = &module->workloads[w];
                const bool is_short =
                    (workload->flags & ENCBENCH_TIMED) && workload->bytes_per_op <= GATE_STEPPED_OP_BYTES_MAX;
                if (!plant && !module_workload_selected(workloads, workload))
                    continue;
                add_name(sides->counted, workload->short_name);
                if (plant || is_short)
                    add_name(sides->stepped, workload->short_name);
            }
        }
}

/* Both sides are counted at once. */
static unsigned side_parallel(void)
{
    const unsigned cpus = machine_cpu_count();
    return cpus > 1 ? cpus / 2 : 1;
}

/* Two processes append to no file in turns, so the base has a cache of its own. */
static int choose_caches(struct gate_sides *sides, const struct paths *paths, const char *cache, struct error *error)
{
    struct gate_side *base = &sides->side[GATE_BASE], *head = &sides->side[GATE_HEAD];
    if (cache == NULL)
        return paths_join(base->paths.build, paths->build, "gate", error);
    return paths_join(base->paths.build, cache, "figures-base", error) != 0
               ? error->code
               : paths_join(head->paths.build, cache, "figures-head", error);
}

int gate_sides_load(struct gate_sides *sides, const struct paths *paths, const struct gate_modules *base_modules,
                    const struct gate_modules *head_modules, const char *scratch, const char *cache,
                    const char *const *variants, const char *const *workloads, struct error *error)
{
    memset(sides, 0, sizeof *sides);
    struct gate_side *base = &sides->side[GATE_BASE], *head = &sides->side[GATE_HEAD];
    struct error in_base = {0};
    if (load_side(base, "base", paths, base_modules, scratch, &in_base) != 0)
        return error_set(error, in_base.code, "base: %.1000s", in_base.message);
    if (load_side(head, "head", paths, head_modules, scratch, error) != 0 ||
        check_selection(sides, variants, workloads, error) != 0)
        return error->code;
    choose(sides, variants, workloads);
    head->cpu = machine_last_cpu();
    base->cpu = machine_cpu_after(head->cpu, side_parallel());
    return choose_caches(sides, paths, cache, error);
}

void gate_sides_free(struct gate_sides *sides)
{
    for (size_t s = 0; s < GATE_SIDES; s++) {
        module_set_free(&sides->side[s].set);
        csv_free(&sides->side[s].metrics);
    }
}

/* ---- counting ---- */

static int count_side(const struct gate_sides *sides, const struct gate_side *side, bool quiet, struct error *error)
{
    struct launch launch;
    launch_init(&launch, &side->paths, side->directory, &side->set);
    launch.cpu = side->cpu;
    launch.parallel = side_parallel();
    launch.quiet = quiet;
    exact_measure(side->directory, &launch, &side->set, sides->counted, sides->stepped, quiet, error);
    launch_free(&launch);
    return error->code;
}

static int read_figures(struct gate_side *side, struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, side->directory, schema_metrics.file, error) == 0 &&
        csv_read(path, &schema_metrics, &side->metrics, error) == 0)
        analyse_metrics_check(&side->metrics, error);
    return error->code;
}

/* What a forked process has to say when it ends; in memory that both see. */
struct told {
    bool ended;
    struct error error;
};

static pid_t fork_count(const struct gate_sides *sides, const struct gate_side *side, struct told *told)
{
    fflush(NULL);
    const pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent) {
        count_side(sides, side, true, &told->error);
        told->ended = true;
    }
    _exit(0);
}

/* `stop`: what it still does is wanted by nobody. It ends its worker and itself. */
static void join_count(pid_t pid, bool stop)
{
    if (stop)
        kill(pid, SIGTERM);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        if (process_stop_requested())
            kill(pid, SIGTERM);
}

static int count_both(struct gate_sides *sides, bool quiet, struct told *told, struct error *error)
{
    const pid_t pid = fork_count(sides, &sides->side[GATE_BASE], told);
    if (pid < 0)
        return error_set(error, EXIT_USAGE, "cannot start a process: %s", strerror(errno));
    count_side(sides, &sides->side[GATE_HEAD], quiet, error);
    join_count(pid, error->code != 0);
    if (error->code != 0)
        return error->code;
    if (process_stop_requested())
        return error_set(error, EXIT_UNFIT, "stopped during the exact passes");
    if (!told->ended)
        return error_set(error, EXIT_UNFIT, "the process that counts the base ended before it was done; try again");
    return told->error.code ? error_set(error, told->error.code, "base: %.1000s", told->error.message) : 0;
}

/* A change that lets the compiler remove an op is the fastest there is: refused, whatever the base was. */
static int check_head(const struct gate_side *head, const char *const *workloads, bool quiet, struct error *error)
{
    struct launch launch;
    launch_init(&launch, &head->paths, head->directory, &head->set);
    launch.quiet = quiet;
    optimiser_measure(head->directory, &launch, &head->set, workloads, quiet, error);
    launch_free(&launch);
    return error->code;
}

int gate_sides_count(struct gate_sides *sides, bool quiet, struct error *error)
{
    struct told *told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        return error_out_of_memory(error);
    for (size_t s = 0; s < GATE_SIDES; s++) {
        struct gate_side *side = &sides->side[s];
        if (paths_make_parents(side->paths.build) != 0 || (mkdir(side->paths.build, 0777) != 0 && errno != EEXIST))
            strcpy(side->paths.build, side->directory); /* for this time only */
    }
    count_both(sides, quiet, told, error);
    if (error->code == 0)
        check_head(&sides->side[GATE_HEAD], sides->stepped, quiet, error);
    munmap(told, sizeof *told);
    for (size_t s = 0; s < GATE_SIDES && error->code == 0; s++)
        read_figures(&sides->side[s], error);
    return error->code;
}
