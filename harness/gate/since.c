#include "gate/since.h"

#include "base/process.h"
#include "base/progress.h"
#include "gate/git.h"

#include <stdlib.h>
#include <string.h>

/* What is known of the revisions while they are judged. */
struct walk {
    struct gate_since *since;
    const struct gate_builder *builder;
    const struct gate_how *how;
    bool *skipped;
    unsigned comparisons;
};

enum verdict { NOT_WORSE, WORSE, NOT_JUDGED };

size_t gate_since_next(long good, size_t bad, const bool *skipped)
{
    const long last = (long)bad - 1, middle = good + 1 + (last - good) / 2;
    for (long distance = 0; distance <= last - good; distance++) {
        const long older = middle - distance, newer = middle + distance;
        if (older > good && older <= last && !skipped[older])
            return (size_t)older;
        if (newer > good && newer <= last && !skipped[newer])
            return (size_t)newer;
    }
    return bad;
}

/* ---- the revisions ---- */

/* Along the first parents: the rest of a merge came with it. */
static int list_commits(struct gate_since *since, const char *top, const char *base, struct error *error)
{
    char range[160];
    snprintf(range, sizeof range, "%.64s..HEAD", base);
    char *text = GATE_GIT(top, "rev-list", "--reverse", "--first-parent", range), *rest = text;
    for (char *line; text && *text && (line = strsep(&rest, "\n")) != NULL && error->code == 0;) {
        char **larger = realloc(since->commits, (since->count + 1) * sizeof *larger);
        if (larger == NULL || (since->commits = larger, larger[since->count] = strdup(line)) == NULL)
            error_out_of_memory(error);
        else
            since->count++;
    }
    free(text);
    if (error->code == 0 && since->count == 0)
        error_set(error, EXIT_USAGE,
                  "--since %.12s: there is no revision after it up to HEAD; expected an older one, as HEAD~10", base);
    return error->code;
}

static void say(const struct walk *walk, size_t number, const char *what)
{
    const struct progress notes = {.quiet = walk->builder->quiet};
    progress_say(&notes, "%zu of %zu revisions, %.12s: %s", number + 1, walk->since->count,
                 walk->since->commits[number], what);
}

/* ---- one of them ---- */

/* Its comparison stays when it is worse, or HEAD. */
static enum verdict keep_verdict(struct walk *walk, size_t number, struct gate_comparison *comparison, bool worse)
{
    struct gate_since *since = walk->since;
    say(walk, number, worse ? "worse" : "not worse");
    since->judged++;
    if (worse || number + 1 == since->count) {
        gate_comparison_free(&since->comparison);
        since->comparison = *comparison;
        since->commit = since->commits[number];
        *comparison = (struct gate_comparison){0};
    }
    return worse ? WORSE : NOT_WORSE;
}

/* Bad input of one revision is its own affair: it does not build, lacks the module, crashes. */
static enum verdict judge(struct walk *walk, size_t number, struct error *error)
{
    struct gate_since *since = walk->since;
    struct gate_comparison *comparison = calloc(1, sizeof *comparison);
    struct gate_base *head = &since->heads[number];
    struct error own = {0};
    bool does_not_build = false;
    enum verdict verdict = NOT_JUDGED;
    if (comparison == NULL) {
        error_out_of_memory(error);
        return NOT_JUDGED;
    }
    const bool built = head->commit[0] || gate_base_find(walk->builder, "--since", since->commits[number], head,
                                                         &does_not_build, &own) == 0;
    if (built && gate_comparison_count(comparison, walk->how, walk->comparisons++, &since->base, head, &own) == 0 &&
        (!since->by_time || gate_comparison_time(comparison, &own) == 0)) {
        const int outcome = gate_outcome(&comparison->rows, since->by_time ? &comparison->time : NULL);
        if (outcome == EXIT_UNFIT || outcome == EXIT_BLIND)
            error_set(error, outcome, "gate: %.12s: %.900s", since->commits[number], comparison->time.why);
        else
            verdict = keep_verdict(walk, number, comparison, outcome == EXIT_REGRESSION);
    } else if (own.code == EXIT_USAGE && number + 1 < since->count) {
        say(walk, number, own.message);
        walk->skipped[number] = true;
        since->skipped++;
    } else {
        *error = own;
    }
    gate_comparison_free(comparison);
    free(comparison);
    return verdict;
}

/* ---- all of them ---- */

static int walk_all(struct walk *walk, struct error *error)
{
    struct gate_since *since = walk->since;
    long good = -1;
    size_t bad = since->count - 1;
    for (size_t next; error->code == 0 && (next = gate_since_next(good, bad, walk->skipped)) != bad;) {
        const enum verdict verdict = judge(walk, next, error);
        if (verdict == WORSE)
            bad = next;
        else if (verdict == NOT_WORSE)
            good = (long)next;
    }
    since->first = (size_t)(good + 1);
    since->last = bad;
    return error->code;
}

static int walk_lanes(struct walk *walk, bool exact, struct error *error)
{
    struct gate_since *since = walk->since;
    for (int lane = 0; lane < (exact ? 1 : 2) && !since->worse && error->code == 0; lane++) {
        since->by_time = lane == 1;
        since->worse = judge(walk, since->count - 1, error) == WORSE;
    }
    return since->worse && error->code == 0 ? walk_all(walk, error) : error->code;
}

static void find_subject(struct gate_since *since, const char *top)
{
    if (!since->commit || !gate_git_take(GATE_GIT(top, "log", "-1", "--format=%<(200,trunc)%s", since->commit),
                                         since->subject, sizeof since->subject))
        since->subject[0] = '\0';
    for (size_t length = strlen(since->subject); length > 0 && since->subject[length - 1] == ' ';)
        since->subject[--length] = '\0';
}

int gate_since_run(struct gate_since *since, const struct gate_builder *builder, const struct gate_how *how,
                   const char *given, bool exact, struct error *error)
{
    const char *top = builder->project->root;
    bool does_not_build = false;
    *since = (struct gate_since){0};
    struct walk walk = {.since = since, .builder = builder, .how = how};
    if (gate_base_find(builder, "--since", given, &since->base, &does_not_build, error) != 0 ||
        list_commits(since, top, since->base.commit, error) != 0)
        return error->code;
    walk.skipped = calloc(since->count, sizeof *walk.skipped);
    since->heads = calloc(since->count, sizeof *since->heads);
    if (walk.skipped && since->heads)
        walk_lanes(&walk, exact, error);
    else
        error_out_of_memory(error);
    free(walk.skipped);
    find_subject(since, top);
    return error->code ? error->code : since->worse ? EXIT_REGRESSION : EXIT_PASS;
}

void gate_since_print(const struct gate_since *since, FILE *stream)
{
    if (!since->worse) {
        fprintf(stream, "since: none of %zu revisions was found worse; judged %zu\n", since->count, since->judged);
        return;
    }
    if (since->first == since->last)
        fprintf(stream, "since: the first that is worse%s: %s %s\n", since->by_time ? " in time" : "", since->commit,
                since->subject);
    else
        fprintf(stream,
                "since: the first that is worse%s is one of %zu revisions, %.12s to %.12s: %zu could not be judged\n",
                since->by_time ? " in time" : "", since->last - since->first + 1, since->commits[since->first],
                since->commits[since->last], since->skipped);
    fprintf(stream, "judged %zu of %zu revisions; what is worse is taken to stay worse up to HEAD\n", since->judged,
            since->count);
}

void gate_since_free(struct gate_since *since)
{
    gate_comparison_free(&since->comparison);
    for (size_t i = 0; i < since->count; i++) {
        if (since->heads)
            gate_modules_free(&since->heads[i].modules);
        free(since->commits[i]);
    }
    gate_modules_free(&since->base.modules);
    free(since->heads);
    free(since->commits);
    *since = (struct gate_since){0};
}
