#!/bin/sh
# A harness with a fault built in must end in `run invalid`, or blind where it claims something, with the reason on the terminal and at the
# top of the report, and exit 3; the same subset without the fault, with every control holding, and exit 0.
# usage: sabotage_test.sh BUILD SOURCE SABOTAGED, where SABOTAGED holds sabotage-sequential, -twin, -clock, -plant and -layouts
set -u
build=$1 source=$2 sabotaged=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export ENCBENCH_ROOT="$source" TMPDIR="$work"
. "${0%/*}/../checks.sh"

place() { # place NAME: a build directory of links, to put another program in; the driver is a copy, it looks for the rest beside itself
    mkdir "$work/$1"
    ln -s "$build/modules" "$build/kernels" "$build/libencbench_interpose.so" "$build/encbench-worker" "$work/$1/"
    cp "$build/encbench" "$work/$1/encbench"
}

seed=7
measure() { # measure NAME [OPTION...]: ten seconds of the pair that claim 7a is about
    name=$1
    shift
    "$work/$name/encbench" report --profile quick --seed "$seed" --variants null+thread,removed+thread --workloads get_put \
        --out "$work/$name.run" --output "$work/$name.md" "$@" >"$work/out" 2>"$work/err"
    code=$?
}

status_of() { awk -F, -v control="$2" '$1==control {print $7}' "$work/$1.run/controls.csv" | sort -u | tr '\n' ' '; }

# caught NAME CONTROL WORDS: the run is invalid because of CONTROL, for a reason that holds WORDS
caught() { noticed "$1" "$2" "$3" INVALID 'RUN INVALID'; }
# blinded NAME CONTROL WORDS: the run is valid, but its only cell, which decides claims, is blind
blinded() { noticed "$1" "$2" "$3" BLIND 'Blind where claims are decided'; }

noticed() { # noticed NAME CONTROL WORDS ON_THE_TERMINAL IN_THE_REPORT
    # Where the fault is one of the run, fewer processes show it than a verdict needs.
    case $1 in
    twin | plant) measure "$1" ;;
    *) measure "$1" --processes 12 ;;
    esac
    check "$1: exits 3" [ "$code" -eq 3 ]
    check "$1: control $2 fails" [ "$(status_of "$1" "$2")" = "failed " ]
    check "$1: the terminal says why" sh -c "grep -q '^$4  *control ' '$work/out'"
    check "$1: in these words" sh -c "awk -F, '\$1==\"$2\"' '$work/$1.run/controls.csv' | grep -qF -- '$3'"
    check "$1: a timing part says so" sh -c "grep '^7,a,' '$work/$1.run/verdicts.csv' | grep -q ',run invalid,'"
    check "$1: an exact part stands" sh -c "grep '^8,a,' '$work/$1.run/verdicts.csv' | grep -q ',refuted,'"
    check "$1: the report begins with it" sh -c "head -n 12 '$work/$1.md' | grep -q '$5'"
    check "$1: and names the control" sh -c "head -n 24 '$work/$1.md' | grep -q 'control .$2. failed'"
}

place sound
seeing "$work/sound.run" measure sound
check "without a fault: exits 0" [ "$code" -eq 0 ]
check "without a fault: every control holds" [ "$(awk -F, 'NR>1 && $9!="nothing" || $7=="failed" {print $1, $7}' "$work/sound.run/controls.csv" | sort -u)" = "" ]
check "without a fault: claim 7a is judged" sh -c "grep '^7,a,' '$work/sound.run/verdicts.csv' | grep -qv ',run invalid,'"

for fault in sequential twin clock plant; do
    place "$fault"
    ln -sf "$sabotaged/sabotage-$fault" "$work/$fault/encbench-worker"
done
place layouts
cp "$sabotaged/sabotage-layouts" "$work/layouts/encbench"

caught sequential interleaving 'drift of the machine looks like a difference'
check "sequential: that reason comes first" grep -q '^INVALID  *control interleaving failed' "$work/out"
caught twin twins 'identical code differs'
caught clock clock 'drift apart by up to'
blinded plant planted 'not detected'
caught layouts layouts '4 layouts over 12 processes'

finish 44
