#!/bin/sh
# `gate` by an installed program in a repository that is not ours: ten commits of a small library, the seventh of them slow. The door, what it
# says, bisection by git and in one call, and bad input in one line with nothing left behind. Figures are exact: no time is asserted.
# usage: gate_anywhere_test.sh BUILD SOURCE quick|long
set -u
build=$1 source=$2 mode=$3
command -v git >/dev/null 2>&1 || {
    echo "SKIP: git is not installed"
    exit 77
}
work=$(mktemp -d) || exit 1
work=$(cd "$work" && pwd -P)
pid=
trap '[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null; rm -rf "$work"' EXIT
unset GITHUB_STEP_SUMMARY GITHUB_ACTIONS GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE ENCBENCH_ROOT XDG_CACHE_HOME MAKEFLAGS
repository=$work/repository
mkdir "$work/tmp" "$work/home"
export TMPDIR="$work/tmp" HOME="$work/home" GIT_CONFIG_NOSYSTEM=1 ENCBENCH_CACHE="$work/cache"
. "${0%/*}/../checks.sh"

in_repository() { git -C "$repository" -c user.name=test -c user.email=test@example.org -c protocol.file.allow=always "$@"; }

commit() { # commit SUBJECT
    in_repository add -A && in_repository commit -q -m "$1" && in_repository tag "$1"
}

# A library and its module: the example's, in one file more. An extra pass over the first bytes is what is slow.
make_repository() {
    mkdir "$repository" && in_repository init -q -b main
    cp "$source/examples/module/sum.h" "$repository"
    cat >"$repository/sum.c" <<'END'
#define SUM_VARIANT "library"
#include <stddef.h>
#include <stdint.h>
static __attribute__((noinline)) uint64_t add_up(const unsigned char *bytes, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += bytes[i];
    return total;
}
static uint64_t sum(const unsigned char *bytes, size_t count)
{
    return add_up(bytes, count);
}
#include "sum.h"
END
    cat >"$repository/make.sh" <<'END'
mkdir -p out
exec cc -O2 -g -fPIC -fvisibility=hidden -ffunction-sections $ENCBENCH_PREFIX_MAP -I"$ENCBENCH_INCLUDE" -c sum.c -o out/sum.o
END
    printf '# what is compared\nbuild = sh make.sh\nmodule = out/sum.o\n' >"$repository/encbench.ini"
    printf 'out/\n' >"$repository/.gitignore"
    commit c1
    for number in 2 3 4 5 6 7 8 9 10; do
        case $number in
        5) echo '#error "does not build"' >>"$repository/sum.c" ;;
        6) sed -i '$d' "$repository/sum.c" ;;
        7) sed -i 's|return add_up(bytes, count);|volatile uint64_t again = add_up(bytes, 1024);\n    (void)again;\n    &|' "$repository/sum.c" ;;
        *) echo "$number" >"$repository/notes" ;;
        esac
        commit "c$number" || return
    done
}

install_program() {
    cmake --install "$build" --prefix "$work/prefix"
}

# gate ARGUMENT...: in the repository; the exit code is in $code
gate_timed() {
    runs=$((${runs:-0} + 1))
    result=$work/result-$runs
    (cd "${where:-$repository}" && exec "$work/prefix/bin/encbench" gate --quiet --out "$result" "$@") >"$work/out" 2>"$work/err"
    code=$?
}
gate() { gate_timed --exact "$@"; }

must "the repository" make_repository
must "an installed program" install_program

last() { sed -n '$p' "$work/out"; }

nothing_left() { # nothing_left DESCRIPTION
    check "$1: no temporary file" [ -z "$(ls -A "$work/tmp")" ]
    check "$1: no half-kept base" [ -z "$(find "$work/cache" -name '*.partial' 2>/dev/null)" ]
    check "$1: one worktree" [ "$(in_repository worktree list | wc -l)" -eq 1 ]
    check "$1: the repository is as it was" [ "$(in_repository stash list; in_repository status --porcelain)" = "${expected:-}" ]
}

refused() { # refused DESCRIPTION WORDS ARGUMENT...: exit 2 and one line that holds WORDS
    what=$1 words=$2
    shift 2
    gate "$@"
    check "$what: exit $code" [ "$code" -eq 2 ]
    check "$what: says \"$words\"" grep -qF -- "$words" "$work/err"
    check "$what: one line" [ "$(wc -l <"$work/err")" -eq 1 ]
    check "$what: nothing written" [ ! -e "$result" ]
    nothing_left "$what"
}

# ---- the door ----
test_door() {
    gate --base c6
    check "a slow commit: exit $code" [ "$code" -eq 1 ]
    check "a slow commit: which op, by how much, in which function" \
        grep -qE '^  regression  library sum_4k instructions_per_op  [0-9]+ -> [0-9]+ \([+][0-9]+, [+][0-9.]+ %\); add_up [0-9]+ -> [0-9]+, sum_run [0-9]+ -> [0-9]+$' "$work/out"
    check "a slow commit: the line to declare it" grep -qE '^  library,sum_4k,instructions_per_op,[0-9]+,REASON$' "$work/out"
    check "a slow commit: said" [ "$(last)" = 'gate: worse than the base' ]
    check "none of encbench's own variants" [ "$(cut -d, -f 1 "$result/gate.csv" | sort -u | tr '\n' ' ')" = 'gate_plant library variant ' ]
    check "test results" grep -q '<testcase classname="library" name="sum_4k"><failure message="instructions_per_op: ' "$result/gate.xml"
    check "test results: counted" grep -q '^<testsuite name="encbench gate" tests="2" failures="1" skipped="0">$' "$result/gate.xml"
    check "the summary has the line, too" grep -qE '^library,sum_4k,instructions_per_op,[0-9]+,REASON$' "$result/gate.md"
    declared=$(sed -n 's/^  \(library,sum_4k,instructions_per_op,.*\)REASON$/\1/p' "$work/out")
    nothing_left "a slow commit"
    gate --base c8
    check "a neutral commit: exit $code" [ "$code" -eq 0 ]
    check "a neutral commit: said" [ "$(last)" = 'gate: not worse than the base' ]
    echo "a note" >>"$repository/notes"
    gate --base HEAD
    check "uncommitted changes: exit $code" [ "$code" -eq 0 ]
    check "uncommitted changes: said" grep -q '; head: the working tree, which has uncommitted changes$' "$work/out"
    in_repository checkout -q notes
    { echo variant,workload,metric,value,reason; echo "${declared}meant"; } >"$repository/gate-allow.csv"
    gate --base c6
    check "declared: exit $code" [ "$code" -eq 0 ]
    rm "$repository/gate-allow.csv"
    export GITHUB_ACTIONS=true
    gate --base c6
    unset GITHUB_ACTIONS
    check "an annotation" grep -qE '^::error title=encbench gate::library sum_4k instructions_per_op: [0-9]+ -> [0-9]+$' "$work/out"
    (cd "$repository" && "$work/prefix/bin/encbench" gate --quiet --exact --base c8) >"$work/out" 2>"$work/err"
    check "without --out nothing is kept" [ ! -e "$repository/results" ]
    nothing_left "without --out"
}

# By options alone, and by files alone.
test_options() {
    mv "$repository/encbench.ini" "$work/encbench.ini"
    expected=' D encbench.ini'
    refused "no ini" 'nothing says how' --base c6
    refused "no module" 'nothing says what is compared' --base c6 --build 'sh make.sh'
    mkdir "$repository/below"
    where=$repository/below
    gate --base c6 --build 'sh make.sh' --module ../out/sum.o
    check "from below, by options: exit $code" [ "$code" -eq 1 ]
    where=
    rmdir "$repository/below"
    expected=
    cp "$work/encbench.ini" "$repository"
    cp "$repository/out/sum.o" "$work/new.o"
    cp "$work/cache"/*/"$(in_repository rev-parse c6 | cut -c 1-12)"-*/0/sum.o "$work/old.o"
    where=$work/home
    gate --base-module "$work/old.o" --module "$work/new.o"
    check "two modules: exit $code" [ "$code" -eq 1 ]
    gate --base-module "$work/new.o" --module "$work/old.o"
    check "two modules, the other way: exit $code" [ "$code" -eq 0 ]
    where=
}

# ---- bisection ----
test_bisection() {
    gate --since c1
    check "since: exit $code" [ "$code" -eq 1 ]
    check "since: the seventh" grep -q "^since: the first that is worse: $(in_repository rev-parse c7) c7\$" "$work/out"
    nothing_left "since"
    gate --since c7
    check "since the slow one: exit $code" [ "$code" -eq 0 ]
    check "since the slow one: none" grep -q '^since: none of 3 revisions was found worse' "$work/out"
    refused "since HEAD" 'there is no revision after it' --since HEAD
    in_repository bisect start c10 c1 >"$work/out" 2>"$work/err"
    (cd "$repository" && git bisect run "$work/prefix/bin/encbench" gate --exact --quiet --bisect --base c1) >"$work/out" 2>"$work/err"
    check "git bisect run: the seventh" grep -q "^$(in_repository rev-parse c7) is the first bad commit" "$work/out"
    check "git bisect run: what does not build is skipped" [ "$(in_repository bisect log | grep -c '^git bisect skip')" -le 1 ]
    in_repository bisect reset -q >"$work/out" 2>"$work/err"
    in_repository checkout -q c5 2>"$work/err"
    gate --bisect --base c1
    check "does not build: exit $code" [ "$code" -eq 125 ]
    gate --bisect --base nothing
    check "no such base ends a bisection: exit $code" [ "$code" -eq 130 ]
    in_repository checkout -q main 2>"$work/err"
    nothing_left "bisection"
}

# ---- bad input ----
test_bad_input() {
    refused "a base that does not build" '--base c5: its build exited with status 1: sum.c:' --base c5
    refused "no such revision" '--base nothing: unknown revision' --base nothing
    refused "its own base" 'nothing to compare: HEAD is what is checked out' --base HEAD
    refused "outside the repository" '--module ../elsewhere.o: is outside the repository' --base c6 --module ../elsewhere.o
    refused "a module that nobody makes" 'its build makes no out/other.o' --base c6 --module out/other.o
    refused "since and a base" 'leave out --base' --since c1 --base c6
    refused "a base of files and a base" 'leave out --base' --base c6 --base-module a.o --module b.o
    refused "fewer modules" 'are pairs' --base-module a.o,b.o --module b.o
    refused "no such file" '--base-module nothing.o: No such file' --base-module nothing.o --module nothing.o
    where=$work/home
    refused "no repository" 'is not in a git repository' --base c6 --build true --module a.o
    where=
    echo 'exit 3' >"$repository/fails.sh"
    in_repository add fails.sh
    gate --base c8 --build 'if [ -e fails.sh ]; then echo one; echo two; echo three; echo four; exit 3; fi; sh make.sh'
    check "the head does not build: exit $code" [ "$code" -eq 2 ]
    check "the head does not build: its last lines" grep -qF 'the working tree: its build exited with status 3: two | three | four' "$work/err"
    in_repository rm -q -f fails.sh
    refused "a build that writes into the other tree" 'which is in the working tree; expected a build that stays' \
        --base c8 --build "sleep 0.1; echo x >$repository/out/other; sh make.sh"
    git clone -q --depth 1 "file://$repository" "$work/shallow" 2>"$work/err"
    where=$work/shallow
    refused "a shallow clone" 'which is shallow: fetch it' --base "$(in_repository rev-parse c6)"
    git -C "$work/shallow" fetch -q --depth 1 origin "$(in_repository rev-parse c6)" 2>"$work/err"
    gate --base "$(in_repository rev-parse c6)"
    check "a base that was fetched alone: exit $code" [ "$code" -eq 1 ]
    where=
    echo 'modul = out/sum.o' >>"$repository/encbench.ini"
    gate --base c8
    check "a wrong line: exit $code" [ "$code" -eq 2 ]
    check "a wrong line: which" grep -q '/encbench.ini:4: unknown key "modul"' "$work/err"
    in_repository checkout -q encbench.ini
}

test_door
if [ "$mode" = quick ]; then
    finish 20
else
    test_options
    test_bisection
    test_bad_input
    finish 100
fi
