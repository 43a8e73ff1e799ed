#!/bin/sh
# A run of somebody's modules is about them: nothing of ours is planned, run, counted, judged, listed or printed unless it was asked for;
# their data, their claims and their flags are. No time is asserted.
# usage: own_module_test.sh BUILD SOURCE COMPILER
set -u
build=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
encbench=$build/encbench
export ENCBENCH_ROOT="$source" TMPDIR="$work"
unset NO_COLOR
. "${0%/*}/../checks.sh"
cd "$work" || exit 1

build_module() { # build_module NAME SLOW
    must "compile $1" "$compiler" -O2 -g -fPIC -ffunction-sections -fvisibility=hidden -fno-math-errno -frandom-seed=/home/nobody/seed -I"$source/harness" -I"$source/tests" \
        -DNAME="\"$1\"" -DSLOW="$2" -c "$source/tests/run/own_module.c" -o "$1.o"
}
refused() { # refused DESCRIPTION WORDS ARGUMENT...
    checks=$((checks + 1))
    description=$1 words=$2
    shift 2
    "$encbench" "$@" >out 2>err
    code=$?
    [ "$code" -eq 2 ] || fail "$description: exit $code instead of 2"
    tr -s '\n ' '  ' <err | grep -qF -- "$words" || fail "$description: does not say \"$words\""
    [ ! -e refused ] || fail "$description: leaves a run directory"
}
ours='mmap_res|encoding buffer|null\+thread|removed|pool|Should the field go|npm|to_string|get_put'
column() { cut -d, -f"$2" "$1" | tail -n +2 | sort -u | tr '\n' ' '; } # column FILE NUMBER

build_module one 0
build_module two 7
mkdir one.data && echo words >one.data/words.txt

# ---- listed and planned ----
"$encbench" list --module one.o --module two.o >out 2>err || fail "list"
check "list: nothing of ours" [ "$(grep -cE "$ours|Claims" out)" -eq 0 ]
check "list: what it has" [ "$(grep -cE '^  (one|two|chain) ' out)" -eq 3 ]
"$encbench" list --module two.o --with-own --format csv >out 2>err || fail "list with ours"
check "list: the module's first" [ "$(sed -n '2p' out | cut -d, -f1-2)" = variant,two ]
check "list: and of its workloads" [ "$(grep -m1 '^workload,' out | cut -d, -f2)" = a_chain_with_a_name_that_takes_its_room ]
check "list: ours behind it" grep -q '^variant,null+thread,' out
"$encbench" run --dry-run --module one.o --module two.o >out 2>err || fail "dry run"
check "plan: its cells alone" [ "$(grep -c ', panel made_1, ' out)" -eq "$(grep -c ', panel ' out)" ]
check "plan: both workloads" [ "$(grep -c ', panel ' out)" -eq 2 ]
check "plan: nothing of claims" [ "$(grep -c claims out)" -eq 0 ]
"$encbench" run --dry-run --module one.o --module two.o --with-own --data one.data >out 2>err || fail "dry run with ours"
check "plan: ours where they are asked for" grep -q '^to_string_1k, panel ' out
check "plan: beside theirs" grep -q '^chain, panel made_1, ' out
refused "one module" "nothing to measure: workload a_chain_with_a_name_that_takes_its_room of one is offered by no other" run --dry-run --module one.o
refused "ours without data of theirs" "takes part too, has other" run --dry-run --module one.o --module two.o --variants null+thread
refused "no module" "--with-own goes with --module" run --dry-run --with-own
cp -r one.data two.data
refused "two directories of data" "say with --data which" run --dry-run --module one.o --module two.o
rm -r two.data
mkdir one.data/more
refused "a directory among the data" "one.data/more: is not a file" run --dry-run --module one.o --module two.o
rmdir one.data/more
refused "no such data" "expected a directory of data files" run --dry-run --module one.o --module two.o --data nothing
refused "no such claims" "nothing.csv" run --dry-run --module one.o --module two.o --claims nothing.csv
mv one.data elsewhere
refused "without its data" "no words in the data directory" run --profile smoke --quiet --out refused --module one.o --module two.o

# ---- run ----
smoke() { "$encbench" run --profile smoke --processes 2 --quiet --seed 7 --module one.o --module two.o --data elsewhere "$@" >out 2>err; }
smoke --out run || fail "a run: $(cat err)"
check "its panels" [ "$(column run/panels.csv 1)" = "made_1 " ]
check "its variants" [ "$(column run/variants.csv 1)" = "one two " ]
check "what is counted is theirs" [ "$(column run/metrics.csv 1)" = "one two " ]
check "no claim" [ "$(wc -l <run/claims.csv)" -eq 1 ]
check "instructions of every variant and workload" [ "$(grep -c ',instructions_per_op,[0-9]*,exact,$' run/metrics.csv)" -eq 4 ]
check "its data" [ "$(key run data:words.txt_sha256)" = "$(sha256sum elsewhere/words.txt | cut -d' ' -f1)" ]
check "by no path" [ "$(grep -c "$work" run/run.csv)" -eq 0 ]
check "its flags, without paths" grep -q '^module:one.o_built_with,.*-fno-math-errno -frandom-seed=seed' run/run.csv
"$encbench" analyse run >out 2>err || fail "it can be analysed"
check "no claim is told" [ "$(grep -c claim out)" -eq 0 ]
check "a line for each workload" [ "$(grep -cE '^  (chain|a_chain_with_a_name_that_takes_its_room): not resolvable here, .* -> .* instructions$' out)" -eq 2 ]
check "no claim is judged" [ "$(wc -l <run/verdicts.csv)" -eq 1 ]
"$encbench" report --quiet --output REPORT.md run >out 2>err || fail "it can be reported: $(cat err)"
check "its title" [ "$(head -n 1 REPORT.md)" = '# What the data say of `one` and `two`' ]
check "nothing of ours in it" [ "$(grep -cE "$ours" REPORT.md)" -eq 0 ]
check "nor on the screen" [ "$(grep -cE "$ours|no figure" out)" -eq 0 ]
check "its flags in it" grep -q -- '-fno-math-errno' REPORT.md
check "its counts in it" [ "$(grep -cE '^\| `[a-z_]*chain[a-z_]*` .* [0-9]+ to [0-9]+ ' REPORT.md)" -eq 2 ]
"$encbench" plot --terminal run >out 2>err || fail "a quick look"
check "a quick look has every workload" [ "$(grep -cE '^(chain|a_chain_with_a_name_that_takes_its_room)$' out)" -eq 2 ]
"$encbench" explain --all two/one/chain run >out 2>err || fail "explain"
check "where an effect comes from" grep -qE 'rows +contrasts.csv:' out

# ---- its claims ----
head -n 1 "$source/claims.csv" >own.csv
echo '7,a,1,general,exact,,one two,chain,allocations_per_op,count,0,0,[],the chain allocates nothing' >>own.csv
smoke --out claimed --workloads chain --claims own.csv || fail "a run with claims: $(cat err)"
"$encbench" analyse claimed >out 2>err || fail "its claims can be judged"
check "its claim alone" [ "$(cut -d, -f1,2,4 claimed/verdicts.csv | tail -n +2 | tr '\n' ' ')" = "7,a,confirmed 7,all,confirmed " ]
check "and which it was" [ "$(key claimed claims_sha256)" = "$(sha256sum own.csv | cut -d' ' -f1)" ]
sed -i 's/^complete,yes/complete,no/' claimed/run.csv
mv own.csv moved.csv
refused "claims that are elsewhere now" "was made with --claims own.csv, which is not there; say with --claims" run --resume claimed
sed -i 's/nothing$/no byte/' moved.csv
refused "other claims" "claims_sha256 was" run --resume claimed --claims moved.csv
refused "claims of a run without" "it was made without --claims" run --resume "$(sed -i 's/^complete,yes/complete,no/' run/run.csv; echo run)" --claims moved.csv
finish 41
