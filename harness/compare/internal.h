/*
 * What the files of `compare` share: the runs, one visit of every key that any of them has, and what they say of an
 * effect. compare.c reads and sets side by side; compare_change.c asks how far effects are apart, within groups and
 * between them.
 */
#ifndef ENCBENCH_COMPARE_INTERNAL_H
#define ENCBENCH_COMPARE_INTERNAL_H

#include "compare/compare.h"
#include "compare/like.h"
#include "stats/stats.h"

#define COMPARE_NO_ROW ((size_t)-1)

struct compare_counts {
    int64_t parts, parts_alike, parts_undecided, parts_contradicted, parts_unsteady;
    int64_t effects, same_direction, opposite;
    int64_t changes, changed, differing, as_replicates;
    int64_t twin_changes, twins_apart;
    int64_t metrics, metrics_differ;
};

/*
 * An effect in one run, of its log ratios: of the blocks that had the core to themselves, where the run knows which
 * those are. A core that others share takes some code longer than other code, and how much of a run that was is no fact
 * of what is compared: of five runs of one build, in which 10 to 47 % of the blocks were shared, 19 of 460 pairs of
 * effects were apart at 1 % over all blocks, 2 of 253 of quiet blocks alone, and of shared ones alone 0 of 277.
 */
struct compare_centre {
    bool quiet; /* of those blocks alone */
    size_t processes;
    double estimate;
    struct stats_interval interval;
};

struct comparison {
    struct compared_run runs[COMPARE_RUNS_MAX];
    struct compare_centre *centres[COMPARE_RUNS_MAX]; /* by row of its effects; only those of valid runs are filled */
    size_t count, group_count;
    size_t base; /* group that changes are against */
    /* Pairs of a group's runs, over all effects but twins and planted, and how many of them are apart. */
    int64_t replicate_pairs[COMPARE_RUNS_MAX], replicates_apart[COMPARE_RUNS_MAX];
    struct compare_counts counts;
};

extern const char compare_not_comparable[];

typedef const struct csv_data *(*compare_table_of)(const struct compared_run *run);
typedef bool (*compare_wanted_row)(const struct csv_data *data, size_t row);
/* `rows`: each run's row, COMPARE_NO_ROW where it has none; `first`: the first run that has one. */
typedef void (*compare_put_key)(struct comparison *comparison, struct csv_writer *writer, const size_t *rows,
                                size_t first);

/* Calls `put` once for every key (the texts in `columns`) that any run has, in the order of the first that has it. */
void compare_visit_keys(struct comparison *comparison, struct csv_writer *writer, compare_table_of table,
                        const size_t *columns, size_t column_count, compare_wanted_row wanted, compare_put_key put);
/* The same of the relative effects. */
void compare_visit_effects(struct comparison *comparison, struct csv_writer *writer, compare_put_key put);

/* NULL, and `error` set, when it cannot be opened. */
struct csv_writer *compare_open_table(const char *out, const struct csv_table *table, struct error *error);
/* Adds "; run 2 WORDS"; `run` from 0. */
void compare_add_reason(struct compare_reason *reason, size_t run, const char *words);
/* "A" of group 0. */
const char *compare_group_name(size_t group);
const char *compare_effect_text(const struct compared_run *run, size_t row, size_t column);
/* Why a run says nothing of an effect's direction; NULL when it does. */
const char *compare_silent_because(const struct compared_run *run, size_t row);
bool compare_is_control(const char *kind);
/* How the runs agree about the direction of an effect; compare_not_comparable, with the reason, where they cannot. */
const char *compare_effect_agreement(const struct comparison *comparison, const size_t *rows, size_t first,
                                     struct compare_reason *reason);

/* Fills `centres`; they are freed with compare_free_centres. */
int compare_measure_centres(struct comparison *comparison, struct error *error);
void compare_free_centres(struct comparison *comparison);
/* In this order: the groups' counts are taken with the replicates. */
int compare_write_replicates(struct comparison *comparison, const char *out, struct error *error);
int compare_write_changes(struct comparison *comparison, const char *out, struct error *error);
int compare_write_groups(struct comparison *comparison, const char *out, struct error *error);

#endif
