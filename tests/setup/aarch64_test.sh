#!/bin/sh
# Compiles for aarch64 what knows the processor: the measuring part of the harness, its kernels, every variant. Arguments: source and
# build directory. 77: no cross compiler.
set -u
source=$1
build=$2
compiler=aarch64-linux-gnu-gcc
if ! command -v $compiler >/dev/null; then
    echo "no $compiler: install gcc-aarch64-linux-gnu and libc6-dev-arm64-cross to compile for aarch64"
    exit 77
fi
directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT
flags="-std=gnu17 -O2 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-missing-field-initializers
       -Werror -I$source/harness"
failed=0

compile() { # NAME SOURCE FLAG...
    name=$1
    file=$2
    shift 2
    $compiler $flags "$@" -c "$source/$file" -o "$directory/$name.o" || {
        echo "aarch64_test: $name does not compile" >&2
        failed=1
    }
}

for file in step/step step/exclusive step/ptrace step/record step/trap_flag step/x86 worker/main worker/step_pass measure/measure module/open; do
    compile "$(echo $file | tr / _)" harness/$file.c
done
compile interpose harness/interpose/interpose.c -U_GNU_SOURCE
for kernel in chain leak; do
    compile $kernel harness/kernels/$kernel.c -fPIC
done

# Concurrency Kit is headers and has those of every architecture; the host's other headers must not come along.
mkdir "$directory/include"
for header in /usr/include/ck_*.h /usr/include/gcc; do
    [ -e "$header" ] && ln -s "$header" "$directory/include/"
done
upper() {
    printf %s "$1" | tr a-z A-Z
}
if [ -e "$directory/include/ck_pr.h" ]; then
    axes=$(sed -n 's/^# name *//p' "$source/variants/variants.txt")
    grep '^[^#]' "$source/variants/variants.txt" >"$directory/variants"
    while read -r name levels; do
        set --
        for axis in $axes; do
            level=${levels%%[[:space:]]*}
            levels=${levels#"$level"}
            levels=${levels#"${levels%%[![:space:]]*}"}
            set -- "$@" -D"ENCBUF_$(upper "$axis")_$(upper "$level")" -D"ENCBUF_LEVEL_$(upper "$axis")=\"$level\""
        done
        compile "$name" variants/module.c -isystem "$directory/include" -I"$source/variants" -I"$source/workloads" -fPIC \
            -mno-outline-atomics -ffunction-sections -fno-plt -ftls-model=initial-exec -DENCBUF_VARIANT="\"$name\"" \
            -DENCBUF_STATIC_SCAN="\"$build/variants/scan/$name.h\"" "$@"
    done <"$directory/variants"
else
    echo "aarch64_test: no libck-dev: the variants are not compiled"
fi
[ $failed = 0 ] || exit 1

# An emulator of programs has no ptrace: both sources of traps say why, and nothing crashes.
command -v qemu-aarch64 >/dev/null || exit 0
cat >"$directory/main.c" <<'END'
#include "step/step.h"

#include <stdio.h>

int main(void)
{
    for (int source = STEP_TRAP_FLAG; source <= STEP_PTRACE; source++) {
        const struct step_options options = {.source = source, .traps_max = 1000};
        char reason[256] = "counts";
        step_open(&options, reason, sizeof reason);
        printf("%s: %s\n", step_source_name(source), reason);
    }
    return 0;
}
END
$compiler $flags -static "$directory/main.c" "$directory"/step*.o -o "$directory/main" || exit 1
output=$(timeout 60 qemu-aarch64 "$directory/main") || {
    echo "aarch64_test: the stepper ended with status $? under the emulator" >&2
    exit 1
}
echo "$output"
case $output in
"trap flag: the trap flag is x86-64's
ptrace: "*) ;;
*) exit 1 ;;
esac
