/*
 * Starting programs: the one place that forks. A child never inherits more than what is named here.
 */
#ifndef ENCBENCH_PROCESS_H
#define ENCBENCH_PROCESS_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_PASSED_FD = 3 }; /* the number under which a child finds what was handed on */

/* How a child ended. */
struct process_end {
    bool timed_out; /* killed by us after its time limit */
    bool stopped;   /* killed by us because process_stop_requested() */
    int signal;     /* 0: it exited */
    int status;     /* exit status when it exited */
};

struct process_options {
    const char *preload;   /* LD_PRELOAD of the child, or NULL */
    int pass_fd;           /* file descriptor handed on as PROCESS_PASSED_FD, or -1 */
    uint64_t time_limit_s; /* 0: none */
    bool quiet;            /* standard output and error go to /dev/null */
    bool reproducible;     /* fixed addresses where the sandbox lets us, and an environment of no more than LD_LIBRARY_PATH */
    bool own_group;        /* shielded from the terminal's Ctrl-C: the parent decides when it ends */
};

/* Runs `arguments` (NULL-terminated, [0] a path or a name on PATH) to its end. Error only when it cannot be started. */
int process_run(const char *const *arguments, const struct process_options *options, struct process_end *end,
                struct error *error);

/* The same for many at once, at most `parallel` at a time; the first failure (exit status other than 0) is the error and names the
 * command; `log` (may be NULL) is a file that takes their standard output and error. */
int process_run_all(const char *const *const *commands, size_t count, unsigned parallel, const char *log,
                    struct error *error);

/* Standard output of a command as a string (malloc'ed, the caller frees), without its last newline; NULL when it cannot be run or
 * fails. Standard error is discarded. */
char *process_output(const char *const *arguments);

/* SIGINT and SIGTERM set a flag instead of ending the program, so that what was measured is kept. */
void process_catch_signals(void);
bool process_stop_requested(void);

/* One line about an end that was not a success: "was killed by signal 11 (Segmentation fault)". Returns `buffer`. */
const char *process_end_words(const struct process_end *end, char *buffer, size_t buffer_bytes);

#endif
