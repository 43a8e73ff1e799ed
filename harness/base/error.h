/*
 * Errors as values. A library function returns 0 or an exit code of the program (never prints, never exits) and fills
 * one line: the thing, file and line, what was expected, what to do.
 */
#ifndef ENCBENCH_ERROR_H
#define ENCBENCH_ERROR_H

/* Exit codes of the program; `gate` uses all of them. */
enum exit_code {
    EXIT_PASS = 0,
    EXIT_REGRESSION = 1,
    EXIT_USAGE = 2, /* usage or bad input */
    EXIT_UNFIT = 3, /* run invalid or machine unfit */
    EXIT_BLIND = 4, /* a control was missed */
};

struct error {
    int code; /* 0: no error */
    char message[1024];
};

/* Fills `error` (may not be NULL) and returns `code`. Keeps the first error when one is already set. */
int error_set(struct error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for want of memory: its words stand here alone. */
int error_out_of_memory(struct error *error);

#endif
