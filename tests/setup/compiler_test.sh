#!/bin/sh
# A compiler of several words (CC="ccache gcc", CC="gcc -fno-plt"): every word is used and recorded, and the gate gets them for its base.
# usage: compiler_test.sh SOURCE COMPILER CMAKE
set -u
source=$1 compiler=$2 cmake=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "${0%/*}/../checks.sh"
mkdir "$work/bin"
printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/launcher" && chmod +x "$work/bin/launcher"

configure() { # configure CC: what the rules of the build say then
    rm -rf "$work/build"
    CC=$1 PATH="$work/bin:$PATH" "$cmake" -G Ninja -S "$source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
        "-DCMAKE_C_FLAGS=-fno-plt -ffile-prefix-map=$work=." >"$work/out" 2>"$work/err"
    check "CC=\"$1\" configures" [ $? -eq 0 ]
}
builds_with() { # builds_with WORDS: somewhere in the rules
    check "they have $1" grep -rqF -- "$1" "$work/build/build.ninja" "$work/build/CMakeFiles/rules.ninja"
}

configure "launcher $compiler -fno-common"
builds_with "$work/bin/launcher"
builds_with "LAUNCHER=\\\"$work/bin/launcher\\\""
builds_with "$compiler -fno-common\\\""
builds_with 'COMPILE_FLAGS="\"-fno-common -fno-plt -ffile-prefix-map= -O2 -g\""'
check "the linker of layouts is found" grep -qE 'LAYOUT_LINKER=\\"[^\\]' "$work/build/build.ninja"
check "the static search uses them" grep -q -- "$compiler -fno-common -std=gnu17 -E" "$work/build/build.ninja"
check "the codec's link too" grep -qF -- "-DCOMPILER=$compiler" "$work/build/build.ninja"
CC="no-such-launcher $compiler" "$cmake" -G Ninja -S "$source" -B "$work/none" >"$work/out" 2>"$work/err"
check "a launcher that is not there is named" grep -q 'no-such-launcher' "$work/err"
finish 9
