#!/bin/sh
# `gate` on a small repository made for it: planted changes are seen, harmless ones are not, what is declared is let through, bad
# input is refused in one line, and nothing is left behind. No time is asserted.
# usage: gate_test.sh BUILD SOURCE quick|long
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
unset GITHUB_STEP_SUMMARY GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
repository=$work/repository modules=$work/build/modules
mkdir "$work/tmp" "$work/home" "$work/build"
export ENCBENCH_ROOT="$repository" TMPDIR="$work/tmp" HOME="$work/home" GIT_CONFIG_NOSYSTEM=1
. "${0%/*}/../checks.sh"
cd "$work" || exit 1 # in no repository: the tree is the program's own

in_repository() { git -C "$repository" -c user.name=test -c user.email=test@example.org "$@"; }

# ---- the repository: this one's sources with two variants and no tests; a tag for each planted change ----
make_repository() {
    mkdir -p "$repository/tests"
    for part in CMakeLists.txt encbench.ini LICENSE README.md claims.csv examples harness packaging plots variants workloads; do
        cp -R "$source/$part" "$repository"
    done
    : >"$repository/tests/CMakeLists.txt"
    echo build >"$repository/.gitignore"
    grep -e '^# name ' -e '^null+thread ' -e '^removed+none ' "$source/variants/variants.txt" >"$repository/variants/variants.txt"
    in_repository init -q -b main
}

keep() { # keep TAG: what is there now is a revision, and gone again
    in_repository add -A
    in_repository commit -q -m "$1"
    in_repository tag "$1"
    in_repository reset -q --hard plain
}

in_put() { # in_put STATEMENT: one more in every put, which the compiler must keep
    sed -i "s|^    encbuf_release_mapping(encbuf_of(ref));|&\n    $1|" "$repository/variants/encbuf.h"
}

make_revisions() {
    escape='__asm__ volatile("" : : "r"(block) : "memory");'
    in_put '__asm__ volatile("nop");' && keep instruction
    in_put '__asm__ volatile(".rept 400\\n nop\\n .endr");' && keep slower
    in_put "{ void *block = malloc(8); $escape free(block); }" && keep allocation
    in_put "{ void *block = malloc(1); $escape }" && keep leak
    sed -i 's|^    size_t capacity;|&\n    unsigned char more[16];|; /_Static_assert/d' "$repository/variants/structure.h" && keep structure
    sed -i 's|^    base64(base64_digits, true|    __asm__ volatile("nop");\n&|' "$repository/workloads/codec.c" && keep codec
    sed -i '/^static uint64_t workload_get_put_run/,/^}/ s|^    (void)thread;|&\n    return n * WORKLOAD_GET_PUT_BYTES;|' "$repository/workloads/get_put.h" && keep removed
    for file in variants/encbuf.h variants/module.c workloads/codec.c workloads/get_put.h; do
        sed -i '1i /* A comment, and\n * another. */' "$repository/$file"
    done
    keep comments
    sed -i '/^removed+none /d' "$repository/variants/variants.txt" && keep one_variant
    echo '#error "does not build"' >>"$repository/variants/encbuf.h" && keep broken
    sed -i 's|define ENCBENCH_ABI_VERSION .*|define ENCBENCH_ABI_VERSION 99|' "$repository/harness/module.h" && keep other_abi
    sed -i 's|define SCHEMA_VERSION .*|define SCHEMA_VERSION 99|' "$repository/harness/schema.h" && keep other_schema
    rm "$repository/harness/module.h" && keep no_header
}

# ---- the program, with a build directory of its own ----
make_build() {
    cp "$build/encbench" "$build/encbench-worker" "$build/libencbench_interpose.so" "$work/build"
    cp -R "$build/kernels" "$build/gate-plants" "$work/build"
    mkdir "$modules" && cp -R "$build/modules/." "$modules"
}

runs=0
gate_timed() { # gate_timed ARGUMENT...: both lanes; the exit code is in $code
    runs=$((runs + 1))
    result=$work/result-$runs
    "$work/build/encbench" gate --quiet --out "$result" "$@" >"$work/out" 2>"$work/err"
    code=$?
}
gate() { gate_timed --exact "$@"; }

short='--variants null+thread --workloads get_put'
# gate_short ARGUMENT...: the same on one pair
gate_short() { # shellcheck disable=SC2086 # words
    gate $short "$@"
}

kept() { # kept TAG: where the base's modules of it are
    echo "$work/build/gate/$(in_repository rev-parse "$1^{commit}" | cut -c 1-12)"-*
}

become() { # become TAG: its modules are those of the working tree from now on
    [ -d "$(kept "$1")" ] || gate_short --base "$1"
    rm -rf "$modules" && cp -R "$(kept "$1")" "$modules"
}

has() { grep -qE "$1" "$result/gate.csv"; } # has PATTERN

nothing_left() { # nothing_left DESCRIPTION
    check "$1: no temporary file" [ -z "$(ls -A "$work/tmp")" ]
    check "$1: no half-kept base" [ -z "$(find "$work/build/gate" -name '*.partial' 2>/dev/null)" ]
    check "$1: one worktree" [ "$(in_repository worktree list | wc -l)" -eq 1 ]
    check "$1: the repository knows of nothing" [ -z "$(in_repository worktree prune -n -v; in_repository status --porcelain)" ]
}

refused() { # refused DESCRIPTION WORDS ARGUMENT...: exit 2 and one line that holds WORDS
    what=$1 words=$2
    shift 2
    gate_short "$@"
    check "$what: exit $code" [ "$code" -eq 2 ]
    check "$what: says \"$words\"" grep -qF -- "$words" "$work/err"
    check "$what: one line" [ "$(wc -l <"$work/err")" -eq 1 ]
    check "$what: nothing written" [ ! -e "$result" ]
    check "$what: no temporary file" [ -z "$(ls -A "$work/tmp")" ]
}

must "the repository" make_repository
must "its first commit" in_repository add -A
must "its first commit" in_repository commit -q -m plain
must "its first tag" in_repository tag plain
must "its revisions" make_revisions
must "a build" make_build

test_against_itself() {
    mkdir -p "$work/build/gate/mine"
    for digit in 1 2 3 4 5 6 7 8 9; do mkdir "$work/build/gate/12345678901$digit-0123456789abcdef"; done
    touch -d '2 days ago' "$work/build/gate/mine" "$work/build/gate/12345678901"*
    touch -d '3 days ago' "$work/build/gate/123456789013-0123456789abcdef" "$work/build/gate/123456789017-0123456789abcdef"
    touch "$work/build/gate/123456789015-0123456789abcdef"
    export GITHUB_STEP_SUMMARY="$work/summary"
    echo before >"$work/summary"
    gate --base plain --workloads get_put,to_string_1k
    unset GITHUB_STEP_SUMMARY
    check "the same code: exit $code" [ "$code" -eq 0 ]
    check "the same code: nothing differs" [ "$(grep -cE ',(regression|less|lost|gained|changed),' "$result/gate.csv")" -eq \
        "$(grep -cE '^gate_plant,.*,(regression|less|lost|gained|changed),' "$result/gate.csv")" ]
    check "the same code: is compared" has '^null[+]thread,get_put,instructions_per_op,[0-9]+,[0-9]+,same,$'
    check "the same code: structure" has '^null[+]thread,layout,struct_hole_bytes,8,8,same,$'
    check "what only the head has is new" has '^packed[+]thread,get_put,all,,,new,$'
    check "what the head alone has is not judged" grep -q 'gate: not worse than the base' "$work/out"
    check "eight bases are kept" [ "$(ls -d "$work"/build/gate/*-*/ | wc -l)" -eq 8 ]
    for digit in 3 7; do check "the oldest go" [ ! -e "$work/build/gate/12345678901$digit-0123456789abcdef" ]; done
    check "what was used lately stays" [ -d "$work/build/gate/123456789015-0123456789abcdef" ]
    check "so does what is not the gate's" [ -d "$work/build/gate/mine" ]
    check "plants are in the table" has '^gate_plant,plant_instruction,instructions_per_op,[0-9]+,[0-9]+,regression,$'
    check "a summary of its own" grep -q '^### gate: not worse' "$result/gate.md"
    check "the summary is appended" [ "$(sed -n 1p "$work/summary")" = before ]
    check "and the same" [ "$(tail -n +2 "$work/summary")" = "$(cat "$result/gate.md")" ]
    nothing_left "the same code"
    rm "$work/build/gate/build.log"
    gate_short --base plain
    check "a base is built once" [ ! -e "$work/build/gate/build.log" ]
    echo dirty >>"$repository/README.md"
    other_base=$(kept plain)
    export GIT_DIR="$work/none" GIT_INDEX_FILE="$work/none/index"
    gate_short --base "$other_base" --setenv OF_BOTH=1
    check "an environment of both sides: exit $code" [ "$code" -eq 0 ]
    check "and is told without paths" grep -q '^base [0-9a-f]*-[0-9a-f]*; head: the working tree; environment of both: setenv=OF_BOTH=1\. ' "$result/gate.md"
    gate_short --base plain
    check "a hook of another repository: exit $code" [ "$code" -eq 0 ]
    unset GIT_DIR GIT_INDEX_FILE
    export GITHUB_STEP_SUMMARY="$work/none/summary"
    gate_short --base plain
    unset GITHUB_STEP_SUMMARY
    check "a summary that cannot be written changes no verdict" [ "$code" -eq 0 ]
    check "but is said in one line" [ "$(grep -c 'none/summary: No such' "$work/err")-$(wc -l <"$work/err")" = 1-1 ]
    check "a dirty tree is allowed" [ "$code" -eq 0 ]
    check "and said" grep -q 'uncommitted changes' "$work/out"
    in_repository checkout -q README.md
}

# red DESCRIPTION TAG PATTERN: with it the head is worse by that row of null+thread, and the base is better the other way around
red() {
    become "$2"
    gate_short --base plain
    check "$1: exit $code" [ "$code" -eq 1 ]
    check "$1: which" has "^null[+]thread,$3,regression,\$"
    check "$1: said" grep -q '^  regression  null+thread' "$work/out"
    check "$1: how to declare it" grep -q '^  null+thread,.*,REASON$' "$work/out"
    check "$1: summary" grep -q '^| regression | null+thread' "$result/gate.md"
    become plain
    gate_short --base "$(kept "$2")"
    check "$1, undone: exit $code" [ "$code" -eq 0 ]
    check "$1, undone: reported" grep -q '^  less ' "$work/out"
}

test_instruction() {
    red "an instruction" instruction 'get_put,instructions_per_op,[0-9]+,[0-9]+'
    check "an instruction: by one" [ "$(awk -F, '/^null[+]thread,get_put,instructions_per_op/ { print $4 - $5 }' "$result/gate.csv")" = 1 ]
}

test_other_plants() {
    red "an allocation" allocation 'get_put,allocations_per_op,0,1'
    red "a leaked byte" leak 'get_put,live_blocks_per_op,0,1'
    red "a structure" structure 'layout,struct_bytes,48,64'
    become codec
    gate --base plain --variants removed+none --workloads base64_1k
    check "an instruction of the codec: exit $code" [ "$code" -eq 1 ]
    check "an instruction of the codec: which" has '^removed[+]none,base64_1k,instructions_per_op,[0-9]+,[0-9]+,regression,$'
    check "an instruction of the codec: whose" has '^removed[+]none,base64_1k,instructions_codec_per_op,[0-9]+,[0-9]+,changed,$'
    become comments
    gate --base plain --workloads get_put,base64_1k
    check "comments: exit $code" [ "$code" -eq 0 ]
    check "comments: nothing" [ "$(grep -v '^gate_plant' "$result/gate.csv" | grep -cE ',(regression|less|lost|gained|changed),')" -eq 0 ]
    become one_variant
    gate --base plain --workloads get_put
    check "a variant that is gone: exit $code" [ "$code" -eq 0 ]
    check "a variant that is gone: listed" has '^removed[+]none,get_put,all,,,removed,$'
    become plain
}

# ---- gate-allow.csv ----
allow() { # allow LINE...
    { echo variant,workload,metric,value,reason; printf '%s\n' "$@"; } >"$repository/gate-allow.csv"
}

test_allow() {
    become instruction
    gate_short --base plain
    value=$(sed -n 's/^null+thread,get_put,instructions_per_op,[0-9]*,\([0-9]*\),.*/\1/p' "$result/gate.csv")
    line="null+thread,get_put,instructions_per_op,$value,a good reason"
    allow "$line"
    gate_short --base plain
    check "declared: exit $code" [ "$code" -eq 0 ]
    check "declared: with its reason" has "^null[+]thread,get_put,instructions_per_op,[0-9]+,$value,declared,a good reason\$"
    check "declared: shown" grep -q '^  declared .*; a good reason$' "$work/out"
    allow "null+thread,get_put,instructions_per_op,$((value + 1)),a good reason"
    refused "declared as something else" 'gate-allow.csv:2: declares instructions_per_op of null+thread on get_put as' --base plain
    allow "$line" 'null+thread,get_put,allocations_per_op,1,no reason'
    refused "declared, but none" 'gate-allow.csv:3: declares an increase of allocations_per_op' --base plain
    echo 'variant,what' >"$repository/gate-allow.csv"
    refused "another table" 'gate-allow.csv' --base plain
    # In the base as well: it is about an increase that is in the base.
    become plain
    allow "$line"
    in_repository add -A && in_repository commit -q -m allowed && in_repository tag allowed
    gate_short --base allowed
    check "declared in the base: exit $code" [ "$code" -eq 0 ]
    become instruction
    gate_short --base allowed
    check "declared in the base: declares nothing here: exit $code" [ "$code" -eq 1 ]
    in_repository reset -q --hard plain
    become plain
}

# ---- the timing lane ----
# What grows is declared, so that time alone can be red. A machine that others keep busy may be unfit: it must say so.
test_time() {
    become slower
    gate_short --base plain
    allow "null+thread,get_put,instructions_per_op,$(sed -n 's/^null+thread,get_put,instructions_per_op,[0-9]*,\([0-9]*\),.*/\1/p' "$result/gate.csv"),to be slower"
    # shellcheck disable=SC2086 # words
    gate_timed --base plain $short
    if [ "$code" -eq 3 ]; then
        check "unfit: one line" [ "$(wc -l <"$work/err")" -eq 1 ]
        check "unfit: nothing decided" grep -q '^gate: nothing decided$' "$work/out"
        echo "the machine is unfit, so that time was not judged: $(cat "$work/err")"
    else
        check "slower: exit $code" [ "$code" -eq 1 ]
        check "slower: red" has '^null[+]thread,get_put,ns_per_op,[0-9.]+,[0-9.]+,red,$'
        check "slower: declared growth is not" has '^null[+]thread,get_put,instructions_per_op,.*,declared,to be slower$'
        check "slower: said" grep -q '^  red  *null+thread get_put ns_per_op .* -> ' "$work/out"
        check "slower: two passes" [ "$(grep -c '^null+thread,get_put,[12],[0-9]*,.*,suspect$' "$result/gate_time.csv")" -eq 2 ]
        check "slower: the plants, too" [ "$(grep -c '^gate_plant,planted .*,suspect$' "$result/gate_time.csv")" -eq 4 ]
        check "slower: summary" grep -q '^| red | null+thread | get_put |' "$result/gate.md"
    fi
    in_repository reset -q --hard plain && rm -f "$repository/gate-allow.csv"
    become plain
    nothing_left "time"
}

# ---- bad input ----
test_bad_input() {
    refused "no base" 'expected --base REV'
    refused "unknown revision" 'unknown revision' --base no_such_revision
    refused "no revision at all" 'is no revision' --base=--upload-pack=x
    refused "no modules there" 'module' --base "$work/home"
    cd "$repository" || exit 1
    refused "a directory of the tree" 'is a directory, but without built modules' --base variants
    cd "$OLDPWD" || exit 1
    refused "does not build" 'does not build' --base broken
    check "does not build: the log is kept" grep -q 'does not build' "$work/build/gate/build.log"
    nothing_left "does not build"
    refused "another ABI" 'has module ABI 99' --base other_abi
    refused "another schema" 'has schema 99' --base other_schema
    refused "another project" 'no ENCBENCH_ABI_VERSION' --base no_header
    refused "its own build" 'is the build that is compared with it' --base "$modules"
    refused "its own build, from above" 'is the build that is compared with it' --base "$work/build"
    mkdir "$work/there"
    "$work/build/encbench" gate --exact --base plain --out "$work/there" >"$work/out" 2>"$work/err"
    check "a result that is there: exit 2 before the work" [ $? -eq 2 ]
    check "a result that is there: said" grep -q 'nothing is ever overwritten' "$work/err"
    refused "both lanes and one" 'give one of them' --base plain --profile quick
    "$work/build/encbench" gate --base plain --profile smoke >"$work/out" 2>"$work/err"
    check "a profile that decides nothing" [ $? -eq 2 ]
    cp -R "$(kept plain)" "$work/no_data" && rm "$work/no_data"/data/*
    gate --base "$work/no_data" --workloads trace:npm-install
    check "a base that cannot be counted: exit $code" [ "$code" -eq 2 ]
    check "a base that cannot be counted: whose fault" grep -q '^encbench: base: .*npm-install' "$work/err"
    check "a base that cannot be counted: one line" [ "$(wc -l <"$work/err")" -eq 1 ]
    refused "unknown variant" 'neither base nor head has nobody' --base plain --variants nobody
    refused "unknown workload" 'neither base nor head has nothing' --base plain --workloads nothing
    nothing_left "bad input"
    git clone -q --depth 1 -b plain "file://$repository" "$work/shallow" 2>"$work/err"
    ENCBENCH_ROOT=$work/shallow
    refused "a shallow clone" 'is shallow: fetch it' --base "$(in_repository rev-parse instruction)"
    mkdir "$work/no-repository"
    ENCBENCH_ROOT=$work/no-repository
    refused "no repository" 'is not in a git repository' --base plain
    ENCBENCH_ROOT=$repository
    mkdir "$work/path" && cp -s /usr/bin/* /bin/* "$work/path" 2>/dev/null
    rm -f "$work/path/git"
    PATH_before=$PATH
    PATH=$work/path
    refused "no git" 'git is not installed' --base plain
    PATH=$PATH_before
    # Built, for its own: what it keeps is removed, or there would be two of that revision.
    before=$(kept plain)
    cp -R "$repository" "$work/with space"
    ENCBENCH_ROOT="$work/with space"
    gate_short --base plain
    check "a path with a space: exit $code" [ "$code" -eq 0 ]
    for base in $(kept plain); do [ "$base" = "$before" ] || rm -r "$base"; done
    ENCBENCH_ROOT=$repository
}

# ---- never blind ----
test_blind_and_unfit() {
    cp "$work/build/gate-plants/base/plant.o" "$work/plant.o"
    cp "$work/build/gate-plants/head/plant.o" "$work/build/gate-plants/base/plant.o"
    gate_short --base plain
    check "plants that are not there: exit $code" [ "$code" -eq 4 ]
    check "plants that are not there: said" grep -q 'missed a planted regression' "$work/err"
    cp "$work/plant.o" "$work/build/gate-plants/base/plant.o"
    mv "$work/build/libencbench_interpose.so" "$work/interposer"
    gate_short --base plain
    check "nothing to count with: exit $code" [ "$code" -eq 3 ]
    check "nothing to count with: one line" [ "$(wc -l <"$work/err")" -eq 1 ]
    mv "$work/interposer" "$work/build/libencbench_interpose.so"
}

# ---- interrupted ----
# interrupt DESCRIPTION PATH ARGUMENT...: SIGINT to all of it, as from a terminal, as soon as PATH (a pattern in the scratch directory) is there
interrupt() {
    what=$1 path=$2
    shift 2
    setsid "$work/build/encbench" gate --quiet --out "$work/interrupted" "$@" >"$work/out" 2>"$work/err" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && [ -z "$(find "$work/tmp" -path "$path" 2>/dev/null | head -n 1)" ]; do sleep 0.02; done
    kill -INT "-$pid"
    wait "$pid"
    code=$?
    pid=
    check "$what: exit $code" [ "$code" -eq 3 ]
    check "$what: said" grep -q 'stopped' "$work/err"
    check "$what: one line" [ "$(wc -l <"$work/err")" -eq 1 ]
    check "$what: nothing written" [ ! -e "$work/interrupted" ]
    nothing_left "$what"
}

test_interrupted() {
    in_repository commit -q --allow-empty -m empty && in_repository tag fresh
    interrupt "while the base is configured" '*/base-source*/build/CMakeCache.txt' --exact --base fresh
    interrupt "while the base is built" '*/base-source*/build/variants/CMakeFiles/*.o' --exact --base fresh
    check "what was not built to its end is not kept" [ ! -e "$(kept fresh)" ]
    interrupt "while both are counted" '*/base/metrics.csv*' --exact --base plain
    # shellcheck disable=SC2086 # words
    interrupt "while both are timed" '*/process-*.so' --base plain $short
    in_repository reset -q --hard plain
}

# A change that removes an op is the fastest of all; instructions and time would call it better.
test_removed() {
    become removed
    refused "a removed op" 'variant null+thread, workload get_put: the compiler removed the op: run executes' --base plain
    become plain
}

test_against_itself
if [ "$mode" = quick ]; then
    test_instruction
    test_removed
    test_blind_and_unfit
    finish 44
else
    test_other_plants
    test_allow
    test_time
    test_bad_input
    test_interrupted
    finish 200
fi
