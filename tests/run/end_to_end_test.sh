#!/bin/sh
# The whole program on a tiny run: files, refusals, bad input, interruption. No time is asserted anywhere.
# usage: end_to_end_test.sh BUILD SOURCE COMPILER WHOLE, as whole_run.sh made it
set -u
build=$1 source=$2 compiler=$3 whole=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
encbench=$build/encbench
export ENCBENCH_ROOT="$source" TMPDIR="$work"
. "${0%/*}/../checks.sh"

# refused DESCRIPTION WORDS COMMAND...: exit 2 and one line on standard error that holds WORDS
refused() {
    checks=$((checks + 1))
    description=$1 words=$2
    shift 2
    "$@" >"$work/out" 2>"$work/err"
    code=$?
    [ "$code" -eq 2 ] || fail "$description: exit $code instead of 2"
    grep -qF -- "$words" "$work/err" || fail "$description: does not say \"$words\""
    lines=$(grep -vc -e '^looking for removed ops:' -e '^exact passes:' -e '^counting instructions:' -e '^heap passes:' -e '^counters:' -e '^pilot:' -e '^forecast:' -e '^measuring' "$work/err")
    [ "$lines" -eq 1 ] || fail "$description: $lines lines instead of one"
}

rows() { tail -n +2 "$1" | wc -l; }

# ---- a tiny run ----
run=$work/run
cp -r "$whole/run" "$run" || exit 1
cp "$whole/out" "$whole/err" "$work"
check "prints where it went" grep -qx "$whole/run" "$work/out"
check "is complete" [ "$(key "$run" complete)" = yes ]
check "keeps the seed" [ "$(key "$run" seed)" = 5 ]
cells=$(tail -n +2 "$run/processes.csv" | cut -d, -f2,3 | sort -u | wc -l)
processes=$(tail -n +2 "$run/processes.csv" | cut -d, -f1 | sort -u | wc -l)
check "six processes for each panel on a workload" [ "$processes" -eq $((6 * cells)) ]
check "every process has a twin" [ "$(grep -c ',twin,twin,' "$run/processes.csv")" -eq "$processes" ]
check "every process has the planted chain" [ "$(grep -c ',chain_planted,clock,' "$run/processes.csv")" -eq "$processes" ]
layouts=$(tail -n +2 "$run/processes.csv" | grep -v ',clock,' | cut -d, -f7)
check "no layout twice" [ "$(echo "$layouts" | sort | uniq -d | wc -l)" -eq 0 ]
check "at most six arms beside the clock" \
    [ "$(tail -n +2 "$run/processes.csv" | grep -v ',clock,' | cut -d, -f1 | uniq -c | sort -rn | awk 'NR==1{print $1}')" -le 6 ]
# Of four places in a cache line none is rare: what was freed before set-up used to come back where the length of a path had put it, at one
# place on 58 % of the heaps of a run and at another on none.
check "structures lie anywhere" sh -c 'gzip -dc "$1/placements.csv.gz" | awk -F, "
    \$6==\"structure\" && (\$7==32 || \$7==48) {n[\$7,\$8]++; all[\$7]++}
    END{for(size in all) for(at=0; at<64; at+=16) {places++; if(all[size]<60 || n[size,at]<all[size]/16) bad++} exit bad>0 || places!=8}"' sh "$run"
check "samples unpack" gzip -t "$run/samples.csv.gz"
check "two samples an arm, block, purpose and size" [ "$(gzip -dc "$run/samples.csv.gz" | awk -F, \
    'NR>1{n[$1","$4","$5","$11","$7]++} END{for(k in n) if(n[k]!=2) bad++; print bad+0}')" -eq 0 ]
check "raw samples of every process" [ "$(gzip -dc "$run/samples.csv.gz" | awk -F, 'NR>1{print $1}' | sort -u | wc -l)" -eq "$processes" ]
# The level in processes.csv is what the samples for effects give, the reading of the clock taken off: plain mean over kept blocks of the first
# arm that counts; of one round a batch.
check "levels follow from samples" sh -c '
    line=$(grep ",ok,," "$1/processes.csv" | grep -v ",put," | head -n 1); line=${line%,,,}; reading=${line##*,}; process=${line%%,*}; arm=$(echo "$line" | cut -d, -f4); mean=$(echo "$line" | cut -d, -f9)
    gzip -dc "$1/samples.csv.gz" | awk -F, -v arm="$arm" -v mean="$mean" -v process="$process" -v reading="$reading" \
        "\$1==process && \$4==arm && \$9==1 && \$11==\"effect\" {sum+=(\$8-reading)/\$7; n++} END{d=sum/n-mean; if(d<0)d=-d; exit !(n>0 && d<=1e-9*mean)}"' sh "$run"
check "every batch has a state, or its block's probes disagree" sh -c '
    gzip -dc "$1/samples.csv.gz" | awk -F, "\$11==\"effect\"{n[\$10]++; all++} END{exit !(n[\"quiet\"]+n[\"shared\"]>=0.8*all)}"' sh "$run"
check "processes.csv counts the states of its blocks" [ "$(gzip -dc "$run/samples.csv.gz" | awk -F, '
    NR>1 && $9==1 && $6==0 && $11=="effect" {n[$1","$10]++; seen[$1]} END{for(p in seen) print p","n[p",quiet"]+0","n[p",shared"]+0}' | sort)" = \
    "$(awk -F, 'NR>1 && $5=="baseline" {print $1","$12","$13}' "$run/processes.csv" | sort)" ]
check "exact: pooled is one allocation of 2048 bytes" grep -qx 'null+thread,to_string_1k,allocated_bytes_per_op,2048,exact,' "$run/metrics.csv"
check "exact: nothing left after teardown" \
    [ "$(grep ',live_blocks_after_teardown,' "$run/metrics.csv" | grep -vc ',live_blocks_after_teardown,0,exact,')" -eq 0 ]
# Of the short ops that decide claims. Where instructions can be counted: every short pair's delta is the sum of the instructions named for it.
check "exact: instructions are counted, or there is a reason" \
    [ "$(grep -E '^[^,]*,(get_put|to_string_1k),' "$run/metrics.csv" |
        grep -c ',instructions_per_op,\([0-9]*,exact,$\|,not available,.\)')" -eq \
      "$(grep -cE '^[^,]*,(get_put|to_string_1k),allocations_per_op,' "$run/metrics.csv")" ]
check "no scratch left" [ -z "$(ls -d "$work"/encbench-* 2>/dev/null)" ]

# ---- analyse and report ----
"$encbench" analyse "$run" >"$work/out" 2>"$work/err"
check "analyse says what it found" grep -q '^claim parts: ' "$work/out"
check "no timing verdict from a smoke run" [ "$(grep -E '^(4,a|4,d|5,a|11,a),' "$run/verdicts.csv" | grep -vcE 'not resolvable here|run invalid')" -eq 0 ]
check "exact verdicts from a smoke run" [ "$(grep -E '^(5,b|8,a|8,b|9,a),' "$run/verdicts.csv" | grep -c ',refuted,')" -eq 4 ]
check "arms take turns" [ "$(awk -F, '$1=="interleaving" {print $7}' "$run/controls.csv" | sort -u)" = holds ]
check "and are laid out afresh" [ "$(awk -F, '$1=="layouts" {print $7}' "$run/controls.csv")" = holds ]
# ---- forecast ----
# On a machine that others keep busy the three short processes of put, whose set-up takes longest, may all be void.
check "foretells every timing part that was timed, once on each workload" sh -c '
    tail -n +2 "$1/forecast.csv" | cut -d, -f1,2,4 | sort >"$1.foretold"
    grep -q ",put$" "$1.foretold" && void=^$ || void=",put$"
    grep -E "^[0-9]+,[a-z],.*,(timing|level|composition)," "$1/claims.csv" | awk -F, "{split(\$8, w, \" \"); print \$1 \",\" \$2 \",\" w[1]}" |
        grep -v "$void" | sort | diff - "$1.foretold"' sh "$run"
check "from processes of its own" [ "$(tail -n +2 "$run/forecast.csv" | awk -F, '$14 < 2 || $14 > 3 || $18 != 6' | wc -l)" -eq 0 ]
check "counts none of them" [ "$(tail -n +2 "$run/processes.csv" | awk -F, '$1 > 1000000' | wc -l)" -eq 0 ]
check "more spread, more processes" [ "$(tail -n +2 "$run/forecast.csv" |
    awk -F, '$15 != "" && $16 != "" && ($16 + 0 > $15 + 0 || ($17 != "" && $17 + 0 < $15 + 0))' | wc -l)" -eq 0 ]
# ---- memory over many operations ----
growth() { cut -d, -f1-5 "$1/growth.csv"; }
control() { grep "^$2," "$1/controls.csv" | cut -d, -f7; }
check "the planted leak of bytes is found" sh -c "grep -q '^leak,leak_bytes,growing,' '$run/growth.csv'"
check "and its size" [ "$(control "$run" leak_bytes)" = holds ]
check "the planted leak of mappings is found and its size" [ "$(growth "$run" | grep -cx 'leak,leak_mapping,growing,0,6553.6')" -eq 1 ]
check "and is a control" [ "$(control "$run" leak_mapping)" = holds ]
check "the loop without a leak is cleared" [ "$(growth "$run" | grep -cx 'leak,leak_none,bounded,0,0')" -eq 1 ]
check "every heap pass of the subject has a class" [ "$(rows "$run/growth.csv")" -eq "$(tail -n +2 "$run/heap.csv" | cut -d, -f1,2 | sort -u | wc -l)" ]
check "a pool keeps what it pools and no more" [ "$(growth "$run" | grep -cx 'null+thread,to_string_1k,retaining,0,0')" -eq 1 ]
check "without a pool nothing is kept" [ "$(growth "$run" | grep -cx 'null+none,to_string_1k,bounded,0,0')" -eq 1 ]
check "what a claim is about runs to a million" [ "$(grep -c '^null+thread,to_string_1k,1000000,[0-9]' "$run/heap.csv")" -eq 1 ]
check "and the rest does not" [ "$(grep -c '^null+none,to_string_1k,1000000,' "$run/heap.csv")" -eq 0 ]
check "claim 3 is decided by it" sh -c "grep '^3,a,' '$run/verdicts.csv' | grep -q ',confirmed,'"

check "the instructions that a pair differs in add up to its delta" sh -c '
    awk -F, "FILENAME ~ /_delta/ {if(FNR>1) {sum[\$1,\$2] += (\$3==\"contender\"?1:-1)*\$8; rows++}}
        FILENAME ~ /effects/ && ((\$2,\$6) in sum) && \$24!=\"\" && sum[\$2,\$6]!=\$24 {bad++}
        END{exit bad>0 || rows==0}" "$1/instructions_delta.csv" "$1/effects.csv" ||
        ! grep -q "^null+thread,get_put,instructions_per_op,.*,exact," "$1/metrics.csv"' sh "$run"
cp "$run/verdicts.csv" "$work/verdicts.first"
"$encbench" analyse "$run" >/dev/null 2>&1
check "analyse is deterministic" cmp -s "$run/verdicts.csv" "$work/verdicts.first"
"$encbench" report "$run" --output "$work/A.md" >"$work/out" 2>"$work/err"
check "report ends with where it is" sh -c "tail -n 1 '$work/out' | grep -q '^report  *$work/A.md$'"
check "after what came of it" grep -q '^claims   ' "$work/out"
check "in ten lines at most" [ "$(grep -vc '^figures.py: no figure ' "$work/out")" -le 10 ]
cp "$work/A.md" "$work/A.first"
"$encbench" report "$run" --output "$work/A.md" >/dev/null 2>&1
check "report is deterministic" cmp -s "$work/A.md" "$work/A.first"

# ---- bad command lines ----
refused "unknown verb" 'unknown verb "frobnicate"' "$encbench" frobnicate
refused "unknown option" 'unknown option "--fast"' "$encbench" run --fast
refused "option of another verb" 'unknown option "--format"' "$encbench" run --format csv
refused "missing value" 'wants NAME' "$encbench" run --profile
refused "unknown profile" 'unknown profile "instant"' "$encbench" run --profile instant
for number in 1 257 many ''; do
    refused "bad number of processes $number" "--processes: \"$number\" is no number of processes; expected 2 to 256" \
        "$encbench" run --processes "$number"
done
refused "processes of a run that is there" "--processes says how to measure" "$encbench" report "$run" --processes 20
"$encbench" run --processes 190 --dry-run >"$work/out" 2>"$work/err"
check "asked processes end the looks" grep -qxF 'looks at 32 processes (0.3 of the error), then at 190 processes (0.7 of the error)' "$work/out"
check "and are those of every panel" [ "$(grep -c ', panel ' "$work/out")" -eq "$(grep -c ', 190 processes' "$work/out")" ]
refused "unknown variant" 'unknown variant "nobody"' "$encbench" run --variants nobody
refused "unknown workload" 'unknown workload "nothing"' "$encbench" run --workloads nothing
refused "unknown baseline" 'unknown variant "nobody"' "$encbench" run --baseline nobody
refused "bad seed" '"12x" is not a number' "$encbench" run --seed 12x
refused "missing directory argument" 'expected DIR' "$encbench" analyse
refused "a report that cannot be written, before anything is measured" "cannot be written" \
    "$encbench" report --profile smoke --out "$work/unwritten" --output "$work/absent/R.md"
check "and nothing is measured" [ ! -e "$work/unwritten" ]
refused "an empty output" '--output: empty' "$encbench" report "$run" --output ''
refused "an empty run directory" '--out: empty' "$encbench" run --out ''
refused "a report of a directory and how to measure it" '--profile says how to measure' "$encbench" report "$run" --profile smoke
check "a verb knows the version" sh -c "'$encbench' run --version | grep -q '^encbench [0-9]'"
mkfifo "$work/pipe.md" && ln -s A.md "$work/link.md"
for place in pipe.md link.md; do
    refused "a report over $place" "$place: exists and is not a regular file" "$encbench" report "$run" --output "$work/$place"
done
refused "a report over a table" 'effects.csv: is the name of a table' "$encbench" report "$run" --output "$run/effects.csv"
check "the pipe is still one" [ -p "$work/pipe.md" ]
check "the link is still one" [ -L "$work/link.md" ]
refused "two directories" 'unexpected argument' "$encbench" analyse "$run" "$run"

# ---- bad run directories ----
before=$(cat "$run"/*.csv | cksum)
refused "existing run directory" 'nothing is ever overwritten' "$encbench" run --profile smoke --out "$run"
check "is untouched" [ "$(cat "$run"/*.csv | cksum)" = "$before" ]
refused "missing directory" 'no such run directory' "$encbench" analyse "$work/absent"
refused "a file for a directory" 'directory' "$encbench" analyse "$work/A.md"
mkdir "$work/empty"
refused "empty directory" 'run.csv' "$encbench" analyse "$work/empty"
damaged() { rm -rf "$work/damaged"; cp -r "$run" "$work/damaged"; }
damaged
head -c -7 "$run/contrasts.csv" >"$work/damaged/contrasts.csv"
refused "truncated mid-row" "contrasts.csv: lacks what was measured in process $(tail -n 1 "$run/contrasts.csv" | cut -d, -f1) and later" \
    "$encbench" analyse "$work/damaged"
damaged
sed -i '2s/^\(\([^,]*,\)\{8\}\)[^,]*/\10.5/' "$work/damaged/contrasts.csv" # its standard error
refused "a figure that somebody changed" "contrasts.csv: was changed since it was measured, in process" "$encbench" analyse "$work/damaged"
refused "whoever reads it" "contrasts.csv: was changed since" "$encbench" export --format benchfmt "$work/damaged"
"$encbench" analyse --accept-edited "$work/damaged" >"$work/out" 2>"$work/err"
check "accepted it is analysed" [ $? -ne 2 ]
check "and labelled" grep -q '^edited since it was measured, and accepted: contrasts.csv of process' "$work/out"
check "also afterwards" sh -c "'$encbench' report '$work/damaged' --output '$work/edited.md' >'$work/out' 2>&1; grep -q '^EDITED ' '$work/out' &&
    head -n 6 '$work/edited.md' | grep -q 'Not as measured'"
refused "a report of no run" '--accept-edited is about a run that is there' "$encbench" report --accept-edited
damaged
sed -i 's/^schema_version,.*/schema_version,99/' "$work/damaged/run.csv"
refused "another schema" '99' "$encbench" analyse "$work/damaged"
damaged
sed -i '1s/difference_ns/difference_us/' "$work/damaged/contrasts.csv"
refused "another column" 'difference_us' "$encbench" analyse "$work/damaged"
damaged
rm "$work/damaged/metrics.csv"
refused "missing file" 'metrics.csv' "$encbench" analyse "$work/damaged"

damaged
sed -i 's/^9,a,1,\(.*\),16.65,16.75,/9,a,1,\1,0,99,/' "$work/damaged/claims.csv"
refused "claims changed after the run" 'claims.csv: was changed after the run' "$encbench" analyse "$work/damaged"
damaged
sed -i '2s/,core,/,wide,/' "$work/damaged/panels.csv"
refused "panels changed after the run" 'panels.csv: was changed after the run' "$encbench" analyse "$work/damaged"
damaged
sed -n '2p' "$run/metrics.csv" | sed 's/,exact,.*/,exact,/' >>"$work/damaged/metrics.csv"
refused "a figure twice" "metrics.csv:$(wc -l <"$work/damaged/metrics.csv"): the same keys as in line 2" "$encbench" analyse "$work/damaged"
check "and no derived file is replaced" cmp -s "$run/verdicts.csv" "$work/damaged/verdicts.csv"
damaged
for _ in 1 2 3 4 5 6 7 8; do "$encbench" analyse "$work/damaged" >/dev/null 2>&1 & done
wait
check "analysing at the same time leaves whole files" sh -c 'for f in levels effects controls growth verdicts; do
    cmp -s "$1/$f.csv" "$2/$f.csv" || exit 1; done' sh "$run" "$work/damaged"
check "and nothing half-written" [ -z "$(ls "$work/damaged" | grep partial)" ]

# ---- bad inputs, before anything is measured ----
mkdir -p "$work/inputs/root"
ln -s "$source"/* "$work/inputs/root/"
cp -r "$build/encbench" "$build/modules" "$work/inputs/"
ln -s "$build/kernels" "$build/encbench-worker" "$build/libencbench_interpose.so" "$work/inputs/"
rm "$work/inputs/root/claims.csv"
sed '3s/,exact,/,guess,/' "$source/claims.csv" >"$work/inputs/root/claims.csv"
refused "a claim of an unknown kind" 'claims.csv:3: column kind is "guess"' env ENCBENCH_ROOT="$work/inputs/root" \
    "$work/inputs/encbench" run --profile smoke --out "$work/unclaimed"
sed -i '3s/,pair,.*/,pair,null+none,null+none/' "$work/inputs/modules/panels.csv"
refused "a pair of a variant with itself" 'panels.csv:3: column contender is "null+none"' \
    "$work/inputs/encbench" run --profile smoke --out "$work/unclaimed"
check "and the file to edit is named" grep -q 'a copy of variants/panels.csv' "$work/err"
check "and nothing is measured" [ ! -e "$work/unclaimed" ]

# ---- modules ----
module() { # module NAME DEFINITION...: builds NAME.o
    output=$1
    shift
    "$compiler" -O2 -fPIC -ffunction-sections -fvisibility=hidden -I"$source/harness" -DSTRANGE_ABI=0 -DSTRANGE_DIGEST=0 \
        -DSTRANGE_SETUP=0 -DSTRANGE_CRASH=0 -DSTRANGE_BYTES=0 "-DSTRANGE_NAME=\"$(basename "$output")\"" "$@" -c \
        "$source/tests/module/strange_module.c" -o "$output.o" || fail "cannot compile $output"
}
strange() { refused "$1" "$2" "$encbench" run --profile smoke --out "$work/strange" --workloads adds --module "$work/good.o" --module "$3"; }
module "$work/good"
module "$work/fine"
module "$work/abi" -USTRANGE_ABI -DSTRANGE_ABI=1
module "$work/name" -USTRANGE_NAME '-DSTRANGE_NAME="a,b"'
module "$work/digest" -USTRANGE_DIGEST -DSTRANGE_DIGEST=1
module "$work/setup" -USTRANGE_SETUP -DSTRANGE_SETUP=1
module "$work/crash" -USTRANGE_CRASH -DSTRANGE_CRASH=1
module "$work/bytes" -USTRANGE_BYTES -DSTRANGE_BYTES=1
echo 'not an object' >"$work/text.o"
echo 'int answer = 42;' >"$work/plain.c" && "$compiler" -fPIC -c "$work/plain.c" -o "$work/plain.o"
strange "text as a module" "$work/text.o: is not an ELF file" "$work/text.o"
strange "missing module" "$work/absent.o: cannot be read" "$work/absent.o"
strange "neither .o nor .so" "expected an object file" "$source/README.md"
strange "an object that is no module" "$work/plain.o: is not a module" "$work/plain.o"
strange "another ABI" "$work/abi.o: module ABI version 3; this encbench takes versions 1 to 2" "$work/abi.o"
strange "an illegal name" "$work/name.o: variant name" "$work/name.o"
for name in twin planted chain chain_planted chain_multiply leak; do
    module "$work/reserved" -USTRANGE_NAME "-DSTRANGE_NAME=\"$name\""
    strange "the variant name $name" "$work/reserved.o: the variant name $name is kept" "$work/reserved.o"
done
module "$work/op" '-DSTRANGE_OP=""'
module "$work/tab" '-DSTRANGE_OP="a\tb"'
module "$work/long" "-DSTRANGE_OP=\"$(printf '%0201d' 0)\""
module "$work/overlap" '-DSTRANGE_FIELDS={"a",0,8},{"b",4,8}'
module "$work/unsorted" '-DSTRANGE_FIELDS={"b",8,8},{"a",0,8}'
module "$work/huge" -DSTRANGE_STRUCTURE_BYTES=1048577
module "$work/builtin" '-DSTRANGE_METRICS="allocations_per_op","mine"'
module "$work/repeat" '-DSTRANGE_METRICS="mine","mine"'
module "$work/value" '-DSTRANGE_METRICS="mine_at_rest"' -DSTRANGE_METRIC_VALUE=-1
module "$work/cycles" -DSTRANGE_PLANTED=9
for bad in op tab long; do strange "$bad" '`op` must be one line of 1 to 200 bytes' "$work/$bad.o"; done
strange "overlapping fields" 'field b of variant overlap is empty, overlaps' "$work/overlap.o"
strange "unsorted fields" 'field a of variant unsorted is empty, overlaps' "$work/unsorted.o"
strange "a huge structure" 'has 1048577 bytes; expected at most 1048576' "$work/huge.o"
strange "planted cycles in a real variant" 'has some planted cycles' "$work/cycles.o"
for bad in builtin repeat value; do
    refused "a metric: $bad" "metric " "$encbench" run --profile smoke --out "$work/strange-$bad" --workloads adds \
        --module "$work/good.o" --module "$work/$bad.o"
done
sed -n '/A minimal module/,/ \* Two modules/p' "$source/harness/module.h" | sed -n 's/^ \*     //p' >"$work/minimal.c"
check "the example of module.h compiles" "$compiler" -Wall -Wextra -Werror -O2 -fPIC -ffunction-sections -I"$source/harness" -c \
    "$work/minimal.c" -o "$work/minimal.o"
refused "nothing to compare with" "nothing" "$encbench" run --profile smoke --quiet --dry-run --module "$work/minimal.o" --workloads hash_4k
"$encbench" run --profile smoke --dry-run --module "$work/good.o" >"$work/out" 2>"$work/err"
check "a module that nothing is compared with ends it" [ $? -eq 2 ]
check "and is named with its workload" sh -c "tr -s '\n ' '  ' <'$work/err' | grep -q 'workload adds of good is offered by no other variant that takes part'"
"$encbench" run --profile smoke --dry-run --baseline direct >"$work/out" 2>"$work/err"
check "workloads that the baseline lacks are named" grep -q 'will not be timed: the baseline direct does not offer it' "$work/err"
strange "the same variant twice" "is already in" "$work/good.o"
refused "another output" "variants good and digest produce different output" \
    "$encbench" run --profile smoke --out "$work/strange-digest" --workloads adds --module "$work/good.o" --module "$work/digest.o"
refused "a failing setup" "no luck today" \
    "$encbench" run --profile smoke --out "$work/strange-setup" --workloads adds --module "$work/good.o" --module "$work/setup.o"
refused "a crash" "variant crash" \
    "$encbench" run --profile smoke --out "$work/strange-crash" --workloads adds --module "$work/good.o" --module "$work/crash.o"
module "$work/many" -DSTRANGE_MANY=3000
refused "a crash where the kernel's counters count" "many.o: variant many, workload adds: the worker was killed by signal 11" \
    "$encbench" run --profile smoke --out "$work/strange-many" --workloads adds --module "$work/good.o" --module "$work/many.o"
check "and how to run it again" grep -q 'encbench-worker replay' "$work/err"
refused "fewer bytes than promised" "bytes" \
    "$encbench" run --profile smoke --out "$work/strange-bytes" --workloads adds --module "$work/good.o" --module "$work/bytes.o"
"$encbench" run --profile smoke --out "$work/stranger" --baseline good --workloads adds --module "$work/good.o" \
    --module "$work/fine.o" >"$work/out" 2>"$work/err" || fail "two strangers are compared"
check "strangers are measured as ours" grep -q ',fine_against_good,' "$work/stranger/contrasts.csv"

# ---- modules and files that wait, print, fork and fail late ----
no_scratch() { [ -z "$(ls -d "$work"/encbench-* 2>/dev/null)" ]; }
strangers() { # strangers DIRECTORY MODULE: measured against a good one
    "$encbench" run --profile smoke --quiet --out "$1" --baseline good --workloads adds --module "$work/good.o" --module "$2.o"
}
module "$work/hang" -DSTRANGE_HANG
module "$work/stuck" -DSTRANGE_STUCK
module "$work/print" -DSTRANGE_PRINT
module "$work/fork" '-DSTRANGE_FORK="86399"'
module "$work/late" -DSTRANGE_LATE
module "$work/sometimes" -DSTRANGE_SOMETIMES=2048
module "$work/free" -DSTRANGE_FREE
module "$work/input" -DSTRANGE_INPUT=0xfffffffffffff000
module "$work/-x"
module "$work/hidden" -DSTRANGE_HIDDEN
mkfifo "$work/fifo.o" "$work/fifo.so"
"$encbench" run --profile smoke --out "$work/stuck-run" --workloads adds --module "$work/good.o" --module "$work/stuck.o" \
    >"$work/stuck-out" 2>"$work/stuck-err" &
stuck=$!
refused "a module that never loads" "hang.o: the process that loads it did not end within 10 s" \
    timeout 60 "$encbench" list --module "$work/hang.o"
for try in 1 2 3 4 5 6 7 8 9 10; do grep -q 'still setting up' "$work/stuck-err" && break; sleep 1; done
check "what takes long is named with its limit" grep -q 'variant stuck, workload adds: still setting up after 10 s, at most 120' "$work/stuck-err"
start=$(date +%s%N)
kill -TERM "$stuck"
wait "$stuck"
check "it can be stopped" [ $? -eq 3 ]
check "within a second: $((($(date +%s%N) - start) / 1000000)) ms" [ $((($(date +%s%N) - start) / 1000000)) -le 1500 ]
"$encbench" list --module "$work/hang.o" >"$work/out" 2>"$work/err" &
pid=$!
sleep 2
kill -TERM "$pid"
wait "$pid"
check "a stopped list exits 3" [ $? -eq 3 ]
check "and leaves no scratch" no_scratch
refused "a pipe for an object" "regular file" timeout 20 "$encbench" list --module "$work/fifo.o"
refused "a pipe for a shared object" "regular file" timeout 20 "$encbench" list --module "$work/fifo.so"
damaged
rm "$work/damaged/run.csv" && mkfifo "$work/damaged/run.csv"
refused "a pipe for run.csv" "run.csv: is a pipe" timeout 20 "$encbench" analyse "$work/damaged"
check "a module may print" [ "$(strangers "$work/printed" "$work/print" 0<&- 2>"$work/err")" = "$work/printed" ]
check "and is known by its name" grep -q ',print_against_good,' "$work/printed/contrasts.csv"
strangers "$work/forked" "$work/fork" >"$work/out" 2>"$work/err" || fail "a module that forks is measured"
check "and its children are gone" [ "$(ps -eo stat=,args= | grep -v '^Z' | grep -c '[s]leep 86399')" -eq 0 ]
strangers "$work/late-run" "$work/late" >"$work/out" 2>"$work/err"
check "an arm that fails in every process exits 2" [ $? -eq 2 ]
tr -s '\n ' ' ' <"$work/err" >"$work/out"
check "and says where, which arm and why" grep -q 'process [01] (panel .*, workload adds): the worker exited with status 127 while .* (arm late), layout [^ ]' \
    "$work/out"
check "and how to run it again" grep -q 'encbench-worker replay' "$work/out"
check "and is not complete" [ "$(key "$work/late-run" complete)" = no ]
check "and processes.csv has the reason and the arm" grep -q 'status 127 while .*(arm late),.*,late,,$' "$work/late-run/processes.csv"
# In some layouts only: the others do not vouch for it, whoever reads the run.
"$encbench" run --profile smoke --quiet --seed 5 --out "$work/sometimes-run" --baseline good --workloads adds --module "$work/good.o" \
    --module "$work/sometimes.o" >"$work/out" 2>"$work/err"
check "an arm that fails in some processes exits 2" [ $? -eq 2 ]
check "and others were good" grep -q ',sometimes,contender,sometimes,.*,ok,,' "$work/sometimes-run/processes.csv"
check "analyse sees it" sh -c "'$encbench' analyse '$work/sometimes-run' >'$work/out' 2>'$work/err'
    grep '^void_processes,' '$work/sometimes-run/controls.csv' | grep -q ',failed,process .* arm sometimes failed or crashed.*,run$'"
for again in 1 2 3 4 5 6; do # to the end: each that fails ends it once more
    "$encbench" run --quiet --resume "$work/sometimes-run" --module "$work/good.o" --module "$work/sometimes.o" >"$work/out" 2>"$work/err"
    code=$?
    [ "$(key "$work/sometimes-run" complete)" = yes ] && break
done
check "taken up again it is complete at last" [ "$(key "$work/sometimes-run" complete)" = yes ]
check "and exits 2 all the same" [ "$code" -eq 2 ]
check "by the first that failed" sh -c "tr -s '\n ' ' ' <'$work/err' | grep -q 'process [0-9]* (panel .*, workload adds): the worker exited .*(arm sometimes)'"
refused "an op that takes no time" "workload adds: the compiler removed the op: run executes" strangers "$work/freed" "$work/free"
check "and leaves no directory" [ ! -e "$work/freed" ]
refused "too large an input" "wants an input of 18446744073709547520 bytes" "$encbench" list --module "$work/input.o"
check "a file named like an option" sh -c "cd '$work' && '$encbench' list --module -x.o >'$work/out' 2>'$work/err'"
refused "what cannot be linked" "hidden.o: cannot be linked: " "$encbench" list --module "$work/hidden.o"
check "and the linker says why" grep -q nobody_has_this "$work/err"
"$encbench" list 2>"$work/err" | true
check "a reader that goes leaves no scratch" no_scratch
mkdir -p "$work/root/results" && ln -s "$source/claims.csv" "$work/root/"
for seconds in $(seq 0 60); do mkdir "$work/root/results/$(date -u -d "+$seconds seconds" +%Y%m%d-%H%M%S)-smoke"; done
check "two runs in a second have two directories" sh -c "ENCBENCH_ROOT='$work/root' '$encbench' run --profile smoke --quiet \
    --baseline good --workloads adds --module '$work/good.o' --module '$work/fine.o' 2>'$work/err' | grep -q -- '-smoke-2$'"

# Two processes are too few for any twin: a control is missing, of a profile that concludes.
"$encbench" run --profile quick --processes 2 --quiet --out "$work/unsure" --baseline good --workloads adds --module "$work/good.o" \
    --module "$work/fine.o" >"$work/out" 2>"$work/err"
check "a run whose controls do not hold exits 3" [ $? -eq 3 ]
check "and prints where it is" grep -qx "$work/unsure" "$work/out"
check "and says which control" grep -q "unsure: run invalid: control twins not measured" "$work/err"
check "and is complete" [ "$(key "$work/unsure" complete)" = yes ]

# ---- leaks that do not leak: the heap pass is not believed ----
mkdir -p "$work/disarmed/kernels"
cp "$build/encbench" "$work/disarmed/encbench" # a copy: it looks for the rest beside itself
ln -s "$build/encbench-worker" "$build/libencbench_interpose.so" "$build/modules" "$work/disarmed/"
cp "$build/kernels/chain.o" "$build/kernels/reached.o" "$work/disarmed/kernels/"
"$compiler" -O2 -fPIC -ffunction-sections -fvisibility=hidden -D_GNU_SOURCE -DLEAK_DISARMED=1 -I"$source/harness" -c \
    "$source/harness/kernels/leak.c" -o "$work/disarmed/kernels/leak.o" || fail "cannot compile the disarmed leaks"
"$work/disarmed/encbench" run --profile smoke --seed 5 --variants null+thread,removed+thread --workloads to_string_1k \
    --out "$work/missed" >"$work/out" 2>"$work/err" || fail "the run with disarmed leaks"
"$work/disarmed/encbench" analyse "$work/missed" >"$work/out" 2>"$work/err"
check "a leak of bytes that is not found fails its control" [ "$(control "$work/missed" leak_bytes)" = failed ]
check "a leak of mappings that is not found fails its control" [ "$(control "$work/missed" leak_mapping)" = failed ]
check "and claim 3 is not decided" sh -c "grep '^3,a,' '$work/missed/verdicts.csv' | grep -q ',run invalid,.*control leak_bytes failed'"
check "but counts are" sh -c "grep '^5,b,' '$work/missed/verdicts.csv' | grep -q ',refuted,'"
rm "$work/disarmed/kernels/leak.o"
refused "a build without the leaks" 'no kernel leak' "$work/disarmed/encbench" run --profile smoke --out "$work/missing"

# ---- interruption ----
started() { # started DIRECTORY FILE: waits until the run has written to it
    for _ in $(seq 1800); do
        [ -s "$1/$2" ] && [ "$(rows "$1/$2")" -gt 0 ] && break
        sleep 0.1
    done
}
"$encbench" run --profile smoke --out "$work/early" >"$work/out" 2>"$work/err" &
pid=$!
started "$work/early" run.csv
kill -HUP "$pid"
wait "$pid"
check "stopped before anything is timed exits 3" [ $? -eq 3 ]
check "and says so" sh -c "tr '\n' ' ' <'$work/err' | grep -q 'stopped during the exact passes; nothing was timed; $work/early is'"
check "and leaves no directory" [ ! -e "$work/early" ]
"$encbench" run --profile smoke --out "$work/killed" >"$work/out" 2>"$work/err" &
pid=$!
started "$work/killed" run.csv
children=$(ps -o pid= --ppid "$pid")
kill -KILL "$pid"
wait "$pid"
sleep 1
check "a killed run leaves its scratch" [ -n "$(ls -d "$work"/encbench-* 2>/dev/null)" ]
check "but no children" [ -z "$(for child in $children; do ps -o stat= -p "$child" | grep -v '^Z'; done)" ]
"$encbench" list >"$work/out" 2>"$work/err"
check "and the next one removes the scratch" no_scratch
"$encbench" run --profile default --workloads get_put --seed 6 --out "$work/stopped" >"$work/out" 2>"$work/err" &
pid=$!
started "$work/stopped" contrasts.csv
kill -INT "$pid"
wait "$pid"
check "an interrupted run exits 3" [ $? -eq 3 ]
check "and says that it is not complete" [ "$(key "$work/stopped" complete)" = no ]
check "and what was measured is kept" sh -c "'$encbench' analyse '$work/stopped' >'$work/out' 2>'$work/err'; [ \$? -ne 2 ]"
check "and leaves no scratch" [ -z "$(ls -d "$work"/encbench-* 2>/dev/null)" ]

finish 123
