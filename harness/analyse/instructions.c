/*
 * instructions_delta.csv: which instructions only one side of a pair executes. The two sequences, by function name (a
 * layout orders functions at random) and then address, are aligned by their longest common subsequence; instructions
 * are alike when they have the same shape (mnemonic, kinds of operands, constants; not the registers, displacements and
 * targets that another layout or structure moves) and are executed equally often.
 *
 * symbols_delta.csv: the functions that the two sides spend different numbers of instructions in; for ops of any
 * length.
 */
#include "analyse/analysis.h"
#include "schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A pair with more rows differs in its design, not in a few instructions: it has none. */
enum { INSTRUCTIONS_MAX = 512, DELTA_ROWS_MAX = 32, SHAPE_BYTES = 160 };

struct sequence {
    size_t rows[INSTRUCTIONS_MAX]; /* of instructions.csv */
    char shapes[INSTRUCTIONS_MAX][SHAPE_BYTES];
    size_t count;
    bool only_here[INSTRUCTIONS_MAX];
};

static const char hex_digits[] = "0123456789abcdef";

/* "mov 0x8(%rax);%rdi" becomes "mov (r);r". */
static void shape_of(const char *text, char shape[SHAPE_BYTES])
{
    size_t length = 0;
    while (*text && *text != '#' && length + 1 < SHAPE_BYTES) {
        const size_t sign = *text == '-',
                     digits = strncmp(text + sign, "0x", 2) == 0 ? strspn(text + sign + 2, hex_digits) : 0;
        if (digits > 0 && text[sign + 2 + digits] == '(') {
            text += sign + 2 + digits;
        } else if (*text == '<') {
            text += strcspn(text, ">") + (strchr(text, '>') != NULL);
        } else if (*text == '%') {
            shape[length++] = 'r';
            text += 1 + strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789");
        } else {
            shape[length++] = *text++;
        }
    }
    shape[length] = '\0';
}

/* Place of a row in the sequence: behind those of the same function and of functions with a smaller name. */
static size_t place_of(const struct sequence *sequence, const struct csv_data *instructions, size_t row)
{
    const char *symbol = csv_text(instructions, row, SCHEMA_instructions_symbol);
    size_t place = sequence->count;
    while (place > 0 &&
           strcmp(csv_text(instructions, sequence->rows[place - 1], SCHEMA_instructions_symbol), symbol) > 0)
        place--;
    return place;
}

static void collect(struct sequence *sequence, const struct csv_data *instructions, const char *variant,
                    const char *workload)
{
    sequence->count = 0;
    for (size_t row = 0; row < instructions->row_count && sequence->count < INSTRUCTIONS_MAX; row++) {
        if (strcmp(csv_text(instructions, row, SCHEMA_instructions_variant), variant) != 0 ||
            strcmp(csv_text(instructions, row, SCHEMA_instructions_workload), workload) != 0)
            continue;
        const size_t place = place_of(sequence, instructions, row);
        memmove(&sequence->rows[place + 1], &sequence->rows[place],
                (sequence->count++ - place) * sizeof sequence->rows[0]);
        sequence->rows[place] = row;
    }
    for (size_t i = 0; i < sequence->count; i++) {
        sequence->only_here[i] = true;
        shape_of(csv_text(instructions, sequence->rows[i], SCHEMA_instructions_instruction), sequence->shapes[i]);
    }
}

static bool alike(const struct csv_data *instructions, const struct sequence *a, size_t i, const struct sequence *b,
                  size_t j)
{
    return strcmp(a->shapes[i], b->shapes[j]) == 0 &&
           csv_number(instructions, a->rows[i], SCHEMA_instructions_executions_per_op) ==
               csv_number(instructions, b->rows[j], SCHEMA_instructions_executions_per_op);
}

/* Of two alignments of equal length the one with more identical instructions is right; 0: not alike. */
static unsigned score_of(const struct csv_data *instructions, const struct sequence *a, size_t i,
                         const struct sequence *b, size_t j)
{
    const bool identical = strcmp(csv_text(instructions, a->rows[i], SCHEMA_instructions_instruction),
                                  csv_text(instructions, b->rows[j], SCHEMA_instructions_instruction)) == 0;
    return alike(instructions, a, i, b, j) ? 2 * INSTRUCTIONS_MAX + identical : 0;
}

/* Marks what is common; scores[i][j] is that of the best alignment of a[i ...] and b[j ...]. */
static void align(const struct csv_data *instructions, struct sequence *a, struct sequence *b,
                  unsigned (*scores)[INSTRUCTIONS_MAX + 1])
{
    for (size_t j = 0; j <= b->count; j++)
        scores[a->count][j] = 0;
    for (size_t i = a->count; i-- > 0;) {
        scores[i][b->count] = 0;
        for (size_t j = b->count; j-- > 0;) {
            const unsigned score = score_of(instructions, a, i, b, j);
            unsigned best = scores[i + 1][j] > scores[i][j + 1] ? scores[i + 1][j] : scores[i][j + 1];
            if (score > 0 && scores[i + 1][j + 1] + score > best)
                best = scores[i + 1][j + 1] + score;
            scores[i][j] = best;
        }
    }
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        const unsigned score = score_of(instructions, a, i, b, j);
        if (score > 0 && scores[i][j] == scores[i + 1][j + 1] + score)
            a->only_here[i++] = b->only_here[j++] = false;
        else if (scores[i + 1][j] >= scores[i][j + 1])
            i++;
        else
            j++;
    }
}

static size_t count_only_here(const struct sequence *sequence)
{
    size_t count = 0;
    for (size_t i = 0; i < sequence->count; i++)
        count += sequence->only_here[i];
    return count;
}

static void put_side(struct csv_writer *writer, const struct csv_data *instructions, const char *contrast,
                     const char *workload, const char *side, const struct sequence *sequence)
{
    for (size_t i = 0; i < sequence->count; i++) {
        const size_t row = sequence->rows[i];
        if (!sequence->only_here[i])
            continue;
        csv_put_text(writer, contrast);
        csv_put_text(writer, workload);
        csv_put_text(writer, side);
        csv_put_text(writer, csv_text(instructions, row, SCHEMA_instructions_variant));
        csv_put_text(writer, csv_text(instructions, row, SCHEMA_instructions_symbol));
        csv_put_integer(writer, csv_integer(instructions, row, SCHEMA_instructions_offset_bytes));
        csv_put_text(writer, csv_text(instructions, row, SCHEMA_instructions_instruction));
        csv_put_number(writer, csv_number(instructions, row, SCHEMA_instructions_executions_per_op));
        csv_end_row(writer);
    }
}

struct comparison {
    struct sequence baseline, contender;
    unsigned scores[INSTRUCTIONS_MAX + 1][INSTRUCTIONS_MAX + 1];
};

static void put_pair(struct csv_writer *writer, struct comparison *comparison, const struct analyse_data *data,
                     const struct csv_data *instructions, size_t panel_row, const char *workload)
{
    const char *contrast = csv_text(&data->panels, panel_row, SCHEMA_panels_contrast);
    collect(&comparison->baseline, instructions, csv_text(&data->panels, panel_row, SCHEMA_panels_baseline), workload);
    collect(&comparison->contender, instructions, csv_text(&data->panels, panel_row, SCHEMA_panels_contender),
            workload);
    if (comparison->baseline.count == 0 || comparison->contender.count == 0)
        return;
    align(instructions, &comparison->baseline, &comparison->contender, comparison->scores);
    if (count_only_here(&comparison->baseline) + count_only_here(&comparison->contender) > DELTA_ROWS_MAX)
        return;
    put_side(writer, instructions, contrast, workload, "baseline", &comparison->baseline);
    put_side(writer, instructions, contrast, workload, "contender", &comparison->contender);
}

/* ---- by symbol ---- */

static bool is_symbol_of(const struct csv_data *symbols, size_t row, const char *variant, const char *workload)
{
    return strcmp(csv_text(symbols, row, SCHEMA_symbols_variant), variant) == 0 &&
           strcmp(csv_text(symbols, row, SCHEMA_symbols_workload), workload) == 0;
}

static bool same_symbol(const struct csv_data *symbols, size_t a, size_t b)
{
    return strcmp(csv_text(symbols, a, SCHEMA_symbols_object), csv_text(symbols, b, SCHEMA_symbols_object)) == 0 &&
           strcmp(csv_text(symbols, a, SCHEMA_symbols_symbol), csv_text(symbols, b, SCHEMA_symbols_symbol)) == 0;
}

/* Row of the same symbol on the other side; row_count when it is not executed there. */
static size_t counterpart(const struct csv_data *symbols, size_t row, const char *variant, const char *workload)
{
    size_t other = 0;
    while (other < symbols->row_count &&
           (!is_symbol_of(symbols, other, variant, workload) || !same_symbol(symbols, row, other)))
        other++;
    return other;
}

static double symbol_instructions(const struct csv_data *symbols, size_t row)
{
    return row < symbols->row_count ? csv_number(symbols, row, SCHEMA_symbols_instructions_per_op) : 0;
}

static void put_symbol(struct csv_writer *writer, const struct csv_data *symbols, const char *contrast,
                       const char *workload, size_t name_row, double baseline, double contender)
{
    if (baseline == contender)
        return;
    csv_put_text(writer, contrast);
    csv_put_text(writer, workload);
    csv_put_text(writer, csv_text(symbols, name_row, SCHEMA_symbols_object));
    csv_put_text(writer, csv_text(symbols, name_row, SCHEMA_symbols_symbol));
    csv_put_number(writer, baseline);
    csv_put_number(writer, contender);
    csv_put_number(writer, contender - baseline);
    csv_end_row(writer);
}

static size_t count_symbols(const struct csv_data *symbols, const char *variant, const char *workload)
{
    size_t count = 0;
    for (size_t row = 0; row < symbols->row_count; row++)
        count += is_symbol_of(symbols, row, variant, workload);
    return count;
}

/* Those of the baseline in their order, then those that only the contender has; nothing unless both sides were counted.
 */
static void put_symbols(struct csv_writer *writer, const struct analyse_data *data, const struct csv_data *symbols,
                        size_t panel_row, const char *workload)
{
    const char *contrast = csv_text(&data->panels, panel_row, SCHEMA_panels_contrast),
               *baseline = csv_text(&data->panels, panel_row, SCHEMA_panels_baseline),
               *contender = csv_text(&data->panels, panel_row, SCHEMA_panels_contender);
    if (count_symbols(symbols, baseline, workload) == 0 || count_symbols(symbols, contender, workload) == 0)
        return;
    for (size_t row = 0; row < symbols->row_count; row++)
        if (is_symbol_of(symbols, row, baseline, workload))
            put_symbol(writer, symbols, contrast, workload, row, symbol_instructions(symbols, row),
                       symbol_instructions(symbols, counterpart(symbols, row, contender, workload)));
    for (size_t row = 0; row < symbols->row_count; row++)
        if (is_symbol_of(symbols, row, contender, workload) &&
            counterpart(symbols, row, baseline, workload) == symbols->row_count)
            put_symbol(writer, symbols, contrast, workload, row, 0, symbol_instructions(symbols, row));
}

/* ---- tables ---- */

/* A raw file of the run and the derived one beside it. A run on a machine that cannot step has the file without rows;
 * one of an older version has none. */
static int open_tables(const struct analyse_data *data, const struct csv_table *raw_table, struct csv_data *raw,
                       const struct csv_table *derived_table, struct csv_writer **writer, struct error *error)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", data->directory, raw_table->file);
    if (access(path, F_OK) == 0 && csv_read(path, raw_table, raw, error) != 0)
        return error->code;
    snprintf(path, sizeof path, "%s/%s", data->directory, derived_table->file);
    if (csv_writer_open(writer, path, derived_table, CSV_REPLACE, error) == 0)
        csv_writer_hold(*writer, data->held);
    return error->code;
}

static bool is_pair(const struct analyse_data *data, size_t panel_row)
{
    return strcmp(csv_text(&data->panels, panel_row, SCHEMA_panels_kind), "pair") == 0;
}

static int write_by_instruction(const struct analyse_data *data, struct error *error)
{
    struct csv_data instructions = {0};
    struct csv_writer *writer = NULL;
    struct comparison *comparison = calloc(1, sizeof *comparison);
    if (comparison == NULL)
        return error_out_of_memory(error);
    open_tables(data, &schema_instructions, &instructions, &schema_instructions_delta, &writer, error);
    for (size_t row = 0; writer && row < data->panels.row_count; row++)
        for (size_t w = 0; w < data->workloads.row_count && is_pair(data, row); w++)
            put_pair(writer, comparison, data, &instructions, row, analyse_workload_name(data, w));
    if (writer)
        csv_writer_close(writer, error);
    csv_free(&instructions);
    free(comparison);
    return error->code;
}

static int write_by_symbol(const struct analyse_data *data, struct error *error)
{
    struct csv_data symbols = {0};
    struct csv_writer *writer = NULL;
    open_tables(data, &schema_symbols, &symbols, &schema_symbols_delta, &writer, error);
    for (size_t row = 0; writer && row < data->panels.row_count; row++)
        for (size_t w = 0; w < data->workloads.row_count && is_pair(data, row); w++)
            put_symbols(writer, data, &symbols, row, analyse_workload_name(data, w));
    if (writer)
        csv_writer_close(writer, error);
    csv_free(&symbols);
    return error->code;
}

int analyse_write_instructions(const struct analyse_data *data, struct error *error)
{
    return write_by_instruction(data, error) != 0 ? error->code : write_by_symbol(data, error);
}
