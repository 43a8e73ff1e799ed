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

must() { # must DESCRIPTION COMMAND...: nothing else makes sense without it
    description=$1
    shift
    "$@" >"$work/out" 2>"$work/err" && return
    fail "$description"
    exit 1
}

key() { sed -n "s/^$2,//p" "$1/run.csv"; } # key RUN NAME

# On a machine that others keep busy a run may not see what was planted in it. It says so and concludes nothing; only such a run is made
# again, with the next seed, twice at most. One that concludes anything, right or wrong, is what the test is about.
blind() { # blind RUN
    [ -f "$1/controls.csv" ] && awk -F, 'NR > 1 && ($7 == "imprecise" && $9 != "nothing" || $1 == "void_processes" && $7 == "failed") { found = 1 }
        END { exit !found }' "$1/controls.csv"
}
seeing() { # seeing RUN COMMAND...: COMMAND makes RUN and analyses it, with $seed; its exit status
    run_seen=$1
    shift
    for more in 2 1 0; do
        "$@"
        run_code=$?
        [ "$more" -gt 0 ] && blind "$run_seen" || return "$run_code"
        rm -rf "$run_seen"
        seed=$((seed + 1))
    done
}

finish() { # finish LEAST: ends the test; fewer checks than LEAST mean that some were never reached
    [ "$checks" -ge "$1" ] || fail "only $checks checks ran"
    printf '%d checks, %d failed\n' "$checks" "$failures"
    [ "$failures" -eq 0 ]
}
