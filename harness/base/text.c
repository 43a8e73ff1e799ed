#include "base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int text_terminal_columns(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

const char *text_colour(FILE *stream, enum text_colour colour)
{
    static const char *const sequences[] = {"\033[0m", "\033[32m", "\033[33m", "\033[31m", "\033[2m"};
    const char *unwanted = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if ((unwanted && *unwanted) || terminal == NULL || strcmp(terminal, "dumb") == 0 || !isatty(fileno(stream)))
        return "";
    return sequences[colour];
}

/* Columns that the text takes: bytes but those that continue a character. */
static int columns_of(const char *text, size_t bytes)
{
    int columns = 0;
    for (size_t i = 0; i < bytes; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

void text_print_words(FILE *stream, const char *text, int at, int indent, int columns)
{
    bool first = true;
    while (*(text += strspn(text, " ")) != '\0') {
        size_t bytes = strcspn(text, " ");
        int wanted = columns_of(text, bytes);
        if (!first && columns > 0 && at + 1 + wanted > columns) {
            fprintf(stream, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', stream);
            at++;
        }
        fwrite(text, 1, bytes, stream);
        at += wanted;
        text += bytes;
        first = false;
    }
    fputc('\n', stream);
}
