/*
 * What was recorded of each process against what the raw files hold: edits, losses, NUL bytes, and what of them stays
 * when a run is taken up again. Made-up rows; no worker.
 */
#include "base/scratch.h"
#include "schema.h"
#include "store/recorded.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROCESSES = 5, MOST_BYTES = 1 << 16 };

static char directory[] = TEST_BINARY_DIR "/recorded_test-XXXXXX";

static const char *path_of(const char *file)
{
    static char path[2][PATH_MAX];
    static unsigned turn;
    snprintf(path[turn ^= 1], PATH_MAX, "%s/%s", directory, file);
    return path[turn];
}

static size_t read_file(const char *file, char *bytes)
{
    FILE *stream = fopen(path_of(file), "re");
    const size_t count = stream ? fread(bytes, 1, MOST_BYTES, stream) : 0;
    if (stream)
        fclose(stream);
    return count;
}

static void write_file(const char *file, const char *bytes, size_t count)
{
    FILE *stream = fopen(path_of(file), "we");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, count, stream), count);
    assert_int_equal(fclose(stream), 0);
}

static size_t size_of(const char *file)
{
    struct stat status;
    return stat(path_of(file), &status) == 0 ? (size_t)status.st_size : SIZE_MAX;
}

static struct csv_writer *open_table(const struct csv_table *table, enum csv_mode mode)
{
    struct csv_writer *writer;
    struct error error = {0};
    if (csv_writer_open(&writer, path_of(table->file), table, mode, &error) != 0)
        fail_msg("%s", error.message);
    return writer;
}

/* Values that its columns take, the first the process. */
static void put_row(struct csv_writer *writer, const struct csv_table *table, int64_t process)
{
    csv_put_integer(writer, process);
    for (size_t column = 1; column < table->column_count; column++)
        if (table->columns[column].type == CSV_TEXT)
            csv_put_text(writer, "word");
        else
            csv_put_integer(writer, 100 + process);
    csv_end_row(writer);
}

static void say_complete(const char *complete)
{
    struct error error = {0};
    struct csv_writer *writer = open_table(&schema_run, CSV_REPLACE);
    csv_put_text(writer, "complete");
    csv_put_text(writer, complete);
    csv_end_row(writer);
    assert_int_equal(csv_writer_close(writer, &error), 0);
}

/* Processes 0 ... with two rows in every file; no linearity, as most have none. */
static void write_processes(size_t count, enum csv_mode mode, int64_t first)
{
    struct error error = {0};
    struct csv_writer *raw[RECORDED_FILES], *recorded = open_table(&schema_recorded, mode);
    for (size_t f = 0; f < RECORDED_FILES; f++)
        raw[f] = open_table(recorded_tables[f],
                            mode == CSV_APPEND && size_of(recorded_tables[f]->file) == SIZE_MAX ? CSV_CREATE : mode);
    for (int64_t process = first; process < first + (int64_t)count; process++) {
        for (size_t f = 0; f < RECORDED_FILES; f++) {
            for (size_t row = 0; row < 2 && f != RECORDED_LINEARITY; row++)
                put_row(raw[f], recorded_tables[f], process);
            assert_int_equal(csv_writer_flush(raw[f], &error), 0);
            recorded_put(recorded, (uint64_t)process, (enum recorded_file)f, csv_writer_span(raw[f]));
        }
        assert_int_equal(csv_writer_flush(recorded, &error), 0);
    }
    for (size_t f = 0; f < RECORDED_FILES; f++)
        assert_int_equal(csv_writer_close(raw[f], &error), 0);
    assert_int_equal(csv_writer_close(recorded, &error), 0);
}

static int begin(void **state)
{
    (void)state;
    strcpy(strrchr(directory, '-'), "-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    write_processes(PROCESSES, CSV_CREATE, 0);
    say_complete("yes");
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_remove(directory);
    return 0;
}

static struct recorded expect_good(void)
{
    struct recorded recorded;
    struct error error = {0};
    if (recorded_check(directory, &recorded, &error) != 0)
        fail_msg("%s", error.message);
    return recorded;
}

static void expect_refusal(const char *words)
{
    struct recorded recorded;
    struct error error = {0};
    assert_int_equal(recorded_check(directory, &recorded, &error), EXIT_USAGE);
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

/* The last byte of the first row of a process in a plain file becomes another; the second time what it was. `bits` of a
 * digit below 4. */
static void edit(const char *file, int64_t process, int bits)
{
    char bytes[MOST_BYTES], start[32];
    const size_t count = read_file(file, bytes);
    bytes[count] = '\0';
    snprintf(start, sizeof start, "\n%d,", (int)process);
    char *row = strstr(bytes, start);
    assert_non_null(row);
    strchr(row + 1, '\n')[-1] ^= bits;
    write_file(file, bytes, count);
}

static void expect_accepted(size_t pieces, const char *words)
{
    struct error error = {0};
    size_t count;
    assert_int_equal(recorded_accept(directory, &count, &error), 0);
    assert_int_equal(count, pieces);
    assert_string_equal(expect_good().words, words);
}

static void whole_files_are_as_recorded(void **state)
{
    (void)state;
    struct recorded recorded = expect_good();
    assert_true(recorded.there);
    assert_int_equal(recorded.edited, 0);
    assert_string_equal(recorded.words, "");
    assert_string_equal(recorded.lost, "");
    unlink(path_of("samples.csv.gz")); /* as it is from a committed run */
    assert_string_equal(expect_good().lost, "");
    unlink(path_of("recorded.csv")); /* older */
    edit("contrasts.csv", 2, 1);
    assert_false(expect_good().there);
}

static void changed_bytes_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const files[] = {"contrasts.csv", "processes.csv", "state_contrasts.csv"};
    char before[MOST_BYTES], bytes[MOST_BYTES], words[128];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        for (int64_t process = 0; process < PROCESSES; process++) {
            const size_t count = read_file(files[i], before);
            edit(files[i], process, 1);
            snprintf(words, sizeof words, "/%s: was changed since it was measured, in process %d (", files[i],
                     (int)process);
            expect_refusal(words);
            write_file(files[i], before, count);
            expect_good();
        }
    /* A .gz by its bytes: the last of all is the size of its text. */
    const size_t count = read_file("samples.csv.gz", before);
    memcpy(bytes, before, count);
    bytes[count - 4] ^= 1;
    write_file("samples.csv.gz", bytes, count);
    expect_refusal("/samples.csv.gz: was changed since it was measured, in process 4 (");
    write_file("samples.csv.gz", before, count);
    /* A row less is another row at its place; one more at the end is one too many, but not while the run goes on. */
    size_t all = read_file("contrasts.csv", before);
    before[all] = '\0';
    const char *second = strchr(before, '\n') + 1, *third = strchr(second, '\n') + 1;
    memcpy(bytes, before, (size_t)(second - before));
    memcpy(bytes + (second - before), third, all - (size_t)(third - before));
    write_file("contrasts.csv", bytes, all - (size_t)(third - second));
    expect_refusal("/contrasts.csv: was changed since it was measured, in process 0 (");
    expect_accepted(1, "contrasts.csv of process 0"); /* the others only moved */
    memcpy(bytes, before, (size_t)(third - before));  /* the same row twice */
    memcpy(bytes + (third - before), second, all - (size_t)(second - before));
    write_file("contrasts.csv", bytes, all + (size_t)(third - second));
    expect_refusal("/contrasts.csv: was changed since it was measured, in process 1 (");
    expect_accepted(1, "contrasts.csv of process 1");
    memcpy(before + all, second, (size_t)(third - second));
    write_file("contrasts.csv", before, all + (size_t)(third - second));
    expect_refusal("/contrasts.csv: holds more than was measured, from byte ");
    say_complete("no");
    expect_good();
}

static void lost_bytes_are_told_from_changed_ones(void **state)
{
    (void)state;
    char before[MOST_BYTES];
    const size_t count = read_file("contrasts.csv", before), samples = size_of("samples.csv.gz");
    assert_int_equal(truncate(path_of("contrasts.csv"), (off_t)count - 10), 0);
    expect_refusal("/contrasts.csv: lacks what was measured in process 4 and later, bytes ");
    expect_refusal("or say --accept-edited");
    say_complete("no");
    expect_refusal("; run --resume measures it again");
    memset(before + count - 100, 0, 100);
    write_file("contrasts.csv", before, count);
    expect_refusal("/contrasts.csv: lacks what was measured in process ");
    memset(before + count - 100, 'x', 100);
    write_file("contrasts.csv", before, count);
    expect_refusal("/contrasts.csv: was changed since it was measured, in process ");
    read_file("processes.csv", before);
    end(state);
    begin(state); /* of samples nobody needs the end who analyses */
    assert_int_equal(truncate(path_of("samples.csv.gz"), (off_t)samples - 10), 0);
    assert_string_equal(expect_good().lost, "samples.csv.gz lacks process 4 and later");
    assert_int_equal(truncate(path_of("samples.csv.gz"), 0), 0);
    assert_string_equal(expect_good().lost, "samples.csv.gz lacks process 0 and later");
}

static void what_is_accepted_is_labelled_and_no_more(void **state)
{
    (void)state;
    struct error error = {0};
    size_t count;
    assert_int_equal(recorded_accept(directory, &count, &error), 0);
    assert_int_equal(count, 0);
    assert_int_equal(size_of("edited.csv"), SIZE_MAX);
    edit("contrasts.csv", 2, 1);
    edit("processes.csv", 3, 1);
    assert_int_equal(recorded_accept(directory, &count, &error), 0);
    assert_int_equal(count, 2);
    struct recorded recorded = expect_good();
    assert_int_equal(recorded.edited, 2);
    assert_string_equal(recorded.words, "contrasts.csv of process 2 and 1 more");
    edit("contrasts.csv", 4, 1); /* not of these */
    expect_refusal("/contrasts.csv: was changed since it was measured, in process 4 (");
    edit("contrasts.csv", 4, 1);
    edit("contrasts.csv", 2, 3); /* not what was accepted of this */
    expect_refusal("/contrasts.csv: was changed since it was measured, in process 2 (");
    edit("contrasts.csv", 2, 2); /* back to what it was */
    assert_string_equal(expect_good().words, "processes.csv of process 3");
    assert_int_equal(truncate(path_of("state_contrasts.csv"), (off_t)size_of("state_contrasts.csv") - 3), 0);
    assert_int_equal(recorded_accept(directory, &count, &error), 0);
    assert_string_equal(expect_good().words, "state_contrasts.csv of process 4 and 1 more");
}

static void a_list_that_speaks_of_nothing_is_refused(void **state)
{
    (void)state;
    char bytes[MOST_BYTES];
    const size_t count = read_file("recorded.csv", bytes);
    bytes[count] = '\0';
    char *line = strstr(bytes, "\n2,contrasts.csv,") + 1;
    memmove(line, strchr(line, '\n') + 1, strlen(strchr(line, '\n')));
    write_file("recorded.csv", bytes, strlen(bytes));
    expect_refusal("column offset_bytes is ");
    line = strstr(bytes, "\n2,processes.csv,") + 3;
    memcpy(line, "../../cesses", 12);
    write_file("recorded.csv", bytes, strlen(bytes));
    expect_refusal("column file is \"../../cessesv\"; expected a raw file");
}

/* ---- taken up again ---- */

static void mend(void)
{
    bool there;
    struct error error = {0};
    if (recorded_mend(directory, &there, &error) != 0)
        fail_msg("%s", error.message);
    assert_true(there);
}

/* Every file holds the processes below this, and goes on. */
static void expect_kept(size_t processes)
{
    for (size_t f = 0; f < RECORDED_FILES; f++) {
        const struct csv_table *table = recorded_tables[f];
        struct csv_data data = {0};
        struct error error = {0};
        if (size_of(table->file) == SIZE_MAX) {
            assert_int_equal(processes, 0);
            continue;
        }
        if (csv_read(path_of(table->file), table, &data, &error) != 0)
            fail_msg("%s", error.message);
        assert_int_equal(data.row_count, f == RECORDED_LINEARITY ? 0 : 2 * processes);
        csv_free(&data);
    }
    write_processes(PROCESSES - processes, CSV_APPEND, (int64_t)processes);
    say_complete("yes");
    expect_good();
}

static void whole_processes_stay_and_no_others(void **state)
{
    (void)state;
    static const char *const files[] = {"samples.csv.gz", "placements.csv.gz", "contrasts.csv", "state_contrasts.csv",
                                        "processes.csv"};
    char bytes[MOST_BYTES];
    mend();
    expect_kept(PROCESSES);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        /* the end of one file torn off; NUL bytes in its place; more of it; and all */
        const size_t count = read_file(files[i], bytes);
        write_file(files[i], bytes, count - 5);
        mend();
        expect_kept(PROCESSES - 1);
        memset(bytes + count - 30, 0, 30);
        write_file(files[i], bytes, count);
        mend();
        expect_kept(PROCESSES - 1);
        const size_t half = read_file(files[i], bytes) / 2;
        memset(bytes + half, 0, count - half);
        write_file(files[i], bytes, count);
        mend();
        struct csv_data rows;
        struct error error = {0};
        assert_int_equal(csv_read(path_of("processes.csv"), &schema_processes, &rows, &error), 0);
        const size_t kept = rows.row_count / 2;
        csv_free(&rows);
        assert_in_range(kept, 1, PROCESSES - 2);
        expect_kept(kept);
        assert_int_equal(truncate(path_of(files[i]), 0), 0);
        mend();
        expect_kept(0);
        memset(bytes, 0, count);
        write_file(files[i], bytes, count);
        mend();
        expect_kept(0);
    }
}

static void what_nobody_recorded_goes(void **state)
{
    (void)state;
    char bytes[MOST_BYTES];
    /* killed behind the rows and ahead of recorded.csv, in its middle, and by a power cut in it */
    const size_t count = read_file("recorded.csv", bytes);
    write_file("recorded.csv", bytes, count - 5);
    mend();
    expect_kept(PROCESSES - 1);
    bytes[count] = '\0';
    write_file("recorded.csv", bytes, (size_t)(strstr(bytes, "\n3,contrasts.csv") + 1 - bytes));
    mend();
    expect_kept(3);
    memset(bytes + count - 50, 0, 50);
    write_file("recorded.csv", bytes, count);
    mend();
    expect_kept(3 + (strstr(bytes, "\n3,processes.csv") != NULL));
    const size_t whole = read_file("contrasts.csv", bytes);
    memcpy(bytes + whole, "5,half", 6);
    write_file("contrasts.csv", bytes, whole + 6);
    mend();
    expect_kept(PROCESSES);
}

static void nothing_is_cut_that_was_changed(void **state)
{
    (void)state;
    bool there;
    struct error error = {0};
    edit("contrasts.csv", 1, 1);
    assert_int_equal(truncate(path_of("processes.csv"), (off_t)size_of("processes.csv") - 5), 0);
    const size_t contrasts = size_of("contrasts.csv"), processes = size_of("processes.csv");
    assert_int_equal(recorded_mend(directory, &there, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "/contrasts.csv: was changed since it was measured, in process 1 ("));
    assert_non_null(strstr(error.message, "; restore it, or measure anew"));
    assert_int_equal(size_of("contrasts.csv"), contrasts);
    assert_int_equal(size_of("processes.csv"), processes);
    edit("contrasts.csv", 1, 1);
    mend();
    expect_kept(PROCESSES - 1);
    unlink(path_of("samples.csv.gz"));
    error = (struct error){0};
    assert_int_equal(recorded_mend(directory, &there, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "/samples.csv.gz: is missing; restore it, or measure anew"));
    unlink(path_of("recorded.csv"));
    error = (struct error){0};
    assert_int_equal(recorded_mend(directory, &there, &error), 0);
    assert_false(there);
}

int main(void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(whole_files_are_as_recorded),
        IN_DIRECTORY(changed_bytes_are_refused_by_name),
        IN_DIRECTORY(lost_bytes_are_told_from_changed_ones),
        IN_DIRECTORY(what_is_accepted_is_labelled_and_no_more),
        IN_DIRECTORY(a_list_that_speaks_of_nothing_is_refused),
        IN_DIRECTORY(whole_processes_stay_and_no_others),
        IN_DIRECTORY(what_nobody_recorded_goes),
        IN_DIRECTORY(nothing_is_cut_that_was_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
