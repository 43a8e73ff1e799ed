#!/bin/sh
# The levels of the codec that aarch64 has, run under an emulator. Argument: source directory. 77: no cross compiler or no emulator.
set -u
source=$1
compiler=aarch64-linux-gnu-gcc
for needed in $compiler qemu-aarch64; do
    if ! command -v $needed >/dev/null; then
        echo "no $needed: install gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user to run the codec's neon level"
        exit 77
    fi
done
directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT
$compiler -std=gnu17 -O2 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-missing-field-initializers -Werror -static \
    -I"$source/workloads" -I"$source/tests/subject/plain" "$source/tests/subject/conformance_codec_levels.c" \
    "$source/workloads/codec_levels.c" "$source/workloads/codec.c" -o "$directory/levels" || exit 1
timeout 250 qemu-aarch64 "$directory/levels" >"$directory/out" 2>&1 || {
    echo "conformance_codec_neon: the emulator ended with status $?; the last lines:" >&2
    tail -n 3 "$directory/out" >&2
    exit 1
}
cat "$directory/out"
grep -q '^neon: [0-9]* encodings' "$directory/out" || {
    echo 'conformance_codec_neon: neon was not checked' >&2
    exit 1
}
