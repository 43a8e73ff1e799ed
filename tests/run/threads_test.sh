#!/bin/sh
# threads_test.sh BUILD SOURCE CC: ops at several threads through the whole program.
build=$1 source=$2 cc=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "$source/tests/checks.sh"

module() { # module NAME FLAGS...
    name=$1
    shift
    $cc -O2 -fPIC -ffunction-sections -fvisibility=hidden -I "$source/harness" "-DNAME=\"$name\"" "$@" -c "$source/tests/run/threads_module.c" -o "$work/$name.o"
}
run() { TMPDIR=$work "$build/encbench" run --profile smoke --quiet --module "$work/one.o" "$@" >"$work/out" 2>"$work/err"; }
refused() { # refused WORDS ARGUMENTS...
    words=$1
    shift
    run "$@"
    [ $? -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q -- "$words" "$work/err"
}
must "modules compile" module one
must "modules compile" module two
must "modules compile" module liar -DLIAR

check "more threads than the workload can use" refused "workload hash can use at most 4 threads, not 16" \
    --module "$work/two.o" --workloads hash --threads 16 --dry-run
check "likewise by the name" refused "workload hash can use at most 4 threads, not 8" --module "$work/two.o" --workloads hash.t8 --dry-run
check "a number that is none" refused 'threads: "3"; expected 1, 2, 4, 8 or 16' --module "$work/two.o" --threads 3 --dry-run
check "a module that lies about threads" refused "variant liar, workload hash.t2: at 2 threads a thread's output is not that of one thread" \
    --module "$work/liar.o" --workloads hash --threads 2 --out "$work/liar"
check "more threads than CPUs are in the plan, and not timed" sh -c 'taskset -c "$(taskset -cp $$ | sed "s/.*[ ,-]//")" "$0" run --profile smoke --dry-run \
    --module "$1/one.o" --module "$1/two.o" --threads 2 | grep -q "hash.t2, .*2 threads need as many CPUs and this process may use 1: counted and not timed"' \
    "$build/encbench" "$work"

# A cell that is counted and not timed has neither blocks nor batches: a resumption took that for a run not yet begun, and measured all anew.
on_one_cpu() { TMPDIR=$work taskset -c "$(taskset -cp $$ | sed 's/.*[ ,-]//')" "$build/encbench" run --quiet "$@" >"$work/out" 2>"$work/err"; }
must "one cell timed and one not" sh -c '[ "$1" -eq 0 ] || [ "$1" -eq 3 ]' sh \
    "$(on_one_cpu --profile smoke --module "$work/one.o" --module "$work/two.o" --threads 1,2 --out "$work/part" && echo 0 || echo $?)"
sed -i 's/^complete,yes$/complete,no/' "$work/part/run.csv" # as a stop in the last moment leaves it
before=$(cat "$work/part/samples.csv.gz" "$work/part/processes.csv" | cksum)
on_one_cpu --resume "$work/part" --module "$work/one.o" --module "$work/two.o"
check "what was measured stands when it is taken up again" [ "$(cat "$work/part/samples.csv.gz" "$work/part/processes.csv" | cksum)" = "$before" ]
check "and nothing went wrong" [ "$(wc -c <"$work/err")" -eq 0 ]
echo "$checks checks, $failures failures"
[ "$failures" -eq 0 ]
