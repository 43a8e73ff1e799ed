#!/bin/sh
# ab from two sources to a verdict: what it finds, in all formats, and what is left of it.
# usage: ab_test.sh BUILD SOURCE
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "$2/tests/checks.sh"
encbench=$1/encbench
export ENCBENCH_ROOT="$2"
mkdir "$work/tmp" || exit 1
export TMPDIR="$work/tmp"
cp "$2/tests/ab/side.h" "$work/side.h"
cd "$work" || exit 1

# One source, and the second side 512 cycles of some 3000 slower by a flag with a blank in it.
cat >hash.c <<'END'
#include "side.h"
#ifdef MORE
static const char more[] = MORE;
#endif
static uint64_t op(const unsigned char *input)
{
    uint64_t hash = 0;
    for (unsigned i = 0; i < SIDE_BYTES; i++)
        hash = hash * 31 + input[i];
#ifdef MORE
    ENCBENCH_DEPENDENT_ADDS(hash, 512);
    hash += (uint64_t)more[0] - '1';
#endif
    return hash;
}
END
seed=7
measure() {
    "$encbench" ab hash.c "hash.c '-DMORE=\"1 2\"'" --seed "$seed" --fail-if-slower 2% --out run \
        --format json >json 2>err
}
seeing run measure
code=$?
cat err >"$work/out"
check 'slower by more than 2 %: exit 1' [ $code -eq 1 ]
check 'nothing beside it in a pipe' [ ! -s err ]
check 'and nothing left behind' [ -z "$(ls "$work/tmp")" ]
row() { "${ENCBENCH_PYTHON:-python3}" -c "import json; row = json.load(open('json'))['rows'][0]; print($1)"; }
value() { row "row['$1']"; }
check 'the verdict' [ "$(value verdict)" = slower ]
check 'the state' [ "$(value workload) $(value state)" = 'mix.fresh fresh' ]
check 'the labels' [ "$(value baseline) $(value contender)" = 'hash hash-DMORE=_1_2_' ]
check 'instructions of both' [ "$(value contender_instructions_per_op)" != "$(value baseline_instructions_per_op)" ]
check 'GB/s' [ "$(value baseline_bytes_per_ns)" != None ]
check 'the columns of ab.csv and those of the JSON are the same' \
    [ "$(head -n 1 run/ab.csv | tr , ' ')" = "$(row '*row')" ]
must 'the run can be analysed again' "$encbench" analyse run
must 'and looked at' "$encbench" plot --terminal run
check 'no path of this machine is in it' [ "$(grep -c "$work" run/run.csv)" -eq 0 ]
finish 10
