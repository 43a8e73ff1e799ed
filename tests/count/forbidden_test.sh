#!/bin/sh
# A whole run in a sandbox: what cannot be counted is a row with the reason, never 0 and never a crash; what the modules share is
# recognised all the same. Arguments: directory of the program, directory of the launcher and the test modules.
set -u
build=$1
tests=$2
directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT

fail() {
    echo "forbidden_test: $1" >&2
    exit 1
}

# run NAME CALLS: the two test modules at smoke, with these system calls forbidden; none for "-". No figure comes from the cache.
run() {
    rm -f "$build"/*-cache.csv
    launcher=
    [ "$2" = - ] || launcher="$tests/forbid $2"
    $launcher "$build/encbench" run --quiet --profile smoke --module "$tests/identical_modules/base.o" \
        --module "$tests/identical_modules/same.o" --variants "identical_test_base,identical_test_same_with_a_longer_name" \
        --workloads op --out "$directory/$1" >"$directory/output" 2>&1
    status=$?
    [ $status = 77 ] && { cat "$directory/output"; exit 77; }
    [ $status = 0 ] || { cat "$directory/output" >&2; fail "$1: the run ended with status $status"; }
}

metric() {
    grep "^identical_test_base,op,instructions_per_op," "$directory/$1/metrics.csv" || fail "$1: no row of instructions_per_op"
}

run free -
case $(metric free) in
*,[1-9]*,exact,) ;;
*) fail "no figure where nothing is forbidden: $(metric free)" ;;
esac

# A container that keeps addresses random has the same figure all the same.
run random personality
[ "$(metric random)" = "$(metric free)" ] || fail "at random addresses: $(metric random), else $(metric free)"

run both sigaltstack,ptrace,perf_event_open
case $(metric both) in
*"op,instructions_per_op,,not available,trap flag: "*"not permitted; ptrace: "*"not permitted"*) ;;
*) fail "both forbidden: $(metric both)" ;;
esac

# Equal by construction, in words and as a control that is judged as twins are.
pair=identical_test_base,identical_test_same_with_a_longer_name,op
grep -q "^$pair,yes,$" "$directory/free/identical_code.csv" || fail "not identical: $(cat "$directory/free/identical_code.csv")"
"$build/encbench" analyse "$directory/free" >"$directory/output" 2>&1
grep -q "$pair,time,ns,.*,equal by construction,$" "$directory/free/effects.csv" || fail "no words: $(cat "$directory/free/effects.csv")"
grep -q "^identical," "$directory/free/controls.csv" || fail "no control: $(cat "$directory/free/controls.csv")"
