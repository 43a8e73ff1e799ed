/* A library of a library that changed is another library: what a module loads is all that the loader loads. */
#include "module/libraries.h"

#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char directory[] = "/tmp/libraries-XXXXXX";
static struct module_info module; /* large */

static void make(const char *script)
{
    char command[2048];
    snprintf(command, sizeof command, "cd %s && CC='%s' && %s", directory, LIBRARIES_TEST_CC, script);
    assert_int_equal(system(command), 0);
}

static uint64_t hash_known(void)
{
    uint64_t hash = HASH_START;
    assert_true(module_libraries_hash(&module, &hash));
    return hash;
}

static void the_library_of_a_library(void **state)
{
    (void)state;
    make(
        "echo 'int inner(void) { return 1; }' | $CC -shared -fPIC -x c - -o libinner.so && "
        "echo 'int inner(void); int outer(void) { return inner(); }' | $CC -shared -fPIC -x c - -x none -o libouter.so "
        "-Wl,--no-as-needed -L. -linner && "
        "echo 'int outer(void); int run(void) { return outer(); }' | $CC -shared -fPIC -x c - -x none -o module.so "
        "-Wl,--no-as-needed -L. -louter -Wl,-rpath,\"$PWD\",--disable-new-dtags");
    snprintf(module.described_file, sizeof module.described_file, "%s/module.so", directory);
    module.object.need_count = 1;
    const uint64_t before = hash_known();
    assert_true(before != HASH_START);
    assert_true(hash_known() == before);
    make("echo 'int inner(void) { return 2; }' | $CC -shared -fPIC -x c - -o libinner.so");
    assert_true(hash_known() != before);
    make("rm libinner.so");
    uint64_t hash = HASH_START;
    assert_false(module_libraries_hash(&module, &hash));
}

static void no_library_is_nothing(void **state)
{
    (void)state;
    module.object.need_count = 0;
    assert_true(hash_known() == HASH_START);
    module.single_layout = true; /* somebody's shared object says nothing before it is looked at */
    uint64_t hash = HASH_START;
    assert_false(module_libraries_hash(&module, &hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_of_a_library),
        cmocka_unit_test(no_library_is_nothing),
    };
    if (mkdtemp(directory) == NULL)
        return 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    make("rm -f ./*.so && rmdir \"$PWD\"");
    return failed;
}
