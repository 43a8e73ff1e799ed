#include "gate/functions.h"

#include "base/paths.h"
#include "schema.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 4 };

static int read_side(struct csv_data *symbols, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, directory, schema_symbols.file, error) != 0 || access(path, F_OK) != 0)
        return error->code;
    return csv_read(path, &schema_symbols, symbols, error);
}

int gate_functions_read(struct gate_functions *functions, const char *base_directory, const char *head_directory,
                        struct error *error)
{
    *functions = (struct gate_functions){0};
    return read_side(&functions->base, base_directory, error) != 0 ? error->code
                                                                   : read_side(&functions->head, head_directory, error);
}

void gate_functions_free(struct gate_functions *functions)
{
    csv_free(&functions->base);
    csv_free(&functions->head);
}

static bool is_of(const struct csv_data *symbols, size_t row, const char *variant, const char *workload)
{
    return strcmp(csv_text(symbols, row, SCHEMA_symbols_variant), variant) == 0 &&
           strcmp(csv_text(symbols, row, SCHEMA_symbols_workload), workload) == 0;
}

/* A name as the source has it: a copy that the compiler made for a constant argument is still that function. */
static size_t name_length(const char *symbol)
{
    static const char *const suffixes[] = {".constprop.", ".isra.", ".part.", ".cold"};
    size_t length = strlen(symbol);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        const char *at = strstr(symbol, suffixes[i]);
        if (at && (size_t)(at - symbol) < length)
            length = (size_t)(at - symbol);
    }
    return length;
}

static bool same_name(const char *a, const char *b)
{
    const size_t length = name_length(a);
    return length == name_length(b) && strncmp(a, b, length) == 0;
}

/* Of all rows of that name: an object's name may hold a hash of what changed. */
static double executed(const struct csv_data *symbols, const char *variant, const char *workload, const char *symbol)
{
    double sum = 0;
    for (size_t row = 0; row < symbols->row_count; row++)
        if (is_of(symbols, row, variant, workload) && same_name(csv_text(symbols, row, SCHEMA_symbols_symbol), symbol))
            sum += csv_number(symbols, row, SCHEMA_symbols_instructions_per_op);
    return sum;
}

struct change {
    const char *symbol;
    double base, head;
};

/* Keeps the largest, largest first. */
static void keep(struct change changes[static SHOWN], struct change change)
{
    for (size_t i = 0; i < SHOWN; i++) {
        if (changes[i].symbol && same_name(changes[i].symbol, change.symbol))
            return;
        if (changes[i].symbol && fabs(changes[i].head - changes[i].base) >= fabs(change.head - change.base))
            continue;
        const struct change other = changes[i];
        changes[i] = change;
        if (other.symbol == NULL || same_name(other.symbol, change.symbol))
            return;
        change = other;
    }
}

static void keep_side(struct change changes[static SHOWN], const struct gate_functions *functions,
                      const struct csv_data *side, const char *variant, const char *workload)
{
    for (size_t row = 0; row < side->row_count; row++) {
        const char *symbol = csv_text(side, row, SCHEMA_symbols_symbol);
        if (!*symbol || !is_of(side, row, variant, workload))
            continue;
        const struct change change = {symbol, executed(&functions->base, variant, workload, symbol),
                                      executed(&functions->head, variant, workload, symbol)};
        if (change.base != change.head)
            keep(changes, change);
    }
}

void gate_functions_changed(const struct gate_functions *functions, const char *variant, const char *workload,
                            char words[static GATE_FUNCTIONS_BYTES])
{
    struct change changes[SHOWN] = {{0}};
    char base[32], head[32];
    words[0] = '\0';
    keep_side(changes, functions, &functions->head, variant, workload);
    keep_side(changes, functions, &functions->base, variant, workload);
    for (size_t i = 0; i < SHOWN && changes[i].symbol; i++) {
        const size_t length = strlen(words);
        snprintf(words + length, GATE_FUNCTIONS_BYTES - length, "%s%.*s %s -> %s", i ? ", " : "",
                 (int)name_length(changes[i].symbol), changes[i].symbol,
                 csv_format_number(base, sizeof base, changes[i].base),
                 csv_format_number(head, sizeof head, changes[i].head));
    }
}
