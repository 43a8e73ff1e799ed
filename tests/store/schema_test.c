/* The declared tables: names, units and meanings keep the house rules; the committed inputs pass the strict reader. */
#include "schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static bool is_listed(const char *text, const char *const *list)
{
    while (*list != NULL && strcmp(*list, text) != 0)
        list++;
    return *list != NULL;
}

/* `word` stands in `name` between underscores or ends. */
static bool has_word(const char *name, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(name, word); at != NULL; at = strstr(at + 1, word))
        if ((at == name || at[-1] == '_') && (at[length] == '\0' || at[length] == '_'))
            return true;
    return false;
}

static void enumerators_match_columns(void **state)
{
    (void)state;
#define TABLE(table, file, row_is)
#define COLUMN(table, column, type, required, meaning)                                                                 \
    assert_string_equal(schema_##table.columns[SCHEMA_##table##_##column].name, #column);
#define END(table) assert_int_equal(schema_##table.column_count, SCHEMA_##table##_column_count);
#include "schema.def"
#undef TABLE
#undef COLUMN
#undef END
}

static void every_table_is_listed_once(void **state)
{
    (void)state;
    size_t declared = 0, listed = 0;
#define TABLE(table, file, row_is)                                                                                     \
    assert_ptr_equal(schema_tables[declared], &schema_##table);                                                        \
    declared++;
#define COLUMN(table, name, type, required, meaning)
#define END(table)
#include "schema.def"
#undef TABLE
#undef COLUMN
#undef END
    while (schema_tables[listed] != NULL)
        listed++;
    assert_int_equal(listed, declared);
    assert_true(listed > 0);
}

static void files_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; schema_tables[i] != NULL; i++) {
        const char *file = schema_tables[i]->file;
        if (!ends_in(file, ".csv") && !ends_in(file, ".csv.gz"))
            fail_msg("%s ends neither in .csv nor in .csv.gz", file);
        for (size_t j = 0; j < i; j++)
            if (strcmp(schema_tables[j]->file, file) == 0)
                fail_msg("two tables have the file %s", file);
    }
}

static void columns_are_unique_names(void **state)
{
    (void)state;
    for (size_t i = 0; schema_tables[i] != NULL; i++) {
        const struct csv_table *table = schema_tables[i];
        assert_true(table->column_count > 0);
        for (size_t column = 0; column < table->column_count; column++) {
            const char *name = table->columns[column].name;
            if (name[0] < 'a' || name[0] > 'z' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
                fail_msg("%s: column \"%s\" is not snake_case", table->file, name);
            for (size_t other = 0; other < column; other++)
                if (strcmp(table->columns[other].name, name) == 0)
                    fail_msg("%s: two columns are called %s", table->file, name);
        }
    }
}

/* Meanings are printed as cells of the data dictionary. */
static void meanings_can_stand_in_cells(void **state)
{
    (void)state;
    for (size_t i = 0; schema_tables[i] != NULL; i++) {
        const struct csv_table *table = schema_tables[i];
        char clean[512];
        assert_true(table->row_is[0] != '\0');
        assert_string_equal(csv_clean(clean, sizeof clean, table->row_is), table->row_is);
        for (size_t column = 0; column < table->column_count; column++) {
            const char *meaning = table->columns[column].meaning;
            if (meaning[0] == '\0' || strcmp(csv_clean(clean, sizeof clean, meaning), meaning) != 0)
                fail_msg("%s: meaning of %s is empty or no cell: %s", table->file, table->columns[column].name,
                         meaning);
        }
    }
}

/* The row has the unit of its figures in a cell of its own. */
static bool row_names_unit(const struct csv_table *table)
{
    static const char *const unit_columns[] = {"unit", "metric", "expected", "event", "key", NULL};
    for (size_t column = 0; column < table->column_count; column++)
        if (is_listed(table->columns[column].name, unit_columns))
            return true;
    return false;
}

static bool has_unit(const char *name)
{
    static const char *const units[] = {"_ns",    "_bytes",  "_per_op",  "_per_ns",       "_percent",       "_ratio",
                                        "_count", "_blocks", "_regions", "_per_1000_ops", "_bytes_at_rest", "_cycles",
                                        "_ms",    NULL};
    for (const char *const *unit = units; *unit != NULL; unit++)
        if (ends_in(name, *unit))
            return true;
    return false;
}

/* Every number says its unit: in its name, in the row, or by being a count, ordinal or probability of this list. */
static void numbers_name_their_unit(void **state)
{
    (void)state;
    static const char *const plain[] = {"claim",
                                        "condition",
                                        "classes",
                                        "requests",
                                        "process",
                                        "run",
                                        "block",
                                        "slot",
                                        "iterations",
                                        "kept",
                                        "blocks_kept",
                                        "processes",
                                        "rewarm_iterations",
                                        "confidence",
                                        "change_confidence",
                                        "count",
                                        "blocks_dropped",
                                        "processes_needed",
                                        "blocks",
                                        "blocks_quiet",
                                        "blocks_shared",
                                        "mean_position",
                                        "processes_both",
                                        "case",
                                        "pair",
                                        "set",
                                        "operations",
                                        "extra_operations",
                                        "set_processes",
                                        "clock_iterations",
                                        "share",
                                        "repeat",
                                        "report",
                                        "pairs",
                                        "apart",
                                        "smallest_run",
                                        "largest_run",
                                        "first_line",
                                        "last_line",
                                        "pass",
                                        "linearity_every_processes",
                                        "iterations_double",
                                        "iterations_between",
                                        "iterations_other",
                                        "round_ops",
                                        "change_log",
                                        "change_standard_error_log",
                                        "instructions_fixed",
                                        "traps",
                                        "threads",
                                        "epoch",
                                        NULL};
    for (size_t i = 0; schema_tables[i] != NULL; i++) {
        const struct csv_table *table = schema_tables[i];
        for (size_t column = 0; column < table->column_count; column++) {
            const char *name = table->columns[column].name;
            if (table->columns[column].type == CSV_TEXT)
                continue;
            if (!has_unit(name) && !is_listed(name, plain) && !row_names_unit(table))
                fail_msg("%s: number %s names no unit", table->file, name);
        }
    }
}

static void times_and_sizes_name_their_unit(void **state)
{
    (void)state;
    static const char *const times[] = {"time", "elapsed", "decile", "floor", "difference", "duration", NULL};
    static const char *const sizes[] = {"size", "offset", "mapped", "rss", "capacity", NULL};
    for (size_t i = 0; schema_tables[i] != NULL; i++)
        for (size_t column = 0; column < schema_tables[i]->column_count; column++) {
            const char *name = schema_tables[i]->columns[column].name;
            bool is_number = schema_tables[i]->columns[column].type != CSV_TEXT;
            for (const char *const *word = times; *word != NULL; word++)
                if (is_number && has_word(name, *word) && !has_word(name, "ns") && !has_word(name, "ratio"))
                    fail_msg("%s: time %s is without _ns", schema_tables[i]->file, name);
            for (const char *const *word = sizes; *word != NULL; word++)
                if (is_number && has_word(name, *word) && !has_word(name, "bytes") && !has_word(name, "regions"))
                    fail_msg("%s: size %s is without _bytes", schema_tables[i]->file, name);
            if (!is_number && has_unit(name))
                fail_msg("%s: text %s ends like a number with a unit", schema_tables[i]->file, name);
        }
}

static void reads_cleanly(const char *path, const struct csv_table *table)
{
    struct csv_data data;
    struct error error = {0};
    if (csv_read(path, table, &data, &error) != 0)
        fail_msg("%s", error.message);
    assert_true(data.row_count > 0);
    csv_free(&data);
}

static void committed_inputs_read_cleanly(void **state)
{
    (void)state;
    reads_cleanly(TEST_SOURCE_DIR "/../claims.csv", &schema_claims);
    reads_cleanly(TEST_SOURCE_DIR "/../variants/panels.csv", &schema_panels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enumerators_match_columns),
        cmocka_unit_test(every_table_is_listed_once),
        cmocka_unit_test(files_are_unique),
        cmocka_unit_test(columns_are_unique_names),
        cmocka_unit_test(meanings_can_stand_in_cells),
        cmocka_unit_test(numbers_name_their_unit),
        cmocka_unit_test(times_and_sizes_name_their_unit),
        cmocka_unit_test(committed_inputs_read_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
