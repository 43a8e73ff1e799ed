/*
 * What the parts of the decision stage share (analyse.h): the run as read, its levels and effects, its controls, its
 * verdicts. Each is a table of plain structs, filled by one pass over the one before.
 */
#ifndef ENCBENCH_ANALYSE_INTERNAL_H
#define ENCBENCH_ANALYSE_INTERNAL_H

#include "base/error.h"
#include "module.h"
#include "plan/profile.h"
#include "stats/growth.h"
#include "stats/variance.h"
#include "stats/verdict.h"
#include "store/csv.h"
#include "store/recorded.h"
#include "summary/state.h"
#include "summary/summary.h"

#define ANALYSE_FAMILY_ERROR 0.01
#define ANALYSE_TWIN_ERROR   0.001 /* of all twins of a run together */
#define ANALYSE_NONE         ((size_t)-1)

/* ---- analyse_growth.c: classes of the heap passes ---- */

struct analyse_growth_row {
    char variant[ENCBENCH_NAME_BYTES], workload[ENCBENCH_NAME_BYTES];
    struct growth growth;
    double steady_bytes, last_range_bytes; /* as the two metrics of growth.h */
};

struct analyse_growth {
    struct analyse_growth_row *row; /* in the order of heap.csv */
    size_t count;
};

/* A run without heap.csv has no rows. */
int analyse_growth_read(struct analyse_growth *growth, const char *directory, struct error *error);
int analyse_growth_write(const struct analyse_growth *growth, const char *directory, struct csv_held *held,
                         struct error *error);
void analyse_growth_free(struct analyse_growth *growth);
/* NULL when there is none. */
const struct growth *analyse_growth_of(const struct analyse_growth *growth, const char *variant, const char *workload);

/* ---- analyse_data.c: the raw files, read and checked ---- */

struct analyse_process {
    int64_t id;
    size_t panel, workload;
    bool ok;
    double chain_ns, chain_multiply_ns; /* per op; NaN when the arm is not there */
    double ticks_per_ns;                /* NaN when not measured */
    size_t rows, rows_end;              /* of processes.csv: all of its rows are between, others may be too */
    enum state state;                   /* when it was wholly in one */
    size_t state_rows, state_rows_end;  /* of state_contrasts.csv; 0, 0: none */
    double probe_cycles;                /* what its states were told apart by; NaN: nothing */
    double shared_share;                /* of its kept blocks, in the shared state */
};

struct analyse_data {
    const char *directory;
    struct csv_held *held; /* what is written appears together; NULL: each file at once */
    struct csv_data run, machine, claims, panels, processes, contrasts, state_contrasts, metrics, layout, workloads,
        variants, cells;
    struct csv_data identical_code; /* no rows in a run of an older version */
    struct csv_data reached;        /* the same */
    struct csv_data symbols;        /* the same */
    struct csv_data calibration;    /* no rows where the machine was never calibrated */
    struct csv_data linearity;      /* the same; `linearity_recorded`: it has the file */
    bool linearity_recorded;
    struct recorded recorded; /* whether the raw files are what was measured */
    struct analyse_growth growth;
    const char **panel_names; /* in the order of panels.csv */
    size_t panel_count;
    struct analyse_process *process; /* by id */
    size_t process_count;
    const struct profile *profile; /* one of the table, or the following */
    struct profile asked;          /* that with the processes asked for */
    size_t look_processes;         /* of cells that decide claims */
    double error_share;
    bool complete;
    double probe_cycles; /* the fastest mode of the whole run; NaN: none */
    bool selected_some;  /* only some variants, workloads or modules were selected */
};

int analyse_data_read(struct analyse_data *data, const char *directory, struct error *error);
void analyse_data_free(struct analyse_data *data);

const struct analyse_process *analyse_data_process(const struct analyse_data *data, int64_t id);
const char *analyse_workload_name(const struct analyse_data *data, size_t workload);
/* Its name in the state `repeat`, under which all is counted; and the state that it is timed in. */
const char *analyse_workload_base(const struct analyse_data *data, const char *workload);
const char *analyse_workload_state(const struct analyse_data *data, size_t workload);
/* Threads that run an op at the same time: 1 in older runs. */
unsigned analyse_workload_threads(const struct analyse_data *data, size_t workload);
/* Why a workload is only counted; "": it is timed. */
const char *analyse_workload_not_timed(const struct analyse_data *data, const char *workload);
/* Row of metrics.csv, of the workload in whichever state; ANALYSE_NONE when there is none. */
size_t analyse_metric_row(const struct analyse_data *data, const char *variant, const char *workload,
                          const char *metric);
/* Processes of a panel and workload, void ones included or not. */
size_t analyse_cell_processes(const struct analyse_data *data, size_t panel, size_t workload, bool only_ok);

/* Processes that were planned for a cell up to the look: cells.csv. */
size_t analyse_cell_planned(const struct analyse_data *data, size_t panel, size_t workload);
/* Whether cells.csv says that it decides a part of a claim. */
bool analyse_cell_decides(const struct analyse_data *data, size_t panel, size_t workload);
/* Panel and workload of a row of cells.csv. */
void analyse_cell_of_row(const struct analyse_data *data, size_t row, size_t *panel, size_t *workload);

/* Whether identical_code.csv says that two variants have the same code for a workload. */
bool analyse_pair_is_identical(const struct analyse_data *data, const char *baseline, const char *contender,
                               const char *workload);

/* ---- analyse_check.c: keys and values of the raw files ---- */

/* Refuses two rows with the same text in all these columns, naming both lines. */
int analyse_check_unique(const struct csv_data *table, const size_t *columns, size_t column_count, struct error *error);
/* Keys and values that a row must have whatever the rest of the run says. */
int analyse_check_tables(const struct analyse_data *data, struct error *error);
int analyse_bad_cell(const struct csv_data *table, size_t row, size_t column, const char *expected,
                     struct error *error);

/* ---- analyse_cross.c: what the raw files say of each other ---- */

/* Figures that two files have. Of `data` only the tables and the index of processes are looked at; a table that was not
 * read has no rows. */
int analyse_check_agreement(const struct analyse_data *data, struct error *error);
/* The same, and what the run planned and counted, of a run whose rows are known to name each other. */
int analyse_check_cross(const struct analyse_data *data, struct error *error);

/* ---- analyse_exact.c: exact figures, and the files that they are counted in ---- */

/* metrics.csv and, where they are there, layout.csv, symbols.csv and heap.csv. */
int analyse_check_exact(const struct analyse_data *data, struct error *error);
/* Rates of calibration.csv are those of their counts. */
int analyse_check_calibration(const struct csv_data *calibration, struct error *error);

/* ---- analyse_linearity.c: other sizes of a batch ---- */

struct analyse_effects;

/* An arm or a contrast at one other size of the batch, over processes. */
struct analyse_linearity {
    size_t panel, workload;
    bool is_contrast;
    const char *subject, *size;
    int64_t iterations, iterations_other;
    size_t count;
    double *value_ns, *other_ns, *change_ns, *change_log; /* change_log: NaN where there is none */
    double *error_ns, *error_log, *blocks; /* standard errors of the changes: NaN of one block, and in older runs */
    const struct analyse_process **process;
};

/* A run of an older version has no such file, and no rows. */
int analyse_linearity_read(struct analyse_data *data, struct error *error);
/* Appends those of a cell, in the order of the file. */
int analyse_linearity_collect(struct analyse_effects *effects, const struct analyse_data *data, size_t panel,
                              size_t workload, struct error *error);
void analyse_linearity_free(struct analyse_linearity *linearity);

/* ---- analyse_effects.c: levels and effects ---- */

struct analyse_samples { /* one value an ok process */
    size_t count;
    double *value;     /* difference_ns, or time_ns_per_op of a level */
    double *plain;     /* plain mean of the same */
    double *log_ratio; /* effects only */
    double *plain_log_ratio;
    double *standard_error;     /* NaN where there is none */
    double *block_noise, *heap; /* the same from either alone (summary.h); effects only */
    double *shared;             /* shared_share of the process */
    size_t *row;                /* of contrasts.csv, or of processes.csv for a level */
    const struct analyse_process **process;
};

struct analyse_effect {
    size_t panel, workload, row; /* row of panels.csv; ANALYSE_NONE for a clock contrast */
    const char *contrast, *kind, *baseline, *contender;
    bool single_layout;
    bool identical; /* a pair of one code: its timing is another A/A */
    struct analyse_samples samples;
};

struct analyse_level {
    size_t panel, workload;
    const char *arm, *variant, *role;
    bool single_layout;
    struct analyse_samples samples;
};

struct analyse_effects {
    struct analyse_effect *effect;
    size_t effect_count;
    struct analyse_effect *clock; /* chain_planted of each cell; without a row of panels.csv */
    size_t clock_count;
    struct analyse_level *level;
    size_t level_count;
    struct analyse_linearity *linearity;
    size_t linearity_count;
};

/* All contrasts and arms with at least one ok process, in order. */
int analyse_effects_collect(struct analyse_effects *effects, const struct analyse_data *data, struct error *error);
void analyse_effects_free(struct analyse_effects *effects);

/* Samples of a contrast by name, of a contrast of panels.csv or of a clock contrast. count 0 when there are none. */
int analyse_samples_of_contrast(const struct analyse_data *data, size_t panel, size_t workload, const char *contrast,
                                struct analyse_samples *samples, struct error *error);
void analyse_samples_free(struct analyse_samples *samples);

/* Evidence of an effect (two processes at least), its twins included. */
struct verdict_evidence analyse_effect_evidence(const struct analyse_effects *effects,
                                                const struct analyse_effect *effect, enum verdict_scale scale,
                                                bool reversed, double alpha);
struct verdict_evidence analyse_level_evidence(const struct analyse_effects *effects, const struct analyse_level *level,
                                               double alpha);

struct analyse_claims;

/* ---- analyse_controls.c: live controls ---- */

struct analyse_control {
    char name[32];
    size_t panel, workload; /* ANALYSE_NONE: of the run as a whole */
    char subject[2 * ENCBENCH_NAME_BYTES + 2];
    char expected[240];
    double estimate, low, high; /* NaN: nothing seen */
    /* The more is known against it, the sooner. */
    enum analyse_control_status {
        ANALYSE_HOLDS,
        ANALYSE_FAILED,
        ANALYSE_IMPRECISE, /* the interval lies across an end of what is tolerated: neither found wrong nor right */
        ANALYSE_NOT_MEASURED
    } status;
    bool of_heap; /* vouches for figures of the heap pass and for nothing else */
    bool waived;  /* cannot be had here, and does without: not measured or imprecise, but nobody is blind for want of it
                   */
    enum analyse_blinds {
        ANALYSE_BLINDS_NOTHING,
        ANALYSE_BLINDS_CELL,          /* its panel on its workload has no verdict, nor what reads it */
        ANALYSE_BLINDS_DECIDING_CELL, /* the same; a complete run says so by its exit status */
        ANALYSE_BLINDS_HEAP,
        ANALYSE_BLINDS_RUN, /* run invalid */
    } blinds;
    char reason[400];
};

struct analyse_controls {
    struct analyse_control *control;
    size_t count, capacity;
    bool crashed;             /* an arm did, in some process: no profile concludes so little that this is not said */
    bool run_invalid;         /* the one place where that is decided: a control of the run failed or is missing */
    char reason[768];         /* of the first; "" for none */
    bool deciding_cell_blind; /* complete, and a cell that decides claims gives no verdict */
    char cell_reason[768];
    bool heap_failed;      /* the same of those of the heap pass, which all of these leave out */
    char heap_reason[768]; /* "" when all of them hold */
    /* By effect, in ns and of the log ratio: interval of what another size of the batch would change, where it is too
     * wide to hold. */
    struct stats_interval *bar[2];
    size_t bar_count;
};

/* After the claims were read: the tolerances of some controls are those of the claims. */
int analyse_controls_check(struct analyse_controls *controls, const struct analyse_data *data,
                           const struct analyse_effects *effects, const struct analyse_claims *claims,
                           struct error *error);
/* Why a panel on a workload gives no verdict: its worst control, a failed one first. NULL when it does. */
const struct analyse_control *analyse_controls_objection(const struct analyse_controls *controls, size_t panel,
                                                         size_t workload);
/* Why nothing may be concluded from figures of time, whatever they are: in full, up to the first colon in brief. */
struct analyse_objection {
    enum verdict verdict; /* that is left */
    const char *cause;    /* as in verdicts.csv */
    char why[480];
};
/* Of the run as a whole: its profile, its controls, that it is not complete. False: there is none. */
bool analyse_run_objection(const struct analyse_data *data, const struct analyse_controls *controls,
                           struct analyse_objection *objection);
/* Of a cell by what analyse_controls_objection says of it; false for NULL. */
bool analyse_cell_objection(const struct analyse_control *control, struct analyse_objection *objection);
/* A verdict on an effect needs a margin beyond the far end of this, as it does beyond that of the twins. [0, 0]: no
 * bar. Native. */
struct stats_interval analyse_controls_linearity_bar(const struct analyse_controls *controls, size_t effect,
                                                     enum verdict_scale scale);
void analyse_controls_free(struct analyse_controls *controls);
const char *analyse_control_status_name(enum analyse_control_status status);
const char *analyse_blinds_name(enum analyse_blinds blinds);

/* ---- analyse_claims.c: conditions, parts, claims ---- */

enum { ANALYSE_ITEM_ROWS_MAX = 16 };

enum analyse_kind {
    ANALYSE_TIMING,
    ANALYSE_LEVEL,
    ANALYSE_COMPOSITION,
    ANALYSE_EXACT,
    ANALYSE_DIFFERENCE,
    ANALYSE_REDUCTION,
    ANALYSE_EQUAL,
    ANALYSE_CLAIM,
};

struct analyse_condition { /* one row of claims.csv */
    size_t row, part;
    enum analyse_kind kind;
    struct verdict_region region;
};

/* One figure that a condition stands or falls with: a workload of it, a variant of it. */
struct analyse_item {
    size_t condition;
    bool measured;
    enum verdict verdict;
    double estimate, mde, twin_bound, confidence; /* NaN where there is none */
    struct stats_interval interval;
    size_t processes_needed; /* 0: none would decide, or it is decided */
    const char *cause;       /* word of the verdict, as in verdicts.csv */
    char brief[160];         /* what stands in the way, in a few words; "" where nothing does */
    bool has_split;          /* `split` says what of the variance is responsible that it is open */
    struct variance_split split;
    size_t effect, level;     /* those that decide; ANALYSE_NONE */
    bool reversed;            /* `effect` with its two sides exchanged */
    enum verdict_scale scale; /* of `effect` */
    /* What a measured figure of time was decided by. */
    struct verdict_evidence evidence;
    struct verdict_decision decision;
    /* Rows of metrics.csv that an exact figure was looked up in: all are counted, the first of them kept. */
    size_t rows[ANALYSE_ITEM_ROWS_MAX], row_count;
    char source[512];
    char figure[960]; /* what was seen and why it decides as it does */
    /* Where in `figure` the name of the workload stands, of an exact figure; 0 bytes: nowhere. */
    size_t place_at, place_bytes;
};

struct analyse_part {
    size_t row; /* first row of claims.csv */
    int64_t claim;
    const char *name;
    size_t timing_tests;
    size_t item;     /* the first that decides as the part does */
    bool is_control; /* guards the other parts of its claim */
    bool judged, measured;
    enum verdict verdict;
    char guard_reason[160]; /* "" unless a control part changed the verdict */
    bool guard_unmeasured;  /* because that was not measured */
};

struct analyse_claims {
    struct analyse_condition *condition;
    size_t condition_count;
    struct analyse_part *part; /* by claim, then in order of appearance */
    size_t part_count;
    struct analyse_item *item; /* by condition */
    size_t item_count, item_capacity;
    size_t timing_part_count;
    double alpha_part, alpha_exploratory;
};

/* The registered claims, checked; before any figure is looked at. */
int analyse_claims_read(struct analyse_claims *claims, const struct analyse_data *data, struct error *error);
int analyse_claims_judge(struct analyse_claims *claims, const struct analyse_data *data,
                         const struct analyse_effects *effects, const struct analyse_controls *controls,
                         struct error *error);
void analyse_claims_free(struct analyse_claims *claims);

/* Verdict of a claim as a whole. A control part that is refuted makes it invalid, not refuted. */
enum verdict analyse_claim_verdict(const struct analyse_claims *claims, int64_t claim);
/* Level of the interval of an effect or level, and the parts it decides ("4a 4b"; "" when it is exploratory). */
double analyse_effect_alpha(const struct analyse_claims *claims, size_t effect, enum verdict_scale scale, char *parts,
                            size_t parts_bytes);
double analyse_level_alpha(const struct analyse_claims *claims, size_t level);
/* What the claims stake on an effect on one scale, whatever came out: half the width of the narrowest finite region
 * that it decides (native; NaN when none), and the level of its interval. */
struct analyse_stake {
    bool decides;
    double half_width, alpha;
};
struct analyse_stake analyse_effect_stake(const struct analyse_claims *claims, const struct analyse_data *data,
                                          const struct analyse_effects *effects, size_t effect,
                                          enum verdict_scale scale);
/* Half-width of the narrowest symmetric timing region that the effect meets on the scale of its row; NaN when none. */
double analyse_effect_half_width(const struct analyse_claims *claims, size_t effect, enum verdict_scale scale);
const char *analyse_kind_name(enum analyse_kind kind);
/* "(1; inf)" */
const char *analyse_region_words(char *text, size_t bytes, const struct analyse_data *data,
                                 const struct analyse_condition *condition);

/* ---- analyse.c: the whole ---- */

/* One analysis: what was read and what follows from it. */
struct analysis {
    struct analyse_data data;
    struct analyse_effects effects;
    struct analyse_claims claims;
    struct analyse_controls controls;
};

/* Decides everything, writes nothing. analysis_free in every case. */
int analysis_make(struct analysis *analysis, const char *directory, struct error *error);
void analysis_free(struct analysis *analysis);
/* The words of an effect as the run as a whole allows them; `reason` has any exactly where it is not resolvable. */
struct analyse_words {
    enum verdict_words words;
    char reason[160];
};
struct analyse_words analysis_effect_words(const struct analysis *analysis, size_t effect,
                                           const struct verdict_evidence *evidence, enum verdict_scale scale);
/* One effect (two processes at least) on one scale as effects.csv has it. */
struct analyse_said {
    enum verdict_scale scale;
    double alpha;
    char parts[256]; /* that it decides; "" when it is exploratory */
    struct verdict_evidence evidence;
    struct analyse_words words;
};
/* On both scales; an error where they contradict each other. */
int analysis_say(const struct analysis *analysis, size_t effect, struct analyse_said *absolute,
                 struct analyse_said *relative, struct error *error);
/* What all conditions of a part claim, and what they show; to be freed, NULL when out of memory. */
char *analysis_part_statement(const struct analysis *analysis, size_t part);
char *analysis_part_reason(const struct analysis *analysis, size_t part);

/* ---- analyse_states.c: effects in each machine state ---- */

/* Writes state_effects.csv. An effect differs when the interval of its change leaves out 0, or when those of the two
 * states are disjoint; each at the confidence of the effect, so one of them in some hundred differs by chance. */
int analyse_write_states(const struct analysis *analysis, struct error *error);

/* ---- analyse_variance.c: what is responsible that a part is open, and what would decide it ---- */

struct variance_split analyse_variance_of(const struct analyse_effect *effect);
/* Writes variance.csv. */
int analyse_write_variance(const struct analysis *analysis, struct error *error);
/* Appends to a reason which component is responsible and which --processes N would decide, or why none would. */
void analyse_advise(char *text, size_t bytes, const struct verdict_decision *decision,
                    const struct variance_split *split, size_t processes, double process_ms);
/* Of a part that is measured and not resolvable here, the item that needs most processes; of any other the one that
 * decides it. */
const struct analyse_item *analyse_open_item(const struct analyse_claims *claims, const struct analyse_part *part);

/* ---- analyse_instructions.c ---- */

/* Writes instructions_delta.csv from instructions.csv, where there is one. */
int analyse_write_instructions(const struct analyse_data *data, struct error *error);

#endif
