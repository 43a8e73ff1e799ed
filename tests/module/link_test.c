/*
 * What keeps modules from being linked or loaded, in one line with its cause.
 */
#include "module/link.h"

#include "base/process.h"
#include "base/scratch.h"

#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char scratch[PATH_MAX], path[PATH_MAX];

/* A linker of ours on PATH, `script` of sh. */
static void plant_linker(const char *script)
{
    char file[PATH_MAX], search[2 * PATH_MAX];
    snprintf(file, sizeof file, "%.3900s/ld", scratch);
    FILE *stream = fopen(file, "w");
    assert_non_null(stream);
    fprintf(stream, "#!/bin/sh\n%s\n", script);
    fclose(stream);
    assert_int_equal(chmod(file, 0700), 0);
    snprintf(search, sizeof search, "%s:%s", scratch, path);
    setenv("PATH", search, 1);
}

static int link_one(struct error *error)
{
    struct layout_object object;
    char output[PATH_MAX], log[PATH_MAX];
    snprintf(output, sizeof output, "%.3900s/one.so", scratch);
    snprintf(log, sizeof log, "%.3900s/log", scratch);
    if (layout_object_read(TEST_BINARY_DIR "/../kernels/chain.o", &object, error) != 0)
        return error->code;
    const struct layout_link link = {.object = &object, .seed = 1, .output = output};
    layout_link_all(&link, 1, log, 1, error);
    layout_object_free(&object);
    return error->code;
}

static void says(const struct error *error, const char *words)
{
    if (strstr(error->message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error->message, words);
}

static int set_up(void **state)
{
    (void)state;
    struct error error = {0};
    snprintf(path, sizeof path, "%s", getenv("PATH"));
    process_begin();
    return scratch_make(scratch, &error);
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(scratch);
    return 0;
}

static int restore(void **state)
{
    (void)state;
    setenv("PATH", path, 1);
    return 0;
}

static void an_object_is_linked(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(link_one(&error), 0);
}

static void what_the_linker_says_is_told(void **state)
{
    (void)state;
    struct error error = {0};
    plant_linker("echo 'ld: chain.o: is odd' >&2; exit 1");
    assert_int_equal(link_one(&error), EXIT_USAGE);
    says(&error, "chain.o: cannot be linked: ld: chain.o: is odd");
}

static void a_linker_without_a_word_ended_somehow(void **state)
{
    (void)state;
    struct error error = {0};
    plant_linker("kill -BUS $$");
    assert_int_equal(link_one(&error), EXIT_USAGE);
    says(&error, "chain.o: cannot be linked: ");
    says(&error, "ld was killed by signal 7 (Bus error)");
    error = (struct error){0};
    plant_linker("exit 5");
    assert_int_equal(link_one(&error), EXIT_USAGE);
    says(&error, "ld exited with status 5");
}

static int link_with_small_files(void)
{
    const struct rlimit limit = {2048, 2048};
    struct error error = {0};
    setrlimit(RLIMIT_FSIZE, &limit);
    link_one(&error);
    return strstr(error.message, "cannot be linked into ") &&
                   strstr(error.message, "a file may have 2 KiB here: raise ulimit -f")
               ? error.code
               : 99;
}

static void a_limit_of_files_is_named(void **state)
{
    (void)state;
    struct process_end end;
    struct error error = {0};
    assert_int_equal(process_try(link_with_small_files, &end, &error), 0);
    assert_int_equal(end.signal, 0);
    assert_int_equal(end.status, EXIT_USAGE);
}

enum { NO_MOUNT = 77 };

static void write_map(const char *file, const char *text)
{
    FILE *stream = fopen(file, "w");
    if (stream) {
        fputs(text, stream);
        fclose(stream);
    }
}

/* A small file system over the scratch directory, which only this process sees; TMPDIR leads there. */
static bool mount_own(const char *options, unsigned long flags)
{
    char map[64];
    const unsigned user = getuid(), group = getgid();
    if (unshare(CLONE_NEWNS) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
            return false;
        write_map("/proc/self/setgroups", "deny");
        snprintf(map, sizeof map, "0 %u 1", user);
        write_map("/proc/self/uid_map", map);
        snprintf(map, sizeof map, "0 %u 1", group);
        write_map("/proc/self/gid_map", map);
    }
    setenv("TMPDIR", scratch, 1);
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", scratch, "tmpfs", flags, options) == 0;
}

static int make_scratch_without_execution(void)
{
    char own[PATH_MAX];
    struct error error = {0};
    if (!mount_own("size=100k", MS_NOEXEC))
        return NO_MOUNT;
    if (scratch_make(own, &error) == 0 || *own || rmdir(scratch) == 0 ||
        strstr(error.message, ": is on a file system mounted noexec, from which no module can be loaded; set TMPDIR") ==
            NULL)
        return 99;
    DIR *directory = opendir(scratch); /* nothing is left in it */
    size_t entries = 0;
    while (directory && readdir(directory))
        entries++;
    return entries == 2 ? error.code : 98;
}

static int link_into_a_full_file_system(void)
{
    struct error error = {0};
    if (!mount_own("size=8k", 0))
        return NO_MOUNT;
    link_one(&error);
    return strstr(error.message, "; its file system is full, ") &&
                   strstr(error.message, " KiB are free: set TMPDIR to a directory with space")
               ? error.code
               : 99;
}

static void is_refused(int (*what)(void))
{
    struct process_end end;
    struct error error = {0};
    assert_int_equal(process_try(what, &end, &error), 0);
    if (end.status == NO_MOUNT)
        skip();
    assert_int_equal(end.signal, 0);
    assert_int_equal(end.status, EXIT_USAGE);
}

static void where_nothing_can_be_loaded_is_said(void **state)
{
    (void)state;
    is_refused(make_scratch_without_execution);
}

static void where_there_is_no_room_is_said(void **state)
{
    (void)state;
    is_refused(link_into_a_full_file_system);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_object_is_linked, restore),
        cmocka_unit_test_teardown(what_the_linker_says_is_told, restore),
        cmocka_unit_test_teardown(a_linker_without_a_word_ended_somehow, restore),
        cmocka_unit_test_teardown(a_limit_of_files_is_named, restore),
        cmocka_unit_test(where_nothing_can_be_loaded_is_said),
        cmocka_unit_test(where_there_is_no_room_is_said),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
