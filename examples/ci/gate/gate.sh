#!/bin/sh
# Is what is checked out worse than BASE? A step of CI, for any repository that says in encbench.ini what is built and compared.
#
#   gate.sh BASE [ARGUMENT-OF-GATE...]
#
# BASE is a revision; one that a shallow clone lacks is fetched alone. Exit codes are the gate's, but that a machine unfit to time anything
# (3, a runner shared with others) is a warning: ENCBENCH_UNFIT=fail makes it an error. ENCBENCH names the program where it is not on PATH,
# and ENCBENCH_CACHE the directory to keep built bases in: cache it between jobs.
set -eu
base=$1
shift

say() {
    if [ "${GITHUB_ACTIONS:-}" = true ]; then echo "::warning::$1"; else echo "gate.sh: $1" >&2; fi
}

# The user of a container is often not the one that owns the checkout.
if ! git rev-parse --git-dir >/dev/null 2>&1; then
    HOME=$(mktemp -d)
    export HOME
    trap 'rm -rf "$HOME"' EXIT
    git config --global --add safe.directory "$PWD"
fi
if ! git rev-parse --verify --quiet "$base^{commit}" >/dev/null; then
    git fetch --quiet --no-tags --depth 1 origin "$base"
    base=$(git rev-parse FETCH_HEAD)
fi
# A cache in the checkout is no change of it.
if [ -n "${ENCBENCH_CACHE:-}" ]; then
    mkdir -p "$ENCBENCH_CACHE"
    echo '*' >"$ENCBENCH_CACHE/.gitignore"
fi
code=0
"${ENCBENCH:-encbench}" gate --base "$base" "$@" || code=$?
# 3 says that something could not be decided. Only where all that can be counted was, and is no worse, is it a matter of time alone.
if [ "$code" -eq 3 ] && [ "${ENCBENCH_UNFIT:-pass}" != fail ]; then
    code=0
    again=$(mktemp -d)
    "${ENCBENCH:-encbench}" gate --base "$base" "$@" --exact --out "$again/gate" || code=$?
    rm -rf "$again"
    [ "$code" -ne 0 ] || say "nothing that can be counted is worse, and this machine is unfit to time"
fi
exit "$code"
