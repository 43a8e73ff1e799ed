/* Files of sizes as people have them: what is read, what is refused and in which words, what a replay takes. */
#include "trace/trace.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "trace-test-XXXXXX", file[64];

static int begin(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(file, sizeof file, "%s/sizes.csv", directory);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(directory);
}

static void write_text(const char *text, size_t bytes)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, bytes, out), bytes);
    fclose(out);
}

/* Read as `column` of it says; the code. */
static int read_back(const char *column, struct trace *trace, struct error *error)
{
    char asked[128];
    *error = (struct error){0};
    snprintf(asked, sizeof asked, "%s%s%s", file, *column ? ":" : "", column);
    return trace_read(asked, trace, error);
}

static void what_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *column, *found;
        unsigned more;
    } cases[] = {
        {"3\n1\n2\n", "", "", 0},
        {"3\n1\n2", "", "", 0},
        {"3\r\n1\r\n2\r\n\r\n\n", "", "", 0},
        {"\xef\xbb\xbf"
         "3\n1\n2\n",
         "", "", 0},
        {"\"3\"\n1\n\"2\"\n", "", "", 0},
        {"size\n3\n1\n2\n", "", "size", 0},
        {"anything\n3\n1\n2\n", "", "anything", 0},
        {"\xef\xbb\xbf"
         "bytes,who\n3,a\n1,b\n2,c\n",
         "", "bytes", 0},
        {"who,length\r\na,3\r\n\"b,\"\"c\r\n\"\"\",1\r\nd,2\r\n", "", "length", 0},
        {"encoding,input_bytes\nhex,3\nhex,1\nhex,2\n", "input_bytes", "input_bytes", 0},
        {"size,\"a b\"\n9,3\n9,1\n9,2\n", "a b", "a b", 0},
        {"time,size,thread,hold\n1,3,1,0\n2,1,1,0\n3,2,2,5\n", "", "size", TRACE_TIME | TRACE_THREAD | TRACE_HOLD},
        {"hold\n3\n1\n2\n", "", "hold", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trace trace;
        struct error error;
        write_text(cases[i].text, strlen(cases[i].text));
        if (read_back(cases[i].column, &trace, &error) != 0)
            fail_msg("case %zu: %s", i, error.message);
        assert_int_equal(trace.count, 3);
        assert_int_equal(trace.bytes[0] * 100 + trace.bytes[1] * 10 + trace.bytes[2], 312);
        assert_string_equal(trace.column, cases[i].found);
        assert_string_equal(trace.file, "sizes.csv");
        assert_int_equal(strlen(trace.sha256), 64);
        assert_int_equal(trace.more, cases[i].more);
        trace_free(&trace);
    }
}

static void check_refused(const char *text, size_t bytes, const char *column, const char *words)
{
    struct trace trace;
    struct error error;
    write_text(text, bytes);
    assert_int_equal(read_back(column, &trace, &error), EXIT_USAGE);
    if (strncmp(error.message, file, strlen(file)) != 0 || strstr(error.message, words) == NULL ||
        strchr(error.message, '\n') != NULL)
        fail_msg("\"%s\": \"%s\" does not name the file and say \"%s\"", text, error.message, words);
    trace_free(&trace);
}

static void what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *column, *words;
    } cases[] = {
        {"", "", ":1: is empty; expected a size a row"},
        {"\xef\xbb\xbf\r\n\n", "", ":1: is empty"},
        {"size\n", "", ":1: no row follows the header"},
        {"size\n1\n-1\n", "", ":3: \"-1\" is no size; expected 0 to 16777216 bytes, in digits alone"},
        {"1\n16777217\n", "", ":2: \"16777217\" is no size"},
        {"1\n18446744073709551617\n", "", ":2: \"18446744073709551617\" is no size"},
        {"1\n1e3\n", "", ":2: \"1e3\" is no size"},
        {"1\n 2\n", "", ":2: \" 2\" is no size"},
        {"1\n\n2\n", "", ":2: \"\" is no size"},
        {"size\n\"1\n2\"\n", "", ":2: \"1 2\" is no size"},
        {"a,b\n1,2\n", "", ":1: no column is called size, bytes or length; it has a, b: say which with --trace"},
        {"size,bytes\n1,2\n", "", ":1: more than one column is called size, bytes or length; it has size, bytes"},
        {"1,2\n3,4\n", "", ":1: no column is called size, bytes or length; it has 1, 2"},
        {"a,b\n1,2\n", "c", ":1: no column \"c\"; it has a, b"},
        {"a,a\n1,2\n", "a", ":1: more than one column \"a\""},
        {"size,b\n1,2\n3\n", "", ":3: has 1 cells; expected 2, as the first line has"},
        {"size,b\n1,2\n3,4,5\n", "", ":3: has 3 cells; expected 2"},
        {"1\n2,3\n", "", ":2: has 2 cells; expected 1"},
        {"size,b\n1,\"2\n3,4\n", "", ":2: a quoted cell does not end"},
        {"size,b\n1,\"2\"x\n", "", ":2: text follows a closing quote"},
        {"size,b\n1,x\"2\n", "", ":2: a quote stands within a cell"},
        {"1\r2\r3\n", "", ":1: a carriage return stands alone"},
        {"size,b\n\"1\",\"a\nb\"\n-2,c\n", "", ":4: \"-2\" is no size"}, /* lines, not rows */
        {"1\n2\177\n", "", ":2: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_refused(cases[i].text, strlen(cases[i].text), cases[i].column, cases[i].words);
    check_refused("1\n\0\n", 4, "", ": is no text; expected a size a row");
    check_refused("\x7f"
                  "ELF\2\1\1",
                  7, "", ": is no text");
}

static void what_is_no_file(void **state)
{
    (void)state;
    struct trace trace;
    struct error error = {0};
    char name[128];
    assert_int_equal(trace_read(directory, &trace, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "is a directory; expected a file with a size a row"));
    error = (struct error){0};
    assert_int_equal(trace_read("not-there.csv", &trace, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "not-there.csv: cannot open"));
    error = (struct error){0};
    assert_int_equal(trace_read("not-there.csv:size", &trace, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "not-there.csv: cannot open"));
    snprintf(name, sizeof name, "%s/pipe", directory);
    assert_int_equal(mkfifo(name, 0600), 0);
    error = (struct error){0};
    assert_int_equal(trace_read(name, &trace, &error), EXIT_USAGE);
    unlink(name);
    assert_non_null(strstr(error.message, "is a pipe; expected a file"));
    snprintf(name, sizeof name, "%s/a:b", directory); /* a file of the whole name comes first */
    FILE *out = fopen(name, "w");
    fputs("7\n", out);
    fclose(out);
    error = (struct error){0};
    assert_int_equal(trace_read(name, &trace, &error), 0);
    unlink(name);
    assert_int_equal(trace.bytes[0], 7);
    trace_free(&trace);
}

static void a_million_rows(void **state)
{
    (void)state;
    struct trace trace;
    struct error error;
    FILE *out = fopen(file, "w");
    fputs("thread,size\n", out);
    for (int i = 0; i < 1000000; i++)
        fprintf(out, "1,%d\n", i % 5000);
    fclose(out);
    assert_int_equal(read_back("", &trace, &error), 0);
    assert_int_equal(trace.count, 1000000);
    assert_int_equal(trace.bytes[999999], 4999);
    static struct trace_replay replay;
    trace_cut(&trace, &replay);
    assert_int_equal(replay.count, TRACE_REPLAY_CALLS);
    assert_int_equal(replay.stretches, 64);
    assert_int_equal(replay.bytes[0], 0); /* the first row of all, and the last */
    assert_int_equal(replay.bytes[TRACE_REPLAY_CALLS - 1], 4999);
    for (size_t i = 1; i < TRACE_REPLAY_STRETCH; i++) /* in a row */
        assert_int_equal(replay.bytes[i], i);
    trace_free(&trace);
}

/* Bounded in bytes, whatever the sizes; and all of what is small enough. */
static void what_a_replay_takes(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        uint32_t bytes;
        size_t replayed;
    } cases[] = {
        {1, 0, 1},
        {1, TRACE_SIZE_BYTES_MAX, 1},
        {TRACE_REPLAY_CALLS, 1000, TRACE_REPLAY_CALLS},
        {TRACE_REPLAY_CALLS + 1, 1000, TRACE_REPLAY_CALLS},
        {100, TRACE_SIZE_BYTES_MAX, 2},
        {100, 1 << 20, 32},
        {100000, 1 << 14, 2048},
        {65, 1 << 20, 32},
        {4000, 1 << 20, 32},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct trace_replay replay;
        struct trace trace = {.count = cases[i].count, .bytes = malloc(cases[i].count * sizeof *trace.bytes)};
        for (size_t row = 0; row < trace.count; row++)
            trace.bytes[row] = cases[i].bytes;
        trace_cut(&trace, &replay);
        if (replay.count != cases[i].replayed)
            fail_msg("case %zu: %zu calls, expected %zu", i, replay.count, cases[i].replayed);
        assert_true(replay.count == 1 || (uint64_t)replay.count * cases[i].bytes <= TRACE_REPLAY_BYTES);
        assert_int_equal(replay.count, replay.stretches * replay.stretch);
        trace_free(&trace);
    }
}

static void quantiles(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {5, 1, 4, 2, 3};
    uint32_t *sorted = trace_sorted(sizes, 5);
    assert_int_equal(trace_quantile(sorted, 5, 0), 1);
    assert_int_equal(trace_quantile(sorted, 5, 0.2), 1);
    assert_int_equal(trace_quantile(sorted, 5, 0.21), 2);
    assert_int_equal(trace_quantile(sorted, 5, 0.5), 3);
    assert_int_equal(trace_quantile(sorted, 5, 1), 5);
    free(sorted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read),   cmocka_unit_test(what_is_refused),     cmocka_unit_test(what_is_no_file),
        cmocka_unit_test(a_million_rows), cmocka_unit_test(what_a_replay_takes), cmocka_unit_test(quantiles),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
