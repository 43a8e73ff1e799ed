#!/bin/sh
# The shell of the examples for CI, as their YAML has it, run as a container runs it: no ptrace, no personality, no perf_event_open, a root that
# cannot be written to, user 1001, a shallow clone that somebody else owns, whose base is fetched alone. Exact figures only: no time is asserted.
# usage: ci_examples_test.sh BUILD SOURCE FORBID
set -u
build=$1 source=$2 forbid=$3
for program in git unshare setpriv; do
    command -v $program >/dev/null 2>&1 || {
        echo "SKIP: $program is not installed"
        exit 77
    }
done
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || {
    echo "SKIP: only root can make a container-like environment"
    exit 77
}
"$forbid" ptrace true || exit
work=$(mktemp -d) || exit 1
work=$(cd "$work" && pwd -P)
trap 'rm -rf "$work"' EXIT
unset GITHUB_STEP_SUMMARY GITHUB_ACTIONS GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE ENCBENCH_ROOT XDG_CACHE_HOME MAKEFLAGS
. "${0%/*}/../checks.sh"
mkdir "$work/own-home" && printf '[safe]\n\tdirectory = *\n' >"$work/own-home/.gitconfig" # ours, to make what belongs to user 1001
export HOME="$work/own-home" GIT_CONFIG_NOSYSTEM=1

origin=$work/origin
in_origin() { git -C "$origin" -c user.name=test -c user.email=test@example.org "$@"; }

# The example's module, which the second commit makes slower.
make_origin() {
    mkdir -p "$origin/ci" && git init -q -b main "$origin" && cp "$source"/examples/module/sum*.[ch] "$origin" &&
        cp "$source/examples/ci/gate/gate.sh" "$origin/ci" || return
    printf '%s\n' 'build = mkdir -p out && cc -O2 -g -fPIC -fvisibility=hidden -ffunction-sections $ENCBENCH_PREFIX_MAP -I"$ENCBENCH_INCLUDE" -c sum_bytes.c -o out/sum.o' \
        'module = out/sum.o' >"$origin/encbench.ini"
    echo out/ >"$origin/.gitignore"
    in_origin add -A && in_origin commit -q -m first && in_origin tag first &&
        sed -i '/encbench_next_input/s|.*|        volatile int again = 0;\n        (void)again;\n&|' "$origin/sum.h" &&
        in_origin commit -q -a -m second && in_origin tag second &&
        echo note >"$origin/note" && in_origin add -A && in_origin commit -q -m third && in_origin tag third
}

# The lines below `run: |` of a composite action; those of `script:` in GitLab's.
action_shell() { awk '/^ *run: \|$/ { match($0, /^ */); depth = RLENGTH; inside = 1; next }
    inside { match($0, /^ */); if (RLENGTH <= depth) exit; print }' "$1"; }
gitlab_shell() { awk '/^ *script:$/ { inside = 1; next } inside && /^ *- / { sub(/^ *- /, ""); print; next } inside { exit }' "$1"; }

# contained CHECKOUT SCRIPT VARIABLE=VALUE...: exit code in $code
contained() {
    checkout=$1 script=$2
    shift 2
    unshare -m sh -c '
        mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,ro,bind / || exit 99
        work=$1 checkout=$2 script=$3 forbid=$4
        shift 4
        cd "$checkout" && exec env -i PATH="$PATH:$work/prefix/bin" HOME="$work/home" TMPDIR="$work/tmp" "$@" \
            setpriv --reuid 1001 --regid 1001 --clear-groups --no-new-privs "$forbid" ptrace,personality,perf_event_open sh -e -c "$script"
    ' sh "$work" "$checkout" "$script" "$forbid" "$@" >"$work/out" 2>"$work/err"
    code=$?
}

clone() { # clone NAME TAG: shallow, and owned by root but for what a build has to write
    git clone -q --depth 1 -b "$2" "file://$origin" "$work/$1" 2>/dev/null && chown -R 1001:1001 "$work/$1" && chown root "$work/$1"
    chmod 777 "$work/$1"
}

must "a repository" make_origin
must "the server's user" chown -R 1001 "$origin"
must "an installed program" cmake --install "$build" --prefix "$work/prefix"
must "what user 1001 can read" cp -R "$source/examples/ci/gate" "$work/action"
must "what user 1001 can read" cp "$forbid" "$work/forbid"
forbid=$work/forbid
mkdir "$work/tmp" "$work/home" "$work/runner" && chown -R 1001 "$work/tmp" "$work/home" "$work/runner" && chmod 755 "$work"
action=$(action_shell "$source/examples/ci/gate/action.yml") gitlab=$(gitlab_shell "$source/examples/ci/gitlab-ci.yml")
check "the action has shell" [ "$(printf '%s\n' "$action" | grep -c 'gate\.sh')" -eq 1 ]
check "GitLab's has shell" [ "$(printf '%s\n' "$gitlab" | grep -c 'gate\.sh')" -eq 1 ]

github() { # github NAME TAG BASE: as the action runs it
    must "a clone" clone "$1" "$2"
    contained "$work/$1" "$action" GITHUB_ACTIONS=true GITHUB_ACTION_PATH="$work/action" GITHUB_STEP_SUMMARY="$work/runner/summary-$1" \
        BASE="$3" ARGUMENTS=--exact ENCBENCH_CACHE="$work/runner/cache" OUT="$work/runner/out-$1"
}
first=$(in_origin rev-parse first) second=$(in_origin rev-parse second)
github slower second "$first"
check "GitHub, slower: exit $code" [ "$code" -eq 1 ]
check "GitHub, slower: an annotation" grep -q '^::error title=encbench gate::sum_bytes sum_4k instructions_per_op: ' "$work/out"
check "GitHub, slower: the summary" grep -q '^| regression | sum_bytes | sum_4k | instructions_per_op |' "$work/runner/summary-slower"
check "GitHub, slower: the artifact" [ -s "$work/runner/out-slower/gate.xml" ]
check "GitHub: the base is kept" [ -d "$(echo "$work/runner/cache"/*/"$(printf %.12s "$first")"-*)" ]
github same third "$second"
check "GitHub, no worse: exit $code" [ "$code" -eq 0 ]
must "a clone" clone merge second
printf '#!/bin/sh\nexec encbench "$@" --exact\n' >"$work/runner/exact" && chmod 755 "$work/runner/exact"
contained "$work/merge" "$gitlab" ENCBENCH="$work/runner/exact" CI_MERGE_REQUEST_DIFF_BASE_SHA="$first" ENCBENCH_CACHE="$work/merge/.encbench-cache"
check "GitLab: exit $code" [ "$code" -eq 1 ]
check "GitLab: test results" grep -q '<testcase classname="sum_bytes" name="sum_4k"><failure ' "$work/merge/gate-result/gate.xml"
check "GitLab: a cache in the checkout is no change of it" grep -q '; head: the working tree$' "$work/out"
contained "$work/merge" 'sh ci/gate.sh 1234567890123456789012345678901234567890 --exact' X=
check "a base that nobody has: exit $code" [ "$code" -ne 0 ]
# A program that says what a gate would.
for said in 3 2; do
    printf '#!/bin/sh\nexit %s\n' $said >"$work/runner/says-$said" && chmod 755 "$work/runner/says-$said"
done
printf '#!/bin/sh\ncase " $* " in *" --exact "*) exit 0 ;; esac\nexit 3\n' >"$work/runner/unfit-to-time" && chmod 755 "$work/runner/unfit-to-time"
contained "$work/merge" "$action" GITHUB_ACTIONS=true GITHUB_ACTION_PATH="$work/action" BASE="$first" OUT=x ENCBENCH="$work/runner/unfit-to-time"
check "an unfit machine: exit $code" [ "$code" -eq 0 ]
check "an unfit machine: a warning" grep -q '^::warning::.*unfit' "$work/out"
contained "$work/merge" "$action" GITHUB_ACTION_PATH="$work/action" BASE="$first" OUT=x ENCBENCH="$work/runner/says-3"
check "nothing could be counted: exit $code" [ "$code" -eq 3 ]
contained "$work/merge" "$action" ENCBENCH_UNFIT=fail GITHUB_ACTION_PATH="$work/action" BASE="$first" OUT=x ENCBENCH="$work/runner/says-3"
check "an unfit machine, strictly: exit $code" [ "$code" -eq 3 ]
contained "$work/merge" "$action" GITHUB_ACTION_PATH="$work/action" BASE="$first" OUT=x ENCBENCH="$work/runner/says-2"
check "bad input: exit $code" [ "$code" -eq 2 ]
check "no temporary file" [ -z "$(ls -A "$work/tmp")" ]
finish 18
