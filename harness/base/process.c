#include "base/process.h"

#include "base/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_PATIENCE_S = 60, TRY_PATIENCE_S = 10, OUTPUT_BYTES_MAX = 1 << 26, OUT_OF_THE_WAY_FD = 10, ASK_POLLS = 5 };
enum {
    POLL_MS = 200,
    UNSEEN_MS = 20, /* where the kernel does not tell when a child ends */
    UNSTOPPABLE_S = 1,
};

/* What a child is started with beside its options; -1: nothing. */
struct channels {
    int output; /* its standard output */
    int log;    /* its standard output and error */
};
static const struct channels no_channels = {-1, -1};

static volatile sig_atomic_t stop_requested;

static void on_stop(int number)
{
    (void)number;
    stop_requested = 1;
}

void process_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop}; /* no SA_RESTART: waiting ends at once */
    struct sigaction old;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup */
        sigaction(SIGHUP, &action, NULL);
}

bool process_stop_requested(void)
{
    return stop_requested != 0;
}

void process_begin(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd) /* writing to it still fails */
            _exit(EXIT_USAGE);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN); /* a reader that leaves early ends no verb in the middle */
    signal(SIGXFSZ, SIG_IGN); /* nor does `ulimit -f`: writing fails and is an error with its line; so in children */
}

/* After exec nothing is left open but 0 to 2 and what was handed on. `failure` takes the errno of an exec that fails.
 */
static void child(const char *const *arguments, const struct process_options *options, struct channels channels,
                  pid_t parent, int failure)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before that */
        _exit(EXIT_USAGE);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int output = channels.output >= 0 ? channels.output : channels.log >= 0 ? channels.log : null;
    failure = fcntl(failure, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY_FD);
    dup2(null, 0);
    if (channels.output >= 0 || channels.log >= 0 || options->quiet || options->mute)
        dup2(output, 1);
    if (channels.log >= 0 || options->quiet)
        dup2(channels.log >= 0 ? channels.log : null, 2);
    if (options->pass_fd == PROCESS_PASSED_FD)
        fcntl(PROCESS_PASSED_FD, F_SETFD, 0);
    else if (options->pass_fd >= 0)
        dup2(options->pass_fd, PROCESS_PASSED_FD);
    if (options->reproducible)
        personality((unsigned long)personality(0xffffffff) | ADDR_NO_RANDOMIZE);
    if (options->environment)
        environment_enter(options->environment);
    if (options->own_group)
        setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* whoever kills the driver has no worker left to disturb the resumed run */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    /* Whoever starts it may be a thread that leaves signals to others: an alarm of the child would never ring. */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(arguments[0], (char *const *)arguments);
    const int reason = errno;
    _exit(write(failure, &reason, sizeof reason) == sizeof reason ? EXIT_USAGE : EXIT_UNFIT);
}

/* -1 with an error when it cannot be run: an exec that works closes the pipe, one that fails writes why. */
static pid_t start(const char *const *arguments, const struct process_options *options, struct channels channels,
                   struct error *error)
{
    int failure[2], reason = 0;
    ssize_t got;
    fflush(NULL);
    if (pipe2(failure, O_CLOEXEC) != 0) {
        error_set(error, EXIT_USAGE, "%s: cannot be started: %s", arguments[0], strerror(errno));
        return -1;
    }
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child(arguments, options, channels, parent, failure[1]);
    if (pid < 0)
        reason = errno;
    else if (options->own_group)
        setpgid(pid, pid); /* here too: whoever comes first */
    close(failure[1]);
    while (pid > 0 && (got = read(failure[0], &reason, sizeof reason)) < 0 && errno == EINTR)
        ;
    close(failure[0]);
    if (reason == 0)
        return pid;
    if (pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    error_set(error, EXIT_USAGE, "%s: cannot be run: %s; is it installed?", arguments[0], strerror(reason));
    return -1;
}

static void fill_end(int status, struct process_end *end)
{
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static uint64_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

/* Ended, but not yet reaped, so that its number is still its own. */
static bool has_ended(pid_t pid)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ? errno != EINTR : info.si_pid == pid;
}

static bool must_end(const struct process_options *options, uint64_t start_s, struct process_end *end)
{
    if (stop_requested && (!options->unstoppable || now_s() - start_s > UNSTOPPABLE_S))
        end->stopped = true;
    if (options->time_limit_s != 0 && now_s() - start_s >= options->time_limit_s)
        end->timed_out = true;
    end->limit_s = options->time_limit_s;
    return end->stopped || end->timed_out;
}

static void ask_to_end(pid_t pid, const struct process_options *options)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    kill(options->own_group ? -pid : pid, SIGTERM);
    for (int i = 0; i < ASK_POLLS && !has_ended(pid); i++)
        nanosleep(&pause, NULL);
}

/* Ends the child if it has not ended, and with it all that it forked. */
static void reap(pid_t pid, const struct process_options *options, struct process_end *end)
{
    int status = 0;
    if (options->ask_first && (end->stopped || end->timed_out))
        ask_to_end(pid, options);
    kill(options->own_group ? -pid : pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    fill_end(status, end);
}

/* Descriptor that becomes readable when the child ends; -1 where the kernel has none. It needs no signal, so that
 * several threads can wait for children of their own. */
static int watch(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Sleeps until the child ends or a signal comes, so that the parent takes no time from the measurement: the look every
 * 200 ms, for a signal to another thread, takes 10 us. */
static void wait_for(pid_t pid, const struct process_options *options, uint64_t start_s, struct process_end *end)
{
    struct pollfd ended = {.fd = watch(pid), .events = POLLIN};
    uint64_t said = 0;
    while (!has_ended(pid) && !must_end(options, start_s, end)) {
        const uint64_t spent_s = now_s() - start_s, slow = options->slow ? spent_s / options->slow_s : 0;
        if (slow > said)
            options->slow(options->slow_context, spent_s);
        said = slow;
        poll(&ended, 1, ended.fd >= 0 ? POLL_MS : UNSEEN_MS);
    }
    if (ended.fd >= 0)
        close(ended.fd);
    reap(pid, options, end);
}

int process_try(int (*what)(void), struct process_end *end, struct error *error)
{
    const struct process_options options = {.time_limit_s = TRY_PATIENCE_S};
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0)
        _exit(what());
    if (pid < 0)
        return error_set(error, EXIT_USAGE, "no process can be started: %s", strerror(errno));
    *end = (struct process_end){0};
    wait_for(pid, &options, now_s(), end);
    return 0;
}

int process_run(const char *const *arguments, const struct process_options *options, struct process_end *end,
                struct error *error)
{
    *end = (struct process_end){0};
    const uint64_t start_s = now_s();
    const pid_t pid = start(arguments, options, no_channels, error);
    if (pid > 0)
        wait_for(pid, options, start_s, end);
    return error->code;
}

/* One of many. */
struct one {
    pid_t pid; /* 0: not started, or reaped */
    uint64_t start_s;
};

static void say_failed(const char *const *command, const struct process_end *end, struct error *error)
{
    char words[128];
    error_set(error, end->timed_out ? EXIT_UNFIT : EXIT_USAGE, "%s %s", command[0],
              process_end_words(end, words, sizeof words));
}

/* Reaps those that have ended or must; how many that were. */
static size_t reap_some(const char *const *const *commands, struct one *all, struct pollfd *watched, size_t started,
                        const struct process_options *options, size_t *failed, struct error *error)
{
    size_t reaped = 0;
    for (size_t i = 0; i < started; i++) {
        struct process_end end = {0};
        if (all[i].pid == 0 || (!has_ended(all[i].pid) && !must_end(options, all[i].start_s, &end)))
            continue;
        reap(all[i].pid, options, &end);
        all[i].pid = 0;
        if (watched[i].fd >= 0)
            close(watched[i].fd);
        watched[i].fd = -1;
        reaped++;
        if (error->code != 0 || end.stopped || (!end.timed_out && end.signal == 0 && end.status == 0))
            continue;
        *failed = i;
        say_failed(commands[i], &end, error);
    }
    return reaped;
}

int process_run_all(const char *const *const *commands, size_t count, unsigned parallel, const char *log,
                    uint64_t time_limit_s, size_t *failed, struct error *error)
{
    const struct process_options options = {
        .pass_fd = -1, .time_limit_s = time_limit_s, .quiet = true, .own_group = true};
    const struct channels channels = {-1, open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644)};
    struct one *all = calloc(count + 1, sizeof *all);
    struct pollfd *watched = calloc(count + 1, sizeof *watched);
    size_t started = 0, running = 0;
    *failed = count;
    if (all == NULL || watched == NULL)
        error_out_of_memory(error);
    while (running > 0 || (started < count && error->code == 0)) {
        if (stop_requested && error->code == 0)
            error_set(error, EXIT_UNFIT, "stopped");
        if (started < count && running < (parallel ? parallel : 1) && error->code == 0) {
            const pid_t pid = start(commands[started], &options, channels, error);
            all[started] = (struct one){pid > 0 ? pid : 0, now_s()};
            watched[started] = (struct pollfd){.fd = pid > 0 ? watch(pid) : -1, .events = POLLIN};
            running += pid > 0;
            started++;
        } else {
            poll(watched, started, UNSEEN_MS);
            running -= reap_some(commands, all, watched, started, &options, failed, error);
        }
    }
    free(watched);
    free(all);
    if (channels.log >= 0)
        close(channels.log);
    return error->code;
}

struct text {
    char *bytes;
    size_t length, capacity;
};

/* Reads once from a non-blocking descriptor; false at its end, and when there is no room. */
static bool read_some(int fd, struct text *text)
{
    if (text->length + 4096 > text->capacity) {
        char *larger = text->capacity < OUTPUT_BYTES_MAX ? realloc(text->bytes, text->capacity * 2 + 8192) : NULL;
        if (larger == NULL)
            return false;
        text->bytes = larger;
        text->capacity = text->capacity * 2 + 8192;
    }
    const ssize_t got = read(fd, text->bytes + text->length, text->capacity - text->length - 1);
    text->length += got > 0 ? (size_t)got : 0;
    text->bytes[text->length] = '\0';
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Until the end of the pipe or of the child: what the child forked may hold the pipe for ever. */
static void read_all(pid_t pid, const struct process_options *options, uint64_t start_s, int fd, struct text *text,
                     struct process_end *end)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    bool ended = false;
    while (!must_end(options, start_s, end)) {
        if (poll(&ready, 1, ended ? 0 : POLL_MS) > 0) {
            if (!read_some(fd, text))
                return;
        } else if (ended) {
            return;
        } else {
            ended = has_ended(pid);
        }
    }
}

/* What the child writes to its standard output, or to PROCESS_PASSED_FD. */
static int capture(const char *const *arguments, struct process_options options, bool standard_output, char **output,
                   struct process_end *end, struct error *error)
{
    int ends[2];
    struct text text = {.bytes = calloc(1, 1)};
    *output = text.bytes;
    *end = (struct process_end){0};
    if (text.bytes == NULL)
        return error_out_of_memory(error);
    if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        return error_set(error, EXIT_USAGE, "%s: cannot be started: %s", arguments[0], strerror(errno));
    options.pass_fd = standard_output ? -1 : ends[1];
    const uint64_t start_s = now_s();
    const pid_t pid = start(arguments, &options, (struct channels){standard_output ? ends[1] : -1, -1}, error);
    close(ends[1]);
    if (pid > 0) {
        read_all(pid, &options, start_s, ends[0], &text, end);
        close(ends[0]); /* no more is read: who goes on writing must not wait for that */
        wait_for(pid, &options, start_s, end);
    } else {
        close(ends[0]);
    }
    *output = text.bytes;
    return error->code;
}

int process_report(const char *const *arguments, const struct process_options *options, char **text,
                   struct process_end *end, struct error *error)
{
    return capture(arguments, *options, false, text, end, error);
}

char *process_output(const char *const *arguments)
{
    const struct process_options options = {
        .time_limit_s = OUTPUT_PATIENCE_S, .quiet = true, .own_group = true, .unstoppable = true};
    struct process_end end;
    struct error error = {0};
    char *text;
    capture(arguments, options, true, &text, &end, &error);
    size_t length = text ? strlen(text) : 0;
    if (error.code != 0 || end.signal || end.timed_out || (end.status != 0 && length == 0)) {
        free(text);
        return NULL;
    }
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    return text;
}

const char *process_end_words(const struct process_end *end, char *buffer, size_t buffer_bytes)
{
    if (end->stopped)
        snprintf(buffer, buffer_bytes, "was stopped");
    else if (end->timed_out)
        snprintf(buffer, buffer_bytes, "did not end within %" PRIu64 " s", end->limit_s);
    else if (end->signal)
        snprintf(buffer, buffer_bytes, "was killed by signal %d (%s)", end->signal, strsignal(end->signal));
    else
        snprintf(buffer, buffer_bytes, "exited with status %d", end->status);
    return buffer;
}
