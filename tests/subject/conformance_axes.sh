#!/bin/sh
# Axes have no defaults: every variant names exactly one level on every axis, or does not compile, and is told which axis.
# usage: conformance_axes.sh COMPILER PROJECT_SOURCE_DIRECTORY
set -eu
compiler=$1
source=$2
failures=0

# compiles WORDS... : exit status of compiling a structure with these levels (AXIS_LEVEL, upper case)
compiles() {
    flags=
    for level in "$@"; do
        flags="$flags -DENCBUF_$level"
    done
    # shellcheck disable=SC2086
    echo '#include "structure.h"' | "$compiler" -std=gnu17 $flags -I "$source/variants" -x c -fsyntax-only - 2>&1
}

accepted() {
    if ! message=$(compiles "$@"); then
        echo "should compile: $*: $message"
        failures=$((failures + 1))
    fi
}

# refused TEXT WORDS... : must not compile, and the message must say TEXT
refused() {
    text=$1
    shift
    if message=$(compiles "$@"); then
        echo "should not compile: $*"
        failures=$((failures + 1))
    elif ! printf '%s' "$message" | grep -q -e "#error \"$text" -e "error: \"$text"; then
        echo "refused without \"$text\": $*: $message"
        failures=$((failures + 1))
    fi
}

accepted MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_SEQCST
accepted MMAP_RES_PACKED POOL_NONE CLASSES_NA REFS_SEQCST
accepted MMAP_RES_REMOVED POOL_FRAME CLASSES_NA REFS_SEQCST
accepted MMAP_RES_REMOVED POOL_THREAD CLASSES_THREE REFS_SEQCST
accepted MMAP_RES_NULL POOL_THREAD CLASSES_FINE REFS_SEQCST
accepted MMAP_RES_RETAINED POOL_THREAD CLASSES_TEN REFS_SEQCST

refused 'axis mmap_res' POOL_THREAD CLASSES_TEN REFS_SEQCST
refused 'axis pool' MMAP_RES_NULL CLASSES_TEN REFS_SEQCST
refused 'axis classes' MMAP_RES_NULL POOL_THREAD REFS_SEQCST
refused 'axis refs' MMAP_RES_NULL POOL_THREAD CLASSES_TEN

refused 'axis mmap_res' MMAP_RES_NULL MMAP_RES_REMOVED POOL_THREAD CLASSES_TEN REFS_SEQCST
refused 'axis pool' MMAP_RES_NULL POOL_THREAD POOL_NONE CLASSES_TEN REFS_SEQCST
refused 'axis classes' MMAP_RES_NULL POOL_THREAD CLASSES_TEN CLASSES_NA REFS_SEQCST
refused 'axis refs' MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_SEQCST REFS_NA

refused 'axis mmap_res' MMAP_RES_UNHEARD_OF POOL_THREAD CLASSES_TEN REFS_SEQCST
refused 'axis pool' MMAP_RES_NULL POOL_UNHEARD_OF CLASSES_TEN REFS_SEQCST
refused 'axis classes' MMAP_RES_NULL POOL_THREAD CLASSES_UNHEARD_OF REFS_SEQCST
refused 'axis refs' MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_UNHEARD_OF

refused 'a pool needs classes' MMAP_RES_NULL POOL_THREAD CLASSES_NA REFS_SEQCST
refused 'an unpooled buffer' MMAP_RES_NULL POOL_NONE CLASSES_TEN REFS_SEQCST
refused 'a variant with a buffer' MMAP_RES_NA POOL_THREAD CLASSES_TEN REFS_SEQCST
refused 'a variant with a buffer' MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_NA
refused 'axis classes' MMAP_RES_NULL POOL_THREAD CLASSES_TEN CLASSES_THREE REFS_SEQCST
refused 'axis classes' MMAP_RES_NULL POOL_THREAD CLASSES_TEN CLASSES_FINE REFS_SEQCST
refused 'an unpooled buffer' MMAP_RES_NULL POOL_FRAME CLASSES_FINE REFS_SEQCST
refused 'axis mmap_res' MMAP_RES_NULL MMAP_RES_ASSIGNED POOL_THREAD CLASSES_TEN REFS_SEQCST
refused 'mmap_res assigned and retained' MMAP_RES_ASSIGNED POOL_NONE CLASSES_NA REFS_SEQCST
refused 'pool direct has no buffer' MMAP_RES_NULL POOL_DIRECT CLASSES_NA REFS_NA

[ "$failures" -eq 0 ]
