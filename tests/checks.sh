# What the shell tests share; read with `.` after $work is there. Commands leave what they print in $work/out and $work/err.
failures=0 checks=0

fail() { # fail DESCRIPTION
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$1"
    sed 's/^/    /' "$work/out" "$work/err" 2>/dev/null | tail -n 12
}

check() { # check DESCRIPTION COMMAND...
    checks=$((checks + 1))
    description=$1
    shift
    "$@" || fail "$description"
}

key() { sed -n "s/^$2,//p" "$1/run.csv"; } # key RUN NAME

finish() { # finish LEAST: ends the test; fewer checks than LEAST mean that some were never reached
    [ "$checks" -ge "$1" ] || fail "only $checks checks ran"
    printf '%d checks, %d failed\n' "$checks" "$failures"
    [ "$failures" -eq 0 ]
}
