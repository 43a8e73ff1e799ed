/*
 * Starting programs: the one place that forks. A child never inherits more than what is named here, and never outlives
 * us.
 */
#ifndef ENCBENCH_PROCESS_H
#define ENCBENCH_PROCESS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct environment;

enum { PROCESS_PASSED_FD = 3 }; /* the number under which a child finds what was handed on */

/* How a child ended. */
struct process_end {
    bool timed_out;   /* killed by us after its time limit ... */
    uint64_t limit_s; /* ... of so many seconds */
    bool stopped;     /* killed by us because process_stop_requested() */
    int signal;       /* 0: it exited */
    int status;       /* exit status when it exited */
};

struct process_options {
    const struct environment *environment; /* of the child (environment.h); NULL: ours */
    int pass_fd;                           /* file descriptor handed on as PROCESS_PASSED_FD, or -1 */
    uint64_t time_limit_s;                 /* 0: none */
    bool mute;      /* standard output goes to /dev/null; standard input always comes from there */
    bool quiet;     /* standard output and error do */
    bool own_group; /* shielded from the terminal's Ctrl-C: the parent decides when it ends, and all it forked ends with
                       it */
    bool ask_first; /* before it is killed it gets SIGTERM and a second: for what has groups of its own to end */
    bool unstoppable; /* process_stop_requested() leaves it a second: for what is written after a stop */
    /* Called about every slow_s seconds that it takes, with those so far; NULL: nobody wants to know. */
    void (*slow)(void *context, uint64_t seconds);
    void *slow_context;
    uint64_t slow_s;
    bool reproducible; /* fixed addresses where the sandbox lets us */
};

/* Runs `arguments` (NULL-terminated, [0] a path or a name on PATH) to its end. Error only when it cannot be started. */
int process_run(const char *const *arguments, const struct process_options *options, struct process_end *end,
                struct error *error);

/* The same for many at once, at most `parallel` at a time; the first failure (exit status other than 0) is the error
 * and names the command and how it ended, and *failed (`count` when there is none to name) says which it was. `log`
 * takes their standard output and error. One that does not end within `time_limit_s`, and stopped: EXIT_UNFIT, and all
 * are ended. */
int process_run_all(const char *const *const *commands, size_t count, unsigned parallel, const char *log,
                    uint64_t time_limit_s, size_t *failed, struct error *error);

/* Runs a command and keeps what it writes to PROCESS_PASSED_FD (options->pass_fd does not count) in *text, malloc'ed,
 * the caller frees. Error only when it cannot be started or read. */
int process_report(const char *const *arguments, const struct process_options *options, char **text,
                   struct process_end *end, struct error *error);

/* Standard output of a command as a string (malloc'ed, the caller frees), without its last newline; NULL when it cannot
 * be run, fails or takes a minute. Standard error is discarded. */
char *process_output(const char *const *arguments);

/* Calls `what` in a child, for a sandbox may kill whoever asks; its result, 0 to 255, is end->status; after ten seconds
 * it is ended. Error only when there is no child. */
int process_try(int (*what)(void), struct process_end *end, struct error *error);

/* SIGINT, SIGTERM and SIGHUP set a flag instead of ending the program, so that what was measured is kept and nothing
 * else is; writing to a closed pipe is an error like any other. */
void process_catch_signals(void);
bool process_stop_requested(void);

/* First thing in main: descriptors 0 to 2 are open, so that no file of ours becomes one of them, and children can be
 * waited for. */
void process_begin(void);

/* One line about an end that was not a success: "was killed by signal 11 (Segmentation fault)". Returns `buffer`. */
const char *process_end_words(const struct process_end *end, char *buffer, size_t buffer_bytes);

#endif
