/*
 * What a comparison came to: a row for each of its workloads, from the files of the run. What is said of a row rests on
 * the words of effects.csv and the verdicts of verdicts.csv alone, which every control gates.
 */
#ifndef ENCBENCH_AB_TABLE_H
#define ENCBENCH_AB_TABLE_H

#include "ab/inputs.h"
#include "stats/stats.h"

enum ab_verdict { AB_FASTER, AB_SLOWER, AB_NO_DIFFERENCE, AB_SAME_CODE, AB_NOT_RESOLVABLE };
const char *ab_verdict_text(enum ab_verdict verdict);

struct ab_level {
    double ns_per_op;
    struct stats_interval ns;
    double cycles_per_op;                           /* NaN: without a clock */
    double instructions_per_op, allocations_per_op; /* NaN: not counted, or not the same every time */
};

struct ab_result {
    const struct ab_row *row;
    const char *baseline, *contender; /* labels */
    enum ab_verdict verdict;
    bool blind;     /* a control or the layouts let nothing be said, whatever the interval is */
    bool refuted;   /* the row's claim, that both take the same time within the tolerance, with all that gates it */
    bool contested; /* something else than where the interval lies keeps it open: tails, layouts, the twin, sizes */
    char reason[240];
    double effect_percent, confidence, smallest_found_percent; /* smallest: inf where there is no interval */
    struct stats_interval percent, twin_percent;
    struct ab_level level[2];           /* baseline, contender */
    size_t processes, processes_needed; /* needed 0: not known */
};

struct ab_table {
    struct ab_result result[AB_ROWS_MAX];
    size_t count;
    double tolerance_percent;
    size_t lacking; /* rows that only one side has */
    size_t controls, controls_hold;
};

/* What effects.csv and verdicts.csv say of a row, in the words of ab. `words`: as in effects.csv; `verdict`: that of
 * the row's claim; `cause`: as in verdicts.csv. Of an op of less than a cycle nothing is said: what is timed is the
 * loop around it. Pure. */
struct ab_said {
    const char *words, *reason, *verdict, *cause;
};
void ab_decide(struct ab_result *result, const struct ab_said *said, double tolerance_percent);

/* From the files of an analysed run directory. */
int ab_table_read(struct ab_table *table, const struct ab_inputs *inputs, const struct ab_sides *sides,
                  const char *directory, struct error *error);

/* Into DIRECTORY/ab.csv. */
int ab_table_write(const struct ab_table *table, const char *directory, struct error *error);

/*
 * Exit code of --fail-if-slower, whose limit is the tolerance of the claims: EXIT_REGRESSION when the lower end of a
 * row that is slower is above the limit and its claim is refuted; else EXIT_UNFIT when it is not known of every row
 * that it is not slower by more: it is blind or contested, its interval reaches beyond the limit, or a side lacks it;
 * else EXIT_PASS. Pure.
 */
int ab_table_judge(const struct ab_table *table, double limit_percent);

#endif
