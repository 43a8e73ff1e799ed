#include "text.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

int text_terminal_columns(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
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
