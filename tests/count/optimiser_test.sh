#!/bin/sh
# Through the whole program: ops that the compiler removed, folded or hoisted are refused by name, honest ones are measured, and what could
# not be looked at is said. Digests that the harness makes. Modules of version 1, and of a later header.
# usage: optimiser_test.sh BUILD SOURCE COMPILER FORBID
set -u
build=$1 source=$2 compiler=$3 forbid=$4
encbench=$build/encbench
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
. "${0%/*}/../checks.sh"
cd "$work" || exit 1

module() { # module OBJECT SOURCE FLAG...
    object=$1 file=$2
    shift 2
    "$compiler" -O2 -ftree-vectorize -fPIC -ffunction-sections -fvisibility=hidden -I"$source/harness" "$@" -c "$file" -o "$object" || fail "cannot compile $object"
}
measure() { # measure OUT WORKLOAD MODULE MODULE
    "$encbench" run --profile smoke --seed 3 --out "$1" --workloads "$2" --module "$3" --module "$4" >out 2>err
}
refused() { # refused WORKLOAD WORDS MODULE MODULE: exit 2, one message, and nothing is left
    checks=$((checks + 1))
    $launcher "$encbench" "${verb:-run}" --quiet --profile smoke --seed 3 --out refused --workloads "$1" --module "$3" --module "$4" >out 2>err
    code=$?
    [ "$code" -eq 2 ] || fail "$1: exit $code instead of 2"
    grep -qF -- "$2" err || fail "$1: does not say \"$2\" but $(cat err)"
    [ "$(wc -l <err)" -eq 1 ] || fail "$1: not one line"
    [ ! -e refused ] || fail "$1: leaves a run directory"
}
launcher=
row() { grep -q "^$2,no,$3,$4,$5" "$1/optimiser.csv"; } # row RUN VARIANT WORKLOAD EVIDENCE STATUS...

module a.o "$source/tests/count/optimiser_module.c" '-DOPTIMISER_VARIANT="a"'
module b.o "$source/tests/count/optimiser_module.c" '-DOPTIMISER_VARIANT="b"'

# ---- refused ----
refused unused "a.o: variant a, workload unused: the compiler removed the op: run executes" a.o b.o
refused unused_in_loop "a.o: variant a, workload unused_in_loop: the compiler removed the op: the" a.o b.o
refused constant "a.o: variant a, workload constant: the op does not depend on its input" a.o b.o
refused hoisted "a.o: variant a, workload hoisted: the op was hoisted out of the loop: the first of a run executes" a.o b.o
refused once "a.o: variant a, workload once: the op is done once a run" a.o b.o
verb=report refused unused "; use the result: store it where" a.o b.o

# ---- measured ----
measure honest honest a.o b.o || fail "an honest op: $(cat err)"
check "its output is looked at" row honest b honest output ok,,,
check "and its instructions" row honest b honest instructions ok
check "tiny ops are measured" measure tiny one_add_down a.o b.o
check "and found to be there" row tiny a one_add_down instructions ok,3,
measure inside set_up_inside a.o b.o || fail "a set-up inside of run: $(cat err)"
check "which is not the op" row inside a set_up_inside instructions ok
"$encbench" run --profile smoke --seed 3 --out silent --workloads never_none --module a.o --module b.o >out 2>err || fail "what cannot be told: $(cat err)"
check "is said" grep -q 'a.o: workload never_none: whether the compiler left the op in its loop is not checked: the first op of a run executes many more instructions than' err
check "with both reasons" grep -q 'does not come back; the workload has no `output`$' err
check "and recorded" row silent a never_none instructions 'not checked,'

# ---- without stepping ----
"$forbid" sigaltstack,ptrace true
if [ $? -eq 77 ]; then
    echo "SKIP: no sandboxes here: runs without stepping were not tried"
    skipped=7
else
    skipped=0
    "$forbid" sigaltstack,ptrace "$encbench" run --profile smoke --seed 3 --out blind --workloads parity --module a.o --module b.o >out 2>err || fail "without stepping: $(cat err)"
    check "instructions are not checked" row blind a parity instructions 'not checked,,,not stepped: trap flag: .*not permitted; ptrace: '
    check "but the output is" row blind a parity output ok,,,
    check "and nothing more is said" [ "$(grep -c 'not checked' err)" -eq 0 ]
    launcher="$forbid sigaltstack,ptrace"
    refused once "variant a, workload once: the op is done once a run" a.o b.o
    refused constant "variant a, workload constant: the op does not depend on its input" a.o b.o
    launcher=
    "$forbid" sigaltstack,ptrace "$encbench" run --profile smoke --seed 3 --out neither --workloads hoisted --module a.o --module b.o >out 2>err || fail "with neither: $(cat err)"
    check "with neither that is said" grep -q 'a.o: workload hoisted: .* is not checked: not stepped: .*; the workload has no `output`$' err
    module free.o "$source/tests/module/strange_module.c" -DSTRANGE_ABI=0 '-DSTRANGE_NAME="free"' -DSTRANGE_DIGEST=0 -DSTRANGE_BYTES=0 -DSTRANGE_SETUP=0 -DSTRANGE_CRASH=0 -DSTRANGE_FREE
    module good.o "$source/tests/module/strange_module.c" -DSTRANGE_ABI=0 '-DSTRANGE_NAME="good"' -DSTRANGE_DIGEST=0 -DSTRANGE_BYTES=0 -DSTRANGE_SETUP=0 -DSTRANGE_CRASH=0
    "$forbid" sigaltstack,ptrace "$encbench" run --quiet --profile smoke --seed 3 --out refused --workloads adds --module good.o --module free.o >out 2>err
    check "what takes no time is refused all the same" grep -q 'takes no measurable time' err
fi

# ---- tables of other versions ----
cat >tables.c <<'END'
#include "module.h"
#ifndef ABI
#define ABI 2
#endif
#ifndef ROW
#define ROW sizeof(struct row)
#endif
#ifndef DIGEST
#define DIGEST 0
#endif
#ifndef OUTPUT
#define OUTPUT 0
#endif
#ifndef ANSWER
#define ANSWER 0
#endif
#ifndef LATER
#define LATER 0
#endif
#ifndef OP
#define OP ENCBENCH_DEPENDENT_ADDS(value, 40)
#endif
struct row {
    struct encbench_workload workload;
    uint64_t later;
};
static uint64_t digest(struct encbench_host *host, uint64_t seed)
{
    return host->input_bytes + seed;
}
static int setup(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    (void)host, (void)seed, (void)state, (void)message, (void)message_bytes;
    return 0;
}
static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    uint64_t value = thread;
    (void)state;
    for (uint64_t i = 0; i < n; i++)
        OP;
    return n * 8;
}
static void teardown(void *state)
{
    (void)state;
}
static size_t output(void *state, unsigned thread, const void **bytes)
{
    static const uint64_t answer = ANSWER;
    (void)state, (void)thread;
    *bytes = &answer;
    return sizeof answer;
}
static const struct row rows[] = {{{.name = "op", .short_name = "op", .op = "op", .bytes_per_op = 8, .batch_multiple_ops = 1, .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT, .digest = DIGEST, .setup = setup, .run = run, .teardown = teardown, .output = OUTPUT}, LATER}};
ENCBENCH_EXPORT extern const struct encbench_module encbench_module;
const struct encbench_module encbench_module = {.abi_version = ABI, .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = ROW, .variant = NAME, .workload_count = 1, .workloads = &rows[0].workload};
END
table() { # table NAME FLAG...: two variants, NAME-1.o and NAME-2.o; with these flags
    table=$1
    shift
    for number in 1 2; do
        module "$table-$number.o" tables.c "-DNAME=\"$table-$number\"" "$@"
    done
}
table first -DABI=1 '-DROW=offsetof(struct encbench_workload,output)' -DDIGEST=digest
measure first op first-1.o first-2.o || fail "modules of version 1: $(cat err)"
check "are checked by instructions" row first first-2 op instructions 'ok,43,'
check "and by nothing else" row first first-2 op output 'not checked,,,the workload has no `output`'
table first-unused '-DOP=(void)(value*7)' -DABI=1 '-DROW=offsetof(struct encbench_workload,output)' -DDIGEST=digest
refused op "first-unused-1.o: variant first-unused-1, workload op: the compiler removed the op" first-unused-1.o first-unused-2.o
table first-torn -DABI=1 '-DROW=offsetof(struct encbench_workload,run)' -DDIGEST=digest
refused op "first-torn-1.o: module tables of" first-torn-1.o first-torn-2.o
table later -DDIGEST=digest
measure later op later-1.o later-2.o || fail "modules of a later header: $(cat err)"
check "are checked, too" row later later-2 op instructions 'ok,43,'
table unknown -DDIGEST=digest -DLATER=1
refused op "unknown-1.o: workload 0 uses what this encbench does not know yet" unknown-1.o unknown-2.o
refused op "unknown-1.o: workload 0 uses what this encbench does not know yet" later-1.o unknown-1.o

# ---- digests of outputs ----
table same -DOUTPUT=output -DANSWER=42
table other -DOUTPUT=output -DANSWER=43
table own -DDIGEST=digest
table both -DDIGEST=digest -DOUTPUT=output -DANSWER=42
measure same op same-1.o same-2.o || fail "equal outputs: $(cat err)"
refused op "workload op: variants same-1 and other-1 produce different output (digests " same-1.o other-1.o
refused op "variant own-1 has \`digest\` and no \`output\`, variant same-1 the other way round" same-1.o own-1.o
check "one with both stands beside either" measure both op same-1.o both-1.o

finish $((31 - skipped))
