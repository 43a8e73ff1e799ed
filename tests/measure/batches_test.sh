#!/bin/sh
# The size of a batch and the state of an op, through the whole program, on modules whose truth is planted: an op whose cost depends on n is
# found and gets no verdict, one whose cost does not is not; n is on the ladder and the same whatever the seed; an arm very much faster has
# batches of its own; an op that is cheap only while one input is known by heart is dear in the state fresh; the kernels say that
# each state was reached. It times, so nothing else may run beside it; no absolute time is asserted.
# usage: batches_test.sh BUILD SOURCE COMPILER
set -u
build=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
. "${0%/*}/../checks.sh"
encbench=$build/encbench

for module in steady_a:STEADY steady_b:STEADY uneven:UNEVEN quick:QUICK branchy_a:BRANCHY branchy_b:BRANCHY \
    crashes:CRASHES; do
    "$compiler" -O2 -fPIC -ffunction-sections -I "$source/harness" -DKIND="${module#*:}" -DNAME="\"${module%:*}\"" \
        -c "$source/tests/measure/batches_module.c" -o "$work/${module%:*}.o" || exit 1
done

measure() { # measure DIRECTORY PROFILE SEED STATES MODULE...: the first is the baseline
    out=$work/$1 profile=$2 run_seed=$3 states=$4
    shift 4
    names=$(echo "$*" | tr ' ' ,) baseline=$1
    for module in "$@"; do set -- "$@" --module "$work/$module.o" && shift; done
    "$encbench" run --quiet --profile "$profile" --seed "$run_seed" --states "$states" --variants "$names" --baseline "$baseline" \
        --out "$out" "$@" >"$work/out" 2>"$work/err"
}
quick() { # quick DIRECTORY MODULE...: in the state repeat, and analysed
    directory=$1
    shift
    measure "$directory" quick "$seed" repeat "$@" && "$encbench" analyse "$work/$directory" >"$work/out" 2>"$work/err"
}
status() { sed -n "s/^linearity,made_1 $2,.*,\(holds\|failed\|imprecise\|not measured\),.*/\1/p" "$work/$1/controls.csv"; }
iterations() { awk -F, -v arm="$2" '$3 == arm { print $4; exit }' "$work/$1/batches.csv"; }
words() { # words RUN CONTRAST
    awk -F, -v contrast="$2" 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
        $2 == contrast && $9 == "absolute" { print $column["words"] }' "$work/$1/effects.csv"
}

# ---- linearity ----
seed=1
seeing "$work/uneven" quick uneven steady_a steady_b uneven
check "a run with an op that depends on n" [ -f "$work/uneven/controls.csv" ]
check "an op whose cost depends on n fails the control" [ "$(status uneven adds)" = failed ]
check "by name and with both sizes" grep -q 'linearity.*batch-dependent: uneven' "$work/uneven/controls.csv"
check "and gets no verdict" [ "$(words uneven uneven_against_steady_a)" = "not resolvable here" ]
seeing "$work/steady" quick steady steady_a steady_b
check "a run with ops that do not" [ -f "$work/steady/controls.csv" ]
check "ops that do not depend on n do not fail it" [ "$(status steady adds)" != failed ]
check "all sizes were measured" [ "$(cut -d, -f6 "$work/steady/linearity.csv" | sort -u | tr '\n' ' ')" = "between double size " ]

# ---- n ----
measure again smoke 12 repeat steady_a steady_b || fail "another seed"
n=$(iterations steady steady_a)
check "n is a power of two" [ $((n & (n - 1))) -eq 0 ]
check "between n and 2n is no rung" awk -F, 'NR > 1 && $6 != "" && ($6 <= $4 || $6 >= $5) { exit 1 }' "$work/steady/batches.csv"
check "and of another seed at most one rung away" [ "$(iterations again steady_a)" -le $((2 * n)) ] 
measure own smoke 3 repeat steady_a quick steady_b || fail "a very fast arm"
check "a very fast arm has batches of its own" [ "$(iterations own quick)" -gt "$(iterations own steady_a)" ]
check "of the others all have one" [ "$(iterations own steady_b)" = "$(iterations own steady_a)" ]
check "samples have the n of their arm" [ "$(gzip -dc "$work/own/samples.csv.gz" | awk -F, '$4 == "quick" && $11 == "effect" { print $7; exit }')" = "$(iterations own quick)" ]
check "workloads.csv says where n comes from" grep -q ',pilots,' "$work/own/workloads.csv"

# ---- the arm that crashes is the one that is named, also while it runs for another's sake ----
measure crash smoke 6 repeat steady_a crashes
check "a module that crashes in a pilot is an error" [ $? -eq 2 ]
check "by its own name" grep -q 'arm crashes (.*): the worker was killed by signal 6 (Aborted) while measuring' "$work/err"
again=$(sed -n 's/.*; the worker that failed can be run again: //p' "$work/err")
check "its job is kept" [ -n "$again" -a -s "${again##* }" ]
$again >"$work/out" 2>"$work/err"
check "and crashes by hand as it did" [ $? -eq 134 ]
head -c 4000 "${again##* }" >"$work/torn"
"$build/encbench-worker" replay "$work/torn" >"$work/out" 2>"$work/err"
check "half a job is refused" [ $? -eq 2 ]
check "in words" grep -q 'torn: is no job of a worker that failed, or one of another build' "$work/err"

# ---- states ----
state() { sed -n "s/^state,made_1 adds.$1,.*,\(holds\|failed\|imprecise\|not measured\),.*/\1/p" "$work/states/controls.csv"; }
# As `seeing`, but of this control alone: in so short a run the others of a cell see little anywhere.
for seed in 4 5 6; do
    rm -rf "$work/states"
    measure states smoke "$seed" repeat,fresh,cold,latency branchy_a branchy_b || fail "a run in all states"
    "$encbench" analyse "$work/states" >"$work/out" 2>"$work/err"
    [ "$(state fresh)" = imprecise -o "$(state cold)" = imprecise ] || break
done
level() { awk -F, -v workload="$1" '$3 == workload && $4 == "branchy_a" && $8 != "" { print $8 }' "$work/states/processes.csv" | sort -n | sed -n 3p; }
check "each state is a workload of its own" [ "$(cut -d, -f8 "$work/states/workloads.csv" | tail -n +2 | tr '\n' ' ')" = "repeat fresh cold latency " ]
check "what one input teaches the predictor is gone with a ring of them" awk "BEGIN { exit !($(level adds.fresh) > 1.5 * $(level adds)) }"
# Of 256 branches half are mispredicted where the input is new; of 128 lines none is in the first two levels once they are scrubbed.
reached() { awk -F, -v state="$1" -v kernel="$2" '$2 == state && $3 == kernel { print $5 }' "$work/states/reached.csv" | sort -n | sed -n 2p; }
check "branches are known in repeat and not in fresh" awk "BEGIN { exit !($(reached fresh branches) - $(reached repeat branches) > 128 * 6) }"
check "lines are warm in fresh" awk "BEGIN { exit !($(reached fresh lines) < 1.5 * $(reached repeat lines)) }"
check "lines are cold in cold" awk "BEGIN { exit !($(reached cold lines) - $(reached repeat lines) > 128 * 15) }"
cp "$work/states/reached.csv" "$work/out"
check "the control says that fresh was reached" [ "$(state fresh)" = holds ]
check "and cold" [ "$(state cold)" = holds ]
awk -F, -v OFS=, '$2 == "repeat" { seen[$1, $3] = $5 } $2 == "fresh" { $5 = seen[$1, $3] } { print }' "$work/states/reached.csv" >"$work/reached.csv"
cp "$work/reached.csv" "$work/states/reached.csv"
"$encbench" analyse "$work/states" >"$work/out" 2>"$work/err"
check "a ring whose branches are known as those of one input fails it" [ "$(state fresh)" = failed ]
check "and the cell has no verdict" grep -q '^state,made_1 adds.fresh,.*,cell$\|^state,made_1 adds.fresh,.*,deciding cell$' "$work/states/controls.csv"
measure short smoke 5 cold steady_a steady_b
check "an op too short for the clock is refused in cold" [ $? -eq 2 ]
check "by name, with what the clock can do" grep -q 'workload adds.cold: one op of steady_a takes .* steps of .* ns' "$work/err"
"$encbench" run --quiet --profile smoke --states warm >"$work/out" 2>"$work/err"
check "an unknown state is refused" grep -q 'unknown state "warm"; expected repeat, fresh, cold or latency' "$work/err"

finish 31
