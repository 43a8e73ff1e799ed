/*
 * Children: how they end, what they hand back, and that none is left.
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* A zombie that nobody has reaped yet does nothing any more. */
static bool is_running(long pid)
{
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state != 'Z';
}

static bool ends_soon(long pid)
{
    for (int tries = 0; tries < 100 && is_running(pid); tries++)
        usleep(50000);
    return !is_running(pid);
}

static void a_command_that_is_missing_is_an_error(void **state)
{
    (void)state;
    const char *const missing[] = {"/no/such/program", NULL}, *const shell[] = {"sh", "-c", "exit 127", NULL};
    const struct process_options options = {.pass_fd = -1, .own_group = true};
    struct process_end end;
    struct error error = {0};
    assert_int_equal(process_run(missing, &options, &end, &error), EXIT_USAGE);
    assert_string_equal(error.message, "/no/such/program: cannot be run: No such file or directory; is it installed?");
    assert_null(process_output(missing));
    error = (struct error){0};
    assert_int_equal(process_run(shell, &options, &end, &error), 0);
    assert_int_equal(end.status, 127);
}

static void output_and_report_are_kept_apart(void **state)
{
    (void)state;
    const char *const both[] = {"sh", "-c", "echo printed; echo reported >&3; echo wrong >&2", NULL};
    const struct process_options options = {.quiet = true, .own_group = true, .time_limit_s = 30};
    struct process_end end;
    struct error error = {0};
    char *text;
    assert_int_equal(process_report(both, &options, &text, &end, &error), 0);
    assert_string_equal(text, "reported\n");
    free(text);
    const char *const printed[] = {"sh", "-c", "echo printed; echo wrong >&2", NULL};
    text = process_output(printed);
    assert_string_equal(text, "printed");
    free(text);
}

static void a_time_limit_ends_all_that_was_forked(void **state)
{
    (void)state;
    const char *const waits[] = {"sh", "-c", "sleep 86398 & echo $! >&3; wait", NULL};
    const char *const leaves[] = {"sh", "-c", "sleep 86398 & echo $! >&3", NULL};
    const struct process_options options = {.quiet = true, .own_group = true, .time_limit_s = 2};
    struct process_end end;
    struct error error = {0};
    char *text;
    assert_int_equal(process_report(waits, &options, &text, &end, &error), 0);
    assert_true(end.timed_out);
    assert_true(ends_soon(atol(text)));
    free(text);
    assert_int_equal(process_report(leaves, &options, &text, &end, &error), 0);
    assert_false(end.timed_out);
    assert_true(ends_soon(atol(text)));
    free(text);
}

static void children_do_not_outlive_us(void **state)
{
    (void)state;
    int ends[2];
    char text[32] = "";
    const char *const sleeper[] = {"sh", "-c", "echo $$ >&3; exec sleep 86398", NULL};
    assert_int_equal(pipe(ends), 0);
    const struct process_options options = {.pass_fd = ends[1], .own_group = true};
    const pid_t parent = fork();
    if (parent == 0) {
        struct process_end end;
        struct error error = {0};
        _exit(process_run(sleeper, &options, &end, &error));
    }
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    assert_true(is_running(atol(text)));
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_true(ends_soon(atol(text)));
    close(ends[0]);
    close(ends[1]);
}

static void closed_descriptors_are_opened(void **state)
{
    (void)state;
    const int kept = dup(0);
    close(0);
    process_begin();
    assert_true(fcntl(0, F_GETFD) >= 0);
    dup2(kept, 0);
    close(kept);
}

static uint64_t seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

static void assert_of_many(const char *script, const char *expected)
{
    const char *const good[] = {"true", NULL}, *const bad[] = {"sh", "-c", script, NULL},
                      *const *const all[] = {good, bad, good};
    struct error error = {0};
    size_t failed;
    process_run_all(all, 3, 2, "/dev/null", 1, &failed, &error);
    assert_string_equal(error.message, expected);
    assert_int_equal(failed, 1);
}

/* One that is stopped by somebody never ends by itself. */
static void of_many_the_one_that_fails_is_named(void **state)
{
    (void)state;
    const char *const good[] = {"true", NULL}, *const *const all[] = {good, good, good};
    struct error error = {0};
    size_t failed;
    assert_int_equal(process_run_all(all, 3, 2, "/dev/null", 60, &failed, &error), 0);
    assert_of_many("exit 3", "sh exited with status 3");
    assert_of_many("kill -KILL $$", "sh was killed by signal 9 (Killed)");
    const uint64_t start_s = seconds();
    assert_of_many("kill -STOP $$", "sh did not end within 1 s");
    assert_true(seconds() - start_s <= 4);
}

static void a_child_has_no_signal_blocked(void **state)
{
    (void)state;
    const char *const blocked[] = {"sed", "-n", "s/^SigBlk:.//p", "/proc/self/status", NULL};
    sigset_t all, old;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    char *text = process_output(blocked);
    sigprocmask(SIG_SETMASK, &old, NULL);
    assert_string_equal(text, "0000000000000000");
    free(text);
}

static void note_seconds(void *context, uint64_t spent_s)
{
    uint64_t *noted = context;
    noted[0]++;
    noted[1] = spent_s;
}

static void of_one_that_takes_long_is_heard(void **state)
{
    (void)state;
    const char *const sleeper[] = {"sleep", "86396", NULL};
    uint64_t noted[2] = {0};
    const struct process_options options = {
        .pass_fd = -1, .time_limit_s = 3, .own_group = true, .slow = note_seconds, .slow_context = noted, .slow_s = 1};
    struct process_end end;
    struct error error = {0};
    char words[64];
    assert_int_equal(process_run(sleeper, &options, &end, &error), 0);
    assert_true(noted[0] == 2 && noted[1] == 2);
    assert_string_equal(process_end_words(&end, words, sizeof words), "did not end within 3 s");
}

static int write_beyond_the_limit(void)
{
    const struct rlimit limit = {4, 4};
    char file[] = "/tmp/process-test-XXXXXX";
    const int fd = mkstemp(file);
    unlink(file);
    return fd >= 0 && setrlimit(RLIMIT_FSIZE, &limit) == 0 && write(fd, "1234", 4) == 4 && write(fd, "5", 1) < 0 ? errno
                                                                                                                 : 0;
}

static void a_file_that_may_not_grow_is_an_error(void **state)
{
    (void)state;
    struct process_end end;
    struct error error = {0};
    process_begin();
    assert_int_equal(process_try(write_beyond_the_limit, &end, &error), 0);
    assert_int_equal(end.signal, 0);
    assert_int_equal(end.status, EFBIG);
}

/* Last: the stop stays. */
static void a_stop_that_is_pending_ends_everything(void **state)
{
    (void)state;
    const char *const sleeper[] = {"sleep", "86398", NULL}, *const *const all[] = {sleeper, sleeper};
    const struct process_options options = {.quiet = true, .own_group = true};
    struct process_end end;
    struct error error = {0};
    size_t failed;
    char *text;
    process_catch_signals();
    raise(SIGHUP);
    raise(SIGPIPE);
    alarm(20); /* it would wait for ever */
    assert_int_equal(process_run_all(all, 2, 2, "/dev/null", 0, &failed, &error), EXIT_UNFIT);
    assert_string_equal(error.message, "stopped");
    assert_int_equal(failed, 2);
    error = (struct error){0};
    assert_int_equal(process_report(sleeper, &options, &text, &end, &error), 0);
    assert_true(end.stopped);
    free(text);
    const char *const echo[] = {"echo", "still", NULL};
    text = process_output(echo);
    assert_string_equal(text, "still");
    free(text);
    const uint64_t start_s = seconds();
    text = process_output(sleeper);
    assert_string_equal(text ? text : "", "");
    free(text);
    assert_true(seconds() - start_s <= 4);
    alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_that_is_missing_is_an_error),
        cmocka_unit_test(output_and_report_are_kept_apart),
        cmocka_unit_test(a_time_limit_ends_all_that_was_forked),
        cmocka_unit_test(children_do_not_outlive_us),
        cmocka_unit_test(closed_descriptors_are_opened),
        cmocka_unit_test(of_many_the_one_that_fails_is_named),
        cmocka_unit_test(a_child_has_no_signal_blocked),
        cmocka_unit_test(of_one_that_takes_long_is_heard),
        cmocka_unit_test(a_file_that_may_not_grow_is_an_error),
        cmocka_unit_test(a_stop_that_is_pending_ends_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
