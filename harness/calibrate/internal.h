/*
 * What the parts of a calibration share (calibrate.h): its cases, its raw rows, its figures.
 */
#ifndef ENCBENCH_CALIBRATE_INTERNAL_H
#define ENCBENCH_CALIBRATE_INTERNAL_H

#include "calibrate/calibrate.h"
#include "launch/launch.h"
#include "module.h"
#include "plan/plan.h"
#include "store/csv.h"

enum {
    CALIBRATE_PAIRS = 3,
    CALIBRATE_CASES_MAX = 64,
    CALIBRATE_SET_PROCESSES = 14, /* of a trial of an ablation, and of the shortest trials of all others */
    CALIBRATE_LAYOUTS_DEFAULT = 8,
};
#define CALIBRATE_FRESH           "fresh_layouts"
#define CALIBRATE_FIXED           "fixed_layout"
#define CALIBRATE_FEW             "layouts_%u"
#define CALIBRATE_ONE_AFTER_OTHER "one_after_other"

enum calibrate_purpose { CALIBRATE_AA, CALIBRATE_TRUTH, CALIBRATE_PRECISE };
extern const char *const calibrate_purpose_words[]; /* NULL at the end */

struct calibrate_pair {
    char baseline[ENCBENCH_NAME_BYTES], contender[ENCBENCH_NAME_BYTES]; /* workloads */
    char operation[16];                                                 /* "" for identical code ... */
    double operations, extra;                                           /* ... of which both are 0 then */
    uint64_t iterations;
    size_t baseline_arm, contender_arm; /* of the cell; not in the file */
};

struct calibrate_case {
    enum calibrate_purpose purpose;
    char design[32];
    unsigned set_processes; /* 0: every process has fresh layouts */
    unsigned set_layouts;   /* layouts of an arm in a set */
    double share;
    struct calibrate_pair pairs[CALIBRATE_PAIRS];
    size_t pair_count;
    uint64_t clock_iterations;
    uint32_t blocks;
    double block_ns;
    unsigned process_ms;    /* wanted; not in the file */
    struct plan_cell *cell; /* NULL where nothing is measured: contrasts are the pairs in order and then the cycle */
};

struct calibrate_cases {
    struct calibrate_case cases[CALIBRATE_CASES_MAX];
    size_t count;
};

/* ---- calibrate_cases.c ---- */

struct calibrate_sources {
    const struct paths *paths;
    const struct calibrate_options *options;
    const struct module_set *modules;
    const struct module_info *chain, *truth;
};
/* The cases that the options ask for, with their cells; blocks and iterations are left to the pilot.
 * calibrate_cases_free in every case. */
int calibrate_cases_make(struct calibrate_cases *cases, const struct calibrate_sources *sources, struct error *error);
void calibrate_cases_free(struct calibrate_cases *cases);
/* Blocks and iterations, by a process of each kind of case. */
int calibrate_cases_pilot(struct calibrate_cases *cases, const struct launch *launch, uint64_t seed,
                          struct error *error);
/* Sets a cell's iterations and blocks from those of its case. */
void calibrate_case_apply(struct calibrate_case *kase);

/* ---- calibrate_data.c: the files ---- */

/* Of the baseline's time, and of the log ratio, at 2 n and between. */
enum calibrate_size {
    CALIBRATE_LEVEL_DOUBLE,
    CALIBRATE_LEVEL_BETWEEN,
    CALIBRATE_CONTRAST_DOUBLE,
    CALIBRATE_CONTRAST_BETWEEN,
    CALIBRATE_SIZES
};

struct calibrate_row {    /* one pair in one process */
    int64_t process, set; /* set -1: fresh layouts */
    size_t kase, pair;
    double baseline_ns, contender_ns, difference_ns, log_ratio, plain_ns, plain_log_ratio, standard_error_ns, cycle_ns,
        plain_cycle_ns, wall_ms;
    int64_t blocks_kept;
    /* Changes by another size of the batch (enum calibrate_size), logarithms; NaN where there were no such blocks. */
    double size_change[CALIBRATE_SIZES];
    double size_error[CALIBRATE_SIZES];  /* standard error of it within the process; NaN of one block */
    double size_blocks[CALIBRATE_SIZES]; /* that it is of */
    bool ok;
    const char *reason; /* of a void one, else NULL; of rows read: not kept */
};

struct calibrate_data {
    struct calibrate_cases *cases;
    struct calibrate_row *rows; /* in order of process */
    size_t row_count;
};

int calibrate_write_cases(const struct calibrate_cases *cases, const char *directory, struct error *error);
/* Cases as written, without cells. */
int calibrate_read_cases(struct calibrate_cases *cases, const char *directory, struct error *error);
void calibrate_put_row(struct csv_writer *writer, const struct calibrate_row *row);
/* Cases and rows; no rows when there is no file of them yet. calibrate_data_free in every case. */
int calibrate_data_read(struct calibrate_data *data, const char *directory, struct error *error);
void calibrate_data_free(struct calibrate_data *data);

/* ---- calibrate_derive.c: pure ---- */

enum calibrate_status { CALIBRATE_MET, CALIBRATE_MISSED, CALIBRATE_MORE, CALIBRATE_NO_TARGET };
extern const char *const calibrate_status_words[];

struct calibrate_figure { /* a row of calibration.csv; NaN and 0 processes stand for empty */
    const char *property, *figure, *unit, *true_effect_unit, *target;
    char subject[ENCBENCH_NAME_BYTES], design[32], reason[320];
    double true_effect, confidence, value, low, high;
    unsigned processes;
    bool has_trials, is_rate;
    size_t trials, count;
    enum calibrate_status status;
};

struct calibrate_figures {
    struct calibrate_figure *figure;
    size_t count, capacity;
};

/* Every figure that the rows give, from them alone. calibrate_figures_free in every case. */
int calibrate_derive(const struct calibrate_data *data, struct calibrate_figures *figures, struct error *error);
void calibrate_figures_free(struct calibrate_figures *figures);
/* A new row at the end, without any figure and without a target. NULL when memory is short. Valid until the next. */
struct calibrate_figure *calibrate_figures_add(struct calibrate_figures *figures, struct error *error);

/* ---- calibrate_instructions.c ---- */

/* Steps one op of the arm a thousand times, each in a process of its own, into calibration_instructions.csv of the
 * directory; nothing when that is there. Interrupted: no file. */
int calibrate_instructions(const struct launch *launch, const struct plan_arm *arm, const char *directory, bool quiet,
                           struct error *error);
/* Appends how many of them gave the same count; without the file, that it is still wanted. */
int calibrate_add_instructions(struct calibrate_figures *figures, const char *directory, struct error *error);

/* ---- states.c ---- */

/* Kernels in each state, into reached.csv of the directory; more of them with a larger budget. */
int calibrate_states(const struct launch *launch, const struct module_info *reached, const struct module_info *chain,
                     const struct calibrate_options *options, uint64_t seed, const char *directory,
                     struct error *error);
/* Appends how often a state that was reached would not have been shown; nothing without that file. */
int calibrate_add_states(struct calibrate_figures *figures, const char *directory, struct error *error);

/* ---- calibrate_reports.c ---- */

/* Copies the verdicts of finished runs (NULL-terminated directories) into calibration_reports.csv of the directory, in
 * place of those there. Refuses, by name: a run that is not complete, of another machine, profile, program or claims
 * than the first, or with its seed. */
int calibrate_take_reports(const char *const *reports, const char *directory, struct error *error);
/* Appends how many parts one report confirms and another refutes, and how many all judge the same. */
int calibrate_add_reports(struct calibrate_figures *figures, const char *directory, struct error *error);

/* ---- calibrate_print.c ---- */

int calibrate_write_figures(const struct calibrate_figures *figures, const char *directory, struct error *error);
/* What has a target, and what is needed to read it, in 80 columns. */
void calibrate_print(const struct calibrate_figures *figures);

/* ---- calibrate_measure.c ---- */

struct calibrate_campaign {
    const struct launch *launch;
    struct calibrate_cases *cases;
    uint64_t seed;
    const char *directory;
    double budget_s, spent_s;                 /* of this call, pilot included */
    double case_spent_s[CALIBRATE_CASES_MAX]; /* of all calls */
    size_t chunks;                            /* recorded by this call */
    int64_t next_process, next_set;
    bool quiet;
};
/* Until the budget is spent or a signal comes. Rows are appended a few processes at a time. */
int calibrate_campaign_run(struct calibrate_campaign *campaign, struct error *error);

#endif
