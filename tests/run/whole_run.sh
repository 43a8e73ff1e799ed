#!/bin/sh
# One tiny run of the whole subject, for the tests that look at one: DIRECTORY/run, and what it printed in DIRECTORY/out and DIRECTORY/err.
# usage: whole_run.sh BUILD SOURCE DIRECTORY
rm -rf "$3" && mkdir -p "$3" || exit 1
export ENCBENCH_ROOT="$2"
"$1/encbench" run --profile smoke --seed 5 --out "$3/run" >"$3/out" 2>"$3/err" || { cat "$3/err" && exit 1; }
