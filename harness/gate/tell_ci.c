#include "gate/tell_ci.h"

#include "gate/comparison.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIGURE_BYTES = 32, WORDS_BYTES = 1024 };

/* Why the gate as a whole says neither "worse" nor "not worse", as its exit code does; NULL where it says one. */
static const char *undecided_why(const struct gate_found *found)
{
    const int outcome = gate_outcome(found->rows, found->time);
    return outcome == EXIT_UNFIT || outcome == EXIT_BLIND ? found->time->why : NULL;
}

/* What the timing lane says of a pair counts where the machine was fit and the plants were found. */
static bool time_counts(const struct gate_found *found)
{
    return found->time && (found->time->outcome == EXIT_PASS || found->time->outcome == EXIT_REGRESSION);
}

/* One red or undecided figure in words; false for any other. Of a blind gate nothing is known. */
static bool exact_words(const struct gate_found *found, const struct gate_row *row, char words[static WORDS_BYTES])
{
    char base[FIGURE_BYTES], head[FIGURE_BYTES];
    if (!gate_row_is_red(row) || gate_outcome(found->rows, found->time) == EXIT_BLIND)
        return false;
    csv_format_number(base, sizeof base, row->base);
    csv_format_number(head, sizeof head, row->head);
    snprintf(words, WORDS_BYTES, "%s: %s -> %s%s%s", row->metric, *base ? base : "none", *head ? head : "none",
             *row->reason ? "; " : "", row->reason);
    return true;
}

static bool time_is_red(const struct gate_found *found, const struct gate_time_row *row)
{
    return time_counts(found) && !row->plant &&
           ((row->status == GATE_TIME_JUDGED && row->judged == GATE_JUDGE_RED) ||
            (row->status == GATE_TIME_NOT_COMPARABLE && !row->declared));
}

static void time_words(const struct gate_time_row *row, char words[static WORDS_BYTES])
{
    const struct gate_judge_pass *pass = row->pass_count ? &row->passes[row->pass_count - 1] : NULL;
    snprintf(words, WORDS_BYTES, GATE_TIME_METRIC ": %s", gate_time_row_word(row));
    if (pass)
        snprintf(words + strlen(words), WORDS_BYTES - strlen(words), ", %+.1f %% [%+.1f; %+.1f]", 100 * pass->slow_down,
                 100 * pass->interval.low, 100 * pass->interval.high);
    snprintf(words + strlen(words), WORDS_BYTES - strlen(words), "%s%.500s", row->reason[0] ? "; " : "", row->reason);
}

/* ---- JUnit ---- */

static void put_xml(FILE *file, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
        }
}

static const struct gate_time_row *time_of(const struct gate_found *found, const struct gate_row *row)
{
    for (size_t r = 0; found->time && r < found->time->row_count; r++)
        if (!found->time->rows[r].plant && strcmp(found->time->rows[r].head->variant, row->variant) == 0 &&
            strcmp(found->time->rows[r].head_workload->short_name, row->workload) == 0)
            return &found->time->rows[r];
    return NULL;
}

/* The rows of one variant and workload stand together: [first, end). */
static size_t end_of_case(const struct gate_rows *rows, size_t first)
{
    size_t end = first + 1;
    while (end < rows->count && strcmp(rows->rows[end].variant, rows->rows[first].variant) == 0 &&
           strcmp(rows->rows[end].workload, rows->rows[first].workload) == 0)
        end++;
    return end;
}

static size_t put_failures(const struct gate_found *found, size_t first, size_t end, FILE *file)
{
    const struct gate_time_row *time = time_of(found, &found->rows->rows[first]);
    char words[WORDS_BYTES];
    size_t failures = 0;
    for (size_t i = first; i < end; i++)
        if (exact_words(found, &found->rows->rows[i], words)) {
            fputs(failures++ ? "; " : "<failure message=\"", file);
            put_xml(file, words);
        }
    if (time && time_is_red(found, time)) {
        time_words(time, words);
        fputs(failures++ ? "; " : "<failure message=\"", file);
        put_xml(file, words);
    }
    if (failures > 0)
        fputs("\"/>", file);
    return failures;
}

static bool is_undecided(const struct gate_found *found, const struct gate_time_row *time)
{
    return time && (!time_counts(found) || time->status == GATE_TIME_NOT_MEASURED ||
                    (time->status == GATE_TIME_JUDGED && time->judged == GATE_JUDGE_AMBER));
}

/* Counts of the suite stand before its cases: the first walk writes nowhere. */
static void put_cases(const struct gate_found *found, FILE *file, size_t *cases, size_t *failed, size_t *skipped)
{
    char words[WORDS_BYTES];
    for (size_t first = 0, end; first < found->rows->count; first = end) {
        const struct gate_row *row = &found->rows->rows[first];
        const struct gate_time_row *time = time_of(found, row);
        end = end_of_case(found->rows, first);
        if (gate_row_is_plant(row))
            continue;
        fputs("  <testcase classname=\"", file);
        put_xml(file, row->variant);
        fputs("\" name=\"", file);
        put_xml(file, row->workload);
        fputs("\">", file);
        ++*cases;
        if (put_failures(found, first, end, file) > 0) {
            ++*failed;
        } else if (is_undecided(found, time)) {
            time_words(time, words);
            fputs("<skipped message=\"", file);
            put_xml(file, time_counts(found) ? words : found->time->why);
            fputs("\"/>", file);
            ++*skipped;
        }
        fputs("</testcase>\n", file);
    }
}

int gate_tell_junit(const struct gate_found *found, struct error *error)
{
    char path[PATH_MAX];
    size_t counts[3] = {0}, again[3] = {0};
    if (paths_join(path, found->directory, "gate.xml", error) != 0)
        return error->code;
    const char *why = undecided_why(found);
    FILE *nowhere = fopen("/dev/null", "we"), *file = fopen(path, "we");
    if (nowhere && file) {
        put_cases(found, nowhere, &counts[0], &counts[1], &counts[2]);
        fprintf(file,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"encbench gate\" tests=\"%zu\" "
                "failures=\"%zu\" errors=\"%d\" skipped=\"%zu\">\n",
                counts[0] + (why != NULL), counts[1], why != NULL, counts[2]);
        put_cases(found, file, &again[0], &again[1], &again[2]);
        if (why) {
            fputs("  <testcase classname=\"encbench\" name=\"gate\"><error message=\"", file);
            put_xml(file, why);
            fputs("\"/></testcase>\n", file);
        }
        fputs("</testsuite>\n", file);
    }
    const bool failed = !nowhere || !file || ferror(file);
    if (nowhere)
        fclose(nowhere);
    if ((file && fclose(file) != 0) || failed)
        return error_set(error, EXIT_USAGE, "%s: %s; the result could not be written", path, strerror(errno));
    return 0;
}

/* ---- annotations ---- */

/* Of a workflow command: what would end it is written by number. */
static void put_data(FILE *stream, const char *text)
{
    for (; *text; text++)
        if (*text == '%' || *text == '\n' || *text == '\r')
            fprintf(stream, "%%%02X", (unsigned)*text);
        else
            fputc(*text, stream);
}

static void put_annotation(FILE *stream, const char *variant, const char *workload, const char *words)
{
    fputs("::error title=encbench gate::", stream);
    put_data(stream, variant);
    fputc(' ', stream);
    put_data(stream, workload);
    fputc(' ', stream);
    put_data(stream, words);
    fputc('\n', stream);
}

void gate_tell_annotations(const struct gate_found *found, FILE *stream)
{
    const char *actions = getenv("GITHUB_ACTIONS");
    char words[WORDS_BYTES];
    if (actions == NULL || strcmp(actions, "true") != 0)
        return;
    for (size_t i = 0; i < found->rows->count; i++)
        if (exact_words(found, &found->rows->rows[i], words))
            put_annotation(stream, found->rows->rows[i].variant, found->rows->rows[i].workload, words);
    for (size_t r = 0; found->time && r < found->time->row_count; r++)
        if (time_is_red(found, &found->time->rows[r])) {
            time_words(&found->time->rows[r], words);
            put_annotation(stream, found->time->rows[r].head->variant, found->time->rows[r].head_workload->short_name,
                           words);
        }
    if (undecided_why(found)) {
        fputs("::error title=encbench gate::", stream);
        put_data(stream, undecided_why(found));
        fputc('\n', stream);
    }
}

/* ---- SARIF 2.1.0 ---- */

static bool add_text(cJSON *object, const char *name, const char *text)
{
    return cJSON_AddStringToObject(object, name, text) != NULL;
}

/* A module is no file of the repository: what was declared, or would be, is. */
static void add_place(cJSON *result, const char *variant, const char *workload)
{
    char name[2 * ENCBENCH_NAME_BYTES + 2];
    cJSON *place = cJSON_CreateObject(), *file = cJSON_AddObjectToObject(place, "physicalLocation");
    snprintf(name, sizeof name, "%s/%s", variant, workload);
    add_text(cJSON_AddObjectToObject(file, "artifactLocation"), "uri", GATE_INI);
    cJSON_AddNumberToObject(cJSON_AddObjectToObject(file, "region"), "startLine", 1);
    cJSON *logical = cJSON_CreateObject();
    add_text(logical, "fullyQualifiedName", name);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(place, "logicalLocations"), logical);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(result, "locations"), place);
}

static void add_result(cJSON *results, const char *metric, const char *variant, const char *workload, const char *words)
{
    char text[WORDS_BYTES + 2 * ENCBENCH_NAME_BYTES + 4];
    cJSON *result = cJSON_CreateObject();
    add_text(result, "ruleId", metric);
    add_text(result, "level", "error");
    snprintf(text, sizeof text, "%s %s %s", variant, workload, words);
    add_text(cJSON_AddObjectToObject(result, "message"), "text", text);
    add_place(result, variant, workload);
    snprintf(text, sizeof text, "%s/%s/%s", variant, workload, metric);
    add_text(cJSON_AddObjectToObject(result, "partialFingerprints"), "encbenchFigure/v1", text);
    cJSON_AddItemToArray(results, result);
}

static void add_results(const struct gate_found *found, cJSON *results)
{
    char words[WORDS_BYTES];
    for (size_t i = 0; i < found->rows->count; i++) {
        const struct gate_row *row = &found->rows->rows[i];
        if (exact_words(found, row, words))
            add_result(results, row->metric, row->variant, row->workload, words);
    }
    for (size_t r = 0; found->time && r < found->time->row_count; r++) {
        const struct gate_time_row *row = &found->time->rows[r];
        if (!time_is_red(found, row))
            continue;
        time_words(row, words);
        add_result(results, GATE_TIME_METRIC, row->head->variant, row->head_workload->short_name, words);
    }
}

static void add_run(const struct gate_found *found, cJSON *document)
{
    const char *why = undecided_why(found);
    cJSON *run = cJSON_CreateObject(), *end = cJSON_CreateObject();
    cJSON *driver = cJSON_AddObjectToObject(cJSON_AddObjectToObject(run, "tool"), "driver");
    add_text(driver, "name", "encbench gate");
    add_text(driver, "version", ENCBENCH_VERSION);
    cJSON_AddBoolToObject(end, "executionSuccessful", why == NULL);
    cJSON_AddNumberToObject(end, "exitCode", gate_outcome(found->rows, found->time));
    if (why) {
        cJSON *note = cJSON_CreateObject();
        add_text(note, "level", "error");
        add_text(cJSON_AddObjectToObject(note, "message"), "text", why);
        cJSON_AddItemToArray(cJSON_AddArrayToObject(end, "toolExecutionNotifications"), note);
    }
    cJSON_AddItemToArray(cJSON_AddArrayToObject(run, "invocations"), end);
    add_results(found, cJSON_AddArrayToObject(run, "results"));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(document, "runs"), run);
}

int gate_tell_sarif(const struct gate_found *found, struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, found->directory, "gate.sarif", error) != 0)
        return error->code;
    cJSON *document = cJSON_CreateObject();
    add_text(document, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    add_text(document, "version", "2.1.0");
    add_run(found, document);
    char *text = cJSON_Print(document);
    cJSON_Delete(document);
    FILE *file = text ? fopen(path, "we") : NULL;
    const bool failed = !file || fprintf(file, "%s\n", text) < 0;
    free(text);
    if ((file && fclose(file) != 0) || failed)
        return error_set(error, EXIT_USAGE, "%s: %s; the result could not be written", path, strerror(errno));
    return 0;
}
