#include "gate/judge.h"

#include "stats/verdict.h"

#include <math.h>
#include <stdio.h>

#define CHAIN_TOLERANCE    0.03
#define POSITION_TOLERANCE 0.1

const char *const gate_judge_status_words[] = {"green", "amber", "red", "improved", NULL};

struct gate_judge_pass gate_judge(const double *log_ratios, size_t count, double cycle)
{
    const struct stats_interval interval = stats_signed_rank_interval(log_ratios, count, GATE_JUDGE_ALPHA, NULL);
    struct gate_judge_pass pass = {
        .processes = count,
        .slow_down = expm1(stats_hodges_lehmann(log_ratios, count)),
        .interval = {expm1(interval.low), expm1(interval.high)},
        .mde = expm1(stats_mde(stats_standard_deviation(log_ratios, count), count, GATE_JUDGE_ALPHA, VERDICT_POWER)),
    };
    pass.relevant = fmax(GATE_JUDGE_LEAST, cycle);
    pass.threshold = isnan(cycle) || isnan(pass.mde) ? INFINITY : fmax(pass.relevant, GATE_JUDGE_MDE_FACTOR * pass.mde);
    if (pass.interval.low > pass.threshold)
        pass.word = GATE_JUDGE_SUSPECT;
    else if (pass.interval.high < -pass.threshold)
        pass.word = GATE_JUDGE_FASTER;
    return pass;
}

bool gate_judge_settled(const struct gate_judge_pass *first)
{
    return isfinite(first->threshold) && first->interval.high < first->relevant;
}

bool gate_judge_again(const struct gate_judge_pass *first)
{
    return first->word == GATE_JUDGE_SUSPECT;
}

enum gate_judge_status gate_judge_status(const struct gate_judge_pass *first, const struct gate_judge_pass *second)
{
    if (first->word == GATE_JUDGE_FASTER)
        return GATE_JUDGE_IMPROVED;
    if (first->word != GATE_JUDGE_SUSPECT)
        return GATE_JUDGE_GREEN;
    return second && second->word == GATE_JUDGE_SUSPECT ? GATE_JUDGE_RED : GATE_JUDGE_AMBER;
}

bool gate_judge_fit(const struct gate_judge_machine *machine, char *why, size_t why_bytes)
{
    const double chain = stats_hodges_lehmann(machine->chain_ratio, machine->chain_count);
    why[0] = '\0';
    if ((double)machine->processes_void > GATE_JUDGE_VOID_MOST * (double)machine->processes)
        snprintf(why, why_bytes, "%zu of %zu processes are void, more than %g %%", machine->processes_void,
                 machine->processes, 100 * GATE_JUDGE_VOID_MOST);
    else if (!(fabs(chain - 1) <= CHAIN_TOLERANCE))
        snprintf(why, why_bytes, "of the cycles planted in the chain %.4g %% are seen; expected 100 within %g",
                 100 * chain, 100 * CHAIN_TOLERANCE);
    else if (!(machine->position_spread <= POSITION_TOLERANCE))
        snprintf(why, why_bytes,
                 "arms did not take turns: their mean positions in a block are %.2g apart; expected at most %g",
                 machine->position_spread, POSITION_TOLERANCE);
    return why[0] == '\0';
}
