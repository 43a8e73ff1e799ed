#include "store/csv_internal.h"

#include <assert.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool csv_bytes_reserve(struct csv_bytes *bytes, size_t more)
{
    if (bytes->capacity - bytes->count >= more)
        return true;
    size_t capacity = bytes->capacity * 2 > bytes->count + more ? bytes->capacity * 2 : bytes->count + more;
    char *text = realloc(bytes->text, capacity);
    if (text == NULL)
        return false;
    bytes->text = text;
    bytes->capacity = capacity;
    return true;
}

bool csv_bytes_append(struct csv_bytes *bytes, const char *text, size_t count)
{
    if (!csv_bytes_reserve(bytes, count))
        return false;
    memcpy(bytes->text + bytes->count, text, count);
    bytes->count += count;
    return true;
}

const char *csv_show(char buffer[CSV_SHOWN_BYTES], const char *value, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)value[i];
        if (used + 8 > CSV_SHOWN_BYTES) {
            memcpy(buffer + used, "...", 3);
            used += 3;
            break;
        }
        if (byte == '\r' || byte == '\n')
            used += (size_t)sprintf(buffer + used, "\\%c", byte == '\r' ? 'r' : 'n');
        else if (byte < 0x20 || byte > 0x7e || byte == '\\')
            used += (size_t)sprintf(buffer + used, "\\x%02x", byte);
        else
            buffer[used++] = (char)byte;
    }
    buffer[used] = '\0';
    return buffer;
}

/* Bytes of the well-formed UTF-8 character (Unicode 15, table 3-7) at `text`, 0 when it is none. */
static size_t character_bytes(const char *text, const char *end)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] < 0x80)
        return 1;
    size_t count = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
    if (byte[0] < 0xc2 || byte[0] > 0xf4 || (size_t)(end - text) < count)
        return 0;
    unsigned char low = byte[0] == 0xe0 ? 0xa0 : byte[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = byte[0] == 0xed ? 0x9f : byte[0] == 0xf4 ? 0x8f : 0xbf;
    if (byte[1] < low || byte[1] > high)
        return 0;
    for (size_t i = 2; i < count; i++)
        if (byte[i] < 0x80 || byte[i] > 0xbf)
            return 0;
    return count;
}

/* U+0080..U+009F are control characters too; U+0085 is an end of line to some readers. */
static bool is_control(const char *character)
{
    unsigned char first = (unsigned char)character[0], second = (unsigned char)character[1];
    return first < 0x20 || first == 0x7f || (first == 0xc2 && second < 0xa0);
}

/* What turns the direction of the text around it (U+061C, U+200E, U+200F, U+202A..U+202E, U+2066..U+2069), breaks a
 * line (U+2028, U+2029) or has no width (U+200B, U+2060..U+2065, U+FEFF): two names may look alike, or a row like
 * another. */
static bool is_deceptive(const char *character)
{
    const unsigned char *byte = (const unsigned char *)character;
    if (byte[0] == 0xd8)
        return byte[1] == 0x9c;
    if (byte[0] == 0xef)
        return byte[1] == 0xbb && byte[2] == 0xbf;
    return byte[0] == 0xe2 && ((byte[1] == 0x80 && (byte[2] == 0x8b || byte[2] == 0x8e || byte[2] == 0x8f ||
                                                    (byte[2] >= 0xa8 && byte[2] <= 0xae))) ||
                               (byte[1] == 0x81 && byte[2] >= 0xa0 && byte[2] <= 0xa9));
}

size_t csv_cell_character_bytes(const char *text, const char *end)
{
    if (*text == ',' || *text == '"')
        return 0;
    size_t count = character_bytes(text, end);
    return count == 0 || is_control(text) || is_deceptive(text) ? 0 : count;
}

static const char *skip_digits(const char *text)
{
    while (*text >= '0' && *text <= '9')
        text++;
    return text;
}

/* The integer part of a JSON number; NULL when there is none. */
static const char *skip_integer(const char *text)
{
    if (*text == '-')
        text++;
    if (*text == '0')
        return text + 1;
    const char *end = skip_digits(text);
    return end == text ? NULL : end;
}

bool csv_parse_integer(const char *text, int64_t *value)
{
    const char *end = skip_integer(text);
    if (end == NULL || *end != '\0')
        return false;
    bool negative = *text == '-';
    *value = 0;
    for (const char *digit = text + negative; digit < end; digit++) {
        int one = negative ? '0' - *digit : *digit - '0';
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, one, value))
            return false;
    }
    return true;
}

/* glibc hands out its static C locale here: nothing is allocated and nothing to free. */
static locale_t c_locale(void)
{
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static bool is_json_number(const char *text)
{
    const char *end = skip_integer(text);
    if (end == NULL)
        return false;
    if (*end == '.') {
        const char *fraction = end + 1;
        end = skip_digits(fraction);
        if (end == fraction)
            return false;
    }
    if (*end == 'e' || *end == 'E') {
        const char *exponent = end + 1 + (end[1] == '+' || end[1] == '-');
        end = skip_digits(exponent);
        if (end == exponent)
            return false;
    }
    return *end == '\0';
}

bool csv_parse_number(const char *text, double *value)
{
    if (strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0) {
        *value = *text == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (!is_json_number(text))
        return false;
    *value = strtod_l(text, NULL, c_locale());
    return isfinite(*value);
}

const char *csv_type_expected(enum csv_type type)
{
    switch (type) {
    case CSV_INTEGER:
        return "a decimal integer that fits 64 bits, without plus sign, space or leading zero";
    case CSV_NUMBER:
        return "a number such as -1.5, 2e-9, inf or -inf, without plus sign, space or leading zero; missing is empty, "
               "never nan";
    default:
        return "text without comma, quote and control characters";
    }
}

bool csv_header_of(const struct csv_table *table, struct csv_bytes *header)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        if (!csv_bytes_append(header, name, strlen(name)) ||
            !csv_bytes_append(header, i + 1 < table->column_count ? "," : "\n", 1))
            return false;
    }
    return true;
}

const char *csv_format_number(char *buffer, size_t buffer_bytes, double value)
{
    assert(buffer_bytes >= 32);
    if (isnan(value) || isinf(value) || value == 0) {
        snprintf(buffer, buffer_bytes, "%s", isnan(value) ? "" : value == 0 ? "0" : value < 0 ? "-inf" : "inf");
        return buffer;
    }
    locale_t before = uselocale(c_locale());
    /* 15 digits are the fewest that can be needed above DBL_MIN; below it 5e-324 shows that one can do. */
    for (int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(buffer, buffer_bytes, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value)
            break;
    }
    uselocale(before);
    return buffer;
}

const char *csv_clean(char *buffer, size_t buffer_bytes, const char *text)
{
    assert(buffer_bytes >= 1);
    const char *end = text + strlen(text);
    size_t used = 0;
    while (text < end) {
        size_t count = character_bytes(text, end);
        size_t kept = csv_cell_character_bytes(text, end);
        if (used + (kept > 0 ? kept : 1) >= buffer_bytes)
            break;
        if (kept > 0)
            memcpy(buffer + used, text, kept);
        else
            buffer[used] = count == 0 ? '?' : *text == ',' ? ';' : ' ';
        used += kept > 0 ? kept : 1;
        text += count > 0 ? count : 1;
    }
    buffer[used] = '\0';
    return buffer;
}

int csv_memory_error(struct error *error, const char *path, size_t bytes)
{
    return error_set(error, EXIT_USAGE, "%s: out of memory after %zu bytes; free memory and run it again", path, bytes);
}

bool csv_is_gzip_path(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".gz") == 0;
}
