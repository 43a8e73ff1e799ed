/* The CSV layer: what it writes reads back; what is not as promised is refused with path, line, value and advice. */
#include "store/checksum.h"
#include "store/csv.h"

#include <errno.h>
#include <glob.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { NAME, COUNT, VALUE, NOTE };
static const struct csv_column columns[] = {
    {"name", CSV_TEXT, true, "a name"},
    {"count", CSV_INTEGER, true, "a count"},
    {"value", CSV_NUMBER, false, "a value"},
    {"note", CSV_TEXT, false, "a note"},
};
static const struct csv_table table = {"things.csv", "one thing", columns, 4};
static const struct csv_column other_columns[] = {{"name", CSV_TEXT, true, "a name"},
                                                  {"size", CSV_INTEGER, true, "a size"}};
static const struct csv_table other_table = {"others.csv", "one other", other_columns, 2};
#define HEADER "name,count,value,note\n"

static char directory[] = TEST_BINARY_DIR "/csv_test.XXXXXX";

static const char *path_of(const char *name)
{
    static char path[2][1024];
    static unsigned turn;
    turn ^= 1;
    snprintf(path[turn], sizeof path[turn], "%s/%s", directory, name);
    return path[turn];
}

static void put_file(const char *path, const char *bytes, size_t count)
{
    unlink(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

static size_t get_file(const char *path, char *bytes, size_t capacity)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t count = fread(bytes, 1, capacity - 1, file);
    bytes[count] = '\0';
    fclose(file);
    return count;
}

static void assert_holds(const char *path, const char *expected)
{
    char bytes[4096];
    get_file(path, bytes, sizeof bytes);
    assert_string_equal(bytes, expected);
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static void assert_no_partial(const char *path)
{
    char pattern[1100];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s*partial", path);
    assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
    globfree(&found);
}

static void assert_message(const struct error *error, int code, const char *path, const char *part)
{
    if (code != EXIT_USAGE || error->code != EXIT_USAGE)
        fail_msg("code %d, message \"%s\", expected an error with \"%s\"", code, error->message, part);
    if (strncmp(error->message, path, strlen(path)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", error->message, path);
    if (strstr(error->message, part) == NULL)
        fail_msg("\"%s\" does not have \"%s\"", error->message, part);
    assert_null(strchr(error->message, '\n'));
}

static void assert_refused(const char *path, const char *part)
{
    struct csv_data data;
    struct error error = {0};
    int code = csv_read(path, &table, &data, &error);
    assert_message(&error, code, path, part);
    assert_null(data.text);
    assert_null(data.cells);
    assert_null(data.path);
    assert_int_equal(data.row_count, 0);
}

static struct csv_writer *open_writer(const char *path, enum csv_mode mode)
{
    struct csv_writer *writer;
    struct error error = {0};
    if (csv_writer_open(&writer, path, &table, mode, &error) != 0)
        fail_msg("%s", error.message);
    return writer;
}

static void put_row(struct csv_writer *writer, const char *name, int64_t count, double value, const char *note)
{
    csv_put_text(writer, name);
    csv_put_integer(writer, count);
    csv_put_number(writer, value);
    csv_put_text(writer, note);
    csv_end_row(writer);
}

static void close_writer(struct csv_writer *writer)
{
    struct error error = {0};
    if (csv_writer_close(writer, &error) != 0)
        fail_msg("%s", error.message);
}

/* ---- strict reader ---- */

struct bad_file {
    const char *bytes;
    size_t count;        /* 0: up to the NUL */
    const char *message; /* behind the path */
};

static const struct bad_file bad_files[] = {
    {"name,size,value,note\n", 0, ":1: header column 2 is \"size\"; expected \"count\" (table things.csv)"},
    {"count,name,value,note\n", 0, ":1: header column 1 is \"count\"; expected \"name\""},
    {"name,count\n", 0, ":1: the header ends after column 2; expected column 3 to be \"value\""},
    {"name,count,value,note,more\n", 0,
     ":1: header column 5 is \"more\"; expected the header to end after column 4, \"note\""},
    {"name,count,value,note\r\n", 0, ":1: header column 4 is \"note\\r\"; expected \"note\""},
    {"\xef\xbb\xbfname,count,value,note\n", 0, ":1: header column 1 is \"\\xef\\xbb\\xbfname\"; expected \"name\""},
    {"Name,count,value,note\n", 0, ":1: header column 1 is \"Name\"; expected \"name\""},
    {"name,count,value,note ", 0, ":1: header column 4 is \"note \"; expected \"note\""},
    {"name,cou", 0, ":1: truncated mid-row: the last line is \"name,cou\" without LF"},
    {"name,count,value,note", 0, ":1: truncated mid-row: the last line is \"name,count,value,note\" without LF"},
    {"", 0, ":1: the file is empty; expected the header \"name,count,value,note\""},
    {"\n", 0, ":1: header column 1 is \"\"; expected \"name\""},
    {"a,1,2,b\n", 0, ":1: header column 1 is \"a\"; expected \"name\""},

    {HEADER "a,1,2,b\na,1,2\n", 0, ":3: the row has 3 cells, the last is \"2\"; expected 4, up to column note"},
    {HEADER "a,1,2,b,c\n", 0, ":2: the row has 5 cells, the last is \"c\"; expected 4"},
    {HEADER "a,1,2,b,\n", 0, ":2: the row has 5 cells, the last is \"\"; expected 4"},
    {HEADER "a,1,2,b\n\n", 0, ":3: the row has 1 cell, the last is \"\"; expected 4"},
    {HEADER "a,1,2,b\na,1,2,b", 0, ":3: truncated mid-row: the last line is \"a,1,2,b\" without LF"},
    {HEADER "a,1,2,b\nab", 0, ":3: truncated mid-row: the last line is \"ab\" without LF"},
    {HEADER ",1,2,b\n", 0, ":2: column name is \"\"; expected a value, this column is never empty"},
    {HEADER "a,,2,b\n", 0, ":2: column count is \"\"; expected a value, this column is never empty"},

    {HEADER "a,9223372036854775808,2,b\n", 0,
     ":2: column count is \"9223372036854775808\"; expected a decimal integer"},
    {HEADER "a,-9223372036854775809,2,b\n", 0,
     ":2: column count is \"-9223372036854775809\"; expected a decimal integer"},
    {HEADER "a,99999999999999999999999,2,b\n", 0, ":2: column count is \"99999999999999999999999\"; expected a dec"},
    {HEADER "a,12x,2,b\n", 0, ":2: column count is \"12x\"; expected a decimal integer"},
    {HEADER "a,0x10,2,b\n", 0, ":2: column count is \"0x10\"; expected a decimal integer"},
    {HEADER "a,+1,2,b\n", 0, ":2: column count is \"+1\"; expected a decimal integer"},
    {HEADER "a, 1,2,b\n", 0, ":2: column count is \" 1\"; expected a decimal integer"},
    {HEADER "a,1 ,2,b\n", 0, ":2: column count is \"1 \"; expected a decimal integer"},
    {HEADER "a,-,2,b\n", 0, ":2: column count is \"-\"; expected a decimal integer"},
    {HEADER "a,--1,2,b\n", 0, ":2: column count is \"--1\"; expected a decimal integer"},
    {HEADER "a,007,2,b\n", 0, ":2: column count is \"007\"; expected a decimal integer"},
    {HEADER "a,1.0,2,b\n", 0, ":2: column count is \"1.0\"; expected a decimal integer"},
    {HEADER "a,1e3,2,b\n", 0, ":2: column count is \"1e3\"; expected a decimal integer"},
    {HEADER "a,inf,2,b\n", 0, ":2: column count is \"inf\"; expected a decimal integer"},

    {HEADER "a,1,nan,b\n", 0, ":2: column value is \"nan\"; expected a number"},
    {HEADER "a,1,NaN,b\n", 0, ":2: column value is \"NaN\"; expected a number"},
    {HEADER "a,1,-nan,b\n", 0, ":2: column value is \"-nan\"; expected a number"},
    {HEADER "a,1,INF,b\n", 0, ":2: column value is \"INF\"; expected a number"},
    {HEADER "a,1,infinity,b\n", 0, ":2: column value is \"infinity\"; expected a number"},
    {HEADER "a,1,+inf,b\n", 0, ":2: column value is \"+inf\"; expected a number"},
    {HEADER "a,1,0x1p3,b\n", 0, ":2: column value is \"0x1p3\"; expected a number"},
    {HEADER "a,1,1e999,b\n", 0, ":2: column value is \"1e999\"; expected a number"},
    {HEADER "a,1,1.5.2,b\n", 0, ":2: column value is \"1.5.2\"; expected a number"},
    {HEADER "a,1,1;5,b\n", 0, ":2: column value is \"1;5\"; expected a number"},
    {HEADER "a,1,.5,b\n", 0, ":2: column value is \".5\"; expected a number"},
    {HEADER "a,1,5.,b\n", 0, ":2: column value is \"5.\"; expected a number"},
    {HEADER "a,1,1e,b\n", 0, ":2: column value is \"1e\"; expected a number"},
    {HEADER "a,1,1e+,b\n", 0, ":2: column value is \"1e+\"; expected a number"},
    {HEADER "a,1, 1,b\n", 0, ":2: column value is \" 1\"; expected a number"},
    {HEADER "a,1,1 ,b\n", 0, ":2: column value is \"1 \"; expected a number"},
    {HEADER "a,1,+1,b\n", 0, ":2: column value is \"+1\"; expected a number"},
    {HEADER "a,1,1f,b\n", 0, ":2: column value is \"1f\"; expected a number"},

    {HEADER "a,1,2,b\r\n", 0, ":2: column note is \"b\\r\": byte 2 is a carriage return; expected text"},
    {HEADER "a\r,1,2,b\n", 0, ":2: column name is \"a\\r\": byte 2 is a carriage return; expected text"},
    {HEADER "\"a\",1,2,b\n", 0, ":2: column name is \"\"a\"\": byte 1 is a quote; expected text"},
    {HEADER "a,1\0,2,b\n", sizeof HEADER + 9 - 1, ":2: column count is \"1\\x00\": byte 2 is a NUL byte"},
    {HEADER "a\tb,1,2,b\n", 0, ":2: column name is \"a\\x09b\": byte 2 is a tab"},
    {HEADER "a,1,2,\x1b[1m\n", 0, ":2: column note is \"\\x1b[1m\": byte 1 is a control character"},
    {HEADER "a,1,2,\x7f\n", 0, ":2: column note is \"\\x7f\": byte 1 is a control character"},
    {HEADER "a,1,2,x\xff\n", 0, ":2: column note is \"x\\xff\": byte 2 is a byte that is not printable UTF-8"},
    {HEADER "a,1,2,\xc3\n", 0, ":2: column note is \"\\xc3\": byte 1 is a byte that is not printable UTF-8"},
    {HEADER "a,1,2,x\xe2\x80\xae\n", 0,
     ":2: column note is \"x\\xe2\\x80\\xae\": byte 2 is a byte that is not printable"},
    {HEADER "a,1,2,\xe2\x81\xa9\n", 0,
     ":2: column note is \"\\xe2\\x81\\xa9\": byte 1 is a byte that is not printable"},
    {HEADER "a,1,2,\xd8\x9c\n", 0, ":2: column note is \"\\xd8\\x9c\": byte 1 is a byte that is not printable"},
    {HEADER "a,1,2,\xef\xbb\xbf\n", 0,
     ":2: column note is \"\\xef\\xbb\\xbf\": byte 1 is a byte that is not printable"},
    {HEADER "a,1,2,\xe2\x80\xa8\n", 0,
     ":2: column note is \"\\xe2\\x80\\xa8\": byte 1 is a byte that is not printable"},
    {HEADER "a,1,2,\xc0\xaf\n", 0, ":2: column note is \"\\xc0\\xaf\": byte 1 is a byte that is not"},
    {HEADER "a,1,2,\xed\xa0\x80\n", 0, ":2: column note is \"\\xed\\xa0\\x80\": byte 1 is a byte that is not"},
    {HEADER "a,1,2,\xc2\x85\n", 0, ":2: column note is \"\\xc2\\x85\": byte 1 is a byte that is not"},
    {HEADER "a,1,2,b,\r\n", 0, ":2: column (beyond the last) is \"\\r\": byte 1 is a carriage return"},
};

static void reader_refuses(void **state)
{
    (void)state;
    const char *path = path_of("bad.csv");
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        const struct bad_file *bad = &bad_files[i];
        put_file(path, bad->bytes, bad->count > 0 ? bad->count : strlen(bad->bytes));
        char expected[1400];
        snprintf(expected, sizeof expected, "%s%s", path, bad->message);
        assert_refused(path, expected);
    }
}

static void reader_cuts_long_values(void **state)
{
    (void)state;
    const char *path = path_of("long.csv");
    char bytes[3000] = HEADER "a,";
    size_t count = strlen(bytes);
    memset(bytes + count, 'x', 2500);
    strcpy(bytes + count + 2500, ",2,b\n");
    put_file(path, bytes, strlen(bytes));
    assert_refused(path, "xxx...\"; expected a decimal integer");
    assert_refused(path, "mend this row or write the file again");
}

static void reader_refuses_what_is_no_file(void **state)
{
    (void)state;
    assert_refused(path_of("missing.csv"), "cannot open: No such file or directory; expected table things.csv");
    assert_refused(directory, ": is a directory; expected a file with table things.csv");
    assert_refused("/dev/zero", ": is a device; expected a file with table things.csv");
}

/* Columns that were declared after a file had been written are empty there; any other must be in the header. */
static void reader_knows_what_came_later(void **state)
{
    (void)state;
    static const struct csv_column grown_columns[] = {{"name", CSV_TEXT, true, "a name"},
                                                      {"value", CSV_NUMBER, false, "a value"},
                                                      {"error", CSV_NUMBER, CSV_LATER, "its error"},
                                                      {"note", CSV_TEXT, CSV_LATER, "a note"}};
    static const struct csv_table grown = {"grown.csv", "one thing", grown_columns, 4};
    static const struct {
        const char *bytes, *message; /* NULL: read */
    } files[] = {
        {"name,value\na,1\n", NULL},
        {"name,value,error\na,1,2\n", NULL},
        {"name,value,error,note\na,1,2,\n", NULL},
        {"name\na\n", ":1: the header ends after column 1; expected column 2 to be \"value\""},
        {"name,value,note\na,1,b\n", ":1: header column 3 is \"note\"; expected \"error\""},
        {"name,value\na,1,2\n", ":2: the row has 3 cells, the last is \"2\"; expected 2, up to column value"},
        {"name,value\na\n", ":2: the row has 1 cell, the last is \"a\"; expected 2"},
        {"name,value,error,note\na,1\n", ":2: the row has 2 cells, the last is \"1\"; expected 4"},
        {"name,value\na,1", ":2: truncated mid-row"},
    };
    const char *path = path_of("grown.csv");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct csv_data data;
        struct error error = {0};
        put_file(path, files[i].bytes, strlen(files[i].bytes));
        const int code = csv_read(path, &grown, &data, &error);
        if (files[i].message) {
            assert_int_equal(code, EXIT_USAGE);
            if (!strstr(error.message, files[i].message))
                fail_msg("%s", error.message);
            continue;
        }
        assert_int_equal(code, 0);
        assert_string_equal(csv_text(&data, 0, 0), "a");
        assert_true(csv_number(&data, 0, 1) == 1 && csv_is_empty(&data, 0, 3));
        assert_true(i == 0 ? isnan(csv_number(&data, 0, 2)) : csv_number(&data, 0, 2) == 2);
        csv_free(&data);
    }
    /* Nothing new goes into an old file: its rows are shorter. */
    struct csv_writer *writer;
    struct error error = {0};
    put_file(path, "name,value\na,1\n", strlen("name,value\na,1\n"));
    assert_int_equal(csv_writer_open(&writer, path, &grown, CSV_APPEND, &error), EXIT_USAGE);
    assert_non_null(strstr(error.message, "the header ends after column 2; expected column 3 to be \"error\""));
}

static void reader_accepts_the_ends_of_the_ranges(void **state)
{
    (void)state;
    const char *path = path_of("ends.csv");
    static const char bytes[] = HEADER "a b,9223372036854775807,inf,\n"
                                       "\xc2\xb5s \xe2\x82\xac \xf0\x9f\x98\x80,-9223372036854775808,-inf,'[]%\n"
                                       "c,0,,x\n"
                                       "d,-1,-1.5E-3,\n"
                                       "e,10,5e-324,\n";
    put_file(path, bytes, strlen(bytes));
    struct csv_data data;
    struct error error = {0};
    assert_int_equal(csv_read(path, &table, &data, &error), 0);
    assert_string_equal(data.path, path);
    assert_int_equal(data.row_count, 5);
    assert_true(csv_integer(&data, 0, COUNT) == INT64_MAX);
    assert_true(csv_integer(&data, 1, COUNT) == INT64_MIN);
    assert_true(csv_number(&data, 0, VALUE) == INFINITY);
    assert_true(csv_number(&data, 1, VALUE) == -INFINITY);
    assert_true(csv_is_empty(&data, 2, VALUE) && !csv_is_empty(&data, 3, VALUE));
    assert_true(isnan(csv_number(&data, 2, VALUE)));
    assert_true(csv_number(&data, 3, VALUE) == -0.0015);
    assert_true(csv_number(&data, 4, VALUE) == 0x1p-1074);
    assert_true(csv_number(&data, 4, COUNT) == 10);
    assert_string_equal(csv_text(&data, 0, NAME), "a b");
    assert_string_equal(csv_text(&data, 0, NOTE), "");
    assert_string_equal(csv_text(&data, 1, NOTE), "'[]%");
    assert_int_equal(csv_find(&data, NAME, "d"), 3);
    assert_int_equal(csv_find(&data, NAME, "nobody"), 5);
    csv_free(&data);
    assert_null(data.cells);

    put_file(path, HEADER, strlen(HEADER));
    assert_int_equal(csv_read(path, &table, &data, &error), 0);
    assert_int_equal(data.row_count, 0);
    csv_free(&data);
}

/* ---- gzip ---- */

static size_t pack(unsigned char *packed, size_t capacity, const char *text)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)text;
    stream.avail_in = (uInt)strlen(text);
    stream.next_out = packed;
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return capacity - stream.avail_out;
}

static void reader_reads_gzip_members(void **state)
{
    (void)state;
    const char *path = path_of("members.csv.gz");
    char bytes[4096];
    size_t count = 0;
    /* A row cut by the end of a member is no concern of gzip: the text is what counts. */
    static const char *const parts[] = {HEADER "a,1,2,b\n", "", "c,3,4", ",d\ne,5,6,f\n"};
    for (size_t i = 0; i < 4; i++)
        count += pack((unsigned char *)bytes + count, sizeof bytes - count, parts[i]);
    put_file(path, bytes, count);
    struct csv_data data;
    struct error error = {0};
    if (csv_read(path, &table, &data, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(data.row_count, 3);
    assert_int_equal(csv_integer(&data, 2, COUNT), 5);
    csv_free(&data);
}

/* A hole takes no room on the disk, and packed it is a few hundred kilobytes: neither may come to be memory. */
static void reader_has_a_limit(void **state)
{
    (void)state;
    char expected[1400];
    const char *path = path_of("large.csv");
    put_file(path, HEADER, strlen(HEADER));
    assert_int_equal(truncate(path, (off_t)CSV_TEXT_BYTES_MAX + 1), 0);
    snprintf(expected, sizeof expected, "%s: more than %d bytes of text; expected fewer", path, CSV_TEXT_BYTES_MAX);
    assert_refused(path, expected);
    assert_int_equal(unlink(path), 0);

    path = path_of("large.csv.gz");
    gzFile file = gzopen(path, "wb1");
    static const char blank[1 << 20];
    for (int written = 0; written <= CSV_TEXT_BYTES_MAX; written += (int)sizeof blank)
        assert_int_equal(gzwrite(file, blank, sizeof blank), sizeof blank);
    assert_int_equal(gzclose(file), Z_OK);
    snprintf(expected, sizeof expected, "%s: more than %d bytes of text; expected fewer", path, CSV_TEXT_BYTES_MAX);
    assert_refused(path, expected);
    assert_int_equal(unlink(path), 0);
}

static void checksum_waits_for_no_pipe(void **state)
{
    (void)state;
    const char *path = path_of("summed.csv");
    struct error error = {0};
    char crc[CHECKSUM_CRC32_BYTES];
    assert_int_equal(mkfifo(path, 0600), 0);
    const int code = checksum_crc32(path, crc, &error);
    assert_message(&error, code, path, ": is a pipe; expected a file with the bytes that were measured");
    struct csv_data data;
    error = (struct error){0};
    assert_message(&error, csv_read(path, &table, &data, &error), path,
                   ": is a pipe; expected a file with table things.csv");
}

static void reader_refuses_bad_gzip(void **state)
{
    (void)state;
    const char *path = path_of("bad.csv.gz");
    char bytes[4096], expected[200];
    size_t first = pack((unsigned char *)bytes, sizeof bytes, HEADER "a,1,2,b\n");
    size_t both = first + pack((unsigned char *)bytes + first, sizeof bytes - first, "c,3,4,d\n");
    for (size_t count = first + 1; count < both; count++) {
        put_file(path, bytes, count);
        snprintf(
            expected, sizeof expected,
            "truncated gzip: it ends at byte %zu inside member 2, which starts at byte %zu; expected a whole member; "
            "cut the file to %zu bytes",
            count, first, first);
        assert_refused(path, expected);
    }
    put_file(path, bytes, first / 2);
    assert_refused(path, "inside member 1, which starts at byte 0");
    put_file(path, HEADER, strlen(HEADER));
    assert_refused(path, ": bad gzip data near byte");
    put_file(path, "", 0);
    assert_refused(path, ":1: the file is empty");
    bytes[both] = 'x', bytes[both + 1] = 'y', bytes[both + 2] = 'z';
    put_file(path, bytes, both + 3);
    assert_refused(path, "in member 3");
    bytes[both - 8] ^= 1; /* of the CRC */
    put_file(path, bytes, both);
    assert_refused(path, "in member 2, which starts at byte");
    size_t count = pack((unsigned char *)bytes, sizeof bytes, HEADER "a,x,2,b\n");
    put_file(path, bytes, count);
    assert_refused(path, ":2: column count is \"x\"");
}

/* ---- round trip ---- */

/* SplitMix64 (Steele, Lea & Flood 2014): fixed seeds, the same figures everywhere. */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Every kind of double: any bits, few decimals, near powers of two, subnormal, integral, special. */
static double random_double(uint64_t *seed)
{
    static const double special[] = {0,   1,    -1,  INFINITY, -INFINITY, 0x1p-1074, 0x1p-1022, 0x1.fffffffffffffp1023,
                                     0.1, 1e22, 1e23};
    uint64_t kind = next_random(seed) % 6, bits = next_random(seed);
    double value;
    switch (kind) {
    case 0:
        memcpy(&value, &bits, sizeof value);
        return isnan(value) ? 1.5 : value;
    case 1:
        return (double)(int64_t)(bits % 2000000 - 1000000) / 1000;
    case 2:
        return nextafter(ldexp(1, (int)(bits % 2000) - 1000), bits & 0x10000 ? INFINITY : 0);
    case 3:
        bits &= 0x800fffffffffffffu;
        memcpy(&value, &bits, sizeof value);
        return value;
    case 4:
        return (double)(int64_t)bits;
    default:
        return special[bits % (sizeof special / sizeof *special)];
    }
}

static const char *random_text(uint64_t *seed, char *text)
{
    static const char *const characters[] = {
        "a", "Z", "0", " ", "'", ";", "[", "%", "\\", "-", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    text[0] = '\0';
    for (uint64_t left = 1 + next_random(seed) % 12; left > 0; left--)
        strcat(text, characters[next_random(seed) % (sizeof characters / sizeof *characters)]);
    return text;
}

static void round_trip(const char *path, enum csv_mode mode)
{
    enum { ROWS = 20000 };
    unlink(path);
    struct csv_writer *writer = open_writer(path, mode);
    uint64_t seed = 20240229;
    char text[64], note[64];
    struct error error = {0};
    for (size_t row = 0; row < ROWS; row++) {
        random_text(&seed, text);
        int64_t count = (int64_t)(next_random(&seed) >> next_random(&seed) % 64);
        double value = random_double(&seed);
        put_row(writer, text, count, value, row % 3 == 0 ? "" : random_text(&seed, note));
        if (row % 7000 == 0)
            assert_int_equal(csv_writer_flush(writer, &error), 0);
    }
    close_writer(writer);
    struct csv_data data;
    if (csv_read(path, &table, &data, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(data.row_count, ROWS);
    seed = 20240229;
    for (size_t row = 0; row < ROWS; row++) {
        assert_string_equal(csv_text(&data, row, NAME), random_text(&seed, text));
        int64_t count = (int64_t)(next_random(&seed) >> next_random(&seed) % 64);
        assert_true(csv_integer(&data, row, COUNT) == count);
        double value = random_double(&seed);
        if (csv_number(&data, row, VALUE) != value)
            fail_msg("%a came back as %s", value, csv_text(&data, row, VALUE));
        assert_string_equal(csv_text(&data, row, NOTE), row % 3 == 0 ? "" : random_text(&seed, note));
    }
    csv_free(&data);
}

static void random_rows_come_back(void **state)
{
    (void)state;
    round_trip(path_of("round.csv"), CSV_REPLACE);
    round_trip(path_of("round.csv"), CSV_CREATE);
    round_trip(path_of("round.csv.gz"), CSV_REPLACE);
    round_trip(path_of("round.csv.gz"), CSV_CREATE);
    assert_no_partial(path_of("round.csv"));
    assert_no_partial(path_of("round.csv.gz"));
}

static void numbers_are_short(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } known[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e100, "1e+100"},
        {1.0 / 3, "0.3333333333333333"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, ""},
        {0x1p-1074, "5e-324"},
        {123456789012345678.0, "1.2345678901234568e+17"},
        {2048, "2048"},
        {-0x1.fffffffffffffp1023, "-1.7976931348623157e+308"},
    };
    char buffer[32];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_string_equal(csv_format_number(buffer, sizeof buffer, known[i].value), known[i].text);
}

/* A locale whose decimal separator is a comma is made here, because machines need not have one installed. */
static void locale_does_not_matter(void **state)
{
    (void)state;
    char command[2200];
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s/de_DE.UTF-8' 2>'%s/localedef.txt'", directory,
             directory);
    setenv("LOCPATH", directory, 1);
    if (system(command) != 0 || setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        unsetenv("LOCPATH");
        skip();
    }
    char buffer[32], comma[32];
    snprintf(comma, sizeof comma, "%.1f", 0.5);
    const char *text = csv_format_number(buffer, sizeof buffer, 0.5);
    const char *path = path_of("locale.csv");
    put_file(path, HEADER "a,1,0.5,b\n", strlen(HEADER "a,1,0.5,b\n"));
    struct csv_data data;
    struct error error = {0};
    int code = csv_read(path, &table, &data, &error);
    double value = code == 0 ? csv_number(&data, 0, VALUE) : NAN;
    csv_free(&data);
    setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
    assert_string_equal(comma, "0,5");
    assert_string_equal(text, "0.5");
    assert_int_equal(code, 0);
    assert_true(value == 0.5);
}

static void clean_makes_cells(void **state)
{
    (void)state;
    char buffer[16];
    assert_string_equal(csv_clean(buffer, sizeof buffer, "a,b\"c\nd\re\tf"), "a;b c d e f");
    assert_string_equal(csv_clean(buffer, sizeof buffer, "x\xff\xc2\x85y\xc3"), "x? y?");
    assert_string_equal(csv_clean(buffer, 4, "\xc3\xa9\xc3\xa9"), "\xc3\xa9");
    assert_string_equal(csv_clean(buffer, 4, "abcdef"), "abc");
    assert_string_equal(csv_clean(buffer, 1, "abc"), "");
}

static void large_file_is_fast(void **state)
{
    (void)state;
    enum { ROWS = 200000 };
    const char *path = path_of("large.csv");
    struct csv_writer *writer = open_writer(path, CSV_REPLACE);
    for (int row = 0; row < ROWS; row++)
        put_row(writer, "to_string_1k", row, row / 7.0, "layout 1234:5678");
    close_writer(writer);
    struct csv_data data;
    struct error error = {0};
    clock_t start = clock();
    assert_int_equal(csv_read(path, &table, &data, &error), 0);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_int_equal(data.row_count, ROWS);
    csv_free(&data);
    print_message("           200 000 rows read in %.3f s of CPU time\n", seconds);
}

/* ---- writer ---- */

static void replace_writes_exactly(void **state)
{
    (void)state;
    const char *path = path_of("exact.csv");
    put_file(path, "old\n", 4);
    struct csv_writer *writer = open_writer(path, CSV_REPLACE);
    put_row(writer, "a", 1, NAN, "");
    put_row(writer, "b", -2, -0.0, NULL);
    csv_put_integer(writer, 7);
    csv_put_integer(writer, 8);
    csv_put_integer(writer, 9);
    csv_put_number(writer, 0.25);
    csv_end_row(writer);
    csv_put_text(writer, "c");
    csv_put_integer(writer, 3);
    csv_put_empty(writer);
    csv_put_empty(writer);
    csv_end_row(writer);
    struct error error = {0};
    assert_int_equal(csv_writer_flush(writer, &error), 0);
    assert_holds(path, "old\n");
    close_writer(writer);
    assert_holds(path, HEADER "a,1,,\nb,-2,0,\n7,8,9,0.25\nc,3,,\n");
    assert_no_partial(path);
}

static void misuse_column(struct csv_writer *writer, int which)
{
    switch (which) {
    case 0:
        csv_put_text(writer, "");
        break;
    case 1:
        csv_put_text(writer, "a,b");
        break;
    case 2:
        csv_put_text(writer, "a\"b");
        break;
    case 3:
        csv_put_text(writer, "a\nb");
        break;
    case 4:
        csv_put_text(writer, "a");
        csv_put_text(writer, "12");
        break;
    case 5:
        csv_put_text(writer, "a");
        csv_put_number(writer, 12);
        break;
    case 6:
        csv_put_text(writer, "a");
        csv_put_number(writer, NAN);
        break;
    case 7:
        csv_put_text(writer, "a");
        csv_put_integer(writer, 1);
        csv_put_text(writer, "1.5");
        break;
    case 8:
        csv_put_text(writer, "a");
        csv_end_row(writer);
        break;
    case 9:
        put_row(writer, "a", 1, 1, "");
        csv_end_row(writer);
        break;
    case 10:
        for (int i = 0; i < 4; i++)
            csv_put_integer(writer, i);
        csv_put_integer(writer, 4);
        break;
    default:
        csv_put_text(writer, "a\xff");
        break;
    }
}

static const char *const misuse_messages[] = {
    "new row 2: column name is \"\"; expected a value",
    "new row 2: column name is \"a,b\"; expected text",
    "new row 2: column name is \"a\"b\"; expected text",
    "new row 2: column name is \"a\\nb\"; expected text",
    "new row 2: column count is \"12\"; expected a decimal integer",
    "new row 2: column count is \"12\"; expected a decimal integer",
    "new row 2: column count is \"\"; expected a value",
    "new row 2: column value is \"1.5\"; expected a number",
    "new row 2 has 1 cells; expected 4",
    "new row 3 has 0 cells; expected 4",
    "new row 2 has more than 4 cells; expected 4",
    "new row 2: column name is \"a\\xff\"; expected text",
};

/* The error sticks: flush and close both tell it, later rows do not heal it, and PATH is as before. */
static void writer_refuses_bad_rows(void **state)
{
    (void)state;
    const char *path = path_of("misuse.csv");
    for (int which = 0; which < (int)(sizeof misuse_messages / sizeof *misuse_messages); which++) {
        put_file(path, "old\n", 4);
        struct csv_writer *writer = open_writer(path, CSV_REPLACE);
        put_row(writer, "first", 1, 1, "");
        misuse_column(writer, which);
        put_row(writer, "later", 1, 1, "");
        struct error flush_error = {0}, close_error = {0};
        int code = csv_writer_flush(writer, &flush_error);
        assert_message(&flush_error, code, path, misuse_messages[which]);
        code = csv_writer_close(writer, &close_error);
        assert_message(&close_error, code, path, misuse_messages[which]);
        assert_holds(path, "old\n");
        assert_no_partial(path);
    }
}

static void unfinished_row_is_an_error_at_close(void **state)
{
    (void)state;
    const char *path = path_of("unfinished.csv");
    struct csv_writer *writer = open_writer(path, CSV_CREATE);
    put_row(writer, "a", 1, 2, "b");
    csv_put_text(writer, "half");
    struct error error = {0};
    assert_int_equal(csv_writer_flush(writer, &error), 0);
    assert_holds(path, HEADER "a,1,2,b\n");
    int code = csv_writer_close(writer, &error);
    assert_message(&error, code, path, "new row 2 has no end and 1 cells; expected 4");
    assert_holds(path, HEADER "a,1,2,b\n");
}

static void create_and_append(void **state)
{
    (void)state;
    const char *path = path_of("grow.csv");
    struct csv_writer *writer = open_writer(path, CSV_CREATE);
    assert_holds(path, HEADER);
    assert_no_partial(path);
    put_row(writer, "a", 1, 2, "b");
    assert_holds(path, HEADER);
    struct error error = {0};
    assert_int_equal(csv_writer_flush(writer, &error), 0);
    assert_holds(path, HEADER "a,1,2,b\n");
    put_row(writer, "dropped", 1, 2, "b");
    csv_writer_abandon(writer);
    assert_holds(path, HEADER "a,1,2,b\n");

    struct csv_writer *second;
    int code = csv_writer_open(&second, path, &table, CSV_CREATE, &error);
    assert_message(&error, code, path, ": exists already; expected a new file for table things.csv");
    assert_null(second);
    assert_no_partial(path);

    writer = open_writer(path, CSV_APPEND);
    put_row(writer, "c", 3, 4, "d");
    close_writer(writer);
    assert_holds(path, HEADER "a,1,2,b\nc,3,4,d\n");

    error = (struct error){0};
    code = csv_writer_open(&second, path, &other_table, CSV_APPEND, &error);
    assert_message(&error, code, path, ":1: header column 2 is \"count\"; expected \"size\" (table others.csv)");
    assert_holds(path, HEADER "a,1,2,b\nc,3,4,d\n");
    csv_writer_abandon(NULL);
}

static void assert_not_opened(const char *path, enum csv_mode mode, const char *part)
{
    struct csv_writer *writer;
    struct error error = {0};
    int code = csv_writer_open(&writer, path, &table, mode, &error);
    assert_message(&error, code, path, part);
    assert_null(writer);
    assert_no_partial(path);
}

static void append_refuses_torn_files(void **state)
{
    (void)state;
    const char *path = path_of("torn.csv");
    put_file(path, HEADER "a,1,2,b\nc,3", strlen(HEADER "a,1,2,b\nc,3"));
    assert_not_opened(path, CSV_APPEND, ":3: truncated mid-row: the last line is \"c,3\" without LF");
    put_file(path, "", 0);
    assert_not_opened(path, CSV_APPEND, ":1: the file is empty");
    assert_not_opened(path_of("none.csv"), CSV_APPEND, ": cannot open: No such file or directory");
    assert_false(exists(path_of("none.csv")));

    path = path_of("torn.csv.gz");
    struct csv_writer *writer = open_writer(path, CSV_CREATE);
    put_row(writer, "a", 1, 2, "b");
    close_writer(writer);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(truncate(path, status.st_size - 1), 0);
    assert_not_opened(path, CSV_APPEND, "inside member 2");
}

static void gzip_appends_members(void **state)
{
    (void)state;
    const char *path = path_of("append.csv.gz");
    struct csv_writer *writer = open_writer(path, CSV_CREATE);
    put_row(writer, "a", 1, 2, "b");
    close_writer(writer);
    writer = open_writer(path, CSV_APPEND);
    put_row(writer, "c", 3, 4, "d");
    close_writer(writer);
    struct csv_data data;
    struct error error = {0};
    assert_int_equal(csv_read(path, &table, &data, &error), 0);
    assert_int_equal(data.row_count, 2);
    csv_free(&data);
    char command[1200], text[256];
    snprintf(command, sizeof command, "gzip -cd '%s'", path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    assert_int_equal(pclose(pipe), 0);
    assert_string_equal(text, HEADER "a,1,2,b\nc,3,4,d\n");
}

static bool below_three(int64_t key, const void *context)
{
    (void)context;
    return key < 3;
}

static const struct csv_column keyed_columns[] = {{"key", CSV_INTEGER, true, "key"}, {"text", CSV_TEXT, true, "text"}};
static const struct csv_table keyed = {"keyed.csv", "one row", keyed_columns, 2};

/* A row of key 1 and 2 rows of key 2, a flush each, then one of key 3; returns the size before the last. */
static off_t write_keyed(const char *path)
{
    struct csv_writer *writer;
    struct error error = {0};
    struct stat before = {0};
    assert_int_equal(csv_writer_open(&writer, path, &keyed, CSV_CREATE, &error), 0);
    for (int key = 1; key <= 3; key++) {
        for (int i = 0; i < (key == 2 ? 2 : 1); i++) {
            csv_put_integer(writer, key);
            csv_put_text(writer, "x");
            csv_end_row(writer);
        }
        if (key == 3)
            assert_int_equal(stat(path, &before), 0);
        assert_int_equal(csv_writer_flush(writer, &error), 0);
    }
    close_writer(writer);
    return before.st_size;
}

static void check_tail(const char *path)
{
    struct error error = {0};
    struct stat status;
    struct csv_data data;
    size_t cut_bytes;
    const off_t before = write_keyed(path);
    assert_int_equal(csv_cut_tail(path, &keyed, NULL, NULL, &cut_bytes, &error), 0);
    assert_int_equal(cut_bytes, 0);

    /* What is torn goes whatever is wanted, and only that. */
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(truncate(path, status.st_size - 1), 0);
    assert_int_equal(csv_cut_tail(path, &keyed, NULL, NULL, &cut_bytes, &error), 0);
    assert_int_equal(cut_bytes, status.st_size - 1 - before);
    assert_int_equal(csv_read(path, &keyed, &data, &error), 0);
    assert_int_equal(data.row_count, 3);
    csv_free(&data);

    /* Torn, and NUL bytes where its end was. */
    unlink(path);
    write_keyed(path);
    assert_int_equal(truncate(path, status.st_size - (strstr(path, ".gz") ? 5 : 3)), 0);
    assert_int_equal(truncate(path, status.st_size + 40), 0);
    assert_int_equal(csv_cut_tail(path, &keyed, NULL, NULL, &cut_bytes, &error), 0);
    assert_int_equal(cut_bytes, status.st_size + 40 - before);

    /* Then what is not wanted, from the end; the file can be appended to again. */
    unlink(path);
    write_keyed(path);
    assert_int_equal(csv_cut_tail(path, &keyed, below_three, NULL, &cut_bytes, &error), 0);
    assert_int_equal(cut_bytes, status.st_size - before);
    struct csv_writer *writer;
    assert_int_equal(csv_writer_open(&writer, path, &keyed, CSV_APPEND, &error), 0);
    for (int key = 4; key > 0; key -= 3) {
        csv_put_integer(writer, key);
        csv_put_text(writer, "y");
        csv_end_row(writer);
        assert_int_equal(csv_writer_flush(writer, &error), 0);
    }
    close_writer(writer);

    /* A wanted row behind an unwanted one: no interrupt leaves that. */
    const int code = csv_cut_tail(path, &keyed, below_three, NULL, &cut_bytes, &error);
    assert_message(&error, code, path, "key 4 was left half-written, yet more follows");
    assert_int_equal(cut_bytes, 0);
}

static void tail_is_mended(void **state)
{
    (void)state;
    check_tail(path_of("tail.csv"));
    check_tail(path_of("tail.csv.gz"));
    struct error error = {0};
    size_t cut_bytes;
    const char *path = path_of("headless.csv");
    put_file(path, "", 0);
    assert_true(csv_is_lost(path));
    put_file(path, "\0\0\0", 3);
    assert_true(csv_is_lost(path));
    assert_false(csv_is_lost(path_of("nobody.csv")));
    put_file(path, "key,te", 6);
    assert_false(csv_is_lost(path));
    const int code = csv_cut_tail(path, &keyed, NULL, NULL, &cut_bytes, &error);
    assert_message(&error, code, path, "does not start with the header of table keyed.csv");
}

static void writer_refuses_bad_places(void **state)
{
    (void)state;
    assert_not_opened(path_of("no/such/directory.csv"), CSV_CREATE,
                      ".partial: cannot create: No such file or directory");
    assert_not_opened(path_of("no/such/directory.csv"), CSV_REPLACE,
                      ".partial: cannot create: No such file or directory");
    assert_not_opened(directory, CSV_REPLACE, ": is not a regular file; expected to write table things.csv");
    assert_not_opened(directory, CSV_CREATE, ": exists already");
    assert_int_equal(mkfifo(path_of("pipe.csv"), 0600), 0);
    assert_not_opened(path_of("pipe.csv"), CSV_REPLACE, ": is not a regular file");
}

/* A limit of a few bytes refuses the header, as a full disk does. */
static void full_disk_is_reported(void **state)
{
    (void)state;
    const char *path = path_of("full.csv");
    put_file(path, "old\n", 4);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct csv_writer *writer = open_writer(path, CSV_REPLACE);
    put_row(writer, "a", 1, 2, "b");
    const struct rlimit limit = {.rlim_cur = 4, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct error error = {0}, creating = {0};
    int code = csv_writer_close(writer, &error);
    char created[1100];
    snprintf(created, sizeof created, "%s", path_of("full_new.csv"));
    int creating_code = csv_writer_open(&writer, created, &table, CSV_CREATE, &creating);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    path = path_of("full.csv");
    assert_message(&error, code, path, ".partial: cannot write: File too large; expected to write table things.csv");
    assert_message(&creating, creating_code, created, ".partial: cannot write: File too large");
    assert_holds(path, "old\n");
    assert_no_partial(path);
    assert_false(exists(created));
    assert_no_partial(created);
}

/* Two programs that replace one file at the same time: the last one wins, and what it wrote is whole. */
static void replacing_twice_at_once_leaves_one_whole_file(void **state)
{
    (void)state;
    const char *path = path_of("twice.csv");
    struct csv_writer *first = open_writer(path, CSV_REPLACE), *second = open_writer(path, CSV_REPLACE);
    struct error error = {0};
    put_row(first, "a", 1, 2, "b");
    put_row(second, "c", 3, 4, "d");
    assert_int_equal(csv_writer_flush(first, &error), 0);
    assert_int_equal(csv_writer_close(second, &error), 0);
    assert_holds(path, HEADER "c,3,4,d\n");
    assert_int_equal(csv_writer_close(first, &error), 0);
    assert_holds(path, HEADER "a,1,2,b\n");
    assert_no_partial(path);
}

/* The limit lets a part of the second flush through, as a disk that fills up does. */
static void torn_write_is_taken_back(void **state)
{
    (void)state;
    const char *path = path_of("limit.csv");
    struct csv_writer *writer = open_writer(path, CSV_CREATE);
    put_row(writer, "a", 1, 2, "b");
    struct error error = {0};
    assert_int_equal(csv_writer_flush(writer, &error), 0);
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = strlen(HEADER "a,1,2,b\n") + 3;
    void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    put_row(writer, "c", 3, 4, "d");
    int code = csv_writer_flush(writer, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, old_handler);
    assert_message(&error, code, path, ": cannot write: File too large");
    assert_holds(path, HEADER "a,1,2,b\n");
    struct error close_error = {0};
    code = csv_writer_close(writer, &close_error);
    assert_message(&close_error, code, path, ": cannot write: File too large");
    assert_holds(path, HEADER "a,1,2,b\n");
}

static void abandon_leaves_nothing(void **state)
{
    (void)state;
    const char *path = path_of("abandoned.csv");
    struct csv_writer *writer = open_writer(path, CSV_REPLACE);
    put_row(writer, "a", 1, 2, "b");
    struct error error = {0};
    assert_int_equal(csv_writer_flush(writer, &error), 0);
    csv_writer_abandon(writer);
    assert_false(exists(path));
    assert_no_partial(path);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
    (void)state;
    char command[1100];
    snprintf(command, sizeof command, "rm -r '%s'", directory);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_refuses),
        cmocka_unit_test(reader_cuts_long_values),
        cmocka_unit_test(reader_refuses_what_is_no_file),
        cmocka_unit_test(reader_knows_what_came_later),
        cmocka_unit_test(reader_accepts_the_ends_of_the_ranges),
        cmocka_unit_test(reader_reads_gzip_members),
        cmocka_unit_test(reader_refuses_bad_gzip),
        cmocka_unit_test(reader_has_a_limit),
        cmocka_unit_test(checksum_waits_for_no_pipe),
        cmocka_unit_test(random_rows_come_back),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(locale_does_not_matter),
        cmocka_unit_test(clean_makes_cells),
        cmocka_unit_test(large_file_is_fast),
        cmocka_unit_test(replace_writes_exactly),
        cmocka_unit_test(writer_refuses_bad_rows),
        cmocka_unit_test(unfinished_row_is_an_error_at_close),
        cmocka_unit_test(create_and_append),
        cmocka_unit_test(append_refuses_torn_files),
        cmocka_unit_test(gzip_appends_members),
        cmocka_unit_test(tail_is_mended),
        cmocka_unit_test(writer_refuses_bad_places),
        cmocka_unit_test(full_disk_is_reported),
        cmocka_unit_test(replacing_twice_at_once_leaves_one_whole_file),
        cmocka_unit_test(torn_write_is_taken_back),
        cmocka_unit_test(abandon_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
