#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_requested;

static void on_stop(int number)
{
    (void)number;
    stop_requested = 1;
}

void process_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_stop}; /* no SA_RESTART: waiting ends at once */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool process_stop_requested(void)
{
    return stop_requested != 0;
}

static void make_reproducible(void)
{
    char *path = getenv("LD_LIBRARY_PATH");
    personality((unsigned long)personality(0xffffffff) | ADDR_NO_RANDOMIZE);
    clearenv();
    if (path)
        setenv("LD_LIBRARY_PATH", path, 1);
}

static void child(const char *const *arguments, const struct process_options *options, int log_fd)
{
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0)
        dup2(null, 0);
    if (log_fd >= 0 || options->quiet) {
        dup2(log_fd >= 0 ? log_fd : null, 1);
        dup2(log_fd >= 0 ? log_fd : null, 2);
    }
    if (options->pass_fd >= 0) {
        if (options->pass_fd == PROCESS_PASSED_FD)
            fcntl(PROCESS_PASSED_FD, F_SETFD, 0);
        else
            dup2(options->pass_fd, PROCESS_PASSED_FD);
    }
    if (options->reproducible)
        make_reproducible();
    if (options->preload)
        setenv("LD_PRELOAD", options->preload, 1);
    if (options->own_group)
        setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* whoever kills the driver has no worker left to disturb the resumed run */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    execvp(arguments[0], (char *const *)arguments);
    _exit(127);
}

static pid_t start(const char *const *arguments, const struct process_options *options, int log_fd, struct error *error)
{
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0)
        child(arguments, options, log_fd);
    if (pid < 0)
        error_set(error, EXIT_USAGE, "%s: cannot be started: %s", arguments[0], strerror(errno));
    return pid;
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

/* Sleeps in sigtimedwait until the child ends, so that the parent takes no time from the measurement. SIGCHLD is blocked meanwhile. */
static int wait_for(pid_t pid, const struct process_options *options, struct process_end *end)
{
    sigset_t set, old;
    int status = 0;
    const uint64_t start_s = now_s();
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, &old);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        const struct timespec patience = {1, 0};
        if (stop_requested)
            end->stopped = true;
        if (options->time_limit_s != 0 && now_s() - start_s >= options->time_limit_s)
            end->timed_out = true;
        if (end->stopped || end->timed_out) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            break;
        }
        sigtimedwait(&set, NULL, &patience);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    fill_end(status, end);
    return 0;
}

int process_run(const char *const *arguments, const struct process_options *options, struct process_end *end,
                struct error *error)
{
    *end = (struct process_end){0};
    const pid_t pid = start(arguments, options, -1, error);
    if (pid < 0)
        return error->code;
    wait_for(pid, options, end);
    if (end->status == 127 && !end->signal)
        return error_set(error, EXIT_USAGE, "%s: cannot be run; is it installed?", arguments[0]);
    return 0;
}

int process_run_all(const char *const *const *commands, size_t count, unsigned parallel, const char *log,
                    struct error *error)
{
    const struct process_options options = {.pass_fd = -1, .quiet = true, .own_group = true};
    const int log_fd = log ? open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    pid_t *pids = calloc(count ? count : 1, sizeof *pids);
    size_t started = 0, running = 0;
    if (pids == NULL)
        error_set(error, EXIT_USAGE, "out of memory");
    while (pids && (running > 0 || (started < count && error->code == 0))) {
        if (stop_requested)
            error_set(error, EXIT_USAGE, "stopped");
        if (started < count && running < parallel && error->code == 0) {
            if ((pids[started] = start(commands[started], &options, log_fd, error)) > 0)
                running++;
            started++;
            continue;
        }
        int status = 0;
        const pid_t pid = waitpid(-1, &status, 0);
        if (pid < 0 && errno == EINTR)
            continue;
        running--;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            error_set(error, EXIT_USAGE, "%s failed%s%s", commands[0][0], log ? "; its output is in " : "",
                      log ? log : "");
    }
    free(pids);
    if (log_fd >= 0)
        close(log_fd);
    return error->code;
}

char *process_output(const char *const *arguments)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        const int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(ends[1], 1);
        dup2(null, 2);
        execvp(arguments[0], (char *const *)arguments);
        _exit(127);
    }
    close(ends[1]);
    char *text = NULL;
    size_t length = 0, capacity = 0;
    for (;;) {
        if (length + 4096 > capacity) {
            char *larger = realloc(text, capacity = capacity * 2 + 8192);
            if (larger == NULL)
                break;
            text = larger;
        }
        const ssize_t got = read(ends[0], text + length, capacity - length - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    close(ends[0]);
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (text == NULL || pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) == 127) {
        free(text);
        return NULL;
    }
    while (length > 0 && text[length - 1] == '\n')
        length--;
    text[length] = '\0';
    if (WEXITSTATUS(status) != 0 && length == 0) {
        free(text);
        return NULL;
    }
    return text;
}

const char *process_end_words(const struct process_end *end, char *buffer, size_t buffer_bytes)
{
    if (end->stopped)
        snprintf(buffer, buffer_bytes, "was stopped");
    else if (end->timed_out)
        snprintf(buffer, buffer_bytes, "did not end within its time limit");
    else if (end->signal)
        snprintf(buffer, buffer_bytes, "was killed by signal %d (%s)", end->signal, strsignal(end->signal));
    else
        snprintf(buffer, buffer_bytes, "exited with status %d", end->status);
    return buffer;
}
