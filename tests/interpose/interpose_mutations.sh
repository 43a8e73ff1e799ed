#!/bin/sh
# A test that cannot fail is none: each count of the interposer is broken once, and interpose_test must see it.
# usage: interpose_mutations.sh INTERPOSE_TEST SOURCE COMPILER
set -u
test=$1 source=$2 compiler=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0 mutations=0

compile() { # compile FILE
    "$compiler" -std=gnu17 -O1 -fPIC -shared -fvisibility=hidden -fno-builtin -I"$source/harness" -Wl,-z,now -o "$work/interpose.so" "$1" \
        -pthread -ldl 2>"$work/log" || {
        cat "$work/log"
        exit 1
    }
}

passes() { # passes PROBE
    LD_PRELOAD="$work/interpose.so" timeout 20 "$test" --probe "$1" >/dev/null 2>&1
}

# mutation PROBE WHAT SED: with the source changed so, the probe must fail.
mutation() {
    mutations=$((mutations + 1))
    sed "$3" "$source/harness/interpose/interpose.c" >"$work/interpose.c"
    if cmp -s "$work/interpose.c" "$source/harness/interpose/interpose.c"; then
        echo "changes nothing: $2"
        failures=$((failures + 1))
        return
    fi
    compile "$work/interpose.c"
    if passes "$1"; then
        echo "not seen by $1: $2"
        failures=$((failures + 1))
    fi
}

compile "$source/harness/interpose/interpose.c"
for probe in ops realloc functions peak reset_peaks requests threads ended_threads mappings early fork; do
    passes "$probe" || {
        echo "$probe fails with nothing broken"
        exit 1
    }
done
mutation ops "allocations uncounted" 's/ADD(allocation_calls, 1)/(void)0/'
mutation ops "requested bytes uncounted" 's/ADD(requested_bytes, (int64_t)bytes)/(void)0/'
mutation ops "handed out as requested" 's/int64_t handed_out = (int64_t)usable(block)/int64_t handed_out = (int64_t)bytes/'
mutation ops "releases uncounted" 's/ADD(release_calls, 1)/(void)0/'
mutation ops "released bytes uncounted" 's/ADD(released_bytes, bytes)/(void)0/'
mutation ops "live blocks uncounted" 's/ADD(live_blocks, blocks)/(void)0/'
mutation ops "live bytes only rise" 's/count_live(-1, -bytes)/count_live(-1, 0)/'
mutation ops "nothing by thread" 's/#define ADD(field, delta) (add(&own()->field, delta), /#define ADD(field, delta) (/'
mutation realloc "resizes uncounted" 's/ADD(resize_calls, 1)/(void)0/'
mutation realloc "a failed realloc releases" 's/not_released(old_bytes);/(void)0;/'
mutation realloc "failures uncounted" 's/ADD(failed_calls, 1)/(void)0/'
mutation functions "calls by function uncounted" 's/ADD(calls\[function\], 1)/(void)0/'
mutation functions "realloc counted as malloc" 's/resize(INTERPOSE_realloc,/resize(INTERPOSE_malloc,/'
mutation functions "valloc counted as malloc" 's/allocated(INTERPOSE_valloc,/allocated(INTERPOSE_malloc,/'
mutation functions "mremap uncounted" 's/called(INTERPOSE_mremap);//'
mutation peak "no peak" 's/raise_peak(&total.peak_live_bytes, ADD(live_bytes, bytes))/ADD(live_bytes, bytes)/'
mutation reset_peaks "peaks are not reset" 's/^    reset_peaks(&total);//'
mutation reset_peaks "peaks of threads are not reset" 's/^        reset_peaks(&threads\[i\]);/        (void)i;/'
mutation requests "requests only rise" 's/count_live_requested(-(int64_t)bytes)/(void)0/'
mutation requests "blocks are not forgotten" 's/^            asked\[hole\] = (struct asked){0};/            break;/'
mutation requests "blocks behind a hole are lost" 's/^            asked\[hole\] = asked\[next\];/            (void)0;/'
mutation requests "blocks move before their home" 's/else if (from_home >= .*{/else if (from_home < asked_capacity) {/'
mutation requests "blocks are lost as the table grows" 's/asked\[find_asked(old\[i\].block)\] = old\[i\]/(void)0/'
mutation requests "no peak of requests" 's/raise_peak(&total.peak_live_requested_bytes, ADD(live_requested_bytes, bytes))/ADD(live_requested_bytes, bytes)/'
mutation requests "a failed realloc forgets" 's/note_asked(block, old_asked);/(void)0;/'
mutation ended_threads "threads share their counts" 's/&threads\[slot\] : &unlisted/\&threads[0] : \&unlisted/'
mutation ended_threads "threads are not listed" 's/^    return count;$/    return 0;/'
mutation threads "totals lose updates" 's/return __atomic_add_fetch(count, delta, __ATOMIC_RELAXED);/int64_t old = *(volatile int64_t *)count; sched_yield(); return *count = old + delta;/'
mutation mappings "unmaps uncounted" 's/ADD(unmap_calls, 1)/(void)0/'
mutation mappings "mapped bytes uncounted" 's/ADD(live_mapped_bytes, bytes)/0/'
mutation early "no arena while functions are looked up" 's/if (state == RESOLVED)/if (state != RESOLVED)/'
[ "$mutations" -ge 31 ] || failures=$((failures + 1))
printf '%d mutations, %d not seen\n' "$mutations" "$failures"
[ "$failures" -eq 0 ]
