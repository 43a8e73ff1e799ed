#!/bin/sh
# The gate's timing lane on two builds that differ in a known way: in their codec, in a module, in what a workload is, in nothing at all.
# No time is asserted: only what is found to be slower, by how much at least, and that the controls are.
# usage: gate_time_test.sh BUILD SOURCE COMPILER DRIVER
set -u
build=$1 source=$2 compiler=$3 driver=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp"
export ENCBENCH_ROOT="$source" TMPDIR="$work/tmp"
. "${0%/*}/../checks.sh"

tree() { # tree NAME: a build of a few variants
    mkdir -p "$work/$1/modules" && cp "$driver" "$build/encbench-worker" "$build/libencbench_interpose.so" "$work/$1/" || exit 1
    ln -s "$build/kernels" "$work/$1/kernels"
    for name in null+thread removed+thread; do cp "$build/modules/$name.o" "$build/modules/$name.planted.o" "$work/$1/modules/"; done
    cp -r "$build/modules/shared" "$build/modules/planted" "$build/modules/data" "$work/$1/modules/"
    printf 'null+thread\nremoved+thread\n' >"$work/$1/modules/order.txt"
    cp "$build/modules/panels.csv" "$work/$1/modules/"
}

# lane NAME BASE [KEY=VALUE...]: head is the tree NAME, base the modules of the tree BASE
lane() {
    tree=$1 base=$2
    shift 2
    "$work/$tree/${driver##*/}" "$work/$base/modules" "$@" >"$work/out" 2>"$work/err"
    code=$?
    grep -h '^outcome' "$work/out" >>"$work/err" # so that it is among the last lines, which a failure shows
}

word() { awk -F '\t' -v pair="$1" -v workload="$2" '$1 == "pair" && $2 == pair && $3 == workload { print $4 }' "$work/out"; }
plant() { awk -F '\t' -v plant="planted $1" '$1 == plant { print $4 }' "$work/out"; }
passes() { awk -F '\t' -v plant="planted $1" '$1 == plant { print NF - 5 }' "$work/out"; }
# Of the first pass, for a plant or a pair.
processes() { awk -F '\t' -v plant="planted $1" -v pair="$1" '$1 == plant || $1 == "pair" && $2 == pair { split($5, words, " of "); print words[2] + 0 }' "$work/out"; }
pairs() { grep -c '^pair' "$work/out"; }

# refused CODE WORDS: one line on standard error that holds the words
refused() {
    [ "$code" -eq "$1" ] && [ "$(grep -c '^gate_time_driver: ' "$work/err")" -eq 1 ] && grep '^gate_time_driver: ' "$work/err" | grep -qF -- "$2"
}

# A machine that others keep busy may be called unfit, or hide what is planted: then nothing was decided, the lane has said so, and it is
# timed again, twice at most. One that decides anything, right or wrong, is what the test is about. Unfit to the end, the test is skipped.
lane_or_skip() {
    for more in 2 1 0; do
        lane "$@"
        case $code in
        3) grep -q '^outcome	3	[^	]*\(are void\|ended well\)' "$work/out" || return ;;
        4) ;;
        *) return ;;
        esac
    done
    [ "$code" -eq 3 ] || return
    printf 'SKIP: the machine is unfit: %s\n' "$(grep '^outcome' "$work/out")"
    [ "$failures" -eq 0 ] || exit 1
    exit 77
}

tree head
tree base

# ---- the same build twice: nothing is timed but the controls ----
grep -v 'removed+thread' "$build/modules/panels.csv" >"$work/head/modules/panels.csv"
lane_or_skip head base
cp "$build/modules/panels.csv" "$work/head/modules/panels.csv"
check "a variant in no panel is no pair" [ "$(grep -c '^pair	removed+thread' "$work/out")" -eq 0 ]
check "and is named" grep -q '^not in panels	removed+thread$' "$work/out"
check "the same build is green" [ "$code" -eq 0 ]
check "all pairs are identical" [ "$(pairs)" -gt 10 -a "$(grep -c '^pair.*	identical	' "$work/out")" -eq "$(pairs)" ]
check "the slower module is found" [ "$(plant module)" = red ]
check "the slower codec is found" [ "$(plant 'shared object')" = red ]
check "each in two passes" [ "$(passes module) $(passes 'shared object')" = "2 2" ]
check "of all their processes, as far as those are not void" [ "$(processes module)" -gt 8 ]
check "what is never timed is not listed" [ -z "$(word null+thread footprint_1000)" ]
check "the plan is said" grep -q '0 pairs in 1 cells of 8 to 20 processes: [0-9]* to [0-9]* s' "$work/err"

# ---- identical code, timed on demand ----
lane_or_skip head base identical=yes workloads=get_put,nop
check "identical code is not slower" [ "$code" -eq 0 ]
check "though it was timed" [ "$(word null+thread get_put) $(word removed+thread get_put)" = "green green" ]
check "in fewer processes than all, where that is enough" [ "$(processes null+thread | sort -n | head -n 1)" -lt 20 ]

# ---- another codec in head, the same modules ----
# codec DIRECTORY PART [DIGITS [NAME]]: one that encodes 1/PART of its input twice, with these hexadecimal digits; its object file beside it
codec() {
    rm -f "$1"/libencbench_codec-*
    sed "s/PART = 16/PART = $2/" "$source/workloads/codec_planted.c" >"$work/planted.c"
    sed "s/0123456789abcdef/${3:-0123456789abcdef}/" "$source/workloads/codec.c" >"$work/codec.c"
    link_codec "$1" "${4:-}"
}
link_codec() {
    "$compiler" -std=c17 -O2 -fPIC -falign-functions=64 -falign-loops=64 -I "$source/workloads" -c "$work/planted.c" -o "$work/codec.o" || exit 1
    name=${2:-libencbench_codec-$(sha256sum "$work/codec.o" | cut -c1-16).so}
    "$compiler" -shared -Wl,-soname,"$name" -Wl,-z,now "$work/codec.o" -o "$1/$name" && cp "$work/codec.o" "$1/${name%.so}.o" || exit 1
}

tree slow
codec "$work/slow/modules/shared" 8
codec "$work/slow/modules/planted/shared" 4 # of a slower codec a slower one still
lane_or_skip slow base variants=null+thread workloads=to_string_1k,nop processes=12
check "a slower codec in head is a regression" [ "$code" -eq 1 ]
check "where it is called" [ "$(word null+thread to_string_1k)" = red ]
check "not where it is not" [ "$(word null+thread nop)" = green ]
check "the reason has the pair" grep -q '^outcome	1	null+thread on to_string_1k: ' "$work/out"
lane_or_skip base slow variants=null+thread workloads=to_string_1k processes=12
check "a faster one is none" [ "$code" -eq 0 ]
check "but is said" [ "$(word null+thread to_string_1k)" = improved ]

# ---- a codec whose speed depends on where it lies: no build of it is faster than another ----
# place TREE BYTES: at addresses with bit 10 it encodes an eighth of its input twice; behind so many bytes that nobody runs
place() {
    tree "$1"
    codec "$work/$1/modules/planted/shared" 2 # slower than the other at any address
    rm -f "$work/$1/modules/shared"/libencbench_codec-*
    sed "s/PART = 16/PART = 8/; s/input_bytes \\/ PART/((unsigned long)codec >> 10 \\& 1) * input_bytes \\/ PART/" "$source/workloads/codec_planted.c" >"$work/planted.c"
    printf '__attribute__((used, section(".text.hot.before"))) static void before(void) { __asm__ volatile(".skip %s, 0x90"); }\n' "$2" >>"$work/planted.c"
    cp "$source/workloads/codec.c" "$work/codec.c"
    link_codec "$work/$1/modules/shared"
}
address() { nm "$work/$1/modules/shared"/libencbench_codec-*.so | awk '$3 == "codec_hex_table16" { print $1 }'; }
place here 64
place there 1088
here=here there=there
[ $((0x$(address here) >> 10 & 1)) -eq 0 ] || here=there there=here
# Without a name of its own a codec would be known by its path, and loaded from there instead of laid out afresh.
for side in here there; do
    "$compiler" -shared -Wl,-z,now "$work/$side/modules/shared"/libencbench_codec-*.o -o "$(echo "$work/$side/modules/shared"/libencbench_codec-*.so)" || exit 1
    check "it does not say its name" [ "$(readelf -d "$work/$side/modules/shared"/libencbench_codec-*.so | grep -c SONAME)" -eq 0 ]
done
check "the two lie at addresses that differ in that bit" [ $((0x$(address $here) >> 10 & 1)) -eq 0 -a $((0x$(address $there) >> 10 & 1)) -eq 1 ]
lane_or_skip $there $here variants=null+thread workloads=to_string_1k processes=12
check "with fresh layouts none is slower" [ "$code" -eq 0 -a "$(word null+thread to_string_1k)" = green ]
lane_or_skip $here $there variants=null+thread workloads=to_string_1k processes=12
check "nor faster" [ "$code" -eq 0 -a "$(word null+thread to_string_1k)" = green ]
check "and all have many layouts" [ -z "$(sed -n 's/^one layout\t//p' "$work/out")" ]
rm "$work/$there/modules/shared"/libencbench_codec-*.o "$work/$here/modules/shared"/libencbench_codec-*.o
lane_or_skip $there $here variants=null+thread workloads=to_string_1k processes=12
check "in the one layout of its build it is slower" [ "$code" -eq 1 -a "$(word null+thread to_string_1k)" = red ]
check "which is said to be one" [ "$(sed -n 's/^one layout\t//p' "$work/out")" = "$(cd "$work/$here/modules/shared" && echo libencbench_codec-*.so)" ]

# ---- a control that is none: a codec of another name and the same speed ----
tree blind
codec "$work/blind/modules/planted/shared" 1000000
lane blind base workloads=nop processes=12
check "a plant that is not found is an outcome of its own" [ "$code" -eq 4 ]
check "though the other was" [ "$(plant module) $(plant 'shared object')" = "red green" ]
codec "$work/blind/modules/planted/shared" 16 0123456789ABCDEF
lane blind base workloads=nop
check "a plant with other output is refused" refused 2 'its output differs'

# ---- the loader's one namespace ----
tree nameless
codec "$work/nameless/modules/shared" 8 '' libencbench_codec.so
lane nameless base workloads=nop
check "a codec without a hash in its name is refused" refused 2 'nameless/modules/shared/libencbench_codec.so: a shared object without a hash'
tree namesake
sound=$(cd "$work/base/modules/shared" && echo libencbench_codec-*.so)
codec "$work/namesake/modules/shared" 8 '' "$sound"
lane namesake base workloads=nop
check "two of one name are refused" refused 2 'differ under one name'
tree stranger
printf 'x' >>"$work/stranger/modules/shared/${sound%.so}.o"
lane stranger base workloads=nop
check "another object file beside a codec is refused" refused 2 "stranger/modules/shared/${sound%.so}.o: its SHA-256 does not begin as $sound is named"
LD_LIBRARY_PATH=$work/namesake/modules/shared lane_or_skip head base workloads=nop processes=12
check "what the environment has under that name is not taken" [ "$code" -eq 0 ]
mkdir "$work/a:b"
TMPDIR=$work/a:b lane head base workloads=nop
check "a directory that the loader takes for two is refused" refused 2 'the loader takes a colon'
lane head base workloads=nop preload="$work/namesake/modules/shared/$sound"
check "the worker sees that another was loaded" refused 2 "but the process has $work/namesake/"

# ---- modules: what can be compared, and what cannot ----
tree sums
tree sums-base
# sum TREE NAME SED [SED-OF-HEADER]: a module of the name, changed
sum() {
    mkdir -p "$work/sum" && sed "$3" "$source/examples/module/sum_bytes.c" | sed "s/\"sum_bytes\"/\"$2\"/" >"$work/sum/sum_bytes.c"
    sed "${4:-}" "$source/examples/module/sum.h" >"$work/sum/sum.h"
    "$compiler" -std=c17 -O2 -fPIC -ffunction-sections -I "$source/harness" -c "$work/sum/sum_bytes.c" -o "$work/$1/modules/$2.o" || exit 1
    echo "$2" >>"$work/$1/modules/order.txt"
    printf 'sums,core,sum_4k,%s,pair,%s,null+thread\n' "$2" "$2" >>"$work/$1/modules/panels.csv"
}
for name in same slower bytes parameters digest old; do sum sums-base $name ''; done
sum sums new ''
for side in sums-base sums; do
    sum $side unlisted '' && sed -i '/,unlisted,/d' "$work/$side/modules/panels.csv"
done
sum sums same 's|One byte|A byte|'
sum sums slower 's|total += bytes\[i\];|{ total += bytes[i]; __asm__("" : "+r"(total)); }|'
sum sums bytes '' 's/.bytes_per_op = sizeof(uint64_t)/.bytes_per_op = 2 * sizeof(uint64_t)/;s/return n \* sizeof total/return 2 * n * sizeof total/'
sum sums parameters '' 's/"sum:size=4096"/"sum:size=4096:ways=1"/'
sum sums digest 's/total += bytes\[i\]/total += bytes[i] + 1u/'
lane_or_skip sums sums-base workloads=sum_4k processes=12
reason() { awk -F '\t' -v pair="$1" '$1 == "pair" && $2 == pair { print $NF }' "$work/out"; }
check "a slower module is a regression" [ "$code $(word slower sum_4k)" = "1 red" ]
check "other comments are not" [ "$(word same sum_4k)" = identical ]
check "new and removed variants, and what no panel has, are not judged" [ "$(pairs)" -eq 5 ]
for name in bytes parameters digest; do check "other $name: not comparable" [ "$(word $name sum_4k)" = "not comparable" ]; done
check "bytes: why" [ "$(reason bytes)" = "bytes per op: 8 in base and 16 in head" ]
check "parameters: why" [ "$(reason parameters)" = "other parameters: sum:size=4096 in base and sum:size=4096:ways=1 in head" ]
check "digest: why" sh -c "printf '%s' '$(reason digest)' | grep -Eq '^digest of the output: [0-9a-f]{16} in base and [0-9a-f]{16} in head$'"
lane_or_skip sums sums-base variants=digest workloads=sum_4k processes=12
check "what cannot be timed any more is red" [ "$code" -eq 1 ]
check "and says why" grep -q '^outcome	1	digest on sum_4k: digest of the output' "$work/out"
allow() { printf 'variant,workload,metric,value,reason\n%s\n' "$1" >"$work/allow.csv"; }
allow 'digest,sum_4k,ns_per_op,,other sums'
lane_or_skip sums sums-base variants=digest workloads=sum_4k processes=12 "allow=$work/allow.csv"
check "unless it is declared" [ "$code $(word digest sum_4k) $(reason digest)" = "0 declared other sums" ]
lane sums sums-base variants=same workloads=sum_4k processes=12 "allow=$work/allow.csv"
check "about what was not asked for nothing is known" [ "$code" -eq 0 ]
allow 'same,sum_4k,ns_per_op,,too slow'
lane sums sums-base variants=same workloads=sum_4k "allow=$work/allow.csv"
check "what can be timed cannot be declared" refused 2 'allow.csv:2: declares that same on sum_4k cannot be timed'
lane sums sums-base variants=new workloads=nop processes=12
check "nothing to compare is no pass" refused 2 'nothing can be compared in time'
grep -v 'removed+thread' "$build/modules/panels.csv" >"$work/head/modules/panels.csv"
lane_or_skip head base variants=removed+thread workloads=nop processes=12
check "a variant in no panel is compared when it is asked for" [ "$code $(word removed+thread nop)" = "0 identical" ]

# ---- a module that crashes in some of its layouts: not judged from the others ----
tree crashes
sum crashes same 's|^#include <stdint.h>|&\n#include <stdlib.h>\nstatic int placed; /* anew in every process */|;s|^    uint64_t total = 0;|&\n    if (((uintptr_t)\&placed >> 12 \& 1) != 0 \&\& placed++ > 2000)\n        abort();|'
check "the module that crashes has a crash" grep -q abort "$work/sum/sum_bytes.c"
tree crashes-base
sum crashes-base same ''
lane crashes crashes-base workloads=sum_4k
check "a crash is an error" refused 2 'head:same'

# ---- an unfit machine: arms that do not take turns, a chain that lacks what is planted in it ----
tree turns
cp "$build/tests/sabotage-sequential" "$work/turns/encbench-worker"
lane turns base workloads=nop
check "arms one after the other: unfit" [ "$code" -eq 3 ]
check "and why" grep -q '^outcome	3	arms did not take turns' "$work/out"
tree chain
rm "$work/chain/kernels" && cp -rL "$build/kernels" "$work/chain/kernels"
sed 's/(value, CHAIN_PLANTED_EXTRA_CYCLES)/(value, 30)/' "$source/harness/kernels/chain.c" >"$work/chain.c"
"$compiler" -std=gnu17 -O2 -fPIC -ffunction-sections -I "$source/harness/kernels" -I "$source/harness" -c "$work/chain.c" -o "$work/chain/kernels/chain.o" || exit 1
lane chain base workloads=nop
check "a chain that shows less than is planted: unfit" [ "$code" -eq 3 ]
check "and why" grep -q '^outcome	3	of the cycles planted in the chain 9[0-9.]* % are seen' "$work/out"

# ---- what is refused, and what a signal leaves ----
lane head base variants=nobody
check "a variant that neither has" refused 2 '--variants nobody: neither build has it'
lane head base workloads=nothing
check "a workload that neither has" refused 2 '--workloads nothing: neither build has it'
lane head base workloads=nop processes=7
check "too few processes to decide anything" refused 2 '7 processes a pass; expected 8 to '
rm "$work/head/modules/planted/plant.txt"
lane head base workloads=nop
check "no plants, no gate" refused 2 'plant.txt'
cp "$build/modules/planted/plant.txt" "$work/head/modules/planted/"
"$work/head/${driver##*/}" "$work/base/modules" identical=yes >"$work/out" 2>"$work/err" &
sleep 4 && kill -TERM $! && wait $!
code=$?
check "a signal stops it" refused 3 'stopped'
check "nothing is left behind but the jobs of workers that failed" [ -z "$(ls -A "$TMPDIR" | grep -v '^failed-encbench-')" ]
finish 60
