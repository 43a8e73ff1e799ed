#include "present/doctor.h"

#include "base/text.h"

#include <string.h>

enum { COLUMNS = 80, STATUS_COLUMNS = 12, KEY_COLUMNS = 27 };

static size_t count_of(const struct machine_facts *facts, enum machine_status status)
{
    size_t count = 0;
    for (size_t i = 0; i < facts->count; i++)
        count += facts->fact[i].status == status;
    return count;
}

bool doctor_fit(const struct machine_facts *facts)
{
    return count_of(facts, MACHINE_NOISY) == 0;
}

void doctor_print(FILE *stream, const struct machine_facts *facts, int columns)
{
    static const enum text_colour colours[] = {TEXT_GREEN, TEXT_YELLOW, TEXT_DIM, TEXT_DIM};
    const int value_at = STATUS_COLUMNS + KEY_COLUMNS;
    if (columns <= value_at)
        columns = COLUMNS;
    for (size_t i = 0; i < facts->count; i++) {
        const struct machine_fact *fact = &facts->fact[i];
        const char *status = machine_status_words[fact->status];
        fprintf(stream, "%s%s%s%*s%-*s", text_colour(stream, colours[fact->status]), status,
                text_colour(stream, TEXT_PLAIN), STATUS_COLUMNS - (int)strlen(status), "",
                *fact->value ? KEY_COLUMNS : 0, fact->key);
        text_print_words(stream, fact->value, value_at, value_at, columns);
        if (*fact->mend) {
            fprintf(stream, "%*s", STATUS_COLUMNS, "");
            char mend[MACHINE_MEND_BYTES + 16];
            snprintf(mend, sizeof mend, "to mend: %s", fact->mend);
            text_print_words(stream, mend, STATUS_COLUMNS, STATUS_COLUMNS + 9, columns);
        }
    }
    fprintf(stream, "%zu ok, %zu noisy, %zu not visible\n", count_of(facts, MACHINE_OK), count_of(facts, MACHINE_NOISY),
            count_of(facts, MACHINE_NOT_VISIBLE));
}
