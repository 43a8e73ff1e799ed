#!/bin/sh
# A stranger's day: encbench installed under a prefix, the prefix moved, the example project built against it with find_package, its
# modules measured as object files, as shared objects and as a directory; and what is refused. No time is asserted: only that the
# slower of two ways is found to be slower.
# usage: modules_test.sh BUILD SOURCE COMPILER CMAKE
set -u
build=$1 source=$2 compiler=$3 cmake=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset ENCBENCH_ROOT
export TMPDIR="$work"
. "${0%/*}/../checks.sh"

# Of the state repeat; the example is measured in the state fresh, too.
words() { # words RUN CONTRAST
    awk -F, -v contrast="$2" 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
        $2 == contrast && $6 == "sum_4k" && $9 == "absolute" { print $column["words"] }' "$1/effects.csv"
}

# ---- installed, moved, and built against ----
must "install" "$cmake" --install "$build" --prefix "$work/first"
shared=$(dirname "$(find "$work/first" -path '*/modules/shared/libencbench_codec-*.so')")
echo 'int stale;' | "$compiler" -shared -fPIC -x c - -o "$shared/libencbench_codec-0000.so"
must "install again" "$cmake" --install "$build" --prefix "$work/first"
check "an older codec is gone" [ "$(cd "$shared" && echo *)" = "$(cd "$build/modules/shared" && echo *)" ]
mv "$work/first" "$work/prefix"
encbench=$work/prefix/bin/encbench
check "nothing in the prefix is a link out of it" [ -z "$(find "$work/prefix" -type l -lname '/*')" ]
mkdir "$work/home" && cp -r "$source/examples/module" "$work/home/example"
cd "$work/home" || exit 1
must "configure the example" "$cmake" -G Ninja -S example -B built -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$compiler"
must "build the example" "$cmake" --build built
cp -r example strict && sed -i 's/encbench 0.1/encbench 99/' strict/CMakeLists.txt
"$cmake" -G Ninja -S strict -B strict-built -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/out" 2>"$work/err"
check "another version is not found" [ $? -ne 0 ]
check "and cmake says why" grep -q 'requested version' "$work/err"

# ---- compared ----
seed=7
run() { # run DIRECTORY PROFILE MODULE...
    out=$1 profile=$2
    shift 2
    for module in "$@"; do set -- "$@" --module "$module" && shift; done
    "$encbench" run --quiet --profile "$profile" --seed "$seed" --variants sum_bytes,sum_words --out "$out" "$@" >"$work/out" 2>"$work/err"
}
run_and_analyse() { run "$@" && "$encbench" analyse "$1" >"$work/out" 2>"$work/err"; }
compare() { # compare DIRECTORY MODULE...
    directory=$1
    shift
    seeing "$directory" run_and_analyse "$directory" quick "$@"
}
o_bytes=built/sum_bytes.o o_words=built/sum_words.o so_bytes=built/sum_bytes.so so_words=built/sum_words.so
"$encbench" run --quiet --profile smoke --module $o_bytes --module $o_words --workloads sum_4k >"$work/out" 2>"$work/err" || fail "two object files"
check "results lie in the current directory" [ "$(ls results/*-smoke/contrasts.csv | wc -l)" -eq 1 ]
check "each layout is fresh" [ -z "$(tail -n +2 results/*-smoke/processes.csv | grep -v ',clock,' | cut -d, -f7 | sort | uniq -d)" ]
compare objects $o_bytes $o_words || fail "two object files at quick"
# On a machine that others keep busy the plain means are anything; then the words say less than the interval.
found() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
        $2 == "sum_words_against_sum_bytes" && $9 == "absolute" {
            words = $column["words"]
            found = $12 < 0 && ($20 > 0 ? words == "no difference shown" : words == "faster by")
        }
        END { exit !found }' "$1/effects.csv"
}
check "the difference is found" found objects
check "a copy does not differ" [ "$(words objects twin_made_1)" = "no difference shown" ]
check "the missing plant is said" grep -q '^planted,made_1 sum_4k,.*,not measured,.*the planted chain stands for it' objects/controls.csv
check "the example is measured in both states" [ "$(tail -n +2 objects/processes.csv | cut -d, -f3 | sort -u | tr '\n' ' ')" = "sum_4k sum_4k.fresh " ]
check "its ops are there" [ "$(grep -c '^sum_[a-z]*,no,sum_4k,\(instructions,ok,.*\|output,ok,,,\)$' objects/optimiser.csv)" -eq 4 ]
check "only what was selected is counted" [ "$(tail -n +2 objects/metrics.csv | cut -d, -f1 | sort -u | tr '\n' ' ')" = "sum_bytes sum_words " ]
check "no claim is judged by it" [ "$(tail -n +2 objects/verdicts.csv | grep -vc ',not resolvable here,')" -eq 0 ]
"$encbench" report --quiet objects >"$work/out" 2>"$work/err" || fail "it can be reported"
check "in the current directory" [ -s REPORT.md ]
check "and explained" sh -c "'$encbench' explain sum_words/sum_bytes/sum_4k objects >'$work/out' 2>'$work/err'"
compare both $so_bytes $so_words || fail "two shared objects"
check "shared objects get no verdict" [ "$(words both sum_words_against_sum_bytes)" = "single layout" ]
check "and are labelled" [ "$(tail -n +2 both/processes.csv | grep -v ',clock,' | cut -d, -f7 | sort -u)" = single ]
compare mixed $so_bytes $o_words || fail "a shared object and an object file"
check "nor does one beside an object file" [ "$(words mixed sum_words_against_sum_bytes)" = "single layout" ]
mkdir directory && cp $o_bytes $o_words directory
run_and_analyse directory-run smoke directory || fail "a directory of object files"
check "a directory is all its object files" grep -q ',sum_words_against_sum_bytes,' directory-run/contrasts.csv

# ---- a directory of shared objects: layouts of one module ----
layouts() { # layouts DIRECTORY COUNT OBJECT: one module in so many layouts
    mkdir "$1" || exit 1
    for number in $(seq "$2"); do
        printf '.text\n.skip %d\n.section .note.GNU-stack,"",%%progbits\n' $((64 + 16 * (number * 37 % 256))) >pad.s
        "$compiler" -shared -nostdlib pad.s "$3" -o "$1/layout_$number.so" || fail "cannot link a layout of $3"
    done
}
layouts words-layouts 20 $o_words
layouts bytes-layouts 39 $o_bytes
drawn() { sed -n "s/^[0-9]*,[^,]*,sum_4k,$2,[^,]*,[^,]*,\\(file=[^,]*\\),.*/\\1/p" "$1/processes.csv"; } # drawn RUN ARM
run few quick bytes-layouts words-layouts
check "too few layouts are refused" [ $? -eq 2 ]
few='bytes-layouts: holds 39 layouts of variant sum_bytes; profile quick wants 40, 2 for each of 20 processes (panel made_1, workload sum_4k)'
check "with how many are needed" grep -qF "$few, its twin's among them; build more" "$work/err"
check "in one line" [ "$(wc -l <"$work/err")" -eq 1 ]
check "and nothing is left" [ ! -e few ]
"$compiler" -shared -nostdlib $o_bytes -o bytes-layouts/layout_40.so
compare layouts bytes-layouts/ words-layouts || fail "two directories of layouts"
check "layouts get a verdict like ours" found layouts
check "every arm of every process has one" [ "$(drawn layouts '[^,]*' | wc -l)" -eq 60 ]
check "and none comes twice" [ -z "$(grep ',sum_4k,' layouts/processes.csv | grep -v ',clock,' | cut -d, -f6,7 | sort | uniq -d)" ]
check "the control of layouts sees it so" grep -q '^layouts,run,.*,0,,,holds,' layouts/controls.csv
sed "s/^\\([0-9]*,made_1,sum_4k,sum_words,[^,]*,[^,]*,file=\\)[^,]*/\\11:layout_1.so/" layouts/processes.csv >again.csv
cp -r layouts again && cp again.csv again/processes.csv
"$encbench" analyse --accept-edited again >"$work/out" 2>"$work/err"
check "and would see one that came again" grep -q '^layouts,run,.*,19,,,failed,1 layouts over 20 processes' again/controls.csv
check "they are drawn, not taken by name" [ "$(drawn layouts sum_words)" != "$(drawn layouts sum_words | sort -t= -k2n)" ]
check "their hash is one of all" [ "$(key layouts module:bytes-layouts_sha256)" = "$(cd bytes-layouts && LC_ALL=C && export LC_ALL && cat ./*.so | sha256sum | cut -d' ' -f1)" ]
check "and says of how many" [ "$(key layouts layouts:bytes-layouts)" = 40 ]
run again-drawn quick $o_bytes words-layouts || fail "a directory of layouts and an object file"
check "the seed decides which" [ "$(drawn again-drawn sum_words)" = "$(drawn layouts sum_words)" ]
"$encbench" run --quiet --profile smoke --seed 8 --variants sum_bytes,sum_words --out other-seed --module $o_bytes --module words-layouts >"$work/out" 2>"$work/err"
check "another seed, other layouts" [ "$(drawn other-seed sum_words)" != "$(drawn layouts sum_words | head -n 6)" ]
check "of those it takes what it needs" [ "$(drawn other-seed sum_words | sort -u | wc -l)" -eq 6 ]

# ---- refused: exit 2 and one line, and nothing is left ----
refused() { # refused DESCRIPTION WORDS MODULE
    checks=$((checks + 1))
    "$encbench" run --quiet --profile smoke --out refused --workloads adds --module good.o --module "$3" >"$work/out" 2>"$work/err"
    code=$?
    [ "$code" -eq 2 ] || fail "$1: exit $code instead of 2"
    tr -s '\n ' '  ' <"$work/err" | grep -qF -- "$2" || fail "$1: does not say \"$2\""
    [ "$(grep -c '^encbench: ' "$work/err")" -eq 1 ] || fail "$1: not one message"
    [ ! -e refused ] || fail "$1: leaves a run directory"
}
strange() { # strange NAME DEFINITION...
    name=$1
    shift
    "$compiler" -O2 -fPIC -ffunction-sections -fvisibility=hidden -I"$work/prefix/include/encbench" -DSTRANGE_ABI=0 -DSTRANGE_DIGEST=0 \
        -DSTRANGE_CRASH=0 -DSTRANGE_BYTES=0 "-DSTRANGE_NAME=\"$name\"" "$@" -c "$source/tests/module/strange_module.c" -o "$name.o" ||
        fail "cannot compile $name"
    "$compiler" -shared "$name.o" -o "$name.so" 2>/dev/null
}
strange good -DSTRANGE_SETUP=0
strange abi -DSTRANGE_SETUP=0 -USTRANGE_ABI -DSTRANGE_ABI=1 # one more than this
strange digest -DSTRANGE_SETUP=0 -USTRANGE_DIGEST -DSTRANGE_DIGEST=1
strange crash '-DSTRANGE_SETUP=(__builtin_trap(), 0)'
echo 'int answer = 42;' >plain.c && "$compiler" -fPIC -c plain.c -o plain.o && "$compiler" -shared plain.o -o plain.so
machine='\076' && [ "$(uname -m)" = x86_64 ] && machine='\267' # the other of x86-64 and aarch64 in e_machine
for end in o so; do
    cp good.$end foreign.$end && printf "$machine" | dd of=foreign.$end bs=1 seek=18 conv=notrunc 2>/dev/null
    echo 'not an object' >text.$end
    refused "a missing .$end" "absent.$end: cannot be read: No such file" absent.$end
    refused "text as .$end" "text.$end: is not an ELF file" text.$end
    refused "another architecture in .$end" "foreign.$end: is of another architecture" foreign.$end
    refused "another ABI in .$end" "abi.$end: module ABI version 3; this encbench takes versions 1 to 2" abi.$end
    refused "no symbol in .$end" "plain.$end: is not a module" plain.$end
    refused "another digest in .$end" "variants good and digest produce different output" digest.$end
    refused "the same variant in .$end" "good.$end: variant good is already in good.o" good.$end
    refused "a crash in setup in .$end" "variant crash, workload adds: the worker was killed by signal" crash.$end
done
refused "an object named .so" "named.so: is an object file; expected a 64-bit ELF shared object" "$(cp good.o named.so && echo named.so)"
mkdir nothing
refused "a directory without modules" "nothing: is a directory without an object file" nothing

of_layouts() { # of_layouts NAME OBJECT...: a directory of seven layouts, the last of them of the second object
    layouts "$1" 7 "$2"
    [ -z "${3:-}" ] || "$compiler" -shared -nostdlib "$3" -o "$1/layout_7.so"
}
strange renamed -DSTRANGE_SETUP=0
strange worded -DSTRANGE_SETUP=0 '-DSTRANGE_OP="more"' '-USTRANGE_NAME' '-DSTRANGE_NAME="layouts"'
strange whole -DSTRANGE_SETUP=0 -USTRANGE_NAME '-DSTRANGE_NAME="layouts"'
strange fields -DSTRANGE_SETUP=0 -USTRANGE_NAME '-DSTRANGE_NAME="layouts"' '-DSTRANGE_FIELDS={"length",0,16}'
of_layouts of-names whole.o renamed.o
refused "another variant among layouts" "of-names/layout_7.so: has another variant than" of-names
of_layouts of-words whole.o worded.o
refused "another workload among layouts" "of-words/layout_7.so: has another table of workloads than" of-words
of_layouts of-structures whole.o fields.o
refused "another structure among layouts" "of-structures/layout_7.so: has another structure than" of-structures
of_layouts of-plain whole.o plain.o
refused "no module among layouts" "of-plain/layout_7.so: is not a module" of-plain
of_layouts of-text whole.o && cp text.so of-text/layout_7.so
refused "text among layouts" "of-text/layout_7.so: is not an ELF file" of-text
of_layouts of-copies whole.o && cp of-copies/layout_3.so of-copies/layout_7.so
refused "a layout twice" "of-copies/layout_7.so: is the same as" of-copies
of_layouts of-both whole.o && cp plain.o of-both
refused "layouts and objects" "of-both: holds plain.o and layout_1.so" of-both
of_layouts of-five whole.o && rm of-five/layout_[67].so
refused "too few layouts" "of-five: holds 5 layouts of variant layouts; profile smoke wants 6, 1 for each of 6 processes" of-five

finish 60
