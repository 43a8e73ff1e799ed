#!/bin/sh
# A workload for which this machine lacks something is not measured, the run says why and goes on; and modules that were built before there
# was a way to say so still load. usage: lacks_test.sh BUILD SOURCE COMPILER
set -u
build=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
. "${0%/*}/../checks.sh"
encbench=$build/encbench

module() { # module NAME DEFINITION...
    name=$1
    shift
    "$compiler" -std=gnu17 -O2 -fPIC -ffunction-sections "$@" -I"$source/harness" "-DNAME=\"$name\"" -c "$source/tests/module/lacks_module.c" \
        -o "$work/$name.o" || exit 1
}
smoke() { # smoke DIRECTORY MODULE MODULE OPTION...
    directory=$1 first=$2 second=$3
    shift 3
    "$encbench" run --profile smoke --out "$work/$directory" --module "$work/$first.o" --module "$work/$second.o" "$@" >"$work/out" 2>"$work/err"
    code=$?
}
said() { grep -qF -- "$1" "$work/err"; }

module one '-DLACKS="unit more: this CPU lacks tabs\tand, commas"'
module two '-DLACKS="unit more: this CPU lacks tabs\tand, commas"'
module has -DLACKS=NULL
mkdir "$work/before" && sed '/int (\*lacks)(/d' "$source/harness/module.h" >"$work/before/module.h"
check "an older header lacks it" [ "$(grep -c 'lacks)(' "$work/before/module.h")" -eq 0 ]
module old -DLACKS_OLD "-I$work/before"

smoke part one two --processes 2
check "the run goes on: exit $code" [ "$code" -ne 2 -a -f "$work/part/metrics.csv" ]
check "and says what is not measured" said 'workload more will not be measured: unit more: this CPU lacks tabs and, commas'
check "once" [ "$(grep -c 'workload more' "$work/err")" -eq 1 ]
check "a row has status and reason" grep -q '^one,more,digest_and_conformance,,not available,unit more: this CPU lacks tabs and' "$work/part/metrics.csv"
check "of each variant" grep -q '^two,more,digest_and_conformance,,not available,' "$work/part/metrics.csv"
check "no cell has it" [ "$(grep -c ',more,' "$work/part/cells.csv")" -eq 0 ]
check "the other is timed" grep -q ',adds,' "$work/part/cells.csv"
check "what was measured can be analysed" "$encbench" analyse --quiet "$work/part"

smoke one_of_two one has --processes 2
check "one that has it alone has no partner: exit $code" [ "$code" -ne 2 ]
check "which is said" said 'workload more of has is offered by no other module and will not be timed'

smoke nothing one two --workloads more
check "nothing else was asked for: exit $code" [ "$code" -eq 3 ]
check "which is said with the reason" said 'nothing to measure: workload more: unit more: this CPU lacks'
check "and nothing is left behind" [ ! -e "$work/nothing" ]

smoke older old has --workloads adds --processes 2
check "rows of an older header are taken: exit $code" [ "$code" -ne 2 ]
finish 15
