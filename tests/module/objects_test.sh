#!/bin/sh
# Object files of every kind (objects/): what is in them works in fresh layouts, says the same in each (objects_probe.c), and what is no
# object file is refused by what it is. What needs a compiler that is not installed says so. No worker is started.
# usage: objects_test.sh PROBE SOURCE COMPILER
set -u
probe=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
. "${0%/*}/../checks.sh"
cd "$work" || exit 1
objects=$source/tests/module/objects
flags='-O2 -g -fPIC -fvisibility=hidden -ffunction-sections -fno-plt -ftls-model=initial-exec'

missing() { command -v "$1" >/dev/null 2>&1 && return 1; echo "$1 is not installed: $2 is not tried"; }
c() { "$compiler" $flags -I"$source/harness" "$@" >out 2>err || fail "cannot compile: $*"; }
fold() { sh "$source/harness/link_module.sh" "$compiler" "$@" >out 2>err; }

module() { # module NAME FIXTURE.o [LIBRARY...]: NAME.o, the module around a fixture
    name=$1
    shift
    fold -o "$name.o" module.o "$@" || fail "cannot link $name.o"
}

says() { # says NAME TEXT [LAYOUTS]: in each of three layouts
    "$probe" "$1.o" "${3:-3}" >out 2>err
    check "$1 is loaded" [ $? -eq 0 ]
    check "$1 says \"$2\"" [ "$(cat out)" = "$2" ]
}

refused() { # refused DESCRIPTION FILE WORDS
    "$probe" "$2" 1 >out 2>err
    check "$1 is refused" [ $? -eq 2 ]
    check "$1 is named: \"$3\"" grep -qF -- "$3" err
    check "$1: in one line, with the file" [ "$(grep -c . err)-$(grep -cF -- "$2" err)" = 1-1 ]
}

c '-DOBJECTS_VARIANT="probed"' -c "$objects/module.c" -o module.o

# ---- C ----
c -fcommon -c "$objects/old.c" -o old.c.o
module old old.c.o
says old 3x
c -gz -fcommon -c "$objects/old.c" -o compressed.c.o
module compressed compressed.c.o
says compressed 3x

# ---- C++: by each compiler, with and without optimisation, and thread-local variables of every model ----
exceptions='caught 6, cleaned 6, traced'
constructors='abecd, 1 listed, 35 of 35 in a thread, 1 left, 160'
for cxx in "${CXX:-g++}" clang++; do
    missing "$cxx" "C++ by it" && continue
    for more in -O2 -O0; do
        for fixture in exceptions constructors symbols; do
            "$cxx" -std=c++11 $flags $more -c "$objects/$fixture.cc" -o part.o >out 2>err || fail "$cxx cannot compile $fixture"
            module "$fixture" part.o
        done
        says exceptions "$exceptions"
        says symbols '3 1 4 1 6 0 56 17'
        says constructors "$constructors"
    done
    for model in global-dynamic local-dynamic; do
        "$cxx" -std=c++11 $flags -ftls-model=$model -c "$objects/constructors.cc" -o part.o >out 2>err || fail "$cxx cannot compile with $model"
        module constructors part.o
        says constructors "$constructors"
    done
    # Destructors in the order against that of the constructors, each once.
    "$probe" constructors.o 1 >out 2>err
    check "destructors run when the process ends" [ "$(tr -d '\n' <err)" = dcba ]
done

# ---- many sections ----
sections() { # sections COUNT NAME HOW: so many functions, each in a section of its own; HOW: its flags, & the number
    { seq "$1" | sed "s/.*/.section .text.many&,$3\n.globl many&\n.weak many&\nmany&: ret/"
        echo '.section .note.GNU-stack,"",%progbits'; } >many.s
    c -c many.s -o many.o
    module "$2" old.c.o many.o
    says "$2" 3x 1
}
sections 3000 comdat '"axG",%progbits,many&,comdat'
check "they are sections of groups" [ "$(readelf -SW comdat.o | grep -c GROUP)" -eq 3000 ]
sections 65400 extended '"ax",%progbits'
check "their number is not in the header" [ "$(readelf -h extended.o | sed -n 's/.*Number of section headers: *0 (\(.*\))/\1/p')" -gt 65400 ]

# ---- what comes of itself, and what is lacking ----
printf 'extern int nobody; extern const char *objects_op(void); const char *objects_op(void) { return nobody ? "a" : "b"; }' >part.c
c -c part.c -o part.o
module lacks part.o
refused "a symbol that nobody has" lacks.o 'undefined symbol: nobody); name the library that has it: LIBRARIES of encbench_add_module'
printf '__thread char large[100000]; extern const char *objects_op(void); const char *objects_op(void) { return large[9] ? "a" : "large"; }' >part.c
c -c part.c -o part.o
module large part.o
refused "no room for thread-local variables" large.o 'its thread-local variables have no room in a process that has begun: make them fewer'
c -ftls-model=global-dynamic -c part.c -o part.o
module large part.o
says large large

# ---- libraries ----
library() { # library FILE ANSWER FLAGS...: one with a function of that answer
    file=$1 answer=$2
    shift 2
    echo "int answer(void); int answer(void) { return $answer; }" | "$compiler" -shared -fPIC -O2 -x c - -x none -o "$file" "$@" >out 2>err ||
        fail "cannot build $file"
}
mkdir first second
library first/libanswer.so 1 -Wl,-soname,libanswer.so.1 && cp first/libanswer.so first/libanswer.so.1
library second/libanswer.so.1 2 -Wl,-soname,libanswer.so.1 && ln -s libanswer.so.1 second/libanswer.so
printf 'extern int answer(void); extern const char *objects_op(void); const char *objects_op(void) { return answer() == 1 ? "first" : "second"; }' >part.c
c -c part.c -o part.o
module of_first part.o first/libanswer.so
says of_first first
module of_second part.o -Lsecond -lanswer
says of_second second
library answer.so 2
module unnamed part.o answer.so
says unnamed second
echo 'int answer(void); int answer(void) { return 2; } int needless(void); int needless(void) { extern int nobody; return nobody; }' >archive.c
c -c archive.c -o whole.o
echo 'int needless(void); int needless(void) { extern int nobody; return nobody; }' >needless.c
c -c needless.c -o needless.o
library_of() { rm -f "$1" && ar rc "$@" || fail "cannot make $1"; }
echo 'int answer(void); int answer(void) { extern int deeper(void); return deeper(); }' >shallow.c
echo 'int deeper(void); int deeper(void) { return 1; }' >deeper.c
c -c shallow.c -o shallow.o
c -c deeper.c -o deeper.o
library_of libone.a deeper.o needless.o
library_of libtwo.a shallow.o
module folded part.o libone.a libtwo.a
says folded first
check "of an archive what is needed is folded in" [ "$(nm folded.o | grep -c needless)" -eq 0 ]
module named part.o -L. -ltwo -lone -lm -lpthread
says named first
check "and what comes of itself is not recorded" [ "$(readelf -SW named.o | grep -c encbench.needs)" -eq 0 ]
printf '%s\n' part.o libone.a '"libtwo.a"' >'words'
module listed @words
says listed first
mv second elsewhere
refused "a library that is gone" of_second.o "needs the library $work/second/libanswer.so: No such file or directory; put it back"
mv elsewhere second
printf '\267' | dd of=second/libanswer.so.1 bs=1 seek=18 conv=notrunc 2>/dev/null
refused "a library of another machine" of_second.o "needs the library $work/second/libanswer.so: is of another architecture"
fold -o bad.o module.o part.o absent.a
check "an archive that is not there is no module" grep -qxF 'link_module.sh: absent.a: no such archive' err
check "and none is left" [ ! -e bad.o ]
printf '.section .encbench.needs,"",%%progbits\n' >needs.s
for number in $(seq 65); do
    ln -s libanswer.so.1 "first/lib$number.so"
    printf '.asciz "%s"\n' "$work/first/lib$number.so"
done >>needs.s
c -c needs.s -o names.o
module needs old.c.o names.o
refused "more libraries than there may be" needs.o "needs more than 64 libraries; the last is $work/first/lib65.so"

# ---- what is no object file ----
altered() { cp old.o "$1" && printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; } # altered FILE OFFSET BYTES
other='\267' other_name=aarch64
[ "$(uname -m)" = x86_64 ] || other='\076' other_name=x86-64
ar rc archive.o old.o
refused "an archive" archive.o 'archive.o: is an archive: give it as a library of a module'
ar rcT thin.o old.o
refused "a thin archive" thin.o 'thin.o: is a thin archive: give it'
altered foreign.o 18 "$other"
refused "another machine's" foreign.o "foreign.o: is of another architecture: $other_name;"
altered narrow.o 4 '\001' && printf '\003\000' | dd of=narrow.o bs=1 seek=18 conv=notrunc 2>/dev/null
refused "a 32-bit object" narrow.o 'narrow.o: is of another architecture: 32-bit i386;'
altered turned.o 5 '\002' && printf '\000\025' | dd of=turned.o bs=1 seek=18 conv=notrunc 2>/dev/null
refused "one of the other byte order" turned.o 'turned.o: is of another architecture: big-endian ppc64;'
altered core.o 16 '\004'
refused "a core file" core.o 'core.o: is a core file;'
altered program.o 16 '\002'
refused "an executable" program.o 'program.o: is an executable;'
cp first/libanswer.so shared.o
refused "a shared object" shared.o 'shared.o: is a shared object or an executable;'
size=$(wc -c <old.o)
for kept in 40:'is truncated within its ELF header' $((size / 2)):'is truncated: its section table lies behind its end' \
    $((size - 70)):'is truncated: its section table goes on behind its end'; do
    head -c "${kept%%:*}" old.o >cut.o
    refused "an object of ${kept%%:*} bytes" cut.o "cut.o: ${kept#*:}"
done
cp old.c.o plain.o
refused "an object that is no module" plain.o 'plain.o: is not a module: it has no `encbench_module`'
echo 'static int encbench_module __attribute__((used)) = 1;' >local.c
c -c local.c -o local.o
refused "a local encbench_module" local.o 'local.o: its `encbench_module` is local to it; expected one that others see'

# ---- link-time optimisation ----
c -fno-lto -c "$objects/old.c" -fcommon -o part.o
if missing gcc "gcc -flto"; then :; else
    gcc -O2 -fPIC -flto -I"$source/harness" '-DOBJECTS_VARIANT="slim"' -c "$objects/module.c" -o slim.o 2>err || fail "gcc -flto"
    refused "what gcc -flto leaves" slim.o 'slim.o: holds no machine code, only what gcc -flto links later; compile it with -fno-lto'
    gcc -O2 -fPIC -flto -ffat-lto-objects -I"$source/harness" '-DOBJECTS_VARIANT="fat"' -c "$objects/module.c" -o fat.c.o 2>err || fail "gcc -flto"
    fold -o fat.o fat.c.o part.o || fail "an object for both"
    says fat 3x
fi
if missing clang "clang -flto"; then :; else
    clang -O2 -fPIC -flto -I"$source/harness" '-DOBJECTS_VARIANT="bitcode"' -c "$objects/module.c" -o bitcode.o 2>err || fail "clang -flto"
    refused "bitcode" bitcode.o 'bitcode.o: is LLVM bitcode without machine code (-flto): compile it with -fno-lto;'
    fold -o bad.o bitcode.o part.o
    check "and in a link" grep -qxF 'link_module.sh: bitcode.o: is LLVM bitcode (-flto); compile it with -fno-lto' err
fi

# ---- Rust ----
if missing rustc Rust; then :; else
    c -c "$objects/rust.c" -o part.o
    rust() { # rust NAME FLAGS...: libNAME.a
        name=$1
        shift
        rustc --edition 2018 -A warnings -O --crate-type staticlib "$@" "$objects/rust.rs" -o "lib$name.a" >out 2>err || fail "rustc cannot compile $name"
    }
    rust alone -C panic=abort
    module rust part.o libalone.a
    says rust 'rust says 13'
    rust std --cfg rust_std
    module rust part.o libstd.a
    says rust 'rust says 106'
    rustc --edition 2018 -A warnings -O --crate-type lib --emit obj -C panic=abort "$objects/rust.rs" -o emitted.o >out 2>err || fail "rustc --emit obj"
    module rust part.o emitted.o "$(rustc --print sysroot)"/lib/rustlib/*/lib/libcore-*.rlib "$(rustc --print sysroot)"/lib/rustlib/*/lib/libcompiler_builtins-*.rlib
    says rust 'rust says 13'
fi

# ---- the headers, in every language that modules are written in ----
header() { # header COMPILER STANDARD HEADER LANGUAGE
    "$1" -std="$2" -x "$4" -Wall -Wextra -Wpedantic -Werror -O2 -fPIC -I"$source/harness" -c "$objects/$3" -o header.o >out 2>err
    check "$3 by $1 as $2" [ $? -eq 0 ]
    check "and it is a module" sh -c 'nm header.o | grep -q " [RD] encbench_module$"'
}
for cc in gcc clang; do
    missing $cc "module.h by it" || for standard in c11 c17; do header $cc $standard header.c c; done
done
for cc in g++ clang++; do
    missing $cc "module.h by it" || for standard in c++11 c++14 c++17 c++20; do header $cc $standard header.c c++; done
done

finish 110
