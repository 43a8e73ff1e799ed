#include "run/timing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned processes_at(const struct timing *timing, size_t cell, size_t look)
{
    return plan_cell_processes(&timing->plan->cells[cell], timing->profile, look);
}

size_t timing_planned_processes(const struct timing *timing)
{
    size_t processes = 0;
    for (size_t i = 0; i < timing->plan->cell_count; i++)
        processes += processes_at(timing, i, timing->profile->look_count - 1);
    return processes;
}

static bool stops(const struct timing *timing)
{
    return timing->launcher.stop_requested(timing->launcher.context);
}

static int refuse_void(const struct timing *timing, size_t cell, struct error *error)
{
    const struct timing_tally *tally = &timing->tallies[cell];
    return error_set(error, EXIT_UNFIT,
                     "%s: all %u processes of panel %s, workload %s are void: %s; what was measured is kept",
                     timing->directory, tally->voids, timing->plan->cells[cell].panel,
                     timing->plan->cells[cell].workload, tally->reason);
}

static int refuse_fault(const struct timing *timing, const char *fault, struct error *error)
{
    return error_set(error, EXIT_USAGE,
                     "%s: %s; what was measured is kept, but processes of other layouts do not vouch for what crashes: "
                     "mend the module and measure anew",
                     timing->directory, fault);
}

/* An arm that fails or crashes ends the run, and a cell whose workers all do not end well. */
static void count_process(struct timing *timing, uint64_t number, size_t cell, const struct timing_process *process,
                          struct error *error)
{
    struct timing_tally *tally = &timing->tallies[cell];
    timing->processes_run++;
    if (process->void_reason[0] == '\0') {
        tally->ok++;
        return;
    }
    timing->processes_void++;
    tally->voids++;
    tally->failed += process->failed;
    if (process->failed || tally->failed == 0)
        snprintf(tally->reason, sizeof tally->reason, "%s", process->void_reason);
    if (error->code == 0 && process->faulty) {
        char fault[800];
        snprintf(fault, sizeof fault, "process %" PRIu64 " (panel %.100s, workload %.100s): %s", number,
                 timing->plan->cells[cell].panel, timing->plan->cells[cell].workload, process->void_reason);
        refuse_fault(timing, fault, error);
    }
    if (error->code == 0 && tally->ok == 0 && tally->failed >= TIMING_FAILED_MAX)
        refuse_void(timing, cell, error);
}

/* What too few processes for that leave; and a machine too busy for any cell. */
static void check_tallies(const struct timing *timing, struct error *error)
{
    size_t good = 0;
    for (size_t i = 0; i < timing->plan->cell_count; i++) {
        good += timing->tallies[i].ok > 0 || timing->plan->cells[i].not_timed[0];
        if (timing->tallies[i].ok == 0 && timing->tallies[i].failed > 0)
            refuse_void(timing, i, error);
    }
    if (good == 0)
        refuse_void(timing, 0, error);
}

static void run_process(struct timing *timing, uint64_t number, size_t cell, size_t position, struct error *error)
{
    struct timing_process process = {0};
    timing->launcher.measure(timing->launcher.context, number, position, &process, error);
    if (!process.measured)
        return;
    if (process.void_reason[0] && !process.faulty) /* which is an error, and has its own line */
        progress_say(&timing->progress, "process %" PRIu64 " (panel %s, workload %s) is void: %s", number,
                     timing->plan->cells[cell].panel, timing->plan->cells[cell].workload, process.void_reason);
    count_process(timing, number, cell, &process, error);
}

/* Cells that still want a process in this round, in its order, none that a resumed run has already; returns how many.
 */
static size_t order_round(const struct timing *timing, uint64_t round, uint32_t *order)
{
    size_t kept = 0;
    plan_round(timing->seed, round, order, timing->plan->cell_count);
    for (size_t i = 0; i < timing->plan->cell_count; i++)
        if (round < processes_at(timing, order[i], timing->look) &&
            !timing->launcher.is_done(timing->launcher.context, plan_process_number(timing->plan, round, order[i])))
            order[kept++] = order[i];
    return kept;
}

static int run_round(struct timing *timing, uint64_t round, uint32_t *order, struct error *error)
{
    const struct timing_launcher *launcher = &timing->launcher;
    const size_t count = order_round(timing, round, order);
    launcher->begin_round(launcher->context, round, order, count, error);
    for (size_t i = 0; i < count && error->code == 0 && !stops(timing); i++) {
        run_process(timing, plan_process_number(timing->plan, round, order[i]), order[i], i, error);
        progress_step(&timing->progress);
    }
    launcher->end_round(launcher->context);
    return error->code;
}

/* Early stop, and only at a look: when no measured timing part is left open. */
static bool decided(struct timing *timing, struct error *error)
{
    size_t open = 0;
    if (timing->look + 1 == timing->profile->look_count || !profile_explored(timing->profile, timing->look))
        return false;
    if (timing->launcher.count_open(timing->launcher.context, &open, error) != 0)
        return false;
    progress_say(&timing->progress, "look at %u processes: %zu timing parts open",
                 timing->profile->looks[timing->look].processes, open);
    return open == 0;
}

static void run_looks(struct timing *timing, uint32_t *order, struct error *error)
{
    const struct profile *profile = timing->profile;
    for (uint64_t round = 0; error->code == 0; timing->look++) {
        const unsigned rounds = profile->looks[timing->look].processes;
        if (timing->launcher.tell(timing->launcher.context, false, error) != 0)
            break;
        while (round < rounds && error->code == 0 && !stops(timing))
            run_round(timing, round++, order, error);
        bool complete = round >= rounds && error->code == 0 && !stops(timing);
        if (complete && !timing->resumed)
            check_tallies(timing, error);
        complete = complete && error->code == 0;
        struct error telling = {0};
        if (timing->launcher.tell(timing->launcher.context, complete, &telling) != 0 && error->code == 0)
            *error = telling;
        timing->complete = complete && error->code == 0;
        if (!timing->complete || decided(timing, error) || timing->look + 1 == profile->look_count)
            break;
    }
}

int timing_run(struct timing *timing, struct error *error)
{
    uint32_t *order = calloc(timing->plan->cell_count, sizeof *order);
    timing->tallies = calloc(timing->plan->cell_count, sizeof *timing->tallies);
    timing->complete = false;
    if (order && timing->tallies) {
        progress_start(&timing->progress, "measuring", timing_planned_processes(timing) - timing->already,
                       timing->quiet);
        run_looks(timing, order, error);
        progress_end(&timing->progress);
        if (error->code == 0 && timing->fault && *timing->fault)
            refuse_fault(timing, timing->fault, error);
    } else
        error_out_of_memory(error);
    free(timing->tallies);
    timing->tallies = NULL;
    free(order);
    return error->code;
}
