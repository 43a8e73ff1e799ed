#!/bin/sh
# What ab does not measure: one line that names it, exit 2, and nothing left behind.
# usage: ab_inputs_test.sh BUILD SOURCE
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "$2/tests/checks.sh"
encbench=$1/encbench
export ENCBENCH_ROOT="$2"
mkdir "$work/tmp" "$work/in" || exit 1
export TMPDIR="$work/tmp"
cp "$2/tests/ab/side.h" "$work/in/side.h"
cd "$work/in" || exit 1

cat >old.c <<'END'
#include "side.h"
static uint64_t op(const unsigned char *input)
{
    uint64_t hash = 0;
    for (unsigned i = 0; i < SIDE_BYTES; i++)
        hash = hash * 31 + input[i];
    return hash;
}
END
sed 's/hash = 0;/hash = nothing;/' old.c >bad.c
sed 's/\* 31/* 33/' old.c >other.c
printf 'int nothing;\n' >none.c
printf '#define SIDE_WORKLOAD "another"\n#include "old.c"\n' >another.c
cat >nothing.c <<'END'
#include "side.h"
static uint64_t op(const unsigned char *input) { (void)input; return 5; }
END
cat >slow.c <<'END'
#include <unistd.h>
#include "side.h"
static uint64_t op(const unsigned char *input) { usleep(700000); return input[0]; }
END
sed 's/return hash;/*(volatile int *)0 = 0; return hash;/' old.c >crash.c
# A source with two variants, which it lists as bench.h does; and one that needs an archive. What is refused of either
# is the output, so that both sides were compiled, linked and run.
cat >several.c <<'END'
#ifdef ENCBENCH_LIST_VARIANTS
__asm__(".pushsection .encbench.variants,\"\",%progbits\n\t.asciz \"first\"\n\t.asciz \"second\"\n\t.popsection");
#else
#ifdef ENCBENCH_SELECT_first
#define SIDE "first"
#elif defined ENCBENCH_SELECT && defined ENCBENCH_SELECT_second
#define SIDE "second"
#endif
#include "side.h"
static uint64_t op(const unsigned char *input) { return input[0] * (uint64_t)sizeof SIDE; }
#endif
END
cat >needs.c <<'END'
#include "side.h"
uint64_t factor(uint64_t value);
static uint64_t op(const unsigned char *input) { return factor(input[0]) * FACTOR; }
END
printf 'unsigned long factor(unsigned long value) { return value * 7; }\n' >factor.c
cc -c -fPIC -O2 factor.c -o factor.o && ar rc libfactor.a factor.o || exit 1
cc -c -fPIC -I "$2/harness" old.c -o old.o || exit 1
cp old.o strange.o && printf '\363' | dd of=strange.o bs=1 seek=18 conv=notrunc 2>/dev/null # RISC-V
ar rc lib.a old.o
: >text.txt

refused() { # refused DESCRIPTION PATTERN ARGUMENT...: exit 2, the last line has the pattern, and nothing is left
    description=$1 pattern=$2
    shift 2
    "$encbench" ab "$@" >"$work/out" 2>"$work/err"
    code=$?
    checks=$((checks + 1))
    [ $code -eq 2 ] && [ ! -s "$work/out" ] && tail -n 1 "$work/err" | grep -q -- "^encbench: .*$pattern" &&
        [ "$(grep -c '^encbench: ' "$work/err")" -eq 1 ] && [ -z "$(ls "$work/tmp")" ] ||
        fail "$description (exit $code)"
    rm -rf "$work/tmp/"*
}

refused 'no side' 'ab: expected SIDE'
refused 'one variant' 'old.c: is one variant' old.c
refused 'a file that is not there' 'missing.c: No such file' old.c missing.c
refused 'a file of another kind' 'text.txt: expected a source' old.c text.txt
refused 'an archive' 'lib.a: is an archive' old.c lib.a
refused 'an object of another machine' 'strange.o: is of another architecture' old.c strange.o
refused 'flags of an object' 'old.o: is built already, so -O2' old.c 'old.o -O2'
refused 'an open quote' 'quote in .* does not end' old.c "old.c '-O2"
refused 'a source that does not compile' 'bad.c: is not compiled' old.c bad.c
check 'the compiler said why, once' [ "$(grep -c 'nothing.*undeclared' "$work/err")" -eq 1 ]
refused 'flags that the compiler does not know' 'old.c: is not compiled' old.c 'old.c --nonsense'
refused 'no module in it' 'none.c: is not a module' old.c none.c
refused 'nothing in common' 'no timed workload in common: old has mix; another has another' old.c another.c
refused 'another output' 'mix: variants old and other produce different output .*mend other.c' old.c other.c
refused 'a source with several variants is as many sides' 'variants first and second produce different output' several.c
refused 'a variant of it beside another file' 'variants first and second produce' several.c 'old.c -DSIDE=\"third\"'
refused 'what is in an archive' 'variants .*FACTOR=1 and .*FACTOR=2 produce different' \
    'needs.c -DFACTOR=1' 'needs.c -DFACTOR=2' --ldlibs ./libfactor.a
refused 'and without it' 'needs.c: .*factor' 'needs.c -DFACTOR=1' 'needs.c -DFACTOR=2'
refused 'flags of all sides, with a blank in them' 'produce different output' old.c other.c \
    --cflags '-DNAME="a b" -Wall'
refused 'an op that is not there' 'nothing.c: variant nothing, workload mix: the op does not depend' old.c nothing.c
# A name that an object in the making has as well: it was overwritten, and a side compared with itself.
cp old.c side-1.c
refused 'a source named as a file of ours' 'variants side-1 and other produce different output' side-1.c other.c
# Data beside a side, as it is named: without them the op crashes.
cat >data.c <<'END'
#include <stdio.h>
#include "side.h"
static uint64_t op(const unsigned char *input)
{
    static uint64_t factor;
    char path[4096];
    if (factor == 0) {
        snprintf(path, sizeof path, "%s/factor", self.host->data_directory);
        FILE *file = fopen(path, "r");
        factor = (uint64_t)getc(file);
        fclose(file);
    }
    return input[0] * factor * FACTOR;
}
END
sed -i 's/^static uint64_t op.*;$//; s/^} self;$/&\nstatic uint64_t op(const unsigned char *input);/' side.h
mkdir data.data && echo x >data.data/factor
refused 'data beside a side' 'variants .*FACTOR=1 and .*FACTOR=2 produce different' 'data.c -DFACTOR=1' 'data.c -DFACTOR=2'
mv data.data elsewhere
refused 'data that --data names' 'variants .*FACTOR=1 and .*FACTOR=2 produce different' 'data.c -DFACTOR=1' 'data.c -DFACTOR=2' --data elsewhere
if ${RUSTC:-rustc} --version >"$work/out" 2>&1; then
    cp "$2/examples/rust/bytewise.rs" "$2/examples/rust/folded.rs" "$2/examples/rust/stable.rs" .
    sed -i 's/: folded(input);/: folded(input) + cfg!(more) as u64;/' folded.rs
    sed -i 's/: sorted(input);/: sorted(input) + cfg!(more) as u64;/' stable.rs
    refused 'Rust, by a flag of one side' 'variants bytewise and folded produce different output' bytewise.rs \
        'folded.rs --cfg more' --workloads hash_64
    refused 'Rust, by --rustflags' 'variants bytewise and folded produce different output' bytewise.rs folded.rs \
        --workloads hash_64 --rustflags '--cfg more --edition 2018'
    refused 'Rust with its standard library' 'produce different output' stable.rs 'stable.rs --cfg more'
    refused 'Rust that does not compile' 'folded.rs: is not compiled' bytewise.rs 'folded.rs --nonsense'
else
    echo 'without rustc: no side in Rust was tried'
fi
refused 'an op of seconds' 'slow.* takes 0.7 s, and all of this some [0-9]* s' slow.c slow.c
refused 'an unknown workload' '"nope" is no timed workload' old.c 'old.c -O1' --workloads nope
refused 'no limit' 'no limit' old.c old.c --fail-if-slower none
refused 'no format' 'unknown format "yaml"' old.c old.c --format yaml
refused 'a library that is not there' 'needs the library nonesuch' old.c old.c --ldlibs -lnonesuch
refused 'an archive that is not there' 'lib.b: No such file' old.c old.c --ldlibs lib.b
CC=nonesuch refused 'no compiler' 'is not compiled: nonesuch: cannot be run' old.c old.c
mkdir "$work/there"
refused 'a directory that is there' 'there' old.c old.c --out "$work/there"

"$encbench" ab old.c crash.c >"$work/out" 2>"$work/err"
check 'an op that crashes is refused by name' \
    grep -q '^encbench: .*workload mix.fresh, arm crash (crash.c): .*signal 11' "$work/err"
check 'and kept to be run again, as ever' [ "$(ls "$work/tmp" | grep -vc '^failed-encbench-')" -eq 0 ]
rm -rf "$work/tmp/"*

TMPDIR=/proc "$encbench" ab old.c old.c >"$work/out" 2>"$work/err"
check 'nowhere to write' grep -q 'set TMPDIR' "$work/err"

# An interrupt.
"$encbench" ab old.c 'old.c -O1' --out "$work/kept" >"$work/out" 2>"$work/err" &
ab=$!
tries=0
until [ -d "$work/kept" ] || [ $tries -ge 100 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -INT $ab
wait $ab
check 'an interrupt ends it with 3' [ $? -eq 3 ]
check 'in one line' grep -q '^encbench: ab: stopped before there was a verdict' "$work/err"
check 'and leaves nothing' [ -z "$(ls "$work/tmp")" ]

finish 37
