#!/bin/sh
# find_package(encbench) in a project of C++ alone: modules with libraries of every kind, by targets, pkg-config and paths, as object files
# and as shared objects, by each generator that is installed; what is built says what it should (objects_probe.c). No worker is started.
# usage: project_test.sh BUILD PROBE SOURCE CMAKE
set -u
build=$1 probe=$2 source=$3 cmake=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
. "${0%/*}/../checks.sh"
for tool in "${CXX:-g++}" pkg-config; do
    command -v "$tool" >/dev/null 2>&1 && continue
    echo "$tool is not installed: modules of a project in C++ are not tried"
    exit 77
done
must "install" "$cmake" --install "$build" --prefix "$work/a prefix"
mkdir "$work/home" && cp -r "$source/tests/module/project" "$work/home/a project"
cd "$work/home" || exit 1
for generator in Ninja:ninja 'Unix Makefiles:make'; do
    if ! command -v "${generator#*:}" >/dev/null 2>&1; then
        echo "${generator#*:} is not installed: its generator is not tried"
        continue
    fi
    rm -rf built
    must "configure, ${generator%:*}" "$cmake" -G "${generator%:*}" -S "a project" -B built -DCMAKE_PREFIX_PATH="$work/a prefix" \
        -DCMAKE_CXX_COMPILER="${CXX:-g++}"
    must "build, ${generator%:*}" "$cmake" --build built
    for name in module several; do
        "$probe" built/$name.o 2 >"$work/out" 2>"$work/err"
        check "$name.o works" [ "$(cat "$work/out")" = '115 199' ]
    done
done
check "of archives the members that are needed are in the object" [ "$(nm -C built/module.o | grep -c ' T \(folded\|made\)(int)')" -eq 2 ]
check "shared objects are recorded, each once" [ "$(readelf -p .encbench.needs built/module.o | grep -c '/libz\.so$\|/libshared\.so$')" -eq 2 ]
check "the shared object is a module" [ "$(nm -D --defined-only built/module.so | grep -c ' encbench_module$')" -eq 1 ]
check "that has its libraries" [ "$(readelf -dW built/module.so | grep -c 'NEEDED.*\(libz\.so\|libshared\.so\)')" -eq 2 ]
cp -r "a project" strict && sed -i 's/^encbench_add_module(module.*/encbench_add_module(module LIBRARIES z)/' strict/CMakeLists.txt
"$cmake" -S strict -B strict-built -DCMAKE_PREFIX_PATH="$work/a prefix" >"$work/out" 2>"$work/err"
check "a module without a source is refused" grep -qF 'encbench_add_module(module): no source file;' "$work/err"
finish 7
