/* The exact lane of the gate as arithmetic: two made-up tables, what was declared, and the plants. */
#include "gate/exact.h"

#include "kernels/kernels.h"
#include "schema.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define METRICS_HEADER "variant,workload,metric,value,status,reason\n"
#define ALLOW_HEADER   "variant,workload,metric,value,reason\n"

static struct csv_data read_text(const char *name, const struct csv_table *table, const char *header, const char *text)
{
    char path[512];
    struct csv_data data;
    struct error error = {0};
    snprintf(path, sizeof path, "%s/gate_exact_test-%s.csv", TEST_BINARY_DIR, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s%s", header, text);
    fclose(file);
    if (csv_read(path, table, &data, &error) != 0)
        fail_msg("%s", error.message);
    remove(path);
    return data;
}

struct compared {
    struct csv_data base, head;
    struct gate_rows rows;
};

static struct compared compare(const char *base, const char *head)
{
    struct compared compared = {read_text("base", &schema_metrics, METRICS_HEADER, base),
                                read_text("head", &schema_metrics, METRICS_HEADER, head),
                                {0}};
    struct error error = {0};
    assert_int_equal(gate_exact_compare(&compared.base, &compared.head, &compared.rows, &error), 0);
    return compared;
}

static void release(struct compared *compared)
{
    gate_rows_free(&compared->rows);
    csv_free(&compared->base);
    csv_free(&compared->head);
}

static const struct gate_row *row_of(const struct compared *compared, const char *workload, const char *metric)
{
    for (size_t i = 0; i < compared->rows.count; i++)
        if (strcmp(compared->rows.rows[i].workload, workload) == 0 &&
            strcmp(compared->rows.rows[i].metric, metric) == 0)
            return &compared->rows.rows[i];
    fail_msg("no row of %s on %s", metric, workload);
    return NULL;
}

/* Status of the one row that base and head (cells from the metric on, or NULL for no row) give, beside a row that both
 * have. */
static enum gate_status status_of(const char *base, const char *head, bool *red)
{
    char texts[2][512];
    const char *const cells[] = {base, head};
    for (size_t s = 0; s < 2; s++)
        snprintf(texts[s], sizeof texts[s], "a,w,other,1,exact,\n%s%s%s", cells[s] ? "a,w," : "",
                 cells[s] ? cells[s] : "", cells[s] ? "\n" : "");
    struct compared compared = compare(texts[0], texts[1]);
    assert_int_equal(compared.rows.count, 2);
    const struct gate_row *row = &compared.rows.rows[strcmp(compared.rows.rows[0].metric, "other") == 0];
    const enum gate_status status = row->status;
    *red = gate_row_is_red(row);
    release(&compared);
    return status;
}

static void test_status(void **state)
{
    (void)state;
    static const struct {
        const char *base, *head;
        enum gate_status status;
        bool red;
    } cases[] = {
        {"instructions_per_op,45,exact,", "instructions_per_op,45,exact,", GATE_SAME, false},
        {"instructions_per_op,45,exact,", "instructions_per_op,46,exact,", GATE_REGRESSION, true},
        {"instructions_per_op,45,exact,", "instructions_per_op,45.001,exact,", GATE_REGRESSION, true},
        {"instructions_per_op,46,exact,", "instructions_per_op,45,exact,", GATE_LESS, false},
        {"allocations_per_op,0,exact,", "allocations_per_op,1,exact,", GATE_REGRESSION, true},
        {"allocated_bytes_per_op,8,exact,", "allocated_bytes_per_op,9,exact,", GATE_REGRESSION, true},
        {"live_requested_bytes_per_op,0,exact,", "live_requested_bytes_per_op,1,exact,", GATE_REGRESSION, true},
        {"live_blocks_per_op,0,exact,", "live_blocks_per_op,1,exact,", GATE_REGRESSION, true},
        {"live_blocks_after_teardown,0,exact,", "live_blocks_after_teardown,1,exact,", GATE_REGRESSION, true},
        {"peak_live_requested_bytes,8,exact,", "peak_live_requested_bytes,9,exact,", GATE_REGRESSION, true},
        {"struct_bytes,64,exact,", "struct_bytes,80,exact,", GATE_REGRESSION, true},
        {"struct_hole_bytes,0,exact,", "struct_hole_bytes,4,exact,", GATE_REGRESSION, true},
        {"struct_holes,0,exact,", "struct_holes,1,exact,", GATE_REGRESSION, true},
        {"struct_heap_bytes_jemalloc,64,exact,", "struct_heap_bytes_jemalloc,80,exact,", GATE_REGRESSION, true},
        /* More or less of these is neither better nor worse. */
        {"releases_per_op,1,exact,", "releases_per_op,2,exact,", GATE_CHANGED, false},
        {"instructions_codec_per_op,1,exact,", "instructions_codec_per_op,2,exact,", GATE_CHANGED, false},
        /* The allocator's doing. */
        {"handed_out_bytes_per_op,8,exact,", "handed_out_bytes_per_op,24,exact,", GATE_CHANGED, false},
        {"live_bytes_per_op,0,exact,", "live_bytes_per_op,16,unstable,n and 2n", GATE_CHANGED, false},
        {"peak_live_bytes,8,exact,", "peak_live_bytes,24,exact,", GATE_CHANGED, false},
        /* Not written where there is none. */
        {NULL, "malloc_calls_per_op,1,exact,", GATE_CHANGED, false},
        {"malloc_calls_per_op,1,exact,", NULL, GATE_CHANGED, false},
        {NULL, "failed_calls_per_op,1,exact,", GATE_REGRESSION, true},
        {"failed_calls_per_op,1,exact,", NULL, GATE_LESS, false},
        {NULL, "process_changes,1,exact,a child process", GATE_REGRESSION, true},
        {NULL, "struct_lines,1,exact,", GATE_NEW, false},
        {"struct_lines,1,exact,", NULL, GATE_REMOVED, false},
        /* What cannot be seen any more may have grown. */
        {"instructions_per_op,45,exact,", "instructions_per_op,,not available,forbidden", GATE_LOST, true},
        {"allocations_per_op,1,exact,", "allocations_per_op,1,unstable,n and 2n", GATE_LOST, true},
        {"instructions_per_op,45,exact,", NULL, GATE_LOST, true},
        {"releases_per_op,1,exact,", "releases_per_op,1,unstable,n and 2n", GATE_CHANGED, false},
        {NULL, "failed_calls_per_op,0.33,unstable,n and 2n", GATE_LOST, true},
        {NULL, "mmap_calls_per_op,1,exact,", GATE_REGRESSION, true},
        {NULL, "mmap_calls_per_op,0.001,unstable,n and 2n", GATE_LOST, true},
        {"mmap_calls_per_op,0.001,unstable,n and 2n", NULL, GATE_CHANGED, false},
        {NULL, "munmap_calls_per_op,0.001,unstable,n and 2n", GATE_CHANGED, false},
        {"live_mapped_bytes_per_op,0,exact,", "live_mapped_bytes_per_op,4096,exact,", GATE_REGRESSION, true},
        {"mapped_regions_after_teardown,0,exact,", "mapped_regions_after_teardown,2,exact,", GATE_REGRESSION, true},
        {"instructions_per_op,,not available,x", "instructions_per_op,45,exact,", GATE_GAINED, false},
        {"instructions_per_op,,not available,x", "instructions_per_op,,not available,x", GATE_UNAVAILABLE, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool red = false;
        const enum gate_status status = status_of(cases[i].base, cases[i].head, &red);
        if (status != cases[i].status || red != cases[i].red)
            fail_msg("%s | %s: %s%s", cases[i].base ? cases[i].base : "", cases[i].head ? cases[i].head : "",
                     gate_status_words[status], red ? ", red" : "");
    }
}

static void test_rows_know_both_figures_and_the_reason(void **state)
{
    (void)state;
    struct compared compared = compare("a,w,instructions_per_op,45,exact,\na,w,live_requested_bytes_per_op,3,exact,\n",
                                       "a,w,live_requested_bytes_per_op,,not available,no interposer\n"
                                       "a,w,instructions_per_op,46,exact,\n");
    const struct gate_row *row = row_of(&compared, "w", "instructions_per_op");
    assert_true(row->base == 45 && row->head == 46 && strcmp(row->reason, "") == 0);
    row = row_of(&compared, "w", "live_requested_bytes_per_op");
    assert_true(row->base == 3 && isnan(row->head));
    assert_string_equal(row->reason, "no interposer");
    release(&compared);
}

/* One row for a pair that one side has not, however many figures it has. */
static void test_new_and_removed_pairs(void **state)
{
    (void)state;
    struct compared compared = compare("a,w,allocations_per_op,1,exact,\na,w,instructions_per_op,9,exact,\n"
                                       "old,w,allocations_per_op,1,exact,\nold,w,instructions_per_op,9,exact,\n",
                                       "a,fresh,allocations_per_op,7,exact,\na,fresh,instructions_per_op,99,exact,\n"
                                       "a,w,allocations_per_op,1,exact,\na,w,instructions_per_op,9,exact,\n");
    assert_int_equal(compared.rows.count, 4);
    const struct gate_row *fresh = row_of(&compared, "fresh", GATE_ALL);
    assert_int_equal(fresh->status, GATE_NEW);
    assert_false(gate_row_is_red(fresh));
    size_t removed = 0;
    for (size_t i = 0; i < compared.rows.count; i++)
        removed += compared.rows.rows[i].status == GATE_REMOVED && strcmp(compared.rows.rows[i].variant, "old") == 0;
    assert_int_equal(removed, 1);
    release(&compared);
}

/* ---- what was declared ---- */

struct declared {
    int code;
    enum gate_status status;
    struct error error;
};

static struct declared declare(const char *allow_text, const char *earlier_text, bool selected)
{
    struct compared compared = compare("a,w,instructions_per_op,45,exact,\na,w,allocations_per_op,1,exact,\n",
                                       "a,w,instructions_per_op,46,exact,\na,w,allocations_per_op,1,exact,\n");
    struct csv_data allow = read_text("allow", &schema_gate_allow, ALLOW_HEADER, allow_text),
                    earlier = read_text("earlier", &schema_gate_allow, ALLOW_HEADER, earlier_text);
    struct declared declared = {0};
    declared.code = gate_exact_allow(&compared.rows, &allow, &earlier, selected, &declared.error);
    declared.status = row_of(&compared, "w", "instructions_per_op")->status;
    if (declared.status == GATE_DECLARED)
        assert_string_equal(row_of(&compared, "w", "instructions_per_op")->reason, "worth it");
    csv_free(&allow);
    csv_free(&earlier);
    release(&compared);
    return declared;
}

static void refused(const char *allow_text, const char *words)
{
    const struct declared declared = declare(allow_text, "", false);
    assert_int_equal(declared.code, EXIT_USAGE);
    assert_int_equal(declared.error.code, EXIT_USAGE);
    if (strstr(declared.error.message, words) == NULL)
        fail_msg("%s does not say \"%s\"", declared.error.message, words);
}

static void test_declared(void **state)
{
    (void)state;
    static const char line[] = "a,w,instructions_per_op,46,worth it\n";
    struct declared declared = declare(line, "", false);
    assert_int_equal(declared.code, 0);
    assert_int_equal(declared.status, GATE_DECLARED);
    assert_int_equal(declare("", "", false).status, GATE_REGRESSION);
    /* A line of the base is about what is in the base. */
    declared = declare(line, line, false);
    assert_int_equal(declared.code, 0);
    assert_int_equal(declared.status, GATE_REGRESSION);
    assert_int_equal(declare("a,w,allocations_per_op,2,old\n", "a,w,allocations_per_op,2,old\n", false).code, 0);
    /* About what was not asked for, nothing is known. */
    assert_int_equal(declare("b,v,allocations_per_op,2,worth it\n", "", true).code, 0);
}

/* A figure that is lost is declared by a line without a value; what the base declares may not be known. */
static void test_lost_and_unknown(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool known;
        int code;
        enum gate_status status;
    } cases[] = {
        {"a,w,allocations_per_op,,every third op\n", true, 0, GATE_DECLARED},
        {"a,w,allocations_per_op,1,every third op\n", true, EXIT_USAGE, GATE_LOST},
        {"a,w,instructions_per_op,,unchanged\n", true, EXIT_USAGE, GATE_LOST},
        {"a,w,instructions_per_op,,unchanged\n", false, 0, GATE_LOST},
        {"a,w,ns_per_op,,another output\n", true, 0, GATE_LOST}, /* the timing lane's business */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct compared compared =
            compare("a,w,instructions_per_op,45,exact,\na,w,allocations_per_op,1,exact,\n",
                    "a,w,instructions_per_op,45,exact,\na,w,allocations_per_op,0.33,unstable,x\n");
        struct csv_data allow = read_text("allow", &schema_gate_allow, ALLOW_HEADER, cases[i].line),
                        earlier = read_text("earlier", &schema_gate_allow, ALLOW_HEADER, "");
        struct error error = {0};
        assert_int_equal(gate_exact_allow(&compared.rows, &allow, cases[i].known ? &earlier : NULL, false, &error),
                         cases[i].code);
        assert_int_equal(row_of(&compared, "w", "allocations_per_op")->status, cases[i].status);
        csv_free(&allow);
        csv_free(&earlier);
        release(&compared);
    }
}

static void test_wrong_lines(void **state)
{
    (void)state;
    refused("a,w,instructions_per_op,47,worth it\n", "allow.csv:2: declares instructions_per_op of a on w as 47");
    refused("a,w,instructions_per_op,46,worth it\na,w,allocations_per_op,2,x\n", "allow.csv:3: declares an increase");
    refused("a,w,allocations_per_op,1,no increase\n", "there is none");
    refused("b,w,instructions_per_op,46,other variant\n", "there is none");
    refused("a,w,instructions_per_op,46,worth it\na,w,instructions_per_op,46,worth it\n", "a second time");
    assert_int_equal(declare("a,w,instructions_per_o,46,misspelt\n", "", true).code, EXIT_USAGE);
}

/* ---- the plants ---- */

#define PLANT_ROW(workload, metric, value) PLANT_VARIANT "," workload "," metric "," #value ",exact,\n"

static const char plants_base[] = PLANT_ROW("layout", "struct_bytes", 8) PLANT_ROW(
    "plant_allocation", "allocations_per_op", 1) PLANT_ROW("plant_bytes", "allocated_bytes_per_op", 24)
    PLANT_ROW("plant_bytes", "peak_live_requested_bytes", 25) PLANT_ROW("plant_mapping", "live_mapped_bytes_per_op", 0)
        PLANT_ROW("plant_instruction", "instructions_per_op", 5) PLANT_ROW("plant_leak", "live_blocks_per_op", 0)
            PLANT_ROW("plant_leak", "live_requested_bytes_per_op", 0) PLANT_ROW("plant_same", "instructions_per_op", 5);
static const char plants_head[] =
    PLANT_ROW("layout", "struct_bytes", 24) PLANT_ROW("plant_allocation", "allocations_per_op", 2)
        PLANT_ROW("plant_bytes", "allocated_bytes_per_op", 40) PLANT_ROW("plant_bytes", "peak_live_requested_bytes", 41)
            PLANT_ROW("plant_mapping", "live_mapped_bytes_per_op", 65536)
                PLANT_ROW("plant_instruction", "instructions_per_op", 6)
                    PLANT_ROW("plant_leak", "live_blocks_per_op", 1)
                        PLANT_ROW("plant_leak", "live_requested_bytes_per_op", 24)
                            PLANT_ROW("plant_same", "instructions_per_op", 5);

/* Code of looking at the plants after `from` was replaced by `to` in the head's table. */
static int plants_with(const char *from, const char *to, char *message)
{
    char head[sizeof plants_head + 256];
    const char *at = strstr(plants_head, from);
    struct error error = {0};
    assert_non_null(at);
    snprintf(head, sizeof head, "%.*s%s%s", (int)(at - plants_head), plants_head, to, at + strlen(from));
    struct compared compared = compare(plants_base, head);
    const int code = gate_exact_check_plants(&compared.rows, &error);
    for (size_t i = 0; i < compared.rows.count; i++)
        assert_false(gate_row_is_red(&compared.rows.rows[i])); /* they never make the gate red themselves */
    strcpy(message, error.message);
    release(&compared);
    return code;
}

static void test_plants(void **state)
{
    (void)state;
    char message[1024];
    static const char *const missed[][2] = {
        {"struct_bytes,24", "struct_bytes,8"},
        {"allocations_per_op,2", "allocations_per_op,1"},
        {"allocated_bytes_per_op,40", "allocated_bytes_per_op,24"},
        {"peak_live_requested_bytes,41", "peak_live_requested_bytes,25"},
        {"instructions_per_op,6", "instructions_per_op,5"},
        {"live_blocks_per_op,1", "live_blocks_per_op,0"},
        {"live_mapped_bytes_per_op,65536", "live_mapped_bytes_per_op,0"},
        {"live_requested_bytes_per_op,24", "live_requested_bytes_per_op,0"},
        /* Seen, but not what was planted. */
        {"instructions_per_op,6", "instructions_per_op,7"},
        {"struct_bytes,24", "struct_bytes,16"},
        /* Not looked at. */
        {PLANT_ROW("plant_bytes", "allocated_bytes_per_op", 40), ""},
    };
    assert_int_equal(plants_with("exact", "exact", message), 0);
    for (size_t i = 0; i < sizeof missed / sizeof missed[0]; i++) {
        if (plants_with(missed[i][0], missed[i][1], message) != EXIT_BLIND)
            fail_msg("%s is not missed", missed[i][0]);
        assert_non_null(strstr(message, "missed a planted regression"));
    }
    assert_int_equal(plants_with("plant_same,instructions_per_op,5", "plant_same,instructions_per_op,6", message),
                     EXIT_BLIND);
    assert_non_null(strstr(message, "where there is none"));
}

/* A machine that does not count is unfit; it is the gate that is blind only if the figure is there. */
static void test_plants_not_countable(void **state)
{
    (void)state;
    static const char uncounted[] = "gate_plant,plant_instruction,instructions_per_op,,not available,forbidden\n";
    struct error error = {0};
    char base[sizeof plants_base + 128], *at;
    strcpy(base, plants_base);
    at = strstr(base, "gate_plant,plant_instruction");
    snprintf(at, sizeof base - (size_t)(at - base), "%s%s", uncounted,
             strchr(strstr(plants_base, "gate_plant,plant_instruction"), '\n') + 1);
    struct compared compared = compare(base, base);
    for (size_t i = 0; i < compared.rows.count; i++) /* all others as planted */
        if (compared.rows.rows[i].status == GATE_SAME && strcmp(compared.rows.rows[i].workload, PLANT_SAME) != 0)
            compared.rows.rows[i].status = GATE_REGRESSION;
    for (size_t i = 0; i < compared.rows.count; i++) {
        struct gate_row *row = &compared.rows.rows[i];
        row->head += strcmp(row->metric, "struct_bytes") == 0                  ? 16
                     : strcmp(row->metric, "allocated_bytes_per_op") == 0      ? 16
                     : strcmp(row->metric, "peak_live_requested_bytes") == 0   ? 16
                     : strcmp(row->metric, "live_mapped_bytes_per_op") == 0    ? 65536
                     : strcmp(row->metric, "live_requested_bytes_per_op") == 0 ? 24
                                                                               : 1;
    }
    assert_int_equal(gate_exact_check_plants(&compared.rows, &error), EXIT_UNFIT);
    assert_non_null(strstr(error.message, "forbidden"));
    release(&compared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_rows_know_both_figures_and_the_reason),
        cmocka_unit_test(test_new_and_removed_pairs),
        cmocka_unit_test(test_declared),
        cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_lost_and_unknown),
        cmocka_unit_test(test_plants),
        cmocka_unit_test(test_plants_not_countable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
