/* Counts of instructions against ops of known length, against stepping without shortcuts, and against another stepper.
 */
#include "analyse/analysis.h"
#include "count/instructions.h"
#include "module/open.h"
#include "schema.h"
#include "step/exclusive.h"

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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 8, REPEATS = 1000, SHARED_PER_OP = 6 + 10 + 4 + 10 + 4 + 4 };

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
    if (module_set_load(&fixture->modules, modules, NULL, NULL, fixture->scratch, paths->worker, &error) != 0)
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
                                       enum launch_step how)
{
    struct error error = {0};
    const struct module_info *module = module_set_find(&fixture->modules, variant, false);
    assert_non_null(module);
    if (launch_step(&fixture->launch, module, module_info_workload(module, workload), N, how, 1, &result, &error) != 0)
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
    return per_op(count(fixture, variant, workload, LAUNCH_STEP_TRAP_FLAG));
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

/* Crossing known runs of instructions at full speed gives what stepping through all of them gives, shared objects
 * included. */
static void shortcuts_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof step_workloads / sizeof step_workloads[0]; i++) {
        const struct worker_step fast = *count(&test_modules, "plain", step_workloads[i], LAUNCH_STEP_TRAP_FLAG);
        const struct worker_step *every = count(&test_modules, "plain", step_workloads[i], LAUNCH_STEP_EVERY);
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
        assert_int_equal(per_op(count(&real_modules, module->variant, "get_put", LAUNCH_STEP_EVERY)), fast);
    }
    const struct worker_step fast = *count(&real_modules, "direct", "to_string_1k", LAUNCH_STEP_TRAP_FLAG);
    const struct worker_step *every = count(&real_modules, "direct", "to_string_1k", LAUNCH_STEP_EVERY);
    assert_int_equal(per_op(every), per_op(&fast));
    assert_true(fast.shared_2n > fast.shared_n);
    assert_int_equal(every->shared_2n - every->shared_n, fast.shared_2n - fast.shared_n);
}

static void shared_objects_are_counted_beside(void **state)
{
    (void)state;
    const struct worker_step *step = count(&test_modules, "plain", "shared", LAUNCH_STEP_TRAP_FLAG);
    assert_true(per_op(step) > SHARED_PER_OP);
    assert_int_equal(step->shared_2n - step->shared_n, N * SHARED_PER_OP);
    step = count(&test_modules, "plain", "straight", LAUNCH_STEP_TRAP_FLAG);
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
    const struct worker_step *step = count(&test_modules, "plain", "straight", LAUNCH_STEP_TRAP_FLAG);
    uint64_t executions = 0;
    for (uint32_t i = 0; i < step->instruction_count; i++)
        executions += (uint64_t)step->instructions[i].executions;
    assert_int_equal(executions, N * per_op(step));
    assert_int_equal(step->object_count, 1);
}

/* ---- the other source of traps ---- */

/* The same figures, and the same instructions as often. */
static void expect_ptrace_agrees(const struct fixture *fixture, const char *variant, const char *workload)
{
    const struct worker_step flag = *count(fixture, variant, workload, LAUNCH_STEP_TRAP_FLAG);
    const struct worker_step *traced = count(fixture, variant, workload, LAUNCH_STEP_PTRACE);
    assert_int_equal(per_op(traced), per_op(&flag));
    assert_int_equal(traced->shared_2n - traced->shared_n, flag.shared_2n - flag.shared_n);
    assert_true(traced->traps > flag.traps);
    assert_int_equal(traced->instruction_count, flag.instruction_count);
    for (uint32_t i = 0; i < flag.instruction_count; i++) {
        assert_int_equal(traced->instructions[i].object, flag.instructions[i].object);
        assert_int_equal(traced->instructions[i].offset_bytes, flag.instructions[i].offset_bytes);
        assert_int_equal(traced->instructions[i].executions, flag.instructions[i].executions);
    }
}

static void ptrace_counts_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof step_workloads / sizeof step_workloads[0]; i++)
        expect_ptrace_agrees(&test_modules, "plain", step_workloads[i]);
    static const char *const variants[] = {"null+thread", "removed+thread", "null+none", "removed+frame"};
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        expect_ptrace_agrees(&real_modules, variants[i], "get_put");
}

static void ptrace_counts_the_same_in_a_long_op(void **state)
{
    (void)state;
    expect_ptrace_agrees(&real_modules, "null+thread", "to_string_1k");
}

/* ldaxr w1; cmp w1, w2; b.ne +3; stlxr w3, w4; cbnz w3, -4; and what is none. */
static void exclusive_sequences_are_found(void **state)
{
    (void)state;
    struct step_exclusive sequence;
    uint32_t code[STEP_EXCLUSIVE_INSTRUCTIONS_MAX] = {0x885ffc01, 0x6b02003f, 0x54000061,
                                                      0x8803fc04, 0x35ffff83, 0xd503201f};
    assert_true(step_exclusive_find(code, &sequence));
    assert_int_equal(sequence.count, 4);
    assert_int_equal(sequence.exit_count, 2);
    assert_int_equal(sequence.exits[0].target, 4);
    assert_int_equal(sequence.exits[0].executed, 4);
    assert_int_equal(sequence.exits[1].target, 5);
    assert_int_equal(sequence.exits[1].executed, 3);
    assert_false(step_exclusive_find(code + 1, &sequence)); /* no load */
    code[2] = 0x54000021;                                   /* b.ne +1: leads inside */
    assert_false(step_exclusive_find(code, &sequence));
    code[2] = 0x54ffffc1; /* b.ne -2: back, to before the load is */
    assert_false(step_exclusive_find(code, &sequence));
    code[2] = 0x54ffffa1; /* b.ne -3 */
    assert_true(step_exclusive_find(code, &sequence));
    assert_int_equal(sequence.exits[1].target, -1);
    code[2] = 0x94000010; /* bl */
    assert_false(step_exclusive_find(code, &sequence));
    code[0] = 0x88dffc01; /* ldar: acquires, but not exclusively */
    assert_false(step_exclusive_find(code, &sequence));
    code[0] = 0x885ffc01;
    code[2] = 0x6b02003f;
    code[3] = 0x88a3fc04; /* cas: no end of a sequence; then cbnz back to the load leaves it */
    assert_false(step_exclusive_find(code, &sequence));
}

/* ---- reasons instead of figures ---- */

static void too_long_an_op_has_a_reason(void **state)
{
    (void)state;
    const struct worker_step *step = count(&test_modules, "plain", "endless", LAUNCH_STEP_TRAP_FLAG);
    assert_non_null(strstr(step->unavailable, "more traps than allowed (at most 3000000 traps"));
    assert_int_equal(result.phase, WORKER_DONE);
}

enum { SYSTEM_CALLS_MAX = 4 };

/* For this process and all that it starts; `calls` ends with 0. */
static bool forbid(const long *calls, uint32_t action)
{
    struct sock_filter code[2 * SYSTEM_CALLS_MAX + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    unsigned short length = 1;
    for (; *calls != 0; calls++) {
        code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)*calls, 0, 1);
        code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
    }
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {length, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool says(const struct worker_step *step, const char *reason)
{
    const bool right = reason ? strstr(step->unavailable, reason) != NULL : step->unavailable[0] == '\0';
    if (!right)
        fprintf(stderr, "\"%s\" does not say \"%s\"\n", step->unavailable, reason ? reason : "");
    return right;
}

enum { SKIPPED = 77 };

static void expect_good_end(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
        skip();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define WANTS_SIGALTSTACK true /* AddressSanitizer, before every exec and exit */
#else
#define WANTS_SIGALTSTACK false
#endif

/* reason NULL: there is a figure, the one of the trap flag. */
static void expect_under_filter(const long *calls, uint32_t action, enum launch_step how, const char *reason)
{
    if (WANTS_SIGALTSTACK && calls[0] == SYS_sigaltstack)
        return;
    const uint64_t expected = instructions(&test_modules, "plain", "straight");
    const pid_t pid = fork();
    if (pid == 0) {
        if (!forbid(calls, action))
            _exit(SKIPPED);
        const struct worker_step *step = count(&test_modules, "plain", "straight", how);
        const bool right =
            says(step, reason) && (reason != NULL || (step->instructions_2n - step->instructions_n == N * expected));
        _exit(right ? 0 : 1);
    }
    expect_good_end(pid);
}

static const long no_flag[] = {SYS_sigaltstack, 0}, no_ptrace[] = {SYS_ptrace, 0},
                  neither[] = {SYS_sigaltstack, SYS_ptrace, SYS_perf_event_open, 0};

static void a_sandbox_has_a_reason(void **state)
{
    (void)state;
    const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM, kill_it = SECCOMP_RET_KILL_PROCESS;
    expect_under_filter(no_flag, refuse, LAUNCH_STEP_TRAP_FLAG, "SIGTRAP cannot be caught: Operation not permitted");
    expect_under_filter(no_flag, kill_it, LAUNCH_STEP_TRAP_FLAG, "the worker was killed by signal");
    expect_under_filter(no_ptrace, refuse, LAUNCH_STEP_PTRACE, "PTRACE_TRACEME is refused: Operation not permitted");
    expect_under_filter(no_ptrace, kill_it, LAUNCH_STEP_PTRACE, "the traced process was killed by signal 31");
}

static void one_source_of_traps_is_enough(void **state)
{
    (void)state;
    const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM, kill_it = SECCOMP_RET_KILL_PROCESS;
    expect_under_filter(no_flag, refuse, LAUNCH_STEP_ANY, NULL);
    expect_under_filter(no_flag, kill_it, LAUNCH_STEP_ANY, NULL);
    expect_under_filter(no_ptrace, kill_it, LAUNCH_STEP_ANY, NULL);
    expect_under_filter(neither, refuse, LAUNCH_STEP_ANY,
                        "trap flag: SIGTRAP cannot be caught: Operation not permitted; ptrace: PTRACE_TRACEME is "
                        "refused: Operation not permitted");
}

/* Whoever started us may have left it blocked, and a blocked trap kills. */
static void a_blocked_signal_does_no_harm(void **state)
{
    (void)state;
    sigset_t set, old;
    sigemptyset(&set);
    sigaddset(&set, SIGTRAP);
    assert_int_equal(sigprocmask(SIG_BLOCK, &set, &old), 0);
    const struct worker_step *step = count(&test_modules, "plain", "straight", LAUNCH_STEP_TRAP_FLAG);
    assert_string_equal(step->unavailable, "");
    per_op(count(&test_modules, "plain", "straight", LAUNCH_STEP_PTRACE));
    assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
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
    shell("sed -i 's/^\\(.*,shared,instructions_codec_per_op,,,,,\\)38$/\\1 39/; s/ 39$/39/' %s/instructions-cache.csv",
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

/* ---- by symbol, and what two variants differ in ---- */

static void expect_number(double seen, double expected)
{
    if (seen != expected)
        fail_msg("%.17g where %.17g is expected", seen, expected);
}

static struct csv_data read_table(const struct csv_table *table)
{
    char path[PATH_MAX];
    struct csv_data data = {0};
    struct error error = {0};
    snprintf(path, sizeof path, "%.3900s/%s", test_modules.scratch, table->file);
    if (csv_read(path, table, &data, &error) != 0)
        fail_msg("%s", error.message);
    return data;
}

static double sum_of_symbols(const struct csv_data *symbols, const char *variant, const char *workload,
                             const char *object)
{
    double sum = 0;
    for (size_t row = 0; row < symbols->row_count; row++)
        if (strcmp(csv_text(symbols, row, SCHEMA_symbols_variant), variant) == 0 &&
            strcmp(csv_text(symbols, row, SCHEMA_symbols_workload), workload) == 0 &&
            (object == NULL || strcmp(csv_text(symbols, row, SCHEMA_symbols_object), object) == 0))
            sum += csv_number(symbols, row, SCHEMA_symbols_instructions_per_op);
    return sum;
}

static void symbols_add_up(void **state)
{
    (void)state;
    free(measured(schema_metrics.file));
    struct csv_data symbols = read_table(&schema_symbols), metrics = read_table(&schema_metrics);
    for (size_t row = 0; row < metrics.row_count; row++) {
        const char *metric = csv_text(&metrics, row, SCHEMA_metrics_metric);
        if (strcmp(metric, "instructions_per_op") == 0)
            expect_number(sum_of_symbols(&symbols, csv_text(&metrics, row, SCHEMA_metrics_variant),
                                         csv_text(&metrics, row, SCHEMA_metrics_workload), NULL),
                          csv_number(&metrics, row, SCHEMA_metrics_value));
    }
    /* What they call back, 4 instructions, is the module's. */
    expect_number(sum_of_symbols(&symbols, "plain", "shared", "libstep_shared.so"), SHARED_PER_OP - 4);
    expect_number(sum_of_symbols(&symbols, "plain", "shared", ""), 0);
    csv_free(&symbols);
    csv_free(&metrics);
}

static void write_text(const struct csv_table *table, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.3900s/%s", test_modules.scratch, table->file);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* instructions_delta.csv and symbols_delta.csv of plain against seven, from the tables that were measured last. */
static void compare_variants(void)
{
    struct error error = {0};
    struct analyse_data data = {.directory = test_modules.scratch};
    write_text(&schema_panels, "panel,effort,workloads,contrast,kind,baseline,contender\n"
                               "known,core,*,seven_more,pair,plain,seven\n");
    write_text(&schema_workloads, "workload,name,op,bytes_per_op,iterations,rewarm_iterations\n"
                                  "straight,straight,nops,1,,\nshared,shared,calls,1,,\n");
    data.panels = read_table(&schema_panels);
    data.workloads = read_table(&schema_workloads);
    if (analyse_write_instructions(&data, &error) != 0)
        fail_msg("%s", error.message);
    csv_free(&data.panels);
    csv_free(&data.workloads);
}

static void seven_more_are_listed(void **state)
{
    (void)state;
    free(measured(schema_metrics.file));
    compare_variants();
    struct csv_data delta = read_table(&schema_instructions_delta), symbols = read_table(&schema_symbols_delta);
    assert_int_equal(delta.row_count, 7);
    for (size_t row = 0; row < delta.row_count; row++) {
        assert_string_equal(csv_text(&delta, row, SCHEMA_instructions_delta_workload), "straight");
        assert_string_equal(csv_text(&delta, row, SCHEMA_instructions_delta_side), "contender");
        assert_string_equal(csv_text(&delta, row, SCHEMA_instructions_delta_instruction), "nop");
        expect_number(csv_number(&delta, row, SCHEMA_instructions_delta_executions_per_op), 1);
    }
    assert_int_equal(symbols.row_count, 1);
    assert_string_equal(csv_text(&symbols, 0, SCHEMA_symbols_delta_symbol), "straight");
    assert_string_equal(csv_text(&symbols, 0, SCHEMA_symbols_delta_object), "module");
    expect_number(csv_number(&symbols, 0, SCHEMA_symbols_delta_instructions_delta_per_op), 7);
    csv_free(&delta);
    csv_free(&symbols);
}

/* A function that only one side has counts as 0 on the other. */
static void a_function_of_one_side_is_a_difference(void **state)
{
    (void)state;
    write_text(&schema_symbols, "variant,workload,object,symbol,instructions_per_op\n"
                                "plain,straight,module,straight,20\nplain,straight,module,old,5\n"
                                "seven,straight,module,straight,20\nseven,straight,libc.so.6,new,12\n"
                                "plain,shared,module,shared,9\n");
    compare_variants();
    struct csv_data symbols = read_table(&schema_symbols_delta);
    assert_int_equal(symbols.row_count, 2); /* and nothing of `shared`, which the contender has no count of */
    assert_string_equal(csv_text(&symbols, 0, SCHEMA_symbols_delta_symbol), "old");
    expect_number(csv_number(&symbols, 0, SCHEMA_symbols_delta_instructions_delta_per_op), -5);
    assert_string_equal(csv_text(&symbols, 1, SCHEMA_symbols_delta_symbol), "new");
    expect_number(csv_number(&symbols, 1, SCHEMA_symbols_delta_instructions_delta_per_op), 12);
    csv_free(&symbols);
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
        cmocka_unit_test(ptrace_counts_the_same_in_a_long_op),
        cmocka_unit_test(exclusive_sequences_are_found),
        cmocka_unit_test(too_long_an_op_has_a_reason),
        cmocka_unit_test(a_sandbox_has_a_reason),
        cmocka_unit_test(one_source_of_traps_is_enough),
        cmocka_unit_test(a_blocked_signal_does_no_harm),
        cmocka_unit_test(a_cached_figure_is_the_fresh_one),
        cmocka_unit_test(symbols_add_up),
        cmocka_unit_test(seven_more_are_listed),
        cmocka_unit_test(a_function_of_one_side_is_a_difference),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
