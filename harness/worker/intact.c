#include "worker/intact.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { SPIN_LOOK_NS = 10000000, SPIN_SHARE_NS = 2000000 };

/* Flags that say what happened are left out. */
static unsigned long float_control(void)
{
    unsigned long control = 0;
#if defined __x86_64__
    unsigned int mxcsr;
    unsigned short x87;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
    control = (mxcsr & ~0x3fUL) | (unsigned long)x87 << 32;
#elif defined __aarch64__
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
#endif
    return control;
}

static size_t thread_count(void)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *task; tasks && (task = readdir(tasks)) != NULL;)
        count += task->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

static void look(struct intact *intact)
{
    *intact = (struct intact){.policy = sched_getscheduler(0), .nice = getpriority(PRIO_PROCESS, 0)};
    sched_getaffinity(0, sizeof intact->cpus, &intact->cpus);
    sigprocmask(SIG_SETMASK, NULL, &intact->blocked);
    for (int number = 1; number < INTACT_SIGNALS; number++)
        sigaction(number, NULL, &intact->actions[number]);
    intact->float_control = float_control();
    intact->threads = thread_count();
}

void intact_take(struct intact *intact)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    look(intact);
}

static bool has_child(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

static int64_t process_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* While this thread sleeps nobody should be busy. */
static bool somebody_spins(void)
{
    const struct timespec pause = {0, SPIN_LOOK_NS};
    const int64_t before = process_ns();
    nanosleep(&pause, NULL);
    return process_ns() - before > SPIN_SHARE_NS;
}

static bool same_actions(const struct intact *a, const struct intact *b)
{
    for (int number = 1; number < INTACT_SIGNALS; number++)
        if (a->actions[number].sa_handler != b->actions[number].sa_handler)
            return false;
    return true;
}

size_t intact_changes(const struct intact *before, char text[static INTACT_TEXT_BYTES])
{
    struct intact now;
    look(&now);
    const bool more_threads = now.threads > before->threads;
    const struct {
        bool changed;
        const char *what;
    } changes[] = {
        {!CPU_EQUAL(&now.cpus, &before->cpus), "another CPU affinity"},
        {now.policy != before->policy || now.nice != before->nice, "another scheduling policy or priority"},
        {!same_actions(&now, before), "another handler of a signal"},
        {memcmp(&now.blocked, &before->blocked, sizeof now.blocked) != 0, "other signals blocked"},
        {now.float_control != before->float_control, "another rounding or trapping of floating-point numbers"},
        {has_child(), "a child process"},
        {more_threads && somebody_spins(), "a thread that runs beside it"},
    };
    size_t count = 0, length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        if (changes[i].changed && length < INTACT_TEXT_BYTES) {
            length += (size_t)snprintf(text + length, INTACT_TEXT_BYTES - length, "%s%s", count > 0 ? "; " : "",
                                       changes[i].what);
            count++;
        }
    return count;
}
