#!/bin/sh
# Counters of the whole program: the kernel's software events against ops whose events are known, names that nobody knows, and
# sandboxes without perf_event_open. Where this machine itself forbids counting, what can be asked is still asked.
# usage: counters_test.sh BUILD SOURCE COMPILER FORBID
set -u
build=$1 source=$2 compiler=$3 forbid=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# A build of the program without the subject: only the test modules are run.
mkdir -p "$work/build/modules/shared" "$work/build/modules/data"
cp -r "$build/encbench" "$build/encbench-worker" "$build/libencbench_interpose.so" "$build/kernels" "$work/build/"
{
    head -n 1 "$build/modules/panels.csv"
    echo 'counted,core,*,pair,pair,one,two'
    echo 'counted,core,*,counted_twin,twin,one,one'
} >"$work/build/modules/panels.csv"
encbench=$work/build/encbench
export ENCBENCH_ROOT="$source" TMPDIR="$work"
. "${0%/*}/../checks.sh"

# run DIRECTORY [ARGUMENT...]: a tiny run of the test modules, behind $launcher if that is set
launcher=
run() {
    directory=$1
    shift
    # shellcheck disable=SC2086 # the launcher is words
    $launcher "$encbench" run --profile smoke --quiet --out "$directory" "$@" \
        >"$work/out" 2>"$work/err"
}

# A machine busy enough to void every process is no fault of the counters.
ended_well() { [ "$1" -eq 0 ] || { [ "$1" -eq 3 ] && grep -q 'too few blocks kept' "$work/err"; }; }

# left_out CHECKS REASON: what this machine does not allow is said, and not expected
least=30
left_out() {
    least=$((least - $1))
    echo "$2"
}

# rows DIRECTORY CONDITION: how many rows of counters.csv meet it; columns by name, from the header
rows() {
    awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) c[$i] = i; next}
        {variant = $c["variant"]; workload = $c["workload"]; thread = $c["thread"]; event = $c["event"]; unit = $c["unit"]
         operations = $c["operations"]; value = $c["value"]; enabled = $c["enabled_ns"]; running = $c["running_ns"]
         status = $c["status"]; reason = $c["reason"]}
        '"$2"' {n++} END {print n + 0}' "$1/counters.csv"
}

for variant in one two; do
    "$compiler" -O2 -fPIC -ffunction-sections -I "$source/harness" -D_GNU_SOURCE -DCOUNTER_VARIANT="\"$variant\"" \
        -c "$source/tests/count/counter_module.c" -o "$work/build/modules/$variant.o" || exit 1
done

# ---- what is known ----
all=$work/all
run "$all" --workloads pages,threads,sleeps,adds
check "the run ends well" ended_well $?
check "no value without its status" [ "$(rows "$all" '(value != "") != (status == "counted" || status == "multiplexed")')" -eq 0 ]
check "no missing value without its reason" [ "$(rows "$all" '(value == "") != (reason != "") && status != "multiplexed"')" -eq 0 ]
check "every variant, workload, thread and usual event" [ "$(rows "$all" 'event == "perf::PAGE-FAULTS:u"')" -eq 10 ]
check "both threads of the workload that has two" [ "$(rows "$all" 'workload == "threads" && thread == 1')" -ge 16 ]
if [ "$(rows "$all" 'status == "counted" && event == "perf::PAGE-FAULTS:u"')" -gt 0 ]; then
    check "a fault for each fresh page" \
        [ "$(rows "$all" 'event == "perf::PAGE-FAULTS:u" && workload == "pages" && value >= 8 * operations && value < 8.5 * operations')" -eq 2 ]
    check "each thread its own faults" \
        [ "$(rows "$all" 'event == "perf::PAGE-FAULTS:u" && workload == "threads" && value >= 4 * (thread + 1) * operations \
            && value < 4.5 * (thread + 1) * operations')" -eq 4 ]
    check "no fault of what is around the op" \
        [ "$(rows "$all" 'event == "perf::PAGE-FAULTS:u" && workload == "adds" && value < operations / 16')" -eq 2 ]
    check "the task clock runs while the op does, not while it sleeps" \
        [ "$(rows "$all" 'event == "perf::TASK-CLOCK" && unit == "ns" && value > 0')" -eq 10 ]
else
    left_out 4 "no software event can be counted here: $(rows "$all" 'status == "not permitted"') rows are not permitted"
fi
if [ "$(rows "$all" 'status == "counted" && event == "perf::CONTEXT-SWITCHES"')" -gt 0 ]; then
    check "a switch for each sleep" \
        [ "$(rows "$all" 'event == "perf::CONTEXT-SWITCHES" && workload == "sleeps" && value >= operations')" -eq 2 ]
else
    left_out 1 "what the kernel does may not be counted here, and a switch is the kernel's"
fi
check "instructions are those of the op, or have a reason" \
    [ "$(rows "$all" 'event == "perf::INSTRUCTIONS:u" && workload == "adds" &&
        (status == "counted" ? value >= 100 * operations && value < 110 * operations : reason != "")')" -eq 2 ]

# ---- asked for by name ----
named=$work/named
run "$named" --workloads adds --events perf::TASK-CLOCK,perf::MINOR-FAULTS:u
check "the run of two events ends well" ended_well $?
check "only what was asked for" [ "$(rows "$named" '1')" -eq 4 ]
check "the run says what was asked for" grep -qx 'select_events,perf::TASK-CLOCK perf::MINOR-FAULTS:u' "$named/run.csv"
run "$work/none" --workloads adds --events perf::TASK-CLOK
check "an unknown name is bad input" [ $? -eq 2 ]
check "names near it" grep -q 'perf::TASK-CLOK: .*near it: .*perf::TASK-CLOCK' "$work/err"
check "nothing was measured" [ ! -e "$work/none" ]
"$encbench" list --events >"$work/out" 2>"$work/err"
check "the list of names" grep -q ' perf::PAGE-FAULTS' "$work/out"

# ---- sandboxes: no counter, and the run goes on ----
# denied ERRNO|kill STATUS WORDS
denied() {
    launcher="$forbid perf_event_open=$1"
    run "$work/denied-$1" --workloads adds
    code=$?
    launcher=
    if [ $code -eq 77 ]; then
        left_out 3 "no filter can be installed here: $1 is not tried"
        return
    fi
    check "perf_event_open $1: the run ends well" ended_well $code
    check "perf_event_open $1: $2, and why" [ "$(rows "$work/denied-$1" \
        'value == "" && status == "'"$2"'" && index(reason, "'"$3"'") > 0')" -eq "$(rows "$work/denied-$1" 1)" ]
    check "perf_event_open $1: it was timed" [ "$(wc -l <"$work/denied-$1/processes.csv")" -gt 6 ]
}
denied 1 "not permitted" "--cap-add PERFMON"
denied 13 "not permitted" "perf_event_paranoid"
denied 38 "not supported" "seccomp filter hides it"
denied kill "not counted" "killed by signal 31"

finish $least
