#!/bin/sh
# An op of more functions than symbols.csv has rows for: what is left over has one, so that the sum is the op's, and the run can be read.
# usage: symbols_test.sh BUILD SOURCE COMPILER
set -u
build=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export ENCBENCH_ROOT="$source" TMPDIR="$work"
. "${0%/*}/../checks.sh"
cd "$work" || exit 1
{
    seq 600 | sed 's|.*|__attribute__((noinline)) static void f&(void) { __asm__ volatile("nop /* & */"); }|'
    echo 'const char *objects_op(void); const char *objects_op(void) {'
    seq 600 | sed 's/.*/f&();/'
    echo 'return "done"; }'
} >many.c
for name in many more; do
    must "compile $name" "$compiler" -O2 -fPIC -ffunction-sections -I"$source/harness" "-DOBJECTS_VARIANT=\"$name\"" -c \
        "$source/tests/module/objects/module.c" -o module.o
    must "compile the functions" "$compiler" -O2 -fPIC -ffunction-sections -c many.c -o many.c.o
    must "link $name" sh "$source/harness/link_module.sh" "$compiler" -o "$name.o" module.o many.c.o
done
must "run" "$build/encbench" run --quiet --profile smoke --seed 7 --workloads said --variants many,more --out run --module many.o --module more.o
for name in many more; do
    check "functions of $name have rows up to the limit" [ "$(grep -c "^$name,said,module," run/symbols.csv)" -eq 511 ]
    check "what is left over of $name has one" [ "$(grep -c "^$name,said,,," run/symbols.csv)" -eq 1 ]
    check "the sum is the op's" [ "$(awk -F, -v name=$name '$1 == name && $2 == "said" { sum += $5 } END { print sum }' run/symbols.csv)" = \
        "$(sed -n "s/^$name,said,instructions_per_op,\\([^,]*\\),exact.*/\\1/p" run/metrics.csv)" ]
done
"$build/encbench" analyse run >out 2>err
check "the run agrees with itself" [ $? -eq 0 ]
finish 7
