#!/bin/sh
# Makes the object file of a module from its objects and libraries: archives are folded in, of each the members that are needed; shared
# objects are recorded in it as needed (ENCBENCH_NEEDS of module.h), those of the compiler's own directories by name, others by full path.
# It takes the command line that a compiler would link with, because that is what CMake hands out, and ignores what is not about this:
#
#   link_module.sh COMPILER [-L DIRECTORY] -o NAME.o OBJECT... [ARCHIVE|SHARED_OBJECT|-lNAME]...
set -u
me=link_module.sh

die() { # one line; nothing is left
    printf '%s: %s\n' "$me" "$*" >&2
    [ -z "${work:-}" ] || rm -rf -- "$work"
    [ -z "${output:-}" ] || rm -f -- "$output"
    exit 2
}

# Prints the words of a response file, in which a blank or a quote that belongs to a word is quoted.
words_of() { xargs -n 1 printf '%s\n' <"$1"; }

full_path() {
    directory=$(cd -- "$(dirname -- "$1")" 2>/dev/null && pwd) || die "$1: no such directory"
    printf '%s/%s' "${directory%/}" "${1##*/}"
}

# A line for each: what the driver shall know as needed.
need() { needs="$needs$1
"; }

library() { # library NAME, as behind -l
    case $1 in
    c | m | pthread | dl | rt | util | gcc | gcc_s) return ;; # come of themselves
    :*) die "-l$1: expected -lNAME, or the file by its path" ;;
    esac
    rest=$directories
    while [ -n "$rest" ]; do
        found=${rest%%
*}
        rest=${rest#*
}
        if [ -e "$found/lib$1.so" ] && [ "$static" = no ]; then
            need "$(full_path "$found/lib$1.so")"
            return
        elif [ -e "$found/lib$1.a" ]; then
            set_archive "$found/lib$1.a"
            return
        fi
    done
    found=$(LIBRARY_PATH= "$compiler" -print-file-name="lib$1.a")
    if [ "$static" = yes ] || [ "$(LIBRARY_PATH= "$compiler" -print-file-name="lib$1.so")" = "lib$1.so" ]; then
        [ "$found" = "lib$1.a" ] || { set_archive "$found" && return; }
    fi
    need "$1"
}

set_archive() {
    [ -e "$1" ] || die "$1: no such archive"
    archives="$archives$1
"
}

take() { # take WORD of the command line
    case $next in
    -o) output=$1 ;;
    -L) directories="$directories$1
" ;;
    -l) library "$1" ;;
    esac
    if [ -n "$next" ]; then
        next=
        return
    fi
    case $1 in
    -o | -L | -l) next=$1 ;;
    -x | -u | -e | -T | -z | -Xlinker | --param) next=ignored ;;
    -L*) directories="$directories${1#-L}
" ;;
    -l*) library "${1#-l}" ;;
    -Wl,-Bstatic) static=yes ;;
    -Wl,-Bdynamic) static=no ;;
    -Wl,--whole-archive | -Wl,--no-whole-archive) archives="$archives${1#-Wl,}
" ;;
    -fopenmp) library "$("$compiler" --version | grep -q clang && echo omp || echo gomp)" ;;
    -*) ;;
    *.a | *.rlib) set_archive "$1" ;;
    *.so | *.so.[0-9]*)
        [ -e "$1" ] || die "$1: no such shared object"
        need "$(full_path "$1")"
        ;;
    *.o | *.obj) objects="$objects$1
" ;;
    *) die "$1: expected an object (.o), an archive (.a) or a shared object (.so)" ;;
    esac
}

[ $# -ge 4 ] || die "expected COMPILER -o NAME.o OBJECT..."
compiler=$1 output= next= static=no directories= archives= objects= needs= work=
shift
# -L counts for what stands before it, too.
for word; do
    case $next in -L) directories="$directories$word
" ;; esac
    next=
    case $word in
    -L) next=-L ;;
    -L?*) directories="$directories${word#-L}
" ;;
    esac
done
next=
for word; do
    case $word in
    @*)
        listed=$(words_of "${word#@}") || die "${word#@}: cannot be read"
        while IFS= read -r line; do take "$line"; done <<END
$listed
END
        ;;
    *) take "$word" ;;
    esac
done
[ -n "$output" ] && [ -n "$objects" ] || die "expected -o NAME.o and an object"

IFS='
'
set -f
# shellcheck disable=SC2086 # lines are words
set -- $objects
if [ $# -eq 1 ] && [ -z "$archives$needs" ]; then
    cp -- "$1" "$output" || die "$output: cannot be written"
    exit 0
fi
for object; do # the linker takes these for a text without a word of sense
    [ "$(head -c 2 -- "$object")" != BC ] || die "$object: is LLVM bitcode (-flto); compile it with -fno-lto"
done
linker=$("$compiler" -print-prog-name=ld)
if [ -n "$needs" ]; then
    work=$(mktemp -d) || die "no temporary directory"
    { echo '.section .encbench.needs,"",%progbits'
        for name in $(printf '%s' "$needs" | awk '!seen[$0]++'); do
            case $name in *[\"\\]*) die "$name: a quote or a backslash cannot be in the path of a library" ;; esac
            echo ".asciz \"$name\""
        done
        echo '.section .note.GNU-stack,"",%progbits'
    } >"$work/needs.s"
    "$compiler" -c "$work/needs.s" -o "$work/needs.o" || die "$work/needs.s: cannot be assembled"
    set -- "$@" "$work/needs.o"
fi
# shellcheck disable=SC2086
if [ -n "$archives" ]; then
    set -- "$@" --start-group $archives --end-group
fi
"$linker" -r -o "$output" "$@" || die "$output: cannot be linked (see above)"
[ -z "$work" ] || rm -rf -- "$work"
