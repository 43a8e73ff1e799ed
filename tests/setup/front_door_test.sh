#!/bin/sh
# The front door against faked Debian commands: what it says, with which exit code, and that it builds and hands over
# only when it should. A scratch project stands in for the program, so nothing is installed and nothing here is built.
# usage: front_door_test.sh PROJECT_ROOT
set -u
unset ENCBENCH_NO_INSTALL ENCBENCH_BUILD_DIR ENCBENCH_PYTHON ENCBENCH_PRESET ENCBENCH_ROOT CC CFLAGS LDFLAGS

project=$(cd -- "${1:-$(dirname -- "$0")/../..}" && pwd) || exit 1
scratch=$(mktemp -d) && scratch=$(cd -- "$scratch" && pwd -P) || exit 1
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 1' INT TERM
checkout="$scratch/a checkout"
fake=$scratch/fake
failures=0

# --- a scratch project: a program that tells what it was handed, a test that passes and one labelled long that fails
make_checkout()
{
    mkdir -p "$checkout" "$fake"
    cp "$project/encbench" "$project/CMakePresets.json" "$checkout"
    cat >"$checkout/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(scratch LANGUAGES C)
file(GLOB sources CONFIGURE_DEPENDS *.c)
add_executable(encbench ${sources})
enable_testing()
add_test(NAME passes COMMAND encbench exit 0)
add_test(NAME takes_long COMMAND encbench exit 1)
set_tests_properties(takes_long PROPERTIES LABELS long)
END
    cat >"$checkout/main.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char directory[4096];
    printf("root=%s python=%s cwd=%s\n", getenv("ENCBENCH_ROOT"), getenv("ENCBENCH_PYTHON"),
           getcwd(directory, sizeof directory));
    for (int i = 1; i < argc; i++)
        printf("argument=%s\n", argv[i]);
    if (argc > 2 && strcmp(argv[1], "exit") == 0)
        return atoi(argv[2]);
    return 0;
}
END
}

# --- fakes: a package database in a file, an apt-get that notes its calls and does as told, a Python that imports
make_fakes()
{
    # shellcheck disable=SC2016 # expanded when the fakes run
    {
        printf '#!/bin/sh\nsed "s/^/ii /" "%s/installed"\n' "$fake" >"$fake/dpkg-query"
        printf '#!/bin/sh\necho "$*" >>"%s/apt-calls"\n. "%s/apt-does"\n' "$fake" "$fake" >"$fake/apt-get"
        printf '#!/bin/sh\necho "%s/python3"\n' "$fake" >"$fake/python3"
        printf '#!/bin/sh\n[ "$1" != -u ] || cat "%s/uid"\n' "$fake" >"$fake/id"
        printf '#!/bin/sh\necho "sudo $*" >>"%s/apt-calls"\n. "%s/sudo-does"\n' "$fake" "$fake" >"$fake/sudo"
        printf '#!/bin/sh\n[ ! -e "%s/slow" ] || sleep 60\nexec cc "$@"\n' "$fake" >"$fake/slowcc"
    }
    chmod +x "$fake"/*
    reset_fakes
}

all_packages()
{
    sed -n "/^packages='/,/^'/p" "$project/encbench" | sed "1d;\$d" | tr -s ' ' '\n' | sed '/^$/d; s/|.*//'
}

reset_fakes()
{
    all_packages >"$fake/installed"
    echo 0 >"$fake/uid"
    : >"$fake/apt-calls"
    : >"$fake/apt-does"
    # shellcheck disable=SC2016
    echo 'exec "$@"' >"$fake/sudo-does"
}

uninstall()
{
    for name in "$@"; do
        sed -i "/^$name\$/d" "$fake/installed"
    done
}

# --- one run and what is expected of it
run()
{
    PATH="$fake:$PATH" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    code=$?
    last_run=$*
}

fail()
{
    failures=$((failures + 1))
    printf 'FAIL %s: %s\n  run: %s\n' "$case_name" "$1" "$last_run"
    sed 's/^/  stdout: /' "$scratch/out"
    sed 's/^/  stderr: /' "$scratch/err"
}

begin()
{
    case_name=$1
    last_run=
    reset_fakes
}

expect_code()
{
    [ "$code" = "$1" ] || fail "exit code $code, expected $1"
}

expect_in()
{
    grep -qF -- "$2" "$scratch/$1" || fail "not in $1: $2"
}

expect_not_in()
{
    ! grep -qF -- "$2" "$scratch/$1" || fail "should not be in $1: $2"
}

expect_empty()
{
    [ ! -s "$scratch/$1" ] || fail "$1 should be empty"
}

expect_apt_calls()
{
    [ "$(wc -l <"$fake/apt-calls")" = "$1" ] || fail "apt-get calls, expected $1: $(cat "$fake/apt-calls")"
}

make_checkout
make_fakes
door="$checkout/encbench"

begin 'help needs nothing'
: >"$fake/installed"
run "$door" --help
expect_code 0
expect_in out ENCBENCH_NO_INSTALL=1
expect_empty err
expect_apt_calls 0
[ ! -e "$checkout/build" ] || fail 'made a build directory'

begin 'no verb, nothing built: usage, and nothing is installed'
: >"$fake/installed"
run "$door"
expect_code 2
expect_in err './encbench report'
expect_apt_calls 0

begin 'ENCBENCH_NO_INSTALL prints the command'
uninstall cmake libck-dev
run env ENCBENCH_NO_INSTALL=1 "$door" list
expect_code 2
expect_empty out
expect_in err 'not installed: cmake libck-dev'
expect_in err '  apt-get update && apt-get install -y --no-install-recommends cmake libck-dev'
expect_apt_calls 0

begin 'ENCBENCH_NO_INSTALL, not root: the command has sudo'
uninstall gcc
echo 1000 >"$fake/uid"
run env ENCBENCH_NO_INSTALL=1 "$door" list
expect_code 2
expect_in err '  sudo apt-get update && sudo apt-get install -y --no-install-recommends gcc'
expect_apt_calls 0

begin 'a package half installed counts as missing'
sed -i 's/^cmake$//' "$fake/installed"
printf '#!/bin/sh\nsed "s/^/ii /" "%s/installed"; echo "iF cmake"; echo "rc cmake"\n' "$fake" >"$fake/dpkg-query"
run env ENCBENCH_NO_INSTALL=1 "$door" list
printf '#!/bin/sh\nsed "s/^/ii /" "%s/installed"\n' "$fake" >"$fake/dpkg-query"
expect_code 2
expect_in err 'not installed: cmake'

begin 'not root and no sudo'
uninstall ninja-build
echo 1000 >"$fake/uid"
mkdir -p "$scratch/few"
for tool in sh readlink dirname mkdir rm sed tr awk cat flock printf env; do
    ln -sf "$(command -v "/bin/$tool" || command -v "/usr/bin/$tool")" "$scratch/few/$tool"
done
for tool in dpkg-query apt-get id; do
    ln -sf "$fake/$tool" "$scratch/few/$tool"
done
run env PATH="$scratch/few" "$door" list
expect_code 2
expect_in err 'not root and there is no sudo'
expect_in err '  apt-get update && apt-get install -y --no-install-recommends ninja-build'
expect_apt_calls 0

begin 'sudo refuses'
uninstall cmake
echo 1000 >"$fake/uid"
echo 'echo "sudo: a password is required" >&2; exit 1' >"$fake/sudo-does"
run "$door" list
expect_code 2
expect_in err 'with sudo'
expect_in err 'could not install them: sudo: a password is required'

begin 'apt-get fails: its reason on one line'
uninstall cmake libcmocka-dev
cat >"$fake/apt-does" <<'END'
case "$*" in
*update*) echo "W: Failed to fetch http://mirror/InRelease  Temporary failure resolving 'mirror'" ;;
*) echo 'Reading package lists...'; echo 'E: Unable to locate package cmake'; echo; exit 100 ;;
esac
END
run "$door" list
expect_code 2
expect_in err 'not installed: cmake libcmocka-dev'
expect_in err 'apt-get could not install them: E: Unable to locate package cmake (refreshing the index: W: Failed to'
expect_apt_calls 2
[ ! -e "$checkout/build/build.ninja" ] || fail 'went on without the packages'

begin 'apt-get ends well but a package is still missing'
uninstall cmake
run "$door" list
expect_code 2
expect_in err 'still not installed: cmake'

begin 'installs once, builds, hands over'
uninstall cmake libck-dev gnuplot-nox
cat >"$fake/apt-does" <<END
case "\$*" in
*install*) for name in cmake libck-dev gnuplot-nox; do echo \$name; done >>"$fake/installed" ;;
esac
END
run "$door" list 'two words' ''
expect_code 0
expect_in err 'not installed: cmake libck-dev gnuplot-nox'
expect_in err 'refreshing the package index and installing these as root'
expect_in err 'building in '
expect_in out "root=$checkout python=$fake/python3 "
expect_in out 'argument=two words'
[ "$(grep -c '^argument=' "$scratch/out")" = 3 ] || fail 'arguments lost'
[ "$(wc -l <"$scratch/out")" = 4 ] || fail 'something else on stdout'
expect_apt_calls 2
run "$door" list
expect_code 0
expect_empty err
expect_apt_calls 2

begin 'not root: installs with sudo'
uninstall cmake
echo 1000 >"$fake/uid"
echo "echo cmake >>'$fake/installed'" >"$fake/apt-does"
printf '%s\n' "$(head -n 1 "$checkout/build/.python")" /found/before >"$checkout/build/.python"
run "$door" list
expect_code 0
expect_in out "python=$fake/python3 "
expect_in err 'installing these with sudo'
grep -q '^sudo env .*apt-get .*install .*cmake' "$fake/apt-calls" || fail 'did not go through sudo'

begin 'another gnuplot will do'
uninstall gnuplot-nox
echo gnuplot-qt >>"$fake/installed"
run "$door" list
expect_code 0
expect_apt_calls 0

begin 'the exit code is the program'\''s'
run "$door" exit 2
expect_code 2
expect_empty err
run "$door" exit 7
expect_code 7

begin 'from another directory and through symbolic links'
mkdir -p "$scratch/else where"
ln -s "../a checkout/encbench" "$scratch/else where/one"
ln -s one "$scratch/else where/two"
cd "$scratch/else where" || exit 1
run ./two list
expect_code 0
expect_in out "root=$checkout "
expect_in out "cwd=$scratch/else where"
run env PATH="$scratch/else where:$fake:$PATH" two list
expect_code 0
expect_in out "root=$checkout "
cd "$checkout" || exit 1
run sh encbench list
expect_code 0
expect_in out "root=$checkout "
expect_empty err

begin 'help names the verbs once the program is there'
run "$door" --help
expect_code 0
expect_in out 'argument=--help'

begin 'test runs the tests that are not long, and ends as they end'
run "$door" test
expect_code 0
expect_in out '100% tests passed, 0 tests failed out of 1'
run "$door" test -L long
expect_in out '1 tests failed out of 1'
[ "$code" != 0 ] || fail 'a failing test ended well'
run "$door" test -R no_such_test
[ "$code" != 0 ] || fail 'no test at all ended well'

begin 'a compiler error is shown, its log named, and mended by the next run'
cp "$checkout/main.c" "$scratch/main.c"
echo 'int broken = nonsense;' >>"$checkout/main.c"
run "$door" list
expect_code 2
expect_empty out
expect_in err 'nonsense'
expect_in err "$checkout/build/build.log"
cp "$scratch/main.c" "$checkout/main.c"
run "$door" list
expect_code 0

begin 'a configuration error is shown and its log named'
cp "$checkout/CMakeLists.txt" "$scratch/CMakeLists.txt"
echo 'message(FATAL_ERROR "no such library")' >>"$checkout/CMakeLists.txt"
run env ENCBENCH_PRESET=ci "$door" list
expect_code 2
expect_in err 'no such library'
expect_in err "$checkout/build-ci/configure.log"
cp "$scratch/CMakeLists.txt" "$checkout/CMakeLists.txt"
run env ENCBENCH_PRESET=ci "$door" list
expect_code 0
grep -q '^ENCBENCH_WERROR:.*=ON' "$checkout/build-ci/CMakeCache.txt" || fail 'the ci preset was not used'

begin 'each compiler has its build directory'
run "$door" list
run env CC=slowcc "$door" list
expect_code 0
expect_in err "configuring in $checkout/build-slowcc (CC=slowcc)"
run "$door" list
expect_empty err
run env CC=slowcc "$door" list
expect_empty err

begin 'no such compiler'
run env CC=no-such-compiler "$door" list
expect_code 2
expect_in err 'no-such-compiler: no such command'

begin 'an interrupted build is taken up by the next run'
touch "$fake/slow" "$checkout/main.c"
run env CC=slowcc timeout --preserve-status -s INT 3 "$door" list
expect_code 130
expect_in err 'interrupted'
expect_empty out
rm "$fake/slow"
run env CC=slowcc "$door" list
expect_code 0
expect_in err 'building in '

begin 'a second one waits for the first'
(
    flock 9
    tries=0
    until grep -q waiting "$scratch/err" || [ $tries = 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    sleep 1
    touch "$scratch/let go"
) 9>"$checkout/build/.lock" &
sleep 0.3
run "$door" list
expect_code 0
expect_in err 'waiting for another encbench'
[ -e "$scratch/let go" ] || fail 'did not wait'
wait

begin 'a build directory that cannot be made'
touch "$scratch/a file"
run env ENCBENCH_BUILD_DIR="$scratch/a file/build" "$door" list
expect_code 2
expect_in err "cannot write to $scratch/a file/build: Not a directory; ENCBENCH_BUILD_DIR=DIR builds elsewhere"

begin 'ENCBENCH_BUILD_DIR leaves the checkout alone'
rm -rf "$checkout/build"
cd "$scratch" || exit 1
run env ENCBENCH_BUILD_DIR=other "$door" list
expect_code 0
[ ! -e "$checkout/build" ] || fail 'wrote to the checkout'
[ -x "$scratch/other/encbench" ] || fail 'built elsewhere than asked'

begin 'ENCBENCH_PYTHON goes first, and is passed over aloud when it does not import'
printf '#!/bin/sh\necho "%s/mine"\n' "$fake" >"$fake/mine"
printf '#!/bin/sh\nexit 1\n' >"$fake/bare"
chmod +x "$fake/mine" "$fake/bare"
run env ENCBENCH_PYTHON="$fake/mine" "$door" list
expect_in out "python=$fake/mine "
run env ENCBENCH_PYTHON="$fake/bare" "$door" list
expect_code 0
expect_in err 'does not import matplotlib and jinja2'
expect_in out "python=$fake/python3 "

begin 'a checkout that was moved'
mv "$checkout" "$scratch/moved"
checkout=$scratch/moved
run "$checkout/encbench" list
expect_code 0
expect_in out "root=$checkout "

begin 'not a Debian system: said once'
rm -rf "$checkout/build"
mkdir "$scratch/plain"
for tool in sh readlink dirname mkdir rm sed tr awk cat flock env cmake ninja cc grep tail head df ld as uname; do
    target=$(command -v "$tool") && ln -sf "$target" "$scratch/plain/$tool"
done
ln -sf "$fake/python3" "$scratch/plain/python3"
run env PATH="$scratch/plain" "$checkout/encbench" list
expect_code 0
expect_in err 'not a Debian system'
run env PATH="$scratch/plain" "$checkout/encbench" list
expect_code 0
expect_empty err

[ $failures = 0 ] || {
    printf '%s expectations failed\n' $failures
    exit 1
}
echo 'all front door cases passed'
