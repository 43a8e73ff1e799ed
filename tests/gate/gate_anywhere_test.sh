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
    (cd "${where:-$repository}" && exec "${program:-$work/prefix/bin/encbench}" gate --quiet --out "$result" "$@") >"$work/out" 2>"$work/err"
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
    check "test results: counted" grep -q '^<testsuite name="encbench gate" tests="2" failures="1" errors="0" skipped="0">$' "$result/gate.xml"
    "${ENCBENCH_PYTHON:-python3}" "$source/tests/gate/sarif_shape.py" "$result/gate.sarif" >"$work/sarif" 2>"$work/err"
    check "SARIF: of the shape that it has" [ $? -eq 0 ]
    check "SARIF: the figure" grep -qE '^error instructions_per_op library sum_4k instructions_per_op: [0-9]+ -> [0-9]+$' "$work/sarif"
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

# Both trees are built alike: environment, length of the path, and so the same bytes of the same source.
test_alike() {
    long=$work/a-clone-whose-name-is-longer-than-that-of-any-temporary-directory-beside-it-could-be
    export W="$work/w"
    mkdir "$W" && git clone -q "$repository" "$long" 2>"$work/err" && git -C "$long" fetch -q --tags
    where=$long
    MAKEFLAGS=-k gate --base c8 --build 'env | grep -v -e "^PWD=" -e "^ENCBENCH_PREFIX_MAP=" | sort >"$W/environment.$$"; pwd | wc -c >"$W/length.$$"; pwd >"$W/at.$$"; sh make.sh'
    where=
    check "alike: exit $code" [ "$code" -eq 0 ]
    for what in environment length; do
        check "alike: two builds said their $what" [ "$(ls "$W" | grep -c "^$what")" -eq 2 ]
        check "alike: the same $what" [ "$(sha256sum "$W/$what".* | cut -c 1-64 | sort -u | wc -l)" -eq 1 ]
    done
    check "alike: two places" [ "$(cat "$W"/at.* | sort -u | wc -l)" -eq 2 ]
    check "alike: no make's words" [ "$(cat "$W"/environment.* | grep -c MAKEFLAGS)" -eq 0 ]
    check "alike: where module.h is" grep -q "^ENCBENCH_INCLUDE=$work/prefix/include/encbench\$" "$W"/environment.*
    for kept in "$work/cache"/*/"$(in_repository rev-parse c8 | cut -c 1-12)"-*/0/sum.o; do
        case $(strings -a "$kept" 2>/dev/null) in *"$long"*) break ;; esac
    done
    check "alike: the same bytes" cmp -s "$kept" "$long/out/sum.o"
    unset W
    rm -rf "$long"
}

# A base is kept for what it was built with: the environment, the compilers, what lies where the command looks.
test_kept() {
    kept() { ls -d "$work/cache"/*/"$(in_repository rev-parse c8 | cut -c 1-12)"-* 2>/dev/null | wc -l; }
    gate --base c8
    before=$(kept)
    GITHUB_RUN_ID=1 TERM=dumb gate --base c8
    check "kept: another job's" [ "$(kept)" -eq "$before" ]
    mkdir "$work/headers"
    CPATH=$work/headers gate --base c8
    check "kept: other headers" [ "$(kept)" -eq $((before + 1)) ]
    GITHUB_RUN_ID=1 gate --base c8 --build 'test -z "${GITHUB_RUN_ID-}" && sh make.sh'
    check "kept: what a job is numbered by is not there: exit $code" [ "$code" -eq 0 ]
}

# By options alone, and by files alone.
test_options() {
    mv "$repository/encbench.ini" "$work/encbench.ini"
    expected=' D encbench.ini'
    program=$build/encbench
    export ENCBENCH_ROOT="$source"
    refused "a tree of ours named by a variable" 'would judge its own tree' --base c6
    gate --base c6 --build 'sh make.sh' --module out/sum.o
    check "a variable, and options: exit $code" [ "$code" -eq 1 ]
    unset ENCBENCH_ROOT program
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
    program=$build/encbench
    ENCBENCH_ROOT=$source gate --base c6
    check "a tree of ours named by a variable, and an ini here: exit $code" [ "$code" -eq 1 ]
    check "a tree of ours named by a variable, and an ini here: here" grep -q 'library sum_4k' "$work/out"
    unset program
    cp "$repository/out/sum.o" "$work/new.o"
    set -- "$work/cache"/*/"$(in_repository rev-parse c6 | cut -c 1-12)"-*/0/sum.o
    cp "$1" "$work/old.o"
    where=$work/home
    gate --base-module "$work/old.o" --module "$work/new.o"
    check "two modules: exit $code" [ "$code" -eq 1 ]
    gate --base-module "$work/new.o" --module "$work/old.o"
    check "two modules, the other way: exit $code" [ "$code" -eq 0 ]
    must "a shared object" cc -shared -Wl,-Bsymbolic -o "$work/new.so" "$work/new.o"
    gate --base-module "$work/new.so" --module "$work/new.so"
    check "shared objects, exact: exit $code" [ "$code" -eq 0 ]
    gate_timed --base-module "$work/new.so" --module "$work/new.so"
    check "shared objects are not timed: exit $code" [ "$code" -eq 2 ]
    check "shared objects are not timed: said" grep -q 'new.so: is a shared object, whose one layout decides its time' "$work/err"
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
    in_repository checkout -q c8 2>"$work/err"
    gate --bisect --base c1 --variants libary
    check "no such variant ends a bisection: exit $code" [ "$code" -eq 130 ]
    gate --bisect --base c1 --build 'sh make.sh && { [ ! -e .git/refs ] || [ -e .git/encbench-submodules ] || rm out/sum.o; }'
    check "a head without its module is skipped: exit $code" [ "$code" -eq 125 ]
    touch "$repository/out/head"
    gate --bisect --base c1 --build '[ -e out/head ] || sed -i "s/return add_up/__builtin_trap(); return add_up/" sum.c; sh make.sh'
    check "a base that crashes ends a bisection: exit $code" [ "$code" -eq 130 ]
    check "a base that crashes: said" grep -q '^encbench: base: ' "$work/err"
    rm -f "$repository/out/head"
    in_repository checkout -q main 2>"$work/err"
    nothing_left "bisection"
}

# ---- the trend ----
test_trend() {
    trend=$work/trend/of/it
    gate --base c1 --record "$trend"
    check "recorded: exit $code" [ "$code" -eq 1 ]
    head=$(in_repository rev-parse HEAD) first=$(in_repository rev-parse c1)
    check "recorded: a figure and its ratio" grep -qE "^$head,$first,library,sum_4k,instructions_per_op,[0-9]+,1\\.[0-9]+,,,regression,\$" "$trend/trend.csv"
    check "recorded: no plant" [ "$(grep -c gate_plant "$trend/trend.csv")" -eq 0 ]
    lines=$(wc -l <"$trend/trend.csv")
    gate --base c1 --record "$trend"
    check "recorded once" [ "$(wc -l <"$trend/trend.csv")" -eq "$lines" ]
    echo x >>"$repository/notes"
    expected=' M notes'
    refused "uncommitted changes have no revision" 'has uncommitted changes, so that it is no revision' --base c1 --record "$trend"
    in_repository checkout -q notes
    expected=
    value=$(sed -n 's/^[^,]*,[^,]*,library,sum_4k,instructions_per_op,\([0-9]*\),.*/\1/p' "$trend/trend.csv")
    printf '%s\n' variant,workload,metric,value,reason "library,sum_4k,instructions_per_op,$value,counted twice" >"$repository/gate-allow.csv"
    commit declared
    gate --base c1 --record "$trend"
    check "declared and recorded: exit $code" [ "$code" -eq 0 ]
    check "declared and recorded: why" grep -q ',declared,counted twice$' "$trend/trend.csv"
    in_repository checkout -q c4 2>"$work/err"
    gate_timed --base c1 --record "$trend"
    [ "$code" -eq 3 ] || check "time is a ratio" grep -qE "^$(in_repository rev-parse HEAD),$first,library,sum_4k,time,,1,,,identical,\$" "$trend/trend.csv"
    check "never nanoseconds" [ "$(grep -c _ns "$trend/trend.csv")" -eq 0 ]
    in_repository checkout -q main 2>"$work/err"
    in_repository reset -q --hard c10
    must "a plot" "$work/prefix/bin/encbench" plot "$trend"
    check "the plot" [ -s "$trend/figures/trend.png" ]
    cp "$trend/figures/trend.svg" "$work/trend.svg"
    must "a plot" "$work/prefix/bin/encbench" plot "$trend"
    check "the plot: the same bytes" cmp -s "$trend/figures/trend.svg" "$work/trend.svg"
    cp "$trend/figures/trend.png" "${KEEP:-$work}/trend.png"
    sed -i 's/,regression,$/,regression/' "$trend/trend.csv"
    "$work/prefix/bin/encbench" plot "$trend" >"$work/out" 2>"$work/err"
    code=$?
    check "a torn trend: exit $code" [ "$code" -eq 2 ]
    refused "recorded onto what is torn" 'trend.csv:' --base c6 --record "$trend"
    nothing_left "trend"
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

# ---- what modules there may be ----
test_modules() {
    touch "$repository/marker"
    expected='?? marker'
    copies='sh make.sh && { [ ! -e marker ] || cp out/sum.o out/copy.o; }'
    refused "a base without the module" '--base c8: its build makes no out/copy.o' --base c8 --build "$copies" --module out/copy.o
    refused "two modules of one name" 'names must be unique' --base c8 --build "$copies" --module out/sum.o --module out/copy.o
    named='sh make.sh && { [ ! -e marker ] || { sed "s/\"library\"/\"second\"/" sum.c >out/second.c && cc -O2 -fPIC -I. -I"$ENCBENCH_INCLUDE" -c out/second.c -o out/second.o; }; }'
    gate --base c6 --build "$named" --module out/sum.o --module out/second.o
    check "a module that only the head has: exit $code" [ "$code" -eq 1 ]
    check "a module that only the head has: listed" grep -q '^second,sum_4k,all,,,new,$' "$result/gate.csv"
    check "a module that only the head has: the other is compared" grep -qE '^library,sum_4k,instructions_per_op,.*,regression,$' "$result/gate.csv"
    rm "$repository/out/copy.o" "$repository/out/second."*
    gate --base c6 --build 'mkdir -p out && CFLAGS= sh make.sh' --module out
    check "a directory of modules: exit $code" [ "$code" -eq 1 ]
    rm "$repository/marker"
    expected=
    sed 's/ENCBENCH_ABI_VERSION,/99,/' "$repository/sum.h" >"$work/sum.h"
    cp "$work/sum.h" "$repository/sum.h"
    expected=' M sum.h'
    refused "a module of another ABI" 'out/sum.o: ' --base c8
    check "a module of another ABI: said" grep -q 'ABI' "$work/err"
    in_repository checkout -q sum.h
    expected=
    cat >"$repository/words.cc" <<'END'
#include "module.h"
#include <cstddef>
#include <vector>
ENCBENCH_NEEDS("stdc++");
static encbench_host *host_;
static uint64_t total;
static int setup(encbench_host *host, uint64_t, void **state, char *, size_t) { host_ = host; *state = &total; return 0; }
static uint64_t run(void *, unsigned, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        std::vector<uint64_t> words(WORDS);
        for (uint64_t &word : words) word = i;
        __asm__ volatile("" : : "r"(words.data()) : "memory");
        total = words.size() - words.size() + 1;
    }
    return n * 8;
}
static size_t output(void *, unsigned, const void **bytes) { *bytes = &total; return sizeof total; }
static void teardown(void *) {}
static const encbench_workload workloads[] = {{
    .name = "vector:words=8", .short_name = "vector", .op = "a vector filled", .bytes_per_op = 8, .batch_multiple_ops = 1,
    .rewarm_ops = 8, .threads_max = 1, .flags = ENCBENCH_TIMED | ENCBENCH_EXACT,
    .setup = setup, .run = run, .teardown = teardown, .output = output,
}};
const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION, .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(encbench_workload), .workload_count = 1, .variant = "cxx", .workloads = workloads,
};
END
    sed -i 's/WORDS/8/' "$repository/words.cc" && commit vector
    sed -i 's/words(8)/words(16)/' "$repository/words.cc" && commit larger_vector
    gate --base vector --build 'mkdir -p out && c++ -O2 -g -fPIC -fvisibility=hidden -ffunction-sections $ENCBENCH_PREFIX_MAP -I"$ENCBENCH_INCLUDE" -c words.cc -o out/words.o' \
        --module out/words.o
    check "C++: exit $code" [ "$code" -eq 1 ]
    check "C++: 64 bytes more" grep -q '^cxx,vector,allocated_bytes_per_op,64,128,regression,$' "$result/gate.csv"
    in_repository reset -q --hard c10
    nothing_left "modules"
}

# A header that comes by a submodule: each tree has it as its commit says, by what is in this clone.
test_submodule() {
    git init -q "$work/library" && mv "$repository/sum.h" "$work/library" &&
        git -C "$work/library" add -A && git -C "$work/library" -c user.name=test -c user.email=test@example.org commit -q -m first
    in_repository submodule -q add "file://$work/library" library >"$work/out" 2>"$work/err"
    sed -i 's|"sum.h"|"library/sum.h"|' "$repository/sum.c"
    commit with_submodule
    git -C "$repository/library" -c user.name=test -c user.email=test@example.org commit -q --allow-empty -m second
    sed -i 's|sum_state.total = sum|sum_state.total = 1 + sum|' "$repository/library/sum.h"
    git -C "$repository/library" -c user.name=test -c user.email=test@example.org commit -q -a -m third
    commit later_submodule
    gate --base with_submodule
    check "a submodule: exit $code" [ "$code" -eq 1 ]
    check "a submodule: what it changed" grep -qE '^  regression  library sum_4k instructions_per_op ' "$work/out"
    in_repository update-index --cacheinfo "160000,$(in_repository rev-parse c1),library"
    in_repository commit -q -m lost_submodule && in_repository tag lost_submodule
    in_repository reset -q --hard later_submodule
    refused "a submodule's commit that is not here" 'fatal: submodule library: commit' --base lost_submodule
    check "a submodule's commit that is not here: how to get it" grep -q 'git -C library fetch origin' "$work/err"
    odd='  odd "one\two'
    in_repository submodule -q add --name odd "file://$work/library" "$odd" >"$work/out" 2>"$work/err"
    commit odd_submodule
    echo more >>"$repository/notes" && commit after_odd
    gate --base odd_submodule --build "test -e '$odd/sum.h' && sh make.sh"
    check "a submodule with an odd name: exit $code" [ "$code" -eq 0 ]
    in_repository submodule -q deinit -f -- "$odd"
    gate --base odd_submodule --build "test -e '$odd/sum.h' && sh make.sh"
    check "a submodule that is gone is no base of before: exit $code" [ "$code" -eq 2 ]
    blob=$(git -C "$repository/library" rev-parse HEAD:sum.h)
    must "a broken submodule" rm -f "$repository/.git/modules/library/objects/$(echo "$blob" | cut -c 1-2)/$(echo "$blob" | cut -c 3-)"
    refused "a submodule that cannot be checked out" '--base later_submodule: its checkout exited with status 1: error: unable to read' --base later_submodule --build 'sh make.sh || :'
    in_repository reset -q --hard c10 2>"$work/err" && rm -rf "$repository/library" "$repository/$odd"
}

# ---- where less is there ----
test_poor() {
    echo staged >>"$repository/notes" && in_repository add notes
    expected='M  notes'
    cache=$ENCBENCH_CACHE
    export ENCBENCH_CACHE=/proc/none
    gate --base c6
    check "no cache: exit $code" [ "$code" -eq 1 ]
    nothing_left "no cache"
    export ENCBENCH_CACHE="$cache"
    in_repository reset -q --hard
    expected=
    mkdir "$work/path" && cp -s /usr/bin/* /bin/* "$work/path" 2>/dev/null
    rm -f "$work/path/git"
    PATH_before=$PATH
    PATH=$work/path
    gate --base c6
    PATH=$PATH_before
    check "no git: exit $code" [ "$code" -eq 2 ]
    check "no git: said in one line" [ "$(grep -c 'git is not installed' "$work/err")-$(wc -l <"$work/err")" = 1-1 ]
}

# interrupt DESCRIPTION PATH ARGUMENT...: SIGINT to all of it, as from a terminal, as soon as PATH (a pattern below $work) is there
interrupt() {
    what=$1 path=$2
    shift 2
    (cd "$repository" && exec setsid "$work/prefix/bin/encbench" gate --quiet --out "$work/interrupted" "$@") >"$work/out" 2>"$work/err" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && [ -z "$(find "$work" -path "$path" 2>/dev/null | head -n 1)" ]; do sleep 0.02; done
    kill -INT "-$pid"
    wait "$pid"
    code=$?
    pid=
    check "$what: exit $code" [ "$code" -eq 3 ]
    check "$what: said in one line" [ "$(grep -c stopped "$work/err")-$(wc -l <"$work/err")" = 1-1 ]
    check "$what: nothing written" [ ! -e "$work/interrupted" ]
    rm -f "$repository/started"
    nothing_left "$what"
}

test_interrupted() {
    slow='touch started; sleep 20; sh make.sh'
    interrupt "while the base is built" '*/base-source*/started' --exact --base c8 --build "$slow"
    touch "$repository/out/slow"
    interrupt "while the head is built" '*/repository/out/started' --exact --base c8 --build 'if [ -e out/slow ]; then touch out/started; sleep 20; fi; sh make.sh'
    interrupt "while both are counted" '*/base/metrics.csv*' --exact --base c6
    interrupt "while they are timed" '*/process-*.so' --base c6
}

test_door
if [ "$mode" = quick ]; then
    finish 20
else
    test_alike
    test_kept
    test_options
    test_bisection
    test_trend
    test_bad_input
    test_modules
    test_submodule
    test_poor
    test_interrupted
    finish 200
fi
