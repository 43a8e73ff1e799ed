#!/bin/sh
# A run that is interrupted, killed and torn, and taken up again each time: every process once, the plan as it was. No time is
# asserted anywhere.
# usage: resume_test.sh BUILD SOURCE
set -u
build=$1 source=$2
work=$(mktemp -d) || exit 1
pid=
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null; rm -rf "$work"' EXIT
encbench=$build/encbench run=$work/run
export ENCBENCH_ROOT="$source" TMPDIR="$work"
. "${0%/*}/../checks.sh"

refused() { # refused DESCRIPTION WORDS ARGUMENT...: `run --resume` exits 2 with one line that holds WORDS
    checks=$((checks + 1))
    description=$1 words=$2
    shift 2
    "$encbench" run --resume "$@" >"$work/out" 2>"$work/err"
    code=$?
    [ "$code" -eq 2 ] || fail "$description: exit $code instead of 2"
    grep -qF -- "$words" "$work/err" || fail "$description: does not say \"$words\""
    [ "$(wc -l <"$work/err")" -eq 1 ] || fail "$description: more than one line"
}

recorded() { tail -n +2 "$1/processes.csv" 2>/dev/null | cut -d, -f1 | sort -nu; }

# until_recorded RUN COUNT: waits for processes, or for the end of the program
until_recorded() {
    while kill -0 "$pid" 2>/dev/null && [ "$(recorded "$1" | wc -l)" -lt "$2" ]; do
        sleep 0.02
    done
}

start() { # start ARGUMENT...
    setsid "$encbench" "$@" --quiet >"$work/out" 2>"$work/err" &
    pid=$!
}

ended() {
    wait "$pid"
    code=$?
    pid=
}

same_files() { # same_files A B FILE...
    one=$1 other=$2
    shift 2
    for file in "$@"; do
        cmp -s "$one/$file" "$other/$file" || return 1
    done
}

# ---- killed before anything was timed ----
start run --profile smoke --processes 4 --seed 7 --workloads get_put --out "$run.early" --preload libz.so.1 --setenv 'GLIBC_TUNABLES=glibc.malloc.tcache_count=8' --setenv 'TWO=a,b%'
while kill -0 "$pid" 2>/dev/null && [ ! -s "$run.early/run.csv" ]; do sleep 0.02; done
kill -KILL "$pid"
ended
check "killed early: no process" [ -z "$(recorded "$run.early")" ]
check "killed early: not complete" [ "$(key "$run.early" complete)" = no ]
"$encbench" run --quiet --resume "$run.early" >"$work/out" 2>"$work/err"
check "and starts over" [ $? -eq 0 ]
check "with the seed of the run" [ "$(key "$run.early" seed)" = 7 ]
check "with the processes asked for" [ "$(key "$run.early" look_processes)" = 4 ]
check "in every cell" [ "$(tail -n +2 "$run.early/cells.csv" | cut -d, -f4 | sort -u)" = 4 ]
check "and no others" [ "$(recorded "$run.early" | wc -l)" -eq $((4 * $(tail -n +2 "$run.early/cells.csv" | wc -l))) ]
check "with its environment" [ "$(key "$run.early" setenv:GLIBC_TUNABLES) $(key "$run.early" setenv:TWO)" = 'glibc.malloc.tcache_count=8 a%2cb%25' ]
check "with what was preloaded" [ "$(key "$run.early" preload:1)" = libz.so.1 ]
check "which its machine says too" grep -q '^measured_environment,preload=libz.so.1:[0-9a-f]* setenv=GLIBC_TUNABLES=' "$run.early/machine.csv"
check "with its selection" [ "$(tail -n +2 "$run.early/workloads.csv" | cut -d, -f1)" = get_put ]
check "is complete then" [ "$(key "$run.early" complete)" = yes ]
check "and can be analysed" sh -c "'$encbench' analyse '$run.early' >'$work/out' 2>'$work/err'; [ \$? -ne 2 ]"

# ---- interrupted ----
start run --profile smoke --seed 8 --workloads get_put,to_string_1k --out "$run"
until_recorded "$run" 4
refused "one that is still being measured" "$run: is being measured by process $pid; wait until it has ended" "$run"
kill -INT "-$pid" # as a terminal does: to the worker as well
ended
check "interrupted: exits 3" [ "$code" -eq 3 ]
check "and says how to go on" grep -q -- '--resume' "$work/err"
check "and has not done all" [ "$(recorded "$run" | wc -l)" -lt 12 ]
check "and has no process that the interrupt made void" [ "$(grep -c ',void,.*signal' "$run/processes.csv")" -eq 0 ]
cp -r "$run" "$work/first"

# ---- killed on the way ----
before=$(recorded "$run" | wc -l)
start run --resume "$run"
until_recorded "$run" $((before + 4))
kill -KILL "$pid"
ended
check "killed: the rest is still open" [ "$(key "$run" complete)" = no ]
check "some were added" [ "$(recorded "$run" | wc -l)" -gt "$before" ]

# ---- refusals: nothing is changed ----
state=$(cat "$run"/*.csv "$run/samples.csv.gz" | cksum)
refused "another seed" 'seed was 8, now it is 9' "$run" --seed 9
refused "another number of processes" 'asked_processes was absent, now it is 5' "$run" --processes 5
refused "another profile" 'profile was smoke, now it is quick' "$run" --profile quick
refused "a selection" 'leave out' "$run" --workloads get_put
refused "another environment" 'setenv:MALLOC_ARENA_MAX was absent, now it is 1' "$run" --setenv MALLOC_ARENA_MAX=1
refused "a module more" 'it was made with 0 of --module' "$run" --module more.o
refused "no such directory" 'No such file' "$work/absent"
changed() { # changed DESCRIPTION WORDS SED-COMMAND FILE
    rm -rf "$work/changed"
    cp -r "$run" "$work/changed"
    sed -i "$3" "$work/changed/$4"
    refused "$1" "$2" "$work/changed"
}
changed "a figure that somebody changed" "$work/changed/contrasts.csv: was changed since it was measured, in process" \
    '2s/\(.*\),[0-9]\{1,\}\(,[^,]*,[^,]*\)$/\1,7\2/' contrasts.csv
changed "another schema" 'schema_version was 99' 's/^schema_version,.*/schema_version,99/' run.csv
changed "other claims" 'claims_sha256 was 00ff' 's/^claims_sha256,.*/claims_sha256,00ff/' run.csv
changed "another module" '_sha256 was 00ff' '/^module:/{s/,.*/,00ff/}' run.csv
changed "a module more" 'module:more_sha256 was 00ff, now it is absent' '$amodule:more_sha256,00ff' run.csv
changed "another that was preloaded" 'preload:1_sha256 was 00ff' '$apreload:1,libz.so.1\npreload:1_sha256,00ff' run.csv
changed "one that is gone" 'say with --preload where it is now' '$apreload:1,libgone.so' run.csv
changed "a module that is elsewhere now" 'was made with --module gone.o, which is not there; say with --module where it is now' \
    '$aselect_module:1,gone.o' run.csv
changed "claims that somebody changed" "$work/changed/claims.csv: was changed since the run began (claims_crc32 was" \
    '2s/nothing assigns/something assigns/' claims.csv
changed "a calibration that came later" 'calibration.csv: was changed since the run began (calibration_crc32 was' \
    'w '"$work/changed/calibration.csv" claims.csv
changed "another panel" 'not the same run' '2s/,core,/,wide,/' panels.csv
changed "another cell" 'is not of the plan' '2s/,[a-z]*,/,other,/' cells.csv
check "nothing was changed" [ "$(cat "$run"/*.csv "$run/samples.csv.gz" | cksum)" = "$state" ]

# ---- a power cut: one file lacks its end and nothing else does; another has NUL bytes there ----
cp -r "$run" "$work/cut"
whole=$(recorded "$work/cut" | wc -l)
head -c -9 "$work/cut/contrasts.csv" >"$work/torn" && cp "$work/torn" "$work/cut/contrasts.csv"
"$encbench" analyse "$work/cut" >"$work/out" 2>"$work/err"
check "contrasts that lack their end are no analysis" [ $? -eq 2 ]
check "and are named" grep -q "cut/contrasts.csv: lacks what was measured in process" "$work/err"
start run --resume "$work/cut" # to see what it keeps, not to its end
until_recorded "$work/cut" $((whole + 1))
kill -INT "-$pid" 2>/dev/null
ended
check "the torn process is measured again" [ -z "$(tail -n +2 "$work/cut/contrasts.csv" | cut -d, -f1,4 | sort | uniq -d)" ]
check "with all its contrasts" sh -c "'$encbench' analyse '$work/cut' >'$work/out' 2>'$work/err'; [ \$? -ne 2 ] &&
    ! grep -q 'rows are missing' '$work/cut/controls.csv'"
check "and the others stay" sh -c 'head -c "$(stat -c %s "$1/contrasts.csv")" "$2/contrasts.csv" | head -n 8 | cmp -s - "$3"' sh \
    "$run" "$work/cut" "$(head -n 8 "$run/contrasts.csv" >"$work/head" && echo "$work/head")"
# ---- torn: the last process is half-recorded in processes.csv, and its samples lack the end ----
last=$(tail -n 1 "$run/processes.csv" | cut -d, -f1)
head -c -9 "$run/processes.csv" >"$work/torn" && cp "$work/torn" "$run/processes.csv"
{ head -c -100 "$run/samples.csv.gz" && head -c 100 /dev/zero; } >"$work/torn" && cp "$work/torn" "$run/samples.csv.gz"
# ---- and killed while it wrote tables anew; one writer still runs, and the rest is no table's ----
gone=$(sh -c 'echo $$')
touch "$run/run.csv.$gone-0.partial" "$run/cells.csv.$gone-12.partial" "$run/samples.csv.gz.$gone-0.partial"
mine="run.csv.$$-0.partial notes.csv.$gone-0.partial run.csv.partial run.csv.$gone-0.partial.kept"
for file in $mine; do touch "$run/$file"; done
: >"$run/run.csv" # and it lost its facts
"$encbench" analyse "$run" >"$work/out" 2>"$work/err"
check "an empty run.csv is no analysis" [ $? -eq 2 ]
check "and says who has it" grep -q "run.csv: is empty; .encbench run --resume $run. has it from begun.csv" "$work/err"
"$encbench" run --quiet --resume "$run" >"$work/out" 2>"$work/err"
check "resumes a torn run" [ $? -eq 0 ]
check "removes what was left half-written, and nothing else" [ "$(ls "$run" | grep partial)" = "$(printf '%s\n' $mine | sort)" ]
for file in $mine; do rm "$run/$file"; done
check "prints where it is" grep -qx "$run" "$work/out"
check "is complete" [ "$(key "$run" complete)" = yes ]
cells=$(tail -n +2 "$run/cells.csv" | wc -l)
check "every process is there" [ "$(recorded "$run")" = "$(seq 0 $((6 * cells - 1)))" ]
check "every process has its arms once" \
    [ -z "$(tail -n +2 "$run/processes.csv" | cut -d, -f1,4 | sort | uniq -d)" ]
check "every process has its contrasts once" \
    [ -z "$(tail -n +2 "$run/contrasts.csv" | cut -d, -f1,4 | sort | uniq -d)" ]
check "and those by state once" \
    [ -z "$(tail -n +2 "$run/state_contrasts.csv" | cut -d, -f1,4,5 | sort | uniq -d)" ]
check "what the states are told apart by only falls" \
    sh -c "tail -n +2 '$run/processes.csv' | cut -d, -f14 | awk '{if(last && \$1>last) bad++; last=\$1} END{exit bad>0 || NR==0}'"
check "the half-recorded one too" [ "$(grep -c "^$last,.*,twin,twin," "$run/processes.csv")" -eq 1 ]
check "samples unpack" gzip -t "$run/samples.csv.gz"
check "every process has its samples once" [ -z "$(gzip -dc "$run/samples.csv.gz" | tail -n +2 | awk -F, '{ print $1, $4, $5, $6, $7, $11 }' | sort | uniq -d)" ]
check "and its sizes of a batch" [ -z "$(tail -n +2 "$run/linearity.csv" | cut -d, -f1,4,5,6 | sort | uniq -d)" ]
check "and where its objects lay" [ -z "$(gzip -dc "$run/placements.csv.gz" | tail -n +2 | cut -d, -f1,4,5,6 | sort | uniq -d)" ]
check "samples of every process" \
    [ "$(gzip -dc "$run/samples.csv.gz" | tail -n +2 | cut -d, -f1 | sort -nu)" = "$(recorded "$run")" ]
check "no layout twice" \
    [ -z "$(tail -n +2 "$run/processes.csv" | grep -v ',clock,' | cut -d, -f7 | sort | uniq -d)" ]
check "counts its processes" [ "$(key "$run" processes)" -eq $((6 * cells)) ]
check "the plan is what it was" same_files "$run" "$work/first" cells.csv workloads.csv panels.csv claims.csv
check "exact figures and machine are what they were" same_files "$run" "$work/first" metrics.csv machine.csv
check "what was recorded first stays" sh -c '
    head -c "$(stat -c %s "$1/processes.csv")" "$2/processes.csv" | cmp -s - "$1/processes.csv"' sh "$work/first" "$run"
check "can be analysed" sh -c "'$encbench' analyse '$run' >'$work/out' 2>'$work/err'; [ \$? -ne 2 ]"
void=$(grep ',twin,twin,' "$run/processes.csv" | grep -c ',void,')
check "counts the void ones" [ "$(key "$run" processes_void)" -eq "$void" ]
check "no process is missing to the analysis" [ "$(grep '^void_processes,' "$run/controls.csv" | cut -d, -f4 | cut -c1-5)" = \
    "$(awk -v void="$void" -v all=$((6 * cells)) 'BEGIN { printf "%.15g", 100 * void / all }' | cut -c1-5)" ]
refused "a complete run" 'is complete' "$run"

finish 53
