#!/bin/sh
# The packages, for real: built twice in two places and compared byte for byte; installed in an empty Debian 12 and used there by an ordinary
# user, a module of whose own is built against them; removed again. The tarball unpacked in a path with a space, in a system of which the
# libraries lie elsewhere; the versions of glibc that it asks for.
# Needs root, debootstrap and a Debian mirror; takes some fifteen minutes and about 3 GB. Exits 77 where it cannot run.
# usage: package_test.sh PROJECT_ROOT
set -u
unset CC CFLAGS LDFLAGS SOURCE_DATE_EPOCH ENCBENCH_ROOT ENCBENCH_PACKAGE GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

project=$(cd -- "${1:-$(dirname -- "$0")/../..}" && pwd -P) || exit 1
. "${0%/*}/empty_system.sh"

# Two places, names of two lengths; one commit, by which packages name their revision and date.
for place in one 'another place'; do
    copy_checkout "$scratch/$place"
    (cd "$scratch/$place" && export GIT_AUTHOR_DATE='2026-01-02 03:04:05 +0000' GIT_COMMITTER_DATE='2026-01-02 03:04:05 +0000' &&
        git init -q && git add -A && git -c user.name=t -c user.email=t@example.org commit -qm packed) || exit 1
done
revision=$(git -C "$scratch/one" rev-parse HEAD | cut -c 1-12)

pack() # pack PLACE PRESET
{
    last_run="cmake --workflow --preset $2 in $1"
    (cd "$scratch/$1" && cmake --workflow --preset "$2") >"$scratch/out" 2>"$scratch/err"
    code=$?
}

begin 'packing'
pack one deb
expect_code 0
pack one tarball
expect_code 0
(
    umask 027
    export TZ=Asia/Tokyo LANG=C HOME=/nonexistent
    pack 'another place' deb && exit $code
)
code=$?
expect_code 0
for package in encbench encbench-dev; do
    cmp "$scratch/one/build-deb/${package}_"*.deb "$scratch/another place/build-deb/${package}_"*.deb >"$scratch/out" 2>"$scratch/err" ||
        fail "$package: two builds are not the same bytes"
    dpkg-deb --info "$scratch/one/build-deb/${package}_"*.deb >"$scratch/$package.info"
done
grep -q 'Depends: .*libc6 (>= ' "$scratch/encbench.info" && grep -q 'Depends: .*binutils' "$scratch/encbench.info" || fail 'Depends of encbench'
grep -q 'Depends: .*matplotlib' "$scratch/encbench.info" && fail 'depends on what only a report needs'
if command -v lintian >/dev/null 2>&1; then
    lintian --allow-root "$scratch"/one/build-deb/*.deb >"$scratch/out" 2>"$scratch/err"
    [ ! -s "$scratch/out" ] || fail 'lintian has something to say'
else
    echo 'SKIP: no lintian here'
fi
mv "$scratch/one/build-deb"/*.deb "$scratch/one/build-tarball"/*.tar.gz "$scratch"
rm -rf "${scratch:?}/one" "$scratch/another place"

make_system system
chroot "$scratch/system" useradd --create-home plain
cp -a "$scratch/system" "$scratch/elsewhere"

begin 'installing encbench'
cp "$scratch"/*.deb "$scratch/system/root"
inside system root apt-get -q update >"$scratch/out" 2>"$scratch/err" || fail 'no package index'
run system root sh -c 'apt-get -q -y install --no-install-recommends ./encbench_*.deb'
expect_code 0

begin 'an ordinary user'
run system plain encbench --version
expect_code 0
expect_in out "^encbench [0-9.]*, revision $revision, Debian package in /usr/lib/encbench\$"
run system plain encbench run --quiet --profile smoke --workloads to_string_1k --variants null+thread,removed+thread --out run
expect_code 0
run system plain encbench analyse run
expect_code 0
expect_in out '^claim parts: '
run system plain grep -c '^removed+thread,to_string_1k,digest_and_conformance,[0-9]*,exact,$' run/metrics.csv
expect_in out '^1$'
run system plain encbench report run
expect_code 2
expect_in err 'install python3-matplotlib and python3-jinja2'
run system plain sh -c 'zcat /usr/share/man/man1/encbench.1.gz && ls /usr/share/bash-completion/completions/encbench'
expect_code 0
expect_in out '^\.TH ENCBENCH'

begin 'a module of their own'
run system root sh -c 'apt-get -q -y install --no-install-recommends ./encbench-dev_*.deb gcc libc6-dev cmake make pkg-config git'
expect_code 0
run system plain sh -c 'cp -r /usr/share/doc/encbench/examples/module mine && cmake -S mine -B built && cmake --build built'
expect_code 0
run system plain encbench run --quiet --profile smoke --workloads sum_4k --module built/sum_bytes.o --module built/sum_words.o \
    --variants sum_bytes,sum_words --out sums
expect_code 0
run system plain sh -c 'gcc $(pkg-config --cflags encbench) $(pkg-config --variable=module_flags encbench) -c mine/sum_bytes.c -o by_hand.o && encbench list --module by_hand.o'
expect_code 0
expect_in out sum_bytes

begin 'a gate of their own'
cat >"$scratch/system/home/plain/make_repository" <<'EOF'
set -e
mkdir repository && cd repository && git init -q && cp ../mine/sum.h ../mine/sum_bytes.c .
git config user.name test && git config user.email test@example.org
cat >encbench.ini <<'INI'
build = mkdir -p out && cc -O2 -g -fPIC -ffunction-sections $ENCBENCH_PREFIX_MAP -I"$ENCBENCH_INCLUDE" -c sum_bytes.c -o out/sum.o
module = out/sum.o
INI
echo out/ >.gitignore
git add -A && git commit -q -m first
echo note >note && git add -A && git commit -q -m neutral
sed -i '/encbench_next_input/s|.*|        volatile int again = 0;\n        (void)again;\n&|' sum.h
git commit -q -a -m slow
EOF
run system plain sh make_repository
expect_code 0
run system plain sh -c 'cd repository && encbench gate --quiet --exact --base HEAD~1'
expect_code 1
expect_in out 'sum_4k instructions_per_op'
run system plain sh -c 'cd repository && git checkout -q HEAD~1 && encbench gate --quiet --exact --base HEAD~1'
expect_code 0

begin 'two sources of their own'
run system plain sh -c 'encbench ab mine/sum_bytes.c mine/sum_words.c; code=$?; [ $code -eq 0 ] || [ $code -eq 3 ]'
expect_code 0
expect_in out sum_4k

begin 'removing it'
run system root sh -c "apt-get -q -y purge 'encbench*' && find / -xdev -name '*encbench*' ! -path '/home/*' ! -path '/root/*' ! -path '/var/cache/*'"
expect_code 0
expect_not_in out '^/'

# ---- the tarball ----
begin 'the tarball'
last_run='objdump -T'
mkdir "$scratch/looked at"
tar -x -f "$scratch"/encbench-*.tar.gz -C "$scratch/looked at" || fail 'does not unpack'
find "$scratch/looked at" -type f \( -perm /111 -o -name '*.so*' \) -exec objdump -T {} + 2>/dev/null >"$scratch/out"
[ "$(grep -c 'file format elf' "$scratch/out")" -ge 10 ] || fail 'has too few programs and libraries'
newest=$(grep -o 'GLIBC_[0-9.]*[0-9]' "$scratch/out" | sort -uV | tail -n 1)
[ "$(printf '%s\nGLIBC_2.34\n' "$newest" | sort -V | tail -n 1)" = GLIBC_2.34 ] || fail "needs $newest; expected 2.34 or before"
# Of what glibc keeps to itself errno alone, which every libm has from libc.
[ -z "$(grep GLIBC_PRIVATE "$scratch/out" | grep -v ' errno$')" ] || fail 'needs what is private to another glibc'

begin 'a system whose libraries lie elsewhere'
inside elsewhere root apt-get -q update >"$scratch/out" 2>"$scratch/err" || fail 'no package index'
run elsewhere root apt-get -q -y install --no-install-recommends binutils
expect_code 0
mkdir -p "$scratch/elsewhere/opt/a place" && cp -a "$scratch/looked at"/* "$scratch/elsewhere/opt/a place/encbench"
move_libraries() # to /usr/lib itself, as some distributions have them; glibc searches there, too
{
    cd "$scratch/elsewhere" && rm -f etc/ld.so.cache && for directory in usr/lib/*-linux-gnu; do
        cp -a "$directory/." usr/lib/ && rm -r "$directory" || return
    done
    for loader in usr/lib64/ld-linux* usr/lib/ld-linux*.so.*; do
        [ ! -L "$loader" ] || ln -sf "/usr/lib/$(basename "$(readlink "$loader")")" "$loader" || return
    done
}
(move_libraries) || fail 'cannot move its libraries'
run elsewhere plain sh -c 'ls -d /usr/lib/*-linux-gnu; "/opt/a place/encbench/bin/encbench" --version'
expect_code 0
expect_not_in out '^/usr/lib'
expect_in out "^encbench [0-9.]*, revision $revision, tarball in /opt/a place/encbench/lib/encbench\$"
run elsewhere plain '/opt/a place/encbench/bin/encbench' run --quiet --profile smoke --workloads to_string_1k \
    --variants null+thread,removed+thread --out run
expect_code 0
run elsewhere plain '/opt/a place/encbench/bin/encbench' analyse run
expect_code 0
expect_in out '^claim parts: '

finish 'packages and tarball, installed and used'
