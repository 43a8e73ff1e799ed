#include "present/list.h"

#include "base/scratch.h"
#include "base/text.h"
#include "machine/events.h"
#include "module/set.h"
#include "schema.h"

#include <stdio.h>
#include <string.h>

enum { NAME_COLUMNS = 25, COLUMNS = 80 };

static void print_words(int at, const char *detail, const char *text)
{
    char line[2048];
    snprintf(line, sizeof line, "%s%s%s", detail, *detail && *text ? "  " : "", text);
    text_print_words(stdout, line, at, NAME_COLUMNS, COLUMNS);
}

static void print_row(bool csv, const char *kind, const char *name, const char *detail, const char *text)
{
    if (csv)
        printf("%s,%s,%s,%s\n", kind, name, detail, text);
    else
        print_words(printf("  %-22s ", name), detail, text);
}

static void print_heading(bool csv, const char *heading)
{
    if (!csv)
        printf("%s\n", heading);
}

static void axes_text(const struct module_info *module, char *text, size_t text_bytes)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t a = 0; a < module->axis_count && length < text_bytes; a++)
        length += (size_t)snprintf(text + length, text_bytes - length, "%s%s=%s", a ? " " : "", module->axes[a].name,
                                   module->axes[a].level);
}

/* The i-th module as people want to see them: those that were given first. */
static const struct module_info *in_order(const struct module_set *set, size_t i)
{
    size_t own = 0;
    while (own < set->count && !set->modules[own].given)
        own++;
    return &set->modules[(i + own) % set->count];
}

static void print_variants(const struct module_set *set, bool csv)
{
    print_heading(csv, "Variants and their levels");
    for (size_t i = 0; i < set->count; i++) {
        const struct module_info *module = in_order(set, i);
        char axes[1024], structure[64];
        if (module->planted)
            continue;
        axes_text(module, axes, sizeof axes);
        snprintf(structure, sizeof structure, "%u bytes", module->structure_bytes);
        print_row(csv, "variant", module->variant, axes, module->structure_bytes ? structure : "no structure");
    }
}

static void print_workloads(const struct module_set *set, bool csv)
{
    print_heading(csv, "Workloads");
    for (size_t i = 0; i < set->count; i++)
        for (size_t w = 0; w < in_order(set, i)->workload_count; w++) {
            const struct module_workload *workload = &in_order(set, i)->workloads[w];
            bool seen = false;
            for (size_t j = 0; j < i; j++)
                seen = seen || module_info_workload(in_order(set, j), workload->short_name) != NULL;
            if (!seen) {
                print_row(csv, "workload", workload->short_name, workload->name, csv ? workload->op : "");
                if (!csv)
                    print_words(printf("  %-22s ", ""), "one op:", workload->op);
            }
        }
}

/* The first condition of each part; the metrics are those that claims speak of. */
static void print_claims(const struct csv_data *claims, bool csv)
{
    print_heading(csv, "Claims (claims.csv holds their regions)");
    for (size_t r = 0; r < claims->row_count; r++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s.%s", csv_text(claims, r, SCHEMA_claims_claim),
                 csv_text(claims, r, SCHEMA_claims_part), csv_text(claims, r, SCHEMA_claims_condition));
        print_row(csv, "claim", name, csv ? csv_text(claims, r, SCHEMA_claims_kind) : "",
                  csv_text(claims, r, SCHEMA_claims_statement));
    }
}

static void print_metrics(const struct csv_data *claims, bool csv)
{
    print_heading(csv, "Metrics that claims speak of");
    for (size_t r = 0; r < claims->row_count; r++) {
        const char *metric = csv_text(claims, r, SCHEMA_claims_metric);
        if (strcmp(csv_text(claims, r, SCHEMA_claims_kind), "claim") != 0 &&
            csv_find(claims, SCHEMA_claims_metric, metric) == r)
            print_row(csv, "metric", metric, csv_text(claims, r, SCHEMA_claims_unit), "");
    }
}

int list_print(const struct paths *paths, const char *const *module_files, bool with_own, bool csv, struct error *error)
{
    const struct module_asked asked = {.all = with_own};
    const bool ours = module_files == NULL || with_own;
    char scratch[PATH_MAX] = "";
    struct module_set set = {0};
    struct csv_data claims = {0};
    if (scratch_make(scratch, error) == 0 &&
        module_set_load_built(paths, module_files, &asked, scratch, &set, error) == 0 &&
        (!ours || csv_read(paths->claims, &schema_claims, &claims, error) == 0)) {
        if (csv)
            printf("kind,name,detail,text\n");
        print_variants(&set, csv);
        print_workloads(&set, csv);
        if (ours) {
            print_claims(&claims, csv);
            print_metrics(&claims, csv);
        }
    }
    csv_free(&claims);
    module_set_free(&set);
    scratch_remove(scratch);
    return error->code;
}

static void print_event(void *context, const char *name, const char *meaning)
{
    char text[256];
    print_row(*(const bool *)context, "event", name, csv_clean(text, sizeof text, meaning), "");
}

int list_print_events(bool csv)
{
    if (csv)
        printf("kind,name,detail,text\n");
    print_heading(csv, "Events that libpfm4 knows on this machine; whether they count, a run says");
    events_visit(print_event, &csv);
    return 0;
}

static const char *const type_words[] = {[CSV_TEXT] = "text", [CSV_INTEGER] = "integer", [CSV_NUMBER] = "number"};

static void print_table_text(const struct csv_table *table)
{
    text_print_words(stdout, table->row_is, printf("%s: ", table->file), 2, 80);
    for (size_t c = 0; c < table->column_count; c++) {
        const struct csv_column *column = &table->columns[c];
        const int meaning_at = printf("  %-30s %-8s", column->name, type_words[column->type]);
        const int at = meaning_at + printf("%s", column->need == CSV_REQUIRED ? "" : "may be empty; ");
        text_print_words(stdout, column->meaning, at, meaning_at, 80);
    }
    printf("\n");
}

static void print_table_markdown(const struct csv_table *table)
{
    printf("\n## %s\n\nA row is %s.\n\n| Column | Type | Meaning |\n|---|---|---|\n", table->file, table->row_is);
    for (size_t c = 0; c < table->column_count; c++) {
        const struct csv_column *column = &table->columns[c];
        printf("| `%s` | %s%s | ", column->name, type_words[column->type],
               column->need == CSV_REQUIRED ? "" : ", may be empty");
        for (const char *at = column->meaning; *at; at++)
            printf(*at == '|' ? "\\%c" : "%c", *at);
        printf(" |\n");
    }
}

static void print_table_csv(const struct csv_table *table)
{
    for (size_t c = 0; c < table->column_count; c++) {
        const struct csv_column *column = &table->columns[c];
        printf("%s,%s,%s,%s,%s\n", table->file, column->name, type_words[column->type],
               column->need == CSV_REQUIRED ? "yes" : "no", column->meaning);
    }
}

/* Tested with each tool that is installed where the tests run. */
static const struct {
    const char *tool, *line;
} openers[] = {
    {"pandas", "pandas.read_csv(\"processes.csv\")"},
    {"R", "read.csv(\"processes.csv\")"},
    {"SQLite", ".import --csv processes.csv processes"},
    {"DuckDB", "SELECT * FROM 'processes.csv';"},
    {"gnuplot", "set datafile separator ','; plot 'processes.csv' using 'process':'time_ns_per_op'"},
};

static void print_head_markdown(void)
{
    printf("# The files of a run, column by column\n\n"
           "Made by `encbench list --tables --format markdown` from `harness/schema.def`, schema version %d: change "
           "that, not this.\n\n"
           "Every file is CSV in UTF-8: a header, lines that end in LF, no quotes and no need of them. An empty cell "
           "is a figure that there is\n"
           "not, never 0; `inf` and `-inf` are ends that are open. Units are in the column names. A name in `.gz` is "
           "gzip of the same.\n\n"
           "| To open one with | |\n|---|---|\n",
           SCHEMA_VERSION);
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++)
        printf("| %s | `%s` |\n", openers[i].tool, openers[i].line);
    printf("\nSQLite takes every column as text: `CAST(time_ns_per_op AS REAL)`. pandas reads the text `null`, a level "
           "of variants.csv, as\n"
           "missing unless it is told `keep_default_na=False, na_values=[\"\"]`, and numbers to twelve digits unless "
           "told\n"
           "`float_precision=\"round_trip\"`. SQLite and gnuplot open gzip through a pipe: `.import --csv \"|zcat "
           "samples.csv.gz\" samples` and\n"
           "`'< zcat samples.csv.gz'`.\n");
}

int list_print_tables(const char *format)
{
    const bool csv = strcmp(format, "csv") == 0, markdown = strcmp(format, "markdown") == 0;
    if (csv)
        printf("file,column,type,required,meaning\n");
    if (markdown)
        print_head_markdown();
    for (size_t t = 0; schema_tables[t]; t++)
        if (csv)
            print_table_csv(schema_tables[t]);
        else if (markdown)
            print_table_markdown(schema_tables[t]);
        else
            print_table_text(schema_tables[t]);
    return 0;
}
