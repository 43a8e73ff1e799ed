/*
 * Processes recorded, torn, and taken up again: what is done is what is whole in every file. Made-up summaries; no
 * worker.
 */
#include "base/scratch.h"
#include "run/record.h"
#include "run/resume.h"
#include "schema.h"
#include "store/recorded.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = TEST_BINARY_DIR "/record_test-XXXXXX";
static struct module_info module = {.variant = "late"};
static struct plan_cell cell = {.panel = "field", .workload = "get_put", .arm_count = 2, .contrast_count = 1};
static const struct plan plan = {.cells = &cell, .cell_count = 1};

static const char *path_of(const char *file)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    return path;
}

static off_t size_of(const char *file)
{
    struct stat status;
    assert_int_equal(stat(path_of(file), &status), 0);
    return status.st_size;
}

static void say_incomplete(void)
{
    struct csv_writer *writer;
    struct error error = {0};
    assert_int_equal(csv_writer_open(&writer, path_of("run.csv"), &schema_run, CSV_REPLACE, &error), 0);
    csv_put_text(writer, "complete");
    csv_put_text(writer, "no");
    csv_end_row(writer);
    assert_int_equal(csv_writer_close(writer, &error), 0);
}

static int begin(void **state)
{
    (void)state;
    strcpy(strrchr(directory, '-'), "-XXXXXX");
    for (size_t a = 0; a < cell.arm_count; a++) {
        snprintf(cell.arms[a].name, sizeof cell.arms[a].name, "%s", a ? "late" : "good");
        cell.arms[a].module = &module;
    }
    snprintf(cell.contrasts[0].name, sizeof cell.contrasts[0].name, "late_against_good");
    if (mkdtemp(directory) == NULL)
        return -1;
    say_incomplete();
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(directory);
    return 0;
}

/* Processes `first` ... below `last`; of the number `faulty` the second arm crashed. The first error ends it. */
static int try_record(bool resumed, uint64_t first, uint64_t last, uint64_t faulty, struct error *error)
{
    struct record *record;
    static struct summary summary;
    const char *const layouts[] = {"offset=1", "offset=2"};
    summary.blocks_kept = 7;
    if (record_open(&record, directory, resumed, error) != 0)
        fail_msg("%s", error->message);
    for (uint64_t process = first; process < last && error->code == 0; process++) {
        const struct record_void why = {process == faulty ? "the worker crashed" : NULL,
                                        process == faulty ? cell.arms[1].name : NULL};
        const struct worker_object object = {.name = "structure", .bytes = 48};
        summary.contrasts[0].difference_ns = (double)process;
        if (!why.reason)
            record_objects(record, process, &cell, &object, 1);
        record_process(record, process, &cell, layouts, NULL, 0, &summary, &(struct record_clock){0}, &why, error);
    }
    struct error closing = {0};
    assert_int_equal(record_close(record, &closing), 0);
    return error->code;
}

static void record(bool resumed, uint64_t first, uint64_t last, uint64_t faulty)
{
    struct error error = {0};
    if (try_record(resumed, first, last, faulty, &error) != 0)
        fail_msg("%s", error.message);
}

/* Takes up what is there: which of the first four are done, as digits. */
static void expect_done(const char *done, const char *fault)
{
    struct resume resume = {.directory = directory,
                            .profile = {.look_count = 1, .looks = {{.processes = 4, .error_share = 1}}}};
    struct error error = {0};
    char found[5] = "";
    if (resume_mend(&resume, &plan, &error) != 0)
        fail_msg("%s", error.message);
    for (uint64_t process = 0; process < 4; process++)
        found[process] = resume_is_done(&resume, process) ? '1' : '0';
    assert_string_equal(found, done);
    assert_string_equal(resume.fault, fault);
    assert_int_equal(resume.processes_void, *fault ? 1 : 0);
    resume_free(&resume);
}

static void what_is_recorded_is_done(void **state)
{
    (void)state;
    struct recorded recorded;
    struct error error = {0};
    record(false, 0, 3, 4);
    assert_int_equal(recorded_check(directory, &recorded, &error), 0);
    assert_true(recorded.there);
    expect_done("1110", "");
    record(true, 3, 4, 4);
    assert_int_equal(recorded_check(directory, &recorded, &error), 0);
    expect_done("1111", "");
}

static void what_lacks_a_row_in_any_file_is_not(void **state)
{
    (void)state;
    static const char *const files[] = {"contrasts.csv", "processes.csv", "placements.csv.gz", "recorded.csv"};
    record(false, 0, 4, 4);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const off_t whole = size_of("contrasts.csv");
        assert_int_equal(truncate(path_of(files[i]), size_of(files[i]) - 3), 0);
        expect_done("1110", "");
        assert_true(size_of("contrasts.csv") < whole);
        record(true, 3, 4, 4);
        assert_int_equal(size_of("contrasts.csv"), whole);
        expect_done("1111", "");
    }
}

/* A disk that is full takes some files and not others. */
static void what_the_disk_has_no_room_for_is_not(void **state)
{
    (void)state;
    struct error error = {0};
    struct rlimit before, less;
    record(false, 0, 3, 4);
    const off_t processes = size_of("processes.csv"), contrasts = size_of("contrasts.csv");
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    less = before;
    less.rlim_cur = (rlim_t)processes + 5; /* the largest file of all */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
    const int code = try_record(true, 3, 4, 4, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, EXIT_USAGE);
    assert_non_null(strstr(error.message, "processes.csv: cannot write: "));
    assert_int_equal(size_of("processes.csv"), processes);
    assert_true(size_of("contrasts.csv") > contrasts);
    expect_done("1110", "");
    assert_int_equal(size_of("contrasts.csv"), contrasts);
    record(true, 3, 4, 4);
    expect_done("1111", "");
}

static void an_arm_that_crashed_is_remembered(void **state)
{
    (void)state;
    record(false, 0, 3, 1);
    expect_done("1110", "process 1 (panel field, workload get_put): the worker crashed");
}

static void what_nobody_can_vouch_for_is_refused(void **state)
{
    (void)state;
    struct resume resume = {.directory = directory,
                            .profile = {.look_count = 1, .looks = {{.processes = 4, .error_share = 1}}}};
    struct error error = {0};
    record(false, 0, 3, 4);
    assert_int_equal(unlink(path_of("recorded.csv")), 0);
    assert_int_equal(resume_mend(&resume, &plan, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "has no recorded.csv, so nobody knows which of its processes are whole"));
    resume_free(&resume);
}

int main(void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_is_recorded_is_done),
        IN_DIRECTORY(what_lacks_a_row_in_any_file_is_not),
        IN_DIRECTORY(what_the_disk_has_no_room_for_is_not),
        IN_DIRECTORY(an_arm_that_crashed_is_remembered),
        IN_DIRECTORY(what_nobody_can_vouch_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
