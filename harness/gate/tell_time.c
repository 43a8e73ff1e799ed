#include "gate/tell_time.h"

#include "gate/exact.h"
#include "kernels/kernels.h"
#include "schema.h"

#include <math.h>
#include <string.h>

enum { TIME_ROWS_MAX = 40, FIGURE_BYTES = 32 };

/* What a row can be called, in the order in which rows are shown; the last two are only counted. */
static const char *const words[] = {"red",      "not comparable", "amber", "not measured",
                                    "declared", "improved",       "green", "identical"};
enum { WORD_COUNT = sizeof words / sizeof words[0], SHOWN_WORDS = 6 };
/* A slow-down of more than this should not pass; where it could, the table says so. */
#define BLIND_FROM 0.05

static bool is_called(const struct gate_time_row *row, const char *word)
{
    return strcmp(gate_time_row_word(row), word) == 0;
}

static size_t count_of(const struct gate_time *lane, const char *word)
{
    size_t count = 0;
    for (size_t r = 0; r < lane->row_count; r++)
        count += lane->rows[r].plant == NULL && is_called(&lane->rows[r], word);
    return count;
}

/* ---- tables ---- */

/* Plants have no variant's name, so that nobody takes one for a regression. */
static void put_pair(struct csv_writer *writer, const struct gate_time_row *row)
{
    csv_put_text(writer, row->plant ? PLANT_VARIANT : row->head->variant);
    csv_put_text(writer, row->plant ? row->plant : row->head_workload->short_name);
}

void gate_tell_time_rows(const struct gate_time *lane, struct csv_writer *writer)
{
    char reason[sizeof lane->rows->reason];
    for (size_t r = 0; r < lane->row_count; r++) {
        const struct gate_time_row *row = &lane->rows[r];
        put_pair(writer, row);
        csv_put_text(writer, GATE_TIME_METRIC);
        csv_put_number(writer, row->pass_count ? row->base_ns : NAN);
        csv_put_number(writer, row->pass_count ? row->head_ns : NAN);
        csv_put_text(writer, gate_time_row_word(row));
        csv_put_text(writer, csv_clean(reason, sizeof reason, row->reason));
        csv_end_row(writer);
    }
}

/* An infinite threshold is one that nothing reaches: missing. */
static void put_percent(struct csv_writer *writer, double fraction)
{
    csv_put_number(writer, isfinite(fraction) ? 100 * fraction : NAN);
}

static void put_pass(struct csv_writer *writer, const struct gate_time_row *row, size_t number)
{
    static const char *const pass_words[] = {
        [GATE_JUDGE_NONE] = "none", [GATE_JUDGE_SUSPECT] = "suspect", [GATE_JUDGE_FASTER] = "faster"};
    const struct gate_judge_pass *pass = &row->passes[number];
    put_pair(writer, row);
    csv_put_integer(writer, (int64_t)number + 1);
    csv_put_integer(writer, (int64_t)pass->processes);
    put_percent(writer, pass->slow_down);
    put_percent(writer, pass->interval.low);
    put_percent(writer, pass->interval.high);
    put_percent(writer, pass->mde);
    put_percent(writer, pass->threshold);
    csv_put_text(writer, pass_words[pass->word]);
    csv_end_row(writer);
}

int gate_tell_time_passes(const struct gate_time *lane, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_writer *writer = NULL;
    if (paths_join(path, directory, schema_gate_time.file, error) != 0 ||
        csv_writer_open(&writer, path, &schema_gate_time, CSV_REPLACE, error) != 0)
        return error->code;
    for (size_t r = 0; r < lane->row_count; r++)
        for (size_t pass = 0; pass < lane->rows[r].pass_count; pass++)
            put_pass(writer, &lane->rows[r], pass);
    return csv_writer_close(writer, error);
}

/* ---- for people ---- */

typedef void put_row_function(FILE *stream, const struct gate_time_row *row);

/* Three digits, and whole numbers as such: 2640, not 2.64e+03. */
static const char *figure(double ns, char text[static FIGURE_BYTES])
{
    snprintf(text, FIGURE_BYTES, ns >= 100 ? "%.0f" : "%.3g", ns);
    return text;
}

static const struct gate_judge_pass *last_pass(const struct gate_time_row *row)
{
    return row->pass_count ? &row->passes[row->pass_count - 1] : NULL;
}

/* Called green, and of a slow-down that should not pass it could not have been called red. */
static bool is_blind(const struct gate_time_row *row)
{
    const struct gate_judge_pass *pass = last_pass(row);
    return !row->plant && pass && is_called(row, "green") && pass->threshold > BLIND_FROM;
}

/* What a pair could hide, where that is much. */
static const char *passing(const struct gate_time_row *row, char text[static 2 * FIGURE_BYTES])
{
    text[0] = '\0';
    if (is_blind(row))
        snprintf(text, 2 * FIGURE_BYTES, "; up to %.2g %% slower would have passed", 100 * last_pass(row)->threshold);
    return text;
}

static void put_row_text(FILE *stream, const struct gate_time_row *row)
{
    const struct gate_judge_pass *pass = last_pass(row);
    char base[FIGURE_BYTES], head[FIGURE_BYTES], more[2 * FIGURE_BYTES];
    fprintf(stream, "  %-10s  %s %s", gate_time_row_word(row), row->head->variant, row->head_workload->short_name);
    if (pass)
        fprintf(stream, " ns_per_op  %s -> %s, %+.1f %% [%+.1f; %+.1f], bound %.1f %%", figure(row->base_ns, base),
                figure(row->head_ns, head), 100 * pass->slow_down, 100 * pass->interval.low, 100 * pass->interval.high,
                100 * pass->threshold);
    fprintf(stream, "%s%s%s\n", passing(row, more), row->reason[0] ? "; " : "", row->reason);
}

static void put_row_markdown(FILE *stream, const struct gate_time_row *row)
{
    const struct gate_judge_pass *pass = last_pass(row);
    char base[FIGURE_BYTES], head[FIGURE_BYTES], more[2 * FIGURE_BYTES];
    fprintf(stream, "| %s | %s | %s | ", gate_time_row_word(row), row->head->variant, row->head_workload->short_name);
    if (pass)
        fprintf(stream, "%s | %s | %+.1f %% [%+.1f; %+.1f], bound %.1f %%; ", figure(row->base_ns, base),
                figure(row->head_ns, head), 100 * pass->slow_down, 100 * pass->interval.low, 100 * pass->interval.high,
                100 * pass->threshold);
    else
        fputs("- | - | ", stream);
    fprintf(stream, "%s%s |\n", row->reason, passing(row, more));
}

static void put_not_in_panels(const struct gate_time *lane, FILE *stream)
{
    if (lane->not_in_panels[0])
        fprintf(stream, "; not timed, in no panel (--variants times them): %s", lane->not_in_panels);
}

/* At most TIME_ROWS_MAX rows by `put`; returns how many there are beyond. */
static size_t for_shown_rows(const struct gate_time *lane, FILE *stream, put_row_function *put)
{
    size_t count = 0;
    for (size_t w = 0; w <= SHOWN_WORDS; w++) /* the last is green: of that what is blind */
        for (size_t r = 0; r < lane->row_count; r++)
            if (lane->rows[r].plant == NULL && is_called(&lane->rows[r], words[w]) &&
                (w < SHOWN_WORDS || is_blind(&lane->rows[r])) && count++ < TIME_ROWS_MAX)
                put(stream, &lane->rows[r]);
    return count > TIME_ROWS_MAX ? count - TIME_ROWS_MAX : 0;
}

/* "1 red, 12 green, 200 identical": every word that there is. */
static void put_counts(const struct gate_time *lane, FILE *stream)
{
    const char *separator = "";
    for (size_t w = 0; w < WORD_COUNT; w++) {
        const size_t count = count_of(lane, words[w]);
        if (count == 0)
            continue;
        fprintf(stream, "%s%zu %s", separator, count, words[w]);
        separator = ", ";
    }
}

/* ", but of 3 a slow-down of up to 9.1 % would have passed": what is called green and could not have been called red.
 */
static void put_blindness(const struct gate_time *lane, FILE *stream)
{
    size_t count = 0;
    double most = 0;
    for (size_t r = 0; r < lane->row_count; r++) {
        if (!is_blind(&lane->rows[r]))
            continue;
        count++;
        most = fmax(most, last_pass(&lane->rows[r])->threshold);
    }
    if (count > 0)
        fprintf(stream, ", but of %zu a slow-down of up to %.2g %% would have passed", count, 100 * most);
}

static void put_one_layout(const struct gate_time *lane, FILE *stream)
{
    if (lane->one_layout[0] && count_of(lane, "identical") < lane->row_count - lane->plant_count)
        fprintf(stream, "; %s has one layout (no .o beside it), so a difference may be its alignment",
                lane->one_layout);
}

static bool is_believed(const struct gate_time *lane)
{
    return lane->outcome == EXIT_PASS || lane->outcome == EXIT_REGRESSION;
}

void gate_tell_time_text(const struct gate_time *lane, FILE *stream)
{
    const size_t more = for_shown_rows(lane, stream, put_row_text);
    if (more)
        fprintf(stream, "  ... and %zu more in gate_time.csv\n", more);
    fputs("time: ", stream);
    put_counts(lane, stream);
    put_blindness(lane, stream);
    put_one_layout(lane, stream);
    put_not_in_panels(lane, stream);
    fprintf(stream, "%s\n", is_believed(lane) ? "; planted slow-downs: all seen" : "; not to be believed");
}

void gate_tell_time_markdown(const struct gate_time *lane, FILE *stream)
{
    size_t rows = 0;
    for (size_t w = 0; w < SHOWN_WORDS; w++)
        rows += count_of(lane, words[w]);
    for (size_t r = 0; r < lane->row_count; r++)
        rows += is_blind(&lane->rows[r]);
    fputs("Time: ", stream);
    put_counts(lane, stream);
    put_blindness(lane, stream);
    put_one_layout(lane, stream);
    put_not_in_panels(lane, stream);
    fprintf(stream, ". %s%s\n\n", is_believed(lane) ? "Planted slow-downs: all seen." : "Not to be believed: ",
            is_believed(lane) ? "" : lane->why);
    if (rows > 0) {
        fputs("| | variant | workload | base ns | head ns | |\n|---|---|---|---:|---:|---|\n", stream);
        const size_t more = for_shown_rows(lane, stream, put_row_markdown);
        if (more)
            fprintf(stream, "\n%zu more rows are in gate_time.csv.\n", more);
        fputs("\n", stream);
    }
}
