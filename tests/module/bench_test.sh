#!/bin/sh
# bench.h: compiles as every standard that it promises, refuses in one line what is wrong, adds nothing to an op that a module written by hand
# would not have, and sees what an op does outside of its output. Examples are built and listed.
# `all`: with every compiler and standard, every refusal in C++, too, and all examples are run.
# usage: bench_test.sh BUILD SOURCE COMPILER CMAKE [all]
set -u
build=$1 source=$2 compiler=$3 cmake=$4 all=${5:-}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset ENCBENCH_ROOT
export TMPDIR="$work"
. "${0%/*}/../checks.sh"
tests=$source/tests/module
must "install" "$cmake" --install "$build" --prefix "$work/prefix"
encbench=$work/prefix/bin/encbench
cd "$work" || exit 1
flags="-O2 -g -fno-lto -fPIC -fvisibility=hidden -ffunction-sections -fno-plt -ftls-model=initial-exec -I$work/prefix/include"
strict='-Wall -Wextra -Wshadow -Wpedantic -Werror'
have() { command -v "$1" >/dev/null 2>&1; }

# ---- compiles without a warning ----
compile() { # compile OUTPUT SOURCE VARIANT COMPILER ARGUMENT...
    out=$1 file=$2 variant=$3
    shift 3
    # shellcheck disable=SC2086 # words
    "$@" $flags $strict -DENCBENCH_SELECT "-DENCBENCH_SELECT_$variant" -c "$file" -o "$out" >"$work/out" 2>"$work/err"
}
in_c="$compiler -std=c11" in_cc='g++ -std=c++11'
[ -z "$all" ] || in_c="$in_c:clang -std=c17:gcc -std=gnu11" in_cc="$in_cc:clang++ -std=c++14:g++ -std=c++17 -fno-rtti:clang++ -std=c++20:g++ -std=c++20"
IFS=:
for c in $in_c; do
    IFS=' '

    # shellcheck disable=SC2086 # words
    have ${c%% *} && check "in C: $c" compile all.o "$tests/bench_all.c" unrolled $c
done
IFS=:
for c in $in_cc; do
    IFS=' '
    # shellcheck disable=SC2086 # words
    have ${c%% *} && check "in C++: $c" compile all.o "$tests/bench_all.cc" reserved $c
done
unset IFS
check "simple" compile simple.o "$tests/bench_all.c" simple "$compiler" -std=c11
check "unrolled" compile unrolled.o "$tests/bench_all.c" unrolled "$compiler" -std=c11
check "planted" compile simple.planted.o "$tests/bench_all.c" simple "$compiler" -std=c11 -DENCBENCH_PLANTED=32
# shellcheck disable=SC2086 # words
must "by hand" "$compiler" -std=c11 $flags "-I$work/prefix/include/encbench" -c "$tests/bench_by_hand.c" -o by_hand.o
check "no variant's code is in another's object" [ "$(nm simple.o | grep -c fnv_unrolled)" -eq 0 ]

# ---- which variants there are ----
# shellcheck disable=SC2086 # words
must "list" "$compiler" $flags $strict -DENCBENCH_LIST_VARIANTS -c "$tests/bench_all.c" -o listed.o
check "the names of variants" [ "$(objcopy -O binary -j .encbench.variants --set-section-flags .encbench.variants=alloc listed.o /dev/stdout | tr '\0' ' ')" = "simple unrolled " ]
check "and no module" [ -z "$(nm listed.o | grep -w encbench_module)" ]

# ---- refused by the compiler: one error, which says what to do ----
refused() { # refused WORDS SOURCE COMPILER ARGUMENT...
    words=$1 file=$2
    shift 2
    checks=$((checks + 1))
    # shellcheck disable=SC2086 # words
    "$@" $flags -fsyntax-only "$file" >"$work/out" 2>"$work/err" && fail "not refused: $*"
    grep -qF -- "$words" "$work/err" || fail "does not say \"$words\": $*"
    [ "$(grep -c 'error:' "$work/err")" -eq 1 ] || [ "$words" = 3k ] || fail "$(grep -c 'error:' "$work/err") errors: $*"
}
bad() { # bad WORDS WORKLOAD
    printf '#include <encbench/bench.h>\nENCBENCH_VARIANT(one);\nstruct pair { long a, b; };\n%s;\n' "$2" >bad.c
    cp bad.c bad.cc
    refused "$1" bad.c "$compiler" -std=c11
    [ -n "$all" ] && have g++ && refused "$1" bad.cc g++ -std=c++11
}
several='this source has several variants: compile it once for each, with -DENCBENCH_SELECT -DENCBENCH_SELECT_NAME'
printf '#include <encbench/bench.h>\nENCBENCH_VARIANT(a, x = 1);\nENCBENCH_VARIANT(b, x = 2);\nENCBENCH_VARIANT(c, x = 3);\nENCBENCH_WORKLOAD(w, encbench_any(x));\n' >several.c
cp several.c several.cc
refused "$several" several.c "$compiler"
have g++ && refused "$several" several.cc g++
bad 'workload w: an input of no size; a size is 1 or more' 'ENCBENCH_WORKLOAD(w, 1, ENCBENCH_BYTES(64, 0))'
bad 'workload w: an input of more than 1 GiB' 'ENCBENCH_WORKLOAD(w, 1, ENCBENCH_BYTES(2000000000))'
bad 'workload w: an input of more than 1 GiB' 'ENCBENCH_WORKLOAD(w, 1, ENCBENCH_ITEMS(long, 512M))'
bad 'a number alone has no unit' 'ENCBENCH_WORKLOAD(w, 1, 64)'
bad 'another option of bench.h' 'ENCBENCH_WORKLOAD(w, 1, ENCBENCH_BYTES(64), ENCBENCH_SIZES(64))'
bad 'workload w: one list of sizes' 'ENCBENCH_WORKLOAD(w, 1, ENCBENCH_BYTES(64), ENCBENCH_ITEMS(int, 64))'
bad 'items are of an integer type' 'ENCBENCH_WORKLOAD(w, 1, ENCBENCH_ITEMS(double, 64))'
bad 'an op returns a number' 'static char *f(void) { return 0; } ENCBENCH_WORKLOAD(w, f())'
bad 'an op returns a number' 'static struct pair f(void) { struct pair p = {1, 2}; return p; } ENCBENCH_WORKLOAD(w, f())'
bad 'an op that returns nothing needs ENCBENCH_OUTPUT' 'static void f(void) {} ENCBENCH_WORKLOAD(w, f())'
bad 'returns how many bytes it wrote, or void' 'ENCBENCH_WORKLOAD(w, 1.5, ENCBENCH_OUTPUT(64))'
bad 'ENCBENCH_SERIAL wants an op that returns an integer' 'ENCBENCH_WORKLOAD(w, 1.5, ENCBENCH_BYTES(64), ENCBENCH_SERIAL)'
bad 'ENCBENCH_SERIAL wants an input' 'ENCBENCH_WORKLOAD(w, 1, ENCBENCH_SERIAL)'
bad '3k' 'ENCBENCH_WORKLOAD(w, 1, ENCBENCH_BYTES(3k))'

# ---- refused when it is run: exit 2 and one line, and nothing is left ----
ends() { # ends DESCRIPTION WORDS ARGUMENT...: -D of a workload `bad` that bench_all has besides
    description=$1 words=$2 file=$3
    shift 3
    checks=$((checks + 1))
    rm -rf ended first.o second.o
    names='simple unrolled' driver=$compiler
    [ "${file##*.}" = cc ] && names='grown reserved' driver=g++
    # shellcheck disable=SC2086 # words
    for name in $names; do
        "$driver" $flags -w -DENCBENCH_SELECT "-DENCBENCH_SELECT_$name" "$@" -c "$file" -o "bad_$name.o" 2>"$work/err" || fail "$description: does not compile"
    done
    # shellcheck disable=SC2086 # words
    "$encbench" run --quiet --profile smoke --workloads bad --out ended --variants "$(echo $names | tr ' ' ,)" $(printf -- '--module bad_%s.o ' $names) >"$work/out" 2>"$work/err"
    code=$?
    [ "$code" -eq 2 ] || fail "$description: exit $code instead of 2"
    grep -qF -- "$words" "$work/err" || fail "$description: does not say \"$words\""
    [ "$(grep -c '^encbench: ' "$work/err")" -eq 1 ] || fail "$description: not one message"
}
rm -rf results
outside='workload bad: an op wrote outside of its output; ENCBENCH_OUTPUT says how many bytes it has'
ends "a byte behind the output" "$outside" "$tests/bench_all.c" '-DBENCH_BAD=ENCBENCH_WORKLOAD(bad, (((char *)out)[7] = 1, 7), ENCBENCH_OUTPUT(7))'
if [ -n "$all" ]; then
    ends "a byte ahead of it" "$outside" "$tests/bench_all.c" '-DBENCH_BAD=ENCBENCH_WORKLOAD(bad, (((char *)out)[-1] = 1, 7), ENCBENCH_OUTPUT(7))'
    ends "more than there is room for" 'workload bad: an op returned more bytes than ENCBENCH_OUTPUT has room for' "$tests/bench_all.c" \
        '-DBENCH_BAD=ENCBENCH_WORKLOAD(bad, 8, ENCBENCH_OUTPUT(7))'
    ends "no room at all" 'workload bad: ENCBENCH_OUTPUT is 0' "$tests/bench_all.c" '-DBENCH_BAD=ENCBENCH_WORKLOAD(bad, 0, ENCBENCH_OUTPUT(bytes))'
    ends "a word of its own" 'workload bad: the table is full' "$tests/bench_all.c" \
        '-DBENCH_BAD=ENCBENCH_WORKLOAD(bad, 1, ENCBENCH_SETUP(encbench_fail("the table is full")))'
fi
if have g++; then
    ends "an exception" 'workload bad: an exception left it: vector::' "$tests/bench_all.cc" \
        '-DBENCH_BAD=ENCBENCH_WORKLOAD(bad, (int)state->at(3), ENCBENCH_STATE(std::vector<int>))'
    [ -z "$all" ] || ends "another exception, at set-up" 'workload bad: an exception left it: what is no std::exception' "$tests/bench_all.cc" \
        '-DBENCH_BAD=ENCBENCH_WORKLOAD(bad, 1, ENCBENCH_SETUP(throw 3))'
fi

# ---- runs: what an op costs, what is planted, which state is timed ----
"$encbench" run --quiet --profile smoke --seed 5 --out hash --workloads hash_64 --variants simple,unrolled,by_hand --module simple.o \
    --module unrolled.o --module by_hand.o --module simple.planted.o >"$work/out" 2>"$work/err" || fail "a run"
per_op() { sed -n "s/^$1,$2,hash_64,instructions,ok,\\([0-9]*\\),.*/\\1/p" hash/optimiser.csv; }
check "no instruction more than by hand" [ "$(per_op simple no)" -eq "$(per_op by_hand no)" ]
check "32 planted additions are executed, and what makes their zero" [ "$(per_op simple yes)" -eq $(($(per_op simple no) + 33)) ]
check "fresh alone is timed" [ "$(tail -n +2 hash/processes.csv | cut -d, -f3 | sort -u)" = hash_64.fresh ]
if [ "$(uname -m)" = x86_64 ]; then
    # The result of the loop goes through all of them into the address of the next input.
    objdump -d --no-show-raw-insn -j .text.encbench_run_hash simple.planted.o |
        awk '$2 == "add" && $3 == last { count++ } $2 == "add" && $3 != last { last = $3; count = 1 }
             count == 32 && !target { split(last, ends, ","); target = ends[2] }
             $2 == "and" && index($3, target) { linked = 1 }
             $2 == "imul" { split($3, ends, ","); multiplied = ends[2] }
             END { exit !(target && target == multiplied && linked) }' || fail "the additions are not on the path"
    checks=$((checks + 1))
fi

# ---- the examples ----
cp -r "$source/examples" examples
must "configure the examples" "$cmake" -G Ninja -S examples -B built -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$compiler"
must "build the examples" "$cmake" --build built
lines=$(grep -vc '^ *\(//.*\|/\*.*\|\*.*\)\{0,1\}$' examples/base64/base64.c)
check "the nine cells take 26 lines at most: $lines" [ "$lines" -le 26 ]
listed() { # listed EXAMPLE WORKLOAD MODULE...: each offers it
    workload=$2 count=0
    shift 2
    for module in "$@"; do
        "$encbench" list --module "built/$module" >"$work/out" 2>"$work/err" || fail "list --module $module"
        grep -qw "$workload" "$work/out" && count=$((count + 1))
    done
    [ "$count" -eq $# ]
}
check "base64" listed base64 base64_16k base64/base64_plain.o base64/base64_pairs.o base64/base64_sums.o
check "releases" listed releases encode_1k releases/v1.o releases/v2.o
[ ! -d built/rust ] || check "rust" listed rust hash_1024 rust/folded.o rust/bytewise.o
[ ! -d built/rust ] || check "rust with its standard library" listed rust sort_1024 rust/stable.o rust/unstable.o
[ ! -d built/xxhash ] || check "xxhash" listed xxhash hash_256 xxhash/xxhash_xxh64.o xxhash/xxhash_xxh3.o
run_example() { # run_example WORKLOADS VARIANTS MODULE...
    out=$1-$2 workloads=$1 variants=$2
    shift 2
    for module in "$@"; do set -- "$@" --module "built/$module" && shift; done
    "$encbench" run --quiet --profile smoke --seed 5 --out "$out" --workloads "$workloads" --variants "$variants" "$@" >"$work/out" 2>"$work/err"
}
if [ -d built/sort ]; then
    check "sort" listed sort median_100 sort/sort_sort.o sort/sort_stable.o
fi
if [ -n "$all" ]; then
    check "base64 runs" run_example base64_64,base64_1k,base64_16k plain,pairs,sums base64/base64_plain.o base64/base64_pairs.o base64/base64_sums.o
    check "releases run" run_example encode_10,encode_1k,decode_1k v1,v2 releases/v1.o releases/v2.o
    if [ -d built/xxhash ]; then
        check "xxhash runs" run_example hash_8,hash_256,hash_16k xxh64,xxh3 xxhash/xxhash_xxh64.o xxhash/xxhash_xxh3.o xxhash/xxhash_xxh64.planted.o
        of_hash() { sed -n "s/^xxh64,$1,$2,instructions,ok,\([0-9]*\),.*/\1/p" hash_8,hash_256,hash_16k-xxh64,xxh3/optimiser.csv; }
        check "its planted additions are executed" [ "$(of_hash yes hash_256)" -eq $(($(of_hash no hash_256) + 33)) ]
    fi
    [ ! -d built/sort ] || check "sort runs" run_example numbers_16,numbers_1k,median_100 sort,stable sort/sort_sort.o sort/sort_stable.o
    [ ! -d built/rust ] || check "rust runs" run_example hash_64,hash_1024,doubled_64 folded,bytewise rust/folded.o rust/bytewise.o
    [ ! -d built/rust ] || check "rust with its standard library runs" run_example sort_1024 stable,unstable rust/stable.o rust/unstable.o
    check "by module.h alone runs" run_example sum_4k sum_bytes,sum_words module/sum_bytes.o module/sum_words.o
fi

finish 30
