/*
 * The timing lane of the gate: two builds of the same variants take turns in the same processes.
 *
 * A pair is one variant and workload in both builds. Up to three pairs of a workload share a process with the chain and
 * its planted twin, every arm freshly linked against the shared objects of its own build. A pair whose code and shared
 * objects are the same bytes is never timed; one whose outputs or parameters differ cannot be, and is a regression
 * unless gate-allow.csv declares it. A first pass over all pairs finds suspects; what a second on fresh processes
 * suspects again is red (gate_judge.h). The first ends early for a cell whose pairs are all shown not to be slower: of
 * 20 processes 8 do for most of them. In every run two controls go the same way and must come out red: a planted
 * module, and a pair that differs in its shared object alone.
 */
#ifndef ENCBENCH_GATE_TIME_H
#define ENCBENCH_GATE_TIME_H

#include "base/paths.h"
#include "gate/judge.h"
#include "module/set.h"
#include "store/csv.h"

#include <stdint.h>

enum { GATE_TIME_PASSES = 2, GATE_TIME_PROCESSES = 20, GATE_TIME_PROCESSES_MAX = 500 };

struct gate_time_options {
    const struct paths *paths;
    const char *scratch;
    const struct module_set *base, *head, *kernels; /* as loaded; of the kernels, those that hold the chain */
    const char *const *variants,
        *const *workloads; /* NULL-terminated; NULL: all that both have and that panels.csv times */
    const char *planted;   /* directory of the planted shared objects (shared/) and plant.txt; NULL: MODULES/planted */
    const struct module_set *plants; /* that the planted module is in; NULL: in head */
    bool no_panels;                  /* every variant is timed: what stands in no panel has one of its own */
    uint64_t seed;
    unsigned processes;                     /* of a cell and pass at most; 0: GATE_TIME_PROCESSES */
    unsigned process_ms;                    /* measuring time of a process; 0: what the budget leaves */
    const struct csv_data *allow, *earlier; /* gate-allow.csv of head and of base (gate_exact.h); NULL: none */
    bool time_identical;                    /* what is identical too: how often the lane is wrong */
    bool quiet;
};

enum gate_time_status { GATE_TIME_JUDGED, GATE_TIME_IDENTICAL, GATE_TIME_NOT_COMPARABLE, GATE_TIME_NOT_MEASURED };

struct gate_time_row {
    const struct module_info *base, *head;
    const struct module_workload *base_workload, *head_workload;
    const char *plant;        /* what is planted in head; NULL: a pair of the table */
    struct module_info *made; /* a head of our making; NULL: one of the set */
    enum gate_time_status status;
    bool declared;                 /* not comparable, and gate-allow.csv says so */
    char reason[512];              /* of a pair that is not judged; "" else */
    enum gate_judge_status judged; /* only with GATE_TIME_JUDGED */
    struct gate_judge_pass passes[GATE_TIME_PASSES];
    size_t pass_count;
    double base_ns, head_ns; /* of one op in the last pass, Hodges-Lehmann over processes */
};

struct gate_time {
    struct gate_time_row *rows; /* in order of the variants and their workloads; the plants come last */
    size_t row_count, plant_count;
    size_t processes, processes_void;
    double expected_s, spent_s; /* of the passes when nothing is slower; of all */
    int outcome;   /* EXIT_PASS, EXIT_REGRESSION (a red pair), EXIT_UNFIT or EXIT_BLIND (a plant is not red), worst last
                    */
    char why[512]; /* of an outcome other than EXIT_PASS, one line */
    /* A shared object that only one build has and whose object file does not lie beside it: it has the same layout in
     * every process, so that a difference may be its alignment. File name; "": none. */
    char one_layout[NAME_MAX + 1];
    char not_in_panels[512]; /* variants that nobody asked for and no panel has: not timed; words, "" without any */
    char **planted_shared;
    char *planted_directory;
};

/*
 * Runs the lane. Errors: a shared object whose name has no content hash, two of one name and different bytes, a
 * selection that neither build has, a module that fails; EXIT_UNFIT when stopped. What the measurement says is no error
 * but the outcome. Nothing to compare is an error (EXIT_USAGE): it is no pass. gate_time_free in every case.
 */
int gate_time_run(struct gate_time *lane, const struct gate_time_options *options, struct error *error);
void gate_time_free(struct gate_time *lane);

/* Of DIRECTORY/plant.txt: the variant that is planted, and the workload that it is judged on. */
int gate_time_read_plant(const char *directory, char variant[static ENCBENCH_NAME_BYTES],
                         char workload[static ENCBENCH_NAME_BYTES], struct error *error);

/* Word of a row: "identical", "not comparable", "declared", "not measured", or the judgement's. */
const char *gate_time_row_word(const struct gate_time_row *row);

/* Declares pairs not comparable by the lines whose metric is GATE_TIME_METRIC, as gate_exact_allow does with increases.
 */
int gate_time_allow(struct gate_time *lane, const struct csv_data *allow, const struct csv_data *earlier, bool selected,
                    struct error *error);

/* Outcome and its reason from rows that are judged, whether the machine was fit, and what was wrong with it. Pure. */
void gate_time_decide(struct gate_time *lane, bool fit, const char *unfit_why);

/* Whether NAME-HASH.so holds at least eight hexadecimal digits of a hash. Pure. */
bool gate_time_name_has_hash(const char *file);

#endif
