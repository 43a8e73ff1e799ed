#!/bin/sh
# Modules bind to their own symbols: pairs of modules with functions and variables of names that others have, as object files and as
# shared objects; libraries that an object file needs; and the control of every process against bindings that went elsewhere. Modules say
# themselves which body ran (bindings_module.c); no time is asserted.
# usage: bindings_test.sh BUILD SOURCE COMPILER
set -u
build=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export ENCBENCH_ROOT="$source" TMPDIR="$work"
. "${0%/*}/../checks.sh"
cd "$work" || exit 1
all='-DBINDINGS_CRC32 -DBINDINGS_STRLEN -DBINDINGS_QSORT -DBINDINGS_ENVIRON -DBINDINGS_FLOOR -DBINDINGS_BOTH -DBINDINGS_THREAD'

module() { # module NAME FLAGS...: NAME.o
    name=$1
    shift
    "$compiler" -O2 -fPIC -fno-builtin -ffunction-sections -I"$source/harness" "-DBINDINGS_VARIANT=\"$name\"" "$@" -c \
        "$source/tests/module/bindings_module.c" -o "$name.o" >out 2>err || fail "cannot compile $name"
}

shared() { # shared NAME FLAGS...: NAME.so of NAME.o
    name=$1
    shift
    "$compiler" -shared "$name.o" "$@" -o "$name.so" >out 2>err || fail "cannot link $name.so"
}

library() { # library NAME SOURCE FLAGS...: libNAME.so
    name=$1 text=$2
    shift 2
    echo "$text" | "$compiler" -O2 -fPIC -fno-builtin -w -shared -x c - -x none -Wl,-soname,"lib$name.so" -o "lib$name.so" "$@" >out 2>err ||
        fail "cannot build lib$name.so"
}

# Nothing of the user's environment reaches a worker: each would end here.
library ends '#include <stdlib.h>
#include <string.h>
extern char *program_invocation_short_name;
__attribute__((constructor)) static void end(void) { if (strcmp(program_invocation_short_name, "encbench-worker") == 0) abort(); }'
export LD_PRELOAD="$work/libends.so" MALLOC_PERTURB_=85 ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
environment= kept_out="LD_PRELOAD, MALLOC_PERTURB_ of the environment does not reach what is measured"

runs() { # runs DIRECTORY MODULE...: the two variants, in one process wherever arms are timed
    directory=$1
    shift
    for file in "$@"; do set -- "$@" --module "$file" && shift; done
    "$build/encbench" run --quiet --profile smoke --seed 7 --workloads bound --out "$directory" $environment "$@" >out 2>err
}

figure() { # figure DIRECTORY VARIANT METRIC VALUE
    check "$3 of $2 is $4" [ "$(sed -n "s/^$2,bound,$3,\\([^,]*\\),exact.*/\\1/p" "$1/metrics.csv")" = "$4" ]
}

refused() { # refused DESCRIPTION WORDS MODULE...: by one line with these words
    description=$1 words=$2
    shift 2
    runs refused "$@"
    check "$description is refused" [ $? -eq 2 ]
    check "$description, by name" grep -qF -- "$words" err
    check "$description, in one line" [ "$(wc -l <err)" -eq 1 ]
    rm -rf refused
}

# ---- what the worker holds ----
check "the worker exports nothing" [ -z "$(nm -D --defined-only "$build/encbench-worker")" ]
needed=$(readelf -dW "$build/encbench-worker" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
check "the worker loads the C library alone" [ -z "$(echo "$needed" | grep -v -e '^libc\.so' -e '^libm\.so' -e '^ld-linux')" ]

# ---- object files: every symbol, visible to all ----
module one $all
module five $all -DBINDINGS_WORK=5
runs objects one.o five.o || fail "two object files with symbols of others"
for name in one:1 five:5; do
    figure objects ${name%:*} crc32_of_one ${name#*:}
    figure objects ${name%:*} others_count 0
done
library both 'int bindings_both = 77; __thread int bindings_thread = 78;'
environment="--preload libboth.so --setenv LD_BIND_NOW=1"
runs preloaded one.o five.o || fail "two object files, and a library with symbols of theirs preloaded"
environment=
check "what was asked for is recorded, without paths" [ "$(sed -n '/^preload:1,/p; /^setenv/p' preloaded/run.csv | tr '\n' ' ')" = \
    'preload:1,libboth.so setenv:LD_BIND_NOW,1 ' ]
check "and makes another fingerprint" [ "$(grep '^fingerprint' preloaded/machine.csv)" != "$(grep '^fingerprint' objects/machine.csv)" ]
"$build/encbench" run --profile smoke --dry-run >out 2>err
check "what the environment has is said not to count" grep -qF "$kept_out" err
"$build/encbench" run --profile smoke --dry-run --preload one.o >out 2>err
check "what cannot be preloaded is refused" [ $? -eq 2 ]
check "by name" grep -qF 'one.o: is an object file; expected a 64-bit ELF shared object' err
figure preloaded five others_count 0

# ---- shared objects: refused where a name clashes, and taken when linked to themselves ----
for symbol in STRLEN:strlen QSORT:qsort ENVIRON:environ; do
    module clash -DBINDINGS_${symbol%:*}
    shared clash
    refused "an own ${symbol#*:} in a shared object" "clash.so: its ${symbol#*:} is bound to" clash.so
    runs refused clash.so
    check "with what to do" grep -qE 'is bound to /.*/libc\.so\.6: link it with -Wl,-Bsymbolic or give the object file$' err
done
shared one -Wl,-Bsymbolic
shared five -Wl,-Bsymbolic
runs symbolic one.so five.so || fail "two shared objects that bind to themselves"
figure symbolic five crc32_of_one 5
figure symbolic five others_count 0
runs mixed one.so five.o || fail "a shared object beside an object file"
figure mixed one others_count 0
module lone -DBINDINGS_CRC32 -DBINDINGS_BOTH
module ltwo -DBINDINGS_CRC32 -DBINDINGS_BOTH -DBINDINGS_WORK=5
shared lone
shared ltwo
runs clear lone.so ltwo.so || fail "shared objects whose crc32 nobody else has"
figure clear lone crc32_of_one 1
figure clear ltwo crc32_of_one 5
figure clear ltwo others_count 0

# ---- planted: what is preloaded, and what another arm lends ----
# describes PRELOADED MODULE: what it says on the descriptor that the harness hands it, which ctest may have open for itself
describes() { LD_PRELOAD=$1 "$build/encbench-worker" describe "$2" 3>out 2>err; }
library crc32 'unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned length) { return 42; }'
describes "$work/libcrc32.so" ./lone.so
check "a crc32 that was preloaded is named" grep -qxF "error	./lone.so: its crc32 is bound to $work/libcrc32.so: link it with -Wl,-Bsymbolic or give the object file" out
module borrows -DBINDINGS_LACKS
module lends -DBINDINGS_LENDS -DBINDINGS_WORK=3
shared borrows
shared lends -ldl
for file in borrows.o borrows.so; do
    refused "what another arm lends to $file" "its bindings_lent is bound to the module of arm" $file lends.so
    check "the variant that lends is named" grep -qF '(variant lends), which it does not need by name' err
done
runs lent borrows.o one.o || fail "an object file without what it lacks"

# ---- the control alone ----
"$compiler" -O2 -fPIC -rdynamic -I"$source/harness" "$source/tests/module/bindings_probe.c" "$source/harness/worker/bindings.c" \
    "$source/harness/base/error.c" -D_GNU_SOURCE -ldl -o probe >out 2>err || fail "cannot build the probe"
probed() { # probed DESCRIPTION WORDS FILE...
    description=$1 words=$2
    shift 2
    LD_PRELOAD=$preload ./probe "$@" >out 2>err
    check "$description: \"$words\"" grep -qF -- "$words" out
}
object() { # object NAME SOURCE FLAGS...: NAME.so, which has a module's symbol and this
    text=$2
    name=$1
    shift 2
    printf 'int encbench_module = 1;\n%s\n' "$text" | "$compiler" -O1 -fPIC -fno-builtin -w -shared -x c - -x none "$@" -o "$name.so" 2>err ||
        fail "cannot build $name.so"
}
preload= sound='bound as they should be'
object plain '#include <stdio.h>
int f(void) { return puts("x") + fflush(stdout); }'
probed "the C library's" "$sound" ./plain.so
object worker 'extern int bindings_of_worker; int *f(void) { return &bindings_of_worker; }'
probed "the worker's own" './worker.so: its bindings_of_worker is bound to the worker itself, which it does not need by name' ./worker.so
object pointer 'extern int bindings_of_worker; int *kept = &bindings_of_worker;'
probed "a pointer to the worker's own" './pointer.so: its bindings_of_worker is bound to the worker itself' ./pointer.so
object changed 'extern int bindings_of_worker; int own; int *kept = &own; int puts(const char *text);
__attribute__((constructor)) static void change(void) { kept = (int *)puts; }'
probed "a pointer that was changed since" "$sound" ./changed.so
preload=$work/libboth.so
for model in global-dynamic initial-exec; do
    object thread '__thread int bindings_thread; int f(void) { return ++bindings_thread; }' -ftls-model=$model
    [ "$(uname -m)" = x86_64 ] || [ $model = initial-exec ] || continue # descriptors there
    probed "a thread's variable, $model" "./thread.so: its bindings_thread is bound to $work/libboth.so" ./thread.so
    object thread '__thread int bindings_thread; int f(void) { return ++bindings_thread; }' -ftls-model=$model -Wl,-Bsymbolic
    probed "a thread's variable of its own, $model" "$sound" ./thread.so
done
object lacks 'extern int bindings_both; int f(void) { return ++bindings_both; }'
probed "a library that nobody named" "./lacks.so: its bindings_both is bound to $work/libboth.so, which it does not need by name" ./lacks.so
object names 'extern int bindings_both; int f(void) { return ++bindings_both; }' libboth.so
probed "a library that was named" "$sound" ./names.so
mkdir kept
library codec 'int bindings_both = 5; int codec(void) { return bindings_both; }' && mv libcodec.so kept
object codec 'extern int codec(void); int f(void) { return codec(); }' kept/libcodec.so -Wl,-rpath,"$work/kept"
probed "a shared object of the module" "./codec.so: its libcodec.so's bindings_both is bound to $work/libboth.so: link it with" -d "$work/kept" ./codec.so
preload=$build/libencbench_interpose.so
object allocates '#include <stdlib.h>
void *f(void) { return malloc(7); }'
probed "what counts allocations" "$sound" ./allocates.so
preload=
library hook 'extern int hook __attribute__((weak)); int hooked(void) { return &hook ? hook : 0; }'
for name in first second; do
    object $name 'int hook = 1; extern int hooked(void); int f(void) { return hooked(); }' libhook.so -Wl,-rpath,"$work"
done
probed "a library with the hook of one module" "$sound" ./first.so
probed "a library with the hook of another arm's" "./second.so: its libhook.so's hook is bound to the module of arm 0" ./first.so ./second.so
object first 'int lent = 1;'
object third 'extern int lent; int f(void) { return lent; }' first.so -Wl,-rpath,"$work"
probed "an arm that needs another arm's module" "./third.so: its lent is bound to the module of arm 0 (variant ./first.so)" ./first.so ./third.so
for release in 1 2; do
    mkdir release$release
    library codec "int codec(void) { return $release; }" && mv libcodec.so release$release
    object of_$release 'extern int codec(void); int f(void) { return codec(); }' release$release/libcodec.so -Wl,-rpath,"$work/release$release"
    object deep_$release "extern int codec(void); int deep_$release(void) { return codec(); }" -Wl,-soname,deep_$release.so \
        release$release/libcodec.so -Wl,-rpath,'$ORIGIN'/release$release
    object above_$release "extern int deep_$release(void); int f(void) { return deep_$release(); }" ./deep_$release.so -Wl,-rpath,"$work"
done
probed "one release of a library" "$sound" ./of_1.so
probed "two of one name" "./of_2.so: needs $work/release2/libcodec.so, but the process has $work/release1/libcodec.so" ./of_1.so ./of_2.so
probed "two that libraries need" "./above_2.so: needs $work/release2/libcodec.so, but the process has $work/release1/libcodec.so" ./above_1.so ./above_2.so
"$compiler" -O2 -fno-pic -no-pie -I"$source/harness" "$source/tests/module/bindings_probe.c" "$source/harness/worker/bindings.c" \
    "$source/harness/base/error.c" -D_GNU_SOURCE -ldl -o probe >out 2>err || fail "cannot build the probe without -fPIC"
probed "a variable that was copied into the worker" "./plain.so: its stdout is bound to the worker itself" ./plain.so

# ---- libraries that an object file needs ----
needs() { # needs NAME DIRECTIVE FLAGS...
    name=$1 directive=$2
    shift 2
    module "$name" "-DBINDINGS_NEEDS=\"$directive\"" "$@"
}
needs absent '.asciz \"nobody_has_this\"'
refused "a library that is not there" "absent.o: needs the library nobody_has_this; no libnobody_has_this.so, libnobody_has_this.so.NUMBER" absent.o
needs illegal '.asciz \"../m\"'
refused "a name that is none" 'illegal.o: needs a library "../m"; expected a name of at most 63 letters' illegal.o
needs long ".asciz \\\"$(printf 'a%.0s' $(seq 64))\\\""
refused "a name too long" 'long.o: needs a library "aaaa' long.o
needs unended '.ascii \"m\"'
refused "a name without an end" 'unended.o: has a damaged section .encbench.needs' unended.o
# One of the libraries of this machine that have no file for linking and need the C library alone.
directories=$(strings -a "$build/encbench" | grep -E '^/[^ ]*:/usr/lib[^ ]*:' | head -n 1 | tr ':' ' ')
bare=$(for directory in $directories; do
    for file in "$directory"/lib*.so.[0-9]; do
        stem=${file##*/lib} stem=${stem%.so.*}
        ls $(for other in $directories; do echo "$other/lib$stem.so"; done) >/dev/null 2>&1 && continue
        case " $(for other in $directories; do ls "$other" | grep -c "^lib$stem\\.so$"; done) " in *1*) continue ;; esac
        [ "$(readelf -dW "$file" 2>/dev/null | grep -cF -e "soname: [${file##*/}]" -e '(NEEDED)')" -eq 2 ] && echo "$file"
    done
done | head -n 1)
if [ -n "$bare" ]; then
    stem=${bare##*/lib} stem=${stem%.so.*}
    needs numbered ".asciz \\\"$stem\\\"" "-DBINDINGS_LOADED=\"${bare##*/}\""
    runs numbered numbered.o one.o || fail "a library without its file for linking: $bare"
    figure numbered numbered others_count 0
else
    echo "every library here has its file for linking: one found by its number alone is not tried"
fi

# ---- C++ ----
cxx=${CXX:-g++}
if ! command -v "$cxx" >/dev/null 2>&1; then
    echo "$cxx is not installed: C++ is not tried"
    finish 57
    exit
fi
part() { # part NAME WORK FLAGS...: NAME.o with its part in C++
    name=$1 factor=$2
    shift 2
    module "$name" -DBINDINGS_CC -DBINDINGS_WORK="$factor"
    mv "$name.o" "$name.c.o"
    "$cxx" -O2 -fPIC -ffunction-sections -DBINDINGS_WORK="$factor" "$@" -c "$source/tests/module/bindings_module.cc" -o "$name.cc.o" >out 2>err &&
        ld -r "$name.c.o" "$name.cc.o" -o "$name.o" >out 2>err || fail "cannot build $name.o"
}
part cc_one 1
part cc_five 5
check "the static member is a unique symbol" [ "$(nm cc_one.o | grep -c ' u _ZN15bindings_holderIiE5valueE')" -eq 1 ]
runs cc cc_one.o cc_five.o || fail "two object files in C++"
for name in one:1 five:5; do
    figure cc cc_${name%:*} others_count 0
    figure cc cc_${name%:*} cc_sum $((3 * ${name#*:}))
    figure cc cc_${name%:*} allocations_per_op 0 # what constructors allocate is not the op's
done
stdcxx=$(sed -n 's/^library:libstdc++\.so[.0-9]*_sha256,//p' cc/run.csv)
check "the library that came of itself is recorded" [ "$stdcxx" = "$(sha256sum "$("$cxx" -print-file-name=libstdc++.so)" | cut -d' ' -f1)" ]
for side in one five; do "$cxx" -shared cc_$side.o -o cc_$side.so >out 2>err || fail "cannot link cc_$side.so"; done
refused "a unique symbol in two shared objects" " is bound to the module of arm " cc_one.so cc_five.so
check "with what to do about it" grep -qF 'compile it with -fno-gnu-unique and link it with -Wl,-Bsymbolic, or give the object file' err
for side in one:1 five:5; do
    part cc_${side%:*} ${side#*:} -fno-gnu-unique
    "$cxx" -shared -Wl,-Bsymbolic cc_${side%:*}.o -o cc_${side%:*}.so >out 2>err || fail "cannot link cc_${side%:*}.so"
done
runs cc_symbolic cc_one.so cc_five.so || fail "two shared objects in C++ that bind to themselves"
figure cc_symbolic cc_five cc_sum 15

finish 72
