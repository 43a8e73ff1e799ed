#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *error, int code, const char *format, ...)
{
    if (error->code != 0)
        return error->code;
    error->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    /* What a user or a file gave stands in it: no byte of that may end the line or steer a terminal. */
    for (char *at = error->message; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = '?';
    return code;
}

int error_out_of_memory(struct error *error)
{
    return error_set(error, EXIT_USAGE, "out of memory; free some and try again");
}
