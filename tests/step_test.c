/* Counts of instructions against ops of known length, against stepping without shortcuts, and against another stepper. */
#include "instructions.h"
#include "module_load.h"
#include "schema.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 8, REPEATS = 200, SHARED_PER_OP = 6 + 10 + 4 + 10 + 4 + 4 };

/* Test modules, and the real ones beside. */
struct fixture {
    struct paths paths;
    struct module_set modules;
    struct launch launch;
    char scratch[PATH_MAX];
};

static struct fixture test_modules, real_modules;
static struct worker_result result;
static const char *const step_workloads[] = {"straight",    "branches",    "repeat_64",
                                             "repeat_4096", "system_call", "shared"};

static void open_fixture(struct fixture *fixture, const char *modules)
{
    struct error error = {0};
    struct paths *paths = &fixture->paths;
    snprintf(fixture->scratch, sizeof fixture->scratch, "%s/step-XXXXXX", TEST_BINARY_DIR);
    assert_non_null(mkdtemp(fixture->scratch));
    snprintf(paths->build, PATH_MAX, "%.4000s", fixture->scratch);
    snprintf(paths->worker, PATH_MAX, "%s", STEP_WORKER);
    snprintf(paths->modules, PATH_MAX, "%s", modules);
    snprintf(paths->data, PATH_MAX, "%s/data", modules);
    if (module_set_load(&fixture->modules, modules, NULL, fixture->scratch, paths->worker, &error) != 0)
        fail_msg("%s", error.message);
    launch_init(&fixture->launch, paths, fixture->scratch, &fixture->modules);
}

static void close_fixture(struct fixture *fixture)
{
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->scratch);
    assert_int_equal(system(command), 0);
    module_set_free(&fixture->modules);
}

static int set_up(void **state)
{
    (void)state;
    open_fixture(&test_modules, STEP_MODULES);
    open_fixture(&real_modules, STEP_REAL_MODULES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_fixture(&test_modules);
    close_fixture(&real_modules);
    return 0;
}

static const struct worker_step *count(const struct fixture *fixture, const char *variant, const char *workload,
                                       bool every)
{
    struct error error = {0};
    const struct module_info *module = module_set_find(&fixture->modules, variant, false);
    assert_non_null(module);
    if (launch_step(&fixture->launch, module, module_info_workload(module, workload), N, every, 1, &result, &error) !=
        0)
        fail_msg("%s", error.message);
    return &result.step;
}

static uint64_t per_op(const struct worker_step *step)
{
    if (step->unavailable[0])
        fail_msg("not available: %s", step->unavailable);
    const uint64_t instructions = step->instructions_2n - step->instructions_n;
    assert_int_equal(step->operations, N);
    assert_int_equal(instructions % N, 0);
    return instructions / N;
}

static uint64_t instructions(const struct fixture *fixture, const char *variant, const char *workload)
{
    return per_op(count(fixture, variant, workload, false));
}

static void seven_more_are_seven_more(void **state)
{
    (void)state;
    const uint64_t plain = instructions(&test_modules, "plain", "straight");
    assert_true(plain >= 20 && plain < 30);
    assert_int_equal(instructions(&test_modules, "seven", "straight"), plain + 7);
    assert_int_equal(instructions(&test_modules, "seven", "branches"),
                     instructions(&test_modules, "plain", "branches"));
}

static void a_repeated_string_instruction_is_one(void **state)
{
    (void)state;
    const uint64_t few = instructions(&test_modules, "plain", "repeat_64");
    assert_true(few < 12);
    assert_int_equal(instructions(&test_modules, "plain", "repeat_4096"), few);
}

/* Crossing known runs of instructions at full speed gives what stepping through all of them gives, shared objects included. */
static void shortcuts_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof step_workloads / sizeof step_workloads[0]; i++) {
        const struct worker_step fast = *count(&test_modules, "plain", step_workloads[i], false);
        const struct worker_step *every = count(&test_modules, "plain", step_workloads[i], true);
        assert_int_equal(per_op(every), per_op(&fast));
        assert_int_equal(every->shared_2n - every->shared_n, fast.shared_2n - fast.shared_n);
        assert_true(every->traps > fast.traps);
    }
}

static void shortcuts_change_nothing_in_a_real_op(void **state)
{
    (void)state;
    for (size_t m = 0; m < real_modules.modules.count; m++) {
        const struct module_info *module = &real_modules.modules.modules[m];
        if (module->planted || module_info_workload(module, "get_put") == NULL)
            continue;
        const uint64_t fast = instructions(&real_modules, module->variant, "get_put");
        assert_int_equal(per_op(count(&real_modules, module->variant, "get_put", true)), fast);
    }
    const struct worker_step fast = *count(&real_modules, "direct", "to_string_1k", false);
    const struct worker_step *every = count(&real_modules, "direct", "to_string_1k", true);
    assert_int_equal(per_op(every), per_op(&fast));
    assert_true(fast.shared_2n > fast.shared_n);
    assert_int_equal(every->shared_2n - every->shared_n, fast.shared_2n - fast.shared_n);
}

static void shared_objects_are_counted_beside(void **state)
{
    (void)state;
    const struct worker_step *step = count(&test_modules, "plain", "shared", false);
    assert_true(per_op(step) > SHARED_PER_OP);
    assert_int_equal(step->shared_2n - step->shared_n, N * SHARED_PER_OP);
    step = count(&test_modules, "plain", "straight", false);
    assert_int_equal(step->shared_n + step->shared_2n, 0);
}

static void every_repeat_is_identical(void **state)
{
    (void)state;
    const uint64_t first = instructions(&real_modules, "null+thread", "get_put");
    for (int i = 0; i < REPEATS; i++)
        assert_int_equal(instructions(&real_modules, "null+thread", "get_put"), first);
}

static void the_instructions_of_a_short_op_are_recorded(void **state)
{
    (void)state;
    const struct worker_step *step = count(&test_modules, "plain", "straight", false);
    uint64_t executions = 0;
    for (uint32_t i = 0; i < step->instruction_count; i++)
        executions += (uint64_t)step->instructions[i].executions;
    assert_int_equal(executions, N * per_op(step));
    assert_int_equal(step->object_count, 1);
}

/* ---- another stepper: ptrace from outside ---- */

static void traced(const struct module_info *module, const char *name)
{
    struct error error = {0};
    const struct encbench_module *loaded;
    char message[256];
    struct encbench_host host = {.abi_version = ENCBENCH_ABI_VERSION, .host_bytes = sizeof host, .data_directory = ""};
    void *own = NULL;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || module_open(module->described_file, &loaded, &error) != 0)
        _exit(1);
    const struct encbench_workload *workload = module_workload(loaded, name);
    if (workload->setup(&host, 1, &own, message, sizeof message) != 0)
        _exit(1);
    workload->run(own, 0, 4 * N);
    for (uint64_t n = N; n <= 2 * N; n += N) {
        raise(SIGUSR1);
        workload->run(own, 0, n);
        raise(SIGUSR2);
    }
    _exit(0);
}

/* Steps from a SIGUSR1 to the SIGUSR2 after it; what is around the op is the same both times. */
static uint64_t step_to_signal(pid_t pid)
{
    uint64_t steps = 0;
    unsigned long long last = 0;
    int status;
    while (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        struct user_regs_struct registers;
        if (WSTOPSIG(status) == SIGUSR2)
            return steps;
        if (WSTOPSIG(status) != SIGTRAP || ptrace(PTRACE_GETREGS, pid, NULL, &registers) != 0)
            break;
        /* `loop` may stay where it is as well: only a repeated instruction is one whatever it does. */
        const unsigned byte = ptrace(PTRACE_PEEKTEXT, pid, registers.rip, NULL) & 0xff;
        steps += registers.rip != last || (byte != 0xf2 && byte != 0xf3);
        last = registers.rip;
    }
    fail_msg("the traced process ended early");
    return 0;
}

static uint64_t count_by_ptrace(const struct fixture *fixture, const char *variant, const char *workload)
{
    uint64_t steps[2];
    int status;
    const pid_t pid = fork();
    if (pid == 0)
        traced(module_set_find(&fixture->modules, variant, false), workload);
    for (int i = 0; i < 2; i++) {
        if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGUSR1)
            fail_msg("the traced process did not get ready (status %#x)", (unsigned)status);
        steps[i] = step_to_signal(pid);
        ptrace(PTRACE_CONT, pid, NULL, NULL);
    }
    waitpid(pid, &status, 0);
    assert_int_equal((steps[1] - steps[0]) % N, 0);
    return (steps[1] - steps[0]) / N;
}

static void ptrace_counts_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof step_workloads / sizeof step_workloads[0]; i++)
        assert_int_equal(count_by_ptrace(&test_modules, "plain", step_workloads[i]),
                         instructions(&test_modules, "plain", step_workloads[i]));
    static const char *const variants[] = {"null+thread", "removed+thread"};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(count_by_ptrace(&real_modules, variants[i], "get_put"),
                         instructions(&real_modules, variants[i], "get_put"));
}

/* ---- reasons instead of figures ---- */

static void too_long_an_op_has_a_reason(void **state)
{
    (void)state;
    const struct worker_step *step = count(&test_modules, "plain", "endless", false);
    assert_non_null(strstr(step->unavailable, "more traps than allowed (at most 3000000 traps"));
    assert_int_equal(result.phase, WORKER_DONE);
}

/* In a sandbox without sigaltstack, and in one that kills for it. */
static void expect_reason_under_filter(uint32_t action, const char *reason)
{
    struct sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                                 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sigaltstack, 0, 1),
                                 BPF_STMT(BPF_RET | BPF_K, action), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    const struct sock_fprog program = {sizeof code / sizeof code[0], code};
    int status;
    const pid_t pid = fork();
    if (pid == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
            _exit(77);
        const struct worker_step *step = count(&test_modules, "plain", "straight", false);
        if (strstr(step->unavailable, reason) == NULL)
            fprintf(stderr, "\"%s\" does not say \"%s\"\n", step->unavailable, reason);
        _exit(strstr(step->unavailable, reason) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_sandbox_has_a_reason(void **state)
{
    (void)state;
    expect_reason_under_filter(SECCOMP_RET_ERRNO | EPERM, "stepping cannot be set up: Operation not permitted");
    expect_reason_under_filter(SECCOMP_RET_KILL_PROCESS, "the worker was killed by signal");
}

/* ---- the cache ---- */

static char *measured(const char *table)
{
    static const char *const workloads[] = {"straight", "shared", NULL};
    char path[PATH_MAX];
    struct csv_writer *metrics;
    struct error error = {0};
    snprintf(path, sizeof path, "%.3900s/%s", test_modules.scratch, schema_metrics.file);
    assert_int_equal(csv_writer_open(&metrics, path, &schema_metrics, CSV_REPLACE, &error), 0);
    if (instructions_measure(test_modules.scratch, &test_modules.launch, &test_modules.modules, workloads, true,
                             metrics, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(csv_writer_close(metrics, &error), 0);
    snprintf(path, sizeof path, "%.3900s/%s", test_modules.scratch, table);
    char *text = calloc(1, 1 << 20);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static void expect_measured(const char *table, const char *expected)
{
    char *text = measured(table);
    assert_string_equal(text, expected);
    free(text);
}

static void shell(const char *format, const char *argument)
{
    char command[2 * PATH_MAX];
    snprintf(command, sizeof command, format, argument);
    assert_int_equal(system(command), 0);
}

static void a_cached_figure_is_the_fresh_one(void **state)
{
    (void)state;
    char *metrics = measured(schema_metrics.file);
    assert_non_null(strstr(metrics, "plain,shared,instructions_codec_per_op,38,exact,\n"));
    expect_measured(schema_metrics.file, metrics);
    char *lines = measured(schema_instructions.file);
    shell("rm %s/instructions-cache.csv", test_modules.scratch);
    expect_measured(schema_instructions.file, lines);

    /* That it was read at all; and not for another environment; and that a damaged one does no harm. */
    shell("sed -i 's/^\\(.*,shared,instructions_codec_per_op,,,,\\)38$/\\1 39/; s/ 39$/39/' %s/instructions-cache.csv",
          test_modules.scratch);
    char *other = measured(schema_metrics.file);
    assert_non_null(strstr(other, "plain,shared,instructions_codec_per_op,39,exact,\n"));
    shell("sed -i 's/^\\([0-9a-f]*\\),[0-9a-f]*,/\\1,0000000000000000,/' %s/instructions-cache.csv",
          test_modules.scratch);
    expect_measured(schema_metrics.file, metrics);
    shell("echo damaged >%s/instructions-cache.csv", test_modules.scratch);
    expect_measured(schema_metrics.file, metrics);
    free(other);
    free(lines);
    free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seven_more_are_seven_more),
        cmocka_unit_test(a_repeated_string_instruction_is_one),
        cmocka_unit_test(shortcuts_change_nothing),
        cmocka_unit_test(shortcuts_change_nothing_in_a_real_op),
        cmocka_unit_test(shared_objects_are_counted_beside),
        cmocka_unit_test(every_repeat_is_identical),
        cmocka_unit_test(the_instructions_of_a_short_op_are_recorded),
        cmocka_unit_test(ptrace_counts_the_same),
        cmocka_unit_test(too_long_an_op_has_a_reason),
        cmocka_unit_test(a_sandbox_has_a_reason),
        cmocka_unit_test(a_cached_figure_is_the_fresh_one),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
