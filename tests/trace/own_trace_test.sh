#!/bin/sh
# One's own sizes (--trace): a workload of all variants and of a stranger's modules, in the run directory without a path, taken up again
# without the file. No time is asserted.
# usage: own_trace_test.sh BUILD SOURCE COMPILER
set -u
build=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
encbench=$build/encbench
export ENCBENCH_ROOT="$source" TMPDIR="$work"
unset NO_COLOR
. "${0%/*}/../checks.sh"
cd "$work" || exit 1

refused() { # refused DESCRIPTION WORDS ARGUMENT...
    checks=$((checks + 1))
    description=$1 words=$2
    shift 2
    "$encbench" run --out refused "$@" >out 2>err
    code=$?
    [ "$code" -eq 2 ] || fail "$description: exit $code instead of 2"
    tr -s '\n ' '  ' <err | grep -qF -- "$words" || fail "$description: does not say \"$words\": $(cat err)"
    [ ! -e refused ] || fail "$description: leaves a run directory"
}
plan() { "$encbench" run --dry-run "$@" >out 2>err; }
said() { tr -s '\n ' '  ' <err | grep -qF -- "$1"; }
some="--workloads trace:own --variants null+thread,direct"

printf 'who,size\r\na,10\r\n"b",200\r\na,10\r\n' >sizes.csv
seq 1 10000 >many

# ---- the plan ----
plan --workloads get_put || fail "without a trace"
check "without one it is not there" [ "$(grep -c 'trace:own' out)" -eq 0 ]
refused "asked for without one" "trace:own" --workloads trace:own
plan --trace sizes.csv $some || fail "the plan: $(cat err)"
check "it is a cell of its own panel" grep -q '^trace:own, panel own, .*: null+thread direct twin planted' out
check "all of a short one is replayed" said "one replay takes all of its 3 rows"
check "classes that fit are told" said "the best 2 size classes waste 0 % of what is asked for: 10 200 bytes"
plan --trace many $some || fail "the plan of a long one: $(cat err)"
check "what is cut is said" said "one replay takes 4096 of 10000 rows, 64 stretches of 64 in a row, evenly spaced; 5000 bytes a row in it, 5000 in all"
refused "a column of several" "sizes.csv:1: no column \"bytes\"; it has who, size: say which with --trace sizes.csv:COLUMN" --trace sizes.csv:bytes
refused "no size" "sizes.csv:2: \"a\" is no size; expected 0 to 16777216 bytes" --trace sizes.csv:who
refused "no file" "no.csv: cannot open" --trace no.csv
refused "a directory" "is a directory" --trace .
: >empty
refused "an empty one" "empty:1: is empty; expected a size a row" --trace empty
refused "a program" "is no text" --trace "$encbench"

# ---- a stranger's module ----
for name in one two; do
    must "compile $name" "$compiler" -O2 -fPIC -ffunction-sections -I"$source/harness" -DNAME="\"$name\"" -c "$source/tests/trace/sizes_module.c" -o $name.o
done
refused "nothing for it without a trace" "nothing" --dry-run --module one.o --module two.o
plan --trace sizes.csv --module one.o --module two.o || fail "a module with a trace: $(cat err)"
check "its own workload" grep -q '^sizes, panel made_1' out
refused "its own message" "one.o: workload sizes of variant one cannot be described: too many sizes for it" --trace many --module one.o --module two.o
mkdir one.data && : >one.data/trace.csv
refused "a data file of that name" "one.data/trace.csv: is where --trace puts its file" --trace sizes.csv --module one.o --module two.o
rm -r one.data

# ---- a run ----
"$encbench" run --profile smoke --processes 2 --seed 3 --quiet --out run --trace sizes.csv $some >out 2>err || fail "a run: $(cat err)"
check "the replay" [ "$(tr '\n' ' ' <run/trace.csv)" = "size_bytes 10 200 10 " ]
check "its hash" [ "$(key run trace_sha256)" = "$(sha256sum sizes.csv | cut -d' ' -f1)" ]
check "its shape" [ "$(key run trace_rows) $(key run trace_bytes) $(key run trace_size_p50_bytes) $(key run trace_replayed_rows)" = "3 220 10 3" ]
check "its column" [ "$(key run trace_file):$(key run trace_column)" = sizes.csv:size ]
check "classes that fit" [ "$(sed -n '2,3p' run/fitted.csv | tr '\n' ' ')" = "4,10,2,20,0 4,200,1,200,0 " ]
check "hex of each" grep -q '^trace:own,.*,3 calls of 10 to 200 bytes encoded to hex into fresh strings that are freed,440,' run/workloads.csv
check "bytes that classes hand out, of those asked for" grep -q '^null+thread,trace:own,class_waste_of_asked_percent,5485.45' run/metrics.csv
check "no path" [ "$(cat run/*.csv | grep -c "$work")" -eq 0 ]
"$encbench" analyse run >out 2>err || fail "it cannot be analysed: $(cat err)"
check "an effect on it" grep -q ',trace:own,time,' run/effects.csv

# ---- taken up again, without the file ----
cp -r run again
sed 's/^complete,yes/complete,no/' run/run.csv >again/run.csv
mv sizes.csv elsewhere.csv
"$encbench" run --quiet --resume again >out 2>err || fail "taken up again: $(cat err)"
check "with the same facts" [ "$(grep '^trace_' run/run.csv)" = "$(grep '^trace_' again/run.csv)" ]
sed 's/^complete,yes/complete,no/' run/run.csv >again/run.csv
"$encbench" run --quiet --resume again --trace elsewhere.csv >out 2>err
check "the directory holds it" said "leave out"
sed -i 's/^200$/201/' again/trace.csv
"$encbench" run --quiet --resume again >out 2>err
check "an edited replay is refused" said "again/trace.csv: was changed since the run began"
finish 28
