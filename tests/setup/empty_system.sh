# Empty Debian 12 systems, made with debootstrap in a temporary directory, and what is expected of commands in them. Read with `.` by
# the tests that need one; $project is the checkout.
#   ENCBENCH_MIRROR=URL   the mirror (default: the first one that this host's apt uses)
#   TMPDIR=DIR            where the systems are made (default /var/tmp)
failures=0

skip()
{
    echo "skipped: $*"
    exit 77
}

[ "$(id -u)" = 0 ] || skip 'needs root'
for tool in debootstrap unshare chroot tar; do
    command -v "$tool" >/dev/null 2>&1 || skip "needs $tool"
done
unshare --mount --pid --fork true 2>/dev/null || skip 'needs to make mount and process namespaces'

mirror=${ENCBENCH_MIRROR:-$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\).*/\2/p' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1)}
mirror=${mirror:-http://deb.debian.org/debian}
scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/encbench-empty-set.XXXXXX") || exit 1
# Every mount is made in a namespace of its own (inside), so there is none to undo here.
trap 'rm -rf --one-file-system -- "$scratch"' EXIT
trap 'exit 1' INT TERM

# inside SYSTEM USER COMMAND...: runs it there in USER's home, with nothing of this host's environment. Its processes and
# mounts end with it. before_inside is a word list put in front (unshare --net).
before_inside=
inside()
{
    system=$1
    user=$2
    shift 2
    # shellcheck disable=SC2086,SC2016
    $before_inside unshare --mount --pid --fork --kill-child sh -c '
        system=$0
        user=$1
        shift
        mount -t proc proc "$system/proc" || exit 125
        mkdir -p "$system/dev/pts" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$system/dev/pts" || exit 125
        ln -sf pts/ptmx "$system/dev/ptmx"
        mount --bind "$system/../archives" "$system/var/cache/apt/archives" || exit 125
        exec chroot "$system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
            runuser -u "$user" -- sh -c '\''HOME=$(getent passwd "$(id -u)" | cut -d: -f6); export HOME; cd && exec "$@"'\'' sh "$@"
    ' "$scratch/$system" "$user" "$@" </dev/null
}

# --- one run and what is expected of it
run()
{
    last_run="$*"
    started=$(date +%s)
    inside "$@" >"$scratch/out" 2>"$scratch/err"
    code=$?
    printf '%s: exit %s after %s s: %s\n' "$case_name" "$code" "$(($(date +%s) - started))" "$last_run"
}

begin()
{
    case_name=$1
}

fail()
{
    failures=$((failures + 1))
    printf 'FAIL %s: %s\n  run: %s\n' "$case_name" "$1" "$last_run"
    tail -n 60 "$scratch/out" | sed 's/^/  stdout: /'
    tail -n 60 "$scratch/err" | sed 's/^/  stderr: /'
}

expect_code()
{
    [ "$code" = "$1" ] || fail "exit code $code, expected $1"
}

expect_in()
{
    grep -q -e "$2" "$scratch/$1" || fail "not in $1: $2"
}

expect_not_in()
{
    ! grep -q -e "$2" "$scratch/$1" || fail "should not be in $1: $2"
}

# The committed one is of the reference run.
expect_report()
{
    [ -s "$scratch/$1/REPORT.md" ] && ! grep -q '(results/reference/' "$scratch/$1/REPORT.md" || fail 'no REPORT.md of a new run'
}

# copy_checkout DIRECTORY: the sources as a clone would have them, without what was built or measured here.
copy_checkout()
{
    mkdir -p "$1"
    if [ -d "$project/.git" ] && command -v git >/dev/null 2>&1; then
        (cd "$project" && git ls-files -z --cached --others --exclude-standard | tar -c --null -T - --ignore-failed-read)
    else
        tar -c -C "$project" --exclude='./build*' .
    fi | tar -x -C "$1" || exit 1
}

make_system() # make_system NAME
{
    echo "making a minimal Debian 12 from $mirror"
    mkdir -p "$scratch/archives"
    debootstrap --variant=minbase bookworm "$scratch/$1" "$mirror" >"$scratch/debootstrap.log" 2>&1 || {
        tail -n 5 "$scratch/debootstrap.log"
        skip 'debootstrap failed'
    }
    rm -f "$scratch/$1/var/cache/apt/archives"/*.deb
    cp -L /etc/resolv.conf "$scratch/$1/etc/resolv.conf"
}

finish() # finish WORDS
{
    [ $failures = 0 ] || {
        printf '%s expectations failed\n' $failures
        exit 1
    }
    echo "$1"
}
