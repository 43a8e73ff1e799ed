#!/bin/sh
# What a shell's completion offers, against --help, against what the program accepts, and through the script for bash.
# usage: complete_test.sh BUILD SOURCE
set -u
build=$1 source=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export ENCBENCH_ROOT="$source"
. "${0%/*}/../checks.sh"
encbench=$build/encbench
mkdir -p "$work/home/results" && cd "$work/home" || exit 1
cp -r "$source/tests/golden/run" golden && cp -r golden results/later && mkdir 'a directory' && : >'a file.o' && : >direct.o

offered() { "$encbench" --complete "$@" 2>"$work/err"; } # offered WORD...: the last one is being written
words() { tr ' ' '\n' | sed '/^$/d' | sort; }
same() { [ -n "$1" ] && [ "$(printf '%s' "$1" | words)" = "$(printf '%s' "$2" | words)" ]; } # same WORDS WORDS, in any order
# expected VERB OPTION: the words that an error about it names
expected() { "$encbench" "$1" "$2" none golden 2>&1 | tr -s '\n ' '  ' | sed 's/.*expected \(one of \)\{0,1\}//; s/, / /g; s/ or / /'; }

# ---- verbs and options, as --help has them ----
"$encbench" --help >"$work/help"
verbs=$(sed -n 's/^  \([a-z]*\) .*/\1/p' "$work/help")
check "there are verbs" [ "$(echo "$verbs" | wc -l)" -ge 9 ]
check "verbs are those of --help" same "$(offered '' | grep -v '^-')" "$verbs"
check "begun ones too" [ "$(offered calib)" = calibrate ]
check "of no verb nothing is known" [ -z "$(offered nosuch --)" ]
for verb in $verbs; do
    "$encbench" "$verb" --help 2>&1 | sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p' | grep -vx -- --usage | sort -u >"$work/options"
    check "options of $verb are those of its --help" same "$(offered "$verb" --)" "$(cat "$work/options")"
done
for verb in $verbs; do
    # Names of a list are asked for below: of what `list` knows, which takes a moment.
    for option in $("$encbench" "$verb" --help | sed -n 's/^ *\(--[a-z-]*\)=.*/\1/p' | grep -vxE -- '--(variants|workloads|baseline|events)'); do
        check "$verb $option takes something that is known" [ -z "$(offered "$verb" "$option" '' | grep '^:unknown')" ]
    done
done

# ---- values, as the program takes them ----
for verb in run report gate; do
    check "profiles of $verb" same "$(offered "$verb" --profile '')" "$(expected run --profile)"
done
check "states" same "$(offered run --states '' | grep -v '^:')" "$(expected run --states)"
check "formats of list" same "$(offered list --format '')" "$(expected list --format)"
check "formats of export" same "$(offered export --format '')" "$(expected export --format)"
"$encbench" list --format csv >"$work/list"
listed() { sed -n "s/^$1,\\([^,]*\\),.*/\\1/p" "$work/list"; }
check "variants" same "$(offered run --variants '' | grep -v '^:')" "$(listed variant)"
check "one that is begun, behind others" [ "$(offered run --variants null+thread,dir)" = "null+thread,direct
:nospace" ]
check "workloads" same "$(offered gate --workloads '' | grep -v '^:')" "$(listed workload)"
check "a baseline" [ "$(offered run --baseline direc)" = direct ]
check "claims" same "$(offered explain '')" "$(listed claim | sed 's/[.].*//' | sort -u)"
check "behind an equals sign" [ "$(offered run --profile = qu)" = quick ]
check "and at one" same "$(offered run --profile =)" "$(expected run --profile)"
check "run directories" [ "$(offered plot '' | sort | tr '\n' ' ')" = ":directories golden results/later " ]
check "behind the claim, too" [ "$(offered explain 4 g)" = "golden
:directories" ]
check "several of them" [ "$(offered calibrate --reports golden,res)" = "golden,results/later
:directories" ]
check "files" [ "$(offered run --module d)" = :files ]
check "a flag has no value" [ -z "$(offered run --dry-run =)" ]

# ---- in bash ----
if command -v bash >/dev/null 2>&1; then
    in_bash() { # in_bash WORD...
        # shellcheck disable=SC2016 # expanded by bash
        bash -c '. "$1"; COMP_WORDS=(encbench "${@:3}"); COMP_CWORD=$(($# - 2)); _encbench "$2"; printf "%s\n" "${COMPREPLY[@]}"' \
            bash "$source/packaging/encbench.bash" "$encbench" "$@" 2>"$work/err"
    }
    check "bash: a verb" [ "$(in_bash calib)" = calibrate ]
    check "bash: a profile behind =" [ "$(in_bash run --profile = qu)" = quick ]
    check "bash: nothing is offered for nothing" [ -z "$(in_bash nosuch x)" ]
    check "bash: a file with a space" [ "$(in_bash run --module 'a f')" = "a file.o" ]
    check "bash: directories beside runs" [ "$(in_bash plot '' | sort -u | tr '\n' '|')" = "a directory|golden|results|results/later|" ]
    check "bash: a list goes on" [ "$(in_bash calibrate --reports golden,a)" = "golden,a directory" ]
    check "bash: no directive is offered as a word" [ -z "$(in_bash run --variants '' | grep '^:')" ]
else
    echo "SKIP: no bash here"
    checks=$((checks + 7))
fi

finish 80
