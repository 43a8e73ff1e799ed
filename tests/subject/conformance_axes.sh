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

# Levels of the axes that a line below is not about.
in_pool='MAGAZINE_ONE64 RETAIN_ALL PLACE_MALLOC'
unpooled='MAGAZINE_NA RETAIN_NA PLACE_MALLOC'
in_frame='MAGAZINE_NA RETAIN_NA PLACE_NA'
other_pools='MUTEX SHARED OWNER'
thread='MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_SEQCST'
none='MMAP_RES_NULL POOL_NONE CLASSES_NA REFS_SEQCST'

# shellcheck disable=SC2086 # words
{
    accepted MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_SEQCST $in_pool
    accepted MMAP_RES_PACKED POOL_NONE CLASSES_NA REFS_SEQCST $unpooled
    accepted MMAP_RES_REMOVED POOL_FRAME CLASSES_NA REFS_SEQCST $in_frame
    accepted MMAP_RES_REMOVED POOL_THREAD CLASSES_THREE REFS_SEQCST $in_pool
    accepted MMAP_RES_NULL POOL_THREAD CLASSES_FINE REFS_SEQCST $in_pool
    accepted $thread MAGAZINE_ONE1 RETAIN_ALL PLACE_MALLOC
    accepted $thread MAGAZINE_TWO8 RETAIN_ALL PLACE_LINE
    for pool in $other_pools; do
        accepted MMAP_RES_NULL "POOL_$pool" CLASSES_TEN REFS_SEQCST MAGAZINE_NA RETAIN_ALL PLACE_MALLOC
        refused 'a pool needs classes' MMAP_RES_NULL "POOL_$pool" CLASSES_NA REFS_SEQCST MAGAZINE_NA RETAIN_ALL PLACE_MALLOC
        refused 'magazines are pool thread' MMAP_RES_NULL "POOL_$pool" CLASSES_TEN REFS_SEQCST $in_pool
        refused 'mmap_res assigned and retained' MMAP_RES_ASSIGNED "POOL_$pool" CLASSES_TEN REFS_SEQCST MAGAZINE_NA RETAIN_ALL \
            PLACE_MALLOC
    done
    accepted MMAP_RES_NULL POOL_THREAD CLASSES_FITTED4 REFS_SEQCST $in_pool
    accepted MMAP_RES_NULL POOL_THREAD CLASSES_FITTED8 REFS_SEQCST $in_pool
    accepted MMAP_RES_NULL POOL_THREAD CLASSES_FITTED16 REFS_SEQCST $in_pool
    accepted MMAP_RES_RETAINED POOL_THREAD CLASSES_TEN REFS_SEQCST $in_pool

    refused 'axis mmap_res' POOL_THREAD CLASSES_TEN REFS_SEQCST $in_pool
    refused 'axis pool' MMAP_RES_NULL CLASSES_TEN REFS_SEQCST $in_pool
    refused 'axis classes' MMAP_RES_NULL POOL_THREAD REFS_SEQCST $in_pool
    refused 'axis refs' MMAP_RES_NULL POOL_THREAD CLASSES_TEN $in_pool

    refused 'axis mmap_res' MMAP_RES_NULL MMAP_RES_REMOVED POOL_THREAD CLASSES_TEN REFS_SEQCST $in_pool
    refused 'axis pool' MMAP_RES_NULL POOL_THREAD POOL_NONE CLASSES_TEN REFS_SEQCST $in_pool
    refused 'axis classes' MMAP_RES_NULL POOL_THREAD CLASSES_TEN CLASSES_NA REFS_SEQCST $in_pool
    refused 'axis refs' MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_SEQCST REFS_NA $in_pool

    refused 'axis mmap_res' MMAP_RES_UNHEARD_OF POOL_THREAD CLASSES_TEN REFS_SEQCST $in_pool
    refused 'axis pool' MMAP_RES_NULL POOL_UNHEARD_OF CLASSES_TEN REFS_SEQCST $in_pool
    refused 'axis classes' MMAP_RES_NULL POOL_THREAD CLASSES_UNHEARD_OF REFS_SEQCST $in_pool
    refused 'axis refs' MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_UNHEARD_OF $in_pool

    refused 'a pool needs classes' MMAP_RES_NULL POOL_THREAD CLASSES_NA REFS_SEQCST $in_pool
    refused 'an unpooled buffer' MMAP_RES_NULL POOL_NONE CLASSES_TEN REFS_SEQCST $unpooled
    refused 'a variant with a buffer' MMAP_RES_NA POOL_THREAD CLASSES_TEN REFS_SEQCST $in_pool
    refused 'a variant with a buffer' MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_NA $in_pool
    refused 'axis classes' MMAP_RES_NULL POOL_THREAD CLASSES_TEN CLASSES_THREE REFS_SEQCST $in_pool
    refused 'axis classes' MMAP_RES_NULL POOL_THREAD CLASSES_TEN CLASSES_FINE REFS_SEQCST $in_pool
    refused 'axis classes' MMAP_RES_NULL POOL_THREAD CLASSES_FITTED4 CLASSES_FITTED8 REFS_SEQCST $in_pool
    refused 'an unpooled buffer' MMAP_RES_NULL POOL_FRAME CLASSES_FINE REFS_SEQCST $in_frame
    refused 'axis mmap_res' MMAP_RES_NULL MMAP_RES_ASSIGNED POOL_THREAD CLASSES_TEN REFS_SEQCST $in_pool
    refused 'mmap_res assigned and retained' MMAP_RES_ASSIGNED POOL_NONE CLASSES_NA REFS_SEQCST $unpooled
    refused 'pool direct has no buffer' MMAP_RES_NULL POOL_DIRECT CLASSES_NA REFS_NA $in_frame

    for refs in ACQREL MERGED UNIQUE TAGGED PLAIN; do
        accepted MMAP_RES_NULL POOL_THREAD CLASSES_TEN REFS_$refs $in_pool
        refused 'axis refs' $thread REFS_$refs $in_pool
    done
    accepted MMAP_RES_NULL POOL_NONE CLASSES_NA REFS_MERGED $unpooled
    refused 'refs tagged tells a buffer' MMAP_RES_NULL POOL_NONE CLASSES_NA REFS_TAGGED $unpooled
    refused 'refs tagged tells a buffer' MMAP_RES_NULL POOL_FRAME CLASSES_NA REFS_TAGGED $in_frame

    refused 'axis magazine' $thread RETAIN_ALL PLACE_MALLOC
    refused 'axis magazine' $thread MAGAZINE_ONE64 MAGAZINE_NA RETAIN_ALL PLACE_MALLOC
    refused 'axis retain' $thread MAGAZINE_ONE64 PLACE_MALLOC
    refused 'axis retain' $thread MAGAZINE_ONE64 RETAIN_ALL RETAIN_COUNT PLACE_MALLOC
    for level in COUNT BYTES VICTIM CALIBRATED DECAY ADVISE; do
        accepted $thread MAGAZINE_ONE64 RETAIN_$level PLACE_MALLOC
        refused 'mmap_res assigned and retained' MMAP_RES_RETAINED POOL_THREAD CLASSES_TEN REFS_SEQCST \
            MAGAZINE_ONE64 RETAIN_$level PLACE_MALLOC
    done
    refused 'axis place' $thread MAGAZINE_ONE64 RETAIN_ALL
    refused 'axis place' $thread MAGAZINE_ONE64 RETAIN_ALL PLACE_MALLOC PLACE_LINE
    refused 'magazines are pool thread' $thread MAGAZINE_NA RETAIN_ALL PLACE_MALLOC
    refused 'magazines are pool thread' $none MAGAZINE_ONE64 RETAIN_NA PLACE_MALLOC
    refused 'what is retained is a pool' $thread MAGAZINE_ONE64 RETAIN_NA PLACE_MALLOC
    refused 'what is retained is a pool' $none MAGAZINE_NA RETAIN_ALL PLACE_MALLOC
    refused 'a structure that is allocated has a place' $thread MAGAZINE_ONE64 RETAIN_ALL PLACE_NA
    refused 'a structure that is allocated has a place' MMAP_RES_NULL POOL_FRAME CLASSES_NA REFS_SEQCST $unpooled
}

[ "$failures" -eq 0 ]
