#!/bin/sh
# The recorder: every call of a function once, of all threads and of a child; malloc's; what cannot be recorded is refused in one line, and
# leaves no file. What it writes, --trace reads.
# usage: record_sizes_test.sh BUILD SOURCE COMPILER
set -u
build=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
record=$build/encbench-record
export ENCBENCH_ROOT="$source" TMPDIR="$work" CC="$compiler"
. "${0%/*}/../checks.sh"
cd "$work" || exit 1

refused() { # refused DESCRIPTION WORDS ARGUMENT...
    checks=$((checks + 1))
    description=$1 words=$2
    shift 2
    "$record" "$@" >out 2>err
    code=$?
    [ "$code" -eq 2 ] || fail "$description: exit $code instead of 2"
    grep -qF -- "$words" err || fail "$description: does not say \"$words\""
    [ "$(wc -l <err)" -eq 1 ] || fail "$description: not one line"
    [ ! -e no.csv ] || fail "$description: leaves a file"
}
code="$source/tests/trace/record_sizes_test.c"
must "a library" "$compiler" -O2 -fPIC -shared -DLIBRARY "$code" -o libwork.so
must "a program" "$compiler" -O2 "$code" -o program -L. -lwork -Wl,-rpath,"$work" -pthread

"$record" --function work_on:2 --out calls.csv -- ./program >out 2>err
check "the program's own exit status" [ $? -eq 3 ]
check "its header" [ "$(head -n 1 calls.csv)" = size,thread ]
check "every call once" [ "$(tail -n +2 calls.csv | cut -d, -f1 | sort -n | uniq -c | awk '{ print $1 }' | sort -u)" = 6 ]
check "all of them" [ "$(wc -l <calls.csv)" -eq 60001 ]
check "threads apart" [ "$(tail -n +2 calls.csv | cut -d, -f2 | sort -u | tr '\n' ' ')" = "1 2 3 4 5 " ]
check "in the order of a thread's calls" [ -z "$(awk -F, '$2 == 2 && n++ != $1' calls.csv)" ]
check "what is too large is said" [ "$(cat err)" = "encbench-record: 1 calls of more than 16 MiB are left out" ]
"$record" --out malloc.csv -- ./program >out 2>err
check "calloc" grep -q '^37035,' malloc.csv
"$build/encbench" run --dry-run --trace malloc.csv --workloads trace:own >out 2>err || fail "it is no trace: $(cat err)"

refused "no call" "no call of work_on was recorded (exit status 0)" --function work_on:2 --out no.csv -- ./program nothing
refused "an unknown function" "no call of nobody was recorded" --function nobody --out no.csv -- ./program
refused "no argument" "\"7\" is no argument; expected 1 to 6" --function work_on:7 --out no.csv -- ./program
refused "no name" "is no name of a function" --function 'a b' --out no.csv -- ./program
refused "no program" "nobody: no such program" --out no.csv -- nobody
refused "no file" "expected [--function" -- ./program
refused "a file that is there" "calls.csv: is there already" --out calls.csv -- ./program
refused "no place for it" "no/no.csv: cannot be written" --out no/no.csv -- ./program
cp program setuid && chmod u+s setuid
refused "setuid" "setuid: is setuid or setgid" --out no.csv -- ./setuid
if "$compiler" -O2 -static -x c - -o static <<'C' 2>/dev/null; then
int main(void) { return 0; }
C
    refused "static" "static: is linked statically" --out no.csv -- ./static
fi
finish 16
