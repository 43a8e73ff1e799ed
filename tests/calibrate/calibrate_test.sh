#!/bin/sh
# `calibrate` on a tiny budget: what it writes, interrupted, torn and taken up again, refused, and copied into a run; and that the
# kernels of known truth hold the operations that they say. No time is asserted anywhere.
# usage: calibrate_test.sh BUILD SOURCE
set -u
build=$1 source=$2
work=$(mktemp -d) || exit 1
pid=
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null; rm -rf "$work"' EXIT
encbench=$build/encbench root=$work/root
mkdir "$root" && ln -s "$source/claims.csv" "$source/plots" "$root" || exit 1
export ENCBENCH_ROOT="$root" TMPDIR="$work"
. "${0%/*}/../checks.sh"

calibrate() { # calibrate ARGUMENT...: what it prints is kept
    "$encbench" calibrate --quiet "$@" >"$work/out" 2>"$work/err"
}

refused() { # refused DESCRIPTION WORDS ARGUMENT...: exits 2 with one line that holds WORDS
    checks=$((checks + 1))
    description=$1 words=$2
    shift 2
    calibrate --budget 0.01 "$@" # one that is not refused ends soon
    code=$?
    [ "$code" -eq 2 ] || fail "$description: exit $code instead of 2"
    grep -qF -- "$words" "$work/err" || fail "$description: does not say \"$words\""
    [ "$(wc -l <"$work/err")" -eq 1 ] || fail "$description: more than one line"
}

rows() { gzip -dc "$1/calibration_processes.csv.gz" | tail -n +2; }
processes() { rows "$1" | cut -d, -f1 | sort -nu; }
each_pair_once() { [ -n "$(rows "$1")" ] && [ -z "$(rows "$1" | cut -d, -f1,3 | sort | uniq -d)" ]; }
without_gaps() { [ "$(processes "$1")" = "$(seq 0 $(($(processes "$1" | wc -l) - 1)))" ]; }

# ---- the kernels of known truth, as disassembled: the dependent operations of an op and what else its function has of them ----
operations() { # operations WORKLOAD PATTERN
    objdump -d --no-show-raw-insn "$build/kernels/truth.o" | awk -v name="<$1_run>:" -v pattern="$2" '
        / <.*>:$/ { inside = $2 == name }
        inside && $0 ~ pattern { count++ }
        END { print count + 0 }'
}
more_by() { # more_by CONTENDER BASE TIMES EXTRA PATTERN: CONTENDER has TIMES x the operations of BASE and EXTRA more
    base=$(operations "$2" "$5") contender=$(operations "$1" "$5") size=${2##*_}
    other=$((base - size)) # not of the chain: the same in both
    [ "$base" -ge "$size" ] && [ "$other" -le 2 ] && [ $((contender - other)) -eq $((size * $3 + $4)) ] ||
        { printf '%s: %s operations, %s: %s\n' "$1" "$contender" "$2" "$base" >"$work/out"; return 1; }
}
case $(uname -m) in
x86_64) add='\tadd ' multiply='\timul ' load='\tmov +[(]%' ;;
*) add='\tadd\t' multiply='\tmul\t' load='\tldr\t' ;;
esac
for extra in 1 2 4 8 16; do
    check "chain_32_plus_$extra" more_by "chain_32_plus_$extra" chain_32 1 "$extra" "$add"
done
for every in 2 4 8 16 64; do
    check "chain_32_every_$every" more_by "chain_32_every_$every" chain_32 "$every" 1 "$add"
done
check "chain_4000_plus_4" more_by chain_4000_plus_4 chain_4000 1 4 "$add"
check "chain_256_plus_32" more_by chain_256_plus_32 chain_256 1 32 "$add"
for extra in 1 2; do
    check "multiply_8_plus_$extra" more_by "multiply_8_plus_$extra" multiply_8 1 "$extra" "$multiply"
    check "chase_8_plus_$extra" more_by "chase_8_plus_$extra" chase_8 1 "$extra" "$load"
done

# ---- bad input, before anything is measured ----
refused "no budget" 'expected more than 0' --budget 0
refused "no number" 'expected more than 0' --budget soon
refused "an unknown workload" 'unknown workload "nothing"' --workloads nothing
refused "one layout of few" '--fix-layout for 1' --layouts 1
refused "no directory" 'No such file' --resume "$work/absent"
calibrate "$work"
check "no calibration" [ $? -eq 2 ]
check "says what it holds not" grep -q 'holds no calibration_cases.csv' "$work/err"
refused "no calibration to add to" 'holds no calibration_cases.csv' --resume "$work"
check "nothing was left" [ ! -e "$root/results" ]

# ---- a run without a calibration has no copy; and a report that is new is no change of the program ----
git_here() { git -C "$root" -c user.name=nobody -c user.email=nobody@localhost "$@"; }
command -v git >/dev/null 2>&1 && git_here init -q && echo first >"$root/REPORT.md" && echo first >"$root/CMakeLists.txt" &&
    git_here add REPORT.md CMakeLists.txt && git_here commit -qm first && echo second >"$root/REPORT.md" || echo "SKIP: no git here"
dirty() { # dirty RUN YES-OR-NO
    ! command -v git >/dev/null 2>&1 || [ "$(key "$1" git_dirty)" = "$2" ]
}
"$encbench" run --quiet --profile smoke --workloads get_put,put --out "$work/run.before" >"$work/out" 2>"$work/err"
check "run without a calibration" [ $? -eq 0 ]
check "a new report makes nothing dirty" dirty "$work/run.before" no
check "lists are options without commas" grep -qx 'command,.* --workloads get_put --workloads put --out .*' "$work/run.before/run.csv"
echo second >"$root/CMakeLists.txt"
check "has none" [ ! -e "$work/run.before/calibration.csv" ]
check "and says so" grep -qx 'calibration_crc32,' "$work/run.before/run.csv"

# ---- into the place where runs look for it ----
calibrate --budget 0.02 --workloads get_put --seed 5
check "calibrates" [ $? -eq 0 ]
dir=$(tail -n 1 "$work/out")
check "prints where" [ -f "$dir/calibration.csv" ]
check "by the machine's fingerprint" [ "${dir##*/}" = "$(sed -n 's/^fingerprint,\(.*\),ok,$/\1/p' "$dir/machine.csv")" ]
check "in 80 columns" awk 'FNR < 20 && length($0) > 80 { exit 1 }' "$work/out"
check "in words" sh -c "grep -q '^A/A .* false differences' '$work/out' && ! grep -q '^aa \|false_differences' '$work/out'"
check "each pair of a process once" each_pair_once "$dir"
check "how often a state is not shown is of one trial" [ "$(grep -c '^state,\(fresh\|cold\),fresh_layouts,not_shown,percent,,,3,,1,[01],' "$dir/calibration.csv")" -eq 2 ]
check "processes are numbered" without_gaps "$dir"
check "some of them are good" [ "$(rows "$dir" | grep -c ',ok,')" -gt 10 ]
check "their cycles are plausible" sh -c "gzip -dc '$dir/calibration_processes.csv.gz' | awk -F, '
    NR > 1 && \$16 == \"ok\" { n++; if (\$12 < 0.05 || \$12 > 3) bad++ } END { exit !(n > 0 && bad < n / 4) }'"
check "a copy has no target met by too few" [ "$(grep -c '^aa,all,.*,met,' "$dir/calibration.csv")" -eq 0 ]
cp "$dir/calibration.csv" "$work/first.csv"
calibrate "$dir"
check "derives again" [ $? -eq 0 ]
check "the same bytes" cmp -s "$dir/calibration.csv" "$work/first.csv"
refused "the same directory again" 'add trials to it with --resume'
refused "another seed" 'seed was 5, now it is 6' --resume "$dir" --seed 6
refused "another selection" 'leave out --workloads' --resume "$dir" --workloads get_put
"$encbench" run --quiet --profile smoke --workloads get_put --out "$work/run" >"$work/out" 2>"$work/err"
check "a new source does" dirty "$work/run" yes
check "a run takes the calibration along" cmp -s "$work/run/calibration.csv" "$dir/calibration.csv"
check "and its check sum" grep -qE '^calibration_crc32,[0-9a-f]{8}$' "$work/run/run.csv"

# ---- what comes without its processes, or from another program, stays as it is ----
untouched() { # untouched DESCRIPTION WORDS: $work/clone is refused and no file of it is changed
    checks=$((checks + 1))
    before=$(cd "$work/clone" && cksum *)
    calibrate "$work/clone"
    [ $? -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -qF "$2" "$work/err" || fail "$1"
    [ "$(cd "$work/clone" && cksum *)" = "$before" ] || fail "$1: files were changed"
}
cp -r "$dir" "$work/clone"
sed -i 's/^schema_version,.*/schema_version,2/' "$work/clone/run.csv"
untouched "of another schema" 'schema_version is "2"'
cp "$dir/run.csv" "$work/clone"
rm "$work/clone/calibration_processes.csv.gz"
untouched "a calibration without its processes" 'calibration_processes.csv.gz: missing'

# ---- one op stepped again and again ----
identical() { grep '^instructions,get_put,counted,identical,' "$dir/calibration.csv" | cut -d, -f10,11,16; }
stepped=$dir/calibration_instructions.csv
if grep -q '^[^,]*,get_put,0,[0-9]' "$stepped"; then
    check "a thousand counts are one" [ "$(identical)" = 1000,1000,met ]
    sed -i '77s/^\([^,]*,get_put,[0-9]*,\)[0-9]*/\17/' "$stepped"
    calibrate "$dir"
    check "but for one that is not" [ "$(identical)" = 1000,999,missed ]
    sed -i 78q "$stepped"
    sed -i '77d' "$stepped"
    calibrate "$dir"
    check "or too few" [ "$(identical)" = "76,76,more trials needed" ]
else
    check "what cannot be stepped has a reason" grep -q ',.$' "$stepped"
fi
rm "$stepped"
calibrate "$dir"
check "or none" grep -q '^instructions,all,counted,identical,.*,more trials needed,not stepped yet' "$dir/calibration.csv"

# ---- several reports ----
"$encbench" analyse "$work/run" >"$work/out" 2>"$work/err"
for number in 1 2 3 4 5; do
    cp -r "$work/run" "$work/report$number"
    sed -i "s/^seed,.*/seed,$number/" "$work/report$number/run.csv"
done
five=$work/report1,$work/report2,$work/report3,$work/report4,$work/report5
reports() { grep "^reports,smoke,reports_$1,contradicted," "$dir/calibration.csv" | cut -d, -f11,16,17; }
calibrate "$dir" --reports "$five"
check "five reports agree" [ "$(reports 5)" = 0,met, ]
check "every verdict is there" [ "$(grep -c '^5,smoke,5,' "$dir/calibration_reports.csv")" -eq "$(tail -n +2 "$work/run/verdicts.csv" | wc -l)" ]
part=$(grep -m 1 ',refuted,' "$work/run/verdicts.csv" | cut -d, -f1,2)
sed -i "s/^$part,\([a-z]*\),refuted,/$part,\1,not resolvable here,/" "$work/report2/verdicts.csv"
calibrate "$dir" --reports "$five"
check "an open part contradicts nobody" [ "$(reports 5)" = 0,met, ]
sed -i "s/^$part,\([a-z]*\),not resolvable here,/$part,\1,confirmed,/" "$work/report2/verdicts.csv"
calibrate "$dir" --reports "$five"
check "a contradiction is a miss and has a name" [ "$(reports 5)" = "1,missed,confirmed in one report and refuted in another: $(echo "$part" | tr -d ,)" ]
calibrate "$dir" --reports "$work/report1,$work/report3"
check "two are too few" [ "$(reports 2)" = "0,more trials needed,2 of 5 reports; calibrate DIR --reports takes them" ]
cp "$dir/calibration_reports.csv" "$work/two.csv"
wrong() { # wrong DESCRIPTION WORDS SED-COMMAND FILE: the fourth is changed and refused
    checks=$((checks + 1))
    sed -i.kept "$3" "$work/report4/$4"
    calibrate "$dir" --reports "$work/report1,$work/report4"
    [ $? -eq 2 ] && grep -qF "$2" "$work/err" || fail "$1"
    mv "$work/report4/$4.kept" "$work/report4/$4"
}
wrong "an unfinished report" 'complete is "no"' 's/^complete,.*/complete,no/' run.csv
wrong "another machine's" 'fingerprint is "0000beef"' 's/^fingerprint,[^,]*/fingerprint,0000beef/' machine.csv
wrong "of another schema" 'run.csv: schema_version is "2"' 's/^schema_version,.*/schema_version,2/' run.csv
wrong "of another profile" 'profile is "quick", expected "smoke"' 's/^profile,.*/profile,quick/' run.csv
wrong "of other claims" 'claims.csv: was changed after the run' 's/^claims_crc32,.*/claims_crc32,0/' run.csv
wrong "of another program" 'worker_sha256 is "0"' 's/^worker_sha256,.*/worker_sha256,0/' run.csv
wrong "the same one twice" 'has the seed 1 of one before it' 's/^seed,.*/seed,1/' run.csv
check "and what was taken before stays" cmp -s "$dir/calibration_reports.csv" "$work/two.csv"
refused "reports of nothing" '--reports goes with the directory' --reports "$work/report1"

# ---- other machine, other program ----
changed() { # changed DESCRIPTION WORDS SED-COMMAND FILE
    rm -rf "$work/changed"
    cp -r "$dir" "$work/changed"
    sed -i "$3" "$work/changed/$4"
    refused "$1" "$2" --resume "$work/changed"
}
changed "another machine" 'fingerprint was 0000beef' 's/^fingerprint,.*/fingerprint,0000beef/' run.csv
changed "another worker" 'worker_sha256 was 00ff' 's/^worker_sha256,.*/worker_sha256,00ff/' run.csv
changed "another schema" 'schema_version was 99, now it is 3; calibrate anew without --resume, with --out another name' 's/^schema_version,.*/schema_version,99/' run.csv
changed "other cases" 'calibrate anew' '$s/,chain_4000_plus_4,/,chain_32_plus_1,/' calibration_cases.csv
changed "a case left out" 'not numbered in order' '2d' calibration_cases.csv

# ---- taken up again, torn, and once more ----
rows "$dir" >"$work/rows"
calibrate --resume "$dir" --budget 0.02
check "resumes" [ $? -eq 0 ]
check "and adds" [ "$(rows "$dir" | wc -l)" -gt "$(wc -l <"$work/rows")" ]
head -c -50 "$dir/calibration_processes.csv.gz" >"$work/torn" && cp "$work/torn" "$dir/calibration_processes.csv.gz"
calibrate --resume "$dir" --budget 0.02
check "resumes what is torn" [ $? -eq 0 ]
check "unpacks" gzip -t "$dir/calibration_processes.csv.gz"
check "each pair of a process once again" each_pair_once "$dir"
check "numbered again" without_gaps "$dir"
rows "$dir" | head -n "$(wc -l <"$work/rows")" >"$work/kept"
check "what was whole stays" cmp -s "$work/kept" "$work/rows"

# ---- interrupted ----
setsid "$encbench" calibrate --quiet --fix-layout --workloads get_put --budget 5 --out "$work/stopped" >"$work/out" 2>"$work/err" &
pid=$!
while kill -0 "$pid" 2>/dev/null && [ ! -s "$work/stopped/calibration_processes.csv.gz" ]; do sleep 0.05; done
while kill -0 "$pid" 2>/dev/null && [ "$(rows "$work/stopped" 2>/dev/null | wc -l)" -lt 42 ]; do sleep 0.05; done
refused "one that is still being measured" "$work/stopped: is being measured by process $pid; wait" --resume "$work/stopped"
kill -INT "-$pid" # as a terminal does: to the worker as well
wait "$pid"
check "interrupted: exits 3" [ $? -eq 3 ]
pid=
check "says how to go on" grep -q -- '--resume' "$work/err"
check "has no process that the interrupt made void" [ "$(rows "$work/stopped" | grep -c ',void,.*signal')" -eq 0 ]
check "a trial has one set of layouts" [ "$(rows "$work/stopped" | head -n 42 | cut -d, -f4 | sort -u)" = 0 ]
check "and is derived" grep -q '^ablation,get_put,fixed_layout,false_differences,' "$work/stopped/calibration.csv"
check "nothing but the ablation" [ "$(grep -c ',fresh_layouts,' "$work/stopped/calibration.csv")" -eq 0 ]

finish 86
