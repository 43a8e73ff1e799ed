#include "gate/gate.h"

#include "base/progress.h"
#include "base/scratch.h"
#include "gate/comparison.h"
#include "gate/git.h"
#include "gate/record.h"
#include "gate/since.h"
#include "gate/tell.h"
#include "schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REMOVE_TRIES = 20, REMOVE_PAUSE_US = 100000, BISECT_SKIP = 125, BISECT_ABORT = 128 };

struct gate {
    const struct paths *paths;
    const struct gate_options *options;
    struct gate_project project;
    char scratch[PATH_MAX], directory[PATH_MAX];
    struct gate_builder builder;
    struct gate_how how;
    struct gate_base base, head;
    bool head_does_not_build;
    struct gate_comparison comparison;
    struct gate_record record;
};

static int check_options(const struct gate_options *options, struct error *error)
{
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
    if (options->record && (options->since || options->base_modules || options->bisect))
        return error_set(error, EXIT_USAGE, "gate: --record is of one revision and its base; leave out %s",
                         options->since          ? "--since"
                         : options->base_modules ? "--base-module"
                                                 : "--bisect");
    if (options->since && (options->base || options->base_modules || options->bisect))
        return error_set(error, EXIT_USAGE, "gate: --since REV is the base itself, and bisects itself; leave out %s",
                         options->base           ? "--base"
                         : options->base_modules ? "--base-module"
                                                 : "--bisect");
    return 0;
}

static int find_project(struct gate *gate, struct error *error)
{
    const struct gate_options *options = gate->options;
    const struct gate_project_options asked = {options->base,         options->build,    options->modules,
                                               options->base_modules, options->variants, options->workloads};
    if (gate_project_find(gate->paths, &asked, &gate->project, error) != 0)
        return error->code;
    if (gate->project.kind != GATE_FILES && gate->project.base == NULL && options->since == NULL)
        return error_set(error, EXIT_USAGE,
                         "gate: expected --base REV, a git revision or a directory of built modules");
    if (gate->project.kind == GATE_FILES && options->since)
        return error_set(error, EXIT_USAGE, "gate: --since walks revisions, --base-module has none; leave out one");
    return 0;
}

static int prepare(struct gate *gate, struct error *error)
{
    const struct gate_options *options = gate->options;
    const struct profile *profile = options->profile;
    if (check_options(options, error) != 0 || find_project(gate, error) != 0 || scratch_make(gate->scratch, error) != 0)
        return error->code;
    gate->builder = (struct gate_builder){gate->paths, &gate->project, gate->scratch, options->quiet};
    gate->how = (struct gate_how){.paths = gate->paths,
                                  .project = &gate->project,
                                  .scratch = gate->scratch,
                                  .seed = options->seed,
                                  .processes = profile ? profile->looks[profile->look_count - 1].processes : 0,
                                  .quiet = options->quiet};
    return 0;
}

/* Results of another tree are kept where somebody says so: nothing is put into it. */
static int make_directory(struct gate *gate, struct error *error)
{
    const bool kept = gate->options->out || gate->project.kind == GATE_OWN;
    char unkept[PATH_MAX];
    if (paths_join(unkept, gate->scratch, "result", error) != 0)
        return error->code;
    return paths_make_new(gate->paths, kept ? gate->options->out : unkept, "gate", gate->directory, error);
}

/* What was decided is told in any case; what could not be has a line of its own besides. */
static int tell(struct gate *gate, const struct gate_comparison *comparison, const char *given, const char *head,
                struct error *error)
{
    const struct gate_time *time = comparison->timed ? &comparison->time : NULL;
    struct gate_found found = {
        .given = given,
        .base = comparison->base,
        .head = head,
        .rows = &comparison->rows,
        .time = time,
        .allow = comparison->head->allow,
        .sides = &comparison->sides,
        .directory = gate->directory,
        .kept = strncmp(gate->directory, gate->scratch, strlen(gate->scratch)) != 0,
    };
    const int outcome = gate_outcome(&comparison->rows, time);
    if (gate_tell(&found, stdout, error) != 0)
        return error->code;
    if (outcome == EXIT_UNFIT || outcome == EXIT_BLIND)
        return error_set(error, outcome, "gate: %.900s", comparison->time.why);
    return outcome;
}

/* ---- a base and the working tree ---- */

/* A working tree that is its own base would be green whatever it is. */
static int check_different(const struct gate *gate, struct error *error)
{
    char commit[65];
    const struct gate_base *base = &gate->base;
    if (gate->project.kind != GATE_REPOSITORY || !base->commit[0] || base->dirty ||
        gate_git_commit(gate->project.root, "HEAD", "HEAD", commit, &(struct error){0}) != 0 ||
        strcmp(commit, base->commit) != 0)
        return 0;
    return error_set(error, EXIT_USAGE,
                     "gate: nothing to compare: %.200s is what is checked out (%.12s), and nothing was changed since; "
                     "expected an older base, as HEAD~1",
                     gate->project.base, commit);
}

static int find_sides(struct gate *gate, struct error *error)
{
    const struct gate_project *project = &gate->project;
    bool does_not_build = false;
    if (project->kind == GATE_FILES) {
        gate_modules_given(&gate->base.modules, "--base-module", project->base_modules, error);
        strcpy(gate->head.allow, project->allow);
        return error->code ? error->code : gate_modules_given(&gate->head.modules, "--module", project->modules, error);
    }
    if (gate_base_find(&gate->builder, "--base", project->base, &gate->base, &does_not_build, error) != 0)
        return error->code;
    if (!gate->options->bisect && check_different(gate, error) != 0)
        return error->code;
    if (gate->options->record &&
        gate_record_begin(&gate->record, gate->options->record, project->root, &gate->base, error) != 0)
        return error->code;
    return gate_head_build(&gate->builder, &gate->head, &gate->head_does_not_build, error);
}

static int run_once(struct gate *gate, struct error *error)
{
    const struct gate_project *project = &gate->project;
    const char *given = project->kind == GATE_FILES ? project->base_modules[0] : project->base;
    char head[64];
    if (find_sides(gate, error) != 0 ||
        gate_comparison_count(&gate->comparison, &gate->how, 0, &gate->base, &gate->head, error) != 0 ||
        (!gate->options->exact && gate_comparison_time(&gate->comparison, error) != 0) ||
        make_directory(gate, error) != 0 ||
        (gate->options->record && gate_record_write(&gate->record, &gate->comparison, error) != 0))
        return error->code;
    snprintf(head, sizeof head, "%s%s", project->kind == GATE_FILES ? "the modules given" : "the working tree",
             gate->base.dirty ? ", which has uncommitted changes" : "");
    return tell(gate, &gate->comparison, given, head, error);
}

/* ---- all revisions since a base ---- */

static int run_since(struct gate *gate, struct error *error)
{
    const struct gate_options *options = gate->options;
    struct gate_since since;
    char head[16];
    int code = gate_since_run(&since, &gate->builder, &gate->how, options->since, options->exact, error);
    if (error->code == 0 && make_directory(gate, error) == 0) {
        snprintf(head, sizeof head, "%.12s", since.commit);
        code = tell(gate, &since.comparison, options->since, head, error);
        if (error->code == 0)
            gate_since_print(&since, stdout);
    }
    gate_since_free(&since);
    return error->code ? error->code : code;
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

int gate_bisect_code(int code, bool head_does_not_build)
{
    if (code == EXIT_PASS || code == EXIT_REGRESSION)
        return code;
    return head_does_not_build ? BISECT_SKIP : BISECT_ABORT + code;
}

int gate_run(const struct paths *paths, const struct gate_options *options, struct error *error)
{
    struct gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL)
        return error_out_of_memory(error);
    gate->paths = paths;
    gate->options = options;
    int code = prepare(gate, error);
    if (code == 0)
        code = options->since ? run_since(gate, error) : run_once(gate, error);
    if (options->bisect) {
        code = gate_bisect_code(code, gate->head_does_not_build);
        error->code = error->code ? code : 0;
    }
    gate_comparison_free(&gate->comparison);
    gate_modules_free(&gate->base.modules);
    gate_modules_free(&gate->head.modules);
    remove_scratch(gate->scratch);
    gate_project_free(&gate->project);
    free(gate);
    return code;
}
