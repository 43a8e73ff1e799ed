/*
 * What the files of the live controls share: analyse_controls.c (the run as a whole and what follows from all of them),
 * analyse_controls_design.c (order and layouts), analyse_controls_plant.c (twins, chains, planted arms),
 * analyse_controls_linearity.c (the size of a batch), analyse_controls_reached.c (the state of an op).
 */
#ifndef ENCBENCH_ANALYSE_CONTROLS_INTERNAL_H
#define ENCBENCH_ANALYSE_CONTROLS_INTERNAL_H

#include "analyse/analysis.h"

/*
 * Of the interval of every equivalence control: chains, planted arms, linearity. A level of its own, whatever the
 * claims, the look and the number of cells: what is exactly at the end of its tolerance is called `holds`, and called
 * `failed`, in at most 0.5 % of all runs; and 8 processes have an interval, where the least cell of a profile for
 * conclusions has 20. The level of the claims, which was used before, shrinks with every claim that is registered: at
 * 0.03 % the planted chain of to_string_16m was 28.6 to 39.7 cycles on a noisy machine, at 1 % it is 29.9 to 37.9.
 */
#define CONTROL_ERROR 0.01

/* Of processes that may be void, or have no order, and of cells that may be imprecise. */
#define TOLERATED_PERCENT 10

/* What the checks share. A control starts as not measured and has to earn its `holds`. */
struct check {
    struct analyse_controls *controls;
    const struct analyse_data *data;
    const struct analyse_effects *effects;
    const struct analyse_claims *claims;
    double alpha_twin;
    size_t apart, seen; /* processes whose arms did not take turns; of all cells */
    struct error *error;
};

/* NULL, and the error set, when out of memory; valid until the next. */
struct analyse_control *control_add(struct check *check, const char *name, size_t panel, size_t workload);
void control_see(struct analyse_control *control, double estimate, struct stats_interval interval);
int control_out_of_memory(struct check *check);
/* A clock that only some processes have says nothing about the others: all of them, or it was not measured. */
bool control_is_everywhere(struct analyse_control *control, const char *what, size_t count, size_t processes);
/* Holds inside [low, high], fails wholly outside on one side, else imprecise. */
enum analyse_control_status control_equivalence(struct stats_interval interval, double low, double high);
/* Failed if either is, else imprecise if either is. */
enum analyse_control_status control_worse(enum analyse_control_status one, enum analyse_control_status other);
/* Appends how many processes would decide an imprecise control, if what it measures is as it should be. `tolerance` as
 * `values`. */
void control_add_needed(struct analyse_control *control, const double *values, size_t count, double tolerance);

const struct analyse_effect *control_find_kind(const struct check *check, size_t panel, size_t workload,
                                               const char *kind, const struct analyse_effect *after);

/* Of a panel on a workload. */
void check_interleaving(struct check *check, size_t panel, size_t workload);
void check_twins(struct check *check, size_t panel, size_t workload);
void check_identical(struct check *check, size_t panel, size_t workload);
void check_chain_planted(struct check *check, size_t panel, size_t workload);
void check_chain_multiply(struct check *check, size_t panel, size_t workload);
void check_planted(struct check *check, size_t panel, size_t workload);
void check_linearity(struct check *check, size_t panel, size_t workload);
void check_reached(struct check *check, size_t panel, size_t workload);
void check_unpadded(struct check *check, size_t panel, size_t workload);

/* Of the run, after those. */
void check_order(struct check *check);
void check_twin_family(struct check *check);
void check_layouts(struct check *check);
void check_linearity_of_older_runs(struct check *check);

#endif
