#!/bin/sh
# What the exact pass says of memory, through the whole program: a module whose figures are known, the original's two by two, and
# machines where nothing can be counted. No time is asserted anywhere.
# usage: allocations_test.sh BUILD SOURCE COMPILER
set -u
build=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export ENCBENCH_ROOT="$source" TMPDIR="$work"
. "${0%/*}/../checks.sh"

row() { # row DIRECTORY VARIANT WORKLOAD METRIC: the rest of the row
    sed -n "s/^$2,$3,$4,//p" "$1/metrics.csv"
}

is() { # is DIRECTORY VARIANT WORKLOAD METRIC VALUE
    checks=$((checks + 1))
    seen=$(row "$1" "$2" "$3" "$4")
    [ "$seen" = "$5" ] || fail "$4 of $2 on $3 is \"$seen\" instead of \"$5\""
}

# ---- a module whose memory is known ----
module() { # module NAME FLAGS...
    name=$1
    shift
    "$compiler" -O2 -fno-builtin -fPIC -ffunction-sections -I"$source/harness" "-DALLOCATIONS_VARIANT=\"$name\"" "$@" -c \
        "$source/tests/interpose/allocations_module.c" -o "$work/$name.o" || fail "cannot compile $name"
}
module plain
module functions -DALLOCATIONS_FUNCTIONS
module threads -DALLOCATIONS_THREAD
module sick -DALLOCATIONS_SICK
truth() { # truth PROGRAM DIRECTORY OPTIONS
    "$1" run --profile smoke --quiet --seed 5 --out "$2" --baseline plain --workloads blocks --module "$work/plain.o" \
        --module "$work/functions.o" $3 >"$work/out" 2>"$work/err"
}
cat >"$work/usable.c" <<'C'
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    return printf("%zu\n", malloc_usable_size(malloc(100))) < 0;
}
C
"$compiler" -fno-builtin "$work/usable.c" -o "$work/usable" || fail "cannot compile what asks malloc"
usable=$("$work/usable")
check "malloc gives at least what is asked" [ "$usable" -ge 100 ]

run=$work/truth
truth "$build/encbench" "$run" "--module $work/threads.o --module $work/sick.o" || fail "the run of known modules"
for variant in plain functions threads; do
    is "$run" $variant blocks allocations_per_op 3,exact,
    is "$run" $variant blocks releases_per_op 2,exact,
    is "$run" $variant blocks allocated_bytes_per_op 300,exact,
    is "$run" $variant blocks handed_out_bytes_per_op $((3 * usable)),exact,
    is "$run" $variant blocks live_blocks_per_op 1,exact,
    is "$run" $variant blocks live_bytes_per_op "$usable,exact,"
    is "$run" $variant blocks live_requested_bytes_per_op 100,exact,
    is "$run" $variant blocks free_calls_per_op 2,exact,
    is "$run" $variant blocks failed_calls_per_op ''
    # 4 n ops leave 4 n blocks, and the last op holds 2 more; what set-up allocates is beyond that.
    peak=$(row "$run" $variant blocks peak_live_bytes)
    check "the peak of $variant grows with the ops" [ "${peak#*,}" = "unstable,n and 2n operations do not agree" ]
    check "and is what they left" [ "${peak%%,*}" -ge $(((4 * 512 + 2) * usable)) ]
    check "and not much more" [ "${peak%%,*}" -le $(((4 * 512 + 2) * usable + 1000)) ]
done
# glibc keeps a block of a thread that ended for the next one.
for variant in plain functions; do is "$run" $variant blocks live_blocks_after_teardown 0,exact,; done
is "$run" plain blocks malloc_calls_per_op 3,exact,
is "$run" plain blocks calloc_calls_per_op ''
for function in malloc calloc realloc; do is "$run" functions blocks ${function}_calls_per_op 1,exact,; done
is "$run" plain blocks allocating_threads 1,exact,
is "$run" threads blocks allocating_threads 2,exact,

# A build of links and copies: the program looks for the rest beside itself.
build_like() { # build_like DIRECTORY
    mkdir "$1"
    cp "$build/encbench" "$build/encbench-worker" "$build/libencbench_interpose.so" "$1/"
    ln -s "$build/modules" "$build/kernels" "$1/"
}

for variant in plain functions threads; do is "$run" $variant blocks process_changes ''; done
is "$run" sick blocks process_changes '1,exact,another handler of a signal'
"$build/encbench" analyse "$run" >"$work/out" 2>"$work/err"
check "ops that leak are named first" sh -c "head -n 2 '$work/out' | grep -q '^sick: [a-z]* on blocks leaves 1 blocks behind in each op; 3 more in metrics.csv'"

# ---- the original's two by two ----
subject=$work/subject
build_like "$work/own"
"$work/own/encbench" run --profile smoke --quiet --seed 5 --variants null+thread,removed+thread,null+none,removed+none,removed+frame \
    --workloads to_string_1k --out "$subject" >"$work/out" 2>"$work/err" || fail "the run of the two by two"
two_by_two() { # two_by_two VARIANT ALLOCATIONS BYTES
    is "$subject" "$1" to_string_1k allocations_per_op "$2,exact,"
    is "$subject" "$1" to_string_1k allocated_bytes_per_op "$3,exact,"
    is "$subject" "$1" to_string_1k releases_per_op "$2,exact,"
    is "$subject" "$1" to_string_1k live_blocks_per_op 0,exact,
    is "$subject" "$1" to_string_1k malloc_calls_per_op "$2,exact,"
}
two_by_two null+thread 1 2048
two_by_two removed+thread 1 2048
two_by_two removed+frame 2 4096
two_by_two null+none 3 $((4096 + $(row "$subject" null+none layout struct_bytes | cut -d, -f1)))
two_by_two removed+none 3 $((4096 + $(row "$subject" removed+none layout struct_bytes | cut -d, -f1)))
is "$subject" null+none to_string_1k allocated_bytes_per_op 4144,exact,
is "$subject" removed+none to_string_1k allocated_bytes_per_op 4128,exact,
for variant in null+thread null+none removed+frame; do
    check "the peak of $variant does not grow" [ "$(row "$subject" $variant to_string_1k peak_live_bytes | cut -d, -f2)" = exact ]
done
"$build/encbench" analyse "$subject" >"$work/out" 2>"$work/err" || fail "its analysis"
if "${ENCBENCH_PYTHON:-python3}" -c 'import matplotlib, jinja2' 2>/dev/null; then
    "$build/encbench" report "$subject" --output "$work/R.md" >"$work/out" 2>"$work/err"
    check "the report has the two by two" grep -q '^| null .*| 1 of 2048 *| 3 of 4144 *| - |$' "$subject/appendix/allocations.md"
    check "and what the original compared it with" grep -q '^| removed .*| 1 of 2048 *| 3 of 4128 *| 2 of 4096 |$' "$subject/appendix/allocations.md"
fi

# ---- what was counted before is not counted again ----
# Told by figures that nothing else could give; but for those of another environment, and where a pass is not whole.
cache=$work/own/exact-cache.csv
again=$work/again
edit_cache() { # edit_cache SED WHAT
    cp "$cache" "$work/before"
    sed -i "$1" "$cache"
    check "the cache has $2" sh -c "! cmp -s '$work/before' '$cache'"
}
module_of() { # module_of VARIANT: as in the cache
    sha256sum "$build/modules/$1.o" | cut -d' ' -f1
}
edit_cache "/^$(module_of null+thread),.*,exact,allocations_per_op,/s/,1,\$/,7777,/" "allocations of null+thread"
edit_cache "/^$(module_of removed+thread),.*,heap 100000,live_bytes,10000,/s/,[0-9]*,\$/,4242,/" "memory of removed+thread"
edit_cache "/^$(module_of removed+frame),.*,exact,allocations_per_op,/s/,2,\$/,7777,/; /^$(module_of removed+frame),.*,exact,end,/d" \
    "the end of what removed+frame allocates"
edit_cache "/^$(module_of null+none),.*,exact,/{s/,3,\$/,7777,/; s/^\([0-9a-f]*\),[0-9a-f]*,/\1,0000000000000000,/}" "null+none"
"$work/own/encbench" run --profile smoke --quiet --seed 6 --variants null+thread,removed+thread,null+none,removed+none,removed+frame \
    --workloads to_string_1k --out "$again" >"$work/out" 2>"$work/err" || fail "the run with a cache"
is "$again" null+thread to_string_1k allocations_per_op 7777,exact,
is "$again" removed+frame to_string_1k allocations_per_op 2,exact,
is "$again" null+none to_string_1k allocations_per_op 3,exact,
check "heap.csv has what was kept" [ "$(grep -c '^removed+thread,to_string_1k,10000,4242,' "$again/heap.csv")" -eq 1 ]
check "and nothing else is new" [ "$(diff "$subject/metrics.csv" "$again/metrics.csv" | sed -n 's/^> \([^,]*,[^,]*,[^,]*\),.*/\1/p' | xargs)" = \
    "null+thread,to_string_1k,allocations_per_op removed+thread,to_string_1k,live_growth_10000_bytes" ]

# ---- where nothing can be counted ----
not_counted() { # not_counted DESCRIPTION BUILD WORDS
    truth "$2/encbench" "$2-run" ''
    code=$?
    check "$1: the run goes on" [ $code -eq 0 ]
    for metric in allocations releases allocated_bytes handed_out_bytes live_blocks live_bytes live_requested_bytes; do
        seen=$(row "$2-run" plain blocks ${metric}_per_op)
        check "$1: ${metric}_per_op has no figure" [ "${seen#,not available,}" != "$seen" ]
        check "$1: ${metric}_per_op has a reason: $seen" [ "${seen#*"$3"}" != "$seen" ]
    done
    for metric in peak_live_bytes peak_live_requested_bytes allocating_threads live_blocks_after_teardown; do
        check "$1: $metric has no figure" [ "$(row "$2-run" plain blocks $metric | cut -d, -f1,2)" = ",not available" ]
    done
    check "$1: no call either" [ "$(grep -c '_calls_per_op' "$2-run/metrics.csv")" -eq 0 ]
    check "$1: no 0 of it" [ "$(grep -E '_per_op|peak|threads' "$2-run/metrics.csv" | grep -v instructions | grep -c ',0,')" -eq 0 ]
    "$2/encbench" analyse "$2-run" >"$work/out" 2>"$work/err"
    check "$1: can be analysed" [ $? -ne 2 ]
}

# A directory whose name the loader would take for three, and in it somebody's allocator, which gives 64 bytes more: the interposer counts
# what is asked of that.
odd="$work/a b:c"
build_like "$odd"
echo '#include <stddef.h>
extern void *__libc_malloc(size_t); void *malloc(size_t bytes) { return __libc_malloc(bytes + 64); }' |
    "$compiler" -O2 -fno-builtin -w -shared -fPIC -x c - -o "$odd/lib more.so" || fail "cannot build an allocator"
"$odd/encbench" run --profile smoke --quiet --seed 5 --out "$odd-run" --baseline plain --workloads blocks --module "$work/plain.o" \
    --module "$work/functions.o" --preload "$odd/lib more.so" >"$work/out" 2>"$work/err" || fail "the run of a strange directory"
is "$odd-run" plain blocks allocations_per_op 3,exact,
is "$odd-run" plain blocks allocated_bytes_per_op 300,exact,
is "$odd-run" plain blocks handed_out_bytes_per_op $((3 * usable + 192)),exact,
check "a run directory has no path of ours" sh -c '! grep -rqF "$1" "$2"' sh "$work" "$odd-run"

build_like "$work/missing"
rm "$work/missing/libencbench_interpose.so"
not_counted "no interposer" "$work/missing" "the interposer libencbench_interpose.so: No such file or directory; build again"
check "and the loader is not heard" [ "$(grep -c 'ld.so' "$work/err")" -eq 0 ]

build_like "$work/stripped"
mv "$work/stripped/encbench-worker" "$work/stripped/real-worker"
printf '#!/bin/sh\nunset LD_PRELOAD\nexec "%s/stripped/real-worker" "$@"\n' "$work" >"$work/stripped/encbench-worker"
chmod +x "$work/stripped/encbench-worker"
not_counted "LD_PRELOAD taken away" "$work/stripped" "LD_PRELOAD did not reach the worker"

build_like "$work/damaged"
echo 'not an object' >"$work/damaged/libencbench_interpose.so"
not_counted "a damaged interposer" "$work/damaged" "the loader did not preload"

# Set-group-ID makes the loader as careful as file capabilities do; only root can make a file of another group, where the file system lets it.
build_like "$work/secure"
if chgrp 65534 "$work/secure/encbench-worker" 2>/dev/null && chmod g+s "$work/secure/encbench-worker" &&
    ! findmnt -no OPTIONS -T "$work" 2>/dev/null | grep -q nosuid; then
    not_counted "a worker with more rights" "$work/secure" "setcap -r"
else
    echo "skipped: a worker with more rights than its caller needs root"
fi

# Claims that rest on counts are open, with the reason; those on the layout are not.
"$work/missing/encbench" run --profile smoke --quiet --seed 5 --variants null+thread,removed+thread,removed+frame --workloads to_string_1k \
    --out "$work/open" >"$work/out" 2>"$work/err" || fail "the subject without an interposer"
"$work/missing/encbench" analyse "$work/open" >"$work/out" 2>"$work/err"
check "a claim about allocations is open" sh -c "grep '^5,b,' '$work/open/verdicts.csv' | grep -q ',not resolvable here,'"
check "and says why" sh -c "grep '^5,b,' '$work/open/verdicts.csv' | grep -q 'No such file or directory; build again'"
check "claims about the structure are not" sh -c "grep '^8,a,' '$work/open/verdicts.csv' | grep -q ',refuted,'"

finish 104
