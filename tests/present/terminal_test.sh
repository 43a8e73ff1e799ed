#!/bin/sh
# What people see on a terminal: doctor, plot --terminal, colours, the page for man. No time is measured.
# usage: terminal_test.sh BUILD SOURCE CMAKE
set -u
build=$1 source=$2 cmake=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work" ENCBENCH_ROOT="$source"
unset NO_COLOR COLUMNS
. "${0%/*}/../checks.sh"
encbench=$build/encbench
escape=$(printf '\033')
mkdir "$work/home" && cd "$work/home" || exit 1

run() { "$encbench" "$@" >"$work/out" 2>"$work/err"; }
state() { find . -type f -exec cksum {} + | sort; }
longest() { awk '{ if (length($0) > most) most = length($0) } END { print most + 0 }' "$1"; }
said() { tr -s '\n ' '  ' <"$work/err" | grep -qF -- "$1"; }

# ---- doctor ----
run doctor || fail "doctor"
check "every fact has a status" [ -z "$(grep -vE '^(ok|noisy|not visible|volatile) |^ |^[0-9]+ ok, ' "$work/out")" ]
check "the last line counts them" \
    [ "$(tail -n 1 "$work/out")" = "$(grep -c '^ok ' "$work/out") ok, $(grep -c '^noisy ' "$work/out") noisy, $(grep -c '^not visible' "$work/out") not visible" ]
check "every noisy fact is followed by what mends it" \
    awk '/^noisy / { want = 1; next } want && /^            to mend: / { want = 0 } want && !/^ / { exit 1 }' "$work/out"
check "no line is longer than eighty columns" [ "$(longest "$work/out")" -le 80 ]
check "no colours in a pipe" [ "$(grep -c "$escape" "$work/out")" -eq 0 ]
# What is noisy may come and go (the pressure of the last ten seconds): so both are from one call.
run doctor --strict
code=$?
grep -q '^noisy ' "$work/out" && expected=3 || expected=0
check "--strict exits 3 where anything is noisy" [ "$code" -eq "$expected" ]
run doctor --quiet
check "--quiet prints nothing" [ ! -s "$work/out" ]
run doctor here
check "doctor takes no argument" [ $? -eq 2 ]
check "doctor leaves nothing behind" [ -z "$(ls -A)" ]

# ---- plot --terminal ----
cp -r "$source/tests/golden/run" golden
before=$(state)
run plot golden --terminal || fail "plot --terminal"
check "it writes no file" [ "$(state)" = "$before" ]
check "nothing goes wrong aloud" [ ! -s "$work/err" ]
check "no escapes and no form feeds in a pipe" [ "$(grep -c "[$escape$(printf '\f')]" "$work/out")" -eq 0 ]
check "eighty columns" [ "$(longest "$work/out")" -le 80 ]
check "effects are there" grep -q '^no pool .* by ' "$work/out"
check "each choice has a row of its own in the picture" [ "$(grep -c '^ *[a-z]*: [a-z]* to [a-z]* |' "$work/out")" -eq "$(grep -c '^[a-z]*: [a-z]* to [a-z]*  ' "$work/out")" ]
check "processes are there" grep -q 'effect in one process' "$work/out"
check "each with a unit" grep -q 'percent; faster to the left' "$work/out"
check "and what its characters are" grep -q 'o: estimate' "$work/out"
check "memory has a curve of each class and units" [ "$(grep -cE 'live KiB|\*\*\*\*\*[a-z]|#####[a-z+]*$' "$work/out")" -ge 3 ]
check "and no character twice" [ "$(sed -n '/^Memory/,$p' "$work/out" | grep -oE '([*#$%@&=])\1{4}[a-z]' | cut -c1 | sort | uniq -d | wc -l)" -eq 0 ]
check "memory is there" grep -q '^bounded: ' "$work/out"
check "what is not there is said" grep -q '^No sweep: levels.csv has too few sizes' "$work/out"
cp "$work/out" "$work/first"
changed() { # changed FILE SED-SCRIPT DESCRIPTION: another figure in the file, another picture
    cp "golden/$1" "$work/kept"
    sed -i "$2" "golden/$1"
    run plot golden --terminal || fail "$3"
    check "$3" sh -c "! cmp -s '$work/first' '$work/out'"
    cp "$work/kept" "golden/$1"
}
changed heap.csv '/^leak,leak_bytes,1000000,/s/^\([^,]*,[^,]*,[^,]*\),[^,]*,/\1,900000,/' "the picture follows heap.csv"
changed contrasts.csv '/,to_string_1k,field_at_thread,/s/^\(\([^,]*,\)\{5\}\)[^,]*,/\10.01,/' "the picture follows contrasts.csv"
changed effects.csv '/field_at_thread,/s/no difference shown,$/slower by,/' "the words follow effects.csv"
run plot golden --terminal
check "the same data, the same text" cmp -s "$work/first" "$work/out"
"$encbench" plot golden --terminal 2>"$work/err" | head -n 1 >"$work/out"
check "a reader that leaves early is no error" [ ! -s "$work/err" ]
one_line() { # one_line DESCRIPTION WORDS COMMAND...: exits 2 with one line on standard error that holds WORDS
    description=$1 words=$2
    shift 2
    "$@" 2>"$work/err" >"$work/out"
    check "$description: exit 2" [ $? -eq 2 ]
    check "$description: says $words" grep -qF -- "$words" "$work/err"
    check "$description: in one line" [ "$(wc -l <"$work/err")" -eq 1 ]
}
full() { "$@" >/dev/full; }
one_line "a full device under a picture" 'standard output' full "$encbench" plot golden --terminal
one_line "a control byte in a name" 'unknown claim "4?"' "$encbench" explain "$(printf '4\033')" golden
one_line "three lists at once" 'give one of them' "$encbench" list --tables --events
long=$(printf '%0300d' 0)
one_line "too long a name, before anything is analysed" 'is too long' "$encbench" report golden --output "$long"
mkdir -p several/newer several/older && cp golden/run.csv several/newer && cp golden/run.csv several/older
one_line "the directory of the runs" 'did you mean several/older?' "$encbench" analyse several
one_line "the same to look at" 'did you mean several/older?' "$encbench" plot several --terminal
rm -r several/*
one_line "one that holds none" 'several: is no run directory' "$encbench" report several
cp -r golden blocked && rm -rf blocked/figures && touch blocked/figures
one_line "a file in the way of figures" 'blocked/figures: cannot be made' "$encbench" plot blocked
rm -r several blocked
left_early() { # left_early WORD...: the reader goes before anything is written
    { sleep 0.3; "$encbench" "$@" 2>"$work/err"; echo $? >"$work/code"; } | true
    check "$1: a reader that leaves early is no error" [ "$(cat "$work/code")" -eq 0 ]
    check "$1: and nothing is said" [ ! -s "$work/err" ]
}
left_early list
left_early list --tables
left_early doctor
left_early explain 4 golden
left_early export --format gbench golden
run list
check "list: eighty columns" [ "$(longest "$work/out")" -le 80 ]
rm golden/effects.csv
run plot golden --terminal
check "a run that is not analysed is bad input" [ $? -eq 2 ]
check "and it says what to do" said 'encbench analyse'
check "and makes no effects.csv" [ ! -e golden/effects.csv ]
cp "$source/tests/golden/run/effects.csv" golden

# ---- colours ----
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    on_terminal() { # on_terminal ENVIRONMENT... ARGUMENTS: in a terminal of its own, as one word
        TERM=xterm script -qec "stty cols 100; $*" /dev/null </dev/null 2>"$work/err" | tr -d '\r' >"$work/out"
    }
    coloured() { grep -q "$escape" "$work/out"; }
    on_terminal "$encbench" doctor
    check "doctor has colours on a terminal" coloured
    on_terminal NO_COLOR=1 "$encbench" doctor
    check "none with NO_COLOR" sh -c "! grep -q '$escape' '$work/out'"
    check "and says the same" grep -q ' ok, .* not visible$' "$work/out"
    on_terminal NO_COLOR= "$encbench" doctor
    check "an empty NO_COLOR is none" coloured
    on_terminal TERM=dumb "$encbench" doctor
    check "none on a dumb terminal" sh -c "! grep -q '$escape' '$work/out'"
    for verb in "analyse golden" "explain 4 golden"; do
        # shellcheck disable=SC2086 # two words
        on_terminal "$encbench" $verb
        check "${verb% *}: verdicts have colours" coloured
        check "and each ends" [ -z "$(sed "s/$escape\[[1-9][0-9]*m[^$escape]*$escape\[0m//g" "$work/out" | grep "$escape")" ]
        # shellcheck disable=SC2086
        on_terminal NO_COLOR=1 "$encbench" $verb
        check "${verb% *}: none with NO_COLOR" sh -c "! grep -q '$escape' '$work/out'"
    done
    on_terminal "$encbench" plot golden --terminal
    check "a picture is as wide as the terminal" [ "$(longest "$work/out")" -gt 80 ]
    TERM=xterm script -qec "stty cols 60; $encbench plot golden --terminal" /dev/null </dev/null 2>"$work/err" | tr -d '\r' >"$work/narrow"
    check "on a narrow one no two labels are one word" [ "$(grep -cE '[0-9]( %)?-[0-9]' "$work/narrow")" -eq 0 ]
    check "and no wider" [ "$(longest "$work/out")" -le 100 ]
else
    echo "SKIP: no script(1) or no pseudo-terminal here: colours on a terminal are not tested"
    checks=$((checks + 14))
fi

# ---- which program it is ----
"$cmake" --install "$build" --prefix "$work/prefix" >"$work/out" 2>"$work/err" || fail "install"
revision=$(git -C "$source" rev-parse --verify --quiet HEAD 2>/dev/null | cut -c 1-12)
named="${revision:+, revision $revision}"
run --version
check "--version has the revision and where it was built" \
    sh -c 'sed "s/ and changes to it//" "$1" | grep -qxE "encbench [0-9.]+$2, built in $3"' sh "$work/out" "$named" "$build"
unset ENCBENCH_ROOT
"$work/prefix/bin/encbench" --version >"$work/out" 2>"$work/err"
check "an installed one how it was installed" \
    sh -c 'sed "s/ and changes to it//" "$1" | grep -qxE "encbench [0-9.]+$2, cmake --install in .*/prefix/lib.*/encbench"' sh "$work/out" "$named"
export ENCBENCH_ROOT="$source"
check "its completion is installed, too" cmp -s "$source/packaging/encbench.bash" "$work/prefix/share/bash-completion/completions/encbench"
if command -v pkg-config >/dev/null 2>&1; then
    mkdir "$work/moved to" && cp -r "$work/prefix/." "$work/moved to"
    pc=$(dirname "$(find "$work/moved to" -name encbench.pc)")
    echo '#include <module.h>' >header.c
    check "pkg-config finds module.h where the prefix was moved to" \
        sh -c 'eval "cc -fsyntax-only $(PKG_CONFIG_PATH=$1 pkg-config --cflags encbench) header.c"' sh "$pc"
    # shellcheck disable=SC2016 # expanded by the inner shell
    check "and has the flags of modules" sh -c 'case "$(PKG_CONFIG_PATH=$1 pkg-config --variable=module_flags encbench)" in *-ffunction-sections*) ;; *) exit 1 ;; esac' sh "$pc"
else
    echo "SKIP: no pkg-config here"
    checks=$((checks + 2))
fi

# ---- the page for man ----
page=$(find "$work/prefix" -path '*/man/man1/encbench.1')
check "the page is installed" [ -s "$page" ]
run --manual
check "and is what --manual prints" cmp -s "$work/out" "$page"
check "every dash is a minus that can be copied" [ "$(grep -v '^\.TH' "$page" | grep -c '[^\\]-')" -eq 0 ]
sed 's/\\-/-/g; s/\\f[BIR]//g; s/\\&//g' "$page" >"$work/plain"
"$encbench" --help >"$work/help"
verbs=$(sed -n 's/^  \([a-z]*\) .*/\1/p' "$work/help")
check "there are verbs" [ "$(echo "$verbs" | wc -l)" -ge 9 ]
for verb in $verbs; do
    sed -n "/^\.SS \"$verb[ \"]/,/^\.S[SH] /p" "$work/plain" | sed '$d' >"$work/section"
    check "the page has $verb" [ -s "$work/section" ]
    check "README.md has $verb" grep -q "^| \`$verb[ \`]" "$source/README.md"
    "$encbench" "$verb" --help >"$work/help" 2>&1
    "$encbench" "$verb" -h >"$work/out" 2>&1
    check "-h of $verb is --help" cmp -s "$work/out" "$work/help"
    for option in $(sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p' "$work/help" | grep -vxE -- '--(help|usage)'); do
        check "the page has $option of $verb" grep -qE -- "^$option(=|\$)" "$work/section"
    done
done
for section in DESCRIPTION FILES EXAMPLES; do check "the page has $section" grep -qx "[.]SH $section" "$page"; done
for code in 0 1 2 3 4; do check "the page has exit code $code" grep -qx "$code" "$work/plain"; done
"$encbench" --help | sed -n 's/^  \([0-9]\)  \(.*\)/| \1 | \2 |/p' >"$work/codes"
check "README.md has the exit codes of --help" sh -c '[ -s "$1" ] && grep "^| [0-9] |" "$2/README.md" | cmp -s - "$1"' sh "$work/codes" "$source"
variables=$(grep -rho --exclude=record_sizes.c 'getenv("[A-Z_]*")' "$source/harness" | tr -dc 'A-Z_\n' | sort -u) # that one speaks with encbench-record alone
check "variables are read" [ "$(echo "$variables" | wc -l)" -ge 6 ]
for variable in $variables; do check "the page has $variable" grep -qw "$variable" "$work/plain"; done
if command -v groff >/dev/null 2>&1; then
    groff -man -Tutf8 -ww "$page" >"$work/out" 2>"$work/err"
    check "groff has nothing to say" [ ! -s "$work/err" ]
else
    echo "SKIP: no groff here"
fi
if command -v mandoc >/dev/null 2>&1; then
    mandoc -T lint "$page" >"$work/out" 2>"$work/err"
    check "mandoc has nothing to say" [ ! -s "$work/out" ]
else
    echo "SKIP: no mandoc here"
fi

finish 150
