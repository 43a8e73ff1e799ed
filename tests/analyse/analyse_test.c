/* The decision stage on synthetic runs whose truths are known. A run is made from a `struct truth`, so that a test
 * says in one line what is wrong with it; the noise has a fixed seed. */
#include "analyse/analyse.h"
#include "kernels/kernels.h"
#include "module.h"
#include "store/checksum.h"
#include "schema.h"
#include "store/recorded.h"
#include "summary/state.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define VERSION                  ENCBENCH_STRING(SCHEMA_VERSION)
#define CYCLE_NS                 0.31
#define GET_PUT_NS               10.0
#define TO_STRING_NS             900.0
#define GET_PUT_EFFECT_NS        0.02
#define TO_STRING_EFFECT_PERCENT 5.0
#define EXTRA_NS                 100.0
#define TIMING_PARTS             8 /* in synthetic_claims */

static const char synthetic_claims[] =
    "1,a,1,model,timing,a,b,get_put,time,ns,-1,1,(),b costs less than 1 ns\n"
    "1,b,1,model,timing,b,a,get_put,time,ns,-1,1,(),the same the other way round\n"
    "2,a,1,model,timing,a,b,to_string_1k,time_reduction,percent,0,inf,(),b is faster\n"
    "2,b,1,general,timing,b,a,to_string_1k,time_reduction,percent,3,7,[],a is faster by 4.8 %\n"
    "3,a,1,model,timing,a,b,to_string_1k,relative_time,percent,5,inf,(),more than it is\n"
    "3,b,1,model,timing,a,b,put,time,ns,-1,1,(),of a workload that was not run\n"
    "4,a,1,model,level,,a,get_put,time,ns,0,40,(],a costs about 10 ns\n"
    "5,a,1,model,composition,a,b,get_put to_string_1k,relative_time,percent,-0.1,0.1,(),by composition\n"
    "6,a,1,model,exact,,a b,get_put,allocations_per_op,count,1,1,[],one allocation\n"
    "6,a,2,model,exact,,a,get_put,allocated_bytes_per_op,bytes,2048,2049,[),from 2048 bytes\n"
    "6,b,1,model,difference,a,b,layout,struct_bytes,bytes,-8,-8,[],b is smaller by 8\n"
    "6,c,1,model,reduction,a,b,layout,struct_bytes,percent,16.65,16.75,[],16.7 percent\n"
    "6,d,1,model,equal,a,b,*,pool_hits_per_get,count,0,0,[],equal hits\n"
    "6,e,1,model,exact,,a,get_put,allocated_bytes_per_op,bytes,2048,4096,(],open at 2048\n"
    "6,f,1,model,exact,,b,get_put,instructions_per_op,count,0,100,[],unstable\n"
    "7,a,1,model,exact,,a,heap,mappings,count,0,0,[],no mapping\n"
    "7,b,1,model,exact,,b,heap,mappings,count,0,inf,(),control: a mapping is seen\n"
    "8,a,1,model,claim,,,,1,verdict,,,,claim 1 is confirmed\n"
    "8,b,1,model,claim,,,,2,verdict,,,,claim 2 is confirmed\n";

/* Before the first op and at the last checkpoints. */
#define HEAP_ROWS(workload, live_1, live_2, mapped_1, mapped_2)                                                        \
    "leak," workload ",-100,5000,9,0,0,\nleak," workload ",100000," live_1 ",9," mapped_1 ",0,\nleak," workload        \
    ",1000000," live_2 ",9," mapped_2 ",0,\n"
#define LEAKING_BYTES   HEAP_ROWS("leak_bytes", "7400", "29000", "0", "0")
#define LEAKING_MAPPING HEAP_ROWS("leak_mapping", "5000", "5000", "655360", "6553600")
#define LEAKING_NONE    HEAP_ROWS("leak_none", "5000", "5000", "0", "0")

struct truth {
    const char *profile, *complete, *schema_version;
    const char *for_conclusions; /* as older runs repeat it; NULL: not there */
    unsigned processes, look_processes;
    double error_share;
    double noise;                /* factor on all standard deviations */
    double twin_shift_ns;        /* of the twin on get_put */
    double plant_seen;           /* share of the planted cycles that shows */
    double chain_planted_cycles; /* seen in chain_planted */
    double multiply_cycles;
    double drift_ppm; /* of the clock in one process */
    unsigned void_processes;
    bool crashes;     /* the void ones because an arm did */
    double log_share; /* of the true log ratios that is in the files; of get_put's plant all: so much cannot be wrong
                         unseen */
    unsigned rows_missing;                /* of contrast ab on get_put, of processes that count */
    double tail_ns;                       /* plain means of get_put beyond trimmed ones */
    double twin_tail_ns, planted_tail_ns; /* the same of the twin on get_put, of the plant on to_string_1k */
    double outlier_ns;                    /* one layout of get_put far off */
    double control_mappings;              /* of claim 7's control; NAN: not measured */
    bool without_twin, without_planted, without_planted_metric, without_chain, single_layout;
    unsigned sequential;   /* first processes in which the contender ran at the end */
    double position;       /* of the contender; the others are at 0.5; NAN: nobody's was recorded */
    unsigned layout_count; /* distinct ones of each arm */
    bool twin_has_baselines_layout;
    const char *layout_form; /* of printf, of a number that differs between arms and processes; NULL: made up */
    enum { ALL_QUIET, MIXED, ONE_OR_THE_OTHER } states; /* of every process; or every other one is wholly shared */
    double shared_extra_ns;                             /* of contrast ab on get_put when shared */
    unsigned unseen;    /* first processes of each workload that never saw the fast mode */
    bool exploratory;   /* the cells were planned as deciding no claim */
    double frozen_ns;   /* contrast ab on get_put in every process; 0: it varies */
    double frozen_last; /* more than that in the last of them */
    bool frozen_twin;   /* that of get_put is as fast as its original in every process */
    bool opposite;      /* contrast ab has the other sign as a log ratio */
    bool other_panel;   /* an exploratory panel on get_put, ten times as noisy */
    bool selected_some;
    double block_share,
        heap_share;             /* of the standard deviation of each contrast: its standard errors within a process */
    bool without_split;         /* as runs before had it: no such columns */
    unsigned asked_processes;   /* 0: not asked */
    double extra_effect_ns;     /* of b on those */
    unsigned extra_cells;       /* exploratory ones, of the same panel on other workloads */
    const char *only;           /* workload that the faults of plant_seen and the chains are in; NULL: all */
    const char *only_too;       /* one more */
    double chain_noise;         /* standard deviation of the planted chain, as a share of it */
    bool linearity;             /* linearity.csv is there: every arm and contrast at both other sizes */
    double batch_wild;          /* times as noisy in every third process; 0: none is */
    bool batch_without_errors;  /* no process says how noisy it is */
    bool batch_at_double;       /* batch_ns at twice the size too */
    double long_ns;             /* of the ops of extra cells, one a batch; 0: they are no longer than others */
    unsigned without_processes; /* processes with lower numbers lack `without_size` */
    double batch_ns;            /* more that b takes in a batch of another size, in `only` */
    double batch_noise;         /* standard deviation of changes by another size, in that of the contrasts */
    const char *without_size;   /* arm or contrast that was not measured at other sizes in one process */
    const char *clock_missing;  /* in the first process; NULL: none */
    bool ticks_once;            /* of the time-stamp counter: in one process only */
    const char *claims;
    const char *heap_rows; /* of heap.csv; NULL: no such file */
    unsigned threads;      /* of get_put; 0: 1 */
};

static struct truth good_truth(void)
{
    return (struct truth){.profile = "quick",
                          .complete = "yes",
                          .log_share = 1,
                          .schema_version = VERSION,
                          .processes = 20,
                          .look_processes = 20,
                          .error_share = 1,
                          .noise = 1,
                          .plant_seen = 0.9,
                          .chain_planted_cycles = CHAIN_PLANTED_EXTRA_CYCLES,
                          .multiply_cycles = 3,
                          .chain_noise = 0.005,
                          .extra_effect_ns = 3,
                          .batch_noise = 1,
                          .control_mappings = 64,
                          .position = 0.5,
                          .layout_count = 1000,
                          .block_share = 0.25,
                          .heap_share = 0.15,
                          .claims = synthetic_claims,
                          .heap_rows = LEAKING_BYTES LEAKING_MAPPING LEAKING_NONE};
}

/* ---- making a run ---- */

static uint64_t noise_state;

static double normal(void)
{
    double sum = 0; /* of twelve uniform numbers: variance 1 */
    for (int i = 0; i < 12; i++) {
        noise_state = noise_state * 6364136223846793005u + 1442695040888963407u;
        sum += (double)(noise_state >> 11) / 9007199254740992.0;
    }
    return sum - 6;
}

static const char *path_in(const char *directory, const char *file)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    return path;
}

static void write_text(const char *directory, const char *file, const char *text)
{
    FILE *stream = fopen(path_in(directory, file), "w");
    assert_non_null(stream);
    assert_true(fputs(text, stream) >= 0);
    assert_int_equal(fclose(stream), 0);
}

/* Writes a table whose header comes from the schema and whose rows are given as text. */
/* With so many columns as the first row has cells: older files lack the last ones. */
static void write_rows(const char *directory, const struct csv_table *table, const char *rows)
{
    FILE *stream = fopen(path_in(directory, table->file), "w");
    assert_non_null(stream);
    size_t columns = 1;
    for (const char *at = rows; *at && *at != '\n'; at++)
        columns += *at == ',';
    columns = columns > 1 && columns < table->column_count ? columns : table->column_count;
    for (size_t i = 0; i < columns; i++)
        fprintf(stream, "%s%s", i ? "," : "", table->columns[i].name);
    fprintf(stream, "\n%s", rows);
    assert_int_equal(fclose(stream), 0);
}

static struct csv_writer *open_writer(const char *directory, const struct csv_table *table)
{
    struct csv_writer *writer;
    struct error error = {0};
    assert_int_equal(csv_writer_open(&writer, path_in(directory, table->file), table, CSV_REPLACE, &error), 0);
    return writer;
}

static void close_writer(struct csv_writer *writer)
{
    struct error error = {0};
    if (csv_writer_close(writer, &error) != 0)
        fail_msg("%s", error.message);
}

/* Last, because it has the sums of two of the others. */
static void write_run(const char *directory, const struct truth *truth)
{
    static const struct csv_table *const summed[] = {&schema_claims, &schema_panels};
    char rows[1024], asked[96] = "", crc[2][CHECKSUM_CRC32_BYTES];
    for (size_t i = 0; i < 2; i++) {
        struct error error = {0};
        assert_int_equal(checksum_crc32(path_in(directory, summed[i]->file), crc[i], &error), 0);
    }
    if (truth->asked_processes)
        snprintf(asked, sizeof asked, "asked_processes,%u\n", truth->asked_processes);
    if (truth->for_conclusions)
        snprintf(asked, sizeof asked, "for_conclusions,%s\n", truth->for_conclusions);
    snprintf(rows, sizeof rows,
             "%sschema_version,%s\nprofile,%s\nlook_processes,%u\nerror_share,%g\ncomplete,%s\nselection,%s\n"
             "claims_crc32,%s\npanels_crc32,%s\nprocesses,%u\nprocesses_void,%u\n",
             asked, truth->schema_version, truth->profile, truth->look_processes, truth->error_share, truth->complete,
             truth->selected_some ? "some" : "all", crc[0], crc[1],
             2 * truth->processes + (truth->other_panel ? 20 : 0) + 20 * truth->extra_cells, truth->void_processes);
    write_rows(directory, &schema_run, rows);
}

/* One row for every extra workload: `format` has its number. */
static const char *extra_rows(const struct truth *truth, const char *format)
{
    static char rows[4096];
    size_t used = 0;
    rows[0] = '\0';
    for (unsigned i = 0; i < truth->extra_cells; i++)
        used += (size_t)snprintf(rows + used, sizeof rows - used, format, i, i);
    return rows;
}

static void write_exact(const char *directory, const struct truth *truth)
{
    char rows[8192];
    snprintf(rows, sizeof rows,
             "a,get_put,allocations_per_op,1,exact,\nb,get_put,allocations_per_op,1,exact,\n"
             "a,get_put,allocated_bytes_per_op,2048,exact,\nb,get_put,instructions_per_op,59,unstable,two counts\n"
             "a,layout,struct_bytes,48,exact,\nb,layout,struct_bytes,40,exact,\n"
             "a,get_put,pool_hits_per_get,0.5,exact,\nb,get_put,pool_hits_per_get,0.5,exact,\n"
             "a,to_string_1k,pool_hits_per_get,0.75,exact,\nb,to_string_1k,pool_hits_per_get,0.75,exact,\n"
             "a,to_string_1k,live_growth_10000_bytes,0,exact,\na,heap,mappings,0,exact,\n%s%g%s%s%s",
             isnan(truth->control_mappings) ? "b,get_put,unused," : "b,heap,mappings,",
             isnan(truth->control_mappings) ? 0 : truth->control_mappings, ",exact,\n",
             truth->without_planted_metric
                 ? ""
                 : "a,get_put,planted_cycles_per_op,32,exact,\na,to_string_1k,planted_cycles_per_op,64,exact,\n",
             extra_rows(truth, "a,extra_%u,planted_cycles_per_op,64,exact,\n"));
    write_rows(directory, &schema_metrics, rows);
    write_rows(directory, &schema_layout, "a,field,data,0,48,0,0\nb,field,data,0,40,0,0\n");
    write_rows(directory, &schema_variants, "a,mmap_res,null\nb,mmap_res,removed\n");
    write_rows(directory, &schema_machine, "cpu,made up,ok,\n");
    snprintf(rows, sizeof rows,
             "get_put,get_put,one get and put,0,100,8\nto_string_1k,to_string:size=1024,one string,2048,4,1\n%s",
             extra_rows(truth, "extra_%u,extra:number=%u,one more,0,100,8\n"));
    if (truth->threads > 1) /* get_put alone */
        snprintf(rows, sizeof rows,
                 "get_put,get_put,one get and put,0,100,8,get_put,repeat,pilots,settled,%u,\n"
                 "to_string_1k,to_string:size=1024,one string,2048,4,1,to_string_1k,repeat,pilots,settled,1,\n",
                 truth->threads);
    write_rows(directory, &schema_workloads, rows);
    char panels[320], cells[4096];
    snprintf(panels, sizeof panels,
             "field,core,*,ab,pair,a,b\nfield,core,*,twin_a,twin,a,a\nfield,core,*,planted_a,planted,a,a\n%s",
             truth->other_panel ? "other,core,get_put,ab_other,pair,a,b\nother,core,get_put,twin_other,twin,a,a\n"
                                : "");
    write_rows(directory, &schema_panels, panels);
    const char *purpose = truth->exploratory ? "exploratory" : "claims";
    snprintf(cells, sizeof cells, "field,get_put,%s,%u,100,1000\nfield,to_string_1k,%s,%u,100,1000\n%s%s", purpose,
             truth->look_processes, purpose, truth->look_processes,
             truth->other_panel ? "other,get_put,exploratory,20,100,1000\n" : "",
             extra_rows(truth, "field,extra_%u,exploratory,20,100,1000\n"));
    write_rows(directory, &schema_cells, cells);
    write_rows(directory, &schema_claims, truth->claims);
    unlink(path_in(directory, schema_heap.file));
    if (truth->heap_rows)
        write_rows(directory, &schema_heap, truth->heap_rows);
}

/* One process on one workload while its files are open. */
struct synthesis {
    const struct truth *truth;
    struct csv_writer *processes, *contrasts, *state_contrasts, *linearity;
    int64_t process;
    const char *panel, *workload;
    double level_ns, sd_ns;
    bool is_void;
};

static bool is_shared(const struct synthesis *s)
{
    return s->truth->states == ONE_OR_THE_OTHER && s->process / 2 % 2 == 1;
}

static void put_layout(const struct synthesis *s, const char *arm)
{
    char layout[64];
    const bool as_baseline = s->truth->twin_has_baselines_layout && strcmp(arm, "twin") == 0;
    snprintf(layout, sizeof layout, "0x40:%s%u", as_baseline ? "a" : arm,
             (unsigned)(s->process < 1000 ? s->process / 2 : s->process) % s->truth->layout_count);
    if (s->truth->layout_form) {
        const unsigned of_arm = (unsigned)(strlen(arm) + (unsigned char)arm[0]);
        snprintf(layout, sizeof layout, s->truth->layout_form, (unsigned)s->process * 1000 + of_arm,
                 (unsigned)s->process * 1000 + of_arm);
    }
    csv_put_text(s->processes, s->truth->single_layout && strcmp(arm, "b") == 0 ? "single" : layout);
}

static void put_states(const struct synthesis *s, const char *arm)
{
    const struct truth *truth = s->truth;
    csv_put_integer(s->processes, truth->states == MIXED ? 250 : is_shared(s) ? 3 : 495);
    csv_put_integer(s->processes, truth->states == MIXED ? 240 : is_shared(s) ? 490 : 2);
    csv_put_number(s->processes, s->process < 2 * (int64_t)truth->unseen ? 5500 : 3700 + (double)(s->process % 7));
    const bool at_the_end = strcmp(arm, "b") == 0 && s->process < 2 * (int64_t)truth->sequential;
    const double own = at_the_end ? 0.9 : truth->position;
    csv_put_number(s->processes, strcmp(arm, "b") == 0 || isnan(own) ? own : 0.5);
}

static void put_arm(struct synthesis *s, const char *arm, const char *role, const char *variant, double time_ns,
                    double plain_ns)
{
    if (s->truth->clock_missing && s->process == 0 && strcmp(s->truth->clock_missing, arm) == 0)
        return;
    double ticks = 2.4 * (1 + (s->process == 3 ? 1e-6 * s->truth->drift_ppm : 0));
    csv_put_integer(s->processes, s->process);
    csv_put_text(s->processes, s->panel);
    csv_put_text(s->processes, s->workload);
    csv_put_text(s->processes, arm);
    csv_put_text(s->processes, role);
    csv_put_text(s->processes, variant);
    put_layout(s, arm);
    csv_put_number(s->processes, s->is_void ? NAN : time_ns);
    csv_put_number(s->processes, s->is_void ? NAN : plain_ns);
    csv_put_integer(s->processes, 500);
    csv_put_integer(s->processes, 2);
    put_states(s, arm);
    csv_put_number(s->processes, s->truth->ticks_once && s->process != 3 ? NAN : ticks);
    csv_put_text(s->processes, s->is_void ? "void" : "ok");
    csv_put_text(s->processes, s->is_void ? "killed" : "");
    csv_put_number(s->processes, 22);
    csv_put_text(s->processes, s->is_void && s->truth->crashes ? "b" : "");
    csv_put_text(s->processes, ""); /* one thread */
    csv_put_empty(s->processes);
    csv_end_row(s->processes);
}

static void put_state_contrast(struct synthesis *s, const char *contrast, enum state state, double difference_ns,
                               double over_ns)
{
    csv_put_integer(s->state_contrasts, s->process);
    csv_put_text(s->state_contrasts, s->panel);
    csv_put_text(s->state_contrasts, s->workload);
    csv_put_text(s->state_contrasts, contrast);
    csv_put_text(s->state_contrasts, state_words[state]);
    csv_put_number(s->state_contrasts, difference_ns);
    csv_put_number(s->state_contrasts, log((over_ns + difference_ns) / over_ns));
    csv_put_integer(s->state_contrasts, state == STATE_QUIET ? 250 : 240);
    csv_end_row(s->state_contrasts);
}

static void put_contrast(struct synthesis *s, const char *contrast, double difference_ns, double over_ns,
                         double tail_ns)
{
    const bool moves = strcmp(contrast, "ab") == 0 && strcmp(s->workload, "get_put") == 0;
    const double extra_ns = moves ? s->truth->shared_extra_ns : 0;
    const bool doubled = strcmp(contrast, "planted_a") == 0 && strcmp(s->workload, "get_put") == 0;
    const bool turned = s->truth->opposite && strcmp(contrast, "ab") == 0;
    const double log_share = doubled ? 1 : turned ? -1 : s->truth->log_share;
    const double log_ratio = log_share * log((over_ns + difference_ns) / over_ns);
    const bool missing = strcmp(contrast, "ab") == 0 && strcmp(s->workload, "get_put") == 0 &&
                         s->process < (int64_t)s->truth->rows_missing;
    if (s->is_void || missing)
        return;
    if (s->truth->states == MIXED) {
        put_state_contrast(s, contrast, STATE_QUIET, difference_ns, over_ns);
        put_state_contrast(s, contrast, STATE_SHARED, difference_ns + extra_ns + 0.1 * s->sd_ns * normal(), over_ns);
    }
    csv_put_integer(s->contrasts, s->process);
    csv_put_text(s->contrasts, s->panel);
    csv_put_text(s->contrasts, s->workload);
    csv_put_text(s->contrasts, contrast);
    csv_put_number(s->contrasts, difference_ns);
    csv_put_number(s->contrasts, log_ratio);
    csv_put_number(s->contrasts, difference_ns + tail_ns);
    csv_put_number(s->contrasts, log_ratio + tail_ns / over_ns);
    csv_put_number(s->contrasts, 0.3 * s->sd_ns);
    csv_put_integer(s->contrasts, 500);
    csv_put_number(s->contrasts, s->truth->block_share * s->sd_ns);
    csv_put_number(s->contrasts, s->truth->heap_share * s->sd_ns);
    csv_end_row(s->contrasts);
}

static bool is_faulty(const struct truth *truth, const char *workload)
{
    return !truth->only || strcmp(truth->only, workload) == 0 ||
           (truth->only_too && strcmp(truth->only_too, workload) == 0);
}

/* At both other sizes, of which only the one off the ladder may change anything. */
static void put_linearity(struct synthesis *s, const char *kind, const char *subject, double value_ns, double batch_ns)
{
    static const char *const sizes[] = {"double", "between"};
    const bool faulty = is_faulty(s->truth, s->workload);
    const bool missing = s->truth->without_size && s->process < s->truth->without_processes &&
                         strcmp(s->truth->without_size, subject) == 0;
    const bool is_long = s->truth->long_ns > 0 && s->level_ns == s->truth->long_ns;
    for (size_t i = 0; i < (is_long ? 1 : 2) && s->truth->linearity && !s->is_void && !missing; i++) {
        const bool wild = faulty && s->truth->batch_wild > 0 && s->process / 2 % 3 == 0;
        const double error_ns = (faulty ? s->truth->batch_noise : 1) * s->sd_ns * (wild ? s->truth->batch_wild : 1);
        const double change_ns = (faulty && (i == 1 || s->truth->batch_at_double) ? batch_ns : 0) + error_ns * normal();
        csv_put_integer(s->linearity, s->process);
        csv_put_text(s->linearity, s->panel);
        csv_put_text(s->linearity, s->workload);
        csv_put_text(s->linearity, kind);
        csv_put_text(s->linearity, subject);
        csv_put_text(s->linearity, sizes[i]);
        csv_put_integer(s->linearity, is_long ? 1 : 1024);
        csv_put_integer(s->linearity, is_long ? 2 : i == 0 ? 2048 : 1434);
        csv_put_number(s->linearity, value_ns);
        csv_put_number(s->linearity, value_ns + change_ns);
        csv_put_number(s->linearity, change_ns);
        csv_put_number(s->linearity, change_ns / s->level_ns);
        csv_put_integer(s->linearity, 50);
        csv_put_number(s->linearity, s->truth->batch_without_errors ? NAN : error_ns);
        csv_put_number(s->linearity, s->truth->batch_without_errors ? NAN : error_ns / s->level_ns);
        csv_end_row(s->linearity);
    }
}

static void put_sizes(struct synthesis *s, double effect_ns)
{
    put_linearity(s, "level", "a", s->level_ns, 0);
    put_linearity(s, "level", "b", s->level_ns + effect_ns, s->truth->batch_ns);
    put_linearity(s, "level", "twin", s->level_ns, 0);
    put_linearity(s, "level", "planted", s->level_ns, 0);
    put_linearity(s, "contrast", "ab", effect_ns, s->truth->batch_ns);
    put_linearity(s, "contrast", "twin_a", 0, 0);
}

static void put_process(struct synthesis *s, double effect_ns, double planted_cycles)
{
    const struct truth good = good_truth(), *truth = s->truth;
    const struct truth *faults = is_faulty(truth, s->workload) ? truth : &good;
    bool is_get_put = strcmp(s->workload, "get_put") == 0;
    double chain_ns = CHAIN_CYCLES_PER_OP * CYCLE_NS * (1 + 0.001 * normal());
    double cycle_ns = chain_ns / CHAIN_CYCLES_PER_OP;
    double base_ns = s->level_ns + s->sd_ns * normal();
    double difference_ns = effect_ns + s->sd_ns * normal();
    double twin_ns = (is_get_put ? truth->twin_shift_ns : 0) + s->sd_ns * normal();
    double planted_ns = faults->plant_seen * planted_cycles * cycle_ns + s->sd_ns * normal();
    double chain_planted_ns = faults->chain_planted_cycles * cycle_ns * (1 + faults->chain_noise * normal());
    double multiply_ns = CHAIN_MULTIPLIES_PER_OP * faults->multiply_cycles * cycle_ns;
    double tail_ns = is_get_put ? truth->tail_ns : 0;
    const double twin_tail_ns = is_get_put ? truth->twin_tail_ns : 0;
    const double planted_tail_ns = is_get_put ? 0 : truth->planted_tail_ns;
    const double plain_ns = 0.001 * s->level_ns; /* beyond trimmed means, of every arm */
    if (is_get_put && s->process == 10)
        difference_ns += truth->outlier_ns;
    difference_ns += is_get_put && is_shared(s) ? truth->shared_extra_ns : 0;
    if (is_get_put && truth->frozen_twin)
        twin_ns = 0;
    if (is_get_put && truth->frozen_ns > 0)
        difference_ns = truth->frozen_ns + (s->process + 2 == 2 * truth->processes ? truth->frozen_last : 0);

    put_arm(s, "a", "baseline", "a", base_ns, base_ns + plain_ns);
    put_arm(s, "b", "contender", "b", base_ns + difference_ns, base_ns + difference_ns + plain_ns + tail_ns);
    put_arm(s, "twin", "twin", "a", base_ns + twin_ns, base_ns + twin_ns + plain_ns + twin_tail_ns);
    put_arm(s, "planted", "planted", "a", base_ns + planted_ns, base_ns + planted_ns + plain_ns + planted_tail_ns);
    if (!truth->without_chain)
        put_arm(s, "chain", "clock", "chain", chain_ns, chain_ns + plain_ns);
    put_arm(s, "chain_planted", "clock", "chain", chain_ns + chain_planted_ns, chain_ns + chain_planted_ns + plain_ns);
    put_arm(s, "chain_multiply", "clock", "chain", multiply_ns, multiply_ns + plain_ns);
    put_contrast(s, "ab", difference_ns, truth->frozen_ns > 0 ? base_ns : s->level_ns, tail_ns);
    if (!truth->without_twin)
        put_contrast(s, "twin_a", twin_ns, s->level_ns, twin_tail_ns);
    if (!truth->without_planted)
        put_contrast(s, "planted_a", planted_ns, s->level_ns, planted_tail_ns);
    if (!truth->without_chain && !(truth->clock_missing && s->process == 0))
        put_contrast(s, "chain_planted", chain_planted_ns, chain_ns, 0);
    put_sizes(s, effect_ns);
}

static void put_other_process(struct synthesis *s)
{
    const double twin_ns = s->sd_ns * normal();
    put_arm(s, "a", "baseline", "a", s->level_ns, s->level_ns);
    put_arm(s, "b", "contender", "b", s->level_ns, s->level_ns);
    put_arm(s, "twin", "twin", "a", s->level_ns + twin_ns, s->level_ns + twin_ns);
    put_contrast(s, "ab_other", 0, s->level_ns, 0);
    put_contrast(s, "twin_other", twin_ns, s->level_ns, 0);
}

static void write_timing(const char *directory, const struct truth *truth)
{
    struct synthesis s = {.truth = truth};
    noise_state = 20251115;
    s.processes = open_writer(directory, &schema_processes);
    s.contrasts = open_writer(directory, &schema_contrasts);
    s.state_contrasts = open_writer(directory, &schema_state_contrasts);
    s.linearity = truth->linearity ? open_writer(directory, &schema_linearity) : NULL;
    for (unsigned i = 0; i < 2 * truth->processes; i++) {
        bool is_get_put = i % 2 == 0;
        s.process = i;
        s.panel = "field";
        s.workload = is_get_put ? "get_put" : "to_string_1k";
        s.level_ns = is_get_put ? GET_PUT_NS : TO_STRING_NS;
        s.sd_ns = truth->noise * (is_get_put ? 0.05 : 4.5);
        s.is_void = i < truth->void_processes;
        put_process(&s, is_get_put ? GET_PUT_EFFECT_NS : TO_STRING_NS * TO_STRING_EFFECT_PERCENT / 100,
                    is_get_put ? 32 : 64);
    }
    for (unsigned i = 0; i < 20 * truth->extra_cells; i++) {
        char name[32];
        snprintf(name, sizeof name, "extra_%u", i / 20);
        s.process = 2000 + i;
        s.workload = name;
        s.level_ns = truth->long_ns > 0 ? truth->long_ns : EXTRA_NS;
        s.sd_ns = truth->noise * 0.5;
        s.is_void = false;
        put_process(&s, truth->extra_effect_ns, 64);
    }
    for (unsigned i = 0; truth->other_panel && i < 20; i++) {
        s.process = 1000 + i;
        s.panel = "other";
        s.workload = "get_put";
        s.level_ns = GET_PUT_NS;
        s.sd_ns = 0.5;
        s.is_void = false;
        put_other_process(&s);
    }
    if (truth->linearity)
        close_writer(s.linearity);
    close_writer(s.processes);
    close_writer(s.contrasts);
    close_writer(s.state_contrasts);
}

/* As a program wrote it that did not have the last columns. */
static void cut_columns(const char *directory, const struct csv_table *table, size_t columns)
{
    struct error error = {0};
    struct csv_data data;
    assert_int_equal(csv_read(path_in(directory, table->file), table, &data, &error), 0);
    const struct csv_table shorter = {table->file, table->row_is, table->columns, columns};
    struct csv_writer *writer = open_writer(directory, &shorter);
    for (size_t row = 0; row < data.row_count; row++) {
        for (size_t column = 0; column < columns; column++)
            if (table->columns[column].type == CSV_TEXT)
                csv_put_text(writer, csv_text(&data, row, column));
            else if (table->columns[column].type == CSV_INTEGER)
                csv_put_integer(writer, csv_integer(&data, row, column));
            else
                csv_put_number(writer, csv_number(&data, row, column));
        csv_end_row(writer);
    }
    close_writer(writer);
    csv_free(&data);
}

static void make_run(const char *directory, const struct truth *truth)
{
    unlink(path_in(directory, schema_linearity.file));
    write_exact(directory, truth);
    write_timing(directory, truth);
    if (truth->without_split)
        cut_columns(directory, &schema_contrasts, SCHEMA_contrasts_block_noise_standard_error_ns);
    write_run(directory, truth);
}

/* ---- directories, reading back ---- */

static int make_directory(void **state)
{
    char *directory = strdup(TEST_BINARY_DIR "/analyse_test.XXXXXX");
    *state = directory;
    return directory && mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    char *directory = *state;
    DIR *stream = opendir(directory);
    for (struct dirent *entry; stream && (entry = readdir(stream));)
        if (entry->d_name[0] != '.')
            unlink(path_in(directory, entry->d_name));
    if (stream)
        closedir(stream);
    int code = rmdir(directory);
    free(directory);
    return code;
}

static struct csv_data read_back(const char *directory, const struct csv_table *table)
{
    struct csv_data data;
    struct error error = {0};
    if (csv_read(path_in(directory, table->file), table, &data, &error) != 0)
        fail_msg("%s", error.message);
    return data;
}

/* Whatever is said to be not resolvable has a reason, and nothing else has: a cell of words, and the column of why. */
static void expect_reasons(const char *directory, const struct csv_table *table, size_t words, size_t reason)
{
    struct csv_data data = read_back(directory, table);
    for (size_t row = 0; row < data.row_count; row++) {
        if (table == &schema_verdicts && strcmp(csv_text(&data, row, SCHEMA_verdicts_part), "all") == 0)
            continue;
        const bool open = strcmp(csv_text(&data, row, words), "not resolvable here") == 0;
        if (open == csv_is_empty(&data, row, reason))
            fail_msg("%s:%zu: %s; why: \"%s\"", data.path, row + 2, csv_text(&data, row, words),
                     csv_text(&data, row, reason));
    }
    csv_free(&data);
}

/* Of every run of this test. */
static struct analyse_summary analyse(const char *directory)
{
    struct analyse_summary summary;
    struct error error = {0};
    if (analyse_run(directory, &summary, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(summary.not_resolvable > 0, summary.open[0] != '\0');
    expect_reasons(directory, &schema_effects, SCHEMA_effects_words, SCHEMA_effects_reason);
    expect_reasons(directory, &schema_verdicts, SCHEMA_verdicts_verdict, SCHEMA_verdicts_brief);
    return summary;
}

static struct analyse_summary analyse_truth(const char *directory, const struct truth *truth)
{
    make_run(directory, truth);
    return analyse(directory);
}

static size_t find_row(const struct csv_data *data, size_t column, const char *value, size_t other_column,
                       const char *other)
{
    for (size_t row = 0; row < data->row_count; row++)
        if (strcmp(csv_text(data, row, column), value) == 0 && strcmp(csv_text(data, row, other_column), other) == 0)
            return row;
    fail_msg("%s has no row with %s and %s", data->path, value, other);
    return 0;
}

static size_t part_row(const struct csv_data *verdicts, const char *claim, const char *part)
{
    return find_row(verdicts, SCHEMA_verdicts_claim, claim, SCHEMA_verdicts_part, part);
}

/* The part has this verdict and a reason that contains the text. */
static void expect_part(const char *directory, const char *claim, const char *part, const char *verdict,
                        const char *reason)
{
    struct csv_data verdicts = read_back(directory, &schema_verdicts);
    size_t row = part_row(&verdicts, claim, part);
    const char *got = csv_text(&verdicts, row, SCHEMA_verdicts_verdict),
               *why = csv_text(&verdicts, row, SCHEMA_verdicts_reason);
    if (strcmp(got, verdict) != 0 || !strstr(why, reason))
        fail_msg("%s%s: %s because %s; expected %s because ... %s", claim, part, got, why, verdict, reason);
    csv_free(&verdicts);
}

/* What of it stands in columns of its own. */
static void expect_columns(const char *directory, const char *claim, const char *part, const char *role,
                           const char *measured, const char *brief)
{
    struct csv_data verdicts = read_back(directory, &schema_verdicts);
    const size_t row = part_row(&verdicts, claim, part);
    assert_string_equal(csv_text(&verdicts, row, SCHEMA_verdicts_role), role);
    assert_string_equal(csv_text(&verdicts, row, SCHEMA_verdicts_measured), measured);
    assert_string_equal(csv_text(&verdicts, row, SCHEMA_verdicts_brief), brief);
    csv_free(&verdicts);
}

static double verdict_number(const char *directory, const char *claim, const char *part, size_t column)
{
    struct csv_data verdicts = read_back(directory, &schema_verdicts);
    double number = csv_number(&verdicts, part_row(&verdicts, claim, part), column);
    csv_free(&verdicts);
    return number;
}

static void expect_control(const char *directory, const char *control, const char *subject, const char *status,
                           const char *reason)
{
    struct csv_data controls = read_back(directory, &schema_controls);
    size_t row = find_row(&controls, SCHEMA_controls_control, control, SCHEMA_controls_subject, subject);
    assert_string_equal(csv_text(&controls, row, SCHEMA_controls_status), status);
    const char *why = csv_text(&controls, row, SCHEMA_controls_reason);
    if (!strstr(why, reason))
        fail_msg("control %s: %s; expected ... %s", control, why, reason);
    csv_free(&controls);
}

/* ---- truths ---- */

static void known_truths_are_judged_right(void **state)
{
    const char *directory = *state;
    const struct truth truth = good_truth();
    struct analyse_summary summary = analyse_truth(directory, &truth);
    assert_false(summary.run_invalid);
    assert_string_equal(summary.reason, "");
    expect_part(directory, "1", "a", "confirmed", "inside by");
    expect_part(directory, "1", "b", "confirmed", "inside by");
    expect_part(directory, "1", "all", "confirmed", "1a confirmed; 1b confirmed");
    expect_part(directory, "2", "a", "refuted", "outside by");
    expect_part(directory, "2", "b", "confirmed", "inside by");
    expect_part(directory, "2", "b", "confirmed", " and the interval by ");
    expect_part(directory, "2", "all", "refuted", "2a refuted; 2b confirmed");
    expect_part(directory, "3", "a", "not resolvable here", "MDE");
    expect_part(directory, "3", "b", "not resolvable here", "not measured yet: time on put");
    expect_part(directory, "4", "a", "confirmed", "time 10");
    expect_part(directory, "5", "a", "confirmed", "by composition; assumes no interaction");
    expect_part(directory, "6", "a", "confirmed", "1: allocations_per_op of a on get_put = 1; in [1; 1]");
    expect_part(directory, "6", "b", "confirmed", "difference = -8");
    expect_part(directory, "6", "c", "confirmed", "reduction in percent = 16.67");
    expect_part(directory, "6", "d", "confirmed", "pool_hits_per_get on all 2 (get_put to to_string_1k)");
    expect_part(directory, "6", "e", "refuted", "= 2048; not in (2048; 4096]");
    expect_part(directory, "6", "f", "not resolvable here", "unstable");
    expect_part(directory, "7", "a", "confirmed", "= 0");
    expect_part(directory, "7", "b", "confirmed", "= 64");
    expect_part(directory, "8", "a", "confirmed", "claim 1 is confirmed");
    expect_part(directory, "8", "b", "refuted", "claim 2 is refuted");
    assert_int_equal(summary.confirmed, 12);
    assert_int_equal(summary.refuted, 3);
    assert_int_equal(summary.not_resolvable, 2);
    assert_int_equal(summary.not_measured, 1); /* 3b */
    assert_int_equal(summary.invalid, 0);
    assert_int_equal(summary.timing_open, 1);
    assert_true(verdict_number(directory, "3", "a", SCHEMA_verdicts_processes_needed) > 20);
    assert_true(isnan(verdict_number(directory, "2", "a", SCHEMA_verdicts_processes_needed)));
}

static void reversed_comparisons_are_mirrored(void **state)
{
    const char *directory = *state;
    const struct truth truth = good_truth();
    analyse_truth(directory, &truth);
    double low = verdict_number(directory, "1", "a", SCHEMA_verdicts_ci_low);
    double high = verdict_number(directory, "1", "a", SCHEMA_verdicts_ci_high);
    double estimate = verdict_number(directory, "1", "a", SCHEMA_verdicts_estimate);
    assert_true(fabs(estimate - GET_PUT_EFFECT_NS) < 0.05 && low < estimate && estimate < high);
    assert_true(verdict_number(directory, "1", "b", SCHEMA_verdicts_estimate) == -estimate);
    assert_true(verdict_number(directory, "1", "b", SCHEMA_verdicts_ci_low) == -high);
    assert_true(verdict_number(directory, "1", "b", SCHEMA_verdicts_ci_high) == -low);

    /* 2a: by how much less time b takes; 2b: by how much less a takes; 3a: how much more b takes */
    double more = 1 + verdict_number(directory, "3", "a", SCHEMA_verdicts_estimate) / 100;
    double less_b = 1 - verdict_number(directory, "2", "a", SCHEMA_verdicts_estimate) / 100;
    double less_a = 1 - verdict_number(directory, "2", "b", SCHEMA_verdicts_estimate) / 100;
    assert_true(fabs(more - 1.05) < 0.005);
    assert_true(fabs(less_b - more) < 1e-12);
    assert_true(fabs(less_a - 1 / more) < 1e-12);
    double a_low = 1 - verdict_number(directory, "2", "b", SCHEMA_verdicts_ci_low) / 100;
    double a_high = 1 - verdict_number(directory, "2", "b", SCHEMA_verdicts_ci_high) / 100;
    double more_low = 1 + verdict_number(directory, "3", "a", SCHEMA_verdicts_ci_low) / 100;
    double more_high = 1 + verdict_number(directory, "3", "a", SCHEMA_verdicts_ci_high) / 100;
    assert_true(fabs(a_low - 1 / more_low) < 1e-12 && fabs(a_high - 1 / more_high) < 1e-12);
}

static size_t effect_row(const struct csv_data *effects, const char *contrast, const char *workload, const char *scale)
{
    for (size_t row = 0; row < effects->row_count; row++)
        if (strcmp(csv_text(effects, row, SCHEMA_effects_contrast), contrast) == 0 &&
            strcmp(csv_text(effects, row, SCHEMA_effects_workload), workload) == 0 &&
            strcmp(csv_text(effects, row, SCHEMA_effects_scale), scale) == 0)
            return row;
    fail_msg("no effect %s on %s", contrast, workload);
    return 0;
}

static void effects_say_what_they_decide(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.profile = "default";
    truth.processes = truth.look_processes = 64;
    truth.error_share = 0.7;
    analyse_truth(directory, &truth);
    struct csv_data effects = read_back(directory, &schema_effects);
    assert_int_equal(effects.row_count, 2 * 2 * 3);
    size_t row = effect_row(&effects, "ab", "get_put", "absolute");
    assert_string_equal(csv_text(&effects, row, SCHEMA_effects_parts), "1a 1b");
    double alpha_part = 0.01 * 0.7 / TIMING_PARTS;
    assert_true(fabs(csv_number(&effects, row, SCHEMA_effects_confidence) - (1 - alpha_part)) < 1e-15);
    assert_string_equal(csv_text(&effects, row, SCHEMA_effects_words), "equivalent within");
    assert_true(csv_number(&effects, row, SCHEMA_effects_twin_low) < 0 &&
                csv_number(&effects, row, SCHEMA_effects_twin_high) > 0);
    double total = csv_number(&effects, row, SCHEMA_effects_process_sd);
    double within = csv_number(&effects, row, SCHEMA_effects_within_sd);
    double between = csv_number(&effects, row, SCHEMA_effects_between_sd);
    assert_true(fabs(within - 0.3 * 0.05) < 1e-9 && fabs(total * total - within * within - between * between) < 1e-9);

    row = effect_row(&effects, "ab", "get_put", "relative");
    assert_string_equal(csv_text(&effects, row, SCHEMA_effects_parts), "");
    assert_true(fabs(csv_number(&effects, row, SCHEMA_effects_confidence) - (1 - 0.007)) < 1e-15);
    assert_true(csv_is_empty(&effects, row, SCHEMA_effects_within_sd));
    row = effect_row(&effects, "ab", "to_string_1k", "relative");
    assert_string_equal(csv_text(&effects, row, SCHEMA_effects_parts), "2a 2b 3a");
    assert_string_equal(csv_text(&effects, row, SCHEMA_effects_words), "slower by");
    assert_true(fabs(csv_number(&effects, row, SCHEMA_effects_estimate) - 5) < 0.5);
    row = effect_row(&effects, "twin_a", "get_put", "absolute");
    assert_string_equal(csv_text(&effects, row, SCHEMA_effects_words), "no difference shown");
    csv_free(&effects);
}

static void expect_words(const char *directory, const char *workload, const char *words)
{
    struct csv_data effects = read_back(directory, &schema_effects);
    const size_t row = effect_row(&effects, "ab", workload, "absolute");
    assert_string_equal(csv_text(&effects, row, SCHEMA_effects_words), words);
    csv_free(&effects);
}

/* On both scales. */
static void expect_unresolvable(const char *directory, const char *workload, const char *reason)
{
    static const char *const scales[] = {"absolute", "relative"};
    struct csv_data effects = read_back(directory, &schema_effects);
    for (size_t i = 0; i < 2; i++) {
        const size_t row = effect_row(&effects, "ab", workload, scales[i]);
        assert_string_equal(csv_text(&effects, row, SCHEMA_effects_words), "not resolvable here");
        assert_string_equal(csv_text(&effects, row, SCHEMA_effects_reason), reason);
    }
    csv_free(&effects);
}

/* A pair of one code is equal by construction, and a twin: get_put differs by nothing, to_string_1k by 5 %. */
static void identical_code_is_another_twin(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    write_rows(directory, &schema_identical_code, "a,b,get_put,yes,\na,b,to_string_1k,no,run: other bytes\n");
    assert_false(analyse_truth(directory, &truth).run_invalid);
    expect_control(directory, "identical", "field get_put", "holds", "");
    expect_words(directory, "get_put", "equal by construction");
    expect_words(directory, "to_string_1k", "slower by");
    struct csv_data controls = read_back(directory, &schema_controls);
    assert_int_equal(controls.row_count, 2 * 5 + 9 + 3 + 1); /* and none of to_string_1k */
    csv_free(&controls);

    write_rows(directory, &schema_identical_code, "a,b,get_put,not available,\na,b,to_string_1k,yes,\n");
    const struct analyse_summary summary = analyse_truth(directory, &truth);
    assert_true(summary.run_invalid);
    assert_non_null(
        strstr(summary.reason, "control twins failed (run): field to_string_1k: identical code differs by"));
    expect_words(directory, "get_put", "not resolvable here");
    expect_words(directory, "to_string_1k", "equal by construction");
}

static void levels_are_in_ns_and_cycles(void **state)
{
    const char *directory = *state;
    const struct truth truth = good_truth();
    analyse_truth(directory, &truth);
    struct csv_data levels = read_back(directory, &schema_levels);
    assert_int_equal(levels.row_count, 2 * 7);
    size_t row = find_row(&levels, SCHEMA_levels_workload, "get_put", SCHEMA_levels_arm, "a");
    assert_true(fabs(csv_number(&levels, row, SCHEMA_levels_confidence) - (1 - 0.01 / TIMING_PARTS)) < 1e-15);
    assert_true(fabs(csv_number(&levels, row, SCHEMA_levels_time_ns_per_op) - GET_PUT_NS) < 0.05);
    assert_true(fabs(csv_number(&levels, row, SCHEMA_levels_cycles_per_op) - GET_PUT_NS / CYCLE_NS) < 0.2);
    assert_true(csv_number(&levels, row, SCHEMA_levels_floor_ns) <=
                csv_number(&levels, row, SCHEMA_levels_decile_1_ns));
    assert_true(csv_number(&levels, row, SCHEMA_levels_decile_1_ns) <
                csv_number(&levels, row, SCHEMA_levels_decile_9_ns));
    row = find_row(&levels, SCHEMA_levels_workload, "get_put", SCHEMA_levels_arm, "chain");
    assert_true(fabs(csv_number(&levels, row, SCHEMA_levels_cycles_per_op) - CHAIN_CYCLES_PER_OP) < 1e-9);
    csv_free(&levels);
}

/* ---- machine states ---- */

/* Row of state_effects.csv; the table's row count when there is none. */
static size_t state_row(const struct csv_data *table, const char *contrast, const char *workload, const char *scale,
                        const char *state)
{
    size_t row = 0;
    while (row < table->row_count && (strcmp(csv_text(table, row, SCHEMA_state_effects_contrast), contrast) != 0 ||
                                      strcmp(csv_text(table, row, SCHEMA_state_effects_workload), workload) != 0 ||
                                      strcmp(csv_text(table, row, SCHEMA_state_effects_scale), scale) != 0 ||
                                      strcmp(csv_text(table, row, SCHEMA_state_effects_state), state) != 0))
        row++;
    return row;
}

/* The effect of b on get_put in each state and whether it differs; that of no other effect does. */
static void expect_states(const char *directory, const struct truth *truth, double quiet_ns, double shared_ns,
                          const char *differs, int64_t processes_both)
{
    analyse_truth(directory, truth);
    struct csv_data table = read_back(directory, &schema_state_effects);
    static const char *const scales[] = {"absolute", "relative"};
    for (size_t i = 0; i < 2; i++) {
        const double unit = i == 0 ? 1 : 100 / GET_PUT_NS;
        const size_t quiet = state_row(&table, "ab", "get_put", scales[i], "quiet");
        const size_t shared = state_row(&table, "ab", "get_put", scales[i], "shared");
        assert_true(quiet < table.row_count && shared < table.row_count);
        assert_float_equal(csv_number(&table, quiet, SCHEMA_state_effects_estimate), quiet_ns * unit, 0.05 * unit);
        assert_float_equal(csv_number(&table, shared, SCHEMA_state_effects_estimate), shared_ns * unit, 0.05 * unit);
        assert_string_equal(csv_text(&table, quiet, SCHEMA_state_effects_differs), differs);
        assert_string_equal(csv_text(&table, shared, SCHEMA_state_effects_differs), differs);
        assert_int_equal(csv_integer(&table, shared, SCHEMA_state_effects_processes_both), processes_both);
        if (processes_both > 0)
            assert_float_equal(csv_number(&table, shared, SCHEMA_state_effects_change), (shared_ns - quiet_ns) * unit,
                               0.02 * unit);
        else
            assert_true(csv_is_empty(&table, shared, SCHEMA_state_effects_change));
    }
    for (size_t row = 0; row < table.row_count; row++)
        if (strcmp(csv_text(&table, row, SCHEMA_state_effects_contrast), "ab") != 0 ||
            strcmp(csv_text(&table, row, SCHEMA_state_effects_workload), "get_put") != 0)
            assert_string_equal(csv_text(&table, row, SCHEMA_state_effects_differs), "no");
    csv_free(&table);
}

static void effects_that_differ_between_states_are_told_from_those_that_do_not(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.states = MIXED;
    expect_states(directory, &truth, GET_PUT_EFFECT_NS, GET_PUT_EFFECT_NS, "no", 20);
    truth.shared_extra_ns = 0.03; /* less than the spread of the effect over processes: seen within each process */
    expect_states(directory, &truth, GET_PUT_EFFECT_NS, GET_PUT_EFFECT_NS + 0.03, "yes", 20);
    truth.shared_extra_ns = -0.03;
    expect_states(directory, &truth, GET_PUT_EFFECT_NS, GET_PUT_EFFECT_NS - 0.03, "yes", 20);
    truth.unseen = 5;
    expect_states(directory, &truth, GET_PUT_EFFECT_NS, GET_PUT_EFFECT_NS - 0.03, "yes", 15);
}

/* No process had both: what the states' intervals say, with processes enough for half of them to have one. */
static void processes_wholly_in_one_state_count_for_it(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.states = ONE_OR_THE_OTHER;
    truth.profile = "default";
    truth.processes = truth.look_processes = 64;
    truth.error_share = 0.7;
    expect_states(directory, &truth, GET_PUT_EFFECT_NS, GET_PUT_EFFECT_NS, "no", 0);
    truth.shared_extra_ns = 0.3;
    expect_states(directory, &truth, GET_PUT_EFFECT_NS, GET_PUT_EFFECT_NS + 0.3, "yes", 0);
}

static void one_state_alone_is_nothing_to_compare(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    analyse_truth(directory, &truth);
    struct csv_data table = read_back(directory, &schema_state_effects);
    assert_int_equal(table.row_count, 0);
    csv_free(&table);
    truth.states = MIXED;
    truth.unseen = 19; /* told apart by a mode that was not the fast one */
    analyse_truth(directory, &truth);
    table = read_back(directory, &schema_state_effects);
    assert_int_equal(table.row_count, 0);
    csv_free(&table);
}

/* ---- objections ---- */

static void expect_refusal(const char *directory, const char *message);

static void noise_and_tails_leave_parts_open(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.tail_ns = 2; /* the plain means lie outside (-1, 1) */
    analyse_truth(directory, &truth);
    expect_part(directory, "1", "a", "not resolvable here", "tail-dependent");
    expect_part(directory, "2", "a", "refuted", "outside by");

    truth = good_truth();
    truth.outlier_ns = 8; /* one layout of twenty: the mean cannot be told from 1 ns */
    analyse_truth(directory, &truth);
    expect_part(directory, "1", "a", "not resolvable here", "layout-dependent");

    truth = good_truth();
    truth.single_layout = true;
    analyse_truth(directory, &truth);
    expect_part(directory, "1", "a", "not resolvable here", "single layout");
    struct csv_data effects = read_back(directory, &schema_effects);
    size_t row = effect_row(&effects, "ab", "to_string_1k", "absolute");
    assert_string_equal(csv_text(&effects, row, SCHEMA_effects_words), "single layout");
    csv_free(&effects);
    truth.without_chain = true; /* and a blind cell, which more processes might mend: the layout would still be one */
    analyse_truth(directory, &truth);
    expect_words(directory, "to_string_1k", "single layout");

    truth = good_truth();
    truth.claims = "1,a,1,model,timing,a,b,get_put,time,ns,-0.07,0.07,(),within what the twin shows\n";
    analyse_truth(directory, &truth);
    expect_part(directory, "1", "a", "not resolvable here", "within what identical code shows");
}

static void expect_blinds(const char *directory, const char *control, const char *subject, const char *blinds);

/* A difference that is the same in every process is not resolved, nor is its ratio, which varies with the level; and
 * neither is confirmed or refuted. */
static void what_does_not_vary_is_open_on_both_scales(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.frozen_ns = 5;
    for (int odd = 0; odd < 2; odd++) {
        truth.frozen_last = odd ? 1e-7 : 0;
        truth.claims = "1,a,1,model,timing,a,b,get_put,time,ns,-1,1,(),it costs 5\n"
                       "1,b,1,model,timing,a,b,get_put,relative_time,percent,10,inf,(),some 50 %\n"
                       "1,c,1,model,timing,a,b,get_put,time,ns,5,inf,(),at its end\n";
        analyse_truth(directory, &truth);
        for (const char *part = "abc"; *part; part++)
            expect_part(directory, "1", (char[]){*part, '\0'}, "not resolvable here", "no spread over processes");
        expect_unresolvable(directory, "get_put", "no spread over processes");
    }
    truth = good_truth(); /* nor is it a noise floor when it is copies that do not vary */
    truth.frozen_twin = true;
    analyse_truth(directory, &truth);
    expect_control(directory, "twins", "field get_put", "not measured", "no spread over processes (twin_a)");
    expect_blinds(directory, "twins", "field get_put", "deciding cell");
    expect_unresolvable(directory, "get_put", "control twins not measured (field get_put)");
    expect_part(directory, "2", "a", "refuted", "outside by");
}

static void opposite_directions_are_an_error(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.opposite = true;
    make_run(directory, &truth);
    /* Where the arms differ by more than half a percent they say so; of less see tests/plots/golden_test.py. */
    expect_refusal(directory, "column log_ratio of contrast ab on get_put: in 8 of 8 processes that differ its sign");
}

static void words_that_say_nothing_say_why(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.profile = "smoke";
    truth.processes = truth.look_processes = 6;
    assert_string_equal(analyse_truth(directory, &truth).open,
                        "7 profile smoke is not for conclusions; 1 unstable; 1 rests on claim 1; 1 rests on claim 2");
    expect_unresolvable(directory, "get_put", "profile smoke is not for conclusions");
    truth = good_truth();
    truth.drift_ppm = 500;
    analyse_truth(directory, &truth);
    expect_unresolvable(directory, "get_put", "control clock failed (run)");
    truth = good_truth();
    truth.complete = "no";
    analyse_truth(directory, &truth);
    expect_unresolvable(directory, "get_put", "the run is not complete");
    truth = good_truth();
    truth.without_chain = true;
    truth.only = "get_put";
    analyse_truth(directory, &truth);
    struct csv_data effects = read_back(directory, &schema_effects);
    assert_non_null(strstr(csv_text(&effects, effect_row(&effects, "ab", "get_put", "relative"), SCHEMA_effects_reason),
                           "control "));
    csv_free(&effects);
}

/* Cause, component (NULL: none) and whether a number of processes would decide the part; the number. */
static double expect_open(const char *directory, const char *claim, const char *part, const char *cause,
                          const char *responsible, bool any_number, const char *words)
{
    struct csv_data verdicts = read_back(directory, &schema_verdicts);
    const size_t row = part_row(&verdicts, claim, part);
    const double needed = csv_number(&verdicts, row, SCHEMA_verdicts_processes_needed);
    assert_string_equal(csv_text(&verdicts, row, SCHEMA_verdicts_cause), cause);
    assert_string_equal(csv_text(&verdicts, row, SCHEMA_verdicts_responsible), responsible ? responsible : "");
    assert_int_equal(isnan(csv_number(&verdicts, row, SCHEMA_verdicts_responsible_share_percent)), responsible == NULL);
    assert_int_equal(!isnan(needed), any_number);
    if (!strstr(csv_text(&verdicts, row, SCHEMA_verdicts_reason), words))
        fail_msg("%s", csv_text(&verdicts, row, SCHEMA_verdicts_reason));
    csv_free(&verdicts);
    return needed;
}

/* A share of nothing is no figure, and so no verdict: with a reason, as ever. */
static void percent_of_nothing_is_open(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.claims = "1,a,1,model,reduction,a,b,heap,mappings,percent,-inf,inf,(),of no mapping\n";
    analyse_truth(directory, &truth);
    expect_open(directory, "1", "a", "undefined", NULL, false, "not resolvable here: a share of nothing");
    expect_columns(directory, "1", "a", "claim", "yes", "a share of nothing");
}

static void open_parts_name_what_would_decide_them(void **state)
{
    const char *directory = *state;
    char words[96];
    struct truth truth = good_truth();
    assert_string_equal(analyse_truth(directory, &truth).open, "1 neither inside nor outside; 1 unstable");
    const double straddling =
        expect_open(directory, "3", "a", "straddles", "layout", true, " % of the variance is layout");
    snprintf(words, sizeof words,
             straddling <= 256 ? "; --processes %.0f would decide it" : "; about %.0f processes would", straddling);
    expect_open(directory, "3", "a", "straddles", "layout", true, words);
    expect_open(directory, "1", "a", "decided", NULL, false, "inside by");
    expect_open(directory, "3", "b", "not_measured", NULL, false, "");
    expect_open(directory, "6", "a", "decided", NULL, false, "");
    expect_open(directory, "6", "f", "unstable", NULL, false, "");
    expect_open(directory, "8", "b", "decided", NULL, false, "");

    truth.tail_ns = 2; /* the plain means lie outside (-1, 1), and more of them would */
    analyse_truth(directory, &truth);
    expect_open(directory, "1", "a", "tail", "layout", false, "no number of processes would decide it: the middle");
    expect_open(directory, "8", "a", "rests_on_claims", NULL, false, "claim 1 is not resolvable here");
    truth.tail_ns = 0.95; /* inside by less than their interval is wide */
    analyse_truth(directory, &truth);
    assert_true(expect_open(directory, "1", "a", "tail", "layout", true, "--processes ") > 20);

    truth = good_truth();
    truth.outlier_ns = 8;
    analyse_truth(directory, &truth);
    assert_true(expect_open(directory, "1", "a", "layout", "layout", true, "--processes ") > 20);
    truth = good_truth();
    truth.single_layout = true;
    analyse_truth(directory, &truth);
    expect_open(directory, "1", "a", "single_layout", "layout", false, "offer an object file");
    truth = good_truth();
    truth.claims = "1,a,1,model,timing,a,b,get_put,time,ns,-0.07,0.07,(),within what the twin shows\n";
    analyse_truth(directory, &truth);
    assert_true(expect_open(directory, "1", "a", "within_twin", "layout", true, "--processes ") > 20);
    truth.claims = synthetic_claims;
    truth.complete = "no";
    analyse_truth(directory, &truth);
    expect_open(directory, "3", "a", "not_complete", NULL, false, "resume it");
    truth = good_truth();
    truth.profile = "smoke";
    truth.processes = truth.look_processes = 6;
    analyse_truth(directory, &truth);
    expect_open(directory, "3", "a", "profile", NULL, false, "not for conclusions");
    truth = good_truth();
    truth.drift_ppm = 500;
    analyse_truth(directory, &truth);
    expect_open(directory, "3", "a", "control", NULL, false, "clock");
}

/* Of a part with several open figures the one that needs most: deciding the others would not decide it. */
static void the_figure_that_needs_most_is_named(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.claims = "1,a,1,model,timing,a,b,to_string_1k,relative_time,percent,-inf,5.3,(),nearly clear\n"
                   "1,a,2,model,timing,a,b,to_string_1k,relative_time,percent,-inf,5.1,(),hardly\n"
                   "2,a,1,model,timing,a,b,to_string_1k,relative_time,percent,-inf,5.3,(),one of two tests\n"
                   "2,a,2,model,timing,a,b,to_string_1k,relative_time,percent,-inf,9,(),clear\n";
    analyse_truth(directory, &truth);
    const double most = verdict_number(directory, "1", "a", SCHEMA_verdicts_processes_needed);
    const double less = verdict_number(directory, "2", "a", SCHEMA_verdicts_processes_needed);
    assert_true(less > 20 && most > 2 * less);
}

/* The planted component is the one that is named; of states too. */
static void the_responsible_component_is_named(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.heap_share = 0.9;
    analyse_truth(directory, &truth);
    expect_open(directory, "3", "a", "straddles", "heap placement", true, " % of the variance is heap placement; ");
    truth.heap_share = 0.2;
    truth.block_share = 0.95;
    analyse_truth(directory, &truth);
    expect_open(directory, "3", "a", "straddles", "block", true, " % of the variance is block; ");
    struct csv_data variance = read_back(directory, &schema_variance);
    size_t row = find_row(&variance, SCHEMA_variance_contrast, "ab", SCHEMA_variance_workload, "to_string_1k");
    assert_string_equal(csv_text(&variance, row, SCHEMA_variance_status), "split");
    assert_true(fabs(csv_number(&variance, row, SCHEMA_variance_block_sd_ns) - 0.95 * 4.5) < 1e-9);
    assert_true(fabs(csv_number(&variance, row, SCHEMA_variance_heap_sd_ns) - 0.2 * 4.5) < 1e-9);
    assert_true(csv_number(&variance, row, SCHEMA_variance_processes) == 20);
    csv_free(&variance);

    truth = good_truth();
    truth.claims = "1,a,1,model,timing,a,b,get_put,time,ns,-0.2,0.2,(),of one state and of the other\n";
    truth.states = ONE_OR_THE_OTHER;
    truth.shared_extra_ns = 0.3;
    analyse_truth(directory, &truth);
    expect_open(directory, "1", "a", "straddles", "state", true, " % of the variance is state; ");

    truth = good_truth();
    truth.without_split = true; /* a run of before: judged all the same */
    analyse_truth(directory, &truth);
    assert_true(expect_open(directory, "3", "a", "straddles", NULL, true, "MDE") > 20);
    variance = read_back(directory, &schema_variance);
    row = find_row(&variance, SCHEMA_variance_contrast, "ab", SCHEMA_variance_workload, "get_put");
    assert_string_equal(csv_text(&variance, row, SCHEMA_variance_status), "not split");
    assert_true(csv_is_empty(&variance, row, SCHEMA_variance_largest) &&
                !csv_is_empty(&variance, row, SCHEMA_variance_reason) &&
                csv_number(&variance, row, SCHEMA_variance_sd_ns) > 0);
    csv_free(&variance);
}

/* --processes N: other looks, fixed by the profile and N alone. */
static void asked_processes_are_looks_of_their_own(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.profile = "default";
    truth.asked_processes = truth.processes = truth.look_processes = 40;
    truth.error_share = 0.7;
    assert_false(analyse_truth(directory, &truth).run_invalid);
    expect_part(directory, "2", "b", "confirmed", "inside by");
    truth.claims = "1,a,1,model,exact,,a,get_put,allocations_per_op,count,1,1,[],no timing\n";
    truth.exploratory = true; /* they get as many */
    analyse_truth(directory, &truth);
    truth.asked_processes = 190;
    make_run(directory, &truth);
    unlink(path_in(directory, schema_verdicts.file));
    expect_refusal(directory, "look_processes is \"40\"; expected a look of the profile");
    truth.asked_processes = 40;
    truth.error_share = 1;
    make_run(directory, &truth);
    expect_refusal(directory, "error_share is \"1\"; expected the share of that look of the profile");
    truth.asked_processes = 257;
    make_run(directory, &truth);
    expect_refusal(directory, "asked_processes is \"257\"; expected a number of processes that --processes takes");
}

/* The twin in the same processes is the noise floor; one in a noisier panel of its own says nothing about them. */
static void the_twin_of_the_panel_is_the_noise_floor(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.claims = "1,a,1,model,timing,a,b,get_put,time,ns,-0.25,0.25,(),beyond the twin of its panel alone\n";
    analyse_truth(directory, &truth);
    struct csv_data alone = read_back(directory, &schema_effects);
    truth.other_panel = true;
    analyse_truth(directory, &truth);
    expect_part(directory, "1", "a", "confirmed", "inside by");
    struct csv_data both = read_back(directory, &schema_effects);
    size_t row = effect_row(&alone, "ab", "get_put", "absolute");
    const double floor_ns = csv_number(&alone, row, SCHEMA_effects_twin_high);
    row = effect_row(&both, "ab", "get_put", "absolute");
    assert_true(csv_number(&both, row, SCHEMA_effects_twin_high) == floor_ns);
    row = effect_row(&both, "ab_other", "get_put", "absolute");
    const double low = csv_number(&both, row, SCHEMA_effects_twin_low),
                 high = csv_number(&both, row, SCHEMA_effects_twin_high);
    assert_true(high - low > 0.25);
    csv_free(&alone);
    csv_free(&both);
}

/* ---- controls ---- */

/* The run is invalid, for the reason that a control of a cell or of the run gives and `run_reason`: timing parts with
 * data say so, the others keep their verdicts. */
static void expect_invalid_run(const char *directory, const struct truth *truth, const char *control,
                               const char *subject, const char *status, const char *reason, const char *run_reason)
{
    struct analyse_summary summary = analyse_truth(directory, truth);
    assert_true(summary.run_invalid);
    assert_false(summary.deciding_cell_blind);
    assert_int_equal(analyse_exit(&summary), EXIT_UNFIT);
    if (!strstr(summary.reason, run_reason))
        fail_msg("%s; expected ... %s", summary.reason, run_reason);
    expect_control(directory, control, subject, status, reason);
    static const char *const timing[][2] = {{"1", "a"}, {"1", "b"}, {"2", "a"}, {"2", "b"},
                                            {"3", "a"}, {"4", "a"}, {"5", "a"}};
    for (size_t i = 0; i < sizeof timing / sizeof timing[0]; i++)
        expect_part(directory, timing[i][0], timing[i][1], "run invalid", run_reason);
    expect_part(directory, "3", "b", "not resolvable here", "not measured yet");
    expect_part(directory, "6", "a", "confirmed", "");
    expect_part(directory, "8", "b", "run invalid", "claim 2 is run invalid");
    assert_int_equal(summary.invalid, 9);
}

/* By a control that fails in both cells, or of the run. */
static void expect_invalid(const char *directory, const struct truth *truth, const char *control, const char *subject,
                           const char *status, const char *reason)
{
    expect_invalid_run(directory, truth, control, subject, status, reason, reason);
}

enum { ON_GET_PUT = 1, ON_TO_STRING = 2 };

/* The run is valid; of the cells `blind`, which decide claims, nothing is said, and of the others all that was. */
static void expect_blind(const char *directory, const struct truth *truth, const char *control, const char *subject,
                         const char *status, const char *reason, unsigned blind)
{
    static const struct {
        const char *claim, *part, *verdict;
        unsigned cells;
    } parts[] = {{"1", "a", "confirmed", ON_GET_PUT}, {"1", "b", "confirmed", ON_GET_PUT},
                 {"2", "a", "refuted", ON_TO_STRING}, {"2", "b", "confirmed", ON_TO_STRING},
                 {"4", "a", "confirmed", ON_GET_PUT}, {"5", "a", "confirmed", ON_GET_PUT | ON_TO_STRING}};
    const struct analyse_summary summary = analyse_truth(directory, truth);
    if (summary.run_invalid)
        fail_msg("%s", summary.reason);
    assert_true(summary.deciding_cell_blind);
    assert_int_equal(analyse_exit(&summary), EXIT_UNFIT);
    expect_control(directory, control, subject, status, reason);
    const char *word = strcmp(status, "failed") == 0 ? "run invalid" : "not resolvable here";
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].cells & blind)
            expect_part(directory, parts[i].claim, parts[i].part, word, reason);
        else
            expect_part(directory, parts[i].claim, parts[i].part, parts[i].verdict, "");
    expect_part(directory, "8", "a", blind & ON_GET_PUT ? word : "confirmed", "");
    expect_words(directory, "get_put", blind & ON_GET_PUT ? "not resolvable here" : "equivalent within");
    expect_words(directory, "to_string_1k", blind & ON_TO_STRING ? "not resolvable here" : "slower by");
}

static void expect_blinds(const char *directory, const char *control, const char *subject, const char *blinds)
{
    struct csv_data controls = read_back(directory, &schema_controls);
    const size_t row = find_row(&controls, SCHEMA_controls_control, control, SCHEMA_controls_subject, subject);
    assert_string_equal(csv_text(&controls, row, SCHEMA_controls_blinds), blinds);
    csv_free(&controls);
}

static void faultless_runs_hold_every_control(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    analyse_truth(directory, &truth);
    struct csv_data controls = read_back(directory, &schema_controls);
    assert_int_equal(controls.row_count, 2 * 5 + 9 + 3);
    for (size_t row = 0; row < controls.row_count; row++) {
        const bool older = strcmp(csv_text(&controls, row, SCHEMA_controls_control), "linearity") == 0;
        assert_string_equal(csv_text(&controls, row, SCHEMA_controls_status), older ? "not measured" : "holds");
        assert_string_equal(csv_text(&controls, row, SCHEMA_controls_blinds), "nothing");
    }
    csv_free(&controls);
    truth.linearity = true;
    const struct analyse_summary summary = analyse_truth(directory, &truth);
    assert_int_equal(analyse_exit(&summary), EXIT_PASS);
    controls = read_back(directory, &schema_controls);
    assert_int_equal(controls.row_count, 2 * 6 + 8 + 3);
    for (size_t row = 0; row < controls.row_count; row++)
        assert_string_equal(csv_text(&controls, row, SCHEMA_controls_status), "holds");
    csv_free(&controls);
}

static void controls_of_the_run_invalidate_it(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.twin_shift_ns = 0.2;
    expect_invalid(directory, &truth, "twins", "field get_put", "failed", "identical code differs by 0.");
    expect_control(directory, "twins", "run", "failed", "field get_put: identical code differs by");
    truth = good_truth();
    truth.twin_tail_ns = 0.2;
    expect_invalid(directory, &truth, "twins", "field get_put", "failed",
                   "the plain means of identical code differ by");
    truth = good_truth();
    truth.drift_ppm = 150;
    expect_invalid(directory, &truth, "clock", "run", "failed", "drift apart by up to 150 ppm");
    truth = good_truth();
    truth.void_processes = 6; /* 15 % */
    expect_invalid(directory, &truth, "void_processes", "run", "failed", "processes are void");
    truth = good_truth();
    truth.void_processes = 1; /* one of 20 is nothing, but not one that crashed */
    truth.crashes = true;
    expect_invalid(directory, &truth, "void_processes", "run", "failed",
                   "process 0 panel field workload get_put: arm b failed or crashed: killed");
    truth.profile = "smoke"; /* concludes nothing, but would be taken for healthy */
    truth.processes = truth.look_processes = 6;
    make_run(directory, &truth);
    struct analyse_summary summary;
    struct error error = {0};
    assert_int_equal(analyse_run(directory, &summary, &error), 0);
    assert_true(summary.run_invalid);
    truth = good_truth();
    truth.processes = 17; /* three of twenty left no row at all */
    expect_invalid(directory, &truth, "void_processes", "run", "failed", "3 of 20 processes are void or missing");
    truth = good_truth();
    truth.rows_missing = 8; /* process numbers alternate between the workloads */
    expect_invalid(directory, &truth, "void_processes", "run", "failed", "contrast ab has 16 rows for 20 processes");
    truth = good_truth();
    truth.position = 0.62;
    expect_invalid_run(directory, &truth, "interleaving", "field get_put", "failed",
                       "a was timed at 0.5 of a block and b at 0.62", "in 40 of 40 processes the arms did not take");
    truth.position = 0.38;
    expect_invalid_run(directory, &truth, "interleaving", "field to_string_1k", "failed", "drift of the machine",
                       "drift of the machine");
    truth = good_truth();
    truth.sequential = 9; /* the middle process took turns */
    expect_invalid_run(directory, &truth, "interleaving", "field get_put", "failed",
                       "in 9 of 20 processes the arms did not take turns", "in 18 of 40 processes");
    truth.sequential = 3;
    expect_invalid_run(directory, &truth, "interleaving", "field get_put", "failed", "in 3 of 20 processes",
                       "in 6 of 40 processes");
    truth = good_truth();
    truth.layout_count = 19; /* one of them twice */
    expect_invalid(directory, &truth, "layouts", "run", "failed",
                   "19 layouts over 20 processes (a of field on get_put)");
    truth = good_truth();
    truth.layout_form = "offset=16:order=%08x";
    expect_invalid(directory, &truth, "layouts", "run", "failed", "hardly in offset=");
    truth.layout_form = "offset=%u:order=4a8c929b";
    expect_invalid(directory, &truth, "layouts", "run", "failed", "hardly in order=");
    truth.layout_form = "file=3:%u";
    expect_invalid(directory, &truth, "layouts", "run", "failed", "1 layouts over 20 processes");
    truth.layout_form = "offset=%u:order=%08x";
    assert_false(analyse_truth(directory, &truth).run_invalid);
    truth.layout_form = "file=%u:name";
    assert_false(analyse_truth(directory, &truth).run_invalid);
    truth = good_truth();
    truth.twin_has_baselines_layout = true;
    expect_invalid(directory, &truth, "layouts", "run", "failed", "twin has the layout of a in 20 of 20 processes");
    truth = good_truth();
    truth.processes = 21;
    expect_invalid(directory, &truth, "void_processes", "run", "failed", "21 processes where 20 were planned");
}

static void one_control_that_fails_in_two_cells_invalidates_the_run(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.plant_seen = 0;
    expect_invalid(directory, &truth, "planted", "field get_put", "failed", "not detected");
    expect_control(directory, "cells", "run", "failed",
                   "planted failed on field get_put and on field to_string_1k: not detected");
    expect_blinds(directory, "cells", "run", "run");
    expect_blinds(directory, "planted", "field get_put", "deciding cell");
    truth = good_truth();
    truth.noise = 0.3; /* of a whole one the interval on to_string_1k is 10 cycles of 64 to each side */
    truth.plant_seen = 0.4;
    expect_invalid(directory, &truth, "planted", "field get_put", "failed", "seen where 32 were planted: 0.4");
    truth.plant_seen = 1.6;
    expect_invalid(directory, &truth, "planted", "field get_put", "failed", "seen where 32 were planted: 1.6");
    truth = good_truth();
    truth.noise = 3;
    truth.plant_seen =
        -0.6; /* 40 cycles of noise are no excuse where all that is tolerated lies outside of the interval */
    assert_true(analyse_truth(directory, &truth).run_invalid);
    expect_control(directory, "planted", "field to_string_1k", "failed", "not detected");
    truth = good_truth();
    truth.chain_planted_cycles = 30.5;
    expect_invalid(directory, &truth, "chain_planted", "field get_put", "failed", "seen where 32 were planted");
    truth = good_truth();
    truth.multiply_cycles = 3.3;
    expect_invalid(directory, &truth, "chain_multiply", "field get_put", "failed", "a multiplication takes 3.3 cycles");
    truth.multiply_cycles = 7;
    expect_invalid(directory, &truth, "chain_multiply", "field get_put", "failed", "a multiplication takes 7 cycles");
    truth = good_truth();
    truth.log_share = 0.3; /* the relative scale decides claims as well: what is lost there must not pass */
    expect_invalid(directory, &truth, "chain_planted", "field get_put", "failed", "log ratios say");
    expect_control(directory, "planted", "field to_string_1k", "failed", "seen by log ratios where 64 were planted");
}

static void one_control_that_fails_in_one_cell_blinds_that_cell(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.only = "get_put";
    truth.chain_planted_cycles = 30.5;
    expect_blind(directory, &truth, "chain_planted", "field get_put", "failed", "seen where 32 were planted",
                 ON_GET_PUT);
    expect_blinds(directory, "chain_planted", "field get_put", "deciding cell");
    truth = good_truth();
    truth.only = "to_string_1k";
    truth.multiply_cycles = 3.3;
    expect_blind(directory, &truth, "chain_multiply", "field to_string_1k", "failed", "a multiplication takes 3.3",
                 ON_TO_STRING);
    truth.multiply_cycles = 3;
    truth.plant_seen = 0;
    expect_blind(directory, &truth, "planted", "field to_string_1k", "failed", "not detected", ON_TO_STRING);
    truth = good_truth();
    truth.planted_tail_ns = -40; /* the plain means can undo any claim */
    expect_blind(directory, &truth, "planted", "field to_string_1k", "failed", "by plain means where 64 were planted",
                 ON_TO_STRING);
    truth = good_truth(); /* two cells that fail, but not alike */
    truth.planted_tail_ns = -40;
    truth.only = "get_put";
    truth.multiply_cycles = 3.3;
    expect_blind(directory, &truth, "chain_multiply", "field get_put", "failed", "", ON_GET_PUT | ON_TO_STRING);
}

/*
 * A `default` run on a noisy machine: of 33.56 [28.62; 39.74] cycles in one exploratory cell of four blocks, for 32
 * planted, ten parts of claims on other cells were called invalid. The interval holds the truth and is too wide; only
 * its own cell has no verdict.
 */
static void an_imprecise_exploratory_cell_leaves_the_others_alone(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.extra_cells = 8;
    struct analyse_summary faultless = analyse_truth(directory, &truth);
    assert_int_equal(analyse_exit(&faultless), EXIT_PASS);
    expect_words(directory, "extra_3", "slower by");
    truth.only = "extra_3";
    truth.chain_noise = 0.2;
    truth.chain_planted_cycles = 33;
    struct analyse_summary summary = analyse_truth(directory, &truth);
    assert_false(summary.run_invalid);
    assert_false(summary.deciding_cell_blind);
    assert_int_equal(analyse_exit(&summary), EXIT_PASS);
    assert_int_equal(summary.confirmed, faultless.confirmed);
    assert_int_equal(summary.invalid, 0);
    expect_control(directory, "chain_planted", "field extra_3", "imprecise", "processes would decide it");
    expect_blinds(directory, "chain_planted", "field extra_3", "cell");
    expect_control(directory, "cells", "run", "holds", ""); /* 1 of 10 */
    expect_part(directory, "1", "a", "confirmed", "inside by");
    expect_words(directory, "extra_3", "not resolvable here");
    expect_words(directory, "extra_2", "slower by");
    truth.extra_cells = 4; /* 1 of 6 is more than a tenth, and says as little of the others */
    assert_int_equal(analyse_truth(directory, &truth).invalid, 0);
    expect_control(directory, "cells", "run", "holds", "");
    expect_words(directory, "extra_3", "not resolvable here");

    truth.only_too = "extra_2"; /* nor do two, which decide as little */
    assert_int_equal(analyse_truth(directory, &truth).invalid, 0);

    truth.only_too = NULL; /* one of the two cells that decide */
    truth.only = "to_string_1k";
    summary = analyse_truth(directory, &truth);
    assert_false(summary.run_invalid);
    assert_true(summary.deciding_cell_blind);
    truth.only_too = "get_put"; /* both */
    summary = analyse_truth(directory, &truth);
    assert_true(summary.run_invalid);
    assert_non_null(strstr(summary.reason, "2 of 2 panels on workloads that decide claims have an imprecise control"));
    expect_part(directory, "1", "a", "run invalid", "2 of 2 panels on workloads");
    truth.complete = "no"; /* it may still get there */
    assert_false(analyse_truth(directory, &truth).run_invalid);
    expect_control(directory, "cells", "run", "holds", "");

    truth = good_truth(); /* a failed one is not imprecise */
    truth.extra_cells = 7;
    truth.only = "extra_3";
    truth.chain_planted_cycles = 30.5;
    summary = analyse_truth(directory, &truth);
    assert_int_equal(analyse_exit(&summary), EXIT_PASS);
    expect_control(directory, "chain_planted", "field extra_3", "failed", "");
    expect_words(directory, "extra_3", "not resolvable here");
}

static void an_imprecise_deciding_cell_exits_3(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.extra_cells = 8;
    truth.only = "to_string_1k";
    truth.chain_planted_cycles = 31.08; /* 3 % off is 31.04 */
    expect_blind(directory, &truth, "chain_planted", "field to_string_1k", "imprecise", "too imprecise: 31.",
                 ON_TO_STRING);
    truth = good_truth();
    truth.extra_cells = 8;
    truth.only = "get_put";
    truth.multiply_cycles = 3.09;
    truth.plant_seen = 0.5;
    expect_blind(directory, &truth, "planted", "field get_put", "imprecise", "too imprecise: ", ON_GET_PUT);
    truth.complete = "no"; /* not its fault yet */
    const struct analyse_summary summary = analyse_truth(directory, &truth);
    assert_int_equal(analyse_exit(&summary), EXIT_PASS);
}

/* A machine whose CPUs may be one core says nothing at several threads, of that work alone. */
static void threads_have_no_verdict_without_false_sharing(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.threads = 2;
    expect_blind(directory, &truth, "unpadded", "field get_put", "not measured", "no false sharing was planted",
                 ON_GET_PUT);
}

/* ---- the size of a batch ---- */

static void batch_dependence_is_found(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.linearity = true;
    truth.only = "get_put";
    truth.batch_ns = 0.62; /* twice a cycle, which is more than 1 % of 10 ns */
    expect_blind(directory, &truth, "linearity", "field get_put", "failed",
                 "batch-dependent: b on get_put takes 10.02 ns at n = 1024 and 10.6", ON_GET_PUT);
    truth.batch_ns = -0.62;
    expect_blind(directory, &truth, "linearity", "field get_put", "failed", "batch-dependent: b on get_put",
                 ON_GET_PUT);
    truth = good_truth();
    truth.linearity = true;
    truth.only = "to_string_1k";
    truth.batch_ns = 18.9; /* 2 % of 945 ns */
    expect_blind(directory, &truth, "linearity", "field to_string_1k", "failed", "at n = 1024 and 96", ON_TO_STRING);
    truth.batch_ns = 2; /* 0.2 % */
    assert_false(analyse_truth(directory, &truth).deciding_cell_blind);
    truth.only = NULL;
    truth.batch_ns = 18.9;
    expect_invalid(directory, &truth, "linearity", "field get_put", "failed", "batch-dependent");
    truth.extra_cells = 3; /* two ops that decide nothing depend on it: that is theirs */
    truth.only = "extra_1";
    truth.only_too = "extra_2";
    assert_false(analyse_truth(directory, &truth).run_invalid);
    expect_control(directory, "linearity", "field extra_1", "failed", "batch-dependent");
    expect_control(directory, "linearity", "field extra_2", "failed", "batch-dependent");
    expect_control(directory, "cells", "run", "holds", "");
    expect_words(directory, "extra_1", "not resolvable here");
}

/* Half the region is 0.05 ns, where the arms may differ by a cycle. */
static void batch_dependence_of_a_contrast_is_held_against_its_region(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.claims = "1,a,1,model,timing,a,b,get_put,time,ns,-0.1,0.1,(),b costs less than 0.1 ns\n"
                   "2,a,1,model,timing,b,a,to_string_1k,time_reduction,percent,3,7,[],a is faster by 4.8 %\n";
    truth.linearity = true;
    truth.only = "get_put";
    truth.batch_ns = 0.15;
    analyse_truth(directory, &truth);
    expect_control(directory, "linearity", "field get_put", "failed", "batch-dependent: ab on get_put is 0.0");
    expect_part(directory, "1", "a", "run invalid", "batch-dependent: ab");
    expect_part(directory, "2", "a", "confirmed", "");
    truth.claims = "1,a,1,model,timing,a,b,get_put,time,ns,-1,1,(),b costs less than 1 ns\n"; /* half of it is 0.5 */
    assert_int_equal(analyse_truth(directory, &truth).confirmed, 1);
    expect_control(directory, "linearity", "field get_put", "holds", "");
}

static void batches_that_are_too_noisy_are_imprecise(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.linearity = true;
    truth.extra_cells = 8;
    truth.batch_noise = 3; /* 0.15 ns on get_put; 13 on to_string_1k, which is 1.5 %; 1.5 on the others */
    truth.claims = synthetic_claims;
    /* All but one of ten, and one that decides: each leaves its own cell without a verdict, and the run stands. */
    struct analyse_summary summary = analyse_truth(directory, &truth);
    assert_false(summary.run_invalid);
    assert_true(summary.deciding_cell_blind);
    expect_control(directory, "linearity", "field to_string_1k", "imprecise", "processes would decide it");
    expect_control(directory, "linearity", "field extra_1", "imprecise", "processes would decide it");
    expect_blinds(directory, "linearity", "field extra_1", "cell");
    expect_words(directory, "extra_1", "not resolvable here");
    expect_control(directory, "linearity", "field get_put", "holds", ""); /* 0.13 ns of half a region of 0.45 */
    /* The arms hold, and the contrast is too imprecise for its MDE of 0.5 ns: 3 ns clear that bar, not 0.6. */
    truth.batch_noise = 0.9;
    summary = analyse_truth(directory, &truth);
    assert_int_equal(analyse_exit(&summary), EXIT_PASS);
    expect_control(directory, "linearity", "field extra_1", "holds", "some contrasts are too imprecise");
    expect_words(directory, "extra_1", "slower by");
    truth.extra_effect_ns = 0.5;
    truth.batch_noise = 0.5;
    analyse_truth(directory, &truth);
    expect_words(directory, "extra_1", "slower by");
    truth.batch_noise = 1;
    truth.only = "extra_1";
    truth.batch_ns = 0.65;
    summary = analyse_truth(directory, &truth);
    assert_int_equal(analyse_exit(&summary), EXIT_PASS);
    expect_words(directory, "extra_1", "not resolvable here");
}

/*
 * On a core that others use a third of the processes know their own change hardly at all, and say so. They do not drown
 * the others; where nobody says so, as in older runs, they do; and a fault is found among them.
 */
static void wild_processes_count_little(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.linearity = true;
    truth.only = "to_string_1k";
    truth.batch_noise = 0.5;
    truth.batch_wild = 40;
    assert_false(analyse_truth(directory, &truth).deciding_cell_blind);
    expect_control(directory, "linearity", "field to_string_1k", "holds", "");
    truth.batch_ns = 18.9; /* twice what is tolerated */
    expect_blind(directory, &truth, "linearity", "field to_string_1k", "failed", "batch-dependent: b on to_string_1k",
                 ON_TO_STRING);
    truth.batch_ns = 0;
    truth.batch_without_errors = true;
    truth.batch_noise = 2;
    expect_blind(directory, &truth, "linearity", "field to_string_1k", "imprecise", "", ON_TO_STRING);
}

/* A batch of one op of 60 us has no other size in any run: that it is too noisy for two of them blinds nobody, that it
 * depends on it does. One of 40 us might be one of two in the next run. */
static void a_batch_of_one_long_op_needs_no_other_size(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.linearity = true;
    truth.extra_cells = 3;
    truth.long_ns = 60e3;
    truth.only = "extra_1";
    truth.batch_noise = 5000;
    struct analyse_summary summary = analyse_truth(directory, &truth);
    assert_false(summary.run_invalid);
    expect_control(directory, "linearity", "field extra_1", "imprecise",
                   "no run has another size: nobody is blind for it");
    expect_blinds(directory, "linearity", "field extra_1", "nothing");
    expect_words(directory, "extra_1", "slower by");
    expect_control(directory, "cells", "run", "holds", "");
    truth.batch_noise = 1;
    truth.batch_ns = 1300;
    truth.batch_at_double = true;
    analyse_truth(directory, &truth);
    expect_control(directory, "linearity", "field extra_1", "failed", "batch-dependent: b on extra_1");
    expect_words(directory, "extra_1", "not resolvable here");
    truth.batch_ns = 0;
    truth.batch_noise = 5000;
    truth.long_ns = 40e3;
    analyse_truth(directory, &truth);
    expect_control(directory, "linearity", "field extra_1", "imprecise", "processes would decide it");
    expect_blinds(directory, "linearity", "field extra_1", "cell");
    expect_words(directory, "extra_1", "not resolvable here");
}

/* Margin 0.17 ns, MDE 0.05: what another size may change, 0.2 ns, is within what the arms may and more than the claim
 * has to spare. */
static void a_verdict_needs_a_margin_beyond_the_change_by_another_size(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.claims = "1,a,1,model,timing,a,b,get_put,time,ns,-0.15,inf,(),b costs not 0.15 ns less\n";
    truth.linearity = true;
    truth.only = "get_put";
    assert_int_equal(analyse_truth(directory, &truth).confirmed, 1);
    truth.batch_ns = 0.08;
    truth.batch_noise = 2.5;
    analyse_truth(directory, &truth);
    expect_control(directory, "linearity", "field get_put", "holds", "some contrasts are too imprecise");
    expect_part(directory, "1", "a", "not resolvable here", "is within what another size of the batch may change");
}

static void missing_sizes_are_not_measured(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.linearity = true;
    truth.without_size = "ab"; /* in more than half of the processes of two cells */
    truth.without_processes = 2 * 11;
    expect_blind(directory, &truth, "linearity", "field get_put", "not measured",
                 "only 9 of 20 processes have ab at another size", ON_GET_PUT | ON_TO_STRING);
    truth.without_processes = 2 * 10;
    assert_false(analyse_truth(directory, &truth).deciding_cell_blind);
    truth.without_processes = 2 * 11;
    truth.without_size = "twin";
    expect_blind(directory, &truth, "linearity", "field get_put", "not measured", "have twin at another size",
                 ON_GET_PUT | ON_TO_STRING);
    truth.without_size = "twin_a"; /* of which nothing is claimed */
    assert_false(analyse_truth(directory, &truth).deciding_cell_blind);
    truth = good_truth();
    assert_false(analyse_truth(directory, &truth).deciding_cell_blind);
    expect_control(directory, "linearity", "run", "not measured", "the run has no linearity.csv");
    expect_blinds(directory, "linearity", "run", "nothing");
    write_rows(directory, &schema_linearity, "");
    assert_true(analyse(directory).deciding_cell_blind);
    expect_control(directory, "linearity", "field get_put", "not measured", "no process has a at another size");
}

static const char heap_claims[] =
    "1,a,1,model,timing,a,b,get_put,time,ns,-1,1,(),b costs less than 1 ns\n"
    "2,a,1,model,exact,,a,get_put,allocations_per_op,count,1,1,[],one allocation\n"
    "3,a,1,model,exact,,a,to_string_1k,live_growth_10000_bytes,bytes,0,1024,[],no growth\n";

/* A control of the heap pass that does not hold takes the parts that rest on the heap pass with it and no other. */
static void expect_heap(const char *directory, const char *heap_rows, const char *control, const char *status,
                        const char *reason)
{
    struct truth truth = good_truth();
    truth.claims = heap_claims;
    truth.heap_rows = heap_rows;
    struct analyse_summary summary = analyse_truth(directory, &truth);
    const bool ok = strcmp(status, "holds") == 0;
    expect_control(directory, control, "run", status, reason);
    expect_part(directory, "1", "a", "confirmed", "");
    expect_part(directory, "2", "a", "confirmed", "");
    expect_part(directory, "3", "a", ok ? "confirmed" : "run invalid", ok ? "" : control);
    assert_int_equal(summary.run_invalid, !ok);
    assert_int_equal(summary.invalid, !ok);
    assert_true(ok == (summary.reason[0] == '\0'));
    truth.claims =
        "1,a,1,model,timing,a,b,get_put,time,ns,-1,1,(),b costs less than 1 ns\n"; /* nothing rests on the heap pass */
    assert_int_equal(analyse_truth(directory, &truth).run_invalid, strcmp(status, "failed") == 0);
}

static void leak_controls_guard_what_rests_on_the_heap_pass(void **state)
{
    const char *directory = *state;
    expect_heap(directory, LEAKING_BYTES LEAKING_MAPPING LEAKING_NONE, "leak_bytes", "holds", "");
    expect_heap(directory, HEAP_ROWS("leak_bytes", "5000", "5000", "0", "0") LEAKING_MAPPING LEAKING_NONE, "leak_bytes",
                "failed", "found bounded");
    expect_heap(directory, HEAP_ROWS("leak_bytes", "7400", "79000", "0", "0") LEAKING_MAPPING LEAKING_NONE,
                "leak_bytes", "failed", "found growing");
    expect_heap(directory, LEAKING_BYTES HEAP_ROWS("leak_mapping", "5000", "5000", "0", "0") LEAKING_NONE,
                "leak_mapping", "failed", "found bounded");
    expect_heap(directory, LEAKING_BYTES LEAKING_MAPPING HEAP_ROWS("leak_none", "5000", "5016", "0", "0"), "leak_none",
                "failed", "found growing");
    expect_heap(directory, LEAKING_MAPPING LEAKING_NONE, "leak_bytes", "not measured", "no heap pass of it");
    expect_heap(directory, LEAKING_BYTES HEAP_ROWS("leak_mapping", "", "", "", "") LEAKING_NONE, "leak_mapping",
                "not measured", "too few checkpoints");
    expect_heap(directory, NULL, "leak_bytes", "not measured", "no heap pass of it");
}

static void growth_is_classified(void **state)
{
    const char *directory = *state;
    const struct truth truth = good_truth();
    analyse_truth(directory, &truth);
    struct csv_data growth = read_back(directory, &schema_growth);
    assert_int_equal(growth.row_count, 3);
    assert_string_equal(csv_text(&growth, 0, SCHEMA_growth_class), "growing");
    assert_float_equal(csv_number(&growth, 0, SCHEMA_growth_live_bytes_per_1000_ops), 24, 1e-9);
    assert_float_equal(csv_number(&growth, 1, SCHEMA_growth_mapped_bytes_at_rest), 6553600, 0);
    assert_string_equal(csv_text(&growth, 2, SCHEMA_growth_class), "bounded");
    csv_free(&growth);
    struct truth older = truth;
    older.heap_rows = NULL;
    assert_false(analyse_truth(directory, &older).run_invalid);
    growth = read_back(directory, &schema_growth);
    assert_int_equal(growth.row_count, 0);
    csv_free(&growth);
}

static void small_deviations_are_no_failures(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.drift_ppm = 90;
    truth.void_processes = 4; /* exactly 10 % */
    truth.chain_planted_cycles = 31.5;
    truth.multiply_cycles = 4.08;
    truth.plant_seen = 0.75;
    truth.position = 0.59;
    assert_false(analyse_truth(directory, &truth).run_invalid);
    struct csv_data effects = read_back(directory, &schema_effects);
    assert_int_equal(csv_integer(&effects, 0, SCHEMA_effects_processes), 18);
    csv_free(&effects);
    truth = good_truth();
    truth.sequential = 2; /* what a tenth of the processes may do */
    assert_false(analyse_truth(directory, &truth).run_invalid);
}

static const char level_claims[] = "4,a,1,model,level,,a,get_put,time,ns,0,40,(],a costs about 10 ns\n";

static void missing_controls_leave_cells_and_runs_blind(void **state)
{
    const char *directory = *state;
    const unsigned both = ON_GET_PUT | ON_TO_STRING;
    struct truth truth = good_truth();
    truth.without_twin = true;
    expect_invalid(directory, &truth, "twins", "field get_put", "not measured", "no twin was measured");
    truth = good_truth();
    truth.position = NAN;
    expect_invalid(directory, &truth, "interleaving", "field get_put", "not measured", "no mean positions");
    truth = good_truth();
    truth.without_planted = true;
    expect_blind(directory, &truth, "planted", "field get_put", "not measured", "no planted arm was measured", both);
    truth = good_truth();
    truth.without_planted_metric = true;
    expect_blind(directory, &truth, "planted", "field get_put", "not measured", "metrics.csv does not say", both);
    truth = good_truth();
    truth.without_chain = true;
    expect_blind(directory, &truth, "chain_planted", "field get_put", "not measured", "no process has both chain",
                 both);
    truth = good_truth();
    truth.clock_missing = "chain_planted";
    expect_blind(directory, &truth, "chain_planted", "field get_put", "not measured",
                 "only 19 of 20 processes have both chain and chain_planted", ON_GET_PUT);
    truth.clock_missing = "chain_multiply";
    assert_true(analyse_truth(directory, &truth).deciding_cell_blind);
    expect_control(directory, "chain_multiply", "field get_put", "not measured",
                   "only 19 of 20 processes have both chain and chain_multiply");
    truth = good_truth();
    truth.ticks_once = true;
    expect_invalid(directory, &truth, "clock", "run", "not measured", "only 1 of 40 processes have ticks");
}

/* A level may find its figures in a cell whose controls were never asked to hold; a contrast may not. */
static void a_blind_exploratory_cell_confirms_nothing(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.exploratory = true;
    truth.claims = level_claims;
    assert_false(analyse_truth(directory, &truth).run_invalid);
    expect_part(directory, "4", "a", "confirmed", "");
    truth.without_planted = true;
    assert_false(analyse_truth(directory, &truth).run_invalid);
    expect_part(directory, "4", "a", "not resolvable here", "control planted not measured (field get_put)");
    truth = good_truth();
    truth.exploratory = true;
    truth.claims = level_claims;
    truth.only = "get_put";
    truth.plant_seen = 0;
    const struct analyse_summary summary = analyse_truth(directory, &truth);
    assert_int_equal(analyse_exit(&summary), EXIT_PASS);
    expect_part(directory, "4", "a", "run invalid", "control planted failed (field get_put)");
}

static void a_blind_control_part_guards_its_claim(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.control_mappings = 0;
    assert_false(analyse_truth(directory, &truth).run_invalid);
    expect_part(directory, "7", "a", "run invalid", "control 7b is refuted: the test is blind");
    expect_part(directory, "7", "b", "refuted", "= 0");
    expect_part(directory, "7", "all", "run invalid", "7a run invalid");
    truth.control_mappings = NAN;
    analyse_truth(directory, &truth);
    expect_part(directory, "7", "a", "not resolvable here", "control 7b is not measured yet: nothing can be confirmed");
    expect_columns(directory, "7", "a", "claim", "no", "not measured yet");
    expect_part(directory, "7", "b", "not resolvable here", "not measured yet");
    expect_columns(directory, "7", "b", "control", "no", "not measured yet");
    expect_part(directory, "7", "all", "not resolvable here", "");
    expect_columns(directory, "7", "all", "", "", "");
}

static void unfinished_runs_and_smoke_decide_nothing(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.complete = "no";
    truth.processes = 12;
    assert_false(analyse_truth(directory, &truth).run_invalid);
    expect_part(directory, "1", "a", "not resolvable here", "the run is not complete");
    expect_columns(directory, "1", "a", "claim", "yes", "the run is not complete");
    expect_part(directory, "6", "a", "confirmed", "");
    expect_columns(directory, "6", "a", "claim", "yes", "");
    expect_control(directory, "complete", "run", "not measured", "not complete");

    truth = good_truth();
    truth.profile = "smoke";
    truth.processes = truth.look_processes = 6;
    assert_false(analyse_truth(directory, &truth).run_invalid);
    expect_part(directory, "1", "a", "not resolvable here", "profile smoke is not for conclusions");
    expect_control(directory, "profile", "run", "not measured", "profile smoke is not for conclusions");
    expect_blinds(directory, "profile", "run", "run");
    expect_control(directory, "twins", "field get_put", "not measured", "6 processes are too few");
}

/* ---- the registered claims ---- */

/* What run.csv of older runs repeats of the profile can neither hide a failed control nor make a look conclude. */
static void a_fact_does_not_overrule_the_profile(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.drift_ppm = 500;
    truth.for_conclusions = "no";
    make_run(directory, &truth);
    expect_refusal(directory, "run.csv:2: for_conclusions is \"no\"; expected yes, as profile quick says");
    truth.for_conclusions = "yes";
    assert_true(analyse_truth(directory, &truth).run_invalid);
    expect_control(directory, "profile", "run", "holds", "");
    unlink(path_in(directory, schema_verdicts.file));
    truth.profile = "smoke";
    truth.processes = truth.look_processes = 6;
    make_run(directory, &truth);
    expect_refusal(directory, "run.csv:2: for_conclusions is \"yes\"; expected no, as profile smoke says");
}

static void registered_claims_without_data_are_not_measured(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    char command[8192];
    make_run(directory, &truth);
    write_rows(directory, &schema_processes, "");
    write_rows(directory, &schema_contrasts, "");
    write_rows(directory, &schema_metrics, "");
    snprintf(command, sizeof command, "cp '%s/../claims.csv' '%s/claims.csv'", TEST_SOURCE_DIR, directory);
    assert_int_equal(system(command), 0);
    truth.processes = 0;
    write_run(directory, &truth);
    struct analyse_summary summary = analyse(directory);
    assert_false(summary.run_invalid);
    struct csv_data verdicts = read_back(directory, &schema_verdicts);
    assert_int_equal(summary.not_measured, verdicts.row_count - 16 - 1);
    assert_int_equal(summary.not_resolvable, 1); /* the part about other claims */
    for (size_t row = 0; row < verdicts.row_count; row++) {
        assert_string_equal(csv_text(&verdicts, row, SCHEMA_verdicts_verdict), "not resolvable here");
        bool is_whole = strcmp(csv_text(&verdicts, row, SCHEMA_verdicts_part), "all") == 0;
        assert_true(is_whole || strstr(csv_text(&verdicts, row, SCHEMA_verdicts_reason), "not measured yet"));
    }
    assert_string_equal(csv_text(&verdicts, part_row(&verdicts, "4", "all"), SCHEMA_verdicts_scope), "mixed");
    assert_string_equal(csv_text(&verdicts, part_row(&verdicts, "11", "all"), SCHEMA_verdicts_scope), "model");
    csv_free(&verdicts);
}

/* ---- the same files give the same bytes ---- */

static char *slurp(const char *path)
{
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    char *text = NULL;
    size_t bytes = 0;
    assert_true(getdelim(&text, &bytes, '\0', stream) > 0);
    fclose(stream);
    return text;
}

static void running_twice_gives_the_same_bytes(void **state)
{
    static const char *const files[] = {"levels.csv",   "effects.csv",  "state_effects.csv",
                                        "controls.csv", "verdicts.csv", "growth.csv"};
    enum { FILES = sizeof files / sizeof files[0] };
    const char *directory = *state;
    struct truth truth = good_truth();
    truth.states = MIXED;
    char *first[FILES];
    analyse_truth(directory, &truth);
    for (size_t i = 0; i < FILES; i++) {
        first[i] = slurp(path_in(directory, files[i]));
        assert_int_equal(unlink(path_in(directory, files[i])), 0);
    }
    analyse(directory);
    for (size_t i = 0; i < FILES; i++) {
        char *second = slurp(path_in(directory, files[i]));
        assert_string_equal(first[i], second);
        free(first[i]);
        free(second);
    }
}

/* ---- bad input ---- */

static void expect_refusal(const char *directory, const char *message)
{
    struct analyse_summary summary;
    struct error error = {0};
    assert_int_equal(analyse_run(directory, &summary, &error), EXIT_USAGE);
    if (!strstr(error.message, message))
        fail_msg("%s; expected ... %s", error.message, message);
    assert_null(strchr(error.message, '\n'));
    assert_int_not_equal(access(path_in(directory, "verdicts.csv"), F_OK), 0);
}

/* Writes a table again without the rows that have `drop` in the column; or, where `drop` is NULL, with `text` there in
 * one row. */
static void forge(const char *directory, const struct csv_table *table, size_t column, const char *drop, size_t row,
                  const char *text)
{
    struct csv_data data = read_back(directory, table);
    FILE *stream = fopen(path_in(directory, table->file), "w");
    assert_non_null(stream);
    for (size_t i = 0; i < table->column_count; i++)
        fprintf(stream, "%s%s", i ? "," : "", table->columns[i].name);
    for (size_t r = 0; r < data.row_count; r++)
        for (size_t i = 0; i < table->column_count && !(drop && strcmp(csv_text(&data, r, column), drop) == 0); i++)
            fprintf(stream, "%s%s", i ? "," : "\n", !drop && r == row && i == column ? text : csv_text(&data, r, i));
    fprintf(stream, "\n");
    assert_int_equal(fclose(stream), 0);
    csv_free(&data);
}

static void expect_forgery(const char *directory, const struct csv_table *table, size_t column, const char *drop,
                           size_t row, const char *text, const char *message)
{
    const struct truth truth = good_truth();
    make_run(directory, &truth);
    forge(directory, table, column, drop, row, text);
    expect_refusal(directory, message);
}

static void contrasts_are_those_of_their_arms(void **state)
{
    const char *directory = *state;
    static const struct {
        size_t column;
        const char *text, *message;
    } cases[] = {
        {SCHEMA_contrasts_plain_mean_ns, "0.3", "contrasts.csv:2: column plain_mean_ns is \"0.3\"; expected "},
        {SCHEMA_contrasts_blocks_kept, "499", "contrasts.csv:2: column blocks_kept is \"499\"; expected the blocks"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_forgery(directory, &schema_contrasts, cases[i].column, NULL, 0, cases[i].text, cases[i].message);
    static const char *const arms[][2] = {{"b", "has no contender arm of b"},
                                          {"twin", "has no twin arm of a"},
                                          {"planted", "has no planted arm of a"},
                                          {"chain_planted", "has no clock arm of chain_planted"}};
    for (size_t i = 0; i < sizeof arms / sizeof arms[0]; i++)
        expect_forgery(directory, &schema_processes, SCHEMA_processes_arm, arms[i][0], 0, NULL, arms[i][1]);
}

/* What is not the arms' exactly is theirs over processes: nothing turned or stretched passes, nor what is made up. */
static void contrasts_go_with_their_arms(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    static const double shares[] = {-1, 3};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        truth.log_share = shares[i];
        make_run(directory, &truth);
        expect_refusal(directory, "contrasts.csv:");
        expect_refusal(directory, "its sign or size is not that of the arms in processes.csv");
    }
    static const struct {
        size_t column;
        const char *message;
    } turned[] = {
        {SCHEMA_contrasts_difference_ns, "column difference_ns of contrast ab on to_string_1k: in 20 of 20 processes"},
        {SCHEMA_contrasts_log_ratio, "column log_ratio of contrast ab on to_string_1k: in 20 of 20 processes"},
        {SCHEMA_contrasts_plain_mean_log_ratio,
         "column plain_mean_log_ratio of contrast ab on to_string_1k: in 20 of 20 processes"}};
    truth = good_truth();
    for (size_t i = 0; i < sizeof turned / sizeof turned[0]; i++) {
        make_run(directory, &truth);
        struct csv_data contrasts = read_back(directory, &schema_contrasts);
        for (size_t row = 0; row < contrasts.row_count; row++)
            if (strcmp(csv_text(&contrasts, row, SCHEMA_contrasts_contrast), "ab") == 0 &&
                strcmp(csv_text(&contrasts, row, SCHEMA_contrasts_workload), "to_string_1k") == 0) {
                char text[32];
                csv_format_number(text, sizeof text, -csv_number(&contrasts, row, turned[i].column));
                forge(directory, &schema_contrasts, turned[i].column, NULL, row, text);
            }
        csv_free(&contrasts);
        expect_refusal(directory, turned[i].message);
    }
    truth.tail_ns = -0.02; /* less than what differs: plain means go their own way */
    make_run(directory, &truth);
    analyse(directory);
}

/* Figures that two files have; and a calibration whose figures are not those of their counts. */
static void files_that_contradict_each_other_are_refused(void **state)
{
    static const struct {
        const struct csv_table *table;
        const char *rows, *message;
    } cases[] = {
        {&schema_layout, "a,field,data,0,40,0,0\nb,field,data,0,40,0,0\n",
         "column value is \"48\"; expected 40 by the variant's rows of layout.csv"},
        {&schema_layout, "a,field,data,0,48,0,0\n", "column value is \"40\"; expected 0 by the variant's rows"},
        {&schema_layout, "a,field,data,8,40,0,0\n",
         "layout.csv:2: column offset_bytes is \"8\"; expected 0, where the row before"},
        {&schema_layout, "a,field,data,0,-48,0,0\n", "layout.csv:2: column size_bytes is \"-48\""},
        {&schema_layout, "a,gap,data,0,48,0,0\n", "layout.csv:2: column kind is \"gap\""},
        {&schema_layout, "a,field,data,0,48,1,0\n", "layout.csv:2: column first_line is \"1\""},
        {&schema_layout, "a,field,data,0,48,0,1\n", "layout.csv:2: column last_line is \"1\""},
        {&schema_metrics, "a,layout,struct_bytes,48,exact,\na,layout,struct_hole_bytes,4,exact,\n",
         "metrics.csv:3: column value is \"4\"; expected 0 by the variant's rows of layout.csv"},
        {&schema_metrics, "a,layout,struct_bytes,48,exact,\na,layout,struct_lines,2,exact,\n",
         "metrics.csv:3: column value is \"2\"; expected 1 by"},
        {&schema_metrics, "a,get_put,allocations_per_op,0,exact,\na,get_put,allocated_bytes_per_op,2048,exact,\n",
         "metrics.csv:3: column value is \"2048\"; expected 0, as allocations_per_op"},
        {&schema_metrics, "a,get_put,handed_out_bytes_per_op,8,exact,\na,get_put,allocations_per_op,0,exact,\n",
         "metrics.csv:2: column value is \"8\"; expected 0, as allocations_per_op"},
        {&schema_metrics,
         "a,get_put,allocations_per_op,1,exact,\na,get_put,allocated_bytes_per_op,16,exact,\n"
         "a,get_put,handed_out_bytes_per_op,8,exact,\n",
         "metrics.csv:4: column value is \"8\"; expected no less than allocated_bytes_per_op"},
        {&schema_metrics, "a,get_put,buffers_at_rest,-1,exact,\n", "column value is \"-1\"; expected a count of it"},
        {&schema_metrics, "a,layout,struct_bytes,47.5,exact,\n", "column value is \"47.5\"; expected a whole number"},
        {&schema_metrics, "a,get_put,pool_hits_per_get,1.5,exact,\n", "column value is \"1.5\"; expected a share"},
        {&schema_metrics, "a,get_put,class_waste_percent,101,exact,\n", "column value is \"101\"; expected a share"},
        {&schema_metrics, "a,get_put,frees_per_op,-2,exact,\n", "column value is \"-2\"; expected a count of it"},
        {&schema_symbols, "a,get_put,module,f,20\na,get_put,module,g,30\nb,get_put,module,f,9\n",
         "metrics.csv:2: column value is \"59\"; expected 50 by the sum of its rows of symbols.csv"},
        {&schema_symbols, "a,get_put,module,f,-20\n", "symbols.csv:2: column instructions_per_op is \"-20\""},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,1,1,9,0,10,0,3700,0.5,2.4,ok,\n",
         "processes.csv:2: column blocks_quiet is \"10\"; expected no more than blocks_kept"},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,1,1,9,0,5,5,3700,0.5,2.4,ok,\n",
         "processes.csv:2: column blocks_shared is \"5\"; expected no more than blocks_kept less"},
        {&schema_state_contrasts, "0,field,get_put,ab,quiet,1,0,9\n",
         "state_contrasts.csv:2: column blocks is \"9\"; expected the blocks of that state"},
        {&schema_calibration, "aa,all,fresh_layouts,false_differences,percent,,,14,0.99,200,1,99,0,100,,no target,\n",
         "calibration.csv:2: column value is \"99\"; expected 0.5, as 1 of 200 trials"},
        {&schema_calibration, "aa,all,fresh_layouts,false_differences,percent,,,14,0.99,200,201,0.5,0,1,,no target,\n",
         "calibration.csv:2: column count is \"201\""},
        {&schema_calibration, "power,all,fresh_layouts,half_width,percent,,,14,0.99,9,,3,1,2,at most 5,met,\n",
         "calibration.csv:2: column value is \"3\"; expected a figure from low to high"},
        {&schema_calibration,
         "aa,all,fresh_layouts,false_differences,percent,,,14,0.99,2000,1980,99,98,100,at most 1 percent of at least "
         "1000,met,\n",
         "calibration.csv:2: column status is \"met\"; expected missed, by its value and target"},
        {&schema_calibration,
         "truth,all,fresh_layouts,covered,percent,,,14,0.95,2000,1980,99,98,100,94 to 96.5 percent of at least "
         "1000,met,\n",
         "calibration.csv:2: column status is \"met\"; expected missed"},
        {&schema_calibration,
         "ablation,all,fresh_layouts,called_different,percent,,,14,0.99,2000,60,3,2.3,3.9,not shown to be more than 1 "
         "percent,met,\n",
         "calibration.csv:2: column status is \"met\"; expected missed"},
        {&schema_calibration, "power,all,fresh_layouts,half_width,percent,,,14,0.99,9,,3,1,5,at most 5,good,\n",
         "calibration.csv:2: column status is \"good\""},
        {&schema_heap, "a,to_string_1k,-100,500,1,0,0,\na,to_string_1k,0,500,1,0,0,\na,to_string_1k,10000,740,1,0,0,\n",
         "column value is \"0\"; expected 240 by the checkpoints of heap.csv"},
        {&schema_heap, "a,to_string_1k,-100,500,1,0,0,\na,to_string_1k,0,500,1,0,0,\n",
         "column value is \"0\"; expected nothing by the checkpoints of heap.csv"},
    };
    const char *directory = *state;
    const struct truth truth = good_truth();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_run(directory, &truth);
        unlink(path_in(directory, "symbols.csv"));
        unlink(path_in(directory, "calibration.csv"));
        if (cases[i].table == &schema_symbols)
            write_rows(directory, &schema_metrics, "a,get_put,instructions_per_op,59,exact,\n");
        write_rows(directory, cases[i].table, cases[i].rows);
        if (cases[i].table == &schema_processes)
            write_rows(directory, &schema_contrasts, "");
        expect_refusal(directory, cases[i].message);
        /* Whoever does not analyse sees the same. */
        struct error error = {0};
        assert_int_equal(analyse_check_directory(directory, &error), EXIT_USAGE);
        assert_non_null(strstr(error.message, cases[i].message));
    }
    make_run(directory, &truth);
    struct error error = {0};
    assert_int_equal(analyse_check_directory(directory, &error), 0);
}

static void processes_are_those_planned(void **state)
{
    const char *directory = *state;
    expect_forgery(directory, &schema_cells, SCHEMA_cells_workload, "get_put", 0, NULL,
                   "processes.csv:2: column panel is \"field\"; expected a panel that cells.csv plans");
    expect_forgery(directory, &schema_cells, SCHEMA_cells_processes, NULL, 1, "14",
                   "cells.csv:3: column processes is \"14\"; expected 20; profile");
    expect_forgery(directory, &schema_cells, SCHEMA_cells_processes, NULL, 0, "21", "cells.csv:2: column processes");
    expect_forgery(directory, &schema_processes, SCHEMA_processes_process, "0", 0, NULL, "contrasts.csv:2: column");
    struct truth truth = good_truth();
    make_run(directory, &truth);
    truth.processes = 19;
    write_run(directory, &truth);
    expect_refusal(directory, "processes is \"38\"; expected 40 as in processes.csv");
    truth.processes = 20;
    truth.void_processes = 1;
    write_run(directory, &truth);
    expect_refusal(directory, "processes_void is \"1\"; expected 0 as in processes.csv");
    truth = good_truth();
    make_run(directory, &truth);
    forge(directory, &schema_cells, SCHEMA_cells_purpose, NULL, 1, "exploratory");
    expect_refusal(directory, "cells.csv:3: column purpose is \"exploratory\"; expected claims: part 2a of claims.csv");
    truth.profile = "default"; /* whose look the claims have; the rest has fewer processes */
    truth.processes = truth.look_processes = 64;
    truth.error_share = 0.7;
    truth.exploratory = true;
    make_run(directory, &truth);
    expect_refusal(directory, "cells.csv:2: column processes is \"64\"; expected 20; profile");
}

/* Where one of the two counts is missing, nothing contradicts. */
static void identical_code_has_one_count_of_instructions(void **state)
{
    const char *directory = *state;
    const struct truth truth = good_truth();
    static const char *const counts[] = {"59", "60", ""};
    make_run(directory, &truth);
    write_rows(directory, &schema_identical_code, "a,b,get_put,yes,\n");
    for (size_t i = 0; i < 3; i++) {
        char rows[300];
        snprintf(rows, sizeof rows,
                 "a,get_put,instructions_per_op,59,exact,\nb,get_put,instructions_per_op,%s,%s,\n"
                 "a,get_put,planted_cycles_per_op,32,exact,\na,to_string_1k,planted_cycles_per_op,64,exact,\n",
                 counts[i], counts[i][0] ? "exact" : "not available");
        write_rows(directory, &schema_metrics, rows);
        unlink(path_in(directory, "verdicts.csv"));
        if (i == 1)
            expect_refusal(directory,
                           "identical_code.csv:2: column identical is \"yes\"; expected no: instructions_per_op");
        else
            assert_false(analyse(directory).run_invalid);
    }
}

static void bad_directories_are_refused(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    char file[4096];
    expect_refusal(TEST_BINARY_DIR "/no such run", "no such run directory");
    expect_refusal(directory, "run.csv");
    make_run(directory, &truth);
    snprintf(file, sizeof file, "%s", path_in(directory, "run.csv"));
    expect_refusal(file, "expected a run directory");

    truth.schema_version = "99";
    write_run(directory, &truth);
    expect_refusal(directory, "schema_version is \"99\"; this program reads version " VERSION);
    write_rows(directory, &schema_run, "schema_version," VERSION "\nprofile,quick\n");
    expect_refusal(directory, "no row with key look_processes");
    truth = good_truth();
    truth.profile = "nonsense";
    write_run(directory, &truth);
    expect_refusal(directory, "run.csv:3: profile is \"nonsense\"");
    truth = good_truth();
    truth.error_share = 1.5;
    write_run(directory, &truth);
    expect_refusal(directory, "error_share is \"1.5\"");
    truth = good_truth();
    truth.complete = "perhaps";
    write_run(directory, &truth);
    expect_refusal(directory, "complete is \"perhaps\"");
    static const struct {
        const char *facts, *message;
    } cases[] = {
        {"look_processes,0x14\nerror_share,1\ncomplete,yes\n", "run.csv:4: look_processes is \"0x14\""},
        {"look_processes,21\nerror_share,1\ncomplete,yes\n", "run.csv:4: look_processes is \"21\""},
        {"look_processes,20\nerror_share,0.5\ncomplete,yes\n", "run.csv:5: error_share is \"0.5\""},
        {"look_processes,20\nerror_share,1\ncomplete,yes\nselection,few\n", "run.csv:7: selection is \"few\""},
        {"look_processes,20\nerror_share,1\ncomplete,yes\nclaims_crc32,00000000\n", "claims.csv: was changed after"},
        {"look_processes,20\nerror_share,1\ncomplete,yes\nclaims_crc32,%s\npanels_crc32,00000000\n",
         "panels.csv: was changed after"},
        {"look_processes,20\nerror_share,1\ncomplete,yes\n", "run.csv: no row with key claims_crc32"},
        {"look_processes,20\nerror_share,1\ncomplete,yes\nclaims_crc32,%s\n", "run.csv: no row with key panels_crc32"},
    };
    truth = good_truth();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char rows[256], facts[200], crc[CHECKSUM_CRC32_BYTES];
        struct error error = {0};
        make_run(directory, &truth);
        assert_int_equal(checksum_crc32(path_in(directory, "claims.csv"), crc, &error), 0);
        const char *hole = strstr(cases[i].facts, "%s");
        const size_t before = hole ? (size_t)(hole - cases[i].facts) : strlen(cases[i].facts);
        snprintf(facts, sizeof facts, "%.*s%s%s", (int)before, cases[i].facts, hole ? crc : "", hole ? hole + 2 : "");
        snprintf(rows, sizeof rows, "schema_version," VERSION "\nprofile,quick\n%s", facts);
        write_rows(directory, &schema_run, rows);
        expect_refusal(directory, cases[i].message);
    }
    make_run(directory, &truth);
    forge(directory, &schema_run, SCHEMA_run_key, NULL, 5, "complete");
    expect_refusal(directory, "run.csv:7: the same key as in line 6");
}

/* Equal everywhere is not confirmed by some workloads. */
static void a_subset_does_not_confirm_what_is_claimed_of_all(void **state)
{
    const char *directory = *state;
    struct analyse_summary summary;
    struct error error = {0};
    struct truth truth = good_truth();
    truth.selected_some = true;
    make_run(directory, &truth);
    assert_int_equal(analyse_run(directory, &summary, &error), 0);
    expect_part(directory, "6", "d", "not resolvable here", "only some workloads were selected");
}

/* Takes the rows that begin like this out of a table, as if they had never been written. */
static void drop_rows(const char *directory, const struct csv_table *table, const char *beginning)
{
    char *kept = NULL, line[1024];
    size_t bytes = 0, dropped = 0;
    FILE *from = fopen(path_in(directory, table->file), "r"), *to = open_memstream(&kept, &bytes);
    assert_true(from && to);
    while (fgets(line, sizeof line, from))
        if (strncmp(line, beginning, strlen(beginning)) != 0)
            fputs(line, to);
        else
            dropped++;
    fclose(from);
    fclose(to);
    assert_true(dropped > 0);
    write_text(directory, table->file, kept);
    free(kept);
}

/* Figures of several workloads that say the same are said once. */
static void equal_figures_are_said_once(void **state)
{
    const char *directory = *state;
    struct truth truth = good_truth();
    analyse_truth(directory, &truth);
    expect_part(
        directory, "6", "d", "confirmed",
        "1: pool_hits_per_get on all 2 (get_put to to_string_1k): largest less smallest of the variants = 0; in ");
}

/* What is claimed equal of all variants needs a figure of each. */
static void a_lost_figure_is_not_an_equal_one(void **state)
{
    static const struct {
        const char *dropped, *reason;
    } cases[] = {
        {"b,get_put,pool_hits_per_get", "not measured yet: pool_hits_per_get of b on get_put"},
        {"b,to_string_1k,pool_hits_per_get", "pool_hits_per_get on to_string_1k of both sides"},
        {"a,to_string_1k,pool_hits_per_get", "not measured yet: pool_hits_per_get of a on to_string_1k"},
    };
    const char *directory = *state;
    struct truth truth = good_truth();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_run(directory, &truth);
        drop_rows(directory, &schema_metrics, cases[i].dropped);
        analyse(directory);
        expect_part(directory, "6", "d", "not resolvable here", cases[i].reason);
    }
    truth.claims = "6,d,1,model,equal,a,b c,*,pool_hits_per_get,count,0,0,[],c was not in the run\n";
    analyse_truth(directory, &truth);
    expect_part(directory, "6", "d", "not resolvable here", "not measured yet: pool_hits_per_get of c on any workload");
}

static void bad_files_are_refused(void **state)
{
    static const char *const files[] = {"run.csv",       "claims.csv",  "panels.csv",         "processes.csv",
                                        "contrasts.csv", "metrics.csv", "layout.csv",         "workloads.csv",
                                        "variants.csv",  "machine.csv", "state_contrasts.csv"};
    const char *directory = *state;
    const struct truth truth = good_truth();
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        make_run(directory, &truth);
        assert_int_equal(unlink(path_in(directory, files[i])), 0);
        expect_refusal(directory, files[i]);
        write_text(directory, files[i], "");
        expect_refusal(directory, files[i]);
        make_run(directory, &truth);
        char *text = slurp(path_in(directory, files[i]));
        text[strlen(text) - 3] = '\0'; /* mid-row */
        write_text(directory, files[i], text);
        free(text);
        expect_refusal(directory, files[i]);
    }
}

static void bad_rows_are_refused(void **state)
{
    static const struct {
        const struct csv_table *table;
        const char *rows, *message;
    } cases[] = {
        {&schema_contrasts, "0,field,get_put,nonsense,1,0,1,0,,9,,\n",
         "contrasts.csv:2: column contrast is \"nonsense\""},
        {&schema_contrasts, "999,field,get_put,ab,1,0,1,0,,9,,\n", "contrasts.csv:2: column process is \"999\""},
        {&schema_contrasts, "0,field,nowhere,ab,1,0,1,0,,9,,\n", "contrasts.csv:2: column workload is \"nowhere\""},
        {&schema_contrasts, "0,field,get_put,ab,1,0,1,0,,9,,\n0,field,get_put,ab,1,0,1,0,,9,,\n",
         "contrasts.csv:3: the same keys as in line 2 (0 ab)"},
        {&schema_processes,
         "0,field,get_put,a,baseline,a,x,1,1,9,0,9,0,3700,0.5,2.4,ok,\n0,field,get_put,a,contender,b,x,1,1,9,0,9,0,"
         "3700,0.5,2.4,ok,\n",
         "processes.csv:3: the same keys as in line 2 (0 a)"},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,0,1,9,0,9,0,3700,0.5,2.4,ok,\n",
         "column time_ns_per_op is \"0\"; expected a finite time above 0"},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,1,1,7,0,7,0,3700,0.5,2.4,ok,\n",
         "processes.csv:2: column blocks_kept is \"7\""},
        {&schema_contrasts, "0,field,get_put,ab,inf,0,1,0,,9,,\n", "column difference_ns is \"inf\""},
        {&schema_processes, "0,other,get_put,a,baseline,a,x,1,1,9,0,9,0,3700,0.5,2.4,ok,\n",
         "processes.csv:2: column panel is \"other\""},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,1,1,9,0,9,0,3700,0.5,2.4,fine,\n",
         "column status is \"fine\""},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,,1,9,0,9,0,3700,0.5,2.4,ok,\n",
         "column time_ns_per_op is \"\""},
        {&schema_processes,
         "0,field,get_put,a,baseline,a,x,1,1,9,0,9,0,3700,0.5,2.4,ok,\n0,field,to_string_1k,a,baseline,a,x,1,1,9,0,9,0,"
         "3700,0.5,2.4,ok,\n",
         "processes.csv:3: column process is \"0\"; expected one panel and workload a process"},
        {&schema_heap, "leak,leak_none,0,5,1,0,0,\n", "heap.csv:2: column iterations is \"0\"; expected a negative"},
        {&schema_heap, "a,x,-9,5,1,0,0,\na,x,0,5,1,0,0,\na,x,0,5,1,0,0,\n",
         "heap.csv:4: column iterations is \"0\"; expected more than in the row before"},
        {&schema_heap, "a,x,-9,5,1,0,0,\nb,x,-9,5,1,0,0,\na,x,-9,5,1,0,0,\n",
         "heap.csv:4: column iterations is \"-9\""},
        {&schema_panels, "field,core,*,ab,sideways,a,b\n", "panels.csv:2: column kind is \"sideways\""},
        {&schema_panels, "field,core,*,ab,pair,a,b\nother,core,*,ab,pair,a,b\n",
         "panels.csv:3: contrast ab stands in line 2 already"},
        {&schema_panels, "field,core,*,ab,pair,a,nobody\n", "panels.csv:2: column contender is \"nobody\""},
        {&schema_panels, "field,core,*,ab,pair,a,b\nfield,core,*,t,twin,a,b\n",
         "panels.csv:3: column contender is \"b\""},
        {&schema_contrasts, "0,field,get_put,ab,1,50.5,1,0,,9,,\n", "contrasts.csv:2: column log_ratio is \"50.5\""},
        {&schema_contrasts, "0,field,get_put,ab,1e300,0,1,0,,9,,\n", "contrasts.csv:2: column difference_ns is"},
        {&schema_contrasts, "0,field,get_put,ab,1,0,1,0,-1,9,,\n",
         "contrasts.csv:2: column block_standard_error_ns is \"-1\""},
        {&schema_contrasts, "0,field,get_put,ab,1,0,1,0,,9,,-0.5\n",
         "contrasts.csv:2: column heap_standard_error_ns is \"-0.5\""},
        {&schema_contrasts, "0,field,get_put,ab,1,0,1,0,,-9,,\n", "contrasts.csv:2: column blocks_kept is \"-9\""},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,-1,1,9,0,9,0,3700,0.5,2.4,ok,\n",
         "processes.csv:2: column time_ns_per_op is \"-1\""},
        {&schema_processes, "0,field,get_put,a,boss,a,x,1,1,9,0,9,0,3700,0.5,2.4,ok,\n", "column role is \"boss\""},
        {&schema_processes, "0,field,get_put,z,baseline,z,x,1,1,9,0,9,0,3700,0.5,2.4,ok,\n", "column variant is \"z\""},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,1,1,9,0,9,0,3700,0.5,0,ok,\n",
         "column tsc_ticks_per_ns is \"0\""},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,1,1,9,0,9,0,3700,0.5,inf,ok,\n",
         "column tsc_ticks_per_ns is \"inf\""},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,1,1,9,0,-9,0,3700,0.5,2.4,ok,\n",
         "column blocks_quiet is \"-9\""},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,1,1,9,0,9,0,0,0.5,2.4,ok,\n",
         "column probe_cycles is \"0\""},
        {&schema_processes, "0,field,get_put,a,baseline,a,x,1,1,9,0,9,0,3700,1.5,2.4,ok,\n",
         "column mean_position is \"1.5\""},
        {&schema_state_contrasts, "0,field,get_put,ab,busy,1,0,9\n", "state_contrasts.csv:2: column state is \"busy\""},
        {&schema_state_contrasts, "999,field,get_put,ab,quiet,1,0,9\n",
         "state_contrasts.csv:2: column process is \"999\""},
        {&schema_state_contrasts, "0,field,get_put,ab,quiet,1,inf,9\n", "column log_ratio is \"inf\""},
        {&schema_state_contrasts, "0,field,get_put,ab,quiet,1,0,9\n0,field,get_put,ab,quiet,1,0,9\n",
         "state_contrasts.csv:3: the same keys as in line 2"},
        {&schema_cells, "field,get_put,claims,0,100,1000\n", "cells.csv:2: column processes is \"0\""},
        {&schema_cells, "field,get_put,claims,9,100,1000\nfield,get_put,claims,8,100,1000\n",
         "cells.csv:3: the same keys as in line 2"},
        {&schema_metrics, "a,get_put,hits,1,exact,\nb,get_put,hits,2,exact,\na,get_put,hits,3,exact,\n",
         "metrics.csv:4: the same keys as in line 2 (a hits)"},
        {&schema_metrics, "a,get_put,hits,inf,exact,\n", "metrics.csv:2: column value is \"inf\""},
        {&schema_metrics, "a,get_put,hits,5e-324,exact,\n", "metrics.csv:2: column value is \"5e-324\""},
        {&schema_metrics, "a,get_put,instructions_per_op,-1,exact,\n", "column value is \"-1\"; expected a count"},
        {&schema_cells, "field,get_put,claims,20,-1,1000\n", "cells.csv:2: column blocks is \"-1\""},
        {&schema_cells, "field,get_put,claims,20,100,inf\n", "cells.csv:2: column block_ns is \"inf\""},
        {&schema_state_contrasts, "0,field,get_put,ab,quiet,1,0,-9\n", "column blocks is \"-9\""},
        {&schema_metrics, "a,get_put,hits,,exact,\n", "metrics.csv:2: column value is \"\""},
        {&schema_metrics, "a,get_put,hits,1,perhaps,\n", "metrics.csv:2: column status is \"perhaps\""},
        {&schema_layout, "a,field,data,0,24,0,0\na,field,more,0,8,0,0\n", "layout.csv:3: the same keys as in line 2"},
        {&schema_variants, "a,x,one\na,x,two\nb,x,one\n", "variants.csv:3: the same keys as in line 2"},
        {&schema_machine, "cpu,x,ok,\ncpu,y,ok,\n", "machine.csv:3: the same key as in line 2"},
        {&schema_machine, "cpu,x,splendid,\n", "machine.csv:2: column status is \"splendid\""},
        {&schema_claims, "1,a,1,cosmic,timing,a,b,get_put,time,ns,0,1,[],x\n",
         "claims.csv:2: column scope is \"cosmic\""},
        {&schema_claims, "1,all,1,model,timing,a,b,get_put,time,ns,0,1,[],x\n", "claims.csv:2: column part is \"all\""},
        {&schema_claims, "1,a,1,model,exact,,b,get_put,hits,miles,0,1,[],x\n",
         "claims.csv:2: column unit is \"miles\""},
        {&schema_claims,
         "1,a,1,model,exact,,b,get_put,hits,count,0,1,[],x\n1,a,1,model,exact,,a,get_put,hits,count,0,1,[],x\n",
         "claims.csv:3: the same keys as in line 2"},
        {&schema_claims, "1,a,1,model,claim,,,,2,verdict,,,,x\n", "claims.csv:2: column metric is \"2\""},
        {&schema_claims, "1,a,1,model,claim,,,,1,verdict,,,,x\n", "claims.csv:2: column metric is \"1\""},
        {&schema_claims, "1,a,1,model,claim,,,,2,verdict,,,,x\n2,a,1,model,claim,,,,1,verdict,,,,x\n",
         "claims.csv:2: column metric is \"2\"; expected a claim that does not refer back"},
        {&schema_claims, "1,a,1,model,guess,a,b,get_put,time,ns,0,1,[],x\n", "claims.csv:2: column kind is \"guess\""},
        {&schema_claims, "1,a,1,model,timing,a,b,get_put,time,ns,1,0,[],x\n",
         "claims.csv:2: column region_bounds is \"[]\""},
        {&schema_claims, "1,a,1,model,timing,a,b,get_put,speed,ns,0,1,[],x\n",
         "claims.csv:2: column metric is \"speed\""},
        {&schema_claims, "1,a,1,model,timing,a,b,get_put,time,percent,0,1,[],x\n",
         "claims.csv:2: column unit is \"percent\""},
        {&schema_claims, "1,a,1,model,timing,,b,get_put,time,ns,0,1,[],x\n", "claims.csv:2: column baseline is \"\""},
        {&schema_claims, "1,a,1,model,exact,,b,,allocations,count,0,1,[],x\n", "claims.csv:2: column workload is \"\""},
        /* Last, because make_run leaves this file. */
        {&schema_identical_code, "a,b,get_put,yes,\na,b,get_put,no,\n",
         "identical_code.csv:3: the same keys as in line 2"},
        {&schema_identical_code, "a,b,get_put,perhaps,\n", "identical_code.csv:2: column identical is \"perhaps\""},
    };
    const char *directory = *state;
    const struct truth truth = good_truth();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_run(directory, &truth);
        write_rows(directory, cases[i].table, cases[i].rows);
        write_run(directory, &truth);
        if (cases[i].table == &schema_processes)
            write_rows(directory, &schema_contrasts, "");
        expect_refusal(directory, cases[i].message);
    }
}

/* What was changed since it was measured is refused; accepted, it decides as it stands, and is labelled. */
static void edited_raw_files_are_refused_or_labelled(void **state)
{
    const char *directory = *state;
    const struct truth truth = good_truth();
    struct analyse_summary summary;
    struct error error = {0};
    struct stat status;
    struct csv_data edited;
    char rows[128];
    size_t count, header = 0;
    make_run(directory, &truth);
    assert_int_equal(analyse_run(directory, &summary, &error), 0);
    assert_true(summary.unrecorded);
    const size_t confirmed = summary.confirmed;
    unlink(path_in(directory, "verdicts.csv"));
    for (size_t column = 0; column < schema_contrasts.column_count; column++)
        header += strlen(schema_contrasts.columns[column].name) + 1;
    assert_int_equal(stat(path_in(directory, "contrasts.csv"), &status), 0);
    snprintf(rows, sizeof rows, "7,contrasts.csv,%zu,%zu,0badf00d\n", header, (size_t)status.st_size - header);
    write_rows(directory, &schema_recorded, rows);
    expect_refusal(directory, "contrasts.csv: was changed since it was measured, in process 7 (");
    assert_int_equal(recorded_accept(directory, &count, &error), 0);
    assert_int_equal(analyse_run(directory, &summary, &error), 0);
    assert_string_equal(summary.edited, "contrasts.csv of process 7");
    assert_int_equal(summary.confirmed, confirmed);
    assert_int_equal(analyse_exit(&summary), EXIT_PASS);
    expect_control(directory, "raw_files", "run", "failed", "edited since and accepted: contrasts.csv of process 7");
    /* As recorded it is when the list says what is there. */
    assert_int_equal(csv_read(path_in(directory, "edited.csv"), &schema_edited, &edited, &error), 0);
    strcpy(strrchr(rows, ',') + 1, csv_text(&edited, 0, SCHEMA_edited_crc32_found));
    strcat(rows, "\n");
    csv_free(&edited);
    write_rows(directory, &schema_recorded, rows);
    assert_int_equal(analyse_run(directory, &summary, &error), 0);
    assert_string_equal(summary.edited, "");
    assert_false(summary.unrecorded);
    expect_control(directory, "raw_files", "run", "holds", "");
}

/* An op that is not well is named first, and decides nothing; what is not timed is nobody's harm. */
static void sick_ops_are_named(void **state)
{
    const char *directory = *state;
    const struct truth truth = good_truth();
    struct analyse_summary summary;
    struct error error = {0};
    make_run(directory, &truth);
    assert_int_equal(analyse_run(directory, &summary, &error), 0);
    assert_string_equal(summary.sick, "");
    const size_t confirmed = summary.confirmed;
    FILE *metrics = fopen(path_in(directory, schema_metrics.file), "a");
    fputs("b,held,live_blocks_per_op,1,exact,\n"
          "b,get_put,process_changes,2,exact,another CPU affinity; a child process\n"
          "b,get_put,live_mapped_bytes_per_op,4096,exact,\n"
          "a,get_put,live_mapped_bytes_per_op,0,exact,\n",
          metrics);
    assert_int_equal(fclose(metrics), 0);
    assert_int_equal(analyse_run(directory, &summary, &error), 0);
    assert_string_equal(summary.sick, "b on get_put changes what all arms of a process share (another CPU affinity; a "
                                      "child process); 1 more in metrics.csv");
    expect_control(directory, "sick_ops", "run", "failed", summary.sick);
    assert_int_equal(summary.confirmed, confirmed);
    assert_int_equal(analyse_exit(&summary), EXIT_PASS);
}

int main(void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(known_truths_are_judged_right),
        IN_DIRECTORY(reversed_comparisons_are_mirrored),
        IN_DIRECTORY(effects_say_what_they_decide),
        IN_DIRECTORY(identical_code_is_another_twin),
        IN_DIRECTORY(levels_are_in_ns_and_cycles),
        IN_DIRECTORY(effects_that_differ_between_states_are_told_from_those_that_do_not),
        IN_DIRECTORY(processes_wholly_in_one_state_count_for_it),
        IN_DIRECTORY(one_state_alone_is_nothing_to_compare),
        IN_DIRECTORY(noise_and_tails_leave_parts_open),
        IN_DIRECTORY(what_does_not_vary_is_open_on_both_scales),
        IN_DIRECTORY(opposite_directions_are_an_error),
        IN_DIRECTORY(percent_of_nothing_is_open),
        IN_DIRECTORY(words_that_say_nothing_say_why),
        IN_DIRECTORY(open_parts_name_what_would_decide_them),
        IN_DIRECTORY(the_figure_that_needs_most_is_named),
        IN_DIRECTORY(the_responsible_component_is_named),
        IN_DIRECTORY(asked_processes_are_looks_of_their_own),
        IN_DIRECTORY(faultless_runs_hold_every_control),
        IN_DIRECTORY(threads_have_no_verdict_without_false_sharing),
        IN_DIRECTORY(controls_of_the_run_invalidate_it),
        IN_DIRECTORY(one_control_that_fails_in_two_cells_invalidates_the_run),
        IN_DIRECTORY(one_control_that_fails_in_one_cell_blinds_that_cell),
        IN_DIRECTORY(an_imprecise_exploratory_cell_leaves_the_others_alone),
        IN_DIRECTORY(an_imprecise_deciding_cell_exits_3),
        IN_DIRECTORY(batch_dependence_is_found),
        IN_DIRECTORY(batch_dependence_of_a_contrast_is_held_against_its_region),
        IN_DIRECTORY(batches_that_are_too_noisy_are_imprecise),
        IN_DIRECTORY(wild_processes_count_little),
        IN_DIRECTORY(a_batch_of_one_long_op_needs_no_other_size),
        IN_DIRECTORY(a_verdict_needs_a_margin_beyond_the_change_by_another_size),
        IN_DIRECTORY(missing_sizes_are_not_measured),
        IN_DIRECTORY(leak_controls_guard_what_rests_on_the_heap_pass),
        IN_DIRECTORY(growth_is_classified),
        IN_DIRECTORY(small_deviations_are_no_failures),
        IN_DIRECTORY(missing_controls_leave_cells_and_runs_blind),
        IN_DIRECTORY(the_twin_of_the_panel_is_the_noise_floor),
        IN_DIRECTORY(a_blind_exploratory_cell_confirms_nothing),
        IN_DIRECTORY(a_blind_control_part_guards_its_claim),
        IN_DIRECTORY(unfinished_runs_and_smoke_decide_nothing),
        IN_DIRECTORY(a_fact_does_not_overrule_the_profile),
        IN_DIRECTORY(registered_claims_without_data_are_not_measured),
        IN_DIRECTORY(running_twice_gives_the_same_bytes),
        IN_DIRECTORY(a_subset_does_not_confirm_what_is_claimed_of_all),
        IN_DIRECTORY(equal_figures_are_said_once),
        IN_DIRECTORY(a_lost_figure_is_not_an_equal_one),
        IN_DIRECTORY(bad_directories_are_refused),
        IN_DIRECTORY(contrasts_are_those_of_their_arms),
        IN_DIRECTORY(contrasts_go_with_their_arms),
        IN_DIRECTORY(files_that_contradict_each_other_are_refused),
        IN_DIRECTORY(processes_are_those_planned),
        IN_DIRECTORY(identical_code_has_one_count_of_instructions),
        IN_DIRECTORY(bad_files_are_refused),
        IN_DIRECTORY(bad_rows_are_refused),
        IN_DIRECTORY(edited_raw_files_are_refused_or_labelled),
        IN_DIRECTORY(sick_ops_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
