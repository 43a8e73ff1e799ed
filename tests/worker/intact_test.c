/*
 * What an op must leave as it was: each change is made once, in a process of its own, and seen; a healthy one is not.
 */
#include "worker/intact.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void *spin(void *argument)
{
    for (volatile const bool *go_on = argument; *go_on;)
        continue;
    return NULL;
}

static void *sleep_long(void *argument)
{
    (void)argument;
    pause();
    return NULL;
}

static void nothing(void)
{
    free(malloc(100));
}

static void a_thread_that_sleeps(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, sleep_long, NULL);
}

static void a_thread_that_spins(void)
{
    static volatile bool go_on = true;
    pthread_t thread;
    pthread_create(&thread, NULL, spin, (void *)&go_on);
}

static void affinity(void)
{
    cpu_set_t cpus;
    sched_getaffinity(0, sizeof cpus, &cpus);
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
        if (CPU_ISSET(cpu, &cpus)) {
            CPU_CLR(cpu, &cpus);
            break;
        }
    sched_setaffinity(0, sizeof cpus, &cpus);
}

static void priority(void)
{
    setpriority(PRIO_PROCESS, 0, 5);
}

static void ignore(int number)
{
    (void)number;
}

static void handler(void)
{
    signal(SIGUSR2, ignore);
}

static void blocked(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void rounding(void)
{
#ifdef __x86_64__
    unsigned int mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    mxcsr |= 0x8040; /* denormals are zero */
    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
#endif
}

static void child(void)
{
    if (fork() == 0)
        _exit(0);
}

/* Its parent is gone. */
static void orphan(void)
{
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        if (fork() == 0)
            sleep(1);
        _exit(0);
    }
    waitpid(pid, &status, 0);
}

static void two_things(void)
{
    handler();
    blocked();
}

static void see(void (*change)(void), const char *expected)
{
    char *text = mmap(NULL, INTACT_TEXT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    size_t *count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        struct intact before;
        intact_take(&before);
        change();
        *count = intact_changes(&before, text);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_string_equal(text, expected);
    assert_int_equal(*count, expected[0] == '\0' ? 0 : strchr(expected, ';') ? 2 : 1);
    munmap(text, INTACT_TEXT_BYTES);
    munmap(count, sizeof *count);
}

static void a_healthy_op_changes_nothing(void **state)
{
    (void)state;
    see(nothing, "");
    see(a_thread_that_sleeps, "");
}

static void every_change_is_seen(void **state)
{
    cpu_set_t cpus;
    (void)state;
    sched_getaffinity(0, sizeof cpus, &cpus);
    if (CPU_COUNT(&cpus) > 1)
        see(affinity, "another CPU affinity");
    see(priority, "another scheduling policy or priority");
    see(handler, "another handler of a signal");
    see(blocked, "other signals blocked");
#ifdef __x86_64__
    see(rounding, "another rounding or trapping of floating-point numbers");
#endif
    see(child, "a child process");
    see(orphan, "a child process");
    see(a_thread_that_spins, "a thread that runs beside it");
    see(two_things, "another handler of a signal; other signals blocked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_op_changes_nothing),
        cmocka_unit_test(every_change_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
